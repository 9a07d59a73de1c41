//! Softmax and its cross-entropy: rows become probabilities, and the loss is taken from the logits.
//!
//! So the logarithm of a number that was rounded to 0 is never formed. The powers of several rows are worked out in one
//! plain loop, which is what becomes vectors; sums run over 16 lanes and end in a fixed tree.

use super::reduce::{LANES, tree};
use crate::base::real::Real;
use crate::cpu::simd::Vectorised;

/// About so many numbers go through each pass before the next pass takes them from the nearest cache; a multiple of [`LANES`].
const BLOCK: usize = 1024;

/// y\[j\] = e^(z\[j\] - max z) / Σₖ e^(z\[k\] - max z) for each row of `columns` numbers.
pub(crate) struct Softmax<'a, T> {
    /// z.
    pub logits: &'a [T],
    /// How many numbers a row has.
    pub columns: usize,
    /// y, as many numbers.
    pub probabilities: &'a mut [T],
}

impl<T: Real> Vectorised for Softmax<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Softmax { logits, columns, probabilities } = self;
        let block = rows_at_once(columns) * columns;
        for (z, y) in logits.chunks(block).zip(probabilities.chunks_mut(block)) {
            subtract_largest(z, columns, y);
            powers(y);
            for y in y.chunks_exact_mut(columns) {
                let sum = sum(y);
                divide(y, sum);
            }
        }
    }
}

/// loss\[i\] = Σⱼ t\[i,j\] · (ln Σₖ e^z\[i,k\] - z\[i,j\]) for each row of `columns` numbers and, where asked for, the
/// probabilities.
pub(crate) struct SoftmaxCrossEntropy<'a, T> {
    /// z.
    pub logits: &'a [T],
    /// t, as many numbers.
    pub targets: &'a [T],
    /// How many numbers a row has.
    pub columns: usize,
    /// One for each row.
    pub losses: &'a mut [T],
    /// As many numbers as z.
    pub probabilities: Option<&'a mut [T]>,
}

impl<T: Real> Vectorised for SoftmaxCrossEntropy<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let SoftmaxCrossEntropy { logits, targets, columns, losses, mut probabilities } = self;
        let rows = rows_at_once(columns);
        let block = rows * columns;
        let mut own = [T::ZERO; BLOCK];
        let blocks = logits.chunks(block).zip(targets.chunks(block)).zip(losses.chunks_mut(rows));
        for (number, ((z, t), losses)) in blocks.enumerate() {
            let powers_of_block = match &mut probabilities {
                Some(probabilities) => Some(&mut probabilities[number * block..][..z.len()]),
                None => own.get_mut(..z.len()),
            };
            match powers_of_block {
                Some(y) => {
                    subtract_largest(z, columns, y);
                    powers(y);
                    let rows = z.chunks_exact(columns).zip(t.chunks_exact(columns)).zip(y.chunks_exact_mut(columns));
                    for (((z, t), y), loss) in rows.zip(losses) {
                        let sum = sum(y);
                        divide(y, sum);
                        *loss = cross_entropy(z, t, largest(z), sum.ln());
                    }
                }
                None => {
                    // A row that is longer than a block, and whose powers nobody needs.
                    let largest = largest(z);
                    let mut lanes = [T::ZERO; LANES];
                    for z in z.chunks(BLOCK) {
                        let y = &mut own[..z.len()];
                        subtract(z, largest, y);
                        powers(y);
                        add_to_lanes(y, &mut lanes);
                    }
                    losses[0] = cross_entropy(z, t, largest, tree(lanes).ln());
                }
            }
        }
    }
}

/// How many rows go through each pass together.
#[inline(always)]
fn rows_at_once(columns: usize) -> usize {
    (BLOCK / columns).max(1)
}

/// y\[j\] = z\[j\] - max z for each row.
#[inline(always)]
fn subtract_largest<T: Real>(z: &[T], columns: usize, y: &mut [T]) {
    for (z, y) in z.chunks_exact(columns).zip(y.chunks_exact_mut(columns)) {
        subtract(z, largest(z), y);
    }
}

/// y\[j\] = z\[j\] - number.
#[inline(always)]
fn subtract<T: Real>(z: &[T], number: T, y: &mut [T]) {
    for (&z, y) in z.iter().zip(y) {
        *y = z - number;
    }
}

/// y ← e^y.
#[inline(always)]
fn powers<T: Real>(y: &mut [T]) {
    for y in y {
        *y = y.exp();
    }
}

#[inline(always)]
fn divide<T: Real>(y: &mut [T], sum: T) {
    for y in y {
        *y = *y / sum;
    }
}

/// Σⱼ y\[j\] over 16 lanes and a tree.
#[inline(always)]
fn sum<T: Real>(y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    add_to_lanes(y, &mut lanes);
    tree(lanes)
}

/// Adds number j to lane j mod 16.
#[inline(always)]
fn add_to_lanes<T: Real>(y: &[T], lanes: &mut [T; LANES]) {
    let (whole, rest) = y.as_chunks::<LANES>();
    for y in whole {
        for lane in 0..LANES {
            lanes[lane] = lanes[lane] + y[lane];
        }
    }
    for (lane, &y) in lanes.iter_mut().zip(rest) {
        *lane = *lane + y;
    }
}

