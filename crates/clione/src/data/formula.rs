//! Formulas over the columns of a row, as `distance(lat, lon, 40.7, -74) / 2` or `fare >= 0 and fare <= 100`.
//!
//! There are numbers, names of columns (between backticks where they have blanks or signs), `+ - * / ^`, comparisons,
//! `and or not`, parentheses, functions, and words in quotes that a column is compared with. Truth is the number 1, and
//! anything that is worked out from a missing value is missing.

mod parse;
mod slope;

use crate::base::error::{Error, Result, nearest};
use crate::base::real::Real;
use crate::base::real::angle::{arcsin, cos, sin};
use crate::data::cell::Cell;
use crate::data::date::{self, DatePart, DayOrder};
use crate::data::findings::{list, quoted};
use crate::data::frame::Frame;
use crate::data::named::named;

/// A formula that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Formula {
    text: String,
    root: Expression,
    mentions: Vec<Mention>,
}

/// A column that a formula names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mention {
    /// The name of the column.
    pub name: String,
    /// Its cells are read as dates.
    pub is_date: bool,
    /// The character of the formula where it is named first, counted from 0.
    at: usize,
}

/// What is worked out; columns are places among the formula's mentions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Number(f64),
    Column(usize),
    Part(DatePart, usize),
    /// Days since 1970 began, with the time of day as a fraction.
    Days(usize),
    /// Whether the cell is this word, or is not.
    IsWord(usize, String, bool),
    Negative(Box<Expression>),
    Not(Box<Expression>),
    Both(Operator, Box<[Expression; 2]>),
    Call(Function, Vec<Expression>),
}

/// What stands between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Plus,
    Minus,
    Times,
    Divided,
    Power,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

named! {
    /// A function of numbers.
    Function, "function" {
        /// |x|
        Abs "abs",
        /// √x
        Sqrt "sqrt",
        /// The natural logarithm.
        Ln "ln",
        /// e^x
        Exp "exp",
        /// The sine of an angle in radians.
        Sin "sin",
        /// The cosine of an angle in radians.
        Cos "cos",
        /// The greatest whole number that is not above x.
        Floor "floor",
        /// The least of its arguments.
        Min "min",
        /// The greatest of its arguments.
        Max "max",
        /// Kilometres along the globe between (latitude, longitude) and (latitude, longitude), in degrees.
        Distance "distance",
    }
}

/// What gives the days since 1970 began.
const DAYS: &str = "days";

/// The mean radius of the earth in kilometres (International Union of Geodesy and Geophysics).
pub(crate) const EARTH: f64 = 6371.0088;

impl Formula {
    /// The text that was read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What is worked out.
    pub(crate) fn root(&self) -> &Expression {
        &self.root
    }

    /// The columns that it names.
    pub(crate) fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// Whether it asks something, rather than giving any number.
    pub(super) fn is_question(&self) -> bool {
        match &self.root {
            Expression::IsWord(..) | Expression::Not(_) => true,
            Expression::Both(operator, _) => operator.asks(),
            Expression::Number(_) | Expression::Column(_) | Expression::Part(..) | Expression::Days(_) => false,
            Expression::Negative(_) | Expression::Call(..) => false,
        }
    }

    /// What is wrong with a column that the formula names.
    pub(super) fn wrong_column(&self, mention: &Mention, problem: &str) -> Error {
        pointed(&self.text, mention.at, problem)
    }

    /// The error for a column that is not there.
    pub(super) fn no_column(&self, mention: &Mention, names: &[String]) -> Error {
        let names = || names.iter().map(String::as_str);
        let error = self.wrong_column(mention, &format!("no column \"{}\"", mention.name));
        let error = match nearest(&mention.name, names()) {
            Some(near) => error.note(format!("did you mean \"{near}\"?")),
            None => error,
        };
        error.note(format!("columns: {}", list(names())))
    }
}

/// An error that points at a character of a formula.
fn pointed(formula: &str, at: usize, problem: &str) -> Error {
    Error::usage(format!("formula: {problem} at character {}", at + 1))
        .note(formula)
        .note(format!("{}^", " ".repeat(at)))
}

impl Operator {
    fn asks(self) -> bool {
        match self {
            Operator::Plus | Operator::Minus | Operator::Times | Operator::Divided | Operator::Power => false,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => true,
            Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => true,
        }
    }

    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Operator::Plus => a + b,
            Operator::Minus => a - b,
            Operator::Times => a * b,
            Operator::Divided => a / b,
            Operator::Power => power(a, b),
            Operator::Less => truth(a < b),
            Operator::LessOrEqual => truth(a <= b),
            Operator::Greater => truth(a > b),
            Operator::GreaterOrEqual => truth(a >= b),
            Operator::Equal => truth(a == b),
            Operator::NotEqual => truth(a != b),
            Operator::And => truth(a != 0.0 && b != 0.0),
            Operator::Or => truth(a != 0.0 || b != 0.0),
        }
    }

    /// What one side decides alone, whatever the other is.
    fn decided_by(self, side: Option<f64>) -> Option<f64> {
        match (self, side) {
            (Operator::And, Some(0.0)) => Some(0.0),
            (Operator::Or, Some(number)) if number != 0.0 => Some(1.0),
            (_, Some(_) | None) => None,
        }
    }
}

