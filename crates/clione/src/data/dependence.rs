//! Which rows belong together, or follow each other: read from the column of groups or of times that was named.

pub(super) mod hints;

use std::collections::{HashMap, HashSet};

use crate::base::error::{Error, Result};
use crate::base::words::{column_flag, field};
use crate::data::cell::Cell;
use crate::data::date;
use crate::data::derive::column_order;
use crate::data::findings::{Findings, counted, grouped, quoted};
use crate::data::frame::Frame;
use crate::data::schema::Choices;
use crate::data::split::Dependence;
use crate::data::table::Table;
use crate::data::treatment::{Fill, Missing, Treat};

/// Rows that can be used, and how they depend on each other.
pub(super) struct Dependent {
    pub rows: Vec<u32>,
    pub dependence: Dependence,
    pub notes: Vec<String>,
}

/// The column that rows are split by, where one was named: its place, and whether it holds groups.
pub(super) fn split_column(frame: &Frame, choices: &Choices) -> Result<Option<(usize, bool)>> {
    match (&choices.group, &choices.time) {
        (None, None) => Ok(None),
        (Some(group), None) => Ok(Some((frame.find(group)?, true))),
        (None, Some(time)) => Ok(Some((frame.find(time)?, false))),
        (Some(_), Some(time)) => Err(Error::usage("rows are split by --group or by --time, not by both")
            .note("groups that go on over all of the time would leave no row to learn from")
            .note(format!("--keep 'COLUMN < VALUE' and --test FILE make a later part of {}", quoted(time)))),
    }
}

/// Whether a column orders rows by numbers; as an input, these would be larger for every later row than any learned from.
pub(super) fn counts_time(frame: &Frame, column: usize) -> bool {
    let values = (0..frame.rows()).map(|row| frame.value(row, column)).filter(|value| *value != Cell::Missing);
    let mut values = values.peekable();
    values.peek().is_some() && values.all(|value| matches!(value, Cell::Number(_)))
}

/// Reads the groups or times of rows. Rows without a group are one group together; rows without a time are left out where
/// that was asked for, else an error.
pub(super) fn read(frame: &Frame, choices: &Choices, rows: Vec<u32>) -> Result<Dependent> {
    let Some((column, is_group)) = split_column(frame, choices)? else {
        return Ok(Dependent { rows, dependence: Dependence::Independent, notes: Vec::new() });
    };
    if is_group { read_groups(frame, column, rows) } else { read_times(frame, choices, column, rows) }
}

fn read_groups(frame: &Frame, column: usize, rows: Vec<u32>) -> Result<Dependent> {
    frame.read_words(column)?;
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut missing = 0;
    let mut groups = Vec::with_capacity(rows.len());
    for &row in &rows {
        let word = group_word(frame, column, row);
        missing += usize::from(word.is_empty());
        let next = numbers.len() as u32;
        groups.push(*numbers.entry(word).or_insert(next));
    }
    let name = &frame.names()[column];
    if numbers.len() < 2 {
        let headline = format!("{}: column \"{name}\" has one group for all rows", frame.source());
        return Err(Error::data(headline).note("rows of one group are never on both sides of a split"));
    }
    let mut notes =
        vec![format!("{} of \"{name}\": each is on one side of every split", counted(numbers.len(), "group"))];
    if missing > 0 {
        notes.push(format!("{} without a value in \"{name}\": one group together", counted(missing, "row")));
    }
    Ok(Dependent { rows, dependence: Dependence::Groups(groups), notes })
}

/// What names the group of a row; empty where nothing does.
fn group_word<'a>(frame: &'a Frame, column: usize, row: u32) -> &'a str {
    match frame.value(row as usize, column) {
        Cell::Missing => "",
        Cell::Number(_) | Cell::Infinite | Cell::TooLarge | Cell::Word => frame.cell(row as usize, column).trim(),
    }
}

fn read_times(frame: &Frame, choices: &Choices, column: usize, rows: Vec<u32>) -> Result<Dependent> {
    let name = &frame.names()[column];
    let moments = moments(frame, choices, column, &rows)?;
    let (mut kept, mut times, mut findings) = (Vec::with_capacity(rows.len()), Vec::new(), Findings::default());
    for (&row, moment) in rows.iter().zip(&moments) {
        match moment {
            Some(moment) => {
                kept.push(row);
                times.push(*moment);
            }
            None => {
                let place = frame.place(row as usize, column);
                findings.add(|| format!("{place}: column \"{name}\" has no value: when was this row?"));
            }
        }
    }
    let left_out = rows.len() - kept.len();
    let fill = choices.fill.iter().find(|(filled, _)| frame.find(filled) == Ok(column)).map(|(_, fill)| fill);
    let may_drop = *fill.unwrap_or(&Fill::With(choices.missing)) == Fill::With(Missing::Drop);
    if left_out > 0 && !may_drop {
        return Err(findings
            .into_error()
            .remedy(format!("--fill {}", crate::base::words::shell_word(&format!("{}=drop", field(name))))));
    }
    let mut different = times.clone();
    different.sort_unstable_by(f64::total_cmp);
    different.dedup();
    let rank = |moment: f64| different.partition_point(|other| other.total_cmp(&moment).is_lt()) as u32;
    let times: Vec<u32> = times.into_iter().map(rank).collect();
    let mut notes = vec![format!("rows in the order of \"{name}\": the last ones are held out")];
    if left_out > 0 {
        notes.push(format!("left out: {} without a value in \"{name}\"", counted(left_out, "row")));
    }
    if counts_time(frame, column) && is_left_out(frame, choices, column) {
        notes.push(format!("\"{name}\" itself is no input: later rows have values that were never learned from"));
    }
    Ok(Dependent { rows: kept, dependence: Dependence::Times(times), notes })
}

