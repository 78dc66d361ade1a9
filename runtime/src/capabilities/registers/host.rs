//! The host functions of `registers`.

use pilothouse_registry::scope::{AnyAsk, Fact, RegistersAsk};
use pilothouse_registry::{Capability, FieldName, RegisterName};
use serde::Serialize;
use wasmtime::component::Resource;

use crate::call::Call;
use crate::capabilities::funnel::{Request, Trouble};
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::contract::pilothouse::registers::sector::Change;
use crate::natural::NaturalKey;
use crate::pending::{Effect, MAX_EFFECTS};
use crate::people::Person;
use crate::rights;

/// Longest register, field or key, in bytes.
const MAX_NAME: usize = 64;
/// Longest value of a change, and longest note, in characters.
const MAX_VALUE: usize = 256;
/// Most changes of a proposal, and facts of a comparison.
const MAX_CHANGES: usize = 8;

/// A person's entry in a register. Holds no value: each is asked for, so that what is used is known by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(crate) register: RegisterName,
    pub(crate) person: Person,
    pub(crate) version: String,
}

/// What goes to the register's owner. The person is put in when it is sent.
#[derive(Serialize)]
struct Payload<'a> {
    register: &'a str,
    key: &'a str,
    changes: Vec<(&'a str, Option<&'a str>)>,
    note: &'a str,
    person: serde_json::Value,
}

fn fits(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME
}

