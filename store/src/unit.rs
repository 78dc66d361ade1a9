//! What is committed together or not at all: one record of the log, and all that happened because of it.

use serde_json::Value;

use crate::error::CommitError;
use crate::once::{self, Key};
use crate::outbox::Settlement;

/// Longest record: the entry bundles of C2SP tlog-tiles give an entry's length in 16 bits.
pub const MAX_RECORD_BYTES: usize = 65_535;
/// Longest ciphertext beside a record: the capability calls of an invocation may weigh 4 MiB, its request, settings and outcome as much
/// again.
pub const MAX_SEALED_BYTES: usize = 8 << 20;
/// Longest stored response: an outcome's data may have 256 KiB, and sealing adds some.
pub const MAX_RESPONSE_BYTES: usize = 1 << 20;
/// Longest value of a row: the contract allows 16 KiB of JSON, and sealing adds some.
pub const MAX_VALUE_BYTES: usize = 64 << 10;
/// Longest payload of an effect: a notice is some hundred bytes, a series of 2,000 points some ten thousand.
pub const MAX_PAYLOAD_BYTES: usize = 256 << 10;
/// Longest key, name, code or scope: the contract's longest is 128 bytes, a natural key adds pilot and capability.
pub const MAX_NAME_BYTES: usize = 512;
/// Longest JSON body of a governance row: a pilot's settings with its tables.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// Most rows, counters, effects, indicators or changes (each) of one unit: a call does a few dozen things, a batch of
/// an import some hundreds.
pub const MAX_ITEMS: usize = 1_000;
/// Most index values of one row: as many indexes as a table may declare.
pub const MAX_INDEXES: usize = 16;
/// Most parts of one record: 16 MiB of capability calls, more than a call's limits let it make.
pub const MAX_PARTS: usize = 256;
/// Largest single step of a counter or indicator. With [`crate::counters::CAP`] no sum can leave 64 bits.
pub const MAX_STEP: i64 = 1_000_000_000_000_000;

/// One record and its consequences.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// Earlier parts of a long invocation's record, in order; they stand directly before `record` in the log.
    pub parts: Vec<Part>,
    /// Canonical bytes of the `evidence::Record`.
    pub record: Vec<u8>,
    /// The record's id; unique in the log.
    pub record_id: String,
    /// When the record was made, microseconds UTC.
    pub record_at: i64,
    /// The pilot that the record is about, if it is about one.
    pub pilot: Option<String>,
    /// What a replay needs, under the record's own key.
    pub sealed: Option<Sealed>,
    /// When the record's key is destroyed, microseconds UTC. Only read with `sealed`.
    pub keep_until: i64,
    /// The caller's reference: a second unit with it is answered with the first one's response.
    pub once: Option<Once>,
    /// Changes of the pilot's rows, in order.
    pub rows: Vec<RowWrite>,
    /// Steps of the pilot's counters.
    pub counters: Vec<CounterAdd>,
    /// Effects that leave through the outbox.
    pub effects: Vec<EffectRow>,
    /// Steps of indicators.
    pub indicators: Vec<IndicatorAdd>,
    /// Changes of the host's own state.
    pub changes: Vec<StateChange>,
}

/// One part of a record that is too long for one entry.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Canonical bytes of the `evidence::Record::Part`.
    pub record: Vec<u8>,
    /// The part's own id.
    pub record_id: String,
}

/// Values under the key of one invocation.
#[derive(Debug, Clone, Default)]
pub struct Sealed {
    /// Readable only with the key.
    pub ciphertext: Vec<u8>,
    /// The key, wrapped by the host's master key. Retention removes it.
    pub wrapped_key: Vec<u8>,
}

/// A caller's reference and what it was answered.
#[derive(Debug, Clone, Default)]
pub struct Once {
    /// Whose reference: credential, pilot and entry.
    pub scope: String,
    /// The reference's digest, in hex; never the reference.
    pub reference: String,
    /// Tells the same request sent twice from another under the same reference.
    pub request_digest: [u8; 32],
    /// What was answered, sealed.
    pub response: Vec<u8>,
    /// From when on the reference may be forgotten, microseconds UTC.
    pub keep_until: i64,
    /// Reference and request as digests that were made before they had a key: an answer kept under these holds as well.
    pub before: Option<(String, [u8; 32])>,
}

