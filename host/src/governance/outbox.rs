//! Effects on their way out: each to its provider at least once, in effect exactly once, through crash, retry and outage.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use pilothouse_runtime::capabilities::lodging::{Desk, STAYS_OWNER, STAYS_TABLE, StayRow};
use pilothouse_store::{EffectState, Expected, RowChange, RowWrite, Settlement, StateChange};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::records::Change;
use super::{House, HouseError, now};

/// Effects that are sent in one go.
const BATCH: u32 = 64;
/// How long until the next try while the desk is down: longer with every one, at most a minute.
const FIRST_PAUSE: i64 = 500_000;
const LONGEST_PAUSE: i64 = 60_000_000;
/// How often the outbox is looked through even if nobody said that something is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How the embedded police desk behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum DeskMode {
    /// Takes notices.
    Up,
    /// Does not answer.
    Down,
    /// Answers, and rejects every notice with a code.
    Rejecting,
}

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

/// The embedded police desk: a simulator that stands outside of the host's database and has each notice once, by its key.
pub(crate) struct PoliceDesk {
    dir: PathBuf,
    mode: AtomicU8,
    seen: Arc<Desk>,
}

enum Received {
    Accepted,
    Rejected(&'static str),
    NoAnswer,
}

impl PoliceDesk {
    pub(super) fn open(dir: PathBuf) -> Result<PoliceDesk, HouseError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(|source| HouseError::File { path: dir.display().to_string(), source })?;
        Ok(PoliceDesk { dir, mode: AtomicU8::new(DeskMode::Up as u8), seen: Arc::new(Desk::default()) })
    }

    pub(super) fn seen_by_guests(&self) -> Arc<Desk> {
        Arc::clone(&self.seen)
    }

    fn mode(&self) -> DeskMode {
        match self.mode.load(Ordering::Relaxed) {
            1 => DeskMode::Down,
            2 => DeskMode::Rejecting,
            _ => DeskMode::Up,
        }
    }

    fn receive(&self, notice: &DeskNotice) -> Received {
        match self.mode() {
            DeskMode::Down => return Received::NoAnswer,
            DeskMode::Rejecting => return Received::Rejected("desk-refuses"),
            DeskMode::Up => {}
        }
        let path = self.dir.join(format!("{}.json", notice.key));
        let Ok(text) = serde_json::to_vec(notice) else { return Received::Rejected("malformed") };
        let written =
            fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path).and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            });
        match written {
            Ok(()) => Received::Accepted,
            // It came before, and the answer was lost: the desk has it once all the same.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Received::Accepted,
            Err(_) => Received::NoAnswer,
        }
    }

    fn notices(&self) -> Vec<DeskNotice> {
        let files = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let mut notices: Vec<DeskNotice> =
            files.filter_map(|file| serde_json::from_slice(&fs::read(file.path()).ok()?).ok()).collect();
        notices.sort_by(|a, b| (a.received_at, &a.key).cmp(&(b.received_at, &b.key)));
        notices
    }
}

impl House {
    /// Makes the embedded police desk take notices, fall silent or reject.
    pub fn set_desk(&self, mode: DeskMode) {
        self.0.desk.mode.store(mode as u8, Ordering::Relaxed);
        self.0.desk.seen.is_now(mode == DeskMode::Down);
    }

    /// How the desk behaves now.
    pub fn desk_mode(&self) -> DeskMode {
        self.0.desk.mode()
    }

    /// What the desk has.
    pub fn desk_notices(&self) -> Vec<DeskNotice> {
        self.0.desk.notices()
    }

    /// How many effects are queued, sent, accepted, rejected, failed.
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
            for effect in due {
                let settlement = |state, code: Option<&str>, next_at| Settlement {
                    key: effect.key.clone(),
                    state,
                    code: code.map(str::to_owned),
                    next_at,
                    at: now(),
                };
                // A series or proposal is delivered when its owner can read it: it stands in the store with its call.
                if effect.capability != "lodging" {
                    self.settled(&effect.pilot, settlement(EffectState::Accepted, None, 0), None).await?;
                    continue;
                }
                let Some(notice) = self.notice(&effect.key, &effect.payload) else {
                    self.settled(&effect.pilot, settlement(EffectState::Failed, Some("unreadable"), 0), None).await?;
                    continue;
                };
                match self.0.desk.receive(&notice) {
                    Received::Accepted => {
                        self.0.desk.seen.is_now(false);
                        self.settled(
                            &effect.pilot,
                            settlement(EffectState::Accepted, None, 0),
                            Some((&notice, "accepted", None)),
                        )
                        .await?;
                    }
                    Received::Rejected(code) => {
                        let stay = Some((&notice, "rejected", Some(code)));
                        self.settled(&effect.pilot, settlement(EffectState::Rejected, Some(code), 0), stay).await?;
                    }
                    Received::NoAnswer => {
                        self.0.desk.seen.is_now(true);
                        let pause = FIRST_PAUSE.saturating_mul(1 << effect.attempts.min(7)).min(LONGEST_PAUSE);
                        let again = settlement(EffectState::Queued, Some("no-answer"), now() + pause);
                        self.0.store.outbox().settle(again).await?;
                    }
                }
            }
        }
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

    /// Settles an effect with its record, and the stay that it is about, together.
    async fn settled(
        &self,
        pilot: &str,
        settlement: Settlement,
        stay: Option<(&DeskNotice, &'static str, Option<&'static str>)>,
    ) -> Result<(), HouseError> {
        let host = self.host_caller()?;
        // The row may be changed by a call at the same moment; then it is read again.
        for _ in 0..8 {
            let rows = match stay {
                Some((notice, state, code)) if notice.kind == "arrival" => {
                    self.stay_row(notice, state, code).await?.into_iter().collect()
                }
                _ => Vec::new(),
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
        Err(HouseError::Stale("the stay"))
    }

    async fn stay_row(
        &self,
        notice: &DeskNotice,
        state: &str,
        code: Option<&str>,
    ) -> Result<Option<RowWrite>, HouseError> {
        let key = format!("{}/{}", notice.facility, notice.reference);
        let Some(row) = self.0.store.rows().get(STAYS_OWNER, STAYS_TABLE, &key).await? else { return Ok(None) };
        let Ok(mut stay) = serde_json::from_slice::<StayRow>(&row.value) else { return Ok(None) };
        stay.accepted_at = (state == "accepted").then(now);
        stay.code = code.map(str::to_owned);
        if stay.is_open() {
            state.clone_into(&mut stay.state);
        }
        let change = stay.change(0);
        let Some(value) = change.value else { return Ok(None) };
        let change = RowChange::Put { value: value.into_bytes(), indexes: change.indexes, keep_until: None };
        let (pilot, table) = (STAYS_OWNER.to_owned(), STAYS_TABLE.to_owned());
        Ok(Some(RowWrite { pilot, table, key, expected: Expected::Version(row.version), change }))
    }
}
