//! The host functions of `consent`.

use pilothouse_registry::scope::{AnyAsk, ConsentAsk};
use pilothouse_registry::{Capability, ConsentPurpose, DataKind};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::provider::{ConsentRow, Provider};
use super::{About, Asked};
use crate::call::Call;
use crate::capabilities::funnel::{Request, Trouble};
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::contract::pilothouse::consent::consents::{Page, Standing};
use crate::kept::{HostTable, until_next_month};
use crate::natural::NaturalKey;
use crate::occasion::{date_of, parse_date};
use crate::pending::Effect;
use crate::people::Person;
use crate::rights::requests_per_month;

/// Longest text key, in bytes.
const MAX_KEY: usize = 64;
/// Longest place to go on from: a pseudonym and two names.
const MAX_AFTER: usize = 128;

/// How a request was answered, and the row that it leaves, if it leaves one.
#[derive(Serialize, Deserialize)]
struct Requested {
    state: String,
    kept: Option<(ConsentRow, u64)>,
}

impl Call {
    pub(crate) async fn consent_state(&mut self, about: About) -> wasmtime::Result<Result<Standing, Denial>> {
        let (person, purpose, data) = about;
        let person = self.handle(&person)?;
        let names = registered::<ConsentPurpose>(&purpose).zip(registered::<DataKind>(&data));
        let Some((purpose, data)) = names else {
            return Ok(self.funnel.refuse(Capability::Consent, "state", "purpose", &purpose.len())?);
        };
        let ask = ConsentAsk::State { purpose: &purpose, data: &data };
        let request = self.consent_request("state", ask, person, false);
        let Call { funnel, people, providers, pending, pilot, occasion, .. } = self;
        let who = people.pseudonym(person).unwrap_or_default();
        let own = Provider::own(pending);
        let today = occasion.local_date();
        Ok(funnel
            .pass(request, &(person.number(), &purpose, &data), |permit| async {
                let all = providers.consent.of_person(permit, &own, pilot, who).await?;
                Ok(match all.find(purpose.as_str(), data.as_str()) {
                    Some((row, _)) => row.standing(&today),
                    None => Standing { state: "never-asked".to_owned(), until: None },
                })
            })
            .await?)
    }

