//! A gate: what a figure must be for a run to count as good enough, `accuracy>=0.75`.

use super::comparison::{self, Comparison};
use super::cross_validate::CrossValidated;
use super::evaluate::Evaluation;
use super::interval::{Interval, of_share};
use super::metric::{Confusion, For, Metric};
use crate::base::error::{Error, ErrorKind, Result, nearest, unknown};
use crate::data::findings::{counted, list};
use std::fmt;

/// Something that a gate can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The loss.
    Loss,
    /// A metric.
    Metric(Metric),
    /// A score of one class, by its name.
    OfClass(Score, String),
}

/// A score of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// The share of what was said to be of the class that is.
    Precision,
    /// The share of the rows of the class that were found.
    Recall,
    /// 2·precision·recall / (precision + recall).
    F1,
}

const LOSS: &str = "loss";

impl Score {
    /// All three.
    pub fn all() -> &'static [Score] {
        &[Score::Precision, Score::Recall, Score::F1]
    }

    /// The name that reports and gates use.
    pub fn name(self) -> &'static str {
        match self {
            Score::Precision => "precision",
            Score::Recall => "recall",
            Score::F1 => "f1",
        }
    }

    /// Its value for a class; none where it has no meaning.
    pub fn of(self, confusion: &Confusion, class: usize) -> Option<f64> {
        match self {
            Score::Precision => confusion.precision(class),
            Score::Recall => confusion.recall(class),
            Score::F1 => confusion.f1(class),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figure::Loss => f.write_str(LOSS),
            Figure::Metric(metric) => f.write_str(metric.name()),
            Figure::OfClass(score, class) => write!(f, "{}({class})", score.name()),
        }
    }
}

/// What a figure must be.
///
/// ```
/// use clione::train::require::Require;
/// assert_eq!(Require::parse("accuracy >= 0.75")?.to_string(), "accuracy>=0.75");
/// assert_eq!(Require::parse("recall(yes)>0.6")?.to_string(), "recall(yes)>0.6");
/// assert!(Require::parse("acuracy>=0.75").unwrap_err().to_string().contains("did you mean `accuracy`"));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Require {
    /// What is looked at.
    pub figure: Figure,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub limit: f64,
}

impl fmt::Display for Require {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.figure, self.comparison.sign(), self.limit)
    }
}

/// A figure as it was measured.
struct Found {
    value: Option<f64>,
    interval: Option<Interval>,
    on: String,
}

