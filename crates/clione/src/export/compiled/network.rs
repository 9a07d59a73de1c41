//! The graph of a prediction as loops over arrays: what a source file in any language does with its inputs.

use super::names::Names;
use crate::base::error::{Error, Result};
use crate::graph::activation::Activation;
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::nn::network::{Built, Network};

/// Numbers that loops read and write; a place in [`Loops::arrays`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Array(pub usize);

/// Weights or a bias; a place in [`Loops::parameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameter(pub usize);

/// What stands at place j of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Element(Array),
    Parameter(Parameter),
    Sum(Box<[Value; 2]>),
    Activation(Activation, Box<Value>),
}

/// One loop.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Loop {
    /// to\[j\] = from\[0\] w\[0\]\[j\] + from\[1\] w\[1\]\[j\] + ..., added up in this order.
    Product { from: Array, weights: Parameter, to: Array },
    /// to\[j\] = value
    Each { value: Value, to: Array },
    /// to = softmax of from
    Softmax { from: Array, to: Array },
    /// to\[start + j\] = from\[j\]
    Copy { from: Array, to: Array, start: usize },
}

/// The loops of one layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layer {
    pub name: String,
    /// Arrays that begin here.
    pub begins: Vec<Array>,
    pub loops: Vec<Loop>,
}

/// Learned numbers: as many rows as inputs, or one row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Learned {
    pub name: String,
    pub rows: usize,
    pub columns: usize,
    /// Where they lie among the parameters of the model.
    pub offset: usize,
    pub is_matrix: bool,
}

/// A network as loops.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Loops {
    /// Name and number of elements of each array; the first is the input.
    pub arrays: Vec<(String, usize)>,
    pub parameters: Vec<Learned>,
    pub layers: Vec<Layer>,
    /// The array that holds the result.
    pub output: Array,
}

impl Loops {
    /// The loops that compute the first output of a network for one row.
    ///
    /// Fails when a layer does something else than multiply, add, join, or apply an activation or softmax.
    pub(super) fn of(network: &Network) -> Result<Loops> {
        let built = network.build(1)?;
        Reader::new(&built).read()
    }

    /// How many numbers the arrays have in all.
    pub(super) fn memory(&self) -> usize {
        self.arrays.iter().map(|(_, count)| count).sum()
    }
}

/// What a node of the graph has become.
#[derive(Clone, Debug)]
enum Became {
    Nothing,
    Array(Array),
    Parameter(Parameter),
    /// It is worked out where its only reader needs it.
    Value(Value),
}

struct Reader<'a> {
    built: &'a Built,
    graph: &'a Graph,
    output: NodeId,
    /// How many nodes read each node; the output is read by whoever asks.
    readers: Vec<Vec<NodeId>>,
    became: Vec<Became>,
    names: Names,
    loops: Loops,
}

impl<'a> Reader<'a> {
    fn new(built: &'a Built) -> Self {
        let (graph, output) = (&built.graph, built.outputs[0]);
        let mut is_needed = vec![false; graph.len()];
        let mut readers = vec![Vec::new(); graph.len()];
        is_needed[output.0] = true;
        for (id, node) in graph.nodes().rev() {
            if is_needed[id.0] {
                for operand in node.op.operands() {
                    is_needed[operand.0] = true;
                    readers[operand.0].push(id);
                }
            }
        }
        let loops = Loops { arrays: Vec::new(), parameters: Vec::new(), layers: Vec::new(), output: Array(0) };
        let became = vec![Became::Nothing; graph.len()];
        let mut names = Names::default();
        ["input", "j", "k", "result"].into_iter().for_each(|name| names.take(name));
        Reader { built, graph, output, readers, became, names, loops }
    }

    fn read(mut self) -> Result<Loops> {
        for (id, node) in self.graph.nodes() {
            if !self.readers[id.0].is_empty() || id == self.output {
                self.became[id.0] = self.node(id, node.op)?;
            }
        }
        let result = self.array(self.output)?;
        self.loops.output = match self.graph.inputs().contains(&self.output) {
            false => result,
            // What comes in is not what goes out, even where nothing is done to it.
            true => {
                let to = self.begin(self.output);
                self.push(self.output, Loop::Copy { from: result, to, start: 0 });
                to
            }
        };
        let output = self.loops.output.0;
        self.loops.arrays[output].0 = "result".to_owned();
        Ok(self.loops)
    }

