//! What officers decide: packages, grants, service, settings, credentials, vendors' keys. Each decision with its record, or not at all.

use std::collections::HashMap;
use std::sync::Arc;

use pilothouse_registry::{
    Grant, GrantId, GrantState, KeyId, OfficerId, Package, PilotId, Trust, TrustedKey, VendorId, keys as vendor_keys,
};
use pilothouse_store::StateChange;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::opening::all_communes;
use super::records::{Change, DAY};
use super::running::Running;
use super::views::{Changed, CredentialLine, Installed, NewCredential, Rotated, SettingLine, SettingsView, state_of};
use super::{Caller, House, HouseError, Known, keys, now, packaging, parse};

/// Revisions of settings that are shown.
const HISTORY: u32 = 50;
/// In a credential's body: as whose eyes it counts, until another officer confirms that it is another person's.
const COUNTS_AS: &str = "counts-as";
/// How long a grant holds that is asked for on the command line.
const TERM: i64 = 365 * DAY;

impl House {
    /// Takes a package in: through every check of the door, stored, not enabled.
    ///
    /// # Errors
    /// The first check that it fails; nothing is kept then.
    pub async fn install(&self, by: &Caller, package: Vec<u8>) -> Result<Installed, HouseError> {
        self.install_as(by, package, false).await
    }

    pub(crate) async fn install_as(&self, by: &Caller, bytes: Vec<u8>, replace: bool) -> Result<Installed, HouseError> {
        let at = now();
        let trust = self.0.trust.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let package = Package::open(bytes, &trust, at)?;
        package.prove(&self.0.ceiling).verdict()?;
        let manifest = package.manifest().clone();
        // The trial: compiled in the limited child, instantiated with nothing, asked what it is.
        let memory = manifest.limits.memory_kib as usize * 1024;
        let described = packaging::describe(
            package.bytes(),
            &manifest.id,
            memory,
            &self.0.machine,
            &self.0.compiler,
            &self.0.providers,
        )
        .await?;
        let described: Value = serde_json::from_str(&described).map_err(|_| HouseError::Describes)?;
        if described != serde_json::to_value(package.schemas()).unwrap_or_default() {
            return Err(HouseError::Describes);
        }
        let (id, version) = (manifest.id.clone(), manifest.version.to_string());
        let digest = package.digest().to_string();
        let known = self.0.store.pilots().package(id.as_str(), &version).await?;
        let stored_version = match known {
            Some(known) if known.digest == digest => None,
            Some(_) if !replace => return Err(HouseError::VersionExists { pilot: id, version }),
            // A build of the host's own under a version that is known: kept beside it, named by its content.
            Some(_) => Some(format!(
                "{version}+{}",
                digest.chars().filter(char::is_ascii_hexdigit).take(8).collect::<String>()
            )),
            None => Some(version.clone()),
        };
        self.0.packages.put(&package)?;
        if let Some(stored) = stored_version
            && self.0.store.pilots().package(id.as_str(), &stored).await?.is_none()
        {
            let row = StateChange::Package {
                pilot: id.to_string(),
                version: stored.clone(),
                digest: digest.clone(),
                vendor: manifest.vendor.to_string(),
                body: json!({ "model": manifest.model.get() }),
            };
            let detail = vec![("version", stored), ("digest", digest.clone()), ("vendor", manifest.vendor.to_string())];
            let change = Change { by, subject: "package", of: id.to_string(), action: "install", detail };
            self.keep_change(change, vec![row]).await?;
        }
        let grants = self.grants(&id).await?;
        let covered = package.prove(&self.0.ceiling).with_grants(&grants);
        let waits = covered.rows.iter().filter(|row| row.imported && row.granted == Some(false));
        let waits_for = waits.map(|row| row.function.to_string()).collect();
        if self.0.store.pilots().find(id.as_str()).await?.is_none() {
            self.register(by, &id, &version, &digest).await?;
        }
        Ok(Installed { id, version, digest, state: "installed", waits_for })
    }

    /// A pilot's first version: known to the house, switched off.
    async fn register(&self, by: &Caller, id: &PilotId, version: &str, digest: &str) -> Result<(), HouseError> {
        let row = StateChange::Pilot {
            pilot: id.to_string(),
            version: version.to_owned(),
            package: digest.to_owned(),
            state: "off".to_owned(),
            body: json!({}),
            seen: 0,
        };
        let change = Change {
            by,
            subject: "pilot",
            of: id.to_string(),
            action: "register",
            detail: vec![("version", version.to_owned())],
        };
        self.keep_change(change, vec![row]).await?;
        self.relink(id).await
    }

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

