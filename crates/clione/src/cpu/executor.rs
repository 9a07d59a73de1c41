//! Runs a plan: one kernel after another on one arena; a run allocates nothing.

use super::Cpu;
use super::kernels::elementwise::{ROOM, Run};
use super::kernels::mask::Mask;
use super::kernels::matmul::{Epilogue, Right, pack_right, product};
use super::kernels::memory::Memory;
use super::kernels::reduce::{Sum, SumColumns, SumRows};
use super::kernels::softmax::{Softmax, SoftmaxCrossEntropy};
use super::simd::{Element, InstructionSet};
use super::slices::for_each_rows;
use crate::base::aligned::Aligned;
use crate::base::rng::{Purpose, Rng};
use crate::base::version::Version;
use crate::plan::step::{Action, Over, Product, Program, Step};
use crate::plan::{Place, Plan, Space};
use std::ops::Range;
use std::sync::Arc;

/// Fewer operations than this are not worth waking a second thread for.
const OPERATIONS_WORTH_SHARING: usize = 40_000;

/// What the random numbers of a run follow from: the seed, and which step of which epoch this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Draw {
    /// The seed of the training run.
    pub seed: u64,
    /// The epoch.
    pub epoch: u32,
    /// The step in it.
    pub step: u32,
}

/// A plan, the memory its values lie in, and what it runs on.
///
/// ```
/// use clione::cpu::{Cpu, executor::{Draw, Executor}};
/// use clione::graph::Graph;
/// use clione::plan::{Plan, Request};
/// use std::sync::Arc;
/// let mut graph = Graph::new();
/// let (x, w) = (graph.input([1, 2]), graph.parameter([2, 1]));
/// let y = graph.matmul(x, w).unwrap();
/// let plan = Plan::new(&graph, &Request { outputs: vec![y], ..Request::default() });
/// let mut executor = Executor::<f64>::new(plan, Arc::new(Cpu::new(1)));
/// executor.input_mut(0).copy_from_slice(&[1.0, 2.0]);
/// executor.run(&[3.0, 4.0], &mut [], Draw::default());
/// assert_eq!(executor.output(0), [11.0]);
/// ```
pub struct Executor<T> {
    plan: Plan,
    cpu: Arc<Cpu>,
    arena: Aligned<T>,
    scratch: Scratch<T>,
    packed: Option<Packed<T>>,
}

/// Memory that steps use while they run.
pub struct Scratch<T> {
    /// Of matrix products.
    products: Vec<T>,
    /// Of runs of element-by-element operations: [`ROOM`] for each thread.
    rooms: Aligned<T>,
}

/// The rooms, as threads share them: each part of a step has its own.
struct Rooms<T>(*mut T);

// SAFETY: no two parts use the same room, and numbers can be sent between threads.
unsafe impl<T: Send> Sync for Rooms<T> {}

impl<T> Rooms<T> {
    fn of(&self, part: usize) -> *mut T {
        self.0.wrapping_add(part * ROOM)
    }
}

/// Right operands of products that are parameters, packed once for many runs.
struct Packed<T> {
    /// Of the parameters that were packed.
    version: Version,
    numbers: Aligned<T>,
    /// Where the operand of each step lies; nothing for a step that reads its operand as it is.
    ranges: Vec<Option<Range<usize>>>,
}

impl<T: Element> Executor<T> {
    /// Makes room for the plan's values; the last time that anything is allocated.
    pub fn new(plan: Plan, cpu: Arc<Cpu>) -> Self {
        let products = vec![T::ZERO; scratch_needed::<T>(&plan, &cpu)];
        let scratch = Scratch { products, rooms: Aligned::zeros(cpu.threads.count() * ROOM) };
        let arena = Aligned::zeros(plan.arena_length);
        Executor { plan, cpu, arena, scratch, packed: None }
    }

