//! Counters of a pilot: sums that grow by steps, without a read and without a conflict.

use crate::db::{Db, on};
use crate::error::StoreError;

/// Largest sum, of either sign: a sum stays there instead of leaving 64 bits. What one group adds is capped too, so
/// that sum and step together are below 2^63 (9.2e18). `queries/` says the same number.
pub const CAP: i64 = 1_000_000_000_000_000_000;

/// What one group adds, at most.
pub(crate) fn capped(sum: i64) -> i64 {
    sum.clamp(-CAP, CAP)
}

/// Reads counters.
#[derive(Debug, Clone, Copy)]
pub struct Counters<'s>(pub(crate) &'s Db);

impl Counters<'_> {
    /// A counter's sum; 0 for one that was never stepped.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn get(&self, pilot: &str, table: &str, key: &str) -> Result<i64, StoreError> {
        let mut session = self.0.read().await?;
        let sum: Option<i64> = on!(&mut session, conn => sqlx::query_scalar(
                "SELECT n FROM counters WHERE pilot = $1 AND tbl = $2 AND key = $3")
            .bind(pilot).bind(table).bind(key).fetch_optional(conn).await)?;
        Ok(sum.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_and_step_together_stay_below_64_bits() {
        assert!(CAP.checked_add(capped(i64::MAX)).is_some());
        assert!((-CAP).checked_add(capped(i64::MIN)).is_some());
    }
}
