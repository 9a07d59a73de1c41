//! How much worse the model becomes without each column, as bars.

use super::Page;
use super::figure::{measured, short};
use super::sheet::{Cell, Sheet, heads};
use crate::report::markup::Markup;
use crate::train::metric::Metric;

/// The most columns that are shown.
const MOST_COLUMNS: usize = 40;

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let columns = &page.assessment.importance;
    if columns.is_empty() {
        return;
    }
    let most = columns.iter().map(|column| column.mean).fold(0.0, f64::max);
    let metric = Metric::main_for(page.assessment.evaluation.is_for()).name();
    let caption = format!("What {metric} loses when a column is shuffled");
    let mut sheet = Sheet::new(&caption, heads(&["column", ""], &["mean", "deviation"]));
    for (number, column) in columns.iter().enumerate().take(MOST_COLUMNS) {
        let key = |part: &str| format!("importance.{number}.{part}");
        let share = if most > 0.0 { (column.mean / most).max(0.0) } else { 0.0 };
        let mut bar = Markup::default();
        let style = format!("width:{:.1}%", 100.0 * share);
        bar.literal("<div class=\"bar\" aria-hidden=\"true\">").open("i", &[("style", &style)]).literal("</i></div>");
        sheet.row(
            Cell::words(&column.name),
            vec![
                Cell::markup(bar).styled("wide"),
                Cell::number(measured(&key("mean"), column.mean)),
                Cell::perhaps(&key("deviation"), Some(column.deviation), short),
            ],
        );
    }
    sheet.write(markup);
    markup.literal(
        "<p class=\"small\">A column that another one repeats looks unimportant: the model still has the other.",
    );
    if columns.len() > MOST_COLUMNS {
        markup.words(&format!(" {} more columns are not shown.", columns.len() - MOST_COLUMNS));
    }
    markup.literal("</p>\n");
}
