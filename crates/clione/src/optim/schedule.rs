//! The schedules: how the learning rate changes while a network is trained.

use super::optimizer::power;
use crate::base::error::{Error, Result};

/// How far training has come; epochs and steps count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The epoch that is running.
    pub epoch: u64,
    /// The step that is running, counted over all epochs.
    pub step: u64,
    /// How many steps an epoch has.
    pub steps_per_epoch: u64,
    /// How many epochs are planned.
    pub epochs: u64,
}

macro_rules! schedules {
    ($($(#[doc = $doc:literal])* $name:literal => $variant:ident { $($(#[doc = $field_doc:literal])* $field:ident = $default:literal,)* }, |$progress:ident| $factor:expr;)*) => {
        /// The factor on the learning rate in the course of training.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Schedule {
            $($(#[doc = $doc])* $variant { $($(#[doc = $field_doc])* $field: f64,)* },)*
        }

        impl Schedule {
            /// Every schedule with its default settings, in the order of the table.
            pub fn all() -> &'static [Schedule] {
                &[$(Schedule::$variant { $($field: $default),* }),*]
            }

            /// The name that recipes, model files and the command line use.
            pub fn name(self) -> &'static str {
                match self { $(Schedule::$variant { .. } => $name,)* }
            }

            /// The schedule of this name with its default settings, if there is one.
            pub fn named(name: &str) -> Option<Schedule> {
                Schedule::all().iter().copied().find(|schedule| schedule.name() == name)
            }

            /// The formula and a word on it, as the documentation of the table has it.
            pub fn documentation(self) -> &'static [&'static str] {
                match self { $(Schedule::$variant { .. } => &[$($doc),*],)* }
            }

            /// Its settings by name.
            pub fn settings(self) -> Vec<(&'static str, f64)> {
                match self { $(Schedule::$variant { $($field),* } => vec![$((stringify!($field), $field)),*],)* }
            }

            /// The same schedule with one setting changed; `false` when it has no setting of this name.
            pub fn set(&mut self, setting: &str, value: f64) -> bool {
                match self {
                    $(Schedule::$variant { $($field),* } => {
                        $(if setting == stringify!($field) {
                            *$field = value;
                            return true;
                        })*
                        let _ = value;
                        false
                    })*
                }
            }

            /// What the learning rate is multiplied by at this point.
            ///
            /// ```
            /// use clione::optim::schedule::{Progress, Schedule};
            /// let halfway = Progress { epoch: 5, step: 50, steps_per_epoch: 10, epochs: 10 };
            /// assert!((Schedule::named("cosine").unwrap().factor(halfway) - 0.5).abs() < 1e-15);
            /// ```
            pub fn factor(self, at: Progress) -> f64 {
                match self {
                    $(Schedule::$variant { $($field),* } => { let $progress = at; $factor })*
                }
            }
        }
    };
}

schedules! {
    /// η stays as it is
    "constant" => Constant {}, |_progress| 1.0;

    /// η is multiplied by `factor` every `every` epochs
    "step" => Step {
        /// Epochs between two changes
        every = 10.0,
        /// What the rate is multiplied by
        factor = 0.1,
    }, |progress| power(factor, progress.epoch / (every.max(1.0) as u64));

    /// η is multiplied by `factor` after every epoch
    "exponential" => Exponential {
        /// What the rate is multiplied by
        factor = 0.95,
    }, |progress| power(factor, progress.epoch);

    /// η · (floor + (1 - floor) · (1 + cos(π · done)) / 2): half a cosine wave over all steps (Loshchilov and Hutter 2017, without restarts)
    "cosine" => Cosine {
        /// The share of the rate that is left at the end
        floor = 0.0,
    }, |progress| {
        let steps = (progress.epochs * progress.steps_per_epoch).max(1);
        floor + (1.0 - floor) * 0.5 * (1.0 + cosine_of_half_turns(progress.step as f64 / steps as f64))
    };
}

impl Schedule {
    /// Fails when a setting is out of its range.
    pub fn check(self) -> Result<()> {
        for (name, value) in self.settings() {
            let (valid, range) = match name {
                "every" => (value >= 1.0 && value.fract() == 0.0, "a whole number of epochs, at least 1"),
                _ => ((0.0..=1.0).contains(&value), "at least 0 and at most 1"),
            };
            if !valid {
                return Err(Error::usage(format!(
                    "schedule {}: {name} is {range}, but this one is {value}",
                    self.name()
                )));
            }
        }
        Ok(())
    }
}

/// A schedule behind a straight climb from 0 to the full rate over the first `steps` steps (none: 1).
///
/// ```
/// use clione::optim::schedule::warm_up;
/// assert_eq!((warm_up(4, 0), warm_up(4, 3), warm_up(0, 0)), (0.25, 1.0, 1.0));
/// ```
pub fn warm_up(steps: u64, step: u64) -> f64 {
    if step >= steps { 1.0 } else { (step + 1) as f64 / steps as f64 }
}

/// cos(πx) for 0 ≤ x ≤ 1, from its series around 1/2: the same bits everywhere, which the platform's `cos` does not promise.
fn cosine_of_half_turns(x: f64) -> f64 {
    let angle = (x - 0.5) * std::f64::consts::PI;
    let (mut term, mut sine) = (angle, angle);
    for k in 1..12 {
        term *= -angle * angle / f64::from(2 * k * (2 * k + 1));
        sine += term;
    }
    -sine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_begins_at_the_full_rate_and_never_exceeds_it() {
        for &schedule in Schedule::all() {
            assert_eq!(Schedule::named(schedule.name()), Some(schedule));
            let at = |step| schedule.factor(Progress { epoch: step / 10, step, steps_per_epoch: 10, epochs: 30 });
            assert!((at(0) - 1.0).abs() < 1e-15, "{schedule:?}");
            assert!((0..300).all(|step| (0.0..=1.0 + 1e-15).contains(&at(step))), "{schedule:?}");
        }
    }

    #[test]
    fn the_cosine_is_the_cosine() {
        for step in 0..=1000 {
            let x = f64::from(step) / 1000.0;
            assert!((cosine_of_half_turns(x) - (x * std::f64::consts::PI).cos()).abs() < 1e-15, "{x}");
        }
    }
}
