//! How a network is trained: what can be chosen, and the ways to start a run.

use super::batch::Feed;
use super::class_weights::ClassWeights;
use super::history::{Epoch, History};
use super::session::{Inside, Moment, Session, Start};
use super::stopping::EarlyStopping;
use super::trainer::{Trainer, Update};
use crate::base::error::{Error, Result};
use crate::cpu::Cpu;
use crate::cpu::simd::{Element, InstructionSet};
use crate::cpu::threads::Threads;
use crate::data::dataset::Dataset;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::optim::clip::Clip;
use crate::optim::optimizer::{Optimizer, Sees};
use crate::optim::schedule::Schedule;
use std::sync::Arc;

pub use super::session::Next;

/// How to train. The defaults are those of the command: AdamW with a decay that follows the number of rows, a learning rate that
/// falls along half a cosine wave, at least 100 epochs and 1000 steps, and the epoch with the lowest validation loss is kept. The
/// seed never changes by itself.
///
/// ```
/// use clione::prelude::*;
/// let data = Dataset::from_rows(&[[0.0], [1.0], [2.0], [3.0]], &[[1.0], [3.0], [5.0], [7.0]]);
/// let mut model = Model::<f32>::new(Network::new([1]).add(Dense::new(1)), 0)?;
/// let optimizer = Optimizer::named("adam").expect("there is one");
/// let fit = Fit { epochs: 300, learning_rate: 0.1, optimizer, ..Fit::default() };
/// let history = fit.run(&mut model, &data, None)?;
/// assert!(history.epochs[299].loss < 1e-4);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// What to make small; what belongs to the network's last activation where it is not said.
    pub loss: Option<Loss>,
    /// How often every row is seen; 0 for as often as the number of rows asks for ([`Fit::settled`]).
    pub epochs: usize,
    /// The rows of one step; the last batch of an epoch may have fewer.
    pub batch_size: usize,
    /// The length of a step.
    pub learning_rate: f64,
    /// The rule of a step.
    pub optimizer: Optimizer,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Over how many steps the learning rate climbs to its full height.
    pub warm_up: u64,
    /// How gradients are held back.
    pub clip: Clip,
    /// The weight of |w| in the penalised loss (the loss that is reported has no penalty).
    pub l1: f64,
    /// The weight of w²/2 in the penalised loss.
    pub l2: f64,
    /// How much the rows of each class count.
    pub class_weights: ClassWeights,
    /// Whether rows come in another order in each epoch.
    pub shuffle: bool,
    /// Stops when the validation loss has not become better for a while.
    pub stopping: Option<EarlyStopping>,
    /// Whether the model has the parameters of the last epoch instead of those of the epoch with the lowest validation loss.
    pub keep_last: bool,
    /// All randomness of training follows from it.
    pub seed: u64,
    /// How many threads share the work; no result depends on it.
    pub threads: usize,
    /// The instructions to use; no result depends on them.
    pub instruction_set: InstructionSet,
}

impl Default for Fit {
    fn default() -> Self {
        Fit {
            loss: None,
            epochs: 0,
            batch_size: 32,
            learning_rate: 0.001,
            optimizer: Optimizer::AdamW {
                beta1: 0.9,
                beta2: 0.999,
                epsilon: 1e-8,
                weight_decay: Optimizer::DECAY_BY_ROWS,
            },
            schedule: Schedule::Cosine { floor: 0.0 },
            warm_up: 0,
            clip: Clip::Off,
            l1: 0.0,
            l2: 0.0,
            class_weights: ClassWeights::Equal,
            shuffle: true,
            stopping: None,
            keep_last: false,
            seed: 0,
            threads: 1,
            instruction_set: InstructionSet::detect(),
        }
    }
}

impl Fit {
    /// Trains the model on `training`; measures `validation` after each epoch, where there is one, and gives the model the
    /// parameters of the epoch with the lowest validation loss, unless the last one is to be kept.
    ///
    /// Fails when the data do not fit the network, when a setting is out of range, or when a loss is not finite; the model
    /// then has the parameters of the last epoch that went well.
    pub fn run<T: Element>(
        &self,
        model: &mut Model<T>,
        training: &Dataset,
        validation: Option<&Dataset>,
    ) -> Result<History> {
        self.run_watched(model, training, validation, &mut |_| Next::Continue)
    }

    /// As [`Fit::run`]; calls `watch` after each epoch, which may end the training.
    pub fn run_watched<T: Element>(
        &self,
        model: &mut Model<T>,
        training: &Dataset,
        validation: Option<&Dataset>,
        watch: &mut dyn FnMut(&Epoch) -> Next,
    ) -> Result<History> {
        self.run_from(model, training, validation, Start::default(), &mut |moment| {
            Ok(moment.ended.as_ref().map_or(Next::Continue, &mut *watch))
        })
    }

