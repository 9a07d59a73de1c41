//! The bytes of an IDX file, as images and as labels: each is refused, or has as many rows as it says.

#![no_main]

use clione::data::idx::{labelled, read_images, read_labels};
use clione_fuzz::InFile;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FILE: LazyLock<InFile> = LazyLock::new(|| InFile::new("idx"));

fuzz_target!(|bytes: &[u8]| {
    let path = FILE.with(bytes);
    let labels = read_labels(path).unwrap_or_default();
    if let Ok(images) = read_images(path) {
        let count = images.pixels.rows();
        let _ = labelled(images.clone(), &labels, None);
        let _ = labelled(images, &vec![0; count], None);
    }
});
