//! What stands beside the log, page by page, for whoever holds it against what the log says.

use sqlx::types::Json;

use crate::db::{Db, on};
use crate::error::StoreError;
use crate::unit::Sealed;

/// Most rows of one page.
const PAGE: i64 = 500;
/// Most lines that SQLite tells of a damaged file.
const TOLD: i64 = 8;

/// Sealed values as they lie there.
#[derive(Debug, Clone)]
pub struct SealedAt {
    /// The record that they belong to.
    pub seq: u64,
    /// The values, where their key is there.
    pub sealed: Option<Sealed>,
    /// From when on retention destroys the key, microseconds UTC.
    pub keep_until: i64,
}

/// A stored answer.
#[derive(Debug, Clone)]
pub struct AnswerAt {
    /// The record of the call that gave it.
    pub seq: u64,
    /// The key that its reference is found by, if there is one.
    pub found_by: bool,
    /// The answer, sealed.
    pub response: Vec<u8>,
    /// From when on it may be forgotten, microseconds UTC.
    pub keep_until: i64,
}

/// An effect on its way out.
#[derive(Debug, Clone)]
pub struct EffectAt {
    /// Its key.
    pub key: String,
    /// The record of the call that caused it.
    pub seq: u64,
    /// Whose it is.
    pub pilot: String,
    /// What sends it.
    pub capability: String,
    /// What is sent, sealed; empty once retention has removed it.
    pub payload: Vec<u8>,
}

/// A row of a pilot's own tables, or of the host's.
#[derive(Debug, Clone)]
pub struct RowAt {
    /// Whose.
    pub pilot: String,
    /// Which table.
    pub table: String,
    /// Which row.
    pub key: String,
    /// Its version.
    pub version: i64,
    /// Its value.
    pub value: Vec<u8>,
    /// Its indexes, in the order of their names.
    pub indexes: Vec<(String, String)>,
    /// From when on retention removes it, microseconds UTC.
    pub keep_until: Option<i64>,
}

/// How much of a pilot's rows there is, as it is counted and as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageAt {
    /// Whose rows.
    pub pilot: String,
    /// Rows and bytes, as they are counted with each change.
    pub counted: (i64, i64),
    /// Rows and bytes, as they lie there.
    pub there: (i64, i64),
}

/// Reads what stands beside the log.
#[derive(Debug, Clone, Copy)]
pub struct Besides<'s>(pub(crate) &'s Db);

