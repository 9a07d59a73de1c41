//! L-BFGS: walks to the lowest point of a smooth function, guided by the gradients of its last few steps.
//!
//! A step goes along -H·g, where H guesses the inverse of the second derivatives from the last pairs of step and change of
//! gradient; H itself is never written down (two-loop recursion, Nocedal 1980). How far it goes is found by a line search
//! for the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6). Everything is summed in one order, so
//! the same function gives the same bits.

use std::collections::VecDeque;

/// When to end, and how much to remember; the defaults are those of SciPy's `L-BFGS-B`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How many of the last steps guide the next one.
    pub memory: usize,
    /// The most steps.
    pub iterations: usize,
    /// Ends when no part of the gradient is larger than this.
    pub gradient_tolerance: f64,
    /// Ends when a step makes the value smaller by no more than this share of it (of 1, where it is smaller than 1).
    pub value_tolerance: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { memory: 10, iterations: 15_000, gradient_tolerance: 1e-5, value_tolerance: 2.220_446_049_250_313e-9 }
    }
}

/// Why the walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The gradient is as small as was asked for.
    Flat,
    /// The value hardly changes any more.
    Settled,
    /// All steps were taken.
    Iterations,
    /// No step made the value smaller: it is as low as rounding lets it become, or the gradient is not that of the value.
    NoLowerPoint,
    /// The watcher asked for an end.
    Stopped,
    /// The value where the walk began is not a finite number.
    NotFinite,
}

/// Where the walk ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The value there.
    pub value: f64,
    /// The largest part of the gradient there.
    pub largest_gradient: f64,
    /// How many steps were taken.
    pub iterations: usize,
    /// How often the function was worked out.
    pub evaluations: usize,
    /// Why it ended.
    pub ended: Ended,
}

/// How much the value must fall for its slope: f(x + t·d) ≤ f(x) + `LEAST_FALL` · t · slope.
const LEAST_FALL: f64 = 1e-4;

/// How much flatter the slope must become: |slope there| ≤ `FLATTER` · |slope here|.
const FLATTER: f64 = 0.9;

/// How many points one line search may look at.
const TRIALS: usize = 30;

/// Moves `x` to a point where `objective` is small. `objective` gives the value at a point and writes the gradient.
///
/// ```
/// use clione::optim::lbfgs::{Ended, Settings, minimise};
/// let mut x = [5.0];
/// let outcome = minimise(&mut x, |x, gradient| { gradient[0] = 2.0 * (x[0] - 3.0); (x[0] - 3.0).powi(2) }, &Settings::default());
/// assert!((x[0] - 3.0).abs() < 1e-6 && outcome.ended == Ended::Flat);
/// ```
pub fn minimise(x: &mut [f64], objective: impl FnMut(&[f64], &mut [f64]) -> f64, settings: &Settings) -> Outcome {
    minimise_watched(x, objective, settings, |_, _| true)
}

/// As [`minimise`]; calls `watch` with each new point and what is known there, and ends where it answers false.
pub fn minimise_watched(
    x: &mut [f64],
    mut objective: impl FnMut(&[f64], &mut [f64]) -> f64,
    settings: &Settings,
    mut watch: impl FnMut(&[f64], &Outcome) -> bool,
) -> Outcome {
    let mut walk = Walk::start(x, settings.memory, &mut objective);
    let mut iterations = 0;
    loop {
        let mut outcome = Outcome {
            value: walk.value,
            largest_gradient: walk.largest_gradient(),
            iterations,
            evaluations: walk.evaluations,
            ended: Ended::Iterations,
        };
        let end = if !walk.value.is_finite() {
            Some(Ended::NotFinite)
        } else if outcome.largest_gradient <= settings.gradient_tolerance {
            Some(Ended::Flat)
        } else if iterations > 0 && !watch(x, &outcome) {
            Some(Ended::Stopped)
        } else if iterations > 0 && walk.is_settled(settings.value_tolerance) {
            Some(Ended::Settled)
        } else if iterations == settings.iterations {
            Some(Ended::Iterations)
        } else if !walk.step(x, &mut objective) {
            Some(Ended::NoLowerPoint)
        } else {
            None
        };
        match end {
            Some(ended) => {
                (outcome.ended, outcome.evaluations) = (ended, walk.evaluations);
                return outcome;
            }
            None => iterations += 1,
        }
    }
}

