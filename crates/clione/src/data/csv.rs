//! Where the cells of a table of text lie: delimiters, quotes and line ends.
//!
//! This reader is our own because messages name the line and the character at which a cell begins and the place where
//! an unclosed quote was opened. The `csv` crate keeps the start of a record only, and takes a quote that never closes
//! as a cell that reaches to the end of the file.

mod delimiter;

use crate::data::decimal;
use crate::data::text::holds;

pub use delimiter::find_delimiter;
pub(super) use delimiter::{agreement, widths};

/// One cell of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// The byte at which the cell begins, at its quote if it has one.
    pub begin: usize,
    /// The first byte of its text.
    pub start: usize,
    /// The byte after its text.
    pub end: usize,
    /// The line in which it begins, counted from 1.
    pub line: usize,
    /// Its text has signs that stand for others: doubled quotes, or a sign behind an escape.
    pub doubled: bool,
    /// The number that stands there, if it was looked for and is plain to see; NaN leaves it open.
    pub number: f64,
}

/// What cannot be read as a table, and where it is: the byte and its line, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A quote that is opened here and never closed.
    Unclosed(usize, usize),
    /// Text between a closing quote and the next delimiter.
    AfterQuote(usize, usize),
}

/// The signs that cut a table of text into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// What stands between two cells; a blank stands for a run of blanks and tabs.
    pub delimiter: u8,
    /// What stands around a cell whose text has other signs in it, if anything.
    pub quote: Option<u8>,
    /// The sign behind it is one of the text, if there is such a sign.
    pub escape: Option<u8>,
    /// What a line begins with that is no row, or what comes behind a row after a blank.
    pub comment: Option<u8>,
}

impl Signs {
    /// Double quotes, doubled within a cell, and no comments.
    ///
    /// ```
    /// use clione::data::csv::Signs;
    /// assert_eq!(Signs::usual(b';').quote, Some(b'"'));
    /// ```
    pub const fn usual(delimiter: u8) -> Self {
        Signs { delimiter, quote: Some(b'"'), escape: None, comment: None }
    }

    /// The same signs with another delimiter.
    pub(super) fn with(self, delimiter: u8) -> Self {
        Signs { delimiter, ..self }
    }

    fn is_delimiter(self, byte: u8) -> bool {
        byte == self.delimiter || (self.cuts_at_blanks() && byte == b'\t')
    }

    /// Whether runs of blanks part the cells.
    pub(super) fn cuts_at_blanks(self) -> bool {
        self.delimiter == b' '
    }

    /// Whether a cell without quotes ends at a delimiter or a line end and nowhere else, and stands for itself.
    fn are_plain(self) -> bool {
        self.escape.is_none() && self.comment.is_none() && !self.cuts_at_blanks()
    }
}

/// Reads one record after another; every kind of line end will do (LF, CRLF, CR, also mixed).
///
/// ```
/// use clione::data::csv::{Reader, Signs};
/// let text = b"name,size\n\"Kelly, James\",34\n";
/// let (mut reader, mut fields) = (Reader::new(text, Signs::usual(b',')), Vec::new());
/// reader.next_record(&mut fields).unwrap();
/// reader.next_record(&mut fields).unwrap();
/// assert_eq!(&text[fields[0].start..fields[0].end], b"Kelly, James");
/// assert_eq!(fields[1].line, 2);
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    signs: Signs,
    position: usize,
    line: usize,
    sees_numbers: bool,
}

impl<'a> Reader<'a> {
    /// A reader at the first line.
    pub fn new(bytes: &'a [u8], signs: Signs) -> Self {
        Reader { bytes, signs, position: 0, line: 1, sees_numbers: false }
    }

    /// The same reader, which sees numbers with a decimal point as it passes over them.
    pub(super) fn seeing_numbers(self) -> Self {
        Reader { sees_numbers: true, ..self }
    }

    /// The byte and the line at which the next record begins, or the comments before it.
    pub fn place(&self) -> (usize, usize) {
        (self.position, self.line)
    }

    /// Passes over lines that are comments.
    pub(super) fn pass_comments(&mut self) {
        let Some(comment) = self.signs.comment else { return };
        loop {
            let start = self.position + self.blanks(self.position);
            if self.bytes.get(start) != Some(&comment) {
                return;
            }
            self.position = start;
            self.pass_to_line_end();
            if self.position == self.bytes.len() {
                return;
            }
            self.line_end();
        }
    }

    fn pass_to_line_end(&mut self) {
        let rest = &self.bytes[self.position..];
        self.position += rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
    }

    /// Reads the cells of the next record; false at the end of the text. An empty line has one empty cell.
    pub fn next_record(&mut self, fields: &mut Vec<Field>) -> Result<bool, Problem> {
        self.next_cells(fields, usize::MAX)
    }

