//! Through the front door of the real program: desks, officers, auditors, vendors, and whoever comes by.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use pilothouse_registry::{Package, keys};
use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::people;
use pilothouse_tests::zoo::{self, Fate, Specimen};
use reqwest::Method;
use serde_json::{Value, json};

const CHECK_IN: &str = "/v1/pilots/bhyt-checkin/operations/check-in";
const CLERK: &str = "registration-clerk";
const GROUP: &str = "working-group";

fn visit(reference: &str, patient: &str) -> Value {
    json!({ "reference": reference, "input": { "patient": patient, "visit_kind": "outpatient" } })
}

async fn check_in(house: &House, reference: &str) -> Reply {
    house.post(CLERK, CHECK_IN, &visit(reference, house.demo("patient_number"))).await
}

#[tokio::test]
async fn a_check_in_is_decided_once_and_sent_again_it_is_answered_alike() {
    let house = House::shared();
    let mut first = check_in(&house, "once-1").await.good();
    assert_eq!(first["decision"], "admit");
    assert!(!first["say"]["vi"].as_str().unwrap().is_empty());
    assert!(first.get("replayed").is_none());
    assert_eq!(first["evidence"]["id"], first["id"]);

    let mut again = check_in(&house, "once-1").await.good();
    assert_eq!(again["replayed"], true);
    // Where it stands in the log is known to the first answer alone.
    for (answer, own) in [(&mut first, "evidence"), (&mut again, "replayed")] {
        answer.as_object_mut().unwrap().remove(own);
    }
    again.as_object_mut().unwrap().remove("evidence");
    assert_eq!(first, again);

    let other = json!({ "reference": "once-1", "input": { "patient": house.demo("patient_number"), "visit_kind": "emergency" } });
    house.post(CLERK, CHECK_IN, &other).await.is_problem(409, "reference-used");
}

#[tokio::test]
async fn a_field_that_is_missing_is_named_and_an_unknown_person_is_not_repeated() {
    let house = House::shared();
    let missing = json!({ "reference": "wrong-1", "input": { "patient": house.demo("patient_number") } });
    let missing = house.post(CLERK, CHECK_IN, &missing).await;
    missing.is_problem(422, "invalid-input");
    assert!(missing.str("/errors/0/pointer").starts_with('/'), "{}", missing.text);
    assert!(missing.str("/errors/0/message").contains("visit_kind"), "{}", missing.text);
    assert!(!missing.text.contains(house.demo("patient_number")));

    let number = people::nobody(&people::population());
    let unknown = house.post(CLERK, CHECK_IN, &visit("wrong-2", &number)).await;
    unknown.is_problem(422, "person-not-taken");
    assert_eq!(unknown.str("/person_code"), "person-unknown");
    assert_eq!(unknown.str("/errors/0/pointer"), "/input/patient");
    assert!(!unknown.text.contains(&number));

    house.post(CLERK, CHECK_IN, &visit("", &number)).await.is_problem(400, "invalid-reference");
    house
        .post(CLERK, "/v1/pilots/nobodys/operations/check-in", &visit("wrong-3", &number))
        .await
        .is_problem(404, "unknown-pilot");
}

#[tokio::test]
async fn who_shows_no_token_is_unknown_and_who_has_another_role_may_not() {
    let house = House::shared();
    let patient = house.demo("patient_number");
    house.post("", CHECK_IN, &visit("who-1", patient)).await.is_problem(401, "no-credential");
    let invented =
        house.ask(Method::POST, "ph_invented_token", CHECK_IN, Some(&visit("who-1", patient))).await.unwrap();
    invented.is_problem(401, "no-credential");
    for role in ["receptionist", "auditor", GROUP] {
        house.post(role, CHECK_IN, &visit("who-2", patient)).await.is_problem(403, "role-not-allowed");
    }
    for role in [CLERK, "auditor", "department"] {
        let refused = house.post(role, "/v1/pilots/bhyt-checkin/disable", &json!({})).await;
        refused.is_problem(403, "role-not-allowed");
    }
    house.get(CLERK, "/v1/credentials").await.is_problem(403, "role-not-allowed");
}

