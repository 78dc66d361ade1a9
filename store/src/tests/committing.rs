//! Units in groups: order, conflicts, references, effects, sums.

use super::*;
use crate::outbox::EffectCounts;
use crate::rows::Usage;
use crate::{CommitError, CounterAdd, Due, EffectState, IndicatorAdd, Once, Part, Settlement, next_version};

fn referring(id: &str, reference: &str, digest: u8) -> Unit {
    let once = Once {
        scope: "desk/pilot-a/arrive".into(),
        reference: reference.to_owned(),
        request_digest: [digest; 32],
        response: format!("answer of {id}").into_bytes(),
        keep_until: AT + 10,
        before: None,
    };
    Unit { once: Some(once), ..unit(id) }
}

#[tokio::test]
async fn a_group_keeps_the_order_of_arrival() {
    let (_dir, store) = fresh().await;
    // One thread and a queue as long: the tasks hand over in the order in which they were spawned.
    let answers = together(&store, (0..700).map(|n| unit(&format!("r-{n}"))).collect()).await;
    for (n, answer) in answers.into_iter().enumerate() {
        let seq = answer.expect("kept");
        assert_eq!(seq, n as u64);
        assert_eq!(store.log().entry(seq).await.expect("reads").expect("there").id, format!("r-{n}"));
    }
    let checkpoint = store.log().checkpoint().await.expect("reads").expect("signed");
    assert_eq!(checkpoint.size, 700);
    assert_eq!(close_verified(store).await, 700);
}

#[tokio::test]
async fn a_conflicting_unit_leaves_nothing_and_its_neighbours_land() {
    let (_dir, store) = fresh().await;
    let first = Unit { rows: vec![put("k", Expected::Absent, "first")], ..unit("r-1") };
    let second = Unit {
        rows: vec![put("other", Expected::Absent, "second"), put("k", Expected::Absent, "second")],
        effects: vec![effect("e-2")],
        counters: vec![CounterAdd { pilot: "pilot-a".into(), table: "t".into(), key: "c".into(), add: 1 }],
        ..referring("r-2", "ref-2", 1)
    };
    let third = Unit { rows: vec![put("k", Expected::Version(AT), "third")], ..unit("r-3") };
    let mut answers = together(&store, vec![first, second, third]).await;
    assert_eq!(answers.pop().expect("three").expect("kept"), 1);
    let conflict = answers.pop().expect("three");
    assert!(matches!(&conflict, Err(CommitError::Conflict { table, key }) if table == "stays" && key == "k"));
    assert!(!conflict.expect_err("refused").to_string().contains("\"k\""), "no key in the text");

    let row = store.rows().get("pilot-a", "stays", "k").await.expect("reads").expect("there");
    assert_eq!((row.value.as_slice(), row.version), (b"third".as_slice(), next_version(Some(AT), AT)));
    assert_eq!(store.rows().get("pilot-a", "stays", "other").await.expect("reads"), None);
    assert_eq!(store.outbox().find("e-2").await.expect("reads"), None);
    assert_eq!(store.counters().get("pilot-a", "t", "c").await.expect("reads"), 0);
    assert_eq!(store.once().find("desk/pilot-a/arrive", "ref-2").await.expect("reads"), None);
    assert_eq!(store.log().entry_by_id("r-2").await.expect("reads"), None);
    assert_eq!(store.rows().usage("pilot-a").await.expect("reads"), Usage { rows: 1, bytes: 6 });
    assert_eq!(close_verified(store).await, 2);
}

#[tokio::test]
async fn a_version_seen_before_a_removal_does_not_fit_the_row_made_after_it() {
    let (_dir, store) = fresh().await;
    let seen = AT;
    store.commit(Unit { rows: vec![put("k", Expected::Absent, "old")], ..unit("r-1") }).await.expect("kept");
    store.commit(Unit { rows: vec![delete("k")], ..unit("r-2") }).await.expect("kept");
    let again = Unit { rows: vec![put("k", Expected::Absent, "new")], ..later(unit("r-3"), AT + 5) };
    store.commit(again).await.expect("kept");
    let late = Unit { rows: vec![put("k", Expected::Version(seen), "lost update")], ..unit("r-4") };
    assert!(matches!(store.commit(late).await, Err(CommitError::Conflict { .. })));
    close_verified(store).await;
}