    /// As [`Reader::next_record`], but keeps no more than `most` cells: a line of nothing but delimiters would take many times
    /// its own memory.
    pub(super) fn next_cells(&mut self, fields: &mut Vec<Field>, most: usize) -> Result<bool, Problem> {
        fields.clear();
        let keep = |field| {
            if fields.len() < most {
                fields.push(field);
            }
        };
        self.pass_record(keep)
    }

    /// Shows each cell of the next record; false at the end of the text.
    fn pass_record(&mut self, mut show: impl FnMut(Field)) -> Result<bool, Problem> {
        self.pass_comments();
        if self.position >= self.bytes.len() {
            return Ok(false);
        }
        if self.signs.cuts_at_blanks() {
            self.position += self.blanks(self.position);
        }
        loop {
            let begin = self.position;
            match self.pass_number() {
                Some(number) => {
                    let (end, line) = (self.position, self.line);
                    show(Field { begin, start: begin, end, line, doubled: false, number });
                }
                None => show(self.text_field()?),
            }
            if self.signs.cuts_at_blanks() {
                // Blanks before the line end part nothing.
                let after = self.position + self.blanks(self.position);
                if after > self.position && !self.ends_line(after) {
                    self.position = after;
                    continue;
                }
                self.position = after;
            }
            if self.is_comment(self.position) {
                self.pass_to_line_end();
            }
            match self.bytes.get(self.position) {
                Some(&byte) if byte == self.signs.delimiter => self.position += 1,
                Some(_) => {
                    self.line_end();
                    return Ok(true);
                }
                None => return Ok(true),
            }
        }
    }

    /// Passes over a cell in which nothing but a number stands, if numbers are looked for.
    #[inline]
    fn pass_number(&mut self) -> Option<f64> {
        if !self.sees_numbers {
            return None;
        }
        let (number, length) = decimal::read(&self.bytes[self.position..])?;
        let end = self.position + length;
        self.ends_cell(end).then(|| {
            self.position = end;
            number
        })
    }

    /// Reads one cell and stops at the delimiter or line end behind it.
    fn text_field(&mut self) -> Result<Field, Problem> {
        let begin = self.position;
        let quote = if self.signs.cuts_at_blanks() { begin } else { begin + self.blanks(begin) };
        if self.signs.quote.is_some() && self.bytes.get(quote).copied() == self.signs.quote {
            return self.quoted(quote);
        }
        let (length, doubled) = match self.signs.are_plain() {
            true => (end_of_cell(&self.bytes[begin..], self.signs.delimiter), false),
            false => self.end_of_odd_cell(begin),
        };
        let end = begin + length;
        self.position = end;
        Ok(Field { begin, start: begin, end, line: self.line, doubled, number: f64::NAN })
    }

    /// How many bytes a cell without quotes has where not only delimiters and line ends count, and whether it has escapes.
    fn end_of_odd_cell(&self, begin: usize) -> (usize, bool) {
        let (mut position, mut has_escapes) = (begin, false);
        while !self.ends_cell(position) {
            if self.is_comment(position) {
                break;
            }
            let is_escape = Some(self.bytes[position]) == self.signs.escape && !self.ends_line(position + 1);
            has_escapes |= is_escape;
            position += if is_escape { 2 } else { 1 };
        }
        (position - begin, has_escapes)
    }

    /// Whether a comment begins here, behind a blank or a delimiter.
    fn is_comment(&self, position: usize) -> bool {
        let Some(comment) = self.signs.comment else { return false };
        let before = position.checked_sub(1).map(|before| self.bytes[before]);
        self.bytes.get(position) == Some(&comment)
            && before.is_none_or(|before| matches!(before, b' ' | b'\t') || self.signs.is_delimiter(before))
    }

    /// Whether nothing more stands in the line.
    fn ends_line(&self, position: usize) -> bool {
        self.bytes.get(position).is_none_or(|byte| matches!(byte, b'\n' | b'\r')) || self.is_comment(position)
    }

    #[inline]
    fn ends_cell(&self, position: usize) -> bool {
        self.bytes.get(position).is_none_or(|byte| self.signs.is_delimiter(*byte) || matches!(byte, b'\n' | b'\r'))
    }

