//! The model file: a network, its numbers, its fitted preprocessing and the facts of its training, in one safetensors file.
//!
//! Any safetensors reader finds the parameters by name. Everything else is one JSON text under the metadata key `clione`,
//! with a checksum over itself and all tensors. The same model gives the same bytes.

mod check;
mod checkpoint;
mod checkpoint_file;
mod container;
mod destination;
pub mod disk;
mod json;
mod lock;
mod recording_file;

pub use checkpoint::Checkpoint;
pub(super) use checkpoint::{Fingerprint, Identity, State};
pub use checkpoint_file::{CheckpointFile, Found};
pub use destination::{Destination, Pieces};
pub use lock::Lock;
pub use recording_file::{Ending, Recording, RecordingFile};

use super::evaluate::{Baseline, Units};
use super::linear::Linear;
use super::metric::Decision;
use super::recipe::selection::Selection;
use super::recipe::{Precision, Recipe};
use crate::base::aligned::Aligned;
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::real::Real;
use crate::base::shape::Shape;
use crate::data::infer::Task;
use crate::data::preprocess::Preprocessing;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::Network;
use crate::nn::parameters::ParameterSpec;
use check::Parts;
use container::{MODEL, Tensor, dtype, numbers};
use safetensors::SafeTensors;
use std::path::Path;

/// The version of the format that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u64 = 1;

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

    /// The same model in 64 bits, in which the reference works.
    pub fn in_64_bits(&self) -> Model<f64> {
        match self {
            Weights::F64(model) => model.clone(),
            Weights::F32(model) => {
                let mut parameters = Aligned::zeros(model.parameters().len());
                let numbers = parameters.iter_mut().zip(model.parameters());
                numbers.for_each(|(to, &number): (&mut f64, _)| *to = f64::from(number));
                Model::with_parameters(model.network().clone(), parameters).expect("as many numbers as before")
            }
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
                let target = &preprocessing.target;
                Units { treatment: target.treatment, mean: target.mean, scale: target.scale }
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
    /// The epoch that the parameters are from, where it is the one with the lowest validation loss and not just the last one.
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
    /// A linear model of the same training rows; none where they were too many, or the file is from before there was one.
    pub linear: Option<Linear>,
    /// Which class is said: the most probable one, or of two classes the second from a threshold on.
    pub decision: Decision,
    /// What was chosen, as TOML.
    pub recipe: String,
    /// How training went.
    pub facts: Facts,
}

impl SavedModel {
    /// The bytes of the file: the same for the same model.
    ///
    /// Fails when its parts do not fit each other, so that nothing could read it again.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        check::check(&self.parts())?;
        let tensors = match &self.weights {
            Weights::F32(model) => tensors(model),
            Weights::F64(model) => tensors(model),
        };
        container::write(&MODEL, tensors, &json::write(self))
    }

    /// The checksum that stands in its file: models with the same one are the same.
    pub fn checksum(&self) -> Result<String> {
        container::checksum_in(&MODEL, "the model", &self.to_bytes()?)
    }

    /// Reads the bytes of a model file; `source` is what errors call it.
    ///
    /// Fails when they are no model of clione, of a newer format, damaged, or have numbers that are not finite.
    pub fn from_bytes(source: &str, bytes: &[u8]) -> Result<Self> {
        let model = SavedModel::from_bytes_of_any_numbers(source, bytes)?;
        let not_finite = match &model.weights {
            Weights::F32(model) => model.first_not_finite(),
            Weights::F64(model) => model.first_not_finite(),
        };
        match not_finite {
            None => Ok(model),
            Some(spec) => {
                let headline = format!("{source}: parameter `{}` has numbers that are not finite", spec.name);
                Err(Error::model(headline)
                    .note("its training diverged; --allow-nonfinite takes it all the same")
                    .remedy("train it again with a smaller --learning-rate"))
            }
        }
    }

    /// As [`SavedModel::from_bytes`], but takes numbers that are not finite: for a look at a model that diverged elsewhere.
    pub fn from_bytes_of_any_numbers(source: &str, bytes: &[u8]) -> Result<Self> {
        let (file, text) = container::read(&MODEL, source, bytes)?;
        // What a file says of its network is a setting elsewhere; here it makes a model that cannot be used.
        let named = |error: Error| error.of_kind(ErrorKind::Model).in_file(source);
        let description = json::read(&text).map_err(named)?;
        check::check(&description.parts()).map_err(named)?;
        let weights = match description.precision {
            Precision::F32 => Weights::F32(load(&file, description.network).map_err(named)?),
            Precision::F64 => Weights::F64(load(&file, description.network).map_err(named)?),
        };
        Ok(SavedModel {
            weights,
            source: description.source,
            loss: description.loss,
            baseline: description.baseline,
            linear: description.linear,
            decision: description.decision,
            recipe: description.recipe,
            facts: description.facts,
        })
    }

    /// Reads a model file. Fails where [`SavedModel::from_bytes`] does or when the file cannot be read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let contents = container::read_file(&MODEL, path.as_ref(), LARGEST)?;
        SavedModel::from_bytes(&contents.source, &contents.bytes)
    }

    /// Reads a model file, even one whose numbers are not all finite.
    pub fn load_of_any_numbers(path: impl AsRef<Path>) -> Result<Self> {
        let contents = container::read_file(&MODEL, path.as_ref(), LARGEST)?;
        SavedModel::from_bytes_of_any_numbers(&contents.source, &contents.bytes)
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

    /// Whether this is what a run of the recipe ends with: whether it was chosen as the recipe says, for as many rows as the model
    /// was trained on. Files may have been moved: their names do not count.
    pub fn is_of(&self, recipe: &Recipe) -> bool {
        checkpoint::are_alike(&self.recipe, &recipe.settled(self.facts.training_rows).remembered().to_toml())
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

    fn parts(&self) -> Parts<'_> {
        Parts {
            precision: self.weights.precision(),
            network: self.weights.network(),
            source: &self.source,
            loss: self.loss,
            baseline: &self.baseline,
            linear: self.linear.as_ref(),
            recipe: &self.recipe,
            facts: &self.facts,
        }
    }
}

/// The parameters, each by its name.
fn tensors<T: Real>(model: &Model<T>) -> Vec<Tensor> {
    let tensor = |spec: &ParameterSpec| Tensor::new(&spec.name, spec.shape.sizes(), &model.parameters()[spec.range()]);
    model.specs().iter().map(tensor).collect()
}

fn load<T: Real>(file: &SafeTensors<'_>, network: Network) -> Result<Model<T>> {
    let specs = network.build_training(1)?.parameters;
    let mut parameters = Vec::new();
    for spec in &specs {
        let tensor = file.tensor(&spec.name).map_err(|_| {
            Error::model(format!("the model has no parameter `{}`, which its network needs", spec.name))
        })?;
        let dtype = dtype::<T>();
        if tensor.shape() != spec.shape.sizes() || tensor.dtype() != dtype {
            return Err(Error::model(format!(
                "parameter `{}` is {:?} {:?}, but the network needs {dtype:?} {:?}",
                spec.name,
                tensor.dtype(),
                tensor.shape(),
                spec.shape.sizes()
            )));
        }
        parameters.extend(numbers::<T>(tensor.data()));
    }
    if file.len() != specs.len() {
        let is_known = |name: &str| specs.iter().any(|spec| spec.name == name);
        let other = file.names().into_iter().find(|name| !is_known(name)).unwrap_or_default();
        return Err(Error::model(format!("the model has a tensor {other:?}, which its network does not use")));
    }
    Model::with_parameters(network, parameters)
}
