//! The keys of one installation, all derived from one secret; who has a label has one key and no other.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

/// The secret of an installation, 32 random bytes. No `Debug`, never printed.
#[derive(Clone, zeroize::ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes the bytes over; the caller's copy is wiped.
    pub fn new(mut bytes: [u8; 32]) -> Secret {
        let secret = Secret(bytes);
        bytes.zeroize();
        secret
    }

    /// The key for one use. Keys of different labels say nothing of each other (HMAC-SHA-256, RFC 2104).
    pub fn derive(&self, label: &str) -> [u8; 32] {
        mac(&self.0, &[label.as_bytes()])
    }
}

/// HMAC-SHA-256 over length-prefixed parts, so that no two lists of parts read alike.
pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key of 32 bytes is always accepted: HMAC takes any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Crockford's base 32, lower case: 26 characters for 16 bytes, none of which looks like another.
pub(crate) fn base32(bytes: [u8; 16]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut value = u128::from_be_bytes(bytes);
    let mut text = [0_u8; 26];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_give_different_keys_and_the_same_label_the_same_key() {
        let secret = Secret::new([7; 32]);
        assert_eq!(secret.derive("a"), secret.derive("a"));
        assert_ne!(secret.derive("a"), secret.derive("b"));
    }

    #[test]
    fn parts_cannot_be_shifted_into_each_other() {
        let key = [1; 32];
        assert_ne!(mac(&key, &[b"ab", b"c"]), mac(&key, &[b"a", b"bc"]));
    }

    #[test]
    fn sixteen_bytes_make_twenty_six_characters() {
        assert_eq!(base32([0; 16]), "0".repeat(26));
        assert_eq!(base32([0xff; 16]), format!("7{}", "z".repeat(25)));
    }
}
