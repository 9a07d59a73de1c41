//! The activations: for each its formula, its slope, and what the slope is written in terms of.

use crate::base::real::Real;

/// Which value of an activation its slope is written in terms of.
///
/// A slope in terms of the output lets the planner free the input as soon as the forward pass has gone by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlopeOf {
    /// f′ is a formula of x.
    Input,
    /// f′ is a formula of y = f(x).
    Output,
}

/// A function of one number and its slope; one text of it serves every number type and instruction set.
pub trait Function: Copy {
    /// What [`Function::slope`] takes.
    const SLOPE_OF: SlopeOf;
    /// y = f(x).
    fn value<T: Real>(self, x: T) -> T;
    /// f′, given x or y as [`Function::SLOPE_OF`] says.
    fn slope<T: Real>(self, x_or_y: T) -> T;
}

/// Something that is done with the concrete function behind an [`Activation`]: the choice is made once per slice.
pub trait Visitor {
    /// What comes out.
    type Output;
    /// Does it.
    fn visit<F: Function>(self, function: F) -> Self::Output;
}

macro_rules! activations {
    ($($(#[doc = $doc:literal])* $name:literal $(| $alias:literal)* => $variant:ident, $of:ident,
        $symbol:literal $formula:literal $slope_formula:literal, |$x:ident| $value:expr, |$v:ident| $slope:expr;)*) => {
        /// A function that is applied to every number of a layer's output.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Activation {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Activation {
            /// Every activation, in the order of the table.
            pub fn all() -> &'static [Activation] {
                &[$(Activation::$variant),*]
            }

            /// The name that recipes, model files and the command line use.
            pub fn name(self) -> &'static str {
                match self { $(Activation::$variant => $name,)* }
            }

            /// The activation of this name or alias, if there is one.
            pub fn named(name: &str) -> Option<Activation> {
                match name {
                    $($name $(| $alias)* => Some(Activation::$variant),)*
                    _ => None,
                }
            }

            /// The formula and a word on it, as the documentation of the table has it.
            pub fn documentation(self) -> &'static [&'static str] {
                match self { $(Activation::$variant => &[$($doc),*],)* }
            }

            /// What formulas call it: the field's letter where it has one, else its name.
            pub fn symbol(self) -> &'static str {
                match self { $(Activation::$variant => $symbol,)* }
            }

            /// f(z) in the small language of scalar formulas: numbers, `z`, `pi`, `+ - * / ^`, parentheses, `a if b > c else d`,
            /// and the functions `exp ln sqrt erf max`.
            pub fn formula(self) -> &'static str {
                match self { $(Activation::$variant => $formula,)* }
            }

            /// f′(z) in the same language, where `f(z)` is the value itself.
            pub fn slope_formula(self) -> &'static str {
                match self { $(Activation::$variant => $slope_formula,)* }
            }

            /// Hands the concrete function to `visitor`.
            #[inline(always)]
            pub fn dispatch<V: Visitor>(self, visitor: V) -> V::Output {
                match self { $(Activation::$variant => visitor.visit($variant),)* }
            }
        }

        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug)]
            struct $variant;

            impl Function for $variant {
                const SLOPE_OF: SlopeOf = SlopeOf::$of;
                #[inline(always)]
                fn value<T: Real>(self, $x: T) -> T { $value }
                #[inline(always)]
                fn slope<T: Real>(self, $v: T) -> T { $slope }
            }
        )*
    };
}

// Everything else that knows an activation (command line, model file, plan, kernels, tests) reads this table.
activations! {
    /// y = x
    "linear" | "identity" | "none" => Linear, Output,
        "id" "z" "1",
        |x| x,
        |_y| T::ONE;
    /// y = σ(x) = 1 / (1 + e^-x): between 0 and 1
    "sigmoid" | "logistic" => Sigmoid, Output,
        "σ" "1 / (1 + exp(-z))" "f(z) * (1 - f(z))",
        |x| x.sigmoid(),
        |y| y * (T::ONE - y);
    /// y = tanh(x): between -1 and 1
    "tanh" => Tanh, Output,
        "tanh" "(exp(z) - exp(-z)) / (exp(z) + exp(-z))" "1 - f(z)^2",
        |x| x.tanh(),
        |y| T::ONE - y * y;
    /// y = max(x, 0)
    "relu" => Relu, Output,
        "relu" "max(z, 0)" "1 if z > 0 else 0",
        |x| (-x).if_positive(T::ZERO, x),
        |y| y.if_positive(T::ONE, T::ZERO);
    /// y = x where x > 0, 0.01·x elsewhere (PyTorch's slope; Keras has 0.3)
    "leaky_relu" => LeakyRelu, Output,
        "lrelu" "z if z > 0 else 0.01 * z" "1 if z > 0 else 0.01",
        |x| x.if_positive(x, T::of(0.01) * x),
        |y| y.if_positive(T::ONE, T::of(0.01));
    /// y = x where x > 0, e^x - 1 elsewhere (Clevert et al. 2015, α = 1)
    "elu" => Elu, Output,
        "elu" "z if z > 0 else exp(z) - 1" "1 if z > 0 else exp(z)",
        |x| x.if_positive(x, exp_minus_one(x)),
        |y| y.if_positive(T::ONE, y + T::ONE);
    /// y = x·Φ(x) with the normal distribution's Φ, exactly (Hendrycks and Gimpel 2016)
    "gelu" => Gelu, Input,
        "gelu" "z * (1 + erf(z / sqrt(2))) / 2" "(1 + erf(z / sqrt(2))) / 2 + z * exp(-z^2 / 2) / sqrt(2 * pi)",
        |x| x * normal_distribution(x),
        |x| normal_distribution(x) + x * normal_density(x);
    /// y = x·σ(x) (also called swish; Elfwing et al. 2017)
    "silu" | "swish" => Silu, Input,
        "silu" "z / (1 + exp(-z))" "(1 + (1 + z) * exp(-z)) / (1 + exp(-z))^2",
        |x| x * x.sigmoid(),
        |x| { let s = x.sigmoid(); s * (T::ONE + x * (T::ONE - s)) };
    /// y = ln(1 + e^x): a smooth relu
    "softplus" => Softplus, Input,
        "softplus" "ln(1 + exp(z))" "1 / (1 + exp(-z))",
        |x| x.softplus(),
        |x| x.sigmoid();
}

