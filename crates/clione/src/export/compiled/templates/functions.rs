//! The functions that sources in Rust are made of, for f32; those for f64 follow from this text.

fn abs_f32(x: f32) -> f32 {
    f32::from_bits(x.to_bits() & (u32::MAX >> 1))
}

fn with_sign_f32(x: f32, sign: f32) -> f32 {
    let magnitude = u32::MAX >> 1;
    f32::from_bits((x.to_bits() & magnitude) | (sign.to_bits() & !magnitude))
}

/// ((c0 x + c1) x + c2) x + ...: a polynomial by Horner's rule, highest power first.
fn polynomial_f32(x: f32, coefficients: &[f32]) -> f32 {
    let mut sum = coefficients[0];
    for &coefficient in &coefficients[1..] {
        sum = fma_f32(sum, x, coefficient);
    }
    sum
}

/// 2^n for a whole n: an addition puts n into the lowest bits, and a shift moves it to where exponents are.
fn power_of_two_f32(n: f32) -> f32 {
    f32::from_bits((n + (ROUNDING_F32 + BIAS_F32)).to_bits() << MANTISSA_BITS_F32)
}

/// (n, head, tail) with e^x = 2^n (1 + head + tail), where n is the whole number nearest to x / ln 2.
fn power_parts_f32(x: f32) -> (f32, f32, f32) {
    let n = fma_f32(x, LOG2_E_F32, ROUNDING_F32) - ROUNDING_F32;
    let head = fma_f32(n, -LN_2_F32, x);
    let rest = n * -LN_2_REST_F32;
    let r = head + rest;
    let tail = fma_f32(r * r, polynomial_f32(r, &EXP_F32), rest);
    (n, head, tail)
}

/// e^x
fn exp_f32(x: f32) -> f32 {
    let x = if x < EXP_IS_ZERO_F32 { EXP_IS_ZERO_F32 } else { x };
    let x = if x > EXP_IS_INFINITE_F32 { EXP_IS_INFINITE_F32 } else { x };
    let (n, head, tail) = power_parts_f32(x);
    // 2^n itself may be too large or too small where the product is not, so it comes in two halves.
    let half = fma_f32(n, 0.5, ROUNDING_F32) - ROUNDING_F32;
    (1.0 + (head + tail)) * power_of_two_f32(half) * power_of_two_f32(n - half)
}

/// (e^2x - 1) / (e^2x + 1), put together without subtracting nearly equal numbers.
fn tanh_f32(x: f32) -> f32 {
    let magnitude = abs_f32(x);
    let magnitude = if magnitude > TANH_IS_ONE_F32 { TANH_IS_ONE_F32 } else { magnitude };
    let twice = magnitude + magnitude;
    let (n, head, tail) = power_parts_f32(if twice < 0.5 * LN_2_F32 { -twice } else { twice });
    let scale = power_of_two_f32(n);
    let power_minus_1 = fma_f32(scale, tail, fma_f32(scale, head, scale - 1.0));
    with_sign_f32(power_minus_1 / (power_minus_1 + 2.0), x)
}

/// 1 / (1 + e^-x), with a power that never overflows.
fn sigmoid_f32(x: f32) -> f32 {
    let power = exp_f32(-abs_f32(x));
    let bound = if x > 0.0 { 1.0 } else { power };
    fma_f32(bound, -(power / (1.0 + power)), bound)
}

/// ln(1 + f) + rest for f from √½ - 1 to 1, by a series in s = f / (2 + f).
fn ln_near_one_f32(f: f32, rest: f32) -> f32 {
    let s = f / (2.0 + f);
    let z = s * s;
    let half_square = 0.5 * f * f;
    let sum = fma_f32(z, polynomial_f32(z, &LN_F32), half_square);
    f - (half_square - fma_f32(s, sum, rest))
}

