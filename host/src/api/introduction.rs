//! Whose host this is, shown to whoever holds its data folder's secret.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Rooms;
use super::{Json, Problem};
use crate::introduction::Nonce;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    nonce: String,
}

pub(super) async fn introduce(
    State(house): Rooms,
    query: Result<Query<Question>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let nonce = query.ok().and_then(|Query(question)| Nonce::parse(&question.nonce)).ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed",
            "the query takes `nonce`, 32 hexadecimal digits, and nothing else: correct it",
        )
    })?;
    let code = house.introduction(&nonce).map(hex::encode);
    Ok(Json(json!({ "code": code, "log_key": house.log_key() })))
}
