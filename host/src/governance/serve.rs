//! The way of a call: who may, people to handles, a fresh instance, evidence and effects together, words for the desk.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use pilothouse_documents::Times;
use pilothouse_registry::package::reader::{Effort, Reader, Unfit};
use pilothouse_registry::{Manifest, OperationName, PilotId, TickName};
use pilothouse_runtime::people::Arrival;
use pilothouse_runtime::{Decided, Ended, Entry, Fault, Finished, Occasion, Request};
use pilothouse_store::once::Answered;
use pilothouse_store::{CommitError, Committed, Once, StateChange, StoreError, Unit};
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::digests::RequestDigests;
use super::intake::{IntakeError, swap_in, swap_out};
use super::reading::{FrontDesk, Lists, SentReading};
use super::records::{SPENT_TABLE, new_id, spent};
use super::running::{Operation, Running};
use super::shares::NoPlace;
use super::switch::Shut;
use super::{CallError, Caller, DeviceError, FieldError, House, HouseError, counted, now, terms};

/// How often a call is run again because another one changed the same rows meanwhile.
const TRIES: usize = 4;

/// What is asked of a pilot.
#[derive(Clone)]
pub enum What {
    /// An operation with its input.
    Operation {
        /// Its name.
        name: OperationName,
        /// As the caller sent it: people by number, card text or declaration.
        input: Value,
    },
    /// A card, a code or a kiosk's result, as it was read.
    Reading(SentReading),
}

/// One request.
#[derive(Clone)]
pub struct CallRequest {
    /// Of which pilot.
    pub pilot: PilotId,
    /// What.
    pub what: What,
    /// The caller's own reference: the same one never does a thing twice.
    pub reference: String,
    /// When the event happened, if the desk or device was offline.
    pub captured_at: Option<i64>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Evidence id.
    pub id: String,
    /// Whether it was given before, to the same reference.
    pub replayed: bool,
    /// Decision, reasons, words, data, evidence.
    pub body: Value,
}

/// A request as the guest gets it.
pub(crate) struct Taken {
    pub(crate) entry: Entry,
    pub(crate) people: Vec<Arrival>,
    pub(crate) operation: Option<OperationName>,
    /// What its readings must never be taken twice with.
    pub(crate) once: Vec<String>,
    /// When it was read, where a signed reading itself says so.
    pub(crate) captured_at: Option<i64>,
}

impl Taken {
    /// Without an operation.
    pub(crate) fn of(entry: Entry, people: Vec<Arrival>) -> Taken {
        Taken { entry, people, operation: None, once: Vec::new(), captured_at: None }
    }
}

/// One of the times that a call is run.
struct Turn {
    /// Changes of the host's own state that come with it.
    extra: Vec<StateChange>,
    /// Whether it is not run again where it loses against another one.
    last: bool,
}

impl House {
    /// Carries a call out. The answer is given after its evidence, state and effects are durable.
    ///
    /// # Errors
    /// See [`CallError`]; nothing was done unless it says so.
    pub async fn call(&self, caller: &Caller, call: CallRequest) -> Result<Answer, CallError> {
        // On a task of its own, to its record: a caller who hangs up must not leave a call that is nowhere written down.
        let (house, caller) = (self.clone(), caller.clone());
        let carried = tokio::spawn(async move {
            let pilot = call.pilot.clone();
            let answer = house.carry_out(&caller, call).await;
            if answer.as_ref().is_err_and(CallError::is_refusal) {
                // A pilot that is not here has nothing to count under, and ids from outside must fill nothing.
                if let Ok(version) = house.version(&pilot) {
                    version.refused.add();
                }
            }
            answer
        });
        carried.await.unwrap_or(Err(CallError::Store(CommitError::Closed)))
    }

