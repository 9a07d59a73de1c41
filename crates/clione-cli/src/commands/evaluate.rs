//! `clione evaluate`: how good a model is on a labelled file.

use super::rows::table_rows;
use crate::arguments::{Machine, read_idx};
use crate::json;
use crate::output::{Output, Style};
use crate::settings::Reading;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::cpu::Cpu;
use clione::cpu::threads::Threads;
use clione::prelude::*;
use clione::report::text::{Align, Table as TextTable};
use clione::train::apply::evaluate;
use clione::train::evaluate::Evaluation;
use std::path::PathBuf;
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  clione evaluate iris.clione labelled.csv
  clione evaluate digits.clione --images t10k-images-idx3-ubyte.gz \\
                                --labels t10k-labels-idx1-ubyte.gz";

/// The arguments of `clione evaluate`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Evaluate {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,

    /// The table, with the target column: CSV or TSV, gzipped or not, `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "images", conflicts_with = "images")]
    file: Option<PathBuf>,

    /// Images (IDX) instead of a table
    #[arg(long, value_name = "FILE", requires = "labels")]
    images: Option<PathBuf>,

    /// The labels of the images
    #[arg(long, value_name = "FILE", requires = "images")]
    labels: Option<PathBuf>,

    /// What to do with categories that were not in training: refuse, or other (none of the known ones)
    #[arg(long, value_name = "NAME", default_value = "refuse")]
    unknown: String,

    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    reading: Reading,
}

impl Evaluate {
    /// Reads model and rows, measures, shows.
    pub fn run(self, output: &Output) -> Result<()> {
        let model = SavedModel::load(&self.model)?;
        let data = self.data(&model, output)?;
        let (threads, _) = self.machine.threads()?;
        let cpu = Cpu { instruction_set: self.machine.instruction_set()?, threads: Threads::new(threads) };
        let evaluation = evaluate(&model, &data, &Arc::new(cpu))?;
        if self.json {
            return output.result(&json::text(evaluation_json(&evaluation))?);
        }
        output.result(&evaluation_text(&evaluation, model.source.classes(), output))
    }

    fn data(&self, model: &SavedModel, output: &Output) -> Result<Dataset> {
        match (&model.source, &self.file, &self.images, &self.labels) {
            (Source::Table(preprocessing), Some(file), _, _) => {
                let read = table_rows(preprocessing, file, &self.reading, &self.unknown, output)?;
                Dataset::new(read.inputs, preprocessing.targets(&read.table, &read.rows)?)
            }
            (Source::Images { classes, .. }, _, Some(images), Some(labels)) => {
                let (data, read) = read_idx(images, labels, Some(classes))?;
                let fits = model.check_images(read.height, read.width);
                fits.map_err(|error| error.in_file(&images.display().to_string()))?;
                Ok(data)
            }
            (Source::Table(_), ..) => {
                Err(Error::usage(format!("{}: was trained on a table, not on images", self.model.display()))
                    .remedy(format!("clione evaluate {} FILE.csv", self.model.display())))
            }
            (Source::Images { .. }, ..) => {
                Err(Error::usage(format!("{}: was trained on images, not on a table", self.model.display()))
                    .remedy(format!("clione evaluate {} --images FILE --labels FILE", self.model.display())))
            }
        }
    }
}

/// An evaluation as tables: every metric beside its baseline, then which class was taken for which.
pub fn evaluation_text(evaluation: &Evaluation, classes: &[String], output: &Output) -> String {
    let guess = if evaluation.confusion.is_some() { "always the most frequent" } else { "always the mean" };
    let mut table = TextTable::new(&[("", Align::Left), ("model", Align::Right), (guess, Align::Right)]);
    for measured in &evaluation.metrics {
        let numbers = [measured.value, measured.baseline].map(|number| format!("{number:.4}"));
        let [value, baseline] = numbers;
        table.row([measured.metric.name().to_owned(), value, baseline]);
    }
    table.row(["loss".to_owned(), format!("{:.4}", evaluation.loss), String::new()]);
    let mut text = table.text();
    if let Some(confusion) = evaluation.confusion.as_ref().filter(|confusion| confusion.classes() <= 20) {
        text.push_str(&format!("\n{}\n", output.paint(Style::Bold, "true class (rows) against prediction (columns)")));
        let mut columns = vec![("", Align::Left)];
        columns.extend(classes.iter().map(|class| (class.as_str(), Align::Right)));
        columns.extend([("precision", Align::Right), ("recall", Align::Right), ("f1", Align::Right)]);
        let mut table = TextTable::new(&columns);
        let share = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.3}"));
        for (truth, name) in classes.iter().enumerate() {
            let mut row = vec![name.clone()];
            row.extend((0..classes.len()).map(|said| confusion.count(truth, said).to_string()));
            row.extend([confusion.precision(truth), confusion.recall(truth), confusion.f1(truth)].map(share));
            table.row(row);
        }
        text.push_str(&table.text());
    }
    text
}

/// An evaluation as the fields of a JSON object.
pub fn evaluation_json(evaluation: &Evaluation) -> serde_json::Map<String, serde_json::Value> {
    let mut metrics = serde_json::Map::new();
    let mut baseline = serde_json::Map::new();
    metrics.insert("loss".to_owned(), evaluation.loss.into());
    for measured in &evaluation.metrics {
        metrics.insert(measured.metric.name().to_owned(), measured.value.into());
        baseline.insert(measured.metric.name().to_owned(), measured.baseline.into());
    }
    let mut object = serde_json::Map::new();
    object.insert("rows".to_owned(), evaluation.rows.into());
    object.insert("metrics".to_owned(), metrics.into());
    object.insert("baseline".to_owned(), baseline.into());
    if let Some(confusion) = &evaluation.confusion {
        let classes = 0..confusion.classes();
        let rows: Vec<Vec<usize>> =
            classes.clone().map(|truth| classes.clone().map(|said| confusion.count(truth, said)).collect()).collect();
        object.insert("confusion".to_owned(), rows.into());
    }
    object
}
