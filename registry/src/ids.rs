//! Ids and registered names as types: parsed once at the edge, one written form, never mixed up.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Why a text is no id of the wanted kind. Holds no part of the text: it may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing, or only spaces.
    #[error("{what} is empty: write {form}")]
    Empty {
        /// Which id.
        what: &'static str,
        /// The form that is wanted.
        form: &'static str,
    },
    /// Longer than the kind allows.
    #[error("{what} is {bytes} bytes long, at most {most} are allowed: shorten it")]
    TooLong {
        /// Which id.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The longest that is allowed.
        most: usize,
    },
    /// Of another form.
    #[error("{what} has another form: write {form}")]
    Form {
        /// Which id.
        what: &'static str,
        /// The form that is wanted.
        form: &'static str,
    },
}

/// Whether nine digits or more stand in a row, as in a personal number (Law 26/2023/QH15, Article 12): names and codes stand in a
/// record that nobody can erase, so no number travels as one.
pub(crate) fn has_digits(text: &str) -> bool {
    text.as_bytes().split(|byte| !byte.is_ascii_digit()).any(|run| run.len() >= 9)
}

/// Lower-case words of ASCII letters and digits, joined by single hyphens, beginning with a letter, and never nine digits in a row.
fn is_kebab(text: &str) -> bool {
    !has_digits(text)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// Small letters, digits and inner hyphens; may begin with a digit, as facilities' own numbers do, but is no personal number.
fn is_slug(text: &str) -> bool {
    let slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !has_digits(text) && text.bytes().all(slug) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_unit_code(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_key_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

/// A reference is shown on pages and in reports, so it is one line of text with nothing invisible in it.
fn is_reference(text: &str) -> bool {
    text.trim() == text && !text.chars().any(|c| c.is_control() || crate::text::is_invisible(c))
}

/// One newtype for an id: parses (`FromStr`, `TryFrom<String>`), prints what it parsed, serialises as that text.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $most:literal, $form:literal, $fits:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Longest form, in bytes.
            pub const MAX_BYTES: usize = $most;

            /// The text that was parsed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.trim().is_empty() {
                    return Err(IdError::Empty { what: $what, form: $form });
                }
                if text.len() > Self::MAX_BYTES {
                    return Err(IdError::TooLong { what: $what, bytes: text.len(), most: Self::MAX_BYTES });
                }
                if $fits(text) { Ok(Self(text.into())) } else { Err(IdError::Form { what: $what, form: $form }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

/// A closed set of registered names: an enum that parses and prints the names of the contract.
macro_rules! closed_set {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$vdoc:meta])* $variant:ident = $text:literal ($vi:literal, $en:literal),)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name as manifests, grants and the contract write it.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// What officers read, in Vietnamese.
            pub const fn vi(self) -> &'static str {
                match self { $($name::$variant => $vi),+ }
            }

            /// What officers read, in English.
            pub const fn en(self) -> &'static str {
                match self { $($name::$variant => $en),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::IdError;

            fn from_str(text: &str) -> Result<Self, $crate::ids::IdError> {
                match text {
                    $($text => Ok($name::$variant),)+
                    _ => Err($crate::ids::IdError::Form { what: $what, form: concat!("one of:" $(, " ", $text)+) }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use closed_set;

id! {
    /// A pilot: the plugin that carries a model out, over all its versions.
    PilotId, "the pilot's id", 40, "kebab case, such as `lodging-hotels`", is_kebab
}
id! {
    /// An operation that departments' software calls.
    OperationName, "the operation's name", 64, "kebab case, such as `check-in`", is_kebab
}
id! {
    /// A tick of the manifest's schedules.
    TickName, "the tick's name", 64, "kebab case, such as `remind`", is_kebab
}
id! {
    /// An administrative unit's code. Codes were given again, so a code names a unit only together with a date.
    UnitCode, "the unit's code", 5, "five digits, such as `18880`", is_unit_code
}
id! {
    /// A facility: a hospital, a hotel.
    FacilityId, "the facility's id", 32, "small letters, digits and hyphens", is_slug
}
id! {
    /// A class of facilities, such as `hospital` or `public-guest-house`. Open: departments register more.
    FacilityClass, "the facility class", 32, "kebab case, such as `public-guest-house`", is_kebab
}
id! {
    /// What a caller is at the desk, as manifests name it.
    Role, "the role", 40, "kebab case, such as `receptionist`", is_kebab
}
id! {
    /// A vendor of pilots.
    VendorId, "the vendor's id", 40, "kebab case, such as `sao-mai-software`", is_kebab
}
id! {
    /// A signing key: the first 8 bytes of the SHA-256 of its public key, in hexadecimal.
    KeyId, "the key's id", 16, "16 hexadecimal digits in small letters", is_key_id
}
id! {
    /// An indicator that a manifest declares.
    IndicatorName, "the indicator's name", 64, "kebab case, such as `notices-on-time`", is_kebab
}
id! {
    /// A board that series are published to, such as the province's operations centre.
    BoardName, "the board's name", 40, "kebab case, such as `ioc`", is_kebab
}
id! {
    /// A pilot's own table.
    TableName, "the table's name", 40, "kebab case, such as `visits`", is_kebab
}
id! {
    /// An index of a pilot's own table.
    IndexName, "the index's name", 40, "kebab case, such as `by-day`", is_kebab
}
id! {
    /// A sector register.
    RegisterName, "the register's name", 40, "kebab case, such as `health-insurance`", is_kebab
}
id! {
    /// A field of a sector register.
    FieldName, "the field's name", 40, "kebab case, such as `valid-until`", is_kebab
}
id! {
    /// A kind of alert, by which the desk on duty is found.
    AlertKind, "the kind of alert", 40, "kebab case, such as `facility-without-licence`", is_kebab
}
id! {
    /// What a person's data may serve, as a consent names it.
    ConsentPurpose, "the purpose of a consent", 40, "kebab case, such as `loan-check`", is_kebab
}
id! {
    /// A kind of data that a consent is about.
    DataKind, "the kind of data", 40, "kebab case, such as `income`", is_kebab
}
id! {
    /// An approved text of a message: the pilot's text `message-NAME`.
    TemplateName, "the template's name", 40, "kebab case, such as `unsent-notices`", is_kebab
}
id! {
    /// A department's setting.
    SettingName, "the setting's name", 40, "kebab case, such as `remind-days`", is_kebab
}
id! {
    /// A decision that an operation may end with, or another code of a pilot's own catalogue.
    CodeName, "the code", 64, "kebab case, such as `needs-referral`", is_kebab
}
id! {
    /// An article of a law, decree or plan, as jurists cite it: `68/2020/QH14 Art. 30`.
    LegalBasis, "the legal basis", 120, "a reference on one line, such as `68/2020/QH14 Art. 30`", is_reference
}
id! {
    /// A grant. A UUID, made by whoever stores it.
    GrantId, "the grant's id", 36, "a UUID in small letters", is_uuid
}
id! {
    /// An officer's account. A UUID, never a name.
    OfficerId, "the officer's id", 36, "a UUID in small letters", is_uuid
}
id! {
    /// The digest of a package or blob, as OCI writes it.
    Digest, "the digest", 71, "`sha256:` and 64 hexadecimal digits in small letters", is_digest
}

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(format!("sha256:{}", hex::encode(sha2::Sha256::digest(bytes))).into())
    }

    /// Its 64 hexadecimal digits.
    pub fn hex(&self) -> &str {
        self.0.strip_prefix("sha256:").unwrap_or(&self.0)
    }
}

impl KeyId {
    /// The id that begins this digest.
    pub(crate) fn of_bytes(digest: &[u8]) -> Self {
        Self(hex::encode(digest.get(..8).unwrap_or(digest)).into())
    }
}

closed_set! {
    /// A named power of the host: one WIT package each.
    Capability, "the capability", {
        /// People as handles, pseudonyms, sealed references.
        Person = "person" ("người dân", "people"),
        /// The national population database.
        Population = "population" ("dữ liệu dân cư", "population data"),
        /// Sector registers.
        Registers = "registers" ("cơ sở dữ liệu ngành", "sector registers"),
        /// Readings of cards, codes and kiosks.
        Readers = "readers" ("lượt đọc thẻ, mã", "readings of cards and codes"),
        /// Units, facilities, calendar.
        Places = "places" ("đơn vị hành chính, cơ sở", "units and facilities"),
        /// Stays and the notices about them.
        Lodging = "lodging" ("thông báo lưu trú", "lodging notices"),
        /// The pilot's own tables.
        Records = "records" ("bảng dữ liệu riêng", "the pilot's own tables"),
        /// Indicators, obstacles, series.
        Reporting = "reporting" ("chỉ số, khó khăn, vướng mắc", "indicators and obstacles"),
        /// What somebody on duty must act on.
        Alerts = "alerts" ("báo trực ban", "alerts"),
        /// What people allowed.
        Consent = "consent" ("sự đồng ý của người dân", "people's consent"),
        /// Messages to people and staff.
        Messaging = "messaging" ("tin nhắn", "messages"),
    }
}

/// The number of a model in the plan, 1 to 35.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct ModelNumber(u8);

impl ModelNumber {
    /// How many models the plan has.
    pub const LAST: u8 = 35;

    /// The number itself.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u32> for ModelNumber {
    type Error = IdError;

    fn try_from(number: u32) -> Result<Self, IdError> {
        match u8::try_from(number) {
            Ok(number) if (1..=Self::LAST).contains(&number) => Ok(Self(number)),
            _ => Err(IdError::Form { what: "the model's number", form: "a number from 1 to 35" }),
        }
    }
}

impl From<ModelNumber> for u32 {
    fn from(number: ModelNumber) -> u32 {
        u32::from(number.0)
    }
}

impl FromStr for ModelNumber {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = IdError::Form { what: "the model's number", form: "a number from 1 to 35" };
        if text.is_empty() || text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong);
        }
        text.parse::<u32>().map_err(|_| wrong)?.try_into()
    }
}

