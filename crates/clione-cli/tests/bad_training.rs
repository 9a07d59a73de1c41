//! Settings that cannot work: refused before anything is read, with the range and a command that works.

mod support;

use std::process::{Command, Stdio};
use support::{Folder, houses, idx, people, random_bytes};

fn refused(flags: &str, texts: &[&str]) {
    Folder::with("people.csv", people()).refuses(&format!("train people.csv {flags}"), 2, texts);
}

#[test]
fn a_learning_rate_is_a_number_above_0_and_not_too_large() {
    // 71
    for rate in ["0", "-1", "NaN", "inf", "fast", "1e10", "1001"] {
        let text = format!("error: --learning-rate {rate}: expected a number");
        refused(&format!("--learning-rate {rate}"), &[&text]);
    }
    let folder = Folder::with("people.csv", people());
    folder
        .run("train people.csv --epochs 1 --learning-rate 11")
        .succeeds_saying(&["warning: --learning-rate 11 is very large; 0.0001 to 0.1 is usual"]);
}

#[test]
fn a_batch_has_a_row_or_more_and_a_larger_one_is_all_rows() {
    // 72
    for size in ["0", "-1", "many"] {
        let text = format!("error: --batch-size {size}: expected a whole number");
        refused(&format!("--batch-size {size}"), &[&text]);
    }
    let folder = Folder::with("people.csv", people());
    let warning = "warning: --batch-size 1000 is more than the 48 rows: all of them are one batch";
    let larger = folder.run("train people.csv --epochs 2 --json --batch-size 1000").succeeds_saying(&[warning]);
    let all = folder.run("train people.csv --epochs 2 --json --batch-size 48").succeeds_saying(&[]);
    assert_eq!(larger.json()["epochs"], all.json()["epochs"]);
}

#[test]
fn there_is_an_epoch_or_more_and_very_many_come_with_a_hint() {
    // 73
    for epochs in ["0", "-3", "2.5"] {
        let text = format!("error: --epochs {epochs}: expected a whole number");
        refused(&format!("--epochs {epochs}"), &[&text]);
    }
    let hint = "warning: 1,000,000,000,000 epochs take a while; --patience 20 stops when it gets no better";
    let folder = Folder::with("people.csv", people());
    folder.refuses("train missing.csv --epochs 1000000000000", 5, &[hint, "error: missing.csv: no such file"]);
    // The best loss stays ahead for an epoch soon, so this ends.
    let found = folder.run("train people.csv --epochs 1000000000000 --patience 1 --learning-rate 1 --json");
    assert!(!found.stderr.contains("take a while"), "{}", found.stderr);
    assert!(found.succeeds_saying(&[]).json()["best_epoch"].is_u64());
}

#[test]
fn a_layer_without_units_is_named() {
    // 74
    for (layers, text) in [
        ("0", "error: --layers 0: layer 1 needs at least 1 unit, but it has 0\n"),
        ("8,0,4", "error: --layers 8,0,4: layer 2 needs at least 1 unit, but it has 0\n"),
        ("8,-4", "error: --layers 8,-4: layer 2 needs a whole number of units, at least 1, but it has -4\n"),
        ("8,wide", "layer 2 needs a whole number of units, at least 1, but it has wide\n"),
    ] {
        let remedy = "  try: clione train people.csv -o model.clione --layers 32,16\n";
        refused(&format!("--layers {layers}"), &[text, remedy]);
    }
}

#[test]
fn a_network_that_the_machine_cannot_hold_is_refused_before_it_is_made() {
    // 75
    let labels: Vec<u8> = (0..50).map(|row| row % 10).collect();
    let folder =
        Folder::with("images", idx(&[50, 28, 28], &random_bytes(2, 50 * 784))).and("labels", idx(&[50], &labels));
    folder.refuses(
        "train --images images --labels labels --layers 1000000000",
        2,
        &[
            "error: training a network of 784 inputs and 10 outputs needs 19.4 TB of memory, but ",
            "parameters 3.2 TB",
            "adamw 6.4 TB",
            "--layers 32,16\n",
        ],
    );
    refused(
        "--layers 1000000000,1000000000",
        &["error: training a network of 4 inputs and 1 output needs 24.0 EB of memory, but ", "parameters 4.0 EB, "],
    );
    refused("--layers 4294967296,4294967296", &["layer 1 may have at most 1,073,741,824 units, but it has 4294967296"]);
    let many = ["1073741824"; 20].join(",");
    refused(&format!("--layers {many}"), &["weights are more than any machine holds"]);
    refused("--layers 99999999999999999999999", &["layer 1 needs a whole number of units"]);
}

