//! The one thread that writes: it takes what waits, keeps it in one transaction under one signed checkpoint, and hands it
//! on to be answered when that is durable. So a busy host pays for one synchronisation of the disk a group, not one a call.

use std::sync::Arc;
use std::time::Duration;

use pilothouse_evidence::{CheckpointSigner, Frontier, Node, leaf_hash};
use tokio::sync::{mpsc, oneshot, watch};

use crate::changes;
use crate::db::{Db, Session};
use crate::durable::{Group, ToDisk};
use crate::error::{CommitError, StoreError};
use crate::folder::Folder;
use crate::log::{self, SignedCheckpoint};
use crate::outbox::Settlement;
use crate::plan::Plan;
use crate::plan_write;
use crate::recent::Recent;
use crate::retention::{self, Due, Retired};
use crate::unit::{StateChange, Unit};
use crate::used::{self, Fold};

/// Most units of one transaction: the synchronisation of the disk is shared well by then, and the first of them does
/// not wait much longer than alone.
const GROUP: usize = 256;
/// Where so many wait at once, more are on their way, and the writer gives them a moment: a group has costs of its own. More than
/// the desks of a hospital, so that none of them waits for company that does not come.
const CROWD: usize = 20;
/// The moment; short beside the synchronisation of a disk.
const PAUSE: Duration = Duration::from_millis(1);
/// Most bytes of one group, so that large units do not pile up in memory: eight of the largest.
const GROUP_BYTES: usize = 32 << 20;
/// Most units that wait: four groups. Who comes then, waits before handing over, and feels the pressure.
pub(crate) const QUEUE: usize = 1_024;

/// Where a unit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Its record's place in the log, counted from 0.
    pub seq: u64,
}

pub(crate) type Reply = oneshot::Sender<Result<Committed, CommitError>>;

/// What the writer is asked.
#[derive(Debug)]
pub(crate) enum Message {
    Keep(Work, Reply),
    Retire(Due, oneshot::Sender<Result<Retired, StoreError>>),
    /// Sums of the log, which are no event of the record either.
    Fold(Fold, oneshot::Sender<Result<(), StoreError>>),
    Close,
}

/// What is kept in a group.
#[derive(Debug)]
pub(crate) enum Work {
    Unit(Box<Unit>),
    /// An attempt to send an effect, which alone is no event of the record.
    Settle(Settlement),
}

impl Work {
    fn unit(&self) -> Option<&Unit> {
        match self {
            Self::Unit(unit) => Some(unit),
            Self::Settle(_) => None,
        }
    }

    fn weight(&self) -> usize {
        self.unit().map_or(0, Unit::weight)
    }
}

/// What waited.
#[derive(Default)]
struct Waiting {
    group: Vec<(Work, Reply)>,
    bytes: usize,
    /// What is done by itself, after the group; what came after it waits on.
    alone: Option<Message>,
}

impl Waiting {
    fn take(&mut self, message: Message) {
        match message {
            Message::Keep(work, reply) => {
                self.bytes += work.weight();
                self.group.push((work, reply));
            }
            other => self.alone = Some(other),
        }
    }

    fn drain(&mut self, inbox: &mut mpsc::Receiver<Message>) {
        while self.alone.is_none() && self.group.len() < GROUP && self.bytes < GROUP_BYTES {
            let Ok(message) = inbox.try_recv() else { return };
            self.take(message);
        }
    }
}

/// What became of a group.
struct Kept {
    wrote: bool,
    effects: bool,
    answers: Vec<Result<Committed, CommitError>>,
}

/// The writer's own state.
pub(crate) struct Writer {
    pub(crate) db: Db,
    pub(crate) session: Session,
    pub(crate) signer: CheckpointSigner,
    /// None after a failure: what is true then, the database says; of `recent` too.
    pub(crate) frontier: Option<Frontier>,
    /// Keys of answers that are not sorted in yet.
    pub(crate) recent: Recent,
    pub(crate) inbox: mpsc::Receiver<Message>,
    pub(crate) disk: ToDisk,
    /// Given back when the last unit is kept.
    pub(crate) folder: Folder,
    /// Dropped when all is given back.
    pub(crate) ended: watch::Sender<()>,
}

