//! From a file or a stream to a table: what it is, then block by block on several threads, put together in order.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::base::error::{Error, Result};
use crate::data::binary;
use crate::data::csv::{Signs, agreement, find_delimiter, widths};
use crate::data::file::{self, Contents, Opened};
use crate::data::findings::{counted, grouped};
use crate::data::jsonl;
use crate::data::npy::{self, ArrayRows};
use crate::data::table::blocks::{Block, Blocks, PIECE, Trouble};
use crate::data::table::flaw::Flaw;
use crate::data::table::kept::{Kept, KeptFile, Origin};
use crate::data::table::layout::{Layout, Record, Records};
use crate::data::table::merged::{Merged, read_parts};
use crate::data::table::names::{self, Names};
use crate::data::table::part::{Part, Scheme, too_many_columns};
use crate::data::table::told::read_as_told;
use crate::data::table::{ReadOptions, Table};
use crate::data::text;

/// The largest text that is kept as a whole.
const LARGEST_HELD: u64 = (u32::MAX / 2) as u64;

/// The text of a file up to this size is kept.
const SMALL: u64 = 16 << 20;

/// How many bytes are read at most of what must be kept as a whole.
pub(super) fn held_limit(options: &ReadOptions) -> u64 {
    options.size_limit.min(LARGEST_HELD)
}

/// Reads a file.
pub(super) fn from_file(path: &Path, options: &ReadOptions) -> Result<Table> {
    check_options(options)?;
    let (path, member) = binary::split(path);
    let small = if options.latin1 { LARGEST_HELD } else { SMALL };
    match file::open(&path, held_limit(options), small)? {
        Opened::Whole(contents) => from_contents_of(contents, member.as_deref(), options),
        Opened::Large(source, file, metadata) => {
            let file = Arc::new(KeptFile::new(file, metadata));
            let (length, kept) = (file.length(), Kept::File(file));
            let mut blocks = Blocks::new(kept.from(0), PIECE, 0, options.size_limit);
            if binary::is_binary(blocks.look(PIECE).map_err(|trouble| trouble.into_error(&source, 1))?) {
                let bytes = file::read_to_limit(&source, kept.from(0), options.size_limit)?;
                return from_binary(&source, &bytes, member.as_deref(), options);
            }
            let start = Start { source, blocks, is_checked: false, notes: Vec::new() };
            let (mut opening, blocks) = start.open(options)?;
            let table = opening.read_all(blocks, kept.clone(), length, options);
            kept.check(&opening.source)?;
            table
        }
    }
}

/// Reads bytes.
pub(super) fn from_contents(contents: Contents, options: &ReadOptions) -> Result<Table> {
    from_contents_of(contents, None, options)
}

fn from_contents_of(contents: Contents, member: Option<&str>, options: &ReadOptions) -> Result<Table> {
    check_options(options)?;
    let Contents { source, bytes, gzipped } = contents;
    if binary::is_binary(&bytes) {
        return from_binary(&source, &bytes, member, options);
    }
    let text = text::decode(&source, bytes, options.latin1)?;
    // Latin-1 takes more bytes as UTF-8.
    if text.len() as u64 > LARGEST_HELD {
        return Err(Error::data(format!("{source}: {} bytes of text, at most {LARGEST_HELD} are read", text.len())));
    }
    let notes = if gzipped { vec![unpacked(text.len())] } else { Vec::new() };
    let length = text.len() as u64;
    let kept = Kept::Text(Arc::new(text.into_bytes()), 0);
    let blocks = Blocks::new(kept.from(0), PIECE, 0, u64::MAX);
    let (mut opening, blocks) = Start { source, blocks, is_checked: true, notes }.open(options)?;
    opening.read_all(blocks, kept, length, options)
}

fn from_binary(source: &str, bytes: &[u8], member: Option<&str>, options: &ReadOptions) -> Result<Table> {
    let mut table = binary::read(source, bytes, member, options)?;
    read_as_told(&mut table, options)?;
    Ok(table)
}

fn unpacked(bytes: usize) -> String {
    format!("unpacked from gzip: {} bytes", grouped(bytes))
}

