//! Rows that are not learned from: a share of the rows, or those of another file.

use std::path::{Path, PathBuf};

/// Where the rows of a part come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// This share of the rows, chosen at random; 0 for none.
    Share(f64),
    /// All rows of this file.
    File(PathBuf),
}

/// The share where another file has the rows to measure on.
const USUAL: f64 = 0.2;

impl Part {
    /// The share of the rows that the part takes; 0 where it is a file of its own.
    ///
    /// ```
    /// use clione::train::recipe::part::Part;
    /// assert_eq!(Part::Share(0.25).share(), 0.25);
    /// assert_eq!(Part::File("later.csv".into()).share(), 0.0);
    /// ```
    pub fn share(&self) -> f64 {
        match self {
            Part::Share(share) => *share,
            Part::File(_) => 0.0,
        }
    }

    /// The share that is held back where rows of the same file must be, as within a fold of a cross-validation.
    pub fn share_within(&self) -> f64 {
        match self {
            Part::Share(share) => *share,
            Part::File(_) => USUAL,
        }
    }

    /// The file that has the rows, where it is one of its own.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Part::Share(_) => None,
            Part::File(path) => Some(path),
        }
    }
}
