//! The customer book: what is taken, from a customer who was just verified, and how it ends.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{self, ItemClass, Owner};
use crate::settings::Settings;
use crate::shop::{self, BOOK, Ending, Entry, Shop, VERIFIED, Verification};
use crate::suspicion;

/// Open entries of one mark that are looked at.
const MOST_OF_A_MARK: u32 = 8;

/// An item is taken.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BookEntry {
    /// The business; the counter's own, where left out.
    facility: Option<FacilityId>,
    /// The reference under which the customer was verified.
    verification_ref: Ref,
    item_class: ItemClass,
    /// Frame number, IMEI or the like.
    #[schemars(length(min = 1, max = 64))]
    item_mark: Option<String>,
    owner: Owner,
    /// The owner's written authorisation was seen, where the item is somebody else's.
    #[serde(default)]
    authorisation: bool,
    /// In đồng.
    value: Money,
    until: Date,
}

/// An entry of the book.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Entered {
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_no: Option<u32>,
}

/// Takes an item into the book, or says why not.
pub(crate) fn book_entry(occasion: &Occasion, req: BookEntry) -> Result<Outcome<Entered>, Refusal> {
    let settings: Settings = settings()?;
    let site = Site::of(occasion, req.facility.as_ref())?;
    let at = occasion.at();
    if site.is_unlicensed() {
        let outcome = Outcome::new("not-entered").reason("licence-not-in-force").say("read-only", []);
        return Ok(outcome.next("renew-licence"));
    }
    if req.value == Money::dong(0) {
        return Err(Refusal::invalid("/value", "give the value of the item, above 0"));
    }
    if req.until < at.date() {
        return Err(Refusal::invalid("/until", "the item is taken until today or later"));
    }
    let mark = req.item_mark.as_deref().and_then(rules::mark);
    let is_mark_missing = mark.is_none() && settings.needs_mark(req.item_class);
    if let Some((reason, next)) = rules::refused(req.item_class, req.owner, req.authorisation, is_mark_missing) {
        reporting::count_by("not-entered", 1, [("why", reason)]);
        return Ok(Outcome::new("not-entered").codes([reason], [next]).say("not-entered", []));
    }
    let mut verified = verification(&site.id, &req.verification_ref)?;
    if let Some(before) = verified.value.entry {
        return again(&site.id, before, &req);
    }
    let verification = &verified.value;
    if !verification.is_ok || rules::is_stale(verification.at, at, settings.reading_minutes) {
        return Err(Refusal::new("verify-again")
            .at("/verification_ref")
            .because("the customer is not verified, or too long ago: read the card again"));
    }
    let is_weak =
        rules::is_large(Some(req.value), settings.large_sum) && verification.assurance < settings.min_assurance_large;
    if is_weak {
        reporting::count_by("not-entered", 1, [("why", "low-assurance")]);
        return Ok(Outcome::new("not-entered").reason("low-assurance").say("not-entered", []).next("ask-chip"));
    }
    let (mut shop, _) = Shop::of(&site.id, at.date())?;
    shop.entries = shop.entries.saturating_add(1);
    let entry = Entry {
        shop: site.id.clone(),
        number: shop.entries,
        verification: req.verification_ref.clone(),
        customer: verification.customer.clone(),
        sealed: verification.sealed.clone(),
        assurance: verification.assurance,
        item: req.item_class,
        mark,
        owner: req.owner,
        value: req.value,
        until: req.until,
        entered: at,
        ended: None,
        is_overdue: false,
    };
    tell_of_mark(&site, &entry, at);
    BOOK.insert(&shop::entry_key(&site.id, entry.number), &entry)?;
    shop.keep()?;
    verified.value.entry = Some(entry.number);
    VERIFIED.save(&verified)?;
    reporting::count_by("entries", 1, [("item", entry.item.code())]);
    Ok(entered(entry.number))
}

fn entered(number: u32) -> Outcome<Entered> {
    Outcome::with_data("entered", Entered { entry_no: Some(number) }).say("entered", [("number", number.to_text())])
}

/// The verification of this business under that reference.
fn verification(shop: &FacilityId, verification: &Ref) -> Result<Row<Verification>, Refusal> {
    VERIFIED.get(&shop::verification_key(shop, verification))?.ok_or_else(|| {
        Refusal::new("no-such-verification")
            .at("/verification_ref")
            .because("this business verified nobody under this reference: read the card first")
    })
}

/// The same entry again answers as the first time; another one wants another verification.
fn again(shop: &FacilityId, number: u32, req: &BookEntry) -> Result<Outcome<Entered>, Refusal> {
    let before = BOOK.get(&shop::entry_key(shop, number))?;
    let is_same = before.is_some_and(|row| {
        row.value.item == req.item_class && row.value.value == req.value && row.value.until == req.until
    });
    if !is_same {
        return Err(
            Refusal::conflict("this verification has another entry: verify the customer again").at("/verification_ref")
        );
    }
    Ok(entered(number).reason("already-entered"))
}

/// The same mark open at another business is for the police alone: the counter sees nothing of it.
fn tell_of_mark(site: &Site, entry: &Entry, at: Instant) {
    let Some(mark) = &entry.mark else { return };
    let open = BOOK.page("mark", &shop::mark_key(mark), None, MOST_OF_A_MARK).unwrap_or_default();
    if let Some(other) = open.iter().map(|row| &row.value).find(|other| other.shop != site.id) {
        suspicion::tell_of_mark(site, entry, other, at);
        reporting::count("marks-open-elsewhere", 1);
    }
}

/// An item leaves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseEntry {
    /// The business; the counter's own, where left out.
    facility: Option<FacilityId>,
    entry_no: u32,
    how: Ending,
}

/// An item leaves, once.
pub(crate) fn close_entry(occasion: &Occasion, req: CloseEntry) -> Result<Outcome<Entered>, Refusal> {
    let site = Site::of(occasion, req.facility.as_ref())?;
    let mut row = BOOK.get(&shop::entry_key(&site.id, req.entry_no))?.ok_or_else(no_such_entry)?;
    let data = Entered { entry_no: Some(req.entry_no) };
    let outcome = Outcome::with_data("closed", data).say("closed", [("number", req.entry_no.to_text())]);
    match row.value.ended {
        Some((how, _)) if how == req.how => return Ok(outcome.reason("already-closed")),
        Some(_) => return Err(Refusal::conflict("this entry ended otherwise: it stays as it was").at("/how")),
        None => {}
    }
    row.value.ended = Some((req.how, occasion.at()));
    BOOK.save(&row)?;
    Ok(outcome)
}

pub(crate) fn no_such_entry() -> Refusal {
    Refusal::new("no-such-entry").at("/entry_no").because("this business has no entry of this number")
}
