//! The host's own state: decided on what was seen, recorded or not made.

use serde_json::json;

use super::*;
use crate::{CommitError, StateChange};

fn change(id: &str, changes: Vec<StateChange>) -> Unit {
    Unit { changes, ..unit(id) }
}

fn grant(state: &str, seen: i64) -> StateChange {
    StateChange::Grant {
        id: "g-1".into(),
        pilot: "pilot-a".into(),
        capability: "lodging".into(),
        body: json!({"scope": {}}),
        state: json!({"is": state}),
        seen,
    }
}

#[tokio::test]
async fn a_decision_on_what_has_changed_is_refused_and_not_recorded() {
    let (_dir, store) = fresh().await;
    // All in one group: the second approval was decided on the same revision as the first.
    let answers = together(
        &store,
        vec![
            change("r-1", vec![grant("requested", 0)]),
            change("r-2", vec![grant("approved-once", 1)]),
            change("r-3", vec![grant("withdrawn", 1)]),
            change("r-4", vec![grant("granted", 2)]),
            change("r-5", vec![grant("requested", 0)]),
        ],
    )
    .await;
    assert!(matches!(
        answers.as_slice(),
        [Ok(0), Ok(1), Err(CommitError::Stale { what: "grant" }), Ok(2), Err(CommitError::Stale { what: "grant" })]
    ));
    let stored = store.grants().find("g-1").await.expect("reads").expect("there");
    assert_eq!((stored.state, stored.revision, stored.at), (json!({"is": "granted"}), 3, AT));
    assert_eq!(store.grants().of_pilot("pilot-a").await.expect("reads").len(), 1);
    assert_eq!(close_verified(store).await, 3);
}

#[tokio::test]
async fn a_refused_change_takes_its_units_other_changes_with_it() {
    let (_dir, store) = fresh().await;
    let meta = |value: &str| StateChange::Meta { key: "k".into(), value: value.to_owned() };
    let half = Unit { rows: vec![put("k", Expected::Absent, "v")], ..change("r-1", vec![meta("a"), grant("x", 7)]) };
    let answers = together(&store, vec![half, change("r-2", vec![meta("b")])]).await;
    assert!(matches!(answers.as_slice(), [Err(CommitError::Stale { .. }), Ok(0)]));
    assert_eq!(store.meta().get("k").await.expect("reads").as_deref(), Some("b"));
    assert_eq!(store.rows().get("pilot-a", "stays", "k").await.expect("reads"), None);
    close_verified(store).await;
}

