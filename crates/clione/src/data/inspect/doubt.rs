//! What can look wrong in a table: for each doubt what it means, and what to do about it.

use super::{ColumnKind, Inspection, Question};
use crate::base::words::{columns_flag, field, shell_word};
use crate::data::dataset::Targets;
use crate::data::dependence::hints::{Related, TimeColumn, time_columns};
use crate::data::duplicates::alike;
use crate::data::findings::{counted, grouped};
use crate::data::frame::Frame;
use crate::data::infer::Task;
use crate::data::leak::{Leak, find_leaks};
use crate::data::named::named;
use crate::data::schema::{Choices, Schema};
use crate::data::table::Table;
use crate::data::treatment::{Missing, Treatment};
use std::collections::HashSet;

named! {
    /// Something that looks wrong in a table. What must be settled first comes first.
    Doubt, "doubt about a table" {
        /// A column of numbers has cells that cannot be read as numbers.
        Words "words-among-numbers",
        /// Numbers that are infinite or too large for 64 bits.
        NotFinite "not-finite",
        /// Dates whose numbers could stand for the day or the month first.
        OpenDates "ambiguous-dates",
        /// Cells without a value.
        Missing "missing",
        /// A column without any value.
        Empty "empty",
        /// Numbers whose point may part thousands.
        OpenPoints "thousands-or-decimals",
        /// Whole numbers that begin with a zero, or have more digits than a number keeps.
        Codes "codes",
        /// Whole numbers of eight digits that are all days: 20230903.
        PackedDates "dates-as-numbers",
        /// -999, 9999 and the like, far from all other values: a code for a missing value.
        Sentinels "sentinels",
        /// A measured column that is positive, far from 0, but for a heap of exact zeros: they may mean missing.
        Zeros "zeros-as-missing",
        /// A column that alone gives the target nearly without error: it was probably made from it.
        Leak "leak",
        /// Values that each come in several rows, with one target in all of them: they may name what the rows belong to.
        Groups "groups",
        /// Dates, or numbers that rise from row to row, along which targets go on: a random held-out row lies between rows
        /// that are nearly the same.
        Serial "serial-targets",
        /// Dates, or numbers that rise from row to row: some rows may be later than others, and random held-out rows are not.
        Time "time-order",
        /// Each value is the one before plus 1: it tells the place of a row in the file.
        Counter "counter",
        /// Nearly every value is different: a name or number of the row, which tells nothing about other rows.
        Ids "ids",
        /// Words that differ only in case or in blanks around them.
        Spellings "spellings",
        /// A rare word that differs in one letter from a frequent one.
        Typos "typos",
        /// A value so far out that it rules the scale of its column.
        Outliers "outliers",
        /// Rows that come more than once, though values differ enough for each to be another: some are perhaps copies.
        Duplicates "duplicate-rows",
        /// Rows with the same inputs and different targets: one of them is wrong, or something that matters is not in the table.
        Contradictions "contradictions",
        /// A target of which one class is rare: its rows hardly count in the loss.
        Imbalance "imbalance",
        /// A positive target most of whose values are small and some very large: the large ones rule the loss.
        HeavyTail "heavy-tail",
        /// A column with so many categories that most of them come only a few times.
        Cardinality "cardinality",
        /// Whole numbers beyond 2^53, which lose their last digits.
        Inexact "inexact",
        /// Every value is the same.
        Constant "constant-column",
        /// All but one in a hundred values are the same.
        AlmostConstant "almost-constant-column",
        /// Dates or times: their parts become inputs, which tell nothing where later rows have other years.
        Dates "dates",
        /// Columns whose spreads are thousands of times apart.
        Scales "scales",
    }
}

