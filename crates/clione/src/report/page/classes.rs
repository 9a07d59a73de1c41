//! Which class was taken for which, and how well each is found.

use super::Page;
use super::figure::{beginning, count, percent, short};
use super::sheet::{Cell, Sheet, heads};
use crate::data::findings::grouped;
use crate::report::markup::Markup;
use crate::train::metric::{Confused, Confusion};

/// The most classes whose confusions are shown as a square; the names of more could not be read.
const MOST_CLASSES: usize = 20;

/// The most rows of a table of classes or of pairs.
const MOST_ROWS: usize = 100;

/// The shades of a square, from few of the row's rows to all of them: right ones and mistakes.
const RIGHT: [&str; 5] = ["n h0", "n r1", "n r2", "n r3", "n r4"];
const WRONG: [&str; 5] = ["n h0", "n w1", "n w2", "n w3", "n w4"];

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let Some(confusion) = &page.assessment.evaluation.confusion else { return };
    if confusion.classes() <= MOST_CLASSES {
        square(confusion, page.classes(), markup);
    } else {
        pairs(confusion, page.classes(), markup);
    }
    let names = ["rows", "precision", "recall", "f1", "roc auc", "pr auc"];
    let mut sheet = Sheet::new("Each class against all others", heads(&["class"], &names));
    for (number, class) in page.assessment.classes.iter().enumerate().take(MOST_ROWS) {
        let key = |part: &str| format!("classes.{number}.{part}");
        sheet.row(
            Cell::words(&class.name),
            vec![
                Cell::number(count(&key("rows"), class.rows)),
                Cell::perhaps(&key("precision"), class.precision, percent),
                Cell::perhaps(&key("recall"), class.recall, percent),
                Cell::perhaps(&key("f1"), class.f1, short),
                Cell::perhaps(&key("roc_area"), class.roc_area, short),
                Cell::perhaps(&key("average_precision"), class.average_precision, short),
            ],
        );
    }
    sheet.write(markup);
    markup.literal("<p class=\"small\">Precision: how much of what was said to be of the class is. ");
    markup.literal("Recall: how much of the class was found.");
    if page.assessment.classes.len() > MOST_ROWS {
        markup.words(&format!(" {} more classes are not shown.", page.assessment.classes.len() - MOST_ROWS));
    }
    markup.literal("</p>\n");
}

/// True classes from top to bottom, what was said from left to right.
fn square(confusion: &Confusion, names: &[String], markup: &mut Markup) {
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut sheet = Sheet::new("True class (rows) against prediction (columns)", heads(&["true \\ said"], &columns));
    for (truth, name) in names.iter().enumerate() {
        let rows: usize = (0..names.len()).map(|said| confusion.count(truth, said)).sum();
        let cells = (0..names.len()).map(|said| {
            let found = confusion.count(truth, said);
            // One of many is seen too.
            let shade = if found == 0 { 0 } else { (found * 4).div_ceil(rows.max(1)) };
            let shades = if truth == said { RIGHT } else { WRONG };
            Cell::number(count(&format!("confusion.{truth}.{said}"), found)).styled(shades[shade])
        });
        sheet.row(Cell::words(name), cells.collect());
    }
    sheet.write(markup);
    markup.literal("<p class=\"small\">On the diagonal, framed: right. Elsewhere: mistakes. ");
    markup.literal("The stronger the colour, the larger the share of its row.</p>\n");
}

/// The classes that are taken for each other most often.
fn pairs(confusion: &Confusion, names: &[String], markup: &mut Markup) {
    let mut sheet = Sheet::new("The most frequent confusions", heads(&["true class", "was taken for"], &["rows"]));
    for (place, Confused { truth, said, rows }) in confusion.confused().into_iter().take(MOST_ROWS / 4).enumerate() {
        let number = Cell::number(count(&format!("confusions.{place}.rows"), rows));
        sheet.row(Cell::words(&beginning(&names[truth])), vec![Cell::words(&names[said]), number]);
    }
    sheet.write(markup);
    let words = format!("{} classes are too many for a square of all pairs.", grouped(names.len()));
    markup.element("p", &[("class", "small")], &words);
}
