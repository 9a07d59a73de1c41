//! With how many digits predictions are written.

use clione::report::text::digits;
use clione::train::recipe::Precision;

/// With how many digits a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// As few as tell the number of the model's precision from all others.
    OfPrecision(Precision),
    /// So many that count.
    Count(usize),
}

/// No number of 64 bits has more that count.
const MOST: usize = 17;

impl Digits {
    /// The text of a number.
    pub fn text(self, number: f64) -> String {
        match self {
            // The arithmetic behind the network has 64 bits, but what it works with has no more than 32.
            Digits::OfPrecision(Precision::F32) => (number as f32).to_string(),
            Digits::OfPrecision(Precision::F64) => number.to_string(),
            Digits::Count(count) => digits(number, count),
        }
    }

    /// The number that its text says, for JSON.
    pub fn number(self, number: f64) -> f64 {
        self.text(number).parse().unwrap_or(number)
    }
}

/// Reads `full` or a number of digits.
pub fn read(text: &str) -> Result<Digits, String> {
    if text == "full" {
        return Ok(Digits::OfPrecision(Precision::F64));
    }
    let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
    count.map(Digits::Count).ok_or_else(|| format!("expected a number from 1 to {MOST}, or full"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_of_their_precision_or_as_many_as_are_asked_for() {
        let third = f64::from(1.0_f32 / 3.0);
        let text = |digits: Digits| digits.text(third);
        assert_eq!(text(Digits::OfPrecision(Precision::F32)), "0.33333334");
        assert_eq!(text(read("full").unwrap()), "0.3333333432674408");
        assert_eq!(text(read("3").unwrap()), "0.333");
        assert_eq!(Digits::OfPrecision(Precision::F32).number(third), 0.33333334);
        assert!(read("0").is_err() && read("18").is_err() && read("many").is_err());
    }
}
