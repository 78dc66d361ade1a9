//! Dates of the calendar, in province time.

use core::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Instant, ParseError};

/// A day of the Gregorian calendar, 0001-01-01 to 9999-12-31; printed and read as `YYYY-MM-DD`.
///
/// Which day an instant falls on is a question of province time (UTC+07:00, no summer time): [`Instant::date`].
/// Arithmetic stops at the ends of the range rather than failing.
///
/// ```
/// use pilothouse_sdk::Date;
/// let leap = Date::parse("2024-02-29")?;
/// assert_eq!(leap.plus_years(1).to_string(), "2025-03-01"); // the surprising case: an age is reached the day after
/// assert_eq!(leap.plus_days(2).days_since(leap), 2);
/// # Ok::<(), pilothouse_sdk::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i32,
}

impl Date {
    /// The first date of the range, 0001-01-01.
    pub const MIN: Self = Self { days: -719_162 };
    /// The last date of the range, 9999-12-31.
    pub const MAX: Self = Self { days: 2_932_896 };

    /// A date from its parts; none where there is no such day.
    pub fn from_parts(year: u16, month: u8, day: u8) -> Option<Self> {
        let valid =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        valid.then(|| Self { days: days_from_civil(i32::from(year), i32::from(month), i32::from(day)) })
    }

    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`ParseError::Date`] for any other form and for days that do not exist.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let bytes: &[u8; 10] = text.as_bytes().try_into().map_err(|_| ParseError::Date)?;
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = bytes else { return Err(ParseError::Date) };
        let year = digits(&[*y1, *y2, *y3, *y4]).ok_or(ParseError::Date)?;
        let month = digits(&[*m1, *m2]).and_then(|m| u8::try_from(m).ok()).ok_or(ParseError::Date)?;
        let day = digits(&[*d1, *d2]).and_then(|d| u8::try_from(d).ok()).ok_or(ParseError::Date)?;
        Self::from_parts(u16::try_from(year).map_err(|_| ParseError::Date)?, month, day).ok_or(ParseError::Date)
    }

    pub(crate) fn from_epoch_days(days: i64) -> Self {
        let days = days.clamp(i64::from(Self::MIN.days), i64::from(Self::MAX.days));
        Self { days: i32::try_from(days).unwrap_or(0) }
    }

    pub(crate) fn epoch_days(self) -> i64 {
        i64::from(self.days)
    }

    /// Year, month, day.
    pub fn parts(self) -> (u16, u8, u8) {
        // Civil date from days: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        let shifted = self.days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        (u16::try_from(year).unwrap_or(1), u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
    }

    /// `days` later, or earlier where negative.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self::from_epoch_days(i64::from(self.days) + i64::from(days))
    }

    /// The same day `years` later; 29 February becomes 1 March in a common year.
    #[must_use]
    pub fn plus_years(self, years: u16) -> Self {
        let (year, month, day) = self.parts();
        let Some(year) = year.checked_add(years).filter(|y| *y <= 9999) else { return Self::MAX };
        Self::from_parts(year, month, day).or_else(|| Self::from_parts(year, 3, 1)).unwrap_or(Self::MAX)
    }

    /// Days from `earlier` to this date; negative where it is later.
    pub fn days_since(self, earlier: Self) -> i32 {
        self.days - earlier.days
    }

    /// Whole years from `birth` to this date; 0 before the birth.
    pub fn years_since(self, birth: Self) -> u16 {
        let ((year, ..), (born, ..)) = (self.parts(), birth.parts());
        let years = year.saturating_sub(born);
        if birth.plus_years(years) > self { years.saturating_sub(1) } else { years }
    }

    /// 1 for Monday to 7 for Sunday.
    pub fn weekday(self) -> u8 {
        u8::try_from((i64::from(self.days) + 3).rem_euclid(7) + 1).unwrap_or(1)
    }

    /// The last day of its month.
    #[must_use]
    pub fn end_of_month(self) -> Self {
        let (year, month, _) = self.parts();
        Self::from_parts(year, month, days_in(year, month)).unwrap_or(Self::MAX)
    }

    /// This day at a time of day, province time. Hours beyond 23 and minutes beyond 59 run into the next day and hour.
    pub fn at(self, hour: u8, minute: u8) -> Instant {
        Instant::in_province(self, i64::from(hour) * 3600 + i64::from(minute) * 60)
    }
}

/// The number that ASCII digits write; none where one is no digit.
pub(crate) fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |n, b| {
        if b.is_ascii_digit() { n.checked_mul(10)?.checked_add(u32::from(b - b'0')) } else { None }
    })
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl core::str::FromStr for Date {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Date {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date"})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn dates_agree_with_a_second_calendar(days in Date::MIN.days..=Date::MAX.days) {
            let ours = Date { days };
            let theirs = time::Date::from_julian_day(days + 2_440_588).unwrap();
            let (year, month, day) = ours.parts();
            prop_assert_eq!((i32::from(year), month, day), (theirs.year(), u8::from(theirs.month()), theirs.day()));
            prop_assert_eq!(Date::parse(&ours.to_string()), Ok(ours));
            prop_assert_eq!(ours.weekday(), theirs.weekday().number_from_monday());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,14}") {
            if let Ok(date) = Date::parse(&text) {
                prop_assert_eq!(date.to_string(), text);
            }
        }
    }

    #[test]
    fn days_that_do_not_exist_are_no_dates() {
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "0000-01-01",
            "2026-3-02",
            "02/03/2026",
            "2026-03-0２",
        ] {
            assert_eq!(Date::parse(bad), Err(ParseError::Date), "{bad}");
        }
    }

    #[test]
    fn an_age_is_reached_on_the_birthday() {
        let [birth, eve, day] = ["2020-03-02", "2026-03-01", "2026-03-02"].map(|t| Date::parse(t).unwrap());
        assert_eq!((eve.years_since(birth), day.years_since(birth), birth.years_since(day)), (5, 6, 0));
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Date::MAX.plus_days(1), Date::MAX);
        assert_eq!(Date::MIN.plus_days(i32::MIN), Date::MIN);
        assert_eq!(Date::MAX.plus_years(1), Date::MAX);
    }
}
