//! What a checkpoint says of itself: it is refused, or has its parameters.

#![no_main]

use clione::train::file::Checkpoint;
use clione_fuzz::{checkpoint, described, use_checkpoint};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KNOWN: LazyLock<Vec<u8>> = LazyLock::new(checkpoint);

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(checkpoint) = Checkpoint::from_bytes("checkpoint", &described(&KNOWN, text)) {
        use_checkpoint(&checkpoint);
    }
});
