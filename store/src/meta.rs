//! The host's own few values, such as which catalogue it was started with.

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// Reads the host's own values.
#[derive(Debug, Clone, Copy)]
pub struct Meta<'s>(pub(crate) &'s Db);

impl Meta<'_> {
    /// One value.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        read(&mut self.0.read().await?, key).await
    }

    /// All of them, by key.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut session = self.0.read().await?;
        Ok(on!(&mut session, conn => sqlx::query_as("SELECT key, value FROM meta ORDER BY key").fetch_all(conn).await)?)
    }
}

pub(crate) async fn read(session: &mut Session, key: &str) -> Result<Option<String>, StoreError> {
    Ok(on!(session, conn => sqlx::query_scalar("SELECT value FROM meta WHERE key = $1")
        .bind(key).fetch_optional(conn).await)?)
}

/// Sets a value.
pub(crate) async fn put(session: &mut Session, key: &str, value: &str) -> Result<(), CommitError> {
    on!(session, conn => sqlx::query(
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .bind(key).bind(value).execute(conn).await)?;
    Ok(())
}
