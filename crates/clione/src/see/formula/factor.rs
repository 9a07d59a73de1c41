//! A number in a formula that may be shared out over the rows of a batch: 2, 1/3, 2/n.

/// numerator / (denominator · n^rows), for n rows in a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// What stands above the line, with its sign.
    pub numerator: f64,
    /// What stands below it, beside the rows; a whole number above 0.
    pub denominator: f64,
    /// How often the number of rows stands below it.
    pub rows: i32,
}

/// The rows of a batch that a graph is built for. The next one is built for [`MORE`]: what differs depends on the rows.
/// With 2 rows the factor 2/n would be 1, and graphs leave that out.
pub(super) const FEWER: usize = 5;

/// The rows of another batch.
pub(super) const MORE: usize = 7;

/// The largest denominator that is looked for.
const LARGEST_DENOMINATOR: u32 = 100_000;

impl Factor {
    /// A plain number, as a fraction of small whole numbers where it is one.
    pub fn number(value: f64) -> Self {
        Factor::over_rows(value, 0)
    }

    /// value / n^rows.
    pub fn over_rows(value: f64, rows: i32) -> Self {
        let denominators = (1..=LARGEST_DENOMINATOR).map(f64::from);
        let is_whole = |number: f64| (number - number.round()).abs() <= 1e-12 * number.abs();
        // A decimal that a person wrote stays one: 0.01 is not 1/100.
        let is_decimal = is_whole(value * 1000.0);
        let found = denominators.filter(|_| !is_decimal || rows != 0).find(|&by| is_whole(value * by));
        match found {
            Some(denominator) => Factor { numerator: (value * denominator).round(), denominator, rows },
            None => Factor { numerator: value, denominator: 1.0, rows },
        }
    }

    /// The factor that is `fewer` for a batch of [`FEWER`] rows and `more` for one of [`MORE`].
    pub(super) fn of_batches(fewer: f64, more: f64) -> Self {
        let is_same = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs();
        let all = |value: f64, count: usize, rows: i32| value * (count as f64).powi(rows);
        let rows = (0..=4).find(|&rows| is_same(all(fewer, FEWER, rows), all(more, MORE, rows)));
        let rows = rows.expect("a factor of a training graph is a number over a power of its rows");
        Factor::over_rows(all(fewer, FEWER, rows), rows)
    }

    /// Both after another.
    pub fn times(self, other: Factor) -> Self {
        let value = self.numerator * other.numerator / (self.denominator * other.denominator);
        Factor::over_rows(value, self.rows + other.rows)
    }

    /// Whether it changes nothing.
    pub fn is_one(self) -> bool {
        self.rows == 0 && self.numerator == self.denominator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(factor: Factor) -> (f64, f64, i32) {
        (factor.numerator, factor.denominator, factor.rows)
    }

    #[test]
    fn what_changes_with_the_rows_is_told_by_two_batches() {
        assert_eq!(parts(Factor::of_batches(-1.0, -1.0)), (-1.0, 1.0, 0));
        assert_eq!(parts(Factor::of_batches(0.2, 1.0 / 7.0)), (1.0, 1.0, 1));
        assert_eq!(parts(Factor::of_batches(2.0 / 15.0, 2.0 / 21.0)), (2.0, 3.0, 1));
    }

    #[test]
    fn decimals_stay_decimals() {
        assert_eq!(parts(Factor::number(0.01)), (0.01, 1.0, 0));
        assert_eq!(parts(Factor::number(1.0 / 3.0)), (1.0, 3.0, 0));
    }

    #[test]
    fn factors_meet_in_one_fraction() {
        let both = Factor::of_batches(0.1, 0.5 / 7.0).times(Factor::number(-2.0));
        assert_eq!(parts(both), (-1.0, 1.0, 1));
    }
}
