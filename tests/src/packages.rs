//! Packages that a house already has, taken apart and put together anew as their vendor would: for a next version.

use std::fs;

use pilothouse_registry::{Package, keys};

use crate::house::House;

/// Where a package's first section of its own begins: everything before it is the component.
const MANIFEST: &[u8] = b"pilothouse.manifest";

/// The package of a pilot that the house has, under another version and signed with the key of the house's own pilots.
///
/// # Panics
/// Where the house has no such pilot, or its package is not as this version of the product makes it.
pub async fn own_in_version(house: &House, pilot: &str, version: &str) -> Vec<u8> {
    let line = house.get("working-group", &format!("/v1/pilots/{pilot}")).await.good();
    let digest = line["package"].as_str().expect("a pilot has a package");
    let bytes = fs::read(house.folder().join("packages/blobs/sha256").join(digest)).expect("its package is stored");
    let package = Package::open_unsigned(bytes.clone()).expect("a package that was taken in");
    let before = package.manifest_text();
    let manifest = before.replacen("version = \"1.0.0\"", &format!("version = \"{version}\""), 1);
    assert_ne!(manifest, before);
    let schemas = serde_json::to_string(package.schemas()).expect("schemas are JSON");
    let texts = (package.texts().vi.as_str(), package.texts().en.as_str());
    let next = Package::build(component(&bytes, before.len()), &manifest, &schemas, texts).expect("the next version");
    let key = keys::read(&house.folder().join("keys/own-pilots.pem")).expect("the key of the house's own pilots");
    Package::sign(next, &key).expect("it can be signed")
}

/// A custom section is its id, the length of what follows, the length of its name (one byte here), the name and its contents.
fn component(package: &[u8], manifest: usize) -> &[u8] {
    let name = package.windows(MANIFEST.len()).position(|bytes| bytes == MANIFEST).expect("a manifest");
    let length = 1 + MANIFEST.len() + manifest;
    let leb = (usize::BITS - length.leading_zeros()).div_ceil(7) as usize;
    &package[..name - 1 - leb - 1]
}
