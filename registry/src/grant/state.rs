//! Four eyes: the way of a grant from request to approval to withdrawal.

use serde::{Deserialize, Serialize};

use crate::ids::OfficerId;

/// How far a grant is. Each state carries what is true in it only. Instants are microseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state", deny_unknown_fields)]
pub enum GrantState {
    /// Asked for.
    Requested {
        /// By whom.
        by: OfficerId,
    },
    /// One officer has approved it.
    ApprovedOnce {
        /// Who asked for it.
        by: OfficerId,
        /// Who approved it.
        first: OfficerId,
    },
    /// In force.
    Granted {
        /// Who asked for it.
        by: OfficerId,
        /// Who approved it: two, neither of them the requester.
        approvers: [OfficerId; 2],
        /// Since when.
        since: i64,
    },
    /// Taken back or turned down. Never comes back; a new request is a new grant.
    Withdrawn {
        /// By whom.
        by: OfficerId,
        /// When.
        at: i64,
    },
}

/// Why an approval or withdrawal was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApproveError {
    /// The requester approves nothing of their own.
    #[error("you asked for this grant yourself: two other officers approve it")]
    OwnRequest,
    /// The same officer twice.
    #[error("you have approved this grant already: a second officer approves it now")]
    SecondEyesNeeded,
    /// Not waiting for an approval.
    #[error("this grant is {0} and waits for nobody: ask for a new one if it must change")]
    NotWaiting(&'static str),
}

impl ApproveError {
    /// Stable name.
    pub fn code(&self) -> &'static str {
        match self {
            ApproveError::OwnRequest => "grant.own-request",
            ApproveError::SecondEyesNeeded => "grant.second-eyes-needed",
            ApproveError::NotWaiting(_) => "grant.not-waiting",
        }
    }
}

impl GrantState {
    /// Stable name.
    pub fn name(&self) -> &'static str {
        match self {
            GrantState::Requested { .. } => "requested",
            GrantState::ApprovedOnce { .. } => "approved-once",
            GrantState::Granted { .. } => "granted",
            GrantState::Withdrawn { .. } => "withdrawn",
        }
    }

    /// Whether calls may use it.
    pub fn is_in_force(&self) -> bool {
        matches!(self, GrantState::Granted { .. })
    }

    /// Four eyes, neither of them the requester's. `now` in microseconds since 1970 UTC.
    pub fn approve(self, officer: OfficerId, now: i64) -> Result<GrantState, ApproveError> {
        use GrantState::{ApprovedOnce, Granted, Requested, Withdrawn};
        match self {
            Requested { by } | ApprovedOnce { by, .. } if by == officer => Err(ApproveError::OwnRequest),
            Requested { by } => Ok(ApprovedOnce { by, first: officer }),
            ApprovedOnce { first, .. } if first == officer => Err(ApproveError::SecondEyesNeeded),
            ApprovedOnce { by, first } => Ok(Granted { by, approvers: [first, officer], since: now }),
            Granted { .. } | Withdrawn { .. } => Err(ApproveError::NotWaiting(self.name())),
        }
    }

    /// One officer is enough, and it holds at once: an emergency only narrows. Also turns a request down.
    pub fn withdraw(self, officer: OfficerId, now: i64) -> Result<GrantState, ApproveError> {
        use GrantState::{ApprovedOnce, Granted, Requested, Withdrawn};
        match self {
            Requested { .. } | ApprovedOnce { .. } | Granted { .. } => Ok(Withdrawn { by: officer, at: now }),
            Withdrawn { .. } => Err(ApproveError::NotWaiting(self.name())),
        }
    }
}
