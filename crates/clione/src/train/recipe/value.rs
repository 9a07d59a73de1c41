//! How the text of a flag or of a recipe becomes a setting, and a setting becomes text again.

use super::Precision;
use super::part::Part;
use crate::base::error::{Error, Result, nearest};
use crate::base::words::{field, pairs};
use crate::data::infer::Task;
use crate::data::treatment::{Fill, Missing, Treat, Treatment, Unknown};
use crate::graph::activation::Activation;
use crate::nn::initializer::Initializer;
use crate::nn::loss::Loss;
use crate::optim::optimizer::Optimizer;
use crate::optim::schedule::Schedule;
use crate::train::class_weights::ClassWeights;
use crate::train::cross_validate::CrossValidation;
use crate::train::require::Require;
use std::path::PathBuf;

/// What kind of value a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text; quoted in a recipe.
    Text,
    /// A number.
    Number,
    /// A number or a text.
    NumberOrText,
    /// Yes or no.
    Switch,
    /// Some texts; separated by commas in a flag.
    Names,
    /// Some numbers; separated by commas in a flag.
    Numbers,
    /// Some texts that may hold commas; the flag is given once for each.
    Lines,
    /// Names with a text for each: `a=b,c=d` in a flag, a table in a recipe.
    Pairs,
    /// Names with a number for each.
    NumberPairs,
}

/// What was said for a setting, as text, whether a flag or a recipe said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One text.
    One(String),
    /// Some texts.
    Many(Vec<String>),
    /// Some names with a text for each.
    Pairs(Vec<(String, String)>),
}

impl Value {
    /// As one writes it behind a flag.
    pub fn text(&self) -> String {
        match self {
            Value::One(text) => text.clone(),
            Value::Many(texts) => texts.join(","),
            Value::Pairs(pairs) => {
                pairs.iter().map(|(name, text)| format!("{}={text}", field(name))).collect::<Vec<_>>().join(",")
            }
        }
    }

    fn one(&self) -> Result<&str> {
        match self {
            Value::One(text) => Ok(text.trim()),
            Value::Many(_) => Err(Error::usage("expected one value, not a list")),
            Value::Pairs(_) => Err(Error::usage("expected one value, not a table")),
        }
    }

    /// The list; one text is a list of one.
    pub(super) fn many(&self) -> Result<Vec<&str>> {
        match self {
            Value::One(text) => Ok(vec![text]),
            Value::Many(texts) => Ok(texts.iter().map(String::as_str).collect()),
            Value::Pairs(_) => Err(Error::usage("expected a list, not a table")),
        }
    }

    /// The pairs; the texts of a list are read as `name=text,name=text`.
    pub(super) fn pairs(&self) -> Result<Vec<(String, String)>> {
        match self {
            Value::Pairs(pairs) => Ok(pairs.clone()),
            Value::One(_) | Value::Many(_) => {
                let pairs = self.many()?.into_iter().map(pairs).collect::<Result<Vec<_>>>()?;
                Ok(pairs.concat())
            }
        }
    }
}

/// A type that a setting can have.
pub(super) trait Choice: Sized {
    /// What kind of value it takes.
    const FORM: Form;

    /// The value as text; none where it is left open, as a delimiter that is to be found out.
    fn value(&self) -> Option<Value>;

    /// The setting that the value stands for. An error says what was expected, and no more.
    fn read(value: &Value) -> Result<Self>;

    /// All that can be chosen, where that is a list of names.
    fn choices() -> Vec<String> {
        Vec::new()
    }
}

impl Choice for String {
    const FORM: Form = Form::Text;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.clone()))
    }

    fn read(value: &Value) -> Result<Self> {
        Ok(value.one()?.to_owned())
    }
}

impl Choice for PathBuf {
    const FORM: Form = Form::Text;

    /// A path that is no text cannot stand in a recipe.
    fn value(&self) -> Option<Value> {
        self.to_str().map(|text| Value::One(text.to_owned()))
    }

    fn read(value: &Value) -> Result<Self> {
        Ok(PathBuf::from(value.one()?))
    }
}

impl Choice for f64 {
    const FORM: Form = Form::Number;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.to_string()))
    }

    fn read(value: &Value) -> Result<Self> {
        let text = value.one()?.replace('_', "");
        text.parse().map_err(|_| Error::usage("expected a number, as 0.001 or 1e-3"))
    }
}

