//! Splits that keep the rows of each group on one side.

use super::{FoldError, Split};
use crate::base::error::{Error, Result};
use crate::base::rng::Stream;
use crate::data::findings::counted;

/// Rows as groups: the rows of each group, and how many rows of each class it has.
struct Groups {
    rows: Vec<Vec<u32>>,
    classes: Vec<Vec<f64>>,
    /// How many rows of each class there are.
    totals: Vec<f64>,
}

impl Groups {
    /// Gathers rows by the number of their group, in the order in which `shuffled` meets the groups.
    fn gather(groups: &[u32], strata: &[u32], stream: &Stream) -> Groups {
        let classes = strata.iter().max().map_or(0, |&class| class as usize + 1);
        let count = groups.iter().max().map_or(0, |&group| group as usize + 1);
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (row, &group) in (0..).zip(groups) {
            rows[group as usize].push(row);
        }
        // A part of a table may lack some groups.
        let order = stream.permutation(count);
        let rows: Vec<Vec<u32>> = order.iter().map(|&group| std::mem::take(&mut rows[group as usize])).collect();
        let rows: Vec<Vec<u32>> = rows.into_iter().filter(|rows| !rows.is_empty()).collect();
        let mut totals = vec![0.0; classes];
        let counted = |rows: &Vec<u32>| {
            let mut counts = vec![0.0; classes];
            rows.iter().for_each(|&row| counts[strata[row as usize] as usize] += 1.0);
            counts.iter().zip(&mut totals).for_each(|(count, total)| *total += count);
            counts
        };
        let classes = rows.iter().map(counted).collect();
        Groups { rows, classes, totals }
    }

    /// Σ over classes of (x − y)² / total²: how far two counts of rows are apart.
    fn distance(&self, held: &[f64], wanted: impl Fn(f64) -> f64) -> f64 {
        let share = |(&held, &total): (&f64, &f64)| match total {
            0.0 => 0.0,
            _ => ((held - wanted(total)) / total).powi(2),
        };
        held.iter().zip(&self.totals).map(share).sum()
    }
}

/// Holds back whole groups with about `fraction` of the rows of each class. In shuffled order a group is held back if
/// that brings the classes nearer to their shares.
pub(super) fn divide(groups: &[u32], strata: &[u32], fraction: f64, part: &str, stream: &Stream) -> Result<Split> {
    let gathered = Groups::gather(groups, strata, stream);
    let count = gathered.rows.len();
    if count < 2 {
        return Err(Error::data(format!(
            "all {} are of one group: none can be held back",
            counted(groups.len(), "row")
        ))
        .note(format!("a {part} part needs at least 2 groups: one to learn from, one to measure on")));
    }
    let distance = |held: &[f64]| gathered.distance(held, |total| total * fraction);
    let with = |held: &[f64], group: usize| -> Vec<f64> {
        held.iter().zip(&gathered.classes[group]).map(|(held, count)| held + count).collect()
    };
    let mut held = vec![0.0; gathered.totals.len()];
    let mut is_held = vec![false; count];
    for (group, is_held) in is_held.iter_mut().enumerate() {
        let more = with(&held, group);
        if distance(&more) < distance(&held) {
            (held, *is_held) = (more, true);
        }
    }
    let nearest = |a: &usize, b: &usize| distance(&gathered.classes[*a]).total_cmp(&distance(&gathered.classes[*b]));
    match is_held.iter().filter(|&&is_held| is_held).count() {
        // Every group is more than twice the share: the one that is nearest to it.
        0 => is_held[(0..count).min_by(nearest).expect("there are groups")] = true,
        held if held == count => is_held[(0..count).max_by(nearest).expect("there are groups")] = false,
        _ => {}
    }
    let rows_of = |which: bool| -> Vec<u32> {
        let groups = gathered.rows.iter().zip(&is_held).filter(|&(_, &is_held)| is_held == which);
        let mut rows: Vec<u32> = groups.flat_map(|(rows, _)| rows.iter().copied()).collect();
        rows.sort_unstable();
        rows
    };
    Ok(Split { training: rows_of(false), validation: rows_of(true) })
}

