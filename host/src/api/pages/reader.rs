//! Who reads a page: the language, and the session if there is one.

use std::convert::Infallible;
use std::sync::OnceLock;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use pilothouse_identity::PersonKey;
use time::OffsetDateTime;

use super::sessions::{self, Sessions};
use super::{App, analysis, lodging, page};
use crate::console::{Frame, Place, ProblemPage, SignedIn};
use crate::governance::{Caller, House};
use crate::serving::Client;
use crate::words::Lang;

/// What stands at the pages' door.
#[derive(Default)]
pub(in crate::api) struct Door {
    pub(super) sessions: Sessions,
    /// The demonstration's people, found once: the search goes through everybody.
    pub(super) cast: OnceLock<Vec<(&'static str, PersonKey)>>,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) caller: Caller,
    pub(super) form_token: String,
    pub(super) secret: String,
}

/// A request for a page.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub(super) frame: Frame,
    pub(super) query: Option<String>,
    pub(super) signed: Option<Signed>,
    /// Whether a form, if it is one, was sent from this site.
    pub(super) is_own_form: bool,
    pub(super) is_https: bool,
    /// From where it is read.
    pub(super) client: Option<Client>,
    /// Whether htmx asked, to swap a part of the page.
    pub(super) wants_part: bool,
}

impl Reader {
    fn of(app: &App, headers: &HeaderMap, client: Option<Client>, query: Option<&str>) -> Reader {
        let text = |name: &str| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let (house, at) = (&app.house, app.house.now());
        let cookies = text("cookie");
        let is_https = client.is_some_and(|client| client.is_https);
        let lang = Lang::choose(query, cookies, text("accept-language"));
        let mut frame = Frame::new(lang, instant(at), true, query.unwrap_or_default());
        let signed = cookies
            .and_then(|cookies| sessions::secret_of(cookies, is_https))
            .and_then(|secret| signed(house, app, secret, at));
        frame.signed_in = signed
            .as_ref()
            .map(|signed| SignedIn { role: signed.caller.role.to_string(), form_token: signed.form_token.clone() });
        if let Some(signed) = &signed {
            let caller = &signed.caller;
            let places = [
                (Place::Analysis, analysis::may_open(house, caller)),
                (Place::Lodging, lodging::may_open(caller)),
                (Place::Try, house.has_trial_desk(caller)),
            ];
            frame.places.extend(places.into_iter().filter_map(|(place, may)| may.then_some(place)));
        }
        Reader {
            frame,
            query: query.map(str::to_owned),
            signed,
            is_own_form: is_own(text("sec-fetch-site"), text("origin"), text("host")),
            is_https,
            client,
            wants_part: text("hx-request") == Some("true"),
        }
    }

    pub(super) fn lang(&self) -> Lang {
        self.frame.lang
    }

    /// Whether this form was sent from this site, in this session.
    pub(super) fn sent(&self, form_token: &str) -> bool {
        self.is_own_form && self.signed.as_ref().is_some_and(|signed| signed.form_token == form_token)
    }

    /// A page in the reader's language.
    pub(super) fn page(&self, status: StatusCode, html: Result<String, crate::console::RenderError>) -> Response {
        page(status, &self.frame, self.query.as_deref(), html)
    }

    pub(super) fn missing(&self) -> Response {
        self.page(StatusCode::NOT_FOUND, ProblemPage::not_found(self.frame.clone()).page())
    }

    pub(super) fn forbidden(&self) -> Response {
        self.page(StatusCode::FORBIDDEN, ProblemPage::forbidden(self.frame.clone()).page())
    }

    pub(super) fn foreign(&self) -> Response {
        self.page(StatusCode::FORBIDDEN, ProblemPage::foreign(self.frame.clone()).page())
    }

    pub(super) fn busy(&self) -> Response {
        self.page(StatusCode::TOO_MANY_REQUESTS, ProblemPage::busy(self.frame.clone()).page())
    }

    pub(super) fn broken(&self, error: &dyn std::error::Error) -> Response {
        tracing::error!(error = %error, "a page could not be filled");
        self.page(StatusCode::INTERNAL_SERVER_ERROR, ProblemPage::broken(self.frame.clone(), None).page())
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let client = parts.extensions.get::<Client>().copied();
        Ok(Reader::of(app, &parts.headers, client, parts.uri.query()))
    }
}

fn signed(house: &House, app: &App, secret: &str, at: i64) -> Option<Signed> {
    let session = app.door.sessions.find(secret, at)?;
    // A credential that was revoked meanwhile opens nothing any more.
    let caller = house.holder(&session.credential)?;
    Some(Signed { caller, form_token: session.form_token, secret: secret.to_owned() })
}

pub(super) fn instant(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Whether a form was sent from this site. Every browser says where a form comes from; who says nothing is none, and has no
/// cookie that another site could use.
fn is_own(fetch_site: Option<&str>, origin: Option<&str>, host: Option<&str>) -> bool {
    match (fetch_site, origin) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some() && authority == host
        }
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_from_our_own() {
        let host = Some("pilothouse.example:8179");
        assert!(is_own(Some("same-origin"), Some("null"), host));
        assert!(!is_own(Some("cross-site"), Some("http://pilothouse.example:8179"), host));
        assert!(!is_own(Some("same-site"), None, host));
        assert!(is_own(None, Some("http://pilothouse.example:8179"), host));
        for foreign in ["http://evil.example", "null", "http://pilothouse.example:8179.evil.example", ""] {
            assert!(!is_own(None, Some(foreign), host), "{foreign}");
        }
        assert!(is_own(None, None, host));
    }
}
