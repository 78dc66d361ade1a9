//! Readings through the front door: cards, chips and codes as they are, and every way in which one is not.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_documents::kiosk::{Body, Match, sign_result};
use pilothouse_documents::synthetic::{CardFactory, CardHolder, Chip, SignerTerms};
use pilothouse_identity::{FullName, PartialDate, PersonalNumber};
use pilothouse_registry::keys;
use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::people;
use serde_json::{Value, json};
use time::macros::date;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

const READINGS: &str = "/v1/pilots/bhyt-checkin/readings";
const CLERK: &str = "registration-clerk";
const GROUP: &str = "working-group";

async fn read(house: &House, reference: &str, what: Value) -> Reply {
    let mut body = what;
    body["reference"] = reference.into();
    house.post(CLERK, READINGS, &body).await
}

/// A refusal of the reading, by its code; nothing that identifies is in the answer.
fn is_refused(reply: &Reply, code: &str) {
    reply.is_problem(422, "person-not-taken");
    assert_eq!(reply.str("/person_code"), code, "{}", reply.text);
    assert!(!reply.str("/errors/0/message").is_empty(), "{}", reply.text);
}

async fn chip_of(house: &House, number: &str) -> Value {
    house.post(GROUP, "/v1/synthetic/chips", &json!({ "number": number })).await.good()
}

async fn code_at(house: &House, facility: &str) -> Value {
    code_of(house, house.demo("patient_number"), facility).await
}

async fn code_of(house: &House, number: &str, facility: &str) -> Value {
    let body = json!({ "number": number, "facility": facility });
    house.post(GROUP, "/v1/synthetic/codes", &body).await.good()["code"].clone()
}

#[tokio::test]
async fn a_card_a_chip_and_a_code_bring_the_same_person_in() {
    let house = House::shared();
    // Not the patient whom the program itself names when it starts.
    let person = people::cast(&people::population(), "insured-adult-2");
    let chip = chip_of(&house, &person.number).await;
    let code = code_of(&house, &person.number, house.demo("hospital")).await;
    for (reference, what) in [
        ("same-card", json!({ "text": person.card })),
        ("same-chip", json!({ "chip": chip })),
        ("same-code", json!({ "vneid": code })),
    ] {
        let answer = read(&house, reference, what).await.good();
        assert!(answer["decision"].as_str().is_some_and(|decision| !decision.is_empty()), "{answer}");
    }
    assert!(!String::from_utf8_lossy(&house.written()).contains(&person.number));
}

#[tokio::test]
async fn a_chip_is_taken_in_an_operation_too() {
    let house = House::shared();
    let chip = chip_of(&house, house.demo("patient_number")).await;
    let path = "/v1/pilots/bhyt-checkin/operations/check-in";
    let body = json!({ "reference": "op-1", "input": { "patient": { "chip": chip }, "visit_kind": "outpatient" } });
    assert_eq!(house.post(CLERK, path, &body).await.good()["decision"], "admit");
    let mut wrong = body;
    wrong["reference"] = "op-2".into();
    wrong["input"]["patient"]["chip"]["hashes"]["2"] = "00".into();
    let refused = house.post(CLERK, path, &wrong).await;
    is_refused(&refused, "chip-wrong-hash");
    assert_eq!(refused.str("/errors/0/pointer"), "/input/patient/chip");
}

