//! How columns become numbers: fitted on the training rows alone, then the same for every table that comes later.

mod check;
mod column;
mod locate;
mod scale;
mod ways;

use crate::base::byte_size::in_words;
use crate::base::error::{Error, Result};
use crate::base::words::column_flag;
use crate::data::cell::Cell;
use crate::data::dataset::{Matrix, Targets, Values};
use crate::data::date::DayOrder;
use crate::data::disguise::NumberColumn;
use crate::data::findings::{Findings, LISTED, counted, list};
use crate::data::frame::Frame;
use crate::data::infer::{Kind, Task};
use crate::data::parallel;
use crate::data::schema::{Choices, Input, MissingValues, Schema, missing_values};
use crate::data::table::Table;
use crate::data::target::TargetColumn;
use crate::data::treatment::{Fill, Missing, Treatment, Unknown};
use scale::shift_and_scale;

pub(in crate::data) use column::{ColumnReader, Reading};
pub use column::{FittedPart, InputColumn};
pub(in crate::data) use locate::Located;
pub(in crate::data) use scale::{ln_1_plus, most_frequent, sorted};
pub use ways::Way;

/// No input of a network is farther from 0: sums of larger ones leave the numbers of 32 bits, and nothing could be said.
const FARTHEST: f64 = 1e30;

/// Everything that was learned about the columns: plain data, stored with the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocessing {
    /// The input columns in the order of the network's inputs.
    pub inputs: Vec<InputColumn>,
    /// The column to predict.
    pub target: TargetColumn,
    /// All columns of the training table, in their order: a later table without a header is read by position.
    pub columns: Vec<String>,
    /// Whether the training table had a header.
    pub header: bool,
    /// The columns that are worked out, each as its name and formula.
    pub derive: Vec<String>,
    /// What rows must fulfil to be measured on.
    pub keep: Vec<String>,
    /// In which order the dates that formulas read have their numbers, by column.
    pub date_orders: Vec<(String, DayOrder)>,
    /// How the numbers of those columns are written that have a sign beside them.
    pub numbers: Vec<NumberColumn>,
}

/// A table as numbers, and what a person should know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformed {
    /// One row for each row asked for.
    pub inputs: Matrix,
    /// What may be wrong.
    pub warnings: Vec<String>,
}

