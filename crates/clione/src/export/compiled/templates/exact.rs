//! What sources in Rust are made of, for one kind of number each.

/// a b + c, rounded once. The product is exact in f64; the sum is rounded to an odd last digit there where it is not
/// exact, so that rounding it to f32 afterwards is right (Boldo and Melquiond 2008).
fn fma_f32(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (a as f64 * b as f64, c as f64);
    let sum = product + c;
    // What the sum has lost (Knuth's two-sum).
    let part = sum - product;
    let lost = (product - (sum - part)) + (c - part);
    let mut bits = sum.to_bits();
    if (lost > 0.0 || lost < 0.0) && bits % 2 == 0 {
        bits = if (lost > 0.0) == (sum > 0.0) { bits + 1 } else { bits - 1 };
    }
    f64::from_bits(bits) as f32
}

/// x / 2^count; its last digit is 1 where something was lost.
fn right_with_sticky(x: u128, count: u32) -> u128 {
    if count == 0 {
        x
    } else if count < 128 {
        x >> count | (x << (128 - count) != 0) as u128
    } else {
        (x != 0) as u128
    }
}

/// (y, e) with x 2^exponent = y 2^e and the highest digit of y in place 125.
fn normalised(x: u128, exponent: i32) -> (u128, i32) {
    let free = x.leading_zeros() as i32 - 2;
    (if free < 0 { right_with_sticky(x, 1) } else { x << free }, exponent - free)
}

/// (significand, exponent) with |x| = significand 2^exponent for a finite x.
fn digits_of(x: f64) -> (u128, i32) {
    let (bits, hidden) = (x.to_bits() & (u64::MAX >> 1), 1 << 52);
    if bits < hidden { (bits as u128, -1074) } else { ((bits % hidden | hidden) as u128, (bits >> 52) as i32 - 1075) }
}

fn is_finite_and_not_zero(x: f64) -> bool {
    x - x == 0.0 && x != 0.0
}

/// a b + c, rounded once: product and sum as whole numbers of 128 bits.
fn fma_f64(a: f64, b: f64, c: f64) -> f64 {
    if !is_finite_and_not_zero(a) || !is_finite_and_not_zero(b) {
        return a * b + c;
    }
    if !is_finite_and_not_zero(c) {
        return if c == 0.0 { a * b } else { c };
    }
    const SIGN: u64 = 1 << 63;
    let ((a_digits, a_exponent), (b_digits, b_exponent)) = (digits_of(a), digits_of(b));
    let (c_digits, c_exponent) = digits_of(c);
    let (mut x, mut exponent) = normalised(a_digits * b_digits, a_exponent + b_exponent);
    let (mut y, mut y_exponent) = normalised(c_digits, c_exponent);
    let (mut sign, mut y_sign) = ((a.to_bits() ^ b.to_bits()) & SIGN, c.to_bits() & SIGN);
    // x becomes the one with the larger exponent, or the larger number if these are the same.
    if (exponent, x) < (y_exponent, y) {
        ((x, y), (exponent, y_exponent), (sign, y_sign)) = ((y, x), (y_exponent, exponent), (y_sign, sign));
    }
    y = right_with_sticky(y, (exponent - y_exponent) as u32);
    x = if sign == y_sign { x + y } else { x - y };
    if x == 0 {
        return 0.0;
    }
    (x, exponent) = normalised(x, exponent);
    // 53 digits are kept, fewer of a subnormal number, and two more decide how they are rounded.
    let last = if exponent + 73 < -1074 { -1074 } else { exponent + 73 };
    let digits = right_with_sticky(x, (last - exponent - 2) as u32) as u64;
    let rounded = digits / 4 + (digits % 4 == 3 || digits % 8 == 6) as u64;
    let bits = if last > 971 { f64::INFINITY.to_bits() } else { (((last + 1074) as u64) << 52) + rounded };
    f64::from_bits(sign | bits)
}

/// Whether there is no number.
fn is_missing(x: f64) -> bool {
    x.is_nan()
}

