//! One derivative as a page of text: its factors, their sum, three ways to find it, and what the optimizer makes of it.

use super::figures::{Equations, INDENT, Terms, exact, inner, signed};
use super::journey::batch_words;
use super::{Derived, Explained};
use crate::output::{Output, Style};
use clione::data::findings::grouped;
use clione::data::preprocess::Way;
use clione::report::text::{Align, Table, short, wrapped};
use clione::see::explain::derivative::{Agreement, Derivative, Product, Sum};
use clione::see::explain::expression::{Expression, Part};
use clione::see::explain::factor::Factor;
use clione::see::explain::symbols::LOSS;
use clione::see::explain::update::Update;

/// How many units of a layer are named with their shares.
const MOST_SHARES: usize = 3;

/// The page.
pub fn text(explained: &Explained, derived: &Derived, output: &Output) -> String {
    let derivative = &derived.derivative;
    let title = |text: &str| format!("\n{}\n", output.paint(Style::Bold, text));
    let page = Page { explained, derivative, output };
    let mut text = output.paint(Style::Bold, &page.headline());
    text.push('\n');
    text += &page.introduction();
    if !derivative.products.is_empty() {
        text += &page.products();
    } else if derivative.sums.is_empty() {
        text += &wrapped("Nothing leads from it to the loss, so its derivative is 0.", output.width());
    } else {
        text += &title("From the loss back");
        text += &page.sums();
        if derivative.by_chain_rule != 0.0 {
            text += &title(&format!("How much of dL/d{} goes through which unit", derivative.letter));
            text += &page.levels();
        }
    }
    text += &title("Three ways to the same number");
    text += &page.comparison();
    if let Some(column) = column_derivative(explained) {
        text += &title(&format!("All ways from the column {} to the loss", column.name));
        text += &page.column(&column);
    }
    if let Some(update) = &derived.update {
        text += &title(&format!("The first step of {}, if this row were the first batch", update.optimizer.name()));
        text += &page.update(update);
    }
    text
}

/// dL/dc for a column c of the table that goes in by itself and by columns that formulas make of it.
pub struct ColumnDerivative<'a> {
    /// The name of the column.
    pub name: &'a str,
    /// For each way in: the input's column, dL/dx, dx/dc and their product.
    pub ways: Vec<(&'a str, f64, f64, f64)>,
    /// The sum of the products.
    pub value: f64,
}

/// The derivative by the column that was asked for, where formulas make others of it.
pub fn column_derivative(explained: &Explained) -> Option<ColumnDerivative<'_>> {
    let gradient = explained.row.gradient(explained.row.inputs[0])?;
    let way = |way: &'_ Way| (gradient[way.input], way.slope, gradient[way.input] * way.slope);
    let ways: Vec<(&str, f64, f64, f64)> = (explained.chosen.ways.iter())
        .map(|of| {
            let (gradient, slope, product) = way(of);
            (of.column.as_str(), gradient, slope, product)
        })
        .collect();
    let name = explained.column.as_deref().filter(|_| !ways.is_empty())?;
    Some(ColumnDerivative { name, value: ways.iter().map(|(.., product)| product).sum(), ways })
}

struct Page<'a> {
    explained: &'a Explained,
    derivative: &'a Derivative,
    output: &'a Output,
}