    async fn carry_out(&self, caller: &Caller, call: CallRequest) -> Result<Answer, CallError> {
        let mut running = self.running(&call.pilot)?;
        let reference = call.reference.trim();
        if reference.is_empty() || reference.len() > 64 || reference.chars().any(char::is_control) {
            return Err(CallError::Reference);
        }
        let entry = allow(&running, caller, &call.what)?;
        let digests = self.0.digests.of(reference, &call);
        let scope = format!("{}/{}/{entry}", caller.credential, call.pilot);
        for n in 1..=TRIES {
            let at = now();
            let captured_at = self.event_time(caller, call.captured_at.map(|told| by_host_clock(caller, told)), at)?;
            let taken = match self.take_at(&running, caller, &call.what, at, captured_at) {
                Ok(taken) => taken,
                // A code that has expired since is answered as it was when it was new.
                Err(error) => {
                    let Ok(Some((same, known))) = self.known(&scope, &digests).await else { return Err(error) };
                    return self.answered_before(&scope, &digests, same, &known.response, known.seq);
                }
            };
            let captured_at = match taken.captured_at {
                Some(signed) => {
                    let own = reads_itself(caller, &call.what);
                    self.event_time(caller, Some(if own { by_host_clock(caller, signed) } else { signed }), at)?
                }
                None => captured_at,
            };
            let occasion = self.occasion(caller, &running, reference, at, captured_at);
            let seen = self.0.devices.sighting(caller);
            let once = Some((scope.as_str(), &digests));
            match self.attempt(&running, caller, taken, occasion, once, Turn { extra: seen, last: n == TRIES }).await {
                Err(CallError::Store(CommitError::Conflict { table, .. })) if table == SPENT_TABLE => {
                    return Err(CallError::Spent);
                }
                Err(CallError::Store(CommitError::Conflict { .. })) => {}
                // Another link was put in the place of this one: what it decides counts.
                Err(CallError::Busy) => {
                    running = self.running(&call.pilot)?;
                    allow(&running, caller, &call.what)?;
                }
                Err(CallError::Store(CommitError::Stale { what: "device" })) => {
                    return Err(DeviceError::Revoked.into());
                }
                Err(CallError::Store(CommitError::Duplicate { same_request, response, seq })) => {
                    return self.answered_before(&scope, &digests, same_request, &response, seq);
                }
                other => return other,
            }
        }
        Err(CallError::Busy)
    }

