//! Runs of a recipe that are taken again from a checkpoint, step by step, with everything that a step worked with.

use super::{Begun, Precision, Recipe};
use crate::base::error::Result;
use crate::cpu::simd::Element;
use crate::data::dataset::Dataset;
use crate::nn::model::Model;
use crate::train::file::{Checkpoint, SavedModel, Source, Weights};
use crate::train::fit::Next;
use crate::train::session::{Moment, Start};

impl Recipe {
    /// The checkpoint of a run before its first step: what a [`Recorder`](crate::train::recording::Recorder) begins with.
    /// `training` and `validation` are prepared as `source` says.
    ///
    /// Fails as [`Recipe::train`] does before it begins.
    pub fn beginning(&self, source: &Source, training: &Dataset, validation: Option<&Dataset>) -> Result<Vec<u8>> {
        let recipe = self.settled(training.rows());
        match self.precision {
            Precision::F32 => recipe.begun::<f32>(source, training, validation)?.beginning(),
            Precision::F64 => recipe.begun::<f64>(source, training, validation)?.beginning(),
        }
    }

    /// Takes the steps of a run again from a checkpoint of it, with the very bits, and shows each to `watch` with everything
    /// [inside](Moment::inside) it, until that asks for an end or the run ends.
    ///
    /// Fails when the checkpoint is of a run with other data or other settings, and where the run itself failed.
    pub fn replay(
        &self,
        from: &Checkpoint,
        source: &Source,
        training: &Dataset,
        validation: Option<&Dataset>,
        watch: &mut dyn FnMut(&Moment<'_>) -> Result<Next>,
    ) -> Result<()> {
        let recipe = self.settled(training.rows());
        match self.precision {
            Precision::F32 => recipe.begun::<f32>(source, training, validation)?.replay(from, watch),
            Precision::F64 => recipe.begun::<f64>(source, training, validation)?.replay(from, watch),
        }
    }

    /// The model of this recipe with these numbers, as it would be kept after so many epochs, with the best of them where
    /// that one is kept.
    ///
    /// Fails when they are more or fewer than its parameters.
    pub fn model_with(
        &self,
        parameters: &[f64],
        epochs: (usize, Option<usize>),
        source: Source,
        training: &Dataset,
        validation: Option<&Dataset>,
    ) -> Result<SavedModel> {
        let recipe = self.settled(training.rows());
        match self.precision {
            Precision::F32 => {
                let begun = recipe.begun::<f32>(&source, training, validation)?.with(parameters)?;
                Ok(begun.measured(epochs, source, training, validation, Weights::F32)?.0)
            }
            Precision::F64 => {
                let begun = recipe.begun::<f64>(&source, training, validation)?.with(parameters)?;
                Ok(begun.measured(epochs, source, training, validation, Weights::F64)?.0)
            }
        }
    }
}

impl<T: Element> Begun<'_, T> {
    fn beginning(mut self) -> Result<Vec<u8>> {
        self.fit.beginning(&mut self.model, &self.training, self.validation.as_deref(), Some(&self.recipe))
    }

    fn replay(mut self, from: &Checkpoint, watch: &mut dyn FnMut(&Moment<'_>) -> Result<Next>) -> Result<()> {
        let start = Start { recipe: Some(&self.recipe), checkpoint: Some(from), is_traced: true };
        let validation = self.validation.as_deref();
        self.fit.run_from(&mut self.model, &self.training, validation, start, watch).map(|_| ())
    }

    fn with(mut self, parameters: &[f64]) -> Result<Self> {
        let parameters: Vec<T> = parameters.iter().map(|&number| T::of(number)).collect();
        self.model = Model::with_parameters(self.model.network().clone(), parameters)?;
        Ok(self)
    }
}
