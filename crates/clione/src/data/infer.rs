//! What the values of a column are, and whether a class or a number is to be predicted.

mod codes;
mod task;
mod words;

use std::collections::HashSet;

use crate::base::error::{Error, Result};
use crate::base::words::{column_flag, columns_flag, field, in_single_quotes};
use crate::data::cell::{Cell, NumberFormat, looks_like_date};
use crate::data::disguise::{Disguised, Surroundings};
use crate::data::findings::{Findings, counted, grouped, quoted};
use crate::data::frame::Frame;
use crate::data::named::named;
use codes::LARGEST_EXACT;
use words::{Count, WordCounts};

pub(super) use codes::Codes;
pub(super) use task::{FoundTask, infer_task};

named! {
    /// What the values of a column are.
    Kind, "kind of column" {
        /// Numbers.
        Number "number",
        /// Two words of which one says no and the other yes.
        Boolean "boolean",
        /// Words, each of which stands for a group of rows.
        Category "category",
        /// Dates or times of day.
        Date "date",
    }
}

named! {
    /// What is to be predicted.
    Task, "task" {
        /// A number.
        Regression "regression",
        /// One of a few classes.
        Classification "classification",
    }
}

/// Words for no and yes, in lower case.
const NO_AND_YES: &[[&str; 2]] =
    &[["no", "yes"], ["false", "true"], ["off", "on"], ["nein", "ja"], ["non", "oui"], ["n", "y"], ["f", "t"]];

/// What a column turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing stands in it.
    Empty,
    /// Dates or times.
    Dates,
    /// Numbers.
    Numbers,
    /// Two words, for no and for yes, as the table spells them.
    Booleans([String; 2]),
    /// Words.
    Categories,
}

/// What a person said about the cells of a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadAs {
    /// The number 0 stands for a missing value.
    pub zero_is_missing: bool,
    /// Every cell is a word.
    pub words: bool,
    /// Every cell is a date.
    pub dates: bool,
}

/// What stands in some rows of one column, counted.
#[derive(Clone, Debug)]
pub(super) struct Profile<'a> {
    table: &'a Frame<'a>,
    column: usize,
    rows: &'a [u32],
    read: ReadAs,
    /// Cells without a value.
    pub missing: usize,
    numbers: usize,
    /// Every different word, in order, as the table spells it.
    words: Vec<(&'a str, Count)>,
    /// The first rows with a word, and how many there are.
    word_rows: Vec<u32>,
    word_cells: usize,
    not_finite: Findings,
    pub least: f64,
    pub greatest: f64,
    whole: bool,
    /// Each number is the one before it plus 1.
    counts_rows: bool,
    inexact: usize,
}

impl<'a> Profile<'a> {
    /// Looks at every cell of a column in these rows.
    pub(super) fn new(table: &'a Frame<'a>, column: usize, rows: &'a [u32], read: ReadAs) -> Self {
        let mut profile = Profile {
            table,
            column,
            rows,
            read,
            missing: 0,
            numbers: 0,
            words: Vec::new(),
            word_rows: Vec::new(),
            word_cells: 0,
            not_finite: Findings::default(),
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            whole: true,
            counts_rows: true,
            inexact: 0,
        };
        let mut words = WordCounts::of(table, column);
        let cells = table.table_column(column);
        let mut previous = None;
        for &row in rows {
            let value = match cells {
                Some(cells) => cells.value(row as usize),
                None => table.value(row as usize, column),
            };
            match value {
                Cell::Missing => profile.missing += 1,
                _ if read.words || read.dates => profile.add_word(row, &mut words),
                Cell::Number(0.0) if read.zero_is_missing => profile.missing += 1,
                Cell::Number(number) => {
                    profile.add_number(number);
                    if profile.counts_rows {
                        profile.counts_rows = previous.is_none_or(|previous: f64| number == previous + 1.0);
                        previous = Some(number);
                    }
                }
                Cell::Infinite => profile.not_finite.add(|| not_finite(table, row as usize, column, "is not finite")),
                Cell::TooLarge => {
                    profile
                        .not_finite
                        .add(|| not_finite(table, row as usize, column, "is beyond the largest number, 1.8e308"));
                }
                Cell::Word => profile.add_word(row, &mut words),
            }
        }
        profile.words = words.sorted();
        profile
    }

