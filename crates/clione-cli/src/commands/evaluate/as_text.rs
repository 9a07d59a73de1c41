//! What a model reached, as tables and a few lines that a person reads.

use super::Places;
use crate::output::{Output, Style};
use clione::base::width::cut;
use clione::data::findings::{counted, grouped};
use clione::report::text::{Align, Table as TextTable};
use clione::train::assessment::{Assessment, Mistake, Residuals, Said, Thresholds};
use clione::train::calibration::CalibrationBin;
use clione::train::evaluate::Evaluation;
use clione::train::importance::Importance;
use clione::train::metric::{Confused, Confusion, Metric};
use clione::train::ranking::Threshold;

/// Of more classes than these, those that are found worst are shown.
const MOST_CLASSES: usize = 40;
const WORST_CLASSES: usize = 20;

/// How many of the most frequent confusions are shown.
const MOST_PAIRS: usize = 10;

/// How many of the worst mistakes and of the columns are shown.
const MOST_LINES: usize = 5;

/// An evaluation as tables: every metric beside its baselines, then which class was taken for which.
pub fn evaluation_text(evaluation: &Evaluation, classes: &[String], output: &Output) -> String {
    let mut text = metrics_text(evaluation);
    let Some(confusion) = &evaluation.confusion else { return text };
    let mut part = |title: &str, lines: &str| {
        text.push_str(&heading(title, output));
        text.push_str(lines);
    };
    // A class takes at least three columns: the square of more is never made.
    let square = (3 * classes.len() <= output.width()).then(|| confusion_table(confusion, classes));
    let fits = |square: &TextTable| square.widths().iter().map(|width| width + 2).sum::<usize>() <= output.width() + 2;
    if let Some(square) = square.filter(fits) {
        part("true class (rows) against prediction (columns)", &square.text());
        return text;
    }
    let (title, lines) = classes_text(confusion, classes, output.width());
    part(&title, &lines);
    let pairs = confusion.confused();
    if !pairs.is_empty() {
        part("most confused classes", &pairs_text(&pairs, confusion, classes, output.width()));
    }
    text
}

/// Everything that is known, in as few lines as it can be told.
pub fn assessment_text(assessment: &Assessment, classes: &[String], places: &Places, output: &Output) -> String {
    let mut text = evaluation_text(&assessment.evaluation, classes, output);
    let mut part = |title: String, lines: String| {
        text.push_str(&heading(&title, output));
        text.push_str(&lines);
    };
    if let (Some(thresholds), Some(class)) = (&assessment.thresholds, classes.get(1)) {
        part(format!("threshold of p({class}), the best ones chosen on these rows"), thresholds_text(thresholds));
    }
    if !assessment.calibration.is_empty() {
        let about = match classes {
            [_, second] => format!("p({second})"),
            _ => "the probability of what was said".to_owned(),
        };
        part(format!("calibration: {about}, and how often it was so"), calibration_text(&assessment.calibration));
    }
    if let Some(residuals) = &assessment.residuals {
        part("prediction - truth".to_owned(), residuals_text(residuals));
    }
    if !assessment.mistakes.is_empty() {
        part("worst predictions".to_owned(), mistakes_text(&assessment.mistakes, classes, places, output.width()));
    }
    if !assessment.importance.is_empty() {
        let metric = Metric::main_for(assessment.evaluation.is_for()).name();
        let title = format!("columns by what they are worth: how much {metric} falls when a column is shuffled");
        part(title, importance_text(&assessment.importance, output.width()));
    }
    text
}

fn heading(title: &str, output: &Output) -> String {
    format!("\n{}\n", output.paint(Style::Bold, title))
}

