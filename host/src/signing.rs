//! A request signed now, as a device of ours signs it.

use ed25519_dalek::SigningKey;
use pilothouse_registry::signed_request::{SignatureFields, Target, sign};

/// Signs a POST to this address, with a nonce of its own and the time of a clock that is so many seconds ahead of this machine's.
///
/// # Errors
/// Where the system has no randomness.
pub(crate) fn signed_now(
    key: &SigningKey,
    uri: &str,
    body: &[u8],
    ahead: i64,
) -> Result<SignatureFields, getrandom::Error> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)?;
    let created = crate::governance::clock().div_euclid(1_000_000) + ahead;
    Ok(sign(key, Target { method: "POST", uri }, body, created, &hex::encode(nonce)))
}
