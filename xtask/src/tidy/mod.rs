//! Checks that the sources are built as ARCHITECTURE.md says; each rule names file, line, what was found and what is allowed.

mod docs;
mod foreign;
mod layers;
mod markdown;
mod names;
mod purity;
mod words;

use crate::tree::Tree;
use std::fmt;

/// Something that a rule does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The line; the first is 1.
    pub line: usize,
    /// The word that was found: what an exception is made for.
    pub word: String,
    /// What was found, and what is allowed.
    pub message: String,
}

impl Finding {
    fn new(path: &str, line: usize, word: &str, message: String) -> Self {
        Finding { path: path.to_owned(), line, word: word.to_owned(), message }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.message)
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

/// The rules, and what each is called in the exceptions.
const RULES: &[(&str, Rule)] = &[
    ("rust", rust),
    ("layers", layers::check),
    ("docs", docs::check),
    ("foreign", foreign::check),
    ("purity", purity::check),
    ("names", names::check),
    ("words", words::check),
    ("markdown", markdown::check),
];

/// What a rule lets pass: the rule, the file or the beginning of its path, the word (`*`: any), and why.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    ("words", "xtask/src/tidy/", "*", "the rule and the tests name what is looked for"),
    ("purity", "crates/clione/tests/allocations.rs", "unsafe", "an allocator that counts cannot be written without"),
    ("names", "crates/clione/src/graph/op.rs", "constant", "an operation's own name; the schedule is another thing"),
    ("names", "crates/clione/src/graph/op.rs", "add", "an operation's own name, which its layer shares"),
    ("names", "crates/clione/src/graph/op.rs", "huber", "an operation's own name, which its loss shares"),
    ("names", "crates/clione/src/graph/op.rs", "softmax", "an operation's own name, which its layer shares"),
    ("names", "crates/clione/src/graph/op.rs", "concat", "an operation's own name, which its layer shares"),
    ("names", "crates/clione/src/report/plan.rs", "step", "a step of a plan; the schedule is another thing"),
    ("names", "crates/clione-cli/src/commands/show/plan.rs", "step", "a step of a plan; the schedule is another thing"),
    ("names", "crates/clione/src/nn/layers/dense.rs", "activation", "the name of a setting, not of the layer"),
    ("names", "crates/clione/src/see/replay/condition.rs", "step", "a step of training; the schedule is another thing"),
    ("names", "crates/clione/src/train/recipe/mod.rs", "flatten", "what the layer is called here, not its kind"),
    ("names", "crates/clione/src/train/recipe/mod.rs", "softmax", "what the layer is called here, not its kind"),
    ("names", "crates/clione/src/train/recipe/settings.rs", "activation", "the name of a setting, not of the layer"),
    ("names", "crates/clione/src/train/recipe/settings.rs", "dropout", "the name of a setting, not of the layer"),
];

/// Every finding in the tree that no exception lets pass, and every exception that lets nothing pass.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut used = vec![false; EXCEPTIONS.len()];
    let mut findings = Vec::new();
    for (name, rule) in RULES {
        findings.extend(rule(tree).into_iter().filter(|finding| {
            let allows = |(rule, path, word, _): &(&str, &str, &str, &str)| {
                rule == name && finding.path.starts_with(path) && (*word == "*" || finding.word == *word)
            };
            match EXCEPTIONS.iter().position(allows) {
                Some(at) => used[at] = true,
                None => return true,
            }
            false
        }));
    }
    findings.dedup();
    for ((rule, path, word, _), _) in EXCEPTIONS.iter().zip(used).filter(|(_, used)| !used) {
        let message = format!("the exception for `{word}` in {path} from the rule `{rule}` is not needed any more");
        findings.push(Finding::new("xtask/src/tidy/mod.rs", 1, word, message));
    }
    findings
}

/// `cargo xtask tidy`.
pub fn run(_: &[String]) -> Result<(), String> {
    let tree = Tree::read(&crate::root()).map_err(|error| format!("the repository cannot be read: {error}"))?;
    let findings = check(&tree);
    if findings.is_empty() {
        println!("{} rules hold in {} Rust files", RULES.len(), tree.sources().len());
        return Ok(());
    }
    Err(findings.iter().map(|finding| format!("{finding}\n")).collect::<String>()
        + &format!("{} findings", findings.len()))
}

/// Every Rust file can be read.
fn rust(tree: &Tree) -> Vec<Finding> {
    tree.broken().iter().map(|(path, line, problem)| Finding::new(path, *line, "", problem.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_are_built_as_the_architecture_says() {
        run(&[]).unwrap_or_else(|findings| panic!("\n{findings}"));
    }

    #[test]
    fn an_exception_lets_its_own_word_pass_and_is_found_when_it_lets_nothing_pass() {
        let stale = check(&Tree::default());
        assert_eq!(stale.len(), EXCEPTIONS.len());
        assert!(stale[0].message.ends_with("is not needed any more"), "{}", stale[0]);
        let findings =
            check(&Tree::of(&[("xtask/src/tidy/words.rs", "//! Names FIXME."), ("a.rs", "//! Names FIXME.")]));
        let own: Vec<&str> = findings.iter().filter(|f| f.word == "FIXME").map(|f| f.path.as_str()).collect();
        assert_eq!((own, findings.len()), (vec!["a.rs"], EXCEPTIONS.len()));
    }

    #[test]
    fn a_file_that_is_no_rust_is_found() {
        let findings = rust(&Tree::of(&[("a.rs", "fn f() {")]));
        assert!(findings[0].to_string().starts_with("a.rs:1: no Rust"), "{findings:?}");
    }
}
