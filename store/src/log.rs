//! The log as it is read: entries, checkpoints, proofs, and its verification by the evidence room's own checker.

use std::collections::{BTreeSet, HashMap};

use pilothouse_evidence::merkle::{consistency_positions, inclusion_positions, root_positions};
use pilothouse_evidence::{
    CheckpointKey, Frontier, Hash, Node, Position, Report, Verifier, VerifyError, leaf_hash, merkle, verify::compare,
};

use sqlx::types::Json;

use crate::db::{Db, Session, on};
use crate::durable::Durable;
use crate::error::StoreError;

/// Most entries of one answer: a page of the record, or a bundle of C2SP tlog-tiles (256) at once.
pub const MAX_ENTRIES: u32 = 500;
/// Entries that are verified between two reads: a few milliseconds of hashing, so that other tasks get their turn.
const VERIFY_STEP: u32 = 128;

/// The lowest level whose nodes are stored. A node below covers at most eight entries, from which it is hashed when a proof
/// needs it; storing them too would be most of the rows that a call writes.
const STORED_FROM: u8 = 4;

/// Whether the node is one that is stored.
pub(crate) fn is_stored(node: &Node) -> bool {
    node.level >= STORED_FROM
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place, counted from 0.
    pub seq: u64,
    /// The record's id.
    pub id: String,
    /// When the record was made, microseconds UTC.
    pub at: i64,
    /// The pilot that it is about, if it is about one.
    pub pilot: Option<String>,
    /// The record in its canonical form.
    pub body: Vec<u8>,
}

/// A signed size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// How many entries it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
    /// The time of the newest record that it covers first, microseconds UTC.
    pub at: i64,
}

/// That an entry is in the log that a checkpoint signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The entry's place.
    pub seq: u64,
    /// The checkpoint that it is proven against.
    pub checkpoint: SignedCheckpoint,
    /// RFC 6962, 2.1.1: the leaf's sibling first.
    pub hashes: Vec<Hash>,
}

type Row = (i64, String, i64, Option<String>, Vec<u8>);

impl From<Row> for LogEntry {
    fn from((seq, id, at, pilot, body): Row) -> Self {
        Self { seq: seq.unsigned_abs(), id, at, pilot, body }
    }
}

fn signed((size, note, at): (i64, String, i64)) -> SignedCheckpoint {
    SignedCheckpoint { size: size.unsigned_abs(), note, at }
}

/// No log is so long that its numbers leave 63 bits (`evidence` ends at 2^48); a question beyond finds nothing.
fn place(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// Reads the log: what is durable of it.
#[derive(Debug, Clone, Copy)]
pub struct Log<'s> {
    pub(crate) db: &'s Db,
    pub(crate) durable: &'s Durable,
}

