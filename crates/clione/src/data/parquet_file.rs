//! Parquet files, in builds with the feature `parquet`: their rows as a table, each value as a number or a text.

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use crate::base::error::{Error, Result};
use crate::data::cell::NumberFormat;
use crate::data::findings::quoted;
use crate::data::table::{Column, ReadOptions, Table, too_many_columns};

/// Reads a Parquet file. Fails when it is damaged, and where a value is no number, text, truth value or date.
pub(super) fn read(source: &str, bytes: &[u8], options: &ReadOptions) -> Result<Table> {
    let damaged =
        |error: parquet::errors::ParquetError| Error::data(format!("{source}: damaged Parquet file: {error}"));
    let reader = SerializedFileReader::new(Bytes::copy_from_slice(bytes)).map_err(damaged)?;
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
                    .remedy(format!("--ignore '{name}'"))
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
    let format = NumberFormat { decimal: options.decimal, thousands: options.thousands };
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
        Field::Date(_) | Field::TimeMillis(_) | Field::TimeMicros(_) => column.push_text(&value.to_string(), format),
        Field::TimestampMillis(_) | Field::TimestampMicros(_) => column.push_text(&value.to_string(), format),
        Field::Decimal(_) => column.push_text(&value.to_string(), crate::data::table::PLAIN),
        Field::Float16(number) => push_float(column, number.to_f64()),
        Field::Bytes(_) => return Err("bytes"),
        Field::Group(_) => return Err("a group of values"),
        Field::ListInternal(_) => return Err("a list"),
        Field::MapInternal(_) => return Err("a map"),
    }
    Ok(())
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
    use crate::base::rng::{Purpose, Rng};
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
    fn a_file_that_is_cut_is_damaged() {
        let bytes = file();
        for length in 4..bytes.len() {
            let error = Table::from_bytes("x.parquet", bytes[..length].to_vec(), &ReadOptions::default()).unwrap_err();
            assert!(error.headline().starts_with("x.parquet: damaged Parquet file"), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_changed_anywhere_never_panics() {
        let bytes = file();
        for seed in 0..3000 {
            let stream = Rng::new(seed).stream(Purpose::Synthesize, 0, 0);
            let mut bytes = bytes.clone();
            let place = 4 + (stream.uniform_at(0) * (bytes.len() - 4) as f64) as usize;
            bytes[place] = (stream.uniform_at(1) * 256.0) as u8;
            let _ = Table::from_bytes("x.parquet", bytes, &ReadOptions::default());
        }
    }
}
