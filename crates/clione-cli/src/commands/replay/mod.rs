//! `clione replay`: any step of a recorded run, forward or back, with every number of it.

mod as_json;
mod as_text;
mod numbers;

use super::train::chosen::on_machine;
use super::train::data::{Data, read_data};
use crate::arguments::{Machine, not_an_input, whole_number};
use crate::output::Output;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::data::findings::{counted, grouped};
use clione::prelude::*;
use clione::see::replay::condition::{Condition, Quantity};
use clione::see::replay::names::{Names, Shown};
use clione::see::replay::{self, Search, Step};
use clione::train::file::{Destination, Recording};
use clione::train::recipe::selection::Selection;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const EXAMPLES: &str = "\
Examples:
  clione train iris.csv --record iris.run         records a run
  clione replay iris.run                          what was recorded
  clione replay iris.run --at 742                 after step 742 (19:22, 0, best, end)
  clione replay iris.run --at 742 --show hidden1  weights, and what moved them
  clione replay iris.run --when 'loss < 0.1'      the first step that is so
  clione replay iris.run --at 9 --save 9.clione   the model as it was";

/// The arguments of `clione replay`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Replay {
    /// The recording, made by clione train --record
    #[arg(value_name = "RUN")]
    recording: PathBuf,

    /// The step to go to: 742, 19:22 (epoch 19, step 22), 0 (before the first), end, or best (the end of the epoch whose parameters were kept)
    #[arg(long, value_name = "STEP")]
    at: Option<Place>,

    /// Go to the end of an epoch
    #[arg(long, value_name = "N", conflicts_with = "at", value_parser = whole_number)]
    epoch: Option<usize>,

    /// The first step from there on (or from the first one) that is so: 'loss < 0.1', 'hidden1.weights[2,1] > 3' (places count from 0)
    #[arg(long, value_name = "CONDITION")]
    when: Option<String>,

    /// The last step up to there (or of all) instead of the first
    #[arg(long, requires = "when")]
    last: bool,

    /// Show the numbers of a layer, a parameter or one of its numbers; with gradients., updates. or activations. in
    /// front of the name these alone
    #[arg(long, value_name = "NAME")]
    show: Vec<String>,

    /// Where the table is now, when it has moved
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// Write the model as it was at that step
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Replace a file that is there already
    #[arg(long)]
    force: bool,

    /// Write the result as one JSON object, with all numbers
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    machine: Machine,
}

/// A step as a person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// By its number over all epochs.
    Step(u64),
    /// By its epoch and its number there, from 1.
    InEpoch(usize, usize),
    /// The last one.
    End,
    /// The end of the epoch with the lowest validation loss, whose parameters the model has.
    Best,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let text = text.trim();
        let number = |text: &str| whole_number(text).ok();
        let read = match text.split_once(':') {
            None if text == "end" => Some(Place::End),
            None if text == "best" => Some(Place::Best),
            None => number(text).map(|step| Place::Step(step as u64)),
            Some((epoch, step)) => {
                let both = number(epoch).zip(number(step)).filter(|&(epoch, step)| epoch > 0 && step > 0);
                both.map(|(epoch, step)| Place::InEpoch(epoch, step))
            }
        };
        read.ok_or_else(|| "expected a step as 742, an epoch and its step as 19:22, end or best".to_owned())
    }
}

/// What is told: a moment, how it was found, and what is to be seen of it.
struct Scene<'a> {
    recording: &'a Recording,
    data: &'a Data,
    recipe: &'a Recipe,
    names: &'a Names,
    step: &'a Step,
    condition: Option<&'a Condition>,
    shown: &'a [(String, Shown)],
}

impl Scene<'_> {
    /// What the rows of the step are called, and their numbers there.
    fn rows(&self) -> (&'static str, Vec<usize>) {
        let rows = self.step.taken.iter().flat_map(|taken| &taken.rows).map(|&row| self.data.learned[row as usize]);
        match &self.data.table {
            Some(table) => ("line", rows.map(|row| table.line(row as usize)).collect()),
            None => ("image", rows.map(|row| row as usize + 1).collect()),
        }
    }

    /// Whether the run is known to have come here; what follows the last checkpoint of one without an end is computed on.
    fn is_recorded(&self) -> bool {
        let last = self.recording.last_step().or_else(|| self.recording.steps().next_back());
        last.is_some_and(|last| self.step.number <= last)
    }

    /// The last step of the run as it was recorded or planned.
    fn last_step(&self) -> u64 {
        let planned = (self.recipe.fit.epochs as u64).saturating_mul(self.step.steps_per_epoch as u64);
        self.recording.last_step().unwrap_or(planned)
    }
}

