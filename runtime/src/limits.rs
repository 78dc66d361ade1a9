//! What one instance may take: memory and tables, summed over all of them.

use std::sync::Arc;

use wasmtime::{ResourceLimiter, Result};

use crate::room::{Room, Share};

/// Counts the bytes and elements of one call's instance, and remembers what was refused.
#[derive(Debug)]
pub(crate) struct Limits {
    memory_left: usize,
    elements_left: usize,
    share: Share,
    refused: Option<Exceeded>,
}

/// Which limit a guest ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceeded {
    /// Linear memory, over all memories of the instance.
    Memory,
    /// Table elements, over all tables of the instance.
    Table,
    /// The memory of the host, over all calls that run.
    Room,
}

impl Limits {
    pub(crate) fn new(memory: usize, elements: usize, room: &Arc<Room>) -> Limits {
        Limits { memory_left: memory, elements_left: elements, share: Share::of(room), refused: None }
    }

    pub(crate) fn refused(&self) -> Option<Exceeded> {
        self.refused
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let more = desired.saturating_sub(current);
        if more > self.memory_left {
            self.refused = Some(Exceeded::Memory);
            return Ok(false);
        }
        if !self.share.take(more) {
            self.refused = Some(Exceeded::Room);
            return Ok(false);
        }
        self.memory_left -= more;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let more = desired.saturating_sub(current);
        if more > self.elements_left {
            self.refused = Some(Exceeded::Table);
            return Ok(false);
        }
        self.elements_left -= more;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_memories_share_one_limit() {
        let mut limits = Limits::new(100, 10, &Arc::default());
        assert!(limits.memory_growing(0, 60, None).unwrap());
        assert!(!limits.memory_growing(0, 60, None).unwrap());
        assert_eq!(limits.refused(), Some(Exceeded::Memory));
        assert!(limits.memory_growing(60, 100, None).unwrap());
    }

    #[test]
    fn calls_share_the_memory_of_the_host() {
        let room = Arc::new(Room::of(1 << 20));
        let (mut one, mut other) = (Limits::new(1 << 20, 10, &room), Limits::new(1 << 20, 10, &room));
        assert!(one.memory_growing(0, 900_000, None).unwrap());
        assert!(!other.memory_growing(0, 900_000, None).unwrap());
        assert_eq!(other.refused(), Some(Exceeded::Room));
        drop(one);
        assert!(other.memory_growing(0, 900_000, None).unwrap());
    }

    #[test]
    fn tables_share_one_limit() {
        let mut limits = Limits::new(100, 10, &Arc::default());
        assert!(limits.table_growing(0, 8, None).unwrap());
        assert!(!limits.table_growing(0, 3, None).unwrap());
        assert_eq!(limits.refused(), Some(Exceeded::Table));
    }
}
