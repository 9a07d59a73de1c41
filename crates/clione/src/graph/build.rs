//! One checked method per operation: shapes in, node out, and an error that names layer, expected and found.
//!
//! Multiplying by a known number is folded while building (`1·x` is `x`, `a·(b·x)` is `(a·b)·x`), so the gradient of the
//! article's loss reads `2(Ŷ - Y)` and not `1 · 2 · (Ŷ - Y)`.

use super::activation::{Activation, SlopeOf};
use super::op::Op;
use super::{Graph, Node, NodeId};
use crate::base::error::{Error, Result};
use crate::base::shape::Shape;

impl Graph {
    /// A value that is handed in for each run.
    pub fn input(&mut self, shape: impl Into<Shape>) -> NodeId {
        let id = self.push(Op::Input(self.inputs.len()), shape.into());
        self.inputs.push(id);
        id
    }

    /// A value that is learned.
    pub fn parameter(&mut self, shape: impl Into<Shape>) -> NodeId {
        let id = self.push(Op::Parameter(self.parameters.len()), shape.into());
        self.parameters.push(id);
        id
    }

    /// The same number everywhere.
    pub fn constant(&mut self, value: f64, shape: impl Into<Shape>) -> NodeId {
        self.known(Op::Constant(value, shape.into()))
    }

    /// Dropout's mask with its own `number` in this graph: 0 with probability `rate`, otherwise 1 / (1 - rate).
    ///
    /// Fails unless 0 ≤ rate < 1.
    pub fn mask(&mut self, rate: f64, number: usize, shape: impl Into<Shape>) -> Result<NodeId> {
        self.append(Op::Mask { rate, number, shape: shape.into() })
    }

    /// a · b for a of n x k and b of k x m. Fails unless both have two axes and the inner sizes agree.
    pub fn matmul(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.append(Op::MatMul(a, b))
    }

    /// xᵀ. Fails unless x has two axes.
    pub fn transpose(&mut self, x: NodeId) -> Result<NodeId> {
        if let Op::Transpose(original) = self.op(x) {
            return Ok(original);
        }
        self.append(Op::Transpose(x))
    }

    /// a + b. Fails unless the shapes are the same.
    pub fn add(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.append(Op::Add(a, b))
    }

    /// a - b. Fails unless the shapes are the same.
    pub fn sub(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.append(Op::Sub(a, b))
    }

    /// a · b, element by element. Fails unless the shapes are the same.
    pub fn mul(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.infer(Op::Mul(a, b))?;
        match (self.op(a), self.op(b)) {
            (Op::Constant(factor, _), _) => Ok(self.scale(b, factor)),
            (_, Op::Constant(factor, _)) => Ok(self.scale(a, factor)),
            _ => self.append(Op::Mul(a, b)),
        }
    }

    /// factor · x.
    pub fn scale(&mut self, x: NodeId, factor: f64) -> NodeId {
        match self.op(x) {
            _ if factor == 1.0 => x,
            Op::Constant(value, shape) => self.known(Op::Constant(factor * value, shape)),
            Op::Scale(original, inner) => self.scale(original, factor * inner),
            _ => self.known(Op::Scale(x, factor)),
        }
    }

    /// x².
    pub fn square(&mut self, x: NodeId) -> NodeId {
        self.known(Op::Square(x))
    }

    /// |x|.
    pub fn abs(&mut self, x: NodeId) -> NodeId {
        self.known(Op::Abs(x))
    }

    /// The sign of x: -1, 0 or 1.
    pub fn sign(&mut self, x: NodeId) -> NodeId {
        self.known(Op::Sign(x))
    }

    /// x²/2 where |x| ≤ delta, delta·(|x| - delta/2) elsewhere. Fails unless delta is a positive number.
    pub fn huber(&mut self, x: NodeId, delta: f64) -> Result<NodeId> {
        self.append(Op::Huber(x, delta))
    }

    /// x, but no less than -limit and no more than limit. Fails unless limit is a positive number.
    pub fn clamp(&mut self, x: NodeId, limit: f64) -> Result<NodeId> {
        self.append(Op::Clamp(x, limit))
    }

