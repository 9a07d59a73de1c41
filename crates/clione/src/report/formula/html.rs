//! A page of formulas for a browser: one file that asks nobody for anything, light or dark as the reader has it.

use super::mathml::{dimensions, equation, formula, function_head, math, symbol};
use super::{FUNCTIONS, FormulaPage, NOTES, SIGNS, SYMBOLS};
use crate::report::markup::Markup;

/// How the page looks.
const STYLE: &str = include_str!("style.css");

/// Nothing may be fetched, sent or run, whatever the layers are called.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The page.
pub fn html(page: &FormulaPage<'_>) -> String {
    let mut markup = Markup::default();
    markup.literal("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    markup.literal("<meta http-equiv=\"Content-Security-Policy\" content=\"").literal(POLICY).literal("\">\n");
    markup.literal("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    markup.literal(
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n",
    );
    markup.element("title", &[], &format!("Formulas of {}", page.title));
    markup.literal("\n<style>\n").literal(STYLE).literal("</style>\n</head>\n<body>\n<main>\n");
    markup.element("h1", &[], &format!("Formulas of {}", page.title)).literal("\n");
    for (heading, definitions) in page.definitions() {
        let lines = definitions.iter().map(|definition| {
            let equation = equation(&symbol(&definition.symbol), &definition.formula);
            [equation, dimensions(&definition.dimensions), words(&definition.of)]
        });
        table(&mut markup, &heading, lines);
    }
    let functions = page.formulas.functions.iter().map(|function| {
        [equation(&function_head(function), &function.formula), words(function.note), Markup::default()]
    });
    table(&mut markup, FUNCTIONS, functions);
    let symbols = page.formulas.symbols.iter().map(|meaning| {
        let shape = meaning.dimensions.as_ref().map_or_else(Markup::default, dimensions);
        [math(&symbol(&meaning.symbol)), shape, words(&meaning.meaning)]
    });
    table(&mut markup, SYMBOLS, symbols);
    let signs = page.formulas.signs.iter();
    table(&mut markup, SIGNS, signs.map(|(example, meaning)| [formula(example), words(meaning), Markup::default()]));
    if !page.notes.is_empty() {
        markup.element("h2", &[], NOTES).literal("\n<ul>\n");
        for note in page.notes {
            markup.element("li", &[], note).literal("\n");
        }
        markup.literal("</ul>\n");
    }
    markup.literal("</main>\n</body>\n</html>\n");
    markup.text().to_owned()
}

/// A heading and its lines, each of three cells.
fn table(markup: &mut Markup, heading: &str, lines: impl ExactSizeIterator<Item = [Markup; 3]>) {
    if lines.len() == 0 {
        return;
    }
    markup.element("h2", &[], heading).literal("\n<div class=\"scroll\"><table>\n");
    for cells in lines {
        markup.literal("<tr>");
        for cell in &cells {
            markup.literal("<td>").append(cell).literal("</td>");
        }
        markup.literal("</tr>\n");
    }
    markup.literal("</table></div>\n");
}

fn words(words: &str) -> Markup {
    let mut markup = Markup::default();
    markup.words(words);
    markup
}
