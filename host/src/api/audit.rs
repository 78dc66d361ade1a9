//! The record as auditors see it.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::auth::{Known, Rooms};
use super::{Json, Path, Problem};
use crate::governance::{InvocationView, Replayed, Verified};

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
