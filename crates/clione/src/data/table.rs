//! A table as it was read: cells of text under named columns.

use crate::base::error::{Error, Result, nearest};
use crate::data::cell::{Cell, NumberFormat};
use crate::data::csv::{Problem, Reader, agreement, find_delimiter};
use crate::data::file::{self, Contents};
use crate::data::findings::{Findings, counted, grouped, list, quoted};
use crate::data::text::{self, character};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Positions in the text are kept in 32 bits, of which quoted cells may need as much again.
const LARGEST: u64 = (u32::MAX / 2) as u64;

/// How many rows decide whether the first line is a header.
const LOOKED_AT: usize = 100;

/// What a person knows about a file that cannot be found out safely from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// What stands between two cells; found from the first rows if None.
    pub delimiter: Option<u8>,
    /// Whether the first line names the columns; found from the first rows if None.
    pub header: Option<bool>,
    /// What stands before the decimals of a number: `.` or `,`.
    pub decimal: char,
    /// What stands between the thousands of a number, if anything.
    pub thousands: Option<char>,
    /// The bytes are Latin-1 (Windows-1252), not UTF-8.
    pub latin1: bool,
    /// Leave rows with too few or too many cells out and count them.
    pub skip_bad_rows: bool,
    /// Give the second column of a name another name.
    pub rename_duplicates: bool,
    /// The most bytes that are read, after unpacking (at most 2 GiB).
    pub size_limit: u64,
    /// The most columns that are read.
    pub column_limit: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            delimiter: None,
            header: None,
            decimal: '.',
            thousands: None,
            latin1: false,
            skip_bad_rows: false,
            rename_duplicates: false,
            size_limit: LARGEST,
            column_limit: 50_000,
        }
    }
}

/// A table as it was read: one text, and where each cell begins and ends in it (8 bytes for each cell).
#[derive(Clone, Debug)]
pub struct Table {
    /// What was found and done while reading.
    pub notes: Vec<String>,
    /// What may be wrong.
    pub warnings: Vec<String>,
    source: String,
    /// The file, and behind it the cells that differ from it because quotes were doubled.
    text: String,
    file_length: usize,
    delimiter: u8,
    format: NumberFormat,
    names: Vec<String>,
    header: bool,
    /// Where each cell begins and ends, row by row, `stride` of them a row; an empty last column is not in `names`.
    cells: Vec<(u32, u32)>,
    stride: usize,
    /// Where each row begins, and its line.
    records: Vec<(u32, u32)>,
}

