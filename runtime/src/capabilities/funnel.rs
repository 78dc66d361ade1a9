//! The one gate of every capability call: bounded, linked, in scope, in budget, recorded. Hands out permits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_evidence::Verdict;
use pilothouse_registry::scope::AnyAsk;
use pilothouse_registry::{Ask, Budget, Capability, Decision, Effective, EffectiveRight, UnitCode, decide};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::budgets::{Budgets, Spent};
use crate::contract::Denial;
use crate::faults::{Fault, Faults};
use crate::occasion::Occasion;
use crate::room::{CALL_BYTES, Room, Share};
use crate::trail::{Again, CallEntry, MAX_CALLS, Trail};

/// What an entry of the trail weighs beside its texts: less than the recording's JSON needs for it, so that whatever could be recorded
/// before there was a budget can be replayed under it.
const ENTRY_BYTES: usize = 128;
/// The same denial of one line is written out so often in a call; from then on it is counted.
const WRITTEN_OUT: u32 = 16;
/// A call that goes on asking after so many denials for a spent budget, ten times what is written out of them, is ended.
const SPENT_MOST: u32 = 10 * WRITTEN_OUT;

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
    /// A line of the grant's budget is spent by what the answer would be; when it is filled again.
    OverBudget(&'static str, Duration),
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
    /// How many calls came until now, also those that were folded.
    calls: u32,
    /// Bytes that may still be kept of what is asked and answered.
    left: usize,
    share: Share,
    /// Denials until now, each line with how often.
    denials: HashMap<Line, Fold>,
    /// Denials for a spent budget.
    spent: u32,
}

/// What makes two denials the same.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Line {
    function: String,
    person: Option<u32>,
    line: String,
    code: String,
    about: String,
}

/// A denial that was given before.
struct Fold {
    times: u32,
    /// Its last entry, which later ones are folded into.
    at: usize,
    /// As the guest read it then, and reads it again: a replay cannot know another time to wait.
    denial: Denial,
}