impl Preprocessing {
    /// Measures means, scales, categories and fills on `training_rows` of the table, and on no other row.
    ///
    /// ```
    /// use clione::data::{preprocess::Preprocessing, treatment::Unknown};
    /// use clione::data::schema::{Choices, Schema};
    /// use clione::data::table::{ReadOptions, Table};
    /// let text = b"size,kind,price\n1,a,10\n3,b,20\n2,a,35\n".to_vec();
    /// let table = Table::from_bytes("x.csv", text, &ReadOptions::default())?;
    /// let choices = Choices::default();
    /// let schema = Schema::infer(&table, &choices)?;
    /// let preprocessing = Preprocessing::fit(&table, &schema, &choices, &[0, 1])?;
    /// assert_eq!(preprocessing.feature_names(), ["size", "kind=a", "kind=b"]);
    /// let inputs = preprocessing.transform(&table, &[1], Unknown::Refuse)?.inputs;
    /// assert_eq!([inputs.at(0, 0), inputs.at(0, 1), inputs.at(0, 2)], [1.0, 0.0, 1.0]);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn fit(table: &Table, schema: &Schema, choices: &Choices, training_rows: &[u32]) -> Result<Self> {
        let formulas = choices.formulas(table)?;
        let frame = formulas.frame(table, &|name| table.find(name).ok())?;
        Preprocessing::fit_frame(&frame, schema, choices, formulas.orders(), training_rows)
    }

    /// Measures on some rows of a table and its derived columns.
    pub(super) fn fit_frame(
        frame: &Frame,
        schema: &Schema,
        choices: &Choices,
        date_orders: &[(String, DayOrder)],
        training_rows: &[u32],
    ) -> Result<Self> {
        let table = frame.table();
        let fit = |input: &Input| InputColumn::fit(frame, input, choices.rare, training_rows);
        let mut target = schema.target.clone();
        if target.task == Task::Regression {
            let numbers = target.numbers(table, table.find(&target.name)?, training_rows);
            (target.mean, target.scale) = shift_and_scale(&target.name, Treatment::Standardise, &numbers)?;
        }
        Ok(Preprocessing {
            inputs: parallel::map(table.threads(), schema.inputs.iter().collect(), fit)
                .into_iter()
                .collect::<Result<_>>()?,
            target,
            columns: table.names().to_vec(),
            header: table.has_header(),
            derive: choices.derive.clone(),
            keep: choices.keep.clone(),
            date_orders: date_orders.to_vec(),
            numbers: table.number_columns().to_vec(),
        })
    }

    /// The same, but where missing values are refused or left out, the median of the training rows or the most frequent
    /// word stands in for them (`Median`), or they are left out (`Drop`).
    ///
    /// Fails for other ways, and where the model does not hold what was usual.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// use clione::data::treatment::{Missing, Unknown};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n")?;
    /// let preprocessing = prepare(&table, &Choices::default(), 0.0, &Rng::new(1))?.preprocessing;
    /// let later = read(b"size\n3\nNA\n")?;
    /// assert!(preprocessing.transform(&later, &[0, 1], Unknown::Refuse).is_err());
    /// let inputs = preprocessing.filling(Missing::Median)?.transform(&later, &[0, 1], Unknown::Refuse)?.inputs;
    /// assert_eq!(inputs.at(0, 0), inputs.at(1, 0));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn filling(&self, missing: Missing) -> Result<Preprocessing> {
        let mut filling = self.clone();
        for input in &mut filling.inputs {
            if !matches!(input.missing, Fill::With(Missing::Refuse | Missing::Drop)) {
                continue;
            }
            match missing {
                Missing::Drop => {}
                Missing::Median if input.usual.is_some() => input.fill = input.usual,
                Missing::Median => {
                    let name = &input.name;
                    return Err(Error::model(format!("the model does not say what is usual in column \"{name}\""))
                        .remedy("--missing drop"));
                }
                Missing::Refuse | Missing::Mean | Missing::Mode | Missing::Indicator => {
                    return Err(Error::usage("a trained model can fill missing values with the median, or drop rows")
                        .remedy("--missing median"));
                }
            }
            input.missing = Fill::With(missing);
        }
        Ok(filling)
    }

    /// The rows of a table as the network's inputs. Columns are found by name, without a header by place; the target
    /// may be absent.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}, treatment::Unknown};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n")?;
    /// let preprocessing = prepare(&table, &Choices::default(), 0.2, &Rng::new(1))?.preprocessing;
    /// let later = read(b"city,size\nRome,3\n")?;
    /// let transformed = preprocessing.transform(&later, &[0], Unknown::Refuse)?;
    /// assert_eq!(transformed.inputs.columns(), 1);
    /// assert_eq!(transformed.warnings, ["columns that the model does not know are ignored: city"]);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn transform(&self, table: &Table, rows: &[u32], unknown: Unknown) -> Result<Transformed> {
        let located = self.locate(table)?;
        let mut transformed = self.transform_located(&located, rows, unknown)?;
        transformed.warnings.splice(0..0, located.warnings);
        Ok(transformed)
    }

    /// The rows of a table whose columns were found; warnings are about the cells alone.
    pub(super) fn transform_located(&self, located: &Located, rows: &[u32], unknown: Unknown) -> Result<Transformed> {
        let Located { frame, columns, .. } = located;
        let mut warnings = Vec::new();
        let width = self.input_width();
        self.check_size(rows.len(), frame.table().memory())?;
        let mut values = vec![0.0; rows.len() * width];
        let readers: Vec<ColumnReader> =
            self.inputs.iter().zip(columns).map(|(input, &column)| ColumnReader::new(input, frame, column)).collect();
        let threads = frame.table().threads().max(1);
        let share = rows.len().div_ceil(SHARES * threads).max(TILE);
        let shares = rows.chunks(share).zip(values.chunks_mut((share * width).max(1))).collect();
        let found = parallel::map(threads, shares, |(rows, out)| self.encode(&readers, rows, out, unknown));
        let (mut unreadable, mut missing) = (Findings::default(), Vec::new());
        let mut only_unknown = true;
        for (place, (input, reader)) in self.inputs.iter().zip(&readers).enumerate() {
            let (mut empty, mut others, mut is_told) = (0, 0, false);
            for met in found.iter().map(|share| &share[place]) {
                (empty, others) = (empty + met.empty, others + met.others);
                only_unknown &= met.only_unknown;
                for number in 0..met.unreadable {
                    // Those that are not among the first are not listed, but counted.
                    unreadable.add(|| reader.cannot_read(met.first_unreadable[number] as usize, !is_told));
                    is_told = true;
                }
            }
            let refuses = matches!(input.missing, Fill::With(Missing::Refuse | Missing::Drop));
            if empty > 0 && refuses {
                missing.push(MissingValues { column: columns[place], count: empty });
            } else if empty > 0 && input.missing == Fill::With(Missing::Indicator) && !input.indicator {
                let empty = counted(empty, "missing value");
                warnings
                    .push(format!("column \"{}\": {empty}, none in training: the usual value stands in", input.name));
            }
            if others > 0 {
                let count = counted(others, "value");
                warnings.push(format!("column \"{}\": {count} unknown, all of its inputs are 0 there", input.name));
            }
        }
        if unreadable.count() > 0 {
            let error = unreadable.into_error();
            return Err(if only_unknown { error.remedy("--unknown other") } else { error });
        }
        if !missing.is_empty() {
            let error = missing_values(frame, rows.len(), &missing);
            let drops = self.inputs.iter().any(|input| input.missing == Fill::With(Missing::Drop));
            let rows = if drops { "complete rows only" } else { "no missing values" };
            let note = format!("the model was trained on {rows}");
            return Err(error
                .note(note)
                .note("--missing median puts in what was usual in training, --missing drop leaves the rows out")
                .remedy("--missing median"));
        }
        Ok(Transformed { inputs: Matrix::new(rows.len(), width, Values::F64(values)), warnings })
    }

    /// Writes the inputs for some rows, and counts for each column what is no plain value. A few rows at a time, so that
    /// they are in the cache for all columns.
    fn encode(&self, readers: &[ColumnReader], rows: &[u32], out: &mut [f64], unknown: Unknown) -> Vec<Met> {
        let width = self.input_width();
        let mut all_met: Vec<Met> = readers.iter().map(|_| Met::default()).collect();
        for (rows, out) in rows.chunks(TILE).zip(out.chunks_mut((TILE * width).max(1))) {
            let mut offset = 0;
            for ((input, reader), met) in self.inputs.iter().zip(readers).zip(&mut all_met) {
                let end = offset + input.width();
                let cells =
                    rows.iter().zip(out.chunks_exact_mut(width.max(1))).map(|(&row, out)| (row, &mut out[offset..end]));
                match reader.numbers() {
                    Some(numbers) => {
                        for (row, out) in cells {
                            let number = numbers[row as usize];
                            let scaled = (number - input.shift) / input.scale;
                            // A NaN is no plain number, and is beyond this too.
                            if scaled.abs() <= FARTHEST && !(input.zero_is_missing && number == 0.0) {
                                out[0] = scaled;
                            } else {
                                met.encode(input, reader.read(row as usize), row, out, unknown);
                            }
                        }
                    }
                    None => {
                        for (row, out) in cells {
                            met.encode(input, reader.read(row as usize), row, out, unknown);
                        }
                    }
                }
                offset = end;
            }
        }
        all_met
    }

    /// Categories that are nearly all different make a matrix that no machine holds.
    fn check_size(&self, rows: usize, memory: u64) -> Result<()> {
        let width = self.input_width();
        let bytes = (rows as u128).saturating_mul(width as u128).saturating_mul(size_of::<f64>() as u128);
        if bytes <= u128::from(memory) {
            return Ok(());
        }
        let widest = self.inputs.iter().max_by_key(|input| input.width()).expect("a model has inputs");
        Err(Error::data(format!(
            "{} of {} need {} of memory, but {} may be used",
            counted(rows, "row"),
            counted(width, "input"),
            in_words(bytes),
            in_words(u128::from(memory))
        ))
        .note(format!("column \"{}\" alone makes {}", widest.name, counted(widest.width(), "input")))
        .remedy(format!("--ignore {}", column_flag(&widest.name))))
    }

    /// The targets of the rows of a table, which must have the target column: classes, or numbers as they are.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n")?;
    /// let preprocessing = prepare(&table, &Choices::default(), 0.2, &Rng::new(1))?.preprocessing;
    /// let targets = preprocessing.targets(&read(b"price\n25\n")?, &[0])?;
    /// assert_eq!((targets.rows(), targets.width()), (1, 1));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn targets(&self, table: &Table, rows: &[u32]) -> Result<Targets> {
        self.target.read(table, self.target_place(table)?, rows)
    }

    /// Those of some rows that have a target. Fails where the table has no target column, or where none of them has one.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n")?;
    /// let preprocessing = prepare(&table, &Choices::default(), 0.2, &Rng::new(1))?.preprocessing;
    /// assert_eq!(preprocessing.rows_with_target(&read(b"size,price\n6,61\n7,\n")?, vec![0, 1])?, [0]);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn rows_with_target(&self, table: &Table, mut rows: Vec<u32>) -> Result<Vec<u32>> {
        let place = self.target_place(table)?;
        rows.retain(|&row| table.value(row as usize, place) != Cell::Missing);
        if rows.is_empty() {
            let (source, name) = (table.source(), &self.target.name);
            return Err(Error::data(format!("{source}: target \"{name}\" has no value in any row")));
        }
        Ok(rows)
    }

    /// The rows of a table that can be predicted: all but those that lack a value for which training left rows out.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}, treatment::Missing};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n")?;
    /// let choices = Choices { missing: Missing::Drop, ..Choices::default() };
    /// let preprocessing = prepare(&table, &choices, 0.2, &Rng::new(1))?.preprocessing;
    /// assert_eq!(preprocessing.complete_rows(&read(b"size\n3\nNA\n4\n")?)?, [0, 2]);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn complete_rows(&self, table: &Table) -> Result<Vec<u32>> {
        Ok(self.complete_among(&self.locate(table)?, (0..table.rows() as u32).collect()))
    }

    fn complete_among(&self, located: &Located, rows: Vec<u32>) -> Vec<u32> {
        let inputs = self.inputs.iter().zip(&located.columns);
        let readers: Vec<ColumnReader> = inputs
            .filter(|(input, _)| input.missing == Fill::With(Missing::Drop))
            .map(|(input, &column)| ColumnReader::new(input, &located.frame, column))
            .collect();
        let is_complete = |row: &u32| readers.iter().all(|reader| reader.read(*row as usize) != Reading::Missing);
        rows.into_iter().filter(is_complete).collect()
    }

    /// The rows of a labelled table that can be measured on, and a note for each reason to leave rows out: they are not
    /// kept by the questions that training rows were kept by, or lack a value for which training left rows out.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n6,-1\n")?;
    /// let choices = Choices { keep: vec!["price > 0".to_string()], ..Choices::default() };
    /// let preprocessing = prepare(&table, &choices, 0.2, &Rng::new(1))?.preprocessing;
    /// let (rows, notes) = preprocessing.rows_to_measure(&table)?;
    /// assert_eq!((rows.len(), notes[0].as_str()), (5, "left out: 1 row that is not price > 0"));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn rows_to_measure(&self, table: &Table) -> Result<(Vec<u32>, Vec<String>)> {
        let located = self.locate(table)?;
        let (kept, mut notes) = self.kept_rows(&located)?;
        let count = kept.len();
        let rows = self.complete_among(&located, kept);
        if rows.len() < count {
            notes.push(format!("left out: {} with missing values", counted(count - rows.len(), "row")));
        }
        Ok((rows, notes))
    }

    /// What a person should know about the inputs that were made: the parts of dates, and categories that share one.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for input in &self.inputs {
            let name = &input.name;
            if input.kind == Kind::Date {
                let parts = list(input.parts.iter().map(|fitted| fitted.part.name()));
                notes.push(format!(
                    "column \"{name}\" holds dates: {parts} go in; leave it out with --ignore {}",
                    column_flag(name)
                ));
            }
            if input.other {
                let known = counted(input.categories.len(), "word");
                notes.push(format!("column \"{name}\": {known} and one input for the rare others"));
            }
        }
        notes
    }

    /// What each of the network's inputs is called: `age`, `sex=M`, `age missing`.
    pub fn feature_names(&self) -> Vec<String> {
        self.inputs.iter().flat_map(InputColumn::feature_names).collect()
    }

    /// How many numbers go into the network for each row.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n")?;
    /// let preprocessing = prepare(&table, &Choices::default(), 0.2, &Rng::new(1))?.preprocessing;
    /// assert_eq!(preprocessing.input_width(), preprocessing.feature_names().len());
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn input_width(&self) -> usize {
        self.inputs.iter().map(InputColumn::width).sum()
    }
}

