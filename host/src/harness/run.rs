//! Carries a scenario out, step by step, as the house carries out calls; the store's and the outbox's part is done in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pilothouse_evidence::Digest;
use pilothouse_province::REFERENCE_DAY;
use pilothouse_registry::{Ceiling, DoorError, Effective, Grant, GrantState, Package};
use pilothouse_runtime::budgets::Budgets;
use pilothouse_runtime::capabilities::lodging::{Desk, STAYS_OWNER, STAYS_TABLE, StayRow};
use pilothouse_runtime::capabilities::records;
use pilothouse_runtime::compile::{Compiler, Program};
use pilothouse_runtime::faults::Faults;
use pilothouse_runtime::kept::{Event, HostTable};
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::natural::NaturalKey;
use pilothouse_runtime::occasion::date_of;
use pilothouse_runtime::pending::Effect;
use pilothouse_runtime::people::PilotKeys;
use pilothouse_runtime::province::class_code;
use pilothouse_runtime::{Ended, Entry, Finished, Machine, Occasion, Pilot, Providers, Request, Terms};
use serde::Serialize;
use serde_json::{Value, json};
use time::Date;

use super::compare::{Came, difference};
use super::scenario::{Declared, DeskState, Scenario, Step, Then};
use super::stage::Stage;
use crate::embedded::EmbeddedPlugin;
use crate::governance::{
    CallError, Caller, FrontDesk, HouseError, Running, SEAT, SentReading, Taken, What, Words, all_communes, allow,
    judge, names, officer_named, operations, packaging, parse, take,
};

/// The secret of all scenarios: pseudonyms and seals are the same in every run.
const SECRET: [u8; 32] = [7; 32];
/// How long a scenario's grants hold: longer than its clock moves.
const TERM: i64 = 3_650 * 86_400_000_000;
/// Deadline of a call: an unoptimised host on a busy machine is no pilot's fault, and a scenario is about rules.
const DEADLINE: Duration = Duration::from_secs(2);

