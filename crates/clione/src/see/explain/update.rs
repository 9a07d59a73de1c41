//! The first step of an optimizer for one weight, written out with its numbers.

use super::expression::Expression;
use crate::optim::clip::{Clip, scale_for};
use crate::optim::optimizer::{Adjustment, Optimizer, SMALLEST_MEAN, SMALLEST_SQUARE, Sees, Slices, unless_below};
use crate::optim::schedule::{Progress, warm_up};
use crate::train::fit::Fit;

/// What PyTorch's, and so our, clipping by the norm adds to it.
const ADDED_TO_NORM: f64 = 1e-6;

/// A weight and what its step is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved<'a> {
    /// What formulas call it: w.
    pub letter: &'a str,
    /// The weight before the step.
    pub weight: f64,
    /// dL/dw.
    pub gradient: f64,
    /// √Σg² over the gradients of all parameters: what clipping by the norm looks at.
    pub norm: f64,
    /// How many steps an epoch has, which some schedules ask for.
    pub steps_per_epoch: u64,
}

/// The first step for one weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The optimizer.
    pub optimizer: Optimizer,
    /// The step as formulas, one after another; the last one gives the new weight.
    pub lines: Vec<Line>,
    /// The weight before.
    pub before: f64,
    /// The weight that the formulas come to.
    pub written: f64,
    /// The weight that the optimizer made in fact.
    pub after: f64,
}

/// One formula of an [`Update`].
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What is worked out: m, v, g, w′.
    pub symbol: String,
    /// From what.
    pub formula: Expression,
    /// What it is.
    pub value: f64,
    /// What it means.
    pub meaning: String,
}

impl Update {
    /// Whether formulas and optimizer come to the same weight, but for the rounding of a few operations.
    pub fn agrees(&self) -> bool {
        let scale = self.before.abs().max(self.after.abs()).max((self.after - self.before).abs());
        (self.written - self.after).abs() <= 1e-14 * scale
    }
}

/// The first step of training, if this row alone were its first batch: the memories of the optimizer are still empty.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::explain::update::{Moved, first_update};
/// let fit = Fit { optimizer: Optimizer::named("sgd").unwrap(), learning_rate: 0.1, ..Fit::default() };
/// let moved = Moved { letter: "w", weight: 1.0, gradient: 0.5, norm: 0.5, steps_per_epoch: 1 };
/// let update = first_update(&fit, &moved);
/// assert_eq!((update.after, update.agrees()), (0.95, true));
/// assert_eq!(update.lines.last().unwrap().formula.names(), "w - η·g");
/// ```
pub fn first_update(fit: &Fit, moved: &Moved<'_>) -> Update {
    let mut book = Book { lines: Vec::new() };
    let rate = book.learning_rate(fit, moved);
    let (gradient, adjustment) = book.adjusted(fit, moved);
    let written = book.rule(fit.optimizer, moved, rate, gradient);
    let (mut weight, mut first, mut second) = ([moved.weight], [0.0], [0.0]);
    let slices =
        Slices { parameters: &mut weight, gradients: &[moved.gradient], first: &mut first, second: &mut second };
    fit.optimizer.update(slices, 1, rate, &adjustment);
    Update { optimizer: fit.optimizer, lines: book.lines, before: moved.weight, written, after: weight[0] }
}

/// The formulas so far.
struct Book {
    lines: Vec<Line>,
}

impl Book {
    fn line(&mut self, symbol: &str, formula: Expression, value: f64, meaning: &str) -> f64 {
        self.lines.push(Line { symbol: symbol.to_owned(), formula, value, meaning: meaning.to_owned() });
        value
    }

    /// η of the first step.
    fn learning_rate(&mut self, fit: &Fit, moved: &Moved<'_>) -> f64 {
        let rate = fit.learning_rate;
        if fit.optimizer.sees() == Sees::All {
            return self.line("η", Expression::new().value("learning rate", rate), rate, "the length of a step");
        }
        let steps_per_epoch = moved.steps_per_epoch.max(1);
        let progress = Progress { epoch: 0, step: 0, steps_per_epoch, epochs: fit.epochs as u64, reduction: 1.0 };
        let (scheduled, warm) = (fit.schedule.factor(progress), warm_up(fit.warm_up, 0));
        let mut formula = Expression::new().value("learning rate", rate);
        for (name, factor) in [("schedule", scheduled), ("warm-up", warm)] {
            if factor != 1.0 {
                formula = formula.words("·").value(name, factor);
            }
        }
        self.line("η", formula, rate * scheduled * warm, "the length of a step")
    }

