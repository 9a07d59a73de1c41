//! One block of a table as columns: what several threads make at once, and what is then put together in order.

use std::collections::{BTreeMap, HashMap};

use crate::base::error::Error;
use crate::data::cell::CellFormat;
use crate::data::findings::{counted, grouped, quoted};
use crate::data::table::blocks::Block;
use crate::data::table::column::Column;
use crate::data::table::flaw::Flaw;
use crate::data::table::layout::{Layout, Record, Records};
use crate::data::text;

/// After so many rows the place of the next one is noted.
const NOTED: usize = 256;

/// What all blocks of a table have in common.
#[derive(Clone, Debug)]
pub(super) struct Scheme {
    pub layout: Layout,
    pub format: CellFormat,
    pub column_limit: usize,
    /// The first bytes of the file, to be shown where it is no text.
    pub first_bytes: Vec<u8>,
}

/// Where a row begins: the byte, and how many lines come before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub row: usize,
    pub offset: u64,
    pub lines_before: u64,
}

/// Some rows as columns.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The names of the columns where the rows are objects.
    pub names: Vec<String>,
    pub columns: Vec<Column>,
    pub rows: usize,
    /// How many bytes were read.
    pub bytes: u64,
    /// Every 256th row.
    pub places: Vec<Place>,
    /// How many line ends there are.
    pub lines: u64,
    /// Rows that end in a delimiter.
    pub surplus: usize,
    pub bad: BadRows,
}

/// Rows with too few or too many cells.
#[derive(Debug, Default)]
pub(super) struct BadRows {
    /// The first of them: the line, how many cells were found, and the row.
    shown: Vec<(u64, usize, String)>,
    /// How many there are of each number of cells.
    counts: BTreeMap<usize, usize>,
}

/// How many bad rows are shown.
const SHOWN: usize = 10;

impl BadRows {
    fn add(&mut self, lines_before: u64, found: usize, row: impl FnOnce() -> String) {
        *self.counts.entry(found).or_default() += 1;
        if self.shown.len() < SHOWN {
            self.shown.push((lines_before, found, row()));
        }
    }

    /// Adds those of a later part, before which there are so many lines.
    pub(super) fn append(&mut self, later: BadRows, lines_before: u64) {
        let room = SHOWN - self.shown.len();
        self.shown
            .extend(later.shown.into_iter().take(room).map(|(line, found, row)| (lines_before + line, found, row)));
        later.counts.into_iter().for_each(|(found, count)| *self.counts.entry(found).or_default() += count);
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.counts.values().sum()
    }

    /// The error for a table whose first line has `expected` cells and fits `good` lines; `first` is its first name.
    pub(super) fn into_error(self, source: &str, first: &str, expected: usize, good: usize) -> Error {
        let rest = self.count() - self.shown.len();
        let mut lines = self.shown.iter().map(|(line, found, row)| {
            format!("{source}:{}: {} found, {expected} expected: {row}", line + 1, counted(*found, "cell"))
        });
        let error = Error::data(lines.next().expect("there are bad rows"));
        let mut error = lines.fold(error, Error::note);
        if rest > 0 {
            error = error.note(format!("and {} more", grouped(rest)));
        }
        match self.counts.iter().max_by_key(|&(_, count)| count) {
            Some((cells, &count)) if count > good => {
                let usual = self.shown.iter().find(|(_, found, _)| found == cells).map_or(1, |(line, ..)| *line);
                let remedy = match first.chars().next() {
                    Some(sign @ ('#' | '%')) => format!("--comment '{sign}'"),
                    Some(_) | None => format!("--skip-rows {usual}"),
                };
                let cells = counted(*cells, "cell");
                error
                    .note(format!("most rows have {cells}, the first line has {expected}: is it a title?"))
                    .remedy(remedy)
            }
            Some(_) | None => error.remedy("--skip-bad-rows"),
        }
    }
}

