//! What the police should know: one way, and quietly. Nobody at the counter learns what the desk on duty knows or finds.

use pilothouse_sdk::alerts::{self, Alert, AlertRef, AlertState, Severity};
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::book::no_such_entry;
use crate::shop::{self, BOOK, Entry, REPORTS, Report, Shop};

/// Longest report in words, in characters: what a fact of an alert holds.
const LONGEST_REPORT: usize = 500;
/// Most reports of one business in one hour; who has more to say phones.
const MOST_AN_HOUR: u32 = 20;
/// Hours in which the police should have looked at a report of the gravest urgency, and at one of the middle.
const HOURS_AT_ONCE: i64 = 1;
const HOURS_SOON: i64 = 24;
const MICROS_AN_HOUR: i64 = 3_600_000_000;

/// Days after which a report that nobody has taken up is not asked after any more.
const DAYS_ASKED_AFTER: i32 = 30;
/// Most reports that one morning asks after, the oldest first: within the calls and rows that one call may have.
const MOST_REPORTS: usize = 100;

/// What is suspicious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum About {
    Item,
    Person,
}

/// A report to the police.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportSuspicion {
    /// The business; the counter's own, where left out.
    facility: Option<FacilityId>,
    /// The entry that it is about, where there is one.
    entry_no: Option<u32>,
    about: About,
    /// In words, at most 500 characters.
    #[schemars(length(min = 1, max = 500))]
    what: String,
    /// 1: good to know; 2: today; 3: at once.
    #[schemars(range(min = 1, max = 3))]
    urgency: u8,
}

/// A report as it stands.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Reported {
    #[serde(skip_serializing_if = "Option::is_none")]
    report_ref: Option<String>,
}

/// Reports to the police. Each report is an alert of its own, whatever else the police know of the entry: none is lost behind another, and
/// the counter is told of none but its own. A request that is sent again is answered as before by its reference.
pub(crate) fn report_suspicion(occasion: &Occasion, req: ReportSuspicion) -> Result<Outcome<Reported>, Refusal> {
    let site = Site::of(occasion, req.facility.as_ref())?;
    if !(1..=LONGEST_REPORT).contains(&req.what.trim().chars().count()) {
        return Err(Refusal::invalid("/what", "say in 1 to 500 characters what is suspicious"));
    }
    let (severity, hours) = match req.urgency {
        1 => (Severity::Look, None),
        2 => (Severity::Soon, Some(HOURS_SOON)),
        3 => (Severity::Now, Some(HOURS_AT_ONCE)),
        _ => return Err(Refusal::invalid("/urgency", "choose an urgency from 1 to 3")),
    };
    let entry = match req.entry_no {
        Some(number) => Some(BOOK.get(&shop::entry_key(&site.id, number))?.ok_or_else(no_such_entry)?.value),
        None => None,
    };
    let at = occasion.at();
    let kind = match req.about {
        About::Item => "suspicious-item",
        About::Person => "suspicious-person",
    };
    let hour = shop::hour(at);
    // Where the own tables are down, the time itself tells two reports apart.
    let (window, is_full) = match count_report(&site, at) {
        Ok(number) => (format!("{hour}-{number:02}"), number > MOST_AN_HOUR),
        Err(_) => (format!("{hour}-{}", at.micros().rem_euclid(MICROS_AN_HOUR)), false),
    };
    let mut facts = facts(&site);
    facts.push(("what", req.what.trim().to_owned()));
    facts.push(("entry", entry.as_ref().map_or_else(|| "-".to_owned(), |entry| entry.number.to_text())));
    let alert = Alert {
        kind,
        severity,
        unit: site.unit().map_or_else(|| occasion.unit(), Ok)?,
        subject: subject(&site, entry.as_ref()),
        window,
        facts,
        respond_by: hours.map(|hours| at.plus_hours(hours)),
    };
    let customer = entry.as_ref().and_then(|entry| entry.sealed.as_ref()).and_then(|sealed| sealed.reopen().ok());
    let not_sent = || Outcome::new("not-sent").reason("not-through-here").say("not-sent", []).next("phone-police");
    if is_full {
        return Ok(not_sent());
    }
    let Ok(reference) = alerts::raise(&alert, customer.as_ref()) else { return Ok(not_sent()) };
    let kept = Report { alert: reference.clone(), about: kind.to_owned(), on: occasion.local_date(), is_open: true };
    // The report is on its way; that it cannot be asked after is no reason to say otherwise.
    let _ = REPORTS.insert(reference.as_str(), &kept);
    reporting::count_by("reports", 1, [("about", kind)]);
    let data = Reported { report_ref: Some(reference.as_str().to_owned()) };
    Ok(Outcome::with_data("sent", data).say("sent", []))
}

