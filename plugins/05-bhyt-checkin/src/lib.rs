//! Pilot 05: health-insurance check-in by chip card or VNeID (Plan 179, II.2.1).
//!
//! At the desk a card is read or a number typed; the answer is one of three colours, and none of them sends a patient away. What cannot
//! be verified now (a register is down, a card is at home) is verified later, and the clerk sees what is still open.
#![forbid(unsafe_code)]

mod answer;
mod arrival;
mod desk;
mod emergency;
mod later;
mod rules;
mod settings;
mod visits;

use answer::CheckedIn;
use arrival::{Arrival, arrive};
use desk::{day_summary, report_mismatch};
use later::{resolve_later, verify_later_list};
use pilothouse_sdk::prelude::*;
use rules::{Paper, VisitKind};
use schemars::JsonSchema;
use serde::Deserialize;

pilothouse_sdk::export! {
    operations: {
        "check-in" => check_in,
        "resolve-later" => resolve_later,
        "report-mismatch" => report_mismatch,
        "day-summary" => day_summary,
    },
    readings: on_reading,
    schedules: { "verify-later-list" => verify_later_list },
}

/// A patient at the desk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CheckIn {
    patient: Person,
    visit_kind: VisitKind,
    /// Another facility's referral.
    referral: Option<Referral>,
    /// What the clerk has looked at, where no card or code was read.
    paper: Option<Paper>,
    /// Why a number was typed.
    manual_reason: Option<ManualReason>,
}

/// A referral, by its number; what it says stays with the desk's own software.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Referral {
    #[expect(dead_code, reason = "kept by the evidence of the call, for the insurer's assessor")]
    number: Ref,
    date: Date,
}

/// Why a number was typed instead of a card read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ManualReason {
    NoCard,
    ReaderBroken,
    Newborn,
    Unconscious,
    Other,
}

impl ManualReason {
    fn code(self) -> &'static str {
        match self {
            Self::NoCard => "no-card",
            Self::ReaderBroken => "reader-broken",
            Self::Newborn => "newborn",
            Self::Unconscious => "unconscious",
            Self::Other => "other",
        }
    }
}

/// The desk's own software checks a patient in.
fn check_in(occasion: &Occasion, req: CheckIn) -> Result<Outcome<CheckedIn>, Refusal> {
    let captured = occasion.captured_at();
    let is_emergency = req.visit_kind == VisitKind::Emergency;
    if !is_emergency && req.referral.as_ref().is_some_and(|referral| referral.date > captured.date()) {
        return Err(Refusal::invalid("/referral/date", "a referral is not dated after the visit"));
    }
    let reading = readers::reading_of(&req.patient).unwrap_or(None);
    let (method, assurance) =
        reading.as_ref().map_or((Method::Manual, Assurance::Declared), |r| (r.method(), r.assurance()));
    if let (Method::Manual, Some(why)) = (method, req.manual_reason) {
        reporting::count_by("manual-reasons", 1, [("why", why.code())]);
    }
    let arrival = Arrival {
        patient: req.patient,
        kind: req.visit_kind,
        has_referral: req.referral.is_some(),
        paper: req.paper.unwrap_or(Paper::Nothing),
        method,
        assurance,
        captured,
    };
    Ok(arrive(occasion, &arrival)?.into_outcome())
}

/// A card or a code at the desk's reader: a first visit, unless the desk's software says more.
fn on_reading(occasion: &Occasion, reading: Reading) -> Result<Outcome<CheckedIn>, Refusal> {
    let arrival = Arrival {
        patient: reading.person(),
        kind: VisitKind::Outpatient,
        has_referral: false,
        paper: Paper::Nothing,
        method: reading.method(),
        assurance: reading.assurance(),
        captured: reading.captured_at(),
    };
    let answer = arrive(occasion, &arrival)?;
    readers::light(answer.signal());
    Ok(answer.into_outcome())
}

#[cfg(test)]
mod tests {
    #[test]
    fn everything_that_is_said_has_words_in_both_languages() {
        let wrong = pilothouse_sdk::testing::texts_disagree(env!("CARGO_MANIFEST_DIR"), &[]);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
