//! What is promised in writing is tested: every test that `SECURITY.md` names is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Folders that hold no sources of ours.
const FOREIGN: [&str; 3] = ["target", ".git", "node_modules"];

/// The names of all tests below a folder: functions behind `#[test]`, `#[tokio::test]`, or in a block of property tests.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !FOREIGN.contains(&name) {
                tests_below(&path, found);
            }
        } else if name.ends_with(".rs") {
            tests_in(&fs::read_to_string(&path).expect("a source is text"), found);
        }
    }
}

fn tests_in(source: &str, found: &mut BTreeSet<String>) {
    let mut marked = false;
    for line in source.lines().map(str::trim) {
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            marked = true;
        } else if marked && !line.starts_with("#[") {
            let name = line.split("fn ").nth(1).and_then(|rest| rest.split('(').next());
            found.extend(name.map(str::to_owned));
            marked = false;
        }
    }
}

/// What stands between backticks and has the form of a test's name: a sentence.
fn named(text: &str) -> Vec<&str> {
    let sentence = |name: &&str| {
        name.matches('_').count() > 2 && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    };
    text.split('`').skip(1).step_by(2).filter(sentence).collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut tests = BTreeSet::new();
    tests_below(root, &mut tests);
    let text = fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md");
    let names = named(&text);
    assert!(names.len() > 60, "only {} tests are named", names.len());
    let missing: Vec<_> = names.into_iter().filter(|name| !tests.contains(*name)).collect();
    assert!(missing.is_empty(), "SECURITY.md names tests that do not exist: {missing:#?}");
}

#[test]
fn every_line_of_the_threat_model_names_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let text = fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md");
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| could"));
    let bare: Vec<_> = rows.filter(|row| named(row).is_empty()).collect();
    assert!(bare.is_empty(), "without a test: {bare:#?}");
}

#[test]
fn a_name_that_no_test_has_is_found() {
    let mut tests = BTreeSet::new();
    tests_in(
        "#[test]\nfn one_that_is_there() {}\nfn one_that_is_none() {}\n#[tokio::test]\nasync fn another_one_there() {}",
        &mut tests,
    );
    assert_eq!(tests, BTreeSet::from(["one_that_is_there", "another_one_there"].map(str::to_owned)));
    assert_eq!(named("see `one_that_is_gone`, `pilot up` and `no_row`"), ["one_that_is_gone"]);
}
