//! Slices of one length and layout, cut into a piece for each thread: how the optimizer's update is shared.

use super::Cpu;
use super::simd::{Element, Vectorised};

/// Fewer numbers than this are not worth waking a second thread for.
const NUMBERS_WORTH_SHARING: usize = 16_384;

/// What is done with one piece of each slice: three that are written, one that is read.
pub trait Piece<T>: Sync {
    /// Does it; every number's result must depend on the numbers at its place alone.
    fn apply(&self, written: [&mut [T]; 3], read: &[T]);
}

/// Calls `piece` for pieces that together make up the slices; a written slice may also be empty, and then all its
/// pieces are. Panics when lengths differ otherwise.
///
/// ```
/// use clione::cpu::{Cpu, slices::{Piece, for_each_piece}};
/// struct AddTo;
/// impl Piece<f32> for AddTo {
///     fn apply(&self, [y, _, _]: [&mut [f32]; 3], x: &[f32]) {
///         y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
///     }
/// }
/// let mut y = [1.0, 2.0];
/// for_each_piece(&Cpu::new(1), [&mut y, &mut [], &mut []], &[10.0, 20.0], &AddTo);
/// assert_eq!(y, [11.0, 22.0]);
/// ```
pub fn for_each_piece<T: Element, P: Piece<T>>(cpu: &Cpu, written: [&mut [T]; 3], read: &[T], piece: &P) {
    let length = read.len();
    assert!(written.iter().all(|slice| slice.is_empty() || slice.len() == length), "slices of one length");
    let threads = cpu.threads.count();
    if threads == 1 || length < NUMBERS_WORTH_SHARING {
        return cpu.instruction_set.run(Apply { written, read, piece });
    }
    let size = length.div_ceil(threads).next_multiple_of(16);
    let pointers = Pointers(written.map(|slice| (slice.as_mut_ptr(), slice.len())));
    cpu.threads.run(length.div_ceil(size), &|part| {
        let (start, end) = (part * size, length.min((part + 1) * size));
        let pointers = &pointers;
        let written = pointers.0.map(|(first, length)| {
            let range = start.min(length)..end.min(length);
            // SAFETY: the range lies in the slice, and no other part has a number of it.
            unsafe { std::slice::from_raw_parts_mut(first.add(range.start), range.len()) }
        });
        cpu.instruction_set.run(Apply { written, read: &read[start..end], piece });
    });
}

/// Calls `fill` for shares of the rows of a matrix that together make up all of it: with the number of the share's first
/// row, and its numbers, which are to be written. Panics unless all rows have as many numbers.
///
/// ```
/// use clione::cpu::{Cpu, slices::for_each_rows};
/// let mut matrix = [0.0f32; 6];
/// for_each_rows(&Cpu::new(1), &mut matrix, 3, &|first, rows| {
///     rows.chunks_mut(2).zip(first..).for_each(|(row, number)| row.fill(number as f32));
/// });
/// assert_eq!(matrix, [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]);
/// ```
pub fn for_each_rows<T: Element>(cpu: &Cpu, matrix: &mut [T], rows: usize, fill: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let (length, threads) = (matrix.len(), cpu.threads.count());
    assert!(rows > 0 && length.is_multiple_of(rows), "{length} numbers in {rows} rows");
    if threads == 1 || length < NUMBERS_WORTH_SHARING {
        return fill(0, matrix);
    }
    let (columns, size) = (length / rows, rows.div_ceil(threads));
    let first = Pointers([(matrix.as_mut_ptr(), length), (std::ptr::null_mut(), 0), (std::ptr::null_mut(), 0)]);
    cpu.threads.run(rows.div_ceil(size), &|part| {
        let first = &first;
        let (start, end) = (part * size, rows.min((part + 1) * size));
        // SAFETY: the rows lie in the matrix, and no other part has a number of them.
        let numbers =
            unsafe { std::slice::from_raw_parts_mut(first.0[0].0.add(start * columns), (end - start) * columns) };
        fill(start, numbers);
    });
}

/// Slices that several threads write, each its own piece.
struct Pointers<T>([(*mut T, usize); 3]);

// SAFETY: threads only take disjoint pieces of what the pointers lead to.
unsafe impl<T: Send> Sync for Pointers<T> {}

/// One piece as a task that is compiled for an instruction set.
struct Apply<'a, T, P> {
    written: [&'a mut [T]; 3],
    read: &'a [T],
    piece: &'a P,
}

impl<T, P: Piece<T>> Vectorised for Apply<'_, T, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.piece.apply(self.written, self.read);
    }
}
