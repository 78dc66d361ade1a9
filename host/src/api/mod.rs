//! REST for desks, devices, departments and officers: `/v1`, its description, its problems, health and metrics; and the console's pages.
//!
//! One table (`routes::ROUTES`) says which route there is, for whom, and what it does: the router, the check of roles and the
//! OpenAPI document are made from it or tested against it.

mod audit;
mod auth;
mod authority;
mod calls;
mod desks;
mod devices;
mod health;
mod introduction;
mod json;
mod kinds;
mod officers;
mod openapi;
mod pages;
mod pilots;
mod problem;
mod routes;
mod signed;
mod strangers;
mod strict;
mod synthetic;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRef, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use uuid::Uuid;

pub use authority::{Authorities, Authority, NoAuthority};
use json::Json;
pub use problem::Problem;
use strangers::Strangers;

use crate::governance::House;
use crate::words::Lang;

/// Longest request body but for packages, in bytes: a group of 100 guests is a tenth of it.
const MAX_BODY: usize = 256 << 10;
/// Longest time of a request, beyond every pilot's own deadline.
const MAX_TIME: Duration = Duration::from_secs(10);
/// Longest time of what compiles a component, walks through the log or takes a backlog in.
const MAX_LONG_TIME: Duration = Duration::from_secs(60);
/// The routes that do.
const LONG: &[&str] = &[
    "/v1/packages",
    "/v1/pilots/{pilot}/readings/backlog",
    "/v1/pilots/{pilot}/enable",
    "/v1/grants/{grant}/approve",
    "/v1/grants/{grant}/withdraw",
    "/v1/invocations/{invocation}/replay",
    "/v1/log/verify",
];
/// The page of the API's description loads its own scripts and sets styles in line.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// Where an answer is no page: nothing may be loaded by it.
const PLAIN_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// Names the request in the answer and in the log. The host makes it: a caller's own could be a person's number.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a page may use of a reader's device: nothing, where it does not say.
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const NO_PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()";
/// The page that reads a card's code with the camera.
const CAMERA_PAGE: &str = "/try";
const CAMERA_PERMISSIONS: &str = "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()";
/// No other site's window or page gets at what is answered here.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// How much one caller may ask.
#[derive(Debug, Clone, Copy)]
pub struct ApiLimits {
    /// Requests a second for each credential; twice as many at once.
    pub per_second: u32,
}

impl Default for ApiLimits {
    fn default() -> Self {
        // A desk scans once in some seconds; a hospital's own software sends a queue's backlog in one go.
        ApiLimits { per_second: 2_000 }
    }
}

/// What handlers take what they need from.
#[derive(Clone, FromRef)]
struct App {
    house: House,
    limiter: Arc<DefaultKeyedRateLimiter<String>>,
    door: Arc<pages::Door>,
    strangers: Arc<Strangers>,
    authorities: Arc<Authorities>,
}

/// All routes of the host, which is reached under these names.
pub fn router(house: House, limits: ApiLimits, authorities: Authorities) -> Router {
    let per_second = NonZeroU32::new(limits.per_second).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::per_second(per_second).allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)));
    let strangers = Arc::<Strangers>::default();
    let app = App {
        house,
        limiter: Arc::new(RateLimiter::keyed(quota)),
        door: Arc::default(),
        strangers: Arc::clone(&strangers),
        authorities: Arc::new(authorities),
    };
    health::recorder();
    let routes =
        Router::new().merge(routes::api()).merge(pages::router()).merge(health::router()).merge(openapi::router());
    dressed(routes, strangers).with_state(app)
}

/// What all routes have around them. The last layer is the outermost: it also dresses what a panic or a timeout left.
fn dressed<S: Clone + Send + Sync + 'static>(routes: Router<S>, strangers: Arc<Strangers>) -> Router<S> {
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(bounded_time))
        .layer(CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| {
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "host-fault",
                "the host failed at this request: it is logged, try again",
            )
            .into_response()
        }))
        .layer(middleware::from_fn_with_state(strangers, strangers::limited))
        .layer(middleware::from_fn(strict::strict))
        .layer(middleware::from_fn(headers_and_counts))
}

async fn not_found() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-path",
        "there is nothing at this path: see /openapi.json for those that are",
    )
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "this path takes another method: see /openapi.json")
}

async fn bounded_time(request: Request, next: Next) -> Response {
    let long = request.extensions().get::<MatchedPath>().is_some_and(|path| LONG.contains(&path.as_str()));
    let most = if long { MAX_LONG_TIME } else { MAX_TIME };
    let arrived = request.extensions().get::<strict::Arrived>().cloned();
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) if arrived.is_some_and(|arrived| !arrived.whole()) => {
            let mut response = Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "body-too-slow",
                "the body did not come in time: nothing was done, send it again",
            )
            .into_response();
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
        Err(_) => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "too-slow",
            "the request took too long and was given up: send it again under the same reference",
        )
        .into_response(),
    }
}

/// The languages of who asks, as far as a program says it: English where it says nothing.
fn language(headers: &HeaderMap) -> Lang {
    match headers.get(header::ACCEPT_LANGUAGE).and_then(|accepted| accepted.to_str().ok()) {
        Some(accepted) => Lang::choose(None, None, Some(&format!("{accepted},en;q=0.001"))),
        None => Lang::En,
    }
}

/// What the HTTP layer refused by itself, as a whole answer in bytes: no handler and no layer of ours has seen the request.
pub(crate) fn bare_refusal(status: StatusCode) -> Vec<u8> {
    let mut response = strict::refused(status).into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    dress(&mut response, "unmatched", Uuid::now_v7(), Lang::En);
    let body = problem::bytes(&response);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    bytes
}

/// What a request gets that came in plain past the declared proxies: whatever it holds was readable on its way.
pub(crate) fn past_the_proxy() -> Response<Body> {
    let mut response = Problem::new(
        StatusCode::FORBIDDEN,
        "past-the-proxy",
        "this address is for the proxy in front: use the address that it has; a token that was sent here is to be replaced",
    )
    .into_response();
    dress(&mut response, "unmatched", Uuid::now_v7(), Lang::En);
    response
}

/// Security headers and an id for every answer, counts for every route. Of a request only its route's template is logged.
async fn headers_and_counts(request: Request, next: Next) -> Response {
    let begun = std::time::Instant::now();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = request.method().clone();
    let lang = language(request.headers());
    let id = Uuid::now_v7();
    let span = tracing::debug_span!("request", %id, credential = tracing::field::Empty);
    let mut response = next.run(request).instrument(span.clone()).await;
    dress(&mut response, route, id, lang);
    let status = response.status();
    let took = begun.elapsed();
    health::count(&method, route, status.as_u16(), took);
    let (status, micros) = (status.as_u16(), took.as_micros());
    tracing::debug!(parent: &span, method = health::known(&method), route, status, micros, "request");
    response
}

/// The headers of every answer; and the words of a problem, in the language of who asked.
fn dress(response: &mut Response, route: &str, id: Uuid, lang: Lang) {
    problem::name(response, id, lang);
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let permissions = if route == CAMERA_PAGE { CAMERA_PERMISSIONS } else { NO_PERMISSIONS };
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(permissions));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if let Ok(id) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())) {
        headers.insert(REQUEST_ID, id);
    }
    let policy = if route.starts_with("/docs") { DOCS_POLICY } else { PLAIN_POLICY };
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    if route.starts_with("/v1") || status.is_client_error() || status.is_server_error() {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// A path parameter whose faults are problems, too.
#[derive(axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
struct Path<T>(T);
