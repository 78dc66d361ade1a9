//! Effects on their way out: queued with the call that caused them, sent by one sender, settled by their provider.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, oneshot};

use crate::db::{Db, Session, on};
use crate::durable::Durable;
use crate::error::{CommitError, StoreError};
use crate::unit::name;
use crate::writer::{Message, Work};

/// Most effects of one answer.
pub const MAX_EFFECTS: u32 = 500;

/// How far an effect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectState {
    /// Waits for its first or next attempt.
    Queued,
    /// Was sent and not answered yet; sent again when `next_at` has passed, under the same key.
    Sent,
    /// The provider has it.
    Accepted,
    /// The provider refuses it for good.
    Rejected,
    /// Given up; a person decides.
    Failed,
}

impl EffectState {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }

    fn parse(stored: &str) -> Result<Self, StoreError> {
        [Self::Queued, Self::Sent, Self::Accepted, Self::Rejected, Self::Failed]
            .into_iter()
            .find(|state| state.name() == stored)
            .ok_or(StoreError::Unreadable { table: "outbox" })
    }

    /// Whether the sender is done with it.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Queued | Self::Sent => false,
            Self::Accepted | Self::Rejected | Self::Failed => true,
        }
    }
}

/// An effect as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The natural key.
    pub key: String,
    /// The record of the call that caused it.
    pub seq: u64,
    /// The pilot that caused it.
    pub pilot: String,
    /// The capability that sends it.
    pub capability: String,
    /// The capability's function.
    pub function: String,
    /// What is sent, sealed; empty once retention has removed it.
    pub payload: Vec<u8>,
    /// How far it is.
    pub state: EffectState,
    /// Attempts so far.
    pub attempts: u32,
    /// When the next attempt is due, microseconds UTC.
    pub next_at: i64,
    /// What the provider said last: a code.
    pub last_code: Option<String>,
    /// When it was settled, microseconds UTC.
    pub settled_at: Option<i64>,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Which effect.
    pub key: String,
    /// How far it is now. Settled effects stay so, but for `Failed`, which may be queued again.
    pub state: EffectState,
    /// What the provider said: a code.
    pub code: Option<String>,
    /// When the next attempt is due, for `Queued` and `Sent`, microseconds UTC.
    pub next_at: i64,
    /// When this was, microseconds UTC.
    pub at: i64,
}

/// How many effects are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the states' own names")]
pub struct EffectCounts {
    pub queued: u64,
    pub sent: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub failed: u64,
}

/// Reads and settles effects.
#[derive(Debug, Clone, Copy)]
pub struct Outbox<'s> {
    pub(crate) db: &'s Db,
    pub(crate) durable: &'s Durable,
    pub(crate) writer: &'s mpsc::Sender<Message>,
    pub(crate) queued: &'s Arc<Notify>,
}

type Row = (String, i64, String, String, String, Vec<u8>, String, i64, i64, Option<String>, Option<i64>);

fn effect(row: Row) -> Result<Effect, StoreError> {
    let (key, seq, pilot, capability, function, payload, state, attempts, next_at, last_code, settled_at) = row;
    Ok(Effect {
        key,
        seq: seq.unsigned_abs(),
        pilot,
        capability,
        function,
        payload,
        state: EffectState::parse(&state)?,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        next_at,
        last_code,
        settled_at,
    })
}

