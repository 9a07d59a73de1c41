//! Sums, in an order that depends on nothing but the shape: 16 lanes over fixed chunks, then a fixed tree.

use crate::base::real::Real;
use crate::cpu::simd::Vectorised;

/// How many sums run side by side.
pub(super) const LANES: usize = 16;

/// How many numbers are added to one set of lanes before the sums of chunks are added up.
const CHUNK: usize = 4096;

/// How many rows are added up in one go before the sums of such groups are added up.
const ROWS: usize = 64;

/// Σ x, for an instruction set.
pub(crate) struct Sum<'a, T>(pub &'a [T]);

impl<T: Real> Vectorised for Sum<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run(self) -> T {
        sum(self.0)
    }
}

/// to\[i\] = Σⱼ x\[i, j\], for an instruction set.
pub(crate) struct SumColumns<'a, T> {
    /// Row by row.
    pub x: &'a [T],
    /// How many numbers a row has.
    pub columns: usize,
    /// One for each row.
    pub to: &'a mut [T],
}

impl<T: Real> Vectorised for SumColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (to, row) in self.to.iter_mut().zip(self.x.chunks_exact(self.columns)) {
            *to = sum(row);
        }
    }
}

/// to\[j\] = Σᵢ x\[i, first + j\], for an instruction set.
pub(crate) struct SumRows<'a, T> {
    /// Row by row.
    pub x: &'a [T],
    /// How many numbers a row has.
    pub columns: usize,
    /// The first column that is summed.
    pub first: usize,
    /// One for each column that is.
    pub to: &'a mut [T],
}

impl<T: Real> Vectorised for SumRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        sum_rows(self.x, self.columns, self.first, self.to);
    }
}

/// Σ x: each chunk of 4096 numbers over 16 lanes and a tree, the chunks one after another.
#[inline(always)]
fn sum<T: Real>(x: &[T]) -> T {
    let mut total = T::ZERO;
    for chunk in x.chunks(CHUNK) {
        let mut lanes = [T::ZERO; LANES];
        let (whole, rest) = chunk.as_chunks::<LANES>();
        for numbers in whole {
            for lane in 0..LANES {
                lanes[lane] = lanes[lane] + numbers[lane];
            }
        }
        for (lane, &number) in lanes.iter_mut().zip(rest) {
            *lane = *lane + number;
        }
        total = total + tree(lanes);
    }
    total
}

/// The sum of 16 lanes: halves onto halves.
#[inline(always)]
pub(super) fn tree<T: Real>(mut lanes: [T; LANES]) -> T {
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            lanes[lane] = lanes[lane] + lanes[lane + width];
        }
    }
    lanes[0]
}

/// to\[j\] = Σᵢ x\[i, first + j\]: groups of 64 rows one after another, and in each group its rows one after another.
#[inline(always)]
fn sum_rows<T: Real>(x: &[T], columns: usize, first: usize, to: &mut [T]) {
    to.fill(T::ZERO);
    let width = to.len();
    for group in x.chunks(ROWS * columns) {
        let mut at = 0;
        while at < width {
            // A strip of columns stays in registers while all rows of the group are added to it.
            let strip = LANES.min(width - at);
            let mut sums = [T::ZERO; LANES];
            for row in group.chunks_exact(columns) {
                let numbers = &row[first + at..first + at + strip];
                match numbers.first_chunk::<LANES>() {
                    Some(numbers) => {
                        for lane in 0..LANES {
                            sums[lane] = sums[lane] + numbers[lane];
                        }
                    }
                    None => {
                        for (sum, &number) in sums.iter_mut().zip(numbers) {
                            *sum = *sum + number;
                        }
                    }
                }
            }
            for (to, &sum) in to[at..at + strip].iter_mut().zip(&sums) {
                *to = *to + sum;
            }
            at += strip;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_what_plain_addition_gives_for_whole_numbers() {
        for length in [0, 1, 15, 16, 17, 4095, 4096, 4097, 10_000] {
            let numbers: Vec<f64> = (0..length).map(|i| f64::from(i % 7)).collect();
            assert_eq!(sum(&numbers), numbers.iter().sum::<f64>());
        }
    }

    #[test]
    fn column_sums_do_not_depend_on_how_the_columns_are_shared_out() {
        for (rows, columns) in [(1, 1), (63, 5), (64, 16), (65, 17), (130, 33)] {
            let x: Vec<f32> = (0..rows * columns).map(|i| (i as f32 * 0.37).sin()).collect();
            let mut together = vec![f32::NAN; columns];
            sum_rows(&x, columns, 0, &mut together);
            for (first, sum) in together.iter().enumerate() {
                let mut alone = [f32::NAN];
                sum_rows(&x, columns, first, &mut alone);
                assert_eq!(alone[0].to_bits(), sum.to_bits());
            }
        }
    }
}
