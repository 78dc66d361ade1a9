//! Working days of the administration.
//!
//! Four national holidays have fixed dates; Tết, Hùng Kings' Day, the second day of National Day and moved working days
//! are announced each year and therefore come from a file. A holiday on a weekend is made up for on the next working day.
//!
//! Source: Labour Code 45/2019/QH14 Articles 111 and 112.

use std::collections::{BTreeMap, BTreeSet};

use time::{Date, Month, Weekday};

use crate::units::iso_date;

/// Most rows of a file of announced days: some twenty a year, for fifty years.
pub const MAX_ANNOUNCED_DAYS: usize = 1_000;

/// Longest term in working days. Terms of procedures are below 100; ten years bound a typing error.
pub const MAX_WORKING_DAYS: u32 = 2_600;

/// New Year, Reunification Day, Labour Day, National Day.
const FIXED: [(Month, u8); 4] = [(Month::January, 1), (Month::April, 30), (Month::May, 1), (Month::September, 2)];

/// Why a file of announced days was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A row that cannot be read.
    #[error("line {line} is not `date,kind,name,source` with kind `holiday` or `working-day`: correct that line")]
    Row {
        /// Line in the file, from 1.
        line: usize,
    },
    /// Two rows for one day.
    #[error("line {line} names a day that an earlier line names: keep one of them")]
    Twice {
        /// Line in the file, from 1.
        line: usize,
    },
    /// More than [`MAX_ANNOUNCED_DAYS`].
    #[error("more than {MAX_ANNOUNCED_DAYS} days: remove years that no deadline reaches any more")]
    TooMany,
}

/// Which days are worked.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// Announced days: `true` is a holiday, `false` a working day.
    announced: BTreeMap<Date, bool>,
    years: BTreeSet<i32>,
}

impl Calendar {
    /// Weekends and fixed holidays only; every year's announced days are missing.
    #[must_use]
    pub fn fixed() -> Self {
        Self::default()
    }

