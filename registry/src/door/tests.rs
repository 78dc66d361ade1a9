//! The zoo: components that must not get past the door, each refused by the step that is meant for it.

use super::*;
use crate::ids::FunctionName;

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> DoorError {
    Imports::read(&wat(text)).unwrap_err()
}

/// What `call/types` looks like to a component that uses `denial`.
pub(crate) const DENIAL: &str = r#"
  (import "pilothouse:call/types@1.0.0" (instance $types
    (type $d (record (field "code" string) (field "about" string) (field "retry-after-ms" (option u32)) (field "line" string)))
    (export "denial" (type (eq $d)))))
  (alias export $types "denial" (type $denial))"#;

/// `places.working-day-add`, imported under a version.
fn working_day(version: &str) -> String {
    format!(
        r#"(component {DENIAL}
          (import "pilothouse:places/places@{version}" (instance
            (alias outer 1 $denial (type $denial))
            (export "denial" (type $e (eq $denial)))
            (export "working-day-add" (func (param "date" string) (param "days" s32) (result (result string (error $e))))))))"#
    )
}

#[test]
fn what_a_component_calls_is_read_off_function_by_function() {
    let imports = Imports::read(&wat(&working_day("1.0.0"))).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(imports.functions, ["places.working-day-add".parse::<FunctionName>().unwrap()].into());
    assert_eq!(imports.interfaces.len(), 2);
    assert!(imports.ambient.is_empty() && imports.entries.is_empty() && imports.wasi.is_empty());
}

