//! Keeping a run while it trains: where its checkpoints are, when one is due, and what an interruption leaves.

use super::interruption::Interruption;
use crate::output::Output;
use clap::Args;
use clione::base::error::{Error, ErrorKind, Result};
use clione::base::words::shell_word;
use clione::data::findings::counted;
use clione::train::file::{Checkpoint, CheckpointFile};
use clione::train::fit::Next;
use clione::train::session::Moment;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a run is kept unless something else is said.
const USUAL: Every = Every::Time(Duration::from_secs(60));

/// At most about one part in so many of the time goes into keeping, unless something else is said.
const SHARE: u32 = 20;

/// A shorter run is not kept at its end: to repeat it costs no more than to explain where it is kept.
const WORTH_KEEPING: Duration = Duration::from_secs(5);

/// What the name of a checkpoint ends with.
const ENDING: &str = "checkpoint";

#[derive(Args)]
#[command(next_help_heading = "Long runs")]
pub struct KeepingFlags {
    /// Where the run is kept while it trains [default: OUTPUT.checkpoint]
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// How often it is kept: 30s, 5m, 2h or 10epochs [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = every)]
    checkpoint_every: Option<Every>,

    /// Go on with a run that was interrupted; FILE may be its checkpoint, which knows all else
    #[arg(long)]
    pub resume: bool,
}

/// How often something is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Every {
    /// After so much time.
    Time(Duration),
    /// After so many epochs.
    Epochs(usize),
}

/// Reads `30s`, `5m`, `2h`, `10epochs`, or a number of seconds.
fn every(text: &str) -> std::result::Result<Every, String> {
    let wrong = || "expected a time as 30s, 5m or 2h, or a number of epochs as 10epochs".to_owned();
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let seconds = match unit {
        "epochs" | "epoch" => {
            let epochs = number.trim().parse().ok().filter(|&epochs: &usize| epochs > 0);
            return epochs.map(Every::Epochs).ok_or_else(wrong);
        }
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds).map(Every::Time).map_err(|_| wrong())
}

/// The place of a checkpoint that was given instead of a table.
pub fn checkpoint_in_place_of_table(file: Option<&Path>, flags: &KeepingFlags) -> Option<PathBuf> {
    let file = file.filter(|_| flags.resume)?;
    let is_named_so = file.extension().is_some_and(|ending| ending == ENDING);
    let mut start = [0; 9];
    let mut begins_so =
        || File::open(file).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start[8] == b'{';
    (is_named_so || begins_so()).then(|| file.to_owned())
}

impl KeepingFlags {
    /// Where a run is kept: in the checkpoint that was `given` instead of a table, where a flag says, or beside its model.
    pub fn place(&self, given: Option<&Path>, model: Option<&Path>) -> Option<PathBuf> {
        given.map(Path::to_owned).or_else(|| self.checkpoint.clone()).or_else(|| usual_place(model))
    }
}

/// The model that a checkpoint belongs to by its name.
pub fn output_of(checkpoint: &Path) -> Option<PathBuf> {
    checkpoint.extension().is_some_and(|ending| ending == ENDING).then(|| checkpoint.with_extension(""))
}

/// Keeps a run.
pub struct Keeping<'a> {
    output: &'a Output,
    file: Option<CheckpointFile>,
    every: Option<Every>,
    /// Listens while training runs.
    interruption: Option<Interruption>,
    started: Instant,
    /// When it was kept last, and how long that took.
    last: Instant,
    cost: Duration,
    /// Whether there is a checkpoint of this run on disk.
    has_kept: bool,
    /// Whether the model takes the place of another one.
    replaces: bool,
}

impl<'a> Keeping<'a> {
    /// Finds the place, and what is to be gone on from there.
    ///
    /// `given` is a checkpoint that was given instead of a table, `model` is where the result goes.
    ///
    /// Fails when the place holds a run that nobody asked to go on with, or a damaged one.
    pub fn begin(
        flags: &KeepingFlags,
        given: Option<&Path>,
        model: Option<&Path>,
        may_replace: bool,
        output: &'a Output,
    ) -> Result<(Self, Option<Checkpoint>)> {
        let place = flags.place(given, model);
        if flags.resume && place.is_none() {
            return Err(Error::usage("--resume: which run? neither --output nor --checkpoint says where it is kept"));
        }
        let (mut file, mut checkpoint) = (None, None);
        if let Some(place) = place {
            if flags.resume {
                if let Some((found, from)) = CheckpointFile::resume(&place)? {
                    if let Some(warning) = from.warning {
                        output.warning(&warning);
                    }
                    output.hint(&format!(
                        "goes on from {}, after {}\n",
                        place.display(),
                        counted(from.checkpoint.epoch, "epoch")
                    ));
                    (file, checkpoint) = (Some(found), Some(from.checkpoint));
                } else {
                    output.hint(&format!("{}: no checkpoint: the run begins anew\n", place.display()));
                }
            }
            if file.is_none() {
                file = Some(CheckpointFile::begin(&place, may_replace)?);
            }
        }
        let (now, has_kept) = (Instant::now(), checkpoint.is_some());
        let keeping = Keeping {
            output,
            file,
            every: flags.checkpoint_every,
            interruption: None,
            started: now,
            last: now,
            cost: Duration::ZERO,
            has_kept,
            replaces: may_replace && model.is_some_and(Path::exists),
        };
        Ok((keeping, checkpoint))
    }

