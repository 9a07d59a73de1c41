//! The rows that were predicted worst, with the cells of the file as they stand there.

use super::Page;
use super::figure::{beginning, measured, percent, plain, short};
use super::sheet::{Cell, Sheet, heads};
use crate::data::findings::grouped;
use crate::data::table::Table;
use crate::report::markup::Markup;
use crate::train::assessment::{Mistake, Said};

/// The most rows and columns of the file that are shown.
const MOST_ROWS: usize = 50;
const MOST_COLUMNS: usize = 30;

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let mistakes = &page.assessment.mistakes;
    if mistakes.is_empty() {
        return;
    }
    let is_number = matches!(mistakes[0].said, Said::Number { .. });
    let table = page.rows.table;
    let names = table.map_or(&[][..], Table::names).iter().take(MOST_COLUMNS);
    let mut columns = heads(
        &[page.rows.what, "true", "said"],
        &[if is_number { "off by" } else { "probability of the true one" }, "loss"],
    );
    if is_number {
        columns.pop();
    }
    columns.extend(names.map(|name| Cell::words(name)));
    let mut sheet = Sheet::new("The rows with the highest loss, the worst first", columns);
    for (number, mistake) in mistakes.iter().enumerate().take(MOST_ROWS) {
        let mut cells = said(page, mistake, number);
        let place = page.rows.numbers.get(mistake.row).copied();
        cells.extend(place.zip(table).map(|(line, table)| raw(table, line)).unwrap_or_default());
        let key = format!("worst.{number}.{}", page.rows.what);
        sheet.row(Cell::perhaps(&key, place.map(|place| place as f64), |place| grouped(place as usize)), cells);
    }
    sheet.write(markup);
    markup.literal("<p class=\"small\">");
    let columns = table.map_or(0, Table::columns);
    if table.is_some() {
        let words =
            format!("The line is that of {}; the cells to the right are as they stand there. ", beginning(page.file()));
        markup.words(&words);
    }
    if columns > MOST_COLUMNS {
        markup.words(&format!("{} more columns are not shown. ", columns - MOST_COLUMNS));
    }
    markup.literal("A row that is wrong by far is either hard, unlike all others, or wrong in the file.</p>\n");
}

fn said(page: &Page<'_>, mistake: &Mistake, number: usize) -> Vec<Cell> {
    let key = |part: &str| format!("worst.{number}.{part}");
    let loss = || Cell::number(measured(&key("loss"), mistake.loss));
    match mistake.said {
        Said::Class { truth, said, probability_of_truth } => {
            let name = |class: usize| Cell::words(page.classes().get(class).map_or("?", String::as_str));
            let probability = Cell::perhaps(&key("probability_of_truth"), Some(probability_of_truth), |p| match p {
                p if p < 0.001 => short(p),
                p => percent(p),
            });
            vec![name(truth), name(said), probability, loss()]
        }
        Said::Number { truth, said } => {
            let shown = |part: &str, value: f64| Cell::perhaps(&key(part), Some(value), plain).styled("");
            vec![shown("truth", truth), shown("said", said), loss()]
        }
    }
}

/// The cells of the row that begins in this line.
fn raw(table: &Table, line: usize) -> Vec<Cell> {
    let row = (0..table.rows()).find(|&row| table.line(row) == line);
    let cells = |row: usize| {
        let columns = 0..table.columns().min(MOST_COLUMNS);
        columns.map(move |column| Cell::words(table.cell(row, column)).styled("raw")).collect()
    };
    row.map(cells).unwrap_or_default()
}
