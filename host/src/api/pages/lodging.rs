//! Tonight's lodging: a commune's police sees its own commune, the working group every one of the area.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use pilothouse_registry::UnitCode;
use serde::Deserialize;

use super::super::auth::Rooms;
use super::reader::{Reader, instant};
use super::sign_in;
use crate::console::{LodgingPage, NightRow, UnitChoice};
use crate::governance::Caller;
use crate::words;

/// Who sees one commune, their own.
const POLICE: &str = "police-officer";
/// Who sees all.
const GROUP: &str = "working-group";

/// Whether this caller sees the page, for some commune.
pub(super) fn may_open(caller: &Caller) -> bool {
    matches!(caller.role.as_str(), POLICE | GROUP)
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    unit: String,
}

pub(super) async fn page(State(house): Rooms, reader: Reader, Query(asked): Query<Asked>) -> Response {
    let Some(signed) = &reader.signed else { return sign_in::first("/lodging") };
    let caller = &signed.caller;
    let communes = house.communes();
    let unit = match caller.role.as_str() {
        POLICE => caller.unit.clone(),
        GROUP => {
            let named = asked.unit.parse::<UnitCode>().ok();
            named.filter(|unit| communes.iter().any(|(known, _)| known == unit)).unwrap_or_else(|| caller.unit.clone())
        }
        _ => return reader.forbidden(),
    };
    let night = match house.lodging_night(caller, &unit).await {
        Ok(night) => night,
        Err(error) => return reader.broken(&error),
    };
    let choices = communes.into_iter().filter(|_| caller.role.as_str() == GROUP).map(|(code, name)| UnitChoice {
        is_shown: code == unit,
        code: code.to_string(),
        name,
    });
    let view = LodgingPage {
        frame: reader.frame.clone(),
        unit: night.unit_name,
        since: words::instant(reader.lang(), instant(night.since)),
        facilities: night
            .facilities
            .into_iter()
            .map(|row| NightRow {
                name: row.name,
                id: row.id,
                staying: row.staying,
                in_time: row.in_time,
                late: row.late,
                rejected: row.rejected,
                waiting: row.waiting,
            })
            .collect(),
        units: choices.collect(),
    };
    reader.page(StatusCode::OK, view.page())
}
