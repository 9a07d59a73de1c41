//! One column in numbers: its kind, what is missing, its quartiles or its most frequent values.

use super::doubt::{Doubt, Doubtful};
use super::far::{FarValues, Outlier, far_values};
use super::numbers::{NumberSummary, summary};
use super::spelling::{Spelling, spellings, typos};
use crate::base::words::{column_flag, shell_word};
use crate::data::cell::Cell;
use crate::data::date::{self, DayOrder};
use crate::data::derive::{OpenOrder, found_order};
use crate::data::findings::{counted, grouped, quoted};
use crate::data::formula;
use crate::data::frame::Frame;
use crate::data::infer::{Codes, Finding, Kind, Profile, ReadAs, Task, infer_task};
use crate::data::named::named;
use crate::data::table::Table;
use std::collections::HashMap;

named! {
    /// What stands in a column.
    ColumnKind, "kind of column" {
        /// Numbers, perhaps with words among them.
        Number "number",
        /// Two words, for no and for yes.
        Boolean "boolean",
        /// Words.
        Category "category",
        /// Dates or times.
        Date "date",
        /// Nothing.
        Empty "empty",
    }
}

/// How many of the most frequent values are kept.
const KEPT: usize = 10;

/// A value and how often it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frequent {
    /// The value as text, without blanks around it.
    pub value: String,
    /// In how many rows.
    pub count: usize,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnReport {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub kind: ColumnKind,
    /// It is left out of learning.
    pub ignored: bool,
    /// How many rows have no value in it.
    pub missing: usize,
    /// How many different values there are.
    pub distinct: usize,
    /// Its numbers, where it has some.
    pub numbers: Option<NumberSummary>,
    /// The most frequent values, the most frequent one first.
    pub frequent: Vec<Frequent>,
    /// The rarest value.
    pub rarest: Option<Frequent>,
}

/// How a column is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub zero_is_missing: bool,
    pub words: bool,
    /// Why its numbers are read as words, where nobody said so.
    pub codes: Option<Codes>,
    /// The order of its dates is known.
    pub is_dated: bool,
    pub is_ignored: bool,
    pub is_target: bool,
    pub is_filled: bool,
}

/// A word of a column: how often it comes and in which row first.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordCount {
    pub count: usize,
    pub first: u32,
}

/// What was read of a column; lives until the next column is read.
pub(super) struct Column<'a> {
    table: &'a Table,
    place: usize,
    reading: Reading,
    kind: ColumnKind,
    profile: Profile<'a>,
    missing: usize,
    /// Rising.
    numbers: Vec<f64>,
    summary: Option<NumberSummary>,
    /// The different words without blanks around them, in order.
    words: Vec<(&'a str, WordCount)>,
    /// How often words come that have blanks around them.
    spelled: Vec<(&'a str, usize)>,
    not_finite: Vec<u32>,
    counts_rows: bool,
    frequent: Vec<Frequent>,
    rarest: Option<Frequent>,
    distinct: usize,
}

/// The task that a target asks for, where it can be told.
pub(super) fn task(frame: &Frame, target: usize, rows: &[u32], words: bool) -> Option<Task> {
    let present: Vec<u32> =
        rows.iter().copied().filter(|&row| frame.value(row as usize, target) != Cell::Missing).collect();
    let profile = Profile::new(frame, target, &present, ReadAs { words, ..ReadAs::default() });
    let finding = profile.finding().ok().filter(|found| !matches!(found, Finding::Empty | Finding::Dates))?;
    infer_task(&profile, &finding, None).ok().map(|found| found.task)
}

/// What the values of a column are; one that training would refuse is what most of its values are meant as.
fn kind_of(profile: &Profile, numbers: usize) -> ColumnKind {
    match profile.finding() {
        Ok(Finding::Empty) => ColumnKind::Empty,
        Ok(Finding::Dates) => ColumnKind::Date,
        Ok(Finding::Numbers) => Kind::Number.into(),
        Ok(Finding::Booleans(_)) => Kind::Boolean.into(),
        Ok(Finding::Categories) => Kind::Category.into(),
        // Refused for a word among numbers or for a mixture of words for no and yes.
        Err(_) if numbers == 0 && profile.categories() <= MIXED => ColumnKind::Category,
        Err(_) => ColumnKind::Number,
    }
}

/// A mixture of words for no and yes has few different words.
const MIXED: usize = 4;

impl From<Kind> for ColumnKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Number => ColumnKind::Number,
            Kind::Boolean => ColumnKind::Boolean,
            Kind::Category => ColumnKind::Category,
            Kind::Date => ColumnKind::Date,
        }
    }
}

