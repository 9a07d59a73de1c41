//! The vectors of Arm: NEON (128 bits).

use super::{Vector, Vectorised, sealed::Sealed};
use std::arch::aarch64::*;

/// Whether this processor has NEON (every one that we know of does).
pub(super) fn has_neon() -> bool {
    std::arch::is_aarch64_feature_detected!("neon")
}

/// Runs a task compiled for NEON.
#[target_feature(enable = "neon")]
#[inline(never)]
pub(super) fn run_neon<W: Vectorised>(task: W) -> W::Output {
    task.run()
}

impl Sealed for float32x4_t {}

impl Vector for float32x4_t {
    type Element = f32;
    const LANES: usize = 4;
    // 24 sums, 3 vectors of the right matrix, 1 number of the left: 28 of 32 registers.
    const TILE_ROWS: usize = 8;
    const TILE_VECTORS: usize = 3;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller has NEON, as in every method below.
        unsafe { vdupq_n_f32(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller promises a readable vector.
        unsafe { vld1q_f32(from) }
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const f32, count: usize) -> Self {
        let mut lanes = [0.0; 4];
        for (lane, value) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable numbers.
            *value = unsafe { *from.add(lane) };
        }
        // SAFETY: `lanes` is a whole vector.
        unsafe { vld1q_f32(lanes.as_ptr()) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: the caller has NEON.
        unsafe { vfmaq_f32(b, self, a) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller promises a writable vector.
        unsafe { vst1q_f32(to, self) }
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize) {
        let mut lanes = [0.0; 4];
        // SAFETY: `lanes` is a whole vector.
        unsafe { vst1q_f32(lanes.as_mut_ptr(), self) };
        for (lane, &value) in lanes.iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable numbers.
            unsafe { *to.add(lane) = value };
        }
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        // SAFETY: the caller has NEON.
        unsafe { (vzip1q_f32(self, other), vzip2q_f32(self, other)) }
    }

    #[inline(always)]
    unsafe fn run<W: Vectorised>(task: W) -> W::Output {
        // SAFETY: the caller has NEON.
        unsafe { run_neon(task) }
    }
}

impl Sealed for float64x2_t {}

impl Vector for float64x2_t {
    type Element = f64;
    const LANES: usize = 2;
    const TILE_ROWS: usize = 8;
    const TILE_VECTORS: usize = 3;

    #[inline(always)]
    unsafe fn splat(value: f64) -> Self {
        // SAFETY: the caller has NEON, as in every method below.
        unsafe { vdupq_n_f64(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller promises a readable vector.
        unsafe { vld1q_f64(from) }
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const f64, count: usize) -> Self {
        let mut lanes = [0.0; 2];
        for (lane, value) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable numbers.
            *value = unsafe { *from.add(lane) };
        }
        // SAFETY: `lanes` is a whole vector.
        unsafe { vld1q_f64(lanes.as_ptr()) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: the caller has NEON.
        unsafe { vfmaq_f64(b, self, a) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller promises a writable vector.
        unsafe { vst1q_f64(to, self) }
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f64, count: usize) {
        let mut lanes = [0.0; 2];
        // SAFETY: `lanes` is a whole vector.
        unsafe { vst1q_f64(lanes.as_mut_ptr(), self) };
        for (lane, &value) in lanes.iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable numbers.
            unsafe { *to.add(lane) = value };
        }
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        // SAFETY: the caller has NEON.
        unsafe { (vzip1q_f64(self, other), vzip2q_f64(self, other)) }
    }

    #[inline(always)]
    unsafe fn run<W: Vectorised>(task: W) -> W::Output {
        // SAFETY: the caller has NEON.
        unsafe { run_neon(task) }
    }
}