    /// The grants of a pilot.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn grants(&self, id: &PilotId) -> Result<Vec<Grant>, HouseError> {
        let stored = self.0.store.grants().of_pilot(id.as_str()).await?;
        stored.into_iter().map(read_grant).collect()
    }

    /// Asks for everything that the newest package of a pilot requests and no grant covers.
    ///
    /// # Errors
    /// Where there is no such pilot.
    pub async fn request_grants(&self, by: &Caller, id: &PilotId) -> Result<Vec<Grant>, HouseError> {
        let version = self.version(id)?;
        let known = self.grants(id).await?;
        let officer = self.officer(by).await?;
        let mut asked = Vec::new();
        for request in &version.manifest.capabilities {
            let capability = request.capability();
            let covered = known.iter().any(|grant| {
                grant.state.name() != "withdrawn"
                    && grant.right.capability() == capability
                    && request.scope.is_within(&grant.right.scope)
                    && request.functions.is_subset(&grant.right.functions)
            });
            if covered {
                continue;
            }
            let at = now();
            let grant = Grant {
                id: parse::<GrantId>("grant", &super::records::new_id())?,
                pilot: id.clone(),
                right: request.clone(),
                units: all_communes(at)?,
                expires: at + TERM,
                state: GrantState::Requested { by: officer.clone() },
            };
            self.keep_grant(by, &grant, "request", 0).await?;
            asked.push(grant);
        }
        Ok(asked)
    }

    /// Approves a grant as this officer: the second approval, of another officer, puts it in force.
    ///
    /// # Errors
    /// Four eyes, neither of them the requester's.
    pub async fn approve_grant(&self, by: &Caller, id: &GrantId) -> Result<Grant, HouseError> {
        self.decide_grant(by, id, "approve").await
    }

    /// Withdraws a grant, at once; one officer is enough to narrow.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn withdraw_grant(&self, by: &Caller, id: &GrantId) -> Result<Grant, HouseError> {
        self.decide_grant(by, id, "withdraw").await
    }

    async fn decide_grant(&self, by: &Caller, id: &GrantId, action: &'static str) -> Result<Grant, HouseError> {
        let stored = self.0.store.grants().find(id.as_str()).await?;
        let stored = stored.ok_or_else(|| HouseError::Unknown { what: "grant", id: id.to_string() })?;
        let seen = stored.revision;
        let grant = read_grant(stored)?;
        let state = if action == "approve" {
            grant.state.approve(self.officer(by).await?, now())?
        } else {
            grant.state.withdraw(self.officer(by).await?, now())?
        };
        let grant = Grant { state, ..grant };
        self.keep_grant(by, &grant, action, seen).await?;
        self.relink(&grant.pilot).await?;
        Ok(grant)
    }

    async fn keep_grant(&self, by: &Caller, grant: &Grant, action: &'static str, seen: i64) -> Result<(), HouseError> {
        let form = |error: serde_json::Error| HouseError::Policy(error.to_string());
        let row = StateChange::Grant {
            id: grant.id.to_string(),
            pilot: grant.pilot.to_string(),
            capability: grant.right.capability().to_string(),
            body: serde_json::to_value(grant).map_err(form)?,
            state: serde_json::to_value(&grant.state).map_err(form)?,
            seen,
        };
        let detail = vec![
            ("pilot", grant.pilot.to_string()),
            ("capability", grant.right.capability().to_string()),
            ("state", grant.state.name().to_owned()),
        ];
        let change = Change { by, subject: "grant", of: grant.id.to_string(), action, detail };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }

    /// A department's settings of its pilot, with their history.
    ///
    /// # Errors
    /// Where there is no such pilot.
    pub async fn settings(&self, id: &PilotId) -> Result<SettingsView, HouseError> {
        let version = self.version(id)?;
        let values = self.settings_of(id, &version.manifest).await?;
        let history = self.0.store.settings().history(id.as_str(), HISTORY).await?;
        let revision = history.first().map_or(0, |setting| setting.revision);
        let line = |setting: pilothouse_store::settings::Setting| SettingLine {
            revision: setting.revision,
            by: setting.changed_by,
            at: setting.at,
            values: setting.body,
        };
        Ok(SettingsView { revision, values, history: history.into_iter().map(line).collect() })
    }

    /// Changes settings, checked against the manifest's types. `null` sets a key back to its default.
    ///
    /// # Errors
    /// The first key that does not fit; nothing is changed then.
    pub async fn set_settings(
        &self,
        by: &Caller,
        id: &PilotId,
        seen: Option<i64>,
        changes: Map<String, Value>,
    ) -> Result<SettingsView, HouseError> {
        let version = self.version(id)?;
        let current = self.0.store.settings().current(id.as_str()).await?;
        let revision = current.as_ref().map_or(0, |setting| setting.revision);
        if seen.is_some_and(|seen| seen != revision) {
            return Err(HouseError::Stale("the settings"));
        }
        let mut values = current.and_then(|setting| setting.body.as_object().cloned()).unwrap_or_default();
        let changed: Vec<String> = changes.keys().cloned().collect();
        for (key, value) in changes {
            if value.is_null() {
                values.remove(&key);
            } else {
                values.insert(key, value);
            }
        }
        let checked = version.manifest.config.check(&values);
        checked.map_err(|error| HouseError::Setting { key: error.key().to_owned(), message: error.to_string() })?;
        let row = StateChange::Setting {
            pilot: id.to_string(),
            body: Value::Object(values),
            changed_by: by.credential.clone(),
            seen: revision,
        };
        let keys = pilothouse_registry::escape_name(&changed.join(" "));
        let detail = vec![("revision", (revision + 1).to_string()), ("keys", keys)];
        let change = Change { by, subject: "setting", of: id.to_string(), action: "set", detail };
        self.keep_change(change, vec![row]).await?;
        self.relink(id).await?;
        self.settings(id).await
    }

    /// Trusts a vendor's key.
    ///
    /// # Errors
    /// Where the text is no public key.
    pub async fn trust_key(
        &self,
        by: &Caller,
        vendor: &VendorId,
        public_pem: &str,
        valid_days: u32,
    ) -> Result<KeyId, HouseError> {
        let key = vendor_keys::public_from_pem(public_pem)
            .map_err(|error| HouseError::Malformed { what: "public key", message: error.to_string() })?;
        let at = now();
        self.trust(by, vendor.as_str(), &key, at, at + i64::from(valid_days) * DAY).await
    }

    pub(crate) async fn trust(
        &self,
        by: &Caller,
        vendor: &str,
        key: &ed25519_dalek::VerifyingKey,
        valid_from: i64,
        valid_until: i64,
    ) -> Result<KeyId, HouseError> {
        let id = vendor_keys::key_id(key);
        let row = StateChange::VendorKeyAdded {
            id: id.to_string(),
            vendor: vendor.to_owned(),
            public_key: key.as_bytes().to_vec(),
            valid_from,
            valid_to: valid_until,
        };
        let change = Change {
            by,
            subject: "vendor-key",
            of: id.to_string(),
            action: "trust",
            detail: vec![("vendor", vendor.to_owned())],
        };
        self.keep_change(change, vec![row]).await?;
        let trusted =
            TrustedKey { vendor: parse("vendor", vendor)?, key: *key, valid_from, valid_until, revoked: None };
        self.change_trust(|trust| {
            trust.add(trusted);
        });
        Ok(id)
    }

    /// Trusts a vendor's key no more. Packages that were taken in stay; new ones are refused.
    ///
    /// # Errors
    /// Where there is no such key.
    pub async fn revoke_key(&self, by: &Caller, id: &KeyId) -> Result<(), HouseError> {
        let row = StateChange::VendorKeyRevoked { id: id.to_string() };
        let change = Change { by, subject: "vendor-key", of: id.to_string(), action: "revoke", detail: Vec::new() };
        self.keep_change(change, vec![row]).await?;
        let at = now();
        self.change_trust(|trust| {
            trust.revoke(id, at);
        });
        Ok(())
    }

    fn change_trust(&self, change: impl FnOnce(&mut Trust)) {
        change(&mut self.0.trust.write().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// Gives a credential out. The token is shown once and stored as a hash.
    ///
    /// # Errors
    /// Where the facility does not exist.
    pub async fn add_credential(&self, by: &Caller, new: NewCredential) -> Result<(String, String), HouseError> {
        if let Some(facility) = &new.facility
            && self.0.province.facility(facility.as_str()).is_none()
        {
            return Err(HouseError::Unknown { what: "facility", id: facility.to_string() });
        }
        let (token, id, hash) = keys::new_token()?;
        let row = StateChange::CredentialAdded {
            id: id.clone(),
            kind: "desk".to_owned(),
            role: new.role.to_string(),
            unit: new.unit.to_string(),
            facility: new.facility.as_ref().map(ToString::to_string),
            hash: hex::encode(hash),
            body: json!({ COUNTS_AS: self.eyes(by).await? }),
        };
        let change = Change {
            by,
            subject: "credential",
            of: id.clone(),
            action: "add",
            detail: vec![("role", new.role.to_string())],
        };
        self.keep_change(change, vec![row]).await?;
        let caller =
            Caller { credential: id.clone(), role: new.role, unit: new.unit, facility: new.facility, device: None };
        let mut known = self.0.credentials.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert(id.clone(), Known { caller, hash });
        Ok((id, token))
    }

    /// Confirms that a credential is another person's than that of the officer who gave it out: it counts as eyes of its own then.
    ///
    /// # Errors
    /// Where there is none or it has ended; [`HouseError::OwnCredential`] where it counts as the confirming officer's own.
    pub async fn confirm_credential(&self, by: &Caller, id: &str) -> Result<(), HouseError> {
        let found = self.0.store.credentials().find(id).await?.filter(|found| found.revoked.is_none());
        let unknown = || HouseError::Unknown { what: "credential", id: pilothouse_registry::escape_name(id) };
        let found = found.ok_or_else(unknown)?;
        match counts_as(&found) {
            None => return Ok(()),
            Some(eyes) if eyes == self.eyes(by).await? => return Err(HouseError::OwnCredential),
            Some(_) => {}
        }
        let row =
            StateChange::CredentialConfirmed { id: id.to_owned(), body: json!({ "confirmed-by": by.credential }) };
        let change = Change { by, subject: "credential", of: id.to_owned(), action: "confirm", detail: Vec::new() };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }

    /// The officer behind a credential: one id for all credentials that count as the same eyes, and no name.
    async fn officer(&self, by: &Caller) -> Result<OfficerId, HouseError> {
        officer_named(&self.eyes(by).await?)
    }

    /// The credential as whose eyes this one counts: its own, or that of the officer who gave it out, and could have given it to
    /// themself.
    async fn eyes(&self, by: &Caller) -> Result<String, HouseError> {
        let found = self.0.store.credentials().find(&by.credential).await?;
        Ok(found.as_ref().and_then(counts_as).unwrap_or(&by.credential).to_owned())
    }

    /// Ends a credential, at once.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn revoke_credential(&self, by: &Caller, id: &str) -> Result<(), HouseError> {
        if self.0.store.credentials().find(id).await?.is_none() {
            return Err(HouseError::Unknown { what: "credential", id: pilothouse_registry::escape_name(id) });
        }
        self.0.credentials.write().unwrap_or_else(std::sync::PoisonError::into_inner).remove(id);
        let row = StateChange::CredentialRevoked { id: id.to_owned() };
        let change = Change { by, subject: "credential", of: id.to_owned(), action: "revoke", detail: Vec::new() };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }

    /// All credentials, without their secrets.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn credentials(&self) -> Result<Vec<CredentialLine>, HouseError> {
        let all = self.0.store.credentials().all().await?;
        let line = |credential: pilothouse_store::credentials::Credential| CredentialLine {
            counts_as: counts_as(&credential).map(str::to_owned),
            id: credential.id,
            role: credential.role,
            unit: credential.unit,
            facility: credential.facility,
            created: credential.created,
            revoked: credential.revoked,
        };
        Ok(all.into_iter().map(line).collect())
    }
}

fn rotation_key(id: &PilotId) -> String {
    format!("rotation/{id}")
}

fn read_grant(stored: pilothouse_store::grants::Grant) -> Result<Grant, HouseError> {
    let unreadable = |error: serde_json::Error| HouseError::Policy(format!("a stored grant: {error}"));
    let state: GrantState = serde_json::from_value(stored.state).map_err(unreadable)?;
    let grant: Grant = serde_json::from_value(stored.body).map_err(unreadable)?;
    Ok(Grant { state, ..grant })
}

fn counts_as(credential: &pilothouse_store::credentials::Credential) -> Option<&str> {
    credential.body.get(COUNTS_AS).and_then(serde_json::Value::as_str)
}

/// The officer with these eyes, by the id of their credential.
pub(crate) fn officer_named(credential: &str) -> Result<OfficerId, HouseError> {
    let digest = Sha256::digest(format!("officer/{credential}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    parse("officer", &uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
}
