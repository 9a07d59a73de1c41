//! What is around the sections of a page: head, style, the list of sections, and the end.

use super::{
    Page, calibration, classes, data, headline, importance, mistakes, network, numbers, quality, repeat, training,
};
use crate::report::chart::plot::{DARK_STYLE, STYLE};
use crate::report::markup::Markup;

/// How the page looks.
pub(in crate::report) const PAGE_STYLE: &str = include_str!("style.css");

/// Nothing may be fetched, sent or run, whatever stands in the data.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

type Write = fn(&Page<'_>, &mut Markup);

/// The sections: the place that links lead to, the heading, and what writes it. One that writes nothing is left out.
const SECTIONS: &[(&str, &str, Write)] = &[
    ("look", "What to look at", data::warnings),
    ("quality", "How good it is", quality::write),
    ("classes", "Class by class", classes::write),
    ("probabilities", "Probabilities and thresholds", calibration::write),
    ("predictions", "Predictions and truth", numbers::write),
    ("mistakes", "The worst mistakes", mistakes::write),
    ("columns", "What the columns are worth", importance::write),
    ("folds", "Cross-validation", quality::folds),
    ("training", "How it learned", training::write),
    ("network", "The network", network::write),
    ("data", "The data", data::write),
    ("repeat", "Do it again", repeat::write),
];

pub(super) fn html(page: &Page<'_>) -> String {
    let mut sections = Vec::new();
    for &(place, heading, write) in SECTIONS {
        let mut section = Markup::default();
        write(page, &mut section);
        if !section.text().is_empty() {
            sections.push((place, heading, section));
        }
    }
    let mut markup = Markup::default();
    let dark = ["\n@media screen and (prefers-color-scheme:dark){", DARK_STYLE, "}\n"];
    head(&mut markup, POLICY, &headline::title(page), &[&[PAGE_STYLE, STYLE][..], &dark].concat());
    markup.literal("<body>\n<header>\n");
    headline::write(page, &mut markup);
    markup.literal("<nav aria-label=\"Sections\"><ul>");
    for (place, heading, _) in &sections {
        markup.literal("<li>").element("a", &[("href", &format!("#{place}"))], heading).literal("</li>");
    }
    markup.literal("</ul></nav>\n</header>\n<main>\n");
    for (place, heading, section) in &sections {
        let label = format!("{place}-heading");
        markup.open("section", &[("id", place), ("aria-labelledby", &label)]);
        markup.element("h2", &[("id", &label)], heading).literal("\n").append(section).literal("</section>\n");
    }
    markup.literal("</main>\n<footer><p>Made by clione ").words(page.version);
    markup.literal(". This page is one file and asks nobody for anything.</p></footer>\n</body>\n</html>\n");
    markup.text().to_owned()
}

/// What stands before the body of a page: what it may do, its title, and how it looks.
pub(in crate::report) fn head(markup: &mut Markup, policy: &'static str, title: &str, styles: &[&'static str]) {
    markup.literal("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    markup.literal("<meta http-equiv=\"Content-Security-Policy\" content=\"").literal(policy).literal("\">\n");
    markup.literal("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    markup.literal(
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n",
    );
    markup.literal("<link rel=\"icon\" href=\"data:,\">\n");
    markup.element("title", &[], title).literal("\n<style>\n");
    styles.iter().for_each(|style| {
        markup.literal(style);
    });
    markup.literal("</style>\n</head>\n");
}

/// A picture with its name above it and a legend for its lines below.
pub(super) fn picture(markup: &mut Markup, name: &str, legend: &[&str], picture: &Markup, words: &str) {
    markup.literal("<figure>").element("figcaption", &[], name);
    if legend.len() > 1 {
        markup.literal("<ul class=\"legend\">");
        for (number, word) in legend.iter().enumerate() {
            let class = format!("key {}", crate::report::chart::plot::style(number));
            markup.literal("<li><svg class=\"plot\" viewBox=\"0 0 28 10\" aria-hidden=\"true\">");
            markup.empty("line", &[("class", &class), ("x1", "1"), ("x2", "27"), ("y1", "5"), ("y2", "5")]);
            markup.literal("</svg>").words(&super::figure::beginning(word)).literal("</li>");
        }
        markup.literal("</ul>");
    }
    markup.append(picture);
    if !words.is_empty() {
        markup.element("p", &[("class", "small")], words);
    }
    markup.literal("</figure>\n");
}
