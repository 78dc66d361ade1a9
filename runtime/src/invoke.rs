//! One invocation: a fresh instance, one call, dropped. Everything that can be done before is done in [`Pilot`].

use std::sync::Arc;
use std::time::Duration;

use pilothouse_registry::Effective;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use wasmtime::component::{Component, ComponentExportIndex, Instance, InstancePre, Resource, ResourceTable, TypedFunc};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

use crate::budgets::Budgets;
use crate::call::{Call, HOSTCALL_BYTES, MAX_HANDLES, MAX_RESOURCES};
use crate::capabilities::Providers;
use crate::capabilities::funnel::{Funnel, GateError};
use crate::capabilities::readers::Reading;
use crate::contract;
use crate::engine::{MAX_TABLE_ELEMENTS, ticks_for};
use crate::faults::Faults;
use crate::limits::{Exceeded, Limits};
use crate::link::{LinkError, link, link_for_replay, link_for_trial};
use crate::occasion::Occasion;
use crate::pending::Pending;
use crate::people::{Arrival, Kind, People, Person, PilotKeys, Presented};
use crate::quarantine::Quarantine;
use crate::trail::{CallEntry, Trail};

/// Longest outcome data of a guest, in bytes: a day's summary of a large hospital fits in a tenth of it.
pub(crate) const MAX_DATA: usize = 256 << 10;
/// Longest code in an outcome, in bytes.
const MAX_CODE: usize = 64;
/// Most reasons, next steps and message arguments of an outcome.
const MAX_LIST: usize = 16;
/// Longest argument of a message, in bytes: a date, a count, a code.
const MAX_ARGUMENT: usize = 256;

/// A pilot version, ready to be called: linked once, limits and rights fixed.
pub struct Pilot {
    pre: InstancePre<Call>,
    exports: Exports,
    id: Arc<str>,
    rights: Arc<Effective>,
    keys: Arc<PilotKeys>,
    budgets: Arc<Budgets>,
    deadline: Duration,
    memory: usize,
    /// Whether it may be called now.
    pub quarantine: Quarantine,
}

/// A pilot version that can run recorded invocations again, and do nothing else: it holds no right.
pub struct Replayer(Pilot);

impl Replayer {
    /// Links a compiled component for replays. What it is granted now plays no part: its answers come from the recording.
    ///
    /// # Errors
    /// Where it imports what is not in the contract.
    pub fn new(engine: &Engine, component: &Component, terms: Terms) -> Result<Replayer, LinkError> {
        let pre = link_for_replay(engine, component)?;
        // Should a call ever pass the recording by, the decision denies it.
        let terms = Terms { rights: Arc::new(Effective::none()), ..terms };
        Ok(Replayer(Pilot::linked(pre, component, terms)))
    }

    /// Runs a recorded invocation again, offline: every capability call is answered from the recording.
    pub async fn replay(&self, recording: &Recording, providers: &Arc<Providers>) -> Finished {
        let people =
            recording.people.iter().map(|person| Arrival::recorded(person.kind, person.presented.clone())).collect();
        let request = Request {
            id: recording.id.clone(),
            entry: recording.entry.clone(),
            occasion: Arc::clone(&recording.occasion),
            settings: Arc::clone(&recording.settings),
            people,
        };
        self.0.run(request, providers, &Arc::new(Faults::default()), Mode::Replay(recording.calls.clone())).await
    }
}

/// What fixes a pilot version, beside its component.
pub struct Terms {
    /// The pilot's id.
    pub id: Arc<str>,
    /// Requested ∩ granted ∩ ceiling.
    pub rights: Arc<Effective>,
    /// Keys of its pseudonyms.
    pub keys: Arc<PilotKeys>,
    /// Its counters; kept when a grant changes, so that a change fills no budget.
    pub budgets: Arc<Budgets>,
    /// Over guest and host time.
    pub deadline: Duration,
    /// Linear memory, bytes.
    pub memory: usize,
}

#[derive(Clone, Copy)]
struct Exports {
    describe: Option<ComponentExportIndex>,
    call: Option<ComponentExportIndex>,
    on_reading: Option<ComponentExportIndex>,
    due: Option<ComponentExportIndex>,
}

