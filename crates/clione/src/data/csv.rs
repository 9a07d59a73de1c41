//! Where the cells of a table of text lie: delimiters, quotes and line ends.
//!
//! This reader is our own because messages name the line and the character at which a cell begins and the place where
//! an unclosed quote was opened. The `csv` crate keeps the start of a record only, and takes a quote that never closes
//! as a cell that reaches to the end of the file.

use crate::data::decimal;
use crate::data::text::holds;

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
    /// Its text has doubled quotes, each of which stands for one.
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

/// Reads one record after another; every kind of line end will do (LF, CRLF, CR, also mixed).
///
/// ```
/// use clione::data::csv::Reader;
/// let text = b"name,size\n\"Kelly, James\",34\n";
/// let (mut reader, mut fields) = (Reader::new(text, b','), Vec::new());
/// reader.next_record(&mut fields).unwrap();
/// reader.next_record(&mut fields).unwrap();
/// assert_eq!(&text[fields[0].start..fields[0].end], b"Kelly, James");
/// assert_eq!(fields[1].line, 2);
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    position: usize,
    line: usize,
    sees_numbers: bool,
}

impl<'a> Reader<'a> {
    /// A reader at the first line.
    pub fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        Reader::at(bytes, delimiter, 0, 1)
    }

    /// A reader at a record whose first byte and line are known.
    pub fn at(bytes: &'a [u8], delimiter: u8, position: usize, line: usize) -> Self {
        Reader { bytes, delimiter, position, line, sees_numbers: false }
    }

    /// The same reader, which sees numbers with a decimal point as it passes over them.
    pub(super) fn seeing_numbers(self) -> Self {
        Reader { sees_numbers: true, ..self }
    }

    /// The byte and the line at which the next record begins.
    pub fn place(&self) -> (usize, usize) {
        (self.position, self.line)
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
        if self.position >= self.bytes.len() {
            return Ok(false);
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
            match self.bytes.get(self.position) {
                Some(&byte) if byte == self.delimiter => self.position += 1,
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
        let quote = begin + self.blanks(begin);
        if self.bytes.get(quote) == Some(&b'"') {
            return self.quoted(quote);
        }
        let end = begin + end_of_cell(&self.bytes[begin..], self.delimiter);
        self.position = end;
        Ok(Field { begin, start: begin, end, line: self.line, doubled: false, number: f64::NAN })
    }

    #[inline]
    fn ends_cell(&self, position: usize) -> bool {
        self.bytes.get(position).is_none_or(|byte| *byte == self.delimiter || matches!(byte, b'\n' | b'\r'))
    }

    fn quoted(&mut self, quote: usize) -> Result<Field, Problem> {
        let (begin, line) = (quote, self.line);
        let mut field = Field { begin, start: quote + 1, end: 0, line, doubled: false, number: f64::NAN };
        self.position = quote + 1;
        loop {
            match self.bytes.get(self.position) {
                None => return Err(Problem::Unclosed(quote, field.line)),
                Some(b'\n' | b'\r') => self.line_end(),
                Some(b'"') if self.bytes.get(self.position + 1) == Some(&b'"') => {
                    field.doubled = true;
                    self.position += 2;
                }
                Some(b'"') => break,
                Some(_) => self.position += 1,
            }
        }
        field.end = self.position;
        self.position += 1;
        self.position += self.blanks(self.position);
        if self.ends_cell(self.position) { Ok(field) } else { Err(Problem::AfterQuote(self.position, self.line)) }
    }

    fn blanks(&self, from: usize) -> usize {
        if self.delimiter == b' ' {
            return 0;
        }
        self.bytes[from..].iter().take_while(|&&byte| byte == b' ').count()
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
pub(super) fn whole_records(bytes: &[u8], delimiter: u8) -> usize {
    if !holds(bytes, b'"') {
        return whole_lines(bytes);
    }
    let mut reader = Reader::new(bytes, delimiter);
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

/// Delimiters that are looked for. A comma is last: where decimals have commas, another one parts the cells.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// How many records are looked at to find the delimiter.
const LOOKED_AT: usize = 100;

/// The delimiter that parts most of the first records into the same number of cells, at least two; None if none does.
///
/// ```
/// use clione::data::csv::find_delimiter;
/// assert_eq!(find_delimiter(b"size;price\n3,14;2\n2,72;1\n"), Some(b';'));
/// assert_eq!(find_delimiter(b"size\n3\n"), None);
/// ```
pub fn find_delimiter(bytes: &[u8]) -> Option<u8> {
    let shares = DELIMITERS.map(|delimiter| (agreement(bytes, delimiter), delimiter));
    let best = shares.iter().map(|&(share, _)| share).fold(0.0, f64::max);
    shares.into_iter().find(|&(share, _)| share == best && share > 0.0).map(|(_, delimiter)| delimiter)
}

/// The share of the first records that have the most frequent number of cells; 0 if that is one cell.
pub(super) fn agreement(bytes: &[u8], delimiter: u8) -> f64 {
    let mut counts: Vec<usize> = widths(bytes, delimiter).take(LOOKED_AT).collect();
    counts.sort_unstable();
    let most = counts.chunk_by(|a, b| a == b).max_by_key(|same| same.len());
    most.filter(|same| same[0] > 1).map_or(0.0, |same| same.len() as f64 / counts.len() as f64)
}

/// How many cells each record has, up to the first that cannot be read; blank lines are passed over.
pub(super) fn widths(bytes: &[u8], delimiter: u8) -> impl Iterator<Item = usize> {
    let mut reader = Reader::new(bytes, delimiter);
    let next = move || {
        let (mut width, mut is_blank) = (0, true);
        let count = |field: Field| (width, is_blank) = (width + 1, field.start == field.end);
        (reader.pass_record(count) == Ok(true)).then_some((width, width == 1 && is_blank))
    };
    std::iter::from_fn(next).filter(|&(_, is_blank)| !is_blank).map(|(width, _)| width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, delimiter: u8) -> Result<Vec<Vec<(String, usize)>>, Problem> {
        let (mut reader, mut fields, mut all) = (Reader::new(text.as_bytes(), delimiter), Vec::new(), Vec::new());
        while reader.next_record(&mut fields)? {
            all.push(fields.iter().map(|f| (text[f.start..f.end].to_string(), f.line)).collect());
        }
        Ok(all)
    }

    #[test]
    fn all_line_ends_are_line_ends_and_the_last_may_lack() {
        let all = records("a,b\r\n1,2\r3,4\n5,6", b',').unwrap();
        let lines: Vec<usize> = all.iter().map(|record| record[0].1).collect();
        assert_eq!(lines, [1, 2, 3, 4]);
        assert_eq!(all[3][1].0, "6");
    }

    #[test]
    fn quotes_keep_delimiters_and_line_ends_and_lines_stay_right() {
        let all = records("\"a,\r\n\nb\",2\n \"c\" ,\"\"\nd,e\"f", b',').unwrap();
        assert_eq!(all[0], [("a,\r\n\nb".to_string(), 1), ("2".to_string(), 3)]);
        assert_eq!(all[1], [("c".to_string(), 4), (String::new(), 4)]);
        assert_eq!(all[2], [("d".to_string(), 5), ("e\"f".to_string(), 5)]);
    }

    #[test]
    fn an_unclosed_quote_is_reported_where_it_was_opened() {
        assert_eq!(records("a,b\n1,\"2\n3,4\n5,6\n", b','), Err(Problem::Unclosed(6, 2)));
        assert_eq!(records("\"a\" b,c\n", b','), Err(Problem::AfterQuote(4, 1)));
    }

    #[test]
    fn a_trailing_delimiter_gives_an_empty_cell() {
        assert_eq!(records("1,2,\n", b',').unwrap()[0].len(), 3);
    }

    #[test]
    fn numbers_are_seen_in_passing_where_a_cell_is_nothing_else() {
        let (mut reader, mut fields) = (Reader::new(b"1.5,2x,\"3\", 4,-7\n", b',').seeing_numbers(), Vec::new());
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
            assert_eq!(whole_records(piece.as_bytes(), b','), whole, "{piece:?}");
        }
    }

    #[test]
    fn the_delimiter_is_found() {
        assert_eq!(find_delimiter(b"sentence\tlabel\na, b and c\t1\nd\t0\n"), Some(b'\t'));
        assert_eq!(find_delimiter(b"a|b\n1|2\n"), Some(b'|'));
        assert_eq!(find_delimiter(b"a,b\n\"x;y\",2\n\"x;z\",3\n1,2,3\n"), Some(b','));
        assert_eq!(find_delimiter(b""), None);
    }
}
