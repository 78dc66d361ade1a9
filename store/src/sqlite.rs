//! What only SQLite says: how its file is opened, begun and emptied. No other file has SQL that PostgreSQL refuses.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite, SqlitePool};

use crate::db::{Db, KeepParts, Session, Texts};
use crate::durable::Disk;
use crate::error::StoreError;

/// `IMMEDIATE`, because SQLite refuses to turn a reader into a writer under load.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
/// The queries whose lists only a dialect can unfold.
pub(crate) const TEXTS: Texts = Texts {
    load: include_str!("../queries/sqlite/load.sql"),
    keep,
    nodes: include_str!("../queries/sqlite/nodes.sql"),
    used: include_str!("../queries/sqlite/used.sql"),
};
/// What every group leaves; what some do, in the order of [`KeepParts`]; and the end.
const KEEP: (&str, [&str; 4], &str) = (
    include_str!("../queries/sqlite/keep/always.sql"),
    [
        include_str!("../queries/sqlite/keep/effects.sql"),
        include_str!("../queries/sqlite/keep/rows.sql"),
        include_str!("../queries/sqlite/keep/counters.sql"),
        include_str!("../queries/sqlite/keep/keys.sql"),
    ],
    "COMMIT;\n",
);

/// The text for each choice of parts: few enough that SQLite keeps all of them prepared.
static KEEP_TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let (always, parts, end) = KEEP;
    let chosen = |choice: usize| (0..parts.len()).filter(move |part| choice >> part & 1 == 1).map(|part| parts[part]);
    (0..1 << parts.len()).map(|choice| std::iter::once(always).chain(chosen(choice)).chain([end]).collect()).collect()
});

fn keep(parts: KeepParts) -> &'static str {
    let KeepParts { effects, rows, counters, keys } = parts;
    let choice =
        [effects, rows, counters, keys].into_iter().rev().fold(0, |choice, part| choice << 1 | usize::from(part));
    &KEEP_TEXTS[choice]
}

/// The snapshot begins with the first read.
pub(crate) const BEGIN_READ: &str = "BEGIN DEFERRED";

/// Readers: more than the cores of a small server, so that one long verification does not hold up the desks.
const READERS: u32 = 4;
/// Only another program (a back-up tool) can hold the file; it gets this long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a reader; then the store is overloaded and says so.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// All statements of this crate, and some more.
const PREPARED: usize = 128;
/// Page cache of one connection, in KiB (negative: SQLite's way to say KiB). The upper levels of all B-trees of a
/// log of some ten million entries.
const CACHE_KIB: &str = "-16384";

/// Pages of the write-ahead log after which they are moved into the file: 64 MiB, in which pages that every group writes
/// are written many times and moved once. As much is read again after a crash.
const WAL_PAGES: &str = "16384";

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .statement_cache_capacity(PREPARED)
        .pragma("cache_size", CACHE_KIB)
        .pragma("temp_store", "MEMORY")
        // A damaged or hostile file must not run code of its own through views and triggers.
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

fn readers(file: &Path, count: u32) -> (SqlitePoolOptions, SqliteConnectOptions) {
    let pool = SqlitePoolOptions::new()
        .max_connections(count)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None);
    (pool, options(file).read_only(true))
}

/// Opens the file for one writer and some readers, and makes it if it is not there.
pub(crate) async fn open(file: &Path) -> Result<Db, sqlx::Error> {
    let writing = options(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit writes and does not wait for the disk, which leaves the file whole at any moment; who is answered for it
        // waits for `Wal` (https://www.sqlite.org/pragma.html#pragma_synchronous: in WAL mode, NORMAL lacks durability only).
        .synchronous(SqliteSynchronous::Normal)
        // What is deleted is overwritten: a destroyed key must not be found in a free page.
        .pragma("secure_delete", "ON")
        .pragma("wal_autocheckpoint", WAL_PAGES);
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writing)
        .await?;
    let (pool, reading) = readers(file, READERS);
    Ok(Db::Sqlite { write, read: pool.connect_lazy_with(reading) })
}

/// The write-ahead log: what was committed is durable when it is. SQLite keeps the same file as long as a connection is open.
struct Wal(File);

impl Disk for Wal {
    fn synchronise(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// How what is committed to a file becomes durable; to be asked for when the file is open.
pub(crate) fn disk(file: &Path) -> io::Result<Box<dyn Disk>> {
    let mut wal = OsString::from(file);
    wal.push("-wal");
    let wal = File::options().write(true).open(wal)?;
    // Its name, too: a file that is not in its folder after a power failure has not been written.
    if let Some(folder) = file.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(Box::new(Wal(wal)))
}

/// Opens an existing file for one reader only.
pub(crate) async fn open_read_only(file: &Path) -> Result<SqlitePool, sqlx::Error> {
    let (pool, reading) = readers(file, 1);
    pool.connect_with(reading).await
}

/// Moves the write-ahead log into the file and empties it, so that pages from before a deletion are gone from it.
pub(crate) async fn truncate_wal(session: &mut PoolConnection<Sqlite>) -> Result<bool, sqlx::Error> {
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut **session).await?;
    Ok(busy == 0)
}

/// What SQLite finds wrong with its file, a few lines of it.
pub(crate) async fn damage(session: &mut Session, most: i64) -> Result<Vec<String>, StoreError> {
    let Session::Sqlite(session) = session;
    let told: Vec<String> = sqlx::query_scalar("SELECT integrity_check FROM pragma_integrity_check LIMIT $1")
        .bind(most)
        .fetch_all(&mut **session)
        .await?;
    Ok(told.into_iter().filter(|line| line != "ok").collect())
}

/// The newest schema step that was taken on this file; none in an empty one.
pub(crate) async fn newest_step(pool: &SqlitePool) -> Result<Option<i64>, sqlx::Error> {
    let migrated: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'")
            .fetch_one(pool)
            .await?;
    if migrated == 0 {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(pool).await
}
