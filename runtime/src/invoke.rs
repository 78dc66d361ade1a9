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
use crate::capabilities::funnel::Funnel;
use crate::capabilities::readers::Reading;
use crate::contract;
use crate::ended::{Ended, Fault, MAX_DATA, OutOfTime, bounded, fault_of};
use crate::engine::{MAX_TABLE_ELEMENTS, ticks_for};
use crate::faults::Faults;
use crate::limits::Limits;
use crate::link::{LinkError, link, link_for_replay, link_for_trial};
use crate::occasion::Occasion;
use crate::pending::Pending;
use crate::people::{Arrival, People, PilotKeys};
use crate::quarantine::Quarantine;
use crate::recording::{RecordedPerson, Recording};
use crate::room::Share;
use crate::trail::{CallEntry, Trail};
use crate::turns::{self, Allowance};

/// Longest that a replay takes by the clock, whatever of it was waiting for a processor.
const REPLAY_PATIENCE: Duration = Duration::from_secs(60);

/// A pilot version, ready to be called: linked once, limits and rights fixed.
pub struct Pilot {
    linked: Arc<Linked>,
    /// What its calls may compute among the host's own steps.
    allowance: Allowance,
    /// Whether it may be called now.
    pub quarantine: Quarantine,
}

/// What a call needs of its pilot, wherever it goes on.
struct Linked {
    pre: InstancePre<Call>,
    exports: Exports,
    id: Arc<str>,
    rights: Arc<Effective>,
    keys: Arc<PilotKeys>,
    budgets: Arc<Budgets>,
    deadline: Duration,
    memory: usize,
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
        self.0.carry(request, providers, &Arc::default(), Mode::Replay(recording.calls.clone())).await
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
    /// What it takes of the host's memory, until it is dropped.
    _share: Share,
}

impl Finished {
    /// Takes back all that it came to: of the call its record stays, and why nothing else of it does.
    pub fn undo(&mut self, why: Fault) {
        self.pending = Pending::default();
        self.recording.ended = Ended::Fault { fault: why };
    }

    /// Takes back all that it came to, as one of its effects has the key of another one: of the call its record stays.
    pub fn set_aside_for_its_key(&mut self) {
        self.pending = Pending::default();
        self.recording.ended = Ended::Fault { fault: Fault::KeyTaken };
    }

    /// Makes a replay of it one of a call that the host ended after so many capability calls.
    pub fn cut_short(&mut self, calls: usize) {
        if self.recording.calls.len() >= calls {
            self.recording.calls.truncate(calls);
            self.pending = Pending::default();
            self.recording.ended = Ended::Fault { fault: Fault::Late };
            self.difference = None;
        }
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
pub struct LiveInstance<'p> {
    pilot: &'p Pilot,
    store: Store<Call>,
    instance: Instance,
}

impl<'p> LiveInstance<'p> {
    /// An instance of a pilot, made for a first request.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub async fn new(
        pilot: &'p Pilot,
        request: Request,
        providers: &Arc<Providers>,
        faults: &Arc<Faults>,
    ) -> wasmtime::Result<LiveInstance<'p>> {
        let trail = Trail::Written(Vec::new());
        let linked = &pilot.linked;
        let (_, call) = linked.call(Arc::clone(&linked.rights), request, providers, faults, trail);
        let mut store = linked.bounded_store(call);
        let instance = linked.pre.instantiate_async(&mut store).await?;
        Ok(LiveInstance { pilot, store, instance })
    }

    /// What [`Pilot::invoke`] does, in the instance of the call before.
    pub async fn invoke(&mut self, request: Request, providers: &Arc<Providers>, faults: &Arc<Faults>) -> Ended {
        let pilot = &self.pilot.linked;
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
        let linked = Linked { pre, exports, id, rights, keys, budgets, deadline, memory };
        Pilot { linked: Arc::new(linked), allowance: Allowance::default(), quarantine: Quarantine::default() }
    }

    /// The pilot's id.
    pub fn id(&self) -> &Arc<str> {
        &self.linked.id
    }

    /// What it may do.
    pub fn rights(&self) -> &Arc<Effective> {
        &self.linked.rights
    }

    /// Its counters.
    pub fn budgets(&self) -> &Arc<Budgets> {
        &self.linked.budgets
    }

    /// Its deadline: of what it computes itself, and over guest and host time but for waiting for its turns.
    pub fn deadline(&self) -> Duration {
        self.linked.deadline
    }

    /// Runs one request in a fresh instance.
    pub async fn invoke(&self, request: Request, providers: &Arc<Providers>, faults: &Arc<Faults>) -> Finished {
        self.carry(request, providers, faults, Mode::Live).await
    }

    async fn carry(&self, request: Request, providers: &Arc<Providers>, faults: &Arc<Faults>, mode: Mode) -> Finished {
        let (linked, providers, faults) = (Arc::clone(&self.linked), Arc::clone(providers), Arc::clone(faults));
        turns::carry(
            &self.linked.id,
            &self.allowance,
            async move { linked.run(request, &providers, &faults, mode).await },
        )
        .await
    }

    /// Asks the component what operations it has, with no capability and a short deadline.
    ///
    /// # Errors
    /// The fault in which it ended instead.
    pub async fn describe(&self, providers: &Arc<Providers>) -> Result<Option<String>, Fault> {
        let Some(export) = self.linked.exports.describe else { return Ok(None) };
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
        let (linked, providers) = (Arc::clone(&self.linked), Arc::clone(providers));
        turns::carry(
            &self.linked.id,
            &self.allowance,
            async move { linked.described(export, request, &providers).await },
        )
        .await
    }
}

