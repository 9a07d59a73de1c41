//! The name of an activation, loss, metric, optimizer, initializer, schedule or layer stands as a string in its table only.

use super::Finding;
use crate::source::{Kind, Source};
use crate::tree::Tree;
use std::collections::BTreeMap;

/// The files with a table `"name" | "alias" => Variant`.
const TABLES: &[&str] = &[
    "crates/clione/src/graph/activation.rs",
    "crates/clione/src/nn/loss.rs",
    "crates/clione/src/nn/initializer.rs",
    "crates/clione/src/optim/optimizer.rs",
    "crates/clione/src/optim/schedule.rs",
    "crates/clione/src/train/metric.rs",
];

/// The folder whose files each name a layer: `const KIND: &str = "name"`.
const LAYERS: &str = "crates/clione/src/nn/layers/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut homes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in tree.sources() {
        let names = if TABLES.contains(&source.path.as_str()) {
            let names = table_names(source);
            if names.is_empty() {
                let message = "this table has no `\"name\" => Variant` any more: teach xtask its new form".to_owned();
                findings.push(Finding::new(&source.path, 1, "", message));
            }
            names
        } else if source.path.starts_with(LAYERS) {
            layer_names(source)
        } else {
            continue;
        };
        names.into_iter().for_each(|name| homes.entry(name).or_default().push(&source.path));
    }
    for source in tree.sources_under("crates/").filter(|source| source.path.contains("/src/")) {
        for (token, _) in source.code().filter(|(token, _)| token.kind == Kind::Text) {
            let Some(homes) = homes.get(token.text.as_str()).filter(|homes| !homes.contains(&source.path.as_str()))
            else {
                continue;
            };
            let message =
                format!("the name \"{}\" stands in {} only: take it from there", token.text, homes.join(" and "));
            findings.push(Finding::new(&source.path, token.line, &token.text, message));
        }
    }
    findings
}

/// The strings that `=>` or `|` follows.
fn table_names(source: &Source) -> Vec<&str> {
    let pairs = source.code().filter(|(token, rest)| {
        let names = rest.first().is_some_and(|next| next.is_sign("=>") || next.is_sign("|"));
        token.kind == Kind::Text && names
    });
    pairs.map(|(token, _)| token.text.as_str()).collect()
}

/// The string of `const KIND: &str = "name"`.
fn layer_names(source: &Source) -> Vec<&str> {
    let kinds = source.code().filter(|(token, rest)| {
        token.is_word("KIND") && rest.iter().take(5).map(|token| token.text.as_str()).take(4).eq([":", "&", "str", "="])
    });
    kinds.filter_map(|(_, rest)| rest.get(4).map(|name| name.text.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: (&str, &str) =
        ("crates/clione/src/graph/activation.rs", "activations! { /// y = x\n \"linear\" | \"identity\" => Linear; }");
    const LAYER: (&str, &str) = ("crates/clione/src/nn/layers/dense.rs", "pub(super) const KIND: &str = \"dense\";");

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[TABLE, LAYER, (path, text)])).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_outside_of_its_table_is_found() {
        let found =
            findings("crates/clione-cli/src/main.rs", "fn f() { g(\"identity\");\n g(\"dense\"); g(\"other\"); }");
        let expected = "crates/clione-cli/src/main.rs:1: the name \"identity\" stands in crates/clione/src/graph/activation.rs only";
        assert!(found[0].starts_with(expected), "{found:?}");
        assert!(found[1].contains(":2: the name \"dense\""), "{found:?}");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn tests_and_docs_may_write_names() {
        let text = "/// A \"linear\" one: g(\"dense\").\n#[cfg(test)]\nmod tests { fn f() { g(\"linear\") } }";
        assert_eq!(findings("crates/clione/src/nn/a.rs", text), [""; 0]);
        assert_eq!(findings("crates/clione/tests/a.rs", "fn f() { g(\"linear\") }"), [""; 0]);
    }

    #[test]
    fn a_table_that_cannot_be_read_any_more_is_found() {
        assert!(findings("crates/clione/src/nn/loss.rs", "fn f() {}")[0].contains("teach xtask"));
    }
}
