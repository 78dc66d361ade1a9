//! What a call may keep in the host's memory, and what all running calls may keep together.
//!
//! A limit per object bounds no call, and a limit per call bounds no host: what a call asks, is answered and grows to is taken from
//! one room, sized when the host starts, and given back when the call's record is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most bytes that one call may keep of what it asked and was answered: what a record may weigh. A batch of a hundred people with
/// some ten questions each has a tenth of it.
pub const CALL_BYTES: usize = 4 << 20;
/// Least room of a host, however small its machine.
const LEAST: usize = 256 << 20;
/// Most: as much as all places for running components can fill.
const MOST: usize = 4 << 30;
/// Small calls take this much at once, and so touch the room once.
const PIECE: usize = 64 << 10;

/// What all running calls may keep together.
#[derive(Debug)]
pub struct Room {
    left: AtomicUsize,
    size: usize,
}

impl Default for Room {
    /// Half of the machine's memory.
    fn default() -> Room {
        Room::of(machine_bytes().map_or(LEAST, |bytes| (bytes / 2).clamp(LEAST, MOST)))
    }
}

impl Room {
    /// A room of so many bytes.
    pub fn of(size: usize) -> Room {
        Room { left: AtomicUsize::new(size), size }
    }

    /// How many bytes are taken now.
    pub fn taken(&self) -> usize {
        self.size.saturating_sub(self.left.load(Ordering::Relaxed))
    }

    fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// What one call has taken of the room; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    room: Arc<Room>,
    taken: usize,
    used: usize,
}

impl Share {
    pub(crate) fn of(room: &Arc<Room>) -> Share {
        Share { room: Arc::clone(room), taken: 0, used: 0 }
    }

    /// Takes so many bytes more. False where the host has no room for them: nothing is taken then.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let used = self.used.saturating_add(bytes);
        if used > self.taken {
            let more = (used - self.taken).max(PIECE);
            if !self.room.take(more) {
                return false;
            }
            self.taken += more;
        }
        self.used = used;
        true
    }

    /// Has so many bytes for something else again.
    pub(crate) fn give(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.left.fetch_add(self.taken, Ordering::Relaxed);
    }
}

/// The machine's memory, as Linux tells it.
fn machine_bytes() -> Option<usize> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_share_one_room_and_give_back_what_they_took() {
        let room = Arc::new(Room::of(4 * PIECE));
        let (mut one, mut other) = (Share::of(&room), Share::of(&room));
        assert!(one.take(1) && one.take(PIECE - 1));
        assert_eq!(room.taken(), PIECE, "small steps touch the room once");
        assert!(other.take(3 * PIECE));
        assert!(!one.take(1), "all is taken");
        drop(other);
        assert!(one.take(1));
        drop(one);
        assert_eq!(room.taken(), 0);
    }
}
