//! The formulas of the operations on single numbers that are no activations; one text for the reference and for the kernels.

use crate::base::real::Real;

/// -1, 0 or 1 as x is negative, zero or positive; NaN stays.
#[inline(always)]
pub fn sign<T: Real>(x: T) -> T {
    x.if_positive(T::ONE, (-x).if_positive(-T::ONE, x))
}

/// x, but no less than -limit and no more than limit; NaN stays.
#[inline(always)]
pub fn clamp<T: Real>(x: T, limit: T) -> T {
    (x - limit).if_positive(limit, (-x - limit).if_positive(-limit, x))
}

/// 1 where |x| < limit, 0 elsewhere.
#[inline(always)]
pub fn within<T: Real>(x: T, limit: T) -> T {
    (limit - x.abs()).if_positive(T::ONE, T::ZERO)
}

/// x²/2 where |x| ≤ delta, delta·(|x| - delta/2) elsewhere (Huber 1964).
///
/// With c = [`clamp`]\(x, delta) both are c·(x - c/2).
#[inline(always)]
pub fn huber<T: Real>(x: T, delta: T) -> T {
    let c = clamp(x, delta);
    c * (x - T::of(0.5) * c)
}

/// softplus(z) - t·z = -(t · ln σ(z) + (1-t) · ln(1-σ(z))) for a logit z and a target t, without ever taking the logarithm of 0.
#[inline(always)]
pub fn sigmoid_cross_entropy<T: Real>(logit: T, target: T) -> T {
    logit.softplus() - target * logit
}