/// What is asked of a pilot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", deny_unknown_fields)]
pub enum Entry {
    /// An operation, with its input as JSON in which people are tokens.
    Operation {
        /// Its name.
        name: String,
        /// Its input.
        input: String,
    },
    /// A reading of the first person of the call.
    Reading,
    /// A due tick.
    Tick {
        /// Its name.
        name: String,
    },
}

impl Entry {
    /// As evidence names it: `operations.check-in`, `readings.on-reading`, `schedules.remind`.
    pub fn name(&self) -> String {
        match self {
            Entry::Operation { name, .. } => format!("operations.{name}"),
            Entry::Reading => "readings.on-reading".to_owned(),
            Entry::Tick { name } => format!("schedules.{name}"),
        }
    }
}

/// One request, whole.
pub struct Request {
    /// Evidence id of the invocation.
    pub id: String,
    /// What is asked.
    pub entry: Entry,
    /// The circumstances.
    pub occasion: Arc<Occasion>,
    /// The department's settings as JSON.
    pub settings: Arc<str>,
    /// The people of the input, in the order of their tokens.
    pub people: Vec<Arrival>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", deny_unknown_fields)]
pub enum Ended {
    /// With an outcome.
    Decided(Decided),
    /// The guest refused the request.
    Refused {
        /// Code of the pilot's catalogue.
        code: String,
        /// JSON Pointer to the field.
        field: Option<String>,
        /// In English, for developers.
        why: Option<String>,
    },
    /// The guest failed; nothing of the call is kept but its evidence.
    Fault {
        /// What happened.
        fault: Fault,
    },
}

/// An outcome, bounded and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// One of the operation's decisions.
    pub decision: String,
    /// Reason codes.
    pub reasons: Vec<String>,
    /// Message key and arguments.
    pub say: Option<(String, Vec<(String, String)>)>,
    /// What the desk does next.
    pub next: Vec<String>,
    /// JSON, with tokens for people.
    pub data: String,
}

/// The ways in which a guest fails. Each is a typed outcome of the call; the host goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// It trapped.
    #[error("the component trapped: have the vendor run the recorded call with `pilot replay`")]
    Trapped,
    /// It ran past the deadline.
    #[error("the component ran past its deadline: `limits.deadline-ms` in its manifest, or a corrected version")]
    Deadline,
    /// It ran into its memory limit.
    #[error("the component ran into its memory limit: `limits.memory-kib` in its manifest, or a corrected version")]
    Memory,
    /// It ran into its table limit.
    #[error("the component ran into its table limit: a corrected version is needed")]
    Table,
    /// It recursed past its stack.
    #[error("the component ran out of stack: a corrected version is needed")]
    Stack,
    /// What it answered is no valid outcome: too long, no UTF-8, out of its memory.
    #[error(
        "the component's answer could not be taken, being too long, no UTF-8 text or outside its memory: a corrected version is needed"
    )]
    Answer,
    /// It decided what its manifest does not declare.
    #[error(
        "the component decided what its manifest does not declare: add it to `decisions` of the operation, or correct the component"
    )]
    Undeclared,
    /// Its data is no JSON, or not as its own schema says.
    #[error("the component's data is not what its own schema says: correct the schema or the component")]
    Schema,
    /// It made more calls, held more handles or moved more bytes than an invocation may.
    #[error(
        "the component made more calls, held more handles or moved more bytes than one invocation may: a corrected version is needed"
    )]
    Excess,
    /// It has no such export.
    #[error("the component does not export what was asked for: build it again with `pilot build`")]
    NoExport,
    /// No place for another instance.
    #[error("all places for running components are taken: try again")]
    Full,
    /// The host's own failure.
    #[error("the host could not carry the call: see its log")]
    Host,
    /// The pilot was switched off while it ran: whatever it came to, nothing of it is kept.
    #[error(
        "the pilot was switched off while the call ran, so nothing of it was kept: send it again when the pilot is enabled"
    )]
    Withdrawn,
    /// A replay went another way than the recording.
    #[error("the replay left the recording: see the difference that it names")]
    Differs,
}

