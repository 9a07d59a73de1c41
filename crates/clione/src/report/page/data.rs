//! What the rows were: parts, columns, what is missing, and what looked odd.

use super::Page;
use super::figure::{beginning, count, plain};
use super::sheet::{Cell, Sheet, heads};
use crate::data::findings::{counted, grouped};
use crate::data::inspect::doubt::Suspicion;
use crate::data::inspect::{ColumnKind, ColumnReport, Inspection, NumberSummary};
use crate::report::markup::Markup;
use crate::see::doctor::{Condition, Finding, Severity};

/// The most columns, findings and lines of one kind that are shown.
const MOST_COLUMNS: usize = 60;
const MOST_FINDINGS: usize = 20;
const MOST_LINES: usize = 6;

/// What was found before, while and after learning.
pub(super) fn warnings(page: &Page<'_>, markup: &mut Markup) {
    for finding in page.findings.iter().take(MOST_FINDINGS) {
        self::finding(finding, markup);
    }
    if page.findings.len() > MOST_FINDINGS {
        markup.element("p", &[], &format!("{} more findings are not shown.", page.findings.len() - MOST_FINDINGS));
    }
    list("Warnings", page.warnings, markup);
}

fn finding(finding: &Finding, markup: &mut Markup) {
    let class = match finding.severity {
        Severity::Note => "finding note",
        Severity::Warning => "finding warning",
        Severity::Fault => "finding fault",
    };
    markup.open("div", &[("class", class)]).literal("<h3>").element(
        "span",
        &[("class", "tag")],
        finding.severity.name(),
    );
    markup.literal(" ").words(finding.headline()).literal("</h3>");
    lines(&finding.evidence, markup);
    for (number, advice) in finding.advice.iter().take(MOST_LINES).enumerate() {
        // Flags are typed as they stand; sentences are read.
        let tag = if advice.starts_with("--") { "code" } else { "span" };
        markup.literal(if number == 0 { "<p>Try: " } else { "<p>Or: " });
        markup.element(tag, &[], &long(advice)).literal("</p>");
    }
    markup.literal("</div>\n");
}

/// A list under a small heading; nothing where it is empty.
fn list(heading: &'static str, items: &[String], markup: &mut Markup) {
    if !items.is_empty() {
        markup.element("h3", &[], heading);
        lines(items, markup);
    }
}

fn lines(items: &[String], markup: &mut Markup) {
    markup.literal("<ul>");
    for item in items.iter().take(MOST_LINES) {
        markup.element("li", &[], &long(item));
    }
    if items.len() > MOST_LINES {
        markup.element("li", &[], &format!("and {} more", grouped(items.len() - MOST_LINES)));
    }
    markup.literal("</ul>");
}

/// The beginning of a sentence that may be long.
fn long(text: &str) -> String {
    match text.char_indices().nth(400) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let facts = &page.saved.facts;
    markup.literal("<dl>");
    let mut item = |name: &'static str, value: &Markup| {
        markup.literal("<div>").element("dt", &[], name).literal("<dd>").append(value).literal("</dd></div>");
    };
    let words = |text: &str| {
        let mut markup = Markup::default();
        markup.words(text);
        markup
    };
    item("file", &words(&long(page.source)));
    item("predicted", &words(&beginning(page.target())));
    if let Some(inspection) = page.inspection {
        item("rows in the file", &words(&grouped(inspection.rows)));
        item("columns in the file", &words(&grouped(inspection.columns.len())));
        item("missing cells", &words(&missing(inspection)));
    }
    item("learned from", &count("training_rows", facts.training_rows));
    item("held back while learning", &words(&counted(facts.validation_rows, "row")));
    item("measured on", &count("rows", page.assessment.evaluation.rows));
    item("inputs of the network", &count("inputs", page.saved.source.example().elements()));
    markup.literal("</dl>\n");
    if let Some(inspection) = page.inspection {
        columns(inspection, markup);
        let is_told =
            |doubt: &Suspicion| page.findings.iter().any(|finding| finding.condition == Condition::Table(doubt.doubt));
        let doubts = inspection.suspicions.iter().filter(|doubt| !is_told(doubt));
        let words = doubts
            .map(|doubt| format!("{}: {}", doubt.doubt.headline(), doubt.evidence.first().map_or("", String::as_str)));
        list("What looks odd in the table", &words.collect::<Vec<_>>(), markup);
    }
    list("Notes", page.notes, markup);
}

fn missing(inspection: &Inspection) -> String {
    let cells: usize = inspection.columns.iter().map(|column| column.missing).sum();
    let columns = inspection.columns.iter().filter(|column| column.missing > 0).count();
    if cells == 0 { "0".to_owned() } else { format!("{} in {}", grouped(cells), counted(columns, "column")) }
}

fn columns(inspection: &Inspection, markup: &mut Markup) {
    let mut sheet = Sheet::new(
        "Every column of the table",
        [heads(&["column", "kind"], &["missing", "distinct"]), heads(&["spread", "values"], &[])].concat(),
    );
    for (place, column) in inspection.columns.iter().enumerate().take(MOST_COLUMNS) {
        let kind = match column.kind {
            kind if inspection.target == Some(place) => format!("{}, predicted", kind.name()),
            kind if column.ignored => format!("{}, left out", kind.name()),
            kind => kind.name().to_owned(),
        };
        let number = |number: usize| Cell::words(&grouped(number)).styled("n");
        sheet.row(
            Cell::words(&column.name),
            vec![
                Cell::words(&kind),
                number(column.missing),
                number(column.distinct),
                Cell::markup(column.numbers.as_ref().map_or_else(Markup::default, spark)),
                Cell::words(&values(column)).styled("values"),
            ],
        );
    }
    sheet.write(markup);
    if inspection.columns.len() > MOST_COLUMNS {
        let words = format!("{} more columns are not shown.", grouped(inspection.columns.len() - MOST_COLUMNS));
        markup.element("p", &[("class", "small")], &words);
    }
}

/// The numbers of a column in words, or its most frequent values.
fn values(column: &ColumnReport) -> String {
    match (&column.kind, &column.numbers) {
        (ColumnKind::Number, Some(numbers)) => {
            let [least, median, greatest] = [numbers.least, numbers.median, numbers.greatest].map(plain);
            format!("{least} to {greatest}, median {median}")
        }
        (ColumnKind::Number | ColumnKind::Boolean | ColumnKind::Category | ColumnKind::Date | ColumnKind::Empty, _) => {
            let most = column.frequent.iter().take(3);
            let most: Vec<String> = most
                .map(|value| format!("{} ({})", value.value.chars().take(20).collect::<String>(), grouped(value.count)))
                .collect();
            most.join(", ")
        }
    }
}

/// A histogram as a small picture.
fn spark(numbers: &NumberSummary) -> Markup {
    let mut markup = Markup::default();
    let most = numbers.histogram.iter().copied().max().unwrap_or(0).max(1);
    markup.literal("<svg class=\"spark\" viewBox=\"0 0 60 20\" aria-hidden=\"true\">");
    for (number, &rows) in numbers.histogram.iter().enumerate().filter(|(_, rows)| **rows > 0) {
        let height = (18.0 * rows as f64 / most as f64).max(1.0);
        let [x, y, height] = [6.0 * number as f64, 20.0 - height, height].map(|place| format!("{place:.1}"));
        markup.empty("rect", &[("x", &x), ("y", &y), ("width", "5"), ("height", &height)]);
    }
    markup.literal("</svg>");
    markup
}
