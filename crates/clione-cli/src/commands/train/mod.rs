//! `clione train`: from a table or images to a model file.

mod chosen;
mod interruption;
mod keeping;
mod memory;
mod progress;
mod rate;

use super::evaluate::{evaluation_json, evaluation_text};
use crate::arguments::{Machine, not_an_input, read_idx};
use crate::json;
use crate::output::Output;
use crate::settings::RecipeFlags;
use chosen::{RecipeText, chosen, on_machine, read_recipe};
use clap::Args;
use clione::base::error::{Error, ErrorKind, Result};
use clione::data::findings::{counted, grouped};
use clione::data::split::split;
use clione::prelude::*;
use clione::train::evaluate::Evaluation;
use clione::train::file::{CheckpointFile, Destination};
use clione::train::history::History;
use clione::train::recipe::Run;
use clione::train::recipe::settings::Files;
use keeping::{Keeping, KeepingFlags, checkpoint_in_place_of_table, output_of};
use memory::check_memory;
use progress::Progress;
use rate::RateFlags;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  clione train iris.csv --target 5 -o iris.clione
  clione train houses.csv --target price --layers 64,32 --patience 20
  clione train titanic.csv --target survived --ignore name --missing median
  clione train --images train-images-idx3-ubyte.gz \\
               --labels train-labels-idx1-ubyte.gz -o digits.clione";

/// The arguments of `clione train`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Train {
    /// The table: CSV or TSV, gzipped or not, `-` for standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["images", "recipe"], conflicts_with = "images")]
    file: Option<PathBuf>,

    /// A recipe (TOML) that says what flags say; flags win
    #[arg(short, long, value_name = "FILE")]
    recipe: Option<PathBuf>,

    /// Write the whole recipe that the flags and the recipe come to, and do nothing else
    #[arg(long)]
    print_recipe: bool,

    /// Where the model is written
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace a model that is there already
    #[arg(long)]
    force: bool,

    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    keeping: KeepingFlags,
    #[command(flatten)]
    rate: RateFlags,
    #[command(flatten)]
    flags: RecipeFlags,
    #[command(flatten)]
    machine: Machine,
}

/// Rows to learn from, rows to measure on, and how they were made.
struct Data {
    source: Source,
    training: Dataset,
    validation: Dataset,
    what: String,
}

impl Train {
    /// Reads, trains, measures, writes.
    pub fn run(mut self, output: &Output) -> Result<()> {
        let kept = checkpoint_in_place_of_table(self.file.as_deref(), &self.keeping);
        let text = match &kept {
            Some(kept) => {
                self.file = None;
                self.output = self.output.or_else(|| output_of(kept));
                Some(RecipeText { source: kept.display().to_string(), text: recipe_of(kept)? })
            }
            None => self.recipe.as_deref().map(read_recipe).transpose()?,
        };
        let recipe = chosen(text.as_ref(), self.file.as_deref(), &self.flags)?;
        if self.print_recipe {
            return output.result(&recipe.to_toml());
        }
        let recipe = on_machine(recipe, &self.machine, output)?;
        self.check_output(&recipe)?;
        if self.rate.find_learning_rate {
            let data = read_data(&recipe, output)?;
            return self.rate.run(&recipe, &data.source, &data.training, (self.json, self.force), output);
        }
        let model = self.output.as_deref();
        let (mut keeping, checkpoint) = Keeping::begin(&self.keeping, kept.as_deref(), model, self.force, output)?;
        // Hours of training are not risked for a name that cannot be written.
        let destination = match &checkpoint {
            // The run may have been killed when all that was left to do was to remove the checkpoint.
            Some(checkpoint) if checkpoint.is_ended() && !self.force => {
                model.map(|path| Ok(Destination::check(path, true)?.or_the_same())).transpose()?
            }
            _ => model.map(|path| Destination::check(path, self.force)).transpose()?,
        };
        let data = read_data(&recipe, output)?;
        output.hint(&format!("{}\n", data.what));
        let network = recipe.network(data.source.example(), data.training.targets())?;
        let outputs = data.training.targets().width();
        check_memory(&recipe.memory_needed(&network)?, &recipe, data.source.example().elements(), outputs)?;
        if recipe.fit.batch_size > data.training.rows() {
            let rows = data.training.rows();
            let batch_size = recipe.fit.batch_size;
            output
                .warning(&format!("--batch-size {batch_size} is more than the {rows} rows: all of them are one batch"));
        }

        let mut progress = Progress::new(&recipe, output);
        keeping.start()?;
        let validation = Some(&data.validation);
        let run = recipe.train_from(checkpoint.as_ref(), data.source, &data.training, validation, &mut |moment| {
            progress.after(moment);
            keeping.after(moment)
        });
        output.end_of_progress();
        let kept = run.and_then(|run| {
            if let Some(destination) = destination {
                destination.write(&run.saved.to_bytes()?)?;
            }
            Ok(run)
        });
        let run = match kept {
            Ok(run) => run,
            Err(error) => return Err(keeping.explain(self.without_model(error))),
        };
        keeping.end();
        self.report(&run, &recipe, progress.started.elapsed().as_secs_f64(), output)
    }

