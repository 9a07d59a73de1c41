//! The initializers: what the numbers of a parameter are before training.

use crate::base::error::{Error, Result, nearest};
use crate::base::numpy_random::NumpyRandom;
use crate::base::real::Real;
use crate::base::rng::{Purpose, Rng, Stream};

/// How many values flow into and out of each number of a parameter; what most initializers scale by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fan {
    /// How many inputs each output sums up.
    pub inputs: usize,
    /// How many outputs each input reaches.
    pub outputs: usize,
}

/// The sources of randomness of one initialization.
pub struct Sources {
    rng: Rng,
    numpy: NumpyRandom,
}

impl Sources {
    /// Everything random in an initialization follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Sources { rng: Rng::new(seed), numpy: NumpyRandom::new(seed as u32) }
    }
}

macro_rules! initializers {
    ($($(#[doc = $doc:literal])* $name:literal $(| $alias:literal)* => $variant:ident, |$fan:ident, $stream:ident, $element:ident| $value:expr;)*) => {
        /// How a parameter begins.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Initializer {
            $($(#[doc = $doc])* $variant,)*
            /// Every number is this one; written `constant(0.5)`
            Constant(f64),
            /// Uniform in \[0, 1) as NumPy's legacy `random.rand` draws them from the same seed (the article)
            NumpyUniform,
            /// Rows or columns (the fewer) are orthogonal and of length 1 (Saxe et al. 2014)
            Orthogonal,
        }

        impl Initializer {
            /// Every initializer, in the order of the table.
            pub fn all() -> &'static [Initializer] {
                &[$(Initializer::$variant,)* Initializer::Constant(0.5), Initializer::NumpyUniform, Initializer::Orthogonal]
            }

            /// The name that recipes, model files and the command line use.
            pub fn name(self) -> String {
                match self {
                    $(Initializer::$variant => $name.to_owned(),)*
                    Initializer::Constant(value) => format!("constant({value})"),
                    Initializer::NumpyUniform => "numpy_uniform".to_owned(),
                    Initializer::Orthogonal => "orthogonal".to_owned(),
                }
            }

            /// The initializer of this name or alias. Fails when there is none.
            pub fn named(name: &str) -> Result<Initializer> {
                match name {
                    $($name $(| $alias)* => Ok(Initializer::$variant),)*
                    "numpy_uniform" => Ok(Initializer::NumpyUniform),
                    "orthogonal" => Ok(Initializer::Orthogonal),
                    _ => {
                        let value = name.strip_prefix("constant(").and_then(|rest| rest.strip_suffix(')'));
                        match value.and_then(|value| value.parse().ok()) {
                            Some(value) => Ok(Initializer::Constant(value)),
                            None => Err(unknown(name)),
                        }
                    }
                }
            }

            /// The number at `element`, for the initializers that draw each number by itself.
            fn at(self, fan: Fan, stream: &Stream, element: u64) -> f64 {
                match self {
                    $(Initializer::$variant => {
                        let ($fan, $stream, $element) = (fan, stream, element);
                        $value
                    })*
                    Initializer::Constant(value) => value,
                    Initializer::NumpyUniform | Initializer::Orthogonal => unreachable!("drawn as a whole"),
                }
            }
        }
    };
}

initializers! {
    /// Every number is 0
    "zeros" => Zeros, |_fan, _stream, _element| 0.0;
    /// U(-a, a) with a = √(6 / (inputs + outputs)) (Glorot and Bengio 2010; the default, as in Keras)
    "glorot_uniform" | "xavier_uniform" => GlorotUniform,
        |fan, stream, element| uniform(stream, element) * (6.0 / (fan.inputs + fan.outputs) as f64).sqrt();
    /// N(0, σ) with σ = √(2 / (inputs + outputs)) (Glorot and Bengio 2010)
    "glorot_normal" | "xavier_normal" => GlorotNormal,
        |fan, stream, element| stream.normal_at(element) * (2.0 / (fan.inputs + fan.outputs) as f64).sqrt();
    /// U(-a, a) with a = √(6 / inputs) (He et al. 2015)
    "he_uniform" | "kaiming_uniform" => HeUniform,
        |fan, stream, element| uniform(stream, element) * (6.0 / fan.inputs as f64).sqrt();
    /// N(0, σ) with σ = √(2 / inputs) (He et al. 2015)
    "he_normal" | "kaiming_normal" => HeNormal,
        |fan, stream, element| stream.normal_at(element) * (2.0 / fan.inputs as f64).sqrt();
    /// U(-a, a) with a = 1 / √inputs (PyTorch's default for dense layers, biases included)
    "fan_in_uniform" | "torch" => FanInUniform,
        |fan, stream, element| uniform(stream, element) / (fan.inputs as f64).sqrt();
}

impl Initializer {
    /// Writes the first numbers of the parameter with this position in the network.
    ///
    /// `columns` is the parameter's last size; only the orthogonal initializer looks at it.
    pub fn draw<T: Real>(self, fan: Fan, columns: usize, position: usize, sources: &mut Sources, out: &mut [T]) {
        let stream = sources.rng.stream(Purpose::Initialize, position as u32, 0);
        match self {
            Initializer::NumpyUniform => out.iter_mut().for_each(|number| *number = T::of(sources.numpy.next_f64())),
            Initializer::Orthogonal => orthogonal(&stream, columns, out),
            _ => {
                for (element, number) in out.iter_mut().enumerate() {
                    *number = T::of(self.at(fan, &stream, element as u64));
                }
            }
        }
    }
}

/// Uniform in \[-1, 1).
fn uniform(stream: &Stream, element: u64) -> f64 {
    2.0 * stream.uniform_at(element) - 1.0
}

/// Normal vectors made orthogonal one after another (modified Gram and Schmidt): rows where there are no more rows than
/// columns, else columns.
fn orthogonal<T: Real>(stream: &Stream, columns: usize, out: &mut [T]) {
    let rows = out.len() / columns.max(1);
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(count);
    for vector in 0..count {
        let mut numbers: Vec<f64> =
            (0..length).map(|element| stream.normal_at((vector * length + element) as u64)).collect();
        for earlier in &vectors {
            let along: f64 = earlier.iter().zip(&numbers).map(|(a, b)| a * b).sum();
            numbers.iter_mut().zip(earlier).for_each(|(number, earlier)| *number -= along * earlier);
        }
        let norm = numbers.iter().map(|number| number * number).sum::<f64>().sqrt();
        numbers.iter_mut().for_each(|number| *number /= norm);
        vectors.push(numbers);
    }
    for (at, number) in out.iter_mut().enumerate() {
        let (row, column) = (at / columns, at % columns);
        *number = T::of(if rows <= columns { vectors[row][column] } else { vectors[column][row] });
    }
}

fn unknown(name: &str) -> Error {
    let names: Vec<String> = Initializer::all().iter().map(|initializer| initializer.name()).collect();
    let error = Error::usage(format!("there is no initializer `{name}`"));
    match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => error.note(format!("did you mean `{meant}`?")),
        None => error.note(format!("there are: {}", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(initializer: Initializer) -> Vec<f64> {
        let mut numbers = vec![f64::NAN; 60 * 40];
        initializer.draw(Fan { inputs: 60, outputs: 40 }, 40, 0, &mut Sources::new(7), &mut numbers);
        numbers
    }

    #[test]
    fn every_initializer_is_found_by_its_name_and_depends_on_nothing_but_the_seed() {
        for &initializer in Initializer::all() {
            assert_eq!(Initializer::named(&initializer.name()), Ok(initializer));
            assert_eq!(drawn(initializer), drawn(initializer));
            assert!(drawn(initializer).iter().all(|number| number.is_finite()), "{initializer:?}");
        }
        assert!(Initializer::named("glorot").is_err());
    }

    #[test]
    fn every_spread_is_what_its_formula_says() {
        let spreads = [
            (Initializer::GlorotUniform, (6.0f64 / 100.0).sqrt() / 3f64.sqrt()),
            (Initializer::GlorotNormal, (2.0f64 / 100.0).sqrt()),
            (Initializer::HeUniform, (6.0f64 / 60.0).sqrt() / 3f64.sqrt()),
            (Initializer::HeNormal, (2.0f64 / 60.0).sqrt()),
            (Initializer::FanInUniform, (1.0f64 / 60.0).sqrt() / 3f64.sqrt()),
        ];
        for (initializer, expected) in spreads {
            let numbers = drawn(initializer);
            let spread = (numbers.iter().map(|x| x * x).sum::<f64>() / numbers.len() as f64).sqrt();
            assert!((spread / expected - 1.0).abs() < 0.05, "{initializer:?}: {spread} against {expected}");
        }
    }

    #[test]
    fn orthogonal_columns_are_orthogonal() {
        let numbers = drawn(Initializer::Orthogonal);
        for a in 0..40 {
            for b in 0..40 {
                let product: f64 = (0..60).map(|row| numbers[row * 40 + a] * numbers[row * 40 + b]).sum();
                assert!((product - f64::from(u8::from(a == b))).abs() < 1e-12);
            }
        }
    }
}