    /// As [`Fit::run`], from a checkpoint or from the beginning; asks `watch` after each step how to go on.
    ///
    /// Fails also when the checkpoint is of another run, and with what `watch` fails with.
    ///
    /// ```
    /// use clione::prelude::*;
    /// use clione::train::file::Checkpoint;
    /// use clione::train::session::Start;
    /// let data = Dataset::from_rows(&[[0.0], [1.0], [2.0], [3.0]], &[[1.0], [3.0], [5.0], [7.0]]);
    /// let fresh = || Model::<f32>::new(Network::new([1]).add(Dense::new(1)), 0);
    /// let fit = Fit { epochs: 10, ..Fit::default() };
    /// let mut kept = Vec::new();
    /// let paused = fit.run_from(&mut fresh()?, &data, None, Start::default(), &mut |moment| {
    ///     kept = moment.checkpoint()?;
    ///     Ok(if moment.epoch == 4 { Next::Pause } else { Next::Continue })
    /// });
    /// assert_eq!(paused.unwrap_err().exit_code(), 130);
    ///
    /// let checkpoint = Checkpoint::from_bytes("kept", &kept)?;
    /// let start = Start { checkpoint: Some(&checkpoint), ..Start::default() };
    /// let (mut resumed, mut whole) = (fresh()?, fresh()?);
    /// let history = fit.run_from(&mut resumed, &data, None, start, &mut |_| Ok(Next::Continue))?;
    /// assert_eq!(history, fit.run(&mut whole, &data, None)?);
    /// assert_eq!(resumed.parameters(), whole.parameters());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn run_from<T: Element>(
        &self,
        model: &mut Model<T>,
        training: &Dataset,
        validation: Option<&Dataset>,
        start: Start<'_>,
        watch: &mut dyn FnMut(&Moment<'_>) -> Result<Next>,
    ) -> Result<History> {
        Session::new(self, model, training, validation, start)?.run(watch)
    }

    /// What a step of training needs: the loss, the way of rows into the network, and the trainer.
    ///
    /// Fails when the data do not fit the network, or the loss does not fit its outputs.
    pub(super) fn equip<T: Element>(
        &self,
        model: &Model<T>,
        training: &Dataset,
        cpu: Arc<Cpu>,
    ) -> Result<(Loss, Feed, Trainer<T>)> {
        let loss = match self.loss {
            Some(loss) => loss,
            None => Loss::usual_for(model.network())?,
        };
        let feed = Feed::new(model.network(), training)?;
        let losses = vec![loss; feed.outputs()];
        let update =
            Update { optimizer: self.settled(training.rows()).optimizer, clip: self.clip, l1: self.l1, l2: self.l2 };
        let trainer = Trainer::new(model, &losses, update, cpu)?;
        Ok(match self.class_weights.of(training.targets())? {
            Some(weights) => (loss, feed.with_class_weights(weights), trainer.with_row_weights()),
            None => (loss, feed, trainer),
        })
    }

    /// The checkpoint of a run that has not taken its first step; `recipe` is what [`Start::recipe`] is.
    ///
    /// Fails as [`Fit::run`] does before it begins.
    pub fn beginning<T: Element>(
        &self,
        model: &mut Model<T>,
        training: &Dataset,
        validation: Option<&Dataset>,
        recipe: Option<&str>,
    ) -> Result<Vec<u8>> {
        Session::new(self, model, training, validation, Start { recipe, ..Start::default() })?.checkpoint()
    }

    /// Whether validation rows decide something: which epoch is kept, when to stop, or the learning rate.
    pub fn is_watched(&self) -> bool {
        self.decided_by_validation().is_some()
    }

    /// Whether the only thing that validation rows decide is which epoch is kept: without them it is the last one.
    pub(super) fn only_chooses_epoch(&self) -> bool {
        self.stopping.is_none() && !matches!(self.schedule, Schedule::Plateau { .. })
    }