#[test]
fn a_version_that_was_never_released_is_refused_though_the_linker_would_take_it() {
    for version in ["1.0.999", "1.1.0", "1.0.0-rc.1", "2.0.0"] {
        let error = refused(&working_day(version));
        assert_eq!(error.code(), "door.never-released", "{version}: {error}");
    }
    assert_eq!(refused(r#"(component (import "pilothouse:call/settings" (instance)))"#).code(), "door.never-released");
}

#[test]
fn a_function_with_other_parameters_is_refused() {
    let text = working_day("1.0.0").replace("(param \"days\" s32)", "(param \"days\" s64)");
    assert_eq!(refused(&text).code(), "door.signature-differs");
    let text = working_day("1.0.0").replace("(field \"about\" string)", "(field \"about\" u32)");
    assert_eq!(refused(&text).code(), "door.signature-differs");
}

#[test]
fn a_method_of_a_resource_is_a_function() {
    let text = format!(
        r#"(component {DENIAL}
          (import "pilothouse:person/people@1.0.0" (instance $people
            (alias outer 1 $denial (type $denial))
            (export "denial" (type $e (eq $denial)))
            (export "person" (type $person (sub resource)))
            (export "[method]person.pseudonym" (func (param "self" (borrow $person)) (result (result string (error $e)))))))
          (alias export $people "person" (type $person))
          (import "pilothouse:population/individuals@1.0.0" (instance
            (alias outer 1 $denial (type $denial))
            (export "denial" (type $e (eq $denial)))
            (alias outer 1 $person (type $person))
            (export "person" (type $p (eq $person)))
            (type $answer (enum "yes" "no" "unknown"))
            (export "answer" (type $a (eq $answer)))
            (type $claim (record (field "name" string) (field "args" (list string))))
            (export "claim" (type $c (eq $claim)))
            (export "verify" (func (param "person" (borrow $p)) (param "claims" (list $c)) (result (result (list $a) (error $e))))))))"#
    );
    let imports = Imports::read(&wat(&text)).unwrap_or_else(|error| panic!("{error}"));
    let functions: Vec<_> = imports.functions.iter().map(ToString::to_string).collect();
    assert_eq!(functions, ["person.pseudonym", "population.verify"]);
}

#[test]
fn what_is_no_interface_of_the_contract_is_refused() {
    for (text, code) in [
        (r#"(component (import "pilothouse:payments/orders@1.0.0" (instance)))"#, "door.unknown-interface"),
        (r#"(component (import "evil:places/places@1.0.0" (instance)))"#, "door.unknown-interface"),
        (r#"(component (import "pilothouse:places/other@1.0.0" (instance)))"#, "door.unknown-interface"),
        (r#"(component (import "url=<https://example.test/a>" (instance)))"#, "door.import-form"),
        (
            r#"(component (import "integrity=<sha256-vXaZ4SFTuvPAEg2mHYD3vN1oFCbMtBl9Dnl0GyBrE6U=>" (instance)))"#,
            "door.import-form",
        ),
        (r#"(component (import "unlocked-dep=<a:b>" (component)))"#, "door.import-form"),
        (r#"(component (import "m" (core module)))"#, "door.import-form"),
        (r#"(component (import "c" (component)))"#, "door.import-form"),
        (r#"(component (import "f" (func)))"#, "door.import-form"),
        (r#"(component (import "r" (type (sub resource))))"#, "door.import-form"),
        (
            r#"(component (import "pilothouse:call/settings@1.0.0" (instance (export "secrets" (func (result string))))))"#,
            "door.unknown-function",
        ),
        (
            r#"(component (import "pilothouse:call/settings@1.0.0" (instance (export "all" (instance)))))"#,
            "door.unknown-function",
        ),
        (
            r#"(component (import "pilothouse:call/settings@1.0.0" (instance (export "all" (func)))))"#,
            "door.signature-differs",
        ),
    ] {
        let error = refused(text);
        assert_eq!(error.code(), code, "{text}: {error}");
    }
}

#[test]
fn settings_and_occasion_need_no_grant() {
    let text = r#"(component
      (import "pilothouse:call/settings@1.0.0" (instance (export "all" (func (result string)))))
      (import "pilothouse:call/occasion@1.0.0" (instance (export "at" (func (result s64))))))"#;
    let imports = Imports::read(&wat(text)).unwrap();
    assert_eq!(imports.ambient, ["occasion.at".to_owned(), "settings.all".to_owned()].into());
    assert!(imports.functions.is_empty());
}

#[test]
fn the_system_interface_is_seen_and_left_to_the_proof() {
    let imports = Imports::read(&wat(r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#)).unwrap();
    assert_eq!(imports.wasi, ["wasi:cli/environment@0.2.0".to_owned()].into());
}

#[test]
fn an_export_that_the_contract_does_not_know_is_refused() {
    for text in [
        r#"(component (component $c) (instance $i (instantiate $c)) (export "pilothouse:pilot/other@1.0.0" (instance $i)))"#,
        r#"(component (component $c) (instance $i (instantiate $c)) (export "run" (instance $i)))"#,
        r#"(component (core module $m) (export "m" (core module $m)))"#,
    ] {
        assert_eq!(refused(text).code(), "door.unknown-export", "{text}");
    }
    let empty = r#"(component (component $c) (instance $i (instantiate $c)) (export "pilothouse:pilot/schedules@1.0.0" (instance $i)))"#;
    assert_eq!(refused(empty).code(), "door.signature-differs");
}

#[test]
fn twenty_thousand_nested_components_are_refused_before_anything_is_validated() {
    let mut bytes = wat("(component)");
    for _ in 0..20_000 {
        bytes = component_inside(&bytes);
        if bytes.len() > 300_000 {
            break;
        }
    }
    assert_eq!(
        prepass(&bytes),
        Err(DoorError::Limit { what: "modules and components inside one another", most: limits::NESTING })
    );
    let side_by_side = format!("(component {})", "(component)".repeat(20_000));
    assert_eq!(prepass(&wat(&side_by_side)).unwrap_err().code(), "door.limit");
}

/// A component that holds another.
fn component_inside(inner: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.push(4);
    let mut length = inner.len();
    loop {
        let byte = u8::try_from(length & 0x7f).unwrap();
        length >>= 7;
        bytes.push(if length == 0 { byte } else { byte | 0x80 });
        if length == 0 {
            break;
        }
    }
    bytes.extend_from_slice(inner);
    bytes
}

#[test]
fn types_that_nest_without_end_are_refused_before_the_parser_falls() {
    // Component type section: one type, an instance type of one declaration, a type, which is an instance type, …
    let mut body = vec![1];
    for _ in 0..200_000 {
        body.extend([0x42, 1, 1]);
    }
    let mut bytes = b"\0asm\x0d\0\x01\0\x07".to_vec();
    let length = body.len();
    bytes.extend([(length & 0x7f | 0x80) as u8, (length >> 7 & 0x7f | 0x80) as u8, (length >> 14) as u8]);
    bytes.extend(body);
    assert_eq!(
        prepass(&bytes),
        Err(DoorError::Limit { what: "instance types inside one another", most: limits::TYPE_DEPTH })
    );
}

#[test]
fn a_type_that_is_endless_on_paper_is_refused() {
    let mut types = "(type $t0 (tuple string string))".to_owned();
    for n in 1..60 {
        types += &format!("(type $t{n} (tuple $t{0} $t{0}))", n - 1);
    }
    let text = format!(
        r#"(component (import "pilothouse:call/settings@1.0.0" (instance {types} (export "all" (func (result $t59))))))"#
    );
    let error = refused(&text);
    assert!(matches!(error.code(), "door.signature-differs" | "door.invalid"), "{error}");
}

#[test]
fn each_number_of_the_door_trips() {
    let locals = format!("(component (core module (func (local {}))))", "i32 ".repeat(5_001));
    let blocks = format!("(component (core module (func {} {})))", "block ".repeat(1_001), "end ".repeat(1_001));
    let functions = format!("(component (core module {}))", "(func)".repeat(20_001));
    let types = format!("(component {})", "(type (func))".repeat(5_001));
    let imports = format!("(component (core module {}))", "(import \"a\" \"b\" (func))".repeat(1_001));
    let exports: String = (0..1_001).map(|n| format!("(export \"e{n}\" (func 0))")).collect();
    let exports = format!("(component (core module (func) {exports}))");
    let name = format!("(component (core module (func) (export \"{}\" (func 0))))", "n".repeat(257));
    let globals = format!("(component (core module {}))", "(global i32 (i32.const 0))".repeat(20_001));
    let sections = format!("(component {})", "(@custom \"x\" \"\")".repeat(1_001));
    let instances = format!("(component (core module $m) {})", "(core instance (instantiate $m))".repeat(101));
    let data = format!("(component (core module (memory 400) (data \"{}\")))", "d".repeat(20_000_001));
    for (text, what) in [
        (locals, "locals in a function"),
        (blocks, "blocks inside one another"),
        (functions, "functions"),
        (types, "types"),
        (imports, "imports"),
        (exports, "exports"),
        (name, "bytes in a name"),
        (globals, "aliases and globals"),
        (sections, "sections"),
        (instances, "instances"),
        (data, "bytes of data"),
    ] {
        match prepass(&wat(&text)) {
            Err(DoorError::Limit { what: tripped, .. }) => assert_eq!(tripped, what),
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn features_that_no_pilot_needs_are_refused() {
    for text in [
        "(component (core module (memory i64 1)))",
        "(component (core module (memory 1 1 shared)))",
        "(component (core module (memory 1) (memory 1)))",
        "(component (core module (tag)))",
        "(component (core module (type (struct))))",
        "(component (core module (func (result (ref func)) unreachable)))",
        "(component (core module (func return_call 0)))",
        "(component (core module (func (param v128 v128) local.get 0 local.get 1 i8x16.relaxed_swizzle drop)))",
        "(component (type (func (result (future)))))",
    ] {
        let error = refused(text);
        assert!(matches!(error.code(), "door.invalid" | "door.malformed"), "{text}: {error}");
    }
    for text in [
        "(component (core module (func (param v128) local.get 0 drop)))",
        "(component (core module (table 1 funcref) (func) (elem func 0) (func table.size 0 drop)))",
        "(component (core module (func (result i32 i32) i32.const 1 i32.const 2)))",
    ] {
        assert!(Imports::read(&wat(text)).is_ok(), "{text}");
    }
}

#[test]
fn strings_are_utf8_and_functions_plain() {
    let lowered = |option: &str| {
        format!(
            r#"(component
              (import "pilothouse:call/settings@1.0.0" (instance $s (export "all" (func (result string)))))
              (core module $libc (memory (export "m") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
              (core instance $l (instantiate $libc))
              (alias core export $l "m" (core memory $m))
              (alias core export $l "r" (core func $r))
              (alias export $s "all" (func $all))
              (core func (canon lower (func $all) {option} (memory $m) (realloc $r))))"#
        )
    };
    assert!(Imports::read(&wat(&lowered("string-encoding=utf8"))).is_ok());
    assert_eq!(refused(&lowered("string-encoding=utf16")), DoorError::Canonical { what: "UTF-16 strings" });
    assert_eq!(refused(&lowered("string-encoding=utf8 async")).code(), "door.canonical");
    assert_eq!(refused("(component (core func (canon task.cancel)))").code(), "door.canonical");
}

#[test]
fn a_name_that_turns_the_line_around_reaches_no_page() {
    let error = refused(
        "(component (core module (func) (export \"a\\e2\\80\\aeb\" (func 0)) (export \"a\\e2\\80\\aeb\" (func 0))))",
    );
    assert!(!error.to_string().contains('\u{202e}'), "{error}");
}

#[test]
fn what_is_no_wasm_is_refused() {
    assert_eq!(Imports::read(b"(component)").unwrap_err().code(), "door.malformed");
    assert_eq!(Imports::read(&wat("(module)")), Err(DoorError::NotComponent));
    assert!(Imports::read(b"").is_err());
}

#[test]
fn every_refusal_names_its_next_step() {
    for error in [DoorError::NotWasm, DoorError::BadSignature, refused("(module)"), refused(&working_day("1.0.999"))] {
        assert!(error.help().len() > 8 && error.to_string().ends_with(&error.help()), "{error}");
    }
}
