//! Checkpoints on disk: the newest in its place, the one before it under another name, and at every moment a whole one.

use super::checkpoint::Checkpoint;
use super::container::{self, CHECKPOINT};
use super::destination::{Destination, cannot_write, sweep, temporary_of};
use super::disk::{Disk, RealDisk, put_in_place, sync_name, write_whole};
use super::lock::Lock;
use crate::base::error::{Error, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The largest checkpoint that is read.
const LARGEST: u64 = 64 << 30;

/// The place of a run's checkpoints.
///
/// A new one is written beside it and synced; then the last one is renamed to `NAME.previous`, and the new one takes its
/// place. Killed between the two, or with the newest one damaged later, a run goes on from the previous one.
#[derive(Debug)]
pub struct CheckpointFile {
    path: PathBuf,
    disk: Box<dyn Disk>,
    /// Whether what stands in the place is a whole checkpoint of this run: only such a one may become the previous one.
    is_newest_whole: bool,
    /// Held until the run ends.
    _lock: Option<Lock>,
}

/// What a run can go on from.
#[derive(Debug)]
pub struct Found {
    /// The newest checkpoint that is whole.
    pub checkpoint: Checkpoint,
    /// What is wrong with the newest one, where this is the one before it.
    pub warning: Option<String>,
}

impl CheckpointFile {
    /// The place for the checkpoints of a new run. Fails when it holds one already, unless `may_replace`, and when another run
    /// keeps itself there: nobody loses a run by starting another one.
    pub fn begin(path: &Path, may_replace: bool) -> Result<Self> {
        CheckpointFile::begin_on(Box::new(RealDisk), path, may_replace)
    }

    /// As [`CheckpointFile::begin`], on another disk.
    pub fn begin_on(disk: Box<dyn Disk>, path: &Path, may_replace: bool) -> Result<Self> {
        let lock = Destination::check(path, true)?.into_lock();
        let previous = previous_of(path);
        if !may_replace && CheckpointFile::is_there(path) {
            return Err(Error::io(format!("{}: holds a run that has not ended", path.display()))
                .note("--force begins anew and gives that run up")
                .remedy("--resume"));
        }
        remove(&previous)?;
        sweep(path);
        Ok(CheckpointFile { path: path.to_owned(), disk, is_newest_whole: false, _lock: lock })
    }

    /// The place of the checkpoints of a run that goes on, and what it goes on from; nothing where there is none.
    ///
    /// Fails when there are checkpoints, but none that is whole, and when another run keeps itself there.
    pub fn resume(path: &Path) -> Result<Option<(Self, Found)>> {
        let lock = Lock::take(path, path)?;
        let Some(found) = CheckpointFile::load(path)? else { return Ok(None) };
        sweep(path);
        let file = CheckpointFile {
            path: path.to_owned(),
            disk: Box::new(RealDisk),
            is_newest_whole: found.warning.is_none(),
            _lock: lock,
        };
        Ok(Some((file, found)))
    }

    /// Whether there are checkpoints in a place, whole or not.
    pub fn is_there(path: &Path) -> bool {
        path.exists() || previous_of(path).exists()
    }

    /// The newest checkpoint in a place that is whole; nothing where there is none. Fails when there are, but none is whole.
    pub fn load(path: &Path) -> Result<Option<Found>> {
        let read = |path: &Path| {
            let contents = container::read_file(&CHECKPOINT, path, LARGEST)?;
            Checkpoint::from_bytes(&contents.source, &contents.bytes)
        };
        let previous = previous_of(path);
        let problem = match (path.exists(), previous.exists()) {
            (false, false) => return Ok(None),
            (false, true) => Error::io(format!("{}: is not there", path.display())),
            (true, _) => match read(path) {
                Ok(checkpoint) => return Ok(Some(Found { checkpoint, warning: None })),
                Err(error) if !previous.exists() => return Err(error),
                Err(error) => error,
            },
        };
        match read(&previous) {
            Ok(checkpoint) => {
                let warning = format!("{}; going on from {} instead", problem.headline(), previous.display());
                Ok(Some(Found { checkpoint, warning: Some(warning) }))
            }
            Err(error) => Err(problem.note(format!("neither can the one before it be used: {}", error.headline()))),
        }
    }

    /// Where the newest checkpoint is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a checkpoint. When this fails, one that is whole is still there.
    pub fn save(&mut self, bytes: &[u8]) -> Result<()> {
        let disk = &*self.disk;
        let failed = |error| cannot_write(&self.path, &error);
        let (temporary, previous) = (temporary_of(&self.path), previous_of(&self.path));
        write_whole(disk, &temporary, &self.path, bytes).map_err(failed)?;
        if self.is_newest_whole {
            match disk.rename(&self.path, &previous) {
                // Somebody has taken the newest one away; there is a new one now.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    let _ = fs::remove_file(&temporary);
                    return Err(failed(error));
                }
                Ok(()) => {}
            }
        }
        if let Err(error) = put_in_place(disk, &temporary, &self.path) {
            if self.is_newest_whole {
                // Where this fails too, the previous one is found by its name.
                self.is_newest_whole = fs::rename(&previous, &self.path).is_ok();
            }
            return Err(failed(error));
        }
        self.is_newest_whole = true;
        sync_name(disk, &self.path).map_err(failed)
    }

    /// Removes the checkpoints of a run that has ended well.
    pub fn remove(self) -> Result<()> {
        // The newest one goes last: it knows that the run has ended, should this be interrupted.
        remove(&previous_of(&self.path))?;
        sweep(&self.path);
        remove(&self.path)
    }
}

