//! The end of a trip: what is left of the list goes out, everybody gets off, and what was not entered is named.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::passengers::{self, Handed, PASSENGERS, Passenger, Standing};
use crate::rules;
use crate::settings::Settings;
use crate::trips::{TRIPS, Trip};

/// The trip ends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseTrip {
    trip_ref: Ref,
    /// The coach; the phone's own, where left out.
    facility: Option<FacilityId>,
    ended: Instant,
    /// People whom the conductor counted and who were not entered.
    #[serde(default)]
    #[schemars(range(max = 200))]
    left_over: u8,
}

/// A trip's list at its end.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Closed {
    trip_ref: String,
    /// Passengers entered.
    passengers: usize,
    /// Of these, such as the host has notices of.
    sent: usize,
    /// Of these, such as wait for the line.
    queued: usize,
    identified_percent: u8,
    left_over: u8,
    /// Passengers whom no register knows.
    unmatched: Vec<Unmatched>,
    /// The number to phone where the police cannot be told from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

/// A passenger whom no register knows.
#[derive(Debug, Serialize, JsonSchema)]
struct Unmatched {
    number: u16,
    /// The phone's own reference of the reading or entry.
    reading_ref: String,
}

impl Closed {
    fn of(trip: &Trip, rows: &[Row<Passenger>]) -> Self {
        let passengers = || rows.iter().map(|row| &row.value);
        let identified = passengers().filter(|passenger| passenger.is_identified).count();
        let unmatched = passengers().filter(|passenger| !passenger.is_identified);
        Self {
            trip_ref: trip.trip.to_string(),
            passengers: rows.len(),
            sent: passengers().filter(|p| matches!(p.standing, Standing::Sent | Standing::Over)).count(),
            queued: passengers().filter(|p| p.standing == Standing::Waiting).count(),
            identified_percent: rules::percent(identified, rows.len()),
            unmatched: unmatched.map(|p| Unmatched { number: p.number, reading_ref: p.reading.to_string() }).collect(),
            ..Self::default()
        }
    }
}

/// Closes a trip, once.
pub(crate) fn close_trip(occasion: &Occasion, req: CloseTrip) -> Result<Outcome<Closed>, Refusal> {
    let settings: Settings = settings()?;
    let coach = Site::of(occasion, req.facility.as_ref())?;
    let at = occasion.at();
    let mut row = Trip::of(&coach.id, &req.trip_ref)?;
    let mut rows = passengers::of_trip(&row.value)?;
    if row.value.closed.is_some() {
        let closed = Closed::of(&row.value, &rows);
        return Ok(outcome(&row.value, closed, Handed::Over).reason("already-closed"));
    }
    if req.ended.is_ahead_of(at) || req.ended < row.value.departs {
        return Err(Refusal::invalid("/ended", "a trip ends after its departure, and not in the future"));
    }
    let trip = &mut row.value;
    trip.closed = Some(req.ended.max(trip.opened));
    trip.on_board = 0;
    if !trip.is_lodging {
        // A delay can carry a day trip into the night.
        trip.is_lodging = rules::needs_notice(trip.departs, req.ended, trip.km, settings.night(), settings.long_km);
    }
    let mut worst = Handed::Over;
    for row in &mut rows {
        let passenger = &mut row.value;
        passenger.left = passenger.left.or(trip.closed);
        if trip.is_lodging && passenger.standing == Standing::NotOwed && passenger.left > Some(trip.departs) {
            passenger.standing = if passenger.sealed.is_some() { Standing::Waiting } else { Standing::OnPaper };
        }
        let was_unsent = passenger.is_unsent();
        // Once the line is down it is down for everyone: the rest waits for the next round.
        let handed = if worst == Handed::NotNow { Handed::NotNow } else { passenger.hand_over(None) };
        if was_unsent && matches!(handed, Handed::Over | Handed::Queued) && !passenger.is_unsent() {
            passenger.count(at);
        }
        worst = graver(worst, if passenger.standing == Standing::OnPaper { Handed::Never } else { handed });
        PASSENGERS.save(row)?;
    }
    let mut closed = Closed::of(trip, &rows);
    closed.left_over = req.left_over;
    if worst == Handed::Never {
        closed.phone = Some(settings.police_phone.clone());
    }
    if trip.is_lodging {
        reporting::share("lists-sent-at-end", worst != Handed::NotNow && worst != Handed::Never);
    }
    reporting::count("trips-closed", 1);
    TRIPS.save(&row)?;
    let left_over = req.left_over;
    let outcome = outcome(&row.value, closed, worst);
    Ok(if left_over > 0 {
        reporting::count("not-entered", left_over.into());
        outcome.reason("people-not-entered").next("enter-by-hand")
    } else {
        outcome
    })
}

