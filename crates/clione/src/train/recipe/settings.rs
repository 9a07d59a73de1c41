//! The settings of a run: one table from which flags, recipes, help and the recipe in a model file follow.
// Long because: it has a row for each setting.

use super::Recipe;
use super::value::{Choice, Form, Units, Value};
use crate::base::error::{Error, Result};
use crate::data::disguise::NumberColumn;
use crate::data::table::ColumnMap;
use crate::optim::clip::Clip;
use crate::optim::optimizer::Optimizer;
use crate::train::stopping::EarlyStopping;
use std::path::PathBuf;

/// The parts of a recipe, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What is read, and what its columns are for.
    Data,
    /// How a table of text is read.
    Reading,
    /// The network.
    Network,
    /// How it is trained.
    Training,
    /// How good it must be, and how that is found out.
    Evaluation,
}

impl Section {
    /// Every section.
    pub fn all() -> &'static [Section] {
        &[Section::Data, Section::Reading, Section::Network, Section::Training, Section::Evaluation]
    }

    /// The name that recipes use: `[data]`.
    pub fn name(self) -> &'static str {
        match self {
            Section::Data => "data",
            Section::Reading => "reading",
            Section::Network => "network",
            Section::Training => "training",
            Section::Evaluation => "evaluation",
        }
    }
}

/// One setting: where it stands in a recipe, what it is called as a flag, and how it is read and written.
#[derive(Debug)]
pub struct Setting {
    /// The part of the recipe it stands in.
    pub section: Section,
    /// Its name in a recipe; with dashes for underscores it is the flag.
    pub name: &'static str,
    /// What help calls its value.
    pub placeholder: &'static str,
    /// What it means, in one line.
    pub help: &'static str,
    /// What kind of value it takes.
    pub form: Form,
    choices: fn() -> Vec<String>,
    get: fn(&Recipe) -> Option<Value>,
    set: fn(&mut Recipe, &Value) -> Result<()>,
}

impl Setting {
    /// Every setting, in the order of a recipe.
    ///
    /// ```
    /// use clione::train::recipe::settings::Setting;
    /// let epochs = Setting::all().iter().find(|setting| setting.name == "epochs").expect("there is one");
    /// assert_eq!((epochs.key(), epochs.flag()), ("training.epochs".to_owned(), "epochs".to_owned()));
    /// ```
    pub fn all() -> &'static [Setting] {
        SETTINGS
    }

    /// Where it stands in a recipe: `training.batch_size`.
    pub fn key(&self) -> String {
        format!("{}.{}", self.section.name(), self.name)
    }

    /// Its flag, without the dashes in front: `batch-size`.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// All that can be chosen, where that is a list of names.
    pub fn choices(&self) -> Vec<String> {
        (self.choices)()
    }

    /// What a recipe has chosen; none where it was left open.
    pub fn value(&self, recipe: &Recipe) -> Option<Value> {
        (self.get)(recipe)
    }

    /// Chooses. An error says what was expected; its remedy is a value that would do.
    pub(super) fn choose(&self, recipe: &mut Recipe, value: &Value) -> Result<()> {
        (self.set)(recipe, value)
    }

    /// The settings that an earlier choice is dropped from when this one is chosen later: those of another optimizer,
    /// and what cannot stand beside it.
    pub(super) fn replaces(&self) -> &'static [&'static str] {
        match self.name {
            "optimizer" => &["optimizer_settings"],
            "schedule" => &["schedule_settings"],
            "clip_norm" => &["clip_value"],
            "clip_value" => &["clip_norm"],
            "file" => &["images", "labels", "test_images", "test_labels"],
            "images" => &["file"],
            _ => &[],
        }
    }
}

const fn form_of<T: Choice>(_field: fn(&Recipe) -> &T) -> Form {
    T::FORM
}

const fn choices_of<T: Choice>(_field: fn(&Recipe) -> &T) -> fn() -> Vec<String> {
    T::choices
}

