//! The files of the repository in memory, so that every check is a function of texts.

use crate::source::Source;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// Folders that hold no work of the project.
const NOT_OURS: &[&str] = &[".git", "target", "venv", "__pycache__", "shared"];

/// Larger files are data: they exist, but nobody reads them.
const LARGEST_TEXT: u64 = 1 << 20;

/// All files of the repository.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The text of each file by its path from the root; empty where a file is no text.
    texts: BTreeMap<String, String>,
    /// The Rust files.
    sources: Vec<Source>,
    /// Rust files that cannot be read: path, line, what is wrong.
    broken: Vec<(String, usize, String)>,
}

impl Tree {
    /// Reads everything under `root`.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut texts = BTreeMap::new();
        read_folder(root, "", &mut texts)?;
        Ok(Tree::new(texts))
    }

    /// A tree of these files: for each its path and its text.
    pub fn of(files: &[(&str, &str)]) -> Self {
        Tree::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn new(texts: BTreeMap<String, String>) -> Self {
        let mut tree = Tree { texts, ..Tree::default() };
        for (path, text) in tree.texts.iter().filter(|(path, _)| path.ends_with(".rs")) {
            match Source::parse(path, text) {
                Ok(source) => tree.sources.push(source),
                Err((line, problem)) => tree.broken.push((path.clone(), line, problem)),
            }
        }
        tree.mark_test_files();
        tree
    }

    /// Marks files that are compiled for tests alone: modules under `#[cfg(test)]`, and the folders `tests`.
    fn mark_test_files(&mut self) {
        let modules: Vec<String> = self
            .sources
            .iter()
            .flat_map(|source| {
                let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
                let folder = match file {
                    "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
                    _ => source.path.trim_end_matches(".rs").to_owned(),
                };
                source.test_modules().map(move |name| format!("{folder}/{name}")).collect::<Vec<_>>()
            })
            .collect();
        for source in &mut self.sources {
            let module = source.path.trim_end_matches(".rs");
            let in_module = |test: &String| module == test || module.starts_with(&format!("{test}/"));
            if source.path.contains("/tests/") || modules.iter().any(in_module) {
                source.mark_as_test();
            }
        }
    }

    /// The Rust files, ordered by path.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The Rust files under a folder.
    pub fn sources_under(&self, folder: &str) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |source| source.path.starts_with(folder))
    }

    /// Rust files that cannot be read: path, line, what is wrong.
    pub fn broken(&self) -> &[(String, usize, String)] {
        &self.broken
    }

    /// Every file with its text, ordered by path.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of a file, if there is one.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Whether there is a file or a folder at this path.
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        path.is_empty() || self.texts.contains_key(path) || self.texts.keys().any(|known| known.starts_with(&folder))
    }
}

fn read_folder(folder: &Path, prefix: &str, texts: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (name, metadata) = (entry.file_name().to_string_lossy().into_owned(), entry.metadata()?);
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if metadata.is_dir() {
            read_folder(&entry.path(), &format!("{path}/"), texts)?;
        } else if metadata.is_file() {
            let bytes = if metadata.len() <= LARGEST_TEXT { fs::read(entry.path())? } else { Vec::new() };
            texts.insert(path, String::from_utf8(bytes).unwrap_or_default());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_is_compiled_for_tests_alone_is_test_code_wherever_it_stands() {
        let tree = Tree::of(&[
            ("c/src/a/mod.rs", "#[cfg(test)]\nmod checks;\nmod b;"),
            ("c/src/a/checks.rs", "fn f() {}"),
            ("c/src/a/b.rs", "#[cfg(test)]\nmod deep;\nfn g() {}"),
            ("c/src/a/b/deep.rs", "fn h() {}"),
            ("c/tests/i.rs", "fn i() {}"),
        ]);
        let tests = tree.sources().iter().filter(|source| source.code().next().is_none());
        let tests: Vec<&str> = tests.map(|source| source.path.as_str()).collect();
        assert_eq!(tests, ["c/src/a/b/deep.rs", "c/src/a/checks.rs", "c/tests/i.rs"]);
    }

    #[test]
    fn folders_exist_when_a_file_is_in_them() {
        let tree = Tree::of(&[("a/b.md", "")]);
        assert!(tree.has("a") && tree.has("a/") && tree.has("a/b.md"));
        assert!(!tree.has("a/b") && !tree.has("b.md"));
    }
}
