//! What may be asked and what two answers together may not uncover, as pure functions: no clock, no host.

use std::collections::BTreeSet;

use pilothouse_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// Last age that is counted by single years. Above it, ages are asked for in bands of five: the grant knows no finer ones.
pub(crate) const LAST_SINGLE_AGE: u8 = 18;

/// First age of the open band, and the age that an open end stands for.
pub(crate) const OPEN_BAND: u8 = 85;
pub(crate) const OLDEST: u8 = 150;

/// Width of an age band in years.
pub(crate) const BAND: u8 = 5;

/// The day from which the merged communes are in force (Resolution 1680/NQ-UBTVQH15 of 2025).
pub(crate) fn merger() -> Date {
    Date::from_parts(2025, 7, 1).unwrap_or(Date::MAX)
}

/// The same day a year earlier; 29 February becomes the 28th.
pub(crate) fn year_before(day: Date) -> Date {
    let (year, month, of_month) = day.parts();
    let earlier = year.saturating_sub(1);
    Date::from_parts(earlier, month, of_month).or_else(|| Date::from_parts(earlier, 2, 28)).unwrap_or(day)
}

/// Whether an age range can be answered: single years up to 18, whole five-year bands above.
pub(crate) fn is_age_range(from: u8, to: u8) -> bool {
    let starts = from <= LAST_SINGLE_AGE || (from <= OPEN_BAND && from.is_multiple_of(BAND));
    let ends = to <= LAST_SINGLE_AGE || to == OLDEST || (to < OPEN_BAND && (to + 1).is_multiple_of(BAND));
    from <= to && starts && ends
}

/// Whether band limits fit: multiples of five, rising, from 0 on.
pub(crate) fn are_bands(limits: &[u8]) -> bool {
    limits.first().is_none_or(|first| *first == 0)
        && limits.iter().all(|limit| limit.is_multiple_of(BAND) && *limit <= OPEN_BAND)
        && limits.is_sorted_by(|one, next| one < next)
}

/// The children who enter school, as the register can count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cohort {
    /// The year whose September they enter in.
    pub(crate) school_year: u16,
    /// The day on which they are counted: a year's last, so that one age is one year of birth.
    pub(crate) counted_on: Date,
    /// Their age on that day.
    pub(crate) age: u8,
}

/// Who enters school in the next September, seen from `as_of`. None where they are not born yet.
///
/// Source: Law 43/2019/QH14 (Education), Article 28: the age of six is reckoned by year of birth.
pub(crate) fn school_entry(as_of: Date, school_age: u16) -> Option<Cohort> {
    let (year, month, day) = as_of.parts();
    let school_year = if (month, day) <= (9, 1) { year } else { year + 1 };
    let counted_year = if (month, day) == (12, 31) { year } else { year.checked_sub(1)? };
    let age = counted_year.checked_sub(school_year.checked_sub(school_age)?)?;
    let counted_on = Date::from_parts(counted_year, 12, 31)?;
    Some(Cohort { school_year, counted_on, age: u8::try_from(age).ok()? })
}

/// Whom an answer counted, whatever it was counted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Communes in force since the merger; the whole area written out.
    pub(crate) units: BTreeSet<UnitCode>,
    /// First and last age.
    pub(crate) ages: (u8, u8),
    /// On which day.
    pub(crate) on: Date,
    /// Whether the communes were shown one by one.
    pub(crate) by_commune: bool,
    /// How many cells were shown; at least 1.
    pub(crate) cells: u32,
}

impl Counted {
    /// Whether the other answer counted the same ages, and exactly one commune more or fewer: their difference is that commune.
    pub(crate) fn isolates_a_commune(&self, other: &Self) -> bool {
        !self.by_commune
            && !other.by_commune
            && self.ages == other.ages
            && self.units.symmetric_difference(&other.units).take(2).count() == 1
    }

    /// Whether one of two answers counted some of the people of the other, at about the same time: their difference is a group.
    pub(crate) fn is_within_or_around(&self, other: &Self, days: i32) -> bool {
        let (mine, theirs) = (&self.units, &other.units);
        let covers = |outer: &Self, inner: &Self| {
            outer.units.is_superset(&inner.units) && outer.ages.0 <= inner.ages.0 && outer.ages.1 >= inner.ages.1
        };
        (mine != theirs || self.ages != other.ages)
            && self.on.days_since(other.on).abs() <= days
            && (covers(self, other) || covers(other, self))
    }
}

/// Whether the people in the difference of two totals are too few, spread over the cells that both answers show.
///
/// No difference at all uncovers nobody: nobody is in it.
pub(crate) fn is_small_difference(one: u64, other: u64, floor: u32, cells: u32) -> bool {
    let difference = one.abs_diff(other);
    difference > 0 && difference < u64::from(floor) * u64::from(cells.max(1))
}

/// A count rounded to a multiple; halves go up.
pub(crate) fn rounded(count: u64, to: u32) -> u64 {
    let to = u64::from(to.max(1));
    count.saturating_add(to / 2) / to * to
}

