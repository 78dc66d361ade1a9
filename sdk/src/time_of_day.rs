//! Times of day, for clocks that a law or a department sets.

use crate::{Date, Instant};

/// A time of day in whole minutes, province time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// A time that stands in the source; hours beyond 23 and minutes beyond 59 read as the last.
    pub const fn new(hour: u8, minute: u8) -> Self {
        Self { hour: if hour > 23 { 23 } else { hour }, minute: if minute > 59 { 59 } else { minute } }
    }

    /// From `HH:MM`. None: another form.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let digits = |part: &str| {
            let two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            two.then(|| part.parse::<u8>().ok()).flatten()
        };
        let (hour, minute) = (digits(hour)?, digits(minute)?);
        (hour < 24 && minute < 60).then_some(Self { hour, minute })
    }

    /// The time of day of an instant.
    pub fn of(at: Instant) -> Self {
        let (hour, minute) = at.time_of_day();
        Self { hour, minute }
    }

    /// Whether an instant lies in this minute.
    pub fn is_at(self, at: Instant) -> bool {
        Self::of(at) == self
    }

    /// This time on a day.
    pub fn on(self, day: Date) -> Instant {
        day.at(self.hour, self.minute)
    }

    /// The first such time after an instant, that instant excluded.
    pub fn next_after(self, at: Instant) -> Instant {
        let today = self.on(at.date());
        if today > at { today } else { self.on(at.date().plus_days(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn a_time_of_day_has_two_digits_twice() {
        assert!(TimeOfDay::parse("21:30").is_some_and(|time| time.is_at(at("2026-03-02T21:30:59+07:00"))));
        for bad in ["24:00", "23:60", "9:00", "0900", "+9:00", "23:0", ""] {
            assert_eq!(TimeOfDay::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_next_eight_oclock_is_tomorrow_from_eight_on() {
        let eight = TimeOfDay::new(8, 0);
        assert_eq!(eight.next_after(at("2026-03-02T07:59:59+07:00")), at("2026-03-02T08:00:00+07:00"));
        assert_eq!(eight.next_after(at("2026-03-02T08:00:00+07:00")), at("2026-03-03T08:00:00+07:00"));
        assert_eq!(eight.next_after(at("2026-12-31T21:00:00+07:00")), at("2027-01-01T08:00:00+07:00"));
    }
}
