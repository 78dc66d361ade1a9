//! What happens to a stay after its notice: amended, over, or never was. What cannot be handed over now is kept and handed over later.

use pilothouse_sdk::lodging::{CancelReason, Handover};
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Counted, Decision, Noted, guests};
use crate::desk::{Desk, Notice};
use crate::guests::{Said, look};
use crate::rounds::hand_over;
use crate::rules;
use crate::stays::{self, Change, Presence, STAYS, Standing, Stay};

/// How a change was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passed {
    /// The host has it.
    On(Handover),
    /// It is kept here until the host takes it.
    Kept,
    /// Neither: the desk phones.
    ByPhone,
    /// The stay is over already.
    TooLate,
}

fn no_such_stay() -> Refusal {
    Refusal::new("no-such-stay").at("/stay_ref").because("this facility has no stay of this reference")
}

/// A stay of the facility. None: this pilot does not remember it; the host may all the same.
fn remembered(desk: &Desk, stay: &Ref) -> Option<Row<Stay>> {
    STAYS.get(&stays::key(&desk.house.id, stay)).unwrap_or(None)
}

/// Passes a change on.
///
/// # Errors
/// `no-such-stay`; `invalid`.
fn pass(desk: &Desk, row: Option<&mut Row<Stay>>, stay: &Ref, change: Change) -> Result<Passed, Refusal> {
    let facility = &desk.house.id;
    let notice = row.as_ref().map_or(stay, |row| &row.value.notice).clone();
    // What waits of this stay goes first.
    let waits = row.as_ref().is_some_and(|row| row.value.waiting > 0);
    let denial = if waits {
        None
    } else {
        match hand_over(facility, &notice, row.as_ref().map(|row| &row.value), &change) {
            Ok(handover) => return Ok(Passed::On(handover)),
            Err(denial) => Some(denial),
        }
    };
    match denial.as_ref().map(Denial::kind) {
        None | Some(DenialKind::Unavailable | DenialKind::BudgetSpent) => {
            let kept = row.is_some_and(|row| row.value.keep(desk.at, change).is_ok());
            Ok(if kept { Passed::Kept } else { Passed::ByPhone })
        }
        Some(DenialKind::Conflict) => Ok(Passed::TooLate),
        // A notice that was given by phone is in no system: so are its changes.
        Some(DenialKind::NotFound) if row.is_some() => Ok(Passed::ByPhone),
        Some(DenialKind::NotFound) => Err(no_such_stay()),
        Some(DenialKind::Invalid) => Err(denial.map_or_else(no_such_stay, Refusal::from)),
        Some(
            DenialKind::NotGranted
            | DenialKind::FieldNotGranted
            | DenialKind::PurposeMismatch
            | DenialKind::OutOfUnit
            | DenialKind::ConsentMissing
            | DenialKind::OptedOut
            | DenialKind::Suppressed,
        ) => Ok(Passed::ByPhone),
    }
}

/// How it was passed on, as the desk reads it.
fn worded<D>(outcome: Outcome<D>, passed: Passed) -> Outcome<D> {
    match passed {
        Passed::On(_) | Passed::TooLate => outcome,
        Passed::Kept => outcome.reason("kept-here"),
        Passed::ByPhone => outcome.reason("not-kept").next("phone-police"),
    }
}

/// What changed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changed {
    /// At most 12 characters.
    #[schemars(length(min = 1, max = 12))]
    room: Option<String>,
    expected_leave: Option<Date>,
    /// The right guest, where the notice named a wrong one.
    guest: Option<Person>,
    /// With another guest and reason 20: the reason in words, which is not kept here.
    #[schemars(length(min = 1, max = 200))]
    reason_text: Option<String>,
}

/// A stay is amended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Amend {
    stay_ref: Ref,
    /// The desk's own facility, where left out.
    facility: Option<FacilityId>,
    changed: Changed,
}

/// A stay as it is after a change.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Amended {
    stay_ref: String,
    /// How many notices the stay has had.
    #[serde(skip_serializing_if = "Option::is_none")]
    notices: Option<u32>,
}

