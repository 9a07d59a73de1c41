//! `clione evaluate`: how good a model is on a labelled file.

mod as_json;
mod as_text;
mod threshold;

pub use as_json::{assessment_json, evaluation_json};
pub use as_text::{assessment_text, evaluation_text, figure};

use super::report::{look, write_evaluation_report};
use super::rows::table_rows;
use crate::arguments::{Loading, Machine, NewCells, not_an_input, read_idx};
use crate::json;
use crate::output::Output;
use crate::settings::Reading;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::cpu::Cpu;
use clione::cpu::threads::Threads;
use clione::prelude::*;
use clione::train::assessment::{Look, assess};
use clione::train::file::Destination;
use clione::train::importance::Shuffling;
use clione::train::require::{Require, check_all};
use std::path::PathBuf;
use std::sync::Arc;
use threshold::Chosen;

const EXAMPLES: &str = "\
Examples:
  clione evaluate iris.clione labelled.csv
  clione evaluate iris.clione labelled.csv --require 'accuracy>=0.9' \\
                                           --require 'recall(setosa)>0.95'
  clione evaluate loans.clione labelled.csv --threshold f1 --save-threshold
  clione evaluate digits.clione --images t10k-images-idx3-ubyte.gz \\
                                --labels t10k-labels-idx1-ubyte.gz";

/// The arguments of `clione evaluate`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Evaluate {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,

    #[command(flatten)]
    loading: Loading,

    /// The table, with the target column: CSV, TSV, JSON lines, NPY or NPZ, gzipped or not, `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "images", conflicts_with = "images")]
    file: Option<PathBuf>,

    /// Images (IDX) instead of a table
    #[arg(long, value_name = "FILE", requires = "labels")]
    images: Option<PathBuf>,

    /// The labels of the images
    #[arg(long, value_name = "FILE", requires = "images")]
    labels: Option<PathBuf>,

    /// What must be reached, or the exit code is 1: 'accuracy>=0.75', 'loss<0.4', 'recall(yes)>=0.6' (repeatable)
    #[arg(long, value_name = "CONDITION")]
    require: Vec<String>,

    /// Leave rows out that have no target, and say how many
    #[arg(long)]
    drop_missing_target: bool,

    /// Of two classes say the second where its probability is at least this: a number from 0 to 1, or what to choose it for
    /// on these rows: f1, balanced_accuracy, macro_f1, mcc, accuracy
    #[arg(long, value_name = "P|METRIC")]
    threshold: Option<String>,

    /// Store the threshold in the model: predict uses it from then on
    #[arg(long, requires = "threshold")]
    save_threshold: bool,

    /// Also find out what each column is worth: by how much the model is worse when its values are shuffled
    #[arg(long)]
    importance: bool,

    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,

    /// Also write a page (HTML) with everything there is to say about the model and these rows
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Replace a page that is there already
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    new_cells: NewCells,
    #[command(flatten)]
    reading: Reading,
}

/// The rows that are measured.
struct Measured {
    data: Dataset,
    places: Places,
    table: Option<Table>,
}

/// Where each row that is measured can be found.
pub struct Places {
    /// What the numbers count: lines of the file, or images.
    pub what: &'static str,
    /// For each row its number, from 1.
    pub numbers: Vec<usize>,
}

impl Evaluate {
    /// Reads model and rows, measures, shows, then says whether what is required was reached.
    pub fn run(self, output: &Output) -> Result<()> {
        let required = self.require.iter().map(|text| Require::parse(text)).collect::<Result<Vec<_>>>()?;
        let inputs = [Some(self.model.as_path()), self.file.as_deref(), self.images.as_deref(), self.labels.as_deref()];
        not_an_input("--report", self.report.as_deref(), &inputs)?;
        let destination = self.report.as_deref().map(|path| Destination::check(path, self.force)).transpose()?;
        let mut model = self.loading.load(&self.model)?;
        let chosen = self.threshold.as_deref().map(|text| Chosen::read(text, &model)).transpose()?;
        let measured = self.data(&model, output)?;
        let Measured { data, places, .. } = &measured;
        let threads = self.machine.threads(output)?;
        let cpu = Arc::new(Cpu { instruction_set: self.machine.instruction_set()?, threads: Threads::new(threads) });
        if let Some(chosen) = chosen {
            model.decision = chosen.decide(&model, data, &cpu, output)?;
        }
        let look = match (self.importance, &destination) {
            (false, Some(_)) => look(&model, data),
            (importance, _) => Look { importance: importance.then(Shuffling::default), ..Look::default() },
        };
        let assessment = assess(&model, data, &look, &cpu)?;
        let classes = model.source.classes();
        if self.json {
            let mut object = assessment_json(&assessment, classes, places);
            object.insert("threshold".to_owned(), model.decision.threshold().into());
            output.result(&json::text(object)?)?;
        } else {
            output.result(&assessment_text(&assessment, classes, places, output))?;
        }
        if let Some(destination) = destination {
            let file = self.file.as_ref().or(self.images.as_ref());
            let file = file.map_or(String::new(), |file| file.display().to_string());
            write_evaluation_report(destination, &model, &assessment, (&file, measured.table.as_ref()), places)?;
        }
        if self.save_threshold {
            Destination::check(&self.model, true)?.write(&model.to_bytes()?)?;
            output.hint(&format!("\nthe threshold is stored in {}\n", self.model.display()));
        }
        check_all(&required, &assessment.evaluation, classes)
    }

    fn data(&self, model: &SavedModel, output: &Output) -> Result<Measured> {
        match (&model.source, &self.file, &self.images, &self.labels) {
            (Source::Table(preprocessing), Some(file), _, _) => {
                let options = self.loading.limit().options(self.reading.options_of(model, output)?);
                let (preprocessing, unknown) =
                    (self.new_cells.preprocessing(preprocessing)?, self.new_cells.unknown(model)?);
                let read = table_rows(&preprocessing, file, options, (unknown, self.drop_missing_target), output)?;
                let data = Dataset::new(read.inputs, preprocessing.targets(&read.table, &read.rows)?)?;
                let lines = read.rows.iter().map(|&row| read.table.line(row as usize)).collect();
                let places = Places { what: "line", numbers: lines };
                Ok(Measured { data, places, table: Some(read.table) })
            }
            (Source::Images { classes, .. }, _, Some(images), Some(labels)) => {
                let (data, [height, width]) = read_idx(images, labels, Some(classes))?;
                let fits = model.check_images(height, width);
                fits.map_err(|error| error.in_file(&images.display().to_string()))?;
                let places = Places { what: "image", numbers: (1..=data.rows()).collect() };
                Ok(Measured { data, places, table: None })
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
