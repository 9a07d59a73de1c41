//! Logarithms: ln, and softplus, which is one.
//!
//! ln(1 + f) = ln((1 + s) / (1 - s)) with s = f / (2 + f), which is odd in s: 2s + s³ · a polynomial in s². It is put
//! together as f - (f²/2 - s (f²/2 + ...)), as in fdlibm (Sun Microsystems, 1993): what is rounded then is small beside f.

use super::Real;
use super::polynomial::polynomial;

/// (ln((1 + s) / (1 - s)) - 2s) / s³ over s² for `f64`, to 3e-18 / s².
pub const DOUBLE: [f64; 10] = [
    0.17016709369887875,
    0.08341181910972913,
    0.1210581874021461,
    0.13301010541929564,
    0.15386556807598473,
    0.18181744089535692,
    0.22222223964349364,
    0.28571428547957056,
    0.40000000000156216,
    0.6666666666666631,
];

/// (ln((1 + s) / (1 - s)) - 2s) / s³ over s² for `f32`, to 1e-8 / s².
pub const SINGLE: [f32; 4] = [0.2802943, 0.27998212, 0.4002175, 0.6666641];

/// ln(1 + f) + rest for f from √½ - 1 to 1, and a rest much smaller than the last digits of 1.
#[inline(always)]
fn ln_1_plus<T: Real>(f: T, rest: T) -> T {
    let s = f / (T::TWO + f);
    let z = s * s;
    let half_square = T::HALF * f * f;
    let sum = z.mul_add(polynomial(z, T::LN), half_square);
    f - (half_square - s.mul_add(sum, rest))
}

/// ln x = n ln 2 + ln m with x = 2^n · m and √½ ≤ m < √2
#[inline(always)]
pub fn ln<T: Real>(x: T) -> T {
    let (n, m) = x.exponent_and_mantissa();
    let result = n.mul_add(T::LN_2, ln_1_plus(m - T::ONE, n * T::LN_2_REST));
    // Infinity and NaN are their own logarithms.
    let result = if x < T::INFINITY { result } else { x };
    let result = if x < T::ZERO { T::NAN } else { result };
    if x == T::ZERO { -T::INFINITY } else { result }
}

/// softplus x = ln(1 + e^x) = max(0, x) + ln(1 + e^-|x|)
#[inline(always)]
pub fn softplus<T: Real>(x: T) -> T {
    x.if_positive(x, T::ZERO) + ln_1_plus((-x.abs()).exp(), T::ZERO)
}
