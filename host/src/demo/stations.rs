//! Tokens and keys of the day's desks and readers, given out by an officer before it begins.

use std::collections::HashMap;

use pilothouse_registry::keys;
use reqwest::Method;
use serde_json::{Value, json};

use super::crowd::{Crowd, Spot};
use super::door::{Asker, Door, DoorError};
use super::judging::{kind_of, refuse};
use super::plan::Station;
use super::trade::Trade;

/// Who asks at each place.
pub(super) struct Stations {
    officer: Asker,
    desks: HashMap<(Trade, usize), Asker>,
    readers: HashMap<(Trade, usize), Asker>,
    spare: Option<(Asker, String)>,
}

impl Stations {
    /// Gives each place of these trades a desk and a reader, and the first hospital a spare reader.
    pub(super) async fn set_up(
        crowd: &Crowd,
        trades: &[Trade],
        officer: Asker,
        door: &Door,
    ) -> Result<Stations, DoorError> {
        let mut stations = Stations { officer, desks: HashMap::new(), readers: HashMap::new(), spare: None };
        for &trade in trades {
            for (place, spot) in crowd.places(trade).iter().enumerate() {
                let given = desk(door, &stations.officer, spot, trade.role()).await?;
                stations.desks.insert((trade, place), given);
                let (key, _) = reader(door, &stations.officer, spot, trade.role()).await?;
                stations.readers.insert((trade, place), key);
            }
        }
        if let (true, Some(spot)) = (trades.contains(&Trade::Hospital), crowd.places(Trade::Hospital).first()) {
            stations.spare = Some(reader(door, &stations.officer, spot, Trade::Hospital.role()).await?);
        }
        Ok(stations)
    }

    /// Who asks there.
    pub(super) fn of(&self, station: Station) -> Option<&Asker> {
        match station {
            Station::Desk(trade, place) => self.desks.get(&(trade, place)),
            Station::Reader(trade, place) => self.readers.get(&(trade, place)),
            Station::SpareReader => self.spare.as_ref().map(|(key, _)| key),
            Station::Officer => Some(&self.officer),
        }
    }

    /// Who gave all of them out.
    pub(super) fn officer(&self) -> &Asker {
        &self.officer
    }

    /// The spare reader's id.
    pub(super) fn spare_id(&self) -> &str {
        self.spare.as_ref().map_or("", |(_, id)| id)
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