/// A table that passes by in blocks of some thousand rows, each a table of its own with the same columns: a file of any
/// length takes no more memory than a few blocks.
///
/// ```
/// use clione::data::table::{ReadOptions, TableBlocks};
/// let path = std::env::temp_dir().join("clione-blocks.csv");
/// std::fs::write(&path, "size,price\n1,10\n2,19\n").unwrap();
/// let mut blocks = TableBlocks::open(&path, &ReadOptions::default())?;
/// let first = blocks.next_block()?.unwrap();
/// assert_eq!((first.rows(), first.place(1, 0).ends_with("blocks.csv:3:1")), (2, true));
/// assert!(blocks.next_block()?.is_none());
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub struct TableBlocks {
    rest: Rest,
    options: ReadOptions,
}

enum Rest {
    /// More blocks of a text.
    Text { opening: Box<Opening>, blocks: Blocks, any_rows: bool, lines_before: u64 },
    /// More rows of an array.
    Array(Box<ArrayRows>),
    /// A table that is read as a whole.
    Whole(Option<Box<Table>>),
}

impl TableBlocks {
    /// Looks at the start of a file (`-`: standard input). Text and the rows of an array (NPY) pass by; other formats, and
    /// arrays that lie column by column, are read whole.
    pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<TableBlocks> {
        check_options(options)?;
        let options = options.clone();
        // Whether bytes are Latin-1 can be told only when all are there.
        if options.latin1 {
            let table = from_file(path.as_ref(), &options)?;
            return Ok(TableBlocks { rest: Rest::Whole(Some(Box::new(table))), options });
        }
        let (path, member) = binary::split(path.as_ref());
        let (source, stream) = file::stream(&path)?;
        let mut blocks = Blocks::new(stream, PIECE, 0, options.size_limit);
        if binary::is_binary(blocks.look(PIECE).map_err(|trouble| trouble.into_error(&source, 1))?) {
            let head = blocks.look(PIECE).map_err(|trouble| trouble.into_error(&source, 1))?.to_vec();
            let mut stream: Box<dyn Read + Send> = Box::new(blocks.into_stream());
            if npy::is_array(&head) {
                match ArrayRows::open(&source, &head, stream, PIECE, &options)? {
                    Ok(rows) => return Ok(TableBlocks { rest: Rest::Array(Box::new(rows)), options }),
                    Err(whole) => stream = whole,
                }
            }
            let bytes = file::read_to_limit(&source, stream, options.size_limit)?;
            let table = from_binary(&source, &bytes, member.as_deref(), &options)?;
            return Ok(TableBlocks { rest: Rest::Whole(Some(Box::new(table))), options });
        }
        let (opening, blocks) = Start { source, blocks, is_checked: false, notes: Vec::new() }.open(&options)?;
        let lines_before = opening.lines_before;
        let rest = Rest::Text { opening: Box::new(opening), blocks, any_rows: false, lines_before };
        Ok(TableBlocks { rest, options })
    }

    /// The next rows; None at the end. What is noted of the file as a whole comes with the first.
    pub fn next_block(&mut self) -> Result<Option<Table>> {
        let (opening, blocks, any_rows, lines_before) = match &mut self.rest {
            Rest::Whole(table) => return Ok(table.take().map(|table| *table)),
            Rest::Array(rows) => {
                let Some((table, before)) = rows.next(&self.options)? else { return Ok(None) };
                let mut table = Table { origin: Origin::Rows(before), ..table };
                read_as_told(&mut table, &self.options)?;
                return Ok(Some(table));
            }
            Rest::Text { opening, blocks, any_rows, lines_before } => (opening, blocks, any_rows, lines_before),
        };
        loop {
            let found = blocks.next(opening.scheme.layout);
            let Some(block) = found.map_err(|trouble| opening.tell(trouble, *lines_before))? else {
                return if *any_rows { Ok(None) } else { Err(opening.no_rows(0)) };
            };
            let mut merged = Merged::new(*lines_before, opening.column_names.clone());
            let part = Part::read(&block, &opening.scheme, usize::MAX);
            merged.take(
                part.map_err(|flaw| flaw.into_error(&opening.source, *lines_before))?,
                &opening.source,
                &opening.scheme,
            )?;
            let lines = merged.lines_before;
            opening.column_names.clone_from(&merged.names);
            if merged.rows == 0 && merged.bad.count() == 0 {
                *lines_before = lines;
                continue;
            }
            let kept = Kept::Text(Arc::new(block.bytes), block.offset);
            let table = opening.finish(merged, kept, &self.options)?;
            (*any_rows, *lines_before) = (true, lines);
            return Ok(Some(table));
        }
    }
}