    /// The plan it runs.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What it runs on.
    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }

    /// Where the input of this number is expected; it stays until it is written again.
    pub fn input_mut(&mut self, number: usize) -> &mut [T] {
        let (place, shape) = self.plan.inputs[number];
        &mut self.arena[place.offset..place.offset + shape.elements()]
    }

    /// Writes the input of this number on all threads: `fill` is given the first row of a share of its rows, and their
    /// numbers.
    pub fn fill_input(&mut self, number: usize, fill: &(dyn Fn(usize, &mut [T]) + Sync)) {
        let (cpu, rows) = (Arc::clone(&self.cpu), self.plan.inputs[number].1.sizes()[0]);
        for_each_rows(&cpu, self.input_mut(number), rows, fill);
    }

    /// The output of this number after a run. Panics for an output that is a parameter or a gradient, which its owner has.
    pub fn output(&self, number: usize) -> &[T] {
        let (place, shape) = self.plan.outputs[number];
        assert_eq!(place.space, Space::Arena, "output {number} lies in the arena");
        &self.arena[place.offset..place.offset + shape.elements()]
    }

    /// Computes every step of the plan.
    ///
    /// Panics unless `parameters` and `gradients` have as many numbers as the plan says.
    pub fn run(&mut self, parameters: &[T], gradients: &mut [T], draw: Draw) {
        assert_eq!(parameters.len(), self.plan.parameters_length, "numbers in the parameters");
        self.packed = None;
        self.run_steps(parameters, gradients, draw);
    }

    /// As [`Executor::run`], for a plan without gradients and parameters that stay the same for many runs: what the products
    /// read is packed once for each version of the parameters.
    ///
    /// Panics unless `parameters` has as many numbers as the plan says.
    ///
    /// ```
    /// use clione::base::version::Version;
    /// use clione::cpu::{Cpu, executor::Executor};
    /// use clione::graph::Graph;
    /// use clione::plan::{Plan, Request};
    /// use std::sync::Arc;
    /// let mut graph = Graph::new();
    /// let (x, w) = (graph.input([50, 40]), graph.parameter([40, 30]));
    /// let y = graph.matmul(x, w).unwrap();
    /// let plan = Plan::new(&graph, &Request { outputs: vec![y], ..Request::default() });
    /// let mut executor = Executor::<f64>::new(plan, Arc::new(Cpu::new(1)));
    /// executor.input_mut(0).fill(0.5);
    /// executor.predict(&[1.0; 40 * 30], &Version::default());
    /// assert_eq!(executor.output(0), [20.0; 50 * 30]);
    /// executor.predict(&[2.0; 40 * 30], &Version::default());
    /// assert_eq!(executor.output(0), [40.0; 50 * 30]);
    /// ```
    pub fn predict(&mut self, parameters: &[T], version: &Version) {
        assert_eq!(parameters.len(), self.plan.parameters_length, "numbers in the parameters");
        if self.packed.as_ref().is_none_or(|packed| packed.version != *version) {
            self.pack(parameters, version);
        }
        self.run_steps(parameters, &mut [], Draw::default());
    }

    /// Packs what products read of the parameters.
    fn pack(&mut self, parameters: &[T], version: &Version) {
        let Executor { plan, cpu, packed, .. } = self;
        let packed = packed.get_or_insert_with(|| {
            let mut length = 0;
            let ranges = plan.steps.iter().map(|step| {
                let (product, _) = packable(step)?;
                let start = length;
                length += product.packed_needed();
                (length > start).then_some(start..length)
            });
            let ranges = ranges.collect();
            Packed { version: version.clone(), numbers: Aligned::zeros(length), ranges }
        });
        packed.version = version.clone();
        for (step, range) in plan.steps.iter().zip(&packed.ranges) {
            if let (Some((product, right)), Some(range)) = (packable(step), range) {
                let right = &parameters[right.offset..right.offset + product.inner * product.columns];
                pack_right(cpu, product, right, &mut packed.numbers[range.clone()]);
            }
        }
    }

    fn run_steps(&mut self, parameters: &[T], gradients: &mut [T], draw: Draw) {
        assert_eq!(gradients.len(), self.plan.gradients_length, "numbers in the gradients");
        let memory = Memory {
            arena: self.arena.as_mut_ptr(),
            parameters: parameters.as_ptr(),
            gradients: gradients.as_mut_ptr(),
        };
        for (number, step) in self.plan.steps.iter().enumerate() {
            let packed = self.packed.as_ref().and_then(|packed| Some(&packed.numbers[packed.ranges[number].clone()?]));
            // SAFETY: the planner gave every value a place within its memory, and values that a step writes share no
            // number with others that are in use during it; the arena is borrowed mutably for the whole run.
            unsafe { T::execute(&self.cpu, step, memory, packed, &mut self.scratch, draw) };
        }
    }
}

/// The product of a step and its right operand, where that is a parameter.
fn packable(step: &Step<Place>) -> Option<(&Product, Place)> {
    match &step.action {
        Action::MatMul { product, right, .. } if right.space == Space::Parameters => Some((product, *right)),
        _ => None,
    }
}

