//! Columns by which rows seem to depend on each other though nobody said so: repeated ids, and times.

use std::collections::HashMap;

use crate::base::words::columns_flag;
use crate::data::cell::Cell;
use crate::data::dataset::Targets;
use crate::data::date::{self, DayOrder};
use crate::data::duplicates::key;
use crate::data::findings::counted;
use crate::data::frame::Frame;
use crate::data::schema::{Choices, Schema};

/// The columns by which rows seem to depend on each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::data) struct Related {
    pub ids: Vec<RepeatedIds>,
    pub times: Vec<TimeColumn>,
}

impl Related {
    /// Looks for them in the rows of a schema; nothing is said where a column was named to split rows by.
    pub(in crate::data) fn find(frame: &Frame, schema: &Schema, targets: &Targets, choices: &Choices) -> Related {
        if choices.group.is_some() || choices.time.is_some() {
            return Related::default();
        }
        let target = frame.table().find(&schema.target.name).ok();
        let times = time_columns(frame, &schema.rows, target, Some(targets));
        Related { ids: repeated_ids(frame, schema, targets), times }
    }
}

/// A column whose values look like ids of groups: each comes in several rows, with the same target in all of them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) struct RepeatedIds {
    pub column: usize,
    groups: usize,
    rows: usize,
}

/// A column that tells when a row was.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) struct TimeColumn {
    pub column: usize,
    is_date: bool,
    /// The correlation of targets with those before them, where it is more than chance.
    pub correlation: Option<f64>,
}

/// Fewer groups than these may be categories.
const FEWEST_GROUPS: usize = 10;

/// So much less than by chance the targets of a group may differ to count as the same: pairs of different classes, or variance.
const SAME: f64 = 0.02;

/// Differences that chance would make in groups; with fewer, nothing is surprising.
const SURPRISING: f64 = 10.0;

/// Fewer rows than these have no order that could be trusted.
const FEWEST_ROWS: usize = 20;

/// Targets that go with those before them by more than this, and by this many standard errors, are no accident.
const CORRELATED: f64 = 0.3;
const STANDARD_ERRORS: f64 = 5.0;

/// How many dates are read to recognise a column of them.
const READ: usize = 50;

/// The targets of some rows as numbers, and how two of them differ.
struct Truth {
    values: Vec<f64>,
    is_class: bool,
    /// The expected difference of two rows taken at random.
    by_chance: f64,
}

impl Truth {
    fn of(targets: &Targets) -> Truth {
        let (values, is_class): (Vec<f64>, bool) = match targets {
            Targets::Classes { numbers, .. } => (numbers.iter().map(|&class| f64::from(class)).collect(), true),
            Targets::Values(matrix) => ((0..matrix.rows()).map(|row| matrix.at(row, 0)).collect(), false),
        };
        let mut truth = Truth { values, is_class, by_chance: 0.0 };
        let all: Vec<usize> = (0..truth.values.len()).collect();
        truth.by_chance = truth.difference_within(&all) / (all.len() * all.len().saturating_sub(1)).max(1) as f64;
        truth
    }

    /// Of two rows: whether their classes differ, or half the square of the difference of their numbers.
    fn difference(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (self.values[a], self.values[b]);
        if self.is_class { f64::from(a != b) } else { 0.5 * (a - b) * (a - b) }
    }

    /// The differences of all ordered pairs among some rows.
    fn difference_within(&self, rows: &[usize]) -> f64 {
        let count = rows.len() as f64;
        if self.is_class {
            let mut classes: HashMap<u64, f64> = HashMap::new();
            rows.iter().for_each(|&row| *classes.entry(self.values[row].to_bits()).or_default() += 1.0);
            return count * count - classes.values().map(|rows| rows * rows).sum::<f64>();
        }
        let mean = rows.iter().map(|&row| self.values[row]).sum::<f64>() / count.max(1.0);
        count * rows.iter().map(|&row| (self.values[row] - mean).powi(2)).sum::<f64>()
    }
}

/// The columns of a table that look like ids of groups of rows.
fn repeated_ids(frame: &Frame, schema: &Schema, targets: &Targets) -> Vec<RepeatedIds> {
    let truth = Truth::of(targets);
    let target = frame.table().find(&schema.target.name).ok();
    let columns = (0..frame.table().columns()).filter(|&column| Some(column) != target);
    columns.filter_map(|column| repeated_ids_of(frame, &schema.rows, column, &truth)).collect()
}

