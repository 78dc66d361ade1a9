//! The log's size and root, signed: C2SP tlog-checkpoint (<https://c2sp.org/tlog-checkpoint>) in a signed note
//! (<https://c2sp.org/signed-note>) with Ed25519. Any tool that knows these two formats can check it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::merkle::{Hash, MAX_SIZE};

/// Longest note that is looked at. Ours has some 200 bytes; witnesses may add signatures, of which the specification
/// wants sixteen accepted, post-quantum ones of nearly 5 kB included.
const MAX_NOTE: usize = 96 * 1024;

/// Most signature lines that are looked at, with the same reason and room to spare.
const MAX_SIGNATURES: usize = 64;

/// Longest name of a log: a host name and a path.
const MAX_NAME: usize = 255;

/// The signature type of Ed25519 in key ids and verifier keys.
const ED25519: u8 = 0x01;

/// What a log says of itself at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// Its Merkle root at that size.
    pub root: Hash,
    /// The size of the checkpoint that was signed before it, where it says so: none can be taken from between them.
    pub after: Option<u64>,
}

/// Begins the extension line that names the checkpoint before.
const AFTER: &str = "after ";

/// Why a name, a key or a note was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// A name that no key may have.
    #[error("a log's name has 1 to 255 bytes, no spaces, control characters or `+`: use a URL without its scheme")]
    BadName,
    /// Not `name+hash+key`.
    #[error("not a verifier key: copy the whole line `name+hash+key` that the log's owner published")]
    BadKey,
    /// The key's own hash does not fit name and key.
    #[error("the verifier key's hash does not fit it: it was mistyped or cut, copy the whole line again")]
    KeyHash,
    /// Not a signed note with a checkpoint in it.
    #[error("not a checkpoint: fetch it again, as text and whole")]
    Malformed,
    /// No signature by this key.
    #[error("no signature by this key: ask the log's owner for the key of that time")]
    Unsigned,
    /// A signature that says it is by this key, and is not over this text.
    #[error("the signature is not over this text: the checkpoint was changed or forged, keep it and tell the auditor")]
    BadSignature,
    /// Signed by this key for another log.
    #[error("the checkpoint is another log's: fetch the one of the log that this key belongs to")]
    OtherOrigin,
}

/// Signs checkpoints. Cannot be printed or copied; the secret key is wiped when dropped.
pub struct CheckpointSigner {
    secret: SigningKey,
    key: CheckpointKey,
}

impl CheckpointSigner {
    /// A signer from an Ed25519 seed (RFC 8032, section 5.1.5) and the log's name, such as
    /// `quangbinh.example/pilothouse`. The caller wipes its own copy of the seed.
    ///
    /// # Errors
    /// [`NoteError::BadName`].
    pub fn from_seed(seed: &[u8; 32], origin: &str) -> Result<Self, NoteError> {
        let secret = SigningKey::from_bytes(seed);
        let key = CheckpointKey::new(origin, secret.verifying_key())?;
        Ok(Self { secret, key })
    }

    /// The public half, to be published.
    pub fn key(&self) -> &CheckpointKey {
        &self.key
    }

    /// A signed checkpoint. The caller answers for never signing two that do not agree.
    pub fn sign(&self, size: u64, root: Hash) -> String {
        self.sign_note(&format!("{}\n{size}\n{}\n", self.key.name, STANDARD.encode(root)))
    }

    /// The same, naming the size of the checkpoint that was signed before it.
    pub fn sign_after(&self, size: u64, root: Hash, before: u64) -> String {
        self.sign_note(&format!("{}\n{size}\n{}\n{AFTER}{before}\n", self.key.name, STANDARD.encode(root)))
    }

    /// `text` ends in a newline.
    fn sign_note(&self, text: &str) -> String {
        let mut signature = [0; 4 + 64];
        let (id, bytes) = signature.split_at_mut(4);
        id.copy_from_slice(&self.key.id);
        bytes.copy_from_slice(&self.secret.sign(text.as_bytes()).to_bytes());
        format!("{text}\n\u{2014} {} {}\n", self.key.name, STANDARD.encode(signature))
    }
}

/// The public key of a log, with its name: all that somebody needs to trust in order to check it. Prints and parses as
/// a verifier key, `name+hash+key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointKey {
    name: String,
    id: [u8; 4],
    public: VerifyingKey,
}

