//! Ticks: waking pilots when their manifests say so, each due tick once; and retention, which destroys what is due to be destroyed.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use croner::Cron;
use pilothouse_registry::{PilotId, TickName};
use pilothouse_store::Due;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::{CallError, House, HouseError, now};

/// How often schedules are looked at: cron speaks in minutes.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How far back a tick that was missed (the host was off) is still made up for.
const MAKE_UP: i64 = 26 * 3_600_000_000;
/// How long the payload of a delivered effect is kept, for a question of its receiver.
const PAYLOADS_KEPT: i64 = 7 * 86_400_000_000;
/// Patterns that are remembered: far more than a province's pilots have.
const MAX_PATTERNS: usize = 4_096;
/// How often retention runs.
const RETENTION_EVERY: Duration = Duration::from_secs(600);

/// Pilots whose ticks run at once: one that takes its time has one of these places, however many ticks it has.
const AT_ONCE: usize = 8;

/// When the patterns of all manifests were and will be due, each computed once for each time that it is due: one that never is costs
/// nothing more.
#[derive(Debug, Default)]
pub(crate) struct Timetable(Mutex<HashMap<String, Known>>);

/// What a pattern was last computed to.
#[derive(Debug, Clone, Copy)]
struct Known {
    at: i64,
    last: Option<i64>,
    next: Option<i64>,
}

impl Timetable {
    /// The last time at or before `at` that the pattern names, in province time.
    fn latest_due(&self, cron: &str, at: i64) -> Option<i64> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(cron)
            && known.at <= at
            && known.next.is_none_or(|next| at < next)
        {
            return known.last;
        }
        if known.len() >= MAX_PATTERNS {
            known.clear();
        }
        let (last, next) = around(cron, at).unwrap_or_default();
        known.insert(cron.to_owned(), Known { at, last, next });
        last
    }
}

/// A pilot and its ticks that are due.
type DueTicks = (PilotId, Vec<(TickName, i64)>);

impl House {
    pub(super) fn start_schedules(&self) {
        let house = self.clone();
        let task = tokio::spawn(async move {
            let mut waking: JoinSet<PilotId> = JoinSet::new();
            let mut awake = HashSet::new();
            loop {
                tokio::select! {
                    () = house.0.stop.cancelled() => break,
                    Some(slept) = waking.join_next(), if !waking.is_empty() => {
                        match slept {
                            Ok(id) => drop(awake.remove(&id)),
                            // Nobody says whose it was; the store knows which ticks were run.
                            Err(error) => {
                                tracing::error!(%error, "the ticks of a pilot ended");
                                awake.clear();
                            }
                        }
                        continue;
                    }
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
                let due = match house.due_ticks(now()).await {
                    Ok(due) => due,
                    Err(error) => {
                        tracing::warn!(%error, "schedules wait");
                        continue;
                    }
                };
                for (id, ticks) in due {
                    if awake.len() < AT_ONCE && awake.insert(id.clone()) {
                        let house = house.clone();
                        waking.spawn(async move {
                            house.wake(&id, &ticks).await;
                            id
                        });
                    }
                }
            }
        });
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
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

    /// The ticks that fell due since their last run. Those who waited longest come first.
    async fn due_ticks(&self, at: i64) -> Result<Vec<DueTicks>, HouseError> {
        let runs = self.0.store.schedules().runs().await?;
        let house = self.clone();
        // Far patterns take their time to compute: not where calls are answered.
        let due = tokio::task::spawn_blocking(move || {
            let running = house.0.running.load_full();
            let mut all: Vec<DueTicks> = Vec::new();
            for (id, version) in running.iter().filter(|(_, version)| version.is_on()) {
                let mut of_it = Vec::new();
                for (tick, schedule) in &version.manifest.schedules {
                    let run = runs.iter().find(|run| run.pilot == id.as_str() && run.tick == tick.as_str());
                    let due = house.0.timetable.latest_due(schedule.cron.as_str(), at);
                    let new = |due: &i64| run.is_none_or(|run| run.due < *due) && *due >= at.saturating_sub(MAKE_UP);
                    of_it.extend(due.filter(new).map(|due| (tick.clone(), due)));
                }
                if !of_it.is_empty() {
                    all.push((id.clone(), of_it));
                }
            }
            all.sort_by_key(|(_, ticks)| ticks.iter().map(|(_, due)| *due).min());
            all
        });
        Ok(due.await.unwrap_or_default())
    }

    /// Wakes a pilot for its due ticks, one after the other. One that fails is logged and tried again while it is still due.
    async fn wake(&self, id: &PilotId, ticks: &[(TickName, i64)]) {
        for (tick, due) in ticks {
            match self.tick_due(id, tick, *due).await {
                Ok(_)
                | Err(CallError::Disabled { .. } | CallError::Store(pilothouse_store::CommitError::Stale { .. })) => {}
                Err(error) => tracing::warn!(pilot = %id, tick = %tick, code = error.code(), "a tick failed"),
            }
        }
    }
}

/// The last time at or before `at` that the pattern names, and the first after it, in province time.
fn around(cron: &str, at: i64) -> Option<(Option<i64>, Option<i64>)> {
    let cron = Cron::from_str(cron).ok()?;
    let offset = time::UtcOffset::from_hms(7, 0, 0).ok()?;
    let local = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000).ok()?.to_offset(offset);
    let at = chrono::DateTime::from_timestamp(local.unix_timestamp(), 0)?
        .with_timezone(&chrono::FixedOffset::east_opt(7 * 3_600)?);
    let last = cron.find_previous_occurrence(&at, true).ok();
    let next = cron.find_next_occurrence(&at, false).ok();
    let micros = |at: chrono::DateTime<chrono::FixedOffset>| at.timestamp().saturating_mul(1_000_000);
    Some((last.map(micros), next.map(micros)))
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-03-02T21:45:00+07:00 = 14:45Z
    const AT: i64 = 1_772_462_700_000_000;
    const MINUTE: i64 = 60_000_000;

    #[test]
    fn the_latest_due_time_is_told_in_province_time() {
        let timetable = Timetable::default();
        assert_eq!(timetable.latest_due("30 21 * * *", AT), Some(1_772_461_800_000_000));
        assert_eq!(timetable.latest_due("0 7 * * *", AT), Some(1_772_409_600_000_000));
    }

    #[test]
    fn a_pattern_is_computed_again_when_it_is_due_again_or_the_clock_went_back() {
        let timetable = Timetable::default();
        let computed = || timetable.0.lock().unwrap().get("30 21 * * *").unwrap().at;
        let half_past_nine = AT - 15 * MINUTE;
        assert_eq!(timetable.latest_due("30 21 * * *", AT), Some(half_past_nine));
        assert_eq!(timetable.latest_due("30 21 * * *", AT + 60 * MINUTE), Some(half_past_nine));
        assert_eq!(computed(), AT);
        let tomorrow = half_past_nine + 24 * 60 * MINUTE;
        assert_eq!(timetable.latest_due("30 21 * * *", tomorrow), Some(tomorrow));
        assert_eq!(computed(), tomorrow);
        assert_eq!(timetable.latest_due("30 21 * * *", AT), Some(half_past_nine));
        assert_eq!(computed(), AT);
    }

    #[test]
    fn a_day_that_never_comes_is_looked_for_once() {
        let timetable = Timetable::default();
        for n in 0..1_000 {
            assert_eq!(timetable.latest_due("0 0 31 2 *", AT + n * MINUTE), None);
        }
        assert_eq!(timetable.0.lock().unwrap()["0 0 31 2 *"].at, AT);
    }
}
