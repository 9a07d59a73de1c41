//! The functions and constants that a source needs, and no other: found by their names, taken from the texts beside this file.

use super::text::{kind, literal, without_words};
use super::{DOUBLE, Syntax};
use crate::base::real::{Real, angle};
use crate::data::formula::EARTH;
use crate::train::recipe::Precision;
use std::collections::HashSet;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, PI};

/// A function or constant, and the name that it is used by.
struct Piece {
    name: String,
    text: String,
}

/// Everything that there is for a language.
pub(super) struct Functions(Vec<Piece>);

impl Functions {
    /// What there is for a language.
    pub(super) fn of(language: Syntax) -> Functions {
        let (single, exact) = match language {
            Syntax::Rust => (include_str!("templates/functions.rs"), include_str!("templates/exact.rs")),
            Syntax::C => (include_str!("templates/functions.c"), include_str!("templates/exact.c")),
        };
        let mut pieces = Vec::new();
        for precision in [Precision::F64, Precision::F32] {
            let constants = match precision {
                Precision::F32 => constants::<f32>(language, precision),
                Precision::F64 => constants::<f64>(language, precision),
            };
            pieces.extend(constants);
            pieces.extend(functions(language, &for_precision(language, single, precision)));
        }
        pieces.extend(constants_of_angles(language));
        pieces.extend(functions(language, exact));
        Functions(pieces)
    }

    /// The names that cannot be given to anything else.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|piece| piece.name.as_str())
    }

    /// The texts of all functions that `code` names, and of those that they name, each behind those that it needs.
    pub(super) fn needed_by(&self, code: &str) -> Vec<&str> {
        let (mut texts, mut done) = (Vec::new(), HashSet::new());
        self.add_needed(&without_words(code), &mut done, &mut texts);
        texts
    }

    fn add_needed<'a>(&'a self, text: &str, done: &mut HashSet<&'a str>, texts: &mut Vec<&'a str>) {
        let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
        for word in text.split(|sign| !is_part(sign)) {
            let Some(piece) = self.0.iter().find(|piece| piece.name == word) else { continue };
            if done.insert(&piece.name) {
                self.add_needed(&without_words(&piece.text), done, texts);
                texts.push(&piece.text);
            }
        }
    }
}

/// The text for `f32` made one for the precision that is asked for.
fn for_precision(language: Syntax, text: &str, precision: Precision) -> String {
    let changes: &[(&str, &str)] = match (precision, language) {
        (Precision::F32, _) => &[],
        (Precision::F64, Syntax::Rust) => &[("f32", "f64"), ("F32", "F64"), ("u32", "u64")],
        (Precision::F64, Syntax::C) => &[
            ("0f", "0"),
            ("1f", "1"),
            ("5f", "5"),
            ("float", "double"),
            ("FLOAT", "DOUBLE"),
            ("uint32", "uint64"),
            ("UINT32", "UINT64"),
        ],
    };
    changes.iter().fold(text.to_owned(), |text, (single, double)| text.replace(single, double))
}

/// The functions of a text: they stand between blank lines, and the first line of the text says what it is.
fn functions(language: Syntax, text: &str) -> Vec<Piece> {
    let pieces = text.trim_end().split("\n\n").skip(1);
    pieces.map(|piece| Piece { name: name_of(language, piece).to_owned(), text: piece.to_owned() }).collect()
}

/// The name that a piece defines.
fn name_of(language: Syntax, piece: &str) -> &str {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let code = piece.lines().find(|line| match language {
        Syntax::Rust => line.starts_with("fn "),
        Syntax::C => ["static ", "#define "].iter().any(|start| line.starts_with(start)),
    });
    let name = match code {
        Some(line) => line.split('(').next().and_then(|before| before.rsplit(|sign| !is_part(sign)).next()),
        // A type of C has its name behind.
        None => piece.lines().last().map(|line| line.trim_matches(|sign| !is_part(sign))),
    };
    name.expect("a piece defines a function or a type")
}

