//! The vendors' public keys: added, expired, revoked. Keys stay listed, so that old signatures can be explained.

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// A vendor's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorKey {
    /// The key's id.
    pub id: String,
    /// Whose.
    pub vendor: String,
    /// In the registry's form.
    pub public_key: Vec<u8>,
    /// Trusted from, microseconds UTC.
    pub valid_from: i64,
    /// Trusted until, microseconds UTC.
    pub valid_to: i64,
    /// Since when it is trusted no more, microseconds UTC.
    pub revoked: Option<i64>,
}

type Row = (String, String, Vec<u8>, i64, i64, Option<i64>);

/// Reads vendors' keys.
#[derive(Debug, Clone, Copy)]
pub struct Vendors<'s>(pub(crate) &'s Db);

impl Vendors<'_> {
    /// All keys, by vendor and start.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keys(&self) -> Result<Vec<VendorKey>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT id, vendor, public_key, valid_from, valid_to, revoked FROM vendor_keys \
                 ORDER BY vendor, valid_from, id").fetch_all(conn).await)?;
        Ok(rows
            .into_iter()
            .map(|(id, vendor, public_key, valid_from, valid_to, revoked)| VendorKey {
                id,
                vendor,
                public_key,
                valid_from,
                valid_to,
                revoked,
            })
            .collect())
    }
}

/// Trusts a key.
pub(crate) async fn add(session: &mut Session, new: &VendorKey) -> Result<(), CommitError> {
    let added = on!(session, conn => sqlx::query(
            "INSERT INTO vendor_keys (id, vendor, public_key, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (id) DO NOTHING")
        .bind(&new.id).bind(&new.vendor).bind(&new.public_key).bind(new.valid_from).bind(new.valid_to)
        .execute(conn).await)?
    .rows_affected();
    if added == 1 { Ok(()) } else { Err(CommitError::Exists { what: "vendor key" }) }
}

/// Trusts a key no more; the first revocation counts.
pub(crate) async fn revoke(session: &mut Session, id: &str, at: i64) -> Result<(), CommitError> {
    let found = on!(session, conn => sqlx::query(
            "UPDATE vendor_keys SET revoked = COALESCE(revoked, $2) WHERE id = $1")
        .bind(id).bind(at).execute(conn).await)?
    .rows_affected();
    if found == 1 { Ok(()) } else { Err(CommitError::Unknown { what: "vendor key" }) }
}