    fn quoted(&mut self, quote: usize) -> Result<Field, Problem> {
        let (begin, line) = (quote, self.line);
        let Signs { quote: sign, escape, .. } = self.signs;
        let mut field = Field { begin, start: quote + 1, end: 0, line, doubled: false, number: f64::NAN };
        self.position = quote + 1;
        loop {
            match self.bytes.get(self.position) {
                None => return Err(Problem::Unclosed(quote, field.line)),
                Some(b'\n' | b'\r') => self.line_end(),
                Some(&byte) if Some(byte) == escape && self.bytes.get(self.position + 1).is_some() => {
                    field.doubled = true;
                    self.position += 1;
                    match self.bytes[self.position] {
                        b'\n' | b'\r' => self.line_end(),
                        _ => self.position += 1,
                    }
                }
                Some(&byte) if Some(byte) == sign && self.bytes.get(self.position + 1).copied() == sign => {
                    field.doubled = true;
                    self.position += 2;
                }
                Some(&byte) if Some(byte) == sign => break,
                Some(_) => self.position += 1,
            }
        }
        field.end = self.position;
        self.position += 1;
        if !self.signs.cuts_at_blanks() {
            self.position += self.blanks(self.position);
        }
        if self.ends_cell(self.position) || self.is_comment(self.position) {
            Ok(field)
        } else {
            Err(Problem::AfterQuote(self.position, self.line))
        }
    }

    fn blanks(&self, from: usize) -> usize {
        let is_blank = |byte: &&u8| **byte == b' ' || (**byte == b'\t' && self.signs.cuts_at_blanks());
        self.bytes[from..].iter().take_while(is_blank).count()
    }

    /// Passes over so many bytes and the line end behind them.
    pub(super) fn pass_line(&mut self, bytes: usize) {
        self.position += bytes;
        if self.position < self.bytes.len() {
            self.line_end();
        }
    }

    fn line_end(&mut self) {
        let crlf = self.bytes[self.position..].starts_with(b"\r\n");
        self.position += if crlf { 2 } else { 1 };
        self.line += 1;
    }
}