#[tokio::test]
async fn each_bad_card_text_has_its_own_answer_and_the_next_scan_is_taken() {
    let house = House::shared();
    let whole = "044099990017|194999001|Nguyễn Văn Thử|14021999|Nam|Tổ dân phố 0, Bắc Lý|25042021";
    let bad = [
        ("044099990017|Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25042021", "layout"),
        ("04409999001||Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25042021", "pin_format"),
        ("044199990017||Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25042021", "pin_mismatch"),
        ("044099990017||Nguyễn Văn Thử|14021998|Nam|Bắc Lý|25042021", "pin_mismatch"),
        ("044099990017||Nguyễn Văn Thử|31021999|Nam|Bắc Lý|25042021", "dob"),
        ("044099990017||Nguyễn Văn Thử|14021999|M|Bắc Lý|25042021", "sex"),
        ("044099990017||Nguyễn Văn Thử|14/02/1999|Nam|Bắc Lý|25/04/2021", "dob"),
        ("044099990017~194999001~Nguyễn Văn Thử~14021999~Nam~Bắc Lý~25042021", "layout"),
        ("044099990017|194999001|Hu廙軟h Th廙|14021999|Nam|Bắc Lý|25042021", "encoding"),
        ("https://example.invalid/044099990017", "not_identity_qr"),
        ("00020101021138570010A00000072701270006970000", "not_identity_qr"),
        (&format!("{whole}|x"), "layout"),
        ("044099990017||Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25041990", "issued"),
        (&"0".repeat(1_025), "encoding"),
    ];
    for (text, code) in bad {
        let refused = read(&house, "bad-card", json!({ "text": text })).await;
        is_refused(&refused, code);
        assert_eq!(refused.str("/errors/0/pointer"), "/text");
        assert!(!refused.text.contains("044099990017") && !refused.text.contains("Thử"), "{}", refused.text);
    }
    // The same case, once the card itself was scanned.
    let card = people::cast(&people::population(), "insured-adult").card;
    let answer = read(&house, "bad-card", json!({ "text": card })).await.good();
    assert!(answer.get("replayed").is_none());
}

#[tokio::test]
async fn a_label_in_front_of_a_card_is_taken_where_the_operator_allows_it() {
    let card = people::cast(&people::population(), "insured-adult").card;
    let labelled = json!({ "text": format!("CCCD: {card}\r\n") });
    is_refused(&read(&House::shared(), "labelled", labelled.clone()).await, "pin_format");
    let house = House::start_with(&["--card-label", "CCCD:"]);
    let answer = read(&house, "labelled", labelled).await.good();
    assert_eq!(answer["decision"], "admit");
    is_refused(&read(&house, "other", json!({ "text": format!("ID: {card}") })).await, "pin_format");
}

#[tokio::test]
async fn each_bad_chip_has_its_own_answer() {
    let house = House::shared();
    let chip = chip_of(&house, house.demo("patient_number")).await;
    let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let sod = bytes(&chip["sod"]);
    let with = |field: &str, value: Value| {
        let mut chip = chip.clone();
        *chip.pointer_mut(field).unwrap() = value;
        json!({ "chip": chip })
    };
    let mut group = bytes(&chip["groups"]["1"]);
    group[40] ^= 1;
    let mut signature = sod.clone();
    *signature.last_mut().unwrap() ^= 1;
    let packed = |bytes: &[u8]| Value::from(STANDARD.encode(bytes));
    for (what, code) in [
        (with("/groups/1", packed(&group)), "chip-wrong-hash"),
        (with("/sod", packed(&sod[..sod.len() / 2])), "chip-cut"),
        (with("/sod", packed(&signature)), "chip-signature"),
        (with("/sod", packed(&[0x77, 0x80, 0, 0])), "chip-not-der"),
        (with("/sod", packed(&vec![0x77; 40_000])), "chip-too-large"),
        (with("/groups", json!({})), "chip-no-group-1"),
        (with("/groups", json!({ "1": chip["groups"]["1"], "3": "" })), "chip-biometric-group"),
        (with("/sod", "no base64".into()), "reading-malformed"),
    ] {
        is_refused(&read(&house, "bad-chip", what).await, code);
    }
    assert!(read(&house, "bad-chip", json!({ "chip": chip })).await.good().get("replayed").is_none());
}

#[tokio::test]
async fn a_code_is_good_once_and_at_its_own_place() {
    let house = House::shared();
    let code = code_at(&house, house.demo("hospital")).await;
    let first = read(&house, "code-1", json!({ "vneid": code })).await.good();
    // The desk asks again, as after a broken connection: the same answer.
    let again = read(&house, "code-1", json!({ "vneid": code })).await.good();
    assert_eq!((&again["replayed"], &again["id"]), (&Value::Bool(true), &first["id"]));
    read(&house, "code-2", json!({ "vneid": code })).await.is_problem(409, "reading-used");
    let elsewhere = code_at(&house, house.demo("hotel")).await;
    is_refused(&read(&house, "code-3", json!({ "vneid": elsewhere })).await, "vneid-audience");
    is_refused(&read(&house, "code-3", json!({ "vneid": "PHVNEID1.e30.AA" })).await, "vneid-not-a-code");
}