    /// People to handles, with this house's lists of issuers, codes and devices.
    fn take_at(
        &self,
        running: &Running,
        caller: &Caller,
        what: &What,
        at: i64,
        captured_at: i64,
    ) -> Result<Taken, CallError> {
        let moment = |micros: i64| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| CallError::CapturedAt)
        };
        let rooms = &self.0;
        let kiosks = |id: &str| self.kiosk_key(caller, id);
        let desk = FrontDesk {
            province: &rooms.province,
            lists: Some(Lists {
                anchors: &rooms.anchors,
                codes: &rooms.codes,
                labels: &rooms.card_labels,
                kiosks: &kiosks,
            }),
            facility: caller.facility.as_ref().map_or("", |facility| facility.as_str()),
            times: Times { captured_at: moment(captured_at)?, now: moment(at)? },
        };
        take(running, what, &desk)
    }

    /// When the event of a request happened. A device must say it: it may have been offline, and its event never lands on
    /// the day on which it was sent only.
    fn event_time(&self, caller: &Caller, captured_at: Option<i64>, at: i64) -> Result<i64, CallError> {
        match captured_at {
            None if caller.device.is_some() => Err(CallError::CapturedAt),
            None => Ok(at),
            Some(captured) if captured > at + self.0.clocks.allowance => Err(CallError::Future),
            Some(captured) if captured < at - self.0.clocks.oldest => Err(CallError::TooOld),
            Some(captured) => Ok(captured),
        }
    }

    /// Wakes a pilot for a due tick, as the host.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn tick(&self, pilot: &PilotId, tick: &TickName) -> Result<Answer, CallError> {
        let due = now();
        let (house, pilot, tick) = (self.clone(), pilot.clone(), tick.clone());
        let carried = tokio::spawn(async move { house.tick_due(&pilot, &tick, due).await });
        carried.await.unwrap_or(Err(CallError::Store(CommitError::Closed)))
    }

    pub(crate) async fn tick_due(&self, pilot: &PilotId, tick: &TickName, due: i64) -> Result<Answer, CallError> {
        let mut running = self.running(pilot)?;
        if !running.manifest.schedules.contains_key(tick) {
            return Err(CallError::UnknownOperation { pilot: pilot.clone(), name: tick.to_string() });
        }
        let caller = self.host_caller().map_err(|_| CallError::Reference)?;
        for n in 1..=TRIES {
            let at = now();
            let taken = Taken::of(Entry::Tick { name: tick.to_string() }, Vec::new());
            let occasion = self.occasion(&caller, &running, &format!("{tick}/{due}"), at, due);
            let run = StateChange::ScheduleRun { pilot: pilot.to_string(), tick: tick.to_string(), due };
            match self
                .attempt(&running, &caller, taken, occasion, None, Turn { extra: vec![run], last: n == TRIES })
                .await
            {
                Err(CallError::Store(CommitError::Conflict { .. })) => {}
                Err(CallError::Busy) => running = self.running(pilot)?,
                other => return other,
            }
        }
        Err(CallError::Busy)
    }

    pub(crate) fn running(&self, pilot: &PilotId) -> Result<Arc<Running>, CallError> {
        let running =
            self.0.running.load().get(pilot).cloned().ok_or_else(|| CallError::UnknownPilot(pilot.clone()))?;
        let while_down = || running.manifest.while_down.clone();
        let Some(linked) = running.pilot.as_ref().filter(|_| running.is_on()) else {
            return Err(CallError::Disabled { pilot: pilot.clone(), while_down: while_down() });
        };
        let at = now();
        if let Err(aside) = linked.quarantine.admit(at) {
            return Err(CallError::Quarantined { pilot: pilot.clone(), until: aside.until, while_down: while_down() });
        }
        if let Some(left) = linked.budgets().evidence_spent(at) {
            return Err(CallError::EvidenceSpent { pilot: pilot.clone(), left, while_down: while_down() });
        }
        Ok(running)
    }

    fn occasion(
        &self,
        caller: &Caller,
        running: &Running,
        reference: &str,
        at: i64,
        captured_at: i64,
    ) -> Arc<Occasion> {
        let class = caller.facility.as_ref().and_then(|id| self.0.province.facility(id.as_str()));
        let seed = if running.manifest.seed { random_seed() } else { 0 };
        Arc::new(Occasion {
            at,
            captured_at,
            unit: caller.unit.to_string(),
            facility: caller.facility.as_ref().map(ToString::to_string),
            facility_class: class.map(|facility| pilothouse_runtime::province::class_code(facility).to_owned()),
            role: caller.role.to_string(),
            device: caller.device.as_ref().map(|sender| sender.id.clone()),
            reference: reference.to_owned(),
            seed,
        })
    }

    /// One run, to its commit.
    async fn attempt(
        &self,
        running: &Running,
        caller: &Caller,
        taken: Taken,
        occasion: Arc<Occasion>,
        once_for: Option<(&str, &RequestDigests)>,
        turn: Turn,
    ) -> Result<Answer, CallError> {
        let Turn { extra, last } = turn;
        let Taken { entry, people, operation, once: nonces, captured_at: _ } = taken;
        let while_down = || running.manifest.while_down.clone();
        let disabled = || CallError::Disabled { pilot: running.manifest.id.clone(), while_down: while_down() };
        let under_way = running.switch.let_in(running.as_of).map_err(|shut| match shut {
            Shut::Off => disabled(),
            Shut::Superseded => CallError::Busy,
        })?;
        let id = new_id();
        let request = Request {
            id: id.clone(),
            entry,
            occasion: Arc::clone(&occasion),
            settings: Arc::clone(&running.settings),
            people,
        };
        let failed = |fault: Fault| CallError::Fault { id: id.clone(), fault, while_down: while_down() };
        let pilot = running.pilot.as_ref().ok_or_else(disabled)?;
        let place = self.0.shares.place(pilot.id(), &caller.credential, pilot.deadline()).await;
        let place = place.map_err(|NoPlace { retry_after }| CallError::Overloaded { retry_after })?;
        // Should the host fail in it, the call is answered all the same. Nothing of it is looked at then.
        let run = AssertUnwindSafe(pilot.invoke(request, &self.0.providers, &self.0.faults)).catch_unwind();
        let mut finished = run.await.map_err(|_| failed(Fault::Host))?;
        drop(place);
        judge(&running.manifest, &running.operations, operation.as_ref(), &mut finished);
        // A pilot may refuse today what it decided yesterday: the guest has left since. What was answered stays the answer.
        if let (Some((scope, digests)), false) = (once_for, matches!(finished.recording.ended, Ended::Decided(_)))
            && let Some((same_request, known)) = self.known(scope, digests).await.map_err(CommitError::from)?
        {
            let Answered { response, seq, .. } = known;
            if !same_request {
                finished.undo(Fault::Overtaken);
                self.keep_trace(running, self.traces(&finished, running, caller)).await?;
            }
            return Err(CallError::Store(CommitError::Duplicate { same_request, response, seq }));
        }
        // Held until it is committed: when `disable` has answered, nothing is kept any more.
        let (wanted, keeping) = under_way.keep().await;
        if !wanted {
            finished.undo(Fault::Withdrawn);
        }
        let body = self.worded(running, caller, operation.as_ref(), &finished);
        let kept = once_for.filter(|_| matches!(finished.recording.ended, Ended::Decided(_)));
        let once = match kept {
            Some((scope, digests)) => {
                let RequestDigests { reference, request, before } = digests.clone();
                let response = serde_json::to_vec(&(&id, &body)).unwrap_or_default();
                let sealed = self.0.responses.seal(&format!("{scope}/{reference}"), &response);
                let sealed = sealed.map_err(|_| CallError::Store(CommitError::Malformed { what: "response" }))?;
                let keep_until = occasion.at + self.0.clocks.answers_kept();
                let scope = scope.to_owned();
                Some(Once { scope, reference, request_digest: request, response: sealed, keep_until, before })
            }
            None => None,
        };
        // A tick that was withdrawn is still due when the pilot is enabled again.
        let extra = if wanted { extra } else { Vec::new() };
        let unit = self.unit_of(&finished, running, caller, once, extra).map(|mut unit| {
            // What came to nothing is not used up: the same code may be sent again.
            if matches!(finished.recording.ended, Ended::Decided(_)) {
                unit.rows.extend(nonces.iter().flat_map(|nonce| spent(&self.0.digests, nonce, occasion.at)));
            }
            unit
        });
        let kept = match unit {
            Ok(unit) => self.keep(running, unit).await,
            Err(error) => Err(error),
        };
        let committed = match kept {
            Ok(committed) => committed,
            // Something else has its key: nothing may pass for sent. The call is written down as a fault, and somebody is told.
            Err(CommitError::EffectKnown { capability, function }) => {
                finished.set_aside_for_its_key();
                counted::key_taken();
                tracing::error!(pilot = %running.manifest.id, %capability, %function, invocation = %id, "an effect has the key of another one: nothing of the call was kept");
                self.keep_trace(running, self.traces(&finished, running, caller)).await?
            }
            // Whatever a component made that cannot be kept: that it did is kept, and it answers nothing.
            Err(error) if is_unwritable(&error) => {
                finished.undo(Fault::Excess);
                self.keep_trace(running, self.traces(&finished, running, caller)).await?
            }
            Err(error) => {
                if is_overtaken(&error, last) {
                    finished.undo(Fault::Overtaken);
                    self.keep_trace(running, self.traces(&finished, running, caller)).await?;
                }
                return Err(error.into());
            }
        };
        drop(keeping);
        // Only now: a call that could not be kept says nothing good of its pilot.
        self.count(running, &finished);
        counted::denials(&finished.recording.calls);
        match finished.recording.ended {
            Ended::Decided(_) => {
                let mut body = body;
                if let Value::Object(fields) = &mut body {
                    fields.insert("evidence".to_owned(), json!({ "id": id, "seq": committed.seq }));
                }
                Ok(Answer { id, replayed: false, body })
            }
            // The desk can correct nothing then.
            Ended::Refused { .. } if terms::is_over(&finished.recording.calls) => {
                Err(CallError::TermOver { id, while_down: while_down() })
            }
            Ended::Refused { code, field, why } => {
                let words = running.words.code("refusal", &code);
                Err(CallError::Refused { id, code, field, why, words })
            }
            Ended::Fault { fault: Fault::Withdrawn } if running.switch.is_on() => Err(CallError::Busy),
            Ended::Fault { fault: Fault::Withdrawn } => Err(disabled()),
            Ended::Fault { fault } => Err(failed(fault)),
        }
    }

    /// What is known of a request's reference, and whether the request was the same.
    async fn known(&self, scope: &str, digests: &RequestDigests) -> Result<Option<(bool, Answered)>, StoreError> {
        let once = self.0.store.once();
        if let Some(known) = once.find(scope, &digests.reference).await? {
            return Ok(Some((known.request_digest == digests.request, known)));
        }
        let Some((reference, request)) = &digests.before else { return Ok(None) };
        Ok(once.find(scope, reference).await?.map(|known| (known.request_digest == request, known)))
    }

    /// Keeps a unit of a pilot's, and counts what evidence it makes.
    async fn keep(&self, running: &Running, unit: Unit) -> Result<Committed, CommitError> {
        let (bytes, at) = (unit.evidence_bytes(), unit.record_at);
        let committed = self.0.store.commit(unit).await?;
        if let Some(pilot) = &running.pilot {
            pilot.budgets().weighs(bytes, at);
        }
        Ok(committed)
    }

    /// What keeps that a call was, what it asked and why nothing else of it is kept: whole, and as a count and a commitment for where
    /// the whole cannot be written.
    fn traces(&self, finished: &Finished, running: &Running, caller: &Caller) -> Traces {
        let whole = self.unit_of(finished, running, caller, None, Vec::new());
        (whole, self.unit_of_unwritten(finished, running, caller))
    }

    /// Keeps the first of a call's traces that can be written. So no call that looked at anything is without a record.
    async fn keep_trace(&self, running: &Running, (whole, unwritten): Traces) -> Result<Committed, CommitError> {
        let kept = match whole {
            Ok(unit) => self.keep(running, unit).await,
            Err(error) => Err(error),
        };
        match kept {
            Err(error) if is_unwritable(&error) => {
                let unit = unwritten?;
                tracing::warn!(pilot = %running.manifest.id, id = unit.record_id, "a call could not be written out: its record holds a commitment");
                self.keep(running, unit).await
            }
            other => other,
        }
    }

    fn count(&self, running: &Running, finished: &Finished) {
        let Some(pilot) = &running.pilot else { return };
        match &finished.recording.ended {
            Ended::Fault { fault } if fault.is_the_guests() => {
                if let Some(aside) = pilot.quarantine.failed(now()) {
                    tracing::warn!(pilot = %running.manifest.id, until = aside.until, fault = fault.code(), "set aside after repeated faults");
                }
            }
            Ended::Fault { .. } => {}
            Ended::Decided(_) | Ended::Refused { .. } => pilot.quarantine.went_well(),
        }
    }

    /// The outcome in words, for this caller.
    fn worded(
        &self,
        running: &Running,
        caller: &Caller,
        operation: Option<&OperationName>,
        finished: &Finished,
    ) -> Value {
        let Ended::Decided(decided) = &finished.recording.ended else { return Value::Null };
        let words = &running.words;
        let coded = |kind: &str, code: &String| {
            let (vi, en) = words.code(kind, code);
            json!({ "code": code, "vi": vi, "en": en })
        };
        let mut data: Value = serde_json::from_str(&decided.data).unwrap_or(Value::Null);
        if let Some(name) = operation
            && let Some(ready) = running.operations.get(name)
        {
            let named = running
                .manifest
                .operations
                .get(name)
                .is_some_and(|operation| operation.persons_visible_to.contains(&caller.role))
                && running.pilot.as_ref().is_some_and(|pilot| pilot.rights().shows_names(&caller.unit, now()));
            swap_out(&ready.people_out, &mut data, &|token| {
                let person = finished.person(token)?;
                let mut seen = Map::new();
                seen.insert("pseudonym".to_owned(), Value::from(person.pseudonym));
                if named
                    && let Some(view) = person.key.and_then(|key| self.0.province.population.get(key))
                    && let Some(name) = view.name()
                {
                    seen.insert("name".to_owned(), Value::from(name.reveal()));
                }
                Some(Value::Object(seen))
            });
        }
        let say = decided.say.as_ref().map(|(key, args)| {
            let (vi, en) = words.say(key, args);
            json!({ "key": key, "vi": vi, "en": en })
        });
        let shown = finished.pending.shown.as_ref().map(|(signal, key)| {
            let (vi, en) = words.say(key, &[]);
            json!({ "signal": signal, "key": key, "vi": vi, "en": en })
        });
        let (vi, en) = words.code("decision", &decided.decision);
        json!({
            "id": finished.recording.id,
            "decision": decided.decision,
            "decision_words": { "vi": vi, "en": en },
            "reasons": decided.reasons.iter().map(|code| coded("reason", code)).collect::<Vec<_>>(),
            "say": say,
            "next": decided.next.iter().map(|code| coded("next", code)).collect::<Vec<_>>(),
            "shown": shown,
            "data": data,
        })
    }

    fn answered_before(
        &self,
        scope: &str,
        digests: &RequestDigests,
        same: bool,
        response: &[u8],
        seq: u64,
    ) -> Result<Answer, CallError> {
        if !same {
            return Err(CallError::ReferenceUsed);
        }
        let lost = || CallError::Store(CommitError::Malformed { what: "response" });
        let references = std::iter::once(&digests.reference).chain(digests.before.as_ref().map(|(before, _)| before));
        let plain = references
            .map(|reference| format!("{scope}/{reference}"))
            .find_map(|label| self.0.responses.open(&label, response).ok())
            .ok_or_else(lost)?;
        let (id, mut body): (String, Value) = serde_json::from_slice(&plain).map_err(|_| lost())?;
        // Where it stands in the log was not known yet when it was stored with its record.
        if let Value::Object(fields) = &mut body {
            fields.insert("evidence".to_owned(), json!({ "id": id, "seq": seq }));
        }
        Ok(Answer { id, replayed: true, body })
    }
}

