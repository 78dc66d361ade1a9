//! What a pilot is made of before it runs: ids, scopes, grants, manifest, package, signature, trust, the door's static checks, the catalogue.
//!
//! Pure: no database, no engine, no clock. Files are touched by `keys` and `oci` only.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod contract;
pub mod grant;
pub mod ids;
pub mod manifest;
pub mod scope;
pub mod text;
pub mod version;

pub use grant::{
    ApproveError, Ask, Budget, CapabilityRequest, Ceiling, Decision, DenialCode, Effective, EffectiveRight, Grant,
    GrantState, Line, decide, wider,
};
pub use ids::{
    BoardName, Capability, CodeName, Digest, FacilityClass, FacilityId, FieldName, FunctionName, GrantId, IdError,
    IndexName, IndicatorName, KeyId, LegalBasis, ModelNumber, OfficerId, OperationName, PilotId, RegisterName, Role,
    SettingName, TableName, TickName, UnitCode, VendorId,
};
pub use manifest::{Config, ConfigError, Manifest, ManifestError};
pub use scope::{AnyAsk, AnyScope, Difference, MissKind, Scope, ScopeMiss};
pub use text::{Bilingual, Purpose, TextError, escape_name};
pub use version::{ContractVersion, PilotVersion};
