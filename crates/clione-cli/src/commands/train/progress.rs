//! How far a training run is, for the one who waits.

use crate::output::Output;
use clione::prelude::*;
use clione::train::session::Moment;
use std::time::{Duration, Instant};

/// How often the line is redrawn on a terminal.
const REDRAWN: Duration = Duration::from_millis(50);

/// How long nothing may be said elsewhere.
const SILENCE: Duration = Duration::from_secs(60);

/// Over how many seconds the speed is averaged: a moment that is slow does not make the time left jump.
const AVERAGED: f64 = 10.0;

/// How far a training run is: one line that is redrawn on a terminal, some plain lines elsewhere.
pub struct Progress<'a> {
    output: &'a Output,
    epochs: usize,
    /// When the run began.
    pub started: Instant,
    shown: Instant,
    losses: Vec<f64>,
    /// What was said of the last epoch that ended.
    last_epoch: String,
    speed: Speed,
}

impl<'a> Progress<'a> {
    /// Nothing has been done yet.
    pub fn new(recipe: &Recipe, output: &'a Output) -> Self {
        let now = Instant::now();
        Progress {
            output,
            epochs: recipe.fit.epochs,
            started: now,
            shown: now,
            losses: Vec::new(),
            last_epoch: String::new(),
            speed: Speed { at: now, done: None, steps_per_second: None },
        }
    }

    /// Tells of a step, where it is worth it.
    pub fn after(&mut self, moment: &Moment<'_>) {
        if let Some(epoch) = &moment.ended {
            self.losses.push(epoch.validation_loss.unwrap_or(epoch.loss));
            let validation = epoch.validation_loss.map_or(String::new(), |loss| format!("  validation {loss:.4}"));
            self.last_epoch = format!("loss {:.4}{validation}", epoch.loss);
        }
        let silent = self.shown.elapsed();
        if self.output.is_watched() {
            let is_first = moment.ended.is_some() && self.losses.len() == 1;
            if silent >= REDRAWN || is_first {
                self.shown = Instant::now();
                let left = self.left(moment).map_or(String::new(), |left| format!("  {left} left"));
                self.output.progress(&format!("{}{left}  {}", self.line(moment), sparkline(&self.losses)));
            }
            return;
        }
        let is_tenth = |number: usize| {
            number.is_multiple_of(self.epochs.div_ceil(10)) || number == self.epochs || self.losses.len() == 1
        };
        if moment.ended.is_some_and(|epoch| is_tenth(epoch.number)) || silent >= SILENCE {
            self.shown = Instant::now();
            self.output.hint(&format!("{}\n", self.line(moment)));
        }
    }

    /// Where the run is, and the losses: of the last epoch, or of a step while there was none yet.
    fn line(&self, moment: &Moment<'_>) -> String {
        let Moment { epoch, step, steps_per_epoch, loss, .. } = *moment;
        let place = format!("epoch {epoch}/{}", self.epochs);
        match &moment.ended {
            Some(_) => format!("{place}  {}", self.last_epoch),
            None if self.last_epoch.is_empty() => format!("{place}  step {step}/{steps_per_epoch}  loss {loss:.4}"),
            None => format!("{place}  step {step}/{steps_per_epoch}  {}", self.last_epoch),
        }
    }

    /// How long the rest takes at the speed of the last seconds.
    fn left(&mut self, moment: &Moment<'_>) -> Option<String> {
        let steps = moment.steps_per_epoch as f64;
        let done = (moment.epoch - 1) as f64 * steps + moment.step as f64;
        let speed = self.speed.after(done, Instant::now())?;
        Some(time((self.epochs as f64 * steps - done) / speed))
    }
}

/// How many steps a second there are, with the last seconds counting most.
struct Speed {
    at: Instant,
    done: Option<f64>,
    steps_per_second: Option<f64>,
}

impl Speed {
    /// The speed once so many steps are done; nothing before a second look.
    fn after(&mut self, done: f64, now: Instant) -> Option<f64> {
        let seconds = (now - self.at).as_secs_f64();
        let Some(before) = self.done else {
            (self.at, self.done) = (now, Some(done));
            return None;
        };
        if seconds > 0.0 && done > before {
            let latest = (done - before) / seconds;
            let weight = 1.0 - (-seconds / AVERAGED).exp();
            let speed = self.steps_per_second.map_or(latest, |speed| speed + weight * (latest - speed));
            (self.at, self.done, self.steps_per_second) = (now, Some(done), Some(speed));
        }
        self.steps_per_second
    }
}

/// A time in its two largest units.
fn time(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match (whole / 86_400, whole / 3600, whole / 60) {
        (0, 0, 0) => format!("{whole} s"),
        (0, 0, minutes) => format!("{minutes} min {:02} s", whole % 60),
        (0, hours, minutes) => format!("{hours} h {:02} min", minutes % 60),
        (days, hours, _) => format!("{days} d {:02} h", hours % 24),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_its_two_largest_units() {
        let told = [0.4, 59.4, 61.0, 3600.0, 7384.0, 90_000.0].map(time);
        assert_eq!(told, ["0 s", "59 s", "1 min 01 s", "1 h 00 min", "2 h 03 min", "1 d 01 h"]);
    }

    #[test]
    fn a_slow_moment_hardly_changes_the_speed_and_a_lasting_one_does() {
        let start = Instant::now();
        let mut speed = Speed { at: start, done: None, steps_per_second: None };
        let mut now = start;
        let mut done = 0.0;
        let mut look = |steps: f64| {
            now += Duration::from_secs(1);
            done += steps;
            speed.after(done, now)
        };
        assert_eq!(look(100.0), None);
        assert_eq!(look(100.0), Some(100.0));
        assert!(look(10.0).expect("a speed") > 90.0);
        (0..40).for_each(|_| _ = look(10.0));
        assert!(look(10.0).expect("a speed") < 13.0);
    }
}
