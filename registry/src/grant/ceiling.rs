//! The ceiling: the most that host policy lets any grant say.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Budget, CapabilityRequest};
use crate::contract;
use crate::ids::{BoardName, Capability, FacilityClass};
use crate::scope::{
    AlertsScope, AnyScope, Audience, Channel, ConsentScope, LodgingScope, MessagingScope, PersonScope, PlacesScope,
    PopulationScope, ReadersScope, RecordsScope, RegistersScope, ReportingScope, Scope,
};

/// The policy that ships with the host.
const EMBEDDED: &str = include_str!("../../ceiling.toml");

/// The most of one capability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limit<S> {
    /// Functions that any grant may name.
    pub functions: BTreeSet<String>,
    /// The widest scope.
    pub scope: S,
    /// The largest budget.
    pub budget: Budget,
}

/// The most of `records`: tables are the pilots' own, so they are limited in number and size, not by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecordsCeiling {
    /// Most rows of a pilot.
    pub max_rows: u32,
    /// Most bytes of a pilot.
    pub max_bytes: u32,
    /// Longest retention of a table.
    pub retention_days: u32,
    /// Most tables of a pilot; those first in alphabetical order count.
    pub max_tables: usize,
    /// Most indexes of a table, likewise.
    pub max_indexes: usize,
}

/// The most of `reporting`: indicators are the pilots' own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReportingCeiling {
    /// Most indicators of a pilot.
    pub max_indicators: usize,
    /// Boards that exist.
    pub series: BTreeSet<BoardName>,
    /// Whether obstacles may be reported.
    pub obstacles: bool,
}

/// The most of `consent`: purposes and kinds of data are the pilots' own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConsentCeiling {
    /// Most purposes of a pilot; those first in alphabetical order count.
    pub max_purposes: usize,
    /// Most kinds of data, likewise.
    pub max_data: usize,
    /// Longest term of a consent, in days.
    pub longest_days: u32,
    /// How often a pilot may ask one person in a month.
    pub requests_per_month: u32,
}

/// The most of `messaging`: texts are the pilots' own, and approved with the grant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MessagingCeiling {
    /// To whom.
    pub audiences: BTreeSet<Audience>,
    /// On which channels.
    pub channels: BTreeSet<Channel>,
    /// Most templates of a pilot; those first in alphabetical order count.
    pub max_templates: usize,
    /// The earliest hour at which people may be written to.
    pub send_from: u8,
    /// The hour from which they may not.
    pub send_until: u8,
    /// Messages of a pilot to one person in a month.
    pub per_person_month: u32,
}

/// The most that any grant may say, capability by capability. What is left out, nobody can be granted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ceiling {
    /// Longest term of a grant, in days.
    pub longest_term_days: u32,
    person: Option<Limit<PersonScope>>,
    population: Option<Limit<PopulationScope>>,
    registers: Option<Limit<RegistersScope>>,
    readers: Option<Limit<ReadersScope>>,
    places: Option<Limit<PlacesScope>>,
    lodging: Option<Limit<LodgingScope>>,
    records: Option<Limit<RecordsCeiling>>,
    reporting: Option<Limit<ReportingCeiling>>,
    alerts: Option<Limit<AlertsScope>>,
    consent: Option<Limit<ConsentCeiling>>,
    messaging: Option<Limit<MessagingCeiling>>,
}

/// Why a ceiling file was refused.
#[derive(Debug, thiserror::Error)]
pub enum CeilingError {
    /// No TOML, an unknown key, or a value of another form.
    #[error("the ceiling file cannot be read: correct the line that the cause names")]
    Form(#[from] toml::de::Error),
    /// A function that the contract does not have.
    #[error("the ceiling names `{capability}.{function}`, which the contract does not have: remove it")]
    UnknownFunction {
        /// Under which capability.
        capability: Capability,
        /// Its name, escaped.
        function: String,
    },
}

impl Ceiling {
    /// Reads a policy file.
    pub fn parse(text: &str) -> Result<Self, CeilingError> {
        let ceiling: Self = toml::from_str(text)?;
        for capability in Capability::ALL {
            let unknown = ceiling
                .functions(*capability)
                .into_iter()
                .flatten()
                .find(|name| contract::find(*capability, name).is_none());
            if let Some(function) = unknown {
                return Err(CeilingError::UnknownFunction {
                    capability: *capability,
                    function: crate::text::escape_name(function),
                });
            }
        }
        Ok(ceiling)
    }

    /// The policy that ships with the host.
    pub fn embedded() -> Result<Self, CeilingError> {
        Self::parse(EMBEDDED)
    }

    /// Classes of facilities that a grant of `places` can name.
    pub fn facility_classes(&self) -> impl Iterator<Item = &FacilityClass> {
        self.places.iter().flat_map(|limit| &limit.scope.classes)
    }

    /// Classes of facilities that a grant of `lodging` can name.
    pub fn lodging_classes(&self) -> impl Iterator<Item = &FacilityClass> {
        self.lodging.iter().flat_map(|limit| &limit.scope.facility_classes)
    }

    /// Functions that may be granted of a capability. None: nothing may.
    pub fn functions(&self, capability: Capability) -> Option<&BTreeSet<String>> {
        Some(match capability {
            Capability::Person => &self.person.as_ref()?.functions,
            Capability::Population => &self.population.as_ref()?.functions,
            Capability::Registers => &self.registers.as_ref()?.functions,
            Capability::Readers => &self.readers.as_ref()?.functions,
            Capability::Places => &self.places.as_ref()?.functions,
            Capability::Lodging => &self.lodging.as_ref()?.functions,
            Capability::Records => &self.records.as_ref()?.functions,
            Capability::Reporting => &self.reporting.as_ref()?.functions,
            Capability::Alerts => &self.alerts.as_ref()?.functions,
            Capability::Consent => &self.consent.as_ref()?.functions,
            Capability::Messaging => &self.messaging.as_ref()?.functions,
        })
    }

