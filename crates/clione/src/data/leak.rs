//! Columns that give the target away: one that alone predicts it almost without error was often made from it.

use std::collections::HashMap;

use crate::base::error::Result;
use crate::base::words::column_flag;
use crate::data::cell::Cell;
use crate::data::dataset::Targets;
use crate::data::duplicates::{Alike, alike};
use crate::data::frame::Frame;
use crate::data::infer::Kind;
use crate::data::parallel;
use crate::data::preprocess::{most_frequent, sorted};
use crate::data::schema::{Choices, Input, Schema};
use crate::data::table::Table;

/// Fewer rows than these beside those of the most frequent class or number may be told apart by any good column.
const FEWEST: usize = 30;

/// More rows than these are not looked at; they are taken at equal distances.
const MOST: usize = 10_000;

/// What a column must reach of what is left to reach beyond guessing: 0.98 of the errors of the most frequent class, and
/// 0.999 of the variance of numbers (of their places in order).
const OF_CLASSES: f64 = 0.98;
const OF_NUMBERS: f64 = 0.999;

/// A column that predicts the target alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    /// The name of the column.
    pub column: String,
    /// The share of rows whose class it gives, or R² of the targets' places in order; on rows it was not fitted to.
    pub share: f64,
    /// Whether the targets are classes.
    pub is_class: bool,
}

impl Leak {
    /// The column, its figure, and what to do.
    pub fn warning(&self) -> String {
        let Leak { column, share, is_class } = self;
        let figure = match is_class {
            true => format!("gives {:.1} % of the classes", share * 100.0),
            false => format!("explains {:.2} % of the target", share * 100.0),
        };
        let ignore = column_flag(column);
        format!("column \"{column}\" alone {figure}: was it made from the target? leave it out with --ignore {ignore}")
    }
}

/// The input columns that alone predict the target almost perfectly. A rule is learned from half of the rows and judged
/// on the others, and the other way round: for words the class or mean of each word, for numbers that of the nearest
/// numbers. Dates are not looked at: what changes slowly is always near its neighbours.
///
/// ```
/// use clione::data::leak::leaks;
/// use clione::data::schema::{Choices, Schema};
/// use clione::data::table::{ReadOptions, Table};
/// let rows: String = (0..100).map(|row| format!("{},{},{}\n", row * 37 % 101, ["alive", "dead"][row % 2], row % 2)).collect();
/// let table = Table::from_bytes("x.csv", format!("age,fate,died\n{rows}").into_bytes(), &ReadOptions::default())?;
/// let schema = Schema::infer(&table, &Choices::default())?;
/// let found = leaks(&table, &schema, &Choices::default())?;
/// assert_eq!((found.len(), found[0].column.as_str(), found[0].share), (1, "fate", 1.0));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn leaks(table: &Table, schema: &Schema, choices: &Choices) -> Result<Vec<Leak>> {
    let frame = choices.formulas(table)?.frame(table, &|name| table.find(name).ok())?;
    let target = table.find(&schema.target.name)?;
    let targets = schema.target.read(table, target, &schema.rows)?;
    let inputs: Vec<usize> = schema.inputs.iter().map(|input| input.column).collect();
    Ok(find_leaks(&frame, schema, &targets, &alike(&frame, &schema.rows, &inputs, Some(target))))
}

/// The same for a table whose derived columns were worked out, with the targets of the schema's rows. Copies of rows are left
/// out: any column whose values hardly ever come twice would tell the target of a copy.
pub(super) fn find_leaks(frame: &Frame, schema: &Schema, targets: &Targets, alike: &Alike) -> Vec<Leak> {
    let places: Vec<usize> = match alike.is_natural {
        true => (0..schema.rows.len()).collect(),
        false => alike.firsts.iter().map(|&place| place as usize).collect(),
    };
    let step = places.len().div_ceil(MOST).max(1);
    let places: Vec<usize> = places.into_iter().step_by(step).collect();
    let is_class = targets.class_numbers().is_some();
    let truth: Vec<f64> = match targets {
        Targets::Classes { numbers, .. } => places.iter().map(|&place| f64::from(numbers[place])).collect(),
        Targets::Values(matrix) => ranks(&places.iter().map(|&place| matrix.at(place, 0)).collect::<Vec<_>>()),
    };
    let most_frequent = most_frequent_count(&truth);
    if truth.len() - most_frequent < FEWEST {
        return Vec::new();
    }
    let look_at = |input: &Input| {
        let rows = places.iter().map(|&place| schema.rows[place] as usize);
        let values = keys(frame, input.column, input.kind, rows);
        let half = |which: bool| -> Vec<(Key, f64)> {
            let rows = values.iter().zip(&truth).enumerate().filter(|(place, _)| is_in_first_half(*place) == which);
            rows.map(|(_, (&key, &target))| (key, target)).collect()
        };
        let (first, second) = (half(true), half(false));
        let (share, needed) = match is_class {
            true => {
                let hits = class_hits(&first, &second) + class_hits(&second, &first);
                let guessed = most_frequent as f64 / truth.len() as f64;
                (hits as f64 / truth.len() as f64, guessed + OF_CLASSES * (1.0 - guessed))
            }
            false => {
                let error = squared_error(&first, &second) + squared_error(&second, &first);
                let mean = truth.iter().sum::<f64>() / truth.len() as f64;
                let variance: f64 = truth.iter().map(|rank| (rank - mean) * (rank - mean)).sum();
                (1.0 - error / variance, OF_NUMBERS)
            }
        };
        (share >= needed).then(|| Leak { column: frame.names()[input.column].clone(), share, is_class })
    };
    let inputs = schema.inputs.iter().filter(|input| input.kind != Kind::Date).collect();
    parallel::map(frame.table().threads(), inputs, look_at).into_iter().flatten().collect()
}