impl<'a> Column<'a> {
    /// Reads every cell of a column once for its values; its kind is found as training finds it.
    pub fn read(frame: &'a Frame<'a>, place: usize, rows: &'a [u32], reading: Reading) -> Self {
        let table = frame.table();
        let (mut missing, mut numbers, mut not_finite) = (0, Vec::new(), Vec::new());
        let mut words: HashMap<&str, WordCount> = HashMap::new();
        let mut spelled: HashMap<&str, usize> = HashMap::new();
        let (mut counts_rows, mut previous) = (true, None);
        for &row in rows {
            let value = table.value(row as usize, place);
            match value {
                Cell::Missing => missing += 1,
                Cell::Number(number) if !reading.words => {
                    if reading.zero_is_missing && number == 0.0 {
                        missing += 1;
                        continue;
                    }
                    counts_rows &= previous.is_none_or(|previous: f64| number == previous + 1.0);
                    previous = Some(number);
                    // -0 and 0 are one number.
                    numbers.push(number + 0.0);
                }
                Cell::Infinite | Cell::TooLarge => not_finite.push(row),
                Cell::Number(_) | Cell::Word => {
                    let cell = table.cell(row as usize, place);
                    words.entry(cell.trim()).or_insert(WordCount { count: 0, first: row }).count += 1;
                    *spelled.entry(cell).or_insert(0) += 1;
                }
            }
        }
        let read = ReadAs { zero_is_missing: reading.zero_is_missing, words: reading.words, dates: false };
        let profile = Profile::new(frame, place, rows, read);
        let kind = kind_of(&profile, numbers.len());
        counts_rows &= numbers.len() == rows.len() && numbers.len() >= 20 && numbers.iter().all(|x| x.fract() == 0.0);
        numbers.sort_unstable_by(f64::total_cmp);
        let mut words: Vec<(&str, WordCount)> = words.into_iter().collect();
        words.sort_unstable_by_key(|&(word, _)| word);
        let mut spelled: Vec<(&str, usize)> = spelled.into_iter().filter(|(word, _)| word.trim() != *word).collect();
        spelled.sort_unstable();
        let counts = value_counts(&numbers, &words);
        let mut column = Column {
            table,
            place,
            reading,
            kind,
            profile,
            missing,
            summary: summary(&numbers),
            numbers,
            words,
            spelled,
            not_finite,
            counts_rows,
            distinct: counts.len(),
            rarest: None,
            frequent: Vec::new(),
        };
        (column.frequent, column.rarest) = extremes(counts);
        column
    }

    /// What people are told of the column.
    pub fn report(self) -> ColumnReport {
        ColumnReport {
            name: self.table.names()[self.place].clone(),
            kind: self.kind,
            ignored: self.reading.is_ignored,
            missing: self.missing,
            distinct: self.distinct,
            numbers: self.summary,
            frequent: self.frequent,
            rarest: self.rarest,
        }
    }

