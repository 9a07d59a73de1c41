//! Whether the parts of a checkpoint fit each other: asked when it is read, before anything goes on from it.

use super::{Checkpoint, Fingerprint, memory_name, walk_name};
use crate::base::error::{Error, Result};
use crate::base::real::Real;
use crate::base::shape::MAX_RANK;
use crate::nn::name;
use crate::optim::optimizer::Sees;
use crate::train::file::container::numbers;
use crate::train::file::json::Reader;
use crate::train::recipe::selection::Selection;
use serde_json::Value;
use std::collections::HashSet;

/// The most rows that there can be: they are counted in 32 bits.
const MOST_ROWS: usize = u32::MAX as usize;

impl Checkpoint {
    /// Fails unless its tensors are as long as its layout, its epochs and its optimizer say, and it is in the middle of the run
    /// that its recipe describes: after how many steps, over all epochs.
    pub(super) fn check_parts(&self) -> Result<u64> {
        let value: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let root = Reader { value: &value, path: "" };
        let length = self.check_layout()?;
        let number = match self.precision.as_str() {
            name if name == f32::NAME => size_of::<f32>(),
            name if name == f64::NAME => size_of::<f64>(),
            other => return Err(Error::model(format!("its numbers are {other:?}, neither f32 nor f64"))),
        };
        let Fingerprint { rows, .. } = self.training;
        let most = [Some(self.training), self.validation].into_iter().flatten().map(|data| data.rows).max();
        if rows == 0 || most.is_some_and(|most| most > MOST_ROWS) {
            return Err(Error::model(format!("it is of a run on {rows} rows")));
        }
        let fit = Selection::from_toml("its recipe", &self.recipe)?.recipe()?.settled(rows).fit;
        let (step, updates) = (root.count("steps")?, root.count("updates")?);
        let (steps_per_epoch, epochs) = (fit.steps_per_epoch(rows), fit.epochs);
        let last = if self.is_ended { epochs } else { epochs - 1 };
        if self.epoch > last || step >= steps_per_epoch {
            let is_ended = if self.is_ended { "ended" } else { "has not ended" };
            return Err(Error::model(format!(
                "it is of epoch {}, step {step}, of a run of {epochs} epochs of {steps_per_epoch} steps that {is_ended}",
                self.epoch
            )));
        }
        let steps = self.epoch.checked_mul(steps_per_epoch).and_then(|steps| steps.checked_add(step));
        let steps = steps.ok_or_else(|| Error::model("its steps are more than a machine can count"))?;
        let (expected_updates, memories) = match fit.optimizer.sees() {
            Sees::Batch => (steps, fit.optimizer.memories()),
            Sees::All => (0, 0),
        };
        if expected_updates != updates {
            return Err(Error::model(format!(
                "epoch {}, step {step} does not come after {updates} updates",
                self.epoch
            )));
        }
        let has = |name: &str, count: usize, size: usize| match self.tensors.get(name) {
            None => Err(Error::model(format!("it has no numbers `{name}`"))),
            Some(bytes) if Some(bytes.len()) == count.checked_mul(size) => Ok(()),
            Some(bytes) => Err(Error::model(format!("`{name}` has {} bytes, not {count} numbers", bytes.len()))),
        };
        let whole = |name: &str| has(name, length, number);
        whole("parameters")?;
        whole("last_good")?;
        (0..memories).try_for_each(|at| whole(&memory_name(at)))?;
        if self.tensors.contains_key(&memory_name(memories)) {
            return Err(Error::model(format!("its optimizer has {memories} memories, but there are more")));
        }
        let walked = (0..).take_while(|&at| self.tensors.contains_key(&walk_name(at))).count();
        (0..walked).try_for_each(|at| has(&walk_name(at), length, size_of::<f64>()))?;
        if (walked > 0) != (fit.optimizer.sees() == Sees::All) || (walked > 0 && walked.is_multiple_of(2)) {
            return Err(Error::model(format!("its optimizer cannot have a walk of {walked} parts")));
        }
        for (name, count) in [("loss", self.epoch), ("learning_rate", self.epoch)] {
            has(&format!("history.{name}"), count, size_of::<f64>())?;
        }
        has("history.validation_loss", if self.validation.is_some() { self.epoch } else { 0 }, size_of::<f64>())?;
        has("numbers", 4, size_of::<f64>())?;
        let best = root.count_or_none("best_epoch")?;
        if best.is_some_and(|best| !(1..=self.epoch).contains(&best)) || root.count("bad_epochs")? > self.epoch {
            return Err(Error::model(format!(
                "it has a best epoch, or epochs without one, after its epoch {}",
                self.epoch
            )));
        }
        if best.is_some() {
            whole("best")?;
        }
        self.check_numbers(best.is_some())?;
        Ok(steps as u64)
    }

    /// How many numbers the parameters are. Fails when one of them has a name or a shape that it cannot have.
    fn check_layout(&self) -> Result<usize> {
        let mut names = HashSet::new();
        self.layout.iter().try_fold(0usize, |sum, (name, sizes)| {
            let (layer, role) = name.split_once('.').unwrap_or((name, ""));
            name::check("layer", layer)?;
            name::check("parameter", role)?;
            let numbers = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
            let sum = numbers.and_then(|numbers| sum.checked_add(numbers));
            match sum {
                Some(sum) if (1..=MAX_RANK).contains(&sizes.len()) && names.insert(name) => Ok(sum),
                _ => Err(Error::model(format!(
                    "its parameter `{name}` cannot have the shape {sizes:?}, or is there twice"
                ))),
            }
        })
    }

    /// Fails when numbers are not finite that a run makes sure of, or cannot be what they stand for.
    fn check_numbers(&self, has_best: bool) -> Result<()> {
        let is_finite = |name: &str| {
            self.tensors.get(name).is_none_or(|bytes| match self.precision == f32::NAME {
                true => numbers::<f32>(bytes).all(f32::is_finite),
                false => numbers::<f64>(bytes).all(f64::is_finite),
            })
        };
        let kept: &[&str] = if has_best { &["last_good", "best"] } else { &["last_good"] };
        if let Some(name) = kept.iter().find(|name| !is_finite(name)) {
            return Err(Error::model(format!("`{name}` has numbers that are not finite")));
        }
        let scalars: Vec<f64> = self.tensors.get("numbers").map(|bytes| numbers(bytes).collect()).unwrap_or_default();
        match scalars[..] {
            [epoch_loss, best_loss, plateau_loss, reduction]
                if epoch_loss.is_finite()
                    && !best_loss.is_nan()
                    && !plateau_loss.is_nan()
                    && (0.0..=1.0).contains(&reduction) =>
            {
                Ok(())
            }
            _ => Err(Error::model("its losses, or what is left of its learning rate, cannot be what they are")),
        }
    }
}
