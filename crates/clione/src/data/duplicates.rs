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
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Alike {
    /// How many rows are like an earlier one, in the inputs and in the target.
    pub copies: usize,
    /// The first of them and what it is a copy of, as rows.
    pub first_copy: Option<(u32, u32)>,
    /// How many rows have the inputs of an earlier one but another target.
    pub contradictions: usize,
    /// The first of them and what it contradicts, as rows.
    pub first_contradiction: Option<(u32, u32)>,
    /// Every different row comes so often, or a multiple of it; 1 where nothing of the kind is so.
    pub times: usize,
    /// How many copies chance would make, where the values of the columns allow only so many different rows.
    pub by_chance: f64,
    /// There are no more equal rows than chance makes.
    pub is_natural: bool,
    /// The places, among the rows that were looked at, of those that are no copies.
    pub firsts: Vec<u32>,
}

/// Larger tables are not looked at: that would take longer than it is worth.
const MOST_CELLS: usize = 20_000_000;

/// So many more pairs of equal rows than by chance, beside three standard deviations of that number, are copies.
const TIMES_CHANCE: f64 = 3.0;

/// A target with more values than these, were they equally frequent, hardly ever agrees by chance.
const MANY_VALUES: f64 = 50.0;

/// So few different rows may all come an even number of times by accident.
const FEW_DIFFERENT: usize = 10;

/// The most columns that are left out in turn to see how near rows come to each other.
const LEFT_OUT: usize = 12;

/// So many rows say how much the values of a column differ.
const LOOKED_AT: usize = 10_000;

/// Finds rows of a table that are alike in some columns; a row that agrees with several others is counted once.
///
/// How many pairs of rows chance makes alike is estimated twice, and the larger estimate counts. Columns that know nothing of
/// each other make n²/2·Π qⱼ pairs, where qⱼ = Σ (nᵥ/n)² is how likely two rows agree in column j. And pairs that agree in
/// all columns but j tell how many would agree there as well: q/(1 - q) times as many; where columns go together, these pairs
/// are more frequent too, while copies make none of them.
pub(super) fn alike(frame: &Frame, rows: &[u32], inputs: &[usize], target: Option<usize>) -> Alike {
    let mut alike = Alike { times: 1, is_natural: true, ..Alike::default() };
    if inputs.is_empty() || rows.len().saturating_mul(inputs.len()) > MOST_CELLS {
        return alike;
    }
    let sums = row_sums(frame, rows, inputs);
    let mut order: Vec<(u128, u32)> = sums.iter().copied().zip(0..).collect();
    order.sort_unstable();
    let row_at = |place: u32| rows[place as usize];
    let target_of = |place: u32| target.map(|column| key(frame, row_at(place), column));
    let (mut like, mut unlike, mut times) = (0.0, 0.0, 0);
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        let mut met: Vec<(Option<u64>, u32, usize)> = vec![(target_of(same[0].1), same[0].1, 1)];
        for &(_, place) in &same[1..] {
            let value = target_of(place);
            let known = met.iter_mut().find(|(target, ..)| *target == value);
            let (count, first, earlier) = match known {
                Some((_, earlier, rows)) => {
                    *rows += 1;
                    (&mut alike.copies, &mut alike.first_copy, *earlier)
                }
                None => {
                    met.push((value, place, 1));
                    (&mut alike.contradictions, &mut alike.first_contradiction, same[0].1)
                }
            };
            *count += 1;
            let pair = (row_at(place), row_at(earlier));
            *first = Some(first.map_or(pair, |first| first.min(pair)));
        }
        alike.firsts.extend(met.iter().map(|&(_, place, _)| place));
        times = met.iter().fold(times, |times, &(.., rows)| greatest_divisor(times, rows));
        let of_target: f64 = met.iter().map(|&(.., rows)| pairs(rows)).sum();
        (like, unlike) = (like + of_target, unlike + pairs(same.len()) - of_target);
    }
    alike.firsts.sort_unstable();
    if alike.copies + alike.contradictions > 0 {
        let natural = pairs_by_chance(frame, rows, inputs, &sums, like + unlike);
        let is_more = |found: f64, chance: f64| found > TIMES_CHANCE * chance + 3.0 * chance.sqrt();
        // Of rows with the same inputs and a target of many values few agree in it, if most do not.
        let values = target.map_or(1.0, |column| different(frame, rows, column));
        let agreeing = unlike / (values - 1.0);
        let differs = values > MANY_VALUES && 2.0 * unlike >= like;
        let by_chance = if differs { agreeing } else { (natural - unlike).max(0.0) };
        alike.times = if alike.firsts.len() >= FEW_DIFFERENT { times } else { 1 };
        alike.by_chance = by_chance.min(rows.len() as f64);
        let is_unnatural = is_more(like + unlike, natural) || (differs && is_more(like, agreeing + 1.0));
        alike.is_natural = alike.times == 1 && !is_unnatural;
    }
    alike
}

