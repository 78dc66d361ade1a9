//! The host functions of `lodging`.

use pilothouse_registry::scope::{AnyAsk, LodgingAsk};
use pilothouse_registry::{Capability, FacilityClass, UnitCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wasmtime::component::Resource;

use super::provider::StayRow;
use crate::call::Call;
use crate::capabilities::funnel::{Permit, Request, Trouble};
use crate::contract::Denial;
use crate::contract::pilothouse::lodging::notices::{OpenStay, Status, Stay};
use crate::kept::HostTable;
use crate::natural::NaturalKey;
use crate::occasion::days_between;
use crate::pending::{Effect, MAX_EFFECTS, Pending};
use crate::people::{Kind, Person};

/// Longest reference and facility id, in bytes.
const MAX_NAME: usize = 64;
/// Longest room, in characters; the contract says so.
const MAX_ROOM: usize = 12;
/// Longest reason in words, in characters: Vietnamese takes up to three bytes for one.
const MAX_REASON: usize = 200;
/// Reasons of the police portal's list; the last one wants words.
const REASONS: std::ops::RangeInclusive<u32> = 1..=20;
const OTHER_REASON: u32 = 20;

fn fits(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn is_date(text: &str) -> bool {
    crate::occasion::parse_date(text).is_some()
}

/// What is known of a facility before the gate decides on its class.
struct House {
    class: FacilityClass,
    unit: UnitCode,
}

/// How a change of a stay was answered, and what it leaves.
#[derive(Serialize, Deserialize)]
struct Changed {
    answer: String,
    stay: StayRow,
    version: u64,
}

impl Call {
    /// The facility that the call may speak for: the caller's own, and in a tick, where the host itself calls, any.
    fn house(&self, facility: &str) -> Option<House> {
        let own = match self.occasion.facility.as_deref() {
            Some(own) => own == facility,
            None => self.is_tick,
        };
        self.place(facility).filter(|_| own)
    }

    /// The facility that the call may ask about: beside those that it may speak for, whoever has none may ask about those of its own commune,
    /// as the commune's police do.
    fn house_to_see(&self, facility: &str) -> Option<House> {
        if self.is_tick || self.occasion.facility.is_some() {
            return self.house(facility);
        }
        self.place(facility).filter(|house| house.unit.as_str() == self.occasion.unit)
    }

    fn place(&self, facility: &str) -> Option<House> {
        let (class, unit) = self.providers.places.class_and_unit(facility)?;
        Some(House { class, unit })
    }

    pub(crate) async fn notify(
        &mut self,
        person: &Resource<Person>,
        stay: Stay,
    ) -> wasmtime::Result<Result<String, Denial>> {
        let person = self.handle(person)?;
        let bounded = fits(&stay.reference)
            && fits(&stay.facility)
            && !stay.room.is_empty()
            && chars(&stay.room) <= MAX_ROOM
            && REASONS.contains(&stay.reason)
            && stay
                .reason_text
                .as_ref()
                .map_or(stay.reason != OTHER_REASON, |text| !text.is_empty() && chars(text) <= MAX_REASON)
            && stay.expected_leave.as_deref().is_none_or(is_date)
            && stay.permitted_until.as_deref().is_none_or(is_date);
        if !bounded {
            return Ok(self.funnel.refuse(Capability::Lodging, "notify", "stay", &stay.reference.len())?);
        }
        let kind = self.people.get(person).map_or(Kind::Unidentified, |entry| entry.arrival.kind);
        let house = self.house(&stay.facility);
        let days_back = u32::try_from(days_between(stay.arrived, self.occasion.at).max(0)).unwrap_or(u32::MAX);
        let request = Request {
            capability: Capability::Lodging,
            function: "notify",
            ask: house.as_ref().map(|house| {
                AnyAsk::Lodging(LodgingAsk::Notice { class: &house.class, foreign: kind == Kind::Foreigner, days_back })
            }),
            units: house.iter().map(|house| house.unit.clone()).collect(),
            asked: house.iter().map(|house| house.class.to_string()).collect(),
            person: self.named(person),
            effect: true,
        };
        let Call { funnel, people, providers, pending, pilot, .. } = self;
        let guest = people.pseudonym(person).unwrap_or_default().to_owned();
        let row = StayRow {
            pilot: pilot.to_string(),
            facility: stay.facility.clone(),
            reference: stay.reference.clone(),
            state: "queued".to_owned(),
            code: None,
            arrived: stay.arrived,
            due: stay.due,
            accepted_at: None,
            expected_leave: stay.expected_leave.clone(),
            guest,
            amendments: 0,
        };
        let full = pending.effects.len() >= MAX_EFFECTS;
        let key = row.key_of();
        let own = pending.own(HostTable::Stays, &key);
        let place = &key;
        let known = house.is_some();
        let lodging = &providers.lodging;
        let answer: Result<Changed, Denial> = funnel
            .pass(request, &(person.number(), &stay), |permit| {
                let row = row.clone();
                async move {
                    if !known {
                        return Err(Trouble::NotFound);
                    }
                    if full {
                        return Err(Trouble::Invalid("effects"));
                    }
                    let version = match lodging.stay(permit, own, place).await? {
                        Some((before, _)) if before.guest != row.guest || before.arrived != row.arrived => {
                            return Err(Trouble::Conflict("reference"));
                        }
                        Some((_, version)) => version,
                        None => 0,
                    };
                    let answer = if lodging.desk().is_down() { "queued" } else { "sending" };
                    Ok(Changed { answer: answer.to_owned(), stay: row, version })
                }
            })
            .await?;
        Ok(match answer {
            // The same notice again: it is on its way already, and its key would stop a second one anyway.
            Ok(changed) if changed.version > 0 => Ok(changed.answer),
            Ok(changed) => {
                let guest = providers.population.written_out(people.subject(person));
                let payload = json!({
                    "notice": "arrival", "facility": stay.facility, "reference": stay.reference, "room": stay.room, "arrived": stay.arrived,
                    "expected_leave": stay.expected_leave, "reason": stay.reason, "reason_text": stay.reason_text, "due": stay.due,
                    "permitted_until": stay.permitted_until, "guest": guest,
                });
                let key = changed.stay.arrival();
                keep(pending, "notify", key, &changed, payload)?;
                Ok(changed.answer)
            }
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn amend(&mut self, amendment: super::Amendment) -> wasmtime::Result<Result<String, Denial>> {
        let (facility, reference, room, expected_leave) = amendment;
        let bounded = fits(&facility)
            && fits(&reference)
            && (room.is_some() || expected_leave.is_some())
            && room.as_ref().is_none_or(|room| !room.is_empty() && chars(room) <= MAX_ROOM)
            && expected_leave.as_deref().is_none_or(is_date);
        if !bounded {
            return Ok(self.funnel.refuse(Capability::Lodging, "amend", "room", &reference.len())?);
        }
        let args = (&facility, &reference, &room, &expected_leave);
        let leave = expected_leave.clone();
        let answer = self
            .change("amend", &facility, &reference, &args, move |stay, _| {
                if !stay.is_open() {
                    return Err(Trouble::Conflict("departed"));
                }
                stay.amendments = stay.amendments.saturating_add(1);
                if leave.is_some() {
                    stay.expected_leave = leave;
                }
                Ok("queued")
            })
            .await?;
        Ok(match answer {
            Ok(changed) => {
                let after = StayRow { amendments: changed.stay.amendments.saturating_sub(1), ..changed.stay.clone() }
                    .last_notice();
                let payload = json!({ "notice": "amendment", "facility": facility, "reference": reference, "room": room, "expected_leave": expected_leave, "after": after });
                let (_, key) = changed.stay.last_notice();
                keep(&mut self.pending, "amend", key, &changed, payload)?;
                Ok(changed.answer)
            }
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn depart(
        &mut self,
        facility: String,
        reference: String,
        left: i64,
    ) -> wasmtime::Result<Result<String, Denial>> {
        if !fits(&facility) || !fits(&reference) {
            return Ok(self.funnel.refuse(Capability::Lodging, "depart", "reference", &reference.len())?);
        }
        let args = (&facility, &reference, left);
        let answer = self
            .change("depart", &facility, &reference, &args, move |stay, _| {
                if !stay.is_open() {
                    return Err(Trouble::Conflict("departed"));
                }
                if left < stay.arrived {
                    return Err(Trouble::Invalid("left"));
                }
                stay.state = "closed".to_owned();
                Ok("queued")
            })
            .await?;
        Ok(match answer {
            Ok(changed) => {
                let payload = json!({
                    "notice": "departure", "facility": facility, "reference": reference, "left": left, "after": changed.stay.last_notice(),
                });
                let key = changed.stay.arrival().and("depart");
                keep(&mut self.pending, "depart", key, &changed, payload)?;
                Ok(changed.answer)
            }
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn cancel(
        &mut self,
        facility: String,
        reference: String,
        why: String,
    ) -> wasmtime::Result<Result<String, Denial>> {
        if !fits(&facility) || !fits(&reference) || !matches!(why.as_str(), "no-show" | "double-entry" | "wrong-person")
        {
            return Ok(self.funnel.refuse(Capability::Lodging, "cancel", "why", &reference.len())?);
        }
        let args = (&facility, &reference, &why);
        let answer = self
            .change("cancel", &facility, &reference, &args, |stay, _| {
                if !stay.is_open() {
                    return Err(Trouble::Conflict("departed"));
                }
                // The desk may have a notice that it has not answered: it gets the cancellation behind it. One that it
                // rejected it does not have.
                let answer = if stay.state == "rejected" { "withdrawn" } else { "queued" };
                stay.state = "cancelled".to_owned();
                Ok(answer)
            })
            .await?;
        Ok(match answer {
            Ok(changed) if changed.answer == "withdrawn" && changed.stay.code.is_some() => {
                let (key, change) = (changed.stay.key_of(), changed.stay.change(changed.version));
                self.pending.keep_row(HostTable::Stays, key, change);
                Ok(changed.answer)
            }
            Ok(changed) => {
                let payload = json!({
                    "notice": "cancellation", "facility": facility, "reference": reference, "why": why, "after": changed.stay.last_notice(),
                });
                let key = changed.stay.arrival().and("cancel");
                keep(&mut self.pending, "cancel", key, &changed, payload)?;
                Ok(changed.answer)
            }
            Err(denial) => Err(denial),
        })
    }

    /// One change of a stay: gate, the row as it is, the rule, the row as it will be.
    async fn change<A: Serialize>(
        &mut self,
        function: &'static str,
        facility: &str,
        reference: &str,
        args: &A,
        rule: impl FnOnce(&mut StayRow, i64) -> Result<&'static str, Trouble> + Send,
    ) -> wasmtime::Result<Result<Changed, Denial>> {
        let house = self.house(facility);
        let request = stay_request(function, house.as_ref(), true);
        let Call { funnel, providers, pending, occasion, pilot, .. } = self;
        let key = StayRow::key(pilot, facility, reference);
        let own = pending.own(HostTable::Stays, &key);
        let place = &key;
        let known = house.is_some();
        let (lodging, at) = (&providers.lodging, occasion.at);
        Ok(funnel
            .pass(request, args, |permit: Permit| async move {
                let stay = if known { lodging.stay(permit, own, place).await? } else { None };
                let (mut stay, version) = stay.ok_or(Trouble::NotFound)?;
                let answer = rule(&mut stay, at)?;
                Ok(Changed { answer: answer.to_owned(), stay, version })
            })
            .await?)
    }

    pub(crate) async fn stay_state(
        &mut self,
        facility: String,
        reference: String,
    ) -> wasmtime::Result<Result<Option<Status>, Denial>> {
        if !fits(&facility) || !fits(&reference) {
            return Ok(self.funnel.refuse(Capability::Lodging, "state", "reference", &reference.len())?);
        }
        let house = self.house_to_see(&facility);
        let request = stay_request("state", house.as_ref(), false);
        let Call { funnel, providers, pending, pilot, .. } = self;
        let key = StayRow::key(pilot, &facility, &reference);
        let own = pending.own(HostTable::Stays, &key);
        let place = &key;
        let known = house.is_some();
        let lodging = &providers.lodging;
        let args = (&facility, &reference);
        Ok(funnel
            .pass(request, &args, |permit| async move {
                let stay = if known { lodging.stay(permit, own, place).await? } else { None };
                Ok(stay.map(|(stay, _)| stay.status()))
            })
            .await?)
    }

    pub(crate) async fn open_stays(
        &mut self,
        facility: String,
        after: Option<String>,
    ) -> wasmtime::Result<Result<Vec<OpenStay>, Denial>> {
        if !fits(&facility) || !after.as_deref().is_none_or(fits) {
            return Ok(self.funnel.refuse(Capability::Lodging, "open-stays", "facility", &facility.len())?);
        }
        let house = self.house_to_see(&facility);
        let request = stay_request("open-stays", house.as_ref(), false);
        let Call { funnel, providers, pilot, .. } = self;
        let known = house.is_some();
        let lodging = &providers.lodging;
        let args = (&facility, &after);
        Ok(funnel
            .pass(request, &args, |permit| async move {
                let open =
                    if known { lodging.open(permit, pilot, args.0, args.1.as_deref()).await? } else { Vec::new() };
                Ok(open
                    .iter()
                    .map(|stay| OpenStay { reference: stay.reference.clone(), status: stay.status() })
                    .collect())
            })
            .await?)
    }
}

fn stay_request<'a>(function: &'static str, house: Option<&'a House>, effect: bool) -> Request<'a> {
    Request {
        capability: Capability::Lodging,
        function,
        ask: house.map(|house| AnyAsk::Lodging(LodgingAsk::Stay { class: &house.class })),
        units: house.map(|house| house.unit.clone()).into_iter().collect(),
        asked: house.map(|house| house.class.to_string()).into_iter().collect(),
        person: None,
        effect,
    }
}

/// Keeps the changed stay and queues its notice, together.
fn keep(
    pending: &mut Pending,
    function: &'static str,
    key: NaturalKey,
    changed: &Changed,
    payload: serde_json::Value,
) -> wasmtime::Result<()> {
    let effect = Effect {
        capability: "lodging",
        function,
        key,
        payload: serde_json::to_vec(&payload)?,
        key_says_all: false,
        not_before: None,
    };
    pending.keep(HostTable::Stays, changed.stay.key_of(), changed.stay.change(changed.version), effect);
    Ok(())
}
