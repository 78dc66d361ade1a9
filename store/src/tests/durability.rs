//! Who is told what before and after the disk has it, on a disk that the test holds up or breaks.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use super::*;
use crate::durable::Disk;
use crate::{CommitError, StoreError};

#[derive(Debug, Default)]
struct State {
    held: bool,
    broken: bool,
    /// How often it was asked to synchronise, and how often it has.
    asked: u32,
    done: u32,
}

/// A disk in the test's hands.
#[derive(Debug, Clone, Default)]
struct Hand(Arc<(Mutex<State>, Condvar)>);

impl Hand {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.0.lock().expect("no panic"));
        self.0.1.notify_all();
    }

    fn done(&self) -> u32 {
        self.0.0.lock().expect("no panic").done
    }

    /// Waits until it was asked so often.
    async fn asked(&self, times: u32) {
        let hand = self.clone();
        let waited = tokio::task::spawn_blocking(move || {
            let state = hand.0.0.lock().expect("no panic");
            drop(hand.0.1.wait_while(state, |state| state.asked < times).expect("no panic"));
        });
        waited.await.expect("no panic");
    }
}

impl Disk for Hand {
    fn synchronise(&self) -> io::Result<()> {
        let mut state = self.0.0.lock().expect("no panic");
        state.asked += 1;
        self.0.1.notify_all();
        let mut state = self.0.1.wait_while(state, |state| state.held).expect("no panic");
        if state.broken {
            return Err(io::Error::other("the test broke it"));
        }
        state.done += 1;
        Ok(())
    }
}

async fn on_hand() -> (TempDir, Store, Hand) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let hand = Hand::default();
    let disk = hand.clone();
    let store = Store::open_on(dir.path(), signer(), |_| Ok(Box::new(disk))).await.expect("opens");
    (dir, store, hand)
}

fn with_row(id: &str) -> Unit {
    Unit { rows: vec![put(id, Expected::Absent, "value")], effects: vec![effect(id)], ..unit(id) }
}

/// Waits until the row is there for other pilots' calls: its group is committed.
async fn committed(store: &Store, key: &str) {
    while store.rows().get("pilot-a", "stays", key).await.expect("reads").is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_one_is_told_before_the_disk_has_it() {
    let (_dir, store, hand) = on_hand().await;
    hand.change(|state| state.held = true);
    let of = |store: &Store| (store.clone(), hand.clone());
    let ((told, at), (read, on), (sent, by)) = (of(&store), of(&store), of(&store));
    let told = tokio::spawn(async move { told.commit(with_row("a")).await.map(|_| at.done()) });
    hand.asked(1).await;
    committed(&store, "a").await;
    let read = tokio::spawn(async move { read.log().checkpoint().await.map(|found| (found.is_some(), on.done())) });
    let sent = tokio::spawn(async move { sent.outbox().due(AT, 10).await.map(|due| (due.len(), by.done())) });
    // Enough turns for all three to have ended, if they did not wait.
    for _ in 0..50 {
        committed(&store, "a").await;
    }
    assert!(!told.is_finished() && !read.is_finished() && !sent.is_finished());
    hand.change(|state| state.held = false);
    assert_eq!(told.await.expect("no panic").expect("kept"), 1);
    assert_eq!(read.await.expect("no panic").expect("reads"), (true, 1));
    assert_eq!(sent.await.expect("no panic").expect("reads"), (1, 1));
    close_verified(store).await;
}

#[tokio::test]
async fn the_writer_goes_on_while_the_disk_is_busy_and_what_waits_shares_its_next_turn() {
    let (_dir, store, hand) = on_hand().await;
    hand.change(|state| state.held = true);
    let mut asked = Vec::new();
    for id in ["a", "b", "c"] {
        let of = store.clone();
        asked.push(tokio::spawn(async move { of.commit(with_row(id)).await }));
        hand.asked(1).await;
        committed(&store, id).await;
    }
    assert_eq!(hand.done(), 0);
    hand.change(|state| state.held = false);
    for (seq, asked) in (0..).zip(asked) {
        assert_eq!(asked.await.expect("no panic").expect("kept").seq, seq);
    }
    assert_eq!(hand.done(), 2);
    close_verified(store).await;
}

#[tokio::test]
async fn a_disk_that_fails_ends_the_store_and_no_one_is_told_that_it_is_kept() {
    let (dir, store, hand) = on_hand().await;
    store.commit(with_row("a")).await.expect("kept");
    hand.change(|state| state.broken = true);
    let failed = store.commit(with_row("b")).await.expect_err("not durable");
    let CommitError::Store(cause) = &failed else { panic!("{failed}") };
    assert!(matches!(**cause, StoreError::NotDurable(_)), "{cause}");
    // Whether the next one is still taken in, to be told so by the disk's thread, is a matter of who is faster.
    while !matches!(store.commit(unit("c")).await, Err(CommitError::Closed)) {}
    assert!(matches!(store.log().size().await, Err(StoreError::Closed)));
    assert!(matches!(store.log().checkpoint().await, Err(StoreError::Closed)));
    store.close().await;
    // The file is whole; what the disk did not confirm may be there or not.
    let store = open(dir.path()).await;
    assert!(close_verified(store).await >= 1);
}
