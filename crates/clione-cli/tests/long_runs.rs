//! Runs that are interrupted, go on, or cannot be kept: what is left on disk, and what the command says.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::{Answer, Folder, houses, people};

/// A run that takes much longer than any test waits.
const LONG: &str = "train people.csv --epochs 1000000 -o m.clione";

/// Starts the command and waits until it tells of an epoch.
fn begun(folder: &Folder, line: &str) -> Child {
    begun_saying(folder, line, "\nepoch ")
}

/// Starts the command and waits until it says this.
fn begun_saying(folder: &Folder, line: &str, text: &str) -> Child {
    let stderr = fs::File::create(folder.path("stderr")).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_clione"))
        .args(line.split_whitespace())
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .expect("the command starts");
    let since = Instant::now();
    while !String::from_utf8_lossy(&folder.read("stderr")).contains(text) {
        assert!(since.elapsed() < Duration::from_secs(60), "nothing is trained");
        sleep(Duration::from_millis(2));
    }
    child
}

/// Whether whoever runs the tests ignores the end of a terminal, as `nohup` does: then a run does so too.
fn hangups_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_none_or(|digits| u64::from_str_radix(digits.trim(), 16).unwrap() & 1 == 1)
}

fn signal(child: &Child, name: &str) {
    let line = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

/// Waits for the end of a command that was begun.
fn end(folder: &Folder, mut child: Child) -> Answer {
    let code = child.wait().unwrap().code().unwrap_or(-1);
    Answer { stdout: String::new(), stderr: String::from_utf8_lossy(&folder.read("stderr")).into_owned(), code }
}

#[test]
fn ctrl_c_keeps_the_run_and_says_how_to_go_on() {
    // 82
    let folder = Folder::with("people.csv", people());
    let signals = ["INT", "TERM", "HUP"];
    for name in &signals[..if hangups_are_ignored() { 2 } else { 3 }] {
        let child = begun(&folder, &format!("{LONG} --force"));
        signal(&child, name);
        let answer = end(&folder, child);
        assert_eq!(answer.code, 130, "{}", answer.stderr);
        answer.says(&[
            "error: paused in epoch ",
            "the run is kept in m.clione.checkpoint\n",
            "  try: clione train --resume m.clione.checkpoint\n",
        ]);
        assert!(!folder.path("m.clione").exists());
        assert!(!String::from_utf8_lossy(&folder.read("stderr")).contains('\x1b'), "no control codes in a file");
    }
    // Another run does not push it out by accident.
    let kept = folder.read("m.clione.checkpoint");
    let answer = folder.run(LONG);
    assert_eq!(answer.code, 5);
    answer.says(&[
        "error: m.clione.checkpoint: holds a run that has not ended\n",
        "--force begins anew and gives that run up\n",
        "  try: clione train people.csv --epochs 1000000 -o m.clione --resume\n",
    ]);
    assert_eq!(folder.read("m.clione.checkpoint"), kept);
    // A run that goes on can be interrupted again.
    let child = begun(&folder, "train --resume m.clione.checkpoint");
    signal(&child, "INT");
    assert_eq!(end(&folder, child).code, 130);
    assert_ne!(folder.read("m.clione.checkpoint"), kept);
    assert_eq!(folder.read("m.clione.checkpoint.previous"), kept);
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_began_with_nohup_outlives_its_terminal() {
    let folder = Folder::with("people.csv", people());
    let line = format!("trap '' HUP; exec {} {LONG}", env!("CARGO_BIN_EXE_clione"));
    let stderr = fs::File::create(folder.path("stderr")).unwrap();
    let mut child = Command::new("sh").args(["-c", &line]).current_dir(folder.path("")).stderr(stderr).spawn().unwrap();
    let epochs = || String::from_utf8_lossy(&folder.read("stderr")).matches("\nepoch ").count();
    let since = Instant::now();
    while epochs() < 1 {
        assert!(since.elapsed() < Duration::from_secs(60), "nothing is trained");
        sleep(Duration::from_millis(2));
    }
    signal(&child, "HUP");
    sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it goes on");
    signal(&child, "INT");
    assert_eq!(end(&folder, child).code, 130);
}

#[test]
fn two_runs_do_not_write_the_same_files_and_the_second_one_names_the_first() {
    let folder = Folder::with("people.csv", people());
    let child = begun(&folder, &format!("{LONG} --record m.run --checkpoint kept"));
    let process = format!("the other run is process {}\n", child.id());
    for (line, file) in [
        ("train people.csv --epochs 3 -o m.clione", "m.clione"),
        ("train people.csv --epochs 3 -o ./m.clione --force", "./m.clione"),
        ("train people.csv --epochs 3 -o other.clione --checkpoint kept", "kept"),
        ("train people.csv --epochs 3 -o other.clione --checkpoint kept --resume", "kept"),
        ("train people.csv --epochs 3 -o other.clione --record m.run --force", "m.run"),
        ("demo -o m.clione --force", "m.clione"),
    ] {
        let answer = folder.run(line);
        assert_eq!(answer.code, 5, "{line}: {}", answer.stderr);
        answer.says(&[
            &format!("{file}: another run is writing it\n"),
            &process,
            "  it is: clione train people.csv --epochs 1000000 -o m.clione",
        ]);
    }
    // One that is killed blocks nobody.
    signal(&child, "KILL");
    end(&folder, child);
    folder.run("train people.csv --epochs 3 -o m.clione --record m.run --force").succeeds_saying(&[]);
    assert!(!folder.names().iter().any(|name| name == ".m.clione.lock" || name == ".m.run.lock"));
}

#[test]
fn a_run_that_has_ended_has_nothing_to_go_on_with_and_says_so() {
    for force in ["", " --force"] {
        let folder = Folder::with("people.csv", people()).and("m.clione", "something else");
        let line = "train people.csv --epochs 20 -o m.clione";
        if force.is_empty() {
            fs::remove_file(folder.path("m.clione")).unwrap();
        }
        folder.run(&format!("{line}{force}")).succeeds_saying(&[]);
        let before = folder.contents();
        for again in [
            format!("{line} --resume"),
            format!("{line} --resume --force"),
            "train ./people.csv --epochs 20 --output m.clione --resume".to_owned(),
            "train --resume m.clione.checkpoint".to_owned(),
        ] {
            let answer = folder.run(&again).succeeds_saying(&["next:\n  clione show m.clione\n"]);
            let said = "m.clione: this run has ended, after 20 epochs; nothing is left to do\n";
            assert_eq!(answer.stdout, said, "{again}");
            let object = folder.run(&format!("{again} --json")).succeeds_saying(&[]).json();
            assert_eq!((object["has_ended"].as_bool(), object["model"].as_str()), (Some(true), Some("m.clione")));
        }
        assert!(folder.contents() == before, "nothing is written");
        // The model of another run is not taken for it.
        folder.refuses(&format!("{line} --l2 0.1 --resume"), 5, &["m.clione: exists already and is not overwritten"]);
    }
}

#[test]
fn a_run_that_was_to_replace_a_model_says_so_in_how_to_go_on() {
    let folder = Folder::with("people.csv", people()).and("m.clione", "an older model");
    let child = begun(&folder, &format!("{LONG} --force"));
    signal(&child, "INT");
    let answer = end(&folder, child);
    answer.says(&["  try: clione train --resume m.clione.checkpoint --force\n"]);
    assert_eq!(folder.read("m.clione"), b"an older model");
    let child = begun(&folder, "train --resume m.clione.checkpoint --force");
    signal(&child, "INT");
    assert_eq!(end(&folder, child).code, 130);
}

#[test]
fn an_interruption_without_a_place_says_that_nothing_was_kept() {
    let folder = Folder::with("people.csv", people());
    let child = begun(&folder, "train people.csv --epochs 1000000");
    signal(&child, "INT");
    let answer = end(&folder, child);
    assert_eq!(answer.code, 130);
    answer.says(&["error: paused in epoch ", "nothing was kept; --output or --checkpoint would keep it\n"]);
    assert_eq!(folder.names(), ["people.csv", "stderr"]);
}

#[test]
fn an_interruption_of_a_cross_validation_says_how_far_it_was_and_that_nothing_is_kept() {
    let folder = Folder::with("people.csv", people());
    let child = begun_saying(&folder, "train people.csv --cv 5x1000 --epochs 20 -o m.clione", "5,000 models\n");
    signal(&child, "INT");
    let answer = end(&folder, child);
    assert_eq!(answer.code, 130, "{}", answer.stderr);
    answer
        .says(&["error: people.csv: the cross-validation ended after ", " of 5000 folds\n  nothing was kept of it\n"]);
    assert_eq!(folder.names(), ["people.csv", "stderr"]);
}

#[test]
fn a_clock_that_is_set_while_a_run_goes_on_changes_nothing() {
    // 82: durations are those of a clock that nobody can set.
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            assert!(!source.contains("SystemTime") && !source.contains("UNIX_EPOCH"), "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 20, "the sources are there");
}

#[test]
fn a_run_goes_on_from_its_checkpoint_alone_and_from_the_same_command_with_the_very_bits() {
    for (table, line) in
        [(people(), "train t.csv --epochs 60"), (houses(), "train t.csv --epochs 60 --patience 30 --precision f64")]
    {
        let folder = Folder::with("t.csv", table);
        folder.run(&format!("{line} -o whole.clione")).succeeds_saying(&[]);
        // A device that is full: the model cannot be written, but the run is not lost.
        let answer =
            folder.run(&format!("{line} -o /dev/full --checkpoint m.clione.checkpoint --checkpoint-every 7epochs"));
        assert_eq!(answer.code, 5);
        answer.says(&[
            "error: /dev/full: cannot be written: No space left on device",
            "the run is kept in m.clione.checkpoint\n",
            "  try: clione train --resume m.clione.checkpoint\n",
        ]);
        let kept = folder.read("m.clione.checkpoint");
        let previous = folder.read("m.clione.checkpoint.previous");
        let again = |folder: &Folder| {
            folder.write("m.clione.checkpoint", &previous);
            let _ = fs::remove_file(folder.path("m.clione"));
        };
        folder.run("train --resume m.clione.checkpoint").succeeds_saying(&["goes on from m.clione.checkpoint, after "]);
        assert_eq!(folder.read("m.clione"), folder.read("whole.clione"));
        assert_eq!(folder.names(), ["m.clione", "t.csv", "whole.clione"], "the checkpoint is gone");
        // From the middle of the run.
        again(&folder);
        folder
            .run(&format!("{line} -o m.clione --resume"))
            .succeeds_saying(&["goes on from m.clione.checkpoint, after "]);
        assert_eq!(folder.read("m.clione"), folder.read("whole.clione"));
        // After a kill between the model and the end.
        folder.write("m.clione.checkpoint", &kept);
        folder.run(&format!("{line} -o m.clione --resume")).succeeds_saying(&[]);
        assert_eq!(folder.read("m.clione"), folder.read("whole.clione"));
        assert_eq!(folder.names(), ["m.clione", "t.csv", "whole.clione"]);
        // 83: a damaged one leaves the one before it.
        again(&folder);
        folder.write("m.clione.checkpoint.previous", &previous);
        folder.write("m.clione.checkpoint", &kept[..kept.len() - 3]);
        folder.run("train --resume m.clione.checkpoint").succeeds_saying(&[
            "warning: m.clione.checkpoint: is damaged or cut off",
            "going on from m.clione.checkpoint.previous instead",
        ]);
        assert_eq!(folder.read("m.clione"), folder.read("whole.clione"));
    }
}

#[test]
fn a_run_does_not_go_on_with_other_settings_or_data() {
    // 90
    let folder = Folder::with("people.csv", people());
    let kept = |folder: &Folder| {
        let line = "train people.csv --epochs 20 -o /dev/full --checkpoint c --checkpoint-every 3epochs";
        assert_eq!(folder.run(line).code, 5);
    };
    kept(&folder);
    let before = folder.read("c");
    let other = "train people.csv --epochs 30 --l2 0.1 -o m.clione --checkpoint c --resume";
    let answer = folder.run(other);
    assert_eq!(answer.code, 2);
    answer.says(&[
        "error: the checkpoint is of a run with other settings\n",
        "  training.epochs: 20 -> 30\n",
        "  training.l2: 0 -> 0.1\n",
    ]);
    folder.write("people.csv", people().replacen("18,1,f", "19,1,f", 1));
    let answer = folder.run("train people.csv --epochs 20 -o m.clione --checkpoint c --resume");
    assert_eq!(answer.code, 3);
    answer.says(&["error: the checkpoint is of a run with other data\n", "  training contents: "]);
    assert_eq!(folder.read("c"), before);
    // A table of the same contents may have another name.
    folder.write("moved.csv", people());
    folder.run("train moved.csv --epochs 20 -o m.clione --checkpoint c --resume").succeeds_saying(&[]);
}

#[test]
fn a_checkpoint_is_no_model_and_a_model_no_checkpoint() {
    let folder = Folder::with("people.csv", people());
    folder.run("train people.csv --epochs 9 -o m.clione").succeeds_saying(&[]);
    assert_eq!(
        folder.run("train people.csv --epochs 9 -o /dev/full --checkpoint c --checkpoint-every 2epochs").code,
        5
    );
    let answer = folder.run("predict c people.csv");
    assert_eq!(answer.code, 4);
    answer.says(&["error: c: is a checkpoint, not a model\n"]);
    let answer = folder.run("train --resume m.clione");
    assert_eq!(answer.code, 4);
    answer.says(&["error: m.clione: is a model, not a checkpoint\n"]);
    let answer = folder.run("train --resume missing.checkpoint");
    assert_eq!(answer.code, 5);
    answer.says(&["error: missing.checkpoint: no such checkpoint\n"]);
    let answer = folder.run("train people.csv --resume");
    assert_eq!(answer.code, 2);
    answer.says(&["error: --resume: which run?"]);
}

#[test]
fn resume_begins_anew_where_nothing_was_kept() {
    let folder = Folder::with("people.csv", people());
    let line = "train people.csv --epochs 5 -o m.clione --resume";
    folder.run(line).succeeds_saying(&["m.clione.checkpoint: no checkpoint: the run begins anew\n"]);
    folder.run("train people.csv --epochs 5 -o whole.clione").succeeds_saying(&[]);
    assert_eq!(folder.read("m.clione"), folder.read("whole.clione"));
    assert_eq!(folder.names(), ["m.clione", "people.csv", "whole.clione"]);
}

#[test]
fn a_disk_that_is_full_for_the_checkpoint_does_not_end_the_run() {
    // 82
    let folder = Folder::with("people.csv", people());
    // No file may be longer than 8 KiB, as on a disk with no more room: the model fits, a checkpoint does not.
    let line = format!(
        "ulimit -f 16; trap '' 25; exec {} train people.csv --layers 100 --epochs 30 -o m.clione --checkpoint-every 4epochs -q",
        env!("CARGO_BIN_EXE_clione")
    );
    let output = Command::new("sh").args(["-c", &line]).current_dir(folder.path("")).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.contains("warning: the run goes on, but is not kept: m.clione.checkpoint: cannot be written: "),
        "{stderr}"
    );
    assert_eq!(folder.names(), ["m.clione", "people.csv"]);
}

#[test]
fn learning_rates_are_tried_out_and_one_is_suggested_without_training() {
    let folder = Folder::with("people.csv", people());
    let answer = folder
        .run("train people.csv -o m.clione --find-learning-rate --chart rates.svg")
        .succeeds_saying(&["next:\n  clione train people.csv -o m.clione --learning-rate "]);
    for text in ["1e-6", "learning rate", "the loss falls fastest at "] {
        assert!(answer.stdout.contains(text), "{text} in\n{}", answer.stdout);
    }
    assert!(String::from_utf8_lossy(&folder.read("rates.svg")).starts_with("<svg"));
    assert_eq!(folder.names(), ["people.csv", "rates.svg"]);
    let found = folder.run("train people.csv --find-learning-rate --json").json();
    let rate = found["suggestion"].as_f64().unwrap();
    assert!((1e-5..1.0).contains(&rate), "{rate}");
    let next = answer.stderr.lines().last().unwrap().trim().strip_prefix("clione ").unwrap().to_owned();
    folder.run(&next).succeeds_saying(&["written to m.clione"]);
    let answer = folder.run("train people.csv --optimizer lbfgs --find-learning-rate");
    assert_eq!(answer.code, 2);
    answer.says(&["error: lbfgs finds the length of its steps itself"]);
}
