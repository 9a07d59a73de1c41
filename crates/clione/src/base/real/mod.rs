//! The numbers that networks are made of, and the functions that activations and losses need.
//!
//! The functions are our own, so that a result has the same bits on every machine: the ones of a system's library differ
//! from system to system, and from the ones that a vectorised loop would call. Each is straight-line code without
//! branches, tables or calls: a plain loop over a slice, compiled for an instruction set, becomes vector code by itself
//! and gives the same bits there as one number at a time (only which of its many NaNs a machine returns is its own
//! affair).

pub mod angle;
mod erf;
mod exp;
mod format;
mod ln;
pub(super) mod polynomial;
#[cfg(test)]
mod tests;

use std::fmt::{Debug, Display};
use std::ops::{Add, Div, Mul, Neg, Sub};

use format::Format;

/// A real number: `f32` or `f64`. A formula written over `Real` serves both, and a plain loop over it is compiled
/// once per instruction set. No other type can be one, for the functions need to know how its bits are laid out.
///
/// The errors stated below are in units in the last place (ulp), the largest that were found over all 2³² numbers of
/// `f32`, and over 12 million random numbers of `f64`, each against a calculation in higher precision.
///
/// ```
/// use clione::base::real::Real;
/// fn swish<T: Real>(x: T) -> T {
///     x * x.sigmoid()
/// }
/// assert_eq!(swish(0.0_f32), 0.0);
/// assert!((swish(1.0_f64) - 0.731_058_578_630_004_9).abs() < 1e-15);
/// ```
pub trait Real:
    Format
    + Copy
    + Debug
    + Display
    + Default
    + PartialEq
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The name that recipes and model files use: `f32` or `f64`.
    const NAME: &'static str;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;

    /// The nearest number to `value`.
    fn of(value: f64) -> Self;
    /// The same number as `f64` (exact).
    fn to_f64(self) -> f64;
    /// self · a + b, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// |self|.
    fn abs(self) -> Self;
    /// √self, correctly rounded.
    fn sqrt(self) -> Self;
    /// `yes` where self > 0, `no` elsewhere (also where self is NaN); both have been worked out, nothing is skipped.
    fn if_positive(self, yes: Self, no: Self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// e^self.
    ///
    /// Largest error: 0.9 ulp. Too large a result is ∞, a small one goes through the subnormal numbers to 0.
    fn exp(self) -> Self;
    /// The natural logarithm: the x for which e^x = self.
    ///
    /// Largest error: 0.9 ulp. ln 0 = -∞, and NaN below 0.
    fn ln(self) -> Self;
    /// (e^self - e^-self) / (e^self + e^-self), the hyperbolic tangent.
    ///
    /// Largest error: 2.01 ulp. tanh -x = -tanh x, and a tiny x is its own tanh.
    fn tanh(self) -> Self;
    /// 1 / (1 + e^-self).
    ///
    /// Largest error: 1.7 ulp, also where the result is tiny.
    fn sigmoid(self) -> Self;
    /// ln(1 + e^self), a smooth max(0, self).
    ///
    /// Largest error: 2.0 ulp, also where the result is tiny.
    fn softplus(self) -> Self;
    /// 2/√π · ∫₀^self e^-t² dt: the probability that a normal number of variance ½ lies within ±self.
    ///
    /// Largest error: 1.1 ulp. erf -x = -erf x.
    fn erf(self) -> Self;
}

macro_rules! impl_real {
    ($t:ty, $name:literal) => {
        impl Real for $t {
            const NAME: &'static str = $name;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            #[inline(always)]
            fn of(value: f64) -> Self {
                value as $t
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }

            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                <$t>::mul_add(self, a, b)
            }

            #[inline(always)]
            fn abs(self) -> Self {
                <$t>::abs(self)
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                <$t>::sqrt(self)
            }

            #[inline(always)]
            fn if_positive(self, yes: Self, no: Self) -> Self {
                if self > 0.0 { yes } else { no }
            }

            #[inline(always)]
            fn is_finite(self) -> bool {
                <$t>::is_finite(self)
            }

            #[inline(always)]
            fn exp(self) -> Self {
                exp::exp(self)
            }

            #[inline(always)]
            fn ln(self) -> Self {
                ln::ln(self)
            }

            #[inline(always)]
            fn tanh(self) -> Self {
                exp::tanh(self)
            }

            #[inline(always)]
            fn sigmoid(self) -> Self {
                exp::sigmoid(self)
            }

            #[inline(always)]
            fn softplus(self) -> Self {
                ln::softplus(self)
            }

            #[inline(always)]
            fn erf(self) -> Self {
                erf::erf(self)
            }
        }
    };
}
impl_real!(f32, "f32");
impl_real!(f64, "f64");