#[tokio::test]
async fn writes_of_one_unit_see_each_other_in_order() {
    let (_dir, store) = fresh().await;
    let rows = vec![
        put("k", Expected::Absent, "a"),
        put("k", Expected::Version(AT), "b"),
        delete("k"),
        put("k", Expected::Absent, "c"),
        put("gone", Expected::Absent, "d"),
        delete("gone"),
        delete("never-there"),
    ];
    store.commit(Unit { rows, ..unit("r-1") }).await.expect("kept");
    assert_eq!(store.rows().get("pilot-a", "stays", "k").await.expect("reads").expect("there").value, b"c");
    assert_eq!(store.rows().count("pilot-a", "stays").await.expect("reads"), 1);
    assert_eq!(store.rows().usage("pilot-a").await.expect("reads"), Usage { rows: 1, bytes: 2 });
    close_verified(store).await;
}

#[tokio::test]
async fn the_same_reference_answers_what_is_stored_and_other_content_is_told_apart() {
    let (_dir, store) = fresh().await;
    // Once within a group, once against what is stored.
    let answers = together(&store, vec![referring("r-1", "ref", 1), referring("r-2", "ref", 1)]).await;
    let later = store.commit(referring("r-3", "ref", 2)).await;
    assert_eq!(answers[0].as_ref().ok(), Some(&0));
    for (answer, same) in [(answers.into_iter().nth(1).expect("two").map(|_| ()), true), (later.map(|_| ()), false)] {
        let Err(CommitError::Duplicate { same_request, response, seq }) = answer else { panic!("kept twice") };
        assert_eq!((same_request, response.as_slice(), seq), (same, b"answer of r-1".as_slice(), 0));
    }
    let other_scope = Once { scope: "clinic/pilot-a/arrive".into(), reference: "ref".into(), ..Once::default() };
    store.commit(Unit { once: Some(other_scope), ..unit("r-4") }).await.expect("another caller's reference");
    assert_eq!(close_verified(store).await, 2);
}

#[tokio::test]
async fn references_are_known_while_their_keys_wait_when_they_are_sorted_in_and_after_a_start() {
    const MANY: usize = 400;
    let (dir, mut store) = fresh().await;
    let of =
        |run: &str| (0..MANY).map(|n| referring(&format!("{run}-{n}"), &format!("ref-{n}"), 1)).collect::<Vec<_>>();
    for units in of("r").chunks(30) {
        assert!(together(&store, units.to_vec()).await.iter().all(Result::is_ok));
    }
    for (run, closed) in [("again", false), ("stopped", true), ("twice", true)] {
        if closed {
            store.close().await;
            store = open(dir.path()).await;
        }
        let known = store.once().find("desk/pilot-a/arrive", "ref-7").await.expect("reads").expect("there");
        assert_eq!((known.response.as_slice(), known.seq), (b"answer of r-7".as_slice(), 7));
        for (n, answer) in together(&store, of(run)).await.into_iter().enumerate() {
            let Err(CommitError::Duplicate { response, seq, .. }) = answer else { panic!("kept twice {run}") };
            assert_eq!((response, seq), (format!("answer of r-{n}").into_bytes(), n as u64));
        }
    }
    // Forgotten wherever their keys are; then taken as new ones.
    let due = Due { now: AT + 10, settled_before: AT };
    assert_eq!(store.retention().run(due).await.expect("runs").references, MANY as u64);
    assert_eq!(store.once().find("desk/pilot-a/arrive", "ref-7").await.expect("reads"), None);
    assert!(together(&store, of("new")).await.iter().all(Result::is_ok));
    let known = store.once().find("desk/pilot-a/arrive", "ref-7").await.expect("reads").expect("there");
    assert_eq!(known.response, b"answer of new-7");
    assert_eq!(close_verified(store).await, 2 * MANY as u64);
}

