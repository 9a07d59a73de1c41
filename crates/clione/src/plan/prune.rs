//! Finds the nodes that what is requested depends on; the others are never computed.

use super::Request;
use crate::graph::Graph;

/// For each node, whether a requested output or gradient depends on it.
pub(crate) fn needed(graph: &Graph, request: &Request) -> Vec<bool> {
    let mut needed = vec![false; graph.len()];
    for id in request.outputs.iter().chain(request.gradients.iter().flatten()) {
        needed[id.0] = true;
    }
    // A node stands after its operands, so one pass from the end reaches everything.
    for (id, node) in graph.nodes().rev() {
        if needed[id.0] {
            node.op.operands().for_each(|operand| needed[operand.0] = true);
        }
    }
    needed
}
