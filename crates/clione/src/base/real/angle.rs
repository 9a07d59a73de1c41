//! Sine, cosine and arc sine of single numbers, with the same bits on every machine: distances on a globe need them.
//!
//! sin and cos take off the nearest multiple of π/2, so that a short Taylor series is enough for what is left.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

use super::polynomial::polynomial;

/// π/2 in three pieces, so that the products with a whole number lose nothing that counts.
pub(crate) const QUARTER: [f64; 3] = [FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];

/// Beyond this the digits of an angle say nothing about its place on the circle.
pub(crate) const LARGEST: f64 = 1e9;

/// (sin r − r) / r³ over r²: −1/3!, 1/5!, ... to 1e-19 of r within ±π/4, highest power first.
pub(crate) const SINE: [f64; 8] = [
    1.0 / 355_687_428_096_000.0,
    -1.0 / 1_307_674_368_000.0,
    1.0 / 6_227_020_800.0,
    -1.0 / 39_916_800.0,
    1.0 / 362_880.0,
    -1.0 / 5_040.0,
    1.0 / 120.0,
    -1.0 / 6.0,
];

/// (cos r − 1) / r² over r²: −1/2!, 1/4!, ...
pub(crate) const COSINE: [f64; 9] = [
    -1.0 / 6_402_373_705_728_000.0,
    1.0 / 20_922_789_888_000.0,
    -1.0 / 87_178_291_200.0,
    1.0 / 479_001_600.0,
    -1.0 / 3_628_800.0,
    1.0 / 40_320.0,
    -1.0 / 720.0,
    1.0 / 24.0,
    -0.5,
];

/// (arctan t − t) / t³ over t²: −1/3, 1/5, ... to 1e-20 of t up to t = tan(π/32).
pub(crate) const ARCTANGENT: [f64; 8] =
    [1.0 / 17.0, -1.0 / 15.0, 1.0 / 13.0, -1.0 / 11.0, 1.0 / 9.0, -1.0 / 7.0, 1.0 / 5.0, -1.0 / 3.0];

/// sin x of an angle in radians; NaN beyond a billion.
///
/// ```
/// use clione::base::real::angle::sin;
/// assert!((sin(std::f64::consts::PI / 6.0) - 0.5).abs() < 1e-15);
/// ```
pub fn sin(x: f64) -> f64 {
    let (quarters, rest) = reduced(x);
    quarter_wave(quarters, rest)
}

/// cos x of an angle in radians; NaN beyond a billion.
///
/// ```
/// use clione::base::real::angle::cos;
/// assert!((cos(std::f64::consts::PI / 3.0) - 0.5).abs() < 1e-15);
/// ```
pub fn cos(x: f64) -> f64 {
    let (quarters, rest) = reduced(x);
    quarter_wave(quarters + 1, rest)
}

/// The angle in −π/2 … π/2 whose sine is x; NaN beyond ±1.
///
/// ```
/// use clione::base::real::angle::arcsin;
/// assert!((arcsin(0.5) - std::f64::consts::PI / 6.0).abs() < 1e-15);
/// ```
pub fn arcsin(x: f64) -> f64 {
    // (1 − x)(1 + x) keeps the digits that 1 − x² loses near ±1.
    arctan(x / ((1.0 - x) * (1.0 + x)).sqrt())
}

/// x = n π/2 + r: n of the four quarters, and r within ±π/4.
fn reduced(x: f64) -> (i64, f64) {
    if x.is_nan() || x.abs() > LARGEST {
        return (0, f64::NAN);
    }
    let n = (x * FRAC_2_PI).round();
    (n as i64, QUARTER.iter().fold(x, |rest, &piece| (-n).mul_add(piece, rest)))
}

/// sin(n π/2 + r)
fn quarter_wave(quarters: i64, r: f64) -> f64 {
    let square = r * r;
    let sine = (r * square).mul_add(polynomial(square, &SINE), r);
    let cosine = square.mul_add(polynomial(square, &COSINE), 1.0);
    match quarters.rem_euclid(4) {
        0 => sine,
        1 => cosine,
        2 => -sine,
        _ => -cosine,
    }
}

/// arctan t = 2 arctan(t / (1 + √(1 + t²))), three times, until the series is short.
fn arctan(t: f64) -> f64 {
    if t.abs() > 1.0 {
        return (FRAC_PI_2 - arctan(1.0 / t.abs())).copysign(t);
    }
    let t = (0..3).fold(t, |t, _| t / (1.0 + t.mul_add(t, 1.0).sqrt()));
    let square = t * t;
    8.0 * (t * square).mul_add(polynomial(square, &ARCTANGENT), t)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails unless a function is within so many units in the last place of each frozen value, or this near to it.
    fn check(function: fn(f64) -> f64, text: &str, units: f64, near: f64) {
        let number = |hex| f64::from_bits(u64::from_str_radix(hex, 16).unwrap());
        assert!(text.lines().count() > 200);
        for (x, expected) in text.lines().map(|line| line.split_once(' ').unwrap()) {
            let (x, expected) = (number(x), number(expected));
            let (found, allowed) = (function(x), units * f64::EPSILON * expected.abs() + near);
            assert!((found - expected).abs() <= allowed, "at {x} is {found}, not {expected}");
        }
    }

    #[test]
    fn waves_agree_with_the_frozen_values() {
        check(sin, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/math/sin.f64.txt")), 1.0, 1e-17);
        check(cos, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/math/cos.f64.txt")), 1.0, 1e-17);
        assert!(sin(2e9).is_nan() && cos(f64::INFINITY).is_nan() && sin(f64::NAN).is_nan());
    }

    #[test]
    fn arc_sines_agree_with_the_frozen_values() {
        let frozen = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/math/arcsin.f64.txt"));
        check(arcsin, frozen, 4.0, 0.0);
        assert!(arcsin(1.5).is_nan());
    }
}
