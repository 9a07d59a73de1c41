//! One column of a table: a number for each row, and the texts of the cells that are none.

use std::borrow::Cow;
use std::ops::Range;

use crate::data::cell::{Cell, CellFormat, is_padded};

/// A number for each row. Where the cell is no number stands a NaN whose lower bits say which of the texts it is, and
/// what that text means, so that looking at a cell is reading one number.
#[derive(Clone, Debug, Default)]
pub struct Column {
    numbers: Vec<f64>,
    texts: Texts,
    /// Some number begins with a zero and another digit, as codes do.
    is_padded: bool,
    /// A person said that it is numbers.
    is_told: bool,
}

/// The bits of a NaN that carry no more.
const TEXT: u64 = 0x7ff8_0000_0000_0000;

/// Above the 32 bits for the place of a text stand two for what it means.
const MEANING: u32 = 32;

impl Column {
    /// A column of numbers; NaN is a missing value.
    pub(in crate::data) fn of_numbers(numbers: Vec<f64>) -> Self {
        let mut column = Column { numbers, ..Column::default() };
        for (text, meaning, is) in [
            ("NaN", MISSING, f64::is_nan as fn(f64) -> bool),
            ("inf", INFINITE, |number| number == f64::INFINITY),
            ("-inf", INFINITE, |number| number == f64::NEG_INFINITY),
        ] {
            // The marks of texts are NaNs too, so NaN comes first.
            if column.numbers.iter().any(|&number| is(number)) {
                let place = column.texts.add(text, meaning);
                let mark = column.texts.mark(place);
                column.numbers.iter_mut().filter(|number| is(**number)).for_each(|number| *number = mark);
            }
        }
        column
    }

    /// The number of rows.
    pub(in crate::data) fn rows(&self) -> usize {
        self.numbers.len()
    }

    /// What the cell in a row says.
    #[inline]
    pub fn value(&self, row: usize) -> Cell {
        cell_of(self.numbers[row])
    }

