//! Four eyes, through HTTP and through the command line of the real program: nobody alone brings a right into force, and one is
//! enough to end it.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::vendor::{Vendor, keeper};
use pilothouse_tests::zoo::{self, Specimen};
use reqwest::Method;
use serde_json::{Value, json};

const FIRST: &str = "working-group";
const SECOND: &str = "second officer";
const THIRD: &str = "third officer";

fn specimen(name: &str) -> &'static Specimen {
    zoo::all().find(|specimen| specimen.name == name).unwrap()
}

async fn approve(house: &House, officer: &str, grant: &str) -> Reply {
    house.post(officer, &format!("/v1/grants/{grant}/approve"), &json!({})).await
}

#[tokio::test]
async fn over_http_a_grant_needs_two_officers_and_neither_is_the_one_who_asked() {
    let house = House::shared();
    let vendor = Vendor::new("zoo-http").trusted(&house).await;
    let pilot = specimen("zoo-counts-until-denied");
    let path = |of: &str| format!("/v1/pilots/{}/{of}", pilot.name);
    let installed = house.install(vendor.package(pilot)).await.good();
    assert_eq!(installed["waits_for"], json!(["reporting.count"]));
    house.post(FIRST, &path("enable"), &json!({})).await.is_problem(409, "wider");

    let asked = house.post(FIRST, &path("grants"), &json!({})).await.list();
    assert_eq!(asked.iter().map(|asked| asked["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["reporting", "build"]);
    assert_eq!(asked[0]["state"]["state"], "requested");
    let build = asked[1]["id"].as_str().unwrap();
    let grant = asked[0]["id"].as_str().unwrap();
    assert!(house.post(FIRST, &path("grants"), &json!({})).await.list().is_empty(), "asked for already");

    for role in ["department", "auditor", "registration-clerk"] {
        approve(&house, role, grant).await.is_problem(403, "role-not-allowed");
    }
    approve(&house, "", grant).await.is_problem(401, "no-credential");
    let own = approve(&house, FIRST, grant).await;
    own.is_problem(409, "grant.own-request");
    assert!(own.str("/detail").contains("two other officers"), "{}", own.text);

    assert_eq!(approve(&house, SECOND, grant).await.good()["state"]["state"], "approved-once");
    house.post(FIRST, &path("enable"), &json!({})).await.is_problem(409, "wider");
    let again = approve(&house, SECOND, grant).await;
    again.is_problem(409, "grant.second-eyes-needed");
    assert!(again.str("/detail").contains("a second officer"), "{}", again.text);
    approve(&house, FIRST, grant).await.is_problem(409, "grant.own-request");

    let granted = approve(&house, THIRD, grant).await.good();
    assert_eq!(granted["state"]["state"], "granted");
    let eyes = [&granted["state"]["by"], &granted["state"]["approvers"][0], &granted["state"]["approvers"][1]];
    assert!(eyes[0] != eyes[1] && eyes[0] != eyes[2] && eyes[1] != eyes[2], "{granted}");
    approve(&house, THIRD, grant).await.is_problem(409, "grant.not-waiting");

    // The build with its callers, limits and retention is as much of it as the capability.
    house.post(FIRST, &path("enable"), &json!({})).await.is_problem(409, "wider");
    for officer in [SECOND, THIRD] {
        let _approved = approve(&house, officer, build).await.good();
    }
    assert_eq!(house.post(FIRST, &path("enable"), &json!({})).await.good()["state"]["is"], "on");
    let token = keeper(&house).await;
    let call = async |reference: &str| {
        let body = json!({ "reference": reference, "input": {} });
        house.ask(Method::POST, &token, &path("operations/go"), Some(&body)).await.unwrap()
    };
    assert_eq!(call("eyes-1").await.good()["decision"], "done");

    // To narrow, one is enough, whoever it is.
    let withdrawn = house.post(SECOND, &format!("/v1/grants/{grant}/withdraw"), &json!({})).await.good();
    assert_eq!(withdrawn["state"]["state"], "withdrawn");
    call("eyes-2").await.is_problem(503, "pilot-disabled");
    house.post(FIRST, &path("enable"), &json!({})).await.is_problem(409, "not-granted");
    approve(&house, THIRD, grant).await.is_problem(409, "grant.not-waiting");
    let report = house.post("auditor", "/v1/log/verify", &json!({})).await.good();
    assert!(report["changes"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_second_credential_of_an_officer_is_not_a_second_pair_of_eyes_until_another_officer_says_so() {
    let house = House::shared();
    let vendor = Vendor::new("zoo-eyes").trusted(&house).await;
    let pilot = specimen("zoo-counts-forever");
    let _installed = house.install(vendor.package(pilot)).await.good();
    let asked = house.post(FIRST, &format!("/v1/pilots/{}/grants", pilot.name), &json!({})).await.list();
    let grant = asked[0]["id"].as_str().unwrap();
    let as_of =
        async |token: &str, path: &str, body: &Value| house.ask(Method::POST, token, path, Some(body)).await.unwrap();
    let given_by = async |token: &str| {
        let given = as_of(token, "/v1/credentials", &json!({ "role": "working-group", "unit": "18880" })).await.good();
        let text = |of: &str| given[of].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    };
    let approved = async |token: &str| as_of(token, &format!("/v1/grants/{grant}/approve"), &json!({})).await;
    let confirm =
        async |token: &str, id: &str| as_of(token, &format!("/v1/credentials/{id}/confirm"), &json!({})).await;

    // Of the one who asked: the second, and one that the second gave out, also when the second has ended.
    let (second, of_second) = given_by(house.token(FIRST)).await;
    let (third, of_third) = given_by(&of_second).await;
    approved(&of_second).await.is_problem(409, "grant.own-request");
    assert!(
        house.ask(Method::DELETE, house.token(FIRST), &format!("/v1/credentials/{second}"), None).await.unwrap().status
            < 300
    );
    approved(&of_third).await.is_problem(409, "grant.own-request");
    // Nobody confirms what counts as their own; a desk confirms nothing; and of what has ended nothing is confirmed.
    let own = confirm(house.token(FIRST), &third).await;
    own.is_problem(409, "own-credential");
    assert!(own.str("/detail").contains("let another officer confirm it"), "{}", own.text);
    confirm(&of_third, &third).await.is_problem(409, "own-credential");
    confirm(house.token("registration-clerk"), &third).await.is_problem(403, "role-not-allowed");
    confirm(house.token(SECOND), &second).await.is_problem(404, "not-found");

    assert_eq!(confirm(house.token(SECOND), &third).await.good()["confirmed"], third.as_str());
    assert_eq!(approved(&of_third).await.good()["state"]["state"], "approved-once");
    approved(&of_third).await.is_problem(409, "grant.second-eyes-needed");
    assert_eq!(approved(house.token(SECOND)).await.good()["state"]["state"], "granted");
    let listed = house.get("auditor", "/v1/credentials").await.list();
    let line = listed.iter().find(|line| line["id"] == third.as_str()).unwrap();
    assert!(line["counts_as"].is_null(), "{line}");
}

#[tokio::test]
async fn on_the_command_line_a_grant_needs_two_officers_and_neither_is_the_one_who_asked() {
    let house = House::shared();
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = files.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let vendor = Vendor::new("zoo-cli");
    let pilot = specimen("zoo-collects-handles");
    let (key, package) =
        (write("vendor.pub", vendor.public_pem().as_bytes()), write("pilot.wasm", &vendor.package(pilot)));
    let done = |(exit, document, said): (i32, Value, String)| {
        assert_eq!(exit, 0, "{said}");
        document
    };
    let denied = |(exit, document, said): (i32, Value, String), words: &str| {
        assert_eq!((exit, document), (3, Value::Null), "{said}");
        assert!(said.contains(words) && said.contains("(409)"), "{said}");
    };
    let _trusted = done(house.command("", &["vendor", "trust", "zoo-cli", &key]));
    let installed = done(house.command("", &["install", &package]));
    assert_eq!(installed["waits_for"], json!(["places.unit-on"]));
    denied(house.command("", &["enable", pilot.name]), "pilot grant request");

    let asked = done(house.command("", &["grant", "request", pilot.name]));
    let (grant, build) = (asked[0]["id"].as_str().unwrap(), asked[1]["id"].as_str().unwrap());
    for officer in [SECOND, THIRD] {
        let _approved = done(house.command(officer, &["grant", "approve", build]));
    }
    denied(house.command("", &["grant", "approve", grant]), "two other officers approve it");
    let once = done(house.command(SECOND, &["grant", "approve", grant]));
    assert_eq!(once[0]["state"]["state"], "approved-once");
    denied(house.command(SECOND, &["grant", "approve", grant]), "a second officer approves it now");
    denied(house.command("", &["enable", pilot.name]), "pilot grant request");
    let granted = done(house.command(THIRD, &["grant", "approve", grant]));
    assert_eq!(granted[0]["state"]["state"], "granted");
    assert_eq!(done(house.command("", &["enable", pilot.name]))["state"]["is"], "on");
    assert_eq!(done(house.command("auditor", &["grant", "show", pilot.name]))[0]["state"]["state"], "granted");

    // What ends service is said before it is done, and done only by whoever says that it is meant.
    let (exit, _, said) = house.command(THIRD, &["grant", "withdraw", grant]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("switched OFF") && said.contains("--yes") && said.contains("asked by"), "{said}");
    assert_eq!(done(house.command("auditor", &["grant", "show", pilot.name]))[0]["state"]["state"], "granted");
    let withdrawn = done(house.command(THIRD, &["grant", "withdraw", grant, "--yes"]));
    assert_eq!(withdrawn[0]["state"]["state"], "withdrawn");
    let (exit, _, said) = house.command("department", &["grant", "approve", grant]);
    assert_eq!(exit, 3, "{said}");
}

#[tokio::test]
async fn who_somebody_was_when_they_acted_stays_whatever_is_confirmed_later() {
    let house = House::shared();
    let vendor = Vendor::new("zoo-then").trusted(&house).await;
    let pilot = specimen("zoo-fills-its-table");
    let _installed = house.install(vendor.package(pilot)).await.good();
    let as_of =
        async |token: &str, path: &str, body: &Value| house.ask(Method::POST, token, path, Some(body)).await.unwrap();
    let given_by = async |officer: &str| {
        let given = json!({ "role": "working-group", "unit": "18880" });
        let given = house.post(officer, "/v1/credentials", &given).await.good();
        (given["id"].as_str().unwrap().to_owned(), given["token"].as_str().unwrap().to_owned())
    };
    let confirm = async |officer: &str, id: &str| {
        let _confirmed = house.post(officer, &format!("/v1/credentials/{id}/confirm"), &json!({})).await.good();
    };
    // One officer, two credentials: approving before and after the confirmation is one name, never two.
    let (id, token) = given_by(SECOND).await;
    let asked = house.post(FIRST, &format!("/v1/pilots/{}/grants", pilot.name), &json!({})).await.list();
    let path = format!("/v1/grants/{}/approve", asked[0]["id"].as_str().unwrap());
    let once = as_of(&token, &path, &json!({})).await.good();
    assert_eq!(once["state"]["state"], "approved-once");
    assert_eq!(once["approved_by"], json!([id]));
    confirm(THIRD, &id).await;
    let again = as_of(&token, &path, &json!({})).await.good();
    assert_eq!(again["state"]["state"], "approved-once", "its first approval counts no more: {again}");
    as_of(&token, &path, &json!({})).await.is_problem(409, "grant.second-eyes-needed");

    // Whoever asked before the confirmation is whoever asks after it.
    let (id, token) = given_by(FIRST).await;
    let narrower = json!({ "units": ["18880"], "days": 300 });
    let _turned = house.post(THIRD, &path.replace("approve", "withdraw"), &json!({})).await.good();
    let asked = as_of(&token, &format!("/v1/pilots/{}/grants", pilot.name), &narrower).await.list();
    let path = format!("/v1/grants/{}/approve", asked[0]["id"].as_str().unwrap());
    as_of(&token, &path, &json!({})).await.is_problem(409, "grant.own-request");
    confirm(THIRD, &id).await;
    as_of(&token, &path, &json!({})).await.is_problem(409, "grant.own-request");
    house.post(FIRST, &path, &json!({})).await.is_problem(409, "grant.own-request");
}