impl Call {
    fn register_request<'a>(
        &self,
        function: &'static str,
        ask: RegistersAsk<'a>,
        asked: Vec<String>,
        person: Person,
        effect: bool,
    ) -> Request<'a> {
        let (capability, ask) = (Capability::Registers, Some(AnyAsk::Registers(ask)));
        Request { capability, function, ask, asked, units: Vec::new(), person: self.named(person), effect }
    }

    pub(crate) async fn find_entry(
        &mut self,
        register: String,
        person: &Resource<Person>,
    ) -> wasmtime::Result<Result<Option<Resource<Entry>>, Denial>> {
        let person = self.handle(person)?;
        let Some(register) = registered::<RegisterName>(&register) else {
            return Ok(self.funnel.refuse(Capability::Registers, "find", "register", &register.len())?);
        };
        let request = self.register_request(
            "find",
            RegistersAsk::Find { register: &register },
            vec![register.to_string()],
            person,
            false,
        );
        let Call { funnel, people, providers, occasion, .. } = self;
        let subject = people.subject(person);
        let rights = funnel.rights();
        let rows = rights::register_rows(funnel.decided_by(&rights, &request), &register);
        let answer: Result<Option<String>, Denial> = funnel
            .pass(request, &(&register, person.number()), |permit| {
                providers.registers.find(permit, &register, subject, rows, occasion.at)
            })
            .await?;
        Ok(match answer {
            Ok(Some(version)) => Ok(Some(self.table.push(Entry { register, person, version })?)),
            Ok(None) => Ok(None),
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn entry_field(
        &mut self,
        entry: &Resource<Entry>,
        field: String,
    ) -> wasmtime::Result<Result<Option<String>, Denial>> {
        let Entry { register, person, .. } = self.table.get(entry)?.clone();
        let Some(field) = registered::<FieldName>(&field) else {
            return Ok(self.funnel.refuse(Capability::Registers, "entry.get", "field", &field.len())?);
        };
        let asked = vec![format!("{register}.{field}")];
        let request = self.register_request(
            "entry.get",
            RegistersAsk::Get { register: &register, field: &field },
            asked,
            person,
            false,
        );
        let Call { funnel, people, providers, occasion, .. } = self;
        let subject = people.subject(person);
        let rights = funnel.rights();
        // Asked by the right that answers now, which need not be the one that found the entry.
        let rows = rights::register_rows(funnel.decided_by(&rights, &request), &register);
        Ok(funnel
            .pass(request, &(&register, person.number(), &field), |permit| {
                providers.registers.field(permit, &register, subject, (rows, occasion.at), &field)
            })
            .await?)
    }

    pub(crate) async fn entry_agrees(
        &mut self,
        entry: &Resource<Entry>,
        facts: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Option<bool>>, Denial>> {
        let Entry { register, person, .. } = self.table.get(entry)?.clone();
        let names: Option<Vec<Fact>> = facts.iter().map(|fact| registered(fact)).collect();
        let Some(names) = names.filter(|names| !names.is_empty() && names.len() <= MAX_CHANGES) else {
            return Ok(self.funnel.refuse(Capability::Registers, "entry.agrees", "facts", &facts.len())?);
        };
        let asked = facts.iter().map(|fact| format!("{register}.{fact}")).collect();
        let request = self.register_request(
            "entry.agrees",
            RegistersAsk::Agrees { register: &register, facts: &names },
            asked,
            person,
            false,
        );
        let Call { funnel, people, providers, occasion, .. } = self;
        let subject = people.subject(person);
        let rights = funnel.rights();
        let rows = rights::register_rows(funnel.decided_by(&rights, &request), &register);
        Ok(funnel
            .pass(request, &(&register, person.number(), &facts), |permit| {
                providers.registers.agrees(permit, &register, subject, (rows, occasion.at), &names)
            })
            .await?)
    }

    pub(crate) async fn propose(&mut self, proposal: super::Proposal) -> wasmtime::Result<Result<String, Denial>> {
        let (register, person, key, changes, note) = proposal;
        let person = self.handle(&person)?;
        let bounded = fits(&key)
            && note.chars().count() <= MAX_VALUE
            && !changes.is_empty()
            && changes.len() <= MAX_CHANGES
            && changes
                .iter()
                .all(|change: &Change| change.value.as_ref().is_none_or(|value| value.chars().count() <= MAX_VALUE));
        let names: Option<Vec<FieldName>> = changes.iter().map(|change| registered(&change.field)).collect();
        let Some((register, fields)) = registered::<RegisterName>(&register).zip(names).filter(|_| bounded) else {
            return Ok(self.funnel.refuse(Capability::Registers, "propose", "changes", &changes.len())?);
        };
        let asked = fields.iter().map(|field| format!("{register}.{field}")).collect();
        // Who is meant, what is to change and why: another proposal about the same person has another key.
        let mut natural =
            NaturalKey::of(&[register.as_str(), &key, &note]).and(self.people.pseudonym(person).unwrap_or_default());
        for change in &changes {
            natural = natural.and(&change.field).and(if change.value.is_some() { "to" } else { "unset" });
            natural = natural.and(change.value.as_deref().unwrap_or_default());
        }
        let names: Vec<&str> = fields.iter().map(FieldName::as_str).collect();
        let id = format!("{register}/{key}/{}", names.join("+"));
        let request = self.register_request(
            "propose",
            RegistersAsk::Propose { register: &register, fields: &fields },
            asked,
            person,
            true,
        );
        let Call { funnel, people, providers, occasion, pending, .. } = self;
        let full = pending.effects.len() >= MAX_EFFECTS;
        let subject = people.subject(person);
        let rights = funnel.rights();
        let rows = rights::register_rows(funnel.decided_by(&rights, &request), &register);
        let registers = &providers.registers;
        let answer = funnel
            .pass(request, &(&register, person.number(), &key, &changes, &note), |permit| async move {
                registers.meets(permit, subject, rows, occasion.at).await?;
                if full { Err(Trouble::Invalid("effects")) } else { Ok(id) }
            })
            .await?;
        if answer.is_ok() {
            let changes = changes.iter().map(|change| (change.field.as_str(), change.value.as_deref())).collect();
            let person = providers.population.written_out(people.subject(person));
            let payload =
                serde_json::to_vec(&Payload { register: register.as_str(), key: &key, changes, note: &note, person })?;
            pending.effects.push(Effect {
                capability: "registers",
                function: "propose",
                key: natural,
                key_says_all: true,
                payload,
                not_before: None,
            });
        }
        Ok(answer)
    }
}
