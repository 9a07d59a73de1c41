//! Which column is to be predicted, which go in, what kind each is, and which rows can be used.

mod asked;
mod missing;

use std::collections::HashSet;

use crate::base::error::{Error, Result};
use crate::base::words::column_flag;
use crate::data::cell::Cell;
use crate::data::date::{self, DayOrder};
use crate::data::dependence::{self, Dependent};
use crate::data::derive::{Formulas, column_order};
use crate::data::duplicates::first_places;
use crate::data::findings::{Findings, counted, quoted};
use crate::data::frame::Frame;
use crate::data::infer::{Codes, Finding, FoundTask, Kind, Profile, ReadAs, Task, infer_task};
use crate::data::parallel;
use crate::data::split::Dependence;
use crate::data::table::Table;
use crate::data::target::{TargetColumn, TargetTreatment};
use crate::data::treatment::{Fill, Missing, Treat, Treatment, Unknown};
use asked::{Asked, AskedColumn};
use missing::word_for_none;
pub(super) use missing::{MissingValues, missing_values};

/// What a person decides about the columns of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// The column to predict: its name, or its place counted from 1, from the end if negative.
    pub target: String,
    /// Columns that are left out, by name or place.
    pub ignore: Vec<String>,
    /// The only columns of the table that go in, by name or place; all if empty. Derived columns go in besides.
    pub only: Vec<String>,
    /// What to predict; found from the values if None.
    pub task: Option<Task>,
    /// Learn the logarithm of a target that is a positive number: ln y, or ln(1 + y) where there are zeros.
    pub log_target: bool,
    /// What is done where an input has no value.
    pub missing: Missing,
    /// What is done so in single columns, by name or place.
    pub fill: Vec<(String, Fill)>,
    /// Leave rows without a target out.
    pub drop_missing_target: bool,
    /// Number columns in which 0 stands for a missing value, by name or place.
    pub zero_is_missing: Vec<String>,
    /// Columns of numbers or codes that are read as categories, by name or place.
    pub categories: Vec<String>,
    /// What is done to numbers: one of [`Treatment::OF_NUMBERS`].
    pub scaling: Treatment,
    /// What is done to single columns, by name or place.
    pub treat: Vec<(String, Treat)>,
    /// What is done later with words that training had not.
    pub unknown: Unknown,
    /// Categories that fewer training rows have become one input, `other`; 0 and 1 leave each its own.
    pub rare: usize,
    /// Columns that are worked out from others: `trip = distance(lat, lon, to_lat, to_lon)`.
    pub derive: Vec<String>,
    /// What rows must fulfil to be learned from and measured on: `fare >= 0 and fare <= 100`.
    pub keep: Vec<String>,
    /// Leave rows out that are copies of earlier ones, in all inputs and in the target.
    pub drop_duplicates: bool,
    /// The column whose values are groups, by name or place: the rows of one are never on both sides of a split. It is no
    /// input unless `only`, `treat` or `categories` names it.
    pub group: Option<String>,
    /// The column that has the time of each row, as dates or numbers, by name or place: what is held back is later than what
    /// is learned from. One of numbers is no input unless `only`, `treat` or `categories` names it.
    pub time: Option<String>,
}

impl Default for Choices {
    /// The last column is the target, nothing may be missing, numbers are standardised.
    fn default() -> Self {
        Choices {
            target: "-1".to_string(),
            ignore: Vec::new(),
            only: Vec::new(),
            task: None,
            log_target: false,
            missing: Missing::Refuse,
            fill: Vec::new(),
            drop_missing_target: false,
            zero_is_missing: Vec::new(),
            categories: Vec::new(),
            scaling: Treatment::Standardise,
            treat: Vec::new(),
            unknown: Unknown::Refuse,
            rare: 0,
            derive: Vec::new(),
            keep: Vec::new(),
            drop_duplicates: false,
            group: None,
            time: None,
        }
    }
}

impl Choices {
    /// Fails where a formula cannot be read, whatever the table.
    pub(crate) fn check_formulas(&self) -> Result<()> {
        Formulas::read(&self.derive, &self.keep, &[]).map(|_| ())
    }

    /// The formulas, with the order of the dates that they read. Fails where one makes an input of the target.
    pub(super) fn formulas(&self, table: &Table) -> Result<Formulas> {
        let mut formulas = Formulas::read(&self.derive, &self.keep, &[])?;
        let target = &table.names()[table.find(&self.target)?];
        if let Some((formula, mention)) = formulas.first_use(target) {
            return Err(formula.wrong_column(mention, "the target cannot be made an input, as here"));
        }
        formulas.find_orders(table, &|column| {
            self.treat.iter().find_map(|(name, treat)| match treat {
                Treat::Date(order) if table.find(name) == Ok(column) => Some(*order),
                Treat::As(_) | Treat::Order(_) | Treat::Date(_) | Treat::Ignore => None,
            })
        })?;
        Ok(formulas)
    }
}

