//! The formulas that work a model's inputs out, each behind those that it needs.

use crate::base::error::Result;
use crate::data::formula::Formula;
use crate::data::preprocess::Preprocessing;

/// A column that is worked out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DerivedColumn {
    pub name: String,
    /// The text that a person gave.
    pub text: String,
    pub formula: Formula,
}

/// Those of the columns that an input needs, itself or by way of others.
pub(super) fn needed(preprocessing: &Preprocessing) -> Result<Vec<DerivedColumn>> {
    let read = |text: &String| {
        let (name, formula) = Formula::read_named(text)?;
        Ok(DerivedColumn { name, text: text.clone(), formula })
    };
    let all: Vec<DerivedColumn> = preprocessing.derive.iter().map(read).collect::<Result<_>>()?;
    let mut needed: Vec<&str> = preprocessing.inputs.iter().map(|input| input.name.as_str()).collect();
    for column in all.iter().rev() {
        if needed.contains(&column.name.as_str()) {
            needed.extend(column.formula.mentions().iter().map(|mention| mention.name.as_str()));
        }
    }
    Ok(all.iter().filter(|column| needed.contains(&column.name.as_str())).cloned().collect())
}
