//! Whether a pilot serves: one switch for all its versions and links, so that a call under way knows that it was turned meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{RwLock, RwLockReadGuard};

/// The switch of one pilot.
#[derive(Debug, Default)]
pub(crate) struct Switch {
    /// How often it was turned: it is off at first, so an odd number means on.
    turns: AtomicU64,
    /// Read by each call while it is being kept.
    keeping: RwLock<()>,
    /// Calls that have begun and are not kept yet.
    under_way: AtomicU64,
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

    /// Turns it on or off; where it stands so already, nothing changes.
    pub(crate) fn set(&self, on: bool) {
        let turned = |turns: u64| if is_on(turns) == on { None } else { Some(turns.wrapping_add(1)) };
        // An error says that it stood so already.
        let _stood_so = self.turns.fetch_update(Ordering::AcqRel, Ordering::Acquire, turned);
    }

    /// Lets a call in; none while it is off.
    pub(crate) fn let_in(self: &Arc<Switch>) -> Option<UnderWay> {
        let turn = self.turns.load(Ordering::Acquire);
        if !is_on(turn) {
            return None;
        }
        self.under_way.fetch_add(1, Ordering::AcqRel);
        Some(UnderWay { switch: Arc::clone(self), turn })
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
        (self.switch.turns.load(Ordering::Acquire) == self.turn, keeping)
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
        switch.set(true);
        switch
    }

    #[tokio::test]
    async fn a_call_that_was_let_in_is_kept_while_nothing_turns_the_switch() {
        let switch = on();
        let call = switch.let_in().unwrap();
        switch.set(true);
        assert_eq!(switch.under_way(), 1);
        assert!(call.keep().await.0);
        drop(call);
        assert_eq!(switch.under_way(), 0);
    }

    #[tokio::test]
    async fn a_call_is_unwanted_once_the_switch_was_off_even_if_it_is_on_again() {
        let switch = on();
        let call = switch.let_in().unwrap();
        switch.set(false);
        assert!(switch.let_in().is_none());
        assert!(!call.keep().await.0);
        switch.set(true);
        assert!(!call.keep().await.0);
        assert!(switch.let_in().unwrap().keep().await.0);
    }

    #[tokio::test]
    async fn turning_off_waits_for_what_is_being_kept() {
        let switch = on();
        let call = switch.let_in().unwrap();
        let (wanted, keeping) = call.keep().await;
        assert!(wanted);
        switch.set(false);
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
