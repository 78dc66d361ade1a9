//! The devices of facilities: their public keys, and how they were last seen.

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The id of its public key.
    pub id: String,
    /// What kind of device it is.
    pub class: String,
    /// The role that it acts in.
    pub role: String,
    /// The unit that it acts for.
    pub unit: String,
    /// The facility that it belongs to.
    pub facility: String,
    /// 32 bytes, Ed25519.
    pub public_key: Vec<u8>,
    /// When it was enrolled, microseconds UTC.
    pub enrolled: i64,
    /// When it was revoked, microseconds UTC; none: it was not.
    pub revoked: Option<i64>,
    /// When it last sent what was kept, microseconds UTC.
    pub seen: Option<i64>,
    /// How far its clock was ahead of the host's then, in microseconds; negative: behind.
    pub skew: Option<i64>,
    /// The newest signature of its that was believed, by its own time in seconds since 1970.
    pub signed: Option<i64>,
}

type Row = (String, String, String, String, String, Vec<u8>, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// Reads devices.
#[derive(Debug, Clone, Copy)]
pub struct Devices<'s>(pub(crate) &'s Db);

impl Devices<'_> {
    /// All devices, revoked or not.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all(&self) -> Result<Vec<Device>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT id, class, role, unit, facility, public_key, enrolled, revoked, seen, skew, signed FROM devices \
                 ORDER BY enrolled, id").fetch_all(conn).await)?;
        Ok(rows
            .into_iter()
            .map(|(id, class, role, unit, facility, public_key, enrolled, revoked, seen, skew, signed)| Device {
                id,
                class,
                role,
                unit,
                facility,
                public_key,
                enrolled,
                revoked,
                seen,
                skew,
                signed,
            })
            .collect())
    }
}

/// Enrols a device.
pub(crate) async fn add(session: &mut Session, new: &Device) -> Result<(), CommitError> {
    let added = on!(session, conn => sqlx::query(
            "INSERT INTO devices (id, class, role, unit, facility, public_key, enrolled) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING")
        .bind(&new.id).bind(&new.class).bind(&new.role).bind(&new.unit).bind(&new.facility).bind(&new.public_key)
        .bind(new.enrolled).execute(conn).await)?
    .rows_affected();
    if added == 1 { Ok(()) } else { Err(CommitError::Exists { what: "device" }) }
}

/// Ends a device; the first end counts.
pub(crate) async fn revoke(session: &mut Session, id: &str, at: i64) -> Result<(), CommitError> {
    let found = on!(session, conn => sqlx::query("UPDATE devices SET revoked = COALESCE(revoked, $2) WHERE id = $1")
        .bind(id).bind(at).execute(conn).await)?
    .rows_affected();
    if found == 1 { Ok(()) } else { Err(CommitError::Unknown { what: "device" }) }
}

/// Notes how a device was seen. One that was revoked meanwhile is refused: what it sent is not kept.
pub(crate) async fn seen(session: &mut Session, id: &str, at: i64, skew: i64, signed: i64) -> Result<(), CommitError> {
    let found = on!(session, conn => sqlx::query(
            "UPDATE devices SET seen = $2, skew = $3, signed = CASE WHEN signed > $4 THEN signed ELSE $4 END \
             WHERE id = $1 AND revoked IS NULL")
        .bind(id).bind(at).bind(skew).bind(signed).execute(conn).await)?
    .rows_affected();
    if found == 1 { Ok(()) } else { Err(CommitError::Stale { what: "device" }) }
}
