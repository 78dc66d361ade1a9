//! What one pilot, one credential and one restart may take of the others: through the front door, with components that compute.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::collections::BTreeMap;
use std::sync::Arc;

use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::vendor::{REQUESTER, Vendor, keeper};
use pilothouse_tests::zoo::{self, Specimen};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Calls of one credential at once: more than it may have under way, and than a host has places.
const FLOOD: usize = 300;
/// Patients who come meanwhile.
const PATIENTS: usize = 30;

async fn calls(house: &House, token: &str, specimen: &Specimen, reference: &str) -> Reply {
    let path = format!("/v1/pilots/{}/operations/{}", specimen.name, zoo::OPERATION);
    house.ask(Method::POST, token, &path, Some(&json!({ "reference": reference, "input": {} }))).await.unwrap()
}

async fn sees(house: &House, pilot: &str) -> Value {
    house.get(REQUESTER, &format!("/v1/pilots/{pilot}")).await.good()
}

async fn a_patient_is_checked_in(house: &House, reference: &str) {
    let body = json!({ "reference": reference, "input": { "patient": house.demo("patient_number"), "visit_kind": "outpatient" } });
    let answer = house.post("registration-clerk", "/v1/pilots/bhyt-checkin/operations/check-in", &body).await;
    assert_eq!((answer.status, answer.str("/decision")), (200, "admit"), "{reference}: {}", answer.text);
}

/// Floods a house with calls of a specimen while patients come: how often each kind of answer was given.
async fn flooded(specimen: &'static Specimen, flood: usize) -> (Arc<House>, BTreeMap<String, usize>) {
    let house = Arc::new(House::start());
    Vendor::new("zoo").trusted(&house).await.brings(&house, specimen).await;
    let keeper: Arc<str> = keeper(&house).await.into();
    let mut flooding = JoinSet::new();
    for n in 0..flood {
        let (house, keeper) = (Arc::clone(&house), Arc::clone(&keeper));
        flooding.spawn(async move { calls(&house, &keeper, specimen, &format!("F-{n}")).await });
    }
    for n in 0..PATIENTS {
        a_patient_is_checked_in(&house, &format!("P-{n}")).await;
    }
    let mut answers = BTreeMap::new();
    while let Some(answer) = flooding.join_next().await {
        let answer = answer.unwrap();
        if answer.status == 503 {
            assert!(answer.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)), "{}", answer.text);
        }
        let kind = if answer.status == 200 { "answered" } else { answer.str("/type") };
        *answers.entry(kind.trim_start_matches("/problems/").to_owned()).or_default() += 1;
    }
    let hospital = sees(&house, "bhyt-checkin").await;
    assert_eq!((&hospital["state"]["is"], &hospital["faults"]), (&json!("on"), &json!(0)), "{hospital}");
    (house, answers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_floods_the_host_with_loops_is_told_to_wait_and_a_hospital_is_answered() {
    let loops = zoo::all().find(|specimen| specimen.name == "zoo-loops").unwrap();
    let (house, answers) = flooded(loops, FLOOD).await;
    let of = |kind: &str| answers.get(kind).copied().unwrap_or_default();
    // Eight run and sixty-four wait; all others are told at once.
    assert!(of("overloaded") >= FLOOD - 150, "{answers:?}");
    assert!(of("pilot-failed") >= 1, "{answers:?}");
    assert_eq!(of("overloaded") + of("pilot-failed") + of("pilot-quarantined"), FLOOD, "{answers:?}");
    a_patient_is_checked_in(&house, "after").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pilot_that_computes_in_time_is_never_set_aside_because_the_host_is_busy() {
    let (house, answers) = flooded(&zoo::BUSY, 64).await;
    let of = |kind: &str| answers.get(kind).copied().unwrap_or_default();
    assert!(of("answered") >= 8, "{answers:?}");
    assert_eq!(of("answered") + of("overloaded"), 64, "{answers:?}");
    let busy = sees(&house, zoo::BUSY.name).await;
    assert_eq!((&busy["state"]["is"], &busy["faults"]), (&json!("on"), &json!(0)), "{busy}");
    let report = house.post("auditor", "/v1/log/verify", &json!({})).await;
    assert_eq!(report.status, 200, "{}", report.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_fills_no_budget_of_the_day() {
    let mut house = House::start();
    Vendor::new("zoo").trusted(&house).await.brings(&house, &zoo::SHOWS_ONCE).await;
    let keeper = keeper(&house).await;
    let denied = async |house: &House, reference: &str| {
        let answer = calls(house, &keeper, &zoo::SHOWS_ONCE, reference).await;
        answer.is_problem(502, "pilot-failed");
        let record = house.get("auditor", &format!("/v1/invocations/{}", answer.str("/evidence"))).await.good();
        record["record"]["calls"][0]["line"].clone()
    };
    assert_eq!(calls(&house, &keeper, &zoo::SHOWS_ONCE, "S-1").await.status, 200);
    assert_eq!(denied(&house, "S-2").await, "readers: budget.effects-per-day");
    house.kill();
    house.restart();
    assert_eq!(denied(&house, "S-3").await, "readers: budget.effects-per-day");
}
