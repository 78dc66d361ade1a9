//! Stays, and the notices that a facility owes the police about them (Law on Residence 68/2020/QH14, Article 30).

use crate::bindings::imports::pilothouse::lodging::notices;
use crate::codes::codes;
use crate::{Date, Denial, FacilityId, Instant, Person, Ref};

/// A stay as the notice needs it. Name, number and address are put in by the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The facility's own number of the stay: with the facility, the natural key of all its notices.
    pub reference: Ref,
    /// Where.
    pub facility: FacilityId,
    /// At most 12 characters.
    pub room: String,
    /// Since when.
    pub arrived: Instant,
    /// Until when, where the guest said so.
    pub expected_leave: Option<Date>,
    /// Reason code 1 to 20 of the police portal's list.
    pub reason: u8,
    /// At most 200 characters; needed with reason 20.
    pub reason_text: Option<String>,
    /// By when the law wants the notice.
    pub due: Instant,
    /// For foreigners: the permitted stay.
    pub permitted_until: Option<Date>,
}

codes! {
    /// What became of a notice when it was given.
    pub enum Handover {
        /// On its way.
        Sending = "sending",
        /// The police's desk is known to be down: it waits.
        Queued = "queued",
        /// The desk does not have it, and gets nothing.
        Withdrawn = "withdrawn",
    }
}

/// What a function newer than this SDK answers is on its way at least.
fn handover(code: &str) -> Handover {
    Handover::from_code(code).unwrap_or(Handover::Sending)
}

/// *Effect.* Sends the notice of a stay.
///
/// # Errors
/// `field-not-granted` (facility class, foreign guests), `out-of-unit`, `invalid`, `budget-spent`, `conflict` (the reference has another stay).
pub fn notify(person: &Person, stay: Stay) -> Result<Handover, Denial> {
    let stay = notices::Stay {
        reference: stay.reference.to_string(),
        facility: stay.facility.to_string(),
        room: stay.room,
        arrived: stay.arrived.micros(),
        expected_leave: stay.expected_leave.map(|date| date.to_string()),
        reason: stay.reason.into(),
        reason_text: stay.reason_text,
        due: stay.due.micros(),
        permitted_until: stay.permitted_until.map(|date| date.to_string()),
    };
    notices::notify(&person.0, &stay).map(|code| handover(&code)).map_err(Denial::received)
}

/// *Effect.* Changes room or expected leave of a stay that was notified.
///
/// # Errors
/// As [`notify`]; `not-found` where it was not.
pub fn amend(
    facility: &FacilityId,
    reference: &Ref,
    room: Option<&str>,
    expected_leave: Option<Date>,
) -> Result<Handover, Denial> {
    let expected_leave = expected_leave.map(|date| date.to_string());
    notices::amend(facility.as_str(), reference.as_str(), room, expected_leave.as_deref())
        .map(|code| handover(&code))
        .map_err(Denial::received)
}

/// *Effect.* The guest left.
///
/// # Errors
/// As [`amend`].
pub fn depart(facility: &FacilityId, reference: &Ref, left: Instant) -> Result<Handover, Denial> {
    notices::depart(facility.as_str(), reference.as_str(), left.micros())
        .map(|code| handover(&code))
        .map_err(Denial::received)
}

codes! {
    /// Why a notice was wrong.
    pub enum CancelReason {
        /// The guest did not come.
        NoShow = "no-show",
        /// The stay was entered twice.
        DoubleEntry = "double-entry",
        /// It named somebody else.
        WrongPerson = "wrong-person",
    }
}

/// *Effect.* The notice was wrong. The cancellation leaves behind the notice; answers `Withdrawn` where the desk had rejected that.
///
/// # Errors
/// As [`amend`].
pub fn cancel(facility: &FacilityId, reference: &Ref, why: CancelReason) -> Result<Handover, Denial> {
    notices::cancel(facility.as_str(), reference.as_str(), why.code())
        .map(|code| handover(&code))
        .map_err(Denial::received)
}

codes! {
    /// Where a notice stands.
    pub enum NoticeState {
        /// Waits.
        Queued = "queued",
        /// On its way.
        Sent = "sent",
        /// The police took it.
        Accepted = "accepted",
        /// The police did not take it.
        Rejected = "rejected",
        /// The guest left, and the police know.
        Closed = "closed",
        /// It was wrong and is taken back.
        Cancelled = "cancelled",
    }
}

/// Where the notice of a stay stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The state; one that is newer than this SDK reads as sent.
    pub state: NoticeState,
    /// The police's code, where it was rejected.
    pub code: Option<String>,
    /// When the guest arrived.
    pub arrived: Instant,
    /// By when the law wanted it.
    pub due: Instant,
    /// When the police took it.
    pub accepted_at: Option<Instant>,
    /// Until when the guest stays.
    pub expected_leave: Option<Date>,
}

impl Notice {
    fn received(status: notices::Status) -> Self {
        Self {
            state: NoticeState::from_code(&status.state).unwrap_or(NoticeState::Sent),
            code: status.code,
            arrived: Instant::from_micros(status.arrived),
            due: Instant::from_micros(status.due),
            accepted_at: status.accepted_at.map(Instant::from_micros),
            expected_leave: status.expected_leave.and_then(|text| Date::parse(&text).ok()),
        }
    }

    /// Whether the police had it in time. None: they do not have it yet.
    pub fn in_time(&self) -> Option<bool> {
        self.accepted_at.map(|at| at <= self.due)
    }
}

/// Where the notice of a stay stands. None: no such stay of this facility.
///
/// # Errors
/// `out-of-unit`, `field-not-granted`.
pub fn state(facility: &FacilityId, reference: &Ref) -> Result<Option<Notice>, Denial> {
    notices::state(facility.as_str(), reference.as_str())
        .map(|status| status.map(Notice::received))
        .map_err(Denial::received)
}

/// At most 200 open stays of a facility, in the order of their references after `after`.
///
/// # Errors
/// `out-of-unit`, `field-not-granted`.
pub fn open_stays(facility: &FacilityId, after: Option<&str>) -> Result<Vec<(String, Notice)>, Denial> {
    let stays = notices::open_stays(facility.as_str(), after).map_err(Denial::received)?;
    Ok(stays.into_iter().map(|stay| (stay.reference, Notice::received(stay.status))).collect())
}
