//! Finds an operation that a graph has already in constant time, however long the graph is.

use super::NodeId;
use super::op::Op;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// The first node of each operation.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownOperations {
    first: HashMap<Key, NodeId>,
}

impl KnownOperations {
    /// The first node that computes `op`.
    pub(super) fn find(&self, op: Op) -> Option<NodeId> {
        self.first.get(&Key(op)).copied()
    }

    /// Notes that `node` computes `op`; an earlier node stays the one that is found.
    pub(super) fn note(&mut self, op: Op, node: NodeId) {
        self.first.entry(Key(op)).or_insert(node);
    }
}

/// An operation by what it computes and from what.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key(Op);

// An operation with a NaN equals nothing, not even itself, and is never found again: as `==` says of it.
impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(&self.0).hash(state);
        self.0.operands().for_each(|operand| operand.0.hash(state));
        // 0 and -0 are equal, so they must have the same hash: -0 + 0 is 0.
        let mut number = |number: f64| (number + 0.0).to_bits().hash(state);
        match self.0 {
            Op::Constant(value, shape) => {
                number(value);
                shape.hash(state);
            }
            Op::Mask { rate, number: mask, shape } => {
                number(rate);
                (mask, shape).hash(state);
            }
            Op::Scale(_, value) | Op::Huber(_, value) | Op::Clamp(_, value) | Op::Within(_, value) => number(value),
            Op::Activate(activation, _) | Op::Slope(activation, _) => std::mem::discriminant(&activation).hash(state),
            Op::SumTo(_, shape) | Op::Broadcast(_, shape) | Op::Reshape(_, shape) => shape.hash(state),
            Op::Slice { start, width, .. } | Op::Pad { start, width, .. } => (start, width).hash(state),
            Op::Input(index) | Op::Parameter(index) => index.hash(state),
            Op::MatMul(..)
            | Op::Transpose(_)
            | Op::Add(..)
            | Op::Sub(..)
            | Op::Mul(..)
            | Op::Square(_)
            | Op::Abs(_)
            | Op::Sign(_)
            | Op::Softmax(_)
            | Op::SoftmaxCrossEntropy(..)
            | Op::SigmoidCrossEntropy(..)
            | Op::Concat(..) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_by_what_they_compute_and_the_first_of_equals() {
        let mut known = KnownOperations::default();
        let x = NodeId(0);
        for (place, op) in
            [Op::Scale(x, 0.0), Op::Scale(x, -0.0), Op::Scale(x, 2.0), Op::Clamp(x, 2.0)].into_iter().enumerate()
        {
            known.note(op, NodeId(place + 1));
        }
        assert_eq!(known.find(Op::Scale(x, -0.0)), Some(NodeId(1)));
        assert_eq!(known.find(Op::Scale(x, 2.0)), Some(NodeId(3)));
        assert_eq!(known.find(Op::Clamp(x, 2.0)), Some(NodeId(4)));
        assert_eq!(known.find(Op::Scale(NodeId(1), 2.0)), None);
    }

    #[test]
    fn what_is_not_a_number_is_never_found_again() {
        let mut known = KnownOperations::default();
        known.note(Op::Scale(NodeId(0), f64::NAN), NodeId(1));
        assert_eq!(known.find(Op::Scale(NodeId(0), f64::NAN)), None);
    }
}