    /// Training begins: from now on it is looked whether somebody has asked for an end.
    pub fn start(&mut self, interruption: Interruption) {
        self.interruption = Some(interruption);
        (self.started, self.last) = (Instant::now(), Instant::now());
    }

    /// Keeps the run when that is due; says to go on, or to pause when somebody asked for an end.
    ///
    /// A disk that is full for a while does not end a run, but an interrupted run that cannot be kept is an error.
    pub fn after(&mut self, moment: &Moment<'_>) -> Result<Next> {
        if self.interruption.as_ref().is_some_and(Interruption::is_asked) {
            self.keep(moment).map_err(|error| error.note("the run was interrupted, and this moment of it is lost"))?;
            return Ok(Next::Pause);
        }
        let is_due = match self.every.unwrap_or(USUAL) {
            Every::Time(time) => {
                let least = if self.every.is_none() { self.cost * SHARE } else { Duration::ZERO };
                self.last.elapsed() >= time.max(least)
            }
            Every::Epochs(epochs) => moment.ended.is_some_and(|epoch| epoch.number.is_multiple_of(epochs)),
        };
        // Should the model not reach the disk, the run does not begin anew.
        let is_end = moment.is_last && (self.has_kept || self.started.elapsed() > WORTH_KEEPING);
        if (is_due || is_end)
            && let Err(error) = self.keep(moment)
        {
            self.output.end_of_progress();
            self.output.warning(&format!("the run goes on, but is not kept: {}", error.headline()));
        }
        Ok(Next::Continue)
    }

    fn keep(&mut self, moment: &Moment<'_>) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let begun = Instant::now();
        let saved = moment.checkpoint().and_then(|bytes| file.save(&bytes));
        self.last = Instant::now();
        self.cost = self.last - begun;
        self.has_kept |= saved.is_ok();
        saved
    }

    /// What is to be said of an error that ended the run: where it is kept, and how it goes on with what was `recorded`.
    pub fn explain(self, error: Error, recorded: Option<&Path>) -> Error {
        match (error.kind(), &self.file) {
            (ErrorKind::Interrupted, None) => error.note("nothing was kept; --output or --checkpoint would keep it"),
            // It would diverge again.
            (ErrorKind::Diverged, Some(_)) => {
                self.end();
                error
            }
            _ => self.with_remedy(error, recorded),
        }
    }

    /// The error with how to go on, where the run is kept.
    fn with_remedy(&self, error: Error, recorded: Option<&Path>) -> Error {
        match &self.file {
            Some(file) if self.has_kept => {
                let word = |path: &Path| shell_word(&path.display().to_string());
                let error = error.note(format!("the run is kept in {}", file.path().display()));
                let force = if self.replaces { " --force" } else { "" };
                let command = format!("clione train --resume {}{force}", word(file.path()));
                match recorded {
                    Some(recorded) => error
                        .note("its recording goes on only where --record names it again")
                        .remedy(format!("{command} --record {}", word(recorded))),
                    None => error.remedy(command),
                }
            }
            _ => error,
        }
    }

    /// Removes what was kept of a run that has ended.
    pub fn end(self) {
        if let Some(file) = self.file
            && let Err(error) = file.remove()
        {
            self.output.warning(error.headline());
        }
    }
}

/// Beside the model; nowhere where the model goes into a device or a pipe.
fn usual_place(model: Option<&Path>) -> Option<PathBuf> {
    let model = model.filter(|model| fs::metadata(model).map_or(true, |found| found.is_file()))?;
    let mut name = model.as_os_str().to_owned();
    name.push(".");
    name.push(ENDING);
    Some(PathBuf::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_is_a_time_or_a_number_of_epochs() {
        for (text, seconds) in [("30", 30.0), ("0.5s", 0.5), ("5m", 300.0), ("2h", 7200.0), ("0", 0.0)] {
            assert_eq!(every(text), Ok(Every::Time(Duration::from_secs_f64(seconds))), "{text}");
        }
        assert_eq!((every("10epochs"), every("1 epoch")), (Ok(Every::Epochs(10)), Ok(Every::Epochs(1))));
        for text in ["", "s", "-1", "0epochs", "5 days", "1e400", "NaN", "fast"] {
            assert!(every(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_checkpoint_stands_beside_its_model_and_knows_it_by_its_name() {
        let place = usual_place(Some(Path::new("models/iris.clione"))).expect("a file");
        assert_eq!(place, Path::new("models/iris.clione.checkpoint"));
        assert_eq!(output_of(&place).expect("a model"), Path::new("models/iris.clione"));
        assert_eq!((output_of(Path::new("kept")), usual_place(None)), (None, None));
    }
}
