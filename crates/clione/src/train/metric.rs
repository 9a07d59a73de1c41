//! The metrics: what a person judges a model by, each with its formula and the direction that is better.

// Long because: a table of metrics, and what each of them is asked.

use super::answers::ClassAnswers;
use super::calibration::{calibration_bins, calibration_error};
use super::ranking::Ranking;
use crate::base::real::Real;
use std::collections::BTreeMap;

/// What a model said and what was true, for the rows that are measured.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// Classes.
    Classes(&'a ClassAnswers),
    /// Numbers: for each row what was predicted and what was true.
    Numbers {
        /// What was predicted.
        predictions: &'a [f64],
        /// What was true.
        truth: &'a [f64],
    },
}

impl Outcome<'_> {
    /// How many rows are measured.
    pub fn rows(&self) -> usize {
        match self {
            Outcome::Classes(answers) => answers.truth().len(),
            Outcome::Numbers { truth, .. } => truth.len(),
        }
    }
}

/// Which class is said, by the probabilities of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Decision {
    /// The most probable one; the first of equals.
    #[default]
    MostProbable,
    /// The second of two classes where its probability is at least this, else the first.
    Threshold(f64),
}

impl Decision {
    /// The threshold that was chosen, if one was.
    pub fn threshold(self) -> Option<f64> {
        match self {
            Decision::MostProbable => None,
            Decision::Threshold(at) => Some(at),
        }
    }

    /// The class that is said.
    ///
    /// ```
    /// use clione::train::metric::Decision;
    /// assert_eq!(Decision::MostProbable.class(&[0.7, 0.3]), 0);
    /// assert_eq!(Decision::Threshold(0.3).class(&[0.7, 0.3]), 1);
    /// ```
    pub fn class(self, probabilities: &[f64]) -> u32 {
        if let (Decision::Threshold(at), &[_, second]) = (self, probabilities) {
            return u32::from(second >= at);
        }
        let first = (0, f64::NEG_INFINITY);
        let all = probabilities.iter().enumerate();
        all.fold(first, |best, (class, &p)| if p > best.1 { (class, p) } else { best }).0 as u32
    }
}

/// What a metric is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Classes.
    Classes,
    /// Numbers.
    Numbers,
}

macro_rules! metrics {
    ($($(#[doc = $doc:literal])* $name:literal => $variant:ident, $for:ident, higher is better: $higher:literal, |$($of:ident),+| $value:expr;)*) => {
        /// One number that says how good predictions are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Metric {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Metric {
            /// Every metric, in the order of the table.
            pub fn all() -> &'static [Metric] {
                &[$(Metric::$variant),*]
            }

            /// The name that reports, JSON and the command line use.
            pub fn name(self) -> &'static str {
                match self { $(Metric::$variant => $name,)* }
            }

            /// The metric of this name, if there is one.
            pub fn named(name: &str) -> Option<Metric> {
                Metric::all().iter().copied().find(|metric| metric.name() == name)
            }

            /// The formula and a word on it, as the documentation of the table has it.
            pub fn documentation(self) -> &'static [&'static str] {
                match self { $(Metric::$variant => &[$($doc),*],)* }
            }

            /// What it measures.
            pub fn is_for(self) -> For {
                match self { $(Metric::$variant => For::$for,)* }
            }

            /// Whether more is better.
            pub fn higher_is_better(self) -> bool {
                match self { $(Metric::$variant => $higher,)* }
            }

            /// Its value; none for an outcome that it is not for, without rows, or where it has no meaning, such as an
            /// area below a ROC curve where all rows are of one class.
            ///
            /// ```
            /// use clione::train::metric::{Metric, Outcome};
            /// let outcome = Outcome::Numbers { predictions: &[1.0, 3.0], truth: &[1.0, 1.0] };
            /// assert_eq!(Metric::MeanAbsoluteError.value(&outcome), Some(1.0));
            /// assert_eq!(Metric::Accuracy.value(&outcome), None);
            /// ```
            pub fn value(self, outcome: &Outcome<'_>) -> Option<f64> {
                match (self, *outcome) {
                    $((Metric::$variant, metrics!(@pattern $for $($of)+)) if outcome.rows() > 0 => Option::<f64>::from($value),)*
                    _ => None,
                }
            }
        }
    };
    (@pattern Classes $answers:ident) => {
        Outcome::Classes($answers)
    };
    (@pattern Numbers $predictions:ident $truth:ident) => {
        Outcome::Numbers { predictions: $predictions, truth: $truth }
    };
}