/// One step that was taken: s = x' - x, y = g' - g, and 1 / sᵀy.
struct Step {
    s: Vec<f64>,
    y: Vec<f64>,
    inverse: f64,
}

/// The last steps, the oldest first.
struct Memory {
    steps: VecDeque<Step>,
    capacity: usize,
}

impl Memory {
    /// d = -H·g by the two-loop recursion; H = sᵀy / yᵀy · 1 before the first remembered step.
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut d: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut shares = Vec::with_capacity(self.steps.len());
        for step in self.steps.iter().rev() {
            let share = step.inverse * dot(&step.s, &d);
            add_scaled(&mut d, -share, &step.y);
            shares.push(share);
        }
        if let Some(last) = self.steps.back() {
            let scale = 1.0 / (last.inverse * dot(&last.y, &last.y));
            d.iter_mut().for_each(|d| *d *= scale);
        }
        for (step, share) in self.steps.iter().zip(shares.into_iter().rev()) {
            let turned = step.inverse * dot(&step.y, &d);
            add_scaled(&mut d, share - turned, &step.s);
        }
        d
    }

    /// Remembers a step, unless the function is not curved upwards along it: H would no longer lead downhill.
    fn remember(&mut self, s: Vec<f64>, y: Vec<f64>) {
        let curvature = dot(&s, &y);
        if curvature > f64::EPSILON * dot(&y, &y) && self.capacity > 0 {
            if self.steps.len() == self.capacity {
                self.steps.pop_front();
            }
            self.steps.push_back(Step { s, y, inverse: 1.0 / curvature });
        }
    }
}

/// A point of a line search: how far along the line, the value, and the slope along it.
#[derive(Clone, Copy)]
struct Point {
    at: f64,
    value: f64,
    slope: f64,
}

/// What is worked out at a point: the value, and the gradient, which it writes.
pub type Objective<'a> = &'a mut dyn FnMut(&[f64], &mut [f64]) -> f64;

/// A walk that is taken step by step, and what is known where it is; every step is given the same function.
pub struct Walk {
    memory: Memory,
    value: f64,
    last_value: f64,
    gradient: Vec<f64>,
    evaluations: usize,
    /// How far the last step went along its direction.
    length: f64,
    /// The point that was looked at last, and the gradient there.
    trial: Vec<f64>,
    trial_gradient: Vec<f64>,
}

impl Walk {
    /// A walk from `x` in which the last `memory` steps guide the next one.
    pub fn start(x: &[f64], memory: usize, objective: Objective<'_>) -> Self {
        Walk::resume(x, memory, Vec::new(), objective)
    }

    /// A walk that has come to `x`; `pairs` is what [`Walk::pairs`] gave there.
    pub fn resume(x: &[f64], memory: usize, pairs: Vec<(Vec<f64>, Vec<f64>)>, objective: Objective<'_>) -> Self {
        let mut gradient = vec![0.0; x.len()];
        let value = objective(x, &mut gradient);
        let trial_gradient = gradient.clone();
        let mut memory = Memory { steps: VecDeque::new(), capacity: memory };
        pairs.into_iter().for_each(|(s, y)| memory.remember(s, y));
        Walk {
            memory,
            value,
            last_value: value,
            gradient,
            evaluations: 1,
            length: 0.0,
            trial: x.to_vec(),
            trial_gradient,
        }
    }

    /// The value where the walk is.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The largest part of the gradient there.
    pub fn largest_gradient(&self) -> f64 {
        self.gradient.iter().fold(0.0, |largest, g| g.abs().max(largest))
    }

    /// The gradient there.
    pub fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// How far the last step went along its direction.
    pub fn length(&self) -> f64 {
        self.length
    }

