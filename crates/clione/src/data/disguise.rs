//! Numbers that are written with more than a number: a decimal comma, thousands, a currency, a percent sign, a unit.

use crate::base::error::{Error, Result};
use crate::base::words::pairs;
use crate::data::cell::{Cell, CellFormat, NumberFormat, is_digits};

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

    /// The disguise of a cell that could not be read as a number, if it is one that people use.
    ///
    /// ```
    /// use clione::data::disguise::Disguise;
    /// assert_eq!(Disguise::of("12,500"), Some(Disguise::Thousands(',')));
    /// assert_eq!(Disguise::of("0,093"), Some(Disguise::DecimalComma));
    /// assert_eq!((Disguise::of("12 kg"), Disguise::of("A0044")), (Some(Disguise::Unit), None));
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
        let (body, sign) = apart(text)?;
        if !is_number(&body) {
            return None;
        }
        match sign {
            sign if CURRENCIES.contains(&sign) => Some(Disguise::Currency),
            sign if PERCENT.contains(&sign) => Some(Disguise::Percent),
            sign => UNITS.contains(&sign).then_some(Disguise::Unit),
        }
    }
}

const PERCENT: &[&str] = &["%", "‰"];
const CURRENCIES: &[&str] = &["US$", "$", "€", "£", "¥", "₹", "CHF", "EUR", "USD", "GBP", "Fr."];
#[rustfmt::skip]
const UNITS: &[&str] = &[
    "kg", "mg", "g", "lb", "lbs", "oz", "t", "km/h", "km", "cm", "mm", "m", "mi", "ft", "in", "mph", "kph", "kmph",
    "s", "sec", "ms", "min", "h", "hr", "hrs", "°C", "°F", "°", "K", "V", "A", "W", "kW", "kWh", "MW", "bhp", "hp",
    "CC", "l", "ml", "kmpl", "km/kg", "Hz", "kHz", "MHz", "GHz", "kB", "MB", "GB", "TB", "M", "k", "years", "days",
];

/// A number and the sign beside it: a currency in front, or anything behind, as `-5.00` and `$` of `($5.00)`. None where
/// something else stands in front: `A0044` is no ampere.
fn apart(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let (mut is_negative, mut rest, mut sign) = (inside.is_some(), inside.unwrap_or(text).trim(), "");
    loop {
        let currency = CURRENCIES.iter().find(|sign| rest.starts_with(*sign));
        if let Some(after) = rest.strip_prefix(['-', '−']) {
            (is_negative, rest) = (!is_negative, after.trim_start());
        } else if let Some(currency) = currency.filter(|_| sign.is_empty()) {
            (sign, rest) = (*currency, rest[currency.len()..].trim_start());
        } else {
            break;
        }
    }
    rest = rest.strip_prefix('+').unwrap_or(rest);
    if !rest.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let end = rest.rfind(|last: char| last.is_ascii_digit())? + 1;
    let end = end + usize::from(rest[end..].starts_with('.'));
    let (body, behind) = (&rest[..end], rest[end..].trim());
    if !(sign.is_empty() || behind.is_empty()) {
        return None;
    }
    Some((format!("{}{body}", if is_negative { "-" } else { "" }), if sign.is_empty() { behind } else { sign }))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.,' ".contains(&byte))
        && (text.parse::<f64>().is_ok() || separated(text).is_some())
}

fn reads(text: &str, decimal: char, thousands: Option<char>) -> bool {
    matches!(NumberFormat { decimal, thousands }.read(text), Cell::Number(_))
}

/// What stands between thousands beside a comma and a point.
const SEPARATORS: [char; 7] = [',', '\'', ' ', '\u{a0}', '\u{202f}', '_', '’'];

/// A number with a decimal comma or with separated thousands.
fn separated(text: &str) -> Option<Disguise> {
    if let Some(&separator) = SEPARATORS.iter().find(|&&separator| reads(text, '.', Some(separator))) {
        return Some(Disguise::Thousands(separator));
    }
    let is_comma = reads(text, ',', None) || reads(text, ',', Some('.')) || reads(text, ',', Some(' '));
    is_comma.then_some(Disguise::DecimalComma)
}

/// How the table is written in which words stand among numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// What stands before decimals elsewhere.
    pub decimal: char,
    /// Semicolons part the cells: then a comma is free to stand before decimals.
    pub has_semicolons: bool,
    /// Some numbers of the column have decimals behind a point.
    pub has_points: bool,
}

/// What the words of a number column have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disguised<'a> {
    /// What most of them wear.
    pub disguise: Disguise,
    /// How many cells wear it.
    pub cells: usize,
    /// How many cells wear any.
    pub all: usize,
    /// What is written one way, and what another, where the two cannot both be right.
    pub mixed: Option<(&'a str, &'a str)>,
    /// Commas that could stand before decimals or between thousands.
    pub is_open: bool,
}

