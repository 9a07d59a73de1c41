//! What the targets share: files that clione has written, a description put into one of them, and bytes as a file on disk.

mod files;
#[path = "../../crates/clione-cli/tests/fuzz/used.rs"]
mod used;

pub use files::{InFile, beginnings, checkpoint, described, model, table, use_checkpoint};
pub use used::use_model;
