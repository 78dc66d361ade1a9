//! Who answers about people: the embedded province, in memory. A remote provider will be a second arm of [`Provider`].

use std::sync::Arc;
use std::time::Duration;

use pilothouse_identity::{Agreement, Answer as AgeAnswer, NameVerdict, PersonKey};
use pilothouse_province::{Base, CardState, HouseholdRole, Life, Nationality, PersonView, Relation, UnitCode};
use pilothouse_registry::scope::{Claim as ClaimName, Dimension, Field};
use serde_json::{Value, json};

use super::counting::Counting;
use super::host::AnswerTable;
use crate::capabilities::funnel::{Permit, Trouble};
use crate::contract::pilothouse::population::individuals::{Answer, Claim};
use crate::contract::pilothouse::population::statistics::Condition;
use crate::occasion::date_of;
use crate::people::{Declared, Kind, Subject, Who};
use crate::province::Province;
use crate::rights::Rows;

/// The population database.
pub enum Provider {
    /// The synthetic province.
    Embedded(Embedded),
}

/// The synthetic province, and what it was asked about many.
pub struct Embedded {
    pub(super) province: Arc<Province>,
    pub(super) counting: Counting,
}

impl Provider {
    /// Answers from the synthetic province.
    pub fn embedded(province: Arc<Province>) -> Provider {
        Provider::Embedded(Embedded { province, counting: Counting::default() })
    }

    fn province(&self) -> &Province {
        let Provider::Embedded(embedded) = self;
        &embedded.province
    }

    /// The kind of a person of the register; none for a key that is nobody's.
    pub fn kind_of(&self, key: PersonKey) -> Option<Kind> {
        let person = self.province().population.get(key)?;
        Some(if person.nationality() == Nationality::VietNam { Kind::Citizen } else { Kind::Foreigner })
    }

    /// The person behind a handle, as a notice to an authority writes them. Identity data: goes into sealed payloads only.
    pub(crate) fn written_out(&self, subject: Subject<'_>) -> Value {
        match subject.who {
            Who::Known(key) => match self.province().population.get(*key) {
                Some(person) => json!({
                    "number": person.number().as_ref().map(|number| number.reveal().to_owned()),
                    "name": person.name().as_ref().map(|name| name.reveal().to_owned()),
                    "born": person.born().reveal().to_string(),
                    "sex": person.sex().code(),
                    "nationality": person.nationality().code(),
                    "address": person.address().as_ref().map(|address| address.reveal().to_owned()),
                }),
                None => Value::Null,
            },
            Who::Declared(Declared { document, country, number, name }) => {
                json!({ "document": document, "nationality": country, "number": number, "name": name })
            }
            Who::Recorded => Value::Null,
        }
    }

