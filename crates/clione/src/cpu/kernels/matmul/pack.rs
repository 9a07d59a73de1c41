//! Packing: copying a block of an operand into the order in which the tiles read it.

use crate::base::real::Real;
use crate::cpu::simd::{MAX_LANES, Vector};

/// Packs `inner` rows of `columns` adjacent numbers, `stride` apart, into rows of whole vectors, filled up with zeros.
///
/// # Safety
/// The processor has the instructions of `V`; the numbers are there, and `to` has room for `inner` rows of
/// `columns.div_ceil(V::LANES)` vectors.
#[inline(always)]
pub(super) unsafe fn pack_rows<V: Vector>(
    from: *const V::Element,
    stride: usize,
    inner: usize,
    columns: usize,
    to: *mut V::Element,
) {
    let (whole, rest) = (columns / V::LANES * V::LANES, columns % V::LANES);
    let width = columns.div_ceil(V::LANES) * V::LANES;
    for k in 0..inner {
        // SAFETY: row `k` has `columns` numbers there and `width` here.
        unsafe {
            let (from, to) = (from.add(k * stride), to.add(k * width));
            for column in (0..whole).step_by(V::LANES) {
                V::load(from.add(column)).store(to.add(column));
            }
            if rest > 0 {
                V::load_partial(from.add(whole), rest).store(to.add(whole));
            }
        }
    }
}

/// Packs like [`pack_rows`], from a transposed operand: column `j` is a row of `inner` adjacent numbers there.
/// Works on squares of vectors, so that both sides are read and written in whole vectors.
///
/// # Safety
/// As for [`pack_rows`], with `columns` rows of `inner` numbers, `stride` apart, to read.
#[inline(always)]
pub(super) unsafe fn pack_transposed<V: Vector>(
    from: *const V::Element,
    stride: usize,
    inner: usize,
    columns: usize,
    to: *mut V::Element,
) {
    let width = columns.div_ceil(V::LANES) * V::LANES;
    for column in (0..columns).step_by(V::LANES) {
        for k in (0..inner).step_by(V::LANES) {
            let (rows_here, numbers_here) = ((columns - column).min(V::LANES), (inner - k).min(V::LANES));
            // SAFETY: the square reads `rows_here` rows of `numbers_here` numbers, and writes `numbers_here` rows of a
            // vector each; both are within what the caller promises.
            unsafe {
                let from = from.add(column * stride + k);
                let to = to.add(k * width + column);
                let mut square = [V::splat(V::Element::ZERO); MAX_LANES];
                if rows_here == V::LANES && numbers_here == V::LANES {
                    for (row, vector) in square.iter_mut().enumerate().take(V::LANES) {
                        *vector = V::load(from.add(row * stride));
                    }
                    let square = transposed(square);
                    for (row, vector) in square.iter().enumerate().take(V::LANES) {
                        vector.store(to.add(row * width));
                    }
                } else {
                    for (row, vector) in square.iter_mut().enumerate().take(rows_here) {
                        *vector = V::load_partial(from.add(row * stride), numbers_here);
                    }
                    let square = transposed(square);
                    for (row, vector) in square.iter().enumerate().take(numbers_here) {
                        vector.store(to.add(row * width));
                    }
                }
            }
        }
    }
}

/// The transpose of the first `LANES` vectors: each round interleaves vector i with vector i + LANES / 2, which turns
/// the bits of a number's (row, lane) address by one place; after log2(LANES) rounds row and lane have changed places.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn transposed<V: Vector>(mut square: [V; MAX_LANES]) -> [V; MAX_LANES] {
    for _ in 0..V::LANES.ilog2() {
        let before = square;
        for pair in 0..V::LANES / 2 {
            // SAFETY: the caller has the instructions.
            (square[2 * pair], square[2 * pair + 1]) = unsafe { before[pair].interleave(before[pair + V::LANES / 2]) };
        }
    }
    square
}

/// Packs `inner` groups of `rows` adjacent numbers, `stride` apart, so that they lie together.
///
/// # Safety
/// The numbers are there, `to` has room for them, and `1 <= rows <= 8`.
#[inline(always)]
pub(super) unsafe fn pack_left<T: Real>(from: *const T, stride: usize, inner: usize, rows: usize, to: *mut T) {
    macro_rules! choose {
        ($($rows:literal)*) => {
            match rows {
                $(
                    $rows => {
                        for k in 0..inner {
                            // SAFETY: group `k` has `rows` numbers on both sides.
                            unsafe {
                                let group = from.add(k * stride).cast::<[T; $rows]>().read_unaligned();
                                to.add(k * $rows).cast::<[T; $rows]>().write_unaligned(group);
                            }
                        }
                    }
                )*
                _ => unreachable!("a tile of {rows} rows"),
            }
        };
    }
    choose!(1 2 3 4 5 6 7 8);
}
