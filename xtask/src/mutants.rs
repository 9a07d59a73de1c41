//! Plants one mistake after another in a copy of the library and asks its tests whether they notice.
//!
//! A mistake that they miss is a test that is missing.

mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use table::{MUTANTS, Mutant, TESTS, Tests, tests_for};

/// Plants every mistake in turn, or those in files whose path begins with one of these; fails when one is missed, or when its
/// text is not there any more.
pub fn run(only: &[String]) -> Result<(), String> {
    let is_asked = |file: &str| only.is_empty() || only.iter().any(|start| file.starts_with(start.as_str()));
    let chosen: Vec<&Mutant> = MUTANTS.iter().filter(|mutant| is_asked(mutant.file)).collect();
    if chosen.is_empty() {
        return Err(format!("no mistake is known in {}", only.join(", ")));
    }
    let root = root()?;
    let copy = root.join("target/mutants/copy");
    copy_library(&root, &copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    for (folders, tests) in TESTS
        .iter()
        .filter(|(folders, _)| chosen.iter().any(|mutant| folders.iter().any(|folder| mutant.file.starts_with(folder))))
    {
        if let Outcome::Caught(test) = try_tests(&copy, tests)? {
            return Err(format!("without any mistake the tests `{test}` for {} fail already", folders.join(", ")));
        }
    }
    let mut missed = 0;
    for mutant in &chosen {
        let path = copy.join("crates/clione/src").join(mutant.file);
        let original = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if original.matches(mutant.text).count() != 1 {
            return Err(format!("{}: `{}` is not there once; {}", mutant.file, mutant.text, mutant.what));
        }
        let write = |text: &str| fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
        write(&original.replace(mutant.text, mutant.instead))?;
        let outcome = try_tests(&copy, tests_for(mutant.file));
        write(&original)?;
        let told = match outcome {
            Ok(Outcome::Caught(test)) => format!("caught by {test:<13}"),
            Ok(Outcome::Missed) => "MISSED                 ".to_owned(),
            Err(error) => format!("{error}:"),
        };
        println!("{told}  {}: {}", mutant.file, mutant.what);
        missed += usize::from(!told.starts_with("caught"));
    }
    println!("{} of {} mistakes caught", chosen.len() - missed, chosen.len());
    if missed == 0 { Ok(()) } else { Err(format!("{missed} mistakes were missed")) }
}

enum Outcome {
    Caught(&'static str),
    Missed,
}

/// Runs the tests until one fails; an error when they do not compile.
fn try_tests(copy: &Path, tests: &[Tests]) -> Result<Outcome, String> {
    for (program, name) in tests {
        let test = [&["test", "--package", "clione"], *program].concat();
        if !cargo(copy, &[&test[..], &["--no-run"]].concat())? {
            return Err("this does not compile".to_owned());
        }
        if !cargo(copy, &[&test[..], &[*name]].concat())? {
            return Ok(Outcome::Caught(if name.is_empty() { program[program.len() - 1] } else { name }));
        }
    }
    Ok(Outcome::Missed)
}

/// Whether cargo succeeds. What compiles fast counts here, not what runs fast.
fn cargo(copy: &Path, arguments: &[&str]) -> Result<bool, String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.with_file_name("build"))
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    Ok(output.status.success())
}

/// The root of the repository.
fn root() -> Result<PathBuf, String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().map(Path::to_path_buf).ok_or_else(|| format!("{} has no parent", own.display()))
}

/// Copies the library with its tests and frozen numbers, as a workspace of its own.
fn copy_library(root: &Path, copy: &Path) -> std::io::Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    copy_folder(&root.join("crates/clione"), &copy.join("crates/clione"))?;
    copy_folder(&root.join("testdata"), &copy.join("testdata"))?;
    fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock"))?;
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let members = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let lines: Vec<&str> = manifest.lines().filter(members).collect();
    fs::write(
        copy.join("Cargo.toml"),
        lines.join("\n").replacen("[workspace]", "[workspace]\nmembers = [\"crates/clione\"]", 1),
    )
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_one_place_to_be_planted_at() {
        let sources = root().expect("the chore runs in its repository").join("crates/clione/src");
        for mutant in MUTANTS {
            let text = fs::read_to_string(sources.join(mutant.file)).expect(mutant.file);
            assert!(!tests_for(mutant.file).is_empty(), "{}: nobody would notice", mutant.file);
            assert_eq!(text.matches(mutant.text).count(), 1, "{}: {}", mutant.file, mutant.text);
        }
    }
}
