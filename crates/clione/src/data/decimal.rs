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
#[inline]
pub(super) fn read(text: &[u8]) -> Option<(f64, usize)> {
    let sign = text.first().copied().unwrap_or_default();
    // No branch: where every other number is negative, none could be foreseen.
    let (is_negative, start) = (sign == b'-', usize::from(sign == b'-' || sign == b'+'));
    let (mut digits, mut count) = take_digits(&text[start..], 0);
    let (mut place, mut exponent) = (start + count, 0);
    if text.get(place) == Some(&b'.') {
        let decimals;
        (digits, decimals) = take_digits(&text[place + 1..], digits);
        (count, exponent) = (count + decimals, -(decimals as i64));
        place += 1 + decimals;
    }
    if count == 0 || (count > MOST_DIGITS && count - leading_zeros(&text[start..place]) > MOST_DIGITS) {
        return None;
    }
    if matches!(text.get(place), Some(b'e' | b'E')) {
        let (power, end) = power(text, place + 1)?;
        exponent += power;
        place = end;
    }
    let number = nearest(digits, exponent)?;
    Some((f64::from_bits(number.to_bits() | u64::from(is_negative) << 63), place))
}

/// Puts the digits that a text begins with behind those of a number, and counts them. Eight bytes are looked at as one
/// whole number, so that no digit has a branch of its own. Too many digits overflow; they are counted and refused.
#[inline]
fn take_digits(text: &[u8], mut number: u64) -> (u64, usize) {
    let mut rest = text;
    loop {
        let bytes = u64::from_le_bytes(rest.first_chunk().copied().unwrap_or_else(|| followed_by_zeros(rest)));
        // The lowest bit that is set in the highest place of a byte marks the first byte that is no digit.
        let above_nine = bytes.wrapping_add(0x4646_4646_4646_4646);
        let digits = bytes.wrapping_sub(0x3030_3030_3030_3030);
        let others = (above_nine | digits) & 0x8080_8080_8080_8080;
        if others == 0 {
            number = number.wrapping_mul(100_000_000).wrapping_add(put_together(digits));
            rest = &rest[8..];
            continue;
        }
        // What follows the digits is shifted out, and zeros come in before the first.
        let count = others.trailing_zeros() as usize / 8;
        let digits = put_together(digits.unbounded_shl(64 - 8 * count as u32));
        return (number.wrapping_mul(POWERS_OF_TEN[count]).wrapping_add(digits), text.len() - rest.len() + count);
    }
}

const POWERS_OF_TEN: [u64; 8] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

/// The number of eight digits, the first in the lowest byte: neighbours make pairs, pairs make fours, fours make eight.
#[inline]
fn put_together(digits: u64) -> u64 {
    let pairs = (digits * 10).wrapping_add(digits >> 8);
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(1 + (100 << 16)) >> 16;
    (fours & 0x0000_ffff_0000_ffff).wrapping_mul(1 + (10_000 << 32)) >> 32
}

/// Fewer than eight bytes, and zeros behind them.
#[cold]
fn followed_by_zeros(bytes: &[u8]) -> [u8; 8] {
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    eight
}

