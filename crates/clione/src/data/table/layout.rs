//! How the rows of a table stand in a text: cells between delimiters, or an object on each line.

use std::borrow::Cow;

use crate::base::error::Error;
use crate::data::csv::{Field, Problem, Reader, Signs, whole_lines, whole_records};
use crate::data::findings::quoted;
use crate::data::jsonl;
use crate::data::table::flaw::Flaw;
use crate::data::text::character;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// So many cells in each row, cut by these signs.
    Cells { signs: Signs, stride: usize },
    /// One JSON object a line; its keys name the columns.
    Objects,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A row.
    Row,
    /// A row with an empty cell too many, because it ends in a delimiter.
    Surplus,
    /// A line on which nothing stands.
    Blank,
    /// Too few or too many cells.
    Bad,
}

impl Layout {
    /// How many bytes at the start of a piece of the file are whole records.
    pub(super) fn whole_records(self, bytes: &[u8]) -> usize {
        match self {
            Layout::Cells { signs, .. } => whole_records(bytes, signs),
            Layout::Objects => whole_lines(bytes),
        }
    }
}

/// How many cells too many are counted; those of a line of nothing but delimiters would take many times its own memory.
const SURPLUS: usize = 1000;

/// Reads records in either layout, one after another.
pub(super) struct Records<'a> {
    text: &'a str,
    layout: Layout,
    cells: Reader<'a>,
    /// The cells of the record that was read last.
    pub fields: Vec<Field>,
    /// Of an object the names of its fields.
    pub keys: Vec<String>,
    /// Where that record begins, and its line.
    pub start: (usize, usize),
}

impl<'a> Records<'a> {
    /// A reader of a text whose first line has the number 1. It sees numbers in passing where these have a point.
    pub(super) fn new(text: &'a str, layout: Layout, sees_numbers: bool) -> Self {
        let signs = match layout {
            Layout::Cells { signs, .. } => signs,
            Layout::Objects => Signs::usual(b','),
        };
        let cells = Reader::new(text.as_bytes(), signs);
        let cells = if sees_numbers { cells.seeing_numbers() } else { cells };
        Records { text, layout, cells, fields: Vec::new(), keys: Vec::new(), start: (0, 1) }
    }

    /// How the records are written.
    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Where the next record begins, and its line.
    pub(super) fn place(&self) -> (usize, usize) {
        self.cells.place()
    }

    /// Reads the next record; None at the end.
    pub(super) fn next(&mut self) -> std::result::Result<Option<Record>, Flaw> {
        if matches!(self.layout, Layout::Cells { .. }) {
            self.cells.pass_comments();
        }
        self.start = self.cells.place();
        match self.layout {
            Layout::Cells { stride, .. } => {
                let most = if stride == 0 { usize::MAX } else { 2 * stride + SURPLUS };
                let found = self.cells.next_cells(&mut self.fields, most);
                if !found.map_err(|problem| cannot_cut(self.text, problem))? {
                    return Ok(None);
                }
                let fields = &self.fields;
                let is_blank = |field: &Field| self.text[field.begin..field.end].trim().is_empty();
                Ok(Some(match fields.len() {
                    1 if fields[0].number.is_nan() && is_blank(&fields[0]) => Record::Blank,
                    count if count == stride => Record::Row,
                    count if count == stride + 1 && fields[stride].begin == fields[stride].end => Record::Surplus,
                    _ => Record::Bad,
                }))
            }
            Layout::Objects => {
                let (from, line) = self.start;
                let bytes = &self.text.as_bytes()[from..];
                if bytes.is_empty() {
                    return Ok(None);
                }
                let length = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
                let whole = &self.text[from..from + length];
                self.cells.pass_line(length);
                if whole.trim().is_empty() {
                    return Ok(Some(Record::Blank));
                }
                jsonl::read_object(self.text, from..from + length, line, &mut self.keys, &mut self.fields)?;
                Ok(Some(Record::Row))
            }
        }
    }

    /// The text of a cell of the record that was read last.
    pub(super) fn cell(&self, field: &Field) -> Cow<'a, str> {
        let text = &self.text[field.start..field.end];
        match (field.doubled, self.layout) {
            (false, _) => Cow::Borrowed(text),
            (true, Layout::Cells { signs, .. }) => Cow::Owned(unescaped(text, signs)),
            (true, Layout::Objects) => Cow::Owned(jsonl::unescaped(text)),
        }
    }

    /// Whether a number that was seen in passing begins with a zero and another digit, as codes do.
    #[inline]
    pub(super) fn is_padded(&self, field: &Field) -> bool {
        // Behind a number there is a byte unless it is the last one.
        matches!(self.text.as_bytes()[field.start..], [b'0', b'0'..=b'9', ..])
    }

    /// What is wrong with a cell of the record that was read last.
    pub(super) fn flaw(&self, field: &Field, error: Error) -> Flaw {
        Flaw::at(self.text, field.begin, field.line, error)
    }

    /// The line of a cell of the record that was read last, and the character in that line.
    pub(super) fn line_and_character(&self, field: &Field) -> (usize, usize) {
        (field.line, character(self.text, field.begin))
    }

    /// The record that was read last as it is written, without its line end.
    pub(super) fn written(&self) -> &'a str {
        let (start, _) = self.start;
        &self.text[start..self.fields.last().map_or(start, |last| last.end.max(start))]
    }
}

/// The text that a cell stands for: a sign behind an escape, and one quote for two.
fn unescaped(text: &str, signs: Signs) -> String {
    let (quote, escape) = (signs.quote.map(char::from), signs.escape.map(char::from));
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text.chars().peekable());
    while let Some(sign) = rest.next() {
        if Some(sign) == escape && rest.peek().is_some() {
            plain.extend(rest.next());
        } else {
            if Some(sign) == quote && rest.peek().copied() == quote {
                rest.next();
            }
            plain.push(sign);
        }
    }
    plain
}

fn cannot_cut(text: &str, problem: Problem) -> Flaw {
    const WRITTEN_TWICE: &str =
        "a quote that belongs to the text is written twice, in a cell within quotes: \"5\"\" pipe\"";
    match problem {
        Problem::Unclosed(position, line) => Flaw::at(
            text,
            position,
            line,
            Error::data("this quote is never closed")
                .note(format!("it begins {}", quoted(&text[position..])))
                .note(WRITTEN_TWICE),
        ),
        Problem::AfterQuote(position, line) => {
            let error = Error::data(format!(
                "text after a closing quote: {}; expected a delimiter or the end of the line",
                quoted(text[position..].lines().next().unwrap_or_default())
            ))
            .note(WRITTEN_TWICE);
            let has_escape = text[..position].trim_end().trim_end_matches('"').ends_with('\\');
            Flaw::at(text, position, line, if has_escape { error.remedy("--escape '\\'") } else { error })
        }
    }
}
