//! What a linear model makes small: f(W, b) = ½·Σw² + Σ loss over the rows, with its first and second derivatives.

use super::Answer;
use crate::base::real::Real;
use crate::data::dataset::{Dataset, Targets};

/// Rows of inputs, and what they should give: a number, or the place of a class.
pub(super) struct Rows {
    width: usize,
    inputs: Vec<f64>,
    targets: Vec<f64>,
    /// What the loss of each row counts.
    weights: Vec<f64>,
}

impl Rows {
    /// The rows of a data set, numbers to predict as (y - shift) / scale; a class may have a weight.
    pub(super) fn of(data: &Dataset, shift: f64, scale: f64, class_weights: Option<&[f64]>) -> Self {
        let all: Vec<u32> = (0..data.rows() as u32).collect();
        let width = data.inputs().columns();
        let mut inputs = vec![0.0; data.rows() * width];
        data.inputs().gather(&all, &mut inputs);
        let targets = match data.targets() {
            Targets::Classes { numbers, .. } => numbers.iter().map(|&class| f64::from(class)).collect(),
            Targets::Values(matrix) => (0..data.rows()).map(|row| (matrix.at(row, 0) - shift) / scale).collect(),
        };
        let weights = match (class_weights, data.targets()) {
            (Some(of_class), Targets::Classes { numbers, .. }) => {
                numbers.iter().map(|&class| of_class[class as usize]).collect()
            }
            (None, _) | (_, Targets::Values(_)) => vec![1.0; data.rows()],
        };
        Rows { width, inputs, targets, weights }
    }

    /// The inputs of each row, its target, and its weight.
    fn iter(&self) -> impl Iterator<Item = (&[f64], f64, f64)> {
        let row = move |row: usize| &self.inputs[row * self.width..(row + 1) * self.width];
        let targets = self.targets.iter().zip(&self.weights).enumerate();
        targets.map(move |(number, (&target, &weight))| (row(number), target, weight))
    }
}

/// The function; its argument holds for each output its weights, then its intercept.
pub(super) struct Objective {
    answer: Answer,
    rows: Rows,
}

impl Objective {
    pub(super) fn new(answer: Answer, rows: Rows) -> Self {
        Objective { answer, rows }
    }

    /// How many numbers one output has: its weights and its intercept.
    pub(super) fn stride(&self) -> usize {
        self.rows.width + 1
    }

    /// f, and its gradient: w + Σ (∂loss/∂z)·x, without w for an intercept, whose x is 1.
    pub(super) fn value(&self, coefficients: &[f64], gradient: &mut [f64]) -> f64 {
        let (stride, width) = (self.stride(), self.rows.width);
        let mut value = 0.0;
        gradient.fill(0.0);
        let mut slopes = vec![0.0; self.answer.outputs()];
        for (row, target, weight) in self.rows.iter() {
            value += weight * self.loss(coefficients, row, target, &mut slopes);
            slopes.iter_mut().for_each(|slope| *slope *= weight);
            for (gradient, &slope) in gradient.chunks_exact_mut(stride).zip(&slopes) {
                for (gradient, x) in gradient.iter_mut().zip(row) {
                    *gradient += slope * x;
                }
                gradient[width] += slope;
            }
        }
        for (gradient, output) in gradient.chunks_exact_mut(stride).zip(coefficients.chunks_exact(stride)) {
            for (gradient, &w) in gradient.iter_mut().zip(&output[..width]) {
                value += 0.5 * w * w;
                *gradient += w;
            }
        }
        value
    }

    /// The loss of a row and its slope ∂loss/∂z for each output: ŷ - y, whichever it is.
    fn loss(&self, coefficients: &[f64], row: &[f64], target: f64, slopes: &mut [f64]) -> f64 {
        for (z, output) in slopes.iter_mut().zip(coefficients.chunks_exact(self.stride())) {
            *z = affine(output, row);
        }
        match self.answer {
            Answer::Number => {
                slopes[0] -= target;
                0.5 * slopes[0] * slopes[0]
            }
            Answer::Classes(2) => {
                let z = slopes[0];
                slopes[0] = z.sigmoid() - target;
                z.softplus() - target * z
            }
            Answer::Classes(_) => {
                let largest = slopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let z = slopes[target as usize];
                slopes.iter_mut().for_each(|z| *z = Real::exp(*z - largest));
                let sum: f64 = slopes.iter().sum();
                slopes.iter_mut().for_each(|power| *power /= sum);
                slopes[target as usize] -= 1.0;
                Real::ln(sum) + largest - z
            }
        }
    }

