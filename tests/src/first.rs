//! A data folder after its first start, made once for all files of tests. A first start makes, signs, verifies and compiles every
//! pilot, which takes an unoptimised host longer than most tests; each test goes on from a copy of its own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::people::PEOPLE;
use crate::program::pilot;

/// Where the folders begin their names.
const NAME: &str = "first-start-";

/// Makes `folder` what the program's first start leaves; `start` does that start, if no test did it before with this program.
///
/// # Errors
/// Of the file system.
pub(crate) fn after_first_start(folder: &Path, start: impl FnOnce(&Path)) -> io::Result<()> {
    let place = pilot().parent().ok_or(io::ErrorKind::NotFound)?;
    let first = place.join(name()?);
    // Files of tests may run beside each other, in processes of their own.
    let lock = File::create(place.join(format!("{NAME}lock")))?;
    lock.lock()?;
    if !first.is_dir() {
        remove_others(place)?;
        let made = place.join(format!("{NAME}part"));
        fs::create_dir(&made)?;
        start(&made);
        fs::rename(&made, &first)?;
    }
    copy(&first, folder)
}

/// Changes with the program: a folder that an older one made is none of its own.
fn name() -> io::Result<PathBuf> {
    let program = fs::metadata(pilot())?;
    let built = program.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    Ok(format!("{NAME}{}-{}-{PEOPLE}", built.as_nanos(), program.len()).into())
}

/// Folders of older programs, and of a start that came to no end.
fn remove_others(place: &Path) -> io::Result<()> {
    for found in fs::read_dir(place)? {
        let found = found?;
        let ours = found.file_name().as_encoded_bytes().starts_with(OsStr::new(NAME).as_encoded_bytes());
        if ours && found.file_type()?.is_dir() {
            fs::remove_dir_all(found.path())?;
        }
    }
    Ok(())
}

/// With permissions: the program refuses keys that others may read.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for found in fs::read_dir(from)? {
        let found = found?;
        let to = to.join(found.file_name());
        if found.file_type()?.is_dir() {
            fs::create_dir_all(&to)?;
            fs::set_permissions(&to, found.metadata()?.permissions())?;
            copy(&found.path(), &to)?;
        } else {
            fs::copy(found.path(), &to)?;
        }
    }
    Ok(())
}
