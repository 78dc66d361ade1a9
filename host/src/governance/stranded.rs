//! Notices that stand still: a stay whose arrival is past its time, waits, and has nothing in the outbox that would take it to the police.
//! It never should be so; where it is, somebody must notify by phone.

use std::sync::atomic::Ordering;
use std::time::Duration;

use pilothouse_registry::PilotId;
use pilothouse_runtime::capabilities::lodging::{STAYS_OWNER, STAYS_TABLE, StayRow, WAITING_INDEX, due_place};
use pilothouse_store::rows::{After, Scan};

use super::{House, HouseError, now};

/// How often it is looked after.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Stays that are read at once.
const PAGE: u32 = 500;
/// Most stays of one look, the longest due first: a police desk that was down for a night in the high season.
const MOST: usize = 20_000;

impl House {
    pub(super) fn start_watch_over_notices(&self) {
        let house = self.clone();
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = house.look_for_stranded(now()).await {
                    tracing::warn!(%error, "stays that wait were not looked at");
                }
                tokio::select! {
                    () = house.0.stop.cancelled() => return,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        });
        self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(task);
    }

    /// Looks at every stay that waits past its time. Answers how many have nothing under way; operators see the number, and the log names
    /// the pilots.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn look_for_stranded(&self, at: i64) -> Result<u64, HouseError> {
        let mut stranded = 0;
        let mut after: Option<(String, String)> = None;
        let until = due_place(at);
        'pages: for _ in 0..MOST / PAGE as usize {
            let scan = Scan {
                pilot: STAYS_OWNER,
                table: STAYS_TABLE,
                index: WAITING_INDEX,
                prefix: "",
                after: after.as_ref().map(|(index_value, key)| After { index_value, key }),
                limit: PAGE,
            };
            let found = self.0.store.rows().scan(scan).await?;
            for row in &found {
                if row.index_value >= until {
                    break 'pages;
                }
                let Ok(stay) = serde_json::from_slice::<StayRow>(&row.row.value) else { continue };
                if !self.is_under_way(&stay).await? {
                    stranded += 1;
                    tracing::error!(pilot = %stay.pilot, "a notice is past its time and nothing takes it to the police: notify by phone");
                }
            }
            match found.into_iter().last() {
                Some(last) => after = Some((last.index_value, last.row.key)),
                None => break,
            }
        }
        self.0.desk.stranded.store(stranded, Ordering::Relaxed);
        metrics::gauge!("pilothouse_notices_stranded").set(u32::try_from(stranded).unwrap_or(u32::MAX));
        Ok(stranded)
    }

    /// Whether the outbox has the stay's arrival still before it, under its key of now or of before.
    async fn is_under_way(&self, stay: &StayRow) -> Result<bool, HouseError> {
        let (keys, outbox) = (&self.0.effect_keys, self.0.store.outbox());
        let key = keys.key(&stay.pilot, "lodging", "notify", &stay.arrival()).to_string();
        if let Some(effect) = outbox.find(&key).await? {
            return Ok(!effect.state.is_settled());
        }
        let model = stay.pilot.parse::<PilotId>().ok().and_then(|id| self.0.running.load().get(&id).cloned());
        let Some(model) = model.map(|running| running.manifest.model.get()) else { return Ok(false) };
        let old = keys.old_key(model, "lodging", &format!("{}/{}", stay.facility, stay.reference)).to_string();
        Ok(outbox.find(&old).await?.is_some_and(|effect| !effect.state.is_settled()))
    }
}
