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
        .map(|bin| CalibrationBin { above: edge(bin), to: edge(bin + 1), rows: 0, predicted: 0.0, observed: 0.0 })
        .collect();
    let mut count = |probability: f64, is_so: bool| {
        let bin = &mut bins[(1..BINS).filter(|&number| probability > edge(number)).count()];
        bin.rows += 1;
        bin.predicted += probability;
        bin.observed += f64::from(u8::from(is_so));
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
    }
    bins
}

/// Σ rows_b / rows · |observed_b - predicted_b|: the expected calibration error.
pub fn calibration_error(bins: &[CalibrationBin]) -> f64 {
    let rows: usize = bins.iter().map(|bin| bin.rows).sum();
    bins.iter().map(|bin| bin.rows as f64 / rows as f64 * (bin.observed - bin.predicted).abs()).sum()
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
        assert_eq!(bins, [CalibrationBin { above: 0.4, to: 0.5, rows: 2, predicted: 0.475, observed: 0.5 }]);
        assert!((calibration_error(&bins) - 0.025).abs() < 1e-15);
    }
}
