//! Opening a data folder: going on, one at a time, never back to an older version.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::retention::Due;
use crate::{CommitError, OpenError};

#[tokio::test]
async fn reopening_goes_on_with_the_log() {
    let (dir, store) = fresh().await;
    for n in 0..5 {
        store.commit(unit(&format!("a-{n}"))).await.expect("kept");
    }
    let kept = store.log().checkpoint().await.expect("reads").expect("signed").note;
    store.close().await;
    let store = open(dir.path()).await;
    assert_eq!(store.commit(unit("b")).await.expect("kept").seq, 5);
    assert!(matches!(store.commit(unit("a-3")).await, Err(CommitError::RecordKnown)));
    let report = store.log().verify(&key(), &[kept]).await.expect("the log only grew");
    assert_eq!(report.entries, 6);
    store.close().await;
}

#[tokio::test]
async fn a_folder_in_use_is_refused_and_named() {
    let (dir, store) = fresh().await;
    let refused = Store::open(dir.path(), signer()).await.expect_err("in use");
    assert!(matches!(&refused, OpenError::InUse(path) if path == dir.path()));
    assert!(refused.to_string().contains(&dir.path().display().to_string()));
    store.close().await;
    open(dir.path()).await.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_the_file_is_unchanged() {
    let (dir, store) = fresh().await;
    store.commit(unit("r-1")).await.expect("kept");
    store.close().await;
    let file = dir.path().join(crate::folder::DATABASE);
    let db = crate::sqlite::open(&file).await.expect("opens");
    let mut session = db.write().await.expect("a session");
    crate::db::on!(&mut session, conn => sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (99, 'from the future', TRUE, x'00', 0)").execute(conn).await)
    .expect("written");
    drop(session);
    db.close().await;

    let before = std::fs::read(&file).expect("the file");
    let refused = Store::open(dir.path(), signer()).await.expect_err("newer");
    assert!(matches!(refused, OpenError::Newer { found: 99, known: crate::schema::KNOWN }), "{refused}");
    assert_eq!(std::fs::read(&file).expect("the file"), before);
}

#[tokio::test]
async fn answers_are_carried_over_from_where_they_were_kept_before() {
    let (dir, store) = fresh().await;
    store.commit(unit("r-1")).await.expect("kept");
    store.close().await;
    let db = crate::sqlite::open(&dir.path().join(crate::folder::DATABASE)).await.expect("opens");
    let mut session = db.write().await.expect("a session");
    for (seq, reference) in [(0, "ref-1"), (1, "ref-2")] {
        crate::db::on!(&mut session, conn => sqlx::query(
                "INSERT INTO once_before (scope, reference, request_digest, response, seq, keep_until) \
                 VALUES ('desk/a', $1, x'01', x'0203', $2, 9)").bind(reference).bind(seq).execute(conn).await)
        .expect("written");
    }
    drop(session);
    db.close().await;

    for _ in 0..2 {
        let store = open(dir.path()).await;
        for (seq, reference) in [(0, "ref-1"), (1, "ref-2")] {
            let known = store.once().find("desk/a", reference).await.expect("reads").expect("there");
            assert_eq!((known.request_digest, known.response, known.seq), (vec![1], vec![2, 3], seq));
        }
        assert_eq!(store.once().find("desk/b", "ref-1").await.expect("reads"), None);
        store.close().await;
    }
}

#[tokio::test]
async fn another_key_is_refused() {
    let (dir, store) = fresh().await;
    store.commit(unit("r-1")).await.expect("kept");
    store.close().await;
    let other = CheckpointSigner::from_seed(&[8; 32], "example.gov.vn/test").expect("a good name");
    assert!(matches!(Store::open(dir.path(), other).await, Err(OpenError::ForeignKey)));
    let store = open(dir.path()).await;
    assert_eq!(close_verified(store).await, 1);
}

#[tokio::test]
async fn a_log_that_lost_its_end_is_refused() {
    let (dir, store) = fresh().await;
    for n in 0..3 {
        store.commit(unit(&format!("r-{n}"))).await.expect("kept");
    }
    store.close().await;
    let db = crate::sqlite::open(&dir.path().join(crate::folder::DATABASE)).await.expect("opens");
    let mut session = db.write().await.expect("a session");
    crate::db::on!(&mut session, conn => sqlx::query("DELETE FROM log_entries WHERE seq = 2").execute(conn).await)
        .expect("deleted");
    drop(session);
    db.close().await;
    assert!(matches!(Store::open(dir.path(), signer()).await, Err(OpenError::LogDamaged { entries: 2 })));
}

#[tokio::test]
async fn folder_and_files_are_for_this_user_alone() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let dir = parent.path().join("a").join("b");
    let store = open(&dir).await;
    store.commit(unit("r-1")).await.expect("kept");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(files >= 3, "lock, database, write-ahead log");
    store.close().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let file = parent.path().join("a-file");
    std::fs::write(&file, b"x").expect("written");
    let refused = Store::open(&file.join("data"), signer()).await.expect_err("a file is in the way");
    assert!(matches!(refused, OpenError::Folder { .. }), "{refused}");
}

#[tokio::test]
async fn a_stay_of_before_gets_its_term_and_a_pilots_own_row_none() {
    let (dir, store) = fresh().await;
    let stay = RowWrite { pilot: "host.lodging".into(), ..put("hotel/1", Expected::Absent, "settled") };
    let rows = vec![stay, put("own", Expected::Absent, "x")];
    store.commit(Unit { rows, ..unit("r-1") }).await.expect("kept");
    store.close().await;
    let db = crate::sqlite::open(&dir.path().join(crate::folder::DATABASE)).await.expect("opens");
    let mut session = db.write().await.expect("a session");
    crate::db::on!(&mut session, conn => sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 9").execute(conn).await)
        .expect("a folder of before");
    drop(session);
    db.close().await;

    let store = open(dir.path()).await;
    let term = AT + 400 * 86_400_000_000;
    let early = store.retention().run(Due { now: term - 1, settled_before: 0 }).await.expect("runs");
    assert_eq!(early.rows, 0);
    let due = store.retention().run(Due { now: term, settled_before: 0 }).await.expect("runs");
    assert_eq!(due.rows, 1);
    assert!(store.rows().get("pilot-a", "stays", "own").await.expect("reads").is_some());
    store.close().await;
}

#[tokio::test]
async fn rows_of_the_hosts_own_move_to_keys_that_are_tuples() {
    let (dir, store) = fresh().await;
    store.commit(unit("r-1")).await.expect("kept");
    store.close().await;
    let db = crate::sqlite::open(&dir.path().join(crate::folder::DATABASE)).await.expect("opens");
    let mut session = db.write().await.expect("a session");
    // As the folder was before the step.
    for text in ["ALTER TABLE outbox DROP COLUMN digest", "DELETE FROM _sqlx_migrations WHERE version >= 11"] {
        crate::db::on!(&mut session, conn => sqlx::query(text).execute(conn).await).expect("made older");
    }
    let stay = r#"{"pilot":"hotels","facility":"hotel-1","reference":"S/amend/1","state":"queued","due":42}"#;
    let alert = r#"{"pilot":"coach","reference":"trip-incident/C-1/T/1/2026-03-02"}"#;
    let message = r#"{"pilot":"credit","template":"result","recipient":"p0","reference":"result/p0/a/b"}"#;
    for (owner, table, key, value, index) in [
        ("host.lodging", "stays", "hotel-1/S/amend/1", stay, Some(("open", "hotel-1/open"))),
        ("host.alerts", "alerts", "coach/trip-incident/C-1/T/1/2026-03-02", alert, None),
        ("host.messaging", "messages", "credit/result/p0/a/b", message, Some(("pilot", "credit/"))),
    ] {
        crate::db::on!(&mut session, conn => sqlx::query(
                "INSERT INTO pilot_rows (pilot, tbl, key, version, value) VALUES ($1, $2, $3, 7, $4)")
            .bind(owner).bind(table).bind(key).bind(value.as_bytes()).execute(conn).await)
        .expect("written");
        if let Some((index, place)) = index {
            crate::db::on!(&mut session, conn => sqlx::query(
                    "INSERT INTO row_indexes (pilot, tbl, name, value, key) VALUES ($1, $2, $3, $4, $5)")
                .bind(owner).bind(table).bind(index).bind(place).bind(key).execute(conn).await)
            .expect("written");
        }
    }
    crate::db::on!(&mut session, conn => sqlx::query(
            "INSERT INTO outbox (key, seq, pilot, capability, function, payload, state, attempts, next_at) \
             VALUES ('old', 0, 'hotels', 'lodging', 'notify', x'00', 'queued', 0, 1)").execute(conn).await)
    .expect("written");
    drop(session);
    db.close().await;

    let store = open(dir.path()).await;
    for (owner, table, key) in [
        ("host.lodging", "stays", "hotels/hotel-1/S~1amend~11"),
        ("host.alerts", "alerts", "coach/trip-incident/C-1~1T~11/2026-03-02"),
        ("host.messaging", "messages", "credit/result/p0/a~1b"),
    ] {
        let row = store.rows().get(owner, table, key).await.expect("reads");
        assert_eq!(row.map(|row| row.version), Some(7), "{key}");
    }
    for (index, place) in [("open", "hotel-1/open/hotels/"), ("waiting", "00000000000000000042")] {
        let scan =
            crate::rows::Scan { pilot: "host.lodging", table: "stays", index, prefix: "", after: None, limit: 9 };
        let found = store.rows().scan(scan).await.expect("reads");
        assert_eq!(found.iter().map(|found| found.index_value.as_str()).collect::<Vec<_>>(), [place]);
        assert_eq!(found[0].row.key, "hotels/hotel-1/S~1amend~11");
    }
    let due = store.outbox().due(AT, 9).await.expect("reads");
    assert_eq!(
        due.iter().map(|effect| effect.key.as_str()).collect::<Vec<_>>(),
        ["old"],
        "what was queued still leaves"
    );
    close_verified(store).await;
}
