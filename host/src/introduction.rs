//! How a host shows that it is the host of a data folder, before anybody sends it a token.
//!
//! Whoever can read the folder's secret asks with a nonce; the host answers with a code that only that secret makes, over the nonce and the
//! address at which it was asked. So a stranger at the address of a host that has stopped cannot answer, nor pass the question on to the
//! host itself: that one speaks for its own address only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pilothouse_runtime::keys::Secret;
use serde::Deserialize;

use crate::governance::{folder_secret, same};

/// The file of a data folder in which its host says where it listens.
pub(crate) const ADDRESS: &str = "address";
/// Where a host is asked.
pub(crate) const PATH: &str = "/v1/host";
/// Length of a nonce, in bytes.
const NONCE: usize = 16;
/// How long a host may take; it computes one hash.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 << 10;

/// A question of somebody who wants to know whose host this is.
pub(crate) struct Nonce([u8; NONCE]);

impl Nonce {
    /// Reads what was sent: 32 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Nonce> {
        let mut bytes = [0; NONCE];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Nonce(bytes))
    }

    fn new() -> Result<Nonce, NotTheHost> {
        let mut bytes = [0; NONCE];
        getrandom::fill(&mut bytes).map_err(|_| NotTheHost::NoRandomness)?;
        Ok(Nonce(bytes))
    }
}

/// The code that the host of this secret answers at this address.
pub(crate) fn code(secret: &Secret, nonce: &Nonce, address: &str) -> [u8; 32] {
    // A key of its own: whatever is asked here says nothing of what else the secret is for.
    let own = Secret::new(secret.derive("introduction"));
    own.derive(&format!("{}/{address}", hex::encode(nonce.0)))
}

/// What a host says of itself.
#[derive(Deserialize)]
struct Answer {
    code: String,
}

/// Why a folder's token is sent nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTheHost {
    /// The folder names no address: its host has stopped, or none ever ran.
    #[error("no host runs on {}: start it with `pilot up --data {}`, or name another host with --host and set PILOT_TOKEN", .0.display(), .0.display())]
    NotRunning(PathBuf),
    /// The folder cannot be read by who asks.
    #[error("{} cannot be read, so whether its host answers cannot be told: ask as the user whose folder it is, or name the host with --host and set PILOT_TOKEN", .0.display())]
    Unreadable(PathBuf),
    /// Nobody listens where the folder's host did.
    #[error("the host of {} does not answer at {address}: start it with `pilot up --data {}`", folder.display(), folder.display())]
    Silent {
        /// Whose host.
        folder: PathBuf,
        /// Where.
        address: String,
    },
    /// Somebody else listens there.
    #[error("what answers at {address} is not the host of {}, and was sent no token: start that host with `pilot up --data {}`", folder.display(), folder.display())]
    Stranger {
        /// Whose host was meant.
        folder: PathBuf,
        /// Where.
        address: String,
    },
    /// The system has no random bytes.
    #[error("the system gave no random bytes: try again")]
    NoRandomness,
}

/// Where the host of a folder says that it listens, as `HOST:PORT`.
pub(crate) fn address_of(folder: &Path) -> Result<String, NotTheHost> {
    let text = std::fs::read_to_string(folder.join(ADDRESS)).map_err(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => NotTheHost::Unreadable(folder.to_owned()),
        _ => NotTheHost::NotRunning(folder.to_owned()),
    })?;
    Ok(text.trim().to_owned())
}

/// Asks whoever listens at the folder's address to show that it is the folder's host; answers that address.
pub(crate) async fn introduced(http: &reqwest::Client, folder: &Path) -> Result<String, NotTheHost> {
    let address = address_of(folder)?;
    let secret = folder_secret(folder).ok_or_else(|| NotTheHost::Unreadable(folder.to_owned()))?;
    let nonce = Nonce::new()?;
    let silent = || NotTheHost::Silent { folder: folder.to_owned(), address: address.clone() };
    let stranger = || NotTheHost::Stranger { folder: folder.to_owned(), address: address.clone() };
    let uri = format!("http://{address}{PATH}?nonce={}", hex::encode(nonce.0));
    let mut response = http.get(uri).timeout(PATIENCE).send().await.map_err(|error| match error.is_connect() {
        true => silent(),
        false => stranger(),
    })?;
    let mut body = Vec::new();
    while let Some(some) = response.chunk().await.map_err(|_| stranger())? {
        body.extend_from_slice(&some);
        if body.len() > MAX_ANSWER {
            return Err(stranger());
        }
    }
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| stranger())?;
    let mut said = [0; 32];
    hex::decode_to_slice(answer.code, &mut said).map_err(|_| stranger())?;
    if same(&said, &code(&secret, &nonce, &address)) { Ok(address) } else { Err(stranger()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_one_secret_one_nonce_and_one_address() {
        let (ours, theirs) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let nonce = |text: &str| Nonce::parse(text).unwrap();
        let (one, two) = (nonce("00112233445566778899aabbccddeeff"), nonce("ffeeddccbbaa99887766554433221100"));
        let said = code(&ours, &one, "127.0.0.1:8179");
        assert_eq!(said, code(&ours, &one, "127.0.0.1:8179"));
        assert_ne!(said, code(&theirs, &one, "127.0.0.1:8179"));
        assert_ne!(said, code(&ours, &two, "127.0.0.1:8179"));
        assert_ne!(said, code(&ours, &one, "127.0.0.1:8180"));
    }

    #[test]
    fn a_nonce_has_thirty_two_digits() {
        for text in ["", "00", "zz112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff00"] {
            assert!(Nonce::parse(text).is_none(), "{text}");
        }
    }
}
