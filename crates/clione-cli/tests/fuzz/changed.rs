//! Files of somebody who knows the format and its checksum: each is refused with a sentence, or works.
//!
//! Changes of one value and random changes of two are tried, in seconds and in little memory.
//!
//! `CLIONE_FORGED_CASES=100000 cargo test --release -p clione-cli --test fuzz changed` tries every change of one value and so
//! many of two; by default some of each are tried.

use crate::dice::Dice;
use crate::forged::{Opened, every_change};
use crate::support::Folder;
use crate::used::use_model;
use clione::base::error::ErrorKind;
use clione::data::dataset::{Matrix, Targets, Values};
use clione::data::schema::Choices;
use clione::data::treatment::{Fill, Missing, Treat, by_column};
use clione::prelude::*;
use clione::train::file::{Checkpoint, Recording, RecordingFile};
use clione::train::recipe::Precision;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many changes of one value, and how many of two, `cargo test` tries of each file.
const USUAL_CASES: usize = 200;

/// No case takes longer, on a machine that does much else too.
const LONGEST: Duration = Duration::from_secs(30);

/// What the process of all cases may take: all that it holds at a time is a few files of some kilobytes.
const MOST_KIBIBYTES: usize = 1 << 20;

const TABLE: &str = "age,city,size,when,member,kind,price\n1,Rome,small,3/4/19,yes,a,10\n?,Oslo,large,3/23/19,no,b,20\n\
                     3,Rome,small,3/5/19,no,a,30\n8,Bern,large,4/6/19,yes,c,45.5\n5,Oslo,small,4/9/19,yes,b,44\n\
                     2,Bern,large,5/6/19,no,c,41\n4,Rome,large,5/7/19,yes,a,12\n6,Oslo,small,5/8/19,no,b,17\n";

fn table() -> Table {
    Table::from_bytes("x.csv", TABLE.into(), &ReadOptions::default()).unwrap()
}

/// A run of two epochs on the table: the bytes of its model, and of its checkpoint after each step.
fn run(target: &str, choices: Choices, recipe: Recipe) -> (Vec<u8>, Vec<Vec<u8>>) {
    let table = table();
    let choices = Choices { target: target.to_owned(), ..choices };
    let recipe = Recipe { choices: choices.clone(), layers: vec![3], ..recipe };
    let prepared = prepare(&table, &choices, 0.25, &Rng::new(0)).unwrap();
    let mut kept = Vec::new();
    let run = recipe.train_from(
        None,
        Source::Table(prepared.preprocessing),
        &prepared.training,
        Some(&prepared.validation),
        &mut |moment| {
            kept.push(moment.checkpoint()?);
            Ok(Next::Continue)
        },
    );
    (run.unwrap().saved.to_bytes().unwrap(), kept)
}

fn few_epochs() -> Fit {
    Fit { epochs: 2, batch_size: 4, ..Fit::default() }
}

/// Classes of a table with columns of every kind and treatment.
fn of_classes() -> (Vec<u8>, Vec<Vec<u8>>) {
    let choices = Choices {
        missing: Missing::Indicator,
        fill: by_column("age=0", Fill::named).unwrap(),
        treat: by_column("size=ordinal(small<large),price=robust", Treat::named).unwrap(),
        rare: 2,
        derive: vec!["`in week` = weekday(when)".to_owned(), "old = age ^ 2".to_owned()],
        keep: vec!["price > 0".to_owned()],
        ..Choices::default()
    };
    run("kind", choices, Recipe { fit: few_epochs(), ..Recipe::default() })
}

/// Numbers of 64 bits that learn the logarithm of a target.
fn of_numbers() -> (Vec<u8>, Vec<Vec<u8>>) {
    let choices = Choices { missing: Missing::Median, log_target: true, ..Choices::default() };
    let fit = Fit { optimizer: Optimizer::named("lbfgs").unwrap(), ..few_epochs() };
    run("price", choices, Recipe { fit, precision: Precision::F64, ..Recipe::default() })
}

