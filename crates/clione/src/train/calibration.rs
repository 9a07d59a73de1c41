//! Calibration: whether of the rows that were given a probability of 70 % about 70 % are what was said.

use super::answers::ClassAnswers;

/// Rows whose probabilities lie near each other: what was said of them on average, and how often it was so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationBin {
    /// Probabilities in here are above this (in the first bin also 0).
    pub above: f64,
    /// And at most this.
    pub to: f64,
    /// How many rows.
    pub rows: usize,
    /// The mean of their probabilities.
    pub predicted: f64,
    /// The share of them that turned out that way.
    pub observed: f64,
    /// The mean of (y - p)², for y = 1 where it turned out that way, else 0.
    pub square: f64,
}

/// How many bins of equal width there are.
pub const BINS: usize = 10;

/// The rows in ten bins of equal width; those without rows are left out.
///
/// With two classes it is the probability of the second class (Naeini et al. 2015; scikit-learn's `calibration_curve`),
/// with more that of the class that is said (Guo et al. 2017).
///
/// ```
/// use clione::train::answers::ClassAnswers;
/// use clione::train::calibration::calibration_bins;
/// let bins = calibration_bins(&ClassAnswers::new(2, &[0.2, 0.8, 0.3, 0.7, 0.25, 0.75], vec![1, 1, 0]));
/// assert_eq!((bins.len(), bins[0].rows, bins[0].observed), (2, 1, 1.0)); // 0.7 is in the bin up to 0.7
/// ```
pub fn calibration_bins(answers: &ClassAnswers) -> Vec<CalibrationBin> {
    let edge = |number: usize| number as f64 / BINS as f64;
    let mut bins: Vec<CalibrationBin> = (0..BINS)
        .map(|bin| CalibrationBin {
            above: edge(bin),
            to: edge(bin + 1),
            rows: 0,
            predicted: 0.0,
            observed: 0.0,
            square: 0.0,
        })
        .collect();
    let mut count = |probability: f64, is_so: bool| {
        let bin = &mut bins[(1..BINS).filter(|&number| probability > edge(number)).count()];
        bin.rows += 1;
        bin.predicted += probability;
        let y = f64::from(u8::from(is_so));
        bin.observed += y;
        bin.square += (y - probability) * (y - probability);
    };
    let truth = answers.truth();
    if answers.classes() == 2 {
        answers.of_second().zip(truth).for_each(|(probability, &class)| count(probability, class == 1));
    } else {
        let said = answers.of_said().iter().zip(answers.said());
        said.zip(truth).for_each(|((&probability, said), class)| count(probability, said == class));
    }
    bins.retain(|bin| bin.rows > 0);
    for bin in &mut bins {
        bin.predicted /= bin.rows as f64;
        bin.observed /= bin.rows as f64;
        bin.square /= bin.rows as f64;
    }
    bins
}

/// Σ n_b / n · mean of rᵢ·rⱼ over all pairs i ≠ j of a bin, for r = y - p and bins of two rows and more: the mean square of
/// what shares and probabilities differ by, without the part that chance adds.
///
/// It is right on average, so it is as often below 0 as above where probabilities are true: the plain Σ n_b / n·|observed -
/// predicted| never is, and looks the worse the fewer rows there are. None where no bin has two rows.
///
/// ```
/// use clione::train::answers::ClassAnswers;
/// use clione::train::calibration::{calibration_bins, squared_calibration_error};
/// let half = ClassAnswers::new(2, &[0.5; 8], vec![0, 1, 0, 1]); // of four rows with p = ½, two are so
/// let found = squared_calibration_error(&calibration_bins(&half)).expect("a bin of four rows");
/// assert!((found + 0.25 / 3.0).abs() < 1e-15);
/// ```
pub fn squared_calibration_error(bins: &[CalibrationBin]) -> Option<f64> {
    let counted = || bins.iter().filter(|bin| bin.rows > 1);
    let rows: usize = counted().map(|bin| bin.rows).sum();
    // Σ rᵢ·rⱼ over i ≠ j is (Σ r)² - Σ r².
    let pairs = |bin: &CalibrationBin| {
        let (count, difference) = (bin.rows as f64, bin.observed - bin.predicted);
        (count * difference * difference - bin.square) / (count - 1.0)
    };
    (rows > 0).then(|| counted().map(|bin| bin.rows as f64 * pairs(bin)).sum::<f64>() / rows as f64)
}

/// The root of [`squared_calibration_error`], 0 where that is below 0.
pub fn calibration_error(bins: &[CalibrationBin]) -> Option<f64> {
    squared_calibration_error(bins).map(root_of_square)
}

/// The root of an estimate of a square, which may be below 0 by chance.
pub(super) fn root_of_square(square: f64) -> f64 {
    square.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_on_an_edge_belongs_to_the_bin_below_it() {
        let p = [0.0, 0.1, 0.100_000_01, 0.3, 0.6, 0.7, 1.0];
        let both: Vec<f64> = p.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let bins = calibration_bins(&ClassAnswers::new(2, &both, vec![0; 7]));
        let found: Vec<(f64, usize)> = bins.iter().map(|bin| (bin.to, bin.rows)).collect();
        assert_eq!(found, [(0.1, 2), (0.2, 1), (0.3, 1), (0.6, 1), (0.7, 1), (1.0, 1)]);
    }

    #[test]
    fn with_several_classes_it_is_the_probability_of_what_is_said() {
        let bins = calibration_bins(&ClassAnswers::new(3, &[0.5, 0.3, 0.2, 0.1, 0.45, 0.45], vec![0, 2]));
        assert_eq!((bins.len(), bins[0].rows, bins[0].predicted, bins[0].observed), (1, 2, 0.475, 0.5));
        assert!((bins[0].square - (0.25 + 0.45 * 0.45) / 2.0).abs() < 1e-15);
        // r = 0.5 and -0.45: one pair.
        assert!((squared_calibration_error(&bins).unwrap() + 0.5 * 0.45).abs() < 1e-15);
        assert_eq!((calibration_error(&bins), calibration_error(&[])), (Some(0.0), None));
    }
}
