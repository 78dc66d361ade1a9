//! Devices at the front door: enrolled, signing, offline and late, forged, replayed, revoked.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use pilothouse_registry::signed_request::SignatureFields;
use pilothouse_tests::house::House;
use pilothouse_tests::people;
use pilothouse_tests::reader::{self, Reader, reading, seconds_ago};
use reqwest::Method;
use serde_json::{Value, json};
use time::{OffsetDateTime, UtcOffset};

const READINGS: &str = "/v1/pilots/bhyt-checkin/readings";
const BACKLOG: &str = "/v1/pilots/bhyt-checkin/readings/backlog";
const CLERK: &str = "registration-clerk";
const GROUP: &str = "working-group";

fn card(name: &str) -> String {
    people::cast(&people::population(), name).card
}

async fn device_of(house: &House, id: &str) -> Value {
    let all = house.get("auditor", "/v1/devices").await.good();
    all.as_array().unwrap().iter().find(|device| device["id"] == id).unwrap().clone()
}

#[tokio::test]
async fn an_enrolled_device_is_believed_by_its_signature_and_its_clock_is_shown() {
    let house = House::shared();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let body = reading("signed-1", &card("insured-adult"), &seconds_ago(3));
    let first = own.send(&house, READINGS, &body).await.good();
    assert!(first["evidence"]["id"].is_string(), "{first}");
    // The same event, signed anew, as after an answer that was lost.
    let again = own.send(&house, READINGS, &body).await.good();
    assert_eq!((&again["replayed"], &again["id"]), (&json!(true), &first["id"]));

    own.ahead = 120;
    let body = reading("signed-2", &card("insured-adult-2"), &seconds_ago(2));
    let _second = own.send(&house, READINGS, &body).await.good();
    let device = device_of(&house, &own.id()).await;
    let ahead = device["clock_ahead_seconds"].as_i64().unwrap();
    assert!((115..=121).contains(&ahead), "{device}");
    assert!(device["seen"].as_i64().unwrap() > device["enrolled"].as_i64().unwrap());
    assert_eq!(device["facility"], house.demo("hospital"));

    let record = house.get("auditor", &format!("/v1/invocations/{}", first["id"].as_str().unwrap())).await.good();
    assert_eq!(record["record"]["caller"]["device"], own.id());
}

#[tokio::test]
async fn the_time_of_an_event_is_that_of_the_hosts_clock_where_the_devices_is_off() {
    let house = House::shared();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let micros = |text: &str| {
        let at = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap();
        i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap()
    };
    let record_of = async |answer: Value| {
        let id = answer["id"].as_str().unwrap().to_owned();
        house.get("auditor", &format!("/v1/invocations/{id}")).await.good()["record"].clone()
    };
    // An event of ten minutes ago, as a clock that is right tells it: kept as it was told.
    let told = seconds_ago(600);
    let answer = own.send(&house, READINGS, &reading("clock-1", &card("insured-adult"), &told)).await.good();
    let record = record_of(answer).await;
    assert_eq!(record["captured_at"], micros(&told));
    assert!(record["caller"]["clock_ahead"].is_null(), "{record}");

    // The same moment on clocks that are off, also where the device's own time is still to come.
    for (number, ahead, ago) in [(2, 240, 600), (3, -240, 600), (4, 290, 30)] {
        own.ahead = ahead;
        let told = seconds_ago(ago - ahead);
        let body = reading(&format!("clock-{number}"), &card("insured-adult-2"), &told);
        let answer = own.send(&house, READINGS, &body).await.good();
        assert_eq!(own.send(&house, READINGS, &body).await.good()["replayed"], true);
        let record = record_of(answer).await;
        let off = record["caller"]["clock_ahead"].as_i64().unwrap();
        assert!((ahead - 5..=ahead).contains(&off), "{record}");
        let kept = record["captured_at"].as_i64().unwrap();
        let right = micros(&told) - ahead * 1_000_000;
        assert!((right - 1_000_000..right + 5_000_000).contains(&kept), "{record}");
    }
}

