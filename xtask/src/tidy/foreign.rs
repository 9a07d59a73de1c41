//! A foreign crate is named in one file or folder only, and every one that is depended on stands in the table.

use super::Finding;
use crate::tree::Tree;

type Table = &'static [(&'static str, &'static str, &'static str)];

/// Package folder, foreign crate, and the file or folder of the package that alone may name it (tests may too).
const MAY_NAME: Table = &[
    ("bench", "gemm", "src/w8.rs"),
    ("bench", "matrixmultiply", "src/w8.rs"),
    ("crates/clione", "bytes", "src/data/parquet_file.rs"),
    ("crates/clione", "flate2", "src/data/file.rs"),
    ("crates/clione", "parquet", "src/data/parquet_file.rs"),
    ("crates/clione", "safetensors", "src/train/file/"),
    ("crates/clione", "serde_json", "src/train/file/"),
    ("crates/clione", "toml", "src/train/recipe/toml.rs"),
    ("crates/clione", "unicode-width", "src/base/width.rs"),
    ("crates/clione-cli", "clap", "src/"),
    ("crates/clione-cli", "clap_complete", "src/commands/completions.rs"),
    ("crates/clione-cli", "serde", "src/"),
    ("crates/clione-cli", "serde_json", "src/"),
    ("crates/clione-cli", "signal-hook", "src/commands/train/interruption.rs"),
    ("crates/clione-cli", "tempfile", "tests/"),
    ("crates/clione-cli", "terminal_size", "src/output.rs"),
    ("fuzz", "libfuzzer-sys", "fuzz_targets/"),
    ("fuzz", "serde_json", "src/files.rs"),
    ("xtask", "proc-macro2", "src/source.rs"),
    ("xtask", "serde_json", "src/"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(MAY_NAME, tree)
}

fn check_with(table: Table, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests = tree.texts().filter_map(|(path, text)| Some((path.strip_suffix("/Cargo.toml")?, text)));
    for (package, manifest) in manifests {
        let manifest_path = format!("{package}/Cargo.toml");
        let dependencies = foreign_dependencies(manifest);
        let listed: Vec<_> = table.iter().filter(|(of, ..)| *of == package).collect();
        for (line, name) in &dependencies {
            if !listed.iter().any(|(_, known, _)| known == name) {
                let message = format!("`{name}` stands in no line of MAY_NAME of xtask: where alone is it named?");
                findings.push(Finding::new(&manifest_path, *line, name, message));
            }
        }
        for (_, name, home) in listed {
            let Some((line, _)) = dependencies.iter().find(|(_, known)| known == name) else {
                let message = format!("MAY_NAME of xtask speaks of `{name}`, but {package} does not depend on it");
                findings.push(Finding::new(&manifest_path, 1, name, message));
                continue;
            };
            let (folder, word) = (format!("{package}/"), name.replace('-', "_"));
            let home = format!("{folder}{home}");
            let mut is_used = false;
            for source in tree.sources_under(&folder) {
                let names = source.tokens.windows(2).filter(|pair| pair[0].is_word(&word) && pair[1].is_sign("::"));
                for pair in names {
                    is_used = true;
                    if !source.path.starts_with(&home) && !pair[0].is_test {
                        let message = format!("`{name}` is named here, but {home} alone may name it");
                        findings.push(Finding::new(&source.path, pair[0].line, name, message));
                    }
                }
            }
            if !is_used {
                findings.push(Finding::new(&manifest_path, *line, name, format!("`{name}` is used nowhere")));
            }
        }
    }
    findings
}

/// The crates that a manifest depends on, with their lines, without those of this workspace.
fn foreign_dependencies(manifest: &str) -> Vec<(usize, String)> {
    let (mut found, mut in_dependencies) = (Vec::new(), false);
    for (at, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            in_dependencies = section.trim_end_matches(']').ends_with("dependencies");
        } else if let (true, Some((name, value))) = (in_dependencies, line.split_once('=')) {
            let name = name.trim().trim_end_matches(".workspace");
            if !value.contains("path =") && !name.starts_with('#') {
                found.push((at + 1, name.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = &[("crates/clione", "flate2", "src/data/file.rs")];
    const MANIFEST: &str =
        "[package]\nname = \"clione\"\n\n[dependencies]\nflate2 = \"1.1\"\nours = { path = \"../o\" }\n";

    fn findings(manifest: &str, path: &str) -> Vec<String> {
        let files = [("crates/clione/Cargo.toml", manifest), (path, "use flate2::read;")];
        check_with(TABLE, &Tree::of(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_crate_is_named_where_the_table_says_and_nowhere_else() {
        assert_eq!(findings(MANIFEST, "crates/clione/src/data/file.rs"), [""; 0]);
        assert_eq!(findings(MANIFEST, "crates/clione/tests/gzip.rs"), [""; 0]);
        let expected =
            "crates/clione/src/nn/a.rs:1: `flate2` is named here, but crates/clione/src/data/file.rs alone may name it";
        assert_eq!(findings(MANIFEST, "crates/clione/src/nn/a.rs"), [expected]);
    }

    #[test]
    fn manifest_and_table_must_speak_of_the_same_crates() {
        let more = format!("{MANIFEST}\n[dev-dependencies]\nextra.workspace = true\n");
        assert!(
            findings(&more, "crates/clione/src/data/file.rs")[0]
                .starts_with("crates/clione/Cargo.toml:9: `extra` stands")
        );
        assert!(findings("[dependencies]\n", "crates/clione/src/data/file.rs")[0].contains("does not depend on it"));
        let unused = check_with(TABLE, &Tree::of(&[("crates/clione/Cargo.toml", MANIFEST)]));
        assert!(unused[0].message.contains("used nowhere"), "{unused:?}");
    }
}
