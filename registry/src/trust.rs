//! Trust in vendors' keys: from when to when, and whether one was taken back. Pure: the host keeps the list, the caller brings the time.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;

use crate::ids::{KeyId, VendorId};
use crate::keys;

/// A vendor's key. Instants are microseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Whose.
    pub vendor: VendorId,
    /// The public key.
    pub key: VerifyingKey,
    /// From when on signatures count.
    pub valid_from: i64,
    /// Until when; at that instant it has ended.
    pub valid_until: i64,
    /// Since when it is taken back, if it is. Nothing that it signed is let in any more, whenever it was signed: a lost key may lie about dates.
    pub revoked: Option<i64>,
}

/// Why a signer is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Nobody added this key.
    #[error("key {key} is not known here: ask the working group to add the vendor's key")]
    Unknown {
        /// Which.
        key: KeyId,
    },
    /// Too early.
    #[error("key {key} of `{vendor}` is not valid yet: wait, or sign with the key that is")]
    NotYetValid {
        /// Which.
        key: KeyId,
        /// Whose.
        vendor: VendorId,
    },
    /// Too late.
    #[error("key {key} of `{vendor}` has expired: sign with the vendor's current key")]
    Expired {
        /// Which.
        key: KeyId,
        /// Whose.
        vendor: VendorId,
    },
    /// Taken back.
    #[error("key {key} of `{vendor}` was revoked: sign with the vendor's new key")]
    Revoked {
        /// Which.
        key: KeyId,
        /// Whose.
        vendor: VendorId,
    },
}

impl TrustError {
    /// Stable name.
    pub fn code(&self) -> &'static str {
        match self {
            TrustError::Unknown { .. } => "trust.unknown-signer",
            TrustError::NotYetValid { .. } => "trust.not-yet-valid",
            TrustError::Expired { .. } => "trust.expired",
            TrustError::Revoked { .. } => "trust.revoked",
        }
    }
}

/// The keys that this host knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    keys: BTreeMap<KeyId, TrustedKey>,
}

impl Trust {
    /// Knows nobody.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a key, or replaces what was known of it. Answers its id, which is made of the key itself.
    ///
    /// A revocation that was known stays: adding a key again does not bring it back.
    pub fn add(&mut self, mut key: TrustedKey) -> KeyId {
        let id = keys::key_id(&key.key);
        if let Some(known) = self.keys.get(&id) {
            key.revoked = match (known.revoked, key.revoked) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            };
        }
        self.keys.insert(id.clone(), key);
        id
    }

    /// Takes a key back. False: there is no such key.
    pub fn revoke(&mut self, id: &KeyId, now: i64) -> bool {
        match self.keys.get_mut(id) {
            Some(key) => {
                key.revoked = Some(key.revoked.map_or(now, |before| before.min(now)));
                true
            }
            None => false,
        }
    }

    /// Every key, by id.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &TrustedKey)> {
        self.keys.iter()
    }

    /// The key, if it is trusted at this instant.
    pub fn lookup(&self, id: &KeyId, now: i64) -> Result<&TrustedKey, TrustError> {
        let key = self.keys.get(id).ok_or_else(|| TrustError::Unknown { key: id.clone() })?;
        let vendor = || key.vendor.clone();
        if key.revoked.is_some() {
            return Err(TrustError::Revoked { key: id.clone(), vendor: vendor() });
        }
        if now < key.valid_from {
            return Err(TrustError::NotYetValid { key: id.clone(), vendor: vendor() });
        }
        if now >= key.valid_until {
            return Err(TrustError::Expired { key: id.clone(), vendor: vendor() });
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TrustedKey {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        TrustedKey { vendor: "sao-mai".parse().unwrap(), key, valid_from: 10, valid_until: 20, revoked: None }
    }

    #[test]
    fn a_key_is_trusted_from_its_first_instant_to_before_its_last() {
        let mut trust = Trust::none();
        let id = trust.add(key());
        let code = |now| trust.lookup(&id, now).map(|_| ()).map_err(|error| error.code());
        assert_eq!(code(9), Err("trust.not-yet-valid"));
        assert_eq!(code(10), Ok(()));
        assert_eq!(code(19), Ok(()));
        assert_eq!(code(20), Err("trust.expired"));
    }

    #[test]
    fn a_revoked_key_stays_revoked_when_added_again() {
        let mut trust = Trust::none();
        let id = trust.add(key());
        assert!(trust.revoke(&id, 15));
        trust.add(key());
        assert_eq!(trust.lookup(&id, 12).unwrap_err().code(), "trust.revoked");
    }

    #[test]
    fn a_key_that_nobody_added_is_unknown() {
        let id = keys::key_id(&key().key);
        assert_eq!(Trust::none().lookup(&id, 12).unwrap_err().code(), "trust.unknown-signer");
        assert!(!Trust::none().revoke(&id, 12));
    }
}
