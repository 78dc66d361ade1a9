//! People as handles: they arrive as tokens in a request, and say nothing but what a grant lets them be asked.

use core::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::bindings::imports::pilothouse::person::people;
use crate::codes::codes;
use crate::{Denial, Ref};

codes! {
    /// What kind of person a handle stands for.
    pub enum PersonKind {
        /// Has a personal number.
        Citizen = "citizen",
        /// Has a foreign passport or a residence card.
        Foreigner = "foreigner",
        /// Only a paper was declared.
        Unidentified = "unidentified",
    }
}

/// A stable id of a person for this pilot only; another pilot gets another one. What records are keyed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Pseudonym(String);

impl Pseudonym {
    pub(crate) fn received(text: String) -> Self {
        Self(text)
    }

    /// As it is written: 26 characters. Short enough to be the key of a proposal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A pseudonym is a reference like any other: for effects of which there is one a person.
impl From<&Pseudonym> for Ref {
    fn from(pseudonym: &Pseudonym) -> Self {
        Self::of_pseudonym(&pseudonym.0)
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A reference to a person that only the host can reopen, and only for this pilot. For records, when a later call must act for the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedPerson(String);

impl SealedPerson {
    /// A handle for the length of this call.
    ///
    /// # Errors
    /// `not-granted`, or `not-found` where the key was rotated or the reference is another pilot's.
    pub fn reopen(&self) -> Result<Person, Denial> {
        people::reopen(&self.0).map(Person).map_err(Denial::received)
    }
}

/// A person, for the length of one call.
///
/// In a request's type it stands where the caller sends a number, a card's text or a code; the host has put a token there, and reading
/// the request turns it into the handle. In an outcome's data it names the person again. It has no `Debug` text of anyone.
pub struct Person(pub(crate) people::Person);

impl Person {
    /// The id of this person for this pilot.
    ///
    /// # Errors
    /// `not-granted`.
    pub fn pseudonym(&self) -> Result<Pseudonym, Denial> {
        self.0.pseudonym().map(Pseudonym).map_err(Denial::received)
    }

    /// What kind of person it is; a kind newer than this SDK reads as unidentified.
    ///
    /// # Errors
    /// `not-granted`.
    pub fn kind(&self) -> Result<PersonKind, Denial> {
        let kind = self.0.kind().map_err(Denial::received)?;
        Ok(PersonKind::from_code(&kind).unwrap_or(PersonKind::Unidentified))
    }

    /// Whether both handles are the same person.
    ///
    /// # Errors
    /// `not-granted`.
    pub fn same(&self, other: &Self) -> Result<bool, Denial> {
        self.0.same(&other.0).map_err(Denial::received)
    }

    /// A reference for records.
    ///
    /// # Errors
    /// `not-granted` where the grant says that nothing persists.
    pub fn seal(&self) -> Result<SealedPerson, Denial> {
        self.0.seal().map(SealedPerson).map_err(Denial::received)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

impl Serialize for Person {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.token())
    }
}

impl<'de> Deserialize<'de> for Person {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let token = String::deserialize(deserializer)?;
        people::from_token(&token).map(Self).ok_or_else(|| de::Error::custom("no person of this call has this token"))
    }
}

impl JsonSchema for Person {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Person".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "person"})
    }
}