impl Doubt {
    /// What it says to a person, without numbers.
    pub fn headline(self) -> &'static str {
        match self {
            Doubt::Words => "words among numbers",
            Doubt::NotFinite => "numbers that are not finite",
            Doubt::Dates => "dates, whose parts become inputs",
            Doubt::OpenDates => "dates that can be read in more than one way",
            Doubt::OpenPoints => "points that part thousands, or stand before decimals",
            Doubt::Codes => "whole numbers that look like codes, and are read as words",
            Doubt::PackedDates => "dates that are written as one number",
            Doubt::Leak => "columns that give the target away",
            Doubt::Missing => "missing values",
            Doubt::Empty => "empty columns",
            Doubt::Sentinels => "numbers that are codes for missing values",
            Doubt::Zeros => "zeros that may mean missing",
            Doubt::Groups => "rows that seem to belong together",
            Doubt::Serial => "targets that go on from row to row",
            Doubt::Time => "rows that may stand in the order of time",
            Doubt::Counter => "columns that count the rows",
            Doubt::Ids => "columns that look like ids",
            Doubt::Spellings => "words that were probably meant as one",
            Doubt::Typos => "rare words that look like a slip of the pen",
            Doubt::Outliers => "values so far out that they rule the scale of their column",
            Doubt::Duplicates => "rows that come more than once",
            Doubt::Contradictions => "rows that agree in everything but the target",
            Doubt::Imbalance => "one class of the target is rare",
            Doubt::HeavyTail => "a few large values rule the target",
            Doubt::Cardinality => "categories that come only a few times",
            Doubt::Inexact => "whole numbers too large to be exact",
            Doubt::Constant => "columns that never change",
            Doubt::AlmostConstant => "columns that hardly ever change",
            Doubt::Scales => "columns on very different scales",
        }
    }

    /// What to do about it in these columns, most promising first: flags, or a sentence.
    fn advice(self, columns: &[&str]) -> Vec<String> {
        let with = |flag: &str| format!("{flag} {}", columns_flag(columns));
        match self {
            Doubt::Words => vec![with("--category"), with("--ignore")],
            Doubt::NotFinite => vec!["--missing-values inf,-inf --missing median".to_owned()],
            Doubt::OpenDates => Vec::new(),
            Doubt::OpenPoints => vec![
                "--decimal ',' --thousands '.'".to_owned(),
                "nothing, if the point stands before decimals".to_owned(),
            ],
            Doubt::Codes => vec![with("--number"), with("--ignore")],
            Doubt::PackedDates => {
                vec!["write them as 2023-09-03, and they are read as dates".to_owned(), with("--ignore")]
            }
            Doubt::Leak | Doubt::Dates | Doubt::Empty | Doubt::Counter | Doubt::Ids | Doubt::Inexact => {
                vec![with("--ignore")]
            }
            // Each column has its own flag.
            Doubt::Groups | Doubt::Serial | Doubt::Time => Vec::new(),
            Doubt::Missing => [Missing::Median, Missing::Indicator, Missing::Drop]
                .map(|way| format!("--missing {}", way.name()))
                .to_vec(),
            Doubt::Sentinels => vec!["leave these cells empty, and fill them with --missing median".to_owned()],
            Doubt::Zeros => vec![format!("{} --missing {}", with("--zero-is-missing"), Missing::Median.name())],
            Doubt::Spellings | Doubt::Typos => vec!["write each of them in one way".to_owned()],
            Doubt::Outliers => {
                let robust = columns.iter().map(|column| format!("{}={}", field(column), Treatment::Robust.name()));
                let robust = robust.collect::<Vec<_>>().join(",");
                vec![format!("--treat {}", shell_word(&robust)), "look at these rows, and correct them".to_owned()]
            }
            Doubt::Duplicates => vec!["--drop-duplicates, unless each of them was measured by itself".to_owned()],
            Doubt::Contradictions => vec!["look at these rows: nothing in the table tells them apart".to_owned()],
            Doubt::Imbalance => vec![
                "--class-weights balanced".to_owned(),
                "judge by balanced accuracy and by each class, not by accuracy".to_owned(),
            ],
            Doubt::HeavyTail => vec!["--log-target".to_owned()],
            Doubt::Cardinality => vec!["--rare 10".to_owned(), with("--ignore")],
            Doubt::Constant | Doubt::AlmostConstant => vec![with("--ignore")],
            Doubt::Scales => vec!["nothing, unless scaling is off: numbers are standardised".to_owned()],
        }
    }
}

/// What was found in one column.
#[derive(Clone, Debug)]
pub(super) struct Doubtful {
    pub doubt: Doubt,
    /// None for what is found in whole rows.
    pub column: Option<usize>,
    pub evidence: String,
    /// What helps this column, where that is known better than from the doubt.
    pub remedy: Option<String>,
}

/// Something that looks wrong, with all columns that it is found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// What it is.
    pub doubt: Doubt,
    /// The places of the columns, counted from 0; none for what is found in whole rows.
    pub columns: Vec<usize>,
    /// For each of these columns what was found, with numbers and places.
    pub evidence: Vec<String>,
    /// What to do, most promising first: flags of `clione train`, or a sentence.
    pub advice: Vec<String>,
}

/// The rarest class of a target has less than this share of what each class would have if all were alike.
const RARE: f64 = 0.1;

