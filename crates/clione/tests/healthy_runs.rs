//! How often the doctor raises an alarm over runs that went well: at most one in twenty.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use clione::base::rng::{Purpose, Rng};
use clione::data::inspect::{Inspection, Question};
use clione::data::treatment::Missing;
use clione::prelude::*;
use clione::see::doctor::{Course, Examination, Losses, Rows, Settings, Severity, examine_run};
use clione::train::stopping::EarlyStopping;
use std::fmt::Write;
use std::path::Path;

/// Trains with a recipe and gives the names of the findings that are warnings or worse.
fn alarms(table: &Table, recipe: &Recipe) -> Vec<String> {
    let inspection = Inspection::of(table, &Question::from(&recipe.choices)).unwrap();
    let prepared =
        prepare(table, &recipe.choices, recipe.validation.share_within(), &Rng::new(recipe.fit.seed)).unwrap();
    let (training, validation) = (prepared.training, prepared.validation);
    let source = Source::Table(prepared.preprocessing);
    let network = recipe.network(source.example(), training.targets()).unwrap();
    let run = recipe.train(source.clone(), &training, Some(&validation), &mut |_| Next::Continue).unwrap();
    let settings = Settings::from(recipe);
    let losses = Losses::from(&run.history);
    let course = Course { weights: Some(&run.saved.weights), ..losses.course() };
    let rows = Rows {
        names: &[],
        training: &training,
        validation: Some(&validation),
        units: source.units(),
        network: &network,
    };
    let examination = Examination { inspection: Some(&inspection), settings: &settings, rows: Some(rows) };
    let findings = examine_run(&examination, &course);
    let alarms = findings.iter().filter(|finding| finding.severity >= Severity::Warning);
    alarms.map(|finding| format!("{}: {}", finding.condition.name(), finding.evidence.join("; "))).collect()
}

/// What a row of a table that was made says: numbers from -1 to 1 in, a line of the table out.
type Line = fn(&dyn Fn(usize) -> f64) -> String;

/// Tables of 300 rows, each with something to learn and a little noise.
const TABLES: &[(&str, Line)] = &[
    ("ring", |at| {
        let (a, b) = (at(0), at(1));
        let is_in = (a * a + b * b < 0.6) != (at(2) > 0.94);
        format!("{a:.3},{b:.3},{:.3},{}", at(3), if is_in { "in" } else { "out" })
    }),
    ("three blobs", |at| {
        let class = ((at(0) + 1.0) * 1.5) as usize % 3;
        let centre = [(0.0, 1.0), (0.9, -0.5), (-0.9, -0.5)][class];
        let noise = |number: usize| 0.4 * (at(number) + at(number + 1));
        format!("{:.3},{:.3},{}", centre.0 + noise(1), centre.1 + noise(3), ["red", "green", "blue"][class])
    }),
    ("wave", |at| {
        let (a, b) = (at(0), at(1));
        format!("{:.3},{:.3},{:.4}", 40.0 + 10.0 * a, 3.0 * b, 2.0 * a * b + b * b + 0.1 * at(2))
    }),
    ("line", |at| {
        let (a, b, c) = (at(0), at(1), at(2));
        format!("{a:.3},{b:.3},{c:.3},{:.4}", 100.0 + 20.0 * a - 10.0 * b + 5.0 * c + 2.0 * at(3))
    }),
    ("words", |at| {
        let (kind, is_new) = (((at(0) + 1.0) * 2.0) as usize % 4, at(1) > 0.0);
        let price = [10.0, 25.0, 40.0, 30.0][kind] + if is_new { 12.0 } else { 0.0 } + 5.0 * at(2) + 2.0 * at(3);
        let kind = ["north", "south", "coast", "hills"][kind];
        format!("{kind},{},{:.2},{price:.2}", if is_new { "yes" } else { "no" }, 80.0 + 30.0 * at(2))
    }),
    ("one in five", |at| {
        let (a, b) = (at(0), at(1));
        let is_rare = a + b + 0.2 * at(2) > 0.75;
        format!("{a:.3},{b:.3},{}", if is_rare { "rare" } else { "usual" })
    }),
    ("many columns", |at| {
        let columns: Vec<String> = (0..12).map(|number| format!("{:.3}", at(number))).collect();
        let sum = at(0) + at(3) - at(7) + 0.3 * at(13);
        format!("{},{}", columns.join(","), if sum > 0.0 { "up" } else { "down" })
    }),
    ("noisy", |at| {
        let a = at(0);
        format!("{a:.3},{:.3},{:.4}", at(1), a + 0.8 * at(2))
    }),
];

