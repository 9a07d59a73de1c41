//! The factors of the chain rule as a person reads them: dz2/da1\[1\] with its formula, its number and where it comes from.

use super::expression::Expression;
use super::partial::{Partial, Rule, partials};
use super::row::{Element, Row};
use super::slope;
use super::symbols::Symbols;
use crate::graph::NodeId;
use crate::graph::activation::Activation;
use crate::graph::op::Op;

/// One factor: how much one value that has a name changes with another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// What changes: `z2`.
    pub of: String,
    /// What it changes with: `a1[1]`.
    pub by: String,
    /// d`of`/d`by` written out, with names and with numbers.
    pub formula: Expression,
    /// d`of`/d`by`.
    pub value: f64,
    /// The law behind it: `σ'(z) = σ(z)·(1 - σ(z))`.
    pub law: String,
}

impl Factor {
    /// How it is written: `dz2/da1[1]`.
    pub fn fraction(&self) -> String {
        format!("d{}/d{}", self.of, self.by)
    }
}

/// A step from a number to one that is computed from it in one operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub from: Element,
    pub to: Element,
    pub value: f64,
}

/// Writes factors and formulas for one row.
pub(super) struct Writer<'a> {
    pub row: &'a Row,
    pub symbols: &'a Symbols,
    /// The number that everything is derived by, and what it is called for short.
    pub source: Option<(Element, &'a str)>,
}