impl Replay {
    /// Opens the recording, goes to the step, shows it.
    pub fn run(self, output: &Output) -> Result<()> {
        let recording = Recording::open(&self.recording)?;
        if recording.lost_bytes() > 0 {
            let lost = counted(recording.lost_bytes() as usize, "byte");
            output.warning(&format!(
                "{}: its last {lost} are cut off or damaged; all before is whole",
                recording.source()
            ));
        }
        let (_, beginning, _) = recording.before(0)?;
        let mut recipe = Selection::from_toml(recording.source(), &beginning.recipe)?.recipe()?.beside(&self.recording);
        if let Some(data) = &self.data {
            if recipe.files.table.is_none() && recipe.files.images.is_some() {
                return Err(Error::usage(format!("--data: {} is of images, not of a table", recording.source())));
            }
            recipe.files.table = Some(data.clone());
        }
        let silent = output.silenced();
        let recipe = on_machine(recipe, &self.machine, &silent)?;
        if self.is_overview() {
            return self.overview(&recording, &recipe, output);
        }
        let inputs = [Some(self.recording.as_path()), recipe.files.table.as_deref()];
        not_an_input("--save", self.save.as_deref(), &inputs)?;
        let destination = self.save.as_deref().map(|path| Destination::check(path, self.force)).transpose()?;
        let data = read_data(&recipe, &silent).map_err(|error| moved(error, recipe.files.table.as_deref()))?;
        let recipe = recipe.settled(data.training.rows());
        let mut replay = replay::Replay {
            recording: &recording,
            recipe: &recipe,
            source: &data.source,
            training: &data.training,
            validation: data.validation.as_ref(),
            has_outputs: false,
        };
        let names = replay.names()?;
        let shown = self.show.iter().map(|text| {
            let read = names.shown(text).map_err(|error| error.in_file(&format!("--show {text}")));
            Ok((text.trim().to_owned(), read?))
        });
        let shown: Vec<(String, Shown)> = shown.collect::<Result<_>>()?;
        replay.has_outputs = shown.iter().any(|(_, shown)| matches!(shown, Shown::Activations(_)));
        if matches!(self.at, Some(Place::End | Place::Best)) {
            warn_of_missing_end(&recording, output);
        }
        let condition = self.when.as_deref().map(|text| Condition::parse(text, &names)).transpose()?;
        let step = match &condition {
            Some(condition) => self.search(&replay, condition)?,
            None => match self.place(&replay)? {
                Some(number) => replay.at(number)?,
                None if self.at == Some(Place::Best) => best(&replay)?,
                None => replay.end()?,
            },
        };
        step.origin
            .passed_over
            .iter()
            .for_each(|problem| output.warning(&format!("{problem}; an earlier one is as good")));
        if let Some(destination) = destination {
            destination.write(&replay.model(&step)?.to_bytes()?)?;
        }
        let scene = Scene {
            recording: &recording,
            data: &data,
            recipe: &recipe,
            names: &names,
            step: &step,
            condition: condition.as_ref(),
            shown: &shown,
        };
        if self.json {
            return output.result(&as_json::scene(&scene, self.save.as_deref())?);
        }
        output.result(&as_text::scene(&scene, output))?;
        self.hint(&scene, output);
        Ok(())
    }

    fn is_overview(&self) -> bool {
        self.at.is_none() && self.epoch.is_none() && self.when.is_none() && self.show.is_empty() && self.save.is_none()
    }

    fn overview(&self, recording: &Recording, recipe: &Recipe, output: &Output) -> Result<()> {
        if self.json {
            return output.result(&as_json::overview(recording, recipe)?);
        }
        output.result(&as_text::overview(recording, recipe, output))?;
        let path = self.recording.display();
        let place = match recording.last_step() {
            Some(_) => "end".to_owned(),
            None => recording.steps().next_back().unwrap_or(0).to_string(),
        };
        output.hint(&format!(
            "\nnext:\n  clione replay {path} --at {place}\n  clione replay {path} --when 'gradient_norm > 10'\n"
        ));
        Ok(())
    }

