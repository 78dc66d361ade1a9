//! The description of the API, made from the table of routes, its page, and what each problem means.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use pilothouse_registry::DeviceClass;
use serde_json::{Map, Value, json};
use utoipa_swagger_ui::SwaggerUi;

use super::calls::MAX_EVENTS;
use super::kinds;
use super::routes::{For, ROUTES};
use super::{App, Path, Problem};

/// The OpenAPI 3.1 document.
pub(super) fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let parameters: Vec<Value> = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "maxLength": 64 } }))
            .collect();
        let security = match route.who {
            For::Everyone => json!([]),
            For::Readers => json!([{ "token": [] }, { "signature": [] }]),
            For::Desks | For::Officers(_) | For::Invited => json!([{ "token": [] }]),
        };
        let roles = match route.who {
            For::Everyone => "Anyone.".to_owned(),
            For::Invited => "Who was given a one-time secret.".to_owned(),
            For::Desks => "Every valid credential; the pilot's manifest names the roles that may.".to_owned(),
            For::Readers => {
                "Every valid credential or enrolled device; the pilot's manifest names the roles that may.".to_owned()
            }
            For::Officers(roles) => format!("Roles: {}.", roles.join(", ")),
        };
        let problem = json!({ "description": "A problem (RFC 9457)", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
        let mut operation = json!({
            "summary": route.does,
            "description": roles,
            "parameters": parameters,
            "security": security,
            "responses": { "200": { "description": "Done", "content": { "application/json": { "schema": true } } }, "default": problem },
        });
        if let Some(body) = body(route.method, route.path) {
            operation["requestBody"] = body;
        }
        let entry = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        entry[route.method.to_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Pilothouse",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "The host of the province's pilot models. People travel as numbers, card texts or declarations in, and as pseudonyms out. All people of the demonstration are synthetic.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "signature": {
                    "type": "apiKey", "in": "header", "name": "Signature",
                    "description": "HTTP Message Signatures (RFC 9421) with the device's Ed25519 key: Signature-Input, Signature and Content-Digest (RFC 9530, sha-256) over \"@method\" \"@target-uri\" \"content-digest\", with created, keyid and nonce (16 to 64 characters, never the same twice).",
                },
            },
            "schemas": { "Problem": {
                "type": "object",
                "required": ["type", "title", "status", "detail", "instance"],
                "properties": {
                    "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" }, "detail": { "type": "string" }, "instance": { "type": "string", "format": "uri" },
                    "errors": { "type": "array", "items": { "type": "object", "properties": { "pointer": { "type": "string" }, "message": { "type": "string" } } } },
                },
            } },
        },
    })
}

