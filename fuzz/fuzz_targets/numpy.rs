//! The bytes of NPY and NPZ files: each is refused, or is a table whose numbers can be read.

#![no_main]

use clione::prelude::*;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let options = ReadOptions { size_limit: 1 << 24, ..ReadOptions::default() };
    let Ok(table) = Table::from_bytes("array", bytes.to_vec(), &options) else { return };
    for column in 0..table.columns() {
        assert_eq!(table.column(column).values().len(), table.rows());
    }
});
