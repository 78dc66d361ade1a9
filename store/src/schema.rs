//! The schema's versions, and the way from an older to the newest. There is no way back: a newer schema is refused.

use std::path::Path;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::db::Db;
use crate::error::OpenError;
use crate::sqlite;

/// All steps for SQLite, oldest first. A released step is never edited: sqlx compares its digest.
const STEPS: [(i64, &str, &str); 9] = [
    (1, "initial", include_str!("../migrations/sqlite/0001_initial.sql")),
    (2, "devices", include_str!("../migrations/sqlite/0002_devices.sql")),
    (3, "used", include_str!("../migrations/sqlite/0003_used.sql")),
    (4, "answers", include_str!("../migrations/sqlite/0004_answers.sql")),
    (5, "signed", include_str!("../migrations/sqlite/0005_signed.sql")),
    (6, "keyed", include_str!("../migrations/sqlite/0006_keyed.sql")),
    (8, "lanes", include_str!("../migrations/sqlite/0008_lanes.sql")),
    (9, "install", include_str!("../migrations/sqlite/0009_install.sql")),
    (11, "natural keys", include_str!("../migrations/sqlite/0011_natural_keys.sql")),
];

/// The newest schema that this version knows.
pub(crate) const KNOWN: i64 = STEPS[STEPS.len() - 1].0;

/// Refuses a file that a newer version has written, without writing to it.
pub(crate) async fn refuse_newer(file: &Path) -> Result<(), OpenError> {
    let pool = sqlite::open_read_only(file).await.map_err(crate::StoreError::from)?;
    let found = sqlite::newest_step(&pool).await;
    pool.close().await;
    match found.map_err(crate::StoreError::from)? {
        Some(found) if found > KNOWN => Err(OpenError::Newer { found, known: KNOWN }),
        Some(_) | None => Ok(()),
    }
}

/// Brings the schema up to date, each step in a transaction of its own.
pub(crate) async fn migrate(db: &Db) -> Result<(), OpenError> {
    let steps = STEPS
        .into_iter()
        .map(|(version, name, sql)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect();
    let migrator = Migrator::with_migrations(steps);
    match db {
        Db::Sqlite { write, .. } => migrator.run(write).await.map_err(OpenError::Migrate),
    }
}
