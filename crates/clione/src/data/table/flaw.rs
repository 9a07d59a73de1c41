//! What is wrong in a piece of a table, told before it is known at which line of the file the piece begins.

use crate::base::error::Error;
use crate::data::text::character;

/// An error that lacks the place.
#[derive(Debug)]
pub(in crate::data) struct Flaw {
    /// The line, of which the first of the piece is 1, and the character in it; None where the whole file is meant.
    place: Option<(usize, usize)>,
    error: Error,
}

impl Flaw {
    /// At a byte in a line of a piece of text.
    pub(in crate::data) fn at(text: &str, position: usize, line: usize, error: Error) -> Self {
        Flaw { place: Some((line, character(text, position))), error }
    }

    /// In the file, at no particular line.
    pub(in crate::data) fn in_file(error: Error) -> Self {
        Flaw { place: None, error }
    }

    /// The error for a file of this name, where so many lines come before the piece.
    pub(in crate::data) fn into_error(self, source: &str, lines_before: u64) -> Error {
        match self.place {
            None => self.error.in_file(source),
            Some((line, character)) => {
                self.error.in_file(&format!("{source}:{}:{character}", lines_before + line as u64))
            }
        }
    }
}
