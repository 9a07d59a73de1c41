//! What the values of a column are, and whether a class or a number is to be predicted.

mod words;

use std::collections::HashSet;

use crate::base::error::{Error, Result};
use crate::base::words::column_flag;
use crate::data::cell::{Cell, Disguise, looks_like_date};
use crate::data::findings::{Findings, counted, grouped, quoted};
use crate::data::frame::Frame;
use crate::data::named::named;
use words::{Count, WordCounts};

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

/// Whole numbers above this are not all told apart by 64-bit floating point numbers.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

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
        let meant_as_numbers = self.numbers + self.not_finite.count() + count(&|word| Disguise::of(word).is_some());
        if meant_as_numbers * 2 > self.present() {
            return match (self.word_cells, self.not_finite.count()) {
                (0, 0) => Ok(Finding::Numbers),
                (0, _) => {
                    Err(self.not_finite.clone().into_error().remedy("leave the cells empty and add --missing median"))
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
        .note("write all of its values in one way"))
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
        let disguise = self.disguise();
        error = match disguise {
            Some((disguise, count)) => error.note(format!("{} in this column have {}", of_all(count), disguise.name())),
            None => error.note(format!("{} in this column are not numbers", of_all(self.word_cells))),
        };
        error = lines.fold(error, Error::note);
        if self.word_cells > self.word_rows.len() {
            error = error.note(format!("and {} more", grouped(self.word_cells - self.word_rows.len())));
        }
        if !self.table.table().has_header() && self.word_rows == [0] {
            return error.note("only the first row is not a number: is it a header?").remedy("--header");
        }
        match disguise {
            Some((disguise, _)) => error.remedy(disguise.remedy()),
            None => error
                .note("a value that is missing is written as an empty cell, NA, null or ?")
                .note(format!("--category {} reads the column as words", column_flag(self.name())))
                .remedy(format!("--ignore {}", column_flag(self.name()))),
        }
    }

    /// The disguise that most words wear, and how many wear it.
    fn disguise(&self) -> Option<(Disguise, usize)> {
        let mut counts: Vec<(Disguise, usize)> = Vec::new();
        for (word, count) in &self.words {
            let Some(disguise) = Disguise::of(word) else { continue };
            match counts.iter_mut().find(|(known, _)| *known == disguise) {
                Some((_, cells)) => *cells += count.cells,
                None => counts.push((disguise, count.cells)),
            }
        }
        // 12,500 beside 9,15 is no thousands separator: the comma stands before decimals.
        if counts.iter().any(|(disguise, _)| *disguise == Disguise::DecimalComma) {
            let commas = |disguise| matches!(disguise, Disguise::DecimalComma | Disguise::Thousands(','));
            let cells = counts.iter().filter(|&&(disguise, _)| commas(disguise)).map(|(_, cells)| cells).sum();
            return Some((Disguise::DecimalComma, cells));
        }
        counts.into_iter().max_by_key(|&(_, cells)| cells)
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

/// The task for a target, why it is this one, and the classes if they are numbers.
pub(super) struct FoundTask {
    pub task: Task,
    pub reason: String,
    pub classes: Vec<f64>,
}

/// The task that the values of a target ask for, with the reason.
///
/// Words are classes. Whole numbers are classes if they are 0 … k−1 or 1 … k without a gap, k ≤ 20 and each comes five
/// times on average, or if there are only two of them. Any other numbers, as 3 … 8 of a wine's quality, are measured.
pub(super) fn infer_task(target: &Profile, finding: &Finding, told: Option<Task>) -> Result<FoundTask> {
    let classes = || match distinct_numbers(target, CLASS_LIMIT) {
        Some(classes) if classes.len() <= 2 || classes.len() * 2 <= target.rows.len() => Ok(classes),
        found => {
            let count = found.map_or(format!("more than {CLASS_LIMIT}"), |classes| grouped(classes.len()));
            let rows = counted(target.rows.len(), "row");
            Err(Error::data(format!(
                "target \"{}\": {count} different numbers in {rows} are too many classes",
                target.name()
            ))
            .remedy("--task regression"))
        }
    };
    match (finding, told) {
        (Finding::Booleans(_) | Finding::Categories, Some(Task::Regression)) => {
            let (word, count) = target.words[0];
            let (row, name) = (count.first as usize, target.name());
            Err(Error::data(format!(
                "{}: target \"{name}\": {} is not a number, and a regression predicts numbers",
                target.table.place(row, target.column),
                quoted(word)
            ))
            .remedy("--task classification"))
        }
        (Finding::Booleans(_) | Finding::Categories, _) => {
            let different = target.categories();
            if different > 20 && different * 2 > target.rows.len() {
                let (words, rows) = (grouped(different), counted(target.rows.len(), "row"));
                let headline =
                    format!("target \"{}\": {words} different words in {rows} are too many classes", target.name());
                return Err(Error::data(headline)
                    .note("it looks like an id or free text")
                    .remedy("choose another --target"));
            }
            let reason = format!("{}: classification", counted(different, "different word"));
            Ok(FoundTask { task: Task::Classification, reason, classes: Vec::new() })
        }
        (_, Some(Task::Classification)) => {
            let classes = classes()?;
            let reason = format!("{}: classification, as told", counted(classes.len(), "different number"));
            Ok(FoundTask { task: Task::Classification, reason, classes })
        }
        (_, Some(Task::Regression)) => {
            Ok(FoundTask { task: Task::Regression, reason: "regression, as told".to_string(), classes: Vec::new() })
        }
        (_, None) => Ok(task_of_numbers(target)),
    }
}

/// More classes than these are not looked for among numbers.
const CLASS_LIMIT: usize = 100;

fn task_of_numbers(target: &Profile) -> FoundTask {
    let (least, greatest) = (target.least, target.greatest);
    let whole = if target.whole { distinct_numbers(target, CLASS_LIMIT) } else { None };
    let Some(numbers) = whole else {
        let what = if target.whole { format!("more than {CLASS_LIMIT} whole numbers") } else { "numbers".to_string() };
        let reason = format!("{what} from {least} to {greatest}: regression");
        return FoundTask { task: Task::Regression, reason, classes: Vec::new() };
    };
    let count = numbers.len();
    let gapless = (least == 0.0 || least == 1.0) && greatest - least == (count - 1) as f64;
    let is_class = count <= 2 || (gapless && count <= 20 && target.rows.len() >= 5 * count);
    let (task, other) = match is_class {
        true => (Task::Classification, Task::Regression),
        false => (Task::Regression, Task::Classification),
    };
    let what = counted(count, "whole number");
    let (task_name, other) = (task.name(), other.name());
    let reason = format!("{what} from {least} to {greatest}: {task_name}; --task {other} to change");
    FoundTask { task, reason, classes: if is_class { numbers } else { Vec::new() } }
}

/// The different numbers of a column in rising order, if there are no more than `limit`.
fn distinct_numbers(profile: &Profile, limit: usize) -> Option<Vec<f64>> {
    let mut seen: HashSet<u64> = HashSet::new();
    for &row in profile.rows {
        if let Cell::Number(number) = profile.table.value(row as usize, profile.column) {
            // -0 and 0 are one number.
            seen.insert((number + 0.0).to_bits());
            if seen.len() > limit {
                return None;
            }
        }
    }
    let mut numbers: Vec<f64> = seen.into_iter().map(f64::from_bits).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    Some(numbers)
}
