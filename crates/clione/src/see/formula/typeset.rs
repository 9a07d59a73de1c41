//! Where a formula needs parentheses, fractions and powers: from what it means to what stands on the page.

use super::expression::{Expression, Function, Operator};
use super::factor::Factor;
use crate::see::notation::{Dimensions, Letter, Symbol};

/// A part of a formula on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// A value by its name.
    Symbol(Symbol),
    /// A number that is not negative.
    Number(f64),
    /// Pieces right beside each other.
    Beside(Vec<Piece>),
    /// Two pieces and a sign between them.
    Infix(Box<[Piece; 2]>, Operator),
    /// −x.
    Negative(Box<Piece>),
    /// Above and below a line.
    Fraction(Box<[Piece; 2]>),
    /// A piece and its exponent.
    Power(Box<[Piece; 2]>),
    /// xᵀ.
    Transposed(Box<Piece>),
    /// In parentheses.
    Grouped(Box<Piece>),
    /// |x|.
    Absolute(Box<Piece>),
    /// √x.
    Root(Box<Piece>),
    /// The name of a function before its arguments.
    Call(Function, Vec<Piece>),
    /// Σ x.
    Sum(Box<Piece>),
    /// Side by side in brackets.
    Joined(Vec<Piece>),
    /// Some columns.
    Columns(Box<Piece>, [usize; 2]),
    /// Zeros of a shape.
    Zeros(Dimensions),
    /// A piece in another shape.
    Reshaped(Box<Piece>, Dimensions),
    /// Where a > b, the third, else the fourth.
    Choice(Box<[Piece; 4]>),
}

/// How tightly the outermost sign of a formula holds its parts together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    Choice,
    Plus,
    Product,
    Beside,
    Postfix,
    Single,
}

/// The formula as it stands on a page.
pub fn typeset(expression: &Expression) -> Piece {
    match expression {
        Expression::Symbol(symbol) => Piece::Symbol(symbol.clone()),
        Expression::Number(factor) => number(*factor),
        Expression::Scaled(factor, x) => scaled(*factor, x),
        Expression::Transposed(x) => Piece::Transposed(Box::new(within(x, Hold::Single))),
        Expression::Both(operator, pair) => both(*operator, pair),
        Expression::Power(pair) => Piece::Power(Box::new([within(&pair[0], Hold::Single), typeset(&pair[1])])),
        Expression::Absolute(x) => Piece::Absolute(Box::new(typeset(x))),
        Expression::Call(Function::Exp, arguments) => {
            let euler = Piece::Symbol(Symbol::of(Letter::Euler));
            let exponent = arguments.first().map_or(Piece::Number(1.0), typeset);
            Piece::Power(Box::new([euler, exponent]))
        }
        Expression::Call(Function::Sqrt, arguments) => {
            Piece::Root(Box::new(arguments.first().map_or(Piece::Number(0.0), typeset)))
        }
        Expression::Call(function, arguments) => Piece::Call(*function, arguments.iter().map(typeset).collect()),
        Expression::Sum(x) => Piece::Sum(Box::new(within(x, Hold::Product))),
        Expression::Joined(parts) => Piece::Joined(parts.iter().map(typeset).collect()),
        Expression::Columns(x, columns) => Piece::Columns(Box::new(within(x, Hold::Single)), *columns),
        Expression::Zeros(dimensions) => Piece::Zeros(dimensions.clone()),
        Expression::Reshaped(x, dimensions) => Piece::Reshaped(Box::new(typeset(x)), dimensions.clone()),
        Expression::Choice(parts) => Piece::Choice(Box::new([&parts[0], &parts[1], &parts[2], &parts[3]].map(typeset))),
    }
}