/// The greatest value of a target that is this many times its median rules a loss of squares.
const TAIL: f64 = 30.0;

/// Spreads this many times apart keep unscaled inputs from being learned from alike.
const APART: f64 = 1_000.0;

/// Every suspicion: those of single columns gathered, and those that only the whole table shows.
pub(super) fn suspicions(
    table: &Table,
    question: &Question,
    inspection: &Inspection,
    mut doubts: Vec<Doubtful>,
) -> Vec<Suspicion> {
    doubts.extend(related(table, question, inspection));
    doubts.extend(imbalance(inspection));
    doubts.extend(heavy_tail(inspection));
    doubts.extend(scales(inspection));
    let mut found = Vec::new();
    for &doubt in Doubt::all() {
        let of: Vec<&Doubtful> = doubts.iter().filter(|found| found.doubt == doubt).collect();
        if of.is_empty() {
            continue;
        }
        let name = |found: &Doubtful| found.column.map(|column| table.names()[column].as_str());
        let names: Vec<&str> = of.iter().filter_map(|found| name(found)).collect();
        let said = |found: &&Doubtful| match name(found) {
            Some(name) => format!("\"{name}\": {}", found.evidence),
            None => found.evidence.clone(),
        };
        let mut evidence: Vec<String> = of.iter().map(said).collect();
        evidence.dedup();
        let mut advice: Vec<String> = of.iter().filter_map(|found| found.remedy.clone()).collect();
        advice.extend(doubt.advice(&names));
        let mut known = HashSet::new();
        advice.retain(|line| known.insert(line.clone()));
        let mut columns: Vec<usize> = of.iter().filter_map(|found| found.column).collect();
        columns.dedup();
        found.push(Suspicion { doubt, columns, evidence, advice });
    }
    found
}

/// Rows that are alike in all that goes in, and how many are copies; what counts the rows tells nothing.
pub(super) fn alike_rows(table: &Table, inspection: &Inspection, doubts: &[Doubtful]) -> (Vec<Doubtful>, usize) {
    let counts_rows =
        |column: usize| doubts.iter().any(|found| found.doubt == Doubt::Counter && found.column == Some(column));
    let is_input = |column: &usize| {
        Some(*column) != inspection.target && !inspection.columns[*column].ignored && !counts_rows(*column)
    };
    let inputs: Vec<usize> = (0..table.columns()).filter(is_input).collect();
    let rows: Vec<u32> = (0..table.rows() as u32).collect();
    let alike = alike(&Frame::new(table), &rows, &inputs, inspection.target);
    let line = |row: u32| table.line(row as usize);
    let found = [
        (Doubt::Duplicates, alike.copies_in_words(rows.len(), line)),
        (Doubt::Contradictions, alike.contradictions_in_words(rows.len(), line)),
    ];
    let doubtful = |(doubt, evidence): (Doubt, Option<String>)| {
        evidence.map(|evidence| Doubtful { doubt, column: None, evidence, remedy: None })
    };
    let copies = if alike.is_natural { 0 } else { alike.copies };
    (found.into_iter().filter_map(doubtful).collect(), copies)
}

/// The columns that give the target away, and those by which rows seem to depend on each other, in a table that can be learned
/// from at least when gaps are filled; else the times alone.
fn related(table: &Table, question: &Question, inspection: &Inspection) -> Vec<Doubtful> {
    let frame = Frame::new(table);
    let Some((schema, targets, choices)) = learnable(table, question, inspection.target) else {
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        let times =
            if question.split_by.is_none() { time_columns(&frame, &rows, inspection.target, None) } else { Vec::new() };
        return times
            .iter()
            .filter(|time| !inspection.columns[time.column].ignored)
            .map(|time| of_time(time, table))
            .collect();
    };
    let Related { ids, times } = match question.split_by {
        None => Related::find(&frame, &schema, &targets, &choices),
        Some(_) => Related::default(),
    };
    let leak = |leak: &Leak| {
        let what = if leak.is_class { "of the classes follow" } else { "of the target's order follow" };
        let column = table.names().iter().position(|name| *name == leak.column)?;
        let evidence = format!("{:.1} % {what} from it alone", 100.0 * leak.share);
        let is_id = ids.iter().any(|ids| ids.column == column);
        (!is_id).then_some(Doubtful { doubt: Doubt::Leak, column: Some(column), evidence, remedy: None })
    };
    let inputs: Vec<usize> = schema.inputs.iter().map(|input| input.column).collect();
    let alike = alike(&frame, &schema.rows, &inputs, inspection.target);
    let mut doubts: Vec<Doubtful> = find_leaks(&frame, &schema, &targets, &alike).iter().filter_map(leak).collect();
    doubts.extend(ids.iter().map(|ids| {
        let remedy = Some(format!("--group {}", columns_flag(&[&table.names()[ids.column]])));
        Doubtful { doubt: Doubt::Groups, column: Some(ids.column), evidence: ids.evidence(), remedy }
    }));
    // A column that is left out may still say that the rows follow each other.
    let is_told = |time: &&TimeColumn| time.correlation.is_some() || !inspection.columns[time.column].ignored;
    doubts.extend(times.iter().filter(is_told).map(|time| of_time(time, table)));
    doubts
}

