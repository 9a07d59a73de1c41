//! `cargo xtask CHORE`: one line for each chore, and the exit code 1 when it finds something.

mod kills;
mod mutants;

use std::process::ExitCode;

type Chore = fn(&[String]) -> Result<(), String>;

/// The chores: name, arguments, what it does.
const CHORES: &[(&str, &str, &str, Chore)] = &[
    ("tidy", "", "check the sources: layers, names, docs, links (also a test)", xtask::tidy::run),
    ("crates", "", "count the crates that clione is built from", xtask::crates::run),
    ("kills", "", "kill and resume training runs three hundred times: all end with the very bits", |_| kills::run()),
    (
        "mutants",
        "[FOLDER ...]",
        "plant mistakes in a copy of the library and see whether the tests notice",
        mutants::run,
    ),
    (
        "bench",
        "[W1 W2 ...] [--threads 1,2] [--python PATH] [--quick]",
        "measure clione and its peers in turn",
        xtask::bench::run,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chosen = arguments
        .split_first()
        .and_then(|(name, rest)| CHORES.iter().find(|(known, ..)| known == name).map(|(.., chore)| (chore, rest)));
    let Some((chore, rest)) = chosen else {
        eprintln!("usage: cargo xtask CHORE");
        CHORES.iter().for_each(|(name, arguments, what, _)| eprintln!("  {name} {arguments}\n      {what}"));
        return ExitCode::from(2);
    };
    match chore(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
