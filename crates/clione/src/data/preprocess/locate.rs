//! Finding the columns of the training table in a table that comes later: by name, without a header by place.

use std::collections::{HashMap, HashSet};

use super::Preprocessing;
use crate::base::error::{Error, Result, nearest};
use crate::data::derive::Formulas;
use crate::data::findings::{Findings, list};
use crate::data::frame::Frame;
use crate::data::table::Table;

/// A table in which the columns that a model needs were found.
pub(in crate::data) struct Located<'a> {
    /// The table and the columns that were worked out.
    pub frame: Frame<'a>,
    /// The place of the column for each input.
    pub columns: Vec<usize>,
    /// What is odd about the table's columns.
    pub warnings: Vec<String>,
}

impl Preprocessing {
    /// The formulas that were trained with.
    fn formulas(&self) -> Result<Formulas> {
        Formulas::read(&self.derive, &self.keep, &self.date_orders)
    }

    /// Finds the columns that the inputs are made of, and works out those that are made by formulas.
    pub(in crate::data) fn locate<'a>(&self, table: &'a Table) -> Result<Located<'a>> {
        let formulas = self.formulas()?;
        let mut warnings = Vec::new();
        if let Some(places) = self.by_place(table) {
            if table.has_header() != self.header {
                warnings.push(
                    "only one of this table and the training table has a header: columns are matched by place"
                        .to_string(),
                );
            }
            let find = |name: &str| places.get(name).copied();
            let frame = formulas.frame(table, &find)?;
            return Ok(Located { columns: self.input_places(&frame, &find), frame, warnings });
        }
        let by_name: HashMap<&str, usize> =
            table.names().iter().enumerate().map(|(column, name)| (name.as_str(), column)).collect();
        let find = |name: &str| by_name.get(name).copied();
        let inputs = self.inputs.iter().map(|input| input.name.as_str()).filter(|name| self.is_in_training(name));
        let mut needed: Vec<&str> = inputs.collect();
        needed.extend(formulas.sources());
        let (mut absent, mut told) = (Findings::default(), HashSet::new());
        for name in needed.iter().filter(|name| find(name).is_none() && told.insert(**name)) {
            absent.add(|| {
                let near = nearest(name, table.names().iter().map(String::as_str));
                let hint = near.map_or(String::new(), |near| format!("; is \"{near}\" it?"));
                format!("{}: no column \"{name}\", which the model needs{hint}", table.source())
            });
        }
        if absent.count() > 0 {
            let columns = list(table.names().iter().map(String::as_str));
            return Err(absent.into_error().note(format!("columns: {columns}")));
        }
        let places: Vec<usize> = self.inputs.iter().filter_map(|input| find(&input.name)).collect();
        if places.windows(2).any(|pair| pair[0] > pair[1]) {
            warnings.push("the columns come in another order than in training: matched by name".to_string());
        }
        let known: HashSet<&str> = self.columns.iter().map(String::as_str).collect();
        let mut extra = table.names().iter().map(String::as_str).filter(|name| !known.contains(name)).peekable();
        if extra.peek().is_some() {
            warnings.push(format!("columns that the model does not know are ignored: {}", list(extra)));
        }
        let frame = formulas.frame(table, &find)?;
        Ok(Located { columns: self.input_places(&frame, &find), frame, warnings })
    }

    /// Whether the training table had this column itself.
    fn is_in_training(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column == name)
    }

    fn input_places(&self, frame: &Frame, find: &dyn Fn(&str) -> Option<usize>) -> Vec<usize> {
        let place = |name: &str| match self.is_in_training(name) {
            true => find(name),
            false => frame.find(name).ok(),
        };
        self.inputs.iter().map(|input| place(&input.name).expect("every input was found or worked out")).collect()
    }

    /// The place of the target in a table that has it. Fails when it has none.
    pub fn target_place(&self, table: &Table) -> Result<usize> {
        match self.by_place(table) {
            Some(places) => places
                .get(self.target.name.as_str())
                .copied()
                .ok_or_else(|| Error::data(format!("{}: no target column: there are only the inputs", table.source()))),
            None => table.find(&self.target.name),
        }
    }

    /// How fast each column of a table, and each that was worked out, changes with one of them, in a row.
    pub(super) fn slopes_of_columns(&self, located: &Located, row: usize, column: &str) -> Result<Vec<f64>> {
        let table = located.frame.table();
        let places = self.by_place(table);
        let find = |name: &str| match &places {
            Some(places) => places.get(name).copied(),
            None => table.names().iter().position(|known| known == name),
        };
        let of = find(column).map_or_else(|| located.frame.find(column), Ok)?;
        self.formulas()?.slopes(&located.frame, &find, row, of)
    }

    /// The rows that the model's questions keep, and a note for each that leaves rows out.
    pub(super) fn kept_rows(&self, located: &Located) -> Result<(Vec<u32>, Vec<String>)> {
        let table = located.frame.table();
        let places = self.by_place(table);
        let find = |name: &str| match &places {
            Some(places) => places.get(name).copied(),
            None => table.names().iter().position(|known| known == name),
        };
        self.formulas()?.kept_rows(&located.frame, &find, (0..table.rows() as u32).collect())
    }

    /// Where each training column stands in a table that must be read by place, because it or the training table has no
    /// header: it has the same columns, or all but the target.
    fn by_place(&self, table: &Table) -> Option<HashMap<&str, usize>> {
        let (here, training) = (table.columns(), self.columns.len());
        if (table.has_header() && self.header) || (here != training && here + 1 != training) {
            return None;
        }
        let names =
            self.columns.iter().map(String::as_str).filter(|name| here == training || *name != self.target.name);
        Some(names.zip(0..).collect())
    }
}