    /// What looks wrong in this column; `has_empty_cells` says whether any column of the table lacks values.
    pub fn doubts(&self, has_empty_cells: bool) -> Vec<Doubtful> {
        let mut doubts = Vec::new();
        let mut doubt = |doubt: Doubt, found: Option<String>| {
            // A target is never filled.
            let is_missing_target = doubt == Doubt::Missing && self.reading.is_target;
            let remedy = is_missing_target.then(|| "--drop-missing-target".to_owned());
            doubts.extend(found.map(|evidence| Doubtful { doubt, column: Some(self.place), evidence, remedy }));
        };
        doubt(Doubt::Empty, (self.kind == ColumnKind::Empty).then(|| "no row has a value".to_owned()));
        doubt(Doubt::Missing, self.some_missing().filter(|_| !self.reading.is_filled));
        doubt(Doubt::NotFinite, self.infinite());
        let open = self.open_order();
        doubt(Doubt::Dates, self.dates().filter(|_| open.is_none()));
        doubt(Doubt::OpenPoints, self.profile.open_points().filter(|_| self.is_number()));
        doubt(Doubt::Codes, self.reading.codes.map(|codes| codes.evidence(&Frame::new(self.table), self.place)));
        doubt(Doubt::PackedDates, self.packed_dates());
        let far = self.far(has_empty_cells);
        doubt(Doubt::Sentinels, far.sentinel.map(|found| self.sentinel(found)));
        doubt(Doubt::Zeros, far.zeros.map(|(zeros, next)| self.zeros(zeros, next)));
        doubt(Doubt::Counter, self.counter());
        doubt(Doubt::Ids, self.ids());
        doubt(Doubt::Constant, self.constant());
        doubt(Doubt::AlmostConstant, self.almost_constant());
        doubt(Doubt::Spellings, self.pairs(|| spellings(&self.words, &self.spelled)));
        doubt(Doubt::Typos, self.pairs(|| typos(&self.words)));
        doubt(Doubt::Cardinality, self.cardinality());
        doubt(Doubt::Inexact, self.inexact());
        if let Some(open) = open {
            let question = open.question(self.table, self.place);
            for (flag, _) in open.answers(&self.table.names()[self.place]) {
                let (evidence, remedy) = (question.clone(), Some(flag));
                doubts.push(Doubtful { doubt: Doubt::OpenDates, column: Some(self.place), evidence, remedy });
            }
        }
        if let Some(outlier) = far.outlier {
            let (evidence, remedy) = self.outlier(outlier);
            doubts.push(Doubtful { doubt: Doubt::Outliers, column: Some(self.place), evidence, remedy });
        }
        if let Some((evidence, remedy)) = self.words_among_numbers() {
            doubts.push(Doubtful { doubt: Doubt::Words, column: Some(self.place), evidence, remedy });
        }
        doubts
    }

    fn present(&self) -> usize {
        self.table.rows() - self.missing
    }

    fn of_present(&self, count: usize) -> String {
        format!("{} of {}", grouped(count), counted(self.present(), "value"))
    }

    fn is_number(&self) -> bool {
        self.kind == ColumnKind::Number
    }

    /// Words in a column of numbers, and what would read them.
    fn words_among_numbers(&self) -> Option<(String, Option<String>)> {
        if !self.is_number() || self.words.is_empty() {
            return None;
        }
        let cells: usize = self.words.iter().map(|(_, word)| word.count).sum();
        let mut seen: Vec<(&str, WordCount)> = self.words.clone();
        seen.sort_by_key(|(_, word)| (std::cmp::Reverse(word.count), word.first));
        let shown: Vec<String> = seen
            .iter()
            .take(3)
            .map(|(text, word)| {
                let place = self.table.place(word.first as usize, self.place);
                format!("{} ({}) first in {place}", quoted(text), grouped(word.count))
            })
            .collect();
        let disguised = self.profile.disguised().filter(|disguised| disguised.all * 2 >= cells);
        let what = disguised.as_ref().map_or("not numbers", |disguised| disguised.disguise.name());
        let evidence = format!("{} are words ({what}): {}", self.of_present(cells), shown.join(", "));
        let column = column_flag(&self.table.names()[self.place]);
        let missing = || self.profile.words_for_nothing().map(|words| format!("--missing-values {words}"));
        let remedy = match disguised {
            Some(disguised) => Some(disguised.remedy(&column)),
            // Words that nearly never come twice make no categories.
            None if cells > 20 && seen.len() * 2 > cells => Some(format!("--ignore {column}")),
            None => missing(),
        };
        Some((evidence, remedy))
    }