    pub(crate) async fn request_consent(&mut self, asked: Asked) -> wasmtime::Result<Result<String, Denial>> {
        let (person, purpose, data, until, text) = asked;
        let person = self.handle(&person)?;
        let today = date_of(self.occasion.at);
        let days = parse_date(&until)
            .and_then(|until| u32::try_from(until.to_julian_day().saturating_sub(today.to_julian_day())).ok());
        let names = registered::<ConsentPurpose>(&purpose).zip(registered::<DataKind>(&data));
        let fits = (1..=MAX_KEY).contains(&text.len());
        let Some(((purpose, data), days)) = names.zip(days).filter(|_| fits) else {
            return Ok(self.funnel.refuse(Capability::Consent, "request", "until", &until.len())?);
        };
        let ask = ConsentAsk::Request { purpose: &purpose, data: &data, days };
        let request = self.consent_request("request", ask, person, true);
        let limit = requests_per_month(self.funnel.decided_by(&self.funnel.rights(), &request));
        let Call { funnel, people, providers, pending, pilot, occasion, .. } = self;
        let who = people.pseudonym(person).unwrap_or_default();
        let reachable = people.subject(person).key().is_some();
        let own = Provider::own(pending);
        let (full, at) = (pending.is_full(), occasion.at);
        let today = occasion.local_date();
        let args = (person.number(), &purpose, &data, &until, &text);
        let answer: Result<Requested, Denial> = funnel
            .pass(request, &args, |permit| async {
                if !reachable {
                    return Err(Trouble::NotFound);
                }
                if full {
                    return Err(Trouble::Invalid("effects"));
                }
                let all = providers.consent.of_person(permit, &own, pilot, who).await?;
                let found = all.find(purpose.as_str(), data.as_str());
                match found {
                    Some((row, _)) if row.standing(&today).state == "granted" && row.until >= until => {
                        return Ok(Requested { state: "granted".to_owned(), kept: None });
                    }
                    // The same request again: it waits in the person's inbox.
                    Some((row, _)) if row.state == "asked" && row.until == until => {
                        return Ok(Requested { state: "asked".to_owned(), kept: None });
                    }
                    Some((row, _)) if row.state == "asked" => return Err(Trouble::Conflict("until")),
                    Some(_) | None => {}
                }
                if all.asked_in_month_of(at) >= limit as usize {
                    return Err(Trouble::Spent("requests-per-month", until_next_month(at)));
                }
                let (mut row, version) = found.cloned().unwrap_or_else(|| (fresh(pilot, who, &purpose, &data), 0));
                row.ask(&until, at);
                Ok(Requested { state: "asked".to_owned(), kept: Some((row, version)) })
            })
            .await?;
        Ok(match answer {
            Ok(Requested { state, kept: None }) => Ok(state),
            Ok(Requested { state, kept: Some((row, version)) }) => {
                let key = ConsentRow::key(&row.pilot, &row.person, &row.purpose, &row.data);
                // Asked again after an answer, it is another request.
                let times = row.times.to_string();
                let natural = NaturalKey::of(&[&row.person, &row.purpose, &row.data, &times]);
                let subject = people.subject(person);
                let payload = json!({
                    "row": key.as_str(), "pilot": row.pilot, "purpose": row.purpose, "data": row.data, "until": row.until, "text": text,
                    "asked": at, "person": providers.population.written_out(subject),
                    "key": subject.key().map(pilothouse_identity::PersonKey::raw),
                });
                let effect = Effect {
                    capability: "consent",
                    function: "request",
                    key: natural,
                    key_says_all: false,
                    payload: serde_json::to_vec(&payload)?,
                    not_before: None,
                };
                pending.keep(HostTable::Consents, key, row.change(version), effect);
                Ok(state)
            }
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn withdrawn_since(
        &mut self,
        since: i64,
        after: Option<String>,
    ) -> wasmtime::Result<Result<Page, Denial>> {
        if after.as_ref().is_some_and(|after| after.is_empty() || after.len() > MAX_AFTER) {
            return Ok(self.funnel.refuse(Capability::Consent, "withdrawn-since", "after", &since)?);
        }
        let request = Request {
            capability: Capability::Consent,
            function: "withdrawn-since",
            ask: None,
            units: Vec::new(),
            asked: Vec::new(),
            person: None,
            effect: false,
        };
        let Call { funnel, providers, pilot, .. } = self;
        Ok(funnel
            .pass(request, &(since, &after), |permit| {
                providers.consent.withdrawn(permit, pilot, since, after.as_deref())
            })
            .await?)
    }

    fn consent_request<'a>(
        &self,
        function: &'static str,
        ask: ConsentAsk<'a>,
        person: Person,
        effect: bool,
    ) -> Request<'a> {
        let (ConsentAsk::State { purpose, data } | ConsentAsk::Request { purpose, data, .. }) = ask;
        Request {
            capability: Capability::Consent,
            function,
            ask: Some(AnyAsk::Consent(ask)),
            units: Vec::new(),
            asked: vec![purpose.to_string(), data.to_string()],
            person: self.named(person),
            effect,
        }
    }
}

fn fresh(pilot: &str, person: &str, purpose: &ConsentPurpose, data: &DataKind) -> ConsentRow {
    ConsentRow {
        pilot: pilot.to_owned(),
        person: person.to_owned(),
        purpose: purpose.to_string(),
        data: data.to_string(),
        state: "asked".to_owned(),
        until: String::new(),
        asked: Vec::new(),
        times: 0,
        answered_at: None,
    }
}
