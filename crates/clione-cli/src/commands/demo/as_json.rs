//! A run of the demo as one JSON object: every number in full.

use crate::json;
use clione::base::error::Result;
use clione::see::outcome::{Outcome, Verdict};
use clione::train::article::{Article, ArticleRun, COLUMNS, INPUTS, LOSS, TARGETS};
use serde::Serialize;

#[derive(Serialize)]
struct RunObject<'a> {
    seed: u32,
    iterations: usize,
    learning_rate: f64,
    hidden: &'a [usize],
    activation: &'a str,
    bias: bool,
    loss: &'a str,
    reduction: &'a str,
    verdict: &'a str,
    stuck: Option<StuckObject<'a>>,
    inputs: Vec<&'a [f64]>,
    targets: &'a [f64],
    predictions: &'a [f64],
    weights: Vec<Vec<&'a [f64]>>,
    biases: Vec<&'a [f64]>,
    losses: &'a [f64],
}

#[derive(Serialize)]
struct StuckObject<'a> {
    /// Counted from 1, as the text does.
    since_iteration: usize,
    wrong_rows: Vec<WrongRowObject<'a>>,
    /// Groups of rows, counted from 1, that get the same answer but need different ones.
    confused_rows: Vec<Vec<usize>>,
    blocking_units: Vec<UnitObject<'a>>,
}

#[derive(Serialize)]
struct WrongRowObject<'a> {
    row: usize,
    prediction: f64,
    target: f64,
    blocked_by: Option<&'a str>,
}

#[derive(Serialize)]
struct UnitObject<'a> {
    layer: &'a str,
    unit: usize,
    outputs: &'a [f64],
    slopes: &'a [f64],
}

/// The object on one line.
pub fn text(article: &Article, run: &ArticleRun, outcome: &Outcome) -> Result<String> {
    let parameter = |name: &str| {
        let specs = run.model.specs().iter().filter(move |spec| spec.name.ends_with(name));
        specs.map(|spec| (spec, &run.model.parameters()[spec.range()])).collect::<Vec<_>>()
    };
    let (weights, biases) = (parameter(".weights"), parameter(".bias"));
    json::text(RunObject {
        seed: article.seed,
        iterations: article.iterations,
        learning_rate: article.learning_rate,
        hidden: &article.hidden,
        activation: article.activation.name(),
        bias: article.bias,
        loss: LOSS.name(),
        reduction: LOSS.reduction().name(),
        verdict: outcome.verdict.name(),
        stuck: (outcome.verdict == Verdict::Stuck).then(|| stuck_object(outcome)),
        inputs: INPUTS.chunks(COLUMNS).collect(),
        targets: &TARGETS,
        predictions: &run.predictions,
        weights: weights.iter().map(|(spec, numbers)| numbers.chunks(spec.shape.columns()).collect()).collect(),
        biases: biases.iter().map(|(_, numbers)| *numbers).collect(),
        losses: &run.losses,
    })
}

fn stuck_object(outcome: &Outcome) -> StuckObject<'_> {
    StuckObject {
        since_iteration: outcome.plateau_from,
        wrong_rows: outcome
            .wrong_rows
            .iter()
            .map(|wrong| WrongRowObject {
                row: wrong.row + 1,
                prediction: wrong.prediction,
                target: wrong.target,
                blocked_by: wrong.blocked_by.as_deref(),
            })
            .collect(),
        confused_rows: outcome.confused.iter().map(|group| group.iter().map(|row| row + 1).collect()).collect(),
        blocking_units: outcome
            .blocking_units
            .iter()
            .map(|unit| UnitObject {
                layer: &unit.layer,
                unit: unit.number + 1,
                outputs: &unit.outputs,
                slopes: &unit.slopes,
            })
            .collect(),
    }
}