/// The gate itself failed: the invocation ends as a fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    #[error("more than {MAX_CALLS} capability calls in one invocation: split the work into several")]
    TooManyCalls,
    #[error("more than {CALL_BYTES} bytes of questions and answers in one invocation: split the work into several")]
    TooMuch,
    #[error(
        "more than {SPENT_MOST} calls after the budget was spent: heed the denial, and try again in the next minute"
    )]
    Beyond,
    #[error("all running calls together keep as much as the host has memory for")]
    NoRoom,
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
        occasion: &Occasion,
        deadline: Instant,
        room: &Arc<Room>,
        trail: Trail,
    ) -> Funnel {
        let (unit, now) = (occasion.unit.parse().ok(), occasion.at);
        let (share, denials) = (Share::of(room), HashMap::new());
        Funnel {
            rights,
            budgets,
            faults,
            unit,
            now,
            deadline,
            trail,
            calls: 0,
            left: CALL_BYTES,
            share,
            denials,
            spent: 0,
        }
    }

    /// By when the call has to end, if it never waits for a turn.
    pub(crate) fn latest(&self) -> Instant {
        self.deadline
    }

    /// By when it has to end as it stands.
    fn deadline(&self) -> Instant {
        let deadline = self.deadline;
        deadline.checked_add(crate::turns::waited()).unwrap_or(deadline)
    }

    pub(crate) fn rights(&self) -> Arc<Effective> {
        Arc::clone(&self.rights)
    }

    pub(crate) fn is_replay(&self) -> bool {
        matches!(self.trail, Trail::Read(_))
    }

    /// What happened, and the room that it takes until it is kept.
    pub(crate) fn into_trail(self) -> (Trail, Share) {
        (self.trail, self.share)
    }

    /// Takes room for what the call holds of an answer beside its trail; how much that can be is bounded by what the trail may keep.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), GateError> {
        if self.share.take(bytes) { Ok(()) } else { Err(GateError::NoRoom) }
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
        let args = within(args, self.left)?;
        let weight = self.enter(&function, &args)?;
        if self.is_replay() {
            return self.read_back(&function, &args, request.person.map(|(number, _)| number), weight);
        }
        let (line, verdict, answer) = match self.gate(capability, &request) {
            Err(refused) => {
                let (person, pseudonym) = request.person.unzip();
                let entry = refused_entry(function, person, pseudonym, request.asked, &refused, args);
                return self.deny(entry, refused, weight).map(Err);
            }
            Ok(line) => match self.ask(capability, provide).await {
                Ok(answer) => (line, Verdict::Allowed, Ok(answer)),
                Err(trouble) => {
                    let denial = trouble_denial(trouble, request.function, &line);
                    let verdict = if denial.code == "unavailable" { Verdict::Unavailable } else { denied(&denial) };
                    (denial.line.clone(), verdict, Err(denial))
                }
            },
        };
        let (person, pseudonym) = request.person.unzip();
        let asked = request.asked;
        let entry =
            CallEntry { function, person, pseudonym, asked, line, verdict, args, answer: String::new(), again: None };
        self.record(entry, &Written::from(&answer))?;
        if let Err(denial) = &answer {
            self.heed(denial)?;
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
        let function = format!("{capability}.{function}");
        let args = within(args, self.left)?;
        let weight = self.enter(&function, &args)?;
        if self.is_replay() {
            return match self.read_back::<serde::de::IgnoredAny>(&function, &args, None, weight)? {
                Ok(_) => Err(GateError::Differs(format!("{function} was answered then and is refused now"))),
                Err(denial) => Ok(Err(denial)),
            };
        }
        let denial =
            Denial { code: "invalid".to_owned(), about: about.to_owned(), retry_after_ms: None, line: String::new() };
        let entry = refused_entry(function, None, None, Vec::new(), &denial, args);
        self.deny(entry, denial, weight).map(Err)
    }

    /// Counts a call and takes room for what it asks, before anything is decided. Returns what was taken.
    fn enter(&mut self, function: &str, args: &str) -> Result<usize, GateError> {
        if self.calls as usize >= MAX_CALLS {
            return Err(GateError::TooManyCalls);
        }
        let weight = ENTRY_BYTES.saturating_add(function.len()).saturating_add(written_bytes(args));
        self.keep(weight)?;
        self.calls = self.calls.saturating_add(1);
        Ok(weight)
    }

    /// Takes room for what the trail keeps: once while the call runs, and once more for when it is written down.
    fn keep(&mut self, bytes: usize) -> Result<(), GateError> {
        self.left = self.left.checked_sub(bytes).ok_or(GateError::TooMuch)?;
        if self.share.take(bytes.saturating_mul(2)) { Ok(()) } else { Err(GateError::NoRoom) }
    }

    /// Gives back what a call took that is not written out.
    fn forget(&mut self, bytes: usize) {
        self.left = self.left.saturating_add(bytes);
        self.share.give(bytes.saturating_mul(2));
    }

    /// Writes a call down with its answer, or that there was no room for the answer: the guest never sees it then.
    fn record<R: Serialize>(&mut self, mut entry: CallEntry, answer: &Written<R>) -> Result<(), GateError> {
        let written = within(answer, self.left).and_then(|text| self.keep(written_bytes(&text)).map(|()| text));
        let (text, kept) = match written {
            Ok(text) => (text, Ok(())),
            Err(error @ GateError::TooMuch) => (serde_json::to_string(&Written::<()>::TooMuch)?, Err(error)),
            Err(error @ GateError::NoRoom) => (serde_json::to_string(&Written::<()>::NoRoom)?, Err(error)),
            Err(error) => return Err(error),
        };
        entry.answer = text;
        if let Trail::Written(entries) = &mut self.trail {
            entries.push(entry);
        }
        kept
    }

    /// Writes a denial down, or counts it where the same one was given often enough. Returns what the guest reads.
    fn deny(&mut self, entry: CallEntry, denial: Denial, weight: usize) -> Result<Denial, GateError> {
        let place = self.calls.saturating_sub(1);
        let key = Line {
            function: entry.function.clone(),
            person: entry.person,
            line: denial.line.clone(),
            code: denial.code.clone(),
            about: denial.about.clone(),
        };
        let known = self.denials.get(&key).map(|fold| (fold.times, fold.at, fold.denial.clone()));
        let denial = match (known, &mut self.trail) {
            (Some((times, at, given)), Trail::Written(entries)) if times >= WRITTEN_OUT => {
                if let Some(before) = entries.get_mut(at) {
                    match &mut before.again {
                        Some(again) => again.add(place, &entry.args),
                        none => *none = Some(Again::one(place, &entry.args)),
                    }
                }
                self.forget(weight);
                given
            }
            (known, Trail::Written(entries)) => {
                let (times, at) = (known.map_or(1, |(times, ..)| times.saturating_add(1)), entries.len());
                self.denials.insert(key, Fold { times, at, denial: denial.clone() });
                self.record(entry, &Written::<()>::Denied(denial.clone()))?;
                denial
            }
            (_, Trail::Read(_)) => denial,
        };
        self.heed(&denial)?;
        Ok(denial)
    }

    /// Ends a call that goes on asking though its budget is long spent.
    fn heed(&mut self, denial: &Denial) -> Result<(), GateError> {
        if denial.code == "budget-spent" {
            self.spent = self.spent.saturating_add(1);
        }
        if self.spent > SPENT_MOST { Err(GateError::Beyond) } else { Ok(()) }
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
        // What no grant allows costs the least budget of them all, so that asking what is denied is no way round any.
        let budget = match &decision {
            Decision::Allowed { right, .. } => Some(right.budget),
            Decision::Denied { .. } => least(self.rights.rights(capability)),
        };
        if let Some(budget) = budget
            && let Err(Spent { line, retry_after_ms }) =
                self.budgets.spend(capability, &budget, unit, person, request.effect, self.now)
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

    /// Where the people that a call turns out to be about beside its first one are counted.
    pub(crate) fn people_count(&self, right: Option<&EffectiveRight>) -> PeopleCount {
        PeopleCount {
            budgets: Arc::clone(&self.budgets),
            budget: right.map(|right| right.budget),
            unit: self.unit.as_ref().map_or_else(String::new, UnitCode::to_string),
            now: self.now,
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
        let deadline = self.deadline();
        match tokio::time::timeout_at(deadline, provide(Permit { deadline })).await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::Unavailable(Duration::from_secs(5))),
        }
    }

    fn read_back<R: DeserializeOwned>(
        &mut self,
        function: &str,
        args: &str,
        person: Option<u32>,
        weight: usize,
    ) -> Result<Result<R, Denial>, GateError> {
        let n = self.calls;
        let Trail::Read(read) = &mut self.trail else {
            return Err(GateError::Differs("not a replay".to_owned()));
        };
        if let Some(entry) = read.folded(n.saturating_sub(1), args) {
            if entry.function != function || entry.person != person {
                let text = format!("call {n} was {}, and is {function} or about another person now", entry.function);
                read.difference = Some(text.clone());
                return Err(GateError::Differs(text));
            }
            let Written::Denied(denial) = serde_json::from_str::<Written<serde::de::IgnoredAny>>(&entry.answer)? else {
                return Err(GateError::Differs(format!("call {n} was answered, and is denied now")));
            };
            self.forget(weight);
            self.heed(&denial)?;
            return Ok(Err(denial));
        }
        let Some(entry) = read.left.pop_front() else {
            let text = format!("call {n} to {function} was not made then");
            read.difference = Some(text.clone());
            return Err(GateError::Differs(text));
        };
        if entry.function != function || entry.args != args || entry.person != person {
            let text = format!("call {n} was {}, and is {function} or has other arguments now", entry.function);
            read.difference = Some(text.clone());
            return Err(GateError::Differs(text));
        }
        let answer: Written<R> = serde_json::from_str(&entry.answer)?;
        let bytes = written_bytes(&entry.answer);
        read.done.push(entry);
        match answer {
            Written::Answer(answer) => self.keep(bytes).map(|()| Ok(answer)),
            Written::Denied(denial) => {
                self.keep(bytes)?;
                self.heed(&denial)?;
                Ok(Err(denial))
            }
            Written::TooMuch => Err(GateError::TooMuch),
            Written::NoRoom => Err(GateError::NoRoom),
        }
    }
}

