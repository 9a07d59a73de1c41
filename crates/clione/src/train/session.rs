//! A training run, step by step: it can be kept after any step, and goes on from there with the very bits.

use super::batch::Feed;
use super::descent::{AllRows, Descended, Descent};
use super::evaluate::LossMeter;
use super::file::{Checkpoint, Fingerprint, Identity, State};
use super::fit::Fit;
use super::history::{Epoch, History};
use super::stopping::Watch;
use super::trainer::{Trainer, Update};
use crate::base::error::{Error, Result};
use crate::base::rng::{Purpose, Rng};
use crate::cpu::executor::Draw;
use crate::cpu::simd::Element;
use crate::data::batches::batches;
use crate::data::dataset::Dataset;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::optim::optimizer::Sees;
use crate::optim::plateau::Plateau;
use crate::optim::schedule::{Progress, warm_up};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

/// What the one who watches wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another step.
    Continue,
    /// An end here, as if all epochs were over.
    Stop,
    /// To go on another time: training ends with an error of the kind `Interrupted`.
    Pause,
}

/// A run after one of its steps.
pub struct Moment<'a> {
    /// The epoch that is running, or that has just ended; the first is 1.
    pub epoch: usize,
    /// How many of its steps are done.
    pub step: usize,
    /// How many steps it has.
    pub steps_per_epoch: usize,
    /// The loss of the step.
    pub loss: f64,
    /// What was measured, where this was the last step of an epoch.
    pub ended: Option<Epoch>,
    /// Whether no step follows.
    pub is_last: bool,
    keep: &'a dyn Fn() -> Result<Vec<u8>>,
}

impl Moment<'_> {
    /// The bytes of a checkpoint from which the run can go on: for a [`CheckpointFile`](super::file::CheckpointFile).
    pub fn checkpoint(&self) -> Result<Vec<u8>> {
        (self.keep)()
    }
}

/// Where a run begins.
#[derive(Clone, Copy, Default)]
pub struct Start<'a> {
    /// Everything that was chosen, as TOML: a checkpoint carries it, and a run does not go on with other settings.
    pub recipe: &'a str,
    /// What to go on from; nothing for a run that begins.
    pub checkpoint: Option<&'a Checkpoint>,
}

/// A run and all that it works with.
pub(super) struct Session<'a, T: Element> {
    fit: &'a Fit,
    loss: Loss,
    model: &'a mut Model<T>,
    training: &'a Dataset,
    validation: Option<(LossMeter<T>, &'a Dataset)>,
    feed: Feed,
    trainer: Trainer<T>,
    /// The walk of an optimizer that sees all rows in each step.
    descent: Option<Descent>,
    recipe: &'a str,
    /// Of the rows to learn from and of those to measure on, worked out when they are first asked for.
    fingerprints: (OnceCell<Fingerprint>, OnceCell<Option<Fingerprint>>),
    batch_size: usize,
    steps_per_epoch: usize,
    /// The rows in the order of the running epoch.
    order: Vec<u32>,
    /// Whether the executor holds the only batch of every epoch.
    is_loaded: bool,
    epoch: usize,
    step: usize,
    epoch_loss: f64,
    is_ended: bool,
    last_good: Vec<T>,
    stopping: Option<Watch<T>>,
    plateau: Plateau,
    history: History,
}

