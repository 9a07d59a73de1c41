//! What came of a run, as text and as JSON.

use super::data::Data;
use super::folds::{folds_json, folds_text};
use crate::commands::diagnosis::findings_json;
use crate::commands::evaluate::{assessment_json, evaluation_json, evaluation_text, figure};
use crate::output::{Output, Style};
use clione::data::findings::counted;
use clione::prelude::*;
use clione::report::page::MeasuredOn;
use clione::report::text::wrapped;
use clione::see::doctor::Finding;
use clione::train::assessment::Assessment;
use clione::train::cross_validate::CrossValidated;
use clione::train::history::Stopped;
use clione::train::paired::Standing;
use clione::train::recipe::Run;
use serde_json::{Map, Value, json};
use std::path::Path;

/// A run that has ended, and what was measured.
pub struct Outcome<'a> {
    /// What was chosen.
    pub recipe: &'a Recipe,
    /// What it worked with.
    pub data: &'a Data,
    /// The model and how it came to be.
    pub run: &'a Run,
    /// What it reached on the rows that are measured on.
    pub assessment: Assessment,
    /// What models of the recipe reached, where that was asked for.
    pub validated: Option<CrossValidated>,
    /// What the doctor says of it.
    pub findings: Vec<Finding>,
    /// How long the training took; of a run that was taken up again, the rest of it.
    pub seconds: f64,
    /// After how many epochs the run was taken up again.
    pub resumed_after: Option<usize>,
}

impl Outcome<'_> {
    /// What stands before everything else: that a linear model is better on rows held out, where it is.
    pub fn first_line(&self) -> Option<String> {
        if let Some(validated) = &self.validated {
            return self.first_line_of_folds(validated);
        }
        let evaluation = &self.assessment.evaluation;
        let is_worse = evaluation.against_linear.is_some_and(|paired| paired.standing() == Standing::Worse);
        let metric = evaluation.compared_by();
        let measured = evaluation.measured(metric).filter(|_| is_worse)?;
        let (name, linear, value) = (metric.name(), figure(measured.linear?), figure(measured.value));
        Some(format!("a linear model is better on these rows: {name} {linear} against {value}"))
            .filter(|_| self.data.measured_on() != MeasuredOn::Training)
    }

    /// The same of a cross-validation, whose rows have chosen nothing.
    fn first_line_of_folds(&self, validated: &CrossValidated) -> Option<String> {
        validated.against_linear().filter(|&standing| standing == Standing::Worse)?;
        let metric = self.assessment.evaluation.compared_by();
        let summary = validated.summary(metric)?;
        let (name, linear, value) = (metric.name(), figure(summary.linear?), figure(summary.mean));
        Some(format!("a linear model is better over the folds: {name} {linear} against {value}"))
    }

    /// The line that says how long it took, then the figures as tables.
    pub fn text(&self, output: &Output) -> String {
        let folds = self.validated.as_ref().map_or(String::new(), |validated| folds_text(validated) + "\n");
        let history = &self.run.history;
        let epochs = counted(history.epochs.len(), "epoch");
        let best = history.best_epoch.map_or(String::new(), |epoch| format!(", best after {epoch}"));
        let rest = match self.resumed_after {
            Some(epoch) => format!(" since it went on after {}", counted(epoch, "epoch")),
            None => String::new(),
        };
        let why = history.stopped.map_or(String::new(), |stopped| format!("stopped there: {}\n", stopped.reason()));
        let evaluation = &self.assessment.evaluation;
        let (rows, seed) = (counted(evaluation.rows, "row"), self.recipe.fit.seed);
        let what = self.data.measured_on().words();
        let first = self.first_line().map_or(String::new(), |line| output.paint(Style::Bold, &line) + "\n");
        let selection = self.data.selection(&self.recipe.fit);
        let selection = selection.map_or(String::new(), |line| wrapped(&line, output.width()));
        let seconds = self.seconds;
        let trained =
            format!("trained {epochs} in {seconds:.2} s{rest}{best} (seed {seed}); measured on {rows} {what}");
        let trained = wrapped(&trained, output.width());
        format!(
            "{first}{folds}{trained}{why}{selection}{}",
            evaluation_text(evaluation, self.run.saved.source.classes(), output)
        )
    }

    /// Everything, as the fields of an object.
    pub fn json(&self, model: Option<&Path>) -> Map<String, Value> {
        let Run { saved, history, evaluation, .. } = self.run;
        let epochs: Vec<Value> = history
            .epochs
            .iter()
            .map(|epoch| {
                json!({
                    "epoch": epoch.number,
                    "loss": epoch.loss,
                    "validation_loss": epoch.validation_loss,
                    "validation_metric": epoch.validation_metric,
                    "learning_rate": epoch.learning_rate,
                })
            })
            .collect();
        let mut object = assessment_json(&self.assessment, saved.source.classes(), &self.data.places);
        let mut add = |name: &str, value: Value| object.insert(name.to_owned(), value);
        if self.data.test.is_some() {
            let mut validation = evaluation_json(evaluation);
            validation.insert("selection".to_owned(), self.recipe.fit.decided_by_validation().into());
            add("validation", validation.into());
        }
        if let Some(validated) = &self.validated {
            add("cross_validation", folds_json(validated));
        }
        let measured_on = match self.data.measured_on() {
            MeasuredOn::Test => "test",
            MeasuredOn::HeldBack => "validation",
            MeasuredOn::Training => "training",
            MeasuredOn::Given => "file",
        };
        add("measured_on", measured_on.into());
        add("selection", self.data.selection(&self.recipe.fit).into());
        add("training_rows", saved.facts.training_rows.into());
        add("inputs", saved.source.example().elements().into());
        add("epochs", epochs.into());
        add("best_epoch", history.best_epoch.into());
        add("findings", findings_json(&self.findings));
        add("seed", self.recipe.fit.seed.into());
        add("seconds", self.seconds.into());
        add("resumed_after", self.resumed_after.into());
        add("stopped", history.stopped.map(Stopped::reason).into());
        add("model", model.map(|path| path.display().to_string()).into());
        object
    }
}