/// One column that goes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its place in the table, counted from 0; derived columns come behind those of the table.
    pub column: usize,
    /// What its values are.
    pub kind: Kind,
    /// What is done to them.
    pub treatment: Treatment,
    /// Of a boolean column the words for no and yes as the table spells them, of categories the order that they were
    /// given, else empty.
    pub words: Vec<String>,
    /// In which order dates have their numbers.
    pub day_order: DayOrder,
    /// What is done where it has no value.
    pub fill: Fill,
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
    /// How these rows depend on each other.
    pub dependence: Dependence,
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
        let formulas = choices.formulas(table)?;
        Schema::of(&formulas.frame(table, &|name| table.find(name).ok())?, &formulas, choices)
    }

    /// Looks at every value of a table and its derived columns.
    pub(super) fn of(frame: &Frame, formulas: &Formulas, choices: &Choices) -> Result<Schema> {
        let mut asked = Asked::find(frame, choices)?;
        let (mut notes, mut warnings) = (Vec::new(), Vec::new());
        let find = |name: &str| frame.table().find(name).ok();
        let (rows, left_out) = formulas.kept_rows(frame, &find, (0..frame.rows() as u32).collect())?;
        notes.extend(left_out);
        if rows.is_empty() {
            return Err(Error::data(format!("{}: no row is kept", frame.source())).note(notes.join("; ")));
        }
        let rows = rows_with_target(frame, asked.target, rows, choices, &mut notes)?;
        for (column, asked) in asked.columns.iter_mut().enumerate().filter(|(_, asked)| asked.may_be_codes()) {
            if let Some(codes) = Codes::find(frame, column, &rows)? {
                notes.push(codes.note(frame, column));
                asked.reads_codes();
            }
        }
        let mut inputs =
            Inputs { frame, rows: &rows, choices, found: Vec::new(), missing: Vec::new(), words_for_none: Vec::new() };
        let columns: Vec<_> = asked.columns.iter().enumerate().filter(|(_, asked)| !asked.ignored).collect();
        let threads = frame.table().threads().max(1);
        // A profile holds all different words of its column: as few as possible at once.
        for columns in columns.chunks(threads) {
            for (column, _) in columns.iter().filter(|(_, asked)| asked.reads_words()) {
                frame.read_words(*column)?;
            }
            let profiles = parallel::map(threads, columns.to_vec(), |(column, asked)| {
                Profile::new(frame, column, &rows, asked.read_as())
            });
            for (&(column, asked), profile) in columns.iter().zip(profiles) {
                inputs.look_at(column, asked, &profile, &mut notes, &mut warnings)?;
            }
        }
        let inputs = inputs.finish()?;
        let complete = complete_rows(frame, &inputs, &rows);
        let rows = if complete.len() < rows.len() {
            notes.push(format!("left out: {} with missing values", counted(rows.len() - complete.len(), "row")));
            complete
        } else {
            rows
        };
        let rows =
            if choices.drop_duplicates { without_copies(frame, &inputs, asked.target, rows, &mut notes) } else { rows };
        let Dependent { rows, dependence, notes: said } = dependence::read(frame, choices, rows)?;
        notes.extend(said);
        if rows.len() < 2 {
            let rows = counted(rows.len(), "row");
            return Err(Error::data(format!("{}: {rows} to learn from, at least 2 are needed", frame.source())));
        }
        if rows.len() < inputs.len() {
            let (rows, columns) = (counted(rows.len(), "row"), counted(inputs.len(), "input column"));
            warnings.push(format!("{rows} for {columns}: a network can learn them by heart"));
        }
        let (target, task_reason) = look_at_target(frame, asked.target, &rows, choices, &mut warnings)?;
        Ok(Schema { inputs, target, task_reason, rows, dependence, notes, warnings })
    }
}

/// The rows that are no copies of earlier ones, in the inputs and in the target.
fn without_copies(frame: &Frame, inputs: &[Input], target: usize, rows: Vec<u32>, notes: &mut Vec<String>) -> Vec<u32> {
    let columns: Vec<usize> = inputs.iter().map(|input| input.column).chain([target]).collect();
    let firsts: Vec<u32> = first_places(frame, &rows, &columns).into_iter().map(|place| rows[place as usize]).collect();
    if firsts.len() < rows.len() {
        let copies = rows.len() - firsts.len();
        let are = if copies == 1 { "is a copy" } else { "are copies" };
        notes.push(format!("left out: {} that {are} of earlier ones", counted(copies, "row")));
    }
    firsts
}