impl Require {
    /// Reads `accuracy>=0.75`, `loss<0.4`, `recall(yes)>=0.6`. Fails where it is nothing of the kind.
    pub fn parse(text: &str) -> Result<Self> {
        const EXAMPLES: &str = "expected a metric, a comparison and a number: `accuracy>=0.75`, `recall(yes)>0.6`";
        let wrong = |what: String| Error::usage(format!("requirement \"{text}\": {what}"));
        let Some((figure, comparison, limit)) = comparison::split(text) else {
            return Err(wrong("has none of >=, <=, > and <".to_owned()).note(EXAMPLES));
        };
        let limit = limit.parse().ok().filter(|limit: &f64| limit.is_finite());
        let limit = limit.ok_or_else(|| wrong("ends in no number".to_owned()).note(EXAMPLES))?;
        let scores = || Score::all().iter().map(|score| score.name());
        let figure = match figure.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?))) {
            Some((name, class)) => {
                let score = Score::all().iter().find(|score| score.name() == name.trim());
                let score = score.ok_or_else(|| wrong(unknown("score of a class", name.trim(), scores())))?;
                Figure::OfClass(*score, class.trim().to_owned())
            }
            None if figure == LOSS => Figure::Loss,
            None if Score::all().iter().any(|score| score.name() == figure) => {
                return Err(wrong(format!("{figure} of which class? Write `{figure}(CLASS){}`", comparison.sign())));
            }
            None => {
                let names = Metric::all().iter().map(|metric| metric.name()).chain([LOSS]);
                let metric = Metric::named(figure).ok_or_else(|| wrong(unknown("metric", figure, names)))?;
                Figure::Metric(metric)
            }
        };
        Ok(Require { figure, comparison, limit })
    }

    /// Fails (as a gate) unless an evaluation has what is required; `classes` are what its classes are called.
    ///
    /// Fails as wrong usage where it has no such figure. A figure that could not be measured on these rows does not pass.
    pub fn check(&self, evaluation: &Evaluation, classes: &[String]) -> Result<()> {
        let confusion = evaluation.confusion.as_ref();
        let on = format!("measured on {}", counted(evaluation.rows, "row"));
        let share = |right: usize, of: usize| (of > 0).then(|| of_share(right, of));
        let found = match &self.figure {
            Figure::Loss => Found { value: Some(evaluation.loss), interval: None, on },
            Figure::Metric(metric) => {
                let interval = confusion.filter(|_| *metric == Metric::Accuracy).and_then(|confusion| {
                    let right = (0..confusion.classes()).map(|class| confusion.count(class, class)).sum();
                    share(right, evaluation.rows)
                });
                Found { value: evaluation.value(*metric), interval, on }
            }
            Figure::OfClass(score, name) => {
                let (confusion, class) = self.class(confusion, name, classes)?;
                let right = confusion.count(class, class);
                let rows = |count: &dyn Fn(usize) -> usize| (0..confusion.classes()).map(count).sum::<usize>();
                let interval = match score {
                    Score::Precision => share(right, rows(&|truth| confusion.count(truth, class))),
                    Score::Recall => share(right, rows(&|said| confusion.count(class, said))),
                    Score::F1 => None,
                };
                Found { value: score.of(confusion, class), interval, on }
            }
        };
        let is_for_these = |metric: Metric| metric.is_for() == evaluation.is_for();
        self.is_known(is_for_these)?;
        self.judge(&found)
    }

    /// Fails as wrong usage where a model of these classes (none: of numbers) has no such figure: to be asked before it is
    /// trained.
    pub fn check_possible(&self, classes: &[String]) -> Result<()> {
        let kind = if classes.is_empty() { For::Numbers } else { For::Classes };
        if let Figure::OfClass(_, name) = &self.figure {
            self.place(name, classes)?;
        }
        self.is_known(|metric| metric.is_for() == kind)
    }

    /// Fails (as a gate) unless the mean over the folds is what is required.
    ///
    /// Fails as wrong usage where there is no such figure; scores of single classes are not among those of folds.
    pub fn check_mean(&self, validated: &CrossValidated) -> Result<()> {
        let summary = match &self.figure {
            Figure::Loss => validated.loss(),
            Figure::Metric(metric) => validated.summary(*metric),
            Figure::OfClass(..) => {
                return Err(Error::usage(format!("requirement \"{self}\": folds have no scores of single classes"))
                    .note("balanced_accuracy and macro_f1 are means over the classes"));
            }
        };
        self.is_known(|metric| metric.is_for() == validated.is_for())?;
        let folds = validated.folds.len();
        let known = summary.iter().flat_map(|summary| &summary.values).flatten().count();
        let on = match known {
            known if known == folds || known == 0 => format!("mean over {}", counted(folds, "fold")),
            known => format!("mean over {known} of {}, undefined in the others", counted(folds, "fold")),
        };
        let found = match summary {
            Some(summary) => Found { value: Some(summary.mean), interval: Some(summary.interval), on },
            None => Found { value: None, interval: None, on },
        };
        self.judge(&found)
    }

    fn is_known(&self, is_for_these: impl Fn(Metric) -> bool) -> Result<()> {
        match self.figure {
            Figure::Metric(metric) if !is_for_these(metric) => {
                let known = Metric::all().iter().filter(|&&metric| is_for_these(metric)).map(|metric| metric.name());
                Err(Error::usage(format!("requirement \"{self}\": this model has no {}", metric.name()))
                    .note(format!("it has {}", known.chain([LOSS]).collect::<Vec<_>>().join(", "))))
            }
            Figure::Metric(_) | Figure::Loss | Figure::OfClass(..) => Ok(()),
        }
    }

    fn class<'a>(
        &self,
        confusion: Option<&'a Confusion>,
        name: &str,
        classes: &[String],
    ) -> Result<(&'a Confusion, usize)> {
        let place = self.place(name, classes)?;
        Ok((confusion.expect("classes have a confusion matrix"), place))
    }

    /// The place of a class that is asked for.
    fn place(&self, name: &str, classes: &[String]) -> Result<usize> {
        if classes.is_empty() {
            return Err(Error::usage(format!("requirement \"{self}\": this model predicts numbers, not classes")));
        }
        classes.iter().position(|class| class == name).ok_or_else(|| {
            let near = nearest(name, classes.iter().map(String::as_str));
            let hint = near.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
            Error::usage(format!("requirement \"{self}\": there is no class \"{name}\"{hint}"))
                .note(format!("classes: {}", list(classes.iter().map(String::as_str))))
        })
    }

    fn judge(&self, found: &Found) -> Result<()> {
        let required = format!("{} {} is required", self.comparison.words(), self.limit);
        let on = &found.on;
        match found.value {
            Some(value) if self.comparison.holds(value, self.limit) => Ok(()),
            Some(value) => {
                let interval = found.interval.map_or(String::new(), |Interval { low, high }| {
                    format!("; 95 % interval {} to {}", rounded(low), rounded(high))
                });
                Err(Error::gate(format!("{} is {}, but {required}", self.figure, rounded(value)))
                    .note(format!("{on}{interval}")))
            }
            None => {
                let error =
                    Error::gate(format!("{} is undefined on these rows, but {required}", self.figure)).note(on.clone());
                Err(match self.figure {
                    Figure::Metric(metric) => error.note(format!("it is undefined where {}", metric.undefined_where())),
                    Figure::Loss | Figure::OfClass(..) => error,
                })
            }
        }
    }
}