#[test]
fn settings_outside_of_their_range_name_the_range() {
    // 76
    let below_1 = "at least 0 and less than 1";
    for (flags, name, range) in [
        ("--optimizer sgd --optimizer-setting momentum=1", "momentum", below_1),
        ("--optimizer sgd --optimizer-setting momentum=-0.1", "momentum", below_1),
        ("--optimizer-setting beta1=1", "beta1", below_1),
        ("--optimizer-setting beta2=1.5", "error: --optimizer-settings beta2=1.5: adamw: beta2", below_1),
        ("--optimizer-setting epsilon=0", "epsilon", "a positive number"),
        ("--optimizer rmsprop --optimizer-setting rho=NaN", "rho", below_1),
        ("--optimizer-setting momentum=0.9", "momentum", "it has beta1, beta2, epsilon"),
        ("--optimizer-setting beta1", "beta1", "expected NAME=VALUE"),
        ("--schedule step --schedule-setting every=0", "every", "at least 1"),
        ("--dropout 1", "--dropout 1", below_1),
        ("--dropout -0.1", "--dropout -0.1", below_1),
        ("--dropout NaN", "--dropout NaN", below_1),
        ("--validation 1", "--validation 1", "at least 0 and less than 1"),
        ("--validation -0.5", "--validation -0.5", "at least 0 and less than 1"),
        ("--validation nan", "--validation nan", "at least 0 and less than 1"),
        ("--clip-norm 0", "error: --clip-norm 0: ", "a positive number"),
        ("--clip-value -1", "error: --clip-value -1: ", "a positive number"),
        ("--l1 -1", "error: --l1 -1: ", "0 or a positive number"),
        ("--l2 inf", "error: --l2 inf: ", "0 or a positive number"),
        ("--patience 0", "--patience", "at least 1"),
        ("--warm-up -1", "--warm-up", "from 0 to"),
        ("--seed -1", "--seed", "from 0 to 18446744073709551615"),
        ("--seed x", "--seed", "from 0 to 18446744073709551615"),
    ] {
        refused(flags, &[name, range]);
    }
}

#[test]
fn a_remedy_is_the_command_as_typed_with_one_thing_changed() {
    // 76
    refused("--dropout=1 --epochs 7", &["  try: clione train people.csv --epochs 7 -o model.clione --dropout 0.5\n"]);
    refused("--validation 1", &["  try: clione train people.csv -o model.clione --validation 0.2\n"]);
}

#[test]
fn an_unknown_choice_lists_all_and_names_the_one_that_was_meant() {
    // 80
    for (flags, list, meant) in [
        ("--activation rleu", "expected one of linear, sigmoid, tanh, relu", "relu"),
        ("--optimizer adm", "expected one of sgd, rmsprop, adam, adamw", "adam"),
        ("--schedule cosin", "expected one of constant, step, exponential, cosine", "cosine"),
        ("--loss mean_squared_eror", "expected one of sum_of_squares, mean_squared_error", "mean_squared_error"),
        ("--precision f46", "expected one of f32, f64", "f64"),
        ("--missing men", "expected one of refuse, mean, median, mode, drop, indicator", "mean"),
        ("--scaling standardize", "expected one of standardise, min-max", "standardise"),
        ("--task clasification", "expected one of regression, classification", "classification"),
    ] {
        let flag = flags.split(' ').next().unwrap();
        let remedy = format!("  try: clione train people.csv -o model.clione {flag} {meant}\n");
        refused(flags, &[&format!("error: {flags}: "), list, &format!("did you mean {meant}?\n"), &remedy]);
    }
    refused("--initializer he_unifrm", &["there is no initializer `he_unifrm`", "did you mean `he_uniform`?"]);
    refused("--activation blue", &["expected one of linear, sigmoid, tanh"]);
    refused("--encoding utf9", &["expected utf-8 or latin1"]);
    refused("--epoch 5", &["a similar argument exists: '--epochs'"]);
}

