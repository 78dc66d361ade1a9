//! A good manifest, and a zoo of bad ones: each is refused with file, line, key and fix.

use proptest::prelude::*;

use super::*;
use crate::scope::{Claim, PopulationScope, RowFilter};

/// The manifest of a pilot that does not exist.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

/// What is told about the example with one text replaced by another.
fn told(from: &str, to: &str) -> String {
    assert!(EXAMPLE.contains(from), "the example does not hold `{from}`");
    told_of(&EXAMPLE.replacen(from, to, 1))
}

fn told_of(text: &str) -> String {
    Manifest::parse("pilot.toml", text).unwrap_err().to_string()
}

#[test]
fn a_manifest_is_read_into_types() {
    let manifest = Manifest::parse("pilot.toml", EXAMPLE).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(manifest.pilot_version().to_string(), "ferry-boarding@1.2.0");
    assert_eq!((manifest.model.get(), manifest.seed, manifest.wasi), (9, true, false));
    let population = manifest.request(Capability::Population).unwrap();
    let expected = PopulationScope {
        claims: [Claim::Alive, Claim::AgeBetween].into(),
        row_filter: RowFilter { age_from: Some(14), ..Default::default() },
        ..Default::default()
    };
    assert_eq!(population.scope, expected.into());
    assert_eq!(population.budget.people_per_day, 5000);
    assert!(manifest.requests(Capability::Population, "verify") && !manifest.requests(Capability::Population, "read"));
    assert_eq!(manifest.schedules.values().next().unwrap().cron.as_str(), "30 21 * * *");
    assert_eq!(manifest.config.check(&Default::default()).unwrap()["fares"]["adult"], 20000);
    assert_eq!(manifest.tables().unwrap().tables.len(), 1);
}

#[test]
fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
    let told = told("legal-basis = [\"91/2025", "legal_basis = [\"91/2025");
    assert!(
        told.starts_with(
            "pilot.toml:26:1: `capability.1.legal_basis`: unknown key `legal_basis` (did you mean `legal-basis`?)"
        ),
        "{told}"
    );
    let told = self::told("seed = true", "sed = true");
    assert_eq!(told, "pilot.toml:7:1: `sed`: unknown key `sed` (did you mean `seed`?)");
    let told = self::told("scope = { kinds", "skope = { kinds");
    assert!(told.contains("unknown key `skope` (did you mean `scope`?)"), "{told}");
}

#[test]
fn an_unknown_claim_is_refused_with_its_place_in_the_scope() {
    let told = told("\"age-between\"]", "\"age-betwen\"]");
    assert_eq!(
        told,
        "pilot.toml:36:20: `capability.2.scope.claims`: unknown name `age-betwen` (did you mean `age-between`?)"
    );
}

#[test]
fn an_unknown_function_is_refused_with_the_one_that_was_meant() {
    let told = told("functions = [\"verify\"]", "functions = [\"verfy\"]");
    assert_eq!(
        told,
        "pilot.toml:31:13: `capability.2.functions`: `population` has no function `verfy` (did you mean `verify`?)"
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = EXAMPLE
        .replacen("model = 9", "model = 36", 1)
        .replacen("version = \"1.2.0\"", "version = \"1.2\"", 1)
        .replacen("\"alive\"", "\"alife\"", 1)
        .replacen("30 21 * * *", "30 25 * * *", 1)
        .replacen("deadline-ms = 200", "deadline-ms = 2001", 1)
        .replacen("default = 14", "default = 200", 1)
        .replacen("invocations-days = 90", "invocations-days = 0", 1);
    let error = Manifest::parse("pilot.toml", &text).unwrap_err();
    let keys: Vec<_> = error.problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "model",
            "version",
            "capability.2.scope.claims",
            "schedules.close-list.cron",
            "config.youngest",
            "limits.deadline-ms",
            "retention.invocations-days"
        ],
        "{error}"
    );
}

#[test]
fn what_is_missing_is_named_with_its_form() {
    let told = told("vendor = \"sao-mai\"\n", "");
    assert_eq!(told, "pilot.toml:1:1: the key `vendor` is missing (add `vendor = …`)");
    let told = told_of("");
    for key in ["id", "model", "version", "contract", "title", "summary", "limits", "retention", "while-down"] {
        assert!(told.contains(&format!("the key `{key}` is missing")), "{told}");
    }
}