impl Fault {
    /// Whether it speaks against the guest, and counts towards its quarantine.
    pub fn is_the_guests(self) -> bool {
        !matches!(self, Fault::Full | Fault::Host | Fault::Withdrawn | Fault::Differs)
    }

    /// Stable name, as in problems and evidence.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Trapped => "trapped",
            Fault::Deadline => "deadline",
            Fault::Memory => "memory",
            Fault::Table => "table",
            Fault::Stack => "stack",
            Fault::Answer => "answer",
            Fault::Undeclared => "undeclared-decision",
            Fault::Schema => "outside-schema",
            Fault::Excess => "excess",
            Fault::NoExport => "no-export",
            Fault::Full => "full",
            Fault::Host => "host",
            Fault::Withdrawn => "withdrawn",
            Fault::Differs => "differs",
        }
    }
}

/// A person of the call as the recording keeps it: enough to replay, nothing that says who.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedPerson {
    /// The kind.
    pub kind: Kind,
    /// How it was presented.
    pub presented: Option<Presented>,
}

/// What a replay needs of one invocation. Sealed beside the log; holds what the guest saw and no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Evidence id.
    pub id: String,
    /// What was asked.
    pub entry: Entry,
    /// The circumstances.
    pub occasion: Arc<Occasion>,
    /// The settings.
    pub settings: Arc<str>,
    /// The people of the input.
    pub people: Vec<RecordedPerson>,
    /// The capability calls with their answers.
    pub calls: Vec<CallEntry>,
    /// How it ended.
    pub ended: Ended,
}

/// An invocation that has ended.
pub struct Finished {
    /// Whose it was.
    pub pilot: Arc<str>,
    /// All that a replay needs, and the evidence is made of.
    pub recording: Recording,
    /// What it wants kept and done. Empty unless it ended with an outcome.
    pub pending: Pending,
    /// The people that its outcome may name.
    pub(crate) people: People,
    /// Where a replay left the recording.
    pub difference: Option<String>,
}

impl Finished {
    /// Takes back all that it came to: of the call its record stays, and that it was withdrawn.
    pub fn withdraw(&mut self) {
        self.pending = Pending::default();
        self.recording.ended = Ended::Fault { fault: Fault::Withdrawn };
    }

    /// Who a token of the outcome's data stands for, for wording it back.
    pub fn person(&self, token: &str) -> Option<Named<'_>> {
        let person = self.people.of_token(token)?;
        let entry = self.people.get(person)?;
        let pseudonym = self.people.pseudonym(person)?;
        let key = match &entry.arrival.who {
            crate::people::Who::Known(key) => Some(*key),
            crate::people::Who::Declared(_) | crate::people::Who::Recorded => None,
        };
        Some(Named { key, pseudonym })
    }
}

/// A person that an outcome names.
pub struct Named<'a> {
    /// The register's key, for a caller who may see more.
    pub key: Option<pilothouse_identity::PersonKey>,
    /// What everyone else sees.
    pub pseudonym: &'a str,
}

/// What was asked, as the recording keeps it.
struct Asked {
    id: String,
    entry: Entry,
    occasion: Arc<Occasion>,
    settings: Arc<str>,
}

/// One instance that is kept for several calls. No call is served so: it is there to measure what a fresh instance costs.
pub struct Kept<'p> {
    pilot: &'p Pilot,
    store: Store<Call>,
    instance: Instance,
}

impl<'p> Kept<'p> {
    /// An instance of a pilot, made for a first request.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub async fn new(
        pilot: &'p Pilot,
        request: Request,
        providers: &Arc<Providers>,
        faults: &Arc<Faults>,
    ) -> wasmtime::Result<Kept<'p>> {
        let trail = Trail::Written(Vec::new());
        let (_, call) = pilot.call(Arc::clone(&pilot.rights), request, providers, faults, trail);
        let mut store = pilot.bounded_store(call);
        let instance = pilot.pre.instantiate_async(&mut store).await?;
        Ok(Kept { pilot, store, instance })
    }

    /// What [`Pilot::invoke`] does, in the instance of the call before.
    pub async fn invoke(&mut self, request: Request, providers: &Arc<Providers>, faults: &Arc<Faults>) -> Ended {
        let pilot = self.pilot;
        let trail = Trail::Written(Vec::with_capacity(8));
        let (asked, call) = pilot.call(Arc::clone(&pilot.rights), request, providers, faults, trail);
        *self.store.data_mut() = call;
        share_time(&mut self.store, pilot.deadline);
        match pilot.ask(&mut self.store, &self.instance, &asked.entry).await {
            Ok(ended) => ended,
            Err(error) => Ended::Fault { fault: fault_of(&error, self.store.data().limits.refused()) },
        }
    }
}

