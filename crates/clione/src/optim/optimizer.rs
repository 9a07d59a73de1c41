//! The optimizers: for each its update rule, written as one loop over contiguous slices.

use crate::base::error::{Error, Result};
use crate::base::real::Real;

/// Where an update happens: parameters, their gradients, and what the optimizer remembers, all of one length and layout.
pub struct Slices<'a, T> {
    /// The numbers that are learned.
    pub parameters: &'a mut [T],
    /// dL/dw for each of them.
    pub gradients: &'a [T],
    /// The optimizer's first memory (momentum, mean); empty when it needs none.
    pub first: &'a mut [T],
    /// The optimizer's second memory (mean of squares); empty when it needs none.
    pub second: &'a mut [T],
}

/// What is done to a gradient before the update rule sees it: g ← clamp(scale · g, ±limit) + l2 · w + l1 · sign(w).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjustment {
    /// Less than 1 where the norm of all gradients is clipped.
    pub scale: f64,
    /// The largest absolute value of a gradient; infinite where values are not clipped.
    pub limit: f64,
    /// The weight of |w| in the penalised loss.
    pub l1: f64,
    /// The weight of w²/2 in the penalised loss (PyTorch's `weight_decay`).
    pub l2: f64,
}

impl Default for Adjustment {
    fn default() -> Self {
        Adjustment { scale: 1.0, limit: f64::INFINITY, l1: 0.0, l2: 0.0 }
    }
}

impl Adjustment {
    #[inline(always)]
    fn apply<T: Real>(&self, g: T, w: T) -> T {
        let (limit, scaled) = (T::of(self.limit), T::of(self.scale) * g);
        let clamped = (scaled - limit).if_positive(limit, (-scaled - limit).if_positive(-limit, scaled));
        let sign = w.if_positive(T::ONE, (-w).if_positive(-T::ONE, T::ZERO));
        T::of(self.l1).mul_add(sign, T::of(self.l2).mul_add(w, clamped))
    }
}

/// A mean of gradients below this counts as 0. The mean of a unit that no longer learns shrinks with every step until it is
/// subnormal, and a processor takes many times as long for such numbers.
pub const SMALLEST_MEAN: f64 = 1e-30;

/// A mean of squares below this counts as 0; its root, 1e-18, is nothing beside any ε that is in use.
pub const SMALLEST_SQUARE: f64 = 1e-36;

/// `value`, or 0 where it is smaller than `smallest` in magnitude; NaN stays NaN.
///
/// ```
/// use clione::optim::optimizer::unless_below;
/// assert_eq!([1e-5, -1e-31, 1e-31].map(|value| unless_below(value, 1e-30)), [1e-5, 0.0, 0.0]);
/// ```
#[inline(always)]
pub fn unless_below<T: Real>(value: T, smallest: f64) -> T {
    (T::of(smallest) - value.abs()).if_positive(T::ZERO, value)
}

/// Which rows a step looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// One batch.
    Batch,
    /// All of them: a step is an epoch.
    All,
}

macro_rules! optimizers {
    ($($(#[doc = $doc:literal])* $name:literal $(| $alias:literal)* => $variant:ident {
        $($(#[doc = $field_doc:literal])* $field:ident: $kind:ty = $default:expr,)*
    }, rate $rate:literal, memories $memories:expr, sees $sees:ident;)*) => {
        /// A rule by which parameters follow their gradients.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Optimizer {
            $($(#[doc = $doc])* $variant {
                $($(#[doc = $field_doc])* $field: $kind,)*
            },)*
        }

        impl Optimizer {
            /// Every optimizer with its default settings, in the order of the table.
            pub fn all() -> &'static [Optimizer] {
                &[$(Optimizer::$variant { $($field: $default),* }),*]
            }

            /// The name that recipes, model files and the command line use.
            pub fn name(self) -> &'static str {
                match self { $(Optimizer::$variant { .. } => $name,)* }
            }

            /// The optimizer of this name or alias with its default settings, if there is one.
            pub fn named(name: &str) -> Option<Optimizer> {
                match name {
                    $($name $(| $alias)* => Some(Optimizer::$variant { $($field: $default),* }),)*
                    _ => None,
                }
            }

            /// The formula and a word on it, as the documentation of the table has it.
            pub fn documentation(self) -> &'static [&'static str] {
                match self { $(Optimizer::$variant { .. } => &[$($doc),*],)* }
            }

            /// The learning rate that is usual with it.
            pub fn default_learning_rate(self) -> f64 {
                match self { $(Optimizer::$variant { .. } => $rate,)* }
            }

            /// How many memories of the length of the parameters it keeps.
            pub fn memories(self) -> usize {
                match self { $(Optimizer::$variant { $($field),* } => { $(let _ = $field;)* $memories })* }
            }

            /// What a step of it looks at.
            pub fn sees(self) -> Sees {
                match self { $(Optimizer::$variant { .. } => Sees::$sees,)* }
            }

            /// Its settings by name, as numbers (a switch is 0 or 1).
            pub fn settings(self) -> Vec<(&'static str, f64)> {
                match self { $(Optimizer::$variant { $($field),* } => vec![$((stringify!($field), f64::from($field))),*],)* }
            }

            /// The same optimizer with one setting changed; `false` when it has no setting of this name.
            pub fn set(&mut self, setting: &str, value: f64) -> bool {
                match self {
                    $(Optimizer::$variant { $($field),* } => {
                        $(if setting == stringify!($field) {
                            *$field = FromNumber::from_number(value);
                            return true;
                        })*
                        false
                    })*
                }
            }
        }
    };
}

