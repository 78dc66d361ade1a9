//! The manifest, `pilot.toml`: what a version is, what it asks for and why. Parsed once; unknown keys are errors, missing means deny.

mod config;
mod cron;
mod parse;
mod problem;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::{Deserialize, Serialize};

pub use config::{
    Config, ConfigError, MAX_SETTING_COLUMNS, MAX_SETTING_ENTRIES, MAX_SETTING_TEXT, MAX_SETTINGS, Setting,
    SettingKind, Widens,
};
pub use cron::{Cron, CronError};
pub use problem::{ManifestError, Problem};

use crate::grant::CapabilityRequest;
use crate::ids::{Capability, CodeName, IndicatorName, ModelNumber, OperationName, PilotId, Role, TickName, VendorId};
use crate::scope::{AnyScope, ReadingMethod};
use crate::text::Bilingual;
use crate::version::{ContractVersion, PilotVersion};

/// Largest manifest, in bytes. The longest that we wrote is a tenth of it.
pub const MAX_MANIFEST_BYTES: usize = 128 * 1024;
/// Most operations, ticks or indicators of one pilot: what a page still shows.
pub const MAX_ENTRIES: usize = 64;
/// Longest deadline of one call: someone waits at a desk.
pub const MAX_DEADLINE_MS: u32 = 2_000;
/// Most linear memory of one instance: what the pooling allocator holds ready for each.
pub const MAX_MEMORY_KIB: u32 = 16 * 1024;
/// Least linear memory: one page.
pub const MIN_MEMORY_KIB: u32 = 64;
/// Most table elements of one instance.
pub const MAX_TABLE_ELEMENTS: u32 = 10_000;
/// Longest retention of invocation records: ten years.
pub const MAX_RETENTION_DAYS: u32 = 3_660;

/// What a version of a pilot says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The pilot, over all its versions.
    pub id: PilotId,
    /// Which model of the plan it carries out.
    pub model: ModelNumber,
    /// This version.
    pub version: Version,
    /// The contract that it was built against.
    pub contract: ContractVersion,
    /// Who made it, and whose key signs it.
    pub vendor: VendorId,
    /// What people call it.
    pub title: Bilingual,
    /// What it does, in two or three sentences.
    pub summary: Bilingual,
    /// Whether occasions carry a recorded random seed.
    pub seed: bool,
    /// Whether the component may import WASI, and gets an empty, deny-by-default one.
    pub wasi: bool,
    /// What it asks for, at most once a capability.
    pub capabilities: Vec<CapabilityRequest>,
    /// What departments' software may call.
    pub operations: BTreeMap<OperationName, Operation>,
    /// Readings that it takes.
    pub readings: Option<Readings>,
    /// When it is woken.
    pub schedules: BTreeMap<TickName, Schedule>,
    /// What it counts.
    pub indicators: BTreeMap<IndicatorName, Indicator>,
    /// What departments may set.
    pub config: Config,
    /// What one call may use.
    pub limits: Limits,
    /// How long its records are kept.
    pub retention: Retention,
    /// What callers read while it is down.
    pub while_down: Bilingual,
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Operation {
    /// Roles that may call it.
    pub callers: BTreeSet<Role>,
    /// The closed set of decisions that it ends with.
    pub decisions: BTreeSet<CodeName>,
    /// Roles that see people in its outcome by name. None: nobody does.
    #[serde(default)]
    pub persons_visible_to: BTreeSet<Role>,
    /// Whether it takes rows of a file, in chunks.
    #[serde(default)]
    pub batch: bool,
}

/// Which readings a pilot takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Readings {
    /// By which methods.
    pub methods: BTreeSet<ReadingMethod>,
    /// Roles of the devices' desks that may read. None: any device of a unit that the pilot serves.
    #[serde(default)]
    pub callers: BTreeSet<Role>,
    /// Decisions that a reading ends with. None: those of the operations.
    #[serde(default)]
    pub decisions: BTreeSet<CodeName>,
    /// Roles that see people in its outcome by name.
    #[serde(default)]
    pub persons_visible_to: BTreeSet<Role>,
}

/// A tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Schedule {
    /// When, in province time (UTC+07:00): minute, hour, day of month, month, day of week.
    pub cron: Cron,
    /// Decisions that a tick ends with. None: those of the operations, and `done`.
    #[serde(default)]
    pub decisions: BTreeSet<CodeName>,
}

/// How an indicator is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorKind {
    /// A sum.
    Count,
    /// How many of how many.
    Share,
    /// The last value.
    Gauge,
    /// The middle value.
    Median,
}

/// What a pilot counts, for dashboard, evaluation and monthly report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Indicator {
    /// How.
    pub kind: IndicatorKind,
    /// What people call it.
    pub title: Bilingual,
    /// What the plan or the department wants.
    pub target: Option<Target>,
}

/// What an indicator should reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Target {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
    /// As a number, where it is one. A share from 0 to 1.
    pub value: Option<f64>,
}

/// What one call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Guest and host time together, in milliseconds; 1 to [`MAX_DEADLINE_MS`].
    pub deadline_ms: u32,
    /// Linear memory, in KiB; [`MIN_MEMORY_KIB`] to [`MAX_MEMORY_KIB`].
    pub memory_kib: u32,
    /// Table elements, at most [`MAX_TABLE_ELEMENTS`]. None: the host's default.
    pub table: Option<u32>,
}

/// How long records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Retention {
    /// Days that the sealed values of an invocation are kept; 1 to [`MAX_RETENTION_DAYS`]. The log itself holds no values.
    pub invocations_days: u32,
}

impl Manifest {
    /// Reads a manifest. `file_name` is for the messages only.
    ///
    /// # Errors
    /// Everything that is wrong, at once, each with its place and its fix.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, ManifestError> {
        parse::manifest(file_name, text)
    }

    /// `lodging-hotels@1.2.0`.
    pub fn pilot_version(&self) -> PilotVersion {
        PilotVersion { pilot: self.id.clone(), version: self.version.clone() }
    }

    /// What it asks of a capability.
    pub fn request(&self, capability: Capability) -> Option<&CapabilityRequest> {
        self.capabilities.iter().find(|request| request.capability() == capability)
    }

    /// Whether a function is requested.
    pub fn requests(&self, capability: Capability, function: &str) -> bool {
        self.request(capability).is_some_and(|request| request.functions.contains(function))
    }

    /// Decisions that an entry may end with, where it declares none of its own.
    pub fn decisions(&self) -> BTreeSet<&CodeName> {
        self.operations.values().flat_map(|operation| &operation.decisions).collect()
    }

    /// The tables of its own that it asks for.
    pub fn tables(&self) -> Option<&crate::scope::RecordsScope> {
        match &self.request(Capability::Records)?.scope {
            AnyScope::Records(scope) => Some(scope),
            _ => None,
        }
    }
}
