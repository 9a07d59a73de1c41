//! The bytes of a table as text, or what they are instead.

use crate::base::error::{Error, Result};
use crate::base::words::shell_word;
use crate::data::file;
use crate::data::findings::counted;
use crate::data::jsonl;
use crate::data::table::flaw::Flaw;

/// The bytes of a whole file as text, if they are text.
pub(super) fn decode(source: &str, bytes: Vec<u8>, is_latin1: bool) -> Result<String> {
    refuse_other_formats(source, &bytes)?;
    let mut text = match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text,
        Err(error) if is_latin1 && !error.as_bytes().contains(&0) => {
            error.as_bytes().iter().map(|&byte| latin1(byte)).collect()
        }
        Ok(text) => return Err(not_text(text.as_bytes(), 0, text.as_bytes()).into_error(source, 0)),
        Err(error) => return Err(not_text(error.as_bytes(), 0, error.as_bytes()).into_error(source, 0)),
    };
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    if text.trim().is_empty() {
        return Err(only_blanks(source, text.len() as u64));
    }
    Ok(text)
}

/// What may stand at the start of a text in UTF-8.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// Fails where the first bytes of a file say that it is no table of text.
pub(super) fn refuse_other_formats(source: &str, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() {
        return Err(Error::data(format!("{source}: is empty (0 bytes)")));
    }
    match file::foreign_format(bytes) {
        None => Ok(()),
        Some(_) if jsonl::is_lines_of_objects(source, bytes) => Ok(()),
        Some((format, remedy)) => Err(Error::data(format!("{source}: is {format}, expected a table of text (CSV)"))
            .remedy(remedy.replace("FILE", &shell_word(source)))),
    }
}

/// The error for a file without a single row.
pub(super) fn only_blanks(source: &str, bytes: u64) -> Error {
    Error::data(format!("{source}: holds only blanks ({})", counted(bytes as usize, "byte")))
}

/// A piece of a file as text, if it is text; `offset` bytes come before it, and the file begins with `first_bytes`.
pub(super) fn checked<'a>(bytes: &'a [u8], offset: u64, first_bytes: &[u8]) -> std::result::Result<&'a str, Flaw> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !holds(bytes, 0) => Ok(text),
        _ => Err(not_text(bytes, offset, first_bytes)),
    }
}

/// Whether a byte stands anywhere in a text, some thousand bytes at a time: without a branch for each the compiler looks
/// at many at once.
pub(super) fn holds(text: &[u8], sought: u8) -> bool {
    text.chunks(4096).any(|chunk| chunk.iter().fold(false, |found, &byte| found | (byte == sought)))
}

/// Says at which byte a piece of a file is no text.
fn not_text(bytes: &[u8], offset: u64, first_bytes: &[u8]) -> Flaw {
    if let Some(position) = bytes.iter().position(|&byte| byte == 0) {
        let start: Vec<String> = first_bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let position = offset + position as u64;
        return Flaw::in_file(
            Error::data(format!("binary at byte {position} (a zero byte), expected text"))
                .note(format!("the first bytes are {}", start.join(" ")))
                .note("gzip begins 1f 8b, a zip file or workbook (.xlsx) 50 4b, Parquet 50 41 52 31"),
        );
    }
    let valid = bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let line_ends = before.replace("\r\n", "\n").matches(['\n', '\r']).count();
    let byte = bytes[valid];
    let error = Error::data(format!("byte 0x{byte:02X} is not UTF-8 text"))
        .note(format!("in Latin-1 (Windows-1252) it is '{}'", latin1(byte)))
        .remedy("--encoding latin1");
    Flaw::at(&before, before.len(), line_ends + 1, error)
}

/// The character of a byte in Windows-1252, which has letters where Latin-1 has control codes.
fn latin1(byte: u8) -> char {
    const FROM_0X80: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match byte {
        0x80..=0x9f => FROM_0X80.chars().nth(usize::from(byte - 0x80)).expect("32 characters"),
        _ => char::from(byte),
    }
}

/// The place of a byte in its line, in characters counted from 1.
pub(super) fn character(text: &str, position: usize) -> usize {
    let before = &text[..position];
    let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    before[line..].chars().count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_files_are_named_with_what_to_do() {
        let utf16: Vec<u8> = "a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let error = decode("x.csv", utf16, false).unwrap_err();
        assert!(error.headline().contains("UTF-16") && error.to_string().contains("iconv -f UTF-16"), "{error}");
        let error = decode("x.csv", b"a,b\n1,\0\n".to_vec(), false).unwrap_err();
        assert_eq!(error.headline(), "x.csv: binary at byte 6 (a zero byte), expected text");
        let error = decode("x.csv", b"PK\x03\x04\0\0".to_vec(), false).unwrap_err();
        assert!(error.headline().contains("workbook (.xlsx)"));
    }

    #[test]
    fn latin1_bytes_are_shown_and_read_when_told() {
        let bytes = b"name,n\nAnn,1\nRen\xe9,2\n".to_vec();
        let error = decode("x.csv", bytes.clone(), false).unwrap_err();
        assert_eq!(error.headline(), "x.csv:3:4: byte 0xE9 is not UTF-8 text");
        assert!(error.to_string().ends_with("--encoding latin1"));
        assert_eq!(decode("x.csv", bytes, true).unwrap(), "name,n\nAnn,1\nRené,2\n");
        assert_eq!((latin1(0x80), latin1(0x9f), latin1(0xe9)), ('€', 'Ÿ', 'é'));
    }
}
