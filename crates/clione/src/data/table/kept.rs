//! What is kept of a file to show a cell as it was written: its text, or the open file and where its rows are.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::error::{Error, Result};
use crate::data::csv::Field;
use crate::data::table::blocks::{Blocks, PIECE};
use crate::data::table::column::Column;
use crate::data::table::layout::{Layout, Record, Records};
use crate::data::table::part::Place;
use crate::data::text;

/// How much is read to show one cell.
const GLANCE: usize = 64 << 10;

/// The bytes of a table.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// All of them; the first stands at this byte of the file.
    Text(Arc<Vec<u8>>, u64),
    /// The file, which is read again.
    File(Arc<KeptFile>),
}

/// An open file, and what it was like when it was opened.
#[derive(Debug)]
pub(super) struct KeptFile {
    file: Mutex<File>,
    metadata: Metadata,
}

impl KeptFile {
    pub(super) fn new(file: File, metadata: Metadata) -> Self {
        KeptFile { file: Mutex::new(file), metadata }
    }

    /// How many bytes it had when it was opened.
    pub(super) fn length(&self) -> u64 {
        self.metadata.len()
    }

    /// Fails when the file is not what it was.
    pub(super) fn check(&self, source: &str) -> Result<()> {
        let now = self.file.lock().unwrap_or_else(PoisonError::into_inner).metadata();
        let now = now.map_err(|error| Error::io(format!("{source}: {error}")))?;
        if now.len() == self.metadata.len() && now.modified().ok() == self.metadata.modified().ok() {
            return Ok(());
        }
        Err(Error::io(format!("{source}: changed while it was read"))
            .note("a table is read to its end, and parts of it again"))
    }
}

/// Reads a file from a place on; others may do so at the same time from another place.
struct FileFrom {
    kept: Arc<KeptFile>,
    position: u64,
}

impl Read for FileFrom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.kept.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.position))?;
        let read = file.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

/// Bytes that others read too.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Kept {
    /// The bytes from a place of the file on, as they were read the first time.
    pub(super) fn from(&self, offset: u64) -> Box<dyn Read + Send> {
        match self {
            Kept::Text(bytes, start) => {
                let mut cursor = Cursor::new(Shared(Arc::clone(bytes)));
                cursor.set_position(offset - start);
                Box::new(cursor)
            }
            Kept::File(kept) => Box::new(FileFrom { kept: Arc::clone(kept), position: offset }),
        }
    }

    /// Fails when the file is not what it was.
    pub(super) fn check(&self, source: &str) -> Result<()> {
        match self {
            Kept::Text(..) => Ok(()),
            Kept::File(file) => file.check(source),
        }
    }
}

/// Where the rows of a table come from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// Records of a text.
    Text {
        kept: Kept,
        layout: Layout,
        /// Where some of the rows begin, in rising order.
        places: Vec<Place>,
    },
    /// Rows of a binary file, after so many others.
    Rows(usize),
}

/// Line and character of a cell; no character where an object does not name the column.
pub(super) type Spot = (u64, Option<usize>);

impl Origin {
    /// What parts the cells of a row, if anything does.
    pub(super) fn delimiter(&self) -> Option<u8> {
        match self {
            Origin::Text { layout: Layout::Cells { signs, .. }, .. } => Some(signs.delimiter),
            Origin::Text { layout: Layout::Objects, .. } | Origin::Rows(_) => None,
        }
    }

    /// Where a cell stands; None in a file without lines.
    pub(super) fn place(&self, row: usize, column: usize, name: &str) -> Result<Option<Spot>> {
        self.record(row, |records, lines_before| match field(records, column, name) {
            Some(field) => {
                let (line, character) = records.line_and_character(field);
                (lines_before + line as u64, Some(character))
            }
            None => (lines_before + records.start.1 as u64, None),
        })
    }

    /// How many rows of a binary file come before the first.
    pub(super) fn rows_before(&self) -> usize {
        match self {
            Origin::Rows(before) => *before,
            Origin::Text { .. } => 0,
        }
    }

    /// The line in which a row begins.
    pub(super) fn line(&self, row: usize) -> Result<Option<usize>> {
        self.record(row, |records, lines_before| lines_before as usize + records.start.1)
    }

    /// Shows a record to `look`, with how many lines come before the text that it is read from.
    fn record<T>(&self, row: usize, look: impl FnOnce(&Records, u64) -> T) -> Result<Option<T>> {
        let Origin::Text { places, .. } = self else { return Ok(None) };
        let from = places[places.partition_point(|place| place.row <= row) - 1];
        let (mut look, mut found) = (Some(look), None);
        self.visit("", from, GLANCE, |at, records, lines_before| {
            if at < row {
                return ControlFlow::Continue(());
            }
            found = look.take().map(|look| look(records, lines_before));
            ControlFlow::Break(())
        })?;
        found.map(Some).ok_or_else(|| Error::io("the file has fewer rows than before"))
    }

    /// Gives the text of each cell of a column in order.
    pub(super) fn each_text(
        &self,
        source: &str,
        column: usize,
        name: &str,
        cells: &Column,
        mut take: impl FnMut(usize, &str),
    ) -> Result<()> {
        let rows = cells.rows();
        let Origin::Text { places, .. } = self else {
            for (row, number) in cells.numbers().iter().enumerate() {
                take(row, cells.text(row).unwrap_or(&number.to_string()));
            }
            return Ok(());
        };
        let mut next = 0;
        self.visit(source, places[0], PIECE, |row, records, _| {
            if row >= rows {
                return ControlFlow::Break(());
            }
            match field(records, column, name) {
                Some(field) => take(row, &records.cell(field)),
                None => take(row, ""),
            }
            next = row + 1;
            ControlFlow::Continue(())
        })?;
        if next < rows { Err(changed(source)) } else { Ok(()) }
    }

    /// Reads rows again from a place on, as long as `look` wants more: their numbers, the records, and how many lines
    /// come before the text that these are read from.
    fn visit(
        &self,
        source: &str,
        from: Place,
        piece: usize,
        mut look: impl FnMut(usize, &Records, u64) -> ControlFlow<()>,
    ) -> Result<()> {
        let Origin::Text { kept, layout, .. } = self else { return Ok(()) };
        kept.check(source)?;
        let mut blocks = Blocks::new(kept.from(from.offset), piece, from.offset, u64::MAX);
        let (mut row, mut lines_before) = (from.row, from.lines_before);
        while let Some(block) = blocks.next(*layout).map_err(|trouble| trouble.into_error(source, lines_before + 1))? {
            let text = text::checked(&block.bytes, 0, &[]).map_err(|_| changed(source))?;
            let mut records = Records::new(text, *layout, false);
            while let Some(record) = records.next().map_err(|_| changed(source))? {
                match record {
                    Record::Row | Record::Surplus => {}
                    Record::Blank | Record::Bad => continue,
                }
                if look(row, &records, lines_before).is_break() {
                    return Ok(());
                }
                row += 1;
            }
            lines_before += records.place().1 as u64 - 1;
            blocks.reuse(block);
        }
        Ok(())
    }
}

fn changed(source: &str) -> Error {
    Error::io(format!("{source}: changed while it was read"))
}

/// The cell of a column in the record that was read last.
fn field<'a>(records: &'a Records, column: usize, name: &str) -> Option<&'a Field> {
    match records.layout() {
        Layout::Cells { .. } => records.fields.get(column),
        Layout::Objects => records.keys.iter().position(|key| key == name).and_then(|place| records.fields.get(place)),
    }
}
