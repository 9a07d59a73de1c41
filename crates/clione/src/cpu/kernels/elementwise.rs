//! Runs of element-by-element operations: a program goes over its value block by block.
//!
//! What one operation leaves is so still in the nearest cache when the next one takes it.

use super::memory::Memory;
use crate::base::real::Real;
use crate::cpu::simd::{InstructionSet, Vectorised};
use crate::graph::activation::{Activation, Function, Visitor};
use crate::graph::formula;
use crate::graph::op::Op;
use crate::plan::Place;
use crate::plan::step::{Instruction, MAX_INSTRUCTIONS, Operand, Program, Source, View};

/// How many numbers an operation handles before the next operation has its turn.
const BLOCK: usize = 128;

/// Blocks of intermediate results: one for each instruction, and one for each operand that is repeated or constant.
const SLOTS: usize = 3 * MAX_INSTRUCTIONS;

/// How many numbers of memory a run needs for its intermediate results. It is given to it: on the stack, making room for so
/// much takes longer than a short run does.
pub(crate) const ROOM: usize = SLOTS * BLOCK;

/// A program on a run of its value's elements.
pub(crate) struct Run<'a, T> {
    /// What to compute.
    pub program: &'a Program<Place>,
    /// Where its operands and its output lie.
    pub memory: Memory<T>,
    /// The first element of the run.
    pub first: usize,
    /// How many elements.
    pub length: usize,
    /// Where the product of the run's elements lies, for the epilogue of a product.
    pub accumulator: *const T,
    /// [`ROOM`] numbers that nobody else uses meanwhile; what they hold does not matter.
    pub room: *mut T,
}

impl<T: Real> Run<'_, T> {
    /// Computes the run's elements with these instructions.
    ///
    /// # Safety
    /// The places of the program lie in the memory, no other thread writes its operands or touches these elements of its
    /// output, the accumulator leads to `length` numbers if the program reads it, and the room to as many as it says. The
    /// output may lie where the accumulator does, and nowhere else where something is read.
    #[inline(always)]
    pub(crate) unsafe fn run(self, instruction_set: InstructionSet) {
        instruction_set.run(self);
    }
}

impl<T: Real> Vectorised for Run<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let columns = self.program.columns;
        let is_repeated = |view| self.program.operands.iter().any(|operand| operand.view == view);
        let mut slots = Slots(self.room);
        if !is_repeated(View::Row) && !is_repeated(View::Column) {
            self.blocks(BLOCK, 0, &mut slots);
        } else if columns <= BLOCK && self.first.is_multiple_of(columns) && !is_repeated(View::Column) {
            // Rows are short: a block takes several, and repeated rows are written out once for all blocks.
            self.blocks(BLOCK / columns * columns, columns, &mut slots);
        } else {
            let mut at = 0;
            while at < self.length {
                let left_in_row = columns - (self.first + at) % columns;
                let length = left_in_row.min(self.length - at).min(BLOCK);
                self.block(at, length, 0, &mut slots);
                at += length;
            }
        }
    }
}

impl<T: Real> Run<'_, T> {
    /// Goes over the run in blocks of `size`; where `columns` is not 0, blocks begin at the beginning of a row and rows
    /// have so many numbers.
    #[inline(always)]
    fn blocks(&self, size: usize, columns: usize, slots: &mut Slots<T>) {
        let mut at = 0;
        while at < self.length {
            let length = size.min(self.length - at);
            self.block(at, length, columns, slots);
            at += length;
        }
    }

    /// Runs every instruction on `length` elements from `at` on.
    #[inline(always)]
    fn block(&self, at: usize, length: usize, columns: usize, slots: &mut Slots<T>) {
        let last = self.program.instructions.len() - 1;
        for (index, instruction) in self.program.instructions.iter().enumerate() {
            let [first, second] = instruction.sources;
            let staging = MAX_INSTRUCTIONS + 2 * index;
            let x = self.source(first, at, length, columns, staging, slots, index == last);
            let y = self.source(second, at, length, columns, staging + 1, slots, index == last);
            let out = if index < last {
                slots.slot(index)
            } else {
                self.memory.at(self.program.output).wrapping_add(self.first + at)
            };
            // SAFETY: sources and result are `length` numbers each, in the places that the caller of `run` answers for
            // or in slots of their own; what a last instruction reads from its own output was copied to a slot.
            unsafe {
                let x = std::slice::from_raw_parts(x, length);
                let y = std::slice::from_raw_parts(y, length);
                let out = std::slice::from_raw_parts_mut(out, length);
                compute(instruction, x, y, out);
            }
        }
    }

    /// Where an instruction finds `length` numbers of a source.
    #[expect(clippy::too_many_arguments, reason = "the block, and where to write a source out")]
    #[inline(always)]
    fn source(
        &self,
        source: Source,
        at: usize,
        length: usize,
        columns: usize,
        staging: usize,
        slots: &mut Slots<T>,
        is_last: bool,
    ) -> *const T {
        let first = self.first + at;
        match source {
            Source::Result(index) => slots.slot(index),
            Source::Accumulator => {
                let numbers = self.accumulator.wrapping_add(at);
                let is_output = std::ptr::eq(numbers, self.memory.at(self.program.output).wrapping_add(first));
                if is_last && is_output {
                    // SAFETY: the accumulator leads to the numbers of this block, and no slot does.
                    unsafe { slots.copy(staging, numbers, length) }
                } else {
                    numbers
                }
            }
            Source::Number(value) => slots.fill(staging, T::of(value), length),
            Source::Operand(index) => {
                let Operand { at: place, view } = self.program.operands[index];
                let start = self.memory.at(place).cast_const();
                // SAFETY: the operand has as many numbers as its view says, and no slot is an operand.
                unsafe {
                    match view {
                        View::Full => start.wrapping_add(first),
                        View::Single => slots.fill(staging, *start, length),
                        View::Column => slots.fill(staging, *start.wrapping_add(first / self.program.columns), length),
                        View::Row if columns == 0 => start.wrapping_add(first % self.program.columns),
                        View::Row => {
                            if at == 0 {
                                for row in 0..length.div_ceil(columns) {
                                    let to = slots.slot(staging).add(row * columns);
                                    std::ptr::copy_nonoverlapping(start, to, columns);
                                }
                            }
                            slots.slot(staging)
                        }
                    }
                }
            }
        }
    }
}

