//! A training run, step by step: it can be kept after any step, and goes on from there with the very bits.

use super::batch::Feed;
use super::descent::{AllRows, Descended, Descent};
use super::evaluate::LossMeter;
use super::file::{Checkpoint, Fingerprint, Identity, State};
use super::fit::Fit;
use super::history::{Epoch, History, Stopped};
use super::recipe::Recipe;
use super::stopping::Watch;
use super::trainer::{Forward, Trainer};
use crate::base::error::{Error, Result};
use crate::base::rng::{Purpose, Rng};
use crate::base::shape::Shape;
use crate::cpu::executor::Draw;
use crate::cpu::simd::Element;
use crate::data::batches::batches;
use crate::data::dataset::Dataset;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::NamedLayer;
use crate::nn::parameters::ParameterSpec;
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
    /// The loss of the step: of the parameters before it; of those after it where the optimizer sees all rows.
    pub loss: f64,
    /// How far the parameters followed.
    pub learning_rate: f64,
    /// What was measured, where this was the last step of an epoch.
    pub ended: Option<Epoch>,
    /// Whether no step follows.
    pub is_last: bool,
    /// The epoch with the lowest validation loss so far, unless the last epoch is kept: its parameters are those that the model gets.
    pub best_epoch: Option<usize>,
    session: &'a dyn Inside,
}

impl Moment<'_> {
    /// How many steps of the run are done, over all epochs.
    pub fn number(&self) -> u64 {
        (self.epoch as u64 - 1) * self.steps_per_epoch as u64 + self.step as u64
    }

    /// The bytes of a checkpoint from which the run can go on: for a [`CheckpointFile`](super::file::CheckpointFile).
    pub fn checkpoint(&self) -> Result<Vec<u8>> {
        self.session.checkpoint()
    }

    /// Everything that the step worked with; nothing unless [`Start::is_traced`].
    pub fn inside(&self) -> Option<&dyn Inside> {
        self.session.is_traced().then_some(self.session)
    }
}

/// The numbers of a run after one of its steps, each worked out when somebody asks for it.
pub trait Inside {
    /// Whether there is a step to look at, and what came before it was noted.
    fn is_traced(&self) -> bool;

    /// The bytes of a checkpoint from which the run can go on.
    fn checkpoint(&self) -> Result<Vec<u8>>;

    /// Names, shapes and positions of the parameters.
    fn specs(&self) -> &[ParameterSpec];

    /// The rows of the step, by their numbers in the data set.
    fn rows(&self) -> &[u32];

    /// All parameters before the step.
    fn before(&self) -> Vec<f64>;

    /// dL/dw of the step for every parameter, before clipping; that of the penalised loss where the optimizer sees all rows.
    fn gradients(&self) -> Vec<f64>;

    /// All parameters after the step.
    fn parameters(&self) -> Vec<f64>;

    /// What each layer gave for the rows of the step, as its forward pass had it.
    fn outputs(&self) -> Vec<LayerOutput>;
}

/// What a layer gave for the rows of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerOutput {
    /// The layer's name.
    pub layer: String,
    /// Rows first.
    pub shape: Shape,
    /// Row by row.
    pub numbers: Vec<f64>,
}

/// Where a run begins.
#[derive(Clone, Copy, Default)]
pub struct Start<'a> {
    /// Everything that was chosen, as TOML; what the [`Fit`] says where nothing is given. A checkpoint carries it, and a run
    /// does not go on with other settings.
    pub recipe: Option<&'a str>,
    /// What to go on from; nothing for a run that begins.
    pub checkpoint: Option<&'a Checkpoint>,
    /// Whether what a step leaves no sign of is noted, for [`Moment::inside`]: a copy of the parameters for each step.
    pub is_traced: bool,
}

/// What a step leaves no sign of.
struct Trace<T> {
    parameters: Vec<T>,
    rows: Vec<u32>,
    draw: Draw,
}

/// What came of a step.
struct Taken {
    loss: f64,
    learning_rate: f64,
    ended: Option<Epoch>,
}

/// A run and all that it works with.
pub(super) struct Session<'a, T: Element> {
    fit: Fit,
    loss: Loss,
    model: &'a mut Model<T>,
    training: &'a Dataset,
    validation: Option<(LossMeter<T>, &'a Dataset)>,
    feed: Feed,
    trainer: Trainer<T>,
    /// The walk of an optimizer that sees all rows in each step.
    descent: Option<Descent>,
    recipe: Cow<'a, str>,
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
    /// What the validation losses decide; nothing without them.
    watch: Option<Watch<T>>,
    plateau: Plateau,
    history: History,
    trace: Option<Trace<T>>,
    /// Why no step follows though epochs are left.
    stopped: Option<Stopped>,
}

