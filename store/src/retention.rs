//! What time takes away: keys of sealed values, old references, rows past their term, payloads long delivered.
//! The log keeps every entry; what it proves of the destroyed values are commitments that nobody can open any more.

use tokio::sync::{mpsc, oneshot};

use crate::db::{Session, on};
use crate::error::StoreError;
use crate::once;
use crate::recent::Recent;
use crate::writer::Message;

/// Most rows of each kind in one pass, so that calls wait some ten milliseconds at most; the next pass takes the rest.
const PASS: i64 = 2_000;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Keys, references and rows whose term ends at or before this go; microseconds UTC.
    pub now: i64,
    /// Payloads of effects settled at or before this go; microseconds UTC.
    pub settled_before: i64,
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retired {
    /// Keys of sealed values.
    pub keys: u64,
    /// References.
    pub references: u64,
    /// Rows of pilots.
    pub rows: u64,
    /// Payloads of settled effects.
    pub payloads: u64,
    /// Whether the files beside the database are free of it too. A reader of an older moment holds that up; the next
    /// run does it.
    pub cleared: bool,
    /// Whether more is due.
    more: bool,
}

/// Runs retention.
#[derive(Debug, Clone, Copy)]
pub struct Retention<'s>(pub(crate) &'s mpsc::Sender<Message>);

impl Retention<'_> {
    /// Destroys and deletes all that is due, in passes between which calls go on.
    ///
    /// # Errors
    /// Those of the database; passes done before stay done.
    pub async fn run(&self, due: Due) -> Result<Retired, StoreError> {
        let mut sum = Retired::default();
        loop {
            let (reply, answer) = oneshot::channel();
            self.0.send(Message::Retire(due, reply)).await.map_err(|_| StoreError::Closed)?;
            let pass = answer.await.map_err(|_| StoreError::Closed)??;
            sum.keys += pass.keys;
            sum.references += pass.references;
            sum.rows += pass.rows;
            sum.payloads += pass.payloads;
            sum.cleared = pass.cleared;
            if !pass.more {
                return Ok(sum);
            }
        }
    }
}

/// One pass, by the writer.
pub(crate) async fn retire(session: &mut Session, recent: &Recent, due: &Due) -> Result<Retired, StoreError> {
    session.begin_write().await?;
    let nothing: &[u8] = &[];
    let keys = on!(&mut *session, conn => sqlx::query(
            "UPDATE sealed SET wrapped_key = NULL, ciphertext = $3 WHERE seq IN \
             (SELECT seq FROM sealed WHERE wrapped_key IS NOT NULL AND keep_until <= $1 ORDER BY keep_until LIMIT $2)")
        .bind(due.now).bind(PASS).bind(nothing).execute(conn).await)?
    .rows_affected();
    let answers = once::expire(session, due.now, PASS).await?;
    let references = answers.len() as u64;
    let rows = expire_rows(session, due.now).await?;
    let payloads = on!(&mut *session, conn => sqlx::query(
            "UPDATE outbox SET payload = $3 WHERE key IN (SELECT key FROM outbox WHERE settled_at IS NOT NULL \
             AND settled_at <= $1 AND length(payload) > 0 LIMIT $2)")
        .bind(due.settled_before).bind(PASS).bind(nothing).execute(conn).await)?
    .rows_affected();
    session.commit().await?;
    recent.gone(answers);
    let full = PASS.unsigned_abs();
    let more = [keys, references, rows, payloads].into_iter().any(|count| count >= full);
    // Only the last pass empties the files beside: earlier ones would be overtaken by it.
    let cleared = !more && session.forget_deleted().await?;
    Ok(Retired { keys, references, rows, payloads, cleared, more })
}

async fn expire_rows(session: &mut Session, now: i64) -> Result<u64, StoreError> {
    let expired: Vec<(String, String, String, i64)> = on!(&mut *session, conn => sqlx::query_as(
            "SELECT pilot, tbl, key, CAST(length(value) AS BIGINT) FROM pilot_rows \
             WHERE keep_until IS NOT NULL AND keep_until <= $1 ORDER BY keep_until LIMIT $2")
        .bind(now).bind(PASS).fetch_all(conn).await)?;
    for (pilot, table, key, value_bytes) in &expired {
        on!(&mut *session, conn => sqlx::query("DELETE FROM row_indexes WHERE pilot = $1 AND tbl = $2 AND key = $3")
            .bind(pilot).bind(table).bind(key).execute(conn).await)?;
        on!(&mut *session, conn => sqlx::query("DELETE FROM pilot_rows WHERE pilot = $1 AND tbl = $2 AND key = $3")
            .bind(pilot).bind(table).bind(key).execute(conn).await)?;
        let bytes = value_bytes + i64::try_from(key.len()).unwrap_or(0);
        on!(&mut *session, conn => sqlx::query(
                "UPDATE row_usage SET row_count = row_count - 1, bytes = bytes - $2 WHERE pilot = $1")
            .bind(pilot).bind(bytes).execute(conn).await)?;
    }
    Ok(expired.len() as u64)
}