/// Whether a call is live or a replay.
pub(crate) enum Mode {
    Live,
    Replay(Vec<CallEntry>),
}

impl Pilot {
    /// Links a compiled component under its terms.
    ///
    /// # Errors
    /// Where it imports what its rights do not hold.
    pub fn new(engine: &Engine, component: &Component, terms: Terms) -> Result<Pilot, LinkError> {
        let pre = link(engine, component, &terms.rights)?;
        Ok(Pilot::linked(pre, component, terms))
    }

    /// Links a compiled component for its trial: whatever it is, it may describe itself, and every capability that it calls traps.
    ///
    /// # Errors
    /// Where it does not fit the engine.
    pub fn for_trial(engine: &Engine, component: &Component, terms: Terms) -> Result<Pilot, LinkError> {
        let pre = link_for_trial(engine, component)?;
        Ok(Pilot::linked(pre, component, terms))
    }

    fn linked(pre: InstancePre<Call>, component: &Component, terms: Terms) -> Pilot {
        let export = |interface: &str, function: &str| {
            let instance = component.get_export_index(None, interface)?;
            component.get_export_index(Some(&instance), function)
        };
        let exports = Exports {
            describe: export("pilothouse:pilot/operations@1.0.0", "describe"),
            call: export("pilothouse:pilot/operations@1.0.0", "call"),
            on_reading: export("pilothouse:pilot/readings@1.0.0", "on-reading"),
            due: export("pilothouse:pilot/schedules@1.0.0", "due"),
        };
        let Terms { id, rights, keys, budgets, deadline, memory } = terms;
        Pilot { pre, exports, id, rights, keys, budgets, deadline, memory, quarantine: Quarantine::default() }
    }

    /// The pilot's id.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// What it may do.
    pub fn rights(&self) -> &Arc<Effective> {
        &self.rights
    }

    /// Its counters.
    pub fn budgets(&self) -> &Arc<Budgets> {
        &self.budgets
    }

    /// Its deadline, over guest and host time.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Runs one request in a fresh instance.
    pub async fn invoke(&self, request: Request, providers: &Arc<Providers>, faults: &Arc<Faults>) -> Finished {
        self.run(request, providers, faults, Mode::Live).await
    }

    async fn run(&self, request: Request, providers: &Arc<Providers>, faults: &Arc<Faults>, mode: Mode) -> Finished {
        let recorded = request.people.iter();
        let recorded = recorded.map(|p| RecordedPerson { kind: p.kind, presented: p.presented.clone() }).collect();
        let trail = match mode {
            Mode::Live => Trail::Written(Vec::with_capacity(8)),
            Mode::Replay(calls) => Trail::replaying(calls),
        };
        let (asked, call) = self.call(Arc::clone(&self.rights), request, providers, faults, trail);
        let mut store = self.bounded_store(call);
        let ended = match self.guest(&mut store, &asked.entry).await {
            Ok(ended) => ended,
            Err(error) => Ended::Fault { fault: fault_of(&error, store.data().limits.refused()) },
        };
        self.finished(asked, recorded, store.into_data(), ended)
    }