/// How many zeros stand before the first other digit, on both sides of the point.
fn leading_zeros(digits: &[u8]) -> usize {
    digits.iter().filter(|&&byte| byte != b'.').take_while(|&&byte| byte == b'0').count()
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
#[inline]
fn nearest(digits: u64, exponent: i64) -> Option<f64> {
    let power = usize::try_from(exponent.unsigned_abs()).ok().filter(|power| *power <= MOST_POWER)?;
    if digits == 0 {
        return Some(0.0);
    }
    Some(match exponent {
        ..0 => nearest_quotient(digits, power).unwrap_or_else(|| divided(digits, power)),
        0 => digits as f64,
        1.. => scaled(u128::from(digits) * u128::from(POWERS_OF_FIVE[power]), exponent as i32, false),
    })
}

/// ⌊2^(63 + b) / 5^power⌋ where 5^power has b bits: a number of 64 bits. The first is not used.
const RECIPROCALS: [u64; MOST_POWER + 1] = {
    let mut reciprocals = [0; MOST_POWER + 1];
    let mut power = 1;
    while power <= MOST_POWER {
        let five = POWERS_OF_FIVE[power];
        reciprocals[power] = ((1u128 << (63 + bits(five))) / five as u128) as u64;
        power += 1;
    }
    reciprocals
};

const fn bits(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// The 64-bit number nearest to `digits / 10^power` without a division: both of two bounds, between which the quotient
/// lies, are rounded, and where they come to the same number, so does the quotient. That is nearly always so: the bounds
/// differ in the last of 61 bits, and 53 are kept.
#[inline]
fn nearest_quotient(digits: u64, power: usize) -> Option<f64> {
    let shift = digits.leading_zeros();
    let product = u128::from(digits << shift) * u128::from(RECIPROCALS[power]);
    // The reciprocal is less than 1 too small, so the product is less than 2^64 too small, and this less than 2.
    let low = (product >> 66) as i64;
    let (below, above) = (low as f64, (low + 2) as f64);
    let exponent = 3 - (bits(POWERS_OF_FIVE[power]) + shift) as i32 - power as i32;
    (below == above).then(|| below * two_to_the(exponent))
}

/// The same by a division.
#[cold]
fn divided(digits: u64, power: usize) -> f64 {
    let five = u128::from(POWERS_OF_FIVE[power]);
    // The quotient keeps at least 64 bits: the dividend has 128, the divisor at most 63.
    let shift = u128::from(digits).leading_zeros();
    let dividend = u128::from(digits) << shift;
    let quotient = dividend / five;
    scaled(quotient, -(power as i32) - shift as i32, quotient * five != dividend)
}

/// `whole · 2^power`, to which less than 1 was added if there `is_more`, rounded to 53 bits, ties to even.
fn scaled(whole: u128, power: i32, is_more: bool) -> f64 {
    let surplus = (128 - whole.leading_zeros() as i32 - 54).max(0);
    // 53 bits, one more to round by, and below it one that says whether anything follows.
    let lost = whole & ((1u128 << surplus) - 1);
    let kept = ((whole >> surplus) as u64) << 1 | u64::from(lost != 0 || is_more);
    kept as f64 * two_to_the(power + surplus - 1)
}

/// 2^power, which is in the range of normal numbers here: 10^-27 > 2^-90, 10^27 · 2^64 < 2^154.
fn two_to_the(power: i32) -> f64 {
    f64::from_bits(((1023 + power) as u64) << 52)
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
    fn a_quotient_is_the_same_with_and_without_a_division() {
        let stream = Rng::new(6).stream(Purpose::Synthesize, 0, 0);
        let mut told = 0;
        for draw in 0..200_000u64 {
            let power = 1 + draw as usize % MOST_POWER;
            let digits = (stream.uniform_at(2 * draw) * 2f64.powi(1 + draw as i32 % 63)) as u64 + 1;
            if let Some(number) = nearest_quotient(digits, power) {
                assert_eq!(number.to_bits(), divided(digits, power).to_bits(), "{digits} / 10^{power}");
                told += 1;
            }
        }
        // The others are close to halfway between two numbers.
        assert!((196_000..200_000).contains(&told), "{told}");
        // 2^53 + 1 is halfway: 2 · (2^53 + 1) · 5^power / 10^power for power 1.
        assert_eq!(nearest_quotient(10 * ((1 << 53) + 1), 1), None);
    }

    #[test]
    fn zeros_before_the_first_digit_do_not_count() {
        for text in [
            "0.0001234567890123456789",
            "000000000000000000000012.5",
            "0.00000000000000000000012",
            "0.0000000000000000000000000",
        ] {
            assert!(read(text.as_bytes()).is_some(), "{text}");
            is_read_as_rust_reads(text);
        }
        for length in 1..30 {
            let digits: String = (1..=length).map(|digit| char::from(b'0' + digit % 10)).collect();
            for text in [
                digits.clone(),
                format!("{digits}."),
                format!(".{digits}"),
                format!("-7.{digits}"),
                format!("{digits}.5"),
            ] {
                is_read_as_rust_reads(&text);
            }
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