    /// g as the rule sees it: clipped, and with the slopes of what penalises weights.
    fn adjusted(&mut self, fit: &Fit, moved: &Moved<'_>) -> (f64, Adjustment) {
        let (mut g, mut adjustment) = (moved.gradient, Adjustment { l1: fit.l1, l2: fit.l2, ..Adjustment::default() });
        match fit.clip {
            Clip::Off => {
                self.line(
                    "g",
                    Expression::new().value(format!("dL/d{}", moved.letter), g),
                    g,
                    "the derivative from above",
                );
            }
            Clip::Norm(limit) => {
                adjustment.scale = scale_for(moved.norm, limit);
                let norm = Expression::new().value("norm", moved.norm);
                let formula = match adjustment.scale < 1.0 {
                    true => Expression::new()
                        .value("limit", limit)
                        .words("/(")
                        .then(norm)
                        .words(format!(" + {ADDED_TO_NORM})")),
                    false => Expression::new().words("1, as ").then(norm).words(" ≤ ").value("limit", limit),
                };
                let meaning = "clipping: the norm is √Σg² over all parameters";
                let scale = self.line("s", formula, adjustment.scale, meaning);
                let formula = Expression::new().value("s", scale).words("·").value(format!("dL/d{}", moved.letter), g);
                g = self.line("g", formula, scale * g, "the clipped gradient");
            }
            Clip::Value(limit) => {
                adjustment.limit = limit;
                let formula = Expression::new()
                    .value(format!("dL/d{}", moved.letter), g)
                    .words(", held between ±")
                    .value("limit", limit);
                g = self.line("g", formula, g.clamp(-limit, limit), "the clipped gradient");
            }
        }
        if fit.l1 != 0.0 || fit.l2 != 0.0 {
            let mut formula = Expression::new().value("g", g);
            let mut sum = g;
            if fit.l2 != 0.0 {
                formula = formula.words(" + ").value("l2", fit.l2).words("·").value(moved.letter, moved.weight);
                sum += fit.l2 * moved.weight;
            }
            if fit.l1 != 0.0 {
                let sign = f64::from(i8::from(moved.weight > 0.0) - i8::from(moved.weight < 0.0));
                formula =
                    formula.words(" + ").value("l1", fit.l1).words("·").value(format!("sign({})", moved.letter), sign);
                sum += fit.l1 * sign;
            }
            g = self.line("g", formula, sum, "with the slope of what penalises weights");
        }
        (g, adjustment)
    }

