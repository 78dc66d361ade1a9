//! What a data folder is: a demonstration, or a real installation; how a real one begins, and how its officers enrol.
//!
//! **Invariant:** what a folder is was written with its first entry and never changes. A real one holds no synthetic people, issuers,
//! credentials or receivers, and nothing in it serves that two officers did not approve.

use std::fs;
use std::path::{Path, PathBuf};

use pilothouse_evidence::record::RECORD_VERSION;
use pilothouse_evidence::{ChangeRecord, Record};
use pilothouse_registry::Capability;
use pilothouse_runtime::faults::Fault;
use pilothouse_runtime::keys::Secret;
use pilothouse_store::{StateChange, Store, Unit};
use serde::Serialize;
use serde_json::{Value, json};

use super::archive::HOLDER;
use super::opening::signer;
use super::receivers::DeskMode;
use super::records::{Change, DAY, new_id};
use super::states::States;
use super::{Caller, House, HouseError, Known, SEAT, keys, now, parse};

/// The host's value that says what the folder is.
const KEY: &str = "installation";
/// Kind and role of a one-time secret in the table of credentials; no route is for this role.
pub(super) const INVITATION: &str = "invitation";
/// How long a one-time secret is good, in days: until its officer is back from leave.
const INVITATION_DAYS: i64 = 14;
/// What officers are.
const OFFICER: &str = "working-group";
/// What only an embedded provider of the demonstration answers.
const NOT_EMBEDDED: [Capability; 6] = [
    Capability::Population,
    Capability::Registers,
    Capability::Lodging,
    Capability::Alerts,
    Capability::Consent,
    Capability::Messaging,
];

/// What a data folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Installation {
    /// Synthetic people, issuers, credentials and receivers.
    Demonstration,
    /// None of them.
    Real,
}

impl Installation {
    fn name(self) -> &'static str {
        match self {
            Installation::Demonstration => "demonstration",
            Installation::Real => "real",
        }
    }

    /// What the folder of this store is; none where it does not say so yet: a demonstration from before folders did, or a new one.
    pub(super) async fn of(store: &Store) -> Result<Option<Installation>, HouseError> {
        match store.meta().get(KEY).await?.as_deref() {
            None => Ok(None),
            Some("demonstration") => Ok(Some(Installation::Demonstration)),
            Some("real") => Ok(Some(Installation::Real)),
            Some(_) => Err(HouseError::Malformed {
                what: KEY,
                message: "this version does not know what this data folder is: use the version that made it".to_owned(),
            }),
        }
    }

    fn state(self) -> StateChange {
        StateChange::Meta { key: KEY.to_owned(), value: self.name().to_owned() }
    }
}

/// A one-time secret with which somebody becomes an officer. It is shown once and kept as a hash.
#[derive(Serialize)]
pub struct Invitation {
    /// Its id, which may be said aloud.
    pub id: String,
    /// The secret.
    pub secret: String,
    /// Until when it is good, microseconds UTC.
    pub until: i64,
}

/// Makes a real installation in a folder that is not there or empty, and one-time secrets for its first officers. The folder is there whole,
/// or not at all.
///
/// # Errors
/// [`HouseError::Occupied`] where something is in the folder; those of the file system and the store.
pub async fn found(dir: &Path, officers: u8) -> Result<Vec<Invitation>, HouseError> {
    let occupied = || HouseError::Occupied { path: dir.display().to_string() };
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |source| HouseError::File { path, source }
    };
    if dir.is_file() || dir.is_dir() && fs::read_dir(dir).map_err(failed(dir))?.next().is_some() {
        return Err(occupied());
    }
    let name = dir.file_name().ok_or_else(occupied)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(".unfinished");
    let beside: PathBuf = dir.with_file_name(beside);
    if beside.is_dir() {
        fs::remove_dir_all(&beside).map_err(failed(&beside))?;
    }
    let secret = Secret::new(keys::secret(&beside)?);
    let store = Store::open(&beside, signer(&secret)?).await?;
    let begun = begin(&store, &States::new(&secret), officers).await;
    store.close().await;
    let invitations = begun?;
    // SQLite's files beside the database are gone with its last connection: what is renamed is all there is.
    fs::rename(&beside, dir).map_err(failed(dir))?;
    let folder = dir.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))?;
    Ok(invitations)
}

async fn begin(store: &Store, states: &States, officers: u8) -> Result<Vec<Invitation>, HouseError> {
    let unit = unit(states, "installation", "real".to_owned(), "begin", vec![Installation::Real.state()])?;
    store.commit(unit).await?;
    let mut invitations = Vec::new();
    for _ in 0..officers {
        invitations.push(invite(store, states).await?);
    }
    Ok(invitations)
}