/// The name of the checkpoint before the newest one.
fn previous_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".previous");
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::io(format!("{}: cannot be removed: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::plateau::Plateau;
    use crate::train::file::checkpoint::{Fingerprint, Identity, State};
    use crate::train::file::disk::failing::FailingDisk;
    use crate::train::history::Epoch;
    use std::borrow::Cow;
    use std::{env, process};

    /// An empty folder of its own for a test.
    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("clione-checkpoint-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
        names.sort();
        names
    }

    /// The checkpoint of a run of one row that has done so many updates, one in each epoch, and has learned nothing.
    fn bytes(updates: u64) -> Vec<u8> {
        let data = crate::data::dataset::Dataset::from_rows(&[[0.0]], &[[0.0]]);
        let identity = Identity { recipe: "", parameters: &[], training: Fingerprint::of(&data), validation: None };
        let nothing: Cow<'_, [f32]> = Cow::Borrowed(&[]);
        let ended =
            |number| Epoch { number, loss: 0.0, validation_loss: None, validation_metric: None, learning_rate: 0.1 };
        let state = State {
            epoch: updates as usize,
            step: 0,
            epoch_loss: 0.0,
            is_ended: false,
            parameters: nothing.clone(),
            last_good: nothing.clone(),
            memories: vec![nothing.clone(), nothing],
            updates,
            history: (1..=updates as usize).map(ended).collect(),
            best: None,
            plateau: Plateau::default(),
            walk: Vec::new(),
        };
        identity.checkpoint(&state).expect("it can be written")
    }

    fn updates(found: &Found) -> u64 {
        found.checkpoint.state::<f32>().expect("it is whole").updates
    }

    #[test]
    fn whatever_the_disk_refuses_a_whole_checkpoint_is_there_and_the_next_save_goes_well() {
        let mut refused = Vec::new();
        for number in 0.. {
            let folder = folder("refuses");
            let path = folder.join("c");
            let disk = FailingDisk::at(number);
            let mut file = CheckpointFile::begin_on(Box::new(disk.clone()), &path, false).expect("nothing is there");
            let mut last_kept = 0;
            let mut failures = 0;
            for update in 1..=3 {
                match file.save(&bytes(update)) {
                    Ok(()) => last_kept = update,
                    Err(error) => {
                        assert_eq!(error.exit_code(), 5);
                        assert!(error.headline().contains("no storage space"), "{error}");
                        refused.push(*disk.asked().last().expect("something was asked"));
                        failures += 1;
                    }
                }
                assert!(names(&folder).iter().all(|name| !name.ends_with(".tmp")), "{:?}", names(&folder));
                match CheckpointFile::load(&path).expect("no damaged one is ever there") {
                    Some(found) => assert!(updates(&found) >= last_kept, "{number} {update}"),
                    None => assert_eq!(last_kept, 0),
                }
            }
            let found = CheckpointFile::load(&path).expect("it is whole").expect("it is there");
            fs::remove_dir_all(&folder).expect("the folder is ours");
            if failures == 0 {
                assert_eq!((updates(&found), found.warning), (3, None));
                break;
            }
            assert_eq!(failures, 1);
        }
        refused.dedup();
        let first = ["create", "write", "sync", "rename", "sync_folder"];
        assert_eq!(refused, [&first[..], &first[..], &first[..]].concat(), "each thing was refused in each save");
    }

    #[test]
    fn a_damaged_or_missing_newest_checkpoint_leaves_the_one_before_it_and_says_so() {
        let folder = folder("damaged");
        let path = folder.join("c");
        let mut file = CheckpointFile::begin(&path, false).expect("nothing is there");
        (1..=2).for_each(|update| file.save(&bytes(update)).expect("the disk is not full"));
        assert_eq!(updates(&CheckpointFile::load(&path).expect("whole").expect("there")), 2);
        let newest = fs::read(&path).expect("it is there");
        for place in (0..newest.len()).step_by(7) {
            let mut damaged = newest.clone();
            damaged[place] ^= 0x10;
            fs::write(&path, &damaged).expect("the disk is not full");
            let found = CheckpointFile::load(&path).expect("the one before it is whole").expect("there");
            assert_eq!(updates(&found), 1, "byte {place}");
            assert!(found.warning.expect("a warning").ends_with("c.previous instead"));
        }
        drop(file);
        // The damaged one does not push the good one out.
        let (mut file, found) = CheckpointFile::resume(&path).expect("one is whole").expect("there");
        assert_eq!(updates(&found), 1);
        file.save(&bytes(3)).expect("the disk is not full");
        fs::remove_file(&path).expect("it is there");
        let found = CheckpointFile::load(&path).expect("one is whole").expect("there");
        assert!(updates(&found) == 1 && found.warning.expect("a warning").contains("is not there"));
        fs::write(folder.join("c.previous"), b"").expect("the disk is not full");
        fs::write(&path, &newest[..50]).expect("the disk is not full");
        let error = CheckpointFile::load(&path).expect_err("both are damaged");
        assert!(error.exit_code() == 4 && error.notes()[0].contains("is empty"), "{error}");
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[test]
    fn a_run_does_not_push_another_one_out_unless_it_is_told_to_and_leaves_nothing_when_it_ends() {
        let folder = folder("begin");
        let path = folder.join("c");
        let mut file = CheckpointFile::begin(&path, false).expect("nothing is there");
        (1..=2).for_each(|update| file.save(&bytes(update)).expect("the disk is not full"));
        let error = CheckpointFile::begin(&path, true).expect_err("the run goes on");
        assert!(error.headline().ends_with("c: is to be written twice by this command"), "{error}");
        drop(file);
        let error = CheckpointFile::begin(&path, false).expect_err("a run is there");
        assert!(error.to_string().ends_with("try: --resume"), "{error}");
        // What a process has left that was killed while it wrote.
        fs::write(folder.join(".c.4711.tmp"), b"half").expect("the disk is not full");
        fs::write(folder.join(".c.tmp"), b"another program's").expect("the disk is not full");
        let mut file = CheckpointFile::begin(&path, true).expect("it may");
        assert_eq!(names(&folder), [".c.lock", ".c.tmp", "c"]);
        file.save(&bytes(7)).expect("the disk is not full");
        assert_eq!(updates(&CheckpointFile::load(&path).expect("whole").expect("there")), 7);
        file.remove().expect("it can be removed");
        assert_eq!(names(&folder), [".c.tmp"]);
        assert!(CheckpointFile::load(&path).expect("nothing is wrong").is_none());
        fs::remove_dir_all(folder).expect("the folder is ours");
    }
}
