//! The gradient of each parameter as a map: a cell for each number, coloured by its sign and as strong as it is large.

use super::{Cards, Explanation, colour, largest, strength};
use crate::data::findings::grouped;
use crate::report::markup::Markup;
use crate::report::page::figure::{figure, short};
use crate::see::explain::walk::LearnedNumbers;

/// A parameter with at most so many rows and columns is a table of numbers, a larger one a picture.
const MOST_ROWS: usize = 12;
const MOST_COLUMNS: usize = 8;

/// How many rows and columns of a picture are drawn, and how many cells on the page.
const MOST_DRAWN: usize = 64;
const MOST_CELLS: usize = 3200;

/// How many of the largest gradients are named below a picture.
const NAMED: usize = 5;

/// The side of a cell.
const CELL: usize = 10;

pub(super) fn write(page: &Explanation<'_>, cards: &Cards, markup: &mut Markup) {
    if page.walk.loss.is_none() {
        let reason = page.target.err().unwrap_or("there is no target");
        markup.element("p", &[], &format!("{reason}, so there is no loss, and no way back from it."));
        return;
    }
    for (parameter, room) in page.walk.parameters.iter().zip(rooms(&page.walk.parameters)) {
        markup.open("h3", &[]).words(&parameter.name);
        let words = match parameter.gradients.as_slice() {
            [] => format!("  {}, no part in the loss", parameter.shape),
            _ => format!("  {}, √Σg² = {}", parameter.shape, short(parameter.norm())),
        };
        markup.element("span", &[("class", "small")], &words).literal("</h3>\n");
        let map = Map::new(page, parameter, room);
        if parameter.gradients.is_empty() {
            continue;
        }
        if map.row_count <= MOST_ROWS && map.column_count <= MOST_COLUMNS {
            map.table(cards, markup);
        } else {
            map.picture(cards, markup);
        }
    }
}

/// How many cells each parameter may have: the small ones are drawn whole, the large ones share what is left.
fn rooms(parameters: &[LearnedNumbers]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..parameters.len()).collect();
    order.sort_by_key(|&at| parameters[at].gradients.len());
    let (mut rooms, mut left) = (vec![0; parameters.len()], MOST_CELLS);
    for (done, &at) in order.iter().enumerate() {
        rooms[at] = parameters[at].gradients.len().min(left / (order.len() - done));
        left -= rooms[at];
    }
    rooms
}

/// A parameter as rows and columns, and which of them are shown.
struct Map<'a> {
    page: &'a Explanation<'a>,
    parameter: &'a LearnedNumbers,
    row_count: usize,
    column_count: usize,
    rows: Vec<usize>,
    columns: Vec<usize>,
    largest: f64,
}

impl<'a> Map<'a> {
    fn new(page: &'a Explanation<'a>, parameter: &'a LearnedNumbers, room: usize) -> Self {
        let count = parameter.gradients.len();
        let column_count = parameter.shape.sizes().last().copied().unwrap_or(1).max(1);
        let row_count = count / column_count;
        let most = |of: usize, places: &mut dyn Iterator<Item = usize>| {
            let mut largest = vec![0.0; of];
            for (at, place) in places.enumerate() {
                largest[place] = parameter.gradients[at].abs().max(largest[place]);
            }
            largest
        };
        let columns = largest(&most(column_count, &mut (0..count).map(|at| at % column_count)), MOST_DRAWN);
        let fitting = (room / columns.len().max(1)).min(MOST_DRAWN);
        let rows = largest(&most(row_count, &mut (0..count).map(|at| at / column_count)), fitting);
        let largest = parameter.gradients.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
        Map { page, parameter, row_count, column_count, rows, columns, largest }
    }

    /// Its place among the numbers, and what it is called.
    fn cell(&self, row: usize, column: usize) -> (usize, f64, String) {
        let at = row * self.column_count + column;
        (at, self.parameter.gradients[at], name(self.page, &self.parameter.name, at))
    }

