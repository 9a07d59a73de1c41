//! The matrix product, on which nearly all time of a network is spent.
//!
//! output(i, j) = left(i, 0) · right(0, j) + left(i, 1) · right(1, j) + ..., as **one chain of fused multiply-adds in the
//! order of k**, whatever the instructions, threads, blocks or other rows. So a product has the same bits everywhere:
//! those of three plain loops. The README beside this file works one product through.

mod blocking;
mod once;
mod pack;
#[cfg(test)]
mod tests;
mod tile;

use crate::cpu::Cpu;
use crate::cpu::simd::{CACHE_LINE, Element, Scalar, Vector, VectorTask};
use crate::plan::step::Product;
use blocking::{Blocking, Blocks, blocks, packed};
use once::block_start;
pub use once::{Right, pack_right};
use std::ops::Range;
use tile::Tile;

/// So few sums are done one by one before a transposed operand could be turned for them.
const FEW_SUMS: usize = 16;

/// What happens to an output after its last addition, while it is still in a cache: a bias, an activation.
pub trait Epilogue<T>: Sync {
    /// Finishes a run of outputs. `values[0]` is output number `first`: row `first / columns`, column `first % columns`.
    /// A run is one or more whole rows, or a part of one row; every output is in exactly one run. Runs of one `part` come one
    /// after another; there are no more parts than threads.
    fn finish(&self, part: usize, first: usize, values: &mut [T]);
}

impl Product {
    /// How many numbers of scratch memory [`product`] needs for this product.
    pub fn scratch_needed<T: Element>(&self, cpu: &Cpu) -> usize {
        let (product, _) = self.upright();
        let numbers = if Blocking::is_needless(&product) {
            product.small_scratch()
        } else {
            let of_parts = |is_packed: bool| {
                let blocking = Blocking::new(&product, size_of::<T>(), cpu.threads.count(), is_packed);
                let right = if is_packed { 0 } else { blocking.packed_right() };
                blocking.parts() * (right + blocking.packed_left())
            };
            // A right operand that was packed before is cut up in another way.
            of_parts(false).max(of_parts(true))
        };
        // The scratch is used from its first cache line on.
        if numbers == 0 { 0 } else { numbers + CACHE_LINE / size_of::<T>() }
    }

    /// How many numbers the right operand has when it is packed for many such products; 0 where that gains nothing.
    pub fn packed_needed(&self) -> usize {
        let (product, swap) = self.upright();
        let is_worth_it = !swap && product.columns > 1 && !Blocking::is_needless(&product);
        if is_worth_it { packed(product.inner, product.columns) } else { 0 }
    }

    /// How many numbers of it a product needs that is not cut up.
    #[inline(always)]
    fn small_scratch(&self) -> usize {
        if self.right_transposed { packed(self.inner, self.columns) } else { 0 }
    }

    /// The same product, with a column turned into a row where that gives its lanes something to do, and the other way
    /// round. The second result says whether the operands change places.
    ///
    /// A column is left · right with lanes along the rows of left: it is the row rightᵀ · leftᵀ, which lies in memory as
    /// the column does.
    #[inline(always)]
    fn upright(&self) -> (Product, bool) {
        let &Product { rows, columns, left_transposed, right_transposed, .. } = self;
        if columns == 1 && (left_transposed || rows >= FEW_SUMS) {
            (
                Product { rows: 1, columns: rows, left_transposed: false, right_transposed: !left_transposed, ..*self },
                true,
            )
        } else if rows == 1 && right_transposed && columns < FEW_SUMS {
            (Product { rows: columns, columns: 1, left_transposed: false, right_transposed: false, ..*self }, true)
        } else {
            let (left_transposed, right_transposed) = (left_transposed && rows > 1, right_transposed && columns > 1);
            (Product { left_transposed, right_transposed, ..*self }, false)
        }
    }
}

