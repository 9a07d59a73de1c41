//! Finds for each value the step that writes it first and the last step that uses it.

use super::Request;
use super::fuse::storage;
use super::step::{Access, Step};
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use std::ops::RangeInclusive;

/// When a value is in use: from step `first` to step `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// The node whose value it is.
    pub node: NodeId,
    /// The step that writes it first; none for an input, which is there before the first.
    pub first: Option<usize>,
    /// The last step that uses it; none for an input or an output, which is there after the last.
    pub last: Option<usize>,
}

impl Lifetime {
    /// The steps during which the value is in use, of a plan with `count` steps; what is there after the last is also in
    /// use in step `count`, which does nothing.
    pub fn steps(&self, count: usize) -> RangeInclusive<usize> {
        self.first.unwrap_or(0)..=self.last.unwrap_or(count)
    }
}

/// The lifetime of every value that is stored outside the parameters, in the order of the nodes.
pub(super) fn lifetimes(graph: &Graph, request: &Request, steps: &[Step<NodeId>]) -> Vec<Lifetime> {
    let mut found: Vec<Option<Lifetime>> = vec![None; graph.len()];
    for &node in graph.inputs() {
        found[node.0] = Some(Lifetime { node, first: None, last: None });
    }
    for (at, step) in steps.iter().enumerate() {
        step.action.map(|&node, access| {
            if matches!(graph.op(node), Op::Input(_) | Op::Parameter(_)) {
                return;
            }
            let lifetime = found[node.0].get_or_insert(Lifetime { node, first: Some(at), last: Some(at) });
            debug_assert!(access == Access::Write || lifetime.first < Some(at), "a value is written before it is read");
            lifetime.last = Some(at);
        });
    }
    for &output in request.outputs.iter().chain(request.gradients.iter().flatten()) {
        if let Some(lifetime) = &mut found[storage(graph, output).0] {
            lifetime.last = None;
        }
    }
    found.into_iter().flatten().collect()
}
