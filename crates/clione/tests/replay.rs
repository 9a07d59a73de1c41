//! Any step of a recorded run has the very bits of a run that was stopped there, and what is seen of it is what it did.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use clione::base::rng::Purpose;
use clione::optim::clip::Clip;
use clione::prelude::*;
use clione::see::replay::condition::Condition;
use clione::see::replay::{Replay, norm};
use clione::train::class_weights::ClassWeights;
use clione::train::file::{Checkpoint, Recording};
use clione::train::recipe::Precision;
use clione::train::recording::{Recorder, Spacing};
use clione::train::session::Moment;
use clione::train::stopping::EarlyStopping;
use std::fs;
use std::path::PathBuf;

/// Rows, the recipe that learns them, and the recording of its run.
struct Recorded {
    recipe: Recipe,
    source: Source,
    training: Dataset,
    validation: Dataset,
    recording: Recording,
    folder: PathBuf,
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A table of sixty rows with a target of two classes, or of a number.
fn table(is_number: bool) -> Table {
    let mut text = String::from("a,b,c,target\n");
    for row in 0..60 {
        let (a, b) = (f64::from(row * 37 % 101) / 50.0 - 1.0, f64::from(row * 53 % 89) / 44.0 - 1.0);
        let class = if a * b + 0.3 * a > 0.2 { "yes" } else { "no" };
        let target = if is_number { format!("{}", 3.0 + a * b) } else { class.to_owned() };
        text.push_str(&format!("{a},{b},{},{target}\n", ["x", "y", "z"][row as usize % 3]));
    }
    Table::from_bytes("table.csv", text.into_bytes(), &ReadOptions::default()).unwrap()
}

fn recorded(name: &str, recipe: Recipe, is_number: bool, spacing: Spacing) -> Recorded {
    let folder = std::env::temp_dir().join(format!("clione-replay-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("run");
    let rng = Rng::new(recipe.fit.seed);
    let prepared = prepare(&table(is_number), &recipe.choices, recipe.validation.share(), &rng).unwrap();
    let (source, training, validation) =
        (Source::Table(prepared.preprocessing), prepared.training, prepared.validation);
    let recipe = recipe.settled(training.rows());
    let beginning = recipe.beginning(&source, &training, Some(&validation)).unwrap();
    let mut recorder = Recorder::begin(&path, spacing, false, &beginning).unwrap();
    let watch = &mut |moment: &Moment<'_>| recorder.after(moment).map(|()| Next::Continue);
    recipe.train_from(None, source.clone(), &training, Some(&validation), watch).unwrap();
    let recording = Recording::open(&path).unwrap();
    Recorded { recipe, source, training, validation, recording, folder }
}

impl Recorded {
    fn replay(&self) -> Replay<'_> {
        Replay {
            recording: &self.recording,
            recipe: &self.recipe,
            source: &self.source,
            training: &self.training,
            validation: Some(&self.validation),
            has_outputs: false,
        }
    }

    /// The checkpoint and the loss of a fresh run that is stopped after so many steps.
    fn fresh(&self, steps: u64) -> (Vec<u8>, f64) {
        let mut kept = (Vec::new(), 0.0);
        let watch = &mut |moment: &Moment<'_>| {
            if moment.number() < steps {
                return Ok(Next::Continue);
            }
            kept = (moment.checkpoint()?, moment.loss);
            Ok(Next::Pause)
        };
        let validation = Some(&self.validation);
        let paused = self.recipe.train_from(None, self.source.clone(), &self.training, validation, watch);
        assert_eq!(paused.unwrap_err().exit_code(), 130);
        kept
    }

    /// The checkpoint after a step that is taken again, and how many steps that took.
    fn again(&self, steps: u64) -> (Vec<u8>, u64) {
        let (from, checkpoint, _) = self.recording.before(steps - 1).unwrap();
        let mut bytes = Vec::new();
        let watch = &mut |moment: &Moment<'_>| {
            if moment.number() < steps {
                return Ok(Next::Continue);
            }
            bytes = moment.checkpoint()?;
            Ok(Next::Stop)
        };
        let validation = Some(&self.validation);
        self.recipe.replay(&checkpoint, &self.source, &self.training, validation, watch).unwrap();
        (bytes, steps - from)
    }
}

fn bits(numbers: impl IntoIterator<Item = f64>) -> Vec<u64> {
    numbers.into_iter().map(f64::to_bits).collect()
}

