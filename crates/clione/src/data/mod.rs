//! From files to rows of numbers: tables and images in, checked and prepared; uses `base` only.
//!
//! A table goes one way: [`mod@file`] gives bytes, [`csv`] cuts them into cells, [`table`] names the columns,
//! [`schema`] says what each column is, [`preprocess`] turns columns into numbers, [`dataset`] holds them, [`split`]
//! holds rows back, and [`batches`] hands rows out. [`prepare`] goes the whole way in one call.
//!
//! Nothing here prints. What a person should hear is in the `notes` (what was found) and `warnings` (what may be wrong)
//! of the values.

pub mod batches;
pub mod cell;
pub mod csv;
pub mod dataset;
pub mod date;
pub mod file;
pub mod findings;
pub mod idx;
pub mod infer;
mod named;
pub mod prepare;
pub mod preprocess;
pub mod schema;
pub mod split;
pub mod table;
pub mod target;
mod text;
pub mod treatment;
