//! The host functions of `alerts`.

use pilothouse_registry::scope::{AlertsAsk, AnyAsk};
use pilothouse_registry::{AlertKind, Capability, UnitCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wasmtime::component::Resource;

use super::Facts;
use super::provider::{About, AlertRow};
use crate::call::Call;
use crate::capabilities::funnel::{Request, Trouble};
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::contract::pilothouse::alerts::duty::{Alert, Status};
use crate::kept::HostTable;
use crate::pending::Effect;
use crate::people::Person;

/// The contract's lengths, in bytes but for what people write, which is in characters; and its numbers.
const MAX_SUBJECT: usize = 64;
const MAX_WINDOW: usize = 32;
const MAX_FACTS: usize = 12;
const MAX_FACT_NAME: usize = 40;
const MAX_FACT: usize = 500;
const SEVERITIES: std::ops::RangeInclusive<u8> = 1..=4;
/// Kind, subject and window with their separators.
const MAX_REFERENCE: usize = 40 + MAX_SUBJECT + MAX_WINDOW + 2;

fn facts_fit(facts: &[(String, String)]) -> bool {
    facts.len() <= MAX_FACTS
        && facts
            .iter()
            .all(|(name, value)| !name.is_empty() && name.len() <= MAX_FACT_NAME && value.chars().count() <= MAX_FACT)
}

/// What an alert's reference speaks of, with its kind.
fn read(reference: &str) -> Option<(AlertKind, About<'_>)> {
    let about = About::read(reference).filter(|_| reference.len() <= MAX_REFERENCE)?;
    Some((registered(about.kind)?, about))
}

/// How a call about an alert was answered, and the row that it leaves; a version of 0 is a new one.
#[derive(Serialize, Deserialize)]
struct Kept {
    row: AlertRow,
    version: u64,
}

impl Call {
    pub(crate) async fn raise(
        &mut self,
        alert: Alert,
        person: Option<Resource<Person>>,
    ) -> wasmtime::Result<Result<String, Denial>> {
        let person = person.map(|person| self.handle(&person)).transpose()?;
        let bounded = (1..=MAX_SUBJECT).contains(&alert.subject.len())
            && (1..=MAX_WINDOW).contains(&alert.window.len())
            && !alert.window.contains('/')
            && facts_fit(&alert.facts);
        let severity = u8::try_from(alert.severity).ok().filter(|severity| SEVERITIES.contains(severity));
        let named = registered::<AlertKind>(&alert.kind).zip(registered::<UnitCode>(&alert.unit));
        let Some(((kind, unit), severity)) = named.zip(severity).filter(|_| bounded) else {
            return Ok(self.funnel.refuse(Capability::Alerts, "raise", "alert", &alert.subject.len())?);
        };
        let request = Request {
            capability: Capability::Alerts,
            function: "raise",
            ask: Some(AnyAsk::Alerts(AlertsAsk::Raise { kind: &kind, severity })),
            units: vec![unit],
            asked: vec![kind.to_string()],
            person: person.and_then(|person| self.named(person)),
            effect: true,
        };
        let about = About { kind: kind.as_str(), subject: &alert.subject, window: &alert.window };
        let reference = about.reference();
        let Call { funnel, people, providers, pending, pilot, occasion, .. } = self;
        let providers = &**providers;
        let row = AlertRow {
            pilot: pilot.to_string(),
            reference: reference.clone(),
            unit: alert.unit.clone(),
            severity,
            state: "queued".to_owned(),
            raised: occasion.at,
            respond_by: alert.respond_by,
            acknowledged_at: None,
            updates: 0,
        };
        let key = AlertRow::key(pilot, &about);
        let own = pending.own(HostTable::Alerts, &key);
        let full = pending.is_full();
        let args = (person.map(Person::number), &alert);
        let place = &key;
        let answer = funnel
            .pass(request, &args, |permit| async move {
                if full {
                    return Err(Trouble::Invalid("effects"));
                }
                let found = providers.alerts.alert(permit, own, place).await?;
                Ok(found.map_or(Kept { row, version: 0 }, |(row, version)| Kept { row, version }))
            })
            .await?;
        Ok(match answer {
            // The same alert again: the desk has it, or will.
            Ok(kept) if kept.version > 0 => Ok(reference),
            Ok(kept) => {
                let who = person.map(|person| providers.population.written_out(people.subject(person)));
                let payload = json!({
                    "row": key.as_str(), "pilot": &**pilot, "alert": "raised", "kind": alert.kind, "severity": severity, "unit": alert.unit,
                    "subject": alert.subject, "facts": alert.facts, "raised": kept.row.raised, "respond_by": alert.respond_by, "person": who,
                });
                let effect = Effect {
                    capability: "alerts",
                    function: "raise",
                    key: about.key(),
                    key_says_all: false,
                    payload: serde_json::to_vec(&payload)?,
                    not_before: None,
                };
                pending.keep(HostTable::Alerts, key, kept.row.change(0), effect);
                Ok(reference)
            }
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn update_alert(
        &mut self,
        reference: String,
        facts: Facts,
    ) -> wasmtime::Result<Result<(), Denial>> {
        let Some((kind, about)) = read(&reference).filter(|_| !facts.is_empty() && facts_fit(&facts)) else {
            return Ok(self.funnel.refuse(Capability::Alerts, "update", "facts", &facts.len())?);
        };
        let request = raised_request("update", &kind, true);
        let Call { funnel, providers, pending, pilot, .. } = self;
        let pilot: &str = pilot;
        let key = AlertRow::key(pilot, &about);
        let own = pending.own(HostTable::Alerts, &key);
        let full = pending.is_full();
        let args = (&reference, &facts);
        let place = &key;
        let answer = funnel
            .pass(request, &args, |permit| async move {
                if full {
                    return Err(Trouble::Invalid("effects"));
                }
                let found = providers.alerts.alert(permit, own, place).await?;
                let (mut row, version) = found.ok_or(Trouble::NotFound)?;
                if row.state == "closed" {
                    return Err(Trouble::Conflict("closed"));
                }
                row.updates = row.updates.saturating_add(1);
                Ok(Kept { row, version })
            })
            .await?;
        Ok(match answer {
            Ok(Kept { row, version }) => {
                let payload = json!({
                    "row": key.as_str(), "pilot": pilot, "alert": "update", "kind": kind.as_str(), "severity": row.severity, "unit": row.unit,
                    "subject": about.subject, "facts": facts, "raised": row.raised, "respond_by": row.respond_by,
                });
                let effect = Effect {
                    capability: "alerts",
                    function: "update",
                    key: about.key().and(&row.updates.to_string()),
                    key_says_all: false,
                    payload: serde_json::to_vec(&payload)?,
                    not_before: None,
                };
                pending.keep(HostTable::Alerts, key, row.change(version), effect);
                Ok(())
            }
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn alert_state(&mut self, reference: String) -> wasmtime::Result<Result<Option<Status>, Denial>> {
        let Some((kind, about)) = read(&reference) else {
            return Ok(self.funnel.refuse(Capability::Alerts, "state", "reference", &reference.len())?);
        };
        let request = raised_request("state", &kind, false);
        let Call { funnel, providers, pending, pilot, .. } = self;
        let key = AlertRow::key(pilot, &about);
        let own = pending.own(HostTable::Alerts, &key);
        let place = &key;
        Ok(funnel
            .pass(request, &reference, |permit| async move {
                let found = providers.alerts.alert(permit, own, place).await?;
                Ok(found.map(|(row, _)| row.status()))
            })
            .await?)
    }
}

fn raised_request<'a>(function: &'static str, kind: &'a AlertKind, effect: bool) -> Request<'a> {
    Request {
        capability: Capability::Alerts,
        function,
        ask: Some(AnyAsk::Alerts(AlertsAsk::Raised { kind })),
        units: Vec::new(),
        asked: vec![kind.to_string()],
        person: None,
        effect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_of_a_registered_kind_and_bounded() {
        assert_eq!(read("wrong-person/a/b/2026-07-01").unwrap().0.as_str(), "wrong-person");
        assert!(read("Wrong Person/a/b").is_none() && read("wrong-person").is_none());
        assert!(read(&format!("wrong-person/{}/w", "x".repeat(MAX_REFERENCE))).is_none());
    }
}
