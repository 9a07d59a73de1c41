//! `clione inspect`: what is in a table before anything is learned from it.

use crate::json;
use crate::output::{Output, Style};
use crate::settings::Reading;
use clap::Args;
use clione::base::error::Result;
use clione::base::width::{cut as cut_to, width as columns_of};
use clione::base::words::fields;
use clione::data::findings::{counted, grouped};
use clione::data::inspect::doubt::Suspicion;
use clione::data::inspect::{ColumnKind, ColumnReport, Frequent, Inspection, NumberSummary, Question};
use clione::prelude::*;
use clione::report::text::{Align, Table as TextTable, wrapped};
use serde_json::{Value, json};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clione inspect houses.csv
  clione inspect houses.csv --target price
  clione inspect houses.csv --json | jq '.suspicions'";

/// The arguments of `clione inspect`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Inspect {
    /// The table: CSV, TSV, JSON lines, NPY or NPZ, gzipped or not, `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The column to predict: its name, or its number from 1, from the end if negative
    #[arg(short, long, value_name = "COLUMN", allow_hyphen_values = true)]
    target: Option<String>,

    /// Columns that are to be left out: nothing in them is suspicious
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    ignore: Vec<String>,

    /// Columns in which 0 means missing, separated by commas
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    zero_is_missing: Vec<String>,

    /// Columns whose values are words even where they look like numbers, separated by commas
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    category: Vec<String>,

    /// The column that --group or --time of train names: nothing more is said of how rows depend on each other
    #[arg(long, visible_alias = "time", value_name = "COLUMN", allow_hyphen_values = true)]
    group: Option<String>,

    /// Show every column of a wide table
    #[arg(long)]
    all: bool,

    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reading: Reading,
}

/// More columns than these are summed up.
const MOST_COLUMNS: usize = 60;

/// How many columns of a wide table are shown.
const FIRST_COLUMNS: usize = 30;

/// How many columns of one suspicion are shown.
const MOST_EVIDENCE: usize = 5;

/// From this width on there is room for long names.
const WIDE: usize = 100;

/// The longest name of a column that is shown whole where there is room, and where there is little.
const LONG_NAME: usize = 24;
const SHORT_NAME: usize = 18;

/// Advice longer than this is cut; JSON has all of it.
const LONGEST_ADVICE: usize = 300;

impl Inspect {
    /// Reads, counts, shows.
    pub fn run(self, output: &Output) -> Result<()> {
        let table = Table::read(&self.file, &self.reading.options()?)?;
        let question = Question {
            target: self.target.clone(),
            ignore: names(&self.ignore),
            zero_is_missing: names(&self.zero_is_missing),
            categories: names(&self.category),
            split_by: self.group.clone(),
            ..Question::default()
        };
        let inspection = Inspection::of(&table, &question)?;
        if self.json {
            return output.result(&json::text(inspection_json(&inspection))?);
        }
        for warning in &table.warnings {
            output.warning(warning);
        }
        let bold = |text: &str| output.paint(Style::Bold, text);
        output.result(&inspection_text(&inspection, output.width(), self.all, &bold))
    }
}

/// The names that the values of a flag hold; one with a comma in it is in quotes.
fn names(values: &[String]) -> Vec<String> {
    values.iter().flat_map(|value| fields(value)).collect()
}

/// An inspection as lines of at most `width` characters, as far as names allow.
fn inspection_text(inspection: &Inspection, width: usize, is_all: bool, bold: &dyn Fn(&str) -> String) -> String {
    let header = if inspection.header { "with a header" } else { "no header" };
    let missing: usize = inspection.columns.iter().map(|column| column.missing).sum();
    let size = format!(
        "{}, {}, {header}; {} missing",
        counted(inspection.rows, "row"),
        counted(inspection.columns.len(), "column"),
        counted(missing, "value")
    );
    let source = &inspection.source;
    let is_short = columns_of(source) + 2 + columns_of(&size) <= width;
    let mut text = format!("{}:{}{size}\n", bold(source), if is_short { " " } else { "\n  " });
    if let Some(target) = inspection.target {
        let task = inspection.task.map_or("what it is cannot be told", |task| task.name());
        text.push_str(&format!("target (*): \"{}\", {task}\n", cut(&inspection.columns[target].name, SHORT_NAME * 2)));
    }
    for note in &inspection.notes {
        text.push_str(&wrapped(note, width));
    }
    text.push('\n');
    let columns = inspection.columns.len();
    let shown = if is_all || columns <= MOST_COLUMNS { columns } else { FIRST_COLUMNS };
    text.push_str(&columns_text(inspection, shown, width));
    if shown < columns {
        let rest = &inspection.columns[shown..];
        let of = |kind: &ColumnKind| rest.iter().filter(|column| column.kind == *kind).count();
        let kinds = ColumnKind::all().iter().filter(|kind| of(kind) > 0);
        let kinds: Vec<String> = kinds.map(|kind| format!("{} {}", grouped(of(kind)), kind.name())).collect();
        text.push_str(&format!("… and {} more: {} (--all shows them)\n", grouped(rest.len()), kinds.join(", ")));
    }
    if inspection.suspicions.is_empty() {
        return text + "\nnothing looks wrong\n";
    }
    text.push_str(&format!("\n{}\n", bold("What looks wrong")));
    for suspicion in &inspection.suspicions {
        text.push_str(&suspicion_text(suspicion, width, bold));
    }
    text
}

