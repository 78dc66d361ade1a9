//! What grants promise, as sentences.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::ids::OfficerId;
use crate::manifest::Manifest;
use crate::scope::{AnyAsk, Claim, Field, PopulationAsk, PopulationScope};
use crate::text::Bilingual;

const NOW: i64 = 1_900_000_000_000_000;
const YEAR: i64 = 365 * 86_400 * 1_000_000;

fn officer(n: u8) -> OfficerId {
    format!("00000000-0000-7000-8000-0000000000{n:02}").parse().unwrap()
}

fn unit(code: &str) -> UnitCode {
    code.parse().unwrap()
}

fn request(claims: &[Claim], fields: &[Field]) -> CapabilityRequest {
    CapabilityRequest {
        functions: ["verify".to_owned(), "read".to_owned()].into(),
        scope: PopulationScope {
            claims: claims.iter().copied().collect(),
            fields: fields.iter().copied().collect(),
            ..Default::default()
        }
        .into(),
        purpose: Bilingual::new("Tiếp nhận khám bệnh", "Reception of patients").unwrap(),
        legal_basis: vec!["15/2023/QH15 Art. 1".parse().unwrap()],
        budget: Budget { calls_per_minute: 60, people_per_day: 500, effects_per_day: 0 },
    }
}

fn grant(n: u8, right: CapabilityRequest, units: &[&str]) -> Grant {
    Grant {
        id: format!("00000000-0000-7000-8000-0000000001{n:02}").parse().unwrap(),
        pilot: "health-checkin".parse().unwrap(),
        vendor: None,
        build: None,
        right,
        units: units.iter().map(|code| unit(code)).collect(),
        expires: NOW + YEAR,
        state: GrantState::Granted {
            by: officer(1).into(),
            approvers: Box::new([officer(2).into(), officer(3).into()]),
            since: NOW - 1,
        },
    }
}

fn effective(requests: &[CapabilityRequest], grants: &[Grant]) -> Effective {
    Effective::new(requests, grants, &Ceiling::embedded().unwrap())
}

fn claims<'a>(units: &'a [UnitCode], claims: &'a [Claim]) -> Ask<'a> {
    Ask {
        capability: Capability::Population,
        function: "verify",
        units,
        about: Some(AnyAsk::Population(PopulationAsk::Claims(claims))),
    }
}

fn denied(decision: Decision<'_>) -> (DenialCode, String, String) {
    match decision {
        Decision::Denied { code, about, line, .. } => (code, about, line.to_string()),
        Decision::Allowed { .. } => panic!("was allowed"),
    }
}

#[test]
fn a_call_inside_its_grant_is_allowed_and_names_the_grant() {
    let right = request(&[Claim::Alive], &[]);
    let effective = effective(std::slice::from_ref(&right), &[grant(1, right.clone(), &["18880"])]);
    let units = [unit("18880")];
    let Decision::Allowed { right, line } = decide(&effective, &claims(&units, &[Claim::Alive]), NOW) else {
        panic!("denied")
    };
    assert_eq!(right.grant.as_str(), "00000000-0000-7000-8000-000000000101");
    assert_eq!(line.to_string(), "population: scope");
}

#[test]
fn without_a_grant_everything_is_denied() {
    let units = [unit("18880")];
    let (code, about, line) = denied(decide(&Effective::none(), &claims(&units, &[Claim::Alive]), NOW));
    assert_eq!(
        (code, about.as_str(), line.as_str()),
        (DenialCode::NotGranted, "population.verify", "population: grant")
    );
}

#[test]
fn a_denial_names_the_line_that_decided() {
    let right = request(&[Claim::Alive], &[]);
    let effective = effective(std::slice::from_ref(&right), &[grant(1, right.clone(), &["18880"])]);
    let (here, there) = ([unit("18880")], [unit("18880"), unit("18881")]);
    let says = |ask: &Ask<'_>, now| {
        let (code, about, line) = denied(decide(&effective, ask, now));
        format!("{code} {about} | {line}")
    };
    assert_eq!(says(&claims(&here, &[Claim::SexIs]), NOW), "field-not-granted sex-is | population: scope.claims");
    assert_eq!(says(&claims(&there, &[Claim::Alive]), NOW), "out-of-unit population.verify | population: units");
    assert_eq!(says(&claims(&[], &[Claim::Alive]), NOW), "out-of-unit population.verify | population: units");
    assert_eq!(says(&claims(&here, &[Claim::Alive]), NOW + YEAR), "expired population.verify | population: expires");
    let household = Ask { function: "household", about: None, ..claims(&here, &[]) };
    assert_eq!(says(&household, NOW), "not-granted population.household | population: functions");
    let foreign = Ask { about: Some(AnyAsk::Readers(crate::scope::ReadersAsk::Show)), ..claims(&here, &[]) };
    assert_eq!(says(&foreign, NOW), "field-not-granted readers | population: scope.capability");
}