impl Besides<'_> {
    /// Sealed values from a place on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sealed(&self, from: u64) -> Result<Vec<SealedAt>, StoreError> {
        type Row = (i64, Vec<u8>, Option<Vec<u8>>, i64);
        let mut session = self.0.read().await?;
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT seq, ciphertext, wrapped_key, keep_until FROM sealed WHERE seq >= $1 ORDER BY seq LIMIT $2")
            .bind(from.cast_signed()).bind(PAGE / 10).fetch_all(conn).await)?;
        let read = rows.into_iter().map(|(seq, ciphertext, wrapped_key, keep_until)| SealedAt {
            seq: seq.cast_unsigned(),
            sealed: wrapped_key.map(|wrapped_key| Sealed { ciphertext, wrapped_key }),
            keep_until,
        });
        Ok(read.collect())
    }

    /// Stored answers from a place on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn answers(&self, from: u64) -> Result<Vec<AnswerAt>, StoreError> {
        let mut session = self.0.read().await?;
        // A key that is not entered yet waits in memory: those behind the last sweep are.
        let rows: Vec<(i64, Vec<u8>, i64, bool)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT a.seq, a.response, a.keep_until, \
                 (EXISTS (SELECT 1 FROM answer_keys k WHERE k.key = a.key AND k.seq = a.seq) \
                  OR a.seq >= (SELECT seq FROM answer_keys_until LIMIT 1)) \
                 FROM answers a WHERE a.seq >= $1 ORDER BY a.seq LIMIT $2")
            .bind(from.cast_signed()).bind(PAGE).fetch_all(conn).await)?;
        let read = rows.into_iter().map(|(seq, response, keep_until, found_by)| AnswerAt {
            seq: seq.cast_unsigned(),
            found_by,
            response,
            keep_until,
        });
        Ok(read.collect())
    }

    /// Effects behind a key.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn effects(&self, after: &str) -> Result<Vec<EffectAt>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(String, i64, String, String, Vec<u8>)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT key, seq, pilot, capability, payload FROM outbox WHERE key > $1 ORDER BY key LIMIT $2")
            .bind(after).bind(PAGE).fetch_all(conn).await)?;
        let read = rows.into_iter().map(|(key, seq, pilot, capability, payload)| EffectAt {
            key,
            seq: seq.cast_unsigned(),
            pilot,
            capability,
            payload,
        });
        Ok(read.collect())
    }

    /// Rows behind one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rows(&self, after: Option<&RowAt>) -> Result<Vec<RowAt>, StoreError> {
        type Row = (String, String, String, i64, Vec<u8>, Option<i64>, Json<Vec<(String, String)>>);
        let mut session = self.0.read().await?;
        let (pilot, table, key) = after.map_or(("", "", ""), |row| (&row.pilot, &row.table, &row.key));
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT r.pilot, r.tbl, r.key, r.version, r.value, r.keep_until, \
                 (SELECT json_group_array(json_array(name, value)) FROM \
                  (SELECT i.name, i.value FROM row_indexes i WHERE i.pilot = r.pilot AND i.tbl = r.tbl AND i.key = r.key \
                   ORDER BY i.name)) \
                 FROM pilot_rows r WHERE (r.pilot, r.tbl, r.key) > ($1, $2, $3) ORDER BY r.pilot, r.tbl, r.key LIMIT $4")
            .bind(pilot).bind(table).bind(key).bind(PAGE).fetch_all(conn).await)?;
        let read = rows.into_iter().map(|(pilot, table, key, version, value, keep_until, Json(indexes))| RowAt {
            pilot,
            table,
            key,
            version,
            value,
            indexes,
            keep_until,
        });
        Ok(read.collect())
    }

    /// What is counted of pilots' rows and is not so.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn usage(&self) -> Result<Vec<UsageAt>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(String, i64, i64, i64, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT u.pilot, u.row_count, u.bytes, \
                 (SELECT count(*) FROM pilot_rows r WHERE r.pilot = u.pilot), \
                 (SELECT CAST(COALESCE(SUM(length(CAST(r.key AS BLOB)) + length(r.value)), 0) AS BIGINT) \
                  FROM pilot_rows r WHERE r.pilot = u.pilot) \
                 FROM row_usage u ORDER BY u.pilot")
            .fetch_all(conn).await)?;
        let read = rows.into_iter().map(|(pilot, rows, bytes, there, there_bytes)| UsageAt {
            pilot,
            counted: (rows, bytes),
            there: (there, there_bytes),
        });
        Ok(read.filter(|usage| usage.counted != usage.there).collect())
    }

    /// Index values of rows that are not there, by table.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn stray_indexes(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut session = self.0.read().await?;
        Ok(on!(&mut session, conn => sqlx::query_as(
                "SELECT DISTINCT i.pilot, i.tbl FROM row_indexes i WHERE NOT EXISTS \
                 (SELECT 1 FROM pilot_rows r WHERE r.pilot = i.pilot AND r.tbl = i.tbl AND r.key = i.key) \
                 ORDER BY i.pilot, i.tbl LIMIT $1")
            .bind(TOLD).fetch_all(conn).await)?)
    }

    /// What the database itself finds wrong with its file: pages, order and indexes. Reads all of it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn damage(&self) -> Result<Vec<String>, StoreError> {
        let mut session = self.0.read().await?;
        crate::sqlite::damage(&mut session, TOLD).await
    }
}
