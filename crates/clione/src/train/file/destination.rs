//! A file to be written: checked before the work begins, written beside its place, and moved there whole.

use super::disk::{Disk, RealDisk, create_for, folder_of, put_in_place, sync_name, write_all, write_whole};
use super::lock::Lock;
use crate::base::error::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;

/// A place for a result. The file appears there at once and complete, or not at all.
#[derive(Debug)]
pub struct Destination {
    /// As it was given, for errors.
    given: PathBuf,
    path: PathBuf,
    may_replace: bool,
    disk: Box<dyn Disk>,
    /// A device or a pipe, which is written directly.
    direct: Option<File>,
    /// Held until the file is written.
    lock: Option<Lock>,
}

impl Destination {
    /// Makes sure that the file can be written, and that nobody else does so until this is over. Fails when its folder is
    /// missing or cannot be written to, when it is a folder, when it exists and `may_replace` is false, and when another run is
    /// about to write it.
    pub fn check(path: &Path, may_replace: bool) -> Result<Self> {
        Destination::check_on(Box::new(RealDisk), path, may_replace)
    }

    /// As [`Destination::check`], on another disk.
    pub fn check_on(disk: Box<dyn Disk>, path: &Path, may_replace: bool) -> Result<Self> {
        let mut destination = Destination::examine(disk, path, may_replace)?;
        if destination.direct.is_none() {
            destination.lock = Lock::take(&destination.path, path)?;
        }
        Ok(destination)
    }

    /// As [`Destination::check_on`], where the place is held already.
    pub(super) fn examine(disk: Box<dyn Disk>, path: &Path, may_replace: bool) -> Result<Self> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Error::io(format!("{}: is a folder; the name of a file is expected", path.display())));
            }
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(path).map_err(|error| cannot_write(path, &error))?;
                return Ok(Destination {
                    given: path.to_owned(),
                    path: path.to_owned(),
                    may_replace,
                    disk,
                    direct: Some(file),
                    lock: None,
                });
            }
            Ok(_) if !may_replace => return Err(exists(path)),
            _ => {}
        }
        let given = path.to_owned();
        // A link stays a link: what it points to is replaced.
        let path = target_of(path).map_err(|error| cannot_write(path, &error))?;
        let folder = folder_of(&path);
        if folder.is_file() {
            return Err(Error::io(format!("{}: {} is a file, not a folder", path.display(), folder.display())));
        }
        if !folder.is_dir() {
            return Err(Error::io(format!("{}: there is no folder {}", path.display(), folder.display()))
                .remedy(format!("mkdir -p {}", folder.display())));
        }
        if path.file_name().is_none() {
            return Err(Error::io(format!("{}: this is not the name of a file", path.display())));
        }
        let temporary = temporary_of(&path);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .and_then(|_| fs::remove_file(&temporary))
            .map_err(|error| cannot_write(&path, &error))?;
        Ok(Destination { given, path, may_replace, disk, direct: None, lock: None })
    }

    /// Removes what a process that was killed has left of a file that it was about to write there.
    pub fn sweep(path: &Path) {
        sweep(path);
    }

    /// The lock alone, for who writes there in another way.
    pub(super) fn into_lock(self) -> Option<Lock> {
        self.lock
    }

    /// The same place, where nothing may be replaced. Fails when there is something already.
    pub fn if_free(self) -> Result<Self> {
        if self.direct.is_none() && self.path.exists() { Err(exists(&self.given)) } else { Ok(self.or_the_same()) }
    }

    /// The same place for one who may have been there before: a file that is there stays, and is fine when it is just what is
    /// to be written.
    pub fn or_the_same(self) -> Self {
        Destination { may_replace: false, ..self }
    }

    /// Writes the file. Fails when the disk does, or when the file has come into being since the check, unless it is just
    /// this file; what was there before is then as it was.
    pub fn write(self, bytes: &[u8]) -> Result<()> {
        self.write_making_room(bytes, &mut || false)
    }

    /// As [`Destination::write`], but where the disk is full, `make_room` is asked for more until it has none to give.
    pub fn write_making_room(mut self, bytes: &[u8], make_room: &mut dyn FnMut() -> bool) -> Result<()> {
        let disk = &*self.disk;
        let failed = |error: io::Error| cannot_write(&self.given, &error);
        if let Some(file) = &mut self.direct {
            return write_all(disk, file, bytes).map_err(failed);
        }
        while let Err(error) = write_whole(disk, &temporary_of(&self.path), &self.path, bytes) {
            let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            if !is_full || !make_room() {
                return Err(failed(error));
            }
        }
        // A run that was killed after it had written its result comes here again.
        self.put_in_place(|found| found == bytes)
    }

    /// The same place for a file that is too long to be held: it is written in pieces. Fails when the disk does.
    pub fn in_pieces(mut self) -> Result<Pieces> {
        let (file, is_temporary) = match self.direct.take() {
            Some(file) => (file, false),
            None => {
                let file = create_for(&*self.disk, &temporary_of(&self.path), &self.path);
                (file.map_err(|error| cannot_write(&self.path, &error))?, true)
            }
        };
        Ok(Pieces { destination: self, file, is_temporary })
    }

    /// Gives the file that was written first its name, unless another has it that may not be replaced and is not the same.
    fn put_in_place(&self, is_same: impl FnOnce(&[u8]) -> bool) -> Result<()> {
        let (disk, temporary) = (&*self.disk, temporary_of(&self.path));
        if !self.may_replace && self.path.exists() {
            let is_same = fs::read(&self.path).is_ok_and(|found| is_same(&found));
            let _ = fs::remove_file(temporary);
            return if is_same { Ok(()) } else { Err(exists(&self.given)) };
        }
        put_in_place(disk, &temporary, &self.path).map_err(|error| cannot_write(&self.path, &error))?;
        sync_name(disk, &self.path).map_err(|error| {
            let path = self.given.display();
            Error::io(format!("{path}: is written, but its folder is not: {error}"))
                .note("the file is whole now; it may be gone after a power failure")
        })
    }
}

