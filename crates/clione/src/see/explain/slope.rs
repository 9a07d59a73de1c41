//! The slopes of the activations as a person writes them down: the law, its terms, and its value from z.
//!
//! They are worked out here a second time, from the textbook, so that they can be held against those that training uses.

use super::expression::Expression;
use crate::base::real::Real;
use crate::graph::activation::Activation;

/// How formulas call an activation: `σ` for the sigmoid, its name otherwise.
///
/// ```
/// use clione::graph::activation::Activation;
/// assert_eq!(clione::see::explain::slope::function_name(Activation::Sigmoid), "σ");
/// ```
pub fn function_name(activation: Activation) -> &'static str {
    match activation {
        Activation::Sigmoid => "σ",
        Activation::Linear
        | Activation::Tanh
        | Activation::Relu
        | Activation::LeakyRelu
        | Activation::Elu
        | Activation::Gelu
        | Activation::Silu
        | Activation::Softplus => activation.name(),
    }
}

/// The law of the slope in terms of z, as textbooks have it, on the side of a bend where z stands.
///
/// ```
/// use clione::graph::activation::Activation;
/// use clione::see::explain::slope::law;
/// assert_eq!(law(Activation::Sigmoid, 2.0), "σ'(z) = σ(z)·(1 - σ(z))");
/// assert_eq!(law(Activation::Relu, 2.0), "relu'(z) = 1 where z > 0");
/// ```
pub fn law(activation: Activation, z: f64) -> String {
    let side = |left: &'static str| if z > 0.0 { "1 where z > 0".to_owned() } else { format!("{left} where z ≤ 0") };
    let right = match activation {
        Activation::Linear => "1".to_owned(),
        Activation::Sigmoid => "σ(z)·(1 - σ(z))".to_owned(),
        Activation::Tanh => "1 - tanh(z)²".to_owned(),
        Activation::Relu => side("0"),
        Activation::LeakyRelu => side("0.01"),
        Activation::Elu => side("e^z"),
        Activation::Gelu => "Φ(z) + z·φ(z)".to_owned(),
        Activation::Silu => "σ(z)·(1 + z·(1 - σ(z)))".to_owned(),
        Activation::Softplus => "σ(z)".to_owned(),
    };
    format!("{}'(z) = {right}", function_name(activation))
}

/// f′(z).
///
/// ```
/// use clione::graph::activation::Activation;
/// assert_eq!(clione::see::explain::slope::slope(Activation::Sigmoid, 0.0), 0.25);
/// assert_eq!(clione::see::explain::slope::slope(Activation::Relu, -3.0), 0.0);
/// ```
pub fn slope(activation: Activation, z: f64) -> f64 {
    let left_or_right = |left: f64| if z > 0.0 { 1.0 } else { left };
    match activation {
        Activation::Linear => 1.0,
        Activation::Sigmoid => {
            let s = z.sigmoid();
            s * (1.0 - s)
        }
        Activation::Tanh => {
            let t = Real::tanh(z);
            1.0 - t * t
        }
        Activation::Relu => left_or_right(0.0),
        Activation::LeakyRelu => left_or_right(0.01),
        Activation::Elu => left_or_right(Real::exp(z)),
        Activation::Gelu => normal_distribution(z) + z * normal_density(z),
        Activation::Silu => {
            let s = z.sigmoid();
            s * (1.0 + z * (1.0 - s))
        }
        Activation::Softplus => z.sigmoid(),
    }
}

/// The slope at one place, written out: `z` and `a` are how the formula calls z and a = f(z).
pub fn expression(activation: Activation, (z_name, z): (&str, f64), (a_name, a): (&str, f64)) -> Expression {
    let new = Expression::new;
    let sigmoid = || new().value(format!("{}({z_name})", function_name(Activation::Sigmoid)), z.sigmoid());
    let by_name = || new().value(format!("{}'({z_name})", function_name(activation)), slope(activation, z));
    match activation {
        Activation::Linear => new().words("1"),
        Activation::Sigmoid => new().value(a_name, a).words("·(1 - ").value(a_name, a).words(")"),
        Activation::Tanh => new().words("1 - ").value(a_name, a).words("²"),
        Activation::Elu if z <= 0.0 => new().words("e^").value(z_name, z),
        Activation::Relu | Activation::LeakyRelu | Activation::Elu => by_name(),
        Activation::Gelu => new()
            .value(format!("Φ({z_name})"), normal_distribution(z))
            .words(" + ")
            .value(z_name, z)
            .words("·")
            .value(format!("φ({z_name})"), normal_density(z)),
        Activation::Silu => sigmoid().words("·(1 + ").value(z_name, z).words("·(1 - ").then(sigmoid()).words("))"),
        Activation::Softplus => sigmoid(),
    }
}

/// Whether the activation bends at 0, so that a difference across it would see two sides.
pub(super) fn bends_at_zero(activation: Activation) -> bool {
    match activation {
        Activation::Relu | Activation::LeakyRelu | Activation::Elu => true,
        Activation::Linear
        | Activation::Sigmoid
        | Activation::Tanh
        | Activation::Gelu
        | Activation::Silu
        | Activation::Softplus => false,
    }
}

/// σ(z) = 1 / (1 + e^-z).
pub(super) fn sigmoid(z: f64) -> f64 {
    z.sigmoid()
}

/// Φ(x) = (1 + erf(x/√2)) / 2.
fn normal_distribution(x: f64) -> f64 {
    0.5 * (1.0 + Real::erf(x / 2.0_f64.sqrt()))
}

/// φ(x) = e^(-x²/2) / √(2π).
fn normal_density(x: f64) -> f64 {
    Real::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::SlopeOf;

    #[test]
    fn every_slope_is_that_of_training_found_by_another_formula() {
        for &activation in Activation::all() {
            for step in -80..=80 {
                let z = f64::from(step) / 10.0 + 0.013;
                let used = match activation.slope_of() {
                    SlopeOf::Input => activation.slope(z),
                    SlopeOf::Output => activation.slope(activation.value(z)),
                };
                let error = (slope(activation, z) - used).abs();
                assert!(error <= 1e-15, "{activation:?} at {z}: {} against {used}", slope(activation, z));
            }
        }
    }
}
