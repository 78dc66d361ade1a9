//! Who answers for consents: the register that the host keeps. The person's inbox stands behind the outbox.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::capabilities::funnel::{Permit, Trouble};
use crate::capabilities::records;
use crate::contract::pilothouse::consent::consents::{Page, Standing, Withdrawal};
use crate::kept::{self, Event, HostTable};
use crate::natural::NaturalKey;
use crate::pending::{Pending, RowChange};

/// The index by person.
const PERSON_INDEX: &str = "person";
/// The index of what was taken back.
const WITHDRAWN_INDEX: &str = "withdrawn";
/// Consents of one person for one pilot: purposes by kinds of data, as many as any scope has.
const MOST_OF_A_PERSON: u32 = 200;
/// Withdrawals that are looked through at once; the contract says so.
const PAGE: u32 = 200;
/// Requests whose time is remembered: more than any month may have.
const REMEMBERED: usize = 32;

/// A consent as the host keeps it, under the pilot's own pseudonym of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRow {
    /// The pilot that asked.
    pub pilot: String,
    /// The person's pseudonym.
    pub person: String,
    /// For which purpose.
    pub purpose: String,
    /// Of which kind of data.
    pub data: String,
    /// `asked`, `granted`, `refused`, `withdrawn`.
    pub state: String,
    /// The last day on which it holds, or would.
    pub until: String,
    /// When it was asked for, the last ones of all times.
    pub asked: Vec<i64>,
    /// How often it was asked for, of all times.
    pub times: u32,
    /// When the person answered or took it back.
    pub answered_at: Option<i64>,
}

impl ConsentRow {
    pub(crate) fn key(pilot: &str, person: &str, purpose: &str, data: &str) -> NaturalKey {
        NaturalKey::of(&[pilot, person, purpose, data])
    }

    /// The row as it is written, with the indexes by person and of what was taken back.
    pub fn change(&self, expected: u64) -> RowChange {
        let withdrawn = if self.state == "withdrawn" { "withdrawn" } else { "other" };
        kept::change(
            self,
            vec![
                (PERSON_INDEX, format!("{}/{}/", self.pilot, self.person)),
                (WITHDRAWN_INDEX, format!("{}/{withdrawn}", self.pilot)),
            ],
            expected,
        )
    }

    /// What the person did; false where it cannot be done now. That an inbox has a request changes nothing yet.
    pub(crate) fn happens(&mut self, event: Event, at: i64) -> bool {
        let state = match (event, self.state.as_str()) {
            (Event::Granted, "asked" | "refused") => "granted",
            (Event::Refused | Event::Rejected, "asked") => "refused",
            (Event::Withdrawn, "granted") => "withdrawn",
            _ => return false,
        };
        state.clone_into(&mut self.state);
        self.answered_at = Some(at);
        true
    }

    pub(super) fn ask(&mut self, until: &str, at: i64) {
        "asked".clone_into(&mut self.state);
        until.clone_into(&mut self.until);
        self.answered_at = None;
        self.times = self.times.saturating_add(1);
        if self.asked.len() >= REMEMBERED {
            self.asked.remove(0);
        }
        self.asked.push(at);
    }

    fn asked_in(&self, month: &str) -> usize {
        self.asked.iter().filter(|at| kept::month(**at) == month).count()
    }

    /// How it stands on a day.
    pub(crate) fn standing(&self, today: &str) -> Standing {
        let granted = self.state == "granted";
        // Days of the form YYYY-MM-DD sort as texts.
        let state = if granted && self.until.as_str() < today { "lapsed" } else { &self.state };
        Standing { state: state.to_owned(), until: (state == "granted").then(|| self.until.clone()) }
    }
}

/// All that is kept of one person for one pilot.
pub(crate) struct OfPerson(Vec<(ConsentRow, u64)>);

impl OfPerson {
    /// The consent for a purpose and kind of data, with the version of its row.
    pub(crate) fn find(&self, purpose: &str, data: &str) -> Option<&(ConsentRow, u64)> {
        self.0.iter().find(|(row, _)| row.purpose == purpose && row.data == data)
    }

