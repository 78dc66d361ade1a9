//! JSON bodies, read in one way only: no name twice at any depth, and each fault is told by its field and place, never by a value.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_path_to_error::Segment;

use super::Problem;

/// What Windows programs put in front of UTF-8 text: it says nothing, and is read over (RFC 8259, 8.1).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Longest name of a field that a problem repeats.
const MAX_NAME: usize = 40;

/// A JSON body whose faults are problems.
pub(super) struct Json<T>(pub(super) T);

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        typed(request.headers())?;
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(status, "too-large", "send at most 256 KiB; split a larger group or backlog")
            }
            status => Problem::new(status, "malformed", "the body broke off: send it again"),
        })?;
        read(&bytes).map(Json)
    }
}

/// Whether the body says that it is JSON.
fn typed(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_json = essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json");
    let other_text = parts.filter_map(|part| part.split_once('=')).any(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset") && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if is_json && !other_text {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "wrong-content-type",
        "send the body as application/json, in UTF-8",
    ))
}

/// Reads a body.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    once(text)?;
    let mut from = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let path: Vec<Step> = error.path().iter().filter_map(Step::of).collect();
        fault(&path, error.inner())
    })?;
    from.end().map_err(|error| fault(&[], &error))?;
    Ok(value)
}

/// A step on the way to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Place(usize),
}

impl Step {
    fn of(segment: &Segment) -> Option<Step> {
        match segment {
            Segment::Seq { index } => Some(Step::Place(*index)),
            Segment::Map { key } => Some(Step::Name(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        }
    }
}

/// A name of a field that may be repeated: words as fields have them, and nothing that a person could be known by.
fn tellable(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-';
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(word)
}

/// A JSON Pointer as far as its names may be repeated.
fn pointer(path: &[Step]) -> String {
    let mut pointer = String::new();
    for step in path {
        match step {
            Step::Name(name) if tellable(name) => pointer.push_str(&format!("/{name}")),
            Step::Name(_) => break,
            Step::Place(place) => pointer.push_str(&format!("/{place}")),
        }
    }
    pointer
}

fn fault(path: &[Step], error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid-json",
            format!("the body is no JSON at line {}, column {}: correct it there", error.line(), error.column()),
        )
        .in_vietnamese(format!(
            "Nội dung không phải JSON tại dòng {}, cột {}: sửa tại đó.",
            error.line(),
            error.column()
        ));
    }
    let said = Said::of(&error.to_string());
    let mut path = path.to_vec();
    if let Some(name) = said.name.filter(|name| path.last() != Some(&Step::Name(name.clone()))) {
        path.push(Step::Name(name));
    }
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid-fields",
        format!("the body is not what this operation takes: {}; see /openapi.json for its fields", said.en),
    );
    problem
        .in_vietnamese(format!("Nội dung không đúng với thao tác này: {}. Xem các trường ở /openapi.json.", said.vi))
        .at_in_both(pointer(&path), said.en, said.vi)
}

/// What the parser said of a field, without what stood in it.
struct Said {
    /// The field that it named itself.
    name: Option<String>,
    en: String,
    vi: String,
}

impl Said {
    fn of(message: &str) -> Said {
        let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
        let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
        let known = || {
            let (_, known) = message.split_once(", expected ").unwrap_or_default();
            let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
            known.join(", ")
        };
        if message.starts_with("unknown field") {
            let known = known();
            let (en, vi) = if known.is_empty() {
                (
                    "this field is not known here: leave it out".to_owned(),
                    "trường này không được nhận: bỏ đi".to_owned(),
                )
            } else {
                (
                    format!("this field is not known here, only these are: {known}"),
                    format!("trường này không được nhận, chỉ nhận: {known}"),
                )
            };
            return Said { name: quoted(message), en, vi };
        }
        if message.starts_with("missing field") {
            return Said {
                name: quoted(message),
                en: "this field is missing".to_owned(),
                vi: "thiếu trường này".to_owned(),
            };
        }
        if message.starts_with("unknown variant") {
            let known = known();
            return Said {
                name: None,
                en: format!("send one of: {known}"),
                vi: format!("gửi một trong các giá trị: {known}"),
            };
        }
        if let Some((_, expected)) = message.split_once(", expected ") {
            let (en, vi) = kind_of(expected);
            return Said { name: None, en: format!("send {en}"), vi: format!("gửi {vi}") };
        }
        // Ids and registered names say of themselves which form they have, and never what was sent.
        match message.split_once(": write ") {
            Some((_, form)) => {
                Said {
                    name: None, en: format!("send {form}"), vi: format!("sai dạng, dạng đúng (tiếng Anh): {form}")
                }
            }
            None => Said {
                name: None,
                en: "the value does not fit this field".to_owned(),
                vi: "giá trị không hợp với trường này".to_owned(),
            },
        }
    }
}

