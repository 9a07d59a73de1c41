//! The inside of a network on some of its training rows: units, slopes, weights and gradients, layer by layer.

use super::course::{Judged, guess};
use super::{Condition, Finding, Rows, Severity};
use crate::data::dataset::Dataset;
use crate::data::findings::{counted, grouped};
use crate::graph::activation::Activation;
use crate::graph::backward::backward;
use crate::graph::op::Op;
use crate::graph::{NodeId, reference};
use crate::nn::initializer::Initializer;
use crate::nn::loss::{Loss, Reduction};
use crate::nn::model::Model;
use crate::nn::parameters::ParameterSpec;
use crate::see::outcome::{Unit, Verdict, flat_word, outcome, units_of};
use crate::train::evaluate::Units;

/// At most so many rows are looked at.
const MOST_ROWS: usize = 128;

/// Fewer where a network is so large that rows times parameters is above this.
const MOST_PRODUCTS: usize = 20_000_000;

/// And fewer where it has so many outputs that rows times values is above this.
const MOST_VALUES: usize = 1 << 21;

/// Units whose outputs differ by less than this for every row are alike.
const ALIKE: f64 = 1e-12;

/// Units of a layer that may be flat for every row where the network has learned well.
const NEARLY_ALL: f64 = 0.9;

/// Few enough rows to be told apart one by one.
const FEW: usize = 16;

/// A layer with an activation, on all rows that were looked at.
#[derive(Clone, Debug)]
pub(super) struct LayerUnits {
    pub name: String,
    pub activation: Activation,
    pub units: usize,
    /// How many units are flat for every row.
    pub flat_units: usize,
    /// The share of all slopes, units times rows, that are flat.
    pub flat: f64,
    /// All units give the same.
    pub alike: bool,
}

/// The weights of a layer.
#[derive(Clone, Debug)]
pub(super) struct LayerWeights {
    pub name: String,
    /// The root mean square of dL/dw.
    pub gradient: f64,
    /// √Σw².
    pub norm: f64,
    /// The largest |w|.
    pub greatest: f64,
}

/// What a network does on its training rows.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    /// How many rows were looked at.
    pub rows: usize,
    /// The mean loss on them for each row and output.
    pub mean_loss: f64,
    /// The same divided by what guessing loses on them.
    pub loss_in_guesses: f64,
    /// The hidden layers, from the inputs on.
    pub hidden: Vec<LayerUnits>,
    /// Every matrix of weights, from the inputs on.
    pub weights: Vec<LayerWeights>,
    /// The standard deviation of predictions over rows, divided by that of targets; the largest over outputs.
    pub variation: f64,
}

impl Inside {
    /// Runs a model forward and backward on some of the rows, spread evenly over them; none when it does not fit them, or
    /// has several inputs or outputs.
    pub fn measure(model: &Model<f64>, loss: Loss, data: &Dataset, units: Units) -> Option<Inside> {
        let (products, values) = (model.parameters().len().max(1), model.build(1).size().values.max(1) as usize);
        let most = (MOST_PRODUCTS / products).min(MOST_VALUES / values).clamp(2, MOST_ROWS);
        let count = data.rows().min(most);
        let chosen: Vec<u32> = (0..count).map(|at| (at * data.rows() / count) as u32).collect();
        let all: Vec<u32> = (0..count as u32).collect();
        let built = model.build(count);
        let (&[input], &[output]) = (built.inputs.as_slice(), built.outputs.as_slice()) else { return None };
        let mut graph = built.graph;
        let width = graph.shape(output).elements() / count.max(1);
        if graph.shape(input).elements() != count * data.inputs().columns() || width != data.targets().width() {
            return None;
        }
        let mut inputs = vec![0.0; count * data.inputs().columns()];
        data.inputs().gather(&chosen, &mut inputs);
        let mut targets = vec![0.0; count * width];
        units.standardise(&data.part(&chosen)).ok()?.targets().gather(&all, &mut targets);
        let target = graph.input(graph.shape(output));
        let node = loss.build(&mut graph, output, target).ok()?;
        let parameters = graph.parameters().to_vec();
        let gradients = backward(&mut graph, node, &parameters).ok()?;
        let slices: Vec<&[f64]> = model.specs().iter().map(|spec| &model.parameters()[spec.range()]).collect();
        // Gradients and transposed weights are as large as the network: no more of them is kept than a number.
        let mut is_kept = vec![false; graph.len()];
        let of_units = graph.nodes().filter_map(|(id, node)| match node.op {
            Op::Activate(_, z) => Some([id, z]),
            _ => None,
        });
        of_units.chain([[output, node]]).flatten().for_each(|id| is_kept[id.0] = true);
        let mut sizes = vec![0.0; graph.len()];
        let mut look = |id: NodeId, value: &[f64]| sizes[id.0] = root_mean_square(value);
        let keep = |id: NodeId| is_kept[id.0];
        let values = reference::evaluate_some(&graph, &[&inputs, &targets], &slices, &|_, _| true, &keep, &mut look);
        let hidden = units_of(&graph, &values, count);
        let weights = model.specs().iter().zip(&parameters).zip(&slices).filter(|((spec, _), _)| is_judged(spec));
        let weights = weights.map(|((spec, &parameter), &numbers)| LayerWeights {
            name: spec.name.clone(),
            gradient: gradients.of(parameter).map_or(0.0, |gradient| sizes[gradient.0]),
            norm: numbers.iter().map(|w| w * w).sum::<f64>().sqrt(),
            greatest: numbers.iter().fold(0.0, |greatest, w| w.abs().max(greatest)),
        });
        let of_output = graph.layer_name(output).to_owned();
        let hidden = hidden.chunk_by(|a, b| a.layer == b.layer).filter(|layer| layer[0].layer != of_output);
        let lost = values[node.0][0];
        Some(Inside {
            rows: count,
            mean_loss: match loss.reduction() {
                Reduction::Sum => lost / (count * width) as f64,
                Reduction::Mean | Reduction::MeanOverRows => lost,
            },
            loss_in_guesses: lost / guess(loss, data, &data.part(&chosen), units).unwrap_or(1.0),
            hidden: hidden.map(LayerUnits::of).collect(),
            weights: weights.collect(),
            variation: variation(&values[output.0], &targets, width),
        })
    }
}