#[tokio::test]
async fn a_foreign_key_a_tampered_body_and_a_replayed_signature_are_each_told_by_name() {
    let house = House::shared();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let body = reading("forged-1", &card("insured-adult"), &seconds_ago(1));
    Reader::new().send(&house, READINGS, &body).await.is_problem(401, "device-unknown");

    let bytes = body.to_string().into_bytes();
    let mut foreign = Reader::new().sign(&house, READINGS, &bytes);
    foreign.signature_input = own.sign(&house, READINGS, &bytes).signature_input;
    reader::send(&house, READINGS, &foreign, bytes.clone()).await.unwrap().is_problem(401, "device-signature");

    let signed = own.sign(&house, READINGS, &bytes);
    let other = reading("forged-2", &card("insured-adult"), &seconds_ago(1)).to_string().into_bytes();
    reader::send(&house, READINGS, &signed, other).await.unwrap().is_problem(400, "device-body");
    let elsewhere = own.sign(&house, "/v1/pilots/lodging-hotels/readings", &bytes);
    reader::send(&house, READINGS, &elsewhere, bytes.clone()).await.unwrap().is_problem(401, "device-signature");
    let mut half = own.sign(&house, READINGS, &bytes);
    half.signature_input = half.signature_input.replace("\"@method\" ", "");
    reader::send(&house, READINGS, &half, bytes.clone()).await.unwrap().is_problem(400, "device-signature-form");

    let signed = own.sign(&house, READINGS, &bytes);
    let _taken = reader::send(&house, READINGS, &signed, bytes.clone()).await.unwrap().good();
    reader::send(&house, READINGS, &signed, bytes).await.unwrap().is_problem(401, "device-replayed");
}

#[tokio::test]
async fn what_is_not_signed_or_is_for_officers_is_not_for_devices() {
    let house = House::shared();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let body = reading("unsigned-1", &card("insured-adult"), &seconds_ago(1));
    house.post("", READINGS, &body).await.is_problem(401, "no-credential");
    own.send(&house, "/v1/pilots/bhyt-checkin/disable", &json!({})).await.is_problem(401, "no-credential");
    own.send(&house, "/v1/pilots/bhyt-checkin/operations/day-summary", &json!({ "input": {} }))
        .await
        .is_problem(401, "no-credential");
    for role in [CLERK, "auditor", "department"] {
        house
            .post(role, "/v1/devices", &own.enrolment(house.demo("hospital"), CLERK))
            .await
            .is_problem(403, "role-not-allowed");
    }
    // Enrolled once: nobody makes another facility's device of it.
    house
        .post(GROUP, "/v1/devices", &own.enrolment(house.demo("hotel"), "receptionist"))
        .await
        .is_problem(409, "exists-already");
    house
        .post(GROUP, "/v1/devices", &Reader::new().enrolment("no-such-place", CLERK))
        .await
        .is_problem(404, "not-found");
}

#[tokio::test]
async fn another_facilitys_device_is_refused_for_this_one_and_for_what_its_role_may_not() {
    let house = House::shared();
    let mut hotels = Reader::enrolled(&house, house.demo("hotel"), "receptionist").await;
    let body = reading("other-1", &card("insured-adult"), &seconds_ago(1));
    hotels.send(&house, READINGS, &body).await.is_problem(403, "role-not-allowed");

    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let mut elsewhere = body.clone();
    elsewhere["facility"] = json!(house.demo("hotel"));
    own.send(&house, READINGS, &elsewhere).await.is_problem(403, "other-facility");
    elsewhere["facility"] = json!(house.demo("hospital"));
    assert_eq!(own.send(&house, READINGS, &elsewhere).await.status, 200);
}