/// How many shares of the rows each thread has: one that is slower then leaves some to the others.
const SHARES: usize = 4;

/// How many rows are encoded at a time.
const TILE: usize = 128;

/// What was met in a column beside plain values.
#[derive(Debug)]
struct Met {
    empty: usize,
    /// Unknown categories that may be there.
    others: usize,
    /// Cells that cannot be read.
    unreadable: usize,
    /// The rows of the first of them.
    first_unreadable: Vec<u32>,
    /// Whether these are unknown categories and nothing else.
    only_unknown: bool,
}

impl Default for Met {
    fn default() -> Self {
        Met { empty: 0, others: 0, unreadable: 0, first_unreadable: Vec::new(), only_unknown: true }
    }
}

impl Met {
    fn encode(&mut self, input: &InputColumn, reading: Reading, row: u32, out: &mut [f64], unknown: Unknown) {
        match reading {
            Reading::Value(value) => {
                input.encode(value, out);
                if out.iter().any(|input| input.abs() > FARTHEST) {
                    self.cannot_take(row);
                }
            }
            Reading::Missing => {
                self.empty += 1;
                input.fill.iter().for_each(|&fill| input.encode(fill, out));
                if input.indicator {
                    out[input.width() - 1] = 1.0;
                }
            }
            Reading::Unknown if unknown == Unknown::Other => self.others += 1,
            found @ (Reading::Unknown | Reading::Unreadable) => {
                let only_unknown = self.only_unknown && found == Reading::Unknown;
                self.cannot_take(row);
                self.only_unknown = only_unknown;
            }
        }
    }

    fn cannot_take(&mut self, row: u32) {
        self.only_unknown = false;
        self.unreadable += 1;
        if self.first_unreadable.len() < LISTED {
            self.first_unreadable.push(row);
        }
    }
}

#[cfg(test)]
mod tests;
