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
    /// Accuracy on the validation rows after the epoch, or R² of the numbers as they are learned; none for a network of several
    /// outputs or columns.
    pub validation_metric: Option<f64>,
    /// The learning rate of its last step.
    pub learning_rate: f64,
}

/// How training went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Every epoch, in order.
    pub epochs: Vec<Epoch>,
    /// The epoch whose parameters the model has at the end: the one with the lowest validation loss, where that is kept.
    pub best_epoch: Option<usize>,
    /// Why training ended before the planned number of epochs, where it did.
    pub stopped: Option<Stopped>,
}

impl History {
    /// The epoch whose parameters the model has: the one with the lowest validation loss where that was kept, else the last one.
    pub fn kept(&self) -> Option<&Epoch> {
        let number = self.best_epoch.unwrap_or(self.epochs.len());
        self.epochs.iter().find(|epoch| epoch.number == number)
    }
}

/// Why training ended before all epochs were over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The validation loss had not become better for a while.
    Patience,
    /// Every slope was next to 0: the lowest point around.
    Flat,
    /// The last step hardly made the loss smaller.
    Settled,
    /// The line search found no lower point along its direction.
    NoLowerPoint,
    /// The one who watched asked for an end.
    Asked,
    /// It had ended when it was kept, and the checkpoint does not say why.
    Earlier,
}

impl Stopped {
    /// The reason in a few words.
    pub fn reason(self) -> &'static str {
        match self {
            Stopped::Patience => "the validation loss got no better",
            Stopped::Flat => "every slope is next to 0",
            Stopped::Settled => "the loss hardly falls any more",
            Stopped::NoLowerPoint => "the line search found no lower point",
            Stopped::Asked => "it was asked to end",
            Stopped::Earlier => "it had ended before it was taken up again",
        }
    }
}
