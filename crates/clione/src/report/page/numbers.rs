//! Predicted numbers against true ones, and how they miss.

use super::Page;
use super::figure::{measured, plain};
use super::frame::picture;
use super::sheet::{Cell, Sheet, heads};
use crate::data::findings::counted;
use crate::report::chart::plot::{Plot, Span};
use crate::report::markup::Markup;

/// What the quantiles of residuals are called, and their keys.
const QUANTILES: [&str; 7] = ["least", "5 %", "25 %", "median", "75 %", "95 %", "greatest"];

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let Some(residuals) = &page.assessment.residuals else { return };
    let shown = residuals.points.len();
    let which = match page.assessment.evaluation.rows {
        rows if rows > shown => format!("{shown} of {} are drawn, evenly chosen.", counted(rows, "row")),
        rows => format!("All {} are drawn.", counted(rows, "row")),
    };
    let ends = residuals.points.iter().flat_map(|&(said, truth)| [said, truth]);
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    let says = |&(said, truth): &(f64, f64)| format!("predicted {}, true {}", plain(said), plain(truth));
    let against = Plot {
        x_label: "true".to_owned(),
        y_label: "predicted".to_owned(),
        x: Span::Fixed(low, high),
        dots: residuals.points.iter().map(|point| (point.1, point.0, says(point))).collect(),
        reference: Some([(low, low), (high, high)]),
        ..Plot::default()
    };
    let misses = Plot {
        x_label: "predicted".to_owned(),
        y_label: "predicted - true".to_owned(),
        y: Span::WithZero,
        dots: residuals.points.iter().map(|point| (point.0, point.0 - point.1, says(point))).collect(),
        ..Plot::default()
    };
    markup.literal("<div class=\"pictures\">");
    let words = format!("On the dashed line a prediction is right. {which}");
    picture(
        markup,
        "Predicted against true",
        &[],
        &against.inline(&format!("Predicted against true. {words}")),
        &words,
    );
    let words = "No pattern is good; a bend or a funnel says that something is missing.";
    picture(markup, "Residuals", &[], &misses.inline(&format!("Residuals. {words}")), words);
    markup.literal("</div>\n");
    let mut sheet = Sheet::new("Residuals: predicted - true", heads(&["quantile"], &["residual"]));
    for (number, (name, &value)) in QUANTILES.iter().zip(&residuals.quantiles).enumerate() {
        sheet.row(Cell::words(name), vec![Cell::number(measured(&format!("residuals.quantiles.{number}"), value))]);
    }
    sheet.row(Cell::words("mean"), vec![Cell::number(measured("residuals.mean", residuals.mean))]);
    sheet.row(Cell::words("deviation"), vec![Cell::number(measured("residuals.deviation", residuals.deviation))]);
    sheet.write(markup);
}