/// Halves the rows evenly, but in no rhythm that the rows themselves may have: by the first bit of place · 2⁶⁴ / golden
/// ratio (Knuth, "Sorting and Searching", 6.4).
fn is_in_first_half(place: usize) -> bool {
    (place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63 == 0
}

/// What a rule knows of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    Missing,
    Number(f64),
    /// The place of a word among the words of the column.
    Word(usize),
}

impl Key {
    /// What is the same for equal keys alone.
    fn id(self) -> (u8, u64) {
        match self {
            Key::Missing => (0, 0),
            Key::Number(number) => (1, number.to_bits()),
            Key::Word(word) => (2, word as u64),
        }
    }
}

fn keys(frame: &Frame, column: usize, kind: Kind, rows: impl Iterator<Item = usize>) -> Vec<Key> {
    let mut words: HashMap<&str, usize> = HashMap::new();
    let key = |row: usize| match (frame.value(row, column), kind) {
        (Cell::Missing, _) => Key::Missing,
        (Cell::Number(number), Kind::Number) => Key::Number(number),
        _ => {
            let next = words.len();
            Key::Word(*words.entry(frame.cell(row, column).trim()).or_insert(next))
        }
    };
    rows.map(key).collect()
}

/// The targets that belong to a key in one half of the rows: numbers in rising order, and groups of the others.
struct Rule {
    numbers: Vec<(f64, f64)>,
    groups: HashMap<Option<usize>, Vec<f64>>,
}

impl Rule {
    fn learn(rows: &[(Key, f64)]) -> Rule {
        let mut rule = Rule { numbers: Vec::new(), groups: HashMap::new() };
        for &(key, target) in rows {
            match key {
                Key::Number(number) => rule.numbers.push((number, target)),
                Key::Missing => rule.groups.entry(None).or_default().push(target),
                Key::Word(word) => rule.groups.entry(Some(word)).or_default().push(target),
            }
        }
        rule.numbers.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        rule
    }

    /// The targets of those that are like this key: of its group, of equal numbers, or of the neighbours below and above.
    fn like(&self, key: Key) -> Vec<f64> {
        let number = match key {
            Key::Missing => return self.groups.get(&None).cloned().unwrap_or_default(),
            Key::Word(word) => return self.groups.get(&Some(word)).cloned().unwrap_or_default(),
            Key::Number(number) => number,
        };
        let from = self.numbers.partition_point(|&(other, _)| other < number);
        let to = self.numbers.partition_point(|&(other, _)| other <= number);
        let range = if from < to { from..to } else { from.saturating_sub(1)..(from + 1).min(self.numbers.len()) };
        self.numbers[range].iter().map(|&(_, target)| target).collect()
    }

    /// The same, but of two neighbours only the nearer one: classes change from one number to the next.
    fn most_like(&self, key: Key) -> Vec<f64> {
        let Key::Number(number) = key else { return self.like(key) };
        let at = self.numbers.partition_point(|&(other, _)| other < number);
        match (at.checked_sub(1).map(|below| self.numbers[below]), self.numbers.get(at)) {
            (Some((below, target)), Some(&(above, _))) if number - below < above - number => vec![target],
            (Some((below, _)), Some(&(above, target))) if above != number && above - number < number - below => {
                vec![target]
            }
            (Some(_) | None, Some(_) | None) => self.like(key),
        }
    }
}

