//! Rows that are alike: within one set of rows, and between rows to learn from and rows to measure on.

use std::collections::HashSet;

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
