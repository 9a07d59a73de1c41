//! Arrays of NumPy (`.npy`): rows of numbers under a header that says how they are laid out.

use std::io::{self, Read};

use crate::base::error::{Error, Result};
use crate::data::findings::{counted, grouped, quoted};
use crate::data::table::{Column, ReadOptions, Table, by_place, too_many_columns};

/// The first bytes of every array.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// Whether a file that begins so is an array.
pub(super) fn is_array(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// An array of numbers in one or two dimensions, column by column.
#[derive(Debug)]
pub(super) struct Array {
    pub columns: Vec<Vec<f64>>,
    /// Whether it has two dimensions.
    pub is_table: bool,
}

/// Reads the array that a file holds as a table with the columns c1, c2 and so on.
pub(super) fn read(source: &str, bytes: &[u8], options: &ReadOptions) -> Result<Table> {
    let array = Array::read(source, bytes, options.column_limit)?;
    Ok(table(source, by_place(array.columns.len()), false, array.columns, options))
}

/// A table of columns of numbers.
pub(super) fn table(
    source: &str,
    names: Vec<String>,
    header: bool,
    columns: Vec<Vec<f64>>,
    options: &ReadOptions,
) -> Table {
    Table::from_columns(source, names, header, columns.into_iter().map(Column::of_numbers).collect(), options)
}

/// What the numbers of an array are.
#[derive(Clone, Copy)]
enum Kind {
    Boolean,
    Signed,
    Unsigned,
    Float,
}

/// How the numbers of an array are written.
struct Layout {
    kind: Kind,
    size: usize,
    is_big_endian: bool,
    is_fortran: bool,
    shape: Vec<usize>,
    /// Where they begin.
    start: usize,
}

impl Array {
    /// Reads an array. Fails when it is no array of numbers in one or two dimensions, or is longer or shorter than it
    /// says.
    pub(super) fn read(source: &str, bytes: &[u8], column_limit: usize) -> Result<Array> {
        let wrong = |error: Error| error.in_file(source);
        let layout = Layout::read(bytes).map_err(wrong)?;
        let data = &bytes[layout.start..];
        let (rows, columns) = layout.table(column_limit).map_err(wrong)?;
        if layout.length() != Some(data.len() as u64) {
            return Err(wrong(layout.other_length(data.len() as u64)));
        }
        let number = |row: usize, column: usize| {
            let place = if layout.is_fortran { column * rows + row } else { row * columns + column };
            layout.number(&data[place * layout.size..][..layout.size])
        };
        let column = |column| (0..rows).map(|row| number(row, column)).collect();
        Ok(Array { columns: (0..columns).map(column).collect(), is_table: layout.shape.len() == 2 })
    }
}

impl Layout {
    /// Reads the header: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }`.
    fn read(bytes: &[u8]) -> Result<Layout> {
        let cut = || Error::data("the header of the array is cut");
        let version = *bytes.get(MAGIC.len()).ok_or_else(cut)?;
        let (length, start) = match version {
            1 => (bytes.get(8..10).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]]))), 10),
            2 | 3 => (bytes.get(8..12).map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))), 12),
            _ => return Err(Error::data(format!("version {version} of the format; versions 1 to 3 are read"))),
        };
        let rest = &bytes[start.min(bytes.len())..];
        let length = length.ok_or_else(cut)?;
        if length > rest.len() as u64 {
            return Err(cut());
        }
        let header = String::from_utf8_lossy(&rest[..length as usize]);
        let unclear = || Error::data(format!("the header of the array is not understood: {}", quoted(header.trim())));
        let value = |key: &str| {
            let after = &header[header.find(&format!("'{key}'"))? + key.len() + 2..];
            Some(after.trim_start().strip_prefix(':')?.trim_start())
        };
        let descr = value("descr").ok_or_else(unclear)?;
        let is_fortran = match value("fortran_order").ok_or_else(unclear)? {
            order if order.starts_with("True") => true,
            order if order.starts_with("False") => false,
            _ => return Err(unclear()),
        };
        let shape = value("shape").and_then(|shape| shape.strip_prefix('(')).ok_or_else(unclear)?;
        let (shape, _) = shape.split_once(')').ok_or_else(unclear)?;
        let lengths = shape.split(',').map(str::trim).filter(|length| !length.is_empty());
        let shape = lengths.map(|length| length.parse().map_err(|_| unclear())).collect::<Result<Vec<usize>>>()?;
        let (kind, size, is_big_endian) = number_kind(descr, unclear)?;
        Ok(Layout { kind, size, is_big_endian, is_fortran, shape, start: start + length as usize })
    }

    /// Rows and columns. Fails unless it is an array of one or two dimensions that is not empty.
    fn table(&self, column_limit: usize) -> Result<(usize, usize)> {
        let (rows, columns) = match self.shape[..] {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            [] => return Err(Error::data("an array of no dimension (one number); a table has rows and columns")),
            _ => {
                return Err(Error::data(format!("an array of {} dimensions; a table has two", self.shape.len()))
                    .remedy("numpy.save('table.npy', array.reshape(len(array), -1))"));
            }
        };
        if rows == 0 || columns == 0 {
            return Err(Error::data(format!("an array of {}, {}", counted(rows, "row"), counted(columns, "column"))));
        }
        if columns > column_limit {
            return Err(too_many_columns(columns, column_limit));
        }
        Ok((rows, columns))
    }

    /// How many bytes its numbers take; None where that is more than there can be.
    fn length(&self) -> Option<u64> {
        let product = self.shape.iter().try_fold(self.size, |product, &length| product.checked_mul(length));
        product.map(|bytes| bytes as u64)
    }

    /// What is wrong with an array that has this many bytes, which is not what its header says.
    fn other_length(&self, found: u64) -> Error {
        let expected =
            self.length().map_or("more bytes than there can be".to_string(), |count| counted(count as usize, "byte"));
        let (rows, columns) = (self.shape[0], self.shape.get(1).copied().unwrap_or(1));
        let shape = format!("{} of {}", counted(rows, "row"), counted(columns, "column"));
        Error::data(format!("the header says {shape}, {expected}; there are {}", grouped(found as usize)))
            .note("is the file cut, or was it written further?")
    }

    fn number(&self, bytes: &[u8]) -> f64 {
        // The number stands at the low end of eight bytes, the first of which is the lowest.
        let mut low = [0; 8];
        low[..self.size].copy_from_slice(bytes);
        if self.is_big_endian {
            low[..self.size].reverse();
        }
        let bits = u64::from_le_bytes(low);
        let unused = 64 - 8 * self.size as u32;
        match self.kind {
            Kind::Boolean => f64::from(u8::from(bits != 0)),
            Kind::Unsigned => bits as f64,
            Kind::Signed => ((bits << unused) as i64 >> unused) as f64,
            Kind::Float => match self.size {
                2 => half(bits as u16),
                4 => f64::from(f32::from_bits(bits as u32)),
                _ => f64::from_bits(bits),
            },
        }
    }
}

