//! A recorded run as a film: any step of it, forwards or backwards, with every number that it had.
//!
//! Nothing is looked up: the steps between the last checkpoint and the one that is asked for are taken again, by the very code
//! that trained, so what is seen cannot differ from what was.

pub mod condition;
pub mod names;

use self::condition::Condition;
use self::names::Names;
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::shape::Shape;
use crate::data::dataset::Dataset;
use crate::data::findings::grouped;
use crate::train::file::{Recording, SavedModel, Source};
use crate::train::fit::Next;
use crate::train::history::Epoch;
use crate::train::recipe::Recipe;
use crate::train::session::{LayerOutput, Moment};
use std::path::Path;

/// A recording together with what it was made from.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::replay::{Replay, condition::Condition};
/// use clione::train::{file::Recording, recording::{Recorder, Spacing}};
/// let table = Table::from_bytes("x.csv", b"x,y\n0,1\n1,3\n2,5\n3,7\n4,9\n".to_vec(), &ReadOptions::default())?;
/// let recipe = Recipe { layers: vec![8], fit: Fit { epochs: 50, ..Fit::default() }, ..Recipe::default() };
/// let prepared = prepare(&table, &recipe.choices, 0.0, &Rng::new(0))?;
/// let (source, training) = (Source::Table(prepared.preprocessing), prepared.training);
/// # let folder = std::env::temp_dir().join(format!("clione-see-replay-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let path = folder.join("x.run");
/// let mut recorder = Recorder::begin(&path, Spacing::Steps(10), false, &recipe.beginning(&source, &training, None)?)?;
/// recipe.train_from(None, source.clone(), &training, None, &mut |moment| recorder.after(moment).map(|()| Next::Continue))?;
///
/// let recording = Recording::open(&path)?;
/// let (recipe, source, training) = (&recipe, &source, &training);
/// let replay = Replay { recording: &recording, recipe, source, training, validation: None, has_outputs: false };
/// let step = replay.at(42)?;
/// assert_eq!((step.epoch, step.origin.step, step.parameters[0].name.as_str()), (42, 40, "hidden1.weights"));
/// let low = replay.first(&Condition::parse("loss < 0.5", &replay.names()?)?, 0)?;
/// assert!(low.found.is_none_or(|step| step.taken.is_some_and(|taken| taken.loss < 0.5)));
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Replay<'a> {
    /// The recording.
    pub recording: &'a Recording,
    /// The recipe of the run.
    pub recipe: &'a Recipe,
    /// How the rows were prepared.
    pub source: &'a Source,
    /// The rows that it learned from.
    pub training: &'a Dataset,
    /// The rows that it was watched by.
    pub validation: Option<&'a Dataset>,
    /// Whether what layers gave is worked out too.
    pub has_outputs: bool,
}

/// A moment of a run.
#[derive(Clone, Debug)]
pub struct Step {
    /// How many steps of the run are done, over all epochs; 0 is before the first.
    pub number: u64,
    /// The epoch that the last of them belongs to; 0 before the first.
    pub epoch: usize,
    /// Its number in this epoch.
    pub step: usize,
    /// How many steps an epoch has.
    pub steps_per_epoch: usize,
    /// How the last of them went; nothing before the first.
    pub taken: Option<Taken>,
    /// All parameters.
    pub parameters: Vec<Parameter>,
    /// Which checkpoint led here.
    pub origin: Origin,
    /// After how many epochs these parameters were the best, where they were asked for as such.
    pub kept_after: Option<usize>,
}

/// The checkpoint that steps are taken again from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// After which step it was made.
    pub step: u64,
    /// What is wrong with later ones that would have been nearer.
    pub passed_over: Vec<String>,
}

/// How a step went.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// Its loss: of the parameters before it; of those after it where the optimizer sees all rows.
    pub loss: f64,
    /// The learning rate.
    pub learning_rate: f64,
    /// Its rows, by their numbers in the data set.
    pub rows: Vec<u32>,
    /// What was measured, where it was the last step of an epoch.
    pub ended: Option<Epoch>,
    /// Whether it was the last of the run.
    pub is_last: bool,
    /// The epoch with the lowest validation loss so far, unless the last one is kept.
    pub best_epoch: Option<usize>,
    /// What each layer gave for its rows, where that was asked for.
    pub outputs: Vec<LayerOutput>,
}

/// A parameter after a step, and what the step did to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// Its numbers after the step.
    pub numbers: Vec<f64>,
    /// What moved them; nothing before the first step.
    pub moved: Option<Moved>,
}

/// What moved a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Its numbers before the step.
    pub before: Vec<f64>,
    /// dL/dw of the rows of the step, before clipping.
    pub gradients: Vec<f64>,
}