/// A setting from the number a recipe or a flag says.
trait FromNumber {
    fn from_number(value: f64) -> Self;
}

impl FromNumber for f64 {
    fn from_number(value: f64) -> Self {
        value
    }
}

impl FromNumber for bool {
    fn from_number(value: f64) -> Self {
        value != 0.0
    }
}

optimizers! {
    /// v ← μ·v + g; w ← w - η·v (with Nesterov w ← w - η·(g + μ·v)): gradient descent, with momentum if μ > 0 (Sutskever et al. 2013, in PyTorch's form)
    "sgd" | "gradient_descent" => Sgd {
        /// μ, at least 0 and less than 1
        momentum: f64 = 0.0,
        /// Looks ahead along the momentum
        nesterov: bool = false,
    }, rate 0.01, memories usize::from(momentum != 0.0), sees Batch;

    /// v ← ρ·v + (1-ρ)·g²; w ← w - η·g / (√v + ε) (Hinton 2012; Keras' defaults, PyTorch has η 0.01, ρ 0.99, ε 1e-8)
    "rmsprop" => RmsProp {
        /// ρ, at least 0 and less than 1
        rho: f64 = 0.9,
        /// ε, added to the root
        epsilon: f64 = 1e-7,
    }, rate 0.001, memories 1, sees Batch;

    /// m ← β₁·m + (1-β₁)·g; v ← β₂·v + (1-β₂)·g²; w ← w - η·m̂ / (√v̂ + ε) with m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ) (Kingma and Ba 2015; PyTorch's ε, Keras has 1e-7)
    "adam" => Adam {
        /// β₁, at least 0 and less than 1
        beta1: f64 = 0.9,
        /// β₂, at least 0 and less than 1
        beta2: f64 = 0.999,
        /// ε, added to the root
        epsilon: f64 = 1e-8,
    }, rate 0.001, memories 2, sees Batch;

    /// Adam, and besides w ← w - η·λ·w (Loshchilov and Hutter 2019; PyTorch's λ, Keras has 0.004)
    "adamw" => AdamW {
        /// β₁, at least 0 and less than 1
        beta1: f64 = 0.9,
        /// β₂, at least 0 and less than 1
        beta2: f64 = 0.999,
        /// ε, added to the root
        epsilon: f64 = 1e-8,
        /// λ, the share of each weight that is taken away, times the learning rate
        weight_decay: f64 = 0.01,
    }, rate 0.001, memories 2, sees Batch;

    /// w ← w - α·H·g, where H guesses the inverse of the second derivatives from the last steps and α is found by a line search; every step looks at all rows, several times (Liu and Nocedal 1989). For small data: learning rate, schedule and batch size are not used
    "lbfgs" | "l_bfgs" => Lbfgs {
        /// How many of the last steps guide the next one
        memory: f64 = 10.0,
        /// Training ends when no part of the gradient is larger than this
        tolerance: f64 = 1e-5,
    }, rate 1.0, memories 2 * memory as usize + 5, sees All;
}

impl Optimizer {
    /// The `weight_decay` of AdamW that stands for as much as the number of training rows asks for; whoever trains puts a number
    /// in its place.
    pub const DECAY_BY_ROWS: f64 = -1.0;
}

