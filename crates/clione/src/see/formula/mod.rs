//! A network as formulas: what it computes, its loss, and each gradient, read off the graph that is trained.

pub mod expression;
pub mod factor;
mod functions;
pub mod latex;
pub mod notes;
mod reading;
mod scalar;
mod signs;
pub mod text;
pub mod typeset;

pub use functions::FunctionDefinition;

use self::expression::Expression;
use self::factor::{FEWER, MORE};
use self::reading::Reading;
use super::notation::{Dimensions, Letter, Notation, Symbol};
use crate::base::error::Result;
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::nn::loss::Loss;
use crate::nn::network::{Built, Network};
use crate::train::trainer::{TrainingGraph, training_graph, weighted_training_graph};

/// As long as the gradients have no more values than this in all, each is written in one line.
const MOST_VALUES_WRITTEN_OUT: usize = 12;

/// A gradient of more values than this gets a name of its own.
const MOST_VALUES_IN_A_LINE: usize = 6;

/// A value and what it is computed from.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The value.
    pub symbol: Symbol,
    /// What it is computed from.
    pub formula: Expression,
    /// Its shape.
    pub dimensions: Dimensions,
    /// The layer or the parameter that it belongs to.
    pub of: String,
}

/// A value that is handed in or learned, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    /// The value.
    pub symbol: Symbol,
    /// Its shape; none for the number of rows.
    pub dimensions: Option<Dimensions>,
    /// What it is.
    pub meaning: String,
}

/// Everything that a training step computes, as formulas.
#[derive(Clone, Debug, PartialEq)]
pub struct Formulas {
    /// The forward pass, value by value.
    pub forward: Vec<Definition>,
    /// The loss; where there are several outputs, the loss of each and their sum.
    pub loss: Vec<Definition>,
    /// The gradient of each parameter, and what they are computed from, in the order of the backward pass.
    pub gradients: Vec<Definition>,
    /// The functions that stand in these formulas.
    pub functions: Vec<FunctionDefinition>,
    /// What is handed in and what is learned.
    pub symbols: Vec<Meaning>,
    /// The signs that stand in these formulas, each in an example, and what they mean.
    pub signs: Vec<(Expression, &'static str)>,
}

/// Whether rows count alike in the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Each row counts once.
    Alike,
    /// Each row has a weight.
    Weighted,
}

/// The formulas of a network that is trained with these losses, one for each of its outputs.
///
/// Fails when layers, outputs and losses do not fit each other.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::formula::{Rows, formulas, text};
/// let layer = |units| Dense::new(units).activation(Activation::Sigmoid).without_bias();
/// let network = Network::new([3]).add(layer(4)).add(layer(1)); // the network of the article
/// let formulas = formulas(&network, &[Loss::SumOfSquares], Rows::Alike)?;
/// assert_eq!(text::definition(&formulas.gradients[0]), "dW2 = A1ᵀ · (2(Ŷ − Y) ⊙ σ′(Z2))");
/// # Ok::<(), Error>(())
/// ```
pub fn formulas(network: &Network, losses: &[Loss], rows: Rows) -> Result<Formulas> {
    let graph = match rows {
        Rows::Alike => training_graph,
        Rows::Weighted => weighted_training_graph,
    };
    let (training, more) = (graph(network, losses, FEWER)?, graph(network, losses, MORE)?);
    let built = network.build_training(FEWER)?;
    let mut notation = Notation::new(network, &built, &training.graph, &training.outputs);
    let losses = name_losses(&training, &mut notation);
    let forward_nodes: Vec<NodeId> =
        (0..losses[0].0).map(NodeId).filter(|&id| is_computed(&training.graph, id)).collect();
    let forward_nodes: Vec<NodeId> = forward_nodes.into_iter().filter(|&id| notation.symbol(id).is_some()).collect();
    let named = name_gradients(&training, &forward_nodes, &mut notation);
    let reading = Reading { fewer: &training.graph, more: &more.graph, notation };

    let define = |&id: &NodeId| Definition {
        symbol: reading.notation.symbol(id).cloned().unwrap_or_else(|| Symbol::of(Letter::Value)),
        formula: reading.computed(id),
        dimensions: reading.dimensions(id),
        of: training.graph.layer_name(id).to_owned(),
    };
    let forward: Vec<Definition> = forward_nodes.iter().map(define).collect();
    let loss: Vec<Definition> = losses.iter().map(define).collect();
    let gradients = gradients(&training, &built, &named, &reading);
    let all = || forward.iter().chain(&loss).chain(&gradients).map(|definition| &definition.formula);
    let functions = functions::used(all(), &training.graph);
    let signs = signs::used(all());
    let symbols = symbols(network, &built, &reading);
    Ok(Formulas { forward, loss, gradients, functions, symbols, signs })
}

