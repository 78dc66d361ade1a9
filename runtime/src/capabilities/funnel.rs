//! The one gate of every capability call: bounded, linked, in scope, in budget, recorded. Hands out permits.

use std::sync::Arc;
use std::time::Duration;

use pilothouse_evidence::Verdict;
use pilothouse_registry::scope::AnyAsk;
use pilothouse_registry::{Ask, Capability, Decision, Effective, EffectiveRight, UnitCode, decide};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::budgets::{Budgets, Spent};
use crate::contract::Denial;
use crate::faults::{Fault, Faults};
use crate::trail::{CallEntry, MAX_CALLS, Trail};

/// Proof that a call passed the gate. Only the funnel makes one, every provider takes one by value, and it cannot be copied:
/// forgetting the check, or acting twice on one check, does not compile.
#[derive(Debug)]
pub(crate) struct Permit {
    deadline: Instant,
}

impl Permit {
    /// For tests of providers, which stand behind the gate.
    #[cfg(test)]
    pub(crate) fn of_a_test() -> Permit {
        Permit { deadline: Instant::now() + Duration::from_secs(60) }
    }

    /// How long the provider may still take.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// Why a provider gave no answer although the call was allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Down, slow or full; when to try again.
    Unavailable(Duration),
    /// An argument that only the provider could judge.
    Invalid(&'static str),
    /// There is no such thing, or the grant's row filter hides it: both answer alike.
    NotFound,
    /// Something else holds the key.
    Conflict(&'static str),
    /// A limit of the scope is reached for this person; when it is free again.
    Spent(&'static str, Duration),
    /// The person wants nothing of the kind.
    OptedOut,
    /// An answer would point at people.
    Suppressed(String),
}

/// What is asked, beside its arguments.
pub(crate) struct Request<'a> {
    /// Of which capability.
    pub(crate) capability: Capability,
    /// `verify`, `entry.get`, … as the manifest names functions.
    pub(crate) function: &'static str,
    /// What the scope decides on; none where the function's being granted is all that counts.
    pub(crate) ask: Option<AnyAsk<'a>>,
    /// Units that it is about, beside the caller's.
    pub(crate) units: Vec<UnitCode>,
    /// Names that were asked for, for the evidence.
    pub(crate) asked: Vec<String>,
    /// The person it is about: the handle's number and pseudonym.
    pub(crate) person: Option<(u32, String)>,
    /// Whether it is an effect: effects have a budget of their own.
    pub(crate) effect: bool,
}

/// The gate of one call.
pub(crate) struct Funnel {
    rights: Arc<Effective>,
    budgets: Arc<Budgets>,
    faults: Arc<Faults>,
    unit: Option<UnitCode>,
    now: i64,
    deadline: Instant,
    trail: Trail,
}

/// The gate itself failed: the invocation ends as a fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    #[error("more than {MAX_CALLS} capability calls in one invocation: split the work into several")]
    TooManyCalls,
    #[error("a value could not be written down: {0}")]
    Record(#[from] serde_json::Error),
    #[error("the replay left the recording: {0}")]
    Differs(String),
}

impl Funnel {
    pub(crate) fn new(
        rights: Arc<Effective>,
        budgets: Arc<Budgets>,
        faults: Arc<Faults>,
        unit: Option<UnitCode>,
        now: i64,
        deadline: Instant,
        trail: Trail,
    ) -> Funnel {
        Funnel { rights, budgets, faults, unit, now, deadline, trail }
    }

    /// By when the call has to end.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn rights(&self) -> Arc<Effective> {
        Arc::clone(&self.rights)
    }

    pub(crate) fn is_replay(&self) -> bool {
        matches!(self.trail, Trail::Read { .. })
    }

    pub(crate) fn into_trail(self) -> Trail {
        self.trail
    }

    /// Passes one call: budget, decision, provider, record. A denied call costs the budget and is recorded as an allowed one is.
    ///
    /// Outer error: the call ends as a fault. Inner error: a denial, which the guest handles.
    pub(crate) async fn pass<A, R, F, P>(
        &mut self,
        request: Request<'_>,
        args: &A,
        provide: F,
    ) -> Result<Result<R, Denial>, GateError>
    where
        A: Serialize,
        R: Serialize + DeserializeOwned,
        F: FnOnce(Permit) -> P,
        P: Future<Output = Result<R, Trouble>> + Send,
    {
        let capability = request.capability;
        let function = format!("{capability}.{}", request.function);
        let args = serde_json::to_string(args)?;
        if self.trail.len() >= MAX_CALLS {
            return Err(GateError::TooManyCalls);
        }
        if self.is_replay() {
            return self.read_back(&function, &args, request.person.map(|(number, _)| number));
        }
        let (line, verdict, answer) = match self.gate(capability, &request) {
            Err(refused) => (refused.line.clone(), denied(&refused), Err(refused)),
            Ok(line) => match self.ask(capability, provide).await {
                Ok(answer) => (line, Verdict::Allowed, Ok(answer)),
                Err(trouble) => {
                    let denial = trouble_denial(trouble, request.function, &line);
                    let verdict = if denial.code == "unavailable" { Verdict::Unavailable } else { denied(&denial) };
                    (denial.line.clone(), verdict, Err(denial))
                }
            },
        };
        let written = serde_json::to_string(&Written::from(&answer))?;
        let (person, pseudonym) = request.person.unzip();
        let asked = request.asked;
        if let Trail::Written(entries) = &mut self.trail {
            entries.push(CallEntry { function, person, pseudonym, asked, line, verdict, args, answer: written });
        }
        Ok(answer)
    }

    /// Refuses an argument before anything is asked, and records it as every other call.
    pub(crate) fn refuse<A: Serialize, R>(
        &mut self,
        capability: Capability,
        function: &'static str,
        about: &'static str,
        args: &A,
    ) -> Result<Result<R, Denial>, GateError> {
        let args = serde_json::to_string(args)?;
        let function = format!("{capability}.{function}");
        if self.trail.len() >= MAX_CALLS {
            return Err(GateError::TooManyCalls);
        }
        if self.is_replay() {
            return match self.read_back::<serde::de::IgnoredAny>(&function, &args, None)? {
                Ok(_) => Err(GateError::Differs(format!("{function} was answered then and is refused now"))),
                Err(denial) => Ok(Err(denial)),
            };
        }
        let denial =
            Denial { code: "invalid".to_owned(), about: about.to_owned(), retry_after_ms: None, line: String::new() };
        let answer = serde_json::to_string(&Written::<()>::Denied(denial.clone()))?;
        if let Trail::Written(entries) = &mut self.trail {
            entries.push(CallEntry {
                function,
                person: None,
                pseudonym: None,
                asked: Vec::new(),
                line: String::new(),
                verdict: denied(&denial),
                args,
                answer,
            });
        }
        Ok(Err(denial))
    }

    /// The right that the gate will decide a request by; none where it will deny it.
    pub(crate) fn decided_by<'r>(&self, rights: &'r Effective, request: &Request<'_>) -> Option<&'r EffectiveRight> {
        match self.decide(rights, request) {
            Decision::Allowed { right, .. } => Some(right),
            Decision::Denied { .. } => None,
        }
    }

    fn decide<'r>(&self, rights: &'r Effective, request: &Request<'_>) -> Decision<'r> {
        // Without a unit of the caller's there is no unit at all, and the decision denies that.
        let units: Vec<UnitCode> = self.unit.iter().chain(&request.units).cloned().collect();
        let units = if self.unit.is_some() { units.as_slice() } else { &[] };
        let (capability, function) = (request.capability, request.function);
        decide(rights, &Ask { capability, function, units, about: request.ask }, self.now)
    }

    fn gate(&self, capability: Capability, request: &Request<'_>) -> Result<String, Denial> {
        if self.faults.of(capability) == Some(Fault::OverBudget) {
            return Err(spent_denial(capability, "calls-per-minute", 60_000));
        }
        let person = request.person.as_ref().map(|(_, pseudonym)| pseudonym.as_str());
        let unit = self.unit.as_ref().map_or("", UnitCode::as_str);
        let decision = self.decide(&self.rights, request);
        // A denied call costs the budget of the first grant, so that asking what is denied is no way round it.
        let budget = match &decision {
            Decision::Allowed { right, .. } => Some(&right.budget),
            Decision::Denied { .. } => self.rights.rights(capability).first().map(|right| &right.budget),
        };
        if let Some(budget) = budget
            && let Err(Spent { line, retry_after_ms }) =
                self.budgets.spend(capability, budget, unit, person, request.effect, self.now)
        {
            return Err(spent_denial(capability, line, retry_after_ms));
        }
        match decision {
            Decision::Allowed { line, .. } => Ok(line.to_string()),
            Decision::Denied { code, about, line, .. } => {
                Err(Denial { code: code.as_str().to_owned(), about, retry_after_ms: None, line: line.to_string() })
            }
        }
    }

    async fn ask<R, F, P>(&self, capability: Capability, provide: F) -> Result<R, Trouble>
    where
        F: FnOnce(Permit) -> P,
        P: Future<Output = Result<R, Trouble>> + Send,
    {
        match self.faults.of(capability) {
            Some(Fault::Down) => return Err(Trouble::Unavailable(Duration::from_secs(30))),
            Some(Fault::Slow) => return Err(Trouble::Unavailable(Duration::from_secs(5))),
            Some(Fault::OverBudget) | None => {}
        }
        match tokio::time::timeout_at(self.deadline, provide(Permit { deadline: self.deadline })).await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::Unavailable(Duration::from_secs(5))),
        }
    }

    fn read_back<R: DeserializeOwned>(
        &mut self,
        function: &str,
        args: &str,
        person: Option<u32>,
    ) -> Result<Result<R, Denial>, GateError> {
        let Trail::Read { left, done, difference } = &mut self.trail else {
            return Err(GateError::Differs("not a replay".to_owned()));
        };
        let n = done.len() + 1;
        let Some(entry) = left.pop_front() else {
            let text = format!("call {n} to {function} was not made then");
            *difference = Some(text.clone());
            return Err(GateError::Differs(text));
        };
        if entry.function != function || entry.args != args || entry.person != person {
            let text = format!("call {n} was {}, and is {function} or has other arguments now", entry.function);
            *difference = Some(text.clone());
            return Err(GateError::Differs(text));
        }
        let answer: Written<R> = serde_json::from_str(&entry.answer)?;
        done.push(entry);
        Ok(match answer {
            Written::Answer(answer) => Ok(answer),
            Written::Denied(denial) => Err(denial),
        })
    }
}