impl Part {
    /// Reads at most `most` rows of a block.
    pub(super) fn read(block: &Block, scheme: &Scheme, most: usize) -> Result<Part, Flaw> {
        let text = text::checked(&block.bytes, block.offset, &scheme.first_bytes)?;
        let mut records = Records::new(text, scheme.layout, scheme.format.number == CellFormat::PLAIN.number);
        let mut part = Part { bytes: block.bytes.len() as u64, ..Part::default() };
        if let Layout::Cells { stride, .. } = scheme.layout {
            part.columns.resize_with(stride, Column::default);
        }
        let mut named = HashMap::new();
        while part.rows < most {
            let Some(record) = records.next()? else { break };
            let (start, line) = records.start;
            let lines_before = line as u64 - 1;
            match record {
                Record::Blank => continue,
                Record::Bad => {
                    part.bad.add(lines_before, records.fields.len(), || quoted(records.written()));
                    continue;
                }
                Record::Surplus => part.surplus += 1,
                Record::Row => {}
            }
            if part.rows == 0 {
                // Guessed by the length of the first row.
                let rows = (block.bytes.len() / (records.place().0 - start)).min(most);
                part.columns.iter_mut().for_each(|column| column.reserve(rows));
            }
            if part.rows.is_multiple_of(NOTED) {
                part.places.push(Place { row: part.rows, offset: block.offset + start as u64, lines_before });
            }
            match scheme.layout {
                Layout::Cells { .. } => part.push_cells(&records, &scheme.format),
                Layout::Objects => part.push_object(&records, &mut named, scheme)?,
            }
            part.rows += 1;
        }
        part.lines = records.place().1 as u64 - 1;
        for column in &mut part.columns {
            column.push_missing(part.rows - column.rows());
        }
        Ok(part)
    }

    fn push_cells(&mut self, records: &Records, format: &CellFormat) {
        for (column, field) in self.columns.iter_mut().zip(&records.fields) {
            if !field.number.is_nan() {
                column.push_seen(field.number, records.is_padded(field));
            } else if field.begin < field.start {
                column.push_quoted(&records.cell(field), format);
            } else {
                column.push_text(&records.cell(field), format);
            }
        }
    }

    fn push_object(
        &mut self,
        records: &Records,
        named: &mut HashMap<String, usize>,
        scheme: &Scheme,
    ) -> Result<(), Flaw> {
        for (key, field) in records.keys.iter().zip(&records.fields) {
            let place = match named.get(key) {
                Some(&place) => place,
                None => {
                    let place = self.columns.len();
                    if place == scheme.column_limit {
                        return Err(Flaw::in_file(too_many_columns(place + 1, scheme.column_limit)));
                    }
                    if too_sparse(self.rows, place + 1, self.bytes) {
                        return Err(Flaw::in_file(mostly_empty(self.rows, place + 1)));
                    }
                    named.insert(key.clone(), place);
                    self.names.push(key.clone());
                    self.columns.push(Column::default());
                    place
                }
            };
            let column = &mut self.columns[place];
            if column.rows() > self.rows {
                return Err(records.flaw(field, Error::data(format!("{} comes twice in one object", quoted(key)))));
            }
            column.push_missing(self.rows - column.rows());
            if field.number.is_nan() {
                column.push_text(&records.cell(field), &scheme.format);
            } else {
                column.push_number(field.number);
            }
        }
        Ok(())
    }
}

/// The error for a table of more columns than the limit.
pub(in crate::data) fn too_many_columns(columns: usize, limit: usize) -> Error {
    Error::data(format!("{} columns, at most {} are read", grouped(columns), grouped(limit)))
        .remedy(format!("--column-limit {columns}"))
}

/// Whether rows that name their columns themselves have so few in common that the table would take far more memory than
/// its text: every cell takes 8 bytes, also one in which nothing stands.
pub(super) fn too_sparse(rows: usize, columns: usize, bytes: u64) -> bool {
    rows as u64 * columns as u64 > bytes / 2 + (4 << 20)
}

/// The error for such rows.
pub(super) fn mostly_empty(rows: usize, columns: usize) -> Error {
    let (rows, columns) = (counted(rows, "object"), counted(columns, "different name"));
    Error::data(format!("{rows} with {columns}: nearly all cells would be empty"))
        .note("the names of an object are the columns of the table, and belong to all of its rows")
}
