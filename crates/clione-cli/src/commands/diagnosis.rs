//! What the doctor says of a run, as text and as JSON; `clione doctor` shows all of it, `clione train` the first finding.

use super::inspect::indented;
use crate::output::{Output, Style};
use clione::base::error::{Error, Result};
use clione::data::inspect::Inspection;
use clione::prelude::*;
use clione::see::doctor::{Course, Examination, Finding, Losses, Rows, Settings, Severity, examine_data, examine_run};
use clione::train::history::Epoch;
use clione::train::recipe::Run;
use serde_json::{Value, json};

/// Rows and settings as they go into a training run.
pub struct Patient<'a> {
    /// What was chosen.
    pub recipe: &'a Recipe,
    /// How the rows were made.
    pub source: &'a Source,
    /// The rows to learn from.
    pub training: &'a Dataset,
    /// The rows held back, where there are some.
    pub validation: Option<&'a Dataset>,
    /// What was found in the table, where there is one.
    pub inspection: Option<&'a Inspection>,
}

impl Patient<'_> {
    /// What is wrong before training.
    pub fn before(&self) -> Result<Vec<Finding>> {
        self.examined(examine_data)
    }

    /// What was wrong with a run that ended.
    pub fn after(&self, run: &Run) -> Result<Vec<Finding>> {
        let losses = Losses::from(&run.history);
        let against_linear = run.evaluation.against_linear.filter(|_| self.validation.is_some());
        let course = Course { weights: Some(&run.saved.weights), against_linear, ..losses.course() };
        self.examined(|examination| examine_run(examination, &course))
    }

    /// What was wrong with a run that left the finite numbers, told by the epochs before.
    pub fn after_divergence(&self, error: &Error, epochs: &[Epoch]) -> Result<Vec<Finding>> {
        let losses: Vec<f64> = epochs.iter().map(|epoch| epoch.loss).collect();
        let course = Course { losses: &losses, diverged: Some(error.headline()), ..Course::default() };
        self.examined(|examination| examine_run(examination, &course))
    }

    fn examined(&self, examine: impl Fn(&Examination<'_>) -> Vec<Finding>) -> Result<Vec<Finding>> {
        let settings = Settings::from(self.recipe);
        let network = self.recipe.network(self.source.example(), self.training.targets())?;
        let names = match self.source {
            Source::Table(preprocessing) => preprocessing.feature_names(),
            Source::Images { .. } => Vec::new(),
        };
        let rows = Rows {
            names: &names,
            training: self.training,
            validation: self.validation,
            units: self.source.units(),
            network: &network,
        };
        Ok(examine(&Examination { inspection: self.inspection, settings: &settings, rows: Some(rows) }))
    }
}

/// How many lines of evidence are shown.
const MOST_EVIDENCE: usize = 5;

/// A finding as lines: what it is, how that is seen, what to do.
pub fn finding_text(finding: &Finding, width: usize, paint: &dyn Fn(Style, &str) -> String) -> String {
    let style = match finding.severity {
        Severity::Note => Style::Faint,
        Severity::Warning => Style::Bold,
        Severity::Fault => Style::Red,
    };
    let headline = format!("{}: {}", finding.severity.name(), finding.headline());
    let mut text = format!("{}\n", paint(style, &headline));
    for evidence in finding.evidence.iter().take(MOST_EVIDENCE) {
        text.push_str(&indented(evidence, width, "  ", "    "));
    }
    let rest = finding.evidence.len().saturating_sub(MOST_EVIDENCE);
    if rest > 0 {
        text.push_str(&format!("  and {rest} more\n"));
    }
    for (at, advice) in finding.advice.iter().enumerate() {
        text.push_str(&indented(advice, width, if at == 0 { "  try: " } else { "  or:  " }, "       "));
    }
    text
}

/// All findings as lines, those that matter first.
pub fn findings_text(findings: &[Finding], output: &Output) -> String {
    let paint = |style: Style, text: &str| output.paint(style, text);
    let texts: Vec<String> = findings.iter().map(|finding| finding_text(finding, output.width(), &paint)).collect();
    if texts.is_empty() { "nothing looks wrong\n".to_owned() } else { texts.join("\n") }
}

/// All findings as JSON.
pub fn findings_json(findings: &[Finding]) -> Value {
    let finding = |finding: &Finding| {
        json!({
            "name": finding.condition.name(),
            "severity": finding.severity.name(),
            "headline": finding.headline(),
            "evidence": finding.evidence,
            "advice": finding.advice,
        })
    };
    findings.iter().map(finding).collect()
}
