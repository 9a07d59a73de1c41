//! The model file: a network, its numbers, its fitted preprocessing and the facts of its training, in one safetensors file.
//!
//! Any safetensors reader finds the parameters by name. Everything else is one JSON text under the metadata key `clione`,
//! with a checksum over itself and all tensors. The same model gives the same bytes.

mod destination;
mod json;

pub use destination::Destination;

use super::evaluate::{Baseline, Units};
use super::recipe::selection::Selection;
use super::recipe::{Precision, Recipe};
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::real::Real;
use crate::base::shape::Shape;
use crate::data::file;
use crate::data::infer::Task;
use crate::data::preprocess::Preprocessing;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::Network;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::Path;

/// The version of the format that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u64 = 1;

/// The metadata key that everything but the tensors stands under.
const METADATA_KEY: &str = "clione";

/// The largest file that is read.
const LARGEST: u64 = 16 << 30;

/// A model in its precision.
#[derive(Clone, Debug)]
pub enum Weights {
    /// Numbers of 32 bits.
    F32(Model<f32>),
    /// Numbers of 64 bits.
    F64(Model<f64>),
}

impl Weights {
    /// The network.
    pub fn network(&self) -> &Network {
        match self {
            Weights::F32(model) => model.network(),
            Weights::F64(model) => model.network(),
        }
    }

    /// The precision.
    pub fn precision(&self) -> Precision {
        match self {
            Weights::F32(_) => Precision::F32,
            Weights::F64(_) => Precision::F64,
        }
    }
}

/// What the rows of a model's inputs are made from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Columns of a table.
    Table(Preprocessing),
    /// Grey images of one size, as bytes scaled to 0 … 1.
    Images {
        /// Pixels from top to bottom.
        height: usize,
        /// Pixels from left to right.
        width: usize,
        /// What the classes are called.
        classes: Vec<String>,
    },
}

impl Source {
    /// The shape of one example.
    pub fn example(&self) -> Shape {
        match self {
            Source::Table(preprocessing) => Shape::from([preprocessing.input_width()]),
            Source::Images { height, width, .. } => Shape::from([*height, *width]),
        }
    }

    /// What the classes are called; empty where numbers are predicted.
    pub fn classes(&self) -> &[String] {
        match self {
            Source::Table(preprocessing) => &preprocessing.target.classes,
            Source::Images { classes, .. } => classes,
        }
    }

    /// How the network's numbers become targets in their own units.
    pub fn units(&self) -> Units {
        match self {
            Source::Table(preprocessing) if preprocessing.target.task == Task::Regression => {
                Units { mean: preprocessing.target.mean, scale: preprocessing.target.scale }
            }
            Source::Table(_) | Source::Images { .. } => Units::PLAIN,
        }
    }
}

/// What is known about a model's training.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// How many rows it learned from.
    pub training_rows: usize,
    /// How many rows were held back.
    pub validation_rows: usize,
    /// How many epochs there were.
    pub epochs: usize,
    /// The epoch that the parameters are from, where early stopping chose one.
    pub best_epoch: Option<usize>,
    /// The metrics at the end, by name.
    pub metrics: Vec<(String, f64)>,
}

/// A model with everything that is needed to use it: nobody can feed raw columns to its network by mistake.
#[derive(Clone, Debug)]
pub struct SavedModel {
    /// The network and its numbers.
    pub weights: Weights,
    /// How inputs are made, and what outputs mean.
    pub source: Source,
    /// What it was trained to make small.
    pub loss: Loss,
    /// What guessing would say.
    pub baseline: Baseline,
    /// What was chosen, as TOML.
    pub recipe: String,
    /// How training went.
    pub facts: Facts,
}

