//! The card of one unit: the products that it sums up, its activation, and what it does to the loss.

use super::card::{exact, fraction, terms_row};
use super::{Cards, Explanation};
use crate::data::findings::grouped;
use crate::report::markup::Markup;
use crate::see::explain::symbols::LOSS;
use crate::see::explain::walk::{Stage, Unit};

/// The card of a unit of a layer.
pub(super) fn card(page: &Explanation<'_>, cards: &Cards, stage: &Stage, unit: &Unit, is_first: bool) -> Markup {
    let mut markup = Markup::default();
    let class = if is_first { "card first" } else { "card" };
    markup.open("article", &[("class", class), ("id", &unit.name), ("data-on", &unit.name)]);
    markup.element("h3", &[], &unit.name);
    markup.element("p", &[("class", "small")], &format!("{}: {}", stage.layer, stage.description)).literal("\n");
    if let Some(sum) = &unit.sum {
        markup.element("h4", &[], &format!("{}, the weighted sum", sum.name)).literal("<table class=\"terms\">");
        for term in &sum.terms {
            markup.literal("<tr><td>");
            let from = page.feature(&term.from).unwrap_or(&term.from);
            cards.link(&mut markup, &term.from, from);
            markup.words(" · ");
            cards.link(&mut markup, &term.weight_name, &term.weight_name);
            let numbers = format!("{} · {}", exact(term.value), exact(term.weight));
            markup.element("span", &[("class", "law")], &numbers).literal("</td>");
            markup.element("td", &[("class", "n")], &exact(term.product)).literal("</tr>");
        }
        if sum.rest.count > 0 {
            terms_row(&mut markup, &format!("{} more, together", grouped(sum.rest.count)), sum.rest.sum);
        }
        if let Some(bias) = sum.bias {
            terms_row(&mut markup, "bias", bias);
        }
        markup.literal("<tr class=\"total\"><td>").words(&sum.name).literal("</td>");
        markup.element("td", &[("class", "n")], &exact(sum.value)).literal("</tr></table>\n");
    }
    match (&unit.sum, stage.function) {
        (Some(sum), Some(function)) => {
            let words = format!("{} = {function}({}) = {}", unit.name, sum.name, exact(unit.value));
            markup.element("p", &[("class", "result")], &words);
        }
        (Some(_), None) | (None, _) => {
            markup.element("p", &[("class", "result")], &format!("{} = {}", unit.name, exact(unit.value)));
        }
    }
    let of_sum = unit.sum.as_ref().filter(|sum| sum.name != unit.name);
    let gradients = [
        unit.gradient.map(|gradient| (unit.name.as_str(), gradient)),
        of_sum.and_then(|sum| sum.gradient.map(|gradient| (sum.name.as_str(), gradient))),
    ];
    if gradients.iter().any(Option::is_some) {
        markup.literal("<h4>What it does to the loss</h4><dl class=\"steps\">");
        for (name, gradient) in gradients.into_iter().flatten() {
            markup.literal("<dt>").append(&fraction(LOSS, name)).literal("</dt><dd>= ");
            markup.element("b", &[], &exact(gradient)).literal("</dd>");
        }
        markup.literal("</dl>\n");
    }
    markup.literal("</article>\n");
    markup
}
