//! Small files of every kind that clione reads, made with clione itself, so that they are of its newest format.

use clione::data::dataset::{Matrix, Targets, Values};
use clione::data::treatment::{Fill, Missing, Treat, by_column};
use clione::prelude::*;
use clione::train::file::{Checkpoint, RecordingFile};
use serde_json::Value;
use std::path::{Path, PathBuf};

const TABLE: &str = "age,city,size,when,member,kind,price\n1,Rome,small,3/4/19,yes,a,10\n?,Oslo,large,3/23/19,no,b,20\n\
                     3,Rome,small,3/5/19,no,a,30\n8,Bern,large,4/6/19,yes,c,45.5\n5,Oslo,small,4/9/19,yes,b,44\n\
                     2,Bern,large,5/6/19,no,c,41\n4,Rome,large,5/7/19,yes,a,12\n6,Oslo,small,5/8/19,no,b,17\n";

/// Tables that are written in other ways.
const TABLES: &[&str] = &[
    "a;b\n1,5;x\n\"2;\"\"3\";y\n",
    "# made by hand\na\tb\n1\t-\n\n2\tNA\n",
    "a  b   c\n1  2   3\n4  5   6\n",
    "price,when\n$1,200.50,2020-01-02T03:04:05Z\n\"1.200,50 EUR\",2020-02-29\n",
    "{\"a\": 1, \"b\": \"x\"}\n{\"a\": null, \"b\": \"\\u00e9\"}\n",
    "1,2,3\n4,5,6\n7,8,9\n",
    "id,\"a\nb\",a\\,b\n0044,inf,12%\n38A,-0,1e400\n",
];

const RECIPES: &[&str] = &[
    "",
    "[data]\ntarget = \"kind\"\nderive = [\"old = age ^ 2\"]\nkeep = [\"price > 0\"]\nmissing = \"median\"\n",
    "[network]\nlayers = [3, 2]\nactivation = \"gelu\"\ndropout = 0.5\n\n[training]\nepochs = 2\nbatch_size = 4\n\
     optimizer = \"adam\"\nschedule = \"cosine\"\n",
];

const FORMULAS: &[&str] = &[
    "x = a + 2 * b ^ -1",
    "a > 1 and not (w = 'red' or b <= 2)",
    "`a b` = weekday(d) % 7",
    "x = ln(max(a, 1)) / sqrt(abs(b))",
    "x = distance(a, b, 1, 2)",
    "x = if(a > b, hour(d), 0)",
];

const DATES: &[&str] =
    &["2019-03-23 20:21:09", "23.3.2019", "3/23/19 8:05 PM", "2020-02-29T00:00:00.5Z", "23 March 2019"];

const PLACES: &[&str] = &["hidden1.weights[0,1]", "output", "a[3]", "accuracy>=0.5", "recall[setosa] >= 0.9", "r2>=.5"];

/// A table with columns of every kind.
pub fn table() -> Table {
    Table::from_bytes("table.csv", TABLE.into(), &ReadOptions::default()).expect("the table can be read")
}

/// A model of that table, and the checkpoint of its run after a step.
fn run() -> (SavedModel, Vec<u8>) {
    let choices = Choices {
        target: "kind".to_owned(),
        missing: Missing::Indicator,
        fill: by_column("age=0", Fill::named).expect("a filling"),
        treat: by_column("size=ordinal(small<large),price=robust", Treat::named).expect("treatments"),
        rare: 2,
        derive: vec!["`in week` = weekday(when)".to_owned(), "old = age ^ 2".to_owned()],
        keep: vec!["price > 0".to_owned()],
        ..Choices::default()
    };
    let prepared = prepare(&table(), &choices, 0.25, &Rng::new(0)).expect("the table can be prepared");
    let fit = Fit { epochs: 2, batch_size: 4, ..Fit::default() };
    let recipe = Recipe { choices, layers: vec![3], fit, ..Recipe::default() };
    let mut kept = Vec::new();
    let run = recipe.train_from(
        None,
        Source::Table(prepared.preprocessing),
        &prepared.training,
        Some(&prepared.validation),
        &mut |moment| {
            kept = moment.checkpoint()?;
            Ok(Next::Continue)
        },
    );
    (run.expect("it can be trained").saved, kept)
}

/// A model of that table.
pub fn model() -> SavedModel {
    run().0
}

/// The checkpoint of a run on that table.
pub fn checkpoint() -> Vec<u8> {
    run().1
}

