//! What is done without anyone at the desk: handing over what waited, seeing what the police answered, reminding, asking.

use std::collections::BTreeSet;

use pilothouse_sdk::lodging::{Handover, NoticeState};
use pilothouse_sdk::messaging::{Channel, Message};
use pilothouse_sdk::places::Licence;
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::desk::Notice;
use crate::rules;
use crate::settings::Settings;
use crate::stays::{self, Change, HOUSES, HouseRow, LATER, STAYS, Standing, Stay};

/// What one round looks at, so that it stays within the 400 rows that one call may change: changes that wait (two rows each),
/// notices without an answer, facilities that are reminded. The oldest first, the rest ten minutes later.
const MOST_WAITING: usize = 50;
const MOST_SETTLED: usize = 180;
const MOST_REMINDED: usize = 100;
/// Notices without an answer that one round asks after, within the calls that one call may make.
const MOST_UNANSWERED: usize = 600;
/// Pages of what is not at the police that are read for reminders: twenty thousand stays.
const MOST_PAGES: usize = 100;
const PAGE: u32 = 200;
/// What one morning looks at: facilities, and guests who meant to be gone.
const MOST_SILENT: usize = 150;
/// Facilities that one morning sees for the first time, and the classes that owe notices.
const MOST_NEW: usize = 100;
const CLASSES: [&str; 3] = ["hotel", "guesthouse", "public-guest-house"];
const MOST_ASKED: usize = 140;

/// Hands one change over, now or later.
///
/// # Errors
/// Those of the host; `not-found` for the notice of a stay that is not remembered.
pub(crate) fn hand_over(
    facility: &FacilityId,
    notice: &Ref,
    stay: Option<&Stay>,
    change: &Change,
) -> Result<Handover, Denial> {
    match change {
        Change::Notice { person, reason_text } => {
            let stay = stay.ok_or_else(|| Denial::local(DenialKind::NotFound, "stay"))?;
            lodging::notify(&person.reopen()?, Notice::of_stay(stay, reason_text.as_deref()).of(facility))
        }
        Change::Amend { room, expected_leave } => lodging::amend(facility, notice, room.as_deref(), *expected_leave),
        Change::Depart { left } => lodging::depart(facility, notice, *left),
        Change::Cancel { why } => lodging::cancel(facility, notice, *why),
    }
}

/// What a round did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Round {
    /// Changes that waited and are handed over now.
    handed_over: u32,
    /// Changes that will never be taken: the desk phones.
    given_up: u32,
    /// Notices that the police have.
    settled: u32,
    /// Of these, such as the desk gave in time and the police got late.
    late_by_provider: u32,
    /// Notices that the police rejected.
    rejected: u32,
    /// Facilities that were reminded.
    reminded: usize,
}

/// Every ten minutes: what waited is handed over, what the police answered is counted; at the department's times facilities are reminded.
pub(crate) fn rounds(occasion: &Occasion) -> Result<Outcome<Round>, Refusal> {
    let settings: Settings = settings()?;
    let mut round = Round::default();
    hand_over_what_waited(&mut round)?;
    see_answers(&mut round)?;
    if let Some(since) = settings.reminding_since(occasion.captured_at()) {
        round.reminded = remind(occasion.at(), since)?;
    }
    if round.rejected > 0 {
        reporting::count("rejected", round.rejected);
    }
    if round.late_by_provider > 0 {
        reporting::count_by("late", round.late_by_provider, [("cause", "provider")]);
    }
    Ok(Outcome::with_data("rounds-done", round))
}

fn hand_over_what_waited(round: &mut Round) -> Result<(), Refusal> {
    for waiting in LATER.first(MOST_WAITING, "since", "")? {
        let later = &waiting.value;
        let Some(mut row) = STAYS.get(&stays::key(&later.facility, &later.stay))? else {
            LATER.remove(&waiting)?;
            continue;
        };
        let is_notice = matches!(later.change, Change::Notice { .. });
        match hand_over(&later.facility, &later.notice, Some(&row.value), &later.change) {
            Ok(_) => {
                round.handed_over += 1;
                if is_notice {
                    row.value.standing = Standing::Sent;
                }
            }
            // Still down, for everyone: the next round tries again.
            Err(denial) if denial.is_temporary() => return Ok(()),
            Err(_) => {
                round.given_up += 1;
                if is_notice {
                    row.value.standing = Standing::ByPhone;
                }
            }
        }
        row.value.waiting = row.value.waiting.saturating_sub(1);
        STAYS.save(&row)?;
        LATER.remove(&waiting)?;
    }
    Ok(())
}

/// Sees what the police answered.
fn see_answers(round: &mut Round) -> Result<(), Refusal> {
    let mut settled = 0;
    for mut row in STAYS.first(MOST_UNANSWERED, "unsettled", stays::OUT)? {
        if settled >= MOST_SETTLED {
            break;
        }
        let stay = &mut row.value;
        let notice = match lodging::state(&stay.facility, &stay.notice) {
            Ok(Some(notice)) => notice,
            Err(denial) if denial.is_temporary() => break,
            // The host has no such notice, or may not speak of it: the desk phones, and the next round looks at others.
            Ok(None) | Err(_) => {
                round.given_up += 1;
                stay.standing = Standing::ByPhone;
                settled += 1;
                STAYS.save(&row)?;
                continue;
            }
        };
        match (notice.in_time(), notice.state) {
            (Some(in_time), _) => {
                round.settled += 1;
                // Who entered the guest late is late already; the provider is judged by what was given in time.
                if !in_time && stay.entered <= stay.due {
                    round.late_by_provider += 1;
                }
                stay.standing = Standing::Settled;
            }
            (None, NoticeState::Rejected) => {
                round.rejected += 1;
                stay.standing = Standing::Rejected;
            }
            (None, NoticeState::Cancelled) => stay.standing = Standing::Settled,
            (None, NoticeState::Queued | NoticeState::Sent | NoticeState::Accepted | NoticeState::Closed) => continue,
        }
        settled += 1;
        STAYS.save(&row)?;
    }
    Ok(())
}

