//! Digests of what callers send, under a key of this installation. There are so few personal numbers that a digest without a key is
//! the number itself to whoever has the folder.

use pilothouse_evidence::SealKey;
use pilothouse_runtime::keys::Secret;
use pilothouse_store::Store;
use sha2::{Digest as _, Sha256};

use super::serve::{CallRequest, What};
use super::{HouseError, now};

/// The place in the log before which digests had no key, where a folder has such.
pub(crate) const UNKEYED_BEFORE: &str = "unkeyed-before";

/// Makes the digests of an installation.
pub(crate) struct Digests {
    key: SealKey,
    /// Whether digests of before, without a key, may still be stored.
    before: bool,
}

/// A request as the store knows it.
#[derive(Clone)]
pub(crate) struct RequestDigests {
    /// Of the caller's reference.
    pub(crate) reference: String,
    /// Of what was asked.
    pub(crate) request: [u8; 32],
    /// Both without a key, where answers of before may still be kept under them.
    pub(crate) before: Option<(String, [u8; 32])>,
}

impl Digests {
    pub(crate) async fn new(secret: &Secret, store: &Store) -> Result<Digests, HouseError> {
        let key = SealKey::from_bytes(secret.derive("requests"));
        let before = match store.meta().get(UNKEYED_BEFORE).await?.and_then(|told| told.parse::<u64>().ok()) {
            Some(size) => {
                let last = store.log().entry(size.saturating_sub(1)).await?;
                last.is_some_and(|last| now() < last.at + super::records::SPENT_DAYS * super::records::DAY)
            }
            None => false,
        };
        Ok(Digests { key, before })
    }

    /// Of a request under its reference.
    pub(crate) fn of(&self, reference: &str, call: &CallRequest) -> RequestDigests {
        let mut asked = Vec::with_capacity(256);
        match &call.what {
            What::Operation { name, input } => {
                asked.extend_from_slice(name.as_str().as_bytes());
                asked.push(0);
                asked.extend_from_slice(input.to_string().as_bytes());
            }
            What::Reading(sent) => asked.extend(serde_json::to_vec(sent).unwrap_or_default()),
        }
        asked.extend_from_slice(&call.captured_at.unwrap_or(0).to_le_bytes());
        let unkeyed = |bytes: &[u8]| -> [u8; 32] { Sha256::digest(bytes).into() };
        RequestDigests {
            reference: self.keyed("reference", reference.as_bytes()),
            request: *self.key.commit("request", &asked).as_bytes(),
            before: self.before.then(|| (hex::encode(unkeyed(reference.as_bytes())), unkeyed(&asked))),
        }
    }

    /// All that answers to a reference may be kept under.
    pub(crate) fn references(&self, reference: &str) -> Vec<String> {
        let before = self.before.then(|| hex::encode(Sha256::digest(reference.as_bytes())));
        std::iter::once(self.keyed("reference", reference.as_bytes())).chain(before).collect()
    }

    /// Of what a reading is good for once with.
    pub(crate) fn nonce(&self, nonce: &str) -> String {
        self.keyed("nonce", nonce.as_bytes())
    }

    /// The same without a key, where one of before may still be kept.
    pub(crate) fn nonce_before(&self, nonce: &str) -> Option<String> {
        self.before.then(|| hex::encode(Sha256::digest(nonce.as_bytes())))
    }

    fn keyed(&self, label: &str, bytes: &[u8]) -> String {
        self.key.commit(label, bytes).to_string()
    }
}
