//! Sine, cosine and arc sine of single numbers, with the same bits on every machine: distances on a globe need them.
//!
//! sin and cos take off the nearest multiple of π/2, so that a short Taylor series is enough for what is left.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

use super::polynomial::polynomial;

/// π/2 in three pieces, so that the products with a whole number lose nothing that counts.
const QUARTER: [f64; 3] = [FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];

/// Beyond this the digits of an angle say nothing about its place on the circle.
const LARGEST: f64 = 1e9;

/// (sin r − r) / r³ over r²: −1/3!, 1/5!, ... to 1e-19 of r within ±π/4, highest power first.
const SINE: [f64; 8] = [
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
const COSINE: [f64; 9] = [
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
const ARCTANGENT: [f64; 8] =
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
    if !(x.abs() <= LARGEST) {
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

    /// An angle, its sine and its cosine, correctly rounded.
    const WAVES: &[(f64, f64, f64)] = &[
        (0.0, 0.0, 1.0),
        (1e-09, 1e-09, 1.0),
        (0.5, 0.479425538604203, 0.8775825618903728),
        (0.785398163397448, 0.7071067811865472, 0.7071067811865478),
        (1.0, 0.8414709848078965, 0.5403023058681398),
        (1.5707963267948966, 1.0, 6.123233995736766e-17),
        (2.5, 0.5984721441039565, -0.8011436155469337),
        (3.141592653589793, 1.2246467991473532e-16, -1.0),
        (-4.0, 0.7568024953079282, -0.6536436208636119),
        (10.0, -0.5440211108893698, -0.8390715290764524),
        (-100.0, 0.5063656411097588, 0.8623188722876839),
        (12345.678, -0.7040813137533816, 0.7101193587160628),
        (1000000.0, -0.34999350217129294, 0.9367521275331447),
        (999999999.5, 0.07731817954332151, 0.9970064689419557),
        (-3.668495, 0.5028582426498543, -0.8643688956684525),
        (0.619209, 0.5803912009738976, 0.8143378008124619),
        (-1.820628, -0.9689540526994156, -0.2472408618278502),
        (1.454881, 0.9932893374658293, 0.11565592106197553),
        (1.760084, 0.9821385152181296, -0.18815933919188754),
        (-6.082596, 0.19924685653519184, 0.9799493304048147),
        (-6.815648, -0.5076566348423441, 0.8615594820443605),
        (4.724567, -0.9999258488355419, 0.012177718609044107),
    ];

    /// A number and its arc sine, correctly rounded.
    const ARCS: &[(f64, f64)] = &[
        (0.0, 0.0),
        (1e-12, 1e-12),
        (0.0001, 0.00010000000016666667),
        (0.098, 0.09815754717500272),
        (0.1, 0.1001674211615598),
        (0.3, 0.3046926540153975),
        (0.5, 0.5235987755982989),
        (0.7071067811865476, 0.7853981633974484),
        (0.9, 1.1197695149986342),
        (0.999, 1.526071239626163),
        (0.999999999, 1.5707516054359754),
        (1.0, 1.5707963267948966),
        (0.259354, 0.26235325498965534),
        (0.234331, 0.23653035041347914),
        (0.995645, 1.4774350427388934),
        (0.470264, 0.48958989558020705),
        (0.836461, 0.9907933161391838),
        (0.476353, 0.49650219568902526),
    ];

    #[test]
    fn waves_agree_with_frozen_values() {
        for &(x, sine, cosine) in WAVES {
            assert!((sin(x) - sine).abs() <= 4e-16, "sin {x} is {}, not {sine}", sin(x));
            assert!((cos(x) - cosine).abs() <= 4e-16, "cos {x} is {}, not {cosine}", cos(x));
        }
        assert!(sin(2e9).is_nan() && cos(f64::INFINITY).is_nan() && sin(f64::NAN).is_nan());
    }

    #[test]
    fn arc_sines_agree_with_frozen_values() {
        for &(x, arc) in ARCS {
            assert!((arcsin(x) - arc).abs() <= 1e-15 * arc.abs(), "arcsin {x} is {}, not {arc}", arcsin(x));
            assert_eq!(arcsin(-x), -arcsin(x));
        }
        assert!(arcsin(1.5).is_nan());
    }
}
