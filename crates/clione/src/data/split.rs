//! Which rows are learned from, and which are held back to measure on.

use crate::base::error::{Error, Result};
use crate::base::rng::{Purpose, Rng};
use crate::data::findings::{counted, grouped};

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
/// gives the same parts.
///
/// ```
/// use clione::base::rng::Rng;
/// use clione::data::split::split;
/// let classes = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
/// let parts = split(10, 0.2, Some(&classes), &Rng::new(7))?;
/// assert_eq!((parts.training.len(), parts.validation.len()), (8, 2));
/// assert_eq!(parts.validation.iter().filter(|&&row| row >= 8).count(), 1);
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn split(count: usize, fraction: f64, strata: Option<&[u32]>, rng: &Rng) -> Result<Split> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Error::usage(format!("a validation part of {fraction}: expected more than 0 and less than 1")));
    }
    if count < 2 {
        return Err(Error::data(format!("{}: a split needs at least 2", counted(count, "row"))));
    }
    let held_back = (count as f64 * fraction).round() as usize;
    if held_back == 0 || held_back == count {
        let (part, kept) = if held_back == 0 { ("validation", fraction) } else { ("training", 1.0 - fraction) };
        let needed = (0.5 / kept).ceil() as usize;
        return Err(Error::data(format!("{} % of {} leave no {part} rows", percent(kept), counted(count, "row")))
            .note(format!("at least {} rows are needed for this share", grouped(needed)))
            .remedy("--validation 0.5"));
    }
    let single = vec![0; count];
    let strata = strata.unwrap_or(&single);
    assert_eq!(strata.len(), count, "one class for each row");
    let mut left = shares(strata, fraction, held_back);
    let mut parts = Split { training: Vec::new(), validation: Vec::new() };
    for row in rng.stream(Purpose::Split, 0, 0).permutation(count) {
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
    let surplus = |class: usize, share: usize| share as f64 - ideal[class];
    loop {
        let total: usize = shares.iter().sum();
        let open = (0..shares.len()).filter(|&class| match total < held_back {
            true => shares[class] < bounds[class].1,
            false => shares[class] > bounds[class].0,
        });
        let chosen = match total.cmp(&held_back) {
            std::cmp::Ordering::Equal => return shares,
            // `min_by` takes the first of equals, so ties go to the earlier class.
            std::cmp::Ordering::Less => open.min_by(|&a, &b| surplus(a, shares[a]).total_cmp(&surplus(b, shares[b]))),
            std::cmp::Ordering::Greater => {
                open.min_by(|&a, &b| surplus(b, shares[b]).total_cmp(&surplus(a, shares[a])))
            }
        };
        match chosen {
            Some(class) if total < held_back => shares[class] += 1,
            Some(class) => shares[class] -= 1,
            None => return shares,
        }
    }
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

    #[test]
    fn every_row_is_in_exactly_one_part() {
        let parts = split(768, 0.2, None, &Rng::new(1)).unwrap();
        assert_eq!(parts.validation.len(), 154);
        let mut all = [parts.training, parts.validation].concat();
        all.sort_unstable();
        assert_eq!(all, (0..768).collect::<Vec<u32>>());
    }

    #[test]
    fn the_same_seed_gives_the_same_parts_and_another_seed_others() {
        let parts = |seed| split(100, 0.3, None, &Rng::new(seed)).unwrap();
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
        let error = split(50, 0.2, Some(&strata), &Rng::new(0)).unwrap_err();
        assert_eq!(error.headline(), "50 rows, each of a class of its own: none can be held back");
    }

    #[test]
    fn parts_that_would_be_empty_are_refused_with_the_number_of_rows_needed() {
        let error = split(3, 0.1, None, &Rng::new(0)).unwrap_err();
        assert_eq!(error.headline(), "10 % of 3 rows leave no validation rows");
        assert_eq!(error.notes(), ["at least 5 rows are needed for this share"]);
        assert_eq!(split(1, 0.5, None, &Rng::new(0)).unwrap_err().headline(), "1 row: a split needs at least 2");
        assert_eq!(split(9, 1.5, None, &Rng::new(0)).unwrap_err().kind(), ErrorKind::Usage);
        assert_eq!(split(9, f64::NAN, None, &Rng::new(0)).unwrap_err().kind(), ErrorKind::Usage);
    }

    #[test]
    fn a_class_with_one_row_is_named() {
        let names = ["a", "b"].map(String::from);
        let warnings = small_classes(&[0, 0, 1], &names);
        assert_eq!(warnings, ["class 'b' has 1 row: it cannot be in both training and validation"]);
    }
}
