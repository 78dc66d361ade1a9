//! Service: which version of a pilot serves, whether it is on, under which keys; and the link that this comes to.

use std::collections::HashMap;
use std::sync::Arc;

use pilothouse_registry::PilotId;
use pilothouse_store::standing::Standing;
use pilothouse_store::{CommitError, StateChange};

use super::approvals::rights_of;
use super::builds::served;
use super::records::Change;
use super::running::Running;
use super::turns::{Turn, to_its_end};
use super::views::{Changed, Rotated, state_of};
use super::{Caller, House, HouseError, now};

/// How a switched-on pilot stands in its row.
pub(super) const ON: &str = "on";
/// How one stands that is switched off.
pub(super) const OFF: &str = "off";

impl House {
    /// A pilot as it stands at one moment; none where it is not registered.
    pub(super) async fn standing(&self, id: &PilotId) -> Result<Option<Standing>, HouseError> {
        Ok(self.0.store.standings().of(id.as_str(), &rotation_key(id)).await?)
    }

    /// Makes the stored state of a pilot the one that serves. When this has answered, nothing is kept any more that ran on a link from
    /// before, and the switch stands as the pilot's row says.
    pub(crate) async fn relink(&self, turn: &Turn) -> Result<(), HouseError> {
        let id = turn.pilot();
        let Some(standing) = self.standing(id).await? else { return Ok(()) };
        let switch = self.lasting(id).switch;
        match self.prepare(&standing, &standing.pilot.package).await {
            Ok(linked) => self.put_in(turn, linked),
            // What it was allowed before may not be what it is allowed now.
            Err(error) => {
                switch.supersede(standing.as_of);
                switch.settled().await;
                return Err(error);
            }
        }
        switch.supersede(standing.as_of);
        switch.turn(standing.pilot.state == ON, standing.pilot.revision);
        switch.settled().await;
        Ok(())
    }

    /// Puts a link in the place of an older one.
    pub(super) fn put_in(&self, turn: &Turn, linked: Running) {
        let linked = Arc::new(linked);
        self.0.running.rcu(|running| {
            if running.get(turn.pilot()).is_some_and(|now| now.as_of > linked.as_of) {
                return Arc::clone(running);
            }
            let mut running: HashMap<PilotId, Arc<Running>> = running.as_ref().clone();
            running.insert(turn.pilot().clone(), Arc::clone(&linked));
            Arc::new(running)
        });
    }

    /// Puts a pilot to work: in this version, or in the one that served last. Every check is made now, in front of who decides.
    ///
    /// # Errors
    /// Where it imports what no grant covers, or was never installed.
    pub async fn enable(&self, by: &Caller, id: &PilotId, version: Option<&str>) -> Result<Changed, HouseError> {
        let (house, by, id, version) = (self.clone(), by.clone(), id.clone(), version.map(str::to_owned));
        to_its_end(async move {
            let stored = house.0.store.pilots().find(id.as_str()).await?;
            let stored = stored.ok_or_else(|| HouseError::Unknown { what: "pilot", id: id.to_string() })?;
            if let Some(version) = version.as_deref()
                && house.0.store.pilots().package(id.as_str(), version).await?.is_none()
            {
                return Err(HouseError::Unknown { what: "version", id: pilothouse_registry::escape_name(version) });
            }
            house.put_in_service(&by, &id, version.as_deref().unwrap_or(&stored.version)).await
        })
        .await
    }

