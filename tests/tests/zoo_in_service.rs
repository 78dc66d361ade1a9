//! The zoo in service: whoever passes the door is brought into a running house like every pilot, approved by two officers and called
//! over HTTP. The caller reads what happened, the record has it, nothing of the call is kept, patients are checked in meanwhile, and
//! who goes on failing is set aside.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::vendor::{REQUESTER, Vendor, keeper};
use pilothouse_tests::zoo::{self, Fate, Specimen};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Faults in a row after which a pilot is set aside.
const FAULTS_IN_A_ROW: usize = 5;
/// Longer than the first pause, so that a pilot which does not come back fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Loops at a time: more than a small machine has processors, so that nobody else gets one unless the host shares them out.
const LOOPS: usize = 12;

/// A house with a keeper, who may call specimens.
struct Zoo {
    house: House,
    vendor: Vendor,
    keeper: String,
}

impl Zoo {
    async fn open() -> Zoo {
        let house = House::start();
        let vendor = Vendor::new("zoo").trusted(&house).await;
        // Credentials are given out for roles that some pilot names.
        vendor.brings(&house, &zoo::CALM).await;
        let keeper = keeper(&house).await;
        Zoo { house, vendor, keeper }
    }

    async fn calls(&self, specimen: &Specimen, reference: &str, input: Value) -> Reply {
        let path = format!("/v1/pilots/{}/operations/{}", specimen.name, zoo::OPERATION);
        let body = json!({ "reference": reference, "input": input });
        self.house.ask(Method::POST, &self.keeper, &path, Some(&body)).await.unwrap()
    }

    /// Calls a specimen until the host has the time that it may compute: on a machine that has more to do it is asked again.
    async fn has_its_time(&self, specimen: &Specimen, reference: &str) -> Reply {
        let answered = tokio::time::timeout(PATIENCE, async {
            loop {
                let answer = self.calls(specimen, reference, json!({})).await;
                if answer.str("/type") != "/problems/overloaded" {
                    break answer;
                }
                assert!(answer.retry_after.is_some(), "{}", answer.text);
            }
        });
        answered.await.expect("it has its time")
    }

    /// What the working group sees of a pilot.
    async fn sees(&self, specimen: &Specimen) -> Value {
        self.house.get(REQUESTER, &format!("/v1/pilots/{}", specimen.name)).await.good()
    }

    /// Checks a patient in, which nothing in the zoo may hinder.
    async fn a_patient_is_checked_in(&self, reference: &str) {
        let body = json!({ "reference": reference, "input": { "patient": self.house.demo("patient_number"), "visit_kind": "outpatient" } });
        let answer = self.house.post("registration-clerk", "/v1/pilots/bhyt-checkin/operations/check-in", &body).await;
        assert_eq!((answer.status, answer.str("/decision")), (200, "admit"), "{reference}: {}", answer.text);
    }

    /// All that calls may change and that can be seen from outside, beside the record and its counters.
    async fn state(&self, specimen: &Specimen) -> Value {
        let seen = self.sees(specimen).await;
        let desk = self.house.get(REQUESTER, "/v1/desk").await.good();
        json!({ "indicators": seen["indicators"], "desk": desk })
    }

    /// Holds the caller's answer and the record to a fault.
    async fn fails(&self, specimen: &Specimen, code: &str, answer: &Reply) {
        let status = if code == "deadline" { 504 } else { 502 };
        answer.is_problem(status, "pilot-failed");
        assert_eq!(answer.str("/fault"), code, "{}: {}", specimen.name, answer.text);
        assert!(!answer.str("/title").is_empty(), "{}", answer.text);
        // What it was, and after the colon what to do about it.
        let detail = answer.str("/detail");
        let (what, next) = detail.split_once(": ").unwrap_or((detail, ""));
        assert!(what.contains("component") && next.len() > 10, "{}: {detail}", specimen.name);
        for language in ["vi", "en"] {
            assert!(!answer.str(&format!("/while_down/{language}")).is_empty(), "{}", answer.text);
        }
        assert!(answer.str("/instance").starts_with("urn:uuid:"), "{}", answer.text);
        assert!(!answer.text.contains('\u{202e}') && answer.text.len() < 2_000, "{}: {}", specimen.name, answer.text);

        let evidence = answer.str("/evidence");
        let shown = self.house.get("auditor", &format!("/v1/invocations/{evidence}")).await.good();
        let record = &shown["record"];
        assert_eq!(record["pilot"], specimen.name);
        assert_eq!(record["entry"], format!("operations.{}", zoo::OPERATION));
        assert_eq!(record["result"], json!({ "is": "fault", "code": code }));
        assert_eq!(record["effects"], json!([]));
        assert!(!shown["checkpoint"].as_str().unwrap().is_empty());
        let replayed = self.house.post("auditor", &format!("/v1/invocations/{evidence}/replay"), &json!({})).await;
        assert_eq!(replayed.good()["same"], true, "{}", specimen.name);
    }
}

