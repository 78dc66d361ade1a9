//! What one instance may take: memory and tables, summed over all of them.

use wasmtime::{ResourceLimiter, Result};

/// Counts the bytes and elements of one call's instance, and remembers what was refused.
#[derive(Debug)]
pub(crate) struct Limits {
    memory_left: usize,
    elements_left: usize,
    refused: Option<Exceeded>,
}

/// Which limit a guest ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceeded {
    /// Linear memory, over all memories of the instance.
    Memory,
    /// Table elements, over all tables of the instance.
    Table,
}

impl Limits {
    pub(crate) fn new(memory: usize, elements: usize) -> Limits {
        Limits { memory_left: memory, elements_left: elements, refused: None }
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
        let mut limits = Limits::new(100, 10);
        assert!(limits.memory_growing(0, 60, None).unwrap());
        assert!(!limits.memory_growing(0, 60, None).unwrap());
        assert_eq!(limits.refused(), Some(Exceeded::Memory));
        assert!(limits.memory_growing(60, 100, None).unwrap());
    }

    #[test]
    fn tables_share_one_limit() {
        let mut limits = Limits::new(100, 10);
        assert!(limits.table_growing(0, 8, None).unwrap());
        assert!(!limits.table_growing(0, 3, None).unwrap());
        assert_eq!(limits.refused(), Some(Exceeded::Table));
    }
}
