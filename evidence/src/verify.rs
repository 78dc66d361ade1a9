//! Re-checks a whole log from a copy, trusting nothing but the log's public key.
//!
//! Every entry is a record in canonical form with an id of its own, every stored node is what the entries give, every
//! checkpoint is signed and has the root that the entries give, and the last one covers them all.
//! Somebody who kept an older checkpoint adds it: that is what a log cannot be rolled back behind.

use std::collections::{HashSet, VecDeque};
use std::error::Error;

use sha2::{Digest as _, Sha256};

use crate::checkpoint::{Checkpoint, CheckpointKey, NoteError};
use crate::merkle::{Frontier, Hash, MAX_SIZE, Node, leaf_hash};
use crate::record::{Record, RecordError};

/// A copy of a log, from wherever: a database, a folder, a server.
pub trait Log {
    /// Why the copy could not be read.
    type Error: Error + Send + Sync + 'static;

    /// How many entries it says it has.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn size(&self) -> Result<u64, Self::Error>;

    /// An entry's bytes; `None` where it is missing. Asked for in order, each once.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, Self::Error>;

    /// A complete subtree's hash as stored; `None` where it is missing.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Self::Error>;

    /// Whether nodes of this level are stored at all. Tiles keep every eighth.
    fn keeps(&self, _level: u8) -> bool {
        true
    }

    /// All signed checkpoints, oldest first.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn checkpoints(&self) -> Result<Vec<String>, Self::Error>;
}

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Entries, of every kind.
    pub entries: u64,
    /// Checkpoints, those kept elsewhere included.
    pub checkpoints: u64,
    /// Invocations.
    pub invocations: u64,
    /// Changes.
    pub changes: u64,
    /// Looks into the record.
    pub looks: u64,
    /// The earliest record's time (microseconds since 1970, UTC); `None` in an empty log.
    pub first_at: Option<i64>,
    /// The latest record's time.
    pub last_at: Option<i64>,
    /// The root over all entries.
    pub root: Hash,
}

/// The first thing that is wrong with the log.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The copy could not be read: says nothing about the log.
    #[error("the copy could not be read: nothing is proven either way, make it readable and verify again")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
    /// The size that the copy names cannot be.
    #[error("{0} entries are more than any log holds: the copy's size is damaged, copy the log again")]
    TooLarge(u64),
    /// An entry is gone.
    #[error("entry {0} is missing: copy the log again; if it is missing there too, it was removed, tell the auditor")]
    MissingEntry(u64),
    /// An entry is not a record.
    #[error("entry {index} is not a record of the log: copy the log again; if it is so there too, tell the auditor")]
    BadEntry {
        /// Which entry.
        index: u64,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// Two entries say that they are the same record.
    #[error("entry {0} has the id of an earlier entry: a record was entered twice or copied, tell the auditor")]
    DoubleId(u64),
    /// A part of an invocation whose next part or end is not there.
    #[error("entry {0} should go on with the invocation that the entry before began: tell the auditor")]
    BrokenParts(u64),
    /// A stored node is gone.
    #[error("node {index} of level {level} is missing: rebuild the nodes from the entries, then verify again")]
    MissingNode {
        /// Its level.
        level: u8,
        /// Its number in that level.
        index: u64,
    },
    /// A stored node is not what the entries give.
    #[error(
        "node {index} of level {level} does not fit the entries below it: an entry or the node was changed, compare with \
         another copy and tell the auditor"
    )]
    WrongNode {
        /// Its level.
        level: u8,
        /// Its number in that level.
        index: u64,
    },
    /// A checkpoint is not the log's.
    #[error("checkpoint {number} is not one of this log: check the key first; if that is right, tell the auditor")]
    BadCheckpoint {
        /// Its number, from 1; those kept elsewhere come after the log's own.
        number: u64,
        /// What is wrong with it.
        #[source]
        source: NoteError,
    },
    /// A later checkpoint is of fewer entries.
    #[error(
        "checkpoint {number} is of {size} entries, one before it of {before}: the log was rolled back, tell the auditor"
    )]
    Shrank {
        /// Its number, from 1.
        number: u64,
        /// Its size.
        size: u64,
        /// The size of the one before it.
        before: u64,
    },
    /// A checkpoint covers entries that the log no longer has.
    #[error(
        "a checkpoint was signed over {covered} entries, the log has {size}: entries were removed, tell the auditor"
    )]
    Truncated {
        /// The checkpoint's size.
        covered: u64,
        /// The log's.
        size: u64,
    },
    /// A checkpoint has another root than the entries give.
    #[error(
        "the checkpoint over {size} entries does not fit them: an entry among them was changed, swapped or replaced, \
         compare with another copy and tell the auditor"
    )]
    WrongRoot {
        /// The checkpoint's size.
        size: u64,
    },
    /// The newest entries are under no signature yet.
    #[error("entries from {covered} to {size} are under no checkpoint: let the host sign one, then verify again")]
    NotCovered {
        /// The last checkpoint's size.
        covered: u64,
        /// The log's.
        size: u64,
    },
}