#[test]
fn a_withdrawn_grant_denies_the_next_call() {
    let right = request(&[Claim::Alive], &[]);
    let mut granted = grant(1, right.clone(), &["18880"]);
    let units = [unit("18880")];
    assert!(
        decide(
            &effective(std::slice::from_ref(&right), std::slice::from_ref(&granted)),
            &claims(&units, &[Claim::Alive]),
            NOW
        )
        .is_allowed()
    );
    granted.state = granted.state.withdraw(officer(9), NOW).unwrap();
    let after = effective(&[right], &[granted]);
    assert_eq!(denied(decide(&after, &claims(&units, &[Claim::Alive]), NOW)).0, DenialCode::NotGranted);
}

#[test]
fn what_was_granted_for_one_purpose_serves_no_other() {
    let granted = grant(1, request(&[Claim::Alive], &[]), &["18880"]);
    let mut right = request(&[Claim::Alive], &[]);
    right.purpose = Bilingual::new("Quảng cáo", "Advertising").unwrap();
    let units = [unit("18880")];
    let (code, _, line) = denied(decide(&effective(&[right], &[granted]), &claims(&units, &[Claim::Alive]), NOW));
    assert_eq!((code, line.as_str()), (DenialCode::PurposeMismatch, "population: purpose"));
}

#[test]
fn each_of_two_grants_covers_its_own_units() {
    let right = request(&[Claim::Alive, Claim::SexIs], &[]);
    let grants = [grant(1, right.clone(), &["18880"]), grant(2, request(&[Claim::SexIs], &[]), &["18881"])];
    let effective = effective(&[right], &grants);
    let (one, two) = ([unit("18880")], [unit("18881")]);
    assert!(decide(&effective, &claims(&one, &[Claim::Alive]), NOW).is_allowed());
    assert!(decide(&effective, &claims(&two, &[Claim::SexIs]), NOW).is_allowed());
    assert_eq!(denied(decide(&effective, &claims(&two, &[Claim::Alive]), NOW)).0, DenialCode::FieldNotGranted);
}

#[test]
fn no_grant_reads_what_the_ceiling_forbids() {
    let mut right = request(&[], &[Field::Religion, Field::BirthYear]);
    right.budget.calls_per_minute = u32::MAX;
    let effective = effective(std::slice::from_ref(&right), &[grant(1, right.clone(), &["18880"])]);
    let units = [unit("18880")];
    let read = |field| Ask {
        function: "read",
        about: Some(AnyAsk::Population(PopulationAsk::Field(field))),
        ..claims(&units, &[])
    };
    assert!(decide(&effective, &read(Field::BirthYear), NOW).is_allowed());
    assert_eq!(denied(decide(&effective, &read(Field::Religion), NOW)).1, "religion");
    assert!(effective.rights(Capability::Population)[0].budget.calls_per_minute < u32::MAX);
}

#[test]
fn two_officers_approve_and_neither_is_the_requester() {
    let requested = GrantState::Requested { by: officer(1).into() };
    assert_eq!(requested.clone().approve(officer(1), NOW), Err(ApproveError::OwnRequest));
    let once = requested.approve(officer(2), NOW).unwrap();
    assert!(!once.is_in_force());
    assert_eq!(once.clone().approve(officer(1), NOW), Err(ApproveError::OwnRequest));
    assert_eq!(once.clone().approve(officer(2), NOW), Err(ApproveError::SecondEyesNeeded));
    let granted = once.approve(officer(3), NOW).unwrap();
    assert!(granted.is_in_force());
    assert_eq!(granted.approve(officer(4), NOW), Err(ApproveError::NotWaiting("granted")));
}

#[test]
fn an_act_counts_for_whom_its_credential_counted_then_and_for_itself() {
    let act = |own: u8, officer_then: u8| Act { officer: officer(officer_then), own: officer(own), credential: None };
    // Officer 2's second credential, 4, approves before and after it is confirmed to be another person's.
    let once = GrantState::Requested { by: officer(1).into() }.approve(act(4, 2), NOW).unwrap();
    for again in [act(4, 4), act(4, 2), act(2, 2)] {
        assert_eq!(once.clone().approve(again, NOW), Err(ApproveError::SecondEyesNeeded));
    }
    assert!(once.clone().approve(act(3, 3), NOW).unwrap().is_in_force());
    let asked = GrantState::Requested { by: act(4, 2) };
    for own in [act(4, 4), act(2, 2)] {
        assert_eq!(asked.clone().approve(own, NOW), Err(ApproveError::OwnRequest));
    }
    assert_eq!(once.without_approval_of(&officer(4)), Some(GrantState::Requested { by: officer(1).into() }));
    assert_eq!(once.without_approval_of(&officer(2)), None, "that one's own approval is not in question");
}

