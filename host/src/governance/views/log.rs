//! The log as officers and auditors read it: records with their proofs, its signed state, and checks of the whole.

use pilothouse_runtime::compile::confine;
use serde::Serialize;
use serde_json::Value;

use super::super::checking::Beside;
use super::super::{Caller, House, HouseError, now};

/// An invocation with its proof.
#[derive(Debug, Clone, Serialize)]
pub struct InvocationView {
    /// Its place in the log.
    pub seq: u64,
    /// Its record.
    pub record: Value,
    /// Sibling hashes, leaf first, hex (RFC 6962, 2.1.1).
    pub inclusion: Vec<String>,
    /// The signed checkpoint that it is proven against.
    pub checkpoint: String,
}

/// A signed state of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// How many entries it covers.
    pub size: u64,
    /// Their root, hex.
    pub root: String,
    /// The time of the newest record that it covers first, microseconds UTC.
    pub at: i64,
}

/// What a check of the whole log came to: it holds, or there is an error instead.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// Entries, of every kind.
    pub entries: u64,
    /// Signed checkpoints.
    pub checkpoints: u64,
    /// Invocations.
    pub invocations: u64,
    /// Changes of what may be done.
    pub changes: u64,
    /// Looks into the record.
    pub looks: u64,
    /// The key that the checkpoints are signed with, as C2SP writes it.
    pub key: String,
    /// What stands beside the log and was held against it.
    pub beside: Beside,
}

impl Verified {
    pub(crate) fn new(report: &pilothouse_evidence::Report, key: String, beside: Beside) -> Verified {
        let pilothouse_evidence::Report { entries, checkpoints, invocations, changes, looks, .. } = *report;
        Verified { entries, checkpoints, invocations, changes, looks, key, beside }
    }
}

/// What a replay came to.
#[derive(Debug, Clone, Serialize)]
pub struct Replayed {
    /// Which invocation.
    pub id: String,
    /// Whether it gave the same bytes.
    pub same: bool,
    /// Where it left the recording.
    pub difference: Option<String>,
    /// Calls that it made.
    pub calls: usize,
    /// Bytes of its ending.
    pub bytes: usize,
}

impl House {
    /// An invocation's record with its inclusion proof. The look is itself recorded.
    ///
    /// # Errors
    /// Where there is none, and those of the store.
    pub async fn invocation(&self, by: &Caller, id: &str) -> Result<InvocationView, HouseError> {
        let unknown = || HouseError::Unknown { what: "invocation", id: pilothouse_registry::escape_name(id) };
        let entry = self.0.store.log().entry_by_id(id).await?.ok_or_else(unknown)?;
        self.keep_look(by, "invocation", &entry.id).await?;
        let proof = self.0.store.log().inclusion(entry.seq).await?.ok_or_else(unknown)?;
        Ok(InvocationView {
            seq: entry.seq,
            record: serde_json::from_slice(&entry.body).unwrap_or_default(),
            inclusion: proof.hashes.iter().map(hex::encode).collect(),
            checkpoint: proof.checkpoint.note,
        })
    }

    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn checkpoint(&self) -> Result<Option<String>, HouseError> {
        Ok(self.0.store.log().checkpoint().await?.map(|checkpoint| checkpoint.note))
    }

    /// The newest signed state of the log: how many entries, their root, and when; none before the first record.
    ///
    /// # Errors
    /// Those of the store, and where it is not signed with the house's own key.
    pub async fn signed(&self) -> Result<Option<Signed>, HouseError> {
        let Some(newest) = self.0.store.log().checkpoint().await? else { return Ok(None) };
        let read = self.0.log_key.verify(&newest.note);
        let read = read.map_err(|_| HouseError::Open(pilothouse_store::OpenError::ForeignKey))?;
        Ok(Some(Signed { size: read.size, root: hex::encode(read.root), at: newest.at }))
    }

    /// How many entries the log has.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn log_size(&self) -> Result<u64, HouseError> {
        Ok(self.0.store.log().size().await?)
    }

    /// Whether the house can serve, and why not: (what, whether it is well, in words).
    pub async fn readiness(&self) -> Vec<(&'static str, bool, String)> {
        let store = match self.0.store.log().size().await {
            Ok(size) => ("store", true, format!("{size} entries in the log")),
            Err(error) => ("store", false, error.to_string()),
        };
        let ticks = self.0.machine.ticks();
        let closed = if confine::is_supported() {
            "the compiling process opens no file and no connection"
        } else {
            "this kernel has no Landlock: the compiling process has limits only"
        };
        vec![
            store,
            ("confinement", true, closed.to_owned()),
            ("deadlines", ticks > 0, format!("the epoch has moved {ticks} times")),
            // Neither keeps anybody from being answered: they are said.
            ("clock", true, self.0.clock.stands(now())),
            ("grants", true, self.terms().await),
        ]
    }
}
