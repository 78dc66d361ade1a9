//! What vendors bring: manifests, packages, descriptions of operations.

use std::path::Path;
use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use pilothouse_registry::door::prepass;
use pilothouse_registry::package::Schemas;
use pilothouse_registry::{Ceiling, Manifest, Package, Trust, TrustedKey};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// Some instant, in microseconds.
const NOW: i64 = 1_900_000_000_000_000;
/// A small pilot with an operation and a schedule.
const MANIFEST: &str = include_str!("pilot.toml");
/// What it describes.
const SCHEMAS: &str = r#"{"operations":{"count":{"input":{"type":"object","properties":{"day":{"type":"string","pattern":"^[0-9]{4}$"}},"required":["day"],"additionalProperties":false},"data":{"type":"object"}}}}"#;
const TEXTS: (&str, &str) = ("xong = Xong", "done = Done");

static READ: LazyLock<Manifest> =
    LazyLock::new(|| Manifest::parse("pilot.toml", MANIFEST).expect("a manifest of this program's own"));
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let mut trust = Trust::none();
    trust.add(TrustedKey {
        vendor: "sao-mai".parse().expect("a name"),
        key: key().verifying_key(),
        valid_from: NOW - 1_000,
        valid_until: NOW + 1_000,
        revoked: None,
    });
    trust
});

fn key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

/// A manifest, and the operator's ceiling, which is of the same form.
pub(crate) fn manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(error) = Manifest::parse("pilot.toml", text) {
        assert!(!error.to_string().is_empty());
    }
    let _ = Ceiling::parse(text);
}

pub(crate) fn manifests() -> Vec<Vec<u8>> {
    let ceiling = "[population]\nfunctions = [\"verify\"]\n";
    [MANIFEST, include_str!("../../registry/src/manifest/example.toml"), ceiling]
        .map(|text| text.as_bytes().to_vec())
        .into()
}

/// A package, as the door takes it and as a vendor's own tools do.
pub(crate) fn package(bytes: &[u8]) {
    let _ = prepass(bytes);
    let unsigned = Package::open_unsigned(bytes);
    if let Ok(package) = Package::open(bytes, &TRUST, NOW) {
        assert!(unsigned.is_ok() && package.signer().is_some_and(|signer| signer.vendor.as_str() == "sao-mai"));
    }
}

pub(crate) fn packages() -> Vec<Vec<u8>> {
    let component = component();
    let unsigned = Package::build(&component, MANIFEST, SCHEMAS, TEXTS).expect("a package");
    let signed = Package::sign(unsigned.clone(), &key()).expect("a signed package");
    vec![component, unsigned, signed]
}

/// What a component describes of its operations.
pub(crate) fn schemas(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(schemas) = Schemas::parse(text, &READ) {
        assert_eq!(schemas.operations.len(), READ.operations.len());
        // What is read can be looked through for people, and checked with, in steps that are bounded.
        let Ok(readers) = schemas.readers() else { return };
        let value = serde_json::json!({ "a": [{ "a": [1, "a", null] }], "b": "b" });
        for (name, reader) in readers.iter() {
            let fits = reader.input.fits(&value);
            assert_eq!(fits, reader.input.check(&value).is_ok(), "{name}");
        }
    }
}

pub(crate) fn descriptions() -> Vec<Vec<u8>> {
    let nested = SCHEMAS.replace(
        r#""data":{"type":"object"}"#,
        r##""data":{"$defs":{"a":{"enum":[1,null]}},"oneOf":[{"$ref":"#/$defs/a"},{"type":"array","items":{"$ref":"#/$defs/a"}}]}"##,
    );
    vec![SCHEMAS.as_bytes().to_vec(), nested.into_bytes()]
}

/// A component as a guest's compiler would make it.
fn component() -> Vec<u8> {
    let world = "import pilothouse:places/places@1.0.0; export pilothouse:pilot/schedules@1.0.0;";
    let module = r#"(module
      (import "pilothouse:places/places@1.0.0" "working-day-add" (func (param i32 i32 i32 i32)))
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "pilothouse:pilot/schedules@1.0.0#due") (param i32 i32) (result i32) unreachable))"#;
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).expect("the contract");
    let text = format!("package test:pilot; world pilot {{ {world} }}");
    let package = resolve.push_str("test.wit", &text).expect("a world");
    let world = resolve.select_world(&[package], None).expect("the world");
    let mut module = wat::parse_str(module).expect("a module");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("a module of that world");
    ComponentEncoder::default().module(&module).expect("a module").encode().expect("a component")
}
