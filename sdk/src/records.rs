//! The pilot's own tables, declared in its manifest. Keys are pseudonyms or references, never names or numbers.

use core::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::imports::pilothouse::records::tables;
use crate::{Denial, DenialKind};

/// Rows that the host hands over at once.
const ROWS_A_PAGE: u32 = 200;

/// What a table holds: a value as JSON (at most 16 KiB), and what it is found by besides its key.
pub trait Record: Serialize + DeserializeOwned {
    /// Values for the table's declared indexes. None by default.
    fn indexes(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A row as it was read. Change `value` and [`Table::save`] it; the version makes sure that nobody did so in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<T> {
    /// The key.
    pub key: String,
    /// Grows with every change.
    pub version: u64,
    /// The value.
    pub value: T,
}

/// A table of the manifest. Reads see the writes of their own call; writes are kept when the call ends with an outcome, all or none.
///
/// ```
/// use pilothouse_sdk::records::{Record, Table};
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Visit { kind: String }
/// impl Record for Visit {}
/// const VISITS: Table<Visit> = Table::named("visits");
/// ```
#[derive(Debug)]
pub struct Table<T> {
    name: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T: Record> Table<T> {
    /// The table with this name in the manifest.
    pub const fn named(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    /// One row. None: no such row.
    ///
    /// # Errors
    /// `field-not-granted` (table); `invalid` where the row is of an older form that `T` does not read.
    pub fn get(&self, key: &str) -> Result<Option<Row<T>>, Denial> {
        tables::get(self.name, key).map_err(Denial::received)?.map(|row| self.read(row)).transpose()
    }

    /// Writes a row that must not exist yet. Answers its version.
    ///
    /// # Errors
    /// `conflict` where it exists; `field-not-granted`, `invalid`, `budget-spent`.
    pub fn insert(&self, key: &str, value: &T) -> Result<u64, Denial> {
        self.write(key, value, Some(0))
    }

    /// Writes back a row that was read.
    ///
    /// # Errors
    /// `conflict` where it changed since; `field-not-granted`, `invalid`, `budget-spent`.
    pub fn save(&self, row: &Row<T>) -> Result<u64, Denial> {
        self.write(&row.key, &row.value, Some(row.version))
    }

    /// Writes a row whatever was there. Answers its version.
    ///
    /// # Errors
    /// `field-not-granted`, `invalid`, `budget-spent`.
    pub fn put(&self, key: &str, value: &T) -> Result<u64, Denial> {
        self.write(key, value, None)
    }

    /// Removes a row that was read.
    ///
    /// # Errors
    /// `conflict` where it changed since; `field-not-granted`.
    pub fn remove(&self, row: &Row<T>) -> Result<(), Denial> {
        tables::delete(self.name, &row.key, Some(row.version)).map_err(Denial::received)
    }

    /// Removes a row whatever it holds. Removing what is not there is no error.
    ///
    /// # Errors
    /// `field-not-granted`.
    pub fn delete(&self, key: &str) -> Result<(), Denial> {
        tables::delete(self.name, key, None).map_err(Denial::received)
    }

    /// At most `limit` (1 to 200) rows whose index value begins with `prefix`, in the order of (value, key), after the row with key `after`.
    ///
    /// # Errors
    /// `field-not-granted` (table, index); `invalid`.
    pub fn page(&self, index: &str, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<Row<T>>, Denial> {
        let rows = tables::scan(self.name, index, prefix, after, limit).map_err(Denial::received)?;
        rows.into_iter().map(|row| self.read(row)).collect()
    }

    /// The first `at_most` rows whose index value begins with `prefix`, page by page.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn first(&self, at_most: usize, index: &str, prefix: &str) -> Result<Vec<Row<T>>, Denial> {
        let mut rows: Vec<Row<T>> = Vec::new();
        while rows.len() < at_most {
            let limit = u32::try_from(at_most - rows.len()).unwrap_or(ROWS_A_PAGE).min(ROWS_A_PAGE);
            let page = self.page(index, prefix, rows.last().map(|row| row.key.as_str()), limit)?;
            let last = page.len() < limit as usize;
            rows.extend(page);
            if last {
                break;
            }
        }
        Ok(rows)
    }

    fn read(&self, row: tables::Row) -> Result<Row<T>, Denial> {
        let value = serde_json::from_str(&row.value).map_err(|_| Denial::local(DenialKind::Invalid, self.name))?;
        Ok(Row { key: row.key, version: row.version, value })
    }

    fn write(&self, key: &str, value: &T, expected: Option<u64>) -> Result<u64, Denial> {
        let json = serde_json::to_string(value).map_err(|_| Denial::local(DenialKind::Invalid, self.name))?;
        let indexes: Vec<_> = value.indexes().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        tables::put(self.name, key, &json, expected, &indexes).map_err(Denial::received)
    }
}