impl<'a, T: Element> Session<'a, T> {
    pub(super) fn new(
        fit: &Fit,
        model: &'a mut Model<T>,
        training: &'a Dataset,
        validation: Option<&'a Dataset>,
        start: Start<'a>,
    ) -> Result<Self> {
        fit.check()?;
        let fit = fit.settled(training.rows());
        if fit.stopping.is_some() && validation.is_none() {
            return Err(Error::usage("early stopping watches the loss of held-out rows, but there are none")
                .remedy("--validation 0.2"));
        }
        let cpu = fit.cpu();
        let (loss, feed, trainer) = fit.equip(model, training, Arc::clone(&cpu))?;
        let validation = match validation {
            Some(data) => Some((LossMeter::new(model, loss, data, cpu)?, data)),
            None => None,
        };
        let has_validation = validation.is_some();
        let descent = Descent::new(fit.optimizer, model);
        if descent.is_some() {
            Descent::check(fit.optimizer, model)?;
        }
        let batch_size = fit.rows_of_step(training.rows());
        let last_good = model.parameters().to_vec();
        let recipe = match start.recipe {
            Some(recipe) => Cow::from(recipe),
            None => Cow::from(Recipe { fit: fit.clone(), ..Recipe::default() }.to_toml()),
        };
        let mut session = Session {
            loss,
            model,
            training,
            validation,
            feed,
            trainer,
            descent,
            recipe,
            fingerprints: (OnceCell::new(), OnceCell::new()),
            batch_size,
            steps_per_epoch: fit.steps_per_epoch(training.rows()),
            order: (0..training.rows() as u32).collect(),
            is_loaded: false,
            epoch: 0,
            step: 0,
            epoch_loss: 0.0,
            is_ended: false,
            last_good,
            watch: has_validation.then(|| Watch::new(fit.stopping, fit.keep_last)),
            plateau: Plateau::default(),
            history: History { epochs: Vec::with_capacity(fit.epochs.min(1 << 20)), ..History::default() },
            trace: start.is_traced.then(|| Trace { parameters: Vec::new(), rows: Vec::new(), draw: Draw::default() }),
            stopped: None,
            fit,
        };
        if let Some(checkpoint) = start.checkpoint {
            let remedied = |error: Error| {
                if start.is_traced {
                    return error.note("steps are taken again with what they were taken with").remedy("--data FILE");
                }
                error.note("a run goes on with what it began with, or begins anew without the checkpoint")
            };
            checkpoint.check(&session.identity(), T::NAME).map_err(remedied)?;
            session.take_up(checkpoint.state()?)?;
        }
        session.order_rows();
        Ok(session)
    }