    /// The lines of the rule, from empty memories; the last one gives the new weight.
    fn rule(&mut self, optimizer: Optimizer, moved: &Moved<'_>, rate: f64, g: f64) -> f64 {
        let new = Expression::new;
        let (letter, w) = (moved.letter, moved.weight);
        let after = format!("{letter}′");
        let start = || new().value(letter, w).words(" - ").value("η", rate).words("·");
        match optimizer {
            Optimizer::Sgd { momentum: 0.0, .. } => {
                self.line(&after, start().value("g", g), w - rate * g, "a step downhill")
            }
            Optimizer::Sgd { momentum, nesterov } => {
                let formula = new().value("μ", momentum).words("·0 + ").value("g", g);
                let v = self.memory_line("v", formula, (g, SMALLEST_MEAN), "the momentum, empty before");
                match nesterov {
                    false => self.line(&after, start().value("v", v), w - rate * v, "a step along the momentum"),
                    true => {
                        let formula = start().words("(").value("g", g).words(" + ").value("μ", momentum).words("·");
                        let formula = formula.value("v", v).words(")");
                        self.line(
                            &after,
                            formula,
                            w - rate * (g + momentum * v),
                            "a step along the momentum, looking ahead",
                        )
                    }
                }
            }
            Optimizer::RmsProp { rho, epsilon } => {
                let formula =
                    new().value("ρ", rho).words("·0 + (1 - ").value("ρ", rho).words(")·").value("g", g).words("²");
                let square = ((1.0 - rho) * (g * g), SMALLEST_SQUARE);
                let v = self.memory_line("v", formula, square, "the mean square, empty before");
                let formula =
                    start().value("g", g).words("/(√").value("v", v).words(" + ").value("ε", epsilon).words(")");
                self.line(&after, formula, w - rate * g / (v.sqrt() + epsilon), "a step of the usual length")
            }
            Optimizer::Adam { beta1, beta2, epsilon } => {
                let step = self.moments(g, [beta1, beta2], epsilon, rate);
                let formula = new().value(letter, w).words(" - ").value("Δ", step);
                self.line(&after, formula, w - step, "a step downhill")
            }
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                let step = self.moments(g, [beta1, beta2], epsilon, rate);
                let decay = new().value("η", rate).words("·").value("λ", weight_decay).words("·").value(letter, w);
                let decayed =
                    self.line("decay", decay, rate * weight_decay * w, "the share of the weight that is taken away");
                let formula = new().value(letter, w).words(" - ").value("decay", decayed).words(" - ").value("Δ", step);
                self.line(&after, formula, w - decayed - step, "decayed, and a step downhill")
            }
            Optimizer::Lbfgs { .. } => {
                let meaning = "the first direction; a line search over all rows then chooses its length";
                self.line(&after, start().value("g", g), w - rate * g, meaning)
            }
        }
    }

    /// What an optimizer remembers: a value, or 0 where it is smaller than the smallest one that counts.
    fn memory_line(&mut self, symbol: &str, formula: Expression, (value, smallest): (f64, f64), meaning: &str) -> f64 {
        if value != 0.0 && unless_below(value, smallest) == 0.0 {
            let formula = formula.words(format!(", below {smallest:e}"));
            return self.line(symbol, formula, 0.0, "so small that it counts as 0");
        }
        self.line(symbol, formula, value, meaning)
    }

    /// The moments of Adam after one step, and the step.
    fn moments(&mut self, g: f64, [beta1, beta2]: [f64; 2], epsilon: f64, rate: f64) -> f64 {
        let new = Expression::new;
        let memory = |name: &str, beta: f64| {
            new().value(name, beta).words("·0 + (1 - ").value(name, beta).words(")·").value("g", g)
        };
        let corrected = |moment: &str, value: f64, name: &str, beta: f64| {
            new().value(moment, value).words("/(1 - ").value(name, beta).words(")")
        };
        let mean = ((1.0 - beta1) * g, SMALLEST_MEAN);
        let m = self.memory_line("m", memory("β₁", beta1), mean, "the mean of gradients, empty before");
        let square = ((1.0 - beta2) * (g * g), SMALLEST_SQUARE);
        let v = self.memory_line("v", memory("β₂", beta2).words("²"), square, "the mean of their squares");
        let mean = m / (1.0 - beta1);
        let mean =
            self.line("m̂", corrected("m", m, "β₁", beta1), mean, "corrected for the empty start: β₁ to the power of 1");
        let square = v / (1.0 - beta2);
        let square = self.line("v̂", corrected("v", v, "β₂", beta2), square, "corrected: β₂ to the power of 1");
        let formula = new().value("η", rate).words("·").value("m̂", mean).words("/(√").value("v̂", square).words(" + ");
        let formula = formula.value("ε", epsilon).words(")");
        self.line("Δ", formula, rate * mean / (square.sqrt() + epsilon), "about η long, whatever the gradient's size")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::schedule::Schedule;

    #[test]
    fn what_is_written_out_is_what_every_optimizer_does() {
        let mut optimizers = Optimizer::all().to_vec();
        optimizers.push(Optimizer::Sgd { momentum: 0.9, nesterov: false });
        optimizers.push(Optimizer::Sgd { momentum: 0.9, nesterov: true });
        for optimizer in optimizers {
            for clip in [Clip::Off, Clip::Norm(0.5), Clip::Norm(50.0), Clip::Value(0.1)] {
                for (l1, l2) in [(0.0, 0.0), (0.01, 0.0), (0.0, 0.1), (0.01, 0.1)] {
                    for (weight, gradient) in
                        [(0.7, 0.3), (-0.7, 0.3), (1e-3, -2.5), (0.0, 1e-9), (0.5, 1e-33), (2.0, 0.0)]
                    {
                        let schedule = Schedule::named("cosine").expect("a schedule");
                        let fit = Fit {
                            optimizer,
                            clip,
                            l1,
                            l2,
                            warm_up: 5,
                            schedule,
                            learning_rate: 0.05,
                            ..Fit::default()
                        };
                        let moved = Moved { letter: "w", weight, gradient, norm: 3.0, steps_per_epoch: 4 };
                        let update = first_update(&fit, &moved);
                        assert!(update.agrees(), "{fit:?} {moved:?}: {} {}", update.written, update.after);
                        assert_eq!(update.lines.last().map(|line| line.value), Some(update.written));
                    }
                }
            }
        }
    }
}
