//! Tables of JSON objects, one on each line (JSONL, NDJSON): a key names a column, a value is a cell.

use std::ops::Range;

use crate::base::error::Error;
use crate::data::csv::Field;
use crate::data::decimal;
use crate::data::findings::quoted;
use crate::data::table::flaw::Flaw;

/// Whether a file is read as objects, one a line: by its name, or because its first line is an object and no more.
pub(super) fn is_lines_of_objects(source: &str, bytes: &[u8]) -> bool {
    let name = source.strip_suffix(".gz").unwrap_or(source);
    if name.ends_with(".jsonl") || name.ends_with(".ndjson") {
        return true;
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let line = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default().trim_ascii_end();
    let is_object = line.starts_with(b"{") && line.ends_with(b"}");
    let inside = line.get(1..).map_or(&b""[..], |rest| rest.trim_ascii_start());
    is_object && (inside.starts_with(b"\"") || inside == b"}")
}

/// Reads the object in a line of a text: its keys, and where their values stand. A missing value has no text.
pub(super) fn read_object(
    text: &str,
    line: Range<usize>,
    number: usize,
    keys: &mut Vec<String>,
    fields: &mut Vec<Field>,
) -> Result<(), Flaw> {
    keys.clear();
    fields.clear();
    let mut object = Object { text, position: line.start, end: line.end, line: number };
    object.expect(b'{', "an object: {\"column\": value, ...}")?;
    if object.takes(b'}') {
        return object.at_end();
    }
    loop {
        let key = object.string("a key in quotes")?;
        object.expect(b':', "a colon behind the key")?;
        let name = &text[key.start..key.end];
        keys.push(if key.doubled { unescaped(name) } else { name.to_string() });
        fields.push(object.value(keys.last().map_or("", String::as_str))?);
        if object.takes(b'}') {
            return object.at_end();
        }
        object.expect(b',', "a comma or } behind the value")?;
    }
}

/// The object that is read, as far as it is read.
struct Object<'a> {
    text: &'a str,
    position: usize,
    end: usize,
    line: usize,
}

impl Object<'_> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes()[..self.end].get(self.position).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\t')) {
            self.position += 1;
        }
    }

    /// Passes over a sign, if it comes next.
    fn takes(&mut self, sign: u8) -> bool {
        self.skip_blanks();
        let is_there = self.next() == Some(sign);
        self.position += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, sign: u8, expected: &str) -> Result<(), Flaw> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn at_end(&mut self) -> Result<(), Flaw> {
        self.skip_blanks();
        if self.position == self.end { Ok(()) } else { Err(self.unexpected("the end of the line: one object a line")) }
    }

    fn flaw(&self, position: usize, error: Error) -> Flaw {
        Flaw::at(self.text, position, self.line, error)
    }

    fn unexpected(&self, expected: &str) -> Flaw {
        let found = &self.text[self.position..self.end];
        let found = if found.is_empty() { "the end of the line".to_string() } else { quoted(found) };
        self.flaw(self.position, Error::data(format!("found {found}, expected {expected}")))
    }

    fn field(&self, begin: usize, start: usize, end: usize, number: f64) -> Field {
        Field { begin, start, end, line: self.line, doubled: false, number }
    }

    fn value(&mut self, key: &str) -> Result<Field, Flaw> {
        self.skip_blanks();
        let begin = self.position;
        let rest = &self.text[begin..self.end];
        for word in ["true", "false", "null"] {
            if rest.starts_with(word) {
                self.position += word.len();
                let end = if word == "null" { begin } else { self.position };
                return Ok(self.field(begin, begin, end, f64::NAN));
            }
        }
        match self.next() {
            Some(b'"') => self.string("a value"),
            Some(b'-' | b'0'..=b'9') => {
                let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                let length = rest.bytes().take_while(|byte| is_part(byte)).count();
                let written = &rest[..length];
                let read = decimal::read(written.as_bytes()).filter(|&(_, read)| read == length);
                let number = read.map(|(number, _)| number).or_else(|| written.parse::<f64>().ok());
                let Some(number) = number else { return Err(self.unexpected("a number")) };
                self.position += length;
                let number = if number.is_finite() { number } else { f64::NAN };
                Ok(self.field(begin, begin, self.position, number))
            }
            Some(b'[' | b'{') => {
                let what = if self.next() == Some(b'[') { "a list" } else { "an object" };
                Err(self.flaw(
                    begin,
                    Error::data(format!("{} is {what}; expected a number, a text, true, false or null", quoted(key)))
                        .note("a column holds one value for each row: give the parts as columns of their own"),
                ))
            }
            _ => Err(self.unexpected("a number, a text, true, false or null")),
        }
    }

    /// A text in quotes; it is `doubled` where it has escapes.
    fn string(&mut self, expected: &str) -> Result<Field, Flaw> {
        self.skip_blanks();
        let begin = self.position;
        if self.next() != Some(b'"') {
            return Err(self.unexpected(expected));
        }
        self.position += 1;
        let mut has_escapes = false;
        loop {
            match self.next() {
                None => {
                    return Err(self.flaw(begin, Error::data("this quote is not closed in its line")));
                }
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    let rest = &self.text.as_bytes()[self.position + 1..self.end];
                    let length = match rest {
                        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                        [b'u', digits @ ..] if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) => 6,
                        _ => return Err(self.unexpected("one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000")),
                    };
                    self.position += length;
                }
                Some(_) => self.position += 1,
            }
        }
        let field = self.field(begin, begin + 1, self.position, f64::NAN);
        self.position += 1;
        Ok(Field { doubled: has_escapes, ..field })
    }
}

