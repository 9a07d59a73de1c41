//! The bytes of a recording: it is refused, or gives a checkpoint before each step that it has, or a sentence.

#![no_main]

use clione::train::file::Recording;
use clione_fuzz::{InFile, use_checkpoint};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FILE: LazyLock<InFile> = LazyLock::new(|| InFile::new("recording"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(recording) = Recording::open(FILE.with(bytes)) else { return };
    let _ = (recording.last_step(), recording.best(), recording.lost_bytes(), recording.bytes());
    for step in recording.steps().take(3).chain([0, u64::MAX]) {
        if let Ok((_, checkpoint, _)) = recording.before(step) {
            use_checkpoint(&checkpoint);
        }
    }
});