    fn visible(&self, subject: Subject<'_>, rows: Rows<'_>, at: i64) -> Result<PersonView<'_>, Trouble> {
        let person = subject.key().and_then(|key| self.province().population.get(key)).ok_or(Trouble::NotFound)?;
        if shown(&person, rows, at) { Ok(person) } else { Err(Trouble::NotFound) }
    }

    pub(crate) async fn verify(
        &self,
        _permit: Permit,
        subject: Subject<'_>,
        names: &[ClaimName],
        claims: &[Claim],
        rows: Rows<'_>,
        at: i64,
    ) -> Result<Vec<Answer>, Trouble> {
        let person = self.visible(subject, rows, at)?;
        names.iter().zip(claims).map(|(name, claim)| self.answer(&person, subject, *name, &claim.args, at)).collect()
    }

    fn answer(
        &self,
        person: &PersonView<'_>,
        subject: Subject<'_>,
        claim: ClaimName,
        args: &[String],
        at: i64,
    ) -> Result<Answer, Trouble> {
        let no_more = |wanted: usize| if args.len() == wanted { Ok(()) } else { Err(Trouble::Invalid("claims")) };
        Ok(match claim {
            ClaimName::NameMatches => {
                no_more(0)?;
                match (subject.card.and_then(|card| card.name.as_ref()), person.name()) {
                    (Some(card), Some(register)) => match register.compare(card.reveal()) {
                        NameVerdict::Equal => Answer::Yes,
                        NameVerdict::Near => Answer::Unknown,
                        NameVerdict::Different => Answer::No,
                    },
                    _ => Answer::Unknown,
                }
            }
            ClaimName::BirthDateMatches => {
                no_more(0)?;
                match subject.card.map(|card| person.born().compatible(card.born)) {
                    Some(Agreement::Equal) => Answer::Yes,
                    Some(Agreement::Different) => Answer::No,
                    Some(Agreement::Near) | None => Answer::Unknown,
                }
            }
            ClaimName::Alive => {
                no_more(0)?;
                yes_if(person.life() == Life::Alive)
            }
            ClaimName::CardValid => {
                no_more(0)?;
                person.card().map_or(Answer::No, |card| {
                    yes_if(card.state == CardState::Valid && card.expires.is_none_or(|last| last >= date_of(at)))
                })
            }
            ClaimName::CardNotRevoked => {
                no_more(0)?;
                person.card().map_or(Answer::Unknown, |card| yes_if(card.state != CardState::Revoked))
            }
            ClaimName::AgeBetween => {
                no_more(2)?;
                let ages: Vec<u16> = args.iter().filter_map(|age| age.parse().ok()).collect();
                let [from, to] = ages[..] else { return Err(Trouble::Invalid("claims")) };
                match person.born().ages_on(date_of(at)).between(from, to) {
                    AgeAnswer::Yes => Answer::Yes,
                    AgeAnswer::No => Answer::No,
                    AgeAnswer::Ask => Answer::Unknown,
                }
            }
            ClaimName::SexIs => {
                no_more(1)?;
                yes_if(args.first().is_some_and(|sex| sex == person.sex().code()))
            }
            ClaimName::ResidentIn => {
                no_more(2)?;
                let unit =
                    args.first().and_then(|unit| unit.parse::<UnitCode>().ok()).ok_or(Trouble::Invalid("claims"))?;
                let lives = match args.get(1).map(String::as_str) {
                    Some("permanent") => person.permanent_unit(Base::Current),
                    Some("temporary") => person.temporary_unit(Base::Current),
                    Some("current") => person.current_unit(Base::Current),
                    _ => return Err(Trouble::Invalid("claims")),
                };
                yes_if(lives == Some(unit))
            }
            ClaimName::HouseholdHead => {
                no_more(0)?;
                yes_if(person.role() == HouseholdRole::Head)
            }
            ClaimName::IdChain => {
                no_more(0)?;
                match (subject.card.and_then(|card| card.old_number.as_ref()), person.old_number()) {
                    (Some(presented), Some(known)) => yes_if(*presented == known),
                    _ => Answer::Unknown,
                }
            }
            // Between two people: `related` asks these.
            ClaimName::SameHousehold | ClaimName::RelationIs => return Err(Trouble::Invalid("claims")),
        })
    }

    pub(crate) async fn related(
        &self,
        _permit: Permit,
        first: Subject<'_>,
        second: Subject<'_>,
        relation: &str,
        rows: Rows<'_>,
        at: i64,
    ) -> Result<Answer, Trouble> {
        let population = &self.province().population;
        if first.key().is_none() || second.key().is_none() {
            return Ok(Answer::Unknown);
        }
        let (one, other) = (self.visible(first, rows, at)?, self.visible(second, rows, at)?);
        // The register knows relations within a household only; outside of one it cannot tell.
        let same = one.household() == other.household();
        if relation == "same-household" {
            return Ok(yes_if(same));
        }
        Ok(match population.relation(one.key(), other.key()).filter(|_| same) {
            None => Answer::Unknown,
            Some(found) => match relation {
                "spouse" => yes_if(found == Relation::Spouse),
                "parent" => yes_if(found == Relation::Parent),
                // Guardianship is in no register that the host has.
                _ => Answer::Unknown,
            },
        })
    }

    pub(crate) async fn read(
        &self,
        _permit: Permit,
        subject: Subject<'_>,
        field: Field,
        rows: Rows<'_>,
        at: i64,
    ) -> Result<Option<String>, Trouble> {
        let person = self.visible(subject, rows, at)?;
        let born = person.born();
        Ok(match field {
            // Names and addresses are shown by the host to who may see them; a guest gets a token that says nothing.
            Field::FullName => person.name().map(|_| "name".to_owned()),
            Field::AddressToken => person.address().map(|_| "address".to_owned()),
            Field::BirthDate => born.reveal().to_date().map(|_| born.reveal().to_string()),
            Field::BirthYear => Some(born.reveal().year().to_string()),
            Field::AgeBand => {
                let age = born.ages_on(date_of(at)).least;
                let youngest = age.saturating_sub(age % 5);
                Some(format!("{youngest}-{}", youngest.saturating_add(4)))
            }
            Field::Sex => Some(person.sex().code().to_owned()),
            Field::Nationality => Some(person.nationality().code().to_owned()),
            Field::PermanentUnit => person.permanent_unit(Base::Current).map(|unit| unit.to_string()),
            Field::TemporaryUnit => person.temporary_unit(Base::Current).map(|unit| unit.to_string()),
            Field::CurrentUnit => person.current_unit(Base::Current).map(|unit| unit.to_string()),
            Field::MaritalStatus => Some(person.marital_status().code().to_owned()),
            Field::LifeStatus => Some(if person.life() == Life::Alive { "alive" } else { "dead" }.to_owned()),
            Field::CardState => person.card().map(|card| card.state.code().to_owned()),
            Field::CardExpiry => person.card().and_then(|card| card.expires).map(|date| date.to_string()),
            Field::HouseholdSize => Some(person.household_size().to_string()),
            Field::Ethnicity => Some(person.ethnicity().code().to_owned()),
            Field::Religion => Some(person.religion().code().to_owned()),
        })
    }

    pub(crate) async fn household(
        &self,
        _permit: Permit,
        subject: Subject<'_>,
        rows: Rows<'_>,
        at: i64,
    ) -> Result<Vec<(PersonKey, Kind)>, Trouble> {
        let person = self.visible(subject, rows, at)?;
        let population = &self.province().population;
        let members = population
            .household(person.key())
            .filter(|key| population.get(*key).is_some_and(|member| shown(&member, rows, at)));
        Ok(members.filter_map(|key| Some((key, self.kind_of(key)?))).collect())
    }

    pub(crate) async fn aggregate(
        &self,
        permit: Permit,
        pilot: &str,
        dimensions: &[Dimension],
        conditions: &[Condition],
        minimum: u32,
        at: i64,
    ) -> Result<AnswerTable, Trouble> {
        let Provider::Embedded(embedded) = self;
        if permit.left() == Duration::ZERO {
            return Err(Trouble::Unavailable(Duration::from_secs(1)));
        }
        embedded.counting.answer(&embedded.province, pilot, dimensions, conditions, minimum, at).await
    }
}

fn yes_if(true_: bool) -> Answer {
    if true_ { Answer::Yes } else { Answer::No }
}

/// Whether the grant's row filter lets this person be seen.
pub(crate) fn shown(person: &PersonView<'_>, rows: Rows<'_>, at: i64) -> bool {
    if rows.filter.is_open() {
        return true;
    }
    let age = u8::try_from(person.born().ages_on(date_of(at)).least).unwrap_or(u8::MAX);
    let resident = [person.permanent_unit(Base::Current), person.temporary_unit(Base::Current)]
        .into_iter()
        .flatten()
        .any(|unit| rows.units.contains(unit.to_string().as_str()));
    rows.filter.holds(age, resident)
}
