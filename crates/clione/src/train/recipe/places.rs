//! The files that a recipe names: where they are looked for, and what a model remembers of where they were.

use super::Recipe;
use super::part::Part;
use super::settings::Files;
use std::fs;
use std::path::{Path, PathBuf};

impl Recipe {
    /// The recipe as a model carries it: its files by their paths within the folder that all of them share, so by its name
    /// alone where there is one. So the same run gives the same bytes, however a path was typed and wherever the folder was, and a
    /// model tells nobody about the folders of the one who trained it.
    ///
    /// ```
    /// use clione::prelude::*;
    /// let named = |table: &str| {
    ///     let mut recipe = Recipe::default();
    ///     recipe.files.table = Some(table.into());
    ///     recipe.remembered().files.table
    /// };
    /// assert_eq!(named("t.csv"), Some("t.csv".into()));
    /// assert_eq!(named("./t.csv"), Some("t.csv".into()));
    /// assert_eq!(named("../t.csv"), Some("t.csv".into()));
    /// ```
    pub fn remembered(&self) -> Recipe {
        let mut recipe = self.clone();
        let places: Vec<PathBuf> = recipe.paths_mut().into_iter().map(|path| absolute(path)).collect();
        let mut folders = places.iter().map(|place| place.parent().unwrap_or(place));
        let first = folders.next().unwrap_or(Path::new("")).to_owned();
        let shared = folders.fold(first, |shared, folder| {
            let alike = shared.components().zip(folder.components()).take_while(|(one, other)| one == other);
            alike.map(|(one, _)| one).collect()
        });
        for (path, place) in recipe.paths_mut().into_iter().zip(&places) {
            *path = place.strip_prefix(&shared).unwrap_or(place).to_owned();
        }
        recipe
    }

    /// The recipe with each file that is not where its path leads, but is when the path begins in the folder of the file that
    /// `names` it, looked for there: a recipe is often kept beside what it names.
    pub fn beside(mut self, names: &Path) -> Recipe {
        let folder = names.parent().unwrap_or(names);
        for path in self.paths_mut() {
            let there = folder.join(&*path);
            if !path.exists() && there.exists() {
                *path = there;
            }
        }
        self
    }

    /// Every path but that of standard input.
    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        let Files { table, images, labels, test_images, test_labels } = &mut self.files;
        let files = [table, images, labels, test_images, test_labels].map(Option::as_mut);
        let parts = [Some(&mut self.validation), self.test.as_mut()].into_iter().flatten();
        let parts = parts.filter_map(|part| match part {
            Part::File(path) => Some(path),
            Part::Share(_) => None,
        });
        files.into_iter().flatten().chain(parts).filter(|path| path.as_path() != Path::new("-")).collect()
    }
}

/// The path of a file from the root, links to folders followed; that of a file that is gone as it was written.
fn absolute(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_several_folders_keep_what_tells_them_apart() {
        let named = |table: &str, validation: &str, test: &str| {
            let mut recipe = Recipe { validation: Part::File(validation.into()), ..Recipe::default() };
            recipe.files.table = Some(table.into());
            recipe.test = Some(Part::File(test.into()));
            let remembered = recipe.remembered();
            let part = |part: &Part| part.file().expect("a file").to_str().expect("text").to_owned();
            let table = remembered.files.table.as_deref().and_then(Path::to_str).expect("a file").to_owned();
            [table, part(&remembered.validation), part(&remembered.test.expect("a part"))]
        };
        assert_eq!(named("t.csv", "./v.csv", "src/../w.csv"), ["t.csv", "v.csv", "w.csv"]);
        assert_eq!(named("/gone/a/t.csv", "/gone/b/t.csv", "/gone/b/w.csv"), ["a/t.csv", "b/t.csv", "b/w.csv"]);
        assert_eq!(named("src/t.csv", "tests/t.csv", "src/lib.rs"), ["src/t.csv", "tests/t.csv", "src/lib.rs"]);
        let mut read = Recipe::default();
        read.files.table = Some("-".into());
        assert_eq!(read.remembered(), read);
    }

    #[test]
    fn a_file_that_is_not_here_is_found_beside_the_recipe() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/train");
        let found = |table: &str| {
            let mut recipe = Recipe::default();
            recipe.files.table = Some(table.into());
            recipe.beside(&folder.join("r.toml")).files.table.expect("a table")
        };
        assert_eq!(found("recipe/mod.rs"), folder.join("recipe/mod.rs"));
        assert_eq!(found("Cargo.toml"), Path::new("Cargo.toml"));
        assert_eq!(found("gone.csv"), Path::new("gone.csv"));
    }
}