/// The rows of an array that pass by, about so many bytes of them at a time.
pub(super) struct ArrayRows {
    source: String,
    layout: Layout,
    columns: usize,
    /// How many rows passed by, and how many there are.
    passed: usize,
    rows: usize,
    stream: Box<dyn Read + Send>,
    piece: usize,
}

impl ArrayRows {
    /// The rows of the array that a stream gives from its first byte on, and whose first bytes are `head`. The stream back
    /// where the array must be read as a whole: its columns, not its rows, lie one after another, or it is too long.
    pub(super) fn open(
        source: &str,
        head: &[u8],
        mut stream: Box<dyn Read + Send>,
        piece: usize,
        options: &ReadOptions,
    ) -> Result<std::result::Result<Self, Box<dyn Read + Send>>> {
        let wrong = |error: Error| error.in_file(source);
        let layout = Layout::read(head).map_err(wrong)?;
        let (rows, columns) = layout.table(options.column_limit).map_err(wrong)?;
        let is_by_column = layout.is_fortran && rows > 1 && columns > 1;
        if is_by_column || layout.length().is_none_or(|length| length > options.size_limit) {
            return Ok(Err(stream));
        }
        let mut header = stream.by_ref().take(layout.start as u64);
        io::copy(&mut header, &mut io::sink()).map_err(|error| cannot_read(source, &error))?;
        Ok(Ok(ArrayRows { source: source.to_string(), layout, columns, passed: 0, rows, stream, piece }))
    }

