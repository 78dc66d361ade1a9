//! What hinders a pilot, unit by unit, until it is resolved: due in the monthly report before the 15th.

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// An obstacle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Which pilot.
    pub pilot: String,
    /// Where.
    pub unit: String,
    /// Of the pilot's own catalogue.
    pub kind: String,
    /// Its wording in the pilot's texts.
    pub text_key: String,
    /// Since when, microseconds UTC.
    pub raised: i64,
    /// When it was resolved, microseconds UTC.
    pub resolved: Option<i64>,
}

type Row = (String, String, String, String, i64, Option<i64>);

/// Reads obstacles.
#[derive(Debug, Clone, Copy)]
pub struct Obstacles<'s>(pub(crate) &'s Db);

impl Obstacles<'_> {
    /// What hinders now, and what was resolved at or after `since` (microseconds UTC); of all pilots.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn since(&self, since: i64) -> Result<Vec<Obstacle>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT pilot, unit, kind, text_key, raised, resolved FROM obstacles \
                 WHERE resolved IS NULL OR resolved >= $1 ORDER BY pilot, unit, kind")
            .bind(since).fetch_all(conn).await)?;
        Ok(rows
            .into_iter()
            .map(|(pilot, unit, kind, text_key, raised, resolved)| Obstacle {
                pilot,
                unit,
                kind,
                text_key,
                raised,
                resolved,
            })
            .collect())
    }
}

/// Raises an obstacle. One that stands keeps its beginning; one that was resolved begins anew.
pub(crate) async fn raise(session: &mut Session, new: &Obstacle) -> Result<(), CommitError> {
    on!(session, conn => sqlx::query(
            "INSERT INTO obstacles (pilot, unit, kind, text_key, raised) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (pilot, unit, kind) DO UPDATE SET text_key = excluded.text_key, raised = excluded.raised, \
             resolved = NULL WHERE obstacles.resolved IS NOT NULL")
        .bind(&new.pilot).bind(&new.unit).bind(&new.kind).bind(&new.text_key).bind(new.raised).execute(conn).await)?;
    Ok(())
}

/// Resolves an obstacle; none there, or resolved before: nothing changes.
pub(crate) async fn resolve(
    session: &mut Session,
    pilot: &str,
    unit: &str,
    kind: &str,
    at: i64,
) -> Result<(), CommitError> {
    on!(session, conn => sqlx::query(
            "UPDATE obstacles SET resolved = $4 WHERE pilot = $1 AND unit = $2 AND kind = $3 AND resolved IS NULL")
        .bind(pilot).bind(unit).bind(kind).bind(at).execute(conn).await)?;
    Ok(())
}
