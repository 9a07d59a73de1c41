//! What the columns of a table of text are called: found in its first line, trimmed, completed and told apart.

use std::collections::{HashMap, HashSet};

use crate::base::error::Result;
use crate::data::cell::Cell;
use crate::data::findings::{Findings, list};
use crate::data::table::ReadOptions;
use crate::data::table::column::Column;

/// How many rows decide whether the first line is a header.
pub(super) const LOOKED_AT: usize = 100;

/// The names of columns, and what was odd about them.
pub(super) struct Names {
    pub names: Vec<String>,
    pub warnings: Vec<String>,
}

/// Whether the first of these rows names the columns: none of its cells is a number, and either a column below is numbers
/// or no word of the line comes again.
pub(super) fn first_row_names_columns(columns: &[Column]) -> bool {
    let rows = columns.first().map_or(0, Column::rows).min(LOOKED_AT);
    let is_number = |cell| !matches!(cell, Cell::Word | Cell::Missing);
    // A column may be called inf, as a word for what is read as such.
    let is_digits = |cell| matches!(cell, Cell::Number(_) | Cell::TooLarge);
    if columns.iter().any(|column| is_digits(column.value(0))) {
        return false;
    }
    if rows == 1 {
        return true;
    }
    let stands_over_numbers = |column: &Column| {
        let numbers = (1..rows).filter(|&row| is_number(column.value(row))).count();
        let words = (1..rows).filter(|&row| column.value(row) == Cell::Word).count();
        numbers > words && matches!(column.value(0), Cell::Word | Cell::Infinite)
    };
    if columns.iter().any(stands_over_numbers) {
        return true;
    }
    let mut names: Vec<Option<&str>> = columns.iter().map(|column| trimmed(column, 0)).collect();
    let comes_again =
        columns.iter().zip(&names).any(|(column, name)| (1..rows).any(|row| trimmed(column, row) == *name));
    names.sort_unstable();
    let distinct = names.windows(2).all(|pair| pair[0] != pair[1]);
    distinct && !comes_again && names.iter().flatten().all(|name| !name.is_empty())
}

/// Names by place, where no line has them.
pub(in crate::data) fn by_place(columns: usize) -> Vec<String> {
    (1..=columns).map(|column| format!("c{column}")).collect()
}

/// The names that a header in this line gives. Fails when two are the same and may not be renamed.
pub(super) fn of_header(raw: &[String], source: &str, line: u64, options: &ReadOptions) -> Result<Names> {
    let (mut names, mut warnings) = (Vec::new(), Vec::new());
    let trimmed = raw.iter().filter(|name| name.trim() != name.as_str() && !name.trim().is_empty());
    let shown: Vec<String> = trimmed.map(|name| format!("\"{name}\"")).collect();
    if !shown.is_empty() && !options.trim {
        warnings.push(format!("blanks around column names are dropped: {}", list(shown.iter().map(String::as_str))));
    }
    let mut unnamed = Vec::new();
    let mut duplicates = Findings::default();
    let mut renamed = Vec::new();
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut copies: HashMap<&str, usize> = HashMap::new();
    let taken: HashSet<&str> = raw.iter().map(|name| name.trim()).collect();
    for (column, name) in raw.iter().map(|name| name.trim()).enumerate() {
        let name = if name.is_empty() {
            let mut name = format!("c{}", column + 1);
            while taken.contains(name.as_str()) {
                name.push('_');
            }
            unnamed.push(name.clone());
            name
        } else {
            let first = *first.entry(name).or_insert(column);
            if first == column {
                name.to_string()
            } else if options.rename_duplicates {
                let copy = copies.entry(name).or_insert(1);
                let new = loop {
                    *copy += 1;
                    let new = format!("{name}_{copy}");
                    if !taken.contains(new.as_str()) {
                        break new;
                    }
                };
                renamed.push(format!("column {} is \"{new}\"", column + 1));
                new
            } else {
                duplicates.add(|| {
                    let (first, second) = (first + 1, column + 1);
                    format!("{}:{line}: columns {first} and {second} are both named \"{name}\"", source)
                });
                continue;
            }
        };
        names.push(name);
    }
    if duplicates.count() > 0 {
        return Err(duplicates.into_error().remedy("--rename-duplicates"));
    }
    if !renamed.is_empty() {
        warnings.push(format!("renamed: {}", list(renamed.iter().map(String::as_str))));
    }
    if !unnamed.is_empty() {
        warnings.push(format!("columns without a name are named {}", list(unnamed.iter().map(String::as_str))));
    }
    Ok(Names { names, warnings })
}

fn trimmed(column: &Column, row: usize) -> Option<&str> {
    column.text(row).map(str::trim)
}