/// Those of some rows whose target is known; the others are an error unless they may be dropped.
fn rows_with_target(
    frame: &Frame,
    target: usize,
    rows: Vec<u32>,
    choices: &Choices,
    notes: &mut Vec<String>,
) -> Result<Vec<u32>> {
    let is_missing = |row: &u32| frame.value(*row as usize, target) == Cell::Missing;
    let (without, with): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(is_missing);
    let name = &frame.names()[target];
    if with.is_empty() {
        return Err(Error::data(format!("{}: target \"{name}\" has no value in any row", frame.source())));
    }
    if without.is_empty() {
        return Ok(with);
    }
    let dropped = counted(without.len(), "row");
    if choices.drop_missing_target {
        notes.push(format!("left out: {dropped} without a target"));
        return Ok(with);
    }
    let is_of_words = frame.value(with[0] as usize, target) == Cell::Word;
    let word = if is_of_words { word_for_none(frame, target, &without) } else { None };
    let mut findings = Findings::default();
    for row in without {
        findings.add(|| format!("{}: target \"{name}\" has no value", frame.place(row as usize, target)));
    }
    let error = word.into_iter().fold(findings.into_error(), Error::note);
    Err(error.remedy("--drop-missing-target"))
}

/// The input columns as they are looked at one after another.
struct Inputs<'a> {
    frame: &'a Frame<'a>,
    rows: &'a [u32],
    choices: &'a Choices,
    found: Vec<Input>,
    /// Those that nothing was chosen for.
    missing: Vec<MissingValues>,
    /// What may be no missing values.
    words_for_none: Vec<String>,
}

impl Inputs<'_> {
    fn look_at(
        &mut self,
        column: usize,
        asked: &AskedColumn,
        profile: &Profile,
        notes: &mut Vec<String>,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let read = asked.read_as();
        let name = &self.frame.names()[column];
        let mut day_order = DayOrder::YearFirst;
        let (kind, words) = match profile.finding()? {
            Finding::Empty => {
                warnings.push(format!("column \"{name}\" is empty: left out"));
                return Ok(());
            }
            Finding::Dates => {
                day_order = self.day_order(column, asked)?;
                (Kind::Date, Vec::new())
            }
            Finding::Numbers => {
                warnings.extend(profile.number_warnings());
                (Kind::Number, Vec::new())
            }
            Finding::Booleans(words) => (Kind::Boolean, words.to_vec()),
            Finding::Categories => {
                self.frame.read_words(column)?;
                warnings.extend(profile.word_warnings());
                notes.extend(profile.word_notes());
                (Kind::Category, asked.order().to_vec())
            }
        };
        if read.zero_is_missing && kind != Kind::Number {
            return Err(Error::usage(format!("column \"{name}\" is no number column: 0 cannot mean missing in it")));
        }
        let treatment = asked.treatment(name, kind, self.choices.scaling)?;
        let largest = profile.least.abs().max(profile.greatest.abs());
        if treatment == Treatment::Unscaled && largest >= 1000.0 {
            warnings.push(format!("column \"{name}\" has values up to {largest} and is not scaled"));
        }
        if profile.missing > 0 && asked.fill == Fill::With(Missing::Refuse) {
            self.missing.push(MissingValues { column, count: profile.missing });
            if kind == Kind::Category {
                self.words_for_none.extend(word_for_none(self.frame, column, self.rows));
            }
        }
        let (fill, zero_is_missing) = (asked.fill.clone(), read.zero_is_missing);
        self.found.push(Input { column, kind, treatment, words, day_order, fill, zero_is_missing });
        Ok(())
    }

    /// How the dates of a column are written. Fails where one cannot be read so.
    fn day_order(&self, column: usize, asked: &AskedColumn) -> Result<DayOrder> {
        let (frame, name) = (self.frame, &self.frame.names()[column]);
        if frame.is_derived(column) {
            return Err(Error::usage(format!("column \"{name}\" was worked out: its values are numbers, not dates")));
        }
        let order = match asked.day_order() {
            Some(order) => order,
            None => column_order(frame.table(), column, self.rows.iter().copied())?,
        };
        let mut findings = Findings::default();
        for row in self.rows.iter().map(|&row| row as usize) {
            let text = frame.cell(row, column);
            if frame.value(row, column) != Cell::Missing && date::read(text, order).is_none() {
                findings.add(|| {
                    let (place, text) = (frame.place(row, column), quoted(text.trim()));
                    format!("{place}: column \"{name}\": cannot read {text} as a date or a time ({})", order.name())
                });
            }
        }
        if findings.count() == 0 {
            return Ok(order);
        }
        let error = findings.into_error().note(format!("--category {} reads the column as words", column_flag(name)));
        Err(error.remedy(format!("--ignore {}", column_flag(name))))
    }

    /// The columns that go in.
    fn finish(self) -> Result<Vec<Input>> {
        if self.found.is_empty() {
            let source = self.frame.source();
            return Err(Error::data(format!("{source}: no column is left to learn from beside the target")));
        }
        if !self.missing.is_empty() {
            let error = missing_values(self.frame, self.rows.len(), &self.missing);
            return Err(self
                .words_for_none
                .into_iter()
                .fold(error, Error::note)
                .note("they can be filled or left out: --missing mean, median, mode, drop or indicator")
                .remedy("--missing median"));
        }
        Ok(self.found)
    }
}

