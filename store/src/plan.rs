//! What one group of units does to the database: every unit is checked against what is stored *and* against the units
//! admitted before it, and only then are the admitted ones written, all at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use sqlx::types::Json;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use crate::db::{Session, on};
use crate::error::CommitError;
use crate::once::{Answered, Key};
use crate::recent::Recent;
use crate::unit::{Expected, RowChange, RowWrite, Unit, next_version};

/// (pilot, table, key).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub(crate) struct RowKey(pub(crate) String, pub(crate) String, pub(crate) String);

/// A row as it is for the next unit of the group.
#[derive(Debug, Default)]
pub(crate) struct RowNow {
    /// None: there is no such row now.
    pub(crate) version: Option<i64>,
    /// Key and value; 0 where there is no row.
    pub(crate) bytes: i64,
    /// Whether the database has it, from before this group.
    pub(crate) stored: bool,
    /// What this group leaves, if it touches the row.
    pub(crate) change: Option<RowChange>,
}

/// A record that was given its place.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) pilot: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Sealed values of a record.
#[derive(Debug)]
pub(crate) struct SealedRow {
    pub(crate) seq: i64,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) keep_until: i64,
}

/// A reference answered in this group.
#[derive(Debug)]
pub(crate) struct OnceRow {
    pub(crate) key: Key,
    pub(crate) answered: Answered,
    pub(crate) keep_until: i64,
}

/// An effect queued in this group.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) seq: i64,
    pub(crate) effect: crate::unit::EffectRow,
}

/// (pilot, indicator, day, unit, facility class, dimensions).
pub(crate) type IndicatorKey = (String, String, i64, String, String, String);

/// What is stored of what a group asks for.
enum Known {
    Record(String),
    Answer(Vec<u8>, Answered),
    /// Its version, and how long its value is.
    Row(RowKey, i64, i64),
    /// Its key, and its digest where it has one.
    Effect(String, Vec<u8>),
}

impl<'r, R: Row> FromRow<'r, R> for Known
where
    usize: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(match row.try_get(0)? {
            "record" => Self::Record(row.try_get(1)?),
            "answer" => {
                let seq: i64 = row.try_get(4)?;
                let (request_digest, response) = (row.try_get(2)?, row.try_get(3)?);
                Self::Answer(row.try_get(1)?, Answered { request_digest, response, seq: seq.unsigned_abs() })
            }
            "effect" => Self::Effect(row.try_get(1)?, row.try_get(2)?),
            _ => {
                let key = RowKey(row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
                Self::Row(key, row.try_get(4)?, row.try_get(5)?)
            }
        })
    }
}

/// The group so far.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    ids: HashSet<String>,
    once: HashMap<Key, Answered>,
    pub(crate) rows: HashMap<RowKey, RowNow>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) sealed: Vec<SealedRow>,
    pub(crate) answered: Vec<OnceRow>,
    pub(crate) counters: BTreeMap<RowKey, i64>,
    pub(crate) effects: BTreeMap<String, Queued>,
    /// Digests of the effects that were queued before, by their keys.
    sent: HashMap<String, Vec<u8>>,
    pub(crate) indicators: BTreeMap<IndicatorKey, i64>,
    /// Rows and bytes that each pilot has more or fewer of.
    pub(crate) usage: BTreeMap<String, (i64, i64)>,
}

