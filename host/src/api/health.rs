//! Whether the host lives, is ready, and what it counted: `/healthz`, `/readyz`, `/metrics`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
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

/// The recorder keeps every measured time until it is read or tidied: tidied after this many, where nobody reads.
const TIDY_AFTER: u64 = 8_192;

/// Counts a request. Labels are route templates, known methods and numbers, never what a caller wrote.
pub(super) fn count(method: &Method, route: &str, status: u16, took: Duration) {
    static COUNTED: AtomicU64 = AtomicU64::new(0);
    let route = route.to_owned();
    metrics::counter!("http_server_requests_total", "route" => route.clone(), "method" => known(method), "status" => status.to_string()).increment(1);
    metrics::histogram!("http_server_request_duration_seconds", "route" => route).record(took.as_secs_f64());
    if COUNTED.fetch_add(1, Ordering::Relaxed) % TIDY_AFTER == TIDY_AFTER - 1
        && let Some(Some(recorder)) = RECORDER.get()
    {
        recorder.run_upkeep();
    }
}

/// A caller may invent methods; labels must stay few.
pub(super) fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
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

/// `/readyz` says yes or no; with `?verbose` also why.
async fn ready(State(house): Rooms, RawQuery(query): RawQuery) -> Response {
    let checks = house.readiness().await;
    let well = checks.iter().all(|(_, well, _)| *well);
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut body = json!({ "ready": well });
    if query.is_some_and(|query| query.split('&').any(|part| part == "verbose" || part.starts_with("verbose="))) {
        let lines = checks.iter().map(|(what, well, why)| json!({ "what": what, "well": well, "why": why }));
        body["checks"] = lines.collect();
    }
    (status, axum::Json(body)).into_response()
}

async fn metrics_text(State(house): Rooms) -> Response {
    // The lines of the pilots are made from the rooms' own counters: one truth for board and metrics.
    let mut text = RECORDER.get().and_then(Option::as_ref).map_or_else(String::new, PrometheusHandle::render);
    if let Ok(pilots) = house.pilots().await {
        for name in ["calls", "denials", "faults"] {
            text.push_str(&format!("# TYPE pilothouse_pilot_{name}_total counter\n"));
            for pilot in &pilots {
                let value = match name {
                    "calls" => pilot.calls,
                    "denials" => pilot.denials,
                    _ => pilot.faults,
                };
                text.push_str(&format!(
                    "pilothouse_pilot_{name}_total{{pilot=\"{}\",version=\"{}\"}} {value}\n",
                    pilot.id, pilot.version
                ));
            }
        }
        text.push_str("# TYPE pilothouse_pilot_calls_under_way gauge\n");
        for pilot in &pilots {
            text.push_str(&format!("pilothouse_pilot_calls_under_way{{pilot=\"{}\"}} {}\n", pilot.id, pilot.under_way));
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
