//! How a group's plan becomes statements: one large one a table, none for what the group does not touch.

use pilothouse_evidence::Node;

use crate::counters;
use crate::db::{Session, insert_many, on};
use crate::plan::{Plan, RowKey, RowNow};
use crate::unit::RowChange;

type Put<'p> = (&'p RowKey, i64, &'p [u8], Option<i64>);

/// Writes everything but the checkpoint.
pub(crate) async fn write(session: &mut Session, plan: &Plan, nodes: &[Node]) -> Result<(), sqlx::Error> {
    log(session, plan, nodes).await?;
    beside_the_log(session, plan).await?;
    rows(session, plan).await?;
    sums(session, plan).await
}

async fn log(session: &mut Session, plan: &Plan, nodes: &[Node]) -> Result<(), sqlx::Error> {
    insert_many!(
        session,
        "INSERT INTO log_entries (seq, id, at, pilot, body) ",
        &plan.entries,
        |row, entry| {
            row.push_bind(entry.seq)
                .push_bind(&entry.id)
                .push_bind(entry.at)
                .push_bind(&entry.pilot)
                .push_bind(&entry.body);
        },
        ""
    )
    .await?;
    insert_many!(
        session,
        "INSERT INTO log_nodes (level, idx, hash) ",
        nodes,
        |row, node| {
            row.push_bind(i64::from(node.level))
                .push_bind(i64::try_from(node.index).unwrap_or(i64::MAX))
                .push_bind(&node.hash[..]);
        },
        ""
    )
    .await
}

async fn beside_the_log(session: &mut Session, plan: &Plan) -> Result<(), sqlx::Error> {
    insert_many!(
        session,
        "INSERT INTO sealed (seq, ciphertext, wrapped_key, keep_until) ",
        &plan.sealed,
        |row, sealed| {
            row.push_bind(sealed.seq)
                .push_bind(&sealed.ciphertext)
                .push_bind(&sealed.wrapped_key)
                .push_bind(sealed.keep_until);
        },
        ""
    )
    .await?;
    insert_many!(
        session,
        "INSERT INTO once (scope, reference, request_digest, response, seq, keep_until) ",
        &plan.answered,
        |row, once| {
            row.push_bind(&once.scope)
                .push_bind(&once.reference)
                .push_bind(&once.answered.request_digest)
                .push_bind(&once.answered.response)
                .push_bind(i64::try_from(once.answered.seq).unwrap_or(i64::MAX))
                .push_bind(once.keep_until);
        },
        ""
    )
    .await?;
    let effects: Vec<_> = plan.effects.values().collect();
    // A known key was queued before: at least once to the provider, exactly once in effect.
    insert_many!(
        session,
        "INSERT INTO outbox (key, seq, pilot, capability, function, payload, state, attempts, next_at) ",
        &effects,
        |row, queued| {
            let effect = &queued.effect;
            row.push_bind(&effect.key)
                .push_bind(queued.seq)
                .push_bind(&effect.pilot)
                .push_bind(&effect.capability)
                .push_bind(&effect.function)
                .push_bind(&effect.payload)
                .push_bind("queued")
                .push_bind(0_i64)
                .push_bind(effect.due);
        },
        " ON CONFLICT (key) DO NOTHING"
    )
    .await
}

