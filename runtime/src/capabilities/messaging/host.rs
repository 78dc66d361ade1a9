//! The host functions of `messaging`.

use pilothouse_registry::scope::{AnyAsk, Audience, Channel, MessagingAsk};
use pilothouse_registry::{Capability, TemplateName, UnitCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wasmtime::component::Resource;

use super::provider::{MessageRow, Provider};
use crate::call::Call;
use crate::capabilities::funnel::{Request, Trouble};
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::contract::pilothouse::messaging::direct::{Message, Page};
use crate::kept::{HostTable, until_next_month};
use crate::natural::NaturalKey;
use crate::pending::Effect;
use crate::people::{Kind, Person};
use crate::rights::{Calm, calm};

/// The contract's lengths, in bytes but for what people write, which is in characters; and its numbers.
const MAX_OCCASION: usize = 64;
const MAX_ARGUMENTS: usize = 16;
const MAX_ARGUMENT_NAME: usize = 40;
const MAX_ARGUMENT: usize = 256;
const MAX_CHANNELS: usize = 5;
/// Longest facility id.
const MAX_FACILITY: usize = 32;
/// Longest place to go on from: a template, a recipient and an occasion, each of whose `/` takes two bytes.
const MAX_AFTER: usize = 300;
/// Microseconds of an hour and a day, and how far the province is ahead of UTC.
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const PROVINCE_OFFSET: i64 = 7 * HOUR;

/// To whom a message goes, as the evidence, the rows and the carrier know it.
struct Recipient {
    audience: Audience,
    /// Pseudonym or facility id: what stands in rows and keys.
    name: String,
    person: Option<(u32, String)>,
    unit: Option<UnitCode>,
    /// Whether there is somebody behind it who can be written to.
    reachable: bool,
    /// For the carrier's eyes.
    address: Value,
}

/// How a message was taken, and the row that it leaves; none: it was given before.
#[derive(Serialize, Deserialize)]
struct Given {
    channel: Channel,
    row: Option<MessageRow>,
    not_before: Option<i64>,
}

/// The instant from which a message may reach a person: at once within the hours, else when they begin again. None: they never do.
fn earliest(at: i64, hours: Calm) -> Option<i64> {
    if hours.from >= hours.until {
        return None;
    }
    let today = at.saturating_add(PROVINCE_OFFSET).rem_euclid(DAY);
    let oclock = |hour: u8| at.saturating_sub(today).saturating_add(i64::from(hour).saturating_mul(HOUR));
    let (from, until) = (oclock(hours.from), oclock(hours.until));
    Some(if at < from {
        from
    } else if at < until {
        at
    } else {
        from.saturating_add(DAY)
    })
}

impl Call {
    pub(crate) async fn message_person(
        &mut self,
        to: &Resource<Person>,
        message: Message,
    ) -> wasmtime::Result<Result<String, Denial>> {
        let person = self.handle(to)?;
        let kind = self.people.get(person).map_or(Kind::Unidentified, |entry| entry.arrival.kind);
        let subject = self.people.subject(person);
        let recipient = Recipient {
            audience: if kind == Kind::Foreigner { Audience::Foreigner } else { Audience::Citizen },
            name: self.people.pseudonym(person).unwrap_or_default().to_owned(),
            person: self.named(person),
            unit: None,
            reachable: subject.key().is_some(),
            address: self.providers.population.written_out(subject),
        };
        self.message("notify", recipient, message).await
    }

    pub(crate) async fn message_staff(
        &mut self,
        facility: String,
        message: Message,
    ) -> wasmtime::Result<Result<String, Denial>> {
        if !(1..=MAX_FACILITY).contains(&facility.len()) {
            return Ok(self.funnel.refuse(Capability::Messaging, "notify-staff", "facility", &facility.len())?);
        }
        // A desk writes to its own house; in a tick the host itself calls, for all of them.
        let own = self.occasion.facility.as_deref().map_or(self.is_tick, |own| own == facility);
        let unit = self.providers.places.class_and_unit(&facility).filter(|_| own).map(|(_, unit)| unit);
        let recipient = Recipient {
            audience: Audience::Staff,
            address: json!({ "facility": facility }),
            name: facility,
            person: None,
            reachable: unit.is_some(),
            unit,
        };
        self.message("notify-staff", recipient, message).await
    }

    async fn message(
        &mut self,
        function: &'static str,
        to: Recipient,
        message: Message,
    ) -> wasmtime::Result<Result<String, Denial>> {
        let bounded = (1..=MAX_OCCASION).contains(&message.occasion.len())
            && message.args.len() <= MAX_ARGUMENTS
            && message.args.iter().all(|(name, value)| {
                (1..=MAX_ARGUMENT_NAME).contains(&name.len()) && value.chars().count() <= MAX_ARGUMENT
            })
            && (1..=MAX_CHANNELS).contains(&message.channels.len());
        let channels: Option<Vec<Channel>> = message.channels.iter().map(|channel| registered(channel)).collect();
        let names = registered::<TemplateName>(&message.template).zip(channels);
        let Some((template, channels)) = names.filter(|_| bounded) else {
            return Ok(self.funnel.refuse(Capability::Messaging, function, "message", &message.occasion.len())?);
        };
        let request = Request {
            capability: Capability::Messaging,
            function,
            ask: Some(AnyAsk::Messaging(MessagingAsk::Message {
                audience: to.audience,
                template: &template,
                channels: &channels,
            })),
            units: to.unit.iter().cloned().collect(),
            asked: std::iter::once(template.to_string()).chain(message.channels.iter().cloned()).collect(),
            person: to.person.clone(),
            effect: true,
        };
        let hours = calm(self.funnel.decided_by(&self.funnel.rights(), &request));
        let Call { funnel, providers, pending, pilot, occasion, .. } = self;
        let (full, at) = (pending.is_full(), occasion.at);
        let own = Provider::own(pending);
        let reference = format!("{template}/{}/{}", to.name, message.occasion);
        let people = to.audience != Audience::Staff;
        let args = (to.person.as_ref().map(|(number, _)| number), &message, if people { "" } else { to.name.as_str() });
        let answer: Result<Given, Denial> = funnel
            .pass(request, &args, |permit| async {
                let channel = Provider::channel(to.audience, &channels).filter(|_| to.reachable);
                let channel = channel.ok_or(Trouble::NotFound)?;
                if full {
                    return Err(Trouble::Invalid("effects"));
                }
                let all = providers.messaging.of_recipient(permit, &own, pilot, &to.name).await?;
                if all.has(&reference) {
                    return Ok(Given { channel, row: None, not_before: None });
                }
                if all.opted_out() {
                    return Err(Trouble::OptedOut);
                }
                let mut not_before = None;
                if people {
                    if all.in_month_of(at) >= hours.per_person_month as usize {
                        return Err(Trouble::Spent("per-person-month", until_next_month(at)));
                    }
                    let earliest = earliest(at, hours).ok_or(Trouble::Invalid("send-until"))?;
                    not_before = Some(earliest).filter(|earliest| *earliest > at);
                }
                let state = if not_before.is_some() { "held" } else { "queued" };
                let row = MessageRow {
                    pilot: pilot.to_string(),
                    recipient: to.name.clone(),
                    reference: reference.clone(),
                    template: template.to_string(),
                    state: state.to_owned(),
                    given: at,
                    at,
                };
                Ok(Given { channel, row: Some(row), not_before })
            })
            .await?;
        Ok(match answer {
            // The same message again: it is on its way, or there.
            Ok(Given { row: None, .. }) => Ok(reference),
            Ok(Given { channel, row: Some(row), not_before }) => {
                let key = MessageRow::key(pilot, template.as_str(), &row.recipient, &message.occasion);
                let natural = NaturalKey::of(&[template.as_str(), &row.recipient, &message.occasion]);
                let payload = json!({
                    "row": key.as_str(), "pilot": &**pilot, "template": message.template, "args": message.args, "channel": channel, "to": to.address,
                    "audience": to.audience, "facility": to.unit.map(|_| to.name), "given": at,
                });
                let effect = Effect {
                    capability: "messaging",
                    function,
                    key: natural,
                    key_says_all: false,
                    payload: serde_json::to_vec(&payload)?,
                    not_before,
                };
                pending.keep(HostTable::Messages, key, row.change(0), effect);
                Ok(reference)
            }
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn receipts(
        &mut self,
        since: i64,
        after: Option<String>,
    ) -> wasmtime::Result<Result<Page, Denial>> {
        if after.as_ref().is_some_and(|after| after.is_empty() || after.len() > MAX_AFTER) {
            return Ok(self.funnel.refuse(Capability::Messaging, "receipts", "after", &since)?);
        }
        let request = Request {
            capability: Capability::Messaging,
            function: "receipts",
            ask: None,
            units: Vec::new(),
            asked: Vec::new(),
            person: None,
            effect: false,
        };
        let Call { funnel, providers, pending, pilot, .. } = self;
        let own = Provider::own(pending);
        Ok(funnel
            .pass(request, &(since, &after), |permit| {
                providers.messaging.receipts(permit, &own, pilot, since, after.as_deref())
            })
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOURS: Calm = Calm { from: 7, until: 21, per_person_month: 1 };
    /// 2026-12-31T00:00:00+07:00.
    const MIDNIGHT: i64 = 1_798_736_400_000_000 - DAY;

    #[test]
    fn a_message_of_the_night_waits_for_the_morning() {
        for (hour, until) in [(0, 7), (6, 7), (7, 7), (20, 20), (21, 31), (23, 31)] {
            assert_eq!(earliest(MIDNIGHT + hour * HOUR, HOURS), Some(MIDNIGHT + until * HOUR), "{hour} o'clock");
        }
        assert_eq!(earliest(MIDNIGHT, Calm { from: 21, ..HOURS }), None, "there is no hour at all");
    }
}
