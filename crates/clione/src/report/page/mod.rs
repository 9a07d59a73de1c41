//! One page about one model: what it predicts, how well, where it errs, how it learned and how to repeat it, as HTML.
//!
//! The page is one text that asks nobody for anything: styles and pictures stand in it, scripts there are none. Every number
//! on it is an element of its own that carries the key it has in JSON and its value in full.

mod calibration;
mod classes;
mod data;
pub(in crate::report) mod figure;
pub(in crate::report) mod frame;
mod headline;
mod importance;
mod mistakes;
mod network;
mod numbers;
mod quality;
mod repeat;
pub(in crate::report) mod sheet;
mod training;

use crate::data::inspect::Inspection;
use crate::data::table::Table;
use crate::see::doctor::Finding;
use crate::train::assessment::Assessment;
use crate::train::cross_validate::CrossValidated;
use crate::train::file::{SavedModel, Source};
use crate::train::history::History;

/// Everything that is told on a page. What there is not is left out of the page.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The model.
    pub saved: &'a SavedModel,
    /// What tells its file from all others.
    pub checksum: Option<&'a str>,
    /// The seed that every random number of its training follows from.
    pub seed: Option<u64>,
    /// The file that the measured rows are from.
    pub source: &'a str,
    /// What these rows were to the model.
    pub measured_on: MeasuredOn,
    /// Why figures on these rows are a little too good, where they are: what was decided by them.
    pub selection: Option<&'a str>,
    /// How good it is on them.
    pub assessment: &'a Assessment,
    /// Why there is no linear model beside it.
    pub without_linear: Option<&'a str>,
    /// Where the measured rows are found.
    pub rows: MeasuredRows<'a>,
    /// How it learned.
    pub history: Option<&'a History>,
    /// What stands in the table.
    pub inspection: Option<&'a Inspection>,
    /// What was noted while reading.
    pub notes: &'a [String],
    /// What looked odd.
    pub warnings: &'a [String],
    /// What the doctor found.
    pub findings: &'a [Finding],
    /// What other rows held back said.
    pub folds: Option<&'a CrossValidated>,
    /// Commands that do it again, one for each line.
    pub repeat: &'a [String],
    /// The version of the program.
    pub version: &'a str,
}

/// What the measured rows were to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasuredOn {
    /// They were held back while it learned, and it was watched by them.
    HeldBack,
    /// They were held back until the end.
    Test,
    /// They are those that it learned from, since none were held back.
    Training,
    /// They are those of a file that was given.
    Given,
}

impl MeasuredOn {
    /// What kind of rows: `held back`.
    pub fn words(self) -> &'static str {
        match self {
            MeasuredOn::HeldBack => "held back",
            MeasuredOn::Test => "held back until the end",
            MeasuredOn::Training => "that it learned from",
            MeasuredOn::Given => "of the file",
        }
    }
}

/// Where the rows are found, in the order in which they were measured.
#[derive(Clone, Copy, Debug)]
pub struct MeasuredRows<'a> {
    /// What the numbers count: lines of a file, or images.
    pub what: &'a str,
    /// For each row its number, from 1.
    pub numbers: &'a [usize],
    /// The table with these lines.
    pub table: Option<&'a Table>,
}

impl<'a> Page<'a> {
    /// A page with the figures of a model and nothing else; `version` is that of the program.
    pub fn new(saved: &'a SavedModel, assessment: &'a Assessment, version: &'a str) -> Self {
        Page {
            saved,
            checksum: None,
            seed: None,
            source: "",
            measured_on: MeasuredOn::Given,
            selection: None,
            assessment,
            without_linear: None,
            rows: MeasuredRows { what: "row", numbers: &[], table: None },
            history: None,
            inspection: None,
            notes: &[],
            warnings: &[],
            findings: &[],
            folds: None,
            repeat: &[],
            version,
        }
    }

    /// The whole page, of less than 1 MB: long tables and texts are cut, and say so.
    ///
    /// ```
    /// use clione::prelude::*;
    /// use clione::report::page::Page;
    /// use clione::train::assessment::{Look, assess};
    /// let text: String = (0..40).map(|i| format!("{i},{}\n", if i * 7 % 20 < 8 { "low" } else { "high" })).collect();
    /// let table = Table::from_bytes("x.csv", text.into_bytes(), &ReadOptions::default())?;
    /// let recipe = Recipe { fit: Fit { epochs: 2, ..Fit::default() }, ..Recipe::default() };
    /// let prepared = prepare(&table, &recipe.choices, 0.2, &Rng::new(0))?;
    /// let source = Source::Table(prepared.preprocessing);
    /// let run = recipe.train(source, &prepared.training, Some(&prepared.validation), &mut |_| Next::Continue)?;
    /// let assessment = assess(&run.saved, &prepared.validation, &Look::default(), &recipe.fit.cpu())?;
    /// let page = Page { source: "x.csv", history: Some(&run.history), ..Page::new(&run.saved, &assessment, "0.1.0") };
    /// assert!(page.html().contains("<h1>Predicting <b>c2</b> from x.csv</h1>"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn html(&self) -> String {
        frame::html(self)
    }

    /// What is predicted.
    fn target(&self) -> &str {
        match &self.saved.source {
            Source::Table(preprocessing) => &preprocessing.target.name,
            Source::Images { .. } => "label",
        }
    }

    /// The name of the file, without its folders.
    fn file(&self) -> &str {
        self.source.rsplit(['/', '\\']).next().unwrap_or(self.source)
    }

    /// What the classes are called; none for numbers.
    fn classes(&self) -> &[String] {
        self.saved.source.classes()
    }
}

#[cfg(test)]
mod tests;
