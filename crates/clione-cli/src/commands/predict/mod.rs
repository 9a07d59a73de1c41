//! `clione predict`: what a model says about the rows of a file, as CSV.

mod columns;
mod digits;

use super::rows::RowBlocks;
use crate::arguments::{Loading, Machine, NewCells, not_an_input};
use crate::json;
use crate::output::Output;
use crate::settings::Reading;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::base::visible::visible_in_json;
use clione::base::words::{field, fields};
use clione::cpu::Cpu;
use clione::cpu::threads::Threads;
use clione::data::idx::read_images;
use clione::prelude::*;
use clione::train::apply::{Prediction, predict_each};
use clione::train::file::{Destination, Pieces};
use clione::train::metric::Decision;
use columns::{Beside, Found};
use digits::Digits;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  clione predict iris.clione new.csv > predictions.csv
  clione predict loans.clione new.csv --with id,name --threshold 0.3
  clione predict digits.clione --images t10k-images-idx3-ubyte.gz";

/// The arguments of `clione predict`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Predict {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,

    #[command(flatten)]
    loading: Loading,

    /// The table: CSV, TSV, JSONL, NPY or NPZ, gzipped or not, `-` for standard input; a target column is ignored
    #[arg(value_name = "FILE", required_unless_present = "images", conflicts_with = "images")]
    file: Option<PathBuf>,

    /// Images (IDX) instead of a table
    #[arg(long, value_name = "FILE")]
    images: Option<PathBuf>,

    /// Columns of the table that are written in front of the predictions, by name or number: id,name
    #[arg(long, value_name = "COLUMNS", conflicts_with_all = ["append", "images"], allow_hyphen_values = true)]
    with: Vec<String>,

    /// Append the predictions to all columns of the table
    #[arg(long, conflicts_with = "images")]
    append: bool,

    /// Of two classes say the second where its probability is at least this [default: that of the model, else the most probable]
    #[arg(long, value_name = "P", value_parser = probability)]
    threshold: Option<f64>,

    /// With how many digits numbers are written; full: as computed, in 64 bits [default: as many as tell numbers of the model's precision apart]
    #[arg(long, value_name = "N|full", value_parser = digits::read)]
    digits: Option<Digits>,

    /// Where the predictions are written [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace a file that is there already
    #[arg(long)]
    force: bool,

    /// Write the predictions as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    new_cells: NewCells,
    #[command(flatten)]
    reading: Reading,
}

impl Predict {
    /// Reads model and rows, predicts, writes.
    pub fn run(self, output: &Output) -> Result<()> {
        // As with other commands, `-` is standard output.
        let file = self.output.as_deref().filter(|path| *path != Path::new("-"));
        let inputs = [Some(self.model.as_path()), self.file.as_deref(), self.images.as_deref()];
        not_an_input("--output", file, &inputs)?;
        let destination = file.map(|path| Destination::check(path, self.force)).transpose()?;
        let mut model = self.loading.load(&self.model)?;
        if let Some(threshold) = self.threshold {
            model.decision = decided(threshold, model.source.classes())?;
        }
        let beside = match (self.append, self.with.is_empty()) {
            (true, _) => Beside::All,
            (false, true) => Beside::Nothing,
            (false, false) => Beside::Columns(self.with.iter().flat_map(|columns| fields(columns)).collect()),
        };
        let threads = self.machine.threads(output)?;
        let cpu = Cpu { instruction_set: self.machine.instruction_set()?, threads: Threads::new(threads) };
        let cpu = Arc::new(cpu);
        let destination = destination.map(Destination::in_pieces).transpose()?;
        let mut answer = Answer {
            classes: model.source.classes(),
            digits: self.digits.unwrap_or(Digits::OfPrecision(model.weights.precision())),
            is_json: self.json,
            destination,
            beside: None,
            rows: 0,
            text: String::new(),
            output,
        };
        match (&model.source, &self.file, &self.images) {
            (Source::Table(preprocessing), Some(file), _) => {
                let options = ReadOptions { threads, ..self.reading.options_of(&model, output)? };
                let (preprocessing, unknown) =
                    (self.new_cells.preprocessing(preprocessing)?, self.new_cells.unknown(&model)?);
                let mut blocks = RowBlocks::open(&preprocessing, file, &options, unknown)?;
                while let Some(block) = blocks.next(output)? {
                    if answer.beside.is_none() {
                        answer.beside = Some(beside.find(&block.table, &answer.columns())?);
                    }
                    answer.beside.as_ref().map_or(Ok(()), |found| found.read(&block.table))?;
                    let mut row = 0;
                    let mut complete = block.complete.iter();
                    predict_each(&model, &block.inputs, &cpu, &mut |prediction| {
                        let next = complete.next().map_or(block.rows, |&row| row as usize);
                        (row..next).try_for_each(|row| answer.append(None, Some((&block.table, row))))?;
                        row = next + 1;
                        answer.append(Some(&prediction), Some((&block.table, next)))
                    })?;
                    (row..block.rows).try_for_each(|row| answer.append(None, Some((&block.table, row))))?;
                    // Whatever is wrong further down, these rows are told.
                    answer.write()?;
                    if output.has_lost_reader() {
                        return Ok(());
                    }
                }
            }
            (Source::Images { .. }, _, Some(images)) => {
                let read = read_images(images)?;
                let fits = model.check_images(read.height, read.width);
                fits.map_err(|error| error.in_file(&images.display().to_string()))?;
                predict_each(&model, &read.pixels, &cpu, &mut |prediction| answer.append(Some(&prediction), None))?;
            }
            (Source::Table(_), _, _) => {
                return Err(Error::usage(format!("{}: was trained on a table, not on images", self.model.display()))
                    .remedy(format!("clione predict {} FILE.csv", self.model.display())));
            }
            (Source::Images { .. }, _, _) => {
                return Err(Error::usage(format!("{}: was trained on images, not on a table", self.model.display()))
                    .remedy(format!("clione predict {} --images FILE", self.model.display())));
            }
        }
        answer.finish()
    }
}

