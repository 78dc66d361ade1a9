//! How often pilots used what they were granted, down to the name: sums that are folded from the log in the background, so
//! that a call pays nothing for them. Sums and their place in the log move together, so every entry counts once.

use std::collections::BTreeMap;

use pilothouse_evidence::{Glance, Verdict};
use sqlx::types::Json;
use tokio::sync::{mpsc, oneshot};

use crate::db::{Db, Session, on};
use crate::error::StoreError;
use crate::log::{self, MAX_ENTRIES};
use crate::writer::Message;

/// Most lines of one pilot: its functions and names are those of its grants, some hundreds at most.
const MAX_LINES: i64 = 10_000;

/// The function under which a reading is counted that was handed to a pilot as the call itself.
const HANDED_READING: &str = "readers.on-reading";

/// How often one thing was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// `population.verify`.
    pub function: String,
    /// The claim, field or table that was asked for; none for the call itself.
    pub name: Option<String>,
    /// How often.
    pub n: u64,
}

/// What a pilot used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uses {
    /// Line by line.
    pub lines: Vec<Use>,
    /// The time of its first record, from which on is counted, microseconds UTC; none before.
    pub since: Option<i64>,
}

/// Sums of some entries of the log: (pilot, function, name), where the name of the call itself is empty.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    from: u64,
    to: u64,
    sums: BTreeMap<(String, String, String), i64>,
}

impl Fold {
    fn add(&mut self, pilot: &str, glance: &Glance<'_>) {
        if let Some(method) = &glance.read {
            let key = (pilot.into(), HANDED_READING.to_owned(), method.as_ref().into());
            *self.sums.entry(key).or_insert(0) += 1;
        }
        for call in glance.calls.iter().filter(|call| passed(&call.verdict)) {
            let mut step = |name: &str| {
                *self.sums.entry((pilot.into(), call.function.as_ref().into(), name.into())).or_insert(0) += 1
            };
            step("");
            call.asked.iter().for_each(|name| step(name));
        }
    }
}

/// What a provider answers that was asked: the gate let the call through before.
const AFTER_THE_GATE: [&str; 4] = ["not-found", "conflict", "suppressed", "opted-out"];

/// Whether the call used its grant. What the gate stopped used nothing; and what it let through asked for names of the grant,
/// which are few, while others are whatever a guest makes up.
fn passed(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Allowed | Verdict::Unavailable => true,
        Verdict::Denied { code } => AFTER_THE_GATE.contains(&code.as_str()),
    }
}

/// Reads and folds what was used.
#[derive(Debug, Clone, Copy)]
pub struct Used<'s> {
    pub(crate) db: &'s Db,
    pub(crate) writer: &'s mpsc::Sender<Message>,
}

impl Used<'_> {
    /// What a pilot used, as far as the log is folded.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(&self, pilot: &str) -> Result<Uses, StoreError> {
        let mut session = self.db.read().await?;
        let rows: Vec<(String, String, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT function, name, n FROM used WHERE pilot = $1 ORDER BY function, name LIMIT $2")
            .bind(pilot).bind(MAX_LINES).fetch_all(conn).await)?;
        let since: Option<i64> = on!(&mut session, conn => sqlx::query_scalar(
                "SELECT at FROM log_entries WHERE pilot = $1 ORDER BY seq LIMIT 1")
            .bind(pilot).fetch_optional(conn).await)?;
        let lines = rows.into_iter().map(|(function, name, n)| Use {
            function,
            name: Some(name).filter(|name| !name.is_empty()),
            n: n.unsigned_abs(),
        });
        Ok(Uses { lines: lines.collect(), since })
    }

    /// Folds the next entries, at most [`MAX_ENTRIES`], and answers whether more wait. Two at once do no harm: the second
    /// finds the place moved on, and writes nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn fold(&self) -> Result<bool, StoreError> {
        let mut session = self.db.read().await?;
        let from = until(&mut session).await?;
        let entries = log::entries(&mut session, from, MAX_ENTRIES).await?;
        drop(session);
        let Some(last) = entries.last() else { return Ok(false) };
        let mut fold = Fold { from, to: last.seq + 1, sums: BTreeMap::new() };
        for entry in &entries {
            let Some(pilot) = &entry.pilot else { continue };
            match Glance::of(&entry.body) {
                Ok(glance) => fold.add(pilot, &glance),
                // A record of a newer host: what it used is not known here, and holds nothing up.
                Err(_) => tracing::warn!(seq = entry.seq, "a record cannot be read: what it used is not counted"),
            }
        }
        let more = entries.len() == MAX_ENTRIES as usize;
        let (reply, answer) = oneshot::channel();
        self.writer.send(Message::Fold(fold, reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)??;
        Ok(more)
    }
}

async fn until(session: &mut Session) -> Result<u64, StoreError> {
    let entries: Option<i64> = on!(session, conn => sqlx::query_scalar("SELECT entries FROM used_until LIMIT 1")
        .fetch_optional(conn).await)?;
    Ok(entries.ok_or(StoreError::Unreadable { table: "used_until" })?.unsigned_abs())
}

/// Keeps sums with their place, by the writer.
pub(crate) async fn keep(session: &mut Session, fold: Fold) -> Result<(), StoreError> {
    session.begin_write().await?;
    // No log leaves 63 bits (`evidence` ends at 2^48).
    let place = |entries: u64| i64::try_from(entries).unwrap_or(i64::MAX);
    let moved = on!(&mut *session, conn => sqlx::query("UPDATE used_until SET entries = $2 WHERE entries = $1")
        .bind(place(fold.from)).bind(place(fold.to)).execute(conn).await)?
    .rows_affected();
    if moved == 0 {
        session.roll_back().await?;
        return Ok(());
    }
    let sums: Vec<_> = fold.sums.into_iter().map(|((pilot, function, name), n)| (pilot, function, name, n)).collect();
    let text = session.texts().used;
    on!(&mut *session, conn => sqlx::query(text).bind(Json(sums)).execute(conn).await)?;
    session.commit().await?;
    Ok(())
}
