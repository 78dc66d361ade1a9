//! What can go wrong in this room, one variant for each thing that someone would do differently about.
//!
//! No text holds a value of a row: names of tables and folders, sizes and numbers of entries only.

use std::path::PathBuf;
use std::sync::Arc;

use pilothouse_evidence::{MerkleError, VerifyError};

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system has no room left.
    #[error("the disk of the data folder is full: nothing was changed; free space, then try again")]
    Full(#[source] sqlx::Error),
    /// SQLite says that the file is not what it wrote.
    #[error(
        "the database file is damaged: stop the host, keep a copy of the data folder, and restore the latest back-up"
    )]
    Damaged(#[source] sqlx::Error),
    /// The file system takes no writes.
    #[error(
        "the data folder is on a file system that is read-only: nothing was changed; mount it writable, or have `pilot audit verify` read it as it is"
    )]
    ReadOnly(#[source] sqlx::Error),
    /// The disk or its driver failed.
    #[error(
        "the disk of the data folder failed: nothing was changed, and nothing is known to be damaged; look after the disk, then start again"
    )]
    Disk(#[source] sqlx::Error),
    /// All else that a database may answer.
    #[error("the database did not answer: nothing was changed; see that the data folder is writable, then try again")]
    Database(#[source] sqlx::Error),
    /// A stored value is not of the form that this version writes.
    #[error(
        "a row of `{table}` cannot be read: it was changed by hand or by a newer version; restore it, or use the version that wrote it"
    )]
    Unreadable {
        /// The table.
        table: &'static str,
    },
    /// The log's stored nodes do not answer.
    #[error("the log's nodes are incomplete: verify the log, and restore the latest back-up")]
    Log(#[source] MerkleError),
    /// The log does not verify.
    #[error("the log does not verify: keep the data folder as it is, and compare it with the latest back-up")]
    Verify(#[source] VerifyError),
    /// What stands beside a signed body is not what the body says.
    #[error("{what}: keep the data folder as it is, and compare it with the latest back-up")]
    Differs {
        /// Where, and in what.
        what: String,
    },
    /// What was written may be lost: the disk did not say that it has it.
    #[error(
        "the disk did not confirm what was written: look after the disk, start the host again, then repeat the request under the same reference"
    )]
    NotDurable(#[source] std::io::Error),
    /// The store was closed while this was waiting, or before it was asked.
    #[error("the store is closed: start the host again, then repeat the request")]
    Closed,
}

/// SQLite's primary result codes that ask for something else than trying again (<https://www.sqlite.org/rescode.html>).
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;
const SQLITE_NOTADB: i32 = 26;
/// A page whose checksum in the write-ahead log does not fit is an error of reading, too; only this one says that bytes are wrong.
const SQLITE_IOERR_DATA: i32 = SQLITE_IOERR | (32 << 8);

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolClosed) {
            return Self::Closed;
        }
        let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
        if code == Some(SQLITE_IOERR_DATA) {
            return Self::Damaged(error);
        }
        match code.map(|extended| extended & 0xff) {
            Some(SQLITE_READONLY) => Self::ReadOnly(error),
            Some(SQLITE_IOERR | SQLITE_CANTOPEN) => Self::Disk(error),
            Some(SQLITE_FULL) => Self::Full(error),
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged(error),
            _ => Self::Database(error),
        }
    }
}

impl From<MerkleError> for StoreError {
    fn from(error: MerkleError) -> Self {
        Self::Log(error)
    }
}

/// Why a data folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another `Store` of this one, has the folder.
    #[error("the data folder {} is in use by another process: stop that host, or name another folder", .0.display())]
    InUse(PathBuf),
    /// The folder or a file in it cannot be made or read.
    #[error("the data folder {} cannot be used: see that it exists, is writable and belongs to this user", .path.display())]
    Folder {
        /// Which folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A newer version has written here. Nothing was touched.
    #[error(
        "the data folder has schema {found}, this version knows {known}: install the newer version again, or restore the back-up made before the upgrade"
    )]
    Newer {
        /// The schema found.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// Bringing the schema up to date failed; each step is done wholly or not at all.
    #[error("the schema could not be brought up to date: restore the back-up, or ask for help with the cause below")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Entries, nodes and the last checkpoint do not belong together.
    #[error(
        "the log's {entries} entries are not those that its last checkpoint signs: keep the data folder as it is, and restore the latest back-up"
    )]
    LogDamaged {
        /// Entries found.
        entries: u64,
    },
    /// The newest entries, their columns or the nodes above them do not fit each other.
    #[error("the newest entries of the log do not hold: {0}")]
    Newest(#[source] StoreError),
    /// The last checkpoint was signed for another log, or with another key.
    #[error("the log was signed with another key: give the host the key that belongs to this data folder")]
    ForeignKey,
    /// The system gives no thread to write on.
    #[error(
        "the system gives no further thread: raise the limit of threads or processes of this user, then start again"
    )]
    NoThread(#[source] std::io::Error),
    /// The database did not answer.
    #[error("the database did not answer while opening")]
    Store(#[from] StoreError),
}

/// Why a unit was not kept. Nothing of it is in the store then.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A row was changed by someone else since the caller read it: run the call again.
    #[error("a row of `{table}` was changed meanwhile: run the call again with what is stored now")]
    Conflict {
        /// The pilot's table.
        table: String,
        /// The row's key: a pseudonym or reference, for the caller to read again; not part of the text.
        key: String,
    },
    /// The caller's reference was used before.
    #[error("this reference was used before: answer what is stored, or ask for a new reference if the request differs")]
    Duplicate {
        /// Whether the request was the same; its stored response is to be given again then.
        same_request: bool,
        /// What was answered, as it was stored.
        response: Vec<u8>,
        /// The record that it was answered under.
        seq: u64,
    },
    /// An effect of the unit has the key of another one, which was queued before.
    #[error(
        "an effect of `{capability}` has the key of another one: nothing was queued; keep the call as a fault, and ask for another number"
    )]
    EffectKnown {
        /// The capability that would send it.
        capability: String,
        /// Its function.
        function: String,
    },
    /// A governance decision was made on something that has changed since it was seen.
    #[error("{what} changed meanwhile: read it again and decide on what is there now")]
    Stale {
        /// What: a word of the glossary, such as "grant".
        what: &'static str,
    },
    /// The thing to be changed is not there.
    #[error("there is no such {what}: see the list, it may have been removed")]
    Unknown {
        /// What.
        what: &'static str,
    },
    /// The thing to be added is there already, and is not replaced.
    #[error("such a {what} exists already: give the new one another id or version")]
    Exists {
        /// What.
        what: &'static str,
    },
    /// This record is in the log already: the unit was committed before.
    #[error("this record is in the log already: do not commit it again")]
    RecordKnown,
    /// Part of the unit is over a limit of the store.
    #[error("{what} is over the store's limit of {limit}: refuse the call, or split the work")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit: bytes or items.
        limit: usize,
    },
    /// Part of the unit is missing or contradicts another part.
    #[error("the unit's {what} is missing or contradicts itself: this is a fault of the caller, see its code")]
    Malformed {
        /// What.
        what: &'static str,
    },
    /// The store is closed.
    #[error("the store is closed: start the host again, then repeat the request")]
    Closed,
    /// The database did not answer. One cause for all units of a group.
    #[error("the unit could not be kept: nothing was changed")]
    Store(#[source] Arc<StoreError>),
}

impl From<sqlx::Error> for CommitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(Arc::new(error.into()))
    }
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
