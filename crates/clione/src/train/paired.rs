//! Whether one model is better than another on the same rows, and not just luckier: their losses are compared row by row.

use super::answers::Answers;
use super::interval::{mean_and_deviation, t_quantile};

/// How a model stands beside another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its losses are lower, by more than chance makes them differ.
    Better,
    /// The rows do not tell which of them is better.
    Alike,
    /// Its losses are higher, by more than chance makes them differ.
    Worse,
}

impl Standing {
    /// The name that JSON uses.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Better => "better",
            Standing::Alike => "alike",
            Standing::Worse => "worse",
        }
    }
}

/// The losses of a model and of another one on the same rows: -ln p of the true class, or (ŷ - y)².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// The mean of the model's loss minus the other's; above 0 where the other one is better.
    pub difference: f64,
    /// The standard error of that mean: s / √rows, with the standard deviation s of the differences.
    pub error: f64,
    /// How far the mean may be from 0 by chance in 95 of 100 cases: the error times the quantile of Student's distribution.
    pub chance: f64,
    /// The mean loss of the other one on these rows.
    pub other: f64,
    /// The mean loss of guessing on these rows.
    pub guess: f64,
}

/// A difference of this share of guessing counts where it is above its standard error, though not above chance: a model that is
/// sure of what is wrong has losses that differ so much from row to row that nothing would ever be above chance.
const MUCH: f64 = 0.1;

impl Paired {
    /// Compares what a model says of some rows with what another one says of them; `guess` is the mean loss of guessing. None for
    /// fewer than two rows. Panics when they are not answers about the same rows.
    ///
    /// ```
    /// use clione::train::answers::Answers;
    /// use clione::train::paired::{Paired, Standing};
    /// let said = |predictions: &[f64]| Answers::Numbers { predictions: predictions.to_vec(), truth: vec![1.0, 2.0, 3.0, 4.0] };
    /// let (model, other) = (said(&[1.1, 2.1, 2.9, 4.1]), said(&[2.0, 3.0, 2.1, 5.0]));
    /// let paired = Paired::of(&model, &other, 1.25).expect("four rows");
    /// assert!((paired.difference + 0.9425).abs() < 1e-12); // 0.01 in the mean, against 0.9525
    /// assert_eq!(paired.standing(), Standing::Better);
    /// ```
    pub fn of(model: &Answers, other: &Answers, guess: f64) -> Option<Self> {
        let (model, other) = (losses(model), losses(other));
        assert_eq!(model.len(), other.len(), "losses of the same rows");
        if model.len() < 2 {
            return None;
        }
        let differences: Vec<f64> = model.iter().zip(&other).map(|(model, other)| model - other).collect();
        let (difference, deviation) = mean_and_deviation(&differences);
        let count = differences.len();
        let error = deviation / (count as f64).sqrt();
        let other = other.iter().sum::<f64>() / count as f64;
        Some(Paired { difference, error, chance: t_quantile(0.975, count - 1) * error, other, guess })
    }

    /// How the model stands beside the other one: better or worse where the difference is above chance, or above its standard
    /// error and a tenth of guessing.
    pub fn standing(&self) -> Standing {
        let size = self.difference.abs();
        match size > self.chance || (size > self.error && size > MUCH * self.guess) {
            false => Standing::Alike,
            true if self.difference < 0.0 => Standing::Better,
            true => Standing::Worse,
        }
    }
}

/// The loss of each row.
fn losses(answers: &Answers) -> Vec<f64> {
    match answers {
        Answers::Classes(answers) => answers.losses().collect(),
        Answers::Numbers { predictions, truth } => {
            predictions.iter().zip(truth).map(|(said, y)| (said - y) * (said - y)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::answers::ClassAnswers;

    /// Rows of the second of two classes with these probabilities.
    fn sure(probabilities: &[f64]) -> Answers {
        let both: Vec<f64> = probabilities.iter().flat_map(|p| [1.0 - p, *p]).collect();
        Answers::Classes(ClassAnswers::new(2, &both, vec![1; probabilities.len()]))
    }

    fn standing(model: &[f64], other: &[f64]) -> Standing {
        Paired::of(&sure(model), &sure(other), 2.0_f64.ln()).expect("rows").standing()
    }

    #[test]
    fn a_small_difference_counts_when_every_row_has_it_and_not_when_rows_disagree() {
        assert_eq!(standing(&[0.80; 40], &[0.81; 40]), Standing::Worse);
        assert_eq!(standing(&[0.81; 40], &[0.80; 40]), Standing::Better);
        assert_eq!(standing(&[0.8; 40], &[0.8; 40]), Standing::Alike);
        let mixed: Vec<f64> = (0..40).map(|row| if row % 2 == 0 { 0.9 } else { 0.7 }).collect();
        assert_eq!(standing(&mixed, &[0.8; 40]), Standing::Alike);
    }

    #[test]
    fn a_model_that_is_sure_of_a_few_wrong_rows_is_worse_though_its_losses_scatter() {
        let mut model = vec![0.99; 30];
        (model[3], model[7]) = (1e-9, 1e-9);
        let paired = Paired::of(&sure(&model), &sure(&[0.95; 30]), 2.0_f64.ln()).expect("rows");
        assert!(paired.difference < paired.chance && paired.standing() == Standing::Worse, "{paired:?}");
    }

    #[test]
    fn one_row_tells_nothing() {
        assert_eq!(Paired::of(&sure(&[0.9]), &sure(&[0.5]), 1.0), None);
    }
}
