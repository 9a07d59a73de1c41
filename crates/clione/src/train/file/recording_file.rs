//! A recording on disk: checkpoints of one run behind each other in one file, which is whole after every one of them.
//!
//! The file begins with a line that says what it is. Then come parts, each a head of 32 bytes (what it is, the step, the
//! length, and a number that follows from these three) and its bytes. A run that is killed leaves a last part that is cut off,
//! which is left out; all before it is as it was.

// Long because: what is written and what is read are told apart byte by byte, and its tests fill a disk at each of them.

use super::checkpoint::Checkpoint;
use super::destination::{Destination, cannot_write, sweep, target_of, temporary_of};
use super::disk::{Disk, RealDisk, put_in_place, sync_name, write_all, write_whole};
use super::lock::Lock;
use crate::base::error::{Error, Result};
use crate::data::findings::grouped;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The line that a recording begins with, but for its version and the end of the line.
const MARK: &[u8] = b"clione recording ";

/// The version that is written, and the only one so far.
const VERSION: u8 = b'1';

/// The length of the first line.
const LINE: u64 = MARK.len() as u64 + 2;

/// The length of a part's head.
const HEAD: usize = 32;

/// What a head says of its part.
const CHECKPOINT: [u8; 8] = *b"moment  ";
const END: [u8; 8] = *b"the end ";

/// Where a checkpoint lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    step: u64,
    /// Where its bytes begin, behind the head.
    at: u64,
    length: u64,
}

impl Entry {
    fn end(self) -> u64 {
        self.at.saturating_add(self.length)
    }
}

/// A recording that was opened to be looked at.
#[derive(Debug)]
pub struct Recording {
    source: String,
    path: PathBuf,
    entries: Vec<Entry>,
    ending: Option<Ending>,
    /// Up to where the file is whole, and where it ends.
    whole: u64,
    length: u64,
}

