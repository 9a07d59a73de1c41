//! Columns that formulas work out, as Python: the values that a formula reads, then the formula; None for what is missing.

use super::expression::Expression as Python;
use super::names::Variables;
use super::writer::{Writer, quoted};
use crate::data::date::DayOrder;
use crate::data::formula::{Expression, Formula, Function, Operator};
use crate::data::preprocess::Preprocessing;
use crate::export::derived::DerivedColumn;
use std::collections::BTreeMap;

/// What a formula takes a cell for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    Number,
    Word,
    Moment,
}

/// The function that puts the columns that are worked out beside those of the table.
pub(super) fn write(columns: &[DerivedColumn], preprocessing: &Preprocessing, out: &mut Writer) {
    out.line(0, "def derived(row):");
    out.docstring(1, "The row, and the columns that are worked out from it.");
    out.line(1, "row = dict(row)");
    out.line(1, "with np.errstate(all=\"ignore\"):");
    let (orders, names) = (&preprocessing.date_orders, Variables::new());
    let mut lines = Lines { out, orders, names, answers: 0, known: BTreeMap::new() };
    for column in columns {
        lines.write(column);
    }
    out.line(1, "return row");
    out.gap();
    out.gap();
}

/// What the formulas take a column of the table for, where one of them reads it.
pub(super) fn read_as(columns: &[DerivedColumn], name: &str) -> Option<Holds> {
    columns.iter().find_map(|DerivedColumn { formula, .. }| {
        let place = formula.mentions().iter().position(|mention| mention.name == name)?;
        holds(formula.root(), place)
    })
}

/// What an expression takes a mention for, where it reads it.
fn holds(expression: &Expression, mention: usize) -> Option<Holds> {
    let is_here = |place: &usize| *place == mention;
    match expression {
        Expression::Number(_) => None,
        Expression::Column(place) => is_here(place).then_some(Holds::Number),
        Expression::Part(_, place) | Expression::Days(place) => is_here(place).then_some(Holds::Moment),
        Expression::IsWord(place, ..) => is_here(place).then_some(Holds::Word),
        Expression::Negative(inner) | Expression::Not(inner) => holds(inner, mention),
        Expression::Both(_, sides) => sides.iter().find_map(|side| holds(side, mention)),
        Expression::Call(_, arguments) => arguments.iter().find_map(|argument| holds(argument, mention)),
    }
}

/// The lines of the function as they come.
struct Lines<'a> {
    out: &'a mut Writer,
    orders: &'a [(String, DayOrder)],
    names: Variables,
    /// How many values have a variable of their own on the way to a column.
    answers: usize,
    /// The variables that hold columns.
    known: BTreeMap<(String, Holds), String>,
}