fn is_computed(graph: &Graph, id: NodeId) -> bool {
    !matches!(graph.op(id), Op::Input(_) | Op::Parameter(_) | Op::Mask { .. })
}

/// Calls the loss L; where it is a sum over several outputs, its terms L1, L2, … come first.
fn name_losses(training: &TrainingGraph, notation: &mut Notation) -> Vec<NodeId> {
    let mut nodes = vec![training.loss];
    let mut sum = training.loss;
    for _ in 1..training.outputs.len() {
        if let Op::Add(before, last) = training.graph.op(sum) {
            nodes.push(last);
            sum = before;
        }
    }
    if nodes.len() > 1 {
        nodes.push(sum);
    }
    notation.name(training.loss, Symbol::of(Letter::Loss));
    nodes.reverse();
    for (number, &term) in (1..).zip(&nodes) {
        notation.name(term, Symbol::indexed(Letter::Loss, number.to_string()));
    }
    nodes
}

/// Calls the gradient of a value dZ, where it stands in several formulas or would make one too long; the nodes that got
/// a name, in order, and the layers that they belong to.
fn name_gradients(training: &TrainingGraph, forward: &[NodeId], notation: &mut Notation) -> Vec<(NodeId, String)> {
    let graph = &training.graph;
    let uses = uses(training);
    let total = |values: &[usize]| {
        let of = |gradient: &NodeId| values[gradient.0];
        training.gradients.iter().flatten().map(of).fold(0, usize::saturating_add)
    };
    if total(&count_values(graph, notation, &mut |_, _, _| false)) <= MOST_VALUES_WRITTEN_OUT {
        return Vec::new();
    }
    let mut gradient_of: Vec<Option<NodeId>> = vec![None; graph.len()];
    for &value in forward {
        if let Some(gradient) = training.of_nodes.of(value) {
            gradient_of[gradient.0] = Some(value); // the last one is the closest to the loss
        }
    }
    let (mut named, mut others) = (Vec::new(), 0);
    count_values(graph, notation, &mut |notation, id, values| {
        let is_shared = uses[id.0] > 1 && values > 1;
        let symbol = match gradient_of[id.0].and_then(|value| notation.symbol(value)) {
            _ if !graph.node(id).is_backward || uses[id.0] == 0 => return false,
            Some(symbol) if is_shared || values > MOST_VALUES_IN_A_LINE => symbol.gradient(),
            None if is_shared && values > MOST_VALUES_IN_A_LINE / 2 => {
                others += 1;
                Symbol::indexed(Letter::Shared, others.to_string())
            }
            Some(_) | None => return false,
        };
        notation.name(id, symbol);
        named.push((id, graph.layer_name(gradient_of[id.0].unwrap_or(id)).to_owned()));
        true
    });
    named
}

/// How many values stand in the formula of each node, when those with symbols are not written out; `name` may give a node
/// one, and then says so.
fn count_values(
    graph: &Graph,
    notation: &mut Notation,
    name: &mut dyn FnMut(&mut Notation, NodeId, usize) -> bool,
) -> Vec<usize> {
    let mut values: Vec<usize> = Vec::with_capacity(graph.len());
    for (id, node) in graph.nodes() {
        let written = node.op.operands().map(|operand| values[operand.0]).fold(0, usize::saturating_add).max(1);
        let is_named = notation.symbol(id).is_some() || name(notation, id, written);
        values.push(if is_named { 1 } else { written });
    }
    values
}

/// In how many formulas each node stands, counting only what leads to the gradient of a parameter.
fn uses(training: &TrainingGraph) -> Vec<usize> {
    let mut uses = vec![0; training.graph.len()];
    training.gradients.iter().flatten().for_each(|gradient| uses[gradient.0] += 1);
    for (id, node) in training.graph.nodes().rev() {
        if uses[id.0] > 0 {
            node.op.operands().for_each(|operand| uses[operand.0] += 1);
        }
    }
    uses
}

