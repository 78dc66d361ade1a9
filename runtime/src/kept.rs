//! Rows that the host keeps for its capabilities: stays, alerts, consents, messages. What an effect did to them is written here once,
//! for the outbox of a running host and for scenarios.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::capabilities::funnel::{Permit, Trouble};
use crate::capabilities::{alerts, consent, lodging, messaging, records};
use crate::natural::NaturalKey;
use crate::occasion::local_date;
use crate::pending::{Pending, RowChange};

/// A table of the host's own. No pilot's id has a dot, so no pilot reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostTable {
    /// Of `lodging`.
    Stays,
    /// Of `alerts`.
    Alerts,
    /// Of `consent`.
    Consents,
    /// Of `messaging`.
    Messages,
}

/// What happened outside to something that the host keeps a row of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Its receiver took it.
    Accepted,
    /// Its receiver refused it for good.
    Rejected,
    /// An officer on duty took the alert up.
    Acknowledged,
    /// The alert is done with.
    Closed,
    /// The person agreed.
    Granted,
    /// The person did not agree.
    Refused,
    /// The person took the consent back.
    Withdrawn,
}

impl HostTable {
    /// The table that a capability keeps; none where it keeps none.
    pub fn of(capability: &str) -> Option<HostTable> {
        Some(match capability {
            "lodging" => HostTable::Stays,
            "alerts" => HostTable::Alerts,
            "consent" => HostTable::Consents,
            "messaging" => HostTable::Messages,
            _ => return None,
        })
    }

    /// Under which name the rows stand.
    pub fn owner(self) -> &'static str {
        match self {
            HostTable::Stays => lodging::STAYS_OWNER,
            HostTable::Alerts => "host.alerts",
            HostTable::Consents => "host.consent",
            HostTable::Messages => "host.messaging",
        }
    }

    /// In which table.
    pub fn table(self) -> &'static str {
        match self {
            HostTable::Stays => lodging::STAYS_TABLE,
            HostTable::Alerts => "alerts",
            HostTable::Consents => "consents",
            HostTable::Messages => "messages",
        }
    }

    /// The key under which a row stands whose key was written down before keys were tuples: in an effect's payload or at a receiver.
    /// Rows moved to their new keys when the folder was opened; what names them outside did not.
    ///
    /// Then as now a kind, a window, a template and a recipient have no `/`, so the one part that may have some is what is left.
    pub fn key_of_old(self, written: &str) -> Option<NaturalKey> {
        let (before, free, behind) = match self {
            HostTable::Stays | HostTable::Consents => return None,
            HostTable::Alerts => {
                let mut parts = written.splitn(3, '/');
                let before = [parts.next()?, parts.next()?];
                let (free, window) = parts.next()?.rsplit_once('/')?;
                (before.to_vec(), free, Some(window))
            }
            HostTable::Messages => {
                let mut parts = written.splitn(4, '/');
                let before = [parts.next()?, parts.next()?, parts.next()?];
                (before.to_vec(), parts.next()?, None)
            }
        };
        let parts: Vec<&str> = before.into_iter().chain([free]).chain(behind).collect();
        Some(NaturalKey::of(&parts))
    }

    /// Days after its last change that a row is kept.
    pub fn days(self) -> i64 {
        match self {
            HostTable::Stays | HostTable::Alerts => 400,
            // A consent is proof of why data were used: longer than the longest term.
            HostTable::Consents => 3_660,
            // Long enough to count the messages of a month.
            HostTable::Messages => 62,
        }
    }

    /// The row after what happened; none where this cannot happen to it, or it cannot be read.
    pub fn after(self, value: &str, version: u64, event: Event, at: i64) -> Option<RowChange> {
        Some(match self {
            // The police desk answers with codes of its own; the outbox writes them.
            HostTable::Stays => return None,
            HostTable::Alerts => changed(value, |row: &mut alerts::AlertRow| row.happens(event, at))?.change(version),
            HostTable::Consents => {
                changed(value, |row: &mut consent::ConsentRow| row.happens(event, at))?.change(version)
            }
            HostTable::Messages => {
                changed(value, |row: &mut messaging::MessageRow| row.happens(event, at))?.change(version)
            }
        })
    }
}

fn changed<R: DeserializeOwned>(value: &str, happens: impl FnOnce(&mut R) -> bool) -> Option<R> {
    let mut row = serde_json::from_str(value).ok()?;
    happens(&mut row).then_some(row)
}

