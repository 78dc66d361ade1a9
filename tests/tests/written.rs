//! No call is without a record, whatever its component asks; and neither its memory nor its record grows beyond a bound.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::sync::Arc;

use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::vendor::{REQUESTER, Vendor, keeper};
use pilothouse_tests::zoo::{self, Specimen};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Calls at a time.
const BESIDE: usize = 8;
/// What they may need together: eight times their budget of 4 MiB, with what it is to write so much down, and a margin. Unbounded, each
/// of them kept 64 MiB of answers, and that several times over.
const MEMORY: usize = 220 << 20;

struct Zoo {
    house: House,
    vendor: Vendor,
    /// Given out when a specimen is there whose manifest names the role.
    keeper: tokio::sync::OnceCell<String>,
}

impl Zoo {
    async fn open() -> Zoo {
        let house = House::start();
        let vendor = Vendor::new("zoo").trusted(&house).await;
        Zoo { house, vendor, keeper: tokio::sync::OnceCell::new() }
    }

    async fn brings(&self, name: &str) -> &'static Specimen {
        let specimen = zoo::all().find(|specimen| specimen.name == name).unwrap();
        self.vendor.brings(&self.house, specimen).await;
        specimen
    }

    async fn calls(&self, specimen: &Specimen, reference: &str, input: Value) -> Reply {
        let path = format!("/v1/pilots/{}/operations/{}", specimen.name, zoo::OPERATION);
        let body = json!({ "reference": reference, "input": input });
        let keeper = self.keeper.get_or_init(|| keeper(&self.house)).await;
        self.house.ask(Method::POST, keeper, &path, Some(&body)).await.unwrap()
    }

    async fn sees(&self, specimen: &Specimen) -> Value {
        self.house.get(REQUESTER, &format!("/v1/pilots/{}", specimen.name)).await.good()
    }

    async fn record(&self, id: &str) -> Value {
        self.house.get("auditor", &format!("/v1/invocations/{id}")).await.good()["record"].clone()
    }

    async fn replays(&self, id: &str) {
        let replayed = self.house.post("auditor", &format!("/v1/invocations/{id}/replay"), &json!({})).await.good();
        assert_eq!(replayed["same"], true, "{replayed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_component_calls_its_tables_is_nowhere_in_the_record_and_the_record_is_there() {
    let zoo = Zoo::open().await;
    for (name, asked) in [("zoo-says-a-number", json!([])), ("zoo-says-a-name", json!(["#other"]))] {
        let specimen = zoo.brings(name).await;
        for n in 1..=3 {
            let answer = zoo.calls(specimen, &format!("S-{n}"), json!({})).await.good();
            let id = answer["id"].as_str().unwrap();
            let record = zoo.record(id).await;
            assert_eq!(record["calls"][0]["asked"], asked, "{name}");
            assert_eq!(record["calls"][0]["verdict"]["is"], "denied");
            assert!(!record.to_string().contains("nguyen-van-thu") && !record.to_string().contains("123456789"));
            zoo.replays(id).await;
        }
        let seen = zoo.sees(specimen).await;
        assert_eq!((&seen["calls"], &seen["denials"], &seen["faults"]), (&json!(3), &json!(3), &json!(0)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_collect_answers_end_with_a_record_each_and_the_host_stays_small() {
    let zoo = Arc::new(Zoo::open().await);
    let specimen = zoo.brings("zoo-collects-answers").await;
    let before = zoo.house.most_memory();
    let mut calls = JoinSet::new();
    for n in 0..BESIDE {
        let zoo = Arc::clone(&zoo);
        calls.spawn(async move { zoo.calls(specimen, &format!("C-{n}"), json!({})).await });
    }
    let mut recorded = Vec::new();
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap();
        // On a busy machine some of them run out of time first.
        let fault = answer.str("/fault").to_owned();
        assert!(["excess", "deadline"].contains(&fault.as_str()), "{}", answer.text);
        recorded.push((answer.str("/evidence").to_owned(), fault));
    }
    let grown = zoo.house.most_memory().saturating_sub(before);
    assert!(grown < MEMORY, "{} MiB for {BESIDE} calls", grown >> 20);
    for (id, fault) in &recorded {
        assert_eq!(zoo.record(id).await["result"], json!({ "is": "fault", "code": fault }));
    }
    if let Some((id, _)) = recorded.iter().find(|(_, fault)| fault == "excess") {
        zoo.replays(id).await;
    }
    let seen = zoo.sees(specimen).await;
    assert_eq!((&seen["calls"], &seen["faults"]), (&json!(BESIDE), &json!(BESIDE)));
    assert_eq!(seen["state"]["is"], "quarantined", "a fault that was kept counts against it");
}

#[tokio::test(flavor = "multi_thread")]
async fn denials_of_one_line_fold_into_a_count_that_replays() {
    let zoo = Zoo::open().await;
    let specimen = zoo.brings("zoo-counts-past-its-budget").await;
    let answer = zoo.calls(specimen, "F-1", json!({})).await.good();
    let id = answer["id"].as_str().unwrap();
    let record = zoo.record(id).await;
    let calls = record["calls"].as_array().unwrap();
    let times: u64 = calls.iter().map(|call| 1 + call["again"].as_u64().unwrap_or(0)).sum();
    assert_eq!(times, 200, "each is counted");
    assert!(calls.len() <= 76, "{} are written out", calls.len());
    assert_eq!(zoo.sees(specimen).await["denials"], times - 60, "and each denial told to the officers");
    zoo.replays(id).await;
    // The budget is spent: what every further call makes of it stays as small.
    let more = zoo.calls(specimen, "F-2", json!({})).await;
    let id = if more.status == 200 { more.str("/id") } else { more.str("/evidence") };
    assert!(zoo.record(id).await["calls"].as_array().unwrap().len() <= 76);
    zoo.replays(id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_case_under_a_used_reference_is_refused_and_recorded() {
    let house = House::start();
    let path = "/v1/pilots/bhyt-checkin/operations/check-in";
    let visit = |kind: &str| json!({ "reference": "V-1", "input": { "patient": house.demo("patient_number"), "visit_kind": kind } });
    let first = house.post("registration-clerk", path, &visit("outpatient")).await.good();
    let before = house.post("auditor", "/v1/log/verify", &json!({})).await.good()["invocations"].as_u64().unwrap();
    house.post("registration-clerk", path, &visit("emergency")).await.is_problem(409, "reference-used");
    let again = house.post("registration-clerk", path, &visit("outpatient")).await.good();
    assert_eq!((&again["replayed"], &again["id"]), (&json!(true), &first["id"]));
    let after = house.post("auditor", "/v1/log/verify", &json!({})).await.good()["invocations"].as_u64().unwrap();
    assert_eq!(after - before, 1, "what looked at a person is in the record, though nothing else of it was kept");
    let pilot = house.get(REQUESTER, "/v1/pilots/bhyt-checkin").await.good();
    let last = pilot["recent"][0]["id"].as_str().unwrap();
    let record = house.get("auditor", &format!("/v1/invocations/{last}")).await.good()["record"].clone();
    assert_eq!(record["result"], json!({ "is": "fault", "code": "overtaken" }));
    assert!(!record["calls"].as_array().unwrap().is_empty());
    let replayed = house.post("auditor", &format!("/v1/invocations/{last}/replay"), &json!({})).await.good();
    assert_eq!(replayed["same"], true, "{replayed}");
}
