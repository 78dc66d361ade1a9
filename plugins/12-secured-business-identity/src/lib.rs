//! Pilot 12: identity checks at pawnshops, guard services, bailiffs and other businesses under security conditions (Plan 179, II.2.8).
//!
//! The business learns whether the person is who the card says and old enough, and keeps its customer book by reference. It gets no
//! database of citizens: who verifies much and enters nothing is stopped. What the police should know goes one way only.
#![forbid(unsafe_code)]

mod book;
mod inspection;
mod owners;
mod rules;
mod settings;
mod shop;
mod suspicion;
mod verify;

use book::{book_entry, close_entry};
use inspection::inspect;
use owners::{inactive, open_entries, overdue};
use suspicion::report_suspicion;
use verify::{on_reading, verify_customer};

pilothouse_sdk::export! {
    operations: {
        "verify-customer" => verify_customer,
        "book-entry" => book_entry,
        "close-entry" => close_entry,
        "open-entries" => open_entries,
        "report-suspicion" => report_suspicion,
        "inspect" => inspect,
    },
    readings: on_reading,
    schedules: { "overdue" => overdue, "inactive" => inactive },
}

#[cfg(test)]
mod tests {
    /// Codes that a rule chooses, as the texts' own keys.
    const COMPUTED: [&str; 16] = [
        "reason-no-identity-read",
        "next-read-identity",
        "reason-not-in-population",
        "next-check-number",
        "reason-not-verified",
        "next-check-by-paper",
        "reason-identity-paper",
        "reason-residence-paper",
        "reason-owner-paper-missing",
        "reason-mark-missing",
        "next-return-the-paper",
        "next-bring-authorisation",
        "next-enter-mark",
        "reason-age-unknown",
        "reason-card-unknown",
        "reason-name-unclear",
    ];

    #[test]
    fn everything_that_is_said_has_words_in_both_languages() {
        let wrong = pilothouse_sdk::testing::texts_disagree(env!("CARGO_MANIFEST_DIR"), &COMPUTED);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
