//! Names of columns and layers as names that a program may have.

/// Words that Rust keeps for itself in any edition up to 2024: strict, reserved and weak keywords of its reference.
#[rustfmt::skip]
const RUST: &[&str] = &[
    "as", "break", "const", "continue", "crate", "else", "enum", "extern", "false", "fn", "for", "if", "impl", "in", "let",
    "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true", "type",
    "unsafe", "use", "where", "while",
    "async", "await", "dyn",
    "abstract", "become", "box", "do", "final", "gen", "macro", "override", "priv", "try", "typeof", "unsized", "virtual", "yield",
    "macro_rules", "raw", "safe", "union",
    // Types that stand beside names of columns.
    "bool", "char", "f32", "f64", "str", "u8", "usize",
];

/// Words that C keeps for itself: keywords of C99 (6.4.1), C11, C17 and C23, small letters only.
#[rustfmt::skip]
const C: &[&str] = &[
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for",
    "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct",
    "switch", "typedef", "union", "unsigned", "void", "volatile", "while",
    "alignas", "alignof", "bool", "constexpr", "false", "nullptr", "static_assert", "thread_local", "true", "typeof",
    "typeof_unqual",
];

/// Words that compilers of C keep beside the standard, that they define as macros, and that its headers do: common
/// extensions (J.5), and what GCC defines on some machine unless it is told -std=c99.
#[rustfmt::skip]
const BESIDE_C: &[&str] = &[
    "asm", "fortran", "errno", "assert", "complex", "imaginary", "noreturn", "stdin", "stdout", "stderr", "linux", "unix",
    "i386", "m68k", "mips", "pixel", "sparc", "sun", "vax", "vector", "cdecl", "far", "huge", "interrupt", "near", "pascal",
    "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "size_t", "ptrdiff_t",
];

/// Words that C++ keeps for itself up to C++26, beside those of C: keywords, words that stand for operators, words that mean
/// something in their place, and those of technical specifications.
#[rustfmt::skip]
const CPP: &[&str] = &[
    "and", "and_eq", "bitand", "bitor", "catch", "char8_t", "char16_t", "char32_t", "class", "compl", "concept", "consteval",
    "constinit", "const_cast", "contract_assert", "co_await", "co_return", "co_yield", "decltype", "delete", "dynamic_cast",
    "explicit", "export", "friend", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "operator", "or", "or_eq",
    "private", "protected", "public", "reinterpret_cast", "requires", "static_cast", "template", "this", "throw", "try",
    "typeid", "typename", "using", "virtual", "wchar_t", "xor", "xor_eq",
    "final", "import", "module", "override", "post", "pre",
    "atomic_cancel", "atomic_commit", "atomic_noexcept", "reflexpr", "synchronized", "transaction_safe",
    "transaction_safe_dynamic",
];

/// Whether one of the languages, or their compilers, keeps a word for itself.
fn is_kept(word: &str) -> bool {
    [RUST, C, BESIDE_C, CPP].iter().any(|words| words.contains(&word))
}

/// The names of one source file, each given once.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Keeps a name for something else.
    pub(super) fn take(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    /// A name made of this one that was not given yet: `sepal length (cm)` becomes `sepal_length_cm`.
    pub(super) fn give(&mut self, name: &str) -> String {
        let name = identifier(name);
        let free = |name: &String| !self.0.contains(name) && !is_kept(name);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let name = std::iter::once(name.clone()).chain(numbered).find(free).expect("there is always a larger number");
        self.0.push(name.clone());
        name
    }
}

/// Small letters, digits and single underscores, a letter first.
pub(super) fn identifier(name: &str) -> String {
    let mut identifier = String::new();
    for sign in name.chars() {
        if sign.is_ascii_alphanumeric() {
            identifier.push(sign.to_ascii_lowercase());
        } else if !identifier.is_empty() && !identifier.ends_with('_') {
            identifier.push('_');
        }
    }
    let identifier = identifier.trim_end_matches('_');
    match identifier.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{identifier}"),
        Some(_) => identifier.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_valid_and_given_once() {
        let mut names = Names::default();
        let given = ["sepal length (cm)", "Sepal-Length cm", "2nd", "class", "größe", "", "___", "class_2"];
        let expected =
            ["sepal_length_cm", "sepal_length_cm_2", "n2nd", "class_2", "gr_e", "unnamed", "unnamed_2", "class_2_2"];
        assert_eq!(given.map(|name| names.give(name)), expected);
    }
}