/// Those that are taken in and then fail, with the fault that they come to.
fn failing() -> impl Iterator<Item = (&'static Specimen, &'static str)> {
    zoo::all().filter_map(|specimen| match specimen.fate {
        Fate::Fault(code) | Fate::AnswerRefused(code) => Some((specimen, code)),
        Fate::Refused(_) | Fate::FailsOnTrial | Fate::Denied(_) | Fate::Answered => None,
    })
}

#[test]
fn every_habit_that_a_caller_could_meet_is_among_those_that_fail() {
    let codes: BTreeSet<&str> = failing().map(|(_, code)| code).collect();
    let all = [
        "answer",
        "deadline",
        "excess",
        "memory",
        "outside-schema",
        "stack",
        "table",
        "trapped",
        "undeclared-decision",
    ];
    assert_eq!(codes, BTreeSet::from(all));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_fails_is_told_of_recorded_set_aside_and_noticed_by_nobody_else() {
    let zoo = Zoo::open().await;
    zoo.a_patient_is_checked_in("before").await;
    for (specimen, code) in failing() {
        let name = specimen.name;
        zoo.vendor.brings(&zoo.house, specimen).await;
        let before = zoo.state(specimen).await;
        for n in 1..=FAULTS_IN_A_ROW {
            let beside = format!("{name}-beside-{n}");
            // A failed call keeps no answer for its reference: the same one may be sent again.
            let call = zoo.has_its_time(specimen, "R-1");
            let (answer, ()) = tokio::join!(call, zoo.a_patient_is_checked_in(&beside));
            answer.is_problem(if code == "deadline" { 504 } else { 502 }, "pilot-failed");
            if n == 1 {
                zoo.fails(specimen, code, &answer).await;
                assert_eq!(zoo.sees(specimen).await["state"]["is"], "on", "one fault sets nobody aside");
            }
        }
        let refused = zoo.calls(specimen, "R-1", json!({})).await;
        refused.is_problem(503, "pilot-quarantined");
        assert!(refused.str("/detail").contains("paper procedure") && !refused.str("/while_down/vi").is_empty());
        let seen = zoo.sees(specimen).await;
        assert_eq!(seen["state"]["is"], "quarantined", "{name}");
        assert_eq!(seen["faults"], FAULTS_IN_A_ROW, "{name}: each fault is counted");
        assert_eq!(seen["recent"][0]["faulty"], true);
        assert_eq!(zoo.state(specimen).await, before, "{name}: something of a failed call was kept");
        zoo.a_patient_is_checked_in(&format!("{name}-after")).await;
    }
    let report = zoo.house.post("auditor", "/v1/log/verify", &json!({})).await.good();
    assert!(report["invocations"].as_u64().unwrap() >= failing().count() as u64 * 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_set_aside_comes_back_and_finds_nothing_of_its_failed_calls() {
    let zoo = Zoo::open().await;
    let writes = zoo::all().find(|specimen| specimen.name == "zoo-writes-and-traps").unwrap();
    zoo.vendor.brings(&zoo.house, writes).await;
    for n in 0..FAULTS_IN_A_ROW {
        let answer = zoo.calls(writes, &format!("W-{n}"), json!({})).await;
        answer.is_problem(502, "pilot-failed");
    }
    let record = zoo.sees(writes).await["recent"][0]["id"].as_str().unwrap().to_owned();
    let record = zoo.house.get("auditor", &format!("/v1/invocations/{record}")).await.good();
    assert_eq!(
        record["record"]["calls"][0]["function"], "records.put",
        "what it asked is evidence, though it was not kept"
    );

    // By itself, after its pause; asked until then, every time with a refusal that says so.
    let look = json!({ "look": true });
    let answer = tokio::time::timeout(PATIENCE, async {
        loop {
            let answer = zoo.calls(writes, "W-look", look.clone()).await;
            if answer.status == 200 {
                break answer;
            }
            answer.is_problem(503, "pilot-quarantined");
        }
    });
    let answer = answer.await.expect("it comes back by itself").good();
    assert_eq!(answer["data"]["n"], 0, "a row of a failed call is there");
    assert_eq!(zoo.sees(writes).await["state"]["is"], "on");

    // A good call has set its count back: it takes five faults again, and an officer who enables it anew does not wait.
    for n in 0..FAULTS_IN_A_ROW {
        zoo.calls(writes, &format!("X-{n}"), json!({})).await.is_problem(502, "pilot-failed");
    }
    zoo.calls(writes, "X-look", look.clone()).await.is_problem(503, "pilot-quarantined");
    let enabled = zoo.house.post(REQUESTER, &format!("/v1/pilots/{}/enable", writes.name), &json!({})).await.good();
    assert_eq!(enabled["state"]["is"], "on");
    assert_eq!(zoo.calls(writes, "X-look", look).await.good()["data"]["n"], 0);

    // Who is denied goes on, and its answer is its own.
    let counts = zoo::all().find(|specimen| specimen.name == "zoo-counts-until-denied").unwrap();
    zoo.vendor.brings(&zoo.house, counts).await;
    let answer = zoo.calls(counts, "C-1", json!({})).await.good();
    let record = zoo.house.get("auditor", &format!("/v1/invocations/{}", answer["id"].as_str().unwrap())).await.good();
    let last = record["record"]["calls"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["verdict"]["is"], "denied", "{last}");
    assert_eq!(last["line"], "reporting: budget.calls-per-minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_loops_than_processors_take_no_patients_place() {
    let zoo = Arc::new(Zoo::open().await);
    let loops = zoo::all().find(|specimen| specimen.name == "zoo-loops").unwrap();
    zoo.vendor.brings(&zoo.house, loops).await;
    let mut calls = JoinSet::new();
    for n in 0..LOOPS {
        let zoo = Arc::clone(&zoo);
        calls.spawn(async move { zoo.calls(loops, &format!("L-{n}"), json!({})).await });
    }
    zoo.a_patient_is_checked_in("beside-loops").await;
    let mut faults = 0;
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap();
        // On a slow machine one that waits for its place is told to come again, or finds that its pilot was set aside meanwhile.
        match answer.str("/type") {
            "/problems/overloaded" | "/problems/pilot-quarantined" => assert!(answer.retry_after.is_some()),
            _ => {
                answer.is_problem(504, "pilot-failed");
                faults += 1;
            }
        }
    }
    assert!(faults > 0, "no loop came to its deadline");
    zoo.a_patient_is_checked_in("after-loops").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_fails_on_trial_is_refused_and_not_known_afterwards() {
    let zoo = Zoo::open().await;
    for specimen in zoo::all().filter(|specimen| specimen.fate == Fate::FailsOnTrial) {
        let (refused, ()) =
            tokio::join!(zoo.house.install(zoo.vendor.package(specimen)), zoo.a_patient_is_checked_in(specimen.name));
        assert_eq!(refused.status, 422, "{}: {}", specimen.name, refused.text);
        assert!(
            ["/problems/trial-failed", "/problems/not-compiled", "/problems/not-granted"]
                .contains(&refused.str("/type")),
            "{}",
            refused.text
        );
        if specimen.name.ends_with("-forever") {
            // Its manifest's own deadline is not what it ran past.
            let told = refused.str("/detail");
            assert!(told.contains("100 ms that a description may take") && !told.contains("deadline-ms"), "{told}");
        }
        zoo.house.get(REQUESTER, &format!("/v1/pilots/{}", specimen.name)).await.is_problem(404, "not-found");
    }
}
