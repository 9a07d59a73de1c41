//! Every Rust file begins with one sentence that says what it is.

use super::Finding;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let problem_of = |text: &str| {
        let first = text.lines().next().unwrap_or_default();
        let Some(sentence) = first.strip_prefix("//! ") else {
            return Some("begins without a `//!` line that says what it is");
        };
        if !sentence.ends_with(['.', '?', ':']) {
            return Some("the first `//!` line is not one whole sentence with a full stop");
        }
        let is_one = !sentence.trim_end_matches('.').contains(". ");
        if is_one { None } else { Some("the first `//!` line holds more than one sentence: the rest goes below it") }
    };
    let sources = tree.sources().iter();
    let problems = sources.filter_map(|source| Some((source, problem_of(tree.text(&source.path)?)?)));
    problems.map(|(source, problem)| Finding::new(&source.path, 1, "//!", problem.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_first_sentence_is_found() {
        let of = |text: &str| check(&Tree::of(&[("a.rs", text)])).len();
        assert_eq!(of("//! The shapes: rows and columns.\nfn f() {}"), 0);
        assert_eq!(of("fn f() {}"), 1);
        assert_eq!(of("// The shapes.\nfn f() {}"), 1);
        assert_eq!(of("//! The shapes\nfn f() {}"), 1);
        assert_eq!(of("//! The shapes. And more.\nfn f() {}"), 1);
    }
}
