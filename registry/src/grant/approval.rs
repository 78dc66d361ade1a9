//! What two officers approve beside a capability: a build, a hand-over, a way back to an older version, a setting that widens.

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::GrantState;
use crate::ids::{Digest, GrantId, PilotId, VendorId};
use crate::scope::Difference;

/// What is approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
pub enum Subject {
    /// A vendor's build with everything that its manifest opens. Later builds of the same vendor that open no more go with it.
    Build {
        /// Whose.
        vendor: VendorId,
        /// Its version.
        version: Version,
        /// Its package.
        build: Digest,
        /// What it opens beyond what two approved before, as it was told to them.
        opens: Vec<Difference>,
    },
    /// The pilot becomes another vendor's, with its rows, pseudonyms and settings; rights do not go along.
    HandOver {
        /// Whose it is.
        from: VendorId,
        /// Whose it becomes.
        to: VendorId,
    },
    /// A version older than the newest that served: what was mended since is open again.
    Older {
        /// Its version.
        version: Version,
        /// Its package.
        build: Digest,
        /// The newest that served; where a newer one has served since, this approval serves no more.
        below: Version,
    },
    /// Settings that widen what is shown.
    Settings {
        /// What is to be set; the settings beside stay as they are.
        changes: Map<String, Value>,
        /// The same in plain words.
        sets: Vec<Difference>,
    },
}

impl Subject {
    /// Stable name.
    pub fn kind(&self) -> &'static str {
        match self {
            Subject::Build { .. } => "build",
            Subject::HandOver { .. } => "hand-over",
            Subject::Older { .. } => "older",
            Subject::Settings { .. } => "settings",
        }
    }
}

/// Something that two officers approve, neither of whom asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id, of the same kind as a grant's.
    pub id: GrantId,
    /// Of which pilot.
    pub pilot: PilotId,
    /// What.
    pub subject: Subject,
    /// How far it is.
    pub state: GrantState,
}
