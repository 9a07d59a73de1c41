//! Whether the parts of a model fit each other: asked of everything that is read, before its numbers are, and of what is written.

use super::{Facts, Source};
use crate::base::byte_size::in_words;
use crate::base::error::{Error, Result};
use crate::data::findings::counted;
use crate::data::infer::Task;
use crate::graph::activation::Activation;
use crate::graph::op::Op;
use crate::nn::loss::Loss;
use crate::nn::name;
use crate::nn::network::{Built, Network};
use crate::train::evaluate::Baseline;
use crate::train::linear::Linear;
use crate::train::recipe::Precision;
use crate::train::recipe::selection::Selection;
use crate::train::trainer::{Weighting, loss_graph};

/// A row may make so many numbers for each one that it has and that the network has learned, or so many at all.
const MOST_VALUES_EACH: u128 = 64;
const MOST_VALUES: u128 = 1 << 20;

/// The most rows that there can be: they are counted in 32 bits.
const MOST_ROWS: usize = u32::MAX as usize;

/// The most epochs that there can be: they are told apart by numbers of 64 bits.
const MOST_EPOCHS: usize = 1 << 53;

/// Everything of a model but its numbers.
pub(super) struct Parts<'a> {
    pub precision: Precision,
    pub network: &'a Network,
    pub source: &'a Source,
    pub loss: Loss,
    pub baseline: &'a Baseline,
    pub linear: Option<&'a Linear>,
    pub recipe: &'a str,
    pub facts: &'a Facts,
}

/// Fails unless the network takes what the preprocessing gives and gives what is predicted, everything else is about as many
/// classes and inputs, and one row makes no more numbers than its inputs and parameters account for.
pub(super) fn check(parts: &Parts<'_>) -> Result<()> {
    let classes = check_source(parts.source)?;
    check_network(parts, classes)?;
    check_baseline(parts.baseline, classes)?;
    if let Some(linear) = parts.linear
        && !linear.coefficients.iter().all(|weight| weight.is_finite())
    {
        return Err(Error::model("its linear model has numbers that are not finite"));
    }
    Selection::from_toml("its recipe", parts.recipe)?.recipe()?;
    check_facts(parts.facts)
}

/// How many classes there are; none where a number is predicted.
fn check_source(source: &Source) -> Result<usize> {
    match source {
        Source::Table(preprocessing) => {
            preprocessing.check()?;
            Ok(match preprocessing.target.task {
                Task::Classification => preprocessing.target.classes.len(),
                Task::Regression => 0,
            })
        }
        Source::Images { height, width, classes } => {
            if height.checked_mul(*width).is_none_or(|pixels| pixels == 0) {
                return Err(Error::model(format!("it takes images of {height} x {width} pixels")));
            }
            match classes.len() {
                0 | 1 => Err(Error::model(format!("its images have {}", counted(classes.len(), "class")))),
                count => Ok(count),
            }
        }
    }
}

fn check_network(parts: &Parts<'_>, classes: usize) -> Result<()> {
    let network = parts.network;
    let inputs: Vec<_> = network.inputs().map(|(_, shape)| shape).collect();
    let expected = parts.source.example();
    if inputs != [expected] {
        let found = match inputs.as_slice() {
            [] => "nothing".to_owned(),
            shapes => shapes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
        };
        return Err(Error::model(format!("the network takes {found}, but its preprocessing gives {expected}")));
    }
    let outputs = network.output_positions().count();
    if outputs != 1 {
        return Err(Error::model(format!("the network has {outputs} outputs, but one is predicted with")));
    }
    let built = network.build(1)?;
    check_size(&built, parts.precision)?;
    let output = built.outputs[0];
    let (shape, op) = (built.graph.shape(output), built.graph.op(output));
    let needed = match classes {
        0 | 2 => 1,
        classes => classes,
    };
    if shape.sizes() != [1, needed] {
        let predicted = if classes == 0 { "a number".to_owned() } else { counted(classes, "class") };
        return Err(Error::model(format!("the network gives {shape} for a row, but {predicted} need 1x{needed}")));
    }
    let is_probability =
        matches!((op, classes), (_, 0) | (Op::Activate(Activation::Sigmoid, _), 2) | (Op::Softmax(_), 3..));
    if !is_probability {
        let name = op.name();
        return Err(Error::model(format!("the network ends with {name}, which gives no probabilities of classes"))
            .note("sigmoid gives those of two classes, softmax those of more"));
    }
    loss_graph(built, &[parts.loss], Weighting::Alike).map(|_| ())
}

/// Fails when a row makes more numbers than a network of this size has any reason to.
fn check_size(built: &Built, precision: Precision) -> Result<()> {
    let size = built.size();
    let inputs: u128 = built.inputs.iter().map(|&input| built.graph.shape(input).elements() as u128).sum();
    let most = MOST_VALUES.max(inputs.saturating_add(size.parameters).saturating_mul(MOST_VALUES_EACH));
    if size.values <= most {
        return Ok(());
    }
    let bytes = |numbers: u128| in_words(numbers.saturating_mul(precision.bytes() as u128));
    Err(Error::model(format!("its network makes {} of numbers of one row", bytes(size.values))).note(format!(
        "{} is the most for {inputs} inputs and {} parameters",
        bytes(most),
        size.parameters
    )))
}

fn check_baseline(baseline: &Baseline, classes: usize) -> Result<()> {
    let is_possible = match baseline {
        Baseline::Mean(mean) => classes == 0 && mean.is_finite(),
        Baseline::Frequencies(frequencies) => {
            classes > 0
                && frequencies.len() == classes
                && frequencies.iter().all(|frequency| (0.0..=1.0 + 1e-9).contains(frequency))
                && (frequencies.iter().sum::<f64>() - 1.0).abs() < 1e-6
        }
    };
    if is_possible {
        return Ok(());
    }
    Err(Error::model(match (baseline, classes) {
        (Baseline::Frequencies(found), 0) => format!("it predicts a number, but has {} frequencies", found.len()),
        (Baseline::Mean(mean), _) => format!("its baseline cannot be a mean of {mean}"),
        (Baseline::Frequencies(found), _) => {
            let found = found.len();
            format!("it has {} and {found} frequencies, which must be as many and sum to 1", counted(classes, "class"))
        }
    }))
}

fn check_facts(facts: &Facts) -> Result<()> {
    let Facts { training_rows, validation_rows, epochs, best_epoch, metrics } = facts;
    if *training_rows == 0 || [training_rows, validation_rows].iter().any(|&&rows| rows > MOST_ROWS) {
        return Err(Error::model(format!("it was trained on {training_rows} rows, beside {validation_rows} held out")));
    }
    if *epochs > MOST_EPOCHS || best_epoch.is_some_and(|best| !(1..=*epochs).contains(&best)) {
        let best = best_epoch.map_or("no one".to_owned(), |best| best.to_string());
        return Err(Error::model(format!("it was trained for {epochs} epochs, of which {best} was the best")));
    }
    metrics.iter().try_for_each(|(metric, _)| name::check("metric", metric))
}
