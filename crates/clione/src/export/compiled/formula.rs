//! Columns that formulas work out, as expressions of the language.

use super::inputs::part_function;
use super::row::{Field, Holds};
use super::text::{Text, kind};
use super::{DOUBLE, Syntax};
use crate::data::formula::{Expression, Formula, Function, Mention, Operator};

/// A column that a formula works out, as a variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Derived {
    /// The column and the variable that holds it; NaN where it is missing.
    pub field: Field,
    /// The text that a person gave.
    pub text: String,
    pub formula: Formula,
}

impl Derived {
    /// Whether it is missing where something is missing that it is made of.
    pub(super) fn may_be_missing(&self) -> bool {
        !self.formula.mentions().is_empty() && !decides_early(self.formula.root())
    }
}

/// What a mention is read as.
pub(super) fn holds(formula: &Formula, mention: usize) -> Holds {
    match (formula.mentions()[mention].is_date, words_of(formula.root(), mention).is_empty()) {
        (true, _) => Holds::Moment,
        (false, true) => Holds::Number,
        (false, false) => Holds::Word,
    }
}

/// Whether a mention is read as a number somewhere.
pub(super) fn is_number_of(expression: &Expression, mention: usize) -> bool {
    match expression {
        Expression::Column(place) => *place == mention,
        Expression::Number(_) | Expression::Part(..) | Expression::Days(_) | Expression::IsWord(..) => false,
        Expression::Negative(inner) | Expression::Not(inner) => is_number_of(inner, mention),
        Expression::Both(_, sides) => sides.iter().any(|side| is_number_of(side, mention)),
        Expression::Call(_, arguments) => arguments.iter().any(|argument| is_number_of(argument, mention)),
    }
}

/// The words that a mention is compared with.
pub(super) fn words_of(expression: &Expression, mention: usize) -> Vec<String> {
    match expression {
        Expression::IsWord(place, word, _) if *place == mention => vec![word.clone()],
        Expression::IsWord(..) | Expression::Column(_) | Expression::Number(_) => Vec::new(),
        Expression::Part(..) | Expression::Days(_) => Vec::new(),
        Expression::Negative(inner) | Expression::Not(inner) => words_of(inner, mention),
        Expression::Both(_, sides) => sides.iter().flat_map(|side| words_of(side, mention)).collect(),
        Expression::Call(_, arguments) => arguments.iter().flat_map(|argument| words_of(argument, mention)).collect(),
    }
}

/// Whether one side of an `and` or `or` could decide alone.
fn decides_early(expression: &Expression) -> bool {
    match expression {
        Expression::Both(Operator::And | Operator::Or, _) => true,
        Expression::Both(_, sides) => sides.iter().any(decides_early),
        Expression::Negative(inner) | Expression::Not(inner) => decides_early(inner),
        Expression::Call(_, arguments) => arguments.iter().any(decides_early),
        Expression::Number(_) | Expression::Column(_) | Expression::Part(..) => false,
        Expression::Days(_) | Expression::IsWord(..) => false,
    }
}

/// Writes the lines that refuse what no formula can read, for a field that formulas read.
pub(super) fn write_check(text: &mut Text, field: &Field, value: &str) {
    match field.holds {
        Holds::Number => {
            text.condition(&format!("is_infinite({value})"));
            text.refuse(&format!("{}: a finite number is expected", field.column));
            text.line("}");
        }
        Holds::Moment => {
            text.condition(&format!("!is_missing({value}) && !is_moment({value})"));
            text.refuse(&format!("{} is no date: seconds since 1970 began are expected", field.column));
            text.line("}");
        }
        Holds::Word => {}
    }
}

/// Writes the lines that work a column out; `value` says how the language writes what a mention holds.
pub(super) fn write(text: &mut Text, derived: &Derived, value: &dyn Fn(&Mention) -> String) {
    let (language, formula) = (text.language, &derived.formula);
    let (name, column) = (&derived.field.name, &derived.field.column);
    let values: Vec<String> = formula.mentions().iter().map(value).collect();
    text.line("");
    text.comment(&derived.text);
    let worked_out = expression(language, formula.root(), &values);
    let missing: Vec<String> = (0..values.len())
        .map(|place| match holds(formula, place) {
            Holds::Word => format!("is_no_word({})", values[place]),
            Holds::Number | Holds::Moment => format!("is_missing({})", values[place]),
        })
        .collect();
    let is_missing = missing.join(" || ");
    if derived.may_be_missing() {
        text.either(format!("double {name} = NAN;"), format!("let mut {name} = f64::NAN;"));
        text.condition(&if missing.len() == 1 { format!("!{is_missing}") } else { format!("!({is_missing})") });
        text.line(format!("{name} = {worked_out};"));
    } else {
        // clione may know the answer of `and` and `or` from one side alone; here all must be there: nothing is guessed.
        if !missing.is_empty() {
            text.condition(&is_missing);
            text.refuse(&format!("{column} is worked out from a value that is missing"));
            text.line("}");
        }
        text.either(format!("const double {name} = {worked_out};"), format!("let {name} = {worked_out};"));
    }
    text.condition(&format!("is_missing({name}) || is_infinite({name})"));
    text.refuse(&format!("{column} cannot be worked out from such values"));
    text.line("}");
    if derived.may_be_missing() {
        text.line("}");
    }
}

