//! What single numbers of a network are called: `x[2]`, `hidden1.weights[2,1]`, `z1[1]`, `a1[1]`, `ŷ`, `y`, `L`.

use super::row::{Element, Row};
use crate::base::shape::Shape;
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::nn::network::Origin;
use crate::see::place::shown;

/// The name of the loss.
pub const LOSS: &str = "L";

/// What a value is in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An input of the network.
    Input,
    /// Learned numbers.
    Parameter,
    /// What a dense layer sums up, before its activation.
    Sum,
    /// What a layer gives to the next one.
    Activation,
    /// What the network gives.
    Output,
    /// What the output is compared with.
    Target,
    /// The loss.
    Loss,
}

/// The symbol of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Symbol {
    /// The letter and the number of the layer: `a1`.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// The layer, as the network calls it.
    pub layer: String,
    /// How its numbers are counted: the axes that its index has; none where there is one number.
    axes: Vec<usize>,
}

impl Symbol {
    /// The name of one of its numbers: `a1[2]`; indices count from 0.
    pub fn element(&self, index: usize) -> String {
        if self.axes.is_empty() {
            return self.name.clone();
        }
        self.name.clone() + &shown(&self.axes, index)
    }

    /// The sizes that the places of its index run over; empty where there is one number and no index.
    pub fn axes(&self) -> &[usize] {
        &self.axes
    }
}

/// The symbols of a network's values; what lies between them has no name of its own, as the terms of a loss.
///
/// The layers that sum up are counted from 1 in the order they are applied: z1 becomes a1, what a hidden layer gives. The
/// output is ŷ, its target y.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::explain::{row::{Element, Row}, symbols::Symbols};
/// let network = Network::new([2]).add(Dense::new(3).activation(Activation::Tanh)).add(Dense::new(1));
/// let model = Model::<f64>::new(network, 0)?;
/// let row = Row::new(&model, &[Loss::MeanSquaredError], &[1.0, 2.0], Some(&[0.0]))?;
/// let symbols = Symbols::new(&row);
/// let name = |node, index| symbols.element(Element { node, index });
/// assert_eq!(name(row.inputs[0], 1).as_deref(), Some("x[1]"));
/// assert_eq!(name(row.parameter("dense1.weights").unwrap(), 4).as_deref(), Some("dense1.weights[1,1]"));
/// assert_eq!(name(row.outputs[0], 0).as_deref(), Some("ŷ"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Symbols {
    of: Vec<Option<Symbol>>,
}

impl Symbols {
    /// Names the values of a row.
    pub fn new(row: &Row) -> Self {
        let mut symbols = Symbols { of: vec![None; row.graph.len()] };
        let letter = |letter: &str, count: usize, at: usize| match count {
            1 => letter.to_owned(),
            _ => format!("{letter}{}", at + 1),
        };
        for (at, &node) in row.outputs.iter().enumerate() {
            symbols.name(row, node, letter("ŷ", row.outputs.len(), at), Role::Output);
        }
        for (at, &node) in row.targets.iter().enumerate() {
            symbols.name(row, node, letter("y", row.targets.len(), at), Role::Target);
        }
        for (at, &node) in row.inputs.iter().enumerate() {
            symbols.name(row, node, letter("x", row.inputs.len(), at), Role::Input);
        }
        for (spec, &node) in row.parameters.iter().zip(row.graph.parameters()) {
            symbols.name(row, node, spec.name.clone(), Role::Parameter);
        }
        if let Some(loss) = row.loss {
            symbols.name(row, loss, LOSS.to_owned(), Role::Loss);
        }
        symbols.name_layers(row);
        symbols
    }

    /// Names what layers sum up and give, in the order they are applied.
    fn name_layers(&mut self, row: &Row) {
        let mut count = 0;
        for (at, (origin, &node)) in row.network.values().iter().zip(&row.of_network).enumerate() {
            let is_layer = matches!(origin, Origin::Layer(..));
            // A layer that does nothing in a prediction gives the value that it was given.
            let is_new = !row.of_network[..at].contains(&node);
            if !is_layer || !is_new || !computes(&row.graph, node) {
                continue;
            }
            match before_activation(&row.graph, node) {
                // An activation of a sum that a layer before it has made: they share a number.
                Some(z) if self.of[z.0].is_some() => {
                    let number =
                        self.of[z.0].as_ref().and_then(|symbol| symbol.name.strip_prefix('z')).map(str::to_owned);
                    let number = number.filter(|number| !self.is_taken(&format!("a{number}")));
                    let number = number.unwrap_or_else(|| {
                        count += 1;
                        count.to_string()
                    });
                    self.name(row, node, format!("a{number}"), Role::Activation);
                }
                Some(z) => {
                    count += 1;
                    self.name(row, z, format!("z{count}"), Role::Sum);
                    self.name(row, node, format!("a{count}"), Role::Activation);
                }
                None if self.of[node.0].is_some() => count += usize::from(is_sum(&row.graph, node)),
                None => {
                    count += 1;
                    let (letter, role) =
                        if is_sum(&row.graph, node) { ("z", Role::Sum) } else { ("a", Role::Activation) };
                    self.name(row, node, format!("{letter}{count}"), role);
                }
            }
        }
    }

