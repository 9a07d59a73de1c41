//! What to compute: a network, its loss and its gradients as one list of whole operations.

pub mod activation;
pub mod backward;
pub mod build;
pub mod check;
pub mod formula;
mod known;
pub mod op;
pub mod reference;
pub mod vjp;

use crate::base::shape::Shape;
use known::KnownOperations;
use op::Op;
use std::collections::HashMap;

/// The position of a [`Node`] in its [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// One operation of a graph, the shape of its result, and the layer that asked for it.
#[derive(Clone, Debug)]
pub struct Node {
    /// What is computed, from which earlier nodes.
    pub op: Op,
    /// The shape of the result.
    pub shape: Shape,
    /// Which layer made this node: an index for [`Graph::layer_name`].
    layer: usize,
    /// Whether the node belongs to the backward pass.
    pub is_backward: bool,
}

/// A list of nodes, each built from earlier ones, so the list is its own topological order.
///
/// A node that exists already is found again instead of being computed twice.
///
/// ```
/// use clione::graph::Graph;
/// let mut graph = Graph::new();
/// let x = graph.input([2, 3]);
/// let w = graph.parameter([3, 4]);
/// let y = graph.matmul(x, w).unwrap();
/// assert_eq!(graph.shape(y).to_string(), "2x4");
/// assert!(graph.matmul(w, x).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Graph {
    nodes: Vec<Node>,
    known: KnownOperations,
    layers: Vec<String>,
    layer_numbers: HashMap<String, usize>,
    current_layer: usize,
    building_backward: bool,
    inputs: Vec<NodeId>,
    parameters: Vec<NodeId>,
}

/// What the layer of nodes is called that no layer made.
const NO_LAYER: &str = "network";

impl Default for Graph {
    fn default() -> Self {
        Graph::new()
    }
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Graph {
            nodes: Vec::new(),
            known: KnownOperations::default(),
            layers: vec![NO_LAYER.to_owned()],
            layer_numbers: HashMap::from([(NO_LAYER.to_owned(), 0)]),
            current_layer: 0,
            building_backward: false,
            inputs: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node yet.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every node with its id, each after the nodes it is computed from.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> + ExactSizeIterator {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index), node))
    }

    /// The node with this id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// The operation that computes this node.
    pub fn op(&self, id: NodeId) -> Op {
        self.nodes[id.0].op
    }

    /// The shape of this node's value.
    pub fn shape(&self, id: NodeId) -> Shape {
        self.nodes[id.0].shape
    }

    /// The values that are handed in for each run, in the order of their numbers.
    pub fn inputs(&self) -> &[NodeId] {
        &self.inputs
    }

    /// The values that are learned, in the order of their numbers.
    pub fn parameters(&self) -> &[NodeId] {
        &self.parameters
    }

    /// The name of the layer that made this node (`network` where no layer did).
    pub fn layer_name(&self, id: NodeId) -> &str {
        &self.layers[self.nodes[id.0].layer]
    }

    /// Layer and operation, as errors, plans and pictures speak of a node: `hidden1/matmul`.
    pub fn label(&self, id: NodeId) -> String {
        let node = self.node(id);
        let pass = if node.is_backward { "/backward" } else { "" };
        format!("{}/{}{pass}", self.layers[node.layer], node.op.name())
    }

    /// Nodes that are appended from now on belong to the layer of this name.
    pub fn enter_layer(&mut self, name: &str) {
        self.current_layer = match self.layer_numbers.get(name) {
            Some(&index) => index,
            None => {
                self.layers.push(name.to_owned());
                self.layer_numbers.insert(name.to_owned(), self.layers.len() - 1);
                self.layers.len() - 1
            }
        };
    }

    /// Nodes that are appended from now on belong to the backward pass of the layer that made `node`.
    fn enter_backward_of(&mut self, node: NodeId) {
        self.building_backward = true;
        self.current_layer = self.nodes[node.0].layer;
    }

    /// Nodes that are appended from now on belong to the forward pass of no layer again.
    fn leave_backward(&mut self) {
        self.building_backward = false;
        self.current_layer = 0;
    }
}
