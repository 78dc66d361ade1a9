//! The law of the reception desk as pure functions: clocks, nights, fines, questions. No clock of its own, no host.

use pilothouse_sdk::prelude::*;
use serde::Deserialize;

/// From so many nights on a stay is residence, and temporary residence is to be registered.
///
/// Source: Law on Residence 68/2020/QH14, Articles 2.6 and 27.
const TEMPORARY_RESIDENCE_NIGHTS: i32 = 30;

/// By when a notice is due where the guest arrives before it, and by when on the next day otherwise.
///
/// Source: Law on Residence 68/2020/QH14, Article 30.
const LAW_CUTOFF: TimeOfDay = TimeOfDay::new(23, 0);
const LAW_MORNING: TimeOfDay = TimeOfDay::new(8, 0);

/// Hours for the notice of a foreigner in remote areas. Source: Law 47/2014/QH13, Article 33.
const REMOTE_HOURS: u32 = 24;

/// Days back that the police portal's file takes: yesterday. Older notices go by phone or on paper too.
const PORTAL_DAYS_BACK: i32 = 1;

/// Days back that a notice is taken at all: from 30 on it was residence.
const MOST_DAYS_BACK: i32 = 30;

/// Longest room, in characters; the contract's bound.
pub(crate) const LONGEST_ROOM: usize = 12;
/// Longest reason in words, in characters; the contract's bound.
const LONGEST_REASON_TEXT: usize = 200;
/// Reasons of the police portal's list.
const REASONS: core::ops::RangeInclusive<u8> = 1..=20;
/// "Mục đích khác": wants words.
const OTHER_REASON: u8 = 20;

/// The clock of the notice, from a day on: laws change, and a stay follows the law of the day on which it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    pub(crate) from: Date,
    pub(crate) cutoff: TimeOfDay,
    pub(crate) morning: TimeOfDay,
}

/// How an arrival exactly at the cutoff is read: the law's text is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AtCutoff {
    /// Due at the cutoff itself.
    Before,
    /// Due the next morning.
    After,
}

/// By when the police want the notice of a guest with Vietnamese identity.
pub(crate) fn notice_due(arrived: Instant, clocks: &[Clock], at_cutoff: AtCutoff) -> Instant {
    let day = arrived.date();
    let in_force = clocks.iter().filter(|clock| clock.from <= day).max_by_key(|clock| clock.from);
    let (cutoff, morning) = in_force.map_or((LAW_CUTOFF, LAW_MORNING), |clock| (clock.cutoff, clock.morning));
    let cutoff = cutoff.on(day);
    let in_the_day = match at_cutoff {
        AtCutoff::Before => arrived <= cutoff,
        AtCutoff::After => arrived < cutoff,
    };
    if in_the_day { cutoff } else { morning.on(day.plus_days(1)) }
}

/// By when the immigration police want the notice of a foreigner.
pub(crate) fn foreign_due(arrived: Instant, hours: u32, is_remote: bool) -> Instant {
    arrived.plus_hours(i64::from(if is_remote { hours.max(REMOTE_HOURS) } else { hours }))
}

/// Who was late with a notice. The desk is judged by when it entered the guest, not by when its line came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeliness {
    OnTime,
    LateAtDesk,
    LateOnLine,
}

pub(crate) fn timeliness(captured: Instant, at: Instant, due: Instant) -> Timeliness {
    match (captured <= due, at <= due) {
        (_, true) => Timeliness::OnTime,
        (true, false) => Timeliness::LateOnLine,
        (false, false) => Timeliness::LateAtDesk,
    }
}

/// Nights of a stay: midnights of the province that it spans.
pub(crate) fn nights(arrived: Instant, leave: Date) -> u32 {
    u32::try_from(leave.days_since(arrived.date())).unwrap_or(0)
}

/// Whether a planned stay is so long that temporary residence is to be registered.
pub(crate) fn is_temporary_residence(arrived: Instant, leave: Option<Date>) -> bool {
    leave.is_some_and(|leave| leave.days_since(arrived.date()) >= TEMPORARY_RESIDENCE_NIGHTS)
}

/// Which way is left for a notice, by how long ago the guest arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through the portal.
    Portal,
    /// Through the portal's keeper, and by phone or on paper.
    PortalAndPaper,
    /// On paper only.
    Paper,
}

