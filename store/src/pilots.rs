//! The pilots, which version of each is in service, and the packages that were taken in.

use serde_json::Value;
use sqlx::types::Json;

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// A pilot as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Pilot {
    /// Its id.
    pub pilot: String,
    /// The version in service.
    pub version: String,
    /// The digest of that version's package.
    pub package: String,
    /// off, shadow, canary, on, quarantined: governance says what.
    pub state: String,
    /// What else governance keeps of it.
    pub body: Value,
    /// Grows with every change; the first is 1.
    pub revision: i64,
    /// When it was changed last, microseconds UTC.
    pub at: i64,
}

/// A package that was taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// The pilot's id.
    pub pilot: String,
    /// Its version; never replaced.
    pub version: String,
    /// The package's digest.
    pub digest: String,
    /// Who signed it.
    pub vendor: String,
    /// What the door found.
    pub body: Value,
    /// When, microseconds UTC.
    pub at: i64,
}

type PilotRow = (String, String, String, String, Json<Value>, i64, i64);
type PackageRow = (String, String, String, String, Json<Value>, i64);

fn pilot((pilot, version, package, state, Json(body), revision, at): PilotRow) -> Pilot {
    Pilot { pilot, version, package, state, body, revision, at }
}

fn package((pilot, version, digest, vendor, Json(body), at): PackageRow) -> Package {
    Package { pilot, version, digest, vendor, body, at }
}

/// Reads pilots and packages.
#[derive(Debug, Clone, Copy)]
pub struct Pilots<'s>(pub(crate) &'s Db);

impl Pilots<'_> {
    /// All pilots, by id.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all(&self) -> Result<Vec<Pilot>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<PilotRow> = on!(&mut session, conn => sqlx::query_as(
                "SELECT pilot, version, package, state, body, revision, at FROM pilots ORDER BY pilot")
            .fetch_all(conn).await)?;
        Ok(rows.into_iter().map(pilot).collect())
    }

    /// One pilot.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, id: &str) -> Result<Option<Pilot>, StoreError> {
        read(&mut self.0.read().await?, id).await
    }

    /// All packages of a pilot, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn packages(&self, id: &str) -> Result<Vec<Package>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<PackageRow> = on!(&mut session, conn => sqlx::query_as(
                "SELECT pilot, version, digest, vendor, body, at FROM packages WHERE pilot = $1 \
                 ORDER BY at DESC, version DESC")
            .bind(id).fetch_all(conn).await)?;
        Ok(rows.into_iter().map(package).collect())
    }

    /// The package of one version.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn package(&self, id: &str, version: &str) -> Result<Option<Package>, StoreError> {
        let mut session = self.0.read().await?;
        let row: Option<PackageRow> = on!(&mut session, conn => sqlx::query_as(
                "SELECT pilot, version, digest, vendor, body, at FROM packages WHERE pilot = $1 AND version = $2")
            .bind(id).bind(version).fetch_optional(conn).await)?;
        Ok(row.map(package))
    }
}

pub(crate) async fn read(session: &mut Session, id: &str) -> Result<Option<Pilot>, StoreError> {
    let row: Option<PilotRow> = on!(session, conn => sqlx::query_as(
            "SELECT pilot, version, package, state, body, revision, at FROM pilots WHERE pilot = $1")
        .bind(id).fetch_optional(conn).await)?;
    Ok(row.map(pilot))
}

/// Keeps a pilot's new state, decided on revision `seen`; 0 registers it.
pub(crate) async fn put(session: &mut Session, new: &Pilot, seen: i64) -> Result<(), CommitError> {
    let changed = if seen == 0 {
        on!(session, conn => sqlx::query(
                "INSERT INTO pilots (pilot, version, package, state, body, revision, at) \
                 VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT (pilot) DO NOTHING")
            .bind(&new.pilot).bind(&new.version).bind(&new.package).bind(&new.state).bind(Json(&new.body)).bind(new.at)
            .execute(conn).await)?
        .rows_affected()
    } else {
        on!(session, conn => sqlx::query(
                "UPDATE pilots SET version = $2, package = $3, state = $4, body = $5, at = $6, revision = revision + 1 \
                 WHERE pilot = $1 AND revision = $7")
            .bind(&new.pilot).bind(&new.version).bind(&new.package).bind(&new.state).bind(Json(&new.body)).bind(new.at)
            .bind(seen).execute(conn).await)?
        .rows_affected()
    };
    if changed == 1 { Ok(()) } else { Err(CommitError::Stale { what: "pilot" }) }
}

/// Takes a package in.
pub(crate) async fn add_package(session: &mut Session, new: &Package) -> Result<(), CommitError> {
    let added = on!(session, conn => sqlx::query(
            "INSERT INTO packages (pilot, version, digest, vendor, body, at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (pilot, version) DO NOTHING")
        .bind(&new.pilot).bind(&new.version).bind(&new.digest).bind(&new.vendor).bind(Json(&new.body)).bind(new.at)
        .execute(conn).await)?
    .rows_affected();
    if added == 1 { Ok(()) } else { Err(CommitError::Exists { what: "package" }) }
}