impl Parameter {
    /// What the step added to the numbers; nothing before the first one.
    pub fn updates(&self) -> Option<Vec<f64>> {
        let moved = self.moved.as_ref()?;
        Some(self.numbers.iter().zip(&moved.before).map(|(after, before)| after - before).collect())
    }
}

/// Some numbers in short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, as of a whole population.
    pub standard_deviation: f64,
    /// The smallest.
    pub smallest: f64,
    /// The largest.
    pub largest: f64,
    /// √Σx²
    pub norm: f64,
}

impl Spread {
    /// The spread of some numbers; not a number where there are none.
    ///
    /// ```
    /// use clione::see::replay::Spread;
    /// let spread = Spread::of(&[1.0, 7.0]);
    /// assert_eq!((spread.mean, spread.standard_deviation, spread.norm), (4.0, 3.0, 50f64.sqrt()));
    /// ```
    pub fn of(numbers: &[f64]) -> Self {
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (number - mean) * (number - mean)).sum();
        Spread {
            mean,
            standard_deviation: (squares / count).sqrt(),
            smallest: numbers.iter().copied().fold(f64::INFINITY, f64::min),
            largest: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            norm: norm(numbers),
        }
    }
}

/// √Σx²
pub fn norm(numbers: &[f64]) -> f64 {
    numbers.iter().map(|number| number * number).sum::<f64>().sqrt()
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct Search {
    /// The step, if there is one.
    pub found: Option<Step>,
    /// The first and the last step that were looked at, if there were any.
    pub looked_at: Option<(u64, u64)>,
    /// The step that came nearest where none was found, and its value.
    pub nearest: Option<(u64, f64)>,
}

impl Step {
    /// The state before the first step.
    fn beginning(replay: &Replay<'_>) -> Result<Step> {
        let (step, checkpoint, passed_over) = replay.recording.before(0)?;
        let whole = |(name, shape, numbers)| Parameter { name, shape, numbers, moved: None };
        Ok(Step {
            number: 0,
            epoch: 0,
            step: 0,
            steps_per_epoch: replay.recipe.fit.steps_per_epoch(replay.training.rows()),
            taken: None,
            parameters: checkpoint.parameters()?.into_iter().map(whole).collect(),
            origin: Origin { step, passed_over },
            kept_after: None,
        })
    }

    fn of(moment: &Moment<'_>, has_outputs: bool, origin: Origin) -> Step {
        let inside = moment.inside().expect("a replay is traced");
        let (before, gradients, after) = (inside.before(), inside.gradients(), inside.parameters());
        let part = |numbers: &[f64], range: &std::ops::Range<usize>| numbers[range.clone()].to_vec();
        let parameters = inside.specs().iter().map(|spec| {
            let range = spec.range();
            let moved = Moved { before: part(&before, &range), gradients: part(&gradients, &range) };
            let numbers = part(&after, &range);
            Parameter { name: spec.name.clone(), shape: spec.shape, numbers, moved: Some(moved) }
        });
        Step {
            number: moment.number(),
            epoch: moment.epoch,
            step: moment.step,
            steps_per_epoch: moment.steps_per_epoch,
            parameters: parameters.collect(),
            taken: Some(Taken {
                loss: moment.loss,
                learning_rate: moment.learning_rate,
                rows: inside.rows().to_vec(),
                ended: moment.ended,
                is_last: moment.is_last,
                best_epoch: moment.best_epoch,
                outputs: if has_outputs { inside.outputs() } else { Vec::new() },
            }),
            origin,
            kept_after: None,
        }
    }

    /// How many epochs have ended.
    pub fn epochs_ended(&self) -> usize {
        match &self.taken {
            Some(taken) if taken.ended.is_none() => self.epoch - 1,
            _ => self.epoch,
        }
    }
}

impl Replay<'_> {
    /// Everything in the network that has a name. Fails when its layers do not fit each other.
    pub fn names(&self) -> Result<Names> {
        Names::of(&self.recipe.network(self.source.example(), self.training.targets())?)
    }

    /// The state after so many steps; 0 is before the first.
    ///
    /// Fails when the run had fewer steps, when the data are not those that were recorded, and where the run itself failed.
    pub fn at(&self, number: u64) -> Result<Step> {
        if number == 0 {
            return Step::beginning(self);
        }
        let mut found = None;
        let last = self.walk(number - 1, &mut |moment, origin| {
            if moment.number() == number {
                found = Some(Step::of(moment, self.has_outputs, origin.clone()));
            }
            Ok(if found.is_some() { Next::Stop } else { Next::Continue })
        })?;
        found.ok_or_else(|| {
            let [number, last] = [number, last].map(|step| grouped(step as usize));
            Error::usage(format!("step {number}: the run ends after step {last}")).remedy("--at end")
        })
    }

    /// The state after the last step of the run.
    pub fn end(&self) -> Result<Step> {
        if let Some(last) = self.recording.last_step() {
            return self.at(last);
        }
        let mut found = None;
        let before = self.recording.steps().next_back().unwrap_or(0);
        self.walk(before, &mut |moment, origin| {
            if moment.is_last {
                found = Some(Step::of(moment, self.has_outputs, origin.clone()));
            }
            Ok(Next::Continue)
        })?;
        // A checkpoint after the last step leaves nothing to take.
        found.map_or_else(|| self.at(before), Ok)
    }

    /// The state after the epoch with the lowest validation loss, which is that of the model that was kept; nothing where it
    /// did not watch.
    pub fn best(&self) -> Result<Option<Step>> {
        let end = self.end()?;
        let Some(epoch) = end.taken.as_ref().and_then(|taken| taken.best_epoch) else { return Ok(None) };
        let step = self.at(epoch as u64 * end.steps_per_epoch as u64)?;
        Ok(Some(Step { kept_after: Some(end.epochs_ended()), ..step }))
    }

    /// The first step after `after` at which a condition holds.
    pub fn first(&self, condition: &Condition, after: u64) -> Result<Search> {
        let mut search = Search { found: None, looked_at: None, nearest: None };
        self.walk(after, &mut |moment, origin| {
            if moment.number() > after && search.looks_at(moment, condition) {
                search.found = Some(Step::of(moment, self.has_outputs, origin.clone()));
                return Ok(Next::Stop);
            }
            Ok(Next::Continue)
        })?;
        Ok(search)
    }

    /// The last step up to `up_to` (of all where nothing is said) at which a condition holds: stretches between two checkpoints
    /// are looked at from the last one back.
    pub fn last(&self, condition: &Condition, up_to: Option<u64>) -> Result<Search> {
        let mut search = Search { found: None, looked_at: None, nearest: None };
        let mut end = up_to.unwrap_or(u64::MAX);
        for start in self.recording.steps().rev().collect::<Vec<_>>() {
            let mut last = None;
            if start < end {
                self.walk(start, &mut |moment, _| {
                    let number = moment.number();
                    if number > start && number <= end && search.looks_at(moment, condition) {
                        last = Some(number);
                    }
                    Ok(if number >= end { Next::Stop } else { Next::Continue })
                })?;
                end = start;
            }
            if let Some(number) = last {
                search.found = Some(self.at(number)?);
                break;
            }
        }
        Ok(search)
    }

    /// Takes the steps again that follow the last checkpoint at or before `after`, with where they come from; says how many
    /// steps the run had then.
    fn walk(&self, after: u64, watch: &mut dyn FnMut(&Moment<'_>, &Origin) -> Result<Next>) -> Result<u64> {
        let (step, checkpoint, passed_over) = self.recording.before(after)?;
        let (origin, mut last) = (Origin { step, passed_over }, step);
        let Replay { recipe, source, training, validation, .. } = self;
        let named = |error: Error| match (error.kind(), &recipe.files.table) {
            (ErrorKind::Data, Some(table)) => other_table(table, &error),
            _ => error.in_file(self.recording.source()),
        };
        recipe
            .replay(&checkpoint, source, training, *validation, &mut |moment| {
                last = moment.number();
                watch(moment, &origin)
            })
            .map_err(named)?;
        Ok(last)
    }

    /// The model as it was at a step, measured on the rows that the run was watched by.
    pub fn model(&self, step: &Step) -> Result<SavedModel> {
        let parameters: Vec<f64> = step.parameters.iter().flat_map(|parameter| parameter.numbers.clone()).collect();
        let epochs = match step.kept_after {
            Some(all) => (all, Some(step.epoch)),
            None => (step.epochs_ended(), None),
        };
        self.recipe.model_with(&parameters, epochs, self.source.clone(), self.training, self.validation)
    }
}

/// The error of a table that is not the one of the run.
fn other_table(table: &Path, error: &Error) -> Error {
    let found = Error::data(format!("{}: is not the table that was recorded", table.display()));
    error.notes().iter().fold(found, Error::note).remedy("--data FILE")
}

impl Search {
    /// Whether the condition holds at a step; takes note of it.
    fn looks_at(&mut self, moment: &Moment<'_>, condition: &Condition) -> bool {
        let number = moment.number();
        let (first, last) = self.looked_at.unwrap_or((number, number));
        self.looked_at = Some((first.min(number), last.max(number)));
        let Some(value) = condition.value(moment) else { return false };
        if self.nearest.is_none_or(|(_, nearest)| condition.is_nearer(value, nearest)) {
            self.nearest = Some((number, value));
        }
        condition.holds(value)
    }
}