metrics! {
    /// The share of rows whose most probable class is the true one
    "accuracy" => Accuracy, Classes, higher is better: true, |answers| {
        let right = answers.said().iter().zip(answers.truth()).filter(|(said, truth)| said == truth);
        right.count() as f64 / answers.truth().len() as f64
    };
    /// The mean over classes of the share of its rows that are found: what accuracy would be if all classes were equally frequent
    "balanced_accuracy" => BalancedAccuracy, Classes, higher is better: true, |answers| {
        Confusion::new(answers).mean_recall()
    };
    /// The mean over classes of F1 = 2·precision·recall / (precision + recall); 0 for a class that is never found
    "macro_f1" => MacroF1, Classes, higher is better: true, |answers| {
        Confusion::new(answers).mean_f1()
    };
    /// (c·s - Σpₖtₖ) / √((s² - Σpₖ²)(s² - Σtₖ²)) for s rows, c of them right, pₖ said to be and tₖ truly of class k: the correlation of truth and prediction (Matthews 1975, Gorodkin 2004); 0 where either is always the same
    "mcc" => Mcc, Classes, higher is better: true, |answers| {
        Confusion::new(answers).correlation()
    };
    /// How likely a row of the second class has a higher probability of it than one of the first, ties counted half; with more classes the mean over each against all others. None where all rows are of one class
    "roc_auc" => RocAuc, Classes, higher is better: true, |answers| {
        over_classes(answers, Ranking::roc_area)
    };
    /// Σ (Rᵢ - Rᵢ₋₁)·Pᵢ over all thresholds, with recall R and precision P of the second class (average precision); with more classes the mean over each against all others. None where all rows are of one class
    "pr_auc" => PrAuc, Classes, higher is better: true, |answers| {
        over_classes(answers, Ranking::average_precision)
    };
    /// The mean of -ln p for the probability p that was given to the true class (at least 1e-15)
    "log_loss" => LogLoss, Classes, higher is better: false, |answers| {
        mean(answers.losses())
    };
    /// The mean of (p - y)² for the probability p of the second class; with more classes of Σⱼ(pⱼ - yⱼ)² (Brier 1950)
    "brier" => Brier, Classes, higher is better: false, |answers| {
        mean(answers.squares().iter().copied())
    };
    /// The root mean square of the difference between share and mean probability, over ten bins of equal width, freed of what chance adds to it; 0 where nothing is left: with two classes of the probability of the second, with more of the one that is said (Kumar, Liang and Ma 2019). None where no bin has two rows
    "calibration_error" => CalibrationError, Classes, higher is better: false, |answers| {
        calibration_error(&calibration_bins(answers))
    };
    /// √ mean (ŷ - y)², in the units of the target
    "rmse" => RootMeanSquaredError, Numbers, higher is better: false, |predictions, truth| {
        mean(predictions.iter().zip(truth.iter()).map(|(said, y)| (said - y) * (said - y))).sqrt()
    };
    /// mean |ŷ - y|, in the units of the target
    "mae" => MeanAbsoluteError, Numbers, higher is better: false, |predictions, truth| {
        mean(predictions.iter().zip(truth.iter()).map(|(said, y)| (said - y).abs()))
    };
    /// The median of |ŷ - y|, in the units of the target: half of the predictions are nearer
    "median_absolute_error" => MedianAbsoluteError, Numbers, higher is better: false, |predictions, truth| {
        median(predictions.iter().zip(truth.iter()).map(|(said, y)| (said - y).abs()))
    };
    /// 1 - Σ(ŷ - y)² / Σ(y - ȳ)²: 1 is perfect, 0 as good as the mean. None where all targets are the same number, as with one row
    "r2" => R2, Numbers, higher is better: true, |predictions, truth| {
        let centre = mean(truth.iter().copied());
        let spread: f64 = truth.iter().map(|y| (y - centre) * (y - centre)).sum();
        let error: f64 = predictions.iter().zip(truth.iter()).map(|(said, y)| (said - y) * (said - y)).sum();
        // The mean of equal numbers may be rounded to another one.
        let is_constant = truth.iter().all(|y| *y == truth[0]);
        (spread > 0.0 && !is_constant).then(|| 1.0 - error / spread)
    };
}

