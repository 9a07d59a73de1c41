//! What nobody has chosen and what depends on the number of rows: how long to train, and how strongly weights are held near 0.

use super::fit::Fit;
use super::recipe::Recipe;
use crate::optim::optimizer::{Optimizer, Sees};

/// The fewest epochs, and the fewest steps: a small table needs more epochs for as many steps.
const LEAST_EPOCHS: usize = 100;
const LEAST_STEPS: usize = 1000;

/// The steps of an optimizer that sees all rows in each of them.
const FULL_STEPS: usize = 200;

/// λ is this by the square root of the number of rows: the more rows there are, the less a network can learn them by heart, but
/// the effect fades slowly. At 600 rows λ is 1, at 60,000 it is 0.1.
const DECAY_BY_ROWS: f64 = 25.0;

/// AdamW keeps weights below 1/λ, and a network of smaller ones cannot follow a straight line any more.
const LARGEST_DECAY: f64 = 2.0;

impl Fit {
    /// The same with nothing left open, for this number of training rows: where the number of epochs is 0, at least 100 epochs
    /// and 1000 steps; where the decay of AdamW is [`Optimizer::DECAY_BY_ROWS`], λ = min(2, 25 / √rows).
    ///
    /// ```
    /// use clione::prelude::*;
    /// let fit = Fit::default().settled(614);
    /// assert_eq!((fit.epochs, Fit::default().settled(120).epochs), (100, 250));
    /// assert!(matches!(fit.optimizer, Optimizer::AdamW { weight_decay, .. } if weight_decay == 25.0 / 614.0_f64.sqrt()));
    /// assert_eq!(Fit { epochs: 7, ..Fit::default() }.settled(614).epochs, 7);
    /// ```
    pub fn settled(&self, rows: usize) -> Fit {
        let mut fit = self.clone();
        let rows = rows.max(1);
        if fit.epochs == 0 {
            fit.epochs = match fit.optimizer.sees() {
                Sees::All => FULL_STEPS,
                Sees::Batch => LEAST_EPOCHS.max(LEAST_STEPS.div_ceil(rows.div_ceil(fit.batch_size.max(1)))),
            };
        }
        if let Optimizer::AdamW { weight_decay, .. } = &mut fit.optimizer
            && *weight_decay == Optimizer::DECAY_BY_ROWS
        {
            *weight_decay = LARGEST_DECAY.min(DECAY_BY_ROWS / (rows as f64).sqrt());
        }
        fit
    }
}

impl Recipe {
    /// The recipe with nothing left open, for this number of training rows; see [`Fit::settled`].
    pub fn settled(&self, rows: usize) -> Recipe {
        Recipe { fit: self.fit.settled(rows), ..self.clone() }
    }
}