#[test]
fn a_zoo_of_slips_is_refused() {
    for (from, to, says) in [
        ("contract = \"1.0\"", "contract = \"2.0\"", "this host speaks `1.0`"),
        ("id = \"ferry-boarding\"", "id = \"Ferry\"", "the pilot's id has another form"),
        ("[capability.scope]\nclaims", "[capability.scope]\nclams", "did you mean `claims`?"),
        ("vi = \"Báo cáo tháng\"", "vi = \"\"", "the text in `vi` is empty"),
        ("legal-basis = [\"179/KH-TCTTKĐA III.4\"]", "legal-basis = []", "name 1 to 16 articles"),
        ("name = \"records\"", "name = \"record\"", "did you mean `records`?"),
        ("callers = [\"ferry-clerk\"]", "callers = []", "nobody may call this operation"),
        ("methods = [\"qr-card\", \"nfc-chip\"]", "methods = []", "no method of reading is named"),
        (
            "scope = { indicators = [\"boardings\"] }",
            "scope = { indicators = [\"boarding\"] }",
            "did you mean `boardings`?",
        ),
        ("calls-per-minute = 600, people", "calls-per-minute = -1, people", "`capability.1.budget.calls-per-minute`"),
        ("memory-kib = 1024", "memory-kib = 1024\ncpu = 2", "unknown key `cpu`"),
        ("board = {", "Board = {", "the operation's name has another form"),
        ("seed = true", "seed = true\nseed = true", "no valid TOML"),
        ("seed = true", "seed = maybe", "no valid TOML"),
        ("type = \"integer\"", "type = \"float\"", "known here: integer, boolean, text, choice, list, table"),
        ("name = \"person\"", "name = \"population\"", "unknown key `kinds` (known here: claims"),
    ] {
        let told = told(from, to);
        assert!(told.contains(says), "`{from}` → `{to}`\n{told}");
        assert!(told.lines().all(|line| line.starts_with("pilot.toml:")), "{told}");
    }
}

#[test]
fn a_capability_is_asked_for_once() {
    let again = EXAMPLE.find("[[capability]]\nname = \"records\"").unwrap();
    let block = &EXAMPLE[again..EXAMPLE.find("[[capability]]\nname = \"reporting\"").unwrap()];
    let told = told_of(&EXAMPLE.replacen("[operations]", &format!("{block}\n[operations]"), 1));
    assert!(told.contains("`records` is asked for twice"), "{told}");
}

#[test]
fn a_manifest_without_anything_to_call_is_refused() {
    let text = EXAMPLE.split("[operations]").next().unwrap().to_owned()
        + "[indicators]\n"
        + EXAMPLE.split("[indicators]\n").nth(1).unwrap();
    assert!(told_of(&text).contains("nothing can be called"));
}

#[test]
fn a_manifest_larger_than_allowed_is_not_read() {
    let told = told_of(&format!("{EXAMPLE}#{}", "x".repeat(MAX_MANIFEST_BYTES)));
    assert!(told.contains("larger than 128 KiB"), "{told}");
}

#[test]
fn what_a_vendor_wrote_cannot_turn_a_page_around() {
    let told = told("seed = true", "\"sed\u{202e}\u{7}\" = true");
    assert!(!told.contains('\u{202e}') && !told.contains('\u{7}'), "{told:?}");
}

#[test]
fn deep_nesting_is_refused_without_a_fall() {
    let text = format!("{EXAMPLE}\n[x]\ny = {}{}", "[".repeat(20_000), "]".repeat(20_000));
    assert!(told_of(&text).contains("pilot.toml:"));
}

proptest! {
    /// Cut or changed anywhere, a manifest is read or refused, and every problem has a place in the file.
    #[test]
    fn any_text_is_read_or_refused(at in 0usize..4_000, put in ".{0,12}") {
        let mut text = EXAMPLE.to_owned();
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        text.insert_str(at, &put);
        if let Err(error) = Manifest::parse("pilot.toml", &text) {
            prop_assert!(!error.problems.is_empty());
            prop_assert!(error.problems.iter().all(|problem| problem.line <= text.lines().count() + 1));
        }
    }
}

#[test]
fn what_the_host_does_not_do_yet_is_refused_by_its_key() {
    let wasi = told("seed = true", "seed = true\nwasi = true");
    assert!(wasi.contains("`wasi`: this host links no WASI yet"), "{wasi}");
    let mut text = EXAMPLE.to_owned();
    let at = text.find("callers = [").unwrap();
    text.insert_str(at, "batch = true, ");
    let batch = told_of(&text);
    assert!(batch.contains(".batch`: this host takes no files of rows yet"), "{batch}");
    let districts = told("claims = [", "dims = [\"district-before-2025\"]\nclaims = [");
    assert!(districts.contains("this host does not count by the districts of before 2025 yet"), "{districts}");
}
