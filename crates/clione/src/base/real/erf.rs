//! The error function, in two pieces that meet at 1; both are worked out and one is chosen.

use super::Real;
use super::polynomial::polynomial;

/// erf(x) / x - 1 over x², for |x| ≤ 1.
pub mod near {
    /// To 3e-17.
    pub const DOUBLE: [f64; 12] = [
        -7.528405692594403e-10,
        1.357742102449841e-08,
        -1.617575403808939e-07,
        1.644319740289296e-06,
        -1.4924399258925598e-05,
        0.00012055277645164858,
        -0.0008548325410233919,
        0.0052239775955802365,
        -0.02686617064185957,
        0.11283791670936534,
        -0.3761263890318334,
        0.12837916709551256,
    ];

    /// To 1.5e-9.
    pub const SINGLE: [f32; 7] =
        [7.9203404e-05, -0.0008030756, 0.005190734, -0.026855126, 0.11283618, -0.3761263, 0.12837917];
}

/// -ln(1 - erf(x)) for x from 1 to where erf rounds to 1.
pub mod far {
    /// To 7e-18 / (1 - erf(x)).
    pub const DOUBLE: [f64; 18] = [
        4.8650511508419225e-12,
        -2.0203274627796908e-10,
        3.889992289532491e-09,
        -4.593304552250558e-08,
        3.6956457482691375e-07,
        -2.114796740628765e-06,
        8.578772244253785e-06,
        -2.2532846311734584e-05,
        1.952275749011442e-05,
        0.00013655632447832374,
        -0.0007730465166887424,
        0.0019189499870876485,
        -0.0004135408821112627,
        -0.018988038787626556,
        0.10270228800291656,
        0.6366440557855207,
        1.1283739915495212,
        5.132591144453067e-07,
    ];

    /// To 1e-9 / (1 - erf(x)).
    pub const SINGLE: [f32; 7] =
        [-0.00018557548, 0.0029396184, -0.021805346, 0.103037395, 0.6382257, 1.12704, 0.00035372173];
}

/// erf x = x + x · p(x²) where |x| < 1, and 1 - e^-q(|x|) with the sign of x elsewhere
#[inline(always)]
pub fn erf<T: Real>(x: T) -> T {
    let magnitude = x.abs();
    let near = magnitude.mul_add(polynomial(magnitude * magnitude, T::ERF_NEAR), magnitude);
    let limited = if magnitude > T::ERF_IS_ONE { T::ERF_IS_ONE } else { magnitude };
    let far = T::ONE - (-polynomial(limited, T::ERF_FAR)).exp();
    (if magnitude < T::ONE { near } else { far }).with_sign_of(x)
}
