//! The graph of a training step as a drawing: every operation, forward and backward, layer by layer.

use super::{Arrangement, Diagram, Edge, Flow, Group, Look, Names, Node, check_layers, lines_of, shown};
use crate::base::error::Result;
use crate::data::findings::counted;
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::nn::loss::Loss;
use crate::nn::network::Network;
use crate::plan::{Request, prune};
use crate::report::text::short;
use crate::train::trainer::{TrainingGraph, training_graph, weighted_training_graph};
use std::collections::BTreeSet;

/// The most operations that are drawn one by one; more are gathered by layer.
const MOST_NODES: usize = 140;

/// The most letters of a line in a box.
const LETTERS: usize = 18;

/// The drawing of a training step on `rows` rows; `is_weighted` where rows do not count alike.
/// Fails when layers, outputs and losses do not fit each other, or when there are too many.
///
/// ```
/// use clione::prelude::*;
/// use clione::report::diagram::{Format, Names, computation};
/// let network = Network::new([3]).add(Dense::new(4)).add(Dense::new(1));
/// let drawing = computation(&network, &[Loss::MeanSquaredError], 8, false, &Names::default())?;
/// assert!(drawing.nodes.iter().any(|node| node.about.starts_with("dense1/matmul/backward")));
/// assert!(drawing.text(Format::Dot).starts_with("digraph"));
/// # Ok::<(), Error>(())
/// ```
pub fn computation(
    network: &Network,
    losses: &[Loss],
    rows: usize,
    is_weighted: bool,
    names: &Names,
) -> Result<Diagram> {
    check_layers(network.values().len())?;
    let build = if is_weighted { weighted_training_graph } else { training_graph };
    let training = build(network, losses, rows)?;
    let parameters = network.build(1)?.parameters.into_iter().map(|spec| spec.name).collect::<Vec<_>>();
    let lanes = Lanes::of(&training.graph);
    let count = training.graph.len();
    let (nodes, edges) = operations(&training, &lanes, &parameters);
    let gradients = nodes.iter().filter(|node| node.look.is_backward()).count();
    let (nodes, edges, what) = if count <= MOST_NODES {
        (nodes, edges, "")
    } else {
        let (nodes, edges) = gathered(&training.graph, &lanes, &nodes, &edges);
        (nodes, edges, ", gathered by layer")
    };
    let title = match &names.target {
        Some(target) => format!("A training step of the network that predicts {}", shown(target)),
        None => "A training step".to_owned(),
    };
    let subtitle = format!(
        "{}: {} forward and {gradients} backward{what}",
        counted(rows, "row"),
        counted(count - gradients, "operation")
    );
    let groups = lanes.names.iter().map(|name| Group { name: shown(name), lines: Vec::new() }).collect();
    Ok(Diagram { title, subtitle, arrangement: Arrangement::Boxes, groups, nodes, edges })
}

/// Which part of the drawing each node is in: one after another for each run of nodes of one layer.
///
/// A layer that is used twice has a lane for each use; the backward pass goes through the lanes from the last to the first.
struct Lanes {
    names: Vec<String>,
    of: Vec<usize>,
}

impl Lanes {
    fn of(graph: &Graph) -> Lanes {
        let (mut names, mut of): (Vec<String>, Vec<usize>) = (Vec::new(), Vec::with_capacity(graph.len()));
        for (id, _) in graph.nodes().filter(|(_, node)| !node.is_backward) {
            let layer = graph.layer_name(id);
            if names.last().is_none_or(|last| last != layer) {
                names.push(layer.to_owned());
            }
        }
        let (mut forward, mut backward) = (0, names.len().saturating_sub(1));
        for (id, node) in graph.nodes() {
            let layer = graph.layer_name(id);
            if node.is_backward {
                backward = (0..=backward).rev().find(|&lane| names[lane] == layer).unwrap_or(backward);
            } else if names[forward] != layer {
                forward += 1;
            }
            of.push(if node.is_backward { backward } else { forward });
        }
        Lanes { names, of }
    }
}

/// A box for each operation, a line for each operand.
fn operations(training: &TrainingGraph, lanes: &Lanes, parameters: &[String]) -> (Vec<Node>, Vec<Edge>) {
    let TrainingGraph { graph, loss, outputs, gradients, .. } = training;
    let requested = std::iter::once(*loss).chain(outputs.iter().copied()).collect();
    let needed = prune::needed(graph, &Request { outputs: requested, gradients: gradients.clone() });
    let (mut nodes, mut edges) = (Vec::with_capacity(graph.len()), Vec::new());
    for (id, node) in graph.nodes() {
        let gradient_of = gradients.iter().position(|gradient| *gradient == Some(id));
        let is_result = id == *loss || outputs.contains(&id);
        let look = match (node.is_backward, gradient_of) {
            (true, Some(_)) => Look::ParameterGradient,
            (true, None) => Look::Gradient,
            (false, _) if is_result => Look::Result,
            (false, _) => look_of(node.op),
        };
        let name_of = |number: usize| parameters.get(number).map_or("parameter", String::as_str);
        let mut lines = match node.op {
            Op::Parameter(number) => vec![shown(name_of(number).rsplit('.').next().unwrap_or_default())],
            op => vec![op.name().replace('_', " ")],
        };
        lines.extend(detail(node.op));
        lines.push(node.shape.to_string());
        let mut about = vec![graph.label(id), format!("shape {}", node.shape)];
        let from: Vec<String> = node.op.operands().map(|operand| graph.label(operand)).collect();
        about.extend((!from.is_empty()).then(|| format!("from {}", from.join(" and "))));
        if let Some(number) = gradient_of {
            let name = name_of(number);
            lines.push(format!("d {}", shown(name.rsplit('.').next().unwrap_or_default())));
            about.push(format!("the gradient of the loss with respect to {name}"));
        }
        if id == *loss {
            lines.push("the loss".to_owned());
        } else if outputs.contains(&id) {
            lines.push("the prediction".to_owned());
        }
        if !needed[id.0] {
            about.push("nothing depends on it: the plan leaves it out".to_owned());
        }
        nodes.push(Node { lines, about: about.join("\n"), look, group: lanes.of[id.0], is_unused: !needed[id.0] });
        let operands: BTreeSet<NodeId> = node.op.operands().collect();
        edges.extend(operands.into_iter().map(|operand| Edge {
            from: operand.0,
            to: id.0,
            flow: flow(graph.node(operand).is_backward, node.is_backward),
        }));
    }
    (nodes, edges)
}