/// How many numbers of scratch the products of a plan need.
fn scratch_needed<T: Element>(plan: &Plan, cpu: &Cpu) -> usize {
    let products = plan.steps.iter().filter_map(|step| match &step.action {
        Action::MatMul { product, .. } => Some(product.scratch_needed::<T>(cpu)),
        _ => None,
    });
    products.max().unwrap_or(0)
}

/// How many numbers the executor of a plan reserves: values, and room to pack what products read.
pub fn numbers_of_executor<T: Element>(plan: &Plan, cpu: &Cpu) -> usize {
    let rooms = cpu.threads.count() * ROOM;
    plan.arena_length.saturating_add(scratch_needed::<T>(plan, cpu)).saturating_add(rooms)
}

/// How many numbers [`Executor::predict`] packs on top of that.
pub fn numbers_packed(plan: &Plan) -> usize {
    plan.steps.iter().filter_map(packable).map(|(product, _)| product.packed_needed()).sum()
}

/// Running steps on numbers of one type. Its functions are not generic, so the kernels are compiled with this library,
/// once for each type, and not again in every program that trains.
pub trait Steps: Sized {
    /// Runs one step.
    ///
    /// # Safety
    /// Every place of the step lies within the memory, and what it writes overlaps nothing else that it uses. `packed` is what
    /// `pack_right` made of the right operand of the step's product for this `cpu`.
    unsafe fn execute(
        cpu: &Cpu,
        step: &Step<Place>,
        memory: Memory<Self>,
        packed: Option<&[Self]>,
        scratch: &mut Scratch<Self>,
        draw: Draw,
    );
}

impl Steps for f32 {
    unsafe fn execute(
        cpu: &Cpu,
        step: &Step<Place>,
        memory: Memory<f32>,
        packed: Option<&[f32]>,
        scratch: &mut Scratch<f32>,
        draw: Draw,
    ) {
        // SAFETY: the caller answers for the same.
        unsafe { execute(cpu, step, memory, packed, scratch, draw) };
    }
}

impl Steps for f64 {
    unsafe fn execute(
        cpu: &Cpu,
        step: &Step<Place>,
        memory: Memory<f64>,
        packed: Option<&[f64]>,
        scratch: &mut Scratch<f64>,
        draw: Draw,
    ) {
        // SAFETY: the caller answers for the same.
        unsafe { execute(cpu, step, memory, packed, scratch, draw) };
    }
}