/// A model of images.
fn of_images() -> Vec<u8> {
    let pixels = (0..12 * 6).map(|at| f64::from(at * 37 % 101) / 101.0).collect();
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let targets = Targets::Classes { numbers: (0..12).map(|row| row % 3).collect(), names: names.clone() };
    let data = Dataset::new(Matrix::new(12, 6, Values::F64(pixels)), targets).unwrap();
    let recipe = Recipe { fit: few_epochs(), layers: vec![2], dropout: 0.25, ..Recipe::default() };
    let source = Source::Images { height: 2, width: 3, classes: names };
    recipe.train(source, &data, None, &mut |_| Next::Continue).unwrap().saved.to_bytes().unwrap()
}

/// Reads a file and uses it; fails where that fails otherwise than with a sentence.
type Reads<'a> = &'a dyn Fn(&[u8]);

fn read_model(bytes: &[u8]) {
    match SavedModel::from_bytes("m", bytes) {
        Ok(model) => use_model(&model, &table()),
        Err(error) => check_refusal(&error),
    }
}

fn check_refusal(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    assert!(error.headline().len() > 10, "{error}");
}

/// Reads a checkpoint and goes on from it with the run that it should be of.
fn read_checkpoint(bytes: &[u8]) {
    match Checkpoint::from_bytes("c", bytes) {
        Err(error) => check_refusal(&error),
        Ok(checkpoint) => {
            let count: usize = checkpoint.parameters().unwrap().iter().map(|(_, _, numbers)| numbers.len()).sum();
            assert!(count < 1000);
            let resumed = catch_unwind(|| resume(&checkpoint)).expect("a checkpoint that was read does not panic");
            assert!(resumed.as_ref().map_or_else(|error| !error.headline().is_empty(), |count| *count <= 2));
        }
    }
}

/// Goes on with the run of [`of_classes`]; how many epochs there were in the end.
fn resume(checkpoint: &Checkpoint) -> Result<usize> {
    let table = table();
    let choices = Choices { target: "kind".to_owned(), missing: Missing::Indicator, ..Choices::default() };
    let recipe = Recipe { choices: choices.clone(), layers: vec![3], fit: few_epochs(), ..Recipe::default() };
    let prepared = prepare(&table, &choices, 0.25, &Rng::new(0))?;
    let (source, validation) = (Source::Table(prepared.preprocessing), Some(&prepared.validation));
    let run =
        recipe.train_from(Some(checkpoint), source, &prepared.training, validation, &mut |_| Ok(Next::Continue))?;
    Ok(run.history.epochs.len())
}

/// The checkpoints of a run that [`resume`] can go on with.
fn to_resume() -> Vec<Vec<u8>> {
    let choices = Choices { missing: Missing::Indicator, ..Choices::default() };
    run("kind", choices, Recipe { fit: few_epochs(), ..Recipe::default() }).1
}

/// Puts a checkpoint into a recording, and reads it there.
fn read_recording(bytes: &[u8], path: &Path) {
    drop(RecordingFile::begin(path, true, bytes).unwrap());
    match Recording::open(path).and_then(|recording| recording.before(5)) {
        Ok((step, checkpoint, _)) => {
            assert_eq!(step, 0);
            checkpoint.parameters().unwrap();
        }
        Err(error) => check_refusal(&error),
    }
}

