//! A network: named layers applied to inputs and to each other's outputs.

use super::layers::{Layer, LearnedValues, Scope, layer};
use super::name;
use super::parameters::ParameterSpec;
use super::settings::Settings;
use super::size::MOST_NUMBERS;
use crate::base::error::{Error, Result};
use crate::base::shape::{MAX_RANK, Shape};
use crate::graph::{Graph, NodeId};
use std::collections::HashMap;
use std::sync::Arc;

/// A value in a network: one of its inputs, or the output of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value(usize);

impl Value {
    /// Its position in [`Network::values`].
    pub fn position(self) -> usize {
        self.0
    }
}

/// Where a [`Value`] comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// An input of the network: its name and the shape of one example.
    Input(String, Shape),
    /// A layer, by number, applied to values.
    Layer(usize, Vec<Value>),
}

/// A layer and its name.
#[derive(Clone, Debug)]
pub struct NamedLayer {
    /// What errors, summaries and parameters call it.
    pub name: String,
    /// What it does.
    pub layer: Arc<dyn Layer>,
}

/// Layers applied to inputs and to each other's outputs; which numbers they learn is decided when it is built.
///
/// A plain stack is written with [`Network::new`] and [`Network::add`]; [`Network::with_inputs`], [`Network::apply`] and
/// [`Network::outputs`] make any other: several inputs and outputs, residuals, a layer used twice.
///
/// ```
/// use clione::prelude::*;
/// let stack = Network::new([4]).add(Dense::new(8).activation(Activation::Tanh)).add(Dense::new(3)).add(Softmax);
/// assert_eq!(stack.build(1).unwrap().graph.parameters().len(), 4); // two weights, two biases
///
/// let mut residual = Network::with_inputs(&[("x", [8].into())]);
/// let x = residual.input(0);
/// let h = residual.apply("hidden", Dense::new(8).activation(Activation::Tanh), &[x]);
/// let sum = residual.apply("skip", Add, &[x, h]);
/// let again = residual.apply_again("hidden", &[sum]).unwrap(); // the same weights once more
/// residual.outputs(&[again]);
/// assert_eq!(residual.build(1).unwrap().graph.parameters().len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    layers: Vec<NamedLayer>,
    /// The number of each layer by its name.
    numbers: HashMap<String, usize>,
    values: Vec<Origin>,
    outputs: Vec<Value>,
}

/// A network as a graph for one number of rows.
#[derive(Clone, Debug)]
pub struct Built {
    /// Everything that is computed.
    pub graph: Graph,
    /// The node of each input.
    pub inputs: Vec<NodeId>,
    /// The node of each output.
    pub outputs: Vec<NodeId>,
    /// Each parameter of the graph: its name, shape and how it begins.
    pub parameters: Vec<ParameterSpec>,
    /// The node of each value of the network: inputs and layer outputs, in the order they were applied.
    pub values: Vec<NodeId>,
}

impl Network {
    /// A stack whose one input has examples of this shape, without the number of rows.
    pub fn new(example: impl Into<Shape>) -> Self {
        Network::with_inputs(&[("input", example.into())])
    }

    /// A network with these inputs: for each its name and the shape of one example.
    pub fn with_inputs(inputs: &[(&str, Shape)]) -> Self {
        let values: Vec<Origin> =
            inputs.iter().map(|(name, shape)| Origin::Input((*name).to_owned(), *shape)).collect();
        let outputs = values.len().checked_sub(1).map(Value).into_iter().collect();
        Network { layers: Vec::new(), numbers: HashMap::new(), values, outputs }
    }

    /// The input of this number; panics when there are fewer.
    pub fn input(&self, number: usize) -> Value {
        assert!(number < self.inputs().count(), "the network has {} inputs", self.inputs().count());
        Value(number)
    }

    /// Puts a layer on top of the last one; it is called after its kind: `dense1`, `dense2`, `softmax1`.
    #[expect(clippy::should_implement_trait, reason = "a stack grows by adding layers; nothing is summed")]
    pub fn add(self, layer: impl Layer + 'static) -> Self {
        let same = self.layers.iter().filter(|known| known.layer.kind() == layer.kind()).count();
        let name = format!("{}{}", layer.kind(), same + 1);
        self.add_named(&name, layer)
    }

