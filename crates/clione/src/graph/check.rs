//! The derived gradient against the central difference: a proof by numbers that the chain rule was applied rightly.

use super::backward::backward;
use super::op::Op;
use super::reference::evaluate;
use super::{Graph, NodeId};
use crate::base::error::{Error, Result};

/// The step of the central difference (f(x + h) - f(x - h)) / 2h.
pub const STEP: f64 = 1e-5;

/// How far the derived gradient and the central difference of a loss may be apart: 1e-6 of the largest number in the
/// gradient of the same parameter, 1e-8 for what is nearly 0, and 1e-10 of the loss, whose rounding the difference divides by
/// 2h.
///
/// ```
/// let allowed = clione::graph::check::tolerance(2.0, 0.5);
/// assert!((allowed - 2.01005e-6).abs() < 1e-12);
/// ```
pub fn tolerance(largest_gradient: f64, loss: f64) -> f64 {
    1e-6 * largest_gradient + 1e-8 + 1e-10 * loss.abs()
}

/// One number whose derived gradient and central difference are too far apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mismatch {
    /// The input or parameter.
    pub node: NodeId,
    /// The number in it, row by row.
    pub element: usize,
    /// What the chain rule gives.
    pub derived: f64,
    /// What trying it out gives.
    pub difference: f64,
}

/// What a gradient check found.
#[derive(Clone, Debug, Default)]
pub struct Check {
    /// How many numbers were compared.
    pub compared: usize,
    /// The largest |derived - difference| found.
    pub largest_error: f64,
    /// Those that differ by more than [`tolerance`] allows.
    pub mismatches: Vec<Mismatch>,
}

/// Compares the derived gradient of `loss` with central differences for every number of every node in `wanted`,
/// each an input or a parameter of the graph.
///
/// The graph must be the forward pass alone. Values are taken in f64, from the reference. Masks of dropout keep
/// what `mask` says. Fails where [`backward`] does.
///
/// ```
/// use clione::graph::{Graph, check::check};
/// let mut graph = Graph::new();
/// let w = graph.parameter([1, 2]);
/// let squares = graph.square(w);
/// let loss = graph.sum_to(squares, [1, 1]).unwrap();
/// let check = check(&graph, loss, &[w], &[], &[&[3.0, -4.0]], &|_, _| true).unwrap();
/// assert!(check.mismatches.is_empty() && check.compared == 2);
/// ```
pub fn check(
    graph: &Graph,
    loss: NodeId,
    wanted: &[NodeId],
    inputs: &[&[f64]],
    parameters: &[&[f64]],
    mask: &dyn Fn(usize, usize) -> bool,
) -> Result<Check> {
    let mut derived_graph = graph.clone();
    let gradients = backward(&mut derived_graph, loss, wanted)?;
    let values = evaluate(&derived_graph, inputs, parameters, mask);

    let mut point = Point {
        inputs: inputs.iter().map(|values| values.to_vec()).collect(),
        parameters: parameters.iter().map(|values| values.to_vec()).collect(),
    };
    let mut report = Check::default();
    for &node in wanted {
        let derived: Vec<f64> = match gradients.of(node) {
            Some(gradient) => values[gradient.0].clone(),
            None => vec![0.0; graph.shape(node).elements()],
        };
        let largest = derived.iter().fold(0.0_f64, |largest, g| largest.max(g.abs()));
        for (element, &derived) in derived.iter().enumerate() {
            let original = *point.number(graph, node, element)?;
            let mut loss_at = |value: f64| -> Result<f64> {
                *point.number(graph, node, element)? = value;
                let (inputs, parameters) = (slices(&point.inputs), slices(&point.parameters));
                Ok(evaluate(graph, &inputs, &parameters, mask)[loss.0][0])
            };
            let difference = (loss_at(original + STEP)? - loss_at(original - STEP)?) / (2.0 * STEP);
            *point.number(graph, node, element)? = original;

            let error = (derived - difference).abs();
            report.compared += 1;
            report.largest_error = report.largest_error.max(error);
            let agrees = error <= tolerance(largest, values[loss.0][0]); // false for NaN
            if !agrees {
                report.mismatches.push(Mismatch { node, element, derived, difference });
            }
        }
    }
    Ok(report)
}

/// Where the loss is looked at: a number for every element of every input and parameter.
struct Point {
    inputs: Vec<Vec<f64>>,
    parameters: Vec<Vec<f64>>,
}

impl Point {
    fn number(&mut self, graph: &Graph, node: NodeId, element: usize) -> Result<&mut f64> {
        match graph.op(node) {
            Op::Input(number) => Ok(&mut self.inputs[number][element]),
            Op::Parameter(number) => Ok(&mut self.parameters[number][element]),
            _ => Err(Error::usage(format!(
                "`{}` is computed; only inputs and parameters can be varied",
                graph.label(node)
            ))),
        }
    }
}

fn slices(values: &[Vec<f64>]) -> Vec<&[f64]> {
    values.iter().map(Vec::as_slice).collect()
}
