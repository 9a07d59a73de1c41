//! The bytes of a table in pieces that are whole records, so that a table of any length passes through little memory.

use std::io::{self, Cursor, ErrorKind, Read};

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
    /// Bytes that are read, but belong to the next block, and behind them room for more.
    rest: Vec<u8>,
    /// How many bytes of `rest` are read.
    filled: usize,
    /// The bytes of blocks that are done with: to read into them again is faster than to ask for new memory.
    spare: Vec<Vec<u8>>,
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
        Blocks { input, piece, limit, rest: Vec::new(), filled: 0, spare: Vec::new(), offset, is_at_end: false }
    }

    /// Reads until `bytes` bytes are there or the stream ends, and shows what is there.
    pub(super) fn look(&mut self, bytes: usize) -> std::result::Result<&[u8], Trouble> {
        if !self.is_at_end && self.filled < bytes {
            self.make_room(bytes);
            while self.filled < bytes && !self.is_at_end {
                match self.input.read(&mut self.rest[self.filled..bytes]) {
                    Ok(0) => self.is_at_end = true,
                    Ok(read) => self.filled += read,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(Trouble::Unreadable(error)),
                }
            }
            if self.offset + self.filled as u64 > self.limit {
                return Err(Trouble::TooMany(self.limit));
            }
        }
        Ok(&self.rest[..self.filled])
    }

    /// Makes room for so many bytes in all.
    fn make_room(&mut self, bytes: usize) {
        if self.rest.capacity() < bytes {
            // New memory is all zeros and costs nothing until something is written there.
            let mut larger = vec![0; bytes];
            larger[..self.filled].copy_from_slice(&self.rest[..self.filled]);
            self.rest = larger;
        } else if self.rest.len() < bytes {
            self.rest.resize(bytes, 0);
        }
    }

    /// Leaves out bytes at the start, which were looked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest.drain(..bytes);
        self.filled -= bytes;
        self.offset += bytes as u64;
    }

    /// All bytes that are not handed out yet.
    pub(super) fn into_stream(mut self) -> impl Read + Send {
        self.rest.truncate(self.filled);
        Cursor::new(self.rest).chain(self.input)
    }

    /// Where in the file the next block begins.
    pub(super) fn place(&self) -> u64 {
        self.offset
    }

    /// Puts the end of the last block back, from this byte on.
    pub(super) fn put_back(&mut self, mut block: Block, from: usize) {
        block.bytes.drain(..from);
        block.bytes.extend_from_slice(&self.rest[..self.filled]);
        self.rest = block.bytes;
        self.filled = self.rest.len();
        self.offset = block.offset + from as u64;
    }

    /// The next records; None at the end.
    pub(super) fn next(&mut self, layout: Layout) -> std::result::Result<Option<Block>, Trouble> {
        let mut piece = self.piece;
        loop {
            self.look(piece)?;
            let whole = if self.is_at_end { self.filled } else { layout.whole_records(&self.rest[..self.filled]) };
            if whole > 0 {
                return Ok(Some(self.take(whole)));
            }
            if self.is_at_end {
                return Ok(None);
            }
            if piece >= LONGEST_RECORD {
                return Err(Trouble::EndlessRecord(self.take(self.filled)));
            }
            piece *= 2;
        }
    }

    /// The first bytes as a block.
    fn take(&mut self, bytes: usize) -> Block {
        let mut rest = self.spare.pop().unwrap_or_default();
        let left = &self.rest[bytes..self.filled];
        if rest.len() < left.len() {
            rest.resize(left.len(), 0);
        }
        rest[..left.len()].copy_from_slice(left);
        self.filled = left.len();
        let mut bytes_taken = std::mem::replace(&mut self.rest, rest);
        bytes_taken.truncate(bytes);
        let offset = self.offset;
        self.offset += bytes as u64;
        Block { offset, bytes: bytes_taken }
    }

    /// Takes a block back that is done with.
    pub(super) fn reuse(&mut self, block: Block) {
        self.spare.push(block.bytes);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::csv::Signs;

    /// A stream that gives a few bytes at a time.
    struct Dripping(Cursor<Vec<u8>>);

    impl Read for Dripping {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let few = buffer.len().min(7);
            self.0.read(&mut buffer[..few])
        }
    }

    #[test]
    fn blocks_are_the_stream_whatever_memory_they_are_read_into() {
        let text: Vec<u8> = (0..500).flat_map(|row| format!("{row},{}\n", "x".repeat(row % 37)).into_bytes()).collect();
        let layout = Layout::Cells { signs: Signs::usual(b','), stride: 2 };
        for piece in [1, 16, 100, 3000, 1 << 20] {
            let mut blocks = Blocks::new(Box::new(Dripping(Cursor::new(text.clone()))), piece, 0, u64::MAX);
            let looked_at = blocks.look(1).unwrap().len();
            blocks.skip(looked_at);
            let mut all = text[..looked_at].to_vec();
            while let Some(block) = blocks.next(layout).unwrap() {
                assert_eq!(block.offset, all.len() as u64);
                assert!(block.bytes.ends_with(b"\n"));
                all.extend_from_slice(&block.bytes);
                if block.offset % 3 > 0 {
                    blocks.reuse(block);
                }
            }
            assert!(all == text, "pieces of {piece}");
        }
    }

    #[test]
    fn what_is_put_back_comes_again() {
        let mut blocks = Blocks::new(Box::new(Cursor::new(b"a,b\n1,2\n3,4\n".to_vec())), 9, 0, u64::MAX);
        let layout = Layout::Cells { signs: Signs::usual(b','), stride: 2 };
        let first = blocks.next(layout).unwrap().unwrap();
        assert_eq!(first.bytes, b"a,b\n1,2\n");
        blocks.put_back(first, 4);
        let again = blocks.next(layout).unwrap().unwrap();
        assert_eq!((again.offset, again.bytes.as_slice()), (4, &b"1,2\n3,4\n"[..]));
        assert!(blocks.next(layout).unwrap().is_none());
    }
}
