//! The network as a class: its lines are the nodes of the graph that trains, forward and backward.

use super::expression::{Expression, number};
use super::names::Names;
use super::writer::Writer;
use crate::base::error::{Error, Result};
use crate::base::shape::Shape;
use crate::graph::backward::Gradients;
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::nn::loss::{Loss, Reduction};
use crate::nn::network::{Built, Network};
use crate::nn::parameters::ParameterSpec;
use crate::train::trainer::{TrainingGraph, training_graph, weighted_training_graph};
use std::collections::BTreeSet;

/// A network, its loss and their gradients, read as lines of Python.
pub(super) struct NetworkSource {
    loss: Loss,
    graph: Graph,
    /// The same graph for one more row: numbers that differ come from the number of rows.
    taller: Graph,
    rows: usize,
    names: Names,
    target: NodeId,
    row_weights: Option<NodeId>,
    outputs: Vec<NodeId>,
    loss_node: NodeId,
    gradients: Gradients,
    /// Those nodes that the outputs follow from.
    forward: BTreeSet<NodeId>,
    /// Those that only the loss follows from.
    of_loss: BTreeSet<NodeId>,
    /// Those that only gradients follow from.
    of_gradients: BTreeSet<NodeId>,
    /// The parameters: names, shapes, how they begin.
    pub(super) parameters: Vec<ParameterSpec>,
}

/// Where a line stands; it decides how other values are reached.
#[derive(Clone, Copy, PartialEq)]
enum Section {
    Forward,
    Loss,
    Backward,
    /// A line of the forward pass as a comment quotes it: no `self`.
    Quoted,
}

impl NetworkSource {
    /// Reads the training graph of a network. Fails when it has several inputs or outputs, or does not fit its loss.
    pub(super) fn read(network: &Network, loss: Loss, has_row_weights: bool) -> Result<Self> {
        let (inputs, outputs) = (network.inputs().count(), network.output_positions().count());
        if (inputs, outputs) != (1, 1) {
            return Err(Error::usage(format!(
                "the network has {inputs} inputs and {outputs} outputs: NumPy source is for one of each"
            )));
        }
        let small = network.build_training(1)?;
        // More rows than any other size: so an axis with this size is that of the rows.
        let rows = 1 + small.graph.nodes().map(|(_, node)| node.shape.elements()).max().unwrap_or(1);
        let build = |rows: usize| match has_row_weights {
            true => weighted_training_graph(network, &[loss], rows),
            false => training_graph(network, &[loss], rows),
        };
        let (training, taller) = (build(rows)?, build(rows + 1)?);
        NetworkSource::of(network, &network.build_training(rows)?, training, taller.graph, (loss, rows))
    }

    fn of(
        network: &Network,
        built: &Built,
        training: TrainingGraph,
        taller: Graph,
        (loss, rows): (Loss, usize),
    ) -> Result<Self> {
        let TrainingGraph { graph, loss: loss_node, outputs, gradients: of_parameters, of_nodes: gradients } = training;
        let forward = ancestors(&graph, outputs.iter().copied());
        let mut of_loss = ancestors(&graph, [loss_node]);
        of_loss.retain(|id| !forward.contains(id));
        let mut of_gradients = ancestors(&graph, of_parameters.into_iter().flatten());
        of_gradients.retain(|id| !forward.contains(id));
        let names = Names::of(network, built);
        let inputs = graph.inputs().to_vec();
        let (target, row_weights) = match inputs[1..] {
            [target] => (target, None),
            [row_weights, target] => (target, Some(row_weights)),
            _ => unreachable!("one input and one output were counted"),
        };
        Ok(NetworkSource {
            loss,
            graph,
            taller,
            rows,
            names,
            target,
            row_weights,
            outputs,
            loss_node,
            gradients,
            forward,
            of_loss,
            of_gradients,
            parameters: built.parameters.clone(),
        })
    }

