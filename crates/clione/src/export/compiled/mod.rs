//! Models as Rust and as C: one reader of the graph writes both, for these languages differ in little more than words.

mod answer;
mod formula;
mod frozen;
mod functions;
mod heading;
mod inputs;
mod layers;
mod names;
mod network;
mod row;
mod self_test;
mod source;
mod text;

use super::Options;
use crate::base::error::Result;
use crate::train::file::SavedModel;
use crate::train::recipe::Precision;

/// What preprocessing and answers are made of, whatever the network is.
const DOUBLE: Precision = Precision::F64;

/// How the source is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Rust,
    C,
}

/// The source of a model.
///
/// Fails when a column is read as two things, when the network does what no layer is known to do in a prediction, or when
/// there are numbers that are not finite.
pub(super) fn source(model: &SavedModel, syntax: Syntax, options: &Options) -> Result<String> {
    source::write(model, syntax, options)
}
