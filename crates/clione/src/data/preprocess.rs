//! How columns become numbers: fitted on the training rows alone, then the same for every table that comes later.

use std::collections::{HashMap, HashSet};

use crate::base::error::{Error, Result, nearest};
use crate::data::cell::Cell;
use crate::data::dataset::{Matrix, Targets, Values};
use crate::data::findings::{Findings, counted, grouped, list, quoted};
use crate::data::infer::{Kind, Task};
use crate::data::schema::{Choices, Input, MissingValues, Schema, categories, missing_values};
use crate::data::table::Table;
use crate::data::target::{TargetColumn, word_place};
use crate::data::treatment::{Missing, Treatment, Unknown};

/// The most numbers that are made of a table: 4 GiB of them.
const LARGEST: usize = 1 << 29;

/// How one input column becomes numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct InputColumn {
    /// The name of the column.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// What is done to them.
    pub treatment: Treatment,
    /// What is taken off a number: the mean, the least value, or 0.
    pub shift: f64,
    /// What a number is then divided by; never 0.
    pub scale: f64,
    /// The known categories, in the order of their inputs; of a boolean column the words for 0 and 1.
    pub categories: Vec<String>,
    /// What stands in for a missing value: a number, or the place of a category in `categories`. None: a missing
    /// category is none of the known ones, or missing values are refused.
    pub fill: Option<f64>,
    /// One more input follows, which is 1 where the value was missing.
    pub indicator: bool,
    /// The number 0 stands for a missing value.
    pub zero_is_missing: bool,
}

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
    /// What is done where an input has no value.
    pub missing: Missing,
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
        if !matches!(choices.scaling, Treatment::Standardise | Treatment::MinMax | Treatment::Unscaled) {
            return Err(Error::usage(format!("numbers cannot be scaled by \"{}\"", choices.scaling.name()))
                .note("choose standardise, min-max or unscaled"));
        }
        let fit = |input: &Input| InputColumn::fit(table, input, choices, training_rows);
        let mut target = schema.target.clone();
        if target.task == Task::Regression {
            let column = table.find(&target.name)?;
            let number = |row: &u32| match table.value(*row as usize, column) {
                Cell::Number(number) => Some(number),
                Cell::Missing | Cell::Infinite | Cell::TooLarge | Cell::Word => None,
            };
            let numbers: Vec<f64> = training_rows.iter().filter_map(number).collect();
            (target.mean, target.scale) = shift_and_scale(&target.name, Treatment::Standardise, &numbers)?;
        }
        Ok(Preprocessing {
            inputs: schema.inputs.iter().map(fit).collect::<Result<_>>()?,
            target,
            columns: table.names().to_vec(),
            header: table.has_header(),
            missing: choices.missing,
        })
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
        let (columns, mut warnings) = self.locate(table)?;
        let width = self.input_width();
        self.check_size(rows.len())?;
        let mut values = vec![0.0; rows.len() * width];
        let (mut unreadable, mut missing) = (Findings::default(), Vec::new());
        let mut only_unknown = true;
        let mut offset = 0;
        for (input, &column) in self.inputs.iter().zip(&columns) {
            let reader = ColumnReader::new(input, table, column);
            let (mut empty, mut others) = (0, 0);
            for (&row, out) in rows.iter().zip(values.chunks_exact_mut(width)) {
                let out = &mut out[offset..offset + input.width()];
                match reader.read(row as usize) {
                    Reading::Value(value) => input.encode(value, out),
                    Reading::Missing => {
                        empty += 1;
                        input.fill.iter().for_each(|&fill| input.encode(fill, out));
                        if input.indicator {
                            out[input.width() - 1] = 1.0;
                        }
                    }
                    Reading::Unknown if unknown == Unknown::Other => others += 1,
                    found @ (Reading::Unknown | Reading::Unreadable) => {
                        only_unknown &= found == Reading::Unknown;
                        unreadable.add(|| reader.cannot_read(row as usize));
                    }
                }
            }
            if empty > 0 && matches!(self.missing, Missing::Refuse | Missing::Drop) {
                missing.push(MissingValues { column, count: empty });
            } else if empty > 0 && self.missing == Missing::Indicator && !input.indicator {
                let empty = counted(empty, "missing value");
                warnings
                    .push(format!("column \"{}\": {empty}, none in training: the usual value stands in", input.name));
            }
            if others > 0 {
                let count = counted(others, "value");
                warnings.push(format!("column \"{}\": {count} unknown, all of its inputs are 0 there", input.name));
            }
            offset += input.width();
        }
        if unreadable.count() > 0 {
            let error = unreadable.into_error();
            return Err(if only_unknown { error.remedy("--unknown other") } else { error });
        }
        if !missing.is_empty() {
            let error = missing_values(table, rows.len(), &missing);
            let rows = if self.missing == Missing::Drop { "complete rows only" } else { "no missing values" };
            let note = format!("the model was trained on {rows}");
            return Err(error.note(note).remedy("fill these cells, or train again with --missing median"));
        }
        Ok(Transformed { inputs: Matrix::new(rows.len(), width, Values::F64(values)), warnings })
    }

    /// Categories that are nearly all different make a matrix that no machine holds.
    fn check_size(&self, rows: usize) -> Result<()> {
        let width = self.input_width();
        if rows.checked_mul(width).is_some_and(|count| count <= LARGEST) {
            return Ok(());
        }
        let widest = self.inputs.iter().max_by_key(|input| input.width()).expect("a model has inputs");
        Err(Error::data(format!(
            "{} of {} are too many numbers: more than {}",
            counted(rows, "row"),
            counted(width, "input"),
            grouped(LARGEST)
        ))
        .note(format!("column \"{}\" alone makes {}", widest.name, counted(widest.width(), "input")))
        .remedy(format!("--ignore '{}'", widest.name)))
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
        let column = match self.by_place(table) {
            Some(places) => *places.get(self.target.name.as_str()).ok_or_else(|| {
                Error::data(format!("{}: no target column: there are only the inputs", table.source()))
            })?,
            None => table.find(&self.target.name)?,
        };
        self.target.read(table, column, rows)
    }

    /// The rows of a table in which no input is missing.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// let read = |text: &[u8]| Table::from_bytes("x.csv", text.to_vec(), &ReadOptions::default());
    /// let table = read(b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n")?;
    /// let preprocessing = prepare(&table, &Choices::default(), 0.2, &Rng::new(1))?.preprocessing;
    /// assert_eq!(preprocessing.complete_rows(&read(b"size\n3\nNA\n4\n")?)?, [0, 2]);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn complete_rows(&self, table: &Table) -> Result<Vec<u32>> {
        let (columns, _) = self.locate(table)?;
        let readers: Vec<ColumnReader> =
            self.inputs.iter().zip(columns).map(|(input, column)| ColumnReader::new(input, table, column)).collect();
        let is_complete = |row: &u32| readers.iter().all(|reader| reader.read(*row as usize) != Reading::Missing);
        Ok((0..table.rows() as u32).filter(is_complete).collect())
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

    /// The table's column for each input, and what is odd about the table's columns.
    fn locate(&self, table: &Table) -> Result<(Vec<usize>, Vec<String>)> {
        let mut warnings = Vec::new();
        if let Some(places) = self.by_place(table) {
            if table.has_header() != self.header {
                warnings.push(
                    "only one of this table and the training table has a header: columns are matched by place"
                        .to_string(),
                );
            }
            let place = |input: &InputColumn| places[input.name.as_str()];
            return Ok((self.inputs.iter().map(place).collect(), warnings));
        }
        let by_name: HashMap<&str, usize> =
            table.names().iter().enumerate().map(|(column, name)| (name.as_str(), column)).collect();
        let mut absent = Findings::default();
        let mut columns = Vec::new();
        for input in &self.inputs {
            match by_name.get(input.name.as_str()) {
                Some(&column) => columns.push(column),
                None => absent.add(|| {
                    let near = nearest(&input.name, table.names().iter().map(String::as_str));
                    let hint = near.map_or(String::new(), |near| format!("; is \"{near}\" it?"));
                    format!("{}: no column \"{}\", which the model needs{hint}", table.source(), input.name)
                }),
            }
        }
        if absent.count() > 0 {
            let columns = list(table.names().iter().map(String::as_str));
            return Err(absent.into_error().note(format!("columns: {columns}")));
        }
        if columns.windows(2).any(|pair| pair[0] > pair[1]) {
            warnings.push("the columns come in another order than in training: matched by name".to_string());
        }
        let known: HashSet<&str> = self.columns.iter().map(String::as_str).collect();
        let mut extra = table.names().iter().map(String::as_str).filter(|name| !known.contains(name)).peekable();
        if extra.peek().is_some() {
            warnings.push(format!("columns that the model does not know are ignored: {}", list(extra)));
        }
        Ok((columns, warnings))
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

impl InputColumn {
    fn fit(table: &Table, input: &Input, choices: &Choices, rows: &[u32]) -> Result<Self> {
        let mut column = InputColumn {
            name: table.names()[input.column].clone(),
            kind: input.kind,
            treatment: match input.kind {
                Kind::Number => choices.scaling,
                Kind::Boolean => Treatment::Boolean,
                Kind::Category => Treatment::OneHot,
            },
            shift: 0.0,
            scale: 1.0,
            categories: match input.kind {
                Kind::Number => Vec::new(),
                Kind::Boolean => input.words.clone(),
                Kind::Category => categories(table, input.column, rows),
            },
            fill: None,
            indicator: false,
            zero_is_missing: input.zero_is_missing,
        };
        let reader = ColumnReader::new(&column, table, input.column);
        let present = |row: &u32| match reader.read(*row as usize) {
            Reading::Value(value) => Some(value),
            Reading::Missing | Reading::Unknown | Reading::Unreadable => None,
        };
        let mut values: Vec<f64> = rows.iter().filter_map(present).collect();
        drop(reader);
        if column.kind == Kind::Number {
            (column.shift, column.scale) = shift_and_scale(&column.name, column.treatment, &values)?;
        }
        column.indicator = choices.missing == Missing::Indicator && values.len() < rows.len();
        column.fill = fill(column.kind, choices.missing, &mut values);
        Ok(column)
    }

    /// How many inputs of the network the column makes.
    pub fn width(&self) -> usize {
        let values = if self.treatment == Treatment::OneHot { self.categories.len() } else { 1 };
        values + usize::from(self.indicator)
    }

    /// What these inputs are called.
    fn feature_names(&self) -> Vec<String> {
        let mut names = match self.treatment {
            Treatment::OneHot => self.categories.iter().map(|category| format!("{}={category}", self.name)).collect(),
            Treatment::Boolean => vec![format!("{}={}", self.name, self.categories[1])],
            Treatment::Standardise | Treatment::MinMax | Treatment::Unscaled => vec![self.name.clone()],
        };
        if self.indicator {
            names.push(format!("{} missing", self.name));
        }
        names
    }

    /// z = (x − shift) / scale, or a 1 in the place of the category.
    fn encode(&self, value: f64, out: &mut [f64]) {
        match self.treatment {
            Treatment::OneHot => out[value as usize] = 1.0,
            Treatment::Boolean => out[0] = value,
            Treatment::Standardise | Treatment::MinMax | Treatment::Unscaled => {
                out[0] = (value - self.shift) / self.scale;
            }
        }
    }
}

/// What a cell of an input column gives.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reading {
    /// A number, or the place of a category.
    Value(f64),
    /// Nothing.
    Missing,
    /// A word that is not among the categories.
    Unknown,
    /// A word or an infinite number in a number column.
    Unreadable,
}

