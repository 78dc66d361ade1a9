//! The day itself: desks and readers are given what they need by an officer, and send what is planned, in its order.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use pilothouse_registry::keys;
use reqwest::Method;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::crowd::{Citizen, Crowd, Spot};
use super::door::{Asker, Door, DoorError};
use super::plan::{self, Act, As, DAY, Event, Expected, Size, Station, Who};
use super::report::Report;

/// The hospitals' and the hotels' pilots.
const HOSPITALS: &str = "bhyt-checkin";
const HOTELS: &str = "lodging-hotels";
/// Models of the plan that will be part of the day when their pilots are there.
const LATER: [(u64, &str); 3] =
    [(11, "coach boardings"), (12, "visits at secured businesses"), (14, "applications for policy credit")];
/// Shortest time that the simulated day is pressed into: just after midnight it begins on the day before.
const SHORTEST: time::Duration = time::Duration::hours(6);
/// The newest event lies this far back, so that no clock's difference makes a future of it.
const BEFORE_NOW: time::Duration = time::Duration::seconds(30);
/// How far ahead a reader is whose clock is wrong: more than any allowance of ours.
const AHEAD: time::Duration = time::Duration::hours(2);

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
    let here = installed(day, door).await?;
    for (model, what) in LATER {
        report.skipped.push(match here.get(&model) {
            None => format!("{what}: no pilot of model {model} is installed"),
            Some(pilot) => format!("{what}: {pilot} is installed, and has no part in this day yet"),
        });
    }
    let stations = Stations::set_up(day, door).await?;
    let mut street = Street { day, door, stations, clock: Clock::new(day), sent: HashMap::new(), report };
    let begun = Instant::now();
    let mut hour = None;
    for event in plan::plan(day.seed, day.crowd, day.size) {
        let Some(pilot) = street.pilot(&event) else { continue };
        if pilot.is_some_and(|pilot| !here.values().any(|on| on == pilot)) {
            let what = format!("{} is not in service", pilot.unwrap_or_default());
            if !street.report.skipped.contains(&what) {
                street.report.skipped.push(what);
            }
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

/// The pilots that are in service, by their model.
async fn installed(day: &Day<'_>, door: &Door) -> Result<BTreeMap<u64, String>, DoorError> {
    let officer = Asker::Token(day.officer.clone());
    let (status, pilots) = door.ask(Method::GET, &officer, "/v1/pilots", None).await?;
    refuse("/v1/pilots", status, &pilots)?;
    let on = |pilot: &&Value| pilot.pointer("/state/is").and_then(Value::as_str) == Some("on");
    let named = |pilot: &Value| Some((pilot.get("model")?.as_u64()?, pilot.get("id")?.as_str()?.to_owned()));
    Ok(pilots.as_array().into_iter().flatten().filter(on).filter_map(named).collect())
}

fn refuse(path: &str, status: u16, answer: &Value) -> Result<(), DoorError> {
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(DoorError::Refused { path: path.to_owned(), status, kind: kind_of(answer).to_owned() })
}

fn kind_of(answer: &Value) -> &str {
    let kind = answer.get("type").and_then(Value::as_str).unwrap_or_default();
    kind.strip_prefix("/problems/").unwrap_or("no problem document")
}

/// The simulated clock: a whole day, pressed into the time from midnight to now.
struct Clock {
    begins: OffsetDateTime,
    lasts: time::Duration,
}

impl Clock {
    fn new(day: &Day<'_>) -> Clock {
        let now = day.now.to_offset(UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC)) - BEFORE_NOW;
        let since_midnight = now.replace_time(time::Time::MIDNIGHT);
        let begins = since_midnight.min(now - SHORTEST);
        Clock { begins, lasts: now - begins }
    }

    fn at(&self, seconds: u32) -> OffsetDateTime {
        let at = self.begins + self.lasts * (f64::from(seconds) / f64::from(DAY));
        at.replace_nanosecond(0).unwrap_or(at)
    }
}

fn written(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

/// Tokens and keys of the day.
struct Stations {
    officer: Asker,
    hospital_desks: Vec<Asker>,
    hotel_desks: Vec<Asker>,
    hospital_readers: Vec<Asker>,
    hotel_readers: Vec<Asker>,
    spare: Asker,
    spare_id: String,
}

impl Stations {
    async fn set_up(day: &Day<'_>, door: &Door) -> Result<Stations, DoorError> {
        let officer = Asker::Token(day.officer.clone());
        let mut stations = Stations {
            hospital_desks: Vec::new(),
            hotel_desks: Vec::new(),
            hospital_readers: Vec::new(),
            hotel_readers: Vec::new(),
            spare: officer.clone(),
            spare_id: String::new(),
            officer,
        };
        let (clerk, receptionist) = ("registration-clerk", "receptionist");
        for spot in &day.crowd.hospitals {
            stations.hospital_desks.push(desk(door, &stations.officer, spot, clerk).await?);
            stations.hospital_readers.push(reader(door, &stations.officer, spot, clerk).await?.0);
        }
        for spot in &day.crowd.hotels {
            stations.hotel_desks.push(desk(door, &stations.officer, spot, receptionist).await?);
            stations.hotel_readers.push(reader(door, &stations.officer, spot, receptionist).await?.0);
        }
        if let Some(spot) = day.crowd.hospitals.first() {
            (stations.spare, stations.spare_id) = reader(door, &stations.officer, spot, clerk).await?;
        }
        Ok(stations)
    }

    fn of(&self, station: Station) -> Option<&Asker> {
        match station {
            Station::HospitalDesk(place) => self.hospital_desks.get(place),
            Station::HotelDesk(place) => self.hotel_desks.get(place),
            Station::HospitalReader(place) => self.hospital_readers.get(place),
            Station::HotelReader(place) => self.hotel_readers.get(place),
            Station::SpareReader => Some(&self.spare),
            Station::Officer => Some(&self.officer),
        }
    }
}

async fn desk(door: &Door, officer: &Asker, spot: &Spot, role: &str) -> Result<Asker, DoorError> {
    let body = json!({ "role": role, "unit": spot.unit, "facility": spot.facility });
    let (status, given) = door.ask(Method::POST, officer, "/v1/credentials", Some(&body)).await?;
    refuse("/v1/credentials", status, &given)?;
    Ok(Asker::Token(given.get("token").and_then(Value::as_str).unwrap_or_default().to_owned()))
}

async fn reader(door: &Door, officer: &Asker, spot: &Spot, role: &str) -> Result<(Asker, String), DoorError> {
    let key = keys::generate().map_err(|_| DoorError::Machine)?;
    let public = keys::public_pem(&key.verifying_key()).map_err(|_| DoorError::Machine)?;
    let body = json!({ "facility": spot.facility, "role": role, "class": "desk-reader", "public_key": public });
    let (status, answer) = door.ask(Method::POST, officer, "/v1/devices", Some(&body)).await?;
    // An answer that was lost on its way: the key is this reader's own, so nobody else can have enrolled it.
    if !(status == 409 && kind_of(&answer) == "exists-already") {
        refuse("/v1/devices", status, &answer)?;
    }
    let id = keys::key_id(&key.verifying_key()).to_string();
    Ok((Asker::Device(Box::new(key)), id))
}

/// A request as it was sent, so that it can be sent again.
#[derive(Clone)]
struct Sent {
    station: Station,
    path: String,
    body: Value,
    /// Evidence of its decision.
    id: Option<String>,
}

/// What is going on.
struct Street<'a> {
    day: &'a Day<'a>,
    door: &'a Door,
    stations: Stations,
    clock: Clock,
    sent: HashMap<usize, Sent>,
    report: Report,
}

impl Street<'_> {
    fn reference(&self, number: usize) -> String {
        format!(
            "day-{}-{}-{number}",
            self.day.seed,
            self.clock.begins.unix_timestamp() + self.clock.lasts.whole_seconds()
        )
    }

    /// The pilot that an event is for; none where it is for no pilot. The outer none: it speaks of something that was not sent.
    fn pilot(&self, event: &Event) -> Option<Option<&'static str>> {
        match &event.act {
            Act::Again { of } | Act::Changed { of } | Act::Depart { stay: of } => self.sent.get(of).map(|_| ())?,
            Act::Backlog { of } => of.iter().all(|of| self.sent.contains_key(of)).then_some(())?,
            _ => {}
        }
        Some(match (event.station, &event.act) {
            (_, Act::ReadingElsewhere(_)) => Some(HOSPITALS),
            (Station::HospitalDesk(_) | Station::HospitalReader(_) | Station::SpareReader, _) => Some(HOSPITALS),
            (Station::HotelDesk(_) | Station::HotelReader(_), _) => Some(HOTELS),
            (Station::Officer, _) => None,
        })
    }

    fn named(&self, who: Who, by: As) -> String {
        let crowd = self.day.crowd;
        let of = |people: &[Citizen], place: usize| {
            let citizen = people.get(place);
            citizen
                .map(|citizen| if by == As::Card { &citizen.card } else { &citizen.number }.clone())
                .unwrap_or_default()
        };
        match who {
            Who::Plain(place) => of(&crowd.plain, place),
            Who::Expired(place) => of(&crowd.expired, place),
            Who::Dead(place) => of(&crowd.dead, place),
            Who::Nobody(place) => crowd.nobodies.get(place).cloned().unwrap_or_default(),
            Who::Typo(place) => {
                let mut number = of(&crowd.plain, place);
                number.pop();
                number
            }
            Who::Cut(place) => {
                let card = of(&crowd.plain, place);
                card.chars().take(card.chars().count() / 3).collect()
            }
        }
    }

    /// The request of an event.
    fn request(&self, event: &Event) -> Option<Sent> {
        let at = self.clock.at(event.at);
        let (reference, captured_at) = (self.reference(event.number), written(at));
        let reading = |pilot: &str, who: Who, captured_at: &str| {
            let body = json!({ "reference": reference, "captured_at": captured_at, "text": self.named(who, As::Card) });
            (format!("/v1/pilots/{pilot}/readings"), body)
        };
        let operation = |pilot: &str, name: &str, input: Value| {
            let body = json!({ "reference": reference, "captured_at": captured_at, "input": input });
            (format!("/v1/pilots/{pilot}/operations/{name}"), body)
        };
        let own = if matches!(event.station, Station::HotelReader(_)) { HOTELS } else { HOSPITALS };
        let (path, body) = match &event.act {
            Act::Reading(who) => reading(own, *who, &captured_at),
            Act::ReadingElsewhere(who) => reading(HOSPITALS, *who, &captured_at),
            Act::ReadingAhead(who) => reading(own, *who, &written(self.day.now + AHEAD)),
            Act::CheckIn(who, by) => {
                let input = json!({ "patient": self.named(*who, *by), "visit_kind": "outpatient" });
                operation(HOSPITALS, "check-in", input)
            }
            Act::Arrive { guest, by, room, nights } => {
                let leaves = (at + time::Duration::days(i64::from(*nights))).date();
                let guest = self.named(*guest, *by);
                let input = json!({ "stay_ref": reference, "guest": guest, "room": room.to_string(), "reason": 1, "expected_leave": leaves.to_string(), "confirmed": true });
                operation(HOTELS, "arrive", input)
            }
            Act::Depart { stay } => {
                let input = json!({ "stay_ref": self.reference(*stay), "left": captured_at });
                operation(HOTELS, "depart", input)
            }
            Act::Again { of } => return self.sent.get(of).cloned(),
            Act::Changed { of } => {
                let mut changed = self.sent.get(of)?.clone();
                *changed.body.pointer_mut("/input/visit_kind")? = json!("emergency");
                return Some(changed);
            }
            Act::Backlog { of } => {
                let mut events: Vec<&Value> = of.iter().rev().filter_map(|of| Some(&self.sent.get(of)?.body)).collect();
                events.extend(events.last().copied());
                (format!("/v1/pilots/{HOSPITALS}/readings/backlog"), json!({ "events": events }))
            }
            Act::Revoke => (format!("/v1/devices/{}", self.stations.spare_id), Value::Null),
        };
        Some(Sent { station: event.station, path, body, id: None })
    }

    async fn happens(&mut self, event: &Event) -> Result<(), DoorError> {
        let Some(mut request) = self.request(event) else { return Ok(()) };
        if event.is_held {
            self.sent.insert(event.number, request);
            return Ok(());
        }
        let Some(asker) = self.stations.of(event.station) else { return Ok(()) };
        let method = if event.act == Act::Revoke { Method::DELETE } else { Method::POST };
        let body = Some(&request.body).filter(|body| !body.is_null());
        let (status, answer) = self.door.ask(method, asker, &request.path, body).await?;
        if let Act::Backlog { of } = &event.act {
            self.backlog(event, of, status, &answer);
            return Ok(());
        }
        self.count(&request.path, status, &answer);
        let verdict = self.judged(event.expected, status, &answer);
        request.id = answer.get("id").and_then(Value::as_str).filter(|_| status == 200).map(str::to_owned);
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
            let path = format!("/v1/pilots/{HOSPITALS}/readings");
            self.count(&path, status, inner);
            let known = self.sent.get(number).is_some_and(|sent| sent.id.is_some());
            let expected =
                if known { Expected::AsBefore(*number) } else { Expected::Decided { among: plan::SEEN, reason: None } };
            if let Err(other) = self.judged(expected, status, inner) {
                verdict = Err(other);
            }
            if let (Some(sent), Some(id)) = (self.sent.get_mut(number), inner.get("id").and_then(Value::as_str)) {
                sent.id = Some(id.to_owned());
            }
        }
        self.report.note(&self.reference(event.number), event.mistake, verdict);
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

    /// Whether the answer is the one that was planned; else what was, and what came.
    fn judged(&self, expected: Expected, status: u16, answer: &Value) -> Result<(), (String, String)> {
        let text = |field: &str| answer.get(field).and_then(Value::as_str);
        let is_met = match expected {
            Expected::Decided { among, reason } => {
                let reasons = answer.get("reasons").and_then(Value::as_array);
                let says =
                    |code: &str| reasons.into_iter().flatten().any(|said| said.get("code") == Some(&json!(code)));
                // A day that is run twice within seconds brings a guest to a reader twice in one second: to ask is right then.
                let is_asked = among == plan::NOTIFIED && text("decision") == Some("needs") && says("double-entry");
                let is_decided = text("decision").is_some_and(|said| among.contains(&said)) && reason.is_none_or(says);
                status == 200 && (is_decided || is_asked)
            }
            Expected::AsBefore(of) => {
                let before = self.sent.get(&of).and_then(|sent| sent.id.as_deref());
                status == 200
                    && before.is_some()
                    && text("id") == before
                    && answer.get("replayed") == Some(&json!(true))
            }
            Expected::Problem { code, person } => {
                !(200..300).contains(&status)
                    && kind_of(answer) == code
                    && person.is_none_or(|person| text("person_code") == Some(person))
            }
            Expected::Each | Expected::Done => (200..300).contains(&status),
        };
        if is_met { Ok(()) } else { Err((format!("{expected:?}"), got(status, answer))) }
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
            let (status, answer) = self.door.ask(Method::POST, asker, &sent.path, Some(&sent.body)).await?;
            let verdict = self.judged(Expected::AsBefore(number), status, &answer);
            self.report.again.made += 1;
            self.report.again.met += usize::from(verdict.is_ok());
            self.report.note(&self.reference(number), None, verdict);
        }
        Ok(())
    }
}