/// Σⱼ t\[j\] · (logarithm - (z\[j\] - largest)) of one row.
#[inline(always)]
fn cross_entropy<T: Real>(z: &[T], t: &[T], largest: T, logarithm: T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let ((z, z_rest), (t, t_rest)) = (z.as_chunks::<LANES>(), t.as_chunks::<LANES>());
    for (z, t) in z.iter().zip(t) {
        for lane in 0..LANES {
            lanes[lane] = lanes[lane] + t[lane] * (logarithm - (z[lane] - largest));
        }
    }
    for ((lane, &z), &t) in lanes.iter_mut().zip(z_rest).zip(t_rest) {
        *lane = *lane + t * (logarithm - (z - largest));
    }
    tree(lanes)
}

/// The largest number of a row; a NaN makes the row's results NaN by itself.
#[inline(always)]
fn largest<T: Real>(z: &[T]) -> T {
    let mut lanes = [T::of(f64::NEG_INFINITY); LANES];
    let (whole, rest) = z.as_chunks::<LANES>();
    for z in whole {
        for lane in 0..LANES {
            lanes[lane] = larger(z[lane], lanes[lane]);
        }
    }
    for (lane, &z) in lanes.iter_mut().zip(rest) {
        *lane = larger(z, *lane);
    }
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            lanes[lane] = larger(lanes[lane + width], lanes[lane]);
        }
    }
    lanes[0]
}

#[inline(always)]
fn larger<T: Real>(x: T, than: T) -> T {
    (x - than).if_positive(x, than)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::simd::{Element, InstructionSet};

    /// The probabilities and the loss of one row, number by number.
    fn plainly<T: Element>(z: &[T], t: &[T]) -> (Vec<T>, T) {
        let largest = z.iter().fold(T::of(f64::NEG_INFINITY), |largest, &z| if z > largest { z } else { largest });
        let powers: Vec<T> = z.iter().map(|&z| (z - largest).exp()).collect();
        let in_lanes = |numbers: &[T]| {
            let mut lanes = [T::ZERO; LANES];
            for (place, &number) in numbers.iter().enumerate() {
                lanes[place % LANES] = lanes[place % LANES] + number;
            }
            tree(lanes)
        };
        let sum = in_lanes(&powers);
        let terms: Vec<T> = z.iter().zip(t).map(|(&z, &t)| t * (sum.ln() - (z - largest))).collect();
        (powers.into_iter().map(|power| power / sum).collect(), in_lanes(&terms))
    }

    fn bits_are_those_of_plain_rows<T: Element>() {
        for columns in [1, 2, 10, 15, 16, 17, 33, 100, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5] {
            // One row more than goes through a pass together.
            let rows = rows_at_once(columns).min(70) + 1;
            let z: Vec<T> = (0..rows * columns).map(|i| T::of(f64::sin(i as f64 * 0.37) * 9.0)).collect();
            let t: Vec<T> = (0..rows * columns).map(|i| T::of(((i * 7) % 5) as f64 / 5.0)).collect();
            let each: Vec<(Vec<T>, T)> =
                z.chunks_exact(columns).zip(t.chunks_exact(columns)).map(|(z, t)| plainly(z, t)).collect();
            let probabilities: Vec<T> = each.iter().flat_map(|(row, _)| row.iter().copied()).collect();
            let expected: Vec<T> = each.iter().map(|(_, loss)| *loss).collect();
            for set in InstructionSet::available() {
                let case = format!("{} rows of {columns} on {}", rows, set.name());
                let mut y = vec![T::of(f64::NAN); z.len()];
                set.run(Softmax { logits: &z, columns, probabilities: &mut y });
                assert!(y == probabilities, "softmax of {case}");
                for is_asked in [true, false] {
                    let (mut y, mut losses) = (vec![T::of(f64::NAN); z.len()], vec![T::of(f64::NAN); rows]);
                    let probabilities_to = is_asked.then_some(&mut *y);
                    let (logits, targets, losses_to) = (&z[..], &t[..], &mut losses[..]);
                    set.run(SoftmaxCrossEntropy {
                        logits,
                        targets,
                        columns,
                        losses: losses_to,
                        probabilities: probabilities_to,
                    });
                    assert!(losses == expected, "losses of {case}");
                    assert!(!is_asked || y == probabilities, "probabilities of {case}");
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_bits_of_plain_rows() {
        bits_are_those_of_plain_rows::<f32>();
        bits_are_those_of_plain_rows::<f64>();
    }

    #[test]
    fn a_number_that_is_none_stays_in_its_row() {
        for columns in [5, 40, BLOCK + 3] {
            let mut z = vec![1.0_f32; 3 * columns];
            z[columns + columns / 2] = f32::NAN;
            let t = vec![1.0 / columns as f32; z.len()];
            for set in InstructionSet::available() {
                let (mut y, mut losses) = (vec![0.0; z.len()], [0.0; 3]);
                set.run(SoftmaxCrossEntropy {
                    logits: &z,
                    targets: &t,
                    columns,
                    losses: &mut losses,
                    probabilities: Some(&mut y),
                });
                assert_eq!(losses.map(f32::is_nan), [false, true, false]);
                let is_nan = |row: usize| y[row * columns..(row + 1) * columns].iter().all(|number| number.is_nan());
                assert_eq!([0, 1, 2].map(is_nan), [false, true, false]);
            }
        }
    }
}
