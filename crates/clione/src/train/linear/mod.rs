//! The linear model beside a network: what the same inputs give without any hidden layer.
//!
//! A network is worth its trouble only where it is better than this. For classes it is the model of scikit-learn's
//! `LogisticRegression(C=1)`, for numbers that of `Ridge(alpha=1)`.

mod newton;
mod objective;

use super::answers::{Answers, ClassAnswers};
use crate::base::real::Real;
use crate::data::dataset::{Dataset, Matrix, Targets};
use crate::data::findings::{counted, grouped};
use crate::optim::lbfgs::{Settings, minimise};
use newton::newton;
use objective::{Objective, Rows};
use std::fmt;

/// A linear model: z = W·x + b for each row; z itself for numbers, σ(z) for two classes, softmax(z) for more.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// What its outputs mean.
    pub answer: Answer,
    /// How many numbers a row has.
    pub width: usize,
    /// For each output its weights, then its intercept.
    pub coefficients: Vec<f64>,
}

/// What the outputs of a linear model mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A number, in the units of the target.
    Number,
    /// One of so many classes.
    Classes(usize),
}

impl Answer {
    /// How many outputs it takes: one for a number and for two classes.
    pub fn outputs(self) -> usize {
        match self {
            Answer::Number | Answer::Classes(2) => 1,
            Answer::Classes(classes) => classes,
        }
    }

    /// What the targets of a data set ask for.
    pub fn to(targets: &Targets) -> Self {
        match targets {
            Targets::Classes { names, .. } => Answer::Classes(names.len()),
            Targets::Values(_) => Answer::Number,
        }
    }
}

/// Why there is no linear model: it would keep everybody waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    rows: usize,
    width: usize,
    unknowns: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooLarge { rows, width, unknowns } = *self;
        write!(f, "no linear model beside it: {} of {} ", counted(rows, "row"), counted(width, "input"))?;
        write!(f, "and {} unknowns take too long", grouped(unknowns))
    }
}

/// The most inputs of a row that a linear model is worked out for.
const WIDEST: usize = 1_000;

/// The most rows · unknowns: about a second and a half in all.
const MOST_WORK: usize = 10_000_000;

/// The most unknowns and the most rows · unknowns² for Newton's method; L-BFGS beyond.
const NEWTON_UNKNOWNS: usize = 1_000;
const NEWTON_WORK: usize = 200_000_000;

/// The most steps of either method.
const STEPS: usize = 100;

impl Linear {
    /// The model whose loss on these rows, with the weights held back, is the least:
    ///
    /// ½·Σw² + Σ loss, where the loss of a row is -ln p of its class, or for numbers ½·(ŷ - y)². Intercepts are free.
    ///
    /// That is scikit-learn's `LogisticRegression(C=1)` and `Ridge(alpha=1)`. Newton's method for up to 1,000 unknowns,
    /// L-BFGS where its second derivatives would take too long, at most 100 steps of either. The same rows give the same
    /// bits. Refuses what takes too long: more than 1,000 inputs, or more than 10 million rows times unknowns.
    /// Panics when there is no row.
    ///
    /// ```
    /// use clione::prelude::*;
    /// use clione::train::linear::Linear;
    /// let data = Dataset::from_rows(&[[-1.0], [0.0], [1.0]], &[[1.0], [3.0], [5.0]]);
    /// let linear = Linear::fit(&data).unwrap();
    /// assert!((linear.coefficients[0] - 4.0 / 3.0).abs() < 1e-12); // 2, held back by α = 1: Σxy / (Σx² + 1)
    /// assert!((linear.coefficients[1] - 3.0).abs() < 1e-12);
    /// ```
    pub fn fit(data: &Dataset) -> Result<Self, TooLarge> {
        Linear::fit_weighted(data, None)
    }

