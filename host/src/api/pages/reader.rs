//! Who reads a page: the language, the session if there is one, and whether the address asks too often.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::OnceLock;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use pilothouse_identity::PersonKey;
use time::OffsetDateTime;

use super::sessions::{self, Sessions};
use super::{App, analysis, lodging, page};
use crate::console::{Frame, Place, ProblemPage, SignedIn};
use crate::governance::{Caller, House};
use crate::words::Lang;

/// Pages and their files that one address gets in a second, in the long run. A board asks once in five seconds; an office of
/// hundreds may stand behind one address.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(50).expect("not 0");
/// The same, at once: a page with its files is five requests.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(500).expect("not 0");
/// Addresses that are remembered before those that were quiet are forgotten.
const MANY_ADDRESSES: usize = 20_000;

/// What stands at the pages' door: sessions, and how often each address asked.
pub(in crate::api) struct Door {
    pub(super) sessions: Sessions,
    /// The demonstration's people, found once: the search goes through everybody.
    pub(super) cast: OnceLock<Vec<(&'static str, PersonKey)>>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Door {
    fn default() -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(AT_ONCE);
        Self { sessions: Sessions::default(), cast: OnceLock::new(), addresses: RateLimiter::keyed(quota) }
    }
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
    /// Whether htmx asked, to swap a part of the page.
    pub(super) wants_part: bool,
}

impl Reader {
    fn of(app: &App, headers: &HeaderMap, query: Option<&str>) -> Reader {
        let text = |name: &str| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let (house, at) = (&app.house, app.house.now());
        let cookies = text("cookie");
        let lang = Lang::choose(query, cookies, text("accept-language"));
        let mut frame = Frame::new(lang, instant(at), true, query.unwrap_or_default());
        let signed = cookies.and_then(sessions::secret_of).and_then(|secret| signed(house, app, secret, at));
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
            is_https: text("x-forwarded-proto") == Some("https"),
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

    pub(super) fn broken(&self, error: &dyn std::error::Error) -> Response {
        tracing::error!(error = %error, "a page could not be filled");
        self.page(StatusCode::INTERNAL_SERVER_ERROR, ProblemPage::broken(self.frame.clone(), None).page())
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Reader::of(app, &parts.headers, parts.uri.query()))
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

/// What an address is counted under: IPv6 by its /64, which is one customer's.
fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        },
    }
}

/// Lets an address through that asks no more than it may.
pub(super) async fn limited(State(app): State<App>, request: Request, next: Next) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
    if let Some(from) = from {
        if app.door.addresses.len() > MANY_ADDRESSES {
            app.door.addresses.retain_recent();
        }
        if let Err(wait) = app.door.addresses.check_key(&counted(from)) {
            let seconds =
                wait.wait_time_from(governor::clock::Clock::now(&governor::clock::DefaultClock::default())).as_secs();
            let reader = Reader::of(&app, request.headers(), request.uri().query());
            let busy = ProblemPage::busy(reader.frame.clone()).page();
            let mut response = reader.page(StatusCode::TOO_MANY_REQUESTS, busy);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
            return response;
        }
    }
    next.run(request).await
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

    #[test]
    fn addresses_of_one_customer_are_counted_together() {
        let count = |text: &str| counted(text.parse().unwrap());
        assert_eq!(count("2001:db8:1:2:3::4"), count("2001:db8:1:2:ffff::1"));
        assert_ne!(count("2001:db8:1:2::1"), count("2001:db8:1:3::1"));
        assert_eq!(count("::ffff:192.0.2.1"), count("192.0.2.1"));
        assert_ne!(count("192.0.2.1"), count("192.0.2.2"));
    }
}