/// Fails unless an evaluation has everything that is required; one message says all that is not.
pub fn check_all(required: &[Require], evaluation: &Evaluation, classes: &[String]) -> Result<()> {
    first_with_others(required.iter().filter_map(|require| require.check(evaluation, classes).err()))
}

/// Fails unless the means over the folds are what is required; one message says all that are not.
pub fn check_all_means(required: &[Require], validated: &CrossValidated) -> Result<()> {
    first_with_others(required.iter().filter_map(|require| require.check_mean(validated).err()))
}

fn first_with_others(errors: impl Iterator<Item = Error>) -> Result<()> {
    let errors: Vec<Error> = errors.collect();
    // What makes no sense is told before what was not reached.
    let wrong = errors.iter().find(|error| error.kind() != ErrorKind::Gate);
    if let Some(wrong) = wrong {
        return Err(wrong.clone());
    }
    let mut errors = errors.into_iter();
    match errors.next() {
        None => Ok(()),
        Some(first) => Err(errors.fold(first, |first, other| first.note(format!("also: {}", other.headline())))),
    }
}

/// Four places behind the point: a figure of 0.7496 must not look like the 0.75 that it misses.
fn rounded(number: f64) -> String {
    format!("{number:.4}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::answers::{Answers, ClassAnswers};
    use crate::train::evaluate::Baseline;

    fn evaluation() -> (Evaluation, Vec<String>) {
        let truth = vec![0, 0, 0, 1];
        let probabilities: Vec<f64> = [0.1, 0.2, 0.7, 0.9].iter().flat_map(|p| [1.0 - p, *p]).collect();
        let answers = Answers::Classes(ClassAnswers::new(2, &probabilities, truth));
        let evaluation = Evaluation::of(&answers, 0.5, &Baseline::Frequencies(vec![0.75, 0.25]));
        (evaluation, ["no", "yes"].map(String::from).to_vec())
    }

    fn checked(text: &str) -> Result<()> {
        let (evaluation, classes) = evaluation();
        Require::parse(text)?.check(&evaluation, &classes)
    }

    #[test]
    fn what_holds_passes_and_what_does_not_says_by_how_much() {
        for text in ["accuracy>=0.75", "accuracy <= 0.75", "loss<0.6", "recall(yes)>0.99", "f1(no)>0.7", "roc_auc>=1"] {
            assert_eq!(checked(text), Ok(()), "{text}");
        }
        let error = checked("accuracy>0.75").unwrap_err();
        assert_eq!(error.headline(), "accuracy is 0.7500, but more than 0.75 is required");
        assert_eq!(error.notes(), ["measured on 4 rows; 95 % interval 0.3006 to 0.9544"]);
        assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Gate, 1));
        assert_eq!(checked("precision(yes)>=0.9").unwrap_err().kind(), ErrorKind::Gate);
    }

    #[test]
    fn several_that_fail_are_told_at_once() {
        let (evaluation, classes) = evaluation();
        let required = ["accuracy>=0.9", "loss<1", "loss<0.1"].map(|text| Require::parse(text).unwrap());
        let error = check_all(&required, &evaluation, &classes).unwrap_err();
        assert_eq!(error.headline(), "accuracy is 0.7500, but at least 0.9 is required");
        assert_eq!(error.notes()[1], "also: loss is 0.5000, but less than 0.1 is required");
        let required = ["accuracy>=0.9", "recall(maybe)>0"].map(|text| Require::parse(text).unwrap());
        assert_eq!(check_all(&required, &evaluation, &classes).unwrap_err().kind(), ErrorKind::Usage);
    }

    #[test]
    fn what_is_no_requirement_says_what_one_is() {
        for (text, says) in [
            ("accuracy", "has none of >=, <=, > and <"),
            ("accuracy>=much", "ends in no number"),
            ("accuracy>=nan", "ends in no number"),
            ("acuracy>=0.7", "there is no metric `acuracy`; did you mean `accuracy`?"),
            ("losss<1", "did you mean `loss`?"),
            ("recall>=0.7", "recall of which class? Write `recall(CLASS)>=`"),
            ("rcall(yes)>=0.7", "there is no score of a class `rcall`; did you mean `recall`?"),
            ("recall(yess)>=0.7", "there is no class \"yess\"; did you mean \"yes\"?"),
            ("rmse<3", "this model has no rmse"),
        ] {
            let error = checked(text).unwrap_err();
            assert!(error.headline().contains(says), "{text}: {error}");
            assert_eq!(error.kind(), ErrorKind::Usage, "{text}");
        }
        let strange = Require::parse("recall(a<b)>=0.5").unwrap();
        assert_eq!(strange.figure, Figure::OfClass(Score::Recall, "a<b".to_owned()));
    }
}
