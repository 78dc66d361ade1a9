//! Points in time, read and printed in province time.

use core::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::date::digits;
use crate::{Date, ParseError};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Province time is UTC+07:00, without summer time.
const OFFSET_SECONDS: i64 = 7 * 3600;
/// Longest text that is read as an instant: 35 characters with nanoseconds and offset, and some room.
const LONGEST_TEXT: usize = 40;

/// A point in time to the microsecond, in the years 0001 to 9999.
///
/// Reads RFC 3339 with any offset, prints it at +07:00, with a fraction only where there is one. Arithmetic stops at the ends of the
/// range. There is no `now`: a call's time comes from its [`Occasion`](crate::Occasion).
///
/// ```
/// use pilothouse_sdk::Instant;
/// let at = Instant::parse("2026-03-02T00:10:00Z")?;
/// assert_eq!(at.to_string(), "2026-03-02T07:10:00+07:00");
/// assert_eq!((at.date().to_string(), at.time_of_day()), ("2026-03-02".to_owned(), (7, 10)));
/// # Ok::<(), pilothouse_sdk::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    micros: i64,
}

impl Instant {
    /// From microseconds since 1970-01-01T00:00:00Z, held inside the range.
    pub fn from_micros(micros: i64) -> Self {
        let first = (Date::MIN.epoch_days() * SECONDS_PER_DAY - OFFSET_SECONDS) * MICROS_PER_SECOND;
        let last = ((Date::MAX.epoch_days() + 1) * SECONDS_PER_DAY - OFFSET_SECONDS) * MICROS_PER_SECOND - 1;
        Self { micros: micros.clamp(first, last) }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.micros
    }

    pub(crate) fn in_province(date: Date, seconds_of_day: i64) -> Self {
        Self::from_micros((date.epoch_days() * SECONDS_PER_DAY + seconds_of_day - OFFSET_SECONDS) * MICROS_PER_SECOND)
    }

    /// Parses RFC 3339. What is finer than a microsecond is cut off.
    ///
    /// # Errors
    /// [`ParseError::Instant`] for any other form, for times that do not exist, and for a leap second.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::read(text).ok_or(ParseError::Instant)
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let date = Date::parse(text.get(..10)?).ok()?;
        let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = text.as_bytes().get(10..19)? else {
            return None;
        };
        let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut micros = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 {
                return None;
            }
            let mut six = [b'0'; 6];
            for (place, digit) in six.iter_mut().zip(fraction.get(..length)?.bytes()) {
                *place = digit;
            }
            micros = i64::from(digits(&six)?);
            rest = fraction.get(length..)?;
        }
        let offset = match rest.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let seconds = i64::from(hours * 3600 + minutes * 60);
                if *sign == b'+' { seconds } else { -seconds }
            }
            _ => return None,
        };
        let seconds = date.epoch_days() * SECONDS_PER_DAY + i64::from(hour * 3600 + minute * 60 + second) - offset;
        Some(Self::from_micros(seconds * MICROS_PER_SECOND + micros))
    }

    /// The day it falls on, province time.
    pub fn date(self) -> Date {
        Date::from_epoch_days(self.local_seconds().div_euclid(SECONDS_PER_DAY))
    }

    /// Hour and minute of the day, province time.
    pub fn time_of_day(self) -> (u8, u8) {
        let minutes = self.local_seconds().rem_euclid(SECONDS_PER_DAY) / 60;
        (u8::try_from(minutes / 60).unwrap_or(0), u8::try_from(minutes % 60).unwrap_or(0))
    }

    fn local_seconds(self) -> i64 {
        self.micros.div_euclid(MICROS_PER_SECOND) + OFFSET_SECONDS
    }

    /// `seconds` later, or earlier where negative.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.micros.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)))
    }

    /// `hours` later, or earlier where negative.
    #[must_use]
    pub fn plus_hours(self, hours: i64) -> Self {
        self.plus_seconds(hours.saturating_mul(3600))
    }

    /// Whether this lies after `now` by more than corrected clocks still differ by, which is five minutes: a device's clock is ahead.
    pub fn is_ahead_of(self, now: Self) -> bool {
        const CLOCK_TOLERANCE_SECONDS: i64 = 5 * 60;
        self.seconds_since(now) > CLOCK_TOLERANCE_SECONDS
    }

    /// Whole seconds from `earlier` to this instant, towards zero; negative where it is later.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.micros - earlier.micros) / MICROS_PER_SECOND
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.local_seconds().rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", self.date())?;
        match self.micros.rem_euclid(MICROS_PER_SECOND) {
            0 => {}
            micros => write!(f, ".{micros:06}")?,
        }
        f.write_str("+07:00")
    }
}

impl core::str::FromStr for Instant {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Instant {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    proptest! {
        #[test]
        fn instants_agree_with_a_second_clock(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let ours = Instant::from_micros(micros);
            let theirs = OffsetDateTime::parse(&ours.to_string(), &Rfc3339).unwrap();
            prop_assert_eq!(theirs.unix_timestamp_nanos(), i128::from(micros) * 1000);
            prop_assert_eq!(Instant::parse(&ours.to_string()), Ok(ours));
            prop_assert_eq!(ours.time_of_day(), (theirs.hour(), theirs.minute()));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9T:.Zz+\\-é ]{0,44}") {
            let _ = Instant::parse(&text);
        }
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        let at = Instant::parse("2026-03-02T07:10:00+07:00").unwrap();
        assert_eq!(Instant::parse("2026-03-02T00:10:00Z"), Ok(at));
        assert_eq!(Instant::parse("2026-03-01T19:10:00-05:00"), Ok(at));
        assert_eq!(Instant::parse("2026-03-02T07:10:00.000000999+07:00"), Ok(at));
        assert_eq!(
            Instant::parse("2026-03-02T07:10:00.5+07:00").unwrap().to_string(),
            "2026-03-02T07:10:00.500000+07:00"
        );
    }

    #[test]
    fn a_time_without_offset_is_no_instant() {
        for bad in [
            "2026-03-02T07:10:00",
            "2026-03-02",
            "2026-03-02T24:00:00Z",
            "2026-03-02T07:10:00.Z",
            "2026-03-02T07:10:00+7:00",
            "",
        ] {
            assert_eq!(Instant::parse(bad), Err(ParseError::Instant), "{bad}");
        }
    }

    #[test]
    fn the_day_turns_at_midnight_of_the_province() {
        let before = Instant::parse("2026-03-02T16:59:59Z").unwrap();
        assert_eq!((before.date().to_string(), before.time_of_day()), ("2026-03-02".to_owned(), (23, 59)));
        let after = before.plus_seconds(1);
        assert_eq!((after.date(), after), (before.date().plus_days(1), before.date().plus_days(1).at(0, 0)));
    }
}