impl<'a, T: Element> Session<'a, T> {
    pub(super) fn new(
        fit: &'a Fit,
        model: &'a mut Model<T>,
        training: &'a Dataset,
        validation: Option<&'a Dataset>,
        start: Start<'a>,
    ) -> Result<Self> {
        fit.check()?;
        let loss = match fit.loss {
            Some(loss) => loss,
            None => Loss::usual_for(model.network())?,
        };
        let feed = Feed::new(model.network(), training)?;
        let cpu = fit.cpu();
        let losses = vec![loss; feed.outputs()];
        let update = Update { optimizer: fit.optimizer, clip: fit.clip, l1: fit.l1, l2: fit.l2 };
        let trainer = Trainer::new(model, &losses, update, Arc::clone(&cpu))?;
        let validation = match validation {
            Some(data) => Some((LossMeter::new(model, loss, data, cpu)?, data)),
            None => None,
        };
        let descent = Descent::new(fit.optimizer, model);
        if descent.is_some() {
            Descent::check(fit.optimizer, model)?;
        }
        let batch_size = match fit.optimizer.sees() {
            Sees::Batch => fit.batch_size.min(training.rows()),
            Sees::All => training.rows(),
        };
        let last_good = model.parameters().to_vec();
        let mut session = Session {
            fit,
            loss,
            model,
            training,
            validation,
            feed,
            trainer,
            descent,
            recipe: start.recipe,
            fingerprints: (OnceCell::new(), OnceCell::new()),
            batch_size,
            steps_per_epoch: training.rows().div_ceil(batch_size),
            order: (0..training.rows() as u32).collect(),
            is_loaded: false,
            epoch: 0,
            step: 0,
            epoch_loss: 0.0,
            is_ended: false,
            last_good,
            stopping: fit.stopping.map(Watch::new),
            plateau: Plateau::default(),
            history: History { epochs: Vec::with_capacity(fit.epochs.min(1 << 20)), ..History::default() },
        };
        if let Some(checkpoint) = start.checkpoint {
            checkpoint.check(&session.identity(), T::NAME)?;
            session.take_up(checkpoint.state()?)?;
        }
        session.order_rows();
        Ok(session)
    }

    /// Trains to the end, and asks `watch` after each step how to go on.
    pub(super) fn run(mut self, watch: &mut dyn FnMut(&Moment<'_>) -> Result<Next>) -> Result<History> {
        while !self.is_ended {
            let (epoch, step) = (self.epoch + 1, self.step + 1);
            let (loss, ended) = self.advance()?;
            let next = watch(&Moment {
                epoch,
                step,
                steps_per_epoch: self.steps_per_epoch,
                loss,
                ended,
                is_last: self.is_ended,
                keep: &|| self.identity().checkpoint(&self.state()),
            })?;
            match next {
                Next::Continue => {}
                Next::Stop => self.is_ended = true,
                Next::Pause => return Err(Error::interrupted(format!("paused in epoch {epoch}, after step {step}"))),
            }
        }
        self.history.stopped_early = self.epoch < self.fit.epochs;
        self.history.best_epoch = self.stopping.and_then(|stopping| stopping.restore(self.model.parameters_mut()));
        Ok(self.history)
    }

    /// One step, and what follows from an epoch where it ends: the loss of the step, and what was measured.
    fn advance(&mut self) -> Result<(f64, Option<Epoch>)> {
        if self.descent.is_some() {
            return self.descend();
        }
        let total = self.training.rows();
        let rows = batches(&self.order, self.batch_size).nth(self.step).expect("a step of this epoch");
        if !self.is_loaded {
            self.feed.load(self.training, rows, self.trainer.executor(rows.len()));
            // The only batch of every epoch stays where it is.
            self.is_loaded = self.batch_size == total;
        }
        let learning_rate = self.learning_rate();
        let draw = Draw { seed: self.fit.seed, epoch: self.epoch as u32, step: self.step as u32 };
        let loss = self.trainer.step(self.model, rows.len(), learning_rate, draw).to_f64();
        if !loss.is_finite() {
            let place = self.trainer.first_not_finite(self.model, rows.len(), draw);
            return Err(self.diverged(loss, &place));
        }
        self.epoch_loss += loss * self.loss.weight(rows.len(), total);
        self.step += 1;
        let ended = if self.step == self.steps_per_epoch { Some(self.end_epoch(learning_rate)?) } else { None };
        Ok((loss, ended))
    }

    /// One step of an optimizer that sees all rows: an epoch of its own, unless there is no lower point any more.
    fn descend(&mut self) -> Result<(f64, Option<Epoch>)> {
        let Session { fit, loss, model, training, feed, trainer, descent, order, .. } = self;
        let descent = descent.as_mut().expect("a walk goes on only where one began");
        let mut rows = AllRows { model, trainer, feed, training, order, loss: *loss, l2: fit.l2 };
        match descent.step(&mut rows) {
            Descended::Lower(loss, is_last) => {
                self.epoch_loss = loss;
                let length = descent.length();
                let record = self.end_epoch(length)?;
                self.is_ended |= is_last;
                Ok((loss, Some(record)))
            }
            Descended::Bottom => {
                self.is_ended = true;
                Ok((self.history.epochs.last().map_or(0.0, |epoch| epoch.loss), None))
            }
            Descended::NotFinite(loss) => Err(self.diverged(loss, "the loss of the first parameters")),
        }
    }

    fn learning_rate(&self) -> f64 {
        let steps_per_epoch = self.steps_per_epoch as u64;
        let step = self.epoch as u64 * steps_per_epoch + self.step as u64;
        let (epoch, epochs, reduction) = (self.epoch as u64, self.fit.epochs as u64, self.plateau.reduction);
        let progress = Progress { epoch, step, steps_per_epoch, epochs, reduction };
        self.fit.learning_rate * self.fit.schedule.factor(progress) * warm_up(self.fit.warm_up, step)
    }

    /// Measures and decides what is due after an epoch.
    fn end_epoch(&mut self, learning_rate: f64) -> Result<Epoch> {
        if let Some(spec) = self.model.first_not_finite() {
            let place = format!("parameter `{}`", spec.name);
            self.step = self.steps_per_epoch - 1;
            return Err(self.diverged(self.epoch_loss, &place));
        }
        self.last_good.copy_from_slice(self.model.parameters());
        let validation_loss = self.validation.as_mut().map(|(meter, data)| meter.measure(self.model, data));
        let number = self.epoch + 1;
        let record = Epoch { number, loss: self.epoch_loss, validation_loss, learning_rate };
        self.history.epochs.push(record);
        self.plateau.after(self.fit.schedule, validation_loss.unwrap_or(self.epoch_loss));
        let stops = match (&mut self.stopping, validation_loss) {
            (Some(stopping), Some(loss)) => stopping.after(number, loss, self.model.parameters()),
            _ => false,
        };
        (self.epoch, self.step, self.epoch_loss) = (number, 0, 0.0);
        self.is_ended = stops || number == self.fit.epochs;
        self.order_rows();
        Ok(record)
    }

    /// Puts the rows into the order of the running epoch.
    fn order_rows(&mut self) {
        if self.fit.shuffle && self.steps_per_epoch > 1 {
            Rng::new(self.fit.seed).stream(Purpose::Shuffle, self.epoch as u32, 0).permute_into(&mut self.order);
        }
    }

    /// Gives the model the parameters of the last epoch that went well, and says where the finite numbers ended.
    fn diverged(&mut self, loss: f64, place: &str) -> Error {
        self.model.parameters_mut().copy_from_slice(&self.last_good);
        self.fit.diverged(self.epoch, self.step, loss, place)
    }

    fn identity(&self) -> Identity<'_> {
        Identity {
            recipe: self.recipe,
            parameters: self.model.specs(),
            training: *self.fingerprints.0.get_or_init(|| Fingerprint::of(self.training)),
            validation: *self
                .fingerprints
                .1
                .get_or_init(|| self.validation.as_ref().map(|(_, data)| Fingerprint::of(data))),
        }
    }