impl Linked {
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
        // A replay waits for nobody's answer, and must end as the call did however busy the host is now: its own time alone ends it.
        let by_the_clock = if matches!(trail, Trail::Read(_)) { REPLAY_PATIENCE } else { self.deadline };
        let call = Call {
            table,
            funnel: Funnel::new(
                rights,
                Arc::clone(&self.budgets),
                Arc::clone(faults),
                &occasion,
                Instant::now() + by_the_clock,
                &providers.room,
                trail,
            ),
            people: People::new(Arc::clone(&self.keys), id.clone(), people),
            occasion: Arc::clone(&occasion),
            is_tick: matches!(entry, Entry::Tick { .. }),
            settings: Arc::clone(&settings),
            pilot: Arc::clone(&self.id),
            providers: Arc::clone(providers),
            pending: Pending::default(),
            limits: Limits::new(self.memory, MAX_TABLE_ELEMENTS, &providers.room),
        };
        (Asked { id, entry, occasion, settings }, call)
    }

    fn finished(&self, asked: Asked, people: Vec<RecordedPerson>, call: Call, ended: Ended) -> Finished {
        let Asked { id, entry, occasion, settings } = asked;
        let (trail, share) = call.funnel.into_trail();
        let (calls, difference) = trail.into_entries();
        let pending = if matches!(ended, Ended::Decided(_)) { call.pending } else { Pending::default() };
        let recording = Recording { id, entry, occasion, settings, people, calls, ended };
        Finished { pilot: Arc::clone(&self.id), recording, pending, people: call.people, difference, _share: share }
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

    async fn described(
        &self,
        export: ComponentExportIndex,
        request: Request,
        providers: &Arc<Providers>,
    ) -> Result<Option<String>, Fault> {
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
}

/// Ends a call once it has computed for as long as it may, or its time is over by the clock; and has it give way when its slice is
/// over, so that a guest that loops has no processor for itself, however many of them loop.
fn share_time(store: &mut Store<Call>, deadline: Duration) {
    let mut left = ticks_for(deadline);
    let end = store.data().funnel.latest();
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        let Some(tick) = turns::tick() else {
            // Nobody measures this one: each tick counts as time of its own.
            left = left.saturating_sub(1);
            if left == 0 || end <= Instant::now() {
                return Err(Trap::Interrupt.into());
            }
            return Ok(UpdateDeadline::Yield(1));
        };
        if tick.own >= deadline {
            return Err(Trap::Interrupt.into());
        }
        if end + tick.waited <= Instant::now() {
            return Err(OutOfTime.into());
        }
        Ok(if tick.over { UpdateDeadline::Yield(1) } else { UpdateDeadline::Continue(1) })
    });
}