/// The least of each line of some rights' budgets.
fn least(rights: &[EffectiveRight]) -> Option<Budget> {
    rights.iter().map(|right| right.budget).reduce(|one, other| Budget {
        calls_per_minute: one.calls_per_minute.min(other.calls_per_minute),
        people_per_day: one.people_per_day.min(other.people_per_day),
        effects_per_day: one.effects_per_day.min(other.effects_per_day),
    })
}

/// Counts people while a provider answers, under the budget of the right that the call was decided by.
pub(crate) struct PeopleCount {
    budgets: Arc<Budgets>,
    budget: Option<Budget>,
    unit: String,
    now: i64,
}

impl PeopleCount {
    /// Counts people by their pseudonyms.
    pub(crate) fn spend<'p>(
        &self,
        capability: Capability,
        people: impl Iterator<Item = &'p str> + Clone,
    ) -> Result<(), Trouble> {
        let Some(budget) = &self.budget else { return Ok(()) };
        let spent = self.budgets.spend_people(capability, budget, &self.unit, people, self.now);
        spent.map_err(|spent| Trouble::OverBudget(spent.line, Duration::from_millis(spent.retry_after_ms.into())))
    }
}

/// An answer as the recording holds it.
#[derive(Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Written<R> {
    Answer(R),
    Denied(Denial),
    /// There was an answer, for which the call had no room left.
    TooMuch,
    /// There was an answer, for which the host had no room.
    NoRoom,
}