    fn some_missing(&self) -> Option<String> {
        let is_some = self.missing > 0 && self.kind != ColumnKind::Empty;
        let rows = self.table.rows();
        is_some
            .then(|| format!("{} of {} ({})", grouped(self.missing), counted(rows, "row"), percent(self.missing, rows)))
    }

    fn infinite(&self) -> Option<String> {
        let first = *self.not_finite.first()? as usize;
        let text = quoted(self.table.cell(first, self.place));
        let place = self.table.place(first, self.place);
        Some(format!("{}, first {text} in {place}", counted(self.not_finite.len(), "value")))
    }

    fn dates(&self) -> Option<String> {
        let (text, _) = self.words.first().filter(|_| self.kind == ColumnKind::Date)?;
        Some(format!("{}, as {}", counted(self.present(), "date"), quoted(text)))
    }

    /// Whole numbers that are all days, the year first.
    fn packed_dates(&self) -> Option<String> {
        let is_day = |number: &f64| {
            let (year, rest) = ((number / 1e4).floor(), number % 1e4);
            let (month, day) = ((rest / 100.0).floor(), rest % 100.0);
            let text = format!("{year:04}-{month:02}-{day:02}");
            number.fract() == 0.0
                && (1900.0..2100.0).contains(&year)
                && date::read(&text, DayOrder::YearFirst).is_some()
        };
        let first = self.numbers.first().filter(|_| self.is_number() && self.distinct > 1)?;
        self.numbers.iter().all(is_day).then(|| format!("{}, as {first}", counted(self.numbers.len(), "day")))
    }

    /// Dates whose numbers could be in more than one order; training asks for it.
    fn open_order(&self) -> Option<OpenOrder> {
        let is_open = self.kind == ColumnKind::Date && !self.reading.is_dated && !self.reading.is_target;
        is_open.then(|| found_order(self.table, self.place, 0..self.table.rows() as u32).err())?
    }

    fn far(&self, has_empty_cells: bool) -> FarValues {
        match (&self.summary, self.is_number() && !self.reading.is_target) {
            (Some(summary), true) => far_values(&self.numbers, summary, has_empty_cells),
            _ => FarValues::default(),
        }
    }

    fn sentinel(&self, (value, count): (f64, usize)) -> String {
        let rest: Vec<f64> = self.numbers.iter().copied().filter(|&number| number != value).collect();
        let (least, greatest) = (rest[0], rest[rest.len() - 1]);
        format!("{} are {value}, the others lie between {least} and {greatest}", self.of_present(count))
    }

    fn zeros(&self, zeros: usize, next: f64) -> String {
        format!("{} are exactly 0, the next is {next}", self.of_present(zeros))
    }

    /// The farthest value with its place, and what leaves it out where it stands alone.
    fn outlier(&self, outlier: Outlier) -> (String, Option<String>) {
        let Outlier { value, ranges, far_out, alone } = outlier;
        let is_it = |row: &usize| self.table.value(*row, self.place) == Cell::Number(value);
        let first = (0..self.table.rows()).find(is_it).map_or(String::new(), |row| self.table.place(row, self.place));
        let far = format!("{} interquartile ranges from the middle half", grouped(ranges.min(1e15) as usize));
        let Some((before, times)) = alone else {
            let count = self.of_present(far_out);
            return (format!("{count} lie far out; the farthest is {value} ({first}), {far}"), None);
        };
        let evidence = format!(
            "{value} ({first}) lies {far}, {times:.1} times as far from the median as the next value, {before}"
        );
        // A row without a value would be left out too.
        let name = formula::written_name(&self.table.names()[self.place]);
        let sign = if value > before { '<' } else { '>' };
        let remedy = (self.missing == 0).then(|| format!("--keep {}", shell_word(&format!("{name} {sign} {value}"))));
        (evidence, remedy)
    }

    fn counter(&self) -> Option<String> {
        (self.counts_rows && self.is_number() && !self.reading.is_target)
            .then(|| format!("{}, {}, {} and so on", self.numbers[0], self.numbers[1], self.numbers[2]))
    }

