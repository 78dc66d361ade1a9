//! What an officer sees of a business's book: entries by token, with what is worded for the police only.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{ItemClass, Owner};
use crate::shop::{BOOK, Ending};

/// Entries of one page: as many people are named in one call, and 256 may be.
const ENTRIES_A_PAGE: u32 = 100;
/// Longest time that one sheet covers, in days: an inspection looks at a quarter.
const LONGEST_SHEET_DAYS: i32 = 92;

/// Some days of a business.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InspectOf {
    facility: Option<FacilityId>,
    from: Date,
    to: Date,
    /// `more` of the page before.
    #[schemars(length(min = 1, max = 128))]
    after: Option<String>,
}

/// The sheet.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Sheet {
    rows: Vec<SheetRow>,
    /// Where the next page begins; none on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
}

/// An entry.
#[derive(Debug, Serialize, JsonSchema)]
struct SheetRow {
    entry_no: u32,
    /// Who it is, worded for those who may see it. None for someone without a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Person>,
    assurance: Assurance,
    item_class: ItemClass,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_mark: Option<String>,
    owner: Owner,
    value: Money,
    entered: Instant,
    until: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Ending>,
}

/// The entries of some days, in their order.
pub(crate) fn inspect(occasion: &Occasion, req: InspectOf) -> Result<Outcome<Sheet>, Refusal> {
    let site = Site::of(occasion, req.facility.as_ref())?;
    if req.to > occasion.local_date() || req.from > req.to || req.to.days_since(req.from) > LONGEST_SHEET_DAYS {
        return Err(Refusal::invalid("/to", "choose at most a quarter that has passed, its first day first"));
    }
    let mut sheet = Sheet::default();
    let mut day = req.from;
    let mut after = req.after;
    // Days are asked one by one, so that a page begins where the last one ended and reads nothing before it.
    if let Some(begun) =
        after.as_deref().and_then(|more| more.split_once(' ')).and_then(|(day, _)| Date::parse(day).ok())
    {
        day = day.max(begun);
    }
    while day <= req.to {
        let left = ENTRIES_A_PAGE.saturating_sub(u32::try_from(sheet.rows.len()).unwrap_or(ENTRIES_A_PAGE));
        if left == 0 {
            break;
        }
        let key = after.take();
        let key = key.as_deref().and_then(|more| more.split_once(' ')).map(|(_, key)| key);
        let rows = BOOK.page("day", &format!("{}/{day}", site.id), key, left)?;
        let is_whole = rows.len() < left as usize;
        sheet.more = rows.last().filter(|_| !is_whole).map(|row| format!("{day} {}", row.key));
        for entry in rows.into_iter().map(|row| row.value) {
            sheet.rows.push(SheetRow {
                entry_no: entry.number,
                customer: entry.sealed.as_ref().and_then(|sealed| sealed.reopen().ok()),
                assurance: entry.assurance,
                item_class: entry.item,
                item_mark: entry.mark,
                owner: entry.owner,
                value: entry.value,
                entered: entry.entered,
                until: entry.until,
                ended: entry.ended.map(|(how, _)| how),
            });
        }
        if !is_whole {
            break;
        }
        day = day.plus_days(1);
    }
    let count = sheet.rows.len().to_text();
    Ok(Outcome::with_data("sheet", sheet).say("sheet", [("entries", count)]))
}
