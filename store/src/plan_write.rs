//! How a group's plan becomes the lists that one query writes. The order of the binds is that of the query's parameters.

use pilothouse_evidence::Node;
use sqlx::types::Json;

use crate::counters;
use crate::db::{KeepParts, Session, on};
use crate::log::SignedCheckpoint;
use crate::plan::{Plan, RowKey, RowNow};
use crate::recent::Step;
use crate::unit::RowChange;

/// The bytes that the rows of one list hold, one after the other.
struct Bytes(Vec<u8>);

impl Bytes {
    /// Begins with a byte that no row has: of an empty value, SQLite's `substr` answers NULL.
    fn new() -> Self {
        Self(vec![0])
    }

    /// Where they stand, counted from 1 as SQL does, and how many they are.
    fn put(&mut self, bytes: &[u8]) -> (usize, usize) {
        self.0.extend_from_slice(bytes);
        (self.0.len() - bytes.len() + 1, bytes.len())
    }
}

/// Writes all of the plan and ends the transaction.
pub(crate) async fn keep(
    session: &mut Session,
    plan: &Plan,
    nodes: &[Node],
    checkpoint: Option<&SignedCheckpoint>,
    sorted: &Step,
) -> Result<(), sqlx::Error> {
    let mut bodies = Bytes::new();
    let entries: Vec<_> = plan
        .entries
        .iter()
        .map(|entry| {
            let (place, length) = bodies.put(&entry.body);
            (entry.seq, &entry.id, entry.at, &entry.pilot, place, length)
        })
        .collect();
    let mut hashes = Bytes::new();
    let nodes: Vec<_> = nodes
        .iter()
        .map(|node| {
            let (place, length) = hashes.put(&node.hash);
            (node.level, node.index, place, length)
        })
        .collect();
    let mut secrets = Bytes::new();
    let sealed: Vec<_> = plan
        .sealed
        .iter()
        .map(|row| {
            let (ciphertext, wrapped) = (secrets.put(&row.ciphertext), secrets.put(&row.wrapped_key));
            (row.seq, ciphertext.0, ciphertext.1, wrapped.0, wrapped.1, row.keep_until)
        })
        .collect();
    let mut responses = Bytes::new();
    let once: Vec<_> = plan
        .answered
        .iter()
        .map(|row| {
            let key = responses.put(&row.key);
            let digest = responses.put(&row.answered.request_digest);
            let response = responses.put(&row.answered.response);
            (row.answered.seq, key.0, key.1, digest.0, digest.1, response.0, response.1, row.keep_until)
        })
        .collect();
    let mut payloads = Bytes::new();
    let effects: Vec<_> = plan
        .effects
        .values()
        .map(|queued| {
            let effect = &queued.effect;
            let (payload, digest) = (payloads.put(&effect.payload), payloads.put(&effect.digest));
            let (capability, function) = (&effect.capability, &effect.function);
            (
                &effect.key,
                queued.seq,
                &effect.pilot,
                capability,
                function,
                payload.0,
                payload.1,
                effect.due,
                digest.0,
                digest.1,
            )
        })
        .collect();
    let rows = Rows::of(plan);
    let usage: Vec<_> = plan.usage.iter().map(|(pilot, (count, bytes))| (pilot, count, bytes)).collect();
    let counters: Vec<_> = plan
        .counters
        .iter()
        .map(|(RowKey(pilot, table, key), sum)| (pilot, table, key, counters::capped(*sum)))
        .collect();
    let indicators: Vec<_> = plan
        .indicators
        .iter()
        .map(|((pilot, indicator, day, unit, class, dims), sum)| {
            (pilot, indicator, day, unit, class, dims, counters::capped(*sum))
        })
        .collect();
    let checkpoint: Vec<_> = checkpoint.iter().map(|signed| (signed.size, &signed.note, signed.at)).collect();
    let keys: Vec<_> = sorted.keys.iter().map(|(key, seq)| (hex::encode(key), seq)).collect();
    let until: Vec<_> = sorted.until.iter().collect();

    let parts = KeepParts {
        effects: !effects.is_empty(),
        rows: !(rows.put.is_empty() && rows.removed.is_empty() && usage.is_empty()),
        counters: !counters.is_empty(),
        keys: !(keys.is_empty() && until.is_empty()),
    };
    let text = (session.texts().keep)(parts);
    on!(session, conn => sqlx::query(text)
        .bind(Json(entries)).bind(bodies.0)
        .bind(Json(nodes)).bind(hashes.0)
        .bind(Json(sealed)).bind(secrets.0)
        .bind(Json(once)).bind(responses.0)
        .bind(Json(effects)).bind(payloads.0)
        .bind(Json(rows.unindexed)).bind(Json(rows.removed))
        .bind(Json(rows.put)).bind(rows.values.0)
        .bind(Json(rows.indexes))
        .bind(Json(usage)).bind(Json(counters)).bind(Json(indicators)).bind(Json(checkpoint))
        .bind(Json(keys)).bind(Json(until))
        .execute(conn).await)
    .map(|_| ())
}

/// Pilot, table and key; version; place and length of the value; until when it is kept.
type Put<'p> = (&'p str, &'p str, &'p str, i64, usize, usize, Option<i64>);

/// What the group does to the pilots' rows.
struct Rows<'p> {
    /// Stored rows whose index values go.
    unindexed: Vec<&'p RowKey>,
    /// Stored rows that go.
    removed: Vec<&'p RowKey>,
    put: Vec<Put<'p>>,
    values: Bytes,
    /// Pilot, table, index, value and key.
    indexes: Vec<(&'p str, &'p str, &'p str, &'p str, &'p str)>,
}

impl<'p> Rows<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut touched: Vec<(&RowKey, &RowNow, &RowChange)> =
            plan.rows.iter().filter_map(|(key, row)| row.change.as_ref().map(|change| (key, row, change))).collect();
        // In the order of the keys, so that neighbours are written together.
        touched.sort_unstable_by_key(|(key, _, _)| *key);
        let mut rows = Self { unindexed: vec![], removed: vec![], put: vec![], values: Bytes::new(), indexes: vec![] };
        for (at, row, change) in touched {
            if row.stored {
                rows.unindexed.push(at);
            }
            let RowKey(pilot, table, key) = at;
            match (change, row.version) {
                (RowChange::Put { value, indexes, keep_until }, Some(version)) => {
                    let (place, length) = rows.values.put(value);
                    rows.put.push((pilot, table, key, version, place, length, *keep_until));
                    rows.indexes
                        .extend(indexes.iter().map(|(name, value)| (&**pilot, &**table, &**name, &**value, &**key)));
                }
                _ if row.stored => rows.removed.push(at),
                _ => {}
            }
        }
        rows
    }
}
