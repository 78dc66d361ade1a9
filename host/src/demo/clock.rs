//! The simulated clock: a whole day, pressed into the time from midnight to now.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::plan::DAY;

/// Shortest time that the simulated day is pressed into: just after midnight it begins on the day before.
const SHORTEST: time::Duration = time::Duration::hours(6);
/// The newest event lies this far back, so that no clock's difference makes a future of it.
const BEFORE_NOW: time::Duration = time::Duration::seconds(30);

/// The clock.
pub(super) struct Clock {
    begins: OffsetDateTime,
    lasts: time::Duration,
}

impl Clock {
    /// Of the day that lies before `now`.
    pub(super) fn new(now: OffsetDateTime) -> Clock {
        let now = now.to_offset(UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC)) - BEFORE_NOW;
        let since_midnight = now.replace_time(time::Time::MIDNIGHT);
        let begins = since_midnight.min(now - SHORTEST);
        Clock { begins, lasts: now - begins }
    }

    /// The moment of a simulated second; behind the day's end it lies in the future.
    pub(super) fn at(&self, seconds: u32) -> OffsetDateTime {
        let at = self.begins + self.lasts * (f64::from(seconds) / f64::from(DAY));
        at.replace_nanosecond(0).unwrap_or(at)
    }

    /// Tells this day from any other, in seconds since 1970.
    pub(super) fn ends(&self) -> i64 {
        self.begins.unix_timestamp() + self.lasts.whole_seconds()
    }
}

/// As requests write it.
pub(super) fn written(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_simulated_day_lies_between_the_provinces_midnight_and_now() {
        let evening = Clock::new(datetime!(2026-11-25 13:00:30 UTC));
        assert_eq!(evening.at(0), datetime!(2026-11-25 00:00 +7));
        assert_eq!(evening.at(DAY / 2), datetime!(2026-11-25 10:00 +7));
        assert!(evening.at(DAY - 1) <= datetime!(2026-11-25 20:00 +7));
    }

    #[test]
    fn just_after_midnight_it_begins_on_the_day_before() {
        let night = Clock::new(datetime!(2026-11-24 17:10:30 UTC));
        assert_eq!(night.at(0), datetime!(2026-11-24 18:10 +7));
        assert!(night.at(DAY - 1) < datetime!(2026-11-25 00:10:01 +7));
    }
}