/// Room, leave or guest change.
pub(crate) fn amend(occasion: &Occasion, req: Amend) -> Result<Outcome<Amended>, Refusal> {
    let desk = Desk::open(occasion, req.facility.as_ref())?;
    let Changed { room, expected_leave, guest, reason_text } = req.changed;
    if room.is_none() && expected_leave.is_none() && guest.is_none() {
        return Err(Refusal::invalid("/changed", "say what changed: room, expected_leave or guest"));
    }
    if room.as_deref().and_then(rules::room_mistake).is_some() {
        return Err(Refusal::invalid("/changed/room", "write the room in 1 to 12 characters"));
    }
    let mut row = remembered(&desk, &req.stay_ref);
    let data = |row: &Option<Row<Stay>>| Amended {
        stay_ref: req.stay_ref.to_string(),
        notices: row.as_ref().map(|row| row.value.notices),
    };
    if row.as_ref().is_some_and(|row| row.value.presence != Presence::Here) {
        return Ok(Outcome::with_data("too-late", data(&row)).reason("departed").say("too-late", []));
    }
    let arrived = row.as_ref().map(|row| row.value.arrived);
    if expected_leave.zip(arrived).is_some_and(|(leave, arrived)| leave < arrived.date()) {
        return Err(Refusal::invalid("/changed/expected_leave", "nobody leaves before the day of arrival"));
    }
    let mut outcome = Outcome::new("amended").say("amended", []);
    if let Some(guest) = guest {
        let Some(row) = row.as_mut() else {
            return Err(Refusal::new("not-remembered")
                .at("/changed/guest")
                .because("this stay is not remembered here: cancel it and enter the right guest"));
        };
        // The new notice says room and leave as they are now.
        if let Some(room) = &room {
            row.value.room.clone_from(room);
        }
        row.value.expected_leave = expected_leave.or(row.value.expected_leave);
        let answer = name_right_guest(&desk, row, &guest, reason_text)?;
        if answer.decision == Decision::Needs {
            return Ok(Outcome::with_data("needs", data(&remembered(&desk, &req.stay_ref)))
                .reason("see-police-desk")
                .say("see-police-desk", [])
                .next("go-to-police-desk"));
        }
        for code in &answer.reasons {
            outcome = outcome.reason(*code);
        }
        for code in answer.next_codes() {
            outcome = outcome.next(*code);
        }
    } else {
        let change = Change::Amend { room: room.clone(), expected_leave };
        let passed = pass(&desk, row.as_mut(), &req.stay_ref, change)?;
        if passed == Passed::TooLate {
            return Ok(Outcome::with_data("too-late", data(&row)).reason("departed").say("too-late", []));
        }
        outcome = worded(outcome, passed);
    }
    if expected_leave.is_some() && arrived.is_some_and(|arrived| rules::is_temporary_residence(arrived, expected_leave))
    {
        outcome = outcome.reason("thirty-nights").next("register-temporary-residence");
    }
    if let Some(row) = row.as_mut() {
        if let Some(room) = room {
            row.value.room = room;
        }
        if expected_leave.is_some() {
            (row.value.expected_leave, row.value.is_asked) = (expected_leave, false);
        }
        STAYS.save(row)?;
    }
    Ok(outcome.data(data(&row)))
}

/// The notice named a wrong guest: it is taken back, and another one names the right one.
fn name_right_guest(
    desk: &Desk,
    row: &mut Row<Stay>,
    guest: &Person,
    reason_text: Option<String>,
) -> Result<Answer, Refusal> {
    if rules::reason_mistake(row.value.reason, reason_text.as_deref()).is_some() {
        return Err(Refusal::invalid("/changed/reason_text", "reason 20 needs words of 1 to 200 characters"));
    }
    let Some(notice) = rules::notice_ref(&row.value.stay, row.value.notices + 1) else {
        return Err(Refusal::invalid(
            "/stay_ref",
            "the reference is too long for a second notice: cancel, enter again",
        ));
    };
    let said = Said {
        has_permitted_stay: row.value.permitted_until.is_some(),
        has_adult: row.value.with_adult.is_some(),
        is_confirmed: true,
    };
    let mut seen = look(guest, said, &desk.settings);
    if let Some(first) = seen.first.take() {
        return Ok(first);
    }
    if row.value.standing == Standing::Waiting {
        row.value.forget_waiting()?;
    } else if pass(desk, Some(&mut *row), &notice, Change::Cancel { why: CancelReason::WrongPerson })?
        == Passed::TooLate
    {
        return Err(Refusal::conflict("the stay is over at the police: enter the right guest anew").at("/stay_ref"));
    }
    let is_foreign = seen.is_foreign();
    let stay = &mut row.value;
    (stay.notice, stay.notices) = (notice, stay.notices + 1);
    stay.guest = guest.pseudonym()?;
    stay.sealed = guest.seal().ok();
    stay.is_foreign = is_foreign;
    stay.is_unnamed = seen.kind == PersonKind::Unidentified && stay.with_adult.is_none();
    stay.due = desk.due(stay.arrived, is_foreign);
    stay.standing = Standing::Sent;
    let stay = row.value.clone();
    let answer = Answer::notified(stay.due, seen.noted);
    let (answer, given) =
        desk.give(guest, &Notice::of_stay(&stay, reason_text.as_deref()), answer, Some(stay.clone()))?;
    match given {
        Some(given) => row.value = given,
        None => row.value.standing = Standing::ByPhone,
    }
    Ok(if answer.decision == Decision::Needs {
        Answer::notified(row.value.due, Noted::default()).reason("not-through-here").next("notify-on-paper")
    } else {
        answer
    })
}

