//! Parquet files, in builds with the feature `parquet`: their rows as a table, each value as a number or a text.
//!
//! A file that is cut, or whose columns lie outside of it, is an error; where the pages within are damaged, the crate that
//! reads them may panic.

use bytes::Bytes;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use crate::base::error::{Error, Result};
use crate::base::words::column_flag;
use crate::data::cell::CellFormat;
use crate::data::date::DatePart;
use crate::data::findings::quoted;
use crate::data::table::{Column, ReadOptions, Table, too_many_columns};

/// Reads a Parquet file. Fails when it is damaged, and where a value is no number, text, truth value or date.
pub(super) fn read(source: &str, bytes: &[u8], options: &ReadOptions) -> Result<Table> {
    let damaged =
        |error: parquet::errors::ParquetError| Error::data(format!("{source}: damaged Parquet file: {error}"));
    let reader = SerializedFileReader::new(Bytes::copy_from_slice(bytes)).map_err(damaged)?;
    // The crate takes these numbers for granted.
    let is_inside = |column: &ColumnChunkMetaData| {
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let end = start.checked_add(column.compressed_size());
        start >= 0 && column.compressed_size() >= 0 && end.is_some_and(|end| end <= bytes.len() as i64)
    };
    if !reader.metadata().row_groups().iter().flat_map(|group| group.columns()).all(is_inside) {
        return Err(Error::data(format!("{source}: damaged Parquet file: a column lies outside of it")));
    }
    let schema = reader.metadata().file_metadata().schema_descr();
    let names: Vec<String> = schema.root_schema().get_fields().iter().map(|field| field.name().to_string()).collect();
    if names.len() > options.column_limit {
        return Err(too_many_columns(names.len(), options.column_limit).in_file(source));
    }
    let mut columns = vec![Column::default(); names.len()];
    let rows = reader.get_row_iter(None).map_err(damaged)?;
    for (number, row) in rows.enumerate() {
        let row: Row = row.map_err(damaged)?;
        for ((column, name), (_, value)) in columns.iter_mut().zip(&names).zip(row.get_column_iter()) {
            push(column, value, options).map_err(|what| {
                Error::data(format!("{source}: row {}, column {}: is {what}", number + 1, quoted(name)))
                    .note("numbers, texts, truth values and dates are read")
                    .remedy(format!("--ignore {}", column_flag(name)))
            })?;
        }
    }
    if names.is_empty() || columns[0].rows() == 0 {
        return Err(Error::data(format!("{source}: has no rows")));
    }
    Ok(Table::from_columns(source, names, true, columns, options))
}

/// Appends a value; the error is what it is instead of one that a cell can hold.
fn push(column: &mut Column, value: &Field, options: &ReadOptions) -> std::result::Result<(), &'static str> {
    let format = &options.cells();
    match value {
        Field::Null => column.push_missing(1),
        Field::Bool(is) => column.push_text(if *is { "true" } else { "false" }, format),
        Field::Byte(number) => column.push_number(f64::from(*number)),
        Field::Short(number) => column.push_number(f64::from(*number)),
        Field::Int(number) => column.push_number(f64::from(*number)),
        Field::Long(number) => column.push_number(*number as f64),
        Field::UByte(number) => column.push_number(f64::from(*number)),
        Field::UShort(number) => column.push_number(f64::from(*number)),
        Field::UInt(number) => column.push_number(f64::from(*number)),
        Field::ULong(number) => column.push_number(*number as f64),
        Field::Float(number) => push_float(column, f64::from(*number)),
        Field::Double(number) => push_float(column, *number),
        Field::Str(text) => column.push_text(text, format),
        Field::Date(days) => column.push_text(&date(f64::from(*days) * 86_400.0, false)?, format),
        Field::TimestampMillis(thousandths) => column.push_text(&date(*thousandths as f64 / 1e3, true)?, format),
        Field::TimestampMicros(millionths) => column.push_text(&date(*millionths as f64 / 1e6, true)?, format),
        Field::TimeMillis(_) | Field::TimeMicros(_) => return Err("a time of day without a date"),
        Field::Decimal(_) => column.push_text(&value.to_string(), &CellFormat::PLAIN),
        Field::Float16(number) => push_float(column, number.to_f64()),
        Field::Bytes(_) => return Err("bytes"),
        Field::Group(_) => return Err("a group of values"),
        Field::ListInternal(_) => return Err("a list"),
        Field::MapInternal(_) => return Err("a map"),
    }
    Ok(())
}

/// Seconds since 1970 began as a date, and the time of day where it is asked for.
fn date(moment: f64, has_time: bool) -> std::result::Result<String, &'static str> {
    let [year, month, day] = [DatePart::Year, DatePart::Month, DatePart::Day].map(|part| part.of(moment));
    if !(1.0..=9999.0).contains(&year) {
        return Err("a date outside of the years 1 to 9999");
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let seconds = moment.rem_euclid(86_400.0) as u32;
    let [hour, minute, second] = [seconds / 3600, seconds / 60 % 60, seconds % 60];
    Ok(if has_time { format!("{date} {hour:02}:{minute:02}:{second:02}") } else { date })
}

fn push_float(column: &mut Column, number: f64) {
    if number.is_finite() { column.push_number(number) } else { column.append(&Column::of_numbers(vec![number])) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;
    use crate::data::cell::Cell;

    fn file() -> Vec<u8> {
        let schema =
            "message t { required int32 a; optional double b; required binary c (UTF8); required int32 d (DATE); }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut bytes = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[1, -2, 3], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(&[0.5, f64::NAN], Some(&[1, 0, 1]), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let words = ["red", "NA", "blue"].map(ByteArray::from);
        column.typed::<ByteArrayType>().write_batch(&words, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[0, 1, 31], None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        bytes
    }

    #[test]
    fn columns_of_every_kind_are_read() {
        let table = Table::from_bytes("x.parquet", file(), &ReadOptions::default()).unwrap();
        assert_eq!((table.rows(), table.names().join(" ").as_str(), table.has_header()), (3, "a b c d", true));
        assert_eq!((table.value(1, 0), table.value(0, 1)), (Cell::Number(-2.0), Cell::Number(0.5)));
        assert_eq!(
            (table.value(1, 1), table.value(2, 1), table.value(1, 2)),
            (Cell::Missing, Cell::Missing, Cell::Missing)
        );
        assert_eq!((table.cell(2, 2), table.cell(2, 3)), ("blue", "1970-02-01"));
        assert_eq!(table.place(2, 2), "x.parquet: row 3, column c");
    }

    #[test]
    fn moments_are_written_as_dates() {
        assert_eq!(date(951_782_400.0, false), Ok("2000-02-29".to_string()));
        assert_eq!(date(-1.0, true), Ok("1969-12-31 23:59:59".to_string()));
        assert!(date(1e18, false).is_err());
    }

    #[test]
    fn a_file_that_is_cut_is_damaged() {
        let bytes = file();
        for length in 4..bytes.len() {
            let error = Table::from_bytes("x.parquet", bytes[..length].to_vec(), &ReadOptions::default()).unwrap_err();
            assert!(error.headline().starts_with("x.parquet: damaged Parquet file"), "{error}");
        }
    }
}
