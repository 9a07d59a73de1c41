//! Everything that is known about a model on some rows, as plain data for tables, pages and JSON.
//!
//! Figures, curves, thresholds, calibration, the worst mistakes, and what the columns are worth.

use super::answers::{Answers, ClassAnswers, FEW_CLASSES};
use super::apply::answers_and_evaluation;
use super::calibration::{CalibrationBin, calibration_bins};
use super::evaluate::Evaluation;
use super::file::SavedModel;
use super::importance::{Importance, Shuffling, importance};
use super::ranking::{CurvePoint, Threshold, thin};
use crate::base::error::Result;
use crate::cpu::Cpu;
use crate::data::dataset::Dataset;
use std::sync::Arc;

/// What to look at beyond the figures; the default costs next to nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// How many of the worst mistakes are kept.
    pub mistakes: usize,
    /// Whether and how to find out what the columns are worth, which takes a prediction of all rows for each column and repeat.
    pub importance: Option<Shuffling>,
}

impl Default for Look {
    fn default() -> Self {
        Look { mistakes: 10, importance: None }
    }
}

/// Everything that is known about a model on some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The figures, beside those of guessing and of a linear model.
    pub evaluation: Evaluation,
    /// Each class; empty for numbers.
    pub classes: Vec<ClassAssessment>,
    /// What thresholds reach, for two classes of which both have rows.
    pub thresholds: Option<Thresholds>,
    /// Probabilities against shares; empty for numbers.
    pub calibration: Vec<CalibrationBin>,
    /// How predictions of numbers miss.
    pub residuals: Option<Residuals>,
    /// The rows with the highest loss, the worst first.
    pub mistakes: Vec<Mistake>,
    /// What each column is worth, the most important first; empty unless it was asked for.
    pub importance: Vec<Importance>,
}

/// How well one class is told from all others.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassAssessment {
    /// What it is called.
    pub name: String,
    /// How many of the rows are of it.
    pub rows: usize,
    /// The share of what was said to be of it that is.
    pub precision: Option<f64>,
    /// The share of its rows that were found.
    pub recall: Option<f64>,
    /// 2·precision·recall / (precision + recall).
    pub f1: Option<f64>,
    /// The area below its ROC curve; none without rows of it or without others.
    pub roc_area: Option<f64>,
    /// Its average precision.
    pub average_precision: Option<f64>,
    /// Its ROC curve; of two classes the second has one, of more than [`FEW_CLASSES`] none has.
    pub roc: Vec<CurvePoint>,
    /// Its precision-recall curve, as with the ROC curve.
    pub precision_recall: Vec<CurvePoint>,
}

/// What thresholds for the second of two classes reach. The best ones were chosen on the rows that they are measured on: on other
/// rows they reach a little less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// One half, as predictions use it.
    pub usual: Threshold,
    /// The best for F1.
    pub best_f1: Threshold,
    /// The best for balanced accuracy.
    pub best_balanced: Threshold,
}

/// How predictions of numbers miss: ŷ - y.
#[derive(Clone, Debug, PartialEq)]
pub struct Residuals {
    /// Their mean: above 0 where too much is said on the whole.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
    /// The least, a twentieth, a quarter, the middle one, three quarters, nineteen twentieths, and the greatest.
    pub quantiles: [f64; 7],
    /// What was predicted and what is true, of at most 200 rows, evenly chosen.
    pub points: Vec<(f64, f64)>,
}

/// A row that was predicted badly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// Its place among the rows that were measured, from 0.
    pub row: usize,
    /// Its loss: -ln p of the true class, or |ŷ - y|.
    pub loss: f64,
    /// What was said.
    pub said: Said,
}

/// What was said of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Said {
    /// A class.
    Class {
        /// The true one.
        truth: usize,
        /// The one that was said.
        said: usize,
        /// The probability that was given to the true one.
        probability_of_truth: f64,
    },
    /// A number.
    Number {
        /// The true one.
        truth: f64,
        /// The one that was said.
        said: f64,
    },
}

/// The most points of a scatter of predictions against truth.
const MOST_POINTS: usize = 200;

/// Measures a model on labelled rows that were prepared by its own preprocessing, targets in their own units.
/// Fails when the rows do not fit the network.
///
/// ```
/// use clione::cpu::Cpu;
/// use clione::prelude::*;
/// use clione::train::assessment::{Look, assess};
/// use std::sync::Arc;
/// let text: String = (0..60).map(|i| format!("{},{}\n", i * 7 % 20, if i * 7 % 20 < 8 { "low" } else { "high" })).collect();
/// let table = Table::from_bytes("x.csv", text.into_bytes(), &ReadOptions::default())?;
/// let recipe = Recipe { fit: Fit { epochs: 20, learning_rate: 0.01, ..Fit::default() }, ..Recipe::default() };
/// let prepared = prepare(&table, &recipe.choices, recipe.validation.share(), &Rng::new(0))?;
/// let source = Source::Table(prepared.preprocessing);
/// let run = recipe.train(source, &prepared.training, Some(&prepared.validation), &mut |_| Next::Continue)?;
/// let assessment = assess(&run.saved, &prepared.validation, &Look::default(), &Arc::new(Cpu::new(1)))?;
/// assert_eq!(assessment.evaluation, run.evaluation);
/// assert!(assessment.thresholds.is_some() && assessment.mistakes.len() == 10);
/// # Ok::<(), Error>(())
/// ```
pub fn assess(saved: &SavedModel, data: &Dataset, look: &Look, cpu: &Arc<Cpu>) -> Result<Assessment> {
    let (answers, evaluation) = answers_and_evaluation(saved, data, cpu)?;
    let importance = match look.importance {
        Some(shuffling) => importance(saved, data, shuffling, cpu)?,
        None => Vec::new(),
    };
    let mistakes = worst(&answers, look.mistakes);
    Ok(match &answers {
        Answers::Classes(answers) => Assessment {
            classes: class_assessments(&evaluation, saved.source.classes(), answers),
            evaluation,
            thresholds: (answers.classes() == 2).then(|| thresholds(answers)).flatten(),
            calibration: calibration_bins(answers),
            residuals: None,
            mistakes,
            importance,
        },
        Answers::Numbers { predictions, truth } => Assessment {
            evaluation,
            classes: Vec::new(),
            thresholds: None,
            calibration: Vec::new(),
            residuals: residuals(predictions, truth),
            mistakes,
            importance,
        },
    })
}

