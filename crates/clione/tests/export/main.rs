//! Sources in Rust and C are compiled and asked about random rows: they must say what clione says, to the last bit.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod cases;
mod drivers;
mod keywords;

use cases::{Case, all_cases, fitted, saved, untrained};
use clione::data::infer::Task;
use clione::export::{Language, Options, source};
use clione::prelude::*;
use clione::train::file::Weights;
use drivers::{driver_in_c, driver_in_rust};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("clione-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a compiler; fails with what it says unless it is content and silent.
fn compile(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{command:?}\n{said}");
}

/// Asks a program about all rows, and compares.
fn ask(program: &Path, cases: &[Case]) {
    let mut questions = String::new();
    for (number, case) in cases.iter().enumerate() {
        case.rows.iter().for_each(|(given, _)| writeln!(questions, "{number}\t{given}").unwrap());
    }
    let input = program.with_extension("questions");
    fs::write(&input, questions).unwrap();
    let output = Command::new(program).stdin(Stdio::from(fs::File::open(&input).unwrap())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    let mut answers = answers.lines();
    for case in cases {
        assert_eq!(answers.next(), Some("self-test passed"), "{}", case.name);
    }
    let mut understood = 0;
    for case in cases {
        for (given, expected) in &case.rows {
            let found = answers.next().unwrap_or("nothing");
            assert_eq!(found, expected, "{} of {given}", case.name);
            understood += usize::from(expected != "none");
        }
    }
    let asked: usize = cases.iter().map(|case| case.rows.len()).sum();
    assert!(2 * understood > asked, "only {understood} of {asked} rows were understood");
}

#[test]
fn a_source_in_rust_says_what_clione_says() {
    let (cases, folder) = (all_cases(), Folder::new("export-rust"));
    for case in &cases {
        folder.write(&format!("{}.rs", case.name), &case.source(Language::Rust));
    }
    folder.write("main.rs", &driver_in_rust(&cases));
    let rustc = || {
        let mut command = Command::new("rustc");
        command.current_dir(&folder.0).args(["-D", "warnings", "-C", "debuginfo=0"]);
        command
    };
    compile(rustc().args(["--edition", "2024", "-C", "opt-level=1", "-o", "answer", "main.rs"]));
    ask(&folder.0.join("answer"), &cases);
    // Alone it is a crate without the standard library, in both editions.
    for (edition, case) in ["2021", "2024"].iter().zip(&cases[cases.len() - 2..]) {
        let file = format!("{}.rs", case.name);
        compile(rustc().args(["--edition", edition, "--crate-type", "lib", &file]));
    }
}

#[test]
fn a_source_in_c_says_what_clione_says() {
    if Command::new("cc").arg("--version").output().is_err() {
        println!("SKIPPED: there is no C compiler called cc");
        return;
    }
    let (cases, folder) = (all_cases(), Folder::new("export-c"));
    let mut files = vec!["main.c".to_owned()];
    for case in &cases {
        folder.write(&format!("{}.c", case.name), &case.source(Language::C));
        files.push(format!("{}.c", case.name));
    }
    folder.write("main.c", &driver_in_c(&cases));
    let strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"];
    let mut flags = vec![strict.to_vec()];
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("fma") {
        // The instruction for fused products, and a compiler that would like to use it everywhere.
        flags.push(vec!["-std=gnu99", "-Wall", "-Werror", "-mfma", "-ffp-contract=fast", "-O2"]);
    }
    for flags in flags {
        compile(Command::new("cc").current_dir(&folder.0).args(flags).args(["-o", "answer"]).args(&files));
        ask(&folder.0.join("answer"), &cases);
    }
}

#[test]
fn odd_names_and_words_do_no_harm() {
    let text = "\"*/ int\",\"class\",\"2 \\ \"\"x\",target\n1,a?\\?/,3,</b>\n2,\"q\"\"*/\",4,é\n3,a?\\?/,5,</b>\n4,\"q\"\"*/\",7,é\n";
    let options = ReadOptions { delimiter: Some(b','), header: Some(true), ..ReadOptions::default() };
    let table = Table::from_bytes("odd.csv", text.as_bytes().to_vec(), &options).unwrap();
    let preprocessing = prepare(&table, &Choices::default(), 0.0, &Rng::new(0)).unwrap().preprocessing;
    let network =
        Network::new([preprocessing.input_width()]).add_named("for", Dense::new(1).activation(Activation::Sigmoid));
    let model = saved(Weights::F32(untrained(network, 0, 1.0)), Source::Table(preprocessing));
    let folder = Folder::new("export-odd");
    let options = Options { name: "7 odd-names".to_owned(), ..Options::default() };
    for language in [Language::Rust, Language::C] {
        let text = source(&model, language, &options).unwrap();
        assert_eq!(text, source(&model, language, &options).unwrap());
        folder.write(&format!("odd.{}", language.extension()), &text);
    }
    compile(Command::new("rustc").current_dir(&folder.0).args(["-D", "warnings", "--crate-type", "lib", "odd.rs"]));
    if Command::new("cc").arg("--version").output().is_ok() {
        let strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-DCLIONE_MAIN", "-o", "odd", "odd.c"];
        compile(Command::new("cc").current_dir(&folder.0).args(strict));
        let output = Command::new(folder.0.join("odd")).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).ends_with("self-test passed\n"));
    }
}

#[test]
fn what_cannot_be_said_in_a_source_is_named() {
    let choices = Choices {
        target: "target".to_owned(),
        task: Some(Task::Regression),
        derive: vec!["sum = grade = 'low'".to_owned()],
        categories: vec!["count".to_owned()],
        ignore: vec!["when".to_owned()],
        ..Choices::default()
    };
    let twice = Choices { derive: vec!["half = count / 2".to_owned()], ..choices.clone() };
    let case = |choices: &Choices| {
        let preprocessing = fitted(choices, &|row| (row % 5).to_string(), false, 3);
        let network = Network::new([preprocessing.input_width()]).add(Dense::new(1));
        saved(Weights::F32(untrained(network, 0, 1.0)), Source::Table(preprocessing))
    };
    assert!(source(&case(&choices), Language::C, &Options::default()).is_ok());
    let error = source(&case(&twice), Language::C, &Options::default()).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.headline().starts_with("column \"count\" is read in two ways"), "{error}");
}

#[test]
fn a_zero_byte_in_a_word_or_a_class_is_refused_by_name() {
    let line = |word: &str, target: &str| format!("{{\"kind\": \"{word}\", \"target\": \"{target}\"}}\n");
    let refusal = |word: &str, class: &str| {
        let text = [line(word, class), line("x", "q"), line("y", "q")].concat().repeat(4);
        let table = Table::from_bytes("rows.jsonl", text.into_bytes(), &ReadOptions::default()).unwrap();
        let choices = Choices { target: "target".to_owned(), ..Choices::default() };
        let preprocessing = prepare(&table, &choices, 0.0, &Rng::new(0)).unwrap().preprocessing;
        let network = Network::new([preprocessing.input_width()]).add(Dense::new(1).activation(Activation::Sigmoid));
        let model = saved(Weights::F32(untrained(network, 0, 1.0)), Source::Table(preprocessing));
        Language::all()
            .map(|language| source(&model, language, &Options::default()).unwrap_err().headline().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(refusal("x\\u0000y", "p").iter().all(|said| said.starts_with("the word \"x\\0y\" has a zero byte")));
    assert!(refusal("z", "p\\u0000").iter().all(|said| said.starts_with("the class \"p\\0\" has a zero byte")));
}