impl Writer<'_> {
    /// What a number is called in a fraction.
    pub fn name(&self, element: Element) -> String {
        match self.source {
            Some((source, letter)) if source == element => letter.to_owned(),
            Some(_) | None => self.full_name(element),
        }
    }

    /// What a number is called in a formula: by its name, or as the sum that it is.
    pub fn place(&self, element: Element) -> String {
        self.term(element).names()
    }

    fn full_name(&self, element: Element) -> String {
        let place = || format!("{}[{}]", self.row.graph.label(element.node), element.index);
        self.symbols.element(element).unwrap_or_else(place)
    }

    /// The factor of some steps one after another, the first one nearest to the inputs: what lies between its two ends has
    /// no name. Steps of 1, as from a term to its sum, are not written where there is anything else.
    pub fn factor(&self, steps: &[Step]) -> Factor {
        let rules: Vec<Rule> = steps.iter().rev().filter_map(|step| self.rule(step)).collect();
        let telling: Vec<Rule> = rules.iter().copied().filter(|rule| !matches!(rule, Rule::Kept)).collect();
        let shown = if telling.is_empty() { rules.get(..1).unwrap_or_default() } else { &telling };
        let mut formula = Expression::new();
        for (at, &rule) in shown.iter().enumerate() {
            let factor = self.formula(rule);
            let factor = if shown.len() > 1 { grouped_sum(factor, rule) } else { factor };
            formula = if at == 0 { factor } else { formula.words("·").then(factor) };
        }
        let mut laws: Vec<String> = shown.iter().map(|&rule| self.law(rule)).collect();
        laws.dedup();
        Factor {
            of: steps.last().map_or_else(String::new, |step| self.name(step.to)),
            by: steps.first().map_or_else(String::new, |step| self.name(step.from)),
            formula,
            value: steps.iter().rev().map(|step| step.value).product(),
            law: laws.join("; "),
        }
    }

    /// Why a step has its value.
    fn rule(&self, step: &Step) -> Option<Rule> {
        let mut found: Option<Partial> = None;
        let mut keep = |partial: Partial| {
            if partial.of == step.from && found.is_none() {
                found = Some(partial);
            }
        };
        partials(&self.row.graph, &self.row.values, step.to, &|node| node == step.from.node, &mut keep);
        found.map(|partial| partial.rule)
    }

    /// The derivative written out.
    fn formula(&self, rule: Rule) -> Expression {
        let new = Expression::new;
        let term = |element: Element| self.term(element);
        let named = |element: Element| (self.full_name(element), self.row.value(element));
        match rule {
            Rule::Kept => new().words("1"),
            Rule::Negated => new().words("-1"),
            Rule::Scaled(factor) => new().words(fraction(factor)),
            Rule::OtherFactor(other) => term(other),
            Rule::Doubled(x) => new().words("2·").then(term(x).grouped()),
            Rule::SignOf(x) => new().words("sign(").then(term(x)).words(")"),
            Rule::Held(x, limit) if self.row.value(x).abs() <= limit => term(x),
            Rule::Held(x, limit) => new().words(format!("{limit}·sign(")).then(term(x)).words(")"),
            Rule::Inside(x, limit) => {
                let is_inside = self.row.value(x).abs() < limit;
                let (slope, sign) = if is_inside { ("1", "<") } else { ("0", "≥") };
                new().words(format!("{slope}, as |")).then(term(x)).words(format!("| {sign} {limit}"))
            }
            Rule::Slope(activation, z, a) => {
                let ((z_name, z), (a_name, a)) = (named(z), named(a));
                slope::expression(activation, (&z_name, z), (&a_name, a))
            }
            Rule::SoftmaxOwn(p) => new().then(term(p)).words("·(1 - ").then(term(p)).words(")"),
            Rule::SoftmaxOther(p, q) => new().words("-").then(term(p)).words("·").then(term(q)),
            Rule::SoftmaxError(error) => {
                let softmax = |op: Op| op == Op::Softmax(error.logit.node);
                let name = self.name_of_result(softmax, error.logit, Op::Softmax(error.logit.node).name());
                new().value(name, error.probability).words(" - ").then(term(error.target))
            }
            Rule::SigmoidError { logit, target } => {
                let sigmoid = |op: Op| op == Op::Activate(Activation::Sigmoid, logit.node);
                let name = self.name_of_result(sigmoid, logit, slope::function_name(Activation::Sigmoid));
                let probability = slope::sigmoid(self.row.value(logit));
                new().value(name, probability).words(" - ").then(term(target))
            }
            Rule::Level => new().words("0"),
        }
    }

    /// Which law a derivative follows.
    fn law(&self, rule: Rule) -> String {
        match rule {
            Rule::Kept => "a term of a sum".to_owned(),
            Rule::Negated => "taken off".to_owned(),
            Rule::Scaled(factor) => format!("times {}", fraction(factor)),
            Rule::OtherFactor(other) => match self.row.graph.op(self.origin(other).node) {
                Op::Parameter(_) => "the weight between them".to_owned(),
                Op::Input(_) => "the input that it is multiplied by".to_owned(),
                _ => "the value that it is multiplied by".to_owned(),
            },
            Rule::Doubled(_) => "(e²)' = 2·e".to_owned(),
            Rule::SignOf(_) => "|e|' = sign(e)".to_owned(),
            Rule::Held(_, limit) => format!("Huber: e where |e| ≤ {limit}, else ±{limit}"),
            Rule::Inside(_, limit) => format!("held between -{limit} and {limit}"),
            Rule::Slope(activation, z, _) => slope::law(activation, self.row.value(z)),
            Rule::SoftmaxOwn(_) => "softmax, by its own z: p·(1 - p)".to_owned(),
            Rule::SoftmaxOther(..) => "softmax, by another z: -p·q".to_owned(),
            Rule::SoftmaxError(_) => "cross-entropy of softmax: ŷ - y".to_owned(),
            Rule::SigmoidError { .. } => "cross-entropy of σ: ŷ - y".to_owned(),
            Rule::Level => "a step is level".to_owned(),
        }
    }

    /// The numbers that one is computed from.
    fn below(&self, element: Element) -> Vec<Partial> {
        let mut below = Vec::new();
        partials(&self.row.graph, &self.row.values, element, &|_| true, &mut |partial| below.push(partial));
        below
    }

    /// A number that has a name: that which one without a name only repeats, as an input that was laid out in another shape.
    fn origin(&self, element: Element) -> Element {
        if self.symbols.symbol(element.node).is_some() {
            return element;
        }
        match self.below(element).as_slice() {
            [only] if only.rule == Rule::Kept => self.origin(only.of),
            _ => element,
        }
    }

    /// A value in a formula: by its name, or as the sum it is where it has none, as the error of a loss.
    fn term(&self, element: Element) -> Expression {
        let element = self.origin(element);
        let value = self.row.value(element);
        if let Some(name) = self.symbols.element(element) {
            return Expression::new().value(name, value);
        }
        let terms = self.below(element);
        let is_sum = !terms.is_empty() && terms.iter().all(|term| matches!(term.rule, Rule::Kept | Rule::Negated));
        if !is_sum {
            return Expression::new().value(self.full_name(element), value);
        }
        let mut sum = Expression::new();
        for (at, term) in terms.iter().enumerate() {
            let sign = match (at, term.rule) {
                (0, Rule::Negated) => "-",
                (0, _) => "",
                (_, Rule::Negated) => " - ",
                _ => " + ",
            };
            sum = if sign.is_empty() { sum } else { sum.words(sign) };
            sum = sum.then(self.term(term.of));
        }
        sum
    }

    /// The name of the number that an operation makes of `logit`, or how the function of it is written.
    fn name_of_result(&self, is_it: impl Fn(Op) -> bool, logit: Element, function: &str) -> String {
        let node: Option<NodeId> = self.row.graph.nodes().find(|(_, node)| is_it(node.op)).map(|(id, _)| id);
        let name = node.and_then(|node| self.symbols.element(Element { node, ..logit }));
        name.unwrap_or_else(|| format!("{function}({})", self.full_name(logit)))
    }
}

/// In a product a sum stands in parentheses.
fn grouped_sum(factor: Expression, rule: Rule) -> Expression {
    match rule {
        Rule::Doubled(_) | Rule::Scaled(_) | Rule::SignOf(_) => factor,
        Rule::Kept | Rule::Level | Rule::OtherFactor(_) | Rule::SoftmaxOwn(_) => factor,
        Rule::Negated
        | Rule::Held(..)
        | Rule::Inside(..)
        | Rule::Slope(..)
        | Rule::SoftmaxOther(..)
        | Rule::SoftmaxError(_)
        | Rule::SigmoidError { .. } => factor.grouped(),
    }
}

/// A fixed number as a formula has it: `1/3` where it is one part of a whole number of them.
fn fraction(number: f64) -> String {
    let parts = (1.0 / number).round();
    let is_part = (2.0..1e6).contains(&parts) && number == 1.0 / parts;
    if is_part { format!("1/{parts}") } else { number.to_string() }
}
