//! Vendors' signing keys: Ed25519, in PKCS#8 PEM files that only their owner can read.

use std::fs;
use std::io::Read;
use std::path::Path;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::files::create_whole;
use crate::ids::KeyId;

/// Largest key file, in bytes. A PKCS#8 Ed25519 key is some 120 bytes of PEM.
const MAX_KEY_FILE: u64 = 4_096;

/// Why a key could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system gave no randomness.
    #[error("the system gave no random bytes: try again")]
    Random,
    /// The file cannot be read or written.
    #[error("the key file cannot be read or written: check its path and rights")]
    File(#[source] std::io::Error),
    /// A key file is never overwritten: what it signed could not be signed again.
    #[error("there is a key file already: choose another path, or move it away")]
    Exists,
    /// Other people can read the file.
    #[error("other users can read the key file: `chmod 600` it")]
    Readable,
    /// No Ed25519 key in PKCS#8 PEM.
    #[error("this is no Ed25519 key in PKCS#8 PEM: make one with `pilot key new`")]
    Form,
}

/// Makes a key.
pub fn generate() -> Result<SigningKey, KeyError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| KeyError::Random)?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The id of a key: the first 8 bytes of the SHA-256 of the 32 bytes of its public key, in hexadecimal.
pub fn key_id(key: &VerifyingKey) -> KeyId {
    let digest = Sha256::digest(key.as_bytes());
    KeyId::of_bytes(&digest)
}

/// Writes a key to a new file with mode 0600.
pub fn write(path: &Path, key: &SigningKey) -> Result<(), KeyError> {
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Form)?;
    create_whole(path, pem.as_bytes()).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => KeyError::Exists,
        _ => KeyError::File(error),
    })
}

/// Reads a key file. Refused where others can read it.
pub fn read(path: &Path) -> Result<SigningKey, KeyError> {
    let file = fs::File::open(path).map_err(KeyError::File)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(KeyError::File)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyError::Readable);
        }
    }
    let mut pem = String::new();
    file.take(MAX_KEY_FILE).read_to_string(&mut pem).map_err(KeyError::File)?;
    from_pem(&pem)
}

/// A key from PKCS#8 PEM.
pub fn from_pem(pem: &str) -> Result<SigningKey, KeyError> {
    SigningKey::from_pkcs8_pem(pem).map_err(|_| KeyError::Form)
}

/// A public key as SPKI PEM: what a vendor gives to the working group.
pub fn public_pem(key: &VerifyingKey) -> Result<String, KeyError> {
    key.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Form)
}

/// A public key from SPKI PEM.
pub fn public_from_pem(pem: &str) -> Result<VerifyingKey, KeyError> {
    VerifyingKey::from_public_key_pem(pem).map_err(|_| KeyError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_file_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vendor.pem");
        let key = generate().unwrap();
        write(&path, &key).unwrap();
        assert_eq!(read(&path).unwrap().to_bytes(), key.to_bytes());
        assert!(matches!(write(&path, &generate().unwrap()), Err(KeyError::Exists)));
        let public = public_pem(&key.verifying_key()).unwrap();
        assert_eq!(public_from_pem(&public).unwrap(), key.verifying_key());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vendor.pem");
        write(&path, &generate().unwrap()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&path), Err(KeyError::Readable)));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(matches!(from_pem("no key"), Err(KeyError::Form)));
        assert!(matches!(public_from_pem(""), Err(KeyError::Form)));
    }

    #[test]
    fn a_key_id_is_made_of_the_public_key() {
        let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
        assert_eq!(key_id(&key).as_str(), &hex::encode(Sha256::digest(key.as_bytes()))[..16]);
    }
}
