//! Recording a run and going to any step of it: what is shown, what is refused, and what a killed run leaves.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use support::{Folder, people, people_but};

/// Twenty epochs of six steps.
const TRAIN: &str = "train people.csv --epochs 20 --batch-size 8 --layers 6,4 -o people.clione --record people.run";

/// A folder with the table of people, a model of it, and the recording of its run.
fn recorded() -> Folder {
    let folder = Folder::with("people.csv", people());
    folder.run(TRAIN).succeeds_saying(&["recorded in people.run"]);
    folder
}

fn json(folder: &Folder, line: &str) -> Value {
    folder.run(&format!("{line} --json")).succeeds_saying(&[]).json()
}

/// Runs a command with one more argument that has blanks in it.
fn with(folder: &Folder, line: &str, last: &str) -> support::Answer {
    let words: Vec<&str> = line.split_whitespace().chain([last]).collect();
    folder.run_words(&words)
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

#[test]
fn recording_changes_no_byte_of_the_model_and_takes_the_place_of_nothing() {
    let folder = recorded();
    let model = folder.read("people.clione");
    folder.run(&format!("{TRAIN} --force").replace("--record people.run", "")).succeeds_saying(&[]);
    assert_eq!(folder.read("people.clione"), model);
    let again = TRAIN.replace("people.clione", "other.clione");
    folder.refuses(&again, 5, &["people.run: exists already", "--force"]);
    let run = folder.read("people.run");
    folder.run(&format!("{again} --force")).succeeds_saying(&[]);
    assert_eq!(folder.read("people.run"), run, "the same run has the same recording");
    folder.refuses("train people.csv --record people.csv --force", 2, &["is the file that is read"]);
    folder.refuses("train people.csv -o new.clione --record new.clione", 2, &["is where the model is written"]);
    folder.refuses("train people.csv -o new.clione --record new.run --record-every 0", 2, &["at least 1"]);
    folder.refuses("train people.csv --record-every 5", 2, &["--record"]);
}

#[test]
fn the_best_epoch_is_the_model_that_was_written_and_another_one_can_be_written_too() {
    let folder = recorded();
    folder.run("replay people.run --at best --save best.clione").succeeds_saying(&["written to best.clione"]);
    assert!(folder.read("best.clione") == folder.read("people.clione"));
    folder.run("replay people.run --at 3 --save early.clione").succeeds_saying(&[]);
    let early = folder.run("predict early.clione people.csv").succeeds_saying(&[]);
    assert_ne!(early.stdout, folder.run("predict people.clione people.csv").stdout);
    folder.refuses("replay people.run --at 4 --save early.clione", 5, &["exists already", "--force"]);
    folder.refuses("replay people.run --at 4 --save people.csv --force", 2, &["would be lost"]);
}

#[test]
fn a_run_that_stopped_early_says_where_its_model_is_from_and_goes_there() {
    let folder = Folder::with("people.csv", people());
    let line = "train people.csv --epochs 200 --learning-rate 0.2 --batch-size 8 --patience 3 -o people.clione";
    folder.run(&format!("{line} --record people.run")).succeeds_saying(&[]);
    folder.run("replay people.run --at best --save best.clione").succeeds_saying(&[]);
    assert!(folder.read("best.clione") == folder.read("people.clione"));
    let overview = json(&folder, "replay people.run");
    let (epoch, step) = (&overview["best_epoch"], &overview["best_step"]);
    let best = json(&folder, "replay people.run --at best");
    assert_eq!((&best["epoch"], &best["step"], &best["is_last"]), (epoch, step, &false.into()));
    let said = format!("of epoch {epoch}, step {step} (--at best)\n");
    for line in ["replay people.run", "replay people.run --at end"] {
        let text = folder.run(line).stdout;
        assert!(text.contains(&said), "{said} in\n{text}");
    }
}

#[test]
fn a_step_is_shown_with_all_it_worked_with_and_follows_from_the_one_before() {
    let folder = recorded();
    let names = ["hidden1.weights", "hidden1.bias", "hidden2.weights", "hidden2.bias", "output.weights", "output.bias"];
    let mut before = json(&folder, "replay people.run --at 49 --show hidden1 --show hidden2 --show output");
    for step in 50..53 {
        let line = format!("replay people.run --at {step} --show hidden1 --show hidden2 --show output");
        let now = json(&folder, &line);
        assert_eq!(
            (&now["step"], &now["epoch"], &now["step_of_epoch"]),
            (&step.into(), &9.into(), &(step - 48).into())
        );
        assert_eq!(now["lines"].as_array().unwrap().len(), 8);
        for name in names {
            let layer = name.split('.').next().unwrap();
            let shown = &now["shown"][layer][name];
            assert_eq!(shown["before"], before["shown"][layer][name]["after"], "{name}");
            let [was, update, is] = ["before", "update", "after"].map(|part| numbers(&shown[part]));
            assert!(was.iter().zip(&update).zip(&is).all(|((was, update), is)| is - was == *update));
        }
        before = now;
    }
    let by_epoch = json(&folder, "replay people.run --at 9:4");
    assert_eq!(by_epoch["step"], 52);
    assert_eq!(by_epoch["parameters"], before["parameters"]);
    let ended = json(&folder, "replay people.run --epoch 9");
    assert_eq!(ended["step"], 54);
    assert!(ended["validation_loss"].is_f64() && before["validation_loss"].is_null());
    let start = json(&folder, "replay people.run --at 0 --show hidden1");
    assert!(start["loss"].is_null() && start["shown"]["hidden1"]["hidden1.weights"]["before"].is_null());
    let given = json(&folder, "replay people.run --at 52 --show activations.hidden2 --show hidden1.bias[3]");
    assert_eq!(numbers(&given["shown"]["activations.hidden2"]).len(), 8 * 4);
    let third = numbers(&before["shown"]["hidden1"]["hidden1.bias"]["after"])[3];
    assert_eq!(given["shown"]["hidden1.bias[3]"]["after"], third);
}

#[test]
fn the_text_names_the_place_and_fits_the_terminal() {
    let folder = recorded();
    for line in [
        "replay people.run",
        "replay people.run --at 52",
        "replay people.run --at 54 --show hidden1 --show hidden1.weights[2,1] --show activations.hidden1",
        "replay people.run --at 0 --show gradients.hidden1 --show updates.output.weights --show activations.output",
    ] {
        let answer = folder.run(line).succeeds_saying(&[]);
        assert!(answer.stdout.lines().all(|line| line.chars().count() <= 80), "{}", answer.stdout);
    }
    let text = folder.run("replay people.run --at 52 --show hidden1").stdout;
    for part in ["Step 52 of 120: epoch 9, step 4 of 6", "lines ", "hidden1.weights, 4x6", "0 age", "gradient", "after"]
    {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let overview = folder.run("replay people.run").stdout;
    assert!(overview.contains("120 steps, to its end") && overview.contains("people.csv"), "{overview}");
}

#[test]
fn a_condition_finds_its_first_and_its_last_step_or_says_how_near_it_came() {
    let folder = recorded();
    let find = |condition: &str, flags: &str| {
        let answer = with(&folder, &format!("replay people.run --json {flags} --when"), condition);
        answer.succeeds_saying(&[]).json()["step"].as_u64().unwrap()
    };
    assert_eq!((find("step > 40", ""), find("epoch >= 3", ""), find("validation_loss > 0", "")), (41, 13, 6));
    assert_eq!((find("step > 40", "--at 60"), find("step < 40", "--last")), (60, 39));
    assert_eq!(find("step > 10", "--last --at 2:6"), 12);
    let first = find("hidden1.weights[2,1] > -100", "--at 33");
    assert_eq!(first, 33);
    let answer = with(&folder, "replay people.run --when", "gradient_norm > 1e6");
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    answer.says(&["at no step from 1 to 120", "nearest: gradient_norm is "]);
    let answer = with(&folder, "replay people.run --when", "gradient_nrom > 10");
    assert_eq!(answer.code, 2);
    answer.says(&["did you mean `gradient_norm`?"]);
    let answer = with(&folder, "replay people.run --when", "hidden1.weights > 3");
    answer.says(&["which of the 24 numbers of hidden1.weights?", "hidden1.weights[0,0]"]);
}

#[test]
fn what_is_no_recording_or_not_of_these_data_is_refused_with_what_helps() {
    let folder = recorded();
    folder.refuses("replay people.clione --at 3", 4, &["is a model or a checkpoint, not a recording", "--record"]);
    folder.refuses("replay people.csv --at 3", 4, &["is not a recording"]);
    folder.refuses("replay none.run --at 3", 5, &["none.run: no such file"]);
    let run = folder.read("people.run");
    for (name, bytes) in [("empty.run", &run[..0]), ("line.run", &run[..9]), ("head.run", &run[..300])] {
        folder.write(name, bytes);
        folder.refuses(
            &format!("replay {name} --at 3"),
            4,
            &[if name == "empty.run" { "is empty" } else { "cut off" }],
        );
    }
    folder.refuses("replay people.run --at 121", 2, &["step 121: the run ends after step 120", "--at end"]);
    folder.refuses("replay people.run --at 21:1", 2, &["the run ends after step 120"]);
    folder.refuses("replay people.run --at 3:99", 2, &["--at 3:99: epoch 3 has 6 steps"]);
    folder.run("train people.csv --epochs 2 --keep-last --record last.run").succeeds_saying(&[]);
    folder.refuses("replay last.run --at best", 2, &["kept no best epoch", "--at end"]);
    folder.refuses("replay people.run --at x", 2, &["expected a step as 742"]);
    folder.refuses("replay people.run --at 3 --show hiden1", 2, &["--show hiden1", "did you mean `hidden1`?"]);
    folder.refuses(
        "replay people.run --at 3 --show hidden1.weights[5,1]",
        2,
        &["is 4x6: the first index goes from 0 to 3, but it is 5"],
    );
    folder.refuses("replay people.run --at 3 --show activations.hidden9", 2, &["did you mean `hidden"]);

    fs::rename(folder.path("people.csv"), folder.path("moved.csv")).unwrap();
    folder.refuses("replay people.run --at 3", 5, &["people.csv", "--data FILE"]);
    let moved = folder.run("replay people.run --at 3 --data moved.csv").succeeds_saying(&[]);
    folder.write("other.csv", people_but(5, "33,2,f,yes"));
    folder.refuses(
        "replay people.run --at 3 --data other.csv",
        3,
        &["other.csv: is not the table that was recorded\n", "training contents: not the same\n", "--data FILE"],
    );
    folder.write("people.csv", people() + "1,2\n");
    let damaged = folder.run("replay people.run --at 3");
    assert_eq!(damaged.code, 3);
    assert!(damaged.stderr.contains("--data FILE\n") && !damaged.stderr.contains("skip-bad"), "{}", damaged.stderr);
    fs::rename(folder.path("moved.csv"), folder.path("people.csv")).unwrap();
    assert_eq!(folder.run("replay people.run --at 3").stdout, moved.stdout);
}

#[test]
fn a_recording_that_ends_anywhere_still_goes_to_every_step() {
    let folder = recorded();
    let line = "train people.csv --epochs 20 --batch-size 8 --layers 6,4 --record fine.run --record-every 10";
    folder.run(line).succeeds_saying(&[]);
    let whole = json(&folder, "replay people.run --at 77");
    assert_eq!(json(&folder, "replay fine.run --at 77")["replayed_from"], 70);
    let run = folder.read("fine.run");
    for length in [run.len() - 1, run.len() - 33, run.len() / 2, run.len() / 7] {
        folder.write("cut.run", &run[..length]);
        let answer = folder.run("replay cut.run --at 77 --json").succeeds_saying(&[]);
        assert_eq!(answer.json()["parameters"], whole["parameters"], "{length} bytes");
    }
    let text = folder.run("replay cut.run --at 77").succeeds_saying(&["are cut off or damaged"]).stdout;
    assert!(text.contains("\nnot recorded: computed from the checkpoint of step 10\n"), "{text}");
    let end = folder.run("replay cut.run --at end -q").succeeds_saying(&["all steps after 10 are computed now"]).stdout;
    assert!(end.contains("\nnot recorded: computed from the checkpoint of step 10\n"), "{end}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_for_the_recording_costs_neither_the_run_nor_its_model() {
    let folder = Folder::with("people.csv", people());
    folder.run("train people.csv --layers 100 --epochs 30 -o free.clione").succeeds_saying(&[]);
    // No file may be longer than so many half KiB, as on a disk with no more room: the model always fits.
    for (blocks, every, said) in [
        (16, 10, "warning: the run is not recorded: people.run: cannot be written: "),
        (
            64,
            5,
            "warning: the run goes on, but its recording ends here; up to step 5 it can be read: people.run: cannot be",
        ),
    ] {
        let line = format!(
            "ulimit -f {blocks}; trap '' 25; exec {} train people.csv --layers 100 --epochs 30 -o m.clione --force \
             --record people.run --record-every {every} -q",
            env!("CARGO_BIN_EXE_clione")
        );
        let output = Command::new("sh").args(["-c", &line]).current_dir(folder.path("")).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(5) && stderr.starts_with(said), "{stderr}");
        assert!(stderr.contains("\n  the model is whole and written to m.clione\n"), "{stderr}");
        assert_eq!(folder.read("m.clione"), folder.read("free.clione"));
        assert_eq!(folder.path("people.run").exists(), blocks == 64);
    }
    folder.run("replay people.run --at best --save best.clione").succeeds_saying(&[]);
    assert!(folder.read("best.clione") == folder.read("free.clione"));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_a_readable_recording_and_goes_on_with_it() {
    let folder = Folder::in_memory().and("people.csv", people());
    let line = "train people.csv --epochs 30000 --batch-size 8 --layers 6,4 --threads 1 -o long.clione --record long.run \
                --record-every 50 --checkpoint-every 50epochs";
    let mut child = Command::new(env!("CARGO_BIN_EXE_clione"))
        .args(line.split_whitespace())
        .current_dir(folder.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_long = || fs::metadata(folder.path("long.run")).is_ok_and(|found| found.len() > 60_000);
    let is_kept = || folder.path("long.clione.checkpoint").exists();
    while child.try_wait().unwrap().is_none() && !(is_long() && is_kept()) {
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let left = json(&folder, "replay long.run");
    assert!(left["last_step"].is_null() && left["checkpoints"].as_array().unwrap().len() > 2, "{left}");
    let seen = json(&folder, "replay long.run --at 123 --show hidden1");
    assert_eq!(seen["replayed_from"], 100);

    let resumed = Command::new(env!("CARGO_BIN_EXE_clione"))
        .args(line.replace("--epochs 30000", "--epochs 30000 --resume").split_whitespace())
        .current_dir(folder.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut resumed = resumed;
    let before = fs::metadata(folder.path("long.run")).unwrap().len();
    let grows = || fs::metadata(folder.path("long.run")).is_ok_and(|found| found.len() > before + 20_000);
    while resumed.try_wait().unwrap().is_none() && !grows() {
        sleep(Duration::from_millis(1));
    }
    resumed.kill().unwrap();
    resumed.wait().unwrap();
    let more = json(&folder, "replay long.run");
    assert!(more["checkpoints"].as_array().unwrap().len() > left["checkpoints"].as_array().unwrap().len());
    assert_eq!(json(&folder, "replay long.run --at 123 --show hidden1"), seen);
    // The lock that the killed run has left goes with the next one.
    fs::remove_file(folder.path(".long.run.lock")).unwrap();
    folder.refuses(
        "train people.csv --epochs 7 --resume -o other.clione --record long.run",
        5,
        &["long.run: is the recording of another run", "--force"],
    );
}
