//! How an event becomes a request.

use reqwest::Method;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::clock::written;
use super::day::{Sent, Street};
use super::door::{Asker, DoorError};
use super::papers;
use super::plan::{Act, By, Event, Field, Input, Station, When, Who};
use super::trade::Trade;

/// How far ahead a reader is whose clock is wrong: more than any allowance of ours.
const AHEAD: time::Duration = time::Duration::hours(2);

impl Street<'_> {
    pub(super) fn reference(&self, number: usize) -> String {
        format!("day-{}-{}-{number}", self.day.seed, self.clock.ends())
    }

    /// The request of an event; none where it speaks of something that did not happen.
    ///
    /// # Errors
    /// Where nobody answers who makes chips and codes.
    pub(super) async fn request(&self, event: &Event) -> Result<Option<Sent>, DoorError> {
        let (method, path, body) = match &event.act {
            Act::Reading { to, who, by, when } => {
                let Some((kind, read)) = self.read(event.station, *who, *by).await? else { return Ok(None) };
                let mut body = self.addressed(event, *when);
                body.insert(kind.to_owned(), read);
                (Method::POST, format!("/v1/pilots/{}/readings", to.pilot()), Value::Object(body))
            }
            Act::Ask { name, input, when } => {
                let (Some(trade), Some(input)) = (trade(event.station), self.filled(event, input).await?) else {
                    return Ok(None);
                };
                let mut body = self.addressed(event, *when);
                body.insert("input".to_owned(), Value::Object(input));
                (Method::POST, format!("/v1/pilots/{}/operations/{name}", trade.pilot()), Value::Object(body))
            }
            Act::Again { of } => return Ok(self.sent.get(of).cloned()),
            Act::Changed { of } => {
                let mut changed = self.sent.get(of).cloned();
                if let Some(kind) = changed.as_mut().and_then(|sent| sent.body.pointer_mut("/input/visit_kind")) {
                    *kind = json!("emergency");
                }
                return Ok(changed);
            }
            Act::Backlog { of } => {
                let mut events: Vec<&Value> = of.iter().rev().filter_map(|of| Some(&self.sent.get(of)?.body)).collect();
                events.extend(events.last().copied());
                let path = format!("/v1/pilots/{}/readings/backlog", Trade::Hospital.pilot());
                (Method::POST, path, json!({ "events": events }))
            }
            Act::Revoke => (Method::DELETE, format!("/v1/devices/{}", self.stations.spare_id()), Value::Null),
        };
        Ok(Some(Sent { station: event.station, method, path, body, id: None, data: Value::Null }))
    }

    /// Reference and time. A desk may leave the time out, a device says it always.
    fn addressed(&self, event: &Event, when: When) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("reference".to_owned(), json!(self.reference(event.number)));
        let is_device = matches!(self.stations.of(event.station), Some(Asker::Device(_)));
        let captured = match when {
            When::Planned => Some(self.clock.at(event.at)),
            When::Ahead => Some(self.day.now + AHEAD),
            When::Sent => is_device.then(OffsetDateTime::now_utc),
        };
        if let Some(captured) = captured {
            body.insert("captured_at".to_owned(), json!(written(captured)));
        }
        body
    }

    /// Somebody as they are read: the name of the field, and what stands in it.
    async fn read(&self, station: Station, who: Who, by: By) -> Result<Option<(&'static str, Value)>, DoorError> {
        let (crowd, officer) = (self.day.crowd, self.stations.officer());
        let number = || papers::named(crowd, who, By::Number);
        Ok(Some(match by {
            By::Card | By::Number => ("text", json!(papers::named(crowd, who, by))),
            By::Chip | By::AlteredChip | By::ForeignChip => {
                ("chip", papers::chip(self.door, officer, &number(), by).await?)
            }
            By::Code | By::CodeOfElsewhere => {
                let Some(facility) = self.facility(station, by == By::CodeOfElsewhere) else { return Ok(None) };
                ("vneid", papers::code(self.door, officer, &number(), facility).await?)
            }
            By::CodeOf(of) => match self.sent.get(&of).and_then(|sent| sent.body.get("vneid")) {
                Some(code) => ("vneid", code.clone()),
                None => return Ok(None),
            },
        }))
    }

    /// The facility of a station, or another one of its trade.
    fn facility(&self, station: Station, elsewhere: bool) -> Option<&str> {
        let (Station::Desk(trade, place) | Station::Reader(trade, place)) = station else { return None };
        let places = self.day.crowd.places(trade);
        let place = if elsewhere { (place + 1) % places.len().max(1) } else { place };
        places.get(place).map(|spot| spot.facility.as_str())
    }

    /// An input with its values; none where one speaks of something that did not happen.
    async fn filled(&self, event: &Event, input: &Input) -> Result<Option<Map<String, Value>>, DoorError> {
        let mut filled = Map::new();
        for (name, field) in input {
            let value = match field {
                Field::Person(who, by @ (By::Card | By::Number)) => {
                    Some(json!(papers::named(self.day.crowd, *who, *by)))
                }
                Field::Person(who, by) => {
                    self.read(event.station, *who, *by).await?.map(|(kind, read)| json!({ kind: read }))
                }
                Field::List(rows) => {
                    let rows: Option<Vec<Value>> = rows.iter().map(|row| self.plain_row(event, row)).collect();
                    rows.map(Value::Array)
                }
                plain => self.plain(event, plain),
            };
            let Some(value) = value else { return Ok(None) };
            filled.insert((*name).to_owned(), value);
        }
        Ok(Some(filled))
    }

    fn plain_row(&self, event: &Event, row: &Input) -> Option<Value> {
        row.iter().map(|(name, field)| Some(((*name).to_owned(), self.plain(event, field)?))).collect()
    }

    /// A value that nobody has to be asked for.
    fn plain(&self, event: &Event, field: &Field) -> Option<Value> {
        Some(match field {
            Field::CommuneOf(who) => {
                let (Who::Plain(place) | Who::Expired(place) | Who::Dead(place)) = who else { return None };
                let crowd = self.day.crowd;
                let people = match who {
                    Who::Expired(_) => &crowd.expired,
                    Who::Dead(_) => &crowd.dead,
                    _ => &crowd.plain,
                };
                json!(people.get(*place)?.commune.as_ref()?)
            }
            Field::Text(text) => json!(text),
            Field::Number(number) => json!(number),
            Field::Flag(flag) => json!(flag),
            Field::Moment(at) => json!(written(self.clock.at(*at))),
            Field::Sent => json!(written(OffsetDateTime::now_utc())),
            Field::Days(days) => json!((self.clock.at(event.at) + time::Duration::days(*days)).date().to_string()),
            Field::ReferenceOf(of) => json!(self.reference(*of)),
            Field::AnswerOf(of, name) => self.sent.get(of)?.data.get(*name)?.clone(),
            Field::Person(..) | Field::List(_) => return None,
        })
    }
}

/// Whose station it is; the spare reader is a hospital's.
pub(super) fn trade(station: Station) -> Option<Trade> {
    match station {
        Station::Desk(trade, _) | Station::Reader(trade, _) => Some(trade),
        Station::SpareReader => Some(Trade::Hospital),
        Station::Officer => None,
    }
}