    /// Puts a layer of this name on top of the last one; which names there can be, [`name::check`] says.
    pub fn add_named(mut self, name: &str, layer: impl Layer + 'static) -> Self {
        let below = self.outputs.clone();
        let value = self.apply(name, layer, &below);
        self.outputs = vec![value];
        self
    }

    /// Applies a new layer to values of this network; its output becomes the output of the network until
    /// [`Network::outputs`] says otherwise. Panics when the name is taken; one that [no layer can have](super::name::check) is
    /// refused when the network is built.
    pub fn apply(&mut self, name: &str, layer: impl Layer + 'static, inputs: &[Value]) -> Value {
        assert!(self.layer_number(name).is_none(), "the network has a layer `{name}` already");
        self.push(name, Arc::new(layer));
        self.apply_number(self.layers.len() - 1, inputs)
    }

    /// Applies a layer that is there already to other values: both uses share its parameters.
    /// Fails when there is no layer of this name.
    pub fn apply_again(&mut self, name: &str, inputs: &[Value]) -> Result<Value> {
        match self.layer_number(name) {
            Some(number) => Ok(self.apply_number(number, inputs)),
            None => Err(Error::usage(format!("the network has no layer `{name}` to apply again"))),
        }
    }

    /// Says which values the network gives.
    pub fn outputs(&mut self, outputs: &[Value]) {
        self.outputs = outputs.to_vec();
    }

    /// The layers in the order they were first applied.
    pub fn layers(&self) -> &[NamedLayer] {
        &self.layers
    }

    /// Every value and where it comes from: the inputs first.
    pub fn values(&self) -> &[Origin] {
        &self.values
    }

    /// The positions in [`Network::values`] of what the network gives.
    pub fn output_positions(&self) -> impl Iterator<Item = usize> {
        self.outputs.iter().map(|value| value.0)
    }

    /// Whether it is a plain stack: one input, each layer applied once and to the value right before it alone, and the last
    /// one giving the output.
    pub fn is_stack(&self) -> bool {
        let is_next = |(at, origin): (usize, &Origin)| match origin {
            Origin::Input(..) => at == 0,
            Origin::Layer(number, from) => number + 1 == at && *from == [Value(at - 1)],
        };
        self.values.iter().enumerate().all(is_next) && self.output_positions().eq([self.values.len() - 1])
    }