async fn rows(session: &mut Session, plan: &Plan) -> Result<(), sqlx::Error> {
    let mut touched: Vec<(&RowKey, &RowNow, &RowChange)> =
        plan.rows.iter().filter_map(|(key, row)| row.change.as_ref().map(|change| (key, row, change))).collect();
    if touched.is_empty() {
        return Ok(());
    }
    // In the order of the keys, so that neighbours are written together.
    touched.sort_unstable_by_key(|(key, _, _)| *key);
    for (RowKey(pilot, table, key), row, change) in &touched {
        if !row.stored {
            continue;
        }
        on!(&mut *session, conn => sqlx::query("DELETE FROM row_indexes WHERE pilot = $1 AND tbl = $2 AND key = $3")
            .bind(pilot).bind(table).bind(key).execute(conn).await)?;
        if matches!(change, RowChange::Delete) {
            on!(&mut *session, conn => sqlx::query("DELETE FROM pilot_rows WHERE pilot = $1 AND tbl = $2 AND key = $3")
                .bind(pilot).bind(table).bind(key).execute(conn).await)?;
        }
    }
    let mut puts: Vec<Put<'_>> = Vec::new();
    let mut indexes: Vec<(&RowKey, &str, &str)> = Vec::new();
    for (key, row, change) in touched {
        if let (RowChange::Put { value, indexes: own, keep_until }, Some(version)) = (change, row.version) {
            puts.push((key, version, value, *keep_until));
            indexes.extend(own.iter().map(|(name, value)| (key, name.as_str(), value.as_str())));
        }
    }
    insert_many!(
        session,
        "INSERT INTO pilot_rows (pilot, tbl, key, version, value, keep_until) ",
        &puts,
        |row, (RowKey(pilot, table, key), version, value, keep_until)| {
            row.push_bind(pilot)
                .push_bind(table)
                .push_bind(key)
                .push_bind(*version)
                .push_bind(*value)
                .push_bind(*keep_until);
        },
        " ON CONFLICT (pilot, tbl, key) DO UPDATE SET version = excluded.version, value = excluded.value, \
         keep_until = excluded.keep_until"
    )
    .await?;
    insert_many!(
        session,
        "INSERT INTO row_indexes (pilot, tbl, name, value, key) ",
        &indexes,
        |row, (RowKey(pilot, table, key), name, value)| {
            row.push_bind(pilot).push_bind(table).push_bind(*name).push_bind(*value).push_bind(key);
        },
        ""
    )
    .await?;
    let usage: Vec<_> = plan.usage.iter().filter(|(_, change)| **change != (0, 0)).collect();
    insert_many!(
        session,
        "INSERT INTO row_usage (pilot, row_count, bytes) ",
        &usage,
        |row, (pilot, (count, bytes))| {
            row.push_bind(*pilot).push_bind(*count).push_bind(*bytes);
        },
        " ON CONFLICT (pilot) DO UPDATE SET row_count = row_usage.row_count + excluded.row_count, \
         bytes = row_usage.bytes + excluded.bytes"
    )
    .await
}

async fn sums(session: &mut Session, plan: &Plan) -> Result<(), sqlx::Error> {
    let sums: Vec<_> = plan.counters.iter().map(|(key, sum)| (key, counters::capped(*sum))).collect();
    insert_many!(
        session,
        "INSERT INTO counters (pilot, tbl, key, n) ",
        &sums,
        |row, (RowKey(pilot, table, key), sum)| {
            row.push_bind(pilot).push_bind(table).push_bind(key).push_bind(*sum);
        },
        " ON CONFLICT (pilot, tbl, key) DO UPDATE SET n = CASE \
         WHEN counters.n + excluded.n > 1000000000000000000 THEN 1000000000000000000 \
         WHEN counters.n + excluded.n < -1000000000000000000 THEN -1000000000000000000 \
         ELSE counters.n + excluded.n END"
    )
    .await?;
    let sums: Vec<_> = plan.indicators.iter().map(|(key, sum)| (key, counters::capped(*sum))).collect();
    insert_many!(
        session,
        "INSERT INTO indicators (pilot, indicator, day, unit, facility_class, dims, n) ",
        &sums,
        |row, ((pilot, indicator, day, unit, class, dims), sum)| {
            row.push_bind(pilot)
                .push_bind(indicator)
                .push_bind(*day)
                .push_bind(unit)
                .push_bind(class)
                .push_bind(dims)
                .push_bind(*sum);
        },
        " ON CONFLICT (pilot, indicator, day, unit, facility_class, dims) DO UPDATE SET n = CASE \
         WHEN indicators.n + excluded.n > 1000000000000000000 THEN 1000000000000000000 \
         WHEN indicators.n + excluded.n < -1000000000000000000 THEN -1000000000000000000 \
         ELSE indicators.n + excluded.n END"
    )
    .await
}
