//! Shares: how many calls of one pilot, and of one credential, run and wait at once, so that no one of them takes every place of a host.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use pilothouse_runtime::engine::MAX_INSTANCES;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls of one pilot that run at once: an eighth of all places. A call that computes for microseconds needs one for as long.
const OF_A_PILOT: Size = Size { places: MAX_INSTANCES / 8, waiting: MAX_INSTANCES };
/// Calls of one credential that run at once.
const OF_A_CREDENTIAL: Size = Size { places: 8, waiting: 64 };
/// Longest wait for a place.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Longest that somebody is told to wait, in seconds.
const LONGEST_TOLD: u64 = 60;

/// How much one share holds.
#[derive(Debug, Clone, Copy)]
struct Size {
    places: u32,
    waiting: u32,
}

/// The shares of all pilots and credentials.
#[derive(Debug)]
pub(crate) struct Shares {
    longest_wait: Duration,
    pilots: RwLock<HashMap<String, Arc<Share>>>,
    credentials: RwLock<HashMap<String, Arc<Share>>>,
}

impl Default for Shares {
    fn default() -> Shares {
        Shares { longest_wait: LONGEST_WAIT, pilots: RwLock::default(), credentials: RwLock::default() }
    }
}

/// The share of one.
#[derive(Debug)]
struct Share {
    size: Size,
    free: Arc<Semaphore>,
    waiting: AtomicU32,
}

/// A place to run in, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _of_the_credential: OwnedSemaphorePermit,
    _of_the_pilot: OwnedSemaphorePermit,
}

/// No place became free in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoPlace {
    /// After how many seconds there may be one.
    pub(crate) retry_after: u64,
}

impl Shares {
    /// A place for a call of at most this length, waited for where others of the same pilot or credential have them all.
    ///
    /// # Errors
    /// Where too many wait already, or it takes too long.
    pub(crate) async fn place(&self, pilot: &str, credential: &str, longest: Duration) -> Result<Place, NoPlace> {
        // The credential first: what one credential keeps waiting keeps no place of its pilot meanwhile.
        let of_the_credential =
            of(&self.credentials, credential, OF_A_CREDENTIAL).place(longest, self.longest_wait).await?;
        let of_the_pilot = of(&self.pilots, pilot, OF_A_PILOT).place(longest, self.longest_wait).await?;
        Ok(Place { _of_the_credential: of_the_credential, _of_the_pilot: of_the_pilot })
    }
}

fn of(shares: &RwLock<HashMap<String, Arc<Share>>>, name: &str, size: Size) -> Arc<Share> {
    if let Some(share) = shares.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return Arc::clone(share);
    }
    let mut shares = shares.write().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(shares.entry(name.to_owned()).or_insert_with(|| Arc::new(Share::new(size))))
}

impl Share {
    fn new(size: Size) -> Share {
        Share { size, free: Arc::new(Semaphore::new(size.places as usize)), waiting: AtomicU32::new(0) }
    }

    async fn place(&self, longest: Duration, wait: Duration) -> Result<OwnedSemaphorePermit, NoPlace> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(place);
        }
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waits = Waits(&self.waiting);
        if before >= self.size.waiting {
            return Err(self.none(before, longest));
        }
        match tokio::time::timeout(wait, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(self.none(before, longest)),
        }
    }

    /// By when those who are before it will have had their turn, if each takes as long as it may.
    fn none(&self, before: u32, longest: Duration) -> NoPlace {
        let rounds = u64::from(before / self.size.places.max(1)).saturating_add(1);
        let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX).saturating_mul(rounds);
        NoPlace { retry_after: millis.div_ceil(1_000).clamp(1, LONGEST_TOLD) }
    }
}

/// One who waits, until it does no more.
struct Waits<'s>(&'s AtomicU32);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::task::JoinSet;

    use super::*;

    const CALL: Duration = Duration::from_millis(1_500);

    fn waiting_at_most(longest_wait: Duration) -> Arc<Shares> {
        Arc::new(Shares { longest_wait, ..Shares::default() })
    }

    /// All places of a credential.
    async fn taken(shares: &Shares) -> Vec<Place> {
        let mut places = Vec::new();
        for _ in 0..OF_A_CREDENTIAL.places {
            places.push(shares.place("a", "desk", CALL).await.unwrap());
        }
        places
    }

    /// Tasks that wait for a place, once all of them do.
    async fn waiting(shares: &Arc<Shares>, count: u32) -> JoinSet<Result<Place, NoPlace>> {
        let mut waiting = JoinSet::new();
        for _ in 0..count {
            let shares = Arc::clone(shares);
            waiting.spawn(async move { shares.place("a", "desk", CALL).await });
        }
        let share = of(&shares.credentials, "desk", OF_A_CREDENTIAL);
        while share.waiting.load(Ordering::Acquire) < count {
            tokio::task::yield_now().await;
        }
        waiting
    }

    #[tokio::test]
    async fn a_credential_that_has_its_places_waits_and_another_one_does_not() {
        let shares = waiting_at_most(Duration::from_secs(600));
        let mut places = taken(&shares).await;
        let mut waiting = waiting(&shares, 1).await;
        assert!(shares.place("a", "other", CALL).now_or_never().unwrap().is_ok());
        assert!(waiting.try_join_next().is_none());
        places.pop();
        assert!(waiting.join_next().await.unwrap().unwrap().is_ok());
    }

    #[tokio::test]
    async fn who_finds_every_waiting_place_taken_is_told_at_once_when_to_come_again() {
        let shares = waiting_at_most(Duration::from_secs(600));
        let _places = taken(&shares).await;
        let _waiting = waiting(&shares, OF_A_CREDENTIAL.waiting).await;
        let told = shares.place("a", "desk", CALL).now_or_never().unwrap();
        // Sixty-four before it, eight at a time, and its own: nine rounds of a second and a half.
        assert_eq!(told.err(), Some(NoPlace { retry_after: 14 }));
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told_when_to_come_again_and_waits_no_more() {
        let shares = waiting_at_most(Duration::ZERO);
        let _places = taken(&shares).await;
        assert_eq!(shares.place("a", "desk", CALL).await.err(), Some(NoPlace { retry_after: 2 }));
        let share = of(&shares.credentials, "desk", OF_A_CREDENTIAL);
        assert_eq!(share.waiting.load(Ordering::Acquire), 0);
    }

    #[tokio::test]
    async fn one_pilot_never_has_more_than_its_share_whoever_calls_it() {
        let shares = waiting_at_most(Duration::ZERO);
        let mut places = Vec::new();
        for n in 0..OF_A_PILOT.places {
            places.push(shares.place("a", &format!("desk-{n}"), CALL).await.unwrap());
        }
        assert!(shares.place("a", "one more", CALL).await.is_err());
        assert!(shares.place("b", "one more", CALL).await.is_ok());
    }
}