impl Outbox<'_> {
    /// Effects whose next attempt is due: of each pilot and receiver as many, its longest due first, and by turns. One sender asks, so
    /// nothing is claimed. What is sent is durable first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn due(&self, now: i64, limit: u32) -> Result<Vec<Effect>, StoreError> {
        let mut session = self.db.read().await?;
        let lanes: Vec<(String, String)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT DISTINCT pilot, capability FROM outbox \
                 WHERE state IN ('queued', 'sent') AND next_at <= $1 ORDER BY pilot, capability")
            .bind(now).fetch_all(conn).await)?;
        let limit = limit.min(MAX_EFFECTS);
        let each = (limit as usize).checked_div(lanes.len()).unwrap_or_default().max(1);
        let mut by_turns = Vec::new();
        for (pilot, capability) in lanes {
            let lane: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                    "SELECT key, seq, pilot, capability, function, payload, state, attempts, next_at, last_code, settled_at \
                     FROM outbox WHERE state IN ('queued', 'sent') AND pilot = $1 AND capability = $2 AND next_at <= $3 \
                     ORDER BY next_at, key LIMIT $4")
                .bind(&pilot).bind(&capability).bind(now).bind(i64::try_from(each).unwrap_or(i64::MAX)).fetch_all(conn).await)?;
            by_turns.extend(lane.into_iter().map(effect).enumerate());
        }
        by_turns.sort_by_key(|(turn, _)| *turn);
        self.durable.settled(by_turns.into_iter().map(|(_, effect)| effect).collect::<Result<_, _>>()?).await
    }

    /// Returns when effects were queued since this returned last; the sender waits for this or for the next due time.
    pub async fn queued(&self) {
        self.queued.notified().await;
    }

    /// One effect.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, key: &str) -> Result<Option<Effect>, StoreError> {
        let mut session = self.db.read().await?;
        let row: Option<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT key, seq, pilot, capability, function, payload, state, attempts, next_at, last_code, settled_at \
                 FROM outbox WHERE key = $1").bind(key).fetch_optional(conn).await)?;
        row.map(effect).transpose()
    }

    /// A pilot's effects, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(&self, pilot: &str, limit: u32) -> Result<Vec<Effect>, StoreError> {
        let mut session = self.db.read().await?;
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT key, seq, pilot, capability, function, payload, state, attempts, next_at, last_code, settled_at \
                 FROM outbox WHERE pilot = $1 ORDER BY seq DESC, key DESC LIMIT $2")
            .bind(pilot).bind(i64::from(limit.min(MAX_EFFECTS))).fetch_all(conn).await)?;
        rows.into_iter().map(effect).collect()
    }

    /// How many effects are in each state.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn counts(&self) -> Result<EffectCounts, StoreError> {
        let mut session = self.db.read().await?;
        let rows: Vec<(String, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT state, count(*) FROM outbox GROUP BY state").fetch_all(conn).await)?;
        let mut counts = EffectCounts::default();
        for (state, count) in rows {
            let of = match EffectState::parse(&state)? {
                EffectState::Queued => &mut counts.queued,
                EffectState::Sent => &mut counts.sent,
                EffectState::Accepted => &mut counts.accepted,
                EffectState::Rejected => &mut counts.rejected,
                EffectState::Failed => &mut counts.failed,
            };
            *of = count.unsigned_abs();
        }
        Ok(counts)
    }

    /// Notes what an attempt came to, without a record of its own. What the record should know (a refusal, a giving
    /// up) is a [`StateChange::EffectSettled`](crate::StateChange) of a unit instead.
    ///
    /// # Errors
    /// [`CommitError::Unknown`] for a key that was never queued, [`CommitError::Stale`] for one settled before; those of
    /// the database.
    pub async fn settle(&self, settlement: Settlement) -> Result<(), CommitError> {
        name(&settlement.key, "effect")?;
        let (reply, answer) = oneshot::channel();
        let message = Message::Keep(Work::Settle(settlement), reply);
        self.writer.send(message).await.map_err(|_| CommitError::Closed)?;
        answer.await.map_err(|_| CommitError::Closed)?.map(|_| ())
    }
}

/// Moves an effect on.
pub(crate) async fn settle(session: &mut Session, settlement: &Settlement) -> Result<(), CommitError> {
    let settled_at = settlement.state.is_settled().then_some(settlement.at);
    let changed = on!(&mut *session, conn => sqlx::query(
            "UPDATE outbox SET state = $2, attempts = attempts + 1, last_code = $3, next_at = $4, settled_at = $5 \
             WHERE key = $1 AND state IN ('queued', 'sent', 'failed')")
        .bind(&settlement.key).bind(settlement.state.name()).bind(&settlement.code).bind(settlement.next_at)
        .bind(settled_at).execute(conn).await)?
    .rows_affected();
    if changed == 1 {
        return Ok(());
    }
    let known: Option<i64> = on!(session, conn => sqlx::query_scalar("SELECT seq FROM outbox WHERE key = $1")
        .bind(&settlement.key).fetch_optional(conn).await)?;
    Err(match known {
        Some(_) => CommitError::Stale { what: "effect" },
        None => CommitError::Unknown { what: "effect" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_the_database_and_others_are_refused() {
        for state in
            [EffectState::Queued, EffectState::Sent, EffectState::Accepted, EffectState::Rejected, EffectState::Failed]
        {
            assert_eq!(EffectState::parse(state.name()).expect("our own name"), state);
        }
        assert!(matches!(EffectState::parse("Queued"), Err(StoreError::Unreadable { .. })));
    }
}