impl<'a> Disguised<'a> {
    /// Looks at words and how often each comes; None where none of them was meant as a number.
    pub(super) fn of(words: impl Iterator<Item = (&'a str, usize)>, around: Surroundings) -> Option<Disguised<'a>> {
        let mut counts: Vec<(Disguise, usize)> = Vec::new();
        let (mut decimals, mut thousands, mut open, mut points) = (None, None, 0, true);
        let mut letters: Vec<&str> = Vec::new();
        for (word, cells) in words.map(|(word, cells)| (word.trim(), cells)) {
            let Some(disguise) = Disguise::of(word) else { continue };
            match disguise {
                Disguise::DecimalComma if around.decimal == ',' => {}
                Disguise::DecimalComma => decimals = decimals.or(Some(word)),
                Disguise::Thousands(',') if reads(word, ',', None) => open += cells,
                Disguise::Thousands(',') => thousands = thousands.or(Some(word)),
                Disguise::Unit => letters.extend(code_letter(word)),
                Disguise::DecimalPoint | Disguise::Thousands(_) | Disguise::Currency | Disguise::Percent => {}
            }
            points &= reads(word, ',', Some('.'));
            match counts.iter_mut().find(|(known, _)| *known == disguise) {
                Some((_, all)) => *all += cells,
                None => counts.push((disguise, cells)),
            }
        }
        // 12A, 14K and 3C are seats, not amperes.
        letters.sort_unstable();
        letters.dedup();
        if letters.len() > 2 {
            counts.retain(|(disguise, _)| *disguise != Disguise::Unit);
        }
        let all = counts.iter().map(|(_, cells)| cells).sum();
        let points_are_thousands = around.decimal == ',' && points;
        let commas_are_decimals =
            decimals.is_some() || (open > 0 && thousands.is_none() && around.has_semicolons && !around.has_points);
        let mut merged: Vec<(Disguise, usize)> = Vec::new();
        for (disguise, cells) in counts {
            let disguise = match disguise {
                Disguise::DecimalPoint | Disguise::DecimalComma if points_are_thousands => Disguise::Thousands('.'),
                Disguise::Thousands(',') if commas_are_decimals => Disguise::DecimalComma,
                other => other,
            };
            match merged.iter_mut().find(|(known, _)| *known == disguise) {
                Some((_, all)) => *all += cells,
                None => merged.push((disguise, cells)),
            }
        }
        let (disguise, cells) = merged.into_iter().max_by_key(|&(_, cells)| cells)?;
        let is_comma = matches!(disguise, Disguise::DecimalComma | Disguise::Thousands(','));
        let other = thousands.or(around.has_points.then_some("a number with a decimal point"));
        Some(Disguised {
            disguise,
            cells,
            all,
            mixed: decimals.zip(other).filter(|_| is_comma),
            is_open: is_comma && open > 0 && decimals.is_none() && thousands.is_none() && !around.has_points,
        })
    }

    /// The flag that reads the column, whose name is given as a flag takes it.
    pub(super) fn remedy(&self, column: &str) -> String {
        match self.disguise {
            _ if self.mixed.is_some() => format!("--category {column}"),
            Disguise::DecimalPoint => "--decimal '.'".to_owned(),
            Disguise::DecimalComma => "--decimal ','".to_owned(),
            Disguise::Thousands(separator) => format!("--thousands '{separator}'"),
            Disguise::Currency | Disguise::Percent | Disguise::Unit => format!("--number {column}"),
        }
    }
}

/// The single capital letter directly behind a whole number, which may be a unit or part of a code.
fn code_letter(word: &str) -> Option<&str> {
    let (digits, letter) = word.split_at(word.len().checked_sub(1).filter(|&at| word.is_char_boundary(at))?);
    (is_digits(digits) && letter.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(letter)
}

/// A column whose cells are numbers with a currency, a percent sign or a unit, and how these are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberColumn {
    /// The name of the column, or its place.
    pub column: String,
    /// The one sign that cells may have; what is found if None.
    pub sign: Option<String>,
    /// How the numbers are written; what is found if None.
    pub format: Option<NumberFormat>,
}

/// Why the cells of such a column have no one meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unclear<'a> {
    /// Two cells with different signs.
    TwoSigns(&'a str, &'a str),
    /// A cell whose comma or point could stand before decimals or between thousands.
    TwoFormats(&'a str),
}

impl NumberColumn {
    /// A column as a person names it: `price`, or `weight=kg` where cells may have this sign and no other.
    ///
    /// ```
    /// use clione::data::disguise::NumberColumn;
    /// let weight = NumberColumn::named("weight=kg")?;
    /// assert_eq!((weight.read("1,370 kg"), weight.text().as_str()), (None, "weight=kg"));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn named(text: &str) -> Result<NumberColumn> {
        let (column, sign) = match pairs(text) {
            Ok(pairs) if pairs.len() == 1 => (pairs[0].0.clone(), Some(pairs[0].1.clone())),
            Ok(_) | Err(_) => (text.trim().to_owned(), None),
        };
        match (column.is_empty(), sign.as_deref()) {
            (true, _) | (_, Some("")) => Err(Error::usage("expected a column, or a column and its sign, as weight=kg")),
            (false, _) => Ok(NumberColumn { column, sign, format: None }),
        }
    }

    /// The text that [`NumberColumn::named`] reads.
    pub fn text(&self) -> String {
        let column =
            if self.column.contains(['=', ',', '`']) { format!("`{}`", self.column) } else { self.column.clone() };
        self.sign.as_ref().map_or(column.clone(), |sign| format!("{column}={sign}"))
    }

    /// The number in a cell; None where another sign stands beside it, or it is written in another way.
    pub fn read(&self, text: &str) -> Option<f64> {
        let (body, sign) = apart(text.trim())?;
        if !sign.is_empty() && self.sign.as_deref() != Some(sign) {
            return None;
        }
        match self.format.unwrap_or(CellFormat::PLAIN.number).read(&body) {
            Cell::Number(number) => Some(number),
            Cell::Missing | Cell::Infinite | Cell::TooLarge | Cell::Word => None,
        }
    }

    /// The column with the sign and the format that its texts show, where these are not known yet. `usual` is how the
    /// numbers of the table are written.
    pub(super) fn found<'a>(
        &self,
        texts: &[&'a str],
        usual: NumberFormat,
        has_semicolons: bool,
    ) -> std::result::Result<NumberColumn, Unclear<'a>> {
        let (mut bodies, mut sign) = (Vec::new(), self.sign.as_deref().map(|sign| (sign.to_owned(), "")));
        for &text in texts {
            let Some((body, beside)) = apart(text.trim()) else { continue };
            match &sign {
                _ if beside.is_empty() => {}
                None => sign = Some((beside.to_owned(), text)),
                Some((known, _)) if known == beside => {}
                Some(_) if self.sign.is_some() => continue,
                Some((_, first)) => return Err(Unclear::TwoSigns(first, text)),
            }
            bodies.push((body, text));
        }
        let format = match self.format {
            Some(format) => format,
            None if usual != CellFormat::PLAIN.number => usual,
            None => format_of(&bodies, has_semicolons).map_err(Unclear::TwoFormats)?,
        };
        Ok(NumberColumn { column: self.column.clone(), sign: sign.map(|(sign, _)| sign), format: Some(format) })
    }
}