impl Plan {
    /// Begins the group's transaction, and reads what the units will be checked against.
    pub(crate) async fn load<'u>(
        session: &mut Session,
        units: impl Iterator<Item = &'u Unit> + Clone,
        recent: &Recent,
    ) -> Result<Self, sqlx::Error> {
        let ids: Vec<&str> = units.clone().flat_map(Unit::ids).collect();
        let (mut stored, mut waiting) = (Vec::new(), Vec::new());
        let once = units.clone().filter_map(|unit| unit.once.as_ref());
        for key in once.flat_map(|once| std::iter::once(once.key()).chain(once.key_before())) {
            match recent.find(&key) {
                Some(seq) => waiting.push(seq),
                None => stored.push(hex::encode(key)),
            }
        }
        let effects: Vec<&str> =
            units.clone().flat_map(|unit| &unit.effects).map(|effect| effect.key.as_str()).collect();
        let writes: BTreeSet<(&str, &str, &str)> = units
            .flat_map(|unit| &unit.rows)
            .map(|row| (row.pilot.as_str(), row.table.as_str(), row.key.as_str()))
            .collect();
        let text = session.texts().load;
        let known: Vec<Known> = on!(session, conn => sqlx::query_as(text)
            .bind(Json(ids)).bind(Json(stored)).bind(Json(waiting)).bind(Json(writes)).bind(Json(effects))
            .fetch_all(conn).await)?;
        let mut plan = Self::default();
        for known in known {
            match known {
                Known::Record(id) => drop(plan.ids.insert(id)),
                Known::Answer(key, answered) => {
                    let key = Key::try_from(key).map_err(|_| sqlx::Error::Decode("a key of another length".into()))?;
                    plan.once.insert(key, answered);
                }
                Known::Effect(key, digest) => drop(plan.sent.insert(key, digest)),
                Known::Row(key, version, value_bytes) => {
                    let bytes = value_bytes + size(key.2.len());
                    let now = RowNow { version: Some(version), bytes, stored: true, change: None };
                    plan.rows.insert(key, now);
                }
            }
        }
        Ok(plan)
    }

    /// Whether the unit may be kept. Changes nothing.
    pub(crate) fn admits(&self, unit: &Unit) -> Result<(), CommitError> {
        let known = |key: Key, request: [u8; 32]| self.once.get(&key).map(|answered| (answered, request));
        if let Some(once) = &unit.once
            && let Some((answered, request)) = known(once.key(), once.request_digest).or_else(|| {
                let (_, request) = once.before.as_ref()?;
                known(once.key_before()?, *request)
            })
        {
            return Err(CommitError::Duplicate {
                same_request: answered.request_digest == request,
                response: answered.response.clone(),
                seq: answered.seq,
            });
        }
        let mut ids = HashSet::new();
        if unit.ids().any(|id| self.ids.contains(id) || !ids.insert(id)) {
            return Err(CommitError::RecordKnown);
        }
        let mut own: HashMap<RowKey, Option<i64>> = HashMap::new();
        for write in &unit.rows {
            let key = RowKey(write.pilot.clone(), write.table.clone(), write.key.clone());
            let stored = || self.rows.get(&key).and_then(|row| row.version);
            let version = own.get(&key).copied().unwrap_or_else(stored);
            let fits = match write.expected {
                Expected::Absent => version.is_none(),
                Expected::Version(expected) => version == Some(expected),
                Expected::Any => true,
            };
            if !fits {
                return Err(CommitError::Conflict { table: write.table.clone(), key: write.key.clone() });
            }
            own.insert(key, after(&write.change, version, unit.record_at));
        }
        // After the rows: whoever lost a race for a row runs again, and sees that the effect is on its way.
        let mut asked: HashMap<&str, &[u8; 32]> = HashMap::new();
        for effect in &unit.effects {
            let stored = self.sent.get(&effect.key).map(Vec::as_slice);
            let queued = || self.effects.get(&effect.key).map(|queued| queued.effect.digest.as_slice());
            let before = asked.get(effect.key.as_str()).map(|digest| digest.as_slice()).or(stored).or_else(queued);
            if before.is_some_and(|before| before != effect.digest) {
                let (capability, function) = (effect.capability.clone(), effect.function.clone());
                return Err(CommitError::EffectKnown { capability, function });
            }
            asked.insert(&effect.key, &effect.digest);
        }
        Ok(())
    }

    /// Takes an admitted unit in. Its record has the place `seq` in the log, its parts those before.
    pub(crate) fn take(&mut self, unit: Unit, seq: u64) {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let (at, pilot) = (unit.record_at, &unit.pilot);
        let parts = unit.parts.into_iter().map(|part| (part.record_id, part.record));
        let entries: Vec<_> = parts.chain([(unit.record_id, unit.record)]).collect();
        for ((id, body), before) in entries.into_iter().rev().zip(0..) {
            self.ids.insert(id.clone());
            self.entries.push(Entry { seq: seq - before, id, at, pilot: pilot.clone(), body });
        }
        if let Some(once) = unit.once {
            let key = once.key();
            let answered = Answered {
                request_digest: once.request_digest.to_vec(),
                response: once.response,
                seq: seq.unsigned_abs(),
            };
            self.once.insert(key, answered.clone());
            self.answered.push(OnceRow { key, answered, keep_until: once.keep_until });
        }
        if let Some(sealed) = unit.sealed {
            let (ciphertext, wrapped_key) = (sealed.ciphertext, sealed.wrapped_key);
            self.sealed.push(SealedRow { seq, ciphertext, wrapped_key, keep_until: unit.keep_until });
        }
        for write in unit.rows {
            self.write_row(write, unit.record_at);
        }
        for add in unit.counters {
            let sum = self.counters.entry(RowKey(add.pilot, add.table, add.key)).or_default();
            *sum = sum.saturating_add(add.add);
        }
        for effect in unit.effects {
            if self.sent.contains_key(&effect.key) {
                continue;
            }
            self.effects.entry(effect.key.clone()).or_insert(Queued { seq, effect });
        }
        for add in unit.indicators {
            let key = (add.pilot, add.indicator, i64::from(add.day), add.unit, add.facility_class, add.dims);
            let sum = self.indicators.entry(key).or_default();
            *sum = sum.saturating_add(add.add);
        }
    }

    fn write_row(&mut self, write: RowWrite, at: i64) {
        let bytes = match &write.change {
            RowChange::Put { value, .. } => size(write.key.len()) + size(value.len()),
            RowChange::Delete => 0,
        };
        let usage = self.usage.entry(write.pilot.clone()).or_default();
        let row = self.rows.entry(RowKey(write.pilot, write.table, write.key)).or_default();
        let version = after(&write.change, row.version, at);
        usage.0 += i64::from(version.is_some()) - i64::from(row.version.is_some());
        usage.1 += bytes - row.bytes;
        row.version = version;
        row.bytes = bytes;
        row.change = Some(write.change);
    }
}

fn after(change: &RowChange, version: Option<i64>, at: i64) -> Option<i64> {
    match change {
        RowChange::Put { .. } => Some(next_version(version, at)),
        RowChange::Delete => None,
    }
}

/// Sizes are bounded by the unit's limits, far below 63 bits.
fn size(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
