//! A scope of any capability, and an ask of any capability.

use serde::{Deserialize, Serialize};

use super::{
    AlertsAsk, AlertsScope, ConsentAsk, ConsentScope, Difference, LodgingAsk, LodgingScope, MessagingAsk,
    MessagingScope, MissKind, PersonAsk, PersonScope, PlacesAsk, PlacesScope, PopulationAsk, PopulationScope,
    ReadersAsk, ReadersScope, RecordsAsk, RecordsScope, RegistersAsk, RegistersScope, ReportingAsk, ReportingScope,
    Scope, ScopeMiss,
};
use crate::ids::Capability;

/// The one place that pairs every capability with its scope and its ask.
macro_rules! each_capability {
    ($($variant:ident, $text:literal, $scope:ident, $ask:ty;)+) => {
        /// The scope of one capability. Serialises as `{ population = { … } }`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum AnyScope {
            $(#[doc = concat!("Of `", $text, "`.")] $variant($scope),)+
        }

        /// What one call asks of one capability.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AnyAsk<'a> {
            $(#[doc = concat!("Of `", $text, "`.")] $variant($ask),)+
        }

        impl AnyScope {
            /// The scope that permits nothing.
            pub fn none(capability: Capability) -> Self {
                match capability { $(Capability::$variant => AnyScope::$variant($scope::default()),)+ }
            }

            /// Whose scope it is.
            pub fn capability(&self) -> Capability {
                match self { $(AnyScope::$variant(_) => Capability::$variant,)+ }
            }

            /// Reads the scope of a capability, as a manifest writes it: without the capability's name.
            pub fn deserialize_for<'de, D: serde::Deserializer<'de>>(capability: Capability, from: D) -> Result<Self, D::Error> {
                match capability { $(Capability::$variant => $scope::deserialize(from).map(AnyScope::$variant),)+ }
            }

            /// What both permit. None: they are of different capabilities.
            pub fn narrow(&self, other: &Self) -> Option<Self> {
                match (self, other) {
                    $((AnyScope::$variant(one), AnyScope::$variant(two)) => Some(AnyScope::$variant(one.narrow(two))),)+
                    _ => None,
                }
            }

            /// Whether the ask fits, or which key it missed. An ask of another capability misses the key `capability`.
            pub fn permits(&self, ask: &AnyAsk<'_>) -> Result<(), ScopeMiss> {
                match (self, ask) {
                    $((AnyScope::$variant(scope), AnyAsk::$variant(ask)) => scope.permits(ask),)+
                    _ => Err(ScopeMiss::new("capability", ask.capability(), MissKind::Other)),
                }
            }

            /// What this scope says beyond `old`, in plain words. Empty exactly when it is within `old`.
            pub fn beyond(&self, old: &Self) -> Vec<Difference> {
                match (self, old) {
                    $((AnyScope::$variant(new), AnyScope::$variant(old)) => new.beyond(old),)+
                    _ => vec![Difference::new(
                        "capability",
                        format!("Thêm quyền năng: {}", self.capability().vi()),
                        format!("A capability in addition: {}", self.capability().en()),
                    )],
                }
            }

            /// Whether this scope permits nothing that `other` does not.
            pub fn is_within(&self, other: &Self) -> bool {
                self.beyond(other).is_empty()
            }
        }

        impl AnyAsk<'_> {
            /// Of which capability it asks.
            pub fn capability(&self) -> Capability {
                match self { $(AnyAsk::$variant(_) => Capability::$variant,)+ }
            }
        }

        $(impl From<$scope> for AnyScope {
            fn from(scope: $scope) -> Self {
                AnyScope::$variant(scope)
            }
        })+
    };
}

each_capability! {
    Person, "person", PersonScope, PersonAsk;
    Population, "population", PopulationScope, PopulationAsk<'a>;
    Registers, "registers", RegistersScope, RegistersAsk<'a>;
    Readers, "readers", ReadersScope, ReadersAsk;
    Places, "places", PlacesScope, PlacesAsk<'a>;
    Lodging, "lodging", LodgingScope, LodgingAsk<'a>;
    Records, "records", RecordsScope, RecordsAsk<'a>;
    Reporting, "reporting", ReportingScope, ReportingAsk<'a>;
    Alerts, "alerts", AlertsScope, AlertsAsk<'a>;
    Consent, "consent", ConsentScope, ConsentAsk<'a>;
    Messaging, "messaging", MessagingScope, MessagingAsk<'a>;
}
