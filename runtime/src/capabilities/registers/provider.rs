//! Who answers for the sector registers: the embedded ones, over the same synthetic people.

use std::sync::Arc;

use pilothouse_identity::NameVerdict;
use pilothouse_province::{Entry, FieldValue, Register, Registers};
use pilothouse_registry::scope::Fact;
use pilothouse_registry::{FieldName, RegisterName};

use crate::capabilities::funnel::{Permit, Trouble};
use crate::capabilities::population::shown;
use crate::people::Subject;
use crate::province::Province;
use crate::rights::Rows;

/// Fields that say who someone is. They are compared by the host, never handed to a guest.
const IDENTITY_FIELDS: [&str; 4] = ["card-number", "full-name", "birth-date", "sex"];

/// The sector registers.
pub enum Provider {
    /// Of the synthetic province.
    Embedded(Arc<Province>),
}

impl Provider {
    fn entry(&self, register: &RegisterName, subject: Subject<'_>) -> Result<Option<Entry>, Trouble> {
        let Provider::Embedded(province) = self;
        let register = Register::from_code(register.as_str()).ok_or(Trouble::Invalid("register"))?;
        Ok(subject.key().and_then(|key| Registers::of(&province.population).entry(register, key)))
    }

    pub(crate) async fn find(
        &self,
        _permit: Permit,
        register: &RegisterName,
        subject: Subject<'_>,
        rows: Rows<'_>,
        at: i64,
    ) -> Result<Option<String>, Trouble> {
        let Provider::Embedded(province) = self;
        let seen =
            subject.key().and_then(|key| province.population.get(key)).is_some_and(|person| shown(&person, rows, at));
        // A hidden entry answers as one that is not there.
        Ok(self.entry(register, subject)?.filter(|_| seen).map(|entry| entry.version().to_string()))
    }

    /// Whether anything may be said of a person. Someone outside the grant's rows is nobody, whether or not there is an entry.
    pub(crate) async fn meets(
        &self,
        _permit: Permit,
        subject: Subject<'_>,
        rows: Rows<'_>,
        at: i64,
    ) -> Result<(), Trouble> {
        let Provider::Embedded(province) = self;
        let seen = rows.filter.is_open()
            || subject
                .key()
                .and_then(|key| province.population.get(key))
                .is_some_and(|person| shown(&person, rows, at));
        if seen { Ok(()) } else { Err(Trouble::NotFound) }
    }

    /// Someone outside the rows of a grant has no entry, for whoever reads one by this grant.
    fn is_shown(&self, subject: Subject<'_>, (rows, at): (Rows<'_>, i64)) -> Result<(), Trouble> {
        let Provider::Embedded(province) = self;
        let person = subject.key().and_then(|key| province.population.get(key));
        if person.is_some_and(|person| shown(&person, rows, at)) { Ok(()) } else { Err(Trouble::NotFound) }
    }

    pub(crate) async fn field(
        &self,
        _permit: Permit,
        register: &RegisterName,
        subject: Subject<'_>,
        within: (Rows<'_>, i64),
        field: &FieldName,
    ) -> Result<Option<String>, Trouble> {
        self.is_shown(subject, within)?;
        if IDENTITY_FIELDS.contains(&field.as_str()) {
            return Err(Trouble::Invalid("field"));
        }
        let entry = self.entry(register, subject)?.ok_or(Trouble::NotFound)?;
        let value = entry.get(field.as_str()).ok_or(Trouble::Invalid("field"))?;
        Ok(Some(value.reveal()).filter(|text| !text.is_empty()))
    }

    pub(crate) async fn agrees(
        &self,
        _permit: Permit,
        register: &RegisterName,
        subject: Subject<'_>,
        within: (Rows<'_>, i64),
        facts: &[Fact],
    ) -> Result<Vec<Option<bool>>, Trouble> {
        self.is_shown(subject, within)?;
        let Provider::Embedded(province) = self;
        let entry = self.entry(register, subject)?.ok_or(Trouble::NotFound)?;
        let person = subject.key().and_then(|key| province.population.get(key)).ok_or(Trouble::NotFound)?;
        let agrees = |fact: &Fact| match fact {
            Fact::Name => match (entry.get("full-name")?, person.name()?) {
                (FieldValue::Name(theirs), ours) => match ours.compare(theirs.reveal()) {
                    NameVerdict::Equal => Some(true),
                    NameVerdict::Near => None,
                    NameVerdict::Different => Some(false),
                },
                _ => None,
            },
            Fact::BirthDate | Fact::BirthYear => {
                let FieldValue::Born(theirs) = entry.get("birth-date")? else { return None };
                let (ours, theirs) = (person.born().reveal(), theirs.reveal());
                if matches!(fact, Fact::BirthYear) {
                    return Some(ours.year() == theirs.year());
                }
                match ours.compatible(theirs) {
                    pilothouse_identity::Agreement::Equal => Some(true),
                    pilothouse_identity::Agreement::Near => None,
                    pilothouse_identity::Agreement::Different => Some(false),
                }
            }
            Fact::Sex => Some(entry.get("sex")?.reveal() == person.sex().code()),
        };
        Ok(facts.iter().map(agrees).collect())
    }
}