/// Rows are `name placeholder help = field`, perhaps with `[holds, expected, remedy]` where not every value will do, or
/// `name placeholder help form, get, set`, perhaps with `[choices]` behind the form.
macro_rules! settings {
    ($($section:ident { $($row:tt)* })*) => {
        static SETTINGS: &[Setting] = settings!(@rows [] $($section { $($row)* })*);
    };
    (@choices) => { Vec::new };
    (@choices $choices:expr) => { $choices };
    (@rows [$($done:tt)*]) => { &[$($done)*] };
    (@rows [$($done:tt)*] $section:ident { } $($more:tt)*) => { settings!(@rows [$($done)*] $($more)*) };
    (@rows [$($done:tt)*] $section:ident {
        $name:literal $placeholder:literal $help:literal = $($field:ident).+ $([$holds:expr, $expected:literal, $remedy:literal])?; $($row:tt)*
    } $($more:tt)*) => {
        settings!(@rows [$($done)* Setting {
            section: Section::$section,
            name: $name,
            placeholder: $placeholder,
            help: $help,
            form: form_of(|recipe| &recipe.$($field).+),
            choices: choices_of(|recipe| &recipe.$($field).+),
            get: |recipe| Choice::value(&recipe.$($field).+),
            set: |recipe, value| {
                let chosen = Choice::read(value)?;
                $(if !in_range(&chosen, $holds) {
                    return Err(Error::usage(concat!("expected ", $expected)).remedy($remedy));
                })?
                recipe.$($field).+ = chosen;
                Ok(())
            },
        },] $section { $($row)* } $($more)*)
    };
    (@rows [$($done:tt)*] $section:ident {
        $name:literal $placeholder:literal $help:literal $form:ident $([$choices:expr])?, $get:expr, $set:expr; $($row:tt)*
    } $($more:tt)*) => {
        settings!(@rows [$($done)* Setting {
            section: Section::$section,
            name: $name,
            placeholder: $placeholder,
            help: $help,
            form: Form::$form,
            choices: settings!(@choices $($choices)?),
            get: $get,
            set: $set,
        },] $section { $($row)* } $($more)*)
    };
}

fn in_range<T>(chosen: &T, holds: fn(&T) -> bool) -> bool {
    holds(chosen)
}

/// The setting of an optimizer that may be left open.
const WEIGHT_DECAY: &str = "weight_decay";

/// More than this and a learning rate is no learning rate.
const LARGEST_LEARNING_RATE: f64 = 1000.0;