impl Once {
    pub(crate) fn key_before(&self) -> Option<Key> {
        self.before.as_ref().map(|(reference, _)| once::key(&self.scope, reference))
    }

    pub(crate) fn key(&self) -> Key {
        once::key(&self.scope, &self.reference)
    }
}

/// One change of one row.
#[derive(Debug, Clone)]
pub struct RowWrite {
    /// Whose table.
    pub pilot: String,
    /// Which table.
    pub table: String,
    /// Which row: a pseudonym or reference.
    pub key: String,
    /// What must be true of the row before.
    pub expected: Expected,
    /// What is done.
    pub change: RowChange,
}

/// What must be true of a row before it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There is no such row.
    Absent,
    /// The row has this version.
    Version(i64),
    /// Nothing.
    Any,
}

/// What is done to a row.
#[derive(Debug, Clone)]
pub enum RowChange {
    /// It is written whole.
    Put {
        /// The new value.
        value: Vec<u8>,
        /// (index, value): at most one value an index.
        indexes: Vec<(String, String)>,
        /// From when on retention removes the row; none: with the pilot only. Microseconds UTC.
        keep_until: Option<i64>,
    },
    /// It is removed. Removing what is not there is no error.
    Delete,
}

/// The version that a row has after being written in a unit whose record was made at `at`.
///
/// Grows with every change, also when a row is removed and made again: a version seen before a removal never fits the
/// row made after it, since a new row begins at the time of its record, in microseconds UTC.
pub fn next_version(current: Option<i64>, at: i64) -> i64 {
    match current {
        Some(version) => version.saturating_add(1).max(at),
        None => at.max(1),
    }
}

/// One step of a counter.
#[derive(Debug, Clone)]
pub struct CounterAdd {
    /// Whose counter.
    pub pilot: String,
    /// In which table.
    pub table: String,
    /// Which counter.
    pub key: String,
    /// How much; may be negative.
    pub add: i64,
}

/// One effect to be sent.
#[derive(Debug, Clone)]
pub struct EffectRow {
    /// The natural key: an effect whose key is known is not queued again, and another one under a known key is refused.
    pub key: String,
    /// Tells the same effect sent twice from another one under the same key.
    pub digest: [u8; 32],
    /// The pilot that caused it.
    pub pilot: String,
    /// The capability that sends it.
    pub capability: String,
    /// The function of the capability.
    pub function: String,
    /// What is sent, sealed.
    pub payload: Vec<u8>,
    /// Not before, microseconds UTC.
    pub due: i64,
}

/// One step of an indicator.
#[derive(Debug, Clone)]
pub struct IndicatorAdd {
    /// Whose indicator.
    pub pilot: String,
    /// Which indicator.
    pub indicator: String,
    /// Where: unit code, valid on the day.
    pub unit: String,
    /// In which class of facility; empty where there is none.
    pub facility_class: String,
    /// On which day in province time, yyyymmdd.
    pub day: i32,
    /// Further dimensions, in one canonical form; empty where there are none.
    pub dims: String,
    /// How much.
    pub add: i64,
}