/// Every way of training whose state is more than the parameters.
fn recipes() -> Vec<(&'static str, Recipe, bool)> {
    let fit = |fit: Fit| Recipe { layers: vec![6, 4], fit, ..Recipe::default() };
    let base = || Fit { epochs: 12, batch_size: 5, learning_rate: 0.01, seed: 3, ..Fit::default() };
    let optimizer = |name: &str| Optimizer::named(name).unwrap();
    let momentum = Optimizer::Sgd { momentum: 0.9, nesterov: false };
    let plateau = Schedule::Plateau { factor: 0.5, patience: 0.0, min_delta: 1e-2, floor: 0.0 };
    let stopping = Some(EarlyStopping { patience: 3, min_delta: 1e-3 });
    vec![
        ("adam", fit(base()), false),
        ("adamw", fit(Fit { optimizer: optimizer("adamw"), warm_up: 7, clip: Clip::Norm(0.1), ..base() }), true),
        ("plateau", fit(Fit { optimizer: momentum, schedule: plateau, l2: 0.01, ..base() }), true),
        ("dropout", Recipe { dropout: 0.3, precision: Precision::F64, ..fit(base()) }, false),
        ("weights", fit(Fit { class_weights: ClassWeights::Balanced, ..base() }), false),
        ("stopping", fit(Fit { stopping, learning_rate: 0.2, epochs: 40, ..base() }), false),
        ("lbfgs", fit(Fit { optimizer: optimizer("lbfgs"), epochs: 60, l2: 1e-3, ..base() }), false),
    ]
}

#[test]
fn a_hundred_steps_of_each_kind_of_run_have_the_bits_of_a_fresh_run_of_so_many_steps() {
    for (name, recipe, is_number) in recipes() {
        let run = recorded(name, recipe, is_number, Spacing::Steps(7));
        let last = run.recording.last_step().unwrap();
        assert!(last > 10, "{name}: {last} steps");
        let stream = Rng::new(8).stream(Purpose::Synthesize, 0, 0);
        for draw in 0..100 {
            let step = 1 + (stream.uniform_at(draw) * last as f64) as u64;
            let (fresh, loss) = run.fresh(step);
            let (again, taken) = run.again(step);
            assert!(again == fresh, "{name}: step {step} of {last}");
            assert!(taken <= 7, "{name}: {taken} steps to go to step {step}");
            let seen = run.replay().at(step).unwrap();
            let learned = Checkpoint::from_bytes("fresh", &fresh).unwrap().parameters().unwrap();
            for (parameter, (known, shape, numbers)) in seen.parameters.iter().zip(learned) {
                assert_eq!((&parameter.name, parameter.shape), (&known, shape));
                assert_eq!(bits(parameter.numbers.clone()), bits(numbers), "{name}: {known} at step {step}");
            }
            assert_eq!(seen.taken.unwrap().loss.to_bits(), loss.to_bits(), "{name}: step {step}");
        }
    }
}

#[test]
fn what_comes_before_a_step_is_what_comes_after_the_one_before_it() {
    for (name, recipe, is_number) in recipes() {
        let run = recorded(&format!("chain-{name}"), recipe, is_number, Spacing::Steps(4));
        let replay = run.replay();
        let mut earlier = replay.at(0).unwrap();
        for step in 1..=12 {
            let now = replay.at(step).unwrap();
            for (parameter, before) in now.parameters.iter().zip(&earlier.parameters) {
                let moved = parameter.moved.as_ref().unwrap();
                assert_eq!(bits(moved.before.clone()), bits(before.numbers.clone()), "{name}: step {step}");
                assert!(moved.gradients.iter().any(|d| *d != 0.0) || parameter.shape.elements() < 7, "{name}");
            }
            earlier = now;
        }
        assert!(replay.at(u64::from(u32::MAX)).unwrap_err().headline().contains("the run ends after step"));
        assert!(replay.end().unwrap().taken.unwrap().is_last, "{name}");
    }
}

#[test]
fn plain_descent_moves_against_the_gradient_that_is_shown() {
    let optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false };
    let fit = Fit { optimizer, epochs: 3, batch_size: 8, ..Fit::default() };
    let recipe = Recipe { fit, precision: Precision::F64, layers: vec![3], ..Recipe::default() };
    let run = recorded("sgd", recipe, true, Spacing::Steps(5));
    let step = run.replay().at(9).unwrap();
    let rate = step.taken.as_ref().unwrap().learning_rate;
    for parameter in &step.parameters {
        let moved = parameter.moved.as_ref().unwrap();
        for ((after, before), gradient) in parameter.numbers.iter().zip(&moved.before).zip(&moved.gradients) {
            assert!((after - (before - rate * gradient)).abs() < 1e-15);
        }
    }
}

#[test]
fn what_layers_gave_ends_in_the_loss_that_was_recorded() {
    let recipe = Recipe { layers: vec![4], precision: Precision::F64, ..Recipe::default() };
    let run =
        recorded("outputs", Recipe { fit: Fit { epochs: 4, ..Fit::default() }, ..recipe }, false, Spacing::Steps(3));
    let step = Replay { has_outputs: true, ..run.replay() }.at(5).unwrap();
    let taken = step.taken.unwrap();
    let names: Vec<&str> = taken.outputs.iter().map(|output| output.layer.as_str()).collect();
    assert_eq!(names, ["hidden1", "output"]);
    let probabilities = &taken.outputs[1];
    assert_eq!(probabilities.shape.sizes(), [taken.rows.len(), 1]);
    let classes = run.training.targets().class_numbers().unwrap();
    let of_row = |(&row, p): (&u32, &f64)| -(if classes[row as usize] == 1 { *p } else { 1.0 - p }).ln();
    let mean = taken.rows.iter().zip(&probabilities.numbers).map(of_row).sum::<f64>() / taken.rows.len() as f64;
    assert!((mean - taken.loss).abs() < 1e-12, "{mean} {}", taken.loss);
}