/// Why scenarios could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// The pilot cannot be made ready: what the door would say of it.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The same, of engine, compiler or grants.
    #[error(transparent)]
    House(#[from] HouseError),
    /// No folder for compiled components.
    #[error("{path} cannot be made: see that it may be written to")]
    Folder {
        /// Which.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// How a scenario went.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Name of its file.
    pub scenario: String,
    /// What it is about, in English; empty where the file cannot be read.
    pub says: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// The first difference, in words. None: all as expected.
    pub difference: Option<String>,
}

/// A pilot whose scenarios are to be run: compiled, its native code in the compiler's cache.
pub struct Ready {
    package: Package,
}

/// Engine, compiler, and the provinces of the days on which scenarios play.
pub struct Harness {
    machine: Machine,
    compiler: Compiler,
    ceiling: Ceiling,
    stages: Mutex<HashMap<Date, Arc<Stage>>>,
}

impl Harness {
    /// Starts the engine. `folder` keeps compiled components from one run to the next.
    ///
    /// # Errors
    /// Where the engine does not start or the folder cannot be made.
    pub fn start(folder: &Path, program: Program) -> Result<Harness, HarnessError> {
        let machine = Machine::start().map_err(HouseError::Engine)?;
        let compiler = Compiler::new(folder.to_owned(), SECRET, program)
            .map_err(|source| HarnessError::Folder { path: folder.display().to_string(), source })?;
        let ceiling = Ceiling::embedded().map_err(|error| HouseError::Policy(error.to_string()))?;
        Ok(Harness { machine, compiler, ceiling, stages: Mutex::default() })
    }

    /// Makes a pilot ready that this binary brings along.
    ///
    /// # Errors
    /// What the door would say of it.
    pub async fn embedded(&self, plugin: &EmbeddedPlugin) -> Result<Ready, HarnessError> {
        let manifest = pilothouse_registry::Manifest::parse("pilot.toml", plugin.manifest).map_err(DoorError::from)?;
        let component = packaging::component(plugin.core)?;
        let memory = manifest.limits.memory_kib as usize * 1024;
        let (_, _, providers) = on_stage(&self.stage(REFERENCE_DAY));
        let schemas =
            packaging::describe(&component, &manifest.id, memory, &self.machine, &self.compiler, &providers).await?;
        let text =
            |language: &str| plugin.texts.iter().find(|(found, _)| *found == language).map_or("", |(_, text)| *text);
        self.pilot(&component, plugin.manifest, &schemas, (text("vi"), text("en"))).await
    }

    /// Makes a pilot ready.
    ///
    /// # Errors
    /// What the door would say of it.
    pub async fn pilot(
        &self,
        component: &[u8],
        manifest: &str,
        schemas: &str,
        texts: (&str, &str),
    ) -> Result<Ready, HarnessError> {
        let package = Package::open_unsigned(Package::build(component, manifest, schemas, texts)?)?;
        self.compiler.component(self.machine.engine(), package.bytes()).await.map_err(HouseError::from)?;
        Ok(Ready { package })
    }

    /// Runs one scenario: its file's name and TOML.
    pub async fn run(&self, ready: &Ready, name: &str, text: &str) -> Report {
        let begun = Instant::now();
        let (says, difference) = match Scenario::parse(text) {
            Ok(scenario) => (scenario.says.en.clone(), self.play(ready, &scenario).await.err()),
            Err(error) => (String::new(), Some(format!("the file: {error}"))),
        };
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Report { scenario: name.to_owned(), says, milliseconds, difference }
    }

    fn stage(&self, today: Date) -> Arc<Stage> {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(stages.entry(today).or_insert_with(|| Arc::new(Stage::of(today))))
    }

    async fn play(&self, ready: &Ready, scenario: &Scenario) -> Result<(), String> {
        let stage = self.stage(date_of(scenario.given.at.0));
        let running = self.running(ready, scenario).await.map_err(|error| format!("given: {error}"))?;
        let (rows, desk, providers) = on_stage(&stage);
        let mut play = Play {
            running,
            stage,
            rows,
            desk,
            providers,
            faults: Arc::new(Faults::default()),
            scenario,
            at: scenario.given.at.0,
            desks: HashMap::new(),
            queued: Vec::new(),
            stays: BTreeMap::new(),
            consents: BTreeSet::new(),
            alerts: BTreeSet::new(),
        };
        for (place, step) in scenario.steps.iter().enumerate() {
            play.step(place + 1, step).await.map_err(|told| {
                let what = step.operation.as_deref().or(step.tick.as_deref()).unwrap_or("reading or outbox");
                format!("step {} ({what}): {told}", place + 1)
            })?;
        }
        Ok(())
    }

    /// The pilot with all that it requests, for all communes, and the department's settings.
    async fn running(&self, ready: &Ready, scenario: &Scenario) -> Result<Running, HouseError> {
        let at = scenario.given.at.0;
        let manifest = ready.package.manifest().clone();
        let state = GrantState::Requested { by: officer_named("scenario-requester")?.into() }
            .approve(officer_named("scenario-officer-1")?, at)?
            .approve(officer_named("scenario-officer-2")?, at)?;
        let mut grants = Vec::with_capacity(manifest.capabilities.len());
        for right in &manifest.capabilities {
            grants.push(Grant {
                id: parse("grant", &uuid::Uuid::now_v7().to_string())?,
                pilot: manifest.id.clone(),
                vendor: Some(manifest.vendor.clone()),
                build: None,
                right: right.clone(),
                units: all_communes(at)?,
                expires: at + TERM,
                state: state.clone(),
            });
        }
        let rights = Arc::new(Effective::new(&manifest.capabilities, &grants, &self.ceiling));
        let settings = manifest
            .config
            .check(&scenario.given.config)
            .map_err(|error| HouseError::Setting { key: error.key().to_owned(), message: error.to_string() })?;
        let terms = Terms {
            id: Arc::from(manifest.id.as_str()),
            rights,
            keys: Arc::new(PilotKeys::new(&Secret::new(SECRET), &manifest.id, 0)),
            budgets: Arc::new(Budgets::default()),
            deadline: DEADLINE,
            memory: manifest.limits.memory_kib as usize * 1024,
        };
        let component = self.compiler.component(self.machine.engine(), ready.package.bytes()).await?;
        let pilot = Pilot::new(self.machine.engine(), &component, terms)
            .map_err(|error| HouseError::Policy(format!("it imports what it is not granted: {error}")))?;
        let settings: Arc<str> = Arc::from(Value::Object(settings).to_string());
        Ok(Running {
            as_of: 0,
            package: Digest::of(ready.package.bytes()),
            pilot: Some(pilot),
            switch: Arc::default(),
            refused: Arc::default(),
            rights_digest: Digest::of(b"scenario"),
            settings_digest: Digest::of(settings.as_bytes()),
            settings,
            operations: operations(&ready.package),
            words: Words::new(ready.package.texts()),
            names: names(&ready.package),
            manifest,
        })
    }
}

fn on_stage(stage: &Stage) -> (Arc<records::Provider>, Arc<Desk>, Arc<Providers>) {
    let rows = Arc::new(records::Provider::Memory(records::Memory::default()));
    let desk = Arc::new(Desk::default());
    let province = &stage.province;
    let providers = Arc::new(Providers::embedded(province, Arc::clone(&rows), Arc::clone(&desk)));
    (rows, desk, providers)
}

/// A scenario under way.
struct Play<'a> {
    running: Running,
    stage: Arc<Stage>,
    rows: Arc<records::Provider>,
    desk: Arc<Desk>,
    providers: Arc<Providers>,
    faults: Arc<Faults>,
    scenario: &'a Scenario,
    at: i64,
    /// How receivers of effects behave; one that is not named is up.
    desks: HashMap<HostTable, DeskState>,
    queued: Vec<Effect>,
    /// Stays with the versions of their rows.
    stays: BTreeMap<String, (StayRow, u64)>,
    /// Keys of the consents that were asked for.
    consents: BTreeSet<String>,
    /// Keys of the alerts that were raised.
    alerts: BTreeSet<String>,
}

