//! A real installation: it begins with nothing, two officers stand behind all that serves, and no demonstration gets in.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::people::PEOPLE;
use pilothouse_tests::program::pilot;
use reqwest::Method;
use serde_json::{Value, json};

const PILOT: &str = "bhyt-checkin";

fn run(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(pilot());
    for name in ["PILOT_DATA", "PILOT_HOST", "PILOT_TOKEN", "PILOT_PEOPLE", "PILOT_CONFIG", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.arg("--json").args(arguments).arg("--data").arg(folder).output().unwrap()
}

fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(why), "{said}");
}

async fn post(house: &House, token: &str, path: &str) -> Reply {
    house.ask(Method::POST, token, path, Some(&json!({}))).await.unwrap()
}

async fn enrol(house: &House, secret: &str) -> String {
    post(house, secret, "/v1/officers").await.good()["token"].as_str().unwrap().to_owned()
}

/// All files of a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if fs::read(&path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_real_installation_serves_nothing_before_three_people_enrolled_and_two_approved() {
    let (house, secrets) = House::real();
    let [first, second, third] = secrets.as_slice() else { panic!("{secrets:?}") };
    for secret in &secrets {
        // What follows the id is the secret.
        let secret = secret.rsplit_once('_').unwrap().1;
        assert_eq!(holding(house.folder(), secret), Vec::<String>::new());
    }
    // A one-time secret opens nothing but enrolment, once.
    house.ask(Method::GET, first, "/v1/pilots", None).await.unwrap().is_problem(401, "no-credential");
    let a = enrol(&house, first).await;
    post(&house, first, "/v1/officers").await.is_problem(401, "no-credential");
    post(&house, &format!("{second}0"), "/v1/officers").await.is_problem(401, "no-credential");

    let pilots = house.ask(Method::GET, &a, "/v1/pilots", None).await.unwrap().good();
    let pilots = pilots.as_array().unwrap();
    assert!(!pilots.is_empty(), "the pilots that the program brings are offered");
    assert!(pilots.iter().all(|pilot| pilot["state"]["is"] == "off"), "{pilots:?}");
    let enable = format!("/v1/pilots/{PILOT}/enable");
    post(&house, &a, &enable).await.is_problem(409, "wider");

    let asked = post(&house, &a, &format!("/v1/pilots/{PILOT}/grants")).await.good();
    let grants: Vec<String> =
        asked.as_array().unwrap().iter().map(|grant| grant["id"].as_str().unwrap().to_owned()).collect();
    assert!(!grants.is_empty());
    let approve = |grant: &String| format!("/v1/grants/{grant}/approve");
    assert_eq!(post(&house, &a, &approve(&grants[0])).await.status, 409, "one's own request");
    // What an officer gives out counts as that officer.
    let given = json!({ "role": "working-group", "unit": "18880" });
    let own = house.ask(Method::POST, &a, "/v1/credentials", Some(&given)).await.unwrap().good();
    assert_eq!(post(&house, own["token"].as_str().unwrap(), &approve(&grants[0])).await.status, 409, "the same eyes");

    let b = enrol(&house, second).await;
    for grant in &grants {
        let _approved = post(&house, &b, &approve(grant)).await.good();
    }
    post(&house, &a, &enable).await.is_problem(409, "wider");
    let c = enrol(&house, third).await;
    for grant in &grants {
        let _approved = post(&house, &c, &approve(grant)).await.good();
    }
    let on = post(&house, &a, &enable).await.good();
    assert_eq!(on["state"]["is"], "on");

    // Nobody embedded answers for people: the pilot decides without them, or says that it cannot.
    let desk = json!({ "role": "registration-clerk", "unit": "18880" });
    let desk = house.ask(Method::POST, &b, "/v1/credentials", Some(&desk)).await.unwrap().good();
    let input = json!({ "patient": "044089990000", "visit_kind": "outpatient" });
    let body = json!({ "reference": "r-1", "input": input });
    let path = format!("/v1/pilots/{PILOT}/operations/check-in");
    let answer = house.ask(Method::POST, desk["token"].as_str().unwrap(), &path, Some(&body)).await.unwrap();
    assert_ne!(answer.str("/decision"), "admit", "{}", answer.text);
}

#[tokio::test]
async fn a_real_installation_has_nothing_of_the_demonstration_also_after_a_restart() {
    let (mut house, secrets) = House::real();
    let officer = enrol(&house, &secrets[0]).await;
    for round in 0..2 {
        for (method, path, body) in [
            (Method::POST, "/v1/synthetic/chips", json!({ "number": "044089990000" })),
            (Method::POST, "/v1/synthetic/codes", json!({ "number": "044089990000", "facility": "hospital-001" })),
            (Method::PUT, "/v1/desk", json!({ "mode": "up" })),
            (Method::PUT, "/v1/duty", json!({ "mode": "up" })),
            (Method::PUT, "/v1/inbox", json!({ "mode": "up" })),
            (Method::PUT, "/v1/messages", json!({ "mode": "up" })),
        ] {
            let answer = house.ask(method, &officer, path, Some(&body)).await.unwrap();
            assert_eq!(
                (answer.status, answer.str("/type")),
                (404, "/problems/no-demonstration"),
                "{path}: {}",
                answer.text
            );
        }
        let credentials = house.ask(Method::GET, &officer, "/v1/credentials", None).await.unwrap().good();
        let officers = credentials.as_array().unwrap().iter().filter(|line| line["role"] == "working-group").count();
        assert_eq!(officers, 1, "{credentials}");
        for file in ["admin.token", "csca.pem", "province.json", "demonstration.json"] {
            assert!(!house.folder().join(file).exists(), "{file}");
        }
        let written = String::from_utf8(house.written()).unwrap();
        assert!(!written.contains("ph_"), "no token is printed");
        if round == 0 {
            house.kill();
            house.restart();
        }
    }
}

