//! The bytes of a table in pieces that are whole records, so that a table of any length passes through little memory.

use std::io::{self, Cursor, Read};

use crate::base::error::Error;
use crate::data::file;
use crate::data::findings::grouped;
use crate::data::table::layout::Layout;

/// How many bytes are read at once.
pub(super) const PIECE: usize = 4 << 20;

/// The longest record: a line of this length is no row of a table.
pub(super) const LONGEST_RECORD: usize = 64 << 20;

/// Some whole records.
#[derive(Debug)]
pub(super) struct Block {
    /// Where the first byte stands in the file.
    pub offset: u64,
    pub bytes: Vec<u8>,
}

/// Reads a stream in blocks.
pub(super) struct Blocks {
    input: Box<dyn Read + Send>,
    /// How many bytes a block has, unless a record is longer.
    piece: usize,
    /// The most bytes that are read.
    limit: u64,
    /// Bytes that are read, but belong to the next block.
    rest: Vec<u8>,
    /// Where `rest` stands in the file.
    offset: u64,
    is_at_end: bool,
}

/// What is wrong with the bytes.
#[derive(Debug)]
pub(super) enum Trouble {
    /// They cannot be read.
    Unreadable(io::Error),
    /// There are more than the limit.
    TooMany(u64),
    /// One record is longer than any can be; here it begins.
    EndlessRecord(Block),
}

impl Blocks {
    /// Blocks of a stream whose first byte stands at `offset` of a file.
    pub(super) fn new(input: Box<dyn Read + Send>, piece: usize, offset: u64, limit: u64) -> Self {
        Blocks { input, piece, limit, rest: Vec::new(), offset, is_at_end: false }
    }

    /// Reads until `bytes` bytes are there or the stream ends, and shows what is there.
    pub(super) fn look(&mut self, bytes: usize) -> std::result::Result<&[u8], Trouble> {
        if !self.is_at_end && self.rest.len() < bytes {
            let missing = (bytes - self.rest.len()) as u64;
            self.rest.reserve(missing as usize);
            let read = (&mut self.input).take(missing).read_to_end(&mut self.rest).map_err(Trouble::Unreadable)?;
            self.is_at_end = (read as u64) < missing;
            if self.offset + self.rest.len() as u64 > self.limit {
                return Err(Trouble::TooMany(self.limit));
            }
        }
        Ok(&self.rest)
    }

    /// Leaves out bytes at the start, which were looked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest.drain(..bytes);
        self.offset += bytes as u64;
    }

    /// All bytes that are not handed out yet.
    pub(super) fn into_stream(self) -> impl Read {
        Cursor::new(self.rest).chain(self.input)
    }

    /// Where in the file the next block begins.
    pub(super) fn place(&self) -> u64 {
        self.offset
    }

    /// Puts the end of the last block back, from this byte on.
    pub(super) fn put_back(&mut self, mut block: Block, from: usize) {
        block.bytes.drain(..from);
        block.bytes.append(&mut self.rest);
        self.rest = block.bytes;
        self.offset = block.offset + from as u64;
    }

    /// The next records; None at the end.
    pub(super) fn next(&mut self, layout: Layout) -> std::result::Result<Option<Block>, Trouble> {
        let mut piece = self.piece;
        loop {
            self.look(piece)?;
            let whole = if self.is_at_end { self.rest.len() } else { layout.whole_records(&self.rest) };
            if whole > 0 {
                let rest = self.rest.split_off(whole);
                let bytes = std::mem::replace(&mut self.rest, rest);
                let offset = self.offset;
                self.offset += bytes.len() as u64;
                return Ok(Some(Block { offset, bytes }));
            }
            if self.is_at_end {
                return Ok(None);
            }
            if piece >= LONGEST_RECORD {
                return Err(Trouble::EndlessRecord(Block {
                    offset: self.offset,
                    bytes: std::mem::take(&mut self.rest),
                }));
            }
            piece *= 2;
        }
    }
}

impl Trouble {
    /// The error for a file of this name, in which the bytes of a block begin in this line.
    pub(super) fn into_error(self, source: &str, line: u64) -> Error {
        match self {
            Trouble::Unreadable(error) if file::is_damaged(&error) => {
                Error::data(format!("{source}: damaged gzip file: {error}"))
            }
            Trouble::Unreadable(error) => Error::io(format!("{source}: {error}")),
            Trouble::TooMany(limit) => {
                Error::data(format!("{source}: larger than the limit of {} bytes", grouped(limit as usize)))
            }
            Trouble::EndlessRecord(_) => {
                Error::data(format!("{source}:{line}: a row of more than {} bytes", grouped(LONGEST_RECORD)))
                    .note("each row of a table ends with a line end; is a quote not closed, or is it no table?")
            }
        }
    }
}
