//! How a run ended: solved, unfinished, unsteady or stuck, and where in the network it is stuck.

use crate::graph::activation::{Activation, SlopeOf};
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId, reference};
use crate::nn::model::Model;

/// A prediction this near to its target, or nearer, rounds to it when targets are 0 and 1.
const RIGHT: f64 = 0.5;

/// A slope below this share of the greatest one lets next to nothing of the gradient through.
const FLAT: f64 = 0.05;

/// A loss that falls by this share over the last tenth of a run is still falling.
const FALLING: f64 = 0.01;

/// A loss that stays within this share of where it ended is on a plateau.
const PLATEAU: f64 = 0.05;

/// Where the loss rises in more than this share of the last iterations, the steps are too large.
const UNSTEADY: f64 = 0.05;

/// Predictions this near to each other are the same answer.
const SAME: f64 = 0.02;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every prediction is nearer to its target than 0.5.
    Solved,
    /// Not every row is right, and nothing keeps the weights from moving on.
    Unfinished,
    /// Not every row is right, and the loss goes up and down.
    Unsteady,
    /// Not every row is right, the loss stands still, and in each wrong row some layer lets no gradient through.
    Stuck,
}

impl Verdict {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Solved => "solved",
            Verdict::Unfinished => "unfinished",
            Verdict::Unsteady => "unsteady",
            Verdict::Stuck => "stuck",
        }
    }
}

/// A row whose prediction is not near its target.
#[derive(Clone, Debug, PartialEq)]
pub struct WrongRow {
    /// Its number, from 0.
    pub row: usize,
    /// What the network gave.
    pub prediction: f64,
    /// What it should have given.
    pub target: f64,
    /// The first layer all of whose units are flat for this row, if there is one.
    pub blocked_by: Option<String>,
}

/// One unit of a layer and what it does for every row.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its layer.
    pub layer: String,
    /// Its number in the layer, from 0.
    pub number: usize,
    /// The function that makes its output.
    pub activation: Activation,
    /// y = f(z) for each row.
    pub outputs: Vec<f64>,
    /// f′ for each row: what the chain rule multiplies the gradient by on its way back through this unit.
    pub slopes: Vec<f64>,
}

impl Unit {
    /// Whether next to nothing of the gradient of this row gets through the unit.
    ///
    /// A unit that is flat for every row no longer learns: it is saturated (sigmoid, tanh) or dead (relu).
    pub fn is_flat(&self, row: usize) -> bool {
        self.slopes[row].abs() < FLAT * greatest_slope(self.activation)
    }

    /// For how many rows the unit is flat.
    pub fn flat_rows(&self) -> usize {
        let limit = FLAT * greatest_slope(self.activation);
        self.slopes.iter().filter(|slope| slope.abs() < limit).count()
    }
}

/// How a run ended, in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The short of it.
    pub verdict: Verdict,
    /// The rows that are not right.
    pub wrong_rows: Vec<WrongRow>,
    /// Groups of wrong rows that get the same answer but need different ones.
    pub confused: Vec<Vec<usize>>,
    /// Every unit of a layer that blocks a wrong row.
    pub blocking_units: Vec<Unit>,
    /// The first iteration, from 1, after which the loss stayed within 5 % of where it ended.
    pub plateau_from: usize,
    /// By which share the loss fell over the last tenth of the iterations; negative where it rose.
    pub recent_fall: f64,
}