/// Whether there is no word, or one that tables have where there is none.
fn is_no_word(word: Option<&str>) -> bool {
    const MARKS: [&str; 7] = ["", "na", "n/a", "null", "nan", "-", "?"];
    word.is_none_or(|word| MARKS.iter().any(|mark| mark.eq_ignore_ascii_case(word)))
}

/// The place of a word among others, or their number.
fn place_of(word: Option<&str>, words: &[&str]) -> usize {
    words.iter().position(|known| Some(*known) == word).unwrap_or(words.len())
}

/// The place of a word among others in any case, or their number.
fn place_in_any_case(word: Option<&str>, words: &[&str]) -> usize {
    let is_known = |known: &&str| word.is_some_and(|word| known.eq_ignore_ascii_case(word));
    words.iter().position(is_known).unwrap_or(words.len())
}

/// The greatest whole number that is not above x.
fn floor_of(x: f64) -> i64 {
    let whole = x as i64;
    if x < whole as f64 { whole - 1 } else { whole }
}

/// The whole number of days before a moment, which is given in seconds since 1970 began.
fn whole_days(moment: f64) -> i64 {
    floor_of(moment / 86_400.0)
}

/// Whether a moment lies in the years 0 to 9999.
fn is_moment(moment: f64) -> bool {
    (-62_167_219_200.0..253_402_300_800.0).contains(&moment)
}

/// Year, month and day of a moment, in the Gregorian calendar. Years begin in March here, so that the day that comes
/// every four years is their last (Howard Hinnant, "chrono-compatible low-level date algorithms", 2013).
fn civil_date(moment: f64) -> (i64, i64, i64) {
    let days = whole_days(moment) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + (month <= 2) as i64, month, day)
}

/// Days since 1970 began: the way back.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - (month <= 2) as i64;
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn year_of(moment: f64) -> f64 {
    civil_date(moment).0 as f64
}

fn month_of(moment: f64) -> f64 {
    civil_date(moment).1 as f64
}

fn day_of(moment: f64) -> f64 {
    civil_date(moment).2 as f64
}

/// Monday is 0; the first day of 1970 was a Thursday.
fn weekday_of(moment: f64) -> f64 {
    (whole_days(moment) + 3).rem_euclid(7) as f64
}

/// What a moment has beyond its whole days.
fn seconds_of_day(moment: f64) -> f64 {
    moment - whole_days(moment) as f64 * 86_400.0
}

fn hour_of(moment: f64) -> f64 {
    floor_of(seconds_of_day(moment) / 3600.0) as f64
}

fn minute_of(moment: f64) -> f64 {
    (floor_of(seconds_of_day(moment) / 60.0) % 60) as f64
}

/// Whether there is a number that is not finite.
fn is_infinite(x: f64) -> bool {
    x.is_infinite()
}