impl Play<'_> {
    async fn step(&mut self, number: usize, step: &Step) -> Result<(), String> {
        if let Some(at) = step.at {
            if at.0 < self.at {
                return Err("the clock would go back: captured-at says when something offline happened".to_owned());
            }
            self.at = at.0;
        }
        for (of, state) in &step.fault {
            match Declared::read(of, state)? {
                Declared::Provider(capability, fault) => self.faults.set(capability, fault),
                Declared::Desk(table, state) => {
                    self.desks.insert(table, state);
                    if table == HostTable::Stays {
                        // The outbox finds out within half a second; no step is faster than a desk.
                        self.desk.is_now(state == DeskState::Down);
                    }
                }
                Declared::Withdrawing => {
                    for key in &self.consents {
                        happens(&self.rows, HostTable::Consents, key, Event::Withdrawn, self.at)?;
                    }
                }
                Declared::Acknowledging => {
                    for key in &self.alerts {
                        happens(&self.rows, HostTable::Alerts, key, Event::Acknowledged, self.at)?;
                    }
                }
            }
        }
        let came = if step.settle {
            Came { ended: None, calls: Vec::new(), effects: self.deliver()? }
        } else if step.operation.is_some() || step.reading.is_some() || step.tick.is_some() {
            self.ask(number, step).await?
        } else {
            return Ok(());
        };
        let mut then = step.then.clone().unwrap_or_default();
        self.fill_then(&mut then)?;
        difference(&came, &then).map_or(Ok(()), Err)
    }

    fn fill_then(&self, then: &mut Then) -> Result<(), String> {
        let persons = &self.scenario.given.persons;
        then.data.iter_mut().flat_map(|data| data.values_mut()).try_for_each(|value| self.stage.fill(persons, value))
    }

    async fn ask(&mut self, number: usize, step: &Step) -> Result<Came, String> {
        let caller = self.caller(step)?;
        let taken = match self.taken(&caller, step)? {
            Ok(taken) => taken,
            Err(error) => return Ok(Came { ended: Some(refusal(error)), calls: Vec::new(), effects: Vec::new() }),
        };
        let occasion = self.occasion(&caller, number, step);
        let request = Request {
            id: uuid::Uuid::now_v7().to_string(),
            entry: taken.entry,
            occasion: Arc::new(occasion),
            settings: Arc::clone(&self.running.settings),
            people: taken.people,
        };
        let pilot = self.running.pilot.as_ref().ok_or("the pilot is not linked")?;
        let mut finished = pilot.invoke(request, &self.providers, &self.faults).await;
        judge(&self.running.manifest, &self.running.operations, taken.operation.as_ref(), &mut finished);
        let asked = finished.pending.effects.iter();
        let effects = asked.map(|effect| (effect.capability.to_owned(), shown(&effect.key))).collect();
        self.keep(&mut finished)?;
        Ok(Came { ended: Some(finished.recording.ended), calls: finished.recording.calls, effects })
    }

    fn caller(&self, step: &Step) -> Result<Caller, String> {
        let told = |error: HouseError| error.to_string();
        let tick = step.tick.is_some();
        let facility = step.facility.as_ref().or(self.scenario.given.facility.as_ref()).filter(|_| !tick);
        let facility = facility.map(|name| self.stage.facility(name)).transpose()?;
        let role = if tick { "host" } else { step.role.as_deref().unwrap_or(&self.scenario.given.role) };
        let unit = facility.map_or_else(|| SEAT.to_owned(), |facility| facility.unit.to_string());
        Ok(Caller {
            credential: "scenario".to_owned(),
            role: parse("role", role).map_err(told)?,
            unit: parse("unit", &unit).map_err(told)?,
            facility: facility.map(|facility| parse("facility", &facility.id)).transpose().map_err(told)?,
            device: None,
        })
    }

    /// The request as the guest gets it, or what the host says of it. Outer errors are the scenario's own.
    fn taken(&self, caller: &Caller, step: &Step) -> Result<Result<Taken, CallError>, String> {
        let persons = &self.scenario.given.persons;
        if let Some(tick) = &step.tick {
            if !self.running.manifest.schedules.contains_key(tick.as_str()) {
                return Err("the manifest has no such tick".to_owned());
            }
            let entry = Entry::Tick { name: tick.clone() };
            return Ok(Ok(Taken::of(entry, Vec::new())));
        }
        if let Some(method) = step.reading {
            let person = step.person.as_deref().ok_or("a reading is of a person: name one")?;
            if let Err(error) = allow(&self.running, caller, &What::Reading(SentReading::Text(String::new()))) {
                return Ok(Err(error));
            }
            let arrival = self.stage.reading(persons, person, method)?;
            return Ok(Ok(Taken::of(Entry::Reading, vec![arrival])));
        }
        let name = step.operation.as_deref().unwrap_or_default();
        let name = parse("operation", name).map_err(|error| error.to_string())?;
        let mut input = step.input.clone().unwrap_or_else(|| json!({}));
        self.stage.fill(persons, &mut input)?;
        let what = What::Operation { name, input };
        let now = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.at) * 1_000);
        let desk = FrontDesk::of_scenario(&self.stage.province, now.map_err(|error| error.to_string())?);
        Ok(allow(&self.running, caller, &what).and_then(|_| take(&self.running, &what, &desk)))
    }

    fn occasion(&self, caller: &Caller, number: usize, step: &Step) -> Occasion {
        let class = caller.facility.as_ref().and_then(|id| self.stage.province.facility(id.as_str()));
        Occasion {
            at: self.at,
            captured_at: step.captured_at.map_or(self.at, |moment| moment.0),
            unit: caller.unit.to_string(),
            facility: caller.facility.as_ref().map(ToString::to_string),
            facility_class: class.map(|facility| class_code(facility).to_owned()),
            role: caller.role.to_string(),
            device: None,
            reference: step.reference.clone().unwrap_or_else(|| number.to_string()),
            // Another seed in every step, and the same in every run.
            seed: if self.running.manifest.seed { number as u64 } else { 0 },
        }
    }

    /// What the store and the outbox do with an ended call.
    fn keep(&mut self, finished: &mut Finished) -> Result<(), String> {
        if !matches!(finished.recording.ended, Ended::Decided(_)) {
            return Ok(());
        }
        let pending = std::mem::take(&mut finished.pending);
        let moved = |(table, key): (String, String)| format!("the row {key} of {table} changed under the call");
        let memory = memory(&self.rows)?;
        memory.apply(self.running.manifest.id.as_str(), &pending.rows).map_err(moved)?;
        for ((table, key), change) in pending.kept {
            let key = key.as_str().to_owned();
            let row = BTreeMap::from([((table.table().to_owned(), key.clone()), change.clone())]);
            memory.apply(table.owner(), &row).map_err(moved)?;
            let answered_by_people = match table {
                HostTable::Stays => None,
                HostTable::Consents => Some(&mut self.consents),
                HostTable::Alerts => Some(&mut self.alerts),
                HostTable::Messages => continue,
            };
            if let Some(keys) = answered_by_people {
                keys.insert(key);
                continue;
            }
            match change.value.as_deref().map(serde_json::from_str::<StayRow>) {
                Some(Ok(stay)) => {
                    self.stays.insert(key, (stay, change.version));
                }
                Some(Err(error)) => return Err(format!("the stay {key} cannot be read: {error}")),
                None => {
                    self.stays.remove(&key);
                }
            }
        }
        self.queued.extend(pending.effects);
        self.deliver().map(|_| ())
    }

    /// Delivers what is queued and due, as the outbox does; it waits while its receiver is down. Answers what was delivered.
    fn deliver(&mut self) -> Result<Vec<(String, String)>, String> {
        let mut delivered = Vec::new();
        for effect in std::mem::take(&mut self.queued) {
            if let Some(table) = HostTable::of(effect.capability) {
                let desk = self.desks.get(&table).copied().unwrap_or_default();
                let held = effect.not_before.is_some_and(|not_before| not_before > self.at);
                match desk {
                    _ if held => {
                        self.queued.push(effect);
                        continue;
                    }
                    DeskState::Down => {
                        self.queued.push(effect);
                        continue;
                    }
                    DeskState::Rejecting if table == HostTable::Stays => {
                        self.settle(&effect, "rejected", Some("desk-refuses"))?;
                    }
                    DeskState::Up if table == HostTable::Stays => self.settle(&effect, "accepted", None)?,
                    DeskState::Rejecting => self.told(table, &effect, Event::Rejected)?,
                    DeskState::Up if table == HostTable::Consents => self.told(table, &effect, Event::Granted)?,
                    DeskState::Up => self.told(table, &effect, Event::Accepted)?,
                }
            }
            delivered.push((effect.capability.to_owned(), shown(&effect.key)));
        }
        Ok(delivered)
    }

    /// Writes what a receiver said into the row that the host keeps.
    fn told(&self, table: HostTable, effect: &Effect, event: Event) -> Result<(), String> {
        let payload: Value = serde_json::from_slice(&effect.payload).map_err(|error| error.to_string())?;
        let row = payload.get("row").and_then(Value::as_str).ok_or("the effect names no row")?;
        happens(&self.rows, table, row, event, self.at)
    }

    /// Writes what the desk said of an arrival into the stay.
    fn settle(&mut self, effect: &Effect, state: &str, code: Option<&str>) -> Result<(), String> {
        if effect.function != "notify" {
            return Ok(());
        }
        let parts = effect.key.parts();
        let [facility, reference] = parts.as_slice() else { return Err("an arrival is of one stay".to_owned()) };
        let key = StayRow::key(self.running.manifest.id.as_str(), facility, reference);
        let Some((stay, version)) = self.stays.get_mut(key.as_str()) else { return Ok(()) };
        stay.accepted_at = (state == "accepted").then_some(self.at);
        stay.code = code.map(str::to_owned);
        if stay.is_open() {
            state.clone_into(&mut stay.state);
        }
        let change = stay.change(*version);
        *version = change.version;
        let change = BTreeMap::from([((STAYS_TABLE.to_owned(), key.as_str().to_owned()), change)]);
        memory(&self.rows)?.apply(STAYS_OWNER, &change).map_err(|(_, key)| format!("the stay {key} changed meanwhile"))
    }
}

