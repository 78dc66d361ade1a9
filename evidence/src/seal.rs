//! Keys that end: values that a replay needs are sealed under one key per invocation, and commitments are salted with
//! it. Destroy the key (retention, an erasure order), and neither can be opened, recomputed or guessed, while the log
//! still verifies.
//!
//! Sealing is XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, over RFC 8439). The nonce is not drawn but derived from
//! key, id and value, as SIV modes do (RFC 5297): nothing here needs randomness but a new key, and a repeated seal is
//! the same bytes.

use chacha20poly1305::aead::{AeadInPlace as _, KeyInit as _};
use chacha20poly1305::{Key, Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::digest::Commitment;

/// Most that is sealed in one piece, in bytes. A request may bring 1 MiB and a call's answers as much again; sixteen
/// leaves room, and keeps a damaged length from filling the memory.
pub const MAX_SEALED_BYTES: usize = 16 << 20;

const NONCE: usize = 24;
const TAG: usize = 16;

/// Why a value could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The operating system gave no randomness, so there is no key and the call must not be made.
    #[error("no randomness for a new key: nothing was recorded, so refuse the call and look at the machine")]
    NoRandomness(#[source] getrandom::Error),
    /// Longer than [`MAX_SEALED_BYTES`].
    #[error("{0} bytes are too many to seal in one piece: seal at most {MAX_SEALED_BYTES}")]
    TooLong(usize),
    /// Too short to have been sealed by us.
    #[error("too short for a sealed value: the stored bytes were cut, restore them from a backup")]
    Cut,
    /// Another key, another id, or changed bytes; which of them, nobody can tell.
    #[error("does not open: it is of another key or another id, or was changed; verify the log, then check the backup")]
    DoesNotOpen,
}

/// The key of one invocation. Cannot be printed, copied or serialised; wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`].
    pub fn random() -> Result<Self, SealError> {
        let mut key = Self([0; 32]);
        getrandom::fill(&mut key.0).map_err(SealError::NoRandomness)?;
        Ok(key)
    }

    /// A key from randomness that the caller drew.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Binds to `bytes` without showing them: SHA-256 over a salt of 32 bytes and the value, the salt being
    /// HMAC-SHA256 of `commit/` and the label under this key. The label says which value of the invocation it is
    /// (`request`, `call/3/args`), so that equal values in two places do not show as equal.
    pub fn commit(&self, label: &str, bytes: &[u8]) -> Commitment {
        let salt = Zeroizing::new(derive(&self.0, &[b"commit/", label.as_bytes()]));
        Commitment::from_bytes(Sha256::new_with_prefix(salt.as_slice()).chain_update(bytes).finalize().into())
    }

    /// Seals a value under the id it belongs to; opens with the same key and id only.
    ///
    /// # Errors
    /// [`SealError::TooLong`].
    pub fn seal(&self, id: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        seal(&self.0, Purpose::Value, id, plain)
    }

    /// Opens what [`seal`](Self::seal) made. Wipe it when done: it is a person's data.
    ///
    /// # Errors
    /// [`SealError::Cut`], [`SealError::TooLong`], [`SealError::DoesNotOpen`].
    pub fn open(&self, id: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        open(&self.0, Purpose::Value, id, sealed)
    }
}

/// The host's key, under which the keys of invocations are kept. Cannot be printed or copied; wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// The key from the host's key file. The caller wipes its own copy.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Wraps an invocation's key (72 bytes), to be stored beside the log. Deleting that is what destroys the key.
    ///
    /// # Errors
    /// None in practice: a key is never too long.
    pub fn wrap(&self, key: &SealKey, id: &str) -> Result<Vec<u8>, SealError> {
        seal(&self.0, Purpose::Key, id, &key.0)
    }

    /// Unwraps the key of the invocation with this id.
    ///
    /// # Errors
    /// [`SealError::Cut`], [`SealError::DoesNotOpen`].
    pub fn unwrap(&self, wrapped: &[u8], id: &str) -> Result<SealKey, SealError> {
        let mut plain = open(&self.0, Purpose::Key, id, wrapped)?;
        let key = <[u8; 32]>::try_from(plain.as_slice()).map(SealKey);
        plain.zeroize();
        key.map_err(|_| SealError::DoesNotOpen)
    }
}

/// What is sealed; goes into every derived key, so that a wrapped key never passes for a value.
#[derive(Clone, Copy)]
enum Purpose {
    Value,
    Key,
}

impl Purpose {
    fn labels(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Purpose::Value => (b"seal/key", b"seal/nonce/"),
            Purpose::Key => (b"wrap/key", b"wrap/nonce/"),
        }
    }
}

/// HMAC-SHA256 under `key` over the parts.
fn derive(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key of exactly one block is taken as it is, so this constructor cannot fail.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block);
    block.as_mut_slice().zeroize();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn cipher(key: &[u8; 32], label: &[u8]) -> XChaCha20Poly1305 {
    let derived = Zeroizing::new(derive(key, &[label]));
    XChaCha20Poly1305::new(Key::from_slice(derived.as_slice()))
}