impl Table {
    /// Reads a table from a file (`-`: standard input), unpacked if it is gzipped.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Table> {
        Table::from_contents(file::read(path, options.size_limit.min(LARGEST))?, options)
    }

    /// Reads a table from bytes; `source` is what messages call it.
    ///
    /// ```
    /// use clione::data::table::{ReadOptions, Table};
    /// let table = Table::from_bytes("people.csv", b"age;name\n31;Ann\n45;Ben\n".to_vec(), &ReadOptions::default())?;
    /// assert_eq!((table.rows(), table.names().join(" ")), (2, "age name".to_string()));
    /// assert_eq!((table.cell(1, 1), table.place(1, 1).as_str()), ("Ben", "people.csv:3:4"));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn from_bytes(source: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<Table> {
        Table::from_contents(file::unpack(source, bytes, options.size_limit.min(LARGEST))?, options)
    }

    fn from_contents(contents: Contents, options: &ReadOptions) -> Result<Table> {
        check_options(options)?;
        let Contents { source, bytes, gzipped } = contents;
        let text = text::decode(&source, bytes, options.latin1)?;
        // Latin-1 takes more bytes as UTF-8.
        if text.len() as u64 > LARGEST {
            return Err(Error::data(format!("{source}: {} bytes of text, at most {LARGEST} are read", text.len())));
        }
        let mut notes = Vec::new();
        if gzipped {
            notes.push(format!("unpacked from gzip: {} bytes", grouped(text.len())));
        }
        let delimiter = choose_delimiter(&source, text.as_bytes(), options, &mut notes)?;
        let mut table = Table {
            notes,
            warnings: Vec::new(),
            source,
            file_length: text.len(),
            text,
            delimiter,
            format: NumberFormat { decimal: options.decimal, thousands: options.thousands },
            names: Vec::new(),
            header: false,
            cells: Vec::new(),
            stride: 0,
            records: Vec::new(),
        };
        table.read_records(options)?;
        table.header = options.header.unwrap_or_else(|| table.first_line_names_columns());
        table.name_columns(options)?;
        table.drop_empty_last_column();
        if table.rows() == 0 {
            let columns = counted(table.columns(), "column");
            return Err(Error::data(format!("{}: has a header ({columns}) but no rows", table.source))
                .note("--no-header reads the first line as a row"));
        }
        if !table.header && options.header.is_none() {
            let names = if table.columns() == 1 { "c1".to_string() } else { format!("c1..c{}", table.columns()) };
            table.warnings.push(format!("no header: columns named {names}; --header to override"));
        }
        if table.columns() == 1 && options.delimiter.is_none() && agreement(table.file().as_bytes(), b' ') == 1.0 {
            table.warnings.push("every row has one cell; did you mean --delimiter ' '?".to_string());
        }
        Ok(table)
    }

    /// What messages call this table: the path of its file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.records.len()
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.names.len()
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the first line named the columns.
    pub fn has_header(&self) -> bool {
        self.header
    }

    /// The text of a cell as the file has it, without the quotes around it; panics outside the table.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        assert!(column < self.names.len(), "column {column} of {}", self.names.len());
        let (start, end) = self.cells[row * self.stride + column];
        &self.text[start as usize..end as usize]
    }

    /// What a cell says, with numbers written as the options say.
    pub fn value(&self, row: usize, column: usize) -> Cell {
        self.format.read(self.cell(row, column))
    }

    /// The place of a column, counted from 0: found by its name, or by its place counted from 1 (from the end if
    /// negative).
    ///
    /// ```
    /// use clione::data::table::{ReadOptions, Table};
    /// let table = Table::from_bytes("x.csv", b"size,price\n1,2\n".to_vec(), &ReadOptions::default())?;
    /// assert_eq!((table.find("price")?, table.find("1")?, table.find("-1")?), (1, 0, 1));
    /// assert!(table.find("pric").unwrap_err().to_string().contains("did you mean \"price\"?"));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn find(&self, name_or_place: &str) -> Result<usize> {
        let sought = name_or_place.trim();
        if let Some(column) = self.names.iter().position(|name| name == sought) {
            return Ok(column);
        }
        if let Ok(place) = sought.parse::<i64>() {
            let column = if place > 0 { place - 1 } else { place + self.columns() as i64 };
            return match usize::try_from(column) {
                Ok(column) if place != 0 && column < self.columns() => Ok(column),
                _ => Err(Error::data(format!(
                    "{}: no column {place}: there are {}, counted from 1 or from -1 at the end",
                    self.source,
                    counted(self.columns(), "column")
                ))),
            };
        }
        let names = || self.names.iter().map(String::as_str);
        let error = Error::data(format!("{}: no column \"{sought}\"", self.source));
        let error = match nearest(sought, names()) {
            Some(near) => error.note(format!("did you mean \"{near}\"?")),
            None => error,
        };
        Err(error.note(format!("columns: {}", list(names()))))
    }

    /// Where a cell stands: `people.csv:17:9`, the line and the character in that line, both counted from 1.
    pub fn place(&self, row: usize, column: usize) -> String {
        let (start, line) = self.records[row];
        let mut fields = Vec::new();
        let file = self.file();
        let read = Reader::at(file.as_bytes(), self.delimiter, start as usize, line as usize).next_record(&mut fields);
        assert_eq!(read, Ok(true), "a record that was read before");
        let field = fields[column];
        format!("{}:{}:{}", self.source, field.line, character(file, field.begin))
    }

    /// The line in which a row begins, counted from 1.
    pub fn line(&self, row: usize) -> usize {
        self.records[row].1 as usize
    }

    fn file(&self) -> &str {
        &self.text[..self.file_length]
    }

    /// Cuts the text into cells; the first record says how many there are in each.
    fn read_records(&mut self, options: &ReadOptions) -> Result<()> {
        let mut unquoted = String::new();
        let (mut bad, mut surplus) = (BadRows::default(), 0);
        let mut fields = Vec::new();
        let bytes = &self.text.as_bytes()[..self.file_length];
        let mut reader = Reader::new(bytes, self.delimiter);
        loop {
            let (start, line) = reader.place();
            match reader.next_record(&mut fields) {
                Ok(true) => {}
                Ok(false) => break,
                Err(problem) => return Err(self.cannot_cut(problem)),
            }
            if fields.len() == 1 && self.text[fields[0].begin..fields[0].end].trim().is_empty() {
                continue;
            }
            if self.stride == 0 {
                self.stride = fields.len();
                if fields.len() > options.column_limit {
                    return Err(Error::data(format!(
                        "{}:{line}: {} columns, at most {} are read",
                        self.source,
                        grouped(fields.len()),
                        grouped(options.column_limit)
                    ))
                    .remedy(format!("--column-limit {}", fields.len())));
                }
            }
            let is_empty = |place: usize| fields[place].begin == fields[place].end;
            let ends_in_delimiter = fields.len() == self.stride + 1 && is_empty(self.stride);
            surplus += usize::from(ends_in_delimiter);
            if fields.len() != self.stride && !ends_in_delimiter {
                bad.add(fields.len(), || {
                    let row = &self.text[start..fields.last().map_or(start, |last| last.end.max(start))];
                    let expected = self.stride;
                    format!(
                        "{}:{line}: {} found, {expected} expected: {}",
                        self.source,
                        counted(fields.len(), "cell"),
                        quoted(row)
                    )
                });
                continue;
            }
            for field in &fields[..self.stride] {
                self.cells.push(if field.doubled {
                    let from = self.file_length + unquoted.len();
                    unquoted += &self.text[field.start..field.end].replace("\"\"", "\"");
                    (from as u32, (self.file_length + unquoted.len()) as u32)
                } else {
                    (field.start as u32, field.end as u32)
                });
            }
            self.records.push((start as u32, line as u32));
        }
        self.text += &unquoted;
        if surplus > 0 {
            self.warnings.push(format!("{} end in a delimiter: the empty cell is dropped", counted(surplus, "row")));
        }
        match bad.findings.count() {
            0 => {}
            count if options.skip_bad_rows && self.records.len() > 1 => {
                self.warnings.push(format!("{} skipped: too few or too many cells", counted(count, "row")));
            }
            _ => return Err(bad.into_error(self.stride, self.records.len())),
        }
        if self.records.is_empty() {
            return Err(Error::data(format!("{}: no rows", self.source)));
        }
        Ok(())
    }

    fn cannot_cut(&self, problem: Problem) -> Error {
        let place = |position, line| format!("{}:{line}:{}", self.source, character(&self.text, position));
        match problem {
            Problem::Unclosed(position, line) => {
                Error::data(format!("{}: this quote is never closed", place(position, line)))
                    .note(format!("it begins {}", quoted(&self.text[position..])))
                    .note("a quote that belongs to the text is written twice, in a cell within quotes: \"5\"\" pipe\"")
            }
            Problem::AfterQuote(position, line) => Error::data(format!(
                "{}: text after a closing quote: {}; expected a delimiter or the end of the line",
                place(position, line),
                quoted(self.text[position..].lines().next().unwrap_or_default())
            ))
            .note("a quote that belongs to the text is written twice, in a cell within quotes: \"5\"\" pipe\""),
        }
    }

    /// No cell of the first line is a number, and either a column below is numbers or no word of the line comes again.
    fn first_line_names_columns(&self) -> bool {
        let rows = self.records.len().min(LOOKED_AT);
        let text = |row: usize, column: usize| {
            let (start, end) = self.cells[row * self.stride + column];
            self.text[start as usize..end as usize].trim()
        };
        let value = |row, column| self.format.read(text(row, column));
        let is_number = |cell| !matches!(cell, Cell::Word | Cell::Missing);
        if (0..self.stride).any(|column| is_number(value(0, column))) {
            return false;
        }
        if rows == 1 {
            return true;
        }
        let stands_over_numbers = |column: &usize| {
            let numbers = (1..rows).filter(|&row| is_number(value(row, *column))).count();
            let words = (1..rows).filter(|&row| value(row, *column) == Cell::Word).count();
            numbers > words && value(0, *column) == Cell::Word
        };
        if (0..self.stride).any(|column| stands_over_numbers(&column)) {
            return true;
        }
        let mut names: Vec<&str> = (0..self.stride).map(|column| text(0, column)).collect();
        let comes_again = (0..self.stride).any(|column| (1..rows).any(|row| text(row, column) == names[column]));
        names.sort_unstable();
        let distinct = names.windows(2).all(|pair| pair[0] != pair[1]);
        distinct && !comes_again && names.iter().all(|name| !name.is_empty())
    }

    fn name_columns(&mut self, options: &ReadOptions) -> Result<()> {
        if !self.header {
            self.names = (1..=self.stride).map(|column| format!("c{column}")).collect();
            return Ok(());
        }
        let raw: Vec<String> =
            self.cells.drain(..self.stride).map(|(s, e)| self.text[s as usize..e as usize].to_string()).collect();
        let (_, line) = self.records.remove(0);
        let trimmed = raw.iter().filter(|name| name.trim() != name.as_str() && !name.trim().is_empty());
        let shown: Vec<String> = trimmed.map(|name| format!("\"{name}\"")).collect();
        if !shown.is_empty() {
            self.warnings
                .push(format!("blanks around column names are dropped: {}", list(shown.iter().map(String::as_str))));
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
                        format!("{}:{line}: columns {first} and {second} are both named \"{name}\"", self.source)
                    });
                    continue;
                }
            };
            self.names.push(name);
        }
        if duplicates.count() > 0 {
            return Err(duplicates.into_error().remedy("--rename-duplicates"));
        }
        if !renamed.is_empty() {
            self.warnings.push(format!("renamed: {}", list(renamed.iter().map(String::as_str))));
        }
        if !unnamed.is_empty() {
            self.warnings
                .push(format!("columns without a name are named {}", list(unnamed.iter().map(String::as_str))));
        }
        Ok(())
    }

    /// A delimiter at the end of every line makes a last column in which nothing stands.
    fn drop_empty_last_column(&mut self) {
        let unnamed = |name: &String| *name == format!("c{}", self.stride);
        if self.stride < 2 || !self.names.last().is_some_and(unnamed) {
            return;
        }
        let mut last = self.cells.iter().skip(self.stride - 1).step_by(self.stride);
        if last.all(|&(start, end)| self.text[start as usize..end as usize].trim().is_empty()) {
            self.names.pop();
            let told = format!("columns without a name are named c{}", self.stride);
            self.warnings.retain(|warning| *warning != told);
            self.warnings.push("every line ends in a delimiter: the empty last column is dropped".to_string());
        }
    }
}

