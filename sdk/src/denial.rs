//! Why a capability call was not carried out, in a form that rules can ask.

use core::fmt;
use core::time::Duration;

use crate::bindings::imports::pilothouse::call::types;
use crate::codes::codes;

codes! {
    /// The kinds of denial. One that is newer than this SDK reads as [`DenialKind::NotGranted`].
    pub enum DenialKind {
        /// No grant covers the function.
        NotGranted = "not-granted",
        /// The grant leaves out this field, claim, table, method or class.
        FieldNotGranted = "field-not-granted",
        /// The grant is for another purpose.
        PurposeMismatch = "purpose-mismatch",
        /// The grant does not hold in the caller's unit.
        OutOfUnit = "out-of-unit",
        /// The budget of the minute or the day is spent.
        BudgetSpent = "budget-spent",
        /// The person has not agreed.
        ConsentMissing = "consent-missing",
        /// The person wants no messages.
        OptedOut = "opted-out",
        /// The answer would point at someone.
        Suppressed = "suppressed",
        /// The system behind the capability does not answer.
        Unavailable = "unavailable",
        /// An argument has no valid form.
        Invalid = "invalid",
        /// There is no such thing, or it is hidden by the grant's filter.
        NotFound = "not-found",
        /// Somebody changed it since, or the key already stands for something else.
        Conflict = "conflict",
    }
}

/// Why a capability call was not carried out. A pilot needs an answer to each: usually "go on by paper and queue", never "refuse the citizen".
///
/// `?` turns it into a [`Refusal`](crate::Refusal) with the denial's code; for denials that pass by themselves see [`IfReachable`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Denial {
    kind: DenialKind,
    about: String,
    retry_after: Option<Duration>,
    line: String,
}

impl Denial {
    /// A denial that the SDK or a pilot finds itself, before the host is asked or in what it answered.
    pub fn local(kind: DenialKind, about: &str) -> Self {
        Self { kind, about: about.to_owned(), retry_after: None, line: String::new() }
    }

    pub(crate) fn received(denial: types::Denial) -> Self {
        Self {
            kind: DenialKind::from_code(&denial.code).unwrap_or(DenialKind::NotGranted),
            about: denial.about,
            retry_after: denial.retry_after_ms.map(|ms| Duration::from_millis(ms.into())),
            line: denial.line,
        }
    }

    /// The kind.
    pub fn kind(&self) -> DenialKind {
        self.kind
    }

    /// The registered name of the kind.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What it is about: a name of the contract, never a value.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// When to try again, where the host can say so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether it passes by itself: the system is down, or the budget comes back.
    pub fn is_temporary(&self) -> bool {
        matches!(self.kind, DenialKind::Unavailable | DenialKind::BudgetSpent)
    }

    /// Whether what was asked about is not there, or not visible here: the two cannot be told apart.
    pub fn is_not_found(&self) -> bool {
        self.kind == DenialKind::NotFound
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cure = match self.kind {
            DenialKind::NotGranted => "ask for it in pilot.toml and have the grant approved",
            DenialKind::FieldNotGranted => "add it to the scope in pilot.toml and have the grant approved",
            DenialKind::PurposeMismatch => "use it only for the purpose of the grant, or ask for a grant of its own",
            DenialKind::OutOfUnit => "have the grant extended to the caller's unit",
            DenialKind::BudgetSpent => "wait, or ask for a larger budget",
            DenialKind::ConsentMissing => "ask the person first",
            DenialKind::OptedOut => "reach the person in another way, or leave it",
            DenialKind::Suppressed => "ask a coarser question",
            DenialKind::Unavailable => "go on by paper, and try again",
            DenialKind::Invalid => "mend the argument",
            DenialKind::NotFound => "go on by the manual procedure",
            DenialKind::Conflict => "read it again and decide anew",
        };
        write!(f, "{}", self.code())?;
        if !self.about.is_empty() {
            write!(f, " ({})", self.about)?;
        }
        if !self.line.is_empty() {
            write!(f, ", decided by {}", self.line)?;
        }
        write!(f, ": {cure}")
    }
}

/// For what a pilot can do without: tells "not now" from "no".
pub trait IfReachable<T> {
    /// None where the system is down or the budget spent ([`Denial::is_temporary`]): the amber way.
    ///
    /// # Errors
    /// Every other denial, as it was.
    fn if_reachable(self) -> Result<Option<T>, Denial>;
}

impl<T> IfReachable<T> for Result<T, Denial> {
    fn if_reachable(self) -> Result<Option<T>, Denial> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(denial) if denial.is_temporary() => Ok(None),
            Err(denial) => Err(denial),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(code: &str) -> Denial {
        Denial::received(types::Denial {
            code: code.to_owned(),
            about: "population.verify".to_owned(),
            retry_after_ms: Some(1500),
            line: "grant 7, line 3".to_owned(),
        })
    }

    #[test]
    fn a_denial_newer_than_the_sdk_reads_as_not_granted() {
        assert_eq!(received("moon-phase").kind(), DenialKind::NotGranted);
    }

    #[test]
    fn only_what_passes_by_itself_is_temporary() {
        for code in ["unavailable", "budget-spent"] {
            assert_eq!(Err::<(), _>(received(code)).if_reachable(), Ok(None), "{code}");
        }
        for code in [
            "not-granted",
            "not-found",
            "conflict",
            "suppressed",
            "consent-missing",
            "opted-out",
            "invalid",
            "out-of-unit",
        ] {
            assert_eq!(Err::<(), _>(received(code)).if_reachable(), Err(received(code)), "{code}");
        }
    }

    #[test]
    fn a_denial_reads_as_a_sentence_with_its_next_step() {
        assert_eq!(
            received("budget-spent").to_string(),
            "budget-spent (population.verify), decided by grant 7, line 3: wait, or ask for a larger budget"
        );
    }
}
