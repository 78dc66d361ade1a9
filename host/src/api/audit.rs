//! The record as auditors see it, and the embedded police desk.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::{Known, Rooms};
use super::{Json, Path, Problem};
use crate::governance::{DeskMode, InvocationView, Replayed, Verified};

pub(super) async fn invocation(
    Known(by): Known,
    State(house): Rooms,
    Path(id): Path<String>,
) -> Result<Json<InvocationView>, Problem> {
    Ok(Json(house.invocation(&by, &id).await?))
}

pub(super) async fn replay(
    Known(by): Known,
    State(house): Rooms,
    Path(id): Path<String>,
) -> Result<Json<Replayed>, Problem> {
    Ok(Json(house.replay(&by, &id).await?))
}

pub(super) async fn checkpoint(State(house): Rooms) -> Result<Response, Problem> {
    let note = house.checkpoint().await?.ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "not-found", "no checkpoint is signed yet: ask again in a minute")
    })?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

pub(super) async fn verify(_: Known, State(house): Rooms) -> Result<Json<Verified>, Problem> {
    Ok(Json(house.verify_log().await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMode {
    mode: DeskMode,
}

pub(super) async fn desk(_: Known, State(house): Rooms) -> Result<Json<Value>, Problem> {
    let outbox = house.outbox_counts().await?;
    Ok(Json(json!({ "mode": house.desk_mode(), "notices": house.desk_notices(), "outbox": outbox })))
}

pub(super) async fn set_desk(_: Known, State(house): Rooms, Json(new): Json<NewMode>) -> Result<Json<Value>, Problem> {
    house.set_desk(new.mode);
    Ok(Json(json!({ "mode": house.desk_mode() })))
}
