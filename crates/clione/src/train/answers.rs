//! What a model says of rows, beside what is true of them: as much of it as measuring takes, and no more.
//!
//! The probabilities of few classes are kept. Of many classes they would be rows x classes numbers, so what measures need
//! of them is gathered while they pass by, and the memory that is taken grows with rows plus classes.

use super::evaluate::Units;
use super::metric::{Decision, For, Outcome, log_loss_of};
use super::predict::Predictor;
use super::ranking::{Ranking, Tie};
use crate::cpu::Cpu;
use crate::cpu::simd::Element;
use crate::data::dataset::{Dataset, Targets};
use crate::nn::model::Model;
use std::sync::Arc;

/// What a model says of some rows, in the units of the target, beside what is true of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// Classes.
    Classes(ClassAnswers),
    /// Numbers: for each row what was predicted and what was true.
    Numbers {
        /// What was predicted.
        predictions: Vec<f64>,
        /// What was true.
        truth: Vec<f64>,
    },
}

/// Who shows the probabilities of all rows, in their order, some rows at a time: `classes` numbers for each row.
type Pass<'a> = dyn FnMut(&mut dyn FnMut(&[f64])) + 'a;

/// The probabilities of up to so many classes are kept: they have curves of their own.
pub const FEW_CLASSES: usize = 20;

/// What was said of rows whose target is a class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassAnswers {
    classes: usize,
    decision: Decision,
    truth: Vec<u32>,
    said: Vec<u32>,
    of_truth: Vec<f64>,
    of_said: Vec<f64>,
    squares: Vec<f64>,
    scores: Scores,
}

/// What rankings of the rows by the probability of a class follow from.
#[derive(Clone, Debug, PartialEq)]
enum Scores {
    /// Of few classes: all probabilities, row by row.
    All(Vec<f64>),
    /// Of many classes: for each the different probabilities that its own rows were given, the highest first, and where
    /// the other rows lie among them.
    Ties(Vec<Vec<Tie>>),
}

impl ClassAnswers {
    /// From the probabilities of all rows, `classes` for each, and their true classes.
    ///
    /// ```
    /// use clione::train::answers::ClassAnswers;
    /// let answers = ClassAnswers::new(2, &[0.7, 0.3, 0.2, 0.8], vec![0, 0]);
    /// assert_eq!((answers.said(), answers.of_truth()), (&[0, 1][..], &[0.7, 0.2][..]));
    /// ```
    pub fn new(classes: usize, probabilities: &[f64], truth: Vec<u32>) -> Self {
        ClassAnswers::gather(classes, truth, &mut |take| take(probabilities))
    }

    /// Gathers what measures need from probabilities that `pass` shows; it is asked twice where the classes are many.
    pub fn gather(classes: usize, truth: Vec<u32>, pass: &mut Pass<'_>) -> Self {
        let count = truth.len();
        let (mut said, mut of_said, mut of_truth) = (Vec::with_capacity(count), Vec::new(), Vec::new());
        let (mut squares, mut kept) = (Vec::with_capacity(count), Vec::new());
        pass(&mut |probabilities| {
            for row in probabilities.chunks(classes) {
                let true_class = truth[said.len()] as usize;
                let class = Decision::MostProbable.class(row);
                said.push(class);
                of_said.push(row[class as usize]);
                of_truth.push(row[true_class]);
                squares.push(square_error(row, true_class));
            }
            if classes <= FEW_CLASSES {
                kept.extend_from_slice(probabilities);
            }
        });
        assert_eq!(said.len(), count, "one true class for each row");
        let scores = match classes <= FEW_CLASSES {
            true => Scores::All(kept),
            false => Scores::Ties(ties(classes, &truth, &of_truth, pass)),
        };
        ClassAnswers { classes, decision: Decision::MostProbable, truth, said, of_truth, of_said, squares, scores }
    }

    /// The same with another rule of which class is said.
    pub fn decided(mut self, decision: Decision) -> Self {
        self.decision = decision;
        if let Scores::All(probabilities) = &self.scores {
            let rows = || probabilities.chunks(self.classes);
            self.said = rows().map(|row| decision.class(row)).collect();
            self.of_said = rows().zip(&self.said).map(|(row, &class)| row[class as usize]).collect();
        }
        self
    }