/// How many bytes stand before the next delimiter or line end; looks at eight at a time.
fn end_of_cell(bytes: &[u8], delimiter: u8) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let repeated = |byte: u8| ONES * u64::from(byte);
    // The lowest bit that is set in the result marks the first byte that is zero.
    let zeros = |eight: u64| eight.wrapping_sub(ONES) & !eight & (ONES << 7);
    let sought = [repeated(delimiter), repeated(b'\n'), repeated(b'\r')];
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (number, &chunk) in chunks.iter().enumerate() {
        let eight = u64::from_le_bytes(chunk);
        let found = sought.iter().fold(0, |found, sign| found | zeros(eight ^ sign));
        if found != 0 {
            return number * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let ends = |&byte: &u8| byte == delimiter || byte == b'\n' || byte == b'\r';
    chunks.len() * 8 + rest.iter().position(ends).unwrap_or(rest.len())
}

/// How many bytes at the start of a piece of a table are whole records, so that the piece can be cut there; it begins
/// with a record. Where a record is not as it should be, the cut is before it, and behind it if it is the first.
pub(super) fn whole_records(bytes: &[u8], signs: Signs) -> usize {
    if !signs.quote.is_some_and(|quote| holds(bytes, quote)) {
        return whole_lines(bytes);
    }
    let mut reader = Reader::new(bytes, signs);
    loop {
        let (start, _) = reader.place();
        match reader.pass_record(|_| {}) {
            Ok(true) if reader.position < bytes.len() => {}
            // Behind a carriage return the line feed of the same line end may follow.
            Ok(true) => return if bytes.ends_with(b"\n") { bytes.len() } else { start },
            Ok(false) | Err(Problem::Unclosed(..)) => return start,
            Err(Problem::AfterQuote(place, _)) if start == 0 => {
                let after = whole_lines(&bytes[place..]);
                return if after == 0 { 0 } else { place + after };
            }
            Err(Problem::AfterQuote(..)) => return start,
        }
    }
}

/// How many bytes at the start of a piece of text are whole lines.
pub(super) fn whole_lines(bytes: &[u8]) -> usize {
    let feed = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |feed| feed + 1);
    let after = &bytes[feed..];
    let ends_before_last = &after[..after.len().saturating_sub(1)];
    feed + ends_before_last.iter().rposition(|&byte| byte == b'\r').map_or(0, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Signs = Signs::usual(b',');

    fn records(text: &str, signs: Signs) -> Result<Vec<Vec<(String, usize)>>, Problem> {
        let (mut reader, mut fields, mut all) = (Reader::new(text.as_bytes(), signs), Vec::new(), Vec::new());
        while reader.next_record(&mut fields)? {
            all.push(fields.iter().map(|f| (text[f.start..f.end].to_string(), f.line)).collect());
        }
        Ok(all)
    }

    #[test]
    fn all_line_ends_are_line_ends_and_the_last_may_lack() {
        let all = records("a,b\r\n1,2\r3,4\n5,6", COMMA).unwrap();
        let lines: Vec<usize> = all.iter().map(|record| record[0].1).collect();
        assert_eq!(lines, [1, 2, 3, 4]);
        assert_eq!(all[3][1].0, "6");
    }

    #[test]
    fn quotes_keep_delimiters_and_line_ends_and_lines_stay_right() {
        let all = records("\"a,\r\n\nb\",2\n \"c\" ,\"\"\nd,e\"f", COMMA).unwrap();
        assert_eq!(all[0], [("a,\r\n\nb".to_string(), 1), ("2".to_string(), 3)]);
        assert_eq!(all[1], [("c".to_string(), 4), (String::new(), 4)]);
        assert_eq!(all[2], [("d".to_string(), 5), ("e\"f".to_string(), 5)]);
    }

    #[test]
    fn an_unclosed_quote_is_reported_where_it_was_opened() {
        assert_eq!(records("a,b\n1,\"2\n3,4\n5,6\n", COMMA), Err(Problem::Unclosed(6, 2)));
        assert_eq!(records("\"a\" b,c\n", COMMA), Err(Problem::AfterQuote(4, 1)));
    }

    #[test]
    fn a_trailing_delimiter_gives_an_empty_cell() {
        assert_eq!(records("1,2,\n", COMMA).unwrap()[0].len(), 3);
    }

    #[test]
    fn numbers_are_seen_in_passing_where_a_cell_is_nothing_else() {
        let (mut reader, mut fields) = (Reader::new(b"1.5,2x,\"3\", 4,-7\n", COMMA).seeing_numbers(), Vec::new());
        reader.next_record(&mut fields).unwrap();
        let numbers: Vec<f64> = fields.iter().map(|field| field.number).collect();
        assert_eq!((numbers[0], numbers[4]), (1.5, -7.0));
        assert!(numbers[1..4].iter().all(|number| number.is_nan()));
    }

    #[test]
    fn a_cell_ends_at_the_first_delimiter_or_line_end_wherever_it_is() {
        for length in 0..40 {
            for end in [b",", b"\n", b"\r"] {
                let text = [&b"x".repeat(length)[..], end, b"yy,\n,,,,,,,,,"].concat();
                assert_eq!(end_of_cell(&text, b','), length);
            }
            assert_eq!(end_of_cell(&b"\x8c\x2d\x8a".repeat(length), b','), 3 * length);
        }
    }

    #[test]
    fn a_piece_is_cut_behind_its_last_whole_record() {
        for (piece, whole) in [
            ("1,2\n3,4\n", 8),
            ("1,2\n3,4", 4),
            ("1,2\r3,4\r", 4),
            ("1,2\r\n3", 5),
            ("1,2", 0),
            ("1,\"a\"\n2,\"b\nc", 6),
            ("1,\"a\"\n2,b\n", 10),
            ("1,\"a\"\r", 0),
            ("1,\"a\"\n\"b\"c,2\n", 6),
            ("\"b\"c,2\n4", 7),
            ("\"never closed\n1\n", 0),
        ] {
            assert_eq!(whole_records(piece.as_bytes(), COMMA), whole, "{piece:?}");
        }
    }

    /// The texts of the cells.
    fn texts(text: &str, signs: Signs) -> Vec<Vec<String>> {
        let all = records(text, signs).unwrap();
        all.into_iter().map(|record| record.into_iter().map(|(text, _)| text).collect()).collect()
    }

    #[test]
    fn runs_of_blanks_part_cells_and_those_around_a_record_part_nothing() {
        let found = texts("  a\t b\n1   \"x y\"  \n 2 3\n", COMMA.with(b' '));
        assert_eq!(found, [["a", "b"], ["1", "x y"], ["2", "3"]]);
    }

    #[test]
    fn comments_are_no_records_and_lines_stay_right() {
        let signs = Signs { comment: Some(b'#'), ..COMMA };
        let all = records("# it's 5\" long\n  # more\na,b\n1,2 # odd\nx#1,#\n# end", signs).unwrap();
        let found: Vec<Vec<(&str, usize)>> =
            all.iter().map(|record| record.iter().map(|(text, line)| (text.trim(), *line)).collect()).collect();
        assert_eq!(found, [[("a", 3), ("b", 3)], [("1", 4), ("2", 4)], [("x#1", 5), ("", 5)]]);
    }

    #[test]
    fn another_quote_or_none_and_an_escape() {
        let single = Signs { quote: Some(b'\''), ..COMMA };
        assert_eq!(texts("'a,b',5\"\n", single), [["a,b", "5\""]]);
        assert_eq!(texts("\"a,b\n", Signs { quote: None, ..COMMA }), [["\"a", "b"]]);
        let escape = Signs { escape: Some(b'\\'), ..COMMA };
        let found = texts("\"a\\\"b\",c\\,d\n\"e\\\\\",f\n", escape);
        assert_eq!(found, [["a\\\"b", "c\\,d"], ["e\\\\", "f"]]);
    }
}
