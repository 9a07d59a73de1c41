//! Recording a run while it trains: where to, and what becomes of both when the disk is full.

use super::data::Data;
use crate::output::Output;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::data::findings::grouped;
use clione::prelude::*;
use clione::train::file::{Lock, RecordingFile};
use clione::train::recording::{Recorder, Spacing};
use clione::train::session::Moment;
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(next_help_heading = "Recording")]
pub struct RecordingFlags {
    /// Record the run as well: clione replay FILE goes to any step of it
    #[arg(long, value_name = "FILE", conflicts_with = "find_learning_rate")]
    record: Option<PathBuf>,

    /// How many steps lie between two checkpoints of the recording [default: some, at most 64 checkpoints]
    #[arg(long, value_name = "STEPS", requires = "record", value_parser = steps)]
    record_every: Option<u64>,
}

fn steps(text: &str) -> std::result::Result<u64, String> {
    let number = text.trim().replace('_', "").parse().ok().filter(|&steps: &u64| steps > 0);
    number.ok_or_else(|| "expected a number of steps, at least 1".to_owned())
}

impl RecordingFlags {
    /// Where the run is recorded, if it is.
    pub fn path(&self) -> Option<&Path> {
        self.record.as_deref()
    }

    /// Fails when the recording cannot be written, would take the place of the model, or is another run's. As long as the lock
    /// lives, no other run records there.
    pub fn check(&self, model: Option<&Path>, may_replace: bool) -> Result<Option<Lock>> {
        let Some(path) = self.path() else { return Ok(None) };
        if model == Some(path) {
            return Err(Error::usage(format!("--record {}: is where the model is written", path.display()))
                .remedy(format!("--record {}", path.with_extension("run").display())));
        }
        RecordingFile::check(path, may_replace)
    }

    /// Begins the recording of a run, or goes on with it when the run `resumes`. A disk that is full does not end the run.
    ///
    /// Fails when what is to be gone on with is the recording of another run, unless that may be replaced.
    pub fn begin<'a>(
        &self,
        recipe: &Recipe,
        data: &Data,
        (resumes, may_replace): (bool, bool),
        output: &'a Output,
    ) -> Result<Recording<'a>> {
        let Some(path) = self.path() else { return Ok(Recording { output, recorder: None, failure: None }) };
        let beginning = recipe.beginning(&data.source, &data.training, data.validation.as_ref())?;
        let spacing = match self.record_every {
            Some(steps) => Spacing::Steps(steps),
            None => Spacing::Usual { rows_of_step: recipe.fit.rows_of_step(data.training.rows()) },
        };
        if resumes && path.exists() {
            match Recorder::resume(path, spacing, &beginning) {
                Ok(recorder) => return Ok(Recording { output, recorder: Some(recorder), failure: None }),
                Err(error) if !may_replace => return Err(error),
                Err(_) => {}
            }
        }
        let begun = Recorder::begin(path, spacing, may_replace, &beginning);
        let (recorder, failure) = match begun {
            Ok(recorder) => (Some(recorder), None),
            Err(error) => (None, Some(format!("the run is not recorded: {}", error.headline()))),
        };
        if let Some(failure) = &failure {
            output.warning(failure);
        }
        Ok(Recording { output, recorder, failure })
    }
}

/// The recording of a run that trains.
pub struct Recording<'a> {
    output: &'a Output,
    recorder: Option<Recorder>,
    /// Why not every step so far is in it, where that is so.
    failure: Option<String>,
}

impl Recording<'_> {
    /// Records a step. A disk that is full does not end the run.
    pub fn after(&mut self, moment: &Moment<'_>) {
        let Some(recorder) = self.recorder.as_mut().filter(|_| self.failure.is_none()) else { return };
        if let Err(error) = recorder.after(moment) {
            self.output.end_of_progress();
            let (last, why) = (grouped(recorder.last_kept() as usize), error.headline().to_owned());
            self.output.warning(&format!(
                "the run goes on, but its recording ends here; up to step {last} it can be read: {why}"
            ));
            self.failure = Some(format!("the recording ends after step {last}: {why}"));
        }
    }

    /// Fails where a run that has ended well was not recorded whole.
    pub fn check_whole(&self, model: Option<&Path>) -> Result<()> {
        let Some(failure) = &self.failure else { return Ok(()) };
        let kept = model.map(|model| format!("the model is whole and written to {}", model.display()));
        let error = Error::io(failure.clone()).remedy("make room, then train again with --record and --force");
        Err(kept.into_iter().fold(error, Error::note))
    }

    /// Gives room back to a disk that has none for the model; says whether there was any to give.
    pub fn give_room(&mut self) -> bool {
        let Some(recorder) = &mut self.recorder else { return false };
        let has_given = recorder.give_room().unwrap_or(false);
        if has_given {
            let path = recorder.path().display();
            self.output.warning(&format!("the disk is full: half the checkpoints of {path} make room for the model"));
        }
        has_given
    }

    /// Whether there is something to be looked at.
    pub fn is_there(&self) -> bool {
        self.recorder.is_some()
    }
}