    /// Trains to the end, and asks `watch` after each step how to go on.
    pub(super) fn run(mut self, watch: &mut dyn FnMut(&Moment<'_>) -> Result<Next>) -> Result<History> {
        while !self.is_ended {
            let (epoch, step) = (self.epoch + 1, self.step + 1);
            let Taken { loss, learning_rate, ended } = self.advance()?;
            let next = watch(&Moment {
                epoch,
                step,
                steps_per_epoch: self.steps_per_epoch,
                loss,
                learning_rate,
                ended,
                is_last: self.is_ended,
                best_epoch: self.watch.as_ref().and_then(Watch::best).map(|(epoch, ..)| epoch),
                session: &self,
            })?;
            match next {
                Next::Continue => {}
                Next::Stop => (self.is_ended, self.stopped) = (true, self.stopped.or(Some(Stopped::Asked))),
                Next::Pause => return Err(Error::interrupted(format!("paused in epoch {epoch}, after step {step}"))),
            }
        }
        self.history.stopped = self.stopped.filter(|_| self.epoch < self.fit.epochs);
        self.history.best_epoch = self.watch.and_then(|watch| watch.restore(self.model.parameters_mut()));
        Ok(self.history)
    }

    /// One step, and what follows from an epoch where it ends.
    fn advance(&mut self) -> Result<Taken> {
        self.note();
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
        let draw = self.draw();
        let loss = self.trainer.step(self.model, rows.len(), learning_rate, draw).to_f64();
        if !loss.is_finite() {
            let place = self.trainer.first_not_finite(self.model, rows.len(), draw);
            return Err(self.diverged(loss, &place));
        }
        self.epoch_loss += loss * self.loss.weight(rows.len(), total);
        self.step += 1;
        let ended = if self.step == self.steps_per_epoch { Some(self.end_epoch(learning_rate)?) } else { None };
        Ok(Taken { loss, learning_rate, ended })
    }

    /// One step of an optimizer that sees all rows: an epoch of its own, unless there is no lower point any more.
    fn descend(&mut self) -> Result<Taken> {
        let Session { fit, loss, model, training, feed, trainer, descent, order, .. } = self;
        let descent = descent.as_mut().expect("a walk goes on only where one began");
        let mut rows = AllRows { model, trainer, feed, training, order, loss: *loss, l2: fit.l2 };
        match descent.step(&mut rows) {
            Descended::Lower(loss, stopped) => {
                self.epoch_loss = loss;
                let learning_rate = descent.length();
                let ended = Some(self.end_epoch(learning_rate)?);
                self.is_ended |= stopped.is_some();
                self.stopped = self.stopped.or(stopped);
                Ok(Taken { loss, learning_rate, ended })
            }
            Descended::Bottom(stopped) => {
                (self.is_ended, self.stopped) = (true, Some(stopped));
                let loss = self.history.epochs.last().map_or(0.0, |epoch| epoch.loss);
                Ok(Taken { loss, learning_rate: 0.0, ended: None })
            }
            Descended::NotFinite(loss) => Err(self.diverged(loss, "the loss of the first parameters")),
        }
    }

    /// What the random numbers of the next step follow from.
    fn draw(&self) -> Draw {
        Draw { seed: self.fit.seed, epoch: self.epoch as u32, step: self.step as u32 }
    }

    /// Notes what the next step will leave no sign of, where somebody looks.
    fn note(&mut self) {
        let draw = self.draw();
        let Some(trace) = &mut self.trace else { return };
        trace.draw = draw;
        trace.parameters.clear();
        trace.parameters.extend_from_slice(self.model.parameters());
        trace.rows.clear();
        trace.rows.extend(batches(&self.order, self.batch_size).nth(self.step).unwrap_or_default());
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
        let measured = self.validation.as_mut().map(|(meter, data)| meter.measure_with_metric(self.model, data));
        let (validation_loss, validation_metric) = measured.map_or((None, None), |(loss, metric)| (Some(loss), metric));
        let number = self.epoch + 1;
        let record = Epoch { number, loss: self.epoch_loss, validation_loss, validation_metric, learning_rate };
        self.history.epochs.push(record);
        self.plateau.after(self.fit.schedule, validation_loss.unwrap_or(self.epoch_loss));
        let stops = match (&mut self.watch, validation_loss) {
            (Some(watch), Some(loss)) => watch.after(number, loss, self.model.parameters()),
            _ => false,
        };
        (self.epoch, self.step, self.epoch_loss) = (number, 0, 0.0);
        self.is_ended = stops || number == self.fit.epochs;
        self.stopped = stops.then_some(Stopped::Patience);
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
            recipe: &self.recipe,
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
            best: self.watch.as_ref().and_then(Watch::best).map(|(epoch, loss, best)| (epoch, loss, best.into())),
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
        self.stopped = state.is_ended.then_some(Stopped::Earlier);
        self.model.parameters_mut().copy_from_slice(&state.parameters);
        self.last_good.copy_from_slice(&state.last_good);
        self.trainer.remember(&state.memories, state.updates);
        self.history.epochs.extend_from_slice(&state.history);
        if let Some(watch) = &mut self.watch {
            let losses = state.history.iter().filter_map(|epoch| Some((epoch.number, epoch.validation_loss?)));
            watch.remember(state.best.as_ref().map(|(epoch, loss, best)| (*epoch, *loss, &best[..])), losses);
        }
        self.plateau = state.plateau;
        if let Some(descent) = &mut self.descent {
            descent.take_up(&state.walk);
        }
        Ok(())
    }
}

impl<T: Element> Inside for Session<'_, T> {
    fn is_traced(&self) -> bool {
        self.trace.is_some()
    }

    fn checkpoint(&self) -> Result<Vec<u8>> {
        self.identity().checkpoint(&self.state())
    }

    fn specs(&self) -> &[ParameterSpec] {
        self.model.specs()
    }

    fn rows(&self) -> &[u32] {
        self.trace.as_ref().map_or(&[], |trace| &trace.rows)
    }

    fn before(&self) -> Vec<f64> {
        self.trace.as_ref().map_or(Vec::new(), |trace| in_f64(&trace.parameters))
    }

    fn gradients(&self) -> Vec<f64> {
        match &self.descent {
            Some(descent) => descent.gradient().to_vec(),
            None => in_f64(self.trainer.last_gradients()),
        }
    }

    fn parameters(&self) -> Vec<f64> {
        in_f64(self.model.parameters())
    }

    fn outputs(&self) -> Vec<LayerOutput> {
        let Some(trace) = self.trace.as_ref().filter(|trace| !trace.rows.is_empty()) else { return Vec::new() };
        let Forward { graph, nodes, mut executor } = self.trainer.forward(trace.rows.len());
        self.feed.load(self.training, &trace.rows, &mut executor);
        executor.run(&trace.parameters, &mut [], trace.draw);
        let output_of = |layer: &NamedLayer| {
            // A layer's last node is what it gives.
            let place = nodes.iter().rposition(|&node| graph.layer_name(node) == layer.name)?;
            let (shape, numbers) = (graph.shape(nodes[place]), in_f64(executor.output(place)));
            Some(LayerOutput { layer: layer.name.clone(), shape, numbers })
        };
        self.model.network().layers().iter().filter_map(output_of).collect()
    }
}

fn in_f64<T: Element>(numbers: &[T]) -> Vec<f64> {
    numbers.iter().map(|number| number.to_f64()).collect()
}

#[cfg(test)]
mod tests;
