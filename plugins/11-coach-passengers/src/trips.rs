//! Trips: opening one, finding the one that a reading belongs to, and how it is remembered.

use pilothouse_sdk::places::Licence;
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{self, LONGEST_TRIP_REF};
use crate::settings::Settings;

pub(crate) const TRIPS: Table<Trip> = Table::named("trips");
const OPERATORS: Table<Operator> = Table::named("operators");

/// Most seats of a coach. Source: the plan's coaches carry passengers, not standing ones.
const MOST_SEATS: u8 = 60;
/// Most stops of a route.
const MOST_STOPS: usize = 40;
/// Trips of one coach on one day that are looked at; a coach that is turned around hourly makes 24.
const MOST_TRIPS_A_DAY: u32 = 24;
/// The class of whoever runs coaches.
const OPERATOR_CLASS: &str = "coach-operator";

/// A trip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trip {
    pub(crate) coach: FacilityId,
    pub(crate) trip: Ref,
    /// Where the coach is at home.
    pub(crate) unit: Option<UnitCode>,
    pub(crate) operator: FacilityId,
    pub(crate) route: Ref,
    pub(crate) km: Option<u32>,
    pub(crate) stops: Vec<Ref>,
    pub(crate) departs: Instant,
    /// When it is planned to end.
    pub(crate) ends: Instant,
    pub(crate) seats: u8,
    pub(crate) opened: Instant,
    pub(crate) closed: Option<Instant>,
    /// Its passengers are notified as lodgers.
    pub(crate) is_lodging: bool,
    /// Passengers entered so far: the next one's number follows.
    pub(crate) entered: u16,
    pub(crate) on_board: u16,
    /// It stands on the operator's list of trips that nobody closed.
    pub(crate) is_unclosed: bool,
    /// It stands on the operator's list of trips whose passengers the police should have and do not.
    pub(crate) is_unsent: bool,
}

impl Record for Trip {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let mut indexes = vec![("day", format!("{}{}", day_prefix(&self.coach, self.opened.date()), self.opened))];
        if self.closed.is_none() && !self.is_unclosed {
            indexes.push(("ends", self.ends.to_string()));
        }
        indexes
    }
}

/// An operator that has opened a trip.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Operator {
    since: Date,
}

impl Record for Operator {}

/// Key of a trip.
pub(crate) fn key(coach: &FacilityId, trip: &Ref) -> String {
    format!("{coach}/{trip}")
}

/// Beginning of the index `day` of a coach's trips that were opened on one day; what follows is the time, so that they come in order.
fn day_prefix(coach: &FacilityId, day: Date) -> String {
    format!("{coach}/{day}/")
}

impl Trip {
    /// Whether a reading of this time belongs to it.
    fn holds(&self, captured: Instant) -> bool {
        captured >= self.opened && self.closed.is_none_or(|closed| captured <= closed)
    }

    /// The trip of a coach with that reference.
    ///
    /// # Errors
    /// `no-such-trip`; those of the table.
    pub(crate) fn of(coach: &FacilityId, trip: &Ref) -> Result<Row<Self>, Refusal> {
        TRIPS.get(&key(coach, trip))?.ok_or_else(|| {
            Refusal::new("no-such-trip").at("/trip_ref").because("this coach has no trip of this reference: open it")
        })
    }

    /// The trip of a coach that was under way at a time: the last one opened before it, today or the day before.
    ///
    /// # Errors
    /// `no-open-trip`; those of the table.
    pub(crate) fn at(coach: &FacilityId, captured: Instant) -> Result<Row<Self>, Refusal> {
        for day in [captured.date(), captured.date().plus_days(-1)] {
            let opened = TRIPS.page("day", &day_prefix(coach, day), None, MOST_TRIPS_A_DAY)?;
            if let Some(row) = opened.into_iter().rev().find(|row| row.value.holds(captured)) {
                return Ok(row);
            }
        }
        Err(Refusal::new("no-open-trip")
            .because("no trip of this coach was open when the card was read: open it first"))
    }
}

/// A stop of a trip.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stop {
    code: Ref,
    planned: Instant,
}

/// A trip is opened.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenTrip {
    /// The operator's own number of the trip: at most 56 bytes.
    trip_ref: Ref,
    operator: FacilityId,
    /// The coach; the phone's own, where left out.
    facility: Option<FacilityId>,
    route_code: Ref,
    /// From the stop of departure to the last one, in order.
    #[schemars(length(min = 2, max = 40))]
    stops: Vec<Stop>,
    departs: Instant,
    #[schemars(range(min = 1, max = 60))]
    seats: u8,
}

/// A trip as it was opened.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Opened {
    trip_ref: String,
    seats: u8,
    /// Whether its passengers are notified as lodgers.
    notified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<Instant>,
}