/// Verifies a whole log.
///
/// # Errors
/// [`VerifyError`], naming the first entry, node or checkpoint that is wrong, and what to do.
pub fn verify<L: Log>(log: &L, key: &CheckpointKey) -> Result<Report, VerifyError> {
    verify_with(log, key, &[])
}

/// Verifies a whole log against checkpoints that were kept elsewhere as well, in any order: on paper, by an auditor,
/// by another agency. Against these, not even the holder of the log's key can roll it back.
///
/// # Errors
/// [`VerifyError`].
pub fn verify_with<L: Log>(log: &L, key: &CheckpointKey, kept: &[String]) -> Result<Report, VerifyError> {
    let size = log.size().map_err(unreadable)?;
    let mut verifier = Verifier::new(key, &log.checkpoints().map_err(unreadable)?, kept, size)?;
    for index in 0..size {
        let entry = log.entry(index).map_err(unreadable)?.ok_or(VerifyError::MissingEntry(index))?;
        for node in verifier.push(&entry)? {
            if log.keeps(node.level) {
                compare(&node, log.node(node.level, node.index).map_err(unreadable)?)?;
            }
        }
    }
    verifier.finish()
}

/// Whether a stored node is the one that the entries give.
///
/// # Errors
/// [`VerifyError::MissingNode`], [`VerifyError::WrongNode`].
pub fn compare(node: &Node, stored: Option<Hash>) -> Result<(), VerifyError> {
    let Node { level, index, hash } = *node;
    match stored {
        Some(stored) if stored == hash => Ok(()),
        Some(_) => Err(VerifyError::WrongNode { level, index }),
        None => Err(VerifyError::MissingNode { level, index }),
    }
}

/// The check itself, fed entry by entry: for a copy that arrives as a stream. [`verify`] is this in a loop.
pub struct Verifier {
    size: u64,
    frontier: Frontier,
    /// Smallest first; taken from the front as the log reaches their size.
    ahead: VecDeque<Checkpoint>,
    covered: u64,
    /// The first half of each id's digest: 16 bytes an entry, whatever the ids are.
    ids: HashSet<[u8; 16]>,
    /// The invocation whose parts were last seen, and the last part's number.
    parts: Option<(String, u32)>,
    report: Report,
}

impl Verifier {
    /// Begins with the checkpoints, the log's own (oldest first) and those kept elsewhere, and the size the copy names.
    ///
    /// # Errors
    /// [`VerifyError`] where a checkpoint is not signed by this key, or they do not grow up to that size.
    pub fn new(key: &CheckpointKey, own: &[String], kept: &[String], size: u64) -> Result<Self, VerifyError> {
        if size > MAX_SIZE {
            return Err(VerifyError::TooLarge(size));
        }
        let mut checkpoints = Vec::with_capacity(own.len() + kept.len());
        let (mut covered, mut largest) = (0, 0);
        for (number, note) in (1..).zip(own.iter().chain(kept)) {
            let checkpoint = key.verify(note).map_err(|source| VerifyError::BadCheckpoint { number, source })?;
            if number <= own.len() as u64 {
                if checkpoint.size < covered {
                    return Err(VerifyError::Shrank { number, size: checkpoint.size, before: covered });
                }
                covered = checkpoint.size;
            }
            largest = largest.max(checkpoint.size);
            checkpoints.push(checkpoint);
        }
        if largest > size {
            return Err(VerifyError::Truncated { covered: largest, size });
        }
        checkpoints.sort_by_key(|checkpoint| checkpoint.size);
        let frontier = Frontier::empty();
        let report = Report {
            entries: 0,
            checkpoints: checkpoints.len() as u64,
            invocations: 0,
            changes: 0,
            looks: 0,
            first_at: None,
            last_at: None,
            root: frontier.root(),
        };
        let mut verifier =
            Self { size, frontier, ahead: checkpoints.into(), covered, ids: HashSet::new(), parts: None, report };
        verifier.meet_checkpoints()?;
        Ok(verifier)
    }

