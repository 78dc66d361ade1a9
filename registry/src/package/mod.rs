//! A package: one file, the component with manifest, schemas and texts as custom sections, under one signature that is its last section.
//!
//! The signature covers every byte before it, and nothing may follow: a file cut at a section boundary would still be valid wasm.

mod envelope;
pub mod reader;
mod schemas;
mod sections;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use ed25519_dalek::SigningKey;

pub use envelope::PAYLOAD_TYPE;
pub use schemas::{OperationReader, OperationSchema, Readers, Schemas};
pub use sections::SECTION_PREFIX;

use crate::door::{Imports, Proof, limits};
use crate::error::DoorError;
use crate::grant::Ceiling;
use crate::ids::{Digest, KeyId, VendorId};
use crate::manifest::Manifest;
use crate::text::escape;
use crate::trust::Trust;
use sections::{MANIFEST, SCHEMAS, SIGNATURE, Sections, TEXTS};

/// Largest texts of one language, in bytes: 40 times our longest.
const MAX_TEXT_BYTES: usize = 256 * 1024;
/// The name that messages give the manifest inside a package.
const MANIFEST_FILE: &str = "pilot.toml";

/// Who signed a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// With which key.
    pub key: KeyId,
    /// Whose it is.
    pub vendor: VendorId,
}

/// The words of a pilot, as Fluent text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// A package that has passed the door's static checks.
#[derive(Debug, Clone)]
pub struct Package {
    bytes: Arc<[u8]>,
    digest: Digest,
    signer: Option<Signer>,
    manifest: Manifest,
    manifest_text: String,
    schemas: Schemas,
    readers: Readers,
    texts: Texts,
    imports: Imports,
}

impl Package {
    /// Puts a component, its manifest, schemas and texts into one unsigned file.
    ///
    /// `schemas` is what the component's `describe` answers; `texts` are Fluent. Checks nothing but form: `open_unsigned` does.
    pub fn build(component: &[u8], manifest: &str, schemas: &str, texts: (&str, &str)) -> Result<Vec<u8>, DoorError> {
        if Sections::of(component)?.names().any(|name| name.starts_with(SECTION_PREFIX)) {
            return Err(DoorError::SectionForm {
                section: SECTION_PREFIX.to_owned(),
                why: "the component is a package already".to_owned(),
            });
        }
        let (vi, en) = texts;
        let texts = serde_json::to_string(&BTreeMap::from([("en", en), ("vi", vi)])).map_err(|_| {
            DoorError::SectionForm { section: TEXTS.to_owned(), why: "it cannot be written".to_owned() }
        })?;
        let mut bytes = component.to_vec();
        sections::append(&mut bytes, MANIFEST, manifest.as_bytes());
        sections::append(&mut bytes, SCHEMAS, schemas.as_bytes());
        sections::append(&mut bytes, TEXTS, texts.as_bytes());
        Ok(bytes)
    }

    /// Signs a package file. The signature becomes its last section.
    pub fn sign(mut unsigned: Vec<u8>, key: &SigningKey) -> Result<Vec<u8>, DoorError> {
        if Sections::of(&unsigned)?.names().any(|name| name == SIGNATURE) {
            return Err(DoorError::SectionTwice { section: SIGNATURE });
        }
        let envelope = envelope::seal(&unsigned, key)?;
        sections::append(&mut unsigned, SIGNATURE, &envelope);
        Ok(unsigned)
    }

    /// Opens a package at the door: size and magic, signature and signer, sections, structure, validation, imports and exports, manifest,
    /// schemas. `now` in microseconds since 1970 UTC. What host policy says of it is asked by [`Package::prove`].
    pub fn open(bytes: impl Into<Arc<[u8]>>, trust: &Trust, now: i64) -> Result<Self, DoorError> {
        let bytes = bytes.into();
        let sections = Sections::of(&bytes)?;
        let signature = sections.signature()?;
        let signed = bytes.get(..signature.start).unwrap_or_default();
        let signer = envelope::verify(signed, signature.contents, trust, now)?;
        let package = Self::read(&bytes, &sections, Some(signer.clone()))?;
        if package.manifest.vendor != signer.vendor {
            return Err(DoorError::VendorMismatch { named: package.manifest.vendor, signed: signer.vendor });
        }
        Ok(package)
    }

