//! The few things that are asked of a disk when a file is kept, apart so that a test can let each of them fail.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// What is asked of a disk; left as it is, each thing is asked of the one that is there.
pub trait Disk: Debug {
    /// Makes a file that was not there.
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    /// Writes some of the bytes, and says how many.
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
        file.write(bytes)
    }

    /// Waits until a file would outlast a power failure.
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    /// Gives a file another name, in the place of what had it before.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Waits until the names in a folder would outlast a power failure.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Elsewhere a folder cannot be opened.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }
}

/// The disk that is there.
#[derive(Debug)]
pub struct RealDisk;

impl Disk for RealDisk {}

/// Makes the file that is to take the place of another, with its permissions, and its owner where the system lets us: what
/// was kept from others stays so, and what was shared stays shared.
pub(super) fn create_for(disk: &dyn Disk, path: &Path, place: &Path) -> io::Result<File> {
    let file = disk.create(path)?;
    if let Ok(old) = fs::metadata(place) {
        // A file system that knows no permissions has none to keep.
        let _ = take_after(&file, &old);
    }
    Ok(file)
}

#[cfg(unix)]
fn take_after(file: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let mut mode = old.mode() & 0o777;
    // Only an administrator may give files to others.
    let _ = fchown(file, Some(old.uid()), None);
    let _ = fchown(file, None, Some(old.gid()));
    if file.metadata()?.gid() != old.gid() {
        // What one group might do is not for another: it may do what all may.
        mode = (mode & 0o707) | ((mode & 0o007) << 3);
    }
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn take_after(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Writes the whole new file that is to take a place, and waits until it would outlast a power failure; leaves nothing behind
/// when that fails.
pub(super) fn write_whole(disk: &dyn Disk, path: &Path, place: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create_for(disk, path, place)?;
    let written = write_all(disk, &mut file, bytes).and_then(|()| disk.sync(&file));
    if written.is_err() {
        // What cannot be removed does no harm, and the error that led here matters more.
        let _ = fs::remove_file(path);
    }
    written
}

/// Writes all bytes, however few the disk takes at once.
pub(super) fn write_all(disk: &dyn Disk, file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match disk.write(file, bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gives a file its name, or removes it when that fails.
pub(super) fn put_in_place(disk: &dyn Disk, temporary: &Path, path: &Path) -> io::Result<()> {
    let renamed = disk.rename(temporary, path);
    if renamed.is_err() {
        let _ = fs::remove_file(temporary);
    }
    renamed
}

/// Waits until the name of a file would outlast a power failure, where the system can tell.
pub(super) fn sync_name(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.sync_folder(folder_of(path)) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        answer => answer,
    }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A disk that fails once, and what it was asked, for tests.
#[cfg(test)]
pub(super) mod failing {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Fails when it is asked for the thing of this number, from 0; takes at most 100 bytes at once.
    #[derive(Clone, Debug, Default)]
    pub struct FailingDisk {
        fails_at: usize,
        asked: Rc<RefCell<Vec<&'static str>>>,
    }

    impl FailingDisk {
        pub fn at(fails_at: usize) -> Self {
            FailingDisk { fails_at, ..FailingDisk::default() }
        }

        /// What the disk was asked.
        pub fn asked(&self) -> Vec<&'static str> {
            self.asked.borrow().clone()
        }

        fn ask<T>(&self, what: &'static str, do_it: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
            self.asked.borrow_mut().push(what);
            if self.asked.borrow().len() == self.fails_at + 1 { Err(ErrorKind::StorageFull.into()) } else { do_it() }
        }
    }

    impl Disk for FailingDisk {
        fn create(&self, path: &Path) -> io::Result<File> {
            self.ask("create", || RealDisk.create(path))
        }

        fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
            self.ask("write", || RealDisk.write(file, &bytes[..bytes.len().min(100)]))
        }

        fn sync(&self, file: &File) -> io::Result<()> {
            self.ask("sync", || RealDisk.sync(file))
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.ask("rename", || RealDisk.rename(from, to))
        }

        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.ask("sync_folder", || RealDisk.sync_folder(folder))
        }
    }
}