#[test]
fn a_folder_is_what_it_was_made_as_and_the_other_kind_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let real = place.path().join("real");
    let made = Command::new(pilot()).arg("init").arg(&real).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let people = PEOPLE.to_string();
    refused(&run(&["up", "--listen", "127.0.0.1:0", "--people", &people], &real), "a real installation");
    refused(&run(&["up", "--listen", "127.0.0.1:0", "--demo-day"], &real), "a real installation");

    let demonstration = House::start();
    demonstration.stop();
    refused(&run(&["up", "--listen", "127.0.0.1:0", "--real"], demonstration.folder()), "is a demonstration");
    refused(&run(&["officer", "invite"], demonstration.folder()), "is a demonstration");
    let again = Command::new(pilot()).arg("init").arg(demonstration.folder()).output().unwrap();
    refused(&again, "something is in");
    let other = (PEOPLE + 1).to_string();
    refused(&run(&["up", "--listen", "127.0.0.1:0", "--people", &other], demonstration.folder()), "leave --people out");

    let nothing = tempfile::tempdir().unwrap();
    let nowhere = nothing.path().join("new");
    refused(&run(&["up", "--listen", "127.0.0.1:0", "--real"], &nowhere), "pilot init");
    assert!(!nowhere.exists(), "nothing is made");
}

#[test]
fn a_further_officer_is_invited_by_whoever_holds_the_folder() {
    let (mut house, secrets) = House::real();
    // Where a host runs, the folder is its own.
    refused(&run(&["officer", "invite"], house.folder()), "in use");
    house.stop();
    let output = run(&["officer", "invite"], house.folder());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let invited: Value = serde_json::from_slice(&output.stdout).unwrap();
    let secret = invited["secret"].as_str().unwrap();
    assert!(!secrets.iter().any(|known| known == secret));
    house.restart();
    let file = house.folder().join("../secret.txt");
    fs::write(&file, secret).unwrap();
    let (exit, enrolled, said) = house.command("", &["officer", "enrol", file.to_str().unwrap()]);
    fs::remove_file(&file).unwrap();
    assert_eq!(exit, 0, "{said}");
    assert!(enrolled["token"].as_str().unwrap().starts_with("ph_"));
}

#[test]
fn tokens_of_the_demonstration_are_printed_at_the_first_start_only() {
    let house = House::start();
    let written = String::from_utf8(house.written()).unwrap();
    assert!(!written.contains("ph_"), "this is a later start: {written}");
    let (exit, shown, said) = house.command("", &["demo", "--credentials"]);
    assert_eq!(exit, 0, "{said}");
    let shown = shown.as_array().unwrap();
    assert!(shown.iter().any(|credential| credential["token"] == house.token("working-group")));
}

/// Makes `to` hold what `from` holds, and nothing else.
fn restore(from: &Path, to: &Path) {
    for entry in fs::read_dir(to).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
}

#[tokio::test]
async fn an_older_copy_of_the_folder_is_noticed_and_what_was_revoked_stays_so() {
    let (mut house, secrets) = House::real();
    let officer = enrol(&house, &secrets[0]).await;
    let desk = json!({ "role": "registration-clerk", "unit": "18880" });
    let desk = house.ask(Method::POST, &officer, "/v1/credentials", Some(&desk)).await.unwrap().good();
    let (id, token) = (desk["id"].as_str().unwrap(), desk["token"].as_str().unwrap());
    house.stop();
    let copy = tempfile::tempdir().unwrap();
    restore(house.folder(), copy.path());

    house.restart();
    let ended = house.ask(Method::DELETE, &officer, &format!("/v1/credentials/{id}"), None).await.unwrap();
    assert!(ended.status < 300, "{}", ended.text);
    house.stop();
    // The folder as it stands is no older copy.
    house.restart();
    house.stop();

    restore(copy.path(), house.folder());
    let mut up = Command::new(pilot());
    up.args(["up", "--real", "--listen", "127.0.0.1:0", "--data"]).arg(house.folder());
    refused(&up.env("XDG_STATE_HOME", house.state()).output().unwrap(), "an older copy");

    house.restart_with(&["--accept-older-copy"]);
    let revoked = house.ask(Method::GET, &officer, "/v1/credentials", None).await.unwrap().good();
    let line = revoked.as_array().unwrap().iter().find(|line| line["id"] == id).unwrap().clone();
    assert!(line["revoked"].is_i64(), "{line}");
    let path = format!("/v1/pilots/{PILOT}/operations/check-in");
    house.ask(Method::POST, token, &path, Some(&json!({}))).await.unwrap().is_problem(401, "no-credential");
    house.stop();
    // From here on this history is the one.
    house.restart_with(&[]);
}