/// Whether a column that rows are split by stays no input: it does unless it was asked for by name.
pub(super) fn is_left_out(frame: &Frame, choices: &Choices, column: usize) -> bool {
    let is_it = |name: &String| frame.find(name) == Ok(column);
    let treated = choices.treat.iter().any(|(name, treat)| is_it(name) && *treat != Treat::Ignore);
    !(treated || choices.only.iter().chain(&choices.categories).any(is_it))
}

/// The time of each row: its number, or the seconds of its date since 1970. Fails at a word that is no date.
fn moments(frame: &Frame, choices: &Choices, column: usize, rows: &[u32]) -> Result<Vec<Option<f64>>> {
    let name = &frame.names()[column];
    let told = choices.treat.iter().find_map(|(treated, treat)| match treat {
        Treat::Date(order) if frame.find(treated) == Ok(column) => Some(*order),
        Treat::Date(_) | Treat::As(_) | Treat::Order(_) | Treat::Ignore => None,
    });
    let has_words = rows.iter().any(|&row| frame.value(row as usize, column) == Cell::Word);
    let order = match (has_words, told) {
        (_, Some(order)) => Some(order),
        (true, None) => Some(column_order(frame.table(), column, rows.iter().copied())?),
        (false, None) => None,
    };
    let mut findings = Findings::default();
    let mut moment = |row: u32| match (frame.value(row as usize, column), order) {
        (Cell::Missing, _) => None,
        (Cell::Number(number), None) => Some(number),
        (_, order) => {
            let text = frame.cell(row as usize, column);
            let moment = order.and_then(|order| date::read(text, order));
            if moment.is_none() {
                let place = frame.place(row as usize, column);
                findings.add(|| {
                    format!("{place}: column \"{name}\": cannot read {} as a date or a number", quoted(text.trim()))
                });
            }
            moment
        }
    };
    let moments: Vec<Option<f64>> = rows.iter().map(|&row| moment(row)).collect();
    if findings.count() > 0 {
        let note = format!("--time {} orders the rows: each value is a date, or each is a number", column_flag(name));
        return Err(findings.into_error().note(note));
    }
    Ok(moments)
}

/// What to know of rows of another table that figures are measured on: how many are of groups that are learned from as well,
/// or are not later than those learned from. None where none is, where nothing was asked, or where that table has no such
/// column.
pub fn overlap(
    choices: &Choices,
    (learned, rows): (&Table, &[u32]),
    (other, measured): (&Table, &[u32]),
) -> Result<Option<String>> {
    let formulas = choices.formulas(learned)?;
    let frame = formulas.frame(learned, &|name| learned.find(name).ok())?;
    let Some((column, is_group)) = split_column(&frame, choices)? else { return Ok(None) };
    let Ok(of_other) = formulas.frame(other, &|name| other.find(name).ok()) else { return Ok(None) };
    let name = &frame.names()[column];
    let Some(place) = of_other.names().iter().position(|found| found == name) else { return Ok(None) };
    let all = counted(measured.len(), "row");
    if is_group {
        frame.read_words(column)?;
        of_other.read_words(place)?;
        let known: HashSet<&str> = rows.iter().map(|&row| group_word(&frame, column, row)).collect();
        let shared = measured.iter().filter(|&&row| known.contains(group_word(&of_other, place, row))).count();
        return Ok((shared > 0).then(|| {
            format!(
                "{} of {all} are of groups of \"{name}\" that are learned from as well: figures on them are too good",
                grouped(shared)
            )
        }));
    }
    let last = moments(&frame, choices, column, rows)?.into_iter().flatten().fold(f64::NEG_INFINITY, f64::max);
    let early =
        moments(&of_other, choices, place, measured)?.into_iter().flatten().filter(|&moment| moment <= last).count();
    Ok((early > 0).then(|| {
        format!(
            "{} of {all} are not later in \"{name}\" than those to learn from: figures on them may be too good",
            grouped(early)
        )
    }))
}
