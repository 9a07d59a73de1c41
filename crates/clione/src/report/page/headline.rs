//! The beginning of a page: what was predicted, from what, and how good that is, in a sentence and a few large numbers.

use super::figure::{beginning, percent, share, short};
use super::{MeasuredOn, Page};
use crate::data::findings::{counted, grouped};
use crate::report::markup::Markup;
use crate::train::evaluate::{Baseline, Measured};
use crate::train::interval::of_share;
use crate::train::metric::{For, Metric};
use crate::train::paired::Standing;

/// The metrics that are shown large, for classes and for numbers.
const CLASS_TILES: &[Metric] = &[Metric::Accuracy, Metric::BalancedAccuracy, Metric::RocAuc, Metric::LogLoss];
const NUMBER_TILES: &[Metric] = &[Metric::R2, Metric::RootMeanSquaredError, Metric::MeanAbsoluteError];

/// Errors that differ by less than this share of each other are about the same.
const ALIKE: f64 = 0.02;

pub(super) fn title(page: &Page<'_>) -> String {
    format!("{} from {}", beginning(page.target()), beginning(page.file()))
}

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    markup.literal("<h1>Predicting <b>").words(&beginning(page.target())).literal("</b> from ");
    markup.words(&beginning(page.file())).literal("</h1>\n<p class=\"lead\">");
    match page.assessment.evaluation.is_for() {
        For::Classes => of_classes(page, markup),
        For::Numbers => of_numbers(page, markup),
    }
    markup.literal("</p>\n");
    if let Some(selection) = page.selection {
        markup.element("p", &[("class", "small")], &format!("A little too good: {selection}."));
    }
    markup.literal("<div class=\"tiles\">");
    let evaluation = &page.assessment.evaluation;
    let tiles = match evaluation.is_for() {
        For::Classes => CLASS_TILES,
        For::Numbers => NUMBER_TILES,
    };
    for measured in tiles.iter().filter_map(|tile| evaluation.metrics.iter().find(|found| found.metric == *tile)) {
        tile(measured, markup);
    }
    markup.literal("</div>\n");
}

fn measured(page: &Page<'_>, metric: Metric) -> Option<Measured> {
    page.assessment.evaluation.metrics.iter().find(|measured| measured.metric == metric).copied()
}

/// How many are right, and how that compares.
fn of_classes(page: &Page<'_>, markup: &mut Markup) {
    let evaluation = &page.assessment.evaluation;
    let (Some(accuracy), Some(confusion)) = (measured(page, Metric::Accuracy), &evaluation.confusion) else {
        markup.literal("There were no rows to measure on.");
        return;
    };
    let right = (0..confusion.classes()).map(|class| confusion.count(class, class)).sum();
    let interval = of_share(right, evaluation.rows);
    markup.words(&format!(
        "Right for {} of {} rows {} (",
        grouped(right),
        grouped(evaluation.rows),
        page.measured_on.words()
    ));
    markup.append(&share("metrics.accuracy", accuracy.value));
    markup.words(&match page.measured_on {
        MeasuredOn::Training => "; how it does on others was not measured)".to_owned(),
        MeasuredOn::HeldBack | MeasuredOn::Test | MeasuredOn::Given => {
            format!("; other rows of this kind: probably {} to {})", percent(interval.low), percent(interval.high))
        }
    });
    let compared = |other: f64| match other {
        other if other < interval.low => "better than",
        other if other > interval.high => "worse than",
        _ => "about as good as",
    };
    let guess = match &page.saved.baseline {
        Baseline::Frequencies(frequencies) => {
            let most = frequencies.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(class, _)| class);
            page.classes().get(most).map_or(String::new(), |name| format!("always saying “{}”", beginning(name)))
        }
        Baseline::Mean(_) => "guessing".to_owned(),
    };
    markup.words(&format!(", {} {guess} (", compared(accuracy.baseline)));
    markup.append(&share("baseline.accuracy", accuracy.baseline)).literal(")");
    beside_linear(page, accuracy.linear.map(|linear| share("linear_model.accuracy", linear)), markup);
}

/// How far off it is on average, and how that compares.
fn of_numbers(page: &Page<'_>, markup: &mut Markup) {
    let Some(error) = measured(page, Metric::MeanAbsoluteError) else {
        markup.literal("There were no rows to measure on.");
        return;
    };
    let rows = counted(page.assessment.evaluation.rows, "row");
    let which = page.measured_on.words();
    let compared = |other: f64| match other {
        other if error.value < other * (1.0 - ALIKE) => "better than",
        other if error.value * (1.0 - ALIKE) > other => "worse than",
        _ => "about as good as",
    };
    markup.literal("Off by ").append(&super::figure::measured("metrics.mae", error.value));
    markup.words(&format!(" on average over {rows} {which}, {} always saying the mean (", compared(error.baseline)));
    markup.append(&super::figure::measured("baseline.mae", error.baseline)).literal(")");
    beside_linear(page, error.linear.map(|linear| super::figure::measured("linear_model.mae", linear)), markup);
}

/// How it stands beside a linear model by the losses of single rows, with the linear model's figure and the losses.
fn beside_linear(page: &Page<'_>, figure: Option<Markup>, markup: &mut Markup) {
    let evaluation = &page.assessment.evaluation;
    let (Some(figure), Some(paired)) = (figure, evaluation.against_linear) else {
        return without_linear(page, markup);
    };
    let standing = match paired.standing() {
        Standing::Better => "better than",
        Standing::Alike => "within chance as good as",
        Standing::Worse => "worse than",
    };
    markup.words(&format!(" and {standing} a linear model (")).append(&figure);
    let metric = evaluation.compared_by();
    if let Some(Measured { value, linear: Some(linear), .. }) = measured(page, metric) {
        let name = metric.name();
        markup.words(&format!("; {} ", name.replace('_', " ")));
        markup.append(&super::figure::measured(&format!("metrics.{name}"), value)).literal(" against ");
        markup.append(&super::figure::measured(&format!("linear_model.{name}"), linear));
        markup.literal(", the losses of rows differ by ");
        markup.append(&super::figure::measured("against_linear_model.difference", paired.difference)).literal(" ± ");
        markup.append(&super::figure::measured("against_linear_model.standard_error", paired.error));
    }
    markup.literal(").");
}

fn without_linear(page: &Page<'_>, markup: &mut Markup) {
    markup.literal(".");
    if let Some(reason) = page.without_linear {
        markup.words(&format!(" There is {reason}."));
    }
}

/// A metric in large letters, with the others below it.
fn tile(measured: &Measured, markup: &mut Markup) {
    let name = measured.metric.name();
    let shown = |value: f64| match measured.metric {
        Metric::Accuracy | Metric::BalancedAccuracy => percent(value),
        _ => short(value),
    };
    let figure = |part: &str, value: f64| super::figure::figure(&format!("{part}.{name}"), value, &shown(value));
    markup.literal("<div class=\"tile\">").element("span", &[("class", "name")], &name.replace('_', " "));
    markup.literal("<span class=\"large\">").append(&figure("metrics", measured.value)).literal("</span>");
    markup.literal("<span class=\"small\">guess ").append(&figure("baseline", measured.baseline));
    if let Some(linear) = measured.linear {
        markup.literal(" · linear ").append(&figure("linear_model", linear));
    }
    markup.literal("</span></div>");
}
