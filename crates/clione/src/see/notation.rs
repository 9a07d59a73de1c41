//! What formulas call each value of a network: X for what goes in, W and b for what is learned, Z, A and Ŷ for what is computed.

use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::nn::network::{Built, Network, Origin};
use std::fmt;

/// What kind of value a symbol stands for; each has its letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// X: what goes in.
    Input,
    /// Y: what should come out.
    Target,
    /// c: how much each row counts.
    RowWeight,
    /// W: weights.
    Weights,
    /// b: biases.
    Bias,
    /// Θ: learned values that are neither.
    Parameter,
    /// M: a mask of dropout.
    Mask,
    /// Z: the weighted sums of a layer.
    Sums,
    /// A: an activation of weighted sums.
    Activated,
    /// H: an activation of anything else.
    Hidden,
    /// P: probabilities inside of a network.
    Probabilities,
    /// D: what dropout leaves.
    Dropped,
    /// S: a sum of values, as residual networks have.
    Added,
    /// C: values side by side.
    Joined,
    /// F: the same numbers in another shape.
    Flat,
    /// V: any other value.
    Value,
    /// T: a part that several gradients have in common.
    Shared,
    /// Ŷ: what comes out.
    Output,
    /// L: the loss.
    Loss,
    /// n: the rows of a batch.
    Rows,
    /// A column of ones.
    Ones,
    /// B: any value, where a sign is explained.
    Any,
    /// z: what a function is applied to.
    Variable,
    /// δ: the limit of a function.
    Limit,
    /// π.
    Pi,
    /// e, the base of the exponential function.
    Euler,
}

impl Letter {
    /// The letter, without the hat of an output.
    pub fn plain(self) -> &'static str {
        match self {
            Letter::Input => "X",
            Letter::Target | Letter::Output => "Y",
            Letter::RowWeight => "c",
            Letter::Weights => "W",
            Letter::Bias => "b",
            Letter::Parameter => "Θ",
            Letter::Mask => "M",
            Letter::Sums => "Z",
            Letter::Activated => "A",
            Letter::Hidden => "H",
            Letter::Probabilities => "P",
            Letter::Dropped => "D",
            Letter::Added => "S",
            Letter::Joined => "C",
            Letter::Flat => "F",
            Letter::Value => "V",
            Letter::Shared => "T",
            Letter::Loss => "L",
            Letter::Rows => "n",
            Letter::Ones => "1",
            Letter::Any => "B",
            Letter::Variable => "z",
            Letter::Limit => "δ",
            Letter::Pi => "π",
            Letter::Euler => "e",
        }
    }
}

/// A value in a formula: `W2`, `Z1`, `dZ1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Symbol {
    /// What it stands for.
    pub letter: Letter,
    /// Which one of its kind; empty where there is one only.
    pub index: String,
    /// Whether it is the gradient of the loss with respect to that value.
    pub is_gradient: bool,
}

impl Symbol {
    /// The symbol of the only value of its kind.
    pub fn of(letter: Letter) -> Self {
        Symbol::indexed(letter, "")
    }

    /// The symbol of one of several values.
    pub fn indexed(letter: Letter, index: impl Into<String>) -> Self {
        Symbol { letter, index: index.into(), is_gradient: false }
    }

    /// The gradient of the loss with respect to it.
    pub fn gradient(&self) -> Self {
        Symbol { is_gradient: true, ..self.clone() }
    }
}

/// The length of one axis, for any number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// As many as rows in the batch.
    Rows,
    /// Always so many.
    Fixed(usize),
}

/// The lengths of all axes; displayed as `n × 4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimensions(pub Vec<Size>);

impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (axis, size) in self.0.iter().enumerate() {
            if axis > 0 {
                f.write_str(" × ")?;
            }
            match size {
                Size::Rows => f.write_str(Letter::Rows.plain())?,
                Size::Fixed(size) => write!(f, "{size}")?,
            }
        }
        Ok(())
    }
}

/// The symbol of each node of a training graph that has one.
#[derive(Clone, Debug)]
pub struct Notation {
    symbols: Vec<Option<Symbol>>,
}

