//! The bytes of a model: it is refused, or can be written again and predicts.

#![no_main]

use clione::cpu::Cpu;
use clione::data::treatment::Unknown;
use clione::prelude::*;
use clione::train::apply::predict;
use clione_fuzz::table;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static KNOWN: LazyLock<(Arc<Cpu>, Table)> = LazyLock::new(|| (Arc::new(Cpu::new(1)), table()));

fuzz_target!(|bytes: &[u8]| {
    let Ok(model) = SavedModel::from_bytes_of_any_numbers("model", bytes) else { return };
    model.recipe().expect("a model that was read has its recipe");
    model.to_bytes().expect("and can be written");
    let (cpu, table) = &*KNOWN;
    let Source::Table(preprocessing) = &model.source else { return };
    let Ok(rows) = preprocessing.complete_rows(table) else { return };
    for unknown in [Unknown::Refuse, Unknown::Other] {
        if let Ok(transformed) = preprocessing.transform(table, &rows, unknown) {
            assert_eq!(predict(&model, &transformed.inputs, cpu).len(), rows.len());
        }
    }
});
