//! Calls of pilots: operations, readings, ticks.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use pilothouse_registry::{FacilityId, OperationName, PilotId, TickName};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::auth::{Known, Rooms};
use super::signed::Sent;
use super::{Json, Path, Problem, health};
use crate::governance::{Answer, CallError, CallRequest, Caller, House, SentChip, SentKiosk, SentReading, What};

/// Most events of one backlog: a reader's hour at a busy desk, taken in within seconds.
pub(super) const MAX_EVENTS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationBody {
    reference: Option<String>,
    captured_at: Option<String>,
    input: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingBody {
    reference: Option<String>,
    captured_at: Option<String>,
    /// Refused where it is not the caller's own.
    facility: Option<FacilityId>,
    text: Option<String>,
    chip: Option<SentChip>,
    vneid: Option<String>,
    kiosk: Option<SentKiosk>,
}

impl ReadingBody {
    /// The one thing that was read.
    fn sent(&mut self) -> Result<SentReading, Problem> {
        let all = [
            self.text.take().map(SentReading::Text),
            self.chip.take().map(SentReading::Chip),
            self.vneid.take().map(SentReading::Vneid),
            self.kiosk.take().map(SentReading::Kiosk),
        ];
        let mut all = all.into_iter().flatten();
        match (all.next(), all.next()) {
            (Some(sent), None) => Ok(sent),
            _ => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "malformed",
                "send exactly one of text, chip, vneid and kiosk: each reading is a request of its own",
            )),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BacklogBody {
    events: Vec<ReadingBody>,
}

fn instant(text: Option<&str>) -> Result<Option<i64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| Problem::from(CallError::CapturedAt))?;
    Ok(i64::try_from(at.unix_timestamp_nanos() / 1_000).ok())
}

/// The caller's reference: in the body, or as the header `Idempotency-Key`, plain or quoted. Where both are there, they say the same.
fn reference(body: Option<String>, headers: &HeaderMap) -> Result<String, Problem> {
    let header = headers.get("idempotency-key").map(|value| {
        let text = value.to_str().unwrap_or_default().trim();
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).to_owned()
    });
    match (body, header) {
        (Some(body), Some(header)) if body != header => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-reference",
            "Idempotency-Key is another than the `reference` of the body: send one of them, or both alike",
        )
        .at_in_both("/reference", "send the same as in Idempotency-Key", "phải giống Idempotency-Key")),
        (body, header) => Ok(body.or(header).unwrap_or_default()),
    }
}

pub(super) async fn operation(
    Known(caller): Known,
    State(house): Rooms,
    Path((pilot, operation)): Path<(PilotId, OperationName)>,
    headers: HeaderMap,
    Json(body): Json<OperationBody>,
) -> Result<Json<Value>, Problem> {
    let captured_at = instant(body.captured_at.as_deref())?;
    let what = What::Operation { name: operation, input: body.input };
    let call = CallRequest { pilot: pilot.clone(), what, reference: reference(body.reference, &headers)?, captured_at };
    answered(&pilot, house.call(&caller, call).await)
}

pub(super) async fn reading(
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
    headers: HeaderMap,
    Sent(caller, body): Sent<ReadingBody>,
) -> Result<Json<Value>, Problem> {
    let captured_at = instant(body.captured_at.as_deref())?;
    read(&house, &caller, &pilot, &headers, body, captured_at).await
}

async fn read(
    house: &House,
    caller: &Caller,
    pilot: &PilotId,
    headers: &HeaderMap,
    mut body: ReadingBody,
    captured_at: Option<i64>,
) -> Result<Json<Value>, Problem> {
    if body.facility.is_some() && body.facility != caller.facility {
        return Err(CallError::OtherFacility.into());
    }
    let what = What::Reading(body.sent()?);
    let call = CallRequest { pilot: pilot.clone(), what, reference: reference(body.reference, headers)?, captured_at };
    answered(pilot, house.call(caller, call).await)
}

/// What was read while there was no network: taken in the order in which it happened, answered in the order in which it
/// was sent, each event on its own.
pub(super) async fn backlog(
    State(house): Rooms,
    Path(pilot): Path<PilotId>,
    Sent(caller, body): Sent<BacklogBody>,
) -> Result<Json<Value>, Problem> {
    if body.events.is_empty() || body.events.len() > MAX_EVENTS {
        let detail = format!("send 1 to {MAX_EVENTS} events at once");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "malformed", detail));
    }
    // The header's reference is one for all: an event has its own.
    let none = HeaderMap::new();
    let mut answers = vec![Value::Null; body.events.len()];
    let mut events: Vec<(usize, Result<Option<i64>, Problem>, ReadingBody)> = (body.events.into_iter().enumerate())
        .map(|(place, event)| (place, instant(event.captured_at.as_deref()), event))
        .collect();
    events.sort_by_key(|(place, captured_at, _)| (captured_at.as_ref().ok().copied().flatten(), *place));
    for (place, captured_at, event) in events {
        let reference = event.reference.clone();
        let answer = match captured_at {
            Ok(None) => Err(CallError::CapturedAt.into()),
            Ok(captured_at) => read(&house, &caller, &pilot, &none, event, captured_at).await,
            Err(problem) => Err(problem),
        };
        let answer = match answer {
            Ok(Json(answer)) => json!({ "reference": reference, "status": 200, "answer": answer }),
            Err(problem) => json!({ "reference": reference, "status": problem.status(), "problem": problem }),
        };
        if let Some(space) = answers.get_mut(place) {
            *space = answer;
        }
    }
    Ok(Json(json!({ "answers": answers })))
}

pub(super) async fn tick(
    Known(_caller): Known,
    State(house): Rooms,
    Path((pilot, tick)): Path<(PilotId, TickName)>,
) -> Result<Json<Value>, Problem> {
    answered(&pilot, house.tick(&pilot, &tick).await)
}

fn answered(pilot: &PilotId, answer: Result<Answer, CallError>) -> Result<Json<Value>, Problem> {
    match answer {
        Ok(answer) => {
            health::invocation(pilot.as_str(), "decided");
            let mut body = answer.body;
            if answer.replayed
                && let Value::Object(fields) = &mut body
            {
                fields.insert("replayed".to_owned(), Value::Bool(true));
            }
            Ok(Json(body))
        }
        Err(error) => {
            // Only names that the host itself chose become labels.
            if !matches!(error, CallError::UnknownPilot(_)) {
                health::invocation(pilot.as_str(), error.code());
            }
            Err(error.into())
        }
    }
}