/// The bytes of a table before it is known how they are written.
struct Start {
    source: String,
    blocks: Blocks,
    /// Whether it is known that they are text and no other format.
    is_checked: bool,
    notes: Vec<String>,
}

/// What the start of a table says about all of it.
struct Opening {
    source: String,
    scheme: Scheme,
    header: bool,
    /// What the columns are called; of objects those that were met so far.
    column_names: Vec<String>,
    /// How many lines come before the first row.
    lines_before: u64,
    notes: Vec<String>,
    /// What is said once, with the first rows.
    warnings: Vec<String>,
    /// Whether the last column is left out, because nothing stands in it; not known before the first rows.
    drops_last: Option<bool>,
}

impl Start {
    /// Finds out how the table is written and what its columns are called; the blocks then begin with the first row.
    fn open(mut self, options: &ReadOptions) -> Result<(Opening, Blocks)> {
        let Start { source, blocks, is_checked, notes } = &mut self;
        let bytes = blocks.look(PIECE).map_err(|trouble| trouble.into_error(source, 1))?;
        let first_bytes = bytes[..bytes.len().min(8)].to_vec();
        let is_objects = jsonl::is_lines_of_objects(source, bytes);
        if !*is_checked {
            text::refuse_other_formats(source, bytes)?;
            if bytes.starts_with(text::BYTE_ORDER_MARK.encode_utf8(&mut [0; 4]).as_bytes()) {
                blocks.skip(text::BYTE_ORDER_MARK.len_utf8());
            }
        }
        let format = options.cells();
        let column_limit = options.column_limit;
        let lines_before = skip_lines(blocks, options.skip_rows).map_err(|trouble| trouble.into_error(source, 1))?;
        if lines_before < options.skip_rows as u64 {
            let lines = counted(lines_before as usize, "line");
            return Err(Error::data(format!("{source}: --skip-rows {}: the file has {lines}", options.skip_rows))
                .remedy("--skip-rows 0"));
        }
        let bytes = blocks.look(PIECE).map_err(|trouble| trouble.into_error(source, 1))?;
        let mut opening = Opening {
            source: source.clone(),
            scheme: Scheme { layout: Layout::Objects, format, column_limit, first_bytes },
            header: true,
            column_names: Vec::new(),
            lines_before,
            notes: Vec::new(),
            warnings: Vec::new(),
            drops_last: is_objects.then_some(false),
        };
        if !is_objects {
            let delimiter = choose_delimiter(source, bytes, options, notes)?;
            opening.scheme.layout = Layout::Cells { signs: options.signs(delimiter), stride: 0 };
            opening.read_header(blocks, options)?;
        }
        opening.notes = self.notes;
        Ok((opening, self.blocks))
    }
}

impl Opening {
    /// Reads the first record: how many columns there are, and what they are called.
    fn read_header(&mut self, blocks: &mut Blocks, options: &ReadOptions) -> Result<()> {
        let start = blocks.place();
        loop {
            let found = blocks.next(self.scheme.layout).map_err(|trouble| self.tell(trouble, self.lines_before))?;
            let Some(block) = found else {
                return Err(text::only_blanks(&self.source, blocks.place() - start));
            };
            let told = |flaw: Flaw| flaw.into_error(&self.source, self.lines_before);
            let text = text::checked(&block.bytes, block.offset, &self.scheme.first_bytes).map_err(told)?;
            if let Layout::Cells { signs, .. } = self.scheme.layout
                && let Some(width) = widths(text.as_bytes(), signs).next()
                && width > self.scheme.column_limit
            {
                // Counted before the cells are kept.
                let error = too_many_columns(width, self.scheme.column_limit);
                return Err(error.in_file(&format!("{}:{}", self.source, self.lines_before + 1)));
            }
            let mut records = Records::new(text, self.scheme.layout, false);
            let mut first = records.next().map_err(told)?;
            while first == Some(Record::Blank) {
                first = records.next().map_err(told)?;
            }
            let (end, next_line) = records.place();
            if first.is_none() {
                self.lines_before += next_line as u64 - 1;
                continue;
            }
            let (start, line) = records.start;
            let stride = records.fields.len();
            let line = self.lines_before + line as u64;
            if stride > self.scheme.column_limit {
                let error = too_many_columns(stride, self.scheme.column_limit);
                return Err(error.in_file(&format!("{}:{line}", self.source)));
            }
            if let Layout::Cells { signs, .. } = self.scheme.layout {
                self.scheme.layout = Layout::Cells { signs, stride };
            }
            let raw: Vec<String> = records.fields.iter().map(|field| records.cell(field).into_owned()).collect();
            self.header = match options.header {
                Some(header) => header,
                None => {
                    let from_first = Block { offset: 0, bytes: block.bytes[start..].to_vec() };
                    let few = Part::read(&from_first, &self.scheme, names::LOOKED_AT + 1);
                    let few = few.map_err(|flaw| flaw.into_error(&self.source, line - 1))?;
                    names::first_row_names_columns(&few.columns)
                }
            };
            if self.header {
                let Names { names, warnings } = names::of_header(&raw, &self.source, line, options)?;
                (self.column_names, self.warnings) = (names, warnings);
                self.lines_before += next_line as u64 - 1;
                blocks.put_back(block, end);
            } else {
                self.column_names = names::by_place(stride);
                self.lines_before = line - 1;
                blocks.put_back(block, start);
            }
            return Ok(());
        }
    }

