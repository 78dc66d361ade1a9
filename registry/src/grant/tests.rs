//! What grants promise, as sentences.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::ids::OfficerId;
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
        right,
        units: units.iter().map(|code| unit(code)).collect(),
        expires: NOW + YEAR,
        state: GrantState::Granted { by: officer(1), approvers: [officer(2), officer(3)], since: NOW - 1 },
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
    let requested = GrantState::Requested { by: officer(1) };
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
fn one_officer_withdraws_at_once_and_nothing_brings_it_back() {
    for state in [GrantState::Requested { by: officer(1) }, grant(1, request(&[], &[]), &[]).state] {
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