    /// Takes the next entry, and returns the nodes that it finishes, to be held against the stored ones by [`compare`].
    ///
    /// # Errors
    /// [`VerifyError`] where the entry is no record, or does not lead to the root of a checkpoint.
    pub fn push(&mut self, entry: &[u8]) -> Result<Vec<Node>, VerifyError> {
        let index = self.frontier.size();
        let record = Record::from_canonical(entry).map_err(|source| VerifyError::BadEntry { index, source })?;
        let mut id = [0; 16];
        id.copy_from_slice(&Sha256::digest(record.id())[..16]);
        if !self.ids.insert(id) {
            return Err(VerifyError::DoubleId(index));
        }
        self.follow_parts(index, &record)?;
        match &record {
            Record::Invocation(_) => self.report.invocations += 1,
            Record::Change(_) => self.report.changes += 1,
            Record::Look(_) => self.report.looks += 1,
            Record::Part(_) => {}
        }
        let at = record.at();
        self.report.first_at = Some(self.report.first_at.map_or(at, |first| first.min(at)));
        self.report.last_at = Some(self.report.last_at.map_or(at, |last| last.max(at)));
        let finished = self.frontier.append(leaf_hash(entry));
        self.meet_checkpoints()?;
        Ok(finished)
    }

    /// Ends with all entries seen.
    ///
    /// # Errors
    /// [`VerifyError::MissingEntry`] where the copy ended early, [`VerifyError::NotCovered`] where the newest entries
    /// are under no checkpoint of the log's own, [`VerifyError::BrokenParts`].
    pub fn finish(mut self) -> Result<Report, VerifyError> {
        let size = self.frontier.size();
        if size < self.size {
            return Err(VerifyError::MissingEntry(size));
        }
        if self.parts.is_some() {
            return Err(VerifyError::BrokenParts(size));
        }
        if self.covered < size {
            return Err(VerifyError::NotCovered { covered: self.covered, size });
        }
        self.report.entries = size;
        self.report.root = self.frontier.root();
        Ok(self.report)
    }

    /// Holds the root so far against every checkpoint of exactly this size.
    fn meet_checkpoints(&mut self) -> Result<(), VerifyError> {
        let size = self.frontier.size();
        while let Some(checkpoint) = self.ahead.pop_front_if(|checkpoint| checkpoint.size == size) {
            if checkpoint.root != self.frontier.root() {
                return Err(VerifyError::WrongRoot { size });
            }
        }
        Ok(())
    }

    /// Parts come in order, directly before their invocation.
    fn follow_parts(&mut self, index: u64, record: &Record) -> Result<(), VerifyError> {
        let fits = match (self.parts.take(), record) {
            (None, Record::Part(part)) => part.part == 1,
            (Some((invocation, last)), Record::Part(part)) => {
                part.invocation == invocation && Some(part.part) == last.checked_add(1)
            }
            (Some((invocation, _)), Record::Invocation(record)) => record.id == invocation,
            (Some(_), Record::Change(_) | Record::Look(_)) => false,
            (None, Record::Invocation(_) | Record::Change(_) | Record::Look(_)) => true,
        };
        if !fits {
            return Err(VerifyError::BrokenParts(index));
        }
        if let Record::Part(part) = record {
            self.parts = Some((part.invocation.clone(), part.part));
        }
        Ok(())
    }
}

fn unreadable(error: impl Error + Send + Sync + 'static) -> VerifyError {
    VerifyError::Unreadable(Box::new(error))
}

#[cfg(test)]
mod tests;
