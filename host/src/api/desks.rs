//! What the embedded receivers of effects have, and what is done there: the police desk, the desks on duty, people's inbox, the carrier of
//! messages.

use axum::extract::State;
use pilothouse_runtime::kept::{Event, HostTable};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::{Known, Rooms};
use super::{Json, Path, Problem};
use crate::governance::DeskMode;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMode {
    mode: DeskMode,
}

/// What an officer on duty does with an alert.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Taken {
    Acknowledged,
    Closed,
}

/// What a person does with a request for consent.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answered {
    Granted,
    Refused,
    Withdrawn,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DutyChange {
    state: Taken,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsentChange {
    state: Answered,
}

pub(super) async fn desk(_: Known, State(house): Rooms) -> Result<Json<Value>, Problem> {
    let outbox = house.outbox_counts().await?;
    Ok(Json(json!({ "mode": house.desk_mode(), "notices": house.desk_notices(), "outbox": outbox })))
}

pub(super) async fn set_desk(_: Known, State(house): Rooms, Json(new): Json<NewMode>) -> Result<Json<Value>, Problem> {
    house.only_in_a_demonstration()?;
    house.set_desk(new.mode);
    Ok(Json(json!({ "mode": house.desk_mode() })))
}

pub(super) async fn duty(_: Known, State(house): Rooms) -> Result<Json<Value>, Problem> {
    let alerts = house.duty_alerts().await?;
    Ok(Json(json!({ "mode": house.receiver_mode(HostTable::Alerts), "alerts": alerts })))
}

pub(super) async fn set_duty(_: Known, State(house): Rooms, Json(new): Json<NewMode>) -> Result<Json<Value>, Problem> {
    house.only_in_a_demonstration()?;
    house.set_receiver_mode(HostTable::Alerts, new.mode);
    Ok(Json(json!({ "mode": house.receiver_mode(HostTable::Alerts) })))
}

pub(super) async fn take_alert(
    Known(by): Known,
    State(house): Rooms,
    Path(key): Path<String>,
    Json(change): Json<DutyChange>,
) -> Result<Json<Value>, Problem> {
    house.only_in_a_demonstration()?;
    let event = match change.state {
        Taken::Acknowledged => Event::Acknowledged,
        Taken::Closed => Event::Closed,
    };
    house.alert_happens(&by, &key, event).await?;
    Ok(Json(json!({ "key": key, "state": event })))
}

pub(super) async fn inbox(_: Known, State(house): Rooms) -> Result<Json<Value>, Problem> {
    let requests = house.consent_requests().await?;
    Ok(Json(json!({ "mode": house.receiver_mode(HostTable::Consents), "requests": requests })))
}

pub(super) async fn set_inbox(_: Known, State(house): Rooms, Json(new): Json<NewMode>) -> Result<Json<Value>, Problem> {
    house.only_in_a_demonstration()?;
    house.set_receiver_mode(HostTable::Consents, new.mode);
    Ok(Json(json!({ "mode": house.receiver_mode(HostTable::Consents) })))
}

pub(super) async fn answer(
    Known(by): Known,
    State(house): Rooms,
    Path(key): Path<String>,
    Json(change): Json<ConsentChange>,
) -> Result<Json<Value>, Problem> {
    house.only_in_a_demonstration()?;
    let event = match change.state {
        Answered::Granted => Event::Granted,
        Answered::Refused => Event::Refused,
        Answered::Withdrawn => Event::Withdrawn,
    };
    house.person_answers(&by, &key, event).await?;
    Ok(Json(json!({ "key": key, "state": event })))
}

pub(super) async fn messages(_: Known, State(house): Rooms) -> Json<Value> {
    let mode = house.receiver_mode(HostTable::Messages);
    Json(json!({ "mode": mode, "messages": house.carried_messages() }))
}

pub(super) async fn set_carrier(
    _: Known,
    State(house): Rooms,
    Json(new): Json<NewMode>,
) -> Result<Json<Value>, Problem> {
    house.only_in_a_demonstration()?;
    house.set_receiver_mode(HostTable::Messages, new.mode);
    Ok(Json(json!({ "mode": house.receiver_mode(HostTable::Messages) })))
}

pub(super) async fn opt_out(
    Known(by): Known,
    State(house): Rooms,
    Path(key): Path<String>,
) -> Result<Json<Value>, Problem> {
    house.only_in_a_demonstration()?;
    house.recipient_opts_out(&by, &key).await?;
    Ok(Json(json!({ "key": key, "state": "opted-out" })))
}
