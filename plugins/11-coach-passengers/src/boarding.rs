//! People board and get off. Whatever a register says or does not say, only a full coach and a death keep somebody off the list.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::passengers::{self, Handed, PASSENGERS, Passenger, Standing, worded};
use crate::rules;
use crate::settings::Settings;
use crate::trips::{TRIPS, Trip};

/// Entries of one person on one trip that are looked at.
const MOST_ENTRIES: u32 = 8;

/// Somebody boards.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Board {
    trip_ref: Ref,
    /// The coach; the phone's own, where left out.
    facility: Option<FacilityId>,
    passenger: Person,
    /// One of the trip's stops; none at the roadside.
    stop: Option<Ref>,
    #[schemars(range(min = 1, max = 60))]
    seat: Option<u8>,
    /// The passenger is a child, as the conductor sees.
    #[serde(default)]
    minor: bool,
    /// The adult with whom a child came.
    with_adult: Option<Person>,
    /// For foreigners: the permitted stay, from visa or stamp.
    permitted_until: Option<Date>,
}

/// What became of a boarding.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Boarded {
    trip_ref: String,
    /// Number on the trip; for somebody who is on board already, the first entry's.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u16>,
    on_board: u16,
    seats: u8,
    /// By when the police want the notice, where one is owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<Instant>,
    /// It reached the host later than the department allows, or than it was due.
    late: bool,
    /// The number to phone where the police cannot be told from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

impl Boarded {
    fn on(trip: &Trip) -> Self {
        Self { trip_ref: trip.trip.to_string(), on_board: trip.on_board, seats: trip.seats, ..Self::default() }
    }
}

/// Somebody boards, entered by the conductor.
pub(crate) fn board(occasion: &Occasion, req: Board) -> Result<Outcome<Boarded>, Refusal> {
    let settings: Settings = settings()?;
    let coach = Site::of(occasion, req.facility.as_ref())?;
    let captured = occasion.captured()?;
    let row = Trip::of(&coach.id, &req.trip_ref)?;
    enter(occasion, &settings, row, req, captured).map(|(outcome, _)| outcome)
}

/// A card or code at the conductor's phone, by itself or in a bundle that was read where there was no signal.
pub(crate) fn on_reading(occasion: &Occasion, reading: Reading) -> Result<Outcome<Boarded>, Refusal> {
    let settings: Settings = settings()?;
    let coach = Site::of(occasion, None)?;
    let captured = reading.captured_at().min(occasion.captured()?);
    let row = Trip::at(&coach.id, captured)?;
    let req = Board {
        trip_ref: row.value.trip.clone(),
        facility: None,
        passenger: reading.person(),
        stop: None,
        seat: None,
        minor: false,
        with_adult: None,
        permitted_until: None,
    };
    let (outcome, signal) = enter(occasion, &settings, row, req, captured)?;
    readers::light(signal);
    Ok(outcome)
}