/// How far `count` is off the official figure, in tenths of a percent of the official one. None where that is 0.
pub(crate) fn off_by(count: u64, official: u64) -> Option<u64> {
    let off = u128::from(count.abs_diff(official)) * 1000;
    let official = u128::from(official);
    u64::try_from((off + official / 2).checked_div(official)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn units(codes: &[&str]) -> BTreeSet<UnitCode> {
        codes.iter().map(|code| UnitCode::parse(code).unwrap()).collect()
    }

    fn counted(codes: &[&str], ages: (u8, u8)) -> Counted {
        Counted { units: units(codes), ages, on: date("2026-03-02"), by_commune: false, cells: 1 }
    }

    #[test]
    fn ages_are_single_years_to_eighteen_and_bands_above() {
        for (from, to) in [(6, 6), (0, 18), (0, OLDEST), (15, 64), (18, 24), (60, OLDEST), (85, OLDEST)] {
            assert!(is_age_range(from, to), "{from}-{to}");
        }
        for (from, to) in [(7, 6), (19, 24), (20, 23), (86, OLDEST), (80, 89), (30, 30)] {
            assert!(!is_age_range(from, to), "{from}-{to}");
        }
    }

    #[test]
    fn bands_begin_at_zero_and_rise_by_fives() {
        assert!(are_bands(&[]) && are_bands(&[0, 15, 65]));
        for bad in [&[15, 65][..], &[0, 14], &[0, 65, 15], &[0, 0], &[0, 90]] {
            assert!(!are_bands(bad), "{bad:?}");
        }
    }

    #[test]
    fn who_enters_school_is_one_year_of_birth() {
        let cohort = |day: &str| school_entry(date(day), 6).unwrap();
        let of_2020 = |counted_on: &str, age| Cohort { school_year: 2026, counted_on: date(counted_on), age };
        assert_eq!(cohort("2026-03-02"), of_2020("2025-12-31", 5));
        assert_eq!(cohort("2026-09-01"), of_2020("2025-12-31", 5));
        assert_eq!(cohort("2025-12-31"), of_2020("2025-12-31", 5));
        assert_eq!(cohort("2025-09-02"), of_2020("2024-12-31", 4));
    }

    #[test]
    fn a_cohort_is_never_counted_in_the_future() {
        for day in 0..800 {
            let as_of = date("2025-01-01").plus_days(day);
            assert!(school_entry(as_of, 6).unwrap().counted_on <= as_of, "{as_of}");
        }
    }

    #[test]
    fn one_commune_fewer_isolates_it_and_two_do_not() {
        let three = counted(&["18859", "18871", "18880"], (0, OLDEST));
        assert!(three.isolates_a_commune(&counted(&["18859", "18880"], (0, OLDEST))));
        assert!(counted(&["18859", "18880"], (0, OLDEST)).isolates_a_commune(&three));
        assert!(!three.isolates_a_commune(&three));
        assert!(!three.isolates_a_commune(&counted(&["18859"], (0, OLDEST))));
        assert!(!three.isolates_a_commune(&counted(&["18859", "18880"], (0, 4))));
        let apart = Counted { by_commune: true, ..counted(&["18859", "18880"], (0, OLDEST)) };
        assert!(!three.isolates_a_commune(&apart));
    }

    #[test]
    fn one_year_of_age_more_is_a_group_of_its_own() {
        let to_five = counted(&["18859"], (0, 5));
        assert!(to_five.is_within_or_around(&counted(&["18859"], (0, 4)), 31));
        assert!(to_five.is_within_or_around(&counted(&["18859", "18871"], (0, 5)), 31));
        assert!(!to_five.is_within_or_around(&to_five, 31), "the same question again");
        assert!(!to_five.is_within_or_around(&counted(&["18871"], (0, 4)), 31), "other people");
        let long_ago = Counted { on: date("2025-12-02"), ..counted(&["18859"], (0, 4)) };
        assert!(!to_five.is_within_or_around(&long_ago, 31));
    }

    #[test]
    fn a_difference_is_small_below_the_floor_of_all_its_cells() {
        assert!(is_small_difference(100, 91, 10, 1) && !is_small_difference(100, 90, 10, 1));
        assert!(is_small_difference(100, 81, 10, 2));
        assert!(!is_small_difference(100, 100, 10, 2));
    }

    #[test]
    fn rounding_and_deviation_are_to_the_nearest() {
        assert_eq!([12, 13, 0, 3965].map(|count| rounded(count, 5)), [10, 15, 0, 3965]);
        assert_eq!(rounded(12, 1), 12);
        assert_eq!(off_by(3965, 4134), Some(41));
        assert_eq!(off_by(5, 0), None);
    }

    #[test]
    fn a_year_before_a_leap_day_is_the_last_of_february() {
        assert_eq!(year_before(date("2024-02-29")), date("2023-02-28"));
        assert_eq!(year_before(date("2026-03-02")), date("2025-03-02"));
    }
}
