//! Training on all rows at once: the loss as a function of the parameters, and a walk to where it is low.

use super::batch::Feed;
use super::history::Stopped;
use super::trainer::Trainer;
use crate::base::error::{Error, Result};
use crate::cpu::executor::Draw;
use crate::cpu::simd::Element;
use crate::data::batches::batches;
use crate::data::dataset::Dataset;
use crate::graph::op::Op;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::optim::lbfgs::{Settings, Walk};
use crate::optim::optimizer::Optimizer;
use std::borrow::Cow;

/// How many rows go through the network at once: memory stays bounded, and the sums have one order.
const ROWS_AT_ONCE: usize = 256;

/// What the loss of all rows is worked out with.
pub(super) struct AllRows<'a, T> {
    pub model: &'a mut Model<T>,
    pub trainer: &'a mut Trainer<T>,
    pub feed: &'a Feed,
    pub training: &'a Dataset,
    pub order: &'a [u32],
    pub loss: Loss,
    pub l2: f64,
}

impl<T: Element> AllRows<'_, T> {
    /// L(w) + l2/2·Σw² and its gradient; gives the parameters to the model. L alone is left in `plain`.
    fn look(&mut self, x: &[f64], gradient: &mut [f64], plain: &mut f64) -> f64 {
        self.set(x);
        gradient.fill(0.0);
        *plain = 0.0;
        for rows in batches(self.order, ROWS_AT_ONCE) {
            self.feed.load(self.training, rows, self.trainer.executor(rows.len()));
            let weight = self.loss.weight(rows.len(), self.order.len());
            *plain += weight * self.trainer.gradients(self.model, rows.len(), Draw::default()).to_f64();
            for (sum, d) in gradient.iter_mut().zip(self.trainer.last_gradients()) {
                *sum += weight * d.to_f64();
            }
        }
        let mut penalty = 0.0;
        for (sum, x) in gradient.iter_mut().zip(x) {
            *sum += self.l2 * x;
            penalty += x * x;
        }
        *plain + 0.5 * self.l2 * penalty
    }

    fn set(&mut self, x: &[f64]) {
        for (w, x) in self.model.parameters_mut().iter_mut().zip(x) {
            *w = T::of(*x);
        }
    }
}

/// What came of one step.
pub(super) enum Descended {
    /// A lower point, its loss without the penalty, and where it is the last, why.
    Lower(f64, Option<Stopped>),
    /// There is none.
    Bottom(Stopped),
    /// The loss where the walk begins is not finite.
    NotFinite(f64),
}

/// A walk over the parameters, in f64 whatever the model's numbers are.
pub(super) struct Descent {
    memory: usize,
    tolerance: f64,
    x: Vec<f64>,
    /// The gradient where the last step began.
    gradient: Vec<f64>,
    pairs: Vec<(Vec<f64>, Vec<f64>)>,
    walk: Option<Walk>,
}

impl Descent {
    /// A walk that begins at the parameters of a model, where the optimizer is one that walks.
    pub(super) fn new<T: Element>(optimizer: Optimizer, model: &Model<T>) -> Option<Self> {
        let (memory, tolerance) = match optimizer {
            Optimizer::Lbfgs { memory, tolerance } => (memory as usize, tolerance),
            Optimizer::Sgd { .. } | Optimizer::RmsProp { .. } | Optimizer::Adam { .. } | Optimizer::AdamW { .. } => {
                return None;
            }
        };
        let x: Vec<f64> = model.parameters().iter().map(|w| w.to_f64()).collect();
        Some(Descent { memory, tolerance, gradient: vec![0.0; x.len()], x, pairs: Vec::new(), walk: None })
    }

    /// Fails when the loss of a network is another one each time it is looked at.
    pub(super) fn check<T: Element>(optimizer: Optimizer, model: &Model<T>) -> Result<()> {
        let graph = model.build_training(1).graph;
        let is_drawn = graph.nodes().any(|(node, _)| matches!(graph.op(node), Op::Mask { .. }));
        if !is_drawn {
            return Ok(());
        }
        let headline =
            format!("the optimizer {} needs a loss that stays the same, but dropout changes it", optimizer.name());
        Err(Error::usage(headline).remedy("--dropout 0"))
    }

    /// One step.
    pub(super) fn step<T: Element>(&mut self, rows: &mut AllRows<'_, T>) -> Descended {
        let mut plain = 0.0;
        let mut objective = |x: &[f64], gradient: &mut [f64]| rows.look(x, gradient, &mut plain);
        let pairs = std::mem::take(&mut self.pairs);
        let walk = self.walk.get_or_insert_with(|| Walk::resume(&self.x, self.memory, pairs, &mut objective));
        if !walk.value().is_finite() {
            return Descended::NotFinite(walk.value());
        }
        self.gradient.copy_from_slice(walk.gradient());
        let is_flat = |walk: &Walk| walk.largest_gradient() <= self.tolerance;
        let was_flat = is_flat(walk);
        let is_lower = !was_flat && walk.step(&mut self.x, &mut objective);
        let settled = || walk.is_settled(Settings::default().value_tolerance).then_some(Stopped::Settled);
        let stopped = if is_flat(walk) { Some(Stopped::Flat) } else { settled() };
        // The line search may have looked elsewhere last.
        rows.set(&self.x);
        match is_lower {
            true => Descended::Lower(plain, stopped),
            false => Descended::Bottom(if was_flat { Stopped::Flat } else { Stopped::NoLowerPoint }),
        }
    }

    /// How far the last step went along its direction.
    pub(super) fn length(&self) -> f64 {
        self.walk.as_ref().map_or(0.0, Walk::length)
    }

    /// The gradient of the penalised loss where the last step began.
    pub(super) fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// Where the walk is, then its last steps and what each changed in the gradient.
    pub(super) fn state(&self) -> Vec<Cow<'_, [f64]>> {
        let pairs = self.walk.iter().flat_map(Walk::pairs).flat_map(|(s, y)| [s.into(), y.into()]);
        std::iter::once(Cow::from(&self.x)).chain(pairs).collect()
    }

    /// Goes on from where [`Descent::state`] was asked.
    pub(super) fn take_up(&mut self, state: &[Cow<'_, [f64]>]) {
        let Some((x, pairs)) = state.split_first() else { return };
        self.x = x.to_vec();
        self.pairs = pairs.chunks_exact(2).map(|pair| (pair[0].to_vec(), pair[1].to_vec())).collect();
        self.walk = None;
    }
}
