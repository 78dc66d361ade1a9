//! When a coach trip is lodging, by when the police want its list, and whether two readings are one: pure functions, no clock, no host.

use pilothouse_sdk::prelude::*;

/// Longest trip that is planned, in days: from Quảng Bình to either end of the country and a night more.
const LONGEST_TRIP_DAYS: i32 = 4;

/// Longest reference of a trip, in bytes: with `/` and a passenger's number it is the notice's reference, of at most 64.
pub(crate) const LONGEST_TRIP_REF: usize = 56;

/// The part of the day that makes a trip a night's lodging, from and until; over midnight where it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Night {
    pub(crate) from: TimeOfDay,
    pub(crate) until: TimeOfDay,
}

impl Night {
    /// Whether any part of a trip lies in it. Both ends of the trip count, the end of the night does not.
    pub(crate) fn touches(self, departs: Instant, ends: Instant) -> bool {
        let mut evening = departs.date().plus_days(-1);
        // The nights that begin the evening before, and on each day of the trip.
        while evening <= ends.date() {
            let morning = if self.until > self.from { evening } else { evening.plus_days(1) };
            if departs < self.until.on(morning) && ends >= self.from.on(evening) {
                return true;
            }
            evening = evening.plus_days(1);
        }
        false
    }
}

/// Whether the passengers of a trip are notified as lodgers: through the night, or over a long distance.
///
/// Source: plan 179, II.2.7 (lodging on long-distance coaches); what is long is the department's setting.
pub(crate) fn needs_notice(departs: Instant, ends: Instant, km: Option<u32>, night: Night, long_km: u32) -> bool {
    night.touches(departs, ends) || km.is_some_and(|km| km >= long_km)
}

/// By when the police want the notice of a passenger: the next morning after the later of boarding and departure; a foreigner's so many
/// hours after boarding.
///
/// Source: Law on Residence 68/2020/QH14, Article 30; Law 47/2014/QH13, Article 33.
pub(crate) fn notice_due(
    boarded: Instant,
    departs: Instant,
    morning: TimeOfDay,
    foreign_hours: Option<u32>,
) -> Instant {
    match foreign_hours {
        Some(hours) => boarded.plus_hours(hours.into()),
        None => morning.next_after(boarded.max(departs)),
    }
}

/// Whether a boarding reached the host later than the department allows.
pub(crate) fn is_late(captured: Instant, at: Instant, limit_hours: u32) -> bool {
    at.seconds_since(captured) > i64::from(limit_hours) * 3600
}

/// Whether two readings of one person are the same boarding, told by two phones or twice by one.
pub(crate) fn is_same_boarding(one: Instant, other: Instant, minutes: u32) -> bool {
    one.seconds_since(other).unsigned_abs() <= u64::from(minutes) * 60
}

/// What is wrong with the times of a planned trip: the field, and how to mend it.
pub(crate) fn times_mistake(departs: Instant, stops: &[Instant]) -> Option<(&'static str, &'static str)> {
    let ends = match stops.last() {
        Some(ends) if stops.len() >= 2 => *ends,
        _ => return Some(("/stops", "name the stop of departure and the last one at least")),
    };
    (ends.date().days_since(departs.date()) > LONGEST_TRIP_DAYS)
        .then_some(("/stops", "a trip ends within four days of its departure"))
}

/// Whether the planned times of the stops rise, none before the departure.
pub(crate) fn are_in_order(departs: Instant, stops: &[Instant]) -> bool {
    stops.first().is_some_and(|first| *first >= departs) && stops.is_sorted()
}

/// Share in whole percent; of nobody it is all.
pub(crate) fn percent(part: usize, whole: usize) -> u8 {
    if whole == 0 {
        return 100;
    }
    u8::try_from(part.saturating_mul(100) / whole).unwrap_or(100).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT: Night = Night { from: TimeOfDay::new(23, 0), until: TimeOfDay::new(5, 0) };

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("2026-03-{text}:00+07:00")).unwrap()
    }

    #[test]
    fn any_part_of_the_night_makes_a_trip_lodging() {
        for (departs, ends, is_lodging) in [
            ("02T09:00", "02T15:00", false),
            ("02T21:00", "03T07:00", true),
            ("02T17:00", "02T22:59", false),
            ("02T17:00", "02T23:00", true),
            ("02T04:59", "02T09:00", true),
            ("02T05:00", "02T09:00", false),
            ("02T00:30", "02T03:00", true),
            ("02T06:00", "04T06:00", true),
        ] {
            assert_eq!(NIGHT.touches(at(departs), at(ends)), is_lodging, "{departs} {ends}");
        }
    }

    #[test]
    fn a_night_within_one_day_is_read_as_such() {
        let nap = Night { from: TimeOfDay::new(1, 0), until: TimeOfDay::new(4, 0) };
        assert!(nap.touches(at("02T03:00"), at("02T09:00")));
        assert!(!nap.touches(at("02T04:00"), at("03T00:30")));
    }

    #[test]
    fn a_long_day_trip_is_lodging_too() {
        let needs = |km| needs_notice(at("02T06:00"), at("02T14:00"), km, NIGHT, 300);
        assert!(needs(Some(300)) && !needs(Some(299)) && !needs(None));
    }

    #[test]
    fn who_boards_at_night_is_due_the_same_morning() {
        let eight = TimeOfDay::new(8, 0);
        let due = |boarded, hours| notice_due(at(boarded), at("02T21:00"), eight, hours);
        assert_eq!(due("02T20:40", None), at("03T08:00"));
        assert_eq!(due("03T02:00", None), at("03T08:00"));
        assert_eq!(due("03T08:00", None), at("04T08:00"));
        assert_eq!(due("02T20:40", Some(12)), at("03T08:40"));
    }

    #[test]
    fn the_limit_for_late_bundles_counts_from_the_reading() {
        assert!(!is_late(at("02T02:00"), at("03T02:00"), 24));
        assert!(is_late(at("02T02:00"), at("03T04:00"), 24));
    }

    #[test]
    fn two_phones_minutes_apart_read_one_boarding() {
        assert!(is_same_boarding(at("02T20:40"), at("02T20:50"), 10));
        assert!(is_same_boarding(at("02T20:50"), at("02T20:40"), 10));
        assert!(!is_same_boarding(at("02T20:40"), at("02T20:51"), 10));
    }

    #[test]
    fn stops_rise_from_the_departure_on() {
        let stops = [at("02T21:00"), at("03T01:00"), at("03T07:00")];
        assert!(are_in_order(at("02T21:00"), &stops));
        assert!(!are_in_order(at("02T21:01"), &stops));
        assert!(!are_in_order(at("02T21:00"), &[stops[0], stops[2], stops[1]]));
        assert!(times_mistake(at("02T21:00"), &stops).is_none());
        assert!(times_mistake(at("02T21:00"), &stops[..1]).is_some());
        assert!(times_mistake(at("02T21:00"), &[stops[0], at("09T07:00")]).is_some());
    }

    #[test]
    fn a_share_of_nobody_is_all() {
        assert_eq!((percent(0, 0), percent(2, 3), percent(3, 3)), (100, 66, 100));
    }
}
