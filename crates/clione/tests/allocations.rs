//! Once it is planned, neither a training step nor a prediction allocates.
//!
//! Only threads that take part are counted: the one that steps and predicts, and those that share its work. Others of the
//! process, those of the test harness, allocate when they like.

use clione::cpu::Cpu;
use clione::cpu::executor::Draw;
use clione::optim::clip::Clip;
use clione::prelude::*;
use clione::train::predict::Predictor;
use clione::train::trainer::{Trainer, Update};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

/// The system's memory, with a count of how often somebody asks for some.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static TAKES_PART: Cell<bool> = const { Cell::new(false) };
}

/// Counts an allocation of a thread that takes part.
fn count() {
    if TAKES_PART.get() {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

#[global_allocator]
static MEMORY: Counting = Counting;

// SAFETY: every call is handed on to the system as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps what `GlobalAlloc` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

const ROWS: usize = 128;

#[test]
fn a_planned_step_and_a_planned_prediction_allocate_nothing() {
    for threads in [1, 2] {
        let network = Network::new([64])
            .add(Dense::new(128).activation(Activation::Relu))
            .add(Dropout::new(0.25))
            .add(Dense::new(128).activation(Activation::Tanh))
            .add(Dense::new(10))
            .add(Softmax);
        let mut model = Model::<f32>::new(network, 0).unwrap();
        let cpu = Arc::new(Cpu::new(threads));
        // A thread allocates when it begins, which may be late: each has begun when all have met.
        let meeting = Barrier::new(threads);
        cpu.threads.run(threads, &|_| {
            TAKES_PART.set(true);
            meeting.wait();
        });
        let update = Update { optimizer: Optimizer::named("adam").unwrap(), clip: Clip::Norm(1.0), l1: 0.0, l2: 1e-4 };
        let mut trainer = Trainer::new(&model, &[Loss::CategoricalCrossEntropy], update, Arc::clone(&cpu)).unwrap();
        let mut predictor = Predictor::new(&model, cpu);
        let rows: Vec<f32> = (0..ROWS * 64).map(|i| (i % 13) as f32 / 13.0).collect();
        let targets: Vec<f32> = (0..ROWS * 10).map(|i| f32::from(u8::from(i % 10 == i / 10 % 10))).collect();

        let mut step = |number: u32| {
            let executor = trainer.executor(ROWS);
            executor.input_mut(0).copy_from_slice(&rows);
            executor.input_mut(1).copy_from_slice(&targets);
            trainer.step(&mut model, ROWS, 1e-3, Draw { seed: 1, epoch: 0, step: number })
        };
        let first = step(0);
        let mut last = first;
        let steps = allocations(|| (1..=100).for_each(|number| last = step(number)));
        assert_eq!(steps, 0, "allocations of steps on {threads} threads");
        assert!(last < first, "100 steps have learned nothing: {first}, then {last}");

        predictor.rows(&model, ROWS, &rows);
        predictor.rows(&model, 1, &rows[..64]);
        let predictions = allocations(|| {
            for row in rows.chunks(64).take(100) {
                predictor.rows(&model, 1, row);
                predictor.rows(&model, ROWS, &rows);
            }
        });
        assert_eq!(predictions, 0, "allocations of predictions on {threads} threads");
    }
}

/// How often something allocates.
fn allocations<R>(what: impl FnOnce() -> R) -> usize {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    what();
    ALLOCATIONS.load(Ordering::Relaxed) - before
}