#[tokio::test]
async fn a_used_code_stays_used_after_a_power_failure() {
    let mut house = House::start();
    let code = code_at(&house, house.demo("hospital")).await;
    let _first = read(&house, "code-1", json!({ "vneid": code })).await.good();
    house.kill();
    house.restart();
    read(&house, "code-2", json!({ "vneid": code })).await.is_problem(409, "reading-used");
    assert_eq!(read(&house, "code-1", json!({ "vneid": code })).await.good()["replayed"], true);
}

/// The person of a kiosk's result, as an operation takes one.
async fn checked_in(house: &House, reference: &str, kiosk: &str, (result, signature): (String, String)) -> Reply {
    let patient = json!({ "kiosk": { "device": kiosk, "result": result, "signature": signature } });
    let body = json!({ "reference": reference, "input": { "patient": patient, "visit_kind": "outpatient" } });
    house.post(CLERK, "/v1/pilots/bhyt-checkin/operations/check-in", &body).await
}

#[tokio::test]
async fn a_kiosk_of_the_facility_brings_a_person_in_once_and_no_other_key_speaks_for_it() {
    let house = House::shared();
    let person = people::cast(&people::population(), "insured-adult-2");
    let number = PersonalNumber::parse(&person.number).unwrap();
    let (kiosk, stranger) = (keys::generate().unwrap(), keys::generate().unwrap());
    let id = keys::key_id(&kiosk.verifying_key()).to_string();
    let public = keys::public_pem(&kiosk.verifying_key()).unwrap();
    let device = json!({ "facility": house.demo("hospital"), "role": CLERK, "class": "kiosk", "public_key": public });
    let _enrolled = house.post(GROUP, "/v1/devices", &device).await.good();
    let now = OffsetDateTime::now_utc();
    let result = |key, nonce: u8, band, at| sign_result(key, &id, &number, (Body::Face, band), at, &[nonce; 16]);

    let first = result(&kiosk, 1, Match::High, now);
    let answer = checked_in(&house, "kiosk-1", &id, first.clone()).await.good();
    assert!(answer["decision"].as_str().is_some_and(|decision| !decision.is_empty()), "{answer}");
    assert_eq!(checked_in(&house, "kiosk-1", &id, first.clone()).await.good()["replayed"], true);
    checked_in(&house, "kiosk-2", &id, first).await.is_problem(409, "reading-used");

    let forged = result(&stranger, 2, Match::High, now);
    is_refused(&checked_in(&house, "kiosk-3", &id, forged).await, "kiosk-signature");
    let ahead = result(&kiosk, 3, Match::High, now + Duration::hours(1));
    is_refused(&checked_in(&house, "kiosk-4", &id, ahead).await, "kiosk-in-future");
    let text = result(&kiosk, 4, Match::High, now).1;
    is_refused(&checked_in(&house, "kiosk-5", &id, ("?".to_owned(), text)).await, "reading-malformed");
    // Somebody who does not look like the card is no more than a number that was typed.
    let other = result(&kiosk, 5, Match::Failed, now);
    let answer = checked_in(&house, "kiosk-6", &id, other).await.good();
    assert!(answer["reasons"].to_string().contains("low-assurance"), "{answer}");
}

#[tokio::test]
async fn a_reading_from_the_future_two_at_once_and_a_foreign_kiosk_are_refused() {
    let house = House::shared();
    let card = people::cast(&people::population(), "insured-adult").card;
    let at = (OffsetDateTime::now_utc() + Duration::hours(1)).format(&Rfc3339).unwrap();
    let future = read(&house, "future", json!({ "text": card, "captured_at": at })).await;
    future.is_problem(422, "captured-in-future");
    read(&house, "two", json!({ "text": card, "vneid": "x" })).await.is_problem(422, "malformed");
    read(&house, "none", json!({})).await.is_problem(422, "malformed");
    let kiosk = json!({ "kiosk": { "device": "nobodys", "result": "e30=", "signature": "AA==" } });
    is_refused(&read(&house, "kiosk", kiosk).await, "kiosk-unknown");
}

