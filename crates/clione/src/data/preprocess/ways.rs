//! How fast the network's inputs change with a column of the table: by itself, and by the columns that formulas make of it.

use super::Preprocessing;
use crate::base::error::{Error, Result};
use crate::data::cell::Cell;
use crate::data::infer::Kind;
use crate::data::table::Table;
use crate::data::treatment::Treatment;

/// One way from a column into the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// The place of the input among the network's, from 0.
    pub input: usize,
    /// The column that it is made of: the own one, or one that a formula made.
    pub column: String,
    /// dx/dc: how much the input changes for each 1 that the column of the table changes by.
    pub slope: f64,
}

impl Preprocessing {
    /// Every way from a column of numbers into the network, in one row of a table. Fails where a cell cannot be read.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"w,h,price\n1,10,3\n2,19,9\n3,31,1\n4,40,2\n5,52,7\n")?;
    /// let choices = Choices { derive: vec!["area = w * h".to_string()], ..Choices::default() };
    /// let preprocessing = prepare(&table, &choices, 0.0, &Rng::new(1))?.preprocessing;
    /// let ways = preprocessing.ways(&table, 0, "w")?;
    /// let area = &preprocessing.inputs[2];
    /// assert_eq!((ways.len(), ways[1].column.as_str()), (2, "area"));
    /// assert_eq!(ways[1].slope, 10.0 / area.scale);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn ways(&self, table: &Table, row: usize, column: &str) -> Result<Vec<Way>> {
        let located = self.locate(table)?;
        let slopes = self.slopes_of_columns(&located, row, column)?;
        let mut ways = Vec::new();
        let mut first = 0;
        for (input, &place) in self.inputs.iter().zip(&located.columns) {
            let slope = slopes[place];
            if let (Kind::Number, Cell::Number(x)) = (input.kind, located.frame.value(row, place))
                && slope != 0.0
                && !(input.zero_is_missing && x == 0.0)
            {
                let inner = match input.treatment {
                    Treatment::Log => 1.0 / (1.0 + x),
                    Treatment::Standardise | Treatment::MinMax | Treatment::Robust | Treatment::Unscaled => 1.0,
                    Treatment::Ordinal | Treatment::Boolean | Treatment::OneHot | Treatment::Date => 0.0,
                };
                let slope = slope * inner / input.scale;
                if !slope.is_finite() {
                    let name = &input.name;
                    return Err(Error::data(format!("column \"{name}\" has no slope by \"{column}\" in this row")));
                }
                ways.push(Way { input: first, column: input.name.clone(), slope });
            }
            first += input.width();
        }
        Ok(ways)
    }
}
