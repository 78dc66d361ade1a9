//! A small pilot for tests: it is woken in the morning and counts working days.

use std::path::Path;

use ed25519_dalek::SigningKey;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::package::Package;
use crate::trust::{Trust, TrustedKey};

/// Some instant, in microseconds.
pub(crate) const NOW: i64 = 1_900_000_000_000_000;

/// What it says of itself.
pub(crate) const MANIFEST: &str = r#"
id = "day-counter"
model = 1
version = "0.1.0"
contract = "1.0"
vendor = "sao-mai"
title = { vi = "Đếm ngày (giả định)", en = "Counting days (fictional)" }
summary = { vi = "Đếm ngày làm việc.", en = "Counts working days." }
while-down = { vi = "Tự đếm.", en = "Count yourself." }
limits = { deadline-ms = 100, memory-kib = 64 }
retention = { invocations-days = 30 }

[[capability]]
name = "places"
functions = ["working-day-add"]
purpose = { vi = "Tính hạn", en = "Counting deadlines" }
legal-basis = ["45/2019/QH14 Art. 112"]
budget = { calls-per-minute = 60 }

[schedules]
morning = { cron = "0 7 * * *" }
"#;

/// What it describes: it has no operations.
pub(crate) const SCHEMAS: &str = r#"{"operations":{}}"#;
/// Its words.
pub(crate) const TEXTS: (&str, &str) = ("xong = Xong", "done = Done");

/// Its component, made of a core module as a guest's compiler would.
pub(crate) fn component() -> Vec<u8> {
    component_of(
        "import pilothouse:places/places@1.0.0; export pilothouse:pilot/schedules@1.0.0;",
        r#"(module
          (import "pilothouse:places/places@1.0.0" "working-day-add" (func (param i32 i32 i32 i32)))
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
          (func (export "pilothouse:pilot/schedules@1.0.0#due") (param i32 i32) (result i32) unreachable))"#,
    )
}

/// A component of a world of the contract and a core module.
pub(crate) fn component_of(world: &str, module: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
    let package = resolve.push_str("test.wit", &format!("package test:pilot; world pilot {{ {world} }}")).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// Its vendor's key.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

/// A host that trusts its vendor.
pub(crate) fn trust() -> Trust {
    let mut trust = Trust::none();
    trust.add(trusted(&key()));
    trust
}

/// A key as the working group adds it.
pub(crate) fn trusted(key: &SigningKey) -> TrustedKey {
    TrustedKey {
        vendor: "sao-mai".parse().unwrap(),
        key: key.verifying_key(),
        valid_from: NOW - 1_000,
        valid_until: NOW + 1_000,
        revoked: None,
    }
}

/// Its package, not signed.
pub(crate) fn unsigned() -> Vec<u8> {
    Package::build(&component(), MANIFEST, SCHEMAS, TEXTS).unwrap()
}

/// Its package, signed.
pub(crate) fn signed() -> Vec<u8> {
    Package::sign(unsigned(), &key()).unwrap()
}
