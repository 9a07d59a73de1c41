//! The doctor: says what keeps a network from learning, first what went wrong first, each with numbers and a remedy.
//!
//! Plain data goes in: what was found in the table, the rows, the settings, the losses, the trained numbers. Each condition
//! of the table has a small function that looks at one thing.

mod condition;
mod course;
mod inside;
mod rows;
mod settings;
mod start;
mod table;

pub use condition::Condition;
pub use settings::Settings;

use crate::data::dataset::Dataset;
use crate::data::inspect::Inspection;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::Network;
use crate::train::evaluate::Units;
use crate::train::file::Weights;
use crate::train::history::History;
use crate::train::paired::Paired;
use inside::Inside;
use std::collections::HashSet;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It makes the result worse.
    Warning,
    /// Nothing can be learned, or nothing that is measured means anything.
    Fault,
}

impl Severity {
    /// The name that reports and JSON use.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Fault => "fault",
        }
    }
}

/// Something that is wrong, how that is seen, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub condition: Condition,
    /// How bad it is.
    pub severity: Severity,
    /// What was seen, with numbers.
    pub evidence: Vec<String>,
    /// What to do, most promising first: flags of `clione train`, or a sentence.
    pub advice: Vec<String>,
}

impl Finding {
    fn new(condition: Condition, severity: Severity, evidence: impl Into<String>, advice: Vec<String>) -> Self {
        Finding { condition, severity, evidence: vec![evidence.into()], advice }
    }

    /// What it says to a person, without numbers.
    pub fn headline(&self) -> &'static str {
        self.condition.headline()
    }
}

/// What there is before training.
#[derive(Clone, Copy, Debug)]
pub struct Examination<'a> {
    /// What was found in the table, where the rows are from one.
    pub inspection: Option<&'a Inspection>,
    /// What was chosen.
    pub settings: &'a Settings,
    /// The rows to learn from, prepared, with targets in their own units. None for a table that cannot be prepared.
    pub rows: Option<Rows<'a>>,
}

/// Rows that are ready for a network.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// What each input is called; may be empty.
    pub names: &'a [String],
    /// The rows to learn from.
    pub training: &'a Dataset,
    /// The rows held back.
    pub validation: Option<&'a Dataset>,
    /// How the network's numbers become targets.
    pub units: Units,
    /// The network that is to learn.
    pub network: &'a Network,
}

/// How a training run went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course<'a> {
    /// The training loss of each epoch.
    pub losses: &'a [f64],
    /// The loss on the rows held back after each epoch; empty without such rows.
    pub validation_losses: &'a [f64],
    /// The learning rate at the end of each epoch.
    pub learning_rates: &'a [f64],
    /// The epoch, from 1, whose parameters the model has, where it is the one with the lowest validation loss.
    pub best_epoch: Option<usize>,
    /// The place at which training left the finite numbers.
    pub diverged: Option<&'a str>,
    /// What the network has learned.
    pub weights: Option<&'a Weights>,
    /// The losses on the rows held back beside those of a linear model, where one was fitted.
    pub against_linear: Option<Paired>,
}

/// The losses and learning rates of a history as slices that a [`Course`] can borrow.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    /// The training loss of each epoch.
    pub training: Vec<f64>,
    /// The loss on the rows held back after each epoch.
    pub validation: Vec<f64>,
    /// The learning rate at the end of each epoch.
    pub learning_rates: Vec<f64>,
    /// The epoch with the lowest validation loss, where it was kept.
    pub best_epoch: Option<usize>,
}

impl From<&History> for Losses {
    fn from(history: &History) -> Self {
        Losses {
            training: history.epochs.iter().map(|epoch| epoch.loss).collect(),
            validation: history.epochs.iter().filter_map(|epoch| epoch.validation_loss).collect(),
            learning_rates: history.epochs.iter().map(|epoch| epoch.learning_rate).collect(),
            best_epoch: history.best_epoch,
        }
    }
}

impl Losses {
    /// A course with these losses and nothing else.
    pub fn course(&self) -> Course<'_> {
        Course {
            losses: &self.training,
            validation_losses: &self.validation,
            learning_rates: &self.learning_rates,
            best_epoch: self.best_epoch,
            ..Course::default()
        }
    }
}

/// What is wrong before training: with the table, the rows, the settings, and the network before its first step.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::doctor::{Condition, Examination, Rows, Settings, examine_data};
/// use clione::train::evaluate::Units;
/// let inputs: Vec<[f64; 1]> = (0..40).map(|row| [1000.0 * f64::from(row)]).collect();
/// let targets: Vec<[f64; 1]> = (0..40).map(|row| [f64::from(row % 7)]).collect();
/// let data = Dataset::from_rows(&inputs, &targets);
/// let network = Network::new([1]).add(Dense::new(8).activation(Activation::Tanh)).add(Dense::new(1));
/// let rows = Rows { names: &[], training: &data, validation: None, units: Units::PLAIN, network: &network };
/// let settings = Settings::default();
/// let findings = examine_data(&Examination { inspection: None, settings: &settings, rows: Some(rows) });
/// assert_eq!(findings[0].condition, Condition::UnscaledInputs);
/// assert_eq!(findings[0].advice[0], "--scaling standardise");
/// ```
pub fn examine_data(examination: &Examination<'_>) -> Vec<Finding> {
    ordered(before(examination, begin(examination).as_ref()))
}