    /// As [`Linear::fit`], with Σ weight · loss where the classes have weights: scikit-learn's
    /// `LogisticRegression(C=1, class_weight=…)`. Panics unless there is one weight for each class.
    pub fn fit_weighted(data: &Dataset, class_weights: Option<&[f64]>) -> Result<Self, TooLarge> {
        let answer = Answer::to(data.targets());
        let (rows, width) = (data.rows(), data.inputs().columns());
        assert!(rows > 0, "a linear model is worked out from rows");
        let unknowns = answer.outputs() * (width + 1);
        if is_too_large(rows, width, unknowns) {
            return Err(TooLarge { rows, width, unknowns });
        }
        // Targets of about 1, so that one tolerance fits all units; the penalty does not notice.
        let (shift, scale) = match data.targets() {
            Targets::Classes { .. } => (0.0, 1.0),
            Targets::Values(matrix) => shift_and_scale(matrix),
        };
        let objective = Objective::new(answer, Rows::of(data, shift, scale, class_weights));
        let mut coefficients = vec![0.0; unknowns];
        let newton_work = rows.saturating_mul(unknowns).saturating_mul(unknowns);
        let is_done = unknowns <= NEWTON_UNKNOWNS
            && newton_work <= NEWTON_WORK
            && newton(&objective, &mut coefficients, tolerance(rows), STEPS);
        if !is_done {
            let settings = Settings {
                iterations: STEPS,
                gradient_tolerance: tolerance(rows),
                value_tolerance: 1e-12,
                ..Settings::default()
            };
            minimise(&mut coefficients, |x, gradient| objective.value(x, gradient), &settings);
        }
        for output in coefficients.chunks_mut(width + 1) {
            output.iter_mut().for_each(|coefficient| *coefficient *= scale);
            output[width] += shift;
        }
        Ok(Linear { answer, width, coefficients })
    }

    /// The bytes that working one out takes for so many rows of inputs: a copy of the rows, and what its method remembers; 0
    /// where it would take too long.
    pub(super) fn bytes_to_fit(rows: usize, width: usize, outputs: usize) -> u128 {
        let unknowns = outputs * (width + 1);
        if is_too_large(rows, width, unknowns) {
            return 0;
        }
        let remembered = if unknowns <= NEWTON_UNKNOWNS { unknowns * unknowns } else { 30 * unknowns };
        (rows * (width + 1) + remembered) as u128 * size_of::<f64>() as u128
    }

    /// Shows z = W·x + b for every row, row after row. Panics when the rows have another width.
    fn outputs(&self, inputs: &Matrix, show: &mut dyn FnMut(&[f64])) {
        assert_eq!(inputs.columns(), self.width, "numbers in a row");
        let mut row = vec![0.0; self.width];
        let mut outputs = vec![0.0; self.answer.outputs()];
        for number in 0..inputs.rows() as u32 {
            inputs.gather(&[number], &mut row);
            for (z, output) in outputs.iter_mut().zip(self.coefficients.chunks(self.width + 1)) {
                *z = objective::affine(output, &row);
            }
            show(&outputs);
        }
    }

    /// What it says of rows, beside what is true of them. Panics when the rows have another width, or other targets.
    pub fn answers(&self, data: &Dataset) -> Answers {
        match (self.answer, data.targets()) {
            (Answer::Number, Targets::Values(matrix)) => {
                let mut predictions = Vec::with_capacity(data.rows());
                self.outputs(data.inputs(), &mut |z| predictions.extend_from_slice(z));
                Answers::Numbers { predictions, truth: (0..data.rows()).map(|row| matrix.at(row, 0)).collect() }
            }
            (Answer::Classes(classes), Targets::Classes { numbers, names }) if classes == names.len() => {
                let mut pass = |take: &mut dyn FnMut(&[f64])| {
                    self.outputs(data.inputs(), &mut |z| match classes {
                        2 => take(&[Real::sigmoid(-z[0]), z[0].sigmoid()]),
                        _ => take(&softmax(z)),
                    });
                };
                Answers::Classes(ClassAnswers::gather(classes, numbers.clone(), &mut pass))
            }
            (answer, _) => panic!("{answer:?}: the rows have other targets"),
        }
    }
}

fn is_too_large(rows: usize, width: usize, unknowns: usize) -> bool {
    width > WIDEST || rows.saturating_mul(unknowns) > MOST_WORK
}

/// How small the gradient of a sum over rows becomes: 1e-6 for each row.
fn tolerance(rows: usize) -> f64 {
    1e-6 * rows as f64
}

