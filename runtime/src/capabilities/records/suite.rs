//! What every provider of `records` must do, and every provider that there is made to do it.

use std::collections::BTreeMap;

use pilothouse_evidence::record::{ChangeRecord, RECORD_VERSION};
use pilothouse_evidence::{CheckpointSigner, Record};
use pilothouse_store::{Expected, RowChange as StoreChange, RowWrite, Store, Unit, next_version};

use super::{Memory, Provider, Room, Row, Scan};
use crate::capabilities::funnel::Permit;
use crate::pending::{Growth, RowChange};

const PILOT: &str = "pilot-a";
const NOW: i64 = 1_755_000_000_000_000;

/// A row to be written, or removed where it has no value.
type Write<'a> = (&'a str, Option<&'a str>, &'a str);

/// Writes rows of the table `visits` as a committed call does, each with a value of the index `day`.
async fn write(provider: &Provider, pilot: &str, at: i64, writes: &[Write<'_>]) {
    match provider {
        Provider::Memory(memory) => {
            let change = |(key, value, day): &Write<'_>| {
                let indexes = vec![("day".to_owned(), (*day).to_owned())];
                let value = value.map(str::to_owned);
                let version = u64::try_from(next_version(None, at)).unwrap();
                (
                    ("visits".to_owned(), (*key).to_owned()),
                    RowChange { expected: None, value, indexes, version, stored: 0 },
                )
            };
            memory.apply(pilot, &writes.iter().map(change).collect()).unwrap();
        }
        Provider::Store(store) => {
            let id = format!("unit-{pilot}-{at}");
            let record = Record::Change(ChangeRecord {
                v: RECORD_VERSION,
                id: id.clone(),
                at,
                by: "host".to_owned(),
                subject: "setting".to_owned(),
                of: pilot.to_owned(),
                action: "set".to_owned(),
                detail: BTreeMap::new(),
            });
            let row = |(key, value, day): &Write<'_>| RowWrite {
                pilot: pilot.to_owned(),
                table: "visits".to_owned(),
                key: (*key).to_owned(),
                expected: Expected::Any,
                change: value.map_or(StoreChange::Delete, |value| StoreChange::Put {
                    value: value.as_bytes().to_vec(),
                    indexes: vec![("day".to_owned(), (*day).to_owned())],
                    keep_until: None,
                }),
            };
            let unit = Unit {
                record: record.to_canonical().unwrap(),
                record_id: id,
                record_at: at,
                pilot: Some(pilot.to_owned()),
                rows: writes.iter().map(row).collect(),
                ..Unit::default()
            };
            store.commit(unit).await.unwrap();
        }
    }
}

async fn value(provider: &Provider, pilot: &str, key: &str) -> Option<(String, u64)> {
    let row = provider.get(Permit::of_a_test(), pilot, "visits", key).await.unwrap();
    row.map(|row| (row.value, row.version))
}

async fn keys(
    provider: &Provider,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
    own: &[(String, Option<Row>)],
) -> String {
    let scan = Scan { index: "day", prefix, after, limit };
    let rows = provider.scan(Permit::of_a_test(), PILOT, "visits", scan, own).await.unwrap();
    rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>().join(" ")
}

/// The suite. `provider` holds nothing at first.
async fn keeps_rows(provider: Provider) {
    assert_eq!(value(&provider, PILOT, "a").await, None);
    write(
        &provider,
        PILOT,
        NOW,
        &[
            ("b", Some("{\"n\":1}"), "2025-08-11"),
            ("a", Some("{\"n\":22}"), "2025-08-12"),
            ("c", Some("{}"), "2025-08-11"),
        ],
    )
    .await;
    let (stored, version) = value(&provider, PILOT, "a").await.unwrap();
    assert_eq!((stored.as_str(), version), ("{\"n\":22}", u64::try_from(NOW).unwrap()));
    assert_eq!(value(&provider, "pilot-b", "a").await, None, "another pilot's table is another table");

    // By index value, then key; a page goes on after a row; a prefix that nothing has gives nothing.
    assert_eq!(keys(&provider, "", None, 10, &[]).await, "b c a");
    assert_eq!(keys(&provider, "", None, 2, &[]).await, "b c");
    assert_eq!(keys(&provider, "", Some("c"), 10, &[]).await, "a");
    assert_eq!(keys(&provider, "2025-08-12", None, 10, &[]).await, "a");
    assert_eq!(keys(&provider, "2026", None, 10, &[]).await, "");

    // What the call itself has changed lies over what is stored.
    let day = |day: &str| vec![("day".to_owned(), day.to_owned())];
    let row = |key: &str, on: &str| Row { key: key.to_owned(), version: 1, value: "{}".to_owned(), indexes: day(on) };
    let own = [
        ("b".to_owned(), None),
        ("a".to_owned(), Some(row("a", "2025-08-10"))),
        ("d".to_owned(), Some(row("d", "2025-08-11"))),
    ];
    assert_eq!(keys(&provider, "", None, 10, &own).await, "a c d");
    assert_eq!(keys(&provider, "", None, 1, &own).await, "a");

    // Room is counted in rows and bytes of this pilot alone: three rows, keys of 3 bytes and values of 17.
    write(&provider, "pilot-b", NOW + 1, &[("a", Some("{}"), "2025-08-11")]).await;
    let one_more = Growth { rows: 1, bytes: 2 };
    for (rows, bytes, lacks) in [(4, 22, None), (3, 1_000, Some("max-rows")), (4, 21, Some("max-bytes"))] {
        let room = Room { rows, bytes };
        assert_eq!(provider.lacks(PILOT, room, one_more).await.unwrap(), lacks, "{rows} rows, {bytes} bytes");
    }
    let larger = Growth { rows: 0, bytes: 3 };
    for (rows, bytes, lacks) in [(3, 23, None), (3, 22, Some("max-bytes")), (1, 23, None)] {
        let room = Room { rows, bytes };
        assert_eq!(provider.lacks(PILOT, room, larger).await.unwrap(), lacks, "{rows} rows, {bytes} bytes");
    }

    // A change gives a later version, a removal takes the row from every page.
    write(&provider, PILOT, NOW + 2, &[("a", Some("{\"n\":3}"), "2025-08-09"), ("c", None, "")]).await;
    let (changed, later) = value(&provider, PILOT, "a").await.unwrap();
    assert!(changed == "{\"n\":3}" && later > version);
    assert_eq!(value(&provider, PILOT, "c").await, None);
    assert_eq!(keys(&provider, "", None, 10, &[]).await, "a b");
}

#[tokio::test]
async fn memory_keeps_rows_as_every_provider_must() {
    keeps_rows(Provider::Memory(Memory::default())).await;
}

#[tokio::test]
async fn the_store_keeps_rows_as_every_provider_must() {
    let folder = tempfile::tempdir().unwrap();
    let signer = CheckpointSigner::from_seed(&[7; 32], "example.gov.vn/suite").unwrap();
    let store = Store::open(folder.path(), signer).await.unwrap();
    keeps_rows(Provider::Store(store.clone())).await;
    store.close().await;
}
