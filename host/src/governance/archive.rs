//! The data folder of a stopped host: its record is checked and run again on this machine, without network, pilots or people.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pilothouse_evidence::{CheckpointKey, MasterKey};
use pilothouse_province::{DEFAULT_SEED, REFERENCE_DAY};
use pilothouse_registry::oci::Layout;
use pilothouse_runtime::capabilities::records;
use pilothouse_runtime::compile::{Compiler, Program};
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::province::Province;
use pilothouse_runtime::{Machine, Providers};
use pilothouse_store::{OpenError, Store};
use tempfile::TempDir;

use super::checking::Checker;
use super::installation::{Invitation, invite};
use super::opening::signer;
use super::replaying::Bench;
use super::states::States;
use super::views::{Replayed, Verified};
use super::{HouseError, keys};

/// Who looks, in the record: whoever holds the folder and its keys.
pub(super) const HOLDER: &str = "data-folder";
/// People of the province behind the providers, which a replay asks nothing: the fewest that there can be.
const NOBODY: u32 = 2_000;

/// A data folder on which no host runs, locked while this is open.
pub struct Archive {
    dir: PathBuf,
    store: Store,
    secret: Secret,
    log_key: CheckpointKey,
    /// Where the folder must not be written: its database, copied.
    copy: Option<TempDir>,
}

impl Archive {
    /// Opens the data folder of a stopped host. Makes none.
    ///
    /// # Errors
    /// [`HouseError::NoHouse`] where there is none, [`HouseError::Open`] where a host runs on it.
    pub async fn open(dir: &Path) -> Result<Archive, HouseError> {
        if !keys::has_secret(dir) {
            return Err(HouseError::NoHouse { path: dir.display().to_string() });
        }
        match Archive::open_at(dir, None).await {
            Err(HouseError::Open(OpenError::Folder { source, .. }))
                if matches!(source.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) =>
            {
                Archive::open_read_only(dir).await
            }
            other => other,
        }
    }

    /// Opens a data folder in which nothing must be changed, such as a copy on a medium that takes no writes: its database is copied to
    /// where temporary files go, and read there.
    ///
    /// # Errors
    /// As [`Archive::open`]; where there is no room for the copy.
    pub async fn open_read_only(dir: &Path) -> Result<Archive, HouseError> {
        if !keys::has_secret(dir) {
            return Err(HouseError::NoHouse { path: dir.display().to_string() });
        }
        let failed = |source| HouseError::File { path: dir.display().to_string(), source };
        let copy = TempDir::new().map_err(failed)?;
        for name in ["pilothouse.db", "pilothouse.db-wal"] {
            let from = dir.join(name);
            if from.is_file() {
                std::fs::copy(&from, copy.path().join(name)).map_err(failed)?;
            }
        }
        Archive::open_at(dir, Some(copy)).await
    }

    async fn open_at(dir: &Path, copy: Option<TempDir>) -> Result<Archive, HouseError> {
        let secret = Secret::new(keys::secret(dir)?);
        let signer = signer(&secret)?;
        let log_key = signer.key().clone();
        let store = Store::open(copy.as_ref().map_or(dir, TempDir::path), signer).await?;
        Ok(Archive { dir: dir.to_owned(), store, secret, log_key, copy })
    }

    /// Re-checks the whole log, as a running host does.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub async fn verify(&self) -> Result<Verified, HouseError> {
        Checker { store: &self.store, log_key: &self.log_key, secret: &self.secret }.check().await
    }

    /// Runs a recorded invocation again and compares bytes. The replay is itself recorded as a look.
    ///
    /// # Errors
    /// Where its values were destroyed, or its package is not there.
    pub async fn replay(&self, id: &str, program: Program) -> Result<Replayed, HouseError> {
        let machine = Machine::start().map_err(HouseError::Engine)?;
        let cache = self.copy.as_ref().map_or(self.dir.as_path(), TempDir::path).join("compiled");
        let compiler = Compiler::new(cache.clone(), self.secret.derive("compiled"), program)
            .map_err(|source| HouseError::File { path: cache.display().to_string(), source })?;
        let bench = Bench {
            store: &self.store,
            master: &MasterKey::from_bytes(self.secret.derive("master")),
            packages: &Layout::open(self.dir.join("packages"))?,
            compiler: &compiler,
            machine: &machine,
            providers: &nobody(),
        };
        bench.replay(HOLDER, id).await
    }

    /// Makes a one-time secret for a further officer of a real installation.
    ///
    /// # Errors
    /// Where the folder is a demonstration.
    pub async fn invite(&self) -> Result<Invitation, HouseError> {
        if self.copy.is_some() {
            let source = std::io::Error::from(ErrorKind::ReadOnlyFilesystem);
            return Err(HouseError::File { path: self.dir.display().to_string(), source });
        }
        invite(&self.store, &States::new(&self.secret)).await
    }

    /// Gives the folder back.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// Providers that a replay needs to be there and never asks.
fn nobody() -> Arc<Providers> {
    let province = Arc::new(Province::generate(DEFAULT_SEED, NOBODY, REFERENCE_DAY));
    let rows = Arc::new(records::Provider::Memory(records::Memory::default()));
    Arc::new(Providers::embedded(&province, rows, Arc::default()))
}