fn metrics_text(evaluation: &Evaluation) -> String {
    let guess = if evaluation.confusion.is_some() { "always the most frequent" } else { "always the mean" };
    let has_linear = evaluation.metrics.iter().any(|measured| measured.linear.is_some());
    let mut columns = vec![("", Align::Left), ("model", Align::Right)];
    columns.extend(has_linear.then_some(("linear model", Align::Right)));
    columns.push((guess, Align::Right));
    let mut table = TextTable::new(&columns);
    let number = figure;
    for measured in &evaluation.metrics {
        let mut row = vec![measured.metric.name().to_owned(), number(measured.value)];
        row.extend(has_linear.then(|| measured.linear.map_or(String::new(), number)));
        row.push(number(measured.baseline));
        table.row(row);
    }
    let undefined = evaluation.undefined();
    let rest = undefined.iter().map(|metric| (metric.name(), "undefined".to_owned()));
    for (name, value) in rest.chain([("loss", number(evaluation.loss))]) {
        let mut row = vec![String::new(); columns.len()];
        (row[0], row[1]) = (name.to_owned(), value);
        table.row(row);
    }
    let mut text = table.text();
    for metric in undefined {
        text.push_str(&format!("{} is undefined here: {}\n", metric.name(), metric.undefined_where()));
    }
    text
}

/// The classes one below the other: how many rows each has and how well they are found.
fn classes_text(confusion: &Confusion, classes: &[String], width: usize) -> (String, String) {
    let mut shown: Vec<usize> = (0..classes.len()).collect();
    let mut title = "each class against all others".to_owned();
    if classes.len() > MOST_CLASSES {
        shown.retain(|&class| confusion.f1(class).is_some());
        shown.sort_by(|&a, &b| confusion.f1(a).unwrap_or(0.0).total_cmp(&confusion.f1(b).unwrap_or(0.0)));
        shown.truncate(WORST_CLASSES);
        title =
            format!("the {} of {} classes with the lowest f1 (--json has all)", shown.len(), grouped(classes.len()));
    }
    let columns = ["rows", "precision", "recall", "f1"].map(|name| (name, Align::Right));
    let mut table = TextTable::new(&[[("class", Align::Left)].as_slice(), &columns].concat());
    for class in shown {
        let figures = [confusion.precision(class), confusion.recall(class), confusion.f1(class)].map(share);
        let start = [classes[class].clone(), grouped(confusion.rows(class))];
        table.row(start.into_iter().chain(figures));
    }
    (title, table.text_within(width))
}

/// The pairs of classes that were taken for each other most often.
fn pairs_text(pairs: &[Confused], confusion: &Confusion, classes: &[String], width: usize) -> String {
    let columns =
        [("true class", Align::Left), ("taken for", Align::Left), ("rows", Align::Right), ("of", Align::Right)];
    let mut table = TextTable::new(&columns);
    for &Confused { truth, said, rows } in pairs.iter().take(MOST_PAIRS) {
        let of = grouped(confusion.rows(truth));
        table.row([classes[truth].clone(), classes[said].clone(), grouped(rows), of]);
    }
    let rest = pairs.len().saturating_sub(MOST_PAIRS);
    let more = if rest > 0 { format!("and {} more\n", counted(rest, "pair")) } else { String::new() };
    table.text_within(width) + &more
}

fn confusion_table(confusion: &Confusion, classes: &[String]) -> TextTable {
    let mut columns = vec![("", Align::Left)];
    // With many classes whole names would make lines that no terminal holds.
    let longest = (60 / classes.len()).max(6);
    let headings: Vec<String> = classes.iter().map(|class| cut(class, longest)).collect();
    columns.extend(headings.iter().map(|class| (class.as_str(), Align::Right)));
    columns.extend([("precision", Align::Right), ("recall", Align::Right), ("f1", Align::Right)]);
    let mut table = TextTable::new(&columns);
    for (truth, name) in classes.iter().enumerate() {
        let mut row = vec![cut(name, LONGEST_NAME)];
        row.extend((0..classes.len()).map(|said| confusion.count(truth, said).to_string()));
        row.extend([confusion.precision(truth), confusion.recall(truth), confusion.f1(truth)].map(share));
        table.row(row);
    }
    table
}

