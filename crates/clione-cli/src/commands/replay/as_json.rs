//! A moment of a run as JSON: the same as the text says, with all numbers.

use super::Scene;
use crate::json;
use clione::base::error::Result;
use clione::base::shape::Shape;
use clione::prelude::*;
use clione::see::replay::condition::Quantity;
use clione::see::replay::names::Shown;
use clione::see::replay::{Parameter, Spread, norm};
use clione::train::file::Recording;
use serde_json::{Map, Value, json};
use std::path::Path;

/// What was recorded.
pub fn overview(recording: &Recording, recipe: &Recipe) -> Result<String> {
    json::text(json!({
        "recording": recording.source(),
        "last_step": recording.last_step(),
        "best_epoch": recording.best().map(|(epoch, _)| epoch),
        "best_step": recording.best().map(|(_, step)| step),
        "checkpoints": recording.steps().collect::<Vec<_>>(),
        "bytes": recording.bytes(),
        "recipe": recipe.to_toml(),
    }))
}

/// A moment.
pub fn scene(scene: &Scene<'_>, saved: Option<&Path>) -> Result<String> {
    let step = scene.step;
    let mut object = Map::new();
    let mut add = |name: &str, value: Value| object.insert(name.to_owned(), value);
    add("recording", scene.recording.source().into());
    add("condition", scene.condition.map(|condition| condition.to_string()).into());
    add(Quantity::Step.name(), step.number.into());
    add("last_step", scene.recording.last_step().into());
    add("epoch", step.epoch.into());
    add("step_of_epoch", step.step.into());
    add("steps_per_epoch", step.steps_per_epoch.into());
    add("replayed_from", step.origin.step.into());
    add("is_recorded", scene.is_recorded().into());
    if let Some(taken) = &step.taken {
        let all =
            |part: &dyn Fn(&Parameter) -> Vec<f64>| norm(&step.parameters.iter().flat_map(part).collect::<Vec<f64>>());
        let (what, rows) = scene.rows();
        add("loss", taken.loss.into());
        add("learning_rate", taken.learning_rate.into());
        let gradients = |parameter: &Parameter| parameter.moved.as_ref().map_or(Vec::new(), |m| m.gradients.clone());
        add("gradient_norm", all(&gradients).into());
        add("update_norm", all(&|parameter| parameter.updates().unwrap_or_default()).into());
        add("weight_norm", all(&|parameter| parameter.numbers.clone()).into());
        add("epoch_loss", taken.ended.map(|epoch| epoch.loss).into());
        add("validation_loss", taken.ended.and_then(|epoch| epoch.validation_loss).into());
        add("is_last", taken.is_last.into());
        add("best_epoch", taken.best_epoch.into());
        add(&format!("{what}s"), rows.into());
    }
    add("parameters", step.parameters.iter().map(in_short).collect());
    let shown: Map<String, Value> =
        scene.shown.iter().map(|(name, shown)| (name.clone(), numbers(scene, shown))).collect();
    add("shown", shown.into());
    add("model", saved.map(|path| path.display().to_string()).into());
    json::text(object)
}

fn in_short(parameter: &Parameter) -> Value {
    let spread = Spread::of(&parameter.numbers);
    let gradient = parameter.moved.as_ref().map(|moved| norm(&moved.gradients));
    let update = parameter.updates().map(|updates| norm(&updates));
    json!({
        "name": parameter.name,
        "shape": parameter.shape.sizes(),
        "mean": spread.mean,
        "standard_deviation": spread.standard_deviation,
        "smallest": spread.smallest,
        "largest": spread.largest,
        "norm": spread.norm,
        "gradient_norm": gradient,
        "update_norm": update,
        "update_ratio": update.filter(|_| spread.norm > 0.0).map(|update| update / spread.norm),
    })
}

fn numbers(scene: &Scene<'_>, shown: &Shown) -> Value {
    let each = |places: &[usize], part: &dyn Fn(&Parameter) -> Value| -> Value {
        let named = places.iter().map(|&place| &scene.step.parameters[place]);
        named.map(|parameter| (parameter.name.clone(), part(parameter))).collect::<Map<_, _>>().into()
    };
    match shown {
        Shown::Parameters(places) => {
            each(places, &|parameter| whole(parameter, &|numbers| nested(numbers, parameter.shape)))
        }
        Shown::Number { parameter, place } => {
            whole(&scene.step.parameters[*parameter], &|numbers| numbers[*place].into())
        }
        Shown::Gradients(places) => each(places, &|parameter| {
            parameter.moved.as_ref().map_or(Value::Null, |moved| nested(&moved.gradients, parameter.shape))
        }),
        Shown::Updates(places) => each(places, &|parameter| {
            parameter.updates().map_or(Value::Null, |updates| nested(&updates, parameter.shape))
        }),
        Shown::Activations(layer) => {
            let mut outputs = scene.step.taken.iter().flat_map(|taken| &taken.outputs);
            let found = outputs.find(|output| output.layer == *layer);
            found.map_or(Value::Null, |output| nested(&output.numbers, output.shape))
        }
    }
}

/// Before, gradient, update and after, each as `part` writes it.
fn whole(parameter: &Parameter, part: &dyn Fn(&[f64]) -> Value) -> Value {
    let moved = parameter.moved.as_ref();
    json!({
        "before": moved.map(|moved| part(&moved.before)),
        "gradient": moved.map(|moved| part(&moved.gradients)),
        "update": parameter.updates().map(|updates| part(&updates)),
        "after": part(&parameter.numbers),
    })
}

/// Numbers as lists of lists, as their shape says.
fn nested(numbers: &[f64], shape: Shape) -> Value {
    let list = |numbers: &[f64], sizes: &[usize]| nested_in(numbers, sizes);
    list(numbers, shape.sizes())
}

fn nested_in(numbers: &[f64], sizes: &[usize]) -> Value {
    match sizes {
        [] | [_] => numbers.into(),
        [_, inner @ ..] => {
            let length = inner.iter().product::<usize>().max(1);
            numbers.chunks(length).map(|part| nested_in(part, inner)).collect()
        }
    }
}
