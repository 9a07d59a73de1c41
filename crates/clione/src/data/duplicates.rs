//! Rows that are alike: within one set of rows, and between rows to learn from and rows to measure on.

use std::collections::HashMap;

use crate::data::dataset::{Dataset, Targets};

/// How many rows are like an earlier one of the same data, in all inputs and in the target.
///
/// ```
/// use clione::data::{dataset::Dataset, duplicates::repeated};
/// let data = Dataset::from_rows(&[[1.0], [2.0], [1.0], [1.0]], &[[0.0], [0.0], [0.0], [5.0]]);
/// assert_eq!(repeated(&data), 1);
/// ```
pub fn repeated(data: &Dataset) -> usize {
    let mut seen = Seen::default();
    (0..data.rows()).filter(|&row| !seen.insert(&numbers(data, row))).count()
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
        seen.insert(&numbers(learned, row));
    }
    (0..judged.rows()).filter(|&row| seen.contains(&numbers(judged, row))).count()
}

/// Rows that were met, by a sum over their bits; those with the same sum are compared.
#[derive(Default)]
struct Seen {
    rows: HashMap<u64, Vec<Vec<u64>>>,
}

impl Seen {
    /// Whether the row is new.
    fn insert(&mut self, row: &[u64]) -> bool {
        let same_sum = self.rows.entry(sum(row)).or_default();
        let is_new = !same_sum.iter().any(|other| other == row);
        if is_new {
            same_sum.push(row.to_vec());
        }
        is_new
    }

    fn contains(&self, row: &[u64]) -> bool {
        self.rows.get(&sum(row)).is_some_and(|same_sum| same_sum.iter().any(|other| other == row))
    }
}

/// A number that depends on every bit of the row and on their order.
fn sum(row: &[u64]) -> u64 {
    row.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &bits| (sum ^ bits).wrapping_mul(0x0100_0000_01b3).rotate_left(29))
}

/// The bits of a row's inputs and targets; −0 is 0.
fn numbers(data: &Dataset, row: usize) -> Vec<u64> {
    let bits = |number: f64| (number + 0.0).to_bits();
    let mut numbers: Vec<u64> =
        (0..data.inputs().columns()).map(|column| bits(data.inputs().at(row, column))).collect();
    match data.targets() {
        Targets::Classes { numbers: classes, .. } => numbers.push(u64::from(classes[row])),
        Targets::Values(matrix) => numbers.extend((0..matrix.columns()).map(|column| bits(matrix.at(row, column)))),
    }
    numbers
}
