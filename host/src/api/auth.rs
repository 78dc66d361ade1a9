//! Who asks: bearer tokens, roles by route, rate by credential.

use axum::extract::{FromRef, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use super::App;
use super::problem::Problem;
use super::routes::{self, For};
use crate::governance::{Caller, House};

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
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let caller = token.and_then(|token| app.house.authenticate(token.trim())).ok_or_else(|| {
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
