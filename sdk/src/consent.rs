//! What people allowed. The host asks them; a pilot never infers an answer.

use crate::bindings::imports::pilothouse::consent::consents;
use crate::codes::codes;
use crate::{Date, Denial, Instant, Person, Pseudonym};

codes! {
    /// How a consent stands.
    pub enum ConsentState {
        /// The person was never asked.
        NeverAsked = "never-asked",
        /// The person was asked and has not answered.
        Asked = "asked",
        /// The person agreed.
        Granted = "granted",
        /// The person did not agree.
        Refused = "refused",
        /// The person took it back.
        Withdrawn = "withdrawn",
        /// The person agreed, and the term is over.
        Lapsed = "lapsed",
    }
}

/// One that is newer than this SDK is no consent.
fn standing(code: &str) -> ConsentState {
    ConsentState::from_code(code).unwrap_or(ConsentState::NeverAsked)
}

/// How a consent stands, and until when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The state.
    pub state: ConsentState,
    /// The last day on which it holds, where it is granted.
    pub until: Option<Date>,
}

impl Consent {
    /// Whether the data may serve the purpose today.
    pub fn is_granted(self) -> bool {
        self.state == ConsentState::Granted
    }
}

/// Whether the person allowed this kind of data to serve this purpose.
///
/// # Errors
/// `field-not-granted` (purpose, data), `out-of-unit`, `budget-spent`, `unavailable`.
pub fn state(person: &Person, purpose: &str, data: &str) -> Result<Consent, Denial> {
    let found = consents::state(&person.0, purpose, data).map_err(Denial::received)?;
    Ok(Consent { state: standing(&found.state), until: found.until.and_then(|text| Date::parse(&text).ok()) })
}

/// *Effect.* Asks the person for a consent until a day, by the pilot's text `text_key`. The answer comes later: see [`state`].
/// Answers `Asked`, or `Granted` where it holds as long already.
///
/// # Errors
/// As [`state`]; `invalid` (until), `not-found` (nobody who can be asked), `budget-spent` (asked often enough this month), `conflict` (an
/// earlier request with another term waits for its answer).
pub fn request(
    person: &Person,
    purpose: &str,
    data: &str,
    until: Date,
    text_key: &str,
) -> Result<ConsentState, Denial> {
    consents::request(&person.0, purpose, data, &until.to_string(), text_key)
        .map(|code| standing(&code))
        .map_err(Denial::received)
}

/// A consent that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Whose.
    pub person: Pseudonym,
    /// For which purpose.
    pub purpose: String,
    /// Of which kind of data.
    pub data: String,
    /// When.
    pub at: Instant,
}

/// A page of the withdrawals at or after an instant, and where the next one begins; none: this was the last one.
///
/// # Errors
/// `out-of-unit`, `budget-spent`, `unavailable`.
pub fn withdrawn_since(at: Instant, after: Option<&str>) -> Result<(Vec<Withdrawal>, Option<String>), Denial> {
    let page = consents::withdrawn_since(at.micros(), after).map_err(Denial::received)?;
    let withdrawals = page.withdrawals.into_iter().map(|one| Withdrawal {
        person: Pseudonym::received(one.person),
        purpose: one.purpose,
        data: one.data,
        at: Instant::from_micros(one.at),
    });
    Ok((withdrawals.collect(), page.next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_newer_than_the_sdk_is_no_consent() {
        assert_eq!(standing("granted-by-guardian"), ConsentState::NeverAsked);
        assert_eq!(standing("granted"), ConsentState::Granted);
    }
}
