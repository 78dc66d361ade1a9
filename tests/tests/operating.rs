//! What operators do to a running house: switch a pilot off under its calls, rotate its keys, watch its figures.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::vendor::{REQUESTER, Vendor, keeper};
use pilothouse_tests::zoo::{self, Specimen};
use reqwest::Method;
use serde_json::{Value, json};

const CHECK_IN: &str = "/v1/pilots/bhyt-checkin/operations/check-in";
/// How often a call may end before it could be interrupted, on a machine that gives the test no turn meanwhile.
const MISSES: usize = 5;

async fn calls(house: &House, token: &str, specimen: &Specimen, reference: &str) -> Reply {
    let path = format!("/v1/pilots/{}/operations/{}", specimen.name, zoo::OPERATION);
    let body = json!({ "reference": reference, "input": {} });
    house.ask(Method::POST, token, &path, Some(&body)).await.unwrap()
}

async fn sees(house: &House, specimen: &Specimen) -> Value {
    house.get(REQUESTER, &format!("/v1/pilots/{}", specimen.name)).await.good()
}

async fn record(house: &House, id: &str) -> Value {
    house.get("auditor", &format!("/v1/invocations/{id}")).await.good()["record"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ends_after_disable_is_recorded_as_withdrawn_and_nothing_of_it_is_kept() {
    let house = Arc::new(House::start());
    let slow = zoo::SLOW;
    Vendor::new("zoo").trusted(&house).await.brings(&house, &slow).await;
    let token = keeper(&house).await;
    let mut kept = 0;
    let (answer, took, bound) = loop {
        let call = {
            let (house, token, reference) = (Arc::clone(&house), token.clone(), format!("slow-{kept}"));
            tokio::spawn(async move { calls(&house, &token, &slow, &reference).await })
        };
        while !call.is_finished() && sees(&house, &slow).await["under_way"] != 1 {}
        let begun = Instant::now();
        let off = house.post(REQUESTER, "/v1/pilots/zoo-slow/disable", &json!({})).await.good();
        assert_eq!(off["state"]["is"], "off");
        // Nothing new starts, whether or not the first one still runs.
        calls(&house, &token, &slow, "slow-late").await.is_problem(503, "pilot-disabled");
        let answer = call.await.unwrap();
        let took = begun.elapsed();
        if answer.status == 503 {
            break (answer, took, Duration::from_millis(off["in_flight_until_ms"].as_u64().unwrap()));
        }
        kept += 1;
        assert!(kept < MISSES, "no call could be interrupted: {}", answer.text);
        let _on = house.post(REQUESTER, "/v1/pilots/zoo-slow/enable", &json!({})).await.good();
    };
    answer.is_problem(503, "pilot-disabled");
    assert!(!answer.str("/while_down/vi").is_empty());
    assert_eq!(bound, Duration::from_millis(slow.deadline_ms().into()));
    // Twice the bound: a busy machine writes the record late.
    assert!(took < bound * 2, "answered {took:?} after `disable`, which said {bound:?}");

    let seen = sees(&house, &slow).await;
    assert_eq!(seen["recent"][0]["outcome"], "withdrawn", "{seen}");
    assert_eq!(
        (&seen["recent"][0]["faulty"], &seen["faults"], &seen["under_way"]),
        (&json!(false), &json!(0), &json!(0))
    );
    // Its count was allowed and is in the record of its calls, but it does not count.
    assert_eq!(seen["indicators"][0]["total"], kept);
    let id = seen["recent"][0]["id"].as_str().unwrap();
    let withdrawn = record(&house, id).await;
    assert_eq!(withdrawn["result"], json!({ "is": "fault", "code": "withdrawn" }));
    assert_eq!(withdrawn["calls"].as_array().unwrap().len(), 1);
    assert_eq!(withdrawn["effects"], json!([]));
    let replayed = house.post("auditor", &format!("/v1/invocations/{id}/replay"), &json!({})).await.good();
    assert_eq!(replayed["same"], true, "{replayed}");

    // The reference was not used up: the call is carried out when the pilot serves again.
    let _on = house.post(REQUESTER, "/v1/pilots/zoo-slow/enable", &json!({})).await.good();
    let again = calls(&house, &token, &slow, &format!("slow-{kept}")).await;
    assert!(again.json.get("replayed").is_none(), "{}", again.text);
    assert_ne!(again.str("/type"), "/problems/pilot-disabled");
}

#[tokio::test]
async fn rotated_keys_give_a_person_another_pseudonym_and_leave_old_calls_replayable() {
    let house = House::start();
    let visit = async |reference: &str| {
        let input = json!({ "patient": house.demo("patient_number"), "visit_kind": "outpatient" });
        let answer =
            house.post("registration-clerk", CHECK_IN, &json!({ "reference": reference, "input": input })).await;
        answer.good()["id"].as_str().unwrap().to_owned()
    };
    let pseudonym = async |id: &str| {
        let record = record(&house, id).await;
        let calls = record["calls"].as_array().unwrap().clone();
        calls.iter().find_map(|call| call["person"].as_str().map(str::to_owned)).unwrap()
    };
    let first = visit("keys-1").await;
    let before = pseudonym(&first).await;
    assert_eq!(pseudonym(&visit("keys-2").await).await, before);

    let changes =
        async || house.post("auditor", "/v1/log/verify", &json!({})).await.good()["changes"].as_u64().unwrap();
    let recorded = changes().await;
    let path = "/v1/pilots/bhyt-checkin/keys/rotate";
    house.post("auditor", path, &json!({})).await.is_problem(403, "role-not-allowed");
    house.post(REQUESTER, "/v1/pilots/nobodys/keys/rotate", &json!({})).await.is_problem(404, "not-found");
    let rotated = house.post(REQUESTER, path, &json!({})).await.good();
    assert_eq!(rotated["rotation"], 1);
    assert_eq!(changes().await, recorded + 1);

    let after = pseudonym(&visit("keys-3").await).await;
    assert_ne!(after, before);
    let replayed = house.post("auditor", &format!("/v1/invocations/{first}/replay"), &json!({})).await.good();
    assert_eq!(replayed["same"], true, "{replayed}");

    // A restart goes on with the keys of the last rotation.
    let mut house = house;
    house.kill();
    house.restart();
    let input = json!({ "patient": house.demo("patient_number"), "visit_kind": "outpatient" });
    let answer =
        house.post("registration-clerk", CHECK_IN, &json!({ "reference": "keys-4", "input": input })).await.good();
    let record = record(&house, answer["id"].as_str().unwrap()).await;
    let calls = record["calls"].as_array().unwrap();
    assert!(calls.iter().any(|call| call["person"] == after.as_str()), "{record}");
}

#[tokio::test]
async fn denials_are_counted_by_capability_and_code_and_the_board_says_what_is_signed() {
    let house = House::start();
    let spends = zoo::all().find(|specimen| specimen.name == "zoo-counts-until-denied").unwrap();
    Vendor::new("zoo").trusted(&house).await.brings(&house, spends).await;
    let token = keeper(&house).await;
    assert_eq!(calls(&house, &token, spends, "denied-1").await.status, 200);
    let metrics = house.get("", "/metrics").await.text;
    let line = r#"pilothouse_denials_total{capability="reporting",code="budget-spent"} 1"#;
    assert!(metrics.lines().any(|found| found == line), "{metrics}");
    assert!(metrics.contains(r#"pilothouse_pilot_calls_under_way{pilot="zoo-counts-until-denied"} 0"#), "{metrics}");

    let note = house.get("", "/v1/log/checkpoint").await.text;
    let size = note.lines().nth(1).unwrap();
    let board = house.get("", "/?lang=en").await.text;
    assert!(board.contains(&format!("{size} entries, signed at ")), "{size}: {board}");
}