/// A file that is written in pieces, and appears in its place when it is finished.
#[derive(Debug)]
pub struct Pieces {
    destination: Destination,
    file: File,
    /// Whether it is written beside its place, as it is not for a device or a pipe.
    is_temporary: bool,
}

impl Pieces {
    /// Writes the next piece. Fails when the disk does.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = write_all(&*self.destination.disk, &mut self.file, bytes);
        written.map_err(|error| cannot_write(&self.destination.path, &error))
    }

    /// Puts the file in its place. Fails as [`Destination::write`] does.
    pub fn finish(mut self) -> Result<()> {
        if !self.is_temporary {
            return Ok(());
        }
        let destination = &self.destination;
        destination.disk.sync(&self.file).map_err(|error| cannot_write(&destination.path, &error))?;
        destination.put_in_place(|_| false)?;
        self.is_temporary = false;
        Ok(())
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        if self.is_temporary {
            // What cannot be removed does no harm, and the error that led here matters more.
            let _ = fs::remove_file(temporary_of(&self.destination.path));
        }
    }
}

/// The most links that lead to a file.
const MOST_LINKS: usize = 40;

/// The file that a path leads to when links are followed, be it there or not. Fails when they lead nowhere.
pub(super) fn target_of(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return Ok(fs::canonicalize(&path).unwrap_or(path)),
        }
    }
    Err(io::Error::other("too many links lead from one to the next"))
}

/// Where a file is written first.
pub(super) fn temporary_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    folder_of(path).join(format!(".{name}.{}.tmp", process::id()))
}

