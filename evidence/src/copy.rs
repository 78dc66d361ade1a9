//! A copy in C2SP tlog-tiles form, as a folder or a server has it, read through one function from path to bytes.

use std::cell::RefCell;
use std::error::Error;

use crate::checkpoint::{CheckpointKey, NoteError};
use crate::layout::{self, LayoutError, Resource};
use crate::merkle::Hash;
use crate::verify::Log;

/// Why a copy could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// What the caller's function said.
    #[error("`{path}` could not be read: make it readable, or copy the log again")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file is not what its path says.
    #[error("`{path}` is damaged: copy it again")]
    Damaged {
        /// The file.
        path: String,
        /// In what way.
        #[source]
        source: LayoutError,
    },
    /// There is no checkpoint, or it is no text.
    #[error("the copy has no readable `checkpoint`: copy the log again")]
    NoCheckpoint,
    /// The checkpoint is not this log's.
    #[error("the copy's checkpoint does not verify: check the key, then copy the log again")]
    Checkpoint(#[source] NoteError),
}

/// A [`Log`] over a copy in tiles. `fetch` gives the bytes at a path of the layout, `None` where there is no such file.
/// Only the newest checkpoint is part of such a copy.
pub struct TiledCopy<F> {
    fetch: F,
    checkpoint: String,
    size: u64,
    /// The bundle and the tile of each level that were last read: a log is verified from left to right.
    bundle: RefCell<Option<(Resource, Vec<Vec<u8>>)>>,
    tiles: RefCell<Vec<(Resource, Vec<Hash>)>>,
}

type Fetched<E> = Result<Option<Vec<u8>>, E>;

impl<F, E> TiledCopy<F>
where
    F: Fn(&str) -> Fetched<E>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// Opens a copy: reads its checkpoint, and takes the log's size from it, once it is verified.
    ///
    /// # Errors
    /// [`CopyError`].
    pub fn open(fetch: F, key: &CheckpointKey) -> Result<Self, CopyError> {
        let bytes = read(&fetch, Resource::Checkpoint)?.ok_or(CopyError::NoCheckpoint)?;
        let checkpoint = String::from_utf8(bytes).map_err(|_| CopyError::NoCheckpoint)?;
        let size = key.verify(&checkpoint).map_err(CopyError::Checkpoint)?.size;
        Ok(Self { fetch, checkpoint, size, bundle: RefCell::default(), tiles: RefCell::default() })
    }
}

fn read<F, E>(fetch: &F, resource: Resource) -> Result<Option<Vec<u8>>, CopyError>
where
    F: Fn(&str) -> Fetched<E>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let path = resource.to_string();
    fetch(&path).map_err(|source| CopyError::Unreadable { path, source: source.into() })
}

fn damaged(resource: Resource) -> impl FnOnce(LayoutError) -> CopyError {
    move |source| CopyError::Damaged { path: resource.to_string(), source }
}

impl<F, E> Log for TiledCopy<F>
where
    F: Fn(&str) -> Fetched<E>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Error = CopyError;

    fn size(&self) -> Result<u64, CopyError> {
        Ok(self.size)
    }

    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, CopyError> {
        let Some((resource @ Resource::Entries { width, .. }, place)) = Resource::of_entry(self.size, index) else {
            return Ok(None);
        };
        let mut bundle = self.bundle.borrow_mut();
        if let Some((held, entries)) = bundle.as_ref()
            && *held == resource
        {
            return Ok(entries.get(place).cloned());
        }
        let Some(bytes) = read(&self.fetch, resource)? else { return Ok(None) };
        let entries = layout::parse_bundle(&bytes, width).map_err(damaged(resource))?;
        let entries: Vec<Vec<u8>> = entries.into_iter().map(<[u8]>::to_vec).collect();
        let entry = entries.get(place).cloned();
        *bundle = Some((resource, entries));
        Ok(entry)
    }

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, CopyError> {
        let Some((resource @ Resource::Tile { level, width, .. }, place)) = Resource::of_node(self.size, level, index)
        else {
            return Ok(None);
        };
        let mut tiles = self.tiles.borrow_mut();
        if let Some((_, hashes)) = tiles.iter().find(|(held, _)| *held == resource) {
            return Ok(hashes.get(place).copied());
        }
        let Some(bytes) = read(&self.fetch, resource)? else { return Ok(None) };
        let hashes = layout::parse_tile(&bytes, width).map_err(damaged(resource))?;
        let hash = hashes.get(place).copied();
        tiles.retain(|(held, _)| !matches!(held, Resource::Tile { level: of, .. } if *of == level));
        tiles.push((resource, hashes));
        Ok(hash)
    }

    fn keeps(&self, level: u8) -> bool {
        level.is_multiple_of(8)
    }

    fn checkpoints(&self) -> Result<Vec<String>, CopyError> {
        Ok(vec![self.checkpoint.clone()])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use super::*;
    use crate::testing::{MemoryLog, signer};
    use crate::verify::{VerifyError, verify};

    fn exported(log: &MemoryLog) -> HashMap<String, Vec<u8>> {
        let size = log.entries.len() as u64;
        let mut files: HashMap<String, Vec<u8>> = layout::resources(size)
            .map(|resource| {
                let bytes = match resource {
                    Resource::Tile { level, index, width } => {
                        layout::tile_bytes(level, index, width, |level, index| log.nodes.get(&(level, index)).copied())
                    }
                    Resource::Entries { index, width } => {
                        layout::bundle_bytes(index, width, |index| log.entries.get(index as usize)?.clone())
                    }
                    Resource::Checkpoint => Ok(Vec::new()),
                };
                (resource.to_string(), bytes.unwrap())
            })
            .collect();
        files.insert("checkpoint".into(), log.checkpoints.last().unwrap().clone().into_bytes());
        files
    }

    fn checked(files: &HashMap<String, Vec<u8>>) -> Result<u64, VerifyError> {
        let fetch = |path: &str| Ok::<_, Infallible>(files.get(path).cloned());
        let copy = TiledCopy::open(fetch, signer().key()).unwrap();
        verify(&copy, signer().key()).map(|report| report.entries)
    }

    #[test]
    fn a_copy_in_tiles_verifies_without_the_host() {
        let log = MemoryLog::of(600);
        assert_eq!(checked(&exported(&log)).unwrap(), 600);
    }

    #[test]
    fn a_copy_with_a_lost_or_changed_file_does_not_verify() {
        let files = exported(&MemoryLog::of(300));
        let mut lost = files.clone();
        lost.remove("tile/entries/001.p/44");
        assert!(matches!(checked(&lost), Err(VerifyError::MissingEntry(256))));
        let mut lost = files.clone();
        lost.remove("tile/1/000.p/1");
        assert!(matches!(checked(&lost), Err(VerifyError::MissingNode { level: 8, index: 0 })));
        let mut changed = files.clone();
        changed.get_mut("tile/0/000").unwrap()[32 * 7] ^= 1;
        assert!(matches!(checked(&changed), Err(VerifyError::WrongNode { level: 0, index: 7 })));
        let mut cut = files.clone();
        cut.get_mut("tile/entries/000").unwrap().pop();
        assert!(matches!(checked(&cut), Err(VerifyError::Unreadable(_))));
        let mut forged = files;
        forged.get_mut("checkpoint").unwrap()[3] ^= 1;
        let fetch = |path: &str| Ok::<_, Infallible>(forged.get(path).cloned());
        assert!(matches!(TiledCopy::open(fetch, signer().key()).err(), Some(CopyError::Checkpoint(_))));
    }
}
