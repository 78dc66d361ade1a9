//! Patients arrive at hospitals, by card, chip, VNeID code or number; the morning is full.

use super::{
    Act, By, DAY, Expected, Field, Input, Mistake, Plan, Size, Station, Trade, When, Who, ask, because, decided,
    not_taken, problem, reading, text,
};

/// What a hospital answers a living patient.
pub(in crate::demo) const SEEN: &[&str] = &["admit", "admit-verify-later", "self-pay-advised"];

/// Patients by the hour.
const HOURS: [u32; 24] = [1, 1, 1, 1, 1, 3, 10, 18, 18, 14, 10, 6, 4, 8, 9, 8, 6, 4, 3, 3, 2, 2, 1, 1];
/// Readings that an offline reader holds back, of each time that it is offline.
const HELD_BACK: usize = 6;

/// Patients, errors in rounds, and the reader that is revoked.
pub(super) fn plan(plan: &mut Plan<'_>, size: Size) {
    let patients: Vec<usize> = (0..size.patients).map(|_| patient(plan)).collect();
    for _ in 0..size.rounds_of_errors() {
        let place = plan.place(Trade::Hospital);
        numbers(plan, place);
        cards(plan, place);
        codes(plan, place);
        repeats(plan, &patients);
        offline(plan, place);
    }
    revoked_reader(plan);
}

fn patient(plan: &mut Plan<'_>) -> usize {
    let (at, place, who) = (plan.draw.second(&HOURS), plan.place(Trade::Hospital), plan.someone());
    let (desk, reader) = (Station::Desk(Trade::Hospital, place), Station::Reader(Trade::Hospital, place));
    let (station, act) = match plan.draw.below(10) {
        0..=3 => (reader, reading(Trade::Hospital, who, By::Card)),
        4 => (reader, reading(Trade::Hospital, who, By::Chip)),
        5 => (reader, reading(Trade::Hospital, who, By::Code)),
        6..=8 => (desk, check_in(who, By::Card)),
        _ => (desk, check_in(who, By::Number)),
    };
    plan.add(at, station, act, decided(SEEN))
}

fn check_in(who: Who, by: By) -> Act {
    let input: Input = vec![("patient", Field::Person(who, by)), ("visit_kind", text("outpatient"))];
    ask("check-in", input)
}

/// Numbers at the desk that are none, or nobody's.
fn numbers(plan: &mut Plan<'_>, place: usize) {
    let desk = Station::Desk(Trade::Hospital, place);
    let (at, who) = (plan.draw.second(&HOURS), plan.draw.index(plan.crowd.plain.len()));
    plan.err(Mistake::Typo, at, desk, check_in(Who::Typo(who), By::Number), not_taken("person-malformed"));
    if let Some(nobody) = plan.nobody() {
        let at = plan.draw.second(&HOURS);
        plan.err(Mistake::UnknownPerson, at, desk, check_in(nobody, By::Number), not_taken("person-unknown"));
    }
}

/// Cards and chips at the reader that are not what they were.
fn cards(plan: &mut Plan<'_>, place: usize) {
    let reader = Station::Reader(Trade::Hospital, place);
    let (at, who) = (plan.draw.second(&HOURS), plan.draw.index(plan.crowd.plain.len()));
    let cut = reading(Trade::Hospital, Who::Cut(who), By::Card);
    plan.err(Mistake::CutCard, at, reader, cut, problem("person-not-taken"));
    if let Some(dead) = plan.dead() {
        let at = plan.draw.second(&HOURS);
        let answer = because(&["self-pay-advised"], "see-police-desk");
        plan.err(Mistake::DeceasedCard, at, reader, reading(Trade::Hospital, dead, By::Card), answer);
    }
    for (mistake, by, code) in [
        (Mistake::AlteredChip, By::AlteredChip, "chip-wrong-hash"),
        (Mistake::ForeignChip, By::ForeignChip, "chip-unknown-signer"),
    ] {
        let (at, who) = (plan.draw.second(&HOURS), plan.someone());
        plan.err(mistake, at, reader, reading(Trade::Hospital, who, by), not_taken(code));
    }
    let (at, who) = (plan.draw.second(&HOURS), plan.someone());
    let ahead = Act::Reading { to: Trade::Hospital, who, by: By::Card, when: When::Ahead };
    plan.err(Mistake::ClockAhead, at, reader, ahead, problem("captured-in-future"));
}

/// Codes of VNeID that were used, or made for another place.
fn codes(plan: &mut Plan<'_>, place: usize) {
    let reader = Station::Reader(Trade::Hospital, place);
    let (at, who) = (plan.draw.second(&HOURS), plan.someone());
    let first = plan.add(at, reader, reading(Trade::Hospital, who, By::Code), decided(SEEN));
    let again = Act::Reading { to: Trade::Hospital, who, by: By::CodeOf(first), when: When::Sent };
    plan.err(Mistake::CodeUsedTwice, at, reader, again, problem("reading-used"));
    if plan.places(Trade::Hospital) > 1 {
        let (at, who) = (plan.draw.second(&HOURS), plan.someone());
        let act = Act::Reading { to: Trade::Hospital, who, by: By::CodeOfElsewhere, when: When::Sent };
        plan.err(Mistake::CodeOfElsewhere, at, reader, act, not_taken("vneid-audience"));
    }
}

/// Requests that are sent again, or whose reference is used for something else.
fn repeats(plan: &mut Plan<'_>, patients: &[usize]) {
    if patients.is_empty() {
        return;
    }
    let of = patients[plan.draw.index(patients.len())];
    let (at, station) = (later_than(plan, of), plan.events[of].station);
    plan.err(Mistake::SentTwice, at, station, Act::Again { of }, Expected::AsBefore(of));
    let at_desks: Vec<usize> =
        patients.iter().filter(|of| matches!(plan.events[**of].act, Act::Ask { .. })).copied().collect();
    if !at_desks.is_empty() {
        let of = at_desks[plan.draw.index(at_desks.len())];
        let (at, station) = (later_than(plan, of), plan.events[of].station);
        plan.err(Mistake::ReferenceUsedAgain, at, station, Act::Changed { of }, problem("reference-used"));
    }
}

fn later_than(plan: &mut Plan<'_>, of: usize) -> u32 {
    let at = plan.events[of].at;
    at + 1 + plan.draw.below(DAY.saturating_sub(at + 1))
}

/// A reader has no network for some hours, and sends then.
fn offline(plan: &mut Plan<'_>, place: usize) {
    let reader = Station::Reader(Trade::Hospital, place);
    let mut at = plan.draw.second(&HOURS).min(DAY - 4 * 3_600);
    let mut held = Vec::with_capacity(HELD_BACK);
    for _ in 0..HELD_BACK {
        let who = plan.someone();
        at += 60 + plan.draw.below(1_500);
        let number = plan.add(at, reader, reading(Trade::Hospital, who, By::Card), decided(SEEN));
        plan.events[number].is_held = true;
        held.push(number);
    }
    plan.err(Mistake::OfflineReader, at + 1_800, reader, Act::Backlog { of: held }, Expected::Each);
}

/// The spare reader reads before noon, is revoked, and reads again.
fn revoked_reader(plan: &mut Plan<'_>) {
    let (noon, before, after) = (DAY / 2, plan.someone(), plan.someone());
    let read = |who| reading(Trade::Hospital, who, By::Card);
    plan.add(noon - 600, Station::SpareReader, read(before), decided(SEEN));
    plan.add(noon, Station::Officer, Act::Revoke, Expected::Done);
    plan.err(Mistake::RevokedReader, noon + 600, Station::SpareReader, read(after), problem("device-revoked"));
}
