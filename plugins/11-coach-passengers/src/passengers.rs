//! Passengers of a trip, and how the police come to know of them: now, with the list after departure, or when the line is back.

use pilothouse_sdk::lodging::{Handover, Stay};
use pilothouse_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::trips::Trip;

pub(crate) const PASSENGERS: Table<Passenger> = Table::named("passengers");

/// Most passengers of a trip that are looked at: every seat taken twice, and some.
pub(crate) const MOST_OF_A_TRIP: usize = 150;

/// "Mục đích khác" of the police portal's list, with its words.
const REASON: u8 = 20;
const REASON_TEXT: &str = "Đi xe khách đường dài";
/// What stands for a room where no seat was given.
const NO_SEAT: &str = "-";

/// How far the notice of a passenger has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// None is owed.
    NotOwed,
    /// It goes out after departure, or once it can be handed over.
    Waiting,
    /// It was handed over.
    Sent,
    /// It was handed over, and so was the departure.
    Over,
    /// It cannot be handed over: the operator tells the police on paper.
    OnPaper,
}

/// A passenger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passenger {
    pub(crate) coach: FacilityId,
    pub(crate) trip: Ref,
    /// Number on the trip, from 1.
    pub(crate) number: u16,
    /// The phone's own reference of the reading or entry.
    pub(crate) reading: Ref,
    pub(crate) guest: Pseudonym,
    /// For a notice that goes out later. None for someone without a number, whose notice cannot wait.
    pub(crate) sealed: Option<SealedPerson>,
    pub(crate) with_adult: Option<Pseudonym>,
    pub(crate) permitted_until: Option<Date>,
    pub(crate) seat: Option<u8>,
    pub(crate) boarded: Instant,
    pub(crate) left: Option<Instant>,
    pub(crate) due: Instant,
    /// A register knows the number that was shown.
    pub(crate) is_identified: bool,
    /// Not before: the departure, or the boarding after it.
    pub(crate) not_before: Instant,
    pub(crate) standing: Standing,
}

impl Record for Passenger {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let mut indexes = vec![
            ("trip", format!("{}{:04}", self.prefix(), self.number)),
            ("guest", format!("{}{}", self.prefix(), self.guest)),
        ];
        if self.is_behind() {
            indexes.push(("waiting", self.not_before.to_string()));
        }
        indexes
    }
}

/// Beginning of the keys and index values of a trip's passengers. Ends in a slash, so that T-1 is not the beginning of T-10.
pub(crate) fn prefix(coach: &FacilityId, trip: &Ref) -> String {
    format!("{coach}/{trip}/")
}

/// All passengers of a trip, in the order in which they were entered.
///
/// # Errors
/// Those of the table.
pub(crate) fn of_trip(trip: &Trip) -> Result<Vec<Row<Passenger>>, Denial> {
    let mut rows = PASSENGERS.first(MOST_OF_A_TRIP, "trip", &prefix(&trip.coach, &trip.trip))?;
    // A reference may have slashes, so the beginning alone does not tell.
    rows.retain(|row| row.value.trip == trip.trip);
    Ok(rows)
}

/// How a notice was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handed {
    /// The host has it, and the police are on the line.
    Over,
    /// The host has it, and the police cannot be reached.
    Queued,
    /// Not now: it is tried again.
    NotNow,
    /// Not through this pilot.
    Never,
}

impl Passenger {
    fn prefix(&self) -> String {
        prefix(&self.coach, &self.trip)
    }

    pub(crate) fn key(&self) -> String {
        format!("{}{:04}", self.prefix(), self.number)
    }

    /// Whether the police are behind what is known here.
    fn is_behind(&self) -> bool {
        match self.standing {
            Standing::Waiting => true,
            Standing::Sent => self.left.is_some(),
            Standing::NotOwed | Standing::Over | Standing::OnPaper => false,
        }
    }

