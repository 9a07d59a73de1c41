//! The innermost kernel: a tile of outputs that stays in registers while k runs over all its terms.

use crate::base::real::Real;
use crate::cpu::simd::{CACHE_LINE, Vector, Vectorised, prefetch};

/// The most rows that any register tile has.
pub(super) const MAX_TILE_ROWS: usize = 8;

/// How many vectors wide the tile of a single row is: eight chains keep two units of four cycles busy.
const ROW_VECTORS: usize = 8;

/// How many vectors wide the tiles of a product with this many rows are, at most.
#[inline(always)]
pub(super) const fn most_vectors<V: Vector>(rows: usize) -> usize {
    if rows == 1 && V::TILE_VECTORS > 1 { ROW_VECTORS } else { V::TILE_VECTORS }
}

/// How many steps of k ahead the right operand is prefetched. It comes from the second cache, and takes up to eight steps of
/// twelve cycles where somebody else uses that cache as well; the processor does not foresee rows that are far apart.
const PREFETCH_DISTANCE: usize = 8;

/// Tiles of fewer rows are done before a prefetch could be answered.
const FEWEST_ROWS_TO_PREFETCH: usize = 5;

/// Whether a product can ask for such a tile. The others are not compiled: vectors of one lane are never partial and read
/// the left operand row by row, as does a product of one row.
const fn exists<V: Vector>(rows: usize, vectors: usize, rows_adjacent: bool, partial: bool) -> bool {
    rows <= V::TILE_ROWS
        && vectors <= if rows_adjacent { V::TILE_VECTORS } else { most_vectors::<V>(rows) }
        && (V::LANES > 1 || !(rows_adjacent || partial))
}

/// What a tile reads and writes. The tile adds, in this order, left(i, 0) · right(0, j), left(i, 1) · right(1, j), ...
/// to its outputs.
#[derive(Clone, Copy)]
pub(super) struct Tile<T> {
    /// How many terms to add.
    pub inner: usize,
    /// The first number of the left operand.
    pub left: *const T,
    /// From one row of the left operand to the next, or from one k to the next: whichever is not adjacent.
    pub left_stride: usize,
    /// The first number of the right operand; its columns are adjacent.
    pub right: *const T,
    /// From one k of the right operand to the next.
    pub right_stride: usize,
    /// The first output.
    pub output: *mut T,
    /// From one row of outputs to the next.
    pub output_stride: usize,
    /// How many lanes of the last vector are outputs.
    pub last_lanes: usize,
    /// Go on with the sums that the outputs hold, rather than start from zero.
    pub accumulate: bool,
}

/// Computes a tile of `rows` x `vectors` vectors.
///
/// `ROWS_ADJACENT`: the numbers of one k lie together in the left operand (it is transposed or packed); otherwise those
/// of one row do. `PARTIAL`: the last vector of the right operand ends after `last_lanes` numbers; otherwise it can be
/// read whole.
///
/// # Safety
/// The processor has the instructions of `V`; `1 <= rows <= V::TILE_ROWS`, `1 <= vectors <= most_vectors::<V>(rows)`,
/// `1 <= last_lanes <= V::LANES`; what the tile reads and writes is there, and nobody else writes it.
#[inline(always)]
pub(super) unsafe fn compute<V: Vector, const ROWS_ADJACENT: bool, const PARTIAL: bool>(
    rows: usize,
    vectors: usize,
    tile: &Tile<V::Element>,
) {
    macro_rules! choose {
        ($($rows:literal)*; $($wide:literal)*) => {
            // SAFETY: the caller's promises are those of `FixedTile`; sizes above the tile of `V` do not occur.
            unsafe {
                match (rows, vectors) {
                    $(
                        ($rows, 1) if const { exists::<V>($rows, 1, ROWS_ADJACENT, PARTIAL) } => {
                            V::run(FixedTile::<V, $rows, 1, ROWS_ADJACENT, PARTIAL>(tile))
                        }
                        ($rows, 2) if const { exists::<V>($rows, 2, ROWS_ADJACENT, PARTIAL) } => {
                            V::run(FixedTile::<V, $rows, 2, ROWS_ADJACENT, PARTIAL>(tile))
                        }
                        ($rows, 3) if const { exists::<V>($rows, 3, ROWS_ADJACENT, PARTIAL) } => {
                            V::run(FixedTile::<V, $rows, 3, ROWS_ADJACENT, PARTIAL>(tile))
                        }
                    )*
                    $(
                        (1, $wide) if const { exists::<V>(1, $wide, ROWS_ADJACENT, PARTIAL) } => {
                            V::run(FixedTile::<V, 1, $wide, ROWS_ADJACENT, PARTIAL>(tile))
                        }
                    )*
                    _ => unreachable!("a tile of {rows} x {vectors} vectors"),
                }
            }
        };
    }
    choose!(1 2 3 4 5 6 7 8; 4 5 6 7 8);
}

