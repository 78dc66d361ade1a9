//! The open store: hands units to the writer, and gives each room its readers.

use std::io;
use std::path::Path;
use std::sync::Arc;

use pilothouse_evidence::CheckpointSigner;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::beside::Besides;
use crate::counters::Counters;
use crate::credentials::Credentials;
use crate::db::Db;
use crate::devices::Devices;
use crate::durable::{self, Disk, Durable};
use crate::error::{CommitError, OpenError, StoreError};
use crate::folder::Folder;
use crate::grants::Grants;
use crate::indicators::Indicators;
use crate::log::Log;
use crate::meta::Meta;
use crate::obstacles::Obstacles;
use crate::once::Onces;
use crate::outbox::Outbox;
use crate::pilots::Pilots;
use crate::recent::Recent;
use crate::retention::Retention;
use crate::rows::Rows;
use crate::schedules::Schedules;
use crate::seals::Seals;
use crate::series::SeriesRoom;
use crate::settings::Settings;
use crate::standing::Standings;
use crate::unit::Unit;
use crate::used::Used;
use crate::vendors::Vendors;
use crate::writer::{Committed, Message, QUEUE, Work, Writer};
use crate::{log, once, schema, sqlite};

/// An open data folder. Cheap to clone; the folder is given back when [`close`](Self::close) was called, or some time
/// after the last clone is gone.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    writer: mpsc::Sender<Message>,
    queued: Arc<Notify>,
    durable: Durable,
    recent: Recent,
    ended: watch::Receiver<()>,
}

impl Store {
    /// Opens a data folder, made if it is not there, and goes on with its log, whose checkpoints `signer` signs.
    ///
    /// # Errors
    /// [`OpenError`]. Where the folder is in use, newer, or its log was signed by another key, nothing is changed.
    pub async fn open(dir: &Path, signer: CheckpointSigner) -> Result<Self, OpenError> {
        Self::open_on(dir, signer, sqlite::disk).await
    }

    /// Opens a data folder, whose bytes are made durable by what `disk` answers.
    pub(crate) async fn open_on(
        dir: &Path,
        signer: CheckpointSigner,
        disk: impl FnOnce(&Path) -> io::Result<Box<dyn Disk>>,
    ) -> Result<Self, OpenError> {
        let folder = Folder::take(dir)?;
        let (file, there) = folder.database();
        if there {
            schema::refuse_newer(&file).await?;
        }
        folder.protect(&file)?;
        let db = sqlite::open(&file).await.map_err(StoreError::from)?;
        let disk = || disk(&file).map_err(|source| OpenError::Folder { path: file.clone(), source });
        match Self::start(db.clone(), folder, signer, disk).await {
            Ok(store) => Ok(store),
            Err(error) => {
                db.close().await;
                Err(error)
            }
        }
    }

    async fn start(
        db: Db,
        folder: Folder,
        signer: CheckpointSigner,
        disk: impl FnOnce() -> Result<Box<dyn Disk>, OpenError>,
    ) -> Result<Self, OpenError> {
        schema::migrate(&db).await?;
        let mut session = db.write().await?;
        let frontier = match log::frontier(&mut session).await {
            Err(StoreError::Log(_)) => {
                return Err(OpenError::LogDamaged { entries: log::size(&mut session).await? });
            }
            frontier => frontier?,
        };
        // Entries and their checkpoint are written together: what does not fit was not written by this room.
        match log::newest_checkpoint(&mut session).await? {
            Some(checkpoint) => {
                let signed = signer.key().verify(&checkpoint.note).map_err(|_| OpenError::ForeignKey)?;
                if (signed.size, signed.root) != (frontier.size(), frontier.root()) {
                    return Err(OpenError::LogDamaged { entries: frontier.size() });
                }
            }
            None if frontier.size() > 0 => return Err(OpenError::LogDamaged { entries: frontier.size() }),
            None => {}
        }
        log::newest_fit(&mut session, frontier.size()).await.map_err(|error| match error {
            StoreError::Differs { .. } | StoreError::Verify(_) => OpenError::Newest(error),
            other => OpenError::Store(other),
        })?;
        once::carry_over(&mut session, frontier.size()).await?;
        let recent = Recent::default();
        recent.read(&mut session, frontier.size()).await?;
        let (writer, inbox) = mpsc::channel(QUEUE);
        let queued = Arc::new(Notify::new());
        let (disk, durable) = durable::start(disk()?, Arc::clone(&queued)).map_err(OpenError::NoThread)?;
        let (ending, ended) = watch::channel(());
        let task = Writer {
            db: db.clone(),
            session,
            signer,
            frontier: Some(frontier),
            recent: recent.clone(),
            inbox,
            disk,
            folder,
            ended: ending,
        };
        task.start().map_err(OpenError::NoThread)?;
        Ok(Self(Arc::new(Inner { db, writer, queued, durable, recent, ended })))
    }