/// Reads the cells of one column as an input column says.
struct ColumnReader<'a> {
    input: &'a InputColumn,
    table: &'a Table,
    column: usize,
    places: HashMap<&'a str, f64>,
}

impl<'a> ColumnReader<'a> {
    fn new(input: &'a InputColumn, table: &'a Table, column: usize) -> Self {
        let places = input.categories.iter().enumerate().map(|(place, name)| (name.as_str(), place as f64)).collect();
        ColumnReader { input, table, column, places }
    }

    fn read(&self, row: usize) -> Reading {
        let value = self.table.value(row, self.column);
        if value == Cell::Missing || (self.input.zero_is_missing && value == Cell::Number(0.0)) {
            return Reading::Missing;
        }
        let text = || self.table.cell(row, self.column).trim();
        match self.input.kind {
            Kind::Number => match value {
                Cell::Number(number) => Reading::Value(number),
                Cell::Missing => Reading::Missing,
                Cell::Infinite | Cell::TooLarge | Cell::Word => Reading::Unreadable,
            },
            Kind::Category => self.places.get(text()).map_or(Reading::Unknown, |&place| Reading::Value(place)),
            Kind::Boolean => match word_place(&self.input.categories, text()) {
                Some(place) => Reading::Value(place as f64),
                None => Reading::Unknown,
            },
        }
    }

