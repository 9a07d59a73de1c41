//! What one cell says: a number, nothing, a word, or a word that was meant as a number or a date.

use crate::data::date::read_written;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    /// What stands before the decimals: `.` or `,`.
    pub decimal: char,
    /// What stands between the thousands, if anything.
    pub thousands: Option<char>,
}

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// Nothing: empty, or one of the words that stand for no value.
    Missing,
    /// A finite number.
    Number(f64),
    /// The text `inf` or `infinity`.
    Infinite,
    /// Digits of a number that is too large for 64 bits.
    TooLarge,
    /// Anything else.
    Word,
}

impl NumberFormat {
    /// What a cell says when numbers are written like this.
    ///
    /// ```
    /// use clione::data::cell::{Cell, NumberFormat};
    /// let german = NumberFormat { decimal: ',', thousands: Some('.') };
    /// assert_eq!(german.read("12.500,75"), Cell::Number(12500.75));
    /// assert_eq!(german.read("12.50"), Cell::Word);
    /// assert_eq!(german.read(" n/a"), Cell::Missing);
    /// ```
    pub fn read(self, text: &str) -> Cell {
        let text = text.trim();
        if is_missing(text) { Cell::Missing } else { self.read_present(text) }
    }

    /// What a cell says, without blanks around it, that does not stand for no value.
    fn read_present(self, text: &str) -> Cell {
        let number = if self.decimal == '.' && self.thousands.is_none() {
            text.parse().ok()
        } else {
            self.without_separators(text).and_then(|text| text.parse::<f64>().ok())
        };
        match number {
            None => Cell::Word,
            Some(number) if number.is_finite() => Cell::Number(number),
            Some(number) if number.is_nan() => Cell::Word,
            Some(_) if text.contains(['n', 'N']) => Cell::Infinite,
            Some(_) => Cell::TooLarge,
        }
    }

    /// The number as Rust writes it: no thousands separators (which must part groups of three), a point before the
    /// decimals.
    fn without_separators(self, text: &str) -> Option<String> {
        let end = text.find(['e', 'E']).unwrap_or(text.len());
        let (mantissa, exponent) = text.split_at(end);
        let (whole, decimals) = mantissa.split_once(self.decimal).unwrap_or((mantissa, ""));
        let decimals_are_digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
        let whole = match self.thousands {
            Some(separator) if whole.contains(separator) => {
                let mut groups = whole.trim_start_matches(['+', '-']).split(separator);
                // 0,093 is no 93.
                let first = groups.next().is_some_and(|g| (1..=3).contains(&g.len()) && !g.starts_with('0'));
                (first && groups.all(|group| group.len() == 3)).then(|| whole.replace(separator, ""))?
            }
            Some(_) | None => whole.to_string(),
        };
        // A point that is neither the decimal sign nor a separator must not pass as one.
        (decimals_are_digits && !whole.contains('.')).then(|| format!("{whole}.{decimals}{exponent}"))
    }
}

/// The words that stand for no value, in any case, unless a person says which do.
pub const USUAL_MISSING: &[&str] = &["NA", "N/A", "null", "nan", "-nan", "-", "?", "\\N"];

