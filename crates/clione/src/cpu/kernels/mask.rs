//! Dropout's mask: for each number 0 with some probability, and elsewhere what makes up for the zeros.

use crate::base::real::Real;
use crate::base::rng::Stream;
use crate::cpu::simd::Vectorised;

/// How many random numbers are drawn together.
const BLOCK: usize = 256;

/// y\[i\] = 0 where bits(first + i) < zeros_below, 1 / (1 - rate) elsewhere.
pub(crate) struct Mask<'a, T> {
    /// The random numbers of the step.
    pub stream: Stream,
    /// The first element's number in the stream.
    pub first: u64,
    /// The share of zeros.
    pub rate: f64,
    /// y.
    pub to: &'a mut [T],
}

impl<T: Real> Vectorised for Mask<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let kept = T::of(1.0 / (1.0 - self.rate));
        // A rate is below 1.
        let zeros_below = (self.rate * 2f64.powi(32)) as u32;
        let mut bits = [0; BLOCK];
        for (first, to) in (self.first..).step_by(BLOCK).zip(self.to.chunks_mut(BLOCK)) {
            let bits = &mut bits[..to.len()];
            self.stream.fill_bits(first, bits);
            for (to, &bits) in to.iter_mut().zip(&*bits) {
                *to = if bits < zeros_below { T::ZERO } else { kept };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{Purpose, Rng};
    use crate::cpu::simd::InstructionSet;

    #[test]
    fn a_mask_is_the_same_on_every_instruction_set_and_wherever_it_is_cut() {
        let stream = Rng::new(3).stream(Purpose::Dropout, 1, 2);
        let (length, rate) = (1000, 0.3);
        let one_by_one: Vec<f32> = (5..5 + length as u64)
            .map(
                |element| {
                    if f64::from(stream.bits_at(element)) < rate * 2f64.powi(32) { 0.0 } else { (1.0 / 0.7) as f32 }
                },
            )
            .collect();
        for set in InstructionSet::available() {
            for cut in [0, 1, 64, 255, 256, 999] {
                let mut mask = vec![f32::NAN; length];
                let (front, back) = mask.split_at_mut(cut);
                set.run(Mask { stream, first: 5, rate, to: front });
                set.run(Mask { stream, first: 5 + cut as u64, rate, to: back });
                assert_eq!(mask, one_by_one, "{} cut at {cut}", set.name());
            }
        }
    }

    #[test]
    fn no_rate_drops_nothing_and_a_rate_near_one_nearly_all() {
        let stream = Rng::new(3).stream(Purpose::Dropout, 0, 0);
        let mut mask = vec![0.0_f64; 300];
        InstructionSet::detect().run(Mask { stream, first: 0, rate: 0.0, to: &mut mask });
        assert!(mask.iter().all(|&number| number == 1.0));
        InstructionSet::detect().run(Mask { stream, first: 0, rate: 1.0 - 1e-12, to: &mut mask });
        assert!(mask.iter().all(|&number| number == 0.0));
    }
}