    /// What each cell says, row by row.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Cell> {
        self.numbers.iter().copied().map(cell_of)
    }

    /// The numbers of the column, row by row, and NaN where there is none.
    ///
    /// ```
    /// use clione::data::table::{ReadOptions, Table};
    /// let table = Table::from_bytes("x.csv", b"size\n1.5\nNA\n".to_vec(), &ReadOptions::default())?;
    /// let numbers = table.column(0).numbers();
    /// assert!(numbers[0] == 1.5 && numbers[1].is_nan());
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// The texts of the cells that are no numbers (words, but also `NA` or nothing), each once.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.texts.count()).map(|place| self.texts.get(place as u32))
    }

    /// What each of [`Self::texts`] says.
    pub(in crate::data) fn text_values(&self) -> impl ExactSizeIterator<Item = Cell> {
        (0..self.texts.count()).map(|place| cell_of(self.texts.mark(place as u32)))
    }

    /// Which of [`Self::texts`] stands in a row; None where a number does.
    pub fn text_place(&self, row: usize) -> Option<u32> {
        let number = self.numbers[row];
        number.is_nan().then_some(number.to_bits() as u32)
    }

    /// The text in a row as it was read; None where a number stands.
    pub fn text(&self, row: usize) -> Option<&str> {
        self.text_place(row).map(|place| self.texts.get(place))
    }

    /// Whether any cell is a number.
    pub fn has_numbers(&self) -> bool {
        self.numbers.iter().any(|number| !number.is_nan())
    }

    /// Whether every cell is empty or blank.
    pub(super) fn is_blank(&self) -> bool {
        !self.has_numbers() && self.texts().all(|text| text.trim().is_empty())
    }

    /// Whether some number begins with a zero and another digit, as codes do.
    pub(in crate::data) fn is_padded(&self) -> bool {
        self.is_padded
    }

    /// Whether a person said that the column is numbers.
    pub(in crate::data) fn is_told(&self) -> bool {
        self.is_told
    }

    /// Appends a cell that is a finite number.
    pub(in crate::data) fn push_number(&mut self, number: f64) {
        self.numbers.push(number);
    }

    /// Appends a cell that is a number as it was seen in passing.
    #[inline]
    pub(super) fn push_seen(&mut self, number: f64, is_padded: bool) {
        self.is_padded |= is_padded;
        self.numbers.push(number);
    }

    /// Appends a cell by its text.
    pub(in crate::data) fn push_text(&mut self, text: &str, format: &CellFormat) {
        if let Some(place) = self.texts.find(text) {
            return self.numbers.push(self.texts.mark(place));
        }
        let value = format.read(text);
        if matches!(value, Cell::Number(_)) {
            self.is_padded |= is_padded(text.trim());
        }
        let mark = self.mark_of(value, text);
        self.numbers.push(mark);
    }

    /// Appends a cell that stood within quotes: there a word for no value is a word like others.
    pub(super) fn push_quoted(&mut self, text: &str, format: &CellFormat) {
        if !format.is_word_by_quotes(text) {
            return self.push_text(text, format);
        }
        let place = self.texts.find_quoted(text).unwrap_or_else(|| self.texts.add_quoted(text));
        self.numbers.push(self.texts.mark(place));
    }

    /// What stands for a cell that says this.
    fn mark_of(&mut self, value: Cell, text: &str) -> f64 {
        let meaning = match value {
            Cell::Number(number) => return number,
            Cell::Missing => MISSING,
            Cell::Infinite => INFINITE,
            Cell::TooLarge => TOO_LARGE,
            Cell::Word => WORD,
        };
        let place = self.texts.find(text).unwrap_or_else(|| self.texts.add(text, meaning));
        self.texts.mark(place)
    }

    /// Makes words for no value that stood within quotes missing in a column of numbers, where they can be nothing else.
    pub(super) fn settle_quoted(&mut self) {
        if self.texts.quoted.is_empty() || !self.has_numbers() {
            return;
        }
        for place in std::mem::take(&mut self.texts.quoted) {
            let word = self.texts.mark(place).to_bits();
            self.texts.meanings[place as usize] = MISSING;
            let missing = self.texts.mark(place);
            self.numbers.iter_mut().filter(|number| number.to_bits() == word).for_each(|number| *number = missing);
        }
    }

    /// Puts other words in the place of some; what stands for a number is put in the place of that number.
    pub(super) fn replace(&mut self, pairs: &[(String, String)], format: &CellFormat) {
        let texts: Vec<String> = self.texts().map(str::to_owned).collect();
        let mut marks: Vec<f64> = (0..texts.len()).map(|place| self.texts.mark(place as u32)).collect();
        let mut numbers: Vec<(f64, f64)> = Vec::new();
        for (from, to) in pairs {
            let mark = self.mark_of(format.read(to), to);
            texts.iter().zip(&mut marks).filter(|(text, _)| text.trim() == from).for_each(|(_, old)| *old = mark);
            if let Cell::Number(number) = format.read(from) {
                numbers.push((number, mark));
            }
        }
        for number in &mut self.numbers {
            if number.is_nan() {
                *number = marks[number.to_bits() as u32 as usize];
            } else if let Some((_, mark)) = numbers.iter().find(|(old, _)| old == number) {
                *number = *mark;
            }
        }
    }

    /// Reads each text as a number where `number_of` has one; the column is numbers, whatever they begin with.
    pub(super) fn read_numbers(&mut self, number_of: impl Fn(&str) -> Option<f64>) {
        (self.is_told, self.is_padded) = (true, false);
        let meant = self.texts().zip(self.text_values());
        let meant: Vec<Option<f64>> =
            meant.map(|(text, value)| (value != Cell::Missing).then(|| number_of(text))?).collect();
        for number in self.numbers.iter_mut().filter(|number| number.is_nan()) {
            *number = meant[number.to_bits() as u32 as usize].unwrap_or(*number);
        }
    }

    /// Appends cells in which nothing stands.
    pub(in crate::data) fn push_missing(&mut self, rows: usize) {
        if rows == 0 {
            return;
        }
        let place = self.texts.find("").unwrap_or_else(|| self.texts.add("", MISSING));
        self.numbers.resize(self.numbers.len() + rows, self.texts.mark(place));
    }

    /// Makes room for so many rows, if there is that much memory: they are only guessed.
    pub(super) fn reserve(&mut self, rows: usize) {
        let _ = self.numbers.try_reserve_exact(rows);
    }

    /// Appends the rows of another column.
    pub(in crate::data) fn append(&mut self, other: &Column) {
        self.is_padded |= other.is_padded;
        let marks: Vec<f64> = (0..other.texts.count() as u32)
            .map(|place| {
                let text = other.texts.get(place);
                let place = if other.texts.quoted.contains(&place) {
                    self.texts.find_quoted(text).unwrap_or_else(|| self.texts.add_quoted(text))
                } else {
                    let found = self.texts.find(text);
                    found.unwrap_or_else(|| self.texts.add(text, other.texts.meanings[place as usize]))
                };
                self.texts.mark(place)
            })
            .collect();
        let is_kept = |place: usize| marks[place].to_bits() == other.texts.mark(place as u32).to_bits();
        if (0..marks.len()).all(is_kept) {
            return self.numbers.extend_from_slice(&other.numbers);
        }
        let translated = |&number: &f64| if number.is_nan() { marks[number.to_bits() as u32 as usize] } else { number };
        self.numbers.extend(other.numbers.iter().map(translated));
    }
}