/// Removes what a process that was killed has left of a file that it was about to write.
pub(super) fn sweep(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let number = found.to_str().and_then(|found| found.strip_prefix(&format!(".{name}."))?.strip_suffix(".tmp"));
        if number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())) {
            // What stays does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn exists(path: &Path) -> Error {
    Error::io(format!("{}: exists already and is not overwritten", path.display())).remedy("--force")
}

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::io(format!("{}: cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::file::disk::failing::FailingDisk;
    use std::env;

    /// An empty folder of its own for a test.
    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("clione-destination-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn whatever_the_disk_refuses_the_old_file_is_as_it_was_or_the_new_one_is_whole() {
        let folder = folder("refuses");
        let path = folder.join("model");
        let (old, new) = (vec![1; 250], vec![2; 250]);
        let mut refused = Vec::new();
        for number in 0.. {
            fs::write(&path, &old).expect("the disk is not full");
            let disk = FailingDisk::at(number);
            let destination = Destination::check_on(Box::new(disk.clone()), &path, true).expect("it can be written");
            let result = destination.write(&new);
            let found = fs::read(&path).expect("there always is a file");
            assert_eq!(names(&folder), ["model"], "nothing else is left");
            let Err(error) = result else {
                assert_eq!(found, new);
                break;
            };
            let last = *disk.asked().last().expect("something was asked");
            assert_eq!(found, if last == "sync_folder" { new.clone() } else { old.clone() }, "{last}");
            assert_eq!(error.exit_code(), 5);
            assert!(error.headline().contains("model: ") && error.headline().contains("no storage space"), "{error}");
            refused.push(last);
        }
        assert_eq!(refused, ["create", "write", "write", "write", "sync", "rename", "sync_folder"]);
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[test]
    fn a_disk_that_is_full_is_tried_again_once_there_is_more_room() {
        let folder = folder("room");
        let path = folder.join("model");
        for (has_room, number) in [(true, 1), (true, 3), (false, 1)] {
            let _ = fs::remove_file(&path);
            let disk = FailingDisk::at(number);
            let destination = Destination::check_on(Box::new(disk), &path, false).expect("it can be written");
            let mut asked = 0;
            let written = destination.write_making_room(&[2; 250], &mut || {
                asked += 1;
                has_room
            });
            assert_eq!((written.is_ok(), path.exists(), asked), (has_room, has_room, 1));
        }
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[test]
    fn a_file_in_pieces_appears_when_it_is_finished_or_not_at_all() {
        let folder = folder("pieces");
        let path = folder.join("predictions");
        for number in 0.. {
            let _ = fs::remove_file(&path);
            let disk = FailingDisk::at(number);
            let destination = Destination::check_on(Box::new(disk.clone()), &path, false).expect("it is not there");
            let result = destination.in_pieces().and_then(|mut pieces| {
                pieces.append(b"one,")?;
                pieces.append(b"two")?;
                assert!(!path.exists());
                pieces.finish()
            });
            if result.is_ok() {
                assert_eq!((number, fs::read(&path).expect("it is there")), (6, b"one,two".to_vec()));
                break;
            }
            assert!(names(&folder).is_empty() || disk.asked().last() == Some(&"sync_folder"), "{number}");
        }
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_replaced_keeps_its_permissions_its_owner_and_the_links_to_it() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
        let folder = folder("permissions");
        let (path, link, dangling) = (folder.join("model"), folder.join("link"), folder.join("dangling"));
        symlink("model", &link).expect("a link can be made");
        symlink("other", &dangling).expect("a link can be made");
        symlink("loop", folder.join("loop")).expect("a link can be made");
        for mode in [0o600, 0o640, 0o664, 0o444, 0o666] {
            let _ = fs::remove_file(&path);
            fs::write(&path, b"old").expect("the disk is not full");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
            // An administrator keeps the owner too; nobody else may.
            let _ = chown(&path, Some(65_534), Some(65_534));
            let before = fs::metadata(&path).expect("it is there");
            Destination::check(&link, true).and_then(|place| place.write(b"new")).expect("it may be replaced");
            let mut pieces = Destination::check(&path, true).and_then(Destination::in_pieces).expect("it may");
            pieces.append(b"newer").and_then(|()| pieces.finish()).expect("the disk is not full");
            let after = fs::metadata(&path).expect("it is there");
            assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
            assert_eq!(fs::read(&link).expect("the link leads to it"), b"newer");
            assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        }
        Destination::check(&dangling, false).and_then(|place| place.write(b"x")).expect("nothing is there");
        assert!(
            fs::read(folder.join("other")).is_ok_and(|found| found == b"x"),
            "what the link names comes into being"
        );
        let error = Destination::check(&folder.join("loop"), true).expect_err("it leads nowhere");
        assert!(error.headline().contains("loop: cannot be written: too many links"), "{error}");
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[test]
    fn a_file_that_came_into_being_since_the_check_is_kept_unless_it_is_the_same() {
        let folder = folder("since");
        let path = folder.join("model");
        for (found, is_fine) in [(b"same", true), (b"else", false)] {
            let _ = fs::remove_file(&path);
            let destination = Destination::check(&path, false).expect("it is not there");
            fs::write(&path, found).expect("the disk is not full");
            assert_eq!(destination.write(b"same").is_ok(), is_fine);
            assert_eq!(fs::read(&path).expect("it is there"), found);
            assert_eq!(names(&folder), ["model"]);
        }
        fs::remove_dir_all(folder).expect("the folder is ours");
    }
}