impl Recording {
    /// Opens a recording and finds its checkpoints, without reading them.
    ///
    /// Fails when the file cannot be read, is no recording, or of another version.
    pub fn open(path: &Path) -> Result<Self> {
        let source = path.display().to_string();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Error::io(format!("{source}: no such file")),
            _ => Error::io(format!("{source}: cannot be read: {error}")),
        };
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Error::io(format!("{source}: is a folder; a recording is one file")));
        }
        check_start(&source, &mut file)?;
        let length = metadata.len();
        let (mut entries, mut ending, mut whole) = (Vec::<Entry>::new(), None, LINE);
        while let Some((kind, step, bytes)) = read_head(&mut file, whole).map_err(failed)? {
            let entry = Entry { step, at: whole + HEAD as u64, length: bytes };
            // A length that cannot be is that of a part that is cut off.
            if entry.end() > length {
                break;
            }
            match kind {
                CHECKPOINT if entries.last().is_none_or(|last| last.step < step) => entries.push(entry),
                END => {
                    let best = read_at(path, entry.at, bytes).map_err(failed)?;
                    let best = match best.as_chunks::<8>() {
                        ([epoch, step], []) => Some((u64::from_le_bytes(*epoch) as usize, u64::from_le_bytes(*step))),
                        _ => None,
                    };
                    ending = Some(Ending { last_step: step, best });
                }
                _ => break,
            }
            whole = entry.end();
        }
        if entries.is_empty() {
            return Err(Error::model(format!("{source}: is cut off: a recording of nothing"))
                .remedy("record the run again: clione train ... --record FILE"));
        }
        Ok(Recording { source, path: path.to_owned(), entries, ending, whole, length })
    }

    /// What errors call it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The steps after which there is a checkpoint; 0 is before the first one.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator {
        self.entries.iter().map(|entry| entry.step)
    }

    /// The last step of the run; nothing where it was recorded up to an interruption.
    pub fn last_step(&self) -> Option<u64> {
        self.ending.map(|ending| ending.last_step)
    }

    /// The epoch with the lowest validation loss, where its parameters were kept at the end, and its last step.
    pub fn best(&self) -> Option<(usize, u64)> {
        self.ending.and_then(|ending| ending.best)
    }

    /// How many bytes at its end are of a part that is cut off or damaged.
    pub fn lost_bytes(&self) -> u64 {
        self.length - self.whole
    }

    /// The length of the file.
    pub fn bytes(&self) -> u64 {
        self.length
    }

    /// The last checkpoint at or before a step, after how many steps it was made, and what is wrong with later ones that had
    /// to be passed over.
    ///
    /// Fails when not even the first one can be read.
    pub fn before(&self, step: u64) -> Result<(u64, Checkpoint, Vec<String>)> {
        let (mut passed_over, mut first) = (Vec::new(), None);
        for entry in self.entries.iter().rev().filter(|entry| entry.step <= step) {
            match self.read(entry) {
                Ok(checkpoint) => return Ok((entry.step, checkpoint, passed_over)),
                Err(error) => {
                    passed_over.push(error.headline().to_owned());
                    first = Some(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| Error::model(format!("{}: holds nothing at or before step {step}", self.source))))
    }

    fn read(&self, entry: &Entry) -> Result<Checkpoint> {
        let named = format!("{}: the checkpoint of step {}", self.source, grouped(entry.step as usize));
        let failed = |error: io::Error| Error::io(format!("{named}: cannot be read: {error}"));
        let bytes = read_at(&self.path, entry.at, entry.length).map_err(failed)?;
        let checkpoint = Checkpoint::from_bytes(&named, &bytes)?;
        // The last step of a walk may have found that there is no lower point, and have gone nowhere.
        let went_nowhere = u64::from(checkpoint.is_ended());
        if (checkpoint.steps_done()..=checkpoint.steps_done() + went_nowhere).contains(&entry.step) {
            return Ok(checkpoint);
        }
        let steps = grouped(checkpoint.steps_done() as usize);
        Err(Error::model(format!("{named}: is of a run after {steps} steps")))
    }
}

/// A recording that is being written.
#[derive(Debug)]
pub struct RecordingFile {
    path: PathBuf,
    disk: Box<dyn Disk>,
    file: File,
    entries: Vec<Entry>,
    length: u64,
    /// How the run ended, once it has.
    ending: Option<Ending>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its last step.
    pub last_step: u64,
    /// The epoch with the lowest validation loss, where its parameters were kept at the end, and its last step.
    pub best: Option<(usize, u64)>,
}

impl RecordingFile {
    /// Begins a recording with the checkpoint of the run before its first step.
    ///
    /// Fails when the file cannot be written, or is there already, unless `may_replace`.
    pub fn begin(path: &Path, may_replace: bool, beginning: &[u8]) -> Result<Self> {
        RecordingFile::begin_on(Box::new(RealDisk), path, may_replace, beginning)
    }

    /// Makes sure that there can be a recording, and that nobody else records there as long as the lock is held. Fails when the
    /// file cannot be written, is there already, unless `may_replace`, or is being written by another run.
    pub fn check(path: &Path, may_replace: bool) -> Result<Option<Lock>> {
        check_is_file(path)?;
        Ok(Destination::check(path, may_replace)?.into_lock())
    }

    /// As [`RecordingFile::begin`], on another disk.
    pub fn begin_on(disk: Box<dyn Disk>, path: &Path, may_replace: bool, beginning: &[u8]) -> Result<Self> {
        check_is_file(path)?;
        // Whoever begins a recording may hold its place already.
        Destination::examine(Box::new(RealDisk), path, may_replace)?;
        // A link stays a link: what it points to is replaced.
        let path = &target_of(path).map_err(|error| cannot_write(path, &error))?;
        sweep(path);
        let bytes = [&first_line(), &head(CHECKPOINT, 0, beginning.len() as u64)[..], beginning].concat();
        let entry = Entry { step: 0, at: LINE + HEAD as u64, length: beginning.len() as u64 };
        let file = replaced(&*disk, path, &bytes).map_err(|error| cannot_write(path, &error))?;
        sync_name(&*disk, path).map_err(|error| cannot_write(path, &error))?;
        let (path, entries, length) = (path.to_owned(), vec![entry], entry.end());
        Ok(RecordingFile { path, disk, file, entries, length, ending: None })
    }

    /// Goes on with the recording of a run that was interrupted; nothing where there is no file.
    ///
    /// Fails when it is no recording, or one of another run: one that does not begin with this very checkpoint.
    pub fn resume(path: &Path, beginning: &[u8]) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let recording = Recording::open(path)?;
        let failed = |error: io::Error| cannot_write(path, &error);
        let first = recording.entries[0];
        if first.step != 0 || read_at(path, first.at, first.length).map_err(failed)? != beginning {
            return Err(Error::io(format!("{}: is the recording of another run", recording.source))
                .note("another run: other data, another recipe, or another place of the data")
                .remedy("--force"));
        }
        sweep(path);
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        file.set_len(recording.whole).map_err(failed)?;
        let Recording { entries, whole: length, ending, .. } = recording;
        Ok(Some(RecordingFile { path: path.to_owned(), disk: Box::new(RealDisk), file, entries, length, ending }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The steps after which there is a checkpoint.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator {
        self.entries.iter().map(|entry| entry.step)
    }

    /// Adds the checkpoint of a later step. When this fails, the file is as it was.
    pub fn append(&mut self, step: u64, checkpoint: &[u8]) -> Result<()> {
        let entry = Entry { step, at: self.length + HEAD as u64, length: checkpoint.len() as u64 };
        self.write(head(CHECKPOINT, step, entry.length), checkpoint)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Says that the run has ended, once, and waits until the file would outlast a power failure.
    pub fn end(&mut self, ending: Ending) -> Result<()> {
        if self.ending == Some(ending) {
            // The run was killed after it had said so, and has come here again.
            return Ok(());
        }
        let best = ending.best.map(|(epoch, step)| [epoch as u64, step].map(u64::to_le_bytes));
        let bytes = best.as_ref().map_or(&[][..], |best| best.as_flattened());
        self.write(head(END, ending.last_step, bytes.len() as u64), bytes)?;
        self.ending = Some(ending);
        self.disk.sync(&self.file).map_err(|error| cannot_write(&self.path, &error))
    }

    fn write(&mut self, head: [u8; HEAD], bytes: &[u8]) -> Result<()> {
        let disk = &*self.disk;
        let written = write_all(disk, &mut self.file, &head).and_then(|()| write_all(disk, &mut self.file, bytes));
        if let Err(error) = written {
            // Where this fails too, the part is found to be cut off.
            let _ = self.file.set_len(self.length);
            return Err(cannot_write(&self.path, &error));
        }
        self.length += HEAD as u64 + bytes.len() as u64;
        Ok(())
    }

    /// Gives room back to a disk that is full: the later half of the checkpoints goes. No step is lost by that, for each follows
    /// from the ones before it. Says whether there was room to give. Fails when the disk does.
    pub fn give_room(&mut self) -> Result<bool> {
        let kept = self.entries.len().div_ceil(2);
        if kept == self.entries.len() {
            return Ok(false);
        }
        let length = self.entries[kept - 1].end();
        self.file.set_len(length).map_err(|error| cannot_write(&self.path, &error))?;
        self.entries.truncate(kept);
        self.length = length;
        self.ending.take().map_or(Ok(()), |ending| self.end(ending))?;
        Ok(true)
    }

    /// Keeps only the checkpoints of some steps: they are written into a new file, which then takes the place of this one.
    /// When this fails, the file is as it was.
    pub fn keep(&mut self, is_kept: impl Fn(u64) -> bool) -> Result<()> {
        let failed = |error: io::Error| cannot_write(&self.path, &error);
        let (mut bytes, mut entries) = (first_line().to_vec(), Vec::new());
        for entry in self.entries.iter().filter(|entry| is_kept(entry.step)) {
            bytes.extend(head(CHECKPOINT, entry.step, entry.length));
            entries.push(Entry { at: bytes.len() as u64, ..*entry });
            bytes.extend(read_at(&self.path, entry.at, entry.length).map_err(failed)?);
        }
        let file = replaced(&*self.disk, &self.path, &bytes).map_err(failed)?;
        (self.file, self.entries, self.length) = (file, entries, bytes.len() as u64);
        Ok(())
    }
}

/// Fails where what is there is a device or a pipe.
fn check_is_file(path: &Path) -> Result<()> {
    if path.exists() && !path.is_file() && !path.is_dir() {
        return Err(Error::io(format!("{}: is a device or a pipe; a recording is a file", path.display())));
    }
    Ok(())
}

/// Puts a new file in a place, and opens it to add more.
fn replaced(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<File> {
    let temporary = temporary_of(path);
    write_whole(disk, &temporary, path, bytes)?;
    put_in_place(disk, &temporary, path)?;
    OpenOptions::new().append(true).open(path)
}

fn first_line() -> [u8; LINE as usize] {
    let mut line = [b'\n'; LINE as usize];
    line[..MARK.len()].copy_from_slice(MARK);
    line[MARK.len()] = VERSION;
    line
}

fn head(kind: [u8; 8], step: u64, length: u64) -> [u8; HEAD] {
    let check = check_of(kind, step, length);
    let words = [u64::from_le_bytes(kind), step, length, check].map(u64::to_le_bytes);
    let mut head = [0; HEAD];
    head.copy_from_slice(words.as_flattened());
    head
}

/// A number that follows from what a head says, so that bytes that are none are told apart.
fn check_of(kind: [u8; 8], step: u64, length: u64) -> u64 {
    [u64::from_le_bytes(kind), step, length]
        .into_iter()
        .fold(1, |check: u64, word| (check.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// What the head in a place says: what the part is, the step, the length. Nothing where there is no whole head.
fn read_head(file: &mut File, at: u64) -> io::Result<Option<([u8; 8], u64, u64)>> {
    let mut head = [0; HEAD];
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let (words, _) = head.as_chunks::<8>();
    let (kind, [step, length, check]) = (words[0], [words[1], words[2], words[3]].map(u64::from_le_bytes));
    // A fuzzer cannot make this number, either.
    let is_head = check_of(kind, step, length) == check || cfg!(fuzzing);
    Ok(is_head.then_some((kind, step, length)))
}

/// So many bytes from a place of a file.
fn read_at(path: &Path, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether these are the first bytes of a recording.
pub(super) fn is_recording(start: &[u8]) -> bool {
    start.starts_with(MARK)
}

/// Fails unless a file begins as a recording of this version does.
fn check_start(source: &str, file: &mut File) -> Result<()> {
    const ORIGIN: &str = "give a file that `clione train --record` has written";
    let mut start = Vec::new();
    file.take(LINE).read_to_end(&mut start).map_err(|error| Error::io(format!("{source}: cannot be read: {error}")))?;
    let wrong = |what: &str| Err(Error::model(format!("{source}: {what}")).remedy(ORIGIN));
    match start.strip_prefix(MARK) {
        Some([VERSION, b'\n']) => Ok(()),
        Some([_, b'\n']) => wrong("is a recording of a newer clione than this one"),
        _ if start.is_empty() => wrong("is empty (0 bytes), not a recording"),
        _ if MARK.starts_with(&start) || start.starts_with(MARK) => wrong("is cut off within its first line"),
        _ if start.get(8) == Some(&b'{') => wrong("is a model or a checkpoint, not a recording"),
        _ => wrong("is not a recording"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::file::disk::failing::FailingDisk;
    use std::{env, fs, process};

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("clione-recording-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        folder
    }

    fn steps(path: &Path) -> Vec<u64> {
        Recording::open(path).expect("it is a recording").steps().collect()
    }

    #[test]
    fn what_was_appended_is_found_again_and_what_is_thinned_out_is_gone() {
        let folder = folder("found");
        let path = folder.join("r");
        let mut file = RecordingFile::begin(&path, false, b"zero").expect("nothing is there");
        (1..=4).for_each(|step| file.append(step, &[step as u8; 9]).expect("the disk is not full"));
        file.keep(|step| step % 2 == 0).expect("the disk is not full");
        file.append(6, b"six").expect("the disk is not full");
        let ending = Ending { last_step: 7, best: Some((3, 6)) };
        file.end(ending).expect("the disk is not full");
        let bytes = fs::read(&path).expect("it is there");
        file.end(ending).expect("the disk is not full");
        assert_eq!(fs::read(&path).expect("it is there"), bytes, "the end is said once");
        let found = Recording::open(&path).expect("it is a recording");
        assert_eq!((found.steps().collect(), found.last_step(), found.lost_bytes()), (vec![0, 2, 4, 6], Some(7), 0));
        assert_eq!(found.best(), Some((3, 6)));
        let last = found.entries[2];
        assert_eq!(read_at(&path, last.at, last.length).expect("it is there"), [4; 9]);
        let error = RecordingFile::begin(&path, false, b"zero").expect_err("it is there");
        assert!(error.to_string().ends_with("try: --force"), "{error}");
        assert_eq!(RecordingFile::resume(&path, b"none").expect_err("another run").exit_code(), 5);
        let resumed = RecordingFile::resume(&path, b"zero").expect("the same run").expect("it is there");
        assert_eq!(resumed.steps().collect::<Vec<_>>(), [0, 2, 4, 6]);
        drop(resumed);
        let mut file = RecordingFile::resume(&path, b"zero").expect("the same run").expect("it is there");
        assert!(file.give_room().expect("a file can be cut off"));
        let found = Recording::open(&path).expect("it is a recording");
        assert_eq!((found.steps().collect(), found.last_step(), found.best()), (vec![0, 2], Some(7), Some((3, 6))));
        assert!(
            file.give_room().expect("a file can be cut off") && !file.give_room().expect("nothing is left to give")
        );
        assert_eq!((steps(&path), found.lost_bytes()), (vec![0], 0));
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[test]
    fn a_file_that_ends_anywhere_has_all_that_was_whole_by_then() {
        let folder = folder("cut");
        let path = folder.join("r");
        let mut file = RecordingFile::begin(&path, false, b"zero").expect("nothing is there");
        (1..=3).for_each(|step| file.append(step, &[7; 20]).expect("the disk is not full"));
        let whole = fs::read(&path).expect("it is there");
        let part = HEAD + 20;
        let first = LINE as usize + HEAD + 4;
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).expect("the disk is not full");
            match Recording::open(&path) {
                Ok(found) => {
                    let parts = (length - first) / part;
                    assert_eq!(found.steps().collect::<Vec<_>>(), (0..=parts as u64).collect::<Vec<_>>(), "{length}");
                    assert_eq!(found.lost_bytes(), ((length - first) % part) as u64);
                }
                Err(error) => assert!(length < first && error.exit_code() == 4, "{length}: {error}"),
            }
        }
        // Going on takes what is cut off away first.
        fs::write(&path, &whole[..whole.len() - 1]).expect("the disk is not full");
        let mut file = RecordingFile::resume(&path, b"zero").expect("the same run").expect("it is there");
        file.append(9, b"nine").expect("the disk is not full");
        assert_eq!(steps(&path), [0, 1, 2, 9]);
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[test]
    fn whatever_the_disk_refuses_all_that_was_recorded_is_still_there() {
        for number in 0.. {
            let folder = folder("refuses");
            let path = folder.join("r");
            let disk = FailingDisk::at(number);
            let mut failures = 0;
            let begun = RecordingFile::begin_on(Box::new(disk.clone()), &path, false, &[1; 150]);
            let Ok(mut file) = begun else {
                // A name that may not outlast a power failure is there for now.
                assert!(!path.exists() || steps(&path) == [0]);
                fs::remove_dir_all(folder).expect("the folder is ours");
                continue;
            };
            let mut expected = vec![0];
            for step in 1..=4 {
                match file.append(step, &[2; 150]) {
                    Ok(()) => expected.push(step),
                    Err(_) => failures += 1,
                }
                assert_eq!(steps(&path), expected, "{number}");
            }
            match file.keep(|step| step % 2 == 0) {
                Ok(()) => expected.retain(|step| step % 2 == 0),
                Err(_) => failures += 1,
            }
            assert_eq!(steps(&path), expected, "{number}");
            fs::remove_dir_all(folder).expect("the folder is ours");
            if failures == 0 {
                assert_eq!(expected, [0, 2, 4]);
                break;
            }
            assert_eq!(failures, 1);
        }
    }
}