/// Enters a passenger once, whichever phone says so and however late.
fn enter(
    occasion: &Occasion,
    settings: &Settings,
    mut row: Row<Trip>,
    req: Board,
    captured: Instant,
) -> Result<(Outcome<Boarded>, Signal), Refusal> {
    let at = occasion.at();
    check(&row.value, &req, captured)?;
    let trip = &mut row.value;
    let guest = req.passenger.pseudonym()?;
    let index = format!("{}{guest}", passengers::prefix(&trip.coach, &trip.trip));
    let before = PASSENGERS.page("guest", &index, None, MOST_ENTRIES)?;
    if let Some(twin) = before.iter().map(|row| &row.value).find(|twin| twin.left.is_none_or(|left| captured <= left)) {
        let data = Boarded { number: Some(twin.number), due: owed(twin), ..Boarded::on(trip) };
        let outcome = Outcome::with_data("already-on-board", data).say("already-on-board", []);
        let is_same = rules::is_same_boarding(twin.boarded, captured, settings.same_boarding_minutes);
        return Ok(if is_same {
            (outcome.reason("same-boarding"), Signal::Green)
        } else {
            // Somebody reads one card for two people, or forgot that it was read.
            (outcome.reason("read-twice").next("ask-who"), Signal::Amber)
        });
    }
    let is_seated = req.seat.is_none_or(|seat| seat <= trip.seats);
    if !is_seated || (trip.closed.is_none() && trip.on_board >= u16::from(trip.seats)) {
        reporting::count("overbooked", 1);
        let outcome = Outcome::with_data("full", Boarded::on(trip));
        return Ok((outcome.say("full", [("seats", trip.seats.to_text())]).next("no-more-passengers"), Signal::Red));
    }
    let look = match look(&req, settings) {
        Some(look) => look,
        None => {
            let outcome = Outcome::with_data("not-entered", Boarded::on(trip)).reason("see-police-desk");
            return Ok((outcome.say("see-police-desk", []).next("go-to-police-desk"), Signal::Red));
        }
    };
    trip.entered = trip.entered.saturating_add(1);
    if trip.closed.is_none() {
        trip.on_board = trip.on_board.saturating_add(1);
    }
    let hours = look.is_foreign.then_some(settings.foreign_hours);
    let mut passenger = Passenger {
        coach: trip.coach.clone(),
        trip: trip.trip.clone(),
        number: trip.entered,
        reading: occasion.reference()?,
        guest,
        sealed: req.passenger.seal().ok(),
        with_adult: req.with_adult.as_ref().and_then(|adult| adult.pseudonym().ok()),
        permitted_until: req.permitted_until,
        seat: req.seat,
        boarded: captured,
        left: trip.closed,
        due: rules::notice_due(captured, trip.departs, settings.morning(), hours),
        is_identified: look.is_identified,
        not_before: captured.max(trip.departs),
        standing: if trip.is_lodging { Standing::Waiting } else { Standing::NotOwed },
    };
    // Before departure the list waits, since people still get off; a notice of somebody without a number cannot wait.
    let goes_now = passenger.standing == Standing::Waiting && (at >= trip.departs || passenger.sealed.is_none());
    let handed = if goes_now { passenger.hand_over(Some(&req.passenger)) } else { Handed::Over };
    let is_owed = passenger.standing != Standing::NotOwed;
    if goes_now && matches!(handed, Handed::Over | Handed::Queued) {
        passenger.count(at);
    }
    let is_late = rules::is_late(captured, at, settings.late_limit_hours) || (is_owed && at > passenger.due);
    let is_clear = look.reasons.is_empty();
    let data = Boarded {
        number: Some(passenger.number),
        due: owed(&passenger),
        late: is_late,
        phone: (handed == Handed::Never).then(|| settings.police_phone.clone()),
        ..Boarded::on(trip)
    };
    let is_roadside = req.stop.is_none() && captured > trip.departs;
    count(&look, is_roadside, captured != at);
    PASSENGERS.insert(&passenger.key(), &passenger)?;
    TRIPS.save(&row)?;
    let outcome = Outcome::with_data(if is_clear { "boarded" } else { "boarded-check-later" }, data)
        .codes(look.reasons, look.next)
        .say("boarded", [("number", passenger.number.to_text())]);
    let outcome = if is_late { outcome.reason("late") } else { outcome };
    let outcome = worded(outcome, handed);
    let outcome = match handed {
        Handed::Never => outcome.say("boarded-phone", [("phone", settings.police_phone.clone())]),
        Handed::Over | Handed::Queued | Handed::NotNow => outcome,
    };
    Ok((outcome, if is_clear { Signal::Green } else { Signal::Amber }))
}

/// What is wrong with an entry.
fn check(trip: &Trip, req: &Board, captured: Instant) -> Result<(), Refusal> {
    if captured < trip.opened {
        return Err(
            Refusal::new("before-trip").because("the card was read before the trip was opened: open the trip first")
        );
    }
    if trip.closed.is_some_and(|closed| captured > closed) {
        return Err(Refusal::new("trip-closed").at("/trip_ref").because("the trip is over: board on the next one"));
    }
    if req.seat == Some(0) {
        return Err(Refusal::invalid("/seat", "seats are numbered from 1"));
    }
    if req.stop.as_ref().is_some_and(|stop| !trip.stops.contains(stop)) {
        return Err(Refusal::invalid("/stop", "name a stop of the trip, or leave it out at the roadside"));
    }
    if let Some(adult) = &req.with_adult
        && req.passenger.same(adult).unwrap_or(false)
    {
        return Err(Refusal::invalid("/with_adult", "nobody accompanies themselves: name the adult"));
    }
    Ok(())
}

fn owed(passenger: &Passenger) -> Option<Instant> {
    (passenger.standing != Standing::NotOwed).then_some(passenger.due)
}

/// A passenger as the conductor sees them.
struct Look {
    method: &'static str,
    is_foreign: bool,
    is_identified: bool,
    reasons: Vec<&'static str>,
    next: Vec<&'static str>,
}