/// (n, m) with x = 2^n m and √½ ≤ m < √2, for a positive and finite x.
fn exponent_and_mantissa_f32(x: f32) -> (f32, f32) {
    let sqrt_half = SQRT_HALF_F32.to_bits();
    let is_subnormal = x < f32::MIN_POSITIVE;
    let normal = if is_subnormal { x * FROM_EXPONENT_F32 } else { x };
    let offset = if is_subnormal { BIAS_F32 + 1.0 + MANTISSA_BITS_F32 as f32 } else { BIAS_F32 + 1.0 };
    let bias = ((BIAS_F32 + 1.0) as u32) << MANTISSA_BITS_F32;
    let bits = normal.to_bits().wrapping_sub(sqrt_half).wrapping_add(bias);
    let exponent = (bits >> MANTISSA_BITS_F32) | FROM_EXPONENT_F32.to_bits();
    let mantissa = bits & ((1 << MANTISSA_BITS_F32) - 1);
    (f32::from_bits(exponent) - FROM_EXPONENT_F32 - offset, f32::from_bits(mantissa + sqrt_half))
}

/// The natural logarithm.
fn ln_f32(x: f32) -> f32 {
    let (n, mantissa) = exponent_and_mantissa_f32(x);
    let ln = fma_f32(n, LN_2_F32, ln_near_one_f32(mantissa - 1.0, n * LN_2_REST_F32));
    if x == 0.0 {
        f32::NEG_INFINITY
    } else if x < 0.0 {
        f32::NAN
    } else if x < f32::INFINITY {
        ln
    } else {
        x // infinity and NaN are their own logarithms
    }
}

/// ln(1 + x), also where 1 + x has lost the digits of x (William Kahan).
fn ln_1_plus_f32(x: f32) -> f32 {
    let sum = 1.0 + x;
    if sum == 1.0 { x } else { ln_f32(sum) * (x / (sum - 1.0)) }
}

/// ln(1 + e^x) = max(0, x) + ln(1 + e^-|x|)
fn softplus_f32(x: f32) -> f32 {
    (if x > 0.0 { x } else { 0.0 }) + ln_near_one_f32(exp_f32(-abs_f32(x)), 0.0)
}

/// The error function: x + x p(x²) where |x| < 1, and 1 - e^-q(|x|) with the sign of x elsewhere.
fn erf_f32(x: f32) -> f32 {
    let magnitude = abs_f32(x);
    if magnitude < 1.0 {
        let near = polynomial_f32(magnitude * magnitude, &ERF_NEAR_F32);
        return with_sign_f32(fma_f32(magnitude, near, magnitude), x);
    }
    let limited = if magnitude > ERF_IS_ONE_F32 { ERF_IS_ONE_F32 } else { magnitude };
    with_sign_f32(1.0 - exp_f32(-polynomial_f32(limited, &ERF_FAR_F32)), x)
}

/// max(x, 0)
fn relu_f32(x: f32) -> f32 {
    if -x > 0.0 { 0.0 } else { x }
}

/// x where x > 0, x / 100 elsewhere
fn leaky_relu_f32(x: f32) -> f32 {
    if x > 0.0 { x } else { 0.01 * x }
}

/// x where x > 0, e^x - 1 = 2t / (1 - t) with t = tanh(x / 2) elsewhere
fn elu_f32(x: f32) -> f32 {
    let t = tanh_f32(0.5 * x);
    if x > 0.0 { x } else { (t + t) / (1.0 - t) }
}

/// x times the probability that a normal number is smaller than x
fn gelu_f32(x: f32) -> f32 {
    x * (0.5 * (1.0 + erf_f32(x * SQRT_HALF_F32)))
}

/// x times sigmoid(x)
fn silu_f32(x: f32) -> f32 {
    x * sigmoid_f32(x)
}

/// y[j] = e^z[j] / sum of e^z: numbers become probabilities. The sum runs over 16 lanes, then halves onto halves.
fn softmax_f32(z: &[f32], y: &mut [f32]) {
    let mut largest = z[0];
    for &z in z {
        largest = if z - largest > 0.0 { z } else { largest };
    }
    let mut lanes = [0.0; 16];
    for j in 0..z.len() {
        y[j] = exp_f32(z[j] - largest);
        lanes[j % 16] += y[j];
    }
    for width in [8, 4, 2, 1] {
        for j in 0..width {
            lanes[j] += lanes[j + width];
        }
    }
    for y in y {
        *y /= lanes[0];
    }
}
