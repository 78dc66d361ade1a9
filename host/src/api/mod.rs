//! REST for desks, devices, departments and officers: `/v1`, its description, its problems, health and metrics; and the console's pages.
//!
//! One table ([`routes::ROUTES`]) says which route there is, for whom, and what it does: the router, the check of roles and the
//! OpenAPI document are made from it or tested against it.

mod audit;
mod auth;
mod calls;
mod health;
mod openapi;
mod pages;
mod pilots;
mod problem;
mod routes;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, MatchedPath, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

pub use problem::Problem;

use crate::governance::House;

/// Longest request body but for packages, in bytes: a group of 100 guests is a tenth of it.
const MAX_BODY: usize = 256 << 10;
/// Longest time of a request, beyond every pilot's own deadline.
const MAX_TIME: Duration = Duration::from_secs(60);

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
}

/// All routes of the host.
pub fn router(house: House, limits: ApiLimits) -> Router {
    let per_second = NonZeroU32::new(limits.per_second).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::per_second(per_second).allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)));
    let app = App { house, limiter: Arc::new(RateLimiter::keyed(quota)) };
    health::recorder();
    let timed = middleware::from_fn(bounded_time);
    Router::new()
        .merge(routes::api())
        .merge(pages::router())
        .merge(health::router())
        .merge(openapi::router())
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(timed)
        .layer(middleware::from_fn(headers_and_counts))
        .layer(CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| {
            axum::response::IntoResponse::into_response(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "host-fault",
                "the host failed at this request: it is logged, try again",
            ))
        }))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(app)
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
    match tokio::time::timeout(MAX_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => axum::response::IntoResponse::into_response(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "too-slow",
            "the request took too long and was given up: send it again under the same reference",
        )),
    }
}

/// Security headers for every answer, counts for every route. Of a request only its route's template is logged.
async fn headers_and_counts(request: Request, next: Next) -> Response {
    let begun = std::time::Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", |path| path.as_str()).to_owned();
    let method = request.method().clone();
    let api = route.starts_with("/v1");
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) && !route.starts_with("/docs") {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
    if api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    health::count(&method, &route, status, begun.elapsed());
    tracing::debug!(%method, route, status, micros = begun.elapsed().as_micros(), "request");
    response
}

/// A JSON body whose faults are problems, too.
#[derive(axum::extract::FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
struct Json<T>(T);

impl<T: serde::Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A path parameter whose faults are problems, too.
#[derive(axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
struct Path<T>(T);
