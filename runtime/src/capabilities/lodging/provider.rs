//! Who answers for lodging: the register of stays that the host keeps, and the police desk that notices are sent to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::capabilities::funnel::{Permit, Trouble};
use crate::capabilities::records;
use crate::contract::pilothouse::lodging::notices::Status;
use crate::kept::{self, HostTable};
use crate::natural::NaturalKey;
use crate::pending::RowChange;

/// Under which name the host keeps the stays; no pilot's id has a dot.
pub const STAYS_OWNER: &str = "host.lodging";
/// In which table.
pub const STAYS_TABLE: &str = "stays";
/// The index by facility and openness.
pub const OPEN_INDEX: &str = "open";
/// The index of stays whose arrival the desk has not answered, by when the law wants it there.
pub const WAITING_INDEX: &str = "waiting";
/// Open stays of one answer.
const PAGE: u32 = 200;

/// A facility's open stays stand together, and of them a pilot's. Ends with a `/`, so that no pilot's id begins another's.
fn open_place(facility: &str, open: bool, pilot: &str) -> String {
    NaturalKey::of(&[facility, if open { "open" } else { "gone" }, pilot, ""]).as_str().to_owned()
}

/// A time as index values sort it.
pub fn due_place(due: i64) -> String {
    format!("{:020}", due.max(0))
}

/// A stay as the host keeps it. Nobody's name: who it is stands, sealed, in the notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StayRow {
    /// The pilot that notified it.
    pub pilot: String,
    /// The facility.
    pub facility: String,
    /// The facility's own number of the stay.
    pub reference: String,
    /// `queued`, `sent`, `accepted`, `rejected`, `closed`, `cancelled`.
    pub state: String,
    /// The desk's code, where it rejected.
    pub code: Option<String>,
    /// When the guest arrived.
    pub arrived: i64,
    /// By when the law wants the notice.
    pub due: i64,
    /// When the desk took it.
    pub accepted_at: Option<i64>,
    /// The day the guest means to leave.
    pub expected_leave: Option<String>,
    /// Pseudonym of the guest, to tell the same notice from another one under the same reference.
    pub guest: String,
    /// How many amendments it had.
    pub amendments: u32,
}

impl StayRow {
    /// Whether the guest is still there, as far as anyone said.
    pub fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "closed" | "cancelled")
    }

    /// Where the row of a stay stands. A stay is its pilot's own: another pilot's of the same number is another stay.
    pub fn key(pilot: &str, facility: &str, reference: &str) -> NaturalKey {
        NaturalKey::of(&[pilot, facility, reference])
    }

    /// Where its row stands.
    pub fn key_of(&self) -> NaturalKey {
        StayRow::key(&self.pilot, &self.facility, &self.reference)
    }

    /// The natural key of the stay's arrival; further notices add to it.
    pub fn arrival(&self) -> NaturalKey {
        NaturalKey::of(&[&self.facility, &self.reference])
    }

    /// The function and natural key of the last notice of the stay so far.
    pub(crate) fn last_notice(&self) -> (&'static str, NaturalKey) {
        match self.amendments {
            0 => ("notify", self.arrival()),
            n => ("amend", self.arrival().and("amend").and(&n.to_string())),
        }
    }

    /// The row as it is written, with the indexes by which open stays and those that wait for the desk are found.
    pub fn change(&self, expected: u64) -> RowChange {
        let place = open_place(&self.facility, self.is_open(), &self.pilot);
        let mut indexes = vec![(OPEN_INDEX, place)];
        if self.state == "queued" {
            indexes.push((WAITING_INDEX, due_place(self.due)));
        }
        kept::change(self, indexes, expected)
    }

    pub(crate) fn status(&self) -> Status {
        Status {
            state: self.state.clone(),
            code: self.code.clone(),
            arrived: self.arrived,
            due: self.due,
            accepted_at: self.accepted_at,
            expected_leave: self.expected_leave.clone(),
        }
    }
}

/// Whether the police desk is known to answer. Set by whoever delivers notices.
#[derive(Debug, Default)]
pub struct Desk(AtomicBool);

impl Desk {
    /// The desk did not answer, or answers again.
    pub fn is_now(&self, down: bool) {
        self.0.store(down, Ordering::Relaxed);
    }

    /// Whether it did not answer lately.
    pub fn is_down(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The stays, and the desk.
pub struct Provider {
    rows: Arc<records::Provider>,
    desk: Arc<Desk>,
}

impl Provider {
    /// Over the same keeper of rows as `records`.
    pub fn new(rows: Arc<records::Provider>, desk: Arc<Desk>) -> Provider {
        Provider { rows, desk }
    }

    /// The desk notices are sent to.
    pub fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// A stay with the version of its row, as the call sees it. None: no such stay.
    pub(crate) async fn stay(
        &self,
        permit: Permit,
        own: Option<RowChange>,
        key: &NaturalKey,
    ) -> Result<Option<(StayRow, u64)>, Trouble> {
        kept::find(&self.rows, permit, own, HostTable::Stays, key).await
    }

    pub(crate) async fn open(
        &self,
        permit: Permit,
        pilot: &str,
        facility: &str,
        after: Option<&str>,
    ) -> Result<Vec<StayRow>, Trouble> {
        let after = after.map(|reference| StayRow::key(pilot, facility, reference));
        let prefix = open_place(facility, true, pilot);
        let after = after.as_ref().map(NaturalKey::as_str);
        let scan = records::Scan { index: OPEN_INDEX, prefix: &prefix, after, limit: PAGE };
        let rows = kept::scan(&self.rows, permit, &[], HostTable::Stays, scan).await?;
        Ok(rows.into_iter().map(|(_, stay, _)| stay).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(pilot: &str, state: &str) -> StayRow {
        StayRow {
            pilot: pilot.into(),
            facility: "hotel-1".into(),
            reference: "S-1".into(),
            state: state.into(),
            code: None,
            arrived: 1,
            due: 5,
            accepted_at: None,
            expected_leave: None,
            guest: "p".into(),
            amendments: 0,
        }
    }

    #[test]
    fn no_reference_passes_for_a_later_notice_of_another_stay() {
        let amended = StayRow { amendments: 1, ..stay("a", "accepted") };
        let other = StayRow { reference: "S-1/amend/1".into(), ..stay("a", "queued") };
        assert_ne!(amended.last_notice().1, other.arrival());
        assert_ne!(StayRow::key("a", "h/x", "1"), StayRow::key("a", "h", "x/1"));
    }

    #[test]
    fn one_pilots_open_stays_are_found_without_anothers() {
        let place = |pilot: &str| stay(pilot, "queued").change(0).indexes[0].1.clone();
        assert!(!place("lodging-2").starts_with(&open_place("hotel-1", true, "lodging")));
        assert!(place("lodging").starts_with(&open_place("hotel-1", true, "lodging")));
        assert!(!open_place("hotel-10", true, "a").starts_with("hotel-1/"));
    }

    #[test]
    fn only_a_stay_that_waits_is_watched_and_times_sort() {
        assert_eq!(stay("a", "queued").change(0).indexes.len(), 2);
        assert_eq!(stay("a", "accepted").change(0).indexes.len(), 1);
        assert!(due_place(9) < due_place(10));
    }
}
