//! The learning-rate range test: a few steps with an ever larger rate show which rates a network learns from.

use super::evaluate::Units;
use super::file::Source;
use super::fit::Fit;
use super::recipe::{Precision, Recipe};
use crate::base::error::{Error, Result};
use crate::base::real::Real;
use crate::base::rng::{Purpose, Rng};
use crate::cpu::executor::Draw;
use crate::cpu::simd::Element;
use crate::data::batches::batches;
use crate::data::dataset::Dataset;
use crate::nn::model::Model;
use crate::optim::optimizer::Sees;
use std::borrow::Cow;

/// Which rates are tried, and when to end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeTest {
    /// The first rate.
    pub lowest: f64,
    /// The last rate.
    pub highest: f64,
    /// How many steps lie between them, each with a rate that is larger by the same factor.
    pub steps: usize,
    /// How much of the smoothed loss stays in each step.
    pub smoothing: f64,
    /// Ends when the smoothed loss is so many times as high as its lowest.
    pub rise: f64,
}

impl Default for RangeTest {
    fn default() -> Self {
        RangeTest { lowest: 1e-7, highest: 10.0, steps: 200, smoothing: 0.9, rise: 4.0 }
    }
}

/// One step of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// The learning rate.
    pub learning_rate: f64,
    /// The loss of the batch, before its update.
    pub loss: f64,
    /// The mean of the losses so far, in which earlier ones count less and less.
    pub smoothed: f64,
}

/// What the test has shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Every step, in the order of the rates.
    pub trials: Vec<Trial>,
    /// The rate at which the smoothed loss falls fastest, by the logarithm of the rate.
    pub steepest: Option<f64>,
    /// A tenth of the rate at which the smoothed loss is lowest: at the lowest itself, learning is about to break.
    pub below_lowest: Option<f64>,
}

impl Finding {
    /// The rate to train with: where the loss falls fastest, or a tenth of where it is lowest, whichever is smaller; nothing
    /// where the loss never fell. Rounded to two digits.
    pub fn suggestion(&self) -> Option<f64> {
        let rate = self.steepest?.min(self.below_lowest?);
        format!("{rate:.1e}").parse().ok()
    }
}

/// How many of the first and of the last steps are not looked at: a mean of few losses says little, and the last losses rise.
const EDGES: (usize, usize) = (10, 5);

impl RangeTest {
    /// Trains `model`, which is best fresh, with ever larger rates as `fit` says otherwise (Smith 2017); the schedule is left
    /// out. The parameters are of no use afterwards.
    ///
    /// Fails where [`Fit::run`] does, or when the optimizer finds the length of its steps itself; a loss that leaves the
    /// finite numbers is where the test ends.
    ///
    /// ```
    /// use clione::prelude::*;
    /// use clione::train::find_learning_rate::RangeTest;
    /// let rows: Vec<[f64; 1]> = (0..64).map(|row| [f64::from(row) / 32.0 - 1.0]).collect();
    /// let data = Dataset::from_rows(&rows, &rows);
    /// let mut model = Model::<f32>::new(Network::new([1]).add(Dense::new(8)).add(Dense::new(1)), 0)?;
    /// let finding = RangeTest::default().run(&Fit::default(), &mut model, &data)?;
    /// assert!((1e-4..1.0).contains(&finding.suggestion().expect("it learns")));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn run<T: Element>(&self, fit: &Fit, model: &mut Model<T>, training: &Dataset) -> Result<Finding> {
        self.check()?;
        fit.check()?;
        if fit.optimizer.sees() == Sees::All {
            let name = fit.optimizer.name();
            return Err(Error::usage(format!("{name} finds the length of its steps itself: there is no rate to find")));
        }
        let (_, feed, mut trainer) = fit.equip(model, training, fit.cpu())?;
        let batch_size = fit.batch_size.min(training.rows());
        let steps_per_epoch = training.rows().div_ceil(batch_size);
        let mut order = Vec::new();
        let mut trials: Vec<Trial> = Vec::with_capacity(self.steps);
        let (mut sum, mut weight, mut lowest) = (0.0, 0.0, f64::INFINITY);
        for number in 0..self.steps {
            let (epoch, step) = (number / steps_per_epoch, number % steps_per_epoch);
            if step == 0 {
                order = Rng::new(fit.seed).stream(Purpose::Shuffle, epoch as u32, 0).permutation(training.rows());
            }
            let rows = batches(&order, batch_size).nth(step).expect("a step of this epoch");
            feed.load(training, rows, trainer.executor(rows.len()));
            let learning_rate = self.rate(number);
            let draw = Draw { seed: fit.seed, epoch: epoch as u32, step: step as u32 };
            let loss = trainer.step(model, rows.len(), learning_rate, draw).to_f64();
            if !loss.is_finite() {
                break;
            }
            sum = self.smoothing * sum + (1.0 - self.smoothing) * loss;
            weight = self.smoothing * weight + (1.0 - self.smoothing);
            let smoothed = sum / weight;
            trials.push(Trial { learning_rate, loss, smoothed });
            lowest = smoothed.min(lowest);
            if smoothed > self.rise * lowest {
                break;
            }
        }
        Ok(finding(trials))
    }

    /// As [`RangeTest::run`], with fresh models of a recipe; `training` is prepared as `source` says.
    pub fn run_recipe(&self, recipe: &Recipe, source: &Source, training: &Dataset) -> Result<Finding> {
        let network = recipe.network(source.example(), training.targets())?;
        let (fit, units) = (&recipe.fit, source.units());
        let training =
            if units == Units::PLAIN { Cow::Borrowed(training) } else { Cow::Owned(units.standardise(training)?) };
        match recipe.precision {
            Precision::F32 => self.run(fit, &mut Model::<f32>::new(network, fit.seed)?, &training),
            Precision::F64 => self.run(fit, &mut Model::<f64>::new(network, fit.seed)?, &training),
        }
    }

    /// lowest · (highest / lowest)^(number / (steps - 1)).
    fn rate(&self, number: usize) -> f64 {
        let share = number as f64 / (self.steps - 1) as f64;
        self.lowest * Real::exp(share * Real::ln(self.highest / self.lowest))
    }

    fn check(&self) -> Result<()> {
        let RangeTest { lowest, highest, steps, smoothing, rise } = *self;
        if !(lowest > 0.0 && lowest < highest && highest.is_finite()) {
            return Err(Error::usage(format!("rates from {lowest} to {highest}: expected 0 < first < last")));
        }
        let fits = steps > EDGES.0 + EDGES.1 + SLOPE && (0.0..1.0).contains(&smoothing) && rise > 1.0;
        if fits { Ok(()) } else { Err(Error::usage(format!("these settings of the range test do not fit: {self:?}"))) }
    }
}

