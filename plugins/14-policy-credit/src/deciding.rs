//! What a person decides on a check, and how a borrower is heard whom the list does not know.

use pilothouse_sdk::messaging::{self, Channel, Message};
use pilothouse_sdk::prelude::*;
use pilothouse_sdk::registers::{Change, Field, Register};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files::{self, FILES, File, Stage};
use crate::rules::{self, Verdict};
use crate::settings::Settings;

/// Longest word of a borrower, in characters.
const LONGEST_WORD: usize = 500;
/// How a borrower is told, the first that reaches them.
const CHANNELS: [Channel; 2] = [Channel::VneidInbox, Channel::SmsBrandname];

/// An officer's decision.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordDecision {
    /// The branch; the officer's own, where left out.
    facility: Option<FacilityId>,
    check_ref: Ref,
    /// In đồng; 0 where the loan is turned down.
    approved: Money,
    /// The officer's own code at the bank.
    officer: Ref,
}

/// A line of the officer's list.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Line {
    check_ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    officer: Option<String>,
}

/// Records what an officer decided; the borrower is told. Nothing is paid out here.
pub(crate) fn record_decision(occasion: &Occasion, req: RecordDecision) -> Result<Outcome<Line>, Refusal> {
    let settings: Settings = settings()?;
    let bank = Site::of(occasion, req.facility.as_ref())?;
    let mut row = File::of(&bank.id, &req.check_ref, "/check_ref")?;
    let today = occasion.local_date();
    let file = &mut row.value;
    let is_approval = req.approved > Money::dong(0);
    let line = |approved| Line {
        check_ref: req.check_ref.to_string(),
        approved: Some(approved),
        officer: Some(req.officer.to_string()),
    };
    match file.stage {
        Stage::Checked => {}
        Stage::Approved { money } if money == req.approved => {
            return Ok(Outcome::with_data("recorded", line(money)).reason("already-recorded").say("recorded", []));
        }
        Stage::TurnedDown if !is_approval => {
            return Ok(Outcome::with_data("recorded", line(req.approved))
                .reason("already-recorded")
                .say("recorded", []));
        }
        Stage::Approved { .. } | Stage::TurnedDown => {
            return Err(Refusal::conflict("this check was decided otherwise: check the borrower again").at("/approved"));
        }
    }
    if req.approved > file.amount {
        return Err(Refusal::invalid("/approved", "approve at most what was checked, or check the larger amount"));
    }
    if is_approval && rules::is_stale(file.checked, today, settings.stale_after_days) {
        let data = Line { check_ref: req.check_ref.to_string(), ..Line::default() };
        return Ok(Outcome::with_data("check-stale", data).say("check-stale", []).next("check-again"));
    }
    let is_first = files::held_by(&file.borrower, None)?.iter().all(|row| !row.value.is_loan());
    if is_approval && is_first && file.assurance < settings.min_assurance_first {
        let data = Line { check_ref: req.check_ref.to_string(), ..Line::default() };
        return Ok(Outcome::with_data("needs-identity", data)
            .reason("low-assurance")
            .say("needs-identity", [])
            .next("ask-chip"));
    }
    file.stage = if is_approval { Stage::Approved { money: req.approved } } else { Stage::TurnedDown };
    (file.looked_at, file.is_fresh) = (today, is_approval);
    let is_against = is_approval && file.verdict == Verdict::NotEligible;
    let template = if is_approval { "loan-approved" } else { "loan-turned-down" };
    let is_told = tell(file, template);
    reporting::share("checked-before-decision", file.verdict != Verdict::Refer);
    reporting::count_by("decisions", 1, [("decision", if is_approval { "approved" } else { "turned-down" })]);
    FILES.save(&row)?;
    let mut outcome = Outcome::with_data("recorded", line(req.approved)).say("recorded", []);
    if is_against {
        outcome = outcome.reason("against-check").next("note-why");
    }
    Ok(if is_told { outcome } else { outcome.reason("not-told").next("tell-borrower") })
}

/// Tells the borrower. Whoever cannot be written to is told by the officer.
fn tell(file: &File, template: &str) -> bool {
    let Some(borrower) = file.sealed.as_ref().and_then(|sealed| sealed.reopen().ok()) else { return false };
    let message = Message {
        template,
        args: vec![("programme", file.programme.to_text())],
        channels: &CHANNELS,
        occasion: file.check.clone(),
    };
    messaging::notify(&borrower, &message).is_ok()
}