/// Writes to the staff of a facility, once for what gave rise to it. A message that cannot be sent stands in the record of the call; the
/// desk sees the same under "tonight".
fn write_to(facility: &FacilityId, template: &str, occasion: &str) {
    let Ok(occasion) = Ref::parse(occasion) else { return };
    let channels = &[Channel::StaffApp, Channel::SmsBrandname];
    let _ = messaging::notify_staff(facility, &Message { template, args: Vec::new(), channels, occasion });
}

/// Reminds each facility once since a time of what the police do not have, whether it is out, waits here, was rejected or goes by phone, and
/// of guests without identity. Who is not reached in this round is in the next one.
fn remind(at: Instant, since: Instant) -> Result<usize, Refusal> {
    let (mut reminded, mut seen) = (0, BTreeSet::new());
    for (index, prefix) in [("unsettled", stays::OUT), ("unsettled", stays::OWED), ("unnamed", "")] {
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = STAYS.page(index, prefix, after.as_deref(), PAGE)?;
            after = page.last().map(|row| row.key.clone());
            let is_last = page.len() < PAGE as usize;
            for facility in page.into_iter().map(|row| row.value.facility) {
                if reminded >= MOST_REMINDED {
                    return Ok(reminded);
                }
                if !seen.insert(facility.clone()) {
                    continue;
                }
                let Some(mut row) = HOUSES.get(facility.as_str())? else { continue };
                if row.value.reminded.is_some_and(|before| before >= since) {
                    continue;
                }
                row.value.reminded = Some(at);
                HOUSES.save(&row)?;
                write_to(&facility, "unsent-notices", &since.to_string());
                reminded += 1;
            }
            if is_last {
                break;
            }
        }
    }
    Ok(reminded)
}

/// What a morning found.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Morning {
    /// Facilities that were put on the police's list.
    new: u32,
    /// Guests about whom the desk is asked: stayed or left?
    asked: u32,
}

/// Remembers licensed facilities that have never notified, from the day on which they are first seen: who never begins is silent too.
fn see_who_never_notified(today: Date) -> Result<(), Denial> {
    let mut new = 0;
    for class in CLASSES {
        let mut after: Option<FacilityId> = None;
        loop {
            let page = places::facilities(class, None, after.as_ref())?;
            for facility in &page {
                if new >= MOST_NEW || HOUSES.get(facility.as_str())?.is_some() {
                    continue;
                }
                let Some(found) = places::facility(facility)?.filter(|found| found.licence() == Licence::Valid) else {
                    continue;
                };
                let row = HouseRow {
                    facility: facility.clone(),
                    unit: found.unit(),
                    since: today,
                    last: today,
                    listed: None,
                    reminded: None,
                    is_new: true,
                    looked_at: None,
                };
                HOUSES.insert(facility.as_str(), &row)?;
                new += 1;
            }
            match page.into_iter().last() {
                Some(last) if Some(&last) != after.as_ref() => after = Some(last),
                _ => break,
            }
        }
    }
    Ok(())
}

/// Every morning at nine: open facilities without a notice for too long go on the police's list, once; guests who meant to be gone are asked about.
pub(crate) fn morning(occasion: &Occasion) -> Result<Outcome<Morning>, Refusal> {
    let settings: Settings = settings()?;
    let today = occasion.local_date();
    let mut found = Morning::default();
    // Where the list of facilities does not answer, those that are known are looked at all the same.
    let _ = see_who_never_notified(today);
    for mut row in HOUSES.first(MOST_SILENT, "last", "")? {
        if !rules::is_silent(row.value.quiet_since(), today, settings.silent_days) {
            break;
        }
        // A facility that may take no guests owes no notices. Where it cannot be told, the police look.
        let is_closed = places::facility(&row.value.facility)
            .is_ok_and(|facility| facility.is_none_or(|facility| facility.licence() != Licence::Valid));
        if is_closed {
            row.value.looked_at = Some(today);
        } else {
            row.value.listed = Some(today);
            found.new += 1;
        }
        HOUSES.save(&row)?;
    }
    let mut to_ask = BTreeSet::new();
    for mut row in STAYS.first(MOST_ASKED, "leave", "")? {
        if row.value.expected_leave.is_none_or(|leave| leave >= today) {
            break;
        }
        row.value.is_asked = true;
        STAYS.save(&row)?;
        to_ask.insert(row.value.facility.clone());
        found.asked += 1;
    }
    for facility in &to_ask {
        write_to(facility, "stayed-or-left", &today.to_string());
    }
    if found.new > 0 {
        reporting::count("silent-facilities", found.new);
    }
    Ok(Outcome::new("listed")
        .say("morning", [("silent", found.new.to_text()), ("asked", found.asked.to_text())])
        .data(found))
}
