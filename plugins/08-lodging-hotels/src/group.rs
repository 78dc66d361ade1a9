//! A bus arrives: many guests in one call, each entered as if alone, so that one wrong row keeps no other guest waiting.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Decision;
use crate::arrival::Arrive;
use crate::desk::Desk;

/// Most guests of one group: two coaches. With an adult each they stay below the 256 people of one call.
const MOST_GUESTS: usize = 100;

/// A group at the desk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArriveGroup {
    /// The desk's own facility, where left out.
    facility: Option<FacilityId>,
    /// 1 to 100 guests, each as `arrive` takes one; none of them names the facility.
    #[schemars(length(min = 1, max = 100))]
    guests: Vec<Arrive>,
}

/// What became of a group.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Group {
    /// Guests whose notice is on its way or waits.
    ok: usize,
    /// Of these, such as wait for the police.
    queued: usize,
    /// The earliest time by which the police want one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<Instant>,
    /// Guests whose notice was not given.
    problems: Vec<Problem>,
    /// What was noticed about the others.
    notes: Vec<Note>,
    /// The number to phone where the police cannot be reached otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

/// A guest whose notice was not given.
#[derive(Debug, Serialize, JsonSchema)]
struct Problem {
    stay_ref: String,
    /// A reason or refusal code.
    code: String,
    /// The field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// What was noticed about a guest.
#[derive(Debug, Serialize, JsonSchema)]
struct Note {
    stay_ref: String,
    reasons: Vec<&'static str>,
}

/// A group arrives.
pub(crate) fn arrive_group(occasion: &Occasion, req: ArriveGroup) -> Result<Outcome<Group>, Refusal> {
    if !(1..=MOST_GUESTS).contains(&req.guests.len()) {
        return Err(Refusal::invalid("/guests", "send 1 to 100 guests at once"));
    }
    let mut desk = Desk::open(occasion, req.facility.as_ref())?;
    let mut group = Group::default();
    let (mut reasons, mut next): (Vec<&'static str>, Vec<&'static str>) = (Vec::new(), Vec::new());
    for (row, guest) in req.guests.iter().enumerate() {
        let stay_ref = guest.stay_ref.to_string();
        let place = |field: &str| Some(format!("/guests/{row}{field}"));
        if guest.facility.as_ref().is_some_and(|named| *named != desk.house.id) {
            group.problems.push(Problem { stay_ref, code: "other-facility".to_owned(), field: place("/facility") });
            continue;
        }
        let answer = match desk.enter(guest) {
            Ok(answer) => answer,
            Err(refusal) => {
                let field = refusal.field().and_then(place);
                group.problems.push(Problem { stay_ref, code: refusal.code().to_owned(), field });
                continue;
            }
        };
        next.extend(answer.next_codes().iter().filter(|code| !next.contains(*code)).copied().collect::<Vec<_>>());
        if let (Decision::Needs, Some(code)) = (answer.decision, answer.needs) {
            group.problems.push(Problem { stay_ref, code: code.to_owned(), field: None });
            continue;
        }
        group.ok += 1;
        group.queued += usize::from(answer.decision == Decision::Queued);
        group.due = [group.due, answer.due].into_iter().flatten().min();
        reasons.extend(answer.reasons.iter().filter(|code| !reasons.contains(*code)).copied().collect::<Vec<_>>());
        if !answer.reasons.is_empty() {
            group.notes.push(Note { stay_ref, reasons: answer.reasons });
        }
    }
    group.phone = next.contains(&"phone-police").then(|| desk.settings.police_phone.clone());
    desk.close();
    let decision = if group.problems.is_empty() { "group-notified" } else { "group-incomplete" };
    let (ok, problems) = (group.ok.to_text(), group.problems.len().to_text());
    let queued = group.queued.to_text();
    let outcome = Outcome::with_data(decision, group).codes(reasons, next);
    Ok(outcome.say("group", [("ok", ok), ("queued", queued), ("problems", problems)]))
}
