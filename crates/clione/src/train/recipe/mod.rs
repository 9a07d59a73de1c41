//! Everything that was chosen for a run: the data's treatment, the network, the training; a model carries it.

pub mod part;
mod places;
mod replay;
pub mod selection;
pub mod settings;
mod toml;
pub mod value;

use self::part::Part;
use self::settings::Files;
use super::answers::Answers;
use super::cross_validate::CrossValidation;
use super::evaluate::{Baseline, Evaluation, Units, loss_on};
use super::file::{Checkpoint, Facts, SavedModel, Source, Weights};
use super::fit::{Fit, Next};
use super::history::{Epoch, History};
use super::linear::{Linear, TooLarge};
use super::metric::Decision;
use super::require::Require;
use super::session::{Moment, Start};
use crate::base::error::{Error, Result};
use crate::base::real::Real;
use crate::base::shape::Shape;
use crate::cpu::simd::Element;
use crate::data::dataset::{Dataset, Targets};
use crate::data::schema::Choices;
use crate::data::table::ReadOptions;
use crate::graph::activation::Activation;
use crate::nn::initializer::Initializer;
use crate::nn::layers::{Dense, Dropout, Flatten, Softmax};
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::Network;
use std::borrow::Cow;

/// The numbers a model is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits for each number: the default.
    F32,
    /// 64 bits for each number.
    F64,
}

impl Precision {
    /// Both.
    pub fn all() -> &'static [Precision] {
        &[Precision::F32, Precision::F64]
    }

    /// The name that recipes, model files and the command line use.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => f32::NAME,
            Precision::F64 => f64::NAME,
        }
    }

    /// The precision of this name, if there is one.
    pub fn named(name: &str) -> Option<Precision> {
        Precision::all().iter().copied().find(|precision| precision.name() == name)
    }

    /// The size of one number.
    pub fn bytes(self) -> usize {
        match self {
            Precision::F32 => size_of::<f32>(),
            Precision::F64 => size_of::<f64>(),
        }
    }
}

/// Everything that was chosen for a run.
///
/// ```
/// use clione::prelude::*;
/// let table = Table::from_bytes("x.csv", b"x,y\n0,1\n1,3\n2,5\n3,7\n4,9\n".to_vec(), &ReadOptions::default())?;
/// let recipe = Recipe { layers: vec![8], fit: Fit { epochs: 5, ..Fit::default() }, ..Recipe::default() };
/// let prepared = prepare(&table, &recipe.choices, recipe.validation.share(), &Rng::new(recipe.fit.seed))?;
/// let source = Source::Table(prepared.preprocessing);
/// let run = recipe.train(source, &prepared.training, Some(&prepared.validation), &mut |_| Next::Continue)?;
/// assert_eq!(run.history.epochs.len(), 5);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// What is read.
    pub files: Files,
    /// How a table is read.
    pub reading: ReadOptions,
    /// What is decided about the columns.
    pub choices: Choices,
    /// The rows that training is watched by.
    pub validation: Part,
    /// Rows that are measured on at the end and used for nothing else.
    pub test: Option<Part>,
    /// The units of each hidden layer.
    pub layers: Vec<usize>,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// How weights begin.
    pub initializer: Initializer,
    /// Whether each unit has a bias.
    pub bias: bool,
    /// The share of each hidden layer's outputs that is left out while training.
    pub dropout: f64,
    /// The numbers of the model.
    pub precision: Precision,
    /// How it is trained.
    pub fit: Fit,
    /// Whether models of the recipe are measured by cross-validation before one is kept.
    pub cross_validation: Option<CrossValidation>,
    /// What must be reached.
    pub require: Vec<Require>,
}

