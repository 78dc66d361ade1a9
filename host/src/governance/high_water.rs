//! The mark that leaves the folder: how far its log was, and what was revoked. An older copy of the folder, which knows nothing of what came
//! after it, is noticed by it, and what was revoked stays so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pilothouse_evidence::CheckpointKey;
use pilothouse_registry::GrantState;
use pilothouse_registry::files::write_whole;
use pilothouse_store::{CommitError, Store};
use serde::{Deserialize, Serialize};

use super::approvals::Sought;
use super::{House, HouseError, parse};

/// How often the mark follows the log, where it grew.
const FOLLOWS_EVERY: Duration = Duration::from_secs(2);

/// What stands outside the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    /// The newest signed checkpoint.
    checkpoint: String,
    credentials: BTreeSet<String>,
    devices: BTreeSet<String>,
    vendor_keys: BTreeSet<String>,
    grants: BTreeSet<String>,
}

/// Where the mark stands, and what it said last.
pub(crate) struct HighWater {
    path: PathBuf,
    /// What an older copy must be told; empty otherwise. Ids that it never knew stay in the mark.
    before: Mark,
    /// The checkpoint that was written last.
    written: tokio::sync::Mutex<String>,
}

impl HighWater {
    /// Reads the mark, and holds the folder to it. Nothing in the folder is changed.
    ///
    /// # Errors
    /// [`HouseError::Older`] where the log is not what the mark saw, and that was not accepted.
    pub(super) async fn open(
        path: PathBuf,
        store: &Store,
        key: &CheckpointKey,
        is_older_accepted: bool,
    ) -> Result<HighWater, HouseError> {
        let before: Mark = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| damaged(&path))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Mark::default(),
            Err(source) => return Err(HouseError::File { path: path.display().to_string(), source }),
        };
        if !before.checkpoint.is_empty() {
            let seen = key.verify(&before.checkpoint).map_err(|_| damaged(&path))?;
            let here = store.log().checkpoint_of(seen.size).await?;
            let here = here.and_then(|here| key.verify(&here.note).ok());
            if here.is_none_or(|here| here.root != seen.root) {
                let (path, entries) = (path.display().to_string(), store.log().size().await?);
                if !is_older_accepted {
                    return Err(HouseError::Older { path, entries, seen: seen.size });
                }
                tracing::warn!(%path, entries, seen = seen.size, "an older copy of the folder is accepted: what was revoked after it is revoked again");
            }
        }
        Ok(HighWater { path, before, written: tokio::sync::Mutex::default() })
    }
}

fn damaged(path: &Path) -> HouseError {
    HouseError::Malformed {
        what: "high-water mark",
        message: format!(
            "{} cannot be read, or is of another installation: name this one's with --high-water",
            path.display()
        ),
    }
}

impl House {
    /// Revokes and withdraws again what the mark says, in a folder that does not know of it.
    pub(super) async fn hold_to_mark(&self) -> Result<(), HouseError> {
        let Some(high_water) = &self.0.high_water else { return Ok(()) };
        let host = self.host_caller()?;
        let (before, now) = (&high_water.before, self.revoked().await?);
        for id in before.credentials.difference(&now.credentials) {
            known(self.end_credential(&host, id).await)?;
        }
        for id in before.devices.difference(&now.devices) {
            known(self.revoke_device(&host, &parse("device", id)?).await)?;
        }
        for id in before.vendor_keys.difference(&now.vendor_keys) {
            known(self.revoke_key(&host, &parse("vendor key", id)?).await)?;
        }
        for id in before.grants.difference(&now.grants) {
            known(self.withdraw_grant(&host, &parse("grant", id)?).await)?;
        }
        self.mark().await
    }

    /// Has the mark follow the log.
    pub(super) fn start_marking(&self) {
        if self.0.high_water.is_none() {
            return;
        }
        let house = self.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = house.0.stop.cancelled() => break,
                    () = tokio::time::sleep(FOLLOWS_EVERY) => {}
                }
                if let Err(error) = house.mark().await {
                    tracing::warn!(%error, "the high-water mark waits");
                }
            }
            if let Err(error) = house.mark().await {
                tracing::warn!(%error, "the high-water mark was not written");
            }
        });
        self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(task);
    }

    /// Writes the mark, where the log grew.
    async fn mark(&self) -> Result<(), HouseError> {
        let Some(high_water) = &self.0.high_water else { return Ok(()) };
        let mut written = high_water.written.lock().await;
        let Some(newest) = self.0.store.log().checkpoint().await? else { return Ok(()) };
        if *written == newest.note {
            return Ok(());
        }
        let mut mark = self.revoked().await?;
        let before = &high_water.before;
        mark.credentials.extend(before.credentials.iter().cloned());
        mark.devices.extend(before.devices.iter().cloned());
        mark.vendor_keys.extend(before.vendor_keys.iter().cloned());
        mark.grants.extend(before.grants.iter().cloned());
        mark.checkpoint.clone_from(&newest.note);
        let bytes = serde_json::to_vec(&mark).map_err(|error| HouseError::Policy(error.to_string()))?;
        write_whole(&high_water.path, &bytes)
            .map_err(|source| HouseError::File { path: high_water.path.display().to_string(), source })?;
        *written = newest.note;
        Ok(())
    }

    /// All that was revoked or withdrawn, and no checkpoint.
    async fn revoked(&self) -> Result<Mark, HouseError> {
        let store = &self.0.store;
        let mut mark = Mark::default();
        mark.credentials
            .extend(store.credentials().all().await?.into_iter().filter(|one| one.revoked.is_some()).map(|one| one.id));
        mark.devices
            .extend(store.devices().all().await?.into_iter().filter(|one| one.revoked.is_some()).map(|one| one.id));
        mark.vendor_keys
            .extend(store.vendors().keys().await?.into_iter().filter(|one| one.revoked.is_some()).map(|one| one.id));
        for stored in store.grants().all().await? {
            let sought = Sought::read(stored)?;
            if matches!(sought.state(), GrantState::Withdrawn { .. }) {
                mark.grants.insert(sought.id().to_string());
            }
        }
        Ok(mark)
    }
}

/// What an older copy never knew needs no revoking in it.
fn known<T>(done: Result<T, HouseError>) -> Result<(), HouseError> {
    match done {
        Ok(_) | Err(HouseError::Unknown { .. } | HouseError::Commit(CommitError::Unknown { .. })) => Ok(()),
        Err(error) => Err(error),
    }
}