/// How tightly a formula holds together.
fn hold(expression: &Expression) -> Hold {
    match expression {
        Expression::Choice(_) => Hold::Choice,
        Expression::Both(Operator::Plus | Operator::Minus, _) => Hold::Plus,
        Expression::Both(Operator::Product | Operator::Hadamard, _) | Expression::Sum(_) => Hold::Product,
        Expression::Number(factor) | Expression::Scaled(factor, _) if factor.numerator < 0.0 => Hold::Plus,
        Expression::Scaled(_, x) if matches!(**x, Expression::Sum(_)) => Hold::Product,
        Expression::Scaled(..) | Expression::Both(Operator::Over, _) => Hold::Beside,
        Expression::Number(factor) if factor.denominator != 1.0 || factor.rows != 0 => Hold::Beside,
        Expression::Call(Function::Exp, _) | Expression::Power(_) | Expression::Transposed(_) => Hold::Postfix,
        Expression::Symbol(_)
        | Expression::Number(_)
        | Expression::Absolute(_)
        | Expression::Call(..)
        | Expression::Joined(_)
        | Expression::Columns(..)
        | Expression::Zeros(_)
        | Expression::Reshaped(..) => Hold::Single,
    }
}

/// The formula, in parentheses where it holds together less tightly than its place needs.
fn within(expression: &Expression, least: Hold) -> Piece {
    let piece = typeset(expression);
    if hold(expression) < least { Piece::Grouped(Box::new(piece)) } else { piece }
}

fn both(operator: Operator, pair: &[Expression; 2]) -> Piece {
    let [a, b] = pair;
    // a − (b + c), and no sum of matrices stands beside a product without parentheses.
    let sides = match operator {
        Operator::Plus => [within(a, Hold::Plus), within(b, Hold::Plus)],
        Operator::Minus => [within(a, Hold::Plus), within(b, Hold::Product)],
        Operator::Over => return Piece::Fraction(Box::new([typeset(a), typeset(b)])),
        // Nobody has agreed on which of · and ⊙ comes first.
        Operator::Product | Operator::Hadamard => [a, b].map(|side| match side {
            Expression::Both(other @ (Operator::Product | Operator::Hadamard), _) if *other != operator => {
                Piece::Grouped(Box::new(typeset(side)))
            }
            Expression::Sum(_) => Piece::Grouped(Box::new(typeset(side))),
            side => within(side, Hold::Product),
        }),
    };
    Piece::Infix(Box::new(sides), operator)
}

fn number(factor: Factor) -> Piece {
    let above = Piece::Number(factor.numerator.abs());
    let number = match below(factor) {
        Some(below) => Piece::Fraction(Box::new([above, below])),
        None => above,
    };
    if factor.numerator < 0.0 { Piece::Negative(Box::new(number)) } else { number }
}

/// What stands below the line.
fn below(factor: Factor) -> Option<Piece> {
    let rows = (0..factor.rows).map(|_| Piece::Symbol(Symbol::of(Letter::Rows)));
    let number = (factor.denominator != 1.0).then_some(Piece::Number(factor.denominator));
    let mut pieces: Vec<Piece> = number.into_iter().chain(rows).collect();
    if pieces.len() > 1 { Some(Piece::Beside(pieces)) } else { pieces.pop() }
}

fn scaled(factor: Factor, x: &Expression) -> Piece {
    let size = factor.numerator.abs();
    let is_sum = matches!(x, Expression::Sum(_));
    let times = |x: Piece| if size == 1.0 { x } else { Piece::Beside(vec![Piece::Number(size), x]) };
    let piece = match below(factor) {
        // A sum is wide: its factor stands before it.
        Some(below) if is_sum => {
            Piece::Beside(vec![Piece::Fraction(Box::new([Piece::Number(size), below])), typeset(x)])
        }
        Some(below) if size == 1.0 => Piece::Fraction(Box::new([typeset(x), below])),
        Some(below) => Piece::Fraction(Box::new([times(within(x, Hold::Postfix)), below])),
        None if size == 1.0 => within(x, Hold::Product),
        None if is_sum => times(typeset(x)),
        None => times(within(x, Hold::Postfix)),
    };
    if factor.numerator < 0.0 { Piece::Negative(Box::new(piece)) } else { piece }
}