impl Page<'_> {
    fn headline(&self) -> String {
        let Derivative { name, letter, .. } = self.derivative;
        let place = self.explained.chosen.place();
        if name == letter {
            format!("dL/d{name}, {place}")
        } else {
            format!("dL/d{letter} for {letter} = {name}, {place}")
        }
    }

    /// The number, what it is, and the loss.
    fn introduction(&self) -> String {
        let Derivative { name, letter, value, loss, paths, .. } = self.derivative;
        let (model, chosen) = (&self.explained.model, &self.explained.chosen);
        let feature = self.feature(name).map_or(String::new(), |feature| format!(" ({feature})"));
        let mut text = format!("\n{INDENT}{letter}{feature} = {}\n{INDENT}L = {}", exact(*value), exact(*loss));
        text += &format!(
            "  {}",
            self.output.paint(Style::Faint, &format!("{}, of {} {}", model.loss.name(), chosen.what, chosen.number))
        );
        text.push('\n');
        let words = batch_words(self.explained);
        text.push('\n');
        wrapped(&words, self.output.width() - INDENT.len())
            .lines()
            .for_each(|line| text += &format!("{INDENT}{}\n", self.output.paint(Style::Faint, line)));
        text.push('\n');
        if let Some(column) = column_derivative(self.explained) {
            let others = column.ways.iter().map(|(name, ..)| *name).filter(|name| *name != column.name);
            let (name, others) = (column.name, others.collect::<Vec<_>>().join(", "));
            let words =
                format!("The column {name} also goes in by {others}; all of its ways together stand at the end.");
            text += &(wrapped(&words, self.output.width()) + "\n");
        }
        let ways = match *paths {
            0.0 => return text,
            1.0 => {
                format!("One path leads from {letter} to the loss; dL/d{letter} is the product of the factors on it.")
            }
            _ if !self.derivative.products.is_empty() => {
                format!("{paths} paths lead from {letter} to the loss; dL/d{letter} is the sum of their products.")
            }
            _ => {
                let count = if *paths < 1e9 { grouped(*paths as usize) } else { format!("{paths:.1e}") };
                format!(
                    "{count} paths lead from {letter} to the loss: too many to be written one by one. But what a value u does \
                     to the loss, it does through the values v that are made of it, so the derivatives are found from the \
                     loss back:"
                )
            }
        };
        text += &wrapped(&ways, self.output.width());
        if self.derivative.products.is_empty() {
            text += &format!("\n{INDENT}dL/du = the sum of dL/dv·dv/du over all v\n\n");
            let words = "Each sum begins with its largest term, and the way back goes on along that one.";
            text += &wrapped(words, self.output.width());
        }
        text
    }

    /// The ways from a column to the loss, and their sum.
    fn column(&self, column: &ColumnDerivative<'_>) -> String {
        let ColumnDerivative { name, ways, value } = column;
        let headings = [("input x", Align::Left), ("dL/dx", Align::Right), ("dx/dc", Align::Right), ("", Align::Right)];
        let mut table = Table::new(&headings);
        for (column, gradient, slope, product) in ways {
            table.row([(*column).to_owned(), short(*gradient), short(*slope), short(*product)]);
        }
        let words = format!(
            "Formulas make other columns of {name}, so that it goes in by more than one input. When the column itself, c, \
             changes by 1, each input x changes by dx/dc, and dL/dc is the sum of dL/dx·dx/dc over all of them:"
        );
        let lines = wrapped(&words, self.output.width()) + "\n";
        let rows: String = table.text().lines().map(|line| format!("{INDENT}{line}\n")).collect();
        format!("{lines}{rows}\n{INDENT}dL/dc = {}\n", exact(*value))
    }

    /// The name of the column behind `x[2]`.
    fn feature(&self, name: &str) -> Option<&str> {
        let x = self.explained.symbols.symbol(self.explained.row.inputs[0])?;
        let names = &self.explained.chosen.names;
        (0..names.len()).find(|&index| x.element(index) == name).map(|index| names[index].as_str())
    }

    /// Where a factor comes from: its law, or the column that an input stands for.
    fn remark(&self, factor: &Factor) -> String {
        let feature = match factor.formula.parts.as_slice() {
            [Part::Value { name, .. }] => self.feature(name),
            _ => None,
        };
        feature.map_or_else(|| factor.law.clone(), |feature| format!("the input {feature}"))
    }

    fn products(&self) -> String {
        let Derivative { products, letter, by_chain_rule, .. } = self.derivative;
        let mut text = String::new();
        for (number, product) in products.iter().enumerate() {
            let title = match products.len() {
                1 => "The chain rule".to_owned(),
                count => format!("Path {} of {count}", number + 1),
            };
            let through = product.through.join(" → ");
            text += &format!(
                "\n{}  {}\n",
                self.output.paint(Style::Bold, &title),
                self.output.paint(Style::Blue, &through)
            );
            text += &self.product(product, products.len() == 1);
        }
        if products.len() > 1 {
            text += &format!("\n{}\n", self.output.paint(Style::Bold, "Their sum"));
            let mut terms = Terms::default();
            for (number, product) in products.iter().enumerate() {
                terms.term(format!("path {}", number + 1), String::new(), product.value);
            }
            text += &terms.text(INDENT, (&format!("dL/d{letter}"), *by_chain_rule), self.output);
        }
        text
    }

    fn product(&self, product: &Product, is_only: bool) -> String {
        let mut equations = Equations::default();
        for factor in &product.factors {
            equations.formula(&factor.fraction(), &factor.formula, factor.value, &self.remark(factor));
        }
        let left = if is_only { format!("dL/d{}", self.derivative.letter) } else { "product".to_owned() };
        equations.result(&left, "all of these multiplied", product.value);
        equations.text(INDENT, self.output)
    }

    fn sums(&self) -> String {
        let mut text = String::new();
        for (at, sum) in self.derivative.sums.iter().enumerate() {
            text += if at == 0 { "" } else { "\n" };
            text += &self.sum(sum);
        }
        text
    }

    /// dL/du: one product in one or two lines, or the largest terms under each other.
    fn sum(&self, sum: &Sum) -> String {
        let left = format!("dL/d{}", sum.of);
        let mut equations = Equations::default();
        let upstream = |factor: &Factor| format!("dL/d{}", factor.of);
        if let ([term], 0) = (sum.terms.as_slice(), sum.rest.count) {
            let remark = self.remark(&term.factor);
            if term.factor.of == LOSS {
                equations.formula(&left, &term.factor.formula, sum.value, &remark);
                return equations.text(INDENT, self.output);
            }
            let behind = upstream(&term.factor);
            let formula = term.factor.formula.clone().grouped();
            let formula = Expression::new().value(behind, term.upstream).words("·").then(formula);
            equations.formula(&left, &formula, sum.value, &remark);
            return equations.text(INDENT, self.output);
        }
        let count = sum.terms.len() + sum.rest.count;
        let mut terms = Terms::default();
        for term in &sum.terms {
            let (names, numbers) = (term.factor.formula.clone().grouped().names(), inner(term.factor.value));
            match term.factor.of == LOSS {
                true => terms.term(names, exact(term.factor.value), term.value),
                false => {
                    let numbers = format!("{}·{numbers}", exact(term.upstream));
                    terms.term(format!("{}·{names}", upstream(&term.factor)), numbers, term.value);
                }
            }
        }
        if sum.rest.count > 0 {
            terms.term(format!("{} more, together", grouped(sum.rest.count)), String::new(), sum.rest.sum);
        }
        let count = self.output.paint(Style::Faint, &format!("the sum of {} terms", grouped(count)));
        format!("{INDENT}{left}  {count}\n{}", terms.text(&INDENT.repeat(2), (&left, sum.value), self.output))
    }

    /// For each layer that spreads it out, the units through which most of the derivative goes.
    fn levels(&self) -> String {
        let columns = [("layer", Align::Left), ("units", Align::Right), ("the largest shares", Align::Left)];
        let mut table = Table::new(&columns);
        let total = self.derivative.by_chain_rule;
        for level in self.derivative.levels.iter().filter(|level| level.reached > 1) {
            let share =
                |share: f64| if total == 0.0 { "0 %".to_owned() } else { format!("{:.0} %", 100.0 * share / total) };
            let shares =
                level.units.iter().take(MOST_SHARES).map(|unit| format!("{} {}", unit.name, share(unit.share)));
            let name = format!("{}, {}", level.symbol, level.layer);
            table.row([name, grouped(level.reached), shares.collect::<Vec<_>>().join(", ")]);
        }
        table.text().lines().map(|line| format!("{INDENT}{line}\n")).collect()
    }

    /// Chain rule, backpropagation and central difference, and how far they agree.
    fn comparison(&self) -> String {
        let Derivative { by_chain_rule, by_backpropagation, difference, letter, .. } = self.derivative;
        let mut text = String::new();
        let mut line = |name: &str, value: Option<f64>, said: &str, style: Style| {
            let value = value.map_or_else(|| " none".to_owned(), signed);
            text += &format!("{INDENT}{name:<20}{value:<19}{}\n", self.output.paint(style, said));
        };
        line("chain rule", Some(*by_chain_rule), "the factors above", Style::Faint);
        let (said, style) = said(&self.derivative.with_backpropagation());
        line("backpropagation", Some(*by_backpropagation), &said, style);
        let (said, style) = self::said(&self.derivative.with_difference());
        let value = Some(difference.value).filter(|value| !value.is_nan());
        line("central difference", value, &said, style);
        if !difference.quotients.is_empty() {
            text.push('\n');
        }
        for quotient in &difference.quotients {
            let formula = format!("(L({letter} + h) - L({letter} - h)) / 2h for h = {}", exact(quotient.step));
            text += &format!("{INDENT}{}\n", self.output.paint(Style::Faint, &formula));
            let numbers = format!("= ({} - {}) / {}", quotient.above, quotient.below, exact(2.0 * quotient.step));
            text += &format!(
                "{INDENT}{}\n",
                self.output.paint(Style::Faint, &format!("{numbers} = {}", exact(quotient.value)))
            );
        }
        if let [longer, shorter] = difference.quotients.as_slice() {
            let ratio = (longer.step / shorter.step).round();
            let square = ratio * ratio;
            let words = format!(
                "for h → 0 both tend to ({square}·{} - {}) / {}",
                inner(shorter.value),
                inner(longer.value),
                square - 1.0
            );
            text += &format!("{INDENT}{}\n", self.output.paint(Style::Faint, &words));
        }
        text
    }

    /// What the optimizer makes of the derivative.
    fn update(&self, update: &Update) -> String {
        let mut equations = Equations::default();
        for line in &update.lines {
            equations.formula(&line.symbol, &line.formula, line.value, &line.meaning);
        }
        let letter = &self.derivative.letter;
        let mut text = equations.text(INDENT, self.output);
        let (said, style) = match update.agrees() {
            true => ("the same".to_owned(), Style::Green),
            false => (format!("but the formula gives {}", exact(update.written)), Style::Red),
        };
        let after =
            format!("{letter} goes from {} to {} in the optimizer: ", exact(update.before), exact(update.after));
        text += &format!("\n{INDENT}{after}{}\n", self.output.paint(style, &said));
        text
    }
}

/// How two ways agree, in words.
fn said(agreement: &Agreement) -> (String, Style) {
    let style = match agreement {
        Agreement::Digits(_) | Agreement::AsFarAsSeen => Style::Green,
        Agreement::AtKink(_) => Style::Bold,
        Agreement::No => Style::Red,
    };
    (agreement.words(), style)
}
