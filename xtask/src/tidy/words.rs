//! Words that stand in no finished file, files that grow too long, and abbreviations in names.

use super::Finding;
use crate::source::Source;
use crate::tree::Tree;

/// A file with more lines says why: `// Long because: ...` near its top.
const MOST_LINES: usize = 500;

/// How near.
const TOP: usize = 20;

/// Words that say that something is unfinished.
const UNFINISHED: &[&str] = &["FIXME", "XXX", "TODO"];

/// How the lines begin that a merge leaves where it could not decide.
const CONFLICTS: &[&str] = &["<<<<<<< ", ">>>>>>> "];

/// Folders of one machine.
const MACHINE_PATHS: &[&str] = &["/work/", "/home/", "/root/", "/tmp/", "/Users/", "C:\\"];

/// Macros that say that something is unfinished.
const UNFINISHED_MACROS: &[&str] = &["todo", "unimplemented", "dbg"];

/// Modules that are named after nothing.
const NO_MODULES: &[&str] = &["util", "utils", "helper", "helpers", "misc", "common"];

/// Abbreviations that no name holds.
const ABBREVIATIONS: &[&str] = &["lr", "bs"];

/// The endings of files that people write.
const WRITTEN: &[&str] = &[".rs", ".md", ".toml", ".py", ".sh", ".ci/run"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let written = tree.texts().filter(|(path, _)| WRITTEN.iter().any(|ending| path.ends_with(ending)));
    let texts = written.flat_map(|(path, text)| in_text(path, text));
    texts.chain(tree.sources().iter().flat_map(in_code)).collect()
}

fn in_text(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
            findings.push(Finding::new(path, at + 1, word, format!("`{word}`: finish it, or leave it out")));
        }
        if let Some(mark) = CONFLICTS.iter().find(|mark| line.starts_with(*mark)) {
            findings.push(Finding::new(path, at + 1, mark, "a merge was not decided here".to_owned()));
        }
        for folder in MACHINE_PATHS.iter().filter(|folder| line.contains(*folder)) {
            findings.push(Finding::new(path, at + 1, folder, format!("`{folder}` is a folder of one machine")));
        }
    }
    let lines = text.lines().count();
    let says_why = text.lines().take(TOP).any(|line| line.starts_with("// Long because: "));
    if path.ends_with(".rs") && lines > MOST_LINES && !says_why {
        let message =
            format!("{lines} lines: cut the file, or say near its top `// Long because: ...` (over {MOST_LINES})");
        findings.push(Finding::new(path, 1, "long", message));
    }
    findings
}

/// Whether a line holds a word that is no part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|found| found == word)
}

fn in_code(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        let next = source.tokens.get(at + 1);
        let mut found = |message| findings.push(Finding::new(&source.path, token.line, &token.text, message));
        let is_macro = next.is_some_and(|next| next.is_sign("!"));
        if is_macro && UNFINISHED_MACROS.iter().any(|name| token.is_word(name)) {
            found(format!("`{}!`: finish it, or leave it out", token.text));
        }
        if token.is_word("mod") && next.is_some_and(|next| NO_MODULES.contains(&next.text.as_str())) {
            found("a module is named after what is in it".to_owned());
        }
        let is_short = |part| ABBREVIATIONS.contains(&part);
        if token.kind == crate::source::Kind::Word && token.text.split('_').any(is_short) {
            found(format!("`{}`: the field's word, whole (`learning_rate`, `batch_size`)", token.text));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.word).collect()
    }

    #[test]
    fn unfinished_work_is_found_in_text_and_code() {
        assert_eq!(words("a.md", "Later (FIXME)."), ["FIXME"]);
        assert_eq!(words("a.md", "FIXMEs and XXXL"), [""; 0]);
        assert_eq!(words("a.md", "<<<<<<< one\n=======\n>>>>>>> other").len(), 2);
        assert_eq!(
            words("a.rs", "fn f() { todo!() }\nfn g() { dbg!(1); unimplemented!() }"),
            ["todo", "dbg", "unimplemented"]
        );
    }

    #[test]
    fn folders_of_one_machine_are_found() {
        assert_eq!(words("a.py", "open('/home/me/x')"), ["/home/"]);
        assert_eq!(words("a.csv", "/home/me/x"), [""; 0]);
    }

    #[test]
    fn a_long_file_says_why() {
        let long = "//! A table.\n".to_owned() + &"fn f() {}\n".repeat(MOST_LINES);
        assert_eq!(words("a.rs", &long), ["long"]);
        assert_eq!(words("a.rs", &long.replacen("fn f() {}", "// Long because: it is a table.", 1)), [""; 0]);
    }

    #[test]
    fn abbreviations_and_modules_named_after_nothing_are_found() {
        assert_eq!(words("a.rs", "pub fn set_lr(bs: usize, abs: f64) {}\nmod utils;"), ["set_lr", "bs", "mod"]);
    }
}
