//! A table as it was read: columns of numbers and of texts under names.

mod blocks;
mod column;
pub(in crate::data) mod flaw;
mod kept;
mod layout;
mod merged;
mod names;
mod part;
mod reading;
mod told;

use std::path::Path;
use std::sync::OnceLock;

use crate::base::error::{Error, Result, nearest};
use crate::data::cell::{Cell, CellFormat, NumberFormat};
use crate::data::csv::Signs;
use crate::data::disguise::NumberColumn;
use crate::data::file::{self, Contents};
use crate::data::findings::{counted, list};
use crate::data::table::kept::Origin;

pub(in crate::data) use crate::data::table::names::by_place;
pub(in crate::data) use crate::data::table::part::too_many_columns;

pub use crate::data::table::column::{Column, Words};
pub use crate::data::table::reading::TableBlocks;
pub use crate::data::table::told::ColumnMap;

/// What a person knows about a file that cannot be found out safely from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// What stands between two cells, a blank for runs of blanks; found from the first rows if None.
    pub delimiter: Option<u8>,
    /// Whether the first line names the columns; found from the first rows if None.
    pub header: Option<bool>,
    /// What stands before the decimals of a number: `.` or `,`.
    pub decimal: char,
    /// What stands between the thousands of a number, if anything.
    pub thousands: Option<char>,
    /// The bytes are Latin-1 (Windows-1252), not UTF-8.
    pub latin1: bool,
    /// What stands around cells with other signs in them, if anything.
    pub quote: Option<u8>,
    /// The sign behind this one belongs to the text, if there is such a sign: a backslash.
    pub escape: Option<u8>,
    /// Lines that begin with this are no rows, and what stands behind it in a row, after a blank, belongs to none.
    pub comment: Option<u8>,
    /// How many lines come before the header.
    pub skip_rows: usize,
    /// Words that stand for no value, within quotes too, beside `NA`, `N/A`, `null`, `nan`, `-`, `?` and `\N`, which do so
    /// in any case but not within quotes. An empty one among them says that these do not.
    pub missing_values: Option<Vec<String>>,
    /// Say nothing of blanks around words and names; they are dropped in any case.
    pub trim: bool,
    /// Columns whose cells are numbers, perhaps with a currency, a percent sign or a unit.
    pub number: Vec<NumberColumn>,
    /// Words that mean others, column by column.
    pub map: Vec<ColumnMap>,
    /// Columns that are named here may be absent.
    pub may_lack_columns: bool,
    /// Leave rows with too few or too many cells out and count them.
    pub skip_bad_rows: bool,
    /// Give the second column of a name another name.
    pub rename_duplicates: bool,
    /// The most bytes that are read, after unpacking (at most 2 GiB of what must be kept as it is: standard input,
    /// gzipped files, Latin-1).
    pub size_limit: u64,
    /// The most columns that are read.
    pub column_limit: usize,
    /// How many threads share the reading; no result depends on it.
    pub threads: usize,
    /// The most bytes that the numbers made of a table may take.
    pub memory: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            delimiter: None,
            header: None,
            decimal: '.',
            thousands: None,
            latin1: false,
            quote: Some(b'"'),
            escape: None,
            comment: None,
            skip_rows: 0,
            missing_values: None,
            trim: false,
            number: Vec::new(),
            map: Vec::new(),
            may_lack_columns: false,
            skip_bad_rows: false,
            rename_duplicates: false,
            size_limit: 1 << 40,
            column_limit: 50_000,
            threads: 1,
            memory: 4 << 30,
        }
    }
}

impl ReadOptions {
    /// How cells are written.
    pub(in crate::data) fn cells(&self) -> CellFormat {
        let number = NumberFormat { decimal: self.decimal, thousands: self.thousands };
        CellFormat { number, missing: self.missing_values.clone() }
    }

    /// What cuts a text into cells with this delimiter.
    fn signs(&self, delimiter: u8) -> Signs {
        Signs { delimiter, quote: self.quote, escape: self.escape, comment: self.comment }
    }
}

/// A table as it was read: 8 bytes for each cell, each different text of a column once, and where every 256th row stands
/// in the file. The text of a small table is kept; of a large one the file is read again where a message needs it.
#[derive(Clone, Debug)]
pub struct Table {
    /// What was found and done while reading.
    pub notes: Vec<String>,
    /// What may be wrong.
    pub warnings: Vec<String>,
    source: String,
    names: Vec<String>,
    header: bool,
    columns: Vec<Column>,
    rows: usize,
    threads: usize,
    memory: u64,
    origin: Origin,
    decimal: char,
    is_trimmed: bool,
    /// How the numbers of single columns are written.
    number_columns: Vec<NumberColumn>,
    /// The places of columns, and which words in them mean others.
    maps: Vec<(usize, Vec<(String, String)>)>,
    /// For each column the texts of its cells, where those of numbers were asked for.
    number_texts: Vec<OnceLock<Words<'static>>>,
}

