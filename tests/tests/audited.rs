//! Whatever is changed beside the log by hand is found by `pilot audit verify`, and named: each aimed change, and random bits.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pilothouse_tests::house::House;
use pilothouse_tests::program::pilot;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use tempfile::TempDir;

const DATABASE: &str = "pilothouse.db";
const CHECK_IN: &str = "/v1/pilots/bhyt-checkin/operations/check-in";
/// Random bits that are turned, one at a time.
const BITS: u64 = 50;

/// What the log speaks for, column by column. Terms of retention, versions of rows, states of effects on their way and sums that are
/// folded from the log are not among it.
const COVERED: [&str; 15] = [
    "SELECT seq, id, at, pilot, body FROM log_entries ORDER BY seq",
    "SELECT level, idx, hash FROM log_nodes ORDER BY level, idx",
    "SELECT size, note FROM log_checkpoints ORDER BY size",
    "SELECT seq, ciphertext, wrapped_key FROM sealed ORDER BY seq",
    "SELECT seq, response FROM answers ORDER BY seq",
    "SELECT key, pilot, capability, payload FROM outbox ORDER BY key",
    "SELECT pilot, tbl, key, value FROM pilot_rows WHERE pilot NOT LIKE '%.%' ORDER BY pilot, tbl, key",
    "SELECT pilot, tbl, name, value, key FROM row_indexes WHERE pilot NOT LIKE '%.%' ORDER BY pilot, tbl, name, value, key",
    "SELECT pilot, row_count, bytes FROM row_usage ORDER BY pilot",
    "SELECT id, pilot, capability, body, state, revision, at FROM grants ORDER BY id",
    "SELECT pilot, revision, body, changed_by, at FROM settings ORDER BY pilot, revision",
    "SELECT id, kind, role, unit, facility, hash, body, created, revoked FROM credentials ORDER BY id",
    "SELECT pilot, version, digest, vendor, body, at FROM packages ORDER BY pilot, version",
    "SELECT pilot, version, package, state, body, revision, at FROM pilots ORDER BY pilot",
    "SELECT id, vendor, public_key, valid_from, valid_to, revoked FROM vendor_keys ORDER BY id",
];

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copied(&path, &to.join(name));
        } else {
            let _bytes = fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// The folder of a house that was at work and has stopped.
async fn worked() -> TempDir {
    let house = House::start();
    for n in 1..=6 {
        let input = json!({ "patient": house.demo("patient_number"), "visit_kind": "outpatient" });
        let body = json!({ "reference": format!("A-{n}"), "input": input });
        let _decided = house.post("registration-clerk", CHECK_IN, &body).await.good();
    }
    house.stop();
    let folder = tempfile::tempdir().unwrap();
    copied(house.folder(), folder.path());
    folder
}

async fn database(folder: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(folder.join(DATABASE)).connect().await.unwrap()
}

fn verified(folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(pilot());
    for name in ["PILOT_DATA", "PILOT_HOST", "PILOT_TOKEN", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.args(["--json", "audit", "verify", "--offline"]).args(more).arg("--data").arg(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn each_aimed_change_beside_the_log_is_found_and_named() {
    let worked = worked().await;
    let holds = verified(worked.path(), &[]);
    assert!(holds.status.success(), "{}", said(&holds));
    let report: Value = serde_json::from_slice(&holds.stdout).unwrap();
    let beside = &report["beside"];
    assert_eq!(beside["recordings"], report["invocations"], "{report}");
    assert!(beside["answers"].as_u64() >= Some(6) && beside["states"].as_u64() > Some(20), "{report}");
    assert_eq!(beside["not_covered"], json!([]), "{report}");

    let a_call = "(SELECT seq FROM log_entries WHERE pilot IS NOT NULL ORDER BY seq LIMIT 1 OFFSET 2)";
    let aimed = [
        (format!("UPDATE log_entries SET id = 'other' WHERE seq = {a_call}"), "column `id`"),
        (format!("UPDATE log_entries SET at = at + 1 WHERE seq = {a_call}"), "column `at`"),
        (format!("UPDATE log_entries SET pilot = NULL WHERE seq = {a_call}"), "column `pilot`"),
        ("UPDATE log_entries SET id = 'other' WHERE seq = 3".to_owned(), "column `id`"),
        (format!("UPDATE sealed SET ciphertext = zeroblob(length(ciphertext)) WHERE seq = {a_call}"), "its recording is damaged"),
        (format!("DELETE FROM sealed WHERE seq = {a_call}"), "its recording is not there"),
        (format!("UPDATE sealed SET wrapped_key = NULL, ciphertext = x'' WHERE seq = {a_call}"), "the key of its recording is gone"),
        (
            format!("UPDATE sealed SET (ciphertext, wrapped_key) = (SELECT ciphertext, wrapped_key FROM sealed ORDER BY seq LIMIT 1) WHERE seq = {a_call}"),
            "is not its own",
        ),
        ("UPDATE grants SET body = replace(body, '\"calls-per-minute\":', '\"calls-per-minute\":9') WHERE id = (SELECT min(id) FROM grants)".to_owned(), "grants/"),
        ("UPDATE grants SET at = at + 1 WHERE id = (SELECT max(id) FROM grants)".to_owned(), "grants/"),
        ("DELETE FROM grants WHERE id = (SELECT max(id) FROM grants)".to_owned(), "is not there, though entry"),
        ("UPDATE credentials SET role = 'working-group' WHERE role = 'receptionist'".to_owned(), "credentials/"),
        ("UPDATE credentials SET unit = '18880' WHERE role = 'registration-clerk'".to_owned(), "credentials/"),
        ("UPDATE pilots SET state = 'off' WHERE pilot = 'lodging-hotels'".to_owned(), "pilots/lodging-hotels"),
        ("UPDATE packages SET digest = 'sha256:0' WHERE pilot = 'lodging-hotels'".to_owned(), "packages/lodging-hotels"),
        ("DELETE FROM vendor_keys".to_owned(), "vendor-keys/"),
        ("INSERT INTO credentials SELECT 'more', kind, role, unit, facility, hash, body, created, revoked FROM credentials LIMIT 1".to_owned(), "credentials/more"),
        (format!("DELETE FROM answers WHERE seq = {a_call}"), "answer of entry"),
        ("DELETE FROM answers".to_owned(), "answer of entry"),
        (format!("UPDATE answers SET response = zeroblob(length(response)) WHERE seq = {a_call}"), "answer of entry"),
        ("DELETE FROM log_checkpoints WHERE size = (SELECT size FROM log_checkpoints ORDER BY size LIMIT 1 OFFSET 5)".to_owned(), "the checkpoint over"),
        ("UPDATE pilot_rows SET value = x'7b7d' WHERE pilot = 'bhyt-checkin'".to_owned(), "row of bhyt-checkin"),
        ("DELETE FROM pilot_rows WHERE pilot = 'bhyt-checkin'".to_owned(), "row"),
        ("UPDATE row_usage SET row_count = row_count + 1 WHERE pilot = 'bhyt-checkin'".to_owned(), "not as many as are counted"),
    ];
    for (change, named) in aimed {
        let folder = tempfile::tempdir().unwrap();
        copied(worked.path(), folder.path());
        let mut open = database(folder.path()).await;
        let changed = sqlx::query(AssertSqlSafe(change.clone())).execute(&mut open).await.unwrap();
        open.close().await.unwrap();
        assert!(changed.rows_affected() > 0, "{change}: nothing was changed");
        let found = verified(folder.path(), &[]);
        assert_eq!(found.status.code(), Some(1), "{change}: {}", said(&found));
        assert!(said(&found).contains(named), "{change}: {}", said(&found));
    }
}

/// All that is covered, as it is read; none where it cannot be read.
async fn covered(folder: &Path) -> Option<Vec<String>> {
    let mut open = database(folder).await;
    let mut all = Vec::new();
    for query in COVERED {
        for row in sqlx::query(query).fetch_all(&mut open).await.ok()? {
            let cells = (0..row.len()).map(|at| {
                let text = row.try_get_unchecked::<Option<Vec<u8>>, _>(at);
                text.map_or_else(
                    |_| {
                        row.try_get_unchecked::<Option<i64>, _>(at)
                            .map_or_else(|error| error.to_string(), |n| format!("{n:?}"))
                    },
                    |bytes| format!("{bytes:?}"),
                )
            });
            all.push(cells.collect::<Vec<_>>().join(" "));
        }
    }
    open.close().await.ok()?;
    Some(all)
}

#[tokio::test]
async fn of_random_bits_none_changes_what_the_log_speaks_for_without_being_found() {
    let worked = worked().await;
    let holds = verified(worked.path(), &[]);
    assert!(holds.status.success(), "{}", said(&holds));
    let whole = covered(worked.path()).await.unwrap();
    let bytes = fs::read(worked.path().join(DATABASE)).unwrap();
    let beside = |end: &str| -> PathBuf { worked.path().join(format!("{DATABASE}{end}")) };
    let (mut seed, mut found) = (0x5EED_u64, 0);
    for n in 0..BITS {
        // Knuth's linear congruential generator: the same bits in every run.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bit = usize::try_from(seed >> 16).unwrap() % (bytes.len() * 8);
        let mut turned = bytes.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        for end in ["-wal", "-shm"] {
            drop(fs::remove_file(beside(end)));
        }
        fs::write(beside(""), &turned).unwrap();
        let checked = verified(worked.path(), &[]);
        if checked.status.success() {
            // Bits that no row has: of a free page, or of what a page does not use.
            assert_eq!(covered(worked.path()).await.as_ref(), Some(&whole), "bit {n} at {bit} went unseen");
        } else {
            assert_eq!(checked.status.code(), Some(1));
            assert!(said(&checked).len() > 20, "{}", said(&checked));
            found += 1;
        }
    }
    assert!(
        (6..BITS).contains(&found),
        "{found} of {BITS} were found: the bits hit nothing, or whatever is looked at fails"
    );
}

#[tokio::test]
async fn a_copy_that_must_not_be_written_is_checked_as_it_is() {
    let worked = worked().await;
    let files = || {
        let mut all: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(worked.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| (path.clone(), fs::read(&path).unwrap()))
            .collect();
        all.sort();
        all
    };
    let before = files();
    let holds = verified(worked.path(), &["--read-only"]);
    assert!(holds.status.success(), "{}", said(&holds));
    assert_eq!(files().len(), before.len());
    assert!(files() == before, "nothing of the copy was touched");
    let mut open = database(worked.path()).await;
    sqlx::query("UPDATE credentials SET role = 'auditor' WHERE role = 'receptionist'")
        .execute(&mut open)
        .await
        .unwrap();
    open.close().await.unwrap();
    let found = verified(worked.path(), &["--read-only"]);
    assert!(!found.status.success() && said(&found).contains("credentials/"), "{}", said(&found));
}

#[tokio::test]
async fn what_failed_is_told_as_what_it_was() {
    let house = House::start();
    let unknown = house.send(Method::DELETE, "working-group", "/v1/vendor-keys/0123456789abcdef", None).await;
    unknown.is_problem(404, "not-found");
    let holds = house.post("auditor", "/v1/log/verify", &json!({})).await.good();
    assert!(holds["beside"]["states"].as_u64() > Some(20), "{holds}");

    // A host goes on while its record is checked, and says what is wrong with it.
    let mut open = database(house.folder()).await;
    sqlx::query("UPDATE log_entries SET at = at + 1 WHERE seq = 3").execute(&mut open).await.unwrap();
    open.close().await.unwrap();
    let damaged = house.post("auditor", "/v1/log/verify", &json!({})).await;
    damaged.is_problem(500, "log-damaged");
    assert!(damaged.str("/detail").contains("entry 3: its column `at`"), "{}", damaged.text);
}