/// An expression, in parentheses where it stands beside an operator.
fn side(language: Syntax, expression_of: &Expression, values: &[String]) -> String {
    let text = expression(language, expression_of, values);
    match expression_of {
        Expression::Both(Operator::Plus | Operator::Minus | Operator::Times | Operator::Divided, _)
        | Expression::Negative(_) => format!("({text})"),
        Expression::Days(_) => format!("({text})"),
        Expression::Both(..) | Expression::Number(_) | Expression::Column(_) | Expression::Part(..) => text,
        Expression::IsWord(..) | Expression::Not(_) | Expression::Call(..) => text,
    }
}

fn expression(language: Syntax, of: &Expression, values: &[String]) -> String {
    let inner = |of: &Expression| expression(language, of, values);
    match of {
        Expression::Number(number) => language.double(*number),
        Expression::Column(mention) => values[*mention].clone(),
        Expression::Part(part, mention) => format!("{}({})", part_function(*part), values[*mention]),
        Expression::Days(mention) => format!("{} / 86400.0", values[*mention]),
        Expression::Negative(x) => format!("-{}", side(language, x, values)),
        Expression::Both(operator, sides) => {
            let [left, right] = sides.each_ref().map(|x| side(language, x, values));
            match operator {
                Operator::Plus => format!("{left} + {right}"),
                Operator::Minus => format!("{left} - {right}"),
                Operator::Times => format!("{left} * {right}"),
                Operator::Divided => format!("{left} / {right}"),
                Operator::Power => format!("to_the_power({}, {})", inner(&sides[0]), inner(&sides[1])),
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                    format!("truth({})", condition(language, of, values))
                }
                Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => {
                    format!("truth({})", condition(language, of, values))
                }
            }
        }
        Expression::IsWord(..) | Expression::Not(_) => format!("truth({})", condition(language, of, values)),
        Expression::Call(function, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(inner).collect();
            call(language, *function, &arguments)
        }
    }
}

/// Whether an expression is something else than 0.
fn condition(language: Syntax, of: &Expression, values: &[String]) -> String {
    let joined = |sign: &str, sides: &[Expression; 2]| {
        let sides = sides.each_ref().map(|of| match of {
            Expression::Both(Operator::And | Operator::Or, _) => format!("({})", condition(language, of, values)),
            _ => condition(language, of, values),
        });
        sides.join(sign)
    };
    let compared = |sign: &str, sides: &[Expression; 2]| {
        sides.each_ref().map(|x| side(language, x, values)).join(&format!(" {sign} "))
    };
    match of {
        Expression::IsWord(mention, word, is) => {
            let not = if *is { "" } else { "!" };
            format!("{not}is_word({}, {})", values[*mention], language.word(word))
        }
        Expression::Not(x) => format!("!({})", condition(language, x, values)),
        Expression::Both(Operator::And, sides) => joined(" && ", sides),
        Expression::Both(Operator::Or, sides) => joined(" || ", sides),
        Expression::Both(Operator::Less, sides) => compared("<", sides),
        Expression::Both(Operator::LessOrEqual, sides) => compared("<=", sides),
        Expression::Both(Operator::Greater, sides) => compared(">", sides),
        Expression::Both(Operator::GreaterOrEqual, sides) => compared(">=", sides),
        Expression::Both(Operator::Equal, sides) => compared("==", sides),
        Expression::Both(Operator::NotEqual, sides) => compared("!=", sides),
        Expression::Both(Operator::Plus | Operator::Minus | Operator::Times, _)
        | Expression::Both(Operator::Divided | Operator::Power, _)
        | Expression::Number(_)
        | Expression::Column(_)
        | Expression::Part(..)
        | Expression::Days(_)
        | Expression::Negative(_)
        | Expression::Call(..) => format!("{} != 0.0", side(language, of, values)),
    }
}

fn call(language: Syntax, function: Function, arguments: &[String]) -> String {
    let double = kind(language, DOUBLE);
    let fold =
        |name: &str| arguments[1..].iter().fold(arguments[0].clone(), |left, right| format!("{name}({left}, {right})"));
    match function {
        Function::Abs
        | Function::Sqrt
        | Function::Ln
        | Function::Exp
        | Function::Sin
        | Function::Cos
        | Function::Floor => format!("{}_{double}({})", function.name(), arguments[0]),
        Function::Min => fold("minimum"),
        Function::Max => fold("maximum"),
        Function::Distance => format!("{}({})", function.name(), arguments.join(", ")),
    }
}