impl Notation {
    /// Names the values of a network in its training graph `graph`, of which `built` is the beginning; `outputs` are those
    /// of the network.
    ///
    /// Parameters and what a layer computes have the layer's number among those that learn: W2, b2, Z2, A2. A layer that is
    /// applied several times computes Z2a, Z2b and so on with the same W2.
    ///
    /// ```
    /// use clione::prelude::*;
    /// use clione::see::notation::Notation;
    /// use clione::train::trainer::training_graph;
    /// let network = Network::new([3]).add(Dense::new(4).activation(Activation::Tanh)).add(Dense::new(1));
    /// let training = training_graph(&network, &[Loss::MeanSquaredError], 2)?;
    /// let notation = Notation::new(&network, &network.build_training(2)?, &training.graph, &training.outputs);
    /// let names: Vec<String> = training.graph.parameters().iter().filter_map(|&id| notation.symbol(id)).map(clione::see::formula::text::symbol).collect();
    /// assert_eq!(names, ["W1", "b1", "W2", "b2"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(network: &Network, built: &Built, graph: &Graph, outputs: &[NodeId]) -> Self {
        let mut naming = Naming { graph, symbols: vec![None; graph.len()], counted: Vec::new() };
        naming.inputs(built, outputs);
        naming.parameters(network, built);
        for (number, &output) in outputs.iter().enumerate() {
            naming.name(output, Symbol::indexed(Letter::Output, numbered(number, outputs.len())));
        }
        naming.values(network, built);
        naming.masks(built);
        Notation { symbols: naming.symbols }
    }

    /// What formulas call a node; none where they write out what it is computed from.
    pub fn symbol(&self, id: NodeId) -> Option<&Symbol> {
        self.symbols[id.0].as_ref()
    }

    /// Calls a node something, if it has no symbol yet.
    pub fn name(&mut self, id: NodeId, symbol: Symbol) {
        self.symbols[id.0].get_or_insert(symbol);
    }
}

struct Naming<'a> {
    graph: &'a Graph,
    symbols: Vec<Option<Symbol>>,
    /// How many values of a kind there are that no layer numbers.
    counted: Vec<(Letter, usize)>,
}

