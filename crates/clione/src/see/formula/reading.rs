//! From the nodes of a training graph to formulas: each node is its symbol, or what it is computed from.

use super::expression::{Expression, Function, Operator};
use super::factor::Factor;
use crate::base::shape::Shape;
use crate::graph::activation::{Activation, SlopeOf};
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::see::notation::{Dimensions, Letter, Notation, Size, Symbol};

/// The same training graph for fewer and for more rows: what differs between them depends on the rows.
pub(super) struct Reading<'a> {
    /// For fewer rows.
    pub fewer: &'a Graph,
    /// For more rows.
    pub more: &'a Graph,
    /// What the nodes are called.
    pub notation: Notation,
}

impl Reading<'_> {
    /// The lengths of the axes of a node.
    pub fn dimensions(&self, id: NodeId) -> Dimensions {
        dimensions(self.fewer.shape(id), self.more.shape(id))
    }

    /// A node in a formula: its symbol, or what it is computed from.
    pub fn value(&self, id: NodeId) -> Expression {
        match self.notation.symbol(id) {
            Some(symbol) => Expression::Symbol(symbol.clone()),
            None => self.computed(id),
        }
    }

    /// What a node is computed from.
    pub fn computed(&self, id: NodeId) -> Expression {
        let operation = self.fewer.op(id);
        match operation {
            Op::Input(_) | Op::Parameter(_) | Op::Mask { .. } => {
                let symbol = self.notation.symbol(id).cloned();
                Expression::Symbol(symbol.unwrap_or_else(|| Symbol::indexed(Letter::Value, id.0.to_string())))
            }
            Op::Constant(value, _) => Expression::Number(self.factor(id, value)),
            Op::MatMul(a, b) => Expression::both(Operator::Product, self.value(a), self.value(b)),
            Op::Transpose(x) => Expression::transposed(self.value(x)),
            Op::Add(a, b) => self.number_by_number(Operator::Plus, a, b),
            Op::Sub(a, b) => self.number_by_number(Operator::Minus, a, b),
            Op::Mul(a, b) => self.number_by_number(Operator::Hadamard, a, b),
            Op::Scale(x, factor) => Expression::scaled(self.factor(id, factor), self.value(x)),
            Op::Square(x) => Expression::squared(self.value(x)),
            Op::Abs(x) => Expression::Absolute(Box::new(self.value(x))),
            Op::Sign(x) => Expression::Call(Function::Operation(operation.name()), vec![self.value(x)]),
            Op::Huber(x, limit) | Op::Clamp(x, limit) | Op::Within(x, limit) => {
                let arguments = vec![self.value(x), Expression::number(limit)];
                Expression::Call(Function::Operation(operation.name()), arguments)
            }
            Op::Activate(activation, x) => Expression::Call(Function::Activation(activation), vec![self.value(x)]),
            Op::Slope(activation, x_or_y) => {
                let at = self.argument_of_slope(activation, x_or_y);
                Expression::Call(Function::Slope(activation), vec![self.value(at)])
            }
            Op::Softmax(x) => Expression::Call(Function::Operation(operation.name()), vec![self.value(x)]),
            // -Σⱼ t ⊙ ln softmax(z), a column
            Op::SoftmaxCrossEntropy(z, t) => {
                let row_losses = over_columns(self.logarithmic_loss(z, t));
                Expression::negative(row_losses)
            }
            // -(t ⊙ ln σ(z) + (1 - t) ⊙ ln(1 - σ(z)))
            Op::SigmoidCrossEntropy(z, t) => {
                let probability = self.value_or(Op::Activate(Activation::Sigmoid, z), || {
                    Expression::Call(Function::Activation(Activation::Sigmoid), vec![self.value(z)])
                });
                let target = self.value(t);
                let rest = |x: &Expression| Expression::both(Operator::Minus, Expression::number(1.0), x.clone());
                let yes = Expression::both(Operator::Hadamard, target.clone(), logarithm(probability.clone()));
                let no = Expression::both(Operator::Hadamard, rest(&target), logarithm(rest(&probability)));
                Expression::negative(Expression::both(Operator::Plus, yes, no))
            }
            Op::SumTo(x, to) => self.sum(x, to),
            Op::Broadcast(x, to) => {
                let ones = Expression::Symbol(Symbol::of(Letter::Ones));
                let of = self.fewer.shape(x);
                if of.elements() == 1 {
                    self.value(x)
                } else if of.columns() == to.columns() {
                    Expression::both(Operator::Product, ones, self.value(x))
                } else {
                    Expression::both(Operator::Product, self.value(x), Expression::transposed(ones))
                }
            }
            Op::Reshape(x, to) if to.rank() == 2 && to.rows() == self.fewer.shape(x).sizes()[0] => {
                Expression::Call(Function::Flatten, vec![self.value(x)])
            }
            Op::Reshape(x, _) => Expression::Reshaped(Box::new(self.value(x)), self.dimensions(id)),
            Op::Concat(a, b) => {
                let mut joined = match self.value(a) {
                    Expression::Joined(parts) => parts,
                    single => vec![single],
                };
                joined.push(self.value(b));
                Expression::Joined(joined)
            }
            Op::Slice { of, start, width } => Expression::Columns(Box::new(self.value(of)), [start + 1, start + width]),
            Op::Pad { of, start, width } => {
                let after = width - start - self.fewer.shape(of).columns();
                let zeros = |width: usize| {
                    let [fewer, more] = [self.fewer, self.more].map(|graph| graph.shape(of).with_last(width));
                    (width > 0).then(|| Expression::Zeros(dimensions(fewer, more)))
                };
                let (left, right) = (zeros(start), zeros(after));
                Expression::Joined(left.into_iter().chain([self.value(of)]).chain(right).collect())
            }
        }
    }

    /// What the node `y` of a slope f′(x) was computed from.
    fn argument_of_slope(&self, activation: Activation, x_or_y: NodeId) -> NodeId {
        let of_output = activation.slope_of() == SlopeOf::Output;
        if let (true, Op::Activate(_, x)) = (of_output, self.fewer.op(x_or_y)) { x } else { x_or_y }
    }

    /// A factor that stands in a node: the one of the other graph shows how it depends on the rows.
    fn factor(&self, id: NodeId, fewer: f64) -> Factor {
        if let Op::Constant(more, _) | Op::Scale(_, more) = self.more.op(id) {
            Factor::of_batches(fewer, more)
        } else {
            Factor::number(fewer)
        }
    }

    /// Repeating a value is not written where another one shows the shape.
    fn number_by_number(&self, operator: Operator, a: NodeId, b: NodeId) -> Expression {
        let repeated = |id: NodeId| {
            let Op::Broadcast(x, _) = self.fewer.op(id) else { return None };
            self.notation.symbol(id).is_none().then_some(x)
        };
        let (a, b) = match (repeated(a), repeated(b)) {
            (Some(row), None) => (row, b),
            (None, Some(row)) => (a, row),
            (None, None) | (Some(_), Some(_)) => (a, b),
        };
        Expression::both(operator, self.value(a), self.value(b))
    }

    /// Σ over everything, 1ᵀ · x over the rows, x · 1 over the columns.
    fn sum(&self, x: NodeId, to: Shape) -> Expression {
        let ones = Expression::Symbol(Symbol::of(Letter::Ones));
        if to.elements() == 1 {
            // The sum of a column of row sums is the sum of everything.
            return if let (Op::SoftmaxCrossEntropy(z, t), None) = (self.fewer.op(x), self.notation.symbol(x)) {
                Expression::negative(Expression::sum(self.logarithmic_loss(z, t)))
            } else {
                Expression::sum(self.value(x))
            };
        }
        if to.columns() == self.fewer.shape(x).columns() {
            return Expression::both(Operator::Product, Expression::transposed(ones), self.value(x));
        }
        over_columns(self.value(x))
    }

    /// t ⊙ ln softmax(z).
    fn logarithmic_loss(&self, z: NodeId, t: NodeId) -> Expression {
        let softmax = Op::Softmax(z);
        let probabilities =
            self.value_or(softmax, || Expression::Call(Function::Operation(softmax.name()), vec![self.value(z)]));
        Expression::both(Operator::Hadamard, self.value(t), logarithm(probabilities))
    }

    /// The symbol of the node that is this operation, if there is one.
    fn value_or(&self, operation: Op, otherwise: impl Fn() -> Expression) -> Expression {
        let node = self.fewer.nodes().find(|(_, node)| node.op == operation);
        match node.and_then(|(id, _)| self.notation.symbol(id)) {
            Some(symbol) => Expression::Symbol(symbol.clone()),
            None => otherwise(),
        }
    }
}

fn logarithm(x: Expression) -> Expression {
    Expression::Call(Function::Ln, vec![x])
}

/// x · 1: the sum of each row.
fn over_columns(x: Expression) -> Expression {
    Expression::both(Operator::Product, x, Expression::Symbol(Symbol::of(Letter::Ones)))
}

fn dimensions(fewer: Shape, more: Shape) -> Dimensions {
    let size = |(&fewer, &more): (&usize, &usize)| if fewer == more { Size::Fixed(fewer) } else { Size::Rows };
    Dimensions(fewer.sizes().iter().zip(more.sizes()).map(size).collect())
}