    fn cannot_read(&self, row: usize) -> String {
        let place = self.table.place(row, self.column);
        let (name, text) = (&self.input.name, quoted(self.table.cell(row, self.column)));
        match self.input.kind {
            Kind::Number => {
                format!("{place}: column \"{name}\": cannot read {text} as a finite number, as it was in training")
            }
            Kind::Boolean | Kind::Category => {
                let known = list(self.input.categories.iter().map(String::as_str));
                format!("{place}: column \"{name}\": {text} was not there in training; known: {known}")
            }
        }
    }
}

/// What is taken off the values of a column, and what they are then divided by: 1 where all are alike.
fn shift_and_scale(name: &str, treatment: Treatment, values: &[f64]) -> Result<(f64, f64)> {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (shift, scale) = match treatment {
        Treatment::Unscaled | Treatment::Boolean | Treatment::OneHot => return Ok((0.0, 1.0)),
        _ if values.is_empty() => return Ok((0.0, 1.0)),
        _ if least == greatest => return Ok((least, 1.0)),
        Treatment::MinMax => (least, greatest - least),
        Treatment::Standardise => {
            let mean = mean(values);
            let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
            (mean, (squares / values.len() as f64).sqrt())
        }
    };
    if shift.is_finite() && scale.is_normal() {
        return Ok((shift, scale));
    }
    Err(Error::data(format!("column \"{name}\": values from {least} to {greatest} cannot be scaled in 64 bits"))
        .remedy("give the column in another unit"))
}

