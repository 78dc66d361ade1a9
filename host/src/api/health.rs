//! Whether the host lives, is ready, and what it counted: `/healthz`, `/readyz`, `/metrics`.

use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use super::App;
use super::auth::Rooms;

/// One recorder a process; none where another one was installed before.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Seconds, from a call in memory to one that waited for a provider.
const BUCKETS: &[f64] = &[1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0];

pub(super) fn recorder() {
    RECORDER.get_or_init(|| {
        let handle = PrometheusBuilder::new().set_buckets(BUCKETS).ok()?.install_recorder().ok()?;
        metrics::gauge!("pilothouse_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Some(handle)
    });
}

/// Counts a request. Labels are route templates and numbers, never paths.
pub(super) fn count(method: &Method, route: &str, status: u16, took: Duration) {
    let route = route.to_owned();
    let method = method.as_str().to_owned();
    metrics::counter!("http_server_requests_total", "route" => route.clone(), "method" => method, "status" => status.to_string()).increment(1);
    metrics::histogram!("http_server_request_duration_seconds", "route" => route).record(took.as_secs_f64());
}

/// Counts an invocation by how it ended.
pub(super) fn invocation(pilot: &str, outcome: &'static str) {
    metrics::counter!("pilothouse_invocations_total", "pilot" => pilot.to_owned(), "outcome" => outcome).increment(1);
}

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics_text))
}

async fn ready(State(house): Rooms) -> Response {
    let checks = house.readiness().await;
    let well = checks.iter().all(|(_, well, _)| *well);
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let lines: Vec<_> =
        checks.iter().map(|(what, well, why)| json!({ "what": what, "well": well, "why": why })).collect();
    (status, axum::Json(json!({ "ready": well, "checks": lines }))).into_response()
}

async fn metrics_text(State(house): Rooms) -> Response {
    // The lines of the pilots are made from the rooms' own counters: one truth for board and metrics.
    let mut text = RECORDER.get().and_then(Option::as_ref).map_or_else(String::new, PrometheusHandle::render);
    if let Ok(pilots) = house.pilots().await {
        for pilot in pilots {
            for (name, value) in [("calls", pilot.calls), ("denials", pilot.denials), ("faults", pilot.faults)] {
                text.push_str(&format!(
                    "pilothouse_pilot_{name}_total{{pilot=\"{}\",version=\"{}\"}} {value}\n",
                    pilot.id, pilot.version
                ));
            }
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