#[tokio::test]
async fn a_revoked_credential_is_refused_with_the_next_request() {
    let house = House::shared();
    let of = json!({ "role": CLERK, "unit": house.unit(CLERK), "facility": house.demo("hospital") });
    let given = house.post(GROUP, "/v1/credentials", &of).await.good();
    let (id, token) = (given["id"].as_str().unwrap(), given["token"].as_str().unwrap());
    let body = visit("revoked-1", house.demo("patient_number"));
    assert_eq!(house.ask(Method::POST, token, CHECK_IN, Some(&body)).await.unwrap().status, 200);

    let _revoked = house.send(Method::DELETE, GROUP, &format!("/v1/credentials/{id}"), None).await.good();
    house.ask(Method::POST, token, CHECK_IN, Some(&body)).await.unwrap().is_problem(401, "no-credential");
    let listed = house.get(GROUP, "/v1/credentials").await;
    assert!(listed.text.contains(id) && !listed.text.contains(token));
}

#[tokio::test]
async fn a_disabled_pilot_says_what_to_do_meanwhile_and_serves_again_when_enabled() {
    // Its own house: nobody else's check-ins may be refused.
    let house = House::start();
    assert_eq!(check_in(&house, "off-1").await.status, 200);
    let off = house.post(GROUP, "/v1/pilots/bhyt-checkin/disable", &json!({})).await.good();
    assert_eq!(off["state"]["is"], "off");
    let refused = check_in(&house, "off-2").await;
    refused.is_problem(503, "pilot-disabled");
    assert!(!refused.str("/while_down/vi").is_empty() && !refused.str("/while_down/en").is_empty());

    let on = house.post(GROUP, "/v1/pilots/bhyt-checkin/enable", &json!({})).await.good();
    assert_eq!(on["state"]["is"], "on");
    assert_eq!(check_in(&house, "off-2").await.status, 200);
}

#[tokio::test]
async fn settings_take_only_keys_and_values_that_the_manifest_has() {
    let house = House::shared();
    let path = "/v1/pilots/bhyt-checkin/settings";
    let before = house.get("department", path).await.good();
    for (change, key) in
        [(json!({ "no-such-key": 1 }), "no-such-key"), (json!({ "late-limit-hours": 0 }), "late-limit-hours")]
    {
        let refused = house.send(Method::PATCH, "department", path, Some(&change)).await;
        refused.is_problem(422, "invalid-setting");
        assert_eq!(refused.str("/errors/0/pointer"), format!("/{key}"));
    }
    assert_eq!(house.get("department", path).await.good(), before);

    let set = house.send(Method::PATCH, "department", path, Some(&json!({ "late-limit-hours": 48 }))).await.good();
    assert_eq!(set["values"]["late-limit-hours"], 48);
    let back = house.send(Method::PATCH, "department", path, Some(&json!({ "late-limit-hours": null }))).await.good();
    assert_eq!(back["values"], before["values"]);
}

#[tokio::test]
async fn an_auditor_replays_an_invocation_to_the_same_bytes_and_the_log_verifies() {
    let house = House::shared();
    let answer = check_in(&house, "audit-1").await.good();
    let id = answer["id"].as_str().unwrap();
    let replayed = house.post("auditor", &format!("/v1/invocations/{id}/replay"), &json!({})).await.good();
    assert_eq!(replayed["same"], true, "{replayed}");
    assert!(replayed["bytes"].as_u64().unwrap() > 0 && replayed["calls"].as_u64().unwrap() > 0);

    let shown = house.get("auditor", &format!("/v1/invocations/{id}")).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(!shown.text.contains(house.demo("patient_number")));
    let report = house.post("auditor", "/v1/log/verify", &json!({})).await.good();
    assert!(report["entries"].as_u64().unwrap() > 0 && report["invocations"].as_u64().unwrap() > 0);
    assert!(house.get("", "/v1/log/checkpoint").await.text.starts_with("pilothouse/log\n"));
}

