//! Pages of an index, against a model of it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::rows::{After, FoundRow, Scan};

/// What may happen to one of a few keys: written with an index value, or removed.
fn steps() -> impl Strategy<Value = Vec<Vec<(u8, Option<String>)>>> {
    // Few letters and one of several bytes, so that prefixes meet and order by bytes matters.
    let step = (0..12_u8, proptest::option::weighted(0.8, "[ab\u{111}\u{10ffff}]{0,4}"));
    proptest::collection::vec(proptest::collection::vec(step, 1..8), 1..8)
}

async fn pages(store: &Store, prefix: &str, limit: u32) -> Vec<(String, String)> {
    let mut found: Vec<FoundRow> = Vec::new();
    loop {
        let after = found.last().map(|last| After { index_value: &last.index_value, key: &last.row.key });
        let scan = Scan { pilot: "pilot-a", table: "stays", index: "by-value", prefix, after, limit };
        let page = store.rows().scan(scan).await.expect("reads");
        assert!(page.len() <= limit as usize);
        if page.is_empty() {
            return found.into_iter().map(|found| (found.index_value, found.row.key)).collect();
        }
        found.extend(page);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_a_scan_are_what_a_map_would_give(units in steps(), prefix in "[ab\u{111}]{0,2}", limit in 1..5_u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (_dir, store) = fresh().await;
            let mut model: BTreeMap<String, String> = BTreeMap::new();
            for (n, steps) in units.into_iter().enumerate() {
                let rows = steps.iter().map(|(key, value)| {
                    let key = format!("k{key}");
                    match value {
                        Some(value) => put(&key, Expected::Any, value),
                        None => delete(&key),
                    }
                });
                store.commit(Unit { rows: rows.collect(), ..unit(&format!("r-{n}")) }).await.expect("kept");
                for (key, value) in steps {
                    match value {
                        Some(value) => model.insert(format!("k{key}"), value),
                        None => model.remove(&format!("k{key}")),
                    };
                }
            }
            let mut expected: Vec<(String, String)> = model
                .iter()
                .filter(|(_, value)| value.starts_with(&prefix))
                .map(|(key, value)| (value.clone(), key.clone()))
                .collect();
            expected.sort();
            let found = pages(&store, &prefix, limit).await;
            assert_eq!(found, expected);
            let usage = store.rows().usage("pilot-a").await.expect("reads");
            let bytes: usize = model.iter().map(|(key, value)| key.len() + value.len()).sum();
            assert_eq!((usage.rows, usage.bytes), (model.len() as u64, bytes as u64));
            assert_eq!(store.rows().count("pilot-a", "stays").await.expect("reads"), model.len() as u64);
            for (key, value) in &model {
                let of = store.rows().index_value("pilot-a", "stays", "by-value", key).await.expect("reads");
                assert_eq!(of.as_ref(), Some(value));
            }
            close_verified(store).await;
        });
    }
}
