//! The threshold from which on the second of two classes is said, chosen by what it reaches on labelled rows.

use super::answers::ClassAnswers;
use super::metric::{Confusion, Metric};
use super::ranking::Cut;
use crate::base::error::{Error, Result, unknown};

/// What a threshold is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// F1 of the second class.
    F1,
    /// A metric that depends on which class is said.
    Metric(Metric),
}

impl Criterion {
    /// Every one.
    pub fn all() -> &'static [Criterion] {
        const ALL: &[Criterion] = &[
            Criterion::F1,
            Criterion::Metric(Metric::BalancedAccuracy),
            Criterion::Metric(Metric::MacroF1),
            Criterion::Metric(Metric::Mcc),
            Criterion::Metric(Metric::Accuracy),
        ];
        ALL
    }

    /// The name that the command line uses.
    pub fn name(self) -> &'static str {
        match self {
            Criterion::F1 => "f1",
            Criterion::Metric(metric) => metric.name(),
        }
    }

    /// The criterion of this name. Fails where there is none.
    ///
    /// ```
    /// use clione::train::threshold::Criterion;
    /// assert_eq!(Criterion::named("f1")?, Criterion::F1);
    /// assert!(Criterion::named("f2").unwrap_err().to_string().contains("did you mean `f1`?"));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn named(name: &str) -> Result<Criterion> {
        let names = || Criterion::all().iter().map(|criterion| criterion.name());
        let found = Criterion::all().iter().copied().find(|criterion| criterion.name() == name);
        found.ok_or_else(|| {
            Error::usage(unknown("metric that a threshold is chosen for", name, names()))
                .note(format!("choose from {}, or give a number from 0 to 1", names().collect::<Vec<_>>().join(", ")))
        })
    }

    /// The threshold that reaches most on these rows, the highest of equals, and what it reaches: each probability that was
    /// given to the second class is tried. None unless there are two classes and rows of both.
    ///
    /// ```
    /// use clione::train::answers::ClassAnswers;
    /// use clione::train::threshold::Criterion;
    /// let probabilities = [0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.4, 0.6];
    /// let answers = ClassAnswers::new(2, &probabilities, vec![0, 0, 1, 1]);
    /// assert_eq!(Criterion::F1.best(&answers), Some((0.3, 1.0)));
    /// ```
    pub fn best(self, answers: &ClassAnswers) -> Option<(f64, f64)> {
        if answers.classes() != 2 {
            return None;
        }
        let ranking = answers.ranking(1);
        let &Cut { found: positives, mistaken: negatives, .. } = ranking.cuts().last()?;
        if positives == 0 || negatives == 0 {
            return None;
        }
        let reached = ranking.cuts().iter().filter_map(|cut| {
            let confusion =
                Confusion::of_two([negatives - cut.mistaken, cut.mistaken], [positives - cut.found, cut.found]);
            Some((cut.threshold, self.value(&confusion)?))
        });
        reached.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    fn value(self, confusion: &Confusion) -> Option<f64> {
        match self {
            Criterion::F1 => confusion.f1(1),
            Criterion::Metric(metric) => metric.of_confusion(confusion),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::metric::{Decision, Outcome};

    #[test]
    fn the_best_threshold_is_the_best_of_all_that_can_be_tried() {
        let p: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 61) / 61.0).collect();
        let truth: Vec<u32> = (0..60).map(|i| u32::from(i * 37 % 61 + i % 7 * 9 > 55)).collect();
        let probabilities: Vec<f64> = p.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let answers = ClassAnswers::new(2, &probabilities, truth);
        for &criterion in Criterion::all() {
            let (at, value) = criterion.best(&answers).unwrap();
            let reached = |at: f64| {
                let said = answers.clone().decided(Decision::Threshold(at));
                match criterion {
                    Criterion::Metric(metric) => metric.value(&Outcome::Classes(&said)).unwrap(),
                    Criterion::F1 => Confusion::new(&said).f1(1).unwrap(),
                }
            };
            assert!((reached(at) - value).abs() < 1e-15, "{criterion:?}");
            assert!(p.iter().all(|&other| reached(other) <= value + 1e-15), "{criterion:?}");
        }
    }

    #[test]
    fn rows_of_one_class_and_more_than_two_classes_choose_nothing() {
        assert_eq!(Criterion::F1.best(&ClassAnswers::new(2, &[0.5, 0.5], vec![1])), None);
        assert_eq!(Criterion::F1.best(&ClassAnswers::new(3, &[0.5, 0.5, 0.0, 0.5, 0.5, 0.0], vec![0, 1])), None);
    }
}
