//! The bytes of a checkpoint: it is refused, or has its parameters.

#![no_main]

use clione::train::file::Checkpoint;
use clione_fuzz::use_checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(checkpoint) = Checkpoint::from_bytes("checkpoint", bytes) {
        use_checkpoint(&checkpoint);
    }
});
