//! The rows of a table as a model takes them: read, matched with the columns it was trained on, made numbers.

use crate::arguments::cores;
use crate::output::Output;
use clione::base::error::Result;
use clione::data::dataset::Matrix;
use clione::data::findings::counted;
use clione::data::preprocess::Preprocessing;
use clione::data::table::TableBlocks;
use clione::data::treatment::Unknown;
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

/// Reads a table to measure on, and applies the preprocessing that a model was trained with to the rows that training
/// would have taken; says what looks odd.
/// Fails when the table cannot be read or does not have what the model needs.
pub fn table_rows(
    preprocessing: &Preprocessing,
    file: &Path,
    options: ReadOptions,
    (unknown, drops_missing_target): (Unknown, bool),
    output: &Output,
) -> Result<TableRows> {
    let table = Table::read(file, &ReadOptions { threads: cores(), ..options })?;
    let (mut rows, mut notes) = preprocessing.rows_to_measure(&table)?;
    if drops_missing_target {
        let all = rows.len();
        rows = preprocessing.rows_with_target(&table, rows)?;
        notes.extend(
            (rows.len() < all).then(|| format!("left out: {} without a target", counted(all - rows.len(), "row"))),
        );
    }
    let transformed = preprocessing.transform(&table, &rows, unknown)?;
    for warning in table.warnings.iter().chain(&transformed.warnings).chain(&notes) {
        output.warning(warning);
    }
    Ok(TableRows { table, rows, inputs: transformed.inputs })
}

/// How many different warnings about the rows of a long table are told.
const TOLD: usize = 20;

/// The rows of a table as a model takes them, some thousand at a time: a table of any length takes the same memory.
pub struct RowBlocks<'a> {
    preprocessing: &'a Preprocessing,
    blocks: TableBlocks,
    unknown: Unknown,
    /// What was told already.
    told: Vec<String>,
    left_out: usize,
}

/// Some thousand rows of a table.
pub struct RowBlock {
    /// The network's inputs for those rows that have all they need.
    pub inputs: Matrix,
    /// Which of the rows these are, in rising order.
    pub complete: Vec<u32>,
    /// How many rows there are.
    pub rows: usize,
    /// The table that they are all rows of.
    pub table: Table,
}

impl<'a> RowBlocks<'a> {
    /// Begins to read a table. Fails when it cannot be read.
    pub fn open(
        preprocessing: &'a Preprocessing,
        file: &Path,
        options: &ReadOptions,
        unknown: Unknown,
    ) -> Result<RowBlocks<'a>> {
        let blocks = TableBlocks::open(file, options)?;
        Ok(RowBlocks { preprocessing, blocks, unknown, told: Vec::new(), left_out: 0 })
    }

    /// The next rows, None at the end; says what looks odd, each thing once. Fails when the
    /// table cannot be read further or does not have what the model needs.
    pub fn next(&mut self, output: &Output) -> Result<Option<RowBlock>> {
        let Some(table) = self.blocks.next_block()? else {
            if self.left_out > 0 {
                let rows = counted(self.left_out, "row");
                output.warning(&format!(
                    "no prediction for {rows} with missing values: the model knows complete rows only"
                ));
            }
            return Ok(None);
        };
        let complete = self.preprocessing.complete_rows(&table)?;
        let transformed = self.preprocessing.transform(&table, &complete, self.unknown)?;
        for warning in table.warnings.iter().chain(&transformed.warnings) {
            self.tell(warning, output);
        }
        self.left_out += table.rows() - complete.len();
        Ok(Some(RowBlock { inputs: transformed.inputs, complete, rows: table.rows(), table }))
    }

    fn tell(&mut self, warning: &str, output: &Output) {
        if self.told.len() > TOLD || self.told.iter().any(|told| told == warning) {
            return;
        }
        let is_last = self.told.len() == TOLD;
        output.warning(if is_last { "more warnings about later rows are not shown" } else { warning });
        self.told.push(warning.to_owned());
    }
}
