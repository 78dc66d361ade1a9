//! After a person was at the desk, neither number nor name nor card is found in anything that the host leaves behind.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aho_corasick::AhoCorasick;
use pilothouse_tests::house::House;
use pilothouse_tests::people::{self, Synthetic};
use serde_json::{Value, json};
use sha2::Digest as _;

const PILOT: &str = "/v1/pilots/bhyt-checkin";
const CLERK: &str = "registration-clerk";
const GROUP: &str = "working-group";

/// Each way in which a person could be written down, and its name for the report.
struct Traces {
    names: Vec<&'static str>,
    all: AhoCorasick,
}

impl Traces {
    fn of(person: &Synthetic) -> Traces {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let escaped = |text: &str| {
            let ascii = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
            text.chars().map(ascii).collect::<String>().into_bytes()
        };
        let mut traces = vec![
            ("the number", person.number.clone().into_bytes()),
            ("the number in UTF-16", utf16(&person.number)),
            ("the name", person.name.clone().into_bytes()),
            ("the name in capitals", person.name.to_uppercase().into_bytes()),
            ("the name in small letters", person.name.to_lowercase().into_bytes()),
            ("the name in UTF-16", utf16(&person.name)),
            ("the name in JSON escapes", escaped(&person.name)),
            ("the text of the card", person.card.clone().into_bytes()),
        ];
        for written in digested(person) {
            for digest in [
                sha2::Sha256::digest(&written).to_vec(),
                sha1::Sha1::digest(&written).to_vec(),
                md5::Md5::digest(&written).to_vec(),
            ] {
                traces.push(("a digest of the number or of its request", hex::encode(&digest).into_bytes()));
                traces.push(("a digest of the number or of its request, in bytes", digest));
            }
        }
        let (names, traces): (Vec<_>, Vec<_>) = traces.into_iter().unzip();
        Traces { names, all: AhoCorasick::new(traces).unwrap() }
    }

    fn found_in(&self, bytes: &[u8]) -> Vec<&'static str> {
        let found: BTreeSet<usize> =
            self.all.find_overlapping_iter(bytes).map(|found| found.pattern().as_usize()).collect();
        let mut names: Vec<&'static str> = found.into_iter().filter_map(|at| self.names.get(at).copied()).collect();
        names.dedup();
        names
    }

    /// Looks through a folder; answers how many bytes there were.
    fn none_below(&self, folder: &Path) -> usize {
        let mut bytes = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                bytes += self.none_below(&path);
            } else {
                let content = fs::read(&path).unwrap();
                assert!(self.found_in(&content).is_empty(), "{} holds {:?}", path.display(), self.found_in(&content));
                bytes += content.len();
            }
        }
        bytes
    }
}

/// What has so few values that a digest of it without a key is the value: the number, the card, and what is sent with either, as it may
/// be written for a digest.
fn digested(person: &Synthetic) -> Vec<Vec<u8>> {
    let mut all = vec![person.number.clone().into_bytes(), person.card.clone().into_bytes()];
    for (n, patient) in [(1, &person.number), (2, &person.card)] {
        let input = json!({ "patient": patient, "visit_kind": "outpatient" });
        let request = json!({ "reference": format!("sweep-{n}"), "input": input });
        for written in [input.to_string(), request.to_string(), serde_json::to_string_pretty(&input).unwrap()] {
            for operation in ["", "check-in", "operations.check-in", "check-in\0", "check-in/"] {
                let written = format!("{operation}{written}").into_bytes();
                all.push([written.as_slice(), &[0; 8]].concat());
                all.push(written);
            }
        }
    }
    let reading: Value = json!({ "text": person.card });
    all.extend([reading.to_string().into_bytes(), [reading.to_string().as_bytes(), &[0; 8]].concat()]);
    all
}