impl Choice for usize {
    const FORM: Form = Form::Number;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.to_string()))
    }

    fn read(value: &Value) -> Result<Self> {
        let text = value.one()?.replace('_', "");
        text.parse().map_err(|_| Error::usage("expected a whole number that is not negative"))
    }
}

impl Choice for u64 {
    const FORM: Form = Form::Number;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.to_string()))
    }

    fn read(value: &Value) -> Result<Self> {
        let expected = || Error::usage(format!("expected a whole number from 0 to {}", u64::MAX));
        value.one()?.replace('_', "").parse().map_err(|_| expected())
    }
}

impl Choice for bool {
    const FORM: Form = Form::Switch;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.to_string()))
    }

    fn read(value: &Value) -> Result<Self> {
        match value.one()?.to_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(Error::usage("expected true or false")),
        }
    }
}

impl Choice for char {
    const FORM: Form = Form::Text;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.to_string()))
    }

    /// A blank may be meant, so nothing is trimmed.
    fn read(value: &Value) -> Result<Self> {
        let Value::One(text) = value else { return Err(Error::usage("expected one character")) };
        let mut characters = text.chars();
        match (text.as_str(), characters.next(), characters.next()) {
            ("tab" | "\\t", ..) => Ok('\t'),
            (_, Some(only), None) => Ok(only),
            _ => Err(Error::usage("expected one character, as ';' or tab")),
        }
    }
}

impl Choice for Vec<String> {
    const FORM: Form = Form::Names;

    fn value(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Many(self.clone()))
    }

    fn read(value: &Value) -> Result<Self> {
        let texts = value.many()?.into_iter().map(str::trim);
        Ok(texts.filter(|text| !text.is_empty()).map(str::to_owned).collect())
    }
}

/// What single columns are given.
macro_rules! chosen_by_column {
    ($($type:ident;)*) => {
        $(impl Choice for Vec<(String, $type)> {
            const FORM: Form = Form::Pairs;

            fn value(&self) -> Option<Value> {
                let pair = |(column, chosen): &(String, $type)| (column.clone(), chosen.name());
                (!self.is_empty()).then(|| Value::Pairs(self.iter().map(pair).collect()))
            }

            fn read(value: &Value) -> Result<Self> {
                value.pairs()?.into_iter().map(|(column, text)| Ok((column, $type::named(&text)?))).collect()
            }
        })*
    };
}

chosen_by_column! {
    Fill;
    Treat;
}

impl Choice for Part {
    const FORM: Form = Form::NumberOrText;

    /// A path that is no text cannot stand in a recipe.
    fn value(&self) -> Option<Value> {
        match self {
            Part::Share(share) => share.value(),
            Part::File(path) => path.value(),
        }
    }

    fn read(value: &Value) -> Result<Self> {
        let text = value.one()?;
        match text.parse::<f64>() {
            Ok(share) if (0.0..1.0).contains(&share) => Ok(Part::Share(share)),
            Ok(_) => Err(Error::usage("expected at least 0 and less than 1, or a file").remedy("0.2")),
            Err(_) => Ok(Part::File(PathBuf::from(text))),
        }
    }
}

impl Choice for ClassWeights {
    const FORM: Form = Form::Text;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.text()))
    }

    /// A recipe may also have a table: `class_weights = { yes = 3, no = 1 }`.
    fn read(value: &Value) -> Result<Self> {
        match value {
            Value::Pairs(_) => ClassWeights::parse(&value.text()),
            Value::One(_) | Value::Many(_) => ClassWeights::parse(value.one()?),
        }
    }
}

impl Choice for CrossValidation {
    const FORM: Form = Form::Text;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.text()))
    }

    fn read(value: &Value) -> Result<Self> {
        CrossValidation::parse(value.one()?)
    }
}

impl Choice for Vec<Require> {
    const FORM: Form = Form::Lines;

    fn value(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Many(self.iter().map(Require::to_string).collect()))
    }

    fn read(value: &Value) -> Result<Self> {
        value.many()?.into_iter().map(Require::parse).collect()
    }
}

/// A setting that can be left open: `auto` and `off` stand for that.
impl<T: Choice> Choice for Option<T> {
    const FORM: Form = T::FORM;