#[test]
fn what_was_kept_before_credentials_were_is_read_as_the_officer_alone() {
    let id = officer(1).to_string();
    let old = serde_json::json!({ "state": "requested", "by": id });
    let read: GrantState = serde_json::from_value(old).unwrap();
    assert_eq!(read, GrantState::Requested { by: officer(1).into() });
    let kept = serde_json::to_value(&read).unwrap();
    assert_eq!(serde_json::from_value::<GrantState>(kept).unwrap(), read);
}

fn manifest(change: impl Fn(String) -> String) -> Manifest {
    const MORE: &str = r#"
[operations]
ask = { callers = ["clerk"], decisions = ["yes", "no"] }
[readings]
methods = ["qr-card"]
callers = ["clerk"]
[config]
rounding = { type = "integer", default = 5, min = 1, max = 100, title = { vi = "Làm tròn", en = "Rounding" }, widens = "below" }
boards = { type = "choice", default = "a", choices = ["a", "b"], title = { vi = "Bảng", en = "Board" } }
"#;
    Manifest::parse("pilot.toml", &change(format!("{}{MORE}", crate::test_pilot::MANIFEST))).unwrap()
}

#[test]
fn whatever_part_of_a_manifest_opens_more_is_told_and_what_opens_less_is_not() {
    let old = manifest(|text| text);
    assert_eq!(opens(Some(&old), &old), []);
    let changes = [
        ("callers = [\"clerk\"], decisions", "callers = [\"clerk\", \"nurse\"], decisions", "operations.ask.callers"),
        (
            "decisions = [\"yes\", \"no\"]",
            "decisions = [\"yes\", \"no\"], persons-visible-to = [\"clerk\"]",
            "operations.ask.persons-visible-to",
        ),
        ("methods = [\"qr-card\"]", "methods = [\"qr-card\", \"nfc-chip\"]", "readings.methods"),
        ("methods = [\"qr-card\"]\ncallers = [\"clerk\"]", "methods = [\"qr-card\"]", "readings.callers"),
        (
            "methods = [\"qr-card\"]",
            "methods = [\"qr-card\"]\npersons-visible-to = [\"clerk\"]",
            "readings.persons-visible-to",
        ),
        ("0 7 * * *", "*/5 * * * *", "schedules.morning"),
        ("invocations-days = 30", "invocations-days = 31", "retention.invocations-days"),
        ("deadline-ms = 100", "deadline-ms = 200", "limits.deadline-ms"),
        ("memory-kib = 64", "memory-kib = 128", "limits.memory-kib"),
        ("model = 1", "seed = true\nmodel = 1", "seed"),
        ("model = 1", "model = 2", "model"),
        ("calls-per-minute = 60", "calls-per-minute = 61", "places: budget.calls-per-minute"),
        ("min = 1, max", "min = 0, max", "config.rounding.bounds"),
        ("max = 100", "max = 101", "config.rounding.bounds"),
        ("default = 5", "default = 6", "config.rounding.default"),
        (", widens = \"below\"", "", "config.rounding.widens"),
        ("choices = [\"a\", \"b\"]", "choices = [\"a\", \"b\", \"c\"]", "config.boards.bounds"),
    ];
    for (before, after, key) in changes {
        let new = manifest(|text| {
            assert!(text.contains(before), "{before}");
            text.replacen(before, after, 1)
        });
        let told = opens(Some(&old), &new);
        assert_eq!(told.iter().map(|told| told.key.as_str()).collect::<Vec<_>>(), [key], "{after}");
        assert!(told.iter().all(|told| !told.vi.is_empty() && !told.en.is_empty() && told.vi != told.en));
    }
    let narrower =
        manifest(|text| text.replacen("\"yes\", \"no\"", "\"yes\"", 1).replacen("days = 30", "days = 29", 1));
    assert_eq!(opens(Some(&old), &narrower), []);
    assert!(opens(None, &old).len() > 8, "all of a first build is told");
}