/// The numbers that the functions of one precision are made with, as clione has them.
fn constants<T: Real>(language: Syntax, precision: Precision) -> Vec<Piece> {
    let (mantissa, bias, smallest): (i32, f64, f64) = match precision {
        Precision::F32 => (23, 127.0, f32::MIN_POSITIVE.into()),
        Precision::F64 => (52, 1023.0, f64::MIN_POSITIVE),
    };
    let single = |number: T| vec![number.to_f64()];
    let several = |numbers: &[T]| numbers.iter().map(|number| number.to_f64()).collect();
    let numbers: [(&str, Vec<f64>); 16] = [
        ("LOG2_E", single(T::LOG2_E)),
        ("LN_2", single(T::LN_2)),
        ("LN_2_REST", single(T::LN_2_REST)),
        ("ROUNDING", single(T::ROUNDING)),
        ("EXP_IS_ZERO", single(T::EXP_IS_ZERO)),
        ("EXP_IS_INFINITE", single(T::EXP_IS_INFINITE)),
        ("TANH_IS_ONE", single(T::TANH_IS_ONE)),
        ("ERF_IS_ONE", single(T::ERF_IS_ONE)),
        ("EXP", several(T::EXP)),
        ("LN", several(T::LN)),
        ("ERF_NEAR", several(T::ERF_NEAR)),
        ("ERF_FAR", several(T::ERF_FAR)),
        ("SQRT_HALF", single(T::of(std::f64::consts::FRAC_1_SQRT_2))),
        ("MIN_POSITIVE", vec![smallest]),
        ("FROM_EXPONENT", vec![2f64.powi(mantissa)]),
        ("BIAS", vec![bias]),
    ];
    let suffix = kind(language, precision).to_uppercase();
    let pieces = numbers.map(|(name, numbers)| constant(language, precision, format!("{name}_{suffix}"), &numbers));
    let count = format!("MANTISSA_BITS_{suffix}");
    let text = match language {
        Syntax::C => format!("static const int {count} = {mantissa};"),
        Syntax::Rust => format!("const {count}: u32 = {mantissa};"),
    };
    pieces.into_iter().chain([Piece { name: count, text }]).collect()
}

/// The numbers that angles and distances are worked out with, as clione has them.
fn constants_of_angles(language: Syntax) -> Vec<Piece> {
    let numbers: [(&str, &[f64]); 9] = [
        ("QUARTER", &angle::QUARTER),
        ("SINE", &angle::SINE),
        ("COSINE", &angle::COSINE),
        ("ARCTANGENT", &angle::ARCTANGENT),
        ("LARGEST_ANGLE", &[angle::LARGEST]),
        ("TWO_OVER_PI", &[FRAC_2_PI]),
        ("HALF_PI", &[FRAC_PI_2]),
        ("DEGREE", &[PI / 180.0]),
        ("EARTH", &[EARTH]),
    ];
    numbers.map(|(name, numbers)| constant(language, DOUBLE, name.to_owned(), numbers)).into()
}

/// One number, or several that belong together.
fn constant(language: Syntax, precision: Precision, name: String, numbers: &[f64]) -> Piece {
    let (kind, count) = (kind(language, precision), numbers.len());
    let list = numbers.iter().map(|&number| literal(language, precision, number)).collect::<Vec<_>>().join(", ");
    let text = match (language, count) {
        (Syntax::C, 1) => format!("static const {kind} {name} = {list};"),
        (Syntax::C, _) => format!("static const {kind} {name}[{count}] = {{{list}}};"),
        (Syntax::Rust, 1) => format!("const {name}: {kind} = {list};"),
        (Syntax::Rust, _) => format!("const {name}: [{kind}; {count}] = [{list}];"),
    };
    Piece { name, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;

    #[test]
    fn every_activation_has_its_function_in_every_language_and_precision() {
        for language in [Syntax::Rust, Syntax::C] {
            let functions = Functions::of(language);
            for &activation in Activation::all().iter().filter(|&&activation| activation != Activation::Linear) {
                for precision in [Precision::F32, Precision::F64] {
                    let name = format!("{}_{}", activation.name(), kind(language, precision));
                    assert!(functions.names().any(|known| known == name), "{name} is not among the templates");
                }
            }
        }
    }

    #[test]
    fn what_is_needed_comes_first_and_nothing_else_comes() {
        let functions = Functions::of(Syntax::Rust);
        let texts = functions.needed_by("silu_f32(x) // \"tanh_f32\"");
        let place = |name: &str| texts.iter().position(|text| text.contains(&format!("fn {name}(")));
        assert!(place("exp_f32") < place("sigmoid_f32") && place("sigmoid_f32") < place("silu_f32"));
        assert_eq!((place("tanh_f32"), place("fma_f64")), (None, None));
    }
}