#[tokio::test]
async fn a_reading_from_the_future_one_that_is_too_old_and_a_clock_that_is_off_are_refused_clearly() {
    let house = House::shared();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let text = card("insured-adult");
    own.send(&house, READINGS, &reading("when-1", &text, &seconds_ago(-600)))
        .await
        .is_problem(422, "captured-in-future");
    let old = seconds_ago(40 * 86_400);
    own.send(&house, READINGS, &reading("when-2", &text, &old)).await.is_problem(422, "captured-too-long-ago");
    let mut without = reading("when-3", &text, "");
    without.as_object_mut().unwrap().remove("captured_at");
    own.send(&house, READINGS, &without).await.is_problem(422, "invalid-captured-at");

    own.ahead = -4_000;
    let late = own.send(&house, READINGS, &reading("when-4", &text, &seconds_ago(5))).await;
    late.is_problem(401, "device-clock");
    let ahead = late.json["clock_ahead_seconds"].as_i64().unwrap();
    assert!((-4_005..=-3_995).contains(&ahead), "{}", late.text);
    assert_eq!(device_of(&house, &own.id()).await["clock_ahead_seconds"], ahead);
}

#[tokio::test]
async fn a_revoked_device_is_refused_with_the_next_request_and_never_comes_back() {
    let mut house = House::start();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let text = card("insured-adult");
    assert_eq!(own.send(&house, READINGS, &reading("gone-1", &text, &seconds_ago(2))).await.status, 200);
    let revoked = house.send(Method::DELETE, GROUP, &format!("/v1/devices/{}", own.id()), None).await.good();
    assert_eq!(revoked["revoked"], own.id());
    own.send(&house, READINGS, &reading("gone-2", &text, &seconds_ago(1))).await.is_problem(401, "device-revoked");
    house
        .post(GROUP, "/v1/devices", &own.enrolment(house.demo("hospital"), CLERK))
        .await
        .is_problem(409, "exists-already");

    house.kill();
    house.restart();
    own.send(&house, READINGS, &reading("gone-3", &text, &seconds_ago(1))).await.is_problem(401, "device-revoked");
    let device = device_of(&house, &own.id()).await;
    assert!(device["revoked"].is_i64() && device["seen"].is_i64(), "{device}");
}

#[tokio::test]
async fn a_signature_from_before_a_restart_is_believed_no_more_than_one_that_was_used_since() {
    let mut house = House::start_with(&["--authority", "house.test"]);
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let body = reading("caught-1", &card("insured-adult"), &seconds_ago(1)).to_string().into_bytes();
    // Another port after the restart, and still the same name.
    own.name = Some("http://house.test");
    let named = |fields: &SignatureFields| {
        [
            ("host", "house.test".to_owned()),
            ("content-digest", fields.content_digest.clone()),
            ("signature-input", fields.signature_input.clone()),
            ("signature", fields.signature.clone()),
        ]
    };
    // It lasts longer than the restart: its clock is ahead. Whoever caught it on its way may still have it.
    own.ahead = 30;
    let caught = own.sign(&house, READINGS, &body);
    let first = house.post_with(READINGS, &named(&caught), body.clone()).await.unwrap().good();
    house.kill();
    house.restart();
    house.post_with(READINGS, &named(&caught), body.clone()).await.unwrap().is_problem(401, "device-replayed");

    own.ahead = 60;
    let anew = own.sign(&house, READINGS, &body);
    let again = house.post_with(READINGS, &named(&anew), body.clone()).await.unwrap().good();
    assert_eq!((&again["replayed"], &again["id"]), (&json!(true), &first["id"]));
    house.post_with(READINGS, &named(&anew), body).await.unwrap().is_problem(401, "device-replayed");
}

