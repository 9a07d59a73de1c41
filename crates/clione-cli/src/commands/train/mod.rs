//! `clione train`: from a table or images to a model file.

pub(super) mod chosen;
pub(super) mod data;
mod folds;
mod interruption;
mod keeping;
mod outcome;
mod progress;
mod rate;
mod recording;

use super::diagnosis::{Patient, finding_text};
use super::report::{look, write_run_report};
use crate::arguments::{Machine, MemoryLimit, not_an_input};
use crate::json;
use crate::output::Output;
use crate::settings::RecipeFlags;
use chosen::{RecipeText, chosen, on_machine, read_recipe};
use clap::Args;
use clione::base::error::{Error, ErrorKind, Result};
use clione::data::findings::counted;
use clione::prelude::*;
use clione::see::doctor::{Finding, first_finding};
use clione::train::assessment::{Look, assess};
use clione::train::cross_validate::{CrossValidated, CrossValidation, Fold};
use clione::train::file::{CheckpointFile, Destination};
use clione::train::history::Epoch;
use clione::train::recipe::Run;
use clione::train::recipe::part::Part;
use clione::train::recipe::settings::Files;
use clione::train::require::{check_all, check_all_means};
use data::{Data, read_data};
use interruption::Interruption;
use keeping::{Keeping, KeepingFlags, checkpoint_in_place_of_table, output_of};
pub use outcome::Outcome;
use progress::Progress;
use rate::RateFlags;
use recording::RecordingFlags;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// The table: CSV, TSV, JSON lines, NPY or NPZ, gzipped or not, `-` for standard input
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

    /// Also write a page (HTML) with everything there is to say about the run
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    #[command(flatten)]
    keeping: KeepingFlags,
    #[command(flatten)]
    recording: RecordingFlags,
    #[command(flatten)]
    rate: RateFlags,
    #[command(flatten)]
    flags: RecipeFlags,
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    limit: MemoryLimit,
}

impl Train {
    /// Reads, trains, measures, writes.
    pub fn run(mut self, output: &Output) -> Result<()> {
        let kept = checkpoint_in_place_of_table(self.file.as_deref(), &self.keeping);
        let text = match &kept {
            Some(kept) => {
                self.file = None;
                self.output = self.output.or_else(|| output_of(kept));
                let Some(text) = recipe_of(kept)? else { return self.say_ended(kept, output) };
                Some(RecipeText { source: kept.display().to_string(), text })
            }
            None => self.recipe.as_deref().map(read_recipe).transpose()?,
        };
        let recipe = chosen(text.as_ref(), self.file.as_deref(), &self.flags)?;
        if self.print_recipe {
            return output.data(&recipe.to_toml());
        }
        let mut recipe = on_machine(recipe, &self.machine, output)?;
        recipe.reading = self.limit.options(recipe.reading);
        self.check_output(&recipe)?;
        if self.rate.find_learning_rate {
            let data = read_data(&recipe, output)?;
            return self.rate.run(&recipe, &data.source, &data.training, (self.json, self.force), output);
        }
        let model = self.output.as_deref();
        // Hours of training are not risked for a name that cannot be written.
        let destination = model.map(|path| Destination::check(path, true)).transpose()?;
        if let (Some(model), true) = (model, self.keeping.resume) {
            Destination::sweep(model);
            if let Some(saved) = self.ended(kept.as_deref(), model, &recipe) {
                return self.say_model(model, &saved, output);
            }
        }
        let (mut keeping, checkpoint) = Keeping::begin(&self.keeping, kept.as_deref(), model, self.force, output)?;
        let destination = match (destination, &checkpoint) {
            (Some(destination), _) if self.force => Some(destination),
            // The run may have been killed when all that was left to do was to remove the checkpoint.
            (Some(destination), Some(checkpoint)) if checkpoint.is_ended() => Some(destination.or_the_same()),
            (Some(destination), _) => Some(destination.if_free()?),
            (None, _) => None,
        };
        let page = self.report.as_deref().map(|path| Destination::check(path, self.force)).transpose()?;
        let _lock_of_recording = self.recording.check(model, self.force || self.keeping.resume)?;
        let mut data = read_data(&recipe, output)?;
        if page.is_none() && recipe.cross_validation.is_none() {
            // A large table is as large as all the numbers that were made of it.
            data.table = None;
        }
        let network = recipe.network(data.source.example(), data.training.targets())?;
        recipe.require.iter().try_for_each(|require| require.check_possible(data.source.classes()))?;
        warn_of_slow_loss(&recipe, &network, &data, output)?;
        let held_out = data.validation.iter().chain(&data.test).map(Dataset::rows).sum();
        self.limit.check_run(&recipe, &data.source, &data.training, held_out)?;
        if recipe.fit.batch_size > data.training.rows() {
            let rows = data.training.rows();
            let batch_size = recipe.fit.batch_size;
            output
                .warning(&format!("--batch-size {batch_size} is more than the {rows} rows: all of them are one batch"));
        }

        let recipe = recipe.settled(data.training.rows());
        let interruption = Interruption::listen()?;
        let validate = |choice| cross_validate(choice, &recipe, &data, &interruption, output);
        let validated = recipe.cross_validation.map(validate).transpose()?;
        let mut progress = Progress::new(&recipe, output);
        let mut recording = self.recording.begin(&recipe, &data, (self.keeping.resume, self.force), output)?;
        keeping.start(interruption);
        let (source, validation) = (data.source.clone(), data.validation.as_ref());
        let mut epochs = Vec::new();
        let run = recipe.train_from(checkpoint.as_ref(), source, &data.training, validation, &mut |moment| {
            progress.after(moment);
            epochs.extend(moment.ended);
            recording.after(moment);
            keeping.after(moment)
        });
        output.end_of_progress();
        let findings = findings(&recipe, &data, &run, &epochs)?;
        let kept = run.and_then(|run| {
            if let Some(destination) = destination {
                destination.write_making_room(&run.saved.to_bytes()?, &mut || recording.give_room())?;
            }
            Ok(run)
        });
        let run = match kept {
            Ok(run) => run,
            Err(error) => {
                tell_first(&findings, output);
                return Err(keeping.explain(self.without_model(error), self.recording.path()));
            }
        };
        keeping.end();
        let seconds = progress.started.elapsed().as_secs_f64();
        let look = if page.is_some() { look(&run.saved, data.measured()) } else { Look::default() };
        let assessment = assess(&run.saved, data.measured(), &look, &recipe.fit.cpu())?;
        let resumed_after = checkpoint.map(|checkpoint| checkpoint.epoch);
        let outcome = Outcome {
            recipe: &recipe,
            data: &data,
            run: &run,
            assessment,
            validated,
            findings,
            seconds,
            resumed_after,
        };
        if let Some(page) = page {
            write_run_report(page, &outcome, self.output.as_deref())?;
        }
        self.report(&outcome, recording.is_there(), output)?;
        recording.check_whole(self.output.as_deref())
    }

