//! Which column is to be predicted, which go in, what kind each is, and which rows can be used.

use std::collections::HashSet;

use crate::base::error::{Error, Result};
use crate::data::cell::{Cell, looks_like_date};
use crate::data::findings::{Findings, counted, grouped, quoted};
use crate::data::infer::{Finding, FoundTask, Kind, Profile, ReadAs, Task, infer_task};
use crate::data::table::Table;
use crate::data::target::TargetColumn;
use crate::data::treatment::{Missing, Treatment};

/// What a person decides about the columns of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// The column to predict: its name, or its place counted from 1, from the end if negative.
    pub target: String,
    /// Columns that are left out, by name or place.
    pub ignore: Vec<String>,
    /// What to predict; found from the values if None.
    pub task: Option<Task>,
    /// What is done where an input has no value.
    pub missing: Missing,
    /// Leave rows without a target out.
    pub drop_missing_target: bool,
    /// Number columns in which 0 stands for a missing value, by name or place.
    pub zero_is_missing: Vec<String>,
    /// Columns of numbers or codes that are read as categories, by name or place.
    pub categories: Vec<String>,
    /// What is done to numbers: standardise, min-max or unscaled.
    pub scaling: Treatment,
}

impl Default for Choices {
    /// The last column is the target, nothing may be missing, numbers are standardised.
    fn default() -> Self {
        Choices {
            target: "-1".to_string(),
            ignore: Vec::new(),
            task: None,
            missing: Missing::Refuse,
            drop_missing_target: false,
            zero_is_missing: Vec::new(),
            categories: Vec::new(),
            scaling: Treatment::Standardise,
        }
    }
}

/// One column that goes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its place in the table, counted from 0.
    pub column: usize,
    /// What its values are.
    pub kind: Kind,
    /// Of a boolean column the words for no and yes as the table spells them, else empty.
    pub words: Vec<String>,
    /// The number 0 stands for a missing value.
    pub zero_is_missing: bool,
}

/// What the columns of a table are.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The columns that go in.
    pub inputs: Vec<Input>,
    /// The column to predict (not fitted yet: mean 0, scale 1).
    pub target: TargetColumn,
    /// Why it is this task, and how to change it: `6 whole numbers from 3 to 8: regression; ...`.
    pub task_reason: String,
    /// The rows that can be used, in the order of the table.
    pub rows: Vec<u32>,
    /// What was found and done.
    pub notes: Vec<String>,
    /// What may be wrong.
    pub warnings: Vec<String>,
}

impl Schema {
    /// Looks at every value of every column.
    ///
    /// ```
    /// use clione::data::schema::{Choices, Schema};
    /// use clione::data::table::{ReadOptions, Table};
    /// let text = b"age,sex,bought\n31,f,no\n45,m,yes\n27,m,no\n52,f,yes\n";
    /// let table = Table::from_bytes("people.csv", text.to_vec(), &ReadOptions::default())?;
    /// let schema = Schema::infer(&table, &Choices { target: "bought".to_string(), ..Choices::default() })?;
    /// assert_eq!(schema.target.classes, ["no", "yes"]);
    /// assert_eq!(schema.task_reason, "2 different words: classification");
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn infer(table: &Table, choices: &Choices) -> Result<Schema> {
        let target_column = table.find(&choices.target)?;
        let ignored = find_all(table, &choices.ignore)?;
        let with_zeros = find_all(table, &choices.zero_is_missing)?;
        let words = find_all(table, &choices.categories)?;
        if ignored.contains(&target_column) {
            let name = &table.names()[target_column];
            return Err(Error::usage(format!("column \"{name}\" cannot be the target and be ignored")));
        }
        let (mut notes, mut warnings) = (Vec::new(), Vec::new());
        let rows = rows_with_target(table, target_column, choices, &mut notes)?;
        let columns = (0..table.columns()).filter(|column| *column != target_column && !ignored.contains(column));
        let mut inputs =
            Inputs { table, rows: &rows, choices, found: Vec::new(), dates: Vec::new(), missing: Vec::new() };
        for column in columns {
            let read = ReadAs { zero_is_missing: with_zeros.contains(&column), words: words.contains(&column) };
            inputs.look_at(column, read, &mut notes, &mut warnings)?;
        }
        let (inputs, missing) = inputs.finish()?;
        let rows = if choices.missing == Missing::Drop && !missing.is_empty() {
            let complete = complete_rows(table, &inputs, &rows);
            notes.push(format!("left out: {} with missing values", counted(rows.len() - complete.len(), "row")));
            complete
        } else {
            rows
        };
        let needed =
            |rows: usize| format!("{}: {} to learn from, at least 2 are needed", table.source(), counted(rows, "row"));
        if rows.len() < 2 {
            return Err(Error::data(needed(rows.len())));
        }
        if rows.len() < inputs.len() {
            let (rows, columns) = (counted(rows.len(), "row"), counted(inputs.len(), "input column"));
            warnings.push(format!("{rows} for {columns}: a network can learn them by heart"));
        }
        let (target, task_reason) = look_at_target(table, target_column, &rows, choices, &mut warnings)?;
        Ok(Schema { inputs, target, task_reason, rows, notes, warnings })
    }
}

