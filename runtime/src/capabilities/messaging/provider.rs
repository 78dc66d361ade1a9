//! Who answers for messages: the register that the host keeps, with who wants none. Carriers stand behind the outbox.

use std::sync::Arc;

use pilothouse_registry::scope::{Audience, Channel};
use serde::{Deserialize, Serialize};

use crate::capabilities::funnel::{Permit, Trouble};
use crate::capabilities::records;
use crate::contract::pilothouse::messaging::direct::{Page, Receipt};
use crate::kept::{self, Event, HostTable};
use crate::natural::NaturalKey;
use crate::pending::{Pending, RowChange};

/// The index by recipient.
const RECIPIENT_INDEX: &str = "recipient";
/// The index of all messages of a pilot.
const PILOT_INDEX: &str = "pilot";
/// Rows of one recipient that are looked through: the messages of two months under the highest limit, and whether none are wanted.
const MOST_OF_A_RECIPIENT: u32 = 200;
/// Receipts that are looked through at once; the contract says so.
const PAGE: u32 = 200;
/// The state, and the template, of a row that says that its recipient wants no messages of this pilot's.
pub const OPT_OUT: &str = "opted-out";

/// A message as the host keeps it, under the pilot's own pseudonym of its recipient. Its text stands, sealed, in the effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRow {
    /// The pilot that sends it.
    pub pilot: String,
    /// The person's pseudonym, or the facility's id.
    pub recipient: String,
    /// Template, recipient and occasion.
    pub reference: String,
    /// In which text.
    pub template: String,
    /// `queued`, `held`, `delivered`, `rejected`; [`OPT_OUT`] for a row that is no message.
    pub state: String,
    /// When it was given.
    pub given: i64,
    /// Since when it is in this state.
    pub at: i64,
}

impl MessageRow {
    pub(crate) fn key(pilot: &str, template: &str, recipient: &str, occasion: &str) -> NaturalKey {
        NaturalKey::of(&[pilot, template, recipient, occasion])
    }

    /// The row that says that a recipient wants no messages of a pilot's, with its key.
    pub fn opt_out(pilot: &str, recipient: &str, at: i64) -> (NaturalKey, MessageRow) {
        let row = MessageRow {
            pilot: pilot.to_owned(),
            recipient: recipient.to_owned(),
            reference: format!("{OPT_OUT}/{recipient}"),
            template: OPT_OUT.to_owned(),
            state: OPT_OUT.to_owned(),
            given: at,
            at,
        };
        (NaturalKey::of(&[pilot, OPT_OUT, recipient]), row)
    }

    /// The row as it is written, with the indexes by recipient and pilot.
    pub fn change(&self, expected: u64) -> RowChange {
        kept::change(
            self,
            vec![
                (RECIPIENT_INDEX, format!("{}/{}/", self.pilot, self.recipient)),
                (PILOT_INDEX, format!("{}/", self.pilot)),
            ],
            expected,
        )
    }

    /// What its carrier said; false where it cannot be said now.
    pub(crate) fn happens(&mut self, event: Event, at: i64) -> bool {
        let state = match (event, self.state.as_str()) {
            (Event::Accepted, "queued" | "held") => "delivered",
            (Event::Rejected, "queued" | "held") => "rejected",
            _ => return false,
        };
        state.clone_into(&mut self.state);
        self.at = at;
        true
    }

    fn is_opt_out(&self) -> bool {
        self.state == OPT_OUT
    }
}

/// All that is kept of one recipient for one pilot.
pub(crate) struct OfRecipient(Vec<MessageRow>);

impl OfRecipient {
    pub(crate) fn has(&self, reference: &str) -> bool {
        self.0.iter().any(|row| row.reference == reference)
    }

    pub(crate) fn opted_out(&self) -> bool {
        self.0.iter().any(MessageRow::is_opt_out)
    }

