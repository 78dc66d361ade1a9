//! Messages to people and to the staff of facilities, in approved texts only: the pilot's text `message-TEMPLATE`.

use crate::bindings::imports::pilothouse::messaging::direct;
use crate::codes::codes;
use crate::{Denial, FacilityId, Instant, Person, Ref};

codes! {
    /// The way that a message takes.
    pub enum Channel {
        /// The inbox of VNeID.
        VneidInbox = "vneid-inbox",
        /// The province's app.
        CitizenApp = "citizen-app",
        /// A short message under the authority's name.
        SmsBrandname = "sms-brandname",
        /// The app of officials and facilities' staff.
        StaffApp = "staff-app",
        /// A task for the call centre.
        CallCentre = "call-centre",
    }
}

/// A message. Address and language are put in by the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// A template that the grant names.
    pub template: &'a str,
    /// Its arguments: counts, dates, codes; at most 16. No personal data.
    pub args: Vec<(&'a str, String)>,
    /// The first that reaches the recipient is taken.
    pub channels: &'a [Channel],
    /// What gave rise to it: with template and recipient, what makes it one message and not two.
    pub occasion: Ref,
}

/// The reference of a message that was given.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct MessageRef(String);

impl MessageRef {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn written(message: &Message<'_>) -> direct::Message {
    direct::Message {
        template: message.template.to_owned(),
        args: message.args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        channels: message.channels.iter().map(|channel| channel.code().to_owned()).collect(),
        occasion: message.occasion.to_string(),
    }
}

/// *Effect.* Sends a message to a person. In quiet hours it is held until they end.
///
/// # Errors
/// `field-not-granted` (template, channel, audience), `opted-out`, `not-found` (nobody who can be written to), `invalid`, `budget-spent`
/// (messages to this person in this month), `out-of-unit`.
pub fn notify(to: &Person, message: &Message<'_>) -> Result<MessageRef, Denial> {
    direct::notify(&to.0, &written(message)).map(MessageRef).map_err(Denial::received)
}

/// *Effect.* Sends a message to the staff of a facility, who are on duty: quiet hours do not hold it.
///
/// # Errors
/// As [`notify`]; `not-found` where there is no such facility, or it is not the caller's.
pub fn notify_staff(facility: &FacilityId, message: &Message<'_>) -> Result<MessageRef, Denial> {
    direct::notify_staff(facility.as_str(), &written(message)).map(MessageRef).map_err(Denial::received)
}

codes! {
    /// What became of a message.
    pub enum MessageState {
        /// On its way.
        Queued = "queued",
        /// Waits for the end of the quiet hours.
        Held = "held",
        /// It reached the recipient.
        Delivered = "delivered",
        /// It did not, for good.
        Rejected = "rejected",
    }
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which.
    pub reference: MessageRef,
    /// In which text.
    pub template: String,
    /// The state; one that is newer than this SDK reads as on its way.
    pub state: MessageState,
    /// Since when.
    pub at: Instant,
}

/// A page of what became of this pilot's messages since an instant, and where the next one begins; none: this was the last one.
///
/// # Errors
/// `out-of-unit`, `budget-spent`, `unavailable`.
pub fn receipts(since: Instant, after: Option<&str>) -> Result<(Vec<Receipt>, Option<String>), Denial> {
    let page = direct::receipts(since.micros(), after).map_err(Denial::received)?;
    let receipts = page.receipts.into_iter().map(|one| Receipt {
        reference: MessageRef(one.reference),
        template: one.template,
        state: MessageState::from_code(&one.state).unwrap_or(MessageState::Queued),
        at: Instant::from_micros(one.at),
    });
    Ok((receipts.collect(), page.next))
}
