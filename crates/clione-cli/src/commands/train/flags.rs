//! The flags of `clione train`, and the recipe they stand for.

use crate::arguments::{Machine, choice, count, layers, names, number, seed, whole_number};
use crate::output::Output;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::data::findings::grouped;
use clione::data::infer::Task;
use clione::data::treatment::{Missing, Treatment};
use clione::optim::clip::Clip;
use clione::prelude::*;
use clione::train::recipe::Precision;
use clione::train::stopping::EarlyStopping;

/// What can be done to numbers.
const SCALINGS: &[Treatment] = &[Treatment::Standardise, Treatment::MinMax, Treatment::Unscaled];

/// More than this and a learning rate is no learning rate.
const LARGEST_LEARNING_RATE: f64 = 1000.0;

#[derive(Args)]
#[command(next_help_heading = "Columns")]
pub struct Columns {
    /// Columns to leave out, separated by commas
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub ignore: Vec<String>,

    /// What to predict: classification or regression; found from the values if not given
    #[arg(long, value_name = "NAME")]
    pub task: Option<String>,

    #[arg(long, value_name = "NAME", default_value = Missing::Refuse.name())]
    #[arg(help = one_of("What stands in for missing values", Missing::all(), Missing::name))]
    pub missing: String,

    /// Columns in which 0 means missing, separated by commas
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub zero_is_missing: Vec<String>,

    /// Columns whose values are words even where they look like numbers, separated by commas
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub category: Vec<String>,

    /// Leave rows out that have no target
    #[arg(long)]
    pub drop_missing_target: bool,

    #[arg(long, value_name = "NAME", default_value = Treatment::Standardise.name())]
    #[arg(help = one_of("What is done to numbers", SCALINGS, Treatment::name))]
    pub scaling: String,

    /// The share of the rows that is held back to measure on
    #[arg(long, value_name = "SHARE", default_value = "0.2", value_parser = number, allow_negative_numbers = true)]
    pub validation: f64,
}

#[derive(Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkFlags {
    /// The units of each hidden layer
    #[arg(long, value_name = "UNITS", default_value = "32,16", allow_hyphen_values = true)]
    pub layers: String,

    #[arg(long, value_name = "NAME", default_value = Recipe::default().activation.name())]
    #[arg(help = one_of("The activation of the hidden layers", Activation::all(), Activation::name))]
    pub activation: String,

    /// How weights begin
    #[arg(long, value_name = "NAME", default_value_t = Recipe::default().initializer.name())]
    pub initializer: String,

    /// The share of each hidden layer that is left out while training
    #[arg(long, value_name = "RATE", default_value = "0", value_parser = number, allow_negative_numbers = true)]
    pub dropout: f64,

    #[arg(long, value_name = "NAME", default_value = Precision::F32.name())]
    #[arg(help = one_of("The numbers of the model", Precision::all(), Precision::name))]
    pub precision: String,
}

#[derive(Args)]
#[command(next_help_heading = "Training")]
pub struct Training {
    /// How often every row is seen
    #[arg(long, value_name = "N", default_value = "100", value_parser = count, allow_negative_numbers = true)]
    pub epochs: usize,

    /// The rows of one step
    #[arg(long, value_name = "N", default_value = "32", value_parser = count, allow_negative_numbers = true)]
    pub batch_size: usize,

    /// The length of a step [default: what is usual with the optimizer]
    #[arg(long, value_name = "RATE", value_parser = learning_rate, allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,

    #[arg(long, value_name = "NAME", default_value = Fit::default().optimizer.name())]
    #[arg(help = one_of("The rule of a step", Optimizer::all(), Optimizer::name))]
    pub optimizer: String,

    /// A setting of the optimizer, as momentum=0.9 or beta2=0.99; may be given several times
    #[arg(long, value_name = "NAME=NUMBER")]
    pub optimizer_setting: Vec<String>,

    #[arg(long, value_name = "NAME", default_value = Fit::default().schedule.name())]
    #[arg(help = one_of("How the learning rate changes", Schedule::all(), Schedule::name))]
    pub schedule: String,

    /// A setting of the schedule, as every=10 or factor=0.5; may be given several times
    #[arg(long, value_name = "NAME=NUMBER")]
    pub schedule_setting: Vec<String>,

    /// Over how many steps the learning rate climbs to its full height
    #[arg(long, value_name = "STEPS", default_value = "0", value_parser = whole_number, allow_negative_numbers = true)]
    pub warm_up: usize,

    /// What to make small [default: what belongs to the target]
    #[arg(long, value_name = "NAME")]
    pub loss: Option<String>,

    /// Stop after so many epochs without a better validation loss, and take the best
    #[arg(long, value_name = "EPOCHS", value_parser = count, allow_negative_numbers = true)]
    pub patience: Option<usize>,

    /// The largest norm of all gradients together
    #[arg(long, value_name = "NORM", value_parser = number, conflicts_with = "clip_value", allow_negative_numbers = true)]
    pub clip_norm: Option<f64>,

    /// The largest gradient
    #[arg(long, value_name = "VALUE", value_parser = number, allow_negative_numbers = true)]
    pub clip_value: Option<f64>,

    /// The weight of |w| in the penalised loss
    #[arg(long, value_name = "WEIGHT", default_value = "0", value_parser = number, allow_negative_numbers = true)]
    pub l1: f64,

    /// The weight of w²/2 in the penalised loss
    #[arg(long, value_name = "WEIGHT", default_value = "0", value_parser = number, allow_negative_numbers = true)]
    pub l2: f64,

