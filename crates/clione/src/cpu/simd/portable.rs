//! Vectors in plain Rust, for processors that have no others; slow where a fused multiply-add is a function call.

use super::{Vector, Vectorised, sealed::Sealed};
use crate::base::real::Real;

/// A vector of `N` numbers in an array.
#[derive(Clone, Copy)]
pub struct Lanes<T, const N: usize>([T; N]);

impl<T: Real, const N: usize> Sealed for Lanes<T, N> {}

impl<T: Real, const N: usize> Vector for Lanes<T, N> {
    type Element = T;
    const LANES: usize = N;
    const TILE_ROWS: usize = 4;
    const TILE_VECTORS: usize = 2;

    #[inline(always)]
    unsafe fn splat(value: T) -> Self {
        Lanes([value; N])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller promises `N` readable numbers; an array has the layout of its numbers.
        unsafe { from.cast::<Self>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const T, count: usize) -> Self {
        let mut lanes = [T::ZERO; N];
        for (lane, value) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable numbers.
            *value = unsafe { *from.add(lane) };
        }
        Lanes(lanes)
    }

    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        let mut result = b;
        for lane in 0..N {
            result.0[lane] = self.0[lane].mul_add(a.0[lane], b.0[lane]);
        }
        result
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller promises `N` writable numbers; an array has the layout of its numbers.
        unsafe { to.cast::<Self>().write_unaligned(self) }
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut T, count: usize) {
        for (lane, &value) in self.0.iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable numbers.
            unsafe { *to.add(lane) = value };
        }
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        let (mut low, mut high) = (self, self);
        for lane in 0..N / 2 {
            (low.0[2 * lane], low.0[2 * lane + 1]) = (self.0[lane], other.0[lane]);
            (high.0[2 * lane], high.0[2 * lane + 1]) = (self.0[N / 2 + lane], other.0[N / 2 + lane]);
        }
        (low, high)
    }

    #[inline(always)]
    unsafe fn run<W: Vectorised>(task: W) -> W::Output {
        task.run()
    }
}