/// Opens a trip, or names what is wrong with it.
pub(crate) fn open_trip(occasion: &Occasion, req: OpenTrip) -> Result<Outcome<Opened>, Refusal> {
    let settings: Settings = settings()?;
    let coach = Site::of(occasion, req.facility.as_ref())?;
    let opened = occasion.captured()?;
    if req.trip_ref.as_str().len() > LONGEST_TRIP_REF {
        return Err(Refusal::invalid("/trip_ref", "write the trip's number in at most 56 bytes"));
    }
    if !(1..=MOST_SEATS).contains(&req.seats) || req.stops.len() > MOST_STOPS {
        return Err(Refusal::invalid("/seats", "a coach has 1 to 60 seats, and a route at most 40 stops"));
    }
    let planned: Vec<Instant> = req.stops.iter().map(|stop| stop.planned).collect();
    if let Some((field, why)) = rules::times_mistake(req.departs, &planned) {
        return Err(Refusal::invalid(field, why));
    }
    let ends = planned.last().copied().unwrap_or(req.departs);
    let key = key(&coach.id, &req.trip_ref);
    if let Some(before) = TRIPS.get(&key)? {
        let trip = before.value;
        if trip.departs != req.departs || trip.seats != req.seats || trip.route != req.route_code {
            return Err(Refusal::conflict("this reference has another trip: choose a new one").at("/trip_ref"));
        }
        return Ok(outcome(&trip).reason("already-open"));
    }
    let problems = problems(&req, &coach, &planned, &settings, opened)?;
    if !problems.is_empty() {
        let data = Opened { trip_ref: req.trip_ref.to_string(), seats: req.seats, ..Opened::default() };
        return Ok(Outcome::with_data("problems", data)
            .codes(problems, [])
            .say("trip-problems", [])
            .next("mend-and-open-again"));
    }
    let km = settings.route(req.route_code.as_str()).map(|route| route.km);
    let trip = Trip {
        unit: coach.unit(),
        coach: coach.id,
        trip: req.trip_ref,
        operator: req.operator,
        route: req.route_code,
        km,
        stops: req.stops.into_iter().map(|stop| stop.code).collect(),
        departs: req.departs,
        ends,
        seats: req.seats,
        opened,
        closed: None,
        is_lodging: rules::needs_notice(req.departs, ends, km, settings.night(), settings.long_km),
        entered: 0,
        on_board: 0,
        is_unclosed: false,
        is_unsent: false,
    };
    TRIPS.insert(&key, &trip)?;
    if OPERATORS.get(trip.operator.as_str())?.is_none() {
        OPERATORS.put(trip.operator.as_str(), &Operator { since: opened.date() })?;
        reporting::count("operators-using", 1);
    }
    reporting::count_by("trips", 1, [("lodging", if trip.is_lodging { "yes" } else { "no" })]);
    Ok(outcome(&trip))
}

fn outcome(trip: &Trip) -> Outcome<Opened> {
    let data =
        Opened { trip_ref: trip.trip.to_string(), seats: trip.seats, notified: trip.is_lodging, ends: Some(trip.ends) };
    let outcome = Outcome::with_data("trip", data);
    if trip.is_lodging {
        outcome.say("trip-with-list", [("seats", trip.seats.to_text())])
    } else {
        outcome.say("trip-without-list", [("seats", trip.seats.to_text())])
    }
}

/// What is wrong with a trip, as codes. What cannot be looked up now is no problem: the coach drives all the same.
fn problems(
    req: &OpenTrip,
    coach: &Site,
    planned: &[Instant],
    settings: &Settings,
    opened: Instant,
) -> Result<Vec<&'static str>, Refusal> {
    let mut problems = Vec::new();
    if let Ok(operator) = places::facility(&req.operator) {
        match operator {
            Some(operator) if operator.class() == OPERATOR_CLASS => {
                if operator.licence() != Licence::Valid || coach.is_unlicensed() {
                    problems.push("licence-not-in-force");
                }
            }
            Some(_) | None => problems.push("operator-unknown"),
        }
    }
    if !settings.runs(&req.operator, &coach.id) {
        problems.push("vehicle-not-of-operator");
    }
    let capacity = coach.facility.as_ref().and_then(places::Facility::capacity);
    if capacity.is_some_and(|capacity| u32::from(req.seats) > capacity) {
        problems.push("too-many-seats");
    }
    if !rules::are_in_order(req.departs, planned) {
        problems.push("stops-out-of-order");
    }
    if settings.knows_routes() && settings.route(req.route_code.as_str()).is_none() {
        problems.push("route-unknown");
    }
    if Trip::at(&coach.id, opened).is_ok_and(|other| other.value.closed.is_none() && other.value.ends > req.departs) {
        problems.push("other-trip-open");
    }
    Ok(problems)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn trip() -> Trip {
        let at = |text| Instant::parse(text).unwrap();
        Trip {
            coach: FacilityId::parse("coach-001").unwrap(),
            trip: Ref::parse("T-1").unwrap(),
            unit: UnitCode::parse("18880").ok(),
            operator: FacilityId::parse("coach-operator-001").unwrap(),
            route: Ref::parse("QB-HN").unwrap(),
            km: Some(500),
            stops: vec![Ref::parse("DH").unwrap(), Ref::parse("HN").unwrap()],
            departs: at("2026-03-02T21:00:00+07:00"),
            ends: at("2026-03-03T07:00:00+07:00"),
            seats: 40,
            opened: at("2026-03-02T20:30:00+07:00"),
            closed: None,
            is_lodging: true,
            entered: 0,
            on_board: 0,
            is_unclosed: false,
            is_unsent: false,
        }
    }

    #[test]
    fn a_reading_belongs_to_the_trip_that_was_open_when_it_was_made() {
        let mut trip = trip();
        assert!(trip.holds(trip.opened) && trip.holds(trip.ends.plus_hours(3)));
        assert!(!trip.holds(trip.opened.plus_seconds(-1)));
        trip.closed = Some(trip.ends);
        assert!(trip.holds(trip.ends) && !trip.holds(trip.ends.plus_seconds(1)));
    }

    #[test]
    fn a_trip_that_is_closed_or_flagged_is_not_looked_for_again() {
        let names = |trip: &Trip| trip.indexes().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let mut trip = trip();
        assert_eq!(names(&trip), ["day", "ends"]);
        trip.is_unclosed = true;
        assert_eq!(names(&trip), ["day"]);
    }
}