    /// 1 where |x| < limit, 0 elsewhere: the slope of [`Graph::clamp`].
    pub(super) fn within(&mut self, x: NodeId, limit: f64) -> Result<NodeId> {
        self.append(Op::Within(x, limit))
    }

    /// f(x); for the linear activation this is x itself.
    pub fn activate(&mut self, activation: Activation, x: NodeId) -> NodeId {
        match activation {
            Activation::Linear => x,
            _ => self.known(Op::Activate(activation, x)),
        }
    }

    /// f′ at the node y = f(x), in terms of x or y as the activation's table entry says.
    pub(super) fn slope(&mut self, activation: Activation, x: NodeId, y: NodeId) -> NodeId {
        match activation.slope_of() {
            SlopeOf::Input => self.known(Op::Slope(activation, x)),
            SlopeOf::Output => self.known(Op::Slope(activation, y)),
        }
    }

    /// Each row as probabilities: e^x / Σ e^x. Fails when rows have one number only, which could only become 1.
    pub fn softmax(&mut self, x: NodeId) -> Result<NodeId> {
        self.append(Op::Softmax(x))
    }

    /// Cross-entropy of each row of logits against target probabilities, as a column.
    /// Fails unless both have the same shape of two axes and rows of more than one number.
    pub fn softmax_cross_entropy(&mut self, logits: NodeId, targets: NodeId) -> Result<NodeId> {
        self.append(Op::SoftmaxCrossEntropy(logits, targets))
    }

    /// Cross-entropy of each logit against a target between 0 and 1. Fails unless the shapes are the same.
    pub fn sigmoid_cross_entropy(&mut self, logits: NodeId, targets: NodeId) -> Result<NodeId> {
        self.append(Op::SigmoidCrossEntropy(logits, targets))
    }

    /// The sum over every axis along which `shape` has size 1: over everything, over rows, or over columns.
    pub fn sum_to(&mut self, x: NodeId, shape: impl Into<Shape>) -> Result<NodeId> {
        let shape = shape.into();
        if shape == self.shape(x) {
            return Ok(x);
        }
        match self.op(x) {
            Op::Constant(value, of) => {
                self.infer(Op::SumTo(x, shape))?;
                Ok(self.constant(value * (of.elements() / shape.elements()) as f64, shape))
            }
            _ => self.append(Op::SumTo(x, shape)),
        }
    }

    /// x repeated along every axis along which it has size 1.
    pub fn broadcast(&mut self, x: NodeId, shape: impl Into<Shape>) -> Result<NodeId> {
        let shape = shape.into();
        if shape == self.shape(x) {
            return Ok(x);
        }
        match self.op(x) {
            Op::Constant(value, _) => {
                self.infer(Op::Broadcast(x, shape))?;
                Ok(self.constant(value, shape))
            }
            _ => self.append(Op::Broadcast(x, shape)),
        }
    }

    /// x + b for a bias b of shape 1 x m that is added to each row of x.
    pub fn add_bias(&mut self, x: NodeId, bias: NodeId) -> Result<NodeId> {
        let rows = self.broadcast(bias, self.shape(x))?;
        self.add(x, rows)
    }

    /// The same numbers in another shape. Fails unless there are as many.
    pub fn reshape(&mut self, x: NodeId, shape: impl Into<Shape>) -> Result<NodeId> {
        let shape = shape.into();
        if shape == self.shape(x) {
            return Ok(x);
        }
        match self.op(x) {
            Op::Reshape(original, _) => self.reshape(original, shape),
            _ => self.append(Op::Reshape(x, shape)),
        }
    }

    /// Rows of a followed by rows of b. Fails unless both have the same sizes but for the last.
    pub fn concat(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.append(Op::Concat(a, b))
    }

    /// `width` columns of x from column `start` on. Fails when x has fewer.
    pub fn slice(&mut self, x: NodeId, start: usize, width: usize) -> Result<NodeId> {
        if start == 0 && width == self.shape(x).columns() {
            return Ok(x);
        }
        self.append(Op::Slice { of: x, start, width })
    }

