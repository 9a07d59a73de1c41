//! Using a trained model: predictions in words and units a person gave, and measures on labelled rows.

use super::answers::{Answers, probabilities_into};
use super::evaluate::{Evaluation, loss_on};
use super::file::{SavedModel, Weights};
use super::predict::Predictor;
use crate::base::error::Result;
use crate::cpu::Cpu;
use crate::cpu::simd::Element;
use crate::data::dataset::{Dataset, Matrix};
use crate::nn::model::Model;
use std::sync::Arc;

/// What a model says about one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// The class that is said, by its place among the model's classes, and the probability of each.
    Class {
        /// The place of the class.
        class: usize,
        /// The probabilities of all classes; they sum to 1.
        probabilities: Vec<f64>,
    },
    /// A number in the units of the target.
    Number(f64),
}

/// What a model says about rows that were prepared by its own preprocessing.
/// Panics when the rows have other columns than the network takes.
pub fn predict(saved: &SavedModel, inputs: &Matrix, cpu: &Arc<Cpu>) -> Vec<Prediction> {
    let mut predictions = Vec::with_capacity(inputs.rows());
    let push = &mut |prediction| {
        predictions.push(prediction);
        Ok(())
    };
    predict_each(saved, inputs, cpu, push).expect("keeping a prediction does not fail");
    predictions
}

/// As [`predict`], row after row: of many classes the probabilities of all rows would fill the memory.
/// Ends with what `show` fails with.
pub fn predict_each(
    saved: &SavedModel,
    inputs: &Matrix,
    cpu: &Arc<Cpu>,
    show: &mut dyn FnMut(Prediction) -> Result<()>,
) -> Result<()> {
    match &saved.weights {
        Weights::F32(model) => predict_as(saved, model, inputs, cpu, show),
        Weights::F64(model) => predict_as(saved, model, inputs, cpu, show),
    }
}

/// As [`predict`], on one thread: for the few rows that a reader of a model wants to show.
/// Panics when the rows have other columns than the network takes.
pub fn predict_on_one_thread(saved: &SavedModel, inputs: &Matrix) -> Vec<Prediction> {
    predict(saved, inputs, &Arc::new(Cpu::new(1)))
}

fn predict_as<T: Element>(
    saved: &SavedModel,
    model: &Model<T>,
    inputs: &Matrix,
    cpu: &Arc<Cpu>,
    show: &mut dyn FnMut(Prediction) -> Result<()>,
) -> Result<()> {
    let classes = saved.source.classes().len();
    let units = saved.source.units();
    let mut some = Vec::new();
    Predictor::new(model, Arc::clone(cpu)).each(model, inputs, &mut |outputs| {
        if classes == 0 {
            return outputs.iter().try_for_each(|y| show(Prediction::Number(units.restore(y.to_f64()))));
        }
        probabilities_into(outputs, classes, &mut some);
        for row in some.chunks(classes) {
            show(Prediction::Class { class: saved.decision.class(row) as usize, probabilities: row.to_vec() })?;
        }
        Ok(())
    })
}

/// What a model says of labelled rows that were prepared by its own preprocessing, beside what is true of them.
/// Panics when the rows have other columns than the network takes.
pub fn answers(saved: &SavedModel, data: &Dataset, cpu: &Arc<Cpu>) -> Answers {
    let answers = match &saved.weights {
        Weights::F32(model) => Answers::of(model, data, saved.source.units(), cpu),
        Weights::F64(model) => Answers::of(model, data, saved.source.units(), cpu),
    };
    answers.decided(saved.decision)
}

/// How good a model is on labelled rows that were prepared by its own preprocessing, targets in their own units.
/// Fails when the rows do not fit the network.
pub fn evaluate(saved: &SavedModel, data: &Dataset, cpu: &Arc<Cpu>) -> Result<Evaluation> {
    Ok(answers_and_evaluation(saved, data, cpu)?.1)
}

/// What a model says, and how good that is. Fails where [`evaluate`] does.
pub(super) fn answers_and_evaluation(
    saved: &SavedModel,
    data: &Dataset,
    cpu: &Arc<Cpu>,
) -> Result<(Answers, Evaluation)> {
    // The loss comes first: rows that do not fit are an error there.
    let loss = match &saved.weights {
        Weights::F32(model) => loss_on(model, saved.loss, data, saved.source.units(), cpu),
        Weights::F64(model) => loss_on(model, saved.loss, data, saved.source.units(), cpu),
    }?;
    let answers = answers(saved, data, cpu);
    let mut evaluation = Evaluation::of(&answers, loss, &saved.baseline);
    if let Some(linear) = &saved.linear {
        evaluation = evaluation.beside_linear(linear, &answers, data);
    }
    Ok((answers, evaluation))
}
