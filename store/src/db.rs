//! The one door to the database, and the portable subset of SQL that everything behind it is written in.
//!
//! An enum of databases and a macro that is nothing but the `match`: the SQL stands once and native types stay. SQLite
//! is the one arm so far; a PostgreSQL arm touches this file and adds one beside `sqlite.rs`, and no query.
//!
//! **Portable subset**: `$n` parameters; `RETURNING`, `ON CONFLICT`, CTEs, row comparison; no `now()`, since instants are
//! bound by the caller as microseconds UTC in a 64-bit integer; stored JSON is bound as a whole and never queried
//! inside; sums are cast back to `BIGINT`; text that is compared for order is compared by its bytes (SQLite's default;
//! `COLLATE "C"` in PostgreSQL's schema). Upserts never meet the same key twice in one statement.
//!
//! **Lists** are the exception: each travels as one JSON parameter, so that a statement is prepared once for all lengths
//! and a group is written by one question to the database, however many rows it has ([`Texts`]). Each database says in
//! `queries/` how it unfolds them (`json_each`; `jsonb_array_elements` in PostgreSQL).

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};

use crate::error::StoreError;
use crate::sqlite;

/// Where sessions come from.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    /// One writer and some readers of one file.
    Sqlite {
        /// Holds one connection, which the writer task keeps.
        write: SqlitePool,
        /// Connections that cannot write.
        read: SqlitePool,
    },
}

/// One connection, in or outside of a transaction.
#[derive(Debug)]
pub(crate) enum Session {
    /// Of the SQLite file.
    Sqlite(PoolConnection<Sqlite>),
}

/// Runs one piece of portable SQL on whichever database the session is of. A `match` and no more: `await` and `?` stay
/// visible at the call.
macro_rules! on {
    ($session:expr, $conn:ident => $query:expr) => {
        match $session {
            $crate::db::Session::Sqlite(session) => {
                let $conn = &mut **session;
                $query
            }
        }
    };
}
pub(crate) use on;

/// What a group leaves beside what every one does. The driver answers every statement of a text by itself, so that one which
/// finds an empty list costs two threads a turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepParts {
    pub(crate) effects: bool,
    pub(crate) rows: bool,
    pub(crate) counters: bool,
    pub(crate) keys: bool,
}

/// Queries that take lists, in the words of one database: a statement for a list of any length, or several statements
/// that need one answer only. What their parameters are, their files say.
#[derive(Debug)]
pub(crate) struct Texts {
    /// Begins a transaction that writes, and reads what a group is checked against.
    pub(crate) load: &'static str,
    /// Writes what a group leaves, and ends its transaction; durable when the disk says so (`durable.rs`).
    pub(crate) keep: fn(KeepParts) -> &'static str,
    /// Reads nodes of the log.
    pub(crate) nodes: &'static str,
    /// Adds to what pilots used.
    pub(crate) used: &'static str,
}

impl Db {
    /// A session that reads.
    pub(crate) async fn read(&self) -> Result<Session, StoreError> {
        match self {
            Self::Sqlite { read, .. } => Ok(Session::Sqlite(read.acquire().await?)),
        }
    }

    /// The session that writes. There is one: who has it, is the writer.
    pub(crate) async fn write(&self) -> Result<Session, StoreError> {
        match self {
            Self::Sqlite { write, .. } => Ok(Session::Sqlite(write.acquire().await?)),
        }
    }

    /// Waits for all sessions to be given back, and closes the database.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

impl Session {
    /// The queries that take lists.
    pub(crate) fn texts(&self) -> &'static Texts {
        match self {
            Self::Sqlite(_) => &sqlite::TEXTS,
        }
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin_write(&mut self) -> Result<(), sqlx::Error> {
        let begin = match self {
            Self::Sqlite(_) => sqlite::BEGIN_WRITE,
        };
        on!(self, conn => sqlx::query(begin).execute(conn).await).map(|_| ())
    }

    /// Begins a transaction whose reads all see the same moment.
    pub(crate) async fn begin_read(&mut self) -> Result<(), sqlx::Error> {
        let begin = match self {
            Self::Sqlite(_) => sqlite::BEGIN_READ,
        };
        on!(self, conn => sqlx::query(begin).execute(conn).await).map(|_| ())
    }

    /// Ends the transaction and keeps what it wrote; durable when the disk says so (`durable.rs`).
    pub(crate) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        on!(self, conn => sqlx::query("COMMIT").execute(conn).await).map(|_| ())
    }

    /// Ends the transaction and keeps nothing.
    pub(crate) async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        on!(self, conn => sqlx::query("ROLLBACK").execute(conn).await).map(|_| ())
    }

    /// Marks a point inside the transaction.
    pub(crate) async fn mark(&mut self) -> Result<(), sqlx::Error> {
        on!(self, conn => sqlx::query("SAVEPOINT one_unit").execute(conn).await).map(|_| ())
    }

    /// Forgets the mark and keeps what was written since.
    pub(crate) async fn keep_since_mark(&mut self) -> Result<(), sqlx::Error> {
        on!(self, conn => sqlx::query("RELEASE SAVEPOINT one_unit").execute(conn).await).map(|_| ())
    }

    /// Undoes what was written since the mark.
    pub(crate) async fn undo_since_mark(&mut self) -> Result<(), sqlx::Error> {
        on!(self, conn => sqlx::query("ROLLBACK TO SAVEPOINT one_unit").execute(conn).await)?;
        self.keep_since_mark().await
    }

    /// Removes what deleted rows left behind in files beside the database. Answers whether all of it is gone: a reader
    /// of an older moment can hold it up, and the next run takes it.
    pub(crate) async fn forget_deleted(&mut self) -> Result<bool, sqlx::Error> {
        match self {
            Self::Sqlite(session) => sqlite::truncate_wal(session).await,
        }
    }
}
