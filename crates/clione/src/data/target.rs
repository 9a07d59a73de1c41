//! How the target column becomes targets, and how classes are called.

use std::collections::HashMap;

use crate::base::error::Result;
use crate::base::real::Real;
use crate::data::cell::Cell;
use crate::data::dataset::{Matrix, Targets, Values};
use crate::data::findings::{Findings, list, quoted};
use crate::data::infer::{Kind, Task};
use crate::data::named::named;
use crate::data::preprocess::ln_1_plus;
use crate::data::table::Table;

named! {
    /// What is done to numbers that are predicted, before they are standardised.
    TargetTreatment, "treatment of the target" {
        /// Nothing.
        Standardise "standardise",
        /// ln y, for y > 0.
        Log "log",
        /// ln(1 + y), for y ≥ 0.
        Log1p "log1p",
    }
}

impl TargetTreatment {
    /// What the network learns of a target, before it is standardised.
    ///
    /// ```
    /// use clione::data::target::TargetTreatment;
    /// let learned = TargetTreatment::Log.forward(20.0);
    /// assert!((TargetTreatment::Log.back(learned) - 20.0).abs() < 1e-13);
    /// ```
    pub fn forward(self, y: f64) -> f64 {
        match self {
            TargetTreatment::Standardise => y,
            TargetTreatment::Log => Real::ln(y),
            TargetTreatment::Log1p => ln_1_plus(y),
        }
    }

    /// The target in its own units again.
    pub fn back(self, learned: f64) -> f64 {
        match self {
            TargetTreatment::Standardise => learned,
            TargetTreatment::Log => Real::exp(learned),
            TargetTreatment::Log1p => Real::exp(learned) - 1.0,
        }
    }

    /// Whether there is a logarithm of the target, where one is asked for.
    fn can_take(self, y: f64) -> bool {
        match self {
            TargetTreatment::Standardise => true,
            TargetTreatment::Log => y > 0.0,
            TargetTreatment::Log1p => y >= 0.0,
        }
    }
}

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
    /// What is done to numbers before they are standardised.
    pub treatment: TargetTreatment,
    /// The mean of the treated numbers over the training rows; 0 for classes.
    pub mean: f64,
    /// Their standard deviation; 1 for classes and where all are alike.
    pub scale: f64,
}

impl TargetColumn {
    /// What was measured of numbers, in a line: `mean 12.5, standard deviation 3`.
    pub fn rule(&self) -> String {
        let TargetColumn { mean, scale, .. } = self;
        let treated = match self.treatment {
            TargetTreatment::Standardise => "",
            TargetTreatment::Log => " of ln y",
            TargetTreatment::Log1p => " of ln(1 + y)",
        };
        format!("mean {mean}, standard deviation {scale}{treated}")
    }

    /// The treated numbers in some rows of a table; cells that are no numbers are left out.
    pub(super) fn numbers(&self, table: &Table, column: usize, rows: &[u32]) -> Vec<f64> {
        let number = |row: &u32| match table.value(*row as usize, column) {
            Cell::Number(number) => Some(self.treatment.forward(number)),
            Cell::Missing | Cell::Infinite | Cell::TooLarge | Cell::Word => None,
        };
        rows.iter().filter_map(number).collect()
    }

    /// The targets in some rows of a table, from its column at this place.
    pub(super) fn read(&self, table: &Table, column: usize, rows: &[u32]) -> Result<Targets> {
        let places: HashMap<&str, u32> = (0..).zip(&self.classes).map(|(place, name)| (name.as_str(), place)).collect();
        let (mut numbers, mut values, mut problems) = (Vec::new(), Vec::new(), Findings::default());
        let mut missing = 0;
        for row in rows.iter().map(|&row| row as usize) {
            let value = table.value(row, column);
            // Asking for the text of a number reads the file again.
            let text = || table.cell(row, column).trim();
            let place = match (self.task, self.kind, value) {
                (_, _, Cell::Missing) => {
                    missing += 1;
                    None
                }
                (Task::Regression, _, Cell::Number(number)) if self.treatment.can_take(number) => {
                    values.push(number);
                    continue;
                }
                (Task::Regression, _, Cell::Number(_) | Cell::Infinite | Cell::TooLarge | Cell::Word) => None,
                (Task::Classification, Kind::Number, Cell::Number(number)) => {
                    places.get((number + 0.0).to_string().as_str()).copied()
                }
                (Task::Classification, Kind::Number, Cell::Infinite | Cell::TooLarge | Cell::Word) => None,
                (Task::Classification, Kind::Boolean, _) => word_place(&self.classes, text()).map(|place| place as u32),
                (Task::Classification, Kind::Category | Kind::Date, _) => places.get(text()).copied(),
            };
            match place {
                Some(place) => numbers.push(place),
                None => problems.add(|| {
                    let (place, name, text) = (table.place(row, column), &self.name, quoted(text()));
                    let problem = match (value, self.task) {
                        (Cell::Missing, _) => "has no value".to_string(),
                        (Cell::Number(number), Task::Regression) => {
                            format!("{number} has no logarithm, and the model learned logarithms")
                        }
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
            let is_all = missing == problems.count();
            let error = problems.into_error();
            return Err(match is_all {
                true => error.remedy("--drop-missing-target"),
                false => error.note("measured without these rows, the figures would be wrong"),
            });
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
