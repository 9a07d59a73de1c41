//! Choosing the epoch: the parameters with the lowest validation loss are kept, and early stopping saves the epochs after them.

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// How many epochs without a better validation loss are allowed.
    pub patience: usize,
    /// By how much a loss must be lower to count as better. The epoch that is kept is the one with the lowest loss all the same.
    pub min_delta: f64,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping { patience: 10, min_delta: 0.0 }
    }
}

/// The epoch with the lowest validation loss so far, and how long ago the loss became better.
pub(super) struct Watch<T> {
    rule: Option<EarlyStopping>,
    /// The last loss that counted as better, and its epoch.
    improved: Option<(usize, f64)>,
    /// Whether the parameters of the best epoch are kept at all.
    keeps_best: bool,
    best: Option<Best<T>>,
}

/// An epoch, its validation loss, and its parameters.
struct Best<T> {
    epoch: usize,
    loss: f64,
    parameters: Vec<T>,
}

impl<T: Copy> Watch<T> {
    /// Keeps the best epoch unless the last one is asked for; stops where there is a rule.
    pub(super) fn new(rule: Option<EarlyStopping>, keeps_last: bool) -> Self {
        Watch { rule, improved: None, keeps_best: !keeps_last, best: None }
    }

    /// Takes note of an epoch; says whether to stop.
    pub(super) fn after(&mut self, epoch: usize, validation_loss: f64, parameters: &[T]) -> bool {
        if self.keeps_best {
            match &mut self.best {
                Some(best) if !is_lower(validation_loss, best.loss) => {}
                Some(best) => {
                    (best.epoch, best.loss) = (epoch, validation_loss);
                    best.parameters.copy_from_slice(parameters);
                }
                best => *best = Some(Best { epoch, loss: validation_loss, parameters: parameters.to_vec() }),
            }
        }
        self.stops_after(epoch, validation_loss)
    }

    fn stops_after(&mut self, epoch: usize, validation_loss: f64) -> bool {
        let Some(rule) = self.rule else { return false };
        match self.improved {
            Some((_, lowest)) if !is_lower(validation_loss, lowest - rule.min_delta) => {}
            _ => self.improved = Some((epoch, validation_loss)),
        }
        self.improved.is_some_and(|(improved, _)| epoch - improved >= rule.patience)
    }

    /// The best epoch, its loss and its parameters, once there is one.
    pub(super) fn best(&self) -> Option<(usize, f64, &[T])> {
        self.best.as_ref().map(|best| (best.epoch, best.loss, best.parameters.as_slice()))
    }

    /// Goes on from an earlier run: from its best epoch, and from the validation losses of its epochs.
    pub(super) fn remember(&mut self, best: Option<(usize, f64, &[T])>, losses: impl Iterator<Item = (usize, f64)>) {
        self.best = best.map(|(epoch, loss, parameters)| Best { epoch, loss, parameters: parameters.to_vec() });
        for (epoch, loss) in losses {
            self.stops_after(epoch, loss);
        }
    }

    /// Gives the best parameters back and says which epoch they are from.
    pub(super) fn restore(&self, parameters: &mut [T]) -> Option<usize> {
        let best = self.best.as_ref()?;
        parameters.copy_from_slice(&best.parameters);
        Some(best.epoch)
    }
}

/// Whether a loss is lower than another; every number is lower than none.
fn is_lower(loss: f64, than: f64) -> bool {
    loss < than || (than.is_nan() && !loss.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which epochs stop, and what comes back, for these losses; the parameter of an epoch is its number.
    fn watched(mut watch: Watch<usize>, losses: &[f64]) -> (Vec<bool>, Option<usize>, usize) {
        let stops = losses.iter().enumerate().map(|(at, &loss)| watch.after(at + 1, loss, &[at + 1])).collect();
        let mut parameters = [0];
        let best = watch.restore(&mut parameters);
        (stops, best, parameters[0])
    }

    #[test]
    fn training_stops_after_patience_epochs_without_a_better_loss_and_the_best_parameters_return() {
        let rule = Some(EarlyStopping { patience: 2, min_delta: 0.0 });
        let found = watched(Watch::new(rule, false), &[3.0, 2.0, 2.5, 2.0]);
        assert_eq!(found, (vec![false, false, false, true], Some(2), 2));
    }

    #[test]
    fn without_patience_no_epoch_stops_and_the_one_with_the_lowest_loss_returns() {
        let found = watched(Watch::new(None, false), &[3.0, 1.0, 2.5, 2.0, 1.0]);
        assert_eq!(found, (vec![false; 5], Some(2), 2));
    }

    #[test]
    fn a_gain_below_min_delta_stops_the_run_but_its_epoch_is_kept() {
        let rule = Some(EarlyStopping { patience: 2, min_delta: 1.0 });
        let found = watched(Watch::new(rule, false), &[3.0, 2.5, 2.2, 0.0]);
        assert_eq!(found, (vec![false, false, true, false], Some(4), 4));
        let found = watched(Watch::new(rule, false), &[3.0, 2.5, 2.2]);
        assert_eq!(found.1, Some(3));
    }

    #[test]
    fn the_last_epoch_is_left_as_it_is_where_it_is_asked_for() {
        let rule = Some(EarlyStopping { patience: 1, min_delta: 0.0 });
        assert_eq!(watched(Watch::new(rule, true), &[1.0, 2.0]), (vec![false, true], None, 0));
    }

    #[test]
    fn an_epoch_whose_loss_is_no_number_is_kept_only_while_there_is_no_other() {
        let found = watched(Watch::new(None, false), &[f64::NAN, f64::INFINITY, 2.0, f64::NAN]);
        assert_eq!((found.1, found.2), (Some(3), 3));
    }

    #[test]
    fn a_run_that_goes_on_stops_where_it_would_have_stopped() {
        let rule = Some(EarlyStopping { patience: 3, min_delta: 0.5 });
        let losses = [3.0, 2.0, 1.9, 1.8, 1.7];
        let mut whole = Watch::new(rule, false);
        let stops: Vec<bool> = losses.iter().enumerate().map(|(at, &loss)| whole.after(at + 1, loss, &[at])).collect();
        let mut resumed = Watch::new(rule, false);
        resumed.remember(Some((3, 1.9, &[2])), (1..).zip(losses).take(3));
        let rest: Vec<bool> = (3..5).map(|at| resumed.after(at + 1, losses[at], &[at])).collect();
        assert_eq!((rest.as_slice(), resumed.best()), (&stops[3..], whole.best()));
        assert_eq!(stops, [false, false, false, false, true]);
    }

    #[test]
    fn a_loss_that_is_lower_by_too_little_does_not_count_as_better() {
        let mut watch = Watch::new(Some(EarlyStopping { patience: 2, min_delta: 0.5 }), false);
        let losses = [3.0, 2.75, 2.25, 2.0, 1.75];
        let stops: Vec<bool> =
            losses.iter().enumerate().map(|(at, &loss)| watch.after(at + 1, loss, &[at + 1])).collect();
        // 2.75 is not better than 3 by more than 0.5, 2.25 is, and neither is 2 nor 1.75.
        assert_eq!(stops, [false, false, false, false, true]);
        // Training goes on until a loss is better by enough; the epoch that is kept is the lowest all the same.
        assert_eq!(watch.best(), Some((5, 1.75, &[5][..])));
    }
}
