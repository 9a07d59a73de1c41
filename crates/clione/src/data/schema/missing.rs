//! Values that columns lack: how many, and whether they may be words after all.

use crate::base::error::Error;
use crate::data::cell::Cell;
use crate::data::findings::{Findings, counted, grouped, quoted};
use crate::data::frame::Frame;

/// How many values a column lacks.
pub(in crate::data) struct MissingValues {
    /// The place of the column, counted from 0.
    pub column: usize,
    /// How many rows have no value in it.
    pub count: usize,
}

/// The error for missing values that nothing was chosen for, with their counts per column.
pub(in crate::data) fn missing_values(table: &Frame, rows: usize, missing: &[MissingValues]) -> Error {
    let mut findings = Findings::default();
    for &MissingValues { column, count } in missing {
        findings
            .add(|| format!("column \"{}\": {} of {}", table.names()[column], grouped(count), counted(rows, "value")));
    }
    let total = missing.iter().map(|missing| missing.count).sum();
    let headline =
        format!("{}: {} missing in {}", table.source(), counted(total, "value"), counted(missing.len(), "column"));
    findings.add_to(Error::data(headline))
}

/// A note where all values that a column of words lacks are one usual word for none: it may be a word like any other.
pub(super) fn word_for_none(frame: &Frame, column: usize, rows: &[u32]) -> Option<String> {
    let rows = rows.iter().map(|&row| row as usize).filter(|&row| frame.value(row, column) == Cell::Missing);
    let mut texts = rows.map(|row| frame.cell(row, column).trim());
    let first = texts.next().filter(|text| !text.is_empty())?;
    let name = &frame.names()[column];
    texts.all(|text| text == first).then(|| {
        format!("{} in \"{name}\" counts as no value; where it is a word, add --missing-values ''", quoted(first))
    })
}
