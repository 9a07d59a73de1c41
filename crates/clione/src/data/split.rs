//! Which rows are learned from, and which are held back to measure on.

mod forward;
mod groups;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::base::error::{Error, Result};
use crate::base::rng::{Purpose, Rng, Stream};
use crate::data::findings::{counted, grouped};

/// How rows depend on each other, which a split must respect: figures measured on rows that belong together with those
/// learned from say nothing of new ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Dependence {
    /// Each row is by itself: any row can be on either side.
    #[default]
    Independent,
    /// The number of each row's group. A group is never on both sides.
    Groups(Vec<u32>),
    /// The rank of each row's time among all different times. What is held back is always later than what is learned from.
    Times(Vec<u32>),
}

impl Dependence {
    /// That of some of the rows.
    ///
    /// ```
    /// use clione::data::split::Dependence;
    /// assert_eq!(Dependence::Groups(vec![7, 8, 7]).part(&[2, 1]), Dependence::Groups(vec![7, 8]));
    /// ```
    pub fn part(&self, rows: &[u32]) -> Dependence {
        let part = |numbers: &Vec<u32>| rows.iter().map(|&row| numbers[row as usize]).collect();
        match self {
            Dependence::Independent => Dependence::Independent,
            Dependence::Groups(numbers) => Dependence::Groups(part(numbers)),
            Dependence::Times(numbers) => Dependence::Times(part(numbers)),
        }
    }
}

/// The numbers of the rows in both parts, each in rising order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Rows to learn from.
    pub training: Vec<u32>,
    /// Rows held back.
    pub validation: Vec<u32>,
}

/// Holds back round(`count` · `fraction`) of the rows 0 … `count` − 1, chosen at random.
///
/// With `strata` (a class number for each row) every class gives its share: count_c · fraction rounded by the largest
/// remainder, and a class with two rows or more is in both parts if the parts are large enough for that. The same seed
/// gives the same parts. Rows that depend on each other are held back as [`Dependence`] says: whole groups that come
/// nearest to the shares, or the last rows whatever their class.
///
/// ```
/// use clione::base::rng::Rng;
/// use clione::data::split::{Dependence, split};
/// let classes = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
/// let parts = split(10, 0.2, Some(&classes), &Dependence::Independent, &Rng::new(7))?;
/// assert_eq!((parts.training.len(), parts.validation.len()), (8, 2));
/// assert_eq!(parts.validation.iter().filter(|&&row| row >= 8).count(), 1);
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn split(count: usize, fraction: f64, strata: Option<&[u32]>, dependence: &Dependence, rng: &Rng) -> Result<Split> {
    let single = vec![0; count];
    divide(strata.unwrap_or(&single), dependence, fraction, VALIDATION, &rng.stream(Purpose::Split, 0, 0))
}

/// What share of the rows is held back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// To measure on while training: less than 1, and 0 where other rows are there for that.
    pub validation: f64,
    /// To measure on once, at the end; 0 for none.
    pub test: f64,
}

impl From<f64> for Shares {
    fn from(validation: f64) -> Self {
        Shares { validation, test: 0.0 }
    }
}

/// The numbers of the rows in three parts, each in rising order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Rows to learn from.
    pub training: Vec<u32>,
    /// Rows that decide when to stop and which model to take; empty if none are held back.
    pub validation: Vec<u32>,
    /// Rows that decide nothing: what is measured on them is what new rows may expect. Empty if none are held back.
    pub test: Vec<u32>,
}

/// As [`split`], with a third part: holds back round(`count` · test) rows, then from the others the share that makes
/// about `count` · validation. In the order of time the test part is the last. Fails where [`split`] does, or when no share is left to learn from.
///
/// ```
/// use clione::base::rng::Rng;
/// use clione::data::split::{Dependence, Shares, split_three};
/// let shares = Shares { validation: 0.2, test: 0.1 };
/// let parts = split_three(100, shares, None, &Dependence::Independent, &Rng::new(7))?;
/// assert_eq!((parts.training.len(), parts.validation.len(), parts.test.len()), (70, 20, 10));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn split_three(
    count: usize,
    shares: Shares,
    strata: Option<&[u32]>,
    dependence: &Dependence,
    rng: &Rng,
) -> Result<Parts> {
    let Shares { validation, test } = shares;
    if test != 0.0 && !(test > 0.0 && test < 1.0 - validation) {
        return Err(Error::usage(format!(
            "a test part of {test} beside a validation part of {validation}: expected 0, or so much that rows are left"
        )));
    }
    let single = vec![0; count];
    let strata = strata.unwrap_or(&single);
    let part = |strata: &[u32], dependence: &Dependence, share: f64, name: &str| match share {
        0.0 => Ok(Split { training: (0..strata.len() as u32).collect(), validation: Vec::new() }),
        _ => divide(strata, dependence, share, name, &rng.stream(Purpose::Split, 0, 0)),
    };
    let outer = part(strata, dependence, test, "test")?;
    let left: Vec<u32> = outer.training.iter().map(|&row| strata[row as usize]).collect();
    let inner = part(&left, &dependence.part(&outer.training), validation / (1.0 - test), VALIDATION)?;
    let rows_of = |part: Vec<u32>| part.into_iter().map(|place| outer.training[place as usize]).collect();
    Ok(Parts { training: rows_of(inner.training), validation: rows_of(inner.validation), test: outer.validation })
}