fn of_time(time: &TimeColumn, table: &Table) -> Doubtful {
    let remedy = format!("--time {}, if later rows are to be predicted", columns_flag(&[&table.names()[time.column]]));
    let doubt = if time.correlation.is_some() { Doubt::Serial } else { Doubt::Time };
    Doubtful { doubt, column: Some(time.column), evidence: time.evidence(), remedy: Some(remedy) }
}

/// What can be learned from a table whose gaps are filled, if anything can.
fn learnable(table: &Table, question: &Question, target: Option<usize>) -> Option<(Schema, Targets, Choices)> {
    let choices = Choices {
        target: (target? + 1).to_string(),
        ignore: question.ignore.clone(),
        zero_is_missing: question.zero_is_missing.clone(),
        categories: question.categories.clone(),
        missing: Missing::Median,
        drop_missing_target: true,
        ..Choices::default()
    };
    let schema = Schema::infer(table, &choices).ok()?;
    let targets = schema.target.read(table, target?, &schema.rows).ok()?;
    Some((schema, targets, choices))
}

fn imbalance(inspection: &Inspection) -> Option<Doubtful> {
    let column = inspection.target.filter(|_| inspection.task == Some(Task::Classification))?;
    let target = &inspection.columns[column];
    let (rarest, most) = (target.rarest.as_ref()?, target.frequent.first()?);
    let rows = inspection.rows - target.missing;
    let fair = rows as f64 / target.distinct as f64;
    (target.distinct > 1 && (rarest.count as f64) < RARE * fair).then(|| Doubtful {
        doubt: Doubt::Imbalance,
        column: Some(column),
        evidence: format!(
            "{} are '{}', {} are '{}': always saying '{}' is right in {}",
            counted(most.count, "row"),
            most.value,
            grouped(rarest.count),
            rarest.value,
            most.value,
            super::column::percent(most.count, rows)
        ),
        remedy: None,
    })
}

fn heavy_tail(inspection: &Inspection) -> Option<Doubtful> {
    let column = inspection.target.filter(|_| inspection.task == Some(Task::Regression))?;
    let numbers = inspection.columns[column].numbers.as_ref()?;
    let times = numbers.greatest / numbers.median;
    (numbers.least > 0.0 && times > TAIL).then(|| Doubtful {
        doubt: Doubt::HeavyTail,
        column: Some(column),
        evidence: format!(
            "half of the values are below {}, the greatest is {}: {times:.0} times as much",
            numbers.median, numbers.greatest
        ),
        remedy: None,
    })
}

fn scales(inspection: &Inspection) -> Vec<Doubtful> {
    let is_input = |place: &usize| {
        let column = &inspection.columns[*place];
        Some(*place) != inspection.target && !column.ignored && column.kind == ColumnKind::Number
    };
    let spread = |place: usize| inspection.columns[place].numbers.as_ref().map_or(0.0, |numbers| numbers.spread);
    let inputs: Vec<usize> =
        (0..inspection.columns.len()).filter(is_input).filter(|&place| spread(place) > 0.0).collect();
    let by_spread = |a: &&usize, b: &&usize| spread(**a).total_cmp(&spread(**b));
    let (Some(&least), Some(&most)) = (inputs.iter().min_by(by_spread), inputs.iter().max_by(by_spread)) else {
        return Vec::new();
    };
    if spread(most) < APART * spread(least) {
        return Vec::new();
    }
    let doubtful = |column: usize, what: &str| Doubtful {
        doubt: Doubt::Scales,
        column: Some(column),
        evidence: format!("{what} spread, {:.3e}", spread(column)),
        remedy: None,
    };
    vec![doubtful(most, "the largest"), doubtful(least, "the smallest")]
}
