//! What a pilot is made of before it runs: ids, scopes, grants, manifest, package, signature, trust, the door's static checks,
//! the catalogue; and what a device signs.
//!
//! Pure: no database, no engine, no clock. Files are touched by `keys` and `oci` only.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod catalogue;
pub mod contract;
pub mod device;
pub mod door;
pub mod error;
pub mod files;
pub mod grant;
pub mod ids;
pub mod keys;
pub mod manifest;
pub mod oci;
pub mod package;
pub mod scope;
pub mod signed_request;
#[cfg(test)]
mod test_pilot;
pub mod text;
pub mod trust;
pub mod version;

pub use device::DeviceClass;
pub use door::{Entry, Imports, Proof};
pub use error::DoorError;
pub use grant::{
    Act, Approval, ApproveError, Ask, Budget, CapabilityRequest, Ceiling, CeilingError, Decision, DenialCode,
    Effective, EffectiveRight, Grant, GrantState, Line, Subject, decide, opens, wider,
};
pub use ids::{
    AlertKind, BoardName, Capability, CodeName, ConsentPurpose, DataKind, Digest, FacilityClass, FacilityId, FieldName,
    FunctionName, GrantId, IdError, IndexName, IndicatorName, KeyId, LegalBasis, ModelNumber, OfficerId, OperationName,
    PilotId, RegisterName, Role, SettingName, TableName, TemplateName, TickName, UnitCode, VendorId,
};
pub use manifest::{Config, ConfigError, Manifest, ManifestError};
pub use package::{Package, Signer};
pub use scope::{AnyAsk, AnyScope, Difference, MissKind, Scope, ScopeMiss};
pub use text::{Bilingual, Purpose, TextError, escape_name};
pub use trust::{Trust, TrustError, TrustedKey};
pub use version::{ContractVersion, PilotVersion};
