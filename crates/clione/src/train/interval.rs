//! How far a measured figure can be trusted: 95 % intervals of shares, and of means over folds that share their rows.

use crate::base::real::Real;

/// From where to where a figure may well lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What an interval holds: 95 of 100 such intervals hold the true figure.
const LEVEL: f64 = 0.95;

/// The number that a normal number of variance 1 is below in 97.5 of 100 cases.
const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// Mean ± t·√((1/n + `test_to_training`)·s²) for n values with the variance s² (n - 1 below it) and the quantile t of
/// Student's distribution for n - 1 degrees of freedom: the corrected resampled t interval.
///
/// Folds learn from overlapping rows, so their values are alike without saying more; the plain 1/n would promise too much
/// (Nadeau and Bengio 2003). `test_to_training` is the number of rows of a fold's test part to that of its training part.
/// Panics with fewer than two values.
///
/// ```
/// use clione::train::interval::of_mean;
/// let interval = of_mean(&[0.7, 0.8, 0.75, 0.85, 0.9], 0.25);
/// assert!((interval.low - 0.653).abs() < 1e-3 && (interval.high - 0.947).abs() < 1e-3);
/// ```
pub fn of_mean(values: &[f64], test_to_training: f64) -> Interval {
    let (mean, deviation) = mean_and_deviation(values);
    let spread = (1.0 / values.len() as f64 + test_to_training).sqrt() * deviation;
    let half = t_quantile(0.5 + LEVEL / 2.0, values.len() - 1) * spread;
    Interval { low: mean - half, high: mean + half }
}

/// The mean of values and their standard deviation √(Σ(v - mean)² / (n - 1)). Panics with fewer than two values.
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    assert!(values.len() > 1, "a spread is one of at least two values");
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, (squares / (count - 1.0)).sqrt())
}

/// The interval of a share, such as an accuracy, of which `right` of `rows` were counted (Wilson 1927).
/// Panics without rows.
///
/// ```
/// use clione::train::interval::of_share;
/// let interval = of_share(113, 154); // 73.4 %
/// assert!((interval.low - 0.659).abs() < 1e-3 && (interval.high - 0.797).abs() < 1e-3);
/// ```
pub fn of_share(right: usize, rows: usize) -> Interval {
    assert!(right <= rows && rows > 0, "{right} of {rows} rows");
    let (count, share) = (rows as f64, right as f64 / rows as f64);
    let z2 = NORMAL_QUANTILE * NORMAL_QUANTILE;
    let centre = (share + z2 / (2.0 * count)) / (1.0 + z2 / count);
    let spread = share * (1.0 - share) / count + z2 / (4.0 * count * count);
    let half = NORMAL_QUANTILE * spread.sqrt() / (1.0 + z2 / count);
    // Rounding must not exclude a share of 0 or 1.
    Interval { low: (centre - half).clamp(0.0, share), high: (centre + half).clamp(share, 1.0) }
}

/// The t that Student's distribution with so many degrees of freedom stays below with probability `p`, ½ ≤ p < 1.
/// Panics outside of that, and without a degree of freedom.
///
/// ```
/// use clione::train::interval::t_quantile;
/// assert!((t_quantile(0.975, 4) - 2.776_445_105_197_799).abs() < 1e-10);
/// ```
pub fn t_quantile(p: f64, freedom: usize) -> f64 {
    assert!((0.5..1.0).contains(&p) && freedom > 0, "p = {p} with {freedom} degrees of freedom");
    let freedom = freedom as f64;
    // P(T > t) = ½·I(ν/2, ½; ν / (ν + t²))
    let is_above = |t: f64| 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t)) > 1.0 - p;
    let mut high = 1.0;
    while is_above(high) {
        high *= 2.0;
    }
    let mut low = 0.0;
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if is_above(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// I(a, b; x) = ∫₀ˣ t^(a-1)·(1-t)^(b-1) dt / ∫₀¹ t^(a-1)·(1-t)^(b-1) dt for a, b > 0 and 0 ≤ x ≤ 1, the regularised
/// incomplete beta function, by its continued fraction (Abramowitz and Stegun 26.5.8).
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return f64::from(u8::from(x >= 1.0));
    }
    // The fraction converges fast below the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * Real::ln(x) + b * Real::ln(1.0 - x);
    // 1 / (1 + d₁ / (1 + d₂ / (1 + …))), from the front (Lentz 1976).
    const TINY: f64 = 1e-300;
    let away_from_zero = |number: f64| if number.abs() < TINY { TINY } else { number };
    let (mut fraction, mut above, mut below) = (1.0, 1.0, 0.0);
    for number in 0..1000 {
        let m = f64::from(number / 2);
        let d = match number {
            0 => 1.0,
            _ if number % 2 == 0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        };
        below = 1.0 / away_from_zero(1.0 + d * below);
        above = away_from_zero(1.0 + d / above);
        let factor = above * below;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    Real::exp(front) * (fraction - 1.0) / a
}

/// ln Γ(x) for x > 0 (Lanczos 1964, with g = 7 and nine terms).
fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;
    let terms = TERMS.iter().zip(0..).map(|(term, number)| term / (x + f64::from(number)));
    let sum = 0.999_999_999_999_809_9 + terms.sum::<f64>();
    let base = x + G - 0.5;
    HALF_LN_TWO_PI + (x - 0.5) * Real::ln(base) - base + Real::ln(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_of_a_factorial_is_the_sum_of_logarithms() {
        for n in [1, 2, 5, 20, 100] {
            let sum: f64 = (1..n).map(|factor| Real::ln(f64::from(factor))).sum();
            assert!((ln_gamma(f64::from(n)) - sum).abs() <= 1e-13 * sum.max(1.0), "{n}");
        }
        assert!((ln_gamma(0.5) - 0.572_364_942_924_700_1).abs() < 1e-14); // ln √π
    }

    #[test]
    fn a_share_of_nothing_or_of_all_has_an_interval_that_holds_it() {
        let (none, all) = (of_share(0, 5), of_share(5, 5));
        assert_eq!((none.low, all.high), (0.0, 1.0));
        assert!(none.high > 0.3 && all.low < 0.7);
    }
}
