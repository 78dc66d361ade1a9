//! Problems: RFC 9457 documents with a stable type, what is wrong, where, and how to mend it. Never a value of the request.

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::kinds;
use crate::governance::{CallError, DeviceError, FieldError, HouseError};

/// A problem document.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    /// The request, as the log and `x-request-id` name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(flatten)]
    more: Map<String, Value>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Problem {
        Problem {
            r#type: format!("/problems/{code}"),
            title: kinds::find(code).map_or(code, |kind| kind.en).to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            errors: Vec::new(),
            more: Map::new(),
            retry_after: None,
        }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Problem {
        self.more.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn retry_after(mut self, seconds: u64) -> Problem {
        self.retry_after = Some(seconds.max(1));
        self
    }

    fn at(mut self, pointer: impl Into<String>, message: impl Into<String>) -> Problem {
        self.errors.push(FieldError { pointer: pointer.into(), message: message.into() });
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Whoever knows the request's id writes it in: see `name`.
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the id of the request into its problem, where the answer is one.
pub(super) fn name(response: &mut Response, id: Uuid) {
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else { return };
    problem.instance = Some(id.urn().to_string());
    if let Ok(bytes) = serde_json::to_vec(&problem) {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(bytes);
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Problem {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = Problem::new(status, error.code(), error.to_string());
        let both = |words: &pilothouse_registry::Bilingual| json!({ "vi": words.vi(), "en": words.en() });
        match error {
            CallError::Disabled { while_down, .. } => problem.with("while_down", both(&while_down)),
            CallError::Quarantined { until, while_down, .. } => {
                let seconds = (until - crate::governance::clock()).max(0) / 1_000_000;
                problem.with("while_down", both(&while_down)).retry_after(u64::try_from(seconds).unwrap_or(1))
            }
            CallError::Invalid { errors } => Problem { errors, ..problem },
            CallError::Person { pointer, code, message } => problem.with("person_code", code).at(pointer, message),
            CallError::Refused { id, code, field, why, words } => {
                let problem = problem
                    .with("code", code)
                    .with("words", json!({ "vi": words.0, "en": words.1 }))
                    .with("evidence", id);
                match field {
                    Some(field) => problem.at(format!("/input{field}"), why.unwrap_or_default()),
                    None => problem,
                }
            }
            CallError::Fault { id, fault, while_down } => {
                problem.with("fault", fault.code()).with("while_down", both(&while_down)).with("evidence", id)
            }
            CallError::Busy | CallError::Store(_) => problem.retry_after(1),
            CallError::CapturedAt => problem.at("/captured_at", "send RFC 3339 with its offset"),
            CallError::Future => problem.at("/captured_at", "set the clock of the device right"),
            CallError::TooOld => problem.at("/captured_at", "enter the case by hand"),
            CallError::OtherFacility => problem.at("/facility", "name the caller's own facility, or none"),
            CallError::Device(DeviceError::Clock { ahead_seconds }) => {
                problem.with("clock_ahead_seconds", ahead_seconds)
            }
            CallError::Device(DeviceError::Busy) => problem.retry_after(60),
            CallError::Device(_) => problem,
            CallError::Reference => problem.at("/reference", "send 1 to 64 printable characters"),
            CallError::UnknownPilot(_)
            | CallError::UnknownOperation { .. }
            | CallError::Forbidden { .. }
            | CallError::ReferenceUsed
            | CallError::Spent => problem,
        }
    }
}

impl From<HouseError> for Problem {
    fn from(error: HouseError) -> Problem {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(%error, "an officer's request failed");
        }
        let mut problem = Problem::new(status, error.code(), error.to_string());
        if let Some(help) = error.help() {
            problem = problem.with("help", help);
        }
        match error {
            HouseError::Setting { key, message } => problem.at(format!("/{key}"), message),
            HouseError::NotGranted { functions, .. } => problem.with("functions", functions),
            HouseError::Wider { pilot, version, wider } => problem
                .with("wider", json!(wider))
                .with("ask", format!("pilot grant request {pilot} --in-version {version}")),
            HouseError::OlderVersion { pilot, version, .. } => {
                problem.with("ask", format!("pilot grant request {pilot} --in-version {version}"))
            }
            _ => problem,
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Problem {
        let status = rejection.status();
        match status {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Problem::new(status, "wrong-content-type", "send the body as application/json")
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(status, "too-large", "send at most 256 KiB; split a larger group")
            }
            // The parser's words may repeat what stood in the body, which may be a person's: only where it is, is said.
            _ => Problem::new(
                status,
                "invalid-json",
                "the body is not the JSON that this operation takes: see /openapi.json for its fields",
            ),
        }
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Problem {
        Problem::new(
            rejection.status(),
            "invalid-path",
            "a part of the path is malformed: see /openapi.json for its form",
        )
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Problem {
        match rejection.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(status, "too-large", "send at most 40 MiB; our largest pilot has a tenth of it")
            }
            status => Problem::new(status, "malformed", "the body broke off: send it again"),
        }
    }
}