    /// Opens a package that is here already: its signature is checked again, with the trust of today. `taken_in`: when it passed the door,
    /// in microseconds since 1970 UTC. A key whose term has ended since signed it well; one that was revoked signed nothing.
    pub fn open_again(bytes: impl Into<Arc<[u8]>>, trust: &Trust, taken_in: i64) -> Result<Self, DoorError> {
        Self::open(bytes, trust, taken_in)
    }

    /// The same without a signature: what a vendor's own tools check before signing. Nothing that was opened so goes into a store.
    pub fn open_unsigned(bytes: impl Into<Arc<[u8]>>) -> Result<Self, DoorError> {
        let bytes = bytes.into();
        let sections = Sections::of(&bytes)?;
        Self::read(&bytes, &sections, None)
    }

    fn read(bytes: &Arc<[u8]>, sections: &Sections<'_>, signer: Option<Signer>) -> Result<Self, DoorError> {
        let manifest_text = sections.text(MANIFEST)?;
        let schemas = sections.text(SCHEMAS)?;
        let texts = texts(sections.text(TEXTS)?)?;
        sections.only_known()?;
        let imports = Imports::read(bytes)?;
        let manifest = Manifest::parse(MANIFEST_FILE, manifest_text)?;
        let schemas = Schemas::parse(schemas, &manifest)?;
        let readers = schemas.readers()?;
        Ok(Self {
            bytes: Arc::clone(bytes),
            digest: Digest::of(bytes),
            signer,
            manifest_text: manifest_text.to_owned(),
            manifest,
            schemas,
            readers,
            texts,
            imports,
        })
    }

    /// The proof: imported ⊆ requested ⊆ grantable. Its verdict is the door's last static word.
    pub fn prove(&self, ceiling: &Ceiling) -> Proof {
        Proof::new(&self.manifest, &self.imports, ceiling)
    }

    /// The whole file. It is a component: an engine takes it as it is.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// Its address.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Who signed it. None: it was opened without a signature.
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The same as its vendor wrote it.
    pub fn manifest_text(&self) -> &str {
        &self.manifest_text
    }

    /// What its operations take and give.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The same, ready to check with.
    pub fn readers(&self) -> &Readers {
        &self.readers
    }

    /// Its words.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// What the binary can do.
    pub fn imports(&self) -> &Imports {
        &self.imports
    }
}

fn texts(json: &str) -> Result<Texts, DoorError> {
    let wrong = |why: String| DoorError::SectionForm { section: TEXTS.to_owned(), why };
    let texts: Texts = serde_json::from_str(json).map_err(|error| wrong(escape(&error.to_string(), 120)))?;
    if texts.vi.len() > MAX_TEXT_BYTES || texts.en.len() > MAX_TEXT_BYTES {
        return Err(wrong(format!("a language has more than {} KiB", MAX_TEXT_BYTES / 1024)));
    }
    Ok(texts)
}

/// Size and first bytes, before anything else.
fn is_component(bytes: &[u8]) -> Result<(), DoorError> {
    const WASM: [u8; 4] = *b"\0asm";
    /// Version 13 of layer 1: a component. A module is version 1 of layer 0.
    const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];
    if bytes.len() > limits::PACKAGE_BYTES {
        return Err(DoorError::TooLarge { bytes: bytes.len(), most: limits::PACKAGE_BYTES });
    }
    match bytes.split_at_checked(8) {
        Some((head, _)) if head.starts_with(&WASM) => {
            if head.ends_with(&COMPONENT) {
                Ok(())
            } else {
                Err(DoorError::NotComponent)
            }
        }
        _ => Err(DoorError::NotWasm),
    }
}
