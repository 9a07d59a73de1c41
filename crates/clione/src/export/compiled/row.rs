//! The fields of a row as a source file takes it: the columns of the table that the model needs.

use super::formula::{self, Derived};
use super::names::Names;
use crate::base::error::{Error, Result};
use crate::data::infer::Kind;
use crate::data::preprocess::Preprocessing;
use crate::export::derived::{self, DerivedColumn};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// A number; NaN where it is missing.
    Number,
    /// A word; nothing where it is missing.
    Word,
    /// Seconds since 1970 began; NaN where the date is missing.
    Moment,
}

impl Holds {
    /// What a column of a kind is given as.
    fn of(kind: Kind) -> Holds {
        match kind {
            Kind::Number => Holds::Number,
            Kind::Boolean | Kind::Category => Holds::Word,
            Kind::Date => Holds::Moment,
        }
    }
}

/// A column as a field of a row, or as a variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// The name of the column.
    pub column: String,
    /// The name of the field.
    pub name: String,
    pub holds: Holds,
    /// Words that formulas compare it with.
    pub words: Vec<String>,
}

/// The columns that a model reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Columns {
    /// Those of the table, in the order of the model's inputs.
    pub fields: Vec<Field>,
    /// Those that are worked out from them, each after those that it needs.
    pub derived: Vec<Derived>,
}

impl Columns {
    /// The columns that the inputs are made of.
    ///
    /// Fails when a column of the table is read as two different things.
    pub(super) fn of(preprocessing: &Preprocessing, names: &mut Names) -> Result<Columns> {
        let mut columns = Columns::default();
        for input in preprocessing.inputs.iter().filter(|input| preprocessing.columns.contains(&input.name)) {
            columns.add_field(&input.name, Holds::of(input.kind), Vec::new(), names)?;
        }
        for DerivedColumn { name, text, formula } in derived::needed(preprocessing)? {
            for (place, mention) in formula.mentions().iter().enumerate() {
                let (holds, words) = (formula::holds(&formula, place), formula::words_of(formula.root(), place));
                if holds == Holds::Word && formula::is_number_of(formula.root(), place) {
                    return Err(two_things(&mention.name));
                }
                match columns.derived.iter().any(|derived| derived.field.column == mention.name) {
                    true if holds != Holds::Number => return Err(two_things(&mention.name)),
                    true => {}
                    false => columns.add_field(&mention.name, holds, words, names)?,
                }
            }
            let field = Field { name: names.give(&name), column: name, holds: Holds::Number, words: Vec::new() };
            columns.derived.push(Derived { field, text, formula });
        }
        Ok(columns)
    }

    fn add_field(&mut self, column: &str, holds: Holds, words: Vec<String>, names: &mut Names) -> Result<()> {
        match self.fields.iter_mut().find(|field| field.column == column) {
            Some(field) if field.holds == holds => field.words.extend(words),
            Some(_) => return Err(two_things(column)),
            None => self.fields.push(Field { column: column.to_owned(), name: names.give(column), holds, words }),
        }
        Ok(())
    }

    /// The field or variable that holds a column.
    pub(super) fn find(&self, column: &str) -> &Field {
        let derived = self.derived.iter().map(|derived| &derived.field);
        let mut all = self.fields.iter().chain(derived);
        all.find(|field| field.column == column).expect("every column that is read was added")
    }

    /// Whether a formula reads a column, but not where it is missing.
    pub(super) fn must_be_there(&self, column: &str) -> bool {
        self.derived.iter().any(|derived| !derived.may_be_missing() && self.reads(derived, column))
    }

    /// Whether a formula reads a column, itself or by way of others.
    fn reads(&self, derived: &Derived, column: &str) -> bool {
        derived.formula.mentions().iter().any(|mention| {
            mention.name == column || self.derived(&mention.name).is_some_and(|inner| self.reads(inner, column))
        })
    }

    /// How a column is worked out, if it is.
    pub(super) fn derived(&self, column: &str) -> Option<&Derived> {
        self.derived.iter().find(|derived| derived.field.column == column)
    }
}

fn two_things(column: &str) -> Error {
    Error::usage(format!(
        "column \"{column}\" is read in two ways, as a number, a word or a date, but a field holds one"
    ))
    .remedy(format!("train again with --ignore '{column}', or without the formula that reads it"))
}
