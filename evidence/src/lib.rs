//! What proves afterwards what a pilot asked, under which grant, and what it got.
//!
//! Every invocation, every change of a grant or setting and every look into the record is one canonical [`Record`], a
//! leaf of an append-only Merkle log (RFC 6962) whose size and root are signed as a [`Checkpoint`] (C2SP
//! tlog-checkpoint). The log holds codes, ids, pseudonyms and salted commitments only. The values that a replay needs
//! are sealed beside it under a [`SealKey`] per invocation: destroying that key ends the values, and the log still
//! verifies.
//!
//! **Invariant:** this crate knows no database, no clock and no host; [`verify()`] runs on anybody's copy.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod checkpoint;
pub mod copy;
pub mod digest;
pub mod layout;
pub mod merkle;
pub mod record;
pub mod seal;
pub mod verify;

pub use checkpoint::{Checkpoint, CheckpointKey, CheckpointSigner, NoteError};
pub use copy::TiledCopy;
pub use digest::{Commitment, Digest};
pub use merkle::{Frontier, Hash, MerkleError, Node, Nodes, Position, leaf_hash};
pub use record::{
    CallGlance, CallRecord, Caller, ChangeRecord, EffectRecord, Glance, InvocationRecord, LookRecord, PartRecord,
    RECORD_VERSION, Record, RecordError, ResultRecord, Unwritten, Verdict,
};
pub use seal::{MasterKey, SealError, SealKey};
pub use verify::{Log, Report, Verifier, VerifyError, verify};

#[cfg(test)]
mod testing;
