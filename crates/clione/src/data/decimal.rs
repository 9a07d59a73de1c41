//! Decimal numbers at the start of a text, as the nearest 64-bit numbers, faster than reading their text twice.

/// 10^19 is the largest power of ten below 2^64: so many digits always fit.
const MOST_DIGITS: usize = 19;

/// 5^27 is the largest power of five below 2^63.
const MOST_POWER: usize = 27;

const POWERS_OF_FIVE: [u64; MOST_POWER + 1] = {
    let mut powers = [1; MOST_POWER + 1];
    let mut power = 1;
    while power <= MOST_POWER {
        powers[power] = 5 * powers[power - 1];
        power += 1;
    }
    powers
};

/// The number that a text begins with, `-12.5e3`, rounded to the nearest (ties to even) as `str::parse` does, and how
/// many bytes it has; None where there is none or where it is too long for the short way.
pub(super) fn read(text: &[u8]) -> Option<(f64, usize)> {
    let is_negative = text.first() == Some(&b'-');
    let mut place = usize::from(is_negative || text.first() == Some(&b'+'));
    let mut digits = Digits::default();
    let start = place;
    place = digits.take(text, place);
    let mut count = place - start;
    let mut exponent = 0;
    if text.get(place) == Some(&b'.') {
        let start = place + 1;
        place = digits.take(text, start);
        count += place - start;
        exponent = -((place - start) as i64);
    }
    if count == 0 || digits.count > MOST_DIGITS {
        return None;
    }
    if matches!(text.get(place), Some(b'e' | b'E')) {
        let (power, end) = power(text, place + 1)?;
        exponent += power;
        place = end;
    }
    let number = nearest(digits.number, exponent)?;
    Some((if is_negative { -number } else { number }, place))
}

/// Digits read so far: their number, and how many there are from the first that is not 0.
#[derive(Default)]
struct Digits {
    number: u64,
    count: usize,
}

impl Digits {
    /// Takes the digits from a place on and returns the place behind them.
    fn take(&mut self, text: &[u8], mut place: usize) -> usize {
        while self.number == 0 && text.get(place) == Some(&b'0') {
            place += 1;
        }
        while self.count + 8 <= MOST_DIGITS
            && let Some(eight) = text.get(place..place + 8).and_then(eight_digits)
        {
            self.number = self.number * 100_000_000 + eight;
            (self.count, place) = (self.count + 8, place + 8);
        }
        while let Some(digit) = text.get(place).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            // Too many digits are counted and refused, so what they overflow to does not matter.
            self.number = self.number.wrapping_mul(10).wrapping_add(u64::from(digit));
            (self.count, place) = (self.count + 1, place + 1);
        }
        place
    }
}

/// Eight digits at once: neighbours are put together to pairs, pairs to fours, fours to eight.
fn eight_digits(text: &[u8]) -> Option<u64> {
    let bytes = u64::from_le_bytes(text.try_into().ok()?);
    let above_nine = bytes.wrapping_add(0x4646_4646_4646_4646);
    let digits = bytes.wrapping_sub(0x3030_3030_3030_3030);
    if (above_nine | digits) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = (digits * 10) + (digits >> 8);
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(1 + (100 << 16)) >> 16;
    Some((fours & 0x0000_ffff_0000_ffff).wrapping_mul(1 + (10_000 << 32)) >> 32)
}

/// The power of ten behind an `e`, and the place behind it.
fn power(text: &[u8], mut place: usize) -> Option<(i64, usize)> {
    let is_negative = text.get(place) == Some(&b'-');
    place += usize::from(is_negative || text.get(place) == Some(&b'+'));
    let (start, mut power) = (place, 0i64);
    while let Some(digit) = text.get(place).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        power = (power * 10 + i64::from(digit)).min(1 << 20);
        place += 1;
    }
    (place > start).then_some((if is_negative { -power } else { power }, place))
}

