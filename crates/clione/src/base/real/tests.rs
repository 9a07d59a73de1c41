//! The functions against frozen, correctly rounded values, at the ends of the numbers, and in vectorised loops.

use std::hint::black_box;

use super::Real;

/// The tests of one kind of number; each function comes with the number of neighbours that it may be off by.
macro_rules! tests_of {
    ($module:ident, $t:ident, $bits:ident) => {
        mod $module {
            use super::*;

            const INFINITY: $t = $t::INFINITY;
            const TINY: $t = $t::from_bits(1);

            fn frozen(text: &str) -> Vec<($t, $t)> {
                let number = |hex| $t::from_bits($bits::from_str_radix(hex, 16).unwrap());
                text.lines().map(|line| line.split_once(' ').unwrap()).map(|(x, y)| (number(x), number(y))).collect()
            }

            /// How many numbers lie between two, counting one of them; zero has both signs.
            fn steps_between(a: $t, b: $t) -> u64 {
                let place = |x: $t| {
                    let magnitude = x.abs().to_bits() as i128;
                    if x.is_sign_negative() { -magnitude } else { magnitude }
                };
                place(a).abs_diff(place(b)) as u64
            }

            fn check(name: &str, function: fn($t) -> $t, allowed: u64, text: &str) {
                let points = frozen(text);
                assert!(points.len() > 300);
                for (x, expected) in points {
                    let found = function(x);
                    let steps = steps_between(found, expected);
                    assert!(steps <= allowed, "{name}({x:e}) is {found:e}, {steps} steps from {expected:e}");
                }
            }

            macro_rules! check_frozen {
                ($name:ident, $allowed:literal) => {
                    let text = include_str!(concat!(
                        env!("CARGO_MANIFEST_DIR"),
                        "/../../testdata/math/",
                        stringify!($name),
                        ".",
                        stringify!($t),
                        ".txt"
                    ));
                    check(stringify!($name), Real::$name, $allowed, text);
                };
            }

            #[test]
            fn functions_agree_with_the_frozen_values() {
                check_frozen!(exp, 1);
                check_frozen!(ln, 1);
                check_frozen!(tanh, 2);
                check_frozen!(sigmoid, 2);
                check_frozen!(softplus, 2);
                check_frozen!(erf, 1);
            }

            #[test]
            fn functions_have_their_limits_at_infinity() {
                for far in [$t::MAX, INFINITY] {
                    assert_eq!([Real::exp(far), Real::exp(-far)], [INFINITY, 0.0]);
                    assert_eq!([Real::tanh(far), Real::tanh(-far)], [1.0, -1.0]);
                    assert_eq!([Real::sigmoid(far), Real::sigmoid(-far)], [1.0, 0.0]);
                    assert_eq!([Real::softplus(far), Real::softplus(-far)], [far, 0.0]);
                    assert_eq!([Real::erf(far), Real::erf(-far)], [1.0, -1.0]);
                }
                assert_eq!(Real::ln(INFINITY), INFINITY);
            }

            #[test]
            fn functions_are_exact_at_zero_and_keep_its_sign_where_they_are_odd() {
                for zero in [0.0, -0.0] {
                    assert_eq!(Real::exp(zero), 1.0);
                    assert_eq!(Real::ln(zero), -INFINITY);
                    assert_eq!(Real::sigmoid(zero), 0.5);
                    assert_eq!(Real::softplus(zero), std::$t::consts::LN_2);
                    assert_eq!(Real::tanh(zero).to_bits(), zero.to_bits());
                    assert_eq!(Real::erf(zero).to_bits(), zero.to_bits());
                }
                assert_eq!(Real::ln(1.0 as $t).to_bits(), (0.0 as $t).to_bits());
            }

            #[test]
            fn nan_stays_nan() {
                for function in [Real::exp, Real::ln, Real::tanh, Real::sigmoid, Real::softplus, Real::erf] {
                    let function: fn($t) -> $t = function;
                    assert!(function($t::NAN).is_nan());
                }
                for negative in [-TINY, -1.0, -INFINITY] {
                    assert!(Real::ln(negative).is_nan());
                }
            }

            #[test]
            fn tiny_numbers_keep_all_their_digits() {
                for tiny in [TINY, 3.0 * TINY, $t::MIN_POSITIVE, $t::EPSILON * $t::EPSILON] {
                    assert_eq!([Real::tanh(tiny), Real::tanh(-tiny)], [tiny, -tiny]);
                    assert_eq!([Real::exp(tiny), Real::sigmoid(tiny)], [1.0, 0.5]);
                    let (lower, upper) = (Real::ln(tiny), Real::ln(tiny * 2.0));
                    assert!((upper - lower - std::$t::consts::LN_2).abs() < 1e-4);
                }
            }

            /// Some thousand neighbouring numbers about `x`, in order.
            fn neighbours(x: $t) -> impl Iterator<Item = $t> {
                let from_zero = (x.to_bits() - 2000..x.to_bits() + 2000).map($t::from_bits);
                let mut numbers: Vec<$t> = from_zero.collect();
                numbers.sort_by($t::total_cmp);
                numbers.into_iter()
            }

            #[test]
            fn exp_never_falls_near_the_ends_of_its_range() {
                let largest = ($t::MAX_EXP as $t) * std::$t::consts::LN_2;
                let smallest = ($t::MIN_EXP as $t - $t::MANTISSA_DIGITS as $t) * std::$t::consts::LN_2;
                let subnormal = ($t::MIN_EXP as $t) * std::$t::consts::LN_2;
                for end in [largest, smallest, subnormal] {
                    let powers: Vec<$t> = neighbours(end).map(Real::exp).collect();
                    assert!(powers.is_sorted(), "about {end}");
                }
                assert_eq!(Real::exp(largest * 1.001), INFINITY);
                assert!(Real::exp(largest * 0.999).is_finite());
                assert_eq!(Real::exp(smallest * 1.01), 0.0);
                assert!(Real::exp(smallest * 0.99) > 0.0);
            }

            #[test]
            fn tanh_erf_and_sigmoid_never_leave_their_bounds() {
                for i in 0..20_000 {
                    let x = i as $t * 0.001;
                    assert!(Real::tanh(x) <= 1.0 && Real::erf(x) <= 1.0 && Real::sigmoid(x) <= 1.0, "at {x}");
                    assert_eq!([Real::tanh(-x), Real::erf(-x)], [-Real::tanh(x), -Real::erf(x)]);
                }
            }

            #[test]
            fn a_loop_over_a_slice_gives_the_bits_of_single_calls() {
                macro_rules! same_bits {
                    ($name:ident, $points:ident) => {
                        let mut together = $points.clone();
                        together.iter_mut().for_each(|x| *x = Real::$name(*x));
                        for (&x, y) in $points.iter().zip(together) {
                            assert_eq!(y.to_bits(), Real::$name(black_box(x)).to_bits(), "at {x}");
                        }
                    };
                }
                let mut points: Vec<$t> = (-3000..3001).map(|i| i as $t * 0.037).collect();
                points.extend([TINY, -TINY, $t::MAX, $t::MIN, INFINITY, -INFINITY, -0.0]);
                same_bits!(exp, points);
                same_bits!(tanh, points);
                same_bits!(sigmoid, points);
                same_bits!(softplus, points);
                same_bits!(erf, points);
                points.retain(|&x| x >= 0.0);
                same_bits!(ln, points);
            }

            #[test]
            fn if_positive_takes_no_for_zero_and_nan() {
                let choices = [TINY, 0.0, -0.0, -1.0, $t::NAN].map(|x| x.if_positive(1.0, 2.0));
                assert_eq!(choices, [1.0, 2.0, 2.0, 2.0, 2.0]);
            }
        }
    };
}
tests_of!(single, f32, u32);
tests_of!(double, f64, u64);