    /// The second derivatives of f, unknowns x unknowns: Σ (∂²loss/∂zₖ∂zₗ)·xᵢ·xⱼ, and 1 more for a weight with itself.
    pub(super) fn curvature(&self, coefficients: &[f64]) -> Vec<f64> {
        let (stride, outputs) = (self.stride(), self.answer.outputs());
        let unknowns = stride * outputs;
        let mut curvature = vec![0.0; unknowns * unknowns];
        let mut slopes = vec![0.0; outputs];
        let mut row = vec![1.0; stride];
        for (inputs, target, weight) in self.rows.iter() {
            row[..stride - 1].copy_from_slice(inputs);
            self.loss(coefficients, inputs, target, &mut slopes);
            if let Answer::Classes(classes) = self.answer {
                // Back from p - y to p.
                let place = if classes == 2 { 0 } else { target as usize };
                slopes[place] += if classes == 2 { target } else { 1.0 };
            }
            for k in 0..outputs {
                for l in 0..=k {
                    let bend = match self.answer {
                        Answer::Number => 1.0,
                        Answer::Classes(_) => slopes[k] * (f64::from(u8::from(k == l)) - slopes[l]),
                    };
                    // A block is symmetric in itself: its lower half is enough.
                    for (i, x) in row.iter().enumerate() {
                        let start = (k * stride + i) * unknowns + l * stride;
                        let scaled = weight * bend * x;
                        for (sum, x) in curvature[start..=start + i].iter_mut().zip(&row) {
                            *sum += scaled * x;
                        }
                    }
                }
            }
        }
        for k in 0..outputs {
            for l in 0..=k {
                for i in 0..stride {
                    for j in 0..=i {
                        let sum = curvature[(k * stride + i) * unknowns + l * stride + j];
                        for (a, b) in [(k * stride + i, l * stride + j), (k * stride + j, l * stride + i)] {
                            curvature[a * unknowns + b] = sum;
                            curvature[b * unknowns + a] = sum;
                        }
                    }
                }
            }
        }
        for (place, unknown) in (0..unknowns).map(|unknown| unknown * unknowns + unknown).zip(0..) {
            if (unknown + 1) % stride != 0 {
                curvature[place] += 1.0;
            }
        }
        self.hold_the_common_intercept(&mut curvature);
        curvature
    }

    /// Softmax does not notice what is added to all intercepts alike, so nothing holds that sum: (Σb)²/2 does, and as the
    /// sum begins at 0 and the gradient never moves it, the result stays as it is.
    fn hold_the_common_intercept(&self, curvature: &mut [f64]) {
        let (stride, outputs) = (self.stride(), self.answer.outputs());
        if outputs == 1 {
            return;
        }
        for k in 0..outputs {
            for l in 0..outputs {
                curvature[(k * stride + stride - 1) * stride * outputs + l * stride + stride - 1] += 1.0;
            }
        }
    }
}

/// w·x + b for one output: its weights, then its intercept.
pub(super) fn affine(output: &[f64], row: &[f64]) -> f64 {
    let (weights, intercept) = output.split_at(row.len());
    intercept[0] + weights.iter().zip(row).map(|(w, x)| w * x).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivatives_are_those_that_differences_find() {
        let inputs: Vec<[f64; 3]> =
            (0..12).map(|i| [0.1, 0.3, 0.7].map(|step| step * f64::from(i * i % 7) - 1.0)).collect();
        for answer in [Answer::Number, Answer::Classes(2), Answer::Classes(3)] {
            let targets = (0..12).map(|i| match answer {
                Answer::Number => f64::from(i) * 0.2,
                Answer::Classes(classes) => f64::from(i % classes as i32),
            });
            let weights = (0..12).map(|i| 0.5 + f64::from(i % 3)).collect();
            let rows = Rows { width: 3, inputs: inputs.concat(), targets: targets.collect(), weights };
            let objective = Objective::new(answer, rows);
            let unknowns = 4 * answer.outputs();
            let at: Vec<f64> = (0..unknowns).map(|i| (i as f64 * 0.37).fract() - 0.4).collect();
            let gradient = |at: &[f64]| {
                let mut gradient = vec![0.0; unknowns];
                (objective.value(at, &mut gradient), gradient)
            };
            let mut curvature = objective.curvature(&at);
            // What holds the common intercept is no part of the function.
            let mut held = vec![0.0; unknowns * unknowns];
            objective.hold_the_common_intercept(&mut held);
            curvature.iter_mut().zip(held).for_each(|(number, held)| *number -= held);
            for unknown in 0..unknowns {
                let moved = |by: f64| {
                    let mut at = at.clone();
                    at[unknown] += by;
                    gradient(&at)
                };
                let ((above, slopes_above), (below, slopes_below)) = (moved(1e-5), moved(-1e-5));
                assert!(((above - below) / 2e-5 - gradient(&at).1[unknown]).abs() < 1e-7, "{answer:?}");
                for other in 0..unknowns {
                    let bend = (slopes_above[other] - slopes_below[other]) / 2e-5;
                    assert!((bend - curvature[unknown * unknowns + other]).abs() < 1e-7, "{answer:?}");
                }
            }
        }
    }
}