/// Says how a run ended. `inputs` and `targets` are what it was trained on, with one target for each row;
/// `predictions` what it gave for each row, and `losses` the loss of each iteration.
///
/// Panics when there are no rows or no losses, or the sizes do not fit the model.
///
/// ```
/// use clione::see::outcome::{Verdict, outcome};
/// use clione::train::article::{Article, INPUTS, TARGETS};
/// let run = Article { seed: 67, ..Article::default() }.run(&mut |_, _| ()).unwrap();
/// let outcome = outcome(&run.model, &INPUTS, &TARGETS, &run.predictions, &run.losses);
/// assert_eq!(outcome.verdict, Verdict::Stuck);
/// assert_eq!(outcome.confused, [[2, 3]]); // these two rows look the same to the output
/// ```
pub fn outcome(model: &Model<f64>, inputs: &[f64], targets: &[f64], predictions: &[f64], losses: &[f64]) -> Outcome {
    let wrong: Vec<usize> = (0..targets.len()).filter(|&row| !is_right(predictions[row], targets[row])).collect();
    let units = if wrong.is_empty() { Vec::new() } else { units(model, inputs, targets.len()) };
    let wrong_rows: Vec<WrongRow> = wrong
        .iter()
        .map(|&row| WrongRow {
            row,
            prediction: predictions[row],
            target: targets[row],
            blocked_by: blocking_layer(&units, row),
        })
        .collect();
    let recent_fall = recent_fall(losses);
    let verdict = if wrong_rows.is_empty() {
        Verdict::Solved
    } else if is_unsteady(losses) {
        Verdict::Unsteady
    } else if recent_fall < FALLING && wrong_rows.iter().all(|row| row.blocked_by.is_some()) {
        Verdict::Stuck
    } else {
        Verdict::Unfinished
    };
    let blocks = |unit: &Unit| wrong_rows.iter().any(|row| row.blocked_by.as_deref() == Some(unit.layer.as_str()));
    Outcome {
        verdict,
        confused: confused(&wrong_rows),
        blocking_units: units.iter().filter(|unit| blocks(unit)).cloned().collect(),
        wrong_rows,
        plateau_from: plateau_from(losses),
        recent_fall,
    }
}

/// Every unit of the network that has an activation, layer by layer, and what it does for each row.
///
/// ```
/// use clione::see::outcome::units;
/// use clione::train::article::{Article, INPUTS};
/// let run = Article::default().run(&mut |_, _| ()).unwrap();
/// let units = units(&run.model, &INPUTS, 4);
/// assert_eq!((units.len(), units[4].layer.as_str()), (4 + 1, "output"));
/// assert_eq!(units[0].slopes[0], units[0].outputs[0] * (1.0 - units[0].outputs[0])); // the sigmoid's
/// ```
pub fn units(model: &Model<f64>, inputs: &[f64], rows: usize) -> Vec<Unit> {
    let built = model.build(rows);
    let parameters: Vec<&[f64]> = model.specs().iter().map(|spec| &model.parameters()[spec.range()]).collect();
    let values = reference::evaluate(&built.graph, &[inputs], &parameters, &|_, _| true);
    units_of(&built.graph, &values, rows)
}

/// The units of a graph whose values were computed for `rows` rows.
pub(super) fn units_of<V: AsRef<[f64]>>(graph: &Graph, values: &[V], rows: usize) -> Vec<Unit> {
    let mut units = Vec::new();
    for (id, node) in graph.nodes() {
        let Op::Activate(activation, NodeId(z)) = node.op else { continue };
        let width = node.shape.elements() / rows;
        let column = |of: &[f64], unit: usize| of.iter().copied().skip(unit).step_by(width).collect::<Vec<f64>>();
        for number in 0..width {
            let outputs = column(values[id.0].as_ref(), number);
            let slopes = match activation.slope_of() {
                SlopeOf::Output => outputs.iter().map(|&y| activation.slope(y)).collect(),
                SlopeOf::Input => column(values[z].as_ref(), number).iter().map(|&z| activation.slope(z)).collect(),
            };
            units.push(Unit { layer: graph.layer_name(id).to_owned(), number, activation, outputs, slopes });
        }
    }
    units
}

/// The greatest slope an activation has between -10 and 10: 0.25 for the sigmoid, 1 for tanh and relu.
///
/// ```
/// use clione::graph::activation::Activation;
/// assert_eq!(clione::see::outcome::greatest_slope(Activation::Sigmoid), 0.25);
/// ```
pub fn greatest_slope(activation: Activation) -> f64 {
    let slope = |x: f64| match activation.slope_of() {
        SlopeOf::Input => activation.slope(x),
        SlopeOf::Output => activation.slope(activation.value(x)),
    };
    (-100..=100).map(|tenth| slope(f64::from(tenth) / 10.0).abs()).fold(0.0, f64::max)
}

/// What a unit with this activation is called where its slope is next to 0.
///
/// ```
/// use clione::graph::activation::Activation;
/// use clione::see::outcome::flat_word;
/// assert_eq!((flat_word(Activation::Tanh), flat_word(Activation::Relu)), ("saturated", "switched off"));
/// ```
pub fn flat_word(activation: Activation) -> &'static str {
    let is_bounded = activation.value(1e3_f64) <= 1.0;
    if is_bounded { "saturated" } else { "switched off" }
}