/// What errors call the part that decides when to stop.
const VALIDATION: &str = "validation";

/// Holds back a share of the rows; `part` is what errors call it.
fn divide(strata: &[u32], dependence: &Dependence, fraction: f64, part: &str, stream: &Stream) -> Result<Split> {
    let count = strata.len();
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Error::usage(format!("a {part} part of {fraction}: expected more than 0 and less than 1")));
    }
    if count < 2 {
        return Err(Error::data(format!("{}: a split needs at least 2", counted(count, "row"))));
    }
    let held_back = (count as f64 * fraction).round() as usize;
    if held_back == 0 || held_back == count {
        let (empty, kept) = if held_back == 0 { (part, fraction) } else { ("training", 1.0 - fraction) };
        let needed = (0.5 / kept).ceil() as usize;
        let error = Error::data(format!("{} % of {} leave no {empty} rows", percent(kept), counted(count, "row")))
            .note(format!("at least {} rows are needed for this share", grouped(needed)));
        return Err(if part == VALIDATION { error.remedy("--validation 0.5") } else { error });
    }
    match dependence {
        Dependence::Independent => divide_independent(strata, fraction, held_back, stream),
        Dependence::Groups(groups) => groups::divide(groups, strata, fraction, part, stream),
        Dependence::Times(times) => forward::divide(times, fraction, part),
    }
}

/// Holds rows back class by class.
fn divide_independent(strata: &[u32], fraction: f64, held_back: usize, stream: &Stream) -> Result<Split> {
    let count = strata.len();
    let mut left = shares(strata, fraction, held_back);
    let mut parts = Split { training: Vec::new(), validation: Vec::new() };
    for row in stream.permutation(count) {
        let left = &mut left[strata[row as usize] as usize];
        if *left > 0 {
            *left -= 1;
            parts.validation.push(row);
        } else {
            parts.training.push(row);
        }
    }
    if parts.validation.is_empty() {
        return Err(Error::data(format!(
            "{}, each of a class of its own: none can be held back",
            counted(count, "row")
        ))
        .note("at least 2 rows of one class are needed: one to learn from, one to measure on"));
    }
    parts.training.sort_unstable();
    parts.validation.sort_unstable();
    Ok(parts)
}

/// What rows are divided by: the class of each row, and what the classes are called.
#[derive(Clone, Copy, Debug)]
pub struct Strata<'a> {
    /// The class of each row, by its place among the names.
    pub numbers: &'a [u32],
    /// What the classes are called.
    pub names: &'a [String],
}

/// Why there are no folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FoldError {
    /// Fewer groups than folds.
    FewGroups(usize),
    /// A class that is in fewer groups than there are folds.
    ClassInFewGroups { class: usize, groups: usize },
    /// Too few different times, or one with too many rows.
    FewTimes(usize),
}