fn repeated_ids_of(frame: &Frame, rows: &[u32], column: usize, truth: &Truth) -> Option<RepeatedIds> {
    let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
    let (mut runs, mut previous, mut is_number) = (0, None, false);
    for (place, &row) in rows.iter().enumerate() {
        match frame.value(row as usize, column) {
            Cell::Missing => continue,
            Cell::Number(number) if number.fract() != 0.0 => return None,
            Cell::Number(_) => is_number = true,
            Cell::Word => {}
            Cell::Infinite | Cell::TooLarge => return None,
        }
        let group = key(frame, row, column);
        runs += usize::from(previous.replace(group) != Some(group));
        groups.entry(group).or_default().push(place);
    }
    let count = groups.len();
    let present: usize = groups.values().map(Vec::len).sum();
    let repeated: Vec<&Vec<usize>> = groups.values().filter(|rows| rows.len() > 1).collect();
    let in_repeated: usize = repeated.iter().map(|rows| rows.len()).sum();
    if count < FEWEST_GROUPS || 2 * in_repeated < present || present < 2 * count {
        return None;
    }
    let pairs: f64 = repeated.iter().map(|rows| (rows.len() * (rows.len() - 1)) as f64).sum();
    let by_chance = pairs * truth.by_chance;
    // Each pair once where it was counted in both orders; sums of a hash map are sorted to have one order.
    let mut found: Vec<f64> = repeated.iter().map(|rows| truth.difference_within(rows)).collect();
    found.sort_unstable_by(f64::total_cmp);
    let is_surprising = by_chance / truth.by_chance.max(f64::MIN_POSITIVE) >= 2.0 * SURPRISING;
    if !is_surprising || found.iter().sum::<f64>() > SAME * by_chance {
        return None;
    }
    if truth.is_class {
        let mut classes: Vec<u64> = truth.values.iter().map(|class| class.to_bits()).collect();
        classes.sort_unstable();
        classes.dedup();
        // As many values as classes are the classes under other names.
        if count < 2 * classes.len() {
            return None;
        }
    }
    // A number whose neighbours have like targets is a measure, unless its rows stand together as those of one person do.
    if is_number && runs > count && is_smooth(frame, rows, column, &groups, truth) {
        return None;
    }
    Some(RepeatedIds { column, groups: count, rows: present })
}

/// Whether rows with the next larger number have targets nearer than chance.
fn is_smooth(frame: &Frame, rows: &[u32], column: usize, groups: &HashMap<u64, Vec<usize>>, truth: &Truth) -> bool {
    let number = |rows_of: &Vec<usize>| match frame.value(rows[rows_of[0]] as usize, column) {
        Cell::Number(number) => number,
        Cell::Missing | Cell::Infinite | Cell::TooLarge | Cell::Word => f64::NAN,
    };
    let mut first: Vec<(f64, usize)> = groups.values().map(|rows_of| (number(rows_of), rows_of[0])).collect();
    first.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let differences: f64 = first.windows(2).map(|pair| truth.difference(pair[0].1, pair[1].1)).sum();
    differences < 0.5 * truth.by_chance * (first.len() - 1) as f64
}

/// The columns of a table that tell the time of a row: dates, and whole numbers that rise from row to row.
pub(in crate::data) fn time_columns(
    frame: &Frame,
    rows: &[u32],
    target: Option<usize>,
    targets: Option<&Targets>,
) -> Vec<TimeColumn> {
    let truth = targets.map(Truth::of);
    let columns = (0..frame.table().columns()).filter(|&column| Some(column) != target);
    let found = columns.filter_map(|column| {
        if rows.len() < FEWEST_ROWS {
            return None;
        }
        let is_counter = rises(frame, rows, column);
        let order = if is_counter { (0..rows.len()).collect() } else { by_date(frame, rows, column)? };
        let correlation = truth.as_ref().and_then(|truth| correlation(&order, truth));
        Some(TimeColumn { column, is_date: !is_counter, correlation })
    });
    found.collect()
}

