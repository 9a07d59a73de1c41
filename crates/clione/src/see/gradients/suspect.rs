//! Where a wrong gradient comes from: the first value on the way back from the loss whose gradient is wrong.

use super::{SMALLER_STEPS, chosen};
use crate::graph::NodeId;
use crate::graph::check::{STEP, tolerance};
use crate::graph::op::Op;
use crate::graph::reference::evaluate_again;
use crate::nn::parameters::ParameterSpec;
use crate::train::trainer::TrainingGraph;

/// How many numbers of each value are tried.
const TRIED: usize = 6;

/// A value whose gradient is wrong, while the gradients of all that is computed from it are right.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// The value: layer and operation, or the name of a parameter.
    pub value: String,
    /// The operations that it goes into: the chain rule of one of them gives a wrong answer.
    pub operations: Vec<String>,
    /// The operation of the backward pass that computes the gradient.
    pub computed_by: String,
}

/// Walks back from the loss; `values` holds the value of every node and is left as it is.
pub(super) fn find(
    training: &TrainingGraph,
    specs: &[ParameterSpec],
    values: &mut [Vec<f64>],
    seed: u64,
) -> Option<Suspect> {
    let graph = &training.graph;
    for id in (0..training.loss.0).rev().map(NodeId) {
        let parameter = graph.parameters().iter().position(|&parameter| parameter == id);
        let gradient = match parameter {
            Some(number) => training.gradients[number],
            None => training.of_nodes.of(id),
        };
        let Some(gradient) = gradient else { continue };
        if is_right(training, id, gradient, values, seed) {
            continue;
        }
        let consumers = graph.nodes().take(training.loss.0 + 1);
        let consumers = consumers.filter(|(_, node)| node.op.operands().any(|operand| operand == id));
        return Some(Suspect {
            value: parameter.map_or_else(|| graph.label(id), |number| specs[number].name.clone()),
            operations: consumers.map(|(consumer, _)| graph.label(consumer)).collect(),
            computed_by: graph.label(gradient),
        });
    }
    None
}

/// Whether the gradient of a value agrees with central differences, wherever a step is small enough to miss all kinks.
fn is_right(training: &TrainingGraph, id: NodeId, gradient: NodeId, values: &mut [Vec<f64>], seed: u64) -> bool {
    if matches!(training.graph.op(id), Op::Constant(..) | Op::Mask { .. }) {
        return true;
    }
    let derived = values[gradient.0].clone();
    let largest = derived.iter().fold(0.0_f64, |largest, g| largest.max(g.abs()));
    let allowed = tolerance(largest, values[training.loss.0][0]);
    chosen(&derived, TRIED, seed, id.0).into_iter().all(|element| {
        let original = values[id.0][element];
        let mut loss_at = |value: f64| {
            values[id.0][element] = value;
            let before = evaluate_again(&training.graph, values, id, training.loss);
            let loss = values[training.loss.0][0];
            before.into_iter().for_each(|(node, value)| values[node.0] = value);
            values[id.0][element] = original;
            loss
        };
        let mut agrees = |step: f64| {
            let difference = (loss_at(original + step) - loss_at(original - step)) / (2.0 * step);
            (difference - derived[element]).abs() <= allowed
        };
        agrees(STEP) || SMALLER_STEPS.iter().any(|&step| agrees(step))
    })
}
