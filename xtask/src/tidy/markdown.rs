//! Links between the pages lead somewhere, and the files that the guides speak of exist.

use super::Finding;
use crate::tree::Tree;

/// The pages whose every path in `code` exists, from the root or from the library's sources.
const GUIDES: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Where a path in a guide may begin.
const STARTS: &[&str] = &["", "crates/clione/src/"];

/// A path that is made up: it stands for any name.
const ANY_NAME: &str = "NAME";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".md")) {
        let mut in_block = false;
        for (at, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_block = !in_block;
            }
            if in_block {
                continue;
            }
            for target in links(line).filter(|target| !leads_somewhere(tree, path, target)) {
                findings.push(Finding::new(path, at + 1, target, format!("the link leads nowhere: {target}")));
            }
            if !GUIDES.contains(&path) {
                continue;
            }
            for named in line.split('`').skip(1).step_by(2).filter(|code| is_path(code)) {
                if !STARTS.iter().any(|start| tree.has(&format!("{start}{named}"))) {
                    findings.push(Finding::new(path, at + 1, named, format!("there is no `{named}`")));
                }
            }
        }
    }
    findings
}

/// The targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// Whether a target is of another place, of this page, or a file of the repository.
fn leads_somewhere(tree: &Tree, page: &str, target: &str) -> bool {
    let file = target.split('#').next().unwrap_or_default();
    if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            _ => parts.push(part),
        }
    }
    tree.has(&parts.join("/"))
}

/// Whether a piece of code is the path of a file or folder, and not of a made-up one.
fn is_path(code: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "./_-".contains(letter);
    let ends = [".rs", ".md", ".toml", ".py"].iter().any(|ending| code.ends_with(ending));
    code.chars().all(is_name) && (code.contains('/') || ends) && !code.contains(ANY_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str, text: &str) -> Vec<String> {
        let files = [(path, text), ("book/one.md", ""), ("crates/clione/src/nn/loss.rs", "")];
        check(&Tree::of(&files)).into_iter().map(|finding| finding.word).collect()
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let text = "[a](book/one.md#x) [b](https://a.b/c) [c](#d) [e](book) [f](book/two.md)\n```\n[g](none)\n```\n";
        assert_eq!(words("README.md", text), ["book/two.md"]);
        assert_eq!(
            words("book/README.md", "[a](one.md) [b](../book/one.md) [c](book/one.md) [d](../../x)"),
            ["book/one.md", "../../x"]
        );
    }

    #[test]
    fn files_that_a_guide_speaks_of_exist() {
        let text = "`nn/loss.rs`, `crates/clione/src/nn`, `nn/layers/NAME.rs`, `a + b/c`, `nn/lost.rs`";
        assert_eq!(words("ARCHITECTURE.md", text), ["nn/lost.rs"]);
        assert_eq!(words("book/README.md", text), [""; 0]);
    }
}