/// A natural key as a scenario names it: its parts as they were given.
fn shown(key: &NaturalKey) -> String {
    key.parts().join("/")
}

/// Writes what happened into a row of the host's own; nothing where it cannot happen to it.
fn happens(rows: &records::Provider, table: HostTable, key: &str, event: Event, at: i64) -> Result<(), String> {
    let memory = memory(rows)?;
    let Some((value, version)) = memory.find(table.owner(), table.table(), key) else { return Ok(()) };
    let Some(change) = table.after(&value, version, event, at) else { return Ok(()) };
    let change = BTreeMap::from([((table.table().to_owned(), key.to_owned()), change)]);
    memory.apply(table.owner(), &change).map_err(|(_, key)| format!("the row {key} changed meanwhile"))
}

fn memory(rows: &records::Provider) -> Result<&records::Memory, String> {
    match rows {
        records::Provider::Memory(memory) => Ok(memory),
        records::Provider::Store(_) => Err("scenarios keep their rows in memory".to_owned()),
    }
}

/// What the host refused before the guest was asked, in the form of a refusal, so that a scenario can expect it.
fn refusal(error: CallError) -> Ended {
    match error {
        CallError::Person { pointer, code, message } => {
            let field = pointer.strip_prefix("/input").unwrap_or(&pointer).to_owned();
            Ended::Refused { code, field: Some(field), why: Some(message) }
        }
        CallError::Invalid { errors } => {
            let field = errors.first().map(|error| error.pointer.clone());
            let why = errors.into_iter().map(|error| format!("{}: {}", error.pointer, error.message));
            Ended::Refused { code: "invalid-input".to_owned(), field, why: Some(why.collect::<Vec<_>>().join("; ")) }
        }
        other => Ended::Refused { code: other.code().to_owned(), field: None, why: Some(other.to_string()) },
    }
}