    /// Whether the police do not have it though it is owed.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self.standing, Standing::Waiting | Standing::OnPaper)
    }

    /// The reference under which the police know this passenger.
    fn notice(&self) -> Result<Ref, Denial> {
        Ref::parse(&format!("{}/{}", self.trip, self.number))
            .map_err(|_| Denial::local(DenialKind::Invalid, "trip_ref"))
    }

    /// Brings the police to where this passenger is: the notice if they have none, the departure if they do not know of it.
    /// `person` is the handle of this call, where there is one.
    pub(crate) fn hand_over(&mut self, person: Option<&Person>) -> Handed {
        let mut handed = Handed::Over;
        if self.standing == Standing::Waiting {
            match self.notify(person) {
                Ok(Handover::Queued) => handed = Handed::Queued,
                Ok(Handover::Sending | Handover::Withdrawn) => {}
                Err(denial) if denial.is_temporary() && self.sealed.is_some() => return Handed::NotNow,
                Err(_) => {
                    self.standing = Standing::OnPaper;
                    return Handed::Never;
                }
            }
            self.standing = Standing::Sent;
        }
        if let (Standing::Sent, Some(left)) = (self.standing, self.left) {
            match self.notice().and_then(|notice| lodging::depart(&self.coach, &notice, left)) {
                Err(denial) if denial.is_temporary() => return Handed::NotNow,
                // Where the host knows of a departure already, or of no notice, there is nothing more to say.
                Ok(_) | Err(_) => self.standing = Standing::Over,
            }
        }
        handed
    }

    fn notify(&self, person: Option<&Person>) -> Result<Handover, Denial> {
        let reopened;
        let person = match (person, &self.sealed) {
            (Some(person), _) => person,
            (None, Some(sealed)) => {
                reopened = sealed.reopen()?;
                &reopened
            }
            (None, None) => return Err(Denial::local(DenialKind::NotFound, "person")),
        };
        let stay = Stay {
            reference: self.notice()?,
            facility: self.coach.clone(),
            room: self.seat.map_or_else(|| NO_SEAT.to_owned(), |seat| seat.to_string()),
            arrived: self.boarded,
            expected_leave: None,
            reason: REASON,
            reason_text: Some(REASON_TEXT.to_owned()),
            due: self.due,
            permitted_until: self.permitted_until,
        };
        lodging::notify(person, stay)
    }

    /// Counts a notice that was handed over at `at`.
    pub(crate) fn count(&self, at: Instant) {
        reporting::share("notices-on-time", at <= self.due);
    }
}

/// How a notice was handed over, as the conductor reads it.
pub(crate) fn worded<D>(outcome: Outcome<D>, handed: Handed) -> Outcome<D> {
    match handed {
        Handed::Over => outcome,
        Handed::Queued => outcome.reason("police-unreachable"),
        Handed::NotNow => outcome.reason("kept-here"),
        Handed::Never => outcome.reason("not-through-here").next("phone-police"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::trips::tests::trip;

    pub(crate) fn passenger(standing: Standing, left: Option<Instant>) -> Passenger {
        let trip = trip();
        Passenger {
            coach: trip.coach,
            trip: trip.trip,
            number: 7,
            reading: Ref::parse("R-7").unwrap(),
            guest: serde_json::from_str("\"abcdefghijklmnopqrstuvwxyz\"").unwrap(),
            sealed: None,
            with_adult: None,
            permitted_until: None,
            seat: Some(12),
            boarded: trip.opened,
            left,
            due: trip.ends.plus_hours(1),
            is_identified: true,
            not_before: trip.departs,
            standing,
        }
    }

    #[test]
    fn the_police_are_behind_while_a_notice_or_a_departure_is_not_handed_over() {
        let left = Some(trip().ends);
        assert!(passenger(Standing::Waiting, None).is_behind() && passenger(Standing::Sent, left).is_behind());
        for (standing, left) in
            [(Standing::NotOwed, left), (Standing::Sent, None), (Standing::Over, left), (Standing::OnPaper, left)]
        {
            assert!(!passenger(standing, left).is_behind(), "{standing:?}");
        }
    }

    #[test]
    fn a_trip_is_not_the_beginning_of_another() {
        let coach = FacilityId::parse("coach-001").unwrap();
        let prefix = |trip| prefix(&coach, &Ref::parse(trip).unwrap());
        assert!(!prefix("T-10").starts_with(&prefix("T-1")));
    }

    #[test]
    fn the_longest_trip_reference_leaves_room_for_the_passengers_number() {
        let mut passenger = passenger(Standing::Waiting, None);
        passenger.trip = Ref::parse(&"x".repeat(crate::rules::LONGEST_TRIP_REF)).unwrap();
        passenger.number = u16::MAX;
        assert!(passenger.notice().is_ok());
    }
}
