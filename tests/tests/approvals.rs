//! What an approval is: a vendor's build with everything that it opens, signed by two; nothing of it goes to other code, wider code,
//! older code, or code of a key that was taken back.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::vendor::{APPROVERS, REQUESTER, Vendor, keeper};
use pilothouse_tests::zoo::{self, Specimen};
use reqwest::Method;
use serde_json::{Value, json};

const CALM: &Specimen = &zoo::CALM;

async fn enable(house: &House, pilot: &str, version: &str) -> Reply {
    house.post(REQUESTER, &format!("/v1/pilots/{pilot}/enable?version={version}"), &json!({})).await
}

async fn asked(house: &House, pilot: &str, wanted: &Value) -> Vec<Value> {
    house.post(REQUESTER, &format!("/v1/pilots/{pilot}/grants"), wanted).await.list()
}

async fn approved(house: &House, asked: &[Value]) {
    for asked in asked {
        for officer in APPROVERS {
            let path = format!("/v1/grants/{}/approve", asked["id"].as_str().unwrap());
            let _approved = house.post(officer, &path, &json!({})).await.good();
        }
    }
}

async fn call(house: &House, token: &str, pilot: &str, reference: &str) -> Reply {
    let body = json!({ "reference": reference, "input": {} });
    let path = format!("/v1/pilots/{pilot}/operations/{}", zoo::OPERATION);
    house.ask(Method::POST, token, &path, Some(&body)).await.unwrap()
}

fn kinds(asked: &[Value]) -> Vec<&str> {
    asked.iter().map(|asked| asked["kind"].as_str().unwrap()).collect()
}

fn version(text: &str, number: &str) -> String {
    text.replacen("version = \"1.0.0\"", &format!("version = \"{number}\""), 1)
}

#[tokio::test]
async fn a_pilot_is_of_the_vendor_that_brought_it_until_two_officers_hand_it_over() {
    let house = House::start();
    let (first, other) =
        (Vendor::new("zoo-first").trusted(&house).await, Vendor::new("zoo-other").trusted(&house).await);
    first.brings(&house, CALM).await;
    let token = keeper(&house).await;
    let taking = |number: &'static str| other.package_as(CALM, |manifest| version(&manifest, number));
    let refused = house.install(taking("1.0.1")).await;
    refused.is_problem(409, "other-vendor");
    assert!(refused.str("/detail").contains("hand-over"), "{}", refused.text);

    let path = format!("/v1/pilots/{}/hand-over", CALM.name);
    let to = json!({ "vendor": "zoo-other" });
    house.post("department", &path, &to).await.is_problem(403, "role-not-allowed");
    let over = house.post(REQUESTER, &path, &to).await.good();
    house.install(taking("1.0.1")).await.is_problem(409, "other-vendor");
    approved(&house, std::slice::from_ref(&over)).await;
    assert_eq!(house.install(taking("1.0.1")).await.status, 201);
    // Rights stay with the vendor that they were given to.
    enable(&house, CALM.name, "1.0.1").await.is_problem(409, "wider");
    assert_eq!(call(&house, &token, CALM.name, "over-1").await.status, 200, "what served goes on");
    let package = first.package_as(CALM, |manifest| version(&manifest, "1.0.2"));
    house.install(package).await.is_problem(409, "other-vendor");
    let sought = asked(&house, CALM.name, &json!({ "version": "1.0.1" })).await;
    assert_eq!(kinds(&sought), ["build"]);
    approved(&house, &sought).await;
    assert_eq!(enable(&house, CALM.name, "1.0.1").await.good()["version"], "1.0.1");
}