/// Whether this caller may ask this, and the entry's name.
pub(crate) fn allow(running: &Running, caller: &Caller, what: &What) -> Result<String, CallError> {
    let unknown =
        |name: &str| CallError::UnknownOperation { pilot: running.manifest.id.clone(), name: name.to_owned() };
    let (callers, entry) = match what {
        What::Operation { name, .. } => {
            let operation = running.manifest.operations.get(name).ok_or_else(|| unknown(name.as_str()))?;
            (&operation.callers, format!("operations.{name}"))
        }
        What::Reading(_) => {
            let readings = running.manifest.readings.as_ref().ok_or_else(|| unknown("readings"))?;
            (&readings.callers, "readings.on-reading".to_owned())
        }
    };
    let open = matches!(what, What::Reading(_)) && callers.is_empty();
    if open || callers.contains(&caller.role) {
        Ok(entry)
    } else {
        Err(CallError::Forbidden { role: caller.role.clone() })
    }
}

/// People to handles, then the schema: what the guest gets is checked as the guest gets it.
pub(crate) fn take(running: &Running, what: &What, desk: &FrontDesk<'_>) -> Result<Taken, CallError> {
    let refused = |at: &str, IntakeError { pointer, code, message }: IntakeError| CallError::Person {
        pointer: format!("{at}{pointer}"),
        code,
        message,
    };
    match what {
        What::Operation { name, input } => {
            let unknown = || CallError::UnknownOperation { pilot: running.manifest.id.clone(), name: name.to_string() };
            let operation = running.operations.get(name).ok_or_else(unknown)?;
            let mut input = input.clone();
            let party = swap_in(&operation.people_in, &mut input, desk).map_err(|error| refused("/input", error))?;
            checked(&operation.read.input, &input)?;
            let entry = Entry::Operation { name: name.to_string(), input: input.to_string() };
            let operation = Some(name.clone());
            Ok(Taken { entry, people: party.people, operation, once: party.once, captured_at: None })
        }
        What::Reading(sent) => {
            let pointer = match sent {
                SentReading::Text(_) => "/text",
                SentReading::Chip(_) => "/chip",
                SentReading::Vneid(_) => "/vneid",
                SentReading::Kiosk(_) => "/kiosk",
            };
            let read = desk.read(sent, pointer).map_err(|error| refused("", error))?;
            let methods = running.manifest.readings.as_ref().map(|readings| &readings.methods);
            if methods.is_some_and(|methods| !methods.contains(&read.method)) {
                let message = format!("this pilot takes no reading by {}: use a method that it takes", read.method);
                return Err(refused("", IntakeError::new(pointer, "method-not-taken", message)));
            }
            let captured_at = read.captured_at.map(|at| at.unix_timestamp_nanos() / 1_000);
            Ok(Taken {
                once: read.once.into_iter().collect(),
                captured_at: captured_at.and_then(|at| i64::try_from(at).ok()),
                ..Taken::of(Entry::Reading, vec![read.arrival])
            })
        }
    }
}

