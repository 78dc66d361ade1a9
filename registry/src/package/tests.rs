//! Packages: what is opened is what was signed, and the zoo of those that are not.

use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::door::Entry;
use crate::test_pilot::{
    MANIFEST as MANIFEST_TEXT, NOW, SCHEMAS as SCHEMAS_TEXT, TEXTS as WORDS, component, component_of, key, signed,
    trust, trusted, unsigned,
};

fn refused(bytes: Vec<u8>) -> DoorError {
    Package::open(bytes, &trust(), NOW).unwrap_err()
}

fn built(manifest: &str) -> Vec<u8> {
    Package::sign(Package::build(&component(), manifest, SCHEMAS_TEXT, WORDS).unwrap(), &key()).unwrap()
}

/// A signed package whose unsigned bytes were made by `change`.
fn signed_after(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = unsigned();
    change(&mut bytes);
    let envelope = envelope::seal(&bytes, &key()).unwrap();
    sections::append(&mut bytes, SIGNATURE, &envelope);
    bytes
}

#[test]
fn a_signed_package_opens_and_is_what_was_built() {
    let package = Package::open(signed(), &trust(), NOW).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(package.manifest().pilot_version().to_string(), "day-counter@0.1.0");
    assert_eq!(package.signer().unwrap().vendor.as_str(), "sao-mai");
    assert_eq!(package.imports().entries, [Entry::Schedules].into());
    let functions: Vec<_> = package.imports().functions.iter().map(ToString::to_string).collect();
    assert_eq!(functions, ["places.working-day-add"], "functions that are not called are not imported");
    assert_eq!(package.texts().vi, "xong = Xong");
    assert_eq!(package.manifest_text(), MANIFEST_TEXT);
    assert_eq!(package.digest(), &Digest::of(package.bytes()));
    let proof = package.prove(&Ceiling::embedded().unwrap());
    assert_eq!(proof.verdict(), Ok(()));
    assert_eq!(proof.unused().count(), 0);
}

#[test]
fn any_changed_byte_closes_the_door() {
    let good = signed();
    // Every byte of the head and the tail, and a sample in between.
    let places = (0..64).chain((64..good.len()).step_by(37)).chain(good.len() - 400..good.len());
    for at in places {
        let mut bytes = good.clone();
        bytes[at] ^= 0x01;
        assert!(Package::open(bytes, &trust(), NOW).is_err(), "byte {at} was changed and the package opened");
    }
    let mut bytes = good;
    let at = bytes.len() / 2;
    bytes[at] ^= 0x10;
    assert!(matches!(refused(bytes), DoorError::BadSignature | DoorError::Cut { .. }));
}

#[test]
fn a_file_cut_at_a_section_boundary_is_refused() {
    let good = signed();
    let mut at = 8;
    let mut boundaries = vec![8];
    while at < good.len() {
        let (mut size, mut shift, mut body) = (0usize, 0, at + 1);
        loop {
            let byte = good[body];
            size |= usize::from(byte & 0x7f) << shift;
            (shift, body) = (shift + 7, body + 1);
            if byte & 0x80 == 0 {
                break;
            }
        }
        at = body + size;
        boundaries.push(at);
    }
    assert_eq!(boundaries.pop(), Some(good.len()));
    assert!(boundaries.len() > 4);
    for cut in boundaries {
        assert_eq!(refused(good[..cut].to_vec()), DoorError::NoSignature);
    }
    assert!(matches!(refused(good[..good.len() - 1].to_vec()), DoorError::Cut { .. }));
}

#[test]
fn nothing_may_follow_the_signature() {
    let mut bytes = signed();
    sections::append(&mut bytes, "late", b"x");
    assert_eq!(refused(bytes), DoorError::SignatureNotLast);
    let mut bytes = signed();
    let envelope = envelope::seal(&bytes, &key()).unwrap();
    sections::append(&mut bytes, SIGNATURE, &envelope);
    assert_eq!(refused(bytes), DoorError::SignatureNotLast);
    let mut bytes = signed();
    bytes.push(0);
    assert!(matches!(refused(bytes), DoorError::Cut { .. }));
    assert_eq!(Package::sign(signed(), &key()), Err(DoorError::SectionTwice { section: SIGNATURE }));
}

