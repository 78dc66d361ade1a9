//! What is kept of an invocation so that it can be run again: what the guest saw, and no more.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ended::Ended;
use crate::invoke::Entry;
use crate::occasion::Occasion;
use crate::people::{Kind, Presented};
use crate::trail::CallEntry;

/// A person of the call as the recording keeps it: enough to replay, nothing that says who.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedPerson {
    /// The kind.
    pub kind: Kind,
    /// How it was presented.
    pub presented: Option<Presented>,
}

/// What a replay needs of one invocation. Sealed beside the log; holds what the guest saw and no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Evidence id.
    pub id: String,
    /// What was asked.
    pub entry: Entry,
    /// The circumstances.
    pub occasion: Arc<Occasion>,
    /// The settings.
    pub settings: Arc<str>,
    /// The people of the input.
    pub people: Vec<RecordedPerson>,
    /// The capability calls with their answers.
    pub calls: Vec<CallEntry>,
    /// How it ended.
    pub ended: Ended,
}