    fn node(&mut self, id: NodeId, op: Op) -> Result<Became> {
        Ok(match op {
            Op::Input(_) => {
                self.loops.arrays.push(("input".to_owned(), self.graph.shape(id).elements()));
                Became::Array(Array(self.loops.arrays.len() - 1))
            }
            Op::Parameter(number) => {
                let spec = &self.built.parameters[number];
                let name = self.names.give(&spec.name).to_ascii_uppercase();
                let is_matrix =
                    self.readers[id.0].iter().any(|&reader| matches!(self.graph.op(reader), Op::MatMul(..)));
                let (rows, columns) = (spec.shape.rows(), spec.shape.columns());
                self.loops.parameters.push(Learned { name, rows, columns, offset: spec.offset, is_matrix });
                Became::Parameter(Parameter(self.loops.parameters.len() - 1))
            }
            Op::MatMul(a, b) => {
                let Became::Parameter(weights) = self.became[b.0] else { return Err(self.cannot(id)) };
                let (from, to) = (self.array(a)?, self.begin(id));
                self.push(id, Loop::Product { from, weights, to });
                Became::Array(to)
            }
            Op::Add(a, b) => {
                let sum = Value::Sum(Box::new([self.value(a), self.value(b)]));
                self.each(id, sum)
            }
            Op::Activate(activation, x) => {
                let value = Value::Activation(activation, Box::new(self.value(x)));
                self.each(id, value)
            }
            Op::Softmax(x) => {
                let (from, to) = (self.array(x)?, self.begin(id));
                self.push(id, Loop::Softmax { from, to });
                Became::Array(to)
            }
            Op::Concat(a, b) => {
                let (left, right) = (self.array(a)?, self.array(b)?);
                let to = self.begin(id);
                self.push(id, Loop::Copy { from: left, to, start: 0 });
                self.push(id, Loop::Copy { from: right, to, start: self.loops.arrays[left.0].1 });
                Became::Array(to)
            }
            Op::Reshape(x, _) => self.became[x.0].clone(),
            // No layer makes these when it predicts one row: they belong to losses, to training, or to batches.
            Op::Constant(..)
            | Op::Mask { .. }
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
            | Op::Pad { .. } => return Err(self.cannot(id)),
        })
    }

    /// A value that is worked out number by number: by its reader if that is the only one and does the same, else by a
    /// loop of its own.
    fn each(&mut self, id: NodeId, value: Value) -> Became {
        let is_inlined = match self.readers[id.0].as_slice() {
            &[reader] => id != self.output && matches!(self.graph.op(reader), Op::Add(..) | Op::Activate(..)),
            _ => false,
        };
        if is_inlined {
            return Became::Value(value);
        }
        let to = self.product_within(id).unwrap_or_else(|| self.begin(id));
        self.push(id, Loop::Each { value, to });
        Became::Array(to)
    }

    /// The array of a product that this value is made of and that nobody else reads: it is overwritten.
    fn product_within(&self, id: NodeId) -> Option<Array> {
        self.graph.op(id).operands().find_map(|operand| match (&self.became[operand.0], self.graph.op(operand)) {
            (Became::Array(array), Op::MatMul(..)) if self.readers[operand.0].len() == 1 => Some(*array),
            (Became::Value(_), _) => self.product_within(operand),
            _ => None,
        })
    }

    fn value(&self, id: NodeId) -> Value {
        match &self.became[id.0] {
            Became::Array(array) => Value::Element(*array),
            Became::Parameter(parameter) => Value::Parameter(*parameter),
            Became::Value(value) => value.clone(),
            Became::Nothing => unreachable!("a node comes after those that it reads"),
        }
    }

    fn array(&mut self, id: NodeId) -> Result<Array> {
        match self.became[id.0] {
            Became::Array(array) => Ok(array),
            Became::Parameter(_) | Became::Value(_) | Became::Nothing => Err(self.cannot(id)),
        }
    }

    /// A new array for the result of a node, called after its layer.
    fn begin(&mut self, id: NodeId) -> Array {
        let name = self.names.give(self.graph.layer_name(id));
        let array = Array(self.loops.arrays.len());
        self.loops.arrays.push((name, self.graph.shape(id).elements()));
        self.layer(id).begins.push(array);
        array
    }

    fn push(&mut self, id: NodeId, step: Loop) {
        self.layer(id).loops.push(step);
    }

    /// The layer that made a node: the one that is being written, or a new one.
    fn layer(&mut self, id: NodeId) -> &mut Layer {
        let (name, layers) = (self.graph.layer_name(id), &mut self.loops.layers);
        if layers.last().is_none_or(|layer| layer.name != name) {
            layers.push(Layer { name: name.to_owned(), begins: Vec::new(), loops: Vec::new() });
        }
        layers.last_mut().expect("there is one now")
    }

    fn cannot(&self, id: NodeId) -> Error {
        let label = self.graph.label(id);
        Error::usage(format!("`{label}` cannot be written: no layer is known to do this in a prediction"))
            .note("dense, activation, softmax, flatten, add, concat and dropout layers can be exported")
    }
}
