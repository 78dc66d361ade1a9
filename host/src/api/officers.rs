//! How the officers of a real installation enrol.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::auth::Rooms;
use super::{Json, Problem};

pub(super) async fn enrol(State(house): Rooms, headers: HeaderMap) -> Result<(StatusCode, Json<Value>), Problem> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let secret = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let (id, token) = house.enrol_officer(secret.trim()).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "token": token }))))
}
