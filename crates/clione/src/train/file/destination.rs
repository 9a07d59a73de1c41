//! A file to be written: checked before the work begins, written beside its place, and moved there whole.

use crate::base::error::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

/// A place for a result. The file appears there at once and complete, or not at all.
#[derive(Debug)]
pub struct Destination {
    path: PathBuf,
    may_replace: bool,
    file: File,
    /// Where it is written first; `None` for a device or a pipe, which is written directly.
    temporary: Option<PathBuf>,
}

impl Destination {
    /// Makes sure that the file can be written. Fails when its folder is missing or cannot be written to, when it is a
    /// folder, and when it exists and `may_replace` is false.
    pub fn check(path: &Path, may_replace: bool) -> Result<Self> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Error::io(format!("{}: is a folder; the name of a file is expected", path.display())));
            }
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(path).map_err(|error| cannot_write(path, &error))?;
                return Ok(Destination { path: path.to_owned(), may_replace, file, temporary: None });
            }
            Ok(_) if !may_replace => return Err(exists(path)),
            _ => {}
        }
        // A link stays a link: what it points to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = folder_of(&path);
        if folder.is_file() {
            return Err(Error::io(format!("{}: {} is a file, not a folder", path.display(), folder.display())));
        }
        if !folder.is_dir() {
            return Err(Error::io(format!("{}: there is no folder {}", path.display(), folder.display()))
                .remedy(format!("mkdir -p {}", folder.display())));
        }
        let Some(name) = path.file_name() else {
            return Err(Error::io(format!("{}: this is not the name of a file", path.display())));
        };
        let temporary = folder.join(format!(".{}.{}.tmp", name.to_string_lossy(), process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary);
        let file = file.map_err(|error| cannot_write(&path, &error))?;
        Ok(Destination { path, may_replace, file, temporary: Some(temporary) })
    }

    /// Writes the file. Fails when the disk does, or when the file has come into being since the check.
    pub fn write(mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        let Some(temporary) = self.temporary.clone() else {
            return written.map_err(|error| cannot_write(&self.path, &error));
        };
        written.and_then(|()| self.file.sync_all()).map_err(|error| cannot_write(&self.path, &error))?;
        if !self.may_replace && self.path.exists() {
            return Err(exists(&self.path));
        }
        fs::rename(temporary, &self.path).map_err(|error| cannot_write(&self.path, &error))?;
        // The name itself is safe only when the folder is synced too; where that cannot be done, nothing more can be.
        let _ = File::open(folder_of(&self.path)).and_then(|folder| folder.sync_all());
        self.temporary = None;
        Ok(())
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // What cannot be removed does no harm, and the error that led here matters more.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> Error {
    Error::io(format!("{}: exists already and is not overwritten", path.display())).remedy("--force")
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::io(format!("{}: cannot be written: {error}", path.display()))
}
