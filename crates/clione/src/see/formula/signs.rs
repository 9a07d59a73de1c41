//! The signs of formulas, each in an example, and what they mean.

use super::expression::{Expression, Function, Operator};
use crate::see::notation::{Letter, Symbol};

/// Recognises a sign, shows it, says what it means.
type Sign = (fn(&Expression) -> bool, fn() -> Expression, &'static str);

const SIGNS: &[Sign] = &[
    (
        |part| matches!(part, Expression::Both(Operator::Product, pair) if !pair.iter().any(is_ones)),
        || Expression::both(Operator::Product, a(), b()),
        "matrix product",
    ),
    (
        |part| matches!(part, Expression::Both(Operator::Hadamard, _)),
        || Expression::both(Operator::Hadamard, a(), b()),
        "product number by number",
    ),
    (
        |part| matches!(part, Expression::Transposed(x) if !is_ones(x)),
        || Expression::transposed(a()),
        "transposed: rows become columns",
    ),
    (
        |part| matches!(part, Expression::Both(Operator::Product, pair) if is_ones(&pair[0])),
        || Expression::both(Operator::Product, Expression::transposed(ones()), a()),
        "the sum of each column (1 is a column of ones)",
    ),
    (
        |part| matches!(part, Expression::Both(Operator::Product, pair) if is_ones(&pair[1])),
        || Expression::both(Operator::Product, a(), ones()),
        "the sum of each row (1 is a column of ones)",
    ),
    (|part| matches!(part, Expression::Sum(_)), || Expression::sum(a()), "the sum of all numbers"),
    (|part| matches!(part, Expression::Power(_)), || Expression::squared(a()), "the square of each number"),
    (
        |part| matches!(part, Expression::Absolute(_)),
        || Expression::Absolute(Box::new(a())),
        "each number without its sign",
    ),
    (|part| matches!(part, Expression::Joined(_)), || Expression::Joined(vec![a(), b()]), "rows side by side"),
    (|part| matches!(part, Expression::Columns(..)), || Expression::Columns(Box::new(a()), [1, 3]), "columns 1 to 3"),
    (
        |part| matches!(part, Expression::Call(Function::Flatten, _)),
        || Expression::Call(Function::Flatten, vec![a()]),
        "all numbers of a row behind each other",
    ),
];

/// The signs that stand in some formulas.
pub(super) fn used<'a>(formulas: impl Iterator<Item = &'a Expression>) -> Vec<(Expression, &'static str)> {
    let mut is_used = [false; SIGNS.len()];
    for formula in formulas {
        formula.visit(&mut |part| {
            for ((recognises, ..), is_used) in SIGNS.iter().zip(&mut is_used) {
                *is_used |= recognises(part);
            }
        });
    }
    let signs = SIGNS.iter().zip(is_used).filter(|(_, is_used)| *is_used);
    let gradient = Expression::Symbol(Symbol::of(Letter::Activated).gradient());
    let gradient = (gradient, "the gradient ∂L/∂A: how L changes with each number of A");
    signs.map(|((_, example, meaning), _)| (example(), *meaning)).chain([gradient]).collect()
}

fn a() -> Expression {
    Expression::Symbol(Symbol::of(Letter::Activated))
}

fn b() -> Expression {
    Expression::Symbol(Symbol::of(Letter::Any))
}

fn ones() -> Expression {
    Expression::Symbol(Symbol::of(Letter::Ones))
}

/// Whether it is a column or a row of ones.
fn is_ones(x: &Expression) -> bool {
    match x {
        Expression::Transposed(inner) => is_ones(inner),
        x => *x == ones(),
    }
}
