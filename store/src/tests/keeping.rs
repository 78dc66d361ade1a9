//! The log that is kept, and the values that are not.

use pilothouse_evidence::{CallRecord, PartRecord, SealKey, Verdict, VerifyError, leaf_hash, merkle};

use super::*;
use crate::retention::Due;
use crate::rows::Usage;
use crate::seals::Beside;
use crate::used::Uses;
use crate::{CommitError, EffectState, Once, Sealed, Settlement, StateChange, StoreError};

const CIPHERTEXT: &[u8] = b"the ciphertext of a synthetic call";
const WRAPPED: &[u8] = b"a wrapped key that must not be found again";

fn sealed(id: &str, keep_until: i64) -> Unit {
    let sealed = Sealed { ciphertext: CIPHERTEXT.to_vec(), wrapped_key: WRAPPED.to_vec() };
    Unit { sealed: Some(sealed), keep_until, ..unit(id) }
}

#[tokio::test]
async fn retention_destroys_what_is_due_and_the_log_still_verifies() {
    let (dir, store) = fresh().await;
    let mut row = put("k", Expected::Absent, "value");
    if let RowChange::Put { keep_until, .. } = &mut row.change {
        *keep_until = Some(AT + 10);
    }
    let once = Once {
        scope: "s".into(),
        reference: "r".into(),
        response: b"sealed answer".to_vec(),
        keep_until: AT + 10,
        ..Once::default()
    };
    let first = Unit {
        rows: vec![row, put("stays", Expected::Absent, "x")],
        once: Some(once),
        effects: vec![effect("e"), effect("f"), effect("g")],
        ..sealed("r-1", AT + 10)
    };
    store.commit(first).await.expect("kept");
    let long = Sealed { ciphertext: b"longer kept".to_vec(), wrapped_key: b"another key".to_vec() };
    store.commit(Unit { sealed: Some(long), keep_until: AT + 1_000, ..unit("r-2") }).await.expect("kept");
    let settled = Settlement { key: "e".into(), state: EffectState::Accepted, code: None, next_at: AT, at: AT + 1 };
    store.outbox().settle(settled).await.expect("noted");
    // What was given up holds as much of a person as what was delivered.
    let given_up = Settlement { key: "g".into(), state: EffectState::Failed, code: None, next_at: AT, at: AT + 1 };
    store.outbox().settle(given_up).await.expect("noted");

    let early = store.retention().run(Due { now: AT + 9, settled_before: AT }).await.expect("runs");
    assert_eq!((early.keys, early.references, early.rows, early.payloads), (0, 0, 0, 0));
    let due = store.retention().run(Due { now: AT + 10, settled_before: AT + 1 }).await.expect("runs");
    assert_eq!((due.keys, due.references, due.rows, due.payloads, due.cleared), (1, 1, 1, 2, true));

    assert!(matches!(store.seals().find(0).await.expect("reads"), Some(Beside::Destroyed)));
    let Some(Beside::Sealed(kept)) = store.seals().find(1).await.expect("reads") else { panic!("too early") };
    assert_eq!(kept.wrapped_key, b"another key");
    assert_eq!(store.once().find("s", "r").await.expect("reads"), None);
    assert_eq!(store.rows().get("pilot-a", "stays", "k").await.expect("reads"), None);
    assert_eq!(store.rows().usage("pilot-a").await.expect("reads"), Usage { rows: 1, bytes: 6 });
    assert_eq!(store.outbox().find("e").await.expect("reads").expect("there").payload, b"");
    assert_eq!(store.outbox().find("g").await.expect("reads").expect("there").payload, b"");
    assert_eq!(store.outbox().find("f").await.expect("reads").expect("there").payload, b"sealed", "not sent yet");

    for entry in std::fs::read_dir(dir.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("readable");
        for gone in [CIPHERTEXT, WRAPPED] {
            let found = bytes.windows(gone.len()).any(|window| window == gone);
            assert!(!found, "{} still has what was destroyed", path.display());
        }
    }
    assert_eq!(close_verified(store).await, 2);
}

