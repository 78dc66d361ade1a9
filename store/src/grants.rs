//! The grants: what was asked for, and how far the decision on it is.

use serde_json::Value;
use sqlx::types::Json;

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// A grant as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// For which pilot.
    pub pilot: String,
    /// Of which capability.
    pub capability: String,
    /// The right: scope, purpose, units, term. The registry's form.
    pub body: Value,
    /// The decision. The registry's form.
    pub state: Value,
    /// Grows with every change; the first is 1.
    pub revision: i64,
    /// When it was changed last, microseconds UTC.
    pub at: i64,
}

type Row = (String, String, String, Json<Value>, Json<Value>, i64, i64);

fn grant((id, pilot, capability, Json(body), Json(state), revision, at): Row) -> Grant {
    Grant { id, pilot, capability, body, state, revision, at }
}

/// Reads grants.
#[derive(Debug, Clone, Copy)]
pub struct Grants<'s>(pub(crate) &'s Db);

impl Grants<'_> {
    /// One grant.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, id: &str) -> Result<Option<Grant>, StoreError> {
        let mut session = self.0.read().await?;
        let row: Option<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT id, pilot, capability, body, state, revision, at FROM grants WHERE id = $1")
            .bind(id).fetch_optional(conn).await)?;
        Ok(row.map(grant))
    }

    /// All grants of a pilot, whatever their state.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of_pilot(&self, pilot: &str) -> Result<Vec<Grant>, StoreError> {
        read(&mut self.0.read().await?, pilot).await
    }

    /// All grants.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all(&self) -> Result<Vec<Grant>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT id, pilot, capability, body, state, revision, at FROM grants ORDER BY pilot, id")
            .fetch_all(conn).await)?;
        Ok(rows.into_iter().map(grant).collect())
    }
}

pub(crate) async fn read(session: &mut Session, pilot: &str) -> Result<Vec<Grant>, StoreError> {
    let rows: Vec<Row> = on!(session, conn => sqlx::query_as(
            "SELECT id, pilot, capability, body, state, revision, at FROM grants WHERE pilot = $1 ORDER BY id")
        .bind(pilot).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(grant).collect())
}

/// Keeps a grant, decided on revision `seen`; 0 asks for it. What it is for never changes, only right and decision do.
pub(crate) async fn put(session: &mut Session, new: &Grant, seen: i64) -> Result<(), CommitError> {
    let changed = if seen == 0 {
        on!(session, conn => sqlx::query(
                "INSERT INTO grants (id, pilot, capability, body, state, revision, at) VALUES ($1, $2, $3, $4, $5, 1, $6) \
                 ON CONFLICT (id) DO NOTHING")
            .bind(&new.id).bind(&new.pilot).bind(&new.capability).bind(Json(&new.body)).bind(Json(&new.state))
            .bind(new.at).execute(conn).await)?
        .rows_affected()
    } else {
        on!(session, conn => sqlx::query(
                "UPDATE grants SET body = $4, state = $5, at = $6, revision = revision + 1 \
                 WHERE id = $1 AND pilot = $2 AND capability = $3 AND revision = $7")
            .bind(&new.id).bind(&new.pilot).bind(&new.capability).bind(Json(&new.body)).bind(Json(&new.state))
            .bind(new.at).bind(seen).execute(conn).await)?
        .rows_affected()
    };
    if changed == 1 { Ok(()) } else { Err(CommitError::Stale { what: "grant" }) }
}