fn probability(text: &str) -> std::result::Result<f64, String> {
    let number = text.parse().ok().filter(|p: &f64| (0.0..=1.0).contains(p));
    number.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

/// The rule that a threshold is. Fails unless there are two classes.
pub fn decided(threshold: f64, classes: &[String]) -> Result<Decision> {
    match classes {
        [_, _] => Ok(Decision::Threshold(threshold)),
        [] => Err(Error::usage(format!(
            "--threshold {threshold}: the model predicts numbers, and only two classes have a threshold"
        ))),
        classes => Err(Error::usage(format!(
            "--threshold {threshold}: the model has {} classes, and only two have a threshold",
            classes.len()
        ))),
    }
}

/// The predictions as they are written, some rows at a time.
struct Answer<'a> {
    classes: &'a [String],
    digits: Digits,
    is_json: bool,
    /// The columns of the input that stand in front, once a table was seen.
    beside: Option<Found>,
    /// Where they go; None is standard output.
    destination: Option<Pieces>,
    /// How many rows there are so far.
    rows: usize,
    /// What is not written yet.
    text: String,
    output: &'a Output,
}

/// How many letters are written at once.
const PIECE: usize = 1 << 16;

impl Answer<'_> {
    /// Adds the next row, which is this one of a table where there is one; a row without a prediction keeps its place.
    fn append(&mut self, prediction: Option<&Prediction>, row: Option<(&Table, usize)>) -> Result<()> {
        // Rows that cannot be predicted leave no heading behind.
        if self.rows == 0 {
            self.text = self.frame()?.0;
        }
        let beside = self.beside.as_ref().zip(row).filter(|(beside, _)| !beside.names.is_empty());
        if self.is_json {
            self.text.push_str(if self.rows == 0 { "" } else { "," });
            let nothing = || serde_json::json!({ "prediction": null });
            let mut object =
                prediction.map_or_else(nothing, |prediction| as_json(prediction, self.classes, self.digits));
            if let Some((beside, (table, row))) = beside {
                object["input"] = beside.json(table, row).into();
            }
            self.text.push_str(&visible_in_json(&object.to_string()));
        } else {
            if let Some((beside, (table, row))) = beside {
                self.text.push_str(&beside.csv(table, row));
            }
            push_csv(&mut self.text, prediction, self.classes, self.digits, beside.is_none());
        }
        self.rows += 1;
        if self.text.len() >= PIECE { self.write() } else { Ok(()) }
    }

    /// What the columns of the predictions are called.
    fn columns(&self) -> Vec<String> {
        std::iter::once("prediction".to_owned()).chain(self.classes.iter().map(|class| format!("p({class})"))).collect()
    }

    /// Writes what comes behind the last row.
    fn finish(mut self) -> Result<()> {
        let (start, end) = self.frame()?;
        if self.rows == 0 {
            self.text = start;
        }
        self.text.push_str(&end);
        self.write()?;
        self.destination.map_or(Ok(()), Pieces::finish)
    }

    /// Writes what there is so far.
    fn write(&mut self) -> Result<()> {
        match &mut self.destination {
            Some(destination) => destination.append(self.text.as_bytes())?,
            None => self.output.data(&self.text)?,
        }
        self.text.clear();
        Ok(())
    }

    /// What comes before the first row, and what behind the last.
    fn frame(&self) -> Result<(String, String)> {
        if self.is_json {
            let empty = json::text(serde_json::json!({ "predictions": [] }))?;
            let middle = empty.find("[]").map_or(0, |bracket| bracket + 1);
            return Ok((empty[..middle].to_owned(), empty[middle..].to_owned()));
        }
        let beside = self.beside.iter().flat_map(|found| found.names.iter().cloned());
        let heading: Vec<String> = beside.chain(self.columns()).map(|name| field(&name)).collect();
        Ok((heading.join(",") + "\n", String::new()))
    }
}

fn push_csv(text: &mut String, prediction: Option<&Prediction>, classes: &[String], digits: Digits, is_alone: bool) {
    match prediction {
        // An empty line would be taken for none.
        None if classes.is_empty() => text.push_str(if is_alone { "\"\"" } else { "" }),
        None => text.push_str(&",".repeat(classes.len())),
        Some(Prediction::Number(number)) => text.push_str(&digits.text(*number)),
        Some(Prediction::Class { class, probabilities }) => {
            text.push_str(&field(&classes[*class]));
            probabilities.iter().for_each(|&p| _ = write!(text, ",{}", digits.text(p)));
        }
    }
    text.push('\n');
}

fn as_json(prediction: &Prediction, classes: &[String], digits: Digits) -> serde_json::Value {
    match prediction {
        Prediction::Number(number) => serde_json::json!({ "prediction": digits.number(*number) }),
        Prediction::Class { class, probabilities } => {
            let named: serde_json::Map<String, serde_json::Value> =
                classes.iter().cloned().zip(probabilities.iter().map(|&p| digits.number(p).into())).collect();
            serde_json::json!({ "prediction": classes[*class], "probabilities": named })
        }
    }
}
