//! Who answers for alerts: the register of alerts that the host keeps. The desks on duty stand behind the outbox.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::capabilities::funnel::{Permit, Trouble};
use crate::capabilities::records;
use crate::contract::pilothouse::alerts::duty::Status;
use crate::kept::{self, Event, HostTable};
use crate::natural::NaturalKey;
use crate::pending::RowChange;

/// What makes an alert the same one, as its reference says it: neither a kind nor a window has a `/`, so a subject may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct About<'a> {
    pub(crate) kind: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) window: &'a str,
}

impl<'a> About<'a> {
    pub(crate) fn read(reference: &'a str) -> Option<About<'a>> {
        let (kind, rest) = reference.split_once('/')?;
        let (subject, window) = rest.rsplit_once('/')?;
        Some(About { kind, subject, window })
    }

    pub(crate) fn reference(&self) -> String {
        format!("{}/{}/{}", self.kind, self.subject, self.window)
    }

    /// The natural key of what the desk is told of it.
    pub(crate) fn key(&self) -> NaturalKey {
        NaturalKey::of(&[self.kind, self.subject, self.window])
    }
}

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
    /// Where the row of an alert stands.
    pub(crate) fn key(pilot: &str, about: &About<'_>) -> NaturalKey {
        NaturalKey::of(&[pilot, about.kind, about.subject, about.window])
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
        key: &NaturalKey,
    ) -> Result<Option<(AlertRow, u64)>, Trouble> {
        kept::find(&self.rows, permit, own, HostTable::Alerts, key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_says_kind_and_subject_even_where_the_subject_has_slashes() {
        let about = About::read("wrong-person/a/b/2026-07-01").unwrap();
        assert_eq!(about, About { kind: "wrong-person", subject: "a/b", window: "2026-07-01" });
        assert_eq!(about.reference(), "wrong-person/a/b/2026-07-01");
        assert!(About::read("wrong-person").is_none() && About::read("wrong-person/a").is_none());
        let updated = About::read("wrong-person/a/update/1").unwrap();
        assert_ne!(AlertRow::key("p", &updated), AlertRow::key("p/wrong-person", &About::read("a/update/1").unwrap()));
    }

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
