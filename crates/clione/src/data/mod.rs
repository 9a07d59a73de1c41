//! From files to rows of numbers: tables and images in, checked and prepared; uses `base` only.
//!
//! A table goes one way: [`mod@file`] gives bytes, [`csv`] cuts them into cells, [`table`] names the columns,
//! formulas make further columns of them, [`schema`] says what each column is, [`preprocess`] turns columns into numbers,
//! [`dataset`] holds them, [`dependence`] says which rows belong together, [`split`] holds rows back, and [`batches`] hands rows out. [`prepare`] goes the whole way in
//! one call; [`leak`] and [`duplicates`] look for what makes a measure too good.
//!
//! Nothing here prints. What a person should hear is in the `notes` (what was found) and `warnings` (what may be wrong)
//! of the values.

pub mod batches;
mod binary;
pub mod cell;
pub mod csv;
pub mod dataset;
pub mod date;
mod decimal;
pub mod dependence;
mod derive;
pub mod disguise;
pub mod duplicates;
pub mod file;
pub mod findings;
pub(crate) mod formula;
mod frame;
pub mod idx;
pub mod infer;
pub mod inspect;
mod jsonl;
pub mod leak;
mod named;
mod npy;
mod npz;
mod parallel;
#[cfg(feature = "parquet")]
mod parquet_file;
pub mod prepare;
pub mod preprocess;
pub mod schema;
pub mod split;
pub mod table;
pub mod target;
mod text;
pub mod treatment;