/// Rows with too few or too many cells.
#[derive(Default)]
struct BadRows {
    findings: Findings,
    counts: BTreeMap<usize, usize>,
}

impl BadRows {
    fn add(&mut self, found: usize, finding: impl FnOnce() -> String) {
        *self.counts.entry(found).or_default() += 1;
        self.findings.add(finding);
    }

    fn into_error(self, expected: usize, good: usize) -> Error {
        let error = self.findings.into_error();
        match self.counts.iter().max_by_key(|&(_, count)| count) {
            Some((cells, &count)) if count > good => error.note(format!(
                "most rows have {}, the first line has {expected}: is it a title?",
                counted(*cells, "cell")
            )),
            Some(_) | None => error.remedy("--skip-bad-rows"),
        }
    }
}

fn check_options(options: &ReadOptions) -> Result<()> {
    if !matches!(options.decimal, '.' | ',') {
        return Err(Error::usage(format!("--decimal '{}': choose '.' or ','", options.decimal)));
    }
    if options.thousands == Some(options.decimal) {
        let sign = options.decimal;
        return Err(Error::usage(format!("'{sign}' cannot stand before the decimals and between the thousands"))
            .remedy(format!("--decimal '{}' --thousands '{sign}'", if sign == ',' { '.' } else { ',' })));
    }
    if matches!(options.delimiter, Some(b'"' | b'\n' | b'\r' | 128..)) {
        return Err(Error::usage("--delimiter: choose one of , ; | or a tab"));
    }
    Ok(())
}

fn choose_delimiter(source: &str, bytes: &[u8], options: &ReadOptions, notes: &mut Vec<String>) -> Result<u8> {
    let found = find_delimiter(bytes);
    let shown = |delimiter| if delimiter == b'\t' { "tab".to_string() } else { format!("'{}'", char::from(delimiter)) };
    match (options.delimiter, found) {
        (Some(given), Some(found)) if given != found && agreement(bytes, given) == 0.0 => Err(Error::data(format!(
            "{source}: with the delimiter {} every row has one cell; did you mean --delimiter {}?",
            shown(given),
            shown(found)
        ))
        .remedy(format!("--delimiter {}", shown(found)))),
        (Some(given), _) => Ok(given),
        (None, Some(found)) => {
            if found != b',' {
                notes.push(format!("the delimiter is {}", shown(found)));
            }
            Ok(found)
        }
        (None, None) => Ok(b','),
    }
}

#[cfg(test)]
mod tests;