    /// Fails when the model would go where it cannot go, or take the place of what it is made from.
    fn check_output(&self, recipe: &Recipe) -> Result<()> {
        let Files { table, images, labels, test_images, test_labels } = &recipe.files;
        let inputs = [table, images, labels, test_images, test_labels, &self.recipe].map(Option::as_deref);
        not_an_input(self.output.as_deref(), &inputs)?;
        if self.output.as_deref() == Some(Path::new("-")) {
            return Err(Error::usage("--output -: a model is no text for a terminal; expected the name of a file"));
        }
        Ok(())
    }

    /// Says what came of the run.
    fn report(&self, run: &Run, recipe: &Recipe, seconds: f64, output: &Output) -> Result<()> {
        if self.json {
            return output.result(&self.result_json(run, recipe.fit.seed, seconds)?);
        }
        let mut text = format!("{}\n", result_line(&run.history, &run.evaluation, recipe, seconds));
        text.push_str(&evaluation_text(&run.evaluation, run.saved.source.classes(), output));
        output.result(&text)?;
        if let Some(reason) = &run.without_linear {
            output.hint(&format!("{reason}\n"));
        }
        match &self.output {
            Some(path) => {
                let path = path.display();
                let rows = if recipe.files.images.is_some() { "--images FILE" } else { "FILE" };
                output.hint(&format!(
                    "\nwritten to {path}; next:\n  clione predict {path} {rows}\n  clione show {path}\n"
                ));
            }
            None => output.hint("\nthe model was not kept; -o NAME.clione keeps it\n"),
        }
        Ok(())
    }

    /// Says what became of the model when training failed.
    fn without_model(&self, error: Error) -> Error {
        match &self.output {
            Some(path) if error.kind() == ErrorKind::Diverged && self.force && path.exists() => {
                error.note(format!("{} is as it was", path.display()))
            }
            Some(_) if error.kind() == ErrorKind::Diverged => error.note("no model was written"),
            _ => error,
        }
    }

    fn result_json(&self, run: &Run, seed: u64, seconds: f64) -> Result<String> {
        let Run { saved, history, evaluation, without_linear: _ } = run;
        let epochs: Vec<serde_json::Value> = history
            .epochs
            .iter()
            .map(|epoch| serde_json::json!({ "epoch": epoch.number, "loss": epoch.loss, "validation_loss": epoch.validation_loss }))
            .collect();
        let mut object = evaluation_json(evaluation);
        object.insert("training_rows".to_owned(), saved.facts.training_rows.into());
        object.insert("inputs".to_owned(), saved.source.example().elements().into());
        object.insert("epochs".to_owned(), epochs.into());
        object.insert("best_epoch".to_owned(), history.best_epoch.into());
        object.insert("seed".to_owned(), seed.into());
        object.insert("seconds".to_owned(), seconds.into());
        object.insert("model".to_owned(), self.output.as_ref().map(|path| path.display().to_string()).into());
        json::text(object)
    }
}

