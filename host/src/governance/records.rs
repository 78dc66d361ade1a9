//! Units of the store: a change with its record, an invocation with all its consequences.

use std::collections::BTreeMap;

use pilothouse_evidence::record::RECORD_VERSION;
use pilothouse_evidence::{ChangeRecord, LookRecord, Record, SealKey, Verdict};
use pilothouse_runtime::occasion::{date_of, local_date};
use pilothouse_runtime::pending::RowChange as Pended;
use pilothouse_runtime::record::{About, write_down, write_down_unwritten};
use pilothouse_runtime::rights::retention_days;
use pilothouse_runtime::{CallEntry, Ended, Fault, Finished};
use pilothouse_store::{
    CommitError, Committed, EffectRow, Expected, IndicatorAdd, Once, Part, RowChange, RowWrite, Sealed, StateChange,
    Store, Unit,
};
use uuid::Uuid;

use super::digests::Digests;
use super::running::Running;
use super::{Caller, House, HouseError, Sender, now};

/// Microseconds of one day.
pub(crate) const DAY: i64 = 86_400_000_000;
/// What the host counts of every pilot, beside the pilot's own indicators; no indicator of a pilot's has a dot.
pub(crate) const CALLS: &str = "host.calls";
pub(crate) const DENIALS: &str = "host.denials";
pub(crate) const FAULTS: &str = "host.faults";
/// Requests that were refused: by the pilot, or before they reached it.
pub(crate) const REFUSED: &str = "host.refused";

/// Owner and table of what readings were taken with once; no pilot's id has a dot.
const SPENT_OWNER: &str = "host.readings";
pub(crate) const SPENT_TABLE: &str = "host-spent";
/// How long a nonce is remembered: longer than any event may be late.
pub(crate) const SPENT_DAYS: i64 = 62;

pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// A change of what may be done, to be committed with the state that it changes.
pub(crate) struct Change<'a> {
    pub(crate) by: &'a Caller,
    pub(crate) subject: &'static str,
    pub(crate) of: String,
    pub(crate) action: &'static str,
    pub(crate) detail: Vec<(&'static str, String)>,
}

impl House {
    /// Commits changes of state with their record.
    pub(crate) async fn keep_change(
        &self,
        change: Change<'_>,
        changes: Vec<StateChange>,
    ) -> Result<Committed, HouseError> {
        self.keep_change_with(change, changes, Vec::new()).await
    }

    pub(crate) async fn keep_change_with(
        &self,
        change: Change<'_>,
        changes: Vec<StateChange>,
        rows: Vec<RowWrite>,
    ) -> Result<Committed, HouseError> {
        let Change { by, subject, of, action, detail } = change;
        let at = now();
        let id = new_id();
        let detail = detail.into_iter().map(|(key, value)| (key.to_owned(), value));
        let detail: BTreeMap<String, String> = detail.chain(self.0.states.details(&changes, at)).collect();
        let record = Record::Change(ChangeRecord {
            v: RECORD_VERSION,
            id: id.clone(),
            at,
            by: by.credential.clone(),
            subject: subject.to_owned(),
            of,
            action: action.to_owned(),
            detail,
        });
        let record = record.to_canonical()?;
        let unit = Unit { record, record_id: id, record_at: at, changes, rows, ..Unit::default() };
        Ok(self.0.store.commit(unit).await?)
    }

    /// Records a look into the record itself.
    pub(crate) async fn keep_look(&self, by: &Caller, what: &str, of: &str) -> Result<(), HouseError> {
        keep_look(&self.0.store, &by.credential, what, of).await
    }