#[tokio::test]
async fn a_record_is_not_entered_twice() {
    let (_dir, store) = fresh().await;
    let answers = together(&store, vec![unit("r-1"), unit("r-1"), unit("r-2")]).await;
    assert!(matches!(answers.as_slice(), [Ok(0), Err(CommitError::RecordKnown), Ok(1)]), "{answers:?}");
    assert!(matches!(store.commit(unit("r-1")).await, Err(CommitError::RecordKnown)));
    assert_eq!(close_verified(store).await, 2);
}

#[tokio::test]
async fn parts_stand_directly_before_their_record() {
    let (_dir, store) = fresh().await;
    let part = |id: &str| Part { record: unit(id).record, record_id: id.to_owned() };
    let whole = Unit { parts: vec![part("r-2.1"), part("r-2.2")], effects: vec![effect("e")], ..unit("r-2") };
    let answers = together(&store, vec![unit("r-1"), whole, unit("r-3")]).await;
    assert!(matches!(answers.as_slice(), [Ok(0), Ok(3), Ok(4)]), "{answers:?}");
    let ids: Vec<String> = store.log().entries(0, 10).await.expect("reads").into_iter().map(|entry| entry.id).collect();
    assert_eq!(ids, ["r-1", "r-2.1", "r-2.2", "r-2", "r-3"]);
    assert_eq!(store.outbox().find("e").await.expect("reads").expect("queued").seq, 3);
    close_verified(store).await;
}

#[tokio::test]
async fn a_pilot_with_many_effects_stands_before_no_other_one() {
    let (_dir, store) = fresh().await;
    let many = (0..300).map(|n| EffectRow { due: AT, ..effect(&format!("a-{n:03}")) }).collect();
    store.commit(Unit { effects: many, ..unit("r-1") }).await.expect("kept");
    for (n, pilot, capability) in [(2, "b", "lodging"), (3, "b", "alerts"), (4, "c", "lodging")] {
        let (pilot, capability, key) = (pilot.to_owned(), capability.to_owned(), format!("{pilot}-{n}"));
        let one = EffectRow { due: AT + 1, pilot, capability, ..effect(&key) };
        store.commit(Unit { effects: vec![one], ..unit(&format!("r-{n}")) }).await.expect("kept");
    }
    let due = store.outbox().due(AT + 1, 8).await.expect("reads");
    let keys: Vec<&str> = due.iter().map(|effect| effect.key.as_str()).collect();
    assert_eq!(keys, ["b-3", "b-2", "c-4", "a-000", "a-001"]);
    // More lanes than a batch has places: each has its turn all the same.
    assert_eq!(store.outbox().due(AT + 1, 2).await.expect("reads").len(), 4);
    assert_eq!(store.outbox().due(AT, 500).await.expect("reads").len(), 300);
}

