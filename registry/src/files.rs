//! Files that are whole or not there: written beside, synchronised, then named.
//!
//! **Invariant:** no file of a data folder is ever written in place. Who is killed, or runs out of disk, leaves the old file or none.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// How the names of unfinished files begin.
const UNFINISHED: &str = ".unfinished-";

/// Writes a file that only this user can read; one that is there is replaced.
///
/// # Errors
/// Of the file system; the file is as it was then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    unfinished(path, bytes)?.persist(path)?;
    named(path)
}

/// Writes a file that only this user can read, where there is none yet.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where there is one, and those of the file system; nothing is changed then.
pub fn create_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    unfinished(path, bytes)?.persist_noclobber(path)?;
    named(path)
}

/// Removes what writers that were killed left unfinished in a folder. Only for who is the folder's only writer.
///
/// # Errors
/// Of the file system.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for found in fs::read_dir(folder)? {
        let found = found?;
        if found.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            fs::remove_file(found.path())?;
        }
    }
    Ok(())
}

/// Dropped before it is named, it is removed again.
fn unfinished(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The name is kept only when its folder is.
fn named(path: &Path) -> io::Result<()> {
    fs::File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn a_file_is_replaced_by_another_one_and_never_written_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        write_whole(&path, b"one").unwrap();
        let before = fs::metadata(&path).unwrap();
        // Who has the old one open goes on reading the old one.
        let mut old = fs::File::open(&path).unwrap();
        write_whole(&path, b"other").unwrap();
        assert_ne!(fs::metadata(&path).unwrap().ino(), before.ino());
        assert_eq!(io::read_to_string(&mut old).unwrap(), "one");
        assert_eq!(fs::read(&path).unwrap(), b"other");
        assert_eq!(before.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_there_is_not_created_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notice");
        create_whole(&path, b"one").unwrap();
        assert_eq!(create_whole(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn what_a_killed_writer_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".unfinished-x1"), b"hal").unwrap();
        fs::write(dir.path().join("whole"), b"whole").unwrap();
        remove_unfinished(dir.path()).unwrap();
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|found| found.unwrap().file_name()).collect();
        assert_eq!(left, ["whole"]);
    }
}
