//! Devices of facilities: enrolled, listed, revoked.

use axum::extract::State;
use axum::http::StatusCode;
use pilothouse_registry::KeyId;
use serde_json::{Value, json};

use super::auth::{Known, Rooms};
use super::{Json, Path, Problem};
use crate::governance::{DeviceLine, NewDevice};

pub(super) async fn list(_: Known, State(house): Rooms) -> Json<Vec<DeviceLine>> {
    Json(house.devices())
}

pub(super) async fn enrol(
    Known(by): Known,
    State(house): Rooms,
    Json(new): Json<NewDevice>,
) -> Result<(StatusCode, Json<DeviceLine>), Problem> {
    Ok((StatusCode::CREATED, Json(house.enrol_device(&by, new).await?)))
}

pub(super) async fn revoke(
    Known(by): Known,
    State(house): Rooms,
    Path(device): Path<KeyId>,
) -> Result<Json<Value>, Problem> {
    house.revoke_device(&by, &device).await?;
    Ok(Json(json!({ "revoked": device.to_string() })))
}
