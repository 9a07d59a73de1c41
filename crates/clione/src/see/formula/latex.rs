//! Formulas as LaTeX that a document with `amsmath`, MathJax and KaTeX set alike: `dW_{2} = A_{1}^{\top} \cdot dZ_{2}`.

use super::FunctionDefinition;
use super::expression::{Expression, Function, Operator};
use super::typeset::{Piece, typeset};
use crate::see::notation::{Dimensions, Letter, Size, Symbol};

/// A formula, without the signs that begin and end formulas.
pub fn expression(expression: &Expression) -> String {
    piece(&typeset(expression))
}

/// The name of a value: `dW_{2}`, `\hat{Y}`.
pub fn symbol(symbol: &Symbol) -> String {
    let gradient = if symbol.is_gradient { "d" } else { "" };
    let letter = match symbol.letter {
        Letter::Output => r"\hat{Y}",
        Letter::Parameter => r"\Theta",
        Letter::Limit => r"\delta",
        Letter::Pi => r"\pi",
        Letter::Ones => r"\mathbf{1}",
        letter => letter.plain(),
    };
    match symbol.index.as_str() {
        "" => format!("{gradient}{letter}"),
        index => format!("{gradient}{letter}_{{{index}}}"),
    }
}

/// What stands before the formula of a function.
pub fn function_head(definition: &FunctionDefinition) -> String {
    let arguments: Vec<String> = definition.arguments.iter().map(symbol).collect();
    format!("{}({})", function(definition.function), arguments.join(", "))
}

/// The lengths of the axes: `n \times 4`.
pub fn dimensions(dimensions: &Dimensions) -> String {
    let size = |size: &Size| match size {
        Size::Rows => Letter::Rows.plain().to_owned(),
        Size::Fixed(size) => size.to_string(),
    };
    dimensions.0.iter().map(size).collect::<Vec<_>>().join(r" \times ")
}

fn function(function: Function) -> String {
    let named = |name: &str| match name {
        "σ" => r"\sigma".to_owned(),
        name => format!(r"\operatorname{{{name}}}"),
    };
    match function {
        Function::Activation(activation) => named(activation.symbol()),
        Function::Slope(activation) => format!("{}'", named(activation.symbol())),
        Function::Operation(name) => named(name),
        Function::Exp => r"\exp".to_owned(),
        Function::Ln => r"\ln".to_owned(),
        Function::Sqrt => r"\sqrt".to_owned(),
        Function::Erf => named("erf"),
        Function::Max => r"\max".to_owned(),
        Function::Min => r"\min".to_owned(),
        Function::Flatten => named("rows"),
    }
}

fn piece(of: &Piece) -> String {
    match of {
        Piece::Symbol(of) => symbol(of),
        Piece::Number(number) => number.to_string(),
        Piece::Beside(pieces) => pieces.iter().map(piece).collect::<Vec<_>>().join(" "),
        Piece::Infix(sides, operator) => {
            let sign = match operator {
                Operator::Plus => "+",
                Operator::Minus => "-",
                Operator::Product => r"\cdot",
                Operator::Hadamard => r"\odot",
                Operator::Over => "/",
            };
            format!("{} {sign} {}", piece(&sides[0]), piece(&sides[1]))
        }
        Piece::Negative(x) => format!("-{}", piece(x)),
        Piece::Fraction(sides) => format!(r"\frac{{{}}}{{{}}}", piece(&sides[0]), piece(&sides[1])),
        Piece::Power(sides) => format!("{}^{{{}}}", base(&sides[0]), piece(&sides[1])),
        Piece::Transposed(x) => format!(r"{}^{{\top}}", base(x)),
        Piece::Grouped(x) => format!(r"\left({}\right)", piece(x)),
        Piece::Absolute(x) => format!(r"\left|{}\right|", piece(x)),
        Piece::Root(x) => format!(r"\sqrt{{{}}}", piece(x)),
        Piece::Call(name, arguments) => format!(r"{}\left({}\right)", function(*name), list(arguments)),
        Piece::Sum(x) => format!(r"\sum {}", piece(x)),
        Piece::Joined(parts) => format!(r"\left[{}\right]", list(parts)),
        Piece::Columns(x, [first, last]) => format!(r"{{{}}}_{{[:,\,{first}\ldots {last}]}}", piece(x)),
        Piece::Zeros(shape) => format!(r"0_{{{}}}", dimensions(shape)),
        Piece::Reshaped(x, shape) => {
            format!(r"\operatorname{{reshape}}\left({},\, {}\right)", piece(x), dimensions(shape))
        }
        Piece::Choice(parts) => {
            let [greater, lesser, yes, no] = parts.each_ref().map(piece);
            format!(r"\begin{{cases}}{yes} & \text{{if }} {greater} > {lesser} \\ {no} & \text{{else}}\end{{cases}}")
        }
    }
}

/// What an exponent stands at; braces where there is an exponent already.
fn base(of: &Piece) -> String {
    let text = piece(of);
    if text.contains('^') && !matches!(of, Piece::Grouped(_)) { format!("{{{text}}}") } else { text }
}

fn list(parts: &[Piece]) -> String {
    parts.iter().map(piece).collect::<Vec<_>>().join(r",\, ")
}