/// Looks at a passenger. None: recorded as dead.
fn look(req: &Board, settings: &Settings) -> Option<Look> {
    let seen = Seen::of(&req.passenger);
    let kind = req.passenger.kind().unwrap_or(PersonKind::Unidentified);
    let is_foreign = kind == PersonKind::Foreigner || (req.permitted_until.is_some() && kind != PersonKind::Citizen);
    let (mut reasons, mut next) = (Vec::new(), Vec::new());
    let is_alone = settings.minors_with_adult && req.minor && req.with_adult.is_none();
    if is_alone {
        reasons.push("with-adult");
        next.push("ask-adult");
    }
    let is_identified = match seen.has_number.then(|| population::check(&req.passenger, [])) {
        Some(Checked::Deceased) => return None,
        Some(Checked::Answered([])) => true,
        Some(Checked::NotFound) => {
            reasons.push("not-in-population");
            next.push("check-number");
            false
        }
        // On the road the database is often out of reach: the trip goes on.
        Some(Checked::Unanswered) => {
            reasons.push("not-verified");
            false
        }
        None if req.minor && !is_alone => false,
        None => {
            reasons.push("declared");
            next.push("ask-for-identity");
            false
        }
    };
    if is_foreign && req.permitted_until.is_none() {
        reasons.push("permitted-until");
        next.push("ask-permitted-until");
    }
    Some(Look { method: seen.code(), is_foreign, is_identified, reasons, next })
}

fn count(look: &Look, is_roadside: bool, was_offline: bool) {
    reporting::count_by("passengers", 1, [("method", look.method)]);
    reporting::share("identified", look.is_identified);
    if is_roadside {
        reporting::share("roadside-identified", look.is_identified);
    }
    reporting::share("offline", was_offline);
}

/// Somebody gets off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alight {
    trip_ref: Ref,
    /// The coach; the phone's own, where left out.
    facility: Option<FacilityId>,
    /// Who, or from which seat.
    passenger: Option<Person>,
    #[schemars(range(min = 1, max = 60))]
    seat: Option<u8>,
    /// One of the trip's stops; none at the roadside.
    stop: Option<Ref>,
}

/// Somebody gets off, and the police learn of it where they know of the passenger.
pub(crate) fn alight(occasion: &Occasion, req: Alight) -> Result<Outcome<Boarded>, Refusal> {
    let coach = Site::of(occasion, req.facility.as_ref())?;
    let captured = occasion.captured()?;
    let mut row = Trip::of(&coach.id, &req.trip_ref)?;
    if req.stop.as_ref().is_some_and(|stop| !row.value.stops.contains(stop)) {
        return Err(Refusal::invalid("/stop", "name a stop of the trip, or leave it out at the roadside"));
    }
    let guest = req.passenger.as_ref().map(Person::pseudonym).transpose()?;
    if guest.is_none() && req.seat.is_none() {
        return Err(Refusal::invalid("/passenger", "say who gets off, or from which seat"));
    }
    let found = passengers::of_trip(&row.value)?.into_iter().find(|row| {
        let passenger = &row.value;
        let is_who = guest.as_ref().is_none_or(|guest| *guest == passenger.guest);
        is_who && passenger.left.is_none() && req.seat.is_none_or(|seat| passenger.seat == Some(seat))
    });
    let Some(mut passenger) = found else {
        return Err(Refusal::new("no-such-passenger").because("nobody on board fits: see trip-state"));
    };
    if captured < passenger.value.boarded {
        return Err(Refusal::invalid("", "nobody gets off before boarding: check the phone's clock"));
    }
    passenger.value.left = Some(captured);
    // Who leaves before the departure travels nowhere.
    if passenger.value.standing == Standing::Waiting && captured < row.value.departs {
        passenger.value.standing = Standing::NotOwed;
    }
    let was_unsent = passenger.value.is_unsent();
    let handed = passenger.value.hand_over(req.passenger.as_ref());
    if was_unsent && !passenger.value.is_unsent() {
        passenger.value.count(occasion.at());
    }
    row.value.on_board = row.value.on_board.saturating_sub(1);
    PASSENGERS.save(&passenger)?;
    TRIPS.save(&row)?;
    let data = Boarded { number: Some(passenger.value.number), ..Boarded::on(&row.value) };
    let outcome = Outcome::with_data("alighted", data).say("alighted", [("on_board", row.value.on_board.to_text())]);
    Ok(worded(outcome, handed))
}
