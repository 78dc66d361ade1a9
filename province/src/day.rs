//! A day in two bytes, as people are stored by the million.

use time::{Date, macros::date};

/// Day 0, which no register of ours reaches; it stands for "none" in stored people.
const ZERO: i32 = date!(1899 - 12 - 31).to_julian_day();

/// Days since the end of 1899; 0 means that there is no such day. Reaches until 2079.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Day(pub(crate) u16);

impl Day {
    pub(crate) const NONE: Self = Self(0);

    /// Days before 1900 and after 2079 are moved to the nearest day that can be stored.
    pub(crate) fn of(date: Date) -> Self {
        Self((date.to_julian_day() - ZERO).clamp(1, i32::from(u16::MAX)) as u16)
    }

    pub(crate) fn date(self) -> Option<Date> {
        (self != Self::NONE).then(|| Date::from_julian_day(ZERO + i32::from(self.0)).ok()).flatten()
    }
}

/// The same day `years` later; 29 February becomes 1 March in a common year.
pub(crate) fn years_after(date: Date, years: i32) -> Date {
    let year = date.year() + years;
    date.replace_year(year).or_else(|_| Date::from_calendar_date(year, time::Month::March, 1)).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::{Day, years_after};

    #[test]
    fn a_stored_day_is_the_same_day() {
        for day in [date!(1900 - 01 - 01), date!(1999 - 12 - 31), date!(2026 - 07 - 01), date!(2079 - 01 - 01)] {
            assert_eq!(Day::of(day).date(), Some(day));
        }
        assert_eq!(Day::NONE.date(), None);
        assert_eq!(years_after(date!(2004 - 02 - 29), 14), date!(2018 - 03 - 01));
    }
}
