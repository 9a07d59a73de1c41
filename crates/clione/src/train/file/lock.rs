//! A lock on a file that is to be written: two runs never write the same one, and a run that was killed blocks nobody.

use super::disk::folder_of;
use crate::base::error::{Error, Result};
use crate::base::words::shell_word;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;

/// Holds the place of a file until it is dropped.
///
/// The lock is the operating system's, on a small file `.NAME.lock` beside the place: it goes with the process, however that
/// ends. The small file may stay behind then; it says who wrote last, and nothing follows from it.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Locked as long as it is open.
    _file: File,
}

impl Lock {
    /// Takes the lock of a place, which errors call as it was `given`; nothing where the file system knows no locks.
    ///
    /// Fails when another run holds it.
    pub fn take(place: &Path, given: &Path) -> Result<Option<Self>> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let path = folder_of(place).join(format!(".{name}.lock"));
        loop {
            let Ok(mut file) = open(&path) else { return Ok(None) };
            match file.try_lock() {
                Ok(()) if is_in_place(&file, &path) => {
                    // Who holds it is for people only.
                    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", process::id()));
                    return Ok(Some(Lock { path, _file: file }));
                }
                // The one that held it has taken it away just now.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held(given, file)),
                Err(TryLockError::Error(_)) => return Ok(None),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before it is given up, so that nobody's lock is removed but our own.
        let _ = fs::remove_file(&self.path);
    }
}

/// Opens the small file; one of somebody else's can be locked without being written.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).or_else(|_| File::open(path))
}

/// Whether the file that was opened is still the one of this name.
#[cfg(unix)]
fn is_in_place(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: io::Result<fs::Metadata>| metadata.map(|found| (found.dev(), found.ino())).ok();
    let own = identity(file.metadata());
    own.is_some() && own == identity(fs::metadata(path))
}

/// Elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
fn is_in_place(_: &File, _: &Path) -> bool {
    true
}

/// The error that names the run which holds a place.
fn held(given: &Path, mut file: File) -> Error {
    let mut text = String::new();
    let number: Option<u32> = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
    let place = given.display();
    if number == Some(process::id()) {
        return Error::usage(format!("{place}: is to be written twice by this command"))
            .remedy("give each file a name of its own");
    }
    let error = Error::io(format!("{place}: another run is writing it"));
    let error = match number {
        Some(number) => error.note(format!("the other run is process {number}")),
        None => error,
    };
    let command = number.and_then(command_of).map(|command| format!("it is: {command}"));
    command.into_iter().fold(error, Error::note).remedy("wait until it ends, or give another name")
}

/// How much of a command is shown: what fits a line of 80 characters.
const SHOWN: usize = 64;

/// What was typed to start a process, where the system tells.
fn command_of(process: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{process}/cmdline")).ok()?;
    let line = String::from_utf8(bytes).ok()?;
    let mut words = line.split_terminator('\0');
    let program = Path::new(words.next()?).file_name()?.to_string_lossy().into_owned();
    let words: Vec<String> = [program].into_iter().chain(words.map(shell_word)).collect();
    let whole = words.join(" ");
    let shown: String = whole.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    Some(if shown.chars().count() < whole.chars().count() { shown + "…" } else { shown })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    #[test]
    fn a_place_is_held_once_and_free_again_when_the_lock_is_gone() {
        let folder = env::temp_dir().join(format!("clione-lock-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        let place = folder.join("model");
        // What a run that was killed has left blocks nobody.
        fs::write(folder.join(".model.lock"), "4711\n").expect("the disk is not full");
        let lock = Lock::take(&place, &place).expect("nobody holds it").expect("this system has locks");
        let error = Lock::take(&place, &place).expect_err("it is held");
        assert!(error.headline().ends_with("model: is to be written twice by this command"), "{error}");
        fs::write(folder.join(".model.lock"), "1\n").expect("the disk is not full");
        let error = Lock::take(&place, &place).expect_err("it is held");
        assert_eq!(error.exit_code(), 5);
        assert!(error.headline().ends_with("model: another run is writing it"), "{error}");
        assert!(error.notes()[0] == "the other run is process 1", "{error}");
        drop(lock);
        assert_eq!(fs::read_dir(&folder).expect("the folder is there").count(), 0);
        let again = Lock::take(&place, &place).expect("it is free").expect("this system has locks");
        drop(again);
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[test]
    fn of_many_that_want_a_place_at_once_one_has_it() {
        let folder = env::temp_dir().join(format!("clione-locks-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        let (place, holders) = (folder.join("model"), std::sync::atomic::AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(Some(_lock)) = Lock::take(&place, &place) {
                            assert_eq!(holders.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                            holders.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        fs::remove_dir_all(folder).expect("the folder is ours");
    }
}