/// What a setting may be, and that in words.
type Range = (fn(f64) -> bool, &'static str);

/// The settings that are not at least 0 and less than 1.
const RANGES: &[(&str, Range)] = &[
    ("epsilon", (|value| value > 0.0 && value.is_finite(), "a positive number")),
    ("memory", (|value| value >= 1.0 && value.fract() == 0.0, "a whole number of steps, at least 1")),
    ("nesterov", (|value| value == 0.0 || value == 1.0, "true or false")),
    ("tolerance", (|value| value >= 0.0 && value.is_finite(), "0 or a positive number")),
    (
        "weight_decay",
        (
            |value| value == Optimizer::DECAY_BY_ROWS || (value >= 0.0 && value.is_finite()),
            "0 or a positive number, or -1 for what the number of rows asks for",
        ),
    ),
];

/// Every other setting.
const SHARE: Range = (|value| (0.0..1.0).contains(&value), "at least 0 and less than 1");

impl Optimizer {
    /// Fails when a setting is out of its range.
    pub fn check(self) -> Result<()> {
        for (name, value) in self.settings() {
            let (holds, range) = RANGES.iter().find(|(known, _)| *known == name).map_or(SHARE, |(_, range)| *range);
            if !holds(value) {
                return Err(Error::usage(format!("{}: {name} is {range}, but this one is {value}", self.name())));
            }
        }
        Ok(())
    }

    /// w ← w - η · (what the rule makes of g), for every number of the slices; `step` counts from 1.
    ///
    /// The result for one number depends on that number's entries alone, so slices may be cut anywhere.
    ///
    /// ```
    /// use clione::optim::optimizer::{Adjustment, Optimizer, Slices};
    /// let mut w = [1.0, 2.0];
    /// let slices = Slices { parameters: &mut w, gradients: &[0.5, -0.5], first: &mut [], second: &mut [] };
    /// Optimizer::named("sgd").unwrap().update(slices, 1, 0.1, &Adjustment::default());
    /// assert_eq!(w, [0.95, 2.05]);
    /// ```
    #[inline(always)]
    pub fn update<T: Real>(self, slices: Slices<'_, T>, step: u64, learning_rate: f64, adjustment: &Adjustment) {
        let Slices { parameters, gradients, first, second } = slices;
        match self {
            // Where nothing guides it, H is 1; the steps that follow are those of `lbfgs.rs`.
            Optimizer::Sgd { momentum: 0.0, .. } | Optimizer::Lbfgs { .. } => {
                let rate = T::of(learning_rate);
                for (w, &g) in parameters.iter_mut().zip(gradients) {
                    *w = *w - rate * adjustment.apply(g, *w);
                }
            }
            Optimizer::Sgd { momentum, nesterov } => {
                let (rate, momentum) = (T::of(learning_rate), T::of(momentum));
                let (ahead, plain) = if nesterov { (momentum, T::ONE) } else { (T::ONE, T::ZERO) };
                for ((w, &g), v) in parameters.iter_mut().zip(gradients).zip(first) {
                    let g = adjustment.apply(g, *w);
                    let mean = unless_below(momentum * *v + g, SMALLEST_MEAN);
                    *v = mean;
                    *w = *w - rate * (ahead * mean + plain * g);
                }
            }
            Optimizer::RmsProp { rho, epsilon } => {
                let (rate, epsilon) = (T::of(learning_rate), T::of(epsilon));
                let (keep, take) = (T::of(rho), T::of(1.0 - rho));
                for ((w, &g), v) in parameters.iter_mut().zip(gradients).zip(first) {
                    let g = adjustment.apply(g, *w);
                    let square = unless_below(keep * *v + take * (g * g), SMALLEST_SQUARE);
                    *v = square;
                    *w = *w - rate * g / (square.sqrt() + epsilon);
                }
            }
            Optimizer::Adam { beta1, beta2, epsilon } => {
                let rule = AdamRule::new(beta1, beta2, epsilon, 0.0, step, learning_rate);
                rule.update(parameters, gradients, first, second, adjustment);
            }
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                let rule = AdamRule::new(beta1, beta2, epsilon, weight_decay, step, learning_rate);
                rule.update(parameters, gradients, first, second, adjustment);
            }
        }
    }
}

/// The numbers of one step of Adam that are the same for all parameters.
struct AdamRule<T> {
    keep_first: T,
    take_first: T,
    keep_second: T,
    take_second: T,
    /// η / (1 - β₁ᵗ)
    rate: T,
    /// 1 / √(1 - β₂ᵗ)
    root_scale: T,
    epsilon: T,
    /// 1 - η·λ
    keep_weight: T,
}

impl<T: Real> AdamRule<T> {
    #[inline(always)]
    fn new(beta1: f64, beta2: f64, epsilon: f64, weight_decay: f64, step: u64, learning_rate: f64) -> Self {
        AdamRule {
            keep_first: T::of(beta1),
            take_first: T::of(1.0 - beta1),
            keep_second: T::of(beta2),
            take_second: T::of(1.0 - beta2),
            rate: T::of(learning_rate / (1.0 - power(beta1, step))),
            root_scale: T::of(1.0 / (1.0 - power(beta2, step)).sqrt()),
            epsilon: T::of(epsilon),
            keep_weight: T::of(1.0 - learning_rate * weight_decay),
        }
    }

