//! One row's journey as a page that one can click through: the network with its numbers, and each derivative worked out.
//!
//! The page is one text that asks nobody for anything. Everything that it can show stands in it already, as links and the
//! cards that they lead to; a script of its own only shows a card while its link is pointed at, and keeps one.

mod card;
mod choice;
mod frame;
mod gradients;
mod inputs;
mod layers;
mod picture;
#[cfg(test)]
mod tests;
mod unit;

pub use choice::{Derivations, derivations};

use crate::report::markup::Markup;
use crate::see::explain::expression::Part;
use crate::see::explain::row::Row;
use crate::see::explain::symbols::Symbols;
use crate::see::explain::update::Update;
use crate::see::explain::walk::Walk;
use crate::train::apply::Prediction;
use crate::train::file::SavedModel;
use std::collections::BTreeSet;

/// Everything that is told on a page.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    /// The model.
    pub model: &'a SavedModel,
    /// The name of its file.
    pub model_file: &'a str,
    /// Where the row stands: `row 3 of iris.csv (line 4)`.
    pub place: &'a str,
    /// The columns that the inputs are made of; empty for pixels.
    pub columns: &'a [InputColumn],
    /// What the inputs are called; empty for pixels.
    pub names: &'a [String],
    /// The shape of one example: one axis for a table.
    pub shape: &'a [usize],
    /// What should come out, in the words of the file, or why that is not known.
    pub target: Result<&'a str, &'a str>,
    /// What the command predicts, in the precision of the model.
    pub prediction: &'a Prediction,
    /// How this row counts among others in training.
    pub note: &'a str,
    /// The row in the network.
    pub row: &'a Row,
    /// What its numbers are called.
    pub symbols: &'a Symbols,
    /// Its journey.
    pub walk: &'a Walk,
    /// The derivatives that are worked out.
    pub derivations: &'a Derivations,
    /// The optimizer's first step with the derivative that was asked for.
    pub update: Option<&'a Update>,
    /// The version of the program.
    pub version: &'a str,
}

/// A column of the file as it stands in the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputColumn {
    /// Its name.
    pub name: String,
    /// What stands there; none where it is worked out from other columns.
    pub text: Option<String>,
    /// What is done to it, in words.
    pub treatment: String,
    /// How many inputs it makes.
    pub width: usize,
}

impl Explanation<'_> {
    /// The page.
    pub fn html(&self) -> String {
        frame::html(self)
    }

    /// The numbers that go in.
    fn numbers(&self) -> &[f64] {
        &self.row.values[self.row.inputs[0].0]
    }

    /// The values that the number that was asked for stands between: they are shown however small their gradients are.
    fn asked_for(&self) -> BTreeSet<&str> {
        let Some(asked) = self.derivations.worked_out.first().filter(|_| self.derivations.is_asked) else {
            return BTreeSet::new();
        };
        let single = asked.levels.iter().filter(|level| level.reached == 1).flat_map(|level| &level.units);
        let factors = asked.sums.last().into_iter().flat_map(|sum| &sum.terms).map(|term| &term.factor.formula);
        let values = factors.flat_map(|formula| &formula.parts).filter_map(|part| match part {
            Part::Value { name, .. } => Some(name.as_str()),
            Part::Words(_) => None,
        });
        values.chain(single.map(|unit| unit.name.as_str())).chain([asked.name.as_str()]).collect()
    }

    /// The name of the column behind `x[2]`.
    fn feature(&self, name: &str) -> Option<&str> {
        let x = self.symbols.symbol(self.row.inputs[0])?;
        (0..self.names.len()).find(|&index| x.element(index) == name).map(|index| self.names[index].as_str())
    }
}

/// The places of the page that links may lead to.
#[derive(Clone, Debug, Default)]
struct Cards {
    names: BTreeSet<String>,
}

impl Cards {
    /// Words that lead to the card of this name, where there is one.
    fn link(&self, markup: &mut Markup, name: &str, words: &str) {
        match self.names.contains(name) {
            true => markup.element("a", &[("href", &format!("#{name}"))], words),
            false => markup.words(words),
        };
    }
}

/// The places of the largest of some numbers, in the order in which the numbers stand.
fn largest(numbers: &[f64], most: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[b].abs().total_cmp(&numbers[a].abs()));
    order.truncate(most);
    order.sort_unstable();
    order
}

/// The class of a number's colour: by its sign, and none for 0.
fn colour(number: f64) -> &'static str {
    match number {
        _ if number > 0.0 => "p",
        _ if number < 0.0 => "m",
        _ => "",
    }
}

/// How strong a colour is: a number as a share of the largest, as its root so that small ones can still be seen.
fn strength(number: f64, largest: f64) -> f64 {
    let share = (number.abs() / largest).sqrt();
    if share.is_finite() { share.min(1.0) } else { 0.0 }
}