fn truth(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

fn is_word(word: Option<&str>, other: &str) -> bool {
    word == Some(other)
}

/// The place of a number among others, or their number.
fn place_of_number(x: f64, numbers: &[f64]) -> usize {
    numbers.iter().position(|&number| number == x).unwrap_or(numbers.len())
}

fn minimum(a: f64, b: f64) -> f64 {
    if a < b || b.is_nan() { a } else { b }
}

fn maximum(a: f64, b: f64) -> f64 {
    if a > b || b.is_nan() { a } else { b }
}

fn floor_f64(x: f64) -> f64 {
    if abs_f64(x) < 4503599627370496.0 { with_sign_f64(abs_f64(floor_of(x) as f64), x) } else { x }
}

/// The square root, correctly rounded: its digits one by one.
fn sqrt_f64(x: f64) -> f64 {
    if !is_finite_and_not_zero(x) || x < 0.0 {
        return if x < 0.0 { f64::NAN } else { x };
    }
    let (mut rest, mut exponent) = digits_of(x);
    let free = rest.leading_zeros() as i32 - 75;
    rest <<= free;
    exponent -= free;
    if exponent % 2 != 0 {
        rest <<= 1;
        exponent -= 1;
    }
    let (mut root, mut remainder) = (0_u64, 0_u64);
    // Two digits of the number give one of its root; 54 are one more than are kept.
    for _ in 0..54 {
        remainder = remainder << 2 | (rest >> 52) as u64 & 3;
        rest = rest << 2 & ((1 << 54) - 1);
        let is_one = remainder >= (root << 2 | 1);
        remainder -= if is_one { root << 2 | 1 } else { 0 };
        root = root << 1 | is_one as u64;
    }
    let digits = root / 2 + (root % 2 == 1 && (remainder != 0 || root % 4 == 3)) as u64;
    f64::from_bits((((exponent / 2 + 1048) as u64) << 52) + digits)
}

/// (n, rest) with x = n π/2 + rest and the rest within π/4 of 0; NaN where x is so large that its digits say nothing.
fn quarters_of(x: f64) -> (i64, f64) {
    if x.is_nan() || abs_f64(x) > LARGEST_ANGLE {
        return (0, f64::NAN);
    }
    let quarters = x * TWO_OVER_PI;
    let mut whole = quarters as i64;
    let beyond = quarters - whole as f64;
    whole += (beyond >= 0.5) as i64 - (beyond <= -0.5) as i64;
    let n = with_sign_f64(whole as f64, quarters);
    let mut rest = x;
    for piece in QUARTER {
        rest = fma_f64(-n, piece, rest);
    }
    (whole, rest)
}

/// sin(n π/2 + r)
fn quarter_wave(quarters: i64, r: f64) -> f64 {
    let square = r * r;
    let sine = fma_f64(r * square, polynomial_f64(square, &SINE), r);
    let cosine = fma_f64(square, polynomial_f64(square, &COSINE), 1.0);
    match quarters.rem_euclid(4) {
        0 => sine,
        1 => cosine,
        2 => -sine,
        _ => -cosine,
    }
}

fn sin_f64(x: f64) -> f64 {
    let (quarters, rest) = quarters_of(x);
    quarter_wave(quarters, rest)
}

fn cos_f64(x: f64) -> f64 {
    let (quarters, rest) = quarters_of(x);
    quarter_wave(quarters + 1, rest)
}

/// arctan t = 2 arctan(t / (1 + √(1 + t²))), three times, until the series is short.
fn arctan_f64(t: f64) -> f64 {
    let magnitude = abs_f64(t);
    let mut small = if magnitude > 1.0 { 1.0 / magnitude } else { t };
    for _ in 0..3 {
        small /= 1.0 + sqrt_f64(fma_f64(small, small, 1.0));
    }
    let square = small * small;
    let angle = 8.0 * fma_f64(small * square, polynomial_f64(square, &ARCTANGENT), small);
    if magnitude > 1.0 { with_sign_f64(HALF_PI - angle, t) } else { angle }
}

fn arcsin_f64(x: f64) -> f64 {
    arctan_f64(x / sqrt_f64((1.0 - x) * (1.0 + x)))
}

/// The square of the sine of half an angle in degrees.
fn half_wave(degrees: f64) -> f64 {
    let sine = sin_f64(degrees * DEGREE / 2.0);
    sine * sine
}

/// Kilometres along the globe between two places in degrees, by the haversine formula.
fn distance(latitude: f64, longitude: f64, to_latitude: f64, to_longitude: f64) -> f64 {
    let cosines = cos_f64(latitude * DEGREE) * cos_f64(to_latitude * DEGREE);
    let haversine = half_wave(to_latitude - latitude) + cosines * half_wave(to_longitude - longitude);
    2.0 * EARTH * arcsin_f64(sqrt_f64(minimum(haversine, 1.0)))
}

/// a^b: products where b is a whole number, the root of a where it is 1/2, else e^(b ln a).
fn to_the_power(a: f64, b: f64) -> f64 {
    if abs_f64(b) <= 1024.0 && b == b as i64 as f64 {
        let (mut product, mut square, mut left) = (1.0, a, abs_f64(b) as u32);
        while left > 0 {
            product *= if left % 2 == 1 { square } else { 1.0 };
            square *= square;
            left /= 2;
        }
        return if b < 0.0 { 1.0 / product } else { product };
    }
    if b == 0.5 { sqrt_f64(a) } else { exp_f64(b * ln_f64(a)) }
}
