//! What stands between the HTTP layer and the handlers: requests that two readers could read in two ways are refused here.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};

use super::authority::Authority;
use super::pilots::MAX_PACKAGE;
use super::{MAX_BODY, Problem};

/// Longest path with its query, in bytes: ours have some hundred.
const MAX_TARGET: usize = 8 << 10;
/// Largest sum of names and values of the header fields, in bytes.
const MAX_FIELDS: usize = 16 << 10;
/// Fields of which a request has one: of two, the next reader may take the other. Of lengths the HTTP layer takes equal ones as one.
const SINGLE: [&str; 9] = [
    "authorization",
    "content-type",
    "content-encoding",
    "cookie",
    "host",
    "idempotency-key",
    "if-match",
    "origin",
    "transfer-encoding",
];

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed-request", detail)
}

/// What a request must keep to before anybody looks for what it wants.
fn check(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET {
        return Err(target_too_long());
    }
    if headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() > MAX_FIELDS {
        return Err(fields_too_large());
    }
    if let Some(twice) = SINGLE.into_iter().find(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        return Err(bad(format!("the field {twice} is there twice: send it once")));
    }
    let host = headers.get(header::HOST).map(|host| authority(host.to_str().ok()));
    match (host, request.uri().authority().map(|named| authority(Some(named.as_str())))) {
        (Some(None), _) | (_, Some(None)) => {
            return Err(bad("Host is no name with a port: send it as the address is written"));
        }
        (None, _) if request.version() == Version::HTTP_11 && !is_inner(request) => {
            return Err(bad("HTTP/1.1 needs the field Host: send the name that the address has"));
        }
        (Some(Some(host)), Some(Some(named))) if host != named => {
            return Err(bad("Host is another than that of the request's target: send one name"));
        }
        _ => {}
    }
    if headers.get(header::TRANSFER_ENCODING).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err(bad("Transfer-Encoding may be `chunked` and nothing else: leave the other codings out"));
    }
    if headers.get(header::EXPECT).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Err(Problem::new(
            StatusCode::EXPECTATION_FAILED,
            "malformed-request",
            "Expect may be `100-continue` and nothing else",
        ));
    }
    length(request, headers)
}

/// Whether a test hands the request over without any connection: then no name was called.
fn is_inner(request: &Request) -> bool {
    request.extensions().get::<crate::serving::Client>().is_none()
}

fn authority(text: Option<&str>) -> Option<Authority> {
    text?.parse().ok()
}

/// A body that says that it is too large is not waited for.
fn length(request: &Request, headers: &HeaderMap) -> Result<(), Problem> {
    let packages = request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str() == "/v1/packages");
    let (most, named) = if packages { (MAX_PACKAGE, "40 MiB") } else { (MAX_BODY, "256 KiB") };
    let says = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if says.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > most)) {
        let detail = format!("send at most {named}: split a larger group or backlog");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail));
    }
    Ok(())
}

/// A coding of the body that nobody here undoes. 415 says which are taken (RFC 9110, 15.5.16).
fn encoded(headers: &HeaderMap) -> Option<Response> {
    let coding = headers.get(header::CONTENT_ENCODING)?;
    if coding.as_bytes().eq_ignore_ascii_case(b"identity") {
        return None;
    }
    let problem = Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "wrong-content-encoding",
        "send the body as it is, without Content-Encoding: nothing is unpacked here",
    );
    let mut response = problem.into_response();
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Some(response)
}

pub(super) fn target_too_long() -> Problem {
    let detail = format!("path and query may have {MAX_TARGET} bytes: send what is longer as a body");
    Problem::new(StatusCode::URI_TOO_LONG, "target-too-long", detail)
}

pub(super) fn fields_too_large() -> Problem {
    let detail = format!("the header fields may have {MAX_FIELDS} bytes together: send fewer, or shorter ones");
    Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", detail)
}

/// What the HTTP layer itself refused, by the status that it gave.
pub(super) fn refused(status: StatusCode) -> Problem {
    match status {
        StatusCode::URI_TOO_LONG => target_too_long(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => fields_too_large(),
        status => Problem::new(
            status,
            "malformed-request",
            "the request is no HTTP/1.1 that has one meaning: look at its first line, its field names and its length",
        ),
    }
}

/// Whether the body of a request has come whole.
#[derive(Debug, Clone)]
pub(super) struct Arrived(Arc<AtomicBool>);

impl Arrived {
    pub(super) fn whole(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A body that says when it has come whole.
struct Watched {
    body: Body,
    arrived: Arrived,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.arrived.0.store(true, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Refuses what has two meanings, and watches the body of what has one.
pub(super) async fn strict(mut request: Request, next: Next) -> Response {
    if let Err(problem) = check(&request) {
        let mut response = problem.into_response();
        // Where two readers may disagree on where a request ends, nothing after it is read.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    if let Some(refused) = encoded(request.headers()) {
        return refused;
    }
    let body = std::mem::take(request.body_mut());
    let arrived = Arrived(Arc::new(AtomicBool::new(body.is_end_stream())));
    request.extensions_mut().insert(arrived.clone());
    *request.body_mut() = Body::new(Watched { body, arrived });
    next.run(request).await
}
