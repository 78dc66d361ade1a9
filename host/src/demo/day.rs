//! The day itself: desks and readers are given what they need by an officer, and send what is planned, in its order.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use time::OffsetDateTime;

use super::asking::trade;
use super::clock::Clock;
use super::crowd::Crowd;
use super::door::{Asker, Door, DoorError};
use super::judging::{got, judged, kind_of, refuse};
use super::plan::{self, Act, DAY, Event, Expected, SEEN, Size, Station};
use super::report::Report;
use super::stations::Stations;
use super::trade::Trade;

/// What the day is made of.
pub(crate) struct Day<'a> {
    pub(crate) seed: u64,
    pub(crate) size: Size,
    pub(crate) crowd: &'a Crowd,
    /// An officer of the working group.
    pub(crate) officer: String,
    /// When it is now: the simulated day lies before it.
    pub(crate) now: OffsetDateTime,
    /// Real time that the day is spread over.
    pub(crate) spread: Duration,
    /// Whether everything that was decided is sent again at the end.
    pub(crate) is_sent_again: bool,
}

/// Runs the day. `tell` hears of each simulated hour.
///
/// # Errors
/// Where nobody answers for longer than a desk waits, or the officer's token opens nothing.
pub(crate) async fn run(
    day: &Day<'_>,
    door: &Door,
    tell: &mut (dyn FnMut(String) + Send),
) -> Result<Report, DoorError> {
    let mut report = Report::new(day.seed);
    let officer = Asker::Token(day.officer.clone());
    let here = in_service(door, &officer).await?;
    let (on, off): (Vec<Trade>, Vec<Trade>) =
        Trade::ALL.into_iter().partition(|trade| here.contains_key(trade.pilot()));
    report.skipped.extend(off.iter().map(|trade| format!("{} is not in service", trade.pilot())));
    let stations = Stations::set_up(day.crowd, &on, officer, door).await?;
    let mut street = Street { day, door, stations, clock: Clock::new(day.now), sent: HashMap::new(), report };
    let begun = Instant::now();
    let mut hour = None;
    for event in plan::plan(day.seed, day.crowd, day.size) {
        if !street.takes_place(&event, &on) {
            continue;
        }
        let due = day.spread.mul_f64(f64::from(event.at) / f64::from(DAY));
        if let Some(early) = due.checked_sub(begun.elapsed()) {
            tokio::time::sleep(early).await;
        }
        if hour.replace(event.at / 3_600) != Some(event.at / 3_600) {
            tell(format!("{:02}:00  {} asked", event.at / 3_600, street.report.asked));
        }
        street.happens(&event).await?;
    }
    if day.is_sent_again {
        street.again().await?;
    }
    Ok(street.report)
}

/// The pilots that are in service, with their models.
async fn in_service(door: &Door, officer: &Asker) -> Result<BTreeMap<String, u64>, DoorError> {
    let (status, pilots) = door.ask(Method::GET, officer, "/v1/pilots", None).await?;
    refuse("/v1/pilots", status, &pilots)?;
    let on = |pilot: &&Value| pilot.pointer("/state/is").and_then(Value::as_str) == Some("on");
    let named = |pilot: &Value| Some((pilot.get("id")?.as_str()?.to_owned(), pilot.get("model")?.as_u64()?));
    Ok(pilots.as_array().into_iter().flatten().filter(on).filter_map(named).collect())
}

/// A request as it was sent, so that it can be sent again.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) station: Station,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Value,
    /// Evidence of its decision.
    pub(super) id: Option<String>,
    /// What was decided beside it.
    pub(super) data: Value,
}

/// What is going on.
pub(super) struct Street<'a> {
    pub(super) day: &'a Day<'a>,
    pub(super) door: &'a Door,
    pub(super) stations: Stations,
    pub(super) clock: Clock,
    pub(super) sent: HashMap<usize, Sent>,
    report: Report,
}