impl LayerUnits {
    fn of(units: &[Unit]) -> LayerUnits {
        let flat: Vec<usize> = units.iter().map(Unit::flat_rows).collect();
        let rows = units[0].outputs.len();
        let is_alike = |unit: &Unit| unit.outputs.iter().zip(&units[0].outputs).all(|(a, b)| (a - b).abs() <= ALIKE);
        LayerUnits {
            name: units[0].layer.clone(),
            activation: units[0].activation,
            units: units.len(),
            flat_units: flat.iter().filter(|&&flat| flat == rows).count(),
            flat: flat.iter().sum::<usize>() as f64 / (units.len() * rows) as f64,
            alike: units.len() > 1 && units.iter().all(is_alike),
        }
    }
}

/// What the trained network shows.
pub(super) fn findings(judged: &Judged<'_>, start: &Inside, end: &Inside) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(constant_predictions(judged, end));
    findings.extend(flat_units(judged, start, end));
    findings.extend(blown_up_weights(judged, start, end));
    findings
}

fn constant_predictions(judged: &Judged<'_>, end: &Inside) -> Option<Finding> {
    let evidence =
        || format!("over {} predictions vary by {:.5} of what targets do", counted(end.rows, "row"), end.variation);
    let advice = vec![judged.slower(), format!("--initializer {}", usual_initializer())];
    (end.variation < 1e-3).then(|| Finding::new(Condition::ConstantPredictions, Severity::Warning, evidence(), advice))
}

fn flat_units(judged: &Judged<'_>, start: &Inside, end: &Inside) -> Option<Finding> {
    // Rectifiers that are off for every row are common in networks that learned well: half of them are too many where the
    // rest has not learned either.
    let share = if judged.is_bad() { 0.5 } else { NEARLY_ALL };
    let is_flat = |(layer, before): &(&LayerUnits, &LayerUnits)| {
        let is_much = layer.flat_units as f64 >= share * layer.units as f64;
        layer.units > 1 && is_much && layer.flat_units > before.flat_units
    };
    let (layer, before) = end.hidden.iter().zip(&start.hidden).find(is_flat)?;
    let is_bounded = flat_word(layer.activation) == flat_word(Activation::Tanh);
    let condition = if is_bounded { Condition::SaturatedUnits } else { Condition::DeadUnits };
    let evidence = format!(
        "{}: {} of {} are flat for all of {}; before the first step {} were",
        layer.name,
        grouped(layer.flat_units),
        counted(layer.units, "unit"),
        counted(end.rows, "row"),
        grouped(before.flat_units)
    );
    let slower = judged.slower();
    let other = if is_bounded { Activation::Relu } else { Activation::LeakyRelu };
    let advice = vec![slower, format!("--activation {}", other.name())];
    Some(Finding::new(condition, Severity::Warning, evidence, advice))
}