    /// The steps that guide the next one and what each changed in the gradient, the oldest first.
    pub fn pairs(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        self.memory.steps.iter().map(|step| (step.s.as_slice(), step.y.as_slice()))
    }

    /// Whether the last step changed the value by no more than this share.
    pub fn is_settled(&self, tolerance: f64) -> bool {
        let size = self.value.abs().max(self.last_value.abs()).max(1.0);
        self.last_value - self.value <= tolerance * size
    }

    /// Takes one step; false where there is no lower point along -H·g nor along -g.
    pub fn step(&mut self, x: &mut [f64], objective: Objective<'_>) -> bool {
        let mut d = self.memory.direction(&self.gradient);
        let mut slope = dot(&d, &self.gradient);
        if !(slope < 0.0 && slope.is_finite()) {
            self.memory.steps.clear();
            d = self.memory.direction(&self.gradient);
            slope = dot(&d, &self.gradient);
        }
        let mut found = self.search(x, &d, slope, objective);
        if found.is_none() && !self.memory.steps.is_empty() {
            self.memory.steps.clear();
            d = self.memory.direction(&self.gradient);
            slope = dot(&d, &self.gradient);
            found = self.search(x, &d, slope, objective);
        }
        let Some(point) = found else { return false };
        let difference = |new: &[f64], old: &[f64]| new.iter().zip(old).map(|(new, old)| new - old).collect();
        self.memory.remember(difference(&self.trial, x), difference(&self.trial_gradient, &self.gradient));
        x.copy_from_slice(&self.trial);
        std::mem::swap(&mut self.gradient, &mut self.trial_gradient);
        (self.last_value, self.value, self.length) = (self.value, point.value, point.at);
        true
    }

    fn look(&mut self, x: &[f64], d: &[f64], at: f64, objective: Objective<'_>) -> Point {
        for ((trial, x), d) in self.trial.iter_mut().zip(x).zip(d) {
            *trial = x + at * d;
        }
        let value = objective(&self.trial, &mut self.trial_gradient);
        self.evaluations += 1;
        Point { at, value, slope: dot(&self.trial_gradient, d) }
    }

    /// A point along `d` that holds the strong Wolfe conditions, or at least a lower one; it is then the trial point.
    fn search(&mut self, x: &[f64], d: &[f64], slope: f64, objective: Objective<'_>) -> Option<Point> {
        // Without a memory -g says where to, but not how far.
        let first = if self.memory.steps.is_empty() { (1.0 / norm(d)).min(1.0) } else { 1.0 };
        let start = Point { at: 0.0, value: self.value, slope };
        let falls = |point: &Point| point.value <= start.value + LEAST_FALL * point.at * slope;
        let (mut low, mut high, mut next) = (start, None, first);
        for _ in 0..TRIALS {
            let point = self.look(x, d, next, objective);
            let is_usable = point.value.is_finite() && point.slope.is_finite();
            if !is_usable || !falls(&point) || point.value >= low.value {
                high = Some(point);
            } else if point.slope.abs() <= -FLATTER * slope {
                return Some(point);
            } else {
                // The lowest point lies on the side to which the slope falls.
                if high.map_or(point.slope >= 0.0, |high: Point| point.slope * (high.at - low.at) >= 0.0) {
                    high = Some(low);
                }
                low = point;
            }
            next = match high {
                Some(high) => between(&low, &high),
                None => next * 2.0,
            };
            if next == low.at {
                break;
            }
        }
        // Rounding may hide the flatter point: a lower one is still worth a step.
        (low.at > 0.0 && low.value < start.value).then(|| self.look(x, d, low.at, objective))
    }
}

/// The lowest point of the cubic through two points with their slopes, kept off their ends; the middle where there is none.
fn between(low: &Point, high: &Point) -> f64 {
    let width = high.at - low.at;
    let a = low.slope + high.slope - 3.0 * (high.value - low.value) / width;
    let root = (a * a - low.slope * high.slope).sqrt().copysign(width);
    let share = 1.0 - (high.slope + root - a) / (high.slope - low.slope + 2.0 * root);
    if share.is_finite() { low.at + share.clamp(0.1, 0.9) * width } else { low.at + 0.5 * width }
}