impl Street<'_> {
    /// Whether the pilots of an event are in service, and what it speaks of was sent.
    fn takes_place(&self, event: &Event, on: &[Trade]) -> bool {
        let is_on = |trade: Trade| on.contains(&trade);
        let to = if let Act::Reading { to, .. } = &event.act { is_on(*to) } else { true };
        let from = trade(event.station).is_none_or(is_on) && (event.act != Act::Revoke || is_on(Trade::Hospital));
        to && from && event.act.speaks_of(event.number).iter().all(|of| self.sent.contains_key(of))
    }

    async fn happens(&mut self, event: &Event) -> Result<(), DoorError> {
        let Some(mut request) = self.request(event).await? else { return Ok(()) };
        if event.is_held {
            self.sent.insert(event.number, request);
            return Ok(());
        }
        let Some(asker) = self.stations.of(event.station) else { return Ok(()) };
        let body = Some(&request.body).filter(|body| !body.is_null());
        let (status, answer) = self.door.ask(request.method.clone(), asker, &request.path, body).await?;
        if let Act::Backlog { of } = &event.act {
            self.backlog(event, of, status, &answer);
            return Ok(());
        }
        self.count(&request.path, status, &answer);
        let verdict = self.judge(event.expected, status, &answer);
        request.id = answer.get("id").and_then(Value::as_str).filter(|_| status == 200).map(str::to_owned);
        request.data = answer.get("data").cloned().unwrap_or_default();
        self.report.note(&self.reference(event.number), event.mistake, verdict);
        if !matches!(event.act, Act::Again { .. } | Act::Changed { .. } | Act::Revoke) {
            self.sent.insert(event.number, request);
        }
        Ok(())
    }

    /// Each event of a backlog has an answer of its own; the one that is in it twice is answered twice alike.
    fn backlog(&mut self, event: &Event, of: &[usize], status: u16, answer: &Value) {
        let answers = answer.get("answers").and_then(Value::as_array).cloned().unwrap_or_default();
        let numbers: Vec<usize> = of.iter().rev().chain(of.first()).copied().collect();
        let mut verdict = Ok(());
        if status != 200 || answers.len() != numbers.len() {
            verdict = Err((format!("{} answers", numbers.len()), got(status, answer)));
        }
        for (number, answer) in numbers.iter().zip(&answers) {
            let status = answer.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
            let inner = answer.get("answer").or(answer.get("problem")).unwrap_or(&Value::Null);
            let status = status.unwrap_or(0);
            let path = format!("/v1/pilots/{}/readings", Trade::Hospital.pilot());
            self.count(&path, status, inner);
            let known = self.sent.get(number).is_some_and(|sent| sent.id.is_some());
            let expected =
                if known { Expected::AsBefore(*number) } else { Expected::Decided { among: SEEN, reason: None } };
            if let Err(other) = self.judge(expected, status, inner) {
                verdict = Err(other);
            }
            if let (Some(sent), Some(id)) = (self.sent.get_mut(number), inner.get("id").and_then(Value::as_str)) {
                sent.id = Some(id.to_owned());
            }
        }
        self.report.note(&self.reference(event.number), event.mistake, verdict);
    }

    fn judge(&self, expected: Expected, status: u16, answer: &Value) -> Result<(), (String, String)> {
        let before = if let Expected::AsBefore(of) = expected { self.sent.get(&of) } else { None };
        judged(expected, before.and_then(|sent| sent.id.as_deref()), status, answer)
    }

    fn count(&mut self, path: &str, status: u16, answer: &Value) {
        self.report.asked += 1;
        match answer.get("decision").and_then(Value::as_str) {
            Some(decision) if status == 200 => {
                let pilot = path.split('/').nth(3).unwrap_or_default();
                self.report.answered += 1;
                *self.report.decisions.entry(format!("{pilot}: {decision}")).or_default() += 1;
            }
            _ if (200..300).contains(&status) => self.report.answered += 1,
            _ => *self.report.refused.entry(kind_of(answer).to_owned()).or_default() += 1,
        }
    }

    /// Everything that was decided is sent once more: nothing is done twice, and nothing that was answered was lost.
    async fn again(&mut self) -> Result<(), DoorError> {
        let mut numbers: Vec<usize> = self.sent.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            let Some(sent) = self.sent.get(&number).filter(|sent| sent.id.is_some()).cloned() else { continue };
            // The spare reader was revoked since: what it sent is not answered again.
            let Some(asker) = self.stations.of(sent.station).filter(|_| sent.station != Station::SpareReader) else {
                continue;
            };
            let (status, answer) = self.door.ask(sent.method, asker, &sent.path, Some(&sent.body)).await?;
            let verdict = self.judge(Expected::AsBefore(number), status, &answer);
            self.report.again.made += 1;
            self.report.again.met += usize::from(verdict.is_ok());
            self.report.note(&self.reference(number), None, verdict);
        }
        Ok(())
    }
}
