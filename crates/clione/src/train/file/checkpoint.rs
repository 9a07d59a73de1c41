//! A checkpoint: everything that a training run needs to go on with the very bits, in one safetensors file.

mod check;

use super::container::{self, CHECKPOINT, Tensor, dtype, numbers};
use super::json::Reader;
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::real::Real;
use crate::base::shape::Shape;
use crate::data::dataset::{Dataset, Matrix, Targets, Values};
use crate::nn::parameters::ParameterSpec;
use crate::optim::plateau::Plateau;
use crate::train::history::Epoch;
use safetensors::SafeTensors;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The version of the format that this program writes, and the newest that it reads.
pub(super) const CHECKPOINT_VERSION: u64 = 1;

/// How many changes an error lists.
const MOST_CHANGES: usize = 10;

/// What tells data apart: how many numbers they are, and a number that follows from all of them in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::train) struct Fingerprint {
    rows: usize,
    columns: usize,
    targets: usize,
    digest: u64,
}

impl Fingerprint {
    /// The fingerprint of a data set.
    pub fn of(data: &Dataset) -> Self {
        let digest = match data.targets() {
            Targets::Values(matrix) => digest_of(matrix, 2),
            Targets::Classes { numbers, .. } => numbers.iter().fold(1, |digest, &class| mix(digest, u64::from(class))),
        };
        let digest = digest_of(data.inputs(), digest);
        let (columns, targets) = (data.inputs().columns(), data.targets().width());
        Fingerprint { rows: data.rows(), columns, targets, digest }
    }

    fn write(self) -> Value {
        let digest = format!("{:016x}", self.digest);
        json!({ "rows": self.rows, "columns": self.columns, "targets": self.targets, "digest": digest })
    }

    fn read(part: &Reader<'_>) -> Result<Self> {
        let digest = u64::from_str_radix(part.text("digest")?, 16).map_err(|_| part.wrong("digest", "a number"))?;
        let (columns, targets) = (part.count("columns")?, part.count("targets")?);
        Ok(Fingerprint { rows: part.count("rows")?, columns, targets, digest })
    }
}

fn digest_of(matrix: &Matrix, start: u64) -> u64 {
    match matrix.values() {
        Values::F64(numbers) => numbers.iter().fold(start, |digest, number| mix(digest, number.to_bits())),
        Values::U8 { bytes, scale } => {
            let (words, rest) = bytes.as_chunks::<8>();
            let digest = words.iter().fold(mix(start, scale.to_bits()), |d, &word| mix(d, u64::from_le_bytes(word)));
            rest.iter().fold(digest, |digest, &byte| mix(digest, u64::from(byte)))
        }
    }
}

/// Every step can be undone, so one word that differs makes the end differ.
fn mix(digest: u64, word: u64) -> u64 {
    (digest.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Where a run is; numbers are borrowed to be written and owned once they are read.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::train) struct State<'a, T: Clone> {
    /// How many epochs have ended.
    pub epoch: usize,
    /// How many steps of the running epoch are done.
    pub step: usize,
    /// The loss of these steps, as the epoch's loss is summed up.
    pub epoch_loss: f64,
    /// Whether training has ended.
    pub is_ended: bool,
    /// All parameters.
    pub parameters: Cow<'a, [T]>,
    /// The parameters after the last epoch that went well.
    pub last_good: Cow<'a, [T]>,
    /// What the optimizer remembers.
    pub memories: Vec<Cow<'a, [T]>>,
    /// How many updates there have been.
    pub updates: u64,
    /// Every epoch that has ended.
    pub history: Cow<'a, [Epoch]>,
    /// The best epoch so far, its validation loss, and its parameters, where they are kept.
    pub best: Option<(usize, f64, Cow<'a, [T]>)>,
    /// What is left of the learning rate, and why.
    pub plateau: Plateau,
    /// Where the walk of an optimizer that sees all rows is, then its last steps, each with its change of the gradient.
    pub walk: Vec<Cow<'a, [f64]>>,
}

/// A checkpoint that was read.
#[derive(Debug)]
pub struct Checkpoint {
    /// What was chosen for the run, as TOML.
    pub recipe: String,
    /// How many epochs had ended.
    pub epoch: usize,
    is_ended: bool,
    steps_done: u64,
    layout: Vec<(String, Vec<usize>)>,
    training: Fingerprint,
    validation: Option<Fingerprint>,
    precision: String,
    text: String,
    tensors: BTreeMap<String, Vec<u8>>,
}

/// What makes a run the run it is.
pub(in crate::train) struct Identity<'a> {
    /// What was chosen, as TOML.
    pub recipe: &'a str,
    /// The parameters of the network.
    pub parameters: &'a [ParameterSpec],
    /// The rows to learn from.
    pub training: Fingerprint,
    /// The rows to measure on.
    pub validation: Option<Fingerprint>,
}