/// output = left · right, and the epilogue on every output.
///
/// The slices have exactly the sizes that the product says, `scratch` at least [`Product::scratch_needed`] for this `cpu`;
/// what it holds does not matter. Allocates nothing.
///
/// ```
/// use clione::cpu::{Cpu, kernels::matmul::product};
/// use clione::plan::step::Product;
/// let cpu = Cpu::new(1);
/// let shape = Product { rows: 2, inner: 3, columns: 1, ..Product::default() };
/// let mut scratch = vec![0.0; shape.scratch_needed::<f32>(&cpu)];
/// let mut output = [0.0; 2];
/// let right = [1.0, 0.0, -1.0].as_slice().into();
/// product(&cpu, &shape, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], right, &mut output, &mut scratch, None);
/// assert_eq!(output, [-2.0, -2.0]);
/// ```
///
/// # Panics
/// When a slice has the wrong size.
pub fn product<T: Element>(
    cpu: &Cpu,
    product: &Product,
    left: &[T],
    right: Right<'_, T>,
    output: &mut [T],
    scratch: &mut [T],
    epilogue: Option<&dyn Epilogue<T>>,
) {
    let Product { rows, inner, columns, .. } = *product;
    let Right { numbers: right, packed } = right;
    assert_eq!(Some(left.len()), rows.checked_mul(inner), "numbers in the left operand of {product:?}");
    assert_eq!(Some(right.len()), inner.checked_mul(columns), "numbers in the right operand of {product:?}");
    assert_eq!(Some(output.len()), rows.checked_mul(columns), "numbers in the output of {product:?}");
    if output.is_empty() {
        return;
    }
    let (product, swap) = product.upright();
    let (left, right) = if swap { (right, left) } else { (left, right) };
    let operands = Operands {
        product: &product,
        left: left.as_ptr(),
        right: right.as_ptr(),
        output: output.as_mut_ptr(),
        epilogue,
    };
    if Blocking::is_needless(&product) {
        let packed_right = scratch_start(scratch, product.small_scratch());
        cpu.instruction_set.run_with_vector(Small { operands: &operands, packed_right });
        return;
    }

    let packed = packed.filter(|_| !swap && product.columns > 1);
    if let Some(packed) = packed {
        assert!(packed.len() >= product.packed_needed(), "the right operand was packed for another product");
    }
    let blocking = Blocking::new(&product, size_of::<T>(), cpu.threads.count(), packed.is_some());
    let right_numbers = if packed.is_some() { 0 } else { blocking.packed_right() };
    let left_numbers = blocking.packed_left();
    let scratch = Scratch(scratch_start(scratch, blocking.parts() * (right_numbers + left_numbers)));
    cpu.threads.run(blocking.parts(), &|index| {
        let (rows, columns) = blocking.part(&product, index);
        let start = index * (right_numbers + left_numbers);
        cpu.instruction_set.run_with_vector(Part {
            index,
            operands: &operands,
            blocking: &blocking,
            rows,
            columns,
            whole_right: packed.map(<[T]>::as_ptr),
            packed_right: scratch.at(start),
            packed_left: scratch.at(start + right_numbers),
        });
    });
}

/// The first cache line of `scratch`, when it has room for this many numbers from there.
fn scratch_start<T>(scratch: &mut [T], numbers: usize) -> *mut T {
    if numbers == 0 {
        return scratch.as_mut_ptr();
    }
    let start = scratch.as_ptr().align_offset(CACHE_LINE);
    assert!(scratch.len() >= start.saturating_add(numbers), "the scratch is too small");
    scratch.as_mut_ptr().wrapping_add(start)
}

/// Where the operands and the output are. To make one is to promise that the pointers lead to as many numbers as the
/// product says, that each output is written by one thread only, and that nobody writes the operands.
struct Operands<'a, T> {
    product: &'a Product,
    left: *const T,
    right: *const T,
    output: *mut T,
    epilogue: Option<&'a dyn Epilogue<T>>,
}

// SAFETY: several threads read the operands through the pointers, and each output is written by one of them, as the maker
// has promised; numbers can be sent between threads.
unsafe impl<T: Element> Sync for Operands<'_, T> {}

/// The scratch memory, of which every part uses its own piece.
struct Scratch<T>(*mut T);

// SAFETY: no two threads use the same piece, as whoever makes a `Part` promises; numbers can be sent between threads.
unsafe impl<T: Element> Sync for Scratch<T> {}

impl<T> Scratch<T> {
    fn at(&self, offset: usize) -> *mut T {
        self.0.wrapping_add(offset)
    }
}

/// A product that is over before blocks could be chosen: tile after tile, with the right operand packed only if it is
/// transposed. To make one is to promise that the scratch has room for that.
struct Small<'a, T> {
    operands: &'a Operands<'a, T>,
    packed_right: *mut T,
}

