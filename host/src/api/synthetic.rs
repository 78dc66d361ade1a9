//! What synthetic people of the demonstration hold against a reader: chips and phones.

use axum::extract::State;
use pilothouse_registry::FacilityId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::{Known, Rooms};
use super::{Json, Problem};
use crate::governance::SentChip;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Holder {
    number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    number: String,
    facility: FacilityId,
}

pub(super) async fn chip(_: Known, State(house): Rooms, Json(holder): Json<Holder>) -> Result<Json<SentChip>, Problem> {
    Ok(Json(house.synthetic_chip(&holder.number)?))
}

pub(super) async fn code(_: Known, State(house): Rooms, Json(shown): Json<Shown>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "code": house.synthetic_code(&shown.number, &shown.facility)? })))
}
