//! Numbers of a step under each other: as many as the terminal has room for.

use clione::base::shape::Shape;
use clione::report::text::{Align, Table as TextTable};

/// The most rows of a table of numbers.
const MOST_ROWS: usize = 12;

/// Digits that count.
const DIGITS: i32 = 4;

/// A number with four digits that count.
pub fn figure(number: f64) -> String {
    Format::of(&[number]).text(number)
}

/// How the numbers of one table are written, so that their points stand under each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With so many decimals.
    Decimals(usize),
    /// With a power of ten.
    Power,
}

impl Format {
    /// What shows the largest of some numbers with four digits.
    pub fn of(numbers: &[f64]) -> Self {
        let largest = numbers.iter().fold(0.0f64, |largest, number| largest.max(number.abs()));
        if largest == 0.0 {
            return Format::Decimals(0);
        }
        // Of the number as it will be seen: 0.00099999 is 0.001000.
        let seen = format!("{largest:.3e}");
        let power: i32 = seen.rsplit('e').next().and_then(|power| power.parse().ok()).unwrap_or(i32::MAX);
        if (-4..6).contains(&power) { Format::Decimals((DIGITS - 1 - power).max(0) as usize) } else { Format::Power }
    }

    /// A number so.
    pub fn text(self, number: f64) -> String {
        match self {
            Format::Decimals(decimals) => format!("{number:.decimals$}"),
            Format::Power => format!("{number:.3e}"),
        }
    }
}

/// Numbers row by row, with what rows are called and what stands in the corner; columns are numbered from 0.
pub fn grid(corner: &str, numbers: &[f64], shape: Shape, row_names: &[String], width: usize) -> String {
    let format = Format::of(numbers);
    let row = |row: &[f64]| row.iter().map(|&number| format.text(number)).collect();
    let rows = row_names.iter().cloned().zip(numbers.chunks(shape.columns().max(1)).map(row));
    table(corner, &rows.collect::<Vec<_>>(), width)
}

/// Lists of equal length under each other, each beside its name; their places are numbered from 0.
pub fn rows(lists: &[(&str, &[f64])], width: usize) -> String {
    let row = |(name, numbers): &(&str, &[f64])| {
        let format = Format::of(numbers);
        ((*name).to_owned(), numbers.iter().map(|&number| format.text(number)).collect())
    };
    table("", &lists.iter().map(row).collect::<Vec<_>>(), width)
}

/// Lists of equal length beside each other, each under its name, with what their places are called.
pub fn columns(lists: &[(&str, &[f64])], row_names: &[String]) -> String {
    let mut headings = vec![("", Align::Left)];
    headings.extend(lists.iter().map(|(name, _)| (*name, Align::Right)));
    let mut table = TextTable::new(&headings);
    let formats: Vec<Format> = lists.iter().map(|(_, numbers)| Format::of(numbers)).collect();
    for (at, name) in row_names.iter().enumerate().take(MOST_ROWS) {
        let mut cells = vec![name.clone()];
        cells.extend(lists.iter().zip(&formats).map(|((_, numbers), format)| format.text(numbers[at])));
        table.row(cells);
    }
    if row_names.len() > MOST_ROWS {
        table.row(vec!["…"; headings.len()]);
    }
    table.text()
}

/// Rows of cells, each with its name; columns are numbered from 0. What has no room is left out, and a `…` says so.
fn table(corner: &str, rows: &[(String, Vec<String>)], width: usize) -> String {
    let columns = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let cells = rows.iter().flat_map(|(_, cells)| cells).map(|cell| cell.chars().count());
    let cell = cells.chain([columns.to_string().len()]).max().unwrap_or(0);
    let names = rows.iter().take(MOST_ROWS).map(|(name, _)| name.chars().count());
    let names = names.chain([corner.chars().count()]).max().unwrap_or(0);
    let room = |taken: usize| (width.saturating_sub(names + taken) / (cell + 2)).max(1);
    let shown = if columns <= room(0) { columns } else { room(3) };
    let rest = || (shown < columns).then(|| "…".to_owned());
    let headings: Vec<String> =
        [corner.to_owned()].into_iter().chain((0..shown).map(|column| column.to_string())).chain(rest()).collect();
    let side = |column: usize| if column == 0 { Align::Left } else { Align::Right };
    let headings: Vec<(&str, Align)> =
        headings.iter().enumerate().map(|(at, text)| (text.as_str(), side(at))).collect();
    let mut table = TextTable::new(&headings);
    for (name, cells) in rows.iter().take(MOST_ROWS) {
        table.row([name.clone()].into_iter().chain(cells[..shown].iter().cloned()).chain(rest()));
    }
    if rows.len() > MOST_ROWS {
        table.row(vec!["…"; headings.len()]);
    }
    table.text()
}

/// Whether a table leaves something out.
pub fn is_cut(table: &str) -> bool {
    table.contains('…')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stand_under_each_other_and_the_largest_number_has_four_digits() {
        let texts = |numbers: &[f64]| numbers.iter().map(|&n| Format::of(numbers).text(n)).collect::<Vec<_>>();
        assert_eq!(texts(&[12.345, -0.5]), ["12.35", "-0.50"]);
        assert_eq!(texts(&[0.001234, 0.0]), ["0.001234", "0.000000"]);
        assert_eq!(texts(&[0.000_999_99, -0.001]), ["0.001000", "-0.001000"]);
        assert_eq!([0.000_999_99, 9.9999, 999_999.0].map(figure), ["0.001000", "10.00", "1.000e6"]);
        assert_eq!(texts(&[1e-9, 0.0]), ["1.000e-9", "0.000e0"]);
        assert_eq!(texts(&[0.0]), ["0"]);
    }

    #[test]
    fn a_wide_matrix_fits_the_terminal() {
        let names: Vec<String> = (1..=30).map(|row| row.to_string()).collect();
        for width in [40, 80, 100] {
            let text = grid("before", &[-0.25; 30 * 64], Shape::from([30, 64]), &names, width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            assert_eq!(text.lines().count(), 1 + MOST_ROWS + 1);
        }
        let all = grid("", &[1.0; 6], Shape::from([2, 3]), &names, 80);
        assert!(!is_cut(&all), "{all}");
        let under = rows(&[("before", &[0.5; 64]), ("gradient", &[1e-7; 64])], 80);
        assert!(is_cut(&under) && under.lines().count() == 3, "{under}");
    }
}
