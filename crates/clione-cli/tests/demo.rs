//! `clione demo` as a person meets it: the built command, its two streams and its exit codes.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn clione(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clione"));
    command.args(arguments).env_remove("NO_COLOR").output().expect("the command starts")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("text")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

fn json(arguments: &[&str]) -> Value {
    let output = clione(&[&["demo", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(stdout(&output)).expect("one JSON object")
}

/// Every number in a JSON value, in order.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().expect("a number")],
    }
}

fn assert_near(found: &Value, expected: &Value, what: &str) {
    let (found, expected) = (numbers(found), numbers(expected));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-9, "{what}: {found} against NumPy's {expected}");
    }
}

#[test]
fn losses_predictions_and_weights_are_those_of_numpy() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/article/article.json");
    let golden: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let at: Vec<usize> = numbers(&golden["losses_at"]).into_iter().map(|at| at as usize).collect();
    for run in golden["runs"].as_array().unwrap() {
        let (seed, learning_rate) = (run["seed"].to_string(), run["learning_rate"].to_string());
        let found = json(&["--seed", &seed, "--learning-rate", &learning_rate]);
        let what = format!("seed {seed}, learning rate {learning_rate}");
        assert_eq!(found["losses"].as_array().unwrap().len(), 1500);
        let losses = at.iter().map(|&at| found["losses"][at].clone()).collect();
        assert_near(&losses, &run["losses"], &what);
        assert_near(&found["predictions"], &run["predictions"], &what);
        assert_near(&found["weights"][0], &run["weights1"], &what);
        assert_near(&found["weights"][1], &run["weights2"], &what);
    }
}

#[test]
fn the_object_says_what_was_chosen_and_begins_with_its_schema() {
    let found = json(&["--seed", "9", "--hidden", "5,2", "--activation", "tanh", "--bias", "--iterations", "3"]);
    assert_eq!((&found["schema"], &found["seed"], &found["iterations"]), (&1.into(), &9.into(), &3.into()));
    assert_eq!(found["hidden"], serde_json::json!([5, 2]));
    assert_eq!(found["activation"], "tanh");
    assert_eq!(found["learning_rate"], 1.0);
    assert_eq!(found["targets"], serde_json::json!([0.0, 1.0, 1.0, 0.0]));
    assert_eq!(found["losses"].as_array().unwrap().len(), 3);
    let sizes =
        |what: &str| found[what].as_array().unwrap().iter().map(|layer| numbers(layer).len()).collect::<Vec<_>>();
    assert_eq!((sizes("weights"), sizes("biases")), (vec![15, 10, 2], vec![5, 2, 1]));
    assert!(stdout(&clione(&["demo", "--json"])).starts_with("{\"schema\":1,"));
}

#[test]
fn the_page_shows_what_the_article_prints() {
    for (seed, predictions, last_loss) in [
        ("0", ["0.01009649", "0.97157766", "0.97166525", "0.03297871"], "0.00280022"),
        ("1", ["0.00965854", "0.96893341", "0.96884749", "0.03646843"], "0.00335885"),
        ("9", ["0.01182567", "0.97755587", "0.97725728", "0.02733658"], "0.00190811"),
        ("42", ["0.01043733", "0.97230567", "0.97090151", "0.03501066"], "0.00294838"),
    ] {
        let output = clione(&["demo", "--seed", seed]);
        let words = ["Every row is right", "sum over rows and columns", "W2  4x1"];
        for text in predictions.into_iter().chain([last_loss]).chain(words) {
            assert!(stdout(&output).contains(text), "{text} in\n{}", stdout(&output));
        }
        assert!(stderr(&output).contains("Where to go next"));
    }
}

#[test]
fn seed_67_is_stuck_and_the_page_says_why() {
    let output = clione(&["demo", "article", "--seed", "67"]);
    assert_eq!(output.status.code(), Some(0));
    for text in [
        "Stuck: rows 3 and 4 are wrong.",
        "Since iteration 438 ",
        "Rows 3 and 4 look the same to the network",
        "every unit is saturated for rows 3 and 4",
        "--seed 68",
        "--bias",
    ] {
        assert!(stdout(&output).contains(text), "{text} in\n{}", stdout(&output));
    }
    let stuck = &json(&["--seed", "67"])["stuck"];
    assert_eq!(stuck["confused_rows"], serde_json::json!([[3, 4]]));
    assert_eq!(stuck["blocking_units"].as_array().unwrap().len(), 4);
    assert_eq!(json(&["--seed", "68"])["stuck"], Value::Null);
}

#[test]
fn what_is_said_to_help_a_stuck_run_helps_it() {
    let stuck = ["--seed", "67"];
    for remedy in [&["--bias"][..], &["--hidden", "8"], &["--learning-rate", "3"]] {
        assert_eq!(json(&[&stuck, remedy].concat())["verdict"], "solved", "{remedy:?}");
    }
    assert_eq!(json(&["--seed", "68"])["verdict"], "solved");
}