/// A card of the insured adult as another factory makes it.
fn card_of(factory: &CardFactory, number: &str) -> Value {
    let number = PersonalNumber::parse(number).unwrap();
    let born = PartialDate::full(number.birth_year(), 1, 1).unwrap();
    let holder = CardHolder {
        number,
        name: FullName::parse("Nguyễn Văn Thử").unwrap(),
        born,
        address: None,
        old_number: None,
        issued: date!(2022 - 01 - 01),
        expires: None,
    };
    let Chip { sod, groups, picture_hash } = factory.card(&holder);
    let groups: serde_json::Map<String, Value> =
        groups.iter().map(|(number, group)| (number.to_string(), STANDARD.encode(group).into())).collect();
    json!({ "chip": { "sod": STANDARD.encode(sod), "groups": groups, "hashes": { "2": hex(&picture_hash) } } })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_operators_own_list_decides_which_signers_are_believed() {
    let mut house = House::start();
    let own = [41; 32];
    let factory = CardFactory::new(&own).unwrap();
    let signer = |terms| CardFactory::with_signer(&own, terms).unwrap();
    house.kill();
    let list = format!("{}{}", factory.issuer_pem(), factory.revocations_pem(&[9], date!(2045 - 01 - 01)));
    std::fs::write(house.folder().join("csca.pem"), list).unwrap();
    house.restart();

    let number = house.demo("patient_number").to_owned();
    let _taken = read(&house, "own", card_of(&factory, &number)).await.good();
    let expired = SignerTerms { valid: (date!(2022 - 01 - 01), date!(2025 - 01 - 01)), ..SignerTerms::default() };
    let early = SignerTerms { valid: (date!(2044 - 01 - 01), date!(2045 - 01 - 01)), ..SignerTerms::default() };
    let revoked = SignerTerms { serial: 9, ..SignerTerms::default() };
    let forged = SignerTerms { borrowed_name: Some(own), ..SignerTerms::default() };
    let forger = CardFactory::with_signer(&[42; 32], forged).unwrap();
    for (chip, code) in [
        (card_of(&signer(expired), &number), "chip-signer-expired"),
        (card_of(&signer(early), &number), "chip-signer-not-yet-valid"),
        (card_of(&signer(revoked), &number), "chip-signer-revoked"),
        (card_of(&forger, &number), "chip-signer-forged"),
        // The demonstration's own issuer is not on this list any more.
        (json!({ "chip": chip_of(&house, &number).await }), "chip-unknown-signer"),
    ] {
        is_refused(&read(&house, "other", chip).await, code);
    }
}

#[tokio::test]
async fn scan_says_what_a_text_is_and_sends_it_as_the_facilitys_reading() {
    let house = House::shared();
    let card = people::cast(&people::population(), "insured-adult");
    let (exit, said, _) = house.command(CLERK, &["scan", &card.card]);
    assert_eq!((exit, &said["is"], &said["number"]), (0, &json!("card"), &json!(card.number)));
    let (exit, said, _) = house.command(CLERK, &["scan", "https://example.invalid/"]);
    assert_eq!((exit, &said["is"], &said["code"]), (1, &json!("no-card"), &json!("not_identity_qr")));
}

#[tokio::test]
async fn scan_with_a_facility_sends_the_reading_of_that_facility_only() {
    let house = House::shared();
    let card = people::cast(&people::population(), "insured-adult").card;
    let send = |facility: &str| {
        let to = ["--at", facility, "--pilot", "bhyt-checkin", "--reference", "scan-1"];
        house.command(CLERK, &[&["scan", card.as_str()][..], &to[..]].concat())
    };
    let (exit, answer, said) = send(house.demo("hospital"));
    assert_eq!(exit, 0, "{said}");
    assert!(answer["decision"].is_string(), "{answer}");
    let (exit, _, said) = send(house.demo("hotel"));
    assert_eq!(exit, 3, "{said}");
}