fn truth(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

/// a^b: products where b is a whole number, √a where it is ½, else e^(b ln a).
fn power(a: f64, b: f64) -> f64 {
    if b == b.trunc() && b.abs() <= 1024.0 {
        let (mut product, mut square, mut left) = (1.0, a, b.abs() as u32);
        while left > 0 {
            if left & 1 == 1 {
                product *= square;
            }
            square *= square;
            left >>= 1;
        }
        return if b < 0.0 { 1.0 / product } else { product };
    }
    if b == 0.5 { a.sqrt() } else { Real::exp(b * Real::ln(a)) }
}

impl Function {
    /// How many arguments it takes at least and at most.
    fn arguments(self) -> (usize, usize) {
        match self {
            Function::Abs | Function::Sqrt | Function::Ln | Function::Exp => (1, 1),
            Function::Sin | Function::Cos | Function::Floor => (1, 1),
            Function::Min | Function::Max => (2, usize::MAX),
            Function::Distance => (4, 4),
        }
    }

    fn of(self, arguments: &[f64]) -> f64 {
        let x = arguments[0];
        match self {
            Function::Abs => x.abs(),
            Function::Sqrt => x.sqrt(),
            Function::Ln => Real::ln(x),
            Function::Exp => Real::exp(x),
            Function::Sin => sin(x),
            Function::Cos => cos(x),
            Function::Floor => x.floor(),
            Function::Min => arguments.iter().copied().fold(x, f64::min),
            Function::Max => arguments.iter().copied().fold(x, f64::max),
            Function::Distance => distance(x, arguments[1], arguments[2], arguments[3]),
        }
    }
}

/// The way along a great circle: 2R arcsin √(sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2)), the haversine formula.
fn distance(latitude: f64, longitude: f64, to_latitude: f64, to_longitude: f64) -> f64 {
    let half_wave = |degrees: f64| {
        let sine = sin(degrees.to_radians() / 2.0);
        sine * sine
    };
    let cosines = cos(latitude.to_radians()) * cos(to_latitude.to_radians());
    let haversine = half_wave(to_latitude - latitude) + cosines * half_wave(to_longitude - longitude);
    2.0 * EARTH * arcsin(haversine.min(1.0).sqrt())
}

/// A formula whose columns were found in a table.
pub(super) struct Bound<'a> {
    formula: &'a Formula,
    frame: &'a Frame<'a>,
    /// For each mention the place of its column, and how its dates are written.
    columns: Vec<(usize, DayOrder)>,
}

impl<'a> Bound<'a> {
    /// The formula for the rows of this table; `columns` has for each of its mentions the place of the column and the
    /// order of its dates.
    pub(super) fn new(formula: &'a Formula, frame: &'a Frame<'a>, columns: Vec<(usize, DayOrder)>) -> Self {
        Bound { formula, frame, columns }
    }

    /// The number of a row; None where a value that it needs is missing. Fails where a cell cannot be read.
    pub(super) fn at(&self, row: usize) -> Result<Option<f64>> {
        self.value(&self.formula.root, row)
    }

    fn value(&self, expression: &Expression, row: usize) -> Result<Option<f64>> {
        Ok(match expression {
            Expression::Number(number) => Some(*number),
            Expression::Column(mention) => self.number(*mention, row)?,
            Expression::Part(part, mention) => self.moment(*mention, row)?.map(|moment| part.of(moment)),
            Expression::Days(mention) => self.moment(*mention, row)?.map(date::days),
            Expression::IsWord(mention, word, is) => {
                let column = self.columns[*mention].0;
                let present = self.frame.value(row, column) != Cell::Missing;
                present.then(|| truth((self.frame.cell(row, column).trim() == word) == *is))
            }
            Expression::Negative(inner) => self.value(inner, row)?.map(|number| -number),
            Expression::Not(inner) => self.value(inner, row)?.map(|number| truth(number == 0.0)),
            Expression::Both(operator, sides) => {
                let left = self.value(&sides[0], row)?;
                if let Some(decided) = operator.decided_by(left) {
                    return Ok(Some(decided));
                }
                let right = self.value(&sides[1], row)?;
                match (left, right) {
                    (Some(left), Some(right)) => Some(operator.of(left, right)),
                    (None, right) => operator.decided_by(right),
                    (Some(_), None) => None,
                }
            }
            Expression::Call(function, arguments) => {
                let numbers = arguments.iter().map(|argument| self.value(argument, row));
                numbers.collect::<Result<Option<Vec<f64>>>>()?.map(|numbers| function.of(&numbers))
            }
        })
    }

    fn number(&self, mention: usize, row: usize) -> Result<Option<f64>> {
        let (column, _) = self.columns[mention];
        match self.frame.value(row, column) {
            Cell::Number(number) => Ok(Some(number)),
            Cell::Missing => Ok(None),
            Cell::Infinite | Cell::TooLarge | Cell::Word => Err(self.cannot_read(mention, row, "a finite number")),
        }
    }

    fn moment(&self, mention: usize, row: usize) -> Result<Option<f64>> {
        let (column, order) = self.columns[mention];
        if self.frame.value(row, column) == Cell::Missing {
            return Ok(None);
        }
        let moment = date::read(self.frame.cell(row, column), order);
        moment.map(Some).ok_or_else(|| self.cannot_read(mention, row, "a date"))
    }

    fn cannot_read(&self, mention: usize, row: usize, what: &str) -> Error {
        let (column, _) = self.columns[mention];
        let (place, text) = (self.frame.place(row, column), quoted(self.frame.cell(row, column)));
        let name = &self.formula.mentions[mention].name;
        Error::data(format!("{place}: column \"{name}\": cannot read {text} as {what}"))
            .note(format!("a formula needs it: {}", self.formula.text))
    }
}

/// The name of a column as a formula takes it: between backticks where it could be read as something else.
pub(super) fn written_name(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !["and", "or", "not"].contains(&name);
    if is_plain { name.to_string() } else { format!("`{name}`") }
}

#[cfg(test)]
mod tests;