/// The gradient of each parameter, those of the last layer first, each behind the named gradients that it is made of.
fn gradients(
    training: &TrainingGraph,
    built: &Built,
    named: &[(NodeId, String)],
    reading: &Reading<'_>,
) -> Vec<Definition> {
    let graph = &training.graph;
    // The last named gradient that each node is made of, itself included.
    let mut latest = vec![0; graph.len()];
    for (id, node) in graph.nodes() {
        let below = node.op.operands().map(|operand| latest[operand.0]).max().unwrap_or(0);
        latest[id.0] = if named.iter().any(|(known, _)| *known == id) { id.0 } else { below };
    }
    let mut lines: Vec<((usize, usize, usize), Definition)> = Vec::new();
    for (id, layer) in named {
        let id = *id;
        let symbol = reading.notation.symbol(id).cloned().unwrap_or_else(|| Symbol::of(Letter::Value));
        let of = layer.clone();
        let definition = Definition { symbol, formula: reading.computed(id), dimensions: reading.dimensions(id), of };
        lines.push(((id.0, 0, 0), definition));
    }
    let layer_of = |name: &str| name.rsplit_once('.').map_or(String::new(), |(layer, _)| layer.to_owned());
    let mut layer = 0;
    for (number, (&parameter, spec)) in graph.parameters().iter().zip(&built.parameters).enumerate() {
        if number > 0 && layer_of(&built.parameters[number - 1].name) != layer_of(&spec.name) {
            layer = number;
        }
        let gradient = training.gradients[number];
        let symbol = reading.notation.symbol(parameter).cloned().unwrap_or_else(|| Symbol::of(Letter::Parameter));
        let definition = Definition {
            symbol: symbol.gradient(),
            formula: gradient.map_or(Expression::number(0.0), |gradient| reading.value(gradient)),
            dimensions: reading.dimensions(parameter),
            of: spec.name.clone(),
        };
        // Layers from the last to the first, the parameters of a layer in their order.
        let after = gradient.map_or(0, |gradient| latest[gradient.0]);
        lines.push(((after, 1 + built.parameters.len() - layer, number), definition));
    }
    lines.sort_by_key(|(place, _)| *place);
    lines.into_iter().map(|(_, definition)| definition).collect()
}

/// What is handed in and what is learned.
fn symbols(network: &Network, built: &Built, reading: &Reading<'_>) -> Vec<Meaning> {
    let graph = reading.fewer;
    let mut symbols =
        vec![Meaning { symbol: Symbol::of(Letter::Rows), dimensions: None, meaning: "rows of a batch".to_owned() }];
    let names: Vec<&str> = network.inputs().map(|(name, _)| name).collect();
    let inputs = graph.inputs().iter().enumerate().map(|(number, &id)| {
        let letter = reading.notation.symbol(id).map(|symbol| symbol.letter);
        let meaning = match (names.get(number), letter) {
            (Some(name), _) if names.len() > 1 => format!("inputs `{name}`, a row each"),
            (Some(_), _) => "inputs, a row each".to_owned(),
            (None, Some(Letter::RowWeight)) => {
                "how much each row counts, by its class; the same in each column".to_owned()
            }
            (None, _) => "targets, a row each".to_owned(),
        };
        (id, meaning)
    });
    let parameters = graph.parameters().iter().zip(&built.parameters).map(|(&id, spec)| {
        let is_added_to_rows = reading.notation.symbol(id).is_some_and(|symbol| symbol.letter == Letter::Bias);
        let more = if is_added_to_rows { ", added to each row" } else { "" };
        (id, format!("{}{more}", spec.name))
    });
    let masks = graph.nodes().filter_map(|(id, node)| {
        let Op::Mask { rate, .. } = node.op else { return None };
        Some((id, format!("{}: 0 with probability {rate}, else 1/(1 − {rate})", graph.layer_name(id))))
    });
    for (id, meaning) in inputs.chain(parameters).chain(masks) {
        if let Some(symbol) = reading.notation.symbol(id).cloned() {
            symbols.push(Meaning { symbol, dimensions: Some(reading.dimensions(id)), meaning });
        }
    }
    symbols
}
