//! The library prints nothing, reads no clock and no environment, keeps no global state and draws no hidden random numbers.

use super::Finding;
use crate::source::{Source, Token};
use crate::tree::Tree;

const LIBRARY: &str = "crates/clione/src/";

/// Macros that the library does not call, and why.
const NO_MACROS: &[(&str, &str)] = &[
    ("print", "prints"),
    ("println", "prints"),
    ("eprint", "prints"),
    ("eprintln", "prints"),
    ("thread_local", "keeps global state"),
];

/// Names that the library does not use, and why.
const NO_NAMES: &[(&str, &str)] = &[
    ("Instant", "reads a clock"),
    ("SystemTime", "reads a clock"),
    ("RandomState", "is random without an `Rng`"),
    ("getrandom", "is random without an `Rng`"),
    ("rand", "is random without an `Rng`"),
];

/// Types by which a `static` changes.
const CHANGING: &[&str] =
    &["Mutex", "RwLock", "Cell", "RefCell", "UnsafeCell", "OnceCell", "OnceLock", "LazyLock", "Once"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let library = tree.sources_under(LIBRARY).flat_map(impurities);
    let unsafe_code = tree.sources_under("crates/").filter(|source| !source.path.starts_with("crates/clione/src/cpu/"));
    let unsafe_code = unsafe_code.flat_map(|source| {
        let found = source.tokens.iter().filter(|token| token.is_word("unsafe"));
        found.map(|token| finding(source, token, "unsafe", "`unsafe` stands only under crates/clione/src/cpu"))
    });
    library.chain(unsafe_code).collect()
}

fn impurities(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |token: &Token, word: &str, why: &str| {
        findings.push(finding(source, token, word, &format!("`{word}` {why}; the library does not")));
    };
    let mut before = "";
    for (token, rest) in source.code() {
        let next = |sign| rest.first().is_some_and(|next| next.is_sign(sign));
        for (name, why) in NO_MACROS {
            if token.is_word(name) && next("!") {
                found(token, name, why);
            }
        }
        for (name, why) in NO_NAMES {
            if token.is_word(name) {
                found(token, name, why);
            }
        }
        if token.is_word("env") && (next("::") || before == "::") {
            found(token, "env", "reads the environment");
        }
        if token.is_word("static") && before != "'" {
            let item = rest.iter().take_while(|token| !token.is_sign("=") && !token.is_sign(";"));
            if item.clone().any(|token| token.is_word("mut") || is_changing(&token.text)) {
                found(token, "static", "keeps global state");
            }
        }
        before = &token.text;
    }
    findings
}

fn is_changing(name: &str) -> bool {
    CHANGING.contains(&name) || name.starts_with("Atomic")
}

fn finding(source: &Source, token: &Token, word: &str, message: &str) -> Finding {
    Finding::new(&source.path, token.line, word, message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.word).collect()
    }

    #[test]
    fn printing_clocks_environment_and_hidden_randomness_are_found() {
        let text = "fn f() { println!(); eprint!(\"\"); Instant::now(); std::env::var(\"A\"); RandomState::new(); }";
        let expected = ["println", "eprint", "Instant", "env", "RandomState"];
        assert_eq!(words("crates/clione/src/nn/a.rs", text), expected);
        assert_eq!(words("crates/clione-cli/src/a.rs", text), [""; 0]);
        assert_eq!(words("crates/clione/src/a.rs", "#[cfg(test)] mod t { fn f() { println!(); } }"), [""; 0]);
    }

    #[test]
    fn a_static_that_changes_is_found_and_a_constant_one_is_not() {
        let of = |text: &str| words("crates/clione/src/a.rs", text).len();
        assert_eq!(of("static mut A: u8 = 0;"), 1);
        assert_eq!(of("static A: AtomicUsize = AtomicUsize::new(0);"), 1);
        assert_eq!(of("static A: std::sync::OnceLock<u8> = OnceLock::new();"), 1);
        assert_eq!(of("thread_local! { static A: u8 = 0; }"), 1);
        assert_eq!(of("static A: [u8; 2] = [1, 2];"), 0);
        assert_eq!(of("fn f(x: &'static mut u8) {}"), 0);
    }

    #[test]
    fn unsafe_outside_of_cpu_is_found_in_tests_too() {
        let text = "#[cfg(test)] mod t { fn f() { unsafe { g() } } }";
        assert_eq!(words("crates/clione/src/nn/a.rs", text), ["unsafe"]);
        assert_eq!(words("crates/clione-cli/src/a.rs", text), ["unsafe"]);
        assert_eq!(words("crates/clione/src/cpu/a.rs", text), [""; 0]);
    }
}
