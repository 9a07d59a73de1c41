//! Which of the binary formats of tables a file has.

use std::path::{Path, PathBuf};

use crate::base::error::Result;
use crate::data::table::{ReadOptions, Table};
use crate::data::{npy, npz};

/// The first bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

/// The path of a file, and of one like `FILE.npz:NAME` the name.
pub(super) fn split(path: &Path) -> (PathBuf, Option<String>) {
    match path.to_str().and_then(npz::split) {
        Some((file, name)) if !path.exists() => (file.into(), Some(name.to_string())),
        _ => (path.to_path_buf(), None),
    }
}

/// Whether a file that begins so, or all of it, is read as one of these formats.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(npy::MAGIC) || bytes.starts_with(PARQUET) || npz::begins_with_array(bytes)
}

/// Reads a file of one of these formats.
pub(super) fn read(source: &str, bytes: &[u8], member: Option<&str>, options: &ReadOptions) -> Result<Table> {
    if bytes.starts_with(npy::MAGIC) {
        npy::read(source, bytes, options)
    } else if bytes.starts_with(PARQUET) {
        read_parquet(source, bytes, options)
    } else {
        npz::read(source, bytes, member, options)
    }
}

#[cfg(feature = "parquet")]
fn read_parquet(source: &str, bytes: &[u8], options: &ReadOptions) -> Result<Table> {
    crate::data::parquet_file::read(source, bytes, options)
}

#[cfg(not(feature = "parquet"))]
fn read_parquet(source: &str, _: &[u8], _: &ReadOptions) -> Result<Table> {
    Err(crate::base::error::Error::data(format!(
        "{source}: is a Parquet file, which this build of clione does not read"
    ))
    .note("or as CSV: duckdb -c \"COPY 'table.parquet' TO 'table.csv'\"")
    .remedy("cargo install clione-cli --features parquet"))
}
