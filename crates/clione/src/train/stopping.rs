//! Early stopping: training ends when the validation loss has not become better for a while, and the best parameters return.

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// How many epochs without a better validation loss are allowed.
    pub patience: usize,
    /// By how much a loss must be lower to count as better.
    pub min_delta: f64,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping { patience: 10, min_delta: 0.0 }
    }
}

/// The best parameters so far and how long ago they were found.
pub(super) struct Watch<T> {
    rule: EarlyStopping,
    best_loss: f64,
    best_epoch: usize,
    best_parameters: Vec<T>,
}

impl<T: Copy> Watch<T> {
    pub(super) fn new(rule: EarlyStopping) -> Self {
        Watch { rule, best_loss: f64::INFINITY, best_epoch: 0, best_parameters: Vec::new() }
    }

    /// Takes note of an epoch; says whether to stop.
    pub(super) fn after(&mut self, epoch: usize, validation_loss: f64, parameters: &[T]) -> bool {
        if validation_loss < self.best_loss - self.rule.min_delta || self.best_parameters.is_empty() {
            (self.best_loss, self.best_epoch) = (validation_loss, epoch);
            self.best_parameters.clear();
            self.best_parameters.extend_from_slice(parameters);
        }
        epoch - self.best_epoch >= self.rule.patience
    }

    /// The best epoch, its loss and its parameters, once there is one.
    pub(super) fn best(&self) -> Option<(usize, f64, &[T])> {
        (!self.best_parameters.is_empty()).then_some((self.best_epoch, self.best_loss, &self.best_parameters))
    }

    /// Goes on from the best epoch of an earlier run.
    pub(super) fn remember(&mut self, epoch: usize, loss: f64, parameters: &[T]) {
        (self.best_epoch, self.best_loss, self.best_parameters) = (epoch, loss, parameters.to_vec());
    }

    /// Gives the best parameters back and says which epoch they are from.
    pub(super) fn restore(&self, parameters: &mut [T]) -> Option<usize> {
        if self.best_parameters.is_empty() {
            return None;
        }
        parameters.copy_from_slice(&self.best_parameters);
        Some(self.best_epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_stops_after_patience_epochs_without_a_better_loss_and_the_best_parameters_return() {
        let mut watch = Watch::new(EarlyStopping { patience: 2, min_delta: 0.0 });
        let losses = [3.0, 2.0, 2.5, 2.0];
        let stops: Vec<bool> =
            losses.iter().enumerate().map(|(at, &loss)| watch.after(at + 1, loss, &[at + 1])).collect();
        assert_eq!(stops, [false, false, false, true]);
        let mut parameters = [0];
        assert_eq!((watch.restore(&mut parameters), parameters), (Some(2), [2]));
    }

    #[test]
    fn a_loss_that_is_lower_by_too_little_does_not_count_as_better() {
        let mut watch = Watch::new(EarlyStopping { patience: 2, min_delta: 0.5 });
        let losses = [3.0, 2.75, 2.25, 2.0, 1.75];
        let stops: Vec<bool> =
            losses.iter().enumerate().map(|(at, &loss)| watch.after(at + 1, loss, &[at + 1])).collect();
        // 2.75 is not better than 3 by more than 0.5, 2.25 is, and neither is 2 nor 1.75.
        assert_eq!(stops, [false, false, false, false, true]);
        assert_eq!(watch.best(), Some((3, 2.25, &[3][..])));
    }
}
