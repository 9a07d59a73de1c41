//! The backward pass: walks the list of nodes in reverse and appends the gradient of each.

use super::vjp::vjp;
use super::{Graph, NodeId};
use crate::base::error::{Error, Result};

/// The node that holds the gradient of the loss with respect to each node, where the loss depends on that node.
#[derive(Clone, Debug)]
pub struct Gradients {
    of: Vec<Option<NodeId>>,
}

impl Gradients {
    /// dL/dx for the node x; none when the loss does not depend on x.
    pub fn of(&self, x: NodeId) -> Option<NodeId> {
        self.of.get(x.0).copied().flatten()
    }
}

/// Appends the backward graph of `loss`, a single number, for everything that the parameters and inputs in `wanted` reach.
///
/// Fails when the loss is not one number, or when it contains an operation that is not derived twice.
///
/// ```
/// use clione::graph::{Graph, backward::backward, op::Op};
/// let mut graph = Graph::new();
/// let w = graph.parameter([1, 1]);
/// let loss = graph.square(w);
/// let gradients = backward(&mut graph, loss, &[w]).unwrap();
/// assert_eq!(graph.op(gradients.of(w).unwrap()), Op::Scale(w, 2.0)); // d(w²)/dw = 2w
/// ```
pub fn backward(graph: &mut Graph, loss: NodeId, wanted: &[NodeId]) -> Result<Gradients> {
    if graph.shape(loss).elements() != 1 {
        return Err(Error::usage(format!(
            "a loss is a single number, but `{}` is {}",
            graph.label(loss),
            graph.shape(loss)
        )));
    }
    let leads_to_wanted = depends_on(graph, wanted);
    let mut gradients = vec![None; graph.len()];
    graph.building_backward = true;
    gradients[loss.0] = Some(graph.constant(1.0, graph.shape(loss)));

    // Counting down reaches a node only when every node that uses it has already added its share.
    for y in (0..=loss.0).rev().map(NodeId) {
        let Some(dy) = gradients[y.0] else { continue };
        if !leads_to_wanted[y.0] {
            continue;
        }
        graph.enter_backward_of(y);
        for (x, dx) in vjp(graph, y, dy)? {
            gradients[x.0] = Some(match gradients[x.0] {
                None => dx,
                Some(sum) => graph.add(sum, dx)?,
            });
        }
    }
    graph.leave_backward();
    Ok(Gradients { of: gradients })
}

/// For each node, whether a change of one of `sources` can change it.
fn depends_on(graph: &Graph, sources: &[NodeId]) -> Vec<bool> {
    let mut depends = vec![false; graph.len()];
    sources.iter().for_each(|source| depends[source.0] = true);
    for (id, node) in graph.nodes() {
        depends[id.0] |= node.op.operands().any(|operand| depends[operand.0]);
    }
    depends
}