/// The mean of the targets and their standard deviation, 1 where all are alike.
fn shift_and_scale(targets: &Matrix) -> (f64, f64) {
    let count = targets.rows() as f64;
    let numbers = || (0..targets.rows()).map(|row| targets.at(row, 0));
    let mean = numbers().sum::<f64>() / count;
    let deviation = (numbers().map(|y| (y - mean) * (y - mean)).sum::<f64>() / count).sqrt();
    (mean, if deviation.is_normal() { deviation } else { 1.0 })
}

/// e^zₖ / Σ e^z, shifted by the largest z so that nothing overflows.
fn softmax(z: &[f64]) -> Vec<f64> {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = z.iter().map(|z| Real::exp(z - largest)).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Values;

    fn classes(rows: usize, width: usize, count: u32) -> Dataset {
        let value = |i: usize| ((i * 37 % 101) as f64) / 50.0 - 1.0;
        let inputs = Matrix::new(rows, width, Values::F64((0..rows * width).map(value).collect()));
        let class = |row: usize| ((inputs.at(row, 0) * 2.5 + value(row * 13 + 5)).abs() * 1.4) as u32 % count;
        let numbers = (0..rows).map(class).collect();
        let names = (0..count).map(|class| class.to_string()).collect();
        Dataset::new(inputs, Targets::Classes { numbers, names }).unwrap()
    }

    #[test]
    fn both_methods_find_the_same_model() {
        for count in [2, 3] {
            let data = classes(200, 5, count);
            let found = Linear::fit(&data).unwrap();
            let objective = Objective::new(found.answer, Rows::of(&data, 0.0, 1.0, None));
            let mut walked = vec![0.0; found.coefficients.len()];
            let settings = Settings { gradient_tolerance: 1e-9, value_tolerance: 0.0, ..Settings::default() };
            minimise(&mut walked, |x, gradient| objective.value(x, gradient), &settings);
            for (a, b) in found.coefficients.iter().zip(&walked) {
                assert!((a - b).abs() < 1e-5, "{found:?}\n{walked:?}");
            }
        }
    }

    #[test]
    fn a_class_that_no_row_has_and_columns_that_are_alike_are_no_trouble() {
        let mut data = classes(60, 2, 3);
        let Targets::Classes { numbers, mut names } = data.targets().clone() else { panic!("classes") };
        names.push("never seen".to_owned());
        let twice: Vec<f64> =
            (0..60).flat_map(|row| [data.inputs().at(row, 0), data.inputs().at(row, 0), 7.0]).collect();
        let inputs = Matrix::new(60, 3, Values::F64(twice));
        data = Dataset::new(inputs, Targets::Classes { numbers, names }).unwrap();
        let linear = Linear::fit(&data).unwrap();
        assert!(linear.coefficients.iter().all(|number| number.is_finite()));
        let Answers::Classes(answers) = linear.answers(&data) else { panic!("classes") };
        let probabilities = answers.probabilities().expect("few classes");
        assert!(probabilities.chunks(4).all(|row| row[3] < 0.01 && (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }

    #[test]
    fn the_units_of_the_target_do_not_matter() {
        let rows: Vec<[f64; 2]> = (0..40).map(|i| [f64::from(i % 7) - 3.0, f64::from(i % 5) - 2.0]).collect();
        let model = |unit: f64| {
            let targets: Vec<[f64; 1]> = rows.iter().map(|[a, b]| [unit * (3.0 + a - 0.5 * b + a * b * 0.1)]).collect();
            Linear::fit(&Dataset::from_rows(&rows, &targets)).unwrap().coefficients
        };
        for (one, million) in model(1.0).iter().zip(model(1e6)) {
            assert!((one - million / 1e6).abs() < 1e-12);
        }
    }

    #[test]
    fn what_takes_too_long_is_refused_with_the_numbers() {
        let error = Linear::fit(&classes(2, 1001, 2)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no linear model beside it: 2 rows of 1,001 inputs and 1,002 unknowns take too long"
        );
        assert!(Linear::fit(&classes(20_000, 250, 3)).is_err());
    }
}