impl Writer {
    /// Runs on a thread of its own until the store is closed or nobody holds it any more. Among the tasks of a busy host,
    /// each answer of the database would wait for its turn behind dozens of calls, and they for it.
    ///
    /// # Errors
    /// Of the system, which gives no thread.
    pub(crate) fn start(self) -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || runtime.block_on(self.run()))?;
        Ok(())
    }

    async fn run(mut self) {
        while let Some(first) = self.inbox.recv().await {
            let Waiting { group, alone, .. } = self.gather(first).await;
            if !group.is_empty() && !self.keep_and_hand_over(group).await {
                // Whoever waits is told that the store is closed.
                break;
            }
            match alone {
                Some(Message::Retire(due, reply)) => {
                    let retired = self.retire(&due).await;
                    drop(reply.send(retired));
                }
                Some(Message::Fold(fold, reply)) => {
                    let kept = self.fold(fold).await;
                    drop(reply.send(kept));
                }
                Some(Message::Close) => self.inbox.close(),
                Some(Message::Keep(..)) | None => {}
            }
        }
        self.sort_in().await;
        let Self { db, session, disk, folder, inbox, ended, .. } = self;
        drop(inbox);
        disk.close();
        drop(session);
        db.close().await;
        drop(folder);
        // Whoever waits for the end sees it by this.
        drop(ended);
    }

    /// Takes what waits, as far as it fits in one group.
    async fn gather(&mut self, first: Message) -> Waiting {
        let mut waiting = Waiting::default();
        waiting.take(first);
        waiting.drain(&mut self.inbox);
        if waiting.alone.is_none() && (CROWD..GROUP / 2).contains(&waiting.group.len()) {
            tokio::time::sleep(PAUSE).await;
            waiting.drain(&mut self.inbox);
        }
        waiting
    }

    /// False where nothing more can become durable.
    async fn keep_and_hand_over(&mut self, group: Vec<(Work, Reply)>) -> bool {
        let (works, replies): (Vec<Work>, Vec<Reply>) = group.into_iter().unzip();
        let number = self.disk.begin();
        // A refusal waits its turn as well: it may tell of what was kept just before.
        let group = match self.keep(works).await {
            Ok(kept) => Group {
                number,
                wrote: kept.wrote,
                effects: kept.effects,
                answers: replies.into_iter().zip(kept.answers).collect(),
            },
            Err(cause) => {
                self.give_up().await;
                tracing::error!(
                    error = &*cause as &dyn std::error::Error,
                    units = replies.len(),
                    "a group was not kept"
                );
                let told = |reply| (reply, Err(CommitError::Store(Arc::clone(&cause))));
                Group { number, wrote: false, effects: false, answers: replies.into_iter().map(told).collect() }
            }
        };
        self.disk.hand_over(group)
    }

    /// Enters the keys that wait, so that the next start need not read them.
    async fn sort_in(&mut self) {
        let waiting = self.recent.all();
        if self.frontier.is_none() || waiting.keys.is_empty() {
            return;
        }
        let kept = match self.session.begin_write().await {
            Ok(()) => plan_write::keep(&mut self.session, &Plan::default(), &[], None, &waiting).await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "keys of answers were not entered: the next start reads them"
            );
        }
    }

    /// After a failure: nothing is kept, and what the log holds is read anew before the next group.
    async fn give_up(&mut self) {
        self.frontier = None;
        if let Err(error) = self.session.roll_back().await {
            // Usual after a full disk, where SQLite has rolled back by itself.
            tracing::debug!(error = &error as &dyn std::error::Error, "nothing to roll back");
        }
    }

    async fn keep(&mut self, works: Vec<Work>) -> Result<Kept, Arc<StoreError>> {
        let failed = |error: sqlx::Error| Arc::new(StoreError::from(error));
        let mut frontier = match self.frontier.clone() {
            Some(frontier) => frontier,
            None => {
                let frontier = log::frontier(&mut self.session).await.map_err(Arc::new)?;
                self.recent.read(&mut self.session, frontier.size()).await.map_err(Arc::new)?;
                frontier
            }
        };
        // Every group that wrote entries has its checkpoint: this is the size of the one before.
        let begun = frontier.size();
        let units = works.iter().filter_map(Work::unit);
        let mut plan = Plan::load(&mut self.session, units, &self.recent).await.map_err(failed)?;
        let mut nodes: Vec<Node> = Vec::new();
        let mut answers = Vec::with_capacity(works.len());
        let mut settled = false;
        for work in works {
            let answer = match work {
                Work::Unit(unit) => match self.admit(&plan, &unit).await {
                    Ok(()) => {
                        for part in &unit.parts {
                            nodes.extend(frontier.append(leaf_hash(&part.record)).into_iter().filter(log::is_stored));
                        }
                        let seq = frontier.size();
                        nodes.extend(frontier.append(leaf_hash(&unit.record)).into_iter().filter(log::is_stored));
                        plan.take(*unit, seq);
                        Ok(Committed { seq })
                    }
                    Err(refused) => Err(refused),
                },
                Work::Settle(settlement) => {
                    settled = true;
                    let change = [StateChange::EffectSettled(settlement)];
                    self.apply(&change, 0).await.map(|()| Committed { seq: frontier.size() })
                }
            };
            match answer {
                Err(CommitError::Store(cause)) => return Err(cause),
                answer => answers.push(answer),
            }
        }
        if plan.entries.is_empty() && !settled {
            self.session.roll_back().await.map_err(failed)?;
            self.frontier = Some(frontier);
            return Ok(Kept { wrote: false, effects: false, answers });
        }
        let checkpoint = plan.entries.iter().map(|entry| entry.at).max().map(|at| self.sign(&frontier, begun, at));
        let sorted = self.recent.step(plan.answered.len());
        plan_write::keep(&mut self.session, &plan, &nodes, checkpoint.as_ref(), &sorted).await.map_err(failed)?;
        let answered = plan.answered.iter().map(|row| (row.key, row.answered.seq));
        self.recent.kept(&sorted, answered, frontier.size());
        self.frontier = Some(frontier);
        Ok(Kept { wrote: true, effects: !plan.effects.is_empty(), answers })
    }

    /// All checks of a unit, and those of its writes that are checks at the same time.
    async fn admit(&mut self, plan: &Plan, unit: &Unit) -> Result<(), CommitError> {
        plan.admits(unit)?;
        self.apply(&unit.changes, unit.record_at).await
    }

    /// Applies governance changes: they are few, and each is refused by the statement that makes it, so they are made
    /// behind a mark to which a refusal goes back.
    async fn apply(&mut self, changes: &[StateChange], at: i64) -> Result<(), CommitError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.session.mark().await?;
        for change in changes {
            match changes::apply(&mut self.session, change, at).await {
                Ok(()) => {}
                Err(CommitError::Store(cause)) => return Err(CommitError::Store(cause)),
                Err(refused) => {
                    self.session.undo_since_mark().await?;
                    return Err(refused);
                }
            }
        }
        self.session.keep_since_mark().await?;
        Ok(())
    }

    fn sign(&self, frontier: &Frontier, before: u64, at: i64) -> SignedCheckpoint {
        let note = self.signer.sign_after(frontier.size(), frontier.root(), before);
        SignedCheckpoint { size: frontier.size(), note, at }
    }

    async fn retire(&mut self, due: &Due) -> Result<Retired, StoreError> {
        let retired = retention::retire(&mut self.session, &self.recent, due).await;
        if retired.is_err() {
            self.give_up().await;
        }
        retired
    }

    async fn fold(&mut self, fold: Fold) -> Result<(), StoreError> {
        let kept = used::keep(&mut self.session, fold).await;
        if kept.is_err() {
            self.give_up().await;
        }
        kept
    }
}