    /// The next rows as a table, and how many rows came before; None at the end. Fails when there are fewer or more than the
    /// header says.
    pub(super) fn next(&mut self, options: &ReadOptions) -> Result<Option<(Table, usize)>> {
        let ArrayRows { source, layout, columns, passed, rows, stream, piece } = self;
        let (before, width) = (*passed, *columns * layout.size);
        let count = (*piece / width).max(1).min(*rows - before);
        let wanted = if count == 0 { 1 } else { (count * width) as u64 };
        let mut bytes = Vec::new();
        stream.by_ref().take(wanted).read_to_end(&mut bytes).map_err(|error| cannot_read(source, &error))?;
        if bytes.len() != count * width {
            let more = io::copy(stream, &mut io::sink()).map_err(|error| cannot_read(source, &error))?;
            let found = (before * width + bytes.len()) as u64 + more;
            return Err(layout.other_length(found).in_file(source));
        }
        if count == 0 {
            return Ok(None);
        }
        let column = |column: usize| {
            let cells = bytes.chunks_exact(width).map(|row| &row[column * layout.size..][..layout.size]);
            cells.map(|cell| layout.number(cell)).collect()
        };
        let numbers = (0..*columns).map(column).collect();
        *passed += count;
        Ok(Some((table(source, by_place(*columns), false, numbers, options), before)))
    }
}

fn cannot_read(source: &str, error: &io::Error) -> Error {
    Error::io(format!("{source}: {error}"))
}

/// Kind, size and byte order behind `'descr':`.
fn number_kind(descr: &str, unclear: impl Fn() -> Error) -> Result<(Kind, usize, bool)> {
    let Some((code, _)) = descr.strip_prefix('\'').and_then(|code| code.split_once('\'')) else {
        let error = Error::data("an array of records with named fields; an array of plain numbers is read");
        return Err(if descr.starts_with('[') { error.remedy("save it as CSV") } else { unclear() });
    };
    let (order, kind) = code.split_at_checked(1).ok_or_else(&unclear)?;
    let (kind, size) = match kind {
        "b1" => (Kind::Boolean, 1),
        "i1" => (Kind::Signed, 1),
        "i2" => (Kind::Signed, 2),
        "i4" => (Kind::Signed, 4),
        "i8" => (Kind::Signed, 8),
        "u1" => (Kind::Unsigned, 1),
        "u2" => (Kind::Unsigned, 2),
        "u4" => (Kind::Unsigned, 4),
        "u8" => (Kind::Unsigned, 8),
        "f2" => (Kind::Float, 2),
        "f4" => (Kind::Float, 4),
        "f8" => (Kind::Float, 8),
        _ if kind.starts_with('O') || order == "O" => {
            return Err(Error::data(
                "an array of Python objects (a pickle), which can run any program: it is never opened",
            )
            .remedy("numpy.save('table.npy', array.astype(float))"));
        }
        _ => {
            return Err(Error::data(format!("an array of {}; numbers and truth values are read", quoted(code)))
                .remedy("numpy.save('table.npy', array.astype(float))"));
        }
    };
    match order {
        "<" | "|" | "=" => Ok((kind, size, false)),
        ">" => Ok((kind, size, true)),
        _ => Err(unclear()),
    }
}