/// What was wrong with a training run, the findings before training included.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::doctor::{Condition, Course, Examination, Settings, examine_run};
/// let settings = Settings::default();
/// let examination = Examination { inspection: None, settings: &settings, rows: None };
/// let course = Course { losses: &[0.7, 9.0], diverged: Some("parameter `hidden1.weights`"), ..Course::default() };
/// assert_eq!(examine_run(&examination, &course)[0].condition, Condition::Diverged);
/// ```
pub fn examine_run(examination: &Examination<'_>, course: &Course<'_>) -> Vec<Finding> {
    let start = begin(examination);
    let mut findings = before(examination, start.as_ref());
    let is_unsettled = |finding: &Finding| finding.severity == Severity::Fault && finding.condition.is_of_start();
    let is_start_broken = findings.iter().any(is_unsettled);
    let trained = examination.rows.as_ref().zip(course.weights.map(Weights::in_64_bits));
    let end = trained.as_ref().and_then(|(rows, model)| measure(rows, examination.settings, model));
    let movement = trained.as_ref().zip(end.as_ref()).and_then(|((_, model), _)| {
        let start = fresh(examination)?;
        Some(inside::movement(&start, model))
    });
    let judged = course::Judged::new(examination, course, movement, end.as_ref());
    findings.extend(course::findings(&judged));
    if let (Some(start), Some(end), false) = (&start, &end, is_start_broken) {
        findings.extend(inside::findings(&judged, start, end));
    }
    if let Some((rows, model)) = &trained {
        findings.extend(inside::stuck_rows(rows, model, course.losses));
    }
    findings.extend(course::outcome(&judged));
    ordered(findings)
}

/// The finding that must be settled first: the first warning or fault.
pub fn first_finding(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|finding| finding.severity >= Severity::Warning)
}

impl Condition {
    /// Whether it is about the network before its first step.
    fn is_of_start(self) -> bool {
        matches!(self, Condition::SymmetricStart | Condition::BlownUpStart | Condition::SaturatedStart)
    }
}

fn before(examination: &Examination<'_>, start: Option<&Inside>) -> Vec<Finding> {
    let settings = examination.settings;
    let mut findings = Vec::new();
    if let Some(inspection) = examination.inspection {
        findings.extend(table::findings(inspection, settings));
    }
    if let Some(rows) = &examination.rows {
        findings.extend(rows::findings(rows));
        findings.extend(settings::findings(settings, rows));
    }
    if let Some(start) = start {
        findings.extend(start::findings(settings, start));
    }
    findings
}

/// The network before its first step.
fn begin(examination: &Examination<'_>) -> Option<Inside> {
    measure(examination.rows.as_ref()?, examination.settings, &fresh(examination)?)
}

/// The model that training begins with.
fn fresh(examination: &Examination<'_>) -> Option<Model<f64>> {
    let network = examination.rows.as_ref()?.network.clone();
    Model::new(network, examination.settings.seed).ok()
}

fn measure(rows: &Rows<'_>, settings: &Settings, model: &Model<f64>) -> Option<Inside> {
    let loss = loss_of(settings, rows.network)?;
    Inside::measure(model, loss, rows.training, rows.units)
}

fn loss_of(settings: &Settings, network: &Network) -> Option<Loss> {
    settings.loss.or_else(|| Loss::usual_for(network).ok())
}

/// Causes before effects, and what is only worth knowing last. What a cause gives one value does not get another one for an effect.
fn ordered(mut findings: Vec<Finding>) -> Vec<Finding> {
    let order = Condition::all();
    let place = |finding: &Finding| order.iter().position(|&known| known == finding.condition);
    findings.sort_by_key(|finding| (finding.severity == Severity::Note, place(finding)));
    findings.dedup_by_key(|finding| finding.condition);
    let mut advised: HashSet<String> = HashSet::new();
    // Of a table, one flag may well be advised for several columns.
    for finding in findings.iter_mut().filter(|finding| !matches!(finding.condition, Condition::Table(_))) {
        let is_advised = |advice: &String| flag_of(advice).is_some_and(|flag| advised.contains(flag));
        finding.advice.retain(|advice| !is_advised(advice));
        if finding.advice.is_empty() {
            finding.advice.push("what is advised above, and then look again".to_owned());
        }
        advised.extend(finding.advice.iter().filter_map(|advice| flag_of(advice)).map(str::to_owned));
    }
    findings
}

/// The flag that an advice changes, where it is one.
fn flag_of(advice: &str) -> Option<&str> {
    advice.split([' ', '=']).next().filter(|word| word.starts_with("--"))
}

#[cfg(test)]
mod tests;
