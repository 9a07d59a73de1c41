//! The bytes of a file or of standard input, unpacked if they are gzipped, and what kind of file they really are.

use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::Path;

use flate2::read::{DeflateDecoder, MultiGzDecoder};

use crate::base::error::{Error, Result, nearest};
use crate::data::findings::{grouped, list};

/// Packed bytes may grow by this factor, or to [`ALWAYS_UNPACKED`] bytes: tables and images grow less, bombs more.
const GROWTH: u64 = 200;
const ALWAYS_UNPACKED: u64 = 256 << 20;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// What messages call it: the path, or `standard input`.
    pub source: String,
    /// The bytes, unpacked.
    pub bytes: Vec<u8>,
    /// Whether the bytes were unpacked.
    pub gzipped: bool,
}

/// Reads a whole file (`-`: standard input) of at most `limit` bytes, and unpacks it if its first bytes say gzip.
///
/// ```
/// let error = clione::data::file::read("no/such/file.csv", 1000).unwrap_err();
/// assert_eq!(error.exit_code(), 5);
/// ```
pub fn read(path: impl AsRef<Path>, limit: u64) -> Result<Contents> {
    match open(path.as_ref(), limit, u64::MAX)? {
        Opened::Whole(contents) => Ok(contents),
        Opened::Large(source, ..) => unreachable!("{source} is larger than any file"),
    }
}

/// Looks at the first bytes of a file, given what messages call it: refuses them, or says how many it needs to see.
pub type Look<'a> = &'a dyn Fn(&str, &[u8]) -> Result<Option<usize>>;

/// How many bytes are looked at first.
const FIRST: usize = 4096;

/// As [`read`], but shows `look` the first bytes, unpacked, before the rest is read: it may refuse them, or say how many it
/// needs to see first; then it is shown as many, or all that there are.
///
/// ```
/// use clione::base::error::Error;
/// use clione::data::file::read_looking;
/// let refused = read_looking("Cargo.toml", 1000, &|source, _| Err(Error::data(format!("{source}: is no table"))));
/// assert_eq!(refused.unwrap_err().headline(), "Cargo.toml: is no table");
/// ```
pub fn read_looking(path: impl AsRef<Path>, limit: u64, look: Look<'_>) -> Result<Contents> {
    let path = path.as_ref();
    let (source, mut reader): (String, Box<dyn Read>) = if path == Path::new("-") {
        (STANDARD_INPUT.to_string(), Box::new(io::stdin().lock()))
    } else {
        let (source, file, _) = open_file(path)?;
        (source, Box::new(file))
    };
    let (mut start, mut wanted) = (Vec::new(), FIRST);
    loop {
        let before = start.len();
        let more = wanted.saturating_sub(before) as u64;
        reader
            .by_ref()
            .take(more.min(limit))
            .read_to_end(&mut start)
            .map_err(|error| Error::io(format!("{source}: {error}")))?;
        // What the first packed bytes unpack to; where they are cut or damaged, that is told once all have been read.
        let mut unpacked = Vec::new();
        let shown = if start.starts_with(GZIP) {
            let _ = MultiGzDecoder::new(&start[..]).take(most_unpacked(start.len() as u64)).read_to_end(&mut unpacked);
            &unpacked
        } else {
            &start
        };
        match look(&source, shown)? {
            Some(needed) if needed > shown.len() && start.len() > before => {
                wanted = start.len().saturating_mul(2).max(if start.starts_with(GZIP) { 0 } else { needed });
            }
            Some(_) | None => break,
        }
    }
    let bytes = read_to_limit(&source, Read::chain(&start[..], reader), limit)?;
    unpack(&source, bytes, limit)
}

/// A file that was opened.
pub(super) enum Opened {
    /// It was read.
    Whole(Contents),
    /// It is large and not packed, so that it can be read in pieces: what messages call it, the file, and what it is like.
    Large(String, File, Metadata),
}

/// Reads a file (`-`: standard input) of at most `limit` bytes, but only opens one that has more than `small` bytes, is
/// not gzipped and can be read from any place.
pub(super) fn open(path: &Path, limit: u64, small: u64) -> Result<Opened> {
    if path == Path::new("-") {
        let bytes = read_to_limit(STANDARD_INPUT, io::stdin().lock(), limit)?;
        return Ok(Opened::Whole(unpack(STANDARD_INPUT, bytes, limit)?));
    }
    let (source, mut file, metadata) = open_file(path)?;
    if metadata.is_file() && metadata.len() > small {
        let mut start = [0; GZIP.len()];
        let is_packed = file.read_exact(&mut start).is_ok() && start == *GZIP;
        file.rewind().map_err(|error| Error::io(format!("{source}: {error}")))?;
        if !is_packed {
            return Ok(Opened::Large(source, file, metadata));
        }
    }
    let bytes = read_to_limit(&source, file, limit)?;
    Ok(Opened::Whole(unpack(&source, bytes, limit)?))
}

