//! What a call ends with: an outcome that is kept, or a refusal after which nothing is.

use schemars::JsonSchema;
use serde::Serialize;

use crate::bindings::imports::pilothouse::call::types;
use crate::{Denial, DenialKind};

/// The data of an outcome that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoData {}

/// What a call ends with: the decision, why, what the desk reads, what it does now, and the operation's data.
///
/// ```
/// use pilothouse_sdk::{Date, Outcome, ToText};
/// let by = Date::parse("2026-03-05")?;
/// let outcome: Outcome = Outcome::new("admit-verify-later").reason("register-unreachable").say("verify-by", [("by", by.to_text())]);
/// assert_eq!(outcome.decision(), "admit-verify-later");
/// # Ok::<(), pilothouse_sdk::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<D = NoData> {
    decision: String,
    reasons: Vec<String>,
    say: Option<(String, Vec<(String, String)>)>,
    next: Vec<String>,
    data: D,
}

impl<D: Default> Outcome<D> {
    /// One of the decisions that the manifest declares for this operation, with empty data.
    pub fn new(decision: impl Into<String>) -> Self {
        Self::with_data(decision, D::default())
    }
}

impl<D> Outcome<D> {
    /// One of the decisions that the manifest declares for this operation, with its data.
    pub fn with_data(decision: impl Into<String>, data: D) -> Self {
        Self { decision: decision.into(), reasons: Vec::new(), say: None, next: Vec::new(), data }
    }

    /// Adds a reason: a code that the texts word as `reason-CODE`. At most 16.
    #[must_use]
    pub fn reason(mut self, code: impl Into<String>) -> Self {
        self.reasons.push(code.into());
        self
    }

    /// What the desk reads: a key of the pilot's texts and the values of its variables. Counts, dates, codes: no personal data.
    #[must_use]
    pub fn say<const N: usize>(mut self, key: &str, args: [(&str, String); N]) -> Self {
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.say = Some((key.to_owned(), args));
        self
    }

    /// Adds what the desk does now: a code that the texts word as `next-CODE`. At most 8.
    #[must_use]
    pub fn next(mut self, code: impl Into<String>) -> Self {
        self.next.push(code.into());
        self
    }

    /// The data of the outcome, after the operation's schema.
    #[must_use]
    pub fn data(mut self, data: D) -> Self {
        self.data = data;
        self
    }

    /// Adds reasons and next steps that rules have chosen, as many as the contract takes.
    #[must_use]
    pub fn codes<'a>(
        mut self,
        reasons: impl IntoIterator<Item = &'a str>,
        next: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        const MOST_REASONS: usize = 16;
        const MOST_NEXT: usize = 8;
        for code in reasons.into_iter().take(MOST_REASONS.saturating_sub(self.reasons.len())) {
            self.reasons.push(code.to_owned());
        }
        for code in next.into_iter().take(MOST_NEXT.saturating_sub(self.next.len())) {
            self.next.push(code.to_owned());
        }
        self
    }

    /// The decision.
    pub fn decision(&self) -> &str {
        &self.decision
    }

    /// The reasons so far.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }
}

impl<D: Serialize> Outcome<D> {
    pub(crate) fn into_contract(self) -> Result<types::Outcome, types::Refusal> {
        let data = serde_json::to_string(&self.data)
            .map_err(|_| {
                Refusal::new("outcome-data")
                    .because("the data of the outcome cannot be written as JSON: use maps with string keys")
            })
            .map_err(Refusal::into_contract)?;
        Ok(types::Outcome {
            decision: self.decision,
            reasons: self.reasons,
            say: self.say.map(|(key, args)| types::Message { key, args }),
            next: self.next,
            data,
        })
    }
}

/// The request was understood and is refused: nothing of this call is kept but its evidence.
///
/// For mistakes in the request and for what the law forbids; a citizen whose papers are incomplete gets an [`Outcome`] that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused ({code}){}{}", field.as_deref().map(|f| format!(" at {f}")).unwrap_or_default(), why.as_deref().map(|w| format!(": {w}")).unwrap_or_default())]
pub struct Refusal {
    code: String,
    field: Option<String>,
    why: Option<String>,
}

impl Refusal {
    /// A refusal with a code that the texts word as `refusal-CODE`.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), field: None, why: None }
    }

    /// A field of the request is wrong. `field` is a JSON Pointer (`/visit_kind`), `why` says in English how to mend it and names no value.
    pub fn invalid(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { code: DenialKind::Invalid.code().to_owned(), field: Some(field.into()), why: Some(why.into()) }
    }

    /// The same reference or row stands for something else already.
    pub fn conflict(why: impl Into<String>) -> Self {
        Self::new(DenialKind::Conflict.code()).because(why)
    }

    /// Points at the field that is wrong, as a JSON Pointer.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says in English, for developers, what is wrong and how to mend it. No values.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The field that is wrong, as a JSON Pointer.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    pub(crate) fn into_contract(self) -> types::Refusal {
        types::Refusal { code: self.code, field: self.field, why: self.why }
    }
}

/// A denial that a pilot has no answer to becomes a refusal with the denial's code.
impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self::new(denial.code()).because(denial.to_string())
    }
}