impl Metric {
    /// The least and the greatest value that it can have.
    ///
    /// ```
    /// use clione::train::metric::Metric;
    /// assert_eq!((Metric::Accuracy.range(), Metric::Mcc.range()), ((0.0, 1.0), (-1.0, 1.0)));
    /// ```
    pub fn range(self) -> (f64, f64) {
        match self {
            Metric::Accuracy
            | Metric::BalancedAccuracy
            | Metric::MacroF1
            | Metric::RocAuc
            | Metric::PrAuc
            | Metric::CalibrationError => (0.0, 1.0),
            Metric::Mcc => (-1.0, 1.0),
            Metric::Brier => (0.0, 2.0),
            Metric::LogLoss
            | Metric::RootMeanSquaredError
            | Metric::MeanAbsoluteError
            | Metric::MedianAbsoluteError => (0.0, f64::INFINITY),
            Metric::R2 => (f64::NEG_INFINITY, 1.0),
        }
    }

    /// Whether it is a share of rows, or a mean of such shares, or ends where no row is wrong: without an error its interval is
    /// still not a point.
    pub(super) fn is_share(self) -> bool {
        match self {
            Metric::Accuracy
            | Metric::BalancedAccuracy
            | Metric::MacroF1
            | Metric::Mcc
            | Metric::RocAuc
            | Metric::PrAuc => true,
            Metric::LogLoss
            | Metric::Brier
            | Metric::CalibrationError
            | Metric::RootMeanSquaredError
            | Metric::MeanAbsoluteError
            | Metric::MedianAbsoluteError
            | Metric::R2 => false,
        }
    }

    /// Its value where it depends on nothing but how often each class was taken for each other.
    pub(super) fn of_confusion(self, confusion: &Confusion) -> Option<f64> {
        match self {
            Metric::Accuracy => Some(confusion.accuracy()),
            Metric::BalancedAccuracy => Some(confusion.mean_recall()),
            Metric::MacroF1 => Some(confusion.mean_f1()),
            Metric::Mcc => Some(confusion.correlation()),
            Metric::RocAuc
            | Metric::PrAuc
            | Metric::LogLoss
            | Metric::Brier
            | Metric::CalibrationError
            | Metric::RootMeanSquaredError
            | Metric::MeanAbsoluteError
            | Metric::MedianAbsoluteError
            | Metric::R2 => None,
        }
    }

    /// Why there may be no value of it on some rows.
    ///
    /// ```
    /// use clione::train::metric::Metric;
    /// assert_eq!(Metric::R2.undefined_where(), "all targets are the same number");
    /// ```
    pub fn undefined_where(self) -> &'static str {
        match self {
            Metric::R2 => "all targets are the same number",
            Metric::RocAuc | Metric::PrAuc => "all rows are of one class",
            Metric::CalibrationError => "no two rows have like probabilities",
            Metric::Accuracy
            | Metric::BalancedAccuracy
            | Metric::MacroF1
            | Metric::Mcc
            | Metric::LogLoss
            | Metric::Brier
            | Metric::RootMeanSquaredError
            | Metric::MeanAbsoluteError
            | Metric::MedianAbsoluteError => "there is no row",
        }
    }

    /// The one that stands for all where there is room for one: accuracy for classes, R² for numbers.
    pub fn main_for(kind: For) -> Metric {
        match kind {
            For::Classes => Metric::Accuracy,
            For::Numbers => Metric::R2,
        }
    }
}

/// -ln p for the probability that was given to what is true, at least 1e-15: a certain mistake is not infinitely bad.
pub(super) fn log_loss_of(probability: f64) -> f64 {
    -Real::ln(probability.max(1e-15))
}

/// A measure of rankings: of the second of two classes, or the mean over each class against all others, where it has one.
fn over_classes(answers: &ClassAnswers, measure: fn(&Ranking) -> Option<f64>) -> Option<f64> {
    let of_class = |class| measure(&answers.ranking(class));
    if answers.classes() == 2 {
        return of_class(1);
    }
    let measured: Vec<f64> = (0..answers.classes()).filter_map(of_class).collect();
    (!measured.is_empty()).then(|| mean(measured.into_iter()))
}