fn find_all(table: &Table, specs: &[String]) -> Result<Vec<usize>> {
    specs.iter().map(|spec| table.find(spec)).collect()
}

/// The rows whose target is known; the others are an error unless they may be dropped.
fn rows_with_target(table: &Table, target: usize, choices: &Choices, notes: &mut Vec<String>) -> Result<Vec<u32>> {
    let is_missing = |row: &u32| table.value(*row as usize, target) == Cell::Missing;
    let (without, with): (Vec<u32>, Vec<u32>) = (0..table.rows() as u32).partition(is_missing);
    let name = &table.names()[target];
    if with.is_empty() {
        return Err(Error::data(format!("{}: target \"{name}\" has no value in any row", table.source())));
    }
    if without.is_empty() {
        return Ok(with);
    }
    let dropped = counted(without.len(), "row");
    if choices.drop_missing_target {
        notes.push(format!("left out: {dropped} without a target"));
        return Ok(with);
    }
    let mut findings = Findings::default();
    for row in without {
        findings.add(|| format!("{}: target \"{name}\" has no value", table.place(row as usize, target)));
    }
    Err(findings.into_error().remedy("--drop-missing-target"))
}

/// The input columns as they are looked at one after another.
struct Inputs<'a> {
    table: &'a Table,
    rows: &'a [u32],
    choices: &'a Choices,
    found: Vec<Input>,
    dates: Vec<usize>,
    missing: Vec<MissingValues>,
}

impl Inputs<'_> {
    fn look_at(
        &mut self,
        column: usize,
        read: ReadAs,
        notes: &mut Vec<String>,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let profile = Profile::new(self.table, column, self.rows, read);
        let name = &self.table.names()[column];
        let (kind, words) = match profile.finding()? {
            Finding::Empty => {
                warnings.push(format!("column \"{name}\" is empty: left out"));
                return Ok(());
            }
            Finding::Dates => {
                self.dates.push(column);
                return Ok(());
            }
            Finding::Numbers => {
                warnings.extend(profile.number_warnings());
                let largest = profile.least.abs().max(profile.greatest.abs());
                if self.choices.scaling == Treatment::Unscaled && largest >= 1000.0 {
                    warnings.push(format!("column \"{name}\" has values up to {largest} and is not scaled"));
                }
                (Kind::Number, Vec::new())
            }
            Finding::Booleans(words) => (Kind::Boolean, words.to_vec()),
            Finding::Categories => {
                warnings.extend(profile.word_warnings());
                notes.extend(profile.word_notes());
                (Kind::Category, Vec::new())
            }
        };
        if read.zero_is_missing && kind != Kind::Number {
            return Err(Error::usage(format!("column \"{name}\" is no number column: 0 cannot mean missing in it")));
        }
        if profile.missing > 0 {
            self.missing.push(MissingValues { column, count: profile.missing });
        }
        self.found.push(Input { column, kind, words, zero_is_missing: read.zero_is_missing });
        Ok(())
    }

    /// The columns that go in, and those with missing values.
    fn finish(self) -> Result<(Vec<Input>, Vec<MissingValues>)> {
        let (table, names) = (self.table, self.table.names());
        if let Some(&first) = self.dates.first() {
            let row = self.rows.iter().find(|&&row| looks_like_date(table.cell(row as usize, first)));
            let row = *row.expect("a column of dates has one") as usize;
            let (place, text) = (table.place(row, first), quoted(table.cell(row, first)));
            let all: Vec<&str> = self.dates.iter().map(|&column| names[column].as_str()).collect();
            let error =
                Error::data(format!("{place}: column \"{}\": {text} looks like a date or a time", names[first]))
                    .note("a date is no number and no category: give its parts (year, month, hour, ...) as columns");
            return Err(error.remedy(format!("--ignore '{}'", all.join(","))));
        }
        if self.found.is_empty() {
            return Err(Error::data(format!("{}: no column is left to learn from beside the target", table.source())));
        }
        if self.choices.missing == Missing::Refuse && !self.missing.is_empty() {
            return Err(missing_values(self.table, self.rows.len(), &self.missing)
                .note("they can be filled or left out: --missing mean, median, mode, drop or indicator")
                .remedy("--missing median"));
        }
        Ok((self.found, self.missing))
    }
}