/// What came, in codes: an answer holds nobody's values, and its sentences are not repeated all the same.
fn got(status: u16, answer: &Value) -> String {
    let text = |field: &str| answer.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let reasons: Vec<&str> = (answer.get("reasons").and_then(Value::as_array).into_iter().flatten())
        .filter_map(|reason| reason.get("code")?.as_str())
        .collect();
    if (200..300).contains(&status) {
        format!("{status} {} {}", text("decision"), reasons.join(" "))
    } else {
        format!("{status} {} {} {}", kind_of(answer), text("person_code"), text("code"))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn clock(now: OffsetDateTime) -> Clock {
        let crowd = Crowd {
            plain: Vec::new(),
            expired: Vec::new(),
            dead: Vec::new(),
            nobodies: Vec::new(),
            hospitals: Vec::new(),
            hotels: Vec::new(),
        };
        let (seed, size, officer) = (1, Size { patients: 1 }, String::new());
        let day = Day { seed, size, crowd: &crowd, officer, now, spread: Duration::ZERO, is_sent_again: false };
        Clock::new(&day)
    }

    #[test]
    fn the_simulated_day_lies_between_the_provinces_midnight_and_now() {
        let evening = clock(datetime!(2026-11-25 13:00:30 UTC));
        assert_eq!(evening.at(0), datetime!(2026-11-25 00:00 +7));
        assert_eq!(evening.at(DAY / 2), datetime!(2026-11-25 10:00 +7));
        assert!(evening.at(DAY - 1) <= datetime!(2026-11-25 20:00 +7));
    }

    #[test]
    fn just_after_midnight_it_begins_on_the_day_before() {
        let night = clock(datetime!(2026-11-24 17:10:30 UTC));
        assert_eq!(night.at(0), datetime!(2026-11-24 18:10 +7));
        assert!(night.at(DAY - 1) < datetime!(2026-11-25 00:10:01 +7));
    }
}