    /// Switches a pilot off, at once: nothing new starts; what runs ends by its deadline, is recorded as withdrawn, and of what it came to
    /// nothing is kept after this has answered. It waits for nobody who is changing the pilot meanwhile, and wins over them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn disable(&self, by: &Caller, id: &PilotId) -> Result<Changed, HouseError> {
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.switch_off(&by, &id).await }).await
    }

    pub(super) async fn switch_off(&self, by: &Caller, id: &PilotId) -> Result<Changed, HouseError> {
        let revision = loop {
            let stored = self.0.store.pilots().find(id.as_str()).await?;
            let stored = stored.ok_or_else(|| HouseError::Unknown { what: "pilot", id: id.to_string() })?;
            let row = StateChange::Pilot {
                pilot: id.to_string(),
                version: stored.version.clone(),
                package: stored.package,
                state: OFF.to_owned(),
                body: stored.body,
                seen: stored.revision,
            };
            let detail = vec![("version", stored.version)];
            let change = Change { by, subject: "pilot", of: id.to_string(), action: "disable", detail };
            match self.keep_change(change, vec![row]).await {
                Ok(_) => break stored.revision + 1,
                // Somebody else's decision came first: this one is made again, on what is there now.
                Err(HouseError::Commit(CommitError::Stale { .. })) => {}
                Err(error) => return Err(error),
            }
        };
        let switch = self.lasting(id).switch;
        switch.turn(false, revision);
        switch.settled().await;
        self.changed(id)
    }

    pub(crate) async fn put_in_service(&self, by: &Caller, id: &PilotId, version: &str) -> Result<Changed, HouseError> {
        let turn = self.turn(id).await;
        let standing = self.standing(id).await?;
        let standing = standing.ok_or_else(|| HouseError::Unknown { what: "pilot", id: id.to_string() })?;
        let newest = self.0.store.pilots().packages(id.as_str()).await?;
        // The build that was taken in last under this version.
        let package = newest
            .iter()
            .filter(|package| package.version.split('+').next() == version.split('+').next())
            .max_by_key(|package| package.at)
            .map_or(&standing.pilot.package, |package| &package.digest);
        let build = self.stands(id, package).await?;
        let mut grants = rights_of(standing.grants.iter().cloned(), &build.manifest().vendor)?;
        grants.retain(|grant| now() < grant.expires);
        let proof = build.prove(&self.0.ceiling).with_grants(&grants);
        let missing = proof.rows.iter().filter(|row| row.imported && row.granted == Some(false));
        let functions: Vec<String> = missing.map(|row| row.function.to_string()).collect();
        // Linked once before anything is decided: what cannot serve leaves what serves where it is.
        if !functions.is_empty() || self.prepare(&standing, package).await?.pilot.is_none() {
            return Err(HouseError::NotGranted { pilot: id.clone(), functions });
        }
        let row = StateChange::Pilot {
            pilot: id.to_string(),
            version: version.to_owned(),
            package: package.clone(),
            state: ON.to_owned(),
            body: served(&standing.pilot, &build.manifest().version),
            seen: standing.pilot.revision,
        };
        let detail = vec![
            ("version", version.to_owned()),
            ("vendor", build.manifest().vendor.to_string()),
            ("build", build.digest().to_string()),
        ];
        let change = Change { by, subject: "pilot", of: id.to_string(), action: "enable", detail };
        self.keep_change(change, vec![row]).await?;
        self.relink(&turn).await?;
        if !self.version(id)?.is_on() {
            return Err(HouseError::Stale("the pilot"));
        }
        self.changed(id)
    }

    /// How a pilot stands after a change of its state.
    fn changed(&self, id: &PilotId) -> Result<Changed, HouseError> {
        let version = self.version(id)?;
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
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.rotate(&by, &id).await }).await
    }

    async fn rotate(&self, by: &Caller, id: &PilotId) -> Result<Rotated, HouseError> {
        let version = self.version(id)?;
        let turn = self.turn(id).await;
        let standing = self.standing(id).await?;
        let standing = standing.ok_or_else(|| HouseError::Unknown { what: "pilot", id: id.to_string() })?;
        let rotation = rotation(&standing)?.saturating_add(1);
        let row = StateChange::Meta { key: rotation_key(id), value: rotation.to_string() };
        let detail = vec![("rotation", rotation.to_string())];
        let change = Change { by, subject: "pilot", of: id.to_string(), action: "rotate-keys", detail };
        self.keep_change(change, vec![row]).await?;
        self.relink(&turn).await?;
        let in_flight_until_ms = u64::from(version.manifest.limits.deadline_ms);
        Ok(Rotated { id: id.clone(), rotation, in_flight_until_ms })
    }
}

/// How often the keys of a pilot were rotated.
pub(super) fn rotation(standing: &Standing) -> Result<u32, HouseError> {
    let Some(stored) = &standing.meta else { return Ok(0) };
    // Another number would bring old pseudonyms back, so it is never guessed.
    stored.parse().map_err(|_| HouseError::Malformed {
        what: "rotation",
        message: "the stored number of rotations cannot be read: restore the latest back-up".to_owned(),
    })
}

fn rotation_key(id: &PilotId) -> String {
    format!("rotation/{id}")
}