/// Whether a column has whole numbers, each larger than the one before.
fn rises(frame: &Frame, rows: &[u32], column: usize) -> bool {
    let mut last = f64::NEG_INFINITY;
    rows.iter().all(|&row| match frame.value(row as usize, column) {
        Cell::Number(number) => number.fract() == 0.0 && std::mem::replace(&mut last, number) < number,
        Cell::Missing | Cell::Infinite | Cell::TooLarge | Cell::Word => false,
    })
}

/// The rows in the order of a column of dates; none where it is another column, or has no days but only times of a day.
fn by_date(frame: &Frame, rows: &[u32], column: usize) -> Option<Vec<usize>> {
    const SECONDS_OF_A_DAY: f64 = 86_400.0;
    let present = |place: &usize| frame.value(rows[*place] as usize, column) != Cell::Missing;
    let read = |place: usize, order: DayOrder| match frame.value(rows[place] as usize, column) {
        Cell::Word => date::read(frame.cell(rows[place] as usize, column), order),
        Cell::Number(_) | Cell::Missing | Cell::Infinite | Cell::TooLarge => None,
    };
    let some: Vec<usize> = (0..rows.len()).step_by(rows.len().div_ceil(READ)).filter(present).collect();
    let is_order = |order: &DayOrder| some.iter().all(|&place| read(place, *order).is_some());
    let order = DayOrder::all().iter().copied().find(is_order).filter(|_| !some.is_empty())?;
    let moment = |place: usize| Some((read(place, order)?, place));
    let mut moments: Vec<(f64, usize)> = (0..rows.len()).filter_map(moment).collect();
    if moments.iter().all(|(moment, _)| (0.0..SECONDS_OF_A_DAY).contains(moment)) {
        return None;
    }
    moments.sort_by(|a, b| a.0.total_cmp(&b.0));
    Some(moments.into_iter().map(|(_, place)| place).collect())
}

/// 1 − (the difference of a target from the one before) / (that of two at random): von Neumann's ratio. None where it is no
/// more than chance would have it, or where the rows are sorted by their class.
fn correlation(order: &[usize], truth: &Truth) -> Option<f64> {
    if order.len() < 2 * FEWEST_ROWS || truth.by_chance == 0.0 {
        return None;
    }
    let steps = order.windows(2).map(|pair| truth.difference(pair[0], pair[1]));
    let mean = steps.clone().sum::<f64>() / (order.len() - 1) as f64;
    let correlation = 1.0 - mean / truth.by_chance;
    let changes = steps.filter(|&difference| difference > 0.0).count();
    let classes = truth.values.iter().map(|value| value.to_bits()).collect::<std::collections::HashSet<_>>().len();
    let is_sorted = truth.is_class && changes < classes;
    let least = CORRELATED.max(STANDARD_ERRORS / (order.len() as f64).sqrt());
    (correlation > least && !is_sorted).then_some(correlation)
}

impl RepeatedIds {
    /// What was seen, with its figures.
    pub(in crate::data) fn evidence(&self) -> String {
        let values = counted(self.groups, "value");
        format!("{values} in {}, each with one target in all of its rows", counted(self.rows, "row"))
    }

    /// What it means and what to do.
    pub(in crate::data) fn warning(&self, frame: &Frame) -> String {
        let name = &frame.names()[self.column];
        let (evidence, flag) = (self.evidence(), columns_flag(&[name]));
        format!(
            "column \"{name}\": {evidence}; if it names what rows belong to, --group {flag} keeps these together: rows held out at random are no new cases"
        )
    }
}

impl TimeColumn {
    /// What was seen, with its figures.
    pub(in crate::data) fn evidence(&self) -> String {
        let what = if self.is_date { "dates" } else { "numbers that rise from row to row" };
        match self.correlation {
            Some(correlation) => {
                format!("{what}, and targets go with those before them (correlation {correlation:.2})")
            }
            None => what.to_owned(),
        }
    }

