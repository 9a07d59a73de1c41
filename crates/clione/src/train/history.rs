//! What was measured while a network was trained.

/// One epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Its number, from 1.
    pub number: usize,
    /// The mean loss of its batches, each before its update.
    pub loss: f64,
    /// The loss on the validation rows after the epoch.
    pub validation_loss: Option<f64>,
    /// The learning rate of its last step.
    pub learning_rate: f64,
}

/// How training went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Every epoch, in order.
    pub epochs: Vec<Epoch>,
    /// The epoch whose parameters the model has at the end, where early stopping chose one.
    pub best_epoch: Option<usize>,
    /// Whether training ended before the planned number of epochs.
    pub stopped_early: bool,
}