    /// The model of a run that has ended: it is there, it is of this recipe, and there is nothing to go on from.
    fn ended(&self, kept: Option<&Path>, model: &Path, recipe: &Recipe) -> Option<SavedModel> {
        let place = self.keeping.place(kept, Some(model))?;
        if CheckpointFile::is_there(&place) || !model.is_file() {
            return None;
        }
        SavedModel::load(model).ok().filter(|saved| saved.is_of(recipe))
    }

    /// Says that the run has ended whose checkpoint is gone because its model is there. Fails where there is no model.
    fn say_ended(&self, kept: &Path, output: &Output) -> Result<()> {
        let missing = || Error::io(format!("{}: no such checkpoint", kept.display()));
        let model = self.output.as_deref().filter(|model| model.is_file()).ok_or_else(missing)?;
        // Nothing has ended that is being written.
        Destination::check(model, true)?;
        let saved = SavedModel::load(model).map_err(|_| missing())?;
        self.say_model(model, &saved, output)
    }

    /// Says that a run has ended, and where its model is.
    fn say_model(&self, model: &Path, saved: &SavedModel, output: &Output) -> Result<()> {
        let epochs = saved.facts.epochs;
        if self.json {
            let object = serde_json::json!({ "has_ended": true, "model": model.display().to_string(), "trained_epochs": epochs });
            return output.result(&json::text(object)?);
        }
        let (model, epochs) = (model.display(), counted(epochs, "epoch"));
        output.result(&format!("{model}: this run has ended, after {epochs}; nothing is left to do\n"))?;
        output.hint(&format!("\nnext:\n  clione show {model}\n"));
        Ok(())
    }