impl CheckpointKey {
    fn new(name: &str, public: VerifyingKey) -> Result<Self, NoteError> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.len() > MAX_NAME || name.contains(bad) {
            return Err(NoteError::BadName);
        }
        let digest =
            Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(public.as_bytes()).finalize();
        let mut id = [0; 4];
        id.copy_from_slice(&digest[..4]);
        Ok(Self { name: name.to_owned(), id, public })
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.name
    }

    /// Checks that this note is a checkpoint of this key's log, signed by it. Signatures by others (witnesses, older
    /// keys) are ignored, as the specification says.
    ///
    /// # Errors
    /// [`NoteError`]; nothing of a note that was refused is to be believed.
    pub fn verify(&self, note: &str) -> Result<Checkpoint, NoteError> {
        let checkpoint = parse(self.verified_text(note)?)?;
        if checkpoint.origin != self.name {
            return Err(NoteError::OtherOrigin);
        }
        Ok(checkpoint)
    }

    /// The note's text, once our signature on it is verified.
    fn verified_text<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        if note.len() > MAX_NOTE || note.contains(|c: char| c < ' ' && c != '\n') {
            return Err(NoteError::Malformed);
        }
        let blank = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let mut signed = false;
        for (count, line) in signatures.split('\n').enumerate() {
            if count == MAX_SIGNATURES {
                return Err(NoteError::Malformed);
            }
            let line = line.strip_prefix("\u{2014} ").ok_or(NoteError::Malformed)?;
            let (name, encoded) = line.split_once(' ').ok_or(NoteError::Malformed)?;
            let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Malformed)?;
            let (id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
            if name != self.name || *id != self.id {
                continue;
            }
            let signature = Signature::from_slice(signature).map_err(|_| NoteError::BadSignature)?;
            self.public.verify_strict(text.as_bytes(), &signature).map_err(|_| NoteError::BadSignature)?;
            signed = true;
        }
        if signed { Ok(text) } else { Err(NoteError::Unsigned) }
    }
}

/// Reads a checkpoint's text: origin, size, root, and extension lines, of which one is ours and others mean nothing to us.
fn parse(text: &str) -> Result<Checkpoint, NoteError> {
    let mut lines = text.strip_suffix('\n').ok_or(NoteError::Malformed)?.split('\n');
    let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(NoteError::Malformed);
    let (origin, digits, root) = (line()?, line()?, line()?);
    let mut after = None;
    for line in lines {
        if line.is_empty() {
            return Err(NoteError::Malformed);
        }
        after = after.or_else(|| line.strip_prefix(AFTER)?.parse().ok());
    }
    let size: u64 = digits.parse().map_err(|_| NoteError::Malformed)?;
    // No leading zeroes, no sign: a size has one spelling.
    if size > MAX_SIZE || size.to_string() != digits {
        return Err(NoteError::Malformed);
    }
    let root = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NoteError::Malformed)?;
    Ok(Checkpoint { origin: origin.to_owned(), size, root, after })
}

impl fmt::Display for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = [ED25519; 33];
        key[1..].copy_from_slice(self.public.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), STANDARD.encode(key))
    }
}

