//! What the owner sees of the own book, and what is looked at without anyone at the counter: what is overdue, who has gone quiet.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::ItemClass;
use crate::settings::Settings;
use crate::shop::{self, BOOK, SHOPS};
use crate::suspicion::ask_after_reports;

/// Most entries that one night flags, within the 400 rows that one call may change; the rest the night after.
const MOST_A_NIGHT: usize = 300;
/// Most entries of one list; the count goes on.
const MOST_NAMED: usize = 200;

/// The owner's list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenOf {
    /// The business; the counter's own, where left out.
    facility: Option<FacilityId>,
}

/// What is open in the book. Without customers.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Open {
    open: usize,
    overdue: Vec<Overdue>,
}

/// An entry past its day.
#[derive(Debug, Serialize, JsonSchema)]
struct Overdue {
    entry_no: u32,
    item_class: ItemClass,
    until: Date,
}

/// What is open in the own book.
pub(crate) fn open_entries(occasion: &Occasion, req: OpenOf) -> Result<Outcome<Open>, Refusal> {
    let site = Site::of(occasion, req.facility.as_ref())?;
    let rows = BOOK.first(MOST_NAMED, "open", &shop::of_shop(&site.id))?;
    let overdue = rows.iter().map(|row| &row.value).filter(|entry| entry.is_overdue);
    let open = Open {
        open: rows.len(),
        overdue: overdue
            .map(|entry| Overdue { entry_no: entry.number, item_class: entry.item, until: entry.until })
            .collect(),
    };
    let (all, late) = (open.open.to_text(), open.overdue.len().to_text());
    Ok(Outcome::with_data("listed", open).say("open-entries", [("open", all), ("overdue", late)]))
}

/// What a look found.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Found {
    new: u32,
    /// Reports that the police have taken up since the last look.
    taken_up: u32,
}

/// Every morning: entries past their day go on their owner's list, and on nobody else's; reports that were taken up are counted.
pub(crate) fn overdue(occasion: &Occasion) -> Result<Outcome<Found>, Refusal> {
    let today = occasion.local_date();
    let mut found = Found::default();
    for mut row in BOOK.first(MOST_A_NIGHT, "until", "")? {
        if row.value.until >= today {
            break;
        }
        row.value.is_overdue = true;
        BOOK.save(&row)?;
        found.new += 1;
    }
    found.taken_up = ask_after_reports(today)?;
    let (new, taken_up) = (found.new.to_text(), found.taken_up.to_text());
    Ok(Outcome::with_data("listed", found).say("morning", [("new", new), ("taken-up", taken_up)]))
}

/// Every month: businesses that have verified nobody for long are counted, once.
pub(crate) fn inactive(occasion: &Occasion) -> Result<Outcome<Found>, Refusal> {
    let settings: Settings = settings()?;
    let today = occasion.local_date();
    let mut found = Found::default();
    for mut row in SHOPS.first(MOST_A_NIGHT, "last", "")? {
        if today.days_since(row.value.last) <= i32::from(settings.inactive_days) {
            break;
        }
        row.value.inactive = Some(today);
        SHOPS.save(&row)?;
        found.new += 1;
    }
    if found.new > 0 {
        reporting::count("inactive-businesses", found.new);
    }
    Ok(Outcome::new("listed").say("newly-inactive", [("new", found.new.to_text())]).data(found))
}
