//! What is done without anyone on the coach: lists that go out after departure or once the line is back, and trips that nobody closed.

use std::collections::BTreeSet;

use pilothouse_sdk::alerts::{self, Alert, Severity};
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::passengers::{Handed, PASSENGERS};
use crate::settings::Settings;
use crate::trips::{self, TRIPS, Trip};

/// What one round looks at, so that it stays within the 256 people that one call may name: the oldest first, the rest three minutes later.
const MOST_WAITING: usize = 180;
/// Trips that one look flags.
const MOST_TRIPS: usize = 100;

/// What a round did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Round {
    /// Notices and departures that are handed over now.
    handed_over: u32,
    /// Of these, such as wait at the host because the police cannot be reached.
    queued: u32,
    /// Such as will never be taken: the operator tells the police on paper.
    given_up: u32,
}

/// Every three minutes: the lists of coaches that have departed go out, and what waited for the line.
pub(crate) fn lists(occasion: &Occasion) -> Result<Outcome<Round>, Refusal> {
    let at = occasion.at();
    let mut round = Round::default();
    for mut row in PASSENGERS.first(MOST_WAITING, "waiting", "")? {
        if row.value.not_before > at {
            break;
        }
        let was_unsent = row.value.is_unsent();
        match row.value.hand_over(None) {
            // Still down, for everyone: the next round tries again.
            Handed::NotNow => {
                PASSENGERS.save(&row)?;
                break;
            }
            Handed::Over => round.handed_over += 1,
            Handed::Queued => (round.handed_over, round.queued) = (round.handed_over + 1, round.queued + 1),
            Handed::Never => round.given_up += 1,
        }
        if was_unsent && !row.value.is_unsent() {
            row.value.count(at);
        }
        PASSENGERS.save(&row)?;
    }
    Ok(Outcome::with_data("lists-done", round))
}

/// What a look found.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Overdue {
    /// Trips that nobody closed, newly on the operator's list.
    unclosed: u32,
    /// Trips whose passengers the police should have and do not, likewise.
    unsent: u32,
}

/// Every half hour: trips that should have ended hours ago, and lists that should have gone out, come on the operator's list, once.
pub(crate) fn overdue(occasion: &Occasion) -> Result<Outcome<Overdue>, Refusal> {
    let settings: Settings = settings()?;
    let at = occasion.at();
    let mut found = Overdue::default();
    for mut row in TRIPS.first(MOST_TRIPS, "ends", "")? {
        if at.seconds_since(row.value.ends) < i64::from(settings.unclosed_hours) * 3600 {
            break;
        }
        row.value.is_unclosed = true;
        TRIPS.save(&row)?;
        tell(&row.value, "unclosed", at);
        found.unclosed += 1;
    }
    let waiting = PASSENGERS.first(MOST_WAITING, "waiting", "")?;
    let is_behind = |from: Instant| at.seconds_since(from) > i64::from(settings.unsent_minutes) * 60;
    let behind = waiting.iter().map(|row| &row.value).filter(|passenger| passenger.is_unsent());
    let trips: BTreeSet<String> = behind
        .filter(|passenger| is_behind(passenger.not_before))
        .map(|passenger| trips::key(&passenger.coach, &passenger.trip))
        .collect();
    for key in trips.iter().take(MOST_TRIPS) {
        let Some(mut row) = TRIPS.get(key)?.filter(|row| !row.value.is_unsent) else { continue };
        row.value.is_unsent = true;
        TRIPS.save(&row)?;
        tell(&row.value, "unsent", at);
        found.unsent += 1;
    }
    if found.unclosed > 0 {
        reporting::count("trips-not-closed", found.unclosed);
    }
    if found.unsent > 0 {
        reporting::count("trips-unsent", found.unsent);
    }
    let (unclosed, unsent) = (found.unclosed.to_text(), found.unsent.to_text());
    Ok(Outcome::new("listed").say("overdue", [("unclosed", unclosed), ("unsent", unsent)]).data(found))
}

/// Tells the desk on duty, once a trip and day. A desk that cannot be told sees the trip on the operator's list all the same.
fn tell(trip: &Trip, what: &str, at: Instant) {
    let Some(unit) = trip.unit.clone() else { return };
    let alert = Alert {
        kind: "trip-incident",
        severity: Severity::Look,
        unit,
        subject: Ref::parse(&trips::key(&trip.coach, &trip.trip)).unwrap_or_else(|_| trip.trip.clone()),
        window: format!("{}-{what}", at.date()),
        facts: vec![("coach", trip.coach.to_string()), ("trip", trip.trip.to_string()), ("what", what.to_owned())],
        respond_by: None,
    };
    let _ = alerts::raise(&alert, None);
}
