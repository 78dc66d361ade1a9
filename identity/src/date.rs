//! Dates of birth that may lack a day or a month, and what can be said about ages.

use std::fmt;

use time::{Date, Month};

use crate::PersonalNumber;

/// Years that a date of a living or registered person can have: papers start in the 19th century, the table of
/// century digits ends in 2399.
const YEARS: std::ops::RangeInclusive<u16> = 1850..=2399;

/// Why a text is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// None of the accepted forms.
    #[error("write the date as dd/MM/yyyy, or only the year where no more is known")]
    Form,
    /// A form that we read, but no day of the calendar (31 February, month 14).
    #[error("there is no such day in the calendar: day first, then month; read it from the paper again")]
    Calendar,
}

/// A date of which the day, or the day and the month, may be unknown. Four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartialDate {
    year: u16,
    /// 0: unknown.
    month: u8,
    /// 0: unknown.
    day: u8,
}

/// How two dates agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Both are full and name the same day.
    Equal,
    /// They do not contradict each other, but one of them does not say enough to be sure.
    Near,
    /// They name different days.
    Different,
}

/// Answer of a rule about age where the date may be partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// True for every day that the date can mean.
    Yes,
    /// True for none of them.
    No,
    /// It depends on what the date leaves open: ask for a paper.
    Ask,
}

/// The ages in whole years that a person can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeInterval {
    /// Least possible age; 0 before birth.
    pub least: u16,
    /// Greatest possible age.
    pub most: u16,
}

impl PartialDate {
    /// A full date.
    ///
    /// # Errors
    /// [`DateError::Calendar`] if there is no such day.
    pub fn full(year: u16, month: u8, day: u8) -> Result<Self, DateError> {
        Self { year, month, day }.checked()
    }

    /// Only the year is known.
    ///
    /// # Errors
    /// [`DateError::Calendar`] outside 1850 to 2399.
    pub fn of_year(year: u16) -> Result<Self, DateError> {
        Self { year, month: 0, day: 0 }.checked()
    }

    /// Year and month are known.
    ///
    /// # Errors
    /// [`DateError::Calendar`] if there is no such month.
    pub fn of_month(year: u16, month: u8) -> Result<Self, DateError> {
        if month == 0 { Err(DateError::Calendar) } else { Self { year, month, day: 0 }.checked() }
    }

    /// Reads what people and files write: `dd/MM/yyyy` (also `00/00/1950`, `__/__/1950`), `ddMMyyyy`, `yyyy`,
    /// `yyyy-MM-dd`, `yyyy-MM`. Never `MM/dd`.
    ///
    /// # Errors
    /// [`DateError`].
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let bytes = text.as_bytes();
        let (year, month, day) = match bytes {
            _ if bytes.len() == 4 => (bytes, &b"00"[..], &b"00"[..]),
            [y @ .., b'-', m0, m1] if y.len() == 4 => (y, &[*m0, *m1][..], &b"00"[..]),
            _ if bytes.len() == 8 => (&bytes[4..], &bytes[2..4], &bytes[..2]),
            _ if bytes.len() == 10 && bytes[2] == b'/' && bytes[5] == b'/' => (&bytes[6..], &bytes[3..5], &bytes[..2]),
            _ if bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-' => (&bytes[..4], &bytes[5..7], &bytes[8..]),
            _ => return Err(DateError::Form),
        };
        let part = |digits: &[u8]| if digits == b"__" { Some(0) } else { number(digits) };
        let date = Self {
            year: number(year).ok_or(DateError::Form)?,
            month: part(month).ok_or(DateError::Form)? as u8,
            day: part(day).ok_or(DateError::Form)? as u8,
        };
        date.checked()
    }

    /// Reads the date of birth of a machine-readable zone, `yyMMdd` with `<<` for what is unknown.
    ///
    /// Two digits do not name a century: `number` settles it where it is known, otherwise a year later than today's
    /// belongs to the last century. Dates of expiry follow another rule and must not be read with this one.
    ///
    /// # Errors
    /// [`DateError`].
    pub fn parse_mrz_birth(text: &str, number: Option<&PersonalNumber>, today: Date) -> Result<Self, DateError> {
        let bytes: &[u8; 6] = text.as_bytes().try_into().map_err(|_| DateError::Form)?;
        let short = self::number(&bytes[..2]).ok_or(DateError::Form)?;
        let this_year = today.year().max(0) as u16;
        let this_century = this_year - this_year % 100;
        let year = match number {
            Some(known) if known.birth_year() % 100 == short => known.birth_year(),
            _ if this_century + short > this_year => this_century + short - 100,
            _ => this_century + short,
        };
        let part = |digits: &[u8]| if digits == b"<<" { Some(0) } else { self::number(digits) };
        let month = part(&bytes[2..4]).ok_or(DateError::Form)? as u8;
        let day = part(&bytes[4..]).ok_or(DateError::Form)? as u8;
        Self { year, month, day }.checked()
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12, if known.
    #[must_use]
    pub fn month(self) -> Option<u8> {
        (self.month != 0).then_some(self.month)
    }

    /// The day of the month, if known.
    #[must_use]
    pub fn day(self) -> Option<u8> {
        (self.day != 0).then_some(self.day)
    }

    /// The day, if all parts are known.
    #[must_use]
    pub fn to_date(self) -> Option<Date> {
        let month = Month::try_from(self.month).ok()?;
        Date::from_calendar_date(i32::from(self.year), month, self.day).ok()
    }

    /// 1 January is what offices write when only the year is known.
    #[must_use]
    pub const fn may_be_placeholder(self) -> bool {
        self.month == 1 && self.day == 1
    }

    /// Whether two dates can mean the same day.
    ///
    /// Two full dates of the same day are [`Agreement::Equal`] even on 1 January: both papers say the same, and people are
    /// born on that day too. Against another day of its year, or a partial date, a placeholder is never better than
    /// [`Agreement::Near`].
    #[must_use]
    pub fn compatible(self, other: Self) -> Agreement {
        if self.year != other.year {
            return Agreement::Different;
        }
        if self.day != 0 && self == other {
            return Agreement::Equal;
        }
        if self.may_be_placeholder() || other.may_be_placeholder() {
            return Agreement::Near;
        }
        let contradicts = |mine: u8, theirs: u8| mine != 0 && theirs != 0 && mine != theirs;
        if contradicts(self.month, other.month) || contradicts(self.day, other.day) {
            Agreement::Different
        } else {
            Agreement::Near
        }
    }

    /// Every age in whole years that the person can have on a day.
    ///
    /// Someone born on 29 February is a year older on 1 March of a common year. A placeholder is taken as written.
    #[must_use]
    pub fn ages_on(self, on: Date) -> AgeInterval {
        let (first_month, last_month) = if self.month == 0 { (1, 12) } else { (self.month, self.month) };
        let first_day = if self.day == 0 { 1 } else { self.day };
        let last_day = if self.day == 0 { last_day_of(self.year, last_month) } else { self.day };
        let age = |month: u8, day: u8| {
            let reached = (u8::from(on.month()), on.day()) >= (month, day);
            let age = on.year() - i32::from(self.year) - i32::from(!reached);
            u16::try_from(age).unwrap_or(0)
        };
        AgeInterval { least: age(last_month, last_day), most: age(first_month, first_day) }
    }

    fn checked(self) -> Result<Self, DateError> {
        let whole = match (self.month, self.day) {
            (0, 0) => true,
            (0, _) => false,
            (1..=12, day) => day <= last_day_of(self.year, self.month),
            _ => false,
        };
        if whole && YEARS.contains(&self.year) { Ok(self) } else { Err(DateError::Calendar) }
    }
}