impl Naming<'_> {
    /// Names a node that has no name yet.
    fn name(&mut self, id: NodeId, symbol: Symbol) {
        self.symbols[id.0].get_or_insert(symbol);
    }

    /// Names a node as the next one of its kind.
    fn name_next(&mut self, id: NodeId, letter: Letter) {
        if self.symbols[id.0].is_some() {
            return;
        }
        let at = self.counted.iter().position(|(known, _)| *known == letter).unwrap_or_else(|| {
            self.counted.push((letter, 0));
            self.counted.len() - 1
        });
        self.counted[at].1 += 1;
        let index = self.counted[at].1.to_string();
        self.name(id, Symbol::indexed(letter, index));
    }

    /// The inputs of the network, then perhaps the weights of the rows, then the targets.
    fn inputs(&mut self, built: &Built, outputs: &[NodeId]) {
        let all = self.graph.inputs().to_vec();
        let (own, others) = all.split_at(built.inputs.len());
        let (weights, targets) = others.split_at(others.len() - outputs.len());
        for (letter, nodes) in [(Letter::Input, own), (Letter::RowWeight, weights), (Letter::Target, targets)] {
            for (number, &id) in nodes.iter().enumerate() {
                self.name(id, Symbol::indexed(letter, numbered(number, nodes.len())));
            }
        }
    }

    fn parameters(&mut self, network: &Network, built: &Built) {
        let numbers = layer_numbers(network, built);
        for (&id, spec) in self.graph.parameters().to_vec().iter().zip(&built.parameters) {
            let (layer, role) = spec.name.rsplit_once('.').unwrap_or((&spec.name, ""));
            let number = numbers.iter().find(|(name, _)| *name == layer).map_or(0, |(_, number)| *number);
            match role {
                "weights" => self.name(id, Symbol::indexed(Letter::Weights, number.to_string())),
                "bias" => self.name(id, Symbol::indexed(Letter::Bias, number.to_string())),
                _ => self.name_next(id, Letter::Parameter),
            }
        }
    }

    /// What the layers compute, in the order in which they are applied.
    fn values(&mut self, network: &Network, built: &Built) {
        let numbers = layer_numbers(network, built);
        for (position, (origin, &node)) in network.values().iter().zip(&built.values).enumerate() {
            let Origin::Layer(layer, _) = origin else { continue };
            let name = network.layers()[*layer].name.as_str();
            let Some((_, number)) = numbers.iter().find(|(known, _)| *known == name) else {
                self.name_of_plain_layer(node);
                continue;
            };
            let uses = |origins: &[Origin]| {
                origins.iter().filter(|origin| matches!(origin, Origin::Layer(other, _) if other == layer)).count()
            };
            let index = match uses(network.values()) {
                1 => number.to_string(),
                _ => format!("{number}{}", lettered(uses(&network.values()[..position]))),
            };
            if let Op::Activate(_, sums) = self.graph.op(node) {
                self.name(sums, Symbol::indexed(Letter::Sums, index.clone()));
                self.name(node, Symbol::indexed(Letter::Activated, index));
            } else {
                self.name(node, Symbol::indexed(Letter::Sums, index));
            }
        }
    }

    /// What a layer computes that learns nothing.
    fn name_of_plain_layer(&mut self, node: NodeId) {
        let is_mask = |id: NodeId| matches!(self.graph.op(id), Op::Mask { .. });
        let letter = match self.graph.op(node) {
            Op::Activate(_, x) => {
                let sums = self.symbols[x.0].clone().filter(|symbol| symbol.letter == Letter::Sums);
                let activated = sums.map(|sums| Symbol { letter: Letter::Activated, ..sums });
                match activated.filter(|symbol| !self.symbols.contains(&Some(symbol.clone()))) {
                    Some(symbol) => return self.name(node, symbol),
                    None => Letter::Hidden,
                }
            }
            Op::Softmax(_) => Letter::Probabilities,
            Op::Mul(a, b) if is_mask(a) || is_mask(b) => Letter::Dropped,
            Op::Add(..) => Letter::Added,
            Op::Concat(..) => Letter::Joined,
            Op::Reshape(..) => Letter::Flat,
            Op::Input(_)
            | Op::Parameter(_)
            | Op::Constant(..)
            | Op::Mask { .. }
            | Op::MatMul(..)
            | Op::Transpose(_)
            | Op::Sub(..)
            | Op::Mul(..)
            | Op::Scale(..)
            | Op::Square(_)
            | Op::Abs(_)
            | Op::Sign(_)
            | Op::Huber(..)
            | Op::Clamp(..)
            | Op::Within(..)
            | Op::Slope(..)
            | Op::SoftmaxCrossEntropy(..)
            | Op::SigmoidCrossEntropy(..)
            | Op::SumTo(..)
            | Op::Broadcast(..)
            | Op::Slice { .. }
            | Op::Pad { .. } => Letter::Value,
        };
        self.name_next(node, letter);
    }

    /// The masks of dropout that are used.
    fn masks(&mut self, built: &Built) {
        for (id, node) in built.graph.nodes() {
            let is_used = || built.graph.nodes().any(|(_, other)| other.op.operands().any(|operand| operand == id));
            if matches!(node.op, Op::Mask { .. }) && is_used() {
                self.name_next(id, Letter::Mask);
            }
        }
    }
}

/// The layers that learn, numbered in the order in which they are first applied.
fn layer_numbers<'a>(network: &'a Network, built: &Built) -> Vec<(&'a str, usize)> {
    let mut numbers: Vec<(&str, usize)> = Vec::new();
    for origin in network.values() {
        let Origin::Layer(layer, _) = origin else { continue };
        let name = network.layers()[*layer].name.as_str();
        let learns = built.parameters.iter().any(|spec| spec.name.rsplit_once('.').is_some_and(|(of, _)| of == name));
        if learns && !numbers.iter().any(|(known, _)| *known == name) {
            numbers.push((name, numbers.len() + 1));
        }
    }
    numbers
}

/// 1, 2, … where there are several, nothing where there is one.
fn numbered(number: usize, count: usize) -> String {
    if count == 1 { String::new() } else { (number + 1).to_string() }
}

/// a, b, …, z, za, zb, …
fn lettered(number: usize) -> String {
    let letter = char::from(b'a' + (number % 26) as u8);
    "z".repeat(number / 26) + &letter.to_string()
}