#[tokio::test]
async fn retention_takes_more_than_one_pass_holds() {
    let (_dir, store) = fresh().await;
    let units = (0..2_500).map(|n| sealed(&format!("r-{n}"), AT + 1)).collect();
    together(&store, units).await.into_iter().for_each(|answer| {
        answer.expect("kept");
    });
    let retired = store.retention().run(Due { now: AT + 1, settled_before: 0 }).await.expect("runs");
    assert_eq!(retired.keys, 2_500);
    close_verified(store).await;
}

#[tokio::test]
async fn an_erasure_order_destroys_one_key_and_is_recorded() {
    let (_dir, store) = fresh().await;
    together(&store, vec![sealed("r-1", AT + 10), sealed("r-2", AT + 10)]).await;
    let order =
        |id: &str, of: &str| Unit { changes: vec![StateChange::KeyDestroyed { record_id: of.to_owned() }], ..unit(id) };
    store.commit(order("r-3", "r-1")).await.expect("kept");
    store.commit(order("r-4", "r-1")).await.expect("again changes nothing");
    let unknown = store.commit(order("r-5", "never")).await;
    assert!(matches!(unknown, Err(CommitError::Unknown { what: "sealed record" })));
    assert!(matches!(store.seals().find(0).await.expect("reads"), Some(Beside::Destroyed)));
    assert!(matches!(store.seals().find(1).await.expect("reads"), Some(Beside::Sealed(_))));
    assert!(store.seals().find(2).await.expect("reads").is_none());
    assert_eq!(close_verified(store).await, 4);
}

#[tokio::test]
async fn every_entry_is_proven_against_the_newest_checkpoint() {
    let (_dir, store) = fresh().await;
    together(&store, (0..37).map(|n| unit(&format!("r-{n}"))).collect()).await;
    let old = store.log().checkpoint().await.expect("reads").expect("signed");
    together(&store, (37..300).map(|n| unit(&format!("r-{n}"))).collect()).await;
    let newest = store.log().checkpoint().await.expect("reads").expect("signed");
    let signed = key().verify(&newest.note).expect("ours");
    assert_eq!(signed.size, 300);
    for seq in 0..300 {
        let proof = store.log().inclusion(seq).await.expect("reads").expect("there");
        let entry = store.log().entry(seq).await.expect("reads").expect("there");
        let leaf = leaf_hash(&entry.body);
        assert_eq!(proof.checkpoint, newest);
        assert!(merkle::verify_inclusion(leaf, seq, signed.size, &proof.hashes, signed.root), "entry {seq}");
        assert!(!merkle::verify_inclusion(leaf, seq ^ 1, signed.size, &proof.hashes, signed.root), "entry {seq}");
    }

    let before = key().verify(&old.note).expect("ours");
    let grown = store.log().consistency(before.size, signed.size).await.expect("reads");
    assert!(merkle::verify_consistency(before.size, before.root, signed.size, signed.root, &grown));
    assert!(store.log().inclusion(300).await.expect("reads").is_none());
    assert!(matches!(store.log().consistency(10, 5_000).await, Err(StoreError::Log(_))));
    close_verified(store).await;
}

#[tokio::test]
async fn the_latest_entries_come_in_pages() {
    let (_dir, store) = fresh().await;
    let of = |n: usize| if n.is_multiple_of(2) { "pilot-a" } else { "pilot-b" };
    let units = (0..20).map(|n| Unit { pilot: Some(of(n).into()), ..unit(&format!("r-{n}")) }).collect();
    together(&store, units).await;
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = store.log().latest(Some("pilot-b"), 3, before).await.expect("reads");
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        seen.extend(page.into_iter().map(|entry| entry.seq));
    }
    assert_eq!(seen, [19, 17, 15, 13, 11, 9, 7, 5, 3, 1]);
    assert_eq!(store.log().latest(None, 2, None).await.expect("reads")[1].seq, 18);
    // These bodies are of changes and name no pilot, which is told.
    assert!(matches!(store.log().verify(&key(), &[]).await, Err(StoreError::Differs { .. })));
    store.close().await;
}

