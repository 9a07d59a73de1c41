//! A formula as a tree: symbols, numbers, and what is done with them.

use super::factor::Factor;
use crate::graph::activation::Activation;
use crate::see::notation::{Dimensions, Symbol};

/// A formula. Operations on matrices of one shape work number by number; a row or a column beside a matrix, or a single
/// number, is repeated.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A value by its name.
    Symbol(Symbol),
    /// The same number everywhere.
    Number(Factor),
    /// A number times a value.
    Scaled(Factor, Box<Expression>),
    /// xᵀ.
    Transposed(Box<Expression>),
    /// Two values and what stands between them.
    Both(Operator, Box<[Expression; 2]>),
    /// a^b.
    Power(Box<[Expression; 2]>),
    /// |x|.
    Absolute(Box<Expression>),
    /// A function.
    Call(Function, Vec<Expression>),
    /// Σ x, over everything.
    Sum(Box<Expression>),
    /// Rows side by side.
    Joined(Vec<Expression>),
    /// The columns from the first to the last, both counted from 1.
    Columns(Box<Expression>, [usize; 2]),
    /// Zeros.
    Zeros(Dimensions),
    /// The same numbers in another shape.
    Reshaped(Box<Expression>, Dimensions),
    /// Where the first is greater than the second, the third, else the fourth.
    Choice(Box<[Expression; 4]>),
}

/// What stands between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// a + b.
    Plus,
    /// a − b.
    Minus,
    /// The matrix product a · b; of single numbers, their product.
    Product,
    /// a ⊙ b: the product number by number.
    Hadamard,
    /// a / b, number by number.
    Over,
}

/// What has a name and arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// An activation, number by number.
    Activation(Activation),
    /// The slope of an activation, number by number.
    Slope(Activation),
    /// An operation of the graph that has no sign of its own, by its name there.
    Operation(&'static str),
    /// e^x.
    Exp,
    /// The natural logarithm.
    Ln,
    /// √x.
    Sqrt,
    /// The error function.
    Erf,
    /// The greater of two numbers.
    Max,
    /// The lesser of two numbers.
    Min,
    /// Row by row all numbers behind each other.
    Flatten,
}

impl Expression {
    /// A number that has nothing to do with the rows.
    pub fn number(value: f64) -> Self {
        Expression::Number(Factor::number(value))
    }

    /// factor · x, in one fraction with a factor that x has already.
    pub fn scaled(factor: Factor, x: Expression) -> Self {
        match x {
            x if factor.is_one() => x,
            Expression::Number(number) => Expression::Number(factor.times(number)),
            Expression::Scaled(inner, x) => Expression::scaled(factor.times(inner), *x),
            x => Expression::Scaled(factor, Box::new(x)),
        }
    }

    /// -x.
    pub fn negative(x: Expression) -> Self {
        Expression::scaled(Factor::number(-1.0), x)
    }

    /// Σ x; a factor of every number is one of the sum.
    pub fn sum(x: Expression) -> Self {
        match x {
            Expression::Scaled(factor, x) => Expression::scaled(factor, Expression::sum(*x)),
            x => Expression::Sum(Box::new(x)),
        }
    }

    /// Two expressions and what stands between them; a + -b is a − b.
    pub fn both(operator: Operator, a: Expression, b: Expression) -> Self {
        match (operator, b) {
            (Operator::Plus, Expression::Scaled(factor, b)) if factor.numerator < 0.0 => {
                Expression::both(Operator::Minus, a, Expression::scaled(factor.times(Factor::number(-1.0)), *b))
            }
            (operator, b) => Expression::Both(operator, Box::new([a, b])),
        }
    }

    /// xᵀ.
    pub fn transposed(x: Expression) -> Self {
        Expression::Transposed(Box::new(x))
    }

    /// x², number by number.
    pub fn squared(x: Expression) -> Self {
        Expression::Power(Box::new([x, Expression::number(2.0)]))
    }

    /// What it is made of.
    pub fn parts(&self) -> &[Expression] {
        match self {
            Expression::Symbol(_) | Expression::Number(_) | Expression::Zeros(_) => &[],
            Expression::Scaled(_, x)
            | Expression::Transposed(x)
            | Expression::Absolute(x)
            | Expression::Sum(x)
            | Expression::Columns(x, _)
            | Expression::Reshaped(x, _) => std::slice::from_ref(x.as_ref()),
            Expression::Both(_, pair) | Expression::Power(pair) => pair.as_slice(),
            Expression::Call(_, parts) | Expression::Joined(parts) => parts,
            Expression::Choice(parts) => parts.as_slice(),
        }
    }

    /// Calls `see` with it and with everything that it is made of.
    pub fn visit(&self, see: &mut dyn FnMut(&Expression)) {
        see(self);
        self.parts().iter().for_each(|part| part.visit(see));
    }
}