#[test]
fn wrong_choices_are_refused_with_exit_code_2_and_a_reason() {
    for (arguments, reason) in [
        (&["--learning-rate", "0"][..], "a finite number above 0"),
        (&["--learning-rate", "-1"], "a finite number above 0"),
        (&["--learning-rate", "NaN"], "a finite number above 0"),
        (&["--learning-rate", "inf"], "a finite number above 0"),
        (&["--learning-rate", "fast"], "expected a number above 0"),
        (&["--iterations", "0"], "from 1 to 10000000"),
        (&["--iterations", "1000000000000"], "from 1 to 10000000"),
        (&["--iterations", "-5"], "expected a whole number"),
        (&["--activation", "rleu"], "did you mean `relu`?"),
        (&["--activation", "blue_cheese"], "there are: linear, sigmoid"),
        (&["--hidden", "0"], "layer `hidden1` needs at least 1 unit"),
        (&["--hidden", "8,0"], "layer `hidden2` needs at least 1 unit"),
        (&["--hidden", "4,1000000000"], "layer `hidden2` has 4 inputs x 1000000000 units"),
        (&["--hidden", "18446744073709551615,4"], "layer `hidden1`"),
        (&["--hidden", ""], "expected a whole number"),
        (&["--seed", "-1"], "from 0 to 4294967295"),
        (&["--seed", "4294967296"], "from 0 to 4294967295"),
        (&["--sed", "1"], "'--seed'"),
        (&["articel"], "article"),
    ] {
        let output = clione(&[&["demo"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).starts_with("error: "), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(reason), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn a_verb_that_does_not_exist_names_the_one_that_was_meant() {
    let output = clione(&["dmeo"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("'demo'"), "{}", stderr(&output));
}

#[test]
fn steps_that_leave_the_finite_numbers_end_with_exit_code_6() {
    let output = clione(&["demo", "--learning-rate", "1.7e308", "--activation", "linear", "--hidden", "2,2"]);
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert!(stderr(&output).contains("iteration "), "{}", stderr(&output));
}

#[test]
fn a_picture_is_written_whole_and_never_over_another_without_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loss.svg");
    let name = path.to_str().unwrap();
    assert!(clione(&["demo", "--svg", name]).status.success());
    let picture = fs::read_to_string(&path).unwrap();
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));

    fs::write(&path, "mine").unwrap();
    let refused = clione(&["demo", "--svg", name]);
    assert_eq!(refused.status.code(), Some(5));
    assert!(stderr(&refused).contains("--force"), "{}", stderr(&refused));
    assert_eq!(stdout(&refused), "", "nothing was trained");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");

    assert!(clione(&["demo", "--svg", name, "--force"]).status.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), picture);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn a_place_that_cannot_hold_a_picture_is_refused_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such/loss.svg");
    for (path, reason) in [(missing.as_path(), "there is no folder"), (folder.path(), "is a folder")] {
        let output = clione(&["demo", "--svg", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn colours_come_when_they_are_asked_for_and_never_into_a_pipe_by_themselves() {
    assert!(!stdout(&clione(&["demo"])).contains('\x1b'));
    assert!(stdout(&clione(&["demo", "--color", "always"])).contains('\x1b'));
    assert!(!stderr(&clione(&["demo", "--iterations", "50000"])).contains('\r'));
}

#[test]
fn quiet_leaves_the_result_alone() {
    let output = clione(&["demo", "--quiet"]);
    assert_eq!(stderr(&output), "");
    assert_eq!(stdout(&output), stdout(&clione(&["demo"])));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clione"));
    let piped = command.args(["demo", "--json", "--iterations", "50000"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}

#[test]
fn every_line_of_the_page_fits_80_characters() {
    for arguments in
        [&["demo", "--seed", "67"][..], &["demo", "--hidden", "8,4", "--bias"], &["demo", "--hidden", "300"]]
    {
        let output = clione(arguments);
        let longest = stdout(&output).lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(longest.chars().count() <= 80, "{arguments:?}: {longest}");
    }
}

#[test]
fn completions_are_written_for_three_shells() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&clione(&["completions", shell])).contains("learning-rate"), "{shell}");
    }
}

#[test]
fn the_model_of_the_demo_is_the_one_that_its_recipe_trains() {
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str| {
        let arguments = line.split_whitespace();
        let output = Command::new(env!("CARGO_BIN_EXE_clione")).args(arguments).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{line}: {}", stderr(&output));
        output.stdout
    };
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    run("demo --seed 67 -o article.clione --rows article.csv");
    std::fs::write(folder.path().join("again.toml"), run("show article.clione --recipe")).unwrap();
    run("train --recipe again.toml -o again.clione");
    assert_eq!(bytes("article.clione"), bytes("again.clione"));
    let predictions = String::from_utf8(run("predict article.clione article.csv")).unwrap();
    assert_eq!(predictions.lines().count(), 5, "{predictions}");
}
