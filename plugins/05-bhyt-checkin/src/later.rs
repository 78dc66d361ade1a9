//! What was admitted and is verified later: closing it, and the list of what has waited too long.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arrival::covers;
use crate::rules::{self, Paper};
use crate::settings::Settings;
use crate::visits::{self, Closed, LATER, Later, VISITS};

/// Most open questions that one tick looks at, the oldest first, within the rows that a call may change. Those that it lists are looked at no
/// more, so the next night goes on behind them.
const MOST_A_NIGHT: usize = 350;

/// Before the end of the treatment, somebody brings what was missing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveLater {
    visit: Ref,
    document: Paper,
    /// Where the number is known only now.
    patient: Option<Person>,
}

/// What became of it.
pub(crate) fn resolve_later(occasion: &Occasion, req: ResolveLater) -> Result<Outcome, Refusal> {
    let facility = occasion.own_facility()?;
    let key = visits::key(&facility, req.visit.as_str());
    let Some(open) = LATER.get(&key)? else {
        return Err(Refusal::new("no-open-visit")
            .at("/visit")
            .because("nothing is open for this visit: see day-summary"));
    };
    let closed = match known(&open.value, req.patient)? {
        None if req.document.shows_under_six() => Closed::Confirmed,
        None if req.document == Paper::Nothing => Closed::NotCovered,
        None => {
            return Ok(Outcome::new("still-open")
                .reason("paper-only")
                .say("still-open-number", [])
                .next("enter-number"));
        }
        Some(patient) => match covers(&patient, open.value.opened) {
            Ok(Some(true)) => Closed::Confirmed,
            Ok(None) if req.document.shows_under_six() => Closed::Confirmed,
            // The slip stands for the card that is being issued, of which the register does not know yet.
            Ok(Some(false) | None) if req.document == Paper::AppointmentSlip => Closed::Confirmed,
            Ok(Some(false) | None) => Closed::NotCovered,
            Err(_) => {
                return Ok(Outcome::new("still-open").reason("register-unreachable").say("still-open-register", []));
            }
        },
    };
    if let Some(mut visit) = VISITS.get(&key)? {
        visit.value.closed = Some(closed);
        VISITS.save(&visit)?;
    }
    LATER.remove(&open)?;
    reporting::count("verify-later-closed", 1);
    Ok(match closed {
        Closed::Confirmed => Outcome::new("confirmed").say("confirmed", []),
        Closed::NotCovered => {
            Outcome::new("not-covered").reason("not-insured").say("not-covered", []).next("show-other-paper")
        }
    })
}

/// The person of the visit, as far as one is known: from the request, else from the sealed reference.
fn known(open: &Later, brought: Option<Person>) -> Result<Option<Person>, Refusal> {
    let Some(brought) = brought else {
        return Ok(open.sealed.as_ref().and_then(|sealed| sealed.reopen().ok()));
    };
    if open.sealed.is_some() && open.person.is_some() && Some(brought.pseudonym()?) != open.person {
        return Err(Refusal::new("other-person")
            .at("/patient")
            .because("the visit is another person's: name the right visit"));
    }
    Ok(Some(brought))
}

/// What the night's look found.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Listed {
    /// Questions looked at that were not on the clerk's list.
    open: usize,
    /// Of these, such that have waited too long.
    overdue: usize,
    /// Of these, such as were not on the list before.
    new: usize,
}

/// Every night: what has been open for longer than the department allows goes on the clerk's list, which `day-summary` shows.
pub(crate) fn verify_later_list(occasion: &Occasion) -> Result<Outcome<Listed>, Refusal> {
    let settings: Settings = settings()?;
    let today = occasion.local_date();
    let mut listed = Listed::default();
    for mut row in LATER.first(MOST_A_NIGHT, "opened", "")? {
        listed.open += 1;
        if !rules::is_overdue(row.value.opened, today, settings.verify_later_days) {
            continue;
        }
        listed.overdue += 1;
        listed.new += usize::from(!row.value.overdue);
        row.value.overdue = true;
        LATER.save(&row)?;
    }
    if listed.new > 0 {
        reporting::count("verify-later-overdue", u32::try_from(listed.new).unwrap_or(u32::MAX));
    }
    Ok(Outcome::new("listed").say("listed", [("overdue", listed.overdue.to_text())]).data(listed))
}
