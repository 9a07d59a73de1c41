//! The vectors of x86-64: AVX2 with FMA (256 bits) and AVX-512 (512 bits).

use super::{Vector, Vectorised, sealed::Sealed};
use std::arch::x86_64::*;

/// Whether this processor has AVX2 and fused multiply-adds.
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Whether this processor has AVX2 and the parts of AVX-512 that plain loops compile to.
pub(super) fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
}

/// Runs a task compiled for AVX2.
#[target_feature(enable = "avx2,fma")]
#[inline(never)]
pub(super) fn run_avx2<W: Vectorised>(task: W) -> W::Output {
    task.run()
}

/// Runs a task compiled for AVX-512.
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
#[inline(never)]
pub(super) fn run_avx512<W: Vectorised>(task: W) -> W::Output {
    task.run()
}

/// Eight lanes to keep, then eight to leave: read from the middle, it is the mask of any number of lanes.
static KEEP_THEN_LEAVE: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// The mask of the first `count` of `lanes` lanes, each `width` words of 32 bits wide.
///
/// # Safety
/// The processor has AVX2, and `count * width <= 8`.
#[inline(always)]
unsafe fn first_lanes(count: usize, width: usize) -> __m256i {
    debug_assert!(count * width <= 8);
    // SAFETY: from place 8 - count * width on, eight words lie within the sixteen.
    unsafe { _mm256_loadu_si256(KEEP_THEN_LEAVE.as_ptr().add(8 - count * width).cast()) }
}

impl Sealed for __m256 {}

impl Vector for __m256 {
    type Element = f32;
    const LANES: usize = 8;
    // 12 sums, 2 vectors of the right matrix, 1 number of the left: 15 of 16 registers.
    const TILE_ROWS: usize = 6;
    const TILE_VECTORS: usize = 2;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller has AVX2, as in every method below.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller promises a readable vector.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const f32, count: usize) -> Self {
        // SAFETY: the lanes outside the mask are not touched, and those within are readable.
        unsafe { _mm256_maskload_ps(from, first_lanes(count, 1)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: the caller has FMA.
        unsafe { _mm256_fmadd_ps(self, a, b) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller promises a writable vector.
        unsafe { _mm256_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize) {
        // SAFETY: the lanes outside the mask are not touched, and those within are writable.
        unsafe { _mm256_maskstore_ps(to, first_lanes(count, 1), self) }
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        // SAFETY: the caller has AVX2. The unpack instructions interleave each half; the halves are then put in order.
        unsafe {
            let (even, odd) = (_mm256_unpacklo_ps(self, other), _mm256_unpackhi_ps(self, other));
            (_mm256_permute2f128_ps::<0x20>(even, odd), _mm256_permute2f128_ps::<0x31>(even, odd))
        }
    }

    #[inline(always)]
    unsafe fn run<W: Vectorised>(task: W) -> W::Output {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { run_avx2(task) }
    }
}

impl Sealed for __m256d {}

impl Vector for __m256d {
    type Element = f64;
    const LANES: usize = 4;
    const TILE_ROWS: usize = 6;
    const TILE_VECTORS: usize = 2;

    #[inline(always)]
    unsafe fn splat(value: f64) -> Self {
        // SAFETY: the caller has AVX2, as in every method below.
        unsafe { _mm256_set1_pd(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller promises a readable vector.
        unsafe { _mm256_loadu_pd(from) }
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const f64, count: usize) -> Self {
        // SAFETY: the lanes outside the mask are not touched, and those within are readable.
        unsafe { _mm256_maskload_pd(from, first_lanes(count, 2)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: the caller has FMA.
        unsafe { _mm256_fmadd_pd(self, a, b) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller promises a writable vector.
        unsafe { _mm256_storeu_pd(to, self) }
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f64, count: usize) {
        // SAFETY: the lanes outside the mask are not touched, and those within are writable.
        unsafe { _mm256_maskstore_pd(to, first_lanes(count, 2), self) }
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        // SAFETY: the caller has AVX2. The unpack instructions interleave each half; the halves are then put in order.
        unsafe {
            let (even, odd) = (_mm256_unpacklo_pd(self, other), _mm256_unpackhi_pd(self, other));
            (_mm256_permute2f128_pd::<0x20>(even, odd), _mm256_permute2f128_pd::<0x31>(even, odd))
        }
    }

    #[inline(always)]
    unsafe fn run<W: Vectorised>(task: W) -> W::Output {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { run_avx2(task) }
    }
}

impl Sealed for __m512 {}

impl Vector for __m512 {
    type Element = f32;
    const LANES: usize = 16;
    // 24 sums, 3 vectors of the right matrix, 1 number of the left: 28 of 32 registers.
    const TILE_ROWS: usize = 8;
    const TILE_VECTORS: usize = 3;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller has AVX-512, as in every method below.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller promises a readable vector.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const f32, count: usize) -> Self {
        // SAFETY: the lanes outside the mask are not touched, and those within are readable.
        unsafe { _mm512_maskz_loadu_ps(((1_u32 << count) - 1) as __mmask16, from) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: the caller has AVX-512.
        unsafe { _mm512_fmadd_ps(self, a, b) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller promises a writable vector.
        unsafe { _mm512_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize) {
        // SAFETY: the lanes outside the mask are not touched, and those within are writable.
        unsafe { _mm512_mask_storeu_ps(to, ((1_u32 << count) - 1) as __mmask16, self) }
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        // SAFETY: the caller has AVX-512. Lanes 16 to 31 of the permutation are those of `other`.
        unsafe {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
            (_mm512_permutex2var_ps(self, low, other), _mm512_permutex2var_ps(self, high, other))
        }
    }

    #[inline(always)]
    unsafe fn run<W: Vectorised>(task: W) -> W::Output {
        // SAFETY: the caller has AVX-512.
        unsafe { run_avx512(task) }
    }
}

impl Sealed for __m512d {}

impl Vector for __m512d {
    type Element = f64;
    const LANES: usize = 8;
    const TILE_ROWS: usize = 8;
    const TILE_VECTORS: usize = 3;

    #[inline(always)]
    unsafe fn splat(value: f64) -> Self {
        // SAFETY: the caller has AVX-512, as in every method below.
        unsafe { _mm512_set1_pd(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller promises a readable vector.
        unsafe { _mm512_loadu_pd(from) }
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const f64, count: usize) -> Self {
        // SAFETY: the lanes outside the mask are not touched, and those within are readable.
        unsafe { _mm512_maskz_loadu_pd(((1_u32 << count) - 1) as __mmask8, from) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: the caller has AVX-512.
        unsafe { _mm512_fmadd_pd(self, a, b) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller promises a writable vector.
        unsafe { _mm512_storeu_pd(to, self) }
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f64, count: usize) {
        // SAFETY: the lanes outside the mask are not touched, and those within are writable.
        unsafe { _mm512_mask_storeu_pd(to, ((1_u32 << count) - 1) as __mmask8, self) }
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        // SAFETY: the caller has AVX-512. Lanes 8 to 15 of the permutation are those of `other`.
        unsafe {
            let (low, high) =
                (_mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15));
            (_mm512_permutex2var_pd(self, low, other), _mm512_permutex2var_pd(self, high, other))
        }
    }

    #[inline(always)]
    unsafe fn run<W: Vectorised>(task: W) -> W::Output {
        // SAFETY: the caller has AVX-512.
        unsafe { run_avx512(task) }
    }
}