fn columns_text(inspection: &Inspection, shown: usize, width: usize) -> String {
    let headings = [
        ("", Align::Right),
        ("column", Align::Left),
        ("kind", Align::Left),
        ("missing", Align::Right),
        ("distinct", Align::Right),
        ("shape", Align::Left),
        ("values", Align::Left),
    ];
    let longest_name = if width < WIDE { SHORT_NAME } else { LONG_NAME };
    let rows: Vec<[String; 6]> = (0..shown)
        .map(|place| {
            let column = &inspection.columns[place];
            let mark = if inspection.target == Some(place) { " *" } else { "" };
            let missing = if column.missing == 0 { "-".to_owned() } else { share(column.missing, inspection.rows) };
            [
                (place + 1).to_string(),
                cut(&column.name, longest_name) + mark,
                column.kind.name().to_owned(),
                missing,
                grouped(column.distinct),
                column.numbers.filter(|_| is_measured(column)).map_or(String::new(), |numbers| bars(&numbers)),
            ]
        })
        .collect();
    let widest = |at: usize| {
        let cells = rows.iter().map(|row| columns_of(&row[at]));
        cells.chain([columns_of(headings[at].0)]).max().unwrap_or(0)
    };
    let used: usize = (0..6).map(|at| widest(at) + 2).sum();
    let left = width.saturating_sub(used).max(12);
    let mut table = TextTable::new(&headings);
    for (column, row) in inspection.columns.iter().zip(rows) {
        table.row(row.into_iter().chain([values(column, inspection.rows, left)]));
    }
    table.text()
}

/// Numbers with so few different values are told one by one, as words are.
const FEW_VALUES: usize = 5;

fn is_measured(column: &ColumnReport) -> bool {
    column.kind == ColumnKind::Number && column.distinct > FEW_VALUES
}

/// What stands in a column, the most telling first, in at most `length` characters.
fn values(column: &ColumnReport, rows: usize, length: usize) -> String {
    if let Some(numbers) = column.numbers.filter(|_| is_measured(column)) {
        let range = format!("{} … {} … {}", brief(numbers.least), brief(numbers.median), brief(numbers.greatest));
        let whole = format!("{range}, mean {} ± {}", brief(numbers.mean), brief(numbers.spread));
        return cut(if columns_of(&whole) <= length { &whole } else { &range }, length);
    }
    let shown: Vec<String> = column
        .frequent
        .iter()
        .take(FEW_VALUES)
        .map(|Frequent { value, count }| format!("{} {}", cut(value, LONG_NAME), share(*count, rows)))
        .collect();
    cut(&shown.join(", "), length)
}

/// How often numbers come between the least and the greatest.
fn bars(numbers: &NumberSummary) -> String {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = numbers.histogram.iter().copied().max().unwrap_or(0).max(1);
    numbers.histogram.iter().map(|&count| BARS[(count * 8).div_ceil(most)]).collect()
}

fn suspicion_text(suspicion: &Suspicion, width: usize, bold: &dyn Fn(&str) -> String) -> String {
    let mut text = format!("\n{}\n", bold(suspicion.doubt.headline()));
    for evidence in suspicion.evidence.iter().take(MOST_EVIDENCE) {
        text.push_str(&indented(evidence, width, "  ", "    "));
    }
    let rest = suspicion.evidence.len().saturating_sub(MOST_EVIDENCE);
    if rest > 0 {
        text.push_str(&format!("  and {} more\n", counted(rest, "column")));
    }
    for (at, advice) in suspicion.advice.iter().enumerate() {
        let lead = if at == 0 { "  try: " } else { "  or:  " };
        text.push_str(&indented(&cut(advice, LONGEST_ADVICE), width, lead, "       "));
    }
    text
}

/// A sentence in lines, the first after `lead`, the others after `margin`.
pub(super) fn indented(sentence: &str, width: usize, lead: &str, margin: &str) -> String {
    let lines = wrapped(sentence, width.saturating_sub(margin.chars().count()).max(20));
    let lines = lines.lines().enumerate();
    lines.map(|(at, line)| format!("{}{line}\n", if at == 0 { lead } else { margin })).collect()
}

