//! What nobody has chosen and what depends on the number of rows: how long to train, and how strongly to hold weights back.

use super::Recipe;
use crate::optim::optimizer::{Optimizer, Sees};

/// The fewest epochs, and the fewest steps: a small table needs more epochs for as many steps.
const LEAST_EPOCHS: usize = 100;
const LEAST_STEPS: usize = 1000;

/// The steps of an optimizer that sees all rows in each of them.
const FULL_STEPS: usize = 200;

/// λ is this by the number of rows. The weights are held back as by beliefs of a fixed strength, against which rows weigh
/// the more the more there are; at 60,000 rows λ is 0.01, the usual value where nothing is known of the rows.
const DECAY_BY_ROWS: f64 = 600.0;

/// AdamW keeps weights below 1/λ, and a network of smaller ones cannot follow a straight line any more.
const LARGEST_DECAY: f64 = 2.0;

/// Which numbers are left open until the number of training rows is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// How often every row is seen.
    pub epochs: bool,
    /// λ of AdamW.
    pub weight_decay: bool,
}

impl Open {
    /// Everything that can be.
    pub const ALL: Open = Open { epochs: true, weight_decay: true };
}

impl Recipe {
    /// The recipe with nothing left open, for this number of training rows: at least 100 epochs and 1000 steps, and
    /// λ = min(2, 600 / rows).
    ///
    /// ```
    /// use clione::optim::optimizer::Optimizer;
    /// use clione::train::recipe::selection::Selection;
    /// let recipe = Selection::default().recipe()?.settled(614);
    /// assert_eq!(recipe.fit.epochs, 100);
    /// assert!(matches!(recipe.fit.optimizer, Optimizer::AdamW { weight_decay, .. } if weight_decay == 600.0 / 614.0));
    /// assert_eq!(Selection::default().recipe()?.settled(120).fit.epochs, 250);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn settled(&self, rows: usize) -> Recipe {
        let mut recipe = Recipe { open: Open::default(), ..self.clone() };
        let rows = rows.max(1);
        if self.open.epochs {
            recipe.fit.epochs = match self.fit.optimizer.sees() {
                Sees::All => FULL_STEPS,
                Sees::Batch => LEAST_EPOCHS.max(LEAST_STEPS.div_ceil(rows.div_ceil(self.fit.batch_size.max(1)))),
            };
        }
        if self.open.weight_decay
            && let Optimizer::AdamW { weight_decay, .. } = &mut recipe.fit.optimizer
        {
            *weight_decay = LARGEST_DECAY.min(DECAY_BY_ROWS / rows as f64);
        }
        recipe
    }
}
