//! Those who ask without a credential, and those whose credential was not good: bounded for each client, so that nobody's
//! guessing or reading costs the others anything.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};

use super::problem::Problem;
use super::routes::{self, For};
use crate::serving::{Client, counted};

/// What anybody may read that one client gets in a second, in the long run: pages, their files, the log. A board asks once in
/// five seconds; an office of hundreds may stand behind one address.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(50).expect("not 0");
/// The same, at once: a page with its files is five requests.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(500).expect("not 0");
/// Credentials and signatures of one client that were not good, in a second, in the long run.
const FAILED_PER_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("not 0");
/// The same, at once: desks whose tokens were revoked go on asking for a while, and a whole office may stand behind one address.
const FAILED_AT_ONCE: NonZeroU32 = NonZeroU32::new(1_000).expect("not 0");
/// Clients that are remembered before those that were quiet are forgotten.
const MANY: usize = 20_000;

/// What was not good.
#[derive(Debug, Clone, Copy)]
pub(super) enum Failed {
    /// A bearer token.
    Token,
    /// A device's signature.
    Signature,
    /// A token on the sign-in page.
    SignIn,
}

impl Failed {
    fn name(self) -> &'static str {
        match self {
            Failed::Token => "token",
            Failed::Signature => "signature",
            Failed::SignIn => "sign-in",
        }
    }
}

/// How often each client asked as nobody.
pub(super) struct Strangers {
    asked: DefaultKeyedRateLimiter<IpAddr>,
    failed: DefaultKeyedRateLimiter<IpAddr>,
    /// Clients that failed too often, and until when nothing of theirs is looked at.
    shut: Mutex<HashMap<IpAddr, Instant>>,
}

impl Default for Strangers {
    fn default() -> Self {
        Strangers {
            asked: RateLimiter::keyed(Quota::per_second(PER_SECOND).allow_burst(AT_ONCE)),
            failed: RateLimiter::keyed(Quota::per_second(FAILED_PER_SECOND).allow_burst(FAILED_AT_ONCE)),
            shut: Mutex::default(),
        }
    }
}

impl Strangers {
    fn shut(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.shut.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this client may read what everybody may.
    fn may_ask(&self, client: Option<Client>) -> Result<(), Problem> {
        let Some(client) = client else { return Ok(()) };
        tidy(&self.asked);
        self.asked.check_key(&counted(client.address)).map_err(|wait| busy(seconds(&wait)))
    }

    /// Whether a credential of this client is looked at.
    pub(super) fn may_try(&self, client: Option<Client>) -> Result<(), Problem> {
        let Some(client) = client else { return Ok(()) };
        let mut shut = self.shut();
        if shut.is_empty() {
            return Ok(());
        }
        let (key, now) = (counted(client.address), Instant::now());
        match shut.get(&key).map(|until| until.saturating_duration_since(now)) {
            Some(left) if !left.is_zero() => Err(busy(left.as_secs())),
            Some(_) => {
                shut.remove(&key);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Counts a credential that was not good; where they were too many, nothing more of the client's is looked at for a while.
    pub(super) fn failed(&self, client: Option<Client>, what: Failed) {
        metrics::counter!("pilothouse_credentials_refused_total", "kind" => what.name()).increment(1);
        let Some(client) = client else { return };
        tidy(&self.failed);
        let key = counted(client.address);
        if let Err(wait) = self.failed.check_key(&key) {
            let now = Instant::now();
            let until = now + wait.wait_time_from(DefaultClock::default().now()).max(Duration::from_secs(1));
            let mut shut = self.shut();
            if shut.len() >= MANY {
                shut.retain(|_, until| *until > now);
            }
            if shut.len() < MANY && shut.insert(key, until).is_none() {
                tracing::warn!(what = what.name(), "a client sends many credentials that are not good: it has to wait");
            }
        }
    }
}

fn tidy(limiter: &DefaultKeyedRateLimiter<IpAddr>) {
    if limiter.len() > MANY {
        limiter.retain_recent();
    }
}

fn seconds(wait: &NotUntil<<DefaultClock as governor::clock::Clock>::Instant>) -> u64 {
    wait.wait_time_from(DefaultClock::default().now()).as_secs()
}

fn busy(seconds: u64) -> Problem {
    let problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-requests",
        "this address asks too often without a credential that is good: wait as Retry-After says",
    );
    problem.retry_after(seconds)
}

/// Whether a route asks for no credential, so that only the client is known. Whether the host lives is asked by who must know.
fn is_for_everyone(method: &Method, path: &str) -> bool {
    match path {
        "/healthz" => false,
        path if path.starts_with("/v1/") => routes::allowed(method, path) == Some(For::Everyone),
        _ => true,
    }
}

/// Lets a client through that asks no more than it may.
pub(super) async fn limited(State(strangers): State<Arc<Strangers>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let client = request.extensions().get::<Client>().copied();
    if is_for_everyone(request.method(), path)
        && let Err(problem) = strangers.may_ask(client)
    {
        let mut response = problem.into_response();
        // Who goes on nevertheless has to connect anew each time.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(last: u8) -> Option<Client> {
        Some(Client { address: IpAddr::from([192, 0, 2, last]), is_https: false })
    }

    #[test]
    fn who_reads_too_much_waits_and_nobody_else() {
        let strangers = Strangers::default();
        let refused = (0..2_000).filter(|_| strangers.may_ask(client(1)).is_err()).count();
        assert!(refused > 1_000, "{refused}");
        assert!(strangers.may_ask(client(2)).is_ok());
    }

    #[test]
    fn who_guesses_is_looked_at_no_more_and_others_are() {
        let strangers = Strangers::default();
        for _ in 0..FAILED_AT_ONCE.get() {
            assert!(strangers.may_try(client(1)).is_ok());
            strangers.failed(client(1), Failed::Token);
        }
        strangers.failed(client(1), Failed::Signature);
        assert!(strangers.may_try(client(1)).is_err());
        assert!(strangers.may_try(client(2)).is_ok());
        assert!(strangers.may_try(None).is_ok());
    }

    #[test]
    fn only_what_everybody_may_read_is_counted_by_client() {
        for path in ["/", "", "/metrics", "/v1/models", "/v1/log/checkpoint"] {
            assert!(is_for_everyone(&Method::GET, path), "{path}");
        }
        for path in ["/healthz", "/v1/pilots"] {
            assert!(!is_for_everyone(&Method::GET, path), "{path}");
        }
    }
}
