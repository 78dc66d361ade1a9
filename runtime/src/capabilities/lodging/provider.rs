//! Who answers for lodging: the register of stays that the host keeps, and the police desk that notices are sent to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::capabilities::funnel::{Permit, Trouble};
use crate::capabilities::records;
use crate::contract::pilothouse::lodging::notices::Status;
use crate::kept::{self, HostTable};
use crate::pending::{Pending, RowChange};

/// Under which name the host keeps the stays; no pilot's id has a dot.
pub const STAYS_OWNER: &str = "host.lodging";
/// In which table.
pub const STAYS_TABLE: &str = "stays";
/// The index by facility and openness.
pub const OPEN_INDEX: &str = "open";
/// Open stays of one answer.
const PAGE: u32 = 200;

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

    pub(crate) fn key(facility: &str, reference: &str) -> String {
        format!("{facility}/{reference}")
    }

    /// The row as it is written, with the index by which open stays are found.
    pub fn change(&self, expected: u64) -> RowChange {
        let open = if self.is_open() { "open" } else { "gone" };
        kept::change(self, vec![(OPEN_INDEX, format!("{}/{open}", self.facility))], expected)
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
        facility: &str,
        reference: &str,
    ) -> Result<Option<(StayRow, u64)>, Trouble> {
        if let Some(change) = own {
            return change.value.map(|value| parse(&value).map(|stay| (stay, change.version))).transpose();
        }
        let row = self.rows.get(permit, STAYS_OWNER, STAYS_TABLE, &StayRow::key(facility, reference)).await?;
        row.map(|row| parse(&row.value).map(|stay| (stay, row.version))).transpose()
    }

    pub(crate) async fn open(
        &self,
        permit: Permit,
        facility: &str,
        after: Option<&str>,
    ) -> Result<Vec<StayRow>, Trouble> {
        let after = after.map(|reference| StayRow::key(facility, reference));
        let prefix = format!("{facility}/open");
        let scan = records::Scan { index: OPEN_INDEX, prefix: &prefix, after: after.as_deref(), limit: PAGE };
        let rows = self.rows.scan(permit, STAYS_OWNER, STAYS_TABLE, scan, &[]).await?;
        rows.iter().map(|row| parse(&row.value)).collect()
    }

    /// What the call itself has written of a stay.
    pub(crate) fn own(pending: &Pending, facility: &str, reference: &str) -> Option<RowChange> {
        pending.own(HostTable::Stays, &StayRow::key(facility, reference))
    }
}

fn parse(value: &str) -> Result<StayRow, Trouble> {
    serde_json::from_str(value).map_err(|_| Trouble::Unavailable(std::time::Duration::from_secs(1)))
}
