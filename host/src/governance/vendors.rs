//! Vendors' keys: trusted for a term, revoked at once.

use pilothouse_registry::{KeyId, Trust, TrustedKey, VendorId, keys as vendor_keys};
use pilothouse_store::StateChange;

use super::records::{Change, DAY};
use super::{Caller, House, HouseError, now, parse};

impl House {
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
}
