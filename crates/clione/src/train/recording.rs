//! Recording a run: sparse checkpoints, from which every step can be taken again with the very bits.
//!
//! Nothing of a step has to be written down, for a step follows from the one before it. Going to step k takes the last checkpoint
//! before it and the steps between the two, forwards and backwards alike.

use super::file::{Ending, RecordingFile};
use super::session::Moment;
use crate::base::error::Result;
use std::path::Path;

/// How many rows pass through the network between two checkpoints at first, unless something else is said: a checkpoint of a
/// small network costs about as much as a thousand rows, one of a large network less.
const ROWS_BETWEEN: usize = 65_536;

/// The most checkpoints of a recording; fewer where they would be more than so many bytes, but never fewer than this.
const MOST: usize = 64;
const MOST_BYTES: usize = 256 << 20;
const FEWEST: usize = 8;

/// How far the checkpoints of a recording lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// As is usual for steps of so many rows; where they become too many, every second one goes.
    Usual {
        /// The rows of one step.
        rows_of_step: usize,
    },
    /// By so many steps, however many there are.
    Steps(u64),
}

impl Spacing {
    /// The number of steps between two checkpoints at first.
    ///
    /// ```
    /// use clione::train::recording::Spacing;
    /// assert_eq!([32, 10_000].map(|rows_of_step| Spacing::Usual { rows_of_step }.steps()), [2048, 7]);
    /// ```
    pub fn steps(self) -> u64 {
        match self {
            Spacing::Usual { rows_of_step } => ROWS_BETWEEN.div_ceil(rows_of_step.max(1)) as u64,
            Spacing::Steps(steps) => steps.max(1),
        }
    }
}

/// Writes the recording of a run while it trains; no number of the run depends on it.
///
/// There is a checkpoint after every so many steps. When there are more than 64, every second one goes, and from then on there
/// are twice as many steps between two: of n steps, at most n/32 lie between two, and the disk that a recording takes has a
/// bound.
///
/// ```
/// use clione::prelude::*;
/// use clione::train::file::Recording;
/// use clione::train::recording::{Recorder, Spacing};
/// use clione::train::session::Start;
/// let data = Dataset::from_rows(&[[0.0], [1.0], [2.0], [3.0]], &[[1.0], [3.0], [5.0], [7.0]]);
/// let mut model = Model::<f32>::new(Network::new([1]).add(Dense::new(1)), 0)?;
/// let fit = Fit { epochs: 100, ..Fit::default() };
/// # let folder = std::env::temp_dir().join(format!("clione-recorder-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let path = folder.join("line.run");
/// let beginning = fit.beginning(&mut model, &data, None, None)?;
/// let mut recorder = Recorder::begin(&path, Spacing::Steps(30), false, &beginning)?;
/// fit.run_from(&mut model, &data, None, Start::default(), &mut |moment| {
///     recorder.after(moment)?;
///     Ok(Next::Continue)
/// })?;
/// let recording = Recording::open(&path)?;
/// assert_eq!(recording.steps().collect::<Vec<_>>(), [0, 30, 60, 90]);
/// assert_eq!(recording.last_step(), Some(100));
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Recorder {
    file: RecordingFile,
    every: u64,
    /// The most checkpoints; no limit where somebody said how far they lie apart.
    most: Option<usize>,
}

impl Recorder {
    /// Begins a recording. `beginning` is the checkpoint of the run before its first step.
    ///
    /// Fails when the file cannot be written, or is there already, unless `may_replace`.
    pub fn begin(path: &Path, spacing: Spacing, may_replace: bool, beginning: &[u8]) -> Result<Self> {
        Ok(Recorder::of(RecordingFile::begin(path, may_replace, beginning)?, spacing, beginning))
    }

    /// Goes on with the recording of a run that was interrupted, or begins it where there is none.
    ///
    /// Fails when the file is the recording of another run.
    pub fn resume(path: &Path, spacing: Spacing, beginning: &[u8]) -> Result<Self> {
        match RecordingFile::resume(path, beginning)? {
            Some(file) => {
                let mut recorder = Recorder::of(file, spacing, beginning);
                // A run may be killed between a checkpoint too many and the thinning out that follows.
                recorder.thin_out()?;
                Ok(recorder)
            }
            None => Recorder::begin(path, spacing, false, beginning),
        }
    }

    fn of(file: RecordingFile, spacing: Spacing, beginning: &[u8]) -> Self {
        match spacing {
            Spacing::Steps(_) => Recorder { file, every: spacing.steps(), most: None },
            Spacing::Usual { .. } => {
                // A recording that goes on may have been thinned out already.
                let steps: Vec<u64> = file.steps().collect();
                let nearest = steps.windows(2).map(|two| two[1] - two[0]).min();
                let most = (MOST_BYTES / beginning.len().max(1)).clamp(FEWEST, MOST);
                Recorder { file, every: nearest.unwrap_or(spacing.steps()), most: Some(most) }
            }
        }
    }

    /// Where the recording is.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Records a step, where a checkpoint is due after it. Fails when the disk does; all that was recorded stays.
    pub fn after(&mut self, moment: &Moment<'_>) -> Result<()> {
        let step = moment.number();
        let is_new = self.file.steps().next_back().is_none_or(|last| last < step);
        if is_new && step.is_multiple_of(self.every) {
            self.file.append(step, &moment.checkpoint()?)?;
            self.thin_out()?;
        }
        if !moment.is_last {
            return Ok(());
        }
        let last_of = |epoch: usize| epoch as u64 * moment.steps_per_epoch as u64;
        self.file.end(Ending { last_step: step, best: moment.best_epoch.map(|epoch| (epoch, last_of(epoch))) })
    }

    /// Where there are too many checkpoints, every second one goes.
    fn thin_out(&mut self) -> Result<()> {
        if self.most.is_some_and(|most| self.file.steps().len() > most) {
            let every = 2 * self.every;
            self.file.keep(|step| step.is_multiple_of(every))?;
            self.every = every;
        }
        Ok(())
    }

    /// The last step that a checkpoint was made after.
    pub fn last_kept(&self) -> u64 {
        self.file.steps().next_back().unwrap_or(0)
    }

    /// Gives room back to a disk that is full, and loses no step by that; says whether there was any to give.
    pub fn give_room(&mut self) -> Result<bool> {
        self.file.give_room()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::file::Recording;
    use std::{env, fs, process};

    #[test]
    fn a_recording_that_was_killed_before_it_was_thinned_out_is_thinned_out_when_it_goes_on() {
        let path = env::temp_dir().join(format!("clione-thinned-{}", process::id()));
        let spacing = Spacing::Usual { rows_of_step: ROWS_BETWEEN };
        let mut file = RecordingFile::begin(&path, true, b"zero").expect("the disk is not full");
        (1..=MOST as u64).for_each(|step| file.append(step, b"more").expect("the disk is not full"));
        drop(file);
        let recorder = Recorder::resume(&path, spacing, b"zero").expect("the same run");
        let found = Recording::open(&path).expect("it is a recording");
        assert_eq!(found.steps().collect::<Vec<_>>(), (0..=MOST as u64).step_by(2).collect::<Vec<_>>());
        assert_eq!((recorder.every, recorder.last_kept()), (2, MOST as u64));
        fs::remove_file(path).expect("the file is ours");
    }
}
