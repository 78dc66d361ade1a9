//! Someone must act: what a pilot noticed, told to the desk that is on duty for it.
//!
//! One way: whatever the desk finds is its own affair, and a pilot never learns whether a person is looked for. The desk reads the pilot's
//! text `alert-KIND`, with the facts as its variables.

use crate::bindings::imports::pilothouse::alerts::duty;
use crate::codes::codes;
use crate::{Denial, Instant, Person, Ref, UnitCode};

/// How grave an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Notice,
    /// To be looked at in working hours.
    Look,
    /// To be looked at today.
    Soon,
    /// At once.
    Now,
}

impl Severity {
    fn level(self) -> u32 {
        match self {
            Self::Notice => 1,
            Self::Look => 2,
            Self::Soon => 3,
            Self::Now => 4,
        }
    }

    /// What is newer than this SDK reads as the gravest.
    fn from_level(level: u32) -> Self {
        match level {
            1 => Self::Notice,
            2 => Self::Look,
            3 => Self::Soon,
            _ => Self::Now,
        }
    }
}

/// What somebody on duty must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert<'a> {
    /// A kind that the grant names; by it the host finds the desk on duty.
    pub kind: &'a str,
    /// How grave.
    pub severity: Severity,
    /// Where it happened.
    pub unit: UnitCode,
    /// What it is about: a facility, an entry, a trip.
    pub subject: Ref,
    /// The time in which a second alert of this kind about this subject is the same one: a date, an hour. At most 32 bytes, no `/`.
    pub window: String,
    /// For the officer on duty; at most 12. No names or numbers of people.
    pub facts: Vec<(&'a str, String)>,
    /// By when somebody should have looked at it.
    pub respond_by: Option<Instant>,
}

/// The reference of an alert that was raised: kind, subject and window.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AlertRef(String);

impl AlertRef {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn owned(facts: &[(&str, String)]) -> Vec<(String, String)> {
    facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// *Effect.* Raises an alert, about a person where one is given: who it is, only the desk learns. The same kind, subject and window
/// again is the same alert.
///
/// # Errors
/// `field-not-granted` (kind, severity), `out-of-unit`, `invalid`, `budget-spent`.
pub fn raise(alert: &Alert<'_>, person: Option<&Person>) -> Result<AlertRef, Denial> {
    let alert = duty::Alert {
        kind: alert.kind.to_owned(),
        severity: alert.severity.level(),
        unit: alert.unit.to_string(),
        subject: alert.subject.to_string(),
        window: alert.window.clone(),
        facts: owned(&alert.facts),
        respond_by: alert.respond_by.map(Instant::micros),
    };
    duty::raise(&alert, person.map(|person| &person.0)).map(AlertRef).map_err(Denial::received)
}

/// *Effect.* Tells the desk more about an alert of this pilot's.
///
/// # Errors
/// As [`raise`]; `not-found`; `conflict` where it is closed.
pub fn update(alert: &AlertRef, facts: &[(&str, String)]) -> Result<(), Denial> {
    duty::update(&alert.0, &owned(facts)).map_err(Denial::received)
}

codes! {
    /// Where an alert stands.
    pub enum AlertState {
        /// On its way.
        Queued = "queued",
        /// The desk has it.
        Received = "received",
        /// The desk did not take it.
        Rejected = "rejected",
        /// An officer took it up.
        Acknowledged = "acknowledged",
        /// Done.
        Closed = "closed",
    }
}

/// An alert as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state; one that is newer than this SDK reads as received.
    pub state: AlertState,
    /// How grave it is.
    pub severity: Severity,
    /// When it was raised.
    pub raised: Instant,
    /// By when somebody should have looked at it.
    pub respond_by: Option<Instant>,
    /// When an officer first took it up.
    pub acknowledged_at: Option<Instant>,
}

/// Where an alert of this pilot's stands. None: no such alert.
///
/// # Errors
/// `field-not-granted` (kind), `out-of-unit`, `budget-spent`, `unavailable`.
pub fn state(alert: &AlertRef) -> Result<Option<Status>, Denial> {
    let status = duty::state(&alert.0).map_err(Denial::received)?;
    Ok(status.map(|status| Status {
        state: AlertState::from_code(&status.state).unwrap_or(AlertState::Received),
        severity: Severity::from_level(status.severity),
        raised: Instant::from_micros(status.raised),
        respond_by: status.respond_by.map(Instant::from_micros),
        acknowledged_at: status.acknowledged_at.map(Instant::from_micros),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_survive_the_contract_and_newer_ones_read_as_the_gravest() {
        for severity in [Severity::Notice, Severity::Look, Severity::Soon, Severity::Now] {
            assert_eq!(Severity::from_level(severity.level()), severity);
        }
        assert_eq!(Severity::from_level(9), Severity::Now);
    }
}
