//! What the functions must know about the bits of a number, and their constants in the precision of that number.
//!
//! A number is ±2^(exponent - bias) · 1.mantissa: `f32` has 23 bits of mantissa and a bias of 127, `f64` 52 and 1023.
//! A whole number that is added to 2^23 (2^52) lands in the lowest bits of the mantissa. So one addition turns a whole
//! number into bits and back; every vector unit has it, unlike the instructions that convert.

use super::{erf, exp, ln};

/// The bits of a kind of number, and the constants that its precision asks for (coefficients: highest power first).
pub trait Format: Sized + 'static {
    /// 1.5 · 2^23 or 1.5 · 2^52: adding it and taking it off again rounds to a whole number, ties to the even one.
    const ROUNDING: Self;
    /// One half.
    const HALF: Self;
    /// Two.
    const TWO: Self;
    /// Infinity.
    const INFINITY: Self;
    /// Not a number.
    const NAN: Self;
    /// 1 / ln 2.
    const LOG2_E: Self;
    /// ln 2.
    const LN_2: Self;
    /// What [`Format::LN_2`] lacks to ln 2.
    const LN_2_REST: Self;
    /// Here and below, e^x rounds to 0.
    const EXP_IS_ZERO: Self;
    /// Here and above, e^x rounds to infinity.
    const EXP_IS_INFINITE: Self;
    /// Here and above, tanh x rounds to 1.
    const TANH_IS_ONE: Self;
    /// Here and above, erf x rounds to 1.
    const ERF_IS_ONE: Self;
    /// (e^r - 1 - r) / r² over r, for |r| ≤ ½ ln 2.
    const EXP: &'static [Self];
    /// (ln((1 + s) / (1 - s)) - 2s) / s³ over s², for |s| ≤ ⅓.
    const LN: &'static [Self];
    /// erf(x) / x - 1 over x², for |x| ≤ 1.
    const ERF_NEAR: &'static [Self];
    /// -ln(1 - erf x) over x, for x from 1 to [`Format::ERF_IS_ONE`].
    const ERF_FAR: &'static [Self];

    /// 2^n, for a whole n from the exponent of the smallest normal number to that of the largest.
    fn power_of_two(n: Self) -> Self;
    /// (n, m) with self = 2^n · m and √½ ≤ m < √2, for a positive and finite self; any two numbers for another.
    fn exponent_and_mantissa(self) -> (Self, Self);
    /// |self| with the sign of `sign`.
    fn with_sign_of(self, sign: Self) -> Self;
}

macro_rules! impl_format {
    ($t:ident, $bits:ident, $precision:ident, mantissa: $mantissa:literal, bias: $bias:literal, { $($limit:item)* }) => {
        impl Format for $t {
            const ROUNDING: Self = 3.0 * (1_u64 << ($mantissa - 1)) as $t;
            const HALF: Self = 0.5;
            const TWO: Self = 2.0;
            const INFINITY: Self = $t::INFINITY;
            const NAN: Self = $t::NAN;
            const LOG2_E: Self = std::$t::consts::LOG2_E;
            const LN_2: Self = std::$t::consts::LN_2;
            const EXP: &'static [Self] = &exp::$precision;
            const LN: &'static [Self] = &ln::$precision;
            const ERF_NEAR: &'static [Self] = &erf::near::$precision;
            const ERF_FAR: &'static [Self] = &erf::far::$precision;
            $($limit)*

            #[inline(always)]
            fn power_of_two(n: Self) -> Self {
                const TO_EXPONENT: $t = $t::ROUNDING + $bias as $t;
                $t::from_bits((n + TO_EXPONENT).to_bits() << $mantissa)
            }

            #[inline(always)]
            fn exponent_and_mantissa(self) -> (Self, Self) {
                const SQRT_HALF: $bits = std::$t::consts::FRAC_1_SQRT_2.to_bits();
                // Keeps the exponent positive while it is worked on.
                const OFFSET: $bits = $bias + 1;
                const FROM_EXPONENT: $t = (1_u64 << $mantissa) as $t;

                let subnormal = self < $t::MIN_POSITIVE;
                let normal = if subnormal { self * FROM_EXPONENT } else { self };
                let correction = if subnormal { (OFFSET + $mantissa) as $t } else { OFFSET as $t };

                let from_sqrt_half = normal.to_bits().wrapping_sub(SQRT_HALF).wrapping_add(OFFSET << $mantissa);
                let exponent = $t::from_bits((from_sqrt_half >> $mantissa) | FROM_EXPONENT.to_bits()) - FROM_EXPONENT;
                let mantissa = from_sqrt_half & ((1 << $mantissa) - 1);
                (exponent - correction, $t::from_bits(mantissa + SQRT_HALF))
            }

            #[inline(always)]
            fn with_sign_of(self, sign: Self) -> Self {
                self.copysign(sign)
            }
        }
    };
}

impl_format!(f32, u32, SINGLE, mantissa: 23, bias: 127, {
    const LN_2_REST: Self = -1.904_654_2e-9;
    const EXP_IS_ZERO: Self = -104.0;
    const EXP_IS_INFINITE: Self = 89.0;
    const TANH_IS_ONE: Self = 10.0;
    const ERF_IS_ONE: Self = 4.0;
});
impl_format!(f64, u64, DOUBLE, mantissa: 52, bias: 1023, {
    const LN_2_REST: Self = 2.319_046_813_846_299_6e-17;
    const EXP_IS_ZERO: Self = -746.0;
    const EXP_IS_INFINITE: Self = 710.0;
    const TANH_IS_ONE: Self = 22.0;
    const ERF_IS_ONE: Self = 6.0;
});
