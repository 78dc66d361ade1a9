//! What changed since a check: asked for by an officer, and looked at by itself. Whatever it is, a person decides what follows.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::changed;
use crate::files::{FILES, File};
use crate::rules::Change;
use crate::settings::Settings;

/// Most loans that an officer asks about at once.
const MOST_ASKED: usize = 60;
/// Files that one tick looks at, within the 256 people that one call may name; the rest ten minutes later.
const MOST_A_NIGHT: usize = 200;
/// Most files of one list.
const MOST_NAMED: usize = 200;
/// A file that was looked at so many days ago is not looked at again: the ticks of one month, and of one quarter.
const DAYS_OF_A_MONTH: i32 = 20;
const DAYS_OF_A_QUARTER: i32 = 60;

/// Loans to look at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecheckOpen {
    /// The branch; the officer's own, where left out.
    facility: Option<FacilityId>,
    #[schemars(length(min = 1, max = 60))]
    loan_refs: Vec<Ref>,
}

/// What changed.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Changes {
    as_of: Option<Date>,
    changes: Vec<Changed>,
}

/// What changed about one file.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Changed {
    loan_ref: String,
    change: Change,
}

fn look(file: &File, settings: &Settings, today: Date) -> Change {
    let Some(borrower) = file.sealed.as_ref().and_then(|sealed| sealed.reopen().ok()) else {
        return Change::Unknown;
    };
    changed(&borrower, settings.programme(&file.programme).ok(), &file.commune, today, settings)
}

/// Looks at some loans now.
pub(crate) fn recheck_open(occasion: &Occasion, req: RecheckOpen) -> Result<Outcome<Changes>, Refusal> {
    let settings: Settings = settings()?;
    let bank = Site::of(occasion, req.facility.as_ref())?;
    if !(1..=MOST_ASKED).contains(&req.loan_refs.len()) {
        return Err(Refusal::invalid("/loan_refs", "name 1 to 60 loans at once"));
    }
    let today = occasion.local_date();
    let mut found = Changes { as_of: Some(today), changes: Vec::new() };
    for (place, loan) in req.loan_refs.iter().enumerate() {
        let file = File::of(&bank.id, loan, &format!("/loan_refs/{place}"))?.value;
        found.changes.push(Changed { loan_ref: loan.to_string(), change: look(&file, &settings, today) });
    }
    let worth = found.changes.iter().filter(|changed| changed.change.is_worth_a_look()).count();
    Ok(Outcome::with_data("rechecked", found).say("rechecked", [("changed", worth.to_text())]))
}

/// What a night found.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Night {
    looked_at: u32,
    /// Files newly flagged to their officers.
    flagged: u32,
}

/// Every month: files that wait for a decision or for the money.
pub(crate) fn recheck_pending(occasion: &Occasion) -> Result<Outcome<Night>, Refusal> {
    night(occasion, "pending", DAYS_OF_A_MONTH)
}

/// Every quarter: open loans.
pub(crate) fn recheck_loans(occasion: &Occasion) -> Result<Outcome<Night>, Refusal> {
    night(occasion, "loans", DAYS_OF_A_QUARTER)
}

fn night(occasion: &Occasion, index: &str, days: i32) -> Result<Outcome<Night>, Refusal> {
    let settings: Settings = settings()?;
    let today = occasion.local_date();
    let mut night = Night::default();
    for mut row in FILES.first(MOST_A_NIGHT, index, "")? {
        let file = &mut row.value;
        if today.days_since(file.looked_at) < days {
            break;
        }
        let change = look(file, &settings, today);
        // Nothing that can be told now: it is asked again tomorrow, behind all that wait longer.
        if change == Change::Unknown {
            file.looked_at = today.plus_days(1 - days);
            FILES.save(&row)?;
            continue;
        }
        night.looked_at += 1;
        file.looked_at = today;
        file.is_fresh = file.is_fresh && index == "pending";
        if change.is_worth_a_look() && file.flagged != Some(change) {
            file.flagged = Some(change);
            night.flagged += 1;
            reporting::count_by("flagged", 1, [("change", change.code())]);
        }
        FILES.save(&row)?;
    }
    let (looked_at, flagged) = (night.looked_at.to_text(), night.flagged.to_text());
    Ok(Outcome::with_data("rechecks-done", night).say("night", [("looked_at", looked_at), ("flagged", flagged)]))
}

/// The officer's list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlaggedOf {
    /// The branch; the officer's own, where left out.
    facility: Option<FacilityId>,
}

/// Files of the branch about which something changed.
pub(crate) fn flagged(occasion: &Occasion, req: FlaggedOf) -> Result<Outcome<Changes>, Refusal> {
    let bank = Site::of(occasion, req.facility.as_ref())?;
    let rows = FILES.first(MOST_NAMED, "flagged", &format!("{}/", bank.id))?;
    let changes = rows
        .into_iter()
        .filter_map(|row| Some(Changed { loan_ref: row.value.check.to_string(), change: row.value.flagged? }));
    let found = Changes { as_of: Some(occasion.local_date()), changes: changes.collect() };
    let changed = found.changes.len().to_text();
    Ok(Outcome::with_data("listed", found).say("flagged", [("changed", changed)]))
}