    /// The unit of an ended invocation: record, sealed values, rows, effects, counts, and the answer for its reference.
    pub(crate) fn unit_of(
        &self,
        finished: &Finished,
        running: &Running,
        caller: &Caller,
        once: Option<Once>,
        extra: Vec<StateChange>,
    ) -> Result<Unit, CommitError> {
        let rooms = &self.0;
        let recording = &finished.recording;
        let occasion = &recording.occasion;
        let at = occasion.at;
        let pilot = running.manifest.id.to_string();
        let malformed = || CommitError::Malformed { what: "record" };
        let key = SealKey::random().map_err(|_| malformed())?;
        let known = |name: &str| running.knows(name);
        let record = write_down(finished, about(running, caller), &key, &rooms.effect_keys, &known);
        let mut parts = Vec::new();
        for record in record.into_records() {
            let bytes = record.to_canonical().map_err(|_| malformed())?;
            parts.push(Part { record: bytes, record_id: record.id().to_owned() });
        }
        let last = parts.pop().ok_or_else(malformed)?;
        let plain = serde_json::to_vec(recording).map_err(|_| malformed())?;
        let ciphertext = key.seal(&recording.id, &plain).map_err(|_| malformed())?;
        let wrapped_key = rooms.master.wrap(&key, &recording.id).map_err(|_| malformed())?;
        let pending = &finished.pending;
        let rights = running.pilot.as_ref().map(|pilot| pilot.rights());
        let mut rows: Vec<RowWrite> = Vec::with_capacity(pending.rows.len() + pending.kept.len());
        for ((table, row), change) in &pending.rows {
            let days = rights.and_then(|rights| retention_days(rights, table));
            rows.push(row_write(&pilot, table, row, change, days.map(|days| at + i64::from(days) * DAY)));
        }
        for ((table, row), change) in &pending.kept {
            let keep_until = Some(at + table.days() * DAY);
            rows.push(row_write(table.owner(), table.table(), row.as_str(), change, keep_until));
        }
        let mut effects = Vec::with_capacity(pending.effects.len());
        for effect in &pending.effects {
            let keys = &rooms.effect_keys;
            let key = keys.key(&pilot, effect.capability, effect.function, &effect.key).to_string();
            let payload = rooms.payloads.seal(&key, &effect.payload).map_err(|_| malformed())?;
            let (capability, function) = (effect.capability.to_owned(), effect.function.to_owned());
            effects.push(EffectRow {
                key,
                digest: keys.content(effect),
                pilot: pilot.clone(),
                capability,
                function,
                payload,
                due: effect.not_before.unwrap_or(at),
            });
        }
        // A device that was offline sends late: what it saw counts for the day on which it saw it.
        let day = day_number(occasion.captured_at);
        let indicators = pending.counts.iter().map(|count| IndicatorAdd {
            pilot: pilot.clone(),
            indicator: count.indicator.clone(),
            unit: occasion.unit.clone(),
            facility_class: occasion.facility_class.clone().unwrap_or_default(),
            day,
            dims: count.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"),
            add: i64::from(count.n),
        });
        let mut changes = extra;
        for (kind, text) in &pending.obstacles {
            let (pilot, unit, kind) = (pilot.clone(), occasion.unit.clone(), kind.clone());
            changes.push(match text {
                Some(text_key) => StateChange::ObstacleRaised { pilot, unit, kind, text_key: text_key.clone() },
                None => StateChange::ObstacleResolved { pilot, unit, kind },
            });
        }
        for series in &pending.series {
            changes.push(StateChange::Series {
                pilot: pilot.clone(),
                name: series.name.clone(),
                board: series.board.clone(),
                as_of: series.as_of.clone(),
                base: series.base.clone(),
                body: serde_json::from_str(&series.body).unwrap_or_default(),
            });
        }
        let counted = |name: &str, n: usize| IndicatorAdd {
            pilot: pilot.clone(),
            indicator: name.to_owned(),
            unit: occasion.unit.clone(),
            facility_class: occasion.facility_class.clone().unwrap_or_default(),
            // The host's own work is done when it is done.
            day: day_number(at),
            dims: String::new(),
            add: i64::try_from(n).unwrap_or(i64::MAX),
        };
        let denied = recording.calls.iter().filter(|call| matches!(call.verdict, Verdict::Denied { .. }));
        let denied = denied.map(CallEntry::times).sum();
        // A call that was taken back says nothing of its pilot, and one that the host had no time or place for says nothing either.
        let not_its_own = |fault: Fault| fault.is_taken_back() || matches!(fault, Fault::Late | Fault::Full);
        let faulty = usize::from(matches!(recording.ended, Ended::Fault { fault } if !not_its_own(fault)));
        let by_the_pilot = usize::from(matches!(recording.ended, Ended::Refused { .. }));
        let refused = usize::try_from(running.refused.take()).unwrap_or(usize::MAX).saturating_add(by_the_pilot);
        let own = [(CALLS, 1), (DENIALS, denied), (FAULTS, faulty), (REFUSED, refused)];
        let own = own.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| counted(name, n));
        let indicators: Vec<IndicatorAdd> = indicators.chain(own).collect();
        Ok(Unit {
            parts,
            record: last.record,
            record_id: last.record_id,
            record_at: at,
            pilot: Some(pilot.clone()),
            sealed: Some(Sealed { ciphertext, wrapped_key }),
            keep_until: at + i64::from(running.manifest.retention.invocations_days) * DAY,
            once,
            rows,
            counters: Vec::new(),
            effects,
            indicators,
            changes,
        })
    }

    /// The unit of an ended invocation that cannot be written out: that it was, how much it asked, and what commits to it.
    pub(crate) fn unit_of_unwritten(
        &self,
        finished: &Finished,
        running: &Running,
        caller: &Caller,
    ) -> Result<Unit, CommitError> {
        let malformed = || CommitError::Malformed { what: "record" };
        let (recording, pilot) = (&finished.recording, running.manifest.id.to_string());
        let (at, occasion) = (recording.occasion.at, &recording.occasion);
        let key = SealKey::random().map_err(|_| malformed())?;
        let record = Record::Invocation(Box::new(write_down_unwritten(finished, about(running, caller), &key)));
        let counted = |name: &str| IndicatorAdd {
            pilot: pilot.clone(),
            indicator: name.to_owned(),
            unit: occasion.unit.clone(),
            facility_class: occasion.facility_class.clone().unwrap_or_default(),
            day: day_number(at),
            dims: String::new(),
            add: 1,
        };
        Ok(Unit {
            record: record.to_canonical().map_err(|_| malformed())?,
            record_id: recording.id.clone(),
            record_at: at,
            // Its key alone, for whoever has kept the calls elsewhere: there is nothing to be sealed.
            sealed: Some(Sealed {
                ciphertext: key.seal(&recording.id, b"").map_err(|_| malformed())?,
                wrapped_key: self.0.master.wrap(&key, &recording.id).map_err(|_| malformed())?,
            }),
            keep_until: at + i64::from(running.manifest.retention.invocations_days) * DAY,
            indicators: vec![counted(CALLS), counted(FAULTS)],
            pilot: Some(pilot),
            ..Unit::default()
        })
    }
}

