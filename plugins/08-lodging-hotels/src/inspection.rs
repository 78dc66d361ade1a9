//! What an officer sees: the sheet of one day at one facility, and the facilities that have been silent for too long.

use pilothouse_sdk::lodging::NoticeState;
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::house::House;
use crate::stays::{self, HOUSES, Presence, STAYS, Standing};

/// Stays of one page of a sheet: as many people are named in one call, and 256 may be.
const STAYS_A_PAGE: u32 = 100;
/// Silent facilities of one list: no commune has as many.
const MOST_LISTED: usize = 200;
/// The role that reads what is meant for the police only.
const OFFICER: &str = "police-officer";

/// A day of a facility.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SheetOf {
    /// The desk's own facility, where left out.
    facility: Option<FacilityId>,
    date: Date,
    /// `more` of the page before.
    #[schemars(length(min = 1, max = 128))]
    after: Option<String>,
}

/// How a notice stands at the inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Inspected {
    OnTime,
    Late,
    /// The police do not have it, and want it by now.
    Missing,
    /// The police do not have it, and want it later.
    NotDue,
    /// It cannot be told now.
    Unknown,
}

/// The sheet.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Sheet {
    rows: Vec<SheetRow>,
    on_time: usize,
    late: usize,
    missing: usize,
    /// Where the next page begins; none on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
}

/// One stay of the sheet.
#[derive(Debug, Serialize, JsonSchema)]
struct SheetRow {
    stay_ref: String,
    /// Who it is, worded for those who may see it. None for someone without a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    guest: Option<Person>,
    room: String,
    arrived: Instant,
    due: Instant,
    notice: Inspected,
    /// Open at another facility too; for officers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    also_elsewhere: Option<bool>,
}

/// The sheet of one day.
pub(crate) fn inspection_sheet(occasion: &Occasion, req: SheetOf) -> Result<Outcome<Sheet>, Refusal> {
    let house = House::of(occasion, req.facility.as_ref())?;
    let at = occasion.at();
    if req.date > at.date() {
        return Err(Refusal::invalid("/date", "the day has not come yet"));
    }
    let is_officer = occasion.role() == OFFICER;
    let mut sheet = Sheet::default();
    let rows = STAYS.page("day", &stays::day_prefix(&house.id, req.date), req.after.as_deref(), STAYS_A_PAGE)?;
    if rows.len() >= STAYS_A_PAGE as usize {
        sheet.more = rows.last().map(|row| row.key.clone());
    }
    for stay in rows.into_iter().map(|row| row.value).filter(|stay| stay.presence != Presence::Cancelled) {
        let notice = match (stay.standing, lodging::state(&house.id, &stay.notice)) {
            (Standing::Waiting | Standing::ByPhone, _) | (_, Ok(None)) => not_there(stay.due, at),
            (_, Ok(Some(notice))) => match (notice.in_time(), notice.state) {
                (Some(true), _) => Inspected::OnTime,
                (Some(false), _) => Inspected::Late,
                (None, NoticeState::Rejected) => Inspected::Missing,
                (None, _) => not_there(stay.due, at),
            },
            (_, Err(_)) => Inspected::Unknown,
        };
        match notice {
            Inspected::OnTime => sheet.on_time += 1,
            Inspected::Late => sheet.late += 1,
            Inspected::Missing => sheet.missing += 1,
            Inspected::NotDue | Inspected::Unknown => {}
        }
        sheet.rows.push(SheetRow {
            stay_ref: stay.stay.to_string(),
            guest: stay.sealed.as_ref().and_then(|sealed| sealed.reopen().ok()),
            room: stay.room,
            arrived: stay.arrived,
            due: stay.due,
            notice,
            also_elsewhere: is_officer.then_some(stay.is_elsewhere),
        });
    }
    let (stays, late, missing) = (sheet.rows.len().to_text(), sheet.late.to_text(), sheet.missing.to_text());
    Ok(Outcome::new("sheet").say("sheet", [("stays", stays), ("late", late), ("missing", missing)]).data(sheet))
}

fn not_there(due: Instant, at: Instant) -> Inspected {
    if due < at { Inspected::Missing } else { Inspected::NotDue }
}

/// The officer's list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilentOf {}

/// Facilities of the caller's unit that have been silent for too long.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Silent {
    facilities: Vec<SilentFacility>,
}

/// A facility that is open and sends no notices.
#[derive(Debug, Serialize, JsonSchema)]
struct SilentFacility {
    facility: String,
    /// None: it has never notified.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_notice: Option<Date>,
    listed: Option<Date>,
}

/// Silent facilities of the officer's unit.
pub(crate) fn silent_facilities(occasion: &Occasion, _: SilentOf) -> Result<Outcome<Silent>, Refusal> {
    let unit = occasion.unit()?;
    let rows = HOUSES.first(MOST_LISTED, "listed", &format!("{unit}/"))?;
    let facilities: Vec<SilentFacility> = rows
        .into_iter()
        .map(|row| SilentFacility {
            facility: row.value.facility.to_string(),
            last_notice: (!row.value.is_new).then_some(row.value.last),
            listed: row.value.listed,
        })
        .collect();
    Ok(Outcome::new("listed").say("silent", [("silent", facilities.len().to_text())]).data(Silent { facilities }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_missing_only_once_it_was_due() {
        let due = Instant::parse("2026-03-02T23:00:00+07:00").unwrap();
        assert_eq!(not_there(due, due), Inspected::NotDue);
        assert_eq!(not_there(due, due.plus_seconds(1)), Inspected::Missing);
    }
}