/// `k` ways to hold back about one row of `k`, so that each row is held back once; their sizes differ by 1 at most, and so do
/// the rows of each class in them. Groups stay whole, and sizes differ as theirs do. In the order of time each of the last `k`
/// of `k` + 1 parts is held back once, and learned from are all rows before it.
///
/// Another `repeat` shuffles anew. Fails with fewer than two folds, or with more of them than rows (groups, times) or than rows
/// (groups) of some class: a fold without a class could not be measured on it.
///
/// ```
/// use clione::base::rng::Rng;
/// use clione::data::split::{Dependence, folds};
/// let found = folds(10, 3, 0, None, &Dependence::Independent, &Rng::new(7))?;
/// assert_eq!(found.iter().map(|fold| fold.validation.len()).collect::<Vec<_>>(), [4, 3, 3]);
/// assert_eq!(found[0].training.len(), 6);
/// let later = folds(4, 3, 0, None, &Dependence::Times(vec![0, 1, 2, 3]), &Rng::new(7))?;
/// assert_eq!((later[1].training.as_slice(), later[1].validation.as_slice()), (&[0, 1][..], &[2][..]));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn folds(
    count: usize,
    k: usize,
    repeat: usize,
    strata: Option<Strata<'_>>,
    dependence: &Dependence,
    rng: &Rng,
) -> Result<Vec<Split>> {
    if k < 2 {
        return Err(Error::usage(format!("{}: cross-validation needs at least 2", counted(k, "fold"))));
    }
    if k > count {
        return Err(Error::data(format!("{} for {}", counted(k, "fold"), counted(count, "row")))
            .note("each fold holds back at least one row of its own"));
    }
    let stream = rng.stream(Purpose::Split, 1 + repeat as u32, 0);
    let explain = |error: FoldError| match error {
        FoldError::FewGroups(groups) => Error::data(format!("{} for {}", counted(k, "fold"), counted(groups, "group")))
            .note("each fold holds back at least one group of its own"),
        FoldError::ClassInFewGroups { class, groups } => {
            let name = strata.map_or("", |strata| &strata.names[class]);
            Error::data(format!("class '{name}' is in {}, too few for {k} folds", counted(groups, "group")))
                .note("each fold holds back at least one group with each class")
        }
        FoldError::FewTimes(times) => {
            Error::data(format!("{} for {}", counted(k, "fold"), counted(times, "different time")))
                .note("each fold is later than those before it, and rows of one time stay together")
        }
    };
    let held_back = match dependence {
        Dependence::Independent => independent_folds(count, k, strata, &stream)?,
        Dependence::Groups(groups) => {
            let single = vec![0; count];
            groups::folds(groups, strata.map_or(&single[..], |strata| strata.numbers), k, &stream).map_err(explain)?
        }
        Dependence::Times(times) => return forward::folds(times, k).map_err(explain),
    };
    let fold = |mut validation: Vec<u32>| {
        validation.sort_unstable();
        let is_kept = |row: &u32| validation.binary_search(row).is_err();
        Split { training: (0..count as u32).filter(is_kept).collect(), validation }
    };
    Ok(held_back.into_iter().map(fold).collect())
}

/// The rows that each of `k` folds holds back, dealt like cards, class after class, without starting over.
fn independent_folds(count: usize, k: usize, strata: Option<Strata<'_>>, stream: &Stream) -> Result<Vec<Vec<u32>>> {
    let shuffled = stream.permutation(count);
    let dealt: Vec<u32> = match strata {
        None => shuffled,
        Some(Strata { numbers, names }) => {
            assert_eq!(numbers.len(), count, "one class for each row");
            let mut by_class: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
            shuffled.iter().for_each(|&row| by_class[numbers[row as usize] as usize].push(row));
            let smallest = by_class.iter().zip(names).filter(|(rows, _)| !rows.is_empty());
            if let Some((rows, name)) = smallest.min_by_key(|(rows, _)| rows.len()).filter(|(rows, _)| rows.len() < k) {
                let rows = counted(rows.len(), "row");
                return Err(Error::data(format!("class '{name}' has {rows}, too few for {k} folds"))
                    .note("each fold holds back at least one row of each class"));
            }
            by_class.concat()
        }
    };
    let mut held_back: Vec<Vec<u32>> = vec![Vec::new(); k];
    for (place, &row) in dealt.iter().enumerate() {
        held_back[place % k].push(row);
    }
    Ok(held_back)
}

