//! Turns: who changes a pilot has the pilot's turn from what it reads to the link that comes of it, and nobody else changes it meanwhile.
//!
//! **Invariant:** a link is made and put into service under the pilot's turn only; that is why [`House::relink`] asks for it.
//! **Invariant:** switching off waits for no turn.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use pilothouse_registry::PilotId;
use pilothouse_store::CommitError;
use tokio::sync::OwnedMutexGuard;

use super::{House, HouseError};

/// One turn a pilot. Those that nobody holds or waits for are forgotten, so that ids from outside fill nothing.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<PilotId, Weak<tokio::sync::Mutex<()>>>>);

/// The turn to change one pilot, until it is dropped.
pub(crate) struct Turn {
    pilot: PilotId,
    _held: OwnedMutexGuard<()>,
}

impl Turn {
    /// Whose.
    pub(crate) fn pilot(&self) -> &PilotId {
        &self.pilot
    }
}

impl Turns {
    fn of(&self, pilot: &PilotId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(pilot).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(pilot.clone(), Arc::downgrade(&turn));
        turn
    }
}

impl House {
    /// Waits for the turn to change a pilot. Take it before reading what is decided on, and keep it until the new link stands.
    pub(crate) async fn turn(&self, pilot: &PilotId) -> Turn {
        Turn { pilot: pilot.clone(), _held: self.0.turns.of(pilot).lock_owned().await }
    }
}

/// Carries a decision to its end, on a task of its own: who asked may hang up between what is committed and what comes of it.
pub(crate) async fn to_its_end<T: Send + 'static>(
    decision: impl Future<Output = Result<T, HouseError>> + Send + 'static,
) -> Result<T, HouseError> {
    tokio::spawn(decision).await.unwrap_or(Err(HouseError::Commit(CommitError::Closed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> PilotId {
        name.parse().unwrap()
    }

    #[test]
    fn a_turn_is_one_for_a_pilot_and_forgotten_when_nobody_wants_it() {
        let turns = Turns::default();
        let (one, same, other) = (turns.of(&id("one")), turns.of(&id("one")), turns.of(&id("other")));
        assert!(Arc::ptr_eq(&one, &same));
        assert!(!Arc::ptr_eq(&one, &other));
        drop((one, same, other));
        let _third = turns.of(&id("third"));
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }
}
