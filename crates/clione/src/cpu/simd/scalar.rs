//! A vector of one number, compiled for the instruction set of another vector: for what cannot be done side by side.

use super::{Vector, Vectorised, sealed::Sealed};
use crate::base::real::Real;

/// One number of `V`.
#[derive(Clone, Copy)]
pub(crate) struct Scalar<V: Vector>(V::Element);

impl<V: Vector> Sealed for Scalar<V> {}

impl<V: Vector> Vector for Scalar<V> {
    type Element = V::Element;
    const LANES: usize = 1;
    // Eight chains: four cycles of latency, two multiply-adds a cycle.
    const TILE_ROWS: usize = 8;
    const TILE_VECTORS: usize = 1;

    #[inline(always)]
    unsafe fn splat(value: V::Element) -> Self {
        Scalar(value)
    }

    #[inline(always)]
    unsafe fn load(from: *const V::Element) -> Self {
        // SAFETY: the caller promises a readable number.
        Scalar(unsafe { *from })
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const V::Element, count: usize) -> Self {
        // SAFETY: the caller promises `count` readable numbers.
        Scalar(if count == 0 { V::Element::ZERO } else { unsafe { *from } })
    }

    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        Scalar(self.0.mul_add(a.0, b.0))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut V::Element) {
        // SAFETY: the caller promises a writable number.
        unsafe { *to = self.0 }
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut V::Element, count: usize) {
        if count > 0 {
            // SAFETY: the caller promises `count` writable numbers.
            unsafe { *to = self.0 }
        }
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        (self, other)
    }

    #[inline(always)]
    unsafe fn run<W: Vectorised>(task: W) -> W::Output {
        // SAFETY: the caller has the instructions.
        unsafe { V::run(task) }
    }
}