/// The 64-bit number nearest to `digits · 10^exponent`, where whole numbers of 128 bits can tell.
fn nearest(digits: u64, exponent: i64) -> Option<f64> {
    let power = usize::try_from(exponent.unsigned_abs()).ok().filter(|power| *power <= MOST_POWER)?;
    if digits == 0 {
        return Some(0.0);
    }
    // Numbers and powers up to 2^53 are exact, and one operation on exact numbers is rounded once.
    if digits <= 1 << 53 && power <= 22 {
        let (digits, power) = (digits as f64, POWERS_OF_TEN[power]);
        return Some(if exponent < 0 { digits / power } else { digits * power });
    }
    let five = u128::from(POWERS_OF_FIVE[power]);
    if exponent >= 0 {
        return Some(scaled(u128::from(digits) * five, exponent as i32, false));
    }
    // The quotient keeps at least 64 bits: the dividend has 128, the divisor at most 63.
    let shift = u128::from(digits).leading_zeros();
    let dividend = u128::from(digits) << shift;
    let quotient = dividend / five;
    Some(scaled(quotient, exponent as i32 - shift as i32, quotient * five != dividend))
}

const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// `whole · 2^power`, to which less than 1 was added if there `is_more`, rounded to 53 bits, ties to even.
fn scaled(whole: u128, power: i32, is_more: bool) -> f64 {
    let surplus = (128 - whole.leading_zeros() as i32 - 54).max(0);
    // 53 bits, one more to round by, and below it one that says whether anything follows.
    let lost = whole & ((1u128 << surplus) - 1);
    let kept = ((whole >> surplus) as u64) << 1 | u64::from(lost != 0 || is_more);
    let rounded = kept as f64;
    // 2^power is in the range of normal numbers: 10^-27 > 2^-90, 10^27 · 2^64 < 2^154.
    rounded * f64::from_bits(((1023 + power + surplus - 1) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{Purpose, Rng};

    fn is_read_as_rust_reads(text: &str) {
        let Some((number, length)) = read(text.as_bytes()) else { return };
        assert_eq!(length, text.len(), "{text}");
        assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }

    #[test]
    fn a_number_ends_where_its_text_does() {
        assert_eq!(read(b"12,5"), Some((12.0, 2)));
        assert_eq!(read(b"-0.5e1x"), Some((-5.0, 6)));
        assert_eq!(read(b"5."), Some((5.0, 2)));
        assert_eq!(read(b"+.25"), Some((0.25, 4)));
        assert!(read(b"-0").unwrap().0.is_sign_negative());
        for text in ["", "-", ".", "e5", "1e", "1e+", "x", "nan", "12345678901234567890", "1e400", "1e-400"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_number_is_the_nearest_one() {
        let stream = Rng::new(5).stream(Purpose::Synthesize, 0, 0);
        let mut drawn = 0;
        let mut below = |bound: f64| {
            drawn += 1;
            (stream.uniform_at(drawn) * bound) as u64
        };
        for _ in 0..200_000 {
            let number = f64::from_bits((below(2e9) << 33) ^ (below(1e9) << 20) ^ below(1e9));
            let small = (below(1e9) as f64 / 1e4 - 5e4) * 10f64.powi(below(30.0) as i32 - 15);
            for number in [number, small].into_iter().filter(|number| number.is_finite()) {
                is_read_as_rust_reads(&format!("{number}"));
                is_read_as_rust_reads(&format!("{number:e}"));
                is_read_as_rust_reads(&format!("{number:.16e}"));
                is_read_as_rust_reads(&format!("{number:.12}"));
            }
            let digits = (below(1e10) as u128 * 1_000_000_000 + below(1e9) as u128).to_string();
            let (whole, decimals) = digits.split_at(below(digits.len() as f64) as usize);
            is_read_as_rust_reads(&format!("{whole}.{decimals}e{}", below(60.0) as i32 - 30));
        }
    }

    #[test]
    fn ties_go_to_even_numbers() {
        for text in [
            "9007199254740993",
            "9007199254740995",
            "9007199254740993.0",
            "18014398509481990",
            "0.5e-7",
            "9007199254740992.5",
        ] {
            is_read_as_rust_reads(text);
        }
        // Halfway between two numbers, then a little more.
        assert_eq!(read(b"9007199254740993").unwrap().0, 9007199254740992.0);
        assert_eq!(read(b"9007199254740993.001").unwrap().0, 9007199254740994.0);
    }
}
