//! Guests come to hotels and leave; the afternoon and the evening are full.

use super::{
    Act, By, DAY, Field, Mistake, Plan, Size, Station, Trade, Who, ask, because, decided, problem, reading, text,
};

/// What a hotel is answered for a living guest.
pub(in crate::demo) const NOTIFIED: &[&str] = &["notified", "queued"];

/// Guests by the hour.
const HOURS: [u32; 24] = [2, 1, 1, 0, 0, 1, 1, 2, 3, 4, 5, 6, 8, 10, 14, 14, 12, 12, 12, 11, 10, 9, 6, 3];
/// Rooms that are given out.
const ROOMS: u32 = 40;

/// Guests, and errors in rounds.
pub(super) fn plan(plan: &mut Plan<'_>, size: Size) {
    for _ in 0..size.guests() {
        guest(plan);
    }
    for _ in 0..size.rounds_of_errors() {
        mistakes(plan);
    }
}

fn guest(plan: &mut Plan<'_>) {
    let (at, place, guest) = (plan.draw.second(&HOURS), plan.place(Trade::Hotel), plan.someone());
    let (desk, reader) = (Station::Desk(Trade::Hotel, place), Station::Reader(Trade::Hotel, place));
    if plan.draw.below(10) < 3 {
        let by = if plan.draw.below(4) == 0 { By::Chip } else { By::Card };
        plan.add(at, reader, reading(Trade::Hotel, guest, by), decided(NOTIFIED));
        return;
    }
    let by = if plan.draw.below(4) == 0 { By::Number } else { By::Card };
    let (room, nights) = (101 + plan.draw.below(ROOMS), plan.draw.below(4));
    let arrival = arrive(plan.upcoming(), guest, by, room, nights);
    let stay = plan.add(at, desk, arrival, decided(NOTIFIED));
    // Some stay for the day only, or leave early.
    if nights == 0 && at < DAY - 3_600 {
        let left = at + 1_800 + plan.draw.below(DAY - 1_800 - at);
        let input = vec![("stay_ref", Field::ReferenceOf(stay)), ("left", Field::Moment(left.min(DAY - 1)))];
        plan.add(left, desk, ask("depart", input), decided(&["closed"]));
    }
}

fn arrive(own: usize, guest: Who, by: By, room: u32, nights: u32) -> Act {
    let input = vec![
        ("stay_ref", Field::ReferenceOf(own)),
        ("guest", Field::Person(guest, by)),
        ("room", text(room.to_string())),
        ("reason", Field::Number(1)),
        ("expected_leave", Field::Days(nights.into())),
        ("confirmed", Field::Flag(true)),
    ];
    ask("arrive", input)
}

fn mistakes(plan: &mut Plan<'_>) {
    let place = plan.place(Trade::Hotel);
    let reader = Station::Reader(Trade::Hotel, place);
    if let Some(expired) = plan.expired() {
        let at = plan.draw.second(&HOURS);
        let answer = because(NOTIFIED, "card-not-valid");
        plan.err(Mistake::ExpiredCard, at, reader, reading(Trade::Hotel, expired, By::Card), answer);
    }
    if let Some(dead) = plan.dead() {
        let at = plan.draw.second(&HOURS);
        let act = arrive(plan.upcoming(), dead, By::Card, 101, 1);
        let answer = because(&["needs"], "see-police-desk");
        plan.err(Mistake::DeceasedCard, at, Station::Desk(Trade::Hotel, place), act, answer);
    }
    let (at, who) = (plan.draw.second(&HOURS), plan.someone());
    let elsewhere = reading(Trade::Hospital, who, By::Card);
    plan.err(Mistake::WrongDesk, at, reader, elsewhere, problem("role-not-allowed"));
}