/// Which report of the business in this hour it is.
fn count_report(site: &Site, at: Instant) -> Result<u32, Denial> {
    let (mut shop, _) = Shop::of(&site.id, at.date())?;
    let number = shop.one_more_report(&shop::hour(at));
    shop.keep()?;
    Ok(number)
}

fn is_taken_up(alert: &AlertRef) -> bool {
    let state = alerts::state(alert).ok().flatten().map(|status| status.state);
    matches!(state, Some(AlertState::Acknowledged | AlertState::Closed))
}

/// Asks after the reports of the last weeks, and counts those that an officer has taken up since. Answers how many.
pub(crate) fn ask_after_reports(today: Date) -> Result<u32, Denial> {
    let mut taken_up = 0;
    for mut row in REPORTS.first(MOST_REPORTS, "open", "")? {
        let report = &mut row.value;
        if is_taken_up(&report.alert) {
            reporting::count_by("reports-acknowledged", 1, [("about", report.about.as_str())]);
            taken_up += 1;
        } else if today.days_since(report.on) <= DAYS_ASKED_AFTER {
            continue;
        }
        report.is_open = false;
        REPORTS.save(&row)?;
    }
    Ok(taken_up)
}

fn subject(site: &Site, entry: Option<&Entry>) -> Ref {
    let subject = entry.map_or_else(|| site.id.to_string(), |entry| shop::entry_key(&site.id, entry.number));
    // A facility's id has at most 32 bytes and a number ten, so it always fits.
    Ref::parse(&subject).unwrap_or_else(|_| Ref::from(&site.id))
}

fn facts(site: &Site) -> Vec<(&'static str, String)> {
    vec![("facility", site.id.to_string())]
}

/// Tells the police that a mark is open at two businesses. The counter's answer does not depend on it, nor on whether it was told.
pub(crate) fn tell_of_mark(site: &Site, entry: &Entry, other: &Entry, at: Instant) {
    let Some(unit) = site.unit() else { return };
    let mut facts = facts(site);
    facts.push(("what", "mark-open-elsewhere".to_owned()));
    facts.push(("entry", entry.number.to_text()));
    facts.push(("elsewhere", shop::entry_key(&other.shop, other.number)));
    let alert = Alert {
        kind: "suspicious-item",
        severity: Severity::Soon,
        unit,
        subject: subject(site, Some(entry)),
        // Apart from the counter's own reports on the entry, which it could tell this one from.
        window: format!("{}-mark", shop::hour(at)),
        facts,
        respond_by: Some(at.plus_hours(HOURS_SOON)),
    };
    let customer = entry.sealed.as_ref().and_then(|sealed| sealed.reopen().ok());
    let _ = alerts::raise(&alert, customer.as_ref());
}

/// Tells the police of a business that looks people up without dealing with them. Once an hour.
pub(crate) fn tell_of_fishing(site: &Site, at: Instant, unused: usize) {
    let Some(unit) = site.unit() else { return };
    let mut facts = facts(site);
    facts.push(("verifications", unused.to_text()));
    let alert = Alert {
        kind: "fishing",
        severity: Severity::Soon,
        unit,
        subject: subject(site, None),
        window: shop::hour(at),
        facts,
        respond_by: Some(at.plus_hours(HOURS_SOON)),
    };
    let _ = alerts::raise(&alert, None);
}
