//! Ticks: waking pilots when their manifests say so, each due tick once; and retention, which destroys what is due to be destroyed.

use std::str::FromStr;
use std::time::Duration;

use croner::Cron;
use pilothouse_registry::{PilotId, TickName};
use pilothouse_store::Due;
use time::OffsetDateTime;

use super::{CallError, House, HouseError, now};

/// How often schedules are looked at: cron speaks in minutes.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How far back a tick that was missed (the host was off) is still made up for.
const MAKE_UP: i64 = 26 * 3_600_000_000;
/// How long the payload of a delivered effect is kept, for a question of its receiver.
const PAYLOADS_KEPT: i64 = 7 * 86_400_000_000;
/// How often retention runs.
const RETENTION_EVERY: Duration = Duration::from_secs(600);

impl House {
    pub(super) fn start_schedules(&self) {
        let house = self.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = house.0.stop.cancelled() => return,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
                if let Err(error) = house.run_due(now()).await {
                    tracing::warn!(%error, "schedules wait");
                }
            }
        });
        self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(task);
    }

    pub(super) fn start_retention(&self) {
        let house = self.clone();
        let task = tokio::spawn(async move {
            loop {
                match house.0.store.retention().run(Due { now: now(), settled_before: now() - PAYLOADS_KEPT }).await {
                    Ok(retired) => tracing::debug!(?retired, "retention"),
                    Err(error) => tracing::warn!(%error, "retention waits"),
                }
                tokio::select! {
                    () = house.0.stop.cancelled() => return,
                    () = tokio::time::sleep(RETENTION_EVERY) => {}
                }
            }
        });
        self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(task);
    }

    /// Wakes every pilot whose tick fell due since its last run.
    ///
    /// # Errors
    /// Those of the store. A pilot that fails is logged and does not keep the others waiting.
    pub async fn run_due(&self, at: i64) -> Result<(), HouseError> {
        let runs = self.0.store.schedules().runs().await?;
        let running = self.0.running.load_full();
        for (id, version) in running.iter() {
            for (tick, schedule) in &version.manifest.schedules {
                let last =
                    runs.iter().find(|run| run.pilot == id.as_str() && run.tick == tick.as_str()).map(|run| run.due);
                let Some(due) = latest_due(schedule.cron.as_str(), at) else { continue };
                if last.is_some_and(|last| last >= due) || due < at - MAKE_UP {
                    continue;
                }
                self.wake(id, tick, due).await;
            }
        }
        Ok(())
    }

    async fn wake(&self, id: &PilotId, tick: &TickName, due: i64) {
        match self.tick_due(id, tick, due).await {
            Ok(_) | Err(CallError::Disabled { .. } | CallError::Store(pilothouse_store::CommitError::Stale { .. })) => {
            }
            Err(error) => tracing::warn!(pilot = %id, tick = %tick, code = error.code(), "a tick failed"),
        }
    }
}

/// The last time at or before `at` that the pattern names, in province time.
fn latest_due(cron: &str, at: i64) -> Option<i64> {
    let cron = Cron::from_str(cron).ok()?;
    let offset = time::UtcOffset::from_hms(7, 0, 0).ok()?;
    let local = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000).ok()?.to_offset(offset);
    let at = chrono::DateTime::from_timestamp(local.unix_timestamp(), 0)?
        .with_timezone(&chrono::FixedOffset::east_opt(7 * 3_600)?);
    let due = cron.find_previous_occurrence(&at, true).ok()?;
    Some(due.timestamp() * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_due_time_is_told_in_province_time() {
        // 2026-03-02T21:45:00+07:00 = 14:45Z
        let at = 1_772_462_700_000_000;
        assert_eq!(latest_due("30 21 * * *", at), Some(1_772_461_800_000_000));
        assert_eq!(latest_due("0 7 * * *", at), Some(1_772_409_600_000_000));
    }
}
