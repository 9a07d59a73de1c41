//! The network of a page: a picture, and its layers in numbers.

use super::Page;
use super::sheet::{Cell, Sheet, heads};
use crate::data::findings::grouped;
use crate::nn::summary::summary;
use crate::report::markup::Markup;
use crate::report::network::svg::drawing;

/// The most layers that are listed.
const MOST_LAYERS: usize = 100;

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let network = page.saved.weights.network();
    // A network that was trained fits together.
    let Ok(rows) = summary(network) else { return };
    if let Some(drawing) = drawing(network, &rows) {
        markup.literal("<figure class=\"network\">").append(&drawing).literal("</figure>\n");
    }
    let mut sheet = Sheet::new("Layers", heads(&["layer", "what it is"], &["gives", "learned numbers"]));
    for row in rows.iter().take(MOST_LAYERS) {
        let gives = Cell::words(&row.shape).styled("n");
        let learned = Cell::words(&grouped(row.parameter_count())).styled("n");
        sheet.row(Cell::words(&row.name), vec![Cell::words(&row.description), gives, learned]);
    }
    sheet.write(markup);
    let learned: usize = rows.iter().map(|row| row.parameter_count()).sum();
    let mut words = format!(
        "{} numbers were learned in all, each of {} bits.",
        grouped(learned),
        8 * page.saved.weights.precision().bytes()
    );
    if rows.len() > MOST_LAYERS {
        words.push_str(&format!(" {} more layers are not shown.", rows.len() - MOST_LAYERS));
    }
    markup.element("p", &[("class", "small")], &words);
}
