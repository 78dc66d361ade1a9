//! What makes two effects the same one: no text that a desk chooses passes for another stay's notice, and nothing passes for sent that was not.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::time::{Duration, Instant};

use pilothouse_tests::house::House;
use pilothouse_tests::people;
use serde_json::{Value, json};

const GROUP: &str = "working-group";
const DESK: &str = "receptionist";
const HOTELS: &str = "/v1/pilots/lodging-hotels/operations";
/// How long the outbox may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn arrives(house: &House, reference: &str, stay: &str, guest: &str) -> Value {
    let body =
        json!({ "reference": reference, "input": { "stay_ref": stay, "guest": guest, "room": "9", "reason": 1 } });
    house.post(DESK, &format!("{HOTELS}/arrive"), &body).await.good()
}

/// The kinds of notices that the police have of a reference, in the order in which they came; asked until there are so many.
async fn notices(house: &House, reference: &str, wanted: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let desk = house.get(GROUP, "/v1/desk").await.good();
        let of = desk["notices"].as_array().unwrap().iter().filter(|notice| notice["reference"] == reference);
        let kinds: Vec<String> = of.map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect();
        if kinds.len() >= wanted || begun.elapsed() > PATIENCE {
            return kinds;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_reference_that_looks_like_a_later_notice_of_another_stay_is_a_stay_of_its_own() {
    let house = House::start();
    let (one, other) = {
        let population = people::population();
        (people::cast(&population, "insured-adult"), people::cast(&population, "insured-adult-2"))
    };
    let _stay = arrives(&house, "k-1", "X", &one.card).await;
    let amended = json!({ "reference": "k-2", "input": { "stay_ref": "X", "changed": { "room": "10" } } });
    let _amended = house.post(DESK, &format!("{HOTELS}/amend"), &amended).await.good();
    for (place, stay) in ["X/amend/1", "X/depart", "X/cancel", "X~1amend~11"].into_iter().enumerate() {
        let answer = arrives(&house, &format!("k-3-{place}"), stay, &other.card).await;
        assert_eq!(answer["decision"], "notified", "{answer}");
    }
    for stay in ["X/amend/1", "X/depart", "X/cancel", "X~1amend~11"] {
        assert_eq!(notices(&house, stay, 1).await, ["arrival"], "{stay}");
    }
    // The other way round: what was entered before swallows no departure.
    let now = time::OffsetDateTime::now_utc() + time::Duration::hours(7) + time::Duration::seconds(1);
    let left = format!("{}T{:02}:{:02}:{:02}+07:00", now.date(), now.hour(), now.minute(), now.second());
    let left = json!({ "reference": "k-4", "input": { "stay_ref": "X", "left": left } });
    let _left = house.post(DESK, &format!("{HOTELS}/depart"), &left).await.good();
    assert_eq!(notices(&house, "X", 3).await, ["arrival", "amendment", "departure"]);
    let desk = house.get(GROUP, "/v1/desk").await.good();
    assert_eq!(desk["outbox"]["stranded"], 0, "{desk}");
}

#[tokio::test]
async fn a_stay_that_is_cancelled_before_its_notice_left_is_told_and_the_police_get_both_in_order() {
    let house = House::start();
    let guest = people::cast(&people::population(), "insured-adult");
    let mode = |mode: &str| json!({ "mode": mode });
    let _down = house.send(reqwest::Method::PUT, GROUP, "/v1/desk", Some(&mode("down"))).await.good();
    let _stay = arrives(&house, "c-1", "C-1", &guest.card).await;
    let cancel = json!({ "reference": "c-2", "input": { "stay_ref": "C-1", "why": "no-show" } });
    let answer = house.post(DESK, &format!("{HOTELS}/cancel"), &cancel).await.good();
    assert_eq!(answer["decision"], "sent-already", "the arrival leaves, and the cancellation behind it: {answer}");
    let _up = house.send(reqwest::Method::PUT, GROUP, "/v1/desk", Some(&mode("up"))).await.good();
    assert_eq!(notices(&house, "C-1", 2).await, ["arrival", "cancellation"]);
}