/// A row as it is written.
pub(crate) fn change<R: Serialize>(row: &R, indexes: Vec<(&str, String)>, expected: u64) -> RowChange {
    RowChange {
        expected: Some(expected),
        // Structs of texts and numbers always serialise.
        value: serde_json::to_string(row).ok(),
        indexes: indexes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        version: expected + 1,
        stored: 0,
    }
}

/// A row with its version, as the call sees it. None: there is none.
pub(crate) async fn find<R: DeserializeOwned>(
    rows: &records::Provider,
    permit: Permit,
    own: Option<RowChange>,
    table: HostTable,
    key: &NaturalKey,
) -> Result<Option<(R, u64)>, Trouble> {
    if let Some(change) = own {
        return change.value.map(|value| read(&value).map(|row| (row, change.version))).transpose();
    }
    let row = rows.get(permit, table.owner(), table.table(), key.as_str()).await?;
    row.map(|row| read(&row.value).map(|value| (value, row.version))).transpose()
}

/// Rows of a table by an index, the call's own laid over what is stored, with their keys and versions.
pub(crate) async fn scan<R: DeserializeOwned>(
    rows: &records::Provider,
    permit: Permit,
    own: &[(String, Option<records::Row>)],
    table: HostTable,
    scan: records::Scan<'_>,
) -> Result<Vec<(String, R, u64)>, Trouble> {
    let rows = rows.scan(permit, table.owner(), table.table(), scan, own).await?;
    rows.into_iter().map(|row| Ok((row.key, read(&row.value)?, row.version))).collect()
}

/// The rows of a table that the call itself has written.
pub(crate) fn own_rows(pending: &Pending, table: HostTable) -> Vec<(String, Option<records::Row>)> {
    let of = pending.kept.iter().filter(|((of, _), _)| *of == table);
    of.map(|((_, key), change)| {
        let row = change.value.clone().map(|value| records::Row {
            key: key.as_str().to_owned(),
            version: change.version,
            value,
            indexes: change.indexes.clone(),
        });
        (key.as_str().to_owned(), row)
    })
    .collect()
}

fn read<R: DeserializeOwned>(value: &str) -> Result<R, Trouble> {
    serde_json::from_str(value).map_err(|_| Trouble::Unavailable(std::time::Duration::from_secs(1)))
}

/// `YYYY-MM` of an instant in province time.
pub(crate) fn month(at: i64) -> String {
    local_date(at).chars().take(7).collect()
}

/// How long until the month is over, for whoever may ask again then.
pub(crate) fn until_next_month(at: i64) -> std::time::Duration {
    const DAY: i64 = 86_400_000_000;
    let this = month(at);
    let begins = (1..=31).map(|days| at + days * DAY).find(|then| month(*then) != this).unwrap_or(at);
    std::time::Duration::from_micros(u64::try_from(begins - at).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_found_by_its_capability_and_has_an_owner_that_no_pilot_can_be() {
        for (capability, table) in [
            ("lodging", HostTable::Stays),
            ("alerts", HostTable::Alerts),
            ("consent", HostTable::Consents),
            ("messaging", HostTable::Messages),
        ] {
            assert_eq!(HostTable::of(capability), Some(table));
            assert_eq!(table.owner(), format!("host.{capability}"));
            assert!(table.owner().parse::<pilothouse_registry::PilotId>().is_err());
        }
        assert_eq!(HostTable::of("records"), None);
    }

    #[test]
    fn a_key_that_was_written_down_before_finds_its_row() {
        let now = |table: HostTable, written: &str| table.key_of_old(written).map(|key| key.as_str().to_owned());
        let moved = now(HostTable::Alerts, "coach/trip-incident/C-1/T/1/2026-03-02");
        assert_eq!(moved.as_deref(), Some("coach/trip-incident/C-1~1T~11/2026-03-02"));
        let moved = now(HostTable::Messages, "credit/result/p0/check~1/2");
        assert_eq!(moved.as_deref(), Some("credit/result/p0/check~01~12"));
        assert_eq!(now(HostTable::Alerts, "coach/trip-incident/T"), None);
        assert_eq!(now(HostTable::Stays, "hotel/S/1"), None, "a stay is found by its facility and reference");
    }

    #[test]
    fn a_month_ends_at_midnight_of_the_province() {
        // 2026-12-31T23:59:59+07:00.
        let last = 1_798_736_399_000_000;
        assert_eq!(month(last), "2026-12");
        assert_eq!(month(last + 1_000_000), "2027-01");
        assert!(until_next_month(last) <= std::time::Duration::from_secs(86_400));
    }
}
