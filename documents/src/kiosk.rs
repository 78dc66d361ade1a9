//! Results of biometric kiosks: that a face or a finger matched the card, said and signed by the device.
//!
//! Biometric data stay in the kiosk. It sends match, score band, device, time and a nonce, signed with the key that it was
//! enrolled with; using a result twice is refused where its nonce is kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use pilothouse_identity::PersonalNumber;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::KioskError;

/// Longest signed text, in bytes; real ones have some 250.
pub const MAX_RESULT: usize = 1_024;
/// What else a device signs begins otherwise.
const DOMAIN: &[u8] = b"pilothouse kiosk result 1\n";
/// How far a kiosk's clock may be ahead, in seconds: as for every event of a device.
const AHEAD: i64 = 300;

/// What was compared with the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// The face.
    Face,
    /// A finger.
    Fingerprint,
}

/// How the comparison ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Match {
    /// It matches, far above the kiosk's threshold.
    High,
    /// It matches.
    Medium,
    /// At the threshold: to be looked at by staff.
    Low,
    /// It does not match.
    Failed,
}

/// A result as the kiosk signs it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedText {
    device: String,
    number: String,
    method: Body,
    band: Match,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    nonce: String,
}

/// A signed result as it travels.
#[derive(Clone, Copy)]
pub struct KioskResult<'a> {
    /// The signed text, byte for byte.
    pub result: &'a [u8],
    /// Ed25519 signature over the domain line and the text.
    pub signature: &'a [u8],
}

/// What a kiosk says, once it is checked.
pub(crate) struct Checked {
    pub(crate) number: PersonalNumber,
    pub(crate) body: Body,
    pub(crate) band: Match,
    pub(crate) at: OffsetDateTime,
    pub(crate) once: String,
}

impl KioskResult<'_> {
    /// Checks a result with the key of the device that is said to have sent it.
    pub(crate) fn check(&self, device: &str, key: &VerifyingKey, now: OffsetDateTime) -> Result<Checked, KioskError> {
        if self.result.len() > MAX_RESULT {
            return Err(KioskError::TooLong);
        }
        let signature = Signature::from_slice(self.signature).map_err(|_| KioskError::Signature)?;
        let signed = [DOMAIN, self.result].concat();
        key.verify_strict(&signed, &signature).map_err(|_| KioskError::Signature)?;
        let result: SignedText = serde_json::from_slice(self.result).map_err(|_| KioskError::Malformed)?;
        if result.device != device {
            return Err(KioskError::Device);
        }
        if result.at.unix_timestamp() > now.unix_timestamp().saturating_add(AHEAD) {
            return Err(KioskError::InFuture);
        }
        let is_nonce = result.nonce.len() == 32 && result.nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = PersonalNumber::parse(&result.number).ok().filter(|_| is_nonce).ok_or(KioskError::Malformed)?;
        Ok(Checked {
            number,
            body: result.method,
            band: result.band,
            at: result.at,
            once: format!("kiosk:{device}:{}", result.nonce.to_ascii_lowercase()),
        })
    }
}

/// A result as a kiosk makes and signs it: the text and the signature, both in base64 as they travel.
///
/// For simulated kiosks and tests. `nonce` must be new each time.
#[must_use]
pub fn sign_result(
    key: &SigningKey,
    device: &str,
    number: &PersonalNumber,
    (body, band): (Body, Match),
    at: OffsetDateTime,
    nonce: &[u8; 16],
) -> (String, String) {
    let result = SignedText {
        device: device.to_owned(),
        number: number.reveal().to_owned(),
        method: body,
        band,
        at,
        nonce: hex::encode(nonce),
    };
    // Fails only for years outside RFC 3339; an empty text is then refused by whoever checks it.
    let text = at.format(&Rfc3339).ok().and_then(|_| serde_json::to_vec(&result).ok()).unwrap_or_default();
    let signature = sign_text(key, &text);
    (STANDARD.encode(text), STANDARD.encode(signature))
}

/// The signature over a text of any content: what a kiosk that went wrong would send.
#[must_use]
pub fn sign_text(key: &SigningKey, text: &[u8]) -> [u8; 64] {
    key.sign(&[DOMAIN, text].concat()).to_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-12-01 08:00 +7);

    fn signed(device: &str) -> (Vec<u8>, Vec<u8>) {
        let number = PersonalNumber::parse("044099990017").unwrap();
        let key = SigningKey::from_bytes(&[5; 32]);
        let (text, signature) = sign_result(&key, device, &number, (Body::Face, Match::High), AT, &[1; 16]);
        (STANDARD.decode(text).unwrap(), STANDARD.decode(signature).unwrap())
    }

    fn check(parts: &(Vec<u8>, Vec<u8>), device: &str, seed: u8, now: OffsetDateTime) -> Result<Checked, KioskError> {
        let key = SigningKey::from_bytes(&[seed; 32]).verifying_key();
        KioskResult { result: &parts.0, signature: &parts.1 }.check(device, &key, now)
    }

    #[test]
    fn a_result_is_taken_from_its_own_device_only() {
        let parts = signed("kiosk-1");
        assert!(check(&parts, "kiosk-1", 5, AT).is_ok_and(|result| result.band == Match::High && result.at == AT));
        assert_eq!(check(&parts, "kiosk-1", 6, AT).err(), Some(KioskError::Signature));
        assert_eq!(check(&parts, "kiosk-2", 5, AT).err(), Some(KioskError::Device));
        assert_eq!(check(&parts, "kiosk-1", 5, AT - Duration::minutes(6)).err(), Some(KioskError::InFuture));
        let long = (vec![b' '; MAX_RESULT + 1], parts.1.clone());
        assert_eq!(check(&long, "kiosk-1", 5, AT).err(), Some(KioskError::TooLong));
    }

    proptest! {
        #[test]
        fn a_changed_result_is_never_taken(at in 0_usize..200, bit in 0_u8..8) {
            let mut parts = signed("kiosk-1");
            prop_assume!(at < parts.0.len());
            parts.0[at] ^= 1 << bit;
            prop_assert_eq!(check(&parts, "kiosk-1", 5, AT).err(), Some(KioskError::Signature));
        }
    }
}
