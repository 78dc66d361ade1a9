//! The one door to the database, and the portable subset of SQL that everything behind it is written in.
//!
//! An enum of databases and a macro that is nothing but the `match`: the SQL stands once and native types stay. SQLite
//! is the one arm so far; a PostgreSQL arm touches this file and adds one beside `sqlite.rs`, and no query.
//!
//! **Portable subset**: `$n` parameters (or the builder's own); `RETURNING`, `ON CONFLICT`, CTEs, row comparison; no
//! `now()`, since instants are bound by the caller as microseconds UTC in a 64-bit integer; JSON is bound as a whole
//! and never queried inside; sums are cast back to `BIGINT`; text that is compared for order is compared by its bytes
//! (SQLite's default; `COLLATE "C"` in PostgreSQL's schema). Upserts never meet the same key twice in one statement.

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

/// Runs `head VALUES (…), (…) tail` over all items, in chunks of few fixed sizes so that statements stay prepared.
/// A future of `Result<(), sqlx::Error>`; no items, no work.
macro_rules! insert_many {
    ($session:expr, $head:literal, $items:expr, |$row:ident, $item:pat_param| $bind:block, $tail:literal) => {
        async {
            match &mut *$session {
                $crate::db::Session::Sqlite(session) => {
                    for chunk in $crate::db::chunks($items) {
                        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new($head);
                        query.push_values(chunk, |mut $row, $item| $bind);
                        query.push($tail);
                        query.build().execute(&mut **session).await?;
                    }
                }
            }
            Ok::<(), sqlx::Error>(())
        }
    };
}
pub(crate) use insert_many;

/// Runs `WITH asked (…) AS (VALUES (…), (…)) tail` over all keys and collects the rows of all chunks.
/// A future of `Result<Vec<$out>, sqlx::Error>`; no keys, no work.
macro_rules! find_many {
    ($session:expr, $head:literal, $items:expr, |$row:ident, $item:pat_param| $bind:block, $tail:literal, $out:ty) => {
        async {
            let mut found: Vec<$out> = Vec::new();
            match &mut *$session {
                $crate::db::Session::Sqlite(session) => {
                    for chunk in $crate::db::chunks($items) {
                        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new($head);
                        query.push_values(chunk, |mut $row, $item| $bind);
                        query.push($tail);
                        found.extend(query.build_query_as::<$out>().fetch_all(&mut **session).await?);
                    }
                }
            }
            Ok::<Vec<$out>, sqlx::Error>(found)
        }
    };
}
pub(crate) use find_many;

/// Chunk sizes: few, so that each statement is prepared once. The largest is a full group, whose 9 columns stay well
/// below SQLite's 32,766 and PostgreSQL's 65,535 parameters.
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];

/// Cuts items into slices whose lengths are all in [`CHUNKS`].
pub(crate) fn chunks<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = CHUNKS.into_iter().find(|&size| size <= items.len())?;
        let (chunk, rest) = items.split_at(size);
        items = rest;
        Some(chunk)
    })
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

    /// Ends the transaction and keeps what it wrote; durable when this returns.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_have_few_sizes_and_keep_order() {
        let items: Vec<u32> = (0..411).collect();
        let sizes: Vec<usize> = chunks(&items).map(<[u32]>::len).collect();
        assert_eq!(sizes, [256, 64, 64, 16, 4, 4, 1, 1, 1]);
        assert_eq!(chunks(&items).flatten().copied().collect::<Vec<_>>(), items);
        assert_eq!(chunks::<u32>(&[]).count(), 0);
    }
}