#[tokio::test]
async fn what_opens_more_waits_for_two_while_the_version_before_serves_and_can_be_asked_for() {
    let house = House::start();
    let vendor = Vendor::new("zoo-wider").trusted(&house).await;
    vendor.brings(&house, CALM).await;
    let token = keeper(&house).await;
    let operation = "callers = [\"zoo-keeper\"]";
    let wider: [(&str, &str, &str, &str); 4] = [
        ("1.0.1", operation, "callers = [\"zoo-keeper\", \"zoo-visitor\"]", "callers"),
        ("1.0.2", operation, "persons-visible-to = [\"zoo-keeper\"], callers = [\"zoo-keeper\"]", "persons-visible-to"),
        ("1.0.3", "invocations-days = 30", "invocations-days = 31", "retention"),
        ("1.0.4", "memory-kib = 1024", "memory-kib = 2048", "limits"),
    ];
    for (number, before, after, key) in wider {
        let package = vendor.package_as(CALM, |manifest| version(&manifest.replacen(before, after, 1), number));
        let installed = house.install(package).await.good();
        assert_eq!(installed["opens"].as_array().unwrap().len(), 1, "{installed}");
        let waits = enable(&house, CALM.name, number).await;
        waits.is_problem(409, "wider");
        assert!(waits.str("/wider/0/key").contains(key), "{}", waits.text);
        assert!(!waits.str("/wider/0/vi").is_empty() && waits.str("/ask").contains(number), "{}", waits.text);
        assert_eq!(call(&house, &token, CALM.name, &format!("before-{number}")).await.status, 200);
    }
    // No more than before: one officer is enough.
    let package = vendor.package_as(CALM, |manifest| version(&manifest.replacen("days = 30", "days = 29", 1), "1.0.5"));
    assert_eq!(house.install(package).await.good()["opens"], json!([]));
    assert_eq!(enable(&house, CALM.name, "1.0.5").await.good()["version"], "1.0.5");

    // What was refused can be asked for by its version, and approved.
    let package = vendor
        .package_as(CALM, |manifest| version(&manifest.replacen("memory-kib = 1024", "memory-kib = 2048", 1), "1.0.6"));
    let _installed = house.install(package).await.good();
    let sought = asked(&house, CALM.name, &json!({})).await;
    assert_eq!((kinds(&sought), sought[0]["subject"]["version"].as_str()), (vec!["build"], Some("1.0.6")));
    assert!(asked(&house, CALM.name, &json!({})).await.is_empty(), "it waits already");
    approved(&house, &sought).await;
    assert_eq!(enable(&house, CALM.name, "1.0.6").await.good()["version"], "1.0.6");

    // The way back is two officers' too.
    let back = enable(&house, CALM.name, "1.0.5").await;
    back.is_problem(409, "older-version");
    let sought = asked(&house, CALM.name, &json!({ "version": "1.0.5" })).await;
    assert_eq!(kinds(&sought), ["older"]);
    approved(&house, &sought).await;
    assert_eq!(enable(&house, CALM.name, "1.0.5").await.good()["version"], "1.0.5");
    // One officer takes the approval back, and what serves by it is off.
    let path = format!("/v1/grants/{}/withdraw", sought[0]["id"].as_str().unwrap());
    let _withdrawn = house.post(REQUESTER, &path, &json!({})).await.good();
    call(&house, &token, CALM.name, "back").await.is_problem(503, "pilot-disabled");
}

#[tokio::test]
async fn builds_of_a_revoked_key_are_off_and_stay_off() {
    let mut house = House::start();
    let vendor = Vendor::new("zoo-revoked").trusted(&house).await;
    vendor.brings(&house, CALM).await;
    let token = keeper(&house).await;
    assert_eq!(call(&house, &token, CALM.name, "on").await.status, 200);
    let path = format!("/v1/vendor-keys/{}", vendor.key_id());
    let revoked = house.send(Method::DELETE, REQUESTER, &path, None).await.good();
    assert_eq!(revoked["switched_off"], json!([CALM.name]));
    call(&house, &token, CALM.name, "off").await.is_problem(503, "pilot-disabled");
    enable(&house, CALM.name, "1.0.0").await.is_problem(422, "trust.revoked");
    house.kill();
    house.restart();
    enable(&house, CALM.name, "1.0.0").await.is_problem(422, "trust.revoked");
}

#[tokio::test]
async fn units_budget_and_term_are_chosen_within_the_ceiling_and_renewed_before_they_end() {
    let house = House::start();
    let vendor = Vendor::new("zoo-chosen").trusted(&house).await;
    let pilot = zoo::all().find(|specimen| specimen.name == "zoo-counts-until-denied").unwrap();
    let _installed = house.install(vendor.package(pilot)).await.good();
    let path = format!("/v1/pilots/{}/grants", pilot.name);
    let too_long = house.post(REQUESTER, &path, &json!({ "days": 100_000 })).await;
    too_long.is_problem(422, "malformed");
    assert!(too_long.str("/detail").contains("730 days"), "{}", too_long.text);
    house.post(REQUESTER, &path, &json!({ "units": ["99999"] })).await.is_problem(404, "not-found");

    let chosen = json!({ "units": ["18880"], "days": 30, "calls_per_minute": 1 });
    let sought = asked(&house, pilot.name, &chosen).await;
    let right = &sought[0];
    assert_eq!((&right["units"], &right["right"]["budget"]["calls-per-minute"]), (&json!(["18880"]), &json!(1)));
    assert!(right["unit_names"][0].as_str().unwrap().contains("18880") && right["ends"].is_string(), "{right}");
    approved(&house, &sought).await;
    let shown = house.get("auditor", &format!("/v1/grants/{}", right["id"].as_str().unwrap())).await.good();
    assert_eq!(shown["approved_by"].as_array().unwrap().len(), 2);
    assert!(shown["asked_by"].is_string() && shown["withdrawing"]["en"].is_string(), "{shown}");

    // All units are more than one, and a longer term is asked for while the shorter one holds.
    assert_eq!(
        kinds(&asked(&house, pilot.name, &json!({ "units": ["18880"], "days": 200, "calls_per_minute": 1 })).await),
        ["reporting"]
    );
    assert_eq!(kinds(&asked(&house, pilot.name, &json!({})).await), ["reporting"]);
}

