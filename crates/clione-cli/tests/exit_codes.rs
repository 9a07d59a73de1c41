//! One case for each exit code: what scripts rely on.

#![cfg(unix)]

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::{houses, people_and_model};

#[test]
fn each_kind_of_ending_has_its_exit_code() {
    let folder = people_and_model().and("houses.csv", houses()).and("empty.csv", "");
    for (code, line) in [
        (0, "evaluate people.clione people.csv"),
        (0, "--version"),
        (1, "evaluate people.clione people.csv --require accuracy>=1.5"),
        (2, "train people.csv --no-such-flag"),
        (2, "train people.csv --epochs 0"),
        (3, "train empty.csv"),
        (4, "show people.csv"),
        (5, "train missing.csv"),
        (6, "train houses.csv --scaling unscaled --optimizer sgd --learning-rate 1000"),
    ] {
        let answer = folder.run(line);
        assert_eq!(answer.code, code, "{line}: {}", answer.stderr);
        assert_eq!(
            code != 0,
            answer.stderr.lines().any(|line| line.starts_with("error: ")),
            "{line}: {}",
            answer.stderr
        );
    }
}

#[test]
fn an_interrupted_run_ends_with_130_and_keeps_a_checkpoint() {
    let folder = people_and_model();
    let mut child = Command::new(env!("CARGO_BIN_EXE_clione"))
        .args("train people.csv --epochs 1000000 -o m.clione".split_whitespace())
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.path("stderr")).unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !String::from_utf8_lossy(&folder.read("stderr")).contains("epoch 1/") {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is trained");
        sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(folder.path("m.clione.checkpoint").exists() && !folder.path("m.clione").exists());
}

#[test]
fn predictions_end_quietly_when_their_reader_has_seen_enough() {
    let folder = people_and_model();
    // The table has no end: only who stops reading it ends.
    let line = format!(
        "(echo age,visits,sex; yes 30,2,f) | {} predict people.clione - | head -n 3; echo ${{PIPESTATUS[@]}}",
        env!("CARGO_BIN_EXE_clione")
    );
    let answer = folder.answer(Command::new("bash").args(["-c", &line]).stdin(Stdio::null()));
    assert_eq!((answer.stdout.lines().count(), answer.stderr.as_str()), (4, ""), "{}", answer.stdout);
    assert!(answer.stdout.ends_with(" 0 0\n"), "{}", answer.stdout);
}