/// How many rows each class gives to the validation part, `held_back` in all.
fn shares(strata: &[u32], fraction: f64, held_back: usize) -> Vec<usize> {
    let mut sizes = vec![0usize; strata.iter().max().map_or(0, |&class| class as usize + 1)];
    for &class in strata {
        sizes[class as usize] += 1;
    }
    let divisible = sizes.iter().filter(|&&size| size > 1).count();
    let least = usize::from(divisible <= held_back && divisible <= strata.len() - held_back);
    let ideal: Vec<f64> = sizes.iter().map(|&size| size as f64 * fraction).collect();
    // A class with one row stays in training: a class that was never learned cannot be measured.
    let bounds: Vec<(usize, usize)> =
        sizes.iter().map(|&size| if size > 1 { (least, size - least) } else { (0, 0) }).collect();
    let mut shares: Vec<usize> =
        ideal.iter().zip(&bounds).map(|(ideal, &(low, high))| (ideal.floor() as usize).clamp(low, high)).collect();
    let total: usize = shares.iter().sum();
    // A class gives one row more, or one less, where its share is the farthest below its ideal, or above; of equals the
    // earlier class.
    let is_short = total < held_back;
    let turn = |class: usize, share: usize| {
        let (limit, sign) = if is_short { (bounds[class].1, 1.0) } else { (bounds[class].0, -1.0) };
        (share != limit).then(|| Reverse((rank(sign * (share as f64 - ideal[class])), class)))
    };
    let mut turns: BinaryHeap<_> = (0..shares.len()).filter_map(|class| turn(class, shares[class])).collect();
    for _ in 0..total.abs_diff(held_back) {
        let Some(Reverse((_, class))) = turns.pop() else { break };
        shares[class] = if is_short { shares[class] + 1 } else { shares[class] - 1 };
        turns.extend(turn(class, shares[class]));
    }
    shares
}

