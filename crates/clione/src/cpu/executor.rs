//! Runs a plan: one kernel after another on one arena; a run allocates nothing.

use super::Cpu;
use super::kernels::elementwise::Run;
use super::kernels::matmul::{Epilogue, product};
use super::kernels::memory::Memory;
use super::kernels::{reduce, softmax};
use super::simd::{Element, InstructionSet, Vectorised};
use super::slices::for_each_rows;
use crate::base::rng::{Purpose, Rng};
use crate::plan::step::{Action, Over, Program, Step};
use crate::plan::{Place, Plan};
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
    arena: Vec<Line<T>>,
    scratch: Vec<T>,
}

/// 16 numbers that begin at a multiple of 64 bytes.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line<T>([T; 16]);

impl<T: Element> Executor<T> {
    /// Makes room for the plan's values; the last time that anything is allocated.
    pub fn new(plan: Plan, cpu: Arc<Cpu>) -> Self {
        let scratch = vec![T::ZERO; scratch_needed::<T>(&plan, &cpu)];
        let arena = vec![Line([T::ZERO; 16]); plan.arena_length.div_ceil(16)];
        Executor { plan, cpu, arena, scratch }
    }

    /// The plan it runs.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where the input of this number is expected; it stays until it is written again.
    pub fn input_mut(&mut self, number: usize) -> &mut [T] {
        let (place, shape) = self.plan.inputs[number];
        &mut self.numbers_mut()[place.offset..place.offset + shape.elements()]
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
        assert_eq!(place.space, crate::plan::Space::Arena, "output {number} lies in the arena");
        &self.numbers()[place.offset..place.offset + shape.elements()]
    }

    /// Computes every step of the plan.
    ///
    /// Panics unless `parameters` and `gradients` have as many numbers as the plan says.
    pub fn run(&mut self, parameters: &[T], gradients: &mut [T], draw: Draw) {
        assert_eq!(parameters.len(), self.plan.parameters_length, "numbers in the parameters");
        assert_eq!(gradients.len(), self.plan.gradients_length, "numbers in the gradients");
        let memory = Memory {
            arena: self.numbers_mut().as_mut_ptr(),
            parameters: parameters.as_ptr(),
            gradients: gradients.as_mut_ptr(),
        };
        for step in &self.plan.steps {
            // SAFETY: the planner gave every value a place within its memory, and values that a step writes share no
            // number with others that are in use during it; the arena is borrowed mutably for the whole run.
            unsafe { T::execute(&self.cpu, step, memory, &mut self.scratch, draw) };
        }
    }

    fn numbers(&self) -> &[T] {
        // SAFETY: a line is 16 numbers and nothing else for f32 and f64: 64 and 128 bytes.
        unsafe { std::slice::from_raw_parts(self.arena.as_ptr().cast(), self.arena.len() * 16) }
    }

    fn numbers_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `numbers`.
        unsafe { std::slice::from_raw_parts_mut(self.arena.as_mut_ptr().cast(), self.arena.len() * 16) }
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
    plan.arena_length.div_ceil(16).saturating_mul(16).saturating_add(scratch_needed::<T>(plan, cpu))
}

/// Running steps on numbers of one type. Its functions are not generic, so the kernels are compiled with this library,
/// once for each type, and not again in every program that trains.
pub trait Steps: Sized {
    /// Runs one step.
    ///
    /// # Safety
    /// Every place of the step lies within the memory, and what it writes overlaps nothing else that it uses.
    unsafe fn execute(cpu: &Cpu, step: &Step<Place>, memory: Memory<Self>, scratch: &mut [Self], draw: Draw);
}

impl Steps for f32 {
    unsafe fn execute(cpu: &Cpu, step: &Step<Place>, memory: Memory<f32>, scratch: &mut [f32], draw: Draw) {
        // SAFETY: the caller answers for the same.
        unsafe { execute(cpu, step, memory, scratch, draw) };
    }
}

impl Steps for f64 {
    unsafe fn execute(cpu: &Cpu, step: &Step<Place>, memory: Memory<f64>, scratch: &mut [f64], draw: Draw) {
        // SAFETY: the caller answers for the same.
        unsafe { execute(cpu, step, memory, scratch, draw) };
    }
}

