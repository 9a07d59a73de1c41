//! How the target column becomes targets, and how classes are called.

use std::collections::HashMap;

use crate::base::error::Result;
use crate::data::cell::Cell;
use crate::data::dataset::{Matrix, Targets, Values};
use crate::data::findings::{Findings, list, quoted};
use crate::data::infer::{Kind, Task};
use crate::data::table::Table;

/// How the target column becomes targets, and how predictions become words again.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetColumn {
    /// The name of the column.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// What is predicted: a class or a number.
    pub task: Task,
    /// What the classes are called, in the order of the outputs; empty for a regression.
    pub classes: Vec<String>,
    /// The mean over the training rows; 0 for classes.
    pub mean: f64,
    /// The standard deviation over the training rows; 1 for classes and where all are alike.
    pub scale: f64,
}

impl TargetColumn {
    /// The targets in some rows of a table, from its column at this place.
    pub(super) fn read(&self, table: &Table, column: usize, rows: &[u32]) -> Result<Targets> {
        let places: HashMap<&str, u32> = (0..).zip(&self.classes).map(|(place, name)| (name.as_str(), place)).collect();
        let (mut numbers, mut values, mut problems) = (Vec::new(), Vec::new(), Findings::default());
        for row in rows.iter().map(|&row| row as usize) {
            let value = table.value(row, column);
            let text = table.cell(row, column).trim();
            let place = match (self.task, self.kind, value) {
                (_, _, Cell::Missing) => None,
                (Task::Regression, _, Cell::Number(number)) => {
                    values.push(number);
                    continue;
                }
                (Task::Regression, _, Cell::Infinite | Cell::TooLarge | Cell::Word) => None,
                (Task::Classification, Kind::Number, Cell::Number(number)) => {
                    places.get((number + 0.0).to_string().as_str()).copied()
                }
                (Task::Classification, Kind::Number, Cell::Infinite | Cell::TooLarge | Cell::Word) => None,
                (Task::Classification, Kind::Boolean, _) => word_place(&self.classes, text).map(|place| place as u32),
                (Task::Classification, Kind::Category, _) => places.get(text).copied(),
            };
            match place {
                Some(place) => numbers.push(place),
                None => problems.add(|| {
                    let (place, name, text) = (table.place(row, column), &self.name, quoted(text));
                    let problem = match (value, self.task) {
                        (Cell::Missing, _) => "has no value".to_string(),
                        (_, Task::Regression) => format!("cannot read {text} as a finite number"),
                        (_, Task::Classification) => {
                            let known = list(self.classes.iter().map(String::as_str));
                            format!("no class {text} in training; known: {known}")
                        }
                    };
                    format!("{place}: target \"{name}\": {problem}")
                }),
            }
        }
        if problems.count() > 0 {
            return Err(problems.into_error().note("measured without these rows, the figures would be wrong"));
        }
        Ok(match self.task {
            Task::Classification => Targets::Classes { numbers, names: self.classes.clone() },
            Task::Regression => Targets::Values(Matrix::new(values.len(), 1, Values::F64(values))),
        })
    }
}

/// The place of a word among others, in any case.
pub(super) fn word_place(words: &[String], text: &str) -> Option<usize> {
    let text = text.to_lowercase();
    words.iter().position(|word| word.to_lowercase() == text)
}