/// A number of 16 bits: sign, 5 bits of exponent, 10 bits behind the point.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::base::rng::{Purpose, Rng};
    use crate::data::cell::Cell;

    fn path(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/arrays").join(name)
    }

    fn table(name: &str) -> Result<Table> {
        Table::read(path(name), &ReadOptions::default())
    }

    /// The cells row by row; a missing value is NaN.
    fn cells(table: &Table) -> Vec<Vec<f64>> {
        let number = |row, column| match table.value(row, column) {
            Cell::Number(number) => number,
            Cell::Missing | Cell::Infinite | Cell::TooLarge | Cell::Word => f64::NAN,
        };
        (0..table.rows()).map(|row| (0..table.columns()).map(|column| number(row, column)).collect()).collect()
    }

    #[test]
    fn arrays_of_every_kind_order_and_version_are_read() {
        for name in ["f8.npy", "f4_fortran.npy", "f2_big.npy", "f8_version_2.npy", "f8_version_3.npy"] {
            let table = table(name).unwrap();
            assert_eq!(format!("{:?}", cells(&table)), "[[1.5, -2.0, 300.0], [0.25, NaN, 7.0]]", "{name}");
            assert_eq!((table.names().join(" ").as_str(), table.has_header()), ("c1 c2 c3", false));
        }
        for name in ["i1.npy", "i2.npy", "i4.npy", "i8.npy", "big_i8.npy"] {
            assert_eq!(cells(&table(name).unwrap()), [[1.0, -2.0, 3.0], [-100.0, 50.0, 7.0]], "{name}");
        }
        for name in ["u1.npy", "u2.npy", "u4.npy", "u8.npy"] {
            assert_eq!(cells(&table(name).unwrap()), [[1.0, 2.0, 3.0], [200.0, 50.0, 7.0]], "{name}");
        }
        assert_eq!(cells(&table("bool.npy").unwrap()), [[1.0, 0.0], [0.0, 1.0]]);
        assert_eq!(cells(&table("one_dimension.npy").unwrap()), [[4.0], [5.0], [6.0]]);
    }

    #[test]
    fn a_cell_of_an_array_is_named_by_row_and_column() {
        let table = table("f8.npy").unwrap();
        assert!(table.place(1, 2).ends_with("f8.npy: row 2, column c3"), "{}", table.place(1, 2));
        assert_eq!((table.cell(0, 0), table.cell(1, 1), table.words(2).unwrap().get(0)), ("1.5", "NaN", Some("300")));
    }

    #[test]
    fn what_is_no_table_of_numbers_is_refused() {
        for (name, says) in [
            ("no_dimension.npy", "no dimension"),
            ("three_dimensions.npy", "3 dimensions"),
            ("objects.npy", "it is never opened"),
            ("texts.npy", "an array of \"<U1\""),
            ("records.npy", "records with named fields"),
            ("empty.npy", "an array of 0 rows, 3 columns"),
        ] {
            let error = table(name).unwrap_err();
            assert!(error.headline().contains(says), "{error}");
            assert_eq!(error.exit_code(), 3);
        }
    }

    #[test]
    fn a_file_that_is_cut_longer_or_changed_anywhere_never_panics() {
        let options = ReadOptions::default();
        for name in ["f8.npy", "x_and_y.npz", "packed.npz"] {
            let bytes = fs::read(path(name)).unwrap();
            for length in 0..bytes.len() {
                assert!(Table::from_bytes("x", bytes[..length].to_vec(), &options).is_err(), "{name} {length}");
            }
            let longer = [&bytes[..], &[0]].concat();
            assert_eq!(Table::from_bytes("x", longer, &options).is_err(), name == "f8.npy");
            for seed in 0..4000 {
                let stream = Rng::new(seed).stream(Purpose::Synthesize, 0, 0);
                let mut bytes = bytes.clone();
                for change in 0..1 + seed % 3 {
                    let place = (stream.uniform_at(2 * change) * bytes.len() as f64) as usize;
                    bytes[place] = (stream.uniform_at(2 * change + 1) * 256.0) as u8;
                }
                let _ = Table::from_bytes("x", bytes, &options);
            }
        }
    }

    #[test]
    fn a_header_that_claims_too_much_is_refused_before_memory_is_taken() {
        let array = |shape: &str| {
            let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
            [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat()
        };
        for shape in
            ["(1000000000000, 30)", "(18446744073709551615, 18446744073709551615)", "(0, 99999999999)", "(-1,)"]
        {
            assert!(Table::from_bytes("x.npy", array(shape), &ReadOptions::default()).is_err(), "{shape}");
        }
        let error = Table::from_bytes("x.npy", array("(3, 2)"), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.headline(), "x.npy: the header says 3 rows of 2 columns, 48 bytes; there are 0");
    }

    #[test]
    fn half_precision_is_read_exactly() {
        for (bits, number) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (1, 2f64.powi(-24)), (0x3555, 0.333251953125)]
        {
            assert_eq!(half(bits), number);
        }
        assert!(half(0x7c01).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
    }

    #[test]
    fn rows_that_pass_by_are_those_of_the_whole_array_and_its_length_is_checked_at_the_end() {
        for name in ["f8.npy", "i2.npy", "big_i8.npy", "bool.npy", "one_dimension.npy", "f8_version_2.npy"] {
            let (bytes, whole) = (fs::read(path(name)).unwrap(), table(name).unwrap());
            let passed = |bytes: &[u8]| {
                let (options, stream) = (ReadOptions::default(), Box::new(io::Cursor::new(bytes.to_vec())));
                // A piece is one row.
                let mut rows = ArrayRows::open(name, bytes, stream, 1, &options).unwrap().ok().expect("row by row");
                let mut found = Vec::new();
                while let Some((table, before)) = rows.next(&options)? {
                    assert_eq!((table.rows(), before), (1, found.len()));
                    found.extend(cells(&table));
                }
                Ok::<_, Error>(found)
            };
            let found = passed(&bytes).unwrap();
            assert_eq!(format!("{found:?}"), format!("{:?}", cells(&whole)), "{name}");
            let longer = passed(&[&bytes[..], &[0]].concat()).unwrap_err().to_string();
            let shorter = passed(&bytes[..bytes.len() - 1]).unwrap_err().to_string();
            for error in [longer, shorter] {
                assert!(error.contains("the header says") && error.contains("; there are "), "{error}");
            }
        }
    }
}
