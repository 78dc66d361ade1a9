//! What is durable. The disk is synchronised on a thread of its own, so that the writer goes on with the next group
//! meanwhile; groups that were kept while the disk was busy share its next synchronisation.
//!
//! **Invariant:** no one is answered before what was written is durable, nor before anything that was written earlier is.
//! **Invariant:** what leaves the house because it was read (a checkpoint, a proof, an answer given before, an effect) is
//! durable first. A pilot that reads rows need not wait: what it goes on to write becomes durable after them or not at all.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::{Notify, mpsc, watch};

use crate::error::{CommitError, StoreError};
use crate::writer::{Committed, Reply};

/// Most groups that wait for the disk; then the writer waits too.
const WAITING: usize = 2;

/// Where a database's committed bytes are made durable.
pub(crate) trait Disk: Send {
    /// Returns when all that was committed before the call is durable. After an error nothing is known of it.
    ///
    /// # Errors
    /// Of the system.
    fn synchronise(&self) -> io::Result<()>;
}

/// What the units of a group, or of some, are told.
type Answers = Vec<(Reply, Result<Committed, CommitError>)>;

/// A group that was kept, or refused, and waits to be told so.
pub(crate) struct Group {
    /// Its number, as [`Durable::begin`] gave it.
    pub(crate) number: u64,
    /// Whether it wrote anything itself.
    pub(crate) wrote: bool,
    /// Whether effects wait for their sender because of it.
    pub(crate) effects: bool,
    /// What its units are told.
    pub(crate) answers: Answers,
}

/// How far the store is durable, for readers.
#[derive(Debug, Clone)]
pub(crate) struct Durable {
    begun: Arc<AtomicU64>,
    settled: watch::Receiver<u64>,
}

impl Durable {
    /// Hands on what was read, when everything that it can have seen is durable.
    ///
    /// # Errors
    /// [`StoreError::Closed`] where the disk failed.
    pub(crate) async fn settled<T>(&self, read: T) -> Result<T, StoreError> {
        // A group is numbered before it is committed, so whatever could be read has a number by now.
        let all = self.begun.load(Ordering::Acquire);
        match self.settled.clone().wait_for(|settled| *settled >= all).await {
            Ok(_) => Ok(read),
            Err(_) => Err(StoreError::Closed),
        }
    }
}

/// The writer's end: hands groups over, in order.
pub(crate) struct ToDisk {
    begun: Arc<AtomicU64>,
    groups: SyncSender<Group>,
    thread: JoinHandle<()>,
}

impl ToDisk {
    /// The number of the group that is kept next; to be called before anything of it is committed.
    pub(crate) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Hands a group over; it is told when it is durable. False where the disk has failed: the group learns nothing, and
    /// no further one may be kept.
    pub(crate) fn hand_over(&self, group: Group) -> bool {
        self.groups.send(group).is_ok()
    }

    /// Waits until all groups are told.
    pub(crate) fn close(self) {
        let Self { groups, thread, .. } = self;
        drop(groups);
        if thread.join().is_err() {
            tracing::error!("the thread that synchronises the disk ended in a fault");
        }
    }
}

/// Starts the thread that makes groups durable and has them told so. To be called within the runtime of those who wait.
///
/// # Errors
/// Of the system, which gives no thread.
pub(crate) fn start(disk: Box<dyn Disk>, queued: Arc<Notify>) -> io::Result<(ToDisk, Durable)> {
    let begun = Arc::new(AtomicU64::new(0));
    let (groups, inbox) = sync_channel(WAITING);
    let (settle, settled) = watch::channel(0);
    let (tell, answers) = mpsc::unbounded_channel();
    tokio::spawn(tell_each(answers));
    let thread = std::thread::Builder::new()
        .name("store-disk".to_owned())
        .spawn(move || synchronise(&*disk, &inbox, &settle, &queued, &tell))?;
    Ok((ToDisk { begun: Arc::clone(&begun), groups, thread }, Durable { begun, settled }))
}

/// Tells whoever waits. Among them, so that a group costs one way from the disk's thread into their runtime and not one for
/// each; as many answers wait here as there are calls under way.
async fn tell_each(mut answers: mpsc::UnboundedReceiver<Answers>) {
    while let Some(answers) = answers.recv().await {
        // A caller that hung up meanwhile does not change what was kept.
        answers.into_iter().for_each(|(reply, answer)| drop(reply.send(answer)));
    }
}

fn synchronise(
    disk: &dyn Disk,
    inbox: &Receiver<Group>,
    settle: &watch::Sender<u64>,
    queued: &Notify,
    tell: &mpsc::UnboundedSender<Answers>,
) {
    while let Ok(first) = inbox.recv() {
        let groups: Vec<Group> = std::iter::once(first).chain(inbox.try_iter()).collect();
        if groups.iter().any(|group| group.wrote)
            && let Err(cause) = disk.synchronise()
        {
            // What is on the disk is unknown now, and a second try that succeeds would not tell: the system may have
            // dropped what it could not write. The store ends here; the log that is read at the next start decides.
            tracing::error!(
                error = &cause as &dyn std::error::Error,
                "the disk was not synchronised: nothing more is kept"
            );
            let cause = Arc::new(StoreError::NotDurable(cause));
            let told = |(reply, _)| (reply, Err(CommitError::Store(Arc::clone(&cause))));
            drop(tell.send(groups.into_iter().flat_map(|group| group.answers).map(told).collect()));
            return;
        }
        for group in groups {
            settle.send_replace(group.number);
            if group.effects {
                queued.notify_one();
            }
            // Nobody listens when the runtime has ended, and then nobody waits.
            drop(tell.send(group.answers));
        }
    }
}