/// The places of the rows that are like no earlier one in some columns.
pub(super) fn first_places(frame: &Frame, rows: &[u32], columns: &[usize]) -> Vec<u32> {
    let sums = row_sums(frame, rows, columns);
    let mut seen = HashSet::new();
    (0..).zip(sums).filter(|(_, sum)| seen.insert(*sum)).map(|(place, _)| place).collect()
}

/// Σ over the columns of a number that belongs to the column and its value: leaving a column out is taking its number off.
fn row_sums(frame: &Frame, rows: &[u32], columns: &[usize]) -> Vec<u128> {
    let mut sums = vec![0_u128; rows.len()];
    for &column in columns {
        for (sum, &row) in sums.iter_mut().zip(rows) {
            *sum = sum.wrapping_add(scattered(column, key(frame, row, column)));
        }
    }
    sums
}

/// A number of 128 bits that depends on every bit of a column's value (SplitMix64 twice, Steele, Lea and Flood 2014).
fn scattered(column: usize, bits: u64) -> u128 {
    let mix = |seed: u64| {
        let mut z = bits.wrapping_add((column as u64 + 1).wrapping_mul(seed));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u128::from(z ^ (z >> 31))
    };
    mix(0x9e37_79b9_7f4a_7c15) << 64 | mix(0xd1b5_4a32_d192_ed03)
}

/// How many pairs so many rows make.
fn pairs(rows: usize) -> f64 {
    rows as f64 * (rows as f64 - 1.0) / 2.0
}

fn greatest_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