/// The cells of a column as words, each different one once, as the file has them.
#[derive(Clone, Debug, Default)]
pub struct Words<'a> {
    texts: Cow<'a, Texts>,
    places: Cow<'a, [u32]>,
}

impl<'a> Words<'a> {
    /// In [`Self::places`]: the cell has no value.
    pub const MISSING: u32 = u32::MAX;

    /// The words of a column without numbers.
    pub(super) fn of_texts(column: &'a Column) -> Self {
        let place = |number: &f64| match cell_of(*number) {
            Cell::Missing => Words::MISSING,
            Cell::Number(_) | Cell::Infinite | Cell::TooLarge | Cell::Word => number.to_bits() as u32,
        };
        Words { texts: Cow::Borrowed(&column.texts), places: column.numbers.iter().map(place).collect() }
    }

    /// The same words without a copy.
    pub(super) fn borrowed(&'a self) -> Self {
        Words { texts: Cow::Borrowed(&self.texts), places: Cow::Borrowed(&self.places) }
    }

    /// Appends a cell.
    pub(super) fn push(&mut self, value: Cell, text: &str) {
        let place = match value {
            Cell::Missing => Words::MISSING,
            Cell::Number(_) | Cell::Infinite | Cell::TooLarge | Cell::Word => {
                self.texts.find(text).unwrap_or_else(|| self.texts.to_mut().add(text, WORD))
            }
        };
        self.places.to_mut().push(place);
    }

    /// The different words, and perhaps some that stand for a missing value.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.texts.count()).map(|place| self.texts.get(place as u32))
    }

    /// Row by row which of [`Self::texts`] stands there, or [`Self::MISSING`].
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// The word in a row; None where the cell has no value.
    pub fn get(&self, row: usize) -> Option<&str> {
        let place = self.places[row];
        (place != Words::MISSING).then(|| self.texts.get(place))
    }
}

const MISSING: u8 = 0;
const INFINITE: u8 = 1;
const TOO_LARGE: u8 = 2;
const WORD: u8 = 3;

#[inline]
fn cell_of(number: f64) -> Cell {
    if !number.is_nan() {
        return Cell::Number(number);
    }
    match (number.to_bits() >> MEANING) as u8 & 3 {
        MISSING => Cell::Missing,
        INFINITE => Cell::Infinite,
        TOO_LARGE => Cell::TooLarge,
        _ => Cell::Word,
    }
}