/// The recipe of a run that was kept.
fn recipe_of(checkpoint: &Path) -> Result<String> {
    let found = CheckpointFile::load(checkpoint)?;
    let missing = || Error::io(format!("{}: no such checkpoint", checkpoint.display()));
    Ok(found.ok_or_else(missing)?.checkpoint.recipe)
}

/// Reads what a recipe names.
fn read_data(recipe: &Recipe, output: &Output) -> Result<Data> {
    let Files { table, images, labels, .. } = &recipe.files;
    match (table, images, labels) {
        (Some(file), None, None) => read_table(file, recipe, output),
        (None, Some(images), Some(labels)) => read_labelled_images(images, labels, recipe),
        (None, None, None) => {
            Err(Error::usage("the recipe names no file: which table is it?").remedy("clione train FILE --recipe ..."))
        }
        _ => Err(Error::usage("a table, or --images with --labels, is needed; not both, and not one of the two")),
    }
}

fn read_table(file: &Path, recipe: &Recipe, output: &Output) -> Result<Data> {
    let table = Table::read(file, &recipe.reading)?;
    let prepared = prepare(&table, &recipe.choices, recipe.validation, &Rng::new(recipe.fit.seed))?;
    for note in table.notes.iter().chain(&prepared.schema.notes) {
        output.hint(&format!("{note}\n"));
    }
    for warning in table.warnings.iter().chain(&prepared.schema.warnings).chain(&prepared.warnings) {
        output.warning(warning);
    }
    let target = &prepared.preprocessing.target;
    let what = format!(
        "{}: {} to learn from, {} held back; {} from {}\ntarget \"{}\": {}",
        table.source(),
        counted(prepared.training.rows(), "row"),
        grouped(prepared.validation.rows()),
        counted(prepared.training.inputs().columns(), "input"),
        counted(prepared.preprocessing.inputs.len(), "column"),
        target.name,
        prepared.schema.task_reason,
    );
    let source = Source::Table(prepared.preprocessing);
    Ok(Data { source, training: prepared.training, validation: prepared.validation, what })
}

fn read_labelled_images(images: &Path, labels: &Path, recipe: &Recipe) -> Result<Data> {
    let (all, shape) = read_idx(images, labels, None)?;
    let classes = all.targets().class_names().to_vec();
    if let [only] = classes.as_slice() {
        return Err(Error::data(format!("{}: every label is {only}: nothing to learn", labels.display())));
    }
    let (training, validation) = match (&recipe.files.test_images, &recipe.files.test_labels) {
        (Some(images), Some(labels)) => {
            let (test, found) = read_idx(images, labels, Some(&classes))?;
            if (found.height, found.width) != (shape.height, shape.width) {
                return Err(Error::data(format!(
                    "{}: images of {}x{}, but those to learn from are {}x{}",
                    images.display(),
                    found.height,
                    found.width,
                    shape.height,
                    shape.width
                )));
            }
            (all, test)
        }
        _ => {
            let seed = Rng::new(recipe.fit.seed);
            let parts = split(all.rows(), recipe.validation, all.targets().class_numbers(), &seed)
                .map_err(|error| error.in_file(&images.display().to_string()))?;
            (all.part(&parts.training), all.part(&parts.validation))
        }
    };
    let what = format!(
        "{}: {} of {}x{} to learn from, {} to measure on; {}",
        images.display(),
        counted(training.rows(), "image"),
        shape.height,
        shape.width,
        grouped(validation.rows()),
        counted(classes.len(), "class")
    );
    let source = Source::Images { height: shape.height, width: shape.width, classes };
    Ok(Data { source, training, validation, what })
}

/// The line above the table: how long it took and what it came to.
fn result_line(history: &History, evaluation: &Evaluation, recipe: &Recipe, seconds: f64) -> String {
    let epochs = counted(history.epochs.len(), "epoch");
    let best = history.best_epoch.map_or(String::new(), |epoch| format!(", best after {epoch}"));
    format!(
        "trained {epochs} in {seconds:.2} s{best} (seed {}); measured on {} held back",
        recipe.fit.seed,
        counted(evaluation.rows, "row")
    )
}
