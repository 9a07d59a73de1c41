//! Rows that are alike: within one set of rows, and between rows to learn from and rows to measure on.

use std::collections::{HashMap, HashSet};

use crate::data::cell::Cell;
use crate::data::dataset::{Dataset, Targets};
use crate::data::findings::{counted, grouped};
use crate::data::frame::Frame;

/// How many rows are like an earlier one of the same data, in all inputs and in the target.
///
/// ```
/// use clione::data::{dataset::Dataset, duplicates::repeated};
/// let data = Dataset::from_rows(&[[1.0], [2.0], [1.0], [1.0]], &[[0.0], [0.0], [0.0], [5.0]]);
/// assert_eq!(repeated(&data), 1);
/// ```
pub fn repeated(data: &Dataset) -> usize {
    let mut seen = Seen::default();
    (0..data.rows()).filter(|&row| !seen.insert(data, row)).count()
}

/// How many rows of `judged` are like a row of `learned`, in all inputs and in the target: what is measured on them says
/// little about rows that were never seen.
///
/// ```
/// use clione::data::{dataset::Dataset, duplicates::shared};
/// let learned = Dataset::from_rows(&[[1.0], [2.0]], &[[0.0], [1.0]]);
/// let judged = Dataset::from_rows(&[[2.0], [2.0], [3.0]], &[[1.0], [0.0], [1.0]]);
/// assert_eq!(shared(&learned, &judged), 1);
/// ```
pub fn shared(learned: &Dataset, judged: &Dataset) -> usize {
    if learned.inputs().columns() != judged.inputs().columns() {
        return 0;
    }
    let mut seen = Seen::default();
    for row in 0..learned.rows() {
        seen.insert(learned, row);
    }
    (0..judged.rows()).filter(|&row| seen.contains(judged, row)).count()
}

/// Rows of a table that are alike in all that is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Alike {
    /// How many rows are like an earlier one, in the inputs and in the target.
    pub copies: usize,
    /// The first of them and what it is a copy of, as rows.
    pub first_copy: Option<(u32, u32)>,
    /// How many rows have the inputs of an earlier one but another target.
    pub contradictions: usize,
    /// The first of them and what it contradicts, as rows.
    pub first_contradiction: Option<(u32, u32)>,
    /// So few different rows are possible that some are alike by nature.
    pub is_natural: bool,
}

/// Larger tables are not looked at: that would take longer than it is worth.
const MOST_CELLS: usize = 20_000_000;

/// Rows are alike by nature unless chance, with columns that know nothing of each other, makes fewer pairs than this;
/// columns that go together make many more of them.
const PAIRS_BY_CHANCE: f64 = 0.001;

/// So many rows say how much the values of a column differ.
const LOOKED_AT: usize = 10_000;

/// Finds rows of a table that are alike in some columns; a row that agrees with several others is counted once.
pub(super) fn alike(frame: &Frame, rows: &[u32], inputs: &[usize], target: Option<usize>) -> Alike {
    let mut alike = Alike::default();
    if inputs.is_empty() || rows.len().saturating_mul(inputs.len()) > MOST_CELLS {
        return alike;
    }
    let mut sums = vec![START; rows.len()];
    for &column in inputs {
        for (sum, &row) in sums.iter_mut().zip(rows) {
            *sum = mixed(*sum, key(frame, row, column));
        }
    }
    let mut order: Vec<(u128, u32)> = sums.into_iter().zip(rows.iter().copied()).collect();
    order.sort_unstable();
    let target_of = |row: u32| target.map(|column| key(frame, row, column));
    for same in order.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        let mut met: Vec<(Option<u64>, u32)> = vec![(target_of(same[0].1), same[0].1)];
        for &(_, row) in &same[1..] {
            let known = met.iter().find(|(target, _)| *target == target_of(row)).map(|&(_, earlier)| earlier);
            let (count, first) = match known {
                Some(_) => (&mut alike.copies, &mut alike.first_copy),
                None => (&mut alike.contradictions, &mut alike.first_contradiction),
            };
            *count += 1;
            let pair = (row, known.unwrap_or(same[0].1));
            *first = Some(first.map_or(pair, |first| first.min(pair)));
            if known.is_none() {
                met.push((target_of(row), row));
            }
        }
    }
    if alike.copies + alike.contradictions > 0 {
        let different: f64 = inputs.iter().map(|&column| different(frame, rows, column)).product();
        alike.is_natural = 0.5 * (rows.len() as f64) * (rows.len() as f64) / different > PAIRS_BY_CHANCE;
    }
    alike
}

/// How many values a column would have if all came equally often: n² / Σ nᵥ².
fn different(frame: &Frame, rows: &[u32], column: usize) -> f64 {
    let mut counts: HashMap<u64, f64> = HashMap::new();
    let looked_at = rows.iter().step_by(rows.len().div_ceil(LOOKED_AT));
    looked_at.for_each(|&row| *counts.entry(key(frame, row, column)).or_default() += 1.0);
    let rows: f64 = counts.values().sum();
    // In whole numbers, so that the order of the sum says nothing.
    rows * rows / counts.values().map(|count| count * count).sum::<f64>()
}

