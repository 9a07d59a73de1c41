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
    /// Nothing: empty, or one of `NA`, `N/A`, `null`, `nan`, `-`, `?` in any case.
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
        if is_missing(text) {
            return Cell::Missing;
        }
        let number = if self.decimal == '.' && self.thousands.is_none() {
            text.parse().ok()
        } else {
            self.without_separators(text).and_then(|text| text.parse::<f64>().ok())
        };
        match number {
            None => Cell::Word,
            Some(number) if number.is_finite() => Cell::Number(number),
            Some(number) if number.is_nan() => Cell::Missing,
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
                let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
                (first && groups.all(|group| group.len() == 3)).then(|| whole.replace(separator, ""))?
            }
            Some(_) | None => whole.to_string(),
        };
        // A point that is neither the decimal sign nor a separator must not pass as one.
        (decimals_are_digits && !whole.contains('.')).then(|| format!("{whole}.{decimals}{exponent}"))
    }
}

/// Whether a cell (without blanks around it) stands for no value.
fn is_missing(text: &str) -> bool {
    text.len() <= 4 && ["", "NA", "N/A", "null", "nan", "-", "?"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Why a cell that was meant as a number cannot be read as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disguise {
    /// `3.14` where decimals have commas.
    DecimalPoint,
    /// `3,14`
    DecimalComma,
    /// `12,500` with the separator that parts the thousands.
    Thousands(char),
    /// `$5`, `5 €`
    Currency,
    /// `5 %`
    Percent,
    /// `5 kg`
    Unit,
}

impl Disguise {
    /// What the cell has that a plain number has not.
    pub fn name(self) -> &'static str {
        match self {
            Disguise::DecimalPoint => "a decimal point",
            Disguise::DecimalComma => "a decimal comma",
            Disguise::Thousands(_) => "a thousands separator",
            Disguise::Currency => "a currency",
            Disguise::Percent => "a percent sign",
            Disguise::Unit => "a unit",
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> String {
        match self {
            Disguise::DecimalPoint => "--decimal '.'".to_string(),
            Disguise::DecimalComma => "--decimal ','".to_string(),
            Disguise::Thousands(separator) => format!("--thousands '{separator}'"),
            Disguise::Currency | Disguise::Percent | Disguise::Unit => {
                "write plain numbers, and say what they mean in the column's name".to_string()
            }
        }
    }

    /// The disguise of a cell that could not be read as a number, if it is one that people use.
    ///
    /// ```
    /// use clione::data::cell::Disguise;
    /// assert_eq!(Disguise::of("12,500"), Some(Disguise::Thousands(',')));
    /// assert_eq!(Disguise::of("9,15"), Some(Disguise::DecimalComma));
    /// assert_eq!(Disguise::of("NEAR BAY"), None);
    /// ```
    pub fn of(text: &str) -> Option<Disguise> {
        let text = text.trim();
        if text.len() > 40 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if text.parse::<f64>().is_ok() {
            return Some(Disguise::DecimalPoint);
        }
        if let Some(disguise) = separated(text) {
            return Some(disguise);
        }
        let signs = [(Disguise::Percent, PERCENT), (Disguise::Currency, CURRENCIES), (Disguise::Unit, UNITS)];
        signs.into_iter().find(|(_, signs)| without_sign(text, signs).is_some_and(is_number)).map(|(name, _)| name)
    }
}

const PERCENT: &[&str] = &["%", "‰"];
const CURRENCIES: &[&str] = &["$", "€", "£", "¥", "₹", "CHF", "EUR", "USD", "GBP", "US$", "Fr."];
#[rustfmt::skip]
const UNITS: &[&str] = &[
    "kg", "mg", "g", "lb", "lbs", "oz", "t", "km/h", "km", "cm", "mm", "m", "mi", "ft", "in", "mph", "kph", "kmph",
    "s", "sec", "ms", "min", "h", "hr", "hrs", "°C", "°F", "°", "K", "V", "A", "W", "kW", "kWh", "MW", "bhp", "hp",
    "CC", "l", "ml", "kmpl", "km/kg", "Hz", "kHz", "MHz", "GHz", "kB", "MB", "GB", "TB", "M", "k", "years", "days",
];

/// The text without one of the signs in front or behind.
fn without_sign<'a>(text: &'a str, signs: &[&str]) -> Option<&'a str> {
    let rests = signs.iter().filter_map(|sign| text.strip_suffix(sign).or_else(|| text.strip_prefix(sign)));
    rests.map(str::trim).find(|rest| is_number(rest))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.,' ".contains(&byte))
        && (text.parse::<f64>().is_ok() || separated(text).is_some())
}

/// A number with a decimal comma or with separated thousands.
fn separated(text: &str) -> Option<Disguise> {
    let reads = |decimal, thousands| matches!(NumberFormat { decimal, thousands }.read(text), Cell::Number(_));
    let grouped = [',', '\'', ' ', '\u{a0}', '\u{202f}', '_', '’'];
    if let Some(&separator) = grouped.iter().find(|&&separator| reads('.', Some(separator))) {
        return Some(Disguise::Thousands(separator));
    }
    (reads(',', None) || reads(',', Some('.')) || reads(',', Some(' '))).then_some(Disguise::DecimalComma)
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
    fn numbers_in_disguise_are_seen_through() {
        for (text, disguise) in [
            ("$5", Disguise::Currency),
            ("1,250.00 €", Disguise::Currency),
            ("45 %", Disguise::Percent),
            ("3,5%", Disguise::Percent),
            ("12 kg", Disguise::Unit),
            ("1 234", Disguise::Thousands(' ')),
            ("12'500", Disguise::Thousands('\'')),
            ("12.500,75", Disguise::DecimalComma),
            ("3.14", Disguise::DecimalPoint),
        ] {
            assert_eq!(Disguise::of(text), Some(disguise), "{text}");
        }
        for text in ["1Fam", "A/5 21171", "two", "1st", "2Story", "", "1.2.3.4", "MN19"] {
            assert_eq!(Disguise::of(text), None, "{text}");
        }
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
