//! Effects on their way out: each to its provider at least once, in effect exactly once, through crash, retry and outage.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use pilothouse_runtime::capabilities::lodging::{Desk, STAYS_OWNER, STAYS_TABLE, StayRow};
use pilothouse_runtime::kept::{Event, HostTable};
use pilothouse_runtime::natural::NaturalKey;
use pilothouse_runtime::pending::RowChange as Pended;
use pilothouse_store::rows::StoredRow;
use pilothouse_store::{Effect, EffectState, Expected, RowChange, RowWrite, Settlement, StateChange};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::receivers::{DeskMode, Mailbox, Received};
use super::records::{Change, DAY};
use super::{House, HouseError, now};

/// Effects that are sent in one go.
const BATCH: u32 = 64;
/// How long until the next try while the desk is down: longer with every one, at most a minute.
const FIRST_PAUSE: i64 = 500_000;
const LONGEST_PAUSE: i64 = 60_000_000;
/// How often the outbox is looked through even if nobody said that something is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often a row of the host's is read again because something else changed it meanwhile.
pub(super) const ROW_TRIES: usize = 8;

/// A notice that the desk has. Without the guest: who it was stays between host and desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskNotice {
    /// Key of the effect: the desk has each once.
    pub key: String,
    /// `arrival`, `amendment`, `departure`, `cancellation`.
    pub kind: String,
    /// From which facility.
    pub facility: String,
    /// The facility's own number of the stay.
    pub reference: String,
    /// When it came, microseconds UTC.
    pub received_at: i64,
}

/// The embedded police desk, and what guests are told of it.
pub(crate) struct PoliceDesk {
    mailbox: Mailbox<DeskNotice>,
    seen: Arc<Desk>,
    /// Stays past their time with nothing under way, at the last look.
    pub(super) stranded: AtomicU64,
}

impl PoliceDesk {
    pub(super) fn open(dir: PathBuf) -> Result<PoliceDesk, HouseError> {
        Ok(PoliceDesk { mailbox: Mailbox::open(dir)?, seen: Arc::new(Desk::default()), stranded: AtomicU64::new(0) })
    }

    pub(super) fn seen_by_guests(&self) -> Arc<Desk> {
        Arc::clone(&self.seen)
    }
}

impl House {
    /// Makes the embedded police desk take notices, fall silent or reject.
    pub fn set_desk(&self, mode: DeskMode) {
        self.0.desk.mailbox.set_mode(mode);
        self.0.desk.seen.is_now(mode == DeskMode::Down);
    }

    /// How the desk behaves now.
    pub fn desk_mode(&self) -> DeskMode {
        self.0.desk.mailbox.mode()
    }

    /// What the desk has.
    pub fn desk_notices(&self) -> Vec<DeskNotice> {
        let mut notices = self.0.desk.mailbox.all();
        notices.sort_by(|a, b| (a.received_at, &a.key).cmp(&(b.received_at, &b.key)));
        notices
    }

