//! How a product is cut up: which thread computes which outputs, and in blocks of which size.
//!
//! What is used again is so still in a cache. Nothing here changes a result.

use super::Product;
use super::tile::MAX_TILE_ROWS;
use std::ops::Range;

/// Columns are shared out in groups of this many, a multiple of every vector's lanes.
pub(super) const COLUMN_GROUP: usize = 16;

/// The multiply-adds that are worth a thread of their own: four microseconds with AVX-512 and eight with AVX2, when
/// handing them to a thread that is awake takes a third of one.
const WORTH_A_THREAD: usize = 1 << 19;

/// A block of the right operand stays in the second cache (512 KiB and up) while all rows of the left pass by.
const RIGHT_BLOCK_BYTES: usize = 384 << 10;

/// The most columns in a packed block: the fewer columns, the more terms, and the fewer times are sums read and written.
const PACKED_COLUMNS: usize = 256;

/// The longest inner block: a tile of the left operand stays in the first cache while all columns pass by.
const INNER_BLOCK: usize = 512;

/// The shortest inner block, except for products that are shorter.
const SHORTEST_INNER_BLOCK: usize = 16;

/// Up to this size the right operand is left where it is, and in one block.
const SMALL_RIGHT_BYTES: usize = 24 << 10;

/// So many rows pay for packing the right operand, which is then read in order once per tile of rows.
const MANY_ROWS: usize = 128;

/// Rows of the right operand that are longer than this get in each other's way in the caches when they are not packed,
const LONG_RIGHT_ROW_BYTES: usize = 2 << 10;

/// and then so many rows of the left pay for it.
const SOME_ROWS: usize = 32;

/// So few rows are done before memory has delivered the right operand, which is then read in order, once,
const FEW_ROWS: usize = 8;

/// in blocks of about this size.
const FEW_ROWS_BLOCK_BYTES: usize = 32 << 10;

/// If it is transposed, such a block has no more columns than this.
const FEW_ROWS_PACKED_COLUMNS: usize = 48;

/// The multiply-adds up to which a product is not cut up.
const SMALL_WORK: usize = 1 << 15;

/// How one product is computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocking {
    /// Into how many parts the rows are split, for the threads.
    pub row_parts: usize,
    /// Into how many parts the columns are split.
    pub column_parts: usize,
    /// The most terms that are added before the next columns get their turn.
    pub inner_block: usize,
    /// The most columns that get their turn together.
    pub column_block: usize,
    /// Copy each block of the right operand into the order in which the tiles read it.
    pub pack_right: bool,
    /// Copy each tile of the left operand too.
    pub pack_left: bool,
}

impl Blocking {
    /// A product with few multiply-adds is computed from the operands as they lie: choosing well would take longer.
    #[inline(always)]
    pub fn is_needless(product: &Product) -> bool {
        let &Product { rows, inner, columns, .. } = product;
        rows.saturating_mul(inner).saturating_mul(columns) <= SMALL_WORK
    }

    /// Chooses from the sizes of a product and of a number (in bytes), and the number of threads; `is_packed` where the right
    /// operand was packed before, as a whole.
    pub fn new(product: &Product, number: usize, threads: usize, is_packed: bool) -> Self {
        let &Product { rows, inner, columns, left_transposed, right_transposed, .. } = product;
        // Few rows take as long as more do, because they wait for memory.
        let work = rows.max(FEW_ROWS).saturating_mul(inner).saturating_mul(columns);
        let (row_parts, column_parts) = if threads < 2 || work < 2 * WORTH_A_THREAD {
            (1, 1)
        } else {
            grid(product, threads.min(work / WORTH_A_THREAD), is_packed)
        };
        let rows = rows.div_ceil(row_parts);
        let columns = columns.div_ceil(COLUMN_GROUP).div_ceil(column_parts) * COLUMN_GROUP;
        let right_bytes = inner.saturating_mul(columns).saturating_mul(number);
        let (is_small, has_long_rows) =
            (right_bytes <= SMALL_RIGHT_BYTES, product.columns * number > LONG_RIGHT_ROW_BYTES);
        let pack_right =
            is_packed || right_transposed || (!is_small && (rows > MANY_ROWS || (rows > SOME_ROWS && has_long_rows)));
        let column_block = match () {
            _ if is_small || !pack_right || (is_packed && rows <= FEW_ROWS) => columns,
            _ if rows <= FEW_ROWS => columns.min(FEW_ROWS_PACKED_COLUMNS),
            _ => columns.min(PACKED_COLUMNS),
        };
        let block_bytes = if rows > FEW_ROWS { RIGHT_BLOCK_BYTES } else { FEW_ROWS_BLOCK_BYTES };
        // What was packed is read from end to end whatever its blocks are, and few rows keep their sums in registers.
        let inner_block = if is_small || product.columns == 1 || (is_packed && rows <= FEW_ROWS) {
            inner
        } else {
            (block_bytes / number / column_block).clamp(SHORTEST_INNER_BLOCK, INNER_BLOCK).min(inner)
        };
        let pack_left = left_transposed && columns > 4 * COLUMN_GROUP && rows > MAX_TILE_ROWS;
        Blocking { row_parts, column_parts, inner_block, column_block, pack_right, pack_left }
    }

    /// How many threads get something to do.
    pub fn parts(&self) -> usize {
        self.row_parts * self.column_parts
    }

