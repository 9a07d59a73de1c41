//! A run that is kept, taken up, stopped, or refused.

use super::*;
use crate::base::error::ErrorKind;
use crate::graph::activation::Activation;
use crate::nn::layers::{Dense, Dropout};
use crate::nn::network::Network;
use crate::optim::clip::Clip;
use crate::optim::optimizer::{Optimizer, Sees};
use crate::optim::schedule::Schedule;
use crate::train::stopping::EarlyStopping;

fn data(rows: i32, shift: f64) -> Dataset {
    let numbers = |row: i32| [f64::from(row * 37 % 101) / 50.0 - 1.0, f64::from(row * 53 % 89) / 44.0 - 1.0];
    let inputs: Vec<[f64; 2]> = (0..rows).map(numbers).collect();
    let targets: Vec<[f64; 1]> = inputs.iter().map(|[a, b]| [a * b + 0.3 * a + shift]).collect();
    Dataset::from_rows(&inputs, &targets)
}

fn model<T: Element>() -> Model<T> {
    model_with_dropout(0.2)
}

fn model_with_dropout<T: Element>(rate: f64) -> Model<T> {
    let mut network = Network::new([2]).add(Dense::new(9).activation(Activation::Tanh));
    if rate > 0.0 {
        network = network.add(Dropout::new(rate));
    }
    Model::new(network.add(Dense::new(1)), 3).expect("layers fit")
}

/// A model that the optimizer can train.
fn model_for<T: Element>(fit: &Fit) -> Model<T> {
    model_with_dropout(if fit.optimizer.sees() == Sees::All { 0.0 } else { 0.2 })
}

/// What is left of a run: the bits of the parameters, and the history.
fn remains<T: Element>(model: &Model<T>, history: &History) -> (Vec<u64>, String) {
    (model.parameters().iter().map(|w| w.to_f64().to_bits()).collect(), format!("{history:?}"))
}

/// Runs with a pause after every `every` steps: each time the checkpoint goes through its bytes into a new run.
fn run_in_pieces<T: Element>(fit: &Fit, validation: Option<&Dataset>, every: usize) -> (Vec<u64>, String) {
    let training = data(45, 0.0);
    let mut bytes: Option<Vec<u8>> = None;
    loop {
        let checkpoint = bytes.take().map(|bytes| Checkpoint::from_bytes("checkpoint", &bytes).expect("it is whole"));
        let start = Start { checkpoint: checkpoint.as_ref(), ..Start::default() };
        let (mut model, mut steps) = (model_for::<T>(fit), 0);
        let result = fit.run_from(&mut model, &training, validation, start, &mut |moment| {
            steps += 1;
            if steps < every {
                return Ok(Next::Continue);
            }
            let kept = moment.checkpoint()?;
            assert_eq!(kept, moment.checkpoint()?, "the same state has the same bytes");
            bytes = Some(kept);
            Ok(Next::Pause)
        });
        match result {
            Ok(history) => return remains(&model, &history),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}"),
        }
    }
}

fn whole_run<T: Element>(fit: &Fit, validation: Option<&Dataset>) -> (Vec<u64>, String) {
    let mut model = model_for::<T>(fit);
    let history = fit.run(&mut model, &data(45, 0.0), validation).expect("training goes well");
    remains(&model, &history)
}

#[test]
fn a_run_that_is_kept_and_taken_up_anywhere_ends_with_the_very_bits() {
    let validation = data(20, 0.1);
    let stopping = Some(EarlyStopping { patience: 2, min_delta: 1e-3 });
    let plateau = Schedule::Plateau { factor: 0.5, patience: 0.0, min_delta: 1e-3, floor: 0.0 };
    let base = Fit { epochs: 7, batch_size: 10, learning_rate: 0.01, seed: 5, ..Fit::default() };
    for optimizer in Optimizer::all() {
        let fit = Fit { optimizer: *optimizer, ..base.clone() };
        for every in [1, 3, 5, 8] {
            assert_eq!(run_in_pieces::<f32>(&fit, None, every), whole_run::<f32>(&fit, None), "{optimizer:?}");
        }
    }
    let momentum = Optimizer::Sgd { momentum: 0.9, nesterov: true };
    for (fit, validation) in [
        (Fit { stopping, learning_rate: 0.3, ..base.clone() }, Some(&validation)),
        (Fit { schedule: plateau, l2: 0.1, clip: Clip::Norm(0.5), ..base.clone() }, Some(&validation)),
        (Fit { schedule: plateau, optimizer: momentum, batch_size: 45, ..base.clone() }, None),
        (
            Fit { schedule: Schedule::Step { every: 2.0, factor: 0.5 }, warm_up: 9, shuffle: false, ..base.clone() },
            None,
        ),
    ] {
        for every in [1, 4, 7] {
            assert_eq!(run_in_pieces::<f64>(&fit, validation, every), whole_run::<f64>(&fit, validation), "{fit:?}");
        }
    }
}