#[tokio::test]
async fn a_changed_entry_is_found() {
    let (dir, store) = fresh().await;
    together(&store, (0..300).map(|n| unit(&format!("r-{n}"))).collect()).await;
    let other = unit("r-x").record;
    store.close().await;
    let db = crate::sqlite::open(&dir.path().join(crate::folder::DATABASE)).await.expect("opens");
    let mut session = db.write().await.expect("a session");
    crate::db::on!(&mut session, conn => sqlx::query("UPDATE log_entries SET body = $1 WHERE seq = 20")
        .bind(other).execute(conn).await)
    .expect("changed");
    drop(session);
    db.close().await;
    let store = open(dir.path()).await;
    let found = store.log().verify(&key(), &[]).await.expect_err("changed");
    // By its own columns, by the stored node over entries 16 to 31, or by a checkpoint that was signed between.
    let named = matches!(&found, StoreError::Differs { what } if what.starts_with("entry 20:"))
        || matches!(&found, StoreError::Verify(VerifyError::WrongNode { level: 4, index: 1 }))
        || matches!(&found, StoreError::Verify(VerifyError::WrongRoot { size: 21.. }));
    assert!(named, "{found:?}");
    store.close().await;
}

/// A record of calls, as a long invocation has them.
fn part(id: &str, calls: &[(&str, &[&str], Verdict)]) -> Unit {
    let commitment = SealKey::from_bytes([5; 32]).commit("args", b"value");
    let call = |(n, (function, asked, verdict)): (usize, &(&str, &[&str], Verdict))| CallRecord {
        n: u32::try_from(n).expect("few"),
        function: (*function).to_owned(),
        person: None,
        asked: asked.iter().map(|name| (*name).to_owned()).collect(),
        verdict: verdict.clone(),
        line: None,
        args: commitment,
        answer: commitment,
        again: None,
    };
    let record = Record::Part(PartRecord {
        v: 1,
        id: id.to_owned(),
        at: AT,
        invocation: "i".into(),
        part: 1,
        calls: calls.iter().enumerate().map(call).collect(),
        effects: vec![],
    });
    Unit { record: record.to_canonical().expect("canonical"), pilot: Some("pilot-a".into()), ..unit(id) }
}

#[tokio::test]
async fn what_was_used_is_counted_once_down_to_the_name_and_what_the_gate_stopped_is_not() {
    let (dir, store) = fresh().await;
    let denied = |code: &str| Verdict::Denied { code: code.to_owned() };
    let calls = [
        ("population.verify", ["alive", "age"].as_slice(), Verdict::Allowed),
        ("population.verify", ["alive"].as_slice(), Verdict::Unavailable),
        ("records.get", ["stays"].as_slice(), denied("not-found")),
        ("records.get", ["made-up-by-the-guest"].as_slice(), denied("field-not-granted")),
    ];
    assert_eq!(store.used().of("pilot-a").await.expect("reads"), Uses::default());
    store.commit(part("p-1", &calls)).await.expect("kept");
    // Parts are of the pilot that the record behind them names.
    let body = format!(r#"{{"at":{AT},"calls":[],"id":"r-1","kind":"invocation","pilot":"pilot-a"}}"#).into_bytes();
    store.commit(Unit { record: body, pilot: Some("pilot-a".into()), ..unit("r-1") }).await.expect("kept");
    let used = store.used();
    // Two at once, and again when nothing is new.
    let (first, second) = tokio::join!(used.fold(), used.fold());
    assert_eq!((first.expect("folds"), second.expect("folds")), (false, false));
    assert!(!used.fold().await.expect("folds"));
    store.commit(part("p-2", &calls[..1])).await.expect("kept");
    store.close().await;
    let store = open(dir.path()).await;
    assert!(!store.used().fold().await.expect("folds"));
    let uses = store.used().of("pilot-a").await.expect("reads");
    let lines: Vec<_> =
        uses.lines.iter().map(|used| (used.function.as_str(), used.name.as_deref().unwrap_or("-"), used.n)).collect();
    let expected = [
        ("population.verify", "-", 3),
        ("population.verify", "age", 2),
        ("population.verify", "alive", 3),
        ("records.get", "-", 1),
        ("records.get", "stays", 1),
    ];
    assert_eq!(lines, expected);
    assert_eq!(uses.since, Some(AT));
    assert_eq!(store.used().of("pilot-b").await.expect("reads"), Uses::default());
    // Parts without their record do not verify, and need not here.
    store.close().await;
}