    /// The name and the shape of one example of each input.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, Shape)> {
        self.values.iter().filter_map(|origin| match origin {
            Origin::Input(name, shape) => Some((name.as_str(), *shape)),
            Origin::Layer(..) => None,
        })
    }

    /// A network from its plain description, as a model file stores it: inputs, layers by name, kind and settings,
    /// which layer each value comes from, and which values are outputs.
    ///
    /// Fails when a kind or a setting is unknown, a name is taken, or a value refers to something that does not come before it.
    pub fn from_parts(
        inputs: &[(String, Shape)],
        layers: &[(String, String, Settings)],
        applied: &[(usize, Vec<usize>)],
        outputs: &[usize],
    ) -> Result<Self> {
        let mut network = Network {
            layers: Vec::new(),
            numbers: HashMap::new(),
            values: inputs.iter().map(|(name, shape)| Origin::Input(name.clone(), *shape)).collect(),
            outputs: Vec::new(),
        };
        for (name, kind, settings) in layers {
            if network.layer_number(name).is_some() {
                return Err(Error::usage(format!("the network has two layers `{name}`")));
            }
            network.push(name, Arc::from(layer(kind, settings)?));
        }
        for (number, from) in applied {
            if *number >= layers.len() || from.iter().any(|&value| value >= network.values.len()) {
                return Err(Error::usage("a layer of the network is applied to a value that does not come before it"));
            }
            network.apply_number(*number, &from.iter().map(|&value| Value(value)).collect::<Vec<_>>());
        }
        if outputs.is_empty() || outputs.iter().any(|&value| value >= network.values.len()) {
            return Err(Error::usage("the network has no output, or one that does not exist"));
        }
        network.outputs = outputs.iter().map(|&value| Value(value)).collect();
        Ok(network)
    }

    /// The graph that predicts `rows` rows at once. Fails when layers do not fit each other.
    pub fn build(&self, rows: usize) -> Result<Built> {
        self.build_for(rows, false)
    }

    /// The graph that trains on `rows` rows at once: as [`Network::build`], but dropout leaves numbers out.
    pub fn build_training(&self, rows: usize) -> Result<Built> {
        self.build_for(rows, true)
    }

    fn build_for(&self, rows: usize, is_training: bool) -> Result<Built> {
        let mut graph = Graph::new();
        let mut parameters = LearnedValues::default();
        let mut masks = 0;
        let mut nodes: Vec<NodeId> = Vec::with_capacity(self.values.len());
        for origin in &self.values {
            let (nodes_before, learned_before) = (graph.len(), parameters.specs.len());
            let node = match origin {
                Origin::Input(name, example) => {
                    name::check("input", name)?;
                    graph.enter_layer(name);
                    if example.rank() == MAX_RANK {
                        return Err(Error::usage(format!(
                            "input `{name}`: an example of {example} and the rows of a batch are more than {MAX_RANK} axes"
                        )));
                    }
                    let sizes: Vec<usize> = std::iter::once(rows).chain(example.sizes().iter().copied()).collect();
                    graph.input(Shape::new(&sizes))
                }
                Origin::Layer(number, from) => {
                    let NamedLayer { name, layer } = &self.layers[*number];
                    name::check("layer", name)?;
                    let inputs: Vec<NodeId> = from.iter().map(|value| nodes[value.0]).collect();
                    graph.enter_layer(name);
                    let mut scope = Scope {
                        graph: &mut graph,
                        layer: name,
                        parameters: &mut parameters,
                        is_training,
                        masks: &mut masks,
                    };
                    layer.build(&mut scope, &inputs)?
                }
            };
            check_parts(&graph, nodes_before, &parameters.specs[learned_before..])?;
            nodes.push(node);
        }
        Ok(Built {
            inputs: graph.inputs().to_vec(),
            outputs: self.outputs.iter().map(|value| nodes[value.0]).collect(),
            parameters: parameters.specs,
            values: nodes,
            graph,
        })
    }

    fn layer_number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    fn push(&mut self, name: &str, layer: Arc<dyn Layer>) {
        self.numbers.insert(name.to_owned(), self.layers.len());
        self.layers.push(NamedLayer { name: name.to_owned(), layer });
    }

    fn apply_number(&mut self, number: usize, inputs: &[Value]) -> Value {
        self.values.push(Origin::Layer(number, inputs.to_vec()));
        let value = Value(self.values.len() - 1);
        self.outputs = vec![value];
        value
    }
}

/// Fails where a value from this node on, or what is learned up to the last of these parameters, has more numbers than have
/// an address, and where one of these parameters has a role with a name that it cannot have.
fn check_parts(graph: &Graph, from: usize, learned: &[ParameterSpec]) -> Result<()> {
    let nodes = &graph.parameters()[graph.parameters().len() - learned.len()..];
    for (node, spec) in nodes.iter().zip(learned) {
        name::check("parameter", spec.name.strip_prefix(graph.layer_name(*node)).map_or("", |role| &role[1..]))?;
    }
    let refused = |node: NodeId, what: String| {
        let layer = graph.layer_name(node);
        Err(Error::usage(format!("layer `{layer}`: {what}, more than any machine can hold")))
    };
    let is_too_large = |&node: &NodeId| graph.shape(node).elements() > MOST_NUMBERS;
    if let Some(node) = (from..graph.len()).map(NodeId).find(is_too_large) {
        return refused(node, format!("a value of {} numbers", graph.shape(node)));
    }
    match nodes.last().zip(learned.last()) {
        Some((node, last)) if last.range().end > MOST_NUMBERS => {
            refused(*node, format!("all parameters up to `{}`", last.name))
        }
        _ => Ok(()),
    }
}
