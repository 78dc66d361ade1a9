//! A simulated day through the front door: everything comes out as planned, also where the host is ended again and again.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::collections::BTreeSet;

use pilothouse_tests::house::House;
use serde_json::{Value, json};

/// How often the host is ended.
const KILLS: usize = 10;
/// Fewest and most records that are kept between two ends.
const RECORDS: (u64, u64) = (2, 9);

/// The next of a sequence that is the same at each run (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Sums what the report says of decisions whose name begins so.
fn decided(report: &Value, beginnings: &[&str]) -> u64 {
    let decisions = report["decisions"].as_object().unwrap().iter();
    let of = decisions.filter(|(name, _)| beginnings.iter().any(|beginning| name.starts_with(beginning)));
    of.map(|(_, n)| n.as_u64().unwrap()).sum()
}

/// Holds the report to its plan: each error was made and got its answer, and nothing was done twice or forgotten.
fn is_as_planned(report: &Value) {
    assert_eq!(report["unexplained"], json!([]), "{report:#}");
    let errors = report["errors"].as_object().unwrap();
    assert_eq!(errors.len(), 25, "{errors:?}");
    for (what, planned) in errors {
        assert!(planned["made"].as_u64().unwrap() > 0 && planned["made"] == planned["met"], "{what}: {planned}");
    }
    assert!(report["again"]["made"].as_u64().unwrap() > 0 && report["again"]["made"] == report["again"]["met"]);
}

async fn total(house: &House, pilot: &str, indicator: &str) -> u64 {
    let pilots = house.get("auditor", "/v1/pilots").await.good();
    let pilot = pilots.as_array().unwrap().iter().find(|one| one["id"] == pilot).unwrap();
    let counted = pilot["indicators"].as_array().unwrap().iter().find(|one| one["name"] == indicator).unwrap();
    counted["total"].as_u64().unwrap()
}

/// What the house counted is what was answered, each arrival once: also the police desk has no notice twice.
async fn is_kept_once(house: &House, report: &Value) {
    let twice = ["the same request twice", "a reader that was offline"];
    let repeated: u64 = twice.iter().map(|what| report["errors"][what]["made"].as_u64().unwrap()).sum();
    let visits = decided(report, &["bhyt-checkin: "]) - repeated;
    assert_eq!(total(house, "bhyt-checkin", "check-ins").await, visits, "{report:#}");
    let arrivals = decided(report, &["lodging-hotels: notified", "lodging-hotels: queued"]);
    assert_eq!(total(house, "lodging-hotels", "arrivals").await, arrivals, "{report:#}");

    let desk = house.get("auditor", "/v1/desk").await.good();
    let notices = desk["notices"].as_array().unwrap();
    let one = |notice: &Value| format!("{} {} {}", notice["kind"], notice["facility"], notice["reference"]);
    let different: BTreeSet<String> = notices.iter().map(one).collect();
    assert_eq!(different.len(), notices.len());
    let verified = house.post("auditor", "/v1/log/verify", &json!({})).await.good();
    assert!(verified["invocations"].as_u64().unwrap() >= visits + arrivals, "{verified}");
}

#[tokio::test]
async fn a_short_day_comes_out_as_planned_and_each_error_gets_its_answer() {
    let house = House::start();
    let (exit, report, said) = house.command("", &["demo", "--day", "--size", "40", "--seed", "3", "--twice"]);
    assert_eq!(exit, 0, "{report:#} {said}");
    is_as_planned(&report);
    is_kept_once(&house, &report).await;
    assert_eq!(report["skipped"], json!([]), "{report:#}");
    for pilot in ["bhyt-checkin", "lodging-hotels", "coach-passengers", "secured-business-identity", "policy-credit"] {
        assert!(decided(&report, &[&format!("{pilot}: ")]) > 0, "{pilot}: {report:#}");
    }

    // The same seed again is another day of the same people: nothing is answered from yesterday's memory.
    let (exit, second, said) = house.command("", &["demo", "--day", "--size", "40", "--seed", "3"]);
    assert_eq!((exit, &second["unexplained"]), (0, &json!([])), "{second:#} {said}");
    assert_eq!((&second["asked"], &second["refused"]), (&report["asked"], &report["refused"]));
}

async fn records(house: &House) -> u64 {
    let checkpoint = house.get("", "/v1/log/checkpoint").await.text;
    checkpoint.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn a_host_that_is_ended_ten_times_in_a_day_loses_and_doubles_nothing() {
    let mut house = House::start();
    let mut day = house.begun(&["demo", "--day", "--size", "60", "--seed", "5", "--twice", "--patience", "300"]);
    let mut state = 0xdeed;
    for kill in 0..KILLS {
        let more = RECORDS.0 + next(&mut state) % (RECORDS.1 - RECORDS.0);
        let until = records(&house).await + more;
        while records(&house).await < until {
            assert!(day.try_wait().unwrap().is_none(), "the day was over before end {kill}");
        }
        for _ in 0..next(&mut state) % 200 {
            tokio::task::yield_now().await;
        }
        house.kill();
        house.restart();
    }
    let ended = day.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap_or(Value::Null);
    assert_eq!(ended.status.code(), Some(0), "{report:#}");
    is_as_planned(&report);
    is_kept_once(&house, &report).await;
}
