//! Who asks too often is told to wait, and nobody else notices.

use pilothouse_tests::house::House;
use serde_json::json;

/// Requests a second that the house of this test takes from each credential; in a burst, twice as many.
const RATE: &[&str] = &["--rate-limit", "2"];
/// More than any machine lets through at that rate before it says so.
const PATIENCE: usize = 500;

#[tokio::test]
async fn a_credential_that_asks_too_often_waits_and_another_one_does_not() {
    let house = House::start_with(RATE);
    let input = json!({ "patient": house.demo("patient_number"), "visit_kind": "outpatient" });
    let mut kept = 0;
    let refused = loop {
        assert!(kept < PATIENCE, "nothing was refused");
        let body = json!({ "reference": format!("often-{kept}"), "input": input });
        let reply = house.post("registration-clerk", "/v1/pilots/bhyt-checkin/operations/check-in", &body).await;
        if reply.status == 429 {
            break reply;
        }
        let _answer = reply.good();
        kept += 1;
    };
    refused.is_problem(429, "too-many-requests");
    assert!(refused.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)), "{}", refused.text);
    assert!(kept >= 2, "the first ones are answered");

    // Others ask on, and what was refused was not begun: the pilot counts the answered ones.
    let pilots = house.get("auditor", "/v1/pilots").await.good();
    let pilot = pilots.as_array().into_iter().flatten().find(|pilot| pilot["id"] == "bhyt-checkin");
    assert_eq!(pilot.and_then(|pilot| pilot["calls"].as_u64()), Some(kept as u64));
}
