//! The card of one derivative: its factors, their product, three ways to find it, and what the optimizer makes of it.

use super::Explanation;
use crate::data::findings::grouped;
use crate::report::markup::Markup;
use crate::report::page::figure::figure;
use crate::report::text::digits;
use crate::see::explain::derivative::{Agreement, Derivative, Product, Sum};
use crate::see::explain::expression::{Expression, Part};
use crate::see::explain::factor::Factor;
use crate::see::explain::symbols::LOSS;
use crate::see::explain::update::Update;

/// A number with ten digits, as a pocket calculator takes them.
pub(super) fn exact(number: f64) -> String {
    digits(number, 10)
}

/// The card of a derivative; that which is shown first is so without a script, too.
pub(super) fn card(page: &Explanation<'_>, derivative: &Derivative, update: Option<&Update>, is_first: bool) -> Markup {
    let mut markup = Markup::default();
    let class = if is_first { "card first" } else { "card" };
    let attributes = [("class", class), ("id", &derivative.name), ("data-on", &reached(derivative))];
    markup.open("article", &attributes).element("h3", &[], &derivative.name);
    let letter = &derivative.letter;
    markup.literal("<p>");
    if *letter != derivative.name {
        markup.element("i", &[], letter).words(" = ");
    }
    markup.append(&figure("value", derivative.value, &exact(derivative.value)));
    if let Some(feature) = page.feature(&derivative.name) {
        markup.words(", the input ").element("b", &[], feature);
    }
    markup.literal("</p>\n<p class=\"result\">").append(&fraction(LOSS, letter)).literal(" = ");
    markup.append(&figure("by_chain_rule", derivative.by_chain_rule, &exact(derivative.by_chain_rule)));
    markup.literal("</p>\n");
    let writer = Writer { page, derivative };
    match (derivative.products.as_slice(), derivative.sums.as_slice()) {
        ([], []) => {
            markup.element("p", &[], "Nothing leads from it to the loss, so its derivative is 0.");
        }
        ([], sums) => writer.sums(sums, &mut markup),
        (products, _) => writer.products(products, &mut markup),
    }
    writer.comparison(&mut markup);
    if let Some(update) = update {
        writer.update(update, &mut markup);
    }
    markup.literal("</article>\n");
    markup
}

/// The values that are lit up in the picture, with a blank between them.
fn reached(derivative: &Derivative) -> String {
    let through = derivative.products.iter().flat_map(|product| product.through.iter().skip(1).map(String::as_str));
    let units = derivative.levels.iter().flat_map(|level| level.units.iter().map(|unit| unit.name.as_str()));
    let mut names: Vec<&str> = match derivative.products.is_empty() {
        true => units.collect(),
        false => through.collect(),
    };
    names.sort_unstable();
    names.dedup();
    names.join(" ")
}

/// dL/dw as it is written by hand.
pub(super) fn fraction(of: &str, by: &str) -> Markup {
    let mut markup = Markup::default();
    markup.literal("<math><mfrac>").element("mi", &[], &format!("d{of}")).element("mi", &[], &format!("d{by}"));
    markup.literal("</mfrac></math>");
    markup
}

struct Writer<'a> {
    page: &'a Explanation<'a>,
    derivative: &'a Derivative,
}

