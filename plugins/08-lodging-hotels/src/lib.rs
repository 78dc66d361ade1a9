//! Pilot 08: lodging notices from hotels, guesthouses and public guest houses (Plan 179, II.2.4).
//!
//! The desk enters a guest; the host puts name, number and address into the notice, and this pilot never sees them. Whatever is down,
//! no guest waits for it: the notice is kept, the clock of the law runs on, and the desk is told by when and by which other way.
#![forbid(unsafe_code)]

mod answer;
mod arrival;
mod changes;
mod desk;
mod group;
mod guests;
mod house;
mod inspection;
mod rounds;
mod rules;
mod settings;
mod stays;
mod tonight;

use arrival::{arrive, on_reading};
use changes::{amend, cancel, depart};
use group::arrive_group;
use inspection::{inspection_sheet, silent_facilities};
use rounds::{morning, rounds};
use tonight::tonight;

pilothouse_sdk::export! {
    operations: {
        "arrive" => arrive,
        "arrive-group" => arrive_group,
        "amend" => amend,
        "depart" => depart,
        "cancel" => cancel,
        "tonight" => tonight,
        "inspection-sheet" => inspection_sheet,
        "silent-facilities" => silent_facilities,
    },
    readings: on_reading,
    schedules: { "rounds" => rounds, "morning" => morning },
}

#[cfg(test)]
mod tests {
    /// Codes that a rule chooses, as the texts' own keys.
    const COMPUTED: [&str; 11] = [
        "reason-too-old",
        "reason-permitted-until",
        "reason-permitted-before-leave",
        "reason-permitted-is-passport",
        "reason-with-adult",
        "reason-double-entry",
        "reason-not-through-here",
        "reason-see-police-desk",
        "reason-card-not-valid",
        "next-cancel-and-enter-again",
        "next-phone-police",
    ];

    #[test]
    fn everything_that_is_said_has_words_in_both_languages() {
        let wrong = pilothouse_sdk::testing::texts_disagree(env!("CARGO_MANIFEST_DIR"), &COMPUTED);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
