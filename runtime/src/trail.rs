//! The calls that an invocation made, in their order: written while it runs, read back when it is replayed.

use std::collections::VecDeque;

use pilothouse_evidence::Verdict;
use serde::{Deserialize, Serialize};

/// Most capability calls of one invocation: a group of 100 with some ten calls each, and a bound on what evidence can weigh.
pub const MAX_CALLS: usize = 2_000;

/// One capability call, whole. Lives in memory and, sealed, in the recording; the log gets commitments only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallEntry {
    /// `population.verify`.
    pub function: String,
    /// Number of the handle that it is about.
    pub person: Option<u32>,
    /// That person's pseudonym.
    pub pseudonym: Option<String>,
    /// Names of claims, fields, tables that were asked for.
    pub asked: Vec<String>,
    /// The line of the grant that decided.
    pub line: String,
    /// How it was decided.
    pub verdict: Verdict,
    /// The arguments, as canonical JSON.
    pub args: String,
    /// The answer or the denial, as JSON.
    pub answer: String,
}

/// Writing, or reading back.
pub(crate) enum Trail {
    /// The call is live: what happens is written down.
    Written(Vec<CallEntry>),
    /// The call is a replay: what happened is read back, and where the guest asks something else, that is the difference.
    Read { left: VecDeque<CallEntry>, done: Vec<CallEntry>, difference: Option<String> },
}

impl Trail {
    pub(crate) fn replaying(entries: Vec<CallEntry>) -> Trail {
        Trail::Read { left: entries.into(), done: Vec::new(), difference: None }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Trail::Written(entries) => entries.len(),
            Trail::Read { done, .. } => done.len(),
        }
    }

    pub(crate) fn into_entries(self) -> (Vec<CallEntry>, Option<String>) {
        match self {
            Trail::Written(entries) => (entries, None),
            Trail::Read { left, done, difference } => {
                let missing = left
                    .front()
                    .map(|next| format!("call {} was {}, and is not made now", done.len() + 1, next.function));
                (done, difference.or(missing))
            }
        }
    }
}