impl SavedModel {
    /// The bytes of the file: the same for the same model.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let tensors = match &self.weights {
            Weights::F32(model) => tensors(model, |number| number.to_le_bytes().to_vec()),
            Weights::F64(model) => tensors(model, |number| number.to_le_bytes().to_vec()),
        };
        let text = json::write(self);
        let dtype = match self.weights.precision() {
            Precision::F32 => Dtype::F32,
            Precision::F64 => Dtype::F64,
        };
        let views = tensors
            .iter()
            .map(|tensor| {
                let view = TensorView::new(dtype, tensor.shape.sizes().to_vec(), &tensor.bytes).map_err(damaged)?;
                Ok((tensor.name.as_str(), view))
            })
            .collect::<Result<Vec<_>>>()?;
        let text = json::seal(&text, checksum(&text, views.iter().map(|(name, view)| (*name, view))));
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
        safetensors::serialize(views, Some(metadata)).map_err(damaged)
    }

    /// Reads the bytes of a model file; `source` is what errors call it.
    ///
    /// Fails when they are no model of clione, of a newer format, damaged, or have numbers that are not finite.
    pub fn from_bytes(source: &str, bytes: &[u8]) -> Result<Self> {
        let wrong = |what: String| Error::model(format!("{source}: {what}"));
        if bytes.is_empty() {
            return Err(wrong("is empty (0 bytes), not a model".to_owned()));
        }
        if let Some((found, remedy)) = foreign(bytes) {
            return Err(wrong(format!("is {found}, not a model of clione")).remedy(remedy));
        }
        check_length(source, bytes)?;
        let (_, header) = SafeTensors::read_metadata(bytes)
            .map_err(|error| wrong(format!("is damaged or cut off: {error}")).remedy(FRESH_COPY))?;
        let text = header.metadata().as_ref().and_then(|metadata| metadata.get(METADATA_KEY)).ok_or_else(|| {
            wrong("is a safetensors file, but not a model of clione".to_owned())
                .note(format!("its metadata has no entry `{METADATA_KEY}` with network and preprocessing"))
        })?;
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| wrong(format!("is damaged or cut off: {error}")).remedy(FRESH_COPY))?;
        // What a file says of its network is a setting elsewhere; here it makes a model that cannot be used.
        let named = |error: Error| error.of_kind(ErrorKind::Model).in_file(source);
        json::check_version(text).map_err(named)?;
        // Nothing is believed, let alone allocated, before the checksum.
        let (text, expected_checksum) = json::unseal(text).map_err(named)?;
        let found = checksum(&text, file.tensors().iter().map(|(name, view)| (name.as_str(), view)));
        if expected_checksum != format!("{found:016x}") {
            return Err(wrong("is damaged: its checksum does not match its contents".to_owned())
                .note("a bit was flipped, or the file was edited by hand")
                .remedy(FRESH_COPY));
        }
        let description = json::read(&text).map_err(named)?;
        let weights = match description.precision {
            Precision::F32 => Weights::F32(
                load(&file, description.network, Dtype::F32, |bytes| f32::from_le_bytes(*bytes)).map_err(named)?,
            ),
            Precision::F64 => Weights::F64(
                load(&file, description.network, Dtype::F64, |bytes| f64::from_le_bytes(*bytes)).map_err(named)?,
            ),
        };
        let model = SavedModel {
            weights,
            source: description.source,
            loss: description.loss,
            baseline: description.baseline,
            recipe: description.recipe,
            facts: description.facts,
        };
        let not_finite = match &model.weights {
            Weights::F32(model) => model.first_not_finite(),
            Weights::F64(model) => model.first_not_finite(),
        };
        if let Some(spec) = not_finite {
            return Err(wrong(format!("parameter `{}` has numbers that are not finite", spec.name))
                .note("its training diverged")
                .remedy("train it again with a smaller --learning-rate"));
        }
        model.check_source(source)?;
        Ok(model)
    }

    /// Reads a model file. Fails where [`SavedModel::from_bytes`] does or when the file cannot be read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let contents = file::read(path, LARGEST)?;
        SavedModel::from_bytes(&contents.source, &contents.bytes)
    }

    /// Writes a model file: beside its place, synced, then renamed, so that nothing on disk is ever half a model.
    ///
    /// Fails when it is there already, unless `may_replace`, or when it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>, may_replace: bool) -> Result<()> {
        Destination::check(path.as_ref(), may_replace)?.write(&self.to_bytes()?)
    }

    /// What was chosen. Fails when the recipe has settings that this program does not know.
    pub fn recipe(&self) -> Result<Recipe> {
        Selection::from_toml("the recipe in the model", &self.recipe)?.recipe()
    }

    /// Fails unless images of this size are what the model takes.
    pub fn check_images(&self, height: usize, width: usize) -> Result<()> {
        let (expected, found) = (self.source.example(), Shape::from([height, width]));
        if expected == found {
            return Ok(());
        }
        Err(Error::model(format!(
            "the model expects {} inputs ({expected}), but these images have {} ({found})",
            expected.elements(),
            found.elements()
        )))
    }

    /// Whether preprocessing and network fit each other.
    fn check_source(&self, source: &str) -> Result<()> {
        let expected = self.source.example();
        let found = self.weights.network().inputs().next().map(|(_, shape)| shape);
        if found == Some(expected) {
            return Ok(());
        }
        let found = found.map_or("nothing".to_owned(), |shape| shape.to_string());
        Err(Error::model(format!("{source}: the network takes {found}, but its preprocessing gives {expected}")))
    }
}

