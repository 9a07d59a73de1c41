//! Numbers that stand apart from the rest of their column: codes for missing, heaps of zeros, values far out.

use super::numbers::{NumberSummary, quantile};

/// What stands apart in a column.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct FarValues {
    /// A value that people write for missing, and how often it comes.
    pub sentinel: Option<(f64, usize)>,
    /// How many zeros there are in an otherwise positive column, and the least other value.
    pub zeros: Option<(usize, f64)>,
    /// The value that rules the scale.
    pub outlier: Option<Outlier>,
}

/// The farthest value of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outlier {
    /// What it is.
    pub value: f64,
    /// How many interquartile ranges it lies beyond its quartile.
    pub ranges: f64,
    /// How many values lie far out.
    pub far_out: usize,
    /// Where it stands alone: the value before it, and how many times farther from the median it lies than that.
    pub alone: Option<(f64, f64)>,
}

/// A value that lies this many interquartile ranges beyond its quartile rules the scale of its column: what is measured
/// seldom does (the largest of a thousand values is 3 away in a normal distribution, 5 in an exponential one, 14 in a
/// log-normal one).
const RULES_THE_SCALE: f64 = 30.0;

/// A value that stands alone rules the scale from here on: a long tail thins out, and does not leave half of its length
/// empty but for one value.
const ALONE_FROM: f64 = 15.0;

/// ... where it lies this many times as far from the median as the value before it.
const ALONE: f64 = 2.25;

/// Fewer different values than this are counts or codes, not measurements.
const MEASURED: usize = 20;

/// 0 stands apart where the least positive value is this many usual steps away.
const STEPS: f64 = 4.0;

/// ... and where it is at least this share of the middle one: less where there are many zeros, more where they are few.
const SHARE_WITH_MANY: f64 = 0.1;
const SHARE_WITH_FEW: f64 = 0.2;

/// ... and much more where other cells of the table are left empty: who can write nothing for a missing value seldom writes 0.
const SHARE_BESIDE_EMPTY_CELLS: f64 = 0.5;

/// Zeros are many when they are at least this share of the column.
const MANY: f64 = 0.05;

/// How many of the least values say what a usual step is.
const LEAST: usize = 12;

/// Finds what stands apart among rising numbers; `has_empty_cells` says whether the table has cells without a value.
pub(super) fn far_values(numbers: &[f64], summary: &NumberSummary, has_empty_cells: bool) -> FarValues {
    let sentinel = sentinel(numbers);
    let zeros = zeros(numbers, has_empty_cells);
    let outlier = if sentinel.is_some() { None } else { outlier(numbers, summary) };
    FarValues { sentinel, zeros, outlier }
}

/// -9, -99, 999, 9999.9 and so on: nothing but nines.
fn is_code(value: f64) -> bool {
    let text = value.abs().to_string();
    let digits = text.bytes().filter(|&byte| byte != b'.');
    (value < 0.0 || text.len() > 1) && digits.clone().count() > 0 && digits.into_iter().all(|byte| byte == b'9')
}

/// The least or greatest value where it is a code and lies at least half the range of all others away from them.
fn sentinel(numbers: &[f64]) -> Option<(f64, usize)> {
    let mut runs = numbers.chunk_by(|a, b| a == b);
    let (first, last) = (runs.next()?, runs.next_back()?);
    let of = |run: &[f64], others: &[f64]| {
        let (value, least, greatest) = (run[0], *others.first()?, *others.last()?);
        let distance = if value < least { least - value } else { value - greatest };
        let is_apart = distance >= 0.5 * (greatest - least) && distance > 0.0;
        (run.len() >= 2 && is_code(value) && is_apart && greatest > least).then_some((value, run.len()))
    };
    of(first, &numbers[first.len()..]).or_else(|| of(last, &numbers[..numbers.len() - last.len()]))
}

