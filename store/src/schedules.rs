//! Which due tick of each schedule was run last, so that none runs twice and a host that slept knows what it missed.

use crate::db::{Db, Session, on};
use crate::error::{CommitError, StoreError};

/// The latest run of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRun {
    /// Whose.
    pub pilot: String,
    /// Which schedule.
    pub tick: String,
    /// When it was due, microseconds UTC.
    pub due: i64,
    /// When it was run, microseconds UTC.
    pub at: i64,
}

/// Reads runs.
#[derive(Debug, Clone, Copy)]
pub struct Schedules<'s>(pub(crate) &'s Db);

impl Schedules<'_> {
    /// The latest run of every schedule.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn runs(&self) -> Result<Vec<ScheduleRun>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(String, String, i64, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT pilot, tick, due, at FROM schedule_runs ORDER BY pilot, tick").fetch_all(conn).await)?;
        Ok(rows.into_iter().map(|(pilot, tick, due, at)| ScheduleRun { pilot, tick, due, at }).collect())
    }
}

/// Notes a run; refused if that tick or a later one was run before.
pub(crate) async fn run(session: &mut Session, new: &ScheduleRun) -> Result<(), CommitError> {
    let changed = on!(session, conn => sqlx::query(
            "INSERT INTO schedule_runs (pilot, tick, due, at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (pilot, tick) DO UPDATE SET due = excluded.due, at = excluded.at \
             WHERE schedule_runs.due < excluded.due")
        .bind(&new.pilot).bind(&new.tick).bind(new.due).bind(new.at).execute(conn).await)?
    .rows_affected();
    if changed == 1 { Ok(()) } else { Err(CommitError::Stale { what: "schedule" }) }
}