/// Nonce, then ciphertext, then tag.
fn seal(key: &[u8; 32], purpose: Purpose, id: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    if plain.len() > MAX_SEALED_BYTES {
        return Err(SealError::TooLong(plain.len()));
    }
    let (key_label, nonce_label) = purpose.labels();
    // The id's length comes first, so that no id and value run together into another pair.
    let id_length = (id.len() as u64).to_be_bytes();
    let digest = derive(key, &[nonce_label, &id_length, id.as_bytes(), plain]);
    let (nonce, _) = digest.split_at(NONCE);
    let mut sealed = Vec::with_capacity(NONCE + plain.len() + TAG);
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(plain);
    let (_, body) = sealed.split_at_mut(NONCE);
    let tag = cipher(key, key_label)
        .encrypt_in_place_detached(XNonce::from_slice(nonce), id.as_bytes(), body)
        .map_err(|_| SealError::TooLong(plain.len()))?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

fn open(key: &[u8; 32], purpose: Purpose, id: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    if sealed.len() > NONCE + MAX_SEALED_BYTES + TAG {
        return Err(SealError::TooLong(sealed.len()));
    }
    let (nonce, rest) = sealed.split_at_checked(NONCE).ok_or(SealError::Cut)?;
    let (body, tag) =
        rest.split_at_checked(rest.len().checked_sub(TAG).ok_or(SealError::Cut)?).ok_or(SealError::Cut)?;
    let mut plain = body.to_vec();
    cipher(key, purpose.labels().0)
        .decrypt_in_place_detached(XNonce::from_slice(nonce), id.as_bytes(), &mut plain, Tag::from_slice(tag))
        .map_err(|_| SealError::DoesNotOpen)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "019cb000-0000-7000-8000-000000000001";

    fn key(n: u8) -> SealKey {
        SealKey::from_bytes([n; 32])
    }

    #[test]
    fn a_commitment_is_what_the_record_says_it_is() {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&[7; 32]).unwrap();
        mac.update(b"commit/request");
        let mut salted = mac.finalize().into_bytes().to_vec();
        salted.extend_from_slice(b"value");
        let expected = crate::Digest::of(&salted);
        assert_eq!(key(7).commit("request", b"value").as_bytes(), expected.as_bytes());
    }

    #[test]
    fn without_the_destroyed_key_a_commitment_cannot_be_recomputed() {
        let label = "call/0/answer";
        let committed = {
            let key = SealKey::random().unwrap();
            key.commit(label, b"yes")
        };
        // All values that it can have been, with the keys that are left: any other one, the master key, and none.
        for value in [&b"yes"[..], b"no", b"unknown"] {
            assert_ne!(SealKey::random().unwrap().commit(label, value), committed);
            assert_ne!(key(0).commit(label, value), committed);
            assert_ne!(crate::Digest::of(value).as_bytes(), committed.as_bytes());
        }
    }

    #[test]
    fn equal_values_in_two_places_do_not_show_as_equal() {
        assert_ne!(key(1).commit("call/0/args", b"x"), key(1).commit("call/1/args", b"x"));
        assert_ne!(key(1).commit("call/0/args", b"x"), key(2).commit("call/0/args", b"x"));
    }

    #[test]
    fn a_sealed_value_opens_under_its_own_key_and_id_only() {
        let sealed = key(1).seal(ID, b"value").unwrap();
        assert_eq!(key(1).open(ID, &sealed).unwrap(), b"value");
        assert!(matches!(key(1).open("another", &sealed), Err(SealError::DoesNotOpen)));
        assert!(matches!(key(2).open(ID, &sealed), Err(SealError::DoesNotOpen)));
        assert!(matches!(key(1).open(ID, &sealed[..NONCE + TAG - 1]), Err(SealError::Cut)));
        assert!(matches!(key(1).open(ID, &[]), Err(SealError::Cut)));
        assert!(!sealed.windows(5).any(|bytes| bytes == b"value"));
    }

    #[test]
    fn a_wrapped_key_comes_back_for_its_own_invocation_only() {
        let master = MasterKey::from_bytes([9; 32]);
        let wrapped = master.wrap(&key(1), ID).unwrap();
        assert_eq!(wrapped.len(), 72);
        let back = master.unwrap(&wrapped, ID).ok().unwrap();
        assert_eq!(back.commit("request", b"x"), key(1).commit("request", b"x"));
        assert!(matches!(master.unwrap(&wrapped, "another").err(), Some(SealError::DoesNotOpen)));
        assert!(matches!(MasterKey::from_bytes([8; 32]).unwrap(&wrapped, ID).err(), Some(SealError::DoesNotOpen)));
        // Nor does a sealed value pass for a wrapped key, under the very same bytes as key.
        let sealed = key(9).seal(ID, &[1; 32]).unwrap();
        assert!(matches!(master.unwrap(&sealed, ID).err(), Some(SealError::DoesNotOpen)));
    }

    #[test]
    fn two_new_keys_differ() {
        let (one, two) = (SealKey::random().unwrap(), SealKey::random().unwrap());
        assert_ne!(one.commit("x", b""), two.commit("x", b""));
    }

    #[test]
    fn more_than_is_ever_sealed_in_one_piece_is_refused() {
        assert!(matches!(key(1).seal(ID, &vec![0; MAX_SEALED_BYTES + 1]), Err(SealError::TooLong(_))));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_keeps_it_shut(
            plain in prop::collection::vec(any::<u8>(), 0..100), at in any::<prop::sample::Index>(), bit in 0_u8..8,
        ) {
            let mut sealed = key(1).seal(ID, &plain).unwrap();
            prop_assert_eq!(key(1).open(ID, &sealed).unwrap(), plain);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(matches!(key(1).open(ID, &sealed), Err(SealError::DoesNotOpen)));
        }
    }
}