/// The same number for the same value of a column: that of a number, and one of those that are none for all else.
fn key(frame: &Frame, row: u32, column: usize) -> u64 {
    const NO_NUMBER: u64 = 0x7ff8_0000_0000_0000;
    let row = row as usize;
    match frame.value(row, column) {
        Cell::Number(number) => (number + 0.0).to_bits(),
        Cell::Missing => NO_NUMBER | 1,
        Cell::Infinite => NO_NUMBER | 2,
        Cell::TooLarge => NO_NUMBER | 3,
        Cell::Word => {
            let place = frame.table_column(column).and_then(|column| column.text_place(row));
            NO_NUMBER | 4 | u64::from(place.expect("what was worked out is a number")) << 3
        }
    }
}

impl Alike {
    /// The copies in words, where there are some that are not alike by nature; `line` says where a row stands.
    pub(super) fn copies_in_words(&self, rows: usize, line: impl Fn(u32) -> usize) -> Option<String> {
        let (copy, original) = self.first_copy.filter(|_| !self.is_natural)?;
        let rows = counted(rows, "row");
        let (copy, original) = (line(copy), line(original));
        Some(match self.copies {
            1 => format!("1 of {rows} is a copy of an earlier one: line {copy} of line {original}"),
            copies => {
                let copies = grouped(copies);
                format!("{copies} of {rows} are copies of earlier ones, the first in line {copy} of line {original}")
            }
        })
    }

    /// The contradictions in words, where there are some that are not alike by nature.
    pub(super) fn contradictions_in_words(&self, rows: usize, line: impl Fn(u32) -> usize) -> Option<String> {
        let (row, earlier) = self.first_contradiction.filter(|_| !self.is_natural)?;
        let (count, rows) = (grouped(self.contradictions), counted(rows, "row"));
        let (row, earlier) = (line(row), line(earlier));
        Some(format!(
            "{count} of {rows} with the inputs of an earlier one and another target, the first in line {row}, as line {earlier}"
        ))
    }
}

/// Rows that were met, each by a sum of 128 bits: 16 bytes for a row of any width. Two rows that differ have the same sum
/// once in 2¹²⁸, so among a million rows nobody will ever see it.
#[derive(Default)]
struct Seen {
    sums: HashSet<u128>,
}

impl Seen {
    /// Whether the row is new.
    fn insert(&mut self, data: &Dataset, row: usize) -> bool {
        self.sums.insert(sum(data, row))
    }

    fn contains(&self, data: &Dataset, row: usize) -> bool {
        self.sums.contains(&sum(data, row))
    }
}

/// A number that depends on every bit of a row's inputs and targets and on their order; −0 is 0.
fn sum(data: &Dataset, row: usize) -> u128 {
    let bits = |number: f64| (number + 0.0).to_bits();
    let inputs =
        (0..data.inputs().columns()).fold(START, |sum, column| mixed(sum, bits(data.inputs().at(row, column))));
    match data.targets() {
        Targets::Classes { numbers, .. } => mixed(inputs, u64::from(numbers[row])),
        Targets::Values(matrix) => {
            (0..matrix.columns()).fold(inputs, |sum, column| mixed(sum, bits(matrix.at(row, column))))
        }
    }
}

/// The constants of FNV-1a for 128 bits; here each step takes 64 bits and turns the high ones down into the low ones.
const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

fn mixed(sum: u128, bits: u64) -> u128 {
    let product = (sum ^ u128::from(bits)).wrapping_mul(PRIME);
    (product ^ (product >> 59)).wrapping_mul(PRIME).rotate_left(64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::table::{ReadOptions, Table};

    fn found(text: &str, inputs: &[usize], target: usize) -> Alike {
        let table = Table::from_bytes("x.csv", text.as_bytes().to_vec(), &ReadOptions::default()).unwrap();
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        alike(&Frame::new(&table), &rows, inputs, Some(target))
    }

    #[test]
    fn copies_and_contradictions_are_counted_with_their_first_rows() {
        let text = "a,b,y\n1,u,0\n2,u,0\n1,v,0\n1,u,0\n1,u,1\n,u,0\n1.0,u,1\n,u,0\n";
        let alike = found(text, &[0, 1], 2);
        assert_eq!((alike.copies, alike.first_copy), (3, Some((3, 0))));
        assert_eq!((alike.contradictions, alike.first_contradiction), (1, Some((4, 0))));
        assert!(alike.is_natural, "few different rows are possible");
        assert_eq!(alike.copies_in_words(8, |row| row as usize), None);
    }

    #[test]
    fn measured_rows_are_not_alike_by_nature() {
        let row = |row: usize| {
            let [a, b, c, d] = [1009, 1013, 1019, 1021].map(|prime| row * 7919 % prime);
            format!("{a},{b},{c},{d},{}\n", row % 2)
        };
        let rows: String = (0..500).map(|at| row(if at == 499 { 3 } else { at })).collect();
        let alike = found(&format!("a,b,c,d,y\n{rows}"), &[0, 1, 2, 3], 4);
        assert_eq!((alike.copies, alike.first_copy, alike.is_natural), (1, Some((499, 3)), false));
        let words = "1 of 500 rows is a copy of an earlier one: line 501 of line 5";
        assert_eq!(alike.copies_in_words(500, |row| row as usize + 2).as_deref(), Some(words));
    }
}