/// The format that reads the most of these numbers. Fails with a text that two of them read as different numbers.
fn format_of<'a>(bodies: &[(String, &'a str)], has_semicolons: bool) -> std::result::Result<NumberFormat, &'a str> {
    let thousands = [None].into_iter().chain(SEPARATORS.map(Some)).chain([Some('.')]);
    let formats = thousands.flat_map(|thousands| ['.', ','].map(|decimal| NumberFormat { decimal, thousands }));
    let number = |format: &NumberFormat, body: &str| match format.read(body) {
        Cell::Number(number) => Some(number),
        Cell::Missing | Cell::Infinite | Cell::TooLarge | Cell::Word => None,
    };
    let read = |format: &NumberFormat| bodies.iter().filter(|(body, _)| number(format, body).is_some()).count();
    let formats: Vec<(NumberFormat, usize)> = formats
        .filter(|format| format.thousands != Some(format.decimal))
        .map(|format| (format, read(&format)))
        .collect();
    let most = formats.iter().map(|&(_, read)| read).max().unwrap_or_default();
    let mut best = formats.into_iter().filter(|&(_, read)| read == most).map(|(format, _)| format);
    let first = best.next().unwrap_or(CellFormat::PLAIN.number);
    // A plain number needs no other meaning.
    if first == CellFormat::PLAIN.number {
        return Ok(first);
    }
    let others: Vec<NumberFormat> = best.collect();
    let differs =
        |(body, _): &&(String, &'a str)| others.iter().any(|other| number(other, body) != number(&first, body));
    match bodies.iter().find(differs) {
        None => Ok(first),
        Some(_) if has_semicolons && first.decimal == ',' => Ok(first),
        Some(&(_, text)) => Err(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_disguise_are_seen_through() {
        for (text, disguise) in [
            ("$5", Disguise::Currency),
            ("1,250.00 €", Disguise::Currency),
            ("-US$ 3.50", Disguise::Currency),
            ("45 %", Disguise::Percent),
            ("3,5%", Disguise::Percent),
            ("12 kg", Disguise::Unit),
            ("1 234", Disguise::Thousands(' ')),
            ("12'500", Disguise::Thousands('\'')),
            ("12.500,75", Disguise::DecimalComma),
            ("0,093", Disguise::DecimalComma),
            ("3.14", Disguise::DecimalPoint),
        ] {
            assert_eq!(Disguise::of(text), Some(disguise), "{text}");
        }
        let codes = ["A0044", "K7", "V 12", "kg 5", "T-7", "LH38"];
        for text in ["1Fam", "A/5 21171", "two", "1st", "2Story", "", "1.2.3.4", "MN19"].iter().chain(&codes) {
            assert_eq!(Disguise::of(text), None, "{text}");
        }
    }

    fn common<'a>(words: &[&'a str], around: Surroundings) -> Option<Disguised<'a>> {
        Disguised::of(words.iter().map(|word| (*word, 1)), around)
    }

    const COMMAS: Surroundings = Surroundings { decimal: '.', has_semicolons: false, has_points: false };

    #[test]
    fn the_comma_is_judged_by_all_cells_of_a_column() {
        let remedy = |words: &[&str], around| common(words, around).map(|found| found.remedy("'x'")).unwrap();
        let semicolons = Surroundings { has_semicolons: true, ..COMMAS };
        assert_eq!(remedy(&["4,759", "12,078"], COMMAS), "--thousands ','");
        assert!(common(&["4,759", "12,078"], COMMAS).unwrap().is_open);
        assert_eq!(remedy(&["4,759", "12,078"], semicolons), "--decimal ','");
        assert_eq!(remedy(&["4,759", "0,093"], COMMAS), "--decimal ','");
        assert_eq!(remedy(&["4,759", "9,15"], COMMAS), "--decimal ','");
        assert_eq!(remedy(&["4,759", "1,234,567"], semicolons), "--thousands ','");
        assert_eq!(remedy(&["4,759"], Surroundings { has_points: true, ..semicolons }), "--thousands ','");
        let mixed = common(&["9,15", "1,234,567"], COMMAS).unwrap();
        assert_eq!((mixed.mixed, mixed.remedy("'x'").as_str()), (Some(("9,15", "1,234,567")), "--category 'x'"));
        let decimal_comma = Surroundings { decimal: ',', ..COMMAS };
        assert_eq!(remedy(&["4.898", "1.234.567"], decimal_comma), "--thousands '.'");
        assert_eq!(remedy(&["4.898", "3.14"], decimal_comma), "--decimal '.'");
    }

    #[test]
    fn letters_behind_numbers_are_units_or_codes() {
        assert_eq!(common(&["5A", "12A"], COMMAS).unwrap().remedy("'x'"), "--number 'x'");
        assert_eq!(common(&["38A", "12K", "3V", "7C"], COMMAS), None);
    }

    #[test]
    fn numbers_with_signs_are_read_where_these_are_one() {
        let found = |texts: &[&'static str], name: &str| {
            NumberColumn::named(name).unwrap().found(texts, CellFormat::PLAIN.number, false)
        };
        let price = found(&["$57,718.50", "($1,297)", "-$3"], "price").unwrap();
        assert_eq!((price.sign.as_deref(), price.format.unwrap().thousands), (Some("$"), Some(',')));
        let read = ["$57,718.50", "($1,297)", "-$3", "12", "€3", "3 kg"].map(|text| price.read(text));
        assert_eq!(read, [Some(57_718.5), Some(-1297.0), Some(-3.0), Some(12.0), None, None]);
        assert_eq!(found(&["1370 kg", "23.5 kg"], "w").unwrap().read("9kg"), Some(9.0));
        assert_eq!(found(&["9%", "82 %"], "rate").unwrap().read("9%"), Some(9.0));
        assert_eq!(found(&["5 kg", "300 g"], "w"), Err(Unclear::TwoSigns("5 kg", "300 g")));
        assert_eq!(found(&["5 kg", "300 g"], "w=kg").unwrap().read("300 g"), None);
        assert_eq!(found(&["$1,297"], "price"), Err(Unclear::TwoFormats("$1,297")));
        assert_eq!(found(&["1.297,50 €", "3 €"], "price").unwrap().read("1.297,50 €"), Some(1297.5));
        assert_eq!(found(&["02138"], "zip").unwrap().read("02138"), Some(2138.0));
    }
}
