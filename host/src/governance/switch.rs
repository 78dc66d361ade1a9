//! Whether a pilot serves: one switch for all its versions and links, so that a call under way knows that it was turned meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{RwLock, RwLockReadGuard};

/// The switch of one pilot.
#[derive(Debug, Default)]
pub(crate) struct Switch {
    /// How often it was turned: it is off at first, so an odd number means on.
    turns: AtomicU64,
    /// The revision of the pilot's row that turned it last. Rows are committed in their order, but heard of in any.
    row: Mutex<i64>,
    /// Of which moment of the log the newest link is: on an older one nothing starts.
    link: AtomicU64,
    /// Read by each call while it is being kept.
    keeping: RwLock<()>,
    /// Calls that have begun and are not kept yet.
    under_way: AtomicU64,
}

/// Why a call was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shut {
    /// It is off.
    Off,
    /// Its link is not the newest: another one was put in its place meanwhile.
    Superseded,
}

/// A call that was let in, until it is kept or given up.
pub(crate) struct UnderWay {
    switch: Arc<Switch>,
    turn: u64,
}

impl Switch {
    pub(crate) fn is_on(&self) -> bool {
        is_on(self.turns.load(Ordering::Acquire))
    }

    /// Turns it as a committed row of the pilot says; a row that is older than the one that turned it last says nothing any more.
    pub(crate) fn turn(&self, on: bool, revision: i64) {
        let mut row = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        if revision <= *row {
            return;
        }
        *row = revision;
        if is_on(self.turns.load(Ordering::SeqCst)) != on {
            self.turns.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// From now on only a link of this moment, or a newer one, lets anything in; what was let in on an older one is unwanted.
    pub(crate) fn supersede(&self, as_of: u64) {
        // Under the same lock as a turn, so that neither takes the other's for its own.
        let _row = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        if self.link.fetch_max(as_of, Ordering::SeqCst) < as_of {
            self.turns.fetch_add(2, Ordering::SeqCst);
        }
    }

    /// Lets a call in on a link of this moment.
    pub(crate) fn let_in(self: &Arc<Switch>, as_of: u64) -> Result<UnderWay, Shut> {
        // In this order: a link that is superseded between the two is seen by the second look, or by `keep`.
        let turn = self.turns.load(Ordering::SeqCst);
        if !is_on(turn) {
            return Err(Shut::Off);
        }
        if as_of < self.link.load(Ordering::SeqCst) {
            return Err(Shut::Superseded);
        }
        self.under_way.fetch_add(1, Ordering::AcqRel);
        Ok(UnderWay { switch: Arc::clone(self), turn })
    }

    /// Waits for the calls that are being kept at this moment: milliseconds. What comes later sees how the switch stands now.
    pub(crate) async fn settled(&self) {
        drop(self.keeping.write().await);
    }

    /// How many calls have begun and are not kept yet.
    pub(crate) fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Acquire)
    }
}

impl UnderWay {
    /// Whether the call is still wanted, and holds [`Switch::settled`] up while it is kept. A pilot that was switched off and on again
    /// meanwhile does not want it.
    pub(crate) async fn keep(&self) -> (bool, RwLockReadGuard<'_, ()>) {
        let keeping = self.switch.keeping.read().await;
        (self.switch.turns.load(Ordering::SeqCst) == self.turn, keeping)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.switch.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

fn is_on(turns: u64) -> bool {
    turns % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on() -> Arc<Switch> {
        let switch = Arc::new(Switch::default());
        switch.turn(true, 1);
        switch
    }

    #[tokio::test]
    async fn a_call_that_was_let_in_is_kept_while_nothing_turns_the_switch() {
        let switch = on();
        let call = switch.let_in(0).unwrap();
        switch.turn(true, 2);
        assert_eq!(switch.under_way(), 1);
        assert!(call.keep().await.0);
        drop(call);
        assert_eq!(switch.under_way(), 0);
    }

    #[tokio::test]
    async fn a_call_is_unwanted_once_the_switch_was_off_even_if_it_is_on_again() {
        let switch = on();
        let call = switch.let_in(0).unwrap();
        switch.turn(false, 2);
        assert_eq!(switch.let_in(0).err(), Some(Shut::Off));
        assert!(!call.keep().await.0);
        switch.turn(true, 3);
        assert!(!call.keep().await.0);
        assert!(switch.let_in(0).unwrap().keep().await.0);
    }

    #[test]
    fn a_row_that_is_heard_of_late_turns_nothing() {
        let switch = Switch::default();
        switch.turn(false, 3);
        switch.turn(true, 2);
        assert!(!switch.is_on());
        switch.turn(true, 4);
        assert!(switch.is_on());
    }

    #[tokio::test]
    async fn on_a_link_that_was_superseded_nothing_starts_and_nothing_is_kept() {
        let switch = on();
        let call = switch.let_in(5).unwrap();
        switch.supersede(6);
        assert!(switch.is_on());
        assert!(!call.keep().await.0);
        assert_eq!(switch.let_in(5).err(), Some(Shut::Superseded));
        let call = switch.let_in(6).unwrap();
        // One that is older changes nothing.
        switch.supersede(5);
        assert!(call.keep().await.0);
    }

    #[tokio::test]
    async fn turning_off_waits_for_what_is_being_kept() {
        let switch = on();
        let call = switch.let_in(0).unwrap();
        let (wanted, keeping) = call.keep().await;
        assert!(wanted);
        switch.turn(false, 2);
        let mut settled = std::pin::pin!(switch.settled());
        assert!(looked_at(settled.as_mut()).await.is_pending());
        drop(keeping);
        settled.await;
    }

    /// One look at a future, without waiting for it.
    async fn looked_at<F: Future>(mut future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
        std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context))).await
    }
}
