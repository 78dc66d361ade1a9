//! Models, pilots, grants, settings, packages, keys, credentials: what officers see and decide.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pilothouse_registry::{GrantId, KeyId, PilotId, VendorId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::auth::{Known, Rooms};
use super::{Json, Path, Problem};
use crate::governance::{
    Changed, CredentialLine, Ended, GroupLine, Installed, NewCredential, PilotDetail, PilotLine, Rotated,
    SettingsChange, SettingsView, SoughtLine, Wanted,
};

/// Largest package that is read, in bytes: what the door takes.
pub(super) const MAX_PACKAGE: usize = 40 << 20;
/// How packages are sent.
const WASM: &str = "application/wasm";

/// The bytes of a package.
pub(super) struct Package(Bytes);

impl<S: Send + Sync> FromRequest<S> for Package {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes() != WASM.as_bytes()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "wrong-content-type",
                "send the package as application/wasm",
            ));
        }
        Ok(Package(Bytes::from_request(request, state).await?))
    }
}

pub(super) async fn models(State(house): Rooms) -> Json<Vec<GroupLine>> {
    Json(house.models())
}

pub(super) async fn list(_: Known, State(house): Rooms) -> Result<Json<Vec<PilotLine>>, Problem> {
    Ok(Json(house.pilots().await?))
}

pub(super) async fn one(
    _: Known,
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
) -> Result<Json<PilotDetail>, Problem> {
    Ok(Json(house.pilot(&pilot).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InVersion {
    version: Option<String>,
}

pub(super) async fn enable(
    Known(by): Known,
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
    query: Result<Query<InVersion>, QueryRejection>,
) -> Result<Json<Changed>, Problem> {
    let Query(query) = query.map_err(|rejection| {
        Problem::new(rejection.status(), "malformed", "the query takes `version` and nothing else: correct it")
    })?;
    Ok(Json(house.enable(&by, &pilot, query.version.as_deref()).await?))
}

pub(super) async fn disable(
    Known(by): Known,
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
) -> Result<Json<Changed>, Problem> {
    Ok(Json(house.disable(&by, &pilot).await?))
}

pub(super) async fn rotate_keys(
    Known(by): Known,
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
) -> Result<Json<Rotated>, Problem> {
    Ok(Json(house.rotate_keys(&by, &pilot).await?))
}

pub(super) async fn grants(
    _: Known,
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
) -> Result<Json<Vec<SoughtLine>>, Problem> {
    let sought = house.sought(&pilot).await?;
    Ok(Json(house.sought_lines(sought).await?))
}

pub(super) async fn request_grants(
    Known(by): Known,
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Vec<SoughtLine>>, Problem> {
    let asked = house.request_grants(&by, &pilot, wanted).await?;
    Ok(Json(house.sought_lines(asked).await?))
}

pub(super) async fn grant(
    _: Known,
    State(house): Rooms,
    Path(grant): Path<GrantId>,
) -> Result<Json<SoughtLine>, Problem> {
    Ok(Json(house.sought_line(house.sought_one(&grant).await?).await?))
}

pub(super) async fn approve(
    Known(by): Known,
    State(house): Rooms,
    Path(grant): Path<GrantId>,
) -> Result<Json<SoughtLine>, Problem> {
    Ok(Json(house.sought_line(house.approve_grant(&by, &grant).await?).await?))
}

pub(super) async fn withdraw(
    Known(by): Known,
    State(house): Rooms,
    Path(grant): Path<GrantId>,
) -> Result<Json<SoughtLine>, Problem> {
    Ok(Json(house.sought_line(house.withdraw_grant(&by, &grant).await?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HandOver {
    vendor: VendorId,
}

pub(super) async fn hand_over(
    Known(by): Known,
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
    Json(to): Json<HandOver>,
) -> Result<(StatusCode, Json<SoughtLine>), Problem> {
    let asked = house.hand_over(&by, &pilot, &to.vendor).await?;
    Ok((StatusCode::CREATED, Json(house.sought_line(asked).await?)))
}

fn tagged(view: SettingsView) -> Response {
    let tag = format!("\"{}\"", view.revision);
    ([(header::ETAG, tag)], axum::Json(view)).into_response()
}

pub(super) async fn settings(_: Known, State(house): Rooms, Path(pilot): Path<PilotId>) -> Result<Response, Problem> {
    Ok(tagged(house.settings(&pilot).await?))
}

pub(super) async fn set_settings(
    Known(by): Known,
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
    headers: HeaderMap,
    Json(changes): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let seen = match headers
        .get(header::IF_MATCH)
        .map(|value| value.to_str().unwrap_or_default().trim_matches('"').parse::<i64>())
    {
        None => None,
        Some(Ok(revision)) => Some(revision),
        Some(Err(_)) => {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed",
                "If-Match: send the ETag that the settings had",
            ));
        }
    };
    Ok(match house.set_settings(&by, &pilot, seen, changes).await? {
        SettingsChange::Set(view) => tagged(view),
        SettingsChange::Waits(asked) => {
            (StatusCode::ACCEPTED, axum::Json(house.sought_line(*asked).await?)).into_response()
        }
    })
}

pub(super) async fn install(
    Known(by): Known,
    State(house): Rooms,
    Package(package): Package,
) -> Result<(StatusCode, Json<Installed>), Problem> {
    Ok((StatusCode::CREATED, Json(house.install(&by, package.into()).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    vendor: VendorId,
    public_key: String,
    valid_days: u32,
}

pub(super) async fn trust_key(
    Known(by): Known,
    State(house): Rooms,
    Json(new): Json<NewKey>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let id = house.trust_key(&by, &new.vendor, &new.public_key, new.valid_days).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id.to_string() }))))
}

pub(super) async fn revoke_key(
    Known(by): Known,
    State(house): Rooms,
    Path(key): Path<KeyId>,
) -> Result<Json<Value>, Problem> {
    let off = house.revoke_key(&by, &key).await?;
    Ok(Json(json!({ "revoked": key.to_string(), "switched_off": off })))
}

pub(super) async fn credentials(_: Known, State(house): Rooms) -> Result<Json<Vec<CredentialLine>>, Problem> {
    Ok(Json(house.credentials().await?))
}

pub(super) async fn add_credential(
    Known(by): Known,
    State(house): Rooms,
    Json(new): Json<NewCredential>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (id, token) = house.add_credential(&by, new).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "token": token }))))
}

pub(super) async fn confirm_credential(
    Known(by): Known,
    State(house): Rooms,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    house.confirm_credential(&by, &id).await?;
    Ok(Json(json!({ "confirmed": id })))
}

pub(super) async fn revoke_credential(
    Known(by): Known,
    State(house): Rooms,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    Ok(match house.revoke_credential(&by, &id).await? {
        Ended::Ended => (StatusCode::OK, Json(json!({ "revoked": id }))),
        Ended::Waits => (StatusCode::ACCEPTED, Json(json!({ "waits": id }))),
    })
}