impl Log<'_> {
    /// How many entries there are.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let size = size(&mut self.db.read().await?).await?;
        self.durable.settled(size).await
    }

    /// The entry at a place.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn entry(&self, seq: u64) -> Result<Option<LogEntry>, StoreError> {
        let mut session = self.db.read().await?;
        let row: Option<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT seq, id, at, pilot, body FROM log_entries WHERE seq = $1")
            .bind(place(seq)).fetch_optional(conn).await)?;
        self.durable.settled(row.map(LogEntry::from)).await
    }

    /// The entry of the record with this id.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn entry_by_id(&self, id: &str) -> Result<Option<LogEntry>, StoreError> {
        let mut session = self.db.read().await?;
        let row: Option<Row> = on!(&mut session, conn => sqlx::query_as(
                "SELECT seq, id, at, pilot, body FROM log_entries WHERE id = $1")
            .bind(id).fetch_optional(conn).await)?;
        self.durable.settled(row.map(LogEntry::from)).await
    }

    /// Entries from a place on, in their order; at most [`MAX_ENTRIES`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn entries(&self, from: u64, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        let entries = entries(&mut self.db.read().await?, from, limit).await?;
        self.durable.settled(entries).await
    }

    /// The newest entries, of one pilot or of all, newest first; those before a place if one is given (the last `seq`
    /// of the page before). At most [`MAX_ENTRIES`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn latest(
        &self,
        pilot: Option<&str>,
        limit: u32,
        before: Option<u64>,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let mut session = self.db.read().await?;
        let before = before.map_or(i64::MAX, place);
        let limit = i64::from(limit.min(MAX_ENTRIES));
        let rows: Vec<Row> = match pilot {
            Some(pilot) => on!(&mut session, conn => sqlx::query_as(
                    "SELECT seq, id, at, pilot, body FROM log_entries WHERE pilot = $1 AND seq < $2 \
                     ORDER BY seq DESC LIMIT $3")
                .bind(pilot).bind(before).bind(limit).fetch_all(conn).await)?,
            None => on!(&mut session, conn => sqlx::query_as(
                    "SELECT seq, id, at, pilot, body FROM log_entries WHERE seq < $1 ORDER BY seq DESC LIMIT $2")
                .bind(before).bind(limit).fetch_all(conn).await)?,
        };
        self.durable.settled(rows.into_iter().map(LogEntry::from).collect()).await
    }

    /// The newest checkpoint; none before the first record.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        let newest = newest_checkpoint(&mut self.db.read().await?).await?;
        self.durable.settled(newest).await
    }

    /// The checkpoint over so many entries; none where none was signed over exactly these.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn checkpoint_of(&self, size: u64) -> Result<Option<SignedCheckpoint>, StoreError> {
        let mut session = self.db.read().await?;
        let row: Option<(i64, String, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT size, note, at FROM log_checkpoints WHERE size = $1")
            .bind(place(size)).fetch_optional(conn).await)?;
        Ok(row.map(signed))
    }

    /// That this entry is in the log of the newest checkpoint; none where there is no such entry.
    ///
    /// # Errors
    /// Those of the database; [`StoreError::Log`] where nodes are missing.
    pub async fn inclusion(&self, seq: u64) -> Result<Option<InclusionProof>, StoreError> {
        let mut session = self.db.read().await?;
        let Some(checkpoint) = newest_checkpoint(&mut session).await? else { return Ok(None) };
        if seq >= checkpoint.size {
            return Ok(None);
        }
        let nodes = nodes(&mut session, &inclusion_positions(checkpoint.size, seq)?).await?;
        let hashes = merkle::inclusion_proof(&nodes, checkpoint.size, seq)?;
        self.durable.settled(Some(InclusionProof { seq, checkpoint, hashes })).await
    }

    /// That the log of `new` entries begins with the log of `old` (RFC 6962, 2.1.2).
    ///
    /// # Errors
    /// Those of the database; [`StoreError::Log`] where the sizes are in the wrong order, larger than the log, or nodes
    /// are missing.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, StoreError> {
        let mut session = self.db.read().await?;
        let nodes = nodes(&mut session, &consistency_positions(old, new)?).await?;
        self.durable.settled(merkle::consistency_proof(&nodes, old, new)?).await
    }

    /// Verifies the whole log as it is at this moment, against checkpoints kept elsewhere as well (`kept`).
    ///
    /// # Errors
    /// [`StoreError::Verify`] with the first thing that is wrong; those of the database.
    pub async fn verify(&self, key: &CheckpointKey, kept: &[String]) -> Result<Report, StoreError> {
        let mut session = self.db.read().await?;
        session.begin_read().await?;
        let report = verify(&mut session, key, kept).await;
        session.roll_back().await?;
        self.durable.settled(report?).await
    }
}

async fn verify(session: &mut Session, key: &CheckpointKey, kept: &[String]) -> Result<Report, StoreError> {
    let size = size(session).await?;
    let notes: Vec<(i64, String)> = on!(&mut *session, conn => sqlx::query_as(
            "SELECT size, note FROM log_checkpoints ORDER BY size").fetch_all(conn).await)?;
    let (sizes, notes): (Vec<i64>, Vec<String>) = notes.into_iter().unzip();
    let mut verifier = Verifier::new(key, &notes, kept, size).map_err(StoreError::Verify)?;
    whole_chain(key, &sizes, &notes)?;
    let mut columns = Columns::default();
    let mut next = 0;
    while next < size {
        let page = entries(session, next, VERIFY_STEP).await?;
        if page.is_empty() {
            return Err(StoreError::Verify(VerifyError::MissingEntry(next)));
        }
        let mut finished: Vec<Node> = Vec::with_capacity(page.len() * 2);
        for entry in page {
            if entry.seq != next {
                return Err(StoreError::Verify(VerifyError::MissingEntry(next)));
            }
            finished.extend(verifier.push(&entry.body).map_err(StoreError::Verify)?);
            columns.fit(&entry)?;
            next += 1;
        }
        finished.retain(is_stored);
        let at: Vec<Position> = finished.iter().map(|node| Position { level: node.level, index: node.index }).collect();
        let stored = stored_nodes(session, &at).await?;
        for (node, at) in finished.iter().zip(&at) {
            compare(node, stored.get(at).copied()).map_err(StoreError::Verify)?;
        }
    }
    verifier.finish().map_err(StoreError::Verify)
}

