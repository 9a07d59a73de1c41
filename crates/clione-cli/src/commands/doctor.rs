//! `clione doctor`: what keeps a network from learning, before training or after it.

use super::diagnosis::{Patient, findings_json, findings_text};
use super::train::chosen::{chosen, on_machine, read_recipe};
use super::train::data::{Data, read_data};
use crate::arguments::{Machine, MemoryLimit};
use crate::json;
use crate::output::Output;
use crate::settings::RecipeFlags;
use clap::Args;
use clione::base::error::{ErrorKind, Result};
use clione::data::inspect::{Inspection, Question};
use clione::prelude::*;
use clione::see::doctor::{Examination, Finding, Settings, Severity, examine_data};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clione doctor houses.csv --target price         before training
  clione doctor houses.csv --target price --run   trains, and looks at the run
  clione doctor houses.csv --layers 8 --run       with flags of train
  clione doctor --images images.gz --labels labels.gz";

/// The arguments of `clione doctor`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Doctor {
    /// The table: CSV, TSV, JSON lines, NPY or NPZ, gzipped or not, `-` for standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["recipe", "images"], conflicts_with = "images")]
    file: Option<PathBuf>,

    /// A recipe (TOML) that says what flags say; flags win
    #[arg(short, long, value_name = "FILE")]
    recipe: Option<PathBuf>,

    /// Train with these flags, keep nothing, and look at the run as well: it is bit for bit that of clione train
    #[arg(long)]
    run: bool,

    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    flags: RecipeFlags,
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    limit: MemoryLimit,
}

impl Doctor {
    /// Reads, looks, perhaps trains, says what is wrong.
    pub fn run(self, output: &Output) -> Result<()> {
        let text = self.recipe.as_deref().map(read_recipe).transpose()?;
        let mut recipe = on_machine(chosen(text.as_ref(), self.file.as_deref(), &self.flags)?, &self.machine, output)?;
        recipe.reading = self.limit.options(recipe.reading);
        let findings = match &recipe.files.table {
            Some(file) => {
                let table = Table::read(file, &recipe.reading)?;
                let inspection = Inspection::of(&table, &Question::from(&recipe.choices))?;
                self.of_table(&table, &inspection, &recipe)?
            }
            None => {
                let Data { source, training, validation, .. } = read_data(&recipe, output)?;
                self.of_rows(&recipe, &source, (&training, validation.as_ref()), None)?
            }
        };
        if self.json {
            let object = [("findings".to_owned(), findings_json(&findings))];
            return output.result(&json::text(object.into_iter().collect::<serde_json::Map<_, _>>())?);
        }
        output.result(&findings_text(&findings, output))
    }

    fn of_table(&self, table: &Table, inspection: &Inspection, recipe: &Recipe) -> Result<Vec<Finding>> {
        let prepared =
            match prepare(table, &recipe.choices, recipe.validation.share_within(), &Rng::new(recipe.fit.seed)) {
                Ok(prepared) => prepared,
                // What keeps training from beginning is among the findings, or it is not the table's.
                Err(error) => {
                    let settings = Settings::from(recipe);
                    let findings =
                        examine_data(&Examination { inspection: Some(inspection), settings: &settings, rows: None });
                    let is_told = findings.iter().any(|finding| finding.severity == Severity::Fault);
                    return if is_told { Ok(findings) } else { Err(error) };
                }
            };
        let held_back = Some(&prepared.validation).filter(|rows| rows.rows() > 0);
        let source = Source::Table(prepared.preprocessing);
        self.of_rows(recipe, &source, (&prepared.training, held_back), Some(inspection))
    }

    fn of_rows(
        &self,
        recipe: &Recipe,
        source: &Source,
        (training, validation): (&Dataset, Option<&Dataset>),
        inspection: Option<&Inspection>,
    ) -> Result<Vec<Finding>> {
        let recipe = &recipe.settled(training.rows());
        let patient = Patient { recipe, source, training, validation, inspection };
        if !self.run {
            return patient.before();
        }
        self.limit.check_run(recipe, source, training, validation.map_or(0, Dataset::rows))?;
        let mut epochs = Vec::new();
        let run = recipe.train(source.clone(), training, validation, &mut |epoch| {
            epochs.push(*epoch);
            Next::Continue
        });
        match run {
            Ok(run) => patient.after(&run),
            Err(error) if error.kind() == ErrorKind::Diverged => patient.after_divergence(&error, &epochs),
            Err(error) => Err(error),
        }
    }
}