/// A text with its escapes resolved; half a surrogate pair becomes the sign for what cannot be shown.
pub(super) fn unescaped(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let character = match character {
            '\\' => match characters.next() {
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).unwrap_or_default());
                    continue;
                }
                Some(itself) => itself,
                None => break,
            },
            plain => plain,
        };
        units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::cell::Cell;
    use crate::data::table::{ReadOptions, Table};

    fn read(text: &str) -> crate::base::error::Result<Table> {
        Table::from_bytes("x.jsonl", text.as_bytes().to_vec(), &ReadOptions::default())
    }

    #[test]
    fn keys_are_columns_in_the_order_in_which_they_come_first() {
        let table = read("{\"b\": 1.50, \"a\": \"x\\ty\"}\n\n{\"a\":null,\"c\":true}\r\n{}").unwrap();
        assert_eq!((table.rows(), table.names()), (3, &["b", "a", "c"].map(String::from)[..]));
        assert_eq!((table.value(0, 0), table.cell(0, 0)), (Cell::Number(1.5), "1.50"));
        assert_eq!((table.cell(0, 1), table.value(1, 1), table.cell(1, 2)), ("x\ty", Cell::Missing, "true"));
        assert_eq!((table.value(0, 2), table.value(2, 0)), (Cell::Missing, Cell::Missing));
        assert_eq!((table.place(1, 2), table.place(1, 0)), ("x.jsonl:3:15".to_string(), "x.jsonl:3".to_string()));
    }

    #[test]
    fn objects_are_recognised_without_the_name_of_the_file_too() {
        let bytes = b"{\"a\": 1}\n{\"a\": 2}\n".to_vec();
        assert_eq!(Table::from_bytes("x", bytes, &ReadOptions::default()).unwrap().rows(), 2);
        let error = Table::from_bytes("x", b"{\n\"a\": 1}\n".to_vec(), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.headline(), "x: is JSON, expected a table of text (CSV)");
    }

    #[test]
    fn what_is_no_flat_object_is_refused_with_its_place() {
        for (text, says) in [
            ("{\"a\":1}\n{\"a\": [1]}", "x.jsonl:2:7: \"a\" is a list; expected a number"),
            ("{\"a\": {}}", "x.jsonl:1:7: \"a\" is an object"),
            ("{\"a\": 1", "x.jsonl:1:8: found the end of the line, expected a comma or }"),
            ("{\"a\": 1} 2", "x.jsonl:1:10: found \"2\", expected the end of the line"),
            ("{a: 1}", "x.jsonl:1:2: found \"a: 1}\", expected a key in quotes"),
            ("[1]", "x.jsonl:1:1: found \"[1]\", expected an object"),
            ("{\"a\": 1-2}", "expected a number"),
            ("{\"a\": NaN}", "expected a number, a text, true, false or null"),
            ("{\"a\": \"\\x\"}", "expected one of"),
            ("{\"a\": \"b}", "x.jsonl:1:7: this quote is not closed in its line"),
            ("{\"a\":1,\"a\":2}", "x.jsonl:1:12: \"a\" comes twice in one object"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.headline().contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn objects_that_share_no_names_are_refused_before_they_take_memory() {
        let text: String = (0..10_000).map(|row| format!("{{\"k{row}\":1}}\n")).collect();
        let error = read(&text).unwrap_err();
        assert!(error.headline().contains("nearly all cells would be empty"), "{error}");
    }

    #[test]
    fn any_bytes_end_in_a_table_or_an_error() {
        use crate::base::rng::{Purpose, Rng};
        let pieces =
            ["{", "}", "\"", ":", ",", "1", "-", "e", "\\", "u12", "null", "tru", "\n", " ", "[", "é", "\"a\":"];
        for seed in 0..3000 {
            let stream = Rng::new(seed).stream(Purpose::Synthesize, 0, 0);
            let piece = |at: u64| pieces[(stream.uniform_at(at) * pieces.len() as f64) as usize];
            let _ = read(&("{\"a\":".to_string() + &(0..20).map(piece).collect::<String>()));
        }
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(unescaped(r#"\"\\\/\n\u00e9\ud83d\ude00\ud83d!"#), "\"\\/\né😀\u{fffd}!");
    }
}