#[test]
fn a_search_finds_the_step_that_a_look_at_every_step_finds() {
    let fit = Fit { epochs: 8, batch_size: 6, learning_rate: 0.05, ..Fit::default() };
    let run = recorded("search", Recipe { layers: vec![5], fit, ..Recipe::default() }, true, Spacing::Steps(9));
    let replay = run.replay();
    let names = replay.names().unwrap();
    let last = run.recording.last_step().unwrap();
    let steps: Vec<_> = (1..=last).map(|step| replay.at(step).unwrap()).collect();
    let gradient_norms: Vec<f64> = steps
        .iter()
        .map(|step| norm(&step.parameters.iter().flat_map(|p| p.moved.clone().unwrap().gradients).collect::<Vec<_>>()))
        .collect();
    let mut sorted = gradient_norms.clone();
    sorted.sort_by(f64::total_cmp);
    let limit = sorted[sorted.len() * 9 / 10];
    let above: Vec<u64> = (1..=last).filter(|step| gradient_norms[*step as usize - 1] > limit).collect();
    let condition = Condition::parse(&format!("gradient_norm > {limit:?}"), &names).unwrap();
    let number = |search: clione::see::replay::Search| search.found.map(|step| step.number);
    assert_eq!(number(replay.first(&condition, 0).unwrap()), above.first().copied());
    assert_eq!(number(replay.first(&condition, above[0]).unwrap()), Some(above[1]));
    assert_eq!(number(replay.last(&condition, None).unwrap()), above.last().copied());
    assert_eq!(number(replay.last(&condition, Some(above[1] - 1)).unwrap()), Some(above[0]));

    let never = Condition::parse("loss < -1", &names).unwrap();
    for search in [replay.first(&never, 0).unwrap(), replay.last(&never, None).unwrap()] {
        let least = (1..=last).zip(&steps).map(|(n, s)| (n, s.taken.as_ref().unwrap().loss));
        let least = least.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert!(search.found.is_none() && search.looked_at == Some((1, last)) && search.nearest == Some(least));
    }
    let weight = Condition::parse("hidden1.weights[2,3] > -1e9", &names).unwrap();
    assert_eq!(number(replay.first(&weight, 0).unwrap()), Some(1));
    let measured = Condition::parse("validation_loss >= 0", &names).unwrap();
    assert_eq!(number(replay.first(&measured, 0).unwrap()), Some(steps[0].steps_per_epoch as u64));
}

#[test]
fn a_long_run_keeps_at_most_64_checkpoints_and_no_step_is_far_from_one() {
    let fit = Fit { epochs: 100, batch_size: 8, ..Fit::default() };
    let recipe = Recipe { layers: vec![2], fit, ..Recipe::default() };
    let run = recorded("long", recipe, false, Spacing::Usual { rows_of_step: 65_536 });
    let steps: Vec<u64> = run.recording.steps().collect();
    let last = run.recording.last_step().unwrap();
    assert_eq!(last, 600);
    assert!((33..=64).contains(&steps.len()), "{}", steps.len());
    let apart = steps[1];
    assert!(steps.iter().enumerate().all(|(at, step)| *step == at as u64 * apart) && apart <= last / 32, "{steps:?}");
    assert!(last - steps.last().unwrap() < apart);
    for step in [1, apart, apart + 1, 599, 600] {
        let seen = run.replay().at(step).unwrap();
        assert!(seen.number == step && step - seen.origin.step <= apart);
    }
}

#[test]
fn damaged_checkpoints_are_passed_over_and_the_bits_stay() {
    let fit = Fit { epochs: 6, batch_size: 8, ..Fit::default() };
    let run = recorded("damaged", Recipe { layers: vec![3], fit, ..Recipe::default() }, false, Spacing::Steps(10));
    let path = run.folder.join("run");
    let whole = run.replay().at(33).unwrap();
    assert_eq!((whole.origin.step, whole.origin.passed_over.len()), (30, 0));
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.len() - 500;
    bytes[place] ^= 4;
    fs::write(&path, &bytes).unwrap();
    let seen = run.replay().at(33).unwrap();
    assert_eq!((seen.origin.step, seen.origin.passed_over.len()), (20, 1));
    assert!(seen.origin.passed_over[0].contains("checkpoint of step 30"), "{:?}", seen.origin);
    assert_eq!(seen.parameters, whole.parameters);
}

#[test]
fn other_data_are_refused_even_where_one_number_differs() {
    let fit = Fit { epochs: 2, ..Fit::default() };
    let run = recorded("other", Recipe { layers: vec![3], fit, ..Recipe::default() }, false, Spacing::Steps(10));
    let fewer = run.training.part(&(1..run.training.rows() as u32).collect::<Vec<_>>());
    let error = Replay { training: &fewer, ..run.replay() }.at(1).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.notes()[0].starts_with("training rows: ") && error.to_string().ends_with("--data FILE"), "{error}");
}
