//! `clione predict`: what a model says about the rows of a file, as CSV.

use super::rows::RowBlocks;
use crate::arguments::{Loading, Machine, NewCells, not_an_input};
use crate::json;
use crate::output::Output;
use crate::settings::Reading;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::base::visible::visible_in_json;
use clione::base::words::field;
use clione::cpu::Cpu;
use clione::cpu::threads::Threads;
use clione::data::idx::read_images;
use clione::prelude::*;
use clione::train::apply::{Prediction, predict_each};
use clione::train::file::{Destination, Pieces};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  clione predict iris.clione new.csv > predictions.csv
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
        let model = self.loading.load(&self.model)?;
        let threads = self.machine.threads(output)?;
        let cpu = Cpu { instruction_set: self.machine.instruction_set()?, threads: Threads::new(threads) };
        let cpu = Arc::new(cpu);
        let destination = destination.map(Destination::in_pieces).transpose()?;
        let mut answer = Answer {
            classes: model.source.classes(),
            is_json: self.json,
            destination,
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
                    let (first, mut complete) = (answer.rows, block.complete.iter());
                    predict_each(&model, &block.inputs, &cpu, &mut |prediction| {
                        let row = complete.next().map_or(block.rows, |&row| row as usize);
                        answer.skip_to(first + row)?;
                        answer.append(Some(&prediction))
                    })?;
                    answer.skip_to(first + block.rows)?;
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
                predict_each(&model, &read.pixels, &cpu, &mut |prediction| answer.append(Some(&prediction)))?;
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

/// The predictions as they are written, some rows at a time.
struct Answer<'a> {
    classes: &'a [String],
    is_json: bool,
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
    /// Adds the next row; a row without a prediction keeps its place.
    fn append(&mut self, prediction: Option<&Prediction>) -> Result<()> {
        // Rows that cannot be predicted leave no heading behind.
        if self.rows == 0 {
            self.text = self.frame()?.0;
        }
        if self.is_json {
            self.text.push_str(if self.rows == 0 { "" } else { "," });
            let nothing = || serde_json::json!({ "prediction": null });
            let object = prediction.map_or_else(nothing, |prediction| as_json(prediction, self.classes));
            self.text.push_str(&visible_in_json(&object.to_string()));
        } else {
            push_csv(&mut self.text, prediction, self.classes);
        }
        self.rows += 1;
        if self.text.len() >= PIECE { self.write() } else { Ok(()) }
    }

    /// Adds rows without a prediction until there are so many.
    fn skip_to(&mut self, rows: usize) -> Result<()> {
        (self.rows..rows).try_for_each(|_| self.append(None))
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
        let mut heading = "prediction".to_owned();
        self.classes.iter().for_each(|class| heading.push_str(&format!(",{}", field(&format!("p({class})")))));
        Ok((heading + "\n", String::new()))
    }
}

fn push_csv(text: &mut String, prediction: Option<&Prediction>, classes: &[String]) {
    match prediction {
        // An empty line would be taken for none.
        None if classes.is_empty() => text.push_str("\"\""),
        None => text.push_str(&",".repeat(classes.len())),
        Some(Prediction::Number(number)) => text.push_str(&number.to_string()),
        Some(Prediction::Class { class, probabilities }) => {
            text.push_str(&field(&classes[*class]));
            probabilities.iter().for_each(|p| _ = write!(text, ",{p}"));
        }
    }
    text.push('\n');
}

fn as_json(prediction: &Prediction, classes: &[String]) -> serde_json::Value {
    match prediction {
        Prediction::Number(number) => serde_json::json!({ "prediction": number }),
        Prediction::Class { class, probabilities } => {
            let named: serde_json::Map<String, serde_json::Value> =
                classes.iter().cloned().zip(probabilities.iter().map(|&p| p.into())).collect();
            serde_json::json!({ "prediction": classes[*class], "probabilities": named })
        }
    }
}
