//! How far a training run is, for the one who waits.

use crate::output::Output;
use clione::prelude::*;
use clione::train::history::Epoch;
use std::time::{Duration, Instant};

/// How far a training run is: one line that is redrawn on a terminal, some plain lines elsewhere.
pub struct Progress<'a> {
    output: &'a Output,
    epochs: usize,
    /// When the run began.
    pub started: Instant,
    shown: Instant,
    losses: Vec<f64>,
}

impl<'a> Progress<'a> {
    /// Nothing has been done yet.
    pub fn new(recipe: &Recipe, output: &'a Output) -> Self {
        let now = Instant::now();
        Progress { output, epochs: recipe.fit.epochs, started: now, shown: now, losses: Vec::new() }
    }

    /// Tells of an epoch.
    pub fn after(&mut self, epoch: &Epoch) {
        self.losses.push(epoch.validation_loss.unwrap_or(epoch.loss));
        let validation = epoch.validation_loss.map_or(String::new(), |loss| format!("  validation {loss:.4}"));
        let line = format!("epoch {}/{}  loss {:.4}{validation}", epoch.number, self.epochs, epoch.loss);
        if self.output.is_watched() {
            if self.shown.elapsed() >= Duration::from_millis(50) || epoch.number == 1 {
                self.shown = Instant::now();
                let per_epoch = self.started.elapsed().as_secs_f64() / epoch.number as f64;
                let left = per_epoch * (self.epochs - epoch.number) as f64;
                self.output.progress(&format!("{line}  {left:.0} s left  {}", sparkline(&self.losses)));
            }
        } else if epoch.number.is_multiple_of(self.epochs.div_ceil(10))
            || epoch.number == self.epochs
            || epoch.number == 1
        {
            self.output.hint(&format!("{line}\n"));
        }
    }
}

/// The course of some numbers in twenty characters.
fn sparkline(numbers: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let size = numbers.len().div_ceil(20).max(1);
    let means: Vec<f64> = numbers.chunks(size).map(|part| part.iter().sum::<f64>() / part.len() as f64).collect();
    let (least, most) =
        means.iter().fold((f64::MAX, f64::MIN), |(least, most), &mean| (least.min(mean), most.max(mean)));
    let bar = |mean: &f64| BARS[((mean - least) / (most - least).max(1e-300) * 7.0).round() as usize % 8];
    means.iter().map(bar).collect()
}