/// A decision outside the declared set, or data outside its schema, is the guest's fault: nothing of the call is kept.
pub(crate) fn judge(
    manifest: &Manifest,
    operations: &HashMap<OperationName, Operation>,
    operation: Option<&OperationName>,
    finished: &mut Finished,
) {
    let Ended::Decided(decided) = &finished.recording.ended else { return };
    let fault = if !is_declared(manifest, &finished.recording.entry, decided) {
        Fault::Undeclared
    } else if !fits_schema(operations, operation, decided) {
        Fault::Schema
    } else {
        return;
    };
    finished.pending = pilothouse_runtime::pending::Pending::default();
    finished.recording.ended = Ended::Fault { fault };
}

fn is_declared(manifest: &Manifest, entry: &Entry, decided: &Decided) -> bool {
    let holds =
        |set: &std::collections::BTreeSet<pilothouse_registry::CodeName>| set.contains(decided.decision.as_str());
    match entry {
        Entry::Operation { name, .. } => {
            manifest.operations.get(name.as_str()).is_some_and(|operation| holds(&operation.decisions))
        }
        Entry::Reading => match manifest.readings.as_ref().filter(|readings| !readings.decisions.is_empty()) {
            Some(readings) => holds(&readings.decisions),
            None => manifest.operations.values().any(|operation| holds(&operation.decisions)),
        },
        Entry::Tick { name } => {
            match manifest.schedules.get(name.as_str()).filter(|schedule| !schedule.decisions.is_empty()) {
                Some(schedule) => holds(&schedule.decisions),
                None => {
                    decided.decision == "done"
                        || manifest.operations.values().any(|operation| holds(&operation.decisions))
                }
            }
        }
    }
}

