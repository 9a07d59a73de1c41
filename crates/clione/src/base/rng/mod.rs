//! The only source of randomness: every random number is worked out from what it is for, so no order can change it.
//!
//! The generator is a function of a counter and a key (Philox), without a state that moves on. Whoever needs the
//! number of an element asks for that number, so the work may be split over threads, or begun in the middle of a
//! training, and the numbers stay the same.
//!
//! | where | bits | what |
//! |---|---|---|
//! | key 0, 1 | 64 | the seed, low half first |
//! | counter 0 | 32 | the element's block, low half: a block holds 4 numbers of 32 bits or 2 of 64 |
//! | counter 1 | 24 | the element's block, high half (so there are 2⁵⁷ elements) |
//! | counter 1 | 4 | bits 24 to 27: the width (0: 32 bits, 1: 64 bits, 2: 64 bits for an order) |
//! | counter 1 | 4 | bits 28 to 31: the purpose |
//! | counter 2 | 32 | the stream's `a` |
//! | counter 3 | 32 | the stream's `b` |

mod normal;
mod philox;

use normal::normal_quantile;
use philox::{MANY, philox, philox_of_many};

/// What random numbers are for; numbers for two purposes have nothing to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The first values of parameters.
    Initialize = 0,
    /// The order of the rows in an epoch.
    Shuffle = 1,
    /// Which values are dropped in a step.
    Dropout = 2,
    /// Which rows are for training, validation and test.
    Split = 3,
    /// Made-up data.
    Synthesize = 4,
    /// How the values of a column are shuffled among the rows to see what they are worth.
    Permute = 5,
}

/// A seed: from it come all random numbers of a run.
///
/// ```
/// use clione::base::rng::{Purpose, Rng};
/// let rng = Rng::new(42);
/// let (epoch, step) = (3, 17);
/// let dropout = rng.stream(Purpose::Dropout, epoch, step);
/// assert_eq!(dropout.uniform_at(1000), rng.stream(Purpose::Dropout, epoch, step).uniform_at(1000));
/// assert_ne!(dropout.uniform_at(1000), rng.stream(Purpose::Dropout, epoch, step + 1).uniform_at(1000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rng {
    seed: u64,
}

impl Rng {
    /// The random numbers of this seed.
    pub fn new(seed: u64) -> Self {
        Rng { seed }
    }

    /// The stream of numbers for one purpose at one place, such as an epoch `a` and its step `b`, or a parameter `a`.
    pub fn stream(&self, purpose: Purpose, a: u32, b: u32) -> Stream {
        Stream { key: [self.seed as u32, (self.seed >> 32) as u32], purpose, a, b }
    }
}

/// Random numbers for one purpose at one place: one for each element, whoever asks, and however often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
    purpose: Purpose,
    a: u32,
    b: u32,
}

/// How a stream is cut into numbers; each way has its own numbers, so two of them never share bits.
#[derive(Clone, Copy)]
enum Width {
    Bits32 = 0,
    Bits64 = 1,
    Order = 2,
}

impl Stream {
    /// 32 random bits for an element.
    pub fn bits_at(&self, element: u64) -> u32 {
        self.block(Width::Bits32, element / 4)[(element % 4) as usize]
    }

    /// Writes `bits_at(first_element + i)` to each `out[i]`, several times as fast as one by one.
    ///
    /// ```
    /// use clione::base::rng::{Purpose, Rng};
    /// let stream = Rng::new(42).stream(Purpose::Dropout, 0, 0);
    /// let mut bits = [0; 10];
    /// stream.fill_bits(7, &mut bits);
    /// assert_eq!(bits[3], stream.bits_at(10));
    /// ```
    #[inline(always)]
    pub fn fill_bits(&self, first_element: u64, out: &mut [u32]) {
        let until_block = (first_element.wrapping_neg() % 4) as usize;
        let (before, out) = out.split_at_mut(until_block.min(out.len()));
        for (element, bits) in (first_element..).zip(before) {
            *bits = self.bits_at(element);
        }
        let mut block = first_element.div_ceil(4);
        let (many, out) = out.as_chunks_mut::<{ 4 * MANY }>();
        for out in many {
            let numbers: [u64; MANY] = std::array::from_fn(|at| block + at as u64);
            let mut counters = [[0; MANY], [0; MANY], [self.a; MANY], [self.b; MANY]];
            for at in 0..MANY {
                (counters[0][at], counters[1][at]) = (numbers[at] as u32, self.place(Width::Bits32, numbers[at]));
            }
            let words = philox_of_many(counters, self.key);
            for at in 0..MANY {
                for word in 0..4 {
                    out[4 * at + word] = words[word][at];
                }
            }
            block += MANY as u64;
        }
        for out in out.chunks_mut(4) {
            out.copy_from_slice(&self.block(Width::Bits32, block)[..out.len()]);
            block += 1;
        }
    }

