//! The store of packages on disk: a digest-addressed OCI image layout (image-spec 1.1), so that any OCI registry can take over.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::door::limits::PACKAGE_BYTES;
use crate::files::write_whole;
use crate::ids::Digest;
use crate::package::Package;
use crate::version::PilotVersion;

/// Media types of a Wasm artefact (CNCF TAG Runtime).
const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
const LAYER_TYPE: &str = "application/wasm";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// The annotation by which an index names a version.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// What can go wrong with the store of packages.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The folder.
    #[error("the store of packages at {path} cannot be read or written: see that it belongs to this user and has room")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no such package.
    #[error("there is no package {0} in the store: install it again")]
    Missing(Digest),
    /// What is stored is not what its address says.
    #[error("the stored package {0} was changed on disk: remove it, and install it again from its vendor")]
    Changed(Digest),
    /// The index.
    #[error("the index of the store of packages cannot be read: restore index.json from the latest back-up")]
    Index(#[source] serde_json::Error),
    /// An address in the index.
    #[error("the index of the store of packages names what is no digest: restore index.json from the latest back-up")]
    Address(#[source] crate::ids::IdError),
}

/// An OCI image layout.
#[derive(Debug)]
pub struct Layout {
    dir: PathBuf,
    /// One change at a time.
    turn: Mutex<()>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    annotations: Option<Value>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: String,
    manifests: Vec<Descriptor>,
}

impl Layout {
    /// Opens a store, made if it is not there; readable by this user only.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(dir: PathBuf) -> Result<Self, LayoutError> {
        let blobs = dir.join("blobs").join("sha256");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&blobs)
            .map_err(|source| LayoutError::File { path: blobs, source })?;
        let marker = dir.join("oci-layout");
        if !marker.exists() {
            write(&marker, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        }
        Ok(Self { dir, turn: Mutex::new(()) })
    }

    /// Stores a package with its config and manifest; whole or not at all. Storing it again changes nothing.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put(&self, package: &Package) -> Result<(), LayoutError> {
        // Two at once would write the same unfinished file.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let layer = self.blob(package.bytes(), LAYER_TYPE)?;
        let manifest = package.manifest();
        let imports: Vec<String> = package.imports().functions.iter().map(ToString::to_string).collect();
        let config = json!({
            "created": null,
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [layer.digest],
            "component": { "imports": imports, "target": "pilothouse:pilot@1.0.0" },
        });
        let config = self.blob(config.to_string().as_bytes(), CONFIG_TYPE)?;
        let image = json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [layer] });
        let mut image = self.blob(image.to_string().as_bytes(), MANIFEST_TYPE)?;
        image.annotations = Some(json!({ REF_NAME: format!("{}:{}", manifest.id, manifest.version) }));
        let mut index = self.read_index()?;
        if !index.manifests.contains(&image) {
            index.manifests.push(image);
            write(&self.dir.join("index.json"), serde_json::to_string(&index).map_err(LayoutError::Index)?.as_bytes())?;
        }
        Ok(())
    }

    /// The package with this digest, hashed again as it is read.
    ///
    /// # Errors
    /// Where there is none, or it was changed.
    pub fn get(&self, digest: &Digest) -> Result<Arc<[u8]>, LayoutError> {
        let path = self.path(digest);
        let size = match fs::metadata(&path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(LayoutError::Missing(digest.clone()));
            }
            Err(source) => return Err(LayoutError::File { path, source }),
        };
        if size > PACKAGE_BYTES as u64 {
            return Err(LayoutError::Changed(digest.clone()));
        }
        let bytes = fs::read(&path).map_err(|source| LayoutError::File { path, source })?;
        if Digest::of(&bytes) == *digest { Ok(bytes.into()) } else { Err(LayoutError::Changed(digest.clone())) }
    }

    /// The versions that the index names: `lodging-hotels:1.2.0`.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn names(&self) -> Result<Vec<String>, LayoutError> {
        let name = |descriptor: Descriptor| Some(descriptor.annotations?.get(REF_NAME)?.as_str()?.to_owned());
        Ok(self.read_index()?.manifests.into_iter().filter_map(name).collect())
    }

    /// The package that the index names last for a version. None: there is none.
    ///
    /// # Errors
    /// Where index or image manifest cannot be read, or was changed.
    pub fn resolve(&self, version: &PilotVersion) -> Result<Option<Digest>, LayoutError> {
        #[derive(Deserialize)]
        struct Image {
            layers: Vec<Descriptor>,
        }
        let wanted = format!("{}:{}", version.pilot, version.version);
        let named = |descriptor: &Descriptor| {
            descriptor.annotations.as_ref().and_then(|all| all.get(REF_NAME)?.as_str()) == Some(wanted.as_str())
        };
        let index = self.read_index()?;
        let Some(image) = index.manifests.into_iter().rev().find(named) else { return Ok(None) };
        let address = |text: &str| text.parse::<Digest>().map_err(LayoutError::Address);
        let image: Image = serde_json::from_slice(&self.get(&address(&image.digest)?)?).map_err(LayoutError::Index)?;
        image.layers.first().map(|layer| address(&layer.digest)).transpose()
    }

    /// A digest has one form, so no text of a caller's gets into a path.
    fn path(&self, digest: &Digest) -> PathBuf {
        self.dir.join("blobs").join("sha256").join(digest.hex())
    }

    fn blob(&self, bytes: &[u8], media_type: &str) -> Result<Descriptor, LayoutError> {
        let digest = Digest::of(bytes);
        let path = self.path(&digest);
        if !path.exists() {
            write(&path, bytes)?;
        }
        Ok(Descriptor {
            media_type: media_type.to_owned(),
            digest: digest.to_string(),
            size: bytes.len() as u64,
            annotations: None,
        })
    }

    fn read_index(&self) -> Result<Index, LayoutError> {
        let path = self.dir.join("index.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(LayoutError::Index),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Index { schema_version: 2, media_type: INDEX_TYPE.to_owned(), manifests: Vec::new() })
            }
            Err(source) => Err(LayoutError::File { path, source }),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), LayoutError> {
    write_whole(path, bytes).map_err(|source| LayoutError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Package {
        Package::open_unsigned(crate::test_pilot::unsigned()).unwrap()
    }

    #[test]
    fn what_was_put_is_got_by_its_digest_and_named_by_the_index() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::open(dir.path().join("packages")).unwrap();
        let package = package();
        layout.put(&package).unwrap();
        layout.put(&package).unwrap();
        assert_eq!(layout.get(package.digest()).unwrap().as_ref(), package.bytes().as_ref());
        let manifest = package.manifest();
        assert_eq!(layout.resolve(&manifest.pilot_version()).unwrap().as_ref(), Some(package.digest()));
        assert_eq!(layout.resolve(&"day-counter@9.9.9".parse().unwrap()).unwrap(), None);
        assert_eq!(layout.names().unwrap(), [format!("{}:{}", manifest.id, manifest.version)]);
    }

    #[test]
    fn a_package_that_was_changed_on_disk_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::open(dir.path().join("packages")).unwrap();
        let package = package();
        layout.put(&package).unwrap();
        let path = layout.path(package.digest());
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(layout.get(package.digest()), Err(LayoutError::Changed(_))));
    }

    #[test]
    fn what_was_never_put_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::open(dir.path().join("packages")).unwrap();
        assert!(matches!(layout.get(&Digest::of(b"nothing")), Err(LayoutError::Missing(_))));
    }
}
