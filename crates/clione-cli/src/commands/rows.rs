//! The rows of a table as a model takes them: read, matched with the columns it was trained on, made numbers.

use crate::arguments::unknown_named;
use crate::output::Output;
use crate::settings::Reading;
use clione::base::error::Result;
use clione::data::dataset::Matrix;
use clione::data::findings::counted;
use clione::data::preprocess::Preprocessing;
use clione::prelude::*;
use std::path::Path;

/// Rows of a table that a model can use.
pub struct TableRows {
    /// The table they are from.
    pub table: Table,
    /// Which rows of it.
    pub rows: Vec<u32>,
    /// The network's inputs for them.
    pub inputs: Matrix,
}

/// Reads a table and applies the preprocessing that a model was trained with; says what looks odd. Of a table to measure on
/// it takes the rows that training would have taken.
/// Fails when the table cannot be read or does not have what the model needs.
pub fn table_rows(
    preprocessing: &Preprocessing,
    file: &Path,
    reading: &Reading,
    unknown: &str,
    is_measured_on: bool,
    output: &Output,
) -> Result<TableRows> {
    let table = Table::read(file, &reading.options()?)?;
    let (rows, notes) = if is_measured_on {
        preprocessing.rows_to_measure(&table)?
    } else {
        let rows = preprocessing.complete_rows(&table)?;
        let left_out = counted(table.rows() - rows.len(), "row");
        let note = (rows.len() < table.rows()).then(|| format!("left out: {left_out} with missing values"));
        (rows, note.into_iter().collect())
    };
    let transformed = preprocessing.transform(&table, &rows, unknown_named(unknown)?)?;
    for warning in table.warnings.iter().chain(&transformed.warnings).chain(&notes) {
        output.warning(warning);
    }
    Ok(TableRows { table, rows, inputs: transformed.inputs })
}