fn class_assessments(evaluation: &Evaluation, names: &[String], answers: &ClassAnswers) -> Vec<ClassAssessment> {
    let confusion = evaluation.confusion.as_ref().expect("classes have a confusion matrix");
    let (classes, rows) = (names.len(), answers.rows_of_classes());
    let one = |(class, name): (usize, &String)| {
        let ranking = answers.ranking(class);
        let has_curves = if classes == 2 { class == 1 } else { classes <= FEW_CLASSES };
        ClassAssessment {
            name: name.clone(),
            rows: rows[class],
            precision: confusion.precision(class),
            recall: confusion.recall(class),
            f1: confusion.f1(class),
            roc_area: ranking.roc_area(),
            average_precision: ranking.average_precision(),
            roc: if has_curves { ranking.roc() } else { Vec::new() },
            precision_recall: if has_curves { ranking.precision_recall() } else { Vec::new() },
        }
    };
    names.iter().enumerate().map(one).collect()
}

/// What thresholds for the second class reach; none unless there are rows of both.
fn thresholds(answers: &ClassAnswers) -> Option<Thresholds> {
    let ranking = answers.ranking(1);
    Some(Thresholds { usual: ranking.at(0.5)?, best_f1: ranking.best_f1()?, best_balanced: ranking.best_balanced()? })
}

/// How predictions miss; none without rows.
pub fn residuals(predictions: &[f64], truth: &[f64]) -> Option<Residuals> {
    let mut misses: Vec<f64> = predictions.iter().zip(truth).map(|(said, y)| said - y).collect();
    if misses.is_empty() {
        return None;
    }
    let mean = misses.iter().sum::<f64>() / misses.len() as f64;
    let squares: f64 = misses.iter().map(|miss| (miss - mean) * (miss - mean)).sum();
    let deviation = (squares / misses.len() as f64).sqrt();
    misses.sort_unstable_by(f64::total_cmp);
    // Between two of them where the place is between two, as NumPy does.
    let quantile = |share: f64| {
        let place = share * (misses.len() - 1) as f64;
        let (below, above) = (misses[place.floor() as usize], misses[place.ceil() as usize]);
        below + (above - below) * place.fract()
    };
    let points: Vec<(f64, f64)> = predictions.iter().copied().zip(truth.iter().copied()).collect();
    Some(Residuals {
        mean,
        deviation,
        quantiles: [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0].map(quantile),
        points: thin(&points, MOST_POINTS),
    })
}

/// The rows with the highest loss, the worst first; of equals the earlier row.
pub fn worst(answers: &Answers, count: usize) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = match answers {
        Answers::Classes(answers) => {
            let rows = answers.truth().iter().zip(answers.said()).zip(answers.of_truth()).zip(answers.losses());
            let mistake = |(row, (((&truth, &said), &probability_of_truth), loss))| {
                let said = Said::Class { truth: truth as usize, said: said as usize, probability_of_truth };
                Mistake { row, loss, said }
            };
            rows.enumerate().map(mistake).collect()
        }
        Answers::Numbers { predictions, truth } => predictions
            .iter()
            .zip(truth)
            .enumerate()
            .map(|(row, (&said, &truth))| Mistake {
                row,
                loss: (said - truth).abs(),
                said: Said::Number { truth, said },
            })
            .collect(),
    };
    mistakes.sort_unstable_by(|a, b| b.loss.total_cmp(&a.loss).then(a.row.cmp(&b.row)));
    mistakes.truncate(count);
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_mistakes_come_first_with_what_was_true_and_what_was_said() {
        let probabilities = [0.8, 0.1, 0.1, 0.3, 0.3, 0.4, 0.1, 0.8, 0.1, 0.1, 0.1, 0.8];
        let answers = Answers::Classes(ClassAnswers::new(3, &probabilities, vec![0, 1, 2, 0]));
        let found = worst(&answers, 3);
        assert_eq!(found.iter().map(|mistake| mistake.row).collect::<Vec<_>>(), [2, 3, 1]);
        assert_eq!(found[0].said, Said::Class { truth: 2, said: 1, probability_of_truth: 0.1 });
        assert!((found[0].loss - 10.0_f64.ln()).abs() < 1e-12);
        let answers = Answers::Numbers { predictions: vec![1.0, 5.0, 3.0], truth: vec![1.5, 1.0, 3.0] };
        assert_eq!(worst(&answers, 1), [Mistake { row: 1, loss: 4.0, said: Said::Number { truth: 1.0, said: 5.0 } }]);
    }

    #[test]
    fn residuals_are_summed_up_as_one_does_by_hand() {
        let found = residuals(&[1.0, 2.0, 3.0, 4.0, 5.0], &[0.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!((found.mean, found.deviation), (3.0, 2.0_f64.sqrt()));
        assert_eq!(found.quantiles, [1.0, 1.2, 2.0, 3.0, 4.0, 4.8, 5.0]);
        assert_eq!(found.points.len(), 5);
        assert_eq!(residuals(&[], &[]), None);
    }
}
