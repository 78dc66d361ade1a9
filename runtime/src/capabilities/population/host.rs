//! The host functions of `population`: bound what the guest gave, pass the funnel, ask the provider.

use pilothouse_registry::Capability;
use pilothouse_registry::scope::{AnyAsk, Claim as ClaimName, Dimension, Field, Measure, PopulationAsk};
use serde::{Deserialize, Serialize};
use wasmtime::component::Resource;

use crate::call::Call;
use crate::capabilities::funnel::Request;
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::contract::pilothouse::population::individuals::{Answer, Claim};
use crate::contract::pilothouse::population::statistics::{Cell, Condition};
use crate::people::{Arrival, Kind, Person};
use crate::rights;

/// Most claims in one question; the contract says so.
const MAX_CLAIMS: usize = 12;
/// Longest argument, in bytes: a date, a unit, a code.
const MAX_ARGUMENT: usize = 64;
/// Most dimensions of a question.
const MAX_DIMENSIONS: usize = 3;
/// Most conditions of a question, and values of one: all communes of the province, and some.
const MAX_CONDITIONS: usize = 8;
const MAX_VALUES: usize = 200;
/// Cells of one page.
const PAGE: usize = 500;
/// Most people of a household that are handed out.
const MAX_HOUSEHOLD: usize = 32;

/// An answer to a question about many, as it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerTable {
    pub(crate) cells: Vec<Cell>,
    pub(crate) total: u64,
    pub(crate) minimum: u32,
}

impl AnswerTable {
    pub(crate) fn page(&self, start: u32) -> Vec<Cell> {
        self.cells.iter().skip(start as usize).take(PAGE).cloned().collect()
    }

    /// About how much memory it holds.
    fn bytes(&self) -> usize {
        let labels = |cell: &Cell| {
            cell.labels.iter().map(|label| size_of::<String>().saturating_add(label.len())).sum::<usize>()
        };
        self.cells.iter().map(|cell| size_of::<Cell>().saturating_add(labels(cell))).sum()
    }

    pub(crate) fn size(&self) -> u32 {
        u32::try_from(self.cells.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn suppressed(&self) -> u32 {
        u32::try_from(self.cells.iter().filter(|cell| cell.count.is_none()).count()).unwrap_or(u32::MAX)
    }
}

/// A person of a household, before it has a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) kind: Kind,
}

fn fits(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ARGUMENT
}

impl Call {
    pub(crate) async fn verify(
        &mut self,
        person: &Resource<Person>,
        claims: Vec<Claim>,
    ) -> wasmtime::Result<Result<Vec<Answer>, Denial>> {
        let person = self.handle(person)?;
        let bounded = claims.iter().all(|claim| claim.args.len() <= 2 && claim.args.iter().all(|arg| fits(arg)));
        let names: Option<Vec<ClaimName>> = claims.iter().map(|claim| registered(&claim.name)).collect();
        let Some(names) = names.filter(|names| bounded && !names.is_empty() && names.len() <= MAX_CLAIMS) else {
            return Ok(self.funnel.refuse(Capability::Population, "verify", "claims", &claims.len())?);
        };
        let request = Request {
            capability: Capability::Population,
            function: "verify",
            ask: Some(AnyAsk::Population(PopulationAsk::Claims(&names))),
            asked: names.iter().map(|name| name.as_str().to_owned()).collect(),
            units: Vec::new(),
            person: self.named(person),
            effect: false,
        };
        let Call { funnel, people, providers, occasion, .. } = self;
        let subject = people.subject(person);
        let rights = funnel.rights();
        let rows = rights::population_rows(funnel.decided_by(&rights, &request));
        Ok(funnel
            .pass(request, &(person.number(), &claims), |permit| {
                providers.population.verify(permit, subject, &names, &claims, rows, occasion.at)
            })
            .await?)
    }

    pub(crate) async fn related(
        &mut self,
        person: &Resource<Person>,
        other: &Resource<Person>,
        relation: String,
    ) -> wasmtime::Result<Result<Answer, Denial>> {
        let (person, other) = (self.handle(person)?, self.handle(other)?);
        let claim = match relation.as_str() {
            "same-household" => ClaimName::SameHousehold,
            "spouse" | "parent" | "guardian" => ClaimName::RelationIs,
            _ => return Ok(self.funnel.refuse(Capability::Population, "related", "relation", &())?),
        };
        let names = [claim];
        let request = Request {
            capability: Capability::Population,
            function: "related",
            ask: Some(AnyAsk::Population(PopulationAsk::Claims(&names))),
            asked: vec![claim.as_str().to_owned()],
            units: Vec::new(),
            person: self.named(person),
            effect: false,
        };
        let Call { funnel, people, providers, occasion, .. } = self;
        let (first, second) = (people.subject(person), people.subject(other));
        let rights = funnel.rights();
        let right = funnel.decided_by(&rights, &request);
        let (rows, count) = (rights::population_rows(right), funnel.people_count(right));
        let (relation, also) = (&relation, people.pseudonym(other));
        Ok(funnel
            .pass(request, &(person.number(), other.number(), relation), |permit| async move {
                // It says as much of the one as of the other.
                count.spend(Capability::Population, also.into_iter())?;
                providers.population.related(permit, first, second, relation, rows, occasion.at).await
            })
            .await?)
    }

