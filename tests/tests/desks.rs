//! What alerts and messages come to, through the front door: each desk has each thing once, in the pilot's words, without a name or number.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::time::{Duration, Instant};

use pilothouse_tests::house::House;
use pilothouse_tests::people;
use reqwest::Method;
use serde_json::{Value, json};

const GROUP: &str = "working-group";
/// How long the outbox may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The things of a desk that fit, once there are as many as wanted; asked again and again, since the outbox works beside the calls.
async fn at_desk(house: &House, path: &str, list: &str, wanted: usize, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let desk = house.get(GROUP, path).await.good();
        let found: Vec<Value> = desk[list].as_array().unwrap().iter().filter(|thing| fits(thing)).cloned().collect();
        if found.len() >= wanted || begun.elapsed() > PATIENCE {
            assert_eq!(found.len(), wanted, "{desk}");
            return found;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_card_of_someone_who_died_alerts_social_insurance_once_and_shows_nobody() {
    let house = House::shared();
    let late = people::cast(&people::population(), "deceased");
    for reference in ["late-1", "late-2"] {
        let visit = json!({ "reference": reference, "input": { "patient": late.card, "visit_kind": "inpatient" } });
        let answer =
            house.post("registration-clerk", "/v1/pilots/bhyt-checkin/operations/check-in", &visit).await.good();
        assert_eq!(answer["decision"], "self-pay-advised");
    }
    let alerts = at_desk(&house, "/v1/duty", "alerts", 1, |alert| alert["kind"] == "wrong-person").await;
    let alert = &alerts[0];
    assert_eq!((&alert["desk"], &alert["about_a_person"]), (&json!("social-insurance"), &json!(true)));
    for language in ["vi", "en"] {
        let words = alert["words"][language].as_str().unwrap();
        assert!(words.contains(house.demo("hospital")), "{words}");
    }
    let text = alert.to_string();
    assert!(!text.contains(&late.number) && !text.contains(&late.name), "{text}");

    let path = format!("/v1/duty/{}", alert["key"].as_str().unwrap());
    house
        .send(Method::PUT, "registration-clerk", &path, Some(&json!({ "state": "closed" })))
        .await
        .is_problem(403, "role-not-allowed");
    let taken = house.send(Method::PUT, GROUP, &path, Some(&json!({ "state": "acknowledged" }))).await.good();
    assert_eq!(taken["state"], "acknowledged");
    let again = house.send(Method::PUT, GROUP, &path, Some(&json!({ "state": "acknowledged" }))).await;
    again.is_problem(412, "changed-meanwhile");
    let seen = at_desk(&house, "/v1/duty", "alerts", 1, |alert| alert["state"] == "acknowledged").await;
    assert_eq!(seen[0]["key"], alert["key"]);
    for key in ["0123", "..%2Fkeys%2Fsecret"] {
        let missing =
            house.send(Method::PUT, GROUP, &format!("/v1/duty/{key}"), Some(&json!({ "state": "closed" }))).await;
        missing.is_problem(404, "not-found");
    }
}

#[tokio::test]
async fn guests_past_their_leave_bring_the_staff_one_message_in_words() {
    let house = House::shared();
    let guest = people::cast(&people::population(), "insured-adult");
    let day =
        |days: i64| (time::OffsetDateTime::now_utc() + time::Duration::hours(7) - time::Duration::days(days)).date();
    let arrived = format!("{}T20:00:00+07:00", day(3));
    let input = json!({ "stay_ref": "past-leave", "guest": guest.card, "room": "9", "arrived": arrived, "expected_leave": day(1).to_string(), "reason": 1 });
    let stay = json!({ "reference": "past-leave", "input": input });
    let arrived = house.post("receptionist", "/v1/pilots/lodging-hotels/operations/arrive", &stay).await.good();
    assert_eq!(arrived["decision"], "notified");
    for _ in 0..2 {
        let morning = house.post(GROUP, "/v1/pilots/lodging-hotels/ticks/morning", &json!({})).await.good();
        assert_eq!(morning["decision"], "listed");
    }
    let messages =
        at_desk(&house, "/v1/messages", "messages", 1, |message| message["template"] == "stayed-or-left").await;
    let message = &messages[0];
    assert_eq!((&message["channel"], &message["audience"]), (&json!("staff-app"), &json!("staff")));
    assert_eq!(message["facility"], house.demo("hotel"));
    assert_ne!(message["words"]["vi"], message["words"]["en"]);
    assert!(!message["words"]["en"].as_str().unwrap().starts_with("message-"), "{message}");
    assert!(!message.to_string().contains(&guest.number));

    let key = message["key"].as_str().unwrap();
    let out = house.post(GROUP, &format!("/v1/messages/{key}/opt-out"), &json!({})).await.good();
    assert_eq!(out["state"], "opted-out");
    let (exit, shown, error) = house.command(GROUP, &["messages", "show"]);
    assert_eq!(exit, 0, "{error}");
    assert_eq!(shown["mode"], "up");
}

#[tokio::test]
async fn the_command_line_shows_every_desk() {
    let house = House::shared();
    for (desk, list) in [("desk", "notices"), ("duty", "alerts"), ("inbox", "requests"), ("messages", "messages")] {
        let (exit, shown, error) = house.command(GROUP, &[desk, "show"]);
        assert_eq!(exit, 0, "{desk}: {error}");
        assert!(shown[list].is_array(), "{desk}: {shown}");
    }
    let (exit, _, _) = house.command(GROUP, &["inbox", "answer", "0123", "granted"]);
    assert_ne!(exit, 0, "nobody asked that");
}