    fn value(&self) -> Option<Value> {
        self.as_ref().and_then(Choice::value)
    }

    fn read(value: &Value) -> Result<Self> {
        match value {
            Value::One(text) if matches!(text.trim(), "auto" | "off") => Ok(None),
            _ => T::read(value).map(Some),
        }
    }

    fn choices() -> Vec<String> {
        T::choices()
    }
}

/// A choice from a table of names: case and dashes do not count, and aliases of the table will do.
fn choice<T: Copy>(
    typed: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    named: impl Fn(&str) -> Option<T>,
) -> Result<T> {
    let plain = |name: &str| name.trim().to_lowercase().replace('-', "_");
    let found = all.iter().copied().find(|&choice| plain(name(choice)) == plain(typed));
    found.or_else(|| named(&plain(typed))).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|&choice| name(choice)).collect();
        let error = Error::usage(format!("expected one of {}", names.join(", ")));
        match nearest(typed, names.iter().copied()) {
            Some(meant) => error.note(format!("did you mean {meant}?")).remedy(meant),
            None => error,
        }
    })
}

macro_rules! chosen_by_name {
    ($($type:ident: $all:expr, $named:expr;)*) => {
        $(impl Choice for $type {
            const FORM: Form = Form::Text;

            fn value(&self) -> Option<Value> {
                Some(Value::One(self.name().to_owned()))
            }

            fn read(value: &Value) -> Result<Self> {
                choice(value.one()?, $all, $type::name, $named)
            }

            fn choices() -> Vec<String> {
                $all.iter().map(|choice| choice.name().to_owned()).collect()
            }
        })*
    };
}

chosen_by_name! {
    Activation: Activation::all(), Activation::named;
    Loss: Loss::all(), Loss::named;
    Missing: Missing::all(), |_| None;
    Optimizer: Optimizer::all(), Optimizer::named;
    Precision: Precision::all(), Precision::named;
    Schedule: Schedule::all(), Schedule::named;
    Task: Task::all(), |_| None;
    Treatment: Treatment::OF_NUMBERS, |_| None;
    Unknown: Unknown::all(), |_| None;
}

impl Choice for Initializer {
    const FORM: Form = Form::Text;

    fn value(&self) -> Option<Value> {
        Some(Value::One(self.name()))
    }

    fn read(value: &Value) -> Result<Self> {
        Initializer::named(value.one()?)
    }

    fn choices() -> Vec<String> {
        Initializer::all().iter().map(|initializer| initializer.name()).collect()
    }
}

/// The most units that a layer may have.
const MOST_UNITS: usize = 1 << 30;

/// The most weights between hidden layers; more could not even be counted.
const MOST_WEIGHTS: u128 = 1 << 62;

/// The units of each hidden layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Units(pub Vec<usize>);

impl Choice for Units {
    const FORM: Form = Form::Numbers;

    fn value(&self) -> Option<Value> {
        Some(Value::Many(self.0.iter().map(usize::to_string).collect()))
    }

    fn read(value: &Value) -> Result<Self> {
        let wrong = |problem: String| Error::usage(problem).remedy("32,16");
        let parts = value.many()?.into_iter().flat_map(|text| text.split(',')).map(str::trim);
        let units: Vec<usize> = parts
            .filter(|part| !part.is_empty())
            .zip(1..)
            .map(|(part, layer)| match part.parse() {
                Ok(0) => Err(wrong(format!("layer {layer} needs at least 1 unit, but it has 0"))),
                Ok(units) if units > MOST_UNITS => Err(wrong(format!(
                    "layer {layer} may have at most {} units, but it has {part}",
                    crate::data::findings::grouped(MOST_UNITS)
                ))),
                Ok(units) => Ok(units),
                Err(_) => {
                    Err(wrong(format!("layer {layer} needs a whole number of units, at least 1, but it has {part}")))
                }
            })
            .collect::<Result<_>>()?;
        let weights: u128 = units.windows(2).map(|pair| pair[0] as u128 * pair[1] as u128).sum();
        if weights > MOST_WEIGHTS {
            return Err(wrong(format!("{weights} weights are more than any machine holds")));
        }
        Ok(Units(units))
    }
}