    /// What validation rows decide, in words; a figure measured on these rows is then a little too good.
    ///
    /// ```
    /// use clione::prelude::*;
    /// assert_eq!(Fit::default().decided_by_validation().as_deref(), Some("chose the epoch"));
    /// assert_eq!(Fit { keep_last: true, ..Fit::default() }.decided_by_validation(), None);
    /// ```
    pub fn decided_by_validation(&self) -> Option<String> {
        let decided = [
            (!self.keep_last, "chose the epoch"),
            (self.keep_last && self.stopping.is_some(), "stopped the run"),
            (matches!(self.schedule, Schedule::Plateau { .. }), "set the learning rate"),
        ];
        let decided: Vec<&str> = decided.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words).collect();
        (!decided.is_empty()).then(|| decided.join(" and "))
    }

    /// The rows of one step, where there are so many in all: those of a batch, or all where the optimizer sees all.
    pub fn rows_of_step(&self, rows: usize) -> usize {
        match self.optimizer.sees() {
            Sees::Batch => self.batch_size.min(rows),
            Sees::All => rows,
        }
    }

    /// How many steps an epoch has.
    ///
    /// ```
    /// use clione::prelude::*;
    /// let fit = Fit { batch_size: 32, ..Fit::default() };
    /// assert_eq!((fit.steps_per_epoch(100), fit.rows_of_step(20)), (4, 20));
    /// ```
    pub fn steps_per_epoch(&self, rows: usize) -> usize {
        rows.div_ceil(self.rows_of_step(rows).max(1))
    }

    /// What training runs on.
    pub fn cpu(&self) -> Arc<Cpu> {
        Arc::new(Cpu { instruction_set: self.instruction_set, threads: Threads::new(self.threads) })
    }

    /// Fails when a setting is out of its range.
    pub fn check(&self) -> Result<()> {
        let number = |name: &str, value: f64, valid: bool, range: &str| {
            if valid {
                return Ok(());
            }
            Err(Error::usage(format!("the {name} is {range}, but this one is {value}")))
        };
        number("learning rate", self.learning_rate, positive(self.learning_rate), "a positive number")?;
        number("batch size", self.batch_size as f64, self.batch_size > 0, "at least 1")?;
        number("number of threads", self.threads as f64, self.threads > 0, "at least 1")?;
        number("weight of L1", self.l1, self.l1 >= 0.0 && self.l1.is_finite(), "0 or a positive number")?;
        number("weight of L2", self.l2, self.l2 >= 0.0 && self.l2.is_finite(), "0 or a positive number")?;
        match self.clip {
            Clip::Off => {}
            Clip::Norm(limit) => number("largest norm of the gradients", limit, positive(limit), "a positive number")?,
            Clip::Value(limit) => number("largest gradient", limit, positive(limit), "a positive number")?,
        }
        if self.optimizer.sees() == Sees::All {
            let name = self.optimizer.name();
            let refused = |what: &str| {
                Err(Error::usage(format!("the optimizer {name} needs smooth losses and true gradients: {what}")))
            };
            if self.l1 > 0.0 {
                return refused("L1 has a corner at 0; --l2 has none");
            }
            if self.clip != Clip::Off {
                return refused("clipping bends them");
            }
        }
        self.optimizer.check()?;
        self.schedule.check()
    }

    pub(super) fn diverged(&self, epoch: usize, step: usize, loss: f64, place: &str) -> Error {
        Error::diverged(format!(
            "training diverged in epoch {}, step {}: the loss is {loss}; first not finite: {place}",
            epoch + 1,
            step + 1
        ))
        .note("inputs that are scaled help, and so does --clip-norm 1")
        .remedy(format!("--learning-rate {}", (self.learning_rate / 10.0).min(self.optimizer.default_learning_rate())))
    }
}

fn positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{Matrix, Targets, Values};
    use crate::graph::activation::Activation;
    use crate::nn::layers::{Dense, Dropout, Softmax};
    use crate::nn::network::Network;

    /// A network with every activation, dropout and softmax, trained a little on rows that follow from nothing but counting.
    fn trained<T: Element>(instruction_set: InstructionSet, threads: usize) -> Vec<u64> {
        let names = ["a", "b", "c"].map(String::from).to_vec();
        let numbers = (0..300 * 7).map(|i| f64::from(i * 37 % 101) / 50.0 - 1.0).collect();
        let inputs = Matrix::new(300, 7, Values::F64(numbers));
        let classes = Targets::Classes { numbers: (0..300).map(|i| i * i % 3).collect(), names };
        let data = Dataset::new(inputs, classes).expect("a class for each row");
        let mut network = Network::new([7]).add(Dense::new(130)).add(Dropout::new(0.1));
        for &activation in Activation::all() {
            network = network.add(Dense::new(33).activation(activation));
        }
        network = network.add(Dense::new(3)).add(Softmax);
        let mut model = Model::<T>::new(network, 5).expect("layers fit");
        let (clip, optimizer) = (Clip::Norm(1.0), Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
        let plain = Fit { epochs: 3, batch_size: 64, clip, optimizer, l2: 1e-4, ..Fit::default() };
        let fit = Fit { threads, instruction_set, ..plain };
        fit.run(&mut model, &data, Some(&data)).expect("training goes well");
        model.parameters().iter().map(|number| number.to_f64().to_bits()).collect()
    }

    /// FNV-1a over the bits.
    fn digest(bits: &[u64]) -> u64 {
        let bytes = bits.iter().flat_map(|bits| bits.to_le_bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    #[test]
    fn a_training_run_has_the_same_bits_on_every_machine() {
        let best = InstructionSet::detect();
        for set in InstructionSet::available() {
            for threads in if set == best { vec![1, 2, 3, 8] } else { vec![1] } {
                let found = (digest(&trained::<f32>(set, threads)), digest(&trained::<f64>(set, threads)));
                // Frozen on x86-64; an emulated ARM processor must give the same.
                assert_eq!(
                    found,
                    (0xe31c_d108_6fe1_132c, 0x8e44_b46d_266c_931f),
                    "{} on {threads} threads",
                    set.name()
                );
            }
        }
    }
}
