//! The pilots' own tables, as they are read: one row, a page of an index, how much a pilot keeps.

use crate::db::{Db, on};
use crate::error::StoreError;

/// Most rows of one scan; the contract allows 200, exports ask for more.
pub const MAX_SCAN: u32 = 500;

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// A pseudonym or reference.
    pub key: String,
    /// Grows with every change; see [`next_version`](crate::next_version).
    pub version: i64,
    /// What the pilot keeps.
    pub value: Vec<u8>,
}

/// A row found through an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRow {
    /// The row's value in the index: with the key, where the next page goes on.
    pub index_value: String,
    /// The row.
    pub row: StoredRow,
}

/// Where a scan goes on: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After<'a> {
    /// The last row's value in the index.
    pub index_value: &'a str,
    /// The last row's key.
    pub key: &'a str,
}

/// Which rows to find.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// Whose table.
    pub pilot: &'a str,
    /// Which table.
    pub table: &'a str,
    /// By which index.
    pub index: &'a str,
    /// How the values begin; empty for all.
    pub prefix: &'a str,
    /// None: from the first on.
    pub after: Option<After<'a>>,
    /// At most this many, and at most [`MAX_SCAN`].
    pub limit: u32,
}

/// How much a pilot keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Rows in all its tables.
    pub rows: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
}

/// Reads rows.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'s>(pub(crate) &'s Db);

impl Rows<'_> {
    /// One row.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn get(&self, pilot: &str, table: &str, key: &str) -> Result<Option<StoredRow>, StoreError> {
        let mut session = self.0.read().await?;
        let row: Option<(i64, Vec<u8>)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT version, value FROM pilot_rows WHERE pilot = $1 AND tbl = $2 AND key = $3")
            .bind(pilot).bind(table).bind(key).fetch_optional(conn).await)?;
        Ok(row.map(|(version, value)| StoredRow { key: key.to_owned(), version, value }))
    }

    /// Rows whose value in an index begins with a prefix, in the order of (value, key) by bytes.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn scan(&self, scan: Scan<'_>) -> Result<Vec<FoundRow>, StoreError> {
        let mut session = self.0.read().await?;
        // A key is never empty, so "after (prefix, no key)" is "from the prefix on".
        let first = After { index_value: scan.prefix, key: "" };
        let after = match scan.after {
            Some(after) if (after.index_value, after.key) > (first.index_value, first.key) => after,
            Some(_) | None => first,
        };
        let rows: Vec<(String, String, i64, Vec<u8>)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT i.value, r.key, r.version, r.value FROM row_indexes i CROSS JOIN pilot_rows r \
                 WHERE i.pilot = $1 AND i.tbl = $2 AND i.name = $3 AND (i.value, i.key) > ($4, $5) \
                 AND r.pilot = i.pilot AND r.tbl = i.tbl AND r.key = i.key ORDER BY i.value, i.key LIMIT $6")
            .bind(scan.pilot).bind(scan.table).bind(scan.index).bind(after.index_value).bind(after.key)
            .bind(i64::from(scan.limit.min(MAX_SCAN))).fetch_all(conn).await)?;
        let found = rows.into_iter().map(|(index_value, key, version, value)| {
            let row = StoredRow { key, version, value };
            FoundRow { index_value, row }
        });
        // Values with the prefix stand together, so the first without it ends them.
        Ok(found.take_while(|found| found.index_value.starts_with(scan.prefix)).collect())
    }

    /// A row's value in an index, to go on after a row of which only the key is known; none where there is none.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn index_value(
        &self,
        pilot: &str,
        table: &str,
        index: &str,
        key: &str,
    ) -> Result<Option<String>, StoreError> {
        let mut session = self.0.read().await?;
        Ok(on!(&mut session, conn => sqlx::query_scalar(
                "SELECT value FROM row_indexes WHERE pilot = $1 AND tbl = $2 AND key = $3 AND name = $4")
            .bind(pilot).bind(table).bind(key).bind(index).fetch_optional(conn).await)?)
    }

    /// How many rows a table has. Counts them: for pages, not for calls.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count(&self, pilot: &str, table: &str) -> Result<u64, StoreError> {
        let mut session = self.0.read().await?;
        let count: i64 = on!(&mut session, conn => sqlx::query_scalar(
                "SELECT count(*) FROM pilot_rows WHERE pilot = $1 AND tbl = $2")
            .bind(pilot).bind(table).fetch_one(conn).await)?;
        Ok(count.unsigned_abs())
    }

    /// How much a pilot keeps. One read, however much it is.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn usage(&self, pilot: &str) -> Result<Usage, StoreError> {
        let mut session = self.0.read().await?;
        let usage: Option<(i64, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT row_count, bytes FROM row_usage WHERE pilot = $1")
            .bind(pilot).fetch_optional(conn).await)?;
        Ok(usage.map_or_else(Usage::default, |(rows, bytes)| Usage {
            rows: rows.unsigned_abs(),
            bytes: bytes.unsigned_abs(),
        }))
    }
}
