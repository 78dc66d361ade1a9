//! The series that pilots publish to boards.

use serde_json::Value;
use sqlx::types::Json;

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// A published series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Whose.
    pub pilot: String,
    /// Its name; with `as_of` and `base` its natural key.
    pub name: String,
    /// Which board shows it.
    pub board: String,
    /// As of which date, as the pilot writes it.
    pub as_of: String,
    /// On which division into units.
    pub base: String,
    /// The points.
    pub body: Value,
    /// When it was published, microseconds UTC.
    pub at: i64,
}

type Row = (String, String, String, String, String, Json<Value>, i64);

/// Reads series.
#[derive(Debug, Clone, Copy)]
pub struct SeriesRoom<'s>(pub(crate) &'s Db);

impl SeriesRoom<'_> {
    /// A pilot's series, the latest `as_of` first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of_pilot(&self, pilot: &str, limit: u32) -> Result<Vec<Series>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT pilot, name, board, as_of, base, body, at FROM series WHERE pilot = $1 \
                 ORDER BY as_of DESC, name, base LIMIT $2")
            .bind(pilot).bind(i64::from(limit)).fetch_all(conn).await)?;
        Ok(rows
            .into_iter()
            .map(|(pilot, name, board, as_of, base, Json(body), at)| Series {
                pilot,
                name,
                board,
                as_of,
                base,
                body,
                at,
            })
            .collect())
    }
}

/// Publishes a series; the same name, as-of and base replace.
pub(crate) async fn put(session: &mut Session, new: &Series) -> Result<(), CommitError> {
    on!(session, conn => sqlx::query(
            "INSERT INTO series (pilot, name, board, as_of, base, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (pilot, name, as_of, base) DO UPDATE SET board = excluded.board, body = excluded.body, \
             at = excluded.at")
        .bind(&new.pilot).bind(&new.name).bind(&new.board).bind(&new.as_of).bind(&new.base).bind(Json(&new.body))
        .bind(new.at).execute(conn).await)?;
    Ok(())
}