    /// Messages that were given in the month of an instant.
    pub(crate) fn in_month_of(&self, at: i64) -> usize {
        let month = kept::month(at);
        self.0.iter().filter(|row| !row.is_opt_out() && kept::month(row.given) == month).count()
    }
}

/// The messages.
pub struct Provider {
    rows: Arc<records::Provider>,
}

impl Provider {
    /// Over the same keeper of rows as `records`.
    pub fn new(rows: Arc<records::Provider>) -> Provider {
        Provider { rows }
    }

    /// The first of the channels that reaches such a recipient.
    pub(crate) fn channel(audience: Audience, channels: &[Channel]) -> Option<Channel> {
        let reaches = |channel: &Channel| match audience {
            Audience::Citizen => !matches!(channel, Channel::StaffApp),
            // VNeID and the province's app are for those with a personal number.
            Audience::Foreigner => matches!(channel, Channel::SmsBrandname | Channel::CallCentre),
            Audience::Staff => matches!(channel, Channel::StaffApp | Channel::SmsBrandname | Channel::CallCentre),
        };
        channels.iter().copied().find(reaches)
    }

    pub(crate) async fn of_recipient(
        &self,
        permit: Permit,
        own: &[(String, Option<records::Row>)],
        pilot: &str,
        recipient: &str,
    ) -> Result<OfRecipient, Trouble> {
        let prefix = format!("{pilot}/{recipient}/");
        let scan = records::Scan { index: RECIPIENT_INDEX, prefix: &prefix, after: None, limit: MOST_OF_A_RECIPIENT };
        let rows = kept::scan(&self.rows, permit, own, HostTable::Messages, scan).await?;
        Ok(OfRecipient(rows.into_iter().map(|(_, row, _)| row).collect()))
    }

    pub(crate) async fn receipts(
        &self,
        permit: Permit,
        own: &[(String, Option<records::Row>)],
        pilot: &str,
        since: i64,
        after: Option<&str>,
    ) -> Result<Page, Trouble> {
        let prefix = format!("{pilot}/");
        let after = after.map(|key| format!("{pilot}/{key}"));
        let scan = records::Scan { index: PILOT_INDEX, prefix: &prefix, after: after.as_deref(), limit: PAGE };
        let rows: Vec<(String, MessageRow, u64)> =
            kept::scan(&self.rows, permit, own, HostTable::Messages, scan).await?;
        let last = rows.last().filter(|_| rows.len() >= PAGE as usize);
        // A guest goes on by what stands behind its own name.
        let next = last.and_then(|(key, ..)| key.split_once('/')).map(|(_, rest)| rest.to_owned());
        let messages = rows.into_iter().map(|(_, row, _)| row).filter(|row| !row.is_opt_out() && row.at >= since);
        let receipts = messages.map(|row| {
            let MessageRow { reference, template, state, at, .. } = row;
            Receipt { reference, template, state, at }
        });
        Ok(Page { receipts: receipts.collect(), next })
    }

    /// What the call itself has written.
    pub(crate) fn own(pending: &Pending) -> Vec<(String, Option<records::Row>)> {
        kept::own_rows(pending, HostTable::Messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_channel_that_reaches_the_recipient_is_taken() {
        let all = [Channel::VneidInbox, Channel::StaffApp, Channel::SmsBrandname];
        assert_eq!(Provider::channel(Audience::Citizen, &all), Some(Channel::VneidInbox));
        assert_eq!(Provider::channel(Audience::Staff, &all), Some(Channel::StaffApp));
        assert_eq!(Provider::channel(Audience::Foreigner, &all), Some(Channel::SmsBrandname));
        assert_eq!(Provider::channel(Audience::Foreigner, &[Channel::VneidInbox]), None);
    }

    #[test]
    fn who_wants_no_messages_has_none_counted() {
        let (_, row) = MessageRow::opt_out("a", "p", 5);
        let all = OfRecipient(vec![row]);
        assert!(all.opted_out());
        assert_eq!(all.in_month_of(5), 0);
    }
}
