//! Splits in the order of time: what is measured on is always later than what is learned from.

use super::{FoldError, Split};
use crate::base::error::{Error, Result};
use crate::data::findings::counted;

/// Rows in the order of their times; rows of the same time are never on both sides.
struct Timeline<'a> {
    times: &'a [u32],
    order: Vec<u32>,
}

impl<'a> Timeline<'a> {
    fn new(times: &'a [u32]) -> Self {
        let mut order: Vec<u32> = (0..times.len() as u32).collect();
        order.sort_by_key(|&row| times[row as usize]);
        Timeline { times, order }
    }

    /// The border between two times that is nearest to this place, the earlier one of two that are equally near.
    fn border(&self, place: usize) -> usize {
        let time = |place: usize| self.times[self.order[place] as usize];
        if place == 0 || place >= self.order.len() || time(place - 1) != time(place) {
            return place.min(self.order.len());
        }
        let begins = self.order.partition_point(|&row| self.times[row as usize] < time(place));
        let ends = self.order.partition_point(|&row| self.times[row as usize] <= time(place));
        if place - begins <= ends - place { begins } else { ends }
    }

    /// The rows between two places, in the order of the table.
    fn rows(&self, places: std::ops::Range<usize>) -> Vec<u32> {
        let mut rows = self.order[places].to_vec();
        rows.sort_unstable();
        rows
    }
}

/// Holds back the last rows, `fraction` of all or the next border between two times.
pub(super) fn divide(times: &[u32], fraction: f64, part: &str) -> Result<Split> {
    let timeline = Timeline::new(times);
    let count = times.len();
    let wanted = count - (count as f64 * fraction).round() as usize;
    let mut border = timeline.border(wanted);
    if border == 0 || border == count {
        // The first or the last time has most of the rows: any border is better than none.
        let borders = (1..count).filter(|&place| timeline.border(place) == place);
        border = borders.min_by_key(|&place| place.abs_diff(wanted)).ok_or_else(|| {
            Error::data(format!("all {} are of one time: no {part} part can be later", counted(count, "row")))
        })?;
    }
    Ok(Split { training: timeline.rows(0..border), validation: timeline.rows(border..count) })
}

/// `k` parts of n / (k + 1) rows at the end, each measured by what was learned from all rows before it: the window
/// expands, as in scikit-learn's `TimeSeriesSplit`. Borders move to the next one between two times.
pub(super) fn folds(times: &[u32], k: usize) -> std::result::Result<Vec<Split>, FoldError> {
    let timeline = Timeline::new(times);
    let (count, size) = (times.len(), times.len() / (k + 1));
    let borders: Vec<usize> = (0..=k).map(|fold| timeline.border(count - (k - fold) * size)).collect();
    if borders[0] == 0 || borders.windows(2).any(|pair| pair[0] >= pair[1]) {
        let mut different = times.to_vec();
        different.sort_unstable();
        different.dedup();
        return Err(FoldError::FewTimes(different.len()));
    }
    let fold =
        |pair: &[usize]| Split { training: timeline.rows(0..pair[0]), validation: timeline.rows(pair[0]..pair[1]) };
    Ok(borders.windows(2).map(fold).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rows_are_held_back_wherever_they_stand() {
        let times = [5, 1, 4, 0, 3, 2, 9, 8, 7, 6];
        let parts = divide(&times, 0.2, "validation").unwrap();
        assert_eq!(parts.validation, [6, 7]);
        assert_eq!(parts.training, [0, 1, 2, 3, 4, 5, 8, 9]);
    }

    #[test]
    fn rows_of_one_time_stay_together() {
        let times = [0, 0, 1, 1, 2, 2, 2, 3, 3, 3];
        assert_eq!(divide(&times, 0.2, "validation").unwrap().validation, [7, 8, 9]);
        assert_eq!(divide(&[0, 0, 0, 0, 1], 0.5, "validation").unwrap().validation, [4]);
        assert_eq!(divide(&[0, 1, 1, 1, 1], 0.2, "validation").unwrap().validation, [1, 2, 3, 4]);
        let error = divide(&[4, 4, 4], 0.3, "validation").unwrap_err();
        assert_eq!(error.headline(), "all 3 rows are of one time: no validation part can be later");
    }

    #[test]
    fn too_few_times_for_the_folds_are_counted() {
        assert_eq!(folds(&[0, 0, 0, 0, 1, 1, 1, 1], 3).unwrap_err(), FoldError::FewTimes(2));
        let found = folds(&[0, 0, 0, 1, 1, 1, 2, 2, 2], 2).unwrap();
        assert_eq!(found[1].validation, [6, 7, 8]);
    }
}