/// A checkpoint of a run after `steps` steps.
fn paused(fit: &Fit, training: &Dataset, recipe: Option<&str>, steps: usize) -> Checkpoint {
    let (mut left, mut bytes) = (steps, Vec::new());
    let start = Start { recipe, ..Start::default() };
    let result = fit.run_from(&mut model::<f32>(), training, None, start, &mut |moment| {
        left -= 1;
        bytes = moment.checkpoint()?;
        Ok(if left == 0 { Next::Pause } else { Next::Continue })
    });
    let error = result.expect_err("it is paused");
    assert_eq!(error.exit_code(), 130);
    Checkpoint::from_bytes("checkpoint", &bytes).expect("it is whole")
}

#[test]
fn a_run_does_not_go_on_with_other_settings_or_other_data_and_says_what_changed() {
    let fit = Fit { epochs: 3, batch_size: 10, ..Fit::default() };
    let recipe = "[training]\nepochs = 3\nbatch_size = 10\nlearning_rate = 0.001\n";
    let kept = paused(&fit, &data(45, 0.0), Some(recipe), 7);
    let error = |training: &Dataset, recipe: &str| {
        let start = Start { recipe: Some(recipe), checkpoint: Some(&kept), ..Start::default() };
        fit.run_from(&mut model::<f32>(), training, None, start, &mut |_| Ok(Next::Continue)).expect_err("refused")
    };
    let other = "[training]\nepochs = 5\nbatch_size = 10\nlearning_rate = 0.001\n";
    let found = error(&data(45, 0.0), other);
    assert_eq!((found.exit_code(), found.notes()[0].as_str()), (2, "training.epochs: 3 -> 5"));
    let found = error(&data(44, 0.0), recipe);
    assert_eq!((found.exit_code(), found.notes()[0].as_str()), (3, "training rows: 45 -> 44"));
    let found = error(&data(45, 1e-9), recipe);
    assert!(found.notes()[0].starts_with("training contents: "), "{found}");
    let start = Start { recipe: Some(recipe), checkpoint: Some(&kept), ..Start::default() };
    let network = Network::new([2]).add(Dense::new(8)).add(Dense::new(1));
    let mut wider = Model::<f32>::new(network, 3).expect("layers fit");
    let found = fit.run_from(&mut wider, &data(45, 0.0), None, start, &mut |_| Ok(Next::Continue));
    let found = found.expect_err("other parameters");
    assert!(found.notes()[0].contains("parameter dense1.weights: 2x9 -> 2x8"), "{found}");
    let found = fit.run_from(&mut model::<f64>(), &data(45, 0.0), None, start, &mut |_| Ok(Next::Continue));
    assert!(found.expect_err("other numbers").to_string().contains("f32"));
    let slower = Fit { learning_rate: 1e-4, ..fit.clone() };
    let kept = paused(&fit, &data(45, 0.0), None, 7);
    let start = Start { checkpoint: Some(&kept), ..Start::default() };
    let found = slower.run_from(&mut model::<f32>(), &data(45, 0.0), None, start, &mut |_| Ok(Next::Continue));
    assert_eq!(found.expect_err("another rate").notes()[0], "training.learning_rate: 0.001 -> 0.0001");
}

#[test]
fn an_optimizer_that_sees_all_rows_ends_at_the_bottom_and_refuses_what_would_mislead_it() {
    let optimizer = Optimizer::named("lbfgs").expect("it is there");
    let fit = Fit { optimizer, epochs: 2000, ..Fit::default() };
    // More rows than go through the network at once.
    let training = data(600, 0.0);
    for validation in [None, Some(data(30, 0.0))] {
        let mut model = model_with_dropout::<f64>(0.0);
        let history = fit.run(&mut model, &training, validation.as_ref()).expect("it descends");
        let losses: Vec<f64> = history.epochs.iter().map(|epoch| epoch.loss).collect();
        assert!(losses.windows(2).all(|two| two[1] <= two[0]), "{losses:?}");
        assert!(history.stopped.is_some() && *losses.last().expect("a step") < 1e-3, "{:?}", losses.last());
    }
    let with_l2 = Fit { l2: 0.1, epochs: 300, ..fit.clone() };
    let mut model = model_with_dropout::<f64>(0.0);
    with_l2.run(&mut model, &training, None).expect("it descends");
    assert!(model.parameters().iter().all(|w| w.abs() < 1.5), "weights are held back");

    let error = fit.run(&mut model_with_dropout::<f32>(0.2), &training, None).expect_err("dropout");
    assert!(error.headline().ends_with("but dropout changes it"), "{error}");
    let l1 = Fit { l1: 0.1, ..fit.clone() };
    assert!(l1.check().expect_err("a corner").headline().contains("L1"));
    let clipped = Fit { clip: Clip::Norm(1.0), ..fit };
    assert!(clipped.check().expect_err("a bent gradient").headline().contains("clipping"));
}

#[test]
fn a_run_can_be_stopped_in_the_middle_of_an_epoch() {
    let fit = Fit { epochs: 3, batch_size: 10, ..Fit::default() };
    let mut steps = 0;
    let history = fit.run_from(&mut model::<f32>(), &data(45, 0.0), None, Start::default(), &mut |moment| {
        steps += 1;
        Ok(if (moment.epoch, moment.step) == (2, 2) { Next::Stop } else { Next::Continue })
    });
    let history = history.expect("an end like another");
    assert_eq!((history.epochs.len(), history.stopped, steps), (1, Some(Stopped::Asked), 7));
}
