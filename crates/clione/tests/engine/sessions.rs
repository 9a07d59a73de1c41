//! Whole training runs as PyTorch takes them, frozen in `testdata/pytorch/sessions.json`.
//!
//! They have a rate that falls when the validation loss stands still, early stopping, clipping, two inputs, and more validation
//! rows than are measured at once.

use crate::support::frozen::{assert_close, numbers, read};
use clione::cpu::simd::Element;
use clione::data::dataset::{Matrix, Targets, Values};
use clione::optim::clip::Clip;
use clione::prelude::*;
use clione::train::history::Epoch;
use clione::train::stopping::EarlyStopping;
use serde_json::Value;

#[test]
fn runs_go_as_those_of_pytorch_epoch_by_epoch() {
    runs::<f64>("f64", 1e-10);
    runs::<f32>("f32", 2e-5);
}

fn runs<T: Element>(precision: &str, tolerance: f64) {
    let file = read("pytorch/sessions.json");
    let entries = file["entries"].as_array().expect("a list of runs");
    assert_eq!(entries.len(), 8);
    for entry in entries {
        let (name, expected) = (entry["name"].as_str().expect("a name"), &entry[precision]);
        let data = |inputs: &str, targets: &str| data(&file[inputs], &entry[targets], entry["loss_name"] != "mse");
        let (training, validation) = (data("inputs", "targets"), data("validation_inputs", "validation_targets"));
        let mut model = model::<T>(entry, name);
        let fit = fit(&file, entry);
        let history = fit.run(&mut model, &training, Some(&validation)).expect("it trains");

        let told = |number: fn(&Epoch) -> f64| history.epochs.iter().map(number).collect::<Vec<_>>();
        let validation_loss = |epoch: &Epoch| epoch.validation_loss.expect("it is measured");
        for (what, found) in [
            ("learning_rate", told(|epoch| epoch.learning_rate)),
            ("loss", told(|epoch| epoch.loss)),
            ("validation_loss", told(validation_loss)),
        ] {
            assert_close(&found, &numbers(&expected[what]), tolerance, &format!("{what} of {name}"));
        }
        if fit.stopping.is_some() {
            assert_eq!(history.best_epoch.map(|epoch| epoch as u64), expected["best_epoch"].as_u64(), "{name}");
        }
        for spec in model.specs() {
            let what = format!("{} at the end of {name}", spec.name);
            let expected = numbers(&expected["parameters"][frozen_name(&spec.name)]);
            assert_close(&model.parameters()[spec.range()], &expected, tolerance, &what);
        }
    }
}

fn data(inputs: &Value, targets: &Value, is_of_classes: bool) -> Dataset {
    let rows = inputs.as_array().expect("rows").len();
    let inputs = Matrix::new(rows, 5, Values::F64(numbers(inputs)));
    let targets = numbers(targets);
    let targets = if is_of_classes {
        let names = ["low", "middle", "high"].map(String::from).to_vec();
        Targets::Classes { numbers: targets.iter().map(|&class| class as u32).collect(), names }
    } else {
        Targets::Values(Matrix::new(rows, 1, Values::F64(targets)))
    };
    Dataset::new(inputs, targets).expect("a target for each row")
}

/// The network of a run, with the numbers it begins with; `layer1` holds what the file calls `w1` and `b1`.
fn model<T: Element>(entry: &Value, name: &str) -> Model<T> {
    let tanh = |units| Dense::new(units).activation(Activation::Tanh);
    let network = match name {
        "two inputs" => {
            let mut network = Network::with_inputs(&[("left", [2].into()), ("right", [3].into())]);
            let left = network.apply("layer1", tanh(3), &[network.input(0)]);
            let right = network.apply("layer2", tanh(4), &[network.input(1)]);
            network.apply("joined", Concat, &[left, right]);
            network.add_named("layer3", Dense::new(1))
        }
        "classes" => Network::new([5]).add_named("layer1", tanh(6)).add_named("layer2", Dense::new(3)).add(Softmax),
        _ => Network::new([5]).add_named("layer1", tanh(6)).add_named("layer2", Dense::new(1)),
    };
    let mut model = Model::<T>::new(network, 0).expect("layers fit");
    for spec in model.specs().to_vec() {
        let start = numbers(&entry["start"][frozen_name(&spec.name)]);
        let parameters = &mut model.parameters_mut()[spec.range()];
        parameters.iter_mut().zip(start).for_each(|(parameter, number)| *parameter = T::of(number));
    }
    model
}

fn fit(file: &Value, entry: &Value) -> Fit {
    let whole = |value: &Value| value.as_u64().expect("a whole number") as usize;
    let number = |value: &Value| value.as_f64().expect("a number");
    let (plateau, stopping) = (&entry["plateau"], &entry["stopping"]);
    Fit {
        loss: Loss::named(entry["loss_name"].as_str().expect("a loss")),
        epochs: whole(&file["epochs"]),
        batch_size: whole(&file["batch_size"]),
        optimizer: Optimizer::named(entry["optimizer"].as_str().expect("an optimizer")).expect("one of this name"),
        learning_rate: number(&entry["learning_rate"]),
        schedule: match plateau {
            Value::Null => Schedule::named("constant").expect("a rate that stays"),
            _ => Schedule::Plateau {
                factor: number(&plateau["factor"]),
                patience: number(&plateau["patience"]),
                min_delta: number(&plateau["min_delta"]),
                floor: number(&plateau["floor"]),
            },
        },
        clip: match (entry["clip_value"].as_f64(), entry["clip_norm"].as_f64()) {
            (Some(limit), _) => Clip::Value(limit),
            (_, Some(limit)) => Clip::Norm(limit),
            (None, None) => Clip::Off,
        },
        stopping: (!stopping.is_null()).then(|| EarlyStopping {
            patience: whole(&stopping["patience"]),
            min_delta: number(&stopping["min_delta"]),
        }),
        keep_last: stopping.is_null(),
        shuffle: false,
        ..Fit::default()
    }
}

/// `w1` for `layer1.weights`.
fn frozen_name(parameter: &str) -> String {
    let (layer, role) = parameter.trim_start_matches("layer").split_once('.').expect("layer and role");
    format!("{}{layer}", &role[..1])
}
