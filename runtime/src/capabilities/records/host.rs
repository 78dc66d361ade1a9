//! The host functions of `records`, over what is stored and what this call has already changed.

use pilothouse_registry::scope::{AnyAsk, RecordsAsk};
use pilothouse_registry::{Capability, IndexName, TableName};
use pilothouse_store::next_version;
use serde::{Deserialize, Serialize};

use super::provider::Row;
use crate::call::Call;
use crate::capabilities::funnel::{Request, Trouble};
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::contract::pilothouse::records::tables::Row as WitRow;
use crate::pending::{Growth, MAX_ROWS, Pending, RowChange};
use crate::rights;

/// Longest key and index value, in bytes.
const MAX_KEY: usize = 128;
/// Longest value, in bytes.
const MAX_VALUE: usize = 16 << 10;
/// Most rows of one page.
const MAX_PAGE: u32 = 200;
/// Most index values of a row.
const MAX_INDEXES: usize = 8;

fn fits(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_KEY
}

fn request<'a>(function: &'static str, ask: RecordsAsk<'a>, table: &TableName) -> Request<'a> {
    let (capability, ask) = (Capability::Records, Some(AnyAsk::Records(ask)));
    Request {
        capability,
        function,
        ask,
        asked: vec![table.to_string()],
        units: Vec::new(),
        person: None,
        effect: false,
    }
}

impl From<Row> for WitRow {
    fn from(row: Row) -> WitRow {
        WitRow { key: row.key, version: row.version, value: row.value }
    }
}