/// Whether a cell (without blanks around it) stands for no value.
pub(super) fn is_missing(text: &str) -> bool {
    text.len() <= 4 && (text.is_empty() || USUAL_MISSING.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

/// How cells are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFormat {
    /// How numbers are written.
    pub number: NumberFormat,
    /// Words that stand for no value beside the usual ones; an empty one says that the usual ones do not.
    pub missing: Option<Vec<String>>,
}

impl CellFormat {
    /// Numbers with a decimal point, and the usual words for no value.
    pub const PLAIN: CellFormat = CellFormat { number: NumberFormat { decimal: '.', thousands: None }, missing: None };

    /// What a cell says; one in which nothing stands says nothing, whatever the words for that are.
    ///
    /// ```
    /// use clione::data::cell::{Cell, CellFormat};
    /// let format = CellFormat { missing: Some(vec![String::new(), "unknown".to_owned()]), ..CellFormat::PLAIN };
    /// assert_eq!((format.read(" unknown"), format.read("NA"), format.read("")), (Cell::Missing, Cell::Word, Cell::Missing));
    /// ```
    pub fn read(&self, text: &str) -> Cell {
        let text = text.trim();
        match &self.missing {
            None => self.number.read(text),
            Some(words) if text.is_empty() || words.iter().any(|word| word == text) => Cell::Missing,
            Some(_) if self.has_usual() && is_missing(text) => Cell::Missing,
            Some(_) => self.number.read_present(text),
        }
    }

    /// Whether a cell within quotes is a word that would stand for no value without them.
    pub(super) fn is_word_by_quotes(&self, text: &str) -> bool {
        let text = text.trim();
        let is_told = self.missing.as_ref().is_some_and(|words| words.iter().any(|word| word == text));
        self.has_usual() && !is_told && !text.is_empty() && is_missing(text)
    }

    /// Whether the usual words stand for no value.
    fn has_usual(&self) -> bool {
        self.missing.as_ref().is_none_or(|words| words.iter().all(|word| !word.is_empty()))
    }
}

/// Whether a text is a whole number that begins with a zero, as codes do: `007`.
///
/// ```
/// use clione::data::cell::is_padded;
/// assert!(is_padded("02138") && !is_padded("0") && !is_padded("0.5"));
/// ```
pub fn is_padded(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && is_digits(text)
}

/// Whether a text has digits and nothing else.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a cell looks like a date or a time of day: `2019-03-23 20:21:09`, `23.3.2019`, `3/23/19`, `1949-01`, `7:30`.
///
/// ```
/// use clione::data::cell::looks_like_date;
/// assert!(looks_like_date("2011-01-28 20:42:59 UTC"));
/// assert!(!looks_like_date("1.25"));
/// ```
pub fn looks_like_date(text: &str) -> bool {
    let first = text.trim().split([' ', 'T']).next().unwrap_or_default();
    if first.len() > 32 || !first.starts_with(|start: char| start.is_ascii_digit()) {
        return read_written(text).is_some();
    }
    let lengths = |separator: char| -> Option<Vec<usize>> {
        let parts = first.trim_end_matches('Z').split(separator);
        parts.map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then_some(part.len())).collect()
    };
    let is_day = |separator| match lengths(separator).as_deref() {
        Some([4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4]) => true,
        Some([4, 2]) => separator != '.',
        Some(_) | None => false,
    };
    let is_time = || {
        let clock = first.split(['.', '+']).next().unwrap_or_default().trim_end_matches('Z');
        let parts: Vec<&str> = clock.split(':').collect();
        (2..=3).contains(&parts.len())
            && parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    ['-', '/', '.'].into_iter().any(is_day) || is_time() || read_written(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: NumberFormat = NumberFormat { decimal: '.', thousands: None };

    #[test]
    fn missing_markers_are_recognised_in_any_case() {
        for text in ["", "  ", "NA", "n/a", "N/A", "Null", "NaN", "-", "?", " ? ", "-nan"] {
            assert_eq!(PLAIN.read(text), Cell::Missing, "{text:?}");
        }
        assert_eq!(PLAIN.read("none"), Cell::Word);
    }

    #[test]
    fn numbers_are_read_with_blanks_signs_and_exponents() {
        for (text, number) in [("1", 1.0), (" -2.5 ", -2.5), ("+.5", 0.5), ("1e3", 1000.0), ("5.", 5.0)] {
            assert_eq!(PLAIN.read(text), Cell::Number(number), "{text:?}");
        }
    }

    #[test]
    fn the_text_inf_is_told_apart_from_a_number_that_is_too_large() {
        assert_eq!(PLAIN.read("-Infinity"), Cell::Infinite);
        assert_eq!(PLAIN.read("inf"), Cell::Infinite);
        assert_eq!(PLAIN.read("1e400"), Cell::TooLarge);
    }

    #[test]
    fn separators_must_part_groups_of_three() {
        let english = NumberFormat { decimal: '.', thousands: Some(',') };
        assert_eq!(english.read("12,500"), Cell::Number(12_500.0));
        assert_eq!(english.read("-1,234,567.5"), Cell::Number(-1_234_567.5));
        assert_eq!(english.read("7"), Cell::Number(7.0));
        for text in ["9,15", "1,2345", ",500", "1234,567", "1,234.5.6"] {
            assert_eq!(english.read(text), Cell::Word, "{text}");
        }
    }

    #[test]
    fn a_decimal_comma_leaves_no_meaning_for_a_point() {
        let comma = NumberFormat { decimal: ',', thousands: None };
        assert_eq!(comma.read("3,15"), Cell::Number(3.15));
        assert_eq!(comma.read("2,5e3"), Cell::Number(2500.0));
        assert_eq!(comma.read("3.14"), Cell::Word);
        assert_eq!(comma.read("inf"), Cell::Word);
    }

    #[test]
    fn dates_and_times_are_seen() {
        for text in [
            "2019-03-23 20:21:09",
            "2016-07-01T00:00:00Z",
            "23.3.2019",
            "3/23/19",
            "1949-01",
            "00:04:18",
            "7:30",
            "3 May 2019",
        ] {
            assert!(looks_like_date(text), "{text}");
        }
        for text in ["12.50", "1.2", "word", "", "1-2-3-4", "192.168.0.1", "555-1234", "A-1", "2019"] {
            assert!(!looks_like_date(text), "{text}");
        }
    }
}
