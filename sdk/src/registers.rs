//! Sector registers about a person: health insurance, policy beneficiaries, and others of the same shape.

use crate::bindings::imports::pilothouse::registers::sector;
use crate::codes::codes;
use crate::{Date, Denial, DenialKind, Person, Ref};

codes! {
    /// A register.
    pub enum Register {
        /// The health insurer's.
        HealthInsurance = "health-insurance",
        /// Beneficiaries of social policy.
        PolicyBeneficiaries = "policy-beneficiaries",
    }
}

codes! {
    /// A field of a register. Which register has which: the contract of `registers.find`.
    pub enum Field {
        /// Health insurance: first day of cover.
        ValidFrom = "valid-from",
        /// Health insurance, policy beneficiaries: last day.
        ValidUntil = "valid-until",
        /// Health insurance: percentage paid.
        BenefitLevel = "benefit-level",
        /// Health insurance: five-character code of the facility of first registration.
        InitialFacility = "initial-facility",
        /// Health insurance: two letters of the group of the insured.
        ObjectGroup = "object-group",
        /// Policy beneficiaries: the group.
        Category = "category",
        /// Policy beneficiaries: the number of the decision.
        DecisionNumber = "decision-number",
        /// Policy beneficiaries: when it was decided.
        DecisionDate = "decision-date",
    }
}

codes! {
    /// A fact on which a register and the population database can be compared.
    pub enum Fact {
        /// The name, by its normal form.
        Name = "name",
        /// The full birth date.
        BirthDate = "birth-date",
        /// The year of birth.
        BirthYear = "birth-year",
        /// The sex.
        Sex = "sex",
    }
}

/// A person's entry in a register, as it was when it was found.
#[derive(Debug)]
pub struct Entry(sector::Entry);

impl Entry {
    /// Changes whenever the entry does.
    pub fn version(&self) -> String {
        self.0.version()
    }

    /// One field. None: empty.
    ///
    /// # Errors
    /// `field-not-granted`.
    pub fn text(&self, field: Field) -> Result<Option<String>, Denial> {
        self.0.get(field.code()).map_err(Denial::received)
    }

    /// One field as a date. None: empty.
    ///
    /// # Errors
    /// `field-not-granted`; `invalid` where the register holds no date there.
    pub fn date(&self, field: Field) -> Result<Option<Date>, Denial> {
        let parse = |text: String| Date::parse(&text).map_err(|_| Denial::local(DenialKind::Invalid, field.code()));
        self.text(field)?.map(parse).transpose()
    }

    /// One field as a whole number. None: empty.
    ///
    /// # Errors
    /// `field-not-granted`; `invalid` where the register holds no such number there.
    pub fn number(&self, field: Field) -> Result<Option<u32>, Denial> {
        let parse = |text: String| text.parse().map_err(|_| Denial::local(DenialKind::Invalid, field.code()));
        self.text(field)?.map(parse).transpose()
    }

    /// Whether the register agrees with the population database, fact by fact. None: it cannot be told.
    ///
    /// # Errors
    /// `field-not-granted`, `unavailable`, `invalid`.
    pub fn agrees<const N: usize>(&self, facts: [Fact; N]) -> Result<[Option<bool>; N], Denial> {
        let facts = facts.map(|fact| fact.code().to_owned());
        let answers = self.0.agrees(&facts).map_err(Denial::received)?;
        answers.try_into().map_err(|_| Denial::local(DenialKind::Unavailable, "registers.entry.agrees"))
    }
}

/// The person's entry. None: not in this register, or hidden by the grant's row filter.
///
/// # Errors
/// `field-not-granted` (register), `budget-spent`, `unavailable`.
pub fn find(register: Register, person: &Person) -> Result<Option<Entry>, Denial> {
    sector::find(register.code(), &person.0).map(|entry| entry.map(Entry)).map_err(Denial::received)
}

/// One change asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    field: String,
    value: Option<String>,
}

impl Change {
    /// A field should have this value.
    pub fn to(field: Field, value: impl Into<String>) -> Self {
        Self { field: field.code().to_owned(), value: Some(value.into()) }
    }

    /// A fact should be what the population database says; the pilot need not know it.
    pub fn as_in_population(fact: Fact) -> Self {
        Self { field: fact.code().to_owned(), value: None }
    }
}

/// *Effect.* Asks the register's owner for 1 to 8 changes; nothing changes until the owner decides. Answers the proposal's id.
/// Natural key: register, `key` (the pilot's own) and the fields: the same correction asked for twice is one.
///
/// # Errors
/// `field-not-granted`, `budget-spent`, `invalid`.
pub fn propose(
    register: Register,
    person: &Person,
    key: &Ref,
    changes: Vec<Change>,
    note: &str,
) -> Result<String, Denial> {
    let changes: Vec<_> =
        changes.into_iter().map(|change| sector::Change { field: change.field, value: change.value }).collect();
    sector::propose(register.code(), &person.0, key.as_str(), &changes, note).map_err(Denial::received)
}