const STANDARD_INPUT: &str = "standard input";

fn open_file(path: &Path) -> Result<(String, File, Metadata)> {
    let source = path.display().to_string();
    let file = File::open(path).map_err(|error| cannot_open(path, &error))?;
    let metadata = file.metadata().map_err(|error| Error::io(format!("{source}: {error}")))?;
    if metadata.is_dir() {
        return Err(is_a_folder(path));
    }
    Ok((source, file, metadata))
}

/// The bytes of a file (`-`: standard input) one after another, unpacked if they are gzipped, and what messages call it.
pub(super) fn stream(path: impl AsRef<Path>) -> Result<(String, Box<dyn Read + Send>)> {
    let path = path.as_ref();
    let (source, mut packed): (String, Box<dyn BufRead + Send>) = if path == Path::new("-") {
        (STANDARD_INPUT.to_string(), Box::new(BufReader::new(io::stdin())))
    } else {
        let (source, file, _) = open_file(path)?;
        (source, Box::new(BufReader::new(file)))
    };
    let start = packed.fill_buf().map_err(|error| Error::io(format!("{source}: {error}")))?;
    let is_packed = start.starts_with(GZIP);
    Ok((source, if is_packed { Box::new(MultiGzDecoder::new(packed)) } else { Box::new(packed) }))
}

/// Whether reading failed because of what the bytes are: those of a gzip file that is cut or changed.
pub(super) fn is_damaged(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
}

/// How many bytes so many packed bytes may unpack to.
pub(super) fn most_unpacked(packed: u64) -> u64 {
    (packed * GROWTH).max(ALWAYS_UNPACKED)
}

/// Bytes that are already in memory, unpacked if they are gzipped.
pub(super) fn unpack(source: &str, bytes: Vec<u8>, limit: u64) -> Result<Contents> {
    let source = source.to_string();
    if !bytes.starts_with(GZIP) {
        return Ok(Contents { source, bytes, gzipped: false });
    }
    let allowed = limit.min(most_unpacked(bytes.len() as u64));
    let mut unpacked = Vec::new();
    let result = MultiGzDecoder::new(&bytes[..]).take(allowed + 1).read_to_end(&mut unpacked);
    if unpacked.len() as u64 > allowed {
        return Err(Error::data(format!(
            "{source}: {} gzipped bytes unpack to more than {}",
            grouped(bytes.len()),
            grouped(allowed as usize)
        ))
        .remedy("gunzip it and give the unpacked file"));
    }
    match result {
        Ok(_) => Ok(Contents { source, bytes: unpacked, gzipped: true }),
        Err(error) => Err(Error::data(format!("{source}: damaged gzip file: {error}"))
            .note(format!("{} bytes could be unpacked", grouped(unpacked.len())))),
    }
}

/// The bytes that a part of a zip file unpacks to: as many as it says and at most one more; None where it is damaged.
pub(super) fn inflate(packed: &[u8], length: u64) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    DeflateDecoder::new(packed).take(length.saturating_add(1)).read_to_end(&mut unpacked).ok()?;
    Some(unpacked)
}

fn is_a_folder(path: &Path) -> Error {
    let error = Error::io(format!("{}: is a folder, expected a file", path.display()));
    let names = names_in(path).unwrap_or_default();
    if names.is_empty() { error } else { error.note(format!("it holds {}", list(names.iter().map(String::as_str)))) }
}

/// The names in a folder in order, without hidden ones; None where it cannot be read.
fn names_in(folder: &Path) -> Option<Vec<String>> {
    let entries = fs::read_dir(folder).ok()?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort_unstable();
    Some(names)
}

pub(super) fn read_to_limit(source: &str, reader: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io(format!("{source}: {error}")))?;
    if bytes.len() as u64 > limit {
        return Err(Error::data(format!("{source}: larger than the limit of {} bytes", grouped(limit as usize))));
    }
    Ok(bytes)
}