impl From<Date> for PartialDate {
    /// Years before 0 become 0; such dates do not occur, and they fail every later check.
    fn from(date: Date) -> Self {
        Self { year: date.year().max(0) as u16, month: u8::from(date.month()), day: date.day() }
    }
}

impl fmt::Display for PartialDate {
    /// `yyyy-MM-dd`, `yyyy-MM` or `yyyy`: the form of interfaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month != 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day != 0 {
            write!(f, "-{:02}", self.day)?;
        }
        Ok(())
    }
}

impl AgeInterval {
    /// Younger than `years`.
    #[must_use]
    pub const fn under(self, years: u16) -> Answer {
        if self.most < years {
            Answer::Yes
        } else if self.least >= years {
            Answer::No
        } else {
            Answer::Ask
        }
    }

    /// `years` old or older.
    #[must_use]
    pub const fn at_least(self, years: u16) -> Answer {
        match self.under(years) {
            Answer::Yes => Answer::No,
            Answer::No => Answer::Yes,
            Answer::Ask => Answer::Ask,
        }
    }

    /// From `first` to `last` years old, both included.
    #[must_use]
    pub const fn between(self, first: u16, last: u16) -> Answer {
        if self.least >= first && self.most <= last {
            Answer::Yes
        } else if self.most < first || self.least > last {
            Answer::No
        } else {
            Answer::Ask
        }
    }
}

/// A date of birth: a [`PartialDate`] that is known to be somebody's, hence without `Debug`, `Display`, `Serialize`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BirthDate(PartialDate);

impl BirthDate {
    /// Marks a date as somebody's.
    #[must_use]
    pub const fn new(date: PartialDate) -> Self {
        Self(date)
    }

    /// The date. Whoever calls this takes the value out of the protection of its type.
    #[must_use]
    pub const fn reveal(self) -> PartialDate {
        self.0
    }

    /// Every age that the person can have on a day; see [`PartialDate::ages_on`].
    #[must_use]
    pub fn ages_on(self, on: Date) -> AgeInterval {
        self.0.ages_on(on)
    }

    /// Whether two dates of birth can mean the same day; see [`PartialDate::compatible`].
    #[must_use]
    pub fn compatible(self, other: Self) -> Agreement {
        self.0.compatible(other.0)
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |value, digit| {
        digit.is_ascii_digit().then(|| value.saturating_mul(10).saturating_add(u16::from(digit - b'0')))
    })
}