/// The longest name of a class in front of a row of a square.
const LONGEST_NAME: usize = 24;

/// A figure with four decimals, or with four digits where these would say nothing.
pub fn figure(number: f64) -> String {
    if number != 0.0 && number.abs() < 0.001 { format!("{number:.3e}") } else { format!("{number:.4}") }
}

/// A share where there is one.
fn share(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{share:.3}"))
}

fn thresholds_text(thresholds: &Thresholds) -> String {
    let columns = ["at least", "precision", "recall", "f1", "balanced"].map(|name| (name, Align::Right));
    let mut table = TextTable::new(&[[("", Align::Left)].as_slice(), &columns].concat());
    let Thresholds { usual, best_f1, best_balanced } = thresholds;
    for (name, threshold) in [("usual", usual), ("best f1", best_f1), ("best balanced", best_balanced)] {
        let &Threshold { at, precision, recall, f1, balanced } = threshold;
        let cells = [Some(at), precision, Some(recall), Some(f1), Some(balanced)].map(share);
        table.row(std::iter::once(name.to_owned()).chain(cells));
    }
    table.text()
}

/// The bins side by side: three lines instead of ten.
fn calibration_text(bins: &[CalibrationBin]) -> String {
    let heads: Vec<String> = bins.iter().map(|bin| format!("{:.2}", bin.predicted)).collect();
    let mut columns = vec![("said", Align::Left)];
    columns.extend(heads.iter().map(|head| (head.as_str(), Align::Right)));
    let mut table = TextTable::new(&columns);
    let mut line = |name: &str, cell: &dyn Fn(&CalibrationBin) -> String| {
        table.row(std::iter::once(name.to_owned()).chain(bins.iter().map(cell)));
    };
    line("was so", &|bin| format!("{:.2}", bin.observed));
    line("rows", &|bin| bin.rows.to_string());
    table.text()
}

fn residuals_text(residuals: &Residuals) -> String {
    let names = ["least", "5 %", "25 %", "50 %", "75 %", "95 %", "greatest", "mean", "deviation"];
    let mut table = TextTable::new(&names.map(|name| (name, Align::Right)));
    let numbers = residuals.quantiles.iter().chain([&residuals.mean, &residuals.deviation]);
    table.row(numbers.map(|&number| short(number)));
    table.text()
}

fn mistakes_text(mistakes: &[Mistake], classes: &[String], places: &Places, width: usize) -> String {
    let last = if classes.is_empty() { "missed by" } else { "p(truth)" };
    let columns = [(places.what, Align::Right), ("truth", Align::Right), ("said", Align::Right), (last, Align::Right)];
    let mut table = TextTable::new(&columns);
    for mistake in mistakes.iter().take(MOST_LINES) {
        let place = places.numbers[mistake.row].to_string();
        table.row(match mistake.said {
            Said::Class { truth, said, probability_of_truth } => {
                [place, classes[truth].clone(), classes[said].clone(), format!("{probability_of_truth:.4}")]
            }
            Said::Number { truth, said } => [place, short(truth), short(said), short(said - truth)],
        });
    }
    table.text_within(width)
}

fn importance_text(importance: &[Importance], width: usize) -> String {
    let mut table = TextTable::new(&[("column", Align::Left), ("falls by", Align::Right), ("±", Align::Right)]);
    for column in importance.iter().take(2 * MOST_LINES) {
        table.row([column.name.clone(), format!("{:.4}", column.mean), format!("{:.4}", column.deviation)]);
    }
    table.text_within(width)
}

/// A number with about four digits that count, whatever its size.
fn short(number: f64) -> String {
    let digits = match number.abs() {
        size if size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 1.0 => 3,
        _ => 4,
    };
    format!("{number:.digits$}")
}