    /// Reads all rows, on several threads if there are many.
    fn read_all(&mut self, blocks: Blocks, kept: Kept, length: u64, options: &ReadOptions) -> Result<Table> {
        let mut merged = Merged::new(self.lines_before, self.column_names.clone());
        merged.expected_bytes = length;
        let threads = if length > PIECE as u64 { options.threads } else { 1 };
        read_parts(blocks, &self.scheme, threads, |found| {
            let part = match found {
                Ok(part) => part.map_err(|flaw| flaw.into_error(&self.source, merged.lines_before))?,
                Err(trouble) => return Err(self.tell(trouble, merged.lines_before)),
            };
            merged.take(part, &self.source, &self.scheme)
        })?;
        self.column_names.clone_from(&merged.names);
        if merged.rows == 0 && merged.bad.count() == 0 {
            return Err(self.no_rows(length));
        }
        self.finish(merged, kept, options)
    }

    /// The error for a table of this many bytes without a single row.
    fn no_rows(&self, bytes: u64) -> Error {
        match self.scheme.layout {
            Layout::Objects => text::only_blanks(&self.source, bytes),
            Layout::Cells { .. } => {
                let columns = counted(self.column_names.len(), "column");
                Error::data(format!("{}: has a header ({columns}) but no rows", self.source))
                    .note("--no-header reads the first line as a row")
            }
        }
    }

    /// Makes a table of what was read.
    fn finish(&mut self, merged: Merged, kept: Kept, options: &ReadOptions) -> Result<Table> {
        let Merged { mut columns, mut names, rows, places, surplus, bad, .. } = merged;
        let mut warnings = Vec::new();
        if surplus > 0 {
            warnings.push(format!("{} end in a delimiter: the empty cell is dropped", counted(surplus, "row")));
        }
        let good = rows + usize::from(self.header);
        match bad.count() {
            0 => {}
            count if options.skip_bad_rows && good > 1 => {
                warnings.push(format!("{} skipped: too few or too many cells", counted(count, "row")));
            }
            _ => return Err(bad.into_error(&self.source, &self.column_names[0], self.column_names.len(), good)),
        }
        if rows == 0 {
            return Err(self.no_rows(0));
        }
        warnings.append(&mut self.warnings);
        if self.drops_last.is_none() {
            let last = names.len() - 1;
            // A delimiter at the end of every line makes a last column in which nothing stands.
            let is_unnamed = names[last] == format!("c{}", last + 1);
            let drops = last > 0 && is_unnamed && columns[last].is_blank();
            if drops {
                let told = format!("columns without a name are named c{}", last + 1);
                warnings.retain(|warning| *warning != told);
                warnings.push("every line ends in a delimiter: the empty last column is dropped".to_string());
            }
            self.drops_last = Some(drops);
            if !self.header && options.header.is_none() {
                let count = names.len() - usize::from(drops);
                let names = if count == 1 { "c1".to_string() } else { format!("c1..c{count}") };
                warnings.push(format!("no header: columns named {names}; --header to override"));
            }
        }
        if self.drops_last == Some(true) {
            names.pop();
            columns.pop();
        }
        let origin = Origin::Text { kept, layout: self.scheme.layout, places };
        let mut table = Table::new(&self.source, names, self.header, columns, options, origin);
        read_as_told(&mut table, options)?;
        (table.notes, table.warnings) = (std::mem::take(&mut self.notes), warnings);
        Ok(table)
    }