impl fmt::Display for ModelNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// A function of a capability: `population.verify`, `registers.entry.get`.
///
/// A resource's method is `RESOURCE.METHOD` within its capability; where the resource has its package's name, the full name says it
/// once: `[method]person.pseudonym` of the package `person` is `person.pseudonym`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionName {
    capability: Capability,
    name: Arc<str>,
}

impl FunctionName {
    /// Longest name behind the capability's, in bytes: the bound of every name in a component (`door::limits::NAME_BYTES`) is 256.
    pub const MAX_BYTES: usize = 128;

    /// The function `name` (as a manifest lists it under its capability) of a capability.
    pub fn new(capability: Capability, name: &str) -> Result<Self, IdError> {
        const WHAT: &str = "the function's name";
        const FORM: &str = "kebab case, such as `verify`, a resource's method as `entry.get`";
        if name.is_empty() {
            return Err(IdError::Empty { what: WHAT, form: FORM });
        }
        if name.len() > Self::MAX_BYTES {
            return Err(IdError::TooLong { what: WHAT, bytes: name.len(), most: Self::MAX_BYTES });
        }
        let mut parts = name.split('.');
        if parts.clone().count() > 2 || !parts.all(is_kebab) {
            return Err(IdError::Form { what: WHAT, form: FORM });
        }
        Ok(Self { capability, name: name.into() })
    }

