//! All that a link of a pilot is made of, read at one moment of the log.

use crate::db::{Db, Session};
use crate::error::StoreError;
use crate::grants::{self, Grant};
use crate::pilots::{self, Pilot};
use crate::settings::{self, Setting};
use crate::{log, meta};

/// A pilot as it stood at one moment: nothing of it is older or newer than the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Which version, and whether it is on.
    pub pilot: Pilot,
    /// Its grants, whatever their state.
    pub grants: Vec<Grant>,
    /// Its current settings; none if they were never touched.
    pub settings: Option<Setting>,
    /// The host's own value that was asked for beside it.
    pub meta: Option<String>,
    /// How many records the log had then. Every change adds one, so the larger of two is the newer.
    pub as_of: u64,
}

/// Reads pilots as they stand.
#[derive(Debug, Clone, Copy)]
pub struct Standings<'s>(pub(crate) &'s Db);

impl Standings<'_> {
    /// One pilot, with one of the host's own values; none where it is not registered.
    ///
    /// # Errors
    /// Those of the database, among them a row of this pilot that cannot be read.
    pub async fn of(&self, pilot: &str, meta: &str) -> Result<Option<Standing>, StoreError> {
        let mut session = self.0.read().await?;
        session.begin_read().await?;
        let standing = read(&mut session, pilot, meta).await;
        session.roll_back().await?;
        standing
    }
}

async fn read(session: &mut Session, id: &str, key: &str) -> Result<Option<Standing>, StoreError> {
    let Some(pilot) = pilots::read(session, id).await? else { return Ok(None) };
    Ok(Some(Standing {
        pilot,
        grants: grants::read(session, id).await?,
        settings: settings::read(session, id, 1).await?.pop(),
        meta: meta::read(session, key).await?,
        as_of: log::size(session).await?,
    }))
}