/// Tries changes of one value of a file, all or some, and some pairs of changes.
fn try_all(name: &str, bytes: &[u8], reads: Reads<'_>, note: &Path) {
    let opened = Opened::of(bytes).unwrap();
    let all = every_change(&opened.description);
    let pairs = std::env::var("CLIONE_FORGED_CASES").map(|count| count.parse().unwrap());
    let (stride, count) = match pairs {
        Ok(pairs) => (1, pairs),
        Err(_) => (all.len().div_ceil(USUAL_CASES), USUAL_CASES),
    };
    let mut failures = Vec::new();
    let mut attempt = |what: &dyn Fn() -> String, description: &serde_json::Value| {
        let Some(bytes) = opened.with(description) else { return };
        std::fs::write(note, format!("{name}: {}", what())).unwrap();
        let started = Instant::now();
        let panicked = catch_unwind(AssertUnwindSafe(|| reads(&bytes))).is_err();
        if panicked || started.elapsed() > LONGEST {
            failures.push(format!("{name}: {}{}", what(), if panicked { "" } else { ": takes too long" }));
        }
    };
    reads(bytes);
    for change in all.iter().step_by(stride) {
        if let Some(changed) = change.of(&opened.description) {
            attempt(&|| format!("{change:?}"), &changed);
        }
    }
    for number in 0..count {
        let mut dice = Dice::of_case(7, number as u32);
        let (first, second) = (dice.pick(&all), dice.pick(&all));
        if let Some(changed) = first.of(&opened.description).and_then(|changed| second.of(&changed)) {
            attempt(&|| format!("{first:?}, {second:?}"), &changed);
        }
    }
    println!("{name}: {} changes of one value, {count} of two", all.len().div_ceil(stride));
    let most = failures.len().min(20);
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures[..most].join("\n"));
}

/// Runs what a test does in a process of its own that has no more memory than it should need.
fn within_limits(test: &str, work: &dyn Fn(&Path)) {
    const NOTE: &str = "CLIONE_FORGED_NOTE";
    if let Some(note) = std::env::var_os(NOTE) {
        return work(&PathBuf::from(note));
    }
    let folder = Folder::in_memory();
    let note = folder.path("case");
    let limit = format!("ulimit -v {MOST_KIBIBYTES}; ulimit -c 0; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limit]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", "--test-threads=1", test]);
    command.env(NOTE, &note).env("MALLOC_ARENA_MAX", "1").env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    let done = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let last = std::fs::read_to_string(&note).unwrap_or_default();
    let end: Vec<&str> = stderr.lines().rev().take(40).collect();
    let end: Vec<&str> = end.into_iter().rev().collect();
    assert!(done.status.success(), "{}; the last case was {last}\n{stdout}\n{}", done.status, end.join("\n"));
    assert!(stdout.contains("changes of one value"), "nothing was tried:\n{stdout}");
    stdout.lines().filter(|line| line.contains("changes of one value")).for_each(|line| println!("{line}"));
}

#[test]
fn a_change_of_a_model_of_a_table_is_refused_or_makes_one_that_works() {
    within_limits("changed::a_change_of_a_model_of_a_table_is_refused_or_makes_one_that_works", &|note| {
        try_all("classes", &of_classes().0, &read_model, note);
    });
}

#[test]
fn a_change_of_a_model_of_numbers_or_images_is_refused_or_makes_one_that_works() {
    within_limits("changed::a_change_of_a_model_of_numbers_or_images_is_refused_or_makes_one_that_works", &|note| {
        try_all("numbers", &of_numbers().0, &read_model, note);
        try_all("images", &of_images(), &read_model, note);
    });
}

#[test]
fn a_change_of_a_checkpoint_or_a_recording_is_refused_or_makes_one_that_works() {
    within_limits("changed::a_change_of_a_checkpoint_or_a_recording_is_refused_or_makes_one_that_works", &|note| {
        let kept = to_resume();
        assert_eq!(resume(&Checkpoint::from_bytes("c", &kept[1]).unwrap()).unwrap(), 2);
        try_all("checkpoint", &kept[1], &read_checkpoint, note);
        let walked = of_numbers().1;
        try_all("walk", &walked[0], &read_checkpoint, note);
        let path = note.with_extension("run");
        let beginning = beginning_of_run();
        try_all("recording", &beginning, &|bytes| read_recording(bytes, &path), note);
    });
}

/// The checkpoint of a run that has not taken a step.
fn beginning_of_run() -> Vec<u8> {
    let data = Dataset::from_rows(&[[0.0], [1.0], [2.0]], &[[1.0], [3.0], [5.0]]);
    let mut model = Model::<f32>::new(Network::new([1]).add(Dense::new(1)), 0).unwrap();
    few_epochs().beginning(&mut model, &data, None, None).unwrap()
}