    fn add_number(&mut self, number: f64) {
        self.numbers += 1;
        if number < self.least {
            self.least = number;
        }
        if number > self.greatest {
            self.greatest = number;
        }
        if self.whole {
            self.whole = number == number.trunc();
        }
        // So far from 0 all of them are whole.
        self.inexact += usize::from(number.abs() > LARGEST_EXACT);
    }

    fn add_word(&mut self, row: u32, words: &mut WordCounts<'a>) {
        words.add(self.table, self.column, row);
        self.word_cells += 1;
        if self.word_rows.len() < 10 {
            self.word_rows.push(row);
        }
    }

    fn name(&self) -> &'a str {
        &self.table.names()[self.column]
    }

    fn present(&self) -> usize {
        self.rows.len() - self.missing
    }

    /// What the column is: numbers if most cells are, even in disguise, and then a word is an error, because a number
    /// that cannot be read must never become a category.
    pub(super) fn finding(&self) -> Result<Finding> {
        if self.present() == 0 {
            return Ok(Finding::Empty);
        }
        if self.read.words {
            return Ok(Finding::Categories);
        }
        if self.read.dates {
            return Ok(Finding::Dates);
        }
        self.check_booleans()?;
        let count = |is: &dyn Fn(&str) -> bool| -> usize {
            self.words.iter().filter(|(word, _)| is(word)).map(|(_, count)| count.cells).sum()
        };
        if count(&looks_like_date) * 2 > self.present() {
            return Ok(Finding::Dates);
        }
        let disguised = self.disguised().map_or(0, |disguised| disguised.all);
        let meant_as_numbers = self.numbers + self.not_finite.count() + disguised;
        if meant_as_numbers * 2 > self.present() {
            return match (self.word_cells, self.not_finite.count()) {
                (0, 0) => Ok(Finding::Numbers),
                (0, _) => {
                    let words = columns_flag(&[self.not_finite_text()]);
                    Err(self
                        .not_finite
                        .clone()
                        .into_error()
                        .note(format!("--category {} reads the column as words", column_flag(self.name())))
                        .remedy(format!("--missing-values {words} --missing median")))
                }
                (_, _) => Err(self.unreadable_numbers()),
            };
        }
        Ok(self.no_and_yes().map_or(Finding::Categories, Finding::Booleans))
    }

    /// The words for no and yes if the column holds these two and nothing else.
    fn no_and_yes(&self) -> Option<[String; 2]> {
        let lower: Vec<String> = self.words.iter().map(|(word, _)| word.trim().to_lowercase()).collect();
        let pair = NO_AND_YES.iter().find(|pair| lower.iter().all(|word| pair.contains(&word.as_str())))?;
        let spelled = |meaning: &str| {
            let same = self.words.iter().zip(&lower).filter(|(_, lower)| *lower == meaning);
            same.min_by_key(|((_, count), _)| count.first).map(|((word, _), _)| word.trim().to_string())
        };
        let none_else = self.numbers + self.not_finite.count() == 0;
        none_else.then(|| Some([spelled(pair[0])?, spelled(pair[1])?]))?
    }

    /// yes/no among true/false, or either among 0/1.
    fn check_booleans(&self) -> Result<()> {
        if self.words.is_empty() || self.words.len() > 4 * NO_AND_YES.len() {
            return Ok(());
        }
        // Single letters are left out: n, y, f and t are also codes.
        let pair_of = |word: &str| {
            let word = word.trim().to_lowercase();
            NO_AND_YES.iter().position(|pair| word.len() > 1 && pair.contains(&word.as_str()))
        };
        let Some(pairs) = self.words.iter().map(|(word, _)| pair_of(word)).collect::<Option<Vec<usize>>>() else {
            return Ok(());
        };
        let digits = self.numbers > 0 && self.whole && self.least >= 0.0 && self.greatest <= 1.0;
        // A mixture begins where the second way of writing comes first.
        let mut met: Vec<(u32, usize)> = self.words.iter().map(|(_, count)| count.first).zip(pairs).collect();
        met.sort_unstable();
        let (first, pair) = met[0];
        let other = met.iter().find(|&&(_, other)| other != pair);
        let shown = |pair: usize| NO_AND_YES[pair].join("/");
        let (second, row) = match other {
            Some(&(row, other)) => (shown(other), row),
            None if digits => ("0/1".to_string(), first.max(self.first_number())),
            None => return Ok(()),
        };
        Err(Error::data(format!(
            "{}: column \"{}\": mixes {} with {second}",
            self.table.place(row as usize, self.column),
            self.name(),
            shown(pair)
        ))
        .note("write all of its values in one way")
        .note(format!("--map {} makes others of some", in_single_quotes(&format!("{}: yes=true", field(self.name())))))
        .remedy(format!("--category {}", column_flag(self.name()))))
    }

    /// The first row with a number, in a column that has one.
    fn first_number(&self) -> u32 {
        let is_number = |row: &&u32| matches!(self.table.value(**row as usize, self.column), Cell::Number(_));
        self.rows.iter().find(is_number).copied().unwrap_or_default()
    }

    fn unreadable_numbers(&self) -> Error {
        let finding = |row: u32| {
            let (row, column) = (row as usize, self.column);
            let text = quoted(self.table.cell(row, column));
            format!("{}: column \"{}\": cannot read {text} as a number", self.table.place(row, column), self.name())
        };
        let of_all = |count: usize| format!("{} of {}", grouped(count), counted(self.present(), "value"));
        let mut lines = self.word_rows.iter().map(|&row| finding(row));
        let mut error = Error::data(lines.next().expect("a number column with a word"));
        let disguised = self.disguised();
        error = match &disguised {
            Some(Disguised { disguise, cells, .. }) => {
                error.note(format!("{} in this column have {}", of_all(*cells), disguise.name()))
            }
            None => error.note(format!("{} in this column are not numbers", of_all(self.word_cells))),
        };
        error = lines.fold(error, Error::note);
        if self.word_cells > self.word_rows.len() {
            error = error.note(format!("and {} more", grouped(self.word_cells - self.word_rows.len())));
        }
        if !self.table.table().has_header() && self.word_rows == [0] {
            return error.note("only the first row is not a number: is it a header?").remedy("--header");
        }
        let column = column_flag(self.name());
        let error = match &disguised {
            Some(Disguised { mixed: Some((first, second)), .. }) => {
                let (first, second) = (quoted(first), quoted(second));
                error.note(format!("{first} has decimals, {second} has thousands: write all in one way"))
            }
            Some(Disguised { is_open: true, .. }) => {
                error.note("--decimal ',' if the comma stands before decimals, --thousands ',' if it parts thousands")
            }
            Some(_) | None => error,
        };
        match (&disguised, self.words_for_nothing()) {
            (Some(disguised), _) => {
                error.note(format!("--category {column} reads the column as words")).remedy(disguised.remedy(&column))
            }
            (None, Some(words)) => error
                .note(format!("--category {column} reads the column as words"))
                .remedy(format!("--missing-values {words}")),
            (None, None) => error
                .note("a value that is missing is written as an empty cell, NA, null or ?")
                .note(format!("--category {column} reads the column as words"))
                .remedy(format!("--ignore {column}")),
        }
    }

    /// The words of the column as the value of a flag, where they are so few that they may stand for missing values.
    pub(super) fn words_for_nothing(&self) -> Option<String> {
        let words: HashSet<&str> = self.words.iter().map(|(word, _)| word.trim()).collect();
        let is_short = |word: &&str| word.len() <= 12 && !word.bytes().any(|byte| byte.is_ascii_digit());
        if words.len() > 4 || !words.iter().all(is_short) || self.word_cells * 2 > self.present() {
            return None;
        }
        let mut words: Vec<&str> = words.into_iter().collect();
        words.sort_unstable();
        Some(columns_flag(&words))
    }

    /// The first text that is no finite number.
    fn not_finite_text(&self) -> &'a str {
        let is_it =
            |row: &&u32| matches!(self.table.value(**row as usize, self.column), Cell::Infinite | Cell::TooLarge);
        self.rows.iter().find(is_it).map_or("", |&row| self.table.cell(row as usize, self.column).trim())
    }

    /// What the words have in common that were meant as numbers.
    pub(super) fn disguised(&self) -> Option<Disguised<'a>> {
        let table = self.table.table();
        let around = Surroundings {
            decimal: table.decimal(),
            has_semicolons: table.has_semicolons(),
            has_points: table.decimal() == '.' && self.numbers > 0 && !self.whole,
        };
        Disguised::of(self.words.iter().map(|(word, count)| (*word, count.cells)), around)
    }

    /// Numbers with a point and three digits behind it, in a table that semicolons part: the point may part thousands, as
    /// it does where decimals have commas. None where some cell says otherwise.
    pub(super) fn open_points(&self) -> Option<String> {
        let table = self.table.table();
        let is_small = self.least > -1000.0 && self.greatest < 1000.0;
        let cells = self.table.table_column(self.column).filter(|cells| !cells.is_told())?;
        if self.whole || !is_small || !table.has_semicolons() || table.decimal() != '.' || self.word_cells > 0 {
            return None;
        }
        self.table.read_words(self.column).ok()?;
        let rows = self.rows.iter().map(|&row| row as usize);
        let texts = rows.filter(|&row| matches!(cells.value(row), Cell::Number(_)));
        let comma = NumberFormat { decimal: ',', thousands: Some('.') };
        let mut first = None;
        for row in texts {
            let text = self.table.cell(row, self.column);
            if !matches!(comma.read(text), Cell::Number(_)) {
                return None;
            }
            first = first.or_else(|| text.contains('.').then_some(row));
        }
        let row = first?;
        let (text, place) = (quoted(self.table.cell(row, self.column).trim()), self.table.place(row, self.column));
        Some(format!("{text} ({place}) and all others have three digits behind the point: is it one of thousands?"))
    }

    /// What may be wrong with a number column.
    pub(super) fn number_warnings(&self) -> Vec<String> {
        let name = self.name();
        let ignore = format!("--ignore {}", column_flag(name));
        let mut warnings = Vec::new();
        if self.least == self.greatest {
            warnings
                .push(format!("column \"{name}\": every value is {}: it says nothing about the target", self.least));
        } else if self.counts_rows && self.whole && self.numbers == self.rows.len() && self.numbers >= 20 {
            warnings.push(format!("column \"{name}\" counts the rows; exclude it with {ignore}"));
        }
        if let Some(open) = self.open_points() {
            warnings.push(format!("column \"{name}\": {open} --decimal ',' --thousands '.'"));
        }
        if self.inexact > 0 {
            let count = counted(self.inexact, "whole number");
            warnings
                .push(format!("column \"{name}\": {count} beyond 2^53 lose their last digits; is it an id? {ignore}"));
        }
        warnings
    }

    /// What may be wrong with a column of words.
    pub(super) fn word_warnings(&self) -> Vec<String> {
        let (name, different) = (self.name(), self.categories());
        let (mut warnings, rows) = (self.spellings(), self.present());
        if different == 1 && rows > 1 {
            let only = self.words[0].0.trim();
            warnings.push(format!("column \"{name}\": every value is '{only}': it says nothing about the target"));
        }
        if (different > 20 && different == rows) || (different > 100 && different * 2 > rows) {
            let (different, rows) = (counted(different, "different value"), counted(rows, "row"));
            let ignore = column_flag(name);
            warnings.push(format!("column \"{name}\": {different} in {rows}; exclude it with --ignore {ignore}"));
        }
        warnings
    }

    /// A column of words with numbers among them.
    pub(super) fn word_notes(&self) -> Option<String> {
        let (numbers, all) = (grouped(self.numbers), counted(self.present(), "value"));
        (self.numbers > 0)
            .then(|| format!("column \"{}\": {numbers} of {all} are numbers: read as categories", self.name()))
    }

    /// How many different words there are, blanks around them not counted (numbers among words count as words).
    pub(super) fn categories(&self) -> usize {
        let words: HashSet<&str> = self.words.iter().map(|(word, _)| word.trim()).collect();
        words.len() + usize::from(self.numbers > 0)
    }

    /// Words that differ only in case or in blanks around them.
    pub(super) fn spellings(&self) -> Vec<String> {
        let mut keyed: Vec<(String, &(&str, Count))> =
            self.words.iter().map(|word| (word.0.trim().to_lowercase(), word)).collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let mut findings: Vec<String> = Vec::new();
        for same in keyed.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            let shown: Vec<String> =
                same.iter().map(|(_, (word, count))| format!("'{word}' ({})", grouped(count.cells))).collect();
            let kept: HashSet<&str> = same.iter().map(|(_, (word, _))| word.trim()).collect();
            if kept.len() == 1 && self.table.table().is_trimmed() {
                continue;
            }
            let kept = if kept.len() == 1 { "read as one" } else { "kept apart" };
            findings.push(format!("column \"{}\": {}: {kept}", self.name(), shown.join(" and ")));
        }
        if findings.len() > 10 {
            let rest = findings.len() - 10;
            findings.truncate(10);
            findings.push(format!("column \"{}\": and {} more spellings", self.name(), grouped(rest)));
        }
        findings
    }
}

fn not_finite(table: &Frame, row: usize, column: usize, problem: &str) -> String {
    let (name, text) = (&table.names()[column], quoted(table.cell(row, column)));
    format!("{}: column \"{name}\": {text} {problem}", table.place(row, column))
}