/// What was expected, in both languages.
fn kind_of(expected: &str) -> (&'static str, &'static str) {
    match expected {
        "a string" | "a borrowed string" => ("a text", "chuỗi ký tự"),
        "a boolean" => ("true or false", "true hoặc false"),
        "a map" => ("an object", "một đối tượng"),
        "a sequence" => ("a list", "một danh sách"),
        "u8" | "u16" | "u32" | "u64" | "usize" => ("a whole number, not below 0", "số nguyên không âm"),
        "i8" | "i16" | "i32" | "i64" | "isize" => ("a whole number", "số nguyên"),
        "f32" | "f64" => ("a number", "một số"),
        other if other.starts_with("struct ") => ("an object", "một đối tượng"),
        _ => ("a value of the kind that /openapi.json names", "giá trị đúng kiểu nêu ở /openapi.json"),
    }
}

/// Refuses a text in which an object has one name twice, however deep.
fn once(text: &[u8]) -> Result<(), Problem> {
    let way = RefCell::new(Vec::new());
    let mut from = serde_json::Deserializer::from_slice(text);
    let Err(error) = Once(&way).deserialize(&mut from) else { return Ok(()) };
    if !error.is_data() {
        return Err(fault(&[], &error));
    }
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        "duplicate-name",
        format!("an object has one name twice at line {}, column {}: send it once", error.line(), error.column()),
    )
    .in_vietnamese(format!(
        "Một đối tượng có tên lặp lại tại dòng {}, cột {}: chỉ gửi một lần.",
        error.line(),
        error.column()
    ))
    .at_in_both(pointer(&way.borrow()), "this name is there twice", "tên này bị lặp"))
}

/// Walks through a value and remembers nothing but the names of the objects that it is in.
#[derive(Clone, Copy)]
struct Once<'w>(&'w RefCell<Vec<Step>>);

impl Once<'_> {
    fn within<R, E>(self, step: Step, go: impl FnOnce(Self) -> Result<R, E>) -> Result<R, E> {
        self.0.borrow_mut().push(step);
        let result = go(self)?;
        // Only after a good one: of a fault, the way to it is kept.
        self.0.borrow_mut().pop();
        Ok(result)
    }
}

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        let mut place = 0;
        while self.within(Step::Place(place), |within| all.next_element_seed(within))?.is_some() {
            place += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(name) = all.next_key::<String>()? {
            let is_new = seen.insert(name.clone());
            self.within(Step::Name(name), |within| match is_new {
                true => all.next_value_seed(within),
                false => {
                    let _rest: IgnoredAny = all.next_value()?;
                    Err(A::Error::custom("twice"))
                }
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only whether it is taken is looked at")]
        unit: pilothouse_registry::UnitCode,
        #[expect(dead_code, reason = "only whether it is taken is looked at")]
        n: Option<u32>,
    }

    fn problem<T: DeserializeOwned + fmt::Debug>(text: &str) -> Value {
        serde_json::to_value(read::<T>(text.as_bytes()).unwrap_err()).unwrap()
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused_at_any_depth_and_its_place_is_told() {
        for (text, pointer) in [
            (r#"{"a":1,"a":2}"#, "/a"),
            (r#"{"input":{"patient":"A","patient":"B"}}"#, "/input/patient"),
            (r#"{"list":[0,{"x":{"y":1,"y":1}}]}"#, "/list/1/x/y"),
            (r#"{"a":1,"\u0061":2}"#, "/a"),
        ] {
            let problem = problem::<Value>(text);
            assert_eq!(problem["type"], "/problems/duplicate-name", "{text}");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{text}");
        }
        let same_in_others = r#"{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]}"#;
        assert!(read::<Value>(same_in_others.as_bytes()).is_ok());
    }

    #[test]
    fn each_fault_names_its_field_and_never_what_stood_there() {
        for (text, pointer) in [
            (r#"{"units":"18880"}"#, "/units"),
            (r#"{"unit":"1"}"#, "/unit"),
            (r#"{"n":1}"#, "/unit"),
            (r#"{"unit":"18880","n":"044199990025"}"#, "/n"),
            (r#"{"unit":"18880","044199990025":1}"#, ""),
        ] {
            let problem = problem::<Body>(text);
            assert_eq!(problem["type"], "/problems/invalid-fields", "{text}");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{text}");
            assert!(!problem.to_string().contains("044199990025"), "{problem}");
        }
    }

    #[test]
    fn malformed_text_is_told_by_line_and_column() {
        let problem = problem::<Value>("{\n \"a\": tru}");
        assert_eq!(problem["type"], "/problems/invalid-json");
        assert!(problem["detail"].as_str().unwrap().contains("line 2"), "{problem}");
        assert_eq!(self::problem::<Value>("{} {}")["type"], "/problems/invalid-json");
    }

    #[test]
    fn a_byte_order_mark_is_read_over_once() {
        assert_eq!(read::<Value>(b"\xef\xbb\xbf{}").unwrap(), json!({}));
        assert!(read::<Value>(b"\xef\xbb\xbf\xef\xbb\xbf{}").is_err());
    }

    proptest! {
        #[test]
        fn what_is_taken_reads_as_any_reader_reads_it(text in "[\\[\\]{}\",:a-b0-1 ]{0,40}") {
            if let Ok(value) = read::<Value>(text.as_bytes()) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
