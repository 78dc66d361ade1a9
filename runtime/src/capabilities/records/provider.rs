//! Who keeps the rows: the store, or memory for scenarios. Both pass the same suite of tests, `suite.rs`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Mutex;

use pilothouse_store::Store;
use pilothouse_store::rows::{After, Scan as StoreScan, StoredRow};

use crate::capabilities::funnel::{Permit, Trouble};
use crate::pending::{Growth, RowChange};

/// A row with the values of its declared indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its key.
    pub key: String,
    /// Grows with every change.
    pub version: u64,
    /// JSON.
    pub value: String,
    /// Index values.
    pub indexes: Vec<(String, String)>,
}

impl Row {
    /// Bytes of key and value, as they count towards the room of a grant.
    pub(crate) fn bytes(&self) -> u64 {
        self.key.len().saturating_add(self.value.len()) as u64
    }
}

/// Rows and bytes that a pilot may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Rows.
    pub rows: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// Which rows, in the order of (index value, key).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub(crate) index: &'a str,
    pub(crate) prefix: &'a str,
    /// The key of the row to go on after.
    pub(crate) after: Option<&'a str>,
    pub(crate) limit: u32,
}

/// Who keeps the rows.
pub enum Provider {
    /// The host's database.
    Store(Store),
    /// Memory, for scenarios.
    Memory(Memory),
}

/// Rows in memory, by (pilot, table, key).
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<(String, String, String), Row>>);

impl Memory {
    /// Applies what a call left pending, as the store's transaction does: all or none.
    ///
    /// # Errors
    /// The table and key of the first row whose version moved.
    pub fn apply(&self, pilot: &str, changes: &BTreeMap<(String, String), RowChange>) -> Result<(), (String, String)> {
        let mut rows = self.lock();
        let at = |table: &str, key: &str| (pilot.to_owned(), table.to_owned(), key.to_owned());
        for ((table, key), change) in changes {
            let stored = rows.get(&at(table, key)).map_or(0, |row| row.version);
            if change.expected.is_some_and(|expected| expected != stored) {
                return Err((table.clone(), key.clone()));
            }
        }
        for ((table, key), change) in changes {
            match &change.value {
                Some(value) => {
                    let (value, indexes) = (value.clone(), change.indexes.clone());
                    rows.insert(at(table, key), Row { key: key.clone(), version: change.version, value, indexes });
                }
                None => {
                    rows.remove(&at(table, key));
                }
            }
        }
        Ok(())
    }

    /// Value and version of a row.
    pub fn find(&self, pilot: &str, table: &str, key: &str) -> Option<(String, u64)> {
        let rows = self.lock();
        let row = rows.get(&(pilot.to_owned(), table.to_owned(), key.to_owned()))?;
        Some((row.value.clone(), row.version))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String, String), Row>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn all(&self, pilot: &str, table: &str) -> Vec<Row> {
        let from = (pilot.to_owned(), table.to_owned(), String::new());
        let rows = self.lock();
        rows.range((Bound::Included(from), Bound::Unbounded))
            .take_while(|((of, name, _), _)| of == pilot && name == table)
            .map(|(_, row)| row.clone())
            .collect()
    }
}

impl Provider {
    pub(crate) async fn get(
        &self,
        _permit: Permit,
        pilot: &str,
        table: &str,
        key: &str,
    ) -> Result<Option<Row>, Trouble> {
        match self {
            Provider::Store(store) => store
                .rows()
                .get(pilot, table, key)
                .await
                .map_err(|_| unavailable())?
                .map(|row| from_store(row, Vec::new()))
                .transpose(),
            Provider::Memory(memory) => {
                Ok(memory.lock().get(&(pilot.to_owned(), table.to_owned(), key.to_owned())).cloned())
            }
        }
    }

    /// What is too small for rows that grow so much, as the scope names it; none where there is room.
    pub(crate) async fn lacks(&self, pilot: &str, room: Room, by: Growth) -> Result<Option<&'static str>, Trouble> {
        let (rows, used) = match self {
            Provider::Store(store) => {
                let used = store.rows().usage(pilot).await.map_err(|_| unavailable())?;
                (used.rows, used.bytes)
            }
            Provider::Memory(memory) => {
                let rows = memory.lock();
                let of = rows.iter().filter(|((of, ..), _)| of == pilot);
                of.fold((0_u64, 0_u64), |(rows, bytes), (_, row)| {
                    (rows.saturating_add(1), bytes.saturating_add(row.bytes()))
                })
            }
        };
        // A grant that was narrowed may leave less room than is used: what does not grow in one of them is not held to it.
        Ok(if by.rows > 0 && rows.saturating_add_signed(by.rows) > room.rows {
            Some("max-rows")
        } else if by.bytes > 0 && used.saturating_add_signed(by.bytes) > room.bytes {
            Some("max-bytes")
        } else {
            None
        })
    }

    /// Rows by (index value, key), with the call's own changes laid over what is stored.
    pub(crate) async fn scan(
        &self,
        _permit: Permit,
        pilot: &str,
        table: &str,
        scan: Scan<'_>,
        own: &[(String, Option<Row>)],
    ) -> Result<Vec<Row>, Trouble> {
        let Scan { index, prefix, after, limit } = scan;
        // The call's own rows may push stored ones out of the page or be removed from it, so as many more are fetched.
        let wanted = (limit as usize).saturating_add(own.len());
        let mut rows: Vec<Row> = match self {
            Provider::Store(store) => {
                let value = match after {
                    Some(key) => store.rows().index_value(pilot, table, index, key).await.map_err(|_| unavailable())?,
                    None => None,
                };
                let after = after.zip(value.as_deref()).map(|(key, index_value)| After { index_value, key });
                let limit = u32::try_from(wanted).unwrap_or(u32::MAX);
                let scan = StoreScan { pilot, table, index, prefix, after, limit };
                let rows = store.rows().scan(scan).await.map_err(|_| unavailable())?;
                rows.into_iter()
                    .map(|found| from_store(found.row, vec![(index.to_owned(), found.index_value)]))
                    .collect::<Result<_, _>>()?
            }
            Provider::Memory(memory) => memory.all(pilot, table),
        };
        rows.retain(|row| own.iter().all(|(key, _)| *key != row.key));
        rows.extend(own.iter().filter_map(|(_, row)| row.clone()));
        let value = |row: &Row| row.indexes.iter().find(|(name, _)| name == index).map(|(_, value)| value.clone());
        let mut keyed: Vec<(String, Row)> = rows
            .into_iter()
            .filter_map(|row| Some((value(&row)?, row)))
            .filter(|(value, _)| value.starts_with(prefix))
            .collect();
        keyed.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.key.cmp(&y.key)));
        if let Some(after) = after
            && let Some(place) = keyed.iter().position(|(_, row)| row.key == after)
        {
            keyed.drain(..=place);
        }
        keyed.truncate(limit as usize);
        Ok(keyed.into_iter().map(|(_, row)| row).collect())
    }
}

fn unavailable() -> Trouble {
    Trouble::Unavailable(std::time::Duration::from_secs(1))
}

fn from_store(row: StoredRow, indexes: Vec<(String, String)>) -> Result<Row, Trouble> {
    Ok(Row {
        key: row.key,
        version: u64::try_from(row.version).unwrap_or(0),
        value: String::from_utf8(row.value).map_err(|_| unavailable())?,
        indexes,
    })
}