impl<'a, R> From<&'a Result<R, Denial>> for Written<&'a R> {
    fn from(answer: &'a Result<R, Denial>) -> Self {
        match answer {
            Ok(answer) => Written::Answer(answer),
            Err(denial) => Written::Denied(denial.clone()),
        }
    }
}

/// The JSON of a value that may have so many bytes at most: a longer one is given up on the way, and never whole in memory.
fn within<T: Serialize>(value: &T, most: usize) -> Result<String, GateError> {
    struct Bounded {
        bytes: Vec<u8>,
        most: usize,
    }
    impl std::io::Write for Bounded {
        fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
            if self.bytes.len().saturating_add(more.len()) > self.most {
                return Err(std::io::ErrorKind::FileTooLarge.into());
            }
            self.bytes.extend_from_slice(more);
            Ok(more.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut out = Bounded { bytes: Vec::with_capacity(128), most };
    match serde_json::to_writer(&mut out, value) {
        // JSON is UTF-8.
        Ok(()) => String::from_utf8(out.bytes).map_err(|_| GateError::TooMuch),
        Err(error) if error.is_io() => Err(GateError::TooMuch),
        Err(error) => Err(error.into()),
    }
}

/// How many bytes a recording needs for a text that is JSON itself: a quote or backslash takes two.
fn written_bytes(json: &str) -> usize {
    let escaped = json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    json.len().saturating_add(escaped)
}

fn refused_entry(
    function: String,
    person: Option<u32>,
    pseudonym: Option<String>,
    asked: Vec<String>,
    denial: &Denial,
    args: String,
) -> CallEntry {
    let (line, verdict) = (denial.line.clone(), denied(denial));
    CallEntry { function, person, pseudonym, asked, line, verdict, args, answer: String::new(), again: None }
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
        Trouble::OverBudget(key, after) => {
            line = line.split_once(':').map_or(key.to_owned(), |(capability, _)| format!("{capability}: budget.{key}"));
            ("budget-spent", key.to_owned(), millis(after))
        }
        Trouble::OptedOut => ("opted-out", function.to_owned(), None),
        Trouble::Suppressed(rule) => ("suppressed", rule, None),
    };
    Denial { code: code.to_owned(), about, retry_after_ms: retry, line }
}