    /// The empty file of announced days, with its explanation: the form to fill in.
    #[must_use]
    pub const fn announced_days_form() -> &'static str {
        include_str!("../data/announced-days.csv")
    }

    /// Adds the days of a file: `date,kind,name_vi,source`, `#` comments, a header line.
    ///
    /// # Errors
    /// [`CalendarError`], with the line at fault.
    pub fn with_announced(file: &str) -> Result<Self, CalendarError> {
        let mut calendar = Self::default();
        for (line, row) in (1..).zip(file.lines()) {
            if row.trim().is_empty() || row.starts_with('#') || row.starts_with("date,") {
                continue;
            }
            let mut cells = row.split(',');
            let day = cells.next().and_then(iso_date).ok_or(CalendarError::Row { line })?;
            let is_holiday = match cells.next() {
                Some("holiday") => true,
                Some("working-day") => false,
                _ => return Err(CalendarError::Row { line }),
            };
            if calendar.announced.insert(day, is_holiday).is_some() {
                return Err(CalendarError::Twice { line });
            }
            if calendar.announced.len() > MAX_ANNOUNCED_DAYS {
                return Err(CalendarError::TooMany);
            }
            calendar.years.insert(day.year());
        }
        Ok(calendar)
    }

    /// Whether the yearly announced days of that year are known. Without them, answers are provisional.
    #[must_use]
    pub fn is_announced(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Whether offices work on that day.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        match self.announced.get(&day) {
            Some(is_holiday) => !is_holiday,
            None => !is_weekend(day) && !is_fixed_holiday(day) && !self.makes_up_for_a_holiday(day),
        }
    }

    /// The day `count` working days after `from`. The first day counted is the one after `from`; a count of 0 gives
    /// `from` itself, or the next working day. `None` above [`MAX_WORKING_DAYS`] and at the end of the calendar.
    #[must_use]
    pub fn working_day_add(&self, from: Date, count: u32) -> Option<Date> {
        if count > MAX_WORKING_DAYS {
            return None;
        }
        if count == 0 && self.is_working_day(from) {
            return Some(from);
        }
        let mut left = count.max(1);
        let mut day = from;
        while left > 0 {
            day = day.next_day()?;
            left -= u32::from(self.is_working_day(day));
        }
        Some(day)
    }

    /// Whether the day is off because a fixed holiday shortly before fell on a weekend. Two holidays in one weekend (30
    /// April, 1 May) make up for two days.
    fn makes_up_for_a_holiday(&self, day: Date) -> bool {
        let mut owed = 0_i8;
        // A weekend and two holidays are over within a week.
        let mut earlier = (1..=7).rev().filter_map(|days| day.checked_sub(time::Duration::days(days)));
        let settle = |owed: &mut i8, day: Date| {
            if is_fixed_holiday(day) {
                *owed += i8::from(is_weekend(day));
                false
            } else {
                let pays = *owed > 0 && !is_weekend(day) && !self.announced.contains_key(&day);
                *owed -= i8::from(pays);
                pays
            }
        };
        earlier.by_ref().for_each(|day| {
            settle(&mut owed, day);
        });
        settle(&mut owed, day)
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn is_fixed_holiday(day: Date) -> bool {
    FIXED.contains(&(day.month(), day.day()))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::{Calendar, CalendarError, MAX_WORKING_DAYS};

    #[test]
    fn weekends_and_fixed_holidays_are_not_worked() {
        let calendar = Calendar::fixed();
        assert!(calendar.is_working_day(date!(2026 - 12 - 01)));
        assert!(!calendar.is_working_day(date!(2026 - 12 - 05)));
        for day in [date!(2026 - 01 - 01), date!(2026 - 04 - 30), date!(2026 - 05 - 01), date!(2026 - 09 - 02)] {
            assert!(!calendar.is_working_day(day), "{day}");
        }
        assert!(calendar.is_working_day(date!(2026 - 09 - 03)), "the second day is announced, not fixed");
    }

    #[test]
    fn a_holiday_on_a_weekend_is_made_up_for() {
        let calendar = Calendar::fixed();
        // 1 January 2028 is a Saturday.
        assert!(!calendar.is_working_day(date!(2028 - 01 - 03)));
        assert!(calendar.is_working_day(date!(2028 - 01 - 04)));
        // 30 April 2033 is a Saturday and 1 May a Sunday.
        assert!(!calendar.is_working_day(date!(2033 - 05 - 02)));
        assert!(!calendar.is_working_day(date!(2033 - 05 - 03)));
        assert!(calendar.is_working_day(date!(2033 - 05 - 04)));
    }

    #[test]
    fn terms_skip_what_is_not_worked() {
        let calendar = Calendar::fixed();
        let friday = date!(2026 - 11 - 27);
        assert_eq!(calendar.working_day_add(friday, 0), Some(friday));
        assert_eq!(calendar.working_day_add(friday, 1), Some(date!(2026 - 11 - 30)));
        assert_eq!(calendar.working_day_add(friday, 10), Some(date!(2026 - 12 - 11)));
        assert_eq!(calendar.working_day_add(date!(2026 - 11 - 28), 0), Some(date!(2026 - 11 - 30)));
        assert_eq!(calendar.working_day_add(date!(2026 - 12 - 31), 1), Some(date!(2027 - 01 - 04)));
        assert_eq!(calendar.working_day_add(friday, MAX_WORKING_DAYS + 1), None);
        assert_eq!(calendar.working_day_add(time::Date::MAX, 1), None);
    }

    #[test]
    fn announced_days_win_over_the_rule() {
        let file =
            "# test\ndate,kind,name_vi,source\n2027-09-03,holiday,Quốc khánh,thử\n2027-09-11,working-day,Làm bù,thử\n";
        let calendar = Calendar::with_announced(file).unwrap();
        assert!(!calendar.is_working_day(date!(2027 - 09 - 03)));
        assert!(calendar.is_working_day(date!(2027 - 09 - 11)), "a Saturday that is worked");
        assert!(calendar.is_announced(2027) && !calendar.is_announced(2028));
    }

    #[test]
    fn the_shipped_form_is_empty_and_says_so() {
        let calendar = Calendar::with_announced(Calendar::announced_days_form()).unwrap();
        assert!(!(2024..2040).any(|year| calendar.is_announced(year)));
        assert!(Calendar::announced_days_form().contains("EMPTY"));
    }

    #[test]
    fn a_faulty_row_is_named_by_its_line() {
        for (file, error) in [
            ("2027-02-30,holiday,x,y", CalendarError::Row { line: 1 }),
            ("#\n2027-02-01,feast,x,y", CalendarError::Row { line: 2 }),
            ("2027-02-01,holiday,x,y\n2027-02-01,holiday,x,y", CalendarError::Twice { line: 2 }),
        ] {
            assert_eq!(Calendar::with_announced(file).err(), Some(error));
        }
        let many: String = (1..=12)
            .flat_map(|month| (1..=28).map(move |day| (month, day)))
            .flat_map(|(month, day)| {
                (0..4).map(move |year| format!("20{:02}-{month:02}-{day:02},holiday,,\n", 27 + year))
            })
            .collect();
        assert_eq!(Calendar::with_announced(&many).err(), Some(CalendarError::TooMany));
    }
}
