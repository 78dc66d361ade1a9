//! The departments' settings of each pilot: the current ones, and every revision before.

use serde_json::Value;
use sqlx::types::Json;

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// One revision of a pilot's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Whose.
    pub pilot: String,
    /// Counted from 1.
    pub revision: i64,
    /// The settings as one JSON object.
    pub body: Value,
    /// The officer.
    pub changed_by: String,
    /// When, microseconds UTC.
    pub at: i64,
}

type Row = (String, i64, Json<Value>, String, i64);

fn setting((pilot, revision, Json(body), changed_by, at): Row) -> Setting {
    Setting { pilot, revision, body, changed_by, at }
}

/// Reads settings.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'s>(pub(crate) &'s Db);

impl Settings<'_> {
    /// A pilot's current settings; none if they were never touched.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn current(&self, pilot: &str) -> Result<Option<Setting>, StoreError> {
        Ok(self.history(pilot, 1).await?.pop())
    }

    /// A pilot's revisions, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn history(&self, pilot: &str, limit: u32) -> Result<Vec<Setting>, StoreError> {
        read(&mut self.0.read().await?, pilot, limit).await
    }

    /// One revision, for a replay.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn revision(&self, pilot: &str, revision: i64) -> Result<Option<Setting>, StoreError> {
        let mut session = self.0.read().await?;
        let row: Option<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT pilot, revision, body, changed_by, at FROM settings WHERE pilot = $1 AND revision = $2")
            .bind(pilot).bind(revision).fetch_optional(conn).await)?;
        Ok(row.map(setting))
    }
}

pub(crate) async fn read(session: &mut Session, pilot: &str, limit: u32) -> Result<Vec<Setting>, StoreError> {
    let rows: Vec<Row> = on!(session, conn => sqlx::query_as(
            "SELECT pilot, revision, body, changed_by, at FROM settings WHERE pilot = $1 \
             ORDER BY revision DESC LIMIT $2")
        .bind(pilot).bind(i64::from(limit)).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(setting).collect())
}

/// Adds the revision after `new.revision - 1`, which must be the current one.
pub(crate) async fn add(session: &mut Session, new: &Setting) -> Result<(), CommitError> {
    let added = on!(session, conn => sqlx::query(
            "INSERT INTO settings (pilot, revision, body, changed_by, at) \
             SELECT $1, $2, $3, $4, $5 \
             WHERE (SELECT COALESCE(MAX(revision), 0) FROM settings WHERE pilot = $1) = $2 - 1")
        .bind(&new.pilot).bind(new.revision).bind(Json(&new.body)).bind(&new.changed_by).bind(new.at)
        .execute(conn).await)?
    .rows_affected();
    if added == 1 { Ok(()) } else { Err(CommitError::Stale { what: "setting" }) }
}
