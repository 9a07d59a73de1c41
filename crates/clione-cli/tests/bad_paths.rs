//! Paths that lead nowhere or to something of value: nothing is trained for them, and nothing is lost.

#![cfg(unix)]

mod support;

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use support::{Answer, Folder, people, people_and_model};

#[test]
fn a_missing_file_names_the_nearest_one_in_its_folder() {
    // 46
    let folder = people_and_model();
    folder.refuses("train peopel.csv", 5, &["error: peopel.csv: no such file\n", "did you mean people.csv?\n"]);
    folder.refuses(
        "predict people.clone people.csv",
        5,
        &["error: people.clone: no such file\n", "did you mean people.clione?"],
    );
    folder.refuses("evaluate people.clione peple.csv", 5, &["did you mean people.csv?"]);
    folder.refuses("show peoples.clione", 5, &["did you mean people.clione?"]);
    folder.refuses("train no/such.csv", 5, &["error: no/such.csv: no such file\n", "there is no folder no\n"]);
    folder.refuses("train --images i --labels l", 5, &["error: i: no such file\n"]);
}

#[test]
fn a_folder_where_a_file_is_due_shows_the_files_in_it() {
    // 47
    let folder = people_and_model();
    fs::create_dir(folder.path("data")).unwrap();
    fs::write(folder.path("data/a.csv"), people()).unwrap();
    let text = "error: data: is a folder, expected a file\n  it holds a.csv\n";
    folder.refuses("train data", 5, &[text]);
    folder.refuses("predict people.clione data", 5, &[text]);
    folder.refuses("predict data people.csv", 5, &[text]);
    folder.refuses("show data", 5, &[text]);
    folder.refuses("train --images data --labels data", 5, &[text]);
    folder.refuses("train people.csv -o data", 5, &["error: data: is a folder; the name of a file is expected\n"]);
    folder.refuses("train people.csv/x", 5, &["error: people.csv/x"]);
}

/// What stands on standard error once data were read: a refusal must come before that.
const READ: &str = "to learn from";

#[test]
fn a_place_that_cannot_be_written_is_refused_before_anything_is_read() {
    // 49
    let folder = people_and_model();
    for (line, texts) in [
        (
            "train people.csv -o people.clione",
            &[
                "error: people.clione: exists already and is not overwritten\n",
                "  try: clione train people.csv -o people.clione --force\n",
            ][..],
        ),
        (
            "train people.csv -o no/such/m.clione",
            &["error: no/such/m.clione: there is no folder no/such\n", "  try: mkdir -p no/such\n"],
        ),
        ("train people.csv -o people.csv/m.clione", &["people.csv is a file, not a folder"]),
        ("train people.csv -o /proc/m.clione", &["error: /proc/m.clione: cannot be written"]),
        ("predict people.clione people.csv -o people.clione", &["is the file that is read"]),
        ("predict people.clione people.csv -o no/p.csv", &["  try: mkdir -p no\n"]),
    ] {
        let code = if line.contains("predict people.clione people.csv -o people") { 2 } else { 5 };
        folder.refuses(line, code, texts);
        assert!(!folder.run(line).stderr.contains(READ), "{line}");
    }
}

#[test]
fn a_result_never_takes_the_place_of_its_own_data_even_when_forced() {
    // 49
    let folder = people_and_model();
    for line in [
        "train people.csv -o people.csv --force",
        "train people.csv -o ./people.csv --force",
        "predict people.clione people.csv -o people.csv --force",
        "predict people.clione people.csv -o people.clione --force",
    ] {
        folder.refuses(line, 2, &["is the file that is read", "it would be lost"]);
    }
}

#[test]
fn a_dash_is_standard_output_for_predictions_and_no_place_for_a_model() {
    let folder = people_and_model();
    let answer = folder.run("predict people.clione people.csv -o -").succeeds_saying(&[]);
    assert_eq!(answer.stdout.lines().count(), 61);
    folder.refuses("train people.csv -o -", 2, &["expected the name of a file\n"]);
}