    /// The state of one call, and what the recording says of it.
    fn call(
        &self,
        rights: Arc<Effective>,
        request: Request,
        providers: &Arc<Providers>,
        faults: &Arc<Faults>,
        trail: Trail,
    ) -> (Asked, Call) {
        let Request { id, entry, occasion, settings, people } = request;
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let call = Call {
            table,
            funnel: Funnel::new(
                rights,
                Arc::clone(&self.budgets),
                Arc::clone(faults),
                occasion.unit.parse().ok(),
                occasion.at,
                Instant::now() + self.deadline,
                trail,
            ),
            people: People::new(Arc::clone(&self.keys), id.clone(), people),
            occasion: Arc::clone(&occasion),
            settings: Arc::clone(&settings),
            pilot: Arc::clone(&self.id),
            providers: Arc::clone(providers),
            pending: Pending::default(),
            limits: Limits::new(self.memory, MAX_TABLE_ELEMENTS),
        };
        (Asked { id, entry, occasion, settings }, call)
    }

    fn finished(&self, asked: Asked, people: Vec<RecordedPerson>, call: Call, ended: Ended) -> Finished {
        let Asked { id, entry, occasion, settings } = asked;
        let (calls, difference) = call.funnel.into_trail().into_entries();
        let pending = if matches!(ended, Ended::Decided(_)) { call.pending } else { Pending::default() };
        let recording = Recording { id, entry, occasion, settings, people, calls, ended };
        Finished { pilot: Arc::clone(&self.id), recording, pending, people: call.people, difference }
    }

    /// A store with every limit of this pilot set: calls and trials run under the same ones.
    fn bounded_store(&self, call: Call) -> Store<Call> {
        let mut store = Store::new(self.pre.engine(), call);
        store.limiter(|call| &mut call.limits);
        store.set_hostcall_fuel(HOSTCALL_BYTES);
        store.set_max_component_handles(MAX_HANDLES);
        share_time(&mut store, self.deadline);
        store
    }

    async fn guest(&self, store: &mut Store<Call>, entry: &Entry) -> wasmtime::Result<Ended> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        self.ask(store, &instance, entry).await
    }

    async fn ask(&self, store: &mut Store<Call>, instance: &Instance, entry: &Entry) -> wasmtime::Result<Ended> {
        type Answer = (Result<contract::Outcome, contract::Refusal>,);
        let (answer,) = match entry {
            Entry::Operation { name, input } => {
                let Some(export) = self.exports.call else { return Ok(Ended::Fault { fault: Fault::NoExport }) };
                let call: TypedFunc<(&str, &str), Answer> = instance.get_typed_func(&mut *store, export)?;
                call.call_async(&mut *store, (name, input)).await?
            }
            Entry::Reading => {
                let Some(export) = self.exports.on_reading else { return Ok(Ended::Fault { fault: Fault::NoExport }) };
                let reading = Reading::of_first(store.data());
                let reading: Resource<Reading> = store.data_mut().table.push(reading)?;
                let call: TypedFunc<(Resource<Reading>,), Answer> = instance.get_typed_func(&mut *store, export)?;
                call.call_async(&mut *store, (reading,)).await?
            }
            Entry::Tick { name } => {
                let Some(export) = self.exports.due else { return Ok(Ended::Fault { fault: Fault::NoExport }) };
                let call: TypedFunc<(&str,), Answer> = instance.get_typed_func(&mut *store, export)?;
                call.call_async(&mut *store, (name,)).await?
            }
        };
        Ok(bounded(answer))
    }

    /// Asks the component what operations it has, with no capability and a short deadline.
    ///
    /// # Errors
    /// The fault in which it ended instead.
    pub async fn describe(&self, providers: &Arc<Providers>) -> Result<Option<String>, Fault> {
        let Some(export) = self.exports.describe else { return Ok(None) };
        let occasion = Arc::new(Occasion {
            at: 0,
            captured_at: 0,
            unit: String::new(),
            facility: None,
            facility_class: None,
            role: String::new(),
            device: None,
            reference: String::new(),
            seed: 0,
        });
        let entry = Entry::Operation { name: String::new(), input: String::new() };
        let request = Request { id: String::new(), entry, occasion, settings: Arc::from("{}"), people: Vec::new() };
        let trail = Trail::Written(Vec::new());
        let (_, call) = self.call(Arc::new(Effective::none()), request, providers, &Arc::default(), trail);
        let mut store = self.bounded_store(call);
        let described = async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            let describe: TypedFunc<(), (String,)> = instance.get_typed_func(&mut store, export)?;
            describe.call_async(&mut store, ()).await
        }
        .await;
        match described {
            Ok((text,)) if text.len() <= MAX_DATA => Ok(Some(text)),
            Ok(_) => Err(Fault::Answer),
            Err(error) => Err(fault_of(&error, store.data().limits.refused())),
        }
    }
}

