//! The host functions of `readers`.

use pilothouse_registry::Capability;
use pilothouse_registry::scope::{AnyAsk, ReadersAsk};
use wasmtime::component::Resource;

use crate::call::Call;
use crate::capabilities::funnel::Request;
use crate::contract::Denial;
use crate::people::{Person, Presented};

/// Longest text key, in bytes.
const MAX_KEY: usize = 64;

/// How a person of this call was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub(crate) person: Person,
    pub(crate) presented: Presented,
}

impl Reading {
    /// The reading of a call that is one: of its first person.
    pub(crate) fn of_first(call: &Call) -> Reading {
        let presented = call.people.get(Person::FIRST).and_then(|entry| entry.arrival.presented.clone());
        Reading { person: Person::FIRST, presented: presented.unwrap_or_else(Presented::typed) }
    }
}

impl Call {
    pub(crate) async fn reading_of(
        &mut self,
        person: &Resource<Person>,
    ) -> wasmtime::Result<Result<Option<Resource<Reading>>, Denial>> {
        let person = self.handle(person)?;
        let presented = self.people.get(person).and_then(|entry| entry.arrival.presented.clone());
        let method = presented.as_ref().map(|presented| presented.method);
        let request = Request {
            capability: Capability::Readers,
            function: "reading-of",
            ask: method.map(|method| AnyAsk::Readers(ReadersAsk::Method(method))),
            asked: method.map(|method| method.as_str().to_owned()).into_iter().collect(),
            units: Vec::new(),
            person: self.named(person),
            effect: false,
        };
        let answer: Result<Option<Presented>, Denial> =
            self.funnel.pass(request, &person.number(), |_permit| async move { Ok(presented) }).await?;
        Ok(match answer {
            Ok(Some(presented)) => Ok(Some(self.table.push(Reading { person, presented })?)),
            Ok(None) => Ok(None),
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn show(&mut self, signal: String, text: String) -> wasmtime::Result<Result<(), Denial>> {
        if !matches!(signal.as_str(), "green" | "amber" | "red") || text.is_empty() || text.len() > MAX_KEY {
            return Ok(self.funnel.refuse(Capability::Readers, "show", "signal", &(signal.len(), text.len()))?);
        }
        let (capability, ask) = (Capability::Readers, Some(AnyAsk::Readers(ReadersAsk::Show)));
        let request = Request {
            capability,
            function: "show",
            ask,
            asked: vec![signal.clone()],
            units: Vec::new(),
            person: None,
            effect: true,
        };
        let answer = self.funnel.pass(request, &(&signal, &text), |_permit| async move { Ok(()) }).await?;
        if answer.is_ok() {
            self.pending.shown = Some((signal, text));
        }
        Ok(answer)
    }
}
