//! A disk that no longer confirms what is written: nobody is told that something was kept, and the program ends.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pilothouse_tests::house::House;
use serde_json::{Value, json};

const CHECK_IN: &str = "/v1/pilots/bhyt-checkin/operations/check-in";
/// Stands in front of the system's own: where the file is there that `BROKEN_DISK` names, no data is ever synchronised.
const BROKEN: &str = "
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
int fdatasync(int file) {
    const char *broken = getenv(\"BROKEN_DISK\");
    if (broken && access(broken, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return fsync(file);
}
";

/// Compiled by the compiler that SQLite needs as well.
fn shim(folder: &Path) -> PathBuf {
    let (source, object) = (folder.join("broken.c"), folder.join("broken.so"));
    fs::write(&source, BROKEN).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&object, &source]).status().unwrap();
    assert!(built.success(), "the shim is compiled");
    object
}

fn visit(house: &House, reference: &str) -> Value {
    json!({ "reference": reference, "input": { "patient": house.demo("patient_number"), "visit_kind": "outpatient" } })
}

#[tokio::test]
async fn a_disk_that_does_not_confirm_ends_the_program_and_takes_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken");
    let environment = vec![("LD_PRELOAD", shim(folder.path())), ("BROKEN_DISK", broken.clone())];
    let mut house = House::start_in(environment, &[]);
    let before = visit(&house, "before");
    let kept = house.post("registration-clerk", CHECK_IN, &before).await.good();

    fs::write(&broken, "").unwrap();
    let lost = house.post("registration-clerk", CHECK_IN, &visit(&house, "meanwhile")).await;
    assert!((500..600).contains(&lost.status), "{}: {}", lost.status, lost.text);
    assert_eq!(house.ended(), Some(1));
    let said = String::from_utf8_lossy(&house.written()).into_owned();
    assert!(said.contains("look at the disk, then start again"), "{said}");

    fs::remove_file(&broken).unwrap();
    house.restart();
    let again = house.post("registration-clerk", CHECK_IN, &before).await.good();
    assert_eq!((&again["replayed"], &again["id"]), (&json!(true), &kept["id"]));
    let meanwhile = house.post("registration-clerk", CHECK_IN, &visit(&house, "meanwhile")).await.good();
    assert_eq!(meanwhile["decision"], "admit");
    let _holds = house.post("auditor", "/v1/log/verify", &json!({})).await.good();
}
