//! Grants: what a version asks for and why, who approved it, and what is left of it under the host's ceiling.
//!
//! Effective right = requested ∩ granted ∩ ceiling. Deny is the default. Pure: the decision on a call is a function of rights, ask and time.

mod approval;
mod ceiling;
mod decide;
mod opens;
mod state;
#[cfg(test)]
mod tests;
mod wider;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use approval::{Approval, Subject};
pub use ceiling::{Ceiling, CeilingError, ConsentCeiling, Limit, MessagingCeiling, RecordsCeiling, ReportingCeiling};
pub use decide::{Ask, Decision, DenialCode, Effective, EffectiveRight, Line, decide};
pub use opens::opens;
pub use state::{Act, ApproveError, GrantState};
pub use wider::wider;

use crate::ids::{Capability, Digest, GrantId, LegalBasis, PilotId, UnitCode, VendorId};
use crate::scope::AnyScope;
use crate::text::Purpose;

/// How much of a capability may be used. Zero means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budget {
    /// Calls in any 60 seconds.
    pub calls_per_minute: u32,
    /// Different people in one day of province time, in each unit.
    #[serde(default)]
    pub people_per_day: u32,
    /// Effects in one day of province time.
    #[serde(default)]
    pub effects_per_day: u32,
}

impl Budget {
    /// The smaller of both, number by number.
    pub fn narrow(&self, other: &Self) -> Self {
        Self {
            calls_per_minute: self.calls_per_minute.min(other.calls_per_minute),
            people_per_day: self.people_per_day.min(other.people_per_day),
            effects_per_day: self.effects_per_day.min(other.effects_per_day),
        }
    }
}

/// What a version asks of one capability, and why. Units are not part of it: the working group grants for units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CapabilityRequest {
    /// Functions, as the manifest lists them: `verify`, `entry.get`.
    pub functions: BTreeSet<String>,
    /// What of them.
    pub scope: AnyScope,
    /// Why, in words.
    pub purpose: Purpose,
    /// Why, by law.
    pub legal_basis: Vec<LegalBasis>,
    /// How much.
    pub budget: Budget,
}

impl CapabilityRequest {
    /// Of which capability.
    pub fn capability(&self) -> Capability {
        self.scope.capability()
    }
}

/// A request as the working group granted it: for some units, until a day, by two officers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grant {
    /// Stamped on every call that used it.
    pub id: GrantId,
    /// Whose.
    pub pilot: PilotId,
    /// Of which vendor: code of another one uses nothing of it. None in what was kept before vendors were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorId>,
    /// The build whose request it was. Later builds of the vendor that open no more use it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Digest>,
    /// What.
    pub right: CapabilityRequest,
    /// Where: a call from another unit is denied.
    pub units: BTreeSet<UnitCode>,
    /// Until when, in microseconds since 1970 UTC; at that instant it has ended.
    pub expires: i64,
    /// How far it is.
    pub state: GrantState,
}