fn cannot_open(path: &Path, error: &io::Error) -> Error {
    let source = path.display();
    if let Ok(target) = fs::read_link(path) {
        return Error::io(format!("{source}: links to {}, which cannot be opened: {error}", target.display()));
    }
    let missing = match error.kind() {
        ErrorKind::NotFound => Error::io(format!("{source}: no such file")),
        ErrorKind::PermissionDenied => return Error::io(format!("{source}: no permission to read it")),
        _ => return Error::io(format!("{source}: {error}")),
    };
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let Some(names) = names_in(folder) else {
        return missing.note(format!("there is no folder {}", folder.display()));
    };
    let typed = path.file_name().unwrap_or_default().to_string_lossy();
    match nearest(&typed, names.iter().map(String::as_str)) {
        Some(near) => missing.note(format!("did you mean {}?", path.with_file_name(near).display())),
        None if typed.contains(['*', '?', '[']) => missing.note("no file fits this pattern"),
        None => missing,
    }
}

const GZIP: &[u8] = &[0x1f, 0x8b];

/// Formats known by their first bytes: the bytes, what it is, what to do.
const FORMATS: &[(&[u8], &str, &str)] = &[
    (GZIP, "a gzip file inside a gzip file", "gunzip it"),
    (b"PK\x03\x04", "a zip file or a workbook (.xlsx)", "unzip it, or save the sheet as CSV (UTF-8)"),
    (b"PK\x05\x06", "an empty zip file", "give a CSV file"),
    (&[0xd0, 0xcf, 0x11, 0xe0], "an old workbook (.xls)", "save the sheet as CSV (UTF-8)"),
    (b"PAR1", "a Parquet file", "duckdb -c \"COPY 'table.parquet' TO 'table.csv'\""),
    (b"ARROW1", "an Arrow file", "export it as CSV"),
    (b"\x89HDF", "an HDF5 file", "export the table as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "sqlite3 -header -csv FILE 'select * from TABLE' > table.csv"),
    (b"BZh", "a bzip2 file", "bunzip2 it"),
    (b"\xfd7zXZ", "an xz file", "unxz it"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "a zstd file", "unzstd it"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"%PDF", "a PDF", "give the table as CSV"),
    (b"\x89PNG", "a PNG image", "give a table as CSV"),
    (&[0xff, 0xd8, 0xff], "a JPEG image", "give a table as CSV"),
    (&[0, 0, 8, 3], "an IDX file of images", "give it with --images, and its labels with --labels"),
    (&[0, 0, 8, 1], "an IDX file of labels", "give it with --labels, and its images with --images"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "git lfs pull"),
];

/// What a file really is, and what to do with it, where its first bytes say that it is no table of text.
///
/// ```
/// use clione::data::file::foreign_format;
/// assert_eq!(foreign_format(b"PAR1\x15\x04").unwrap().0, "a Parquet file");
/// assert_eq!(foreign_format(b"size,price\n"), None);
/// ```
pub fn foreign_format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if let Some(&(_, name, remedy)) = FORMATS.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Some((name, remedy));
    }
    if let Some(found) = model_format(bytes) {
        return Some(found);
    }
    if is_utf16(bytes) {
        return Some(("UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE > table.csv"));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let starts_with = |word: &str| text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes()));
    if ["<!doctype", "<html", "<head", "<?xml"].into_iter().any(starts_with) {
        return Some(("a web page (HTML or XML)", "download the table itself: the page may be an error or a log-in"));
    }
    let brackets = [text.first(), text.get(1..).and_then(|rest| rest.trim_ascii_start().first())];
    if let [Some(b'{'), Some(b'"' | b'}')] | [Some(b'['), Some(b'{' | b'[')] = brackets {
        return Some(("JSON", "jq -r '.[] | [.[]] | @csv' FILE > table.csv"));
    }
    None
}

/// What a file of a network is, by marks that are weaker than a magic number but are no text.
fn model_format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0x80, 2..=5, next, ..] if *next != 0 => {
            Some(("a Python pickle, which is never executed", "export the table as CSV: pandas.DataFrame.to_csv"))
        }
        // A version of the format below 128, then one of the fields that ONNX puts behind it.
        [8, 1..=0x7f, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..] => {
            Some(("an ONNX network", "give the rows to learn from, or those to predict, as a table"))
        }
        // The length of a header below 4 GiB, and the header.
        [_, _, _, _, 0, 0, 0, 0, b'{', ..] => Some(("a file of parameters (safetensors)", "clione show FILE")),
        _ => None,
    }
}

