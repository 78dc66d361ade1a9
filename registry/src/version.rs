//! Versions: of a pilot (semver), and of the contract that it was built against.

use std::fmt;
use std::str::FromStr;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::ids::{IdError, PilotId, has_digits};

/// Longest written version, in bytes: room for a pre-release name, and for an OCI tag (128) with the id before it.
pub const MAX_VERSION_BYTES: usize = 48;

/// Reads a pilot's version. Build metadata (`+…`) is refused: two versions that differ in it only have no order.
pub fn parse_version(text: &str) -> Result<Version, IdError> {
    const WHAT: &str = "the version";
    const FORM: &str = "three numbers, such as `1.2.0`, with no `+…` and no nine digits in a row";
    if text.len() > MAX_VERSION_BYTES {
        return Err(IdError::TooLong { what: WHAT, bytes: text.len(), most: MAX_VERSION_BYTES });
    }
    let version = Version::parse(text).map_err(|_| IdError::Form { what: WHAT, form: FORM })?;
    if version.build.is_empty() && !has_digits(text) {
        Ok(version)
    } else {
        Err(IdError::Form { what: WHAT, form: FORM })
    }
}

/// One version of a pilot: `lodging-hotels@1.2.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PilotVersion {
    /// The pilot.
    pub pilot: PilotId,
    /// Its version.
    pub version: Version,
}

impl FromStr for PilotVersion {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (pilot, version) = text
            .split_once('@')
            .ok_or(IdError::Form { what: "the pilot's version", form: "ID@VERSION, such as `lodging-hotels@1.2.0`" })?;
        Ok(Self { pilot: pilot.parse()?, version: parse_version(version)? })
    }
}

impl TryFrom<String> for PilotVersion {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<PilotVersion> for String {
    fn from(version: PilotVersion) -> String {
        version.to_string()
    }
}

impl fmt::Display for PilotVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.pilot, self.version)
    }
}

/// The contract that a pilot was built against: `1.0`. Inside a major only functions are added, so any minor that the host knows will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContractVersion {
    /// Breaking changes.
    pub major: u16,
    /// Additions.
    pub minor: u16,
}

impl ContractVersion {
    /// What this host speaks.
    pub const CURRENT: ContractVersion = ContractVersion { major: 1, minor: 0 };

    /// Whether this host runs pilots of that version.
    pub fn is_supported(self) -> bool {
        self.major == Self::CURRENT.major && (0..=Self::CURRENT.minor).contains(&self.minor)
    }
}

impl FromStr for ContractVersion {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = IdError::Form { what: "the contract's version", form: "two numbers, such as `1.0`" };
        let number = |part: &str| {
            let plain = !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && (part == "0" || !part.starts_with('0'));
            if plain { part.parse().ok() } else { None }
        };
        let (major, minor) = text.split_once('.').ok_or_else(|| wrong.clone())?;
        match (number(major), number(minor)) {
            (Some(major), Some(minor)) => Ok(Self { major, minor }),
            _ => Err(wrong),
        }
    }
}

impl TryFrom<String> for ContractVersion {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<ContractVersion> for String {
    fn from(version: ContractVersion) -> String {
        version.to_string()
    }
}

impl fmt::Display for ContractVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pilots_version_prints_what_it_parsed() {
        let text = "lodging-hotels@1.2.0-rc.1";
        assert_eq!(text.parse::<PilotVersion>().unwrap().to_string(), text);
        for text in ["lodging-hotels", "lodging-hotels@1.2", "lodging-hotels@1.2.0+build", "@1.0.0", "a@"] {
            assert!(text.parse::<PilotVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_contracts_that_the_host_knows_are_supported() {
        assert!("1.0".parse::<ContractVersion>().unwrap().is_supported());
        for text in ["1.1", "2.0", "0.9"] {
            assert!(!text.parse::<ContractVersion>().unwrap().is_supported());
        }
        for text in ["1", "1.0.0", "01.0", "1.+0", "1."] {
            assert!(text.parse::<ContractVersion>().is_err(), "{text}");
        }
    }
}
