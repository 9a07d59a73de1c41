//! Reads the small language in which tables write functions of one number: `1 / (1 + exp(-z))`.

use super::expression::{Expression, Function, Operator};
use crate::see::notation::{Letter, Symbol};

/// The formula that a table writes down; `f(z)` in it is `itself`.
///
/// Panics for a text that is no formula: it comes from a table of the program, whose test reads every one.
pub(super) fn read(text: &str, itself: Option<Function>) -> Expression {
    let mut reader = Reader { rest: text, itself };
    let formula = reader.choice();
    assert!(reader.rest.trim().is_empty(), "`{}` is left over of the formula `{text}`", reader.rest);
    formula
}

struct Reader<'a> {
    rest: &'a str,
    itself: Option<Function>,
}

impl Reader<'_> {
    /// `sum`, or `sum if sum > sum else choice`.
    fn choice(&mut self) -> Expression {
        let yes = self.sum();
        if !self.takes("if ") {
            return yes;
        }
        let greater = self.sum();
        self.expect(">");
        let lesser = self.sum();
        self.expect("else ");
        Expression::Choice(Box::new([greater, lesser, yes, self.choice()]))
    }

    fn sum(&mut self) -> Expression {
        let mut sum = self.product();
        loop {
            let operator = if self.takes("+") {
                Operator::Plus
            } else if self.takes("-") {
                Operator::Minus
            } else {
                return sum;
            };
            sum = Expression::both(operator, sum, self.product());
        }
    }

    fn product(&mut self) -> Expression {
        let mut product = self.signed();
        loop {
            product = if self.takes("*") {
                Expression::both(Operator::Product, product, self.signed())
            } else if self.takes("/") {
                Expression::both(Operator::Over, product, self.signed())
            } else {
                return product;
            };
        }
    }

    fn signed(&mut self) -> Expression {
        if self.takes("-") {
            return Expression::negative(self.signed());
        }
        let base = self.atom();
        if self.takes("^") { Expression::Power(Box::new([base, self.signed()])) } else { base }
    }

    fn atom(&mut self) -> Expression {
        if self.takes("(") {
            let inner = self.choice();
            self.expect(")");
            return inner;
        }
        let text = self.rest.trim_start();
        let length = text.find(|letter: char| !letter.is_alphanumeric() && letter != '.').unwrap_or(text.len());
        let (word, rest) = text.split_at(length);
        self.rest = rest;
        if let Ok(number) = word.parse() {
            return Expression::number(number);
        }
        match word {
            "z" => Expression::Symbol(Symbol::of(Letter::Variable)),
            "δ" => Expression::Symbol(Symbol::of(Letter::Limit)),
            "pi" => Expression::Symbol(Symbol::of(Letter::Pi)),
            "exp" => self.call(Function::Exp),
            "ln" => self.call(Function::Ln),
            "sqrt" => self.call(Function::Sqrt),
            "erf" => self.call(Function::Erf),
            "max" => self.call(Function::Max),
            "min" => self.call(Function::Min),
            "abs" => match self.arguments().pop() {
                Some(argument) => Expression::Absolute(Box::new(argument)),
                None => panic!("a formula takes the absolute value of nothing"),
            },
            "f" => {
                let itself = self.itself.expect("a formula that speaks of its own value has one");
                self.call(itself)
            }
            _ => panic!("a formula has no `{word}`, before `{}`", self.rest),
        }
    }

    fn call(&mut self, function: Function) -> Expression {
        Expression::Call(function, self.arguments())
    }

    fn arguments(&mut self) -> Vec<Expression> {
        self.expect("(");
        let mut arguments = vec![self.choice()];
        while self.takes(",") {
            arguments.push(self.choice());
        }
        self.expect(")");
        arguments
    }

    /// Goes past `sign` where it comes next.
    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, sign: &str) {
        assert!(self.takes(sign), "a formula has `{sign}` before `{}`", self.rest);
    }
}
