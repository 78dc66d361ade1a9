//! Who answers for alerts: the register of alerts that the host keeps. The desks on duty stand behind the outbox.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::capabilities::funnel::{Permit, Trouble};
use crate::capabilities::records;
use crate::contract::pilothouse::alerts::duty::Status;
use crate::kept::{self, Event, HostTable};
use crate::pending::RowChange;

/// An alert as the host keeps it. Its facts and whoever is meant stand, sealed, in the effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertRow {
    /// The pilot that raised it.
    pub pilot: String,
    /// Kind, subject and window.
    pub reference: String,
    /// Where it happened.
    pub unit: String,
    /// 1 to 4.
    pub severity: u8,
    /// `queued`, `received`, `rejected`, `acknowledged`, `closed`.
    pub state: String,
    /// When it was raised.
    pub raised: i64,
    /// By when somebody should have looked at it.
    pub respond_by: Option<i64>,
    /// When an officer first took it up.
    pub acknowledged_at: Option<i64>,
    /// How many updates it had.
    pub updates: u32,
}

impl AlertRow {
    pub(crate) fn key(pilot: &str, reference: &str) -> String {
        format!("{pilot}/{reference}")
    }

    /// The row as it is written.
    pub fn change(&self, expected: u64) -> RowChange {
        kept::change(self, Vec::new(), expected)
    }

    /// What happened to the alert; false where it cannot happen now.
    pub(crate) fn happens(&mut self, event: Event, at: i64) -> bool {
        let state = match (event, self.state.as_str()) {
            (Event::Accepted, "queued") => "received",
            (Event::Rejected, "queued") => "rejected",
            // An officer can be quicker than the note that the desk has it.
            (Event::Acknowledged, "queued" | "received") => "acknowledged",
            (Event::Closed, "queued" | "received" | "acknowledged") => "closed",
            _ => return false,
        };
        if matches!(event, Event::Acknowledged | Event::Closed) {
            self.acknowledged_at = self.acknowledged_at.or(Some(at));
        }
        state.clone_into(&mut self.state);
        true
    }

    pub(crate) fn status(&self) -> Status {
        Status {
            state: self.state.clone(),
            severity: self.severity.into(),
            raised: self.raised,
            respond_by: self.respond_by,
            acknowledged_at: self.acknowledged_at,
        }
    }
}

/// The alerts.
pub struct Provider {
    rows: Arc<records::Provider>,
}

impl Provider {
    /// Over the same keeper of rows as `records`.
    pub fn new(rows: Arc<records::Provider>) -> Provider {
        Provider { rows }
    }

    /// An alert with the version of its row, as the call sees it. None: no such alert.
    pub(crate) async fn alert(
        &self,
        permit: Permit,
        own: Option<RowChange>,
        pilot: &str,
        reference: &str,
    ) -> Result<Option<(AlertRow, u64)>, Trouble> {
        kept::find(&self.rows, permit, own, HostTable::Alerts, &AlertRow::key(pilot, reference)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_goes_from_queue_to_desk_to_officer_and_never_back() {
        let mut row = AlertRow {
            pilot: "a".into(),
            reference: "wrong-person/v/2026-07-01".into(),
            unit: "18880".into(),
            severity: 2,
            state: "queued".into(),
            raised: 1,
            respond_by: None,
            acknowledged_at: None,
            updates: 0,
        };
        let mut quick = row.clone();
        assert!(quick.happens(Event::Acknowledged, 2) && !quick.happens(Event::Accepted, 3));
        assert_eq!((quick.state.as_str(), quick.acknowledged_at), ("acknowledged", Some(2)));
        for (event, state) in
            [(Event::Accepted, "received"), (Event::Acknowledged, "acknowledged"), (Event::Closed, "closed")]
        {
            assert!(row.happens(event, 5));
            assert_eq!(row.state, state);
        }
        assert_eq!(row.acknowledged_at, Some(5));
        for event in [Event::Accepted, Event::Rejected, Event::Acknowledged, Event::Closed, Event::Granted] {
            assert!(!row.happens(event, 9), "{event:?}");
        }
    }
}
