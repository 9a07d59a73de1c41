//! Three bytes that choose how to read, and the bytes of a table: it is refused, or can be inspected and prepared.

#![no_main]

use clione::data::disguise::NumberColumn;
use clione::data::inspect::{Inspection, Question};
use clione::data::table::ColumnMap;
use clione::data::treatment::Unknown;
use clione::prelude::*;
use libfuzzer_sys::fuzz_target;

/// One of these, by the lowest bits, which are then shifted out.
fn choose<T: Clone>(bits: &mut u32, values: &[T]) -> T {
    let chosen = values[*bits as usize % values.len()].clone();
    *bits /= values.len() as u32;
    chosen
}

fn options(chosen: [u8; 3]) -> ReadOptions {
    let [a, b, c] = chosen;
    let mut bits = u32::from_le_bytes([a, b, c, 0]);
    let map = ColumnMap { column: "1".to_owned(), pairs: vec![("x".to_owned(), "1".to_owned())] };
    let number = NumberColumn { column: "1".to_owned(), sign: None, format: None };
    ReadOptions {
        header: choose(&mut bits, &[None, Some(true), Some(false)]),
        decimal: choose(&mut bits, &['.', ',']),
        thousands: choose(&mut bits, &[None, Some('.'), Some(','), Some('\'')]),
        delimiter: choose(&mut bits, &[None, Some(b';'), Some(b' '), Some(b'\t')]),
        quote: choose(&mut bits, &[Some(b'"'), Some(b'\''), None]),
        escape: choose(&mut bits, &[None, Some(b'\\')]),
        comment: choose(&mut bits, &[None, Some(b'#')]),
        skip_rows: choose(&mut bits, &[0, 1, 3]),
        missing_values: choose(&mut bits, &[None, Some(vec!["none".to_owned()]), Some(vec![String::new()])]),
        latin1: choose(&mut bits, &[false, true]),
        trim: choose(&mut bits, &[false, true]),
        number: choose(&mut bits, &[Vec::new(), vec![number]]),
        map: choose(&mut bits, &[Vec::new(), vec![map]]),
        skip_bad_rows: choose(&mut bits, &[false, true]),
        rename_duplicates: choose(&mut bits, &[false, true]),
        threads: choose(&mut bits, &[1, 2]),
        may_lack_columns: true,
        size_limit: 1 << 24,
        ..ReadOptions::default()
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((chosen, bytes)) = bytes.split_first_chunk() else { return };
    let Ok(table) = Table::from_bytes("table", bytes.to_vec(), &options(*chosen)) else { return };
    for column in 0..table.columns() {
        for row in 0..table.rows().min(5) {
            let _ = (table.value(row, column), table.cell(row, column), table.place(row, column));
        }
        let _ = table.words(column);
    }
    let _ = Inspection::of(&table, &Question::default());
    if let Ok(prepared) = prepare(&table, &Choices::default(), 0.2, &Rng::new(0)) {
        let rows = prepared.preprocessing.complete_rows(&table).unwrap_or_default();
        let _ = prepared.preprocessing.transform(&table, &rows, Unknown::Refuse);
    }
});