/// An answer as the recording holds it.
#[derive(Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Written<R> {
    Answer(R),
    Denied(Denial),
}

impl<'a, R> From<&'a Result<R, Denial>> for Written<&'a R> {
    fn from(answer: &'a Result<R, Denial>) -> Self {
        match answer {
            Ok(answer) => Written::Answer(answer),
            Err(denial) => Written::Denied(denial.clone()),
        }
    }
}

fn denied(denial: &Denial) -> Verdict {
    Verdict::Denied { code: denial.code.clone() }
}

fn spent_denial(capability: Capability, line: &'static str, retry_after_ms: u32) -> Denial {
    Denial {
        code: "budget-spent".to_owned(),
        about: line.to_owned(),
        retry_after_ms: Some(retry_after_ms),
        line: format!("{capability}: budget.{line}"),
    }
}

fn trouble_denial(trouble: Trouble, function: &'static str, line: &str) -> Denial {
    let millis = |after: Duration| Some(u32::try_from(after.as_millis()).unwrap_or(u32::MAX));
    let mut line = line.to_owned();
    let (code, about, retry) = match trouble {
        Trouble::Unavailable(after) => ("unavailable", function.to_owned(), millis(after)),
        Trouble::Invalid(about) => ("invalid", about.to_owned(), None),
        Trouble::NotFound => ("not-found", function.to_owned(), None),
        Trouble::Conflict(about) => ("conflict", about.to_owned(), None),
        Trouble::Spent(key, after) => {
            // `consent: scope` becomes `consent: scope.requests-per-month`.
            line = format!("{line}.{key}");
            ("budget-spent", key.to_owned(), millis(after))
        }
        Trouble::OptedOut => ("opted-out", function.to_owned(), None),
        Trouble::Suppressed(rule) => ("suppressed", rule, None),
    };
    Denial { code: code.to_owned(), about, retry_after_ms: retry, line }
}
