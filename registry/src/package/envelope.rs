//! DSSE (secure-systems-lab/dsse, v1.0.2) with Ed25519: the signature of a package, over the digest of every byte before it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use serde::{Deserialize, Serialize};

use super::Signer;
use crate::error::DoorError;
use crate::ids::{Digest, KeyId};
use crate::keys;
use crate::trust::Trust;

/// What is signed: the digest of the package without its last section, as `sha256:…`.
pub const PAYLOAD_TYPE: &str = "application/vnd.pilothouse.package+sha256";

/// Largest envelope, in bytes. Ours have 330.
const MAX_ENVELOPE: usize = 2_048;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<Signed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    keyid: KeyId,
    sig: String,
}

/// What DSSE signs: type and payload, each with its length, so that neither can be read as part of the other.
fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

pub(super) fn seal(package: &[u8], key: &SigningKey) -> Result<Vec<u8>, DoorError> {
    let digest = Digest::of(package);
    let payload = digest.as_str().as_bytes();
    let signature = key.sign(&pre_authentication(PAYLOAD_TYPE, payload));
    let envelope = Envelope {
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload: STANDARD.encode(payload),
        signatures: vec![Signed {
            keyid: keys::key_id(&key.verifying_key()),
            sig: STANDARD.encode(signature.to_bytes()),
        }],
    };
    serde_json::to_vec(&envelope).map_err(|_| DoorError::SignatureForm { why: "it cannot be written" })
}

/// Who signed these bytes, if a key that is trusted now did.
pub(super) fn verify(package: &[u8], envelope: &[u8], trust: &Trust, now: i64) -> Result<Signer, DoorError> {
    let wrong = |why| DoorError::SignatureForm { why };
    if envelope.len() > MAX_ENVELOPE {
        return Err(wrong("it is longer than a signature can be"));
    }
    let envelope: Envelope = serde_json::from_slice(envelope).map_err(|_| wrong("it is no DSSE envelope"))?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(wrong("it is of another payload type"));
    }
    let [signed] = &envelope.signatures[..] else { return Err(wrong("it does not hold exactly one signature")) };
    let payload = STANDARD.decode(&envelope.payload).map_err(|_| wrong("its payload is no base64"))?;
    let signature = STANDARD.decode(&signed.sig).map_err(|_| wrong("its signature is no base64"))?;
    let signature = Signature::from_slice(&signature).map_err(|_| wrong("its signature has another length"))?;

    let key = trust.lookup(&signed.keyid, now)?;
    // Strict: no keys of small order, for which one signature fits many messages.
    key.key
        .verify_strict(&pre_authentication(&envelope.payload_type, &payload), &signature)
        .map_err(|_| DoorError::BadSignature)?;
    if payload != Digest::of(package).as_str().as_bytes() {
        return Err(DoorError::BadSignature);
    }
    Ok(Signer { key: signed.keyid.clone(), vendor: key.vendor.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_encoded_as_dsse_says() {
        // The example of the specification.
        let encoded = pre_authentication("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }
}