/// How many pairs of rows chance makes alike in all of some columns; `same` pairs are.
fn pairs_by_chance(frame: &Frame, rows: &[u32], columns: &[usize], sums: &[u128], same: f64) -> f64 {
    let mut different: Vec<(f64, usize)> =
        columns.iter().map(|&column| (different(frame, rows, column), column)).collect();
    let alone = pairs(rows.len()) / different.iter().map(|(different, _)| different).product::<f64>();
    // Columns with many values tell the most; a constant one tells nothing.
    different.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut most = alone;
    for &(different, column) in different.iter().filter(|(different, _)| *different > 1.0).take(LEFT_OUT) {
        let mut without: Vec<u128> = sums
            .iter()
            .zip(rows)
            .map(|(sum, &row)| sum.wrapping_sub(scattered(column, key(frame, row, column))))
            .collect();
        without.sort_unstable();
        let near: f64 = without.chunk_by(|a, b| a == b).map(|same| pairs(same.len())).sum::<f64>() - same;
        most = most.max(near / (different - 1.0));
    }
    most
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
pub(super) fn key(frame: &Frame, row: u32, column: usize) -> u64 {
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
    /// The copies in words, where there are more than by chance; `line` says where a row stands.
    pub(super) fn copies_in_words(&self, rows: usize, line: impl Fn(u32) -> usize) -> Option<String> {
        let (copy, original) = self.first_copy.filter(|_| !self.is_natural)?;
        let (copy, original) = (line(copy), line(original));
        if self.times > 1 {
            let (times, different) = (self.times, grouped(self.firsts.len()));
            let how =
                if self.firsts.len() * times == rows { "every row comes" } else { "every row comes a multiple of" };
            return Some(format!(
                "{how} {times} times: {different} different ones in {}, line {copy} is a copy of line {original}",
                counted(rows, "row")
            ));
        }
        let rows = counted(rows, "row");
        let chance = match self.by_chance.round() as usize {
            0 => "none by chance".to_owned(),
            copies => format!("about {} by chance", grouped(copies)),
        };
        Some(match self.copies {
            1 => format!("1 of {rows} is a copy of an earlier one: line {copy} of line {original}"),
            copies => format!(
                "{} of {rows} are copies of earlier ones ({chance}), the first in line {copy} of line {original}",
                grouped(copies)
            ),
        })
    }

    /// The contradictions in words, where there are more equal rows than by chance.
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

    /// A number below `below` that looks random.
    fn dice(i: usize, below: usize) -> usize {
        let mut z = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((z ^ (z >> 27)) >> 20) as usize % below
    }

    /// Rows of four columns with a few values each, two of which go together, and a class that they rule.
    fn discrete(i: usize) -> String {
        let [a, b, c] = [4, 5, 9].map(|below| dice(3 * i + below, below));
        format!("{a},{b},{},{c},{}\n", a * 2 + dice(i, 2), ["no", "yes"][usize::from(a + b + c > 8)])
    }

    #[test]
    fn rows_of_few_values_have_copies_by_nature_until_rows_are_copied() {
        let inputs = [0, 1, 2, 3];
        let natural: String = (0..400).map(discrete).collect();
        let alike = found(&format!("a,b,c,d,y\n{natural}"), &inputs, 4);
        assert!(alike.copies > 100 && alike.is_natural, "{alike:?}");
        let wide = |i: usize| {
            format!("{},{},{},{},{}\n", dice(i, 30), dice(i + 9000, 40), dice(i + 7000, 50), dice(i * 5, 9), i % 2)
        };
        let copied: String = (0..400).map(|i| wide(if i % 8 == 0 { i / 8 + 3 } else { i })).collect();
        let alike = found(&format!("a,b,c,d,y\n{copied}"), &inputs, 4);
        assert!(!alike.is_natural && alike.times == 1 && (40..=52).contains(&alike.copies), "{alike:?}");
        let words = alike.copies_in_words(400, |row| row as usize + 2).unwrap();
        assert!(words.contains("(none by chance)"), "{words}");
    }

    #[test]
    fn a_table_whose_rows_all_come_four_times_is_named_as_that() {
        for mixed in [1, 37] {
            let rows: String = (0..240).map(|i| discrete(i * mixed % 240 % 60)).collect();
            let alike = found(&format!("a,b,c,d,y\n{rows}"), &[0, 1, 2, 3], 4);
            assert!(alike.times == 4 && !alike.is_natural, "{alike:?}");
            let words = alike.copies_in_words(240, |row| row as usize + 2).unwrap();
            assert!(words.starts_with("every row comes ") && words.contains("4 times"), "{words}");
        }
    }

    #[test]
    fn exact_copies_stand_out_where_equal_inputs_mostly_have_other_targets() {
        let row =
            |i: usize| format!("{},{},{}.{}\n", dice(i, 6), dice(i + 5000, 5), dice(i + 99, 1000), dice(i + 7, 1000));
        let rows: String = (0..300).map(|i| row(if i > 270 { i - 270 } else { i })).collect();
        let alike = found(&format!("a,b,y\n{rows}"), &[0, 1], 2);
        assert!(!alike.is_natural && alike.copies == 29, "{alike:?}");
    }
}
