//! Powers of e, and the two squashing functions that are made of one: tanh and sigmoid.
//!
//! e^x = 2^n · e^r with the whole number n nearest to x / ln 2, so that r = x - n ln 2 lies within ±½ ln 2, where a short
//! polynomial is enough; 2^n is written into the exponent's bits.

use super::Real;
use super::polynomial::polynomial;

/// (e^r - 1 - r) / r² for `f64`, to 2e-18 of e^r.
pub const DOUBLE: [f64; 11] = [
    2.0991871707204496e-09,
    2.511488584817197e-08,
    2.755707039724868e-07,
    2.75572277082609e-06,
    2.480158754121847e-05,
    0.0001984126990341423,
    0.0013888888888779938,
    0.008333333333313894,
    0.041666666666666824,
    0.16666666666666688,
    0.5,
];

/// (e^r - 1 - r) / r² for `f32`, to 3e-9 of e^r.
pub const SINGLE: [f32; 5] = [0.0013836575, 0.008369131, 0.041668106, 0.16666517, 0.49999994];

/// e^x = 2^n · (1 + head + tail)
struct Parts<T> {
    n: T,
    /// x - n ln 2, but for the digits of ln 2 that `T` cannot hold: exact.
    head: T,
    /// The rest of e^r - 1, small enough beside `head` that its rounding hardly shows.
    tail: T,
}

#[inline(always)]
fn parts<T: Real>(x: T) -> Parts<T> {
    let n = x.mul_add(T::LOG2_E, T::ROUNDING) - T::ROUNDING;
    let head = n.mul_add(-T::LN_2, x);
    let rest = n * -T::LN_2_REST;
    let r = head + rest;
    let tail = (r * r).mul_add(polynomial(r, T::EXP), rest);
    Parts { n, head, tail }
}

/// e^x
#[inline(always)]
pub fn exp<T: Real>(x: T) -> T {
    let x = if x < T::EXP_IS_ZERO { T::EXP_IS_ZERO } else { x };
    let x = if x > T::EXP_IS_INFINITE { T::EXP_IS_INFINITE } else { x };
    let Parts { n, head, tail } = parts(x);
    // 2^n itself may be too large or too small where the product is not, so it comes in two halves.
    let half = n.mul_add(T::HALF, T::ROUNDING) - T::ROUNDING;
    (T::ONE + (head + tail)) * T::power_of_two(half) * T::power_of_two(n - half)
}

/// tanh x = (e^2|x| - 1) / (e^2|x| + 1), with the sign of x
///
/// e^2|x| - 1 is put together without subtracting nearly equal numbers, so a tiny x keeps all its digits. While 2|x| is
/// below ½ ln 2 (so that n = 0) the quotient is taken of e^-2|x|, whose sign does not matter: it is as large, and what is
/// rounded on the way to it is smaller beside it there.
#[inline(always)]
pub fn tanh<T: Real>(x: T) -> T {
    let magnitude = x.abs();
    let magnitude = if magnitude > T::TANH_IS_ONE { T::TANH_IS_ONE } else { magnitude };
    let double = magnitude + magnitude;
    let Parts { n, head, tail } = parts(if double < T::HALF * T::LN_2 { -double } else { double });
    let scale = T::power_of_two(n);
    let power_minus_1 = scale.mul_add(tail, scale.mul_add(head, scale - T::ONE));
    (power_minus_1 / (power_minus_1 + T::TWO)).with_sign_of(x)
}

/// sigmoid x = b - b · e^-|x| / (1 + e^-|x|), where b is 1 where x > 0 and e^-|x| elsewhere
///
/// This is 1 / (1 + e^-x) there and e^x / (1 + e^x) elsewhere, so the power never overflows; and where it is small, what
/// is rounded in the quotient hardly shows.
#[inline(always)]
pub fn sigmoid<T: Real>(x: T) -> T {
    let power = exp(-x.abs());
    let bound = x.if_positive(T::ONE, power);
    bound.mul_add(-(power / (T::ONE + power)), bound)
}