/// How many rows get their class from the most frequent class of those that are like them in the other half.
fn class_hits(learned: &[(Key, f64)], judged: &[(Key, f64)]) -> usize {
    let rule = Rule::learn(learned);
    let mut said: HashMap<(u8, u64), Option<f64>> = HashMap::new();
    let hit = |&&(key, class): &&(Key, f64)| {
        *said.entry(key.id()).or_insert_with(|| most_frequent(&sorted(&rule.most_like(key)))) == Some(class)
    };
    judged.iter().filter(hit).count()
}

/// Σ (y − ŷ)² where ŷ is the mean of those that are like a row in the other half.
fn squared_error(learned: &[(Key, f64)], judged: &[(Key, f64)]) -> f64 {
    let rule = Rule::learn(learned);
    let overall = learned.iter().map(|(_, target)| target).sum::<f64>() / learned.len() as f64;
    let mut said: HashMap<(u8, u64), f64> = HashMap::new();
    let errors = judged.iter().map(|&(key, target)| {
        let guess = *said.entry(key.id()).or_insert_with(|| {
            let like = rule.like(key);
            if like.is_empty() { overall } else { like.iter().sum::<f64>() / like.len() as f64 }
        });
        (target - guess) * (target - guess)
    });
    errors.sum()
}

/// How often the most frequent number comes.
fn most_frequent_count(numbers: &[f64]) -> usize {
    let most = most_frequent(&sorted(numbers));
    numbers.iter().filter(|&&number| Some(number) == most).count()
}

/// The place of each number in rising order; equal numbers share the mean of their places.
fn ranks(numbers: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let (mut ranks, mut start) = (vec![0.0; numbers.len()], 0);
    for run in order.chunk_by(|&a, &b| numbers[a] == numbers[b]) {
        let middle = start as f64 + (run.len() - 1) as f64 / 2.0;
        run.iter().for_each(|&place| ranks[place] = middle);
        start += run.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::table::ReadOptions;
    use crate::data::treatment::Missing;

    fn found(text: String) -> Vec<String> {
        let table = Table::from_bytes("x.csv", text.into_bytes(), &ReadOptions::default()).unwrap();
        let choices = Choices { missing: Missing::Median, ..Choices::default() };
        let schema = Schema::infer(&table, &choices).unwrap();
        leaks(&table, &schema, &choices).unwrap().iter().map(Leak::warning).collect()
    }

    /// A number that looks random, from 0 to 100.
    fn noise(row: usize) -> usize {
        row * row * 31 % 101
    }

    #[test]
    fn a_copy_of_the_classes_is_found_in_words_numbers_and_gaps() {
        let class = |row: usize| noise(row) % 3;
        let rows = |column: &dyn Fn(usize) -> String| -> String {
            let lines =
                (0..200).map(|row| format!("{},{},{}\n", noise(row + 7), column(row), ["a", "b", "c"][class(row)]));
            format!("x,leak,y\n{}", lines.collect::<String>())
        };
        let warning = "column \"leak\" alone gives 100.0 % of the classes: was it made from the target? leave it out with \
                       --ignore 'leak'";
        assert_eq!(found(rows(&|row| format!("word{}", class(row)))), [warning]);
        assert_eq!(found(rows(&|row| format!("{}.{:02}", class(row), row * 13 % 29))), [warning]);
        assert_eq!(found(rows(&|row| if class(row) == 0 { String::new() } else { class(row).to_string() })), [warning]);
        assert!(
            found(rows(&|row| if row % 20 == 0 { "word0".into() } else { format!("word{}", class(row)) })).is_empty()
        );
    }

    #[test]
    fn a_function_of_the_target_is_found_and_a_good_column_is_not() {
        let rows = |column: &dyn Fn(f64) -> f64| -> String {
            let target = |row: usize| (row * 7919 % 1009) as f64 + 0.5;
            let lines = (0..400).map(|row| format!("{},{},{}\n", noise(row), column(target(row)), target(row)));
            format!("x,leak,y\n{}", lines.collect::<String>())
        };
        assert_eq!(found(rows(&|y| y * 3.0 - 1.0)).len(), 1);
        assert_eq!(found(rows(&|y| -y * y)).len(), 1);
        assert!(found(rows(&|y| y + (y * 12.9898).sin() * 100.0)).is_empty());
    }

    #[test]
    fn a_few_rows_say_nothing() {
        let rows: String = (0..40).map(|row| format!("{},{}\n", row % 2, ["a", "b"][row % 2])).collect();
        assert!(found(format!("x,y\n{rows}")).is_empty());
    }
}
