//! Four eyes: the way of a grant, or of anything else that two approve, from request to approval to withdrawal.

use serde::{Deserialize, Serialize};

use crate::ids::OfficerId;

/// Who acted, as they were known at that time. What a credential counted as then stays with the act: a later confirmation changes
/// nothing of what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ActForm", rename_all = "kebab-case")]
pub struct Act {
    /// The officer as whom the credential counted.
    pub officer: OfficerId,
    /// The officer whom the credential names by itself.
    pub own: OfficerId,
    /// The credential; none in what was kept before credentials were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// An act as it may be stored: before credentials were kept it was the officer alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum ActForm {
    Officer(OfficerId),
    Act {
        officer: OfficerId,
        own: OfficerId,
        #[serde(default)]
        credential: Option<String>,
    },
}

impl From<ActForm> for Act {
    fn from(form: ActForm) -> Self {
        match form {
            ActForm::Officer(officer) => officer.into(),
            ActForm::Act { officer, own, credential } => Act { officer, own, credential },
        }
    }
}

impl From<OfficerId> for Act {
    fn from(officer: OfficerId) -> Self {
        Act { own: officer.clone(), officer, credential: None }
    }
}

impl Act {
    /// Whether one pair of eyes may stand behind both: they share a credential, or one counted as the other when it acted.
    pub fn may_be_same(&self, other: &Act) -> bool {
        [&self.officer, &self.own].into_iter().any(|mine| *mine == other.officer || *mine == other.own)
    }
}

/// How far a grant is. Each state carries what is true in it only. Instants are microseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state", deny_unknown_fields)]
pub enum GrantState {
    /// Asked for.
    Requested {
        /// By whom.
        by: Act,
    },
    /// One officer has approved it.
    ApprovedOnce {
        /// Who asked for it.
        by: Act,
        /// Who approved it.
        first: Act,
    },
    /// In force.
    Granted {
        /// Who asked for it.
        by: Act,
        /// Who approved it: two, neither of them the requester.
        approvers: Box<[Act; 2]>,
        /// Since when.
        since: i64,
    },
    /// Taken back or turned down. Never comes back; a new request is a new grant.
    Withdrawn {
        /// By whom.
        by: Act,
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

    /// Whether it waits for somebody's approval.
    pub fn is_waiting(&self) -> bool {
        matches!(self, GrantState::Requested { .. } | GrantState::ApprovedOnce { .. })
    }

    /// Four eyes, neither of them the requester's. `now` in microseconds since 1970 UTC.
    pub fn approve(self, officer: impl Into<Act>, now: i64) -> Result<GrantState, ApproveError> {
        use GrantState::{ApprovedOnce, Granted, Requested, Withdrawn};
        let officer = officer.into();
        match self {
            Requested { by } | ApprovedOnce { by, .. } if by.may_be_same(&officer) => Err(ApproveError::OwnRequest),
            Requested { by } => Ok(ApprovedOnce { by, first: officer }),
            ApprovedOnce { first, .. } if first.may_be_same(&officer) => Err(ApproveError::SecondEyesNeeded),
            ApprovedOnce { by, first } => Ok(Granted { by, approvers: Box::new([first, officer]), since: now }),
            Granted { .. } | Withdrawn { .. } => Err(ApproveError::NotWaiting(self.name())),
        }
    }

    /// The same without a first approval that this credential gave while it waits for a second: who stands behind the credential has
    /// become another question since. None: there is none.
    pub fn without_approval_of(&self, own: &OfficerId) -> Option<GrantState> {
        match self {
            GrantState::ApprovedOnce { by, first } if first.own == *own => {
                Some(GrantState::Requested { by: by.clone() })
            }
            _ => None,
        }
    }

    /// One officer is enough, and it holds at once: an emergency only narrows. Also turns a request down.
    pub fn withdraw(self, officer: impl Into<Act>, now: i64) -> Result<GrantState, ApproveError> {
        use GrantState::{ApprovedOnce, Granted, Requested, Withdrawn};
        match self {
            Requested { .. } | ApprovedOnce { .. } | Granted { .. } => Ok(Withdrawn { by: officer.into(), at: now }),
            Withdrawn { .. } => Err(ApproveError::NotWaiting(self.name())),
        }
    }
}