/// Memory for blocks of intermediate results.
struct Slots<T>(*mut T);

impl<T: Real> Slots<T> {
    #[inline(always)]
    fn slot(&mut self, index: usize) -> *mut T {
        assert!(index < SLOTS);
        self.0.wrapping_add(index * BLOCK)
    }

    #[inline(always)]
    fn fill(&mut self, index: usize, value: T, length: usize) -> *const T {
        assert!(length <= BLOCK);
        let slot = self.slot(index);
        for at in 0..length {
            // SAFETY: a slot has `BLOCK` numbers, for the maker of the run gave it room.
            unsafe { slot.add(at).write(value) };
        }
        slot
    }

    /// # Safety
    /// `from` leads to `length` numbers outside the slots.
    #[inline(always)]
    unsafe fn copy(&mut self, index: usize, from: *const T, length: usize) -> *const T {
        assert!(length <= BLOCK);
        let slot = self.slot(index);
        // SAFETY: a slot has `BLOCK` numbers; the caller answers for `from`.
        unsafe { std::ptr::copy_nonoverlapping(from, slot, length) };
        slot
    }
}

/// out = op(x, y): the choice of the operation is made once for the block.
#[inline(always)]
fn compute<T: Real>(instruction: &Instruction, x: &[T], y: &[T], out: &mut [T]) {
    match instruction.op {
        Op::Add(..) => zip(x, y, out, |x, y| x + y),
        Op::Sub(..) => zip(x, y, out, |x, y| x - y),
        Op::Mul(..) => zip(x, y, out, |x, y| x * y),
        Op::SigmoidCrossEntropy(..) => zip(x, y, out, formula::sigmoid_cross_entropy),
        Op::Scale(_, factor) => {
            let factor = T::of(factor);
            map(x, out, |x| factor * x);
        }
        Op::Square(_) => map(x, out, |x| x * x),
        Op::Abs(_) => map(x, out, |x| x.abs()),
        Op::Sign(_) => map(x, out, formula::sign),
        Op::Huber(_, delta) => {
            let delta = T::of(delta);
            map(x, out, |x| formula::huber(x, delta));
        }
        Op::Clamp(_, limit) => {
            let limit = T::of(limit);
            map(x, out, |x| formula::clamp(x, limit));
        }
        Op::Within(_, limit) => {
            let limit = T::of(limit);
            map(x, out, |x| formula::within(x, limit));
        }
        Op::Activate(activation, _) => activate(activation, x, out),
        Op::Slope(activation, _) => slope(activation, x, out),
        // A value that is repeated or constant, written out.
        Op::Constant(..) | Op::Broadcast(..) => out.copy_from_slice(x),
        Op::Input(_)
        | Op::Parameter(_)
        | Op::Mask { .. }
        | Op::MatMul(..)
        | Op::Transpose(_)
        | Op::Softmax(_)
        | Op::SoftmaxCrossEntropy(..)
        | Op::SumTo(..)
        | Op::Reshape(..)
        | Op::Concat(..)
        | Op::Slice { .. }
        | Op::Pad { .. } => unreachable!("a program holds element-by-element operations only"),
    }
}

#[inline(always)]
fn activate<T: Real>(activation: Activation, x: &[T], out: &mut [T]) {
    struct Values<'a, T>(&'a [T], &'a mut [T]);
    impl<T: Real> Visitor for Values<'_, T> {
        type Output = ();
        #[inline(always)]
        fn visit<F: Function>(self, function: F) {
            map(self.0, self.1, |x| function.value(x));
        }
    }
    activation.dispatch(Values(x, out));
}

#[inline(always)]
fn slope<T: Real>(activation: Activation, x: &[T], out: &mut [T]) {
    struct Slopes<'a, T>(&'a [T], &'a mut [T]);
    impl<T: Real> Visitor for Slopes<'_, T> {
        type Output = ();
        #[inline(always)]
        fn visit<F: Function>(self, function: F) {
            map(self.0, self.1, |x| function.slope(x));
        }
    }
    activation.dispatch(Slopes(x, out));
}

/// out\[i\] = f(x\[i\]).
#[inline(always)]
fn map<T: Real>(x: &[T], out: &mut [T], f: impl Fn(T) -> T) {
    // The plainest loop is the one that the compiler turns into vectors best.
    for (&x, out) in x.iter().zip(out) {
        *out = f(x);
    }
}

/// out\[i\] = f(x\[i\], y\[i\]).
#[inline(always)]
fn zip<T: Real>(x: &[T], y: &[T], out: &mut [T], f: impl Fn(T, T) -> T) {
    for ((&x, &y), out) in x.iter().zip(y).zip(out) {
        *out = f(x, y);
    }
}