#[test]
fn names_are_shown_by_a_right_in_force_only() {
    let right = request(&[], &[Field::FullName]);
    let shown = effective(std::slice::from_ref(&right), &[grant(1, right.clone(), &["18880"])]);
    assert!(shown.shows_names(&unit("18880"), NOW));
    assert!(!shown.shows_names(&unit("18881"), NOW), "in its units");
    assert!(!shown.shows_names(&unit("18880"), NOW + YEAR), "until its end");
    let other = request(&[], &[Field::BirthYear]);
    let none = effective(std::slice::from_ref(&right), &[grant(1, other, &["18880"])]);
    assert!(!none.shows_names(&unit("18880"), NOW), "whatever the manifest asks");
}

#[test]
fn one_officer_withdraws_at_once_and_nothing_brings_it_back() {
    for state in [GrantState::Requested { by: officer(1).into() }, grant(1, request(&[], &[]), &[]).state] {
        let withdrawn = state.withdraw(officer(1), NOW).unwrap();
        assert_eq!(withdrawn.clone().approve(officer(2), NOW), Err(ApproveError::NotWaiting("withdrawn")));
        assert!(withdrawn.withdraw(officer(2), NOW).is_err());
    }
}

#[test]
fn what_is_wider_is_told_in_plain_words() {
    let old = request(&[Claim::Alive], &[]);
    let mut new = request(&[Claim::Alive], &[Field::BirthDate]);
    new.functions.insert("household".to_owned());
    new.budget.people_per_day = 900;
    let told: Vec<String> =
        wider(std::slice::from_ref(&old), std::slice::from_ref(&new)).into_iter().map(|d| d.vi).collect();
    assert_eq!(told, ["Gọi thêm: xem những người cùng hộ", "Đọc: ngày sinh", "Số người mỗi ngày: từ 500 lên 900"]);
    assert_eq!(wider(&[new], &[old]), [], "the narrower one needs nobody");
}

#[test]
fn a_new_capability_is_told_whole() {
    let told = wider(&[], &[request(&[Claim::Alive], &[])]);
    assert_eq!(told[0].key, "population: capability");
    assert!(told.iter().any(|difference| difference.vi.contains("còn sống")), "{told:?}");
}

#[test]
fn a_grant_survives_json() {
    let granted = grant(1, request(&[Claim::Alive], &[Field::Sex]), &["18880"]);
    let json = serde_json::to_string(&granted).unwrap();
    assert_eq!(serde_json::from_str::<Grant>(&json).unwrap(), granted);
    let effective = effective(std::slice::from_ref(&granted.right), std::slice::from_ref(&granted));
    let json = serde_json::to_string(&effective).unwrap();
    assert_eq!(serde_json::from_str::<Effective>(&json).unwrap(), effective);
}

#[test]
fn the_embedded_ceiling_names_every_guarded_function() {
    let ceiling = Ceiling::embedded().unwrap();
    for capability in Capability::ALL {
        let all: BTreeSet<String> =
            crate::contract::guarded(*capability).map(|function| function.name.to_owned()).collect();
        assert_eq!(ceiling.functions(*capability), Some(&all));
    }
}

#[test]
fn a_capability_that_the_ceiling_leaves_out_cannot_be_granted() {
    let ceiling = Ceiling::parse("longest-term-days = 1").unwrap();
    let right = request(&[Claim::Alive], &[]);
    let effective = Effective::new(std::slice::from_ref(&right), &[grant(1, right.clone(), &["18880"])], &ceiling);
    let units = [unit("18880")];
    assert!(!decide(&effective, &claims(&units, &[Claim::Alive]), NOW).is_allowed());
    assert!(!effective.covers(Capability::Population, "verify"));
}

proptest! {
    /// Whatever is asked, allowed means: requested, granted and under the ceiling, here and now.
    #[test]
    fn allowed_means_requested_and_granted_and_under_the_ceiling(
        requested in proptest::sample::subsequence(Field::ALL.to_vec(), 0..=Field::ALL.len()),
        given in proptest::sample::subsequence(Field::ALL.to_vec(), 0..=Field::ALL.len()),
        asked in proptest::sample::select(Field::ALL.to_vec()),
        at in 0i64..3,
        home: bool,
    ) {
        let effective = effective(&[request(&[], &requested)], &[grant(1, request(&[], &given), &["18880"])]);
        let units = [unit(if home { "18880" } else { "18881" })];
        let ask = Ask { function: "read", about: Some(AnyAsk::Population(PopulationAsk::Field(asked))), ..claims(&units, &[]) };
        let now = NOW + YEAR + at - 1;
        let sensitive = matches!(asked, Field::Ethnicity | Field::Religion);
        let expected = requested.contains(&asked) && given.contains(&asked) && !sensitive && home && at == 0;
        prop_assert_eq!(decide(&effective, &ask, now).is_allowed(), expected);
    }
}
