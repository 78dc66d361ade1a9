//! The console's pages, served: the board for everyone, more for those who are signed in, and the files that pages load.
//!
//! A page shows a reader what the same reader may ask of `/v1`, and nothing else: handlers ask the house as the caller who is signed in.

mod analysis;
mod answers;
mod board;
mod figures;
mod invocation;
mod lodging;
mod pilot;
mod reader;
mod sessions;
mod sign_in;
mod try_it;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

pub(super) use self::reader::Door;
use super::{App, Path, Problem, kinds};
use crate::console::{ASSET_CACHE_CONTROL, CONTENT_SECURITY_POLICY, Frame, RenderError, find};
use crate::governance::CallError;
use crate::words::{self, Lang};
use pilothouse_registry::Bilingual;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/", get(board::board))
        .route("/board/live", get(board::live))
        .route("/pilots/{pilot}", get(pilot::pilot))
        .route("/invocations/{invocation}", get(invocation::page))
        .route("/invocations/{invocation}/proof.txt", get(invocation::raw))
        .route("/analysis", get(analysis::page).post(analysis::describe))
        .route("/analysis.csv", get(analysis::csv))
        .route("/lodging", get(lodging::page))
        .route("/try", get(try_it::form).post(try_it::scan))
        .route("/sign-in", get(sign_in::form).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/assets/{*path}", get(asset))
}

/// A call that gave no outcome, in the reader's language.
struct Told {
    title: String,
    detail: String,
    next: String,
}

fn told(lang: Lang, error: &CallError) -> Told {
    let kind = kinds::find(error.code());
    let title = kind.map_or(error.code(), |kind| lang.pick(kind.vi, kind.en));
    let next = next_of(lang, error.code());
    let said = |text: &Bilingual| lang.pick(text.vi(), text.en()).to_owned();
    let detail = match error {
        CallError::Refused { words, .. } => lang.pick(&words.0, &words.1).clone(),
        CallError::Disabled { while_down, .. }
        | CallError::Quarantined { while_down, .. }
        | CallError::EvidenceSpent { while_down, .. }
        | CallError::TermOver { while_down, .. }
        | CallError::Fault { while_down, .. } => said(while_down),
        // These texts are for developers, in English: a reader of Vietnamese has title and next step.
        other => lang.pick(String::new(), other.to_string()),
    };
    Told { title: title.to_owned(), detail, next: next.to_owned() }
}

/// What a person does next. The kind's own advice is for those who write desks' software, and serves where it names nothing of the API.
fn next_of(lang: Lang, code: &str) -> &'static str {
    let of_kind = || kinds::find(code).map_or("", |kind| lang.pick(kind.next_vi, kind.next_en));
    words::desk_next(lang, code).unwrap_or_else(of_kind)
}

fn page(status: StatusCode, frame: &Frame, query: Option<&str>, html: Result<String, RenderError>) -> Response {
    let html = match html {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page failed");
            return Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "host-fault",
                "the page could not be made: it is logged, try again",
            )
            .into_response();
        }
    };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(frame.lang.code()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Our own forms say where they come from; other sites learn nothing.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if query.is_some_and(|query| query.contains("lang="))
        && let Ok(cookie) = HeaderValue::from_str(&frame.lang.set_cookie())
    {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn asset(Path(path): Path<String>) -> Response {
    match find(&path) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.mime),
                (header::CACHE_CONTROL, ASSET_CACHE_CONTROL),
                (header::ETAG, asset.etag.as_str()),
            ];
            (headers, asset.bytes).into_response()
        }
        None => Problem::new(StatusCode::NOT_FOUND, "no-such-path", "there is no such file: load the page anew")
            .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_is_told_next_names_no_field_of_the_api() {
        // The kinds of calls and devices stand before those of what officers decide.
        let of_calls: Vec<_> = kinds::KINDS.iter().take_while(|kind| kind.code != "not-found").collect();
        assert!(of_calls.iter().any(|kind| kind.code == CallError::Busy.code()));
        let texts = of_calls.iter().flat_map(|kind| {
            let next = |lang: Lang| next_of(lang, kind.code).to_owned();
            [next(Lang::Vi), next(Lang::En), kind.vi.to_owned(), kind.en.to_owned()]
        });
        for text in texts {
            assert!(!text.is_empty());
            for word in ["`", "Retry-After", "Idempotency-Key", "/v1/", "/openapi", "RFC", "JSON", "nonce"] {
                assert!(!text.contains(word), "{text}");
            }
        }
    }
}
