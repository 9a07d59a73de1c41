//! What is measured on the numbers of a column: means, quantiles, the most frequent value, shift and scale.

use crate::base::error::{Error, Result};
use crate::base::real::Real;
use crate::data::treatment::Treatment;

/// What is taken off the values of a column, and what they are then divided by: 1 where all are alike. The logarithm, where
/// it is asked for, has been taken of them before.
pub(super) fn shift_and_scale(name: &str, treatment: Treatment, values: &[f64]) -> Result<(f64, f64)> {
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    for &value in values {
        // Neither is often true: faster than to choose one of two numbers each time.
        if value < least {
            least = value;
        }
        if value > greatest {
            greatest = value;
        }
    }
    let (shift, scale) = match treatment {
        Treatment::Unscaled | Treatment::Boolean | Treatment::OneHot => return Ok((0.0, 1.0)),
        _ if values.is_empty() => return Ok((0.0, 1.0)),
        _ if least == greatest => return Ok((least, 1.0)),
        Treatment::MinMax => (least, greatest - least),
        Treatment::Robust => {
            let sorted = sorted(values);
            let spread = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
            (quantile(&sorted, 0.5), if spread == 0.0 { 1.0 } else { spread })
        }
        Treatment::Standardise | Treatment::Log | Treatment::Ordinal | Treatment::Date => {
            let mean = mean(values);
            let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
            (mean, (squares / values.len() as f64).sqrt())
        }
    };
    if shift.is_finite() && scale.is_normal() {
        return Ok((shift, scale));
    }
    Err(Error::data(format!("column \"{name}\": values from {least} to {greatest} cannot be scaled in 64 bits"))
        .remedy("give the column in another unit"))
}

/// The sum of the values over their number.
pub(super) fn mean(values: &[f64]) -> f64 {
    let (sum, count) = (values.iter().sum::<f64>(), values.len() as f64);
    // The sum of large numbers may be infinite where their mean is not.
    if sum.is_finite() { sum / count } else { values.iter().map(|value| value / count).sum() }
}

/// The values in rising order.
pub(in crate::data) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The value below which this share of the sorted values lies; between two of them on a straight line, as in NumPy.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
    let rest = place - below as f64;
    // From the nearer end: so it is exact at both.
    if rest < 0.5 { low + (high - low) * rest } else { high - (high - low) * (1.0 - rest) }
}

/// The value in the middle, or halfway between the two in the middle; the values need not be sorted, and are put into
/// another order.
pub(super) fn median(values: &mut [f64]) -> f64 {
    let last = values.len() - 1;
    let (_, low, above) = values.select_nth_unstable_by(last / 2, f64::total_cmp);
    let low = *low;
    if last.is_multiple_of(2) {
        return low;
    }
    let high = above.iter().copied().min_by(f64::total_cmp).expect("one more value");
    quantile(&[low, high], 0.5)
}

/// The most frequent of the sorted values, if there are any; of equally frequent ones the least.
pub(in crate::data) fn most_frequent(sorted: &[f64]) -> Option<f64> {
    let runs = sorted.chunk_by(|a, b| a == b);
    // `max_by_key` takes the last of equals.
    runs.rev().max_by_key(|run| run.len()).map(|run| run[0])
}

/// ln(1 + x), also where 1 + x has lost the digits of x (William Kahan).
pub(in crate::data) fn ln_1_plus(x: f64) -> f64 {
    let sum = 1.0 + x;
    if sum == 1.0 { x } else { Real::ln(sum) * (x / (sum - 1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_on_straight_lines_between_values() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&values, share)), [1.0, 1.75, 3.0, 5.0, 8.0]);
        assert_eq!(quantile(&[7.0], 0.75), 7.0);
        for values in
            [&[3.0][..], &[4.0, 1.0], &[9.0, 1.0, 5.0], &[8.0, 1.0, 4.0, 2.0], &[0.1, 0.1, 0.7, 0.2, 0.3, 0.4]]
        {
            assert_eq!(median(&mut values.to_vec()), quantile(&sorted(values), 0.5));
        }
    }

    #[test]
    fn the_most_frequent_value_is_the_least_of_equals() {
        assert_eq!(most_frequent(&[1.0, 1.0, 2.0, 3.0, 3.0]), Some(1.0));
        assert_eq!(most_frequent(&[]), None);
    }

    #[test]
    fn the_logarithm_keeps_small_numbers() {
        assert_eq!(ln_1_plus(1e-20), 1e-20);
        assert_eq!(ln_1_plus(0.0), 0.0);
        assert!((ln_1_plus(1e-10) - 9.999_999_999_5e-11).abs() < 1e-25);
    }

    #[test]
    fn far_values_do_not_move_a_robust_scale() {
        let scaled = |values: &[f64]| shift_and_scale("x", Treatment::Robust, values).unwrap();
        assert_eq!(scaled(&[1.0, 2.0, 3.0, 4.0, 1e9]), (3.0, 2.0));
        assert_eq!(scaled(&[5.0, 5.0, 5.0, 5.0, 9.0]), (5.0, 1.0));
    }
}
