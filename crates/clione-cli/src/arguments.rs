//! Arguments that several verbs take, and how their texts become values.

use crate::output::Output;
use clap::Args;
use clione::base::byte_size::parse;
use clione::base::error::{Error, Result, nearest};
use clione::cpu::Cpu;
use clione::cpu::simd::InstructionSet;
use clione::data::findings::counted;
use clione::data::idx::{labelled, read_images, read_labels};
use clione::data::preprocess::Preprocessing;
use clione::data::treatment::{Missing, Unknown};
use clione::prelude::{Dataset, ReadOptions, Recipe, SavedModel, Source};
use clione::train::memory::{DataSize, MemoryNeed};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// How much memory may be used.
#[derive(Args)]
pub struct MemoryLimit {
    /// Refuse what needs more memory than this, such as 500M or 8G [default: nine tenths of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = parse, allow_negative_numbers = true)]
    memory: Option<u128>,
}

impl MemoryLimit {
    /// The bytes that may be used; all there are where the system does not tell.
    pub fn bytes(&self) -> u128 {
        self.memory.or_else(|| machine_memory().map(|bytes| bytes / 10 * 9)).unwrap_or(u128::MAX)
    }

    /// The options of reading a table, whose numbers may take no more.
    pub fn options(&self, options: ReadOptions) -> ReadOptions {
        ReadOptions { memory: u64::try_from(self.bytes()).unwrap_or(u64::MAX), ..options }
    }

    /// Fails when a run on these rows would take more.
    pub fn check_run(&self, recipe: &Recipe, source: &Source, training: &Dataset, held_out: usize) -> Result<()> {
        let network = recipe.network(source.example(), training.targets())?;
        let size = DataSize::of(source, training.rows(), held_out);
        let need = MemoryNeed::of_training(recipe, &network, size, &Cpu::new(1))?;
        let (inputs, outputs) = (source.example().elements(), training.targets().width());
        let what = format!("training a network of {} and {}", counted(inputs, "input"), counted(outputs, "output"));
        need.training.check(&what, self.bytes()).map_err(|error| error.remedy("--layers 32,16"))
    }
}

/// The memory of this machine in bytes, or what a control group leaves of it, where the system tells.
fn machine_memory() -> Option<u128> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let machine = line.split_whitespace().nth(1)?.parse::<u128>().ok()?.saturating_mul(1024);
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    Some(group.map_or(machine, |group: u128| group.min(machine)))
}

/// Which models are taken.
#[derive(Args)]
pub struct Loading {
    /// Take a model even if some of its numbers are not finite
    #[arg(long)]
    allow_nonfinite: bool,

    #[command(flatten)]
    limit: MemoryLimit,
}

impl Loading {
    /// Reads a model file. Fails when it cannot be read, is no model that is taken, or needs more memory to predict than
    /// may be used.
    pub fn load(&self, path: &Path) -> Result<SavedModel> {
        let model = if self.allow_nonfinite { SavedModel::load_of_any_numbers(path) } else { SavedModel::load(path) }?;
        let (network, precision) = (model.weights.network(), model.weights.precision());
        let need = MemoryNeed::of_prediction(network, precision, &Cpu::new(1))?;
        need.check(&format!("{}: a prediction", path.display()), self.limit.bytes())?;
        Ok(model)
    }

    /// As [`Loading::load`], to look into the model: every value of a row is kept then, and every gradient.
    pub fn load_to_explain(&self, path: &Path) -> Result<SavedModel> {
        let model = self.load(path)?;
        let need = MemoryNeed::of_one_row_explained(model.weights.network(), model.weights.precision())?;
        need.check(&format!("{}: one row with all its values", path.display()), self.limit.bytes())?;
        Ok(model)
    }

    /// How much memory may be used.
    pub fn limit(&self) -> &MemoryLimit {
        &self.limit
    }
}

/// What the work runs on; no result depends on it.
#[derive(Args)]
pub struct Machine {
    /// How many threads share the work; no result depends on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = whole_number, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// The instructions to use; no result depends on them
    #[arg(long, value_name = "NAME", hide = true)]
    instruction_set: Option<String>,
}

