//! Tables and matrices as text: columns that stand under each other.

use crate::base::visible::on_one_line;
use crate::base::width::{cut, padded, width};

/// Where a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The most columns of a cell: a longer one, as a class that is a whole text, is cut.
const WIDEST: usize = 60;

/// A table with a heading over each column.
///
/// ```
/// use clione::report::text::{Align, Table};
/// let mut table = Table::new(&[("unit", Align::Left), ("weight", Align::Right)]);
/// table.row(["h1", "0.5"]);
/// assert_eq!(table.text(), "unit  weight\nh1       0.5\n");
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    aligns: Vec<Align>,
    /// The headings first.
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings and no rows.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        Table {
            aligns: columns.iter().map(|(_, align)| *align).collect(),
            rows: vec![columns.iter().map(|(heading, _)| shortened(heading)).collect()],
        }
    }

    /// Puts a row below the others; panics when it has more or fewer cells than there are columns.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| shortened(&cell.into())).collect();
        assert_eq!(cells.len(), self.aligns.len(), "cells in a row of the table");
        self.rows.push(cells);
    }

    /// The table as lines, the headings first; no line ends with a blank.
    pub fn text(&self) -> String {
        self.lines(&self.widths())
    }

    /// The same in lines of at most `width` columns, as far as cells of a few letters allow: the widest cells are cut.
    ///
    /// ```
    /// use clione::report::text::{Align, Table};
    /// let mut table = Table::new(&[("class", Align::Left), ("rows", Align::Right)]);
    /// table.row(["Department of Parks and Ferries", "12"]);
    /// assert_eq!(table.text_within(20), "class           rows\nDepartment of…    12\n");
    /// ```
    pub fn text_within(&self, width: usize) -> String {
        let mut widths = self.widths();
        let gaps = 2 * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > width {
            let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > NARROWEST) else { break };
            *widest -= 1;
        }
        self.lines(&widths)
    }

    /// How many columns of a terminal each column takes.
    pub fn widths(&self) -> Vec<usize> {
        let width = |column: usize| self.rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
        (0..self.aligns.len()).map(width).collect()
    }

    fn lines(&self, widths: &[usize]) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&self.aligns).zip(widths).map(|((cell, align), &width)| match align {
                Align::Left => padded(&cut(cell, width), width, false),
                Align::Right => padded(&cut(cell, width), width, true),
            });
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

/// No cell is cut to fewer columns than these.
const NARROWEST: usize = 6;

/// A text that fits into a cell, on its line.
fn shortened(text: &str) -> String {
    cut(&on_one_line(text), WIDEST)
}

/// How many rows and columns of a matrix are shown before it is cut.
const MOST_ROWS: usize = 12;
const MOST_COLUMNS: usize = 8;

/// Numbers row by row as a table with a name for each row and column; a large matrix is cut, and a `…` says so.
///
/// ```
/// use clione::report::text::matrix;
/// let text = matrix(&[1.0, -2.5], &["x1".to_owned()], &["h1".to_owned(), "h2".to_owned()]);
/// assert_eq!(text, "        h1       h2\nx1  1.0000  -2.5000\n");
/// ```
pub fn matrix(numbers: &[f64], row_names: &[String], column_names: &[String]) -> String {
    let (shown_rows, shown_columns) = (row_names.len().min(MOST_ROWS), column_names.len().min(MOST_COLUMNS));
    let is_cut = column_names.len() > MOST_COLUMNS;
    let mut columns = vec![("", Align::Left)];
    columns.extend(column_names[..shown_columns].iter().map(|name| (name.as_str(), Align::Right)));
    columns.extend(is_cut.then_some(("…", Align::Right)));
    let mut table = Table::new(&columns);
    for (name, row) in row_names[..shown_rows].iter().zip(numbers.chunks(column_names.len())) {
        let mut cells = vec![name.clone()];
        cells.extend(row[..shown_columns].iter().map(|&number| four_decimals(number)));
        cells.extend(is_cut.then(|| "…".to_owned()));
        table.row(cells);
    }
    if row_names.len() > MOST_ROWS {
        table.row(vec!["…"; columns.len()]);
    }
    table.text()
}