    /// All randomness follows from it
    #[arg(long, value_name = "N", default_value = "0", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
}

/// The recipe that the flags stand for; says on the way what looks odd.
///
/// Fails when a flag is out of its range or names something that there is not.
pub fn recipe(
    target: Option<&str>,
    (columns, network, training): (&Columns, &NetworkFlags, &Training),
    machine: &Machine,
    output: &Output,
) -> Result<Recipe> {
    let mut optimizer =
        choice("--optimizer", &training.optimizer, Optimizer::named, Optimizer::all(), Optimizer::name)?;
    for setting in &training.optimizer_setting {
        let (name, value) = setting_of("--optimizer-setting", setting)?;
        if !optimizer.set(name, value) {
            return Err(unknown_setting("--optimizer-setting", name, optimizer.name(), &optimizer.settings()));
        }
    }
    let mut schedule = choice("--schedule", &training.schedule, Schedule::named, Schedule::all(), Schedule::name)?;
    for setting in &training.schedule_setting {
        let (name, value) = setting_of("--schedule-setting", setting)?;
        if !schedule.set(name, value) {
            return Err(unknown_setting("--schedule-setting", name, schedule.name(), &schedule.settings()));
        }
    }
    let loss = match &training.loss {
        None => None,
        Some(name) => Some(choice("--loss", name, Loss::named, Loss::all(), Loss::name)?),
    };
    let learning_rate = training.learning_rate.unwrap_or(optimizer.default_learning_rate());
    if learning_rate > 10.0 {
        output.warning(&format!("--learning-rate {learning_rate} is very large; 0.0001 to 0.1 is usual"));
    }
    if training.epochs > 1_000_000 && training.patience.is_none() {
        let epochs = grouped(training.epochs);
        output.warning(&format!("{epochs} epochs take a while; --patience 20 stops when it gets no better"));
    }
    let (validation, dropout) = (columns.validation, network.dropout);
    if !(validation > 0.0 && validation < 1.0) {
        let headline = format!("--validation {validation}: expected more than 0 and less than 1");
        return Err(Error::usage(headline).remedy("--validation 0.2"));
    }
    if !(0.0..1.0).contains(&dropout) {
        let headline = format!("--dropout {dropout}: expected at least 0 and less than 1");
        return Err(Error::usage(headline).remedy("--dropout 0.5"));
    }
    let (threads, warning) = machine.threads()?;
    if let Some(warning) = warning {
        output.warning(&warning);
    }
    let clip = match (training.clip_norm, training.clip_value) {
        (Some(limit), _) => Clip::Norm(limit),
        (_, Some(limit)) => Clip::Value(limit),
        _ => Clip::Off,
    };
    let recipe = Recipe {
        choices: Choices {
            target: target.unwrap_or("-1").to_owned(),
            ignore: names(&columns.ignore),
            task: match &columns.task {
                None => None,
                Some(name) => Some(choice("--task", name, |_| None, Task::all(), Task::name)?),
            },
            missing: choice("--missing", &columns.missing, |_| None, Missing::all(), Missing::name)?,
            drop_missing_target: columns.drop_missing_target,
            zero_is_missing: names(&columns.zero_is_missing),
            categories: names(&columns.category),
            scaling: choice("--scaling", &columns.scaling, |_| None, SCALINGS, Treatment::name)?,
        },
        validation,
        layers: layers(&network.layers)?,
        activation: choice(
            "--activation",
            &network.activation,
            Activation::named,
            Activation::all(),
            Activation::name,
        )?,
        initializer: Initializer::named(&network.initializer)?,
        dropout,
        precision: choice("--precision", &network.precision, Precision::named, Precision::all(), Precision::name)?,
        fit: Fit {
            loss,
            epochs: training.epochs,
            batch_size: training.batch_size,
            learning_rate,
            optimizer,
            schedule,
            warm_up: training.warm_up as u64,
            clip,
            l1: training.l1,
            l2: training.l2,
            shuffle: true,
            stopping: training.patience.map(|patience| EarlyStopping { patience, ..EarlyStopping::default() }),
            seed: training.seed,
            threads,
            instruction_set: machine.instruction_set()?,
        },
    };
    recipe.fit.check()?;
    Ok(recipe)
}

/// The help of a flag that takes one of the names of a table.
fn one_of<T: Copy>(what: &str, all: &[T], name: impl Fn(T) -> &'static str) -> String {
    format!("{what}: {}", all.iter().map(|&choice| name(choice)).collect::<Vec<_>>().join(", "))
}

/// A number that can be a learning rate.
fn learning_rate(text: &str) -> std::result::Result<f64, String> {
    let wrong = || format!("expected a number above 0 and at most {LARGEST_LEARNING_RATE}, as 0.001 or 1e-3");
    number(text).ok().filter(|&rate| rate > 0.0 && rate <= LARGEST_LEARNING_RATE).ok_or_else(wrong)
}

/// A setting written as name=number.
fn setting_of<'a>(flag: &str, text: &'a str) -> Result<(&'a str, f64)> {
    let wrong = || Error::usage(format!("{flag} {text}: expected NAME=NUMBER, as momentum=0.9"));
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let value = match value.trim() {
        "true" => 1.0,
        "false" => 0.0,
        number => number.parse().map_err(|_| wrong())?,
    };
    Ok((name.trim(), value))
}

fn unknown_setting(flag: &str, name: &str, owner: &str, settings: &[(&'static str, f64)]) -> Error {
    let known: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
    let has = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Error::usage(format!("{flag} {name}: {owner} has no such setting; it has {has}"))
}
