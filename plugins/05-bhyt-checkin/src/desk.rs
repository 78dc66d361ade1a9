//! What the desk does besides checking in: reporting a mismatch, and closing the day.

use std::collections::BTreeMap;

use pilothouse_sdk::prelude::*;
use pilothouse_sdk::registers::{Change, Fact, Register};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Decision;
use crate::visits::{self, LATER, VISITS};

/// Most visits that a day's summary counts: the largest hospital of the province sees some 1,500 a day.
const MOST_VISITS: usize = 2_000;
/// Most references that a day's summary names; the counts go on.
const MOST_NAMED: usize = 200;

/// What the clerk sees to be wrong in the insurance register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum WrongField {
    Name,
    BirthDate,
    Sex,
    Number,
}

/// The clerk reports a mismatch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportMismatch {
    visit: Ref,
    patient: Person,
    field: WrongField,
}

/// A correction that was asked for.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Ticket {
    /// The proposal's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
}

/// Asks Social Insurance for a correction; where that is not possible now, the paper form goes on.
pub(crate) fn report_mismatch(occasion: &Occasion, req: ReportMismatch) -> Result<Outcome<Ticket>, Refusal> {
    let facility = occasion.own_facility()?;
    let Some(visit) = VISITS.get(&visits::key(&facility, req.visit.as_str()))? else {
        return Err(Refusal::new("no-such-visit").at("/visit").because("this facility has no visit of this reference"));
    };
    let person = req.patient.pseudonym()?;
    if visit.value.person.as_ref().is_some_and(|known| *known != person) {
        return Err(Refusal::new("other-person")
            .at("/patient")
            .because("the visit is another person's: name the right visit"));
    }
    reporting::count("mismatches", 1);
    let fact = match req.field {
        WrongField::Name => Fact::Name,
        WrongField::BirthDate => Fact::BirthDate,
        WrongField::Sex => Fact::Sex,
        // Nobody but the insurer may see both numbers.
        WrongField::Number => {
            return Ok(Outcome::new("by-paper")
                .reason("number-not-comparable")
                .say("by-paper", [])
                .next("report-on-paper"));
        }
    };
    let changes = vec![Change::as_in_population(fact)];
    Ok(
        match registers::propose(
            Register::HealthInsurance,
            &req.patient,
            &(&person).into(),
            changes,
            "reported by the desk",
        ) {
            Ok(id) => Outcome::new("ticket").say("ticket", []).data(Ticket { ticket: Some(id) }),
            Err(_) => {
                Outcome::new("by-paper").reason("register-unreachable").say("by-paper", []).next("report-on-paper")
            }
        },
    )
}

/// A facility's day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DaySummary {
    /// Today, where left out.
    date: Option<Date>,
}

/// A facility's day in counts.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Summary {
    visits: usize,
    admitted: usize,
    verify_later: usize,
    self_pay: usize,
    by_method: BTreeMap<&'static str, usize>,
    /// There were more visits than are counted here: the rest stands in the facility's own software.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
    /// References of the visits in captured order, at most 200.
    in_order: Vec<String>,
    /// Visits of any day whose insurance is still to be verified, at most 200.
    still_open: Vec<String>,
    /// Of these, such as have waited too long.
    overdue: Vec<String>,
}

/// The day in counts, and the clerk's list of what is still open.
pub(crate) fn day_summary(occasion: &Occasion, req: DaySummary) -> Result<Outcome<Summary>, Refusal> {
    let facility = occasion.own_facility()?;
    let today = occasion.local_date();
    let day = req.date.unwrap_or(today);
    if day > today {
        return Err(Refusal::invalid("/date", "the day has not come yet"));
    }
    let mut summary = Summary::default();
    for row in VISITS.first(MOST_VISITS + 1, "day", &visits::day_prefix(&facility, day))? {
        if summary.visits == MOST_VISITS {
            summary.is_cut = true;
            break;
        }
        summary.visits += 1;
        match row.value.answer.decision {
            Decision::Admit => summary.admitted += 1,
            Decision::AdmitVerifyLater => summary.verify_later += 1,
            Decision::SelfPayAdvised => summary.self_pay += 1,
        }
        *summary.by_method.entry(row.value.method.code()).or_default() += 1;
        if summary.in_order.len() < MOST_NAMED {
            summary.in_order.push(row.value.visit);
        }
    }
    for row in LATER.first(MOST_NAMED, "facility", &format!("{facility}/"))? {
        if row.value.overdue {
            summary.overdue.push(row.value.visit.clone());
        }
        summary.still_open.push(row.value.visit);
    }
    Ok(Outcome::new("summary")
        .say("summary", [("visits", summary.visits.to_text()), ("open", summary.still_open.len().to_text())])
        .data(summary))
}
