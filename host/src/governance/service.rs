//! Service: which version of a pilot serves, whether it is on, under which keys; and the link that this comes to.

use std::collections::HashMap;
use std::sync::Arc;

use pilothouse_registry::{Package, PilotId};
use pilothouse_store::StateChange;
use serde_json::json;

use super::records::Change;
use super::running::Running;
use super::views::{Changed, Rotated, state_of};
use super::{Caller, House, HouseError, parse};

impl House {
    /// Makes the stored state of a pilot the one that serves.
    pub(crate) async fn relink(&self, id: &PilotId) -> Result<(), HouseError> {
        let Some(stored) = self.0.store.pilots().find(id.as_str()).await? else { return Ok(()) };
        let before = self.0.running.load().get(id).cloned();
        let on = stored.state == "on";
        if let Some(before) = before.as_ref().filter(|_| !on) {
            before.switch.set(false);
        }
        let version = Arc::new(self.prepare(id, &stored.package, before.as_deref()).await?);
        let mut running: HashMap<PilotId, Arc<Running>> = self.0.running.load().as_ref().clone();
        running.insert(id.clone(), Arc::clone(&version));
        self.0.running.store(Arc::new(running));
        // Only now: what is let in runs on this link. One that its grants do not cover any more is off.
        version.switch.set(on && version.pilot.is_some());
        Ok(())
    }

    /// Puts a pilot to work: in this version, or in the one that served last. Every check is made now, in front of who decides.
    ///
    /// # Errors
    /// Where it imports what no grant covers, or was never installed.
    pub async fn enable(&self, by: &Caller, id: &PilotId, version: Option<&str>) -> Result<Changed, HouseError> {
        let stored = self.0.store.pilots().find(id.as_str()).await?;
        let stored = stored.ok_or_else(|| HouseError::Unknown { what: "pilot", id: id.to_string() })?;
        if let Some(version) = version
            && self.0.store.pilots().package(id.as_str(), version).await?.is_none()
        {
            return Err(HouseError::Unknown { what: "version", id: pilothouse_registry::escape_name(version) });
        }
        self.put_in_service(by, id, version.unwrap_or(&stored.version), true).await
    }

    /// Switches a pilot off, at once: nothing new starts; what runs ends by its deadline, is recorded as withdrawn, and of what it came to
    /// nothing is kept after this has answered.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn disable(&self, by: &Caller, id: &PilotId) -> Result<Changed, HouseError> {
        let version = self.version(id)?;
        version.switch.set(false);
        version.switch.settled().await;
        let stored = version.manifest.version.to_string();
        self.put_in_service(by, id, &stored, false).await
    }

    pub(crate) async fn put_in_service(
        &self,
        by: &Caller,
        id: &PilotId,
        version: &str,
        on: bool,
    ) -> Result<Changed, HouseError> {
        let _turn = self.0.changing.lock().await;
        let stored = self.0.store.pilots().find(id.as_str()).await?;
        let stored = stored.ok_or_else(|| HouseError::Unknown { what: "pilot", id: id.to_string() })?;
        let newest = self.0.store.pilots().packages(id.as_str()).await?;
        // The build that was taken in last under this version.
        let package = newest
            .iter()
            .filter(|package| package.version.split('+').next() == version.split('+').next())
            .max_by_key(|package| package.at);
        let package = if on { package.map_or(&stored.package, |package| &package.digest) } else { &stored.package };
        if on {
            let bytes = self.0.packages.get(&parse("package", package)?)?;
            let package = Package::open_unsigned(bytes)?;
            let grants = self.grants(id).await?;
            let proof = package.prove(&self.0.ceiling).with_grants(&grants);
            let missing = proof.rows.iter().filter(|row| row.imported && row.granted == Some(false));
            let functions: Vec<String> = missing.map(|row| row.function.to_string()).collect();
            if !functions.is_empty() {
                return Err(HouseError::NotGranted { pilot: id.clone(), functions });
            }
        }
        let row = StateChange::Pilot {
            pilot: id.to_string(),
            version: version.to_owned(),
            package: package.clone(),
            state: if on { "on" } else { "off" }.to_owned(),
            body: json!({}),
            seen: stored.revision,
        };
        let action = if on { "enable" } else { "disable" };
        let change =
            Change { by, subject: "pilot", of: id.to_string(), action, detail: vec![("version", version.to_owned())] };
        self.keep_change(change, vec![row]).await?;
        self.relink(id).await?;
        let version = self.version(id)?;
        if on && !version.is_on() {
            return Err(HouseError::NotGranted { pilot: id.clone(), functions: Vec::new() });
        }
        Ok(Changed {
            id: id.clone(),
            version: version.manifest.version.to_string(),
            state: state_of(&version),
            in_flight_until_ms: u64::from(version.manifest.limits.deadline_ms),
        })
    }

    /// Gives every person another pseudonym for this pilot, from the next call on, and makes the references that it sealed void.
    ///
    /// What the pilot stored stays as it is, under the old pseudonyms: no handle leads to it any more, and retention takes it away.
    ///
    /// # Errors
    /// Where there is no such pilot.
    pub async fn rotate_keys(&self, by: &Caller, id: &PilotId) -> Result<Rotated, HouseError> {
        let _turn = self.0.changing.lock().await;
        let version = self.version(id)?;
        let rotation = self.rotation(id).await?.saturating_add(1);
        let row = StateChange::Meta { key: rotation_key(id), value: rotation.to_string() };
        let detail = vec![("rotation", rotation.to_string())];
        let change = Change { by, subject: "pilot", of: id.to_string(), action: "rotate-keys", detail };
        self.keep_change(change, vec![row]).await?;
        self.relink(id).await?;
        let in_flight_until_ms = u64::from(version.manifest.limits.deadline_ms);
        Ok(Rotated { id: id.clone(), rotation, in_flight_until_ms })
    }

    /// How often the keys of a pilot were rotated.
    pub(crate) async fn rotation(&self, id: &PilotId) -> Result<u32, HouseError> {
        let Some(stored) = self.0.store.meta().get(&rotation_key(id)).await? else { return Ok(0) };
        // Another number would bring old pseudonyms back, so it is never guessed.
        stored.parse().map_err(|_| HouseError::Malformed {
            what: "rotation",
            message: "the stored number of rotations cannot be read: restore the latest back-up".to_owned(),
        })
    }
}

fn rotation_key(id: &PilotId) -> String {
    format!("rotation/{id}")
}