/// y += a·x.
fn add_scaled(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

fn norm(numbers: &[f64]) -> f64 {
    dot(numbers, numbers).sqrt()
}

/// Σ aᵢ·bᵢ over 16 lanes that are then added as a tree, so the order never changes.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 16];
    for (a, b) in a.chunks(16).zip(b.chunks(16)) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::real::Real;

    const EXACT: Settings = Settings { memory: 10, iterations: 1000, gradient_tolerance: 1e-10, value_tolerance: 0.0 };

    /// Σ 100·(xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)².
    fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut value = 0.0;
        for i in 0..x.len() - 1 {
            let (bend, rest) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
            value += 100.0 * bend * bend + rest * rest;
            gradient[i] -= 400.0 * x[i] * bend + 2.0 * rest;
            gradient[i + 1] += 200.0 * bend;
        }
        value
    }

    #[test]
    fn the_bottom_of_a_bent_valley_is_found_in_about_as_many_evaluations_as_scipy_needs() {
        // scipy.optimize.minimize(rosen, x0, jac=rosen_der, method="L-BFGS-B", options=dict(gtol=1e-10, ftol=0)):
        // 47 evaluations for two numbers, 98 for ten (SciPy 1.17.1).
        for (pairs, scipy) in [(1, 47), (5, 98)] {
            let mut x = [-1.2, 1.0].repeat(pairs);
            let outcome = minimise(&mut x, rosenbrock, &EXACT);
            assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-8), "{x:?} {outcome:?}");
            assert!(outcome.evaluations < scipy * 3 / 2, "{outcome:?}, SciPy {scipy}");
        }
    }

    #[test]
    fn a_bowl_that_is_a_million_times_as_steep_one_way_as_the_other_is_no_trouble() {
        let steepness: Vec<f64> = (0..7).map(|i| 10.0_f64.powi(i)).collect();
        let mut x = vec![1.0; 7];
        let outcome = minimise(
            &mut x,
            |x, gradient| {
                for ((g, x), a) in gradient.iter_mut().zip(x).zip(&steepness) {
                    *g = a * (x - 2.0);
                }
                x.iter().zip(&steepness).map(|(x, a)| 0.5 * a * (x - 2.0) * (x - 2.0)).sum()
            },
            &EXACT,
        );
        assert!(x.iter().all(|x| (x - 2.0).abs() < 1e-9), "{x:?} {outcome:?}");
        assert!(matches!(outcome.ended, Ended::Flat | Ended::NoLowerPoint | Ended::Settled), "{outcome:?}");
    }

    #[test]
    fn a_point_where_the_value_is_not_finite_is_stepped_back_from() {
        // -ln x + x, which is not a number below 0, from where the first step goes far below.
        let mut x = [30.0];
        let objective = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 - 1.0 / x[0];
            x[0] - Real::ln(x[0])
        };
        let outcome = minimise(&mut x, objective, &EXACT);
        assert!((x[0] - 1.0).abs() < 1e-8, "{x:?} {outcome:?}");
    }

    #[test]
    fn the_walk_ends_when_it_is_asked_to_or_has_nowhere_to_go() {
        let mut x = [-1.2, 1.0];
        let outcome = minimise_watched(&mut x, rosenbrock, &EXACT, |_, so_far| so_far.iterations < 3);
        assert_eq!((outcome.ended, outcome.iterations), (Ended::Stopped, 3));
        let outcome = minimise(&mut [1.0, 1.0], rosenbrock, &EXACT);
        assert_eq!((outcome.ended, outcome.evaluations), (Ended::Flat, 1));
        let outcome = minimise(&mut [f64::NAN, 1.0], rosenbrock, &EXACT);
        assert_eq!(outcome.ended, Ended::NotFinite);
        let uphill = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = -2.0 * x[0];
            x[0] * x[0]
        };
        assert_eq!(minimise(&mut [1.0], uphill, &EXACT).ended, Ended::NoLowerPoint);
    }
}