impl<T: Element> VectorTask<T> for Small<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector<Element = T>>(self) {
        // SAFETY: the caller has the instructions of `V`, and so those of its scalars.
        unsafe { if self.operands.product.columns == 1 { self.tiles::<Scalar<V>>() } else { self.tiles::<V>() } }
    }
}

impl<T: Element> Small<'_, T> {
    /// # Safety
    /// The processor has the instructions of `V`.
    #[inline(always)]
    unsafe fn tiles<V: Vector<Element = T>>(&self) {
        let &Small { operands, packed_right } = self;
        let &Product { rows, inner, columns, right_transposed, .. } = operands.product;
        let (inner, columns) = (0..inner, 0..columns);
        // SAFETY: the ranges are those of the product.
        unsafe {
            let packed_right = right_transposed.then(|| operands.pack_right::<V>(&columns, &inner, packed_right));
            for rows in blocks(0..rows, V::TILE_ROWS, 1) {
                let left = operands.left_at(rows.start, 0);
                operands.row_of_tiles::<V>(&rows, &columns, &inner, left, packed_right);
                operands.finish(0, &rows, &columns);
            }
        }
    }
}

/// The outputs that one thread computes. To make one is to promise that the rows and columns lie within the product, that
/// the scratch has the sizes that the blocking asks for, and that nobody else uses this scratch and these outputs.
struct Part<'a, T> {
    index: usize,
    operands: &'a Operands<'a, T>,
    blocking: &'a Blocking,
    rows: Range<usize>,
    columns: Range<usize>,
    /// The right operand where it was packed before.
    whole_right: Option<*const T>,
    packed_right: *mut T,
    packed_left: *mut T,
}

impl<T: Element> VectorTask<T> for Part<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector<Element = T>>(self) {
        // SAFETY: the caller has the instructions of `V`, and so those of its scalars.
        unsafe { if self.operands.product.columns == 1 { self.blocks::<Scalar<V>>() } else { self.blocks::<V>() } }
    }
}

impl<T: Element> Part<'_, T> {
    /// Computes the part block by block: for each block of columns, each block of terms, each tile of rows.
    ///
    /// # Safety
    /// The processor has the instructions of `V`.
    #[inline(always)]
    unsafe fn blocks<V: Vector<Element = T>>(&self) {
        let &Part { operands, blocking, whole_right, packed_right, packed_left, .. } = self;
        let product = operands.product;
        for (columns, inner) in blocking.blocks(product, self.columns.clone()) {
            // SAFETY: the block is within the part, and where the right operand was packed it lies at its start.
            unsafe {
                let packed_right = match whole_right {
                    Some(whole) => Some(whole.add(block_start(product, &columns, &inner))),
                    None => blocking.pack_right.then(|| operands.pack_right::<V>(&columns, &inner, packed_right)),
                };
                for rows in blocks(self.rows.clone(), V::TILE_ROWS, 1) {
                    let mut left = operands.left_at(rows.start, inner.start);
                    if blocking.pack_left {
                        pack::pack_left(left.0, left.1, inner.len(), rows.len(), packed_left);
                        left = (packed_left, rows.len());
                    }
                    operands.row_of_tiles::<V>(&rows, &columns, &inner, left, packed_right);
                    if inner.end == product.inner {
                        operands.finish(self.index, &rows, &columns);
                    }
                }
            }
        }
    }
}

