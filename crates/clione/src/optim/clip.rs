//! Clipping: gradients that are too large are made smaller before they are followed.

use crate::base::real::Real;

/// How gradients are held back.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Clip {
    /// Not at all.
    #[default]
    Off,
    /// All gradients are scaled down together, so that their norm √Σg² is at most this (Pascanu et al. 2013).
    Norm(f64),
    /// Each gradient is held between minus this and this.
    Value(f64),
}

/// √Σg² over all gradients, summed in f64 over 16 lanes that are then added as a tree, so the order never changes.
#[inline(always)]
pub fn norm<T: Real>(gradients: &[T]) -> f64 {
    let mut lanes = [0.0; 16];
    let chunks = gradients.chunks_exact(16);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, g) in lanes.iter_mut().zip(chunk) {
            *lane += g.to_f64() * g.to_f64();
        }
    }
    for (lane, g) in lanes.iter_mut().zip(rest) {
        *lane += g.to_f64() * g.to_f64();
    }
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
    }
    lanes[0].sqrt()
}

/// What gradients of this norm are multiplied by, so that the norm is at most `limit` (1e-6 is added as PyTorch does).
///
/// ```
/// use clione::optim::clip::{norm, scale_for};
/// assert_eq!(norm(&[3.0, 4.0]), 5.0);
/// assert_eq!(scale_for(5.0, 10.0), 1.0);
/// assert!((scale_for(5.0, 1.0) - 0.2).abs() < 1e-6);
/// ```
pub fn scale_for(norm: f64, limit: f64) -> f64 {
    (limit / (norm + 1e-6)).min(1.0)
}
