//! The chores of the project in Rust: `cargo xtask` lists them.

pub mod bench;
pub mod crates;
pub mod source;
pub mod tidy;
pub mod tree;

use std::path::PathBuf;

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is where it was built")
}