fn is_right(prediction: f64, target: f64) -> bool {
    (prediction - target).abs() < RIGHT
}

/// The first layer all of whose units are flat for this row.
fn blocking_layer(units: &[Unit], row: usize) -> Option<String> {
    let mut layers = units.chunk_by(|a, b| a.layer == b.layer);
    layers.find(|layer| layer.iter().all(|unit| unit.is_flat(row))).map(|layer| layer[0].layer.clone())
}

fn confused(wrong: &[WrongRow]) -> Vec<Vec<usize>> {
    let mut left: Vec<&WrongRow> = wrong.iter().collect();
    let mut groups = Vec::new();
    while let Some(first) = left.first().copied() {
        let (same, others): (Vec<&WrongRow>, Vec<&WrongRow>) =
            left.into_iter().partition(|row| (row.prediction - first.prediction).abs() < SAME);
        if same.iter().any(|row| (row.target - first.target).abs() >= RIGHT) {
            groups.push(same.iter().map(|row| row.row).collect());
        }
        left = others;
    }
    groups
}

/// The losses of the last tenth of the run, and the one before them where there is one.
fn last_tenth(losses: &[f64]) -> &[f64] {
    let length = (losses.len() / 10).max(1) + 1;
    &losses[losses.len().saturating_sub(length)..]
}

fn recent_fall(losses: &[f64]) -> f64 {
    let recent = last_tenth(losses);
    let (before, after) = (recent[0], recent[recent.len() - 1]);
    if before == 0.0 { 0.0 } else { (before - after) / before }
}

fn is_unsteady(losses: &[f64]) -> bool {
    let recent = last_tenth(losses);
    let rises = recent.windows(2).filter(|pair| pair[1] > pair[0]).count();
    rises as f64 > UNSTEADY * (recent.len() - 1) as f64
}

fn plateau_from(losses: &[f64]) -> usize {
    let end = losses[losses.len() - 1];
    let apart = |loss: &f64| (loss - end).abs() > PLATEAU * end.abs();
    losses.iter().rposition(apart).map_or(1, |last| last + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plateau_begins_after_the_last_loss_that_is_far_from_the_end() {
        assert_eq!(plateau_from(&[3.0, 1.0, 2.0, 1.01, 1.0]), 4);
        assert_eq!(plateau_from(&[1.0, 1.0]), 1);
        assert_eq!(plateau_from(&[2.0, 1.0]), 2);
    }

    #[test]
    fn a_loss_that_rises_again_and_again_is_unsteady_and_one_that_falls_is_not() {
        let jumping: Vec<f64> = (0..100).map(|at| f64::from(at % 2)).collect();
        let falling: Vec<f64> = (0..100).map(|at| 1.0 / f64::from(at + 1)).collect();
        assert!(is_unsteady(&jumping));
        assert!(!is_unsteady(&falling));
        assert!(recent_fall(&falling) > FALLING);
    }

    #[test]
    fn a_run_of_one_iteration_is_judged_too() {
        assert_eq!((recent_fall(&[1.0]), is_unsteady(&[1.0]), plateau_from(&[1.0])), (0.0, false, 1));
    }

    #[test]
    fn a_layer_blocks_a_row_when_all_of_its_units_are_flat_for_it() {
        let unit = |layer: &str, slopes: [f64; 2]| Unit {
            layer: layer.to_owned(),
            number: 0,
            activation: Activation::Sigmoid,
            outputs: vec![0.0; 2],
            slopes: slopes.to_vec(),
        };
        let units = [unit("hidden1", [0.001, 0.001]), unit("hidden1", [0.001, 0.2]), unit("output", [0.25, 0.25])];
        assert_eq!(blocking_layer(&units, 0).as_deref(), Some("hidden1"));
        assert_eq!(blocking_layer(&units, 1), None);
    }

    #[test]
    fn rows_are_confused_when_they_get_one_answer_and_need_two() {
        let row = |row, prediction, target| WrongRow { row, prediction, target, blocked_by: None };
        let wrong = [row(0, 0.5, 1.0), row(1, 0.51, 0.0), row(2, 0.1, 1.0), row(3, 0.5, 1.0), row(5, 0.1, 1.0)];
        assert_eq!(confused(&wrong), [[0, 1, 3]]);
    }
}