pub(crate) fn way(arrived: Instant, today: Date) -> Way {
    match today.days_since(arrived.date()) {
        days if days > MOST_DAYS_BACK => Way::Paper,
        days if days > PORTAL_DAYS_BACK => Way::PortalAndPaper,
        _ => Way::Portal,
    }
}

/// What is wrong with how a stay was entered: the field, and how to mend it.
pub(crate) type Mistake = (&'static str, &'static str);

/// Checks a room.
pub(crate) fn room_mistake(room: &str) -> Option<Mistake> {
    let fits = (1..=LONGEST_ROOM).contains(&room.chars().count()) && !room.chars().any(char::is_control);
    (!fits).then_some(("/room", "write the room in 1 to 12 characters"))
}

/// Checks a reason of the portal's list.
pub(crate) fn reason_mistake(reason: u8, text: Option<&str>) -> Option<Mistake> {
    match text {
        _ if !REASONS.contains(&reason) => Some(("/reason", "choose a reason from 1 to 20 of the portal's list")),
        None if reason == OTHER_REASON => Some(("/reason_text", "reason 20 needs words")),
        Some(text) if !(1..=LONGEST_REASON_TEXT).contains(&text.trim().chars().count()) => {
            Some(("/reason_text", "write the reason in 1 to 200 characters, or leave it out"))
        }
        _ => None,
    }
}

/// Checks the times of a stay.
pub(crate) fn times_mistake(arrived: Instant, leave: Option<Date>, at: Instant) -> Option<Mistake> {
    if arrived.is_ahead_of(at) {
        return Some(("/arrived", "enter a guest who has arrived: the time lies in the future"));
    }
    leave
        .is_some_and(|leave| leave < arrived.date())
        .then_some(("/expected_leave", "nobody leaves before the day of arrival"))
}

/// What the desk is asked before a notice goes out; it goes out as it is when the desk confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Until when may the foreigner stay?
    PermittedUntil,
    /// Does the foreigner mean to stay longer than permitted?
    PermittedBeforeLeave,
    /// The permitted stay is the passport's expiry: was the right date read?
    PermittedIsPassport,
    /// With which adult is the minor?
    WithAdult,
}

/// What questions depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declared {
    pub(crate) is_foreign: bool,
    pub(crate) permitted_until: Option<Date>,
    pub(crate) passport_until: Option<Date>,
    pub(crate) expected_leave: Option<Date>,
    /// A minor without the adult whom the department wants to be named.
    pub(crate) is_alone_and_minor: bool,
}

/// The first question. Checks of the permitted stay are ours: the portal makes none.
pub(crate) fn question(declared: &Declared) -> Option<Question> {
    if declared.is_alone_and_minor {
        return Some(Question::WithAdult);
    }
    if !declared.is_foreign {
        return None;
    }
    let Some(until) = declared.permitted_until else { return Some(Question::PermittedUntil) };
    if declared.expected_leave.is_some_and(|leave| leave > until) {
        return Some(Question::PermittedBeforeLeave);
    }
    (declared.passport_until == Some(until)).then_some(Question::PermittedIsPassport)
}

/// The fine at stake for guests that were not notified, least and most; none where nobody is, or before the decree.
///
/// Source: Decree 282/2025/NĐ-CP, Article 10, in force on 15 December 2025.
pub(crate) fn fine(guests: usize, are_foreign: bool, on: Date) -> Option<(Money, Money)> {
    const IN_FORCE: (u16, u8, u8) = (2025, 12, 15);
    if on.parts() < IN_FORCE {
        return None;
    }
    let (least, most) = match (guests, are_foreign) {
        (0, _) => return None,
        (1..=3, false) => (2, 4),
        (4..=8, false) => (4, 8),
        (_, false) => (8, 12),
        (1..=3, true) => (3, 5),
        (4..=8, true) => (10, 15),
        (_, true) => (15, 20),
    };
    Some((Money::dong(least * 1_000_000), Money::dong(most * 1_000_000)))
}

/// Under which reference the police know the nth notice of a stay. None: the stay's own reference is too long for another notice.
pub(crate) fn notice_ref(stay: &Ref, nth: u32) -> Option<Ref> {
    if nth <= 1 { Some(stay.clone()) } else { Ref::parse(&format!("{stay}+{nth}")).ok() }
}

