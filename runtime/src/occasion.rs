//! The circumstances of one call: all that a guest can know of time, place and caller.

use serde::{Deserialize, Serialize};

/// What surrounds one call. Everything in it is recorded, so that a replay needs nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Occasion {
    /// When the call is made; microseconds since 1970, UTC.
    pub at: i64,
    /// When the event happened; `at` unless a device was offline.
    pub captured_at: i64,
    /// Commune-level unit of the caller.
    pub unit: String,
    /// Facility of the caller.
    pub facility: Option<String>,
    /// Class of that facility; indicators are counted by it.
    pub facility_class: Option<String>,
    /// Role of the caller.
    pub role: String,
    /// Device of the caller.
    pub device: Option<String>,
    /// The caller's own reference.
    pub reference: String,
    /// Drawn by the host where the manifest asks for one, else 0.
    pub seed: u64,
}

/// Microseconds of one day.
const DAY: i64 = 86_400_000_000;
/// Vietnam is seven hours ahead of UTC, without daylight saving.
const PROVINCE_OFFSET: i64 = 7 * 3_600_000_000;

impl Occasion {
    /// The date of `at` in province time, as `YYYY-MM-DD`.
    pub fn local_date(&self) -> String {
        local_date(self.at)
    }
}

/// The date of an instant in province time, as `YYYY-MM-DD`.
pub fn local_date(at: i64) -> String {
    let days = at.saturating_add(PROVINCE_OFFSET).div_euclid(DAY);
    let julian = i32::try_from(days).unwrap_or(0).saturating_add(2_440_588);
    match time::Date::from_julian_day(julian) {
        Ok(date) => format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()),
        Err(_) => "9999-12-31".to_owned(),
    }
}

/// Whole days from one instant to another, by the calendar of the province.
pub(crate) fn days_between(from: i64, to: i64) -> i64 {
    let day = |at: i64| at.saturating_add(PROVINCE_OFFSET).div_euclid(DAY);
    // Days are far from the ends of their type, whatever the instants are.
    day(to).saturating_sub(day(from))
}

/// A date of the form `YYYY-MM-DD`; none for everything else.
pub fn parse_date(text: &str) -> Option<time::Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let month = time::Month::try_from(text.get(5..7)?.parse::<u8>().ok()?).ok()?;
    time::Date::from_calendar_date(text.get(0..4)?.parse().ok()?, month, text.get(8..10)?.parse().ok()?).ok()
}

/// The date of an instant in province time.
pub fn date_of(at: i64) -> time::Date {
    parse_date(&local_date(at)).unwrap_or(time::Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_midnight_of_the_province() {
        // 2026-12-31T23:59:59+07:00 and one second later.
        assert_eq!(local_date(1_798_736_399_000_000), "2026-12-31");
        assert_eq!(local_date(1_798_736_400_000_000), "2027-01-01");
    }

    #[test]
    fn no_instant_is_too_far_for_its_day() {
        for at in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
            assert_eq!(local_date(at).len(), 10);
            for other in [i64::MIN, 0, i64::MAX] {
                assert_eq!(days_between(at, other), -days_between(other, at));
            }
        }
    }
}
