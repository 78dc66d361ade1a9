//! Credentials: given out, confirmed, ended; and as whose eyes each counts.

use std::collections::BTreeSet;

use pilothouse_registry::{Act, Manifest, OfficerId, PilotId, Role};
use pilothouse_store::StateChange;
use pilothouse_store::credentials::Credential as Stored;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::demonstration::all_communes;
use super::records::Change;
use super::views::{CredentialLine, NewCredential};
use super::{Caller, House, HouseError, Known, keys, now, parse};

/// In a credential's body: as whose eyes it counts, until another officer confirms that it is another person's.
const COUNTS_AS: &str = "counts-as";
/// In a credential's body: who wants it ended, until a second officer does too.
const ENDING: &str = "ending";
/// In a department's credential: the pilots whose settings it answers for.
pub(super) const PILOTS: &str = "pilots";
/// The officers' roles: what the host itself checks, whatever manifests say.
pub(super) const GROUP: &str = "working-group";
pub(super) const DEPARTMENT: &str = "department";
const AUDITOR: &str = "auditor";
/// Most pilots of one credential.
const MAX_PILOTS: usize = 64;

impl House {
    /// Gives a credential out. The token is shown once and stored as a hash.
    ///
    /// # Errors
    /// Where the facility does not exist.
    pub async fn add_credential(&self, by: &Caller, new: NewCredential) -> Result<(String, String), HouseError> {
        self.fits(&new).await?;
        let (token, id, hash) = keys::new_token()?;
        let row = StateChange::CredentialAdded {
            id: id.clone(),
            kind: "desk".to_owned(),
            role: new.role.to_string(),
            unit: new.unit.to_string(),
            facility: new.facility.as_ref().map(ToString::to_string),
            hash: hex::encode(hash),
            body: match &new.pilots {
                Some(pilots) => json!({ COUNTS_AS: self.eyes(by).await?, PILOTS: pilots }),
                None => json!({ COUNTS_AS: self.eyes(by).await? }),
            },
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
        let _eyes = self.0.eyes.lock().await;
        let found = self.0.store.credentials().find(id).await?.filter(|found| found.revoked.is_none());
        let unknown = || HouseError::Unknown { what: "credential", id: pilothouse_registry::escape_name(id) };
        let found = found.ok_or_else(unknown)?;
        match counts_as(&found) {
            None => return Ok(()),
            Some(eyes) if eyes == self.eyes(by).await? => return Err(HouseError::OwnCredential),
            Some(_) => {}
        }
        let mut body = found.body.as_object().cloned().unwrap_or_default();
        body.remove(COUNTS_AS);
        body.insert("confirmed-by".to_owned(), json!(by.credential));
        let mut rows = vec![StateChange::CredentialConfirmed { id: id.to_owned(), body: body.into() }];
        // What it approved before it did as whoever gave it out: it looks again, as itself.
        rows.extend(self.without_approvals_of(id).await?);
        let detail = vec![("struck", (rows.len() - 1).to_string())];
        let change = Change { by, subject: "credential", of: id.to_owned(), action: "confirm", detail };
        self.keep_change(change, rows).await?;
        Ok(())
    }

    /// The officer behind a credential: one id for all credentials that count as the same eyes, and no name.
    pub(super) async fn officer(&self, by: &Caller) -> Result<OfficerId, HouseError> {
        officer_named(&self.eyes(by).await?)
    }

    /// An act of this credential, as it counts now.
    pub(super) async fn act(&self, by: &Caller) -> Result<Act, HouseError> {
        Ok(Act {
            officer: self.officer(by).await?,
            own: officer_named(&by.credential)?,
            credential: Some(by.credential.clone()),
        })
    }

    /// The credential as whose eyes this one counts: its own, or that of the officer who gave it out, and could have given it to
    /// themself.
    pub(super) async fn eyes(&self, by: &Caller) -> Result<String, HouseError> {
        let found = self.0.store.credentials().find(&by.credential).await?;
        Ok(found.as_ref().and_then(counts_as).unwrap_or(&by.credential).to_owned())
    }

    /// Ends a credential, at once; that of another officer when a second officer wants it ended too, and never so that fewer than two
    /// officers remain.
    ///
    /// # Errors
    /// Where there is none, or too few officers would be left.
    pub async fn revoke_credential(&self, by: &Caller, id: &str) -> Result<Ended, HouseError> {
        let _eyes = self.0.eyes.lock().await;
        let unknown = || HouseError::Unknown { what: "credential", id: pilothouse_registry::escape_name(id) };
        let found = self.0.store.credentials().find(id).await?.ok_or_else(unknown)?;
        let act = self.act(by).await?;
        if found.role == GROUP && found.revoked.is_none() {
            self.two_remain(id).await?;
            let whose = act_of(&found)?;
            if !whose.may_be_same(&act) && !self.is_wanted_by_another(&found, &whose, &act) {
                let mut body = found.body.as_object().cloned().unwrap_or_default();
                let form = |error: serde_json::Error| HouseError::Policy(error.to_string());
                body.insert(ENDING.to_owned(), serde_json::to_value(&act).map_err(form)?);
                let row = StateChange::CredentialConfirmed { id: id.to_owned(), body: body.into() };
                let change = Change {
                    by,
                    subject: "credential",
                    of: id.to_owned(),
                    action: "ask-to-revoke",
                    detail: Vec::new(),
                };
                self.keep_change(change, vec![row]).await?;
                return Ok(Ended::Waits);
            }
        }
        self.end_credential(by, id).await?;
        Ok(Ended::Ended)
    }

    /// Ends a credential of which it was decided that it ends.
    pub(super) async fn end_credential(&self, by: &Caller, id: &str) -> Result<(), HouseError> {
        self.0.credentials.write().unwrap_or_else(std::sync::PoisonError::into_inner).remove(id);
        let row = StateChange::CredentialRevoked { id: id.to_owned() };
        let change = Change { by, subject: "credential", of: id.to_owned(), action: "revoke", detail: Vec::new() };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }

    /// Whether an officer who is neither this one nor the one to be ended has asked for the end.
    fn is_wanted_by_another(&self, found: &Stored, whose: &Act, act: &Act) -> bool {
        let asked = found.body.get(ENDING).and_then(|asked| serde_json::from_value::<Act>(asked.clone()).ok());
        asked.is_some_and(|asked| {
            let still = asked.credential.as_deref().is_some_and(|credential| self.holder(credential).is_some());
            still && !asked.may_be_same(act) && !asked.may_be_same(whose)
        })
    }

    /// Whether two officers are left without this credential, or as many as with it.
    async fn two_remain(&self, without: &str) -> Result<(), HouseError> {
        let all = self.0.store.credentials().all().await?;
        let live = || all.iter().filter(|found| found.role == GROUP && found.revoked.is_none());
        let eyes = |found: &Stored| counts_as(found).unwrap_or(&found.id).to_owned();
        let with: BTreeSet<String> = live().map(eyes).collect();
        let left: BTreeSet<String> = live().filter(|found| found.id != without).map(eyes).collect();
        if left.len() >= 2 || left == with { Ok(()) } else { Err(HouseError::LastOfficers) }
    }

    /// Whether a new credential is for what there is: a role that somebody checks, a commune of the register, a facility in it.
    async fn fits(&self, new: &NewCredential) -> Result<(), HouseError> {
        self.is_role(&new.role).await?;
        if !all_communes(now())?.contains(&new.unit) {
            return Err(HouseError::Unknown { what: "unit", id: new.unit.to_string() });
        }
        if let Some(id) = &new.facility {
            let facility = self.0.province.facility(id.as_str());
            let facility = facility.ok_or_else(|| HouseError::Unknown { what: "facility", id: id.to_string() })?;
            let unit = facility.unit.to_string();
            if unit != new.unit.as_str() {
                return Err(HouseError::Malformed {
                    what: "facility",
                    message: format!("{id} lies in unit {unit}, not in {}: name the unit that it lies in", new.unit),
                });
            }
        }
        let department = new.role.as_str() == DEPARTMENT;
        match &new.pilots {
            Some(pilots) if !department || pilots.is_empty() || pilots.len() > MAX_PILOTS => {
                Err(HouseError::Malformed {
                    what: "pilots",
                    message: format!(
                        "only a department names pilots, 1 to {MAX_PILOTS}: correct the list, or the role"
                    ),
                })
            }
            Some(pilots) => {
                for pilot in pilots {
                    self.version(pilot).map_err(|_| HouseError::Unknown { what: "pilot", id: pilot.to_string() })?;
                }
                Ok(())
            }
            None if department => Err(HouseError::Malformed {
                what: "pilots",
                message: "a department names the pilots that it answers for: give them as `pilots`".to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Whether the host or a manifest knows this role.
    pub(super) async fn is_role(&self, role: &Role) -> Result<(), HouseError> {
        if [GROUP, DEPARTMENT, AUDITOR].contains(&role.as_str()) || self.is_of_a_pilot(role).await? {
            return Ok(());
        }
        Err(HouseError::Unknown { what: "role", id: role.to_string() })
    }

    /// Whether a manifest that was taken in names this role.
    pub(super) async fn is_of_a_pilot(&self, role: &Role) -> Result<bool, HouseError> {
        if self.0.running.load().values().any(|running| roles(&running.manifest).contains(role)) {
            return Ok(true);
        }
        // A version that does not serve yet names its roles in the row of its package.
        for id in self.0.running.load().keys() {
            let packages = self.0.store.pilots().packages(id.as_str()).await?;
            let named = |body: &serde_json::Value| {
                let roles = body.get("roles").and_then(serde_json::Value::as_array);
                roles.is_some_and(|roles| roles.iter().any(|named| named == role.as_str()))
            };
            if packages.iter().any(|package| named(&package.body)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a caller may set what a pilot's department sets: the working group everywhere, a department for the pilots that its
    /// credential names.
    pub(super) async fn answers_for(&self, by: &Caller, id: &PilotId) -> Result<(), HouseError> {
        if by.role.as_str() != DEPARTMENT {
            return Ok(());
        }
        let found = self.0.store.credentials().find(&by.credential).await?;
        let named = found.as_ref().and_then(|found| found.body.get(PILOTS)).and_then(serde_json::Value::as_array);
        if named.is_some_and(|named| named.iter().any(|named| named == id.as_str())) {
            return Ok(());
        }
        Err(HouseError::OtherDepartment { pilot: id.clone() })
    }

    /// All credentials, without their secrets.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn credentials(&self) -> Result<Vec<CredentialLine>, HouseError> {
        let all = self.0.store.credentials().all().await?;
        let line = |credential: Stored| CredentialLine {
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

/// The roles that a manifest speaks of.
pub(super) fn roles(manifest: &Manifest) -> BTreeSet<Role> {
    let operations = manifest.operations.values();
    let of_operations = operations.flat_map(|operation| operation.callers.iter().chain(&operation.persons_visible_to));
    let readings = manifest.readings.iter();
    let of_readings = readings.flat_map(|readings| readings.callers.iter().chain(&readings.persons_visible_to));
    of_operations.chain(of_readings).cloned().collect()
}

/// What became of the wish to end a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has ended.
    Ended,
    /// It is another officer's: a second officer must want it too.
    Waits,
}

/// Who a stored credential is.
fn act_of(found: &Stored) -> Result<Act, HouseError> {
    Ok(Act {
        officer: officer_named(counts_as(found).unwrap_or(&found.id))?,
        own: officer_named(&found.id)?,
        credential: Some(found.id.clone()),
    })
}

fn counts_as(credential: &Stored) -> Option<&str> {
    credential.body.get(COUNTS_AS).and_then(serde_json::Value::as_str)
}

/// The officer with these eyes, by the id of their credential.
pub(crate) fn officer_named(credential: &str) -> Result<OfficerId, HouseError> {
    let digest = Sha256::digest(format!("officer/{credential}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    parse("officer", &uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
}