    /// How often the person was asked in the month of an instant, over all purposes.
    pub(crate) fn asked_in_month_of(&self, at: i64) -> usize {
        let month = kept::month(at);
        self.0.iter().map(|(row, _)| row.asked_in(&month)).sum()
    }
}

/// The consents.
pub struct Provider {
    rows: Arc<records::Provider>,
}

impl Provider {
    /// Over the same keeper of rows as `records`.
    pub fn new(rows: Arc<records::Provider>) -> Provider {
        Provider { rows }
    }

    pub(crate) async fn of_person(
        &self,
        permit: Permit,
        own: &[(String, Option<records::Row>)],
        pilot: &str,
        person: &str,
    ) -> Result<OfPerson, Trouble> {
        let prefix = format!("{pilot}/{person}/");
        let scan = records::Scan { index: PERSON_INDEX, prefix: &prefix, after: None, limit: MOST_OF_A_PERSON };
        let rows = kept::scan(&self.rows, permit, own, HostTable::Consents, scan).await?;
        Ok(OfPerson(rows.into_iter().map(|(_, row, version)| (row, version)).collect()))
    }

    pub(crate) async fn withdrawn(
        &self,
        permit: Permit,
        pilot: &str,
        since: i64,
        after: Option<&str>,
    ) -> Result<Page, Trouble> {
        let prefix = format!("{pilot}/withdrawn");
        let after = after.map(|key| format!("{pilot}/{key}"));
        let scan = records::Scan { index: WITHDRAWN_INDEX, prefix: &prefix, after: after.as_deref(), limit: PAGE };
        let rows: Vec<(String, ConsentRow, u64)> =
            kept::scan(&self.rows, permit, &[], HostTable::Consents, scan).await?;
        // A guest goes on by what stands behind its own name.
        let last = rows.last().filter(|_| rows.len() >= PAGE as usize);
        let next = last.and_then(|(key, ..)| key.split_once('/')).map(|(_, rest)| rest.to_owned());
        let withdrawals = rows.into_iter().filter_map(|(_, row, _)| {
            let at = row.answered_at.filter(|at| *at >= since)?;
            Some(Withdrawal { person: row.person, purpose: row.purpose, data: row.data, at })
        });
        Ok(Page { withdrawals: withdrawals.collect(), next })
    }

    /// What the call itself has written.
    pub(crate) fn own(pending: &Pending) -> Vec<(String, Option<records::Row>)> {
        kept::own_rows(pending, HostTable::Consents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(state: &str) -> ConsentRow {
        ConsentRow {
            pilot: "a".into(),
            person: "p".into(),
            purpose: "loan".into(),
            data: "income".into(),
            state: state.into(),
            until: "2026-12-31".into(),
            asked: Vec::new(),
            times: 0,
            answered_at: None,
        }
    }

    #[test]
    fn a_consent_holds_through_its_last_day_and_lapses_after_it() {
        assert_eq!(row("granted").standing("2026-12-31").state, "granted");
        assert_eq!(row("granted").standing("2027-01-01").state, "lapsed");
        assert_eq!(row("asked").standing("2027-01-01").state, "asked");
        assert_eq!(row("refused").standing("2026-01-01").until, None);
    }

    #[test]
    fn only_what_was_given_can_be_taken_back() {
        for state in ["asked", "refused", "withdrawn"] {
            assert!(!row(state).happens(Event::Withdrawn, 1), "{state}");
        }
        let mut given = row("asked");
        assert!(given.happens(Event::Granted, 1) && given.happens(Event::Withdrawn, 2));
        assert_eq!((given.state.as_str(), given.answered_at), ("withdrawn", Some(2)));
        assert!(!given.happens(Event::Granted, 3), "it has to be asked for again");
    }

    #[test]
    fn requests_of_a_month_are_counted_over_all_purposes() {
        let at = 1_798_736_399_000_000;
        let (mut one, mut other) = (row("refused"), row("refused"));
        other.purpose = "study".into();
        one.ask("2027-12-31", at);
        other.ask("2027-12-31", at);
        let all = OfPerson(vec![(one, 1), (other, 1)]);
        assert_eq!(all.asked_in_month_of(at), 2);
        assert_eq!(all.asked_in_month_of(at + 1_000_000), 0, "a new month");
    }
}