settings! {
    Data {
        "file" "FILE" "The table to learn from" = files.table;
        "images" "FILE" "Images to learn from (IDX, as MNIST has them)" = files.images;
        "labels" "FILE" "Their labels" = files.labels;
        "test_images" "FILE" "Images to measure on, instead of a part of the others" = files.test_images;
        "test_labels" "FILE" "Their labels" = files.test_labels;
        "target" "COLUMN" "The column to predict: its name, or its number from 1, from the end if negative" = choices.target;
        "task" "NAME" "What to predict; found from the values if not given" = choices.task;
        "log_target" "" "Learn the logarithm of the target: for amounts of very different size" = choices.log_target;
        "only" "COLUMNS" "The only columns that go in" = choices.only;
        "ignore" "COLUMNS" "Columns to leave out" = choices.ignore;
        "derive" "NAME=FORMULA" "A column that is worked out from others, as 'area = width * height'; repeatable" Lines,
            |recipe| lines(&recipe.choices.derive),
            |recipe, value| {
                recipe.choices.derive = value.many()?.into_iter().map(str::to_owned).collect();
                recipe.choices.check_formulas()
            };
        "keep" "CONDITION" "Learn from and measure on rows alone for which this holds, as 'fare > 0 and fare < 100'; repeatable" Lines,
            |recipe| lines(&recipe.choices.keep),
            |recipe, value| {
                recipe.choices.keep = value.many()?.into_iter().map(str::to_owned).collect();
                recipe.choices.check_formulas()
            };
        "category" "COLUMNS" "Columns whose values are words even where they look like numbers" = choices.categories;
        "scaling" "NAME" "What is done to numbers" = choices.scaling;
        "treat" "COLUMN=NAME" "What is done to single columns: age=robust, size=ordinal(s<m<l), day=date(dmy)" = choices.treat;
        "rare" "ROWS" "Categories with fewer training rows become one, other" = choices.rare;
        "missing" "NAME" "What stands in for missing values" = choices.missing;
        "fill" "COLUMN=NAME" "What stands in for them in single columns: age=median, cabin=none, visits=0" = choices.fill;
        "unknown" "NAME" "What is done later with words of a column that training had not" = choices.unknown;
        "zero_is_missing" "COLUMNS" "Columns in which 0 means missing" = choices.zero_is_missing;
        "drop_missing_target" "" "Leave rows out that have no target" = choices.drop_missing_target;
        "drop_duplicates" "" "Leave rows out that are copies of earlier ones, in all inputs and in the target" = choices.drop_duplicates;
        "group" "COLUMN" "A column of groups, as patient: rows of one are never on both sides of a split" = choices.group;
        "time" "COLUMN" "The time of each row: what is held out is later than what is learned from" = choices.time;
        "validation" "SHARE|FILE" "The share of the rows (0: none), or the file, that is held back to watch the training by" = validation;
        "test" "SHARE|FILE" "The share of the rows, or the file, that is measured on at the end and used for nothing else" = test;
    }
    Reading {
        "delimiter" "CHAR" "The delimiter of the columns: ',', ';', '|', tab, or ' ' for runs of blanks; found if not given" Text,
            |recipe| recipe.reading.delimiter.map(char::from).and_then(|delimiter| delimiter.value()),
            |recipe, value| {
                let chosen: Option<char> = Choice::read(value)?;
                let byte = |character: char| u8::try_from(u32::from(character));
                recipe.reading.delimiter = chosen.map(byte).transpose()
                    .map_err(|_| Error::usage("expected one character of ASCII, as ';' or tab"))?;
                Ok(())
            };
        "header" "" "The first line names the columns (--no-header: it is a row); found if not given" = reading.header;
        "decimal" "CHAR" "The decimal mark, '.' or ','" = reading.decimal;
        "thousands" "CHAR" "The mark between thousands" = reading.thousands;
        "encoding" "NAME" "The encoding of the text: utf-8 or latin1" Text,
            |recipe| Some(Value::One(if recipe.reading.latin1 { "latin1" } else { "utf-8" }.to_owned())),
            |recipe, value| {
                let name: String = Choice::read(value)?;
                recipe.reading.latin1 = match name.to_lowercase().as_str() {
                    "utf-8" | "utf8" => false,
                    "latin1" | "latin-1" | "iso-8859-1" | "cp1252" => true,
                    _ => return Err(Error::usage("expected utf-8 or latin1").remedy("latin1")),
                };
                Ok(())
            };
        "quote" "CHAR" "What stands around cells that have a delimiter in them; off for nothing" Text,
            |recipe| recipe.reading.quote.map(char::from).map_or(Some(Value::One("off".to_owned())), |sign| sign.value()),
            |recipe, value| {
                recipe.reading.quote = sign(value)?;
                Ok(())
            };
        "escape" "CHAR" "The sign behind it belongs to the text, in cells and in quotes, as behind a backslash" Text,
            |recipe| recipe.reading.escape.map(char::from).and_then(|sign| sign.value()),
            |recipe, value| {
                recipe.reading.escape = sign(value)?;
                Ok(())
            };
        "comment" "CHAR" "What lines begin with that are no rows, as #; behind a blank it ends a row, too" Text,
            |recipe| recipe.reading.comment.map(char::from).and_then(|sign| sign.value()),
            |recipe, value| {
                recipe.reading.comment = sign(value)?;
                Ok(())
            };
        "skip_rows" "N" "Lines to leave out before the header" = reading.skip_rows;
        "missing_values" "WORDS" "Words for no value beside NA, N/A, null, nan, - and ?; '' for none at all" Names,
            |recipe| recipe.reading.missing_values.clone().map(Value::Many),
            |recipe, value| {
                let words: Vec<String> = value.many()?.into_iter().map(|word| word.trim().to_owned()).collect();
                recipe.reading.missing_values = Some(if words.is_empty() { vec![String::new()] } else { words });
                Ok(())
            };
        "trim" "" "Drop blanks around names and words without a word about it" = reading.trim;
        "number" "COLUMNS" "Columns of numbers that have a currency, a percent sign or a unit, or begin with zeros: price,weight=kg" Names,
            |recipe| {
                let columns: Vec<String> = recipe.reading.number.iter().map(NumberColumn::text).collect();
                columns.value()
            },
            |recipe, value| {
                let columns: Vec<String> = Choice::read(value)?;
                recipe.reading.number = columns.iter().map(|column| NumberColumn::named(column)).collect::<Result<_>>()?;
                Ok(())
            };
        "map" "COLUMN: OLD=NEW" "Words of a column that mean others, as 'answer: yes.=yes, ?='; repeatable" Lines,
            |recipe| lines(&recipe.reading.map.iter().map(ColumnMap::text).collect::<Vec<_>>()),
            |recipe, value| {
                recipe.reading.map = value.many()?.into_iter().map(ColumnMap::named).collect::<Result<_>>()?;
                Ok(())
            };
        "skip_bad_rows" "" "Leave rows out that have too many or too few fields" = reading.skip_bad_rows;
        "rename_duplicates" "" "Give columns of the same name different ones" = reading.rename_duplicates;
        "column_limit" "N" "The most columns that are read" = reading.column_limit;
    }
    Network {
        "layers" "UNITS" "The units of each hidden layer" Numbers,
            |recipe| Units(recipe.layers.clone()).value(),
            |recipe, value| {
                recipe.layers = Units::read(value)?.0;
                Ok(())
            };
        "activation" "NAME" "The activation of the hidden layers" = activation;
        "initializer" "NAME" "How weights begin" = initializer;
        "bias" "" "Give each unit a bias (--no-bias: none)" = bias;
        "dropout" "RATE" "The share of each hidden layer that is left out while training" = dropout
            [|rate| (0.0..1.0).contains(rate), "at least 0 and less than 1", "0.5"];
        "precision" "NAME" "The numbers of the model" = precision;
    }
    Training {
        "loss" "NAME" "What to make small; what belongs to the target if not given" = fit.loss;
        "optimizer" "NAME" "The rule of a step" Text [Optimizer::choices],
            |recipe| recipe.fit.optimizer.value(),
            |recipe, value| {
                recipe.fit.optimizer = Choice::read(value)?;
                recipe.fit.learning_rate = recipe.fit.optimizer.default_learning_rate();
                if let Optimizer::AdamW { weight_decay, .. } = &mut recipe.fit.optimizer {
                    *weight_decay = Optimizer::DECAY_BY_ROWS;
                }
                Ok(())
            };
        "optimizer_settings" "NAME=NUMBER" "Settings of the optimizer, as momentum=0.9; weight_decay is 25 / √rows, at most 2, if not given" NumberPairs,
            |recipe| {
                let mut settings = recipe.fit.optimizer.settings();
                settings.retain(|&(name, value)| name != WEIGHT_DECAY || value != Optimizer::DECAY_BY_ROWS);
                number_pairs(&settings)
            },
            |recipe, value| {
                let optimizer = &mut recipe.fit.optimizer;
                let (name, settings) = (optimizer.name(), optimizer.settings());
                set_each(value, name, &settings, |setting, number| optimizer.set(setting, number))?;
                recipe.fit.optimizer.check()
            };
        "learning_rate" "RATE" "The length of a step; what is usual with the optimizer if not given" = fit.learning_rate
            [|rate| *rate > 0.0 && *rate <= LARGEST_LEARNING_RATE, "a number above 0 and at most 1000", "0.001"];
        "schedule" "NAME" "How the learning rate changes" = fit.schedule;
        "schedule_settings" "NAME=NUMBER" "Settings of the schedule, as every=10" NumberPairs,
            |recipe| number_pairs(&recipe.fit.schedule.settings()),
            |recipe, value| {
                let schedule = &mut recipe.fit.schedule;
                let (name, settings) = (schedule.name(), schedule.settings());
                set_each(value, name, &settings, |setting, number| schedule.set(setting, number))?;
                recipe.fit.schedule.check()
            };
        "warm_up" "STEPS" "Over how many steps the learning rate climbs to its full height" = fit.warm_up;
        "epochs" "N" "How often every row is seen; 100 times, and for 1000 steps at least, if not given" Number,
            |recipe| Some(recipe.fit.epochs).filter(|&epochs| epochs > 0).value(),
            |recipe, value| {
                let epochs: Option<usize> = Choice::read(value)?;
                if epochs == Some(0) {
                    return Err(Error::usage("expected a whole number, at least 1").remedy("100"));
                }
                recipe.fit.epochs = epochs.unwrap_or(0);
                Ok(())
            };
        "batch_size" "N" "The rows of one step" = fit.batch_size
            [|rows| *rows > 0, "a whole number, at least 1", "32"];
        "shuffle" "" "Take the rows in another order in each epoch" = fit.shuffle;
        "patience" "EPOCHS" "Stop after so many epochs without a better validation loss, to save time" Number,
            |recipe| recipe.fit.stopping.map(|rule| rule.patience).value(),
            |recipe, value| {
                let patience: Option<usize> = Choice::read(value)?;
                if patience == Some(0) {
                    return Err(Error::usage("expected a whole number, at least 1").remedy("20"));
                }
                recipe.fit.stopping = patience.map(|patience| EarlyStopping { patience, ..EarlyStopping::default() });
                Ok(())
            };
        "min_delta" "LOSS" "By how much a validation loss must be lower to count as better" Number,
            |recipe| recipe.fit.stopping.map(|rule| rule.min_delta).value(),
            |recipe, value| {
                let min_delta = Choice::read(value)?;
                match &mut recipe.fit.stopping {
                    Some(rule) => rule.min_delta = min_delta,
                    None => return Err(Error::usage("says something with --patience only").remedy(value.text() + " --patience 20")),
                }
                Ok(())
            };
        "keep_last" "" "Keep the last epoch instead of the one with the lowest validation loss" = fit.keep_last;
        "clip_norm" "NORM" "The largest norm of all gradients together" Number,
            |recipe| match recipe.fit.clip {
                Clip::Norm(limit) => limit.value(),
                Clip::Off | Clip::Value(_) => None,
            },
            |recipe, value| {
                recipe.fit.clip = limit(value)?.map_or(Clip::Off, Clip::Norm);
                Ok(())
            };
        "clip_value" "VALUE" "The largest gradient" Number,
            |recipe| match recipe.fit.clip {
                Clip::Value(limit) => limit.value(),
                Clip::Off | Clip::Norm(_) => None,
            },
            |recipe, value| {
                recipe.fit.clip = limit(value)?.map_or(Clip::Off, Clip::Value);
                Ok(())
            };
        "l1" "WEIGHT" "The weight of |w| in the penalised loss" = fit.l1
            [|weight| (0.0..=f64::MAX).contains(weight), "0 or a positive number", "0.0001"];
        "l2" "WEIGHT" "The weight of w²/2 in the penalised loss" = fit.l2
            [|weight| (0.0..=f64::MAX).contains(weight), "0 or a positive number", "0.0001"];
        "class_weights" "WEIGHTS" "What a row of each class counts: equal, balanced, or yes=3,no=1" = fit.class_weights;
        "seed" "N" "All randomness follows from it" = fit.seed;
    }
    Evaluation {
        "cv" "FOLDS" "Measure by cross-validation first: 5, or 5x3 for 5 folds and 3 repeats" = cross_validation;
        "require" "CONDITION" "What must be reached (with --cv by the mean of the folds), or the exit code is 1: 'accuracy>=0.75'; repeatable" = require;
    }
}