/// Makes a one-time secret for an officer of a real installation, on whose folder no host runs: whoever holds the folder vouches that it goes
/// to a person of its own.
pub(super) async fn invite(store: &Store, states: &States) -> Result<Invitation, HouseError> {
    if Installation::of(store).await? != Some(Installation::Real) {
        return Err(HouseError::OtherInstallation { is: Installation::Demonstration });
    }
    let (secret, id, hash) = keys::new_token()?;
    let until = now() + INVITATION_DAYS * DAY;
    let row = StateChange::CredentialAdded {
        id: id.clone(),
        kind: INVITATION.to_owned(),
        role: INVITATION.to_owned(),
        unit: SEAT.to_owned(),
        facility: None,
        hash: hex::encode(hash),
        body: json!({ "until": until }),
    };
    store.commit(unit(states, "officer", id.clone(), "invite", vec![row])?).await?;
    Ok(Invitation { id, secret, until })
}

/// A change by whoever holds the folder.
fn unit(
    states: &States,
    subject: &str,
    of: String,
    action: &str,
    changes: Vec<StateChange>,
) -> Result<Unit, HouseError> {
    let (id, at) = (new_id(), now());
    let detail = states.details(&changes, at).collect();
    let record = Record::Change(ChangeRecord {
        v: RECORD_VERSION,
        id: id.clone(),
        at,
        by: HOLDER.to_owned(),
        subject: subject.to_owned(),
        of,
        action: action.to_owned(),
        detail,
    });
    Ok(Unit { record: record.to_canonical()?, record_id: id, record_at: at, changes, ..Unit::default() })
}

/// Whether a one-time secret is still good.
fn is_good(body: &Value, at: i64) -> bool {
    body.get("until").and_then(Value::as_i64).is_some_and(|until| at < until)
}

impl House {
    /// What the data folder is.
    pub fn installation(&self) -> Installation {
        self.0.installation
    }

    /// Refuses what only a demonstration has.
    pub(crate) fn only_in_a_demonstration(&self) -> Result<(), HouseError> {
        match self.0.installation {
            Installation::Demonstration => Ok(()),
            Installation::Real => Err(HouseError::NoDemonstration),
        }
    }

    /// Writes down that the folder is a demonstration, at its first start.
    pub(super) async fn is_a_demonstration(&self) -> Result<(), HouseError> {
        let host = self.host_caller()?;
        let of = Installation::Demonstration.name().to_owned();
        let change = Change { by: &host, subject: "installation", of, action: "begin", detail: Vec::new() };
        self.keep_change(change, vec![Installation::Demonstration.state()]).await?;
        Ok(())
    }

    /// Takes away what stands behind capabilities in a demonstration: pilots are told `unavailable`, and effects wait.
    pub(super) fn without_embedded_providers(&self) {
        for capability in NOT_EMBEDDED {
            self.0.faults.set(capability, Some(Fault::Down));
        }
        self.set_desk(DeskMode::Down);
        self.0.receivers.set_all(DeskMode::Down);
    }

    /// Makes whoever shows a one-time secret an officer: the secret ends, and its holder gets a token, shown once.
    ///
    /// # Errors
    /// [`HouseError::NotInvited`] where the secret is unknown, used or over.
    pub async fn enrol_officer(&self, secret: &str) -> Result<(String, String), HouseError> {
        let _turn = self.0.enrolling.lock().await;
        let (id, secret) = keys::split_token(secret).ok_or(HouseError::NotInvited)?;
        let found = self.0.store.credentials().find(id).await?.ok_or(HouseError::NotInvited)?;
        let hash = hex::decode(&found.hash).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let is_shown = hash.is_some_and(|hash| keys::same(&hash, &keys::token_hash(secret)));
        if !is_shown || found.kind != INVITATION || found.revoked.is_some() || !is_good(&found.body, now()) {
            return Err(HouseError::NotInvited);
        }
        let (token, officer, hash) = keys::new_token()?;
        let caller = Caller {
            credential: officer.clone(),
            role: parse("role", OFFICER)?,
            unit: parse("unit", SEAT)?,
            facility: None,
            device: None,
        };
        let added = StateChange::CredentialAdded {
            id: officer.clone(),
            kind: "officer".to_owned(),
            role: OFFICER.to_owned(),
            unit: SEAT.to_owned(),
            facility: None,
            hash: hex::encode(hash),
            // Eyes of its own: no officer gave it out.
            body: json!({ "invitation": id }),
        };
        let ended = StateChange::CredentialRevoked { id: id.to_owned() };
        let detail = vec![("invitation", id.to_owned())];
        let change = Change { by: &caller, subject: "credential", of: officer.clone(), action: "enrol", detail };
        self.keep_change(change, vec![ended, added]).await?;
        let mut known = self.0.credentials.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert(officer.clone(), Known { caller, hash });
        Ok((officer, token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_time_secret_is_good_until_its_day_and_not_without_one() {
        let body = json!({ "until": 10 });
        assert!(is_good(&body, 9));
        assert!(!is_good(&body, 10));
        assert!(!is_good(&json!({}), 0));
    }

    #[tokio::test]
    async fn a_folder_with_something_in_it_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a-file"), b"somebody's").unwrap();
        assert!(matches!(found(dir.path(), 1).await, Err(HouseError::Occupied { .. })));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
