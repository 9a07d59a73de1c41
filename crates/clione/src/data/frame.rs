//! A table and the columns that were worked out from it, seen as one table.

use std::fmt::Write;

use crate::base::error::Result;
use crate::data::cell::Cell;
use crate::data::table::{Column, Table};

/// The columns of a table, and behind them those that formulas made.
#[derive(Clone, Debug)]
pub(super) struct Frame<'a> {
    table: &'a Table,
    names: Vec<String>,
    derived: Vec<DerivedColumn>,
}

/// Numbers that a formula gave, row by row, and how they are written.
#[derive(Clone, Debug)]
struct DerivedColumn {
    cells: Vec<Cell>,
    text: String,
    ends: Vec<usize>,
}

impl<'a> Frame<'a> {
    /// The table with no further column.
    pub(super) fn new(table: &'a Table) -> Self {
        Frame { table, names: table.names().to_vec(), derived: Vec::new() }
    }

    /// The table beneath.
    pub(super) fn table(&self) -> &'a Table {
        self.table
    }

    /// What messages call the table.
    pub(super) fn source(&self) -> &str {
        self.table.source()
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        self.table.rows()
    }

    /// The names of all columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the column was worked out.
    pub(super) fn is_derived(&self, column: usize) -> bool {
        column >= self.table.columns()
    }

    /// A column of the table; None for one that was worked out.
    pub(super) fn table_column(&self, column: usize) -> Option<&'a Column> {
        (!self.is_derived(column)).then(|| self.table.column(column))
    }

    /// Reads the texts of a column's numbers, so that [`Self::cell`] has them. Fails when the file is not what it was.
    pub(super) fn read_words(&self, column: usize) -> Result<()> {
        if self.is_derived(column) { Ok(()) } else { self.table.words(column).map(|_| ()) }
    }

    /// The text of a cell.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        let Some(derived) = column.checked_sub(self.table.columns()) else { return self.table.cell(row, column) };
        let DerivedColumn { text, ends, .. } = &self.derived[derived];
        let start = if row == 0 { 0 } else { ends[row - 1] };
        &text[start..ends[row]]
    }

    /// What a cell says.
    pub(super) fn value(&self, row: usize, column: usize) -> Cell {
        match column.checked_sub(self.table.columns()) {
            None => self.table.value(row, column),
            Some(derived) => self.derived[derived].cells[row],
        }
    }

    /// Where a cell stands; one that was worked out stands nowhere but in its line.
    pub(super) fn place(&self, row: usize, column: usize) -> String {
        match self.is_derived(column) {
            true => format!("{}:{}", self.source(), self.table.line(row)),
            false => self.table.place(row, column),
        }
    }

    /// The place of a column that was worked out, or of one of the table by its name or place.
    pub(super) fn find(&self, name_or_place: &str) -> Result<usize> {
        let derived = self.names.iter().skip(self.table.columns()).position(|name| name == name_or_place.trim());
        derived.map_or_else(|| self.table.find(name_or_place), |derived| Ok(self.table.columns() + derived))
    }

    /// Puts a column behind the others; None is a missing value.
    pub(super) fn push(&mut self, name: String, values: &[Option<f64>]) {
        let mut column = DerivedColumn { cells: Vec::new(), text: String::new(), ends: Vec::new() };
        for value in values {
            column.cells.push(match *value {
                None => Cell::Missing,
                Some(number) if number.is_finite() => Cell::Number(number),
                Some(_) => Cell::Infinite,
            });
            if let Some(number) = value {
                write!(column.text, "{number}").expect("a text takes any number");
            }
            column.ends.push(column.text.len());
        }
        self.names.push(name);
        self.derived.push(column);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::table::ReadOptions;

    #[test]
    fn a_column_that_was_worked_out_is_read_like_the_others() {
        let table = Table::from_bytes("x.csv", b"a,b\n1,2\n3,4\n5,6\n".to_vec(), &ReadOptions::default()).unwrap();
        let mut frame = Frame::new(&table);
        frame.push("sum".to_string(), &[Some(3.0), None, Some(f64::NAN)]);
        assert_eq!((frame.find("sum").unwrap(), frame.find("-1").unwrap(), frame.find("b").unwrap()), (2, 1, 1));
        assert_eq!([0, 1, 2].map(|row| frame.value(row, 2)), [Cell::Number(3.0), Cell::Missing, Cell::Infinite]);
        assert_eq!([0, 1, 2].map(|row| frame.cell(row, 2)), ["3", "", "NaN"]);
        assert_eq!((frame.cell(1, 0), frame.place(1, 2).as_str()), ("3", "x.csv:3"));
        assert!(frame.find("c").is_err());
    }
}