impl Default for Recipe {
    /// Where a person chooses, [`Selection`](selection::Selection) begins with a larger network.
    fn default() -> Self {
        Recipe {
            files: Files::default(),
            reading: ReadOptions::default(),
            choices: Choices::default(),
            validation: Part::Share(0.2),
            test: None,
            layers: vec![32, 16],
            activation: Activation::Relu,
            initializer: Initializer::GlorotUniform,
            bias: true,
            dropout: 0.0,
            precision: Precision::F32,
            fit: Fit::default(),
            cross_validation: None,
            require: Vec::new(),
        }
    }
}

/// A trained model, how its training went, and how good it is.
#[derive(Clone, Debug)]
pub struct Run {
    /// The model with everything that belongs to it.
    pub saved: SavedModel,
    /// Every epoch.
    pub history: History,
    /// Measured on the validation rows, or on the training rows where none were held back.
    pub evaluation: Evaluation,
    /// Why there is no linear model beside it, where there is none.
    pub without_linear: Option<TooLarge>,
}

impl Recipe {
    /// The network for examples of this shape and these targets: hidden layers as chosen, then one output with sigmoid
    /// for two classes, one for each of several classes with softmax, or one for each number.
    ///
    /// Fails when a layer has no unit or the targets are one class only.
    pub fn network(&self, example: Shape, targets: &Targets) -> Result<Network> {
        let dense = |units| {
            let layer = Dense::new(units).initializer(self.initializer);
            if self.bias { layer } else { layer.without_bias() }
        };
        let mut network = Network::new(example);
        if example.rank() > 1 {
            network = network.add_named("flatten", Flatten);
        }
        for (number, &units) in (1..).zip(&self.layers) {
            if units == 0 {
                return Err(Error::usage(format!("layer {number} needs at least 1 unit, but it has 0"))
                    .remedy("--layers 32,16"));
            }
            network = network.add_named(&format!("hidden{number}"), dense(units).activation(self.activation));
            if self.dropout > 0.0 {
                network = network.add_named(&format!("dropout{number}"), Dropout::new(self.dropout));
            }
        }
        Ok(match targets {
            Targets::Classes { names, .. } if names.len() < 2 => {
                return Err(Error::data(format!("every row is '{}': nothing to learn", names.join(""))));
            }
            Targets::Classes { names, .. } if names.len() == 2 => {
                network.add_named("output", dense(1).activation(Activation::Sigmoid))
            }
            Targets::Classes { names, .. } => {
                network.add_named("output", dense(names.len())).add_named("softmax", Softmax)
            }
            Targets::Values(matrix) => network.add_named("output", dense(matrix.columns())),
        })
    }

    /// Trains and measures. `training` and `validation` are prepared as `source` says, targets in their own units.
    ///
    /// Fails where [`Fit::run`] does.
    pub fn train(
        &self,
        source: Source,
        training: &Dataset,
        validation: Option<&Dataset>,
        watch: &mut dyn FnMut(&Epoch) -> Next,
    ) -> Result<Run> {
        self.train_from(None, source, training, validation, &mut |moment| {
            Ok(moment.ended.as_ref().map_or(Next::Continue, &mut *watch))
        })
    }

