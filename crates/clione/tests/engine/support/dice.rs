//! Random choices for tests: every one follows from a seed.

use clione::base::rng::{Purpose, Rng, Stream};

/// A sequence of random numbers.
pub struct Dice {
    stream: Stream,
    thrown: u64,
}

impl Dice {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Dice { stream: Rng::new(seed).stream(Purpose::Synthesize, 0, 0), thrown: 0 }
    }

    /// A number from 0 to below 1.
    pub fn uniform(&mut self) -> f64 {
        self.thrown += 1;
        self.stream.uniform_at(self.thrown)
    }

    /// A whole number from 0 to below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    /// One of several things.
    pub fn pick<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// `count` numbers between -1 and 1, none of them closer than 0.03 to a multiple of 0.1, where kinks are.
    pub fn numbers(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| (self.below(20) as f64 - 10.0) * 0.1 + 0.03 + 0.04 * self.uniform()).collect()
    }
}
