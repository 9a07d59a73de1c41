//! Formulas as plain text, for a terminal: `dW2 = A1ᵀ · dZ2`.

use super::expression::{Expression, Function, Operator};
use super::typeset::{Piece, typeset};
use super::{Definition, FunctionDefinition};
use crate::see::notation::{Letter, Symbol};

/// A formula on one line.
pub fn expression(expression: &Expression) -> String {
    piece(&typeset(expression))
}

/// A value and its formula: `Z1 = X · W1 + b1`.
pub fn definition(definition: &Definition) -> String {
    format!("{} = {}", symbol(&definition.symbol), expression(&definition.formula))
}

/// A function and its formula: `relu(z) = max(z, 0)`.
pub fn function_definition(definition: &FunctionDefinition) -> String {
    format!("{} = {}", function_head(definition), expression(&definition.formula))
}

/// What stands before the formula of a function: `relu(z)`.
pub fn function_head(definition: &FunctionDefinition) -> String {
    let arguments: Vec<String> = definition.arguments.iter().map(symbol).collect();
    format!("{}({})", function_name(definition.function), arguments.join(", "))
}

/// The name of a value: `dW2`, `Ŷ`.
pub fn symbol(symbol: &Symbol) -> String {
    let gradient = if symbol.is_gradient { "d" } else { "" };
    let letter = match symbol.letter {
        Letter::Output => "Ŷ",
        letter => letter.plain(),
    };
    format!("{gradient}{letter}{}", symbol.index)
}

/// The name of a function: `relu`, `relu′`.
pub fn function_name(function: Function) -> String {
    match function {
        Function::Activation(activation) => activation.symbol().to_owned(),
        Function::Slope(activation) => format!("{}′", activation.symbol()),
        Function::Operation(name) => name.to_owned(),
        Function::Exp => "exp".to_owned(),
        Function::Ln => "ln".to_owned(),
        Function::Sqrt => "√".to_owned(),
        Function::Erf => "erf".to_owned(),
        Function::Max => "max".to_owned(),
        Function::Min => "min".to_owned(),
        Function::Flatten => "rows".to_owned(),
    }
}

fn piece(of: &Piece) -> String {
    match of {
        Piece::Symbol(of) => symbol(of),
        Piece::Number(number) => number.to_string(),
        Piece::Beside(pieces) => {
            let mut text = String::new();
            for part in pieces {
                text.push_str(if matches!(part, Piece::Sum(_)) && !text.is_empty() { " " } else { "" });
                text.push_str(&piece(part));
            }
            text
        }
        Piece::Infix(sides, operator) => {
            let sign = match operator {
                Operator::Plus => "+",
                Operator::Minus => "−",
                Operator::Product => "·",
                Operator::Hadamard => "⊙",
                Operator::Over => "/",
            };
            format!("{} {sign} {}", piece(&sides[0]), piece(&sides[1]))
        }
        Piece::Negative(x) => format!("−{}", piece(x)),
        Piece::Fraction(sides) => {
            let above = match &sides[0] {
                above @ Piece::Beside(_) => piece(above),
                above => closed(above),
            };
            format!("{above}/{}", closed(&sides[1]))
        }
        Piece::Power(sides) => match &sides[1] {
            Piece::Number(2.0) => format!("{}²", piece(&sides[0])),
            exponent => format!("{}^{}", piece(&sides[0]), closed(exponent)),
        },
        Piece::Transposed(x) => format!("{}ᵀ", piece(x)),
        Piece::Grouped(x) => format!("({})", piece(x)),
        Piece::Absolute(x) => format!("|{}|", piece(x)),
        Piece::Root(x) => format!("√{}", closed(x)),
        Piece::Call(name, arguments) => format!("{}({})", function_name(*name), list(arguments)),
        Piece::Sum(x) => format!("Σ {}", piece(x)),
        Piece::Joined(parts) => format!("[{}]", list(parts)),
        Piece::Columns(x, [first, last]) => format!("{}[:, {first}…{last}]", piece(x)),
        Piece::Zeros(dimensions) => format!("0({dimensions})"),
        Piece::Reshaped(x, dimensions) => format!("reshape({}, {dimensions})", piece(x)),
        Piece::Choice(parts) => {
            let [greater, lesser, yes, no] = parts.each_ref().map(piece);
            format!("{yes} if {greater} > {lesser}, else {no}")
        }
    }
}

/// A piece that a line, a root or a power holds together; in parentheses where nobody would see how far it reaches.
fn closed(of: &Piece) -> String {
    match of {
        Piece::Symbol(_)
        | Piece::Number(_)
        | Piece::Power(_)
        | Piece::Transposed(_)
        | Piece::Grouped(_)
        | Piece::Absolute(_)
        | Piece::Root(_)
        | Piece::Call(..)
        | Piece::Joined(_)
        | Piece::Columns(..)
        | Piece::Zeros(_)
        | Piece::Reshaped(..) => piece(of),
        Piece::Beside(_)
        | Piece::Infix(..)
        | Piece::Negative(_)
        | Piece::Fraction(_)
        | Piece::Sum(_)
        | Piece::Choice(_) => format!("({})", piece(of)),
    }
}

fn list(parts: &[Piece]) -> String {
    parts.iter().map(piece).collect::<Vec<_>>().join(", ")
}