impl Identity<'_> {
    /// The bytes of a checkpoint: the same for the same run and state.
    pub fn checkpoint<T: Real>(&self, state: &State<'_, T>) -> Result<Vec<u8>> {
        let layout: Vec<Value> = self.parameters.iter().map(|spec| json!([spec.name, spec.shape.sizes()])).collect();
        let text = json!({
            "format_version": CHECKPOINT_VERSION,
            "written_by": concat!("clione ", env!("CARGO_PKG_VERSION")),
            "precision": T::NAME,
            "recipe": self.recipe,
            "layout": layout,
            "training": self.training.write(),
            "validation": self.validation.map(Fingerprint::write),
            "epoch": state.epoch,
            "steps": state.step,
            "updates": state.updates,
            "is_ended": state.is_ended,
            "best_epoch": state.best.as_ref().map(|(epoch, ..)| epoch),
            "bad_epochs": state.plateau.bad_epochs,
        });
        let column = |number: fn(&Epoch) -> f64| -> Vec<f64> { state.history.iter().map(number).collect() };
        let losses = column(|epoch| epoch.loss);
        let rates = column(|epoch| epoch.learning_rate);
        let validation_losses: Vec<f64> = state.history.iter().filter_map(|epoch| epoch.validation_loss).collect();
        let metrics: Vec<f64> = state.history.iter().filter_map(|epoch| epoch.validation_metric).collect();
        let best_loss = state.best.as_ref().map_or(0.0, |(_, loss, _)| *loss);
        let Plateau { best_loss: plateau_loss, bad_epochs: _, reduction } = state.plateau;
        let mut tensors = vec![
            slice("parameters", &state.parameters),
            slice("last_good", &state.last_good),
            slice("history.loss", &losses),
            slice("history.validation_loss", &validation_losses),
            slice("history.validation_metric", &metrics),
            slice("history.learning_rate", &rates),
            slice("numbers", &[state.epoch_loss, best_loss, plateau_loss, reduction]),
        ];
        tensors.extend(state.memories.iter().enumerate().map(|(at, memory)| slice(&memory_name(at), memory)));
        tensors.extend(state.best.as_ref().map(|(_, _, parameters)| slice("best", parameters)));
        tensors.extend(state.walk.iter().enumerate().map(|(at, numbers)| slice(&walk_name(at), numbers)));
        container::write(&CHECKPOINT, tensors, &text.to_string())
    }
}

impl Checkpoint {
    /// Reads the bytes of a checkpoint; `source` is what errors call it.
    ///
    /// Fails when they are no checkpoint of clione, of a newer format, or damaged, and when its parts do not fit each other.
    pub fn from_bytes(source: &str, bytes: &[u8]) -> Result<Self> {
        let (file, text) = container::read(&CHECKPOINT, source, bytes)?;
        let named = |error: Error| error.of_kind(ErrorKind::Model).in_file(source);
        Checkpoint::read(&file, text).map_err(named)
    }

    fn read(file: &SafeTensors<'_>, text: String) -> Result<Self> {
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let root = Reader { value: &value, path: "" };
        let validation = match &value["validation"] {
            Value::Null => None,
            _ => Some(Fingerprint::read(&root.part("validation")?)?),
        };
        let layout = root.list("layout", |parameter| {
            let sizes = parameter[1].as_array()?.iter();
            let sizes: Option<Vec<usize>> = sizes.map(|size| Some(size.as_u64()? as usize)).collect();
            Some((parameter[0].as_str()?.to_owned(), sizes?))
        })?;
        let precision = root.text("precision")?.to_owned();
        let of_model = if precision == f32::NAME { dtype::<f32>() } else { dtype::<f64>() };
        for (name, view) in file.tensors() {
            let is_of_model = ["parameters", "last_good", "best"].contains(&&*name) || name.starts_with(MEMORY);
            let expected = if is_of_model { of_model } else { dtype::<f64>() };
            if view.dtype() != expected || view.shape().len() != 1 {
                let (found, shape) = (view.dtype(), view.shape());
                return Err(Error::model(format!("`{name}` is {found} {shape:?}, but a row of {expected} is needed")));
            }
        }
        let mut checkpoint = Checkpoint {
            recipe: root.text("recipe")?.to_owned(),
            epoch: root.count("epoch")?,
            is_ended: root.flag("is_ended")?,
            steps_done: 0,
            layout,
            training: Fingerprint::read(&root.part("training")?)?,
            validation,
            precision,
            tensors: file.tensors().into_iter().map(|(name, view)| (name, view.data().to_vec())).collect(),
            text,
        };
        checkpoint.steps_done = checkpoint.check_parts()?;
        Ok(checkpoint)
    }

