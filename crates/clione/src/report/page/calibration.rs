//! What the probabilities of classes are worth: curves over all thresholds, the best ones, and whether 70 % means 70 %.

use super::Page;
use super::figure::{beginning, count, percent, share, short};
use super::frame::picture;
use super::sheet::{Cell, Sheet, heads};
use crate::report::chart::Series;
use crate::report::chart::plot::{PATTERNS, Plot, Span};
use crate::report::markup::Markup;
use crate::train::assessment::{ClassAssessment, Thresholds};
use crate::train::calibration::CalibrationBin;
use crate::train::ranking::CurvePoint;

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let assessment = page.assessment;
    let classes: Vec<&ClassAssessment> = assessment.classes.iter().filter(|class| !class.roc.is_empty()).collect();
    if assessment.classes.is_empty() {
        return;
    }
    markup.literal("<div class=\"pictures\">");
    curves(&classes, "ROC: found against mistaken", markup, |class| &class.roc, false);
    curves(&classes, "Precision and recall", markup, |class| &class.precision_recall, true);
    calibration(&assessment.calibration, page, markup);
    markup.literal("</div>\n");
    if let (Some(thresholds), Some(class)) = (&assessment.thresholds, page.classes().get(1)) {
        threshold_table(thresholds, class, markup);
    }
    bins(&assessment.calibration, markup);
}

/// One curve for each class that has one.
fn curves(
    classes: &[&ClassAssessment],
    name: &str,
    markup: &mut Markup,
    points: fn(&ClassAssessment) -> &Vec<CurvePoint>,
    is_recall: bool,
) {
    let area = |class: &ClassAssessment| if is_recall { class.average_precision } else { class.roc_area };
    // No more lines than can be told apart: those of the classes that are found worst.
    let mut shown = classes.to_vec();
    shown.sort_by(|a, b| area(a).unwrap_or(0.0).total_cmp(&area(b).unwrap_or(0.0)));
    shown.truncate(PATTERNS);
    let Some(worst) = shown.first() else { return };
    let worst = area(worst).map(|area| (area, worst.name.as_str()));
    if shown.len() == classes.len() {
        shown = classes.to_vec();
    }
    let lines: Vec<Series> = shown
        .iter()
        .map(|class| Series {
            name: beginning(&class.name),
            points: points(class).iter().map(|point| (point.x, point.y)).collect(),
        })
        .collect();
    let plot = Plot {
        x_label: if is_recall { "recall" } else { "share of others mistaken" }.to_owned(),
        y_label: if is_recall { "precision" } else { "share found" }.to_owned(),
        x: Span::Fixed(0.0, 1.0),
        y: Span::Fixed(0.0, 1.0),
        lines,
        reference: (!is_recall).then_some([(0.0, 0.0), (1.0, 1.0)]),
        is_touchable: classes.len() == 1,
        ..Plot::default()
    };
    let words = match (classes, worst) {
        ([only], Some((area, _))) => format!("Class “{}”: area {}.", beginning(&only.name), short(area)),
        (_, Some((area, worst))) => {
            let which = match shown.len() == classes.len() {
                true => "A line for each class".to_owned(),
                false => format!("The {} of {} classes with the smallest areas", shown.len(), classes.len()),
            };
            format!("{which}; the smallest is {}, of “{}”.", short(area), beginning(worst))
        }
        (_, None) => String::new(),
    };
    let words = format!("{words}{}", if is_recall { "" } else { " The dashed line is guessing." });
    let legend: Vec<&str> = shown.iter().map(|class| class.name.as_str()).collect();
    picture(markup, name, &legend, &plot.inline(&format!("{name}. {words}")), &words);
}

fn calibration(bins: &[CalibrationBin], page: &Page<'_>, markup: &mut Markup) {
    let points: Vec<(f64, f64)> = bins.iter().map(|bin| (bin.predicted, bin.observed)).collect();
    let says = |bin: &CalibrationBin| {
        format!("said {}, was so for {} of {} rows", percent(bin.predicted), percent(bin.observed), bin.rows)
    };
    let plot = Plot {
        x_label: "probability that was said".to_owned(),
        y_label: "share that was so".to_owned(),
        x: Span::Fixed(0.0, 1.0),
        y: Span::Fixed(0.0, 1.0),
        lines: vec![Series { name: "model".to_owned(), points }],
        dots: bins.iter().map(|bin| (bin.predicted, bin.observed, says(bin))).collect(),
        reference: Some([(0.0, 0.0), (1.0, 1.0)]),
        ..Plot::default()
    };
    let about = match page.classes() {
        [_, second] => format!("of class “{}”", beginning(second)),
        _ => "of the class that is said".to_owned(),
    };
    let words =
        format!("Probabilities {about}. Above the dashed line it is so more often than is said, below it less often.");
    picture(markup, "Calibration: does 70 % mean 70 %?", &[], &plot.inline(&format!("Calibration. {words}")), &words);
}

fn threshold_table(thresholds: &Thresholds, class: &str, markup: &mut Markup) {
    let caption = format!("From which probability on a row is said to be “{}”", beginning(class));
    let names = ["threshold", "precision", "recall", "f1", "balanced accuracy"];
    let mut sheet = Sheet::new(&caption, heads(&["which"], &names));
    for (name, key, found) in [
        ("usual", "usual", &thresholds.usual),
        ("best for f1", "best_f1", &thresholds.best_f1),
        ("best for balanced accuracy", "best_balanced", &thresholds.best_balanced),
    ] {
        let key = |part: &str| format!("thresholds.{key}.{part}");
        sheet.row(
            Cell::words(name),
            vec![
                Cell::perhaps(&key("at"), Some(found.at), short),
                Cell::perhaps(&key("precision"), found.precision, percent),
                Cell::perhaps(&key("recall"), Some(found.recall), percent),
                Cell::perhaps(&key("f1"), Some(found.f1), short),
                Cell::perhaps(&key("balanced"), Some(found.balanced), percent),
            ],
        );
    }
    sheet.write(markup);
    markup.literal("<p class=\"small\">The best ones were chosen on the rows that they are measured on: ");
    markup.literal("on other rows they reach a little less.</p>\n");
}

fn bins(bins: &[CalibrationBin], markup: &mut Markup) {
    markup.literal("<details><summary>Calibration in numbers</summary>");
    let mut sheet =
        Sheet::new("Rows by their probability", heads(&["probability"], &["rows", "said on average", "was so"]));
    for (number, bin) in bins.iter().enumerate() {
        let key = |part: &str| format!("calibration.{number}.{part}");
        sheet.row(
            Cell::words(&format!("{:.0} to {:.0} %", 100.0 * bin.above, 100.0 * bin.to)),
            vec![
                Cell::number(count(&key("rows"), bin.rows)),
                Cell::number(share(&key("predicted"), bin.predicted)),
                Cell::number(share(&key("observed"), bin.observed)),
            ],
        );
    }
    sheet.write(markup);
    markup.literal("</details>\n");
}
