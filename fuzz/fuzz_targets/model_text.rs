//! What a model says of itself: it is refused, or everything that can be asked of the model is answered.

#![no_main]

use clione::prelude::*;
use clione_fuzz::{described, model, table, use_model};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KNOWN: LazyLock<(Vec<u8>, Table)> =
    LazyLock::new(|| (model().to_bytes().expect("the model can be written"), table()));

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (model, table) = &*KNOWN;
    if let Ok(model) = SavedModel::from_bytes("model", &described(model, text)) {
        use_model(&model, table);
    }
});