    pub(crate) async fn read(
        &mut self,
        person: &Resource<Person>,
        field: String,
    ) -> wasmtime::Result<Result<Option<String>, Denial>> {
        let person = self.handle(person)?;
        let Some(field) = registered::<Field>(&field) else {
            return Ok(self.funnel.refuse(Capability::Population, "read", "field", &field.len())?);
        };
        let request = Request {
            capability: Capability::Population,
            function: "read",
            ask: Some(AnyAsk::Population(PopulationAsk::Field(field))),
            asked: vec![field.as_str().to_owned()],
            units: Vec::new(),
            person: self.named(person),
            effect: false,
        };
        let Call { funnel, people, providers, occasion, .. } = self;
        let subject = people.subject(person);
        let rights = funnel.rights();
        let rows = rights::population_rows(funnel.decided_by(&rights, &request));
        Ok(funnel
            .pass(request, &(person.number(), field), |permit| {
                providers.population.read(permit, subject, field, rows, occasion.at)
            })
            .await?)
    }

    pub(crate) async fn household(
        &mut self,
        person: &Resource<Person>,
    ) -> wasmtime::Result<Result<Vec<Resource<Person>>, Denial>> {
        let person = self.handle(person)?;
        let request = Request {
            capability: Capability::Population,
            function: "household",
            ask: Some(AnyAsk::Population(PopulationAsk::Household)),
            asked: Vec::new(),
            units: Vec::new(),
            person: self.named(person),
            effect: false,
        };
        let Call { funnel, people, providers, occasion, .. } = self;
        let subject = people.subject(person);
        let rights = funnel.rights();
        let right = funnel.decided_by(&rights, &request);
        let (rows, count) = (rights::population_rows(right), funnel.people_count(right));
        let keys = people.keys();
        // Who they are must not be in the recording, so the answer holds kinds; the people themselves come beside it.
        let mut found = Vec::new();
        let answer: Result<Vec<Member>, Denial> = funnel
            .pass(request, &person.number(), |permit| {
                let found = &mut found;
                async move {
                    let mut members = providers.population.household(permit, subject, rows, occasion.at).await?;
                    members.truncate(MAX_HOUSEHOLD);
                    let names: Vec<String> = members.iter().map(|(key, _)| keys.pseudonym_of(*key)).collect();
                    count.spend(Capability::Population, names.iter().map(String::as_str))?;
                    *found = members;
                    Ok(found.iter().map(|(_, kind)| Member { kind: *kind }).collect())
                }
            })
            .await?;
        let members = match answer {
            Ok(members) => members,
            Err(denial) => return Ok(Err(denial)),
        };
        let mut handles = Vec::with_capacity(members.len());
        for (place, member) in members.iter().enumerate() {
            let arrival = match found.get(place) {
                Some((key, kind)) => Arrival::known(*key, *kind, None, None),
                None => Arrival::recorded(member.kind, None),
            };
            let person = self.people.add(arrival)?;
            handles.push(self.hand_out(person)?);
        }
        Ok(Ok(handles))
    }

    pub(crate) async fn aggregate(
        &mut self,
        measure: String,
        dimensions: Vec<String>,
        conditions: Vec<Condition>,
    ) -> wasmtime::Result<Result<Resource<AnswerTable>, Denial>> {
        let bounded = conditions.len() <= MAX_CONDITIONS
            && conditions
                .iter()
                .all(|c| fits(&c.key) && c.values.len() <= MAX_VALUES && c.values.iter().all(|value| fits(value)));
        if !bounded {
            return Ok(self.funnel.refuse(Capability::Population, "aggregate", "conditions", &conditions.len())?);
        }
        let Some(measure) = registered::<Measure>(&measure) else {
            return Ok(self.funnel.refuse(Capability::Population, "aggregate", "measure", &measure.len())?);
        };
        let names: Option<Vec<Dimension>> = dimensions.iter().map(|name| registered(name)).collect();
        let Some(dimensions) = names.filter(|names| names.len() <= MAX_DIMENSIONS) else {
            return Ok(self.funnel.refuse(Capability::Population, "aggregate", "dimensions", &dimensions.len())?);
        };
        let request = Request {
            capability: Capability::Population,
            function: "aggregate",
            ask: Some(AnyAsk::Population(PopulationAsk::Aggregate { measure, dimensions: &dimensions })),
            asked: dimensions.iter().map(|name| name.as_str().to_owned()).collect(),
            units: Vec::new(),
            person: None,
            effect: false,
        };
        let Call { funnel, providers, occasion, pilot, .. } = self;
        let minimum = rights::minimum_cell(funnel.decided_by(&funnel.rights(), &request), &dimensions);
        let answer: Result<AnswerTable, Denial> = funnel
            .pass(request, &(measure, &dimensions, &conditions), |permit| {
                providers.population.aggregate(permit, pilot, &dimensions, &conditions, minimum, occasion.at)
            })
            .await?;
        Ok(match answer {
            Ok(table) => {
                self.funnel.hold(table.bytes())?;
                Ok(self.table.push(table)?)
            }
            Err(denial) => Err(denial),
        })
    }
}
