//! Pilot 11: passengers of long-distance coaches (Plan 179, II.2.7).
//!
//! Forty people board in a quarter of an hour, then there is no signal. A passenger is entered once, whichever phone read the card and
//! whenever its bundle arrives; the list goes to the police after departure and in pieces as the line comes back. Nobody is kept off
//! the coach by a register.
#![forbid(unsafe_code)]

mod boarding;
mod closing;
mod passengers;
mod rounds;
mod rules;
mod settings;
mod trips;

use boarding::{alight, board, on_reading};
use closing::{close_trip, trip_state};
use rounds::{lists, overdue};
use trips::open_trip;

pilothouse_sdk::export! {
    operations: {
        "open-trip" => open_trip,
        "board" => board,
        "alight" => alight,
        "close-trip" => close_trip,
        "trip-state" => trip_state,
    },
    readings: on_reading,
    schedules: { "lists" => lists, "overdue" => overdue },
}

#[cfg(test)]
mod tests {
    /// Codes that a rule chooses, as the texts' own keys.
    const COMPUTED: [&str; 7] = [
        "reason-operator-unknown",
        "reason-vehicle-not-of-operator",
        "reason-licence-not-in-force",
        "reason-too-many-seats",
        "reason-stops-out-of-order",
        "reason-route-unknown",
        "reason-other-trip-open",
    ];

    #[test]
    fn everything_that_is_said_has_words_in_both_languages() {
        let wrong = pilothouse_sdk::testing::texts_disagree(env!("CARGO_MANIFEST_DIR"), &COMPUTED);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