#[tokio::test]
async fn an_effect_is_queued_once_for_its_key_and_settled_once() {
    let (_dir, store) = fresh().await;
    // Sealed anew, so of other bytes, and the same effect.
    let other = EffectRow { payload: b"other".to_vec(), ..effect("e") };
    let first = Unit { effects: vec![effect("e"), effect("f")], ..unit("r-1") };
    let again = Unit { effects: vec![other.clone()], ..unit("r-2") };
    together(&store, vec![first, again]).await.into_iter().for_each(|answer| {
        answer.expect("kept");
    });
    store.outbox().queued().await;
    store.commit(Unit { effects: vec![other], ..unit("r-3") }).await.expect("kept");

    assert_eq!(store.outbox().due(AT - 1, 10).await.expect("reads"), []);
    let due = store.outbox().due(AT, 10).await.expect("reads");
    assert_eq!(due.iter().map(|effect| (effect.key.as_str(), effect.seq)).collect::<Vec<_>>(), [("e", 0), ("f", 0)]);
    assert_eq!(due[0].payload, b"sealed");

    let settle = |state, at| Settlement { key: "e".into(), state, code: Some("busy".into()), next_at: AT + 60, at };
    store.outbox().settle(settle(EffectState::Queued, AT + 1)).await.expect("noted");
    assert_eq!(store.outbox().due(AT + 59, 10).await.expect("reads").len(), 1, "only f");
    assert_eq!(store.outbox().due(AT + 60, 10).await.expect("reads").len(), 2);
    store.outbox().settle(settle(EffectState::Accepted, AT + 61)).await.expect("noted");
    let twice = store.outbox().settle(settle(EffectState::Rejected, AT + 62)).await;
    assert!(matches!(twice, Err(CommitError::Stale { what: "effect" })));
    let unknown = Settlement { key: "g".into(), ..settle(EffectState::Accepted, AT) };
    assert!(matches!(store.outbox().settle(unknown).await, Err(CommitError::Unknown { what: "effect" })));

    let settled = store.outbox().find("e").await.expect("reads").expect("there");
    assert_eq!((settled.state, settled.attempts, settled.settled_at), (EffectState::Accepted, 2, Some(AT + 61)));
    let counts = store.outbox().counts().await.expect("reads");
    assert_eq!(counts, EffectCounts { queued: 1, accepted: 1, ..EffectCounts::default() });
    assert_eq!(store.outbox().list("pilot-a", 10).await.expect("reads").len(), 2);
    close_verified(store).await;
}

#[tokio::test]
async fn another_effect_under_a_known_key_is_refused_and_never_passes_for_sent() {
    let (_dir, store) = fresh().await;
    let other = EffectRow { digest: [9; 32], ..effect("e") };
    let refused = |answer: &Result<u64, CommitError>| matches!(answer, Err(CommitError::EffectKnown { capability, .. }) if capability == "lodging");
    let units = vec![
        Unit { effects: vec![effect("e")], ..unit("r-1") },
        Unit { effects: vec![other.clone()], ..unit("r-2") },
        Unit { effects: vec![effect("f"), EffectRow { digest: [9; 32], ..effect("f") }], ..unit("r-3") },
    ];
    let answers = together(&store, units).await;
    assert!(answers[0].is_ok() && refused(&answers[1]) && refused(&answers[2]), "in one group: {answers:?}");
    let later = store.commit(Unit { effects: vec![effect("g"), other], ..unit("r-4") }).await.map(|kept| kept.seq);
    assert!(refused(&later), "{later:?}");
    assert_eq!(store.outbox().find("g").await.expect("reads"), None, "nothing of the unit is kept");
    store.commit(Unit { effects: vec![effect("e")], ..unit("r-5") }).await.expect("the same effect again");
    assert_eq!(store.outbox().counts().await.expect("reads").queued, 1);
    close_verified(store).await;
}

#[tokio::test]
async fn sums_grow_by_steps_and_stay_in_64_bits() {
    let (_dir, store) = fresh().await;
    let step = |add| CounterAdd { pilot: "pilot-a".into(), table: "t".into(), key: "c".into(), add };
    let count = |unit: &str, day, add| IndicatorAdd {
        pilot: "pilot-a".into(),
        indicator: "notices".into(),
        unit: unit.to_owned(),
        facility_class: String::new(),
        day,
        dims: String::new(),
        add,
    };
    let units = (0..10).map(|n| Unit {
        counters: vec![step(3), step(-1)],
        indicators: vec![count("18859", 20_251_124, 2), count("18860", 20_251_125, 1)],
        ..unit(&format!("r-{n}"))
    });
    together(&store, units.collect()).await.into_iter().for_each(|answer| {
        answer.expect("kept");
    });
    assert_eq!(store.counters().get("pilot-a", "t", "c").await.expect("reads"), 20);
    let days = crate::indicators::Days { from: 20_251_124, to: 20_251_125 };
    let indicators = store.indicators();
    let totals = indicators.totals("pilot-a", days).await.expect("reads");
    assert_eq!(totals.iter().map(|sum| (sum.of.as_str(), sum.n)).collect::<Vec<_>>(), [("notices", 30)]);
    let by_day = indicators.by_day("pilot-a", "notices", days).await.expect("reads");
    assert_eq!(by_day.iter().map(|sum| (sum.of, sum.n)).collect::<Vec<_>>(), [(20_251_124, 20), (20_251_125, 10)]);
    let by_unit = indicators.by_unit("pilot-a", "notices", days).await.expect("reads");
    assert_eq!(by_unit.iter().map(|sum| (sum.of.as_str(), sum.n)).collect::<Vec<_>>(), [("18859", 20), ("18860", 10)]);
    assert_eq!(indicators.cells("pilot-a", "notices", days).await.expect("reads").len(), 2);

    let huge = crate::unit::MAX_STEP;
    let many = |n: usize| Unit { counters: vec![step(huge); 600], ..unit(&format!("huge-{n}")) };
    for n in 0..3 {
        store.commit(many(n)).await.expect("kept");
    }
    assert_eq!(store.counters().get("pilot-a", "t", "c").await.expect("reads"), crate::counters::CAP);
    close_verified(store).await;
}

