//! The data folder of a stopped host: its record is checked and run again on this machine, without network, pilots or people.

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
use pilothouse_store::Store;

use super::installation::{Invitation, invite};
use super::opening::signer;
use super::replaying::Bench;
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
        let secret = Secret::new(keys::secret(dir)?);
        let signer = signer(&secret)?;
        let log_key = signer.key().clone();
        let store = Store::open(dir, signer).await?;
        Ok(Archive { dir: dir.to_owned(), store, secret, log_key })
    }

    /// Re-checks the whole log, as a running host does.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub async fn verify(&self) -> Result<Verified, HouseError> {
        let report = self.store.log().verify(&self.log_key, &[]).await?;
        Ok(Verified::new(&report, self.log_key.to_string()))
    }

    /// Runs a recorded invocation again and compares bytes. The replay is itself recorded as a look.
    ///
    /// # Errors
    /// Where its values were destroyed, or its package is not there.
    pub async fn replay(&self, id: &str, program: Program) -> Result<Replayed, HouseError> {
        let machine = Machine::start().map_err(HouseError::Engine)?;
        let cache = self.dir.join("compiled");
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
        invite(&self.store).await
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
