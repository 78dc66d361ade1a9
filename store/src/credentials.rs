//! The credentials of departments, devices and officers. Secrets are not here: their hashes are.

use serde_json::Value;
use sqlx::types::Json;

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// A credential.
#[derive(Clone, PartialEq)]
pub struct Credential {
    /// The part of it that may be said aloud.
    pub id: String,
    /// Of a department, a device, an officer.
    pub kind: String,
    /// The role that it acts in.
    pub role: String,
    /// The unit that it acts for.
    pub unit: String,
    /// The facility, if it belongs to one.
    pub facility: Option<String>,
    /// The secret's hash, in the host's form.
    pub hash: String,
    /// What else governance keeps of it.
    pub body: Value,
    /// When it was given out, microseconds UTC.
    pub created: i64,
    /// When it ended, microseconds UTC; none: it has not.
    pub revoked: Option<i64>,
}

impl std::fmt::Debug for Credential {
    /// Without the hash, which has no business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

type Row = (String, String, String, String, Option<String>, String, Json<Value>, i64, Option<i64>);

fn credential((id, kind, role, unit, facility, hash, Json(body), created, revoked): Row) -> Credential {
    Credential { id, kind, role, unit, facility, hash, body, created, revoked }
}

/// Reads credentials.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'s>(pub(crate) &'s Db);

impl Credentials<'_> {
    /// One credential, revoked or not.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, id: &str) -> Result<Option<Credential>, StoreError> {
        let mut session = self.0.read().await?;
        let row: Option<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT id, kind, role, unit, facility, hash, body, created, revoked FROM credentials WHERE id = $1")
            .bind(id).fetch_optional(conn).await)?;
        Ok(row.map(credential))
    }

    /// All credentials, revoked or not.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all(&self) -> Result<Vec<Credential>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT id, kind, role, unit, facility, hash, body, created, revoked FROM credentials \
                 ORDER BY created, id").fetch_all(conn).await)?;
        Ok(rows.into_iter().map(credential).collect())
    }
}

/// Gives a credential out.
pub(crate) async fn add(session: &mut Session, new: &Credential) -> Result<(), CommitError> {
    let added = on!(session, conn => sqlx::query(
            "INSERT INTO credentials (id, kind, role, unit, facility, hash, body, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING")
        .bind(&new.id).bind(&new.kind).bind(&new.role).bind(&new.unit).bind(&new.facility).bind(&new.hash)
        .bind(Json(&new.body)).bind(new.created).execute(conn).await)?
    .rows_affected();
    if added == 1 { Ok(()) } else { Err(CommitError::Exists { what: "credential" }) }
}

/// Changes what governance keeps of a credential; of one that has ended, nothing changes any more.
pub(crate) async fn confirm(session: &mut Session, id: &str, body: &Value) -> Result<(), CommitError> {
    let found = on!(session, conn => sqlx::query("UPDATE credentials SET body = $2 WHERE id = $1 AND revoked IS NULL")
        .bind(id).bind(Json(body)).execute(conn).await)?
    .rows_affected();
    if found == 1 { Ok(()) } else { Err(CommitError::Unknown { what: "credential" }) }
}

/// Ends a credential; the first end counts.
pub(crate) async fn revoke(session: &mut Session, id: &str, at: i64) -> Result<(), CommitError> {
    let found = on!(session, conn => sqlx::query(
            "UPDATE credentials SET revoked = COALESCE(revoked, $2) WHERE id = $1")
        .bind(id).bind(at).execute(conn).await)?
    .rows_affected();
    if found == 1 { Ok(()) } else { Err(CommitError::Unknown { what: "credential" }) }
}
