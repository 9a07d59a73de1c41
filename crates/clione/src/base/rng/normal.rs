//! The number that a normal variable stays below with a given probability: it turns uniform numbers into normal ones.
//!
//! Wichura: Algorithm AS 241, the percentage points of the normal distribution (Applied Statistics 37, 1988), PPND16.

#![expect(clippy::excessive_precision, reason = "the coefficients stand here as they were published")]

use crate::base::real::Real;
use crate::base::real::polynomial::polynomial;

/// A quotient of two polynomials, coefficients from the highest power.
struct Quotient {
    above: [f64; 8],
    below: [f64; 8],
}

impl Quotient {
    fn at(&self, x: f64) -> f64 {
        polynomial(x, &self.above) / polynomial(x, &self.below)
    }
}

/// For |p - ½| ≤ 0.425.
const MIDDLE: Quotient = Quotient {
    above: [
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ],
    below: [
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ],
};

/// For √-ln p ≤ 5.
const SIDE: Quotient = Quotient {
    above: [
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ],
    below: [
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ],
};

/// For √-ln p > 5.
const TAIL: Quotient = Quotient {
    above: [
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ],
    below: [
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ],
};

/// The x for which a normal variable of mean 0 and variance 1 is below x with this probability (0 < p < 1), to about
/// 16 digits.
pub fn normal_quantile(probability: f64) -> f64 {
    let from_middle = probability - 0.5;
    if from_middle.abs() <= 0.425 {
        return from_middle * MIDDLE.at(0.180625 - from_middle * from_middle);
    }
    let from_side = (-Real::ln(probability.min(1.0 - probability))).sqrt();
    let magnitude = if from_side <= 5.0 { SIDE.at(from_side - 1.6) } else { TAIL.at(from_side - 5.0) };
    magnitude.copysign(from_middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_agrees_with_the_tables_in_every_piece() {
        let table = [
            (1.1102230246251565e-16, -8.209536151601387),
            (1e-13, -7.348796102800677),
            (1e-10, -6.361340902404057),
            (1e-05, -4.264890793922825),
            (0.01, -2.326347874040841),
            (0.074, -1.4466320671589785),
            (0.076, -1.4325027208258116),
            (0.3, -0.5244005127080408),
            (0.45, -0.12566134685507402),
            (0.7, 0.5244005127080407),
            (0.924, 1.4325027208258119),
            (0.926, 1.4466320671589787),
            (0.99, 2.3263478740408408),
            (0.9999990463256836, 4.7630010342678135),
            (0.9999999999999999, 8.209536151601387),
        ];
        for (probability, expected) in table {
            let found = normal_quantile(probability);
            assert!((found - expected).abs() <= 1e-15 * expected.abs(), "{found} at {probability}");
        }
        assert_eq!(normal_quantile(0.5), 0.0);
    }
}