#[tokio::test]
async fn the_board_shows_all_models_of_the_plan_in_both_languages() {
    let house = House::shared();
    for lang in ["vi", "en"] {
        let page = house.get("", &format!("/?lang={lang}")).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(&format!("<html lang=\"{lang}\"")));
        let rows = (1..=35).filter(|number| page.text.contains(&format!("data-live=\"row-{number}-state\"")));
        assert_eq!(rows.count(), 35);
        assert!(!page.text.contains("data-live=\"row-36-state\""));
    }
    let models = house.get("", "/v1/models").await.good();
    let count = models.as_array().unwrap().iter().map(|group| group["models"].as_array().unwrap().len()).sum::<usize>();
    assert_eq!(count, 35);
}

#[tokio::test]
async fn the_description_of_the_api_lists_its_routes() {
    let house = House::shared();
    let document = house.get("", "/openapi.json").await.good();
    for (path, method) in [
        ("/v1/pilots/{pilot}/operations/{operation}", "post"),
        ("/v1/pilots/{pilot}/readings", "post"),
        ("/v1/packages", "post"),
        ("/v1/vendor-keys", "post"),
        ("/v1/pilots/{pilot}/settings", "patch"),
        ("/v1/invocations/{invocation}/replay", "post"),
        ("/v1/log/verify", "post"),
    ] {
        assert!(document["paths"][path][method].is_object(), "{method} {path}");
    }
    house.get("", "/v1/no-such-path").await.is_problem(404, "no-such-path");
    assert_eq!(house.get("", "/healthz").await.status, 200);
    assert_eq!(house.get("", "/readyz").await.status, 200);
}

/// A specimen as this vendor would send it in, unsigned; or what the building of packages itself refuses.
fn package(specimen: &Specimen) -> Option<Vec<u8>> {
    Package::build(&specimen.component().unwrap(), &specimen.manifest("zoo"), zoo::SCHEMAS, zoo::TEXTS).ok()
}

#[tokio::test]
async fn a_hostile_package_is_refused_by_name_while_patients_are_checked_in() {
    let house = House::shared();
    let key = keys::generate().unwrap();
    let pem = keys::public_pem(&key.verifying_key()).unwrap();
    let trusted = json!({ "vendor": "zoo", "public_key": pem, "valid_days": 30 });
    let trusted = house.post(GROUP, "/v1/vendor-keys", &trusted).await.good();
    assert_eq!(trusted["id"], keys::key_id(&key.verifying_key()).to_string());

    house.install(b"garbage".to_vec()).await.is_problem(422, "door.not-wasm");
    house.install(Vec::new()).await.is_problem(422, "door.not-wasm");

    let calm = package(&zoo::CALM).unwrap();
    house.install(calm.clone()).await.is_problem(422, "door.no-signature");
    let foreign = Package::sign(calm.clone(), &keys::generate().unwrap()).unwrap();
    house.install(foreign).await.is_problem(422, "trust.unknown-signer");
    let signed = Package::sign(calm, &key).unwrap();
    let mut tampered = signed.clone();
    let title = tampered.windows(8).position(|bytes| bytes == b"specimen").unwrap();
    tampered[title] = b'S';
    house.install(tampered).await.is_problem(422, "door.bad-signature");

    let taken = house.install(signed).await;
    assert_eq!((taken.status, taken.str("/state")), (201, "installed"), "{}", taken.text);

    let mut refused = 0;
    for specimen in zoo::all() {
        let Fate::Refused(code) = specimen.fate else { continue };
        // What is no component cannot be packed or signed: it is sent as it is, and refused for what it is.
        let sent = package(specimen).and_then(|package| Package::sign(package, &key).ok());
        let reply = house.install(sent.unwrap_or_else(|| specimen.component().unwrap())).await;
        reply.is_problem(422, code);
        assert_eq!(check_in(&house, &format!("beside-{}", specimen.name)).await.status, 200, "{}", specimen.name);
        refused += 1;
    }
    assert!(refused > 10);
    let pilots = house.get(GROUP, "/v1/pilots").await.good();
    let known = pilots.as_array().unwrap().iter().filter(|pilot| pilot["id"].as_str().unwrap().starts_with("zoo-"));
    assert_eq!(known.count(), 1);
}
