//! Where a loss has kinks: numbers beside which its slope jumps, so that a central difference says nothing.

use crate::graph::NodeId;
use crate::graph::activation::{Activation, SlopeOf};
use crate::graph::op::Op;
use crate::train::trainer::TrainingGraph;

/// The values of a forward pass at which something has kinks, and where these are.
pub(super) struct Kinks<'a> {
    training: &'a TrainingGraph,
    /// The value, and the distance of its kinks from 0.
    places: Vec<(NodeId, f64)>,
}

impl<'a> Kinks<'a> {
    /// The kinks of everything that leads to the loss.
    pub fn of(training: &'a TrainingGraph) -> Self {
        let mut places = Vec::new();
        for (_, node) in training.graph.nodes().take(training.loss.0 + 1) {
            let place = match node.op {
                Op::Activate(activation, x) if jumps_at_zero(activation) => Some((x, 0.0)),
                Op::Abs(x) | Op::Sign(x) => Some((x, 0.0)),
                Op::Clamp(x, limit) | Op::Within(x, limit) => Some((x, limit)),
                // The slope of what is left has no jumps; that of Huber's loss bends only.
                Op::Activate(..)
                | Op::Huber(..)
                | Op::Input(_)
                | Op::Parameter(_)
                | Op::Constant(..)
                | Op::Mask { .. }
                | Op::MatMul(..)
                | Op::Transpose(_)
                | Op::Add(..)
                | Op::Sub(..)
                | Op::Mul(..)
                | Op::Scale(..)
                | Op::Square(_)
                | Op::Slope(..)
                | Op::Softmax(_)
                | Op::SoftmaxCrossEntropy(..)
                | Op::SigmoidCrossEntropy(..)
                | Op::SumTo(..)
                | Op::Broadcast(..)
                | Op::Reshape(..)
                | Op::Concat(..)
                | Op::Slice { .. }
                | Op::Pad { .. } => None,
            };
            // What is handed in does not move when a parameter does.
            let moves = |x: NodeId| !matches!(training.graph.op(x), Op::Input(_) | Op::Parameter(_) | Op::Constant(..));
            places.extend(place.filter(|(x, _)| moves(*x)));
        }
        Kinks { training, places }
    }

    /// The values to look at.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.places.iter().map(|(node, _)| *node)
    }

    /// On which side of each kink each number lies, when `value` gives the numbers of each of the nodes.
    pub fn sides<'v>(&self, value: impl Fn(usize) -> &'v [f64]) -> Vec<u8> {
        let mut sides = Vec::new();
        for (at, (node, distance)) in self.places.iter().enumerate() {
            debug_assert_eq!(value(at).len(), self.training.graph.shape(*node).elements());
            sides.extend(value(at).iter().map(|&x| side(x, -distance) * 3 + side(x, *distance)));
        }
        sides
    }
}

/// 0 below the kink, 1 at it, 2 above it.
fn side(x: f64, kink: f64) -> u8 {
    u8::from(x >= kink) + u8::from(x > kink)
}

/// Whether the slope of an activation jumps at 0.
fn jumps_at_zero(activation: Activation) -> bool {
    let slope = |x: f64| match activation.slope_of() {
        SlopeOf::Input => activation.slope(x),
        SlopeOf::Output => activation.slope(activation.value(x)),
    };
    (slope(1e-9) - slope(-1e-9)).abs() > 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relu_and_its_leaky_kind_jump_and_no_other() {
        let jumping: Vec<Activation> = Activation::all().iter().copied().filter(|&f| jumps_at_zero(f)).collect();
        assert_eq!(jumping, [Activation::Relu, Activation::LeakyRelu]);
    }
}