/// A whole number with the order that `f64::total_cmp` gives.
fn rank(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn percent(fraction: f64) -> f64 {
    (fraction * 1e4).round() / 100.0
}

/// What is wrong with classes that are too small to be in both parts.
///
/// ```
/// let names = ["cat", "dog"].map(String::from);
/// let warnings = clione::data::split::small_classes(&[0, 0, 1], &names);
/// assert_eq!(warnings, ["class 'dog' has 1 row: it cannot be in both training and validation"]);
/// ```
pub fn small_classes(numbers: &[u32], names: &[String]) -> Vec<String> {
    let mut sizes = vec![0usize; names.len()];
    for &class in numbers {
        sizes[class as usize] += 1;
    }
    let single = names.iter().zip(sizes).filter(|&(_, size)| size == 1);
    single.map(|(name, _)| format!("class '{name}' has 1 row: it cannot be in both training and validation")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::ErrorKind;

    const ALONE: &Dependence = &Dependence::Independent;

    #[test]
    fn every_row_is_in_exactly_one_part() {
        let parts = split(768, 0.2, None, ALONE, &Rng::new(1)).unwrap();
        assert_eq!(parts.validation.len(), 154);
        let mut all = [parts.training, parts.validation].concat();
        all.sort_unstable();
        assert_eq!(all, (0..768).collect::<Vec<u32>>());
    }

    #[test]
    fn the_same_seed_gives_the_same_parts_and_another_seed_others() {
        let parts = |seed| split(100, 0.3, None, ALONE, &Rng::new(seed)).unwrap();
        assert_eq!(parts(5), parts(5));
        assert_ne!(parts(5), parts(6));
    }

    #[test]
    fn shares_are_rounded_by_the_largest_remainder() {
        let strata: Vec<u32> = [(0, 500), (1, 268), (2, 7)].iter().flat_map(|&(c, n)| vec![c; n]).collect();
        assert_eq!(shares(&strata, 0.2, 155), [100, 54, 1]);
    }

    #[test]
    fn each_class_is_in_both_parts_where_it_can_be() {
        let strata: Vec<u32> =
            [(0, 94), (1, 2), (2, 2), (3, 1), (4, 1)].iter().flat_map(|&(c, n)| vec![c; n]).collect();
        let shares = shares(&strata, 0.1, 10);
        assert_eq!(shares, [8, 1, 1, 0, 0]);
    }

    #[test]
    fn a_class_for_each_row_still_ends() {
        let strata: Vec<u32> = (0..50).collect();
        assert_eq!(shares(&strata, 0.2, 10).iter().sum::<usize>(), 0);
        let error = split(50, 0.2, Some(&strata), ALONE, &Rng::new(0)).unwrap_err();
        assert_eq!(error.headline(), "50 rows, each of a class of its own: none can be held back");
    }

    #[test]
    fn parts_that_would_be_empty_are_refused_with_the_number_of_rows_needed() {
        let error = split(3, 0.1, None, ALONE, &Rng::new(0)).unwrap_err();
        assert_eq!(error.headline(), "10 % of 3 rows leave no validation rows");
        assert_eq!(error.notes(), ["at least 5 rows are needed for this share"]);
        assert_eq!(split(1, 0.5, None, ALONE, &Rng::new(0)).unwrap_err().headline(), "1 row: a split needs at least 2");
        assert_eq!(split(9, 1.5, None, ALONE, &Rng::new(0)).unwrap_err().kind(), ErrorKind::Usage);
        assert_eq!(split(9, f64::NAN, None, ALONE, &Rng::new(0)).unwrap_err().kind(), ErrorKind::Usage);
    }

    #[test]
    fn three_parts_hold_every_row_once_and_each_class_in_its_share() {
        let strata: Vec<u32> = (0..200).map(|row| u32::from(row % 4 == 0)).collect();
        let three = |count, validation, test, strata| {
            split_three(count, Shares { validation, test }, strata, ALONE, &Rng::new(1))
        };
        let parts = three(200, 0.2, 0.1, Some(&strata)).unwrap();
        let ones = |part: &[u32]| part.iter().filter(|&&row| strata[row as usize] == 1).count();
        assert_eq!((parts.training.len(), parts.validation.len(), parts.test.len()), (140, 40, 20));
        assert_eq!((ones(&parts.training), ones(&parts.validation), ones(&parts.test)), (35, 10, 5));
        let mut all = [parts.training, parts.validation, parts.test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..200).collect::<Vec<u32>>());
        let error = three(200, 0.6, 0.4, None).unwrap_err();
        assert!(error.headline().ends_with("expected 0, or so much that rows are left"));
        assert_eq!(three(4, 0.5, 0.1, None).unwrap_err().headline(), "10 % of 4 rows leave no test rows");
    }

    #[test]
    fn a_share_of_nothing_holds_no_row_back_and_without_a_test_part_the_parts_are_those_of_two() {
        let three = |validation, test| split_three(50, Shares { validation, test }, None, ALONE, &Rng::new(1)).unwrap();
        let two = split(50, 0.2, None, ALONE, &Rng::new(1)).unwrap();
        assert_eq!(three(0.2, 0.0), Parts { training: two.training, validation: two.validation, test: Vec::new() });
        assert_eq!(three(0.0, 0.0).training, (0..50).collect::<Vec<u32>>());
        assert_eq!((three(0.0, 0.2).validation.len(), three(0.0, 0.2).test.len()), (0, 10));
    }

    #[test]
    fn every_row_is_held_back_in_exactly_one_fold_and_classes_are_spread_evenly() {
        let names = ["a", "b", "c"].map(String::from);
        let numbers: Vec<u32> = (0..103).map(|row| if row < 60 { 0 } else { 1 + u32::from(row > 95) }).collect();
        let strata = Some(Strata { numbers: &numbers, names: &names });
        let folds = folds(103, 5, 0, strata, ALONE, &Rng::new(4)).unwrap();
        let mut seen: Vec<u32> = folds.iter().flat_map(|fold| fold.validation.clone()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..103).collect::<Vec<u32>>());
        let spread = |sizes: Vec<usize>| sizes.iter().max().unwrap() - sizes.iter().min().unwrap();
        assert!(spread(folds.iter().map(|fold| fold.validation.len()).collect()) <= 1);
        for class in 0..3 {
            let of_class = |fold: &Split| fold.validation.iter().filter(|&&row| numbers[row as usize] == class).count();
            assert!(spread(folds.iter().map(of_class).collect()) <= 1);
        }
        for fold in &folds {
            assert_eq!(fold.training.len() + fold.validation.len(), 103);
            assert!(fold.validation.iter().all(|row| !fold.training.contains(row)));
        }
    }

    #[test]
    fn another_repeat_shuffles_anew_and_the_same_one_does_not() {
        let of_repeat = |repeat| folds(50, 5, repeat, None, ALONE, &Rng::new(9)).unwrap();
        assert_eq!(of_repeat(1), of_repeat(1));
        assert_ne!(of_repeat(0), of_repeat(1));
    }

    #[test]
    fn folds_that_would_be_empty_are_refused() {
        let refused =
            |count, k, strata| folds(count, k, 0, strata, ALONE, &Rng::new(0)).unwrap_err().headline().to_owned();
        assert_eq!(refused(10, 1, None), "1 fold: cross-validation needs at least 2");
        assert_eq!(refused(3, 5, None), "5 folds for 3 rows");
        let names = ["cat", "dog"].map(String::from);
        let strata = Strata { numbers: &[0, 0, 0, 0, 0, 0, 1, 1], names: &names };
        assert_eq!(refused(8, 5, Some(strata)), "class 'dog' has 2 rows, too few for 5 folds");
    }

    #[test]
    fn a_class_with_one_row_is_named() {
        let names = ["a", "b"].map(String::from);
        let warnings = small_classes(&[0, 0, 1], &names);
        assert_eq!(warnings, ["class 'b' has 1 row: it cannot be in both training and validation"]);
    }
}