    fn is_taken(&self, name: &str) -> bool {
        self.of.iter().flatten().any(|symbol| symbol.name == name)
    }

    /// The first name that a node is given stays.
    fn name(&mut self, row: &Row, node: NodeId, name: String, role: Role) {
        if self.of[node.0].is_none() {
            let layer = match row.parameter_name(node).and_then(|name| name.rsplit_once('.')) {
                Some((layer, _)) => layer.to_owned(),
                None => row.graph.layer_name(node).to_owned(),
            };
            self.of[node.0] = Some(Symbol { name, role, layer, axes: axes(&row.graph, node) });
        }
    }

    /// The symbol of a node, where it has one.
    pub fn symbol(&self, node: NodeId) -> Option<&Symbol> {
        self.of[node.0].as_ref()
    }

    /// The name of a number, where its node has a symbol.
    pub fn element(&self, element: Element) -> Option<String> {
        self.symbol(element.node).map(|symbol| symbol.element(element.index))
    }
}

/// Whether a layer's value is something new, not only the numbers of another one in another order.
fn computes(graph: &Graph, node: NodeId) -> bool {
    !matches!(
        graph.op(node),
        Op::Input(_) | Op::Parameter(_) | Op::Reshape(..) | Op::Concat(..) | Op::Transpose(_) | Op::Broadcast(..)
    )
}

/// The value that an activation or a softmax was applied to.
fn before_activation(graph: &Graph, node: NodeId) -> Option<NodeId> {
    match graph.op(node) {
        Op::Activate(_, z) | Op::Softmax(z) => Some(z),
        _ => None,
    }
}

/// Whether a value is a weighted sum, with a bias or without.
pub(super) fn is_sum(graph: &Graph, node: NodeId) -> bool {
    match graph.op(node) {
        Op::MatMul(..) => true,
        Op::Add(a, bias) => {
            matches!(graph.op(a), Op::MatMul(..)) && matches!(graph.op(bias), Op::Parameter(_) | Op::Broadcast(..))
        }
        _ => false,
    }
}

/// The axes of an index: those of an example; all of a matrix of weights, the last of a bias.
fn axes(graph: &Graph, node: NodeId) -> Vec<usize> {
    let shape: Shape = graph.shape(node);
    let is_matrix = matches!(graph.op(node), Op::Parameter(_))
        && graph.nodes().any(|(_, other)| matches!(other.op, Op::MatMul(_, weights) if weights == node));
    match shape.sizes() {
        sizes if is_matrix => sizes.to_vec(),
        [1, rest @ ..] if shape.elements() > 1 || matches!(graph.op(node), Op::Parameter(_)) => rest.to_vec(),
        _ if shape.elements() == 1 => Vec::new(),
        sizes => sizes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;
    use crate::nn::layers::{Add, Dense, Flatten, Softmax};
    use crate::nn::loss::Loss;
    use crate::nn::model::Model;
    use crate::nn::network::Network;

    fn names(network: Network, losses: &[Loss], targets: &[f64]) -> Vec<String> {
        let model = Model::<f64>::new(network, 0).unwrap();
        let inputs = vec![0.5; model.build(1).inputs.iter().map(|&x| model.build(1).graph.shape(x).elements()).sum()];
        let row = Row::new(&model, losses, &inputs, Some(targets)).unwrap();
        Symbols::new(&row).of.into_iter().flatten().map(|symbol| symbol.element(0)).collect()
    }

    #[test]
    fn a_stack_is_named_as_in_textbooks() {
        let network = Network::new([2, 2])
            .add(Flatten)
            .add_named("hidden1", Dense::new(3).activation(Activation::Relu))
            .add_named("output", Dense::new(2))
            .add(Softmax);
        let names = names(network, &[Loss::CategoricalCrossEntropy], &[1.0, 0.0]);
        let weights =
            ["hidden1.weights[0,0]", "hidden1.bias[0]", "z1[0]", "a1[0]", "output.weights[0,0]", "output.bias[0]"];
        assert_eq!(names, [&["x[0,0]"], &weights[..], &["z2[0]", "ŷ[0]", "y[0]", "L"]].concat());
    }

    #[test]
    fn a_layer_that_is_applied_twice_gives_two_values() {
        let mut network = Network::with_inputs(&[("x", [2].into())]);
        let x = network.input(0);
        let once = network.apply("hidden", Dense::new(2).activation(Activation::Tanh), &[x]);
        let sum = network.apply("skip", Add, &[x, once]);
        let again = network.apply_again("hidden", &[sum]).unwrap();
        network.outputs(&[again]);
        let names = names(network, &[Loss::SumOfSquares], &[1.0, 0.0]);
        let expected =
            ["x[0]", "hidden.weights[0,0]", "hidden.bias[0]", "z1[0]", "a1[0]", "a2[0]", "z3[0]", "ŷ[0]", "y[0]", "L"];
        assert_eq!(names, expected);
    }
}
