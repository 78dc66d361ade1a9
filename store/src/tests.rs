//! The store on real files. What tests share; each module below is one concern.

use std::collections::BTreeMap;
use std::path::Path;

use pilothouse_evidence::record::ChangeRecord;
use pilothouse_evidence::{CheckpointKey, CheckpointSigner, Record};
use tempfile::TempDir;

use crate::{EffectRow, Expected, RowChange, RowWrite, Store, Unit};

mod committing;
mod durability;
mod governing;
mod keeping;
mod opening;
mod scanning;

/// The time of all records that do not say another.
const AT: i64 = 1_764_000_000_000_000;

fn signer() -> CheckpointSigner {
    CheckpointSigner::from_seed(&[7; 32], "example.gov.vn/test").expect("a good name")
}

fn key() -> CheckpointKey {
    signer().key().clone()
}

async fn open(dir: &Path) -> Store {
    Store::open(dir, signer()).await.expect("opens")
}

async fn fresh() -> (TempDir, Store) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let store = open(dir.path()).await;
    (dir, store)
}

fn unit(id: &str) -> Unit {
    let record = Record::Change(ChangeRecord {
        v: 1,
        id: id.to_owned(),
        at: AT,
        by: "host".into(),
        subject: "setting".into(),
        of: "pilot-a".into(),
        action: "changed".into(),
        detail: BTreeMap::new(),
    });
    Unit {
        record: record.to_canonical().expect("canonical"),
        record_id: id.to_owned(),
        record_at: AT,
        ..Unit::default()
    }
}

/// The same change at another time: its body says so too.
fn later(unit: Unit, at: i64) -> Unit {
    let Ok(Record::Change(record)) = Record::from_canonical(&unit.record) else { panic!("a change") };
    let record = Record::Change(ChangeRecord { at, ..record });
    Unit { record: record.to_canonical().expect("canonical"), record_at: at, ..unit }
}

fn put(key: &str, expected: Expected, value: &str) -> RowWrite {
    let indexes = vec![("by-value".to_owned(), value.to_owned())];
    RowWrite {
        pilot: "pilot-a".into(),
        table: "stays".into(),
        key: key.to_owned(),
        expected,
        change: RowChange::Put { value: value.as_bytes().to_vec(), indexes, keep_until: None },
    }
}

fn delete(key: &str) -> RowWrite {
    RowWrite { change: RowChange::Delete, ..put(key, Expected::Any, "") }
}

fn effect(key: &str) -> EffectRow {
    EffectRow {
        digest: [0; 32],
        key: key.to_owned(),
        pilot: "pilot-a".into(),
        capability: "lodging".into(),
        function: "notify".into(),
        payload: b"sealed".to_vec(),
        due: AT,
    }
}

/// Commits all at once, so that they meet in groups, and gives the answers in the order of the units.
async fn together(store: &Store, units: Vec<Unit>) -> Vec<Result<u64, crate::CommitError>> {
    let mut answers = Vec::new();
    let asked: Vec<_> = units
        .into_iter()
        .map(|unit| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(unit).await.map(|kept| kept.seq) })
        })
        .collect();
    for answer in asked {
        answers.push(answer.await.expect("no panic"));
    }
    answers
}

/// Every test ends here: the log verifies.
async fn close_verified(store: Store) -> u64 {
    let report = store.log().verify(&key(), &[]).await.expect("the log verifies");
    store.close().await;
    report.entries
}