fn made(line: Line, seed: u64) -> Table {
    let stream = Rng::new(seed).stream(Purpose::Synthesize, 0, 0);
    let mut text = String::new();
    for row in 0..300u64 {
        let _ = writeln!(text, "{}", line(&|number| 2.0 * stream.uniform_at(row * 32 + number as u64) - 1.0));
    }
    Table::from_bytes("made.csv", text.into_bytes(), &ReadOptions { header: Some(false), ..ReadOptions::default() })
        .unwrap()
}

/// Recipes that a careful person would choose.
fn recipe(variant: usize, seed: u64) -> Recipe {
    let plain = Recipe {
        fit: Fit {
            epochs: 100,
            learning_rate: 0.01,
            optimizer: Optimizer::named("adam").unwrap(),
            stopping: Some(EarlyStopping { patience: 20, ..EarlyStopping::default() }),
            seed,
            ..Fit::default()
        },
        layers: vec![16, 8],
        ..Recipe::default()
    };
    match variant % 3 {
        0 => plain,
        1 => Recipe { activation: Activation::Tanh, ..plain },
        _ => Recipe { layers: vec![32, 16], fit: Fit { batch_size: 16, ..plain.fit.clone() }, ..plain },
    }
}

fn rate_of_alarms(seeds: std::ops::Range<u64>) {
    let (mut runs, mut raised) = (0, Vec::new());
    for (at, (name, line)) in TABLES.iter().enumerate() {
        for seed in seeds.clone() {
            runs += 1;
            let found = alarms(&made(*line, seed), &recipe(at + seed as usize, seed));
            if !found.is_empty() {
                raised.push(format!("{name}, seed {seed}: {}", found.join(" | ")));
            }
        }
    }
    println!("{} alarms in {runs} runs\n{}", raised.len(), raised.join("\n"));
    assert!(raised.len() * 20 <= runs, "{} alarms in {runs} runs:\n{}", raised.len(), raised.join("\n"));
}

#[test]
fn healthy_runs_raise_an_alarm_in_at_most_one_of_twenty() {
    rate_of_alarms(0..6);
}

#[test]
#[ignore = "takes minutes: measures the rate over many more runs"]
fn healthy_runs_raise_few_alarms_over_many_seeds() {
    rate_of_alarms(100..150);
}

#[test]
fn real_tables_with_sensible_flags_raise_few_alarms() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let (mut runs, mut raised) = (0, Vec::new());
    // File, target, columns left out, columns in which 0 is missing, epochs.
    for (file, target, ignore, zeros, epochs) in [
        ("tabular/pima-indians-diabetes.csv", "-1", "", "2,3,4,5,6", 60),
        ("tabular/iris.csv", "-1", "", "", 150),
        ("tabular/wine.csv", "-1", "", "", 100),
        ("tabular/sonar.csv", "-1", "", "", 60),
        ("tabular/banknote_authentication.csv", "-1", "", "", 40),
        ("tabular/breast_cancer_wdbc.csv", "Diagnosis", "ID", "", 40),
        ("tabular/abalone.csv", "-1", "", "", 20),
        ("tabular/diabetes_regression.tsv", "Y", "", "", 60),
        ("tabular/optdigits.tra", "-1", "", "", 15),
        ("messy/mpg.csv", "mpg", "name", "", 100),
        ("messy/titanic_train.csv", "Survived", "PassengerId,Name,Ticket,Cabin", "Fare", 60),
    ] {
        for seed in 0..2 {
            let list = |text: &str| text.split(',').filter(|name| !name.is_empty()).map(String::from).collect();
            let choices = Choices {
                target: target.into(),
                ignore: list(ignore),
                zero_is_missing: list(zeros),
                missing: Missing::Median,
                ..Choices::default()
            };
            let stopping = Some(EarlyStopping { patience: 20, ..EarlyStopping::default() });
            let optimizer = Optimizer::named("adam").unwrap();
            let fit = Fit { epochs, learning_rate: 0.005, optimizer, stopping, seed, ..Fit::default() };
            let recipe = Recipe { choices, layers: vec![16, 8], fit, ..Recipe::default() };
            let table = Table::read(folder.join(file), &ReadOptions::default()).unwrap();
            runs += 1;
            let found = alarms(&table, &recipe);
            if !found.is_empty() {
                raised.push(format!("{file}, seed {seed}: {}", found.join(" | ")));
            }
        }
    }
    println!("{} alarms in {runs} runs\n{}", raised.len(), raised.join("\n"));
    assert!(raised.len() * 10 <= runs, "{} alarms in {runs} runs:\n{}", raised.len(), raised.join("\n"));
}
