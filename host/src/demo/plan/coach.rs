//! Coaches set out in the evening: passengers board by card, code or number, and the list is closed at the end.

use super::{
    Act, By, DAY, Field, Mistake, Plan, Size, Station, Trade, Who, ask, ask_now, because, decided, reading, refused,
    text,
};

/// What a conductor is answered for a living passenger.
const BOARDED: &[&str] = &["boarded", "boarded-check-later"];
/// When the first coach takes passengers, in seconds of the day, and how much later each next one.
const FIRST: u32 = 6 * 3_600;
const LATER: u32 = 2 * 3_600;
/// How long passengers board.
const BOARDING: u32 = 2 * 3_600;
/// How long a coach is planned to be under way: through a night.
const UNDER_WAY: u32 = 20 * 3_600;
/// Seats that are told at least, and at most: the number behind is one that the pilot still takes, and no coach has.
const SEATS: (u32, u32) = (8, 59);
/// Seats that stay free, for those who come by error.
const FREE: u32 = 3;

/// One trip a coach; the first one has the errors.
pub(super) fn plan(plan: &mut Plan<'_>, size: Size) {
    let coaches = plan.places(Trade::Coach);
    for place in 0..coaches {
        trip(plan, place, size.guests().div_ceil(coaches));
    }
}

fn trip(plan: &mut Plan<'_>, place: usize, passengers: usize) {
    let Some(spot) = plan.crowd.places(Trade::Coach).get(place) else { return };
    let Some(operator) = spot.operator.clone() else { return };
    let seats = spot.capacity.clamp(SEATS.0, SEATS.1);
    let (desk, phone) = (Station::Desk(Trade::Coach, place), Station::Reader(Trade::Coach, place));
    let opens = FIRST + LATER * u32::try_from(place).unwrap_or(0);
    let departs = opens + BOARDING;
    let stop = |code: &str, at: u32| vec![("code", text(code)), ("planned", Field::Moment(at))];
    let input = vec![
        ("trip_ref", Field::ReferenceOf(plan.upcoming())),
        ("operator", text(operator)),
        ("route_code", text("QB-HN")),
        ("stops", Field::List(vec![stop("DH", departs), stop("HN", departs + UNDER_WAY)])),
        ("departs", Field::Moment(departs)),
        ("seats", Field::Number(seats.into())),
    ];
    let trip = plan.add(opens, desk, ask("open-trip", input), decided(&["trip"]));
    for _ in 0..passengers.min(seats.saturating_sub(FREE) as usize) {
        let (at, who) = (opens + 60 + plan.draw.below(BOARDING - 120), plan.someone());
        let (station, act) = match plan.draw.below(10) {
            0..=5 => (phone, reading(Trade::Coach, who, By::Card)),
            6 | 7 => (phone, reading(Trade::Coach, who, By::Code)),
            _ => (desk, board(trip, who, By::Number, Vec::new())),
        };
        plan.add(at, station, act, decided(BOARDED));
    }
    if place == 0 {
        mistakes(plan, trip, desk, departs, seats);
    }
    let end = (departs + LATER + plan.draw.below(LATER)).min(DAY - 60);
    let input = vec![("trip_ref", Field::ReferenceOf(trip)), ("ended", Field::Sent)];
    plan.add(end, desk, ask_now("close-trip", input), decided(&["list-sent", "list-queued", "no-notice-due"]));
}

fn board(trip: usize, who: Who, by: By, more: Vec<(&'static str, Field)>) -> Act {
    let mut input = vec![("trip_ref", Field::ReferenceOf(trip)), ("passenger", Field::Person(who, by))];
    input.extend(more);
    ask("board", input)
}

fn mistakes(plan: &mut Plan<'_>, trip: usize, desk: Station, departs: u32, seats: u32) {
    let who = plan.someone();
    let act = board(trip, who, By::Card, vec![("seat", Field::Number(i64::from(seats) + 1))]);
    plan.err(Mistake::SeatTooMany, departs - 1_800, desk, act, decided(&["full"]));
    let who = plan.someone();
    plan.add(departs - 1_700, desk, board(trip, who, By::Card, Vec::new()), decided(BOARDED));
    let again = board(trip, who, By::Card, Vec::new());
    plan.err(Mistake::ReadTwice, departs - 1_650, desk, again, decided(&["already-on-board"]));
    if let Some(dead) = plan.dead() {
        let answer = because(&["not-entered"], "see-police-desk");
        plan.err(Mistake::DeceasedCard, departs - 900, desk, board(trip, dead, By::Card, Vec::new()), answer);
    }
    let who = plan.someone();
    let input = vec![("trip_ref", text("T-0")), ("passenger", Field::Person(who, By::Card))];
    plan.err(Mistake::UnknownTrip, departs - 600, desk, ask("board", input), refused("no-such-trip"));
}
