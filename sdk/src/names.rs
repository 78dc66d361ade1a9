//! Small values with a form of their own: references, units, facilities, money.

use core::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text has not the form of its type. Never names the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not a reference.
    #[error("a reference has 1 to 64 bytes and no control characters")]
    Ref,
    /// Not a unit's code.
    #[error("a commune-level unit's code has five digits")]
    UnitCode,
    /// Not a facility's id.
    #[error("a facility's id has 1 to 32 small letters, digits and hyphens")]
    FacilityId,
    /// Not a date.
    #[error("a date is written YYYY-MM-DD and lies in the years 0001 to 9999")]
    Date,
    /// Not an instant.
    #[error("an instant is written after RFC 3339 with its offset, such as 2026-03-02T07:10:00+07:00")]
    Instant,
}

/// Longest reference of a caller, in bytes: the contract's limit.
const REF_BYTES: usize = 64;

macro_rules! names {
    ($($(#[$meta:meta])* $name:ident, $error:ident, $schema:expr, |$text:ident| $valid:expr;)*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Parses the one form that it has.
            ///
            /// # Errors
            #[doc = concat!("[`ParseError::", stringify!($error), "`] where the text has another form.")]
            pub fn parse($text: &str) -> Result<Self, ParseError> {
                if $valid { Ok(Self($text.to_owned())) } else { Err(ParseError::$error) }
            }

            /// As it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl core::str::FromStr for $name {
            type Err = ParseError;
            fn from_str(text: &str) -> Result<Self, ParseError> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )* };
}

names! {
    /// A reference of the caller's own (a visit, a stay, a slip): 1 to 64 bytes, no control characters.
    Ref, Ref, json_schema!({"type": "string", "minLength": 1, "maxLength": REF_BYTES}),
        |text| (1..=REF_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    /// A commune-level unit: five digits. Says nothing without a day, because codes were given again (see `places::unit_on`).
    UnitCode, UnitCode, json_schema!({"type": "string", "pattern": "^[0-9]{5}$"}),
        |text| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    /// A facility's id in the host's list of facilities.
    FacilityId, FacilityId, json_schema!({"type": "string", "pattern": "^[a-z0-9-]{1,32}$"}),
        |text| (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
}

/// A facility is a subject like any other: its id fits a reference.
impl From<&FacilityId> for Ref {
    fn from(id: &FacilityId) -> Self {
        Self(id.0.clone())
    }
}

impl Ref {
    /// Pseudonyms have 26 characters of base 32.
    pub(crate) fn of_pseudonym(pseudonym: &str) -> Self {
        Self(pseudonym.to_owned())
    }
}

/// An amount in whole đồng. There is no smaller unit, and no other currency in these pilots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Money(u64);

impl Money {
    /// An amount of `dong` đồng.
    pub const fn dong(dong: u64) -> Self {
        Self(dong)
    }

    /// In đồng.
    pub const fn in_dong(self) -> u64 {
        self.0
    }

    /// The sum; none beyond the range of the type, which no budget of a state reaches.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// `percent` hundredths of it (0 to 100), the fraction of a đồng cut off.
    #[must_use]
    pub fn percent(self, percent: u8) -> Self {
        let part = u128::from(self.0) * u128::from(percent.min(100)) / 100;
        Self(u64::try_from(part).unwrap_or(self.0))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_bounded_and_printable() {
        assert!(Ref::parse("V-1").is_ok() && Ref::parse("Phòng 204").is_ok() && Ref::parse(&"x".repeat(64)).is_ok());
        for bad in ["", "a\nb", &"x".repeat(65)] {
            assert_eq!(Ref::parse(bad), Err(ParseError::Ref));
        }
    }

    #[test]
    fn a_unit_has_five_ascii_digits() {
        assert!(UnitCode::parse("18880").is_ok());
        for bad in ["1888", "188800", "1888a", "１８８８０"] {
            assert_eq!(UnitCode::parse(bad), Err(ParseError::UnitCode));
        }
    }

    #[test]
    fn a_percentage_of_money_cuts_the_fraction_and_cannot_overflow() {
        assert_eq!(Money::dong(999).percent(80), Money::dong(799));
        assert_eq!(Money::dong(u64::MAX).percent(100), Money::dong(u64::MAX));
        assert_eq!(Money::dong(u64::MAX).checked_add(Money::dong(1)), None);
    }
}