/// How often each class was taken for each other. What never happened takes no memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    counts: BTreeMap<(u32, u32), usize>,
    /// How many rows each class truly has.
    truly: Vec<usize>,
    /// How many rows were said to be of each class.
    said: Vec<usize>,
}

/// How many rows of one class were said to be of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confused {
    /// The true class.
    pub truth: usize,
    /// The one that was said.
    pub said: usize,
    /// In how many rows.
    pub rows: usize,
}

impl Confusion {
    /// Counts every row.
    pub fn new(answers: &ClassAnswers) -> Self {
        let mut confusion =
            Confusion { counts: BTreeMap::new(), truly: answers.rows_of_classes(), said: vec![0; answers.classes()] };
        for (&truth, &said) in answers.truth().iter().zip(answers.said()) {
            *confusion.counts.entry((truth, said)).or_default() += 1;
            confusion.said[said as usize] += 1;
        }
        confusion
    }

    /// That of two classes: of the rows of each, how many were said to be of the first and of the second.
    pub(super) fn of_two(first: [usize; 2], second: [usize; 2]) -> Self {
        let said = |class: usize| first[class] + second[class];
        let counts = [((0, 0), first[0]), ((0, 1), first[1]), ((1, 0), second[0]), ((1, 1), second[1])];
        Confusion {
            counts: BTreeMap::from(counts),
            truly: vec![first[0] + first[1], second[0] + second[1]],
            said: vec![said(0), said(1)],
        }
    }

    /// The share of rows that are right; 0 without rows.
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.classes()).map(|class| self.count(class, class)).sum();
        right as f64 / self.truly.iter().sum::<usize>().max(1) as f64
    }

    /// The mean of the recall of the classes that have rows.
    pub fn mean_recall(&self) -> f64 {
        mean((0..self.classes()).filter_map(|class| self.recall(class)))
    }

    /// The mean of F1 of the classes that have rows.
    pub fn mean_f1(&self) -> f64 {
        mean((0..self.classes()).filter_map(|class| self.f1(class)))
    }

    /// How many rows of class `truth` were said to be of class `said`.
    pub fn count(&self, truth: usize, said: usize) -> usize {
        self.counts.get(&(truth as u32, said as u32)).copied().unwrap_or(0)
    }

    /// How many rows are of a class.
    pub fn rows(&self, class: usize) -> usize {
        self.truly[class]
    }

    /// Every pair of classes of which one was taken for the other, the most frequent first.
    ///
    /// ```
    /// use clione::train::answers::ClassAnswers;
    /// use clione::train::metric::{Confused, Confusion};
    /// let said = [0.1, 0.9, 0.2, 0.8, 0.6, 0.4]; // 1, 1 and 0
    /// let confusion = Confusion::new(&ClassAnswers::new(2, &said, vec![0, 0, 1]));
    /// assert_eq!(confusion.confused()[0], Confused { truth: 0, said: 1, rows: 2 });
    /// ```
    pub fn confused(&self) -> Vec<Confused> {
        let wrong = self.counts.iter().filter(|((truth, said), rows)| truth != said && **rows > 0);
        let pair = |(&(truth, said), &rows): (&(u32, u32), &usize)| Confused {
            truth: truth as usize,
            said: said as usize,
            rows,
        };
        let mut pairs: Vec<Confused> = wrong.map(pair).collect();
        pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.rows), pair.truth, pair.said));
        pairs
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.truly.len()
    }

    /// The share of the rows of a class that were found; none where it has no rows.
    pub fn recall(&self, class: usize) -> Option<f64> {
        let rows = self.rows(class);
        (rows > 0).then(|| self.count(class, class) as f64 / rows as f64)
    }

    /// The share of what was said to be of a class that is; none where nothing was said to be.
    pub fn precision(&self, class: usize) -> Option<f64> {
        let said = self.said[class];
        (said > 0).then(|| self.count(class, class) as f64 / said as f64)
    }

    /// (c·s - Σpₖtₖ) / √((s² - Σpₖ²)(s² - Σtₖ²)), the correlation of truth and prediction; 0 where either is always the same.
    pub fn correlation(&self) -> f64 {
        let truly = |class: usize| self.truly[class] as f64;
        let said = |class: usize| self.said[class] as f64;
        let over_classes = |term: &dyn Fn(usize) -> f64| (0..self.classes()).map(term).sum::<f64>();
        let rows = over_classes(&truly);
        let right = over_classes(&|class| self.count(class, class) as f64);
        let covariance = right * rows - over_classes(&|class| said(class) * truly(class));
        let spread_of_said = rows * rows - over_classes(&|class| said(class) * said(class));
        let spread_of_truth = rows * rows - over_classes(&|class| truly(class) * truly(class));
        let spread = (spread_of_said * spread_of_truth).sqrt();
        if spread > 0.0 { covariance / spread } else { 0.0 }
    }

    /// 2·precision·recall / (precision + recall); 0 where nothing was found, none where the class has no rows.
    pub fn f1(&self, class: usize) -> Option<f64> {
        let recall = self.recall(class)?;
        let precision = self.precision(class).unwrap_or(0.0);
        Some(if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 })
    }
}

