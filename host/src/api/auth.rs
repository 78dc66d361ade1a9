//! Who asks: bearer tokens, roles by route, rate by credential.

use axum::extract::{FromRef, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use super::App;
use super::problem::Problem;
use super::routes::{self, For};
use super::strangers::Failed;
use crate::governance::{Caller, House};
use crate::serving::Client;

/// A caller who showed a valid credential and whose role may use this route.
pub(super) struct Known(pub(super) Caller);

impl<S> FromRequestParts<S> for Known
where
    App: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let app = App::from_ref(state);
        let client = parts.extensions.get::<Client>().copied();
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| bearer(value.to_str().ok()?));
        let caller = token.and_then(|token| app.house.authenticate(token)).ok_or_else(|| {
            // A good token is looked up in no time, so only bad ones wait: nobody keeps a neighbour behind the same address out.
            if let Err(busy) = app.strangers.may_try(client) {
                return busy;
            }
            app.strangers.failed(client, Failed::Token);
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "no-credential",
                "send `Authorization: Bearer TOKEN` with a token that is valid: it may be misspelt, or revoked; the working group gives out new ones",
            )
        })?;
        tracing::Span::current().record("credential", caller.credential.as_str());
        within_rate(&app, &caller)?;
        let path = parts.extensions.get::<MatchedPath>().map_or("", |path| path.as_str());
        match routes::allowed(&parts.method, path) {
            Some(For::Desks | For::Readers) => Ok(Known(caller)),
            Some(For::Officers(roles)) if roles.contains(&caller.role.as_str()) => Ok(Known(caller)),
            // What is not in the table is nobody's: deny is the default.
            Some(For::Officers(_) | For::Everyone | For::Invited) | None => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "role-not-allowed",
                format!("the role `{}` may not do this: use an officer's credential with a role that may", caller.role),
            )),
        }
    }
}

/// The token of a bearer's `Authorization`; the scheme is in any case (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether a caller may ask now already.
pub(super) fn within_rate(app: &App, caller: &Caller) -> Result<(), Problem> {
    let Err(wait) = app.limiter.check_key(&caller.credential) else { return Ok(()) };
    let seconds = wait.wait_time_from(governor::clock::Clock::now(&governor::clock::DefaultClock::default())).as_secs();
    let problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-requests",
        "this credential or device asks too often: wait as Retry-After says",
    );
    Err(problem.retry_after(seconds))
}

/// The house, for handlers that take it with the caller.
pub(super) type Rooms = axum::extract::State<House>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_in_any_case_and_no_other_one_is_taken() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc", " bEaReR abc "] {
            assert_eq!(bearer(value), Some("abc"), "{value}");
        }
        for value in ["Basic abc", "Bearer", "Bearerabc", ""] {
            assert_eq!(bearer(value), None, "{value}");
        }
    }
}
