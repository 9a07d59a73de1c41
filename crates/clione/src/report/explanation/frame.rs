//! What is around the parts of the page: head, style, script, headline, and the panel that cards are shown in.

use super::{Cards, Explanation, card, gradients, inputs, layers, picture, unit};
use crate::data::findings::grouped;
use crate::report::markup::Markup;
use crate::report::page::figure::{figure, short};
use crate::report::page::frame::{PAGE_STYLE, head};
use crate::train::apply::Prediction;

/// How the page looks, besides what all pages have.
const STYLE: &str = include_str!("style.css");

/// What shows a card while its link is pointed at.
pub(super) const SCRIPT: &str = include_str!("script.js");

/// Nothing may be fetched or sent, and nothing may run but [`SCRIPT`], whatever stands in the data.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'sha256-VrRRTb5qR2iMiZExoWyt1gAxtwK/Oz5mqB9iwie2bKI='; \
     style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// How much room the derivations may take, in bytes: a page stays under a megabyte.
const MOST_BYTES: usize = 300_000;

pub(super) fn html(page: &Explanation<'_>) -> String {
    let mut panel = Markup::default();
    let mut cards = Cards::default();
    for (at, derivative) in page.derivations.worked_out.iter().enumerate() {
        let update = page.update.filter(|_| at == 0 && page.derivations.is_asked);
        let card = card::card(page, derivative, update, at == 0);
        if at > 0 && panel.text().len() + card.text().len() > MOST_BYTES {
            break;
        }
        panel.append(&card);
        cards.names.insert(derivative.name.clone());
    }
    let derived = cards.names.len();
    let shown = layers::shown(page);
    cards.names.extend(shown.iter().flat_map(|(stage, places)| places.iter().map(|&at| stage.units[at].name.clone())));
    for (stage, places) in &shown {
        for &at in places {
            panel.append(&unit::card(page, &cards, stage, &stage.units[at], derived == 0 && at == places[0]));
        }
    }

    let mut markup = Markup::default();
    head(&mut markup, POLICY, &format!("{} through {}", page.place, page.model_file), &[PAGE_STYLE, STYLE]);
    markup.literal("<body>\n<header>\n");
    headline(page, &mut markup);
    markup.literal("</header>\n<main>\n");
    section(&mut markup, "network", "The network and its numbers", |markup| {
        markup.literal("<p class=\"small guide\">");
        markup.words(guide(page, derived));
        markup.literal("</p>\n");
        picture::write(page, &cards, markup);
    });
    markup.literal("<aside id=\"panel\" aria-label=\"What was chosen\">\n");
    let greeting = match (derived, page.derivations.is_asked) {
        (0, _) => "The unit that matters most",
        (_, true) => "The derivative that was asked for",
        (_, false) => "The largest derivative",
    };
    markup.element("p", &[("class", "small"), ("id", "state"), ("aria-live", "polite")], greeting).append(&panel);
    markup.literal("</aside>\n");
    section(&mut markup, "inputs-of-the-row", "What goes in", |markup| inputs::write(page, &cards, markup));
    section(&mut markup, "layer-by-layer", "Layer by layer", |markup| layers::write(page, &cards, &shown, markup));
    section(&mut markup, "all-gradients", "Every gradient", |markup| {
        if page.walk.loss.is_some() {
            let count = format!(
                "{} of {} derivatives by weights, biases and inputs are worked out on this page: {}. ",
                grouped(derived),
                grouped(page.derivations.possible),
                if derived == page.derivations.possible { "all of them" } else { "those with the largest gradients" },
            );
            markup.element("p", &[("id", "how-many")], &count);
        }
        gradients::write(page, &cards, markup);
    });
    markup.literal("</main>\n<footer><p>Made by clione ").words(page.version);
    markup.literal(". This page is one file and asks nobody for anything.</p></footer>\n<script>").literal(SCRIPT);
    markup.literal("</script>\n</body>\n</html>\n");
    markup.text().to_owned()
}

/// How one finds one's way, in a sentence or two.
fn guide(page: &Explanation<'_>, derived: usize) -> &'static str {
    match (page.walk.loss, derived) {
        (None, _) | (_, 0) => "Point at a circle or tap it: what it sums up is shown. A click keeps it.",
        (Some(_), _) => {
            "Point at a line (a weight), a small square (a bias), an input or a unit, or tap it: how the loss depends on it \
             is worked out. A click keeps it, Escape lets go."
        }
    }
}

fn section(markup: &mut Markup, place: &'static str, heading: &'static str, write: impl FnOnce(&mut Markup)) {
    let label = format!("{place}-heading");
    markup.open("section", &[("id", place), ("aria-labelledby", &label)]);
    markup.element("h2", &[("id", &label)], heading).literal("\n");
    write(markup);
    markup.literal("</section>\n");
}

/// What comes out, what should, and the loss.
fn headline(page: &Explanation<'_>, markup: &mut Markup) {
    let mut letters = page.place.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    markup.literal("<h1>").element("b", &[], &format!("{first}{}", letters.as_str()));
    markup.words(" through ").element("b", &[], page.model_file).literal("</h1>\n<div class=\"tiles\">");
    let mut tile = |name: &str, large: Markup, small: &str| {
        markup.literal("<div class=\"tile\">").element("span", &[("class", "name")], name);
        markup.literal("<span class=\"large\">").append(&large).literal("</span>");
        markup.element("span", &[("class", "small")], small).literal("</div>");
    };
    let words = |words: &str| {
        let mut markup = Markup::default();
        markup.words(words);
        markup
    };
    match page.prediction {
        Prediction::Class { class, probabilities } => {
            let name = &page.model.source.classes()[*class];
            tile("predicted", words(name), "");
            let key = format!("prediction.probabilities.{name}");
            let probability = probabilities[*class];
            tile("its probability", figure(&key, probability, &short(probability)), "");
        }
        Prediction::Number(number) => tile("predicted", figure("prediction.number", *number, &short(*number)), ""),
    }
    match page.target {
        Ok(target) => tile("true", words(target), ""),
        Err(reason) => tile("true", words("–"), reason),
    }
    if let Some(loss) = page.walk.loss {
        tile("loss L", figure("loss.value", loss, &short(loss)), page.model.loss.name());
    }
    markup.literal("</div>\n").element("p", &[("class", "small")], page.note).literal("\n");
}
