//! The data folder: made for this user alone, and locked while a store is open.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// The database, inside the data folder.
pub(crate) const DATABASE: &str = "pilothouse.db";
/// Locked while a store is open; empty.
const LOCK: &str = "lock";
/// Only the host's user: the folder holds sealed values and their wrapped keys.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A data folder that is ours as long as this value lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Keeps the lock: the system gives it back when the file is closed, also when the process is killed.
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, narrows its permissions, and takes its lock.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let failed = |at: &Path| {
            let path = at.to_owned();
            move |source: io::Error| OpenError::Folder { path, source }
        };
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path).map_err(failed(path))?;
        std::fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE)).map_err(failed(path))?;
        let at = path.join(LOCK);
        let lock = private(&at).map_err(failed(&at))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(OpenError::Folder { path: at, source }),
        }
    }

    /// The database file, and whether it was there before.
    pub(crate) fn database(&self) -> (PathBuf, bool) {
        let file = self.path.join(DATABASE);
        let there = std::fs::metadata(&file).is_ok_and(|found| found.len() > 0);
        (file, there)
    }

    /// Makes sure that the database is for this user alone. SQLite gives the files beside it the same permissions.
    pub(crate) fn protect(&self, file: &Path) -> Result<(), OpenError> {
        private(file)
            .and_then(|file| file.set_permissions(Permissions::from_mode(FILE_MODE)))
            .map_err(|source| OpenError::Folder { path: file.to_owned(), source })
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}
