//! The clock, watched: records are in the order of time only while it runs forward. A jump is said in the program's log, in the record
//! and wherever readiness is asked.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::records::{Change, DAY};
use super::{House, HouseError, now};

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// By how much it may be set right without a word, in microseconds.
const TOLERANCE: i64 = 60_000_000;
/// How long a host may have been off before its next start asks whether the clock is right.
const LONG_OFF: i64 = 180 * DAY;

/// What was last seen of the clock.
#[derive(Debug)]
pub(crate) struct Clock(Mutex<Seen>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    wall: i64,
    /// What nobody sets, at the same moment.
    steady: Instant,
    /// The latest that the clock ever showed.
    latest: i64,
    jump: Option<Jump>,
}

/// The clock moved on otherwise than time did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Jump {
    /// To where, in microseconds since 1970, UTC.
    to: i64,
    /// By how many seconds; negative: back.
    seconds: i64,
}

impl Jump {
    fn of(from: i64, to: i64) -> Jump {
        Jump { to, seconds: to.saturating_sub(from) / 1_000_000 }
    }

    fn action(self) -> &'static str {
        if self.seconds < 0 { "jumped-back" } else { "jumped-ahead" }
    }
}

impl Clock {
    pub(crate) fn new(wall: i64, steady: Instant) -> Clock {
        Clock(Mutex::new(Seen { wall, steady, latest: wall, jump: None }))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compares the clock with the last thing that the record of an earlier run says.
    fn begin(&self, recorded: i64) -> Option<Jump> {
        let mut seen = self.seen();
        let passed = seen.wall.saturating_sub(recorded);
        if (-TOLERANCE..LONG_OFF).contains(&passed) {
            return None;
        }
        seen.latest = seen.latest.max(recorded);
        seen.jump = Some(Jump::of(recorded, seen.wall));
        seen.jump
    }

    /// Compares how far the clock moved with how long it took.
    fn look(&self, wall: i64, steady: Instant) -> Option<Jump> {
        let mut seen = self.seen();
        let passed = i64::try_from(steady.saturating_duration_since(seen.steady).as_micros()).unwrap_or(i64::MAX);
        let expected = seen.wall.saturating_add(passed);
        (seen.wall, seen.steady) = (wall, steady);
        seen.latest = seen.latest.max(wall);
        if wall.saturating_sub(expected).saturating_abs() <= TOLERANCE {
            return None;
        }
        seen.jump = Some(Jump::of(expected, wall));
        seen.jump
    }

    /// How it stands at this time, in a sentence.
    pub(crate) fn stands(&self, wall: i64) -> String {
        let seen = *self.seen();
        let behind = seen.latest.saturating_sub(wall) / 1_000_000;
        let jumped = seen.jump.map(|Jump { seconds, .. }| {
            let (by, way) = (seconds.unsigned_abs(), if seconds < 0 { "back" } else { "ahead" });
            format!("it jumped {way} by {by} s: see that it is set right")
        });
        match jumped {
            None => "it has moved on as time did".to_owned(),
            Some(jumped) if behind > 0 => format!("{jumped}; it is {behind} s behind what it has shown before"),
            Some(jumped) => jumped,
        }
    }
}

impl House {
    /// Compares the clock with the record, and goes on watching it.
    pub(super) async fn watch_clock(&self) -> Result<(), HouseError> {
        if let Some(newest) = self.0.store.log().latest(None, 1, None).await?.first()
            && let Some(jump) = self.0.clock.begin(newest.at)
        {
            self.say(jump).await;
        }
        let house = self.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = house.0.stop.cancelled() => return,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
                if let Some(jump) = house.0.clock.look(now(), Instant::now()) {
                    house.say(jump).await;
                }
            }
        });
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
        Ok(())
    }

    async fn say(&self, jump: Jump) {
        let Jump { to, seconds } = jump;
        tracing::warn!(to, seconds, "the clock jumped: see that it is set right, as terms and records go by it");
        let Ok(host) = self.host_caller() else { return };
        let change = Change {
            by: &host,
            subject: "clock",
            of: "host".to_owned(),
            action: jump.action(),
            detail: vec![("seconds", seconds.to_string())],
        };
        if let Err(error) = self.keep_change(change, Vec::new()).await {
            tracing::warn!(%error, "the clock's jump is not in the record");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_772_462_700_000_000;
    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_clock_that_moves_as_time_does_is_not_spoken_of() {
        let begun = Instant::now();
        let clock = Clock::new(AT, begun);
        assert_eq!(clock.begin(AT - 3 * DAY), None, "a weekend off");
        for n in 1..100_i64 {
            // It runs a thousandth slow, and is set right by less than a minute now and then.
            let steady = begun + Duration::from_secs(10 * n.unsigned_abs());
            let wall = AT + n * 9_990_000 + if n % 10 == 0 { 30 * SECOND } else { 0 };
            assert_eq!(clock.look(wall, steady), None);
        }
        assert_eq!(clock.stands(AT), "it has moved on as time did");
    }

    #[test]
    fn a_jump_is_said_once_and_stays_to_be_seen() {
        let begun = Instant::now();
        let clock = Clock::new(AT, begun);
        let after = |seconds| begun + Duration::from_secs(seconds);
        let back = Some(Jump { to: AT - 3_590 * SECOND, seconds: -3_600 });
        assert_eq!(clock.look(AT - 3_590 * SECOND, after(10)), back);
        assert_eq!(clock.look(AT - 3_580 * SECOND, after(20)), None);
        assert!(clock.stands(AT - 3_580 * SECOND).contains("back by 3600 s"));
        assert!(clock.stands(AT - 3_580 * SECOND).contains("3580 s behind"));
        let ahead = clock.look(AT + 365 * DAY, after(30)).unwrap();
        assert_eq!((ahead.action(), ahead.seconds > 364 * 86_400), ("jumped-ahead", true));
    }

    #[test]
    fn a_start_before_the_record_and_one_half_a_year_behind_it_are_said() {
        let clock = |wall| Clock::new(wall, Instant::now());
        assert_eq!(clock(AT).begin(AT + 30 * SECOND), None);
        let back = clock(AT);
        assert_eq!(back.begin(AT + 3_600 * SECOND), Some(Jump { to: AT, seconds: -3_600 }));
        assert!(back.stands(AT).contains("3600 s behind"), "{}", back.stands(AT));
        assert!(clock(AT).begin(AT - 20 * 365 * DAY).is_some_and(|jump| jump.seconds > 0));
    }
}
