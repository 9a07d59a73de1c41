//! What to look for in a run: the first step at which something holds, `gradient_norm > 10`.

use super::names::Names;
use super::norm;
use crate::base::error::{Error, Result, unknown};
use crate::train::comparison::{Comparison, split};
use crate::train::session::Moment;
use std::fmt;

/// Something that a step has as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The loss of the step.
    Loss,
    /// The loss on the validation rows, after the last step of an epoch.
    ValidationLoss,
    /// The learning rate.
    LearningRate,
    /// The number of the epoch.
    Epoch,
    /// The number of the step, over all epochs.
    Step,
    /// |dL/dw| = √Σ(dL/dw)²: how steep the loss is.
    GradientNorm,
    /// |w' - w|: how far the step went.
    UpdateNorm,
    /// |w|, after the step.
    WeightNorm,
}

impl Quantity {
    /// All of them.
    pub fn all() -> &'static [Quantity] {
        use Quantity::*;
        &[Loss, ValidationLoss, LearningRate, Epoch, Step, GradientNorm, UpdateNorm, WeightNorm]
    }

    /// The norms, which single parameters have too.
    fn norms() -> &'static [Quantity] {
        &[Quantity::GradientNorm, Quantity::UpdateNorm, Quantity::WeightNorm]
    }

    /// The name that conditions and results use.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Loss => "loss",
            Quantity::ValidationLoss => "validation_loss",
            Quantity::LearningRate => "learning_rate",
            Quantity::Epoch => "epoch",
            Quantity::Step => "step",
            Quantity::GradientNorm => "gradient_norm",
            Quantity::UpdateNorm => "update_norm",
            Quantity::WeightNorm => "weight_norm",
        }
    }

    fn named(name: &str, among: &'static [Quantity]) -> Option<Quantity> {
        among.iter().copied().find(|quantity| quantity.name() == name)
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// Of the whole network, or of one parameter.
    Of(Quantity, Option<usize>),
    /// A number of a parameter after the step.
    Number { parameter: usize, place: usize },
}

/// What a step must be like.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::replay::condition::Condition;
/// use clione::see::replay::names::Names;
/// let names = Names::of(&Network::new([4]).add_named("hidden1", Dense::new(8)))?;
/// assert_eq!(Condition::parse("gradient_norm>10", &names)?.to_string(), "gradient_norm > 10");
/// assert!(Condition::parse("hidden1.weights[3,7] < -1", &names).is_ok());
/// assert!(Condition::parse("hidden1.bias.update_norm >= 0.5", &names).is_ok());
/// let error = Condition::parse("gradient_nrom > 10", &names).unwrap_err();
/// assert!(error.to_string().contains("did you mean `gradient_norm`"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    subject: Subject,
    name: String,
    comparison: Comparison,
    limit: f64,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.comparison.sign(), self.limit)
    }
}

impl Condition {
    /// Reads `loss < 0.1`, `hidden1.weights[2,1] > 3`, `hidden1.weights.gradient_norm > 1`. Fails where it is nothing of the
    /// kind, or the network has no such thing.
    pub fn parse(text: &str, names: &Names) -> Result<Self> {
        const EXAMPLES: &str = "expected a quantity, a comparison and a number: `gradient_norm > 10`, `loss < 0.1`";
        let wrong = |what: &str| Error::usage(format!("condition \"{text}\": {what}"));
        let (name, comparison, limit) =
            split(text).ok_or_else(|| wrong("has none of >=, <=, > and <").note(EXAMPLES))?;
        let limit = limit.parse().ok().filter(|limit: &f64| limit.is_finite());
        let limit = limit.ok_or_else(|| wrong("ends in no number").note(EXAMPLES))?;
        let subject = subject(name, names).map_err(|error| error.in_file(&format!("condition \"{text}\"")))?;
        Ok(Condition { subject, name: name.to_owned(), comparison, limit })
    }

    /// What a step has of it; nothing where it was not measured.
    pub fn value(&self, moment: &Moment<'_>) -> Option<f64> {
        let inside = moment.inside()?;
        match self.subject {
            Subject::Number { parameter, place } => Some(inside.parameters()[inside.specs()[parameter].range()][place]),
            Subject::Of(quantity, parameter) => {
                let range = parameter.map(|parameter| inside.specs()[parameter].range());
                let part = |numbers: Vec<f64>| match &range {
                    Some(range) => norm(&numbers[range.clone()]),
                    None => norm(&numbers),
                };
                Some(match quantity {
                    Quantity::Loss => moment.loss,
                    Quantity::ValidationLoss => moment.ended?.validation_loss?,
                    Quantity::LearningRate => moment.learning_rate,
                    Quantity::Epoch => moment.epoch as f64,
                    Quantity::Step => moment.number() as f64,
                    Quantity::GradientNorm => part(inside.gradients()),
                    Quantity::UpdateNorm => {
                        let (before, after) = (inside.before(), inside.parameters());
                        part(after.iter().zip(&before).map(|(after, before)| after - before).collect())
                    }
                    Quantity::WeightNorm => part(inside.parameters()),
                })
            }
        }
    }

    /// Whether a value is as it must be.
    pub fn holds(&self, value: f64) -> bool {
        self.comparison.holds(value, self.limit)
    }

    /// Whether one value is nearer to what it must be than another.
    pub fn is_nearer(&self, value: f64, than: f64) -> bool {
        match self.comparison {
            Comparison::AtLeast | Comparison::Above => value > than,
            Comparison::AtMost | Comparison::Below => value < than,
        }
    }

    /// What is compared, as it was written.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn subject(name: &str, names: &Names) -> Result<Subject> {
    if let Some(quantity) = Quantity::named(name, Quantity::all()) {
        return Ok(Subject::Of(quantity, None));
    }
    if let Some((parameter, place)) = names.number(name)? {
        return Ok(Subject::Number { parameter, place });
    }
    if let Some((parameter, norm)) = name.rsplit_once('.')
        && let Some(norm) = Quantity::named(norm, Quantity::norms())
    {
        return Ok(Subject::Of(norm, Some(names.parameter(parameter)?)));
    }
    if let Ok(parameter) = names.parameter(name) {
        let shape = names.parameters[parameter].1;
        let first = vec!["0"; shape.rank()].join(",");
        return Err(Error::usage(format!("which of the {} numbers of {name}?", shape.elements()))
            .note(format!("one of them: `{name}[{first}]`; all together: `{name}.weight_norm`")));
    }
    let plain = Quantity::all().iter().map(|quantity| quantity.name());
    Err(Error::usage(unknown("quantity", name, plain)).note(
        "of one parameter: `hidden1.weights[2,1]`, `hidden1.weights.gradient_norm`, `.update_norm`, `.weight_norm`",
    ))
}