    /// A number from 0 to below 1 for an element, each multiple of 2⁻⁵³ equally likely.
    pub fn uniform_at(&self, element: u64) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.word_at(element) >> 11) as f64 * STEP
    }

    /// A normal number of mean 0 and variance 1 for an element.
    ///
    /// ```
    /// use clione::base::rng::{Purpose, Rng};
    /// let noise = Rng::new(42).stream(Purpose::Synthesize, 0, 0);
    /// let mean = (0..10_000).map(|element| noise.normal_at(element)).sum::<f64>() / 10_000.0;
    /// assert!(mean.abs() < 0.03);
    /// ```
    pub fn normal_at(&self, element: u64) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 52) as f64;
        // In the middle of its step, so that neither 0 nor 1 comes up.
        normal_quantile(((self.word_at(element) >> 12) as f64 + 0.5) * STEP)
    }

    /// The numbers from 0 to `count` - 1 in a random order.
    ///
    /// ```
    /// use clione::base::rng::{Purpose, Rng};
    /// let mut order = Rng::new(42).stream(Purpose::Shuffle, 0, 0).permutation(100);
    /// assert_ne!(order[..3], [0, 1, 2]);
    /// order.sort();
    /// assert_eq!(order, (0..100).collect::<Vec<u32>>());
    /// ```
    pub fn permutation(&self, count: usize) -> Vec<u32> {
        let mut order = vec![0; count];
        self.permute_into(&mut order);
        order
    }

    /// Writes the numbers from 0 to `order.len()` - 1 in a random order.
    pub fn permute_into(&self, order: &mut [u32]) {
        assert!(u32::try_from(order.len()).is_ok(), "an order of {} things does not fit into 32 bits", order.len());
        for (number, place) in (0..).zip(order.iter_mut()) {
            *place = number;
        }
        self.shuffle(order);
    }

    /// Puts things into a random order (Fisher and Yates): from the last place down, each is swapped with one that is
    /// drawn from it and all before it.
    ///
    /// Every order is as likely as the others, but for a part of about 2⁻⁶⁴ of the number of things.
    pub fn shuffle<T>(&self, things: &mut [T]) {
        let mut words = [0; 2];
        for (draw, last) in (1..things.len()).rev().enumerate() {
            if draw % 2 == 0 {
                words = self.words(Width::Order, draw as u64 / 2);
            }
            let chosen = (u128::from(words[draw % 2]) * (last as u128 + 1)) >> 64;
            things.swap(last, chosen as usize);
        }
    }

    fn word_at(&self, element: u64) -> u64 {
        self.words(Width::Bits64, element / 2)[(element % 2) as usize]
    }

    #[inline(always)]
    fn words(&self, width: Width, number: u64) -> [u64; 2] {
        let [a, b, c, d] = self.block(width, number).map(u64::from);
        [a | b << 32, c | d << 32]
    }

    #[inline(always)]
    fn block(&self, width: Width, number: u64) -> [u32; 4] {
        philox([number as u32, self.place(width, number), self.a, self.b], self.key)
    }

    /// Counter 1 of a block.
    #[inline(always)]
    fn place(&self, width: Width, number: u64) -> u32 {
        debug_assert!(number < 1 << 56, "a stream has 2^57 elements; block {number} lies behind them");
        (number >> 32) as u32 | (width as u32) << 24 | (self.purpose as u32) << 28
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        Rng::new(42).stream(Purpose::Synthesize, 1, 2)
    }

    #[test]
    fn the_numbers_of_a_seed_never_change() {
        let stream = Rng::new(0x0123_4567_89ab_cdef).stream(Purpose::Dropout, 5, 7);
        assert_eq!(
            [0, 1, 5, 1 << 40].map(|element| stream.bits_at(element)),
            [0x03ee_617f, 0xb03d_8163, 0x689b_342d, 0x1133_1ff9]
        );
        assert_eq!(
            [0, 1, 1 << 40].map(|element| stream.uniform_at(element)),
            [0.24439220971897568, 0.31140276591787386, 0.8369261754829851]
        );
        assert_eq!(
            [0, 1, 1 << 40].map(|element| stream.normal_at(element)),
            [-0.6922435090728088, -0.49187808455432447, 0.9819029769520616]
        );
        assert_eq!(stream.permutation(10), [1, 3, 2, 9, 4, 8, 7, 5, 0, 6]);
    }

    #[test]
    fn the_counter_is_laid_out_as_the_table_says() {
        let stream = Rng::new(0x0123_4567_89ab_cdef).stream(Purpose::Dropout, 5, 7);
        let block = philox([3, 0x2000_0001, 5, 7], [0x89ab_cdef, 0x0123_4567]);
        let first = 4 * ((1 << 32) + 3);
        assert_eq!([0, 1, 2, 3].map(|i| stream.bits_at(first + i)), block);
        let block = philox([3, 0x2100_0001, 5, 7], [0x89ab_cdef, 0x0123_4567]);
        let word = u64::from(block[3]) << 32 | u64::from(block[2]);
        assert_eq!(stream.uniform_at(2 * ((1 << 32) + 3) + 1), (word >> 11) as f64 / 2.0_f64.powi(53));
    }

    #[test]
    fn a_filled_slice_does_not_depend_on_where_it_is_cut() {
        for first in [0, 1, 2, 3, 4, 5, 6, 7, 8, (1 << 34) - 70] {
            for count in (0..20).chain(60..75).chain([200]) {
                let mut bits = vec![0; count];
                stream().fill_bits(first, &mut bits);
                let one_by_one: Vec<u32> = (first..).take(count).map(|element| stream().bits_at(element)).collect();
                assert_eq!(bits, one_by_one, "{count} from {first}");
            }
        }
    }

    #[test]
    fn streams_differ_in_seed_purpose_and_place() {
        let (rng, purpose) = (Rng::new(1), Purpose::Shuffle);
        let streams = [
            rng.stream(purpose, 0, 0),
            rng.stream(purpose, 1, 0),
            rng.stream(purpose, 0, 1),
            rng.stream(Purpose::Split, 0, 0),
            Rng::new(1 << 32).stream(purpose, 0, 0),
        ];
        for (i, a) in streams.iter().enumerate() {
            for b in &streams[..i] {
                assert_ne!(a.uniform_at(0), b.uniform_at(0));
                assert_ne!(a.permutation(20), b.permutation(20));
            }
        }
    }

    #[test]
    fn uniform_numbers_fill_their_range_evenly() {
        let count = 100_000;
        let mut tenths = [0; 10];
        for element in 0..count {
            tenths[(stream().uniform_at(element) * 10.0) as usize] += 1;
        }
        // Five standard deviations of one tenth's count.
        assert!(tenths.iter().all(|&tenth: &i32| (tenth - 10_000).abs() < 475), "{tenths:?}");
    }

    #[test]
    fn normal_numbers_have_the_moments_of_the_normal_distribution() {
        let count = 100_000;
        let moment = |power| (0..count).map(|e| stream().normal_at(e).powi(power)).sum::<f64>() / count as f64;
        let (mean, variance, skewness, kurtosis) = (moment(1), moment(2), moment(3), moment(4));
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        assert!(skewness.abs() < 0.05 && (kurtosis - 3.0).abs() < 0.15, "{skewness} {kurtosis}");
    }

    #[test]
    fn every_order_is_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for epoch in 0..24_000 {
            let order = Rng::new(7).stream(Purpose::Shuffle, epoch, 0).permutation(4);
            *counts.entry(order).or_insert(0_i32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // Five standard deviations of one order's count.
        assert!(counts.values().all(|count| (count - 1000).abs() < 155), "{counts:?}");
    }

    #[test]
    fn shuffling_keeps_every_thing_and_orders_of_none_and_one_are_as_they_were() {
        let mut order = stream().permutation(1001);
        order.sort();
        assert!(order.iter().copied().eq(0..1001));
        assert!(stream().permutation(0).is_empty());
        assert_eq!(stream().permutation(1), [0]);
    }
}