/// Over how many steps a slope is taken: the losses of single batches are noisy.
const SLOPE: usize = 11;

/// By how much of itself the loss must fall for anything to be suggested.
const LEAST_FALL: f64 = 0.03;

/// How far below the rate of the lowest loss the steepest fall is looked for: what falls long before is chance.
const RANGE: f64 = 1000.0;

/// Reads the curve of a test.
fn finding(trials: Vec<Trial>) -> Finding {
    let seen = trials.get(EDGES.0..trials.len().saturating_sub(EDGES.1)).unwrap_or_default();
    let lowest = seen.iter().min_by(|a, b| a.smoothed.total_cmp(&b.smoothed));
    let fell = lowest.filter(|lowest| lowest.smoothed < (1.0 - LEAST_FALL) * seen[0].smoothed);
    let (mut steepest, mut below_lowest) = (None, None);
    if let Some(lowest) = fell {
        // Rates grow by one factor, so a difference over as many steps is a slope by the logarithm of the rate.
        let slope = |part: &[Trial]| part[SLOPE - 1].smoothed - part[0].smoothed;
        let rates = lowest.learning_rate / RANGE..=lowest.learning_rate;
        let falling = seen.windows(SLOPE).filter(|part| rates.contains(&part[SLOPE / 2].learning_rate));
        let part = falling.min_by(|a, b| slope(a).total_cmp(&slope(b)));
        steepest = part.filter(|part| slope(part) < 0.0).map(|part| part[SLOPE / 2].learning_rate);
        below_lowest = steepest.map(|_| lowest.learning_rate / 10.0);
    }
    Finding { trials, steepest, below_lowest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;
    use crate::nn::layers::Dense;
    use crate::nn::network::Network;
    use crate::optim::optimizer::Optimizer;

    fn rows() -> Dataset {
        let inputs: Vec<[f64; 2]> = (0..200)
            .map(|row| [f64::from(row * 37 % 101) / 50.0 - 1.0, f64::from(row * 53 % 89) / 44.0 - 1.0])
            .collect();
        let targets: Vec<[f64; 1]> = inputs.iter().map(|[a, b]| [2.0 * a - b]).collect();
        Dataset::from_rows(&inputs, &targets)
    }

    fn model() -> Model<f64> {
        let network = Network::new([2]).add(Dense::new(16).activation(Activation::Tanh)).add(Dense::new(1));
        Model::new(network, 1).expect("layers fit")
    }

    #[test]
    fn the_suggested_rate_learns_and_the_rates_around_the_end_of_the_test_do_not() {
        let data = rows();
        for optimizer in ["sgd", "adam"] {
            let fit = Fit { optimizer: Optimizer::named(optimizer).expect("it is there"), epochs: 5, ..Fit::default() };
            let finding = RangeTest::default().run(&fit, &mut model(), &data).expect("it can be tested");
            assert!(
                finding.trials.len() > 100
                    && finding.trials.windows(2).all(|two| two[0].learning_rate < two[1].learning_rate)
            );
            let learning_rate = finding.suggestion().expect("it learns");
            let last_loss = |learning_rate: f64| {
                let history = Fit { learning_rate, ..fit.clone() }.run(&mut model(), &data, None);
                history.map_or(f64::INFINITY, |history| history.epochs[4].loss)
            };
            let found = last_loss(learning_rate);
            assert!(found < 0.5 * last_loss(learning_rate / 1000.0), "{optimizer} {learning_rate}: {found}");
            assert!(found < last_loss(10.0), "{optimizer} {learning_rate}: {found}");
        }
    }

    #[test]
    fn a_curve_that_never_falls_suggests_nothing() {
        let trial = |at: usize| Trial { learning_rate: at as f64, loss: 1.0, smoothed: 1.0 + at as f64 };
        assert_eq!(finding((1..50).map(trial).collect()).suggestion(), None);
        assert_eq!(finding((1..3).map(trial).collect()).suggestion(), None);
        let noisy = |at: usize| Trial { smoothed: 1.0 + 0.01 * (at % 3) as f64, ..trial(at) };
        assert_eq!(finding((1..50).map(noisy).collect()).suggestion(), None);
    }
}