impl Writer<'_> {
    /// Where a factor comes from: its law, or the column that an input stands for.
    fn origin(&self, factor: &Factor) -> String {
        let feature = match factor.formula.parts.as_slice() {
            [Part::Value { name, .. }] => self.page.feature(name),
            _ => None,
        };
        feature.map_or_else(|| factor.law.clone(), |feature| format!("the input {feature}"))
    }

    fn products(&self, products: &[Product], markup: &mut Markup) {
        let letter = &self.derivative.letter;
        for (at, product) in products.iter().enumerate() {
            let heading = match products.len() {
                1 => "The chain rule".to_owned(),
                count => format!("Path {} of {count}", at + 1),
            };
            markup.element("h4", &[], &heading);
            markup.element("p", &[("class", "way")], &product.through.join(" → ")).literal("<dl class=\"steps\">");
            for factor in &product.factors {
                let left = fraction(&factor.of, &factor.by);
                equation(markup, &left, &factor.formula, factor.value, &self.origin(factor));
            }
            markup.literal("</dl><p class=\"all\">All multiplied: ");
            markup.append(&figure("product", product.value, &exact(product.value))).literal("</p>\n");
        }
        if products.len() > 1 {
            markup.literal("<h4>Their sum</h4><p class=\"all\">").append(&fraction(LOSS, letter));
            for (at, product) in products.iter().enumerate() {
                markup.literal(if at == 0 { " = " } else { " + " }).words(&inner(product.value));
            }
            markup.words(" = ").element("b", &[], &exact(self.derivative.by_chain_rule)).literal("</p>\n");
        }
    }

    fn sums(&self, sums: &[Sum], markup: &mut Markup) {
        let paths = self.derivative.paths;
        let count = if paths < 1e9 { grouped(paths as usize) } else { format!("{paths:.1e}") };
        markup.literal("<h4>From the loss back</h4>");
        let words = format!(
            "{count} paths lead from it to the loss. What a value u does to the loss, it does through the values v that are \
             made of it: dL/du is the sum of dL/dv·dv/du. The way back goes on along the largest term."
        );
        markup.element("p", &[("class", "small")], &words).literal("<dl class=\"steps\">");
        for sum in sums {
            let left = fraction(LOSS, &sum.of);
            if let ([term], 0) = (sum.terms.as_slice(), sum.rest.count) {
                let formula = match term.factor.of == LOSS {
                    true => term.factor.formula.clone(),
                    false => Expression::new()
                        .value(format!("dL/d{}", term.factor.of), term.upstream)
                        .words("·")
                        .then(term.factor.formula.clone().grouped()),
                };
                equation(markup, &left, &formula, sum.value, &self.origin(&term.factor));
                continue;
            }
            let all = sum.terms.len() + sum.rest.count;
            markup.literal("<dt>").append(&left).literal("</dt><dd>");
            markup.element("span", &[("class", "law")], &format!("the sum of {} terms", grouped(all)));
            markup.literal("<table class=\"terms\">");
            for term in &sum.terms {
                let name = match term.factor.of == LOSS {
                    true => term.factor.formula.names(),
                    false => format!("dL/d{}·{}", term.factor.of, term.factor.formula.clone().grouped().names()),
                };
                terms_row(markup, &name, term.value);
            }
            if sum.rest.count > 0 {
                terms_row(markup, &format!("{} more, together", grouped(sum.rest.count)), sum.rest.sum);
            }
            markup.literal("</table>= ").element("b", &[], &exact(sum.value)).literal("</dd>");
        }
        markup.literal("</dl>\n");
    }

    /// Chain rule, backpropagation and central difference, and how far they agree.
    fn comparison(&self, markup: &mut Markup) {
        let Derivative { by_chain_rule, by_backpropagation, difference, letter, .. } = self.derivative;
        markup.literal("<h4>Three ways to the same number</h4><table class=\"ways\">");
        let mut way = |name: &str, key: &str, value: Option<f64>, said: Option<(String, bool)>| {
            markup.literal("<tr>").element("th", &[("scope", "row")], name).literal("<td>");
            match value {
                Some(value) => markup.append(&figure(key, value, &exact(value))),
                None => markup.words("–"),
            };
            if let Some((said, is_broken)) = said {
                markup.element("span", &[("class", if is_broken { "bad" } else { "good" })], &said);
            }
            markup.literal("</td></tr>");
        };
        let said = |agreement: Agreement| Some((agreement.words(), agreement.is_broken()));
        way("chain rule", "chain", Some(*by_chain_rule), None);
        let with = self.derivative.with_backpropagation();
        way("backpropagation", "by_backpropagation", Some(*by_backpropagation), said(with));
        let value = Some(difference.value).filter(|value| !value.is_nan());
        way("central difference", "by_difference", value, said(self.derivative.with_difference()));
        markup.literal("</table>\n");
        if let Some(last) = difference.quotients.last() {
            let words = format!(
                "(L({letter} + h) - L({letter} - h)) / 2h for h = {}: ({} - {}) / {} = {}",
                exact(last.step),
                last.above,
                last.below,
                exact(2.0 * last.step),
                exact(last.value)
            );
            markup.element("p", &[("class", "small")], &words);
        }
    }

    /// What the optimizer makes of the derivative.
    fn update(&self, update: &Update, markup: &mut Markup) {
        let heading = format!("The first step of {}, if this row were the first batch", update.optimizer.name());
        markup.element("h4", &[], &heading).literal("<dl class=\"steps\">");
        for line in &update.lines {
            let mut left = Markup::default();
            left.element("i", &[], &line.symbol);
            equation(markup, &left, &line.formula, line.value, &line.meaning);
        }
        markup.literal("</dl><p class=\"all\">").words(&self.derivative.letter).words(" goes from ");
        markup.append(&figure("update.before", update.before, &exact(update.before))).words(" to ");
        markup.append(&figure("update.after", update.after, &exact(update.after))).literal("</p>\n");
    }
}

/// A number within a formula: a negative one in parentheses.
fn inner(number: f64) -> String {
    if number < 0.0 { format!("({})", exact(number)) } else { exact(number) }
}

/// A name, its formula with names, the same with numbers where that says more, the value, and where it is from.
fn equation(markup: &mut Markup, left: &Markup, formula: &Expression, value: f64, origin: &str) {
    let is_number = matches!(formula.parts.as_slice(), [Part::Value { .. }]) || !formula.has_values();
    markup.literal("<dt>").append(left).literal("</dt><dd>= ").words(&formula.names());
    if !is_number {
        markup.literal("<br>= ").words(&formula.numbers(&exact));
    }
    let shown = exact(value);
    if shown != formula.names() {
        markup.literal(" = ").element("b", &[], &shown);
    }
    markup.element("span", &[("class", "law")], origin).literal("</dd>");
}

/// A term of a sum: what it is, and its value.
pub(super) fn terms_row(markup: &mut Markup, name: &str, value: f64) {
    markup.literal("<tr><td>");
    // A long product may be broken behind its dots.
    for (at, piece) in name.split('·').enumerate() {
        markup.literal(if at == 0 { "" } else { "·<wbr>" }).words(piece);
    }
    markup.literal("</td>").element("td", &[("class", "n")], &exact(value)).literal("</tr>");
}
