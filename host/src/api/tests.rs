//! What every answer has, whatever went wrong: tested over routes that need no house.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use pilothouse_registry::PilotId;
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use super::pilots::Package;
use super::{Json, MAX_BODY, PLAIN_POLICY, Path, REQUEST_ID, dressed, kinds};

/// What no answer may repeat: it stands for a person's value in a body.
const CANARY: &str = "canary-of-a-body";

fn routes() -> Router {
    async fn echo(_: Path<PilotId>, _: Json<Map<String, Value>>) -> Json<Value> {
        Json(json!({}))
    }
    async fn package(_: Package) -> &'static str {
        "taken"
    }
    async fn fails() {
        panic!("a handler that panics");
    }
    dressed(
        Router::new()
            .route("/v1/pilots/{pilot}/echo", post(echo))
            .route("/v1/packages", post(package).layer(DefaultBodyLimit::max(2 * MAX_BODY)))
            .route("/v1/fails", get(fails)),
        Arc::default(),
    )
}

async fn send(method: Method, path: &str, kind: Option<&str>, body: impl Into<Body>) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(kind) = kind {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    routes().oneshot(request.body(body.into()).unwrap()).await.unwrap()
}

fn assert_dressed(headers: &HeaderMap) {
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
    assert_eq!(headers[header::CONTENT_SECURITY_POLICY], PLAIN_POLICY);
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
}

/// Checks that the answer is a problem of this kind, with all that a problem has.
async fn assert_problem(response: Response, status: StatusCode, code: &str) {
    assert_eq!(response.status(), status, "{code}");
    assert_dressed(response.headers());
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
    let bytes = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains(CANARY), "{code} repeats the body");
    let problem: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(problem["type"], format!("/problems/{code}"));
    assert_eq!(problem["title"], kinds::find(code).unwrap().en);
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["instance"], format!("urn:uuid:{id}"));
    assert!(!problem["detail"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn a_body_that_is_not_the_operation_s_json_is_a_problem_that_does_not_repeat_it() {
    const ECHO: &str = "/v1/pilots/bhyt-checkin/echo";
    let json = Some("application/json");
    let broken = send(Method::POST, ECHO, json, format!("{{\"{CANARY}")).await;
    assert_problem(broken, StatusCode::BAD_REQUEST, "invalid-json").await;
    let other = send(Method::POST, ECHO, json, format!("\"{CANARY}\"")).await;
    assert_problem(other, StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields").await;
    let untyped = send(Method::POST, ECHO, None, "{}").await;
    assert_problem(untyped, StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-content-type").await;
    let deep = send(Method::POST, ECHO, json, format!("{{\"a\":{}", "[".repeat(10_000))).await;
    assert_problem(deep, StatusCode::BAD_REQUEST, "invalid-json").await;
    let large = send(Method::POST, ECHO, json, format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BODY))).await;
    assert_problem(large, StatusCode::PAYLOAD_TOO_LARGE, "too-large").await;
}

#[tokio::test]
async fn a_path_or_method_that_is_not_there_is_a_problem() {
    let json = Some("application/json");
    let malformed = send(Method::POST, "/v1/pilots/NOT%20AN%20ID/echo", json, "{}").await;
    assert_problem(malformed, StatusCode::BAD_REQUEST, "invalid-path").await;
    assert_problem(send(Method::GET, "/nowhere", None, "").await, StatusCode::NOT_FOUND, "no-such-path").await;
    let wrong = send(Method::DELETE, "/v1/packages", None, "").await;
    assert_eq!(wrong.headers()[header::ALLOW], "POST");
    assert_problem(wrong, StatusCode::METHOD_NOT_ALLOWED, "wrong-method").await;
}

#[tokio::test]
async fn a_package_is_taken_as_wasm_and_up_to_its_own_limit() {
    let wasm = Some("application/wasm");
    let taken = send(Method::POST, "/v1/packages", wasm, vec![0; MAX_BODY + 1]).await;
    assert_eq!(taken.status(), StatusCode::OK);
    let text = send(Method::POST, "/v1/packages", Some("text/plain"), CANARY).await;
    assert_problem(text, StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-content-type").await;
    let large = send(Method::POST, "/v1/packages", wasm, vec![0; 2 * MAX_BODY + 1]).await;
    assert_problem(large, StatusCode::PAYLOAD_TOO_LARGE, "too-large").await;
}

#[tokio::test]
async fn a_handler_that_panics_leaves_a_problem_with_every_header() {
    let failed = send(Method::GET, "/v1/fails", None, "").await;
    assert_problem(failed, StatusCode::INTERNAL_SERVER_ERROR, "host-fault").await;
}

#[tokio::test]
async fn the_host_names_the_request_and_not_the_caller() {
    let request = Request::builder().uri("/nowhere").header(REQUEST_ID, CANARY).body(Body::empty()).unwrap();
    let answer = routes().oneshot(request).await.unwrap();
    assert_ne!(answer.headers()[REQUEST_ID], CANARY);
    assert_problem(answer, StatusCode::NOT_FOUND, "no-such-path").await;
}