/// Runs one step.
///
/// # Safety
/// Every place of the step lies within the memory, and what it writes overlaps nothing else that it uses.
unsafe fn execute<T: Element>(
    cpu: &Cpu,
    step: &Step<Place>,
    memory: Memory<T>,
    packed: Option<&[T]>,
    scratch: &mut Scratch<T>,
    draw: Draw,
) {
    let read = |place: Place, length: usize| {
        // SAFETY: the caller answers for the places, and the sizes are those the planner reserved.
        unsafe { std::slice::from_raw_parts(memory.at(place).cast_const(), length) }
    };
    let write = |place: Place, length: usize| {
        // SAFETY: as above; and what a step writes is nothing else that it uses.
        unsafe { std::slice::from_raw_parts_mut(memory.at(place), length) }
    };
    let rooms = Rooms(scratch.rooms.as_mut_ptr());
    match &step.action {
        Action::MatMul { product: shape, left, right, output, epilogue } => {
            let left = read(*left, shape.rows * shape.inner);
            let right = read(*right, shape.inner * shape.columns);
            let right = packed.map_or(right.into(), |packed| Right::packed(right, packed));
            let output = write(*output, shape.rows * shape.columns);
            match epilogue {
                None => product(cpu, shape, left, right, output, &mut scratch.products, None),
                Some(program) => {
                    let finish = Finish { program, memory, instruction_set: cpu.instruction_set, rooms };
                    product(cpu, shape, left, right, output, &mut scratch.products, Some(&finish));
                }
            }
        }
        Action::Elementwise(program) => {
            share_parts(cpu, step, program.rows * program.columns, 16, &|index, part| {
                let (first, length, room) = (part.start, part.len(), rooms.of(index));
                let run = Run { program, memory, first, length, accumulator: std::ptr::null(), room };
                // SAFETY: parts are disjoint, each has its room, and the program reads no accumulator.
                unsafe { run.run(cpu.instruction_set) };
            });
        }
        Action::Sum { over, rows, columns, from, to } => {
            let x = read(*from, rows * columns);
            match over {
                Over::Everything => write(*to, 1)[0] = cpu.instruction_set.run(Sum(x)),
                Over::Rows => share(cpu, step, *columns, 16, &|part| {
                    let (first, to) = (part.start, write(row(*to, part.start, 1), part.len()));
                    cpu.instruction_set.run(SumRows { x, columns: *columns, first, to });
                }),
                Over::Columns => share(cpu, step, *rows, 16, &|part| {
                    let x = &x[part.start * columns..part.end * columns];
                    let to = write(row(*to, part.start, 1), part.len());
                    cpu.instruction_set.run(SumColumns { x, columns: *columns, to });
                }),
            }
        }
        Action::Softmax { rows, columns, logits, to } => share(cpu, step, *rows, 1, &|part| {
            let logits = read(row(*logits, part.start, *columns), part.len() * columns);
            let probabilities = write(row(*to, part.start, *columns), part.len() * columns);
            cpu.instruction_set.run(Softmax { logits, columns: *columns, probabilities });
        }),
        Action::SoftmaxCrossEntropy { rows, columns, logits, targets, losses, probabilities } => {
            share(cpu, step, *rows, 1, &|part| {
                let numbers = part.len() * columns;
                let of_part = |place: Place| row(place, part.start, *columns);
                cpu.instruction_set.run(SoftmaxCrossEntropy {
                    logits: read(of_part(*logits), numbers),
                    targets: read(of_part(*targets), numbers),
                    columns: *columns,
                    losses: write(row(*losses, part.start, 1), part.len()),
                    probabilities: probabilities.map(|y| write(of_part(y), numbers)),
                });
            });
        }
        Action::Columns { rows, width, from, to } => {
            let (x, x_columns, x_start) = (read(from.0, rows * from.1), from.1, from.2);
            let (y, y_columns, y_start) = (write(to.0, rows * to.1), to.1, to.2);
            for (x, y) in x.chunks_exact(x_columns).zip(y.chunks_exact_mut(y_columns)) {
                y[y_start..y_start + width].copy_from_slice(&x[x_start..x_start + width]);
            }
        }
        Action::Transpose { rows, columns, from, to } => {
            let (x, y) = (read(*from, rows * columns), write(*to, rows * columns));
            for (i, row) in x.chunks_exact(*columns).enumerate() {
                for (j, &number) in row.iter().enumerate() {
                    y[j * rows + i] = number;
                }
            }
        }
        Action::Mask { rate, number, length, to } => share(cpu, step, *length, 64, &|part| {
            let stream = Rng::new(draw.seed).stream(Purpose::Dropout, draw.epoch, draw.step);
            let first = ((*number as u64) << 40) + part.start as u64;
            let to = write(row(*to, part.start, 1), part.len());
            cpu.instruction_set.run(Mask { stream, first, rate: *rate, to });
        }),
    }
}

/// Where row `number` of a value begins.
fn row(value: Place, number: usize, columns: usize) -> Place {
    Place { offset: value.offset + number * columns, ..value }
}

/// Calls `work` with ranges that make up `0..length`: one for each thread where the step is worth it, with borders on
/// multiples of `grain`.
fn share(cpu: &Cpu, step: &Step<Place>, length: usize, grain: usize, work: &(dyn Fn(Range<usize>) + Sync)) {
    share_parts(cpu, step, length, grain, &|_, part| work(part));
}

/// As [`share`]; `work` also learns which part it is, of no more than there are threads.
fn share_parts(
    cpu: &Cpu,
    step: &Step<Place>,
    length: usize,
    grain: usize,
    work: &(dyn Fn(usize, Range<usize>) + Sync),
) {
    let threads = cpu.threads.count();
    if threads == 1 || step.operations() < OPERATIONS_WORTH_SHARING {
        return work(0, 0..length);
    }
    let size = length.div_ceil(threads).next_multiple_of(grain);
    let parts = length.div_ceil(size);
    cpu.threads.run(parts, &|part| work(part, part * size..length.min((part + 1) * size)));
}

/// The program that finishes a product.
struct Finish<'a, T> {
    program: &'a Program<Place>,
    memory: Memory<T>,
    instruction_set: InstructionSet,
    rooms: Rooms<T>,
}

impl<T: Element> Epilogue<T> for Finish<'_, T> {
    fn finish(&self, part: usize, first: usize, values: &mut [T]) {
        let (accumulator, length) = (values.as_mut_ptr().cast_const(), values.len());
        let room = self.rooms.of(part);
        let run = Run { program: self.program, memory: self.memory, first, length, accumulator, room };
        // SAFETY: `values` are this run's elements of the product, which nobody else touches; the output is either the
        // same memory or a value of its own, and operands are values that are complete before the step.
        unsafe { run.run(self.instruction_set) };
    }
}
