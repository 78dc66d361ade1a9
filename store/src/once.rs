//! What a caller's reference was answered, so that the same reference never does a thing twice.

use crate::db::{Db, on};
use crate::durable::Durable;
use crate::error::StoreError;

/// An answer given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Of the request that it answers; another digest is another request under the same reference.
    pub request_digest: Vec<u8>,
    /// As it was stored, sealed.
    pub response: Vec<u8>,
    /// The record of the call that gave it.
    pub seq: u64,
}

/// Reads answers that are durable.
#[derive(Debug, Clone, Copy)]
pub struct Onces<'s> {
    pub(crate) db: &'s Db,
    pub(crate) durable: &'s Durable,
}

impl Onces<'_> {
    /// What this reference was answered; none for a new one. The commit checks again, so a race is found there.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, scope: &str, reference: &str) -> Result<Option<Answered>, StoreError> {
        let mut session = self.db.read().await?;
        let row: Option<(Vec<u8>, Vec<u8>, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT request_digest, response, seq FROM once WHERE scope = $1 AND reference = $2")
            .bind(scope).bind(reference).fetch_optional(conn).await)?;
        let found =
            row.map(|(request_digest, response, seq)| Answered { request_digest, response, seq: seq.unsigned_abs() });
        self.durable.settled(found).await
    }
}