/// What is true of a call beside what it did.
fn about(running: &Running, caller: &Caller) -> About {
    About {
        version: running.manifest.version.to_string(),
        package: running.package,
        grants: running.rights_digest,
        settings: running.settings_digest,
        caller: pilothouse_evidence::Caller {
            credential: caller.credential.clone(),
            role: caller.role.to_string(),
            unit: caller.unit.to_string(),
            facility: caller.facility.as_ref().map(ToString::to_string),
            device: caller.device.as_ref().map(|sender| sender.id.clone()),
            clock_ahead: caller.device.as_ref().and_then(Sender::seconds_off),
        },
    }
}

/// Records a look into the record itself, by the id of who looked.
pub(crate) async fn keep_look(store: &Store, by: &str, what: &str, of: &str) -> Result<(), HouseError> {
    let at = now();
    let id = new_id();
    let record = Record::Look(LookRecord {
        v: RECORD_VERSION,
        id: id.clone(),
        at,
        by: by.to_owned(),
        what: what.to_owned(),
        of: of.to_owned(),
    });
    let record = record.to_canonical()?;
    store.commit(Unit { record, record_id: id, record_at: at, ..Unit::default() }).await?;
    Ok(())
}

/// The row that lets a nonce be used in one call only: kept with the call that used it. A nonce stands in a code that names a person, so
/// only its digest under a key is kept; where one of before may be stored without a key, that one must not be there either.
pub(crate) fn spent(digests: &Digests, nonce: &str, at: i64) -> impl Iterator<Item = RowWrite> {
    let row = |key, change| RowWrite {
        pilot: SPENT_OWNER.to_owned(),
        table: SPENT_TABLE.to_owned(),
        key,
        expected: Expected::Absent,
        change,
    };
    let kept = RowChange::Put { value: Vec::new(), indexes: Vec::new(), keep_until: Some(at + SPENT_DAYS * DAY) };
    let before = digests.nonce_before(nonce).map(|key| row(key, RowChange::Delete));
    std::iter::once(row(digests.nonce(nonce), kept)).chain(before)
}

/// yyyymmdd of an instant in province time.
pub(crate) fn day_number(at: i64) -> i32 {
    let date = date_of(at);
    date.year() * 10_000 + i32::from(u8::from(date.month())) * 100 + i32::from(date.day())
}

/// The first instant of the day in province time.
pub(crate) fn day_start(at: i64) -> i64 {
    let offset = 7 * 3_600_000_000;
    debug_assert_eq!(local_date((at + offset).div_euclid(DAY) * DAY - offset), local_date(at));
    (at + offset).div_euclid(DAY) * DAY - offset
}

fn row_write(pilot: &str, table: &str, key: &str, change: &Pended, keep_until: Option<i64>) -> RowWrite {
    let expected = match change.expected {
        None => Expected::Any,
        Some(0) => Expected::Absent,
        Some(version) => Expected::Version(i64::try_from(version).unwrap_or(i64::MAX)),
    };
    let change = match &change.value {
        Some(value) => {
            RowChange::Put { value: value.clone().into_bytes(), indexes: change.indexes.clone(), keep_until }
        }
        None => RowChange::Delete,
    };
    RowWrite { pilot: pilot.to_owned(), table: table.to_owned(), key: key.to_owned(), expected, change }
}