fn fits_schema(
    operations: &HashMap<OperationName, Operation>,
    operation: Option<&OperationName>,
    decided: &Decided,
) -> bool {
    let Ok(data) = serde_json::from_str::<Value>(&decided.data) else { return false };
    match operation.and_then(|name| operations.get(name)) {
        Some(ready) => apart(&ready.read.data, &data, |reader| reader.fits(&data)),
        None => data.is_object() || data.is_null(),
    }
}

/// Holds an input to its schema. What is wrong is said without repeating what stood there.
fn checked(reader: &Reader, input: &Value) -> Result<(), CallError> {
    let fault = |(pointer, message): (String, String)| FieldError { pointer: format!("/input{pointer}"), message };
    apart(reader, input, |reader| reader.check(input)).map_err(|unfit| CallError::Invalid {
        errors: match unfit {
            Unfit::Faults(faults) => faults.into_iter().map(fault).collect(),
            Unfit::TooMuch => {
                let message = "it holds more values than are checked at once: send it in several requests";
                vec![fault((String::new(), message.to_owned()))]
            }
        },
    })
}

/// Checks where it keeps nobody waiting: what takes longer goes on beside the threads that serve, and one such check at a time.
fn apart<T>(reader: &Reader, value: &Value, check: impl FnOnce(&Reader) -> T) -> T {
    static HEAVY: std::sync::Mutex<()> = std::sync::Mutex::new(());
    if reader.effort(value) != Effort::Heavy {
        return check(reader);
    }
    let heavy = || {
        let _one_at_a_time = HEAVY.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        check(reader)
    };
    let serving = tokio::runtime::Handle::try_current().map(|handle| handle.runtime_flavor());
    match serving {
        Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(heavy),
        _ => heavy(),
    }
}

