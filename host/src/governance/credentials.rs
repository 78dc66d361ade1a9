//! Credentials: given out, confirmed, ended; and as whose eyes each counts.

use pilothouse_registry::OfficerId;
use pilothouse_store::StateChange;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::records::Change;
use super::views::{CredentialLine, NewCredential};
use super::{Caller, House, HouseError, Known, keys, parse};

/// In a credential's body: as whose eyes it counts, until another officer confirms that it is another person's.
const COUNTS_AS: &str = "counts-as";

impl House {
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
    pub(super) async fn officer(&self, by: &Caller) -> Result<OfficerId, HouseError> {
        officer_named(&self.eyes(by).await?)
    }

    /// The credential as whose eyes this one counts: its own, or that of the officer who gave it out, and could have given it to
    /// themself.
    pub(super) async fn eyes(&self, by: &Caller) -> Result<String, HouseError> {
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