impl Lines<'_> {
    fn write(&mut self, column: &DerivedColumn) {
        self.out.comment(2, &column.text.replace(char::is_control, " "));
        let value = self.value(&column.formula, column.formula.root());
        let variable = self.names.give(&column.name);
        self.out.statement(2, &format!("{variable} = "), &value);
        let name = quoted(&column.name);
        self.out.line(2, &format!("row[{name}] = written({variable}, {name})"));
        // What is made of no column is a plain number of Python, by which nothing can be divided safely.
        if !column.formula.mentions().is_empty() {
            self.known.insert((column.name.clone(), Holds::Number), variable);
        }
    }

    /// The variable that holds what a formula mentions.
    fn variable(&mut self, formula: &Formula, mention: usize, holds: Holds) -> String {
        let column = &formula.mentions()[mention].name;
        if let Some(variable) = self.known.get(&(column.clone(), holds)) {
            return variable.clone();
        }
        let (variable, name) = (self.names.give(column), quoted(column));
        let read = match holds {
            Holds::Number => format!("operand(row, {name})"),
            Holds::Word => format!("word(row, {name})"),
            Holds::Moment => {
                let order = self.orders.iter().find(|(column, _)| quoted(column) == name);
                let order = order.map_or(DayOrder::YearFirst, |&(_, order)| order);
                format!("moment(row, {name}, {})", quoted(order.name()))
            }
        };
        self.out.line(2, &format!("{variable} = {read}"));
        self.known.insert((column.clone(), holds), variable.clone());
        variable
    }

    /// A variable that holds this value.
    fn answer(&mut self, value: &str) -> String {
        self.answers += 1;
        let variable = self.names.give(&format!("answer{}", self.answers));
        self.out.statement(2, &format!("{variable} = "), value);
        variable
    }

    /// An expression that is None where something is missing that it needs.
    fn value(&mut self, formula: &Formula, expression: &Expression) -> String {
        if let Expression::Both(operator @ (Operator::And | Operator::Or), sides) = expression {
            let [left, right] = sides.each_ref().map(|side| {
                let value = self.value(formula, side);
                self.answer(&value)
            });
            let function = if *operator == Operator::And { "conjunction" } else { "disjunction" };
            return format!("{function}({left}, {right})");
        }
        let mut needed = Vec::new();
        let python = self.python(formula, expression, &mut needed);
        match needed.as_slice() {
            [] => python.text().to_owned(),
            [only] if only == python.text() => only.clone(),
            [only] => format!("None if {only} is None else {}", python.text()),
            several => format!("None if None in ({}) else {}", several.join(", "), python.text()),
        }
    }

    /// An expression for when nothing is missing; the variables that it needs come to `needed`.
    fn python(&mut self, formula: &Formula, expression: &Expression, needed: &mut Vec<String>) -> Python {
        let mut need = |variable: String| {
            if !needed.contains(&variable) {
                needed.push(variable.clone());
            }
            variable
        };
        match expression {
            Expression::Number(number) => Python::number(*number),
            Expression::Column(mention) => Python::atom(need(self.variable(formula, *mention, Holds::Number))),
            Expression::Part(part, mention) => {
                let moment = need(self.variable(formula, *mention, Holds::Moment));
                Python::call("date_part", &[&moment, &quoted(part.name())])
            }
            Expression::Days(mention) => {
                let moment = need(self.variable(formula, *mention, Holds::Moment));
                Python::atom(moment).over(Python::number(86_400.0))
            }
            Expression::IsWord(mention, word, is) => {
                let cell = need(self.variable(formula, *mention, Holds::Word));
                let sign = if *is { "==" } else { "!=" };
                truth(&format!("{cell} {sign} {}", quoted(word)))
            }
            Expression::Negative(inner) => self.python(formula, inner, needed).negated(),
            Expression::Not(inner) => truth(&format!("not {}", self.python(formula, inner, needed).text())),
            // One side may decide alone, so it is worked out by itself.
            Expression::Both(Operator::And | Operator::Or, _) => {
                let value = self.value(formula, expression);
                let variable = self.answer(&value);
                needed.push(variable.clone());
                Python::atom(variable)
            }
            Expression::Both(operator, sides) => {
                let [left, right] = sides.each_ref().map(|side| self.python(formula, side, needed));
                let compared = |sign: &str| truth(&format!("{} {sign} {}", left.text(), right.text()));
                match operator {
                    Operator::Less => compared("<"),
                    Operator::LessOrEqual => compared("<="),
                    Operator::Greater => compared(">"),
                    Operator::GreaterOrEqual => compared(">="),
                    Operator::Equal => compared("=="),
                    Operator::NotEqual => compared("!="),
                    Operator::Plus => left.plus(right),
                    Operator::Minus => left.minus(right),
                    Operator::Times => left.times(right),
                    Operator::Divided => left.over(right),
                    Operator::Power => left.raised_to(right),
                    Operator::And | Operator::Or => unreachable!("these were worked out by themselves"),
                }
            }
            Expression::Call(function, arguments) => {
                let arguments: Vec<Python> =
                    arguments.iter().map(|argument| self.python(formula, argument, needed)).collect();
                call(*function, &arguments.iter().map(Python::text).collect::<Vec<_>>())
            }
        }
    }
}

fn truth(condition: &str) -> Python {
    Python::call("truth", &[condition])
}

fn call(function: Function, arguments: &[&str]) -> Python {
    let fold = |name: &str| {
        let first = Python::atom(arguments[0]);
        arguments[1..].iter().fold(first, |left, right| Python::call(name, &[left.text(), right]))
    };
    match function {
        Function::Abs => Python::call("abs", arguments),
        Function::Sqrt => Python::call("np.sqrt", arguments),
        Function::Ln => Python::call("np.log", arguments),
        Function::Exp => Python::call("np.exp", arguments),
        Function::Sin => Python::call("np.sin", arguments),
        Function::Cos => Python::call("np.cos", arguments),
        Function::Floor => Python::call("np.floor", arguments),
        // A number that is none counts for nothing here.
        Function::Min => fold("np.fmin"),
        Function::Max => fold("np.fmax"),
        Function::Distance => Python::call("distance", arguments),
    }
}