    /// Which class is said.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// The same probabilities for every row, as guessing gives them.
    pub fn alike(probabilities: &[f64], truth: Vec<u32>) -> Self {
        let classes = probabilities.len();
        if classes <= FEW_CLASSES {
            return ClassAnswers::new(classes, &probabilities.repeat(truth.len()), truth);
        }
        let class = Decision::MostProbable.class(probabilities);
        let mut rows = vec![0; classes];
        truth.iter().for_each(|&class| rows[class as usize] += 1);
        let squares_of: Vec<f64> =
            (0..classes).map(|class| if rows[class] > 0 { square_error(probabilities, class) } else { 0.0 }).collect();
        let tie = |(&score, &own): (&f64, &usize)| {
            let tie = Tie { score, own, others_above: 0, others_equal: truth.len() - own };
            if own > 0 { vec![tie] } else { Vec::new() }
        };
        ClassAnswers {
            classes,
            decision: Decision::MostProbable,
            said: vec![class; truth.len()],
            of_said: vec![probabilities[class as usize]; truth.len()],
            of_truth: truth.iter().map(|&class| probabilities[class as usize]).collect(),
            squares: truth.iter().map(|&class| squares_of[class as usize]).collect(),
            scores: Scores::Ties(probabilities.iter().zip(&rows).map(tie).collect()),
            truth,
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The true class of each row.
    pub fn truth(&self) -> &[u32] {
        &self.truth
    }

    /// The class that is said of each row: the most probable one, the first of equals, unless another rule decides.
    pub fn said(&self) -> &[u32] {
        &self.said
    }

    /// For each row the probability that was given to its true class.
    pub fn of_truth(&self) -> &[f64] {
        &self.of_truth
    }

    /// For each row the probability of the class that was said.
    pub fn of_said(&self) -> &[f64] {
        &self.of_said
    }

    /// For each row (p - y)² of the second of two classes, or Σⱼ(pⱼ - yⱼ)² over more.
    pub fn squares(&self) -> &[f64] {
        &self.squares
    }

    /// For each row -ln p of its true class.
    pub fn losses(&self) -> impl Iterator<Item = f64> {
        self.of_truth.iter().map(|&probability| log_loss_of(probability))
    }

    /// All probabilities, row by row; nothing where there are more than [`FEW_CLASSES`].
    pub fn probabilities(&self) -> Option<&[f64]> {
        match &self.scores {
            Scores::All(probabilities) => Some(probabilities),
            Scores::Ties(_) => None,
        }
    }

    /// The probability of the second of two classes, for each row.
    pub fn of_second(&self) -> impl Iterator<Item = f64> {
        self.probabilities().unwrap_or_default().iter().skip(1).step_by(2).copied()
    }

    /// How many rows each class truly has.
    pub fn rows_of_classes(&self) -> Vec<usize> {
        let mut rows = vec![0; self.classes];
        self.truth.iter().for_each(|&class| rows[class as usize] += 1);
        rows
    }

    /// The rows ranked by the probability of a class, against all others. Of more than [`FEW_CLASSES`] it has the thresholds
    /// at which rows of the class are found, and what lies between them is one cut.
    pub fn ranking(&self, class: usize) -> Ranking {
        match &self.scores {
            Scores::All(probabilities) => Ranking::of_class(class, self.classes, probabilities, &self.truth),
            Scores::Ties(ties) => Ranking::of_ties(&ties[class], self.truth.len()),
        }
    }
}

/// (p - y)² for the probability p of the second of two classes; of more Σⱼ(pⱼ - yⱼ)².
fn square_error(row: &[f64], truth: usize) -> f64 {
    let first = if row.len() == 2 { 1 } else { 0 };
    let error = |class: usize| row[class] - f64::from(u8::from(class == truth));
    (first..row.len()).map(|class| error(class) * error(class)).sum()
}

/// Where the other rows lie among those of each class, by their probability of it.
fn ties(classes: usize, truth: &[u32], of_truth: &[f64], pass: &mut Pass<'_>) -> Vec<Vec<Tie>> {
    let mut ties: Vec<Vec<Tie>> = vec![Vec::new(); classes];
    for (&class, &score) in truth.iter().zip(of_truth) {
        ties[class as usize].push(Tie { score, own: 1, others_above: 0, others_equal: 0 });
    }
    for ties in &mut ties {
        ties.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        ties.dedup_by(|next, first| {
            let is_same = next.score == first.score;
            first.own += if is_same { next.own } else { 0 };
            is_same
        });
    }
    let mut number = 0;
    pass(&mut |probabilities| {
        for row in probabilities.chunks(classes) {
            let true_class = truth[number] as usize;
            for (class, (ties, &score)) in ties.iter_mut().zip(row).enumerate() {
                if class == true_class || ties.is_empty() {
                    continue;
                }
                // Counted at the first score that it reaches; what is above stays above for all that follow.
                let place = ties.partition_point(|tie| tie.score > score);
                if let Some(tie) = ties.get_mut(place) {
                    if tie.score == score {
                        tie.others_equal += 1;
                    } else {
                        tie.others_above += 1;
                    }
                }
            }
            number += 1;
        }
    });
    ties
}

/// What is known of looking at outputs.
const NEVER_FAILS: &str = "noting what was said does not fail";

impl Answers {
    /// What a model says of the rows of a data set. Panics when they do not fit its network.
    pub fn of<T: Element>(model: &Model<T>, data: &Dataset, units: Units, cpu: &Arc<Cpu>) -> Self {
        let mut predictor = Predictor::new(model, Arc::clone(cpu));
        match data.targets() {
            Targets::Classes { numbers, names } => {
                let mut some = Vec::new();
                let mut pass = |take: &mut dyn FnMut(&[f64])| {
                    let shown = predictor.each(model, data.inputs(), &mut |outputs| {
                        probabilities_into(outputs, names.len(), &mut some);
                        take(&some);
                        Ok(())
                    });
                    shown.expect(NEVER_FAILS);
                };
                Answers::Classes(ClassAnswers::gather(names.len(), numbers.clone(), &mut pass))
            }
            Targets::Values(matrix) => {
                let mut predictions = Vec::with_capacity(data.rows());
                let shown = predictor.each(model, data.inputs(), &mut |outputs| {
                    predictions.extend(outputs.iter().map(|y| units.restore(y.to_f64())));
                    Ok(())
                });
                shown.expect(NEVER_FAILS);
                Answers::Numbers { predictions, truth: (0..data.rows()).map(|row| matrix.at(row, 0)).collect() }
            }
        }
    }

    /// The same with another rule of which class is said.
    pub fn decided(self, by: Decision) -> Self {
        match self {
            Answers::Classes(answers) => Answers::Classes(answers.decided(by)),
            Answers::Numbers { .. } => self,
        }
    }

    /// Which class is said.
    pub(super) fn decision(&self) -> Decision {
        match self {
            Answers::Classes(answers) => answers.decision(),
            Answers::Numbers { .. } => Decision::MostProbable,
        }
    }

    /// What metrics of them are for.
    pub fn is_for(&self) -> For {
        match self {
            Answers::Classes { .. } => For::Classes,
            Answers::Numbers { .. } => For::Numbers,
        }
    }

    /// The same, to be measured.
    pub fn outcome(&self) -> Outcome<'_> {
        match self {
            Answers::Classes(answers) => Outcome::Classes(answers),
            Answers::Numbers { predictions, truth } => Outcome::Numbers { predictions, truth },
        }
    }
}

/// The probabilities of all classes for each row: the network's own, or for two classes with one output (1 - p, p).
pub(super) fn probabilities_into<T: Element>(outputs: &[T], classes: usize, into: &mut Vec<f64>) {
    into.clear();
    match classes {
        2 => into.extend(outputs.iter().map(|p| p.to_f64()).flat_map(|p| [1.0 - p, p])),
        _ => into.extend(outputs.iter().map(|p| p.to_f64())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{Purpose, Rng};
    use crate::train::metric::Metric;

    /// Rows of probabilities, some of them equal, and true classes; the last class has no row.
    fn some(rows: usize, classes: usize) -> (Vec<f64>, Vec<u32>) {
        let stream = Rng::new(5).stream(Purpose::Shuffle, 0, 0);
        let weights = |row: usize| -> Vec<f64> {
            (0..classes).map(|class| f64::from(1 + stream.bits_at((row * classes + class) as u64) % 9)).collect()
        };
        let row = |row: usize| {
            let weights = weights(row);
            let sum: f64 = weights.iter().sum();
            weights.into_iter().map(move |weight| weight / sum)
        };
        let truth = (0..rows).map(|row| stream.bits_at(1 << 40 | row as u64) % (classes as u32 - 1)).collect();
        ((0..rows).flat_map(row).collect(), truth)
    }

    #[test]
    fn many_classes_have_the_rankings_that_all_probabilities_give() {
        let (probabilities, truth) = some(90, FEW_CLASSES + 5);
        let classes = FEW_CLASSES + 5;
        let answers = ClassAnswers::new(classes, &probabilities, truth.clone());
        assert_eq!(answers.probabilities(), None);
        for class in 0..classes {
            let (found, all) = (answers.ranking(class), Ranking::of_class(class, classes, &probabilities, &truth));
            assert_eq!(found.roc_area(), all.roc_area(), "class {class}");
            assert_eq!(found.average_precision(), all.average_precision(), "class {class}");
        }
        assert_eq!(answers.ranking(classes - 1).roc_area(), None);
    }

    #[test]
    fn rows_may_come_in_any_shares() {
        for classes in [3, FEW_CLASSES + 1] {
            let (probabilities, truth) = some(40, classes);
            let whole = ClassAnswers::new(classes, &probabilities, truth.clone());
            let mut pass = |take: &mut dyn FnMut(&[f64])| probabilities.chunks(7 * classes).for_each(take);
            assert_eq!(ClassAnswers::gather(classes, truth, &mut pass), whole);
        }
    }

    #[test]
    fn the_same_guess_for_all_rows_is_what_it_is_when_each_row_is_asked() {
        for classes in [2, 5, FEW_CLASSES + 3] {
            let (_, truth) = some(50, classes.max(2));
            let sum = (classes * (classes + 1) / 2) as f64;
            let guess: Vec<f64> = (0..classes).map(|class| (class + 1) as f64 / sum).collect();
            let (alike, asked) =
                (ClassAnswers::alike(&guess, truth.clone()), ClassAnswers::new(classes, &guess.repeat(50), truth));
            assert_eq!(alike, asked);
            for &metric in Metric::all() {
                assert_eq!(metric.value(&Outcome::Classes(&alike)), metric.value(&Outcome::Classes(&asked)));
            }
        }
    }
}