fn body(method: &str, path: &str) -> Option<Value> {
    let object = |properties: Value, required: Value| json!({ "required": true, "content": { "application/json": { "schema": { "type": "object", "additionalProperties": false, "properties": properties, "required": required } } } });
    let reference = json!({ "type": "string", "maxLength": 64, "description": "The caller's own number of the case; or the header Idempotency-Key" });
    let captured = json!({ "type": "string", "format": "date-time" });
    let reading = json!({
        "reference": reference,
        "captured_at": captured,
        "facility": { "type": "string", "description": "Where it was read; refused where it is not the caller's own" },
        "text": { "type": "string", "maxLength": 1024, "description": "Of a card's QR code" },
        "chip": {
            "type": "object",
            "additionalProperties": false,
            "required": ["sod", "groups"],
            "description": "Of a card, for passive authentication (ICAO 9303); never groups 2 to 4",
            "properties": {
                "sod": { "type": "string", "contentEncoding": "base64" },
                "groups": { "type": "object", "additionalProperties": { "type": "string", "contentEncoding": "base64" } },
                "hashes": { "type": "object", "additionalProperties": { "type": "string", "description": "Hexadecimal" } },
            },
        },
        "vneid": { "type": "string", "maxLength": 1024, "description": "The code that the phone shows" },
        "kiosk": {
            "type": "object",
            "additionalProperties": false,
            "required": ["device", "result", "signature"],
            "properties": {
                "device": { "type": "string" },
                "result": { "type": "string", "contentEncoding": "base64" },
                "signature": { "type": "string", "contentEncoding": "base64" },
            },
        },
    });
    Some(match (method, path) {
        ("POST", "/v1/pilots/{pilot}/operations/{operation}") => object(
            json!({ "reference": reference, "captured_at": captured, "input": { "type": "object", "description": "After the operation's schema" } }),
            json!(["input"]),
        ),
        ("POST", "/v1/pilots/{pilot}/readings") => object(reading, json!([])),
        ("POST", "/v1/pilots/{pilot}/readings/backlog") => object(
            json!({ "events": { "type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": { "type": "object", "additionalProperties": false, "properties": reading, "required": ["reference", "captured_at"] } } }),
            json!(["events"]),
        ),
        ("POST", "/v1/devices") => object(
            json!({ "facility": { "type": "string" }, "role": { "type": "string" }, "class": { "enum": DeviceClass::ALL }, "public_key": { "type": "string" } }),
            json!(["facility", "role", "class", "public_key"]),
        ),
        ("PATCH", _) => {
            json!({ "required": true, "content": { "application/json": { "schema": { "type": "object" } } } })
        }
        ("POST", "/v1/packages") => {
            json!({ "required": true, "content": { "application/wasm": { "schema": { "type": "string", "format": "binary" } } } })
        }
        ("POST", "/v1/vendor-keys") => object(
            json!({ "vendor": { "type": "string" }, "public_key": { "type": "string" }, "valid_days": { "type": "integer", "minimum": 1 } }),
            json!(["vendor", "public_key", "valid_days"]),
        ),
        ("POST", "/v1/credentials") => object(
            json!({ "role": { "type": "string" }, "unit": { "type": "string" }, "facility": { "type": ["string", "null"] } }),
            json!(["role", "unit"]),
        ),
        ("POST", "/v1/synthetic/chips") => object(json!({ "number": { "type": "string" } }), json!(["number"])),
        ("POST", "/v1/synthetic/codes") => object(
            json!({ "number": { "type": "string" }, "facility": { "type": "string" } }),
            json!(["number", "facility"]),
        ),
        ("PUT", "/v1/desk" | "/v1/duty" | "/v1/inbox" | "/v1/messages") => {
            object(json!({ "mode": { "enum": ["up", "down", "rejecting"] } }), json!(["mode"]))
        }
        ("PUT", "/v1/duty/{alert}") => {
            object(json!({ "state": { "enum": ["acknowledged", "closed"] } }), json!(["state"]))
        }
        ("PUT", "/v1/inbox/{request}") => {
            object(json!({ "state": { "enum": ["granted", "refused", "withdrawn"] } }), json!(["state"]))
        }
        _ => return None,
    })
}

pub(super) fn router() -> Router<App> {
    let page: Router<App> = SwaggerUi::new("/docs").external_url_unchecked("/openapi.json", document()).into();
    page.route("/problems/{code}", get(problem))
}

/// What a kind of problem means.
async fn problem(Path(code): Path<String>) -> Response {
    let Some(kind) = kinds::find(&code) else {
        return Problem::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "there is no such kind of problem: read `detail` of the problem itself",
        )
        .into_response();
    };
    let kinds::Kind { code, en, vi, next_en, next_vi } = kind;
    // All come from the table, none from the request.
    let page = format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{vi}</title>\
         <main><h1>{vi}</h1><p>{next_vi}</p><section lang=\"en\"><h2>{en}</h2><p>{next_en}</p></section><p><code>{code}</code></p></main></html>"
    );
    ([(header::CONTENT_LANGUAGE, "vi, en")], Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_describes_every_route_of_the_table() {
        let document = document();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.method.to_lowercase()];
            assert_eq!(operation["summary"], route.does);
        }
    }

    #[test]
    fn the_table_says_for_whom_every_path_of_the_document_is() {
        let document = document();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                let method = method.to_uppercase().parse().unwrap();
                assert!(super::super::routes::allowed(&method, path).is_some(), "{method} {path}");
            }
        }
    }

    #[tokio::test]
    async fn the_page_of_a_kind_is_found_in_both_languages_and_another_is_a_problem() {
        let page = problem(Path("pilot-disabled".to_owned())).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()[header::CONTENT_LANGUAGE], "vi, en");
        assert_eq!(problem(Path("<b>".to_owned())).await.status(), StatusCode::NOT_FOUND);
    }
}
