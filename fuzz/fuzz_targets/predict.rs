//! The bytes of a table that a model predicts: each block of it is refused, or has as many predictions as rows.

#![no_main]

use clione::cpu::Cpu;
use clione::data::table::TableBlocks;
use clione::data::treatment::Unknown;
use clione::prelude::*;
use clione::train::apply::predict;
use clione_fuzz::{InFile, model};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static KNOWN: LazyLock<(SavedModel, Arc<Cpu>, InFile)> =
    LazyLock::new(|| (model(), Arc::new(Cpu::new(1)), InFile::new("predict")));

fuzz_target!(|bytes: &[u8]| {
    let (model, cpu, file) = &*KNOWN;
    let Source::Table(preprocessing) = &model.source else { unreachable!("the model is one of a table") };
    let options = ReadOptions { size_limit: 1 << 24, ..ReadOptions::default() };
    let Ok(mut blocks) = TableBlocks::open(file.with(bytes), &options) else { return };
    while let Ok(Some(table)) = blocks.next_block() {
        let Ok(rows) = preprocessing.complete_rows(&table) else { return };
        let Ok(transformed) = preprocessing.transform(&table, &rows, Unknown::Other) else { return };
        assert_eq!(predict(model, &transformed.inputs, cpu).len(), rows.len());
    }
});
