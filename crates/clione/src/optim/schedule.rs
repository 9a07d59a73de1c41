//! The schedules: how the learning rate changes while a network is trained.

use super::optimizer::power;
use crate::base::error::{Error, Result};

/// How far training has come; epochs and steps count from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The epoch that is running.
    pub epoch: u64,
    /// The step that is running, counted over all epochs.
    pub step: u64,
    /// How many steps an epoch has.
    pub steps_per_epoch: u64,
    /// How many epochs are planned.
    pub epochs: u64,
    /// What is left of the rate after it was lowered for a loss that stood still ([`super::plateau`]); 1 at first.
    pub reduction: f64,
}

impl Progress {
    /// How many steps are planned in all.
    fn steps(&self) -> u64 {
        self.epochs * self.steps_per_epoch
    }
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
            /// let halfway = Progress { epoch: 5, step: 50, steps_per_epoch: 10, epochs: 10, reduction: 1.0 };
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
        let steps = progress.steps().max(1);
        floor + (1.0 - floor) * 0.5 * (1.0 + cosine_of_half_turns(progress.step as f64 / steps as f64))
    };

    /// η is multiplied by `factor` when the validation loss (the training loss, where none is measured) has stood still for more than `patience` epochs (PyTorch's count, with its threshold as an absolute number; Keras counts one epoch less)
    "plateau" => Plateau {
        /// What the rate is multiplied by
        factor = 0.1,
        /// Epochs without a better loss that are allowed
        patience = 10.0,
        /// By how much a loss must be lower to count as better
        min_delta = 1e-4,
        /// The share of the rate that is left at the least
        floor = 0.0,
    }, |progress| {
        let _ = (factor, patience, min_delta);
        progress.reduction.max(floor)
    };

    /// From η / `start_divisor` along half a cosine wave up to η, and along another down to η / (`start_divisor` · `final_divisor`) (Smith and Topin 2018; PyTorch's shape and defaults, without its change of momentum)
    "one_cycle" => OneCycle {
        /// The share of the steps in which the rate rises
        rise = 0.3,
        /// What the rate is divided by in the first step
        start_divisor = 25.0,
        /// What the first rate is divided by in the last step
        final_divisor = 1e4,
    }, |progress| {
        let (first, last_step) = (1.0 / start_divisor, progress.steps().saturating_sub(1) as f64);
        let (step, top) = (progress.step as f64, rise * progress.steps() as f64 - 1.0);
        let between = |from: f64, to: f64, share: f64| to + (from - to) * 0.5 * (1.0 + cosine_of_half_turns(share.min(1.0)));
        if step <= top && top > 0.0 {
            between(first, 1.0, step / top)
        } else {
            between(1.0, first / final_divisor, (step - top) / (last_step - top))
        }
    };

    /// η / (1 + `decay` · epoch): the steps become ever smaller, but their sum has no bound (Robbins and Monro 1951)
    "inverse_time" => InverseTime {
        /// How fast the rate falls
        decay = 0.1,
    }, |progress| 1.0 / (1.0 + decay * progress.epoch as f64);
}

/// What a setting may be, and that in words.
type Range = (fn(f64) -> bool, &'static str);

/// The settings that are no shares.
const RANGES: &[(&str, Range)] = &[
    ("every", (|value| value >= 1.0 && value.fract() == 0.0, "a whole number of epochs, at least 1")),
    ("patience", (|value| value >= 0.0 && value.fract() == 0.0, "a whole number of epochs, at least 0")),
    ("min_delta", (|value| value >= 0.0 && value.is_finite(), "0 or a positive number")),
    ("decay", (|value| value >= 0.0 && value.is_finite(), "0 or a positive number")),
    ("rise", (|value| value > 0.0 && value < 1.0, "more than 0 and less than 1")),
    ("start_divisor", (|value| value >= 1.0 && value.is_finite(), "a number of at least 1")),
    ("final_divisor", (|value| value >= 1.0 && value.is_finite(), "a number of at least 1")),
];

/// Every other setting.
const SHARE: Range = (|value| (0.0..=1.0).contains(&value), "at least 0 and at most 1");

impl Schedule {
    /// Fails when a setting is out of its range.
    pub fn check(self) -> Result<()> {
        for (name, value) in self.settings() {
            let (holds, range) = RANGES.iter().find(|(known, _)| *known == name).map_or(SHARE, |(_, range)| *range);
            if !holds(value) {
                let schedule = self.name();
                return Err(Error::usage(format!("schedule {schedule}: {name} is {range}, but this one is {value}")));
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

    /// The factors of 30 epochs of 10 steps, while the loss falls.
    fn factors(schedule: Schedule) -> Vec<f64> {
        let at = |step| Progress { epoch: step / 10, step, steps_per_epoch: 10, epochs: 30, reduction: 1.0 };
        (0..300).map(|step| schedule.factor(at(step))).collect()
    }

    #[test]
    fn every_schedule_reaches_the_full_rate_and_never_exceeds_it() {
        for &schedule in Schedule::all() {
            assert_eq!(Schedule::named(schedule.name()), Some(schedule));
            schedule.check().expect("defaults are in range");
            let factors = factors(schedule);
            assert!(factors.iter().all(|factor| (0.0..=1.0 + 1e-15).contains(factor)), "{schedule:?}");
            assert!(factors.iter().any(|factor| (factor - 1.0).abs() < 1e-15), "{schedule:?}");
        }
    }

    #[test]
    fn one_cycle_rises_then_falls_and_needs_no_step_to_rise_in() {
        let factors = factors(Schedule::named("one_cycle").expect("a schedule"));
        assert!(factors[..90].is_sorted() && factors[89..].iter().rev().is_sorted());
        assert!((factors[0] - 0.04).abs() < 1e-15 && (factors[299] - 4e-6).abs() < 1e-15);
        for steps in 1..=4 {
            let at = |step| Progress { epoch: 0, step, steps_per_epoch: steps, epochs: 1, reduction: 1.0 };
            let last = Schedule::named("one_cycle").expect("a schedule").factor(at(steps - 1));
            assert!((last - 4e-6).abs() < 1e-15, "{steps} steps: {last}");
        }
    }

    #[test]
    fn a_setting_out_of_its_range_is_refused() {
        for (name, setting, value) in [("one_cycle", "rise", 1.0), ("plateau", "patience", 0.5), ("step", "every", 0.0)]
        {
            let mut schedule = Schedule::named(name).expect("a schedule");
            assert!(schedule.set(setting, value));
            assert!(schedule.check().expect_err(name).headline().contains(setting));
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
