//! Sessions of officers and desks: a cookie that names one, kept in memory only, so that a restart signs everybody out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Without use for this long, a session is over (microseconds): a desk that was left alone.
const IDLE: i64 = 30 * 60 * 1_000_000;
/// However much it is used, it is over after this long (microseconds): a working day.
const LONGEST: i64 = 8 * 3600 * 1_000_000;
/// Most sessions at once: every desk and officer of a province several times over. The longest unused goes first.
const MOST: usize = 10_000;
/// Most sessions of one credential at once: whoever opens more closes their own, and nobody else's.
const MOST_OF_ONE: usize = 16;
/// The cookie's name; over TLS with the prefix that has browsers take it from this host alone, and only so.
const COOKIE: &str = "ph_session";
const SECURE_COOKIE: &str = "__Host-ph_session";
/// Longest `Cookie` header that is read: ours are a hundred bytes.
const MAX_COOKIES: usize = 4096;

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// Id of the credential that opened it. Whether that is still good is asked anew each time.
    pub(super) credential: String,
    /// Goes with every form of this session.
    pub(super) form_token: String,
    opened: i64,
    used: i64,
}

impl Session {
    fn is_over(&self, at: i64) -> bool {
        at - self.used > IDLE || at - self.opened > LONGEST
    }
}

/// All that are open, by the hash of their secret: who reads the memory of the host learns no cookie.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

impl Sessions {
    /// Opens one and answers its secret; none where the system has no randomness.
    pub(super) fn open(&self, credential: String, at: i64) -> Option<String> {
        let (secret, form_token) = (random()?, random()?);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own: Vec<([u8; 32], i64)> = open
            .iter()
            .filter(|(_, session)| session.credential == credential)
            .map(|(key, session)| (*key, session.used))
            .collect();
        if own.len() >= MOST_OF_ONE {
            own.sort_by_key(|(_, used)| *used);
            for (key, _) in own.iter().take(own.len() + 1 - MOST_OF_ONE) {
                open.remove(key);
            }
        }
        if open.len() >= MOST {
            open.retain(|_, session| !session.is_over(at));
        }
        if open.len() >= MOST
            && let Some(oldest) = open.iter().min_by_key(|(_, session)| session.used).map(|(key, _)| *key)
        {
            open.remove(&oldest);
        }
        open.insert(key(&secret), Session { credential, form_token, opened: at, used: at });
        Some(secret)
    }

    /// The session of this secret, which is thereby used; none where it is over.
    pub(super) fn find(&self, secret: &str, at: i64) -> Option<Session> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(secret);
        let session = open.get_mut(&key)?;
        if session.is_over(at) {
            open.remove(&key);
            return None;
        }
        session.used = at;
        Some(session.clone())
    }

    /// Closes it.
    pub(super) fn close(&self, secret: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(secret));
    }
}

fn key(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn random() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(hex::encode(bytes))
}

/// The secret in a `Cookie` header.
pub(super) fn secret_of(cookies: &str, is_https: bool) -> Option<&str> {
    if cookies.len() > MAX_COOKIES {
        return None;
    }
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == if is_https { SECURE_COOKIE } else { COOKIE }).map(|(_, secret)| secret)
}

/// The `Set-Cookie` of a session. Scripts cannot read it, and no other site's request carries it.
pub(super) fn set_cookie(secret: &str, is_https: bool) -> String {
    written(secret, LONGEST / 1_000_000, is_https)
}

/// The `Set-Cookie` that takes it away.
pub(super) fn clear_cookie(is_https: bool) -> String {
    written("", 0, is_https)
}

fn written(secret: &str, seconds: i64, is_https: bool) -> String {
    let (name, secure) = if is_https { (SECURE_COOKIE, "; Secure") } else { (COOKIE, "") };
    format!("{name}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_found_by_its_secret_until_it_is_closed() {
        let sessions = Sessions::default();
        let secret = sessions.open("officer".to_owned(), 0).unwrap();
        assert_eq!(sessions.find(&secret, 1).unwrap().credential, "officer");
        assert!(sessions.find("another", 1).is_none());
        sessions.close(&secret);
        assert!(sessions.find(&secret, 2).is_none());
    }

    #[test]
    fn a_session_is_over_after_half_an_hour_without_use_and_after_a_working_day_in_any_case() {
        let sessions = Sessions::default();
        let idle = sessions.open("idle".to_owned(), 0).unwrap();
        assert!(sessions.find(&idle, IDLE).is_some());
        assert!(sessions.find(&idle, 2 * IDLE + 1).is_none());
        let busy = sessions.open("busy".to_owned(), 0).unwrap();
        for at in (0..=LONGEST).step_by(usize::try_from(IDLE).unwrap()) {
            assert!(sessions.find(&busy, at).is_some());
        }
        assert!(sessions.find(&busy, LONGEST + 1).is_none());
    }

    #[test]
    fn at_most_so_many_sessions_are_open_and_the_longest_unused_goes_first() {
        let sessions = Sessions::default();
        let first = sessions.open("first".to_owned(), 0).unwrap();
        for at in 1..=i64::try_from(MOST).unwrap() {
            sessions.open(format!("other-{at}"), at).unwrap();
        }
        assert!(sessions.find(&first, 1).is_none());
        assert_eq!(sessions.0.lock().unwrap().len(), MOST);
    }

    #[test]
    fn who_opens_many_sessions_closes_their_own_and_nobody_else_s() {
        let sessions = Sessions::default();
        let auditor = sessions.open("auditor".to_owned(), 0).unwrap();
        let own: Vec<String> = (1..=40).map(|at| sessions.open("conductor".to_owned(), at).unwrap()).collect();
        assert!(sessions.find(&auditor, 41).is_some());
        let open = own.iter().filter(|secret| sessions.find(secret, 41).is_some()).count();
        assert_eq!(open, MOST_OF_ONE);
        assert!(sessions.find(own.last().unwrap(), 42).is_some() && sessions.find(&own[0], 42).is_none());
    }

    #[test]
    fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
        let cookie = set_cookie("abc", true);
        for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
            assert!(cookie.contains(part), "{part}");
        }
        assert!(cookie.starts_with("__Host-"));
        assert_eq!(secret_of("lang=vi; ph_session=abc", false), Some("abc"));
        assert_eq!(secret_of("lang=vi; __Host-ph_session=abc", true), Some("abc"));
        // Over TLS, what a page in plain could have set is not read.
        assert_eq!(secret_of("lang=vi; ph_session=abc", true), None);
        assert_eq!(secret_of("xph_session=abc", false), None);
        assert_eq!(secret_of(&format!("ph_session={}", "a".repeat(MAX_COOKIES)), false), None);
    }
}
