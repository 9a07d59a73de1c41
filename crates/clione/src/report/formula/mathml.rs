//! Formulas as MathML, which browsers set by themselves.

use crate::report::markup::Markup;
use crate::see::formula::FunctionDefinition;
use crate::see::formula::expression::{Expression, Function, Operator};
use crate::see::formula::text::function_name;
use crate::see::formula::typeset::{Piece, typeset};
use crate::see::notation::{Dimensions, Letter, Size, Symbol};

/// A formula as a `<math>` element.
pub(super) fn formula(expression: &Expression) -> Markup {
    math(&piece(&typeset(expression)))
}

/// A value and what it is equal to.
pub(super) fn equation(name: &Markup, expression: &Expression) -> Markup {
    let right = piece(&typeset(expression));
    math(&row(&[name, &operator("="), &right]))
}

/// The name of a value.
pub(super) fn symbol(symbol: &Symbol) -> Markup {
    let letter = match symbol.letter {
        Letter::Output => {
            let mut hat = Markup::default();
            hat.open("mover", &[("accent", "true")]).element("mi", &[], symbol.letter.plain());
            hat.element("mo", &[("stretchy", "false")], "^").close("mover");
            hat
        }
        Letter::Ones => element("mn", &[("class", "ones")], symbol.letter.plain()),
        letter => element("mi", &[], letter.plain()),
    };
    let indexed = match symbol.index.as_str() {
        "" => letter,
        index => around("msub", &[&letter, &element("mn", &[], index)]),
    };
    if symbol.is_gradient { row(&[&element("mi", &[], "d"), &indexed]) } else { indexed }
}

/// What stands before the formula of a function.
pub(super) fn function_head(definition: &FunctionDefinition) -> Markup {
    call(definition.function, &definition.arguments.iter().map(symbol).collect::<Vec<_>>())
}

/// The lengths of the axes.
pub(super) fn dimensions(dimensions: &Dimensions) -> Markup {
    math(&sizes(dimensions))
}

/// A whole formula, set as large as one that stands alone.
pub(super) fn math(inner: &Markup) -> Markup {
    let mut markup = Markup::default();
    markup.open("math", &[("displaystyle", "true")]).append(inner).close("math");
    markup
}

fn sizes(dimensions: &Dimensions) -> Markup {
    let size = |size: &Size| match size {
        Size::Rows => element("mi", &[], Letter::Rows.plain()),
        Size::Fixed(size) => element("mn", &[], &size.to_string()),
    };
    separated(&dimensions.0.iter().map(size).collect::<Vec<_>>(), "×")
}

fn function(function: Function) -> Markup {
    match function {
        Function::Slope(activation) => {
            let name = element("mi", &[], activation.symbol());
            around("msup", &[&name, &operator("′")])
        }
        Function::Activation(_)
        | Function::Operation(_)
        | Function::Exp
        | Function::Ln
        | Function::Sqrt
        | Function::Erf
        | Function::Max
        | Function::Min
        | Function::Flatten => element("mi", &[], &function_name(function)),
    }
}

fn piece(of: &Piece) -> Markup {
    match of {
        Piece::Symbol(of) => symbol(of),
        Piece::Number(number) => element("mn", &[], &number.to_string()),
        Piece::Beside(pieces) => {
            let pieces: Vec<Markup> = pieces.iter().map(piece).collect();
            row(&pieces.iter().collect::<Vec<_>>())
        }
        Piece::Infix(sides, sign) => {
            let sign = match sign {
                Operator::Plus => "+",
                Operator::Minus => "−",
                Operator::Product => "·",
                Operator::Hadamard => "⊙",
                Operator::Over => "/",
            };
            row(&[&piece(&sides[0]), &operator(sign), &piece(&sides[1])])
        }
        Piece::Negative(x) => row(&[&element("mo", &[("form", "prefix")], "−"), &piece(x)]),
        Piece::Fraction(sides) => around("mfrac", &[&piece(&sides[0]), &piece(&sides[1])]),
        Piece::Power(sides) => around("msup", &[&piece(&sides[0]), &piece(&sides[1])]),
        Piece::Transposed(x) => around("msup", &[&piece(x), &element("mi", &[("mathvariant", "normal")], "T")]),
        Piece::Grouped(x) => fenced("(", &piece(x), ")"),
        Piece::Absolute(x) => fenced("|", &piece(x), "|"),
        Piece::Root(x) => around("msqrt", &[&piece(x)]),
        Piece::Call(name, arguments) => call(*name, &arguments.iter().map(piece).collect::<Vec<_>>()),
        Piece::Sum(x) => row(&[&operator("∑"), &piece(x)]),
        Piece::Joined(parts) => fenced("[", &separated(&parts.iter().map(piece).collect::<Vec<_>>(), ","), "]"),
        Piece::Columns(x, [first, last]) => {
            let columns = element("mtext", &[], &format!("[:, {first}…{last}]"));
            around("msub", &[&piece(x), &columns])
        }
        Piece::Zeros(shape) => around("msub", &[&element("mn", &[], "0"), &sizes(shape)]),
        Piece::Reshaped(x, shape) => {
            let arguments = separated(&[piece(x), sizes(shape)], ",");
            row(&[&element("mi", &[], "reshape"), &fenced("(", &arguments, ")")])
        }
        Piece::Choice(parts) => {
            let [greater, lesser, yes, no] = parts.each_ref().map(piece);
            let when = row(&[&element("mtext", &[], "if\u{a0}"), &greater, &operator(">"), &lesser]);
            let line =
                |value: &Markup, when: &Markup| around("mtr", &[&around("mtd", &[value]), &around("mtd", &[when])]);
            let lines = [line(&yes, &when), line(&no, &element("mtext", &[], "else"))];
            let table = around("mtable", &[&lines[0], &lines[1]]);
            row(&[&element("mo", &[("form", "prefix"), ("stretchy", "true")], "{"), &table])
        }
    }
}

fn call(name: Function, arguments: &[Markup]) -> Markup {
    row(&[&function(name), &fenced("(", &separated(arguments, ","), ")")])
}

fn operator(sign: &str) -> Markup {
    element("mo", &[], sign)
}

fn element(tag: &'static str, attributes: &[(&'static str, &str)], words: &str) -> Markup {
    let mut markup = Markup::default();
    markup.element(tag, attributes, words);
    markup
}

fn around(tag: &'static str, parts: &[&Markup]) -> Markup {
    let mut markup = Markup::default();
    markup.open(tag, &[]);
    for part in parts {
        markup.append(part);
    }
    markup.close(tag);
    markup
}

fn row(parts: &[&Markup]) -> Markup {
    around("mrow", parts)
}

fn fenced(open: &str, inner: &Markup, close: &str) -> Markup {
    row(&[&element("mo", &[("form", "prefix")], open), inner, &element("mo", &[("form", "postfix")], close)])
}

fn separated(parts: &[Markup], sign: &str) -> Markup {
    let sign = operator(sign);
    let mut all: Vec<&Markup> = Vec::new();
    for part in parts {
        if !all.is_empty() {
            all.push(&sign);
        }
        all.push(part);
    }
    row(&all)
}
