//! Softmax and its cross-entropy: rows become probabilities, and the loss is taken from the logits.
//!
//! So the logarithm of a number that was rounded to 0 is never formed.

use super::reduce::{LANES, tree};
use crate::base::real::Real;

/// y\[j\] = e^(z\[j\] - max z) / Σₖ e^(z\[k\] - max z) for each row of `columns` numbers.
#[inline(always)]
pub(crate) fn softmax<T: Real>(logits: &[T], columns: usize, probabilities: &mut [T]) {
    for (z, y) in logits.chunks_exact(columns).zip(probabilities.chunks_exact_mut(columns)) {
        let (_, sum) = powers(z, y);
        divide(y, sum);
    }
}

/// loss\[i\] = Σⱼ t\[i,j\] · (ln Σₖ e^z\[i,k\] - z\[i,j\]) and, where asked for, the probabilities.
#[inline(always)]
pub(crate) fn softmax_cross_entropy<T: Real>(
    logits: &[T],
    targets: &[T],
    columns: usize,
    losses: &mut [T],
    mut probabilities: Option<&mut [T]>,
) {
    let rows = logits.chunks_exact(columns).zip(targets.chunks_exact(columns)).zip(losses);
    for (row, ((z, t), loss)) in rows.enumerate() {
        let (largest, sum) = match &mut probabilities {
            Some(probabilities) => {
                let y = &mut probabilities[row * columns..(row + 1) * columns];
                let (largest, sum) = powers(z, y);
                divide(y, sum);
                (largest, sum)
            }
            None => {
                let largest = largest(z);
                (largest, sum_of_powers(z, largest))
            }
        };
        let logarithm = sum.ln();
        let mut lanes = [T::ZERO; LANES];
        for (z, t) in z.chunks(LANES).zip(t.chunks(LANES)) {
            for ((lane, &z), &t) in lanes.iter_mut().zip(z).zip(t) {
                *lane = *lane + t * (logarithm - (z - largest));
            }
        }
        *loss = tree(lanes);
    }
}

/// y\[j\] = e^(z\[j\] - max z); returns the maximum and the sum of y.
#[inline(always)]
fn powers<T: Real>(z: &[T], y: &mut [T]) -> (T, T) {
    let largest = largest(z);
    let mut lanes = [T::ZERO; LANES];
    for (z, y) in z.chunks(LANES).zip(y.chunks_mut(LANES)) {
        let powers = powers_of(z, largest);
        y.copy_from_slice(&powers[..z.len()]);
        for lane in 0..LANES {
            lanes[lane] = lanes[lane] + powers[lane];
        }
    }
    (largest, tree(lanes))
}

/// Σⱼ e^(z\[j\] - largest), in the same order as [`powers`].
#[inline(always)]
fn sum_of_powers<T: Real>(z: &[T], largest: T) -> T {
    let mut lanes = [T::ZERO; LANES];
    for z in z.chunks(LANES) {
        let powers = powers_of(z, largest);
        for lane in 0..LANES {
            lanes[lane] = lanes[lane] + powers[lane];
        }
    }
    tree(lanes)
}

/// e^(z\[j\] - largest) for up to 16 numbers, and 0 behind them.
#[inline(always)]
fn powers_of<T: Real>(z: &[T], largest: T) -> [T; LANES] {
    let mut padded = [T::of(f64::NEG_INFINITY); LANES];
    padded[..z.len()].copy_from_slice(z);
    for number in &mut padded {
        *number = (*number - largest).exp();
    }
    padded
}

#[inline(always)]
fn divide<T: Real>(y: &mut [T], sum: T) {
    y.iter_mut().for_each(|y| *y = *y / sum);
}

/// The largest number of a row; a NaN makes the row's results NaN by itself.
#[inline(always)]
fn largest<T: Real>(z: &[T]) -> T {
    let mut lanes = [T::of(f64::NEG_INFINITY); LANES];
    for z in z.chunks(LANES) {
        for (lane, &z) in lanes.iter_mut().zip(z) {
            *lane = (z - *lane).if_positive(z, *lane);
        }
    }
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            lanes[lane] = (lanes[lane + width] - lanes[lane]).if_positive(lanes[lane + width], lanes[lane]);
        }
    }
    lanes[0]
}
