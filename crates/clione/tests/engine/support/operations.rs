//! The list of all operations that tests must cover.

use clione::graph::op::Op;

/// The names of all operations; `kind` says which one an operation goes by.
pub const KINDS: [&str; 27] = [
    "input",
    "parameter",
    "constant",
    "mask",
    "matmul",
    "transpose",
    "add",
    "sub",
    "mul",
    "scale",
    "square",
    "abs",
    "sign",
    "huber",
    "clamp",
    "within",
    "activate",
    "slope",
    "softmax",
    "softmax_cross_entropy",
    "sigmoid_cross_entropy",
    "sum",
    "broadcast",
    "reshape",
    "concat",
    "slice",
    "pad",
];

/// What an operation goes by in the list. A new operation does not compile until it has an arm here; then it belongs
/// into the list too, and the tests that go through the list fail until they cover it.
pub fn kind(op: Op) -> &'static str {
    match op {
        Op::Activate(..) => "activate",
        Op::Input(_)
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
        | Op::Abs(_)
        | Op::Sign(_)
        | Op::Huber(..)
        | Op::Clamp(..)
        | Op::Within(..)
        | Op::Slope(..)
        | Op::Softmax(_)
        | Op::SoftmaxCrossEntropy(..)
        | Op::SigmoidCrossEntropy(..)
        | Op::SumTo(..)
        | Op::Broadcast(..)
        | Op::Reshape(..)
        | Op::Concat(..)
        | Op::Slice { .. }
        | Op::Pad { .. } => op.name(),
    }
}