#[test]
fn each_section_is_there_once() {
    for section in [MANIFEST, SCHEMAS, TEXTS] {
        let twice = signed_after(|bytes| sections::append(bytes, section, b"{}"));
        assert_eq!(refused(twice), DoorError::SectionTwice { section });
    }
    let mut bare = component();
    let envelope = envelope::seal(&bare, &key()).unwrap();
    sections::append(&mut bare, SIGNATURE, &envelope);
    assert_eq!(refused(bare), DoorError::SectionMissing { section: MANIFEST });
    let unknown = signed_after(|bytes| sections::append(bytes, "pilothouse.more", b""));
    assert_eq!(refused(unknown).code(), "door.section-form");
    assert_eq!(
        Package::build(&unsigned(), MANIFEST_TEXT, SCHEMAS_TEXT, WORDS).unwrap_err().code(),
        "door.section-form"
    );
}

#[test]
fn a_manifest_in_an_inner_component_is_no_manifest() {
    let inner = wat::parse_str(r#"(component (component (@custom "pilothouse.manifest" "id = 1")))"#).unwrap();
    let mut bytes = Package::build(&inner, MANIFEST_TEXT, SCHEMAS_TEXT, WORDS).unwrap();
    assert_eq!(Package::open_unsigned(bytes.clone()).unwrap_err(), DoorError::SectionNested);
    let envelope = envelope::seal(&bytes, &key()).unwrap();
    sections::append(&mut bytes, SIGNATURE, &envelope);
    assert_eq!(refused(bytes), DoorError::SectionNested);
}

#[test]
fn only_a_key_that_is_trusted_now_opens_the_door() {
    let open = |trust: &Trust, now| Package::open(signed(), trust, now).map(drop).map_err(|error| error.code());
    assert_eq!(open(&trust(), NOW), Ok(()));
    assert_eq!(open(&Trust::none(), NOW), Err("trust.unknown-signer"));
    assert_eq!(open(&trust(), NOW + 1_000), Err("trust.expired"));
    assert_eq!(open(&trust(), NOW - 1_001), Err("trust.not-yet-valid"));
    let mut revoked = trust();
    let id = crate::keys::key_id(&key().verifying_key());
    assert!(revoked.revoke(&id, NOW + 500));
    assert_eq!(open(&revoked, NOW), Err("trust.revoked"));
}

#[test]
fn a_foreign_signature_under_a_known_key_id_is_refused() {
    let mut bytes = unsigned();
    let foreign = SigningKey::from_bytes(&[1; 32]);
    let envelope = String::from_utf8(envelope::seal(&bytes, &foreign).unwrap()).unwrap();
    let (theirs, ours) = (crate::keys::key_id(&foreign.verifying_key()), crate::keys::key_id(&key().verifying_key()));
    sections::append(&mut bytes, SIGNATURE, envelope.replace(theirs.as_str(), ours.as_str()).as_bytes());
    assert_eq!(refused(bytes), DoorError::BadSignature);
}

#[test]
fn a_signature_of_another_package_is_refused() {
    let other = Package::build(&component(), &MANIFEST_TEXT.replace("0.1.0", "0.2.0"), SCHEMAS_TEXT, WORDS).unwrap();
    let mut bytes = unsigned();
    let envelope = envelope::seal(&other, &key()).unwrap();
    sections::append(&mut bytes, SIGNATURE, &envelope);
    assert_eq!(refused(bytes), DoorError::BadSignature);
}

#[test]
fn a_vendor_signs_for_itself_only() {
    let manifest = MANIFEST_TEXT.replace("vendor = \"sao-mai\"", "vendor = \"other\"");
    assert_eq!(refused(built(&manifest)).code(), "door.vendor-mismatch");
}

#[test]
fn an_envelope_of_another_form_is_refused() {
    for (envelope, why) in [
        ("{}", "it is no DSSE envelope"),
        ("not json", "it is no DSSE envelope"),
        (r#"{"payloadType":"text/plain","payload":"","signatures":[]}"#, "it is of another payload type"),
        (
            r#"{"payloadType":"application/vnd.pilothouse.package+sha256","payload":"","signatures":[]}"#,
            "it does not hold exactly one signature",
        ),
        (
            r#"{"payloadType":"application/vnd.pilothouse.package+sha256","payload":"","signatures":[{"keyid":"0123456789abcdef","sig":"AA=="}]}"#,
            "its signature has another length",
        ),
        (&"x".repeat(5_000), "it is longer than a signature can be"),
    ] {
        let mut bytes = unsigned();
        sections::append(&mut bytes, SIGNATURE, envelope.as_bytes());
        assert_eq!(refused(bytes), DoorError::SignatureForm { why });
    }
}

#[test]
fn what_is_no_component_is_refused_at_the_first_step() {
    assert_eq!(refused(b"(component)".to_vec()), DoorError::NotWasm);
    assert_eq!(refused(Vec::new()), DoorError::NotWasm);
    assert_eq!(refused(wat::parse_str("(module)").unwrap()), DoorError::NotComponent);
    let mut large = component();
    large.resize(limits::PACKAGE_BYTES + 1, 0);
    assert_eq!(refused(large).code(), "door.too-large");
    assert_eq!(refused(component()), DoorError::NoSignature);
}

#[test]
fn a_bad_manifest_is_told_with_its_places() {
    let error = refused(built(&MANIFEST_TEXT.replace("legal-basis", "legal_basis")));
    assert_eq!(error.code(), "manifest.invalid");
    assert!(error.to_string().contains("did you mean `legal-basis`?"), "{error}");
}

#[test]
fn schemas_and_operations_are_the_same() {
    let with_operation =
        MANIFEST_TEXT.to_owned() + "\n[operations]\ncount = { callers = [\"clerk\"], decisions = [\"done\"] }\n";
    let open = |manifest: &str, schemas: &str| {
        Package::open_unsigned(Package::build(&component(), manifest, schemas, WORDS).unwrap())
            .map(drop)
            .map_err(|error| error.to_string())
    };
    let described = r#"{"operations":{"count":{"input":{"type":"object"},"data":true}}}"#;
    assert_eq!(open(&with_operation, described), Ok(()));
    assert!(open(&with_operation, SCHEMAS_TEXT).unwrap_err().contains("declared and not described"));
    assert!(open(MANIFEST_TEXT, described).unwrap_err().contains("described and not declared"));
    let no_schema = described.replace("\"object\"", "\"objekt\"");
    assert!(open(&with_operation, &no_schema).unwrap_err().contains("input of `count`"));
    assert!(open(&with_operation, "[").is_err());
}

#[test]
fn texts_come_in_both_languages() {
    let half = signed_after(|bytes| {
        *bytes = component();
        sections::append(bytes, MANIFEST, MANIFEST_TEXT.as_bytes());
        sections::append(bytes, SCHEMAS, SCHEMAS_TEXT.as_bytes());
        sections::append(bytes, TEXTS, br#"{"vi":""}"#);
    });
    assert_eq!(refused(half).code(), "door.section-form");
}

#[test]
fn a_binary_that_calls_more_than_its_manifest_asks_is_refused() {
    let manifest = MANIFEST_TEXT.replace("\"working-day-add\"", "\"unit-on\"");
    let package = Package::open(built(&manifest), &trust(), NOW).unwrap();
    let proof = package.prove(&Ceiling::embedded().unwrap());
    assert_eq!(proof.verdict(), Err(DoorError::NotRequested { functions: "`places.working-day-add`".to_owned() }));
    assert_eq!(proof.unused().map(ToString::to_string).collect::<Vec<_>>(), ["places.unit-on"]);
    let flags: Vec<_> = proof.rows.iter().map(|row| (row.function.name(), row.requested, row.imported)).collect();
    assert_eq!(flags, [("unit-on", true, false), ("working-day-add", false, true)]);
}

#[test]
fn a_manifest_that_asks_for_more_than_anyone_is_granted_is_refused() {
    let package = Package::open(signed(), &trust(), NOW).unwrap();
    let low = Ceiling::parse("longest-term-days = 1").unwrap();
    assert_eq!(
        package.prove(&low).verdict(),
        Err(DoorError::NotGrantable { functions: "`places.working-day-add`".to_owned() })
    );
}

#[test]
fn manifest_and_exports_agree() {
    let with_readings = MANIFEST_TEXT.to_owned() + "\n[readings]\nmethods = [\"qr-card\"]\n";
    let package = Package::open(built(&with_readings), &trust(), NOW).unwrap();
    assert_eq!(package.prove(&Ceiling::embedded().unwrap()).verdict().unwrap_err().code(), "door.entries");
}

#[test]
fn every_interface_of_the_contract_is_let_in() {
    let component = component_of(
        "include pilothouse:pilot/operations-pilot@1.0.0; include pilothouse:pilot/readings-pilot@1.0.0; \
         include pilothouse:pilot/schedules-pilot@1.0.0;",
        &module_that_calls_everything(),
    );
    let imports = Imports::read(&component).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(imports.entries, [Entry::Operations, Entry::Readings, Entry::Schedules].into());
    let all: std::collections::BTreeSet<_> =
        crate::contract::FUNCTIONS.iter().map(|function| function.full_name().parse().unwrap()).collect();
    assert_eq!(imports.functions, all);
    assert_eq!(imports.ambient.len(), 10);
}

/// A core module that imports every function of the contract, with the lowered types that the encoder asks for, and exports every entry.
fn module_that_calls_everything() -> String {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
    let mut text = String::from("(module\n");
    let core = |ty: &wit_parser::abi::WasmType| match ty {
        wit_parser::abi::WasmType::I64 | wit_parser::abi::WasmType::PointerOrI64 => "i64",
        wit_parser::abi::WasmType::F32 => "f32",
        wit_parser::abi::WasmType::F64 => "f64",
        _ => "i32",
    };
    let mut exports = String::new();
    for (_, interface) in resolve.interfaces.iter() {
        let package = &resolve.packages[interface.package.unwrap()].name;
        let name = format!("{}:{}/{}@1.0.0", package.namespace, package.name, interface.name.as_ref().unwrap());
        let exported = package.name == "pilot";
        for (function, of) in &interface.functions {
            let variant = if exported {
                wit_parser::abi::AbiVariant::GuestExport
            } else {
                wit_parser::abi::AbiVariant::GuestImport
            };
            let signature = resolve.wasm_signature(variant, of);
            let params: String = signature.params.iter().map(|ty| format!("(param {})", core(ty))).collect();
            let results: String = signature.results.iter().map(|ty| format!("(result {})", core(ty))).collect();
            if exported {
                exports += &format!("(func (export \"{name}#{function}\") {params}{results} unreachable)\n");
            } else {
                text += &format!("(import \"{name}\" \"{function}\" (func {params}{results}))\n");
            }
        }
    }
    text + "(memory (export \"memory\") 1)\n(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) unreachable)\n"
        + &exports
        + ")"
}

#[test]
fn a_trusted_key_of_another_vendor_does_not_sign_for_this_one() {
    let mut trust = trust();
    let mut other = trusted(&SigningKey::from_bytes(&[9; 32]));
    other.vendor = "bien-xanh".parse().unwrap();
    trust.add(other);
    let bytes = Package::sign(unsigned(), &SigningKey::from_bytes(&[9; 32])).unwrap();
    assert_eq!(Package::open(bytes, &trust, NOW).unwrap_err().code(), "door.vendor-mismatch");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever is thrown at the door, it answers.
    #[test]
    fn any_bytes_are_refused_without_a_fall(tail in proptest::collection::vec(any::<u8>(), 0..400), component: bool) {
        let mut bytes = if component { b"\0asm\x0d\0\x01\0".to_vec() } else { Vec::new() };
        bytes.extend(tail);
        prop_assert!(Package::open(bytes.clone(), &trust(), NOW).is_err());
        let _ = Imports::read(&bytes);
    }

    #[test]
    fn a_damaged_component_is_refused_without_a_fall(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = component();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Imports::read(&bytes);
        let _ = Package::open_unsigned(bytes);
    }
}