/// A row that was written: the version and the bytes of key and value that were stored, and the version that it has now. Older
/// recordings do not have the bytes, which no replay needs.
#[derive(Serialize, Deserialize)]
struct Written(u64, i64, #[serde(default)] u64);

/// The row as this call sees it: its own change, else none.
fn changed(pending: &Pending, table: &str, key: &str) -> Option<Option<Row>> {
    let change = pending.rows.get(&(table.to_owned(), key.to_owned()))?;
    Some(change.value.as_ref().map(|value| Row {
        key: key.to_owned(),
        version: change.version,
        value: value.clone(),
        indexes: change.indexes.clone(),
    }))
}

impl Call {
    pub(crate) async fn get_row(
        &mut self,
        table: String,
        key: String,
    ) -> wasmtime::Result<Result<Option<WitRow>, Denial>> {
        let Some(name) = registered::<TableName>(&table).filter(|_| fits(&key)) else {
            return Ok(self.funnel.refuse(Capability::Records, "get", "key", &(table.len(), key.len()))?);
        };
        let request = request("get", RecordsAsk::Table(&name), &name);
        let Call { funnel, providers, pending, pilot, .. } = self;
        Ok(funnel
            .pass(request, &(&table, &key), |permit| {
                let own = changed(pending, &table, &key);
                let (table, key) = (&table, &key);
                async move {
                    match own {
                        Some(row) => Ok(row.map(WitRow::from)),
                        None => Ok(providers.records.get(permit, pilot, table, key).await?.map(WitRow::from)),
                    }
                }
            })
            .await?)
    }

    pub(crate) async fn put_row(&mut self, put: super::Put) -> wasmtime::Result<Result<u64, Denial>> {
        let (table, key, value, expected, indexes) = put;
        let Some(name) = registered::<TableName>(&table).filter(|_| fits(&key) && value.len() <= MAX_VALUE) else {
            return Ok(self.funnel.refuse(
                Capability::Records,
                "put",
                "value",
                &(table.len(), key.len(), value.len()),
            )?);
        };
        let names: Option<Vec<IndexName>> = indexes.iter().map(|(name, _)| registered(name)).collect();
        let bounded = indexes.len() <= MAX_INDEXES && indexes.iter().all(|(_, value)| value.len() <= MAX_KEY);
        let Some(names) = names.filter(|_| bounded) else {
            return Ok(self.funnel.refuse(Capability::Records, "put", "indexes", &indexes.len())?);
        };
        if serde_json::from_str::<serde::de::IgnoredAny>(&value).is_err() {
            return Ok(self.funnel.refuse(Capability::Records, "put", "value", &value.len())?);
        }
        // One ask for the row; an index that was not granted is one that the table does not have.
        let rights = self.funnel.rights();
        let whole = request("put", RecordsAsk::Table(&name), &name);
        let right = self.funnel.decided_by(&rights, &whole);
        let request = match names.iter().find(|&index| right.is_some() && !rights::has_index(right, &name, index)) {
            Some(index) => request("put", RecordsAsk::Index { table: &name, index }, &name),
            None => whole,
        };
        let Call { funnel, providers, pending, pilot, occasion, .. } = self;
        let at = occasion.at;
        let room = rights::records_room(right);
        let answer = funnel
            .pass(request, &(&table, &key, &value, expected, &indexes), |permit| {
                let own = pending.rows.get(&(table.clone(), key.clone())).cloned();
                let full = pending.rows.len() >= MAX_ROWS;
                let so_far = pending.growth();
                let (table, key, bytes) = (&table, &key, key.len().saturating_add(value.len()) as u64);
                async move {
                    if own.is_none() && full {
                        return Err(Trouble::Invalid("rows"));
                    }
                    let row = providers.records.get(permit, pilot, table, key).await?;
                    let stored = row.as_ref().map_or(0, |row| row.version);
                    let stored_bytes = row.map_or(0, |row| row.bytes());
                    let now =
                        own.as_ref().map_or(stored, |change| if change.value.is_some() { change.version } else { 0 });
                    if expected.is_some_and(|expected| expected != now) {
                        return Err(Trouble::Conflict("expected"));
                    }
                    // As the call has left it until now.
                    let before = own.as_ref().map_or(stored_bytes, |change| change.bytes(key));
                    if bytes > before
                        && let Some(lacks) =
                            providers.records.lacks(pilot, room, so_far.and(Growth::of(before, bytes))).await?
                    {
                        return Err(Trouble::Invalid(lacks));
                    }
                    let version = next_version(i64::try_from(now).ok().filter(|now| *now > 0), at);
                    Ok(Written(stored, version, stored_bytes))
                }
            })
            .await?;
        Ok(answer.map(|Written(stored, version, stored_bytes)| {
            let version = u64::try_from(version).unwrap_or(0);
            // Also without an expectation of the guest's: the version that it is told must be the one that is kept.
            let expected = Some(stored);
            let change = pending.rows.entry((table, key)).or_insert(RowChange {
                expected,
                value: None,
                indexes: Vec::new(),
                version: 0,
                stored: stored_bytes,
            });
            change.value = Some(value);
            change.indexes = indexes;
            change.version = version;
            version
        }))
    }

    pub(crate) async fn delete_row(
        &mut self,
        table: String,
        key: String,
        expected: Option<u64>,
    ) -> wasmtime::Result<Result<(), Denial>> {
        let Some(name) = registered::<TableName>(&table).filter(|_| fits(&key)) else {
            return Ok(self.funnel.refuse(Capability::Records, "delete", "key", &(table.len(), key.len()))?);
        };
        let request = request("delete", RecordsAsk::Table(&name), &name);
        let Call { funnel, providers, pending, pilot, .. } = self;
        let answer = funnel
            .pass(request, &(&table, &key, expected), |permit| {
                let own = pending.rows.get(&(table.clone(), key.clone())).cloned();
                let (table, key) = (&table, &key);
                async move {
                    let stored = providers.records.get(permit, pilot, table, key).await?.map_or(0, |row| row.version);
                    let now =
                        own.as_ref().map_or(stored, |change| if change.value.is_some() { change.version } else { 0 });
                    if expected.is_some_and(|expected| expected != now) {
                        Err(Trouble::Conflict("expected"))
                    } else {
                        Ok(stored)
                    }
                }
            })
            .await?;
        Ok(answer.map(|stored| {
            let expected = Some(stored);
            let change = pending.rows.entry((table, key)).or_insert(RowChange {
                expected,
                value: None,
                indexes: Vec::new(),
                version: 0,
                // What a removal frees is there for the next call.
                stored: 0,
            });
            change.value = None;
            change.indexes.clear();
        }))
    }

    pub(crate) async fn scan_rows(&mut self, scan: super::Scanned) -> wasmtime::Result<Result<Vec<WitRow>, Denial>> {
        let (table, index, prefix, after, limit) = scan;
        let bounded =
            prefix.len() <= MAX_KEY && after.as_ref().is_none_or(|key| fits(key)) && (1..=MAX_PAGE).contains(&limit);
        let names = registered::<TableName>(&table).zip(registered::<IndexName>(&index));
        let Some((name, named)) = names.filter(|_| bounded) else {
            return Ok(self.funnel.refuse(Capability::Records, "scan", "limit", &limit)?);
        };
        let request = request("scan", RecordsAsk::Index { table: &name, index: &named }, &name);
        let Call { funnel, providers, pending, pilot, .. } = self;
        Ok(funnel
            .pass(request, &(&table, &index, &prefix, &after, limit), |permit| {
                let own: Vec<(String, Option<Row>)> = pending
                    .rows
                    .keys()
                    .filter(|(of, _)| *of == table)
                    .map(|(table, key)| (key.clone(), changed(pending, table, key).flatten()))
                    .collect();
                let scan = super::Scan { index: &index, prefix: &prefix, after: after.as_deref(), limit };
                let table = &table;
                async move {
                    let rows = providers.records.scan(permit, pilot, table, scan, &own).await?;
                    Ok(rows.into_iter().map(WitRow::from).collect::<Vec<_>>())
                }
            })
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_of_a_put_is_read_with_and_without_the_bytes_that_were_stored() {
        let read = |text| {
            serde_json::from_str::<Written>(text).map(|Written(stored, version, bytes)| (stored, version, bytes))
        };
        assert_eq!(read("[3,4,120]").unwrap(), (3, 4, 120));
        assert_eq!(read("[3,4]").unwrap(), (3, 4, 0));
        assert!(read("[3]").is_err());
    }
}
