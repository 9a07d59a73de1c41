//! Names of columns and layers as names that a program may have.

/// Words that Rust, C or C++ keep for themselves.
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "abstract", "alignas", "alignof", "and", "as", "asm", "async", "auto", "await", "become", "bool", "box",
    "break", "case", "catch", "char", "class", "compl", "const", "constexpr", "continue", "crate", "default",
    "delete", "do", "double", "dyn", "else", "enum", "errno", "explicit", "export", "extern", "f32", "f64", "false",
    "final", "float", "fn", "for", "friend", "gen", "goto", "if", "impl", "in", "inline", "int", "let", "linux",
    "long", "loop", "macro", "match", "mod", "move", "mut", "mutable", "namespace", "new", "not", "operator", "or",
    "override", "priv", "private", "protected", "pub", "public", "ref", "register", "restrict", "return",
    "self", "short", "signed", "sizeof", "static", "str", "struct", "super", "switch", "template", "this",
    "throw", "trait", "true", "try", "typedef", "typename", "typeof", "union", "unix", "unsafe", "unsigned", "unsized",
    "use", "using", "virtual", "void", "volatile", "where", "while", "xor", "yield",
];

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
        let free = |name: &String| !self.0.contains(name) && !TAKEN.contains(&name.as_str());
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