    /// What is wrong with the bytes after so many lines.
    fn tell(&self, trouble: Trouble, lines_before: u64) -> Error {
        if let Trouble::EndlessRecord(block) = &trouble
            && let Some(start) = block.bytes.utf8_chunks().next()
            && let Err(flaw) = Records::new(start.valid(), self.scheme.layout, false).next()
        {
            let error = flaw.into_error(&self.source, lines_before);
            return error.note(format!("the row has more than {} bytes", grouped(block.bytes.len())));
        }
        trouble.into_error(&self.source, lines_before + 1)
    }
}

fn check_options(options: &ReadOptions) -> Result<()> {
    if !matches!(options.decimal, '.' | ',') {
        return Err(Error::usage(format!("--decimal '{}': choose '.' or ','", options.decimal)));
    }
    if options.thousands == Some(options.decimal) {
        let sign = options.decimal;
        return Err(Error::usage(format!("'{sign}' cannot stand before the decimals and between the thousands"))
            .remedy(format!("--decimal '{}' --thousands '{sign}'", if sign == ',' { '.' } else { ',' })));
    }
    if matches!(options.delimiter, Some(b'"' | b'\n' | b'\r' | 128..)) {
        return Err(Error::usage("--delimiter: choose one of , ; | a tab, or ' ' for runs of blanks"));
    }
    let signs = [("quote", options.quote), ("escape", options.escape), ("comment", options.comment)];
    let signs = signs.into_iter().filter_map(|(flag, sign)| Some((flag, sign?)));
    let mut taken: Vec<(&str, u8)> = options.delimiter.map(|sign| ("delimiter", sign)).into_iter().collect();
    for (flag, sign) in signs {
        if !sign.is_ascii_graphic() || sign.is_ascii_alphanumeric() {
            return Err(Error::usage(format!("--{flag}: choose a sign, no letter, digit or blank")));
        }
        if let Some((other, _)) = taken.iter().find(|(_, known)| *known == sign) {
            return Err(Error::usage(format!("'{}' cannot be --{flag} and --{other} at once", char::from(sign))));
        }
        taken.push((flag, sign));
    }
    Ok(())
}

/// Leaves lines out before the first that is read; fewer where the file has no more.
fn skip_lines(blocks: &mut Blocks, lines: usize) -> std::result::Result<u64, Trouble> {
    for skipped in 0..lines {
        let mut looked_at = PIECE;
        loop {
            let bytes = blocks.look(looked_at)?;
            let (length, end) = (bytes.len(), bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')));
            let is_crlf = |end: usize| bytes[end..].starts_with(b"\r\n");
            match end {
                Some(end) => {
                    let line_end = if is_crlf(end) { 2 } else { 1 };
                    blocks.skip(end + line_end);
                    break;
                }
                None if length == 0 => return Ok(skipped as u64),
                None if length < looked_at => {
                    blocks.skip(length);
                    break;
                }
                None => looked_at *= 2,
            }
        }
    }
    Ok(lines as u64)
}

fn choose_delimiter(source: &str, bytes: &[u8], options: &ReadOptions, notes: &mut Vec<String>) -> Result<u8> {
    let signs: Signs = options.signs(b',');
    let found = find_delimiter(bytes, signs);
    let shown = |delimiter| if delimiter == b'\t' { "tab".to_string() } else { format!("'{}'", char::from(delimiter)) };
    match (options.delimiter, found) {
        (Some(given), Some(found)) if given != found && agreement(bytes, signs.with(given)) == 0.0 => {
            Err(Error::data(format!(
                "{source}: with the delimiter {} every row has one cell; did you mean --delimiter {}?",
                shown(given),
                shown(found)
            ))
            .remedy(format!("--delimiter {}", shown(found))))
        }
        (Some(given), _) => Ok(given),
        (None, Some(found)) => {
            match found {
                b',' => {}
                b' ' => notes.push("runs of blanks part the cells".to_string()),
                _ => notes.push(format!("the delimiter is {}", shown(found))),
            }
            Ok(found)
        }
        (None, None) => Ok(b','),
    }
}