    fn ids(&self) -> Option<String> {
        if self.counts_rows || self.reading.is_target {
            return None;
        }
        let (different, present) = (self.distinct, self.present());
        let is_id = match self.kind {
            ColumnKind::Category => {
                (different > 20 && different == present) || (different > 100 && different * 2 > present)
            }
            // Whole numbers that never come twice are codes; small ones may be ages or counts.
            ColumnKind::Number => {
                let is_whole = self.numbers.iter().all(|number| number.fract() == 0.0);
                let never_twice = different == self.numbers.len() && different >= 50;
                is_whole && never_twice && self.numbers[0] >= 0.0 && self.numbers[different - 1] >= 1000.0
            }
            ColumnKind::Boolean | ColumnKind::Date | ColumnKind::Empty => false,
        };
        is_id.then(|| format!("{} in {}", counted(different, "different value"), counted(present, "row")))
    }

    fn constant(&self) -> Option<String> {
        let only = self.frequent.first().filter(|_| self.distinct == 1 && self.present() > 1)?;
        Some(format!("every value is {}", only.value))
    }

    fn almost_constant(&self) -> Option<String> {
        let first = self.frequent.first()?;
        let is_almost = self.distinct > 1 && self.present() >= 100 && first.count * 100 >= self.present() * 99;
        (is_almost && !self.reading.is_target).then(|| format!("{} are {}", self.of_present(first.count), first.value))
    }

    /// Pairs of words that were meant as one, where this is a column of words.
    fn pairs(&self, found: impl Fn() -> Vec<Spelling>) -> Option<String> {
        if !matches!(self.kind, ColumnKind::Category | ColumnKind::Boolean) {
            return None;
        }
        let found = found();
        let shown: Vec<String> = found.iter().take(3).map(Spelling::text).collect();
        let rest = found.len().saturating_sub(shown.len());
        let more = if rest > 0 { format!(" and {} more", grouped(rest)) } else { String::new() };
        (!found.is_empty()).then(|| format!("{}{more}", shown.join("; ")))
    }

    fn cardinality(&self) -> Option<String> {
        let (different, present) = (self.distinct, self.present());
        let is_high = self.kind == ColumnKind::Category && different > 50 && different * 20 > present;
        (is_high && self.ids().is_none() && !self.reading.is_target)
            .then(|| format!("{} in {}", counted(different, "category value"), counted(present, "row")))
    }

    fn inexact(&self) -> Option<String> {
        let is_inexact = |number: &&f64| number.abs() > LARGEST_EXACT && number.fract() == 0.0;
        let count = self.numbers.iter().filter(is_inexact).count();
        (count > 0).then(|| format!("{} beyond 2^53 lose their last digits", counted(count, "whole number")))
    }
}

/// Whole numbers above this are not all told apart by 64-bit floating point numbers.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A share in words: `4.3 %`; never 0 for something that is there.
pub(super) fn percent(count: usize, of: usize) -> String {
    let percent = 100.0 * count as f64 / of.max(1) as f64;
    if percent < 0.1 { "under 0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

/// How often each value comes.
fn value_counts(numbers: &[f64], words: &[(&str, WordCount)]) -> Vec<(Value, usize)> {
    let runs = numbers.chunk_by(|a, b| a == b).map(|run| (Value::Number(run[0]), run.len()));
    let words = words.iter().map(|(word, found)| (Value::Word((*word).to_owned()), found.count));
    runs.chain(words).collect()
}

enum Value {
    Number(f64),
    Word(String),
}

/// The most frequent values and the rarest one; of equals the first in order.
fn extremes(mut counts: Vec<(Value, usize)>) -> (Vec<Frequent>, Option<Frequent>) {
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let frequent = |(value, count): &(Value, usize)| {
        let value = match value {
            Value::Number(number) => number.to_string(),
            Value::Word(word) => word.clone(),
        };
        Frequent { value, count: *count }
    };
    (counts.iter().take(KEPT).map(frequent).collect(), counts.last().map(frequent))
}