/// How many cores this machine lends.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Machine {
    /// The number of threads: at most as many as cores, and it is said where more were asked for.
    pub fn threads(&self, output: &Output) -> Result<usize> {
        let cores = cores();
        match self.threads {
            Some(0) => Err(Error::usage("--threads 0: expected at least 1").remedy("--threads 1")),
            Some(threads) if threads > cores => {
                let has = counted(cores, "core");
                output.hint(&format!(
                    "--threads {threads}: this machine has {has}, so it uses {cores}, with the same result\n"
                ));
                Ok(cores)
            }
            threads => Ok(threads.unwrap_or(cores)),
        }
    }

    /// The instruction set.
    pub fn instruction_set(&self) -> Result<InstructionSet> {
        let Some(name) = &self.instruction_set else { return Ok(InstructionSet::detect()) };
        InstructionSet::named(name).ok_or_else(|| {
            let names: Vec<&str> = InstructionSet::available().iter().map(|set| set.name()).collect();
            Error::usage(format!("--instruction-set {name}: this processor has {}", names.join(", ")))
        })
    }
}

/// Reads images and their labels; with them the height and the width of each image.
pub fn read_idx(images: &Path, labels: &Path, classes: Option<&[String]>) -> Result<(Dataset, [usize; 2])> {
    let read = read_images(images)?;
    let size = [read.height, read.width];
    let data = labelled(read, &read_labels(labels)?, classes);
    Ok((data.map_err(|error| error.in_file(&labels.display().to_string()))?, size))
}

/// Fails when what a flag names would take the place of a file that it is made from.
pub fn not_an_input(flag: &str, output: Option<&Path>, inputs: &[Option<&Path>]) -> Result<()> {
    let Some(output) = output else { return Ok(()) };
    let place = |path: &Path| fs::canonicalize(path).ok();
    match inputs.iter().flatten().find(|input| place(input).is_some_and(|place_of| place(output) == Some(place_of))) {
        None => Ok(()),
        Some(input) => Err(Error::usage(format!(
            "{flag} {}: is the file that is read, {}; it would be lost",
            output.display(),
            input.display()
        ))),
    }
}

/// A whole number that is not negative.
pub fn whole_number(text: &str) -> std::result::Result<usize, String> {
    text.trim().replace('_', "").parse().map_err(|_| "expected a whole number that is not negative".to_owned())
}

/// The choice of this name or alias, or an error that lists all.
pub fn choice<T: Copy>(
    flag: &str,
    typed: &str,
    named: impl Fn(&str) -> Option<T>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T> {
    let plain = |name: &str| name.trim().to_lowercase().replace('-', "_");
    let found = all.iter().copied().find(|&choice| plain(name(choice)) == plain(typed));
    found.or_else(|| named(&plain(typed))).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|&choice| name(choice)).collect();
        let error = Error::usage(format!("{flag} {typed}: expected one of {}", names.join(", ")));
        match nearest(typed, names.iter().copied()) {
            Some(meant) => error.note(format!("did you mean {meant}?")).remedy(format!("{flag} {meant}")),
            None => error,
        }
    })
}

/// What is done with words that were not in training: as typed, else as the model was trained.
pub fn unknown_of(typed: Option<&str>, model: &SavedModel) -> Result<Unknown> {
    match typed {
        Some(typed) => choice("--unknown", typed, |_| None, Unknown::all(), Unknown::name),
        None => Ok(model.recipe()?.choices.unknown),
    }
}

/// What is done with cells that the model did not meet in training.
#[derive(Args)]
pub struct NewCells {
    /// What to do with words that were not in training: refuse, or other (none of the known ones) [default: as
    /// clione train --unknown said]
    #[arg(long, value_name = "NAME")]
    unknown: Option<String>,

    /// What to do with missing values where training had none: refuse, median (what was usual in training) or drop (leave
    /// the row out) [default: refuse]
    #[arg(long, value_name = "NAME")]
    missing: Option<String>,
}

impl NewCells {
    /// What is done with words that were not in training.
    pub fn unknown(&self, model: &SavedModel) -> Result<Unknown> {
        unknown_of(self.unknown.as_deref(), model)
    }

    /// The preprocessing that fills or drops missing values as was asked.
    pub fn preprocessing<'a>(&self, trained: &'a Preprocessing) -> Result<Cow<'a, Preprocessing>> {
        match &self.missing {
            None => Ok(Cow::Borrowed(trained)),
            Some(typed) => match choice("--missing", typed, |_| None, Missing::all(), Missing::name)? {
                Missing::Refuse => Ok(Cow::Borrowed(trained)),
                missing => trained.filling(missing).map(Cow::Owned),
            },
        }
    }
}