impl<T: Element> Operands<'_, T> {
    /// Where row `row` and term `k` of the left operand is, and the stride of a tile that starts there.
    ///
    /// # Safety
    /// They lie within the product.
    #[inline(always)]
    unsafe fn left_at(&self, row: usize, k: usize) -> (*const T, usize) {
        let product = self.product;
        let (offset, stride) = if product.left_transposed {
            (k * product.rows + row, product.rows)
        } else {
            (row * product.inner + k, product.inner)
        };
        // SAFETY: the offset lies within the operand, or at its end when there are no terms.
        (unsafe { self.left.add(offset) }, stride)
    }

    /// Packs a block of the right operand, panel after panel, and returns where it is.
    ///
    /// # Safety
    /// The processor has the instructions of `V`, the ranges lie within the product, and `to` has room for as many rows
    /// as `inner` has of all columns, filled up to whole vectors.
    #[inline(always)]
    unsafe fn pack_right<V: Vector<Element = T>>(
        &self,
        columns: &Range<usize>,
        inner: &Range<usize>,
        to: *mut T,
    ) -> *const T {
        let &Operands { product, right, .. } = self;
        for panel in panels::<V>(product.rows, columns) {
            // SAFETY: the panel lies within the operand; all panels before it are whole vectors wide.
            unsafe {
                let to = to.add((panel.start - columns.start) * inner.len());
                if product.right_transposed {
                    let from = right.add(panel.start * product.inner + inner.start);
                    pack::pack_transposed::<V>(from, product.inner, inner.len(), panel.len(), to);
                } else {
                    let from = right.add(inner.start * product.columns + panel.start);
                    pack::pack_rows::<V>(from, product.columns, inner.len(), panel.len(), to);
                }
            }
        }
        to
    }

    /// Computes the tiles that have the same rows, from the left operand at `left` with its stride, and from the right
    /// operand as it lies or from its packed block.
    ///
    /// # Safety
    /// The processor has the instructions of `V`; the ranges lie within the product; `rows` is at most a tile's; `left`
    /// and `packed_right` hold these rows, columns and terms.
    #[inline(always)]
    unsafe fn row_of_tiles<V: Vector<Element = T>>(
        &self,
        rows: &Range<usize>,
        columns: &Range<usize>,
        inner: &Range<usize>,
        (left, left_stride): (*const T, usize),
        packed_right: Option<*const T>,
    ) {
        let product = self.product;
        // SAFETY: all offsets stay within the operands, the output and the packed block, because the ranges do.
        unsafe {
            let mut tile = Tile {
                inner: inner.len(),
                left,
                left_stride,
                right: self.right,
                right_stride: product.columns,
                output: self.output,
                output_stride: product.columns,
                last_lanes: V::LANES,
                accumulate: inner.start > 0,
            };
            let output = self.output.add(rows.start * product.columns);
            let right = self.right.add(inner.start * product.columns);
            for panel in panels::<V>(product.rows, columns) {
                let vectors = panel.len().div_ceil(V::LANES);
                tile.output = output.add(panel.start);
                tile.last_lanes = (panel.len() - 1) % V::LANES + 1;
                if let Some(packed_right) = packed_right {
                    tile.right = packed_right.add((panel.start - columns.start) * inner.len());
                    tile.right_stride = vectors * V::LANES;
                } else {
                    tile.right = right.add(panel.start);
                }
                let is_partial = packed_right.is_none() && tile.last_lanes < V::LANES;
                match (product.left_transposed, is_partial) {
                    (false, false) => tile::compute::<V, false, false>(rows.len(), vectors, &tile),
                    (false, true) => tile::compute::<V, false, true>(rows.len(), vectors, &tile),
                    (true, false) => tile::compute::<V, true, false>(rows.len(), vectors, &tile),
                    (true, true) => tile::compute::<V, true, true>(rows.len(), vectors, &tile),
                }
            }
        }
    }

    /// Hands outputs that are complete to the epilogue.
    ///
    /// # Safety
    /// The ranges lie within the product, and the outputs are this thread's.
    #[inline(always)]
    unsafe fn finish(&self, part: usize, rows: &Range<usize>, columns: &Range<usize>) {
        let Some(epilogue) = self.epilogue else { return };
        let width = self.product.columns;
        let run = |first: usize, length: usize| {
            // SAFETY: the run lies within these rows and columns of the output, which nobody else touches.
            epilogue.finish(part, first, unsafe { std::slice::from_raw_parts_mut(self.output.add(first), length) });
        };
        if columns.len() == width {
            run(rows.start * width, rows.len() * width);
        } else {
            rows.clone().for_each(|row| run(row * width + columns.start, columns.len()));
        }
    }
}

/// Splits the columns of a product with this many rows into panels as wide as a tile, on multiples of a vector; the last
/// vector of the last panel may be partial.
#[inline(always)]
fn panels<V: Vector>(rows: usize, columns: &Range<usize>) -> Blocks {
    blocks(columns.clone(), tile::most_vectors::<V>(rows) * V::LANES, V::LANES)
}
