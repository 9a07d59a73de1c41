//! Watching a loss that stands still: what is left of the learning rate after it was lowered each time.

use super::schedule::Schedule;

/// The lowest loss so far, how long ago it was, and what is left of the rate.
///
/// ```
/// use clione::optim::plateau::Plateau;
/// use clione::optim::schedule::Schedule;
/// let schedule = Schedule::Plateau { factor: 0.5, patience: 1.0, min_delta: 0.0, floor: 0.0 };
/// let mut plateau = Plateau::default();
/// let rates = [3.0, 2.0, 2.0, 2.5, 1.0].map(|loss| {
///     plateau.after(schedule, loss);
///     plateau.reduction
/// });
/// assert_eq!(rates, [1.0, 1.0, 1.0, 0.5, 0.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    /// The lowest loss so far.
    pub best_loss: f64,
    /// How many epochs since then, or since the rate was lowered, were not better.
    pub bad_epochs: u64,
    /// What is left of the rate.
    pub reduction: f64,
}

impl Default for Plateau {
    fn default() -> Self {
        Plateau { best_loss: f64::INFINITY, bad_epochs: 0, reduction: 1.0 }
    }
}

impl Plateau {
    /// Takes note of an epoch's loss; lowers the rate when it has stood still for too long. Nothing happens under another
    /// schedule.
    pub fn after(&mut self, schedule: Schedule, loss: f64) {
        let Schedule::Plateau { factor, patience, min_delta, floor } = schedule else { return };
        if loss < self.best_loss - min_delta {
            (self.best_loss, self.bad_epochs) = (loss, 0);
            return;
        }
        self.bad_epochs += 1;
        if self.bad_epochs as f64 > patience {
            self.reduction = (self.reduction * factor).max(floor);
            self.bad_epochs = 0;
        }
    }
}