/// A share in per cent, at most six characters.
fn share(count: usize, of: usize) -> String {
    let percent = 100.0 * count as f64 / of.max(1) as f64;
    if percent < 0.1 { "<0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

/// A text of at most `length` columns of the terminal.
fn cut(text: &str, length: usize) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    cut_to(&plain, length)
}

/// A whole number as it is, any other in about four digits that count.
fn brief(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return (number + 0.0).to_string();
    }
    if (1e3..1e15).contains(&number.abs()) {
        return format!("{number:.0}");
    }
    let rounded: f64 = format!("{number:.3e}").parse().unwrap_or(number);
    let is_plain = rounded == 0.0 || (1e-4..1e7).contains(&rounded.abs());
    if is_plain { rounded.to_string() } else { format!("{rounded:e}") }
}

fn inspection_json(inspection: &Inspection) -> serde_json::Map<String, Value> {
    let name = |place: usize| inspection.columns[place].name.as_str();
    let columns: Vec<Value> =
        (1..).zip(&inspection.columns).map(|(place, column)| column_json(place, column)).collect();
    let suspicions: Vec<Value> = inspection
        .suspicions
        .iter()
        .map(|suspicion| {
            json!({
                "name": suspicion.doubt.name(),
                "headline": suspicion.doubt.headline(),
                "columns": suspicion.columns.iter().map(|&place| name(place)).collect::<Vec<_>>(),
                "evidence": suspicion.evidence,
                "advice": suspicion.advice,
            })
        })
        .collect();
    let fields = [
        ("file", json!(inspection.source)),
        ("rows", json!(inspection.rows)),
        ("header", json!(inspection.header)),
        ("target", json!(inspection.target.map(name))),
        ("task", json!(inspection.task.map(|task| task.name()))),
        ("columns", json!(columns)),
        ("suspicions", json!(suspicions)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn column_json(place: usize, column: &ColumnReport) -> Value {
    let numbers = column.numbers.map(|numbers| {
        json!({
            "count": numbers.count,
            "least": numbers.least,
            "lower_quartile": numbers.lower_quartile,
            "median": numbers.median,
            "mean": numbers.mean,
            "upper_quartile": numbers.upper_quartile,
            "greatest": numbers.greatest,
            "spread": numbers.spread,
            "far_out": numbers.far_out,
            "histogram": numbers.histogram,
        })
    });
    let frequent: Vec<Value> =
        column.frequent.iter().map(|frequent| json!({ "value": frequent.value, "count": frequent.count })).collect();
    json!({
        "place": place,
        "name": column.name,
        "kind": column.kind.name(),
        "ignored": column.ignored,
        "missing": column.missing,
        "distinct": column.distinct,
        "numbers": numbers,
        "frequent": frequent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(columns: usize) -> Inspection {
        let names: Vec<String> = (0..columns).map(|at| format!("a rather long name of column {at}")).collect();
        let mut text = names.join(",") + "\n";
        for row in 0..50 {
            let cells: Vec<String> = (0..columns)
                .map(|at| match at % 3 {
                    0 => format!("{}.25", row * 1_234_567 % 98_765),
                    1 => ["Braund, Mr. Owen Harris the elder", "Heikkinen, Miss. Laina"][row % 2].to_owned(),
                    _ => {
                        if row % 7 == 0 {
                            String::new()
                        } else {
                            (row % 5).to_string()
                        }
                    }
                })
                .map(|cell| format!("\"{cell}\""))
                .collect();
            text.push_str(&(cells.join(",") + "\n"));
        }
        let table = Table::from_bytes("people.csv", text.into_bytes(), &ReadOptions::default()).expect("a table");
        Inspection::of(&table, &Question::default()).expect("no column is named")
    }

    #[test]
    fn lines_fit_the_terminal() {
        for width in [80, 100, 120] {
            let text = inspection_text(&people(6), width, false, &str::to_owned);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            assert!(text.contains("missing values\n"), "{text}");
        }
    }

    #[test]
    fn a_wide_table_is_summed_up() {
        let text = inspection_text(&people(1000), 80, false, &str::to_owned);
        assert!(text.lines().count() < 80, "{text}");
        assert!(text.contains("… and 970 more: "), "{text}");
        assert!(inspection_text(&people(90), 80, true, &str::to_owned).lines().count() > 90);
    }

    #[test]
    fn numbers_and_texts_are_cut_to_what_can_be_read() {
        assert_eq!(
            [brief(0.1234567), brief(1e300), brief(43_824.0), brief(20_230_414.5)],
            ["0.1235", "1e300", "43824", "20230414"]
        );
        assert_eq!([cut("abc", 3), cut("abcd", 3), cut("a\nb", 9)], ["abc", "ab…", "a b"]);
    }
}