    /// x as the columns from `start` on of a value with `width` columns that is 0 elsewhere.
    pub fn pad(&mut self, x: NodeId, start: usize, width: usize) -> Result<NodeId> {
        self.append(Op::Pad { of: x, start, width })
    }

    /// Appends a checked node, or finds the one that is there already.
    fn append(&mut self, op: Op) -> Result<NodeId> {
        let shape = self.infer(op)?;
        Ok(match self.known.find(op) {
            Some(id) => id,
            None => self.push(op, shape),
        })
    }

    /// Appends a node that fits whatever the shapes are.
    fn known(&mut self, op: Op) -> NodeId {
        self.append(op).expect("an operation on one value of any shape always fits")
    }

    fn push(&mut self, op: Op, shape: Shape) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node { op, shape, layer: self.current_layer, is_backward: self.building_backward });
        self.known.note(op, id);
        id
    }

    /// The shape of the result of `op`, or what does not fit.
    fn infer(&self, op: Op) -> Result<Shape> {
        match op {
            Op::Input(_) | Op::Parameter(_) => unreachable!("inputs and parameters come with their shape"),
            Op::Constant(_, shape) => Ok(shape),
            Op::Mask { rate, shape, .. } => {
                if (0.0..1.0).contains(&rate) {
                    return Ok(shape);
                }
                Err(self.misfit(format!("a dropout rate is at least 0 and less than 1, but this one is {rate}")))
            }
            Op::MatMul(a, b) => {
                let ([rows, inner], [found, columns]) = (self.matrix(a, op)?, self.matrix(b, op)?);
                if inner == found {
                    return Ok(Shape::from([rows, columns]));
                }
                Err(self
                    .misfit(format!("takes rows of {found} numbers, but these rows have {inner}"))
                    .note(format!("a product of {} and {}", self.shape(a), self.shape(b)))
                    .note("is the target column still among the inputs, or has the number of inputs changed?"))
            }
            Op::Transpose(x) => self.matrix(x, op).map(|[rows, columns]| Shape::from([columns, rows])),
            Op::Add(a, b) | Op::Sub(a, b) | Op::Mul(a, b) | Op::SigmoidCrossEntropy(a, b) => self.same_shape(a, b, op),
            Op::SoftmaxCrossEntropy(logits, targets) => {
                let [rows, _] = self.matrix(logits, op)?;
                self.infer(Op::Softmax(logits))?; // its gradient needs one
                self.same_shape(logits, targets, op).map(|_| Shape::from([rows, 1]))
            }
            Op::Huber(x, limit) | Op::Clamp(x, limit) | Op::Within(x, limit) => {
                if limit > 0.0 && limit.is_finite() {
                    return Ok(self.shape(x));
                }
                Err(self.misfit(format!("{} needs a positive limit, but this one is {limit}", op.name())))
            }
            Op::Softmax(x) => {
                if self.shape(x).columns() > 1 {
                    return Ok(self.shape(x));
                }
                Err(self
                    .misfit("softmax shares 1 out over the numbers of a row, but these rows have one number only")
                    .note("for two classes use one output with sigmoid, or two outputs with softmax"))
            }
            Op::Scale(x, _) | Op::Square(x) | Op::Abs(x) | Op::Sign(x) | Op::Activate(_, x) | Op::Slope(_, x) => {
                Ok(self.shape(x))
            }
            Op::SumTo(x, shape) => self.repeats(shape, self.shape(x), op).map(|()| shape),
            Op::Broadcast(x, shape) => self.repeats(self.shape(x), shape, op).map(|()| shape),
            Op::Reshape(x, shape) => {
                let (found, expected) = (self.shape(x), shape);
                if found.elements() == expected.elements() {
                    return Ok(shape);
                }
                Err(self.misfit(format!("{found} ({} numbers) cannot become {expected}", found.elements())))
            }
            Op::Concat(a, b) => {
                let (left, right) = (self.shape(a), self.shape(b));
                if left.with_last(1) == right.with_last(1) {
                    return Ok(left.with_last(left.columns().saturating_add(right.columns())));
                }
                Err(self.misfit(format!("rows of {left} and of {right} cannot be joined: their numbers differ")))
            }
            Op::Slice { of, start, width } => {
                let shape = self.shape(of);
                if width > 0 && start.saturating_add(width) <= shape.columns() {
                    return Ok(shape.with_last(width));
                }
                Err(self.misfit(format!("columns {start} to {} of {shape} do not exist", start.saturating_add(width))))
            }
            Op::Pad { of, start, width } => {
                let shape = self.shape(of);
                if start.saturating_add(shape.columns()) <= width {
                    return Ok(shape.with_last(width));
                }
                Err(self.misfit(format!("{shape} does not fit into {width} columns from column {start} on")))
            }
        }
    }

    /// An error in the layer that is being built.
    fn misfit(&self, what: impl AsRef<str>) -> Error {
        Error::usage(format!("layer `{}`: {}", self.layers[self.current_layer], what.as_ref()))
    }

    fn matrix(&self, x: NodeId, op: Op) -> Result<[usize; 2]> {
        match self.shape(x).sizes() {
            &[rows, columns] => Ok([rows, columns]),
            _ => Err(self
                .misfit(format!("{} takes rows of numbers (2 axes), but this value is {}", op.name(), self.shape(x)))
                .note("a flatten layer in front turns each example into one row")),
        }
    }

    fn same_shape(&self, a: NodeId, b: NodeId, op: Op) -> Result<Shape> {
        let (left, right) = (self.shape(a), self.shape(b));
        if left == right {
            return Ok(left);
        }
        Err(self
            .misfit(format!("{} needs two values of one shape, but these are {left} and {right}", op.name()))
            .note(format!("`{}` made the first, `{}` the second", self.layer_name(a), self.layer_name(b))))
    }

    /// Whether `small` can be repeated to `large`: over everything, over rows or over columns.
    fn repeats(&self, small: Shape, large: Shape, op: Op) -> Result<()> {
        let total = small.elements() == 1;
        let rows = small.rows() == 1 && small.columns() == large.columns();
        let columns = small.columns() == 1 && small.rows() == large.rows();
        if total || rows || columns {
            return Ok(());
        }
        Err(self.misfit(format!("{}: {small} cannot be repeated to {large}", op.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_that_does_not_fit_names_layer_expected_and_found() {
        let mut graph = Graph::new();
        graph.enter_layer("hidden1");
        let x = graph.input([32, 785]);
        let w = graph.parameter([784, 10]);
        let error = graph.matmul(x, w).expect_err("785 is not 784").to_string();
        assert!(error.contains("layer `hidden1`: takes rows of 784 numbers, but these rows have 785"), "{error}");
    }

    #[test]
    fn factors_that_are_known_are_folded() {
        let mut graph = Graph::new();
        let x = graph.input([2, 2]);
        let half = graph.constant(0.5, [2, 2]);
        let y = graph.scale(x, 4.0);
        let z = graph.mul(half, y).expect("same shapes");
        assert_eq!(graph.op(z), Op::Scale(x, 2.0));
        assert_eq!(graph.scale(z, 0.5), x);
    }

    #[test]
    fn the_same_operation_is_built_once() {
        let mut graph = Graph::new();
        let x = graph.input([2, 2]);
        assert_eq!(graph.square(x), graph.square(x));
    }

    #[test]
    fn what_cannot_fit_is_refused() {
        let mut graph = Graph::new();
        let (x, y, one) = (graph.input([2, 3]), graph.input([3, 2]), graph.input([2, 1]));
        let cube = graph.input([2, 3, 4]);
        assert!(graph.add(x, y).is_err());
        assert!(graph.matmul(cube, y).is_err());
        assert!(graph.softmax(one).is_err());
        assert!(graph.softmax_cross_entropy(one, one).is_err());
        assert!(graph.sum_to(x, [3, 1]).is_err());
        assert!(graph.broadcast(y, [2, 3]).is_err());
        assert!(graph.reshape(x, [7]).is_err());
        assert!(graph.concat(x, y).is_err());
        assert!(graph.slice(x, 2, 2).is_err());
        assert!(graph.mask(1.0, 0, [2, 3]).is_err());
        assert!(graph.huber(x, 0.0).is_err());
    }
}