#[test]
fn threads_are_at_least_one_and_more_than_cores_are_clamped_with_a_note() {
    // 80
    refused("--threads 0", &["error: --threads 0: expected at least 1\n"]);
    refused("--threads -1", &["expected a whole number that is not negative"]);
    let folder = Folder::with("people.csv", people());
    folder.run("train people.csv --epochs 3 -o usual.clione").succeeds_saying(&[]);
    for (threads, name) in [("16384", "a.clione"), ("18446744073709551615", "b.clione")] {
        let line = format!("train people.csv --epochs 3 --threads {threads} -o {name}");
        folder
            .run(&line)
            .succeeds_saying(&[&format!("--threads {threads}: this machine has "), "with the same result\n"]);
        assert_eq!(folder.read(name), folder.read("usual.clione"));
    }
    let line = "predict usual.clione people.csv --threads 16384";
    let told = folder.run(line).succeeds_saying(&["--threads 16384: this machine has "]);
    assert_eq!(told.stdout, folder.run("predict usual.clione people.csv").stdout);
}

#[test]
fn where_no_thread_can_be_started_every_verb_does_the_same_with_one() {
    let rows: String = people().lines().skip(1).cycle().take(40_000).map(|line| format!("{line}\n")).collect();
    let folder = Folder::with("people.csv", people()).and("many.csv", format!("age,visits,sex,bought\n{rows}"));
    for line in [
        "train many.csv --epochs 2 --batch-size 1000 --layers 200 --json -o m.clione --force",
        "train people.csv --epochs 3 --cv 5",
        "predict m.clione many.csv",
        "evaluate m.clione many.csv",
        "inspect many.csv",
        "doctor people.csv --run --epochs 3",
    ] {
        let usual = folder.run(line).succeeds_saying(&[]);
        let model = folder.read("m.clione");
        let mut command = Command::new(env!("CARGO_BIN_EXE_clione"));
        // No stack of this size fits into any memory, so no thread starts.
        command.args(line.split_whitespace()).env("RUST_MIN_STACK", "281474976710656").stdin(Stdio::null());
        let answer = folder.answer(&mut command).succeeds_saying(&[]);
        // All but how long it took.
        let is_timed = |line: &&str| line.starts_with("trained ") || line.contains("\"seconds\"");
        let lines = |text: &str| text.lines().filter(|line| !is_timed(line)).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&answer.stdout), lines(&usual.stdout), "{line}");
        assert_eq!(folder.read("m.clione"), model, "{line}");
    }
}

#[test]
fn training_that_leaves_the_finite_numbers_ends_there_and_keeps_what_was_on_disk() {
    // 81
    let folder = Folder::with("houses.csv", houses()).and("old.clione", "a model that is dear to somebody");
    let line = "train houses.csv --scaling unscaled --optimizer sgd --learning-rate 1000";
    folder.refuses(
        line,
        6,
        &[
            "error: training diverged in epoch 1, step 2: the loss is inf; first not finite: `loss/square`\n",
            "inputs that are scaled help",
            "no model was written\n",
            "  try: clione train houses.csv --scaling unscaled --optimizer sgd -o model.clione --learning-rate 0.01\n",
        ],
    );
    folder.refuses(&format!("{line} -o old.clione --force"), 6, &["old.clione is as it was\n"]);
}

#[test]
fn a_loss_that_does_not_fit_the_output_names_the_usual_pair() {
    // 78
    let pairs = "the usual pairs: sigmoid with binary_cross_entropy, softmax with categorical_cross_entropy";
    refused(
        "--loss categorical_cross_entropy",
        &["needs an output with softmax, but the network ends with sigmoid", pairs],
    );
    let folder = Folder::with("houses.csv", houses()).and("people.csv", people());
    folder.refuses("train houses.csv --loss binary_cross_entropy", 2, &["needs an output with sigmoid", pairs]);
    for (flags, usual) in
        [("", "binary_cross_entropy"), ("--target visits --task classification", "categorical_cross_entropy")]
    {
        let line = format!("train people.csv --epochs 1 {flags}");
        folder.run(&format!("{line} --loss mean_squared_error")).succeeds_saying(&[&format!(
            "warning: --loss mean_squared_error learns slowly from classes; usual is {usual}\n"
        )]);
        assert!(!folder.run(&format!("{line} --loss {usual}")).stderr.contains("slowly"));
    }
    assert!(!folder.run("train houses.csv --epochs 1 --loss mean_absolute_error").stderr.contains("slowly"));
}

#[test]
fn the_longest_warm_up_that_can_be_written_is_found_to_be_too_long() {
    let rows: String = (0..60).map(|row| format!("{row},{}\n", row % 2)).collect();
    let folder = Folder::with("few.csv", format!("x,y\n{rows}"));
    folder.run("train few.csv --epochs 1 --warm-up 18446744073709551615").succeeds_saying(&["few.csv"]);
}