#[tokio::test]
async fn settings_keep_every_revision() {
    let (_dir, store) = fresh().await;
    let setting = |n: i64, seen| StateChange::Setting {
        pilot: "pilot-a".into(),
        body: json!({"minutes": n}),
        changed_by: "officer-1".into(),
        seen,
    };
    assert_eq!(store.settings().current("pilot-a").await.expect("reads"), None);
    store.commit(change("r-1", vec![setting(10, 0)])).await.expect("kept");
    store.commit(change("r-2", vec![setting(20, 1)])).await.expect("kept");
    let stale = store.commit(change("r-3", vec![setting(30, 1)])).await;
    assert!(matches!(stale, Err(CommitError::Stale { what: "setting" })));
    let ahead = store.commit(change("r-4", vec![setting(30, 5)])).await;
    assert!(matches!(ahead, Err(CommitError::Stale { what: "setting" })));
    assert_eq!(store.settings().current("pilot-a").await.expect("reads").expect("there").body, json!({"minutes": 20}));
    let history = store.settings().history("pilot-a", 10).await.expect("reads");
    assert_eq!(history.iter().map(|setting| setting.revision).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(
        store.settings().revision("pilot-a", 1).await.expect("reads").expect("there").body,
        json!({"minutes": 10})
    );
    close_verified(store).await;
}

#[tokio::test]
async fn pilots_packages_keys_and_credentials_are_kept_as_given() {
    let (_dir, store) = fresh().await;
    let package = |digest: &str| StateChange::Package {
        pilot: "pilot-a".into(),
        version: "1.0.0".into(),
        digest: digest.to_owned(),
        vendor: "vendor-1".into(),
        body: json!({}),
    };
    let pilot = |state: &str, seen| StateChange::Pilot {
        pilot: "pilot-a".into(),
        version: "1.0.0".into(),
        package: "d1".into(),
        state: state.to_owned(),
        body: json!({"units": ["18859"]}),
        seen,
    };
    let vendor_key = StateChange::VendorKeyAdded {
        id: "key-1".into(),
        vendor: "vendor-1".into(),
        public_key: vec![1; 32],
        valid_from: AT,
        valid_to: AT + 10,
    };
    let credential = StateChange::CredentialAdded {
        id: "desk-1".into(),
        kind: "department".into(),
        role: "receptionist".into(),
        unit: "18859".into(),
        facility: Some("hotel-1".into()),
        hash: "not-a-secret".into(),
        body: json!({}),
    };
    let all = vec![package("d1"), pilot("off", 0), vendor_key.clone(), credential.clone()];
    store.commit(change("r-1", all)).await.expect("kept");
    for (id, again, what) in
        [("a", package("d2"), "package"), ("b", vendor_key, "vendor key"), ("c", credential, "credential")]
    {
        let refused = store.commit(change(id, vec![again])).await.expect_err("there already");
        assert!(matches!(refused, CommitError::Exists { what: named } if named == what), "{refused}");
    }
    let changes = vec![
        pilot("on", 1),
        StateChange::VendorKeyRevoked { id: "key-1".into() },
        StateChange::CredentialRevoked { id: "desk-1".into() },
    ];
    store.commit(change("r-2", changes)).await.expect("kept");
    let again = later(change("r-3", vec![StateChange::CredentialRevoked { id: "desk-1".into() }]), AT + 5);
    store.commit(again).await.expect("changes nothing");
    let unknown = store.commit(change("r-4", vec![StateChange::VendorKeyRevoked { id: "key-2".into() }])).await;
    assert!(matches!(unknown, Err(CommitError::Unknown { what: "vendor key" })));

    let stored = store.pilots().find("pilot-a").await.expect("reads").expect("there");
    assert_eq!((stored.state.as_str(), stored.revision, &stored.body), ("on", 2, &json!({"units": ["18859"]})));
    assert_eq!(store.pilots().all().await.expect("reads"), [stored]);
    assert_eq!(store.pilots().package("pilot-a", "1.0.0").await.expect("reads").expect("there").digest, "d1");
    assert_eq!(store.pilots().packages("pilot-a").await.expect("reads").len(), 1);
    assert_eq!(store.vendors().keys().await.expect("reads")[0].revoked, Some(AT));
    let stored = store.credentials().find("desk-1").await.expect("reads").expect("there");
    assert_eq!((stored.facility.as_deref(), stored.revoked), (Some("hotel-1"), Some(AT)));
    assert!(!format!("{stored:?}").contains("not-a-secret"), "hashes stay out of logs");
    assert_eq!(store.credentials().all().await.expect("reads").len(), 1);
    close_verified(store).await;
}

#[tokio::test]
async fn a_tick_runs_once_and_obstacles_come_and_go() {
    let (_dir, store) = fresh().await;
    let tick = |due| StateChange::ScheduleRun { pilot: "pilot-a".into(), tick: "remind".into(), due };
    store.commit(change("r-1", vec![tick(100)])).await.expect("kept");
    for due in [100, 50] {
        let refused = store.commit(change("r-x", vec![tick(due)])).await;
        assert!(matches!(refused, Err(CommitError::Stale { what: "schedule" })));
    }
    store.commit(change("r-2", vec![tick(200)])).await.expect("kept");
    assert_eq!(store.schedules().runs().await.expect("reads")[0].due, 200);

    let raised = |text: &str| StateChange::ObstacleRaised {
        pilot: "pilot-a".into(),
        unit: "18859".into(),
        kind: "no-reader".into(),
        text_key: text.to_owned(),
    };
    let (pilot, unit, kind) = ("pilot-a".to_owned(), "18859".to_owned(), "no-reader".to_owned());
    let resolved = StateChange::ObstacleResolved { pilot, unit, kind };
    let at = |n: i64, id: &str, step: StateChange| later(change(id, vec![step]), AT + n);
    store.commit(at(0, "o-1", raised("a"))).await.expect("kept");
    store.commit(at(1, "o-2", raised("b"))).await.expect("changes nothing");
    let now = store.obstacles().since(i64::MAX).await.expect("reads");
    assert_eq!((now[0].text_key.as_str(), now[0].raised), ("a", AT));
    store.commit(at(2, "o-3", resolved.clone())).await.expect("kept");
    store.commit(at(3, "o-4", resolved)).await.expect("changes nothing");
    assert_eq!(store.obstacles().since(AT + 3).await.expect("reads"), []);
    assert_eq!(store.obstacles().since(AT + 2).await.expect("reads")[0].resolved, Some(AT + 2));
    store.commit(at(4, "o-5", raised("c"))).await.expect("anew");
    assert_eq!(store.obstacles().since(i64::MAX).await.expect("reads")[0].raised, AT + 4);

    let series = |n: i64| StateChange::Series {
        pilot: "pilot-a".into(),
        name: "stays".into(),
        board: "working-group".into(),
        as_of: "2025-11".into(),
        base: "communes-2025".into(),
        body: json!([n]),
    };
    store.commit(change("s-1", vec![series(1)])).await.expect("kept");
    store.commit(change("s-2", vec![series(2)])).await.expect("replaces");
    let stored = store.series().of_pilot("pilot-a", 10).await.expect("reads");
    assert_eq!((stored.len(), &stored[0].body), (1, &json!([2])));
    close_verified(store).await;
}

#[tokio::test]
async fn a_revoked_device_stays_known_and_what_it_sends_is_not_kept() {
    let (_dir, store) = fresh().await;
    let enrolled = |id: &str| StateChange::DeviceEnrolled {
        id: id.to_owned(),
        class: "handheld".into(),
        role: "receptionist".into(),
        unit: "18880".into(),
        facility: "nha-khach-1".into(),
        public_key: vec![7; 32],
    };
    let seen = |skew, signed| StateChange::DeviceSeen { id: "d-1".into(), skew, signed };
    let answers = together(
        &store,
        vec![
            change("r-1", vec![enrolled("d-1")]),
            change("r-2", vec![enrolled("d-1")]),
            later(change("r-3", vec![seen(-2_000_000, 100)]), AT + 5),
            // An older signature that comes later does not make the newest one forgotten.
            later(change("r-3-late", vec![seen(-1_000_000, 90)]), AT + 6),
            later(change("r-4", vec![StateChange::DeviceRevoked { id: "d-1".into() }]), AT + 7),
            later(change("r-5", vec![seen(0, 110)]), AT + 9),
            change("r-6", vec![StateChange::DeviceRevoked { id: "d-2".into() }]),
        ],
    )
    .await;
    assert!(matches!(
        answers.as_slice(),
        [
            Ok(0),
            Err(CommitError::Exists { what: "device" }),
            Ok(1),
            Ok(2),
            Ok(3),
            Err(CommitError::Stale { what: "device" }),
            Err(CommitError::Unknown { what: "device" })
        ]
    ));
    let all = store.devices().all().await.expect("reads");
    let [device] = all.as_slice() else { panic!("one device: {all:?}") };
    assert_eq!((device.enrolled, device.seen, device.skew), (AT, Some(AT + 6), Some(-1_000_000)));
    assert_eq!((device.revoked, device.signed), (Some(AT + 7), Some(100)));
    close_verified(store).await;
}
