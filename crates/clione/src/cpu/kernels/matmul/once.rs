//! A right operand that is packed once, as a whole, for many products: the weights of a prediction.

use super::blocking::{Blocking, packed};
use super::{Operands, Scratch};
use crate::cpu::Cpu;
use crate::cpu::simd::{Element, Vector, VectorTask};
use crate::plan::step::Product;
use std::ops::Range;

/// The right operand of a [`product`](super::product).
#[derive(Clone, Copy)]
pub struct Right<'a, T> {
    /// As it lies.
    pub(super) numbers: &'a [T],
    /// As [`pack_right`] left it.
    pub(super) packed: Option<&'a [T]>,
}

impl<'a, T> Right<'a, T> {
    /// The operand together with what [`pack_right`] made of it, for the same product and `cpu`.
    pub fn packed(numbers: &'a [T], packed: &'a [T]) -> Self {
        Right { numbers, packed: Some(packed) }
    }
}

impl<'a, T> From<&'a [T]> for Right<'a, T> {
    fn from(numbers: &'a [T]) -> Self {
        Right { numbers, packed: None }
    }
}

/// Packs a right operand once for all products of this size on this `cpu`: `to` has [`Product::packed_needed`] numbers,
/// best from a cache line on. Not for products where that is 0.
///
/// ```
/// use clione::cpu::{Cpu, kernels::matmul::{Right, pack_right, product}};
/// use clione::plan::step::Product;
/// let (cpu, shape) = (Cpu::new(1), Product { rows: 40, inner: 30, columns: 50, ..Product::default() });
/// let (left, right) = ([0.5; 40 * 30], [2.0; 30 * 50]);
/// let mut packed = vec![0.0; shape.packed_needed()];
/// pack_right(&cpu, &shape, &right, &mut packed);
/// let mut scratch = vec![0.0; shape.scratch_needed::<f32>(&cpu)];
/// let mut output = [0.0; 40 * 50];
/// product(&cpu, &shape, &left, Right::packed(&right, &packed), &mut output, &mut scratch, None);
/// assert_eq!(output, [30.0; 40 * 50]);
/// ```
///
/// # Panics
/// When a slice has the wrong size.
pub fn pack_right<T: Element>(cpu: &Cpu, product: &Product, right: &[T], to: &mut [T]) {
    assert!(product.packed_needed() > 0 && to.len() >= product.packed_needed(), "room for the packed operand");
    assert_eq!(Some(right.len()), product.inner.checked_mul(product.columns), "numbers in the right operand");
    let (product, _) = product.upright();
    let blocking = Blocking::new(&product, size_of::<T>(), cpu.threads.count(), true);
    let operands = Operands {
        product: &product,
        left: std::ptr::null(),
        right: right.as_ptr(),
        output: std::ptr::null_mut(),
        epilogue: None,
    };
    let to = Scratch(to.as_mut_ptr());
    // The first parts have the rows of one part and all columns.
    cpu.threads.run(blocking.column_parts, &|index| {
        let (_, columns) = blocking.part(&product, index);
        let pack = PackRight { operands: &operands, blocking: &blocking, columns, to: to.at(0) };
        cpu.instruction_set.run_with_vector(pack);
    });
}

/// Packing the columns of a part, once for many products. To make one is to promise that the columns lie within the
/// product, that `to` has room for the whole operand, and that nobody else packs these columns.
struct PackRight<'a, T> {
    operands: &'a Operands<'a, T>,
    blocking: &'a Blocking,
    columns: Range<usize>,
    to: *mut T,
}

impl<T: Element> VectorTask<T> for PackRight<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector<Element = T>>(self) {
        let product = self.operands.product;
        for (columns, inner) in self.blocking.blocks(product, self.columns) {
            // SAFETY: the block lies within the product, and has its own place in `to`.
            unsafe {
                let to = self.to.add(block_start(product, &columns, &inner));
                self.operands.pack_right::<V>(&columns, &inner, to);
            }
        }
    }
}

/// Where a block lies in a right operand that is packed as a whole.
#[inline(always)]
pub(super) fn block_start(product: &Product, columns: &Range<usize>, inner: &Range<usize>) -> usize {
    columns.start * product.inner + packed(inner.start, columns.len())
}
