//! HTTP and JSON with one meaning: what two readers could read in two ways is refused, by name and with the usual headers.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use pilothouse_tests::house::House;
use pilothouse_tests::raw::{Raw, exchange};
use serde_json::json;

const CALL: &str = "/v1/pilots/bhyt-checkin/operations/check-in";

/// A call by a clerk, with further fields, and this body.
fn call(house: &House, fields: &str, body: &[u8]) -> Raw {
    let token = house.token("registration-clerk");
    let mut bytes = format!(
        "POST {CALL} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n{fields}\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    exchange(house.address(), &bytes)
}

fn body(house: &House, reference: &str) -> Vec<u8> {
    let input = json!({ "patient": house.demo("patient_number"), "visit_kind": "outpatient" });
    json!({ "reference": reference, "input": input }).to_string().into_bytes()
}

fn is_problem(answer: &Raw, status: u16, code: &str) {
    let problem = answer.json();
    assert_eq!((answer.status, problem["type"].as_str()), (status, Some(&*format!("/problems/{code}"))), "{answer:?}");
    assert_eq!(answer.field("content-type"), "application/problem+json");
    for name in ["x-request-id", "x-content-type-options", "content-security-policy", "permissions-policy"] {
        assert!(!answer.field(name).is_empty(), "{name}: {answer:?}");
    }
    assert_eq!(problem["instance"].as_str().unwrap(), format!("urn:uuid:{}", answer.field("x-request-id")));
}

#[test]
fn what_the_http_layer_refuses_is_a_problem_like_every_other() {
    let house = House::shared();
    let ask = |head: &str| exchange(house.address(), format!("{head}\r\n\r\n").as_bytes());
    let long = "x".repeat(70_000);
    for (head, status, code) in [
        ("GET / HTTP/9.9\r\nHost: a".to_owned(), 400, "malformed-request"),
        ("GET / HTTP/1.1\r\nHost: a\r\nspaced : b".to_owned(), 400, "malformed-request"),
        (format!("GET /{long} HTTP/1.1\r\nHost: a"), 414, "target-too-long"),
        (format!("GET /{} HTTP/1.1\r\nHost: a", &long[..20_000]), 414, "target-too-long"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {long}"), 431, "headers-too-large"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {}", &long[..20_000]), 431, "headers-too-large"),
        (format!("GET / HTTP/1.1\r\nHost: a{}", "\r\nx: y".repeat(300)), 431, "headers-too-large"),
    ] {
        is_problem(&ask(&head), status, code);
    }
}

#[test]
fn a_field_that_is_there_twice_or_says_two_things_is_refused() {
    let house = House::shared();
    let ask = |fields: &str| exchange(house.address(), format!("GET /healthz HTTP/1.1\r\n{fields}\r\n\r\n").as_bytes());
    for fields in [
        "X-Nothing: a",
        "Host: a\r\nHost: b",
        "Host: a\r\nHost: a",
        "Host: user@a",
        "Host: a:",
        "Host: a\r\nAuthorization: Bearer x\r\nAuthorization: Bearer y",
        "Host: a\r\nContent-Length: 0\r\nContent-Length: 1",
        "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Host: a\r\nTransfer-Encoding: identity, chunked",
        "Host: a\r\nContent-Type: text/plain\r\nContent-Type: application/json",
    ] {
        is_problem(&ask(fields), 400, "malformed-request");
    }
    let other = exchange(house.address(), b"GET http://a/healthz HTTP/1.1\r\nHost: b\r\n\r\n");
    is_problem(&other, 400, "malformed-request");
}

#[test]
fn a_packed_body_is_refused_with_what_is_taken_and_a_byte_order_mark_is_read_over() {
    let house = House::shared();
    for coding in ["gzip", "br", "gzip, identity", "x-unknown"] {
        let packed = call(&house, &format!("Content-Encoding: {coding}\r\n"), b"\x1f\x8b\x08");
        is_problem(&packed, 415, "wrong-content-encoding");
        assert_eq!(packed.field("accept-encoding"), "identity");
    }
    assert_eq!(call(&house, "Content-Encoding: identity\r\n", &body(&house, "plain-1")).status, 200);
    let marked = [b"\xef\xbb\xbf", body(&house, "marked-1").as_slice()].concat();
    let answer = call(&house, "", &marked);
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn a_name_that_is_there_twice_is_refused_wherever_it_stands() {
    let house = House::shared();
    for (body, pointer) in [
        (r#"{"reference":"twice-1","reference":"twice-2","input":{}}"#, "/reference"),
        (r#"{"reference":"twice-1","input":{"patient":"A","patient":"B"}}"#, "/input/patient"),
    ] {
        let answer = call(&house, "", body.as_bytes());
        is_problem(&answer, 400, "duplicate-name");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
    }
}

#[test]
fn a_reference_that_header_and_body_say_differently_is_refused() {
    let house = House::shared();
    let refused = call(&house, "Idempotency-Key: \"other-1\"\r\n", &body(&house, "key-1"));
    is_problem(&refused, 422, "invalid-reference");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/reference");
    assert_eq!(call(&house, "Idempotency-Key: \"key-1\"\r\n", &body(&house, "key-1")).status, 200);
}

#[test]
fn the_scheme_of_a_credential_is_in_any_case() {
    let house = House::shared();
    let token = house.token("auditor");
    for scheme in ["bearer", "BEARER"] {
        let head = format!(
            "GET /v1/pilots HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: {scheme} {token}\r\n\r\n"
        );
        assert_eq!(exchange(house.address(), head.as_bytes()).status, 200, "{scheme}");
    }
}

#[test]
fn a_field_that_does_not_fit_is_named_in_the_language_of_who_asks() {
    let house = House::shared();
    let unknown = call(&house, "", br#"{"inputs":{}}"#);
    is_problem(&unknown, 422, "invalid-fields");
    assert_eq!(unknown.json()["errors"][0]["pointer"], "/inputs");
    let broken = call(&house, "", b"{\n\"input\": {,}}");
    is_problem(&broken, 400, "invalid-json");
    assert!(broken.json()["detail"].as_str().unwrap().contains("line 2"), "{broken:?}");

    let vietnamese = call(&house, "Accept-Language: vi-VN,vi;q=0.9,en;q=0.5\r\n", br#"{"inputs":{}}"#);
    is_problem(&vietnamese, 422, "invalid-fields");
    assert_eq!((vietnamese.field("content-language"), unknown.field("content-language")), ("vi", "en"));
    let (vi, en) = (vietnamese.json(), unknown.json());
    for pointer in ["/title", "/detail", "/errors/0/message"] {
        let (vi, en) = (vi.pointer(pointer).unwrap().as_str().unwrap(), en.pointer(pointer).unwrap().as_str().unwrap());
        assert!(!vi.is_empty() && vi != en && !vi.is_ascii() && en.is_ascii(), "{pointer}: {vi} / {en}");
    }
}
