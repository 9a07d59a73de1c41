//! The closed set of operations that a graph is made of.

use super::NodeId;
use super::activation::Activation;
use crate::base::shape::Shape;

/// One whole operation and the nodes it is computed from.
///
/// The set is closed: every `match` over it is exhaustive, so the compiler lists what a new operation still lacks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// The values handed in for each run; the number counts the inputs of the graph.
    Input(usize),
    /// Values that are learned; the number counts the parameters of the graph.
    Parameter(usize),
    /// The same number everywhere.
    Constant(f64, Shape),
    /// Dropout's mask: 0 with probability `rate`, otherwise 1 / (1 - rate); `number` tells masks of one graph apart.
    Mask {
        /// The share of zeros.
        rate: f64,
        /// The how-manieth mask of the graph this is.
        number: usize,
        /// The shape of the mask.
        shape: Shape,
    },
    /// y\[i,j\] = Σₖ a\[i,k\] · b\[k,j\].
    MatMul(NodeId, NodeId),
    /// y\[j,i\] = x\[i,j\].
    Transpose(NodeId),
    /// y = a + b, element by element.
    Add(NodeId, NodeId),
    /// y = a - b, element by element.
    Sub(NodeId, NodeId),
    /// y = a · b, element by element.
    Mul(NodeId, NodeId),
    /// y = c · x with a fixed number c.
    Scale(NodeId, f64),
    /// y = x².
    Square(NodeId),
    /// y = |x|.
    Abs(NodeId),
    /// y = -1, 0 or 1: the sign of x.
    Sign(NodeId),
    /// y = x²/2 where |x| ≤ δ, δ·(|x| - δ/2) elsewhere.
    Huber(NodeId, f64),
    /// y = x, but no less than -limit and no more than limit.
    Clamp(NodeId, f64),
    /// y = 1 where |x| < limit, 0 elsewhere: the slope of [`Op::Clamp`].
    Within(NodeId, f64),
    /// y = f(x) for an activation f.
    Activate(Activation, NodeId),
    /// y = f′, written in terms of the activation's input or of its output, whichever its table entry says.
    Slope(Activation, NodeId),
    /// y\[i,j\] = e^x\[i,j\] / Σₖ e^x\[i,k\]: each row becomes probabilities.
    Softmax(NodeId),
    /// y\[i,0\] = -Σⱼ t\[i,j\] · ln softmax(z)\[i,j\] for logits z and targets t whose rows sum to 1.
    SoftmaxCrossEntropy(NodeId, NodeId),
    /// y = softplus(z) - t·z = -(t · ln σ(z) + (1-t) · ln(1-σ(z))), element by element, for logits z and targets t.
    SigmoidCrossEntropy(NodeId, NodeId),
    /// Sums over every axis along which the result has size 1.
    SumTo(NodeId, Shape),
    /// Repeats along every axis along which x has size 1.
    Broadcast(NodeId, Shape),
    /// The same numbers in another shape.
    Reshape(NodeId, Shape),
    /// Rows of a followed by rows of b: y\[i\] = (a\[i\], b\[i\]).
    Concat(NodeId, NodeId),
    /// `width` columns of x from column `start` on.
    Slice {
        /// The value that columns are taken from.
        of: NodeId,
        /// The first column taken.
        start: usize,
        /// The number of columns taken.
        width: usize,
    },
    /// x as the columns from `start` on of a value with `width` columns that is 0 elsewhere.
    Pad {
        /// The value that is surrounded by zeros.
        of: NodeId,
        /// The column where x begins.
        start: usize,
        /// The number of columns of the result.
        width: usize,
    },
}

impl Op {
    /// The nodes this one is computed from, in order.
    pub fn operands(self) -> impl Iterator<Item = NodeId> {
        let (first, second) = match self {
            Op::Input(_) | Op::Parameter(_) | Op::Constant(..) | Op::Mask { .. } => (None, None),
            Op::Transpose(x)
            | Op::Scale(x, _)
            | Op::Square(x)
            | Op::Abs(x)
            | Op::Sign(x)
            | Op::Huber(x, _)
            | Op::Clamp(x, _)
            | Op::Within(x, _)
            | Op::Activate(_, x)
            | Op::Slope(_, x)
            | Op::Softmax(x)
            | Op::SumTo(x, _)
            | Op::Broadcast(x, _)
            | Op::Reshape(x, _)
            | Op::Slice { of: x, .. }
            | Op::Pad { of: x, .. } => (Some(x), None),
            Op::MatMul(a, b)
            | Op::Add(a, b)
            | Op::Sub(a, b)
            | Op::Mul(a, b)
            | Op::SoftmaxCrossEntropy(a, b)
            | Op::SigmoidCrossEntropy(a, b)
            | Op::Concat(a, b) => (Some(a), Some(b)),
        };
        first.into_iter().chain(second)
    }

    /// The name that labels, plans and pictures use.
    pub fn name(self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Parameter(_) => "parameter",
            Op::Constant(..) => "constant",
            Op::Mask { .. } => "mask",
            Op::MatMul(..) => "matmul",
            Op::Transpose(_) => "transpose",
            Op::Add(..) => "add",
            Op::Sub(..) => "sub",
            Op::Mul(..) => "mul",
            Op::Scale(..) => "scale",
            Op::Square(_) => "square",
            Op::Abs(_) => "abs",
            Op::Sign(_) => "sign",
            Op::Huber(..) => "huber",
            Op::Clamp(..) => "clamp",
            Op::Within(..) => "within",
            Op::Activate(activation, _) => activation.name(),
            Op::Slope(..) => "slope",
            Op::Softmax(_) => "softmax",
            Op::SoftmaxCrossEntropy(..) => "softmax_cross_entropy",
            Op::SigmoidCrossEntropy(..) => "sigmoid_cross_entropy",
            Op::SumTo(..) => "sum",
            Op::Broadcast(..) => "broadcast",
            Op::Reshape(..) => "reshape",
            Op::Concat(..) => "concat",
            Op::Slice { .. } => "slice",
            Op::Pad { .. } => "pad",
        }
    }
}