/// Zeros below a positive column whose least value is far from 0, measured in the usual steps between its least values.
fn zeros(numbers: &[f64], has_empty_cells: bool) -> Option<(usize, f64)> {
    let count = numbers.partition_point(|&number| number <= 0.0);
    // A column that is mostly 0 counts or measures something that most rows do not have.
    if numbers[0] < 0.0 || count < 2 || count * 2 > numbers.len() {
        return None;
    }
    let positive = &numbers[count..];
    let mut different: Vec<f64> = positive.to_vec();
    different.dedup();
    if different.len() < MEASURED {
        return None;
    }
    let mut steps: Vec<f64> = different.windows(2).take(LEAST).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable_by(f64::total_cmp);
    let share = match count as f64 >= MANY * numbers.len() as f64 {
        _ if has_empty_cells => SHARE_BESIDE_EMPTY_CELLS,
        true => SHARE_WITH_MANY,
        false => SHARE_WITH_FEW,
    };
    let is_apart = positive[0] > STEPS * quantile(&steps, 0.5) && positive[0] >= share * quantile(positive, 0.5);
    is_apart.then_some((count, positive[0]))
}

/// The farthest value where it rules the scale of the column: few are far out and it is far beyond them, or it stands alone.
fn outlier(numbers: &[f64], summary: &NumberSummary) -> Option<Outlier> {
    let NumberSummary { lower_quartile, upper_quartile, median, far_out, .. } = *summary;
    let range = upper_quartile - lower_quartile;
    let (least, greatest) = (*numbers.first()?, *numbers.last()?);
    let (below, above) = ((lower_quartile - least) / range, (greatest - upper_quartile) / range);
    let is_below = below > above;
    let (value, ranges) = if is_below { (least, below) } else { (greatest, above) };
    let before = match is_below {
        true => numbers.iter().find(|&&number| number > least),
        false => numbers.iter().rev().find(|&&number| number < greatest),
    };
    let times = |before: f64| (value - median) / (before - median);
    let alone = before.map(|&before| (before, times(before))).filter(|&(_, times)| times >= ALONE);
    let is_rare = far_out * 20 <= numbers.len();
    let rules = (ranges > RULES_THE_SCALE && is_rare) || (ranges > ALONE_FROM && alone.is_some());
    (range > 0.0 && rules).then_some(Outlier { value, ranges, far_out, alone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_nines_is_a_code_for_missing() {
        let codes = [-999.0, 9999.0, -9.0, 99.0, 999.9];
        assert!(codes.into_iter().all(is_code));
        assert!([9.0, 0.0, 990.0, -1.0, 1e300].into_iter().all(|value| !is_code(value)));
    }

    #[test]
    fn a_code_must_lie_apart_from_the_rest() {
        let mut ages: Vec<f64> = (20..99).map(f64::from).collect();
        ages.extend([99.0, 99.0]);
        assert_eq!(sentinel(&ages), None);
        ages.extend([999.0, 999.0]);
        assert_eq!(sentinel(&ages), Some((999.0, 2)));
    }

    #[test]
    fn a_heap_of_zeros_below_a_measured_column_is_seen_and_counts_are_left_alone() {
        let pressures: Vec<f64> = [0.0; 5].into_iter().chain((44..110).map(f64::from)).collect();
        assert_eq!(zeros(&pressures, false), Some((5, 44.0)));
        assert_eq!(zeros(&pressures, true), Some((5, 44.0)));
        let visits: Vec<f64> = [0.0; 5].into_iter().chain((1..60).map(f64::from)).collect();
        assert_eq!(zeros(&visits, false), None);
    }

    #[test]
    fn zeros_are_left_alone_where_missing_values_are_written_otherwise() {
        // As the fares of the Titanic: a few passengers paid nothing, the next 4 pounds, half of them less than 15.
        let fares: Vec<f64> = [0.0; 5].into_iter().chain((0..100).map(|at| 4.0 + 0.25 * f64::from(at))).collect();
        assert_eq!(zeros(&fares, true), None);
        assert_eq!(zeros(&fares, false), Some((5, 4.0)));
    }

    #[test]
    fn a_value_that_stands_alone_beyond_a_long_tail_is_an_outlier_and_the_end_of_a_tail_is_none() {
        let found = |last: f64| {
            let mut tail: Vec<f64> = (0..1000).map(|at| 1.0 / (1.0 - f64::from(at) / 1000.0)).collect();
            tail.push(last);
            let summary = crate::data::inspect::numbers::summary(&tail).unwrap();
            outlier(&tail, &summary)
        };
        assert_eq!(found(1500.0), None);
        let alone = found(5000.0).unwrap();
        assert_eq!((alone.value, alone.alone.unwrap().0.round()), (5000.0, 1000.0));
    }
}