/// The model or checkpoint with one value changed must be refused, with these words.
fn check_words(bytes: &[u8], read: &dyn Fn(&[u8]) -> Error, cases: &[(&str, serde_json::Value, &str)]) {
    let opened = Opened::of(bytes).unwrap();
    for (place, value, words) in cases {
        let mut description = opened.description.clone();
        *description.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value.clone();
        let error = read(&opened.with(&description).unwrap());
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.to_string().contains(words), "{place}: {words:?} in\n{error}");
    }
}

#[test]
fn what_is_wrong_in_a_model_is_named() {
    use serde_json::json;
    let model = of_images();
    let read = |bytes: &[u8]| SavedModel::from_bytes("m", bytes).map(|_| ()).unwrap_err();
    // Each layer doubles what comes before it: 28 of them would make more than a gigabyte of one row.
    let layers: Vec<_> =
        (0..28).map(|at| json!({ "name": format!("j{at}"), "kind": "concat", "settings": {} })).collect();
    let ends = json!([{ "name": "flatten", "kind": "flatten", "settings": {} }]);
    let layers = [ends.as_array().unwrap().clone(), layers].concat();
    let applied: Vec<_> = (0..28).map(|at| json!({ "layer": at + 1, "from": [at + 1, at + 1] })).collect();
    let applied = [vec![json!({ "layer": 0, "from": [0] })], applied].concat();
    let doubled = json!({
        "inputs": [{ "name": "input", "shape": [2, 3] }], "layers": layers, "applied": applied, "outputs": [29],
    });
    check_words(
        &model,
        &read,
        &[
            ("/network", doubled, "its network makes 12.9 GB of numbers of one row"),
            ("/network/layers/1/name", json!("*/ int x; /*"), "a layer cannot have the name"),
            ("/network/outputs", json!(vec![5; 20_000]), "the network has 20000 outputs"),
            ("/network/outputs", json!([0]), "the network gives 1x2x3 for a row, but 3 classes need 1x3"),
            ("/network/outputs", json!([4]), "which gives no probabilities"),
            ("/network/inputs/0/shape", json!([3, 2]), "takes 3x2, but its preprocessing gives 2x3"),
            ("/source/images/classes", json!(["a", "b", "c", "d"]), "linear_model"),
            ("/facts/best_epoch", json!(3), "of which 3 was the best"),
            ("/baseline/frequencies", json!([0.5, 0.5]), "3 classes and 2 frequencies"),
            ("/loss", json!("binary_cross_entropy"), "needs an output with sigmoid"),
            ("/recipe", json!("[training]\nepochs = 0\n"), "epochs = 0"),
        ],
    );
    check_words(
        &of_classes().0,
        &read,
        &[
            ("/source/table/inputs/0/name", json!("nowhere"), "input \"nowhere\": no column and no formula gives it"),
            ("/source/table/inputs/0/scale", json!(0), "scaled by 0"),
            ("/source/table/target/classes/1", json!("a"), "two of its classes are called \"a\""),
            ("/source/table/derive/1", json!("old = size_of ^ 2"), "reads \"size_of\", no column"),
        ],
    );
    let checkpoint = &to_resume()[1];
    let read = |bytes: &[u8]| Checkpoint::from_bytes("c", bytes).map(|_| ()).unwrap_err();
    check_words(
        checkpoint,
        &read,
        &[
            ("/epoch", json!(7), "it is of epoch 7"),
            ("/updates", json!(7), "does not come after 7 updates"),
            ("/layout/0/1", json!([1, 1, 1, 1, 1]), "cannot have the shape [1, 1, 1, 1, 1]"),
            ("/layout/0/1", json!([1u64 << 40, 1u64 << 40]), "cannot have the shape"),
            ("/training/rows", json!(u64::MAX), "rows"),
        ],
    );
}
