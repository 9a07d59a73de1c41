//! Doing it: the kernels that compute, the threads that share the work, and the instructions of each processor.

pub mod executor;
pub mod executors;
pub mod kernels;
pub mod simd;
pub mod slices;
pub mod threads;

use simd::InstructionSet;
use threads::Threads;

/// What the kernels run on: the instructions that this processor has, and the threads that share the work.
/// Neither changes a single bit of a result.
///
/// ```
/// use clione::cpu::Cpu;
/// let cpu = Cpu::new(2);
/// assert_eq!(cpu.threads.count(), 2);
/// ```
pub struct Cpu {
    /// The instructions to use.
    pub instruction_set: InstructionSet,
    /// The threads to share the work between.
    pub threads: Threads,
}

impl Cpu {
    /// The best instructions of this processor, and this many threads.
    pub fn new(threads: usize) -> Self {
        Cpu { instruction_set: InstructionSet::detect(), threads: Threads::new(threads) }
    }
}
