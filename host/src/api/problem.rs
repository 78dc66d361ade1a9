//! Problems: RFC 9457 documents with a stable type, what is wrong, where, and how to mend it. Never a value of the request.

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::governance::{CallError, FieldError, HouseError};

/// A problem document.
#[derive(Debug, Serialize)]
pub struct Problem {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
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
            title: title(code).to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            more: Map::new(),
            retry_after: None,
        }
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

/// Every kind of problem that the host makes by itself, and what it means. Kinds of the door and of grants have their own words.
pub(super) const KINDS: &[(&str, &str, &str)] = &[
    ("unknown-pilot", "No such pilot", "Không có ứng dụng mô hình này"),
    ("pilot-disabled", "The pilot is switched off", "Ứng dụng mô hình đang tắt"),
    ("pilot-quarantined", "The pilot is set aside", "Ứng dụng mô hình đang bị cách ly"),
    ("unknown-operation", "No such operation", "Không có thao tác này"),
    ("role-not-allowed", "The role may not do this", "Vai trò không được phép"),
    ("invalid-input", "The input does not fit its schema", "Dữ liệu vào không đúng lược đồ"),
    ("person-not-taken", "A person of the input was not taken", "Không nhận được thông tin người trong yêu cầu"),
    ("refused-by-pilot", "The pilot refused the request", "Ứng dụng mô hình từ chối yêu cầu"),
    ("pilot-failed", "The component failed", "Thành phần gặp lỗi"),
    ("reference-used", "The reference was used for something else", "Mã tham chiếu đã dùng cho yêu cầu khác"),
    ("invalid-reference", "The reference is malformed", "Mã tham chiếu không hợp lệ"),
    ("invalid-captured-at", "The time of the event cannot be", "Thời điểm ghi nhận không hợp lệ"),
    ("busy", "Others changed the same records", "Dữ liệu đang được người khác thay đổi"),
    ("not-kept", "The host cannot keep its record", "Máy chủ chưa ghi được bản ghi"),
    ("not-found", "There is no such thing", "Không tìm thấy"),
    ("not-granted", "No grant covers it", "Chưa được cấp quyền"),
    ("version-exists", "The version exists with other content", "Phiên bản đã có với nội dung khác"),
    ("invalid-setting", "A setting does not fit", "Thiết lập không hợp lệ"),
    ("changed-meanwhile", "It was changed meanwhile", "Dữ liệu đã thay đổi"),
    ("values-destroyed", "The values were destroyed", "Giá trị đã bị hủy"),
    ("malformed", "A field is malformed", "Trường không đúng dạng"),
    ("no-credential", "A credential is needed", "Cần thông tin xác thực"),
    ("too-many-requests", "Too many requests", "Quá nhiều yêu cầu"),
    ("invalid-json", "The body is no valid JSON", "Nội dung không phải JSON hợp lệ"),
    ("wrong-content-type", "The body has another type", "Kiểu nội dung không đúng"),
    ("too-large", "The body is too large", "Nội dung quá lớn"),
    ("invalid-path", "The path is malformed", "Đường dẫn không hợp lệ"),
    ("no-such-path", "There is nothing here", "Không có trang này"),
    ("wrong-method", "Another method is needed", "Phương thức không đúng"),
    ("too-slow", "It took too long", "Quá thời gian"),
    ("host-fault", "The host failed", "Máy chủ gặp lỗi"),
];

fn title(code: &str) -> &str {
    KINDS.iter().find(|(kind, ..)| *kind == code).map_or(code, |(_, title, _)| title)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after;
        let mut response = (status, axum::Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
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
            CallError::Person { pointer, code, message } => {
                problem.with("person_code", code).at(format!("/input{pointer}"), message)
            }
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
            CallError::CapturedAt => problem.at("/captured_at", "send the device's time with its clock set right"),
            CallError::Reference => problem.at("/reference", "send 1 to 64 printable characters"),
            CallError::UnknownPilot(_)
            | CallError::UnknownOperation { .. }
            | CallError::Forbidden { .. }
            | CallError::ReferenceUsed => problem,
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