/// Ends a call at its deadline, and at every tick before it gives the others their turn: a guest that loops has no processor for
/// itself, however many of them loop.
fn share_time(store: &mut Store<Call>, deadline: Duration) {
    let mut left = ticks_for(deadline);
    let end = store.data().funnel.deadline();
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        left = left.saturating_sub(1);
        if left == 0 || end <= Instant::now() {
            return Err(Trap::Interrupt.into());
        }
        Ok(UpdateDeadline::Yield(1))
    });
}

/// Takes an outcome or a refusal over, with every size checked.
fn bounded(answer: Result<contract::Outcome, contract::Refusal>) -> Ended {
    const TOO_LONG: Ended = Ended::Fault { fault: Fault::Answer };
    let code = |text: &String| is_code(text);
    match answer {
        Ok(outcome) => {
            let codes = outcome.reasons.iter().chain(&outcome.next).all(code) && code(&outcome.decision);
            let say = outcome.say.map(|message| (message.key, message.args));
            let worded = say.as_ref().is_none_or(|(key, args)| {
                code(key)
                    && args.len() <= MAX_LIST
                    && args.iter().all(|(name, value)| code(name) && value.len() <= MAX_ARGUMENT)
            });
            let lists = outcome.reasons.len() <= MAX_LIST && outcome.next.len() <= MAX_LIST;
            if !codes || !worded || !lists || outcome.data.len() > MAX_DATA {
                return TOO_LONG;
            }
            Ended::Decided(Decided {
                decision: outcome.decision,
                reasons: outcome.reasons,
                say,
                next: outcome.next,
                data: outcome.data,
            })
        }
        Err(refusal) => {
            let pointer = |field: &String| {
                !field.is_empty()
                    && field.len() <= 128
                    && field.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
                    && !has_digits(field)
            };
            let field = refusal.field.as_ref().is_none_or(pointer);
            let why = refusal.why.as_ref().is_none_or(|why| why.len() <= 512);
            if !code(&refusal.code) || !field || !why {
                return TOO_LONG;
            }
            Ended::Refused { code: refusal.code, field: refusal.field, why: refusal.why }
        }
    }
}

/// Codes are names: letters, digits and joints, so that a page or a log shows them as they are; and never as many digits in a
/// row as a personal number has (Law 26/2023/QH15, Article 12), so that none travels as a code.
fn is_code(text: &str) -> bool {
    let joints = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= MAX_CODE && text.bytes().all(joints) && !has_digits(text)
}

/// Whether nine digits or more stand in a row.
pub(crate) fn has_digits(text: &str) -> bool {
    text.as_bytes().split(|byte| !byte.is_ascii_digit()).any(|run| run.len() >= 9)
}

/// What an engine error says about the guest. Its text is not used: it carries names that the guest chose.
fn fault_of(error: &wasmtime::Error, refused: Option<Exceeded>) -> Fault {
    if let Some(gate) = error.downcast_ref::<GateError>() {
        return match gate {
            GateError::TooManyCalls => Fault::Excess,
            GateError::Record(_) => Fault::Host,
            GateError::Differs(_) => Fault::Differs,
        };
    }
    match refused {
        Some(Exceeded::Memory) => return Fault::Memory,
        Some(Exceeded::Table) => return Fault::Table,
        None => {}
    }
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return Fault::Full;
    }
    if error.downcast_ref::<crate::people::TooManyPeople>().is_some()
        || error.downcast_ref::<wasmtime::component::ResourceTableError>().is_some()
    {
        return Fault::Excess;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Fault::Deadline,
        Some(Trap::StackOverflow) => Fault::Stack,
        Some(_) => Fault::Trapped,
        None => Fault::Answer,
    }
}

impl Person {
    pub(crate) const FIRST: Person = Person(0);
}