#[test]
fn the_sweep_finds_each_trace_where_there_is_one() {
    let person = people::cast(&people::population(), "insured-adult-2");
    let traces = Traces::of(&person);
    assert_eq!(traces.found_in(format!("before {} after", person.number).as_bytes()), ["the number"]);
    assert!(traces.found_in(person.card.as_bytes()).contains(&"the text of the card"));
    let request =
        format!(r#"check-in{}{{"patient":"{}","visit_kind":"outpatient"}}"#, '\0', person.number).into_bytes();
    let digest = sha2::Sha256::digest([request.as_slice(), &[0; 8]].concat());
    assert_eq!(traces.found_in(&digest), ["a digest of the number or of its request, in bytes"]);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(folder.path().join("below/file"), &person.name).unwrap();
    assert!(std::panic::catch_unwind(|| traces.none_below(folder.path())).is_err());
}

#[tokio::test]
async fn nothing_that_the_host_keeps_writes_or_counts_tells_who_was_there() {
    // Not the demonstration's own patient: that number is said at the start, for whoever tries the host.
    let person = people::cast(&people::population(), "insured-adult-2");
    let traces = Traces::of(&person);
    let house = House::start();
    assert_ne!(house.demo("patient_number"), person.number);

    let mut answers = Vec::new();
    let operation = format!("{PILOT}/operations/check-in");
    for (reference, patient) in [("sweep-1", &person.number), ("sweep-2", &person.card)] {
        let body = json!({ "reference": reference, "input": { "patient": patient, "visit_kind": "outpatient" } });
        let answer = house.post(CLERK, &operation, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let evidence = answer.str("/id").to_owned();
        answers.push(answer.text);
        let look = house.get("auditor", &format!("/v1/invocations/{evidence}")).await;
        assert_eq!(look.status, 200, "{}", look.text);
        answers.push(look.text);
    }
    let reading = json!({ "reference": "sweep-3", "text": person.card });
    let reading = house.post(CLERK, &format!("{PILOT}/readings"), &reading).await;
    assert_eq!(reading.status, 200, "{}", reading.text);
    answers.push(reading.text);

    // What goes wrong is what talks too much: fields that do not fit, a broken card, broken JSON, a path, a query.
    let wrong = [
        json!({ "reference": "sweep-4", "input": { "patient": person.number, "visit_kind": person.name } }),
        json!({ "reference": "sweep-5", "input": { "patient": person.card, "visit_kind": "outpatient", "x": person.card } }),
        json!({ "reference": "sweep-6", "input": { "patient": format!("{}|", person.number), "visit_kind": "outpatient" } }),
        json!({ "reference": "sweep-7", "input": { "patient": { "declared": { "document": person.name } }, "visit_kind": "outpatient" } }),
        json!({ "reference": "sweep-8", "input": person.card, "other": person.name }),
    ];
    for body in &wrong {
        let refused = house.post(CLERK, &operation, body).await;
        assert!((400..500).contains(&refused.status), "{}", refused.text);
        answers.push(refused.text);
    }
    for path in [
        format!("/v1/pilots/{}", person.number),
        format!("/v1/invocations/{}", person.number),
        format!("/?q={}", person.number),
    ] {
        let _whatever_it_says = house.get(GROUP, &path).await;
    }
    for path in ["/metrics", "/", "/pilots/bhyt-checkin", "/readyz?verbose", "/v1/desk"] {
        answers.push(house.get(GROUP, path).await.text);
    }

    for answer in &answers {
        assert!(
            traces.found_in(answer.as_bytes()).is_empty(),
            "an answer tells {:?}",
            traces.found_in(answer.as_bytes())
        );
    }
    assert!(traces.none_below(house.folder()) > 100_000);
    // What lies there after a power failure lies there for longer: journals are not tidied by an orderly end.
    house.kill();
    assert!(traces.none_below(house.folder()) > 100_000);
    let written = house.written();
    assert!(!written.is_empty());
    assert!(traces.found_in(&written).is_empty(), "the log tells {:?}", traces.found_in(&written));
}