/// The graver of two ways in which notices were handed over.
fn graver(one: Handed, other: Handed) -> Handed {
    let grave = |handed| match handed {
        Handed::Over => 0,
        Handed::Queued => 1,
        Handed::Never => 2,
        Handed::NotNow => 3,
    };
    if grave(other) > grave(one) { other } else { one }
}

fn outcome(trip: &Trip, closed: Closed, worst: Handed) -> Outcome<Closed> {
    let sent = closed.sent.to_text();
    let has_unmatched = !closed.unmatched.is_empty();
    let mut outcome = if !trip.is_lodging {
        Outcome::with_data("no-notice-due", closed).say("no-notice-due", [])
    } else if worst == Handed::Over && closed.queued == 0 {
        Outcome::with_data("list-sent", closed).say("list-sent", [("sent", sent)])
    } else {
        let phone = closed.phone.is_some();
        let outcome = Outcome::with_data("list-queued", closed).say("list-queued", [("sent", sent)]);
        match worst {
            Handed::Queued => outcome.reason("police-unreachable"),
            _ if phone => outcome.reason("not-through-here").next("phone-police"),
            _ => outcome.reason("kept-here"),
        }
    };
    if has_unmatched {
        outcome = outcome.reason("unmatched");
    }
    outcome
}

/// How a trip stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateOf {
    trip_ref: Ref,
    /// The coach; the phone's own, where left out.
    facility: Option<FacilityId>,
}

/// A trip under way.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct TripState {
    on_board: u16,
    seats: u8,
    passengers: usize,
    identified_percent: u8,
    /// Passengers whom the police do not have though they want them.
    unsent: usize,
    /// The next time by which they want one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_due: Option<Instant>,
    closed: bool,
    /// On the operator's list of trips that nobody closed, or whose list is not sent.
    overdue: bool,
}

/// How a trip stands.
pub(crate) fn trip_state(occasion: &Occasion, req: StateOf) -> Result<Outcome<TripState>, Refusal> {
    let coach = Site::of(occasion, req.facility.as_ref())?;
    let trip = Trip::of(&coach.id, &req.trip_ref)?.value;
    let rows = passengers::of_trip(&trip)?;
    let unsent = || rows.iter().map(|row| &row.value).filter(|passenger| passenger.is_unsent());
    let identified = rows.iter().filter(|row| row.value.is_identified).count();
    let state = TripState {
        on_board: trip.on_board,
        seats: trip.seats,
        passengers: rows.len(),
        identified_percent: rules::percent(identified, rows.len()),
        unsent: unsent().count(),
        next_due: unsent().map(|passenger| passenger.due).min(),
        closed: trip.closed.is_some(),
        overdue: trip.is_unclosed || trip.is_unsent,
    };
    let (on_board, open) = (state.on_board.to_text(), state.unsent.to_text());
    Ok(Outcome::with_data("state", state).say("state", [("on_board", on_board), ("unsent", open)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passengers::tests::passenger;
    use crate::trips::tests::trip;

    #[test]
    fn a_list_counts_who_is_sent_who_waits_and_whom_nobody_knows() {
        let row = |standing, is_identified| {
            let value = Passenger { is_identified, ..passenger(standing, None) };
            Row { key: value.key(), version: 1, value }
        };
        let rows = [row(Standing::Sent, true), row(Standing::Over, true), row(Standing::Waiting, false)];
        let closed = Closed::of(&trip(), &rows);
        assert_eq!((closed.passengers, closed.sent, closed.queued, closed.identified_percent), (3, 2, 1, 66));
        assert_eq!(closed.unmatched.iter().map(|u| u.reading_ref.as_str()).collect::<Vec<_>>(), ["R-7"]);
    }

    #[test]
    fn a_list_is_sent_only_where_all_of_it_is() {
        let decided = |worst| outcome(&trip(), Closed::default(), worst).decision().to_owned();
        assert_eq!(decided(Handed::Over), "list-sent");
        for worst in [Handed::Queued, Handed::NotNow, Handed::Never] {
            assert_eq!(decided(worst), "list-queued");
        }
    }

    #[test]
    fn what_must_be_tried_again_outweighs_what_is_done() {
        assert_eq!(graver(Handed::Over, Handed::Queued), Handed::Queued);
        assert_eq!(graver(Handed::NotNow, Handed::Never), Handed::NotNow);
    }
}
