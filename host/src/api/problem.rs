//! Problems: RFC 9457 documents with a stable type, what is wrong, where, and how to mend it. Never a value of the request.

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pilothouse_runtime::Fault;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::kinds;
use crate::governance::{CallError, DeviceError, FieldError, HouseError};
use crate::words::Lang;

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
    /// The same for readers of Vietnamese.
    #[serde(skip)]
    vi: Vietnamese,
}

/// What a problem says in Vietnamese.
#[derive(Debug, Clone, Default)]
struct Vietnamese {
    title: Option<&'static str>,
    detail: Option<String>,
    /// Of each field, in the order of `errors`; none where the kind's next step says enough.
    errors: Vec<Option<String>>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Problem {
        let kind = kinds::find(code);
        // What officers and developers are told in detail is English; the kind says the same to everybody in Vietnamese.
        let vi = Vietnamese {
            title: kind.map(|kind| kind.vi),
            detail: kind.map(|kind| kind.next_vi.to_owned()),
            errors: Vec::new(),
        };
        Problem {
            r#type: format!("/problems/{code}"),
            title: kind.map_or(code, |kind| kind.en).to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            errors: Vec::new(),
            more: Map::new(),
            retry_after: None,
            vi,
        }
    }

    /// The same `detail` in Vietnamese, where it says more than the kind does.
    pub(super) fn in_vietnamese(mut self, detail: impl Into<String>) -> Problem {
        self.vi.detail = Some(detail.into());
        self
    }

    /// The problem in this language, whole.
    fn said_in(&mut self, lang: Lang) {
        if lang == Lang::En {
            return;
        }
        let Vietnamese { title, detail, errors } = std::mem::take(&mut self.vi);
        self.title = title.map_or_else(|| std::mem::take(&mut self.title), str::to_owned);
        self.detail = detail.unwrap_or_else(|| std::mem::take(&mut self.detail));
        for (error, message) in self.errors.iter_mut().zip(errors) {
            if let Some(message) = message {
                error.message = message;
            }
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

    /// Says in another answer when to ask again.
    pub(super) fn write_retry_after(&self, response: &mut Response) {
        self.write_retry_after_into(response.headers_mut());
    }

    fn write_retry_after_into(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }

    fn at(mut self, pointer: impl Into<String>, message: impl Into<String>) -> Problem {
        self.errors.push(FieldError { pointer: pointer.into(), message: message.into() });
        self.vi.errors.push(None);
        self
    }

    /// What is wrong with a field, in both languages.
    pub(super) fn at_in_both(
        mut self,
        pointer: impl Into<String>,
        en: impl Into<String>,
        vi: impl Into<String>,
    ) -> Problem {
        self.errors.push(FieldError { pointer: pointer.into(), message: en.into() });
        self.vi.errors.push(Some(vi.into()));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        self.write_retry_after_into(headers);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Whoever knows the request's id writes it in: see `name`.
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the id of the request into its problem, and puts it into the language of who asked, where the answer is one.
pub(super) fn name(response: &mut Response, id: Uuid, lang: Lang) {
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else { return };
    problem.instance = Some(id.urn().to_string());
    problem.said_in(lang);
    if let Ok(bytes) = serde_json::to_vec(&problem) {
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.code()));
        headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
        *response.body_mut() = Body::from(bytes);
    }
    response.extensions_mut().insert(problem);
}

/// The document of an answer that is a problem.
pub(super) fn bytes(response: &Response) -> Vec<u8> {
    response.extensions().get::<Problem>().and_then(|problem| serde_json::to_vec(problem).ok()).unwrap_or_default()
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
            CallError::EvidenceSpent { left, while_down, .. } => {
                problem.with("while_down", both(&while_down)).retry_after(left.as_secs().max(1))
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
            CallError::TermOver { id, while_down } => {
                problem.with("while_down", both(&while_down)).with("evidence", id)
            }
            CallError::Overloaded { retry_after } => problem.retry_after(retry_after),
            CallError::Fault { id, fault, while_down } => {
                let problem =
                    problem.with("fault", fault.code()).with("while_down", both(&while_down)).with("evidence", id);
                if matches!(fault, Fault::Full | Fault::Late) { problem.retry_after(1) } else { problem }
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