/// The middle one, or the mean of the two in the middle; of none it is 0.
pub(super) fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.get(numbers.len() / 2).copied().unwrap_or_default();
    let before = numbers.get(numbers.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    before + (middle - before) / 2.0
}

fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0), |(sum, count), number| (sum + number, count + 1));
    sum / f64::from(count.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBABILITIES: &[f64] = &[0.65, 0.35, 0.6, 0.4, 0.2, 0.8, 0.9, 0.1];
    fn answers() -> ClassAnswers {
        ClassAnswers::new(2, PROBABILITIES, vec![0, 1, 1, 0])
    }

    #[test]
    fn a_threshold_decides_which_of_two_classes_is_said() {
        let value = |metric: Metric, decision| metric.value(&Outcome::Classes(&answers().decided(decision)));
        let accuracy = |at: f64| value(Metric::Accuracy, Decision::Threshold(at));
        assert_eq!([0.4, 0.35, 0.81, 0.0].map(accuracy), [Some(1.0), Some(0.75), Some(0.5), Some(0.5)]);
        let area = |decision: Decision| value(Metric::RocAuc, decision);
        assert_eq!(area(Decision::Threshold(0.9)), area(Decision::MostProbable), "a ranking needs no threshold");
    }

    #[test]
    fn class_metrics_are_what_one_counts_by_hand() {
        let answers = answers();
        let outcome = Outcome::Classes(&answers);
        assert_eq!(Metric::Accuracy.value(&outcome), Some(0.75));
        assert_eq!(Metric::BalancedAccuracy.value(&outcome), Some(0.75));
        let f1 = (0.8 + 2.0 / 3.0) / 2.0;
        assert!((Metric::MacroF1.value(&outcome).unwrap() - f1).abs() < 1e-15);
        let log_loss = -(0.65f64.ln() + 0.4f64.ln() + 0.8f64.ln() + 0.9f64.ln()) / 4.0;
        assert!((Metric::LogLoss.value(&outcome).unwrap() - log_loss).abs() < 1e-15);
    }

    #[test]
    fn number_metrics_are_what_one_counts_by_hand() {
        let outcome = Outcome::Numbers { predictions: &[1.0, 2.0, 6.0], truth: &[1.0, 3.0, 5.0] };
        assert!((Metric::RootMeanSquaredError.value(&outcome).unwrap() - (2.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(Metric::R2.value(&outcome), Some(0.75));
    }

    #[test]
    fn r2_of_targets_that_are_all_alike_is_undefined() {
        for truth in [&[3.0][..], &[0.1, 0.1, 0.1], &[0.0, 0.0]] {
            let outcome = Outcome::Numbers { predictions: truth, truth };
            assert_eq!(Metric::R2.value(&outcome), None, "{truth:?}");
            assert_eq!(Metric::RootMeanSquaredError.value(&outcome), Some(0.0));
        }
    }

    #[test]
    fn every_metric_is_for_one_kind_of_outcome() {
        let numbers = Outcome::Numbers { predictions: &[1.0, 2.0], truth: &[1.0, 2.0] };
        let answers = answers();
        let outcome = Outcome::Classes(&answers);
        for &metric in Metric::all() {
            assert_eq!(Metric::named(metric.name()), Some(metric));
            assert_eq!(metric.value(&numbers).is_some(), metric.is_for() == For::Numbers);
            assert_eq!(metric.value(&outcome).is_some(), metric.is_for() == For::Classes);
        }
    }
}