/// No checkpoint is missing between two, and each lies under the size that it signs.
fn whole_chain(key: &CheckpointKey, sizes: &[i64], notes: &[String]) -> Result<(), StoreError> {
    let mut before = 0;
    for (n, (size, note)) in (1_u64..).zip(sizes.iter().zip(notes)) {
        let number = n;
        let read =
            key.verify(note).map_err(|source| StoreError::Verify(VerifyError::BadCheckpoint { number, source }))?;
        if size.unsigned_abs() != read.size {
            return Err(StoreError::Differs {
                what: format!("checkpoint {n}: its column `size` is not what it signs"),
            });
        }
        // Checkpoints of before did not name the one before them.
        if let Some(after) = read.after.filter(|after| *after != before) {
            let what =
                format!("the checkpoint over {after} entries is missing, which the one over {} names", read.size);
            return Err(StoreError::Differs { what });
        }
        before = read.size;
    }
    Ok(())
}

/// Holds the columns of entries against their bodies, in the order of the log.
#[derive(Debug, Default)]
struct Columns {
    /// The pilot of the parts before, which only the record behind them says.
    parts: Option<(u64, Option<String>)>,
}

impl Columns {
    fn fit(&mut self, entry: &LogEntry) -> Result<(), StoreError> {
        #[derive(serde::Deserialize)]
        struct Head {
            id: String,
            at: i64,
            kind: String,
            #[serde(default)]
            pilot: Option<String>,
        }
        let differs = |seq: u64, column: &str| StoreError::Differs {
            what: format!("entry {seq}: its column `{column}` is not what its body says"),
        };
        let head: Head =
            serde_json::from_slice(&entry.body).map_err(|_| StoreError::Unreadable { table: "log_entries" })?;
        if head.id != entry.id {
            return Err(differs(entry.seq, "id"));
        }
        if head.at != entry.at {
            return Err(differs(entry.seq, "at"));
        }
        if head.kind == "part" {
            if let Some((_, pilot)) = &self.parts
                && *pilot != entry.pilot
            {
                return Err(differs(entry.seq, "pilot"));
            }
            self.parts.get_or_insert_with(|| (entry.seq, entry.pilot.clone()));
            return Ok(());
        }
        if let Some((seq, pilot)) = self.parts.take()
            && pilot != head.pilot
        {
            return Err(differs(seq, "pilot"));
        }
        if head.pilot != entry.pilot { Err(differs(entry.seq, "pilot")) } else { Ok(()) }
    }
}

/// Entries that a start looks at: some milliseconds of hashing, and what was written since the last time that anybody looked at all.
const NEWEST: u64 = 256;