fn last_day_of(year: u16, month: u8) -> u8 {
    Month::try_from(month).map_or(0, |month| month.length(i32::from(year)))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::{AgeInterval, Agreement, Answer, DateError, PartialDate};
    use crate::PersonalNumber;

    fn read(text: &str) -> PartialDate {
        PartialDate::parse(text).unwrap()
    }

    #[test]
    fn the_forms_of_people_files_and_interfaces_are_read() {
        for (text, shown) in [
            ("14/02/1999", "1999-02-14"),
            ("14021999", "1999-02-14"),
            ("1999-02-14", "1999-02-14"),
            ("1999-02", "1999-02"),
            ("1950", "1950"),
            ("00/00/1950", "1950"),
            ("__/__/1950", "1950"),
            ("00/05/1950", "1950-05"),
            ("00001950", "1950"),
            ("29/02/2000", "2000-02-29"),
        ] {
            assert_eq!(read(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["02/14/1999", "31/02/1999", "29/02/1999", "05/00/1950", "01/01/0950", "32011999", "1999-13-01"] {
            assert_eq!(PartialDate::parse(text), Err(DateError::Calendar), "{text}");
        }
        for text in ["", "1/2/1999", "14-02-1999", "14/02/99", "14.02.1999", "năm 1950", "+1/+2/1999", "1４/02/1999"]
        {
            assert_eq!(PartialDate::parse(text), Err(DateError::Form), "{text}");
        }
    }

    #[test]
    fn a_two_digit_year_later_than_today_belongs_to_the_last_century() {
        let today = date!(2026 - 12 - 01);
        let read = |text, number| PartialDate::parse_mrz_birth(text, number, today).unwrap().to_string();
        assert_eq!(read("990214", None), "1999-02-14");
        assert_eq!(read("050707", None), "2005-07-07");
        assert_eq!(read("50<<<<", None), "1950");
        assert_eq!(read("22<<<<", None), "2022");
        // 104 years old: only the century digit of the number can tell.
        assert_eq!(read("22<<<<", PersonalNumber::parse("044122990001").ok().as_ref()), "1922");
    }

    #[test]
    fn dates_are_compatible_in_the_parts_that_both_have() {
        for (a, b, verdict) in [
            ("1950-03-07", "1950-03-07", Agreement::Equal),
            ("1950-03-07", "1950-03", Agreement::Near),
            ("1950-03-07", "1950", Agreement::Near),
            ("1950", "1950", Agreement::Near),
            ("1950-03-07", "1950-01-01", Agreement::Near),
            ("1950-01-01", "1950-01-01", Agreement::Equal),
            ("1950-03-07", "1950-03-08", Agreement::Different),
            ("1950-03-07", "1950-04", Agreement::Different),
            ("1950-03-07", "1951-01-01", Agreement::Different),
            ("1950", "1951", Agreement::Different),
        ] {
            assert_eq!(read(a).compatible(read(b)), verdict, "{a} {b}");
            assert_eq!(read(b).compatible(read(a)), verdict, "{b} {a}");
        }
    }

    #[test]
    fn ages_of_a_partial_date_are_an_interval() {
        let on = date!(2026 - 06 - 15);
        let ages = |text| read(text).ages_on(on);
        assert_eq!(ages("2020-06-15"), AgeInterval { least: 6, most: 6 });
        assert_eq!(ages("2020-06-16"), AgeInterval { least: 5, most: 5 });
        assert_eq!(ages("2020-06"), AgeInterval { least: 5, most: 6 });
        assert_eq!(ages("2020-05"), AgeInterval { least: 6, most: 6 });
        assert_eq!(ages("2020"), AgeInterval { least: 5, most: 6 });
        assert_eq!(ages("2030"), AgeInterval { least: 0, most: 0 });
        assert_eq!(read("2020").ages_on(date!(2026 - 12 - 31)), AgeInterval { least: 6, most: 6 });
        assert_eq!(read("2020-02-29").ages_on(date!(2026 - 02 - 28)).least, 5);
        assert_eq!(read("2020-02").ages_on(date!(2024 - 02 - 29)), AgeInterval { least: 4, most: 4 });
    }

    #[test]
    fn rules_about_ages_say_ask_only_where_the_date_leaves_it_open() {
        let on = date!(2026 - 06 - 15);
        assert_eq!(read("2020-06-16").ages_on(on).under(6), Answer::Yes);
        assert_eq!(read("2020-06-15").ages_on(on).under(6), Answer::No);
        assert_eq!(read("2020").ages_on(on).under(6), Answer::Ask);
        assert_eq!(read("1946").ages_on(on).at_least(80), Answer::Ask);
        assert_eq!(read("1945").ages_on(on).at_least(80), Answer::Yes);
        assert_eq!(read("1946").ages_on(on).between(79, 80), Answer::Yes);
        assert_eq!(read("1946").ages_on(on).between(80, 90), Answer::Ask);
        assert_eq!(read("1946").ages_on(on).between(81, 90), Answer::No);
    }
}