impl Table {
    /// Reads a table from a file (`-`: standard input), unpacked if it is gzipped.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Table> {
        reading::from_file(path.as_ref(), options)
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
        let contents: Contents = file::unpack(source, bytes, reading::held_limit(options))?;
        reading::from_contents(contents, options)
    }

    /// A table of columns that came from rows of numbers or texts without lines, as in a binary file.
    pub(in crate::data) fn from_columns(
        source: &str,
        names: Vec<String>,
        header: bool,
        columns: Vec<Column>,
        options: &ReadOptions,
    ) -> Table {
        Table::new(source, names, header, columns, options, Origin::Rows(0))
    }

    fn new(
        source: &str,
        names: Vec<String>,
        header: bool,
        columns: Vec<Column>,
        options: &ReadOptions,
        origin: Origin,
    ) -> Table {
        let (notes, warnings, source) = (Vec::new(), Vec::new(), source.to_string());
        let rows = columns.first().map_or(0, Column::rows);
        let number_texts = columns.iter().map(|_| OnceLock::new()).collect();
        Table {
            notes,
            warnings,
            source,
            names,
            header,
            columns,
            rows,
            threads: options.threads,
            memory: options.memory,
            origin,
            decimal: options.decimal,
            is_trimmed: options.trim,
            number_columns: Vec::new(),
            maps: Vec::new(),
            number_texts,
        }
    }

    /// How the numbers of those columns are written that were named as numbers with a sign.
    pub fn number_columns(&self) -> &[NumberColumn] {
        &self.number_columns
    }

    /// What stands before the decimals of a number.
    pub(in crate::data) fn decimal(&self) -> char {
        self.decimal
    }

    /// Whether nothing is said of blanks around words.
    pub(in crate::data) fn is_trimmed(&self) -> bool {
        self.is_trimmed
    }

    /// Whether the text of a number is there to be read.
    pub(in crate::data) fn has_text(&self) -> bool {
        matches!(self.origin, Origin::Text { .. })
    }

    /// Whether semicolons part the cells.
    pub(in crate::data) fn has_semicolons(&self) -> bool {
        self.origin.delimiter() == Some(b';')
    }

    /// What messages call this table: the path of its file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.names.len()
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the file names its columns.
    pub fn has_header(&self) -> bool {
        self.header
    }

    /// How many threads may share work on this table; no result depends on it.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The most bytes that the numbers made of this table may take.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// One of the columns; panics where there is none.
    pub fn column(&self, column: usize) -> &Column {
        &self.columns[column]
    }

    /// What a cell says, with numbers written as the options say.
    pub fn value(&self, row: usize, column: usize) -> Cell {
        self.columns[column].value(row)
    }

    /// The text of a cell as the file has it, without the quotes around it; panics outside the table. For the text of a
    /// number its column is read again, once: where numbers alone are wanted, nobody should ask for texts.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let known = self.columns[column].text(row);
        let read = || self.number_texts(column).ok().and_then(|words| words.get(row));
        known.or_else(read).unwrap_or("(changed while it was read)")
    }

    /// The cells of a column as words, also where they could be read as numbers. Fails when the file must be read again
    /// for that and is not what it was.
    ///
    /// ```
    /// use clione::data::table::{ReadOptions, Table};
    /// let table = Table::from_bytes("x.csv", b"code\n007\n7\nNA\n007\n".to_vec(), &ReadOptions::default())?;
    /// let words = table.words(0)?;
    /// assert_eq!((words.get(0), words.get(1), words.get(2)), (Some("007"), Some("7"), None));
    /// assert_eq!(words.places()[0], words.places()[3]);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn words(&self, column: usize) -> Result<Words<'_>> {
        let cells = &self.columns[column];
        if cells.has_numbers() { Ok(self.number_texts(column)?.borrowed()) } else { Ok(Words::of_texts(cells)) }
    }

    /// The texts of a column with numbers, which are read when they are first asked for.
    fn number_texts(&self, column: usize) -> Result<&Words<'static>> {
        let kept = &self.number_texts[column];
        if let Some(words) = kept.get() {
            return Ok(words);
        }
        let (mut words, cells) = (Words::default(), &self.columns[column]);
        let pairs = self.maps.iter().find(|(place, _)| *place == column).map_or(&[][..], |(_, pairs)| pairs);
        self.origin.each_text(&self.source, column, &self.names[column], cells, |row, text| {
            let meant = pairs.iter().find(|(old, _)| old == text.trim());
            words.push(cells.value(row), meant.map_or(text, |(_, new)| new));
        })?;
        Ok(kept.get_or_init(|| words))
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

    /// Where a cell stands: `people.csv:17:9`, the line and the character in that line, both counted from 1; in a file
    /// without lines its row and its column.
    pub fn place(&self, row: usize, column: usize) -> String {
        let name = &self.names[column];
        let number = self.origin.rows_before() + row + 1;
        match self.origin.place(row, column, name) {
            Ok(Some((line, Some(character)))) => format!("{}:{line}:{character}", self.source),
            Ok(Some((line, None))) => format!("{}:{line}", self.source),
            Ok(None) => format!("{}: row {number}, column {name}", self.source),
            Err(_) => format!("{} (changed while it was read): row {number}, column {name}", self.source),
        }
    }

    /// The line in which a row begins, counted from 1; 0 in a file without lines, and where it has changed.
    pub fn line(&self, row: usize) -> usize {
        self.origin.line(row).ok().flatten().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
