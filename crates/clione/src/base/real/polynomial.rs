//! A polynomial's value by Horner's rule: ((c₀ x + c₁) x + c₂) x + ...

use super::Real;

/// The value at x of the polynomial with these coefficients, highest power first.
#[inline(always)]
pub fn polynomial<T: Real>(x: T, coefficients: &[T]) -> T {
    let mut sum = coefficients[0];
    for &coefficient in &coefficients[1..] {
        sum = sum.mul_add(x, coefficient);
    }
    sum
}
