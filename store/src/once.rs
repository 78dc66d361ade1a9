//! What a caller's reference was answered, so that the same reference never does a thing twice.

use sha2::{Digest as _, Sha256};

use crate::db::{Db, Session, on};
use crate::durable::Durable;
use crate::error::StoreError;
use crate::recent::Recent;

/// Half of a SHA-256 digest: enough that among billions of references no two meet by chance. An answer is sealed for its
/// scope and reference, so that who looks for two that meet can open neither with the other.
pub(crate) type Key = [u8; 16];

/// The key of a reference in its scope.
pub(crate) fn key(scope: &str, reference: &str) -> Key {
    let digest = Sha256::new().chain_update((scope.len() as u64).to_le_bytes()).chain_update(scope);
    let digest: [u8; 32] = digest.chain_update(reference).finalize().into();
    let mut key = Key::default();
    key.copy_from_slice(&digest[..16]);
    key
}

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
    pub(crate) recent: &'s Recent,
}

impl Onces<'_> {
    /// What this reference was answered; none for a new one. The commit checks again, so a race is found there.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, scope: &str, reference: &str) -> Result<Option<Answered>, StoreError> {
        let key = key(scope, reference);
        // Here before there: a key goes from memory when the table has it.
        let recent = self.recent.find(&key).map(u64::cast_signed);
        let mut session = self.db.read().await?;
        let row: Option<(Vec<u8>, Vec<u8>, i64)> = match recent {
            Some(seq) => on!(&mut session, conn => sqlx::query_as(
                    "SELECT request_digest, response, seq FROM answers WHERE seq = $1")
                .bind(seq).fetch_optional(conn).await)?,
            None => on!(&mut session, conn => sqlx::query_as(
                    "SELECT a.request_digest, a.response, a.seq \
                     FROM answer_keys k JOIN answers a ON a.seq = k.seq WHERE k.key = $1")
                .bind(key.as_slice()).fetch_optional(conn).await)?,
        };
        let found =
            row.map(|(request_digest, response, seq)| Answered { request_digest, response, seq: seq.unsigned_abs() });
        self.durable.settled(found).await
    }
}

/// Takes answers away whose term is over, some at a time; their keys are given back, to be forgotten when that is committed.
pub(crate) async fn expire(session: &mut Session, now: i64, most: i64) -> Result<Vec<Key>, StoreError> {
    on!(&mut *session, conn => sqlx::query(
            "DELETE FROM answer_keys WHERE key IN \
             (SELECT key FROM answers WHERE keep_until <= $1 ORDER BY keep_until, seq LIMIT $2)")
        .bind(now).bind(most).execute(conn).await)?;
    let gone: Vec<Vec<u8>> = on!(session, conn => sqlx::query_scalar(
            "DELETE FROM answers WHERE seq IN \
             (SELECT seq FROM answers WHERE keep_until <= $1 ORDER BY keep_until, seq LIMIT $2) RETURNING key")
        .bind(now).bind(most).fetch_all(conn).await)?;
    let key = |stored: Vec<u8>| Key::try_from(stored).map_err(|_| StoreError::Unreadable { table: "answers" });
    gone.into_iter().map(key).collect()
}

/// Moves answers from where schema 3 kept them. A step that was interrupted begins anew.
pub(crate) async fn carry_over(session: &mut Session, size: u64) -> Result<(), StoreError> {
    let there: i64 = on!(&mut *session, conn => sqlx::query_scalar("SELECT count(*) FROM once_before")
        .fetch_one(conn).await)?;
    if there == 0 {
        return Ok(());
    }
    session.begin_write().await?;
    let names: Vec<(i64, String, String)> = on!(&mut *session, conn => sqlx::query_as(
            "SELECT seq, scope, reference FROM once_before").fetch_all(conn).await)?;
    let mut keys: Vec<(Key, i64)> = names.iter().map(|(seq, scope, reference)| (key(scope, reference), *seq)).collect();
    keys.sort_unstable();
    for (key, seq) in keys {
        on!(&mut *session, conn => sqlx::query(
                "INSERT INTO answers (seq, key, request_digest, response, keep_until) \
                 SELECT seq, $2, request_digest, response, keep_until FROM once_before WHERE seq = $1")
            .bind(seq).bind(key.as_slice()).execute(conn).await)?;
        on!(&mut *session, conn => sqlx::query("INSERT INTO answer_keys (key, seq) VALUES ($1, $2)")
            .bind(key.as_slice()).bind(seq).execute(conn).await)?;
    }
    on!(&mut *session, conn => sqlx::query("UPDATE answer_keys_until SET seq = $1")
        .bind(size.cast_signed()).execute(conn).await)?;
    on!(&mut *session, conn => sqlx::query("DELETE FROM once_before").execute(conn).await)?;
    Ok(session.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_and_a_reference_that_flow_into_each_other_are_told_apart() {
        assert_ne!(key("desk/a", "b/ref"), key("desk/a/b", "ref"));
        assert_ne!(key("desk", "ref-1"), key("desk", "ref-2"));
        assert_eq!(key("desk", "ref"), key("desk", "ref"));
    }
}
