//! The functions in Python that exported sources are put together from: each goes in where something uses it.

use std::collections::BTreeSet;

/// Functions of one kind.
pub(super) struct Library {
    text: &'static str,
}

pub(super) const FUNCTIONS: Library = Library { text: include_str!("python/functions.py") };
pub(super) const RANDOM: Library = Library { text: include_str!("python/random.py") };
pub(super) const ROWS: Library = Library { text: include_str!("python/rows.py") };
pub(super) const ANSWERS: Library = Library { text: include_str!("python/answers.py") };

const ALL: [&Library; 4] = [&FUNCTIONS, &RANDOM, &ROWS, &ANSWERS];

impl Library {
    /// The blocks of the file by their names: its functions and constants.
    fn blocks(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        // Constants stand a line apart, functions two.
        let blocks = self
            .text
            .split("\n\n\n")
            .flat_map(|block| if block.starts_with("def ") { vec![block] } else { block.split("\n\n").collect() });
        blocks.filter_map(|block| Some((name_of(block)?, block.trim_matches('\n'))))
    }

    /// Those of its functions that are among `used`, in the order of the file, each with two empty lines before it, as a
    /// source has them that is otherwise `source`.
    pub(super) fn excerpt(&self, used: &BTreeSet<&str>, source: &str) -> String {
        let defined = defined_by(source);
        let blocks = self.blocks().filter(|(name, _)| used.contains(name));
        blocks.map(|(_, block)| format!("\n\n{}\n", chosen(block, &defined))).collect()
    }
}

/// What a source defines.
fn defined_by(source: &str) -> BTreeSet<&str> {
    source.lines().filter_map(name_of).collect()
}

/// The lines of a block that a source has: those that end with `# with NAME` if it defines this constant, those that end with
/// `# without NAME` if it does not, and all others.
fn chosen(block: &str, defined: &BTreeSet<&str>) -> String {
    let lines = block.lines().filter_map(|line| match line.rsplit_once("  # with") {
        None => Some(line),
        Some((code, condition)) => {
            let (is_wanted, name) = match condition.strip_prefix("out ") {
                Some(name) => (false, name),
                None => (true, condition.trim_start()),
            };
            (defined.contains(name) == is_wanted).then_some(code)
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names of all functions and constants.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|library| library.blocks()).map(|(name, _)| name)
}

/// The name that a block of Python defines.
fn name_of(block: &str) -> Option<&str> {
    let block = block.trim_start_matches('\n');
    match block.strip_prefix("def ") {
        Some(rest) => rest.split('(').next(),
        None => block.split_once(" = ").map(|(name, _)| name).filter(|name| name.chars().all(is_of_name)),
    }
}

/// The functions of all libraries that a source needs, and those that they need; nothing that `source` defines itself.
pub(super) fn needed_by(source: &str) -> BTreeSet<&'static str> {
    let defined = defined_by(source);
    let all: Vec<(&str, &str)> =
        ALL.iter().flat_map(|library| library.blocks()).filter(|(name, _)| !defined.contains(name)).collect();
    let mut needed = BTreeSet::new();
    let mut texts = vec![source.to_owned()];
    while let Some(text) = texts.pop() {
        let words: BTreeSet<&str> = words(&text).collect();
        for &(name, block) in all.iter().filter(|(name, _)| words.contains(name)) {
            if needed.insert(name) {
                texts.push(chosen(block, &defined));
            }
        }
    }
    needed
}

/// Whether the code of a source calls this function, or reads this constant or module.
pub(super) fn uses(source: &str, name: &str) -> bool {
    words(source).any(|word| word == name)
}

/// The functions that Python code calls, the constants that it reads, and the modules before a point.
fn words(text: &str) -> impl Iterator<Item = &str> {
    // Every second piece between three quotes is a description.
    let code = text.split("\"\"\"").step_by(2).flat_map(str::lines).filter(|line| !line.trim_start().starts_with('#'));
    code.flat_map(|line| {
        let starts = line.char_indices().filter(move |&(at, sign)| {
            is_of_name(sign) && !line[..at].ends_with(|sign| is_of_name(sign) || sign == '.')
        });
        starts.filter_map(move |(at, _)| {
            let end = line[at..].find(|sign| !is_of_name(sign)).map_or(line.len(), |length| at + length);
            let word = &line[at..end];
            let is_constant = word.chars().all(|sign| sign.is_ascii_uppercase() || sign == '_');
            (is_constant || line[end..].starts_with(['(', '.'])).then_some(word)
        })
    })
}

fn is_of_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Purpose;
    use crate::data::formula::EARTH;
    use crate::graph::activation::{Activation, SlopeOf};
    use crate::nn::initializer::Initializer;

    fn has(name: &str) -> bool {
        names().any(|known| known == name)
    }

    #[test]
    fn every_activation_has_its_function_and_its_derivative() {
        // The graph has no node for the linear one.
        for activation in Activation::all().iter().filter(|&&activation| activation != Activation::Linear) {
            assert!(has(activation.name()), "{activation:?}");
            let argument = match activation.slope_of() {
                SlopeOf::Input => "x",
                SlopeOf::Output => "y",
            };
            let definition = format!("def {}_derivative({argument}):", activation.name());
            assert!(FUNCTIONS.text.contains(&definition), "{definition}");
        }
    }

    #[test]
    fn every_initializer_that_draws_numbers_has_its_function() {
        for initializer in Initializer::all() {
            match initializer {
                Initializer::Zeros | Initializer::Constant(_) | Initializer::NumpyUniform => {}
                other => assert!(has(&other.name()), "{other:?}"),
            }
        }
    }

    #[test]
    fn purposes_have_the_numbers_of_the_generator() {
        for (name, purpose) in [
            ("initialize", Purpose::Initialize),
            ("shuffle", Purpose::Shuffle),
            ("dropout", Purpose::Dropout),
            ("split", Purpose::Split),
        ] {
            assert!(RANDOM.text.contains(&format!("\"{name}\": {}", purpose as u32)), "{name}");
        }
    }

    #[test]
    fn distances_go_along_the_globe_of_clione() {
        assert!(ROWS.text.contains(&format!("return 2 * {EARTH} * ")));
    }

    #[test]
    fn what_is_used_comes_with_what_it_uses_and_nothing_else() {
        let needed = needed_by("def feedforward(x):\n    return silu(x)\n");
        assert_eq!(needed.into_iter().collect::<Vec<_>>(), ["sigmoid", "silu"]);
        assert_eq!(FUNCTIONS.excerpt(&BTreeSet::from(["tanh_derivative"]), "").lines().count(), 5);
        assert!(needed_by("SEED = 3\nself.sigmoid\n").is_empty());
    }

    #[test]
    fn lines_for_a_constant_are_only_there_where_it_is_defined() {
        let block = "def word():\n    x = 1  # with MAPS\n    x = 2  # without MAPS\n    return x";
        assert_eq!(chosen(block, &defined_by("MAPS = {}\n")), "def word():\n    x = 1\n    return x");
        assert_eq!(chosen(block, &defined_by("")), "def word():\n    x = 2\n    return x");
        let ways = |text: &str| text.matches("  # with").count();
        assert!(ALL.iter().all(|library| library.text.lines().all(|line| ways(line) <= 1)));
    }
}
