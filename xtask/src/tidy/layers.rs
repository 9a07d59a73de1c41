//! Each layer of the library uses only the layers above it in the table.

use super::Finding;
use crate::source::{Kind, Token};
use crate::tree::Tree;

/// What each layer may use; a name stands on the right only after its own line: no circle can be written down.
const MAY_USE: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("graph", &["base"]),
    ("plan", &["base", "graph"]),
    ("cpu", &["base", "graph", "plan"]),
    ("nn", &["base", "graph"]),
    ("optim", &["base"]),
    ("data", &["base"]),
    ("train", &["base", "graph", "plan", "cpu", "nn", "optim", "data"]),
    ("see", &["base", "graph", "plan", "cpu", "nn", "optim", "data", "train"]),
    ("export", &["base", "graph", "nn", "optim", "data", "train"]),
    ("report", &["base", "graph", "plan", "nn", "data", "train", "see"]),
];

const LIBRARY: &str = "crates/clione/src/";

/// Tests are held to the table too: what needs layers from below is tested in `crates/clione/tests`.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources_under(LIBRARY) {
        let file = &source.path[LIBRARY.len()..];
        if file == "lib.rs" {
            continue;
        }
        let layer = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == layer) else {
            let message = format!("`{layer}` is no layer: put it into one, or give it a line in MAY_USE of xtask");
            findings.push(Finding::new(&source.path, 1, layer, message));
            continue;
        };
        let is_root = file == format!("{layer}/mod.rs") || file == format!("{layer}.rs");
        for (token, used) in uses(&source.tokens, is_root) {
            if used != layer && !allowed.contains(&used) {
                let all = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
                let message = format!("`{layer}` uses `{used}`, but may use {all}");
                findings.push(Finding::new(&source.path, token.line, used, message));
            }
        }
        for three in source.tokens.windows(3) {
            if three[0].is_word("super") && three[1].is_sign("::") && three[2].is_word("super") {
                let message = "`super::super` climbs two folders: write the path from `crate`".to_owned();
                findings.push(Finding::new(&source.path, three[0].line, "super::super", message));
            }
        }
    }
    findings
}

/// The modules under the crate's root that a file names, as `crate::layer` or in `crate::{layer, ...}`; in the root file
/// of a layer also as `super::layer`.
fn uses(tokens: &[Token], is_root: bool) -> Vec<(&Token, &str)> {
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        if !pair[1].is_sign("::") {
            continue;
        }
        let names = names_after(&tokens[at + 2..]);
        if pair[0].is_word("crate") {
            found.extend(names.into_iter().map(|name| (name, name.text.as_str())));
        } else if is_root && pair[0].is_word("super") {
            let layers = names.into_iter().filter(|name| MAY_USE.iter().any(|(layer, _)| *layer == name.text));
            found.extend(layers.map(|name| (name, name.text.as_str())));
        }
    }
    found
}

/// The first name of each path that follows: one, or those of a group in braces.
fn names_after(tokens: &[Token]) -> Vec<&Token> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if !first.is_sign("{") {
        return vec![first];
    }
    let (mut names, mut depth) = (Vec::new(), 0);
    for pair in tokens.windows(2) {
        match pair[0].text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        let begins = pair[0].is_sign("{") || pair[0].is_sign(",");
        if depth == 1 && begins && pair[1].kind == Kind::Word {
            names.push(&pair[1]);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_table_has_no_circle() {
        for (at, (layer, allowed)) in MAY_USE.iter().enumerate() {
            for used in *allowed {
                assert!(MAY_USE[..at].iter().any(|(above, _)| above == used), "{layer} stands above {used}");
            }
        }
    }

    #[test]
    fn a_layer_that_uses_one_below_it_is_found_with_its_line() {
        let text = "//! Docs may speak of `crate::nn`.\n// So may crate::nn comments.\nuse crate::base::Shape;\nuse crate::nn::Model;";
        let expected = "crates/clione/src/graph/op.rs:4: `graph` uses `nn`, but may use base";
        assert_eq!(findings("crates/clione/src/graph/op.rs", text), [expected]);
    }

    #[test]
    fn groups_paths_in_code_and_the_way_over_super_are_seen() {
        let text = "use crate::{base::{error::Error, nn}, train::fit, graph};\nfn f() { crate::cpu::run() }";
        let found = findings("crates/clione/src/optim/clip.rs", text);
        assert!(found[0].contains("`optim` uses `train`") && found[1].contains("`graph`") && found[2].contains(":2: "));
        assert_eq!(found.len(), 3);
        assert_eq!(findings("crates/clione/src/data/mod.rs", "use super::nn::Model;").len(), 1);
        assert_eq!(findings("crates/clione/src/data/csv.rs", "use super::table::Table;"), [""; 0]);
    }

    #[test]
    fn folders_that_stand_in_no_line_and_double_super_are_found() {
        assert!(findings("crates/clione/src/extra/mod.rs", "")[0].contains("`extra` is no layer"));
        assert!(findings("crates/clione/src/cpu/a/b.rs", "use super::super::c;")[0].contains("climbs"));
    }
}