    /// How many effects are queued, sent, accepted, rejected, failed; and how many notices past their time have nothing under way.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn outbox_counts(&self) -> Result<BTreeMap<&'static str, u64>, HouseError> {
        let counts = self.0.store.outbox().counts().await?;
        Ok(BTreeMap::from([
            ("queued", counts.queued),
            ("sent", counts.sent),
            ("accepted", counts.accepted),
            ("rejected", counts.rejected),
            ("failed", counts.failed),
            ("stranded", self.0.desk.stranded.load(Ordering::Relaxed)),
        ]))
    }

    pub(super) fn start_outbox(&self) {
        let house = self.clone();
        let task = tokio::spawn(async move {
            while !house.0.stop.is_cancelled() {
                if let Err(error) = house.deliver().await {
                    tracing::warn!(%error, "the outbox waits");
                }
                let outbox = house.0.store.outbox();
                tokio::select! {
                    () = house.0.stop.cancelled() => return,
                    () = outbox.queued() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        });
        self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(task);
    }

    /// Sends what is due. A crash between sending and settling sends it again; its receiver has it once by its key.
    async fn deliver(&self) -> Result<(), HouseError> {
        loop {
            let due = self.0.store.outbox().due(now(), BATCH).await?;
            if due.is_empty() {
                return Ok(());
            }
            let mut lanes: BTreeMap<String, Vec<Effect>> = BTreeMap::new();
            for effect in due {
                lanes.entry(effect.capability.clone()).or_default().push(effect);
            }
            // Receivers know nothing of each other: one that takes its time keeps no other waiting, and what one store refuses to
            // settle ends no other's lane.
            let sent = join_all(lanes.into_values().map(|lane| self.deliver_lane(lane))).await;
            sent.into_iter().collect::<Result<(), HouseError>>()?;
        }
    }

    /// Sends what is due for one receiver, in its order.
    async fn deliver_lane(&self, lane: Vec<Effect>) -> Result<(), HouseError> {
        for effect in lane {
            match HostTable::of(&effect.capability) {
                // A series or proposal is delivered when its owner can read it: it stands in the store with its call.
                None => {
                    let done = settlement(&effect, EffectState::Accepted, None);
                    self.settled(&effect.pilot, done, Told::Nothing).await?;
                }
                Some(HostTable::Stays) => self.deliver_notice(&effect).await?,
                Some(table) => self.deliver_kept(table, &effect).await?,
            }
        }
        Ok(())
    }

    async fn deliver_notice(&self, effect: &Effect) -> Result<(), HouseError> {
        let Some(notice) = self.notice(&effect.key, &effect.payload) else { return self.unreadable(effect).await };
        if self.waits_for_another(effect).await? {
            return self.later(effect).await;
        }
        match self.0.desk.mailbox.receive(&effect.key, &notice) {
            Received::Accepted => {
                self.0.desk.seen.is_now(false);
                let done = settlement(effect, EffectState::Accepted, None);
                self.settled(&effect.pilot, done, Told::Stay(&notice, "accepted", None)).await
            }
            Received::Rejected(code) => {
                let done = settlement(effect, EffectState::Rejected, Some(code));
                self.settled(&effect.pilot, done, Told::Stay(&notice, "rejected", Some(code))).await
            }
            Received::NoAnswer => {
                self.0.desk.seen.is_now(true);
                self.later(effect).await
            }
        }
    }

    /// Gives an alert, a request for consent or a message to its receiver, and writes down what the receiver said.
    async fn deliver_kept(&self, table: HostTable, effect: &Effect) -> Result<(), HouseError> {
        let opened = self.0.payloads.open(&effect.key, &effect.payload).ok();
        let payload: Option<Value> = opened.and_then(|plain| serde_json::from_slice(&plain).ok());
        let said = payload.as_ref().and_then(|payload| self.0.receivers.receive(table, &effect.key, payload, now()));
        let (Some((received, answered)), Some(payload)) = (said, payload) else { return self.unreadable(effect).await };
        let row = payload.get("row").and_then(Value::as_str).unwrap_or_default();
        match received {
            Received::Accepted => {
                let done = settlement(effect, EffectState::Accepted, None);
                self.settled(&effect.pilot, done, Told::Kept(table, row, answered)).await
            }
            Received::Rejected(code) => {
                let done = settlement(effect, EffectState::Rejected, Some(code));
                self.settled(&effect.pilot, done, Told::Kept(table, row, Some(Event::Rejected))).await
            }
            Received::NoAnswer => self.later(effect).await,
        }
    }

    async fn unreadable(&self, effect: &Effect) -> Result<(), HouseError> {
        let failed = settlement(effect, EffectState::Failed, Some("unreadable"));
        self.settled(&effect.pilot, failed, Told::Nothing).await
    }

    async fn later(&self, effect: &Effect) -> Result<(), HouseError> {
        let pause = FIRST_PAUSE.saturating_mul(1 << effect.attempts.min(7)).min(LONGEST_PAUSE);
        let again = Settlement { next_at: now() + pause, ..settlement(effect, EffectState::Queued, Some("no-answer")) };
        Ok(self.0.store.outbox().settle(again).await?)
    }

    /// Whether an earlier notice of the same stay is still on its way: the desk gets an arrival before what changes or cancels it.
    async fn waits_for_another(&self, effect: &Effect) -> Result<bool, HouseError> {
        #[derive(Deserialize)]
        struct Behind {
            #[serde(default)]
            after: Option<(String, NaturalKey)>,
        }
        let plain = self.0.payloads.open(&effect.key, &effect.payload).ok();
        let behind = plain.and_then(|plain| serde_json::from_slice::<Behind>(&plain).ok());
        let Some((function, natural)) = behind.and_then(|behind| behind.after) else { return Ok(false) };
        let before = self.0.effect_keys.key(&effect.pilot, &effect.capability, &function, &natural).to_string();
        let before = self.0.store.outbox().find(&before).await?;
        Ok(before.is_some_and(|before| !before.state.is_settled()))
    }

    fn notice(&self, key: &str, payload: &[u8]) -> Option<DeskNotice> {
        let plain = self.0.payloads.open(key, payload).ok()?;
        let notice: Value = serde_json::from_slice(&plain).ok()?;
        let text = |name: &str| notice.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(DeskNotice {
            key: key.to_owned(),
            kind: text("notice")?,
            facility: text("facility")?,
            reference: text("reference")?,
            received_at: now(),
        })
    }

    /// Settles an effect with its record, and the row that the host keeps of it, together.
    async fn settled(&self, pilot: &str, settlement: Settlement, told: Told<'_>) -> Result<(), HouseError> {
        let host = self.host_caller()?;
        // The row may be changed by a call at the same moment; then it is read again.
        for _ in 0..ROW_TRIES {
            let rows = match told {
                Told::Stay(notice, state, code) if notice.kind == "arrival" => {
                    self.stay_row(pilot, notice, state, code).await?.into_iter().collect()
                }
                Told::Kept(table, key, Some(event)) => self.row_after(table, key, event).await?.into_iter().collect(),
                Told::Stay(..) | Told::Kept(_, _, None) | Told::Nothing => Vec::new(),
            };
            let action = match settlement.state {
                EffectState::Accepted => "accepted",
                EffectState::Rejected => "rejected",
                _ => "failed",
            };
            let detail = vec![
                ("pilot", pilot.to_owned()),
                ("code", settlement.code.clone().unwrap_or_else(|| "none".to_owned())),
            ];
            let change = Change { by: &host, subject: "effect", of: settlement.key.clone(), action, detail };
            match self.keep_change_with(change, vec![StateChange::EffectSettled(settlement.clone())], rows).await {
                Err(HouseError::Commit(pilothouse_store::CommitError::Conflict { .. })) => {}
                // Settled by a run before a crash: nothing is left to do.
                Err(HouseError::Commit(pilothouse_store::CommitError::Stale { .. })) => return Ok(()),
                other => return other.map(|_| ()),
            }
        }
        Err(HouseError::Stale("the row of the effect"))
    }

    async fn stay_row(
        &self,
        pilot: &str,
        notice: &DeskNotice,
        state: &str,
        code: Option<&str>,
    ) -> Result<Option<RowWrite>, HouseError> {
        let key = StayRow::key(pilot, &notice.facility, &notice.reference);
        let key = key.as_str().to_owned();
        let Some(row) = self.0.store.rows().get(STAYS_OWNER, STAYS_TABLE, &key).await? else { return Ok(None) };
        let Ok(mut stay) = serde_json::from_slice::<StayRow>(&row.value) else { return Ok(None) };
        stay.accepted_at = (state == "accepted").then(now);
        stay.code = code.map(str::to_owned);
        if stay.is_open() {
            state.clone_into(&mut stay.state);
        }
        Ok(kept_row(HostTable::Stays, &key, stay.change(0), Expected::Version(row.version)))
    }

    /// The row that the host keeps, after what happened; none where there is no such row or it cannot happen to it.
    pub(super) async fn row_after(
        &self,
        table: HostTable,
        key: &str,
        event: Event,
    ) -> Result<Option<RowWrite>, HouseError> {
        let Some((key, row)) = self.kept(table, key).await? else { return Ok(None) };
        let (Ok(text), Ok(version)) = (std::str::from_utf8(&row.value), u64::try_from(row.version)) else {
            return Ok(None);
        };
        let Some(change) = table.after(text, version, event, now()) else { return Ok(None) };
        Ok(kept_row(table, &key, change, Expected::Version(row.version)))
    }

    /// A row that the host keeps, and where it stands, by the key that an effect or a receiver has written down: it may be from before keys were tuples.
    pub(super) async fn kept(
        &self,
        table: HostTable,
        written: &str,
    ) -> Result<Option<(String, StoredRow)>, HouseError> {
        let rows = self.0.store.rows();
        if let Some(row) = rows.get(table.owner(), table.table(), written).await? {
            return Ok(Some((written.to_owned(), row)));
        }
        let Some(moved) = table.key_of_old(written).filter(|moved| moved.as_str() != written) else { return Ok(None) };
        let row = rows.get(table.owner(), table.table(), moved.as_str()).await?;
        Ok(row.map(|row| (moved.as_str().to_owned(), row)))
    }
}

/// A changed row of the host's own as the store writes it.
pub(super) fn kept_row(table: HostTable, key: &str, change: Pended, expected: Expected) -> Option<RowWrite> {
    let keep_until = Some(now() + table.days() * DAY);
    let change = RowChange::Put { value: change.value?.into_bytes(), indexes: change.indexes, keep_until };
    let (pilot, name) = (table.owner().to_owned(), table.table().to_owned());
    Some(RowWrite { pilot, table: name, key: key.to_owned(), expected, change })
}

/// What a settled effect is written into.
#[derive(Clone, Copy)]
enum Told<'a> {
    /// Nothing that the host keeps.
    Nothing,
    /// The stay of a notice: its state and the desk's code.
    Stay(&'a DeskNotice, &'static str, Option<&'static str>),
    /// A row, by its key, and what happened to it, if anything did.
    Kept(HostTable, &'a str, Option<Event>),
}

fn settlement(effect: &Effect, state: EffectState, code: Option<&str>) -> Settlement {
    Settlement { key: effect.key.clone(), state, code: code.map(str::to_owned), next_at: 0, at: now() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_host_s_has_a_term() {
        for table in [HostTable::Stays, HostTable::Alerts, HostTable::Consents, HostTable::Messages] {
            let change =
                Pended { expected: None, value: Some("{}".to_owned()), indexes: Vec::new(), version: 1, stored: 0 };
            let before = now();
            let row = kept_row(table, "key", change, Expected::Any).unwrap();
            let RowChange::Put { keep_until: Some(until), .. } = row.change else { panic!("{table:?} has no term") };
            assert!(until >= before + table.days() * DAY, "{table:?}");
        }
    }
}