/// Φ(x) = (1 + erf(x/√2)) / 2.
#[inline(always)]
fn normal_distribution<T: Real>(x: T) -> T {
    T::of(0.5) * (T::ONE + (x * T::of(std::f64::consts::FRAC_1_SQRT_2)).erf())
}

/// e^x - 1 = 2t / (1 - t) with t = tanh(x/2), which loses nothing near 0.
#[inline(always)]
fn exp_minus_one<T: Real>(x: T) -> T {
    let t = (T::of(0.5) * x).tanh();
    (t + t) / (T::ONE - t)
}

/// φ(x) = e^(-x²/2) / √(2π).
#[inline(always)]
fn normal_density<T: Real>(x: T) -> T {
    T::of(0.398_942_280_401_432_7) * (T::of(-0.5) * x * x).exp()
}

impl Activation {
    /// What the slope of this activation is written in terms of.
    pub fn slope_of(self) -> SlopeOf {
        struct Of;
        impl Visitor for Of {
            type Output = SlopeOf;
            fn visit<F: Function>(self, _: F) -> SlopeOf {
                F::SLOPE_OF
            }
        }
        self.dispatch(Of)
    }

    /// y = f(x) for one number.
    ///
    /// ```
    /// use clione::graph::activation::Activation;
    /// assert_eq!(Activation::Relu.value(-2.0), 0.0);
    /// ```
    pub fn value<T: Real>(self, x: T) -> T {
        struct Value<T>(T);
        impl<T: Real> Visitor for Value<T> {
            type Output = T;
            fn visit<F: Function>(self, function: F) -> T {
                function.value(self.0)
            }
        }
        self.dispatch(Value(x))
    }

    /// f′ for one number, given the input or the output as [`Activation::slope_of`] says.
    ///
    /// ```
    /// use clione::graph::activation::Activation;
    /// assert_eq!(Activation::Sigmoid.slope(0.5), 0.25); // in terms of the output
    /// ```
    pub fn slope<T: Real>(self, x_or_y: T) -> T {
        struct Slope<T>(T);
        impl<T: Real> Visitor for Slope<T> {
            type Output = T;
            fn visit<F: Function>(self, function: F) -> T {
                function.slope(self.0)
            }
        }
        self.dispatch(Slope(x_or_y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_no_other_finds_its_activation() {
        for &activation in Activation::all() {
            assert_eq!(Activation::named(activation.name()), Some(activation));
            assert!(activation.documentation()[0].trim().starts_with("y = "));
        }
        assert_eq!(Activation::named("logistic"), Some(Activation::Sigmoid));
        assert_eq!(Activation::named("rleu"), None);
    }

    #[test]
    fn every_slope_agrees_with_a_central_difference() {
        for &activation in Activation::all() {
            for step in -80..=80 {
                let x = f64::from(step) / 10.0 + 0.013; // keeps away from the kinks at 0
                let h = 1e-5;
                let difference = (activation.value(x + h) - activation.value(x - h)) / (2.0 * h);
                let slope = match activation.slope_of() {
                    SlopeOf::Input => activation.slope(x),
                    SlopeOf::Output => activation.slope(activation.value(x)),
                };
                let error = (slope - difference).abs();
                assert!(error <= 1e-6 * slope.abs().max(1e-2), "{activation:?} at {x}: {slope} against {difference}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        for &activation in Activation::all() {
            assert!(activation.value(f32::NAN).is_nan(), "{activation:?}");
            assert!(activation.value(f64::NAN).is_nan(), "{activation:?}");
        }
    }
}