/// A change of the host's own state, applied in the transaction of its record.
///
/// `seen` is the revision that the decision was made on; it must be the current one still.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are the columns of the room that the variant names, described there")]
pub enum StateChange {
    /// A pilot is registered (`seen` 0) or changed: its version in service, its state. See `pilots`.
    Pilot { pilot: String, version: String, package: String, state: String, body: Value, seen: i64 },
    /// A version's package is taken in; versions are never replaced. See `pilots`.
    Package { pilot: String, version: String, digest: String, vendor: String, body: Value },
    /// A grant is asked for (`seen` 0) or decided on. See `grants`.
    Grant { id: String, pilot: String, capability: String, body: Value, state: Value, seen: i64 },
    /// A pilot's settings get a new revision (`seen` 0: the first). See `settings`.
    Setting { pilot: String, body: Value, changed_by: String, seen: i64 },
    /// A credential is given out. See `credentials`.
    CredentialAdded {
        id: String,
        kind: String,
        role: String,
        unit: String,
        facility: Option<String>,
        hash: String,
        body: Value,
    },
    /// What governance keeps of a credential that has not ended.
    CredentialConfirmed { id: String, body: Value },
    /// A credential ends. Ending it again changes nothing.
    CredentialRevoked { id: String },
    /// A device is enrolled. See `devices`.
    DeviceEnrolled { id: String, class: String, role: String, unit: String, facility: String, public_key: Vec<u8> },
    /// A device ends. Ending it again changes nothing.
    DeviceRevoked { id: String },
    /// A device sent what the record is about; refused as stale where it was revoked meanwhile.
    DeviceSeen { id: String, skew: i64, signed: i64 },
    /// A vendor's key is trusted between two instants. See `vendors`.
    VendorKeyAdded { id: String, vendor: String, public_key: Vec<u8>, valid_from: i64, valid_to: i64 },
    /// A vendor's key is trusted no more. Revoking it again changes nothing.
    VendorKeyRevoked { id: String },
    /// Something hinders a pilot in a unit. Saying it again changes nothing. See `obstacles`.
    ObstacleRaised { pilot: String, unit: String, kind: String, text_key: String },
    /// It hinders no more. Saying it again changes nothing.
    ObstacleResolved { pilot: String, unit: String, kind: String },
    /// A series is published; the same name, as-of and base replace. See `series`.
    Series { pilot: String, name: String, board: String, as_of: String, base: String, body: Value },
    /// A due tick was run; refused as stale if that or a later one was run before. See `schedules`.
    ScheduleRun { pilot: String, tick: String, due: i64 },
    /// An effect was answered by its provider. See `outbox`.
    EffectSettled(Settlement),
    /// The key of a record's sealed values is destroyed now, by an erasure order. See `seals`.
    KeyDestroyed { record_id: String },
    /// One of the host's own values. See `meta`.
    Meta { key: String, value: String },
}

impl Unit {
    /// Refuses what is over a limit or contradicts itself, before it reaches the writer.
    pub(crate) fn check(&self) -> Result<(), CommitError> {
        at_most(self.parts.len(), MAX_PARTS, "the number of parts")?;
        let parts = self.parts.iter().map(|part| (&part.record, &part.record_id));
        for (record, id) in parts.chain([(&self.record, &self.record_id)]) {
            at_most(record.len(), MAX_RECORD_BYTES, "a record")?;
            if record.is_empty() {
                return Err(CommitError::Malformed { what: "record" });
            }
            name(id, "record id")?;
        }
        if let Some(pilot) = &self.pilot {
            name(pilot, "pilot")?;
        }
        if let Some(sealed) = &self.sealed {
            at_most(sealed.ciphertext.len(), MAX_SEALED_BYTES, "the sealed part")?;
            at_most(sealed.wrapped_key.len(), MAX_NAME_BYTES, "a wrapped key")?;
        }
        if let Some(once) = &self.once {
            name(&once.scope, "reference")?;
            name(&once.reference, "reference")?;
            at_most(once.response.len(), MAX_RESPONSE_BYTES, "a response")?;
        }
        for count in
            [self.rows.len(), self.counters.len(), self.effects.len(), self.indicators.len(), self.changes.len()]
        {
            at_most(count, MAX_ITEMS, "the number of items")?;
        }
        self.rows.iter().try_for_each(RowWrite::check)?;
        for add in &self.counters {
            [&add.pilot, &add.table, &add.key].into_iter().try_for_each(|text| name(text, "counter"))?;
            step(add.add)?;
        }
        for effect in &self.effects {
            [&effect.key, &effect.pilot, &effect.capability, &effect.function]
                .into_iter()
                .try_for_each(|text| name(text, "effect"))?;
            at_most(effect.payload.len(), MAX_PAYLOAD_BYTES, "a payload")?;
        }
        for add in &self.indicators {
            [&add.pilot, &add.indicator].into_iter().try_for_each(|text| name(text, "indicator"))?;
            for text in [&add.unit, &add.facility_class, &add.dims] {
                at_most(text.len(), MAX_NAME_BYTES, "a dimension")?;
                if text.contains('\0') {
                    return Err(CommitError::Malformed { what: "dimension" });
                }
            }
            step(add.add)?;
        }
        Ok(())
    }

