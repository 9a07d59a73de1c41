//! What the values of a network are called in Python: after their layers, or numbered as in the article where layers are a stack.

use super::library;
use super::writer::quoted;
use crate::graph::NodeId;
use crate::graph::op::Op;
use crate::nn::network::{Built, Network, Origin};
use crate::nn::parameters::ParameterSpec;
use std::collections::{BTreeMap, BTreeSet};

/// Words that mean something in every line: keywords of Python's reference (2.3.1), its soft keywords (2.3.2), the one other
/// name that nothing can be assigned to, and what the source is made of.
#[rustfmt::skip]
const KEPT: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
    "match", "case", "type", "_",
    "__debug__",
    "np", "math", "len",
];

/// Words that mean something else in the lines of a network.
#[rustfmt::skip]
const KEPT_IN_NETWORKS: &[&str] = &[
    "self", "x", "y", "weights", "place", "rate", "loss", "backprop", "feedforward", "update", "parameters", "steps", "means",
    "squares", "velocities", "gradients",
];

/// Words that mean something else in the lines of formulas: their own, and functions that Python has everywhere.
#[rustfmt::skip]
const KEPT_IN_FORMULAS: &[&str] = &[
    "row", "abs", "all", "any", "bool", "bytes", "dict", "divmod", "enumerate", "eval", "exec", "filter", "float", "format",
    "getattr", "hash", "id", "input", "int", "isinstance", "iter", "list", "map", "max", "min", "next", "object", "open", "ord",
    "pow", "print", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted", "str", "sum", "super", "tuple",
    "vars", "zip",
];

/// The names of nodes.
pub(super) struct Names {
    by_node: BTreeMap<NodeId, String>,
    taken: BTreeSet<String>,
}

impl Names {
    /// Names for the parameters, the inputs and outputs of layers, the sums in front of activations, and dropout's masks.
    pub(super) fn of(network: &Network, built: &Built) -> Names {
        let mut names = Names { by_node: BTreeMap::new(), taken: taken(KEPT_IN_NETWORKS) };
        let graph = &built.graph;
        for (number, &input) in built.inputs.iter().enumerate() {
            let name = if number == 0 { "x".to_owned() } else { format!("x{}", number + 1) };
            names.by_node.insert(input, name);
        }
        let is_stack = network.is_stack();
        let mut layers: Vec<&str> = Vec::new();
        for (spec, &node) in built.parameters.iter().zip(graph.parameters()) {
            let (layer, role) = spec.name.rsplit_once('.').unwrap_or(("", &spec.name));
            if layers.last() != Some(&layer) {
                layers.push(layer);
            }
            let name = if is_stack { format!("{role}{}", layers.len()) } else { format!("{layer}_{role}") };
            names.add(node, &name);
        }
        for (&output, number) in built.outputs.iter().zip(1..) {
            names.add(output, &if number == 1 { "output".to_owned() } else { format!("output{number}") });
        }
        for (origin, &node) in network.values().iter().zip(&built.values) {
            let Origin::Layer(number, _) = origin else { continue };
            let layer = network.layers()[*number].name.as_str();
            // A layer that learns has a sum before its activation.
            let place = layers.iter().position(|known| *known == layer);
            let (sum, value) = match place.filter(|_| is_stack) {
                Some(place) => (format!("z{}", place + 1), format!("layer{}", place + 1)),
                None => (format!("{layer}_z"), layer.to_owned()),
            };
            match graph.op(node) {
                Op::Activate(_, z) => {
                    if place.is_some() {
                        names.add(z, &sum);
                    }
                    names.add(node, &value);
                }
                _ => names.add(node, if place.is_some() { &sum } else { &value }),
            }
        }
        for (id, node) in graph.nodes() {
            if let Op::Mask { number, .. } = node.op {
                names.add(id, &format!("mask{}", number + 1));
            }
        }
        names
    }

    /// Gives a node a name, or one like it that is free; a node that has one keeps it.
    pub(super) fn add(&mut self, node: NodeId, name: &str) {
        if self.by_node.contains_key(&node) {
            return;
        }
        self.by_node.insert(node, free(name, &mut self.taken));
    }

    /// The name of a node, where it has one.
    pub(super) fn of_node(&self, node: NodeId) -> Option<&str> {
        self.by_node.get(&node).map(String::as_str)
    }
}

/// The names of variables in formulas, each given once.
pub(super) struct Variables {
    taken: BTreeSet<String>,
}

impl Variables {
    pub(super) fn new() -> Variables {
        Variables { taken: taken(KEPT_IN_FORMULAS) }
    }

    /// A name like that of a column that was not given yet.
    pub(super) fn give(&mut self, column: &str) -> String {
        free(column, &mut self.taken)
    }
}

/// The names that nothing can be given.
fn taken(more: &[&'static str]) -> BTreeSet<String> {
    KEPT.iter().chain(more).copied().chain(library::names()).map(str::to_owned).collect()
}

/// A name like this one that is free, which is taken then.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = identifier(name);
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}

/// A name as Python allows it.
fn identifier(name: &str) -> String {
    let name: String = name.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' }).collect();
    if name.starts_with(|sign: char| sign.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The names of parameters in a model's file, as texts of Python.
pub(super) fn names_in_file(specs: &[ParameterSpec]) -> Vec<String> {
    specs.iter().map(|spec| quoted(&spec.name)).collect()
}
