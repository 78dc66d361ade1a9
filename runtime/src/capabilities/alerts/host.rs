//! The host functions of `alerts`.

use pilothouse_registry::scope::{AlertsAsk, AnyAsk};
use pilothouse_registry::{AlertKind, Capability, UnitCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wasmtime::component::Resource;

use super::Facts;
use super::provider::AlertRow;
use crate::call::Call;
use crate::capabilities::funnel::{Request, Trouble};
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::contract::pilothouse::alerts::duty::{Alert, Status};
use crate::kept::HostTable;
use crate::pending::Effect;
use crate::people::Person;

/// The contract's lengths, in bytes, and its numbers.
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
        && facts.iter().all(|(name, value)| !name.is_empty() && name.len() <= MAX_FACT_NAME && value.len() <= MAX_FACT)
}

/// The kind of an alert's reference.
fn kind_of(reference: &str) -> Option<AlertKind> {
    if reference.len() > MAX_REFERENCE {
        return None;
    }
    registered(reference.split_once('/')?.0)
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
        let reference = format!("{kind}/{}/{}", alert.subject, alert.window);
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
        let key = AlertRow::key(pilot, &reference);
        let own = pending.own(HostTable::Alerts, &key);
        let full = pending.is_full();
        let args = (person.map(Person::number), &alert);
        let answer = funnel
            .pass(request, &args, |permit| async move {
                if full {
                    return Err(Trouble::Invalid("effects"));
                }
                let found = providers.alerts.alert(permit, own, &row.pilot, &row.reference).await?;
                Ok(found.map_or(Kept { row, version: 0 }, |(row, version)| Kept { row, version }))
            })
            .await?;
        Ok(match answer {
            // The same alert again: the desk has it, or will.
            Ok(kept) if kept.version > 0 => Ok(reference),
            Ok(kept) => {
                let who = person.map(|person| providers.population.written_out(people.subject(person)));
                let payload = json!({
                    "row": key, "pilot": &**pilot, "alert": "raised", "kind": alert.kind, "severity": severity, "unit": alert.unit,
                    "subject": alert.subject, "facts": alert.facts, "raised": kept.row.raised, "respond_by": alert.respond_by, "person": who,
                });
                let effect = Effect {
                    capability: "alerts",
                    function: "raise",
                    key: reference.clone(),
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
        let Some(kind) = kind_of(&reference).filter(|_| !facts.is_empty() && facts_fit(&facts)) else {
            return Ok(self.funnel.refuse(Capability::Alerts, "update", "facts", &facts.len())?);
        };
        let request = raised_request("update", &kind, true);
        let Call { funnel, providers, pending, pilot, .. } = self;
        let pilot: &str = pilot;
        let key = AlertRow::key(pilot, &reference);
        let own = pending.own(HostTable::Alerts, &key);
        let full = pending.is_full();
        let args = (&reference, &facts);
        let answer = funnel
            .pass(request, &args, |permit| async move {
                if full {
                    return Err(Trouble::Invalid("effects"));
                }
                let found = providers.alerts.alert(permit, own, pilot, args.0).await?;
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
                    "row": key, "pilot": pilot, "alert": "update", "kind": kind.as_str(), "severity": row.severity, "unit": row.unit,
                    "subject": subject_of(&reference), "facts": facts, "raised": row.raised, "respond_by": row.respond_by,
                });
                let effect = Effect {
                    capability: "alerts",
                    function: "update",
                    key: format!("{reference}/update/{}", row.updates),
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
        let Some(kind) = kind_of(&reference) else {
            return Ok(self.funnel.refuse(Capability::Alerts, "state", "reference", &reference.len())?);
        };
        let request = raised_request("state", &kind, false);
        let Call { funnel, providers, pending, pilot, .. } = self;
        let own = pending.own(HostTable::Alerts, &AlertRow::key(pilot, &reference));
        let reference = &reference;
        Ok(funnel
            .pass(request, reference, |permit| async move {
                let found = providers.alerts.alert(permit, own, pilot, reference).await?;
                Ok(found.map(|(row, _)| row.status()))
            })
            .await?)
    }
}

/// What an alert is about: between its kind and its window.
fn subject_of(reference: &str) -> &str {
    let rest = reference.split_once('/').map_or(reference, |(_, rest)| rest);
    rest.rsplit_once('/').map_or(rest, |(subject, _)| subject)
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
    fn a_reference_says_kind_and_subject_even_where_the_subject_has_slashes() {
        assert_eq!(subject_of("wrong-person/a/b/2026-07-01"), "a/b");
        assert_eq!(kind_of("wrong-person/a/b/2026-07-01").unwrap().as_str(), "wrong-person");
        assert!(kind_of("Wrong Person/a/b").is_none() && kind_of("wrong-person").is_none());
        assert!(kind_of(&format!("wrong-person/{}", "x".repeat(MAX_REFERENCE))).is_none());
    }
}