    /// The number of the step to go to, or where a search begins; nothing for the last or the best one. Fails when its epoch has
    /// fewer steps.
    fn place(&self, replay: &replay::Replay<'_>) -> Result<Option<u64>> {
        let steps = replay.recipe.fit.steps_per_epoch(replay.training.rows());
        Ok(match (self.epoch, self.at) {
            (Some(epoch), _) => Some(epoch as u64 * steps as u64),
            (None, Some(Place::Step(step))) => Some(step),
            (None, Some(Place::InEpoch(epoch, step))) if step > steps => {
                let all = counted(steps, Quantity::Step.name());
                return Err(Error::usage(format!("--at {epoch}:{step}: epoch {epoch} has {all}"))
                    .remedy(format!("--at {epoch}:{steps}")));
            }
            (None, Some(Place::InEpoch(epoch, step))) => Some((epoch as u64 - 1) * steps as u64 + step as u64),
            (None, Some(Place::End | Place::Best) | None) => None,
        })
    }

    /// The step at which a condition holds; fails (as a gate) where there is none.
    fn search(&self, replay: &replay::Replay<'_>, condition: &Condition) -> Result<Step> {
        let place = match self.at {
            Some(Place::Best) => Some(best(replay)?.number),
            _ => self.place(replay)?,
        };
        let search = match (self.last, place) {
            (true, _) => replay.last(condition, place)?,
            (false, None) if self.at == Some(Place::End) => replay.first(condition, replay.end()?.number - 1)?,
            (false, _) => replay.first(condition, place.unwrap_or(1).saturating_sub(1))?,
        };
        let Search { found, looked_at, nearest } = search;
        found.ok_or_else(|| {
            let Some((first, last)) = looked_at.map(|(first, last)| (grouped(first as usize), grouped(last as usize)))
            else {
                return Error::gate(format!("{condition}: no step was looked at; the run ends before"));
            };
            let error = Error::gate(format!("{condition}: at no step from {first} to {last}"));
            match nearest {
                Some((step, value)) => {
                    let (name, step) = (condition.name(), grouped(step as usize));
                    error.note(format!("nearest: {name} is {} at step {step}", numbers::figure(value)))
                }
                None => error.note(format!("{} was measured at none of them", condition.name())),
            }
        })
    }

    /// Says where to go from here.
    fn hint(&self, scene: &Scene<'_>, output: &Output) {
        let path = self.recording.display();
        if let Some(saved) = &self.save {
            let saved = saved.display();
            output.hint(&format!("\nwritten to {saved}; next:\n  clione predict {saved} FILE\n"));
        } else if scene.shown.is_empty()
            && let Some((name, _)) = scene.names.parameters.first()
        {
            let layer = name.split('.').next().unwrap_or(name);
            let number = scene.step.number;
            output.hint(&format!("\nnext:\n  clione replay {path} --at {number} --show {layer}\n"));
        }
    }
}

/// Says so when all steps from the last checkpoint to the end of the run have yet to be computed, which may take as long as it took.
fn warn_of_missing_end(recording: &Recording, output: &Output) {
    if recording.last_step().is_none() {
        let last = recording.steps().next_back().unwrap_or(0);
        output.warning(&format!(
            "{}: its end was not recorded: all steps after {} are computed now; --at {last} needs none of them",
            recording.source(),
            grouped(last as usize)
        ));
    }
}

/// The step whose parameters the model has that was kept; fails where that is simply the last one.
fn best(replay: &replay::Replay<'_>) -> Result<Step> {
    let missing =
        || Error::usage("--at best: the run kept no best epoch: the model is that of its end").remedy("--at end");
    replay.best()?.ok_or_else(missing)
}

/// The error with what to do when the table is no longer where it was, or no longer what it was.
fn moved(error: Error, table: Option<&Path>) -> Error {
    match table {
        Some(_) => error.note("the run was recorded with this table as it was then").remedy("--data FILE"),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_named_by_its_number_its_epoch_or_as_the_last() {
        let read = |text: &str| text.parse::<Place>().ok();
        assert_eq!(read(" 742"), Some(Place::Step(742)));
        assert_eq!(read("19:22"), Some(Place::InEpoch(19, 22)));
        assert_eq!((read("end"), read("best")), (Some(Place::End), Some(Place::Best)));
        for text in ["", "-1", "0:3", "3:0", "1:2:3", "last", "1.5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