/// One sign of ASCII, or none where it is off.
fn sign(value: &Value) -> Result<Option<u8>> {
    let chosen: Option<char> = Choice::read(value)?;
    let byte = chosen.map(|character| u8::try_from(u32::from(character))).transpose();
    byte.map_err(|_| Error::usage("expected one character of ASCII, or off"))
}

fn lines(texts: &[String]) -> Option<Value> {
    (!texts.is_empty()).then(|| Value::Many(texts.to_vec()))
}

fn number_pairs(settings: &[(&'static str, f64)]) -> Option<Value> {
    let pair = |&(name, number): &(&'static str, f64)| (name.to_owned(), number.to_string());
    (!settings.is_empty()).then(|| Value::Pairs(settings.iter().map(pair).collect()))
}

/// The largest gradients that are let through, or none.
fn limit(value: &Value) -> Result<Option<f64>> {
    let limit = Option::<f64>::read(value)?;
    match limit.filter(|&limit| !(limit > 0.0 && limit.is_finite())) {
        None => Ok(limit),
        Some(_) => Err(Error::usage("expected a positive number, or off").remedy("1")),
    }
}

/// Changes settings of an optimizer or a schedule by name.
fn set_each(
    value: &Value,
    owner: &str,
    known: &[(&'static str, f64)],
    mut set: impl FnMut(&str, f64) -> bool,
) -> Result<()> {
    for (name, text) in value.pairs()? {
        let number = match text.as_str() {
            "true" => 1.0,
            "false" => 0.0,
            text => {
                text.parse().map_err(|_| Error::usage(format!("{name}: expected a number, but this is \"{text}\"")))?
            }
        };
        if !set(&name, number) {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let error = Error::usage(format!("{name}: {owner} has no such setting"));
            return Err(if names.is_empty() { error } else { error.note(format!("it has {}", names.join(", "))) });
        }
    }
    Ok(())
}

/// The files that a run learns from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// A table.
    pub table: Option<PathBuf>,
    /// Images, instead of a table.
    pub images: Option<PathBuf>,
    /// The labels of the images.
    pub labels: Option<PathBuf>,
    /// Images to measure on, instead of a part of the others.
    pub test_images: Option<PathBuf>,
    /// Their labels.
    pub test_labels: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::recipe::part::Part;
    use std::collections::HashSet;

    #[test]
    fn no_two_settings_share_a_name() {
        let names: HashSet<&str> = Setting::all().iter().map(|setting| setting.name).collect();
        assert_eq!(names.len(), Setting::all().len());
    }

    #[test]
    fn settings_stand_section_by_section() {
        let sections: Vec<Section> = Setting::all().iter().map(|setting| setting.section).collect();
        let mut order = sections.clone();
        order.dedup();
        assert_eq!(order, Section::all());
    }

    #[test]
    fn what_a_setting_writes_it_reads_again() {
        let recipe = Recipe { validation: Part::Share(0.3), ..Recipe::default() };
        for setting in Setting::all() {
            let Some(value) = setting.value(&recipe) else { continue };
            let mut other = recipe.clone();
            setting.choose(&mut other, &value).unwrap_or_else(|error| panic!("{}: {error}", setting.name));
            assert_eq!(other, recipe, "{}", setting.name);
        }
    }
}