/// A tile whose size is known when it is compiled. To make one is to promise what [`compute`] asks for.
struct FixedTile<'a, V: Vector, const ROWS: usize, const VECTORS: usize, const ROWS_ADJACENT: bool, const PARTIAL: bool>(
    &'a Tile<V::Element>,
);

impl<V: Vector, const ROWS: usize, const VECTORS: usize, const ROWS_ADJACENT: bool, const PARTIAL: bool> Vectorised
    for FixedTile<'_, V, ROWS, VECTORS, ROWS_ADJACENT, PARTIAL>
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let &Tile { inner, left, left_stride, right, right_stride, output, output_stride, last_lanes, accumulate } =
            self.0;
        let is_last = |vector: usize| vector == VECTORS - 1;
        // SAFETY: whoever made the tile promised that all of this is there.
        unsafe {
            let mut sums = [[V::splat(V::Element::ZERO); VECTORS]; ROWS];
            if accumulate {
                for (row, sums) in sums.iter_mut().enumerate() {
                    for (vector, sum) in sums.iter_mut().enumerate() {
                        let at = output.add(row * output_stride + vector * V::LANES);
                        *sum = if is_last(vector) && last_lanes < V::LANES {
                            V::load_partial(at, last_lanes)
                        } else {
                            V::load(at)
                        };
                    }
                }
            }
            let (row_step, inner_step) = if ROWS_ADJACENT { (1, left_stride) } else { (left_stride, 1) };
            let mut left_rows = [left; ROWS];
            for (row, at) in left_rows.iter_mut().enumerate() {
                *at = left.add(row * row_step);
            }
            let mut right = right;
            for k in 0..inner {
                let mut terms = [V::splat(V::Element::ZERO); VECTORS];
                for (vector, term) in terms.iter_mut().enumerate() {
                    let at = right.add(vector * V::LANES);
                    *term = if PARTIAL && is_last(vector) { V::load_partial(at, last_lanes) } else { V::load(at) };
                }
                if ROWS >= FEWEST_ROWS_TO_PREFETCH {
                    let ahead = right.wrapping_add(PREFETCH_DISTANCE * right_stride);
                    for start in (0..VECTORS * V::LANES).step_by(CACHE_LINE / size_of::<V::Element>()) {
                        prefetch(ahead.wrapping_add(start));
                    }
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = V::splat(*left_rows[row].add(k * inner_step));
                    for (sum, term) in sums.iter_mut().zip(terms) {
                        *sum = factor.mul_add(term, *sum);
                    }
                }
                right = right.add(right_stride);
            }
            for (row, sums) in sums.iter().enumerate() {
                for (vector, sum) in sums.iter().enumerate() {
                    let at = output.add(row * output_stride + vector * V::LANES);
                    if is_last(vector) && last_lanes < V::LANES {
                        sum.store_partial(at, last_lanes);
                    } else {
                        sum.store(at);
                    }
                }
            }
        }
    }
}