fn mean(values: &[f64]) -> f64 {
    let (sum, count) = (values.iter().sum::<f64>(), values.len() as f64);
    // The sum of large numbers may be infinite where their mean is not.
    if sum.is_finite() { sum / count } else { values.iter().map(|value| value / count).sum() }
}

/// What stands in for a missing value.
fn fill(kind: Kind, missing: Missing, values: &mut [f64]) -> Option<f64> {
    match (missing, kind) {
        (Missing::Refuse | Missing::Drop, _) | (Missing::Indicator, Kind::Category) => None,
        // A column without any training value tells nothing; 0 keeps it silent.
        _ if values.is_empty() => (kind != Kind::Category).then_some(0.0),
        (Missing::Mean | Missing::Indicator, Kind::Number) => Some(mean(values)),
        (Missing::Median, Kind::Number) => {
            values.sort_unstable_by(f64::total_cmp);
            let middle = values.len() / 2;
            let halves = (values[(values.len() - 1) / 2], values[middle]);
            Some(halves.0 + (halves.1 - halves.0) / 2.0)
        }
        (Missing::Mean | Missing::Median | Missing::Mode | Missing::Indicator, _) => {
            values.sort_unstable_by(f64::total_cmp);
            let runs = values.chunk_by(|a, b| a == b);
            // Of values that are equally frequent, the least: `max_by_key` takes the last of equals.
            runs.rev().max_by_key(|run| run.len()).map(|run| run[0])
        }
    }
}

#[cfg(test)]
mod tests;