#[tokio::test]
async fn what_a_device_or_a_gateway_signs_beyond_the_profile_is_no_fault() {
    let house = House::shared();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let authority = house.address().trim_start_matches("http://").to_owned();
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let more = [("@authority", authority.as_str()), ("content-type", "application/json"), ("@path", READINGS)];
    for (number, (more, parameters)) in [
        (&more[..0], format!(";expires={}", now + 300)),
        (&more[..0], ";tag=\"reader\"".to_owned()),
        (&more[..], String::new()),
    ]
    .into_iter()
    .enumerate()
    {
        let body = reading(&format!("beyond-{number}"), &card("insured-adult"), &seconds_ago(1)).to_string();
        let signed = own.sign_more(&house, READINGS, body.as_bytes(), more, &parameters);
        let answer = reader::send(&house, READINGS, &signed, body.into_bytes()).await.unwrap();
        assert_eq!(answer.status, 200, "{parameters} {}", answer.text);
    }
    let gateway = ("proxy=(\"@method\");created=7;keyid=\"px\"", "proxy=:AAAA:");
    for is_first in [true, false] {
        let body = reading(&format!("beside-{is_first}"), &card("insured-adult"), &seconds_ago(1)).to_string();
        let mut signed = own.sign(&house, READINGS, body.as_bytes());
        for (field, of_gateway) in [(&mut signed.signature_input, gateway.0), (&mut signed.signature, gateway.1)] {
            *field = if is_first { format!("{of_gateway}, {field}") } else { format!("{field}, {of_gateway}") };
        }
        let answer = reader::send(&house, READINGS, &signed, body.into_bytes()).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn each_fault_of_a_signature_has_a_name_of_its_own() {
    let house = House::shared();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let body = reading("faults-1", &card("insured-adult"), &seconds_ago(1)).to_string().into_bytes();
    let now = OffsetDateTime::now_utc().unix_timestamp();
    own.ahead = -60;
    let expired = own.sign_more(&house, READINGS, &body, &[], &format!(";expires={}", now - 10));
    reader::send(&house, READINGS, &expired, body.clone()).await.unwrap().is_problem(401, "device-signature-expired");
    own.ahead = 0;
    let good = own.sign(&house, READINGS, &body);
    for (from, to, named) in [
        (";nonce=\"", ";once=\"", "`nonce`"),
        (";created=", ";made=", "`created`"),
        ("alg=\"ed25519\"", "alg=\"rsa-v1_5-sha256\"", "`alg`"),
        ("\"content-digest\"", "\"content-type\"", "`content-digest`"),
        ("\"@method\"", "\"@method\" \"x-absent\"", "field that the request does not have"),
    ] {
        let mut changed = good.clone();
        changed.signature_input = changed.signature_input.replace(from, to);
        assert_ne!(changed, good, "{from}");
        let answer = reader::send(&house, READINGS, &changed, body.clone()).await.unwrap();
        answer.is_problem(400, "device-signature-form");
        assert!(answer.str("/detail").contains(named), "{from}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_signature_is_for_this_host_s_name_however_it_is_written_and_for_no_other() {
    let house = House::start_with(&["--authority", "dat.example"]);
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    for (number, (name, host, status)) in [
        ("http://dat.example", "dat.example", 200),
        ("http://dat.example", "dat.example:80", 200),
        ("https://dat.example", "DAT.Example:443", 200),
        ("http://DAT.Example", "DAT.Example", 200),
        ("http://dat.example:80", "dat.example", 200),
        ("http://other.example", "other.example", 421),
        ("http://127.0.0.1:1", "127.0.0.1:1", 421),
        ("http://other.example", "dat.example", 401),
    ]
    .into_iter()
    .enumerate()
    {
        let body = reading(&format!("named-{number}"), &card("insured-adult"), &seconds_ago(1)).to_string();
        own.name = Some(name);
        let signed = own.sign(&house, READINGS, body.as_bytes());
        let fields = [
            ("host", host.to_owned()),
            ("content-digest", signed.content_digest),
            ("signature-input", signed.signature_input),
            ("signature", signed.signature),
        ];
        let answer = house.post_with(READINGS, &fields, body.into_bytes()).await.unwrap();
        assert_eq!(answer.status, status, "{name} {host}: {}", answer.text);
    }
}

/// What the summary of a day says of its visits.
async fn visits_of(house: &House, reference: &str, day: time::Date) -> Vec<String> {
    let body = json!({ "reference": reference, "input": { "date": day.to_string() } });
    let summary = house.post(CLERK, "/v1/pilots/bhyt-checkin/operations/day-summary", &body).await.good();
    let order = summary["data"]["in_order"].as_array().unwrap().iter();
    order.map(|visit| visit.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_device_that_was_offline_sends_late_and_out_of_order_and_nothing_is_lost_doubled_or_on_the_wrong_day() {
    let mut house = House::start();
    let wide = json!({ "late-limit-hours": 72 });
    let _set = house.send(Method::PATCH, "department", "/v1/pilots/bhyt-checkin/settings", Some(&wide)).await.good();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let now = OffsetDateTime::now_utc().to_offset(UtcOffset::from_hms(7, 0, 0).unwrap());
    let into_today = now.time().duration_since(time::Time::MIDNIGHT).whole_seconds();
    let (today, yesterday) = (now.date(), now.date().previous_day().unwrap());
    // Two on each side of midnight, as far as today is old enough; sent the last one first.
    let people = ["insured-adult", "insured-adult-2", "poor-household", "near-poor-household"];
    let ago = [into_today + 7_200, into_today + 1, into_today / 2, into_today / 4];
    let event = |place: usize| reading(&format!("late-{place}"), &card(people[place]), &seconds_ago(ago[place]));
    let events: Vec<Value> = [3, 1, 0, 2].into_iter().map(event).collect();
    // One came through before the network went: it is in the backlog again.
    let before = own.send(&house, READINGS, &events[2]).await.good();

    let mut with_faults = events.clone();
    with_faults.push(reading("late-4", "no card at all", &seconds_ago(5)));
    with_faults.push(reading("late-5", &card(people[0]), "yesterday"));
    with_faults.push(reading("late-6", &card(people[0]), &seconds_ago(-900)));
    let answers = own.send(&house, BACKLOG, &json!({ "events": with_faults })).await.good();
    let answers = answers["answers"].as_array().unwrap().clone();
    let references: Vec<&str> = answers.iter().map(|answer| answer["reference"].as_str().unwrap()).collect();
    assert_eq!(references, ["late-3", "late-1", "late-0", "late-2", "late-4", "late-5", "late-6"]);
    let statuses: Vec<u64> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 422, 422, 422], "{answers:?}");
    assert_eq!(answers[2]["answer"]["id"], before["id"]);
    assert_eq!(answers[4]["problem"]["type"], "/problems/person-not-taken");
    assert_eq!(answers[5]["problem"]["type"], "/problems/invalid-captured-at");
    assert_eq!(answers[6]["problem"]["type"], "/problems/captured-in-future");

    // The answer is lost and the host falls: the device sends all of it again, and then each alone.
    house.kill();
    house.restart();
    // Whatever it had signed in the second in which the host fell, it signs anew.
    own.ahead = 1;
    let again = own.send(&house, BACKLOG, &json!({ "events": events })).await.good();
    for (first, again) in answers.iter().zip(again["answers"].as_array().unwrap()) {
        assert_eq!((&again["answer"]["replayed"], &again["answer"]["id"]), (&json!(true), &first["answer"]["id"]));
    }
    for event in &events {
        assert_eq!(own.send(&house, READINGS, event).await.good()["replayed"], true);
    }
    assert_eq!(visits_of(&house, "days-1", yesterday).await, ["late-0", "late-1"]);
    assert_eq!(visits_of(&house, "days-2", today).await, ["late-2", "late-3"]);
    let report = house.post("auditor", "/v1/log/verify", &json!({})).await.good();
    // Four visits, and the two summaries.
    assert_eq!(report["invocations"], 6, "{report}");
}

#[tokio::test]
async fn a_backlog_is_bounded_in_events_and_in_bytes() {
    let house = House::shared();
    let mut own = Reader::enrolled(&house, house.demo("hospital"), CLERK).await;
    let many: Vec<Value> = (0..101).map(|number| reading(&format!("many-{number}"), "x", &seconds_ago(1))).collect();
    own.send(&house, BACKLOG, &json!({ "events": many })).await.is_problem(422, "malformed");
    own.send(&house, BACKLOG, &json!({ "events": [] })).await.is_problem(422, "malformed");
    let long = reading("long-1", &"x".repeat(300 << 10), &seconds_ago(1));
    own.send(&house, BACKLOG, &json!({ "events": [long] })).await.is_problem(413, "too-large");
}

#[tokio::test]
async fn the_command_line_enrols_simulates_lists_and_revokes_a_device() {
    let house = House::shared();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("reader.pem");
    let key = key.to_str().unwrap();
    let (adult, other) = (card("insured-adult"), card("insured-adult-2"));
    let hospital = house.demo("hospital").to_owned();
    let simulate =
        ["device", "simulate", "--key", key, "--pilot", "bhyt-checkin", "--facility", &hospital, "--role", CLERK];
    let run = |more: &[&str]| house.command("", &[&simulate[..], more].concat());
    let (exit, shown, said) = house.command("", &["demo", "--card", "insured-adult"]);
    assert_eq!((exit, shown["text"].as_str()), (0, Some(&*adult)), "{said}");
    let (exit, cards, said) = house.command("", &["demo", "--card"]);
    let is_listed = cards.as_array().is_some_and(|cards| cards.iter().any(|card| card["name"] == "insured-adult-2"));
    assert!(exit == 0 && is_listed, "{cards} {said}");
    let (exit, _, said) = house.command("", &["demo", "--card", "nobody"]);
    assert!(exit == 1 && said.contains("no card of `nobody`"), "{said}");
    let (exit, online, said) = run(&["--reference", "sim-1", &adult]);
    assert_eq!((exit, online[0]["status"].as_u64()), (0, Some(200)), "{online} {said}");
    let (exit, late, said) = run(&["--reference", "sim-2", "--offline", &adult, &other]);
    assert_eq!((exit, late.as_array().map(Vec::len)), (0, Some(2)), "{late} {said}");
    assert_eq!(late[0]["reference"], "sim-2-1");
    let (exit, behind, said) = run(&["--reference", "sim-slow", "--clock-ahead", "-200", &other]);
    assert_eq!((exit, behind[0]["status"].as_u64()), (0, Some(200)), "{behind} {said}");
    let slow = format!("/v1/invocations/{}", behind[0]["answer"]["id"].as_str().unwrap());
    let slow = house.get("auditor", &slow).await.good();
    let off = slow["record"]["caller"]["clock_ahead"].as_i64().unwrap();
    assert!((-210..=-200).contains(&off), "{slow}");
    let (exit, far, said) = run(&["--reference", "sim-far", "--clock-ahead", "400", &other]);
    assert_eq!((exit, far[0]["status"].as_u64()), (1, Some(401)), "{far} {said}");
    let (exit, none, said) = run(&["--reference", "sim-3", "no card"]);
    assert_eq!((exit, none[0]["status"].as_u64()), (1, Some(422)), "{none} {said}");

    let (_, listed, _) = house.command("auditor", &["device", "list"]);
    let device =
        listed.as_array().unwrap().iter().find(|device| device["facility"] == hospital && device["seen"].is_i64());
    let ids: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|device| device["id"].as_str()).collect();
    assert!(device.is_some() && !ids.is_empty(), "{listed}");
    let own = online[0]["answer"]["id"].as_str().unwrap();
    let record = house.get("auditor", &format!("/v1/invocations/{own}")).await.good();
    let id = record["record"]["caller"]["device"].as_str().unwrap().to_owned();
    assert_eq!(house.command("", &["device", "revoke", &id]).0, 0);
    let (exit, gone, _) = run(&["--reference", "sim-4", &adult]);
    assert_eq!((exit, gone[0]["status"].as_u64()), (1, Some(401)), "{gone}");
}
