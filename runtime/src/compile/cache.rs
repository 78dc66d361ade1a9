//! Compiled components on disk: keyed by digest, engine and settings, and authenticated, because what is in them runs as native code.

use std::fs;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use pilothouse_registry::files::write_whole;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine::CONFIG_REVISION;
use crate::keys::mac;

/// Bytes of the authenticator at the head of a file.
const TAG: usize = 32;

pub(super) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
}

impl Cache {
    pub(super) fn new(dir: PathBuf, key: [u8; 32]) -> std::io::Result<Cache> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        Ok(Cache { dir, key })
    }

    fn path(&self, engine: &Engine, digest: &[u8; 32]) -> PathBuf {
        self.dir.join(format!("{}-{}.cwasm", hex::encode(digest), hex::encode(&fingerprint(engine)[..8])))
    }

    fn tag(&self, engine: &Engine, digest: &[u8; 32], code: &[u8]) -> [u8; 32] {
        mac(&self.key, &[digest, &fingerprint(engine), code])
    }

    /// What was stored under these keys by this host; none where there is nothing, or where it is foreign or damaged.
    pub(super) fn load(&self, engine: &Engine, digest: &[u8; 32]) -> Option<Component> {
        let file = fs::read(self.path(engine, digest)).ok()?;
        let (tag, code) = file.split_at_checked(TAG)?;
        if !same(tag, &self.tag(engine, digest, code)) {
            tracing::warn!(
                digest = hex::encode(digest),
                "a compiled component in the cache is not this host's: it is compiled again"
            );
            return None;
        }
        load_trusted(engine, code).ok()
    }

    pub(super) fn store(&self, engine: &Engine, digest: &[u8; 32], code: &[u8]) -> std::io::Result<()> {
        let file = [&self.tag(engine, digest, code), code].concat();
        write_whole(&self.path(engine, digest), &file)
    }
}

/// Engine version, settings, target: all that compiled code depends on.
fn fingerprint(engine: &Engine) -> [u8; 32] {
    struct Sha(Sha256);
    impl Hasher for Sha {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
    }
    let mut sha = Sha(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut sha);
    CONFIG_REVISION.hash(&mut sha);
    sha.0.finalize().into()
}

/// Compares without telling by its time where the difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// Loads native code that this host compiled and authenticated.
#[expect(
    unsafe_code,
    reason = "the engine cannot check native code; what is loaded was made by our compiler and carries our own authenticator"
)]
pub(super) fn load_trusted(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes come from `precompile_component`, run by this host with this engine's settings: straight from the child, or
    // from the cache after its authenticator was checked under a key that only this host has.
    unsafe { Component::deserialize(engine, code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component() -> Vec<u8> {
        // The smallest component: its header.
        vec![0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
    }

    #[test]
    fn a_flipped_bit_and_a_foreign_key_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::new(&crate::engine::config()).unwrap();
        let cache = Cache::new(dir.path().join("cache"), [1; 32]).unwrap();
        let digest = [9; 32];
        let code = engine.precompile_component(&component()).unwrap();
        cache.store(&engine, &digest, &code).unwrap();
        assert!(cache.load(&engine, &digest).is_some());
        assert!(cache.load(&engine, &[8; 32]).is_none());
        let foreign = Cache::new(dir.path().join("cache"), [2; 32]).unwrap();
        assert!(foreign.load(&engine, &digest).is_none());
        let path = cache.path(&engine, &digest);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(cache.load(&engine, &digest).is_none());
    }
}
