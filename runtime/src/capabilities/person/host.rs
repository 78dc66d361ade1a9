//! The host functions of `person`.

use pilothouse_identity::PersonKey;
use pilothouse_registry::Capability;
use pilothouse_registry::scope::{AnyAsk, PersonAsk};
use wasmtime::component::Resource;

use crate::call::Call;
use crate::capabilities::funnel::{Request, Trouble};
use crate::contract::Denial;
use crate::people::{Arrival, Kind, Person, Who};

/// Longest sealed reference, in bytes; the contract says so.
const MAX_REFERENCE: usize = 128;

impl Call {
    fn person_request(&self, function: &'static str, person: Person, persists: bool) -> Request<'static> {
        let kind = self.people.get(person).map_or(Kind::Unidentified, |entry| entry.arrival.kind);
        let ask = if persists { PersonAsk::Persist(kind) } else { PersonAsk::Kind(kind) };
        let (capability, ask) = (Capability::Person, Some(AnyAsk::Person(ask)));
        Request {
            capability,
            function,
            ask,
            asked: Vec::new(),
            units: Vec::new(),
            person: self.named(person),
            effect: false,
        }
    }

    pub(crate) async fn pseudonym(&mut self, person: &Resource<Person>) -> wasmtime::Result<Result<String, Denial>> {
        let person = self.handle(person)?;
        let request = self.person_request("person.pseudonym", person, false);
        let Call { funnel, people, .. } = self;
        let pseudonym = people.pseudonym(person).unwrap_or_default().to_owned();
        Ok(funnel.pass(request, &person.number(), |_permit| async move { Ok(pseudonym) }).await?)
    }

    pub(crate) async fn kind(&mut self, person: &Resource<Person>) -> wasmtime::Result<Result<String, Denial>> {
        let person = self.handle(person)?;
        let request = self.person_request("person.kind", person, false);
        let Call { funnel, people, .. } = self;
        let kind = people.get(person).map_or(Kind::Unidentified, |entry| entry.arrival.kind).as_str().to_owned();
        Ok(funnel.pass(request, &person.number(), |_permit| async move { Ok(kind) }).await?)
    }

    pub(crate) async fn same(
        &mut self,
        person: &Resource<Person>,
        other: &Resource<Person>,
    ) -> wasmtime::Result<Result<bool, Denial>> {
        let (person, other) = (self.handle(person)?, self.handle(other)?);
        let request = self.person_request("person.same", person, false);
        let Call { funnel, people, .. } = self;
        let same = people.pseudonym(person).is_some() && people.pseudonym(person) == people.pseudonym(other);
        Ok(funnel.pass(request, &(person.number(), other.number()), |_permit| async move { Ok(same) }).await?)
    }

    pub(crate) async fn seal(&mut self, person: &Resource<Person>) -> wasmtime::Result<Result<String, Denial>> {
        let person = self.handle(person)?;
        let request = self.person_request("person.seal", person, true);
        let Call { funnel, people, .. } = self;
        let sealed = match people.get(person).map(|entry| &entry.arrival.who) {
            Some(Who::Known(key)) => {
                people.keys().seal(*key).ok_or(Trouble::Unavailable(std::time::Duration::from_secs(1)))
            }
            // Of someone who only declared a paper nothing is kept that could be reopened.
            _ => Err(Trouble::NotFound),
        };
        Ok(funnel.pass(request, &person.number(), |_permit| async move { sealed }).await?)
    }

    pub(crate) async fn reopen(&mut self, sealed: String) -> wasmtime::Result<Result<Resource<Person>, Denial>> {
        if sealed.is_empty() || sealed.len() > MAX_REFERENCE {
            return Ok(self.funnel.refuse(Capability::Person, "reopen", "sealed", &sealed.len())?);
        }
        let found: Option<(PersonKey, Kind)> =
            self.people.keys().reopen(&sealed).and_then(|key| Some((key, self.providers.population.kind_of(key)?)));
        // A reference that opens nothing asks for a citizen: the answer is `not-found` either way.
        let kind = found.map_or(Kind::Citizen, |(_, kind)| kind);
        let (capability, ask) = (Capability::Person, Some(AnyAsk::Person(PersonAsk::Persist(kind))));
        let request = Request {
            capability,
            function: "reopen",
            ask,
            asked: Vec::new(),
            units: Vec::new(),
            person: None,
            effect: false,
        };
        let Call { funnel, .. } = self;
        let answer: Result<Kind, Denial> = funnel
            .pass(request, &sealed, |_permit| async move { found.map(|(_, kind)| kind).ok_or(Trouble::NotFound) })
            .await?;
        let kind = match answer {
            Ok(kind) => kind,
            Err(denial) => return Ok(Err(denial)),
        };
        let arrival = match found {
            Some((key, kind)) if !self.funnel.is_replay() => Arrival::known(key, kind, None, None),
            _ => Arrival::recorded(kind, None),
        };
        let person = self.people.add(arrival)?;
        Ok(Ok(self.hand_out(person)?))
    }
}
