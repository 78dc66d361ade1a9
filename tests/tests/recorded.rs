//! What was recorded stays checkable: by another version's time, with the pilot off, and with the host stopped.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use pilothouse_tests::house::House;
use pilothouse_tests::packages;
use pilothouse_tests::program::pilot;
use serde_json::{Value, json};

const PILOT: &str = "/v1/pilots/bhyt-checkin";
const GROUP: &str = "working-group";

async fn check_in(house: &House, reference: &str) -> String {
    let input = json!({ "patient": house.demo("patient_number"), "visit_kind": "outpatient" });
    let body = json!({ "reference": reference, "input": input });
    let answer = house.post("registration-clerk", &format!("{PILOT}/operations/check-in"), &body).await.good();
    answer["id"].as_str().unwrap().to_owned()
}

async fn replays_alike(house: &House, id: &str) {
    let replayed = house.post("auditor", &format!("/v1/invocations/{id}/replay"), &json!({})).await.good();
    assert_eq!(replayed["same"], true, "{replayed}");
    assert!(replayed["bytes"].as_u64().unwrap() > 0 && replayed["calls"].as_u64().unwrap() > 0);
}

/// Runs the program on a data folder, without what the machine of the tests has set.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(pilot());
    for name in ["PILOT_DATA", "PILOT_HOST", "PILOT_TOKEN", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.arg("--json").args(arguments).arg("--data").arg(folder).output().unwrap()
}

fn printed(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(why), "{said}");
}

#[tokio::test]
async fn a_call_of_an_older_version_replays_to_the_same_bytes_while_another_serves_and_while_none_does() {
    let house = House::start();
    let old = check_in(&house, "version-1").await;
    let package = packages::own_in_version(&house, "bhyt-checkin", "1.0.1").await;
    let installed = house.install(package).await.good();
    let missing = house.post(GROUP, &format!("{PILOT}/enable?version=9.9.9"), &json!({})).await;
    missing.is_problem(404, "not-found");
    let on = house.post(GROUP, &format!("{PILOT}/enable?version=1.0.1"), &json!({})).await.good();
    assert_eq!((on["version"].as_str(), on["state"]["is"].as_str()), (Some("1.0.1"), Some("on")));

    let new = check_in(&house, "version-2").await;
    let package = |view: &Value| format!("sha256:{}", view["record"]["package"].as_str().unwrap());
    let seen = house.get("auditor", &format!("/v1/invocations/{new}")).await.good();
    assert_eq!(package(&seen), installed["digest"].as_str().unwrap());
    let seen = house.get("auditor", &format!("/v1/invocations/{old}")).await.good();
    assert_ne!(package(&seen), installed["digest"].as_str().unwrap());
    replays_alike(&house, &old).await;
    replays_alike(&house, &new).await;

    let _off = house.post(GROUP, &format!("{PILOT}/disable"), &json!({})).await.good();
    replays_alike(&house, &old).await;
    replays_alike(&house, &new).await;
}

#[tokio::test]
async fn the_record_of_a_stopped_host_is_verified_and_run_again_from_its_folder() {
    let house = House::start();
    let folder = house.folder().to_owned();
    let id = check_in(&house, "stopped-1").await;
    refused(&run(&folder, &["audit", "verify", "--offline"]), "ask that host");
    refused(&run(&folder, &["replay", &id, "--offline"]), "ask that host");
    let running = printed(&run(&folder, &["audit", "verify"]));
    house.kill();

    let stopped = printed(&run(&folder, &["audit", "verify"]));
    assert_eq!(stopped, running);
    let replayed = printed(&run(&folder, &["replay", &id]));
    assert_eq!(replayed["same"], true, "{replayed}");
    assert!(replayed["calls"].as_u64().unwrap() > 0);
    // Looking is recorded, whoever looks.
    let after = printed(&run(&folder, &["audit", "verify", "--offline"]));
    assert_eq!(after["looks"].as_u64().unwrap(), stopped["looks"].as_u64().unwrap() + 1);
    refused(&run(&folder, &["replay", "00000000-0000-7000-8000-000000000000"]), "there is no invocation");

    // Somebody makes of the admitted patient one who was turned away.
    let database = folder.join("pilothouse.db");
    let mut bytes = fs::read(&database).unwrap();
    let (then, now) = (br#""decision":"admit""#, br#""decision":"wrong""#);
    // An older copy of the page may lie there as well.
    let places: Vec<usize> =
        bytes.windows(then.len()).enumerate().filter(|(_, found)| found == then).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + now.len()].copy_from_slice(now);
    }
    fs::write(&database, bytes).unwrap();
    // One of the very newest entries is found when the log is opened, an older one when it is verified.
    let found = run(&folder, &["audit", "verify"]);
    let said = String::from_utf8_lossy(&found.stderr);
    assert_eq!(found.status.code(), Some(1), "{said}");
    let words = ["not those that its last checkpoint signs", "the log does not verify"];
    assert!(words.iter().any(|words| said.contains(words)), "{said}");

    let nowhere = folder.join("no-such-folder");
    refused(&run(&nowhere, &["audit", "verify"]), "no data folder of a host");
    assert!(!nowhere.exists());
}
