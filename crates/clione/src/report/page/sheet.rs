//! Tables of a page: a caption, named columns, and rows that begin with their name.

use super::figure::{beginning, figure};
use crate::report::markup::Markup;

/// A cell: its style and what stands in it.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Cell {
    class: &'static str,
    content: Markup,
}

impl Cell {
    /// Words, cut where they are long.
    pub fn words(words: &str) -> Cell {
        let mut content = Markup::default();
        content.words(&beginning(words));
        Cell { class: "", content }
    }

    /// A number, or other markup that stands to the right.
    pub fn number(content: Markup) -> Cell {
        Cell { class: "n", content }
    }

    /// A number that there may not be.
    pub fn perhaps(key: &str, value: Option<f64>, shown: impl Fn(f64) -> String) -> Cell {
        let nothing = || {
            let mut content = Markup::default();
            content.words("–");
            content
        };
        Cell::number(value.map_or_else(nothing, |value| figure(key, value, &shown(value))))
    }

    /// Markup as it is.
    pub fn markup(content: Markup) -> Cell {
        Cell { class: "", content }
    }

    /// The same in another style.
    pub fn styled(self, class: &'static str) -> Cell {
        Cell { class, ..self }
    }
}

/// A table.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Sheet {
    /// What it shows.
    pub caption: String,
    /// What stands above its columns, that of the names included.
    pub heads: Vec<Cell>,
    /// Name and other cells of each row.
    pub rows: Vec<(Cell, Vec<Cell>)>,
}

impl Sheet {
    /// A table without rows.
    pub fn new(caption: &str, heads: Vec<Cell>) -> Sheet {
        Sheet { caption: caption.to_owned(), heads, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, name: Cell, cells: Vec<Cell>) {
        self.rows.push((name, cells));
    }

    /// Writes the table; one that is wider than the page moves within its own frame.
    pub fn write(&self, markup: &mut Markup) {
        let frame = [("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", self.caption.as_str())];
        markup.open("div", &frame).open("table", &[]).element("caption", &[], &self.caption);
        markup.literal("<thead><tr>");
        for head in &self.heads {
            markup.open("th", &[("scope", "col"), ("class", head.class)]).append(&head.content).close("th");
        }
        markup.literal("</tr></thead><tbody>");
        for (name, cells) in &self.rows {
            markup.literal("<tr>").open("th", &[("scope", "row"), ("class", name.class)]);
            markup.append(&name.content).close("th");
            for cell in cells {
                markup.open("td", &[("class", cell.class)]).append(&cell.content).close("td");
            }
            markup.close("tr");
        }
        markup.literal("</tbody></table></div>\n");
    }
}

/// The heads of columns: words to the left, numbers to the right.
pub(in crate::report) fn heads(words: &[&str], numbers: &[&str]) -> Vec<Cell> {
    let words = words.iter().map(|words| Cell::words(words));
    words.chain(numbers.iter().map(|words| Cell::words(words).styled("n"))).collect()
}
