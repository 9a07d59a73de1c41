//! What stands in a table before anything is learned from it: every column in numbers, and what looks wrong in it.
//!
//! Nothing here refuses a table: missing values, dates and words among numbers are reported with their places.

mod column;
pub mod doubt;
mod far;
mod numbers;
mod spelling;

pub use column::{ColumnKind, ColumnReport, Frequent};
pub use numbers::NumberSummary;

use crate::base::error::Result;
use crate::data::cell::Cell;
use crate::data::frame::Frame;
use crate::data::infer::{Codes, Task};
use crate::data::schema::Choices;
use crate::data::table::Table;
use crate::data::treatment::Treat;
use column::{Column, Reading};
use doubt::{Suspicion, alike_rows, suspicions};

/// What is known about the columns of a table that is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The column to predict, by name or place; without it nothing is said about how others go with it.
    pub target: Option<String>,
    /// Columns that are left out: they are described, but nothing in them is suspicious.
    pub ignore: Vec<String>,
    /// Number columns in which 0 stands for a missing value.
    pub zero_is_missing: Vec<String>,
    /// Columns of numbers or codes that are read as categories.
    pub categories: Vec<String>,
    /// The only columns that go in; all if empty.
    pub only: Vec<String>,
    /// Columns of dates whose order is known.
    pub dates: Vec<String>,
    /// Columns whose missing values are filled: they are no fault.
    pub filled: Vec<String>,
    /// Rows without a target are left out.
    pub drop_missing_target: bool,
    /// The column that rows are split by, in groups or in time: nothing more is said of how rows depend on each other.
    pub split_by: Option<String>,
}

impl From<&Choices> for Question {
    fn from(choices: &Choices) -> Self {
        Question {
            target: Some(choices.target.clone()),
            ignore: choices.ignore.clone(),
            zero_is_missing: choices.zero_is_missing.clone(),
            categories: choices.categories.clone(),
            only: choices.only.clone(),
            dates: choices
                .treat
                .iter()
                .filter(|(_, treat)| matches!(treat, Treat::Date(_)))
                .map(|(c, _)| c.clone())
                .collect(),
            filled: choices.fill.iter().map(|(column, _)| column.clone()).collect(),
            drop_missing_target: choices.drop_missing_target,
            split_by: choices.group.clone().or_else(|| choices.time.clone()),
        }
    }
}

/// What stands in a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The file.
    pub source: String,
    /// The number of rows.
    pub rows: usize,
    /// How many rows are copies of earlier ones; 0 where so few different rows are possible that some must be alike.
    pub copies: usize,
    /// Whether the first line names the columns.
    pub header: bool,
    /// Every column, in order.
    pub columns: Vec<ColumnReport>,
    /// The place of the column to predict among them, counted from 0.
    pub target: Option<usize>,
    /// What there is to predict, where the target says it.
    pub task: Option<Task>,
    /// What was found while reading.
    pub notes: Vec<String>,
    /// What looks wrong: first what must be settled first.
    pub suspicions: Vec<Suspicion>,
}

impl Inspection {
    /// Looks at every value of a table, column by column.
    ///
    /// Fails only when a column that was named is not there.
    ///
    /// ```
    /// use clione::data::inspect::{ColumnKind, Inspection, Question};
    /// use clione::data::inspect::doubt::Doubt;
    /// use clione::data::table::{ReadOptions, Table};
    /// let text = b"age,income\n31,100\n45,many\n,300\n28,200\n".to_vec();
    /// let table = Table::from_bytes("people.csv", text, &ReadOptions::default())?;
    /// let inspection = Inspection::of(&table, &Question::default())?;
    /// assert_eq!((inspection.columns[0].kind, inspection.columns[0].missing), (ColumnKind::Number, 1));
    /// assert_eq!(inspection.suspicions[0].doubt, Doubt::Words);
    /// assert!(inspection.suspicions[0].evidence[0].contains("people.csv:3:4"));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn of(table: &Table, question: &Question) -> Result<Inspection> {
        let find = |specs: &[String]| specs.iter().map(|spec| table.find(spec)).collect::<Result<Vec<usize>>>();
        let target = question.target.as_deref().map(|target| table.find(target)).transpose()?;
        let (ignored, only, filled) = (find(&question.ignore)?, find(&question.only)?, find(&question.filled)?);
        let (zeros, words) = (find(&question.zero_is_missing)?, find(&question.categories)?);
        let dates = find(&question.dates)?;
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        let frame = Frame::new(table);
        let mut columns = Vec::with_capacity(table.columns());
        let mut doubts = Vec::new();
        let lacks_values = |column: usize| table.column(column).values().any(|value| value == Cell::Missing);
        let has_empty_cells = (0..table.columns()).any(lacks_values);
        let mut task_of = None;
        for place in 0..table.columns() {
            let is_open = !words.contains(&place) && !zeros.contains(&place);
            let codes = if is_open { Codes::find(&frame, place, &rows)? } else { None };
            // A target has as many digits as it has: it is no input.
            let codes = codes.filter(|codes| target != Some(place) || matches!(codes, Codes::Zeros(_)));
            let reading = Reading {
                zero_is_missing: zeros.contains(&place),
                words: words.contains(&place) || codes.is_some(),
                codes,
                is_dated: dates.contains(&place),
                is_ignored: (ignored.contains(&place) || !(only.is_empty() || only.contains(&place)))
                    && target != Some(place),
                is_target: target == Some(place),
                is_filled: filled.contains(&place) || (question.drop_missing_target && target == Some(place)),
            };
            if reading.is_target {
                task_of = column::task(&frame, place, &rows, codes.is_some());
            }
            let column = Column::read(&frame, place, &rows, reading);
            if !reading.is_ignored {
                doubts.extend(column.doubts(has_empty_cells));
            }
            columns.push(column.report());
        }
        let mut inspection = Inspection {
            source: table.source().to_owned(),
            rows: table.rows(),
            copies: 0,
            header: table.has_header(),
            columns,
            target,
            task: task_of,
            notes: table.notes.clone(),
            suspicions: Vec::new(),
        };
        let (alike, copies) = alike_rows(table, &inspection, &doubts);
        doubts.extend(alike);
        inspection.copies = copies;
        inspection.suspicions = suspicions(table, question, &inspection, doubts);
        Ok(inspection)
    }

    /// The suspicion of this kind, if there is one.
    pub fn suspicion(&self, doubt: doubt::Doubt) -> Option<&Suspicion> {
        self.suspicions.iter().find(|suspicion| suspicion.doubt == doubt)
    }
}

#[cfg(test)]
mod tests;
