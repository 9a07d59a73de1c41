//! The chain rule, one arm per operation: given dy = dL/dy, what is dL/dx for each operand x of y?
//!
//! The answers are nodes too, so a gradient can be printed, fused, planned and exported like anything else.

use super::op::Op;
use super::{Graph, NodeId};
use crate::base::error::{Error, Result};

/// The gradient of the loss with respect to each operand of `y`, given the gradient `dy` with respect to `y`.
///
/// Fails for an operation that itself only occurs in gradients: clione derives once, not twice.
pub(super) fn vjp(g: &mut Graph, y: NodeId, dy: NodeId) -> Result<Vec<(NodeId, NodeId)>> {
    Ok(match g.op(y) {
        Op::Input(_) | Op::Parameter(_) | Op::Constant(..) | Op::Mask { .. } => vec![],

        // forward: y[i,j] = Σₖ a[i,k] · b[k,j]
        // so a[i,k] meets every output of its row through b, and b[k,j] every output of its column through a
        Op::MatMul(a, b) => {
            let (a_transposed, b_transposed) = (g.transpose(a)?, g.transpose(b)?);
            vec![(a, g.matmul(dy, b_transposed)?), (b, g.matmul(a_transposed, dy)?)]
        }
        // forward: y[j,i] = x[i,j]
        Op::Transpose(x) => vec![(x, g.transpose(dy)?)],

        // forward: y = a + b
        Op::Add(a, b) => vec![(a, dy), (b, dy)],
        // forward: y = a - b
        Op::Sub(a, b) => vec![(a, dy), (b, g.scale(dy, -1.0))],
        // forward: y = a · b
        Op::Mul(a, b) => vec![(a, g.mul(dy, b)?), (b, g.mul(dy, a)?)],
        // forward: y = c · x
        Op::Scale(x, c) => vec![(x, g.scale(dy, c))],
        // forward: y = x²
        Op::Square(x) => {
            let slope = g.scale(x, 2.0);
            vec![(x, g.mul(dy, slope)?)]
        }
        // forward: y = |x|
        Op::Abs(x) => {
            let slope = g.sign(x);
            vec![(x, g.mul(dy, slope)?)]
        }
        // forward: y = x²/2 up to δ, then a straight line; so the slope is x, held at ±δ
        Op::Huber(x, delta) => {
            let slope = g.clamp(x, delta)?;
            vec![(x, g.mul(dy, slope)?)]
        }
        // forward: y = x between -limit and limit
        Op::Clamp(x, limit) => {
            let slope = g.within(x, limit)?;
            vec![(x, g.mul(dy, slope)?)]
        }
        // forward: y is a step, level everywhere but at its edges
        Op::Sign(_) | Op::Within(..) => vec![],
        // forward: y = f(x)
        Op::Activate(activation, x) => {
            let slope = g.slope(activation, x, y);
            vec![(x, g.mul(dy, slope)?)]
        }
        Op::Slope(activation, _) => {
            return Err(Error::usage(format!("the slope of {} is not derived a second time", activation.name())));
        }

        // forward: y[i,j] = e^x[i,j] / Σₖ e^x[i,k]
        // so dx = y · (dy - s) with s[i] = Σⱼ dy[i,j] · y[i,j]: raising one probability lowers the others of its row
        Op::Softmax(x) => {
            let shape = g.shape(y);
            let weighted = g.mul(dy, y)?;
            let row_sum = g.sum_to(weighted, shape.with_last(1))?;
            let row_sum = g.broadcast(row_sum, shape)?;
            let centred = g.sub(dy, row_sum)?;
            vec![(x, g.mul(y, centred)?)]
        }
        // forward: y[i] = ln Σⱼ e^z[i,j] - Σⱼ t[i,j] · z[i,j]   (the rows of t sum to 1)
        // so dz = (softmax(z) - t) · dy; targets are given, nothing flows into them
        Op::SoftmaxCrossEntropy(z, t) => {
            let probabilities = g.softmax(z)?;
            let difference = g.sub(probabilities, t)?;
            let dy = g.broadcast(dy, g.shape(z))?;
            vec![(z, g.mul(dy, difference)?)]
        }
        // forward: y = softplus(z) - t·z
        // so dz = (σ(z) - t) · dy; targets are given, nothing flows into them
        Op::SigmoidCrossEntropy(z, t) => {
            let probability = g.activate(super::activation::Activation::Sigmoid, z);
            let difference = g.sub(probability, t)?;
            vec![(z, g.mul(dy, difference)?)]
        }

        // forward: y sums x over some axes, so each x takes part with weight 1
        Op::SumTo(x, _) => vec![(x, g.broadcast(dy, g.shape(x))?)],
        // forward: y repeats x, so x collects what reaches each of its copies
        Op::Broadcast(x, _) => vec![(x, g.sum_to(dy, g.shape(x))?)],
        // forward: the same numbers in another shape
        Op::Reshape(x, _) => vec![(x, g.reshape(dy, g.shape(x))?)],
        // forward: y[i] = (a[i], b[i])
        Op::Concat(a, b) => {
            let (left, right) = (g.shape(a).columns(), g.shape(b).columns());
            vec![(a, g.slice(dy, 0, left)?), (b, g.slice(dy, left, right)?)]
        }
        // forward: y takes some columns of x; the others reach nothing
        Op::Slice { of, start, .. } => vec![(of, g.pad(dy, start, g.shape(of).columns())?)],
        // forward: y surrounds x with zeros
        Op::Pad { of, start, .. } => vec![(of, g.slice(dy, start, g.shape(of).columns())?)],
    })
}