#[tokio::test]
async fn a_closed_store_says_so_and_what_waited_is_kept() {
    let (dir, store) = fresh().await;
    let waiting: Vec<_> = (0..300)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(unit(&format!("r-{n}"))).await })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let mut kept = 0;
    for answer in waiting {
        match answer.await.expect("no panic") {
            Ok(_) => kept += 1,
            Err(error) => assert!(matches!(error, CommitError::Closed), "{error}"),
        }
    }
    assert!(matches!(store.commit(unit("late")).await, Err(CommitError::Closed)));
    let store = open(dir.path()).await;
    assert_eq!(close_verified(store).await, kept);
}

#[tokio::test]
async fn empty_values_and_odd_texts_come_back_as_they_were_given() {
    let (_dir, store) = fresh().await;
    let odd = "“Phòng” 'số' 5\\\"\n\t\u{1}[1,2] 😀";
    let mut first = Unit { sealed: Some(crate::Sealed::default()), ..referring("r-1", odd, 1) };
    if let Some(once) = &mut first.once {
        once.response.clear();
    }
    first.rows = vec![put(odd, Expected::Absent, ""), put("12", Expected::Absent, odd)];
    first.effects = vec![EffectRow { payload: vec![], ..effect(odd) }];
    store.commit(first).await.expect("kept");

    let answered = store.once().find("desk/pilot-a/arrive", odd).await.expect("reads").expect("there");
    assert_eq!((answered.response, answered.request_digest), (vec![], vec![1; 32]));
    assert_eq!(store.rows().get("pilot-a", "stays", odd).await.expect("reads").expect("there").value, b"");
    let value = store.rows().get("pilot-a", "stays", "12").await.expect("reads").expect("there").value;
    assert_eq!(value, odd.as_bytes());
    let effect = store.outbox().find(odd).await.expect("reads").expect("there");
    assert_eq!((effect.key.as_str(), effect.payload), (odd, vec![]));
    // Both are known to the next group under the very same names.
    let again = store.commit(referring("r-2", odd, 1)).await;
    assert!(matches!(again, Err(CommitError::Duplicate { same_request: true, seq: 0, .. })));
    let conflict = store.commit(Unit { rows: vec![put(odd, Expected::Absent, "")], ..unit("r-3") }).await;
    assert!(matches!(conflict, Err(CommitError::Conflict { .. })));
    close_verified(store).await;
}

#[tokio::test]
async fn a_text_that_ends_early_in_a_database_is_refused() {
    let (_dir, store) = fresh().await;
    let add = |unit: &str| IndicatorAdd {
        pilot: "pilot-a".into(),
        indicator: "notices".into(),
        unit: unit.to_owned(),
        facility_class: String::new(),
        day: 20_251_124,
        dims: String::new(),
        add: 1,
    };
    let refused = store.commit(Unit { indicators: vec![add("18859\0")], ..unit("r-1") }).await;
    assert!(matches!(refused, Err(CommitError::Malformed { what: "dimension" })));
    assert_eq!(close_verified(store).await, 0);
}