    fn state(&self) -> State<'_, T> {
        let (memories, updates) = self.trainer.memories();
        State {
            epoch: self.epoch,
            step: self.step,
            epoch_loss: self.epoch_loss,
            is_ended: self.is_ended,
            parameters: self.model.parameters().into(),
            last_good: Cow::from(&self.last_good),
            memories: memories.into_iter().filter(|memory| !memory.is_empty()).map(Cow::from).collect(),
            updates,
            history: Cow::from(&self.history.epochs),
            best: self.stopping.as_ref().and_then(Watch::best).map(|(epoch, loss, best)| (epoch, loss, best.into())),
            plateau: self.plateau,
            walk: self.descent.as_ref().map(Descent::state).unwrap_or_default(),
        }
    }

    /// Goes to where a checkpoint was made.
    fn take_up(&mut self, state: State<'_, T>) -> Result<()> {
        let memories = self.trainer.memories().0.iter().filter(|memory| !memory.is_empty()).count();
        let is_possible = state.epoch <= self.fit.epochs && state.step < self.steps_per_epoch;
        if !is_possible || state.memories.len() != memories {
            let (epoch, step, found) = (state.epoch, state.step, state.memories.len());
            return Err(Error::model(format!(
                "the checkpoint is of epoch {epoch}, step {step}, with {found} memories of the optimizer; this run has {} \
                 epochs of {} steps and {memories} memories",
                self.fit.epochs, self.steps_per_epoch
            )));
        }
        (self.epoch, self.step, self.epoch_loss) = (state.epoch, state.step, state.epoch_loss);
        self.is_ended = state.is_ended;
        self.model.parameters_mut().copy_from_slice(&state.parameters);
        self.last_good.copy_from_slice(&state.last_good);
        self.trainer.remember(&state.memories, state.updates);
        self.history.epochs.extend_from_slice(&state.history);
        if let (Some(stopping), Some((epoch, loss, parameters))) = (&mut self.stopping, &state.best) {
            stopping.remember(*epoch, *loss, parameters);
        }
        self.plateau = state.plateau;
        if let Some(descent) = &mut self.descent {
            descent.take_up(&state.walk);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::ErrorKind;
    use crate::graph::activation::Activation;
    use crate::nn::layers::{Dense, Dropout};
    use crate::nn::network::Network;
    use crate::optim::clip::Clip;
    use crate::optim::optimizer::Optimizer;
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
            let checkpoint =
                bytes.take().map(|bytes| Checkpoint::from_bytes("checkpoint", &bytes).expect("it is whole"));
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
                Fit {
                    schedule: Schedule::Step { every: 2.0, factor: 0.5 },
                    warm_up: 9,
                    shuffle: false,
                    ..base.clone()
                },
                None,
            ),
        ] {
            for every in [1, 4, 7] {
                assert_eq!(
                    run_in_pieces::<f64>(&fit, validation, every),
                    whole_run::<f64>(&fit, validation),
                    "{fit:?}"
                );
            }
        }
    }

    /// A checkpoint of a run after `steps` steps.
    fn checkpoint(fit: &Fit, training: &Dataset, recipe: &str, steps: usize) -> Checkpoint {
        let (mut left, mut bytes) = (steps, Vec::new());
        let start = Start { recipe, checkpoint: None };
        let paused = fit.run_from(&mut model::<f32>(), training, None, start, &mut |moment| {
            left -= 1;
            bytes = moment.checkpoint()?;
            Ok(if left == 0 { Next::Pause } else { Next::Continue })
        });
        let error = paused.expect_err("it is paused");
        assert_eq!(error.exit_code(), 130);
        Checkpoint::from_bytes("checkpoint", &bytes).expect("it is whole")
    }

    #[test]
    fn a_run_does_not_go_on_with_other_settings_or_other_data_and_says_what_changed() {
        let fit = Fit { epochs: 3, batch_size: 10, ..Fit::default() };
        let recipe = "[training]\nepochs = 3\nlearning_rate = 0.001\n";
        let kept = checkpoint(&fit, &data(45, 0.0), recipe, 7);
        let error = |training: &Dataset, recipe: &str| {
            let start = Start { recipe, checkpoint: Some(&kept) };
            fit.run_from(&mut model::<f32>(), training, None, start, &mut |_| Ok(Next::Continue)).expect_err("refused")
        };
        let other = "[training]\nepochs = 5\nlearning_rate = 0.001\n";
        let found = error(&data(45, 0.0), other);
        assert_eq!((found.exit_code(), found.notes()[0].as_str()), (2, "training.epochs: 3 -> 5"));
        let found = error(&data(44, 0.0), recipe);
        assert_eq!((found.exit_code(), found.notes()[0].as_str()), (3, "training rows: 45 -> 44"));
        let found = error(&data(45, 1e-9), recipe);
        assert!(found.notes()[0].starts_with("training contents: "), "{found}");
        let start = Start { recipe, checkpoint: Some(&kept) };
        let network = Network::new([2]).add(Dense::new(8)).add(Dense::new(1));
        let mut wider = Model::<f32>::new(network, 3).expect("layers fit");
        let found = fit.run_from(&mut wider, &data(45, 0.0), None, start, &mut |_| Ok(Next::Continue));
        let found = found.expect_err("other parameters");
        assert!(found.notes()[0].contains("parameter dense1.weights: 2x9 -> 2x8"), "{found}");
        let found = fit.run_from(&mut model::<f64>(), &data(45, 0.0), None, start, &mut |_| Ok(Next::Continue));
        assert!(found.expect_err("other numbers").to_string().contains("f32"));
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
            assert!(history.stopped_early && *losses.last().expect("a step") < 1e-3, "{:?}", losses.last());
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
        assert_eq!((history.epochs.len(), history.stopped_early, steps), (1, true, 7));
    }
}
