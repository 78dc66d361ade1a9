//! Signing in and out: a token becomes a session, a session ends.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::App;
use super::super::strangers::Failed;
use super::reader::Reader;
use super::sessions;
use crate::console::SignInPage;

/// Longest path to go on to: ours are far shorter.
const MAX_NEXT: usize = 200;

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Entered {
    token: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Leaving {
    form_token: String,
}

/// A path of this host to go on to; the board for anything else.
fn local(next: &str) -> &str {
    let is_plain = |c: char| c.is_ascii_graphic() && c != '\\';
    let stays =
        next.starts_with('/') && !next.starts_with("//") && next.len() <= MAX_NEXT && next.chars().all(is_plain);
    if stays { next } else { "/" }
}

pub(super) async fn form(reader: Reader, Query(Next { next }): Query<Next>) -> Response {
    let view = SignInPage { frame: reader.frame.clone(), next: local(&next).to_owned(), wrong: false };
    reader.page(StatusCode::OK, view.page())
}

pub(super) async fn enter(State(app): State<App>, reader: Reader, Form(entered): Form<Entered>) -> Response {
    if !reader.is_own_form {
        return reader.foreign();
    }
    if let Err(busy) = app.strangers.may_try(reader.client) {
        let mut response = reader.busy();
        busy.write_retry_after(&mut response);
        return response;
    }
    let next = local(&entered.next);
    let Some(caller) = app.house.authenticate(entered.token.trim()) else {
        app.strangers.failed(reader.client, Failed::SignIn);
        let view = SignInPage { frame: reader.frame.clone(), next: next.to_owned(), wrong: true };
        return reader.page(StatusCode::UNAUTHORIZED, view.page());
    };
    // A new session each time: nobody is led into one that somebody else knows.
    if let Some(old) = &reader.signed {
        app.door.sessions.close(&old.secret);
    }
    tracing::info!(credential = caller.credential, "signed in");
    let Some(secret) = app.door.sessions.open(caller.credential, app.house.now()) else {
        return reader.broken(&std::io::Error::other("no randomness for a session"));
    };
    with_cookie(Redirect::to(next), &sessions::set_cookie(&secret, reader.is_https))
}

pub(super) async fn leave(State(app): State<App>, reader: Reader, Form(leaving): Form<Leaving>) -> Response {
    if let Some(signed) = &reader.signed {
        if !reader.sent(&leaving.form_token) {
            return reader.foreign();
        }
        app.door.sessions.close(&signed.secret);
    }
    with_cookie(Redirect::to("/"), &sessions::clear_cookie(reader.is_https))
}

/// To the sign-in page, and back to this path afterwards.
pub(super) fn first(path: &str) -> Response {
    Redirect::to(&format!("/sign-in?next={path}")).into_response()
}

fn with_cookie(to: Redirect, cookie: &str) -> Response {
    let mut response = to.into_response();
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_this_host_only() {
        assert_eq!(local("/pilots/bhyt-checkin?lang=en"), "/pilots/bhyt-checkin?lang=en");
        for elsewhere in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "/á", "lodging"]
        {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
        assert_eq!(local(&format!("/{}", "a".repeat(MAX_NEXT))), "/");
    }
}