/// The paper that a borrower shows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Paper {
    /// By which the list's owner finds the decision.
    number: Ref,
    date: Date,
    /// The category that the paper decides.
    category: Category,
}

/// A category of the beneficiaries' list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Category {
    Poor,
    NearPoor,
    NewlyEscaped,
}

impl Category {
    fn code(self) -> &'static str {
        match self {
            Self::Poor => "poor",
            Self::NearPoor => "near-poor",
            Self::NewlyEscaped => "newly-escaped",
        }
    }
}

/// A borrower whom the list does not know, or knows otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dispute {
    /// The branch; the officer's own, where left out.
    facility: Option<FacilityId>,
    check_ref: Ref,
    /// What the borrower says, at most 500 characters. Kept by the evidence of the call only.
    #[schemars(length(min = 1, max = 500))]
    says: String,
    paper: Paper,
}

/// A correction that was asked for.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Disputed {
    check_ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<String>,
}

/// Asks the list's owner for a correction; the decision stays open.
pub(crate) fn dispute(occasion: &Occasion, req: Dispute) -> Result<Outcome<Disputed>, Refusal> {
    let bank = Site::of(occasion, req.facility.as_ref())?;
    let mut row = File::of(&bank.id, &req.check_ref, "/check_ref")?;
    if !(1..=LONGEST_WORD).contains(&req.says.trim().chars().count()) {
        return Err(Refusal::invalid("/says", "write in 1 to 500 characters what the borrower says"));
    }
    if req.paper.date > occasion.local_date() {
        return Err(Refusal::invalid("/paper/date", "a decision is not dated in the future"));
    }
    let file = &mut row.value;
    let mut data = Disputed { check_ref: req.check_ref.to_string(), proposal: None };
    let borrower = file.sealed.as_ref().and_then(|sealed| sealed.reopen().ok());
    let changes = vec![
        Change::to(Field::Category, req.paper.category.code()),
        Change::to(Field::DecisionNumber, req.paper.number.to_string()),
        Change::to(Field::DecisionDate, req.paper.date.to_string()),
    ];
    // Keyed by the person and the paper: however often they come with it, the owner gets one proposal.
    let proposal = borrower.and_then(|borrower| {
        let key = Ref::from(&file.borrower);
        registers::propose(Register::PolicyBeneficiaries, &borrower, &key, changes, "disputed at the bank").ok()
    });
    file.is_disputed = true;
    FILES.save(&row)?;
    reporting::count("disputes", 1);
    let Some(proposal) = proposal else {
        return Ok(Outcome::with_data("by-paper", data)
            .reason("register-unreachable")
            .say("dispute-by-paper", [])
            .next("send-on-paper"));
    };
    data.proposal = Some(proposal);
    Ok(Outcome::with_data("proposed", data).say("dispute-proposed", []).next("decide-later"))
}

/// What a reading at the transaction point did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Identified {
    /// Checks of this person at this branch that wait for a decision, and are as sure as this reading now.
    checks: usize,
}

/// A card or code at the transaction point: it belongs to the person's own open checks, and to nothing else.
pub(crate) fn on_reading(occasion: &Occasion, reading: Reading) -> Result<Outcome<Identified>, Refusal> {
    let bank = Site::of(occasion, None)?;
    occasion.captured()?;
    let person = reading.person();
    if population::check(&person, []) == Checked::Deceased {
        readers::light(Signal::Red);
        return Ok(Outcome::new("not-identified")
            .reason("see-police-desk")
            .say("see-police-desk", [])
            .next("go-to-police-desk"));
    }
    let mut found = Identified::default();
    for mut row in files::held_by(&person.pseudonym()?, None)? {
        if row.value.bank != bank.id || row.value.is_loan() {
            continue;
        }
        row.value.assurance = row.value.assurance.max(reading.assurance());
        FILES.save(&row)?;
        found.checks += 1;
    }
    if found.checks == 0 {
        readers::light(Signal::Amber);
        return Ok(Outcome::new("not-identified").reason("no-open-check").say("no-open-check", []).next("check-first"));
    }
    readers::light(Signal::Green);
    Ok(Outcome::with_data("identified", found).say("identified", []))
}
