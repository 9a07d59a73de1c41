//! The numbers of a column in short: quartiles, mean and spread, and how often they come between the least and the greatest.

/// How many bars the histogram of a column has.
pub const BARS: usize = 10;

/// The numbers of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberSummary {
    /// How many there are.
    pub count: usize,
    /// The least.
    pub least: f64,
    /// A quarter lies below it.
    pub lower_quartile: f64,
    /// A half lies below it.
    pub median: f64,
    /// Their sum divided by their count.
    pub mean: f64,
    /// A quarter lies above it.
    pub upper_quartile: f64,
    /// The greatest.
    pub greatest: f64,
    /// √ mean (x − x̄)²: the standard deviation.
    pub spread: f64,
    /// How many lie more than 3 interquartile ranges beyond the quartiles ("far out": Tukey 1977).
    pub far_out: usize,
    /// How many lie in each of ten equal steps from the least to the greatest.
    pub histogram: [usize; BARS],
}

/// The quartiles and moments of rising numbers.
pub(super) fn summary(numbers: &[f64]) -> Option<NumberSummary> {
    let (&least, &greatest) = (numbers.first()?, numbers.last()?);
    let count = numbers.len() as f64;
    // Rounding must not make numbers that are all alike spread.
    let mean = numbers.iter().map(|number| number / count).sum::<f64>().clamp(least, greatest);
    let spread = numbers.iter().map(|number| (number - mean) * (number - mean) / count).sum::<f64>().sqrt();
    let (lower_quartile, upper_quartile) = (quantile(numbers, 0.25), quantile(numbers, 0.75));
    let reach = 3.0 * (upper_quartile - lower_quartile);
    let far_out =
        |number: &&f64| reach > 0.0 && (**number < lower_quartile - reach || **number > upper_quartile + reach);
    let mut histogram = [0; BARS];
    for number in numbers {
        // Halves, because the range of very large numbers may not be finite.
        let share = (number / 2.0 - least / 2.0) / (greatest / 2.0 - least / 2.0);
        histogram[((share * BARS as f64) as usize).min(BARS - 1)] += 1;
    }
    Some(NumberSummary {
        count: numbers.len(),
        least,
        lower_quartile,
        median: quantile(numbers, 0.5),
        mean,
        upper_quartile,
        greatest,
        spread,
        far_out: numbers.iter().filter(far_out).count(),
        histogram,
    })
}

/// The number below which this share of rising numbers lies, between two of them where it must be (as NumPy's `quantile`).
pub(super) fn quantile(numbers: &[f64], share: f64) -> f64 {
    let at = share * (numbers.len() - 1) as f64;
    let (below, above) = (numbers[at.floor() as usize], numbers[at.ceil() as usize]);
    below + (above - below) * at.fract()
}
