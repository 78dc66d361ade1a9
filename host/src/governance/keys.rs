//! Files that hold secrets, and tokens: random, shown once, kept as a hash.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use pilothouse_registry::files::write_whole;
use pilothouse_runtime::keys::Secret;
use sha2::{Digest, Sha256};

use super::HouseError;

/// How tokens begin, so that a scanner for leaked secrets knows one.
const PREFIX: &str = "ph_";

fn failed(path: &Path, source: std::io::Error) -> HouseError {
    HouseError::File { path: path.display().to_string(), source }
}

fn random<const N: usize>() -> Result<[u8; N], HouseError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| failed(Path::new("the system's random source"), std::io::Error::other(error)))?;
    Ok(bytes)
}

/// The secret of this data folder, made at the first start. 0600, and never copied elsewhere.
pub(super) fn secret(dir: &Path) -> Result<[u8; 32], HouseError> {
    let keys = dir.join("keys");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&keys).map_err(|source| failed(&keys, source))?;
    let path = keys.join("secret");
    match fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| failed(&path, std::io::Error::other("not 32 bytes"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let bytes = random::<32>()?;
            write_private(&path, &bytes)?;
            Ok(bytes)
        }
        Err(error) => Err(failed(&path, error)),
    }
}

/// The seed of the demonstration's tokens: random, and of nothing else. Folders from before had one of their secret, and keep it.
pub(super) fn demonstration(dir: &Path, secret: &Secret, first: bool) -> Result<[u8; 32], HouseError> {
    let path = dir.join("keys").join("demonstration");
    match fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| failed(&path, std::io::Error::other("not 32 bytes"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let bytes = if first { random::<32>()? } else { secret.derive("demonstration") };
            write_private(&path, &bytes)?;
            Ok(bytes)
        }
        Err(error) => Err(failed(&path, error)),
    }
}

/// The secret of a data folder that is there already, for who may read it.
pub(crate) fn folder_secret(dir: &Path) -> Option<Secret> {
    let bytes = fs::read(dir.join("keys").join("secret")).ok()?;
    Some(Secret::new(bytes.try_into().ok()?))
}

/// Whether a host was ever started on this data folder.
pub(super) fn has_secret(dir: &Path) -> bool {
    dir.join("keys").join("secret").exists()
}

/// Writes a file that only this user can read; whole or not at all.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), HouseError> {
    write_whole(path, bytes).map_err(|source| failed(path, source))
}

/// A new token, its id and the hash of its secret.
pub(super) fn new_token() -> Result<(String, String, [u8; 32]), HouseError> {
    let (id, secret) = (hex::encode(random::<8>()?), hex::encode(random::<24>()?));
    let hash = token_hash(&secret);
    Ok((format!("{PREFIX}{id}_{secret}"), id, hash))
}

/// The token that belongs to an id, derived from the data folder's secret: demonstration only, so that a second start shows the same.
pub(super) fn demo_token(id: &str, key: &[u8; 32]) -> (String, [u8; 32]) {
    let secret = hex::encode(Sha256::new().chain_update(key).chain_update(id.as_bytes()).finalize());
    (format!("{PREFIX}{id}_{secret}"), token_hash(&secret))
}

pub(super) fn split_token(token: &str) -> Option<(&str, &str)> {
    token.strip_prefix(PREFIX)?.split_once('_')
}

/// A secret of 192 random bits needs no slow hash: it cannot be guessed.
pub(super) fn token_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Compares without telling by its time where the difference is.
pub(crate) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}