    /// What it means and what to do.
    pub(in crate::data) fn hint(&self, frame: &Frame) -> String {
        let name = &frame.names()[self.column];
        let (evidence, flag) = (self.evidence(), columns_flag(&[name]));
        match self.correlation {
            Some(_) => format!(
                "column \"{name}\": {evidence}; rows held out at random lie between rows learned from: --time {flag} holds the last ones out, as when later rows are to be predicted"
            ),
            None => format!(
                "column \"{name}\": {evidence}; if later rows are to be predicted, --time {flag} holds the last ones out"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::table::{ReadOptions, Table};

    fn look(text: &str) -> (Vec<String>, Vec<TimeColumn>) {
        let table = Table::from_bytes("x.csv", text.as_bytes().to_vec(), &ReadOptions::default()).unwrap();
        let schema = Schema::infer(&table, &Choices::default()).unwrap();
        let target = table.find(&schema.target.name).unwrap();
        let targets = schema.target.read(&table, target, &schema.rows).unwrap();
        let frame = Frame::new(&table);
        let ids = repeated_ids(&frame, &schema, &targets).iter().map(|ids| frame.names()[ids.column].clone()).collect();
        (ids, time_columns(&frame, &schema.rows, Some(target), Some(&targets)))
    }

    /// A number that looks random.
    fn noise(i: usize) -> usize {
        (i * 2_654_435_761) % 4_294_967_296 / 65_536 % 1000
    }

    fn table(rows: usize, row: impl Fn(usize) -> String) -> String {
        (0..rows).map(row).collect()
    }

    #[test]
    fn repeated_ids_with_constant_labels_are_found_as_words_and_as_numbers() {
        let words = table(240, |i| format!("p{},{}.5,{}\n", i / 6, noise(i), ["no", "yes"][noise(i / 6) % 2]));
        assert_eq!(look(&format!("who,x,ill\n{words}")).0, ["who"]);
        let shuffled =
            table(240, |i| format!("{},{}.5,{}\n", 1000 + i * 7 % 40, noise(i), ["no", "yes"][noise(i * 7 % 40) % 2]));
        assert_eq!(look(&format!("who,x,ill\n{shuffled}")).0, ["who"]);
        let amounts = table(240, |i| format!("{},{}.5,{}.25\n", i / 6, noise(i), noise(i / 6)));
        assert_eq!(look(&format!("who,x,y\n{amounts}")).0, ["who"]);
    }

    #[test]
    fn labels_that_vary_and_measures_that_rule_the_label_are_no_ids() {
        let varying = table(240, |i| format!("p{},{}.5,{}\n", i / 6, noise(i), ["no", "yes"][noise(i) % 2]));
        assert!(look(&format!("who,x,ill\n{varying}")).0.is_empty());
        let measure = table(240, |i| {
            format!("{},{}.5,{}\n", noise(i) % 40, noise(i + 7), ["no", "yes"][usize::from(noise(i) % 40 > 19)])
        });
        assert!(look(&format!("age,x,ill\n{measure}")).0.is_empty());
        let few = table(240, |i| format!("{},{}.5,{}\n", ["a", "b", "c", "d"][i % 4], noise(i), ["no", "yes"][i % 2]));
        assert!(look(&format!("kind,x,ill\n{few}")).0.is_empty());
    }

    #[test]
    fn counters_and_dates_are_times_and_say_how_the_target_goes_on() {
        let walk = table(200, |i| format!("{},{}.5,{}.5\n", i + 1, noise(i), i / 10 * i / 10));
        let (_, times) = look(&format!("No,x,y\n{walk}"));
        assert!(times.len() == 1 && times[0].column == 0 && times[0].correlation.is_some_and(|r| r > 0.9), "{times:?}");
        let random =
            table(200, |i| format!("2020-{:02}-{:02},{}.5,{}.5\n", 1 + i % 12, 1 + i / 12, noise(i), noise(i * 3 + 1)));
        let (_, times) = look(&format!("day,x,y\n{random}"));
        assert!(times.len() == 1 && times[0].is_date && times[0].correlation.is_none(), "{times:?}");
        let sorted = table(150, |i| format!("{},{}.5,{}\n", i + 1, noise(i), ["a", "b", "c"][i / 50]));
        assert_eq!(look(&format!("Id,x,y\n{sorted}")).1[0].correlation, None, "sorted by class");
        let clock = table(200, |i| format!("{:02}:{:02},{}.5,{}.5\n", i % 24, i % 60, noise(i), noise(i * 3 + 1)));
        assert!(look(&format!("at,x,y\n{clock}")).1.is_empty());
    }
}