    /// The names of the parameters, as attributes of the class.
    pub(super) fn parameter_names(&self) -> impl Iterator<Item = &str> {
        self.graph.parameters().iter().map(|&node| self.names.of_node(node).expect("every parameter has a name"))
    }

    /// Whether dropout draws masks.
    pub(super) fn has_masks(&self) -> bool {
        self.forward.iter().any(|&id| matches!(self.graph.op(id), Op::Mask { .. }))
    }

    /// How many numbers the network is compared with for each row.
    pub(super) fn target_width(&self) -> usize {
        self.graph.shape(self.target).columns()
    }

    /// The method that goes from rows to predictions, a line for each value that has a name.
    pub(super) fn write_feedforward(&self, out: &mut Writer) {
        let place = if self.has_masks() { ", place=None" } else { "" };
        out.line(1, &format!("def feedforward(self, x{place}):"));
        let (input, output) = (self.graph.shape(self.graph.inputs()[0]), self.graph.shape(self.outputs[0]));
        let drops = if self.has_masks() { "; in a training, `place` is the epoch and the step" } else { "" };
        let (input, output) = (self.sizes(input), self.sizes(output));
        out.docstring(2, &format!("From x, {input}, to the output, {output}{drops}."));
        let x = self.graph.inputs()[0];
        if self.is_kept(x) {
            out.line(2, "self.x = x");
        }
        for &id in &self.forward {
            if self.is_line(id) {
                let start = format!("{} = ", self.reference(id, Section::Forward));
                out.statement(2, &start, self.value(id, Section::Forward).text());
            }
        }
        out.line(2, &format!("return {}", self.reference(self.outputs[0], Section::Forward)));
    }

    /// The method that compares the last predictions with targets.
    pub(super) fn write_loss(&self, out: &mut Writer) {
        let weights = if self.row_weights.is_some() { ", weights=1" } else { "" };
        out.line(1, &format!("def loss(self, y{weights}):"));
        let formula = self.loss.documentation()[0].trim();
        out.docstring(2, &format!("How far the last output ŷ is from y. {formula}."));
        out.statement(2, "return ", self.value(self.loss_node, Section::Loss).text());
    }

    /// The method that goes back from the loss to every parameter: each line under the one that it undoes.
    pub(super) fn write_backprop(&self, out: &mut Writer) {
        let weights = if self.row_weights.is_some() { ", weights=1" } else { "" };
        out.line(1, &format!("def backprop(self, y{weights}):"));
        out.docstring(2, "The slope of the loss along each parameter: the chain rule, from the last line back.");
        let mut written = BTreeSet::new();
        let mut last_comment = Vec::new();
        for y in (0..=self.loss_node.0).rev().map(NodeId) {
            let Some(gradient) = self.gradients.of(y).filter(|gradient| self.of_gradients.contains(gradient)) else {
                continue;
            };
            let Some(name) = self.names.of_node(y) else { continue };
            if self.named_gradient(gradient) != Some(y) || !written.insert(gradient) {
                continue;
            }
            let comment = self.undone_by(y);
            if comment != last_comment {
                comment.iter().for_each(|line| out.comment(2, &format!("forward: {line}")));
                last_comment = comment;
            }
            let name = format!("d_{name}");
            out.statement(2, &format!("{name} = "), self.shaped_value(gradient, Section::Backward).text());
        }
        let gradients: Vec<String> =
            self.graph.parameters().iter().map(|&parameter| self.gradient_of(parameter)).collect();
        out.list(2, "return [", &gradients, "]");
    }

    /// What holds the gradient of a parameter at the end.
    fn gradient_of(&self, parameter: NodeId) -> String {
        match self.gradients.of(parameter) {
            Some(gradient) => self.expression(gradient, Section::Backward).text().to_owned(),
            // Nothing of the loss depends on it.
            None => format!("np.zeros_like({})", self.reference(parameter, Section::Backward)),
        }
    }