    /// The ids that the unit brings into the log.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.record_id.as_str()).chain([self.record_id.as_str()])
    }

    /// How many bytes of evidence it brings: what the log and the sealed values beside it grow by.
    pub fn evidence_bytes(&self) -> usize {
        self.record.len()
            + self.parts.iter().map(|part| part.record.len()).sum::<usize>()
            + self.sealed.as_ref().map_or(0, |sealed| sealed.ciphertext.len())
    }

    /// About how much memory the unit holds, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let rows = self.rows.iter().map(|row| match &row.change {
            RowChange::Put { value, .. } => value.len(),
            RowChange::Delete => 0,
        });
        self.evidence_bytes()
            + self.once.as_ref().map_or(0, |once| once.response.len())
            + rows.sum::<usize>()
            + self.effects.iter().map(|effect| effect.payload.len()).sum::<usize>()
    }
}

impl RowWrite {
    fn check(&self) -> Result<(), CommitError> {
        [&self.pilot, &self.table, &self.key].into_iter().try_for_each(|text| name(text, "row"))?;
        let RowChange::Put { value, indexes, .. } = &self.change else { return Ok(()) };
        at_most(value.len(), MAX_VALUE_BYTES, "a row's value")?;
        at_most(indexes.len(), MAX_INDEXES, "the number of index values")?;
        for (at, (index, value)) in indexes.iter().enumerate() {
            name(index, "index")?;
            at_most(value.len(), MAX_NAME_BYTES, "an index value")?;
            if value.contains('\0') || indexes.iter().take(at).any(|(other, _)| other == index) {
                return Err(CommitError::Malformed { what: "index" });
            }
        }
        Ok(())
    }
}

pub(crate) fn at_most(size: usize, limit: usize, what: &'static str) -> Result<(), CommitError> {
    if size <= limit { Ok(()) } else { Err(CommitError::TooLarge { what, limit }) }
}

/// A name is there and bounded. No name holds a NUL, which databases read differently.
pub(crate) fn name(text: &str, what: &'static str) -> Result<(), CommitError> {
    if text.is_empty() || text.contains('\0') {
        return Err(CommitError::Malformed { what });
    }
    at_most(text.len(), MAX_NAME_BYTES, what)
}

fn step(add: i64) -> Result<(), CommitError> {
    if (-MAX_STEP..=MAX_STEP).contains(&add) {
        Ok(())
    } else {
        Err(CommitError::TooLarge { what: "a step", limit: MAX_STEP.unsigned_abs() as usize })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_grows_also_over_a_removal() {
        let first = next_version(None, 1_000);
        let second = next_version(Some(first), 1_000);
        assert!(second > first, "two writes in one microsecond");
        assert!(next_version(None, 2_000) > second, "made again later");
        assert!(next_version(Some(i64::MAX - 1), 0) == i64::MAX);
    }

    #[test]
    fn a_unit_without_a_record_is_refused() {
        assert!(matches!(Unit::default().check(), Err(CommitError::Malformed { what: "record" })));
    }

    #[test]
    fn one_index_has_one_value_a_row() {
        let change = RowChange::Put {
            value: vec![1],
            indexes: vec![("day".into(), "1".into()), ("day".into(), "2".into())],
            keep_until: None,
        };
        let (pilot, table, key) = ("p".into(), "t".into(), "k".into());
        let write = RowWrite { pilot, table, key, expected: Expected::Any, change };
        assert!(matches!(write.check(), Err(CommitError::Malformed { what: "index" })));
    }

    #[test]
    fn a_step_that_could_overflow_a_sum_is_refused() {
        for add in [i64::MIN, i64::MAX, MAX_STEP + 1] {
            assert!(matches!(step(add), Err(CommitError::TooLarge { .. })));
        }
        assert!(step(-MAX_STEP).is_ok());
    }
}