    /// Whether a function may be granted at all.
    pub fn grants(&self, capability: Capability, function: &str) -> bool {
        self.functions(capability).is_some_and(|functions| functions.contains(function))
    }

    /// The largest budget of a capability.
    pub fn budget(&self, capability: Capability) -> Option<Budget> {
        Some(match capability {
            Capability::Person => self.person.as_ref()?.budget,
            Capability::Population => self.population.as_ref()?.budget,
            Capability::Registers => self.registers.as_ref()?.budget,
            Capability::Readers => self.readers.as_ref()?.budget,
            Capability::Places => self.places.as_ref()?.budget,
            Capability::Lodging => self.lodging.as_ref()?.budget,
            Capability::Records => self.records.as_ref()?.budget,
            Capability::Reporting => self.reporting.as_ref()?.budget,
            Capability::Alerts => self.alerts.as_ref()?.budget,
            Capability::Consent => self.consent.as_ref()?.budget,
            Capability::Messaging => self.messaging.as_ref()?.budget,
        })
    }

    /// What the ceiling leaves of a scope.
    pub fn limit_scope(&self, scope: &AnyScope) -> AnyScope {
        let nothing = || AnyScope::none(scope.capability());
        match scope {
            AnyScope::Person(scope) => {
                self.person.as_ref().map_or_else(nothing, |limit| limit.scope.narrow(scope).into())
            }
            AnyScope::Population(scope) => {
                self.population.as_ref().map_or_else(nothing, |limit| limit.scope.narrow(scope).into())
            }
            AnyScope::Registers(scope) => {
                self.registers.as_ref().map_or_else(nothing, |limit| limit.scope.narrow(scope).into())
            }
            AnyScope::Readers(scope) => {
                self.readers.as_ref().map_or_else(nothing, |limit| limit.scope.narrow(scope).into())
            }
            AnyScope::Places(scope) => {
                self.places.as_ref().map_or_else(nothing, |limit| limit.scope.narrow(scope).into())
            }
            AnyScope::Lodging(scope) => {
                self.lodging.as_ref().map_or_else(nothing, |limit| limit.scope.narrow(scope).into())
            }
            AnyScope::Records(scope) => {
                self.records.as_ref().map_or_else(nothing, |limit| limit.scope.limit(scope).into())
            }
            AnyScope::Reporting(scope) => {
                self.reporting.as_ref().map_or_else(nothing, |limit| limit.scope.limit(scope).into())
            }
            AnyScope::Alerts(scope) => {
                self.alerts.as_ref().map_or_else(nothing, |limit| limit.scope.narrow(scope).into())
            }
            AnyScope::Consent(scope) => {
                self.consent.as_ref().map_or_else(nothing, |limit| limit.scope.limit(scope).into())
            }
            AnyScope::Messaging(scope) => {
                self.messaging.as_ref().map_or_else(nothing, |limit| limit.scope.limit(scope).into())
            }
        }
    }

    /// What the ceiling leaves of a request: functions, scope, budget. Purpose and legal basis are the request's.
    pub fn limit(&self, request: &CapabilityRequest) -> CapabilityRequest {
        let capability = request.capability();
        let functions = self.functions(capability);
        CapabilityRequest {
            functions: request
                .functions
                .iter()
                .filter(|name| functions.is_some_and(|functions| functions.contains(*name)))
                .cloned()
                .collect(),
            scope: self.limit_scope(&request.scope),
            budget: self.budget(capability).unwrap_or_default().narrow(&request.budget),
            purpose: request.purpose.clone(),
            legal_basis: request.legal_basis.clone(),
        }
    }
}

impl RecordsCeiling {
    fn limit(&self, scope: &RecordsScope) -> RecordsScope {
        let tables = scope.tables.iter().take(self.max_tables).map(|(name, table)| {
            let mut table = table.clone();
            table.retention_days = table.retention_days.min(self.retention_days);
            table.indexes = table.indexes.into_iter().take(self.max_indexes).collect();
            (name.clone(), table)
        });
        RecordsScope {
            max_rows: scope.max_rows.min(self.max_rows),
            max_bytes: scope.max_bytes.min(self.max_bytes),
            tables: tables.collect(),
        }
    }
}

impl ReportingCeiling {
    fn limit(&self, scope: &ReportingScope) -> ReportingScope {
        ReportingScope {
            indicators: scope.indicators.iter().take(self.max_indicators).cloned().collect(),
            series: scope.series.intersection(&self.series).cloned().collect(),
            obstacles: scope.obstacles && self.obstacles,
        }
    }
}

impl ConsentCeiling {
    fn limit(&self, scope: &ConsentScope) -> ConsentScope {
        ConsentScope {
            purposes: scope.purposes.iter().take(self.max_purposes).cloned().collect(),
            data: scope.data.iter().take(self.max_data).cloned().collect(),
            longest_days: scope.longest_days.min(self.longest_days),
            requests_per_month: scope.requests_per_month.min(self.requests_per_month),
        }
    }
}

impl MessagingCeiling {
    fn limit(&self, scope: &MessagingScope) -> MessagingScope {
        MessagingScope {
            audiences: scope.audiences.intersection(&self.audiences).copied().collect(),
            channels: scope.channels.intersection(&self.channels).copied().collect(),
            templates: scope.templates.iter().take(self.max_templates).cloned().collect(),
            send_from: scope.send_from.max(self.send_from),
            send_until: scope.send_until.min(self.send_until),
            per_person_month: scope.per_person_month.min(self.per_person_month),
        }
    }
}