/// One parameter as the file has it.
struct Tensor {
    name: String,
    shape: Shape,
    bytes: Vec<u8>,
}

fn tensors<T: Real>(model: &Model<T>, to_bytes: impl Fn(T) -> Vec<u8>) -> Vec<Tensor> {
    let numbers = |range: std::ops::Range<usize>| model.parameters()[range].iter().flat_map(|&n| to_bytes(n)).collect();
    model
        .specs()
        .iter()
        .map(|spec| Tensor { name: spec.name.clone(), shape: spec.shape, bytes: numbers(spec.range()) })
        .collect()
}

fn load<T: Real, const BYTES: usize>(
    file: &SafeTensors<'_>,
    network: Network,
    dtype: Dtype,
    from_bytes: impl Fn(&[u8; BYTES]) -> T,
) -> Result<Model<T>> {
    let specs = network.build_training(1)?.parameters;
    let mut parameters = Vec::new();
    for spec in &specs {
        let tensor = file.tensor(&spec.name).map_err(|_| {
            Error::model(format!("the model has no parameter `{}`, which its network needs", spec.name))
        })?;
        if tensor.shape() != spec.shape.sizes() || tensor.dtype() != dtype {
            return Err(Error::model(format!(
                "parameter `{}` is {:?} {:?}, but the network needs {dtype:?} {:?}",
                spec.name,
                tensor.dtype(),
                tensor.shape(),
                spec.shape.sizes()
            )));
        }
        let (numbers, _) = tensor.data().as_chunks::<BYTES>();
        parameters.extend(numbers.iter().map(&from_bytes));
    }
    Model::with_parameters(network, parameters)
}

/// FNV-1a over the description and over name, type, shape and bytes of each tensor in the order of their names: it guards
/// against accidents, not intent.
fn checksum<'a>(description: &str, tensors: impl Iterator<Item = (&'a str, &'a TensorView<'a>)>) -> u64 {
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_unstable_by_key(|&(name, _)| name);
    tensors.into_iter().fold(fnv(FNV_START, description.as_bytes()), |hash, (name, tensor)| {
        let head = format!("{name} {} {:?}", tensor.dtype(), tensor.shape());
        fnv(fnv(hash, head.as_bytes()), tensor.data())
    })
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn damaged(error: safetensors::SafeTensorError) -> Error {
    Error::model(format!("cannot be written as safetensors: {error}"))
}

/// Fails when the bytes do not begin as a model does, with the length of a JSON text and that text, or end within it.
fn check_length(source: &str, bytes: &[u8]) -> Result<()> {
    let cut_off = |header: String| {
        Error::model(format!("{source}: is cut off: {} bytes, but {header}", bytes.len())).remedy(FRESH_COPY)
    };
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return Err(cut_off("a model begins with 8 that say how long its header is".to_owned()));
    };
    if rest.first().is_some_and(|&first| first != b'{') {
        let start: String = String::from_utf8_lossy(bytes).chars().take(20).collect();
        return Err(Error::model(format!("{source}: is not a model"))
            .note(format!("it begins {start:?}"))
            .remedy("give a file that `clione train -o` has written"));
    }
    let length = u64::from_le_bytes(*length);
    if length > rest.len() as u64 { Err(cut_off(format!("its header alone has {length}"))) } else { Ok(()) }
}

/// What helps against damage.
const FRESH_COPY: &str = "take a fresh copy of the model, or train it again";

/// Files that people take for a model: what they are and what to do.
fn foreign(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const TO_SAFETENSORS: &str = "train it with clione: a model needs its preprocessing and network too";
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(("a zip archive, perhaps of PyTorch (.pt) or Keras (.keras)", TO_SAFETENSORS));
    }
    if bytes.starts_with(b"\x80\x02") || bytes.starts_with(b"\x80\x03") || bytes.starts_with(b"\x80\x04") {
        return Some(("a Python pickle, which is never executed", TO_SAFETENSORS));
    }
    file::foreign_format(bytes).map(|(what, _)| (what, "give a file that `clione train -o` has written"))
}