#[test]
fn force_replaces_a_model_whole_and_leaves_nothing_else() {
    // 49
    let folder = people_and_model();
    let before = folder.read("people.clione");
    folder.run("train people.csv --epochs 2 -o people.clione --force").succeeds_saying(&["written to people.clione"]);
    assert_ne!(folder.read("people.clione"), before);
    folder.run("show people.clione").succeeds_saying(&[]);
    assert_eq!(fs::read_dir(folder.path("")).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn a_file_with_a_blank_in_its_name_is_quoted_in_the_remedy() {
    let folder = Folder::with("my people.csv", people().replace("age,visits", "age,age"));
    let answer = folder.run_words(&["train", "my people.csv"]);
    assert_eq!(answer.code, 3);
    answer.says(&["  try: clione train 'my people.csv' --rename-duplicates\n"]);
}

#[test]
fn a_link_that_leads_nowhere_names_its_target() {
    // 48
    let folder = people_and_model();
    for (target, name) in [("nowhere.csv", "broken.csv"), ("b", "a"), ("a", "b"), ("people.csv", "good.csv")] {
        symlink(target, folder.path(name)).unwrap();
    }
    for (line, text) in [
        ("train broken.csv", "error: broken.csv: links to nowhere.csv, which cannot be opened: "),
        ("train a", "error: a: links to b, which cannot be opened: "),
        ("show a", "error: a: links to b, which cannot be opened: "),
        ("predict people.clione broken.csv", "error: broken.csv: links to nowhere.csv, "),
    ] {
        folder.refuses(line, 5, &[text]);
    }
    folder.run("train good.csv --epochs 1").succeeds_saying(&[]);
    // A link to the data is the data.
    folder.refuses("train people.csv -o good.csv --force", 2, &["is the file that is read", "it would be lost"]);
}

/// The command as a user who owns nothing here; None where only the system's own user may start it.
fn as_nobody(folder: &Folder, line: &str) -> Option<Answer> {
    let is_root = fs::metadata("/proc/self").expect("every process has an entry").uid() == 0;
    let mut command = Command::new(env!("CARGO_BIN_EXE_clione"));
    command.args(line.split_whitespace()).stdin(Stdio::null());
    if is_root {
        command.uid(65_534);
        let mut probe = Command::new(env!("CARGO_BIN_EXE_clione"));
        if probe.uid(65_534).arg("--version").stdout(Stdio::null()).status().is_err() {
            println!("skipped: the command lies where nobody else may start it");
            return None;
        }
    }
    Some(folder.answer(&mut command))
}

#[test]
fn what_nobody_may_read_or_write_is_named_before_training() {
    // 49
    let folder = people_and_model();
    fs::create_dir(folder.path("closed")).unwrap();
    for (name, mode) in [("", 0o755), ("people.csv", 0o644), ("people.clione", 0o000), ("closed", 0o555)] {
        fs::set_permissions(folder.path(name), Permissions::from_mode(mode)).unwrap();
    }
    for (line, text) in [
        ("show people.clione", "error: people.clione: no permission to read it\n"),
        ("train people.clione", "error: people.clione: no permission to read it\n"),
        ("train people.csv -o closed/m.clione", "error: closed/m.clione"),
    ] {
        let Some(answer) = as_nobody(&folder, line) else { return };
        assert_eq!(answer.code, 5, "{line}: {}", answer.stderr);
        assert!(!answer.says(&[text]).stderr.contains(READ), "{line}");
    }
}

#[test]
fn what_can_be_read_only_once_is_read_like_a_file() {
    // 50
    let folder = people_and_model();
    let line = "train people.csv --epochs 2 --json";
    let loss = |answer: Answer| answer.succeeds_saying(&[]).json()["epochs"].clone();
    let usual = loss(folder.run(line));
    for stream in ["-", "/dev/stdin"] {
        assert_eq!(loss(folder.run_with_input(&line.replace("people.csv", stream), people())), usual);
    }
    assert!(Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap().success());
    let pipe = folder.path("pipe");
    let writer = std::thread::spawn(move || fs::write(pipe, people()).unwrap());
    assert_eq!(loss(folder.run(&line.replace("people.csv", "pipe"))), usual);
    writer.join().unwrap();
    let usual = folder.run("predict people.clione people.csv").succeeds_saying(&[]).stdout;
    assert_eq!(folder.run_with_input("predict people.clione -", people()).stdout, usual);
    let answer = folder.run_with_input("train -", "");
    assert_eq!(answer.code, 3);
    answer.says(&["error: standard input: is empty (0 bytes)\n"]);
}

#[test]
fn a_file_may_have_any_name() {
    // 51
    let folder = people_and_model();
    let long = "x".repeat(200);
    for name in
        [&b"caf\xe9 \xff.csv"[..], "два слова.csv".as_bytes(), b"it's \"one\".csv", b"-people.csv", long.as_bytes()]
    {
        let name = OsStr::from_bytes(name);
        fs::write(folder.path("").join(name), people()).unwrap();
        let mut path = OsString::from("./");
        path.push(name);
        let answer = folder.run_words(&[OsStr::new("predict"), OsStr::new("people.clione"), &path]);
        assert_eq!(answer.code, 0, "{name:?}: {}", answer.stderr);
        let output = [b"m", &name.as_bytes()[2..]].concat();
        let output = OsStr::from_bytes(&output);
        let words = [OsStr::new("train"), &path, OsStr::new("--epochs=1"), OsStr::new("-o"), output];
        let answer = folder.run_words(&words);
        assert_eq!(answer.code, 0, "{name:?}: {}", answer.stderr);
        assert_eq!(folder.run_words(&[OsStr::new("show"), output]).code, 0, "{output:?}");
    }
    let too_long = "x".repeat(300);
    folder.refuses(&format!("train {too_long}"), 5, &["File name too long"]);
    folder.refuses(&format!("train people.csv -o {too_long}"), 5, &["File name too long"]);
}

#[test]
fn a_pattern_that_matches_nothing_is_no_file() {
    // 52
    let folder = people_and_model();
    folder.refuses("train *.tsv", 5, &["error: *.tsv: no such file\n"]);
    folder.refuses(
        "predict people.clione peop*.csv",
        5,
        &["error: peop*.csv: no such file\n", "did you mean people.csv?"],
    );
    folder.refuses("train people.csv people.csv", 2, &["unexpected argument 'people.csv'"]);
}