    /// Keeps a unit; durable when this returns.
    ///
    /// Units are kept in the order in which they arrive. Dropping the future does not take the unit back: it may be kept
    /// all the same.
    ///
    /// # Errors
    /// [`CommitError`]; nothing of the unit is kept then.
    pub async fn commit(&self, unit: Unit) -> Result<Committed, CommitError> {
        unit.check()?;
        let (reply, answer) = oneshot::channel();
        let message = Message::Keep(Work::Unit(Box::new(unit)), reply);
        self.0.writer.send(message).await.map_err(|_| CommitError::Closed)?;
        answer.await.map_err(|_| CommitError::Closed)?
    }

    /// Keeps what waits, closes the database and gives the folder back. What comes later is answered with
    /// [`CommitError::Closed`].
    pub async fn close(&self) {
        // An error means that it was closed before, by another call or because the disk failed.
        let _ = self.0.writer.send(Message::Close).await;
        self.ended().await;
    }

    /// Returns when nothing more can be kept: after [`Store::close`], or because the disk failed.
    pub async fn ended(&self) {
        // Nothing is ever sent: this returns when the writer has dropped its end.
        let _ = self.0.ended.clone().changed().await;
    }

    /// The log.
    pub fn log(&self) -> Log<'_> {
        Log { db: &self.0.db, durable: &self.0.durable }
    }

    /// What stands beside the log, to be held against it.
    pub fn beside(&self) -> Besides<'_> {
        Besides(&self.0.db)
    }

    /// Sealed values beside the log.
    pub fn seals(&self) -> Seals<'_> {
        Seals(&self.0.db)
    }

    /// What callers' references were answered.
    pub fn once(&self) -> Onces<'_> {
        Onces { db: &self.0.db, durable: &self.0.durable, recent: &self.0.recent }
    }

    /// The pilots' own tables.
    pub fn rows(&self) -> Rows<'_> {
        Rows(&self.0.db)
    }

    /// The pilots' counters.
    pub fn counters(&self) -> Counters<'_> {
        Counters(&self.0.db)
    }

    /// Effects on their way out.
    pub fn outbox(&self) -> Outbox<'_> {
        Outbox { db: &self.0.db, durable: &self.0.durable, writer: &self.0.writer, queued: &self.0.queued }
    }

    /// Indicators.
    pub fn indicators(&self) -> Indicators<'_> {
        Indicators(&self.0.db)
    }

    /// Pilots and their packages.
    pub fn pilots(&self) -> Pilots<'_> {
        Pilots(&self.0.db)
    }

    /// Pilots with all that their links are made of.
    pub fn standings(&self) -> Standings<'_> {
        Standings(&self.0.db)
    }

    /// Grants.
    pub fn grants(&self) -> Grants<'_> {
        Grants(&self.0.db)
    }

    /// Departments' settings.
    pub fn settings(&self) -> Settings<'_> {
        Settings(&self.0.db)
    }

    /// Credentials.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials(&self.0.db)
    }

    /// Devices of facilities.
    pub fn devices(&self) -> Devices<'_> {
        Devices(&self.0.db)
    }

    /// Vendors' keys.
    pub fn vendors(&self) -> Vendors<'_> {
        Vendors(&self.0.db)
    }

    /// What hinders the pilots.
    pub fn obstacles(&self) -> Obstacles<'_> {
        Obstacles(&self.0.db)
    }

    /// Published series.
    pub fn series(&self) -> SeriesRoom<'_> {
        SeriesRoom(&self.0.db)
    }

    /// Schedules' latest runs.
    pub fn schedules(&self) -> Schedules<'_> {
        Schedules(&self.0.db)
    }

    /// The host's own values.
    pub fn meta(&self) -> Meta<'_> {
        Meta(&self.0.db)
    }

    /// How often pilots used what they were granted.
    pub fn used(&self) -> Used<'_> {
        Used { db: &self.0.db, writer: &self.0.writer }
    }

    /// What time takes away.
    pub fn retention(&self) -> Retention<'_> {
        Retention(&self.0.writer)
    }
}
