//! The random numbers of NumPy's `np.random.seed` and `np.random.random_sample`, to repeat what others did with them.
//!
//! It is MT19937 by Matsumoto and Nishimura (ACM Transactions on Modeling and Computer Simulation 8, 1998), seeded and read
//! as NumPy's `RandomState` does. For everything new there is [`rng`](super::rng).

const WORDS: usize = 624;
const MIDDLE: usize = 397;

/// The generator behind `np.random`.
///
/// ```
/// use clione::base::numpy_random::NumpyRandom;
/// let mut random = NumpyRandom::new(42);
/// assert_eq!(random.next_f64(), 0.3745401188473625); // np.random.seed(42); np.random.random_sample()
/// assert_eq!(random.next_f64(), 0.9507143064099162);
/// ```
#[derive(Clone, Debug)]
pub struct NumpyRandom {
    words: [u32; WORDS],
    used: usize,
}

impl NumpyRandom {
    /// The generator after `np.random.seed(seed)`.
    pub fn new(seed: u32) -> Self {
        let mut words = [seed; WORDS];
        for i in 1..WORDS {
            let before = words[i - 1];
            words[i] = (before ^ (before >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        NumpyRandom { words, used: WORDS }
    }

    /// The next number from 0 to below 1, as `np.random.random_sample()` draws it: 53 bits out of two words.
    pub fn next_f64(&mut self) -> f64 {
        let high = f64::from(self.next_word() >> 5);
        let low = f64::from(self.next_word() >> 6);
        (high * (1_u64 << 26) as f64 + low) / (1_u64 << 53) as f64
    }

    fn next_word(&mut self) -> u32 {
        if self.used == WORDS {
            self.renew();
        }
        let mut word = self.words[self.used];
        self.used += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn renew(&mut self) {
        for i in 0..WORDS {
            let joined = (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % WORDS] & 0x7fff_ffff);
            let twist = if joined % 2 == 1 { 0x9908_b0df } else { 0 };
            self.words[i] = self.words[(i + MIDDLE) % WORDS] ^ (joined >> 1) ^ twist;
        }
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_are_those_of_numpy() {
        let text = include_str!("../../../../testdata/numpy_random/random_sample.txt");
        assert_eq!(text.lines().count(), 6);
        for line in text.lines() {
            let (seed, expected) = line.split_once(' ').unwrap();
            let mut random = NumpyRandom::new(seed.parse().unwrap());
            let draws: Vec<f64> = (0..1001).map(|_| random.next_f64()).collect();
            let chosen = [0, 1, 2, 3, 4, 5, 6, 7, 623, 1000].map(|i: usize| format!("{:016x}", draws[i].to_bits()));
            assert_eq!(chosen.join(" "), expected, "seed {seed}");
        }
    }
}
