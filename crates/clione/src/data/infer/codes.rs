//! Columns of whole numbers that are codes: some begin with a zero, or have more digits than a number keeps.

use crate::base::error::Result;
use crate::base::words::column_flag;
use crate::data::cell::{Cell, is_digits, is_padded};
use crate::data::findings::quoted;
use crate::data::frame::Frame;

/// Whole numbers above this are not all told apart by 64-bit floating point numbers.
pub(super) const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Why a column of whole numbers is one of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Codes {
    /// The cell in this row begins with a zero that a number would lose.
    Zeros(usize),
    /// The cell in this row has more digits than a number keeps.
    Digits(usize),
}

impl Codes {
    /// Whether the cells of a column in these rows are codes. Fails when the file must be read again and is not what it was.
    pub(in crate::data) fn find(frame: &Frame, column: usize, rows: &[u32]) -> Result<Option<Codes>> {
        let Some(cells) = frame.table_column(column).filter(|cells| !cells.is_told()) else { return Ok(None) };
        let is_beyond = |row: &u32| cells.numbers()[*row as usize].abs() > LARGEST_EXACT;
        if !frame.table().has_text() || !(cells.is_padded() || rows.iter().any(is_beyond)) {
            return Ok(None);
        }
        let is_whole = |row: &u32| match cells.value(*row as usize) {
            Cell::Number(number) => number == number.trunc(),
            Cell::Missing => true,
            Cell::Infinite | Cell::TooLarge | Cell::Word => false,
        };
        if !rows.iter().all(is_whole) {
            return Ok(None);
        }
        frame.read_words(column)?;
        let present = rows.iter().map(|&row| row as usize).filter(|&row| cells.value(row) != Cell::Missing);
        let (mut zeros, mut digits) = (None, None);
        for row in present {
            let text = frame.cell(row, column).trim();
            // 1e300 and 12.0 are no codes.
            if !is_digits(text.strip_prefix('-').unwrap_or(text)) {
                return Ok(None);
            }
            zeros = zeros.or_else(|| is_padded(text).then_some(Codes::Zeros(row)));
            digits = digits.or_else(|| is_beyond(&(row as u32)).then_some(Codes::Digits(row)));
        }
        Ok(zeros.or(digits))
    }

    /// What was found, without the name of the column.
    pub(in crate::data) fn evidence(self, frame: &Frame, column: usize) -> String {
        let (row, what) = match self {
            Codes::Zeros(row) => (row, "begins with a zero, which a number loses"),
            Codes::Digits(row) => (row, "has more digits than a number keeps"),
        };
        format!("{} ({}) {what}", quoted(frame.cell(row, column).trim()), frame.place(row, column))
    }

    /// What was found and done, for a person.
    pub(in crate::data) fn note(self, frame: &Frame, column: usize) -> String {
        let name = &frame.names()[column];
        let evidence = self.evidence(frame, column);
        format!("column \"{name}\": {evidence}: read as words; --number {} reads numbers", column_flag(name))
    }
}