/// Whether the newest entries are what their columns and the nodes above them say. Cheap, for every start; the rest is for
/// [`Log::verify`].
pub(crate) async fn newest_fit(session: &mut Session, size: u64) -> Result<(), StoreError> {
    let block = 1_u64 << STORED_FROM;
    let from = size.saturating_sub(NEWEST) / block * block;
    let (mut columns, mut frontier, mut first) = (Columns::default(), Frontier::empty(), from);
    // Parts that begin before the newest entries have their pilot from there.
    let mut known = from == 0;
    let entries = entries(session, from, MAX_ENTRIES).await?;
    let mut made = HashMap::new();
    for (entry, seq) in entries.iter().zip(from..) {
        if entry.seq != seq {
            return Err(StoreError::Verify(VerifyError::MissingEntry(seq)));
        }
        known |= !entry.body.windows(13).any(|text| text == br#""kind":"part""#);
        if known {
            columns.fit(entry)?;
        }
        let nodes = frontier.append(leaf_hash(&entry.body));
        if let Some(node) = nodes.into_iter().find(|node| node.level == STORED_FROM) {
            made.insert(Position { level: STORED_FROM, index: first >> STORED_FROM }, node.hash);
            frontier = Frontier::empty();
            first = seq + 1;
        }
    }
    let at: Vec<Position> = made.keys().copied().collect();
    let stored = stored_nodes(session, &at).await?;
    for (at, hash) in made {
        let node = Node { level: at.level, index: at.index, hash };
        compare(&node, stored.get(&at).copied()).map_err(StoreError::Verify)?;
    }
    Ok(())
}

pub(crate) async fn size(session: &mut Session) -> Result<u64, StoreError> {
    let size: i64 = on!(session, conn => sqlx::query_scalar("SELECT COALESCE(MAX(seq) + 1, 0) FROM log_entries")
        .fetch_one(conn).await)?;
    Ok(size.unsigned_abs())
}

/// What appending goes on from.
pub(crate) async fn frontier(session: &mut Session) -> Result<Frontier, StoreError> {
    let size = size(session).await?;
    let nodes = nodes(session, &root_positions(size)?).await?;
    Ok(Frontier::load(&nodes, size)?)
}

pub(crate) async fn newest_checkpoint(session: &mut Session) -> Result<Option<SignedCheckpoint>, StoreError> {
    let row: Option<(i64, String, i64)> = on!(session, conn => sqlx::query_as(
            "SELECT size, note, at FROM log_checkpoints ORDER BY size DESC LIMIT 1").fetch_optional(conn).await)?;
    Ok(row.map(signed))
}

pub(crate) async fn entries(session: &mut Session, from: u64, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
    let rows: Vec<Row> = on!(session, conn => sqlx::query_as(
            "SELECT seq, id, at, pilot, body FROM log_entries WHERE seq >= $1 ORDER BY seq LIMIT $2")
        .bind(place(from)).bind(i64::from(limit.min(MAX_ENTRIES))).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(LogEntry::from).collect())
}

/// Nodes at places: stored ones are read, those below are hashed anew from the entries that they cover.
async fn nodes(session: &mut Session, at: &[Position]) -> Result<HashMap<Position, Hash>, StoreError> {
    let (stored, below): (Vec<Position>, Vec<Position>) = at.iter().partition(|at| at.level >= STORED_FROM);
    let mut nodes = stored_nodes(session, &stored).await?;
    let blocks: BTreeSet<u64> = below.iter().map(|at| at.index >> (STORED_FROM - at.level)).collect();
    for block in blocks {
        let first = block << STORED_FROM;
        let mut block = Frontier::empty();
        for (entry, seq) in entries(session, first, 1 << STORED_FROM).await?.iter().zip(first..) {
            // A gap: the nodes behind it are missing, and whoever needs them says so.
            if entry.seq != seq {
                break;
            }
            for node in block.append(leaf_hash(&entry.body)) {
                let index = node.index + (first >> node.level);
                nodes.insert(Position { level: node.level, index }, node.hash);
            }
        }
    }
    Ok(nodes)
}

async fn stored_nodes(session: &mut Session, at: &[Position]) -> Result<HashMap<Position, Hash>, StoreError> {
    let asked: Vec<(u8, u64)> = at.iter().map(|at| (at.level, at.index)).collect();
    let text = session.texts().nodes;
    let found: Vec<(i64, i64, Vec<u8>)> =
        on!(session, conn => sqlx::query_as(text).bind(Json(asked)).fetch_all(conn).await)?;
    let unreadable = StoreError::Unreadable { table: "log_nodes" };
    let mut nodes = HashMap::with_capacity(at.len());
    for (level, index, stored) in found {
        let Ok(level) = u8::try_from(level) else { return Err(unreadable) };
        nodes.insert(Position { level, index: index.unsigned_abs() }, hash(&stored)?);
    }
    Ok(nodes)
}

fn hash(stored: &[u8]) -> Result<Hash, StoreError> {
    stored.try_into().map_err(|_| StoreError::Unreadable { table: "log_nodes" })
}