/// A byte order mark, or a zero in every other byte.
fn is_utf16(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512)];
    let zeros = |first: usize| start.iter().skip(first).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), start.len() / 2);
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    marked || (half >= 2 && ((even == 0 && odd * 10 >= half * 9) || (odd == 0 && even * 10 >= half * 9)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;

    /// Bytes as a gzip file.
    pub(in crate::data) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzipped_bytes_are_unpacked_even_in_several_members() {
        let packed = [gzip(b"a,b\n"), gzip(b"1,2\n")].concat();
        let contents = unpack("x", packed, 1000).unwrap();
        assert_eq!((contents.bytes.as_slice(), contents.gzipped), (&b"a,b\n1,2\n"[..], true));
    }

    #[test]
    fn unpacking_stops_at_the_limit() {
        let error = unpack("bomb.csv", gzip(&vec![b'0'; 1 << 20]), 1000).unwrap_err();
        assert!(error.headline().ends_with("unpack to more than 1,000"), "{error}");
    }

    #[test]
    fn a_cut_gzip_file_is_damaged() {
        let packed = gzip(&b"1,2,3\n".repeat(1000));
        let error = unpack("x.gz", packed[..packed.len() / 2].to_vec(), 1 << 20).unwrap_err();
        assert!(error.headline().starts_with("x.gz: damaged gzip file"), "{error}");
        assert_eq!(error.exit_code(), 3);
    }

    #[test]
    fn what_is_refused_by_its_first_bytes_is_not_read_on() {
        let path = std::env::temp_dir().join(format!("clione-looking-{}", std::process::id()));
        for packed in [false, true] {
            let bytes: Vec<u8> = (0..400_000u32).flat_map(u32::to_le_bytes).collect();
            fs::write(&path, if packed { gzip(&bytes) } else { bytes.clone() }).unwrap();
            let looked = std::cell::RefCell::new(Vec::new());
            let refused = read_looking(&path, u64::MAX, &|_, start| {
                looked.borrow_mut().push(start.len());
                if start.len() < 50_000 { Ok(Some(50_000)) } else { Err(Error::data("no")) }
            });
            assert_eq!(refused.unwrap_err().headline(), "no");
            let looked = looked.into_inner();
            assert!(looked.len() > 1 && looked.last().is_some_and(|&last| last < 500_000), "{looked:?}");
            let read = read_looking(&path, u64::MAX, &|_, _| Ok(None)).unwrap();
            assert_eq!((read.bytes, read.gzipped), (bytes, packed));
            // More than there is is shown as it is.
            let all = read_looking(&path, u64::MAX, &|_, _| Ok(Some(usize::MAX))).unwrap();
            assert_eq!(all.bytes.len(), 1_600_000);
        }
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_missing_file_names_the_nearest_one_in_its_folder() {
        let folder = std::env::temp_dir().join(format!("clione-file-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("people.csv"), "a\n1\n").unwrap();
        let error = read(folder.join("peple.csv"), 1000).unwrap_err();
        assert_eq!(error.exit_code(), 5);
        assert!(error.notes()[0].ends_with("people.csv?"), "{error}");
        assert!(read(&folder, 1000).unwrap_err().headline().contains("folder"));
        assert!(read(folder.join("people.csv"), 3).unwrap_err().headline().contains("larger than the limit of 3"));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn foreign_formats_are_named() {
        for (bytes, name) in [
            (&b"PK\x03\x04rest"[..], "xlsx"),
            (b"[{\"a\": 1}]", "JSON"),
            (b" {\n \"a\": 1}", "JSON"),
            (b"<!DOCTYPE html>", "HTML"),
            (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
            (b"\xff\xfea\0,\0b\0", "UTF-16"),
            (b"a\0,\0b\0\n\0", "UTF-16"),
            (b"\0a\0,\0b\0\n", "UTF-16"),
            (b"\x80\x04\x95\x10", "pickle"),
            (b"\x08\x07\x12\x07pytorch", "ONNX"),
            (b"\x3d\0\0\0\0\0\0\0{\"w\"", "safetensors"),
        ] {
            assert!(foreign_format(bytes).unwrap().0.contains(name), "{bytes:?}");
        }
        assert_eq!(foreign_format(b"[x],{y}\n1,2\n"), None);
        assert_eq!(foreign_format(b""), None);
    }
}