    fn table(&self, cards: &Cards, markup: &mut Markup) {
        let label = format!("Gradients of {}", self.parameter.name);
        markup.open("div", &[("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", &label)]);
        markup.literal("<table class=\"heat\"><thead><tr><td></td>");
        for column in 0..self.column_count {
            markup.element("th", &[("scope", "col"), ("class", "n")], &format!("unit {column}"));
        }
        markup.literal("</tr></thead><tbody>");
        for row in 0..self.row_count {
            let head = if self.row_count == 1 { String::new() } else { format!("from {row}") };
            markup.literal("<tr>").element("th", &[("scope", "row")], &head);
            for column in 0..self.column_count {
                let (at, gradient, name) = self.cell(row, column);
                let tint = format!("--strength:{:.2}", strength(gradient, self.largest));
                let class = format!("n {}", colour(gradient));
                let title = format!("{name} = {}", short(self.parameter.values[at]));
                markup.open("td", &[("class", &class), ("style", &tint), ("title", &title)]);
                let number = figure(&format!("gradients.{name}"), gradient, &short(gradient));
                match cards.names.contains(&name) {
                    true => markup.open("a", &[("href", &format!("#{name}"))]).append(&number).close("a"),
                    false => markup.append(&number),
                };
                markup.literal("</td>");
            }
            markup.literal("</tr>");
        }
        markup.literal("</tbody></table></div>\n");
    }

    fn picture(&self, cards: &Cards, markup: &mut Markup) {
        let (across, down) = ((self.columns.len() * CELL).to_string(), (self.rows.len() * CELL).to_string());
        if !self.rows.is_empty() {
            let label = format!("Gradients of {}: a row for each input, a column for each unit", self.parameter.name);
            markup.literal("<div class=\"scroll\">");
            let view = format!("0 0 {across} {down}");
            let attributes = [("class", "map"), ("viewBox", &view), ("width", &across), ("height", &down)];
            markup.open("svg", &[&attributes[..], &[("role", "group"), ("aria-label", &label)]].concat());
            for (y, &row) in self.rows.iter().enumerate() {
                for (x, &column) in self.columns.iter().enumerate() {
                    self.rectangle((x * CELL, y * CELL), self.cell(row, column), cards, markup);
                }
            }
            markup.literal("</svg></div>\n");
        }
        let is_cut = self.rows.len() < self.row_count || self.columns.len() < self.column_count;
        let mut words = String::new();
        if is_cut && !self.rows.is_empty() {
            words = format!(
                "The {} of {} rows and {} of {} columns with the largest gradients. ",
                grouped(self.rows.len()),
                grouped(self.row_count),
                grouped(self.columns.len()),
                grouped(self.column_count)
            );
        }
        markup.literal("<p class=\"small\">").words(&words).words("Largest: ");
        for (at, (name, _, gradient)) in self.parameter.largest.iter().take(NAMED).enumerate() {
            markup.literal(if at == 0 { "" } else { ", " });
            cards.link(markup, name, name);
            markup.words(" ").append(&figure(&format!("gradients.{name}"), *gradient, &short(*gradient)));
        }
        markup.literal("</p>\n");
    }

    fn rectangle(&self, place: (usize, usize), cell: (usize, f64, String), cards: &Cards, markup: &mut Markup) {
        let ((x, y), (_, gradient, name)) = ((place.0.to_string(), place.1.to_string()), cell);
        let is_linked = cards.names.contains(&name);
        if is_linked {
            markup.open("a", &[("href", &format!("#{name}")), ("aria-label", &name)]);
        }
        let opacity = format!("{:.2}", 0.06 + 0.94 * strength(gradient, self.largest));
        markup.open("rect", &[("class", colour(gradient)), ("x", &x), ("y", &y), ("fill-opacity", &opacity)]);
        let (_, index) = name.rsplit_once('[').unwrap_or(("", &name));
        markup.element("title", &[], &format!("[{index} {}", short(gradient))).close("rect");
        if is_linked {
            markup.close("a");
        }
    }
}

/// The name of a number of a parameter.
pub(super) fn name(page: &Explanation<'_>, parameter: &str, index: usize) -> String {
    let symbol = page.row.parameter(parameter).and_then(|node| page.symbols.symbol(node));
    symbol.map_or_else(|| parameter.to_owned(), |symbol| symbol.element(index))
}