/// The rows that no column wants left out.
fn complete_rows(table: &Frame, inputs: &[Input], rows: &[u32]) -> Vec<u32> {
    let drops: Vec<&Input> = inputs.iter().filter(|input| input.fill == Fill::With(Missing::Drop)).collect();
    let is_missing = |input: &Input, row: u32| match table.value(row as usize, input.column) {
        Cell::Missing => true,
        Cell::Number(number) => input.zero_is_missing && number == 0.0,
        Cell::Infinite | Cell::TooLarge | Cell::Word => false,
    };
    rows.iter().copied().filter(|&row| !drops.iter().any(|input| is_missing(input, row))).collect()
}

fn look_at_target(
    table: &Frame,
    column: usize,
    rows: &[u32],
    choices: &Choices,
    warnings: &mut Vec<String>,
) -> Result<(TargetColumn, String)> {
    // What a regression predicts is a number, whatever it begins with.
    let codes = if choices.task == Some(Task::Regression) { None } else { Codes::find(table, column, rows)? };
    let codes = codes.filter(|codes| matches!(codes, Codes::Zeros(_)));
    warnings.extend(codes.map(|codes| codes.note(table, column)));
    let profile = Profile::new(table, column, rows, ReadAs { words: codes.is_some(), ..ReadAs::default() });
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
    let treatment = match (choices.log_target, task) {
        (false, _) => TargetTreatment::Standardise,
        (true, Task::Regression) => log_treatment(table, column, rows)?,
        (true, Task::Classification) => {
            return Err(
                Error::usage(format!("target \"{name}\": classes have no logarithm")).remedy("--task regression")
            );
        }
    };
    Ok((TargetColumn { name: name.clone(), kind, task, classes, treatment, mean: 0.0, scale: 1.0 }, reason))
}

/// ln y where all targets are positive, ln(1 + y) where there are zeros. Fails at a negative one.
fn log_treatment(table: &Frame, column: usize, rows: &[u32]) -> Result<TargetTreatment> {
    let (mut findings, mut zeros) = (Findings::default(), 0);
    for row in rows.iter().map(|&row| row as usize) {
        match table.value(row, column) {
            Cell::Number(number) if number < 0.0 => findings.add(|| {
                let (place, name) = (table.place(row, column), &table.names()[column]);
                format!("{place}: target \"{name}\": {number} is negative and has no logarithm")
            }),
            Cell::Number(number) => zeros += usize::from(number == 0.0),
            Cell::Missing | Cell::Infinite | Cell::TooLarge | Cell::Word => {}
        }
    }
    match findings.count() {
        0 if zeros == 0 => Ok(TargetTreatment::Log),
        0 => Ok(TargetTreatment::Log1p),
        _ => Err(findings.into_error().note("leave --log-target out, or rows with --keep 'TARGET > 0'")),
    }
}

/// The different words of a column in some rows, in order.
pub(super) fn categories(table: &Frame, column: usize, rows: &[u32]) -> Vec<String> {
    let is_present = |row: &&u32| table.value(**row as usize, column) != Cell::Missing;
    let mut is_met = vec![false; table.table_column(column).map_or(0, |cells| cells.texts().len())];
    let is_new = |row: &&u32| {
        // A text that was met before is known by its place.
        let place = table.table_column(column).and_then(|cells| cells.text_place(**row as usize));
        place.is_none_or(|place| !std::mem::replace(&mut is_met[place as usize], true))
    };
    let present = rows.iter().filter(is_present).filter(is_new);
    let words: HashSet<&str> = present.map(|&row| table.cell(row as usize, column).trim()).collect();
    let mut words: Vec<String> = words.into_iter().map(str::to_string).collect();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests;