    /// The value whose gradient this node is, the last one where there are several: what a line is called after.
    fn named_gradient(&self, gradient: NodeId) -> Option<NodeId> {
        let is_named = |&y: &NodeId| self.gradients.of(y) == Some(gradient) && self.names.of_node(y).is_some();
        (0..=self.loss_node.0).rev().map(NodeId).find(is_named)
    }

    /// The lines of the forward pass in which a value is used, the last one first.
    fn undone_by(&self, value: NodeId) -> Vec<String> {
        let mut lines = Vec::new();
        let mut open = vec![value];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            for user in (id.0 + 1..=self.loss_node.0).map(NodeId) {
                let is_user = self.graph.op(user).operands().any(|operand| operand == id);
                // Only what the loss depends on through the value.
                if !is_user || self.gradients.of(user).is_none() || !seen.insert(user) {
                    continue;
                }
                if self.is_line(user) || user == self.loss_node {
                    lines.push(user);
                } else {
                    open.push(user);
                }
            }
        }
        lines.sort_unstable();
        lines.dedup();
        lines.iter().rev().map(|&line| self.quote(line)).collect()
    }

    /// A line of the forward pass, without `self`.
    fn quote(&self, id: NodeId) -> String {
        let name = if id == self.loss_node { "loss" } else { self.names.of_node(id).expect("a line has a name") };
        format!("{name} = {}", self.value(id, Section::Quoted).text())
    }

    /// Whether a value of the forward pass has a line of its own.
    fn is_line(&self, id: NodeId) -> bool {
        if self.is_given(id) || !self.forward.contains(&id) || self.names.of_node(id).is_none() {
            return false;
        }
        // A product without a bias reads well within its only use.
        let all = [&self.forward, &self.of_loss, &self.of_gradients];
        let users =
            all.into_iter().flatten().filter(|&&user| self.graph.op(user).operands().any(|operand| operand == id));
        !matches!(self.graph.op(id), Op::MatMul(..)) || users.count() != 1 || self.outputs.contains(&id)
    }

    /// Whether a value is handed in or learned.
    fn is_given(&self, id: NodeId) -> bool {
        matches!(self.graph.op(id), Op::Input(_) | Op::Parameter(_))
    }

    /// Whether the loss or the backward pass look at a value of the forward pass.
    fn is_kept(&self, id: NodeId) -> bool {
        let later = self.of_loss.iter().chain(&self.of_gradients);
        self.outputs.contains(&id)
            || later.flat_map(|&user| self.graph.op(user).operands()).any(|operand| operand == id)
    }

    /// How a value with a name is reached.
    fn reference(&self, id: NodeId, section: Section) -> String {
        let name = match self.row_weights {
            _ if id == self.target => "y",
            Some(row_weights) if id == row_weights => "weights",
            _ => self.names.of_node(id).expect("only values with a name are referred to"),
        };
        let is_attribute = match self.graph.op(id) {
            Op::Parameter(_) => true,
            Op::Input(_) => section != Section::Forward && self.forward.contains(&id),
            _ => self.forward.contains(&id) && self.is_kept(id),
        };
        if is_attribute && section != Section::Quoted { format!("self.{name}") } else { name.to_owned() }
    }

    /// A value where it is used: its name, or how it is computed where it has none here.
    fn expression(&self, id: NodeId, section: Section) -> Expression {
        if self.is_given(id) || self.is_line(id) {
            return Expression::atom(self.reference(id, section));
        }
        if section == Section::Backward
            && self.of_gradients.contains(&id)
            && let Some(name) = self.named_gradient(id).and_then(|y| self.names.of_node(y))
        {
            return Expression::atom(format!("d_{name}"));
        }
        self.value(id, section)
    }

    /// As [`Self::value`], with all of its numbers: NumPy repeats rows and columns by itself only where it meets whole ones.
    fn shaped_value(&self, id: NodeId, section: Section) -> Expression {
        let value = self.value(id, section);
        if self.is_whole(id) { value } else { self.repeated(id, &value) }
    }

    /// As [`Self::expression`], with all of its numbers.
    fn shaped(&self, id: NodeId, section: Section) -> Expression {
        let value = self.expression(id, section);
        let has_line =
            section == Section::Backward && self.of_gradients.contains(&id) && self.named_gradient(id).is_some();
        if has_line || self.is_whole(id) { value } else { self.repeated(id, &value) }
    }

    fn repeated(&self, id: NodeId, value: &Expression) -> Expression {
        Expression::call("np.broadcast_to", &[value.text(), &self.shape_text(self.graph.shape(id), "len(y)")])
    }

    /// Whether the expression of a node has the shape that the node has, without NumPy's repetition.
    fn is_whole(&self, id: NodeId) -> bool {
        match self.graph.op(id) {
            Op::Constant(_, shape) => shape.elements() == 1,
            Op::Broadcast(..) => false,
            Op::Add(a, b) | Op::Sub(a, b) | Op::Mul(a, b) | Op::SigmoidCrossEntropy(a, b) => {
                self.is_whole(a) || self.is_whole(b)
            }
            Op::Scale(x, _) | Op::Square(x) | Op::Abs(x) | Op::Sign(x) | Op::Huber(x, _) | Op::Clamp(x, _) => {
                self.is_whole(x)
            }
            Op::Within(x, _) | Op::Activate(_, x) | Op::Slope(_, x) => self.is_whole(x),
            Op::Input(_)
            | Op::Parameter(_)
            | Op::Mask { .. }
            | Op::MatMul(..)
            | Op::Transpose(_)
            | Op::Softmax(_)
            | Op::SoftmaxCrossEntropy(..)
            | Op::SumTo(..)
            | Op::Reshape(..)
            | Op::Concat(..)
            | Op::Slice { .. }
            | Op::Pad { .. } => true,
        }
    }

    /// How a node is computed from others: one arm for each operation.
    fn value(&self, id: NodeId, section: Section) -> Expression {
        let of = |x: NodeId| self.expression(x, section);
        let whole = |x: NodeId| self.shaped(x, section);
        let op = self.graph.op(id);
        match op {
            Op::Input(_) | Op::Parameter(_) => Expression::atom(self.reference(id, section)),
            Op::Constant(value, _) => self.scaled(id, None, value),
            Op::Mask { rate, number: mask, .. } => {
                let shape = self.shape_text(self.graph.shape(id), "len(x)");
                Expression::call("dropout_mask", &[&number(rate), &mask.to_string(), &shape, "place"])
            }
            Op::MatMul(a, b) => whole(a).matmul(whole(b)),
            Op::Transpose(x) => whole(x).transposed(),
            Op::Add(a, b) => of(a).plus(of(b)),
            Op::Sub(a, b) => of(a).minus(of(b)),
            Op::Mul(a, b) => of(a).times(of(b)),
            Op::Scale(x, factor) => self.scaled(id, Some(of(x)), factor),
            Op::Square(x) => of(x).squared(),
            Op::Abs(x) => Expression::call("np.abs", &[of(x).text()]),
            Op::Sign(x) => Expression::call("np.sign", &[of(x).text()]),
            Op::Huber(x, limit) | Op::Within(x, limit) => Expression::call(op.name(), &[of(x).text(), &number(limit)]),
            Op::Clamp(x, limit) => {
                let limit = number(limit);
                Expression::call("np.clip", &[of(x).text(), &format!("-{limit}"), &limit])
            }
            Op::Activate(activation, x) => Expression::call(activation.name(), &[of(x).text()]),
            Op::Slope(activation, x) => Expression::call(&format!("{}_derivative", activation.name()), &[of(x).text()]),
            Op::Softmax(x) => Expression::call(op.name(), &[whole(x).text()]),
            Op::SoftmaxCrossEntropy(z, t) => Expression::call(op.name(), &[whole(z).text(), whole(t).text()]),
            Op::SigmoidCrossEntropy(z, t) => Expression::call(op.name(), &[of(z).text(), of(t).text()]),
            Op::SumTo(x, to) => {
                let axes = self.summed_axes(self.graph.shape(x), to);
                match axes {
                    None => Expression::call("np.sum", &[whole(x).text()]),
                    Some(axis) => {
                        Expression::call("np.sum", &[whole(x).text(), &format!("axis={axis}"), "keepdims=True"])
                    }
                }
            }
            Op::Broadcast(x, _) => of(x),
            Op::Reshape(x, to) => Expression::call("np.reshape", &[whole(x).text(), &self.shape_text(to, "-1")]),
            Op::Concat(a, b) => {
                Expression::call("np.concatenate", &[&format!("[{}, {}]", whole(a).text(), whole(b).text()), "axis=-1"])
            }
            Op::Slice { of: x, start, width } => whole(x).columns(start, start + width),
            Op::Pad { of: x, start, width } => {
                Expression::call(op.name(), &[whole(x).text(), &start.to_string(), &width.to_string()])
            }
        }
    }

    /// A value times a number, or the number alone: a number that depends on how many rows there are is written so.
    fn scaled(&self, id: NodeId, value: Option<Expression>, factor: f64) -> Expression {
        let taller = match self.taller.op(id) {
            Op::Scale(_, factor) | Op::Constant(factor, _) => factor,
            _ => unreachable!("both graphs are built alike"),
        };
        let times = |factor: f64| match value.clone() {
            None => Expression::number(factor),
            Some(value) if factor == 1.0 => value,
            Some(value) if factor == -1.0 => value.negated(),
            // 1 / n says more than its decimals.
            Some(value) if factor.abs() < 1.0 && (1.0 / factor).fract() == 0.0 => {
                value.over(Expression::number(1.0 / factor))
            }
            Some(value) => Expression::number(factor).times(value),
        };
        if taller == factor {
            return times(factor);
        }
        let (count, per) = match self.loss.reduction() {
            Reduction::Mean => (self.rows * self.target_width(), "y.size"),
            Reduction::MeanOverRows | Reduction::Sum => (self.rows, "len(y)"),
        };
        // Back to the number before it was divided, without what the division rounded off.
        let whole = factor * count as f64;
        let whole = if (whole - whole.round()).abs() < 1e-9 { whole.round() } else { whole };
        times(whole).over(Expression::atom(per))
    }

    /// The axes that a sum goes over; none for all.
    fn summed_axes(&self, from: Shape, to: Shape) -> Option<String> {
        if to.elements() == 1 {
            return None;
        }
        let last = from.rank() - 1;
        Some(match (to.rows() == 1, last) {
            (false, _) => "-1".to_owned(),
            (true, 1) => "0".to_owned(),
            (true, _) => format!("tuple(range({last}))"),
        })
    }

    /// A shape as a tuple; `rows` stands for the number of rows.
    fn shape_text(&self, shape: Shape, rows: &str) -> String {
        let size = |&size: &usize| if size == self.rows { rows.to_owned() } else { size.to_string() };
        let sizes: Vec<String> = shape.sizes().iter().map(size).collect();
        format!("({})", sizes.join(", "))
    }

    /// A shape in words: `rows x 3`.
    fn sizes(&self, shape: Shape) -> String {
        let size = |&size: &usize| if size == self.rows { "rows".to_owned() } else { size.to_string() };
        shape.sizes().iter().map(size).collect::<Vec<_>>().join(" x ")
    }
}

/// The nodes that some nodes follow from, and themselves.
fn ancestors(graph: &Graph, of: impl IntoIterator<Item = NodeId>) -> BTreeSet<NodeId> {
    let mut found: BTreeSet<NodeId> = of.into_iter().collect();
    for id in (0..graph.len()).rev().map(NodeId) {
        if found.contains(&id) {
            found.extend(graph.op(id).operands());
        }
    }
    found
}
