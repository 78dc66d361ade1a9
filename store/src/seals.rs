//! The sealed values beside the log, as long as their keys last.

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};
use crate::unit::Sealed;

/// What is beside a record.
#[derive(Debug, Clone)]
pub enum Beside {
    /// Its values, and their wrapped key.
    Sealed(Sealed),
    /// There were values; retention or an erasure order destroyed their key.
    Destroyed,
}

/// Reads sealed values.
#[derive(Debug, Clone, Copy)]
pub struct Seals<'s>(pub(crate) &'s Db);

impl Seals<'_> {
    /// What is beside the record at this place; none where there was never anything.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, seq: u64) -> Result<Option<Beside>, StoreError> {
        let mut session = self.0.read().await?;
        let row: Option<(Vec<u8>, Option<Vec<u8>>)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT ciphertext, wrapped_key FROM sealed WHERE seq = $1")
            .bind(i64::try_from(seq).unwrap_or(i64::MAX)).fetch_optional(conn).await)?;
        Ok(row.map(|(ciphertext, key)| match key {
            Some(wrapped_key) => Beside::Sealed(Sealed { ciphertext, wrapped_key }),
            None => Beside::Destroyed,
        }))
    }
}

/// Destroys the key of one record's values; destroying it again changes nothing.
pub(crate) async fn destroy(session: &mut Session, record_id: &str) -> Result<(), CommitError> {
    let seq: Option<i64> = on!(&mut *session, conn => sqlx::query_scalar(
            "SELECT s.seq FROM log_entries e CROSS JOIN sealed s WHERE e.id = $1 AND s.seq = e.seq")
        .bind(record_id).fetch_optional(conn).await)?;
    let Some(seq) = seq else { return Err(CommitError::Unknown { what: "sealed record" }) };
    let nothing: &[u8] = &[];
    on!(session, conn => sqlx::query("UPDATE sealed SET wrapped_key = NULL, ciphertext = $2 WHERE seq = $1")
        .bind(seq).bind(nothing).execute(conn).await)?;
    Ok(())
}