/// Whether an open facility has been silent for longer than the department allows: so many whole days without a notice.
pub(crate) fn is_silent(last: Date, today: Date, days: u16) -> bool {
    today.days_since(last) > i32::from(days)
}

/// What the desk does about a notice that the police rejected.
pub(crate) fn fix(code: Option<&str>) -> &'static str {
    match code {
        Some("malformed") => "cancel-and-enter-again",
        _ => "phone-police",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn due(arrived: &str, at_cutoff: AtCutoff) -> String {
        notice_due(at(arrived), &[], at_cutoff).to_string()
    }

    #[test]
    fn who_arrives_before_23_is_due_at_23_and_who_arrives_after_at_8() {
        use AtCutoff::{After, Before};
        assert_eq!(due("2026-03-02T00:00:00+07:00", After), "2026-03-02T23:00:00+07:00");
        assert_eq!(due("2026-03-02T22:59:59+07:00", After), "2026-03-02T23:00:00+07:00");
        assert_eq!(due("2026-03-02T23:00:00+07:00", After), "2026-03-03T08:00:00+07:00");
        assert_eq!(due("2026-03-02T23:00:00+07:00", Before), "2026-03-02T23:00:00+07:00");
        assert_eq!(due("2026-03-02T23:00:01+07:00", Before), "2026-03-03T08:00:00+07:00");
        assert_eq!(due("2026-03-02T23:59:59.999999+07:00", After), "2026-03-03T08:00:00+07:00");
    }

    #[test]
    fn the_morning_after_new_years_eve_is_in_the_next_year() {
        assert_eq!(due("2026-12-31T23:30:00+07:00", AtCutoff::After), "2027-01-01T08:00:00+07:00");
        assert_eq!(due("2024-02-28T23:30:00+07:00", AtCutoff::After), "2024-02-29T08:00:00+07:00");
    }

    #[test]
    fn a_stay_follows_the_clock_in_force_on_its_first_day() {
        let clock = |from: &str, cutoff: &str, morning: &str| Clock {
            from: day(from),
            cutoff: TimeOfDay::parse(cutoff).unwrap(),
            morning: TimeOfDay::parse(morning).unwrap(),
        };
        let clocks = [clock("2026-07-01", "22:00", "07:30"), clock("2021-07-01", "23:00", "08:00")];
        let due = |arrived: &str| notice_due(at(arrived), &clocks, AtCutoff::After).to_string();
        assert_eq!(due("2026-06-30T22:30:00+07:00"), "2026-06-30T23:00:00+07:00");
        assert_eq!(due("2026-07-01T22:30:00+07:00"), "2026-07-02T07:30:00+07:00");
        assert_eq!(due("2020-01-01T22:30:00+07:00"), "2020-01-01T23:00:00+07:00");
    }

    #[test]
    fn a_foreigner_is_due_by_hours_and_later_in_remote_areas() {
        let arrived = at("2026-03-02T18:00:00+07:00");
        assert_eq!(foreign_due(arrived, 12, false).to_string(), "2026-03-03T06:00:00+07:00");
        assert_eq!(foreign_due(arrived, 12, true).to_string(), "2026-03-03T18:00:00+07:00");
    }

    #[test]
    fn a_line_that_was_down_does_not_make_the_desk_late() {
        let due = at("2026-03-02T23:00:00+07:00");
        assert_eq!(timeliness(due, due, due), Timeliness::OnTime);
        assert_eq!(timeliness(due, due.plus_hours(1), due), Timeliness::LateOnLine);
        assert_eq!(timeliness(due.plus_seconds(1), due.plus_hours(1), due), Timeliness::LateAtDesk);
    }

    #[test]
    fn thirty_nights_are_residence_and_twenty_nine_are_not() {
        let arrived = at("2026-03-02T21:40:00+07:00");
        assert!(!is_temporary_residence(arrived, Some(day("2026-03-31"))));
        assert!(is_temporary_residence(arrived, Some(day("2026-04-01"))));
        assert!(!is_temporary_residence(arrived, None));
        assert_eq!(nights(arrived, day("2026-03-02")), 0);
        assert_eq!(nights(arrived, day("2026-03-31")), 29);
    }

    #[test]
    fn older_arrivals_are_told_the_other_way_too() {
        let arrived = at("2026-03-02T23:59:00+07:00");
        assert_eq!(way(arrived, day("2026-03-03")), Way::Portal);
        assert_eq!(way(arrived, day("2026-03-04")), Way::PortalAndPaper);
        assert_eq!(way(arrived, day("2026-04-01")), Way::PortalAndPaper);
        assert_eq!(way(arrived, day("2026-04-02")), Way::Paper);
    }

    #[test]
    fn a_mistake_names_its_field() {
        let now = at("2026-03-02T21:41:00+07:00");
        let field = |mistake: Option<Mistake>| mistake.map(|(field, _)| field);
        assert_eq!(field(times_mistake(now.plus_seconds(300), None, now)), None);
        assert_eq!(field(times_mistake(now.plus_seconds(301), None, now)), Some("/arrived"));
        assert_eq!(field(times_mistake(now, Some(day("2026-03-01")), now)), Some("/expected_leave"));
        assert_eq!(field(times_mistake(now, Some(day("2026-03-02")), now)), None);
        assert_eq!(field(reason_mistake(0, None)), Some("/reason"));
        assert_eq!(field(reason_mistake(21, None)), Some("/reason"));
        assert_eq!(field(reason_mistake(20, None)), Some("/reason_text"));
        assert_eq!(field(reason_mistake(20, Some("  "))), Some("/reason_text"));
        assert_eq!(field(reason_mistake(20, Some("giải đấu"))), None);
        assert_eq!(field(room_mistake("Phòng 204")), None);
        assert_eq!(field(room_mistake("")), Some("/room"));
        assert_eq!(field(room_mistake("một phòng rất dài")), Some("/room"));
    }

    #[test]
    fn the_permitted_stay_is_questioned_before_the_notice_goes_out() {
        let base = Declared {
            is_foreign: true,
            permitted_until: Some(day("2026-03-20")),
            passport_until: None,
            expected_leave: Some(day("2026-03-20")),
            is_alone_and_minor: false,
        };
        assert_eq!(question(&base), None);
        let asked = |change: fn(&mut Declared)| {
            let mut declared = base;
            change(&mut declared);
            question(&declared)
        };
        assert_eq!(asked(|d| d.permitted_until = None), Some(Question::PermittedUntil));
        assert_eq!(
            asked(|d| d.expected_leave = d.expected_leave.map(|l| l.plus_days(1))),
            Some(Question::PermittedBeforeLeave)
        );
        assert_eq!(asked(|d| d.passport_until = d.permitted_until), Some(Question::PermittedIsPassport));
        assert_eq!(asked(|d| d.is_alone_and_minor = true), Some(Question::WithAdult));
        assert_eq!(asked(|d| (d.is_foreign, d.permitted_until) = (false, None)), None);
    }

    #[test]
    fn the_fine_grows_by_guests_and_is_higher_for_foreigners() {
        let on = day("2025-12-15");
        let millions = |guests, foreign| {
            fine(guests, foreign, on).map(|(a, b)| (a.in_dong() / 1_000_000, b.in_dong() / 1_000_000))
        };
        assert_eq!(millions(0, false), None);
        assert_eq!([1, 3, 4, 8, 9].map(|n| millions(n, false)), [(2, 4), (2, 4), (4, 8), (4, 8), (8, 12)].map(Some));
        assert_eq!(
            [1, 3, 4, 8, 9].map(|n| millions(n, true)),
            [(3, 5), (3, 5), (10, 15), (10, 15), (15, 20)].map(Some)
        );
        assert_eq!(fine(9, true, day("2025-12-14")), None);
    }

    #[test]
    fn a_second_notice_of_a_stay_has_a_reference_of_its_own() {
        let stay = Ref::parse("S-1").unwrap();
        assert_eq!(notice_ref(&stay, 1), Some(stay.clone()));
        assert_eq!(notice_ref(&stay, 2), Ref::parse("S-1+2").ok());
        assert_eq!(notice_ref(&Ref::parse(&"x".repeat(63)).unwrap(), 2), None);
    }

    #[test]
    fn a_facility_is_silent_after_seven_whole_days() {
        assert!(!is_silent(day("2026-03-02"), day("2026-03-09"), 7));
        assert!(is_silent(day("2026-03-02"), day("2026-03-10"), 7));
    }
}
