//! What the pilot remembers: visits, the taps of a person's day, questions that are still open. No identity in any of it.

use pilothouse_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::rules::{self, VisitKind};

pub(crate) const VISITS: Table<Visit> = Table::named("visits");
pub(crate) const TAPS: Table<Taps> = Table::named("taps");
pub(crate) const LATER: Table<Later> = Table::named("later");
pub(crate) const FACILITIES: Table<Facility> = Table::named("facilities");

/// Taps of one person at one facility on one day that are remembered: nobody is checked in more often in good faith.
const MOST_TAPS: usize = 16;

/// Key of a visit and of its open question.
pub(crate) fn key(facility: &FacilityId, visit: &str) -> String {
    format!("{facility}/{visit}")
}

/// Beginning of the index `day` of a facility's visits of one day; what follows is the time, so that they come in captured order.
pub(crate) fn day_prefix(facility: &FacilityId, day: Date) -> String {
    format!("{facility}/{day}/")
}

/// A visit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) facility: FacilityId,
    pub(crate) visit: String,
    /// None where not even a pseudonym could be had, in an emergency.
    pub(crate) person: Option<Pseudonym>,
    pub(crate) captured: Instant,
    pub(crate) kind: VisitKind,
    pub(crate) method: Method,
    pub(crate) answer: Answer,
    /// What an open question ended with.
    pub(crate) closed: Option<Closed>,
}

impl Record for Visit {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("day", format!("{}{}", day_prefix(&self.facility, self.captured.date()), self.captured))]
    }
}

/// What an open question ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Closed {
    Confirmed,
    NotCovered,
}

/// When a person was read at a facility on one day, and which visit each reading became.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Taps {
    taps: Vec<(Instant, String)>,
}

impl Record for Taps {}

impl Taps {
    /// The visit that a reading at this time belongs to already.
    pub(crate) fn visit_at(&self, captured: Instant, window_seconds: u32) -> Option<&str> {
        let tap = self.taps.iter().find(|(at, _)| rules::is_double_tap(*at, captured, window_seconds));
        tap.map(|(_, visit)| visit.as_str())
    }

    /// Remembers a reading, and forgets the oldest beyond the bound.
    pub(crate) fn add(&mut self, captured: Instant, visit: &str) {
        self.taps.push((captured, visit.to_owned()));
        if self.taps.len() > MOST_TAPS {
            self.taps.remove(0);
        }
    }
}

/// Key of a person's taps at a facility on a day.
pub(crate) fn taps_key(person: &Pseudonym, facility: &FacilityId, day: Date) -> String {
    format!("{person}/{facility}/{day}")
}

/// A visit whose insurance is still to be verified.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Later {
    pub(crate) facility: FacilityId,
    pub(crate) visit: String,
    /// None where not even a pseudonym could be had, in an emergency.
    pub(crate) person: Option<Pseudonym>,
    /// For asking the register again. None for someone without a number.
    pub(crate) sealed: Option<SealedPerson>,
    pub(crate) opened: Date,
    /// Whether it stands on the clerk's list of what has waited too long.
    pub(crate) overdue: bool,
}

impl Record for Later {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let mut indexes = vec![("facility", format!("{}/{}", self.facility, self.opened))];
        // What stands on the clerk's list already holds no night's look up.
        if !self.overdue {
            indexes.push(("opened", self.opened.to_string()));
        }
        indexes
    }
}

/// A facility that has read a chip or a VNeID code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facility {
    pub(crate) since: Date,
}

impl Record for Facility {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_tap_finds_the_visit_of_the_first() {
        let at = Instant::parse("2026-03-02T07:00:00+07:00").unwrap();
        let mut taps = Taps::default();
        taps.add(at, "V-1");
        taps.add(at.plus_hours(1), "V-2");
        assert_eq!(taps.visit_at(at.plus_seconds(12), 30), Some("V-1"));
        assert_eq!(taps.visit_at(at.plus_hours(1).plus_seconds(-12), 30), Some("V-2"));
        assert_eq!(taps.visit_at(at.plus_seconds(31), 30), None);
    }

    #[test]
    fn what_is_on_the_clerks_list_is_looked_at_by_no_further_night() {
        let later = |overdue| Later {
            facility: FacilityId::parse("hospital-1").unwrap(),
            visit: "V-1".to_owned(),
            person: None,
            sealed: None,
            opened: Date::parse("2026-07-01").unwrap(),
            overdue,
        };
        let has = |later: Later| later.indexes().iter().any(|(index, _)| *index == "opened");
        assert!(has(later(false)) && !has(later(true)));
    }

    #[test]
    fn a_person_who_is_read_all_day_does_not_fill_the_row() {
        let at = Instant::parse("2026-03-02T07:00:00+07:00").unwrap();
        let mut taps = Taps::default();
        for minute in 0..100 {
            taps.add(at.plus_seconds(minute * 60), "V");
        }
        assert_eq!(taps.taps.len(), MOST_TAPS);
    }
}