impl FromStr for CheckpointKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        // The key's base64 may have a `+` of its own, name and hash may not.
        let mut pieces = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (pieces.next(), pieces.next(), pieces.next()) else {
            return Err(NoteError::BadKey);
        };
        let bytes: [u8; 33] =
            STANDARD.decode(key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NoteError::BadKey)?;
        let [ED25519, public @ ..] = bytes else { return Err(NoteError::BadKey) };
        let public = VerifyingKey::from_bytes(&public).map_err(|_| NoteError::BadKey)?;
        // Under a weak key one signature fits many texts.
        if public.is_weak() {
            return Err(NoteError::BadKey);
        }
        let parsed = Self::new(name, public)?;
        if hex::encode(parsed.id) == id { Ok(parsed) } else { Err(NoteError::KeyHash) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ORIGIN: &str = "quangbinh.example/pilothouse";

    fn signer(seed: u8) -> CheckpointSigner {
        CheckpointSigner::from_seed(&[seed; 32], ORIGIN).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_note_and_keys_of_another_implementation_agree_with_ours() {
        // From the documentation of golang.org/x/mod/sumdb/note.
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let secret = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        let text =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let note = format!(
            "{text}\n\u{2014} PeterNeumann \
             x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        );
        let public: CheckpointKey = key.parse().unwrap();
        assert_eq!(public.to_string(), key);
        assert_eq!(public.verified_text(&note), Ok(text));
        let seed = STANDARD.decode(secret).unwrap();
        let signer = CheckpointSigner::from_seed(seed[1..].try_into().unwrap(), "PeterNeumann").ok().unwrap();
        assert_eq!(signer.sign_note(text), note);
        assert_eq!(signer.key(), &public);
        // A good signature under a text that is no checkpoint is still no checkpoint.
        assert_eq!(public.verify(&note), Err(NoteError::Malformed));
    }

    #[test]
    fn the_checkpoint_of_the_specification_reads_as_it_says() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint = parse(text).unwrap();
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
        assert_eq!(parse(&format!("{text}extension\n")), Ok(checkpoint));
        assert_eq!(parse(&format!("{text}\nextension\n")), Err(NoteError::Malformed));
    }

    #[test]
    fn a_signed_checkpoint_verifies_with_the_published_key() {
        let note = signer(1).sign(42, [7; 32]);
        let published: CheckpointKey = signer(1).key().to_string().parse().unwrap();
        let expected = Checkpoint { origin: ORIGIN.to_owned(), size: 42, root: [7; 32], after: None };
        assert_eq!(published.verify(&note), Ok(expected));
    }

    #[test]
    fn a_checkpoint_names_the_one_before_it() {
        let note = signer(1).sign_after(42, [7; 32], 40);
        assert_eq!(signer(1).key().verify(&note).map(|read| (read.size, read.after)), Ok((42, Some(40))));
        let changed = note.replace("after 40", "after 41");
        assert_eq!(signer(1).key().verify(&changed), Err(NoteError::BadSignature));
    }

    #[test]
    fn another_key_or_another_log_does_not_count() {
        let note = signer(1).sign(42, [7; 32]);
        assert_eq!(signer(2).key().verify(&note), Err(NoteError::Unsigned));
        // Another key that claims our key's id is a forgery.
        let foreign = signer(2).sign(42, [7; 32]);
        let line = foreign.rsplit(' ').next().unwrap().trim_end();
        let mut bytes = STANDARD.decode(line).unwrap();
        bytes[..4].copy_from_slice(&signer(1).key().id);
        let forged = foreign.replace(line, &STANDARD.encode(bytes));
        assert_eq!(signer(1).key().verify(&forged), Err(NoteError::BadSignature));
        // Our key, our name, another log's text.
        let other = signer(1).sign_note(&note[..note.find("\n\n").unwrap() + 1].replace(ORIGIN, "elsewhere.example"));
        assert_eq!(signer(1).key().verify(&other), Err(NoteError::OtherOrigin));
    }

    #[test]
    fn signatures_of_witnesses_are_ignored() {
        let note = signer(1).sign(42, [7; 32]);
        let witness = format!("\u{2014} witness.example {}\n", STANDARD.encode([9; 76]));
        assert!(signer(1).key().verify(&format!("{note}{witness}")).is_ok());
        let many = format!("{note}{}", witness.repeat(MAX_SIGNATURES));
        assert_eq!(signer(1).key().verify(&many), Err(NoteError::Malformed));
    }

    #[test]
    fn a_size_has_one_spelling() {
        let root = STANDARD.encode([7; 32]);
        for size in ["", "042", "+42", "-1", "4 2", "18446744073709551616", "18446744073709551615"] {
            let note = signer(1).sign_note(&format!("{ORIGIN}\n{size}\n{root}\n"));
            assert_eq!(signer(1).key().verify(&note), Err(NoteError::Malformed), "{size}");
        }
    }

    #[test]
    fn a_mistyped_key_is_refused() {
        let key = signer(1).key().to_string();
        assert_eq!(key.replace("quang", "quong").parse::<CheckpointKey>(), Err(NoteError::KeyHash));
        assert_eq!(key[..key.len() - 4].parse::<CheckpointKey>(), Err(NoteError::BadKey));
        assert_eq!("name".parse::<CheckpointKey>(), Err(NoteError::BadKey));
        let weak = CheckpointKey::new("name", VerifyingKey::from_bytes(&[0; 32]).unwrap()).unwrap().to_string();
        assert_eq!(weak.parse::<CheckpointKey>(), Err(NoteError::BadKey));
        for name in ["", "a b", "a+b", "a\nb"] {
            assert_eq!(CheckpointSigner::from_seed(&[1; 32], name).err(), Some(NoteError::BadName));
        }
    }

    proptest! {
        #[test]
        fn a_flipped_byte_never_verifies(size in 0..MAX_SIZE, at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let note = signer(1).sign(size, [7; 32]);
            let mut bytes = note.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(changed) = std::str::from_utf8(&bytes) {
                prop_assert!(signer(1).key().verify(changed).is_err());
            }
        }

        #[test]
        fn no_text_makes_the_readers_panic(text in "(\\PC|\n|\u{2014} ){0,200}") {
            prop_assert!(signer(1).key().verify(&text).is_err());
            prop_assert!(text.parse::<CheckpointKey>().is_err());
        }
    }
}
