//! The epoch that is kept, what figures on the rows that chose it say, and where a linear model is better.

mod support;

use clione::base::rng::{Purpose, Rng};
use serde_json::Value;
use std::fmt::Write;
use support::Folder;

/// Rows of four numbers between -1 and 1, the last three of which tell nothing; the class says whether the first is above 0, with a
/// quarter of them wrong.
fn noisy(seed: u64, rows: u64) -> String {
    let stream = Rng::new(seed).stream(Purpose::Synthesize, 0, 0);
    let mut text = "a,b,c,d,side\n".to_owned();
    for row in 0..rows {
        let at = |number: u64| 2.0 * stream.uniform_at(row * 8 + number) - 1.0;
        let is_right = (at(0) > 0.0) != (at(4) > 0.5);
        let side = if is_right { "right" } else { "left" };
        let _ = writeln!(text, "{:.3},{:.3},{:.3},{:.3},{side}", at(0), at(1), at(2), at(3));
    }
    text
}

/// A network that learns rows by heart.
const BY_HEART: &str = "--optimizer adam --layers 48,48 --learning-rate 0.005 --schedule constant --epochs 120";

fn trained(folder: &Folder, flags: &str) -> Value {
    folder.run(&format!("train table.csv --json {BY_HEART} {flags}")).succeeds_saying(&[]).json()
}

fn page(folder: &Folder) -> String {
    String::from_utf8(folder.read("page.html")).expect("a page is text")
}

fn losses(run: &Value) -> Vec<f64> {
    let epochs = run["epochs"].as_array().expect("epochs");
    epochs.iter().map(|epoch| epoch["validation_loss"].as_f64().expect("a loss")).collect()
}

#[test]
fn the_epoch_with_the_lowest_validation_loss_is_kept_and_the_schedule_runs_whole() {
    let folder = Folder::with("table.csv", noisy(1, 200));
    let run = trained(&folder, "");
    let losses = losses(&run);
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let best = losses.iter().position(|&loss| loss == lowest).expect("an epoch") + 1;
    assert_eq!((losses.len(), run["best_epoch"].as_u64()), (120, Some(best as u64)));
    assert!(best < 100 && (run["metrics"]["loss"].as_f64().expect("a loss") - lowest).abs() < 1e-6, "{best}");
}

#[test]
fn the_last_epoch_is_kept_where_that_is_asked_for() {
    let folder = Folder::with("table.csv", noisy(1, 200));
    let run = trained(&folder, "--keep-last");
    let last = *losses(&run).last().expect("an epoch");
    assert!(run["best_epoch"].is_null() && run["selection"].is_null());
    assert!((run["metrics"]["loss"].as_f64().expect("a loss") - last).abs() < 1e-6);
}

#[test]
fn patience_saves_epochs_and_changes_nothing_else() {
    let folder = Folder::with("table.csv", noisy(1, 200));
    let (whole, stopped) = (trained(&folder, ""), trained(&folder, "--patience 100"));
    assert!(losses(&stopped).len() < 120);
    assert_eq!((&whole["best_epoch"], &whole["metrics"]), (&stopped["best_epoch"], &stopped["metrics"]));
}

#[test]
fn a_figure_on_rows_that_chose_the_epoch_says_so_in_text_page_and_json() {
    let folder = Folder::with("table.csv", noisy(1, 200));
    let line = "these rows chose the epoch; --test 0.2 or --cv 5 for an unbiased figure";
    let told = folder.run("train table.csv --epochs 5 -o m.clione --report page.html");
    assert!(told.stdout.lines().any(|found| found == line), "{}", told.stdout);
    assert!(page(&folder).contains(line));
    assert_eq!(folder.run("train table.csv --epochs 5 --json").json()["selection"], line);
    assert!(folder.run("show m.clione").stdout.contains("on the rows held back, which chose the epoch"));
    let plateau = folder.run("train table.csv --epochs 5 --keep-last --schedule plateau").stdout;
    assert!(plateau.contains("these rows set the learning rate; --test 0.2"), "{plateau}");
    for unbiased in ["--test 0.2", "--keep-last", "--validation 0"] {
        let told = folder.run(&format!("train table.csv --epochs 5 {unbiased}")).stdout;
        assert!(!told.contains("these rows chose"), "{unbiased}: {told}");
    }
}

#[test]
fn a_linear_model_that_is_better_stands_in_the_first_line_and_on_the_page() {
    let folder = Folder::with("table.csv", noisy(1, 200));
    let flags = format!("{BY_HEART} --keep-last");
    let told = folder.run(&format!("train table.csv {flags} -o m.clione --report page.html")).stdout;
    let first = told.lines().next().unwrap_or_default();
    assert!(first.starts_with("a linear model is better on these rows: log_loss 0."), "{told}");
    assert!(first.chars().count() <= 80, "{first}");
    let page = page(&folder);
    assert!(page.contains(" and worse than a linear model (") && !page.contains("as good as a linear model"));
    let json = trained(&folder, "--keep-last");
    assert_eq!(json["against_linear_model"]["standing"], "worse");
    // The doctor does not call for more of it: the rows are learned by heart, or tell too little.
    let names: Vec<&str> =
        json["findings"].as_array().expect("findings").iter().filter_map(|f| f["name"].as_str()).collect();
    assert!(names.contains(&"overfitting") || names.contains(&"no-better-than-guessing"), "{names:?}");
    assert!(!names.contains(&"underfitting") && !names.contains(&"still-falling"), "{names:?}");
    let over_folds = folder.run(&format!("train table.csv {flags} --cv 5")).stdout;
    assert!(over_folds.starts_with("a linear model is better over the folds: log_loss 0."), "{over_folds}");
}

#[test]
fn a_linear_model_within_chance_is_called_neither_better_nor_worse() {
    let folder = Folder::with("table.csv", noisy(1, 200));
    let told = folder.run("train table.csv --report page.html");
    assert!(told.stdout.starts_with("trained "), "{}", told.stdout);
    assert!(page(&folder).contains("within chance as good as a linear model"));
}

#[test]
fn folds_too_small_to_choose_an_epoch_keep_the_last_one() {
    let table: String = (0..8).map(|row| format!("{row},{}\n", ["u", "v"][row / 4])).collect();
    let folder = Folder::with("table.csv", format!("a,y\n{table}"));
    folder.run("train table.csv --cv 4 --validation 0.07 --epochs 3").succeeds_saying(&[]);
    folder.refuses("train table.csv --cv 4 --validation 0.07 --patience 2 --epochs 3", 3, &["no validation rows"]);
}