    /// Whether training had ended, and what was left to do was to measure and write the model.
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// How many steps of the run were done, over all epochs.
    pub(super) fn steps_done(&self) -> u64 {
        self.steps_done
    }

    /// Names, shapes and numbers of the parameters. Fails when some are missing.
    pub fn parameters(&self) -> Result<Vec<(String, Shape, Vec<f64>)>> {
        let numbers: Vec<f64> = if self.precision == f32::NAME {
            self.state::<f32>()?.parameters.iter().map(|&number| f64::from(number)).collect()
        } else {
            self.state::<f64>()?.parameters.into_owned()
        };
        let mut rest = numbers.as_slice();
        let named = self.layout.iter().map(|(name, sizes)| {
            let (own, others) = rest.split_at(sizes.iter().product());
            rest = others;
            (name.clone(), Shape::new(sizes), own.to_vec())
        });
        Ok(named.collect())
    }

    /// Fails unless this is a checkpoint of the same run; names what differs.
    pub(in crate::train) fn check(&self, identity: &Identity<'_>, precision: &str) -> Result<()> {
        let mut chosen = changes_of(&settings(&self.recipe), &settings(identity.recipe));
        if self.precision != precision && chosen.is_empty() {
            chosen.push(format!("the numbers were {}, now they are {precision}", self.precision));
        }
        let network = |layout: &[(String, Vec<usize>)]| -> Vec<(String, String)> {
            let named = layout.iter().map(|(name, sizes)| (format!("parameter {name}"), Shape::new(sizes).to_string()));
            named.collect()
        };
        let layout: Vec<(String, Vec<usize>)> =
            identity.parameters.iter().map(|spec| (spec.name.clone(), spec.shape.sizes().to_vec())).collect();
        let mut data = changes_of_data("training", Some(self.training), Some(identity.training));
        data.extend(changes_of_data("validation", self.validation, identity.validation));
        if chosen.is_empty() && data.is_empty() {
            chosen = changes_of(&network(&self.layout), &network(&layout));
        }
        let (error, changes) = match (chosen.is_empty(), data.is_empty()) {
            (true, true) => return Ok(()),
            (true, false) => (Error::data("the checkpoint is of a run with other data"), data),
            (false, _) => (Error::usage("the checkpoint is of a run with other settings"), [chosen, data].concat()),
        };
        let more = changes.len().saturating_sub(MOST_CHANGES);
        let mut error = changes.into_iter().take(MOST_CHANGES).fold(error, Error::note);
        if more > 0 {
            error = error.note(format!("and {more} more"));
        }
        Err(error)
    }