#[tokio::test]
async fn settings_are_their_departments_and_one_that_widens_is_two_officers_decision() {
    let house = House::start();
    let path = |pilot: &str| format!("/v1/pilots/{pilot}/settings");
    let of = json!({ "role": "department", "unit": "18880", "pilots": ["bhyt-checkin"] });
    let given = house.post(REQUESTER, "/v1/credentials", &of).await.good();
    let token = given["token"].as_str().unwrap();
    let patch = async |token: &str, pilot: &str, change: &Value| {
        house.ask(Method::PATCH, token, &path(pilot), Some(change)).await.unwrap()
    };
    let foreign = patch(token, "lodging-hotels", &json!({ "silent-days": 9 })).await;
    foreign.is_problem(403, "other-department");
    patch(token, "population-analysis", &json!({ "rounding": 1 })).await.is_problem(403, "other-department");
    let nameless = json!({ "role": "department", "unit": "18880" });
    house.post(REQUESTER, "/v1/credentials", &nameless).await.is_problem(422, "malformed");

    let pilot = "population-analysis";
    let department = house.token("department");
    let rounding = async || house.get("auditor", &path(pilot)).await.good()["values"]["rounding"].clone();
    let narrower = patch(department, pilot, &json!({ "rounding": 10 })).await;
    assert_eq!((narrower.status, narrower.json["values"]["rounding"].clone()), (200, json!(10)));
    let waits = patch(department, pilot, &json!({ "rounding": 1 })).await;
    assert_eq!((waits.status, waits.str("/kind")), (202, "settings"), "{}", waits.text);
    assert!(!waits.str("/subject/sets/0/vi").is_empty(), "{}", waits.text);
    assert_eq!(rounding().await, json!(10));
    let id = waits.str("/id").to_owned();
    let decide =
        async |officer: &str, action: &str| house.post(officer, &format!("/v1/grants/{id}/{action}"), &json!({})).await;
    decide("department", "approve").await.is_problem(403, "role-not-allowed");
    let _once = decide(APPROVERS[0], "approve").await.good();
    assert_eq!(rounding().await, json!(10));
    let _granted = decide(APPROVERS[1], "approve").await.good();
    assert_eq!(rounding().await, json!(1));
    let _withdrawn = decide(REQUESTER, "withdraw").await.good();
    assert_eq!(rounding().await, json!(5), "back to the default");
}

#[tokio::test]
async fn credentials_devices_and_keys_are_given_out_for_what_there_is_only() {
    let house = House::shared();
    let new = async |of: &Value| house.post(REQUESTER, "/v1/credentials", of).await;
    new(&json!({ "role": "cashier", "unit": "18880" })).await.is_problem(404, "not-found");
    new(&json!({ "role": "police-officer", "unit": "99999" })).await.is_problem(404, "not-found");
    let (hotel, unit) = (house.demo("hotel"), house.unit("receptionist"));
    let elsewhere = if unit == "18880" { "19204" } else { "18880" };
    let apart = new(&json!({ "role": "police-officer", "unit": elsewhere, "facility": hotel })).await;
    apart.is_problem(422, "malformed");
    assert!(apart.str("/detail").contains(unit), "{}", apart.text);
    assert_eq!(new(&json!({ "role": "police-officer", "unit": unit, "facility": hotel })).await.status, 201);

    let key = pilothouse_registry::keys::generate().unwrap();
    let pem = pilothouse_registry::keys::public_pem(&key.verifying_key()).unwrap();
    for role in ["working-group", "department", "auditor", "nobody"] {
        let device = json!({ "facility": hotel, "role": role, "class": "desk-reader", "public_key": pem });
        house.post(REQUESTER, "/v1/devices", &device).await.is_problem(404, "not-found");
    }
    for days in [0, u32::MAX] {
        let key = json!({ "vendor": "zoo-days", "public_key": pem, "valid_days": days });
        house.post(REQUESTER, "/v1/vendor-keys", &key).await.is_problem(422, "malformed");
    }
}

#[tokio::test]
async fn no_officer_alone_ends_another_and_two_always_remain() {
    let house = House::start();
    let list = house.get("auditor", "/v1/credentials").await.list();
    let id = |name: &str| house.token(name).trim_start_matches("ph_").split(['.', '_']).next().unwrap().to_owned();
    let known = |id: &str| list.iter().any(|line| line["id"] == id);
    let ids = [REQUESTER, APPROVERS[0], APPROVERS[1]].map(id);
    assert!(ids.iter().all(|id| known(id)), "{ids:?}");
    let end = async |officer: &str, id: &str| {
        house.send(Method::DELETE, officer, &format!("/v1/credentials/{id}"), None).await
    };
    let waits = end(REQUESTER, &ids[1]).await;
    assert_eq!((waits.status, waits.str("/waits")), (202, ids[1].as_str()), "{}", waits.text);
    assert_eq!(end(REQUESTER, &ids[1]).await.status, 202, "asking twice is still one officer");
    assert_eq!(house.get(APPROVERS[0], "/v1/pilots").await.status, 200, "it goes on");
    assert_eq!(end(APPROVERS[1], &ids[1]).await.good()["revoked"], ids[1].as_str());
    house.get(APPROVERS[0], "/v1/pilots").await.is_problem(401, "no-credential");
    // Two are left, and stay.
    end(REQUESTER, &ids[2]).await.is_problem(409, "last-officers");
    end(REQUESTER, &ids[0]).await.is_problem(409, "last-officers");
}