    #[inline(always)]
    fn update(&self, w: &mut [T], g: &[T], m: &mut [T], v: &mut [T], adjustment: &Adjustment) {
        for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let g = adjustment.apply(g, *w);
            // Locals, so that nothing that was just stored has to be loaded again.
            let mean = unless_below(self.keep_first.mul_add(*m, self.take_first * g), SMALLEST_MEAN);
            let square = unless_below(self.keep_second.mul_add(*v, self.take_second * (g * g)), SMALLEST_SQUARE);
            let root = square.sqrt().mul_add(self.root_scale, self.epsilon);
            *m = mean;
            *v = square;
            *w = self.keep_weight * *w - self.rate * mean / root;
        }
    }
}

/// base^exponent by squaring: the same bits everywhere, which the platform's `pow` does not promise.
pub(super) fn power(base: f64, exponent: u64) -> f64 {
    let (mut result, mut square, mut left) = (1.0, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 50 steps down a bowl, with slices cut at `cut`.
    fn descend(optimizer: Optimizer, cut: usize) -> Vec<f64> {
        let mut w: Vec<f64> = (0..7).map(|i| f64::from(i) - 3.0).collect();
        let (mut first, mut second) = (vec![0.0; 7], vec![0.0; 7]);
        for step in 1..=50 {
            let g: Vec<f64> = w.iter().map(|w| 2.0 * (w - 0.25)).collect();
            for range in [0..cut, cut..7] {
                let slices = Slices {
                    parameters: &mut w[range.clone()],
                    gradients: &g[range.clone()],
                    first: &mut first[range.clone()],
                    second: &mut second[range.clone()],
                };
                optimizer.update(slices, step, 0.05, &Adjustment::default());
            }
        }
        w
    }

    #[test]
    fn every_optimizer_walks_downhill_and_does_not_care_where_slices_are_cut() {
        let mut variants = Optimizer::all().to_vec();
        variants.push(Optimizer::Sgd { momentum: 0.9, nesterov: false });
        variants.push(Optimizer::Sgd { momentum: 0.9, nesterov: true });
        for optimizer in variants {
            let height = |w: &[f64]| w.iter().map(|w| (w - 0.25) * (w - 0.25)).sum::<f64>();
            let start: Vec<f64> = (0..7).map(|i| f64::from(i) - 3.0).collect();
            assert!(height(&descend(optimizer, 7)) < 0.7 * height(&start), "{optimizer:?}");
            assert_eq!(descend(optimizer, 7), descend(optimizer, 3), "{optimizer:?}");
        }
    }

    #[test]
    fn every_setting_can_be_changed_by_its_name() {
        for &optimizer in Optimizer::all() {
            assert_eq!(Optimizer::named(optimizer.name()), Some(optimizer));
            for (name, _) in optimizer.settings() {
                let mut changed = optimizer;
                assert!(changed.set(name, 0.5));
                assert_ne!(changed, optimizer, "{name}");
            }
            let mut same = optimizer;
            assert!(!same.set("speed", 1.0));
        }
    }

    #[test]
    fn memories_of_a_weight_that_no_longer_learns_end_at_0_and_are_never_subnormal() {
        let mut variants = Optimizer::all().to_vec();
        variants.push(Optimizer::Sgd { momentum: 0.9, nesterov: false });
        for optimizer in variants {
            let (mut w, mut first, mut second) = ([1.0_f32, -1.0], [0.0; 2], [0.0; 2]);
            for step in 1..=120_000 {
                let gradients = if step == 1 { [0.5, -0.5] } else { [0.0; 2] };
                let slices =
                    Slices { parameters: &mut w, gradients: &gradients, first: &mut first, second: &mut second };
                optimizer.update(slices, step, 1e-3, &Adjustment::default());
                assert!(first.iter().chain(&second).all(|number| !number.is_subnormal()), "{optimizer:?} step {step}");
            }
            assert_eq!((first, second), ([0.0; 2], [0.0; 2]), "{optimizer:?}");
        }
    }

    #[test]
    fn a_gradient_that_is_not_a_number_is_not_taken_for_a_small_one() {
        for optimizer in [Optimizer::named("adam"), Optimizer::named("rmsprop")] {
            let (mut w, mut first, mut second) = ([1.0_f64], [0.0], [0.0]);
            let slices = Slices { parameters: &mut w, gradients: &[f64::NAN], first: &mut first, second: &mut second };
            optimizer.expect("an optimizer").update(slices, 1, 0.1, &Adjustment::default());
            assert!(w[0].is_nan() && first[0].is_nan());
        }
    }
}