/// A time that the caller told, by the host's clock: that of a device may be off.
fn by_host_clock(caller: &Caller, told: i64) -> i64 {
    caller.device.as_ref().map_or(told, |sender| sender.by_host_clock(told))
}

/// Whether a kiosk sends what it read itself: then the clocks of both are one.
fn reads_itself(caller: &Caller, what: &What) -> bool {
    let What::Reading(SentReading::Kiosk(kiosk)) = what else { return false };
    caller.device.as_ref().is_some_and(|sender| sender.id == kiosk.device)
}

/// Units of one call: whole, and as a commitment.
type Traces = (Result<Unit, CommitError>, Result<Unit, CommitError>);

/// Whether a component made something that no store takes.
fn is_unwritable(error: &CommitError) -> bool {
    matches!(error, CommitError::Malformed { .. } | CommitError::TooLarge { .. })
}

/// Whether the call lost against another one, and is not run again. That the same request was sent twice is no loss: the record of its
/// answer stands for both.
fn is_overtaken(error: &CommitError, last: bool) -> bool {
    match error {
        CommitError::Conflict { table, .. } => last || table == SPENT_TABLE,
        CommitError::Duplicate { same_request, .. } => !same_request,
        CommitError::Stale { .. } => true,
        _ => false,
    }
}

fn random_seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness a seed of 0 says so, and it is recorded like every other.
    if getrandom::fill(&mut bytes).is_err() {
        return 0;
    }
    u64::from_le_bytes(bytes)
}

impl From<HouseError> for CallError {
    fn from(_: HouseError) -> CallError {
        CallError::Store(CommitError::Closed)
    }
}
