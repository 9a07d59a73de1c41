//! Findings in words: up to ten of one kind and how many more there are, and counts with their nouns.

use crate::base::error::Error;

/// How many findings of one kind are listed.
pub(super) const LISTED: usize = 10;

/// Findings of one kind; those after the tenth are only counted, so that a bad file of any size gives a short message.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    listed: Vec<String>,
    count: usize,
}

impl Findings {
    /// Adds a finding; the sentence is only made if it will be listed.
    pub(super) fn add(&mut self, finding: impl FnOnce() -> String) {
        self.count += 1;
        if self.listed.len() < LISTED {
            self.listed.push(finding());
        }
    }

    /// How many findings there are, listed or not.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// An error with the first finding as its headline and the others as its notes.
    pub(super) fn into_error(self) -> Error {
        let rest = self.count - self.listed.len();
        let mut lines = self.listed.into_iter();
        let error = Error::data(lines.next().expect("an error has at least one finding"));
        with_rest(lines.fold(error, Error::note), rest)
    }

    /// The findings as the notes of an error.
    pub(super) fn add_to(self, error: Error) -> Error {
        let rest = self.count - self.listed.len();
        with_rest(self.listed.into_iter().fold(error, Error::note), rest)
    }
}

fn with_rest(error: Error, rest: usize) -> Error {
    if rest == 0 { error } else { error.note(format!("and {} more", grouped(rest))) }
}

/// The longest text that a message shows.
const SHOWN: usize = 60;

/// A text in quotes with line ends written as such; a long one only begins.
pub(super) fn quoted(text: &str) -> String {
    format!("{:?}", beginning(text))
}

fn beginning(text: &str) -> String {
    let mut start: String = text.chars().take(SHOWN).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// Names in one line: the first ten, then how many more there are.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter().map(beginning);
    let mut line = names.by_ref().take(LISTED).collect::<Vec<_>>().join(", ");
    let rest = names.count();
    if rest > 0 {
        line += &format!(" and {} more", grouped(rest));
    }
    line
}

/// A count with its noun: `1 row`, `2 rows`, `1,000 rows`, `2 classes`.
///
/// ```
/// use clione::data::findings::counted;
/// assert_eq!((counted(1, "class"), counted(1000, "row")), ("1 class".to_string(), "1,000 rows".to_string()));
/// ```
pub fn counted(count: usize, noun: &str) -> String {
    let ending = match count {
        1 => "",
        _ if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{} {noun}{ending}", grouped(count))
}

/// A whole number with commas between its thousands: `12,500`.
///
/// ```
/// assert_eq!(clione::data::findings::grouped(12_500), "12,500");
/// ```
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_finding_is_only_counted() {
        let mut findings = Findings::default();
        for row in 1..=1011 {
            findings.add(|| format!("row {row}"));
        }
        let error = findings.into_error();
        assert_eq!(error.headline(), "row 1");
        assert_eq!(error.notes().len(), 10);
        assert_eq!(error.notes()[8], "row 10");
        assert_eq!(error.notes()[9], "and 1,001 more");
    }

    #[test]
    fn long_texts_only_begin() {
        assert_eq!(quoted("two\nlines"), "\"two\\nlines\"");
        assert_eq!(list(["a", "b"]), "a, b");
        assert_eq!(list([&*"é".repeat(1000)]).chars().count(), 61);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "row"), "1 row");
    }
}
