//! The columns of the input that stand beside predictions, so that each can be told which row it is for.

use clione::base::error::{Error, Result};
use clione::base::words::{field, shell_word};
use clione::prelude::Table;

/// Which columns of the input are written in front of the predictions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beside {
    /// None.
    Nothing,
    /// These, by name or place.
    Columns(Vec<String>),
    /// All.
    All,
}

/// Columns that were found in a table.
pub struct Found {
    /// Their places.
    places: Vec<usize>,
    /// What they are called.
    pub names: Vec<String>,
}

impl Beside {
    /// Finds the columns. Fails where one is not there, or is called like a column of the predictions (`taken`).
    pub fn find(&self, table: &Table, taken: &[String]) -> Result<Found> {
        let places = match self {
            Beside::Nothing => Vec::new(),
            Beside::Columns(columns) => columns.iter().map(|column| table.find(column)).collect::<Result<_>>()?,
            Beside::All => (0..table.columns()).collect(),
        };
        let names: Vec<String> = places.iter().map(|&place| table.names()[place].clone()).collect();
        if let Some(clash) = names.iter().find(|name| taken.contains(name)) {
            let headline = format!("{}: column \"{clash}\" is called like one of the predictions", table.source());
            let others = table.names().iter().filter(|name| !taken.contains(name));
            let others: Vec<String> = others.map(|name| field(name)).collect();
            return Err(Error::usage(headline)
                .note("two columns of one name could not be told apart")
                .remedy(format!("--with {}", shell_word(&others.join(",")))));
        }
        Ok(Found { places, names })
    }
}

impl Found {
    /// Makes the texts of these columns known, where they must be read for it. Fails where the file has changed since.
    pub fn read(&self, table: &Table) -> Result<()> {
        self.places.iter().try_for_each(|&place| table.words(place).map(|_| ()))
    }

    /// The cells of a row as CSV, each with a comma behind it.
    pub fn csv(&self, table: &Table, row: usize) -> String {
        self.places.iter().map(|&place| field(table.cell(row, place)) + ",").collect()
    }

    /// The cells of a row by their names.
    pub fn json(&self, table: &Table, row: usize) -> serde_json::Map<String, serde_json::Value> {
        let cells = self.places.iter().map(|&place| table.cell(row, place).into());
        self.names.iter().cloned().zip(cells).collect()
    }
}
