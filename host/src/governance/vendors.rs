//! Vendors' keys: trusted for a term, revoked at once.

use pilothouse_registry::{KeyId, PilotId, Trust, TrustedKey, VendorId, keys as vendor_keys};
use pilothouse_store::StateChange;

use super::records::{Change, DAY};
use super::service::ON;
use super::turns::to_its_end;
use super::{Caller, House, HouseError, now, parse};

/// Longest term of a vendor's key, in days.
const LONGEST_DAYS: u32 = 3_660;

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
        if !(1..=LONGEST_DAYS).contains(&valid_days) {
            return Err(HouseError::Malformed {
                what: "valid_days",
                message: format!("a key is trusted for 1 to {LONGEST_DAYS} days: give as many"),
            });
        }
        let at = now();
        self.trust(by, vendor.as_str(), &key, at, at.saturating_add(i64::from(valid_days) * DAY)).await
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

    /// Trusts a vendor's key no more. What it signed is refused from now on, also what was taken in before, and the pilots that such a
    /// build serves are switched off; answers which.
    ///
    /// # Errors
    /// Where there is no such key.
    pub async fn revoke_key(&self, by: &Caller, id: &KeyId) -> Result<Vec<PilotId>, HouseError> {
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.end_key(&by, &id).await }).await
    }

    async fn end_key(&self, by: &Caller, id: &KeyId) -> Result<Vec<PilotId>, HouseError> {
        let row = StateChange::VendorKeyRevoked { id: id.to_string() };
        let change = Change { by, subject: "vendor-key", of: id.to_string(), action: "revoke", detail: Vec::new() };
        self.keep_change(change, vec![row]).await?;
        let at = now();
        self.change_trust(|trust| {
            trust.revoke(id, at);
        });
        let mut off = Vec::new();
        // At once; and again in each pilot's turn, for whoever was being enabled while the key ended.
        for in_turn in [false, true] {
            for stored in self.0.store.pilots().all().await? {
                let pilot: PilotId = parse("pilot", &stored.pilot)?;
                let _turn = if in_turn { Some(self.turn(&pilot).await) } else { None };
                let Some(stored) = self.0.store.pilots().find(pilot.as_str()).await? else { continue };
                let ended = self.taken_in(&pilot, &stored.package).await.is_err_and(|why| why.ends_service());
                if stored.state == ON && ended {
                    self.switch_off(by, &pilot).await?;
                    off.push(pilot);
                }
            }
        }
        Ok(off)
    }

    fn change_trust(&self, change: impl FnOnce(&mut Trust)) {
        change(&mut self.0.trust.write().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}
