//! The program of the README is run: it learns a table of flowers.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use clione::base::rng::{Purpose, Rng};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../../README.md");
const EXAMPLE: &str = include_str!("../examples/ten_lines.rs");

/// Three kinds of flowers by four lengths, 50 rows of each, as the table that the program reads has them.
fn flowers() -> String {
    let stream = Rng::new(3).stream(Purpose::Synthesize, 0, 0);
    let kinds =
        [("setosa", [5.0, 3.4, 1.5, 0.2]), ("versicolor", [5.9, 2.8, 4.3, 1.3]), ("virginica", [6.6, 3.0, 5.6, 2.0])];
    let mut text = String::new();
    for row in 0..150 {
        let (name, lengths) = kinds[row % 3];
        for (column, length) in lengths.into_iter().enumerate() {
            // The sum of three draws is nearly normal.
            let at = |draw: usize| stream.uniform_at((row * 12 + column * 3 + draw) as u64) - 0.5;
            let _ = write!(text, "{:.1},", length + 0.5 * (at(0) + at(1) + at(2)));
        }
        let _ = writeln!(text, "{name}");
    }
    text
}

#[test]
fn the_program_of_the_readme_is_the_example() {
    let (_, rest) = README.split_once("```rust,no_run\n").unwrap();
    let (program, rest) = rest.split_once("```").unwrap();
    assert!(!rest.contains("```rust"), "the README has another program");
    let (first_line, example) = EXAMPLE.split_once("\n\n").unwrap();
    assert!(first_line.starts_with("//!"));
    assert_eq!(example, program);
}

#[test]
fn the_program_of_the_readme_learns_flowers() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("iris.csv"), flowers()).unwrap();
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--example", "ten_lines", "--manifest-path"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let accuracy: f64 = said.trim().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(accuracy >= 0.9, "{said}");
}
