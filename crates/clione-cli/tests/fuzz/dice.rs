//! Choices that look random and are the same for the same seed and case.

use clione::base::rng::{Purpose, Rng, Stream};

/// Draws one choice after another.
pub struct Dice {
    stream: Stream,
    drawn: u64,
}

impl Dice {
    /// The choices of a case: they do not depend on which cases came before.
    pub fn of_case(seed: u64, case: u32) -> Dice {
        Dice { stream: Rng::new(seed).stream(Purpose::Synthesize, case, 0), drawn: 0 }
    }

    /// A number from 0 to below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.drawn += 1;
        (self.stream.uniform_at(self.drawn) * bound as f64) as usize
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