    /// As [`Recipe::train`], from a checkpoint or from the beginning; asks `watch` after each step how to go on.
    ///
    /// Fails where [`Fit::run_from`] does.
    pub fn train_from(
        &self,
        checkpoint: Option<&Checkpoint>,
        source: Source,
        training: &Dataset,
        validation: Option<&Dataset>,
        watch: &mut dyn FnMut(&Moment<'_>) -> Result<Next>,
    ) -> Result<Run> {
        let recipe = self.settled(training.rows());
        match self.precision {
            Precision::F32 => recipe.train_as::<f32>(checkpoint, source, training, validation, watch, Weights::F32),
            Precision::F64 => recipe.train_as::<f64>(checkpoint, source, training, validation, watch, Weights::F64),
        }
    }

    fn train_as<T: Element>(
        &self,
        checkpoint: Option<&Checkpoint>,
        source: Source,
        training: &Dataset,
        validation: Option<&Dataset>,
        watch: &mut dyn FnMut(&Moment<'_>) -> Result<Next>,
        weights: fn(Model<T>) -> Weights,
    ) -> Result<Run> {
        let mut begun = self.begun::<T>(&source, training, validation)?;
        let start = Start { recipe: Some(&begun.recipe), checkpoint, ..Start::default() };
        let (rows, held_back) = (&begun.training, begun.validation.as_deref());
        let history = begun.fit.run_from(&mut begun.model, rows, held_back, start, watch)?;
        let epochs = (history.epochs.len(), history.best_epoch);
        let (saved, evaluation, without_linear) = begun.measured(epochs, source, training, validation, weights)?;
        Ok(Run { saved, history, evaluation, without_linear })
    }

    /// What a run begins with: a fresh model, and rows with targets as the network gives them.
    fn begun<'a, T: Element>(
        &self,
        source: &Source,
        training: &'a Dataset,
        validation: Option<&'a Dataset>,
    ) -> Result<Begun<'a, T>> {
        let network = self.network(source.example(), training.targets())?;
        let loss = match self.fit.loss {
            Some(loss) => loss,
            None => Loss::usual_for(&network)?,
        };
        let units = source.units();
        // Only real targets are scaled; a copy of all images is not made for nothing.
        let scaled = |data: &'a Dataset| {
            if units == Units::PLAIN { Ok(Cow::Borrowed(data)) } else { units.standardise(data).map(Cow::Owned) }
        };
        Ok(Begun {
            fit: Fit { loss: Some(loss), ..self.fit.clone() },
            loss,
            model: Model::new(network, self.fit.seed)?,
            training: scaled(training)?,
            validation: validation.map(scaled).transpose()?,
            recipe: self.to_toml(),
            remembered: self.remembered().to_toml(),
        })
    }
}

/// A run before its first step.
struct Begun<'a, T> {
    fit: Fit,
    loss: Loss,
    model: Model<T>,
    /// Rows with targets as the network gives them.
    training: Cow<'a, Dataset>,
    validation: Option<Cow<'a, Dataset>>,
    recipe: String,
    /// The recipe as the model carries it.
    remembered: String,
}

impl<T: Element> Begun<'_, T> {
    /// Measures the model as it is now, after so many epochs, of which one may have been chosen; `training` and `validation`
    /// have targets in their own units.
    fn measured(
        self,
        (epochs, best_epoch): (usize, Option<usize>),
        source: Source,
        training: &Dataset,
        validation: Option<&Dataset>,
        weights: fn(Model<T>) -> Weights,
    ) -> Result<(SavedModel, Evaluation, Option<TooLarge>)> {
        let Begun { fit, loss, model, remembered: recipe, .. } = self;
        let baseline = Baseline::of(training.targets());
        let measured = validation.unwrap_or(training);
        let (units, cpu) = (source.units(), fit.cpu());
        let loss_measured = loss_on(&model, loss, measured, units, &cpu)?;
        let answers = Answers::of(&model, measured, units, &cpu);
        let mut evaluation = Evaluation::of(&answers, loss_measured, &baseline);
        // What is compared with a weighted network is weighted alike.
        let of_class = fit.class_weights.of(training.targets())?;
        let linear = Linear::fit_weighted(training, of_class.as_deref());
        if let Ok(linear) = &linear {
            evaluation = evaluation.beside_linear(linear, &answers, measured);
        }
        let (linear, without_linear) = match linear {
            Ok(linear) => (Some(linear), None),
            Err(too_large) => (None, Some(too_large)),
        };
        let facts = Facts {
            training_rows: training.rows(),
            validation_rows: validation.map_or(0, Dataset::rows),
            epochs,
            best_epoch,
            metrics: evaluation.metrics.iter().map(|m| (m.metric.name().to_owned(), m.value)).collect(),
        };
        let saved = SavedModel {
            weights: weights(model),
            source,
            loss,
            baseline,
            linear,
            recipe,
            facts,
            decision: Decision::MostProbable,
        };
        Ok((saved, evaluation, without_linear))
    }
}
