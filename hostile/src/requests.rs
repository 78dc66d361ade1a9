//! Requests that say that a device signed them.

use pilothouse_registry::keys::key_id;
use pilothouse_registry::signed_request::{Claimed, MAX_NONCE, MIN_NONCE, SignatureFields, Target, sign};

use crate::genuine::KEY;

const TARGET: Target<'_> = Target { method: "POST", uri: "http://house.test/v1/pilots/bhyt-checkin/readings" };
const BODY: &[u8] = b"{\"reference\":\"R-1\"}";
const CREATED: i64 = 1_798_736_399;
const NONCE: &str = "0123456789abcdef";

/// Three header fields, one a line: `Content-Digest`, `Signature-Input`, `Signature`. The device signed one request in its
/// life, so whatever verifies is that one.
pub(crate) fn signed(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.splitn(3, '\n').map(str::to_owned);
    let (Some(content_digest), Some(signature_input), Some(signature)) = (lines.next(), lines.next(), lines.next())
    else {
        return;
    };
    let Ok(claimed) =
        Claimed::parse(&SignatureFields { content_digest: content_digest.clone(), signature_input, signature }, |_| {
            false
        })
    else {
        return;
    };
    let field = |name: &str| (name == "content-digest").then(|| content_digest.trim().to_owned());
    assert!((MIN_NONCE..=MAX_NONCE).contains(&claimed.nonce().len()));
    if claimed.verify(&KEY.verifying_key(), TARGET, &field, BODY).is_ok() {
        assert_eq!((claimed.created(), claimed.nonce()), (CREATED, NONCE), "another request verifies");
        assert!(*claimed.key() == key_id(&KEY.verifying_key()), "another key's name verifies");
    }
}

pub(crate) fn genuine() -> Vec<Vec<u8>> {
    let SignatureFields { content_digest, signature_input, signature } = sign(&KEY, TARGET, BODY, CREATED, NONCE);
    let own = format!("{content_digest}\n{signature_input}\n{signature}");
    let other = own.replace("device=", "sig1=").replace(";nonce", "; nonce").replace(";alg=\"ed25519\"", "");
    vec![own.into_bytes(), other.into_bytes()]
}