fn blown_up_weights(judged: &Judged<'_>, start: &Inside, end: &Inside) -> Option<Finding> {
    let pairs = end.weights.iter().zip(&start.weights);
    let mut blown = pairs.filter(|(now, then)| now.greatest > 1e3 || (now.norm > 30.0 * then.norm && then.norm > 0.0));
    let (now, then) = blown.next()?;
    let evidence =
        format!("{}: √Σw² is {:.1}, it was {:.1}; the largest is {:.1}", now.name, now.norm, then.norm, now.greatest);
    let advice = vec![judged.slower(), "--l2 0.001".to_owned()];
    Some(Finding::new(Condition::BlownUpWeights, Severity::Warning, evidence, advice))
}

/// Whether a parameter is one whose size is judged: biases begin at 0 and say little.
fn is_judged(spec: &ParameterSpec) -> bool {
    spec.shape.rank() > 1 && spec.shape.rows() > 1
}

/// ‖w - w₀‖ / ‖w₀‖ over all matrices of weights of two models of one network.
pub(super) fn movement(start: &Model<f64>, end: &Model<f64>) -> f64 {
    let judged = || end.specs().iter().filter(|spec| is_judged(spec)).map(ParameterSpec::range);
    let begun = || judged().flat_map(|range| &start.parameters()[range]);
    let pairs = begun().zip(judged().flat_map(|range| &end.parameters()[range]));
    let moved: f64 = pairs.map(|(then, now)| (now - then) * (now - then)).sum();
    let length: f64 = begun().map(|then| then * then).sum();
    if length == 0.0 { f64::INFINITY } else { (moved / length).sqrt() }
}

/// Rows of a small table that a flat layer makes look the same, as some of the article's seeds do.
pub(super) fn stuck_rows(rows: &Rows<'_>, model: &Model<f64>, losses: &[f64]) -> Option<Finding> {
    let (data, count) = (rows.training, rows.training.rows());
    let ends_in_a_unit = data.targets().width() == 1 && rows.units == Units::PLAIN;
    if count > FEW || losses.is_empty() || !ends_in_a_unit || model.build(count).inputs.len() != 1 {
        return None;
    }
    let all: Vec<u32> = (0..count as u32).collect();
    let (mut inputs, mut targets) = (vec![0.0; count * data.inputs().columns()], vec![0.0; count]);
    data.gather(&all, &mut inputs, &mut targets);
    let built = model.build(count);
    let slices: Vec<&[f64]> = model.specs().iter().map(|spec| &model.parameters()[spec.range()]).collect();
    let values = reference::evaluate(&built.graph, &[&inputs], &slices, &|_, _| true);
    let found = outcome(model, &inputs, &targets, &values[built.outputs[0].0], losses);
    if found.verdict != Verdict::Stuck {
        return None;
    }
    let mut evidence: Vec<String> = found
        .wrong_rows
        .iter()
        .map(|wrong| {
            let blocked = wrong.blocked_by.as_deref().unwrap_or("no layer");
            format!("row {}: {:.3} instead of {}, blocked by {blocked}", wrong.row + 1, wrong.prediction, wrong.target)
        })
        .collect();
    evidence.extend(found.confused.iter().map(|group| {
        let group: Vec<String> = group.iter().map(|row| (row + 1).to_string()).collect();
        format!("rows {} look the same to the last layer", group.join(", "))
    }));
    evidence.push(format!("the loss has stood still since epoch {}", found.plateau_from));
    let advice = vec!["--seed 1".to_owned(), "--layers 8".to_owned()];
    Some(Finding { condition: Condition::StuckRows, severity: Severity::Warning, evidence, advice })
}

/// What weights begin with where nothing else is said.
pub(super) fn usual_initializer() -> String {
    Initializer::GlorotUniform.name()
}

fn root_mean_square(numbers: &[f64]) -> f64 {
    (numbers.iter().map(|number| number * number).sum::<f64>() / numbers.len().max(1) as f64).sqrt()
}

/// The largest over outputs of the deviation of predictions divided by that of targets; 1 where targets do not vary.
fn variation(predictions: &[f64], targets: &[f64], width: usize) -> f64 {
    let deviation = |numbers: &[f64], column: usize| {
        let column: Vec<f64> = numbers.iter().copied().skip(column).step_by(width).collect();
        let mean = column.iter().sum::<f64>() / column.len() as f64;
        (column.iter().map(|number| (number - mean) * (number - mean)).sum::<f64>() / column.len() as f64).sqrt()
    };
    let ratios = (0..width).filter_map(|column| {
        let truth = deviation(targets, column);
        (truth > 0.0).then(|| deviation(predictions, column) / truth)
    });
    ratios.reduce(f64::max).unwrap_or(1.0)
}