/// A model of images.
fn image_model() -> Vec<u8> {
    let pixels = (0..12 * 6).map(|at| f64::from(at * 37 % 101) / 101.0).collect();
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let targets = Targets::Classes { numbers: (0..12).map(|row| row % 3).collect(), names: names.clone() };
    let data = Dataset::new(Matrix::new(12, 6, Values::F64(pixels)), targets).expect("rows and targets");
    let recipe = Recipe { layers: vec![2], fit: Fit { epochs: 1, ..Fit::default() }, ..Recipe::default() };
    let source = Source::Images { height: 2, width: 3, classes: names };
    let run = recipe.train(source, &data, None, &mut |_| Next::Continue).expect("it can be trained");
    run.saved.to_bytes().expect("it can be written")
}

/// A file of images or labels: its sizes, and as many bytes.
fn idx(sizes: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend((0..sizes.iter().product()).map(|at: u32| at as u8));
    bytes
}

/// The header and the tensors of a model or a checkpoint.
fn apart(bytes: &[u8]) -> (Value, &[u8]) {
    let (length, rest) = bytes.split_first_chunk().expect("a file of clione begins with a length");
    let (header, tensors) = rest.split_at(u64::from_le_bytes(*length) as usize);
    (serde_json::from_slice(header).expect("a header follows"), tensors)
}

/// What a model or a checkpoint says of itself.
fn description(bytes: &[u8]) -> String {
    let (header, _) = apart(bytes);
    let texts = header["__metadata__"].as_object().expect("it has a description").values();
    texts.filter_map(Value::as_str).collect()
}

/// A model or a checkpoint with another description.
pub fn described(bytes: &[u8], text: &str) -> Vec<u8> {
    let (mut header, tensors) = apart(bytes);
    let texts = header["__metadata__"].as_object_mut().expect("it has a description");
    texts.values_mut().for_each(|value| *value = text.into());
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), tensors].concat()
}

/// A file whose bytes are replaced again and again, for what is read by a path.
pub struct InFile(PathBuf);

impl InFile {
    /// In the folder for temporary files, which `fuzz/run` puts into memory and removes: a target never ends by itself.
    pub fn new(name: &str) -> InFile {
        InFile(std::env::temp_dir().join(format!("clione-fuzz-{name}-{}", std::process::id())))
    }

    /// The path, with these bytes in it.
    pub fn with(&self, bytes: &[u8]) -> &Path {
        std::fs::write(&self.0, bytes).expect("the file can be written");
        &self.0
    }
}

impl Drop for InFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Two checkpoints of a run in one file.
fn recording(checkpoint: &[u8]) -> Vec<u8> {
    let file = InFile::new("recording-seed");
    let mut recording = RecordingFile::begin(&file.0, true, checkpoint).expect("a recording can be begun");
    recording.append(1, checkpoint).expect("and go on");
    std::fs::read(&file.0).expect("and be read")
}

/// The files that a target begins with.
pub fn beginnings(target: &str, arrays: &Path) -> Vec<Vec<u8>> {
    let of = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
    let (saved, checkpoint) = run();
    let model = saved.to_bytes().expect("it can be written");
    match target {
        "model" => vec![model, image_model()],
        "model_text" => vec![description(&model).into_bytes(), description(&image_model()).into_bytes()],
        "checkpoint" => vec![checkpoint],
        "checkpoint_text" => vec![description(&checkpoint).into_bytes()],
        "recording" => vec![recording(&checkpoint)],
        "predict" => [of(&[TABLE]), of(TABLES)].concat(),
        // The options come first, in three bytes.
        "table" => {
            [of(&[TABLE]), of(TABLES)].concat().iter().map(|bytes| [&[0, 0, 0], bytes.as_slice()].concat()).collect()
        }
        "recipe" => {
            let whole = saved.recipe().expect("it has a recipe").to_toml();
            [of(&[&whole]), of(RECIPES)].concat()
        }
        "formula" => of(FORMULAS),
        "date" => of(DATES),
        "place" => of(PLACES),
        "idx" => vec![idx(&[3, 4, 4]), idx(&[3])],
        "numpy" => {
            let entries = std::fs::read_dir(arrays).expect("the folder of arrays can be read");
            let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
            let is_array = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "npy" || ending == "npz");
            paths.filter(is_array).map(|path| std::fs::read(path).expect("an array can be read")).collect()
        }
        _ => panic!("no target is called {target}"),
    }
}

/// Whether a checkpoint that was read can be used.
pub fn use_checkpoint(checkpoint: &Checkpoint) {
    checkpoint.is_ended();
    checkpoint.parameters().expect("a checkpoint that was read has its parameters");
}
