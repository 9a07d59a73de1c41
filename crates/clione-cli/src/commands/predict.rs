//! `clione predict`: what a model says about the rows of a file, as CSV.

use super::rows::table_rows;
use crate::arguments::{Machine, not_an_input};
use crate::json;
use crate::output::Output;
use crate::settings::Reading;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::cpu::Cpu;
use clione::cpu::threads::Threads;
use clione::data::dataset::Matrix;
use clione::data::idx::read_images;
use clione::prelude::*;
use clione::train::apply::{Prediction, predict};
use clione::train::file::Destination;
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

    /// The table: CSV or TSV, gzipped or not, `-` for standard input; a target column is ignored
    #[arg(value_name = "FILE", required_unless_present = "images", conflicts_with = "images")]
    file: Option<PathBuf>,

    /// Images (IDX) instead of a table
    #[arg(long, value_name = "FILE")]
    images: Option<PathBuf>,

    /// What to do with categories that were not in training: refuse, or other (none of the known ones)
    #[arg(long, value_name = "NAME", default_value = "refuse")]
    unknown: String,

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
    reading: Reading,
}

impl Predict {
    /// Reads model and rows, predicts, writes.
    pub fn run(self, output: &Output) -> Result<()> {
        // As with other commands, `-` is standard output.
        let file = self.output.as_deref().filter(|path| *path != Path::new("-"));
        let inputs = [Some(self.model.as_path()), self.file.as_deref(), self.images.as_deref()];
        not_an_input(file, &inputs)?;
        let destination = file.map(|path| Destination::check(path, self.force)).transpose()?;
        let model = SavedModel::load(&self.model)?;
        let inputs = self.inputs(&model, output)?;
        let (threads, _) = self.machine.threads()?;
        let cpu = Cpu { instruction_set: self.machine.instruction_set()?, threads: Threads::new(threads) };
        let predictions = predict(&model, &inputs, &Arc::new(cpu));
        let text = if self.json {
            as_json(&predictions, model.source.classes())?
        } else {
            as_csv(&predictions, model.source.classes())
        };
        match destination {
            Some(destination) => destination.write(text.as_bytes()),
            None => output.result(&text),
        }
    }

    fn inputs(&self, model: &SavedModel, output: &Output) -> Result<Matrix> {
        match (&model.source, &self.file, &self.images) {
            (Source::Table(preprocessing), Some(file), _) => {
                Ok(table_rows(preprocessing, file, &self.reading, &self.unknown, false, output)?.inputs)
            }
            (Source::Images { .. }, _, Some(images)) => {
                let read = read_images(images)?;
                let fits = model.check_images(read.height, read.width);
                fits.map_err(|error| error.in_file(&images.display().to_string()))?;
                Ok(read.pixels)
            }
            (Source::Table(_), _, _) => {
                Err(Error::usage(format!("{}: was trained on a table, not on images", self.model.display()))
                    .remedy(format!("clione predict {} FILE.csv", self.model.display())))
            }
            (Source::Images { .. }, _, _) => {
                Err(Error::usage(format!("{}: was trained on images, not on a table", self.model.display()))
                    .remedy(format!("clione predict {} --images FILE", self.model.display())))
            }
        }
    }
}

fn as_csv(predictions: &[Prediction], classes: &[String]) -> String {
    let mut text = "prediction".to_owned();
    classes.iter().for_each(|class| text.push_str(&format!(",{}", quoted(&format!("p({class})")))));
    text.push('\n');
    for prediction in predictions {
        let _ = match prediction {
            Prediction::Number(number) => write!(text, "{number}"),
            Prediction::Class { class, probabilities } => {
                let mut line = quoted(&classes[*class]);
                probabilities.iter().for_each(|p| line.push_str(&format!(",{p}")));
                write!(text, "{line}")
            }
        };
        text.push('\n');
    }
    text
}

/// A field of a CSV file, in quotes where it needs them.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn as_json(predictions: &[Prediction], classes: &[String]) -> Result<String> {
    let rows: Vec<serde_json::Value> = predictions
        .iter()
        .map(|prediction| match prediction {
            Prediction::Number(number) => serde_json::json!({ "prediction": number }),
            Prediction::Class { class, probabilities } => {
                let named: serde_json::Map<String, serde_json::Value> =
                    classes.iter().cloned().zip(probabilities.iter().map(|&p| p.into())).collect();
                serde_json::json!({ "prediction": classes[*class], "probabilities": named })
            }
        })
        .collect();
    json::text(serde_json::json!({ "predictions": rows }))
}
