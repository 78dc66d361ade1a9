//! What officers' acts come to: changes, settings, credentials, packages.

use pilothouse_registry::{Difference, FacilityId, PilotId, Role, UnitCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::PilotState;

/// What an officer's change came to.
#[derive(Debug, Clone, Serialize)]
pub struct Changed {
    /// Which pilot.
    pub id: PilotId,
    /// Its version.
    pub version: String,
    /// How it stands now.
    pub state: PilotState,
    /// The longest that a call which is under way may still run, milliseconds.
    pub in_flight_until_ms: u64,
}

/// What a rotation of a pilot's keys came to.
#[derive(Debug, Clone, Serialize)]
pub struct Rotated {
    /// Which pilot.
    pub id: PilotId,
    /// How often its keys were rotated since it came.
    pub rotation: u32,
    /// The longest that a call which is under way may still run with the keys before, milliseconds.
    pub in_flight_until_ms: u64,
}

/// A package that was taken in.
#[derive(Debug, Clone, Serialize)]
pub struct Installed {
    /// Which pilot.
    pub id: PilotId,
    /// Its version.
    pub version: String,
    /// Its digest.
    pub digest: String,
    /// `installed`: stored, not enabled.
    pub state: &'static str,
    /// Functions that no grant covers yet.
    pub waits_for: Vec<String>,
    /// What it opens that two officers have not approved; empty: one officer may put it in service.
    pub opens: Vec<Difference>,
}

/// A department's settings.
#[derive(Debug, Clone, Serialize)]
pub struct SettingsView {
    /// Grows with every change; 0: the defaults.
    pub revision: i64,
    /// Defaults and what was set over them.
    pub values: Map<String, Value>,
    /// Earlier revisions, newest first.
    pub history: Vec<SettingLine>,
}

/// One revision of the settings.
#[derive(Debug, Clone, Serialize)]
pub struct SettingLine {
    /// Its number.
    pub revision: i64,
    /// Id of the credential that set it.
    pub by: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// What was set.
    pub values: Value,
}

/// A credential to be given out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// In which role.
    pub role: Role,
    /// For which unit.
    pub unit: UnitCode,
    /// For which facility.
    pub facility: Option<FacilityId>,
    /// The pilots that a department answers for.
    pub pilots: Option<Vec<PilotId>>,
}

/// A credential as the list shows it.
#[derive(Debug, Clone, Serialize)]
pub struct CredentialLine {
    /// Its id.
    pub id: String,
    /// Its role.
    pub role: String,
    /// Its unit.
    pub unit: String,
    /// Its facility.
    pub facility: Option<String>,
    /// As whose eyes it counts in approving; none: its own.
    pub counts_as: Option<String>,
    /// When it was given out, microseconds UTC.
    pub created: i64,
    /// When it ended.
    pub revoked: Option<i64>,
}