/// The rows that each of `k` folds holds back: whole groups, the largest first, each to the fold with the fewest rows of
/// the group's classes, among equals to the fold with the fewest rows. With one class that is scikit-learn's `GroupKFold`.
pub(super) fn folds(
    groups: &[u32],
    strata: &[u32],
    k: usize,
    stream: &Stream,
) -> std::result::Result<Vec<Vec<u32>>, FoldError> {
    let gathered = Groups::gather(groups, strata, stream);
    if gathered.rows.len() < k {
        return Err(FoldError::FewGroups(gathered.rows.len()));
    }
    for class in 0..gathered.totals.len() {
        let with = gathered.classes.iter().filter(|counts| counts[class] > 0.0).count();
        if (1..k).contains(&with) {
            return Err(FoldError::ClassInFewGroups { class, groups: with });
        }
    }
    let mut order: Vec<usize> = (0..gathered.rows.len()).collect();
    order.sort_by_key(|&group| std::cmp::Reverse(gathered.rows[group].len()));
    let mut counts = vec![vec![0.0; gathered.totals.len()]; k];
    let mut held_back: Vec<Vec<u32>> = vec![Vec::new(); k];
    for group in order {
        // What Σ x² / total² over folds and classes would grow by.
        let growth = |fold: usize| -> f64 {
            let classes = counts[fold].iter().zip(&gathered.classes[group]).zip(&gathered.totals);
            classes.filter(|(_, total)| **total > 0.0).map(|((x, g), total)| 2.0 * x * g / (total * total)).sum()
        };
        let lighter = |a: &usize, b: &usize| {
            growth(*a).total_cmp(&growth(*b)).then(held_back[*a].len().cmp(&held_back[*b].len()))
        };
        let fold = (0..k).min_by(lighter).expect("there are folds");
        counts[fold].iter_mut().zip(&gathered.classes[group]).for_each(|(x, g)| *x += g);
        held_back[fold].extend(&gathered.rows[group]);
    }
    Ok(held_back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{Purpose, Rng};

    fn stream(seed: u64) -> Stream {
        Rng::new(seed).stream(Purpose::Split, 0, 0)
    }

    /// Groups of these sizes, their rows mixed with each other.
    fn groups_of(sizes: &[usize]) -> Vec<u32> {
        let most = sizes.iter().max().copied().unwrap_or(0);
        (0..most).flat_map(|at| (0..).zip(sizes).filter(move |(_, size)| at < **size).map(|(group, _)| group)).collect()
    }

    #[test]
    fn a_group_is_never_on_both_sides_and_the_share_is_nearly_met() {
        for seed in 0..20 {
            let groups = groups_of(&[3, 9, 1, 4, 7, 2, 8, 5, 6, 10, 3, 4, 5, 6]);
            let parts = divide(&groups, &vec![0; groups.len()], 0.2, "validation", &stream(seed)).unwrap();
            let of =
                |rows: &[u32]| rows.iter().map(|&row| groups[row as usize]).collect::<std::collections::HashSet<_>>();
            assert!(of(&parts.training).is_disjoint(&of(&parts.validation)));
            assert_eq!(parts.training.len() + parts.validation.len(), groups.len());
            let share = parts.validation.len() as f64 / groups.len() as f64;
            assert!((share - 0.2).abs() < 0.07, "{share}");
        }
    }

    #[test]
    fn classes_give_their_shares_where_groups_allow_it() {
        let groups = groups_of(&[4; 50]);
        let strata: Vec<u32> = groups.iter().map(|group| u32::from(group % 5 == 0)).collect();
        let parts = divide(&groups, &strata, 0.2, "validation", &stream(3)).unwrap();
        let ones = |rows: &[u32]| rows.iter().filter(|&&row| strata[row as usize] == 1).count();
        assert_eq!((parts.validation.len(), ones(&parts.validation)), (40, 8));
    }

    #[test]
    fn few_and_large_groups_still_leave_one_on_each_side() {
        let parts = |sizes: &[usize]| {
            let groups = groups_of(sizes);
            let parts = divide(&groups, &vec![0; groups.len()], 0.2, "validation", &stream(1)).unwrap();
            (parts.training.len(), parts.validation.len())
        };
        assert_eq!(parts(&[5, 5]), (5, 5));
        assert_eq!(parts(&[9, 1]), (9, 1));
        assert_eq!(parts(&[50, 50, 50]), (100, 50));
        let error = divide(&[0, 0, 0], &[0, 0, 0], 0.2, "validation", &stream(1)).unwrap_err();
        assert_eq!(error.headline(), "all 3 rows are of one group: none can be held back");
    }

    #[test]
    fn folds_share_out_the_classes_of_constant_groups() {
        let groups = groups_of(&[6; 60]);
        let strata: Vec<u32> = groups.iter().map(|group| u32::from(group % 4 == 0)).collect();
        let found = folds(&groups, &strata, 5, &stream(7)).unwrap();
        for fold in &found {
            assert_eq!((fold.len(), fold.iter().filter(|&&row| strata[row as usize] == 1).count()), (72, 18));
        }
        let rare: Vec<u32> = groups.iter().map(|&group| u32::from(group < 2)).collect();
        let error = folds(&groups, &rare, 5, &stream(7)).unwrap_err();
        assert_eq!(error, FoldError::ClassInFewGroups { class: 1, groups: 2 });
        assert_eq!(folds(&[0, 0, 1, 1], &[0; 4], 3, &stream(7)).unwrap_err(), FoldError::FewGroups(2));
    }
}