    /// Whose function it is.
    pub fn capability(&self) -> Capability {
        self.capability
    }

    /// Its name within the capability.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for FunctionName {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (capability, name) = text.split_once('.').ok_or(IdError::Form {
            what: "the function's name",
            form: "CAPABILITY.FUNCTION, such as `population.verify`",
        })?;
        let capability = capability.parse()?;
        // `person.pseudonym`: the capability's name is the resource's.
        let is_method_of_namesake = crate::contract::find(capability, text).is_some();
        Self::new(capability, if is_method_of_namesake { text } else { name })
    }
}

impl TryFrom<String> for FunctionName {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<FunctionName> for String {
    fn from(name: FunctionName) -> String {
        name.to_string()
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&crate::contract::full_name(self.capability, &self.name))
    }
}

impl fmt::Debug for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FunctionName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_prints_the_text_it_parsed() {
        for text in ["lodging-hotels", "a", "pilot-08"] {
            assert_eq!(text.parse::<PilotId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_id_of_another_form_is_refused_with_the_form_that_is_wanted() {
        for text in ["", " ", "Lodging", "a--b", "-a", "a-", "8-hotels", "a_b", "đồng-hới", &"a".repeat(41)] {
            let error = text.parse::<PilotId>().unwrap_err();
            assert!(error.to_string().contains(": "), "{error} names no next step");
        }
        assert!("1888".parse::<UnitCode>().is_err());
        assert!("1888a".parse::<UnitCode>().is_err());
    }

    #[test]
    fn a_model_number_is_one_of_the_thirty_five() {
        assert_eq!("08".parse::<ModelNumber>().unwrap().get(), 8);
        for text in ["0", "36", "-1", "008", "+8", ""] {
            assert!(text.parse::<ModelNumber>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_function_is_named_by_capability_and_function() {
        let function: FunctionName = "registers.entry.get".parse().unwrap();
        assert_eq!((function.capability(), function.name()), (Capability::Registers, "entry.get"));
        for text in ["verify", "nobody.verify", "population.", "population.a.b.c", "population.Verify"] {
            assert!(text.parse::<FunctionName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_legal_basis_holds_nothing_invisible() {
        assert!("68/2020/QH14 Điều 30".parse::<LegalBasis>().is_ok());
        assert!("68/2020\u{202e}QH14".parse::<LegalBasis>().is_err());
        assert!("68/2020\nQH14".parse::<LegalBasis>().is_err());
    }

    proptest! {
        #[test]
        fn what_serde_reads_is_what_the_parser_reads(text in ".{0,60}") {
            let json = serde_json::to_string(&text).unwrap();
            let read = serde_json::from_str::<PilotId>(&json).ok();
            prop_assert_eq!(read, text.parse().ok());
        }
    }
}
