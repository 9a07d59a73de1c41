//! Every metric beside guessing and a linear model, and what cross-validation says of them.

use super::Page;
use super::figure::{measured, short};
use super::sheet::{Cell, Sheet, heads};
use crate::data::findings::counted;
use crate::report::markup::Markup;
use crate::train::cross_validate::Summary;
use crate::train::metric::Metric;

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let evaluation = &page.assessment.evaluation;
    let has_linear = evaluation.metrics.iter().any(|measured| measured.linear.is_some());
    let columns: &[&str] = if has_linear { &["model", "linear model", "guess"] } else { &["model", "guess"] };
    let caption = format!("Measured on {} {}", counted(evaluation.rows, "row"), page.measured_on.words());
    let mut sheet = Sheet::new(&caption, heads(&["metric"], columns));
    for found in &evaluation.metrics {
        let name = found.metric.name();
        let mut cells = vec![Cell::number(measured(&format!("metrics.{name}"), found.value)).styled("n strong")];
        if has_linear {
            cells.push(Cell::perhaps(&format!("linear_model.{name}"), found.linear, short));
        }
        cells.push(Cell::number(measured(&format!("baseline.{name}"), found.baseline)));
        sheet.row(metric_name(found.metric), cells);
    }
    for metric in evaluation.undefined() {
        let mut cells = vec![Cell::words("undefined").styled("n")];
        cells.resize_with(columns.len(), || Cell::perhaps("", None, short));
        sheet.row(metric_name(metric), cells);
    }
    let mut cells = vec![Cell::number(measured("metrics.loss", evaluation.loss)).styled("n strong")];
    cells.resize_with(columns.len(), || Cell::perhaps("", None, short));
    sheet.row(Cell::words("loss ↓"), cells);
    sheet.write(markup);
    markup.literal("<p class=\"small\">↑ more is better, ↓ less is better. The guess always says ");
    markup.literal(if page.classes().is_empty() { "the mean" } else { "the most frequent class" });
    markup.literal(" of the training rows.");
    for metric in evaluation.undefined() {
        markup.words(&format!(" {} is undefined here: {}.", metric.name().replace('_', " "), metric.undefined_where()));
    }
    if let Some(reason) = page.without_linear {
        markup.words(&format!(" There is {reason}."));
    }
    markup.literal("</p>\n");
    meanings(page, markup);
}

/// A metric with its direction.
fn metric_name(metric: Metric) -> Cell {
    Cell::words(&format!("{} {}", metric.name().replace('_', " "), if metric.higher_is_better() { "↑" } else { "↓" }))
}

/// What each metric is.
fn meanings(page: &Page<'_>, markup: &mut Markup) {
    markup.literal("<details><summary>What the metrics mean</summary><dl class=\"meanings\">");
    for found in &page.assessment.evaluation.metrics {
        let words = found.metric.documentation().join(" ");
        markup
            .literal("<div>")
            .element("dt", &[], &found.metric.name().replace('_', " "))
            .element("dd", &[], words.trim())
            .literal("</div>");
    }
    let words = format!("What was made small while learning: {}", page.saved.loss.name());
    markup.literal("<div><dt>loss</dt>").element("dd", &[], &words).literal("</div></dl></details>\n");
}

/// The most folds that have a column each.
const MOST_FOLDS: usize = 10;

pub(super) fn folds(page: &Page<'_>, markup: &mut Markup) {
    let Some(validated) = page.folds else { return };
    let count = validated.folds.len();
    let columns = count.min(MOST_FOLDS);
    let names: Vec<String> = (1..=columns).map(|number| validated.name_of(number)).collect();
    let names: Vec<&str> =
        ["mean", "deviation", "95 % interval"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let caption = format!("Measured on the rows that each of {} held back", counted(count, "fold"));
    let mut sheet = Sheet::new(&caption, heads(&["metric"], &names));
    let mut add = |name: &str, head: Cell, summary: &Summary| {
        let key = |part: &str| format!("cross_validation.metrics.{name}.{part}");
        let mut interval = measured(&key("low"), summary.interval.low);
        interval.literal(" to ").append(&measured(&key("high"), summary.interval.high));
        let mut cells = vec![
            Cell::number(measured(&key("mean"), summary.mean)).styled("n strong"),
            Cell::number(measured(&key("deviation"), summary.deviation)),
            Cell::number(interval),
        ];
        let values = summary.values.iter().take(columns).enumerate();
        cells.extend(values.map(|(number, &value)| Cell::perhaps(&key(&format!("values.{number}")), value, short)));
        sheet.row(head, cells);
    };
    for found in &page.assessment.evaluation.metrics {
        if let Some(summary) = validated.summary(found.metric) {
            add(found.metric.name(), metric_name(found.metric), &summary);
        }
    }
    if let Some(summary) = validated.loss() {
        add("loss", Cell::words("loss ↓"), &summary);
    }
    sheet.write(markup);
    markup.literal("<p class=\"small\">Folds share their rows, and the interval takes that into account. ");
    markup.literal("None of these models is the one of this page.");
    if count > columns {
        markup.words(&format!(" {} more folds are not shown.", count - columns));
    }
    markup.literal("</p>\n");
}