/// A guest leaves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Depart {
    stay_ref: Ref,
    /// The desk's own facility, where left out.
    facility: Option<FacilityId>,
    left: Instant,
}

/// A stay that is over.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Departed {
    stay_ref: String,
    /// Midnights that it spanned.
    nights: u32,
}

/// The guest left.
pub(crate) fn depart(occasion: &Occasion, req: Depart) -> Result<Outcome<Departed>, Refusal> {
    let mut desk = Desk::open(occasion, req.facility.as_ref())?;
    if req.left.is_ahead_of(desk.at) {
        return Err(Refusal::invalid("/left", "enter a guest who has left: the time lies in the future"));
    }
    let mut row = remembered(&desk, &req.stay_ref);
    let arrived = match &row {
        Some(row) => Some(row.value.arrived),
        None => match lodging::state(&desk.house.id, &req.stay_ref) {
            Ok(Some(notice)) => Some(notice.arrived),
            Ok(None) => return Err(no_such_stay()),
            Err(_) => None,
        },
    };
    if arrived.is_some_and(|arrived| req.left < arrived) {
        return Err(Refusal::invalid("/left", "nobody leaves before they arrive: see the stay's arrival"));
    }
    let nights = |left: Instant| arrived.map_or(0, |arrived| rules::nights(arrived, left.date()));
    let closed = |left: Instant| {
        let nights = nights(left);
        Outcome::with_data("closed", Departed { stay_ref: req.stay_ref.to_string(), nights })
            .say("closed", [("nights", nights.to_text())])
    };
    match row.as_ref().map(|row| (row.value.presence, row.value.left)) {
        Some((Presence::Cancelled, _)) => {
            return Err(Refusal::new("stay-cancelled").at("/stay_ref").because("the stay was cancelled"));
        }
        Some((Presence::Left, left)) => return Ok(closed(left.unwrap_or(req.left)).reason("already-closed")),
        Some((Presence::Here, _)) | None => {}
    }
    let passed = pass(&desk, row.as_mut(), &req.stay_ref, Change::Depart { left: req.left })?;
    if let Some(row) = row.as_mut() {
        (row.value.presence, row.value.left) = (Presence::Left, Some(req.left));
        STAYS.save(row)?;
        desk.tally.add(Counted::Nights { guests: guests(row.value.is_foreign) }, nights(req.left));
    }
    desk.close();
    let outcome = closed(req.left);
    Ok(match passed {
        Passed::TooLate => outcome.reason("already-closed"),
        _ => worded(outcome, passed),
    })
}

/// A notice was wrong.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {
    stay_ref: Ref,
    /// The desk's own facility, where left out.
    facility: Option<FacilityId>,
    why: CancelReason,
}

/// Takes a notice back.
pub(crate) fn cancel(occasion: &Occasion, req: Cancel) -> Result<Outcome, Refusal> {
    let desk = Desk::open(occasion, req.facility.as_ref())?;
    let mut row = remembered(&desk, &req.stay_ref);
    let over = || Refusal::new("stay-over").at("/stay_ref").because("the guest has left: what was notified stands");
    match row.as_ref().map(|row| row.value.presence) {
        Some(Presence::Cancelled) => {
            return Ok(Outcome::new("cancelled").reason("already-cancelled").say("cancelled", []));
        }
        Some(Presence::Left) => return Err(over()),
        Some(Presence::Here) | None => {}
    }
    let outcome = match row.as_mut().filter(|row| row.value.standing == Standing::Waiting) {
        // It never left this pilot.
        Some(row) => {
            row.value.forget_waiting()?;
            Outcome::new("cancelled").say("cancelled", [])
        }
        None => match pass(&desk, row.as_mut(), &req.stay_ref, Change::Cancel { why: req.why })? {
            Passed::TooLate => return Err(over()),
            Passed::On(Handover::Withdrawn) => Outcome::new("cancelled").say("cancelled", []),
            passed @ (Passed::On(_) | Passed::Kept | Passed::ByPhone) => {
                worded(Outcome::new("sent-already").say("sent-already", []), passed)
            }
        },
    };
    if let Some(row) = row.as_mut() {
        row.value.presence = Presence::Cancelled;
        if matches!(row.value.standing, Standing::Waiting | Standing::Sent) {
            row.value.standing = Standing::Settled;
        }
        STAYS.save(row)?;
    }
    Ok(outcome)
}