    /// Where the run is. Fails when a part is missing or has another length than it should.
    pub(in crate::train) fn state<T: Real>(&self) -> Result<State<'static, T>> {
        let value: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let root = Reader { value: &value, path: "" };
        let length: usize = self.layout.iter().map(|(_, sizes)| sizes.iter().product::<usize>()).sum();
        let whole = |name: &str| self.tensor::<T>(name, length);
        let losses = self.tensor::<f64>("history.loss", self.epoch)?;
        let rates = self.tensor::<f64>("history.learning_rate", self.epoch)?;
        let validation = self.validation.map(|_| self.tensor::<f64>("history.validation_loss", self.epoch));
        let validation = validation.transpose()?;
        // There are as many as epochs, or none for a network that has no such metric.
        let metrics = self.validation.and_then(|_| self.tensor::<f64>("history.validation_metric", self.epoch).ok());
        let epoch = |at: usize| Epoch {
            number: at + 1,
            loss: losses[at],
            validation_loss: validation.as_ref().map(|losses| losses[at]),
            validation_metric: metrics.as_ref().map(|metrics| metrics[at]),
            learning_rate: rates[at],
        };
        let scalars = self.tensor::<f64>("numbers", 4)?;
        let best = match root.count_or_none("best_epoch")? {
            Some(epoch) => Some((epoch, scalars[1], whole("best")?)),
            None => None,
        };
        let mut memories = Vec::new();
        while self.tensors.contains_key(&memory_name(memories.len())) {
            memories.push(whole(&memory_name(memories.len()))?);
        }
        let mut walk = Vec::new();
        while self.tensors.contains_key(&walk_name(walk.len())) {
            walk.push(self.tensor::<f64>(&walk_name(walk.len()), length)?);
        }
        Ok(State {
            epoch: self.epoch,
            step: root.count("steps")?,
            epoch_loss: scalars[0],
            is_ended: self.is_ended,
            parameters: whole("parameters")?,
            last_good: whole("last_good")?,
            memories,
            updates: root.count("updates")? as u64,
            history: (0..self.epoch).map(epoch).collect(),
            best,
            plateau: Plateau {
                best_loss: scalars[2],
                bad_epochs: root.count("bad_epochs")? as u64,
                reduction: scalars[3],
            },
            walk,
        })
    }

    /// The numbers of a tensor; fails when there are more or fewer than expected.
    fn tensor<T: Real>(&self, name: &str, expected: usize) -> Result<Cow<'static, [T]>> {
        let bytes = self.tensors.get(name).ok_or_else(|| Error::model(format!("it has no numbers `{name}`")))?;
        let found: Vec<T> = numbers(bytes).collect();
        if found.len() == expected {
            return Ok(found.into());
        }
        Err(Error::model(format!("`{name}` has {} numbers instead of {expected}", found.len())))
    }
}

/// What the names of the optimizer's memories begin with.
const MEMORY: &str = "memory.";

fn memory_name(number: usize) -> String {
    format!("{MEMORY}{number}")
}

fn walk_name(number: usize) -> String {
    format!("walk.{number:04}")
}

fn slice<T: Real>(name: &str, numbers: &[T]) -> Tensor {
    Tensor::new(name, &[numbers.len()], numbers)
}

/// Files may have been moved: their contents count, not their names.
const FILES: &[&str] = &["data.file", "data.images", "data.labels", "data.test_images", "data.test_labels"];

/// What is written in a recipe, line by line: where a setting stands, and its value.
fn settings(recipe: &str) -> Vec<(String, String)> {
    let mut section = "";
    let mut settings = Vec::new();
    for line in recipe.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some((name, value)) = line.split_once(" = ") {
            let name = format!("{section}.{name}");
            if !FILES.contains(&name.as_str()) {
                settings.push((name, value.to_owned()));
            }
        }
    }
    settings
}

/// Whether two recipes say the same but for the names of files.
pub(super) fn are_alike(one: &str, other: &str) -> bool {
    settings(one) == settings(other)
}

/// What is known about a data set, by name.
fn facts(what: &str, data: Option<Fingerprint>) -> Vec<(String, String)> {
    let Some(Fingerprint { rows, columns, targets, digest: _ }) = data else { return Vec::new() };
    let named = |name: &str, value: String| (format!("{what} {name}"), value);
    vec![named("rows", rows.to_string()), named("inputs", columns.to_string()), named("targets", targets.to_string())]
}

/// What is not the same in two data sets, in words.
fn changes_of_data(what: &str, before: Option<Fingerprint>, now: Option<Fingerprint>) -> Vec<String> {
    let changes = changes_of(&facts(what, before), &facts(what, now));
    if changes.is_empty() && before != now { vec![format!("{what} contents: not the same")] } else { changes }
}

/// Each thing that was and is not the same, in words.
fn changes_of(before: &[(String, String)], now: &[(String, String)]) -> Vec<String> {
    let find = |all: &[(String, String)], name: &str| {
        all.iter().find(|(known, _)| known == name).map_or("not given".to_owned(), |(_, value)| value.clone())
    };
    let gone = before.iter().filter(|(name, _)| !now.iter().any(|(known, _)| known == name));
    let names = now.iter().chain(gone).map(|(name, _)| name);
    names
        .filter_map(|name| {
            let (old, new) = (find(before, name), find(now, name));
            (old != new).then(|| format!("{name}: {old} -> {new}"))
        })
        .collect()
}