/// Runs one step.
///
/// # Safety
/// Every place of the step lies within the memory, and what it writes overlaps nothing else that it uses.
unsafe fn execute<T: Element>(cpu: &Cpu, step: &Step<Place>, memory: Memory<T>, scratch: &mut [T], draw: Draw) {
    let read = |place: Place, length: usize| {
        // SAFETY: the caller answers for the places, and the sizes are those the planner reserved.
        unsafe { std::slice::from_raw_parts(memory.at(place).cast_const(), length) }
    };
    let write = |place: Place, length: usize| {
        // SAFETY: as above; and what a step writes is nothing else that it uses.
        unsafe { std::slice::from_raw_parts_mut(memory.at(place), length) }
    };
    match &step.action {
        Action::MatMul { product: shape, left, right, output, epilogue } => {
            let left = read(*left, shape.rows * shape.inner);
            let right = read(*right, shape.inner * shape.columns);
            let output = write(*output, shape.rows * shape.columns);
            match epilogue {
                None => product(cpu, shape, left, right, output, scratch, None),
                Some(program) => {
                    let finish = Finish { program, memory, instruction_set: cpu.instruction_set };
                    product(cpu, shape, left, right, output, scratch, Some(&finish));
                }
            }
        }
        Action::Elementwise(program) => {
            let length = program.rows * program.columns;
            share(cpu, step, length, 16, &|part| {
                let run = Run { program, memory, first: part.start, length: part.len(), accumulator: std::ptr::null() };
                // SAFETY: parts are disjoint, and the program reads no accumulator.
                unsafe { run.run(cpu.instruction_set) };
            });
        }
        Action::Sum { over, rows, columns, from, to } => {
            let x = read(*from, rows * columns);
            match over {
                Over::Everything => write(*to, 1)[0] = cpu.instruction_set.run(Task(|| reduce::sum(x))),
                Over::Rows => share(cpu, step, *columns, 16, &|part| {
                    let to = Place { offset: to.offset + part.start, ..*to };
                    let to = write(to, part.len());
                    cpu.instruction_set.run(Task(|| reduce::sum_rows(x, *columns, part.start, to)));
                }),
                Over::Columns => {
                    let to = write(*to, *rows);
                    for (to, row) in to.iter_mut().zip(x.chunks_exact(*columns)) {
                        *to = cpu.instruction_set.run(Task(|| reduce::sum(row)));
                    }
                }
            }
        }
        Action::Softmax { rows, columns, logits, to } => {
            let (z, y) = (read(*logits, rows * columns), write(*to, rows * columns));
            cpu.instruction_set.run(Task(|| softmax::softmax(z, *columns, y)));
        }
        Action::SoftmaxCrossEntropy { rows, columns, logits, targets, losses, probabilities } => {
            let (z, t) = (read(*logits, rows * columns), read(*targets, rows * columns));
            let losses = write(*losses, *rows);
            let y = probabilities.map(|y| write(y, rows * columns));
            cpu.instruction_set.run(Task(|| softmax::softmax_cross_entropy(z, t, *columns, losses, y)));
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
        Action::Mask { rate, number, length, to } => {
            let stream = Rng::new(draw.seed).stream(Purpose::Dropout, draw.epoch, draw.step);
            let kept = T::of(1.0 / (1.0 - rate));
            let zeros_below = (rate * 2f64.powi(32)) as u64;
            for (element, y) in write(*to, *length).iter_mut().enumerate() {
                let bits = stream.bits_at(((*number as u64) << 40) + element as u64);
                *y = if u64::from(bits) < zeros_below { T::ZERO } else { kept };
            }
        }
    }
}

/// Calls `work` with ranges that make up `0..length`: one for each thread where the step is worth it, with borders on
/// multiples of `grain`.
fn share(cpu: &Cpu, step: &Step<Place>, length: usize, grain: usize, work: &(dyn Fn(Range<usize>) + Sync)) {
    let threads = cpu.threads.count();
    if threads == 1 || step.operations() < OPERATIONS_WORTH_SHARING {
        return work(0..length);
    }
    let size = length.div_ceil(threads).next_multiple_of(grain);
    let parts = length.div_ceil(size);
    cpu.threads.run(parts, &|part| work(part * size..length.min((part + 1) * size)));
}

/// The program that finishes a product.
struct Finish<'a, T> {
    program: &'a Program<Place>,
    memory: Memory<T>,
    instruction_set: InstructionSet,
}

impl<T: Element> Epilogue<T> for Finish<'_, T> {
    fn finish(&self, first: usize, values: &mut [T]) {
        let (accumulator, length) = (values.as_mut_ptr().cast_const(), values.len());
        let run = Run { program: self.program, memory: self.memory, first, length, accumulator };
        // SAFETY: `values` are this run's elements of the product, which nobody else touches; the output is either the
        // same memory or a value of its own, and operands are values that are complete before the step.
        unsafe { run.run(self.instruction_set) };
    }
}

/// A closure as a task that is compiled for an instruction set.
struct Task<F>(F);

impl<F: FnOnce() -> R, R> Vectorised for Task<F> {
    type Output = R;

    #[inline(always)]
    fn run(self) -> R {
        (self.0)()
    }
}