/// How many values a column lacks.
pub(super) struct MissingValues {
    /// The place of the column, counted from 0.
    pub column: usize,
    /// How many rows have no value in it.
    pub count: usize,
}

/// The error for missing values that nothing was chosen for, with their counts per column.
pub(super) fn missing_values(table: &Table, rows: usize, missing: &[MissingValues]) -> Error {
    let mut findings = Findings::default();
    for &MissingValues { column, count } in missing {
        findings
            .add(|| format!("column \"{}\": {} of {}", table.names()[column], grouped(count), counted(rows, "value")));
    }
    let total = missing.iter().map(|missing| missing.count).sum();
    let headline =
        format!("{}: {} missing in {}", table.source(), counted(total, "value"), counted(missing.len(), "column"));
    findings.add_to(Error::data(headline))
}

fn complete_rows(table: &Table, inputs: &[Input], rows: &[u32]) -> Vec<u32> {
    let is_missing = |input: &Input, row: u32| match table.value(row as usize, input.column) {
        Cell::Missing => true,
        Cell::Number(number) => input.zero_is_missing && number == 0.0,
        Cell::Infinite | Cell::TooLarge | Cell::Word => false,
    };
    rows.iter().copied().filter(|&row| !inputs.iter().any(|input| is_missing(input, row))).collect()
}

fn look_at_target(
    table: &Table,
    column: usize,
    rows: &[u32],
    choices: &Choices,
    warnings: &mut Vec<String>,
) -> Result<(TargetColumn, String)> {
    let profile = Profile::new(table, column, rows, ReadAs::default());
    let finding = profile.finding()?;
    let name = &table.names()[column];
    if finding == Finding::Dates {
        let (place, text) = (table.place(rows[0] as usize, column), quoted(table.cell(rows[0] as usize, column)));
        return Err(Error::data(format!("{place}: target \"{name}\": {text} looks like a date or a time"))
            .remedy("choose another --target, or give the date as a number of days"));
    }
    let FoundTask { task, reason, classes: numbers } = infer_task(&profile, &finding, choices.task)?;
    let (kind, classes) = match finding {
        Finding::Empty | Finding::Dates => unreachable!("refused above"),
        Finding::Numbers => (Kind::Number, numbers.iter().map(f64::to_string).collect()),
        Finding::Booleans(words) => (Kind::Boolean, words.to_vec()),
        Finding::Categories => {
            warnings.extend(profile.spellings());
            (Kind::Category, categories(table, column, rows))
        }
    };
    let nothing_to_learn = match task {
        Task::Classification => classes.len() < 2,
        Task::Regression => profile.least == profile.greatest,
    };
    if nothing_to_learn {
        let only = quoted(table.cell(rows[0] as usize, column).trim());
        let source = table.source();
        return Err(Error::data(format!("{source}: target \"{name}\": every row is {only}: nothing to learn"))
            .remedy("choose another --target"));
    }
    Ok((TargetColumn { name: name.clone(), kind, task, classes, mean: 0.0, scale: 1.0 }, reason))
}

/// The different words of a column in some rows, in order.
pub(super) fn categories(table: &Table, column: usize, rows: &[u32]) -> Vec<String> {
    let is_present = |row: &&u32| table.value(**row as usize, column) != Cell::Missing;
    let words: HashSet<&str> =
        rows.iter().filter(is_present).map(|&row| table.cell(row as usize, column).trim()).collect();
    let mut words: Vec<String> = words.into_iter().map(str::to_string).collect();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests;
