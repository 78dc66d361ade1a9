//! The keys of the newest answers, held in memory until enough of them are neighbours in `answer_keys`.
//!
//! A key is a digest, so each one alone dirties a page of that table: written call by call, those pages would be most of what
//! a call writes. Here they wait, some thousands of them, and are entered in a sweep through all possible keys that moves
//! on a little with each group: what a step enters lies close together. After a crash they are read again from `answers`.
//!
//! **Invariant:** the answer of a key that is not in `answer_keys` is one whose key is here.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use crate::db::{Session, on};
use crate::error::StoreError;
use crate::once::Key;

/// Keys that wait, some 80 bytes each: enough that a step of the sweep finds several for each page, with a million answers.
/// Few in this crate's own tests, so that their sweeps come round.
const WAITING: usize = if cfg!(test) { 64 } else { 16_384 };
/// Most keys of one step, so that the many that are read after a crash do not hold up one group.
const STEP: usize = if cfg!(test) { 48 } else { 1_024 };

/// Keys that wait, and how far the sweep is.
#[derive(Debug, Default)]
struct State {
    keys: BTreeMap<Key, u64>,
    /// The sweep's last key; none where it begins anew.
    at: Option<Key>,
    /// The log's size when the sweep began: at its end, all answers before are entered.
    since: u64,
}

/// What a step enters in `answer_keys`.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// Keys and places, in the order of the keys.
    pub(crate) keys: Vec<(Key, u64)>,
    /// Where the sweep ends with it: all answers before this place are entered.
    pub(crate) until: Option<u64>,
}

/// The newest answers' keys. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recent(Arc<RwLock<State>>);

impl Recent {
    /// Reads what the database has and `answer_keys` may not have, at the beginning and after a failure. `size` is the log's.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn read(&self, session: &mut Session, size: u64) -> Result<(), StoreError> {
        let found: Vec<(Vec<u8>, i64)> = on!(session, conn => sqlx::query_as(
                "SELECT key, seq FROM answers WHERE seq >= (SELECT seq FROM answer_keys_until)")
            .fetch_all(conn).await)?;
        let keys = found.into_iter().map(|(key, seq)| match Key::try_from(key.as_slice()) {
            Ok(key) => Ok((key, seq.unsigned_abs())),
            Err(_) => Err(StoreError::Unreadable { table: "answers" }),
        });
        let keys = keys.collect::<Result<_, _>>()?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = State { keys, at: None, since: size };
        Ok(())
    }

    /// The place of the answer with this key, if it waits here.
    pub(crate) fn find(&self, key: &Key) -> Option<u64> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys.get(key).copied()
    }

    /// What is to be entered so that `more` keys find room.
    pub(crate) fn step(&self, more: usize) -> Step {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let over = (state.keys.len() + more).saturating_sub(WAITING).min(STEP);
        if over == 0 {
            return Step::default();
        }
        state.next(over)
    }

    /// All that waits.
    pub(crate) fn all(&self) -> Step {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<_> = state.keys.iter().map(|(key, seq)| (*key, *seq)).collect();
        let until = keys.iter().map(|(_, seq)| seq + 1).max();
        Step { keys, until }
    }

    /// After a commit: what was entered goes, what was answered comes. `size` is the log's.
    pub(crate) fn kept(&self, step: &Step, answered: impl IntoIterator<Item = (Key, u64)>, size: u64) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in &step.keys {
            state.keys.remove(key);
        }
        state.at = step.keys.last().map(|(key, _)| *key).or(state.at);
        if step.until.is_some() {
            (state.at, state.since) = (None, size);
        }
        state.keys.extend(answered);
    }

    /// After a commit that took answers away.
    pub(crate) fn gone(&self, keys: impl IntoIterator<Item = Key>) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            state.keys.remove(&key);
        }
    }
}

impl State {
    /// The next keys of the sweep.
    fn next(&self, count: usize) -> Step {
        let from = self.at.map_or(Bound::Unbounded, Bound::Excluded);
        let mut ahead = self.keys.range((from, Bound::Unbounded)).map(|(key, seq)| (*key, *seq));
        let keys: Vec<_> = ahead.by_ref().take(count).collect();
        // At the end, one key may be left that a whole group could have taken: the next step begins a new sweep.
        let until = ahead.next().is_none().then_some(self.since);
        Step { keys, until }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(n: u64) -> Key {
        // Digests come in no order; neither do these.
        let mut key = Key::default();
        key[..8].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        key
    }

    proptest! {
        /// A model of the table beside it: whatever the groups' sizes, each answer's key is here or there, and what `until`
        /// promises is there.
        #[test]
        fn every_key_is_here_or_entered(groups in prop::collection::vec(0_u64..40, 1..60)) {
            let (recent, mut entered, mut size) = (Recent::default(), BTreeMap::new(), 0);
            for group in groups {
                let step = recent.step(usize::try_from(group).expect("small"));
                prop_assert!(step.keys.is_sorted() && step.keys.len() <= STEP);
                entered.extend(step.keys.iter().copied());
                let answered: Vec<_> = (size..size + group).map(|seq| (key(seq), seq)).collect();
                size += group;
                recent.kept(&step, answered, size);
                if let Some(until) = step.until {
                    prop_assert!((0..until).all(|seq| entered.contains_key(&key(seq))));
                }
                prop_assert!((0..size).all(|seq| recent.find(&key(seq)) == Some(seq) || entered.contains_key(&key(seq))));
            }
            let waiting = recent.0.read().expect("no panic").keys.len();
            prop_assert!(waiting <= WAITING + 40, "{waiting}");
            let rest = recent.all();
            entered.extend(rest.keys.iter().copied());
            prop_assert_eq!(entered.len() as u64, size);
        }
    }
}
