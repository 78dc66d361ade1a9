//! Pilot 29: population figures for leaders (Plan 179, II.5).
//!
//! A leader's question is described once, reviewed, and answered with counts; no person enters this pilot. What is hidden by the host
//! stays hidden here, earlier answers forbid later ones that would uncover a small group with them, and where the population database
//! does not answer, the last figures are shown with their age.
#![forbid(unsafe_code)]

mod answers;
mod citing;
mod compare;
mod description;
mod districts;
mod draw;
mod figures;
mod forecast;
mod measures;
mod projection;
mod question;
mod refresh;
mod rules;
mod run;
mod settings;

use citing::cite_figure;
use compare::compare;
use forecast::project;
use question::define;
use refresh::{monthly_refresh, school_entry_forecast};
use run::{publish, run};

pilothouse_sdk::export! {
    operations: {
        "define-question" => define,
        "run" => run,
        "publish" => publish,
        "project" => project,
        "compare" => compare,
        "cite-figure" => cite_figure,
    },
    schedules: {
        "monthly-refresh" => monthly_refresh,
        "school-entry-forecast" => school_entry_forecast,
    },
}

#[cfg(test)]
mod tests {
    /// Notes of a drawing, and decisions of the ticks: not written as literals where they are said.
    const COMPUTED: [&str; 10] = [
        "reason-area-unknown",
        "reason-area-zero",
        "reason-by-year-of-birth",
        "reason-cells-hidden",
        "reason-old-units-left-out",
        "reason-sums-differ",
        "reason-too-few",
        "reason-cannot-be-answered",
        "decision-refreshed",
        "decision-kept-last",
    ];

    #[test]
    fn everything_that_is_said_has_words_in_both_languages() {
        let wrong = pilothouse_sdk::testing::texts_disagree(env!("CARGO_MANIFEST_DIR"), &COMPUTED);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
