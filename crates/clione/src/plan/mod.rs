//! How to compute a graph: its steps in order, fused, and a place in memory for every value.

pub mod explain;
mod fuse;
mod lifetime;
mod occupancy;
mod place;
pub(crate) mod prune;
pub mod step;

use crate::base::shape::Shape;
use crate::graph::{Graph, NodeId};
use step::Step;

/// Which memory a value lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// The executor's own memory: inputs, values on the way, outputs.
    Arena,
    /// The parameters, one after another in the order of the graph.
    Parameters,
    /// The gradients, laid out like the parameters.
    Gradients,
}

/// Where a value begins: a memory and an offset in it, counted in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The memory.
    pub space: Space,
    /// The first number.
    pub offset: usize,
}

/// What a plan is to compute.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Values to be read after a run: the loss, predictions.
    pub outputs: Vec<NodeId>,
    /// For each parameter of the graph the node with its gradient, if the loss depends on it; empty for a plan that
    /// computes no gradients.
    pub gradients: Vec<Option<NodeId>>,
}

/// The steps that compute what was requested, in order, and a place for every value.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What to do, one after another.
    pub steps: Vec<Step<Place>>,
    /// What each step is called: the label of the last node it computes.
    pub labels: Vec<String>,
    /// How many numbers the arena holds.
    pub arena_length: usize,
    /// How many numbers there are in all parameters.
    pub parameters_length: usize,
    /// How many numbers of gradients are written: all of them or none.
    pub gradients_length: usize,
    /// Where each input of the graph is expected, and its shape.
    pub inputs: Vec<(Place, Shape)>,
    /// Where each requested output is found, and its shape.
    pub outputs: Vec<(Place, Shape)>,
    /// The lifetimes of the values in the arena: what `explain` tells about memory.
    pub buffers: Vec<Buffer>,
}

/// A value in the arena: when it lives and where.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// The label of the node.
    pub label: String,
    /// The first number in the arena.
    pub offset: usize,
    /// How many numbers.
    pub length: usize,
    /// The step that writes it first; none for inputs.
    pub first_step: Option<usize>,
    /// The last step that uses it; none when it is still there after the last.
    pub last_step: Option<usize>,
}

/// Places in the arena begin at multiples of this many numbers, so that vectors are aligned.
const ALIGNMENT: usize = 16;

impl Plan {
    /// Plans how to compute what is requested of `graph`: drops what is not needed, fuses what can run together, and
    /// gives values that do not live at the same time the same place.
    ///
    /// ```
    /// use clione::graph::{Graph, activation::Activation};
    /// use clione::plan::{Plan, Request};
    /// let mut graph = Graph::new();
    /// let (x, w, b) = (graph.input([2, 3]), graph.parameter([3, 4]), graph.parameter([1, 4]));
    /// let product = graph.matmul(x, w).unwrap();
    /// let sum = graph.add_bias(product, b).unwrap();
    /// let y = graph.activate(Activation::Relu, sum);
    /// let plan = Plan::new(&graph, &Request { outputs: vec![y], ..Request::default() });
    /// assert_eq!(plan.steps.len(), 1); // product, bias and activation in one step
    /// ```
    pub fn new(graph: &Graph, request: &Request) -> Plan {
        let needed = prune::needed(graph, request);
        let steps = fuse::fuse(graph, request, &needed);
        let lifetimes = lifetime::lifetimes(graph, request, &steps);
        place::place(graph, request, steps, lifetimes)
    }
}

/// The first number of each parameter of `graph` when they lie one after another, and the length of all.
pub fn parameter_offsets(graph: &Graph) -> (Vec<usize>, usize) {
    let mut length = 0;
    let offsets = graph
        .parameters()
        .iter()
        .map(|&parameter| {
            let offset = length;
            length += graph.shape(parameter).elements();
            offset
        })
        .collect();
    (offsets, length)
}