/// Words in lines of at most `width` columns, each line ended; a word that is longer has a line of its own.
///
/// ```
/// use clione::report::text::wrapped;
/// assert_eq!(wrapped("one two three", 8), "one two\nthree\n");
/// ```
pub fn wrapped(words: &str, width: usize) -> String {
    let (mut text, mut used) = (String::new(), 0);
    for word in words.split_whitespace() {
        let length = self::width(word);
        if used > 0 {
            let fits = used + 1 + length <= width;
            text.push(if fits { ' ' } else { '\n' });
            used = if fits { used + 1 } else { 0 };
        }
        text.push_str(word);
        used += length;
    }
    if used > 0 {
        text.push('\n');
    }
    text
}

/// A number with four decimals, or with a power of ten where it is so large that they would not matter.
///
/// ```
/// use clione::report::text::four_decimals;
/// assert_eq!((four_decimals(-0.5).as_str(), four_decimals(2.5e300).as_str()), ("-0.5000", "2.5000e300"));
/// ```
pub fn four_decimals(number: f64) -> String {
    if number.abs() < 1e6 { format!("{number:.4}") } else { format!("{number:.4e}") }
}

/// A number in as few characters as six digits that count need.
///
/// ```
/// use clione::report::text::short;
/// assert_eq!([short(0.1 * 3.0), short(1.0), short(1e308)], ["0.3", "1", "1e308"]);
/// ```
pub fn short(number: f64) -> String {
    let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    let is_plain = rounded == 0.0 || (1e-5..1e7).contains(&rounded.abs());
    if is_plain { format!("{rounded}") } else { format!("{rounded:e}") }
}

/// A number with so many digits that count, without zeros at its end.
///
/// ```
/// use clione::report::text::digits;
/// assert_eq!([digits(1.0 / 3.0, 10), digits(-2.0, 6), digits(1e-7, 10)], ["0.3333333333", "-2", "1e-7"]);
/// ```
pub fn digits(number: f64, count: usize) -> String {
    let rounded: f64 = format!("{number:.*e}", count.saturating_sub(1)).parse().unwrap_or(number);
    // A zero has no sign worth showing.
    let rounded = rounded + 0.0;
    let is_plain = rounded == 0.0 || (1e-5..1e10).contains(&rounded.abs());
    if is_plain { rounded.to_string() } else { format!("{rounded:e}") }
}

/// A list of words as people say it: `a`, `a and b`, `a, b and c`.
///
/// ```
/// use clione::report::text::listed;
/// assert_eq!(listed(["1", "2", "4"]), "1, 2 and 4");
/// ```
pub fn listed<S: Into<String>>(words: impl IntoIterator<Item = S>) -> String {
    let mut words: Vec<String> = words.into_iter().map(Into::into).collect();
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} and {last}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted_not_bytes() {
        let mut table = Table::new(&[("ŷ", Align::Right), ("y", Align::Right)]);
        table.row(["1", "2"]);
        assert_eq!(table.text(), "ŷ  y\n1  2\n");
    }

    #[test]
    fn a_cell_that_is_a_whole_text_is_cut() {
        let mut table = Table::new(&[("class", Align::Left), ("rows", Align::Right)]);
        table.row(["é".repeat(100_000), "2".to_owned()]);
        assert_eq!(table.text().lines().last(), Some(format!("{}…     2", "é".repeat(59)).as_str()));
    }

    #[test]
    fn a_large_matrix_is_cut_in_both_directions() {
        let names = |count: usize| (1..=count).map(|at| at.to_string()).collect::<Vec<_>>();
        let text = matrix(&vec![0.0; 40 * 30], &names(40), &names(30));
        assert_eq!(text.lines().count(), 1 + MOST_ROWS + 1);
        assert!(text.lines().all(|line| line.ends_with('…')), "{text}");
    }
}
