//! The law of the insurance desk as pure functions: no clock, no host.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What children under six, and whoever is insured in group TE, are paid, in percent.
///
/// Source: object group TE, level 1 (Decision 1351/QĐ-BHXH of 2015).
pub(crate) const LEVEL_UNDER_SIX: u32 = 100;

/// Oldest age in whole years of a child who is insured without a card. Source: Decree 188/2025/NĐ-CP, Article 37.
pub(crate) const LAST_AGE_UNDER_SIX: u8 = 5;

/// Why the patient comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VisitKind {
    /// Ngoại trú.
    Outpatient,
    /// Nội trú.
    Inpatient,
    /// Cấp cứu.
    Emergency,
    /// Tái khám.
    FollowUp,
}

/// A paper that the clerk has looked at, where no card or code was read. Decree 188/2025/NĐ-CP, Article 37.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Paper {
    /// Birth certificate of a child under six.
    BirthCertificate,
    /// Certificate of live birth, signed by a parent or the facility.
    LiveBirthCertificate,
    /// Appointment slip of a card that is being (re)issued, with an identity paper.
    AppointmentSlip,
    /// Insurance card with an identity paper.
    InsuranceCard,
    /// None.
    Nothing,
}

impl Paper {
    /// Whether it shows that the patient is a child under six.
    pub(crate) fn shows_under_six(self) -> bool {
        matches!(self, Self::BirthCertificate | Self::LiveBirthCertificate)
    }
}

/// What a paper alone is good for, without a person that a register could be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByPaper {
    /// Admit: the child is insured, the card follows.
    Child,
    /// Admit, and verify when the number is known.
    Later,
    /// Nothing that insurance could be granted on.
    Insufficient,
}

/// What a paper alone is good for.
pub(crate) fn by_paper(paper: Paper) -> ByPaper {
    match paper {
        Paper::BirthCertificate | Paper::LiveBirthCertificate => ByPaper::Child,
        Paper::AppointmentSlip | Paper::InsuranceCard => ByPaper::Later,
        Paper::Nothing => ByPaper::Insufficient,
    }
}

/// What the insurance register says about the day of the visit. The register beats what is printed on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// Covered on that day.
    Covered,
    /// Ended before.
    Ended(Date),
    /// Begins after.
    NotStarted(Date),
}

/// Cover on a day, first and last day included. A missing end is open; a missing begin began before the records.
pub(crate) fn cover(from: Option<Date>, until: Option<Date>, on: Date) -> Cover {
    match (from, until) {
        (_, Some(until)) if until < on => Cover::Ended(until),
        (Some(from), _) if from > on => Cover::NotStarted(from),
        _ => Cover::Covered,
    }
}

/// Whether a referral is missing. An emergency never needs one; elsewhere it is the department's table of facility classes.
pub(crate) fn referral_needed(
    kind: VisitKind,
    class: &str,
    initial_match: Option<bool>,
    has_referral: bool,
    classes: &[String],
) -> bool {
    kind != VisitKind::Emergency && initial_match == Some(false) && !has_referral && classes.iter().any(|c| c == class)
}

/// When a reading was made, as seen from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeliness {
    /// Inside the limits.
    InTime,
    /// Older than the department's limit for offline readings.
    TooLate,
    /// Ahead of the host by more than clocks differ.
    ClockAhead,
}

/// Whether a reading may still be replayed: the clock of a visit runs from the event, not from when its message arrived.
pub(crate) fn timeliness(captured: Instant, at: Instant, late_limit_hours: u32) -> Timeliness {
    if captured.is_ahead_of(at) {
        Timeliness::ClockAhead
    } else if at.seconds_since(captured) > i64::from(late_limit_hours) * 3600 {
        Timeliness::TooLate
    } else {
        Timeliness::InTime
    }
}

/// Whether two readings of one person at one facility are one: somebody touched the reader twice. In whichever order they arrive.
pub(crate) fn is_double_tap(one: Instant, other: Instant, window_seconds: u32) -> bool {
    one.seconds_since(other).unsigned_abs() <= u64::from(window_seconds)
}

/// Whether an open question has waited longer than the department allows.
pub(crate) fn is_overdue(opened: Date, today: Date, days: u16) -> bool {
    today.days_since(opened) > i32::from(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn instant(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn cover_holds_on_its_first_and_last_day() {
        let (from, until) = (date("2026-01-01"), date("2026-12-31"));
        for on in [from, until] {
            assert_eq!(cover(Some(from), Some(until), on), Cover::Covered);
        }
        assert_eq!(cover(Some(from), Some(until), from.plus_days(-1)), Cover::NotStarted(from));
        assert_eq!(cover(Some(from), Some(until), until.plus_days(1)), Cover::Ended(until));
        assert_eq!(cover(None, None, from), Cover::Covered);
    }

    #[test]
    fn an_emergency_never_needs_a_referral() {
        let classes = ["hospital".to_owned()];
        assert!(referral_needed(VisitKind::Outpatient, "hospital", Some(false), false, &classes));
        assert!(!referral_needed(VisitKind::Emergency, "hospital", Some(false), false, &classes));
    }

    #[test]
    fn a_referral_is_asked_for_only_away_from_home_and_only_where_the_table_says_so() {
        let classes = ["hospital".to_owned()];
        for (class, initial_match, has_referral) in [
            ("hospital", Some(true), false),
            ("hospital", None, false),
            ("hospital", Some(false), true),
            ("commune-station", Some(false), false),
        ] {
            assert!(
                !referral_needed(VisitKind::Inpatient, class, initial_match, has_referral, &classes),
                "{class} {initial_match:?}"
            );
        }
    }

    #[test]
    fn a_reading_is_late_after_the_limit_and_ahead_after_five_minutes() {
        let at = instant("2026-03-02T12:00:00+07:00");
        assert_eq!(timeliness(at.plus_hours(-24), at, 24), Timeliness::InTime);
        assert_eq!(timeliness(at.plus_hours(-24).plus_seconds(-1), at, 24), Timeliness::TooLate);
        assert_eq!(timeliness(at.plus_seconds(300), at, 24), Timeliness::InTime);
        assert_eq!(timeliness(at.plus_hours(2), at, 24), Timeliness::ClockAhead);
    }

    #[test]
    fn thirty_seconds_are_one_visit_in_either_order() {
        let at = instant("2026-03-02T07:00:00+07:00");
        for seconds in [-30, 0, 30] {
            assert!(is_double_tap(at, at.plus_seconds(seconds), 30), "{seconds}");
        }
        for seconds in [-31, 31] {
            assert!(!is_double_tap(at, at.plus_seconds(seconds), 30), "{seconds}");
        }
    }

    #[test]
    fn a_birth_paper_admits_a_child_and_no_paper_admits_nobody() {
        assert_eq!(by_paper(Paper::LiveBirthCertificate), ByPaper::Child);
        assert_eq!(by_paper(Paper::AppointmentSlip), ByPaper::Later);
        assert_eq!(by_paper(Paper::Nothing), ByPaper::Insufficient);
    }

    #[test]
    fn a_question_is_overdue_after_three_days_not_on_the_third() {
        let opened = date("2026-03-02");
        assert!(!is_overdue(opened, opened.plus_days(3), 3));
        assert!(is_overdue(opened, opened.plus_days(4), 3));
    }
}