/// What flows from one pass to another.
fn flow(from_backward: bool, to_backward: bool) -> Flow {
    match (from_backward, to_backward) {
        (_, false) => Flow::Value,
        (true, true) => Flow::Gradient,
        (false, true) => Flow::Kept,
    }
}

/// Two boxes for each lane, one for each pass, with all that is done there.
fn gathered(graph: &Graph, lanes: &Lanes, nodes: &[Node], edges: &[Edge]) -> (Vec<Node>, Vec<Edge>) {
    let mut boxes: Vec<Node> = Vec::new();
    let mut box_of = vec![0; nodes.len()];
    let passes = [false, true].into_iter().flat_map(|pass| (0..lanes.names.len()).map(move |lane| (pass, lane)));
    let passes = passes.map(|(pass, lane)| (pass, if pass { lanes.names.len() - 1 - lane } else { lane }));
    for (is_backward, lane) in passes {
        let members =
            || (0..nodes.len()).filter(|&at| nodes[at].group == lane && nodes[at].look.is_backward() == is_backward);
        let Some(last) = members().next_back() else { continue };
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for at in members() {
            box_of[at] = boxes.len();
            let name = graph.op(NodeId(at)).name();
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        let counts: Vec<String> = counts
            .into_iter()
            .map(|(name, count)| if count == 1 { name.to_owned() } else { format!("{count} {name}") })
            .map(|words| words.replace('_', " "))
            .collect();
        let has_gradient = members().any(|at| nodes[at].look == Look::ParameterGradient);
        let has_result = members().any(|at| nodes[at].look == Look::Result);
        let look = match (is_backward, has_gradient, has_result) {
            (true, true, _) => Look::ParameterGradient,
            (true, false, _) => Look::Gradient,
            (false, _, true) => Look::Result,
            (false, _, false) => Look::Operation,
        };
        let pass = if is_backward { "backward" } else { "forward" };
        let mut lines = vec![pass.to_owned(), counted(members().count(), "operation")];
        lines.extend(lines_of(&counts.join(", "), LETTERS));
        lines.push(graph.shape(NodeId(last)).to_string());
        let about = format!("{}, {pass}: {}", lanes.names[lane], counts.join(", "));
        boxes.push(Node { lines, about, look, group: lane, is_unused: members().all(|at| nodes[at].is_unused) });
    }
    let mut seen = BTreeSet::new();
    let mut between = Vec::new();
    for edge in edges {
        let (from, to) = (box_of[edge.from], box_of[edge.to]);
        if from != to && seen.insert((from, to)) {
            between.push(Edge { from, to, flow: edge.flow });
        }
    }
    (boxes, between)
}

/// What an operation of the forward pass is.
fn look_of(op: Op) -> Look {
    match op {
        Op::Input(_) | Op::Constant(..) | Op::Mask { .. } => Look::Input,
        Op::Parameter(_) => Look::Parameter,
        Op::MatMul(..)
        | Op::Transpose(_)
        | Op::Add(..)
        | Op::Sub(..)
        | Op::Mul(..)
        | Op::Scale(..)
        | Op::Square(_)
        | Op::Abs(_)
        | Op::Sign(_)
        | Op::Huber(..)
        | Op::Clamp(..)
        | Op::Within(..)
        | Op::Activate(..)
        | Op::Slope(..)
        | Op::Softmax(_)
        | Op::SoftmaxCrossEntropy(..)
        | Op::SigmoidCrossEntropy(..)
        | Op::SumTo(..)
        | Op::Broadcast(..)
        | Op::Reshape(..)
        | Op::Concat(..)
        | Op::Slice { .. }
        | Op::Pad { .. } => Look::Operation,
    }
}

/// The number that an operation works with, where it has one.
fn detail(op: Op) -> Option<String> {
    match op {
        Op::Constant(value, _) => Some(short(value)),
        Op::Scale(_, factor) => Some(format!("× {}", short(factor))),
        Op::Mask { rate, .. } => Some(format!("{} are 0", short(rate))),
        Op::Huber(_, limit) | Op::Clamp(_, limit) | Op::Within(_, limit) => Some(format!("limit {}", short(limit))),
        Op::Slope(activation, _) => Some(format!("of {}", activation.name())),
        Op::Slice { start, width, .. } | Op::Pad { start, width, .. } => Some(format!("{start} … {}", start + width)),
        Op::Input(_)
        | Op::Parameter(_)
        | Op::MatMul(..)
        | Op::Transpose(_)
        | Op::Add(..)
        | Op::Sub(..)
        | Op::Mul(..)
        | Op::Square(_)
        | Op::Abs(_)
        | Op::Sign(_)
        | Op::Activate(..)
        | Op::Softmax(_)
        | Op::SoftmaxCrossEntropy(..)
        | Op::SigmoidCrossEntropy(..)
        | Op::SumTo(..)
        | Op::Broadcast(..)
        | Op::Reshape(..)
        | Op::Concat(..) => None,
    }
}