/// Different texts in the order in which they were added, found again by a hash table with open addresses.
#[derive(Clone, Debug, Default)]
struct Texts {
    all: String,
    /// Where each text ends in `all`.
    ends: Vec<usize>,
    meanings: Vec<u8>,
    /// Places of texts, found from the hash of the text on; a power of two of them, at least half of them free.
    slots: Vec<u32>,
    /// The places of words for no value that stood within quotes. The same text may stand for no value at another place,
    /// so that these have no slot.
    quoted: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl Texts {
    fn count(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, place: u32) -> &str {
        &self.all[self.range(place)]
    }

    /// The bytes of a text, which need not be looked at again to see that they are whole characters.
    fn bytes(&self, place: u32) -> &[u8] {
        &self.all.as_bytes()[self.range(place)]
    }

    fn range(&self, place: u32) -> Range<usize> {
        let place = place as usize;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        start..self.ends[place]
    }

    /// The NaN that stands for a text.
    fn mark(&self, place: u32) -> f64 {
        f64::from_bits(TEXT | u64::from(self.meanings[place as usize]) << MEANING | u64::from(place))
    }

    fn find(&self, text: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        Some(self.slots[self.slot(text)]).filter(|&place| place != FREE)
    }

    /// The slot in which a text is, or would be.
    fn slot(&self, text: &str) -> usize {
        let last = self.slots.len() - 1;
        let mut slot = hash(text.as_bytes()) as usize & last;
        while self.slots[slot] != FREE && self.bytes(self.slots[slot]) != text.as_bytes() {
            slot = (slot + 1) & last;
        }
        slot
    }

    /// Finds a word for no value that stood within quotes.
    fn find_quoted(&self, text: &str) -> Option<u32> {
        self.quoted.iter().copied().find(|&place| self.get(place) == text)
    }

    /// Adds a word for no value that stood within quotes.
    fn add_quoted(&mut self, text: &str) -> u32 {
        let place = self.count() as u32;
        self.all.push_str(text);
        self.ends.push(self.all.len());
        self.meanings.push(WORD);
        self.quoted.push(place);
        place
    }

    /// Adds a text that is not there yet.
    fn add(&mut self, text: &str, meaning: u8) -> u32 {
        let place = self.count() as u32;
        self.all.push_str(text);
        self.ends.push(self.all.len());
        self.meanings.push(meaning);
        if self.slots.len() < 2 * self.count() {
            self.slots = vec![FREE; (2 * self.count()).next_power_of_two().max(8)];
            for place in (0..self.count() as u32).filter(|place| !self.quoted.contains(place)) {
                let slot = self.slot(self.get(place));
                self.slots[slot] = place;
            }
        } else {
            let slot = self.slot(text);
            self.slots[slot] = place;
        }
        place
    }
}

/// A number that depends on every byte: eight at a time are multiplied by 2⁶⁴ / golden ratio (Knuth, "Sorting and
/// Searching", 6.4), and the high bits, in which most has met, are turned down.
fn hash(bytes: &[u8]) -> u64 {
    let mixed = |sum: u64, eight: u64| {
        let product = (sum ^ eight).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        product ^ product >> 32
    };
    let (eights, rest) = bytes.as_chunks::<8>();
    let sum = eights.iter().fold(bytes.len() as u64, |sum, &eight| mixed(sum, u64::from_le_bytes(eight)));
    mixed(sum, rest.iter().fold(0, |last, &byte| last << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(texts: &[&str]) -> Column {
        let mut column = Column::default();
        texts.iter().for_each(|text| column.push_text(text, &CellFormat::PLAIN));
        column
    }

    #[test]
    fn a_cell_is_a_number_or_the_place_of_its_text() {
        let column = column(&["1.5", "red", " NA", "red", "inf", "1e400"]);
        let values: Vec<Cell> = column.values().collect();
        let expected = [Cell::Number(1.5), Cell::Word, Cell::Missing, Cell::Word, Cell::Infinite, Cell::TooLarge];
        assert_eq!(values, expected);
        assert_eq!((column.text(0), column.text(2), column.text_place(3)), (None, Some(" NA"), Some(0)));
    }

    #[test]
    fn texts_keep_their_meaning_when_columns_are_joined() {
        let mut all = column(&["a", "1", ""]);
        all.append(&column(&["b", "", "a", "2"]));
        all.append(&column(&["3"]));
        all.push_missing(1);
        let texts: Vec<Option<&str>> = (0..all.rows()).map(|row| all.text(row)).collect();
        let expected = [Some("a"), None, Some(""), Some("b"), Some(""), Some("a"), None, None, Some("")];
        assert_eq!(texts, expected);
        assert_eq!((all.value(4), all.value(6), all.texts().len()), (Cell::Missing, Cell::Number(2.0), 3));
    }

    #[test]
    fn many_different_texts_are_told_apart() {
        let texts: Vec<String> = (0..5000).map(|number| format!("word{number}")).collect();
        let texts: Vec<&str> = texts.iter().chain(&texts).map(String::as_str).collect();
        let column = column(&texts);
        assert_eq!(column.texts().len(), 5000);
        assert!((0..column.rows()).all(|row| column.text(row) == Some(texts[row])));
    }
}