    /// Fails when the model would go where it cannot go, or take the place of what it is made from.
    fn check_output(&self, recipe: &Recipe) -> Result<()> {
        let Files { table, images, labels, test_images, test_labels } = &recipe.files;
        let parts = [recipe.validation.file(), recipe.test.as_ref().and_then(Part::file)];
        let files = [table, images, labels, test_images, test_labels, &self.recipe].map(Option::as_deref);
        let files = [&files[..], &parts].concat();
        not_an_input("--output", self.output.as_deref(), &files)?;
        not_an_input("--report", self.report.as_deref(), &files)?;
        not_an_input("--record", self.recording.path(), &files)?;
        if self.output.as_deref() == Some(Path::new("-")) {
            return Err(Error::usage("--output -: a model is no text for a terminal; expected the name of a file"));
        }
        Ok(())
    }

    /// Says what came of the run; fails when that is less than what was required.
    fn report(&self, outcome: &Outcome<'_>, is_recorded: bool, output: &Output) -> Result<()> {
        let classes = outcome.run.saved.source.classes();
        if self.json {
            output.result(&json::text(outcome.json(self.output.as_deref()))?)?;
        } else {
            output.result(&outcome.text(output))?;
            tell_first(&outcome.findings, output);
            match &self.output {
                Some(path) => {
                    let path = path.display();
                    let rows = if outcome.recipe.files.images.is_some() { "--images FILE" } else { "FILE" };
                    output.hint(&format!(
                        "\nwritten to {path}; next:\n  clione predict {path} {rows}\n  clione show {path}\n"
                    ));
                }
                None => output.hint("\nthe model was not kept; -o NAME.clione keeps it\n"),
            }
            if let Some(path) = self.recording.path().filter(|_| is_recorded) {
                let path = path.display();
                output.hint(&format!("\nrecorded in {path}; next:\n  clione replay {path} --at end\n"));
            }
        }
        match &outcome.validated {
            Some(validated) => check_all_means(&outcome.recipe.require, validated),
            None => check_all(&outcome.recipe.require, &outcome.assessment.evaluation, classes),
        }
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
}

/// The recipe of a run that was kept, where there is one.
fn recipe_of(checkpoint: &Path) -> Result<Option<String>> {
    Ok(CheckpointFile::load(checkpoint)?.map(|found| found.checkpoint.recipe))
}

/// What the doctor says of a run, whether it ended well or left the finite numbers.
fn findings(recipe: &Recipe, data: &Data, run: &Result<Run>, epochs: &[Epoch]) -> Result<Vec<Finding>> {
    let Data { source, training, validation, .. } = data;
    let patient = Patient { recipe, source, training, validation: validation.as_ref(), inspection: None };
    match run {
        Ok(run) => patient.after(run),
        Err(error) if error.kind() == ErrorKind::Diverged => patient.after_divergence(error, epochs),
        Err(_) => Ok(Vec::new()),
    }
}

/// Says the first thing that went wrong, if anything did.
fn tell_first(findings: &[Finding], output: &Output) {
    if let Some(finding) = first_finding(findings) {
        output.hint(&format!(
            "\n{}",
            finding_text(finding, output.width(), &|style, text| output.paint_hint(style, text))
        ));
    }
}

/// Trains and measures a model for each fold.
fn cross_validate(
    choice: CrossValidation,
    recipe: &Recipe,
    data: &Data,
    interruption: &Interruption,
    output: &Output,
) -> Result<CrossValidated> {
    let (done, all) = (AtomicUsize::new(0), choice.folds * choice.repeats);
    output.hint(&format!("cross-validation {}: {}\n", choice.text(), counted(all, "model")));
    let watch = |fold: Option<&Fold>| {
        if fold.is_some() {
            output.progress(&format!("fold {} of {all}", done.fetch_add(1, Ordering::Relaxed) + 1));
        }
        if interruption.is_asked() { Next::Pause } else { Next::Continue }
    };
    let validated = match &data.table {
        Some(table) => choice.of_table(recipe, table, &watch),
        None => choice.of_rows(recipe, &data.source, &data.training, &watch),
    };
    output.end_of_progress();
    let is_interrupted = |error: &Error| error.kind() == ErrorKind::Interrupted;
    validated.map_err(|error| if is_interrupted(&error) { error.note("nothing was kept of it") } else { error })
}

/// Says so when the loss is one that works but is not the one for classes: its slope vanishes where the network is surely wrong.
fn warn_of_slow_loss(recipe: &Recipe, network: &Network, data: &Data, output: &Output) -> Result<()> {
    let usual = Loss::usual_for(network)?;
    if let Some(loss) = recipe.fit.loss.filter(|&loss| loss != usual && !data.source.classes().is_empty()) {
        output.warning(&format!("--loss {} learns slowly from classes; usual is {}", loss.name(), usual.name()));
    }
    Ok(())
}