    /// The rows and columns of a part.
    pub fn part(&self, product: &Product, part: usize) -> (Range<usize>, Range<usize>) {
        let share = |total: usize, unit: usize, parts: usize, index: usize| {
            let units = total.div_ceil(unit);
            (units * index / parts * unit).min(total)..(units * (index + 1) / parts * unit).min(total)
        };
        (
            share(product.rows, MAX_TILE_ROWS, self.row_parts, part / self.column_parts),
            share(product.columns, COLUMN_GROUP, self.column_parts, part % self.column_parts),
        )
    }

    /// The blocks of some columns, in order: for each block of columns, each block of terms.
    #[inline(always)]
    pub fn blocks(
        &self,
        product: &Product,
        columns: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + use<> {
        let (terms, inner_block) = (product.inner, self.inner_block);
        blocks(columns, self.column_block, COLUMN_GROUP)
            .flat_map(move |columns| blocks(0..terms, inner_block, 1).map(move |inner| (columns.clone(), inner)))
    }

    /// How many numbers a packed block of the right operand has.
    pub fn packed_right(&self) -> usize {
        if self.pack_right { packed(self.inner_block, self.column_block) } else { 0 }
    }

    /// How many numbers a packed tile of the left operand has.
    pub fn packed_left(&self) -> usize {
        if self.pack_left { (self.inner_block * MAX_TILE_ROWS).next_multiple_of(COLUMN_GROUP) } else { 0 }
    }
}

/// How many numbers a block of `inner` rows and `columns` columns has when it is packed for vectors of any size.
pub(super) fn packed(inner: usize, columns: usize) -> usize {
    inner * columns.next_multiple_of(COLUMN_GROUP)
}

/// The grid of rows and columns whose parts read the fewest numbers. Those of the right operand count twice where they are
/// packed too. Where they were packed before, those of the left count three times: another thread has just written them, so
/// that they come from the cache of another core, unless each thread keeps to its rows.
fn grid(product: &Product, parts: usize, is_packed: bool) -> (usize, usize) {
    let (left, right) = if is_packed { (3, 1) } else { (1, 2) };
    let (row_groups, column_groups) = (product.rows.div_ceil(MAX_TILE_ROWS), product.columns.div_ceil(COLUMN_GROUP));
    (1..=parts)
        .map(|row_parts| (row_parts.min(row_groups), (parts / row_parts).min(column_groups)))
        .min_by_key(|&(row_parts, column_parts)| {
            let (rows, columns) = (row_groups.div_ceil(row_parts), column_groups.div_ceil(column_parts));
            let work = rows * columns * MAX_TILE_ROWS * COLUMN_GROUP;
            (work, left * rows * MAX_TILE_ROWS + right * columns * COLUMN_GROUP)
        })
        .unwrap_or((1, 1))
}

/// Splits a range into blocks of nearly equal size, at most `most` each (a multiple of `unit`), on multiples of `unit`.
/// An empty range is one empty block.
#[inline(always)]
pub(super) fn blocks(range: Range<usize>, most: usize, unit: usize) -> Blocks {
    let length = range.len();
    let (count, size, larger) = if length <= most {
        (1, length, 0)
    } else {
        let units = length.div_ceil(unit);
        let count = units.div_ceil(most / unit);
        (count, units / count * unit, units % count)
    };
    Blocks { count, start: range.start, end: range.end, size, larger, unit }
}

/// The blocks of a range, in order.
pub(super) struct Blocks {
    /// How many blocks are left.
    count: usize,
    /// Where the next one starts.
    start: usize,
    /// Where the last one ends.
    end: usize,
    /// The size of a block,
    size: usize,
    /// how many more have one unit more,
    larger: usize,
    /// and how large that is.
    unit: usize,
}

impl Iterator for Blocks {
    type Item = Range<usize>;

    #[inline(always)]
    fn next(&mut self) -> Option<Range<usize>> {
        self.count = self.count.checked_sub(1)?;
        let start = self.start;
        self.start += self.size;
        if self.larger > 0 {
            self.start += self.unit;
            self.larger -= 1;
        }
        Some(start..self.start.min(self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_a_range_evenly_and_in_order() {
        let split = |length: usize, most, unit| blocks(5..5 + length, most, unit).map(|b| b.len()).collect::<Vec<_>>();
        assert_eq!(split(10, 8, 1), [5, 5]);
        assert_eq!(split(17, 8, 1), [6, 6, 5]);
        assert_eq!(split(0, 8, 1), [0]);
        assert_eq!(split(70, 32, 16), [32, 32, 6]);
        assert_eq!(split(30, 32, 16), [30]);
    }

    #[test]
    fn the_parts_of_a_product_cover_its_outputs_once() {
        for threads in [1, 2, 3, 7, 8, 64] {
            for (rows, inner, columns) in
                [(1, 5000, 5000), (5000, 700, 3), (300, 300, 300), (17, 100_000, 17), (2, 2, 2)]
            {
                let product = Product { rows, inner, columns, ..Product::default() };
                let blocking = Blocking::new(&product, 4, threads, false);
                assert!(blocking.parts() <= threads);
                let mut times = vec![0; rows * columns];
                for part in 0..blocking.parts() {
                    let (rows, part_columns) = blocking.part(&product, part);
                    for row in rows {
                        part_columns.clone().for_each(|column| times[row * columns + column] += 1);
                    }
                }
                assert!(times.iter().all(|&times| times == 1), "{product:?} on {threads}: {blocking:?}");
            }
        }
    }
}
